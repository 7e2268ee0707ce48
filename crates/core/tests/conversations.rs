//! Agents under supervision, in a server without a world: what their hooks say decides what becomes of them.

mod world;

use outlast_core::PaneId;
use outlast_core::event::{Event, ExitStatus};
use world::World;

const PANE: PaneId = PaneId(0);
const PLAN: &str = r#"{"agent":"claude","title":"Claude Code","id":"U","start":["claude","--session-id","U","do it"],
    "resume":["claude","--resume","{id}","--model","x"],"prompt":["{prompt}"],"lost":"No conversation found",
    "continue_after_ms":300000,"continue_with":"go on"}"#;

fn world() -> World {
    let mut world = World::new();
    let answer = world.run(&["run-agent", "-n", "fix", "-d", "1s", "-r", "always", PLAN]);
    assert_eq!(answer.err, "");
    hook(&mut world, "SessionStart", "startup");
    world
}

fn hook(world: &mut World, event: &str, reason: &str) {
    let json = format!(
        r#"{{"hook_event_name":"{event}","session_id":"U","reason":"{reason}","error":"{reason}","source":"{reason}"}}"#
    );
    let answer = world.run(&["agent-hook", "-a", "claude", "-t", "%0", &json]);
    assert_eq!(answer.err, "", "{event}");
}

fn told(world: &mut World) -> String {
    let format = "#{run_state} #{run_restarts} #{run_conversation}";
    let out = world.run(&["list-runs", "-F", format]).out;
    out.trim_end().to_string()
}

/// The words of the last life.
fn words(world: &World) -> String {
    world.spawned[&PANE].argv.join(" ")
}

fn input(world: &World) -> String {
    let bytes = world.input.get(&PANE).cloned().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn messages(world: &mut World) -> String {
    world.run(&["show-messages"]).out
}

#[test]
fn what_it_says_of_its_end_decides() {
    let rows = [
        ("prompt_input_exit", 0, "done"),
        ("logout", 0, "done"),
        ("", 0, "done"),
        // The terminal was closed under it.
        ("other", 0, "waiting"),
        ("other", 143, "waiting"),
        ("", 1, "waiting"),
    ];
    for (reason, status, state) in rows {
        let mut world = world();
        if !reason.is_empty() {
            hook(&mut world, "SessionEnd", reason);
        }
        world.crash(&Default::default());
        world.exit(PANE, status);
        assert_eq!(
            told(&mut world),
            format!("{state} 0 U"),
            "{reason} {status}"
        );
    }
}

#[test]
fn it_is_told_to_go_on_only_if_it_was_at_work() {
    let mut world = world();
    assert_eq!(words(&world), "claude --session-id U do it");
    hook(&mut world, "UserPromptSubmit", "");
    world.crash(&Default::default());
    let status = ExitStatus::Signal(9);
    world.event(Event::Exited { pane: PANE, status });
    world.pass(1000);
    assert_eq!(words(&world), "claude --resume U --model x go on");
    hook(&mut world, "SessionStart", "resume");
    hook(&mut world, "UserPromptSubmit", "");
    hook(&mut world, "Stop", "");
    world.event(Event::Exited { pane: PANE, status });
    world.pass(2000);
    assert_eq!(words(&world), "claude --resume U --model x");
    assert_eq!(told(&mut world), "running 2 U");
}

#[test]
fn after_a_limit_it_is_told_once_at_the_time() {
    let mut world = world();
    hook(&mut world, "UserPromptSubmit", "");
    hook(&mut world, "StopFailure", "rate_limit");
    assert!(messages(&mut world).contains("(rate_limit); it is told to go on in 5 min"));
    world.pass(200_000);
    world.crash(&Default::default());
    world.pass(99_000);
    assert_eq!(input(&world), "");
    world.pass(1000);
    world.crash(&Default::default());
    world.pass(200);
    assert_eq!(input(&world), "go on\r");
    hook(&mut world, "UserPromptSubmit", "");
    hook(&mut world, "StopFailure", "overloaded");
    world.pass(900_000);
    assert_eq!(input(&world), "go on\r", "once");
}

#[test]
fn who_must_sign_in_is_called_and_not_restarted() {
    let mut world = world();
    hook(&mut world, "UserPromptSubmit", "");
    hook(&mut world, "StopFailure", "authentication_failed");
    assert!(messages(&mut world).contains("needs a person: authentication_failed"));
    world.pass(900_000);
    assert_eq!(input(&world), "");
    world.exit(PANE, 1);
    assert_eq!(told(&mut world), "failed 0 U");
}

#[test]
fn without_an_id_it_does_not_take_any() {
    let mut world = World::new();
    let plan = r#"{"agent":"codex","title":"Codex","start":["codex","do it"],"resume":["codex","resume","{id}"]}"#;
    world.run(&["run-agent", "-n", "fix", plan]);
    // Hooks of Codex give it with the first prompt.
    hook(&mut world, "UserPromptSubmit", "");
    assert_eq!(told(&mut world), "running 0 U");
    world.exit(PANE, 1);
    world.pass(1000);
    assert_eq!(words(&world), "codex resume U");
    // One that says nothing at all is not begun anew by itself.
    let mut world = World::new();
    world.run(&["run-agent", "-n", "fix", plan]);
    world.exit(PANE, 1);
    assert_eq!(told(&mut world), "failed 0");
    let answer = world.run(&["run-agent", "-n", "x", "{"]);
    assert!(
        answer.err.contains("bad plan of an agent"),
        "{}",
        answer.err
    );
}

#[test]
fn a_prompt_waits_for_an_agent_that_comes_up_and_is_an_error_when_it_was_not_taken() {
    let mut world = World::new();
    let plan = r#"{"agent":"opencode","title":"opencode","start":["opencode"],"resume":["opencode","--session","{id}"]}"#;
    world.run(&["run-agent", "-n", "oc", plan]);
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-t", "oc", "hi"]);
    world.pass(20_000);
    world.say(PANE, b"\x1b[?1049h\x1b[?25l\x1b[?2004h");
    world.pass(20_000);
    assert_eq!(input(&world), "");
    world.say(PANE, b"> \x1b[?25h");
    world.pass(200);
    assert_eq!(input(&world), "\x1b[200~hi\x1b[201~\r");
    // It has hooks, so it says that it has begun, or it has not.
    world.pass(9000);
    let answer = world.answer(client);
    assert_eq!(answer.exit.map(|(status, _)| status), Some(1));
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-t", "oc", "hi"]);
    world.turn();
    world.pass(200);
    let record = r#"{"hook_event_name":"UserPromptSubmit","session_id":"s","prompt":"hi"}"#;
    let heard = world.run(&["agent-hook", "-a", "opencode", "-t", "%0", record]);
    assert_eq!(heard.err, "");
    world.turn();
    let answer = world.answer(client);
    assert_eq!(
        answer.exit,
        Some((0, String::new())),
        "{} {:?} {}",
        answer.err,
        input(&world),
        world.show("%0", "#{agent_state} #{agent_source} #{agent_name}")
    );
    // One that shows neither is not waited for without end.
    let mut world = World::new();
    world.run(&["run-agent", "-n", "oc", plan]);
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-t", "oc", "hi"]);
    world.pass(121_000);
    assert_eq!(input(&world), "hi\r");
}

//! What agents say in panes: their states, who hears of it, and that a server's death takes nothing away.

mod world;

use std::collections::BTreeMap;

use outlast_core::PaneId;
use world::World;

const STATE: &str = "#{agent_name} #{agent_state} #{agent_waits_for} #{agent_text} #{agent_source}";

fn world() -> World {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a", "cat"]);
    world.run(&["split-window", "-d", "-t", "a:", "cat"]);
    world
}

fn state(world: &mut World) -> String {
    let text = world.show("a:0.0", STATE);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn hook(world: &mut World, json: &str) -> (u8, String) {
    let answer = world.run(&["agent-hook", "-a", "claude", "-t", "a:0.0", json]);
    (answer.exit.map_or(255, |(status, _)| status), answer.err)
}

#[test]
fn programs_say_it_and_hooks_fill_in() {
    let mut world = world();
    assert_eq!(state(&mut world), "unknown");
    world.say(PaneId(0), b"\x1b]7501;state=working:app=claude-code\x1b\\");
    assert_eq!(state(&mut world), "claude working osc7501");
    world.say(
        PaneId(0),
        b"\x1b]7501;state=blocked:kind=permission:msg=cm0gLXI=\x1b\\",
    );
    assert_eq!(state(&mut world), "claude waiting permission rm -r osc7501");
    assert_eq!(world.show("a:0.1", "#{agent_state}"), "unknown");
    assert_eq!(
        world.show("a:", "#{window_flags} #{agents_waiting}"),
        "*? 1"
    );
    world.say(PaneId(0), b"\x1b]7501;state=idle\x1b\\");
    let json =
        r#"{"hook_event_name":"SessionStart","session_id":"s1","transcript_path":"/t","cwd":"/p"}"#;
    assert_eq!(hook(&mut world, json), (0, String::new()));
    assert_eq!(
        world.show(
            "a:0.0",
            "#{agent_session} #{agent_transcript} #{agent_project} #{agent_hooked}"
        ),
        "s1 /t /p 1"
    );
    // The end of the protocol's record leaves the hooks' word.
    world.say(PaneId(0), b"\x1b]7501;state=clear\x1b\\");
    let json = r#"{"hook_event_name":"UserPromptSubmit","prompt":"tidy up"}"#;
    hook(&mut world, json);
    assert_eq!(state(&mut world), "claude working tidy up hook");
    assert_eq!(world.show("a:0.0", "#{agent_prompt}"), "tidy up");
}

#[test]
fn what_is_no_record_is_an_error_and_changes_nothing() {
    let mut world = world();
    let (status, error) = hook(&mut world, "{");
    assert_eq!(status, 1);
    assert!(error.starts_with("not JSON: "), "{error}");
    assert_eq!(state(&mut world), "unknown");
    let long = format!("\x1b]7501;state=working:app={}\x07", "x".repeat(3000));
    world.say(PaneId(0), long.as_bytes());
    assert!(state(&mut world).len() < 80);
}

#[test]
fn a_servers_death_takes_no_state_away() {
    let mut world = world();
    world.say(
        PaneId(0),
        b"\x1b]7501;state=blocked:kind=question:msg=eA==\x07",
    );
    world.say(
        PaneId(0),
        b"\x1b]7501;state=working:id=sub:title=bG9vaw==\x07",
    );
    world.crash(&BTreeMap::new());
    assert_eq!(state(&mut world), "waiting question x osc7501");
    assert_eq!(world.show("a:0.0", "#{agent_parts}"), "1");
    world.say(PaneId(0), b"\x1b]7501;state=done\x07");
    assert_eq!(
        state(&mut world),
        "working 1 task in the background osc7501"
    );
}

#[test]
fn a_state_that_changes_runs_its_hook_once() {
    let mut world = world();
    world.run(&["set-option", "-g", "@seen", ""]);
    world.run(&[
        "set-hook",
        "-g",
        "agent-state-changed",
        "set-option -gaF @seen '#{hook_pane}=#{agent_state} '",
    ]);
    for payload in ["state=working", "state=working:msg=eA==", "state=done"] {
        world.say(PaneId(0), format!("\x1b]7501;{payload}\x07").as_bytes());
        world.turn();
    }
    assert_eq!(world.show("a:", "#{@seen}"), "%0=working %0=done ");
}

#[test]
fn one_key_goes_round_those_that_wait() {
    let mut world = world();
    world.run(&["new-session", "-d", "-s", "b", "cat"]);
    let client = world.attach(80, 24, &["attach-session", "-t", "a"]);
    let key = |world: &mut World| {
        world.event(outlast_core::Event::Input {
            client,
            bytes: b"\x02a",
        });
        world.turn();
        world
            .run(&["list-clients", "-F", "#{session_name}:#{pane_id}"])
            .out
    };
    assert_eq!(key(&mut world), "a:%0\n");
    for pane in [1, 2] {
        world.say(PaneId(pane), b"\x1b]7501;state=blocked\x07");
        world.pass(2000);
    }
    assert_eq!(key(&mut world), "a:%1\n");
    assert_eq!(key(&mut world), "b:%2\n");
    assert_eq!(key(&mut world), "a:%1\n");
}

#[test]
fn a_shell_says_how_its_commands_end() {
    let mut world = world();
    world.say(PaneId(0), b"\x1b]133;A\x07$ \x1b]133;B\x07");
    assert_eq!(state(&mut world), "idle osc133");
    world.say(PaneId(0), b"\x1b]133;C\x07");
    assert_eq!(state(&mut world), "working osc133");
    world.say(PaneId(0), b"\x1b]133;D;2\x07\x1b]133;A\x07");
    assert_eq!(state(&mut world), "failed exit status 2 osc133");
    // A shell is no agent: the window's flags say nothing of it.
    assert_eq!(world.show("a:", "#{window_flags}"), "*");
}

/// What has been typed into the first pane since the last look.
fn typed(world: &mut World) -> String {
    let bytes = world.input.remove(&PaneId(0)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_prompt_waits_for_the_agent_and_is_known_to_have_arrived() {
    let mut world = world();
    world.say(PaneId(0), b"\x1b[?2004h\x1b]7501;state=working\x07");
    typed(&mut world);
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-t", "a:0.0", "do\nthis\x1b[201~"]);
    world.pass(10_000);
    assert_eq!(typed(&mut world), "");
    // The server's death takes no prompt away.
    world.crash(&BTreeMap::new());
    world.say(PaneId(0), b"\x1b[?2004h\x1b]7501;state=done\x07");
    world.turn();
    assert_eq!(typed(&mut world), "\x1b[200~do\rthis[201~\x1b[201~");
    world.pass(200);
    assert_eq!(typed(&mut world), "\r");
    assert_eq!(world.answer(client).exit, None);
    // Once more where nothing comes of it.
    world.pass(2600);
    assert_eq!(typed(&mut world), "\r");
    world.say(
        PaneId(0),
        b"\x1b]7501;state=working\x07\x1b]7501;state=done\x07",
    );
    world.turn();
    assert_eq!(world.answer(client).exit, Some((0, String::new())));
}

#[test]
fn a_prompt_that_does_not_arrive_is_an_error() {
    let mut world = world();
    world.say(PaneId(0), b"\x1b]7501;state=idle\x07");
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-t", "a:0.0", "x"]);
    world.pass(9000);
    let answer = world.answer(client);
    assert_eq!(answer.exit.map(|(status, _)| status), Some(1));
    assert!(
        answer.err.contains("not said that it has taken it"),
        "{}",
        answer.err
    );
    world.say(PaneId(0), b"\x1b]7501;state=blocked\x07");
    typed(&mut world);
    let client = world.connect(None);
    world.command(client, &["send-prompt", "-T", "5s", "-t", "a:0.0", "x"]);
    world.pass(6000);
    let answer = world.answer(client);
    assert_eq!(answer.exit.map(|(status, _)| status), Some(124));
    assert_eq!(typed(&mut world), "");
}

#[test]
fn a_title_says_whether_an_agent_works_where_nothing_else_does() {
    let mut world = world();
    let title = |world: &mut World, text: &str| {
        world.say(PaneId(0), format!("\x1b]0;{text}\x07").as_bytes());
    };
    // What is no agent may call itself what it likes.
    title(&mut world, "◐ make");
    assert_eq!(state(&mut world), "unknown");
    world.say(
        PaneId(0),
        b"\x1b]7501;state=idle:app=claude-code\x07\x1b]7501;state=clear\x07",
    );
    title(&mut world, "◐ Code");
    assert_eq!(state(&mut world), "claude working title");
    title(&mut world, "✳ Code");
    for _ in 0..20 {
        world.pass(600);
        world.say(PaneId(0), b"\r.");
    }
    assert_eq!(state(&mut world), "claude waiting title");
    world.pass(3000);
    assert_eq!(state(&mut world), "claude idle title");
}

//! What agents ask for, in a server without a world: who waits, who answers, who is told.

mod world;

use outlast_agent::audit;
use outlast_core::event::Event;
use outlast_core::{ClientId, PaneId, Standing};
use serde_json::{Value, json};
use world::World;
use world::common::RECORDS;

fn record(event: &str, command: &str) -> String {
    json!({
        "hook_event_name": event, "session_id": "s", "cwd": "/p", "prompt_id": "q", "tool_name": "Bash",
        "tool_input": {"command": command},
        "permission_suggestions": [{"type": "addRules", "behavior": "allow", "destination": "localSettings",
            "rules": [{"toolName": "Bash", "ruleContent": "touch:*"}]}],
    })
    .to_string()
}

fn world() -> World {
    let mut world = World::new();
    world.proven = true;
    world.run(&["new-session", "-d", "-s", "a"]);
    world
}

/// A hook that asks.
fn ask(world: &mut World, command: &str) -> ClientId {
    ask_as(world, "claude", &record("PermissionRequest", command))
}

fn ask_as(world: &mut World, agent: &str, record: &str) -> ClientId {
    world.start(&["agent-hook", "-a", agent, "-t", "%0", record])
}

fn ids(world: &mut World) -> Vec<String> {
    let listed = world.run(&["list-requests", "-F", "#{request_id}"]).out;
    listed.split_whitespace().map(str::to_string).collect()
}

fn only(world: &mut World) -> String {
    let ids = ids(world);
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids[0].clone()
}

/// What a hook has printed since it was started; None: it still waits.
fn said(world: &World, hook: ClientId) -> Option<String> {
    let answer = world.answers.get(&hook)?;
    let (status, _) = answer.exit.clone()?;
    assert_eq!((status, answer.err.as_str()), (0, ""));
    Some(answer.out.trim_end().to_string())
}

fn decision(world: &World, hook: ClientId) -> Value {
    let said = said(world, hook).expect("it has been answered");
    let value: Value = serde_json::from_str(&said).expect("JSON");
    value["hookSpecificOutput"]["decision"].clone()
}

#[test]
fn a_request_waits_is_listed_and_is_answered() {
    let mut world = world();
    let hook = ask(&mut world, "touch a; echo b");
    let id = only(&mut world);
    assert_eq!(said(&world, hook), None);
    assert_eq!(world.show("%0", "#{pane_requests}#{request_count}"), "11");
    let listed = world.run(&["list-requests"]).out;
    assert_eq!(
        listed,
        format!("{id}: Bash: touch a; echo b (claude in /p %0)\n")
    );
    let format = "#{request_agent}|#{request_tool}|#{request_detail}|#{request_always}|#{session_name}|#{request_settled}";
    let listed = world.run(&["list-requests", "-F", format, &id]).out;
    assert_eq!(
        listed,
        "claude|Bash|touch a; echo b|allow Bash(touch:*)|a|\n"
    );
    assert_eq!(world.run(&["approve-request", &id]).exit.unwrap().0, 0);
    assert_eq!(decision(&world, hook), json!({"behavior": "allow"}));
    assert!(ids(&mut world).is_empty());
    // Who comes late is told who was first.
    let late = world.run(&["deny-request", &id]);
    assert_eq!(late.exit.unwrap().0, 1);
    assert!(
        late.err.starts_with(&format!(
            "request {id} is settled: allowed by terminal client-"
        )),
        "{}",
        late.err
    );
    let unknown = world.run(&["approve-request", "9zz"]);
    assert!(unknown.err.starts_with("no request 9zz"), "{}", unknown.err);
    let all = world.run(&["list-requests", "-aj"]).out;
    let all: Value = serde_json::from_str(all.trim()).unwrap();
    assert_eq!(
        (&all["id"], &all["outcome"]),
        (&json!(id), &json!("allowed"))
    );
}

#[test]
fn every_answer_reaches_the_agent() {
    let mut world = world();
    let table: [(&[&str], Value); 4] = [
        (&["approve-request", "ID"], json!({"behavior": "allow"})),
        (&["deny-request", "ID"], json!({"behavior": "deny"})),
        (
            &["deny-request", "-m", "not now", "ID"],
            json!({"behavior": "deny", "message": "not now"}),
        ),
        (
            &["approve-request", "-a", "ID"],
            json!({"behavior": "allow", "updatedPermissions": [{"type": "addRules", "behavior": "allow", "destination": "session",
                "rules": [{"toolName": "Bash", "ruleContent": "touch:*"}]}]}),
        ),
    ];
    for (command, wanted) in table {
        let hook = ask(&mut world, "touch a");
        let id = only(&mut world);
        let words: Vec<&str> = command
            .iter()
            .map(|word| if *word == "ID" { &id } else { *word })
            .collect();
        assert_eq!(world.run(&words).err, "");
        assert_eq!(decision(&world, hook), wanted);
    }
    let question = json!({
        "hook_event_name": "PermissionRequest", "session_id": "s", "tool_name": "AskUserQuestion",
        "tool_input": {"questions": [{"question": "Which?", "options": [{"label": "Red"}, {"label": "Blue"}]}]},
    });
    let hook = ask_as(&mut world, "claude", &question.to_string());
    let id = only(&mut world);
    let wrong = world.run(&["approve-request", &id]);
    assert!(
        wrong.err.contains(&format!("outlast answer {id}")),
        "{}",
        wrong.err
    );
    assert_eq!(said(&world, hook), None, "it still waits");
    assert_eq!(world.run(&["answer-request", &id, "2"]).err, "");
    assert_eq!(
        decision(&world, hook)["updatedInput"]["answers"]["Which?"],
        "Blue"
    );
}

#[test]
fn a_hook_speaks_for_the_pane_that_it_is_below() {
    let mut world = world();
    world.run(&["split-window", "-d", "-t", "%0"]);
    ask(&mut world, "touch a");
    let id = only(&mut world);
    let own = Standing::Below(Some(PaneId(0)));
    let others = [
        Standing::Below(Some(PaneId(1))),
        Standing::Below(None),
        Standing::Unknown,
        Standing::Broken,
    ];
    let state = "#{agent_state} #{agent_text}";
    let before = world.show("%0", state);
    let say = |world: &mut World, standing, event: &str| {
        let client = world.connect_from(None, &[], standing);
        let json = record(event, "touch a");
        world.command(client, &["agent-hook", "-t", "%0", &json]);
        world.answer(client).err
    };
    for standing in others {
        for event in ["PostToolUse", "Stop", "SessionEnd", "UserPromptSubmit"] {
            let said = say(&mut world, standing, event);
            assert!(said.starts_with("not for %0: "), "{standing:?}: {said}");
        }
        let client = world.connect_from(None, &[], standing);
        let json = record("PermissionRequest", "touch b");
        world.command(client, &["agent-hook", "-t", "%0", &json]);
        assert_eq!(only(&mut world), id);
        assert_eq!(world.show("%0", state), before);
    }
    // For its own pane it says what it likes, of the other's requests nothing.
    let client = world.connect_from(None, &[], Standing::Below(Some(PaneId(1))));
    world.command(client, &["agent-hook", "-t", "%1", &record("Stop", "")]);
    assert_eq!(world.answer(client).err, "");
    assert_eq!(only(&mut world), id);
    assert_eq!(say(&mut world, own, "PostToolUse"), "");
    assert!(ids(&mut world).is_empty());
}

#[test]
fn who_has_no_proof_settles_nothing() {
    let mut world = world();
    let hook = ask(&mut world, "touch a");
    let id = only(&mut world);
    world.proven = false;
    let commands: [&[&str]; 5] = [
        &["approve-request", &id],
        &["approve-request", "-a", &id],
        &["deny-request", &id],
        &["answer-request", &id, "x"],
        &["accept-rules", "allow tool=Bash"],
    ];
    for command in commands {
        let answer = world.run(command);
        assert_eq!(answer.exit.unwrap().0, 1);
        assert!(
            answer.err.contains("this takes a terminal"),
            "{}",
            answer.err
        );
    }
    // Nor does what somebody with proof only sets off.
    world.proven = true;
    world.run(&["if-shell", "-F", "1", &format!("approve-request {id}")]);
    assert_eq!(only(&mut world), id);
    assert_eq!(said(&world, hook), None);
    assert_eq!(world.run(&["show-rules"]).out, "");
    assert_eq!(world.run(&["approve-request", &id]).err, "");
}

#[test]
fn a_request_outlives_the_server() {
    let mut world = world();
    let hook = ask(&mut world, "touch a");
    let id = only(&mut world);
    world.crash(&Default::default());
    assert_eq!(only(&mut world), id);
    assert_eq!(said(&world, hook), None);
    world.run(&["approve-request", &id]);
    assert_eq!(decision(&world, hook), json!({"behavior": "allow"}));
    world.crash(&Default::default());
    let late = world.run(&["approve-request", &id]);
    assert!(late.err.contains("is settled: allowed by"), "{}", late.err);
    let next = ask(&mut world, "touch b");
    assert!(only(&mut world).starts_with('2'));
    assert_eq!(said(&world, next), None);
}

#[test]
fn the_same_request_is_one_and_both_hooks_hear() {
    let mut world = world();
    let one = ask(&mut world, "touch a");
    let two = ask(&mut world, "touch a");
    let id = only(&mut world);
    // One of them goes: the other still asks.
    world.event(Event::Gone { client: one });
    assert_eq!(only(&mut world), id);
    let three = ask(&mut world, "touch a");
    world.run(&["approve-request", &id]);
    assert_eq!(decision(&world, two), decision(&world, three));
}

#[test]
fn an_agent_that_went_on_is_asked_no_more() {
    let mut world = world();
    for event in [
        "PostToolUse",
        "PostToolUseFailure",
        "PermissionDenied",
        "Stop",
        "SessionEnd",
        "UserPromptSubmit",
    ] {
        let hook = ask(&mut world, "touch a");
        let id = only(&mut world);
        world.run(&["agent-hook", "-t", "%0", &record("PostToolUse", "other")]);
        assert_eq!(said(&world, hook), None, "that was another command");
        world.run(&["agent-hook", "-t", "%0", &record(event, "touch a")]);
        assert_eq!(said(&world, hook).as_deref(), Some(""), "{event}");
        assert!(ids(&mut world).is_empty());
        let late = world.run(&["approve-request", &id]);
        assert!(late.err.contains("is settled: withdrawn: "), "{}", late.err);
    }
}

#[test]
fn a_dialog_that_closes_has_been_answered() {
    let mut world = world();
    let pane = PaneId(0);
    let report =
        |state: &str| format!("\x1b]7501;state={state}:app=claude-code\x1b\\").into_bytes();
    let hook = ask(&mut world, "touch a");
    world.say(pane, &report("blocked:kind=permission"));
    // What is said at once may be about the dialog before.
    world.say(pane, &report("working"));
    assert_eq!(said(&world, hook), None);
    world.say(pane, &report("blocked:kind=permission"));
    world.pass(2000);
    assert_eq!(said(&world, hook), None);
    world.say(pane, &report("working"));
    assert_eq!(said(&world, hook).as_deref(), Some(""));
}

#[test]
fn who_does_not_ask_any_more_is_not_answered() {
    let mut world = world();
    let hook = ask(&mut world, "touch a");
    world.event(Event::Gone { client: hook });
    assert!(ids(&mut world).is_empty());
    // A pane that is killed, one whose program ended.
    world.run(&["split-window", "-d", "-t", "%0"]);
    let hook = world.start(&[
        "agent-hook",
        "-t",
        "%1",
        &record("PermissionRequest", "touch a"),
    ]);
    world.run(&["kill-pane", "-t", "%1"]);
    assert_eq!(said(&world, hook).as_deref(), Some(""));
    world.run(&["set-option", "-g", "remain-on-exit", "on"]);
    let hook = ask(&mut world, "touch a");
    world.exit(PaneId(0), 1);
    assert_eq!(said(&world, hook).as_deref(), Some(""));
    assert!(ids(&mut world).is_empty());
}

#[test]
fn a_hook_waits_as_long_as_its_agent_can() {
    let mut world = world();
    let hook = ask(&mut world, "touch a");
    let codex = ask_as(&mut world, "codex", &record("PermissionRequest", "touch b"));
    assert_eq!(ids(&mut world).len(), 2);
    world.pass(4999);
    assert_eq!(said(&world, codex), None);
    world.pass(1);
    assert_eq!(
        said(&world, codex).as_deref(),
        Some(""),
        "its own dialog opens now"
    );
    let id = only(&mut world);
    world.pass(23 * 3_600_000);
    assert_eq!(only(&mut world), id);
    world.crash(&Default::default());
    world.pass(3_600_000);
    assert_eq!(said(&world, hook).as_deref(), Some(""));
    assert!(ids(&mut world).is_empty());
    let record = record("PermissionRequest", "touch c");
    let hook = world.start(&["agent-hook", "-T", "20ms", "-t", "%0", &record]);
    world.pass(20);
    assert_eq!(said(&world, hook).as_deref(), Some(""));
}

#[test]
fn rules_decide_what_they_know() {
    let mut world = world();
    let waits = ask(&mut world, "git status");
    let rules = "allow tool=Bash command=\"git status*\"\ndeny command=\"git push*\"\n";
    let accepted = world.run(&["accept-rules", rules]);
    assert_eq!(
        (accepted.out.as_str(), accepted.err.as_str()),
        ("2 rules are in force\n", "")
    );
    assert_eq!(
        decision(&world, waits)["behavior"],
        "allow",
        "what waits is decided, too"
    );
    let push = ask(&mut world, "git status && git push");
    let denied = decision(&world, push);
    assert_eq!(
        denied["message"],
        "denied by rule 2: deny command=\"git push*\""
    );
    world.crash(&Default::default());
    let hook = ask(&mut world, "git status -s");
    assert_eq!(decision(&world, hook)["behavior"], "allow");
    assert_eq!(world.run(&["show-rules"]).out, rules);
    // A file that is wrong changes nothing.
    let wrong = world.run(&["accept-rules", "allow tool=Bash\nallow x"]);
    assert_eq!(
        wrong.err.lines().next(),
        Some("line 2: x: a condition is written name=value")
    );
    assert_eq!(world.run(&["show-rules"]).out, rules);
    let asks = ask(&mut world, "git status; touch a");
    assert_eq!(said(&world, asks), None);
    let listed = world
        .run(&["list-requests", "-a", "-F", "#{request_settled}"])
        .out;
    assert!(
        listed.contains("denied by rule 2: deny command"),
        "{listed}"
    );
}

#[test]
fn what_was_answered_is_recorded_once() {
    RECORDS.set(Some("/records".to_string()));
    let mut world = world();
    ask(&mut world, "touch a");
    let first = only(&mut world);
    world.run(&["deny-request", "-m", "no", &first]);
    world.crash(&Default::default());
    ask(&mut world, "touch b");
    let second = only(&mut world);
    world.run(&["approve-request", &second]);
    world.run(&["accept-rules", "allow tool=Bash command=ls"]);
    ask(&mut world, "ls");
    let state: Value = serde_json::from_str(&world.run(&["show-rules", "-j"]).out).unwrap();
    let head = audit::Head {
        number: state["head"]["number"].as_u64().unwrap(),
        hash: state["head"]["hash"].as_str().unwrap().to_string(),
    };
    let log = world.files["/records/audit.0"].clone();
    let (lines, wrong) = audit::read(&log, Some(&head));
    assert_eq!(wrong, [""; 0]);
    let told = |line: &audit::Line| {
        [
            line.text("id"),
            line.text("outcome"),
            line.text("by"),
            line.text("command"),
        ]
        .map(str::to_string)
    };
    let told: Vec<_> = lines.iter().map(told).collect();
    assert_eq!(told[0], [first.as_str(), "denied", "person", "touch a"]);
    assert_eq!(told[1], [second.as_str(), "allowed", "person", "touch b"]);
    assert_eq!(told[2], ["", "rules", "person", ""]);
    assert_eq!(told[3][1..], ["allowed", "rule", "ls"]);
    assert_eq!(told.len(), 4);

    // A server that comes later goes on with rules and record; what has become of the file on disk is not asked.
    let files = world.files.clone();
    let mut later = World::unconfigured();
    later.files = files;
    later.proven = true;
    later.event(Event::ConfigFiles { files: Vec::new() });
    later.run(&["new-session", "-d", "-s", "a"]);
    let hook = ask(&mut later, "ls");
    assert_eq!(decision(&later, hook)["behavior"], "allow");
    let (lines, wrong) = audit::read(&later.files["/records/audit.0"], None);
    assert_eq!((lines.len(), wrong), (5, vec![]));
    RECORDS.set(None);
}

#[test]
fn nonsense_is_no_request() {
    let mut world = world();
    for (record, error) in [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no hook_event_name"),
    ] {
        let answer = world.run(&["agent-hook", "-t", "%0", record]);
        assert_eq!(answer.exit.unwrap().0, 1);
        assert!(answer.err.contains(error), "{}", answer.err);
    }
    let answer = world.run(&["agent-hook", "-t", "%0", r#"{"hook_event_name":"Dance"}"#]);
    assert_eq!((answer.out.as_str(), answer.exit.unwrap().0), ("", 0));
    // From a pane that is not there nobody asks.
    let answer = world.run(&[
        "agent-hook",
        "-t",
        "%99",
        &record("PermissionRequest", "ls"),
    ]);
    assert_eq!(answer.exit.unwrap().0, 1);
    assert!(ids(&mut world).is_empty());
}

#[test]
fn whose_hook_asks_waits_though_it_says_that_it_works() {
    let mut world = world();
    let state = |world: &mut World| {
        let format = "#{agent_state} #{agent_waits_for} #{agent_text}";
        world.show("%0", format).trim_end().to_string()
    };
    let works = b"\x1b]7501;state=working:app=codex\x1b\\";
    world.say(PaneId(0), works);
    let hook = ask_as(&mut world, "codex", &record("PermissionRequest", "ls"));
    assert_eq!(state(&mut world), "waiting permission Bash: ls");
    let id = only(&mut world);
    assert_eq!(world.run(&["approve-request", &id]).err, "");
    assert_eq!(decision(&world, hook), json!({"behavior": "allow"}));
    assert_eq!(state(&mut world), "working");
    // What a rule decides nobody waits for.
    world.say(PaneId(0), works);
    assert_eq!(world.run(&["accept-rules", "allow tool=Bash"]).err, "");
    world.run(&[
        "set-hook",
        "-g",
        "agent-state-changed",
        "set-option -ga @seen x",
    ]);
    let hook = ask_as(&mut world, "codex", &record("PermissionRequest", "pwd"));
    assert_eq!(decision(&world, hook), json!({"behavior": "allow"}));
    assert_eq!(state(&mut world), "working");
    assert_eq!(world.show("%0", "#{@seen}"), "");
}

//! What agents ask for, over the screen: choose-requests.

mod view;

use view::World;

fn record(session: &str, tool: &str, input: &str) -> String {
    format!(
        r#"{{"session_id":"{session}","transcript_path":"/t","cwd":"/work","prompt_id":"p","permission_mode":"default",
        "hook_event_name":"PermissionRequest","tool_name":"{tool}","tool_input":{input}}}"#
    )
}

fn asks(world: &mut World, session: &str, tool: &str, input: &str) -> outlast_core::ClientId {
    let json = record(session, tool, input);
    let client = world.attach(0, 0, &["agent-hook", "-t", "%0", &json]);
    world.settle();
    client
}

fn world(cols: u16, rows: u16) -> World {
    World::new(
        cols,
        rows,
        "set -g status-right ''\nset -g automatic-rename off",
    )
}

#[test]
fn all_of_it_is_shown_and_a_key_answers_after_a_moment() {
    let mut world = world(40, 20);
    world.keys("\x02A");
    assert!(
        world.status().contains("nothing waits"),
        "{}",
        world.status()
    );
    world.pass(2000);
    let long = r#"{"command":"echo one two three four five six seven eight nine; rm -rf build"}"#;
    let client = asks(&mut world, "s", "Bash", long);
    // In the pane that waits keys are the agent's dialog's.
    world.keys("\x02A");
    let text = world.text();
    assert!(text.contains("Requests 1/1"), "{text}");
    assert!(
        text.contains("in /work") && text.contains("rm -rf build"),
        "{text}"
    );
    assert!(text.contains("y allow"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 40),
        "{text}"
    );
    // Who goes on typing has not answered.
    for _ in 0..5 {
        world.keys("y");
        world.pass(300);
    }
    assert!(world.text().contains("Requests 1/1"), "{}", world.text());
    assert_eq!(world.typed(0), "");
    world.pass(700);
    world.keys("y");
    world.settle();
    assert!(!world.text().contains("Requests"), "{}", world.text());
    assert!(world.exits.contains_key(&client), "the hook has its answer");
    assert!(
        world.printed.contains(r#""behavior":"allow""#),
        "{}",
        world.printed
    );
}

#[test]
fn one_answer_is_for_the_request_that_was_shown() {
    let mut world = world(60, 16);
    asks(&mut world, "one", "Bash", r#"{"command":"first"}"#);
    asks(&mut world, "two", "Bash", r#"{"command":"second"}"#);
    world.keys("\x02A");
    world.pass(1000);
    world.keys("yy");
    assert!(world.text().contains("Requests 1/1"), "{}", world.text());
    assert!(world.text().contains("second"), "{}", world.text());
    // What an agent injects is no answer.
    world.pass(1000);
    world.run(&["send-keys", "-K", "-c", "/dev/pts/1", "y"]);
    assert!(world.text().contains("second"), "{}", world.text());
    // A reason, and the server dies meanwhile.
    world.keys("n");
    world.keys("not now");
    world.crash();
    world.settle();
    assert!(world.text().contains("not now"), "{}", world.text());
    world.event(outlast_core::Event::Returned {
        client: view::ME,
        size: outlast_term::Size { cols: 60, rows: 16 },
        standing: outlast_core::Standing::Proven,
    });
    world.keys("\r");
    world.settle();
    assert!(!world.text().contains("Requests"), "{}", world.text());
    assert!(world.printed.contains("not now"), "{}", world.printed);
}

#[test]
fn questions_are_answered_by_number_and_long_texts_scroll() {
    let mut world = world(40, 20);
    let questions = r#"{"questions":[{"question":"Which colour?","header":"c","multiSelect":false,
        "options":[{"label":"red","description":"r"},{"label":"green","description":"g"}]}]}"#;
    asks(&mut world, "q", "AskUserQuestion", questions);
    world.keys("\x02A");
    let text = world.text();
    assert!(
        text.contains("Which colour?") && text.contains("2: green"),
        "{text}"
    );
    world.pass(1000);
    world.keys("9y");
    assert!(world.text().contains("Requests"), "no such answer");
    world.keys("2");
    world.settle();
    assert!(world.printed.contains("green"), "{}", world.printed);
    let lines: Vec<String> = (1..60).map(|n| format!("line {n}")).collect();
    let input = format!(r#"{{"command":"{}"}}"#, lines.join("\\n"));
    asks(&mut world, "l", "Bash", &input);
    world.keys("\x02A");
    assert!(!world.text().contains("line 59"));
    world.keys("G");
    assert!(world.text().contains("line 59"), "{}", world.text());
    world.keys("g");
    assert!(world.text().contains("line 1"), "{}", world.text());
    world.keys("q");
    assert!(!world.text().contains("Requests"));
}

#[test]
fn only_a_person_opens_it() {
    let mut world = world(60, 16);
    asks(&mut world, "s", "Bash", r#"{"command":"x"}"#);
    let refused = world.run(&["choose-requests"]);
    assert!(!refused.is_empty());
    world.run(&["send-keys", "-K", "-c", "/dev/pts/1", "C-b"]);
    world.run(&["send-keys", "-K", "-c", "/dev/pts/1", "A"]);
    assert!(!world.text().contains("Requests"), "{}", world.text());
}

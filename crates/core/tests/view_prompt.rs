//! Prompts: command-prompt, confirm-before.

mod view;

use view::World;

fn world(config: &str) -> World {
    World::new(
        40,
        4,
        &format!("set -g status-right ''\nset -g automatic-rename off\n{config}"),
    )
}

#[test]
fn a_prompt_takes_keys_and_runs_its_template() {
    let mut world = world("");
    world.keys("\x02,");
    assert_eq!(world.row(3), "(rename-window) bash");
    assert_eq!(world.cursor(), Some((20, 3)));
    world.keys("\x15logs");
    assert_eq!(world.row(3), "(rename-window) logs");
    world.keys("\r");
    assert_eq!(world.row(3), "[cc] 0:logs*");
    assert_eq!(world.typed(0), "");
    world.keys("x");
    assert_eq!(world.typed(0), "x");
}

#[test]
fn a_command_is_typed_and_an_error_is_shown() {
    let mut world = world("");
    world.keys("\x02:");
    assert_eq!(world.row(3), ":");
    world.keys("new-window -n two\r");
    assert_eq!(world.row(3), "[cc] 0:bash- 1:two*");
    world.keys("\x02:nonsense\r");
    assert_eq!(world.row(3), "Unknown command: nonsense");
    world.pass(1000);
    // Up brings back what was typed, newest first.
    world.keys("\x02:\x1b[A\x1b[A");
    assert_eq!(world.row(3), ":new-window -n two");
    world.keys("\x1b[B");
    assert_eq!(world.row(3), ":nonsense");
    world.keys("\x03");
    assert_eq!(world.row(3), "[cc] 0:bash- 1:two*");
}

#[test]
fn several_answers_fill_a_template() {
    let mut world = world("");
    world.run(&[
        "command-prompt",
        "-b",
        "-t",
        "/dev/pts/1",
        "-p",
        "one,two",
        "-I",
        "a,#S",
        "set -g @x '%1-%2-%%'",
    ]);
    assert_eq!(world.row(3), "one a");
    world.keys("b\r");
    assert_eq!(world.row(3), "two cc");
    world.keys("\r");
    assert_eq!(world.format("#{@x}"), "ab-cc-ab");
}

#[test]
fn kinds_of_entries() {
    let mut world = world("");
    let ask = |world: &mut World, flag: &str| {
        world.run(&[
            "command-prompt",
            "-b",
            flag,
            "-t",
            "/dev/pts/1",
            "-p",
            "?",
            "set -g @x '%%'",
        ]);
    };
    ask(&mut world, "-1");
    world.keys("y");
    assert_eq!(world.format("#{@x}"), "y");
    ask(&mut world, "-k");
    world.keys("\x1b[A");
    assert_eq!(world.format("#{@x}"), "Up");
    ask(&mut world, "-N");
    world.keys("42z");
    assert_eq!(world.format("#{@x}"), "42");
    assert_eq!(world.typed(0), "z", "the key that ends a number is a key");
    ask(&mut world, "-e");
    world.keys("a\x7f\x7f");
    assert_eq!(world.row(3), "[cc] 0:bash*");
}

#[test]
fn a_command_line_waits_for_the_answer() {
    let mut world = world("");
    let client = world.attach(
        0,
        0,
        &[
            "command-prompt",
            "-t",
            "/dev/pts/1",
            "-p",
            "?",
            "set -g @x '%%'",
        ],
    );
    assert!(!world.exits.contains_key(&client));
    world.keys("v\r");
    assert_eq!(world.exits[&client].0, 0);
    assert_eq!(world.format("#{@x}"), "v");
}

#[test]
fn confirm_before_asks() {
    let mut world = world("");
    world.run(&["new-window", "-t", "cc:", "-n", "two"]);
    world.keys("\x02&");
    assert_eq!(world.row(3), "kill-window two? (y/n)");
    world.keys("n");
    assert_eq!(world.row(3), "[cc] 0:bash- 1:two*");
    world.keys("\x02&y");
    assert_eq!(world.row(3), "[cc] 0:bash*");
    let client = world.attach(
        0,
        0,
        &["confirm-before", "-t", "/dev/pts/1", "set -g @x yes"],
    );
    assert_eq!(world.row(3), "Confirm 'set-option'? (y/n)");
    world.keys("n");
    assert_eq!(world.exits[&client].0, 1);
    world.run(&[
        "confirm-before",
        "-b",
        "-y",
        "-c",
        "k",
        "-p",
        "sure?",
        "-t",
        "/dev/pts/1",
        "set -g @x yes",
    ]);
    assert_eq!(world.row(3), "sure?");
    world.keys("\r");
    assert_eq!(world.format("#{@x}"), "yes");
}

#[test]
fn vi_keys_edit() {
    let mut world = world("set -g status-keys vi");
    world.keys("\x02:");
    world.keys("one two three");
    world.event(outlast_core::Event::Input {
        client: view::ME,
        bytes: b"\x1b",
    });
    world.pass(600);
    world.keys("bbx");
    assert_eq!(world.row(3), ":one wo three");
    world.keys("0w");
    assert_eq!(world.cursor(), Some((5, 3)));
    world.keys("Dia");
    assert_eq!(world.row(3), ":one a");
    world.keys("\x03");
}

#[test]
fn tab_completes_commands() {
    let mut world = world("");
    world.keys("\x02:new-w\t");
    assert_eq!(world.row(3), ":new-window");
    world.keys("\x15set -g message-l\t");
    assert_eq!(world.row(3), ":set -g message-li");
    world.keys("n\t");
    assert_eq!(world.row(3), ":set -g message-line");
    world.keys("\x03");
}

#[test]
fn long_input_scrolls() {
    let mut world = world("");
    world.keys("\x02:");
    world.keys(&"0123456789".repeat(5));
    assert_eq!(world.row(3).chars().count(), 39);
    assert_eq!(world.cursor(), Some((39, 3)));
    assert!(world.row(3).ends_with("789"));
    world.keys("\x01");
    assert!(world.row(3).starts_with(":0123456789"));
    world.keys("\x03");
}

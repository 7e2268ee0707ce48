//! customize-mode: options and keys in a list.

mod view;

use view::World;

fn world() -> World {
    World::new(
        80,
        24,
        "set -g status-right ''\nset -g automatic-rename off\nset -s @mine '#{session_name} it is'",
    )
}

fn rows(world: &World, from: usize, to: usize) -> Vec<String> {
    (from..to).map(|y| world.row(y)).collect()
}

/// Lines of the box, without its sides.
fn said(world: &World) -> Vec<String> {
    let inner = |line: String| line.trim_matches(['│', ' ']).to_string();
    rows(world, 12, 22).into_iter().map(inner).collect()
}

#[test]
fn headings_are_folded_and_unfold() {
    let mut world = world();
    world.keys("\x02C");
    assert_eq!(
        rows(&world, 0, 8),
        [
            "(0) + Server Options",
            "(1) + Session Options",
            "(2) + Window & Pane Options",
            "(3) + Key Table - copy-mode",
            "(4) + Key Table - copy-mode-vi",
            "(5) + Key Table - prefix",
            "(6) + Key Table - root",
            "",
        ]
    );
    assert_eq!(world.format("#{pane_mode}"), "options-mode");
    assert!(world.row(11).starts_with("┌ Server Options ──"));
    world.keys("lj");
    assert_eq!(
        rows(&world, 0, 3),
        [
            "(0)   - Server Options",
            "(1)   ├─>   @mine: #{session_name} it is",
            "(2)   ├─>   backspace: C-?",
        ]
    );
    assert_eq!(
        said(&world)[..6],
        [
            "This option doesn't have a description.",
            "",
            "This is a user option.",
            "",
            "Option value: #{session_name} it is",
            "This expands to: cc it is",
        ]
    );
    // Each option is there once.
    world.keys("/disk-state\r");
    let list = rows(&world, 0, 11).join("\n");
    assert_eq!(list.matches("disk-state").count(), 1, "{list}");
    // It survives the server.
    let before = world.screen();
    world.crash();
    assert_eq!(world.screen().rows, before.rows);
    world.keys("q");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
}

#[test]
fn options_are_set_where_it_is_wanted() {
    let mut world = world();
    world.run(&[
        "customize-mode",
        "-t",
        "cc:",
        "-f",
        "#{m/r:^(mouse|mode-keys|history-limit|command-alias|window-style)$,#{option_name}}",
    ]);
    world.keys("\x1b+");
    let list = rows(&world, 0, 8);
    assert!(list[1].contains("+ command-alias"), "{list:?}");
    assert!(list[4].contains("mouse: off"), "{list:?}");
    // A flag turns over, for the session; S is for all.
    world.keys("4");
    assert_eq!(
        world.run(&["show-options", "-t", "cc", "mouse"]),
        "mouse on\n"
    );
    assert!(
        world.row(4).contains("mouse: (session cc) on"),
        "{}",
        world.row(4)
    );
    assert!(
        said(&world).contains(&"Global value: off".to_string()),
        "{:?}",
        said(&world)
    );
    world.keys("S");
    assert_eq!(world.run(&["show-options", "-g", "mouse"]), "mouse on\n");
    // Unset after a yes.
    world.keys("u");
    assert_eq!(world.row(23), "Unset mouse?");
    world.keys("y");
    assert_eq!(world.run(&["show-options", "-t", "cc", "mouse"]), "");
    world.keys("dn");
    assert_eq!(world.run(&["show-options", "-g", "mouse"]), "mouse on\n");
    world.keys("dy");
    assert_eq!(world.run(&["show-options", "-g", "mouse"]), "mouse off\n");
    // A number is asked for, and what is wrong with it said.
    world.keys("3");
    assert_eq!(world.row(23), "(history-limit, for session cc) 2000");
    world.keys("x\r");
    assert_eq!(world.row(23), "Value is invalid: 2000x");
    world.keys("S\x15777\r");
    assert_eq!(
        world.run(&["show-options", "-g", "history-limit"]),
        "history-limit 777\n"
    );
    // A choice goes on to the next, for the pane where it can be, for the window with w.
    world.keys("6");
    assert_eq!(
        world.run(&["show-options", "-w", "-t", "cc:", "mode-keys"]),
        "mode-keys vi\n"
    );
    world.keys("7\x15bg=red\r");
    assert_eq!(
        world.run(&["show-options", "-p", "-t", "cc:", "window-style"]),
        "window-style bg=red\n"
    );
    world.keys("w\x15bg=blue\r");
    assert_eq!(
        world.run(&["show-options", "-w", "-t", "cc:", "window-style"]),
        "window-style bg=blue\n"
    );
    assert!(
        said(&world)
            .iter()
            .any(|line| line == "Window value (from window 0): bg=blue"),
        "{:?}",
        said(&world)
    );
    // H leaves out what is as it is for all.
    world.keys("H");
    let list = rows(&world, 0, 8).join("\n");
    assert!(
        list.contains("window-style") && !list.contains("history-limit"),
        "{list}"
    );
}

#[test]
fn elements_of_an_array() {
    let mut world = world();
    let filter = "#{==:#{option_name},command-alias}";
    world.run(&["customize-mode", "-t", "cc:", "-f", filter]);
    world.keys("\x1b+jl");
    let first = world.row(2);
    assert!(
        first.contains("command-alias[0]: split-pane=split-window"),
        "{first}"
    );
    world.keys("\r");
    assert!(world.row(23).starts_with("(command-alias[+]) "));
    world.keys("\x15mine=display\r");
    let list = world.run(&["show-options", "-s", "command-alias"]);
    assert!(list.trim_end().ends_with("mine=display"), "{list}");
    world.keys("j\r\x15other=display\r");
    let list = world.run(&["show-options", "-s", "command-alias"]);
    assert!(
        list.starts_with("command-alias[0] other=display\n"),
        "{list}"
    );
    world.keys("uy");
    let list = world.run(&["show-options", "-s", "command-alias"]);
    assert!(list.starts_with("command-alias[1] "), "{list}");
}

#[test]
fn keys_and_what_they_run() {
    let mut world = world();
    world.run(&["bind-key", "-N", "Mine", "F5", "display-message", "five"]);
    let filter = "#{==:#{key},F5}";
    world.run(&["customize-mode", "-t", "cc:", "-f", filter]);
    world.keys("\x1b+5jl");
    let parts = rows(&world, 6, 10);
    assert!(parts[0].ends_with("- F5"), "{parts:?}");
    assert!(
        parts[1].ends_with("Command: display-message five"),
        "{parts:?}"
    );
    assert!(parts[2].ends_with("Note: Mine"), "{parts:?}");
    assert!(parts[3].ends_with("Repeat: off"), "{parts:?}");
    assert_eq!(said(&world)[0], "Mine.");
    world.keys("jjj\r");
    assert!(world.row(9).ends_with("Repeat: on"), "{}", world.row(9));
    world.keys("k\r\x15Yours\r");
    assert_eq!(said(&world)[0], "Yours.");
    world.keys("k\r");
    assert_eq!(world.row(23), "(F5) display-message five");
    world.keys("\x15display-message six\r");
    assert_eq!(
        world.run(&["list-keys", "-T", "prefix", "F5"]),
        "bind-key -r -T prefix F5 display-message six\n"
    );
    world.keys("\r\x15nonsense\r");
    assert_eq!(world.row(23), "Unknown command: nonsense");
    world.keys("uy");
    let gone = world.run(&["list-keys", "-T", "prefix", "F5"]);
    assert!(gone.contains("unknown key"), "{gone}");
}

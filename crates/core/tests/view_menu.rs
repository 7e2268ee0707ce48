//! Menus: display-menu and the default ones.

mod view;

use view::World;

fn world(config: &str) -> World {
    World::new(
        40,
        12,
        &format!("set -g status-right ''\nset -g automatic-rename off\n{config}"),
    )
}

const ASK: &[&str] = &[
    "display-menu",
    "-c",
    "/dev/pts/1",
    "-T",
    "Title",
    "-x",
    "0",
    "-y",
    "0",
    "One",
    "a",
    "set -g @x one",
    "",
    "-Not this",
    "b",
    "set -g @x no",
    "Two #S",
    "c",
    "set -g @x two",
];

fn ask(world: &mut World, flags: &[&str]) -> outlast_core::ClientId {
    let argv: Vec<&str> = [&ASK[..1], flags, &ASK[1..]].concat();
    let client = world.attach(0, 0, &argv);
    world.settle();
    client
}

#[test]
fn a_menu_is_a_box_and_waits_for_a_choice() {
    let mut world = world("");
    world.output(0, "under the menu, and beside it");
    let client = ask(&mut world, &[]);
    world.expect(
        "
┌─Title──────┐, and beside it
│ One    (a) │
├────────────┤
│ Not this   │
│ Two cc (c) │
└────────────┘





[cc] 0:bash*",
    );
    assert_eq!(world.cursor(), None);
    assert!(!world.exits.contains_key(&client), "it waits");
    world.keys("c");
    assert_eq!(world.row(0), "under the menu, and beside it");
    assert_eq!(world.format("#{@x}"), "two");
    assert_eq!(world.exits[&client].0, 0);
    assert_eq!(world.typed(0), "");
}

#[test]
fn keys_pass_over_what_cannot_be_chosen() {
    let mut world = world("");
    let chosen = |world: &World| {
        (0..11).find(|y| world.screen().rows[*y].cells[2].style.bg != outlast_term::Colour::Default)
    };
    ask(&mut world, &[]);
    assert_eq!(
        chosen(&world),
        Some(1),
        "without the mouse the first line is chosen"
    );
    world.keys("j");
    assert_eq!(chosen(&world), Some(4));
    world.keys("j");
    assert_eq!(chosen(&world), Some(1));
    world.keys("k");
    assert_eq!(chosen(&world), Some(4));
    world.keys("g");
    assert_eq!(chosen(&world), Some(1));
    world.keys("G");
    world.keys("\r");
    assert_eq!(world.format("#{@x}"), "two");
    ask(&mut world, &["-C", "2"]);
    assert_eq!(chosen(&world), Some(4));
    world.keys("q");
    assert_eq!(chosen(&world), None);
    ask(&mut world, &["-C", "-"]);
    assert_eq!(chosen(&world), None);
    world.keys("\r");
    assert_eq!(world.row(0), "");
    world.keys("x");
    assert_eq!(world.typed(0), "x");
}

#[test]
fn a_menu_survives_the_server() {
    let mut world = world("set -g mouse on");
    let client = ask(&mut world, &["-O"]);
    world.keys("j");
    let before = world.screen();
    world.crash();
    assert_eq!(world.screen().rows, before.rows);
    world.output(0, "\x1b[9;1Hbeneath");
    assert_eq!(world.row(8), "beneath");
    assert_eq!(world.row(1), "│ One    (a) │");
    world.keys("\r");
    assert_eq!(world.format("#{@x}"), "two");
    assert_eq!(world.exits[&client].0, 0);
}

#[test]
fn the_default_menus_fit_a_phone() {
    let mut world = World::new(
        40,
        20,
        "set -g status-right ''\nset -g automatic-rename off\nset -g mouse on",
    );
    world.run(&["set-buffer", "something to paste"]);
    world.output(0, "word");
    // All that the menu of a pane can have: a buffer, a word, a line.
    world.keys("\x1b[<2;2;1M");
    assert_eq!(world.row(3), "│ Search For word  (C-r) │");
    assert_eq!(world.row(15), "│ Mark               (m) │");
    // A finger taps: its release leaves the menu open, the next tap chooses.
    world.keys("\x1b[<2;2;1m");
    assert_eq!(world.row(3), "│ Search For word  (C-r) │");
    world.keys("\x1b[<0;5;16M\x1b[<0;5;16m");
    assert_eq!(world.format("#{pane_marked}"), "1");
    assert_eq!(world.row(3), "");
}

#[test]
fn the_mouse_chooses() {
    let mut world = World::new(
        40,
        16,
        "set -g status-right ''\nset -g automatic-rename off\nset -g mouse on",
    );
    // A press at the window list opens its menu; dragged onto a line and released there it is run.
    world.keys("\x1b[<2;7;16M");
    assert_eq!(world.row(13), "     │ New At End (W) │");
    world.keys("\x1b[<34;9;14M");
    world.keys("\x1b[<2;9;14m");
    assert_eq!(world.row(15), "[cc] 0:bash- 1:bash*");
    // Released outside, it closes.
    world.keys("\x1b[<2;7;16M");
    world.keys("\x1b[<2;30;2m");
    assert_eq!(world.row(13), "");
    assert_eq!(world.row(15), "[cc] 0:bash- 1:bash*");
    // -O: it stays until something is pressed outside; a press on a line chooses.
    world.keys("\x02:display-menu -M -O -x 0 -y 0 One a 'set -g @x one'\r");
    world.keys("\x1b[<0;20;9m");
    assert_eq!(world.row(1), "│ One (a) │");
    world.keys("\x1b[<0;3;2M\x1b[<0;3;2m");
    assert_eq!(world.format("#{@x}"), "one");
}

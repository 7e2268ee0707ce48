//! Choosers: choose-tree, choose-buffer, choose-client.

mod view;

use view::World;

fn world(cols: u16, rows: u16) -> World {
    let mut world = World::new(
        cols,
        rows,
        "set -g status-right ''\nset -g automatic-rename off\nset -g mouse on",
    );
    world.run(&["new-window", "-d", "-t", "cc:", "-n", "logs"]);
    world.run(&["split-window", "-d", "-t", "cc:1"]);
    world.run(&["new-session", "-d", "-s", "work", "-n", "edit"]);
    world
}

#[test]
fn a_tree_of_what_there_is_with_a_preview() {
    let mut world = world(40, 22);
    world.output(0, "what the pane shows");
    world.keys("\x02w");
    world.expect(
        "
(0) - cc: 2 windows (attached)
(1) ├─> + 0: bash*
(2) └─> + 1: logs
(3) - work: 1 windows
(4) └─> + 0: edit*





┌ 0 (sort: index) ─────────────────────┐
│  the pane shows                      │
│                                      │
│                                      │
│                                      │
│              ┌────────┐              │
│              │ 0:host │              │
│              └────────┘              │
│                                      │
│                                      │
└──────────────────────────────────────┘
[cc] 0:bash* 1:logs",
    );
    assert_eq!(world.cursor(), None);
    assert_eq!(world.format("#{pane_in_mode} #{pane_mode}"), "1 tree-mode");
    // What there is changes under the chooser.
    world.run(&["rename-window", "-t", "cc:1", "other"]);
    world.pass(200);
    assert_eq!(world.row(2), "(2) └─> + 1: other");
    world.run(&["kill-session", "-t", "work"]);
    world.pass(200);
    assert_eq!(world.row(3), "");
    world.keys("q");
    assert_eq!(world.row(0), "what the pane shows");
    assert_eq!(world.typed(0), "");
}

#[test]
fn keys_fold_tag_and_choose() {
    let mut world = world(60, 8);
    world.keys("\x02s");
    let lines = |world: &World| (0..7).map(|y| world.row(y)).collect::<Vec<_>>().join("|");
    assert_eq!(
        lines(&world),
        "(0) + cc: 2 windows (attached)|(1) + work: 1 windows|||||"
    );
    world.keys("l");
    world.keys("jjl");
    assert_eq!(world.row(2), "(2) └─> - 1: logs");
    assert!(
        world.row(3).starts_with("(3)     ├─> 0: "),
        "{}",
        world.row(3)
    );
    // Of a window and its panes only one is tagged.
    world.keys("t");
    assert!(world.row(2).contains("1*: "), "{}", world.row(2));
    world.keys("t");
    assert!(world.row(2).contains("1: "), "{}", world.row(2));
    assert!(world.row(3).contains("0*: "), "{}", world.row(3));
    world.keys("T");
    assert!(!lines(&world).contains("*: "));
    world.keys("\x14");
    assert!(world.row(0).contains("cc*: "), "{}", world.row(0));
    // A number goes there.
    world.keys("2");
    assert_eq!(world.format("#{window_index} #{pane_in_mode}"), "1 0");
}

#[test]
fn searching_and_filtering_ask_on_the_status_line() {
    let mut world = world(60, 10);
    world.keys("\x02s");
    world.keys("/logs");
    assert_eq!(world.row(9), "(search) logs");
    world.keys("\r");
    assert_eq!(
        world.row(2),
        "(2) └─> + 1: logs",
        "what is found is unfolded"
    );
    world.keys("f#{==:#{window_name},logs}\r");
    assert_eq!(world.row(1), "(1) └─> + 1: logs");
    assert_eq!(world.row(2), "");
    world.keys("f\x15any\r");
    assert_eq!(
        world.row(3),
        "(3) + work: 1 windows",
        "any text but 0 is true"
    );
    world.keys("f\x15\r");
    world.keys("\r");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
}

#[test]
fn killing_asks_first() {
    let mut world = world(60, 10);
    world.keys("\x02w");
    world.keys("jx");
    assert_eq!(world.row(9), "Kill window 1?");
    world.keys("n");
    assert_eq!(world.row(2), "(2) └─> + 1: logs");
    world.keys("xy");
    world.pass(200);
    assert_eq!(world.row(1), "(1) └─> + 0: bash*");
    world.keys("GtgjX");
    assert_eq!(world.row(9), "Kill 1 tagged?");
    world.keys("y");
    world.pass(200);
    assert_eq!(world.row(2), "");
    world.keys(":set -g @x '%%'\r");
    assert_eq!(world.format("#{@x}"), "=cc:0.");
}

#[test]
fn a_chooser_survives_the_server() {
    let mut world = world(60, 20);
    world.keys("\x02w");
    world.keys("jltjO");
    let before = world.screen();
    world.crash();
    assert_eq!(world.screen().rows, before.rows);
    world.keys("x");
    assert_eq!(world.row(19), "Kill pane 1?");
    world.crash();
    assert_eq!(world.row(19), "Kill pane 1?");
    world.keys("y");
    assert_eq!(world.format("#{pane_in_mode}"), "1");
    assert_eq!(
        world.run(&["list-panes", "-t", "cc:1", "-F", "#{pane_id}"]),
        "%1\n"
    );
    world.keys("q");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
}

#[test]
fn the_mouse_chooses_and_opens_a_menu() {
    let mut world = world(40, 22);
    world.keys("\x02w");
    world.keys("\x1b[<0;5;3M\x1b[<0;5;3m");
    assert_eq!(world.row(10), "┌ 1 (sort: index) ─────────────────────┐");
    world.keys("\x1b[<65;5;3M");
    assert_eq!(world.row(10), "┌ work (sort: index) ──────────────────┐");
    // A finger taps with the right button, then on a line of the menu.
    world.keys("\x1b[<2;10;2M\x1b[<2;10;2m");
    assert_eq!(world.row(1).split('┐').next(), Some("┌────────0────────"));
    assert_eq!(world.row(6), "│ Tag         (t) │");
    world.keys("\x1b[<0;5;7M\x1b[<0;5;7m");
    assert!(world.row(1).contains("0*: bash"), "{}", world.row(1));
    // A preview of a window's panes: the second is chosen.
    world.keys("\x1b[<0;5;3M\x1b[<0;5;3m");
    world.keys("\x1b[<0;30;15M\x1b[<0;30;15m");
    assert_eq!(world.format("#{window_index} #{pane_in_mode}"), "1 0");
}

#[test]
fn buffers_are_chosen_pasted_and_deleted() {
    let mut world = world(40, 22);
    world.keys("\x02=");
    assert_eq!(world.format("#{pane_in_mode}"), "0", "there are none");
    world.run(&["set-buffer", "-b", "one", "first\nline"]);
    world.run(&["set-buffer", "-b", "two", "second"]);
    world.run(&["set-buffer", "-b", "three", "third"]);
    world.keys("\x02=");
    assert!(world.row(0).starts_with("(0) three: "), "{}", world.row(0));
    assert!(world.row(0).ends_with(": third"), "{}", world.row(0));
    assert_eq!(world.row(11), "│ third                                │");
    world.keys("dd");
    assert!(world.row(0).starts_with("(0) one: "), "{}", world.row(0));
    assert_eq!(world.row(12), "│ line                                 │");
    world.keys("\r");
    assert_eq!(world.typed(0), "first\rline");
    world.keys("\x02=d");
    assert_eq!(world.format("#{pane_in_mode}"), "0", "the last one is gone");
}

#[test]
fn clients_are_chosen() {
    let mut world = world(40, 22);
    let other = world.attach(40, 20, &["attach-session", "-t", "work"]);
    world.settle();
    world.keys("\x02D");
    assert!(
        world.row(0).starts_with("(0) /dev/pts/1: "),
        "{}",
        world.row(0)
    );
    assert_eq!(world.row(10), "┌ /dev/pts/1 (sort: name) ─────────────┐");
    world.keys("jd");
    assert_eq!(world.exits[&other].1, "[detached (from session work)]");
    assert_eq!(world.row(1), "");
    world.keys("q");
}

#[test]
fn help_scrolls_where_it_is_higher_than_the_screen() {
    let mut world = world(60, 20);
    world.keys("\x02w");
    world.keys("\x08");
    assert!(
        world.row(1).contains("Up, k │ Move cursor up"),
        "{}",
        world.row(1)
    );
    world.keys("\x06\x06");
    assert!(
        world.row(18).contains("q, Escape │ Exit mode"),
        "{}",
        world.row(18)
    );
    world.keys("x");
    assert_eq!(world.row(0), "(0) - cc: 2 windows (attached)");
}

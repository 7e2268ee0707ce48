//! display-panes and clock-mode.

mod view;

use outlast_term::Colour;
use view::World;

fn world(cols: u16, rows: u16) -> World {
    let mut world = World::new(
        cols,
        rows,
        "set -g status-right ''\nset -g automatic-rename off\nset -g mouse on",
    );
    world.run(&["split-window", "-h", "-t", "cc:"]);
    world.settle();
    world
}

/// Cells with a background colour, as a picture.
fn blocks(world: &World, rows: std::ops::Range<usize>) -> Vec<String> {
    let screen = world.screen();
    rows.map(|y| {
        let cells = screen.rows[y].cells.iter();
        let text: String = cells
            .map(|cell| {
                if cell.style.bg == Colour::Default {
                    ' '
                } else {
                    '#'
                }
            })
            .collect();
        text.trim_end().to_string()
    })
    .collect()
}

#[test]
fn numbers_lie_over_panes_and_take_a_key() {
    let mut world = world(40, 12);
    world.output(0, "beneath");
    world.keys("\x02q");
    assert_eq!(world.row(0), "beneath        20x11│              19x11");
    assert_eq!(
        blocks(&world, 3..8),
        [
            "       #####                   #",
            "       #   #                   #",
            "       #   #                   #",
            "       #   #                   #",
            "       #####                   #",
        ]
    );
    assert_eq!(world.cursor(), None);
    world.keys("0");
    assert_eq!(world.format("#{pane_index}"), "0");
    assert_eq!(world.row(0), "beneath             │");
    // Another key takes them away and is a key.
    world.keys("\x02qX");
    assert_eq!(world.typed(0), "X");
    assert_eq!(world.row(0), "beneath             │");
    // They go by themselves.
    world.keys("\x02q");
    world.pass(900);
    assert_eq!(world.row(0), "beneath        20x11│              19x11");
    world.pass(200);
    assert_eq!(world.row(0), "beneath             │");
}

#[test]
fn a_template_is_run_and_a_command_line_waits() {
    let mut world = world(40, 12);
    let client = world.attach(
        0,
        0,
        &[
            "display-panes",
            "-d",
            "0",
            "-t",
            "/dev/pts/1",
            "set -g @x '%%'",
        ],
    );
    world.settle();
    world.pass(5000);
    assert!(!world.exits.contains_key(&client), "it waits");
    world.crash();
    assert_eq!(blocks(&world, 3..4), ["       #####                   #"]);
    world.keys("1");
    assert_eq!(world.format("#{@x}"), "%1");
    assert_eq!(world.exits[&client].0, 0);
    // -N: no key chooses.
    world.run(&["display-panes", "-bN", "-d", "0", "-t", "/dev/pts/1"]);
    world.settle();
    world.keys("0");
    assert_eq!(world.format("#{pane_index}"), "1");
    assert_eq!(world.typed(1), "0");
}

#[test]
fn small_panes_have_small_numbers() {
    let mut world = world(9, 5);
    world.keys("\x02q");
    assert_eq!(world.row(2), "  0 │ 1".replace("│ 1", &world.row(2)[4..]));
    assert!(world.row(2).contains('1'), "{}", world.row(2));
}

#[test]
fn a_clock_ticks_until_a_key() {
    let mut world = world(80, 12);
    world.run(&["resize-pane", "-Z", "-t", "cc:.0"]);
    world.run(&["set", "-g", "clock-mode-style", "24-with-seconds"]);
    world.keys("\x02t");
    assert_eq!(world.format("#{pane_mode}"), "clock-mode");
    let before = blocks(&world, 0..11);
    assert!(before[2].contains("#####"), "{before:?}");
    world.now.unix += 2;
    world.pass(1500);
    let after = blocks(&world, 0..11);
    assert_ne!(before, after);
    world.crash();
    assert_eq!(blocks(&world, 0..11), after);
    world.keys("x");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
    assert_eq!(world.typed(0), "", "the key is the clock's");
    // What is too small for large digits has the time as text.
    world.run(&["resize-window", "-t", "cc:", "-x", "20", "-y", "4"]);
    world.run(&["clock-mode", "-t", "cc:"]);
    world.settle();
    let text = world.text();
    assert!(text.contains(':'), "{text}");
}

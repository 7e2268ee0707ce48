//! Panes on the screen: borders, titles on borders, zoom, windows larger or smaller than the client.

mod view;

use outlast_term::{Attrs, Colour};
use view::World;

const PLAIN: &str = "set -g status-right ''\nset -g automatic-rename off\n";

fn split(config: &str) -> World {
    let mut world = World::new(40, 8, &format!("{PLAIN}{config}"));
    world.output(0, "left");
    world.run(&["split-window", "-h", "-t", "cc:"]);
    world.output(1, "right");
    world
}

#[test]
fn two_panes_have_half_of_the_border_each() {
    let world = split("");
    world.expect(
        "
left                │right
                    │
                    │
                    │
                    │
                    │
                    │
[cc] 0:bash*",
    );
    let screen = world.screen();
    let colours: Vec<Colour> = (0..7).map(|y| screen.rows[y].cells[20].style.fg).collect();
    // The active pane is the right one: the lower half is its.
    assert_eq!(colours[..4], [Colour::Default; 4]);
    assert_eq!(colours[4..], [Colour::Indexed(2); 3]);
    assert_eq!(world.cursor(), Some((26, 0)));
}

#[test]
fn joints_are_drawn_and_zoom_hides_them() {
    let mut world = split("");
    world.run(&["split-window", "-v", "-t", "cc:"]);
    world.output(2, "below");
    world.expect(
        "
left                │right
                    │
                    │
                    ├───────────────────
                    │below
                    │
                    │
[cc] 0:bash*",
    );
    world.run(&["resize-pane", "-Z", "-t", "cc:"]);
    world.expect(
        "
below






[cc] 0:bash*Z",
    );
    world.run(&["resize-pane", "-Z", "-t", "cc:"]);
    assert_eq!(world.row(3), "                    ├───────────────────");
}

#[test]
fn lines_of_borders() {
    for (lines, column, row) in [
        ("double", "║", "╠═══"),
        ("heavy", "┃", "┣━━━"),
        ("simple", "|", "+---"),
        ("number", "0", "0111"),
        ("spaces", "", ""),
    ] {
        let mut world = split(&format!("set -g pane-border-lines {lines}"));
        world.run(&["split-window", "-v", "-t", "cc:"]);
        assert_eq!(world.row(5).trim_start(), column, "{lines}");
        assert_eq!(
            world
                .row(3)
                .trim_start()
                .chars()
                .take(4)
                .collect::<String>(),
            row,
            "{lines}"
        );
    }
}

#[test]
fn titles_stand_on_borders() {
    let mut world =
        split("set -g pane-border-status top\nset -g pane-border-format ' #{pane_index} '\n");
    world.output(0, "\x1b[H");
    assert_eq!(world.row(0), "── 0 ───────────────┬── 1 ──────────────");
    assert!(world.row(1).starts_with("left"), "{}", world.text());
    world.run(&["set", "-g", "pane-border-status", "bottom"]);
    assert_eq!(world.row(6), "── 0 ───────────────┴── 1 ──────────────");
}

#[test]
fn indicators_point_to_the_active_pane() {
    let world = split("set -g pane-border-indicators arrows");
    let arrows: String = (0..7)
        .map(|y| world.row(y).chars().nth(20).unwrap_or(' '))
        .collect();
    assert_eq!(arrows, "│→│││││");
}

#[test]
fn the_marked_pane_has_its_border_reversed() {
    let mut world = split("");
    world.run(&["select-pane", "-m", "-t", "cc:0.0"]);
    let reversed = |world: &World| {
        let screen = world.screen();
        (0..7)
            .filter(|y| screen.rows[*y].cells[20].style.attrs.has(Attrs::REVERSE))
            .count()
    };
    assert_eq!(reversed(&world), 4);
    world.run(&["select-pane", "-M"]);
    assert_eq!(reversed(&world), 0);
}

#[test]
fn window_styles_colour_what_the_program_left_default() {
    let mut world = split("set -g window-style bg=blue\nset -g window-active-style bg=red");
    world.output(0, "\x1b[42mx");
    let screen = world.screen();
    assert_eq!(screen.rows[0].cells[0].style.bg, Colour::Indexed(4));
    assert_eq!(screen.rows[0].cells[4].style.bg, Colour::Indexed(2));
    assert_eq!(screen.rows[0].cells[21].style.bg, Colour::Indexed(1));
    world.run(&["select-pane", "-t", "cc:0.0"]);
    assert_eq!(world.screen().rows[0].cells[0].style.bg, Colour::Indexed(1));
}

#[test]
fn a_window_smaller_than_the_client_is_surrounded() {
    let mut world = World::new(20, 6, PLAIN);
    world.output(0, "abc");
    world.run(&["resize-window", "-t", "cc:", "-x", "12", "-y", "3"]);
    world.expect(
        "
abc         │·······
            │·······
            │·······
────────────┘·······
····················
[cc] 0:bash*",
    );
    world.run(&["set", "-g", "fill-character", "x"]);
    assert_eq!(world.row(4), "xxxxxxxxxxxxxxxxxxxx");
}

#[test]
fn a_window_larger_than_the_client_follows_the_cursor() {
    let mut world = World::new(20, 5, PLAIN);
    world.run(&["resize-window", "-t", "cc:", "-x", "40", "-y", "8"]);
    world.output(
        0,
        "0123456789012345678901234567890123456789\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\n",
    );
    // The cursor is on the last row, first column.
    assert_eq!(world.row(3), "");
    assert_eq!(world.row(2), "g");
    assert_eq!(world.cursor(), Some((0, 3)));
    world.output(0, "\x1b[1;36H");
    assert_eq!(world.row(0), "01234567890123456789");
    assert_eq!(world.cursor(), Some((15, 0)));
    world.run(&["refresh-client", "-t", "/dev/pts/1", "-L", "10"]);
    assert_eq!(world.row(0), "01234567890123456789");
}

#[test]
fn two_clients_see_their_own_sizes() {
    let mut world = World::new(40, 8, PLAIN);
    let other = world.attach(60, 12, &["attach-session", "-t", "cc"]);
    world.output(0, "hello");
    let screen = world.screens[&other].clone();
    assert_eq!((screen.size.cols, screen.size.rows), (60, 12));
    assert_eq!(world.screen().size.rows, 8);
    assert_eq!(world.row(0), "hello");
    assert!(view::picture(&screen).starts_with("hello"));
}

#[test]
fn resizing_the_client_draws_all_anew() {
    let mut world = split("");
    world.resize(30, 6);
    let screen = world.screen();
    assert_eq!((screen.size.cols, screen.size.rows), (30, 6));
    world.expect(
        "
left           │right
               │
               │
               │
               │
[cc] 0:bash*",
    );
}

#[test]
fn a_client_that_returns_is_drawn_anew() {
    let mut world = split("");
    let frames = world.frames;
    world.event(outlast_core::Event::Returned {
        client: view::ME,
        size: outlast_term::Size { cols: 40, rows: 8 },
        standing: Default::default(),
    });
    world.settle();
    assert_eq!(world.frames, frames + 1);
    world.event(outlast_core::Event::Continued { client: view::ME });
    world.settle();
    assert_eq!(world.frames, frames + 2);
}

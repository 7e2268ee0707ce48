//! The status line, messages and the outer terminal's modes.

mod view;

use outlast_term::{Attrs, Colour, MouseTracking};
use view::{World, row_text};

#[test]
fn default_status_line_is_tmux_s() {
    let mut world = World::new(80, 24, "");
    world.output(0, "\x1b]2;host\x07$ ");
    assert_eq!(
        world.status(),
        format!("[cc] 0:bash*{}\"host\" 22:13 14-Nov-23", " ".repeat(46))
    );
    let row = world.screen().rows[23].clone();
    assert!(
        row.cells
            .iter()
            .all(|cell| (cell.style.fg, cell.style.bg) == (Colour::Indexed(0), Colour::Indexed(2)))
    );
    assert_eq!(world.row(0), "$");
    assert_eq!(world.cursor(), Some((2, 0)));
}

#[test]
fn status_may_be_off_at_the_top_or_have_lines() {
    let mut world = World::new(40, 6, "set -g status off");
    world.output(0, "one\r\ntwo");
    world.expect("one\ntwo\n\n\n\n");
    let mut world = World::new(40, 6, "set -g status-position top\nset -g status-right ''");
    world.output(0, "one");
    world.expect("[cc] 0:bash*\none\n\n\n\n");
    assert_eq!(world.cursor(), Some((3, 1)));
    let mut world = World::new(
        40,
        6,
        "set -g status 3\nset -g status-right ''\nset -g 'status-format[2]' 'third #S'",
    );
    world.output(0, "one");
    let rows = world.text();
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows[3], "[cc] 0:bash*");
    assert_eq!(rows[5], "third cc");
}

#[test]
fn styles_and_lengths_of_the_guides() {
    let config = "
        set -g status-style 'bg=#0d1117,fg=#8b949e'
        set -g status-left '#[fg=#3fb950,bold] [#S] '
        set -g status-right '#[fg=#484f58]Ctrl+B H for help  #[fg=#3fb950]%H:%M #[fg=#484f58]%b %d'
        set -g window-status-current-style 'fg=#3fb950,bold'
    ";
    let world = World::new(80, 4, config);
    assert_eq!(
        world.status(),
        format!(
            " [cc] 0:bash*{}Ctrl+B H for help  22:13 Nov 14",
            " ".repeat(36)
        )
    );
    let row = world.screen().rows[3].clone();
    let left = row.cells[2].style;
    assert_eq!(
        (left.fg, left.bg),
        (Colour::Rgb(0x3f, 0xb9, 0x50), Colour::Rgb(0x0d, 0x11, 0x17))
    );
    assert!(left.attrs.has(Attrs::BOLD));
    assert_eq!(row.cells[40].style.fg, Colour::Rgb(0x8b, 0x94, 0x9e));
}

#[test]
fn many_windows_scroll_with_markers() {
    let mut world = World::new(40, 4, "set -g status-right ''\nset -g automatic-rename off");
    for n in 1..8 {
        world.run(&["new-window", "-t", "cc:", "-n", &format!("win{n}")]);
    }
    assert_eq!(
        world.status().trim_end(),
        "[cc] <3  4:win4  5:win5  6:win6- 7:win7*"
    );
    world.run(&["select-window", "-t", "cc:0"]);
    assert_eq!(
        world.status().trim_end(),
        "[cc] 0:bash* 1:win1  2:win2  3:win3  4:>"
    );
}

#[test]
fn the_clock_wakes_only_when_shown() {
    let mut world = World::new(80, 24, "");
    let wake = world.core.next_wake().expect("status-interval");
    assert!(
        wake > world.now.ms && wake <= world.now.ms + 15_000,
        "{wake}"
    );
    let frames = world.frames;
    world.pass(16_000);
    assert_eq!(world.frames, frames, "the same text is not drawn again");
    world.pass(60_000);
    assert_eq!(world.frames, frames + 1);
    assert!(world.status().contains("22:14"), "{}", world.status());
    world.run(&["set", "-g", "status", "off"]);
    assert_eq!(world.core.next_wake(), None);
}

#[test]
fn a_message_lies_over_the_status_line_for_its_time() {
    let mut world = World::new(40, 4, "set -g status-right ''");
    world.run(&["display-message", "-c", "/dev/pts/1", "hello #[bold]there"]);
    assert_eq!(world.row(3), "hello there");
    let row = world.screen().rows[3].clone();
    assert_eq!(row.cells[0].style.bg, Colour::Indexed(3));
    assert!(row.cells[8].style.attrs.has(Attrs::BOLD));
    assert_eq!(world.cursor(), None);
    world.pass(700);
    assert_eq!(world.row(3), "hello there");
    world.pass(100);
    assert_eq!(world.row(3), "[cc] 0:bash*");
    world.run(&["display-message", "-c", "/dev/pts/1", "-d", "0", "stay"]);
    world.pass(60_000);
    assert_eq!(world.row(3), "stay");
    world.keys("x");
    assert_eq!(world.row(3), "[cc] 0:bash*");
    assert_eq!(world.typed(0), "x", "the key goes on to the program");
}

#[test]
fn errors_of_key_bindings_are_messages() {
    let mut world = World::new(40, 4, "bind x select-window -t nowhere");
    world.keys("\x02x");
    assert_eq!(world.row(3), "Can't find window: nowhere");
}

#[test]
fn the_outer_terminal_follows_the_pane_and_the_options() {
    let mut world = World::new(40, 4, "");
    assert_eq!(world.screen().modes.mouse, MouseTracking::Off);
    world.output(0, "\x1b[?2004h\x1b[?1003h\x1b[3 q");
    let screen = world.screen();
    assert!(screen.modes.bracketed_paste);
    assert_eq!(screen.modes.mouse, MouseTracking::Any);
    assert_eq!(
        screen.cursor.map(|cursor| cursor.shape),
        Some(outlast_term::CursorShape::BlinkingUnderline)
    );
    world.output(0, "\x1b[?1003l");
    world.run(&["set", "-g", "mouse", "on"]);
    assert_eq!(world.screen().modes.mouse, MouseTracking::Drag);
    world.output(0, "\x1b[?25l");
    assert_eq!(world.cursor(), None);
    assert_eq!(world.screen().title, None);
    world.run(&["set", "-g", "set-titles", "on"]);
    world.run(&["set", "-g", "set-titles-string", "#S:#W"]);
    assert_eq!(world.screen().title.as_deref(), Some("cc:bash"));
}

#[test]
fn rows_that_did_not_change_are_shared() {
    let mut world = World::new(80, 24, "");
    world.output(0, "one\r\ntwo\r\nthree");
    let before = world.screen();
    world.output(0, "x");
    let after = world.screen();
    let same: Vec<bool> = before
        .rows
        .iter()
        .zip(&after.rows)
        .map(|(a, b)| std::sync::Arc::ptr_eq(a, b))
        .collect();
    assert_eq!(same.iter().filter(|same| !**same).count(), 1);
    assert!(!same[2]);
    // Rows that scroll keep their address.
    let before = world.screen();
    world.output(0, &"\r\n".repeat(22));
    let after = world.screen();
    assert_eq!(row_text(&after.rows[0]).trim_end(), "threex");
    assert!(std::sync::Arc::ptr_eq(&before.rows[2], &after.rows[0]));
    assert!(std::sync::Arc::ptr_eq(&before.rows[23], &after.rows[23]));
}

#[test]
fn a_frame_that_shows_the_same_is_not_sent() {
    let mut world = World::new(80, 24, "");
    world.output(0, "abc");
    let frames = world.frames;
    world.output(0, "\x1b[1D\x1b[1C");
    assert_eq!(world.frames, frames);
    world.output(0, "\rabc");
    assert_eq!(world.frames, frames);
}

#[test]
fn a_slow_client_skips_pictures() {
    let mut world = World::new(80, 24, "");
    world.ready = false;
    for n in 0..50 {
        world.output(0, &format!("line {n}\r\n"));
    }
    let sent = world.frames;
    world.ready = true;
    world.event(outlast_core::Event::Ready { client: view::ME });
    world.settle();
    assert_eq!(world.frames, sent + 1);
    assert_eq!(world.row(21), "line 49");
}

#[test]
fn output_is_paced_but_a_key_is_shown_at_once() {
    let mut world = World::new(80, 24, "");
    world.pass(1000);
    let frames = world.frames;
    let output = |world: &mut World, at: u64, bytes: &[u8]| {
        world.event(outlast_core::Event::Output {
            pane: outlast_core::PaneId(0),
            at,
            bytes,
        });
    };
    output(&mut world, 0, b"a");
    assert_eq!(
        world.frames,
        frames + 1,
        "the first change after quiet at once"
    );
    output(&mut world, 1, b"b");
    assert_eq!(world.frames, frames + 1);
    assert_eq!(world.core.next_wake(), Some(world.now.ms + 8));
    world.pass(8);
    assert_eq!(world.frames, frames + 2);
    world.event(outlast_core::Event::Input {
        client: view::ME,
        bytes: b"k",
    });
    output(&mut world, 2, b"k");
    assert_eq!(world.frames, frames + 3, "an echo does not wait");
}

#[test]
fn synchronized_output_shows_settled_pictures_only() {
    let mut world = World::new(40, 4, "");
    world.output(0, "before");
    world.output(0, "\x1b[?2026h\x1b[2J\x1b[Hhal");
    assert_eq!(world.row(0), "before");
    assert_eq!(world.cursor(), Some((6, 0)));
    world.output(0, "f\x1b[?2026l");
    assert_eq!(world.row(0), "half");
    world.output(0, "\x1b[?2026h\x1b[2J\x1b[Hstuck");
    assert_eq!(world.row(0), "half");
    world.pass(150);
    assert_eq!(world.row(0), "stuck", "not for ever");
    world.output(0, "\x1b[?2026l\x1b[?2026h!");
    assert_eq!(world.row(0), "stuck", "held again");
}

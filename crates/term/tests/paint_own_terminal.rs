//! Painting the difference of two pictures on our own terminal, which measures as the painter does: everything must
//! come out exactly, clusters of contested width too.

mod paint_common;

use std::sync::Arc;

use outlast_term::history::MemoryBlocks;
use outlast_term::paint::{Ansi, Caps, begin, diff, end};
use outlast_term::screen::{ScreenCursor, ScreenModes, ScreenRow};
use outlast_term::{
    Colour, Config, Cursor, CursorShape, MouseTracking, Screen, ScreenCell, Size, Terminal,
};
use paint_common::*;

fn terminal(size: Size) -> Terminal {
    Terminal::new(
        Config {
            size,
            history_limit: 100,
        },
        Box::<MemoryBlocks>::default(),
    )
}

/// The terminal's picture.
fn picture(terminal: &Terminal) -> Screen {
    let size = terminal.size();
    let mut screen = Screen::blank(size);
    let first = terminal.first_line() + u64::from(terminal.history_len());
    for y in 0..size.rows {
        let mut row = ScreenRow {
            cells: vec![ScreenCell::BLANK; size.cols.into()],
            clusters: Vec::new(),
        };
        let line = first + u64::from(y);
        terminal.draw_line(line, 0, size.cols, &mut row, 0, &mut screen.links);
        screen.rows[usize::from(y)] = Arc::new(row);
    }
    screen
}

#[test]
fn any_difference_is_painted_exactly() {
    let mut dice = Dice(0x5eed_0006);
    for round in 0..1500 {
        let size = Size::new(2 + dice.roll(40) as u16, 1 + dice.roll(14) as u16);
        let caps = some_caps(&mut dice);
        let mut outer = terminal(size);
        let mut ansi = Ansi::default();
        let mut shown: Option<Screen> = None;
        for step in 0..6 {
            let next = match &shown {
                None => random_screen(&mut dice, size, Texts::Contested),
                Some(shown) => successor(&mut dice, shown, Texts::Contested),
            };
            let mut bytes = Vec::new();
            ansi.paint(shown.as_ref(), &next, &caps, &mut bytes);
            outer.advance(&bytes);
            let context = format!(
                "round {round} step {step} {size:?}: {}",
                bytes.escape_ascii()
            );
            let got = picture(&outer);
            let (got, want) = (expected(&got, &Caps::FULL), expected(&next, &caps));
            for (y, (got, want)) in got.iter().zip(&want).enumerate() {
                for (x, (got, want)) in got.iter().zip(want).enumerate() {
                    assert_eq!(got, want, "{context}: column {x} row {y}");
                }
            }
            let cursor = outer.cursor();
            assert_eq!(
                outer.modes().cursor_visible,
                next.cursor.is_some(),
                "{context}: cursor shown"
            );
            if let Some(want) = next.cursor {
                assert_eq!((cursor.x, cursor.y), (want.x, want.y), "{context}: cursor");
                assert_eq!(cursor.shape, want.shape, "{context}: cursor's shape");
                // OSC 12 has no indexed colours; they are sent as xterm shows them.
                if !matches!(want.colour, Colour::Indexed(_)) {
                    assert_eq!(cursor.colour, want.colour, "{context}: cursor's colour");
                }
                assert!(!cursor.wrap_pending, "{context}: about to wrap");
            }
            shown = Some(next);
        }
    }
}

#[test]
fn a_terminal_shows_what_another_shows() {
    // Random output into one terminal, pictures of it painted on another.
    let mut dice = Dice(0x5eed_0007);
    let parts = [
        "hello ",
        "wörld",
        "漢字",
        "e\u{301}",
        "👩\u{200d}🚀",
        "❤\u{fe0f}",
        "\r\n",
        "\n",
        "\t",
        "\x1b[31m",
        "\x1b[m",
        "\x1b[7;44m",
        "\x1b[4:3;58:5:3m",
        "\x1b[K",
        "\x1b[J",
        "\x1b[2J",
        "\x1b[H",
        "\x1b[5;5H",
        "\x1b[3;7r",
        "\x1b[2L",
        "\x1b[M",
        "\x1b[3@",
        "\x1b[2P",
        "\x1b[5X",
        "\x1bM",
        "\x1b[3S",
        "\x1b[2T",
        "\x1b]8;;http://x/\x07",
        "\x1b]8;;\x07",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[20C",
        "\x1b(0qx\x1b(B",
        "\x1b[r",
    ];
    for round in 0..400 {
        let size = Size::new(3 + dice.roll(30) as u16, 2 + dice.roll(9) as u16);
        let (mut inner, mut outer) = (terminal(size), terminal(size));
        let mut ansi = Ansi::default();
        let mut shown: Option<Screen> = None;
        for step in 0..8 {
            for _ in 0..dice.roll(30) {
                inner.advance(dice.pick(&parts).as_bytes());
            }
            let next = picture(&inner);
            let mut bytes = Vec::new();
            ansi.paint(shown.as_ref(), &next, &Caps::FULL, &mut bytes);
            outer.advance(&bytes);
            let got = picture(&outer);
            let context = format!(
                "round {round} step {step} {size:?}: {}",
                bytes.escape_ascii()
            );
            assert_eq!(
                expected(&got, &Caps::FULL),
                expected(&next, &Caps::FULL),
                "{context}"
            );
            check_runs(&diff(shown.as_ref(), &next), &context);
            shown = Some(next);
        }
    }
}

#[test]
fn what_is_taken_over_is_given_back() {
    let size = Size::new(20, 5);
    for term in [
        "xterm-256color",
        "xterm-kitty",
        "wezterm",
        "screen",
        "linux",
        "vt100",
    ] {
        let caps = Caps::from_term(term, "", None);
        let mut outer = terminal(size);
        outer.advance(b"$ tmux\r\n");
        let (before, modes, cursor) = (picture(&outer), outer.modes(), outer.cursor());
        let mut screen = Screen::blank(size);
        screen.modes = ScreenModes {
            mouse: MouseTracking::Any,
            bracketed_paste: true,
            focus: true,
            app_cursor: true,
            app_keypad: true,
        };
        screen.cursor = Some(ScreenCursor {
            x: 3,
            y: 3,
            shape: CursorShape::Bar,
            colour: Colour::Rgb(1, 2, 3),
        });
        let mut bytes = Vec::new();
        begin(&caps, &mut bytes);
        Ansi::default().paint(None, &screen, &caps, &mut bytes);
        outer.advance(&bytes);
        assert!(
            outer.modes().alternate && outer.modes().app_cursor,
            "{term}"
        );
        assert_eq!(outer.modes().kitty_keys != 0, caps.kitty_keys, "{term}");
        assert_eq!(
            outer.modes().mouse == MouseTracking::Any,
            caps.mouse,
            "{term}"
        );
        bytes.clear();
        end(&caps, &mut bytes);
        outer.advance(&bytes);
        let shape = |cursor: Cursor| (cursor.x, cursor.y, cursor.shape, cursor.colour);
        assert_eq!(outer.modes(), modes, "{term}");
        assert_eq!(shape(outer.cursor()), shape(cursor), "{term}");
        assert_eq!(picture(&outer), before, "{term}");
    }
}

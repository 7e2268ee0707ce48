//! What frames cost in bytes, and in which order their operations come.

use std::sync::Arc;

use outlast_term::paint::{Ansi, Caps, Op, begin, diff, end, learned};
use outlast_term::screen::{ScreenCursor, ScreenModes};
use outlast_term::{Colour, CursorShape, MouseTracking, Screen, ScreenCell, Size, Style};

fn write(screen: &mut Screen, x: usize, y: usize, text: &str, style: Style) {
    let row = Arc::make_mut(&mut screen.rows[y]);
    for (i, c) in text.chars().enumerate() {
        row.cells[x + i] = ScreenCell {
            text: c as u32,
            style,
            width: 1,
            link: 0,
        };
    }
}

fn cursor(screen: &mut Screen, x: u16, y: u16) {
    screen.cursor = Some(ScreenCursor {
        x,
        y,
        shape: CursorShape::Default,
        colour: Colour::Default,
    });
}

/// A full screen of log lines with a status line, cursor at a prompt.
fn log(size: Size, first: usize) -> Screen {
    let mut screen = Screen::blank(size);
    let (rows, cols) = (usize::from(size.rows), usize::from(size.cols));
    for y in 0..rows - 2 {
        let n = first + y;
        let name = Style {
            fg: Colour::Indexed(2),
            ..Style::default()
        };
        let line = format!(
            "{n:06} GET /item/{} 200 {} ms",
            n * 7919 % 1000,
            n * 31 % 97
        );
        write(&mut screen, 0, y, "server", name);
        write(&mut screen, 7, y, &line, Style::default());
    }
    write(&mut screen, 0, rows - 2, "$ ", Style::default());
    let bar = Style {
        bg: Colour::Indexed(2),
        fg: Colour::Indexed(0),
        ..Style::default()
    };
    write(
        &mut screen,
        0,
        rows - 1,
        &format!("{:<cols$}", "[0] 0:bash*"),
        bar,
    );
    cursor(&mut screen, 2, size.rows - 2);
    screen
}

fn settled(screen: &Screen, caps: &Caps) -> Ansi {
    let mut ansi = Ansi::default();
    ansi.paint(None, screen, caps, &mut Vec::new());
    // The prompt was the last thing drawn, as it is when somebody types.
    let mut typed = screen.clone();
    Arc::make_mut(&mut typed.rows[38]).cells[1].text ^= 1;
    ansi.paint(Some(screen), &typed, caps, &mut Vec::new());
    ansi.paint(Some(&typed), screen, caps, &mut Vec::new());
    ansi
}

#[track_caller]
fn frame(before: &Screen, after: &Screen, caps: &Caps) -> String {
    let mut out = Vec::new();
    settled(before, caps).paint(Some(before), after, caps, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

const SIZE: Size = Size {
    cols: 120,
    rows: 40,
};

#[test]
fn the_echo_of_a_key_is_the_key() {
    let before = log(SIZE, 0);
    let mut after = before.clone();
    write(&mut after, 2, 38, "l", Style::default());
    cursor(&mut after, 3, 38);
    assert_eq!(frame(&before, &after, &Caps::FULL), "l");
    let mut erased = after.clone();
    write(&mut erased, 2, 38, " ", Style::default());
    cursor(&mut erased, 2, 38);
    assert_eq!(frame(&after, &erased, &Caps::FULL), "\x08 \x08");
    let mut left = after.clone();
    cursor(&mut left, 2, 38);
    assert_eq!(frame(&after, &left, &Caps::FULL), "\x08");
}

#[test]
fn a_clock_in_the_status_line_is_a_move_and_back() {
    let before = log(SIZE, 0);
    let mut after = before.clone();
    let bar = Style {
        bg: Colour::Indexed(2),
        fg: Colour::Indexed(0),
        ..Style::default()
    };
    write(&mut after, 110, 39, "12:34", bar);
    assert_eq!(
        frame(&before, &after, &Caps::FULL),
        "\n\x1b[108C\x1b[30;42m12:34\x1bM\x1b[3G"
    );
}

#[test]
fn a_new_line_at_the_bottom_scrolls() {
    let caps = &Caps::from_term("xterm-kitty", "", None);
    for lines in [1, 5] {
        let (before, after) = (log(SIZE, 0), log(SIZE, lines));
        let bytes = frame(&before, &after, caps);
        println!(
            "scrolled by {lines}: {} bytes: {}",
            bytes.len(),
            bytes.escape_default()
        );
        let start = format!(
            "\x1b[?2026h\x1b[;38r\x1b[{}S\x1b[r",
            if lines == 1 { "" } else { "5" }
        );
        assert!(bytes.starts_with(&start), "{bytes:?}");
        assert!(
            bytes.len() < 40 + 60 * lines,
            "{lines} lines took {} bytes: {bytes:?}",
            bytes.len()
        );
    }
    // Without SU: LF at the bottom of the region.
    let linux = &Caps::from_term("linux", "", None);
    let bytes = frame(&log(SIZE, 0), &log(SIZE, 1), linux);
    assert!(bytes.contains("\x1b[;38r\x1b[37B\n\x1b[r"), "{bytes:?}");
    assert!(
        bytes.contains("\x1b[?25l") && bytes.ends_with("\x1b[?25h"),
        "{bytes:?}"
    );
}

#[test]
fn panes_above_each_other_scroll_on_their_own() {
    let before = log(SIZE, 0);
    let mut after = before.clone();
    after.rows[2..10].rotate_left(2);
    after.rows[20..35].rotate_right(3);
    let scrolls: Vec<_> = diff(Some(&before), &after)
        .into_iter()
        .filter_map(|op| match op {
            Op::Scroll { top, bottom, lines } => Some((top, bottom, lines)),
            _ => None,
        })
        .collect();
    assert_eq!(scrolls, [(20, 34, -3), (2, 9, 2)]);
}

#[test]
fn a_row_that_moved_alone_is_not_worth_a_scroll() {
    let mut before = Screen::blank(SIZE);
    write(&mut before, 0, 3, "abc", Style::default());
    let mut after = Screen::blank(SIZE);
    write(&mut after, 0, 5, "abc", Style::default());
    let ops = diff(Some(&before), &after);
    assert!(
        !ops.iter().any(|op| matches!(op, Op::Scroll { .. })),
        "{ops:?}"
    );
}

#[test]
fn blanks_at_the_end_are_erased_and_long_runs_repeated() {
    let before = log(SIZE, 0);
    let mut after = before.clone();
    after.rows[4] = Screen::blank(SIZE).rows[4].clone();
    assert_eq!(
        frame(&before, &after, &Caps::FULL),
        "\x1b[5H\x1b[K\x1b[39;3H"
    );
    let mut red = before.clone();
    let style = Style {
        bg: Colour::Indexed(1),
        ..Style::default()
    };
    write(&mut red, 0, 4, &" ".repeat(120), style);
    assert_eq!(
        frame(&before, &red, &Caps::FULL),
        "\x1b[5H\x1b[41m\x1b[K\x1b[39;3H"
    );
    let no_bce = Caps {
        bce: false,
        rep: false,
        ..Caps::FULL
    };
    assert!(frame(&before, &red, &no_bce).contains(&" ".repeat(120)));
    let mut line = before.clone();
    write(&mut line, 0, 4, &"─".repeat(120), Style::default());
    assert!(frame(&before, &line, &Caps::FULL).contains("\x1b[5H─\x1b[119b\x1b[39;3H"));
}

#[test]
fn what_is_not_a_cell_comes_once() {
    let before = Screen::blank(SIZE);
    let mut after = before.clone();
    after.bells = 3;
    after.title = Some(Arc::from("a title"));
    after.clipboard = (1, Arc::from(&b"hello"[..]));
    after.modes = ScreenModes {
        mouse: MouseTracking::Drag,
        bracketed_paste: true,
        ..ScreenModes::default()
    };
    let bytes = frame(&before, &after, &Caps::FULL);
    assert_eq!(
        bytes,
        "\x1b]2;a title\x07\x07\x1b]52;c;aGVsbG8=\x07\x1b[?2004h\x1b[?1006h\x1b[?1002h"
    );
    assert_eq!(frame(&after, &after.clone(), &Caps::FULL), "");
    // A viewer that comes anew hears no old bell and gets no old clipboard, but the title.
    let mut out = Vec::new();
    Ansi::default().paint(None, &after, &Caps::FULL, &mut out);
    let first = String::from_utf8(out).expect("UTF-8");
    assert!(
        first.contains("\x1b]2;a title\x07")
            && !first.contains("\x07\x07")
            && !first.contains("\x1b]52")
    );
}

#[test]
fn the_cursor_has_its_shape_and_colour() {
    let mut before = Screen::blank(SIZE);
    cursor(&mut before, 0, 0);
    let mut after = before.clone();
    after.cursor = Some(ScreenCursor {
        x: 0,
        y: 0,
        shape: CursorShape::Bar,
        colour: Colour::Rgb(255, 0, 128),
    });
    assert_eq!(
        frame(&before, &after, &Caps::FULL),
        "\x1b[6 q\x1b]12;rgb:ff/00/80\x07"
    );
    assert_eq!(frame(&after, &before, &Caps::FULL), "\x1b[0 q\x1b]112\x07");
    let mut hidden = before.clone();
    hidden.cursor = None;
    assert_eq!(frame(&before, &hidden, &Caps::FULL), "\x1b[?25l");
    assert_eq!(frame(&hidden, &before, &Caps::FULL), "\x1b[H\x1b[?25h");
}

#[test]
fn a_change_of_size_begins_anew() {
    let before = Screen::blank(SIZE);
    let after = Screen::blank(Size::new(100, 30));
    assert_eq!(diff(Some(&before), &after).first(), Some(&Op::Clear));
}

#[test]
fn begin_and_end_fit_together() {
    let bytes = |f: fn(&Caps, &mut Vec<u8>), caps: &Caps| {
        let mut out = Vec::new();
        f(caps, &mut out);
        String::from_utf8(out).expect("UTF-8")
    };
    let kitty = &Caps::from_term("xterm-kitty", "", None);
    let (on, off) = (bytes(begin, kitty), bytes(end, kitty));
    assert!(on.starts_with("\x1b[?1049h") && on.ends_with("\x1b[c"));
    assert!(on.contains("\x1b[>1u") && off.contains("\x1b[<u"));
    for mode in [
        "\x1b[?1003l",
        "\x1b[?2004l",
        "\x1b[?1004l",
        "\x1b[?25h",
        "\x1b[?1049l",
        "\x1b[?1l\x1b>",
        "\x1b[r",
    ] {
        assert!(off.contains(mode), "{mode:?}");
    }
    let linux = &Caps::from_term("linux", "", None);
    let (on, off) = (bytes(begin, linux), bytes(end, linux));
    for foreign in ["\x1b]", "\x1bP", "\x1b[>", "$p"] {
        assert!(
            !on.contains(foreign) && !off.contains(foreign),
            "{foreign:?}"
        );
    }
    let mut out = Vec::new();
    learned(linux, kitty, &mut out);
    assert_eq!(out, b"\x1b[>1u");
    out.clear();
    learned(kitty, kitty, &mut out);
    assert!(out.is_empty());
}

#[test]
fn what_a_wider_cluster_would_cover_is_painted_again_and_whole() {
    let mut before = Screen::blank(SIZE);
    write(&mut before, 0, 0, "a漢", Style::default());
    let row = Arc::make_mut(&mut before.rows[0]);
    row.cells[1].width = 2;
    row.cells[2].width = 0;
    let mut after = before.clone();
    write(&mut after, 0, 0, "❤", Style::default());
    let runs: Vec<_> = diff(Some(&before), &after)
        .into_iter()
        .filter_map(|op| match op {
            Op::Run { from, to, .. } => Some((from, to)),
            _ => None,
        })
        .collect();
    assert_eq!(runs, [(0, 3)]);
    assert_eq!(frame(&before, &after, &Caps::FULL), "\x1b[H❤\x1b[2G漢");
}

/// `terminal-overrides '*:am@'`: a terminal that scrolls when its last cell is written never has it written.
#[test]
fn the_last_cell_of_a_terminal_that_would_scroll_stays_empty() {
    let mut screen = Screen::blank(Size::new(4, 2));
    write(&mut screen, 0, 0, "abcd", Style::default());
    write(&mut screen, 0, 1, "efgh", Style::default());
    let check = |screen: &Screen, features: &str, expected: &str| {
        let caps = Caps::from_term("vt100", features, None);
        let mut out = Vec::new();
        Ansi::default().paint(None, screen, &caps, &mut out);
        let text: String = String::from_utf8_lossy(&out).replace("\x1b", "");
        let letters: String = text.chars().filter(|c| "abcdefgh漢".contains(*c)).collect();
        assert_eq!(letters, expected, "{}", out.escape_ascii());
    };
    check(&screen, "", "abcdefgh");
    check(&screen, "noam", "abcdefg");
    // Both halves of a wide character.
    let row = Arc::make_mut(&mut screen.rows[1]);
    row.cells[2].text = '漢' as u32;
    row.cells[2].width = 2;
    row.cells[3] = ScreenCell {
        text: 0,
        width: 0,
        ..row.cells[2]
    };
    check(&screen, "noam", "abcdef");
}

/// What answered as kitty's and then turns out to be tmux is given its keys back.
#[test]
fn keys_of_kitty_are_given_back() {
    let mut caps = Caps::from_term("xterm", "", None);
    let mut out = Vec::new();
    for reply in [&b"\x1b[?0u"[..], b"\x1bP>|tmux 3.7c\x1b\\"] {
        let before = caps;
        caps.learn(reply);
        learned(&before, &caps, &mut out);
    }
    assert_eq!(out, b"\x1b[>1u\x1b[<u\x1b[>4;1m");
}

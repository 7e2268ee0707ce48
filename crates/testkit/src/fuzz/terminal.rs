//! Targets over the terminal: what programs write, checkpoints, history blocks, painting.

use std::sync::Arc;

use outlast_term::history::MemoryBlocks;
use outlast_term::paint::{Ansi, Caps};
use outlast_term::report::{Record, Report};
use outlast_term::screen::{Screen, ScreenCell, ScreenRow};
use outlast_term::terminal::{Config, Op, Terminal};
use outlast_term::{Attrs, Capture, Size, Style, Underline};

use crate::roles::flood;

/// A terminal whose size is drawn from the first two bytes, and the rest.
fn terminal(bytes: &[u8]) -> (Terminal, &[u8]) {
    let (head, rest) = bytes.split_at(bytes.len().min(2));
    let size = |at: usize| u16::from(head.get(at).copied().unwrap_or(20) % 60) + 1;
    let config = Config {
        size: Size::new(size(0), size(1)),
        history_limit: 50,
    };
    (
        Terminal::new(config, Box::new(MemoryBlocks::default())),
        rest,
    )
}

fn snapshot(terminal: &Terminal) -> Vec<u8> {
    let mut bytes = Vec::new();
    terminal.snapshot(&mut bytes);
    bytes
}

pub(super) fn terminal_advance(bytes: &[u8]) {
    let (mut terminal, rest) = terminal(bytes);
    terminal.advance(rest);
    let cols = u16::from(rest.last().copied().unwrap_or(9));
    terminal.apply(&Op::Resize(Size::new(cols, 5)));
    terminal.advance(rest);
    assert!(
        terminal.cursor().x < terminal.size().cols && terminal.cursor().y < terminal.size().rows
    );
    assert!(terminal.history_len() <= terminal.history_limit());
    terminal.take_replies();
    terminal.take_signals();
}

pub(super) fn terminal_split(bytes: &[u8]) {
    let (mut whole, rest) = terminal(bytes);
    let (mut parts, _) = terminal(bytes);
    whole.advance(rest);
    for chunk in rest.chunks(1 + rest.len() % 7) {
        parts.advance(chunk);
    }
    assert_eq!(whole.take_replies(), parts.take_replies());
    assert_eq!(whole.take_signals(), parts.take_signals());
    same(&pictured(&whole), &pictured(&parts));
}

/// Lines of a flood with a resize after any byte: triples of (bytes until then, columns, rows). No text is lost, and
/// lines stay apart.
pub(super) fn reflow_keeps_text(bytes: &[u8]) {
    let lines: Vec<String> = (0..60).map(|n| flood::line("f", n, 1)).collect();
    let text: String = (0..)
        .zip(&lines)
        .map(|(n, line)| format!("\x1b[3{}m{line}\x1b[m\r\n", n % 8))
        .collect();
    let config = Config {
        size: Size::new(40, 6),
        history_limit: 100_000,
    };
    let mut terminal = Terminal::new(config, Box::new(MemoryBlocks::default()));
    let mut rest = text.as_bytes();
    for step in bytes.chunks_exact(3) {
        let (now, later) = rest.split_at(usize::from(step[0]).min(rest.len()));
        terminal.advance(now);
        terminal.apply(&Op::Resize(Size::new(
            u16::from(step[1] % 120) + 2,
            u16::from(step[2] % 12) + 1,
        )));
        rest = later;
    }
    terminal.advance(rest);
    let how = Capture {
        join: true,
        ..Capture::default()
    };
    let got = terminal.capture(0, u64::MAX, how);
    let got = String::from_utf8_lossy(&got);
    // Rows below the last line are blank.
    let mut got = got.trim_end_matches('\n').split('\n');
    for wanted in &lines {
        assert_eq!(got.next(), Some(wanted.as_str()));
    }
    assert_eq!(got.next(), None);
}

pub(super) fn snapshot_restore(bytes: &[u8]) {
    let _ = Terminal::restore(bytes, Box::new(MemoryBlocks::default()));
    let (mut first, rest) = terminal(bytes);
    first.advance(rest);
    let saved = snapshot(&first);
    // An unfinished sequence and everything else goes on where it was.
    let picture = pictured(&first);
    let mut second =
        Terminal::restore(&saved, first.into_blocks()).expect("a checkpoint of our own");
    same(&pictured(&second), &picture);
    assert_eq!(snapshot(&second), saved);
    second.advance(rest);
}

/// What the terminal shows as a viewer's picture.
fn pictured(terminal: &Terminal) -> Screen {
    let size = terminal.size();
    let mut screen = Screen::blank(size);
    let first = terminal.first_line() + u64::from(terminal.history_len());
    for (y, row) in screen.rows.iter_mut().enumerate() {
        let cells = vec![ScreenCell::BLANK; size.cols.into()];
        let mut drawn = ScreenRow {
            cells,
            clusters: Vec::new(),
        };
        terminal.draw_line(
            first + y as u64,
            0,
            size.cols,
            &mut drawn,
            0,
            &mut screen.links,
        );
        *row = Arc::new(drawn);
    }
    screen
}

/// A cell as a person sees it: of a blank that is neither lined nor reversed, only the background shows.
fn seen(cell: &ScreenCell) -> ScreenCell {
    let lines = [Attrs::REVERSE, Attrs::STRIKE, Attrs::OVERLINE];
    let bare = cell.style.underline == Underline::None
        && !lines.iter().any(|line| cell.style.attrs.has(*line));
    match cell.text {
        0 | 0x20 if bare => {
            let style = Style {
                bg: cell.style.bg,
                ..Style::default()
            };
            ScreenCell {
                text: 0x20,
                style,
                ..*cell
            }
        }
        _ => *cell,
    }
}

/// Pictures are equal; says the first place where they are not.
fn same(left: &Screen, right: &Screen) {
    for (y, (left, right)) in left.rows.iter().zip(&right.rows).enumerate() {
        for (x, (left, right)) in left.cells.iter().zip(&right.cells).enumerate() {
            assert!(
                seen(left) == seen(right),
                "row {y} column {x}: {left:?} and {right:?}"
            );
        }
    }
}

/// Painting the way from one picture to another gives what painting the other at once gives.
pub(super) fn paint_round_trip(bytes: &[u8]) {
    let caps = Caps::from_term(
        "xterm-256color",
        "RGB,hyperlinks,overline,usstyle,strikethrough",
        None,
    );
    let (mut program, rest) = terminal(bytes);
    let (head, tail) = rest.split_at(rest.len() / 2);
    program.advance(head);
    let before = pictured(&program);
    program.advance(tail);
    let after = pictured(&program);
    let shown = |pictures: &[&Screen]| {
        let (mut viewer, _) = terminal(bytes);
        let (mut painter, mut out, mut last) = (Ansi::unknown(), Vec::new(), None);
        for picture in pictures {
            painter.paint(last, picture, &caps, &mut out);
            last = Some(picture);
        }
        viewer.advance(&out);
        pictured(&viewer)
    };
    same(&shown(&[&before, &after]), &shown(&[&after]));
}

/// Writes bytes of the input over bytes of something: triples of (place, place, byte).
fn spoil(edits: &[u8], bytes: &mut [u8]) {
    for edit in edits.chunks_exact(3) {
        let at = usize::from(edit[0]) << 8 | usize::from(edit[1]);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = edit[2];
        }
    }
}

/// Whatever the terminal now is, it can be looked at, resized and written to.
fn survives(mut terminal: Terminal) {
    let _ = pictured(&terminal);
    let how = Capture {
        escapes: true,
        ..Capture::default()
    };
    let _ = terminal.capture(0, u64::MAX, how);
    for (cols, rows) in [(7, 3), (90, 30), (1, 1), (40, 6)] {
        terminal.apply(&Op::Resize(Size::new(cols, rows)));
        terminal.advance("more\r\n日本\x1b[?1049h\x1b[2J\x1b[?1049l".as_bytes());
        let _ = terminal.capture(0, u64::MAX, how);
    }
    let _ = snapshot(&terminal);
}

/// A terminal with some history and its checkpoint.
fn saved() -> (Terminal, Vec<u8>) {
    let config = Config {
        size: Size::new(20, 4),
        history_limit: 500,
    };
    let mut terminal = Terminal::new(config, Box::new(MemoryBlocks::default()));
    for seed in super::seeds::OUTPUT {
        terminal.advance(seed);
        terminal.advance(
            "日本 \x1b[31me\u{301}\r\nplain text that is longer than a row\r\n\n\n\n".as_bytes(),
        );
        terminal.apply(&Op::Resize(Size::new(20 + seed.len() as u16 % 9, 4)));
    }
    let bytes = snapshot(&terminal);
    (terminal, bytes)
}

/// A checkpoint with wrong bytes under a right checksum: refused, or a terminal.
pub(super) fn snapshot_fields(edits: &[u8]) {
    let (terminal, mut bytes) = saved();
    spoil(edits, &mut bytes);
    Terminal::seal(&mut bytes);
    if let Ok(terminal) = Terminal::restore(&bytes, terminal.into_blocks()) {
        survives(terminal);
    }
}

/// History blocks with wrong bytes: other text, or none.
pub(super) fn history_block(edits: &[u8]) {
    let (terminal, bytes) = saved();
    let mut blocks = terminal.into_blocks();
    spoil(edits, blocks.get_mut(0));
    if let Ok(terminal) = Terminal::restore(&bytes, blocks) {
        survives(terminal);
    }
}

/// A report: a file as it is, and one that is whole with a log, a checkpoint and a block of any bytes.
pub(super) fn report(bytes: &[u8]) {
    if let Ok(report) = Report::parse(bytes) {
        assert_eq!(Report::parse(&report.write()), Ok(report.clone()));
        drop(report.replay(None));
    }
    let (mut begun, _) = terminal(b"");
    begun.advance(&b"history\r\n".repeat(40));
    let mut report = Report::default();
    report.set("base", snapshot(&begun));
    for n in begun.newest_blocks(1) {
        report.set(&format!("history/{n}"), begun.block(n).to_vec());
    }
    report.set("log", bytes.to_vec());
    if let Ok(mut replayed) = report.replay(None) {
        assert!(outlast_term::report::records(bytes).is_some());
        drop(replayed.terminal.texts());
        replayed
            .terminal
            .hide(&|text| [0, 3].map(|at| at..text.len()).to_vec());
        let again = snapshot(&replayed.terminal);
        assert!(Terminal::restore(&again, Box::new(MemoryBlocks::default())).is_ok());
    }
    let mut log = Vec::new();
    Record::Output(bytes).put(&mut log);
    report.set("log", log);
    let whole = report.replay(None).expect("output can be replayed");
    let half = report.replay(Some(bytes.len() as u64 / 2));
    assert!(half.is_ok_and(|half| half.bytes <= whole.bytes));
    report.set("history/0", bytes.to_vec());
    drop(report.replay(None).map(|done| done.terminal.texts()));
    report.set("base", bytes.to_vec());
    drop(report.replay(None));
}

//! Fuzz targets: every decoder of bytes that we did not write, each a few lines over `&[u8]`, with seeds.
//!
//! A target must return. What it asserts holds for any input. The driver (`driver`) mutates the seeds; a failing
//! input is printed, made small, and belongs into the seeds once its cause is mended.

pub mod driver;

use std::borrow::Cow;
use std::sync::Arc;

use crate::roles::flood;
use outlast_core::save::{Transaction, disk};
use outlast_lang::format::{Lookup, Loop, Order, Time, expand};
use outlast_lang::parse::{NoContext, parse_text, print};
use outlast_lang::{colour, key, layout, style, target};
use outlast_term::Capture;
use outlast_term::history::MemoryBlocks;
use outlast_term::keys::Decoder;
use outlast_term::paint::{Ansi, Caps};
use outlast_term::screen::{Screen, ScreenCell, ScreenRow};
use outlast_term::terminal::{Config, Op, Terminal};
use outlast_term::{Attrs, Size, Style, Underline};
use outlast_wire::frame::Splitter;
use outlast_wire::{client, keeper};

/// A target: its name, the function, seeds, and words that a mutation may put in.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What is called.
    pub run: fn(&[u8]),
    /// Where mutation starts.
    pub seeds: &'static [&'static [u8]],
    /// Words of its language.
    pub words: &'static [&'static [u8]],
}

/// All targets.
pub const TARGETS: [Target; 13] = [
    Target {
        name: "terminal_advance",
        run: terminal_advance,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "terminal_split",
        run: terminal_split,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "snapshot_restore",
        run: snapshot_restore,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "reflow_keeps_text",
        run: reflow_keeps_text,
        seeds: SIZES,
        words: &[],
    },
    Target {
        name: "paint_round_trip",
        run: paint_round_trip,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "key_decode",
        run: key_decode,
        seeds: INPUT,
        words: SEQUENCES,
    },
    Target {
        name: "parse_text",
        run: parse,
        seeds: COMMANDS,
        words: SYNTAX,
    },
    Target {
        name: "expand",
        run: expand_format,
        seeds: FORMATS,
        words: MODIFIERS,
    },
    Target {
        name: "words",
        run: words,
        seeds: WORDS,
        words: MODIFIERS,
    },
    Target {
        name: "client_frames",
        run: client_frames,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "keeper_frames",
        run: keeper_frames,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "journal_decode",
        run: journal_decode,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "disk_decode",
        run: disk_decode,
        seeds: DISK,
        words: &[],
    },
];

/// Targets that fail, each on a fault that is known and open; `FUZZ_OPEN=1` runs them too. When the fault is mended
/// the target moves to [`TARGETS`].
pub const OPEN: [Target; 0] = [];

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

fn terminal_advance(bytes: &[u8]) {
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

fn terminal_split(bytes: &[u8]) {
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
fn reflow_keeps_text(bytes: &[u8]) {
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

fn snapshot_restore(bytes: &[u8]) {
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
fn paint_round_trip(bytes: &[u8]) {
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

fn key_decode(bytes: &[u8]) {
    let (mut whole, mut parts) = (Decoder::default(), Decoder::default());
    let (mut all, mut some) = (Vec::new(), Vec::new());
    whole.push(bytes, &mut all);
    for chunk in bytes.chunks(3) {
        parts.push(chunk, &mut some);
    }
    // A sequence that was cut waits for two more rounds of escape-time.
    for _ in 0..3 {
        whole.flush(&mut all);
        parts.flush(&mut some);
    }
    assert!(!whole.is_pending() && !parts.is_pending());
}

fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse_text(&text, Some("file"), &mut NoContext);
    if let Ok(list) = parse_text(&text, None, &mut NoContext) {
        // What is printed is read as the same.
        let printed = print(&list);
        let again = parse_text(&printed, None, &mut NoContext).expect("what we print can be read");
        assert_eq!(print(&again), printed);
    }
}

/// A lookup for which everything is itself.
struct Mirror;

impl Lookup for Mirror {
    fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        (!name.starts_with("no")).then(|| name.to_string().into())
    }
    fn time_variable(&self, _: &str) -> Option<i64> {
        Some(1_000_000_000)
    }
    fn each(&self, _: Loop, _: Order) -> Vec<(Box<dyn Lookup + '_>, bool)> {
        vec![(Box::new(Mirror), true), (Box::new(Mirror), false)]
    }
    fn name_exists(&self, _: Loop, name: &str) -> bool {
        name.len() > 3
    }
    fn job(&self, command: &str) -> String {
        command.to_string()
    }
    fn search(&self, pattern: &str, _: bool, _: bool) -> u32 {
        pattern.len() as u32
    }
    fn now(&self) -> Time {
        self.local(1_700_000_000)
    }
    fn local(&self, unix: i64) -> Time {
        Time {
            unix,
            ..Time::default()
        }
    }
}

fn expand_format(bytes: &[u8]) {
    let template = String::from_utf8_lossy(bytes);
    for time in [false, true] {
        assert!(expand(&template, &Mirror, time).len() <= 2 << 20);
    }
}

fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(parsed) = key::parse(&text) {
        assert_eq!(key::parse(&key::name(parsed)), Some(parsed));
    }
    if let Some(parsed) = colour::parse(&text) {
        assert_eq!(colour::parse(&colour::name(parsed)), Some(parsed));
    }
    let _ = style::parse(&text, &style::StyleSpec::default(), &Style::default());
    for kind in [
        target::Kind::Session,
        target::Kind::Window,
        target::Kind::Pane,
    ] {
        let _ = target::split(&text, kind);
    }
    if let Ok(root) = layout::parse(&text) {
        let printed = layout::print(&root);
        assert_eq!(
            layout::parse(&printed).as_ref().map(layout::print),
            Ok(printed)
        );
    }
}

fn client_frames(bytes: &[u8]) {
    let mut splitter = Splitter::default();
    for chunk in bytes.chunks(5) {
        splitter.push(chunk);
        while let Ok(Some((tag, body))) = splitter.take() {
            if let Ok(Some(message)) = client::ToServer::decode(tag, body) {
                let mut again = Vec::new();
                message.encode(&mut again);
                assert_eq!(
                    client::ToServer::decode(tag, &again[5..]),
                    Ok(Some(message))
                );
            }
            let _ = client::ToClient::decode(tag, body);
        }
    }
}

fn keeper_frames(bytes: &[u8]) {
    if let Ok(Some(message)) = keeper::ToKeeper::decode(bytes) {
        let mut frame = [0; keeper::FRAME_MAX];
        let len = message.encode(&mut frame);
        assert_eq!(keeper::ToKeeper::decode(&frame[..len]), Ok(Some(message)));
    }
    let _ = keeper::ToServer::decode(bytes);
    if let Ok(view) = keeper::SpawnView::new(bytes) {
        assert_eq!(
            (view.argv().count(), view.env().count()),
            (view.argc, view.envc)
        );
    }
}

fn journal_decode(bytes: &[u8]) {
    if let Ok((turn, len)) = Transaction::decode(bytes) {
        assert!(len <= bytes.len());
        let mut again = Vec::new();
        turn.encode(&mut again);
        assert_eq!(Transaction::decode(&again), Ok((turn, again.len())));
    }
}

/// Files of the reboot: as they are, and whole ones with the bytes in them.
fn disk_decode(bytes: &[u8]) {
    if let Ok(sections) = disk::decode_sections(bytes) {
        let again = disk::encode_sections(&sections);
        assert_eq!(disk::decode_sections(&again), Ok(sections));
    }
    if let Ok(text) = disk::decode_text(bytes) {
        assert!(text.rows.len() < bytes.len());
    }
    let mut file = disk::text_head();
    disk::encode_lines(1, bytes, &mut file);
    let whole = file.len();
    file.extend(bytes);
    if let Ok(text) = disk::decode_text(&file) {
        assert!(text.rows.starts_with(bytes) && text.torn.is_none_or(|at| at >= whole));
    }
    // A body that checks and is anything.
    let sections = disk::Sections::from([("x".to_string(), bytes.to_vec())]);
    if let Ok(found) = disk::decode_sections(&disk::encode_sections(&sections)) {
        let again = disk::encode_sections(&found);
        assert_eq!(disk::decode_sections(&again), Ok(found));
    }
}

const DISK: &[&[u8]] = &[
    b"outlastS\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x1d\x08\x2d\x86\0\0\0\0{}\n",
    b"outlastT\x01\0\0\0\0\0\0\0\x05\0\0\0\x00\0\0\0\x02text",
    b"{\"a\":[1,null,{\"b\":\"\\u0000\"}]}",
];

const SIZES: &[&[u8]] = &[
    b"\x20\x10\x05\x60\x28\x08\x11\x30\x03",
    b"\xff\x13\x05\xff\x27\x05\xff\x13\x0a\xff\x3a\x02\xff\x02\x02",
];

const OUTPUT: &[&[u8]] = &[
    b"(\x10hello world\r\nsecond line\x1b[31;1mred\x1b[m\x1b[2J\x1b[H",
    b"\x14\x08\x1b[?1049h\x1b[2;5r\x1b[3;3H\x1bM\x1bD\x1b[2L\x1b[1M\x1b[4@\x1b[2P\x1b[3X\x1b[K\x1b[?1049l",
    "\x1e\x0a日本語 e\u{301} 👩\u{200d}👩\u{200d}👧 🇩🇪\x1b#8\x1b(0lqk\x1b(B\x0e\x0f".as_bytes(),
    b"\x10\x05\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b]52;c;aGk=\x07\x1bP$qm\x1b\\\x1b[c\x1b[6n",
    b"\x0c\x06aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\tb\x1b[?69h\x1b[3;9s\x1b[5S\x1b[?7l\x1b[999;999Hx\x1b[3b",
];

const SEQUENCES: &[&[u8]] = &[
    b"\x1b[",
    b"\x1b]",
    b"\x1bP",
    b"\x1b\\",
    b";",
    b":",
    b"?",
    b"38;2;1;2;3m",
    b"38:5:9m",
    b"H",
    b"J",
    b"K",
    b"r",
    b"L",
    b"M",
    b"@",
    b"P",
    b"X",
    b"S",
    b"T",
    b"b",
    b"h",
    b"l",
    b"?1049h",
    b"?1049l",
    b"?69h",
    b"?2026h",
    b"?6h",
    b"4h",
    b"\x1b7",
    b"\x1b8",
    b"\x1bc",
    b"\r\n",
    b"\t",
    b"\x08",
    b"\x9b",
    b"\xff",
    "日".as_bytes(),
    "\u{301}".as_bytes(),
    b"99999",
    b"0",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[<0;1;1M",
    b"\x1bO",
    b"\x1b\x1b[",
    b"27;5;9~",
    b"u",
    b"\x1b]8;;u\x07",
    b"\x1b]52;c;",
];

const INPUT: &[&[u8]] = &[
    b"abc\x02c\x1b[A\x1bOP\x1b[1;5C\x1b[15~\x1bx\x1b",
    b"\x1b[200~pasted\x1b[201~\x1b[<0;10;20M\x1b[<35;1;1m\x1b[M !!\x1b[I\x1b[O",
    b"\x1b[97;5u\x1b[27;5;9~\x1b[?62;1c\x1bP>|xterm\x1b\\\x1b]11;rgb:0/0/0\x07\xc3\xa9",
];

const COMMANDS: &[&[u8]] = &[
    b"set -g status-left \"#[fg=red] $HOME ~/x\" ; bind x { ls ; new -s a }\n# comment\n",
    b"%if #{x}\nA=b\n%elif 1\nset -g @a 'b c' \\\n d\n%else\n%hidden X=y\n%endif\nbind \\; ls\n",
    b"new -s a \\; split-window -h 'top'; display -p \"a\\u00e9\\101\\n\"\n",
];

const SYNTAX: &[&[u8]] = &[
    b"%if ",
    b"%elif ",
    b"%else\n",
    b"%endif\n",
    b"%hidden ",
    b"{",
    b"}",
    b";",
    b"\\;",
    b"\\\n",
    b"'",
    b"\"",
    b"$A",
    b"${A}",
    b"~",
    b"~root",
    b"#{",
    b"#",
    b"\n",
    b"A=b ",
    b"\\u1234",
    b"\\101",
    b"ls",
    b"-t",
    b" ",
];

const FORMATS: &[&[u8]] = &[
    b"#{?#{==:#{a},b},yes #{S:#{session_name},x},no} #[fg=red,bg=#{c}] #S ##",
    b"#{=/5/...:pane_title} #{p-10:x} #{s/a(b)/\\1/i:ab} #{e|*|f|2:3.5,2} #{t/f/%H#:%M:start_time}",
    b"#{m/ri:^x,X} #{||:0,#{&&:1,2}} #{b:d:path} #{q/e:x} #{E:#{T:y}} #(date) #{l:#{x}} %H:%M #{N/w:name}#{C/r:a}",
];

const MODIFIERS: &[&[u8]] = &[
    b"#{",
    b"}",
    b"#[",
    b"]",
    b"#(",
    b")",
    b"?",
    b":",
    b",",
    b"==:",
    b"!=:",
    b"&&:",
    b"||:",
    b"m/ri:",
    b"e|/|f|9:",
    b"=/9/x:",
    b"p9:",
    b"s/a/b/:",
    b"t/f/%Y/:",
    b"S:",
    b"W:",
    b"P:",
    b"L:",
    b"E:",
    b"T:",
    b"q:",
    b"b:",
    b"d:",
    b"n:",
    b"w:",
    b"a:",
    b"c:",
    b"l:",
    b"R:",
    b"N/s:",
    b"##",
    b"#,",
    b"#}",
    b"%H",
    b"%%",
    b"99999999999",
    b"-1",
    b"fg=",
    b"colour",
    b"align=right",
    b"range=user|x",
    b"80x24,0,0",
    b"{",
    b"[",
    b"C-",
    b"M-",
    b"F1",
    b"{last}",
    b"@1",
    b"%1",
    b"$1",
    b"=",
    b"+",
    b"!",
];

const WORDS: &[&[u8]] = &[
    b"c37b,80x23,0,0{40x23,0,0,0,39x23,41,0[39x11,41,0,2,39x11,41,12,3]}",
    b"fg=colour12,bg=#0102ff,bold,noitalics,align=centre,range=window|3,list=on fill=red",
    b"C-M-S-Up",
    b"MouseDown1Pane",
    b"=session:{start}.{top-left}",
    b"brightred",
];

const FRAMES: &[&[u8]] = &[
    b"\x0a\0\0\0\x02\x01\0\0\0\0\0\0\0\x01",
    b"\x05\0\0\0\x03abcd\x09\0\0\0\x04\x01\0\0\0\0\0\0\0",
    b"\x01\0\0\0\x07\0\0\0\x50\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"",
];

//! Our terminal and alacritty_terminal are fed the same bytes and must show the same, cell by cell: a recorded session
//! of Claude Code at the end of each of its chunks, and the workload shapes.
//!
//! Where the two differ on purpose:
//!
//! | what | ours | alacritty_terminal | why |
//! |---|---|---|---|
//! | clusters (ZWJ, VS16, skin tones, flags) | one cell of 2 columns | a cell for each scalar value with a width | facts, section 9; so the emoji of the `unicode` shape are left out here |
//! | tab over blanks | drawn as blanks | the character U+0009 in the first cell | compared as a blank |
//! | blinking, overline | kept | not known | not compared |
//! | colour 0 to 7 with bold | as named | as named | the same; brightening is the painter's business |
//! | erasing half of a wide cluster | blanks both halves | leaves the other half | xterm; no wide text in the random streams |
//! | DCH of more than is left of the line | deletes what is left | also clears columns before the cursor | a slip of theirs; one at a time here |
//! | ED 1 in the second row | erases the first | does not | a slip of theirs; not sent |
//! | CUU, CUD | stop at the margins | do not | xterm; not sent while there are margins |
//! | EL and the like after the last column | ends the pending wrap | keeps it | xterm; the pending flag is not compared |

mod common;
#[path = "common/shapes.rs"]
mod shapes;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config as AlacrittyConfig, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor};
use outlast_term::{
    Attrs, Colour, Config, MemoryBlocks, ScreenCell, ScreenRow, Size, Style, Terminal, Underline,
};

struct Fixed(Size);

impl Dimensions for Fixed {
    fn total_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn columns(&self) -> usize {
        usize::from(self.0.cols)
    }
}

struct Pair {
    ours: Terminal,
    theirs: Term<VoidListener>,
    parser: Processor,
}

#[derive(Debug, PartialEq)]
struct Compared {
    text: String,
    width: u8,
    style: Style,
    link: Option<String>,
}

impl Pair {
    fn new(size: Size, history: u32) -> Pair {
        let config = Config {
            size,
            history_limit: history,
        };
        let theirs = AlacrittyConfig {
            scrolling_history: history as usize,
            kitty_keyboard: true,
            ..Default::default()
        };
        Pair {
            ours: Terminal::new(config, Box::new(MemoryBlocks::default())),
            theirs: Term::new(theirs, &Fixed(size), VoidListener),
            parser: Processor::new(),
        }
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.ours.advance(bytes);
        self.parser.advance(&mut self.theirs, bytes);
        // It withholds what comes within a synchronized update; we show it and tell the viewer.
        self.parser.stop_sync(&mut self.theirs);
    }

    fn our_row(&self, line: u64) -> Vec<Compared> {
        let cols = self.ours.size().cols;
        let mut row = ScreenRow {
            cells: vec![ScreenCell::BLANK; usize::from(cols)],
            clusters: Vec::new(),
        };
        let mut links = Vec::new();
        self.ours.draw_line(line, 0, cols, &mut row, 0, &mut links);
        let text = |c: &ScreenCell| match c.text {
            n if n & ScreenCell::CLUSTER != 0 => {
                row.clusters[(n & !ScreenCell::CLUSTER) as usize].to_string()
            }
            n => char::from_u32(n).expect("a scalar value").to_string(),
        };
        let seen = |c: &ScreenCell| Compared {
            text: if c.width == 0 { String::new() } else { text(c) },
            width: c.width,
            style: Style {
                attrs: c
                    .style
                    .attrs
                    .without(Attrs(Attrs::BLINK.0 | Attrs::OVERLINE.0)),
                ..c.style
            },
            link: c
                .link
                .checked_sub(1)
                .map(|i| links[usize::from(i)].to_string()),
        };
        row.cells.iter().map(seen).collect()
    }

    fn their_row(&self, line: i32) -> Vec<Compared> {
        let grid = self.theirs.grid();
        (0..grid.columns())
            .map(|x| their_cell(&grid[Line(line)][Column(x)]))
            .collect()
    }

    /// Compares screen and cursor.
    fn check(&self, what: &str) {
        let size = self.ours.size();
        let screen = self.ours.first_line() + u64::from(self.ours.history_len());
        for y in 0..size.rows {
            same_row(
                &self.our_row(screen + u64::from(y)),
                &self.their_row(i32::from(y)),
                &format!("{what}, row {y}"),
            );
        }
        let (ours, theirs) = (self.ours.cursor(), self.theirs.grid().cursor.point);
        assert_eq!(
            (usize::from(ours.x), i32::from(ours.y)),
            (theirs.column.0, theirs.line.0),
            "{what}: cursor"
        );
        let (modes, mode) = (self.ours.modes(), *self.theirs.mode());
        let pairs = [
            (modes.alternate, TermMode::ALT_SCREEN),
            (modes.cursor_visible, TermMode::SHOW_CURSOR),
            (modes.app_cursor, TermMode::APP_CURSOR),
            (modes.bracketed_paste, TermMode::BRACKETED_PASTE),
            (modes.focus, TermMode::FOCUS_IN_OUT),
            (modes.mouse_sgr, TermMode::SGR_MOUSE),
            (modes.wrap, TermMode::LINE_WRAP),
        ];
        for (ours, theirs) in pairs {
            assert_eq!(ours, mode.contains(theirs), "{what}: {theirs:?}");
        }
    }

    /// Compares the history, newest first, as far as both have it.
    fn check_history(&self, what: &str) {
        let len = (self.ours.history_len() as usize).min(self.theirs.grid().history_size());
        let screen = self.ours.first_line() + u64::from(self.ours.history_len());
        for n in 1..=len {
            same_row(
                &self.our_row(screen - n as u64),
                &self.their_row(-(n as i32)),
                &format!("{what}, {n} rows up"),
            );
        }
    }
}

fn same_row(ours: &[Compared], theirs: &[Compared], what: &str) {
    for (x, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours, theirs, "{what}, column {x} (ours, theirs)");
    }
}

fn colour(c: Color) -> Colour {
    match c {
        Color::Named(NamedColor::Foreground | NamedColor::Background) => Colour::Default,
        Color::Named(n) => Colour::Indexed(u8::try_from(n as usize).expect("one of sixteen")),
        Color::Indexed(n) => Colour::Indexed(n),
        Color::Spec(rgb) => Colour::Rgb(rgb.r, rgb.g, rgb.b),
    }
}

fn their_cell(c: &alacritty_terminal::term::cell::Cell) -> Compared {
    let flags = [
        (Flags::BOLD, Attrs::BOLD),
        (Flags::DIM, Attrs::DIM),
        (Flags::ITALIC, Attrs::ITALIC),
        (Flags::INVERSE, Attrs::REVERSE),
        (Flags::HIDDEN, Attrs::INVISIBLE),
        (Flags::STRIKEOUT, Attrs::STRIKE),
    ];
    let attrs = flags
        .iter()
        .filter(|f| c.flags.contains(f.0))
        .fold(Attrs::default(), |a, f| a.with(f.1));
    let lines = [
        (Flags::UNDERLINE, Underline::Single),
        (Flags::DOUBLE_UNDERLINE, Underline::Double),
        (Flags::UNDERCURL, Underline::Curly),
        (Flags::DOTTED_UNDERLINE, Underline::Dotted),
        (Flags::DASHED_UNDERLINE, Underline::Dashed),
    ];
    let underline = lines
        .iter()
        .find(|f| c.flags.contains(f.0))
        .map_or(Underline::None, |f| f.1);
    let tail = c.flags.contains(Flags::WIDE_CHAR_SPACER);
    let mut text = String::new();
    if !tail {
        text.push(if c.c == '\t' { ' ' } else { c.c });
        text.extend(c.zerowidth().unwrap_or_default());
    }
    Compared {
        text,
        width: if tail {
            0
        } else {
            1 + u8::from(c.flags.contains(Flags::WIDE_CHAR))
        },
        style: Style {
            fg: colour(c.fg),
            bg: colour(c.bg),
            ul: c.underline_color().map_or(Colour::Default, colour),
            underline,
            attrs,
        },
        link: c.hyperlink().map(|l| l.uri().to_string()),
    }
}

#[test]
fn claude_code_looks_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../recordings/claude-code");
    let bytes = std::fs::read(format!("{folder}/output.raw")).expect("the recording is there");
    let timing =
        std::fs::read_to_string(format!("{folder}/timing.jsonl")).expect("its timing is there");
    let number = |line: &str, key: &str| -> Option<usize> {
        let at = line.find(&format!("\"{key}\": "))? + key.len() + 4;
        line[at..]
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    };
    let mut pair = Pair::new(Size::new(120, 36), 1000);
    let mut chunks = 0;
    for line in timing.lines() {
        let (Some(off), Some(n)) = (number(line, "off"), number(line, "n")) else {
            continue;
        };
        pair.advance(&bytes[off..off + n]);
        pair.check(&format!("byte {}", off + n));
        chunks += 1;
    }
    pair.check_history("at the end");
    assert!(chunks > 100, "{chunks} chunks");
}

#[test]
fn the_workload_shapes_look_the_same() {
    for (name, make) in shapes::SHAPES {
        let size = Size::new(100, 30);
        let mut bytes = make(100, 30, 120_000);
        if *name == "unicode" {
            // See the table above.
            let text = String::from_utf8(bytes).expect("text");
            let joined = |c: char| matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}');
            bytes = text
                .chars()
                .filter(|c| !joined(*c))
                .collect::<String>()
                .into_bytes();
        }
        let mut pair = Pair::new(size, 2000);
        let mut from = 0;
        while from < bytes.len() {
            // Whole scalar values: vte 0.15 loses a character before one that a chunk cuts in two.
            let mut to = (from + 4093).min(bytes.len());
            while to < bytes.len() && bytes[to] & 0xc0 == 0x80 {
                to += 1;
            }
            pair.advance(&bytes[from..to]);
            pair.check(&format!("{name}, byte {to}"));
            from = to;
        }
        pair.check_history(name);
    }
}

/// Streams of what programs send, drawn from seeds, within what both terminals know.
#[test]
fn random_valid_streams_look_the_same() {
    const PIECES: &[&str] = &[
        "text ",
        "─│",
        "e\u{301}",
        "\r\n",
        "\n",
        "\r",
        "\x08",
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2K",
        "\x1b[J",
        "\x1b[H",
        "\x1b[A",
        "\x1b[2B",
        "\x1b[3C",
        "\x1b[2D",
        "\x1b[2L",
        "\x1b[M",
        "\x1b[P",
        "\x1b[3@",
        "\x1b[4X",
        "\x1bM",
        "\x1b[3;8r",
        "\x1b[r",
        "\x1b7",
        "\x1b8",
        "\x1b[m",
        "\x1b[1;31m",
        "\x1b[44m",
        "\x1b[38;5;99m",
        "\x1b[38;2;9;8;7m",
        "\x1b[4:3m",
        "\x1b[7m",
        "\x1b[2;3m",
        "\x1b[22;23;24;27m",
        "\x1b[39;49m",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b(0qx\x1b(B",
        "\x1b[5b",
        "\x1b[2S",
        "\x1b[T",
        "\x1b[4hins\x1b[4l",
        "\x1b]8;;http://x/\x07l\x1b]8;;\x07",
        "\x1b[7G",
        "\x1b[4d",
        "\x1b[2E",
        "\x1b[F",
    ];
    for seed in 0..200 {
        let mut rng = common::Rng(seed);
        let mut pair = Pair::new(Size::new(40, 12), 500);
        let mut last = "";
        let mut regions = false;
        for i in 0..300 {
            let piece = *rng.pick(PIECES);
            // After the last column the two treat an edit differently (see the table): move first.
            if pair.ours.cursor().x == 39 && piece.starts_with('\x1b') {
                pair.advance(b"\r");
            }
            regions |= piece == "\x1b[3;8r";
            regions &= piece != "\x1b[r";
            if regions && ["\x1b[A", "\x1b[2B", "\x1b[2E", "\x1b[F"].contains(&piece) {
                continue;
            }
            // REP of what did not come right before is not the same thing to both.
            if piece == "\x1b[5b" && last != "text " {
                continue;
            }
            if rng.below(8) == 0 {
                pair.advance(
                    format!("\x1b[{};{}H", 1 + rng.below(12), 1 + rng.below(40)).as_bytes(),
                );
            }
            pair.advance(piece.as_bytes());
            last = piece;
            pair.check(&format!("seed {seed}, piece {i} {piece:?}"));
        }
    }
}

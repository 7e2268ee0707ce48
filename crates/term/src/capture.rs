//! Rows as capture-pane prints them.

use crate::cell::TAB_TAIL;
use crate::draw::Seen;
use crate::line::Glyph;
use crate::parse::{Kind, State};
use crate::row::{OUTPUT, PROMPT, WRAPPED};
use crate::style::{Attrs, Colour, Style, Underline};
use crate::terminal::Terminal;

/// Text of one row, for search and capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineText {
    /// The row's text; blanks that were never written are not included at the end.
    pub text: String,
    /// For each byte-starting cluster of `text`: (byte offset, column).
    pub columns: Vec<(u32, u16)>,
    /// The next row continues this one (the program's line was longer than the screen).
    pub wrapped: bool,
    /// OSC 133;A came on this row.
    pub prompt: bool,
    /// OSC 133;C came on this row.
    pub output: bool,
}

/// What capture-pane wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capture {
    /// -e: SGR sequences.
    pub escapes: bool,
    /// -J: join wrapped rows, keep trailing blanks.
    pub join: bool,
    /// -N: keep trailing blanks.
    pub keep_trailing: bool,
    /// -C: escape non-printables as octal.
    pub octal: bool,
    /// -T: without -J, no cells after the last that was written.
    pub used_only: bool,
    /// -F: each row begins with what is known of it: H has hyperlinks, O output and P a prompt begin here, W the next row
    /// goes on with it, X has more than ASCII in simple looks; `-` nothing.
    pub flags: bool,
    /// -L: each row begins with its number, counted from this absolute row.
    pub numbered_from: Option<u64>,
    /// -a: the saved primary or alternate screen that is not shown.
    pub other_screen: bool,
}

impl Capture {
    /// Whole lines with their colours, as programs wrote them.
    pub const LINES: Capture = Capture {
        escapes: true,
        join: true,
        keep_trailing: false,
        octal: false,
        used_only: false,
        flags: false,
        numbered_from: None,
        other_screen: false,
    };

    fn number(self, line: u64, out: &mut Vec<u8>) {
        if let Some(zero) = self.numbered_from {
            out.extend_from_slice(format!("{} ", line as i64 - zero as i64).as_bytes());
        }
    }
}

/// A row's letters for -F.
fn letters(flags: u8, cells: &[Captured<'_>], out: &mut Vec<u8>) {
    let linked = cells.iter().any(|cell| cell.link.is_some());
    let extended = cells.iter().any(|cell| {
        let ascii = match cell.glyph {
            Glyph::Empty => true,
            Glyph::Char(c) => c.is_ascii() && c != '\t',
            Glyph::Cluster(_) => false,
        };
        let rgb = |colour: Colour| matches!(colour, Colour::Rgb(..));
        let style = &cell.style;
        !ascii
            || cell.link.is_some()
            || rgb(style.fg)
            || rgb(style.bg)
            || style.ul != Colour::Default
            || style.attrs.has(Attrs::STRIKE)
            || style.attrs.has(Attrs::OVERLINE)
            || !matches!(style.underline, Underline::None | Underline::Single)
    });
    let all = [
        (linked, b'H'),
        (flags & OUTPUT != 0, b'O'),
        (flags & PROMPT != 0, b'P'),
        (flags & WRAPPED != 0, b'W'),
        (extended, b'X'),
    ];
    let start = out.len();
    out.extend(all.iter().filter(|(on, _)| *on).map(|(_, letter)| letter));
    if out.len() == start {
        out.push(b'-');
    }
    out.push(b' ');
}

impl Terminal {
    /// The links of rows `first..=last` (absolute, clamped), each where it is first seen: those of a row with a blank
    /// between them, rows without any left out (capture-pane -H).
    pub fn capture_links(&self, first: u64, last: u64, how: Capture) -> Vec<u8> {
        let mut out = Vec::new();
        let mut known: Vec<String> = Vec::new();
        let end = self.screen_line() + u64::from(self.size.rows) - 1;
        for line in first.max(self.history.first_line)..=last.min(end) {
            let mut fresh: Vec<String> = Vec::new();
            let mut cells = Vec::new();
            let flags = self.each_glyph(line, |seen| {
                if how.flags {
                    push(&mut cells, &seen);
                }
                if let Some((_, uri)) = seen.link
                    && known.len() + fresh.len() < usize::from(self.size.cols)
                    && !known.iter().chain(&fresh).any(|known| known == uri)
                {
                    fresh.push(uri.to_string());
                }
            });
            if !fresh.is_empty() {
                how.number(line, &mut out);
                if how.flags {
                    letters(flags, &cells, &mut out);
                }
                out.extend_from_slice(fresh.join(" ").as_bytes());
                out.push(b'\n');
                known.append(&mut fresh);
            }
        }
        out
    }

    /// The bytes of a sequence that has begun and not ended, as the parser holds them (capture-pane -P): parameters
    /// without leading zeros, and nothing of strings that are read over.
    pub fn unfinished(&self) -> Vec<u8> {
        let parser = &self.parser;
        let mut out = Vec::new();
        match parser.state {
            State::Ground => return out,
            State::Escape | State::EscapeIntermediate => out.push(0x1b),
            State::Csi | State::CsiIgnore => out.extend_from_slice(b"\x1b["),
            State::Dcs | State::DcsIgnore => out.extend_from_slice(b"\x1bP"),
            State::Text | State::TextEscape => {
                out.extend_from_slice(match parser.kind {
                    Kind::Osc => b"\x1b]",
                    Kind::Dcs => b"\x1bP",
                    Kind::Name => b"\x1bk",
                    Kind::Ignored => b"\x1b_",
                });
            }
        }
        let string = matches!(parser.state, State::Text | State::TextEscape);
        if !string || parser.kind == Kind::Dcs {
            out.extend((parser.prefix != 0).then_some(parser.prefix));
            for (at, value) in parser.params.each().enumerate() {
                if at > 0 {
                    out.push(if parser.params.is_sub(at) { b':' } else { b';' });
                }
                if value != 0 {
                    out.extend_from_slice(value.to_string().as_bytes());
                }
            }
            let inter = parser.inter.to_be_bytes();
            out.extend(inter.into_iter().filter(|byte| *byte != 0));
        }
        if string {
            out.extend((parser.kind == Kind::Dcs).then_some(parser.last));
            out.extend_from_slice(&parser.text);
            out.extend((parser.state == State::TextEscape).then_some(0x1b));
        }
        out
    }

    /// capture-pane of rows `first..=last` (absolute, clamped), each ended by a newline but joined rows.
    ///
    /// With [`Capture::other_screen`] the rows are those of the screen that is not shown, at the same numbers; there
    /// is one only while the alternate screen is shown.
    pub fn capture(&self, first: u64, last: u64, how: Capture) -> Vec<u8> {
        let mut out = Vec::new();
        let end = self.screen_line() + u64::from(self.size.rows) - 1;
        let (first, last) = (first.min(last), first.max(last));
        if how.other_screen {
            if self.alternate {
                let start = self.screen_line();
                let mut pen = Pen::default();
                for line in first.max(start)..=last.min(end) {
                    how.number(line, &mut out);
                    let row = self.other.row((line - start) as u16);
                    let mut cells = Vec::new();
                    self.each_in_row(row, |seen| push(&mut cells, &seen));
                    if how.flags {
                        letters(row.flags, &cells, &mut out);
                    }
                    self.capture_row(&cells, row.wrapped(), how, &mut pen, &mut out);
                }
            }
            return out;
        }
        let mut pen = Pen::default();
        for line in first.max(self.history.first_line)..=last.min(end) {
            how.number(line, &mut out);
            let mut cells = Vec::new();
            let flags = self.each_glyph(line, |seen| push(&mut cells, &seen));
            if how.flags {
                letters(flags, &cells, &mut out);
            }
            self.capture_row(&cells, flags & WRAPPED != 0, how, &mut pen, &mut out);
        }
        out
    }

    fn capture_row<'a>(
        &self,
        cells: &[Captured<'a>],
        wrapped: bool,
        how: Capture,
        pen: &mut Pen<'a>,
        out: &mut Vec<u8>,
    ) {
        let cols = usize::from(self.size.cols);
        let used = cells
            .iter()
            .rposition(|c| c.glyph != Glyph::Empty)
            .map_or(0, |x| x + 1);
        // tmux prints as many cells as it holds memory for; programs see it as the blanks that -N keeps.
        let end = if how.join || how.used_only {
            used
        } else {
            held(cells.len(), cols)
        };
        let start = out.len();
        let mut x = 0;
        while x < end {
            let cell = cells.get(x).copied().unwrap_or_default();
            x += usize::from(cell.width.max(1));
            if how.escapes {
                pen.change(cell.style, cell.link, how.octal, out);
            }
            match cell.glyph {
                Glyph::Char('\t') => {
                    let run = cells[x..]
                        .iter()
                        .take_while(|c| c.glyph == Glyph::Char(TAB_TAIL))
                        .count();
                    let stop = x + run;
                    if self.tabs.has(stop as u16) || stop + 1 == cols {
                        out.push(b'\t');
                        x = stop;
                    } else {
                        out.push(b' ');
                    }
                }
                Glyph::Empty => out.push(b' '),
                Glyph::Char(c) if c < ' ' => out.push(b' '),
                Glyph::Char('\\') if how.octal => out.extend_from_slice(b"\\\\"),
                Glyph::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Glyph::Cluster(s) => out.extend_from_slice(s.as_bytes()),
            }
        }
        if how.escapes {
            pen.end_link(how.octal, out);
        }
        if !how.join && !how.keep_trailing {
            while out.len() > start && out.last() == Some(&b' ') {
                out.pop();
            }
        }
        if !(how.join && wrapped) {
            out.push(b'\n');
        }
    }
}

/// Cells that tmux allocates for a row of `n`: a quarter, a half or the whole width.
fn held(n: usize, cols: usize) -> usize {
    match n {
        0 => 0,
        n if n < cols / 4 => cols / 4,
        n if n < cols / 2 => cols / 2,
        _ => cols,
    }
}

#[derive(Clone, Copy, Debug)]
struct Captured<'a> {
    glyph: Glyph<'a>,
    width: u8,
    style: Style,
    link: Option<(&'a str, &'a str)>,
}

impl Default for Captured<'_> {
    fn default() -> Self {
        Captured {
            glyph: Glyph::Empty,
            width: 1,
            style: Style::default(),
            link: None,
        }
    }
}

/// Appends a glyph so that the index of a cell is its column.
fn push<'a>(cells: &mut Vec<Captured<'a>>, seen: &Seen<'a>) {
    let cell = Captured {
        glyph: seen.glyph,
        width: seen.width,
        style: seen.style,
        link: seen.link,
    };
    cells.push(cell);
    if seen.width == 2 {
        cells.push(Captured { width: 0, ..cell });
    }
}

/// What the reader of the capture has in force.
#[derive(Default)]
struct Pen<'a> {
    style: Style,
    link: Option<(&'a str, &'a str)>,
}

/// Attributes in tmux's order, with their SGR.
fn attributes(s: &Style) -> [(bool, &'static str); 13] {
    let has = |a: Attrs| s.attrs.has(a);
    let ul = |u: Underline| s.underline == u;
    [
        (has(Attrs::BOLD), "1"),
        (has(Attrs::DIM), "2"),
        (has(Attrs::ITALIC), "3"),
        (ul(Underline::Single), "4"),
        (has(Attrs::BLINK), "5"),
        (has(Attrs::REVERSE), "7"),
        (has(Attrs::INVISIBLE), "8"),
        (has(Attrs::STRIKE), "9"),
        (ul(Underline::Double), "4:2"),
        (ul(Underline::Curly), "4:3"),
        (ul(Underline::Dotted), "4:4"),
        (ul(Underline::Dashed), "4:5"),
        (has(Attrs::OVERLINE), "53"),
    ]
}

/// Parameters of a colour; `base` is 30, 40 or 50.
fn colour(c: Colour, base: u16) -> String {
    match c {
        Colour::Default if base == 50 => String::new(),
        Colour::Default => (base + 9).to_string(),
        Colour::Indexed(n) if base != 50 && n < 8 => (base + u16::from(n)).to_string(),
        Colour::Indexed(n) if base != 50 && n < 16 => (base + 52 + u16::from(n)).to_string(),
        Colour::Indexed(n) => format!("{};5;{n}", base + 8),
        Colour::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}

impl<'a> Pen<'a> {
    /// Spells the change to a cell's look as tmux does: attributes in one SGR, each colour in its own.
    fn change(
        &mut self,
        style: Style,
        link: Option<(&'a str, &'a str)>,
        octal: bool,
        out: &mut Vec<u8>,
    ) {
        let esc: &[u8] = if octal { b"\\033" } else { b"\x1b" };
        if style != self.style {
            let (old, new) = (attributes(&self.style), attributes(&style));
            let lost = old.iter().zip(&new).any(|(o, n)| o.0 && !n.0);
            let reset = lost || (self.style.ul != Colour::Default && style.ul == Colour::Default);
            let mut codes: Vec<&str> = Vec::new();
            if reset {
                codes.push("0");
            }
            codes.extend(
                old.iter()
                    .zip(&new)
                    .filter(|(o, n)| n.0 && (reset || !o.0))
                    .map(|(_, n)| n.1),
            );
            let mut sgr = |s: &str| {
                out.extend_from_slice(esc);
                out.push(b'[');
                out.extend_from_slice(s.as_bytes());
                out.push(b'm');
            };
            if !codes.is_empty() {
                sgr(&codes.join(";"));
            }
            let pairs = [
                (self.style.fg, style.fg, 30),
                (self.style.bg, style.bg, 40),
                (self.style.ul, style.ul, 50),
            ];
            for (was, is, base) in pairs {
                if (reset && is != Colour::Default) || (!reset && was != is) {
                    let spelled = colour(is, base);
                    if !spelled.is_empty() {
                        sgr(&spelled);
                    }
                }
            }
            self.style = style;
        }
        if link != self.link {
            match link {
                Some((id, uri)) => {
                    let id = if id.is_empty() {
                        String::new()
                    } else {
                        format!("id={id}")
                    };
                    put_link(&id, uri, octal, out);
                }
                None => put_link("", "", octal, out),
            }
            self.link = link;
        }
    }

    /// A link does not cross the end of a row.
    fn end_link(&mut self, octal: bool, out: &mut Vec<u8>) {
        if self.link.take().is_some() {
            put_link("", "", octal, out);
        }
    }
}

fn put_link(id: &str, uri: &str, octal: bool, out: &mut Vec<u8>) {
    let (start, end) = if octal {
        ("\\033]8;", "\\033\\\\")
    } else {
        ("\x1b]8;", "\x1b\\")
    };
    out.extend_from_slice(format!("{start}{id};{uri}{end}").as_bytes());
}

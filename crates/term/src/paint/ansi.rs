//! Operations spelled as xterm control sequences for a tty (xterm ctlseqs, ECMA-48).
//!
//! The last column is written like any other. Afterwards the terminal may be about to wrap, so its column counts as
//! unknown and every next move is absolute or begins with CR. The same holds after a cluster whose width terminals
//! disagree on.

use std::sync::Arc;

use super::caps::Caps;
use super::diff::{self, DiffOptions, Op};
use super::glyph::{self, Glyph, Painted, Row};
use super::moves::{self, Place};
use super::session;
use super::sgr;
use crate::screen::{Screen, ScreenCursor};
use crate::style::{Colour, Style};
use crate::terminal::CursorShape;

/// What the speller knows of the outer terminal between frames: cursor, style, modes that it has set.
#[derive(Clone, Debug)]
pub struct Ansi {
    /// None: anywhere.
    place: Option<Place>,
    /// As the terminal shows it (`sgr::shown`). None: any.
    style: Option<Style>,
    /// The hyperlink that is open.
    link: Option<Arc<str>>,
    /// Whether the cursor is shown. None: not known.
    visible: Option<bool>,
    /// What it looks like; the terminal's own when we come.
    look: Option<(CursorShape, Colour)>,
    /// Whether G0 is the line drawing set, for terminals without UTF-8.
    line_drawing: bool,
}

impl Default for Ansi {
    /// For a terminal that has just been taken over ([`super::begin`]).
    fn default() -> Ansi {
        Ansi {
            place: None,
            style: None,
            link: None,
            visible: None,
            look: Some((CursorShape::Default, Colour::Default)),
            line_drawing: false,
        }
    }
}

/// A frame of at most so many columns in one row is so quick that nobody sees it half done.
const LIGHT_COLUMNS: u16 = 40;
/// From so many equal cells on, REP or ECH are looked at.
const MANY: usize = 8;

impl Ansi {
    /// Appends the bytes of one frame.
    pub fn frame(&mut self, ops: &[Op<'_>], caps: &Caps, out: &mut Vec<u8>) {
        if ops.is_empty() {
            return;
        }
        let heavy = is_heavy(ops);
        let sync = heavy && caps.sync;
        let shown_before = self.visible;
        if sync {
            out.extend_from_slice(b"\x1b[?2026h");
        } else if heavy {
            self.show_cursor(false, out);
        }
        let mut rest = ops;
        let mut cursor = false;
        while let Some((op, later)) = rest.split_first() {
            rest = later;
            match *op {
                Op::Clear => self.clear(caps, out),
                Op::Scroll { top, bottom, lines } => {
                    let rows = size_rows(ops);
                    self.scroll(top, bottom, lines, rows, caps, out);
                }
                Op::Run {
                    screen,
                    y,
                    from,
                    to,
                } => self.run(screen, y, from, to, caps, out),
                Op::EraseToEnd { screen, y, from } => {
                    let rows = erased_to_the_bottom(screen, y, from, later);
                    if rows > 0 && self.can_erase(screen, y, from, caps) {
                        self.erase(screen, y, from, b"\x1b[J", caps, out);
                        rest = &later[rows..];
                    } else {
                        self.erase_row(screen, y, from, caps, out);
                    }
                }
                Op::Modes(from, to) => session::modes(from, to, caps, out),
                Op::Cursor(to) => {
                    cursor = true;
                    self.cursor(to, caps, out);
                }
                Op::Title(title) => session::title(title, caps, out),
                Op::Bell => out.push(0x07),
                Op::Clipboard(bytes) => session::clipboard(bytes, caps, out),
                Op::Notice(notice) => session::notice(notice, caps, out),
            }
        }
        if !cursor && shown_before == Some(true) {
            self.show_cursor(true, out);
        }
        if sync {
            out.extend_from_slice(b"\x1b[?2026l");
        }
    }

    /// Paints `next` on a terminal that shows `prev` (None: anything): [`diff::diff`] and [`Ansi::frame`] in one.
    pub fn paint(&mut self, prev: Option<&Screen>, next: &Screen, caps: &Caps, out: &mut Vec<u8>) {
        let options = DiffOptions {
            scroll: caps.scroll_region,
        };
        self.frame(&diff::diff_with(prev, next, options), caps, out);
    }

    /// Something else has been written to the terminal: nothing is known of its cursor and style any more. What it
    /// shows is the caller's business.
    pub fn forget(&mut self) {
        *self = Ansi {
            look: self.look,
            ..Ansi::default()
        };
    }

    /// Puts the cursor where a picture that the terminal shows has it.
    pub fn put_cursor(&mut self, shown: &Screen, caps: &Caps, out: &mut Vec<u8>) {
        self.cursor(shown.cursor, caps, out);
    }

    /// For a terminal that somebody else has painted on before and left as it was (a former server): not even the
    /// shape and the colour of its cursor are known.
    pub fn unknown() -> Ansi {
        Ansi {
            look: None,
            ..Ansi::default()
        }
    }

    fn clear(&mut self, caps: &Caps, out: &mut Vec<u8>) {
        self.close_link(out);
        self.set_style(Style::default(), caps, out);
        self.set_line_drawing(false, out);
        out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.place = Some(Place { x: Some(0), y: 0 });
    }

    fn scroll(
        &mut self,
        top: u16,
        bottom: u16,
        lines: i16,
        rows: Option<u16>,
        caps: &Caps,
        out: &mut Vec<u8>,
    ) {
        if lines == 0 || top > bottom {
            return;
        }
        // Rows come in with the current background.
        self.set_style(Style::default(), caps, out);
        let whole = top == 0 && rows == Some(bottom + 1);
        if !whole {
            out.extend_from_slice(b"\x1b[");
            if top > 0 {
                sgr::push_number(out, u32::from(top) + 1);
            }
            out.push(b';');
            sgr::push_number(out, u32::from(bottom) + 1);
            out.push(b'r');
            self.place = Some(Place { x: Some(0), y: 0 });
        }
        let n = lines.unsigned_abs();
        let edge = if lines > 0 { bottom } else { top };
        if caps.scroll_lines {
            moves::csi(out, n, if lines > 0 { b'S' } else { b'T' });
        } else {
            self.go(0, edge, caps, out);
            let step: &[u8] = if lines > 0 { b"\n" } else { b"\x1bM" };
            (0..n).for_each(|_| out.extend_from_slice(step));
        }
        if !whole {
            out.extend_from_slice(b"\x1b[r");
            self.place = Some(Place { x: Some(0), y: 0 });
        }
    }

    fn run(&mut self, screen: &Screen, y: u16, from: u16, to: u16, caps: &Caps, out: &mut Vec<u8>) {
        let cols = usize::from(screen.size.cols);
        let mut to = usize::from(to).min(cols);
        let Some(row) = screen.rows.get(usize::from(y)).map(|r| Row::of(r)) else {
            return;
        };
        if caps.no_last_cell && to == cols && usize::from(y) + 1 == screen.rows.len() {
            // The second half of a wide character has no columns of its own.
            let half = row.painted(cols - 1, cols).columns == 0;
            to = cols.saturating_sub(1 + usize::from(half));
        }
        let mut x = usize::from(from);
        while x < to {
            x += self.plain_text(row, (x, y), to, cols, out);
            if x == to {
                break;
            }
            let cell = row.painted(x, cols);
            let columns = usize::from(cell.columns.max(1));
            self.go(x as u16, y, caps, out);
            self.set_cell_style(&cell, caps, out);
            self.set_link(screen, cell.link, caps, out);
            let same = equal_cells(row, &cell, x, to, cols);
            if same >= MANY && columns == 1 && self.repeat(&cell, x, same, cols, caps, out) {
                x += same;
                continue;
            }
            self.glyph(&cell, x, cols, caps, out);
            x += columns;
        }
        self.close_link(out);
    }

    /// The quick way: ASCII that follows what was just written and looks like it. The slow way gives the same bytes
    /// one cell at a time. How many cells were written.
    fn plain_text(
        &mut self,
        row: Row<'_>,
        start: (usize, u16),
        to: usize,
        cols: usize,
        out: &mut Vec<u8>,
    ) -> usize {
        let (x, y) = start;
        let first = row.cell(x);
        let ready = self.place
            == Some(Place {
                x: Some(x as u16),
                y,
            })
            && self.link.is_none()
            && !self.line_drawing
            && self.style == Some(first.style);
        if !ready {
            return 0;
        }
        let mut n = 0;
        let mut last = 0;
        for at in x..to {
            let cell = row.cell(at);
            let plain = matches!(cell.text, 0x21..=0x7e) && cell.width == 1 && cell.link == 0;
            // Equal cells may be worth a repetition.
            if !plain || cell.text == last || cell.style != first.style {
                break;
            }
            last = cell.text;
            out.push(cell.text as u8);
            n += 1;
        }
        if n > 0 {
            self.advance(x + n - 1, 1, cols);
        }
        n
    }

    /// Writes one cell and notes where the cursor is then.
    fn glyph(&mut self, cell: &Painted<'_>, x: usize, cols: usize, caps: &Caps, out: &mut Vec<u8>) {
        let columns = cell.columns.max(1);
        if !caps.utf8 {
            self.ascii(cell, out);
            return self.advance(x, columns, cols);
        }
        let reach = usize::from(cell.glyph.reach(columns));
        let contested = reach > usize::from(columns);
        // Where such a cluster might not fit, a terminal could wrap, and at the bottom scroll.
        let near_edge = contested && x + reach > cols;
        if cell.glyph.may_be_narrow(columns) {
            let place = self.place;
            out.extend_from_slice(b"  ");
            self.advance(x, columns, cols);
            if let Some(Place { y, .. }) = place {
                self.go(x as u16, y, caps, out);
            }
        }
        if near_edge {
            out.extend_from_slice(b"\x1b[?7l");
        }
        match cell.glyph {
            Glyph::Blank => out.extend(std::iter::repeat_n(b' ', columns.into())),
            Glyph::Char(c) if c.is_ascii() => out.push(c as u8),
            Glyph::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Glyph::Cluster(s) => out.extend_from_slice(s.as_bytes()),
        }
        if near_edge {
            out.extend_from_slice(b"\x1b[?7h");
        }
        self.advance(x, columns, cols);
        let by_itself = matches!(cell.glyph, Glyph::Char(c) if glyph::contested(c));
        if (contested || by_itself)
            && let Some(place) = &mut self.place
        {
            place.x = None;
        }
    }

    fn advance(&mut self, x: usize, columns: u8, cols: usize) {
        let end = x + usize::from(columns);
        if let Some(place) = &mut self.place {
            place.x = (end < cols).then_some(end as u16);
        }
    }

    /// A cell for a terminal without UTF-8.
    fn ascii(&mut self, cell: &Painted<'_>, out: &mut Vec<u8>) {
        let columns = usize::from(cell.columns.max(1));
        let first = match cell.glyph {
            Glyph::Blank => ' ',
            Glyph::Char(c) => c,
            Glyph::Cluster(s) => s.chars().next().unwrap_or('_'),
        };
        let drawn = glyph::LINE_DRAWING.iter().find(|(c, _)| *c == first);
        self.set_line_drawing(drawn.is_some(), out);
        match drawn {
            Some((_, byte)) => out.push(*byte),
            None if first.is_ascii() => {
                out.push(first as u8);
                out.extend(std::iter::repeat_n(b' ', columns - 1));
            }
            None => out.extend(std::iter::repeat_n(b'_', columns)),
        }
    }

    /// Writes `n` equal cells of one column by REP or ECH where that is shorter.
    fn repeat(
        &mut self,
        cell: &Painted<'_>,
        x: usize,
        n: usize,
        cols: usize,
        caps: &Caps,
        out: &mut Vec<u8>,
    ) -> bool {
        let erasable = cell.erasable() && (caps.bce || cell.style.bg == Colour::Default);
        let len = match cell.glyph {
            Glyph::Char(c) if !glyph::contested(c) && caps.utf8 => c.len_utf8(),
            Glyph::Blank => 1,
            _ => return false,
        };
        if caps.rep && len * n > len + 6 {
            self.glyph(cell, x, cols, caps, out);
            moves::csi(out, (n - 1) as u16, b'b');
            self.advance(x + n - 1, 1, cols);
            return true;
        }
        if caps.bce && erasable && n > 12 {
            // The cursor stays; what comes next moves it.
            moves::csi(out, n as u16, b'X');
            return true;
        }
        false
    }

    /// Whether erasing gives the blanks of row `y` from column `from` their background.
    fn can_erase(&self, screen: &Screen, y: u16, from: u16, caps: &Caps) -> bool {
        let Some(row) = screen.rows.get(usize::from(y)) else {
            return false;
        };
        let cell = Row::of(row).painted(from.into(), screen.size.cols.into());
        caps.bce || sgr::shown(cell.style, caps).bg == Colour::Default
    }

    fn erase_row(&mut self, screen: &Screen, y: u16, from: u16, caps: &Caps, out: &mut Vec<u8>) {
        if self.can_erase(screen, y, from, caps) {
            self.erase(screen, y, from, b"\x1b[K", caps, out);
        } else {
            self.run(screen, y, from, screen.size.cols, caps, out);
        }
    }

    fn erase(
        &mut self,
        screen: &Screen,
        y: u16,
        from: u16,
        how: &[u8],
        caps: &Caps,
        out: &mut Vec<u8>,
    ) {
        let Some(row) = screen.rows.get(usize::from(y)) else {
            return;
        };
        let cell = Row::of(row).painted(from.into(), screen.size.cols.into());
        self.go(from, y, caps, out);
        self.set_cell_style(&cell, caps, out);
        out.extend_from_slice(how);
    }

    fn go(&mut self, x: u16, y: u16, caps: &Caps, out: &mut Vec<u8>) {
        moves::spell_move(self.place, x, y, caps, out);
        self.place = Some(Place { x: Some(x), y });
    }

    /// The style for a cell; a blank takes any whose background is the same and that draws no lines.
    fn set_cell_style(&mut self, cell: &Painted<'_>, caps: &Caps, out: &mut Vec<u8>) {
        let blank = cell.glyph == Glyph::Blank && !glyph::decorated(&cell.style);
        if blank
            && let Some(now) = self.style
            && !glyph::decorated(&now)
            && now.bg == sgr::shown(cell.style, caps).bg
        {
            return;
        }
        self.set_style(cell.style, caps, out);
    }

    fn set_style(&mut self, style: Style, caps: &Caps, out: &mut Vec<u8>) {
        let style = sgr::shown(style, caps);
        let from = self.style.unwrap_or_else(|| {
            // Nothing is known: neither what others have left on.
            out.extend_from_slice(b"\x1b[m");
            if caps.hyperlinks {
                out.extend_from_slice(b"\x1b]8;;\x1b\\");
            }
            Style::default()
        });
        sgr::spell_shown(from, style, out);
        self.style = Some(style);
    }

    fn set_line_drawing(&mut self, on: bool, out: &mut Vec<u8>) {
        if on != self.line_drawing {
            out.extend_from_slice(if on { b"\x1b(0" } else { b"\x1b(B" });
            self.line_drawing = on;
        }
    }

    fn set_link(&mut self, screen: &Screen, link: u16, caps: &Caps, out: &mut Vec<u8>) {
        if link == 0 || !caps.hyperlinks {
            return self.close_link(out);
        }
        let Some(uri) = screen.links.get(usize::from(link) - 1) else {
            return self.close_link(out);
        };
        if self.link.as_ref() == Some(uri) {
            return;
        }
        if uri.chars().any(char::is_control) {
            return self.close_link(out);
        }
        out.extend_from_slice(b"\x1b]8;;");
        out.extend_from_slice(uri.as_bytes());
        out.extend_from_slice(b"\x1b\\");
        self.link = Some(uri.clone());
    }

    fn close_link(&mut self, out: &mut Vec<u8>) {
        if self.link.take().is_some() {
            out.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
    }

    fn show_cursor(&mut self, on: bool, out: &mut Vec<u8>) {
        if self.visible != Some(on) {
            out.extend_from_slice(if on { b"\x1b[?25h" } else { b"\x1b[?25l" });
            self.visible = Some(on);
        }
    }

    fn cursor(&mut self, cursor: Option<ScreenCursor>, caps: &Caps, out: &mut Vec<u8>) {
        // Left in the line drawing set, the terminal would show what others print as lines.
        self.set_line_drawing(false, out);
        let Some(cursor) = cursor else {
            return self.show_cursor(false, out);
        };
        self.go(cursor.x, cursor.y, caps, out);
        let (shape, colour) = (cursor.shape, cursor.colour);
        if caps.cursor_style && self.look.is_none_or(|(now, _)| now != shape) {
            out.extend_from_slice(b"\x1b[");
            sgr::push_number(out, shape as u32);
            out.extend_from_slice(b" q");
        }
        if caps.cursor_colour && self.look.is_none_or(|(_, now)| now != colour) {
            session::cursor_colour(colour, out);
        }
        self.look = Some((shape, colour));
        self.show_cursor(true, out);
    }
}

/// How many cells from `x` on, before `to`, paint the same as `cell`. Links count as different.
fn equal_cells(row: Row<'_>, cell: &Painted<'_>, x: usize, to: usize, cols: usize) -> usize {
    if cell.link != 0 || !matches!(cell.glyph, Glyph::Blank | Glyph::Char(_)) {
        return 1;
    }
    1 + (x + 1..to)
        .take_while(|at| row.painted(*at, cols) == *cell)
        .count()
}

/// Whether a frame takes so long that a terminal may show it half done.
fn is_heavy(ops: &[Op<'_>]) -> bool {
    let mut row = None;
    let mut columns = 0;
    for op in ops {
        let y = match op {
            Op::Clear | Op::Scroll { .. } => return true,
            Op::Run { y, from, to, .. } => {
                columns += to.saturating_sub(*from);
                *y
            }
            Op::EraseToEnd { y, .. } => *y,
            _ => continue,
        };
        if columns > LIGHT_COLUMNS || row.is_some_and(|r| r != y) {
            return true;
        }
        row = Some(y);
    }
    false
}

/// Rows of the picture that a frame paints, if it paints any.
fn size_rows(ops: &[Op<'_>]) -> Option<u16> {
    ops.iter().find_map(|op| match op {
        Op::Run { screen, .. } | Op::EraseToEnd { screen, .. } => Some(screen.size.rows),
        _ => None,
    })
}

/// When the operations after the erasure of row `y` erase all rows below it with the same background, and only then:
/// how many they are.
fn erased_to_the_bottom(screen: &Screen, y: u16, from: u16, later: &[Op<'_>]) -> usize {
    let background = |y: u16, x: u16| {
        let row = screen.rows.get(usize::from(y));
        row.map(|r| {
            Row::of(r)
                .painted(x.into(), screen.size.cols.into())
                .style
                .bg
        })
    };
    let below = usize::from(screen.size.rows.saturating_sub(y + 1));
    let whole = |(i, op): (usize, &Op<'_>)| {
        let row = y + 1 + i as u16;
        matches!(op, Op::EraseToEnd { y, from: 0, .. } if *y == row)
            && background(row, 0) == background(y, from)
    };
    if later.len() >= below && later.iter().take(below).enumerate().all(whole) {
        below
    } else {
        0
    }
}

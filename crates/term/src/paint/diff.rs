//! The difference of two pictures as operations.
//!
//! Nothing here knows how an operation is spelled. Rows are compared by address first, so that a frame in which one
//! row changed costs one row; what remains is compared as it looks, not as it is stored (a blank's foreground, for
//! one, is not seen).

use super::glyph::{Painted, Row};
use super::scroll;
use crate::screen::{Screen, ScreenCell, ScreenCursor, ScreenModes, ScreenNotice, ScreenRow};
use std::sync::Arc;

/// One drawing operation. The viewer's cursor position and style are the speller's business.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op<'a> {
    /// Start from an empty screen in the default style.
    Clear,
    /// Rows `top..=bottom` move up by `lines` (negative: down); rows that come in are blank.
    Scroll {
        /// First row.
        top: u16,
        /// Last row, inclusive.
        bottom: u16,
        /// How far.
        lines: i16,
    },
    /// Columns `from..to` of row `y` of `screen` are written.
    Run {
        /// The picture that the row is of.
        screen: &'a Screen,
        /// Row.
        y: u16,
        /// First column.
        from: u16,
        /// One past the last column.
        to: u16,
    },
    /// Columns `from..` of row `y` become blanks in the style of `screen`'s cell at `from`, of which only the
    /// background is to be seen.
    EraseToEnd {
        /// The picture that the row is of.
        screen: &'a Screen,
        /// Row.
        y: u16,
        /// First column.
        from: u16,
    },
    /// Modes to change from and to.
    Modes(Option<ScreenModes>, ScreenModes),
    /// The cursor at the end of the frame.
    Cursor(Option<ScreenCursor>),
    /// The outer title.
    Title(&'a str),
    /// Ring once.
    Bell,
    /// Write the clipboard.
    Clipboard(&'a [u8]),
    /// Tell the person.
    Notice(&'a ScreenNotice),
}

/// What operations may be used, beside those that every viewer understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// `Op::Scroll`.
    pub scroll: bool,
}

impl Default for DiffOptions {
    fn default() -> DiffOptions {
        DiffOptions { scroll: true }
    }
}

/// So many unchanged columns between two changed ones are written again rather than passed over: a move costs as much.
const BRIDGE: usize = 3;
/// So many blanks at the end of a row are written rather than erased.
const FEW_BLANKS: usize = 3;

/// What must be done to a viewer that shows `prev` (None: unknown) so that it shows `next`. Empty when equal.
///
/// In order: Clear, Scroll, Run and EraseToEnd by rows, Title, Bell, Clipboard, Modes, Cursor. Cursor comes
/// whenever anything was drawn, because drawing moves the viewer's.
pub fn diff<'a>(prev: Option<&'a Screen>, next: &'a Screen) -> Vec<Op<'a>> {
    diff_with(prev, next, DiffOptions::default())
}

/// [`diff`] for viewers that do not understand every operation.
pub fn diff_with<'a>(
    prev: Option<&'a Screen>,
    next: &'a Screen,
    options: DiffOptions,
) -> Vec<Op<'a>> {
    let mut ops = Vec::with_capacity(4);
    // After a change of size nobody knows what the viewer shows.
    let shown = prev.filter(|p| p.size == next.size && p.rows.len() == next.rows.len());
    match shown {
        Some(shown) => Pair::new(shown, next).rows(options, &mut ops),
        None => {
            ops.push(Op::Clear);
            let pair = Pair {
                shown: None,
                next,
                links: Links::Alike,
            };
            for y in 0..next.rows.len() {
                pair.row(Row::BLANK, y, &mut ops);
            }
        }
    }
    let drawn = !ops.is_empty();
    if let Some(title) = next.title.as_deref()
        && prev.is_none_or(|p| p.title.as_deref() != Some(title))
    {
        ops.push(Op::Title(title));
    }
    if let Some(prev) = prev {
        if next.bells > prev.bells {
            ops.push(Op::Bell);
        }
        if next.clipboard.0 != prev.clipboard.0 && next.clipboard.0 != 0 {
            ops.push(Op::Clipboard(&next.clipboard.1));
        }
    }
    // Who is painted anew may not have had them; what it has had is not in the picture any more.
    let had = prev.map_or(0, |prev| prev.notices.0);
    let new = next.notices.1.iter().filter(|notice| notice.serial > had);
    ops.extend(new.map(Op::Notice));
    if prev.is_none_or(|p| p.modes != next.modes) {
        ops.push(Op::Modes(prev.map(|p| p.modes), next.modes));
    }
    if drawn || prev.is_none_or(|p| p.cursor != next.cursor) {
        ops.push(Op::Cursor(next.cursor));
    }
    ops
}

/// Whether link numbers mean the same in both pictures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    /// One table begins with the other.
    Alike,
    /// URIs must be compared.
    Differ,
}

/// What is shown and what shall be.
pub(super) struct Pair<'a> {
    shown: Option<&'a Screen>,
    next: &'a Screen,
    links: Links,
}

impl<'a> Pair<'a> {
    fn new(shown: &'a Screen, next: &'a Screen) -> Pair<'a> {
        let mut both = shown.links.iter().zip(&next.links);
        let links = if both.all(|(a, b)| Arc::ptr_eq(a, b) || a == b) {
            Links::Alike
        } else {
            Links::Differ
        };
        Pair {
            shown: Some(shown),
            next,
            links,
        }
    }

    fn cols(&self) -> usize {
        usize::from(self.next.size.cols)
    }

    /// All rows that differ.
    fn rows(&self, options: DiffOptions, ops: &mut Vec<Op<'a>>) {
        let Some(shown) = self.shown else { return };
        let rows = shown.rows.iter().zip(&self.next.rows).enumerate();
        let mut changed = rows
            .filter(|(_, (a, b))| !self.same_row(a, b))
            .map(|(y, _)| y);
        // A key's echo changes one row; it must not pay for looking at the others again.
        let (Some(first), second) = (changed.next(), changed.next()) else {
            return;
        };
        let Some(second) = second else {
            return self.row(Row::of(&shown.rows[first]), first, ops);
        };
        let mut changed: Vec<usize> = [first, second].into_iter().chain(changed).collect();
        let mut base: Vec<Row<'a>> = Vec::new();
        if options.scroll && changed.len() > 2 {
            base.extend(shown.rows.iter().map(|r| Row::of(r)));
            scroll::find(self, &mut base, &mut changed, ops);
        }
        for y in changed {
            let base = base.get(y).copied().unwrap_or(Row::of(&shown.rows[y]));
            self.row(base, y, ops);
        }
    }

    /// Whether a row looks the same in both pictures.
    fn same_row(&self, a: &'a Arc<ScreenRow>, b: &'a Arc<ScreenRow>) -> bool {
        let linked = |row: &ScreenRow| row.cells.iter().any(|c| c.link != 0);
        if Arc::ptr_eq(a, b) && (self.links == Links::Alike || !linked(a)) {
            return true;
        }
        self.same(Row::of(a), Row::of(b))
    }

    /// Whether two rows look the same.
    pub(super) fn same(&self, a: Row<'a>, b: Row<'a>) -> bool {
        self.first_difference(a, b).is_none()
    }

    /// The first column in which two rows look different.
    fn first_difference(&self, a: Row<'a>, b: Row<'a>) -> Option<usize> {
        let cols = self.cols();
        let pairs = a.cells().iter().zip(b.cells()).take(cols);
        let mut at = 0;
        // The quick way over what is equal as it is stored; the rest is looked at.
        for (ca, cb) in pairs {
            if !self.equal(ca, cb) && !self.same_look(a, b, at) {
                return Some(at);
            }
            at += 1;
        }
        (at..cols).find(|x| !self.same_look(a, b, *x))
    }

    /// The last column in which two rows look different, given that they do in column `first`.
    fn last_difference(&self, a: Row<'a>, b: Row<'a>, first: usize) -> usize {
        let cols = self.cols();
        let whole = a.cells().get(first..cols).zip(b.cells().get(first..cols));
        let Some((ca, cb)) = whole else {
            return (first..cols)
                .rev()
                .find(|x| !self.same_look(a, b, *x))
                .unwrap_or(first);
        };
        let pairs = ca.iter().zip(cb).enumerate().rev();
        pairs
            .map(|(i, (ca, cb))| (first + i, self.equal(ca, cb)))
            .find(|(x, equal)| !equal && !self.same_look(a, b, *x))
            .map_or(first, |(x, _)| x)
    }

    pub(super) fn next_row(&self, y: usize) -> Row<'a> {
        Row::of(&self.next.rows[y])
    }

    pub(super) fn width(&self) -> usize {
        self.cols()
    }

    /// Whether two cells are equal as they are stored, and therefore look the same in any row.
    #[inline]
    fn equal(&self, a: &ScreenCell, b: &ScreenCell) -> bool {
        let plain = a.width == 1 && a.text & ScreenCell::CLUSTER == 0;
        plain && a == b && (a.link == 0 || self.links == Links::Alike)
    }

    #[inline]
    fn same_cell(&self, a: Row<'a>, b: Row<'a>, x: usize) -> bool {
        self.equal(a.cell(x), b.cell(x)) || self.same_look(a, b, x)
    }

    fn same_look(&self, a: Row<'a>, b: Row<'a>, x: usize) -> bool {
        let cols = self.cols();
        let (a, b) = (a.painted(x, cols), b.painted(x, cols));
        match (a.columns, b.columns) {
            // The first half says how a cluster looks.
            (0, 0) => true,
            (m, n) => m == n && a.glyph == b.glyph && a.style == b.style && self.same_link(&a, &b),
        }
    }

    fn same_link(&self, a: &Painted<'_>, b: &Painted<'_>) -> bool {
        if self.links == Links::Alike {
            return a.link == b.link;
        }
        let uri = |screen: Option<&'a Screen>, link: u16| -> Option<&'a str> {
            let index = usize::from(link.checked_sub(1)?);
            screen?.links.get(index).map(|uri| &**uri)
        };
        uri(self.shown, a.link) == uri(Some(self.next), b.link)
    }

    /// What turns `base` into row `y` of the next picture.
    fn row(&self, base: Row<'a>, y: usize, ops: &mut Vec<Op<'a>>) {
        let cols = self.cols();
        let next = self.next_row(y);
        let same = |x: usize| self.same_cell(base, next, x);
        let Some(first) = self.first_difference(base, next) else {
            return;
        };
        let last = self.last_difference(base, next, first);
        let (screen, y) = (self.next, y as u16);
        let mut limit = last + 1;
        let mut erase = None;
        let tail = if last - first < FEW_BLANKS {
            cols
        } else {
            blank_tail(next, cols, first)
        };
        if last >= tail {
            let from = (tail..=last).find(|x| !same(*x)).unwrap_or(tail);
            if last - from >= FEW_BLANKS {
                erase = Some(from);
                limit = from;
            }
        }
        let mut x = first;
        while x < limit {
            if same(x) {
                x += 1;
                continue;
            }
            let mut to = x + 1;
            let mut gap = 0;
            for at in x + 1..limit {
                if !same(at) {
                    to = at + 1;
                    gap = 0;
                } else if gap == BRIDGE {
                    break;
                } else {
                    gap += 1;
                }
            }
            let to = reach(next, x, to, cols);
            push_run(ops, screen, y, x, to);
            x = to;
        }
        if let Some(from) = erase.map(|from| from.max(x)).filter(|from| *from < cols) {
            ops.push(Op::EraseToEnd {
                screen,
                y,
                from: from as u16,
            });
        }
    }
}

/// Where the blanks at the end of a row begin that one erasure can paint; not before `least`.
fn blank_tail(row: Row<'_>, cols: usize, least: usize) -> usize {
    let end = row.painted(cols - 1, cols);
    if !end.erasable() {
        return cols;
    }
    let mut tail = cols - 1;
    while tail > least {
        let before = row.painted(tail - 1, cols);
        if !before.erasable() || before.style.bg != end.style.bg {
            break;
        }
        tail -= 1;
    }
    tail
}

/// The end of a run `from..to`, moved on over what a terminal that takes a cluster of the run for wider than it is
/// would have overwritten, and not into the middle of a cluster. (Elsewhere a run cannot end there: both halves of
/// a cluster differ from whatever is not that cluster.)
fn reach(row: Row<'_>, from: usize, to: usize, cols: usize) -> usize {
    let mut end = to;
    for x in from..to {
        let cell = row.cell(x);
        if cell.text >= 0x1100 && cell.width != 0 {
            let columns = row.columns(x, cols);
            end = end.max(x + usize::from(row.glyph(cell).reach(columns)));
        }
    }
    let mut end = end.min(cols);
    while end < cols && row.columns(end, cols) == 0 {
        end += 1;
    }
    end
}

/// Adds a run, or lengthens the one before where they meet.
fn push_run<'a>(ops: &mut Vec<Op<'a>>, screen: &'a Screen, y: u16, from: usize, to: usize) {
    if let Some(Op::Run {
        y: row, to: end, ..
    }) = ops.last_mut()
        && *row == y
        && usize::from(*end) >= from
    {
        *end = (*end).max(to as u16);
        return;
    }
    ops.push(Op::Run {
        screen,
        y,
        from: from as u16,
        to: to as u16,
    });
}

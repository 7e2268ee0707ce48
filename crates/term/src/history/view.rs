//! The history in the width of now: where the rows begin in records that were broken for another width.
//!
//! A change of columns rewrites nothing. It counts: how many rows begin in each segment, which for a segment whose lines
//! all fit needs no look at its records. Where a row begins is then found from the segment's start, with the help of an
//! index that is made when somebody looks there; its glyphs are gathered from as many records as it takes.
//!
//! The rules are those of [`crate::reflow`]: columns behind the text of a record whose line goes on are nothing; behind
//! the text of a line they stay as far as they fit into its last row; what OSC 133 marked anywhere in a line marks its
//! first row.

use crate::history::segment::{FRESH, Segment};
use crate::history::{Blocks, History, record_at};
use crate::line::{self, Glyph, Piece, Record};
use crate::row::WRAPPED;

/// Where a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the segment.
    pub(crate) segment: usize,
    /// Which of its records.
    pub(crate) record: u32,
    /// Column of the record.
    pub(crate) x: u16,
    /// A line begins here too.
    pub(crate) begins: bool,
}

/// Every so manieth row of a segment is in its index.
const STEP: u32 = 32;
/// Segments whose index is kept.
const KEPT: usize = 4;

/// Where rows begin in a segment that is not direct: record, column, whether a line begins.
type Begun = (u32, u16, bool);

/// The indices made last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indices(Vec<(Segment, Vec<Begun>)>);

impl Indices {
    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        let begun = |index: &Vec<Begun>| index.capacity() * size_of::<Begun>();
        self.0
            .iter()
            .map(|(_, index)| size_of::<Segment>() + begun(index))
            .sum()
    }
}

/// Breaks text into rows, counting only.
struct Breaker {
    cols: u16,
    /// Columns of the row that is being filled; None when a line begins with what comes.
    width: Option<u16>,
}

impl Breaker {
    /// Goes over columns `from..to` of a record; `open`: its line goes on behind them. Calls `begin` with the column where a row
    /// begins and whether a line does.
    fn record(
        &mut self,
        record: &Record<'_>,
        (from, to, cut): (u16, u16, bool),
        mut begin: impl FnMut(u16, bool),
    ) {
        let open = cut || record.flags & WRAPPED != 0;
        let mut width = self.width.unwrap_or_else(|| {
            begin(from, true);
            0
        });
        let cols = self.cols;
        let end = if cut { to } else { record.end() };
        if record.ascii {
            let (mut x, mut left) = (from, end.saturating_sub(from));
            while left > cols.saturating_sub(width) {
                let room = cols.saturating_sub(width);
                x += room;
                left -= room;
                begin(x, false);
                width = 0;
            }
            width += left;
        } else {
            let mut x = 0;
            record.widths(|w, _| {
                let at = x;
                x += w;
                if at < from || at >= end {
                    return;
                }
                let w = fitting(w, cols);
                if w > cols.saturating_sub(width) {
                    begin(at, false);
                    width = 0;
                }
                width += w;
            });
        }
        self.width = open.then_some(width);
    }
}

/// A wide glyph in a screen of one column takes one.
fn fitting(width: u16, cols: u16) -> u16 {
    if width > cols { 1 } else { width }
}

/// Calls `f` with the number (from the segment's first) and record of the segment's records from `from` on, until it
/// says no. A record that cannot be read comes as an empty one.
fn records<'a>(
    block: &'a [u8],
    s: &Segment,
    from: u32,
    mut f: impl FnMut(u32, Record<'a>) -> bool,
) {
    let mut at = record_at(block, s.first + from);
    for n in from..s.records {
        let found = at.and_then(|at| line::record(block, at));
        at = found.map(|r| r.1);
        if !f(n, found.map_or(Record::default(), |r| r.0)) {
            return;
        }
    }
}

/// Columns of the last row of a direct segment if its line goes on.
fn open_columns(block: &[u8], s: &Segment) -> Option<u16> {
    if s.cut == 0 && !s.wrapped {
        return None;
    }
    let mut width = None;
    let last = s.records.saturating_sub(1);
    records(block, s, last, |n, record| {
        let (from, to, cut) = s.columns(n);
        if cut || record.flags & WRAPPED != 0 {
            let end = if cut { to } else { record.used() };
            width = Some(end.saturating_sub(from));
        }
        true
    });
    width
}

/// Whether the segment's first glyph needs no more than `room` columns.
fn joins(block: &[u8], s: &Segment, room: u16) -> bool {
    let mut first = None;
    records(block, s, 0, |_, record| {
        record.widths(|w, _| {
            first.get_or_insert(w);
        });
        false
    });
    first.is_none_or(|w| w <= room)
}

impl History {
    /// Breaks everything for `cols` columns: counts rows. What is more than the limit is dropped.
    pub(crate) fn rebreak(&mut self, cols: u16, blocks: &dyn Blocks) {
        self.cols = cols;
        self.indices.get_mut().0.clear();
        let mut next = self.first_line;
        let mut width = None;
        for s in &mut self.segments {
            s.line = next;
            let own = s.cols == cols && s.skip == 0;
            s.direct = match width {
                None => own || (!s.wrapped && s.longest <= cols),
                // Rows may have been dropped at the line's beginning, and its records no longer begin rows.
                Some(width) => own && !joins(blocks.get(s.block), s, cols.saturating_sub(width)),
            };
            if s.direct {
                s.carry = FRESH;
                s.rows = s.records;
                width = open_columns(blocks.get(s.block), s);
            } else {
                let (mut rows, mut fresh) = (0, false);
                let mut breaker = Breaker { cols, width };
                records(blocks.get(s.block), s, 0, |n, record| {
                    breaker.record(&record, s.columns(n), |x, _| {
                        fresh |= (n, x) == (0, s.skip);
                        rows += 1;
                    });
                    true
                });
                s.carry = width.filter(|_| !fresh).unwrap_or(FRESH);
                s.rows = rows;
                width = breaker.width;
            }
            next = s.end();
        }
        self.len = (next - self.first_line).min(u64::from(u32::MAX)) as u32;
        if self.len > self.limit {
            self.drop_oldest(self.len - self.limit, blocks);
        }
    }

    /// Where row `line` (absolute) begins.
    pub(crate) fn find(&self, blocks: &dyn Blocks, line: u64) -> Option<Place> {
        let segment = self.segments.partition_point(|s| s.end() <= line);
        let s = self.segments.get(segment)?;
        let n = u32::try_from(line.checked_sub(s.line)?).ok()?;
        if s.direct {
            let (x, ..) = s.columns(n);
            return Some(Place {
                segment,
                record: n,
                x,
                begins: true,
            });
        }
        let mut indices = self.indices.borrow_mut();
        let i = match indices.0.iter().position(|(of, _)| of == s) {
            Some(i) => i,
            None => {
                indices.0.truncate(KEPT - 1);
                let index = self.index(blocks, s);
                indices.0.insert(0, (*s, index));
                0
            }
        };
        let (record, x, begins) = *indices.0[i].1.get((n / STEP) as usize)?;
        drop(indices);
        let mut left = n % STEP;
        let mut found = (left == 0).then_some((record, x, begins));
        if found.is_none() {
            let mut breaker = Breaker {
                cols: self.cols,
                width: Some(0),
            };
            records(blocks.get(s.block), s, record, |at, r| {
                let (from, to, cut) = s.columns(at);
                let from = if at == record { x } else { from };
                breaker.record(&r, (from, to, cut), |x, begins| {
                    left = left.wrapping_sub(1);
                    if left == 0 {
                        found = Some((at, x, begins));
                    }
                });
                found.is_none()
            });
        }
        found.map(|(record, x, begins)| Place {
            segment,
            record,
            x,
            begins,
        })
    }

    fn index(&self, blocks: &dyn Blocks, s: &Segment) -> Vec<Begun> {
        let mut index = Vec::new();
        let mut breaker = Breaker {
            cols: self.cols,
            width: Some(s.carry).filter(|c| *c != FRESH),
        };
        let mut n = 0;
        records(blocks.get(s.block), s, 0, |at, record| {
            breaker.record(&record, s.columns(at), |x, begins| {
                if n % STEP == 0 {
                    index.push((at, x, begins));
                }
                n += 1;
            });
            true
        });
        index
    }

    /// Number of the row that `place` is in.
    pub(crate) fn number(&self, blocks: &dyn Blocks, place: Place) -> u64 {
        let Some(s) = self.segments.get(place.segment) else {
            return self.first_line + u64::from(self.len);
        };
        if s.direct {
            return s.line + u64::from(place.record);
        }
        let mut breaker = Breaker {
            cols: self.cols,
            width: Some(s.carry).filter(|c| *c != FRESH),
        };
        let mut begun = 0;
        records(blocks.get(s.block), s, 0, |at, record| {
            breaker.record(&record, s.columns(at), |x, _| {
                if (at, x) <= (place.record, place.x) {
                    begun += 1;
                }
            });
            at < place.record
        });
        (s.line + begun).saturating_sub(1)
    }

    /// Calls `f` with the glyphs of row `line` (absolute), left to right, and the block that each is in; says the
    /// row's flags. A row that cannot be read is empty.
    pub(crate) fn row<'a>(
        &self,
        blocks: &'a dyn Blocks,
        line: u64,
        mut f: impl FnMut(Piece<'a>, &'a [u8]),
    ) -> u8 {
        let Some(place) = self.find(blocks, line) else {
            return 0;
        };
        let cols = self.cols;
        let mut width = 0;
        let mut flags = 0;
        // What comes behind the last column: the next row of the same line, or nothing.
        let mut full = false;
        for (i, s) in self.segments.iter().enumerate().skip(place.segment) {
            let mut first = 0;
            if i == place.segment {
                first = place.record;
            } else if s.carry == FRESH {
                return flags | WRAPPED;
            }
            let block = blocks.get(s.block);
            let joined = self.segments.get(i + 1).is_some_and(|s| s.carry != FRESH);
            let mut ended = false;
            records(block, s, first, |n, record| {
                let (mut from, to, cut) = s.columns(n);
                if i == place.segment && n == first {
                    from = place.x;
                    // Marks stand on the line's first row.
                    flags = match s.direct {
                        true => record.flags & !WRAPPED,
                        false if place.begins => self.marks(blocks, place),
                        false => 0,
                    };
                } else if s.direct {
                    ended = true;
                    flags |= WRAPPED;
                    return false;
                }
                let open = cut || record.flags & WRAPPED != 0;
                let used = if cut { to } else { record.end() };
                let alone = s.direct && !(joined && n + 1 == s.records);
                let end = if open && !alone { used } else { to };
                let mut x = 0;
                record.each(|mut p| {
                    let at = x;
                    x += u16::from(p.width);
                    if full || at < from || at >= end {
                        return;
                    }
                    if u16::from(p.width) > cols {
                        p.width = 1;
                        p.glyph = Glyph::Char(' ');
                    }
                    if u16::from(p.width) > cols.saturating_sub(width) {
                        full = true;
                        if at < used {
                            flags |= WRAPPED;
                        }
                        return;
                    }
                    width += u16::from(p.width);
                    f(p, block);
                });
                ended = full || !open;
                !ended
            });
            if ended {
                return flags;
            }
        }
        // The line goes on on the screen.
        flags | WRAPPED
    }

    /// The marks of all records of the line that begins at `place`.
    fn marks(&self, blocks: &dyn Blocks, place: Place) -> u8 {
        let mut flags = 0;
        for (i, s) in self.segments.iter().enumerate().skip(place.segment) {
            let first = if i == place.segment { place.record } else { 0 };
            let mut ended = false;
            records(blocks.get(s.block), s, first, |n, record| {
                // What was dropped takes its mark with it.
                if s.columns(n).0 == 0 {
                    flags |= record.flags & !WRAPPED;
                }
                ended = !s.columns(n).2 && record.flags & WRAPPED == 0;
                !ended
            });
            if ended {
                break;
            }
        }
        flags
    }

    /// Whether the newest row's line goes on on the screen.
    pub(crate) fn is_open(&self, blocks: &dyn Blocks) -> bool {
        self.segments
            .back()
            .is_some_and(|s| open_columns(blocks.get(s.block), s).is_some())
    }

    pub(crate) fn drop_oldest(&mut self, n: u32, blocks: &dyn Blocks) {
        let to = self.first_line + u64::from(n.min(self.len));
        match self.find(blocks, to) {
            Some(place) => {
                self.segments.drain(..place.segment);
                if let Some(s) = self.segments.front_mut() {
                    s.rows = (s.end() - to) as u32;
                    s.line = to;
                    s.first += place.record;
                    s.records -= place.record;
                    s.skip = place.x;
                    s.carry = FRESH;
                }
            }
            None => self.segments.clear(),
        }
        self.len -= (to - self.first_line) as u32;
        self.first_line = to;
        self.scrolled = self.scrolled.min(self.len);
    }

    /// Forgets the newest `n` rows. Their bytes stay for the checkpoints that name them.
    pub(crate) fn drop_newest(&mut self, n: u32, blocks: &dyn Blocks) {
        let n = n.min(self.len);
        if n == 0 {
            return;
        }
        let to = self.first_line + u64::from(self.len - n);
        if let Some(place) = self.find(blocks, to) {
            self.segments.truncate(place.segment + 1);
            if let Some(s) = self.segments.back_mut() {
                let (from, ..) = s.columns(place.record);
                s.cut = if place.x > from { place.x } else { 0 };
                s.records = place.record + u32::from(s.cut != 0);
                s.rows = (to - s.line) as u32;
                if s.records == 0 {
                    self.segments.pop_back();
                }
            }
        }
        self.len -= n;
        self.scrolled = self.scrolled.saturating_sub(n);
    }
}

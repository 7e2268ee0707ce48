//! A new width: lines that the old width broke are put together and broken anew.
//!
//! History and primary screen are one stream of rows. A logical line is a row that continues no other and the rows
//! that continue it. Short lines of the history, most of them, are copied as the bytes they are. The last rows
//! of the stream are the new screen, as in tmux: blank rows at the bottom count.

use std::collections::VecDeque;

use crate::history::Blocks;
use crate::line::{Glyph, Loose, Record, Text, link_at};
use crate::row::{Row, WRAPPED};
use crate::terminal::Terminal;

/// A position that stays on its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    /// Absolute row.
    pub(crate) line: u64,
    /// Column; at or right of the row's text it means the end of the logical line.
    pub(crate) x: u16,
    done: bool,
}

impl Anchor {
    pub(crate) fn new(line: u64, x: u16) -> Anchor {
        Anchor {
            line,
            x,
            done: false,
        }
    }
}

/// Id and URI of a link that loose glyphs refer to.
pub(crate) type LooseLink = (Box<str>, Box<str>);
type LooseLinks = Vec<LooseLink>;
/// Flags, glyphs and their links.
type LooseRow = (u8, Vec<Loose>, LooseLinks);

/// A row of the new width.
enum New {
    /// As it stood in the history.
    Bytes(Vec<u8>),
    Cells(u8, Vec<Loose>),
}

/// One old row of the logical line that is being gathered.
struct Part {
    line: u64,
    /// Where its text begins in the logical line, in columns.
    start: usize,
    used: usize,
}

struct Rewrap<'a> {
    cols: usize,
    /// Rows that may become the screen; older ones are in the new history.
    last: VecDeque<New>,
    rows: usize,
    /// Number of the next new row.
    next: u64,
    flags: u8,
    text: Vec<Loose>,
    columns: usize,
    parts: Vec<Part>,
    links: LooseLinks,
    anchors: &'a mut [Anchor],
}

impl Rewrap<'_> {
    fn link(&mut self, link: Option<(&str, &str)>) -> u16 {
        let Some((id, uri)) = link else { return 0 };
        if let Some(i) = self.links.iter().rposition(|l| *l.1 == *uri && *l.0 == *id) {
            return i as u16 + 1;
        }
        if self.links.len() >= 0xfff0 {
            return 0;
        }
        self.links.push((id.into(), uri.into()));
        self.links.len() as u16
    }

    /// Adds one glyph of an old row.
    fn add(
        &mut self,
        glyph: Glyph<'_>,
        width: u8,
        style: crate::style::Style,
        link: Option<(&str, &str)>,
    ) {
        let link = self.link(link);
        self.text.push(Loose {
            text: Text::of(glyph),
            width,
            style,
            link,
        });
    }

    /// Ends an old row: what it added begins at `from`.
    fn end_row(&mut self, line: u64, from: usize, flags: u8, target: &mut dyn FnMut(New)) {
        self.flags |= flags & !WRAPPED;
        let used = self.text[from..]
            .iter()
            .rposition(|c| c.text != Text::Empty)
            .map_or(0, |i| i + 1);
        let wrapped = flags & WRAPPED != 0;
        // Coloured blanks behind the text of a row are kept only at the end of the logical line.
        let blanks = if wrapped {
            Vec::new()
        } else {
            self.text.split_off(from + used)
        };
        self.text.truncate(from + used);
        let width: usize = self.text[from..].iter().map(|c| usize::from(c.width)).sum();
        self.parts.push(Part {
            line,
            start: self.columns,
            used: width,
        });
        self.columns += width;
        if !wrapped {
            self.end_line(blanks, target);
        }
    }

    /// Breaks the logical line.
    fn end_line(&mut self, blanks: Vec<Loose>, target: &mut dyn FnMut(New)) {
        let text = std::mem::take(&mut self.text);
        let first = self.next;
        // Where each new row begins, in columns.
        let mut starts = vec![0usize];
        let mut row: Vec<Loose> = Vec::new();
        let (mut at, mut width) = (0, 0);
        let mut flags = std::mem::take(&mut self.flags);
        for mut c in text {
            let w = usize::from(c.width);
            if w > self.cols {
                // A wide glyph in a screen of one column.
                c = Loose {
                    text: Text::Char(' '),
                    width: 1,
                    ..c
                };
            }
            if width + usize::from(c.width) > self.cols {
                target(New::Cells(flags | WRAPPED, std::mem::take(&mut row)));
                flags = 0;
                self.next += 1;
                starts.push(at);
                width = 0;
            }
            width += usize::from(c.width);
            at += w;
            row.push(c);
        }
        let used = width;
        for c in blanks {
            if width + usize::from(c.width) <= self.cols {
                width += usize::from(c.width);
                row.push(c);
            }
        }
        target(New::Cells(flags, row));
        self.next += 1;
        for a in self.anchors.iter_mut().filter(|a| !a.done) {
            let Some(part) = self.parts.iter().find(|p| p.line == a.line) else {
                continue;
            };
            a.done = true;
            if usize::from(a.x) >= part.used {
                a.line = first + starts.len() as u64 - 1;
                a.x = used as u16;
            } else {
                let offset = part.start + usize::from(a.x);
                let i = starts.partition_point(|s| *s <= offset) - 1;
                a.line = first + i as u64;
                a.x = (offset - starts[i]) as u16;
            }
        }
        self.parts.clear();
        self.columns = 0;
    }

    /// A line that fits as it is.
    fn keep(&mut self, line: u64, bytes: &[u8], columns: usize, target: &mut dyn FnMut(New)) {
        for a in self
            .anchors
            .iter_mut()
            .filter(|a| !a.done && a.line == line)
        {
            a.done = true;
            a.line = self.next;
            a.x = a.x.min(columns as u16);
        }
        target(New::Bytes(bytes.to_vec()));
        self.next += 1;
    }
}

impl Terminal {
    /// Rewraps history and primary screen, which must be in `grid`, to `cols` columns; the screen keeps its number
    /// of rows. Anchors move with their text.
    pub(crate) fn reflow(&mut self, cols: u16, anchors: &mut [Anchor]) {
        let rows = usize::from(self.size.rows);
        self.history.flush(self.blocks.as_mut());
        let old = std::mem::take(&mut self.history.segments);
        let (first, len) = (self.history.first_line, self.history.len);
        // Rows older than this were cleared from view: a growing screen does not pull them back.
        let kept_from = first + u64::from(len - self.history.scrolled.min(len));
        let mut cleared = None;
        self.history.restart(first);

        let mut wrap = Rewrap {
            cols: usize::from(cols),
            last: VecDeque::new(),
            rows,
            next: first,
            flags: 0,
            text: Vec::new(),
            columns: 0,
            parts: Vec::new(),
            links: Vec::new(),
            anchors,
        };
        let mut block = Vec::new();
        let mut block_number = None;
        for segment in &old {
            // A copy, because the new history is written into the same set of blocks.
            if block_number != Some(segment.block) {
                block.clear();
                block.extend_from_slice(self.blocks.get(segment.block));
                block_number = Some(segment.block);
            }
            crate::history::rows_of(&block, segment, |line, record| {
                if line == kept_from && cleared.is_none() {
                    cleared = Some(wrap.next);
                }
                let mut out = Vec::new();
                wrap.record(line, record, &block, &mut |new| out.push(new));
                for new in out {
                    wrap.store(new, &mut self.history, self.blocks.as_mut());
                }
            });
        }
        let screen = first + u64::from(len);
        let cleared = cleared.unwrap_or(wrap.next);
        let mut old_rows: Vec<Row> = Vec::new();
        self.grid
            .replace(|all| old_rows = std::mem::take(all), self.now);
        let mut out = Vec::new();
        for (y, row) in old_rows.iter().enumerate() {
            let from = wrap.text.len();
            self.each_in_row(row, |seen| {
                wrap.add(seen.glyph, seen.width, seen.style, seen.link)
            });
            // The last row cannot go on below the screen.
            let flags = if y + 1 == old_rows.len() {
                row.flags & !WRAPPED
            } else {
                row.flags
            };
            wrap.end_row(screen + y as u64, from, flags, &mut |new| out.push(new));
        }
        drop(old_rows);
        for new in out {
            wrap.store(new, &mut self.history, self.blocks.as_mut());
        }
        self.history.flush(self.blocks.as_mut());
        self.history.scrolled =
            (self.screen_line().saturating_sub(cleared) as u32).min(self.history.len);

        let Rewrap { last, links, .. } = wrap;
        self.fill_screen(last, &links, rows);
        self.epoch += 1;
    }

    /// Makes the rows of the primary screen.
    fn fill_screen(&mut self, last: VecDeque<New>, links: &[LooseLink], rows: usize) {
        let now = self.now;
        self.grid.set_height(rows as u16, now);
        for (y, new) in last.into_iter().enumerate() {
            let y = y as u16;
            match new {
                New::Cells(flags, cells) => self.put_loose(y, flags, &cells, links),
                New::Bytes(bytes) => {
                    if let Some((record, _)) = crate::line::record(&bytes, 0) {
                        let mut cells = Vec::new();
                        loosen(&record, |_| 0, &mut cells);
                        self.put_loose(y, record.flags, &cells, &[]);
                    }
                }
            }
        }
        self.grid.touch_all(now);
    }

    /// Writes loose glyphs into row `y` of `grid`.
    pub(crate) fn put_loose(&mut self, y: u16, flags: u8, cells: &[Loose], links: &[LooseLink]) {
        self.grid.row_mut(y).flags = flags;
        let mut x = 0;
        for c in cells {
            let cell = self.firm(c, links);
            let row = self.grid.row_mut(y);
            if c.width == 2 {
                row.put_wide(x, cell);
            } else {
                row.put(x, cell);
            }
            x += usize::from(c.width);
        }
    }

    /// A loose glyph as a cell.
    fn firm(&mut self, c: &Loose, links: &[LooseLink]) -> crate::cell::Cell {
        use crate::cell::{Cell, look};
        // A sweep between two of these would renumber what the first one gave.
        for _ in 0..3 {
            let sweeps = self.sweeps;
            let style = self.intern_style(&c.style);
            let link = match c
                .link
                .checked_sub(1)
                .and_then(|i| links.get(usize::from(i)))
            {
                Some((id, uri)) => self.intern_link(id, uri),
                None => 0,
            };
            let index = match &c.text {
                Text::Cluster(s) => self.intern_cluster(s),
                _ => None,
            };
            if sweeps != self.sweeps {
                continue;
            }
            let look = look(style, link);
            let wide = c.width == 2;
            return match (&c.text, index) {
                (Text::Cluster(_), Some(i)) => Cell::cluster(i, wide, look),
                (Text::Cluster(s), None) => {
                    Cell::narrow(s.chars().next().map_or(0x20, u32::from), look)
                }
                (Text::Char(ch), _) if wide => Cell::wide(u32::from(*ch), look),
                (Text::Char(ch), _) => Cell::narrow(u32::from(*ch), look),
                (Text::Empty, _) => Cell::narrow(0, look),
            };
        }
        Cell::narrow(0x20, 0)
    }

    /// Takes the newest `n` rows of the history back as loose rows, oldest first.
    pub(crate) fn pull_history(&mut self, n: u32) -> Vec<LooseRow> {
        self.history.flush(self.blocks.as_mut());
        let to = self.screen_line();
        let mut rows = Vec::new();
        self.history.each(
            self.blocks.as_ref(),
            to - u64::from(n),
            to,
            |_, record, block| {
                let mut links: LooseLinks = Vec::new();
                let mut cells = Vec::new();
                let number = |at: u16| {
                    let Some((id, uri)) = link_at(block, at) else {
                        return 0;
                    };
                    if links.last().is_none_or(|l| *l.1 != *uri || *l.0 != *id) {
                        links.push((id.into(), uri.into()));
                    }
                    links.len() as u16
                };
                loosen(&record, number, &mut cells);
                rows.push((record.flags, cells, links));
            },
        );
        self.history.drop_newest(n);
        rows
    }
}

/// The glyphs of a record; `number` makes a number of a link's place.
fn loosen(record: &Record<'_>, mut number: impl FnMut(u16) -> u16, cells: &mut Vec<Loose>) {
    record.each(|p| {
        let link = if p.link == 0 { 0 } else { number(p.link) };
        cells.push(Loose {
            text: Text::of(p.glyph),
            width: p.width,
            style: p.style,
            link,
        });
    });
}

impl Rewrap<'_> {
    /// An old row of the history.
    fn record(&mut self, line: u64, record: Record<'_>, block: &[u8], target: &mut dyn FnMut(New)) {
        if self.parts.is_empty() && record.flags & WRAPPED == 0 && !record.linked {
            let columns = record.columns();
            if columns <= self.cols && !record.bytes.is_empty() {
                return self.keep(line, record.bytes, columns, target);
            }
        }
        let from = self.text.len();
        record.each(|p| {
            let link = (p.link != 0).then(|| link_at(block, p.link)).flatten();
            self.add(p.glyph, p.width, p.style, link);
        });
        self.end_row(line, from, record.flags, target);
    }

    /// Keeps a new row, and moves the oldest one kept to the history when there are more than the screen has.
    fn store(&mut self, new: New, history: &mut crate::history::History, blocks: &mut dyn Blocks) {
        self.last.push_back(new);
        if self.last.len() <= self.rows {
            return;
        }
        match self.last.pop_front() {
            Some(New::Bytes(bytes)) => history.push_record(&bytes, blocks),
            Some(New::Cells(flags, cells)) => {
                history.push_loose(flags, &cells, &self.links, blocks)
            }
            None => {}
        }
    }
}

//! A new width: lines that the old width broke are put together and broken anew.
//!
//! History and primary screen are one stream of rows. A logical line is a row that continues no other and the rows
//! that continue it. The last rows of the stream are the new screen, as in tmux: blank rows at the bottom count. Of the
//! history only its last rows move, those that leave the screen or come to it; the others stay as they are written and
//! are broken anew when somebody looks ([`crate::history`]).

use std::collections::VecDeque;

use crate::history::{Blocks, Place};
use crate::line::{Glyph, Loose, Text, link_at};
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

/// A row of the new width: flags and glyphs.
type New = (u8, Vec<Loose>);

/// An anchor on a row of the history while lines are broken anew.
struct Mark {
    /// Which anchor.
    index: usize,
    /// Where its logical line begins: a row before the change and after it.
    place: Option<Place>,
    line: u64,
    /// Columns from there; None for the end of the line.
    columns: Option<usize>,
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
                target((flags | WRAPPED, std::mem::take(&mut row)));
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
        target((flags, row));
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
}

impl Terminal {
    /// Rewraps history and primary screen, which must be in `grid`, to `cols` columns; the screen keeps its number
    /// of rows. Anchors move with their text.
    pub(crate) fn reflow(&mut self, cols: u16, anchors: &mut [Anchor]) {
        let rows = usize::from(self.size.rows);
        self.history.flush(self.blocks.as_mut());
        let (first, len) = (self.history.first_line, self.history.len);
        let screen = first + u64::from(len);
        // Rows older than this were cleared from view: a growing screen does not pull them back.
        let scrolled = self.history.scrolled.min(len);
        let blocks = self.blocks.as_ref();
        let kept_from = match scrolled {
            0 => None,
            n => self.history.find(blocks, screen - u64::from(n)),
        };
        let mut marks: Vec<Mark> = Vec::new();
        for (i, a) in anchors.iter().enumerate().filter(|(_, a)| a.line < screen) {
            marks.extend(self.mark(i, a));
        }

        self.history.rebreak(cols, blocks);
        let end = self.screen_line();
        let cleared = match kept_from {
            Some(_) if scrolled == len => self.history.first_line,
            Some(place) => self.history.number(blocks, place),
            None => end,
        };
        for mark in &mut marks {
            mark.line = mark
                .place
                .map_or(end, |place| self.history.number(blocks, place));
        }

        let mut wrap = Rewrap {
            cols: usize::from(cols),
            last: VecDeque::new(),
            rows,
            next: end,
            flags: 0,
            text: Vec::new(),
            columns: 0,
            parts: Vec::new(),
            links: Vec::new(),
            anchors,
        };
        self.resume(&mut wrap);
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
        let Rewrap { last, links, .. } = wrap;
        // Rows come back when the lines of the screen need fewer than it has.
        let missing = (rows - last.len()) as u32;
        let back = self.pull_history(missing.min(self.history.len));
        self.history.scrolled =
            (self.screen_line().saturating_sub(cleared) as u32).min(self.history.len);
        self.fill_screen(&back, last, &links, rows);
        self.place_marks(&marks, anchors);
        self.epoch += 1;
    }

    /// Begins with the row of the history whose line goes on on the screen, if there is one.
    fn resume(&mut self, wrap: &mut Rewrap<'_>) {
        if self.history.len == 0 || !self.history.is_open(self.blocks.as_ref()) {
            return;
        }
        for (flags, mut cells, links) in self.pull_history(1) {
            wrap.next -= 1;
            while cells.last().is_some_and(|c| c.text == Text::Empty) {
                cells.pop();
            }
            wrap.flags = flags & !WRAPPED;
            wrap.columns = cells.iter().map(|c| usize::from(c.width)).sum();
            wrap.text = cells;
            wrap.links = links;
        }
    }

    /// Where an anchor on a row of the history is in its logical line.
    fn mark(&self, index: usize, a: &Anchor) -> Option<Mark> {
        let used = |line| {
            let (mut x, mut used) = (0, 0);
            let flags = self.each_glyph(line, |seen| {
                x += usize::from(seen.width);
                if seen.glyph != Glyph::Empty {
                    used = x;
                }
            });
            (used, flags & WRAPPED != 0)
        };
        let mut columns = Some(usize::from(a.x)).filter(|x| *x < used(a.line).0);
        let mut line = a.line;
        while line > self.history.first_line {
            let (above, wrapped) = used(line - 1);
            if !wrapped {
                break;
            }
            line -= 1;
            columns = columns.map(|c| c + above);
        }
        Some(Mark {
            index,
            place: Some(self.history.find(self.blocks.as_ref(), line)?),
            line,
            columns,
        })
    }

    /// Gives anchors their new places.
    fn place_marks(&self, marks: &[Mark], anchors: &mut [Anchor]) {
        let bottom = self.screen_line() + u64::from(self.size.rows);
        for mark in marks {
            let mut line = mark.line;
            let mut left = mark.columns;
            let x = loop {
                let (mut x, mut used) = (0, 0);
                let flags = self.each_glyph(line, |seen| {
                    x += usize::from(seen.width);
                    if seen.glyph != Glyph::Empty {
                        used = x;
                    }
                });
                let goes_on = flags & WRAPPED != 0 && line + 1 < bottom;
                match left {
                    Some(n) if n < used || !goes_on => break n.min(used),
                    None if !goes_on => break used,
                    Some(n) => left = Some(n - used),
                    None => {}
                }
                line += 1;
            };
            if let Some(a) = anchors.get_mut(mark.index) {
                (a.line, a.x, a.done) = (line, x as u16, true);
            }
        }
    }

    /// Makes the rows of the primary screen: those that came back from the history, then those of the screen's lines.
    fn fill_screen(
        &mut self,
        back: &[LooseRow],
        last: VecDeque<New>,
        links: &[LooseLink],
        rows: usize,
    ) {
        let now = self.now;
        self.grid.set_height(rows as u16, now);
        let back = back
            .iter()
            .map(|(flags, cells, links)| (*flags, cells.as_slice(), links.as_slice()));
        let last = last
            .iter()
            .map(|(flags, cells)| (*flags, cells.as_slice(), links));
        for (y, (flags, cells, links)) in (0..rows as u16).zip(back.chain(last)) {
            self.put_loose(y, flags, cells, links);
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
        for line in to - u64::from(n)..to {
            let mut links: LooseLinks = Vec::new();
            let mut cells = Vec::new();
            let flags = self.history.row(self.blocks.as_ref(), line, |p, block| {
                let mut link = 0;
                if let Some((id, uri)) = (p.link != 0).then(|| link_at(block, p.link)).flatten() {
                    if links.last().is_none_or(|l| *l.1 != *uri || *l.0 != *id) {
                        links.push((id.into(), uri.into()));
                    }
                    link = links.len() as u16;
                }
                cells.push(Loose {
                    text: Text::of(p.glyph),
                    width: p.width,
                    style: p.style,
                    link,
                });
            });
            rows.push((flags, cells, links));
        }
        self.history.drop_newest(n, self.blocks.as_ref());
        rows
    }
}

impl Rewrap<'_> {
    /// Keeps a new row, and moves the oldest one kept to the history when there are more than the screen has.
    fn store(&mut self, new: New, history: &mut crate::history::History, blocks: &mut dyn Blocks) {
        self.last.push_back(new);
        if self.last.len() > self.rows
            && let Some((flags, cells)) = self.last.pop_front()
        {
            history.push_loose(flags, &cells, &self.links, blocks);
        }
    }
}

//! Text into the grid: runs of ASCII, runs of other text, and the joining of grapheme clusters.

use crate::cell::Cell;
use crate::intern::CLUSTER_LEN;
use crate::modes::flag;
use crate::parse::{Utf8, decode};
use crate::row::WRAPPED;
use crate::terminal::Terminal;
use crate::width::{Props, Tail, joined_width, props};

impl Terminal {
    /// One past the last column that text may reach from the cursor: the right margin, or the screen's edge when
    /// the cursor is right of it.
    #[inline]
    fn limit(&self) -> u16 {
        if self.x <= self.right {
            self.right + 1
        } else {
            self.size.cols
        }
    }

    /// Prints bytes 0x20 to 0x7e.
    pub(crate) fn print_ascii(&mut self, mut run: &[u8]) {
        if !self.plain || self.tail == Tail::Prepend {
            for &b in run {
                let c = self.charsets.map(b);
                self.refresh_plain();
                self.print(c);
            }
            return;
        }
        self.tail = Tail::None;
        self.last_char = run.last().map_or(self.last_char, |b| u32::from(*b));
        loop {
            if self.wrap_pending {
                self.wrap();
            }
            // After the wrap: it may have swept the tables.
            let look = self.look();
            let limit = self.limit();
            let room = usize::from(limit - self.x);
            let n = room.min(run.len());
            let row = self.grid.row_mut(self.y);
            row.write_ascii(usize::from(self.x), &run[..n], look);
            row.change = self.now;
            self.touched = true;
            if n < room {
                self.x += n as u16;
                return;
            }
            if limit == self.size.cols {
                row.flags &= !WRAPPED;
            }
            self.x = limit - 1;
            self.wrap_pending = true;
            run = &run[n..];
            let Some(&last) = run.last() else { return };
            if self.flags & flag::WRAP == 0 {
                // Without autowrap all the rest lands in the last column.
                row.write_ascii(usize::from(self.x), &[last], look);
                return;
            }
        }
    }

    /// Prints text that begins with a byte of 0x80 or more; says how many bytes it took.
    pub(crate) fn print_text(&mut self, bytes: &[u8]) -> usize {
        let mut i = 0;
        loop {
            i += self.print_simple(&bytes[i..]);
            match bytes.get(i) {
                Some(0x80..) => {}
                Some(0x20..=0x7e) => {
                    // A joined or wrapping character: the run goes on as text.
                    let c = self.charsets.map(bytes[i]);
                    self.refresh_plain();
                    self.print(c);
                    i += 1;
                    continue;
                }
                _ => return i,
            }
            match decode(&bytes[i..]) {
                Utf8::Char(c, len) => {
                    self.print(c);
                    i += len;
                }
                Utf8::Invalid(len) => {
                    self.print(0xfffd);
                    i += len;
                }
                Utf8::Incomplete => {
                    let rest = &bytes[i..];
                    self.parser.partial[..rest.len()].copy_from_slice(rest);
                    self.parser.partial_len = rest.len() as u8;
                    return bytes.len();
                }
            }
        }
    }

    /// Prints as much as needs no joining and no wrapping; says how many bytes that was.
    #[inline]
    fn print_simple(&mut self, bytes: &[u8]) -> usize {
        let own = self.rules.as_ref().is_some_and(|rules| rules.has_widths());
        if own || !self.plain || self.tail == Tail::Prepend || self.wrap_pending {
            return 0;
        }
        let look = self.look();
        let limit = usize::from(self.limit());
        let start = usize::from(self.x);
        let mut x = start;
        let mut i = 0;
        let mut last = self.last_char;
        let row = self.grid.row_mut(self.y);
        // The row is made long enough once, so that each character is a plain store; blanks that stay at its end are
        // passed over by whoever reads it.
        if row.cells.len() < limit {
            row.cells.resize(limit, Cell::EMPTY);
        }
        let cells = &mut row.cells[..];
        let splits = cells[x].is_tail();
        while let Some(&b) = bytes.get(i) {
            let (c, len) = match b {
                0x20..=0x7e => (u32::from(b), 1),
                0x80.. => match decode(&bytes[i..]) {
                    Utf8::Char(c, len) => (c, len),
                    _ => break,
                },
                _ => break,
            };
            let p = props(c);
            if !p.simple() {
                break;
            }
            match (p.width(), &mut cells[x..limit]) {
                (1, [cell, ..]) => {
                    *cell = Cell::narrow(c, look);
                    x += 1;
                }
                (2, [head, tail, ..]) => {
                    *head = Cell::wide(c, look);
                    *tail = Cell::tail(look);
                    x += 2;
                }
                _ => break,
            }
            i += len;
            last = c;
        }
        if i > 0 {
            // What was half overwritten at either end becomes a blank.
            if splits {
                cells[start - 1] =
                    Cell::narrow(0x20, crate::cell::look(cells[start - 1].style(), 0));
            }
            if let Some(cell) = cells.get_mut(x).filter(|c| c.is_tail()) {
                *cell = Cell::narrow(0x20, crate::cell::look(cell.style(), 0));
            }
        }
        if i > 0 {
            row.change = self.now;
            self.touched = true;
            self.tail = Tail::None;
            self.last_char = last;
            if x == limit {
                if limit == usize::from(self.size.cols) {
                    row.flags &= !WRAPPED;
                }
                x -= 1;
                self.wrap_pending = true;
            }
            self.x = x as u16;
        }
        i
    }

    /// Prints one scalar value: joins it to the cluster before the cursor or begins a new one.
    pub(crate) fn print(&mut self, c: u32) {
        let p = self.props(c);
        let class = p.class();
        let here = self.tail_at == (self.x, self.y);
        let tail = if here { self.tail } else { Tail::None };
        if tail.joins(class) && self.join(c, p, tail) {
            self.tail = tail.then(class, true);
            self.tail_at = (self.x, self.y);
            return;
        }
        if p.width() == 0 {
            // Nothing to join, nothing to draw.
            return;
        }
        self.put(Cell::narrow(c, 0), p.width());
        self.last_char = c;
        self.tail = tail.then(class, false);
        self.tail_at = (self.x, self.y);
    }

    /// Writes a glyph of `width` columns (its look is the pen's) at the cursor and moves on.
    pub(crate) fn put(&mut self, glyph: Cell, width: u8) {
        let wide = width == 2;
        if wide && self.size.cols < 2 {
            return;
        }
        if self.wrap_pending {
            self.wrap();
        }
        let mut limit = self.limit();
        if wide && self.x + 2 > limit {
            if self.flags & flag::WRAP == 0 {
                return;
            }
            self.wrap();
            limit = self.limit();
            if self.x + 2 > limit {
                return;
            }
        }
        let look = self.look();
        let (x, n) = (usize::from(self.x), usize::from(width));
        let insert = self.flags & flag::INSERT != 0;
        let row = self.grid.row_mut(self.y);
        if insert {
            row.insert(x, n, usize::from(limit) - 1, Cell::EMPTY);
        }
        if wide {
            row.put_wide(x, Cell(Cell::wide(0, 0).0 | glyph.with_look(look).0));
        } else {
            row.put(x, glyph.with_look(look));
        }
        row.change = self.now;
        self.touched = true;
        self.step(u16::from(width), limit);
    }

    /// The cursor moves right over what was written; at `limit` a wrap is pending.
    fn step(&mut self, n: u16, limit: u16) {
        self.x += n;
        if self.x >= limit {
            self.x = limit - 1;
            if limit == self.size.cols {
                self.grid.row_mut(self.y).flags &= !WRAPPED;
            }
            self.wrap_pending = true;
        }
    }

    /// The next line, because this one is full; without autowrap the cursor stays.
    pub(crate) fn wrap(&mut self) {
        self.wrap_pending = false;
        if self.flags & flag::WRAP == 0 {
            return;
        }
        if self.x == self.size.cols - 1 {
            self.grid.row_mut(self.y).flags |= WRAPPED;
        }
        self.index();
        self.x = self.left;
    }

    /// Column of the head of the cluster before the cursor.
    fn head_before(&self) -> Option<u16> {
        let x = if self.wrap_pending {
            self.x
        } else {
            self.x.checked_sub(1)?
        };
        let row = self.grid.row(self.y);
        if row.get(usize::from(x)).is_tail() {
            x.checked_sub(1)
        } else {
            Some(x)
        }
    }

    /// Joins `c` to the cluster before the cursor; false when it must begin one of its own.
    fn join(&mut self, c: u32, p: Props, tail: Tail) -> bool {
        let Some(x) = self.head_before() else {
            return false;
        };
        let cell = self.grid.row(self.y).get(usize::from(x));
        if !cell.used() {
            return false;
        }
        if self.join_known(x, cell, c, tail) {
            return true;
        }
        let mut space = [0; CLUSTER_LEN];
        let len = if cell.is_cluster() {
            let old = self.clusters.get(cell.text()).as_bytes();
            space[..old.len()].copy_from_slice(old);
            old.len()
        } else {
            let base = char::from_u32(cell.text())
                .filter(|c| *c >= ' ')
                .unwrap_or(' ');
            base.encode_utf8(&mut space).len()
        };
        let base = match decode_any(&space) {
            Utf8::Char(c, _) => self.props(c),
            _ => Props(1),
        };
        let width = if cell.is_wide() { 2 } else { 1 };
        let selector = self.rules.as_ref().is_none_or(|rules| rules.selector());
        let Some(new_width) = joined_width(width, base, p, c, tail, selector) else {
            return false;
        };
        let Some(c) = char::from_u32(c) else {
            return true;
        };
        if len + c.len_utf8() > CLUSTER_LEN {
            // Over the bound: what joins is dropped, so that a cluster without end costs nothing.
            return true;
        }
        let len = len + c.encode_utf8(&mut space[len..]).len();
        let Ok(text) = std::str::from_utf8(&space[..len]) else {
            return true;
        };
        let may_wrap = self.flags & flag::WRAP != 0 && self.size.cols > 1;
        let mut wide = new_width == 2;
        if new_width > width && !self.widen(x) {
            wide = false;
        }
        if new_width > width && !wide && may_wrap {
            // No room in this line: the cluster moves to the next.
            let row = self.grid.row_mut(self.y);
            row.fill(usize::from(x), usize::from(x) + 1, Cell::EMPTY);
            row.change = self.now;
            self.x = x;
            self.wrap();
            self.look();
            // Interning comes last before its use: it may sweep the tables, and a sweep renumbers.
            let Some(index) = self.intern_cluster(text) else {
                return true;
            };
            self.put(Cell::cluster(index, false, 0), 2);
            return true;
        }
        let Some(index) = self.intern_cluster(text) else {
            return true;
        };
        let cell = self.grid.row(self.y).get(usize::from(x));
        let new = Cell::cluster(index, wide, cell.look());
        if new_width == width {
            self.joins
                .note(cell, u32::from(c), tail, index, self.sweeps);
        }
        let row = self.grid.row_mut(self.y);
        if let Some(slot) = row.cells.get_mut(usize::from(x)) {
            *slot = new;
        } else {
            row.put(usize::from(x), new);
        }
        row.change = self.now;
        self.touched = true;
        true
    }

    /// A join that came before, of the same cell and scalar value, and changed no width.
    fn join_known(&mut self, x: u16, cell: Cell, c: u32, tail: Tail) -> bool {
        let Some(index) = self.joins.find(cell, c, tail, self.sweeps) else {
            return false;
        };
        let row = self.grid.row_mut(self.y);
        if let Some(slot) = row.cells.get_mut(usize::from(x)) {
            *slot = Cell::cluster(index, cell.is_wide(), cell.look());
            row.change = self.now;
            self.touched = true;
        }
        true
    }

    /// Makes the narrow cluster at `x`, the last one printed, two columns wide; false when there is no room.
    fn widen(&mut self, x: u16) -> bool {
        let limit = self.limit();
        if x + 2 > limit {
            return false;
        }
        let insert = self.flags & flag::INSERT != 0;
        let row = self.grid.row_mut(self.y);
        let head = row.get(usize::from(x));
        if insert {
            row.insert(usize::from(x) + 1, 1, usize::from(limit) - 1, Cell::EMPTY);
        }
        row.put_wide(usize::from(x), head);
        if self.x == x + 1 {
            self.step(1, limit);
        }
        true
    }

    /// REP: the last graphic character `n` more times; a screenful at most.
    pub(crate) fn repeat(&mut self, n: u16) {
        let most = u32::from(self.size.cols) * u32::from(self.size.rows);
        let n = u32::from(n).min(most);
        let c = self.last_char;
        if c == 0 {
            return;
        }
        if let (0x20..=0x7e, true) = (c, self.plain) {
            let run = [c as u8; 256];
            let mut left = n as usize;
            while left > 0 {
                let k = left.min(run.len());
                self.print_ascii(&run[..k]);
                left -= k;
            }
        } else {
            for _ in 0..n {
                self.put(Cell::narrow(c, 0), self.props(c).width().max(1));
            }
        }
    }
}

/// The first scalar value of some UTF-8.
fn decode_any(b: &[u8]) -> Utf8 {
    if b[0] < 0x80 {
        Utf8::Char(u32::from(b[0]), 1)
    } else {
        decode(b)
    }
}

/// Joins that happened lately, so that text full of the same clusters need not spell and look up each again. Nothing
/// depends on what is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joins {
    /// Which cell and what joined it, and the index of the cluster; no entries before the first join.
    entries: Vec<(u64, u32)>,
    /// `Terminal::sweeps` for which the indices hold.
    sweeps: u64,
}

const JOINS: usize = 64;

impl Joins {
    fn key(cell: Cell, c: u32, tail: Tail) -> (u64, usize) {
        // Glyph bits of the cell, scalar value, tail: 24 + 21 + 4 bits, never 0.
        let key = (cell.0 & 0xff_ffff) | u64::from(c) << 24 | (tail as u64) << 48 | 1 << 63;
        let slot = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        (key, slot as usize)
    }

    fn find(&self, cell: Cell, c: u32, tail: Tail, sweeps: u64) -> Option<u32> {
        let (key, slot) = Self::key(cell, c, tail);
        let entry = self.entries.get(slot)?;
        (self.sweeps == sweeps && entry.0 == key).then_some(entry.1)
    }

    fn note(&mut self, cell: Cell, c: u32, tail: Tail, index: u32, sweeps: u64) {
        if self.sweeps != sweeps || self.entries.is_empty() {
            self.entries.clear();
            self.entries.resize(JOINS, (0, 0));
            self.sweeps = sweeps;
        }
        let (key, slot) = Self::key(cell, c, tail);
        self.entries[slot] = (key, index);
    }
}

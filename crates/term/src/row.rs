//! One row of a grid: cells up to the last one that is not empty, and what is known of the row as a whole.
//!
//! A row holds at most as many cells as the screen has columns; columns beyond the last cell are
//! [`Cell::EMPTY`]. So an erased row costs nothing, scrolling clears by truncation, and a checkpoint copies
//! only what is there.

use crate::cell::Cell;

/// The next row continues this one: the program's line was longer than the screen.
pub(crate) const WRAPPED: u8 = 1;
/// OSC 133;A came here.
pub(crate) const PROMPT: u8 = 2;
/// OSC 133;C came here.
pub(crate) const OUTPUT: u8 = 4;

/// One row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// The change number at which the row's own content last changed.
    pub(crate) change: u64,
    pub(crate) flags: u8,
}

impl Row {
    pub(crate) fn wrapped(&self) -> bool {
        self.flags & WRAPPED != 0
    }

    pub(crate) fn get(&self, x: usize) -> Cell {
        self.cells.get(x).copied().unwrap_or(Cell::EMPTY)
    }

    /// The cells without empty ones at the end.
    pub(crate) fn trimmed(&self) -> &[Cell] {
        let mut n = self.cells.len();
        while n > 0 && self.cells[n - 1] == Cell::EMPTY {
            n -= 1;
        }
        &self.cells[..n]
    }

    /// One past the last column that a program wrote.
    pub(crate) fn used(&self) -> usize {
        self.cells
            .iter()
            .rposition(|c| c.used())
            .map_or(0, |x| x + 1)
    }

    /// Makes the row blank in `blank`, `cols` wide.
    pub(crate) fn reset(&mut self, blank: Cell, cols: usize) {
        self.cells.clear();
        self.flags = 0;
        if blank != Cell::EMPTY {
            self.cells.resize(cols, blank);
        }
    }

    fn reach(&mut self, n: usize) {
        if self.cells.len() < n {
            self.cells.resize(n, Cell::EMPTY);
        }
    }

    fn trim(&mut self) {
        let n = self.trimmed().len();
        self.cells.truncate(n);
    }

    /// Sees to it that no wide cluster crosses from column `x - 1` to `x`: its halves become blanks.
    #[inline]
    pub(crate) fn cut(&mut self, x: usize) {
        if x < self.cells.len() && self.cells[x].is_tail() {
            let blank = Cell::narrow(0x20, crate::cell::look(self.cells[x].style(), 0));
            self.cells[x] = blank;
            if x > 0 {
                self.cells[x - 1] = blank;
            }
        }
    }

    /// Writes printable ASCII from column `x`.
    #[inline]
    pub(crate) fn write_ascii(&mut self, x: usize, bytes: &[u8], look: u64) {
        let end = x + bytes.len();
        if x == self.cells.len() {
            self.cells
                .extend(bytes.iter().map(|b| Cell(u64::from(*b) | look)));
            return;
        }
        self.cut(x);
        self.cut(end);
        self.reach(x);
        let have = (self.cells.len() - x).min(bytes.len());
        for (cell, b) in self.cells[x..x + have].iter_mut().zip(bytes) {
            *cell = Cell(u64::from(*b) | look);
        }
        self.cells
            .extend(bytes[have..].iter().map(|b| Cell(u64::from(*b) | look)));
    }

    /// Writes a cell of one column.
    #[inline]
    pub(crate) fn put(&mut self, x: usize, cell: Cell) {
        if x == self.cells.len() {
            self.cells.push(cell);
            return;
        }
        self.cut(x);
        self.cut(x + 1);
        self.reach(x);
        match self.cells.get_mut(x) {
            Some(c) => *c = cell,
            None => self.cells.push(cell),
        }
    }

    /// Writes the head of a wide cluster at `x` and its tail at `x + 1`.
    #[inline]
    pub(crate) fn put_wide(&mut self, x: usize, head: Cell) {
        if x == self.cells.len() {
            self.cells.push(head);
            self.cells.push(Cell::tail(head.look()));
            return;
        }
        self.cut(x);
        self.cut(x + 2);
        self.reach(x + 2);
        self.cells[x] = head;
        self.cells[x + 1] = Cell::tail(head.look());
    }

    /// Sets columns `from..to` to `blank`.
    pub(crate) fn fill(&mut self, from: usize, to: usize, blank: Cell) {
        if from >= to {
            return;
        }
        self.cut(from);
        self.cut(to);
        if blank == Cell::EMPTY {
            if to >= self.cells.len() {
                self.cells.truncate(from);
                return;
            }
        } else {
            self.reach(to);
        }
        self.cells[from..to].fill(blank);
    }

    /// Moves columns `x..=right` right by `n`; what leaves is lost, what comes in is `blank`.
    pub(crate) fn insert(&mut self, x: usize, n: usize, right: usize, blank: Cell) {
        let n = n.min(right + 1 - x);
        self.cut(x);
        self.cut(right + 1);
        self.reach(right + 1);
        self.cut(right + 1 - n);
        self.cells.copy_within(x..right + 1 - n, x + n);
        self.cells[x..x + n].fill(blank);
        self.trim();
    }

    /// Moves columns `x + n..=right` left by `n`; what comes in at the right is `blank`.
    pub(crate) fn delete(&mut self, x: usize, n: usize, right: usize, blank: Cell) {
        let n = n.min(right + 1 - x);
        self.cut(x);
        self.cut(right + 1);
        self.reach(right + 1);
        self.cut(x + n);
        self.cells.copy_within(x + n..right + 1, x);
        self.cells[right + 1 - n..right + 1].fill(blank);
        self.trim();
    }

    /// Copies columns `left..=right` of `from` here.
    pub(crate) fn copy_columns(&mut self, from: &[Cell], left: usize, right: usize) {
        self.cut(left);
        self.cut(right + 1);
        self.reach(right + 1);
        for x in left..=right {
            self.cells[x] = from.get(x - left).copied().unwrap_or(Cell::EMPTY);
        }
        // A wide cluster that is only half inside the source rectangle is not carried over.
        if self.cells[left].is_tail() {
            self.cells[left] = Cell::narrow(0x20, self.cells[left].look());
        }
        if self.cells[right].is_wide() {
            self.cells[right] = Cell::narrow(0x20, self.cells[right].look());
        }
        self.trim();
    }

    /// Columns `left..=right` as they are.
    pub(crate) fn columns(&self, left: usize, right: usize) -> Vec<Cell> {
        (left..=right).map(|x| self.get(x)).collect()
    }

    /// Cuts the row to `cols` columns.
    pub(crate) fn crop(&mut self, cols: usize) {
        self.flags &= !WRAPPED;
        if self.cells.len() > cols {
            self.cut(cols);
            self.cells.truncate(cols);
        }
    }
}

//! One of the two screens: rows in an order of their own, so that scrolling moves numbers and not cells.

use crate::cell::Cell;
use crate::charset::Charsets;
use crate::row::Row;
use crate::style::Style;

/// What DECSC keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedCursor {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) wrap_pending: bool,
    pub(crate) pen: Style,
    pub(crate) charsets: Charsets,
    pub(crate) origin: bool,
}

/// One screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// Rows in no order.
    pub(crate) rows: Vec<Row>,
    /// Index into `rows` of each screen row, twice over: the screen's rows are `order[first..first + height]`, so
    /// that scrolling the whole screen is one step of `first`.
    order: Vec<u16>,
    first: usize,
    /// Rows of the last region that scrolled, and the change number of it. Kept apart so that a scroll need
    /// not touch every row it moves.
    moved: (u16, u16, u64),
    pub(crate) saved: SavedCursor,
    /// kitty keyboard flags, the last in force; bounded.
    pub(crate) kitty: Vec<u8>,
}

impl Grid {
    pub(crate) fn new(rows: u16) -> Grid {
        let mut grid = Grid::default();
        grid.set_height(rows, 0);
        grid
    }

    /// Adds blank rows at the bottom or drops rows there.
    pub(crate) fn set_height(&mut self, rows: u16, change: u64) {
        let rows = usize::from(rows);
        if self.rows.len() != rows {
            self.replace(|all| all.resize_with(rows, Row::default), change);
        }
    }

    /// Takes the rows out in screen order, lets `with` change them, and puts them back.
    pub(crate) fn replace(&mut self, with: impl FnOnce(&mut Vec<Row>), change: u64) {
        let mut old = std::mem::take(&mut self.rows);
        let mut all: Vec<Row> = self
            .shown()
            .iter()
            .map(|&i| std::mem::take(&mut old[usize::from(i)]))
            .collect();
        with(&mut all);
        for row in &mut all {
            row.change = change;
        }
        let n = all.len() as u16;
        self.order = (0..n).chain(0..n).collect();
        self.first = 0;
        self.rows = all;
    }

    /// Forgets every row.
    pub(crate) fn drop_rows(&mut self) {
        self.rows = Vec::new();
        self.order = Vec::new();
        self.first = 0;
    }

    fn shown(&self) -> &[u16] {
        &self.order[self.first..self.first + self.order.len() / 2]
    }

    pub(crate) fn height(&self) -> u16 {
        (self.order.len() / 2) as u16
    }

    #[inline]
    pub(crate) fn row(&self, y: u16) -> &Row {
        &self.rows[usize::from(self.order[self.first + usize::from(y)])]
    }

    #[inline]
    pub(crate) fn row_mut(&mut self, y: u16) -> &mut Row {
        &mut self.rows[usize::from(self.order[self.first + usize::from(y)])]
    }

    /// The change number at which screen row `y` last showed something else.
    pub(crate) fn row_change(&self, y: u16) -> u64 {
        let own = self.row(y).change;
        let (top, bottom, moved) = self.moved;
        if (top..=bottom).contains(&y) {
            own.max(moved)
        } else {
            own
        }
    }

    fn note_move(&mut self, top: u16, bottom: u16, change: u64) {
        let (was_top, was_bottom, was) = self.moved;
        if (was_top, was_bottom) != (top, bottom) && was != 0 {
            for y in was_top..=was_bottom.min(self.height().saturating_sub(1)) {
                let row = self.row_mut(y);
                row.change = row.change.max(was);
            }
        }
        self.moved = (top, bottom, change);
    }

    /// Forgets region bookkeeping: every row counts as changed at `change`.
    pub(crate) fn touch_all(&mut self, change: u64) {
        self.moved = (0, self.height().saturating_sub(1), change);
        for row in &mut self.rows {
            row.change = change;
        }
    }

    /// Rows `top + 1..=bottom` move up by one; row `top` comes in at the bottom, blank.
    #[inline]
    pub(crate) fn rotate_up(
        &mut self,
        top: u16,
        bottom: u16,
        blank: Cell,
        cols: usize,
        change: u64,
    ) {
        let n = self.order.len() / 2;
        let (t, b) = (
            self.first + usize::from(top),
            self.first + usize::from(bottom),
        );
        let first = self.order[t];
        if usize::from(bottom) + 1 - usize::from(top) == n {
            self.first += 1;
            if self.first == n {
                self.first = 0;
            }
        } else {
            self.order.copy_within(t + 1..b + 1, t);
            self.order[b] = first;
            self.double();
        }
        let row = &mut self.rows[usize::from(first)];
        row.reset(blank, cols);
        row.change = change;
        if self.moved.0 == top && self.moved.1 == bottom {
            self.moved.2 = change;
        } else {
            self.note_move(top, bottom, change);
        }
    }

    /// Rows `top..bottom` move down by one; row `bottom` comes in at the top, blank.
    pub(crate) fn rotate_down(
        &mut self,
        top: u16,
        bottom: u16,
        blank: Cell,
        cols: usize,
        change: u64,
    ) {
        let (t, b) = (
            self.first + usize::from(top),
            self.first + usize::from(bottom),
        );
        let last = self.order[b];
        self.order.copy_within(t..b, t + 1);
        self.order[t] = last;
        self.double();
        let row = &mut self.rows[usize::from(last)];
        row.reset(blank, cols);
        row.change = change;
        self.note_move(top, bottom, change);
    }

    /// Makes both copies of the order equal again after a change within `first..first + height`.
    fn double(&mut self) {
        let n = self.order.len() / 2;
        let first = self.first;
        self.order.copy_within(n..first + n, 0);
        self.order.copy_within(first..n, first + n);
    }
}

//! Erasing, inserting, deleting and scrolling. Every primitive works within the margins.

use crate::cell::Cell;
use crate::params::Params;
use crate::style::{Attrs, Colour, Style};
use crate::terminal::{Protection, Terminal};

impl Terminal {
    /// What erased columns become: blank, in the pen's background.
    pub(crate) fn blank(&mut self) -> Cell {
        if self.pen.bg == Colour::Default {
            return Cell::EMPTY;
        }
        let style = Style {
            bg: self.pen.bg,
            ..Style::default()
        };
        Cell(crate::cell::look(self.intern_style(&style), 0))
    }

    /// Rows of the scrolling region move up; rows that leave the primary screen at its top go to history.
    #[inline]
    pub(crate) fn scroll_up(&mut self, n: u16) {
        let (top, bottom) = (self.top, self.bottom);
        let n = n.min(bottom - top + 1);
        let blank = self.blank();
        if self.left == 0 && self.right == self.size.cols - 1 {
            let cols = usize::from(self.size.cols);
            for _ in 0..n {
                if top == 0 && !self.alternate {
                    self.push_history(0);
                }
                self.grid.rotate_up(top, bottom, blank, cols, self.now);
            }
            // Only where the whole screen moves into the history do rows keep their number; else a row of the same
            // age may stand now where another stood, and number and age together must still name one content.
            if top > 0 || bottom + 1 < self.size.rows || self.alternate {
                self.grid.touch_all(self.now);
            }
            self.touched = true;
        } else {
            self.move_columns_up(top, bottom, n, blank);
        }
    }

    /// Rows of the scrolling region move down.
    pub(crate) fn scroll_down(&mut self, n: u16) {
        self.move_rows_down(self.top, n);
    }

    /// Screen row `y` is appended to the history.
    #[inline]
    pub(crate) fn push_history(&mut self, y: u16) {
        let Terminal {
            grid,
            styles,
            clusters,
            links,
            history,
            blocks,
            ..
        } = self;
        let tables = crate::line::Tables {
            styles,
            clusters,
            links,
        };
        history.push(grid.row(y), &tables, blocks.as_mut());
    }

    fn move_rows_down(&mut self, top: u16, n: u16) {
        let bottom = self.bottom;
        let n = n.min(bottom - top + 1);
        let blank = self.blank();
        if self.left == 0 && self.right == self.size.cols - 1 {
            for _ in 0..n {
                self.grid
                    .rotate_down(top, bottom, blank, usize::from(self.size.cols), self.now);
            }
            self.grid.touch_all(self.now);
            self.touched = true;
            return;
        }
        let (left, right) = (usize::from(self.left), usize::from(self.right));
        for y in (top..=bottom).rev() {
            if y >= top + n {
                let from = self.grid.row(y - n).columns(left, right);
                self.grid.row_mut(y).copy_columns(&from, left, right);
            } else {
                self.grid.row_mut(y).fill(left, right + 1, blank);
            }
            self.touch(y);
        }
    }

    fn move_columns_up(&mut self, top: u16, bottom: u16, n: u16, blank: Cell) {
        let (left, right) = (usize::from(self.left), usize::from(self.right));
        for y in top..=bottom {
            if y + n <= bottom {
                let from = self.grid.row(y + n).columns(left, right);
                self.grid.row_mut(y).copy_columns(&from, left, right);
            } else {
                self.grid.row_mut(y).fill(left, right + 1, blank);
            }
            self.touch(y);
        }
    }

    fn inside(&self) -> bool {
        (self.left..=self.right).contains(&self.x) && (self.top..=self.bottom).contains(&self.y)
    }

    /// IL.
    pub(crate) fn insert_lines(&mut self, p: &Params) {
        if self.inside() {
            self.move_rows_down(self.y, p.or(0, 1));
            self.wrap_pending = false;
        }
    }

    /// DL. What leaves does not go to history.
    pub(crate) fn delete_lines(&mut self, p: &Params) {
        if !self.inside() {
            return;
        }
        self.wrap_pending = false;
        let (top, bottom) = (self.y, self.bottom);
        let n = p.or(0, 1).min(bottom - top + 1);
        let blank = self.blank();
        if self.left == 0 && self.right == self.size.cols - 1 {
            for _ in 0..n {
                self.grid
                    .rotate_up(top, bottom, blank, usize::from(self.size.cols), self.now);
            }
            self.grid.touch_all(self.now);
            self.touched = true;
        } else {
            self.move_columns_up(top, bottom, n, blank);
        }
    }

    /// SU.
    pub(crate) fn pan_down(&mut self, p: &Params) {
        self.scroll_up(p.or(0, 1));
    }

    /// SD. With five parameters it is xterm's highlight tracking.
    pub(crate) fn pan_up(&mut self, p: &Params) {
        if p.len() <= 1 {
            self.scroll_down(p.or(0, 1));
        }
    }

    pub(crate) fn touch(&mut self, y: u16) {
        self.grid.row_mut(y).change = self.now;
        self.touched = true;
    }

    /// ICH.
    pub(crate) fn insert_chars(&mut self, p: &Params) {
        self.wrap_pending = false;
        if (self.left..=self.right).contains(&self.x) {
            let blank = self.blank();
            let (x, right) = (usize::from(self.x), usize::from(self.right));
            self.grid
                .row_mut(self.y)
                .insert(x, usize::from(p.or(0, 1)), right, blank);
            self.touch(self.y);
        }
    }

    /// DCH.
    pub(crate) fn delete_chars(&mut self, p: &Params) {
        self.wrap_pending = false;
        if (self.left..=self.right).contains(&self.x) {
            let blank = self.blank();
            let (x, right) = (usize::from(self.x), usize::from(self.right));
            self.grid
                .row_mut(self.y)
                .delete(x, usize::from(p.or(0, 1)), right, blank);
            self.touch(self.y);
        }
    }

    /// Inserts `n` columns at column `x` in every row of the region.
    pub(crate) fn insert_columns_at(&mut self, x: u16, n: u16) {
        let blank = self.blank();
        for y in self.top..=self.bottom {
            self.grid.row_mut(y).insert(
                usize::from(x),
                usize::from(n),
                usize::from(self.right),
                blank,
            );
            self.touch(y);
        }
    }

    /// Deletes `n` columns at column `x` in every row of the region.
    pub(crate) fn delete_columns_at(&mut self, x: u16, n: u16) {
        let blank = self.blank();
        for y in self.top..=self.bottom {
            self.grid.row_mut(y).delete(
                usize::from(x),
                usize::from(n),
                usize::from(self.right),
                blank,
            );
            self.touch(y);
        }
    }

    /// DECIC.
    pub(crate) fn insert_columns(&mut self, p: &Params) {
        if self.inside() {
            self.insert_columns_at(self.x, p.or(0, 1));
        }
    }

    /// DECDC.
    pub(crate) fn delete_columns(&mut self, p: &Params) {
        if self.inside() {
            self.delete_columns_at(self.x, p.or(0, 1));
        }
    }

    /// SL.
    pub(crate) fn scroll_left(&mut self, p: &Params) {
        if self.inside() {
            self.delete_columns_at(self.left, p.or(0, 1));
        }
    }

    /// SR.
    pub(crate) fn scroll_right(&mut self, p: &Params) {
        if self.inside() {
            self.insert_columns_at(self.left, p.or(0, 1));
        }
    }

    /// DECBI: left, or scroll right at the left margin.
    pub(crate) fn back_index(&mut self) {
        if self.x != self.left {
            self.x = self.x.saturating_sub(1);
            self.wrap_pending = false;
        } else if self.inside() {
            self.insert_columns_at(self.left, 1);
        }
    }

    /// DECFI: right, or scroll left at the right margin.
    pub(crate) fn forward_index(&mut self) {
        if self.x != self.right {
            self.x = (self.x + 1).min(self.size.cols - 1);
            self.wrap_pending = false;
        } else if self.inside() {
            self.delete_columns_at(self.left, 1);
        }
    }

    /// Erases columns `from..to` of row `y`; what is protected stays when `keep`.
    pub(crate) fn erase(&mut self, y: u16, from: u16, to: u16, keep: bool) {
        let blank = self.blank();
        let cols = self.size.cols;
        let (a, b) = (usize::from(from), usize::from(to));
        if keep {
            let styles = &self.styles;
            let row = self.grid.row_mut(y);
            for x in a..b {
                if row.get(x).used() && !styles.get(row.get(x).style()).attrs.has(Attrs::PROTECTED)
                {
                    row.fill(x, x + 1, blank);
                }
            }
        } else {
            let row = self.grid.row_mut(y);
            row.fill(a, b, blank);
            if to == cols {
                row.flags &= !crate::row::WRAPPED;
                if from == 0 {
                    row.flags = 0;
                }
            }
        }
        self.touch(y);
    }

    /// Whether ED, EL and ECH must pass over what SPA protected.
    fn iso(&self) -> bool {
        self.protection == Protection::Iso
    }

    /// Whether selective erase has anything to pass over: it knows DECSCA only.
    pub(crate) fn selective(&self) -> bool {
        self.protection == Protection::Dec
    }

    /// ECH.
    pub(crate) fn erase_chars(&mut self, p: &Params) {
        let to = self.x.saturating_add(p.or(0, 1)).min(self.size.cols);
        self.erase(self.y, self.x, to, self.iso());
        self.wrap_pending = false;
    }

    /// EL.
    pub(crate) fn erase_in_line(&mut self, p: &Params) {
        self.erase_line(p.raw(0), self.iso());
    }

    /// DECSEL.
    pub(crate) fn selective_erase_in_line(&mut self, p: &Params) {
        self.erase_line(p.raw(0), self.selective());
    }

    fn erase_line(&mut self, how: u16, keep: bool) {
        let (x, cols) = (self.x, self.size.cols);
        match how {
            0 => self.erase(self.y, x, cols, keep),
            1 => self.erase(self.y, 0, x + 1, keep),
            2 => self.erase(self.y, 0, cols, keep),
            _ => return,
        }
        self.wrap_pending = false;
    }

    /// ED.
    pub(crate) fn erase_in_display(&mut self, p: &Params) {
        self.erase_display(p.raw(0));
    }

    pub(crate) fn erase_display(&mut self, how: u16) {
        let keep = self.iso();
        match how {
            // tmux (scroll-on-clear): clearing the whole screen first moves its text into history.
            0 if self.x == 0 && self.y == 0 && !keep => self.clear_scrolling(),
            2 if !keep => self.clear_scrolling(),
            3 => return self.clear_history(),
            _ => self.erase_rows(how, keep),
        }
        self.wrap_pending = false;
    }

    /// DECSED.
    pub(crate) fn selective_erase_in_display(&mut self, p: &Params) {
        self.erase_rows(p.raw(0), self.selective());
        self.wrap_pending = false;
    }

    fn erase_rows(&mut self, how: u16, keep: bool) {
        let (y, rows, cols) = (self.y, self.size.rows, self.size.cols);
        let (from, to) = match how {
            0 => {
                self.erase_line(0, keep);
                (y + 1, rows)
            }
            1 => {
                self.erase_line(1, keep);
                (0, y)
            }
            2 => (0, rows),
            _ => return,
        };
        for y in from..to {
            self.erase(y, 0, cols, keep);
        }
    }

    /// Clears the screen; on the primary screen what is on it goes to history first.
    pub(crate) fn clear_scrolling(&mut self) {
        if !self.alternate {
            self.keep_screen();
        }
        self.erase_rows(2, false);
    }

    /// Appends the used rows of the screen to history.
    pub(crate) fn keep_screen(&mut self) {
        let used = (0..self.size.rows)
            .rev()
            .find(|&y| self.grid.row(y).used() > 0);
        if let Some(last) = used {
            for y in 0..=last {
                self.push_history(y);
            }
            self.history.forget_scrolled();
        }
    }

    /// DECALN.
    pub(crate) fn alignment(&mut self) {
        self.flags &= !crate::modes::flag::ORIGIN;
        self.reset_margins();
        let cols = usize::from(self.size.cols);
        for y in 0..self.size.rows {
            let row = self.grid.row_mut(y);
            row.reset(Cell::EMPTY, cols);
            row.cells.resize(cols, Cell::narrow(u32::from(b'E'), 0));
            self.touch(y);
        }
        self.go(0, 0);
    }

    /// DECSCA.
    pub(crate) fn protect(&mut self, p: &Params) {
        match p.raw(0) {
            0 | 2 => self.pen.attrs = self.pen.attrs.without(Attrs::PROTECTED),
            1 => {
                self.pen.attrs = self.pen.attrs.with(Attrs::PROTECTED);
                self.protection = Protection::Dec;
            }
            _ => return,
        }
        self.pen_stale = true;
    }

    /// SPA and EPA.
    pub(crate) fn guard(&mut self, on: bool) {
        let attrs = self.pen.attrs;
        self.pen.attrs = if on {
            attrs.with(Attrs::PROTECTED)
        } else {
            attrs.without(Attrs::PROTECTED)
        };
        self.pen_stale = true;
        if on {
            self.protection = Protection::Iso;
        }
    }
}

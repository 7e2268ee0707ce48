//! The rows of a copy mode as one sequence, and the mode's state while a command works on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use outlast_term::{ScreenRow, Terminal};

use super::rows::{Frozen, Line};
use super::{CopyMode, Drag, Unit};

/// More rows than this are not joined to one line.
const MAX_JOINED: u64 = 200;

/// History and kept screen as rows numbered absolutely, `first` to `last`.
pub struct Rows<'a> {
    /// The terminal whose history comes first; None for a listing.
    terminal: Option<&'a Terminal>,
    frozen: &'a [Frozen],
    /// Number of the first kept row.
    base: u64,
    /// Number of the oldest row there is.
    pub first: u64,
    /// Columns of the view.
    pub cols: u16,
    /// Rows of the view.
    pub rows: u16,
    cache: RefCell<BTreeMap<u64, Rc<Line>>>,
}

impl<'a> Rows<'a> {
    /// The rows of a mode over a terminal.
    pub fn new(
        mode: &'a CopyMode,
        terminal: Option<&'a Terminal>,
        cols: u16,
        rows: u16,
    ) -> Rows<'a> {
        let terminal = terminal.filter(|_| !mode.listing);
        let first = terminal.map_or(mode.base, |terminal| terminal.first_line().min(mode.base));
        Rows {
            terminal,
            frozen: &mode.frozen,
            base: mode.base,
            first,
            cols,
            rows: rows.max(1),
            cache: RefCell::default(),
        }
    }

    /// Number of the last row.
    pub fn last(&self) -> u64 {
        let end = self.base + self.frozen.len() as u64;
        end.max(self.first + u64::from(self.rows)) - 1
    }

    /// Number of the view's first row when it is scrolled to the end.
    pub fn bottom(&self) -> u64 {
        self.last() + 1 - u64::from(self.rows)
    }

    /// Rows before the last screenful.
    pub fn history(&self) -> u64 {
        self.bottom() - self.first
    }

    fn frozen(&self, y: u64) -> Option<&'a Frozen> {
        self.frozen
            .get(usize::try_from(y.checked_sub(self.base)?).ok()?)
    }

    /// A row as cells.
    pub fn line(&self, y: u64) -> Rc<Line> {
        if let Some(line) = self.cache.borrow().get(&y) {
            return line.clone();
        }
        let line = Rc::new(match (self.frozen(y), self.terminal) {
            (Some(row), _) => row.line(),
            (None, Some(terminal)) if y < self.base => Line::of(terminal, y),
            _ => Line::default(),
        });
        let mut cache = self.cache.borrow_mut();
        if cache.len() > 4096 {
            cache.clear();
        }
        cache.insert(y, line.clone());
        line
    }

    /// Columns of a row without the blanks at its end.
    pub fn length(&self, y: u64) -> u16 {
        self.line(y).length()
    }

    /// Whether the cluster at a place is one of the characters of `set`.
    pub fn is_in(&self, x: u16, y: u64, set: &str) -> bool {
        let line = self.line(y);
        let mut at = x;
        while at > 0 && line.is_padding(at) {
            at -= 1;
        }
        // All columns of a tab are blanks; the second one of a wide character is nothing.
        let cell = line.cell(at);
        (at == x || cell == "\t") && set.contains(cell)
    }

    /// Draws a row.
    pub fn draw(&self, y: u64, out: &mut ScreenRow, links: &mut Vec<Arc<str>>) {
        match (self.frozen(y), self.terminal) {
            (Some(row), _) => row.draw(out, links),
            (None, Some(terminal)) if y < self.base && y >= self.first => {
                let width = self.cols.min(terminal.size().cols);
                terminal.draw_line(y, 0, width, out, 0, links);
            }
            _ => {}
        }
    }

    /// The first row of the line that a row is part of.
    pub fn line_start(&self, y: u64) -> u64 {
        let mut start = y;
        while start > self.first && y - start < MAX_JOINED && self.line(start - 1).wrapped {
            start -= 1;
        }
        start
    }

    /// The line that begins with a row: its text, the place of each cluster (byte, column, row), and its last row.
    pub fn joined(&self, start: u64) -> (String, Vec<(usize, u16, u64)>, u64) {
        let mut text = String::new();
        let mut places = Vec::new();
        let mut y = start;
        loop {
            let line = self.line(y);
            let end = if line.wrapped {
                line.cells.len() as u16
            } else {
                line.length()
            };
            for x in 0..end {
                if !line.is_padding(x) {
                    places.push((text.len(), x, y));
                    text.push_str(line.cell(x));
                }
            }
            if !line.wrapped || y >= self.last() || y - start >= MAX_JOINED {
                return (text, places, y);
            }
            y += 1;
        }
    }
}

/// The state of a copy mode that commands move. Rows are absolute; `cy` counts from the view's top.
pub struct Editor<'a> {
    /// What is looked at.
    pub rows: Rows<'a>,
    /// What is changed.
    pub m: super::Cursor,
    /// mode-keys vi.
    pub vi: bool,
    /// word-separators.
    pub separators: String,
    /// wrap-search.
    pub wrap_search: bool,
    /// How often.
    pub count: u32,
}

impl Editor<'_> {
    /// Absolute row of the cursor.
    pub fn y(&self) -> u64 {
        self.m.top + u64::from(self.m.cy)
    }

    /// How far the view is scrolled back.
    pub fn oy(&self) -> u64 {
        self.rows.bottom().saturating_sub(self.m.top)
    }

    fn last_row(&self) -> u16 {
        self.rows.rows - 1
    }

    /// Puts everything inside the rows that there are (history may have been trimmed).
    pub fn clamp(&mut self) {
        self.m.top = self.m.top.clamp(self.rows.first, self.rows.bottom());
        self.m.cy = self.m.cy.min(self.last_row());
        self.m.cx = self.m.cx.min(self.rows.cols);
        let (first, last) = (self.rows.first, self.rows.last());
        for y in [&mut self.m.sel.1, &mut self.m.end.1, &mut self.m.mark.1] {
            *y = (*y).clamp(first, last);
        }
    }

    /// The view moves towards the end.
    pub fn scroll_up(&mut self, n: u64) {
        self.m.top += n.min(self.oy());
        self.update_selection(false);
    }

    /// The view moves towards the start.
    pub fn scroll_down(&mut self, n: u64) {
        self.m.top -= n.min(self.m.top - self.rows.first);
        self.update_selection(false);
    }

    /// The last column that the cursor may be in on a row.
    pub fn limit(&self, y: u64, onemore: bool) -> u16 {
        let length = self.rows.length(y);
        if onemore || !self.vi {
            length
        } else {
            length.saturating_sub(1)
        }
    }

    /// Places the cursor in the view.
    pub fn place(&mut self, x: u16, cy: u16) {
        let mut x = x;
        if !self.m.rect && cy < self.rows.rows {
            x = x.min(self.limit(self.m.top + u64::from(cy), false));
        }
        self.m.cx = x;
        self.m.cy = cy.min(self.last_row());
    }

    /// Goes to a place, scrolling as little as needed.
    pub fn go(&mut self, x: u16, y: u64) {
        if y < self.m.top {
            for _ in 0..self.m.top - y {
                self.cursor_up(true);
            }
            self.place(x, 0);
        } else if y > self.m.top + u64::from(self.last_row()) {
            for _ in 0..y - self.m.top - u64::from(self.last_row()) {
                self.cursor_down(true);
            }
            let cy = self.last_row();
            self.place(x, cy);
        } else {
            let cy = (y - self.m.top) as u16;
            self.place(x, cy);
        }
        self.update_selection(false);
    }

    /// As [`Editor::go`], but what was selected by words stays as it is.
    pub fn go_keeping(&mut self, x: u16, y: u64) {
        let unit = std::mem::replace(&mut self.m.unit, Unit::Char);
        let dragged = std::mem::replace(&mut self.m.drag, Drag::None);
        self.go(x, y);
        (self.m.unit, self.m.drag) = (unit, dragged);
        self.update_selection(true);
    }

    /// Shows a row that may be far away: on screen if it is, else a quarter from the edge.
    pub fn scroll_to(&mut self, x: u16, y: u64) {
        self.m.cx = x;
        let rows = u64::from(self.rows.rows);
        if y >= self.m.top && y < self.m.top + rows {
            self.m.cy = (y - self.m.top) as u16;
        } else {
            let gap = rows / 4;
            let at = y - self.rows.first;
            let last = self.rows.history() + rows;
            let offset = if at < rows {
                0
            } else if at + gap > last {
                self.rows.history()
            } else {
                (at + gap).saturating_sub(rows).min(self.rows.history())
            };
            self.m.top = self.rows.first + offset;
            self.m.cy = (at - offset) as u16;
        }
        self.update_selection(false);
    }

    fn free(&self) -> bool {
        !self.m.selecting || !self.m.rect
    }

    /// Remembers the column that vertical moves try to keep.
    pub fn remember_column(&mut self) {
        let length = self.rows.length(self.y());
        if self.m.cx != length {
            self.m.last_x = self.m.cx;
            self.m.last_length = length;
        }
    }

    fn past_end(&self) -> Option<u16> {
        let length = self.rows.length(self.y());
        let past = (self.m.cx >= self.m.last_length && self.m.cx != length) || self.m.cx > length;
        past.then_some(length)
    }

    fn keep_in_line(&mut self) {
        if self.free()
            && let Some(length) = self.past_end()
        {
            let cy = self.m.cy;
            self.place(length, cy);
            self.update_selection(false);
        }
        let cy = self.m.cy;
        match self.m.line {
            super::LineSel::None => return,
            super::LineSel::LeftRight if self.m.rect => self.place(self.rows.cols, cy),
            super::LineSel::LeftRight => self.place(self.rows.length(self.y()), cy),
            super::LineSel::RightLeft => self.place(0, cy),
        }
        self.update_selection(false);
    }

    /// One up; `scroll_only`: the view moves, the cursor stays on screen.
    pub fn cursor_up(&mut self, scroll_only: bool) {
        let free = self.free();
        if free {
            self.remember_column();
        }
        if self.m.line == super::LineSel::LeftRight && self.y() == self.m.sel.1 {
            self.other_end();
        }
        if scroll_only || self.m.cy == 0 {
            if free {
                self.m.cx = self.m.last_x;
            }
            self.scroll_down(1);
        } else {
            let x = if free { self.m.last_x } else { self.m.cx };
            let cy = self.m.cy - 1;
            self.place(x, cy);
            self.update_selection(false);
        }
        self.keep_in_line();
    }

    /// One down.
    pub fn cursor_down(&mut self, scroll_only: bool) {
        let free = self.free();
        if free {
            self.remember_column();
        }
        if self.m.line == super::LineSel::RightLeft && self.y() == self.m.end.1 {
            self.other_end();
        }
        if scroll_only || self.m.cy == self.last_row() {
            if free {
                self.m.cx = self.m.last_x;
            }
            self.scroll_up(1);
        } else {
            let x = if free { self.m.last_x } else { self.m.cx };
            let cy = self.m.cy + 1;
            self.place(x, cy);
            self.update_selection(false);
        }
        self.keep_in_line();
    }

    fn page(&self, half: bool) -> u64 {
        let rows = u64::from(self.rows.rows);
        match (rows > 2, half) {
            (false, _) => 1,
            (true, true) => rows / 2,
            (true, false) => rows - 2,
        }
    }

    fn after_page(&mut self) {
        if self.free() && self.past_end().is_some() {
            self.end_of_line();
        }
    }

    /// A page (or half of one) towards the start.
    pub fn page_up(&mut self, half: bool) {
        self.remember_column();
        self.m.cx = self.m.last_x;
        let n = self.page(half);
        if self.oy() + n > self.rows.history() {
            self.m.top = self.rows.first;
            self.m.cy = self.m.cy.saturating_sub(n as u16);
        } else {
            self.m.top -= n;
        }
        self.after_page();
        self.update_selection(false);
    }

    /// A page towards the end. True: the end was reached and that leaves the mode.
    pub fn page_down(&mut self, half: bool, exit: bool) -> bool {
        self.remember_column();
        self.m.cx = self.m.last_x;
        let n = self.page(half);
        if self.oy() < n {
            self.m.top = self.rows.bottom();
            self.m.cy = (self.m.cy + n as u16).min(self.last_row());
        } else {
            self.m.top += n;
        }
        self.after_page();
        if exit && self.oy() == 0 {
            return true;
        }
        self.update_selection(false);
        false
    }

    /// The view goes where a slider of so many rows has its first one on row `row` of the view.
    pub fn slide_to(&mut self, row: i32, slider: u16) {
        let height = u64::from(self.rows.rows);
        let most = height - u64::from(slider).min(height);
        let row = (row.max(0) as u64).min(most);
        let history = self.rows.history();
        // At the end there is nothing below, whatever the division leaves.
        let offset = if row == most {
            history
        } else {
            (row * (history + height) / height).min(history)
        };
        self.remember_column();
        self.m.cx = self.m.last_x;
        self.m.top = self.rows.first + offset;
        self.m.drag = Drag::None;
        self.after_page();
        self.update_selection(false);
    }

    /// To the end of the line.
    pub fn end_of_line(&mut self) {
        let all = self.m.selecting && self.m.rect;
        let (mut x, y) = {
            let mut reader = super::reader::Reader::new(&self.rows, self.m.cx, self.y());
            reader.end_of_line(true, all);
            (reader.x, reader.y)
        };
        if !all {
            x = self.limit(y, false);
        }
        self.go(x, y);
    }

    /// Moves as a reader does.
    pub fn read(&mut self, with: impl FnOnce(&mut super::reader::Reader<'_, '_>)) {
        let mut reader = super::reader::Reader::new(&self.rows, self.m.cx, self.y());
        with(&mut reader);
        let (x, y) = (reader.x, reader.y);
        self.go(x, y);
    }
}

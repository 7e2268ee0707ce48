//! Selections of copy mode: where they begin and end, what they cover, their text.

use super::reader::{Reader, WHITESPACE};
use super::view::Editor;
use super::{Drag, LineSel, Unit};

impl Editor<'_> {
    /// Begins a selection at the cursor.
    pub fn start_selection(&mut self) {
        self.m.sel = (self.m.cx, self.y());
        self.m.end = self.m.sel;
        self.m.drag = Drag::End;
        self.m.selecting = true;
        self.synchronize(false);
    }

    /// Takes the selection along with the cursor.
    pub fn update_selection(&mut self, keep: bool) {
        if self.m.selecting || self.m.line != LineSel::None {
            self.m.selecting = true;
            self.synchronize(keep);
        }
    }

    /// Drops the selection.
    pub fn clear_selection(&mut self) {
        self.m.selecting = false;
        self.m.drag = Drag::None;
        self.m.line = LineSel::None;
        self.m.unit = Unit::Char;
        let limit = self.limit(self.y(), self.m.rect);
        if self.m.cx > limit {
            let cy = self.m.cy;
            self.place(limit, cy);
        }
    }

    fn synchronize(&mut self, keep: bool) {
        let begin = match self.m.drag {
            Drag::None => return,
            Drag::End => false,
            Drag::Start => true,
        };
        let (x, y) = (self.m.cx, self.y());
        let (mut at, mut begin) = ((x, y), begin);
        match self.m.unit {
            Unit::Word if !keep => {
                let (dx, dy) = self.m.from;
                if dy > y || (dy == y && dx > x) {
                    at = self.word_start();
                    begin = true;
                    self.m.end = self.m.reset_end;
                } else {
                    if x >= self.rows.length(y) || !self.rows.is_in(x + 1, y, WHITESPACE) {
                        at = self.word_end();
                    }
                    begin = false;
                    self.m.sel = self.m.reset;
                }
            }
            Unit::Line if !keep => {
                if self.m.from.1 > y {
                    at = (0, y);
                    begin = true;
                    self.m.end = self.m.reset_end;
                } else {
                    let y = y.max(self.m.reset_end.1);
                    at = (self.rows.length(y), y);
                    begin = false;
                    self.m.sel = self.m.reset;
                }
            }
            _ => {}
        }
        if begin {
            self.m.sel = at;
        } else {
            self.m.end = at;
        }
    }

    /// Where the word under the cursor begins.
    pub fn word_start(&self) -> (u16, u64) {
        let mut reader = Reader::new(&self.rows, self.m.cx, self.y());
        reader.previous_word(&self.separators, false, true);
        (reader.x, reader.y)
    }

    /// Where this or the next word ends.
    pub fn word_end(&self) -> (u16, u64) {
        let mut reader = Reader::new(&self.rows, self.m.cx, self.y());
        next_word_end(&mut reader, &self.separators, self.vi);
        (reader.x, reader.y)
    }

    /// Goes to the other end of the selection.
    pub fn other_end(&mut self) {
        if !self.m.selecting && self.m.line == LineSel::None {
            return;
        }
        self.m.line = match self.m.line {
            LineSel::LeftRight => LineSel::RightLeft,
            LineSel::RightLeft => LineSel::LeftRight,
            LineSel::None => LineSel::None,
        };
        self.m.drag = match self.m.drag {
            Drag::End => Drag::Start,
            _ => Drag::End,
        };
        let (x, y) = if self.m.drag == Drag::Start {
            self.m.sel
        } else {
            self.m.end
        };
        let rows = u64::from(self.rows.rows);
        if y < self.m.top {
            self.m.top = y;
        } else if y >= self.m.top + rows {
            self.m.top = (y + 1 - rows).min(self.rows.bottom());
        }
        self.m.cy = (y - self.m.top).min(rows - 1) as u16;
        self.m.cx = x.min(self.limit(self.y(), self.m.rect));
        self.update_selection(true);
    }

    /// Selects the word under the cursor.
    pub fn select_word(&mut self) {
        self.m.line = LineSel::LeftRight;
        self.m.rect = false;
        self.m.unit = Unit::Word;
        self.m.from = (self.m.cx, self.y());
        self.previous_word(false);
        let (x, y) = (self.m.cx, self.y());
        self.m.reset = (x, y);
        self.start_selection();
        let mut next = (x.saturating_add(1), y);
        if self.rows.line(y).wrapped && next.0 > self.rows.cols - 1 {
            next = (0, y + 1);
        }
        if x >= self.rows.length(y) || !self.rows.is_in(next.0, next.1, WHITESPACE) {
            let (x, y) = self.word_end();
            self.go_keeping(x, y);
        } else {
            let cy = self.m.cy;
            self.place(x, cy);
            self.update_selection(true);
        }
        self.m.reset_end = (self.m.cx, self.y());
        if self.m.from.1 > self.m.reset_end.1 {
            self.m.from = self.m.reset_end;
        } else if self.m.from.0 > self.m.reset_end.0 {
            self.m.from.0 = self.m.reset_end.0;
        }
    }

    /// Selects the line under the cursor, and those below it when counted.
    pub fn select_line(&mut self) {
        self.m.line = LineSel::LeftRight;
        self.m.rect = false;
        self.m.unit = Unit::Line;
        self.m.from = (self.m.cx, self.y());
        self.read(|reader| reader.start_of_line(true));
        self.m.reset = (self.m.cx, self.y());
        self.m.reset_end.1 = self.m.reset.1;
        self.start_selection();
        self.end_of_line();
        let y = self.y();
        self.m.reset_end = (self.rows.length(y), y);
        for _ in 1..self.count {
            self.cursor_down(false);
            self.end_of_line();
        }
    }

    /// To the start of this word, or with `already` of the one before.
    pub fn previous_word(&mut self, already: bool) {
        let separators = self.separators.clone();
        let emacs = !self.vi;
        self.read(|reader| reader.previous_word(&separators, already, emacs));
    }

    /// The selection's text, or that of the match under the cursor; None when there is nothing.
    pub fn selected(&self) -> Option<String> {
        if !self.m.selecting && self.m.line == LineSel::None {
            return self.match_at_cursor();
        }
        let ((sx, sy), (mut ex, ey)) = ordered(self.m.sel, self.m.end);
        let ey_last = self.rows.length(ey);
        ex = ex.min(ey_last);
        let (first, last, rest_from, rest_to);
        if self.m.rect {
            let other = if self.m.drag == Drag::End {
                self.m.sel.0
            } else {
                self.m.end.0
            };
            if other < self.m.cx {
                let to = self.m.cx + u16::from(self.vi);
                (first, rest_from, last, rest_to) = (other, other, to, to);
            } else {
                (first, rest_from, last, rest_to) = (self.m.cx, self.m.cx, other + 1, other + 1);
            }
        } else {
            (first, rest_from) = (sx, 0);
            (last, rest_to) = (ex + u16::from(self.vi), self.rows.cols);
        }
        let mut out = String::new();
        for y in sy..=ey {
            let from = if y == sy { first } else { rest_from };
            let to = if y == ey { last } else { rest_to };
            self.copy_line(y, from, to, &mut out);
        }
        if out.is_empty() {
            return None;
        }
        if (!self.vi || last <= ey_last) && (!self.rows.line(ey).wrapped || last != ey_last) {
            out.pop();
        }
        Some(out)
    }

    fn copy_line(&self, y: u64, from: u16, to: u16, out: &mut String) {
        if from > to {
            return;
        }
        let line = self.rows.line(y);
        let end = if line.wrapped {
            line.cells.len() as u16
        } else {
            line.length()
        };
        let to = to.min(end);
        for x in from.min(end)..to {
            if !line.is_padding(x) {
                out.push_str(line.cell(x));
            }
        }
        if !line.wrapped || to != end {
            out.push('\n');
        }
    }
}

/// Past the end of this or the next word; in vi on its last character.
pub fn next_word_end(reader: &mut Reader<'_, '_>, separators: &str, vi: bool) {
    if !vi {
        return reader.next_word_end(separators);
    }
    if !reader.is_in(WHITESPACE) {
        reader.right(false, false, false);
    }
    reader.next_word_end(separators);
    reader.left(true);
}

/// Two places in reading order.
fn ordered(a: (u16, u64), b: (u16, u64)) -> ((u16, u64), (u16, u64)) {
    if b.1 < a.1 || (b.1 == a.1 && b.0 < a.0) {
        (b, a)
    } else {
        (a, b)
    }
}

/// Whether a selection from `start` to `end` covers a place. As in emacs the last character is left out, in vi not.
pub fn covers(start: (u16, u64), end: (u16, u64), rect: bool, vi: bool, x: u16, y: u64) -> bool {
    let ((sx, sy), (ex, ey)) = ordered(start, end);
    if y < sy || y > ey {
        return false;
    }
    if rect {
        return x >= start.0.min(end.0) && x <= start.0.max(end.0);
    }
    if y == sy && x < sx {
        return false;
    }
    if y < ey || vi {
        return y < ey || x <= ex;
    }
    // Downwards an empty end column still covers one cell, as tmux draws it.
    let downwards = ordered(start, end).0 == start;
    x < ex || (downwards && ex == 0 && x == 0)
}

//! Moving over rows of text as vi and emacs do: words, lines, characters. Positions are (column, absolute row).

use super::view::Rows;

/// Blanks between words.
pub const WHITESPACE: &str = "\t ";

/// A place that moves over rows.
pub struct Reader<'r, 'a> {
    rows: &'r Rows<'a>,
    /// Column.
    pub x: u16,
    /// Absolute row.
    pub y: u64,
}

impl<'r, 'a> Reader<'r, 'a> {
    /// A reader at a place.
    pub fn new(rows: &'r Rows<'a>, x: u16, y: u64) -> Reader<'r, 'a> {
        Reader { rows, x, y }
    }

    fn length(&self) -> u16 {
        self.rows.length(self.y)
    }

    fn wraps(&self, y: u64) -> bool {
        self.rows.line(y).wrapped
    }

    /// Whether the cluster here is one of the characters of `set`.
    pub fn is_in(&self, set: &str) -> bool {
        self.rows.is_in(self.x, self.y, set)
    }

    fn leave_padding(&mut self) {
        let line = self.rows.line(self.y);
        while self.x > 0 && line.is_padding(self.x) {
            self.x -= 1;
        }
    }

    /// One to the right; `all` up to the last column of the screen, `onemore` one past the text.
    pub fn right(&mut self, wrap: bool, all: bool, onemore: bool) {
        let end = match (all, onemore) {
            (true, _) => self.rows.cols,
            (false, true) => self.length(),
            (false, false) => self.length().saturating_sub(1),
        };
        if wrap && self.x >= end && self.y < self.rows.last() {
            self.x = 0;
            self.down();
        } else if self.x < end {
            let line = self.rows.line(self.y);
            self.x += 1;
            while self.x < end && line.is_padding(self.x) {
                self.x += 1;
            }
        }
    }

    /// One to the left.
    pub fn left(&mut self, wrap: bool) {
        self.leave_padding();
        if self.x == 0 && self.y > self.rows.first && (wrap || self.wraps(self.y - 1)) {
            self.up();
            self.end_of_line(false, false);
        } else if self.x > 0 {
            self.x -= 1;
        }
    }

    fn down(&mut self) {
        if self.y < self.rows.last() {
            self.y += 1;
        }
        self.leave_padding();
    }

    fn up(&mut self) {
        if self.y > self.rows.first {
            self.y -= 1;
        }
        self.leave_padding();
    }

    /// To the first column; with `wrap` of the line that the row is part of.
    pub fn start_of_line(&mut self, wrap: bool) {
        while wrap && self.y > self.rows.first && self.wraps(self.y - 1) {
            self.y -= 1;
        }
        self.x = 0;
    }

    /// Past the text of the row or line; `all`: past the last column.
    pub fn end_of_line(&mut self, wrap: bool, all: bool) {
        while wrap && self.y < self.rows.last() && self.wraps(self.y) {
            self.y += 1;
        }
        self.x = if all { self.rows.cols } else { self.length() };
    }

    /// To the first character of the line that is no blank.
    pub fn back_to_indentation(&mut self) {
        let (x, y) = (self.x, self.y);
        self.start_of_line(true);
        loop {
            let line = self.rows.line(self.y);
            for column in 0..line.length() {
                if !line.is_padding(column) && !WHITESPACE.contains(line.cell(column)) {
                    self.x = column;
                    return;
                }
            }
            if !line.wrapped || self.y == self.rows.last() {
                break;
            }
            self.y += 1;
        }
        (self.x, self.y) = (x, y);
    }

    fn end_in_words(&self) -> u16 {
        if self.wraps(self.y) {
            self.rows.cols.saturating_sub(1)
        } else {
            self.length()
        }
    }

    /// Goes on to the next row while the place is past `end`. False at the end of everything.
    fn wrap(&mut self, end: &mut u16) -> bool {
        while self.x > *end {
            if self.y == self.rows.last() {
                return false;
            }
            self.x = 0;
            self.down();
            *end = self.end_in_words();
        }
        true
    }

    fn skip(&mut self, end: &mut u16, separators: &str, in_separators: bool) {
        loop {
            self.x += 1;
            let more = self.wrap(end)
                && !self.is_in(WHITESPACE)
                && self.is_in(separators) == in_separators;
            if !more {
                return;
            }
        }
    }

    /// To the start of the next word.
    pub fn next_word(&mut self, separators: &str) {
        let mut end = self.end_in_words();
        if !self.wrap(&mut end) {
            return;
        }
        if !self.is_in(WHITESPACE) {
            let separated = self.is_in(separators);
            self.skip(&mut end, separators, separated);
        }
        while self.wrap(&mut end) && self.is_in(WHITESPACE) {
            self.x += 1;
        }
    }

    /// Past the end of this or the next word.
    pub fn next_word_end(&mut self, separators: &str) {
        let mut end = self.end_in_words();
        while self.wrap(&mut end) {
            if self.is_in(WHITESPACE) {
                self.x += 1;
                continue;
            }
            let separated = self.is_in(separators);
            return self.skip(&mut end, separators, separated);
        }
    }

    /// To the start of this word, or with `already` (or from a blank) of the one before.
    pub fn previous_word(&mut self, separators: &str, already: bool, stop_at_eol: bool) {
        let mut letters = !self.is_in(separators);
        if already || self.is_in(WHITESPACE) {
            loop {
                if self.x > 0 {
                    self.x -= 1;
                    if !self.is_in(WHITESPACE) {
                        letters = !self.is_in(separators);
                        break;
                    }
                    continue;
                }
                if self.y == self.rows.first {
                    return;
                }
                self.up();
                self.end_of_line(false, false);
                if stop_at_eol && self.x > 0 && self.rows.is_in(self.x - 1, self.y, WHITESPACE) {
                    letters = false;
                    break;
                }
            }
        }
        loop {
            let (x, y) = (self.x, self.y);
            if self.x == 0 {
                if self.y == self.rows.first || !self.wraps(self.y - 1) {
                    return;
                }
                self.up();
                self.end_of_line(false, true);
            }
            self.x = self.x.saturating_sub(1);
            if self.is_in(WHITESPACE) || letters == self.is_in(separators) {
                (self.x, self.y) = (x, y);
                return;
            }
        }
    }

    /// To the next such cluster on the line from here on.
    pub fn jump(&mut self, wanted: &str) -> bool {
        let mut x = self.x;
        for y in self.y..=self.rows.last() {
            let line = self.rows.line(y);
            if let Some(found) =
                (x..line.length()).find(|x| !line.is_padding(*x) && line.cell(*x) == wanted)
            {
                (self.x, self.y) = (found, y);
                return true;
            }
            if !line.wrapped {
                return false;
            }
            x = 0;
        }
        false
    }

    /// To the last such cluster on the line up to here.
    pub fn jump_back(&mut self, wanted: &str) -> bool {
        let mut end = self.x.saturating_add(1);
        let mut y = self.y;
        loop {
            let line = self.rows.line(y);
            if let Some(found) = (0..end)
                .rev()
                .find(|x| !line.is_padding(*x) && line.cell(*x) == wanted)
            {
                (self.x, self.y) = (found, y);
                return true;
            }
            if y == self.rows.first || !self.wraps(y - 1) {
                return false;
            }
            y -= 1;
            end = self.rows.length(y);
        }
    }
}

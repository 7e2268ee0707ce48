//! Searching in copy mode: for text or a regular expression, over lines that the terminal has wrapped.
//!
//! tmux bounds a search by time; there is no clock here, so it is bounded by rows ([`MAX_COUNTED`] are counted).

use regex_lite::{Regex, RegexBuilder};

use super::view::{Editor, Rows};

/// Rows in which all matches are counted; beyond them the number is said to be partial.
const MAX_COUNTED: u64 = 20_000;

/// What is searched for.
pub enum Pattern {
    /// Text; small letters only match large ones too.
    Text(String, bool),
    /// A regular expression.
    Regex(Regex),
}

/// A match: first place, and the place one past its last cluster (column, row).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// First column and row.
    pub start: (u16, u64),
    /// One past the last column, and its row.
    pub end: (u16, u64),
}

impl Pattern {
    /// The pattern of what was typed; None for a wrong expression.
    pub fn new(text: &str, regex: bool) -> Option<Pattern> {
        if text.is_empty() {
            return None;
        }
        let small = text.chars().all(|c| !c.is_ascii_uppercase());
        if regex && text.contains(|c| "^$*+()?[].\\".contains(c)) {
            return RegexBuilder::new(text)
                .case_insensitive(small)
                .build()
                .ok()
                .map(Pattern::Regex);
        }
        Some(Pattern::Text(text.to_string(), small))
    }

    /// Byte ranges of matches in a text, which do not overlap.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        match self {
            Pattern::Regex(regex) => regex
                .find_iter(text)
                .filter(|m| !m.is_empty())
                .map(|m| (m.start(), m.end()))
                .collect(),
            Pattern::Text(wanted, small) => {
                let same = |at: usize| {
                    text.as_bytes()
                        .get(at..at + wanted.len())
                        .is_some_and(|part| match small {
                            true => part.eq_ignore_ascii_case(wanted.as_bytes()),
                            false => part == wanted.as_bytes(),
                        })
                };
                let mut out = Vec::new();
                let mut at = 0;
                while at + wanted.len() <= text.len() {
                    if text.is_char_boundary(at) && same(at) {
                        out.push((at, at + wanted.len()));
                        at += wanted.len();
                    } else {
                        at += 1;
                    }
                }
                out
            }
        }
    }
}

/// The matches in the line that begins with row `start`, and the row after that line.
fn in_line(rows: &Rows<'_>, pattern: &Pattern, start: u64) -> (Vec<Match>, u64) {
    let (text, places, last) = rows.joined(start);
    let place = |byte: usize| places.partition_point(|(at, _, _)| *at < byte);
    let found = pattern
        .find(&text)
        .into_iter()
        .filter_map(|(from, to)| {
            let (_, x, y) = *places.get(place(from))?;
            let (_, last_x, last_y) = *places.get(place(to).checked_sub(1)?)?;
            let line = rows.line(last_y);
            let mut end = last_x + 1;
            while line.is_padding(end) {
                end += 1;
            }
            Some(Match {
                start: (x, y),
                end: (end, last_y),
            })
        })
        .collect();
    (found, last + 1)
}

/// All matches that touch rows `from..=to`.
pub fn matches(rows: &Rows<'_>, pattern: &Pattern, from: u64, to: u64) -> Vec<Match> {
    let mut out = Vec::new();
    let mut y = rows.line_start(from);
    while y <= to {
        let (found, next) = in_line(rows, pattern, y);
        out.extend(
            found
                .into_iter()
                .filter(|found| found.end.1 >= from && found.start.1 <= to),
        );
        y = next;
    }
    out
}

fn before(a: (u16, u64), b: (u16, u64)) -> bool {
    (a.1, a.0) < (b.1, b.0)
}

impl Editor<'_> {
    /// The pattern in force, if its matches are shown.
    pub fn pattern(&self) -> Option<Pattern> {
        if !self.m.marks {
            return None;
        }
        Pattern::new(&self.m.search, self.m.regex)
    }

    /// The match that the cursor is on, or just behind.
    pub fn match_under_cursor(&self) -> Option<Match> {
        let pattern = self.pattern()?;
        let (x, y) = (self.m.cx, self.y());
        let found = matches(&self.rows, &pattern, y, y);
        let on = |x: u16| {
            found
                .iter()
                .find(|m| !before((x, y), m.start) && before((x, y), m.end))
                .copied()
        };
        on(x).or_else(|| x.checked_sub(1).and_then(on))
    }

    /// Its text.
    pub fn match_at_cursor(&self) -> Option<String> {
        let found = self.match_under_cursor()?;
        let mut out = String::new();
        for y in found.start.1..=found.end.1 {
            let line = self.rows.line(y);
            let from = if y == found.start.1 { found.start.0 } else { 0 };
            let to = if y == found.end.1 {
                found.end.0
            } else {
                line.cells.len() as u16
            };
            for x in (from..to).filter(|x| !line.is_padding(*x)) {
                out.push_str(line.cell(x));
            }
        }
        Some(out)
    }

    /// Searches for what is in `m.search`. False: not found.
    pub fn search(&mut self, down: bool) -> bool {
        self.m.down = down;
        if self.m.counted.as_ref() != Some(&(self.m.search.clone(), self.m.regex)) {
            self.clear_marks();
        }
        let Some(pattern) = Pattern::new(&self.m.search, self.m.regex) else {
            return false;
        };
        let from = self.search_start(down);
        let found = match (down, self.wrap_search) {
            (true, wrap) => self.find_down(&pattern, from).or_else(|| {
                wrap.then(|| self.find_down(&pattern, (0, self.rows.first)))
                    .flatten()
            }),
            (false, wrap) => self.find_up(&pattern, from).or_else(|| {
                wrap.then(|| self.find_up(&pattern, (self.rows.cols, self.rows.last())))
                    .flatten()
            }),
        };
        let Some(found) = found else { return false };
        self.m.marks = true;
        // As in tmux, matches are counted when something else is searched for, not when the search goes on.
        let searched = (self.m.search.clone(), self.m.regex);
        if self.m.counted.as_ref() != Some(&searched) {
            self.count_matches(&pattern);
            self.m.counted = Some(searched);
        }
        self.scroll_to(found.start.0, found.start.1);
        if down && !self.vi {
            // Emacs leaves the cursor behind what it found; a selection reaches to its beginning, as in tmux.
            let (mut x, mut y) = found.end;
            if x >= self.rows.cols && y < self.rows.last() {
                (x, y) = (0, y + 1);
            }
            match y.checked_sub(self.m.top) {
                Some(cy) if cy < u64::from(self.rows.rows) => {
                    (self.m.cx, self.m.cy) = (x, cy as u16)
                }
                _ => self.scroll_to(x, y),
            }
        }
        true
    }

    fn search_start(&self, down: bool) -> (u16, u64) {
        let (x, y) = (self.m.cx, self.y());
        let last = (self.rows.cols.saturating_sub(1), self.rows.last());
        if !down {
            return match (x, y > self.rows.first) {
                (0, true) => (last.0, y - 1),
                (0, false) if self.wrap_search => last,
                (0, false) => (0, y),
                (x, _) => (x - 1, y),
            };
        }
        if !self.vi {
            return (x, y);
        }
        if let Some(found) = self
            .match_under_cursor()
            .filter(|found| !before((x, y), found.start) && before((x, y), found.end))
        {
            return found.end;
        }
        if x >= last.0 {
            if y < last.1 {
                (0, y + 1)
            } else if self.wrap_search {
                (0, self.rows.first)
            } else {
                (x, y)
            }
        } else {
            (x + 1, y)
        }
    }

    fn find_down(&self, pattern: &Pattern, from: (u16, u64)) -> Option<Match> {
        let mut y = self.rows.line_start(from.1.min(self.rows.last()));
        while y <= self.rows.last() {
            let (found, next) = in_line(&self.rows, pattern, y);
            if let Some(found) = found.into_iter().find(|found| !before(found.start, from)) {
                return Some(found);
            }
            y = next;
        }
        None
    }

    fn find_up(&self, pattern: &Pattern, from: (u16, u64)) -> Option<Match> {
        let mut y = self.rows.line_start(from.1);
        loop {
            let (found, _) = in_line(&self.rows, pattern, y);
            if let Some(found) = found
                .into_iter()
                .rev()
                .find(|found| !before(from, found.start))
            {
                return Some(found);
            }
            if y == self.rows.first {
                return None;
            }
            y = self.rows.line_start(y - 1);
        }
    }

    fn count_matches(&mut self, pattern: &Pattern) {
        let (first, last) = (self.rows.first, self.rows.last());
        let mut y = first;
        let mut count = 0u32;
        while y <= last && y - first < MAX_COUNTED {
            let (found, next) = in_line(&self.rows, pattern, y);
            count = count.saturating_add(found.len() as u32);
            y = next;
        }
        self.m.partial = y <= last;
        self.m.matches = match (self.m.partial, count) {
            (false, count) => Some(count),
            (true, 1001..) => Some(1000),
            (true, 101..) => Some(100),
            (true, 11..) => Some(10),
            (true, _) => None,
        };
    }

    /// Matches are no longer shown.
    pub fn clear_marks(&mut self) {
        self.m.marks = false;
        self.m.matches = None;
        self.m.partial = false;
    }
}

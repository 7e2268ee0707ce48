//! A new size, as tmux does it.
//!
//! Fewer rows: rows below the cursor go first, then rows at the top move into history. More rows: rows that
//! scrolled off come back, then blank rows at the bottom. Another width rewraps ([`crate::reflow`]). The
//! alternate screen is cut or padded and never rewrapped; the primary screen changes beneath it at once.
//!
//! Other than tmux: a program that ends a line is between its CR and its LF for a moment. When a resize comes just
//! then, the cursor goes to column 0 and the LF leads below the last row that the line has now
//! ([`Tail::Rebroken`]); in tmux it leads to the line's second row, and the next line overwrites that.

use crate::Size;
use crate::modes::flag;
use crate::reflow::Anchor;
use crate::row::Row;
use crate::terminal::Terminal;
use crate::width::Tail;

impl Terminal {
    /// Changes the size as [`crate::Op::Resize`] does, and moves `anchors` (absolute row, column) with the text
    /// that they stand on: for marks and selections of a viewer.
    pub fn resize_anchored(&mut self, size: Size, anchors: &mut [(u64, u16)]) {
        self.resize(size, anchors);
        self.history.flush(self.blocks.as_mut());
        self.touched = true;
        self.settle();
    }

    pub(crate) fn resize(&mut self, size: Size, marks: &mut [(u64, u16)]) {
        let size = Size::new(size.cols, size.rows);
        let old = self.size;
        if size == old {
            return;
        }
        let mut hidden = None;
        if self.alternate {
            self.cut_alternate(old, size);
            // The primary screen's cursor is the one that 1049 saved.
            hidden = Some((self.x, self.y, self.wrap_pending));
            std::mem::swap(&mut self.grid, &mut self.other);
            let saved = self.grid.saved;
            (self.x, self.y) = (saved.x.min(old.cols - 1), saved.y.min(old.rows - 1));
            self.wrap_pending = saved.wrap_pending;
        } else if self.other.height() > 0 {
            self.other.set_height(size.rows, self.now);
            self.other
                .rows
                .iter_mut()
                .for_each(|row| row.crop(usize::from(size.cols)));
        }
        // From here on `grid` is the primary screen.
        self.size.rows = size.rows;
        self.change_height(old.rows, size.rows);
        if size.cols != old.cols {
            let x = if self.wrap_pending && self.has(flag::WRAP) {
                old.cols
            } else {
                self.x
            };
            let returned = hidden.is_none() && self.returned();
            let mut anchors: Vec<Anchor> = marks.iter().map(|m| Anchor::new(m.0, m.1)).collect();
            anchors.push(Anchor::new(self.screen_line() + u64::from(self.y), x));
            let shown = std::mem::replace(&mut self.alternate, false);
            self.reflow(size.cols, &mut anchors);
            self.alternate = shown;
            if let Some(cursor) = anchors.pop() {
                self.wrap_pending = cursor.x >= size.cols && self.has(flag::WRAP);
                self.x = cursor.x.min(size.cols - 1);
                self.y = match cursor.line.checked_sub(self.screen_line()) {
                    Some(y) => y.min(u64::from(size.rows) - 1) as u16,
                    None => {
                        // Its line is in history now.
                        self.x = 0;
                        0
                    }
                };
                if returned {
                    self.x = 0;
                    self.wrap_pending = false;
                    self.tail = Tail::Rebroken;
                }
            }
            for (mark, a) in marks.iter_mut().zip(&anchors) {
                *mark = (a.line, a.x.min(size.cols - 1));
            }
            self.size.cols = size.cols;
            self.tabs.resize(size.cols);
        }
        if let Some((x, y, pending)) = hidden {
            self.grid.saved.x = self.x;
            self.grid.saved.y = self.y;
            self.grid.saved.wrap_pending = self.wrap_pending;
            std::mem::swap(&mut self.grid, &mut self.other);
            self.x = x.min(size.cols - 1);
            self.y = y.min(size.rows - 1);
            self.wrap_pending = pending && size.cols == old.cols;
        }
        self.reset_margins();
        self.grid.touch_all(self.now);
        self.touched = true;
        if self.has(flag::RESIZE) {
            self.report_size();
        }
    }

    /// Whether CR came last, on the last row of its line.
    fn returned(&self) -> bool {
        match self.tail {
            Tail::Returned => self.x == 0 && !self.grid.row(self.y).wrapped(),
            Tail::Rebroken => true,
            _ => false,
        }
    }

    /// The last row of the line that the cursor is on.
    pub(crate) fn line_end(&self) -> u16 {
        let mut y = self.y;
        while y + 1 < self.size.rows && self.grid.row(y).wrapped() {
            y += 1;
        }
        y
    }

    /// The shown alternate screen to its new size.
    fn cut_alternate(&mut self, old: Size, size: Size) {
        let y = self.y;
        let mut dropped = 0;
        let now = self.now;
        self.grid.replace(
            |rows| {
                if size.rows < old.rows {
                    let below = (old.rows - 1 - y).min(old.rows - size.rows);
                    rows.truncate(usize::from(old.rows - below));
                    dropped = (rows.len() as u16).saturating_sub(size.rows);
                    rows.drain(..usize::from(dropped));
                }
                for row in rows.iter_mut() {
                    row.crop(usize::from(size.cols));
                }
            },
            now,
        );
        self.grid.set_height(size.rows, now);
        self.y = y - dropped.min(y);
    }

    /// Rows leave or come, at the old width.
    fn change_height(&mut self, old: u16, new: u16) {
        let now = self.now;
        if new < old {
            let mut last = self.y;
            // The rest of the cursor's line is not below it while its LF is to come.
            while self.tail == Tail::Rebroken && last + 1 < old && self.grid.row(last).wrapped() {
                last += 1;
            }
            let below = (old - 1 - last).min(old - new);
            self.grid
                .replace(|rows| rows.truncate(usize::from(old - below)), now);
            for _ in 0..old - below - new {
                self.push_history(0);
                self.grid.replace(
                    |rows| {
                        rows.remove(0);
                    },
                    now,
                );
                self.y = self.y.saturating_sub(1);
            }
        } else if new > old {
            let pulled = self.history.scrolled.min(u32::from(new - old));
            let back = self.pull_history(pulled);
            self.grid.replace(
                |rows| {
                    rows.splice(0..0, (0..pulled).map(|_| Row::default()));
                },
                now,
            );
            for (y, (flags, cells, links)) in back.iter().enumerate() {
                self.put_loose(y as u16, *flags, cells, links);
            }
            self.y += pulled as u16;
            self.grid.set_height(new, now);
        }
    }
}

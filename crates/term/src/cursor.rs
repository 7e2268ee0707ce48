//! Cursor movement, within the margins as xterm has it (ECMA-48 8.3, DEC STD 070 5).

use crate::cell::{Cell, TAB_TAIL};
use crate::charset::Charset;
use crate::grid::SavedCursor;
use crate::modes::flag;
use crate::params::Params;
use crate::terminal::Terminal;

/// Longest tab that is kept as one.
const TAB_MOST: usize = 32;

impl Terminal {
    /// The cursor at a column and row of the screen, clamped.
    pub(crate) fn go(&mut self, x: u32, y: u32) {
        self.x = x.min(u32::from(self.size.cols) - 1) as u16;
        self.y = y.min(u32::from(self.size.rows) - 1) as u16;
        self.wrap_pending = false;
    }

    /// The cursor at a column and row counted from 0, or from the margins in origin mode.
    pub(crate) fn go_origin(&mut self, x: u32, y: u32) {
        if self.has(flag::ORIGIN) {
            let x = (x + u32::from(self.left)).min(u32::from(self.right));
            let y = (y + u32::from(self.top)).min(u32::from(self.bottom));
            self.go(x, y);
        } else {
            self.go(x, y);
        }
    }

    pub(crate) fn home(&mut self) {
        self.go_origin(0, 0);
    }

    /// CUP, HVP.
    pub(crate) fn cursor_position(&mut self, p: &Params) {
        self.go_origin(u32::from(p.or(1, 1)) - 1, u32::from(p.or(0, 1)) - 1);
    }

    /// CHA: column, counted from the left margin in origin mode.
    pub(crate) fn cursor_column(&mut self, p: &Params) {
        let y = self.y;
        self.go_origin(u32::from(p.or(0, 1)) - 1, 0);
        self.y = y;
    }

    /// HPA: as CHA; xterm counts from the margin too.
    pub(crate) fn column_absolute(&mut self, p: &Params) {
        self.cursor_column(p);
    }

    /// HPR.
    pub(crate) fn column_relative(&mut self, p: &Params) {
        self.go(u32::from(self.x) + u32::from(p.or(0, 1)), u32::from(self.y));
    }

    /// VPA: row, counted from the top margin in origin mode.
    pub(crate) fn row_absolute(&mut self, p: &Params) {
        let x = self.x;
        self.go_origin(0, u32::from(p.or(0, 1)) - 1);
        self.x = x;
    }

    /// VPR.
    pub(crate) fn row_relative(&mut self, p: &Params) {
        self.go(u32::from(self.x), u32::from(self.y) + u32::from(p.or(0, 1)));
    }

    /// CUU: stops at the top margin when it begins below it.
    pub(crate) fn cursor_up(&mut self, p: &Params) {
        let stop = if self.y >= self.top { self.top } else { 0 };
        self.y = self.y.saturating_sub(p.or(0, 1)).max(stop);
        self.wrap_pending = false;
    }

    /// CUD.
    pub(crate) fn cursor_down(&mut self, p: &Params) {
        let stop = if self.y <= self.bottom {
            self.bottom
        } else {
            self.size.rows - 1
        };
        self.y = self.y.saturating_add(p.or(0, 1)).min(stop);
        self.wrap_pending = false;
    }

    /// CUF.
    pub(crate) fn cursor_right(&mut self, p: &Params) {
        let stop = if self.x <= self.right {
            self.right
        } else {
            self.size.cols - 1
        };
        self.x = self.x.saturating_add(p.or(0, 1)).min(stop);
        self.wrap_pending = false;
    }

    /// CUB.
    pub(crate) fn cursor_left(&mut self, p: &Params) {
        self.back(p.or(0, 1));
    }

    /// BS.
    pub(crate) fn backspace(&mut self) {
        self.back(1);
    }

    fn back(&mut self, mut n: u16) {
        let wraps = self.has(flag::WRAP)
            && self.flags & (flag::REVERSE_WRAP | flag::REVERSE_WRAP_EXTENDED) != 0;
        if wraps {
            // Stepping back out of a pending wrap stays on the character written last.
            if std::mem::take(&mut self.wrap_pending) {
                n -= 1;
            }
            self.back_wrapping(n);
            return;
        }
        self.wrap_pending = false;
        let stop = if self.x >= self.left { self.left } else { 0 };
        self.x = self.x.saturating_sub(n).max(stop);
    }

    /// Mode 45 goes back over lines that wrapped; 1045 over every line, and from the top to the bottom.
    fn back_wrapping(&mut self, mut n: u16) {
        let extended = self.has(flag::REVERSE_WRAP_EXTENDED);
        // Twice round the screen is as good as any further.
        let mut turns = 2 * u32::from(self.size.rows);
        while n > 0 {
            let stop = if self.x >= self.left { self.left } else { 0 };
            let step = n.min(self.x - stop);
            self.x -= step;
            n -= step;
            if n == 0 {
                return;
            }
            if self.y == self.top || self.y == 0 {
                if !extended {
                    return;
                }
                self.y = if self.y == self.top {
                    self.bottom
                } else {
                    self.size.rows - 1
                };
            } else {
                if !extended && !self.grid.row(self.y - 1).wrapped() {
                    return;
                }
                self.y -= 1;
            }
            self.x = self.right;
            n -= 1;
            turns -= 1;
            if turns == 0 {
                return;
            }
        }
    }

    /// CNL.
    pub(crate) fn next_line(&mut self, p: &Params) {
        self.cursor_down(p);
        self.carriage_return();
    }

    /// CPL.
    pub(crate) fn previous_line(&mut self, p: &Params) {
        self.cursor_up(p);
        self.carriage_return();
    }

    /// CR.
    #[inline]
    pub(crate) fn carriage_return(&mut self) {
        self.x = if self.x >= self.left || self.has(flag::ORIGIN) {
            self.left
        } else {
            0
        };
        self.wrap_pending = false;
    }

    /// LF, VT, FF.
    #[inline]
    pub(crate) fn linefeed(&mut self) {
        self.index();
        if self.has(flag::NEWLINE) {
            self.carriage_return();
        }
        self.wrap_pending = false;
    }

    /// IND: down one line, scrolling at the bottom margin.
    #[inline]
    pub(crate) fn index(&mut self) {
        if self.y == self.bottom {
            if (self.left..=self.right).contains(&self.x) {
                self.scroll_up(1);
            }
        } else if self.y < self.size.rows - 1 {
            self.y += 1;
        }
        self.wrap_pending = false;
    }

    /// RI: up one line, scrolling at the top margin.
    pub(crate) fn reverse_index(&mut self) {
        if self.y == self.top {
            if (self.left..=self.right).contains(&self.x) {
                self.scroll_down(1);
            }
        } else if self.y > 0 {
            self.y -= 1;
        }
        self.wrap_pending = false;
    }

    /// NEL.
    pub(crate) fn new_line(&mut self) {
        self.index();
        self.carriage_return();
    }

    /// HT: over blank columns of one look the tab itself is kept (see [`crate::cell`]).
    pub(crate) fn tab(&mut self) {
        if self.wrap_pending && self.has(flag::MORE_FIX) {
            self.wrap();
        }
        let from = self.x;
        self.tab_forward(1);
        let (from, to) = (usize::from(from), usize::from(self.x));
        let row = self.grid.row(self.y);
        let look = row.get(from).look();
        let plain = |c: Cell| matches!(c.text(), 0 | 0x20) && c.is_blank() && c.look() == look;
        if to > from && to - from <= TAB_MOST && (from..to).all(|x| plain(row.get(x))) {
            let row = self.grid.row_mut(self.y);
            row.put(from, Cell::narrow(9, look));
            row.fill(from + 1, to, Cell::narrow(u32::from(TAB_TAIL), look));
            self.touch(self.y);
        }
    }

    /// CHT, and the movement of HT.
    pub(crate) fn tab_forward(&mut self, n: u16) {
        let stop = if self.x <= self.right {
            self.right
        } else {
            self.size.cols - 1
        };
        for _ in 0..n.min(self.size.cols) {
            match self.tabs.after(self.x) {
                Some(x) if x < stop => self.x = x,
                _ => {
                    self.x = stop;
                    break;
                }
            }
        }
        // xterm keeps a pending wrap over a tab: the cursor does not move, and text still goes to the next line.
    }

    /// CBT.
    pub(crate) fn tab_back(&mut self, p: &Params) {
        for _ in 0..p.or(0, 1).min(self.size.cols) {
            self.x = self.tabs.before(self.x).unwrap_or(0);
        }
        self.wrap_pending = false;
    }

    /// TBC.
    pub(crate) fn clear_tabs(&mut self, p: &Params) {
        match p.raw(0) {
            0 => self.tabs.clear(self.x),
            3 => self.tabs.clear_all(),
            _ => {}
        }
    }

    /// DECST8C.
    pub(crate) fn default_tabs(&mut self, p: &Params) {
        if p.raw(0) == 5 {
            self.tabs = crate::tabs::Tabs::new(self.size.cols);
        }
    }

    /// DECSC, SCOSC, 1048.
    pub(crate) fn save_cursor(&mut self) {
        self.grid.saved = SavedCursor {
            x: self.x,
            y: self.y,
            wrap_pending: self.wrap_pending,
            pen: self.pen,
            charsets: self.charsets,
            origin: self.has(flag::ORIGIN),
        };
    }

    /// DECRC, SCORC.
    pub(crate) fn restore_cursor(&mut self) {
        let saved = self.grid.saved;
        self.flags = if saved.origin {
            self.flags | flag::ORIGIN
        } else {
            self.flags & !flag::ORIGIN
        };
        self.pen = saved.pen;
        self.pen_stale = true;
        self.charsets = saved.charsets;
        self.refresh_plain();
        let (x, y) = (u32::from(saved.x), u32::from(saved.y));
        if saved.origin {
            self.go(
                x.clamp(u32::from(self.left), u32::from(self.right)),
                y.clamp(u32::from(self.top), u32::from(self.bottom)),
            );
        } else {
            self.go(x, y);
        }
        self.wrap_pending = saved.wrap_pending && u32::from(self.x) == x;
    }

    /// DECSTBM.
    pub(crate) fn set_rows(&mut self, p: &Params) {
        let top = p.or(0, 1);
        let bottom = p.or(1, self.size.rows).min(self.size.rows);
        if top < bottom {
            self.top = top - 1;
            self.bottom = bottom - 1;
            self.home();
        }
    }

    /// DECSLRM under DECLRMM, else SCOSC.
    pub(crate) fn set_columns(&mut self, p: &Params) {
        if !self.has(flag::MARGINS) {
            if p.len() == 0 {
                self.save_cursor();
            }
            return;
        }
        let left = p.or(0, 1);
        let right = p.or(1, self.size.cols).min(self.size.cols);
        if left < right {
            self.left = left - 1;
            self.right = right - 1;
            self.home();
        }
    }

    pub(crate) fn reset_margins(&mut self) {
        self.top = 0;
        self.bottom = self.size.rows - 1;
        self.left = 0;
        self.right = self.size.cols - 1;
    }

    /// SI, SO, LS2, LS3: invoke `g` into the left half.
    pub(crate) fn shift_to(&mut self, g: u8) {
        self.charsets.gl = g;
        self.refresh_plain();
    }

    /// SS2, SS3.
    pub(crate) fn single_shift(&mut self, g: u8) {
        self.charsets.single = g;
        self.refresh_plain();
    }

    /// SCS.
    pub(crate) fn designate(&mut self, g: usize, set: Charset) {
        self.charsets.g[g] = set;
        self.refresh_plain();
    }
}

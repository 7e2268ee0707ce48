//! The two screens, resets, and the sweeping of what cells refer to.

use crate::cell::{Cell, look};
use crate::charset::Charsets;
use crate::grid::SavedCursor;
use crate::modes::flag;
use crate::style::Style;
use crate::tabs::Tabs;
use crate::terminal::{CursorShape, MouseTracking, Protection, Terminal};
use crate::width::Tail;

/// After a table was found full, so many newcomers are refused before it is swept again.
const REFUSALS: u32 = 4096;

impl Terminal {
    /// 47, 1047, 1049.
    pub(crate) fn set_alternate(&mut self, number: u16, on: bool) {
        if !self.alternate_allowed || !self.has(flag::ALTERNATE_ALLOWED) {
            return;
        }
        if on {
            if number == 1049 && !self.alternate {
                self.save_cursor();
            }
            if !self.alternate {
                self.switch();
                if number == 1049 {
                    self.clear_alternate();
                }
            }
        } else {
            if self.alternate {
                if number == 1047 {
                    self.clear_alternate();
                }
                self.switch();
            }
            if number == 1049 {
                self.restore_cursor();
            }
        }
    }

    /// Shows the other screen.
    pub(crate) fn switch(&mut self) {
        std::mem::swap(&mut self.grid, &mut self.other);
        self.alternate = !self.alternate;
        if self.grid.height() != self.size.rows {
            self.grid.set_height(self.size.rows, self.now);
        }
        self.grid.touch_all(self.now);
        self.touched = true;
    }

    fn clear_alternate(&mut self) {
        let blank = self.blank();
        let cols = usize::from(self.size.cols);
        for row in &mut self.grid.rows {
            row.reset(blank, cols);
        }
        self.grid.touch_all(self.now);
    }

    /// DECSTR.
    pub(crate) fn soft_reset(&mut self) {
        let reset = flag::INSERT
            | flag::ORIGIN
            | flag::APP_CURSOR
            | flag::APP_KEYPAD
            | flag::MARGINS
            | flag::REVERSE_WRAP
            | flag::REVERSE_WRAP_EXTENDED
            | flag::KEYBOARD_LOCK;
        self.flags = self.flags & !reset | flag::VISIBLE | flag::WRAP;
        self.reset_margins();
        self.pen = Style::default();
        self.pen_link = 0;
        self.pen_stale = true;
        self.protection = Protection::Dec;
        self.charsets = Charsets::default();
        self.refresh_plain();
        self.grid.saved = SavedCursor::default();
        self.shape = CursorShape::Default;
        self.wrap_pending = false;
        self.touched = true;
    }

    /// Everything but grid, history, title and palette as in a new terminal.
    fn reset_state(&mut self) {
        if self.alternate {
            self.switch();
        }
        self.soft_reset();
        self.flags = flag::DEFAULT;
        self.saved_modes.clear();
        self.mouse = MouseTracking::Off;
        self.mouse_number = 0;
        self.modify_other_keys = 0;
        self.extent = 0;
        self.checksum = 0;
        self.level = crate::replies::LEVEL;
        self.tabs = Tabs::new(self.size.cols);
        self.pens.clear();
        self.titles.clear();
        self.grid.kitty.clear();
        self.other.kitty.clear();
        self.other.saved = SavedCursor::default();
        self.tail = Tail::None;
        self.last_char = 0;
        self.notice = Default::default();
        self.palette.reset_all();
        self.refresh_plain();
    }

    /// RIS and send-keys -R.
    pub(crate) fn reset(&mut self) {
        self.reset_state();
        self.clear_scrolling();
        self.other.drop_rows();
        self.go(0, 0);
    }

    /// A new program: as RIS; what the last one left on the screen goes to history.
    pub(crate) fn respawn(&mut self) {
        self.parser = Default::default();
        self.reset();
        self.title.clear();
    }

    /// The number of a style; 0 (the default) when there is no room for it.
    pub(crate) fn intern_style(&mut self, style: &Style) -> u16 {
        match self.styles.intern(style) {
            Some(id) => id,
            None => self.with_room(0, |t| t.styles.intern(style)).unwrap_or(0),
        }
    }

    /// The index of a cluster; None when there is no room for it.
    pub(crate) fn intern_cluster(&mut self, text: &str) -> Option<u32> {
        match self.clusters.intern(text) {
            Some(index) => Some(index),
            None => self.with_room(1, |t| t.clusters.intern(text)),
        }
    }

    /// The number of a link; 0 (none) when there is no room for it.
    pub(crate) fn intern_link(&mut self, id: &str, uri: &str) -> u16 {
        match self.links.intern(id, uri) {
            Some(n) => n,
            None => self.with_room(2, |t| t.links.intern(id, uri)).unwrap_or(0),
        }
    }

    /// Sweeps and tries again. A table that a sweep leaves full is not swept again for a while, or every cell
    /// would be as dear as the whole screen.
    fn with_room<T>(
        &mut self,
        table: usize,
        again: impl Fn(&mut Terminal) -> Option<T>,
    ) -> Option<T> {
        if (1..REFUSALS).contains(&self.refused[table]) {
            self.refused[table] += 1;
            return None;
        }
        self.sweep();
        let found = again(self);
        self.refused[table] = u32::from(found.is_none());
        found
    }

    /// Drops the styles, clusters and links that no cell uses and renumbers the others.
    pub(crate) fn sweep(&mut self) {
        self.sweeps += 1;
        let mut styles = vec![false; self.styles.list.len()];
        let mut clusters = vec![false; self.clusters.len()];
        let mut links = vec![false; self.links.list.len() + 1];
        let mark = |flags: &mut Vec<bool>, i: usize| {
            if let Some(f) = flags.get_mut(i) {
                *f = true;
            }
        };
        for row in self.grid.rows.iter().chain(&self.other.rows) {
            for c in &row.cells {
                mark(&mut styles, usize::from(c.style()));
                mark(&mut links, usize::from(c.link()));
                if c.is_cluster() {
                    mark(&mut clusters, c.text() as usize);
                }
            }
        }
        mark(&mut links, usize::from(self.pen_link));
        let styles = self.styles.sweep(&styles);
        let clusters = self.clusters.sweep(&clusters);
        let links = self.links.sweep(&links);
        let new = |map: &[u16], i: u16| map.get(usize::from(i)).copied().unwrap_or(0);
        for row in self.grid.rows.iter_mut().chain(&mut self.other.rows) {
            for c in &mut row.cells {
                let look = look(new(&styles, c.style()), new(&links, c.link()));
                *c = if c.is_cluster() {
                    let index = clusters.get(c.text() as usize).copied().unwrap_or(0);
                    Cell::cluster(index, c.is_wide(), look)
                } else {
                    c.with_look(look)
                };
            }
        }
        self.pen_link = new(&links, self.pen_link);
        self.pen_stale = true;
        self.history.forget_links();
    }
}

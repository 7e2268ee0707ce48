//! The rows of a window: which lines of which panes they show, and drawing them.

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_term::{ScreenCell, ScreenRow, Style};

use super::formats;
use super::frame::{Frame, Title};
use super::text;
use crate::Core;
use crate::model::ids::PaneId;
use crate::scrollbar::Slider;

/// What a row shows of one pane: the pane, its line, the change number of the line. It does not say where the row is,
/// so a row that has scrolled is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pane: PaneId,
    /// Renumberings so far (`Terminal::line_epoch`); u64::MAX for a mode's picture.
    epoch: u64,
    line: u64,
    change: u64,
}

/// The window's rows.
pub(super) struct Window<'a> {
    pub core: &'a Core,
    pub frame: &'a Frame,
    pub looks: &'a BTreeMap<PaneId, formats::PaneLook>,
    /// The sliders of scroll bars.
    pub sliders: BTreeMap<PaneId, Slider>,
    /// Panes inside ?2026, and panes that are not to be drawn now: the rows that were shown last are shown.
    pub held: Vec<PaneId>,
}

/// Rows, and the links that their cells refer to.
type Rows = (Vec<Arc<ScreenRow>>, Vec<Arc<str>>);

/// The rows that a pane shows instead of its terminal's; None: it is in no mode.
pub(crate) fn mode_rows(core: &Core, id: PaneId) -> Option<Rows> {
    let state = &core.model.panes.get(&id)?.state;
    let mut links = Vec::new();
    let mut rows = Vec::new();
    for y in 0..state.rows {
        let mut out = text::blank(state.cols, Style::default());
        let row = match (&state.front, &state.mode) {
            (Some(front), _) => front.row(y).cloned().unwrap_or_default(),
            (None, Some(mode)) => crate::mode::copy::draw_row(core, id, mode, y, &mut links),
            (None, None) => return None,
        };
        text::copy(&row, 0, state.cols, &mut out, 0);
        rows.push(Arc::new(out));
    }
    Some((rows, links))
}

impl Window<'_> {
    /// Finds where the sliders are.
    pub fn slide(&mut self) {
        for (id, look) in self.looks {
            if look.bar.is_some()
                && let Some(slider) = self.core.slider(*id)
            {
                self.sliders.insert(*id, slider);
            }
        }
    }

    /// Finds the panes to hold: those whose synchronized update is open, but not for too long.
    pub fn hold(&mut self, held: &mut BTreeMap<PaneId, u64>, now: u64, settled: bool) {
        for (id, _) in self.frame.all() {
            let Some(pane) = self.core.model.panes.get(&id) else {
                continue;
            };
            if !pane.state.in_mode() && pane.terminal.modes().synchronized {
                let since = *held.entry(id).or_insert(now);
                if since.saturating_add(super::SYNC_MS) > now && settled {
                    self.held.push(id);
                }
            }
        }
    }

    /// Holds all panes but one.
    pub fn hold_all_but(&mut self, pane: PaneId) {
        let panes = self.frame.all().map(|(id, _)| id);
        self.held.extend(panes.filter(|id| *id != pane));
    }

    /// What window row `y` shows of panes, `old` being what it showed.
    pub fn parts(&self, y: u16, old: &[Part], out: &mut Vec<Part>) {
        for (id, rect) in self.frame.all() {
            if y < rect.y || y >= rect.y + rect.rows {
                continue;
            }
            let Some(pane) = self.core.model.panes.get(&id) else {
                continue;
            };
            let row = y - rect.y;
            let part = match (&pane.state.front, &pane.state.mode) {
                (Some(front), _) => Part {
                    pane: id,
                    epoch: u64::MAX,
                    line: u64::from(row),
                    change: front.change(row),
                },
                (None, Some(mode)) => Part {
                    pane: id,
                    epoch: u64::MAX,
                    line: u64::from(row),
                    change: mode.change(),
                },
                (None, None) => {
                    if let Some(old) = old
                        .iter()
                        .find(|part| part.pane == id && self.held.contains(&id))
                    {
                        out.push(*old);
                        continue;
                    }
                    let terminal = &pane.terminal;
                    let line =
                        terminal.first_line() + u64::from(terminal.history_len()) + u64::from(row);
                    Part {
                        pane: id,
                        epoch: terminal.line_epoch(),
                        line,
                        change: terminal.line_change(line),
                    }
                }
            };
            out.push(part);
        }
        for (id, rect) in self.frame.all() {
            let Some(slider) = self.sliders.get(&id) else {
                continue;
            };
            if y >= rect.y && y < rect.y + rect.rows {
                out.push(Part {
                    pane: id,
                    epoch: u64::MAX - 1,
                    line: u64::from(slider.has(y - rect.y)),
                    change: 0,
                });
            }
        }
        if out.is_empty() {
            // A row of borders only: drawn once, then known by this.
            out.push(Part {
                pane: PaneId(u32::MAX),
                epoch: 0,
                line: u64::from(y),
                change: 0,
            });
        }
    }

    /// Draws window row `y`.
    pub fn row(
        &self,
        y: u16,
        borders: &[(u16, ScreenCell)],
        titles: &[Title],
        old: Option<&ScreenRow>,
        links: &mut Vec<Arc<str>>,
    ) -> ScreenRow {
        let view = &self.frame.view;
        let mut out = text::blank(view.cols, Style::default());
        for (x, cell) in borders {
            out.cells[usize::from(*x)] = *cell;
        }
        for (id, rect) in &self.frame.panes {
            self.pane(*id, rect, y, old, &mut out, links);
        }
        for ((id, rect), full) in self.frame.panes.iter().zip(&self.frame.full) {
            self.bar(*id, *rect, *full, y, &mut out);
        }
        let floating = |id: PaneId| self.frame.floats.iter().any(|(float, ..)| *float == id);
        for title in titles.iter().filter(|title| !floating(title.pane)) {
            self.title(title, y, &mut out);
        }
        for (id, rect, full) in &self.frame.floats {
            for x in view.ox..view.ox + view.cols {
                if let Some(cell) = self.frame.float_border(*id, *full, x, y) {
                    text::set(&mut out, x - view.ox, cell);
                }
            }
            if y >= rect.y && y < rect.y + rect.rows {
                self.clear(full, &mut out);
            }
            self.pane(*id, rect, y, old, &mut out, links);
            self.bar(*id, *rect, *full, y, &mut out);
            for title in titles.iter().filter(|title| title.pane == *id) {
                self.title(title, y, &mut out);
            }
        }
        out
    }

    /// Takes what is beneath a floating pane away.
    fn clear(&self, full: &super::borders::Rect, out: &mut ScreenRow) {
        let view = &self.frame.view;
        for x in full.x.max(view.ox)..(full.x + full.cols).min(view.ox + view.cols) {
            text::set(out, x - view.ox, ScreenCell::BLANK);
        }
    }

    /// Draws what window row `y` has of a title.
    fn title(&self, title: &Title, y: u16, out: &mut ScreenRow) {
        let view = &self.frame.view;
        if title.y != y {
            return;
        }
        let from = view.ox.saturating_sub(title.x);
        let at = title.x.saturating_sub(view.ox);
        let width = (title.row.cells.len() as u16)
            .saturating_sub(from)
            .min(view.cols.saturating_sub(at));
        text::copy(&title.row, from, width, out, at);
    }

    /// Draws what window row `y` has of a pane.
    fn pane(
        &self,
        id: PaneId,
        rect: &super::borders::Rect,
        y: u16,
        old: Option<&ScreenRow>,
        out: &mut ScreenRow,
        links: &mut Vec<Arc<str>>,
    ) {
        let view = &self.frame.view;
        let right = (rect.x + rect.cols).min(view.ox + view.cols);
        let left = rect.x.max(view.ox);
        if y < rect.y || y >= rect.y + rect.rows || left >= right {
            return;
        }
        let Some(pane) = self.core.model.panes.get(&id) else {
            return;
        };
        let (at, width, from) = (left - view.ox, right - left, left - rect.x);
        let row = y - rect.y;
        if let (Some(old), true) = (old, self.held.contains(&id)) {
            text::copy(old, at, width, out, at);
            return;
        }
        match (&pane.state.front, &pane.state.mode) {
            (Some(front), _) => {
                if let Some(whole) = front.row(row) {
                    text::copy(whole, from, width, out, at);
                }
            }
            (None, Some(mode)) => {
                let whole = crate::mode::copy::draw_row(self.core, id, mode, row, links);
                text::copy(&whole, from, width, out, at);
            }
            (None, None) => {
                let terminal = &pane.terminal;
                let line =
                    terminal.first_line() + u64::from(terminal.history_len()) + u64::from(row);
                if row < terminal.size().rows {
                    terminal.draw_line(line, from, width, out, at, links);
                }
            }
        }
        if let Some(look) = self.looks.get(&id) {
            let cells = &mut out.cells[usize::from(at)..usize::from(at + width)];
            text::apply_palette(cells, &look.palette);
            text::apply_base(cells, look.base);
        }
    }

    /// Draws what window row `y` has of a pane's scroll bar.
    fn bar(
        &self,
        id: PaneId,
        rect: super::borders::Rect,
        full: super::borders::Rect,
        y: u16,
        out: &mut ScreenRow,
    ) {
        let view = &self.frame.view;
        let look = self.looks.get(&id).and_then(|look| look.bar);
        let (Some((bar, style, inside)), Some(slider)) = (look, self.sliders.get(&id)) else {
            return;
        };
        if y < rect.y || y >= rect.y + rect.rows {
            return;
        }
        let style = if slider.has(y - rect.y) {
            inside
        } else {
            style
        };
        let (from, to) = bar.columns(full, rect);
        for x in from.max(view.ox)..to.min(view.ox + view.cols) {
            let cell = ScreenCell {
                style,
                ..ScreenCell::BLANK
            };
            text::set(out, x - view.ox, cell);
        }
    }
}

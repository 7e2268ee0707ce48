//! What rows are drawn from besides the panes' contents: where the panes lie, borders, titles on borders.

use std::collections::BTreeMap;

use outlast_term::{ScreenCell, ScreenRow, Style};

use super::borders::{self, Lines, PaneStatus, Rect, Shape};
use super::formats::{self, Formats};
use super::layout::{self, Span};
use super::text;
use super::view::{self, View};
use crate::Core;
use crate::model::ids::PaneId;

/// Everything but the panes' contents that rows are drawn from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    pub view: View,
    pub panes: Vec<(PaneId, Rect)>,
    /// Where each pane is with its scroll bar.
    pub full: Vec<Rect>,
    /// What floats over them, the one in front last: pane, its place, its place with its scroll bar.
    pub floats: Vec<(PaneId, Rect, Rect)>,
    marked: Option<PaneId>,
    /// Options that rows are drawn with may have changed (`State::serial`).
    serial: u64,
    shape: Shape,
    looks: BTreeMap<PaneId, formats::PaneLook>,
    outside: Style,
    fill: Option<char>,
    lines: i64,
    indicators: i64,
}

/// A pane's title on its border.
pub(super) struct Title {
    /// Row of the window.
    pub y: u16,
    /// Column of the window.
    pub x: u16,
    /// Its cells.
    pub row: ScreenRow,
    /// Whose it is.
    pub pane: PaneId,
    /// What clicks on it mean, in columns of `row`.
    pub spans: Vec<Span>,
}

fn rect(core: &Core, pane: PaneId) -> Option<Rect> {
    let state = &core.model.panes.get(&pane)?.state;
    Some(Rect {
        x: state.x,
        y: state.y,
        cols: state.cols,
        rows: state.rows,
    })
}

pub(super) fn frame(core: &Core, view: &View, formats: &Formats, serial: u64) -> Frame {
    let panes: Vec<(PaneId, Rect)> = view::visible_panes(core, view.window)
        .into_iter()
        .filter_map(|id| Some((id, rect(core, id)?)))
        .collect();
    let window = core.model.windows.get(&view.window);
    let zoomed = window.is_some_and(|window| window.zoomed.is_some());
    let mut floats = Vec::new();
    if let Some(window) = window.filter(|_| !zoomed) {
        for float in window.floats.iter().rev() {
            if let (Some(rect), Some(full)) = (rect(core, float.pane), core.full_place(float.pane))
            {
                // A window that has become smaller shows what it has room for.
                let clip = |rect: Rect| Rect {
                    cols: rect.cols.min(window.cols.saturating_sub(rect.x)),
                    rows: rect.rows.min(window.rows.saturating_sub(rect.y)),
                    ..rect
                };
                floats.push((float.pane, clip(rect), clip(full)));
            }
        }
    }
    let panes: Vec<(PaneId, Rect)> = panes
        .into_iter()
        .filter(|(id, _)| !floats.iter().any(|(float, ..)| float == id))
        .collect();
    let full: Vec<Rect> = panes
        .iter()
        .map(|(id, rect)| core.full_place(*id).unwrap_or(*rect))
        .collect();
    let two = window
        .filter(|_| !zoomed)
        .and_then(|window| borders::two_panes(&window.layout));
    let (cols, rows) = window.map_or((0, 0), |window| (window.cols, window.rows));
    Frame {
        view: view.clone(),
        marked: core.model.global.marked,
        serial,
        shape: Shape {
            cols,
            rows,
            panes: full.clone(),
            status: PaneStatus::of(formats.pane_status),
            colour: matches!(formats.indicators, 1 | 3),
            two,
        },
        panes,
        full,
        floats,
        looks: formats.panes.clone(),
        outside: formats.outside,
        fill: formats.fill,
        lines: formats.lines,
        indicators: formats.indicators,
    }
}

fn glyph(c: char, style: Style) -> ScreenCell {
    ScreenCell {
        text: u32::from(c),
        style,
        width: 1,
        link: 0,
    }
}

impl Frame {
    fn active(&self) -> Option<usize> {
        self.panes
            .iter()
            .position(|(id, _)| *id == self.view.active)
    }

    /// The border cell at a place of the window; None inside a pane.
    fn border(&self, x: u16, y: u16) -> Option<ScreenCell> {
        if self.shape.pane_at(x, y).is_some() && x < self.shape.cols && y < self.shape.rows {
            return None;
        }
        let outside = || Some(glyph(self.fill.unwrap_or(borders::OUTSIDE), self.outside));
        if x > self.shape.cols || y > self.shape.rows {
            return outside();
        }
        let Some(neighbours) = self.shape.neighbours(x, y) else {
            return outside();
        };
        let lines = Lines::of(self.lines);
        let edge = x == self.shape.cols || y == self.shape.rows;
        let owner = if edge { None } else { self.shape.owner(x, y) };
        let mut style = self.outside;
        if let Some(owner) = owner {
            let (id, _) = self.panes[owner];
            let active = self
                .active()
                .is_some_and(|n| self.shape.side(&self.shape.panes[n], x, y).is_some());
            if let Some(look) = self.looks.get(&id) {
                style = if active {
                    look.active_border
                } else {
                    look.border
                };
            }
            let marked = self
                .panes
                .iter()
                .position(|(id, _)| Some(*id) == self.marked);
            if marked.is_some_and(|n| self.shape.side(&self.full[n], x, y).is_some()) {
                style.attrs = outlast_term::Attrs(style.attrs.0 ^ outlast_term::Attrs::REVERSE.0);
            }
        }
        let mut c = lines.glyph(neighbours, owner);
        if c == borders::OUTSIDE {
            c = self.fill.unwrap_or(c);
        }
        if let (Some(owner), Some(active), 2 | 3) = (owner, self.active(), self.indicators) {
            let rect = self.shape.panes[owner];
            c = borders::arrow(&self.shape, &rect, active, x, y, neighbours).unwrap_or(c);
        }
        Some(glyph(c, style))
    }
}

impl Frame {
    /// All panes that are shown, those in front last.
    pub fn all(&self) -> impl Iterator<Item = (PaneId, Rect)> + '_ {
        let floats = self.floats.iter().map(|(id, rect, _)| (*id, *rect));
        self.panes.iter().copied().chain(floats)
    }

    /// The cell of a floating pane's border at a place of the window, if there is one.
    pub fn float_border(&self, id: PaneId, full: Rect, x: u16, y: u16) -> Option<ScreenCell> {
        let (left, top) = (i32::from(full.x) - 1, i32::from(full.y) - 1);
        let (right, bottom) = (
            i32::from(full.x) + i32::from(full.cols),
            i32::from(full.y) + i32::from(full.rows),
        );
        let (px, py) = (i32::from(x), i32::from(y));
        if x >= self.shape.cols || y >= self.shape.rows {
            return None;
        }
        let (across, down) = ((left..=right).contains(&px), (top..=bottom).contains(&py));
        let edge = (px == left || px == right) && down || (py == top || py == bottom) && across;
        if !edge {
            return None;
        }
        // Left 8, right 4, above 2, below 1.
        let mut neighbours = 0;
        if py == top || py == bottom {
            neighbours |= if px > left { 8 } else { 0 } | if px < right { 4 } else { 0 };
        }
        if px == left || px == right {
            neighbours |= if py > top { 2 } else { 0 } | if py < bottom { 1 } else { 0 };
        }
        let look = self.looks.get(&id);
        let mut style = match look {
            Some(look) if id == self.view.active => look.active_border,
            Some(look) => look.border,
            None => self.outside,
        };
        if Some(id) == self.marked {
            style.attrs = outlast_term::Attrs(style.attrs.0 ^ outlast_term::Attrs::REVERSE.0);
        }
        let index = look.map(|look| look.index);
        Some(glyph(Lines::of(self.lines).glyph(neighbours, index), style))
    }

    /// Whether what floats covers a place of the window; not what is behind `behind` or that itself.
    pub fn covered(&self, x: u16, y: u16, behind: PaneId) -> bool {
        let own = self.floats.iter().position(|(id, ..)| *id == behind);
        let front = &self.floats[own.map_or(0, |own| own + 1)..];
        front.iter().any(|(_, _, full)| {
            x + 1 >= full.x && x <= full.x + full.cols && y + 1 >= full.y && y <= full.y + full.rows
        })
    }
}

/// Border cells of the window rows that are shown, by screen column. Those of floating panes are among them, so that it is
/// known which rows have some; they are drawn again over what is beneath.
pub(super) fn border_rows(frame: &Frame) -> Vec<Vec<(u16, ScreenCell)>> {
    let view = &frame.view;
    (0..view.window_rows())
        .map(|y| {
            (0..view.cols)
                .filter_map(|x| {
                    let (wx, wy) = (x + view.ox, y + view.oy);
                    let float = || {
                        let mut floats = frame.floats.iter();
                        floats.find_map(|(id, _, full)| frame.float_border(*id, *full, wx, wy))
                    };
                    Some((x, frame.border(wx, wy).or_else(float)?))
                })
                .collect()
        })
        .collect()
}

/// The panes' titles on their borders (pane-border-status).
pub(super) fn titles(frame: &Frame) -> Vec<Title> {
    let mut out = Vec::new();
    if frame.shape.status == PaneStatus::Off {
        return out;
    }
    let tiled = frame.panes.iter().zip(&frame.full);
    let tiled = tiled.map(|((id, _), full)| (id, full, false));
    let floats = frame.floats.iter().map(|(id, _, full)| (id, full, true));
    for (id, rect, floating) in tiled.chain(floats) {
        let Some(look) = frame.looks.get(id) else {
            continue;
        };
        let room = frame.shape.cols.saturating_sub(rect.x + 2);
        let width = if rect.cols < 4 {
            0
        } else {
            (rect.cols - 2).min(room)
        };
        let y = match frame.shape.status {
            PaneStatus::Top => match rect.y.checked_sub(1) {
                Some(y) => y,
                None => continue,
            },
            _ => rect.y + rect.rows,
        };
        if width == 0 {
            continue;
        }
        let style = if *id == frame.view.active {
            look.active_border
        } else {
            look.border
        };
        let mut row = text::blank(width, style);
        for n in 0..width {
            let x = rect.x + 2 + n;
            let cell = match floating {
                true => frame.float_border(*id, *rect, x, y),
                false => frame.border(x, y),
            };
            if let Some(cell) = cell {
                row.cells[usize::from(n)] = ScreenCell { style, ..cell };
            }
        }
        let mut spans = Vec::new();
        layout::draw(&look.title, style, &mut row, 0, width, &mut spans);
        out.push(Title {
            y,
            x: rect.x + 2,
            row,
            pane: *id,
            spans,
        });
    }
    out
}

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
    let full: Vec<Rect> = panes
        .iter()
        .map(|(id, rect)| core.full_place(*id).unwrap_or(*rect))
        .collect();
    let window = core.model.windows.get(&view.window);
    let zoomed = window.is_some_and(|window| window.zoomed.is_some());
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

/// Border cells of the window rows that are shown, by screen column.
pub(super) fn border_rows(frame: &Frame) -> Vec<Vec<(u16, ScreenCell)>> {
    let view = &frame.view;
    (0..view.window_rows())
        .map(|y| {
            (0..view.cols)
                .filter_map(|x| Some((x, frame.border(x + view.ox, y + view.oy)?)))
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
    for ((id, _), rect) in frame.panes.iter().zip(&frame.full) {
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
            if let Some(cell) = frame.border(rect.x + 2 + n, y) {
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

//! Panes by place: `{left-of}`, `{top-right}` and the pane under the mouse.

use crate::Core;
use crate::model::ids::{PaneId, WindowId};
use crate::model::layout::Edge;

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Above.
    Up,
    /// Below.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// Column, row, columns, rows of a pane.
type Place = (i32, i32, i32, i32);

impl Core {
    /// pane-border-status of a window.
    pub fn edge(&self, window: WindowId) -> Edge {
        Edge::from_number(self.window_chain(window).number("pane-border-status"))
    }

    fn place(&self, pane: PaneId) -> Option<Place> {
        let place = self.full_place(pane)?;
        Some((
            i32::from(place.x),
            i32::from(place.y),
            i32::from(place.cols),
            i32::from(place.rows),
        ))
    }

    /// The pane next to another, round the window's ends; of several the one that was active last.
    pub fn neighbour(&self, pane: PaneId, side: Side) -> Option<PaneId> {
        let window_id = self.model.panes.get(&pane)?.state.window;
        let window = self.model.windows.get(&window_id)?;
        let edge = self.edge(window_id);
        let (x, y, cols, rows) = self.place(pane)?;
        let (width, height) = (i32::from(window.cols), i32::from(window.rows));
        // The line that a neighbour must touch, gone round at the window's end.
        let line = match (side, edge) {
            (Side::Up, Edge::Top) if y == 1 => height + 1,
            (Side::Up, Edge::Bottom) if y == 0 => height,
            (Side::Up, Edge::Off) if y == 0 => height + 1,
            (Side::Up, _) => y,
            (Side::Down, Edge::Top) if y + rows + 1 >= height => 1,
            (Side::Down, Edge::Bottom) if y + rows + 1 >= height - 1 => 0,
            (Side::Down, Edge::Off) if y + rows + 1 >= height => 0,
            (Side::Down, _) => y + rows + 1,
            (Side::Left, _) if x == 0 => width + 1,
            (Side::Left, _) => x,
            (Side::Right, _) if x + cols + 1 >= width => 0,
            (Side::Right, _) => x + cols + 1,
        };
        let (from, to) = match side {
            Side::Up | Side::Down => (x, x + cols),
            Side::Left | Side::Right => (y, y + rows),
        };
        let touches = |(ox, oy, ocols, orows): Place| {
            let (at, start, end) = match side {
                Side::Up => (oy + orows + 1, ox, ox + ocols - 1),
                Side::Down => (oy, ox, ox + ocols - 1),
                Side::Left => (ox + ocols + 1, oy, oy + orows - 1),
                Side::Right => (ox, oy, oy + orows - 1),
            };
            let overlaps = start < from && end > to
                || (from..=to).contains(&start)
                || (from..=to).contains(&end);
            at == line && overlaps
        };
        let mut best: Option<(usize, PaneId)> = None;
        let tiled = window.tiled();
        for other in tiled.iter().filter(|other| **other != pane) {
            if self.place(*other).is_some_and(touches) {
                // Recency: the active pane first, then the order of use, then those never used.
                let rank = if *other == window.active {
                    0
                } else {
                    window
                        .last
                        .iter()
                        .position(|last| last == other)
                        .map_or(usize::MAX, |at| at + 1)
                };
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, *other));
                }
            }
        }
        best.map(|(_, pane)| pane)
    }

    /// The pane at a cell of the window, its right and bottom borders included.
    pub fn pane_at(&self, window: WindowId, x: u16, y: u16) -> Option<PaneId> {
        let (x, y) = (i32::from(x), i32::from(y));
        let top = self.edge(window) == Edge::Top;
        let window = self.model.windows.get(&window)?;
        let panes: Vec<(PaneId, Place)> = match window.zoomed {
            Some(pane) => vec![(pane, self.place(pane)?)],
            None => {
                // What floats is in front, its border part of it.
                let over = |pane: &PaneId| {
                    self.place(*pane).is_some_and(|(px, py, cols, rows)| {
                        (px - 1..=px + cols).contains(&x) && (py - 1..=py + rows).contains(&y)
                    })
                };
                if let Some(pane) = window.floats.iter().map(|float| float.pane).find(over) {
                    return Some(pane);
                }
                window
                    .tiled()
                    .iter()
                    .filter_map(|pane| Some((*pane, self.place(*pane)?)))
                    .collect()
            }
        };
        let across = |(px, _, cols, _): &Place| (*px..=px + cols).contains(&x);
        if top
            && let Some((pane, _)) = panes
                .iter()
                .find(|(_, place)| across(place) && y == place.1 - 1)
        {
            return Some(*pane);
        }
        let down = |(_, py, _, rows): &Place| (py - i32::from(top)..=py + rows).contains(&y);
        panes
            .iter()
            .find(|(_, place)| across(place) && down(place))
            .map(|(pane, _)| *pane)
    }

    /// The pane at a named place: "top", "bottom-left" …
    pub fn pane_at_place(&self, id: WindowId, name: &str) -> Option<PaneId> {
        let window = self.model.windows.get(&id)?;
        let edge = self.edge(id);
        let top = u16::from(edge == Edge::Top);
        let bottom = window
            .rows
            .saturating_sub(1 + u16::from(edge == Edge::Bottom));
        let right = window.cols.saturating_sub(1);
        let (x, y) = match name.to_ascii_lowercase().as_str() {
            "top" => (window.cols / 2, top),
            "bottom" => (window.cols / 2, bottom),
            "left" => (0, window.rows / 2),
            "right" => (right, window.rows / 2),
            "top-left" => (0, top),
            "top-right" => (right, top),
            "bottom-left" => (0, bottom),
            "bottom-right" => (right, bottom),
            _ => return None,
        };
        self.pane_at(id, x, y)
    }
}

//! Scroll bars of panes (`pane-scrollbars`): who has one, where it is, where its slider is.
//!
//! A bar takes its columns from its pane's cell in the layout, so layouts do not know of it.

use outlast_lang::options::Value;
use outlast_lang::style::{self, StyleSpec};
use outlast_term::Style;

use crate::Core;
use crate::draw::Rect;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, WindowId};
use crate::model::layout::{self, Geometry};

/// `pane-scrollbars`, by the option's index.
const MODAL: i64 = 1;
const ON: i64 = 2;

/// The scroll bar of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Columns.
    pub width: u16,
    /// Columns between it and the pane.
    pub pad: u16,
    /// It is left of the pane.
    pub left: bool,
}

/// The part of a bar that stands for what the pane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slider {
    /// First row of it in the pane.
    pub top: u16,
    /// Rows.
    pub rows: u16,
}

impl Slider {
    /// Whether a row of the pane is part of it.
    pub(crate) fn has(self, row: u16) -> bool {
        row >= self.top && row - self.top < self.rows
    }
}

impl Bar {
    /// Takes the bar's columns from a pane's place.
    pub(crate) fn inset(self, place: &mut Geometry) {
        let all = self.width.saturating_add(self.pad);
        let cols = place
            .cols
            .checked_sub(all)
            .filter(|cols| *cols > 0)
            .unwrap_or(1);
        if self.left {
            place.x += place.cols - cols;
        }
        place.cols = cols;
    }

    /// The bar's own columns in what a pane has besides its text: first and one past the last.
    pub(crate) fn columns(self, full: Rect, inner: Rect) -> (u16, u16) {
        if self.left {
            (full.x, inner.x.saturating_sub(self.pad).max(full.x))
        } else {
            let end = full.x + full.cols;
            ((inner.x + inner.cols + self.pad).min(end), end)
        }
    }
}

impl Core {
    /// The scroll bar that a pane has now.
    pub(crate) fn scrollbar(&self, id: PaneId) -> Option<Bar> {
        let pane = self.model.panes.get(&id)?;
        let window = self.window_chain(pane.state.window);
        let wanted = match window.number("pane-scrollbars") {
            ON => true,
            MODAL => pane.state.mode.is_some() && pane.state.front.is_none(),
            _ => false,
        };
        if !wanted || pane.state.popup.is_some() || pane.terminal.modes().alternate {
            return None;
        }
        let spec = self.scrollbar_spec(id, None);
        let width = spec.width.and_then(|width| width.parse().ok());
        Some(Bar {
            width: width.unwrap_or(1).clamp(1, 200),
            pad: spec.pad.unwrap_or(0).min(200) as u16,
            left: window.number("pane-scrollbars-position") == 1,
        })
    }

    fn scrollbar_spec(&self, id: PaneId, client: Option<ClientId>) -> StyleSpec {
        let Some(Value::Text(text)) = self.pane_chain(id).value("pane-scrollbars-style") else {
            return StyleSpec::default();
        };
        let text = if text.contains("#{") {
            let context = match client {
                Some(client) => crate::draw::context(self, client, Some(id)),
                None => FormatContext {
                    pane: Some(id),
                    ..FormatContext::default()
                },
            };
            formats::expand(self, &text, &context, false)
        } else {
            text
        };
        style::parse(&text, &StyleSpec::default(), &Style::default()).unwrap_or_default()
    }

    /// How a pane's bar looks for a client: the bar, and its slider.
    pub(crate) fn scrollbar_styles(&self, id: PaneId, client: ClientId) -> (Style, Style) {
        let bar = self.scrollbar_spec(id, Some(client)).style;
        let slider = Style {
            fg: bar.bg,
            bg: bar.fg,
            ..bar
        };
        (bar, slider)
    }

    /// Where the slider of a pane with a bar is.
    pub(crate) fn slider(&self, id: PaneId) -> Option<Slider> {
        let pane = self.model.panes.get(&id)?;
        let rows = pane.state.rows.max(1);
        let height = u64::from(rows);
        let (offset, history) = match crate::mode::copy::scrolled(self, id) {
            Some(at) => at,
            None => {
                let history = u64::from(pane.terminal.history_len());
                (history, history)
            }
        };
        let total = history + height;
        let size = (height * height / total).max(1) as u16;
        let top = if pane.state.mode.is_some() {
            (height + 1) * offset / total
        } else {
            height - u64::from(size)
        };
        Some(Slider {
            top: (top as u16).min(rows - 1),
            rows: size,
        })
    }

    /// The whole place of each pane of a window that can be seen, its scroll bar included.
    pub(crate) fn full_places(&self, id: WindowId) -> Vec<Geometry> {
        let edge = self.edge(id);
        let Some(window) = self.model.windows.get(&id) else {
            return Vec::new();
        };
        if let Some(pane) = window.zoomed {
            return layout::geometry(&layout::leaf(window.cols, window.rows, pane.0), edge);
        }
        let mut places = layout::geometry(&window.layout, edge);
        places.extend(window.floats.iter().map(|float| Geometry {
            pane: float.pane.0,
            x: float.x,
            y: float.y,
            cols: float.cols.max(1),
            rows: float.rows.max(1),
        }));
        places
    }

    /// The whole place of a pane in its window: column, row, columns, rows.
    pub(crate) fn full_place(&self, id: PaneId) -> Option<Rect> {
        let state = &self.model.panes.get(&id)?.state;
        if self.scrollbar(id).is_some()
            && let Some(place) = self
                .full_places(state.window)
                .into_iter()
                .find(|place| place.pane == id.0)
        {
            return Some(Rect {
                x: place.x,
                y: place.y,
                cols: place.cols,
                rows: place.rows,
            });
        }
        Some(Rect {
            x: state.x,
            y: state.y,
            cols: state.cols,
            rows: state.rows,
        })
    }

    /// Whether panes of a window may have bars.
    pub(crate) fn has_scrollbars(&self, id: WindowId) -> bool {
        self.window_chain(id).number("pane-scrollbars") != 0
    }
}

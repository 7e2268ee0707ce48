//! The picture of a popup.

use std::sync::Arc;

use outlast_term::Style;
use outlast_term::screen::ScreenCursor;

use super::super::boxes::Lines;
use super::super::menu;
use super::super::{Layer, Piece};
use super::{NO_BORDER, Popup};
use crate::Core;
use crate::draw::{self, View};
use crate::model::ids::ClientId;

pub(in crate::overlay) fn layer(
    core: &Core,
    client: ClientId,
    view: &View,
    popup: &Popup,
    links: &mut Vec<Arc<str>>,
) -> Layer {
    let plain = |option: &str, over: &Option<String>| Style {
        attrs: Default::default(),
        ..menu::style_with(core, client, view, option, over)
    };
    let inside = plain("popup-style", &popup.style);
    let border = plain("popup-border-style", &popup.border_style);
    let (x, y, cols, rows) = popup.place;
    let blank = Style {
        fg: inside.fg,
        bg: inside.bg,
        ..Style::default()
    };
    let mut out = match popup.lines {
        NO_BORDER => vec![draw::blank_row(cols, blank); usize::from(rows)],
        lines => Lines::of(lines).draw(cols, rows, &popup.title, border, blank),
    };
    let mut layer = Layer::default();
    let pane = core.model.panes.get(&popup.pane);
    if let (Some((left, top, width, height)), Some(pane)) = (popup.inside(), pane) {
        let (left, top) = (left - x, top - y);
        let terminal = &pane.terminal;
        let size = terminal.size();
        let first = terminal.first_line() + u64::from(terminal.history_len());
        let width = width.min(size.cols);
        for row in 0..height.min(size.rows) {
            let Some(target) = out.get_mut(usize::from(top + row)) else {
                break;
            };
            terminal.draw_line(first + u64::from(row), 0, width, target, left, links);
            let cells = usize::from(left)..usize::from(left + width);
            draw::apply_base(&mut target.cells[cells], (blank.fg, blank.bg));
        }
        let modes = terminal.modes();
        let cursor = terminal.cursor();
        layer.mouse = modes.mouse;
        if modes.cursor_visible {
            layer.cursor = Some(ScreenCursor {
                x: x + left + cursor.x,
                y: y + top + cursor.y,
                shape: cursor.shape,
                colour: cursor.colour,
            });
        }
    }
    layer.pieces = (y..).zip(out).map(|(y, row)| Piece { x, y, row }).collect();
    if let Some(menu) = &popup.menu {
        let over = menu::layer(core, client, view, menu);
        layer.pieces.extend(over.pieces);
        (layer.cursor, layer.mouse) = (over.cursor, over.mouse);
    }
    layer
}

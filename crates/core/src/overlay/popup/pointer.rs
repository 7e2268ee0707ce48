//! The mouse on a popup: its borders move it (left button) and resize it (right button), everywhere with Meta; the right
//! button on the left or top border, or outside, opens its menu; the rest is for the program.

use outlast_term::keys::mouse::{Mouse, MouseKind, decode_raw};
use outlast_term::keys::{Mods, encode_mouse};
use serde::{Deserialize, Serialize};

use super::super::Taken;
use super::super::menu::Menu;
use super::{NO_BORDER, Popup, edit, fit, get, in_menu};
use crate::formats::{self, FormatContext};
use crate::model::ids::ClientId;
use crate::queue::State;
use crate::{Core, MouseEvent};

/// What a drag does, and where in the box it holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Drag {
    /// Moves it.
    Move(u16, u16),
    /// Changes its size.
    Size,
}

/// Lines of the menu: name (a format) and key; an empty name divides.
const MENU: &[(&str, &str)] = &[
    ("Close", "q"),
    ("#{?buffer_name,Paste #[underscore]#{buffer_name},}", "p"),
    ("", ""),
    ("Fill Space", "F"),
    ("Centre", "C"),
    ("", ""),
    ("To Horizontal Pane", "h"),
    ("To Vertical Pane", "v"),
];

/// Where on a popup a report is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Outside,
    Inside,
    LeftOrTop,
    RightOrBottom,
}

fn part(popup: &Popup, x: u16, y: u16) -> Part {
    let (left, top, cols, rows) = popup.place;
    if x < left || y < top || x >= left + cols || y >= top + rows {
        Part::Outside
    } else if popup.lines == NO_BORDER {
        Part::Inside
    } else if x == left || y == top && x != left + cols - 1 {
        Part::LeftOrTop
    } else if x == left + cols - 1 || y == top + rows - 1 {
        Part::RightOrBottom
    } else {
        Part::Inside
    }
}

pub(in crate::overlay) fn mouse(core: &mut Core, client: ClientId, report: Mouse) -> Taken {
    let Some(popup) = get(core, client) else {
        return Taken::Yes;
    };
    if popup.menu.is_some() {
        let pressed = edit(core, client, |popup| {
            popup.menu.as_mut().map(|menu| menu.point(report))
        });
        return in_menu(core, client, pressed.flatten());
    }
    let raw = decode_raw(report.raw, report.release);
    let (was_raw, was_x, was_y) = popup.last;
    let was = decode_raw(was_raw, false);
    let part = part(popup, report.x, report.y);
    let drags = raw.kind == MouseKind::Drag;
    let menu_button = raw.button == 3 && matches!(raw.kind, MouseKind::Down | MouseKind::Drag);
    let grips = raw.mods == Mods::META
        || part != Part::Inside && !matches!(was.kind, MouseKind::Drag | MouseKind::Move);
    if popup.drag.is_some() {
        go_on(core, client, report, drags);
    } else if part == Part::Outside {
        if menu_button {
            open_menu(core, client, report);
        }
    } else if menu_button && raw.mods == Mods(0) && part == Part::LeftOrTop {
        open_menu(core, client, report);
    } else if grips {
        let (x, y, ..) = popup.place;
        let held = (was_x.saturating_sub(x), was_y.saturating_sub(y));
        let drag = match was.button {
            _ if !drags => None,
            1 => Some(Drag::Move(held.0, held.1)),
            3 => Some(Drag::Size),
            _ => None,
        };
        edit(core, client, |popup| popup.drag = drag);
    } else {
        to_program(core, client, report);
    }
    // A release says which button it was; nothing is held after it.
    let raw = if report.release {
        report.raw | 3
    } else {
        report.raw
    };
    edit(core, client, |popup| popup.last = (raw, report.x, report.y));
    Taken::Yes
}

/// A drag goes on, or ends when no button is held.
fn go_on(core: &mut Core, client: ClientId, report: Mouse, drags: bool) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let (cols, rows) = (state.cols, state.rows);
    edit(core, client, |popup| {
        let (x, y, w, h) = popup.place;
        match popup.drag {
            _ if !drags => popup.drag = None,
            Some(Drag::Move(dx, dy)) => {
                let x = report.x.saturating_sub(dx).min(cols.saturating_sub(w));
                let y = report.y.saturating_sub(dy).min(rows.saturating_sub(h));
                popup.drag = Some(Drag::Move(
                    report.x.saturating_sub(x),
                    report.y.saturating_sub(y),
                ));
                popup.place = (x, y, w, h);
                (popup.wanted.0, popup.wanted.1) = (x, y);
            }
            Some(Drag::Size) => {
                let least = if popup.lines == NO_BORDER { 1 } else { 3 };
                if report.x < x + least || report.y < y + least {
                    return;
                }
                popup.place = (x, y, report.x - x, report.y - y);
                (popup.wanted.2, popup.wanted.3) = (popup.place.2, popup.place.3);
            }
            None => {}
        }
    });
    fit(core, client);
}

fn to_program(core: &mut Core, client: ClientId, report: Mouse) {
    let Some(popup) = get(core, client) else {
        return;
    };
    let pane = popup.pane;
    let Some((x, y, cols, rows)) = popup.inside() else {
        return;
    };
    if report.x < x || report.y < y || report.x >= x + cols || report.y >= y + rows {
        return;
    }
    let Some(entry) = core.model.panes.get(&pane) else {
        return;
    };
    let report = Mouse {
        x: report.x - x,
        y: report.y - y,
        ..report
    };
    let mut bytes = Vec::new();
    encode_mouse(report, &entry.terminal.modes(), &mut bytes);
    if !bytes.is_empty() {
        core.write_pane(pane, &bytes);
    }
}

/// Opens the popup's menu under the mouse.
fn open_menu(core: &mut Core, client: ClientId, report: Mouse) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let (cols, rows) = (state.cols, state.rows);
    let context = FormatContext {
        client: Some(client),
        ..FormatContext::default()
    };
    let mut menu = Menu {
        fresh: true,
        state: State {
            mouse: Some(MouseEvent {
                x: report.x,
                y: report.y,
                ..MouseEvent::default()
            }),
            ..State::default()
        },
        ..Menu::default()
    };
    for (name, key) in MENU {
        match *name {
            "" => menu.divide(),
            name => {
                let name = formats::expand(core, name, &context, false);
                menu.add(&name, key, String::new(), false, cols);
            }
        }
    }
    let (width, height) = menu.size();
    if width > cols || height > rows {
        return;
    }
    (menu.x, menu.y) = (report.x.saturating_sub(width / 2), report.y);
    menu.fit(cols, rows);
    edit(core, client, |popup| popup.menu = Some(Box::new(menu)));
}

/// Does what the line of the menu with this key says.
pub(super) fn choose(core: &mut Core, client: ClientId, key: &str) -> Taken {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return Taken::Yes;
    };
    let (cols, rows) = (state.cols, state.rows);
    match key {
        "q" => return Taken::Close,
        "p" => {
            let buffer = core.top_buffer();
            let buffer = buffer.and_then(|name| core.model.buffers.get(&name));
            let pane = super::pane_of(core, client);
            if let (Some(data), Some(pane)) = (buffer.map(|buffer| buffer.data.clone()), pane) {
                core.write_pane(pane, &data);
            }
        }
        "F" => {
            edit(core, client, |popup| popup.place = (0, 0, cols, rows));
            fit(core, client);
        }
        "C" => {
            edit(core, client, |popup| {
                let (_, _, w, h) = popup.place;
                let centre = |all: u16, own: u16| (all / 2).saturating_sub(own / 2);
                popup.place = (centre(cols, w), centre(rows, h), w, h);
            });
            fit(core, client);
        }
        "h" | "v" => core.popup_to_pane(client, key == "h"),
        _ => {}
    }
    Taken::Yes
}

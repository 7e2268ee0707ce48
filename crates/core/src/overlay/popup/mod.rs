//! display-popup (tmux(1), display-popup): a box with a program in it, over a client's screen.
//!
//! The program is a pane like any other ([`Popup::pane`]): its terminal has rings, checkpoint and journal, so it and its
//! screen survive the server; only it is in no window (`PaneState::popup`), nobody can name it, and it goes with the
//! popup. On disk it is not kept: after a reboot the client is gone.
//!
//! Departures from tmux: "Fill Space" gives the program the whole size, too; a popup whose program is inside a
//! synchronized update shows the picture before.

mod draw;
mod pointer;

use outlast_term::keys::Key;
use serde::{Deserialize, Serialize};

use super::menu::{Chosen, Menu, Pressed};
use super::{Overlay, Taken};
use crate::Core;
use crate::event::ExitStatus;
use crate::input;
use crate::model::ids::{ClientId, PaneId};
use crate::model::layout::Geometry;
pub(super) use draw::layer;
pub(super) use pointer::mouse;

/// What a popup's command comes to when the popup closes before its program has ended: 128 and SIGHUP.
const HUNG_UP: u8 = 129;

/// The index of `none` in popup-border-lines.
pub(crate) const NO_BORDER: i64 = 6;

/// When a popup closes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closes {
    /// Not at all; Escape and C-c close it.
    #[default]
    Never,
    /// When its program ends (-E).
    AtExit,
    /// When its program succeeds (-EE).
    AtSuccess,
}

/// A popup. Columns and rows are those of its box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Popup {
    /// Its program and terminal.
    pub pane: PaneId,
    /// Its title, an expanded format.
    pub title: String,
    /// Index of `popup-border-lines`.
    pub lines: i64,
    /// -s, colours over popup-style.
    pub style: Option<String>,
    /// -S, colours over popup-border-style.
    pub border_style: Option<String>,
    /// -E.
    pub closes: Closes,
    /// -k: any key closes it once its program has ended.
    pub any_key: bool,
    /// Column, row, columns and rows now.
    pub place: (u16, u16, u16, u16),
    /// The same as it was asked for; what the client's screen has no room for comes back with the room.
    pub wanted: (u16, u16, u16, u16),
    /// A border is being dragged.
    pub drag: Option<pointer::Drag>,
    /// Raw button, column and row of the last report of the mouse.
    pub last: (u16, u16, u16),
    /// Its own menu.
    pub menu: Option<Box<Menu>>,
    /// The queue item that waits for it.
    pub ticket: Option<u64>,
    /// Whose exit status its program's is.
    pub asker: Option<ClientId>,
    /// What that will be.
    pub status: u8,
}

impl Popup {
    /// A popup at this place.
    pub fn new(pane: PaneId, lines: i64, place: (u16, u16, u16, u16)) -> Popup {
        Popup {
            pane,
            title: String::new(),
            lines,
            style: None,
            border_style: None,
            closes: Closes::Never,
            any_key: false,
            place,
            wanted: place,
            drag: None,
            last: (0, 0, 0),
            menu: None,
            ticket: None,
            asker: None,
            status: HUNG_UP,
        }
    }

    /// Place and size of the inside; None when there is none.
    pub fn inside(&self) -> Option<(u16, u16, u16, u16)> {
        let (x, y, cols, rows) = self.place;
        let edge = u16::from(self.lines != NO_BORDER);
        let inside = (
            x + edge,
            y + edge,
            cols.checked_sub(2 * edge)?,
            rows.checked_sub(2 * edge)?,
        );
        (inside.2 > 0 && inside.3 > 0).then_some(inside)
    }
}

pub(super) fn get(core: &Core, client: ClientId) -> Option<&Popup> {
    match super::get(core, client) {
        Some(Overlay::Popup(popup)) => Some(popup),
        _ => None,
    }
}

/// Changes a client's popup, which is drawn again.
pub(crate) fn edit<T>(
    core: &mut Core,
    client: ClientId,
    run: impl FnOnce(&mut Popup) -> T,
) -> Option<T> {
    let client = core.model.clients.get_mut(&client)?;
    let Some(Overlay::Popup(popup)) = &mut client.state.overlay else {
        return None;
    };
    client.stale = true;
    Some(run(popup))
}

/// The pane inside a client's popup.
pub(crate) fn pane_of(core: &Core, client: ClientId) -> Option<PaneId> {
    get(core, client).map(|popup| popup.pane)
}

/// Gives the program the place and size of the inside.
pub(crate) fn fit(core: &mut Core, client: ClientId) {
    let Some(popup) = get(core, client) else {
        return;
    };
    let Some((x, y, cols, rows)) = popup.inside() else {
        return;
    };
    let pane = popup.pane.0;
    core.place_pane(&Geometry {
        pane,
        x,
        y,
        cols,
        rows,
    });
    core.touch_client(client);
}

/// What is to be done when a popup has been taken off its client: its program ends, who waits for it goes on.
pub(super) fn closed(core: &mut Core, popup: &Popup) {
    core.forget_pane(popup.pane);
    tell(core, popup);
}

/// Who asked for a popup gets its status and goes on.
pub(crate) fn tell(core: &mut Core, popup: &Popup) {
    let asker = popup
        .asker
        .and_then(|client| core.model.clients.get_mut(&client));
    if let Some(asker) = asker.filter(|client| client.state.session.is_none()) {
        asker.state.status = popup.status;
    }
    if let Some(ticket) = popup.ticket {
        core.resume(ticket);
    }
}

/// The program of a popup has ended. False: the pane is no popup's.
pub(crate) fn ended(core: &mut Core, pane: PaneId, status: ExitStatus) -> bool {
    let Some(client) = core.model.panes.get(&pane).and_then(|p| p.state.popup) else {
        return false;
    };
    let closes = edit(core, client, |popup| {
        popup.status = match status {
            ExitStatus::Code(code) => code,
            ExitStatus::Signal(signal) => signal,
            ExitStatus::Unknown => popup.status,
        };
        match popup.closes {
            Closes::Never => false,
            Closes::AtExit => true,
            Closes::AtSuccess => popup.status == 0,
        }
    });
    if closes == Some(true) {
        super::close(core, client);
    }
    true
}

pub(super) fn key(core: &mut Core, client: ClientId, key: Key) -> Taken {
    let Some(popup) = get(core, client) else {
        return Taken::Yes;
    };
    if popup.menu.is_some() {
        let pressed = edit(core, client, |popup| {
            popup.menu.as_mut().map(|menu| menu.press(key))
        });
        return in_menu(core, client, pressed.flatten());
    }
    let pane = popup.pane;
    let runs = core.pane_runs(pane);
    let name = outlast_lang::key::name(key);
    let leaves = matches!(name.as_str(), "Escape" | "C-[" | "C-c");
    if leaves && (popup.closes == Closes::Never || !runs) || popup.any_key && !runs {
        return Taken::Close;
    }
    input::send_key(core, pane, key);
    Taken::Yes
}

/// What a key or the mouse has come to in the popup's menu.
fn in_menu(core: &mut Core, client: ClientId, pressed: Option<Pressed>) -> Taken {
    let chosen = match pressed {
        None | Some(Pressed::Nothing) => return Taken::Yes,
        Some(Pressed::Closes) => None,
        Some(Pressed::Chooses) => {
            let menu = get(core, client).and_then(|popup| popup.menu.as_ref());
            match menu.map(|menu| menu.chosen()) {
                Some(Chosen::Stays) => return Taken::Yes,
                Some(Chosen::Item(item)) => Some(item.key.clone()),
                Some(Chosen::Closes) | None => None,
            }
        }
    };
    edit(core, client, |popup| popup.menu = None);
    pointer::choose(core, client, chosen.as_deref().unwrap_or_default())
}

/// The client's screen has another size: the popup is moved and cut to fit, and comes back when there is room again.
pub(super) fn resized(core: &mut Core, client: ClientId) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let (cols, rows) = (state.cols, state.rows);
    edit(core, client, |popup| {
        popup.menu = None;
        let (x, y, w, h) = popup.wanted;
        let (w, h) = (w.min(cols), h.min(rows));
        popup.place = (x.min(cols - w), y.min(rows - h), w, h);
    });
    fit(core, client);
}

impl Core {
    /// The pane whose program hears a client's keys: that of its popup, else the active one.
    pub fn typed_pane(&self, client: ClientId) -> Option<PaneId> {
        pane_of(self, client).or_else(|| self.pane_of(client))
    }

    /// Popups that their clients show, by pane; what says otherwise is taken out.
    pub(crate) fn repair_popups(&mut self) {
        let model = &mut self.model;
        let mut lost = Vec::new();
        for (id, client) in &mut model.clients {
            let Some(Overlay::Popup(popup)) = &client.state.overlay else {
                continue;
            };
            let pane = model.panes.get(&popup.pane);
            if pane.is_none_or(|pane| pane.state.popup != Some(*id)) {
                lost.extend(popup.ticket);
                client.state.overlay = None;
            }
        }
        for ticket in lost {
            self.resume(ticket);
        }
        let model = &self.model;
        let shown = |pane: PaneId, client: ClientId| match model.clients.get(&client) {
            Some(client) => {
                matches!(&client.state.overlay, Some(Overlay::Popup(popup)) if popup.pane == pane)
            }
            None => false,
        };
        let stray: Vec<PaneId> = model
            .panes
            .iter()
            .filter(|(id, pane)| pane.state.popup.is_some_and(|client| !shown(**id, client)))
            .map(|(id, _)| *id)
            .collect();
        for pane in stray {
            self.model.panes.remove(&pane);
        }
    }
}

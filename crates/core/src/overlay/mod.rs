//! What lies over a client's whole screen and takes its keys: menus, popups, the numbers of display-panes.
//!
//! An overlay is data of the client ([`Overlay`]), so it is still there after the server's death; what a choice leads
//! to is text of commands, never a closure. It is drawn as a [`Layer`]: pieces of rows that `draw::compose` puts over
//! the picture of panes and status lines, which goes on beneath. There is at most one per client, as in tmux: a second
//! one is refused by the command that wants it.

pub(crate) mod boxes;
pub(crate) mod digits;
mod help;
pub(crate) mod menu;
mod panes;
pub(crate) mod place;
pub(crate) mod popup;
pub(crate) mod requests;

use std::sync::Arc;

use outlast_term::keys::Key;
use outlast_term::keys::mouse::Mouse;
use outlast_term::screen::ScreenCursor;
use outlast_term::{MouseTracking, ScreenRow};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Core;
use crate::draw::View;
use crate::model::ids::ClientId;
pub use help::Help;
pub use menu::Menu;
pub use panes::Numbers;
pub use popup::Popup;
pub use requests::Requests;

/// What lies over a client's whole screen. It is in [`crate::model::client::ClientState`] so that it survives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Overlay {
    /// display-menu.
    Menu(Box<Menu>),
    /// The help of a chooser.
    Help(Help),
    /// display-panes.
    Panes(Numbers),
    /// display-popup.
    Popup(Box<Popup>),
    /// choose-requests.
    Requests(Box<Requests>),
}

/// Reads an overlay; one of a kind that this build does not know is none.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Overlay>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// A piece of a row that lies over what is there.
pub(crate) struct Piece {
    /// Column on the screen.
    pub x: u16,
    /// Row on the screen.
    pub y: u16,
    /// Its cells.
    pub row: ScreenRow,
}

/// An overlay as it is drawn.
#[derive(Default)]
pub(crate) struct Layer {
    /// Pieces, later ones over earlier ones.
    pub pieces: Vec<Piece>,
    /// The cursor; None hides it.
    pub cursor: Option<ScreenCursor>,
    /// What it wants to hear of the mouse, whatever `mouse` says.
    pub mouse: MouseTracking,
}

/// What an overlay makes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is done with.
    Yes,
    /// The overlay closes.
    Close,
    /// The overlay closes, and the key is as if it had not been there.
    Pass,
}

fn get(core: &Core, client: ClientId) -> Option<&Overlay> {
    core.model.clients.get(&client)?.state.overlay.as_ref()
}

/// Whether a client has one.
pub(crate) fn is_open(core: &Core, client: ClientId) -> bool {
    get(core, client).is_some()
}

/// Puts an overlay over a client that has none.
pub(crate) fn open(core: &mut Core, client: ClientId, overlay: Overlay) {
    if let Some(client) = core.model.clients.get_mut(&client) {
        client.state.overlay = Some(overlay);
        client.stale = true;
    }
}

/// Takes a client's overlay away; who waits for it goes on.
pub(crate) fn close(core: &mut Core, client: ClientId) {
    let Some(entry) = core.model.clients.get_mut(&client) else {
        return;
    };
    if entry.state.overlay.is_none() {
        return;
    }
    let overlay = entry.state.overlay.take();
    entry.stale = true;
    let ticket = match overlay {
        Some(Overlay::Popup(popup)) => return popup::closed(core, &popup),
        Some(Overlay::Menu(menu)) => menu.ticket,
        Some(Overlay::Panes(numbers)) => numbers.ticket,
        Some(Overlay::Help(_) | Overlay::Requests(_)) | None => None,
    };
    if let Some(ticket) = ticket {
        core.resume(ticket);
    }
}

/// Gives a key to the overlay of a client. False: there is none, or it leaves the key to others.
pub(crate) fn key(core: &mut Core, client: ClientId, key: Key) -> bool {
    let taken = match get(core, client) {
        None => return false,
        Some(Overlay::Menu(_)) => menu::key(core, client, key),
        Some(Overlay::Help(_)) => help::key(core, client, key),
        Some(Overlay::Panes(_)) => panes::key(core, client, key),
        Some(Overlay::Popup(_)) => popup::key(core, client, key),
        Some(Overlay::Requests(_)) => requests::key(core, client, key),
    };
    done(core, client, taken)
}

/// Gives a report of the mouse to the overlay of a client. False: there is none.
pub(crate) fn mouse(core: &mut Core, client: ClientId, report: Mouse) -> bool {
    let taken = match get(core, client) {
        None => return false,
        Some(Overlay::Menu(_)) => menu::mouse(core, client, report),
        Some(Overlay::Help(_)) => help::mouse(core, client, report),
        Some(Overlay::Panes(_)) => Taken::Pass,
        Some(Overlay::Popup(_)) => popup::mouse(core, client, report),
        Some(Overlay::Requests(_)) => requests::mouse(core, client, report),
    };
    done(core, client, taken)
}

/// Whether the key is done with.
fn done(core: &mut Core, client: ClientId, taken: Taken) -> bool {
    if taken != Taken::Yes {
        close(core, client);
    }
    taken != Taken::Pass
}

/// Monotonic ms at which the overlay of a client goes by itself.
pub(crate) fn due_at(overlay: Option<&Overlay>) -> Option<u64> {
    match overlay {
        Some(Overlay::Panes(numbers)) => numbers.until_ms,
        _ => None,
    }
}

/// A piece of a paste while an overlay is open; `end` says whether it is the last. False: it is for others.
pub(crate) fn paste(core: &mut Core, client: ClientId, bytes: &[u8], end: bool) -> bool {
    match get(core, client) {
        None => false,
        Some(Overlay::Menu(_) | Overlay::Help(_)) => true,
        Some(Overlay::Requests(_)) => {
            requests::paste(core, client, bytes);
            true
        }
        Some(Overlay::Panes(_)) => {
            close(core, client);
            false
        }
        Some(Overlay::Popup(popup)) => {
            let pane = popup.pane;
            if popup.menu.is_none() {
                crate::input::paste_to(core, client, pane, bytes, end);
            }
            true
        }
    }
}

/// The client's terminal has another size.
pub(crate) fn resized(core: &mut Core, client: ClientId) {
    match get(core, client) {
        None | Some(Overlay::Help(_) | Overlay::Requests(_)) => {}
        Some(Overlay::Menu(_)) => menu::resized(core, client),
        Some(Overlay::Panes(_)) => close(core, client),
        Some(Overlay::Popup(_)) => popup::resized(core, client),
    }
}

/// What is drawn over a client's screen.
pub(crate) fn layer(
    core: &Core,
    client: ClientId,
    view: &View,
    links: &mut Vec<Arc<str>>,
) -> Option<Layer> {
    match get(core, client)? {
        Overlay::Menu(menu) => Some(menu::layer(core, client, view, menu)),
        Overlay::Help(help) => Some(help::layer(view, help)),
        Overlay::Panes(_) => Some(panes::layer(core, view)),
        Overlay::Popup(popup) => Some(popup::layer(core, client, view, popup, links)),
        Overlay::Requests(shown) => requests::layer(core, view, shown),
    }
}

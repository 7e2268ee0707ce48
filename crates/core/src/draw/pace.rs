//! When a client's picture is due, and how much of it.
//!
//! What a client's own keys do is shown at once, anything else is paced. Of a pane that a client has just typed to, the
//! output is an echo: it is shown at once even while other panes flood, and then *alone*. To draw and to send the
//! flood with every key would be most of the time that the echo takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::Core;
use crate::model::Client;
use crate::model::ids::{ClientId, PaneId, WindowId};

/// Least time between two frames while output keeps coming.
const FRAME_MS: u64 = 8;
/// For so long after a client's key what comes of it is not held back.
const INPUT_MS: u64 = 50;
/// So many frames are not held back after a key: an echo in pieces, not a flood that it has set off.
const INPUT_FRAMES: u8 = 4;

/// A client's last key.
struct Typed {
    /// Monotonic ms.
    at: u64,
    /// Whom it was for, if nobody bound it.
    pane: Option<PaneId>,
    /// How many more frames are due at once.
    frames: u8,
}

/// How much of a picture is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What one pane shows; the others stay as they were.
    Only(PaneId),
}

/// What is known of the clients' keys and of what came since their last pictures.
#[derive(Default)]
pub(super) struct Pace {
    typed: BTreeMap<ClientId, Typed>,
    /// Clients that see output of other panes than the one that they have just typed to. (`Client::stale` is for all
    /// that is no output.)
    flooded: BTreeSet<ClientId>,
    /// Clients that see output of the pane that they have just typed to.
    echoed: BTreeSet<ClientId>,
}

impl Pace {
    /// A client has typed to a pane.
    pub fn typed(&mut self, client: ClientId, pane: Option<PaneId>, now: u64) {
        let typed = Typed {
            at: now,
            pane,
            frames: INPUT_FRAMES,
        };
        self.typed.insert(client, typed);
    }

    fn recent(&self, client: ClientId, now: u64) -> Option<&Typed> {
        let typed = self.typed.get(&client)?;
        (typed.frames != 0 && typed.at + INPUT_MS >= now).then_some(typed)
    }

    /// A client sees output of a pane.
    fn output(&mut self, client: ClientId, pane: PaneId, now: u64) {
        let echo = self
            .recent(client, now)
            .is_some_and(|typed| typed.pane == Some(pane));
        let set = if echo {
            &mut self.echoed
        } else {
            &mut self.flooded
        };
        set.insert(client);
    }

    /// Whether a client's picture is not the newest.
    pub fn is_stale(&self, id: ClientId, client: &Client) -> bool {
        client.stale || self.flooded.contains(&id) || self.echoed.contains(&id)
    }

    /// Whether a client waits for an echo, and for nothing that is no output.
    pub fn is_echo(&self, id: ClientId, client: &Client) -> bool {
        !client.stale && self.echoed.contains(&id)
    }

    /// When a client's next frame may go, in monotonic ms, and what of it.
    pub fn due(&self, id: ClientId, client: &Client, now: u64) -> (u64, Extent) {
        if client.screen.is_none() {
            return (now, Extent::Whole);
        }
        let paced = client.last_frame_ms + FRAME_MS;
        match self.recent(id, now) {
            Some(_) if client.stale => (now, Extent::Whole),
            Some(typed) if self.echoed.contains(&id) => {
                let flooded = self.flooded.contains(&id) && paced > now;
                let only = typed.pane.filter(|_| flooded).map(Extent::Only);
                (now, only.unwrap_or(Extent::Whole))
            }
            _ => (paced, Extent::Whole),
        }
    }

    /// A client has its picture.
    pub fn drawn(&mut self, id: ClientId, extent: Extent) {
        self.echoed.remove(&id);
        if extent == Extent::Whole {
            self.flooded.remove(&id);
        }
        if let Some(typed) = self.typed.get_mut(&id) {
            typed.frames = typed.frames.saturating_sub(1);
        }
    }

    /// Forgets clients that are gone.
    pub fn retain(&mut self, clients: &BTreeMap<ClientId, Client>) {
        self.typed.retain(|id, _| clients.contains_key(id));
        self.flooded.retain(|id| clients.contains_key(id));
        self.echoed.retain(|id| clients.contains_key(id));
    }
}

/// A client has typed: what comes of it is shown at once.
pub(crate) fn typed(core: &mut Core, client: ClientId) {
    let pane = core.typed_pane(client);
    core.draw.pace.typed(client, pane, core.now.ms);
}

/// Output has changed a pane: who sees it is drawn again.
pub(crate) fn output(core: &mut Core, pane: PaneId, window: WindowId) {
    let now = core.now.ms;
    let pace = &mut core.draw.pace;
    if window == WindowId::NONE {
        let popup = core.model.panes.get(&pane).and_then(|p| p.state.popup);
        if let Some(client) = popup {
            pace.output(client, pane, now);
        }
        return;
    }
    for (id, client) in &core.model.clients {
        let session = client
            .state
            .session
            .and_then(|id| core.model.sessions.get(&id));
        let shown = session.and_then(|session| session.windows.get(&session.current));
        if shown.is_some_and(|link| link.0 == window) {
            pace.output(*id, pane, now);
        }
    }
}

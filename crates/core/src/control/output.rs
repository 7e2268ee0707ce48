//! `%output`: what panes say, byte for byte.
//!
//! A client that keeps up is told in the turn that hears the bytes. One that has not acknowledged enough, or that is in
//! the middle of a block, falls behind: from then on its place in the pane's output is known and saved, the pane's ring
//! keeps the bytes from there on, and the shell brings them when there is room ([`Core::control_behind`],
//! [`Core::control_catch_up`]). So it is bounded what is kept for a client that does not read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Control;
use crate::Core;
use crate::model::ids::{ClientId, PaneId};

/// A client that has so much to read is given no more output.
const UNREAD_MAX: usize = 64 * 1024;
/// How long output may wait for a client that has not asked to be paused, before it has to leave.
const BEHIND_MS: u64 = 300_000;

/// What a client gets of one pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Offset of the next byte for it, if it is behind.
    pub at: Option<u64>,
    /// Monotonic ms since when that waits.
    pub since_ms: u64,
    /// `refresh-client -A %n:off`.
    pub off: bool,
    /// Paused.
    pub paused: bool,
}

impl Watch {
    fn is_silent(&self) -> bool {
        self.off || self.paused
    }
}

impl Control {
    /// Monotonic ms at which something must happen because it is behind.
    pub(super) fn behind_due(&self) -> Option<u64> {
        let most = self.pause_after_ms.unwrap_or(BEHIND_MS);
        let behind = self.panes.values().filter(|watch| watch.at.is_some());
        behind
            .map(|watch| watch.since_ms.saturating_add(most))
            .min()
    }
}

impl Core {
    /// So many bytes a client has not acknowledged.
    pub fn control_unread(&mut self, id: ClientId, bytes: usize) {
        if let Some(client) = self.model.clients.get_mut(&id) {
            client.unread = bytes;
        }
    }

    /// Whether output may be given to a client now.
    fn control_has_room(&self, id: ClientId) -> bool {
        let client = self.model.clients.get(&id);
        client.is_some_and(|client| {
            let open = client
                .state
                .control
                .as_ref()
                .is_some_and(|c| c.open.is_some());
            client.unread < UNREAD_MAX && !open && !client.state.leaving
        })
    }

    fn is_in_session(&self, client: ClientId, pane: PaneId) -> bool {
        let session = self
            .session_of(client)
            .and_then(|session| self.model.sessions.get(&session));
        let window = self.model.panes.get(&pane).map(|pane| pane.state.window);
        session
            .zip(window)
            .is_some_and(|(session, window)| session.windows.values().any(|link| link.0 == window))
    }

    /// A pane has said something; `at` is the offset of the first byte.
    pub(crate) fn control_output(&mut self, pane: PaneId, at: u64, bytes: &[u8]) {
        for id in self.controls() {
            let Some(control) = self.control(id) else {
                continue;
            };
            if control.no_output || !self.is_in_session(id, pane) {
                continue;
            }
            let watch = control.panes.get(&pane.0).copied().unwrap_or_default();
            if watch.is_silent() || watch.at.is_some() {
                continue;
            }
            if self.control_has_room(id) {
                self.write_output(id, pane, 0, bytes);
                continue;
            }
            let since_ms = self.now.ms;
            if let Some(control) = self.control_mut(id) {
                let watch = Watch {
                    at: Some(at),
                    since_ms,
                    ..watch
                };
                control.panes.insert(pane.0, watch);
            }
        }
    }

    fn write_output(&mut self, id: ClientId, pane: PaneId, age: u64, bytes: &[u8]) {
        let paused = self
            .control(id)
            .is_some_and(|control| control.pause_after_ms.is_some());
        let mut line = match paused {
            true => format!("%extended-output {pane} {age} : "),
            false => format!("%output {pane} "),
        }
        .into_bytes();
        line.reserve(bytes.len() + 16);
        for byte in bytes {
            match byte {
                0..b' ' | b'\\' => line.extend(format!("\\{byte:03o}").bytes()),
                byte => line.push(*byte),
            }
        }
        line.push(b'\n');
        self.control_bytes(id, line);
    }

    /// Clients that are behind and have room: who, of which pane, from which offset.
    pub fn control_behind(&self) -> Vec<(ClientId, PaneId, u64)> {
        let mut behind = Vec::new();
        for client in self.model.clients.values() {
            let Some(control) = &client.state.control else {
                continue;
            };
            if control.panes.is_empty() || !self.control_has_room(client.state.id) {
                continue;
            }
            let watches = control.panes.iter();
            behind.extend(
                watches
                    .filter_map(|(pane, watch)| Some((client.state.id, PaneId(*pane), watch.at?))),
            );
        }
        behind
    }

    /// Of each pane's output the offset of the oldest byte that is still to be told.
    pub fn control_needs(&self) -> BTreeMap<PaneId, u64> {
        let mut needs = BTreeMap::new();
        for client in self.model.clients.values() {
            let Some(control) = &client.state.control else {
                continue;
            };
            for (pane, watch) in &control.panes {
                if let Some(at) = watch.at {
                    let need = needs.entry(PaneId(*pane)).or_insert(u64::MAX);
                    *need = at.min(*need);
                }
            }
        }
        needs
    }

    /// Bytes for a client that was behind; `at` is the offset of the first, which may be later than was asked for if the
    /// others are lost.
    pub fn control_catch_up(&mut self, id: ClientId, pane: PaneId, at: u64, bytes: &[u8]) {
        if !self.control_has_room(id) {
            return;
        }
        let (now, offset) = (self.now.ms, self.offset(pane));
        let left = (offset.saturating_sub(at)).min(bytes.len() as u64);
        let bytes = &bytes[..usize::try_from(left).unwrap_or(0)];
        let Some(control) = self.control_mut(id) else {
            return;
        };
        let Some(watch) = control.panes.get_mut(&pane.0).filter(|w| w.at.is_some()) else {
            return;
        };
        let age = now.saturating_sub(watch.since_ms);
        let next = at + bytes.len() as u64;
        (watch.at, watch.since_ms) = (Some(next), now);
        if next >= offset {
            control.panes.remove(&pane.0);
        }
        if !bytes.is_empty() {
            self.write_output(id, pane, age, bytes);
        }
    }

    /// Pauses panes whose output has waited for too long, or sends the client away.
    pub(super) fn check_behind(&mut self, id: ClientId) {
        let now = self.now.ms;
        let Some(control) = self.control(id) else {
            return;
        };
        if control.behind_due().is_none_or(|due| due > now) {
            return;
        }
        let Some(most) = control.pause_after_ms else {
            return self.leave(id, 0, "too far behind");
        };
        let late: Vec<u32> = control
            .panes
            .iter()
            .filter(|(_, watch)| watch.at.is_some() && watch.since_ms.saturating_add(most) <= now)
            .map(|(pane, _)| *pane)
            .collect();
        for pane in late {
            self.control_pane(id, PaneId(pane), "pause");
        }
    }

    /// `refresh-client -A %n:STATE`.
    pub(crate) fn control_pane(&mut self, id: ClientId, pane: PaneId, state: &str) {
        let Some(control) = self.control_mut(id) else {
            return;
        };
        let before = control.panes.get(&pane.0).copied().unwrap_or_default();
        let (after, line) = match state {
            "on" if before.off => (
                Watch {
                    off: false,
                    ..before
                },
                None,
            ),
            "off" => (
                Watch {
                    off: true,
                    at: None,
                    ..before
                },
                None,
            ),
            "continue" if before.paused => (
                Watch {
                    paused: false,
                    ..before
                },
                Some("continue"),
            ),
            "pause" if !before.paused => (
                Watch {
                    paused: true,
                    at: None,
                    ..before
                },
                Some("pause"),
            ),
            _ => return,
        };
        control.panes.insert(pane.0, after);
        if after == Watch::default() || !after.is_silent() && after.at.is_none() {
            control.panes.remove(&pane.0);
        }
        if let Some(line) = line {
            // In the block of the command that asks for it, as in tmux.
            self.control_line(id, &format!("%{line} {pane}"));
        }
    }

    /// A pane is gone.
    pub(crate) fn control_forget(&mut self, pane: PaneId) {
        for id in self.controls() {
            let has = self
                .control(id)
                .is_some_and(|control| control.panes.contains_key(&pane.0));
            if let Some(control) = self.control_mut(id).filter(|_| has) {
                control.panes.remove(&pane.0);
            }
        }
    }
}

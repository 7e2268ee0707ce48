//! What of the server's knowledge is kept on disk: the journal's sections, less what changes all the time and what
//! means nothing after a reboot.
//!
//! | on disk | from the journal's |
//! |---|---|
//! | `global` | `global`: ids, groups, the mark, what was typed at prompts |
//! | `session/N`, `window/N` | the same |
//! | `pane/N` | the same, and what runs there and where |
//! | `changes` | `options/…`, `environment`, `table/…`: what commands have changed since the configuration was loaded |
//! | `buffer/NAME` | the same, in a file of their own |

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ran::Look;
use crate::Core;
use crate::model::Environment;
use crate::model::ids::{PaneId, SessionId, WindowId};
use crate::model::pane::PaneState;
use crate::save::disk::Sections;

/// A paste buffer that is longer is not kept on disk.
const BUFFER_MOST: usize = 1024 * 1024;
/// All buffers that are kept are not longer than this together; the newest have the first right.
const BUFFERS_MOST: usize = 4 * 1024 * 1024;

/// The part of `global` that is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GlobalRecord {
    pub next_session: u32,
    pub next_window: u32,
    pub next_pane: u32,
    pub next_buffer: u64,
    pub groups: BTreeMap<String, Vec<SessionId>>,
    pub marked: Option<PaneId>,
    pub marked_in: Option<(SessionId, u32)>,
    pub prompt_history: BTreeMap<String, Vec<String>>,
    pub laid: BTreeSet<(String, String)>,
}

/// A pane as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaneRecord {
    pub state: PaneState,
    #[serde(default)]
    pub history_limit: u32,
    #[serde(default)]
    pub look: Look,
}

fn json<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

impl Core {
    /// Whether anything is kept on disk at all (`disk-state`), and there is something to keep.
    pub fn keeps_state(&self) -> bool {
        self.model.global.configured
            && !self.model.sessions.is_empty()
            && self.server_chain().flag("disk-state")
    }

    /// The configuration has been loaded, and what was to be restored is there.
    pub fn is_configured(&self) -> bool {
        self.model.global.configured
    }

    /// Whether a person has turned all this off (`disk-state`).
    pub fn keeps_nothing(&self) -> bool {
        !self.server_chain().flag("disk-state")
    }

    /// Whether a pane's text is kept on disk (`disk-history`).
    pub fn keeps_text(&self, pane: PaneId) -> bool {
        let popup = self.model.panes.get(&pane).and_then(|p| p.state.popup);
        popup.is_none()
            && self.server_chain().flag("disk-state")
            && self.pane_chain(pane).flag("disk-history")
    }

    /// Bytes that all texts on disk may have (`disk-history-limit`).
    pub fn disk_limit(&self) -> u64 {
        u64::try_from(self.server_chain().number("disk-history-limit")).unwrap_or(0)
    }

    /// For how many days the text of panes that have ended is kept (`disk-ended-days`).
    pub fn disk_ended_days(&self) -> u64 {
        u64::try_from(self.server_chain().number("disk-ended-days")).unwrap_or(0)
    }

    /// The key on disk of a section of the journal; None when it is not kept there.
    pub fn disk_key(key: &str) -> Option<&str> {
        match key.split_once('/').map_or(key, |(kind, _)| kind) {
            "global" | "session" | "window" | "pane" | "buffer" => Some(key),
            "options" | "environment" | "table" => Some("changes"),
            _ => None,
        }
    }

    /// A section as it is kept; None when there is none. `calm` leaves out what a program changes as often as it
    /// likes.
    pub fn disk_section(&self, key: &str, calm: bool) -> Option<Vec<u8>> {
        let (kind, id) = key.split_once('/').unwrap_or((key, ""));
        match kind {
            "global" => self.global_record(),
            "changes" => json(&self.changes()),
            "session" => self.session_record(SessionId(id.parse().ok()?)),
            "window" => self.window_record(WindowId(id.parse().ok()?)),
            "pane" => self.pane_record(PaneId(id.parse().ok()?), calm),
            "buffer" => json(&**self.model.buffers.get(id)?),
            _ => None,
        }
    }

    /// All sections but the buffers.
    pub fn disk_sections(&self) -> Sections {
        let model = &self.model;
        let sessions = model.sessions.keys().map(|id| format!("session/{}", id.0));
        let windows = model.windows.keys().map(|id| format!("window/{}", id.0));
        let panes = model.panes.keys().map(|id| format!("pane/{}", id.0));
        ["global", "changes"]
            .into_iter()
            .map(str::to_string)
            .chain(sessions)
            .chain(windows)
            .chain(panes)
            .filter_map(|key| {
                let text = self.disk_section(&key, false)?;
                Some((key, text))
            })
            .collect()
    }

    /// The buffers, as far as they have room.
    pub fn disk_buffers(&self) -> Sections {
        let mut room = BUFFERS_MOST;
        let mut kept = Sections::new();
        for name in self.buffers_by_age() {
            let Some(buffer) = self.model.buffers.get(&name) else {
                continue;
            };
            if buffer.data.len() > BUFFER_MOST.min(room) {
                continue;
            }
            room -= buffer.data.len();
            if let Some(text) = json(&**buffer) {
                kept.insert(format!("buffer/{name}"), text);
            }
        }
        kept
    }

    /// The lines of the event log after a number, as the disk has them.
    pub(crate) fn disk_events(&self, after: u64) -> Vec<u8> {
        self.model.events.file(after)
    }

    /// The number of the newest event.
    pub(crate) fn newest_event(&self) -> u64 {
        self.model.events.next() - 1
    }

    fn global_record(&self) -> Option<Vec<u8>> {
        let global = &*self.model.global;
        json(&GlobalRecord {
            next_session: global.next_session,
            next_window: global.next_window,
            next_pane: global.next_pane,
            next_buffer: global.next_buffer,
            groups: global.groups.clone(),
            marked: global.marked,
            marked_in: global.marked_in,
            prompt_history: global.prompt_history.clone(),
            laid: global.laid.clone(),
        })
    }

    fn session_record(&self, id: SessionId) -> Option<Vec<u8>> {
        let mut session = (**self.model.sessions.get(&id)?).clone();
        // Order is all that its number of use says.
        let earlier =
            |other: &&crate::save::Tracked<crate::model::Session>| other.used < session.used;
        let rank = self.model.sessions.values().filter(earlier).count();
        session.used = rank as u64 + 1;
        session.activity = 0;
        for (_, link) in session.windows.values_mut() {
            link.clear();
        }
        // What a session takes from each client that attaches is of that login, not of the next one.
        let update = self.session_chain(Some(id)).array("update-environment");
        let Environment { vars } = &mut session.environment;
        vars.retain(|name, _| {
            !update
                .iter()
                .any(|pattern| outlast_lang::glob::matches(pattern, name, false))
        });
        self.forget_run_environment(&mut session);
        json(&session)
    }

    fn window_record(&self, id: WindowId) -> Option<Vec<u8>> {
        let mut window = (**self.model.windows.get(&id)?).clone();
        window.activity = 0;
        window.latest = None;
        window.silent_at_ms = None;
        json(&window)
    }

    fn pane_record(&self, id: PaneId, calm: bool) -> Option<Vec<u8>> {
        let pane = self.model.panes.get(&id)?;
        if pane.state.popup.is_some() {
            return None;
        }
        let mut state = PaneState {
            life: 0,
            spawning: None,
            pid: 0,
            tty: String::new(),
            mode: None,
            pipe: None,
            unseen: false,
            focused: false,
            ..(*pane.state).clone()
        };
        if let Some(run) = &mut state.run {
            run.marks = Default::default();
        }
        if calm {
            state.title = String::new();
        }
        json(&PaneRecord {
            state,
            history_limit: pane.terminal.history_limit(),
            look: self.reboot.looks.get(&id).cloned().unwrap_or_default(),
        })
    }
}

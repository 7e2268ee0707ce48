//! What comes back after the machine was restarted, or after keeper and server have died at once: the same sections
//! that the journal has, less what lives (processes, clients, jobs), and the text of the panes.
//!
//! | file | question |
//! |---|---|
//! | [`keep`] | what of the knowledge is kept on disk |
//! | [`changes`] | what have commands changed since the configuration was loaded |
//! | [`ran`] | what runs in a pane, and how would a person start it again |
//! | [`store`] | what is written, and when |
//! | [`restore`] | how does it come back |
//! | [`import`] | how does that of a real tmux come, which was never on our disk |
//!
//! Who writes to which files is the server's affair; the files' bytes are [`crate::save::disk`]'s.

pub(crate) mod changes;
pub mod import;
mod keep;
pub mod ran;
mod restore;
mod store;

use std::collections::BTreeMap;

pub use restore::Saved;
pub(crate) use restore::feed;
pub use store::{Keep, Store, Work, whole_text};

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::mode::{self, MessageTime};
use crate::model::ids::{ClientId, PaneId};
use crate::save::disk::Sections;

/// Most notices that wait for somebody to read them.
const NOTICES_MOST: usize = 20;
/// How long a notice is shown at least.
const NOTICE_MS: u64 = 10_000;

/// What the sections on disk say about the server that wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Boot {
    /// The kernel's id of that boot of the machine.
    pub id: String,
    /// Unix seconds.
    pub unix: i64,
    /// The server's socket.
    pub socket: String,
    /// It was told to end by a signal, as a machine that shuts down does.
    pub terminated: bool,
    /// Its release.
    pub release: String,
    /// The version of all that it keeps; 0 for a server that did not say.
    pub format: u32,
}

impl Boot {
    const KEY: &str = "boot";

    /// Puts it among the sections.
    pub fn put(&self, sections: &mut Sections) {
        if let Ok(text) = serde_json::to_vec(self) {
            sections.insert(Boot::KEY.to_string(), text);
        }
    }

    /// What the sections say.
    pub fn of(sections: &Sections) -> Boot {
        let text = sections.get(Boot::KEY);
        text.and_then(|text| serde_json::from_slice(text).ok())
            .unwrap_or_default()
    }
}

/// The names of the sessions among sections, in their order.
pub fn session_names(sections: &Sections) -> Vec<String> {
    let sessions = sections.iter().filter_map(|(key, text)| {
        let id: u32 = key.strip_prefix("session/")?.parse().ok()?;
        let session: serde_json::Value = serde_json::from_slice(text).ok()?;
        Some((id, session.get("name")?.as_str()?.to_string()))
    });
    let sessions: BTreeMap<u32, String> = sessions.collect();
    sessions.into_values().collect()
}

/// Where the panes of sections are, as a target: "cc:0.1", the first place of those that are linked.
pub fn pane_places(sections: &Sections) -> BTreeMap<u32, String> {
    let all = |kind: &str| -> Vec<serde_json::Value> {
        let of = |(key, text): (&String, &Vec<u8>)| {
            key.strip_prefix(kind)?;
            serde_json::from_slice(text).ok()
        };
        sections.iter().filter_map(of).collect()
    };
    let number = |value: &serde_json::Value| u32::try_from(value.as_u64()?).ok();
    let mut places = BTreeMap::new();
    let windows = all("window/");
    for session in all("session/") {
        let name = session["name"].as_str().unwrap_or_default();
        let links = session["windows"].as_object().into_iter().flatten();
        for (index, link) in links {
            let window = windows.iter().find(|window| window["id"] == link[0]);
            let panes = window.and_then(|window| window["panes"].as_array());
            for (at, pane) in panes.into_iter().flatten().enumerate() {
                if let Some(pane) = number(pane) {
                    places
                        .entry(pane)
                        .or_insert_with(|| format!("{name}:{index}.{at}"));
                }
            }
        }
    }
    places
}

/// What the core remembers of all this; none of it needs to survive a crash.
#[derive(Default)]
pub(crate) struct State {
    /// What was seen in the panes.
    looks: BTreeMap<PaneId, ran::Look>,
    /// To be restored when the configuration has been loaded.
    saved: Option<Saved>,
}

impl Core {
    /// Tells people: the log, and whoever is attached or attaches next.
    pub fn notice(&mut self, text: &str) {
        let text = crate::names::clean(text, false);
        self.log(text.clone());
        let global = &mut self.model.global;
        if global.notices.len() < NOTICES_MOST {
            global.notices.push(text);
        }
    }

    /// Shows what was told to everybody who is attached.
    pub(crate) fn show_notices(&mut self) {
        if self.model.global.notices.is_empty() {
            return;
        }
        let clients: Vec<ClientId> = self
            .attached_clients()
            .filter(|client| client.state.is_drawn())
            .map(|client| client.state.id)
            .collect();
        if clients.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.model.global.notices).join("; ");
        for client in clients {
            let session = self.session_of(client);
            let ms = self.session_chain(session).number("display-time");
            let ms = u64::try_from(ms).unwrap_or(0).max(NOTICE_MS);
            mode::message(self, client, &text, MessageTime::Ms(ms), false, false);
        }
    }
}

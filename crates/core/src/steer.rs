//! The way of a key to what it is bound to: who has laid it.
//!
//! A binding may be a person's and be reached by a key that the person meant for something else, because another has changed the
//! prefix, the table that the next key is looked up in, or how long a key repeats. Over such a way a key shows things, as ever,
//! but it proves nothing.

use outlast_term::keys::{Code, Key};

use crate::Core;
use crate::commands::Ctx;
use crate::model::ids::ClientId;

/// Options that lead keys to other bindings, or have a key type something else.
const LEAD: &[&str] = &[
    "backspace",
    "initial-repeat-time",
    "key-table",
    "prefix",
    "prefix-timeout",
    "prefix2",
    "repeat-time",
    "user-keys",
];
/// Places where such an option was set that are told apart.
const PLACES_MOST: usize = 100;

impl Ctx<'_> {
    /// Whether this is a person's doing, the configuration's, or that of a script outside of all panes.
    pub(crate) fn leads(&self) -> bool {
        self.may_bind() || self.core.outside
    }
}

impl Core {
    /// An option has been set or taken away in a place.
    pub(crate) fn note_lead(&mut self, name: &str, place: &str, trusted: bool) {
        if !LEAD.contains(&name) {
            return;
        }
        let laid = &mut self.model.global.laid;
        let entry = (name.to_string(), place.to_string());
        if trusted {
            laid.remove(&entry);
        } else if laid.len() < PLACES_MOST {
            laid.insert(entry);
        } else {
            laid.insert((name.to_string(), "*".to_string()));
        }
    }

    /// Whether an option was set by somebody in a pane, or by what nobody answers for.
    pub(crate) fn is_laid(&self, name: &str) -> bool {
        let mut laid = self.model.global.laid.iter();
        laid.any(|(laid, _)| laid == name)
    }

    /// Whether another has laid the way of a key that a client's terminal has sent to a table.
    pub(crate) fn is_led(&self, client: ClientId, table: &str, key: Key) -> bool {
        let Some(state) = self.model.clients.get(&client).map(|client| &client.state) else {
            return true;
        };
        let any = |names: &[&str]| names.iter().any(|name| self.is_laid(name));
        if matches!(key.code, Code::User(_)) && self.is_laid("user-keys") {
            return true;
        }
        if state.key_table.is_none() {
            return any(&["key-table"]);
        }
        state.keys.laid
            || table == "prefix" && any(&["prefix", "prefix2", "prefix-timeout"])
            || state.repeat_until_ms.is_some() && any(&["repeat-time", "initial-repeat-time"])
    }
}

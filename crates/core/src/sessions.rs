//! Sessions: making, ending, the order of use of their windows, groups.

mod groups;
mod links;

use std::collections::BTreeMap;

use outlast_lang::options::Options;

use crate::Core;
use crate::model::ids::{ClientId, SessionId, WindowId};
use crate::model::{Environment, Link, Session};
use crate::save::Tracked;

/// What a new session needs to know.
pub(crate) struct NewSession {
    /// None: the id's number, or the prefix and that.
    pub name: Option<String>,
    /// Prefix of automatic names (groups).
    pub prefix: Option<String>,
    /// Start directory.
    pub cwd: String,
    /// Its environment.
    pub environment: Environment,
    /// Its options.
    pub options: Options,
}

impl Core {
    /// The session of a name.
    pub fn session_named(&self, name: &str) -> Option<SessionId> {
        self.model
            .sessions
            .values()
            .find(|session| session.name == name)
            .map(|session| session.id)
    }

    /// Sessions in the order of their names, as tmux lists them.
    pub fn sessions_by_name(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self
            .model
            .sessions
            .values()
            .map(|s| (s.name.as_bytes(), s.id))
            .collect();
        sessions.sort_unstable();
        sessions.into_iter().map(|(_, id)| id).collect()
    }

    /// Makes a session without windows; one must follow.
    pub(crate) fn create_session(&mut self, new: NewSession) -> SessionId {
        let (id, name) = loop {
            let id = SessionId(self.model.global.next_session);
            self.model.global.next_session += 1;
            let name = match (&new.name, &new.prefix) {
                (Some(name), _) => name.clone(),
                (None, Some(prefix)) => format!("{prefix}-{}", id.0),
                (None, None) => id.0.to_string(),
            };
            if self.session_named(&name).is_none() {
                break (id, name);
            }
        };
        self.model.global.next_use += 1;
        let session = Session {
            id,
            name,
            windows: BTreeMap::new(),
            current: u32::MAX,
            last: Vec::new(),
            options: new.options,
            environment: new.environment,
            cwd: new.cwd,
            created: self.now.unix,
            last_attached: 0,
            activity: self.now.unix,
            group: None,
            used: self.model.global.next_use,
        };
        self.model.sessions.insert(id, Tracked::new(session));
        id
    }

    /// Ends a session: its clients go elsewhere or leave, windows that are in no other session are closed.
    pub(crate) fn destroy_session(&mut self, id: SessionId) {
        self.move_clients_away(id);
        self.drop_session(id, true);
    }

    /// Ends a session and all of its group.
    pub(crate) fn destroy_session_group(&mut self, id: SessionId) {
        for id in self.group_of(id) {
            self.destroy_session(id);
        }
    }

    fn drop_session(&mut self, id: SessionId, notify: bool) {
        if !self.model.sessions.contains_key(&id) {
            return;
        }
        if notify {
            self.notify_session("session-closed", id);
        }
        let Some(session) = self.model.sessions.remove(&id) else {
            return;
        };
        if let Some(group) = &session.group {
            let groups = &mut self.model.global.groups;
            if let Some(members) = groups.get_mut(group) {
                members.retain(|member| *member != id);
                if members.is_empty() {
                    groups.remove(group);
                }
            }
        }
        for (window, _) in session.windows.values() {
            self.notify_unlinked(&session, *window);
        }
        for (window, _) in session.windows.values() {
            self.window_unlinked(*window);
        }
        for client in self.model.clients.values_mut() {
            if client.state.last_session == Some(id) {
                client.state.last_session = None;
            }
        }
        self.sizes_stale = true;
        self.touch_all();
    }

    /// A session that could not get a window: as if it had never been.
    pub(crate) fn undo_session(&mut self, id: SessionId) {
        self.drop_session(id, false);
    }

    /// detach-on-destroy.
    fn move_clients_away(&mut self, id: SessionId) {
        let how = self.session_chain(Some(id)).number("detach-on-destroy");
        let newest = |core: &Core, detached: bool| {
            let others = core
                .model
                .sessions
                .keys()
                .copied()
                .filter(|other| *other != id);
            let fit = others.filter(|other| !detached || core.attached_count(*other) == 0);
            core.best_session(fit.collect::<Vec<_>>().into_iter(), 0)
        };
        let beside = |core: &Core, step: i64| {
            let names = core.sessions_by_name();
            let at = names.iter().position(|other| *other == id)? as i64;
            let other = names[(at + step).rem_euclid(names.len() as i64) as usize];
            Some(other).filter(|other| *other != id)
        };
        let new = match how {
            0 => newest(self, false),
            2 => newest(self, true),
            3 => beside(self, -1),
            4 => beside(self, 1),
            _ => None,
        };
        let spare = if new.is_none() && matches!(how, 1 | 2) {
            newest(self, false)
        } else {
            None
        };
        let clients: Vec<(ClientId, bool)> = self
            .model
            .clients
            .values()
            .filter(|client| client.state.session == Some(id))
            .map(|client| (client.state.id, client.state.no_detach))
            .collect();
        for (client, no_detach) in clients {
            match new.or(spare.filter(|_| no_detach)) {
                Some(session) => {
                    if let Some(client) = self.model.clients.get_mut(&client) {
                        client.state.session = None;
                        client.state.last_session = None;
                    }
                    self.set_session(client, session);
                }
                None => self.leave(client, 0, "[exited]"),
            }
        }
    }

    /// Sessions that have the window.
    pub fn sessions_with(&self, window: WindowId) -> Vec<SessionId> {
        let has =
            |session: &&Tracked<Session>| session.windows.values().any(|link| link.0 == window);
        self.model
            .sessions
            .values()
            .filter(has)
            .map(|session| session.id)
            .collect()
    }

    /// How many links a window has.
    pub fn link_count(&self, window: WindowId) -> usize {
        self.model
            .sessions
            .values()
            .flat_map(|session| session.windows.values())
            .filter(|link| link.0 == window)
            .count()
    }

    /// Ends sessions that nobody shows any more and that want it (destroy-unattached).
    pub(crate) fn check_unattached(&mut self) {
        let ids: Vec<SessionId> = self.model.sessions.keys().copied().collect();
        for id in ids {
            if !self.model.sessions.contains_key(&id) || self.attached_count(id) != 0 {
                continue;
            }
            let members = self
                .model
                .sessions
                .get(&id)
                .and_then(|s| s.group.as_ref())
                .map(|_| self.group_of(id).len());
            let ends = match self.session_chain(Some(id)).number("destroy-unattached") {
                1 => true,
                2 => members.is_some_and(|count| count > 1),
                3 => members != Some(1),
                _ => false,
            };
            if ends {
                self.drop_session(id, true);
            }
        }
    }
}

fn first_free<T>(links: &BTreeMap<u32, T>, from: u32) -> Option<u32> {
    (from..=i32::MAX as u32)
        .chain(0..from)
        .find(|index| !links.contains_key(index))
}

impl Link {
    /// Some alert flag is set.
    pub fn is_set(&self) -> bool {
        self.bell || self.activity || self.silence
    }
    /// Takes the alert flags away.
    pub fn clear(&mut self) {
        *self = Link::default();
    }
}

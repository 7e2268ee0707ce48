//! Sessions: making, ending, the order of use of their windows, groups.

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

    /// The session with the others of its group.
    pub fn group_of(&self, id: SessionId) -> Vec<SessionId> {
        let group = self
            .model
            .sessions
            .get(&id)
            .and_then(|session| session.group.as_ref());
        match group.and_then(|group| self.model.global.groups.get(group)) {
            Some(members) => members.clone(),
            None => vec![id],
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

    /// Makes a link the current one. False: there is no such link. True also when it was already.
    pub(crate) fn select_link(&mut self, id: SessionId, index: u32) -> bool {
        let Some(session) = self.model.sessions.get(&id) else {
            return false;
        };
        let Some((window, _)) = session.windows.get(&index).cloned() else {
            return false;
        };
        if session.current == index {
            return true;
        }
        let unix = self.now.unix;
        let Some(session) = self.model.sessions.get_mut(&id) else {
            return false;
        };
        let old = session.current;
        session.last.retain(|last| *last != index && *last != old);
        if session.windows.contains_key(&old) {
            session.last.insert(0, old);
        }
        session.current = index;
        self.clear_alerts(window);
        if let Some(window) = self.model.windows.get_mut(&window) {
            window.activity = unix;
        }
        self.sizes_stale = true;
        for client in self.model.clients.values_mut() {
            if client.state.session == Some(id) {
                if client.state.pan.is_some() {
                    client.state.pan = None;
                }
                client.stale = true;
            }
        }
        self.notify_session("session-window-changed", id);
        true
    }

    /// Clears the alert flags of all links of a window.
    pub(crate) fn clear_alerts(&mut self, window: WindowId) {
        for session in self.model.sessions.values_mut() {
            if session
                .windows
                .values()
                .any(|(w, link)| *w == window && link.is_set())
            {
                for (w, link) in session.windows.values_mut() {
                    if *w == window {
                        link.clear();
                    }
                }
            }
        }
    }

    /// The next (1) or previous (-1) link, or the next with an alert.
    pub(crate) fn link_beside(&self, id: SessionId, step: i64, alert: bool) -> Option<u32> {
        let session = self.model.sessions.get(&id)?;
        let keys: Vec<u32> = session.windows.keys().copied().collect();
        let at = keys.iter().position(|key| *key == session.current)? as i64;
        let count = keys.len() as i64;
        (1..=count)
            .map(|n| keys[(at + n * step).rem_euclid(count) as usize])
            .find(|key| {
                !alert
                    || session
                        .windows
                        .get(key)
                        .is_some_and(|(_, link)| link.is_set())
            })
    }

    /// Adds a link; without an index the first free one from base-index on. None: the index is taken.
    pub(crate) fn add_link(
        &mut self,
        id: SessionId,
        index: Option<u32>,
        window: WindowId,
    ) -> Option<u32> {
        let base = self.session_chain(Some(id)).number("base-index");
        let session = self.model.sessions.get_mut(&id)?;
        let index = match index {
            Some(index) => Some(index).filter(|index| !session.windows.contains_key(index))?,
            None => first_free(&session.windows, u32::try_from(base).unwrap_or(0))?,
        };
        session.windows.insert(index, (window, Link::default()));
        if session.current == u32::MAX {
            session.current = index;
        }
        self.sizes_stale = true;
        Some(index)
    }

    /// Takes a link away without ending anything. The window is closed if it was its last one.
    pub(crate) fn remove_link(&mut self, id: SessionId, index: u32) {
        let Some(window) = self.take_link(id, index) else {
            return;
        };
        self.window_unlinked(window);
    }

    /// Takes a link away; the window stays even without links.
    pub(crate) fn take_link(&mut self, id: SessionId, index: u32) -> Option<WindowId> {
        let session = self.model.sessions.get(&id)?;
        let (window, _) = session.windows.get(&index).cloned()?;
        let copy = (**session).clone();
        self.notify_unlinked(&copy, window);
        if copy.current == index {
            // tmux: the last window, else the previous, else the next.
            let next = copy
                .last
                .first()
                .copied()
                .or_else(|| self.link_beside(id, -1, false));
            if let Some(next) = next.filter(|next| *next != index) {
                self.select_link(id, next);
            }
        }
        let session = self.model.sessions.get_mut(&id)?;
        session.last.retain(|last| *last != index);
        session.windows.remove(&index);
        self.sizes_stale = true;
        self.touch_all();
        Some(window)
    }

    /// Takes a link away that was only there for a moment.
    pub(crate) fn take_link_quietly(&mut self, id: SessionId, index: u32) {
        if let Some(session) = self.model.sessions.get_mut(&id) {
            session.windows.remove(&index);
            session.last.retain(|last| *last != index);
        }
    }

    /// Takes a link away; a session without windows ends, with its group. Then windows are renumbered if that is
    /// wanted.
    pub(crate) fn detach_link(&mut self, id: SessionId, index: u32) {
        self.remove_link(id, index);
        self.sync_group_from(id);
        if self
            .model
            .sessions
            .get(&id)
            .is_some_and(|session| session.windows.is_empty())
        {
            self.destroy_session_group(id);
        }
    }

    /// Numbers the windows from base-index on without gaps.
    pub(crate) fn renumber(&mut self, id: SessionId) {
        let base = u32::try_from(self.session_chain(Some(id)).number("base-index")).unwrap_or(0);
        let Some(session) = self.model.sessions.get_mut(&id) else {
            return;
        };
        let old = std::mem::take(&mut session.windows);
        let new_index: BTreeMap<u32, u32> = old.keys().copied().zip(base..).collect();
        session.windows = old
            .into_iter()
            .map(|(index, link)| (new_index[&index], link))
            .collect();
        session.current = new_index.get(&session.current).copied().unwrap_or(base);
        session.last = session
            .last
            .iter()
            .filter_map(|index| new_index.get(index).copied())
            .collect();
        if let Some((_, link)) = self
            .model
            .global
            .marked_in
            .filter(|(session, _)| *session == id)
        {
            let link = new_index.get(&link).copied();
            self.model.global.marked_in = link.map(|link| (id, link));
        }
        self.touch_all();
    }

    /// Makes room at an index (new-window -a, -b): later links move up by one.
    pub(crate) fn shuffle_up(&mut self, id: SessionId, from: u32) -> Option<u32> {
        let session = self.model.sessions.get_mut(&id)?;
        let free = (from..i32::MAX as u32).find(|index| !session.windows.contains_key(index))?;
        let up = |index: u32| {
            if (from..free).contains(&index) {
                index + 1
            } else {
                index
            }
        };
        let old = std::mem::take(&mut session.windows);
        session.windows = old
            .into_iter()
            .map(|(index, link)| (up(index), link))
            .collect();
        session.current = up(session.current);
        session
            .last
            .iter_mut()
            .for_each(|index| *index = up(*index));
        Some(from)
    }

    /// Gives all sessions of the group the windows of this one.
    pub(crate) fn sync_group_from(&mut self, from: SessionId) {
        for to in self.group_of(from) {
            if to != from {
                self.sync(from, to);
            }
        }
    }

    /// Gives a session the windows of its group.
    pub(crate) fn sync_group_to(&mut self, to: SessionId) {
        if let Some(from) = self.group_of(to).into_iter().find(|member| *member != to) {
            self.sync(from, to);
        }
    }

    fn sync(&mut self, from: SessionId, to: SessionId) {
        let Some(source) = self.model.sessions.get(&from) else {
            return;
        };
        if source.windows.is_empty() {
            return;
        }
        let windows: BTreeMap<u32, (WindowId, Link)> = source.windows.clone();
        let source_current = source.current;
        let Some(target) = self.model.sessions.get(&to) else {
            return;
        };
        let same = target.windows.len() == windows.len()
            && target
                .windows
                .iter()
                .zip(&windows)
                .all(|(a, b)| a.0 == b.0 && a.1.0 == b.1.0);
        if same {
            return;
        }
        if target.current != u32::MAX && !windows.contains_key(&target.current) {
            let kept = |index: &u32| windows.contains_key(index);
            let keys: Vec<u32> = target.windows.keys().copied().collect();
            let last = target.last.iter().copied().find(kept);
            let before = keys
                .iter()
                .rev()
                .copied()
                .find(|index| *index < target.current && kept(index));
            let next = last
                .or(before)
                .or_else(|| keys.iter().copied().find(kept))
                .unwrap_or(source_current);
            self.select_link(to, next);
        }
        let Some(target) = self.model.sessions.get_mut(&to) else {
            return;
        };
        let old: Vec<WindowId> = target.windows.values().map(|link| link.0).collect();
        target.windows = windows;
        if !target.windows.contains_key(&target.current) {
            target.current = source_current;
        }
        let kept: Vec<u32> = target
            .last
            .iter()
            .copied()
            .filter(|i| target.windows.contains_key(i) && *i != target.current)
            .collect();
        target.last = kept;
        for window in old {
            self.window_unlinked(window);
        }
        self.sizes_stale = true;
        self.touch_all();
    }

    /// Adds a session to a group, which is made if need be.
    pub(crate) fn add_to_group(&mut self, group: &str, id: SessionId) {
        let Some(session) = self.model.sessions.get_mut(&id) else {
            return;
        };
        if session.group.is_none() {
            session.group = Some(group.to_string());
            self.model
                .global
                .groups
                .entry(group.to_string())
                .or_default()
                .push(id);
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

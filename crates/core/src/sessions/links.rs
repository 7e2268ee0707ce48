//! The windows of a session: linked, selected, taken out, numbered.

use super::first_free;
use std::collections::BTreeMap;

use crate::Core;
use crate::model::Link;
use crate::model::ids::{SessionId, WindowId};

impl Core {
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
        self.arm_silence(window);
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
}

//! Session groups: sessions that have the same windows.

use std::collections::BTreeMap;

use crate::Core;
use crate::model::Link;
use crate::model::ids::{SessionId, WindowId};

impl Core {
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
}

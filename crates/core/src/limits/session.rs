//! What all programs of a session may use together.
//!
//! A control group around those of the panes holds it, or a slice of the user's systemd, for programs that are started while
//! the limit is set. Memory of sessions with programs that no such group holds is looked at, as that of a pane is: over the limit,
//! the pane that uses most is ended, and no other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Held, amounts, look_again, size, used_by};
use crate::Core;
use crate::model::ids::{PaneId, SessionId};

/// Limits of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Together {
    /// Number of the session.
    pub session: u32,
    /// Memory, bytes (`session-memory-max`).
    pub memory: Option<u64>,
    /// Processes and threads (`session-processes-max`).
    pub processes: Option<u64>,
    /// Share of the processor, 1 to 10000 (`session-cpu-weight`).
    pub weight: Option<u64>,
}

/// When sessions are looked at next, monotonic ms.
pub(crate) type Looks = BTreeMap<SessionId, u64>;

impl Core {
    fn together(&self, id: SessionId) -> Option<Together> {
        let chain = self.session_chain(Some(id));
        let most = |name| {
            let number = u64::try_from(chain.number(name)).ok();
            number.filter(|number| *number > 0)
        };
        let found = Together {
            session: id.0,
            memory: most("session-memory-max"),
            processes: most("session-processes-max"),
            weight: most("session-cpu-weight"),
        };
        let any = [found.memory, found.processes, found.weight];
        any.iter().any(Option::is_some).then_some(found)
    }

    /// The session whose limits count for a pane: the first that has its window.
    fn limiting_session(&self, id: PaneId) -> Option<SessionId> {
        let window = self.model.panes.get(&id)?.state.window;
        self.sessions_with(window).first().copied()
    }

    /// What the options say of a pane's session.
    pub(super) fn session_limits_of(&self, id: PaneId) -> Option<Together> {
        self.together(self.limiting_session(id)?)
    }

    /// Something about limits of sessions, or who is in them, has changed.
    pub(crate) fn session_limits_changed(&mut self) {
        let now = self.now.ms;
        let limited = |id: &&SessionId| {
            let most = self.session_chain(Some(**id)).number("session-memory-max");
            most > 0
        };
        let looks = self.model.sessions.keys().filter(limited);
        self.session_looks = looks.map(|id| (*id, now)).collect();
    }

    /// Panes of a session that have a program.
    fn living_panes(&self, id: SessionId) -> Vec<PaneId> {
        let lives = |id: &PaneId| {
            let pane = self.model.panes.get(id);
            pane.is_some_and(|pane| pane.state.pid != 0 && pane.state.dead.is_none())
        };
        let mut panes = self.pane_ids();
        panes.retain(|pane| lives(pane) && self.limiting_session(*pane) == Some(id));
        panes
    }

    /// What groups hold of all these limits for all these panes.
    fn held_together(&self, panes: &[PaneId], limits: &Together) -> Held {
        let mut held = Held {
            memory: true,
            processes: true,
            weight: true,
        };
        for id in panes {
            let Some(state) = self.model.panes.get(id).map(|pane| &pane.state) else {
                continue;
            };
            // One that was started under other limits is in a group all the same; the next program sets them.
            let under = state.limits.session.as_ref() == Some(limits);
            let by = self.probe.held(state.pid).session;
            held.memory &= by.memory && under;
            held.processes &= by.processes && under;
            held.weight &= by.weight && under;
        }
        held
    }

    /// A session's limits in words, and who holds them.
    pub(crate) fn session_limits_text(&self, id: SessionId) -> Option<String> {
        let limits = self.together(id)?;
        let panes = self.living_panes(id);
        let held = (!panes.is_empty()).then(|| self.held_together(&panes, &limits));
        let parts = amounts(limits.memory, limits.processes, limits.weight, held);
        Some(parts.join(", "))
    }

    /// The same where it is said of a pane.
    pub(super) fn pane_session_text(&self, id: PaneId) -> Option<String> {
        let text = self.session_limits_text(self.limiting_session(id)?)?;
        Some(format!("its session: {text}"))
    }

    /// When sessions are looked at.
    pub(super) fn sessions_looked_at(&self) -> Option<u64> {
        self.session_looks.values().min().copied()
    }

    /// Looks at the memory of sessions that are due.
    pub(super) fn check_sessions(&mut self) {
        let now = self.now.ms;
        let due: Vec<SessionId> = self
            .session_looks
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            match self.look_at_session(id) {
                Some(wait) => self.session_looks.insert(id, now + wait),
                None => self.session_looks.remove(&id),
            };
        }
    }

    /// How long until it is looked at again; None: nothing is to be looked at before something changes.
    fn look_at_session(&mut self, id: SessionId) -> Option<u64> {
        let limits = self.together(id)?;
        let most = limits.memory?;
        let panes = self.living_panes(id);
        if panes.is_empty() || self.held_together(&panes, &limits).memory {
            return None;
        }
        let families = panes.into_iter().map(|pane| (pane, self.family(pane)));
        let families: Vec<_> = families
            .map(|(pane, tree)| (used_by(&tree), pane, tree))
            .collect();
        let used: u64 = families.iter().map(|(used, ..)| used).sum();
        // While one is being ended the others are not to pay for it.
        let ending = |id: &PaneId| {
            let pane = self.model.panes.get(id);
            pane.is_some_and(|pane| pane.state.over.is_some())
        };
        if used > most && !families.iter().any(|(_, pane, _)| ending(pane)) {
            let largest = families.into_iter().max_by_key(|(used, ..)| *used);
            if let Some((own, pane, tree)) = largest {
                let name = self
                    .model
                    .sessions
                    .get(&id)
                    .map_or("", |session| &session.name);
                let note = format!(
                    "out of memory: session {name} uses {} of the {} that session-memory-max allows, this most of it ({})",
                    size(used),
                    size(most),
                    size(own)
                );
                self.end_for_memory(pane, &tree, note);
            }
        }
        Some(look_again(used, most))
    }
}

//! Panes whose program waits for a person: nothing but a person types into them.
//!
//! One door leads to a program, [`Core::write_pane`], and it asks who does it ([`Core::hand`]); commands ask before, so that a
//! refusal has words. A pane waits while a request of its program is open, and while its program says that it waits for
//! permission or an answer. That this is over can be said by anybody in the pane (a hook's report, OSC 7501, a time limit), so
//! by itself it ends nothing: it leaves a *doubt*, until a person types there or the program ends. What is believed is what we
//! have seen: that a person has typed there since, or that we have given the agent an answer. Such an answer is for the request
//! that it names and the dialog that came up with it, and for no other.
//!
//! A pane can also be put under the fingers of somebody who is typing. So a pane that waits and has come to the front by
//! another's doing takes no keys for a moment, and clicks on one that has not the keyboard only select it.

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::commands::Ctx;
use crate::mode::{self, MessageTime};
use crate::model::ids::{ClientId, PaneId};
use crate::overlay;

/// A pane that came to the front by itself takes no keys for so long, while it waits.
const GUARD_MS: u64 = 700;

/// A dialog and the hook that asks the same come up together, within so long.
const TOGETHER_MS: u64 = 1000;

/// What is known of a pane that waits, or seems to wait no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guard {
    /// A request is open.
    pub open: bool,
    /// A person has typed there, or we have answered, since what waits has come up.
    pub typed: bool,
    /// Its program says that it waits for permission or an answer.
    pub says: bool,
    /// Something was said to be over, and nobody has been seen to answer it.
    pub doubt: bool,
    /// When the program began to say so, monotonic ms.
    since_ms: u64,
    /// When we last gave its program an answer, monotonic ms; 0: not lately.
    answered_ms: u64,
}

impl Guard {
    /// Something waits.
    fn waits(self) -> bool {
        self.open || self.says
    }

    /// Nobody but a person types there.
    fn holds(self) -> bool {
        self.waits() || self.doubt
    }

    /// What waited is said to be over. A person who has typed since is believed to have answered it.
    fn over(&mut self) {
        self.doubt |= !self.typed;
    }
}

impl Core {
    fn guard_of(&self, pane: PaneId) -> Option<Guard> {
        self.model.panes.get(&pane)?.state.guard
    }

    /// Whether a pane's program waits for a person's answer, or may still do so.
    pub fn request_open(&self, pane: PaneId) -> bool {
        self.guard_of(pane).is_some_and(Guard::holds)
    }

    /// Whether it waits, as far as anybody says.
    pub(crate) fn pane_waits(&self, pane: PaneId) -> bool {
        self.guard_of(pane).is_some_and(Guard::waits)
    }

    fn change_guard(&mut self, pane: PaneId, change: impl FnOnce(&mut Guard, u64)) {
        let Some(before) = self.model.panes.get(&pane).map(|pane| pane.state.guard) else {
            return;
        };
        let now = self.now.ms;
        let mut guard = before.unwrap_or_default();
        change(&mut guard, now);
        if guard.answered_ms + TOGETHER_MS < now {
            guard.answered_ms = 0;
        }
        let after = (guard.holds() || guard.answered_ms != 0).then_some(guard);
        if before != after
            && let Some(pane) = self.model.panes.get_mut(&pane)
        {
            pane.state.guard = after;
        }
    }

    /// A request of a pane's program has been opened.
    pub fn guard_pane(&mut self, pane: PaneId) {
        self.change_guard(pane, |guard, _| (guard.open, guard.typed) = (true, false));
    }

    /// A request is over that was opened `age_ms` ago, and `more` of the pane's are open. `answered`: by us, and not only by
    /// what somebody says.
    pub fn unguard_pane(&mut self, pane: PaneId, answered: bool, more: bool, age_ms: u64) {
        self.change_guard(pane, |guard, now| {
            let was_open = std::mem::replace(&mut guard.open, more);
            if !answered {
                if was_open {
                    guard.over();
                }
                return;
            }
            guard.answered_ms = now;
            let opened = now.saturating_sub(age_ms);
            if guard.says && guard.since_ms.abs_diff(opened) <= TOGETHER_MS {
                guard.says = false;
            }
        });
    }

    /// Its program says that it waits for permission or an answer, or no longer. `new`: it says so of something else than
    /// before.
    pub(crate) fn guard_said(&mut self, pane: PaneId, waits: bool, new: bool) {
        self.change_guard(pane, |guard, now| match waits {
            true if new => {
                let answered = guard.answered_ms != 0 && guard.answered_ms + TOGETHER_MS >= now;
                (guard.says, guard.since_ms) = (true, now);
                guard.typed = answered && !guard.open;
            }
            true => {}
            false => {
                if std::mem::replace(&mut guard.says, false) {
                    guard.over();
                }
            }
        });
    }

    /// Whether keys typed into a pane are to be what they are, whatever options say that somebody in a pane has set.
    pub(crate) fn types_plainly(&self, pane: PaneId) -> bool {
        self.request_open(pane) && self.is_laid("backspace")
    }

    /// Whether what is being done now may type into a pane. A person who does is noted.
    pub(crate) fn may_type(&mut self, pane: PaneId) -> bool {
        let Some(guard) = self.guard_of(pane).filter(|guard| guard.holds()) else {
            return true;
        };
        if self.hand.is_none() {
            return !guard.waits() && self.outside;
        }
        self.change_guard(pane, |guard, _| {
            (guard.typed, guard.doubt) = (true, false);
        });
        true
    }

    /// The pane that a client's keys go to.
    fn under_fingers(&self, client: ClientId) -> Option<PaneId> {
        if let Some(popup) = overlay::popup::pane_of(self, client) {
            return Some(popup);
        }
        let state = &self.model.clients.get(&client)?.state;
        let pane = self.pane_of(client)?;
        let covered = state.overlay.is_some()
            || state.prompt.is_some()
            || self.model.panes.get(&pane)?.state.in_mode();
        (!covered).then_some(pane)
    }

    /// The same for one client, whose own key it was.
    pub(crate) fn note_own_focus(&mut self, client: ClientId) {
        let under = self.under_fingers(client);
        if self.hand.is_some()
            && let Some(client) = self.model.clients.get_mut(&client)
            && client.state.keys.under != under
        {
            let keys = &mut client.state.keys;
            (keys.under, keys.guard_until_ms) = (under, None);
            keys.looked |= under.is_some();
        }
    }

    /// Notes which panes clients' keys go to now; it was `own`'s doing, or none of theirs.
    pub(crate) fn note_focus(&mut self, own: Option<ClientId>) {
        let now = self.now.ms;
        let drawn = self
            .model
            .clients
            .iter()
            .filter(|(_, c)| c.state.is_drawn());
        let moved: Vec<(ClientId, Option<PaneId>)> = drawn
            .map(|(id, client)| (*id, client.state.keys.under))
            .filter_map(|(id, before)| {
                let under = self.under_fingers(id);
                (under != before).then_some((id, under))
            })
            .collect();
        for (id, under) in moved {
            if let Some(client) = self.model.clients.get_mut(&id) {
                let keys = &mut client.state.keys;
                keys.under = under;
                let by_another = own != Some(id) && keys.looked;
                keys.guard_until_ms = by_another.then_some(now + GUARD_MS);
                keys.looked |= under.is_some();
            }
        }
    }

    /// Whether what a client has typed, or clicked, is kept from a pane that waits. It is told why.
    pub(crate) fn holds_back(&mut self, client: ClientId, pane: PaneId) -> bool {
        if !self.request_open(pane) {
            return false;
        }
        let Some(state) = self.model.clients.get(&client).map(|client| &client.state) else {
            return true;
        };
        let keys = &state.keys;
        let text = if self.hand.is_none() {
            let standing = self.standing(client).unwrap_or_default();
            format!("{pane} waits for a person: {}", standing.refusal())
        } else if keys.under != Some(pane)
            || keys.guard_until_ms.is_some_and(|until| self.now.ms < until)
        {
            format!(
                "{pane} waits for an answer and has just come to the front: nothing was typed there"
            )
        } else {
            return false;
        };
        mode::message(self, client, &text, MessageTime::Default, false, false);
        true
    }
}

impl Ctx<'_> {
    /// Whether this command may type into a pane, or start another program there.
    ///
    /// # Errors
    /// The pane waits for a person, and this is none.
    pub(crate) fn may_type(&self, pane: PaneId) -> Result<(), String> {
        let Some(guard) = self.core.guard_of(pane).filter(|guard| guard.holds()) else {
            return Ok(());
        };
        // Who is outside of all panes has not said that it is over.
        if !guard.waits() && self.core.outside {
            return Ok(());
        }
        match self.proof() {
            Ok(_) => Ok(()),
            Err(why) if guard.waits() => Err(format!("{pane} waits for a person's answer: {why}")),
            Err(why) => Err(format!(
                "{pane} has asked, and nobody was seen to answer; it is free when a person has typed there: {why}"
            )),
        }
    }
}

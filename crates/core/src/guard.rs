//! Panes whose program waits for a person: nothing but a person types into them.
//!
//! One door leads to a program, [`Core::write_pane`], and it asks who does it ([`Core::hand`]); commands ask before, so that a
//! refusal has words. A request that is taken back because something *said* that it is over (a hook's report, a time limit)
//! leaves the pane guarded until a person types there: what is said can be said by anybody in the pane.
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

/// What is known of a pane that waits, or seems to wait no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// A request is open.
    pub open: bool,
    /// A person has typed there since it was opened.
    pub typed: bool,
}

impl Core {
    /// Whether a pane's program waits for a person's answer, or may still do so.
    pub fn request_open(&self, pane: PaneId) -> bool {
        let pane = self.model.panes.get(&pane);
        pane.is_some_and(|pane| pane.state.guard.is_some())
    }

    /// A request of a pane's program has been opened.
    pub fn guard_pane(&mut self, pane: PaneId) {
        let guard = Guard {
            open: true,
            typed: false,
        };
        self.set_guard(pane, Some(guard));
    }

    /// No request of a pane's program is open any more. `answered`: that is known (it was answered by us, or the program has
    /// ended) and not only said.
    pub fn unguard_pane(&mut self, pane: PaneId, answered: bool) {
        let Some(guard) = self
            .model
            .panes
            .get(&pane)
            .and_then(|pane| pane.state.guard)
        else {
            return;
        };
        let left = Guard {
            open: false,
            ..guard
        };
        self.set_guard(pane, (!answered && !guard.typed).then_some(left));
    }

    fn set_guard(&mut self, pane: PaneId, guard: Option<Guard>) {
        if let Some(pane) = self.model.panes.get_mut(&pane)
            && pane.state.guard != guard
        {
            pane.state.guard = guard;
        }
    }

    /// Whether what is being done now may type into a pane. A person who does is noted.
    pub(crate) fn may_type(&mut self, pane: PaneId) -> bool {
        let Some(guard) = self
            .model
            .panes
            .get(&pane)
            .and_then(|pane| pane.state.guard)
        else {
            return true;
        };
        if self.hand.is_none() {
            return false;
        }
        let typed = Guard {
            typed: true,
            ..guard
        };
        self.set_guard(pane, guard.open.then_some(typed));
        true
    }

    /// The pane that a client's keys go to.
    fn under_fingers(&self, client: ClientId) -> Option<PaneId> {
        overlay::popup::pane_of(self, client).or_else(|| self.pane_of(client))
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
                keys.guard_until_ms = (own != Some(id)).then_some(now + GUARD_MS);
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
            format!("{pane} waits for a person: {}", state.standing.refusal())
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
        if !self.core.request_open(pane) {
            return Ok(());
        }
        match self.proof() {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("{pane} waits for a person's answer: {why}")),
        }
    }
}

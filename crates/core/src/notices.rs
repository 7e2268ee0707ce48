//! Telling people who are elsewhere: what waits, has failed, is done. When, says `outlast_agent::notice`; here is what is
//! a matter ([`sources`]) and by which ways it goes ([`deliver`]).
//!
//! A turn that decides that something is told has the job or the client's notice in its journal: a server's death between
//! a change and its telling leads to one telling. A job is started once (the keeper knows its number). What a terminal shows
//! is said again unless it is known that it was painted, which the journal knows at once: after a death just between the two it
//! comes twice.

mod deliver;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use outlast_agent::notice::{Act, Desk, News, Rules};
use outlast_term::ScreenNotice;
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{ClientId, PaneId};

pub use deliver::{Channel, Delivery, Task};

/// So many wait for one terminal at most; the oldest go.
const TERMINAL_MOST: usize = 8;

/// What survives of all that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notices {
    /// Matters.
    pub(crate) desk: Desk,
    /// The desktop's numbers of what it shows, by matter.
    desktop: BTreeMap<u64, u32>,
    /// Channels whose failure has been said.
    failing: BTreeSet<Channel>,
}

/// One for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    serial: u64,
    id: u64,
    title: String,
    body: String,
    settled: bool,
    bell: bool,
}

/// Notices that a client's terminal has not had yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForTerminal {
    newest: u64,
    waiting: Vec<Told>,
}

impl ForTerminal {
    fn push(&mut self, mut told: Told) {
        self.newest += 1;
        told.serial = self.newest;
        self.waiting.push(told);
        let over = self.waiting.len().saturating_sub(TERMINAL_MOST);
        self.waiting.drain(..over);
    }

    /// Number of the newest.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// As a picture has them.
    pub(crate) fn on_screen(&self) -> (u64, Arc<[ScreenNotice]>) {
        let notices = self.waiting.iter().map(|told| ScreenNotice {
            serial: told.serial,
            id: told.id,
            title: told.title.clone(),
            body: told.body.clone(),
            settled: told.settled,
            bell: told.bell,
        });
        (self.newest, notices.collect())
    }
}

impl Core {
    fn notice_rules(&self) -> Rules {
        let options = self.server_chain();
        let number = |name: &str| u64::try_from(options.number(name)).unwrap_or(0);
        Rules {
            later_ms: number("notify-done-delay") * 1000,
            typing_ms: number("notify-typing") * 1000,
            most: usize::try_from(number("notify-most")).unwrap_or(1),
        }
    }

    /// When the next notice is due, monotonic ms.
    pub(crate) fn notices_due(&self) -> Option<u64> {
        self.model.notices.desk.due()
    }

    /// Tells what is due.
    pub(crate) fn check_notices(&mut self) {
        let now = self.now.ms;
        if self.notices_due().is_none_or(|due| due > now) {
            return;
        }
        let rules = self.notice_rules();
        let typed: BTreeMap<u32, u64> = self.typed_in_panes();
        let acts = self.model.notices.desk.step(now, &rules, |news: &News| {
            news.pane.and_then(|pane| typed.get(&pane).copied())
        });
        for act in acts {
            self.notice_act(act);
        }
    }

    /// When a key was last pressed in a client that shows a pane, by pane; monotonic ms, to the second.
    fn typed_in_panes(&self) -> BTreeMap<u32, u64> {
        let mut typed = BTreeMap::new();
        let clients: Vec<ClientId> = self
            .attached_clients()
            .filter(|client| client.state.is_drawn() && !client.state.suspended)
            .map(|client| client.state.id)
            .collect();
        for id in clients {
            let Some(client) = self.model.clients.get(&id) else {
                continue;
            };
            let ago = u64::try_from(self.now.unix - client.state.activity).unwrap_or(0);
            let ms = self.now.ms.saturating_sub(ago.saturating_mul(1000));
            let session = client
                .state
                .session
                .and_then(|id| self.model.sessions.get(&id));
            let window = session.and_then(|session| session.windows.get(&session.current));
            let Some(link) = window else { continue };
            for pane in crate::draw::visible_panes(self, link.0) {
                let last = typed.entry(pane.0).or_insert(ms);
                *last = ms.max(*last);
            }
        }
        typed
    }

    fn notice_act(&mut self, act: Act) {
        let (id, news, left_out, settled) = match act {
            Act::Tell { id, news, left_out } => (id, news, left_out, false),
            Act::Withdraw { id, news } => (id, news, 0, true),
        };
        let by = self.deliver(id, &news, left_out, settled);
        if !by.is_empty() {
            let state = if settled { "withdrawn" } else { "told" };
            self.record_notice(&news, state, &by.join(", "));
        }
    }

    /// Whether a client's terminal is to be told of something.
    pub fn owes_notice(&self, id: ClientId) -> bool {
        let client = self.model.clients.get(&id);
        client.is_some_and(|client| !client.state.notices.waiting.is_empty())
    }

    /// A client has painted a picture: what was in it has been told.
    pub(crate) fn notices_shown(&mut self, id: ClientId) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        let painted = client.screen.as_ref().map_or(0, |screen| screen.notices.0);
        let waits = client.state.notices.waiting.first();
        if waits.is_some_and(|told| told.serial <= painted) {
            let waiting = &mut client.state.notices.waiting;
            waiting.retain(|told| told.serial > painted);
        }
    }

    /// A pane is gone: nothing of it waits for anybody.
    pub(crate) fn notices_forget(&mut self, pane: PaneId) {
        for kind in sources::KINDS {
            self.settle_notice(&kind.place(pane), None);
        }
    }
}

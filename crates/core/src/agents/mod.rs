//! What agents and other programs say that they do. It is data of the pane, so it outlives the server and an upgrade.
//!
//! | file | question |
//! |---|---|
//! | [`feed`] | who says what to whom |
//! | [`send`] | how does a prompt get there |
//! | [`changed`] | what comes of a state that has changed |
//! | [`requests`] | what agents ask for, who waits, who has answered |
//! | [`proposed`] | does the rules file say otherwise |
//! | [`record`] | which rules are in force, and what was answered so far |
//!
//! What a state is, and whose word counts, is in the crate `outlast-agent`.

pub(crate) mod changed;
pub(crate) mod feed;
pub(crate) mod proposed;
pub mod record;
pub mod requests;
pub mod send;

use outlast_agent::status::{At, State, Status};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{PaneId, WindowId};
use crate::model::pane::sort;
use crate::run::tree::ProcessId;

/// What is known of the program that speaks for a pane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agent {
    /// Which agent: the name of its recipe, or what it calls itself; "": none, a shell.
    pub name: String,
    /// What it does.
    pub status: Status,
    /// Its own name for the conversation.
    pub session: String,
    /// What the person calls the conversation.
    pub title: String,
    /// File that the conversation is written to.
    pub transcript: String,
    /// Directory that it works in.
    pub project: String,
    /// What it was last asked, in a line.
    pub prompt: String,
    /// One of its hooks has reported.
    pub hooked: bool,
    /// Why its conversation ended, in its own word; "": it has not.
    pub ended: String,
    /// The process that spoke.
    pub(crate) program: Option<ProcessId>,
}

impl Core {
    /// What speaks for a pane.
    pub(crate) fn agent(&self, pane: PaneId) -> Option<&Agent> {
        self.model.panes.get(&pane)?.state.agent.as_deref()
    }

    /// This instant.
    pub(crate) fn at(&self) -> At {
        At {
            ms: self.now.ms,
            unix: self.now.unix,
        }
    }

    /// Panes whose programs wait for somebody, who has waited longest first.
    pub(crate) fn waiting_panes(&self) -> Vec<PaneId> {
        let panes = self.model.panes.of(sort::AGENT);
        let mut waiting: Vec<(i64, PaneId)> = panes
            .filter_map(|(id, pane)| {
                let view = pane.state.agent.as_ref()?.status.view();
                (view.state == State::Waiting).then_some((view.since, *id))
            })
            .collect();
        waiting.sort();
        waiting.into_iter().map(|(_, id)| id).collect()
    }

    /// What the window's flags say of its agents: `?` one waits, `x` one has failed, `>` one works.
    pub(crate) fn agents_flag(&self, window: WindowId) -> Option<char> {
        let panes = &self.model.windows.get(&window)?.panes;
        let states = panes
            .iter()
            .filter_map(|pane| self.agent(*pane))
            .filter(|agent| !agent.name.is_empty())
            .map(|agent| agent.status.view().state);
        let rank = |state| match state {
            State::Waiting => 3,
            State::Failed => 2,
            State::Working => 1,
            _ => 0,
        };
        match states.map(rank).max()? {
            3 => Some('?'),
            2 => Some('x'),
            1 => Some('>'),
            _ => None,
        }
    }
}

//! Who asks: proof that a person does, where it matters.
//!
//! Approving what an agent asks for, and typing into a pane whose request is open, takes proof; without it these are refused,
//! whatever else a command may do. Proof begins at two places only: a command line of a client that the kernel shows to be
//! outside of all panes, on a terminal that is none of theirs ([`Standing`], asked by the shell at each connection), and a
//! key that such a client's terminal has sent. It is data of the commands that are written there, and no other commands
//! inherit it: [`Core::append`] and [`Core::insert`] take it off what they are given, so that what hooks, menus, prompts,
//! jobs, aliases or files set off has none. A key's proof goes on to what the key is bound to only if the binding was made
//! by somebody with proof or by the configuration.

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::commands::Ctx;
use crate::model::Binding;
use crate::model::ids::{ClientId, PaneId};

/// What shows that a person does this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// A command line in a terminal outside of all panes.
    Terminal,
    /// A key in an attached client's terminal.
    Key,
    /// A paired device, by its name.
    Device(String),
}

/// Where a client is, as the kernel tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody has looked, or it was not to be found out.
    #[default]
    Unknown,
    /// Outside of all panes, on a terminal that is none of theirs.
    Proven,
    /// Below a pane or a popup, of which this is the one if that can be told, or below a job.
    Below(Option<PaneId>),
    /// Outside, but without a terminal.
    NoTerminal,
    /// It cannot be told any more who is below a pane: keeper and anchor were killed.
    Broken,
    /// Another user's, whom `server-access` has let in. Nobody says so of a client: it follows from whose the client is.
    Another,
}

impl Standing {
    /// What is wrong, for a person.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Standing::Proven => "this was not done by a person's key or command line",
            Standing::Below(_) => {
                "nobody can do this from inside a pane: press the key in an attached terminal, or use a terminal outside"
            }
            Standing::NoTerminal => "this takes a terminal: a script without one cannot do it",
            Standing::Broken => {
                "keeper and anchor were killed, so nobody can tell any more who is inside a pane: use a client that was \
                 attached before"
            }
            Standing::Another => "this is for the user whose server it is, and no other",
            Standing::Unknown => {
                "the kernel did not tell where this comes from: use a terminal outside of all panes"
            }
        }
    }
}

impl Ctx<'_> {
    /// The proof that a person has asked for this.
    ///
    /// # Errors
    /// There is none: a line that says why.
    pub fn proof(&self) -> Result<Proof, String> {
        if let Some(proof) = &self.state.proof {
            return Ok(proof.clone());
        }
        // What is set off by something else has no proof, whoever's queue it is in.
        let standing = self.asked.and_then(|id| self.core.standing(id));
        let standing = standing.unwrap_or(Standing::Proven);
        Err(standing.refusal().to_string())
    }
}

impl Ctx<'_> {
    /// Whether keys that this binds may lend a person's proof to what they are bound to.
    pub(crate) fn may_bind(&self) -> bool {
        self.state.proof.is_some() || self.state.binds
    }
}

impl Core {
    /// Where a client is, and whose.
    pub(crate) fn standing(&self, client: ClientId) -> Option<Standing> {
        let state = &self.model.clients.get(&client)?.state;
        Some(match state.standing {
            // Below a pane it is that pane's, whoever it has become.
            below @ Standing::Below(_) => below,
            _ if !self.is_owner(state.info.uid) => Standing::Another,
            standing => standing,
        })
    }

    /// Whether the kernel has shown that a client is a person's, the one whose server it is.
    pub(crate) fn is_proven(&self, client: ClientId) -> bool {
        self.standing(client) == Some(Standing::Proven)
    }

    /// Whether the kernel has shown that a client is below no pane.
    pub(crate) fn is_outside(&self, client: ClientId) -> bool {
        matches!(
            self.standing(client),
            Some(Standing::Proven | Standing::NoTerminal)
        )
    }

    /// What a client's own words are worth.
    pub(crate) fn words_proof(&self, client: ClientId) -> Option<Proof> {
        self.is_proven(client).then_some(Proof::Terminal)
    }

    /// Does something with a client's own hand: what its terminal has sent.
    pub(crate) fn with_hand<T>(&mut self, client: ClientId, act: impl FnOnce(&mut Core) -> T) -> T {
        let proof = self.is_proven(client).then_some(Proof::Key);
        let before = std::mem::replace(&mut self.hand, proof);
        let done = act(self);
        self.hand = before;
        done
    }

    /// Whether a binding's commands are what a person or the configuration wrote.
    pub(crate) fn is_trusted(&self, table: &str, key: &str, binding: &Binding) -> bool {
        binding.trusted
            || self
                .default_tables
                .get(table)
                .and_then(|table| table.bindings.get(key))
                .is_some_and(|default| {
                    default.commands == binding.commands && default.repeat == binding.repeat
                })
    }

    /// The keeper's parent, by number and time of start. True: it is the one that was there first, so no process below a pane
    /// has ever left its tree.
    pub fn know_anchor(&mut self, anchor: (u32, u64)) -> bool {
        let known = self.model.global.anchor;
        if known.is_none() {
            self.model.global.anchor = Some(anchor);
        }
        known.is_none_or(|known| known == anchor)
    }

    /// The anchor that was there first.
    pub fn anchor(&self) -> Option<(u32, u64)> {
        self.model.global.anchor
    }
}

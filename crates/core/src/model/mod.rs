//! Sessions, windows, panes, clients: one mutable model with no behaviour beyond its invariants.
//!
//! Everything here that must survive is in a [`Tracked`] cell and serialises to one section of the journal; what is
//! `#[serde(skip)]` can be found again (a terminal from its checkpoint, a screen by drawing).

pub mod buffer;
pub mod client;
pub mod ids;
pub mod kept;
pub mod layout;
pub mod pane;
pub mod session;
pub mod window;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outlast_agent::log::Log;
use outlast_lang::options::Options;
use serde::{Deserialize, Serialize};

use crate::jobs::Job;
use crate::keys::Bound;
use crate::notices::Notices;
use crate::queue::{Channel, Item, Queue};
use crate::reboot::changes::Baseline;
use crate::save::Tracked;
pub use buffer::Buffer;
pub use client::Client;
use ids::{ClientId, PaneId, SessionId, WindowId};
use kept::Kept;
pub use pane::Pane;
pub use session::{Link, Session};
pub use window::{Float, Window};

/// A variable of an environment; None marks one that is to be removed from new programs (`set-environment -r`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Name to (value, hidden).
    pub vars: BTreeMap<String, (Option<String>, bool)>,
}

/// One key binding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// What it runs.
    pub commands: Bound,
    /// bind -r.
    pub repeat: bool,
    /// bind -N.
    pub note: Option<Cow<'static, str>>,
    /// Made by the configuration or by somebody with proof: a person's key that it is bound to lends it its own.
    #[serde(default)]
    pub trusted: bool,
}

/// A key table: by key name, because names are what is saved.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeyTable {
    /// tmux's key name to binding.
    pub bindings: BTreeMap<String, Binding>,
}

/// What belongs to no session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Global {
    /// Next ids; never reused.
    pub next_session: u32,
    /// Next window id.
    pub next_window: u32,
    /// Next pane id.
    pub next_pane: u32,
    /// Next job token.
    pub next_token: u64,
    /// When the first server of this life started, unix seconds.
    pub start_unix: i64,
    /// Configuration files that wait for the first client, whose environment they see.
    #[serde(default)]
    pub waiting_config: Option<Vec<(String, Result<String, String>)>>,
    /// Configuration has been loaded (a recovered server does not load it again).
    pub configured: bool,
    /// Marked pane (select-pane -m).
    pub marked: Option<PaneId>,
    /// The session and link in which it was marked.
    #[serde(default)]
    pub marked_in: Option<(SessionId, u32)>,
    /// Files given with -f or found.
    pub config_files: Vec<String>,
    /// Errors of the configuration, shown to the first client that attaches.
    pub config_errors: Vec<String>,
    /// What is to be told to the next who attaches.
    #[serde(default)]
    pub notices: Vec<String>,
    /// That sleep is not held off has been said.
    #[serde(default)]
    pub awake_refused: bool,
    /// What is on disk comes back when the configuration has been loaded.
    #[serde(default)]
    pub restoring: bool,
    /// Messages of a journal from before they had sections of their own; see [`Model::messages`].
    #[serde(default, skip_serializing)]
    pub messages: VecDeque<(i64, String)>,
    /// Prompt history by kind (command, search, target, window-target), newest first.
    pub prompt_history: BTreeMap<String, Vec<String>>,
    /// Order of use of sessions and clients: the newest number given.
    #[serde(default)]
    pub next_use: u64,
    /// Number of the newest block of a client in control mode.
    #[serde(default)]
    pub command_number: u64,
    /// Order of making of buffers, and the number of the next automatic name.
    #[serde(default)]
    pub next_buffer: u64,
    /// The server has been told to end: one that finds this in the journal ends as well.
    #[serde(default)]
    pub ending: bool,
    /// A client has been seen: only then may a server without sessions end.
    #[serde(default)]
    pub had_client: bool,
    /// The client that started the server: it alone waits for the configuration, which may call others.
    #[serde(default)]
    pub config_client: Option<ClientId>,
    /// The keeper's parent that was there first: number and time of start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<(u32, u64)>,
    /// Other users who may use the server, by number, and whether they may do more than look on (server-access).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<u32, bool>,
    /// Options that lead keys elsewhere and were set without a person's doing, and where.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub laid: BTreeSet<(String, String)>,
    /// Session groups: name to members.
    pub groups: BTreeMap<String, Vec<SessionId>>,
    /// Ends of runs whose panes are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sweeps: Vec<crate::run::sweep::Sweep>,
}

/// What show-messages lists. Each is a section of its own, so that a new one does not write down all others again.
#[derive(Debug, Default)]
pub struct Messages {
    /// Number of the oldest that is kept.
    pub first: u64,
    /// Unix seconds and text, newest last.
    pub lines: VecDeque<(i64, String)>,
}

impl Messages {
    /// Adds one and drops the oldest above `limit`.
    pub fn push(&mut self, unix: i64, text: String, limit: usize) {
        self.lines.push_back((unix, text));
        while self.lines.len() > limit {
            self.lines.pop_front();
            self.first += 1;
        }
    }

    /// Their numbers.
    pub fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.lines.len() as u64
    }
}

/// The whole of it.
#[derive(Default)]
pub struct Model {
    /// show-messages, bounded by message-limit.
    pub messages: Messages,
    /// What has happened, numbered (`outlast events`). Each record is a section of its own, like a message.
    pub events: Log,
    /// What people are to be told of.
    pub notices: Tracked<Notices>,
    /// Ids, messages, groups.
    pub global: Tracked<Global>,
    /// set -s.
    pub server_options: Tracked<Options>,
    /// set -g of session options.
    pub session_options: Tracked<Options>,
    /// set -gw of window and pane options.
    pub window_options: Tracked<Options>,
    /// Hooks set globally live in session_options under their own names (kind Hook).
    /// Global environment.
    pub environment: Tracked<Environment>,
    /// Key tables by name; only those that differ from the defaults are saved.
    pub tables: BTreeMap<String, Tracked<KeyTable>>,
    /// Paste buffers by name.
    pub buffers: BTreeMap<String, Tracked<Buffer>>,
    /// Sessions.
    pub sessions: BTreeMap<SessionId, Tracked<Session>>,
    /// Windows.
    pub windows: Kept<WindowId, Tracked<Window>>,
    /// Panes.
    pub panes: Kept<PaneId, Pane>,
    /// Clients.
    pub clients: BTreeMap<ClientId, Client>,
    /// Commands that wait, by client; those of no client (hooks, configuration) under None.
    pub queues: BTreeMap<Option<ClientId>, Tracked<Queue>>,
    /// Parts of long queues, by number.
    pub blocks: BTreeMap<u64, Tracked<Vec<Item>>>,
    /// What is to be done when a job or file is done, by token.
    pub jobs: BTreeMap<u64, Tracked<Job>>,
    /// What the configuration has made of options, environment and key tables.
    pub baseline: Tracked<Baseline>,
    /// What agents ask for.
    pub requests: Tracked<outlast_agent::request::Queue>,
    /// Rules in force, and the end of the record of answers.
    pub record: Tracked<crate::agents::record::Record>,
    /// wait-for channels.
    pub channels: Tracked<BTreeMap<String, Channel>>,
}

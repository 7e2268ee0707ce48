//! The server without an operating system: sessions, windows, panes, clients, commands, drawing.
//!
//! [`Core::handle`] takes an event and appends effects; [`Core::finish_turn`] ends a turn; [`Core::commit`] gives what
//! of it must survive, and only when that is in the journal are the effects carried out. [`Core::next_wake`] says when
//! the core wants to be woken. No clock, file, socket, thread or random number inside.
//!
//! Recovery: [`Core::recover`] takes the journal's entries, then for each of [`Core::pane_ids`]
//! [`Core::restore_terminal`] with the checkpoint and [`Core::replay_output`] with the bytes up to [`Core::heard`],
//! then [`Core::recovered`] repeats the effects that may not have been carried out.
#![forbid(unsafe_code)]

pub mod agents;
pub mod commands;
pub mod control;
pub mod draw;
pub mod effect;
pub mod event;
pub mod formats;
pub mod guard;
pub mod input;
pub mod limits;
pub mod mode;
pub mod model;
pub mod notices;
pub mod options;
pub mod overlay;
pub mod pipes;
pub mod probe;
pub mod proof;
pub mod queue;
pub mod reboot;
pub mod run;
pub mod save;
pub mod target;

mod alerts;
mod awake;
mod bridge;
mod buffers;
mod channels;
mod clients;
mod clipboard;
mod config;
mod confine;
mod env;
mod events;
mod hints;
mod hooks;
mod jobs;
mod keys;
mod looks;
mod names;
mod neighbours;
mod panes;
mod scrollbar;
mod sessions;
mod sizes;
mod spawn;
mod started;
mod stdin;
mod steer;
mod turn;
mod widths;
mod windows;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use control::CONTROL;
pub use effect::Effect;
pub use env::VERSION;
pub use event::{Event, Now, SIGNALLED};
pub use model::ids::{ClientId, PaneId, SessionId, WindowId};
use model::pane::PendingOp;
use model::{KeyTable, Model};
use probe::Probe;
pub use proof::{Proof, Standing};
use save::Entry;
pub use stdin::STDIN;

/// How a new server begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup {
    /// Time of birth.
    pub now: Now,
    /// `Event::ConfigFiles` will come; command lines wait for it.
    pub await_config: bool,
}

/// The server's state.
pub struct Core {
    /// What there is.
    pub(crate) model: Model,
    /// The door to the operating system.
    pub(crate) probe: Box<dyn Probe>,
    /// Time of the turn.
    pub(crate) now: Now,
    /// What the turn wants done; `handle` and `finish_turn` hand it out.
    pub(crate) effects: Vec<Effect>,
    /// What drawing remembers between frames.
    pub(crate) draw: draw::State,
    /// Colours of the outer terminal that panes are told of, with a number that grows; 0 is none.
    pub(crate) looks: (u64, outlast_term::OuterColours),
    /// What is committed with the turn besides sections and operations.
    pub(crate) entries: Vec<Entry>,
    /// What was typed in this turn, and how much of that was handed on as it came.
    pub(crate) passing: input::Passing,
    /// Operations on terminals that are not committed yet.
    pub(crate) new_ops: Vec<(PaneId, PendingOp)>,
    /// Panes that need a checkpoint before more output.
    pub(crate) checkpoints_due: BTreeSet<PaneId>,
    /// Number of the last committed turn.
    turn: u64,
    /// What has been saved.
    saver: save::Saver,
    /// Widths of characters and the like that differ from the table; None: none does.
    pub(crate) text_rules: Option<Arc<outlast_term::Rules>>,
    /// Key tables as they are without configuration.
    pub(crate) default_tables: BTreeMap<String, KeyTable>,
    /// `#(…)` of formats.
    pub(crate) format_jobs: RefCell<jobs::FormatJobs>,
    /// Windows that were made in this turn.
    pub(crate) new_windows: Vec<model::ids::WindowId>,
    /// A hook's command runs: what it does runs no hooks.
    pub(crate) in_hook: bool,
    /// The proof behind what is being done just now: of the command that runs, or of the terminal whose keys are handled.
    pub(crate) hand: Option<proof::Proof>,
    /// It is done by a command line of somebody outside of all panes.
    pub(crate) outside: bool,
    /// The commands that were parsed last have an alias in them: they are not only what was written.
    pub(crate) aliased: bool,
    /// Clients or what they show have changed: windows may want other sizes.
    pub(crate) sizes_stale: bool,
    /// A session may have lost its last client.
    pub(crate) unattached_stale: bool,
    /// Commands are left over from the last turn.
    pub(crate) unfinished: bool,
    /// What programs are to be told of.
    pub(crate) noted: Vec<control::notes::Note>,
    /// Panes whose output was handled and has not been committed as heard.
    unheard: BTreeSet<PaneId>,
    /// Somebody has been told what output said: that it was heard is to be committed.
    pub(crate) spoke: bool,
    /// A recovery is going on.
    pub(crate) recovering: bool,
    /// When the memory of sessions is looked at.
    pub(crate) session_looks: limits::session::Looks,
    /// Looks at the rules file.
    pub(crate) rules_looks: agents::proposed::Looks,
    /// Who wants the machine awake.
    pub(crate) awake: awake::Awake,
    /// What is kept on disk, and what is to come back from there.
    pub(crate) reboot: reboot::State,
    /// `Effect::Shutdown` has been emitted: nothing more happens.
    pub(crate) ended: bool,
}

/// The mouse event that a key binding was run for.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MouseEvent {
    /// Name of the key ("MouseDown1Pane").
    pub key: String,
    /// Raw SGR button value.
    pub raw: u16,
    /// A release.
    pub release: bool,
    /// Column on the client's screen.
    pub x: u16,
    /// Row on the client's screen.
    pub y: u16,
    /// Session that was hit.
    pub session: Option<SessionId>,
    /// Window that was hit (a pane's, or one of the window list), by index in the session.
    pub window: Option<u32>,
    /// Pane that was hit.
    pub pane: Option<PaneId>,
    /// Column in the pane (`mouse_x`).
    pub pane_x: u16,
    /// Row in the pane (`mouse_y`).
    pub pane_y: u16,
    /// The place is inside that pane, not on its border or the status line.
    #[serde(default)]
    pub in_pane: bool,
    /// Row of the status line that was hit, from 0 (`mouse_status_line`).
    pub status_line: Option<u16>,
    /// What of the status line was hit (`mouse_status_range`): "left", "right", "window", "pane", "session" or a
    /// user's word.
    pub status_range: String,
    /// Column and row of the report before (drags), on the client's screen.
    pub last: (u16, u16),
}

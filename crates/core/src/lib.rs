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

pub mod commands;
pub mod draw;
pub mod effect;
pub mod event;
pub mod formats;
pub mod input;
pub mod mode;
pub mod model;
pub mod probe;
pub mod queue;
pub mod save;
pub mod target;

pub mod options;

use outlast_lang::parse::CommandList;

pub use effect::Effect;
pub use event::{Event, Now};
pub use model::ids::{ClientId, PaneId, SessionId, WindowId};
use model::Model;
use probe::Probe;

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
    /// Row of the status line that was hit, from 0 (`mouse_status_line`).
    pub status_line: Option<u16>,
    /// What of the status line was hit (`mouse_status_range`): "left", "right", "window", "pane", "session" or a
    /// user's word.
    pub status_range: String,
    /// Column and row of the report before (drags), on the client's screen.
    pub last: (u16, u16),
}

impl Core {
    /// Runs what a key is bound to, after all that waits in the client's queue. `key` is tmux's name of the key.
    pub fn run_binding(&mut self, client: ClientId, key: &str, commands: &CommandList, mouse: Option<MouseEvent>) {
        let _ = (client, key, commands, mouse);
    }

    /// Bytes for a pane's program, now (keys, pastes). Nothing if its program is gone or its input is off.
    pub fn write_pane(&mut self, pane: PaneId, bytes: &[u8]) {
        let _ = (pane, bytes);
    }

    /// Appends an effect to the turn's.
    pub fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

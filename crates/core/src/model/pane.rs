//! A pane: a terminal and the program in it.

use outlast_lang::options::Options;
use outlast_term::{Colour, Terminal};
use serde::{Deserialize, Serialize};

use super::ids::{PaneId, WindowId};
use crate::effect::SpawnSpec;
use crate::event::ExitStatus;
use crate::mode::copy::CopyMode;
use crate::save::Tracked;

/// What of a pane is saved as a section (its terminal has a checkpoint of its own).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaneState {
    /// `%n`.
    pub id: PaneId,
    /// Which window it is in.
    pub window: WindowId,
    /// Columns and rows of the terminal.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Column of its top left corner in the window.
    pub x: u16,
    /// Row of its top left corner in the window.
    pub y: u16,
    /// 0, and one more with each respawn.
    pub life: u32,
    /// Set from the moment the core asks for the program until the keeper says that it runs.
    pub spawning: Option<SpawnSpec>,
    /// Process id, 0 before it runs.
    pub pid: u32,
    /// Terminal device.
    pub tty: String,
    /// Command words as the user gave them (pane_start_command); empty for the default shell.
    pub start_command: Vec<String>,
    /// Directory it started in.
    pub start_path: String,
    /// Program ended (remain-on-exit keeps the pane): how, and unix seconds.
    pub dead: Option<(ExitStatus, i64)>,
    /// select-pane -T or the program's title.
    pub title: String,
    /// set -p.
    pub options: Options,
    /// select-pane -d.
    pub input_off: bool,
    /// Copy mode and the like, None when the terminal itself is shown.
    pub mode: Option<CopyMode>,
    /// Something came since it was last seen (pane_unseen_changes).
    pub unseen: bool,
    /// Offset up to which output has been handled. Saved as an Entry of its own, not in the section.
    #[serde(skip)]
    pub offset: u64,
    /// Absolute offset of the next input byte. Saved as an Entry.
    #[serde(skip)]
    pub input_offset: u64,
}

/// A pane.
pub struct Pane {
    /// What is saved.
    pub state: Tracked<PaneState>,
    /// The terminal.
    pub terminal: Terminal,
    /// Colours of select-pane -P style that the program cannot see.
    pub style_cache: Option<(Colour, Colour)>,
}

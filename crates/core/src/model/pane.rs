//! A pane: a terminal and the program in it.

use std::collections::VecDeque;

use outlast_lang::options::Options;
use outlast_term::{Colour, Op, Terminal};
use serde::{Deserialize, Serialize};

use super::ids::{ClientId, PaneId, WindowId};
use super::kept::Sorted;
use crate::effect::SpawnSpec;
use crate::event::ExitStatus;
use crate::limits::{Limits, Over};
use crate::mode::copy::CopyMode;
use crate::mode::front::Front;
use crate::reboot::ran::Offer;
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
    /// What lies in front of text and copy mode: a chooser, the clock.
    #[serde(default, deserialize_with = "crate::mode::front::lenient")]
    pub front: Option<Front>,
    /// Something came since it was last seen (pane_unseen_changes).
    pub unseen: bool,
    /// Shell that ran the program (default-shell when the pane was made); respawn uses it again.
    #[serde(default)]
    pub shell: String,
    /// It has the focus, as its program has been told (`focus-events`).
    #[serde(default)]
    pub focused: bool,
    /// What copy mode last searched for, and whether as a regular expression.
    #[serde(default)]
    pub last_search: Option<(String, bool)>,
    /// What had run here before a reboot, until the first key.
    #[serde(default)]
    pub offer: Option<Offer>,
    /// Token of its pipe.
    #[serde(default)]
    pub pipe: Option<u64>,
    /// No program was ever wanted here (split-window with an empty command).
    #[serde(default)]
    pub empty: bool,
    /// It is the inside of this client's popup, and in no window ([`WindowId::NONE`]).
    #[serde(default)]
    pub popup: Option<ClientId>,
    /// Foreground and background of what shows it, as a client in control mode has said.
    #[serde(default, skip_serializing_if = "nothing_told")]
    pub told_colours: (Option<Rgb>, Option<Rgb>),
    /// What its program was started with.
    #[serde(default)]
    pub limits: Limits,
    /// Its program has used more memory than it may and is being ended.
    #[serde(default)]
    pub over: Option<Over>,
    /// Its program waits for a person's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<crate::guard::Guard>,
    /// Its program is a run's: started again by its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Box<crate::run::Run>>,
    /// When rows went into the history.
    #[serde(default, skip_serializing_if = "crate::run::log::Marks::is_empty")]
    pub(crate) times: crate::run::log::Marks,
    /// What its program says that it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Box<crate::agents::Agent>>,
}

/// Red, green, blue.
type Rgb = (u8, u8, u8);

fn nothing_told(colours: &(Option<Rgb>, Option<Rgb>)) -> bool {
    *colours == (None, None)
}

impl PaneState {
    /// Whether something else than the terminal is shown.
    pub fn in_mode(&self) -> bool {
        self.mode.is_some() || self.front.is_some()
    }
}

/// An operation on a terminal that the last checkpoint does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOp {
    /// Number of the operation in this pane, from 1.
    pub serial: u64,
    /// Output offset at which it happened.
    pub at: u64,
    /// What.
    pub op: PaneOp,
}

/// What changes a pane's terminal besides output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaneOp {
    /// An operation of the terminal.
    Term(Op),
    /// Text of our own written into it (remain-on-exit-format): parsed like output, but not in the output log.
    Text(Vec<u8>),
    /// The text that the disk has of the pane, rows as `capture-pane -e -J` prints them. The journal has only the mark:
    /// until a checkpoint has the text, it is nowhere else, and the file must stay as it is.
    Kept(Vec<u8>),
}

/// Panes that may want something of a turn.
pub mod sort {
    /// Its program is a run's.
    pub const RUN: u8 = 1;
    /// Something is known of an agent.
    pub const AGENT: u8 = 2;
    /// Its memory is watched.
    pub const LIMITED: u8 = 4;
    /// Its window may be called otherwise.
    pub const UNNAMED: u8 = 8;
    /// It has its own word on whether the machine stays awake.
    pub const AWAKE: u8 = 16;
}

impl Sorted for Pane {
    fn sorts(&self) -> u8 {
        let state = &*self.state;
        let limited = state.limits.memory.is_some() || state.over.is_some();
        let of = |is: bool, sort: u8| if is { sort } else { 0 };
        of(state.run.is_some(), sort::RUN)
            | of(state.agent.is_some(), sort::AGENT)
            | of(limited, sort::LIMITED)
            | of(self.name_stale, sort::UNNAMED)
            | of(state.options.has("stay-awake", None), sort::AWAKE)
    }
}

/// A pane.
pub struct Pane {
    /// What is saved.
    pub state: Tracked<PaneState>,
    /// The terminal.
    pub terminal: Terminal,
    /// Offset up to which output has been handled. Saved as an entry of its own, not in the section.
    pub offset: u64,
    /// The offset that the last commit has said.
    pub heard: u64,
    /// Absolute offset of the next input byte. Saved as an entry.
    pub input_offset: u64,
    /// Operations since the last checkpoint, oldest first.
    pub ops: VecDeque<PendingOp>,
    /// Number of the newest operation that a replay has applied.
    pub replayed: u64,
    /// Number of the newest operation.
    pub op_serial: u64,
    /// Monotonic ms of the last look at the foreground command (automatic-rename), 0 for never.
    pub named_ms: u64,
    /// Output came since that look.
    pub name_stale: bool,
    /// What is known of the program's end besides its status, for the line of a dead pane.
    pub end_note: String,
    /// When its memory is looked at next, monotonic ms; 0 for at once, None: a group holds it.
    pub limit_look: Option<u64>,
    /// When it is next looked whether the program that speaks for it lives, monotonic ms.
    pub agent_look_ms: u64,
    /// Which outer terminal's colours its terminal knows (`Core::looks`).
    pub looks: u64,
    /// Colours of select-pane -P style that the program cannot see.
    pub style_cache: Option<(Colour, Colour)>,
}

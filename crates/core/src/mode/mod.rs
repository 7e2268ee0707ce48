//! What can lie over a pane or a client: copy mode, prompt, message.

pub mod copy;
pub mod prompt;

use serde::{Deserialize, Serialize};

/// The mouse between reports: for double clicks and drags.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Click {
    /// Monotonic ms of the last press.
    pub at_ms: u64,
    /// Raw button.
    pub button: u8,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Presses in quick succession.
    pub count: u8,
    /// What is being dragged: a border, a selection, nothing.
    pub drag: Option<String>,
    /// Pane id in which the button went down.
    pub pane: Option<u32>,
}

//! The prompt on the status line: command-prompt, confirm-before.

use serde::{Deserialize, Serialize};

/// A prompt.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Text before the input.
    pub prompt: String,
    /// What has been typed.
    pub input: String,
    /// Cursor, in characters.
    pub cursor: usize,
}

//! Bytes of the outer terminal to keys, mouse, paste, focus and replies.

use super::mouse::Mouse;
use super::Key;

/// One thing that the outer terminal said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key press.
    Key(Key),
    /// A mouse report.
    Mouse(Mouse),
    /// Bracketed paste: the bytes between 200~ and 201~ (in pieces when long; `end` on the last).
    Paste {
        /// Bytes.
        bytes: Vec<u8>,
        /// The last piece.
        end: bool,
    },
    /// An answer to a query of ours (DA1, XTVERSION, OSC colours …), whole.
    Reply(Vec<u8>),
}

/// The decoder's state between reads.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
}

#[allow(unused_variables, clippy::todo)]
impl Decoder {
    /// Takes bytes and appends what they say. An incomplete sequence stays pending.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Input>) {
        todo!()
    }
    /// Whether a lone ESC or an incomplete sequence waits for more (then start the escape-time timer).
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }
    /// escape-time has passed: what is pending is taken as typed.
    pub fn flush(&mut self, out: &mut Vec<Input>) {
        todo!()
    }
}

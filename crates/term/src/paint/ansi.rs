//! Operations spelled as xterm control sequences for a tty.

use super::caps::Caps;
use super::diff::Op;

/// What the speller knows of the outer terminal between frames: cursor, style, modes that it has set.
#[derive(Clone, Debug, Default)]
pub struct Ansi {}

#[allow(unused_variables, clippy::todo)]
impl Ansi {
    /// Appends the bytes of one frame.
    pub fn frame(&mut self, ops: &[Op<'_>], caps: &Caps, out: &mut Vec<u8>) {
        todo!()
    }
}

/// Bytes that take a terminal over: alternate screen, keypad, queries (DA1, XTVERSION) for its capabilities.
#[allow(unused_variables, clippy::todo)]
pub fn begin(caps: &Caps, out: &mut Vec<u8>) {
    todo!()
}

/// Bytes that give it back as it was: modes off, cursor shown, primary screen.
#[allow(unused_variables, clippy::todo)]
pub fn end(caps: &Caps, out: &mut Vec<u8>) {
    todo!()
}

//! Keys to the bytes that a pane's program asked for.

use super::mouse::Mouse;
use super::Key;
use crate::terminal::Modes;

/// Appends what a program in these modes expects for `key`; nothing for keys that it cannot be told.
#[allow(unused_variables, clippy::todo)]
pub fn encode_key(key: Key, modes: &Modes, out: &mut Vec<u8>) {
    todo!()
}

/// Appends the mouse report, `mouse` being relative to the pane; nothing if the program did not ask for it.
#[allow(unused_variables, clippy::todo)]
pub fn encode_mouse(mouse: Mouse, modes: &Modes, out: &mut Vec<u8>) {
    todo!()
}

/// Appends a paste: bracketed if the program asked for it, the end mark inside the text defused, LF as CR.
#[allow(unused_variables, clippy::todo)]
pub fn encode_paste(text: &[u8], modes: &Modes, out: &mut Vec<u8>) {
    todo!()
}

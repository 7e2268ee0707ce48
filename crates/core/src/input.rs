//! Typed bytes to keys, keys to commands or to the pane.

use crate::model::ids::ClientId;
use crate::Core;

/// Handles what a client typed.
pub fn client_input(core: &mut Core, client: ClientId, bytes: &[u8]) {
    let _ = (core, client, bytes);
}

/// A timer of the input (escape-time, repeat-time, a message's end) has come.
pub fn wake(core: &mut Core) {
    let _ = core;
}

/// Monotonic ms of the next such timer.
pub fn next_due(core: &Core) -> Option<u64> {
    let _ = core;
    None
}

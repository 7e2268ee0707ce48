//! Pictures for clients.

use crate::Core;

/// Emits a frame for each attached client that is stale, ready and due.
pub fn frames(core: &mut Core) {
    let _ = core;
}

/// Monotonic ms at which a stale and ready client is due.
pub fn next_due(core: &Core) -> Option<u64> {
    let _ = core;
    None
}

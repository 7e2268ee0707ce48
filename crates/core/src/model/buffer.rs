//! A paste buffer.

use serde::{Deserialize, Serialize};

/// A paste buffer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Buffer {
    /// Bytes.
    #[serde(with = "crate::save::bytes")]
    pub data: Vec<u8>,
    /// Named by us (buffer0 …) rather than by the user: the oldest of these go at buffer-limit.
    pub automatic: bool,
    /// Unix seconds.
    pub created: i64,
    /// Order of making, newest highest.
    pub order: u64,
}

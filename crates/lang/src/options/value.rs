//! Values of options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text, style, command, colour and key kinds (kept as written after checking).
    Text(String),
    /// Number; Flag as 0 or 1; Choice as its index.
    Number(i64),
    /// Array kinds.
    Array(BTreeMap<u32, String>),
}

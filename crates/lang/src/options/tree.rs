//! A set of options with values of its own; what it lacks is looked up in a parent by the caller's chain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::Row;
use super::value::Value;

/// Values set at one level (server, global session, a session, global window, a window, a pane).
/// User options (`@name`) are always text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Name to value; only what is set here.
    pub values: BTreeMap<String, Value>,
}

/// A chain of sets, innermost first, ending at the defaults of the table.
pub type Chain<'a> = &'a [&'a Options];

#[allow(unused_variables, clippy::todo)]
impl Options {
    /// Checks `text` against the row and sets it; `append` is set -a. Err is tmux's text ("bad colour: X",
    /// "value is too large: X", "unknown value: X" …).
    pub fn set(
        &mut self,
        row: &Row,
        index: Option<u32>,
        text: &str,
        append: bool,
    ) -> Result<(), String> {
        todo!()
    }
    /// Sets a user option.
    pub fn set_user(&mut self, name: &str, text: &str, append: bool) {
        todo!()
    }
    /// set -u: removes the value here. True if there was one.
    pub fn unset(&mut self, name: &str, index: Option<u32>) -> bool {
        todo!()
    }
}

/// The value in force: the first in the chain that has one, else the table's default. None for an unknown name.
#[allow(unused_variables, clippy::todo)]
pub fn lookup(chain: Chain<'_>, name: &str) -> Option<Value> {
    todo!()
}
/// Text of the value in force; "" for an unknown name.
#[allow(unused_variables, clippy::todo)]
pub fn text(chain: Chain<'_>, name: &str) -> String {
    todo!()
}
/// Number, flag or choice in force; 0 for an unknown name.
#[allow(unused_variables, clippy::todo)]
pub fn number(chain: Chain<'_>, name: &str) -> i64 {
    todo!()
}
/// Flag in force.
pub fn flag(chain: Chain<'_>, name: &str) -> bool {
    number(chain, name) != 0
}
/// The lines `show-options` prints for one option (arrays: one line per index), quoted as tmux does;
/// `value_only` is -v.
#[allow(unused_variables, clippy::todo)]
pub fn show(name: &str, value: &Value, value_only: bool) -> Vec<String> {
    todo!()
}

//! Options: the table of all that there are, and sets of values that inherit from a parent set.

pub mod table;
pub mod tree;
pub mod value;

pub use table::{find, Kind, Row, Scope, ROWS};
pub use tree::Options;
pub use value::Value;

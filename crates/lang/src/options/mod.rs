//! Options: the table of all that there are, and sets of values that inherit from a parent set.

pub mod table;
pub mod tree;
pub mod value;

pub use table::{Kind, ROWS, Row, Scope, find};
pub use tree::Options;
pub use value::Value;

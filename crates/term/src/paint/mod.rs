//! The one painter: the difference of two pictures as operations, and operations spelled for a tty.

pub mod ansi;
pub mod caps;
pub mod diff;

pub use ansi::{begin, end, Ansi};
pub use caps::Caps;
pub use diff::{diff, Op};

//! The one painter: the difference of two pictures as operations, and operations spelled for a tty.

pub mod ansi;
pub mod caps;
pub mod diff;
mod glyph;
mod moves;
mod scroll;
mod session;
pub mod sgr;
pub mod terminfo;

pub use ansi::Ansi;
pub use caps::Caps;
pub use diff::{DiffOptions, Op, diff, diff_with};
pub(crate) use session::base64;
pub use session::{begin, end, learned};
pub use sgr::{sgr_diff, spell_style};

//! The words a user types: command syntax, options, formats, styles, key names, targets, layout strings.
//!
//! Pure. The source is tmux(1) of 3.7c; where we depart from it ARCHITECTURE.md says so.
#![forbid(unsafe_code)]

pub mod args;
pub mod colour;
pub mod format;
pub mod glob;
pub mod key;
pub mod layout;
pub mod options;
pub mod parse;
pub mod style;
pub mod target;

/// The default key bindings of tmux 3.7c as `bind-key` commands, and our own.
pub const DEFAULT_BINDINGS: &str = concat!(include_str!("defaults.conf"), include_str!("own.conf"));

#[cfg(test)]
mod tests;

//! Session scripts: a person's session written down, with what must be seen. `sessions/README.md` is the manual.
//!
//! `parse` turns text into steps and knows no world; `expect` compares; `play` walks through the steps on a
//! [`Stage`], which is whatever can run commands and show terminals: a real binary (`real`), or a simulator.

pub mod expect;
pub mod find;
pub mod parse;
pub mod play;
pub mod real;
mod words;

pub use find::{Script, find};
pub use parse::{Header, Step, StepKind, parse};
pub use play::{Player, Stage};
pub use real::RealStage;

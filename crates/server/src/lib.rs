//! The loop that gives the core senses and hands: one thread on epoll, and one more for files.
//!
//! | file | question |
//! |---|---|
//! | [`start`] | how does a server come to be, fresh or after a crash |
//! | [`server`] | what is waited for, and in which order is it taken |
//! | [`turn`] | how does a turn end: commit, effects, checkpoints |
//! | [`visits`] | what do clients say and what are they told |
//! | [`leave`] | how do clients leave and get their terminals back |
//! | [`calls`], [`clients`], [`locals`] | their connections, who they are, their terminals |
//! | [`panes`], [`jobs`], [`pipes`], [`spawn`] | programs with a terminal and without, and those between |
//! | [`keeper`], [`table`] | the connection with the keeper, and what it tells first |
//! | [`takeover`] | what happens when the keeper dies |
//! | [`journal`], [`notes`], [`checkpoint`], [`history`], [`memory`] | what the next server will find |
//! | [`upgrade`], [`stamp`] | how does another build take over |
//! | [`poison`] | what output kills the server |
//! | [`oom`] | was a program killed because memory ran out |
//! | [`files`], [`appends`], [`probe`] | disk; questions to the system |
//! | [`disk`] | what is there after a reboot |
//! | [`awake`] | keeping the machine from sleep |
//! | [`fault`] | where a test may kill us |
#![forbid(unsafe_code)]

mod appends;
mod awake;
mod calls;
mod checkpoint;
mod clients;
mod disk;
mod eager;
mod fault;
mod files;
mod history;
mod jobs;
mod journal;
mod keeper;
mod leave;
mod locals;
mod memory;
mod notes;
mod oom;
mod panes;
mod pipes;
mod poison;
mod probe;
mod report;
mod server;
mod spawn;
pub mod stamp;
mod standing;
mod start;
mod table;
mod takeover;
mod tape;
mod turn;
mod typed;
mod upgrade;
mod visits;

pub use disk::{Kept, KeptFile, kept, kept_files, kept_text};
pub use start::main;

/// Directory for what is recorded of the server at this socket and outlives its sessions; None when nothing is to be kept.
pub fn records(socket: &str) -> Option<std::path::PathBuf> {
    disk::place::records(socket)
}

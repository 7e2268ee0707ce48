//! What tests, torture and bench share: programs on ptys seen through an independent terminal emulator, throw-away
//! worlds around the binary under test, session scripts, small programs that run inside panes, fuzz targets.
//!
//! The kit drives the product from outside only, by command lines and terminals, as it drives a real tmux. Two
//! exceptions: the fuzz targets (feature `fuzz`), and asking an outlast server who it is (`facts`). It kills only
//! processes that it started, by pid.
#![forbid(unsafe_code)]

pub mod client;
pub mod eye;
pub mod facts;
#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod harness;
pub mod http;
pub mod keys;
pub mod proc;
pub mod pty;
pub mod reboot;
pub mod rng;
pub mod roles;
pub mod script;
pub mod torture;
pub mod world;

pub use client::Client;
pub use eye::{Eye, Look, Picture};
pub use pty::Pty;
pub use rng::Rng;
pub use rustix::process::Signal;
pub use world::{Binary, Output, Version, World};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What goes wrong in the kit is for a person to read.
pub type Result<T> = std::result::Result<T, String>;

/// Locks; a panic in another thread does not hide what was there.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds what was being done to an error.
pub(crate) fn at<T, E: std::fmt::Display>(
    result: std::result::Result<T, E>,
    what: &str,
) -> Result<T> {
    result.map_err(|error| format!("{what}: {error}"))
}

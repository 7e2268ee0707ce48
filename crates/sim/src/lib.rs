//! A world in a box: a keeper, clients, a clock and a journal without an operating system, with crashes drawn from
//! a seed. What a crash must not change is found by running the same actions in a world that never crashes.
#![forbid(unsafe_code)]

pub mod disk;
pub mod outside;
pub mod probe;
pub mod seed;
pub mod world;

pub use disk::SimDisk;
pub use outside::Outside;
pub use seed::Seed;
pub use world::{Action, Bug, Crash, World};

//! Everything unsafe or specific to one operating system (Linux; other systems would be files beside these).
//!
//! | module | question |
//! |---|---|
//! | [`wake`] | who must be woken, and how is no wake-up lost (pure protocol, under loom) |
//! | [`bell`] | the page and eventfds that keeper and server wake each other with |
//! | [`ring`] | a pane's output and input, in memory that both processes map |
//! | [`mover`], [`ledger`] | bytes between a program and its rings, each moved once whatever is killed |
//! | [`mem`] | memory files and their mappings |
//! | [`fd_pass`] | bytes with descriptors beside them over unix sockets |
//! | [`socket`] | listening, connecting, who the peer is, whose directory it is |
//! | [`poll`], [`signal`], [`watch`] | what a loop waits for: descriptors, signals, a directory |
//! | [`pty`] | opening ptys, window sizes, foreground groups |
//! | [`spawn`] | starting a program without touching the heap between fork and exec |
//! | [`children`] | how processes end |
//! | [`group`] | what a program and its children may use |
//! | [`daemon`] | starting a process that outlives its starter |
//! | [`raw_tty`] | a terminal's modes, saved and restored |
//! | [`process`], [`tree`], [`user`] | facts about processes, users, the machine |
//! | [`origin`] | where a caller comes from: its process, its terminal, below whom it is |
//! | [`inhibit`] | keeping the machine awake |
//! | [`seam`] | which of these calls a test has fail |
//! | [`clock`] | times, local time, random bytes |
//! | [`lock`] | one holder at a time |
#![deny(clippy::undocumented_unsafe_blocks)]

pub mod bell;
pub mod children;
pub mod clock;
pub mod daemon;
pub mod dbus;
pub mod fd_pass;
pub mod group;
pub mod inhibit;
pub mod intake;
pub mod kmsg;
pub mod ledger;
pub mod lock;
pub mod mem;
pub mod mover;
pub mod origin;
pub mod poll;
pub mod process;
pub mod pty;
pub mod raw_tty;
pub mod rest;
pub mod ring;
pub mod seam;
pub mod signal;
pub mod socket;
pub mod spawn;
pub mod tree;
pub mod user;
pub mod wake;
pub mod watch;

/// The error numbers that keeper and server speak of.
pub mod errno {
    pub use libc::{
        E2BIG, EAGAIN, EEXIST, EINVAL, EIO, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM,
        ENOPROTOOPT, ENOSPC, EPIPE, ESRCH, ESTALE, ETOOMANYREFS,
    };
}

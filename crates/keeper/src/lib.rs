//! The keeper: tiny, dull, nearly immortal. It forks programs onto ptys, holds the masters, reaps, alone reads and
//! writes the ptys by way of shared rings, holds the listening socket and what servers deposit, and starts the server
//! again when it dies. It parses nothing, knows no session, and uses no heap once it runs.
//!
//! | module | question |
//! |---|---|
//! | [`keeper`] | what is in the table, what must a server be told (pure) |
//! | [`restart`] | when is the server started again, and which binary (pure) |
//! | `run` | the loop |
//! | `listen` | the socket in its directory |
//! | `launch` | how the first keeper starts |
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a keeper is started, see [`launch`].
#[derive(Clone, Debug, Default)]
pub struct LaunchOptions {
    /// The socket's path. Its directory must exist, except with `private_directory`.
    pub socket: PathBuf,
    /// The socket is in our own directory: make it (0700), and refuse one that is not ours alone. False for `-S`.
    pub private_directory: bool,
    /// The binary that is keeper and server; empty: the running one.
    pub program: PathBuf,
    /// What the server is given after `server --keeper-fd 3`, opaque to the keeper: `-f file`, say.
    pub server_args: Vec<OsString>,
    /// Words to put before the keeper's command, to start it elsewhere: `systemd-run --user --scope --quiet`. The
    /// first is searched on PATH. They must pass descriptors on.
    pub prefix: Vec<OsString>,
    /// Keeper and server write what they have to complain about there; none: /dev/null.
    pub log: Option<PathBuf>,
}

/// What [`launch`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launched {
    /// Nobody lived there: a keeper was started.
    Started,
    /// One lives there already.
    Running,
}

/// Starts a keeper for this socket, detached from the caller, unless one lives. Returns when the socket takes
/// connections (which then wait for the server to accept them). Twenty at once give exactly one keeper.
///
/// # Errors
/// `PermissionDenied`: the directory is not ours alone; what bind(2), fork(2), execve(2) say; `TimedOut`: the holder
/// of the lock (`SOCKET.lock`) does not bring its socket up within 5 s.
pub fn launch(options: &LaunchOptions) -> io::Result<Launched> {
    let _ = options;
    todo!()
}

/// The hidden verb `keeper`: what [`launch`] executes. `args` are the words after the verb.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let _ = args;
    todo!()
}

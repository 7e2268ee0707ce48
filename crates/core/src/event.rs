//! What happens to the core.

use outlast_term::Size;

use crate::model::ids::{ClientId, PaneId};
use crate::proof::Standing;

/// Monotonic milliseconds (CLOCK_BOOTTIME: goes on over a crash and over suspend) and wall-clock time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic milliseconds.
    pub ms: u64,
    /// Seconds since 1970.
    pub unix: i64,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ExitStatus {
    /// exit(n).
    Code(u8),
    /// Killed by a signal.
    Signal(u8),
    /// Nobody could collect it.
    Unknown,
}

/// Added to a signal's number in [`Event::Done`].
pub const SIGNALLED: i32 = 256;

/// Who a client is and what its terminal can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClientInfo {
    /// Process id.
    pub pid: u32,
    /// User id of the peer (SO_PEERCRED).
    pub uid: u32,
    /// Terminal device or "".
    pub tty: String,
    /// TERM.
    pub term: String,
    /// `-2`, `-u`, `-T…`, `-C`.
    pub flags: Vec<String>,
    /// Columns (0 without a terminal).
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Working directory.
    pub cwd: String,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Called as `outlast`: errors have a second line with the remedy, attaching in a pane switches.
    pub hints: bool,
    /// Where the kernel says that it is.
    #[serde(default)]
    pub standing: Standing,
}

/// An event. `seq` numbers are the client's own; the shell has passed over those already done.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A client connected that was not known.
    Connected {
        /// The id that the shell gave it, never reused.
        client: ClientId,
        /// Who.
        info: ClientInfo,
    },
    /// A known client came back after a server's death (or its connection's): draw it anew. Its terminal may have
    /// another size.
    Returned {
        /// Which.
        client: ClientId,
        /// Its terminal's size now.
        size: Size,
        /// Where the kernel says that it is now.
        standing: Standing,
    },
    /// A command line.
    Command {
        /// From whom.
        client: ClientId,
        /// Words.
        argv: Vec<String>,
    },
    /// Typed bytes.
    Input {
        /// From whom.
        client: ClientId,
        /// Bytes.
        bytes: &'a [u8],
    },
    /// The client's terminal has a new size.
    Resized {
        /// Which.
        client: ClientId,
        /// Size.
        size: Size,
    },
    /// The client's terminal has taken the last frame: another may be sent.
    Ready {
        /// Which.
        client: ClientId,
    },
    /// Stopped and continued: its terminal's content is unknown.
    Continued {
        /// Which.
        client: ClientId,
    },
    /// The client's connection ended and it will not come back.
    Gone {
        /// Which.
        client: ClientId,
    },
    /// Output of a pane. `at` must be the pane's own offset.
    Output {
        /// Which.
        pane: PaneId,
        /// Absolute offset of the first byte.
        at: u64,
        /// Bytes.
        bytes: &'a [u8],
    },
    /// Output was overwritten before anyone read it (no server for long): `to` is the oldest byte there is.
    Lost {
        /// Which.
        pane: PaneId,
        /// Offset at which reading goes on.
        to: u64,
    },
    /// A keeper was killed where it cannot be known how far it was: so many bytes at most are missing.
    Missing {
        /// Which.
        pane: PaneId,
        /// Bytes of output at most.
        output: u32,
        /// Bytes of input at most.
        input: u32,
    },
    /// The pane's program runs.
    Spawned {
        /// Which.
        pane: PaneId,
        /// Process id.
        pid: u32,
        /// Terminal device ("/dev/pts/7").
        tty: String,
    },
    /// The pane's program could not be started.
    SpawnFailed {
        /// Which.
        pane: PaneId,
        /// Clean text.
        error: String,
    },
    /// The pane's program ended and all its output has been handled.
    Exited {
        /// Which.
        pane: PaneId,
        /// How.
        status: ExitStatus,
    },
    /// A job or a file is done.
    Done {
        /// From the effect.
        token: u64,
        /// Bytes of the file or output of the job; Err is clean text ("No such file or directory").
        result: Result<Vec<u8>, String>,
        /// Exit status of a job, [`SIGNALLED`] and the signal's number if one ended it, 0 for files.
        status: i32,
    },
    /// `next_wake` has come.
    Woken,
    /// SIGTERM: end as kill-server does.
    Terminate,
    /// SIGUSR1 and the like need no event.
    ConfigFiles {
        /// Files to load at the first start: path, content or the error; an absent default file is left out.
        files: Vec<(String, Result<String, String>)>,
    },
}

//! Messages between the server and whoever calls it: a terminal (`attach`), a command line, later the edges.
//!
//! Exactly once, over any number of server deaths: a client names itself by 128 random bits and numbers what it
//! asks (`seq`, from 1). The server commits a request together with its effects and then says `Accepted`. A client
//! that loses its connection comes back with the same id and sends again what was not accepted; the server passes
//! over what it has done. The other way, what must not be lost (`Print`, `Attached`, `Exit` …) is numbered `n`
//! from 1, kept in the journal until acknowledged, and sent again to a client that returns; the client passes over
//! what it has had.

/// A client's own name for itself: random, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKey(pub [u8; 16]);

/// What a client says first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// Protocol version, [`VERSION`].
    pub version: u32,
    /// Who.
    pub key: [u8; 16],
    /// It was connected before and expects to be known.
    pub resume: bool,
    /// Highest `n` received so far (0: none).
    pub received: u64,
    /// Its process id.
    pub pid: u32,
    /// Its terminal's size, 0x0 without one.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Its terminal's device name ("/dev/pts/3"), empty without one. The opened description travels with the
    /// message (SCM_RIGHTS).
    pub tty: String,
    /// TERM.
    pub term: String,
    /// `-2`, `-u`, `-T features`, `-C`.
    pub flags: Vec<String>,
    /// Working directory.
    pub cwd: String,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Called as `outlast` (hints on a second line) rather than as `tmux`.
    pub hints: bool,
}

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToServer {
    /// First on every connection; carries the tty's descriptor if there is one.
    Hello(Hello),
    /// A command line.
    Command {
        /// Number of the request.
        seq: u64,
        /// Words.
        argv: Vec<String>,
    },
    /// Typed bytes, at most 4096.
    Input {
        /// Number of the request.
        seq: u64,
        /// Bytes as the terminal sent them.
        bytes: Vec<u8>,
    },
    /// The terminal has a new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Everything up to `n` has been received.
    Received {
        /// Number.
        n: u64,
    },
    /// Stopped by SIGTSTP and continued: draw anew.
    Continued,
    /// Leaving of its own will (its terminal is gone, or it has its answer).
    Bye,
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToClient {
    /// First answer: the server's protocol version and the highest request that it has done.
    Welcome {
        /// Version.
        version: u32,
        /// Highest `seq` done.
        done: u64,
    },
    /// Requests up to `seq` are committed.
    Accepted {
        /// Number.
        seq: u64,
    },
    /// Text for stdout (1) or stderr (2).
    Print {
        /// Number.
        n: u64,
        /// 1 or 2.
        stream: u8,
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// The client's terminal shows a session from now on: make it raw and forward what is typed.
    Attached {
        /// Number.
        n: u64,
    },
    /// The terminal is given back (sequences were written); leave with this text and status.
    Exit {
        /// Number.
        n: u64,
        /// Process exit status.
        status: u8,
        /// Text for stdout, e.g. "[detached (from session cc)]"; may be empty.
        message: String,
    },
    /// suspend-client: stop yourself with SIGTSTP, then say `Continued`.
    Suspend {
        /// Number.
        n: u64,
    },
}

/// Version of the client protocol.
pub const VERSION: u32 = 1;

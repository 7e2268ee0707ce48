//! What the core wants done. The shell commits the turn (see `save`) before it carries any of these out.

use std::sync::Arc;

use outlast_term::{Screen, Size};
use serde::{Deserialize, Serialize};

use crate::model::ids::{ClientId, PaneId};

/// Stands for our own program in [`SpawnSpec::path`].
pub const OWN: &str = "outlast:own";

/// How to start a pane's program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnSpec {
    /// Program and arguments (argv[0] first; a login shell has "-bash" there and the path in `path`).
    pub argv: Vec<String>,
    /// The file to execute; searched on PATH of `env` when it has no slash. [`OWN`]: our own program.
    pub path: String,
    /// Whole environment.
    pub env: Vec<(String, String)>,
    /// Working directory; falls back to HOME, then "/".
    pub cwd: String,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// True: no terminal; stdin and stderr are /dev/null, stdout is a pipe (run-shell, if-shell, `#()`).
    pub job: bool,
    /// What it may use and touch.
    #[serde(default)]
    pub limits: crate::limits::Limits,
}

/// An effect. Those marked *once* are in the committed transaction and are carried out again after a crash unless
/// their own memory (input ring offset, keeper's table, the client's received number) shows that they were.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Start a pane's program (*once*: the keeper knows pane ids).
    Spawn {
        /// Which; ids are never reused, a respawn has the same id and a higher `life`.
        pane: PaneId,
        /// 0 for the first program of the pane.
        life: u32,
        /// How.
        spec: SpawnSpec,
    },
    /// No program runs in the pane and none is asked for, but the keeper is to hold what belongs to it: history,
    /// checkpoint (idempotent).
    Hold {
        /// Which.
        pane: PaneId,
        /// As in `Spawn`.
        life: u32,
    },
    /// Bytes for a pane's input (*once*: by absolute input offset).
    Write {
        /// Which.
        pane: PaneId,
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// TIOCSWINSZ (idempotent; repeated for every pane after a crash).
    Resize {
        /// Which.
        pane: PaneId,
        /// Size.
        size: Size,
    },
    /// A signal for the pane's process group (SIGHUP to end it, as tmux does).
    Signal {
        /// Which.
        pane: PaneId,
        /// Signal number.
        signal: u8,
    },
    /// A signal for processes of a run that have gone their own way; one that is another by now does not get it.
    SignalProcesses {
        /// Which.
        processes: Vec<crate::run::tree::ProcessId>,
        /// Signal number.
        signal: u8,
    },
    /// The pane is gone: end its program with SIGHUP, drop ring, history, checkpoint (idempotent).
    Forget {
        /// Which.
        pane: PaneId,
    },
    /// Show this picture. At most one is outstanding per client: the next only after `Event::Ready`.
    Frame {
        /// Who.
        client: ClientId,
        /// What.
        screen: Arc<Screen>,
    },
    /// Bytes for the client's terminal as they are, after the frames before (allow-passthrough, questions).
    Raw {
        /// Who.
        client: ClientId,
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// Text for the client's stdout or stderr (*once*).
    Print {
        /// Who.
        client: ClientId,
        /// 1 or 2.
        stream: u8,
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// The client's terminal is ours from now on (*once*).
    Attach {
        /// Who.
        client: ClientId,
        /// What its terminal can do, as far as TERM and terminal-features say.
        features: String,
    },
    /// What the client does once it has left; `Exit` follows (*once*).
    Afterwards {
        /// Who.
        client: ClientId,
        /// SIGHUP for the process that started it (detach-client -P).
        hangup: bool,
        /// Become this shell with this command (detach-client -E).
        exec: Option<(String, String)>,
    },
    /// Give the terminal back if attached; the client leaves with this status and text (*once*).
    Exit {
        /// Who.
        client: ClientId,
        /// Process exit status.
        status: u8,
        /// Text for stdout, may be empty.
        message: String,
    },
    /// A client in control mode waits for an empty line when it has left, or does not (wait-exit flag, *once*).
    WaitsAtExit {
        /// Who.
        client: ClientId,
        /// Whether it does.
        on: bool,
    },
    /// suspend-client, lock-client (*once*).
    Suspend {
        /// Who.
        client: ClientId,
        /// Shell command that has the terminal meanwhile; none: the client stops.
        run: String,
    },
    /// Run a shell command as a job of the keeper's: `Done` brings output and status (*once*).
    RunJob {
        /// Comes back in `Done`.
        token: u64,
        /// How.
        spec: SpawnSpec,
    },
    /// Run a pane's pipe: a job that is given the pane's output from an offset on, and may type into it. `Done` when it
    /// has ended (*once*; after a crash it is said again, and means one that the keeper has).
    RunPipe {
        /// Comes back in `Done`.
        token: u64,
        /// How.
        pipe: Box<crate::pipes::Pipe>,
    },
    /// The input of a pipe ends at this offset of its pane's output (idempotent). The pane may be forgotten next.
    EndPipe {
        /// Which.
        token: u64,
        /// Where.
        until: u64,
    },
    /// Read a file: `Done` brings its bytes.
    ReadFile {
        /// Comes back in `Done`.
        token: u64,
        /// Path, absolute.
        path: String,
    },
    /// Write or append to a file, owner-only when new (save-buffer …).
    WriteFile {
        /// Comes back in `Done`.
        token: u64,
        /// Path, absolute.
        path: String,
        /// Bytes.
        bytes: Vec<u8>,
        /// Append.
        append: bool,
    },
    /// Hold off the machine's sleep, or let go of it (idempotent; said again by each server). `Core::awake_answered` hears
    /// what came of it.
    Awake {
        /// For people who ask the system; None: let go.
        why: Option<String>,
    },
    /// The server ends: all panes end, the socket goes.
    Shutdown,
}

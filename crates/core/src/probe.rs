//! The one read-only door to the operating system: questions that must be answered at once.

use outlast_lang::format::Time;

use crate::limits::HeldBy;
use crate::model::ids::PaneId;
use crate::run::tree::{Process, ProcessId};

/// What the core may ask during a turn. The simulator implements it too.
pub trait Probe {
    /// The leader of the foreground process group of the pane's terminal, or the pane's own program.
    fn foreground(&self, _pane: PaneId) -> Option<ProcessId> {
        None
    }
    /// Name of the foreground process group's leader of the pane's terminal (`pane_current_command`).
    fn foreground_command(&self, pane: PaneId) -> Option<String>;
    /// Working directory of the same (`pane_current_path`).
    fn working_directory(&self, pane: PaneId) -> Option<String>;
    /// Local time of `unix`: offset and zone.
    fn local_time(&self, unix: i64) -> Time;
    /// Host name.
    fn host(&self) -> String;
    /// Home directory of a user, None for ourselves.
    fn home(&self, user: Option<&str>) -> Option<String>;
    /// The number of a user.
    fn user_id(&self, _name: &str) -> Option<u32> {
        None
    }
    /// The name of a user.
    fn user_name(&self, _uid: u32) -> Option<String> {
        None
    }
    /// The user's login shell, absolute.
    fn shell(&self) -> String;
    /// Our process id, socket path, user id and name.
    fn server(&self) -> ServerFacts;
    /// Whether a directory exists and can be entered.
    fn is_directory(&self, path: &str) -> bool;
    /// Paths that a glob pattern names (source-file).
    fn glob(&self, pattern: &str) -> Vec<String>;
    /// What runs in the foreground of a pane's terminal. None: it cannot be said.
    fn running(&self, _pane: PaneId) -> Option<Running> {
        None
    }
    /// All processes that have not ended and may be a run's. Looked at when a run ends, is being ended or somebody asks.
    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }
    /// At least those of them that may belong to the program of that number: fewer to look at, where the system can tell.
    fn family(&self, _pid: u32) -> Vec<Process> {
        self.processes()
    }
    /// When the process of that number was started, in clock ticks since the boot.
    fn started(&self, _pid: u32) -> Option<u64> {
        None
    }
    /// Which limits control groups hold for a process.
    fn held(&self, _pid: u32) -> HeldBy {
        HeldBy::default()
    }
    /// Path of the file in which persons write what agents may do; None: nobody looks at it.
    fn rules_file(&self) -> Option<String> {
        None
    }
    /// Directory for what is recorded and outlives sessions, its owner's alone. None: nothing is to be kept, or nothing has
    /// been and it is not to be made.
    fn records(&self, _make: bool) -> Option<String> {
        None
    }
    /// Memory for a pane's history, the same blocks again after a crash.
    fn blocks(&self, pane: PaneId) -> Box<dyn outlast_term::Blocks>;
}

/// A program in the foreground of a pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// It is the one that the pane was started with.
    pub is_pane: bool,
    /// Its words.
    pub argv: Vec<String>,
    /// Its working directory.
    pub cwd: String,
    /// Names of its environment.
    pub environment: Vec<String>,
}

/// Facts about the server process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// Process id of the server.
    pub pid: u32,
    /// Socket path.
    pub socket: String,
    /// User id.
    pub uid: u32,
    /// User name.
    pub user: String,
}

//! What there is besides panes and clients: files, jobs, names. A test that needs some brings its own.

use std::cell::RefCell;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::effect::SpawnSpec;
use outlast_core::probe::{Running, ServerFacts};
use outlast_core::run::tree::Process;

/// What the core finds around it. Answers are the same before and after a crash.
pub trait Outside {
    /// Who the server is.
    fn server(&self) -> ServerFacts {
        ServerFacts {
            pid: 1,
            socket: "/tmp/sim".into(),
            uid: 1000,
            user: "sim".into(),
        }
    }
    /// The machine's name.
    fn host(&self) -> String {
        "sim".into()
    }
    /// The user's home.
    fn home(&self) -> String {
        "/home/sim".into()
    }
    /// The user's shell.
    fn shell(&self) -> String {
        "/bin/sh".into()
    }
    /// Name of a pane's program.
    fn foreground(&self, _: PaneId) -> Option<String> {
        Some("sh".into())
    }
    /// Working directory of a pane's program.
    fn directory(&self, _: PaneId) -> Option<String> {
        Some("/home/sim".into())
    }
    /// What runs in a pane.
    fn running(&self, _: PaneId) -> Option<Running> {
        None
    }
    /// Processes that may be a run's.
    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }
    /// Directory for what is recorded.
    fn records(&self) -> Option<String> {
        None
    }
    /// Files that a pattern means.
    fn glob(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
    /// A file's bytes.
    fn read(&mut self, _: &str) -> Result<Vec<u8>, String> {
        Err("No such file or directory".into())
    }
    /// Writes or appends to a file.
    fn write(&mut self, _: &str, _: &[u8], _append: bool) -> Result<(), String> {
        Ok(())
    }
    /// What a job says and its exit status.
    fn job(&mut self, _: &SpawnSpec) -> (Vec<u8>, i32) {
        (Vec::new(), 0)
    }
}

/// Shared by the world and the core's probe.
pub type Around = Rc<RefCell<dyn Outside>>;

/// Nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Outside for Nothing {}

//! What the tests' servers find around them: the simulator's fake system with names of our own.
#![allow(dead_code)]

use std::cell::RefCell;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::probe::ServerFacts;
use outlast_core::run::tree::Process;
use outlast_sim::Outside;
use outlast_sim::probe::{SimProbe, Store};

thread_local! {
    /// The processes that this test's server finds.
    pub static PROCESSES: RefCell<Vec<Process>> = const { RefCell::new(Vec::new()) };
}

thread_local! {
    /// Where this test's server records answers.
    pub static RECORDS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A house with one shell.
pub struct House {
    /// The shell's path.
    pub shell: &'static str,
    /// Where panes are.
    pub directory: &'static str,
}

impl Outside for House {
    fn server(&self) -> ServerFacts {
        ServerFacts {
            pid: 7,
            socket: "/tmp/outlast-0/default".to_string(),
            uid: 0,
            user: "u".to_string(),
        }
    }
    fn host(&self) -> String {
        "host".to_string()
    }
    fn home(&self) -> String {
        "/home/u".to_string()
    }
    fn shell(&self) -> String {
        self.shell.to_string()
    }
    fn foreground(&self, _: PaneId) -> Option<String> {
        self.shell.rsplit('/').next().map(str::to_string)
    }
    fn directory(&self, _: PaneId) -> Option<String> {
        Some(self.directory.to_string())
    }
    fn processes(&self) -> Vec<Process> {
        PROCESSES.with_borrow(Clone::clone)
    }
    fn records(&self) -> Option<String> {
        RECORDS.with_borrow(Clone::clone)
    }
    fn glob(&self, pattern: &str) -> Vec<String> {
        if pattern.contains("missing") {
            Vec::new()
        } else {
            vec![pattern.to_string()]
        }
    }
}

/// A probe of such a house. Its clones share the history's memory, which outlives a core as the keeper's files do.
pub fn probe(shell: &'static str, directory: &'static str) -> SimProbe {
    let house = House { shell, directory };
    SimProbe::new(&Store::default(), &(Rc::new(RefCell::new(house)) as _))
}

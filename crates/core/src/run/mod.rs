//! Runs: programs that are started again when they fail. A run is data of a pane, so it outlives the server, an upgrade and
//! a reboot, and its text and screen are a pane's.
//!
//! | file | question |
//! |---|---|
//! | [`policy`] | when is it started again, and when does that end |
//! | [`tree`] | which processes belong to it |
//! | [`sweep`] | how do they all end |
//! | [`course`] | what happens to the pane meanwhile |
//! | [`wait`] | who waits for it |
//! | [`lines`] | what is said of it |
//! | [`usage`] | what does it use |
//! | [`log`] | what has it said, and when |
//! | [`boot`] | what becomes of it after a reboot |
//! | [`agent`] | if it is an agent, which conversation does it go on in |
//! | [`make`] | how does it begin, and what is it called |

pub mod agent;
pub(crate) mod boot;
pub(crate) mod course;
pub mod lines;
pub(crate) mod log;
pub(crate) mod make;
pub mod policy;
pub(crate) mod sweep;
pub mod tree;
pub(crate) mod usage;
pub(crate) mod wait;

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::event::ExitStatus;
use crate::model::ids::{PaneId, SessionId};
use crate::model::pane::sort;
use policy::{Course, Rules};
use sweep::Sweep;
use tree::Root;

/// A run, in [`PaneState::run`](crate::model::pane::PaneState::run).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What people call it: no other run has this name.
    pub name: String,
    /// Rules and state.
    pub course: Course,
    /// How its processes are known.
    pub root: Root,
    /// The session that was made for it.
    pub home: SessionId,
    /// It is started again by itself after a reboot.
    #[serde(default)]
    pub boot: bool,
    /// Names of the variables that were given with it.
    #[serde(default)]
    pub given: Vec<String>,
    /// Since when it is in its state, seconds since 1970.
    #[serde(default)]
    pub since: i64,
    /// When its program was last asked for, seconds since 1970.
    #[serde(default)]
    pub started: i64,
    /// The same in monotonic ms.
    #[serde(default)]
    pub(crate) started_ms: u64,
    /// How its program last ended.
    #[serde(default)]
    pub last: Option<Last>,
    /// When it said what.
    #[serde(default)]
    pub(crate) marks: log::Marks,
    /// All of it is being ended.
    #[serde(default)]
    pub(crate) sweep: Option<Sweep>,
    /// It is an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Box<agent::Conversation>>,
}

/// How a program has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    /// How.
    pub status: ExitStatus,
    /// What is known besides: "out of memory".
    pub note: String,
    /// It was up for so long.
    pub up_ms: u64,
    /// When, seconds since 1970.
    pub unix: i64,
}

impl Last {
    /// The exit status that `outlast wait` has: 128 and the number of a signal; 125 when nobody could tell.
    pub fn exit_status(&self) -> u8 {
        match self.status {
            ExitStatus::Code(code) => code,
            ExitStatus::Signal(signal) => signal.saturating_add(128),
            ExitStatus::Unknown => NOBODY_KNOWS,
        }
    }
}

/// What `outlast wait` ends with where the run has no exit status.
pub const NOBODY_KNOWS: u8 = 125;
/// What it ends with when its time is over.
pub const TIMED_OUT: u8 = 124;

impl Run {
    fn new(name: String, rules: Rules, home: SessionId, mark: String) -> Run {
        Run {
            name,
            course: Course::new(rules),
            root: Root {
                mark,
                ..Root::default()
            },
            home,
            boot: false,
            given: Vec::new(),
            since: 0,
            started: 0,
            started_ms: 0,
            last: None,
            marks: log::Marks::default(),
            sweep: None,
            agent: None,
        }
    }
}

impl Core {
    /// The run in a pane.
    pub(crate) fn run(&self, pane: PaneId) -> Option<&Run> {
        self.model.panes.get(&pane)?.state.run.as_deref()
    }

    fn run_mut(&mut self, pane: PaneId) -> Option<&mut Run> {
        // A mere look would mark the pane as changed.
        self.run(pane)?;
        self.model.panes.get_mut(&pane)?.state.run.as_deref_mut()
    }

    /// Panes with runs, in the order of their names.
    pub(crate) fn runs(&self) -> Vec<PaneId> {
        let named = |(id, pane): (&PaneId, &crate::model::Pane)| {
            Some((pane.state.run.as_ref()?.name.clone(), *id))
        };
        let mut runs: Vec<(String, PaneId)> =
            self.model.panes.of(sort::RUN).filter_map(named).collect();
        runs.sort();
        runs.into_iter().map(|(_, id)| id).collect()
    }

    /// The pane of a run. Err says what there is.
    pub(crate) fn run_named(&self, name: &str) -> Result<PaneId, String> {
        let runs = self.runs();
        let found = runs
            .iter()
            .find(|id| self.run(**id).is_some_and(|run| run.name == name));
        if let Some(id) = found {
            return Ok(*id);
        }
        let names: Vec<&str> = runs
            .iter()
            .filter_map(|id| Some(self.run(*id)?.name.as_str()))
            .take(10)
            .collect();
        Err(match names.is_empty() {
            true => format!("no run is called {name}; there are none: outlast run -- COMMAND"),
            false => format!("no run is called {name}; there are: {}", names.join(", ")),
        })
    }
}

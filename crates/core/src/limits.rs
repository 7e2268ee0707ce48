//! What a pane's program may use and touch: options, which count for the next program that is started there.
//!
//! A scope or a control group holds it where there can be one. Where there is none, memory is looked at every so often, while
//! such a program runs: one that uses more than it may, with all that it has started, is told to end and then made to. What is
//! counted is resident memory, never address space, of which some programs reserve far more than they use.

pub mod session;

use serde::{Deserialize, Serialize};

use crate::model::ids::PaneId;
use crate::model::pane::sort;
use crate::run::policy::Event;
use crate::run::tree::{Process, Root, members};
use crate::{Core, Effect};

/// From one look to the next, and when more than half of the memory is used.
const LOOK_MS: (u64, u64) = (1000, 200);
/// From TERM to KILL where no run says otherwise.
const GRACE_MS: u64 = 2000;
const TERM: u8 = 15;
const KILL: u8 = 9;

/// Limits of one program and all that it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Memory, bytes (`memory-max`).
    pub memory: Option<u64>,
    /// Processes and threads (`processes-max`).
    pub processes: Option<u64>,
    /// Share of the processor, 1 to 10000 (`cpu-weight`).
    pub weight: Option<u64>,
    /// It may write in its directory alone (`isolate`).
    pub isolation: Option<Isolation>,
    /// What it and the others of its session may use together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<session::Together>,
}

/// What an isolated program has besides its directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Isolation {
    /// It reaches other hosts.
    pub network: bool,
    /// Directories that it may write to.
    pub writable: Vec<String>,
}

/// Which limits a control group holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Memory.
    pub memory: bool,
    /// Processes.
    pub processes: bool,
    /// Share of the processor.
    pub weight: bool,
}

/// What control groups hold: of one program, and of all of its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBy {
    /// Of the program.
    pub own: Held,
    /// Of its session.
    pub session: Held,
}

/// A program that has used more than it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// When it is killed, monotonic ms; a run has its own way to end.
    pub kill_at: Option<u64>,
    /// What is said of its end.
    pub note: String,
}

/// Bytes as people say them: `340M`.
pub fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "K", "M", "G"] {
        if number < 1000.0 {
            return match number < 9.95 && unit != "B" {
                true => format!("{number:.1}{unit}"),
                false => format!("{number:.0}{unit}"),
            };
        }
        number /= 1024.0;
    }
    format!("{number:.1}T")
}

impl Limits {
    /// There are none.
    pub fn is_none(&self) -> bool {
        *self == Limits::default()
    }
}

impl Core {
    /// What the options say of a pane's next program.
    pub(crate) fn limits_of(&self, id: PaneId) -> Limits {
        let chain = self.pane_chain(id);
        let most = |name| {
            u64::try_from(chain.number(name))
                .ok()
                .filter(|number| *number > 0)
        };
        let isolation = match chain.number("isolate") {
            0 => None,
            how => Some(Isolation {
                network: how == 1,
                writable: chain
                    .array("isolate-writable")
                    .into_iter()
                    .filter(|path| !path.is_empty())
                    .collect(),
            }),
        };
        Limits {
            memory: most("memory-max"),
            processes: most("processes-max"),
            weight: most("cpu-weight"),
            isolation,
            session: self.session_limits_of(id),
        }
    }

    /// What limits a pane's program, and who holds it.
    pub(crate) fn limits_text(&self, id: PaneId) -> Option<String> {
        let state = &self.model.panes.get(&id)?.state;
        let limits = &state.limits;
        // Of one that has ended nobody holds anything.
        let lives = state.pid != 0 && state.dead.is_none();
        let held = lives.then(|| self.probe.held(state.pid).own);
        let mut parts = amounts(limits.memory, limits.processes, limits.weight, held);
        parts.extend(
            limits
                .isolation
                .as_ref()
                .map(|isolation| match isolation.network {
                    true => "isolated".to_string(),
                    false => "isolated, no network".to_string(),
                }),
        );
        parts.extend(self.pane_session_text(id));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// When memory is looked at next.
    pub(crate) fn limits_due(&self) -> Option<u64> {
        let due = |pane: &crate::model::Pane| {
            let state = &pane.state;
            let runs = state.dead.is_none() && state.pid != 0;
            let killed = state.over.as_ref().and_then(|over| over.kill_at);
            let looked = pane.limit_look.filter(|_| state.limits.memory.is_some());
            runs.then_some(())
                .and(killed.into_iter().chain(looked).min())
        };
        let limited = self.model.panes.of(sort::LIMITED);
        let panes = limited.filter_map(|(_, pane)| due(pane));
        panes.chain(self.sessions_looked_at()).min()
    }

    /// Looks at the memory of those that are due.
    pub(crate) fn check_limits(&mut self) {
        let now = self.now.ms;
        if self.limits_due().is_none_or(|due| due > now) {
            return;
        }
        let limited = self.model.panes.of(sort::LIMITED);
        let limited: Vec<PaneId> = limited.map(|(id, _)| *id).collect();
        for id in limited {
            let Some(pane) = self.model.panes.get(&id) else {
                continue;
            };
            let state = &pane.state;
            if state.pid == 0 || state.dead.is_some() {
                continue;
            }
            let kill = state.over.as_ref().and_then(|over| over.kill_at);
            if kill.is_some_and(|at| at <= now) {
                let tree = self.family(id);
                self.end_for_memory(id, &tree, String::new());
                continue;
            }
            let look = pane.limit_look.is_some_and(|due| due <= now);
            let (Some(most), true) = (state.limits.memory, look) else {
                continue;
            };
            if self.probe.held(state.pid).own.memory {
                if let Some(pane) = self.model.panes.get_mut(&id) {
                    pane.limit_look = None;
                }
                continue;
            }
            let tree = self.family(id);
            let used = used_by(&tree);
            if let Some(pane) = self.model.panes.get_mut(&id) {
                pane.limit_look = Some(now + look_again(used, most));
            }
            if used > most {
                let note = format!(
                    "out of memory: {} of the {} that memory-max allows",
                    size(used),
                    size(most)
                );
                self.end_for_memory(id, &tree, note);
            }
        }
        self.check_sessions();
    }

    /// The processes of a pane's program, and of all that it has started.
    fn family(&self, id: PaneId) -> Vec<Process> {
        let pid = self.model.panes.get(&id).map_or(0, |pane| pane.state.pid);
        let root = self.tree_of(id, pid);
        let all = self.probe.family(pid);
        members(&all, &root).into_iter().cloned().collect()
    }

    fn tree_of(&self, id: PaneId, pid: u32) -> Root {
        self.run(id).map_or_else(
            || Root {
                pid,
                started: self.probe.started(pid),
                ..Root::default()
            },
            |run| run.root.clone(),
        )
    }

    /// Ends a pane's program for the memory that it uses, or whose: TERM, and KILL when its time is over.
    fn end_for_memory(&mut self, id: PaneId, tree: &[Process], note: String) {
        let now = self.now.ms;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let signal = match &pane.state.over {
            Some(over) if over.kill_at.is_some_and(|at| at <= now) => KILL,
            None => TERM,
            _ => return,
        };
        let is_run = pane.state.run.is_some();
        let note = pane.state.over.take().map_or(note, |over| over.note);
        let kill_at = (!is_run && signal == TERM).then_some(now + GRACE_MS);
        pane.state.over = Some(Over { kill_at, note });
        if is_run {
            self.run_step(id, Event::OverMemory);
            return;
        }
        self.emit(Effect::Signal { pane: id, signal });
        let processes = tree.iter().map(Process::id).collect();
        self.emit(Effect::SignalProcesses { processes, signal });
    }
}

/// Resident memory of processes.
fn used_by(tree: &[Process]) -> u64 {
    tree.iter().map(|process| process.memory).sum()
}

/// When memory of which so much is used is looked at again, ms.
fn look_again(used: u64, most: u64) -> u64 {
    match used > most / 2 {
        true => LOOK_MS.1,
        false => LOOK_MS.0,
    }
}

/// Limits in words, and who holds them; None: nothing runs.
fn amounts(
    memory: Option<u64>,
    processes: Option<u64>,
    weight: Option<u64>,
    held: Option<Held>,
) -> Vec<String> {
    let by = |held: Option<bool>, otherwise| match held {
        Some(true) => " (control group)".to_string(),
        Some(false) => format!(" ({otherwise})"),
        None => String::new(),
    };
    let memory = memory.map(|most| {
        let by = by(held.map(|held| held.memory), "looked at");
        format!("memory {}{by}", size(most))
    });
    let processes = processes.map(|most| {
        let by = by(held.map(|held| held.processes), "not held");
        format!("processes {most}{by}")
    });
    let weight = weight.map(|weight| {
        let by = by(held.map(|held| held.weight), "not held");
        format!("processor {weight}{by}")
    });
    let parts = [memory, processes, weight];
    parts.into_iter().flatten().collect()
}

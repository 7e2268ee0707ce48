//! What a pane's program may use and touch: options, which count for the next program that is started there.
//!
//! A scope or a control group holds it where there can be one. Where there is none, memory is looked at every so often, while
//! such a program runs: one that uses more than it may, with all that it has started, is told to end and then made to. What is
//! counted is resident memory, never address space, of which some programs reserve far more than they use.

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
        }
    }

    /// What limits a pane's program, and who holds it.
    pub(crate) fn limits_text(&self, id: PaneId) -> Option<String> {
        let state = &self.model.panes.get(&id)?.state;
        let limits = &state.limits;
        let held = match state.pid {
            0 => Held::default(),
            pid => self.probe.held(pid),
        };
        let by = |held, otherwise| if held { "control group" } else { otherwise };
        let memory = limits.memory.map(|most| {
            let by = by(held.memory, "looked at");
            format!("memory {} ({by})", size(most))
        });
        let processes = limits.processes.map(|most| {
            let by = by(held.processes, "not held");
            format!("processes {most} ({by})")
        });
        let weight = limits.weight.map(|weight| {
            let by = by(held.weight, "not held");
            format!("processor {weight} ({by})")
        });
        let isolated = limits
            .isolation
            .as_ref()
            .map(|isolation| match isolation.network {
                true => "isolated".to_string(),
                false => "isolated, no network".to_string(),
            });
        let parts: Vec<String> = [memory, processes, weight, isolated]
            .into_iter()
            .flatten()
            .collect();
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
        limited.filter_map(|(_, pane)| due(pane)).min()
    }

    /// Looks at the memory of those that are due.
    pub(crate) fn check_limits(&mut self) {
        let now = self.now.ms;
        if self.limits_due().is_none_or(|due| due > now) {
            return;
        }
        let mut processes = None;
        let limited = self.model.panes.of(sort::LIMITED);
        let limited: Vec<PaneId> = limited.map(|(id, _)| *id).collect();
        for id in limited {
            let Some(pane) = self.model.panes.get(&id) else {
                continue;
            };
            let state = &pane.state;
            let (pid, most) = (state.pid, state.limits.memory);
            let (Some(most), true) = (most, pid != 0 && state.dead.is_none()) else {
                continue;
            };
            let kill = state.over.as_ref().and_then(|over| over.kill_at);
            let look = pane.limit_look.is_some_and(|due| due <= now);
            if kill.is_none_or(|at| at > now) && !look {
                continue;
            }
            if self.probe.held(pid).memory {
                if let Some(pane) = self.model.panes.get_mut(&id) {
                    pane.limit_look = None;
                }
                continue;
            }
            let all = processes.get_or_insert_with(|| self.probe.processes());
            let root = self.tree_of(id, pid);
            let tree: Vec<Process> = members(all, &root).into_iter().cloned().collect();
            self.weigh(id, &tree, most);
        }
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

    fn weigh(&mut self, id: PaneId, tree: &[Process], most: u64) {
        let now = self.now.ms;
        let used: u64 = tree.iter().map(|process| process.memory).sum();
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let often = if used > most / 2 {
            LOOK_MS.1
        } else {
            LOOK_MS.0
        };
        pane.limit_look = Some(now + often);
        let signal = match &pane.state.over {
            Some(over) if over.kill_at.is_some_and(|at| at <= now) => KILL,
            None if used > most => TERM,
            _ => return,
        };
        let is_run = pane.state.run.is_some();
        let note = format!(
            "out of memory: {} of the {} that memory-max allows",
            size(used),
            size(most)
        );
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

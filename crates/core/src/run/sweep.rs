//! The end of all that belongs to a run: TERM, time, KILL, whatever sessions and groups its processes have made for
//! themselves. The program and its group are the keeper's to signal, who cannot mistake a number; the others are signalled by
//! number and time of start. While something is being ended, and only then, the processes are looked at every so often.

use serde::{Deserialize, Serialize};

use super::policy::{STUCK_MS, State, Then};
use super::tree::{Process, ProcessId, Root, members};
use crate::model::ids::PaneId;
use crate::model::pane::sort;
use crate::{Core, Effect};

pub(super) const TERM: u8 = 15;
pub(super) const KILL: u8 = 9;
/// One that is stopped would not hear of its end.
pub(super) const CONT: u8 = 18;

/// From one look at the processes to the next: from the first to the last.
const LOOK_MS: (u64, u64) = (10, 250);
/// So many names are kept.
const NAMES: usize = 8;

/// An end that is under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sweep {
    /// Whose.
    root: Root,
    /// Who has been told to end.
    told: Vec<ProcessId>,
    /// Who of them was left behind or had gone its own way: names and numbers, for people.
    pub(super) names: Vec<String>,
    /// How many that were.
    pub(super) count: usize,
    /// The program lived, and is ended for the memory that it uses.
    pub(super) for_memory: bool,
    /// The signals to those that have been told have left.
    sure: bool,
    /// They are to be killed.
    kill: bool,
    /// When to look again, and how long after that.
    look_at: u64,
    wait: u64,
    /// Of a run that is gone: when they are killed, or given up.
    until: u64,
}

impl Sweep {
    /// When something is to be done.
    fn due(&self, gone: bool) -> u64 {
        match gone {
            true => self.look_at.min(self.until),
            false => self.look_at,
        }
    }

    fn name(&mut self, process: &Process) {
        self.count += 1;
        if self.names.len() < NAMES {
            let name = crate::names::clean(&process.name, true);
            self.names.push(format!("{name} ({})", process.pid));
        }
    }
}

impl Core {
    /// Tells all of a run to end.
    pub(super) fn begin_sweep(&mut self, id: PaneId) {
        let Some(run) = self.run(id) else { return };
        let alive = self.pane_runs(id);
        let judged = matches!(
            run.course.state,
            State::Stopping {
                then: Then::Judge(..),
                ..
            }
        );
        let mut sweep = Sweep {
            root: run.root.clone(),
            for_memory: alive && judged,
            ..Sweep::default()
        };
        if alive {
            for signal in [TERM, CONT] {
                self.emit(Effect::Signal { pane: id, signal });
            }
            // They hear it with the program.
            let group = sweep.root.pid;
            let all = self.probe.processes();
            let with = members(&all, &sweep.root);
            let with = with.iter().filter(|process| process.group == group);
            sweep.told = with.map(|process| process.id()).collect();
        }
        self.sweep_look(&mut sweep, alive);
        sweep.sure = false;
        if let Some(run) = self.run_mut(id) {
            run.sweep = Some(sweep);
        }
    }

    /// KILL for all of a run.
    pub(super) fn kill_run(&mut self, id: PaneId) {
        let alive = self.pane_runs(id);
        if alive {
            let signal = KILL;
            self.emit(Effect::Signal { pane: id, signal });
        }
        let Some(mut sweep) = self.run_mut(id).and_then(|run| run.sweep.take()) else {
            return;
        };
        (sweep.kill, sweep.wait) = (true, 0);
        self.sweep_look(&mut sweep, alive);
        sweep.sure = false;
        if let Some(run) = self.run_mut(id) {
            run.sweep = Some(sweep);
        }
    }

    /// Looks who lives, and tells those that have not been told. How many live. While the program is `alive` it is not counted,
    /// and who is in its group is no stray.
    fn sweep_look(&mut self, sweep: &mut Sweep, alive: bool) -> usize {
        let all = self.probe.processes();
        // One whose end could not be told may live on.
        let is_program = |process: &&Process| alive && process.pid == sweep.root.pid;
        let left: Vec<Process> = members(&all, &sweep.root)
            .into_iter()
            .filter(|process| !is_program(process))
            .cloned()
            .collect();
        let mut tell = Vec::new();
        for process in &left {
            let known = sweep.told.contains(&process.id());
            if !known {
                sweep.told.push(process.id());
                if !alive || process.group != sweep.root.pid {
                    sweep.name(process);
                }
            }
            if !known || sweep.kill {
                tell.push(process.id());
            }
        }
        self.sweep_tell(tell, sweep.kill);
        sweep.sure = true;
        sweep.wait = (sweep.wait * 2).clamp(LOOK_MS.0, LOOK_MS.1);
        sweep.look_at = self.now.ms + sweep.wait;
        left.len()
    }

    fn sweep_tell(&mut self, processes: Vec<ProcessId>, kill: bool) {
        if processes.is_empty() {
            return;
        }
        let signals: &[u8] = if kill { &[KILL] } else { &[TERM, CONT] };
        for signal in signals {
            self.emit(Effect::SignalProcesses {
                processes: processes.clone(),
                signal: *signal,
            });
        }
    }

    /// How many processes of a run live whose program has ended.
    pub(super) fn strays(&self, id: PaneId) -> usize {
        let Some(run) = self.run(id) else { return 0 };
        members(&self.probe.processes(), &run.root).len()
    }

    /// Looks at what is being ended in a pane. True: nothing of it lives.
    pub(super) fn tend_sweep(&mut self, id: PaneId) -> bool {
        let now = self.now.ms;
        let due = self
            .run(id)
            .and_then(|run| run.sweep.as_ref())
            .is_some_and(|sweep| sweep.due(false) <= now);
        if !due {
            return false;
        }
        let Some(mut sweep) = self.run_mut(id).and_then(|run| run.sweep.take()) else {
            return false;
        };
        let alive = self.pane_runs(id);
        let left = self.sweep_look(&mut sweep, alive);
        if let Some(run) = self.run_mut(id) {
            run.sweep = Some(sweep);
        }
        left == 0 && !alive
    }

    /// A run's pane is going: what belongs to the run ends with it, after its grace by force.
    pub(crate) fn end_run_with_pane(&mut self, id: PaneId) {
        let Some(run) = self.run(id) else { return };
        let (root, grace, name) = (
            run.root.clone(),
            run.course.rules.grace_ms,
            run.name.clone(),
        );
        let over = run.course.state.is_over();
        if !over {
            // The program hears it too: it may take no notice of a terminal that goes away.
            let mut sweep = Sweep {
                root,
                until: self.now.ms + grace,
                ..Sweep::default()
            };
            self.sweep_look(&mut sweep, false);
            sweep.sure = false;
            self.model.global.sweeps.push(sweep);
        }
        self.tell_run_gone(id, &name);
    }

    /// The server ends: what a run has started besides its program is told to. Nobody will be there to see to it.
    pub(crate) fn end_strays(&mut self, id: PaneId) {
        let Some(run) = self.run(id).filter(|run| !run.course.state.is_over()) else {
            return;
        };
        let all = self.probe.processes();
        let of = members(&all, &run.root);
        let others = of.iter().filter(|process| process.group != run.root.pid);
        let others = others.map(|process| process.id()).collect();
        self.sweep_tell(others, false);
    }

    /// Goes on with the ends of runs that are gone.
    pub(super) fn tend_gone(&mut self) {
        let now = self.now.ms;
        let due = |sweep: &Sweep| sweep.due(true) <= now;
        if !self.model.global.sweeps.iter().any(due) {
            return;
        }
        let sweeps = std::mem::take(&mut self.model.global.sweeps);
        let mut kept = Vec::new();
        for mut sweep in sweeps {
            if sweep.due(true) > now {
                kept.push(sweep);
                continue;
            }
            if sweep.until <= now {
                if sweep.kill {
                    continue;
                }
                (sweep.kill, sweep.until, sweep.wait) = (true, now + STUCK_MS, 0);
            }
            if self.sweep_look(&mut sweep, false) > 0 {
                kept.push(sweep);
            }
        }
        self.model.global.sweeps = kept;
    }

    /// When something that is being ended wants a look.
    pub(super) fn sweeps_due(&self) -> Option<u64> {
        let of_panes = self.model.panes.of(sort::RUN).filter_map(|(_, pane)| {
            let sweep = pane.state.run.as_ref()?.sweep.as_ref()?;
            Some(sweep.due(false))
        });
        let gone = self.model.global.sweeps.iter().map(|sweep| sweep.due(true));
        of_panes.chain(gone).min()
    }

    /// After a crash: signals that may not have left are sent again.
    pub(crate) fn sweep_again(&mut self) {
        let unsure: Vec<(PaneId, Vec<ProcessId>, bool)> = self
            .model
            .panes
            .values()
            .filter_map(|pane| {
                let sweep = pane.state.run.as_ref()?.sweep.as_ref()?;
                (!sweep.sure).then(|| (pane.state.id, sweep.told.clone(), sweep.kill))
            })
            .collect();
        for (pane, told, kill) in unsure {
            if self.pane_runs(pane) {
                let signals: &[u8] = if kill { &[KILL] } else { &[TERM, CONT] };
                for signal in signals {
                    let signal = *signal;
                    self.emit(Effect::Signal { pane, signal });
                }
            }
            let group = self.run(pane).map_or(0, |run| run.root.pid);
            let all = self.probe.processes();
            let with = |id: &ProcessId| {
                let known = all.iter().find(|process| process.id() == *id);
                known.is_some_and(|process| process.group == group && !kill)
            };
            let others = told.into_iter().filter(|id| !with(id)).collect();
            self.sweep_tell(others, kill);
        }
        let gone: Vec<(Vec<ProcessId>, bool)> = self
            .model
            .global
            .sweeps
            .iter()
            .filter(|sweep| !sweep.sure)
            .map(|sweep| (sweep.told.clone(), sweep.kill))
            .collect();
        for (told, kill) in gone {
            self.sweep_tell(told, kill);
        }
    }
}

//! Which processes belong to a run: found by marks that are inherited, so that nothing else is ever touched.
//!
//! 1. Its environment has the run's mark (`OUTLAST_RUN`): a daemon that has left session, parents and terminal still has it.
//! 2. It is the program itself, or of its session: for those that clear their environment.
//! 3. A process of the run is its ancestor.
//!
//! A terminal's number says nothing: it may be another terminal by now. What is neither marked, nor of the session, nor below
//! something of the run that lives is not found: a daemon that has cleared its environment *and* left the session *and* lost
//! its parent. Keepers and servers of ours that a run has started (`outlast -L other …`) are nobody's strays.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The variable.
pub const MARK: &str = "OUTLAST_RUN";

/// A process, told from others that get its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub started: u64,
}

/// What the system says of a process that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub started: u64,
    /// Its parent.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// Its name, as it likes to be called.
    pub name: String,
    /// What its environment says of its run.
    pub mark: String,
    /// It is a keeper or a server of ours.
    pub ours: bool,
    /// Processor time used, ms.
    pub cpu_ms: u64,
    /// Resident memory, bytes.
    pub memory: u64,
}

impl Process {
    /// Which it is.
    pub fn id(&self) -> ProcessId {
        ProcessId {
            pid: self.pid,
            started: self.started,
        }
    }
}

/// What is known of a run's processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// What their environment says.
    pub mark: String,
    /// The program that was started last; 0 for none.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot; None: that was not to be known.
    pub started: Option<u64>,
}

/// The processes that belong to a run, in no order.
pub fn members<'a>(processes: &'a [Process], root: &Root) -> Vec<&'a Process> {
    let holder = processes.iter().find(|process| process.pid == root.pid);
    // A session's number is nobody else's as long as one process is in it; once all had gone, another may have it.
    let reused = holder.is_some_and(|holder| Some(holder.started) != root.started);
    let session = (root.pid != 0 && !reused).then_some(root.pid);
    let by_itself = |process: &Process| {
        (!root.mark.is_empty() && process.mark == root.mark) || session == Some(process.session)
    };
    let by_pid: BTreeMap<u32, &Process> = processes.iter().map(|p| (p.pid, p)).collect();
    let belongs = |process: &Process| {
        let mut at = process;
        // A number that was taken anew while the list was made could close a circle.
        for _ in 0..processes.len() {
            if at.ours {
                return false;
            }
            if by_itself(at) {
                return true;
            }
            match by_pid.get(&at.parent) {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    };
    processes.iter().filter(|p| belongs(p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, session: u32, mark: &str) -> Process {
        Process {
            pid,
            parent,
            session,
            started: u64::from(pid),
            mark: mark.into(),
            ..Process::default()
        }
    }

    fn found(processes: &[Process], root: &Root) -> Vec<u32> {
        members(processes, root).iter().map(|p| p.pid).collect()
    }

    fn root(pid: u32) -> Root {
        Root {
            mark: "run".into(),
            pid,
            started: Some(u64::from(pid)),
        }
    }

    #[test]
    fn by_mark_session_and_ancestry() {
        let all = [
            process(1, 0, 1, ""),
            process(2, 1, 2, ""),
            // The program, its child, one that left the session, a daemon, one that cleared its environment below that.
            process(10, 2, 10, "run"),
            process(11, 10, 10, ""),
            process(12, 11, 12, ""),
            process(13, 1, 13, "run"),
            process(14, 13, 14, ""),
            // Others: a pane beside it, another run.
            process(20, 2, 20, ""),
            process(21, 2, 21, "other"),
        ];
        assert_eq!(found(&all, &root(10)), [10, 11, 12, 13, 14]);
        let without: Vec<Process> = all.iter().filter(|p| p.pid != 10).cloned().collect();
        assert_eq!(found(&without, &root(10)), [11, 12, 13, 14]);
    }

    #[test]
    fn a_number_that_is_somebody_else_s_counts_for_nothing() {
        let mut other = process(10, 2, 10, "");
        other.started = 999;
        let all = [other, process(11, 10, 10, ""), process(12, 1, 12, "run")];
        assert_eq!(found(&all, &root(10)), [12]);
        let unknown = Root {
            started: None,
            ..root(10)
        };
        assert_eq!(found(&all, &unknown), [12]);
        // No program, no mark: nobody, also where sessions are of another namespace.
        assert!(found(&[process(3, 1, 0, "")], &Root::default()).is_empty());
    }

    #[test]
    fn servers_that_a_run_has_started_are_left_alone() {
        let mut keeper = process(13, 1, 13, "run");
        keeper.ours = true;
        let all = [
            process(10, 2, 10, "run"),
            keeper,
            process(14, 13, 14, ""),
            process(15, 14, 14, ""),
        ];
        assert_eq!(found(&all, &root(10)), [10]);
    }

    #[test]
    fn a_circle_ends() {
        let all = [process(5, 6, 5, ""), process(6, 5, 6, "")];
        assert!(found(&all, &root(10)).is_empty());
    }
}

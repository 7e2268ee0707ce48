//! What runs use of the machine. Looked at when somebody asks, never in between.

use super::tree::members;
use crate::Core;
use crate::model::ids::PaneId;

/// Of all processes of a run together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time used so far by those that live, ms.
    pub cpu_ms: u64,
    /// Resident memory, bytes; what they share is counted for each.
    pub memory: u64,
    /// How many there are.
    pub processes: usize,
}

impl Core {
    /// Of each of these runs, in their order.
    pub(crate) fn run_usage(&self, runs: &[PaneId]) -> Vec<Usage> {
        let all = match runs {
            [] => Vec::new(),
            _ => self.probe.processes(),
        };
        let of = |id: &PaneId| {
            let Some(run) = self.run(*id) else {
                return Usage::default();
            };
            let found = members(&all, &run.root);
            Usage {
                cpu_ms: found.iter().map(|process| process.cpu_ms).sum(),
                memory: found.iter().map(|process| process.memory).sum(),
                processes: found.len(),
            }
        };
        runs.iter().map(of).collect()
    }
}

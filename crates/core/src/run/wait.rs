//! Who waits for a run: jobs like any other, saved, so that a wait outlives the server.

use serde::{Deserialize, Serialize};

use super::policy::State;
use super::{NOBODY_KNOWS, TIMED_OUT};
use crate::Core;
use crate::jobs::{Asked, Then};
use crate::model::ids::PaneId;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// It is over; its exit status is the command's.
    Over,
    /// It is not being stopped any more.
    Settled,
    /// It runs, or that has come to nothing.
    Up,
}

/// A wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWait {
    /// For the run in this pane.
    pub pane: PaneId,
    /// Until what.
    pub until: Until,
    /// Monotonic ms of its end.
    pub by: Option<u64>,
}

impl Core {
    /// Whether what is waited for has come.
    pub(crate) fn run_has(&self, pane: PaneId, until: Until) -> bool {
        self.run(pane).is_none_or(|run| match until {
            Until::Over => run.course.state.is_over(),
            Until::Settled => !matches!(run.course.state, State::Stopping { .. }),
            Until::Up => !matches!(run.course.state, State::Stopping { .. } | State::Starting),
        })
    }

    /// The exit status that who waits for a run has.
    pub(crate) fn run_exit_status(&self, pane: PaneId) -> u8 {
        let last = self.run(pane).and_then(|run| run.last.as_ref());
        last.map_or(NOBODY_KNOWS, super::Last::exit_status)
    }

    fn run_waiters(&self, is: impl Fn(&RunWait) -> bool) -> Vec<(u64, RunWait)> {
        let jobs = self.model.jobs.iter();
        jobs.filter_map(|(token, job)| match &job.then {
            Then::Run(wait) if is(wait) => Some((*token, wait.clone())),
            _ => None,
        })
        .collect()
    }

    /// A run has come somewhere: who waited for that goes on.
    pub(super) fn tell_run(&mut self, pane: PaneId) {
        self.tell_log(pane);
        for (token, wait) in self.run_waiters(|wait| wait.pane == pane) {
            if !self.run_has(pane, wait.until) {
                continue;
            }
            let status = self.run_exit_status(pane);
            self.end_run_wait(token, (wait.until == Until::Over).then_some(status), "");
        }
    }

    /// A run's pane goes.
    pub(super) fn tell_run_gone(&mut self, pane: PaneId, name: &str) {
        for (token, wait) in self.run_waiters(|wait| wait.pane == pane) {
            let (status, text) = match wait.until {
                Until::Over => (
                    Some(NOBODY_KNOWS),
                    format!("run {name} is gone: it was killed"),
                ),
                Until::Settled | Until::Up => (None, String::new()),
            };
            self.end_run_wait(token, status, &text);
        }
        self.tell_log_gone(pane);
    }

    /// Waits whose time is over.
    pub(super) fn check_run_waits(&mut self) {
        let now = self.now.ms;
        for (token, _) in self.run_waiters(|wait| wait.by.is_some_and(|by| by <= now)) {
            self.end_run_wait(token, Some(TIMED_OUT), "");
        }
    }

    /// When the first wait's time is over.
    pub(super) fn run_waits_due(&self) -> Option<u64> {
        let jobs = self.model.jobs.values();
        jobs.filter_map(|job| match &job.then {
            Then::Run(wait) => wait.by,
            _ => None,
        })
        .min()
    }

    /// Takes waits out whose commands are gone.
    pub(crate) fn forget_run_waits(&mut self) {
        let live = self.waited_for();
        for (token, _) in self.run_waiters(|_| true) {
            if !live.contains(&token) {
                self.model.jobs.remove(&token);
            }
        }
    }

    fn end_run_wait(&mut self, token: u64, status: Option<u8>, text: &str) {
        let Some(job) = self.model.jobs.remove(&token) else {
            return;
        };
        debug_assert_eq!(job.asked, Asked::Program);
        let client = job.queue.flatten().or(job.client);
        self.resume(token);
        if !text.is_empty() {
            self.error(client, None, text);
        }
        if let (Some(status), Some(client)) = (status, client) {
            self.run_status(client, status);
        }
    }

    /// A run's status is the client's.
    pub(crate) fn run_status(&mut self, client: crate::ClientId, status: u8) {
        if let Some(client) = self.model.clients.get_mut(&client) {
            client.state.status = status;
        }
    }
}

//! Ends of processes: of our own children, and of those that a former keeper started (the anchor's by now).

use std::os::fd::{AsFd, OwnedFd};

use outlast_sys::children::{self, Change};
use outlast_sys::poll::Interest;
use outlast_sys::{clock, signal};
use outlast_wire::keeper::Status;

use super::{ENDS, Run, STRANGER};
use crate::pump::Pump;

/// How long somebody may take to say how a process ended that is not our child.
const PATIENCE_MS: u64 = 2000;
/// Where nobody wakes us for it, how often it is asked for.
const ASK_MS: u64 = 20;

/// A process that is not our child.
#[derive(Debug)]
pub(super) struct Stranger {
    pid: u32,
    /// Readable when it has ended; none: it had ended before we could look.
    watched: Option<OwnedFd>,
    /// It has ended, and since then we wait to hear how.
    ended_at: Option<u64>,
    /// When to ask next.
    ask_at: u64,
}

impl Run {
    pub(super) fn take_children(&mut self) {
        loop {
            let ledger = self.mover.ledger();
            let Some((pid, change)) = children::next_change(|pid, change| {
                if !matches!(change, Change::Stopped(_)) {
                    ledger.enter(pid, change);
                }
            }) else {
                return;
            };
            match status(change) {
                Some(status) => self.process_ended(pid, status),
                None => self.stopped(pid, change),
            }
        }
    }

    fn process_ended(&mut self, pid: u32, status: Status) {
        if self.server.as_ref().is_some_and(|server| server.pid == pid) {
            self.server_died(status);
            return;
        }
        let pumps = &self.pumps;
        let pump = |slot| pumps.get(usize::from(slot))?.as_ref();
        let waiting = |slot| pump(slot).map_or(0, Pump::waiting);
        if let Some(slot) = self.keeper.reaped(pid, status, waiting) {
            // What it wrote last is read before its end is told.
            self.readable.insert(slot);
        }
    }

    /// A pane's own program that stops has no shell to continue it; tmux continues it too.
    fn stopped(&self, pid: u32, change: Change) {
        let ours = self
            .keeper
            .used()
            .any(|slot| self.keeper.live_pid(slot) == Some(pid));
        let by_terminal = matches!(change, Change::Stopped(by)
            if [signal::SIGTTIN, signal::SIGTTOU].contains(&i32::from(by)));
        if ours && !by_terminal {
            let _ = signal::send_group(pid, signal::SIGCONT);
        }
    }

    /// A process that a former keeper started: from now on we want to know of its end.
    pub(super) fn watch_stranger(&mut self, pid: u32) {
        // The order matters: as long as nobody has entered its end it is not reaped, so the number is its own.
        let watched = children::watch_end(pid).ok();
        let watched = watched.filter(|watched| {
            let token = STRANGER + u64::from(pid);
            self.mover.ledger().end_of(pid).is_none()
                && self.poll.add(watched, token, Interest::IN).is_ok()
        });
        if self.strangers.is_empty() {
            let [_, wake] = self.mover.ledger().fds();
            let _ = self.poll.add(wake, ENDS, Interest::IN | Interest::ET);
        }
        let ended_at = watched.is_none().then(clock::awake_ms);
        self.strangers.push(Stranger {
            pid,
            watched,
            ended_at,
            ask_at: 0,
        });
    }

    /// Something is said of processes that are not our children, or (`ended`) one of them has ended.
    pub(super) fn strangers_ended(&mut self, ended: Option<u32>) {
        let now = clock::awake_ms();
        let mut index = 0;
        while let Some(stranger) = self.strangers.get_mut(index) {
            let pid = stranger.pid;
            if ended == Some(pid) && stranger.ended_at.is_none() {
                stranger.ended_at = Some(now);
                // It stays readable, and would wake us for ever.
                if let Some(watched) = &stranger.watched {
                    let _ = self.poll.remove(watched);
                }
            }
            stranger.ask_at = now + ASK_MS;
            let ledger = self.mover.ledger();
            if let Some(signal) = ledger.take_stop(pid) {
                self.stopped(pid, Change::Stopped(signal));
            }
            match self.how_ended(index, now) {
                Some(status) => {
                    self.strangers.swap_remove(index);
                    self.process_ended(pid, status);
                }
                None => index += 1,
            }
        }
    }

    fn how_ended(&self, index: usize, now: u64) -> Option<Status> {
        let stranger = self.strangers.get(index)?;
        if let Some(change) = self.mover.ledger().end_of(stranger.pid) {
            return status(change);
        }
        let since = stranger.ended_at?;
        let watched = stranger.watched.as_ref();
        let told = watched.and_then(|watched| children::end_of(watched.as_fd()));
        match told.and_then(status) {
            Some(status) => Some(status),
            None if now >= since + PATIENCE_MS => Some(Status::Unknown),
            None => None,
        }
    }

    /// When to ask again how a process ended.
    pub(super) fn strangers_due(&self) -> Option<u64> {
        let waited = self.strangers.iter().filter(|one| one.ended_at.is_some());
        waited.map(|one| one.ask_at).min()
    }
}

/// None: it lives.
fn status(change: Change) -> Option<Status> {
    match change {
        Change::Code(code) => Some(Status::Code(code)),
        Change::Signal(signal) => Some(Status::Signal(signal)),
        Change::Stopped(_) => None,
    }
}

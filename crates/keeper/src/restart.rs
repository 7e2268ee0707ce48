//! When the server is started again, and which binary. Pure; times are milliseconds of one clock.
//!
//! | state | event | next |
//! |---|---|---|
//! | waiting | its time has come | starting |
//! | starting | `Ready` | ready |
//! | starting | no `Ready` in time | killed by us; when dead, the other binary |
//! | starting | died | waiting, a quick failure (but not when somebody killed it with -9) |
//! | ready | ended with [`SWAP`] | waiting, at once; what is installed counts as untried |
//! | ready | a new binary died within ten seconds by its own fault | waiting, a quick failure; the previous binary |
//! | ready | died within a second by its own fault | waiting, a quick failure |
//! | ready | died otherwise | waiting, at once |
//! | ready | a new binary has lived ten seconds | ready; it is the previous binary from now on |
//! | waiting | the fifth quick failure in a row | given up |
//! | given up | a client connects | waiting, at once |
//!
//! A server that somebody kills with SIGKILL has not failed: it is started again at once, however often.

use outlast_wire::keeper::{SWAP, Status};

/// Delays after the first, second … quick failure in a row; afterwards only a client starts a server.
const DELAYS_MS: [u64; 5] = [0, 0, 100, 500, 2000];
/// A server that was ready for so long has not failed quickly.
const SETTLED_MS: u64 = 1000;
/// How long a binary that was never seen ready may take before the previous one is tried.
const NEW_READY_MS: u64 = 2000;
/// The same for one that was seen ready before: then the machine is slow, not the binary bad.
const KNOWN_READY_MS: u64 = 30_000;
/// So long after the last server's death full rings begin to overwrite.
const OVERWRITE_MS: u64 = 60_000;

/// A new binary that was ready for so long has proved itself: until then the one before it is kept.
const TRIAL_MS: u64 = 10_000;

/// What makes a binary the same as before: device, inode, size, time of change (ns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(pub [u64; 4]);

/// Which binary to execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The one installed at our path.
    Installed,
    /// The one that last proved itself (at first: the keeper's own), held open.
    Previous,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a server, then say [`Restart::started`] or [`Restart::start_failed`].
    Start,
    /// Kill the server: it does not get ready.
    Kill,
    /// The binary that runs has proved itself: hold it open as the previous one, then say [`Restart::kept`].
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting {
        at: u64,
    },
    Starting {
        since: u64,
        limit: u64,
        killed: bool,
    },
    Ready {
        since: u64,
        /// Its binary has yet to prove itself.
        trial: bool,
    },
    GivenUp,
}

/// The policy's state.
#[derive(Clone, Copy, Debug)]
pub struct Restart {
    state: State,
    /// Servers started so far.
    pub starts: u32,
    /// Quick failures in a row.
    pub quick_failures: u32,
    /// How the last one ended.
    pub last_status: Status,
    /// The last one started was the previous binary.
    pub fallback: bool,
    trying: Option<Identity>,
    /// Seen ready.
    good: Option<Identity>,
    /// Seen ready for a while.
    proven: Option<Identity>,
    bad: Option<Identity>,
    dead_since: u64,
}

impl Restart {
    /// The first server is due at once. `own` is the keeper's own binary, the first to count as the previous one.
    pub fn new(now: u64, own: Option<Identity>) -> Restart {
        Restart {
            state: State::Waiting { at: now },
            starts: 0,
            quick_failures: 0,
            last_status: Status::Running,
            fallback: false,
            trying: None,
            good: own,
            proven: own,
            bad: None,
            dead_since: now,
        }
    }

    /// Goes on for a former keeper whose server lives and was ready. `known` is the previous binary, `runs` what the
    /// server is: if that is another one, it has yet to prove itself.
    pub fn resumed(
        now: u64,
        [known, runs]: [Option<Identity>; 2],
        starts: u32,
        quick_failures: u32,
        last_status: Status,
    ) -> Restart {
        Restart {
            state: State::Ready {
                since: now,
                trial: runs.is_some() && runs != known,
            },
            starts,
            quick_failures,
            last_status,
            trying: runs,
            good: runs.or(known),
            ..Restart::new(now, known)
        }
    }

    /// What is due.
    pub fn due(&self, now: u64) -> Option<Action> {
        match self.state {
            State::Waiting { at } if now >= at => Some(Action::Start),
            State::Starting {
                since,
                limit,
                killed: false,
            } if now >= since + limit => Some(Action::Kill),
            State::Ready { since, trial: true } if now >= since + TRIAL_MS => Some(Action::Keep),
            _ => None,
        }
    }

    /// When to ask [`Restart::due`] again.
    pub fn deadline(&self) -> Option<u64> {
        match self.state {
            State::Waiting { at } => Some(at),
            State::Starting {
                since,
                limit,
                killed: false,
            } => Some(since + limit),
            State::Ready { since, trial: true } => Some(since + TRIAL_MS),
            _ => None,
        }
    }

    /// Which binary to start, given what is installed (`None`: nothing that may be executed).
    pub fn pick(&self, installed: Option<Identity>) -> Binary {
        match installed {
            Some(identity) if self.bad != Some(identity) => Binary::Installed,
            _ => Binary::Previous,
        }
    }

    /// A server runs. `identity` is what is installed, `None` when the previous binary was taken.
    pub fn started(&mut self, now: u64, identity: Option<Identity>) {
        let known = identity.is_none() || identity == self.good;
        let limit = if known { KNOWN_READY_MS } else { NEW_READY_MS };
        self.state = State::Starting {
            since: now,
            limit,
            killed: false,
        };
        self.starts += 1;
        self.fallback = identity.is_none();
        self.trying = identity;
    }

    /// No process could be had.
    pub fn start_failed(&mut self, now: u64) {
        self.fail(now);
    }

    /// The server was sent SIGKILL, as [`Action::Kill`] asked.
    pub fn killed(&mut self) {
        if let State::Starting { killed, .. } = &mut self.state {
            *killed = true;
        }
    }

    /// The server works. True the first time: then its binary is to be held open until it has proved itself.
    pub fn ready(&mut self, now: u64) -> bool {
        let first = matches!(self.state, State::Starting { .. });
        if first {
            let trial = self.trying.is_some() && self.trying != self.proven;
            self.state = State::Ready { since: now, trial };
            self.good = self.trying.or(self.good);
            if self.trying.is_some() {
                self.bad = None;
            }
        }
        first
    }

    /// The binary that runs is held open as the previous one.
    pub fn kept(&mut self) {
        if let State::Ready { trial, .. } = &mut self.state {
            *trial = false;
            self.proven = self.trying;
        }
    }

    /// The server is dead. True: its binary has proved itself by that, and is to be kept as the previous one.
    pub fn died(&mut self, now: u64, status: Status) -> bool {
        self.last_status = status;
        let stray_kill = status == Status::Signal(9);
        let mut proved = false;
        match self.state {
            State::Starting { killed: false, .. } if stray_kill => {
                self.state = State::Waiting { at: now }
            }
            State::Starting { .. } => {
                // The other binary next; if it was the previous that failed, the installed gets its turn again.
                self.bad = self.trying;
                self.fail(now);
            }
            State::Ready { trial, .. } if status == Status::Code(SWAP) => {
                self.dead_since = now;
                self.quick_failures = 0;
                self.bad = None;
                if trial {
                    self.proven = self.trying;
                    proved = true;
                }
                self.state = State::Waiting { at: now };
            }
            State::Ready { since, trial } => {
                self.dead_since = now;
                if trial && !stray_kill && status != Status::Code(0) {
                    self.bad = self.trying;
                }
                if now >= since + SETTLED_MS {
                    self.quick_failures = 0;
                }
                if now >= since + SETTLED_MS || stray_kill || status == Status::Code(0) {
                    self.state = State::Waiting { at: now };
                } else {
                    self.fail(now);
                }
            }
            State::Waiting { .. } | State::GivenUp => {}
        }
        proved
    }

    fn fail(&mut self, now: u64) {
        self.state = match DELAYS_MS.get(self.quick_failures as usize) {
            Some(delay) => State::Waiting { at: now + delay },
            None => State::GivenUp,
        };
        self.quick_failures = self.quick_failures.saturating_add(1);
    }

    /// A client connected.
    pub fn client_came(&mut self, now: u64) {
        if self.state == State::GivenUp {
            self.state = State::Waiting { at: now };
        }
    }

    /// Whether a binary has been seen to work, as the last one that was tried.
    pub fn is_good(&self, identity: Identity) -> bool {
        self.good == Some(identity)
    }

    /// Whether only a client can start a server.
    pub fn given_up(&self) -> bool {
        self.state == State::GivenUp
    }

    /// Whether the server has said that it works.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    /// From when on full rings may overwrite what nobody has read; `None` while there is a server process.
    pub fn overwrite_from(&self) -> Option<u64> {
        let process = matches!(self.state, State::Starting { .. } | State::Ready { .. });
        (!process).then_some(self.dead_since + OVERWRITE_MS)
    }
}

#[cfg(test)]
#[path = "restart_tests.rs"]
mod tests;

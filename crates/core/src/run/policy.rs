//! When a run is started again, and when that ends: states by events, one table. No clock: who calls says what time it is.
//!
//! | state | started | ended, alone | ended, strays live | asked to start | asked to stop | asked to restart | too much memory | nobody lives | time |
//! |---|---|---|---|---|---|---|---|---|---|
//! | starting | running | judged | stopping | refused | stopping | stopping | | | |
//! | running | running | judged | stopping | refused | stopping | stopping | stopping, then judged | | |
//! | waiting | | | | starting | stopped | starting | | | starting |
//! | stopping | stopping | stopping, or its end | stopping | stopping, then starting | stopping, then stopped | stopping, then starting | | its end | KILL; later failed |
//! | stopped, done, failed | | | | starting | refused | starting | | | |
//!
//! *Judged*: whether the end was a failure and what the rules say of it gives waiting, done or failed. *Its end*: what the
//! stopping was for: stopped, starting, or the judgement that waited until strays were gone. A failure is an exit status
//! that is not 0, a signal that we did not send, and an end that nobody could collect. Of an agent its own words say more
//! ([`super::agent`]): that a person wanted the end, that starting it again would not help; then no rule starts it.

use serde::{Deserialize, Serialize};

/// The longest wait before a restart.
const DELAY_MOST_MS: u64 = 60_000;
/// Up for so long, a program is taken to work: the next wait is the first one again.
const UP_MS: u64 = 60_000;
/// What does not go away so long after KILL does not go away.
pub const STUCK_MS: u64 = 10_000;

/// When a run is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restart {
    /// Never.
    No,
    /// When it has failed.
    OnFailure,
    /// However it ended.
    Always,
}

impl Restart {
    /// All, with their names.
    pub const ALL: &'static [(&'static str, Restart)] = &[
        ("no", Restart::No),
        ("on-failure", Restart::OnFailure),
        ("always", Restart::Always),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Restart> {
        let found = Restart::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, restart)| *restart)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Restart::ALL.iter().find(|(_, restart)| *restart == self);
        found.map_or("", |(name, _)| name)
    }
}

/// What a person has said of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// When it is started again.
    pub restart: Restart,
    /// So often at most within [`Rules::within_ms`].
    pub max_restarts: u32,
    /// Milliseconds.
    pub within_ms: u64,
    /// The wait before the first restart, doubled with each that follows.
    pub delay_ms: u64,
    /// From TERM to KILL.
    pub grace_ms: u64,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            restart: Restart::OnFailure,
            max_restarts: 5,
            within_ms: 600_000,
            delay_ms: 1000,
            grace_ms: 10_000,
        }
    }
}

/// What an end of the program means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// Exit status 0.
    Well,
    /// Another exit status, a signal.
    Badly,
    /// The kernel killed it because memory ran out.
    OutOfMemory,
    /// Nobody could collect it.
    Unknown,
    /// A person wanted it, whatever the status: no rule starts it again.
    Wanted,
    /// A failure that starting it again would not mend.
    Hopeless,
}

/// What comes after a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// It stays stopped.
    Stopped,
    /// It is started.
    Start,
    /// It is started, and nothing is counted anew: it was up before a reboot.
    Resume,
    /// It had ended by itself like this, and what it left behind had to go first. How long it was up, ms.
    Judge(How, u64),
}

/// Where a run is. Times are monotonic ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Its program has been asked for.
    Starting,
    /// It runs.
    Running {
        /// Since when.
        since: u64,
    },
    /// It has ended and will be started again.
    Waiting {
        /// When.
        until: u64,
    },
    /// All of it has been told to end.
    Stopping {
        /// When it is made to; after KILL, when that is given up.
        until: u64,
        /// KILL has been sent.
        killed: bool,
        /// What then.
        then: Then,
    },
    /// A person has stopped it.
    Stopped,
    /// It has ended well and is not to be started again.
    Done,
    /// It has ended badly and is not started again (any more).
    Failed,
}

impl State {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            State::Starting => "starting",
            State::Running { .. } => "running",
            State::Waiting { .. } => "waiting",
            State::Stopping { .. } => "stopping",
            State::Stopped => "stopped",
            State::Done => "done",
            State::Failed => "failed",
        }
    }

    /// A person wants it not to run.
    pub fn is_stopped(&self) -> bool {
        matches!(
            self,
            State::Stopped
                | State::Stopping {
                    then: Then::Stopped,
                    ..
                }
        )
    }

    /// Nothing more happens by itself.
    pub fn is_over(&self) -> bool {
        matches!(self, State::Stopped | State::Done | State::Failed)
    }
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The program runs.
    Started,
    /// The program has ended.
    Ended {
        /// How.
        how: How,
        /// Something that it had started lives on.
        strays: bool,
    },
    /// A person wants it to run.
    Start,
    /// A person wants it to end.
    Stop,
    /// A person wants it anew.
    Restart,
    /// A person wants it to run, and something of a former life has to go first.
    StartOver,
    /// It uses more memory than it may.
    OverMemory,
    /// Nothing of it lives any more.
    Gone,
    /// It may be time for something.
    Time,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Nothing,
    /// Nothing: it makes no sense now.
    Refused,
    /// Start the program.
    Launch,
    /// Tell all of it to end.
    Terminate,
    /// Make all of it end.
    Kill,
    /// It waits, and is started again.
    Again {
        /// In so many ms.
        delay: u64,
        /// Which of the restarts that it may have.
        number: u32,
    },
    /// It is over, as the state says. True: it was to be started again, but has had its restarts.
    Over(bool),
    /// It is over though something of it lives: nothing makes that end.
    Stuck,
}

/// A run's rules and how it has gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// What a person has said.
    pub rules: Rules,
    /// Where it is.
    pub state: State,
    /// Restarts since a person last started it.
    pub restarts: u32,
    /// When those were that count.
    recent: Vec<u64>,
    /// The next wait.
    delay: u64,
}

impl Course {
    /// A run whose program is being asked for.
    pub fn new(rules: Rules) -> Course {
        Course {
            rules,
            state: State::Starting,
            restarts: 0,
            recent: Vec::new(),
            delay: rules.delay_ms,
        }
    }

    /// When [`Event::Time`] is wanted.
    pub fn due(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until } | State::Stopping { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Goes on.
    pub fn step(&mut self, now: u64, event: Event) -> Verdict {
        use State::{Done, Failed, Running, Starting, Stopped, Stopping, Waiting};
        match (self.state, event) {
            (Starting, Event::Started) => {
                self.state = Running { since: now };
                Verdict::Nothing
            }
            (Starting | Running { .. }, Event::Ended { how, strays }) => {
                let up = match self.state {
                    Running { since } => now.saturating_sub(since),
                    _ => 0,
                };
                match strays {
                    true => self.stop(now, Then::Judge(how, up)),
                    false => self.judge(now, how, up),
                }
            }
            (Running { since }, Event::OverMemory) => {
                let up = now.saturating_sub(since);
                self.stop(now, Then::Judge(How::OutOfMemory, up))
            }
            (Starting | Running { .. }, Event::Stop) => self.stop(now, Then::Stopped),
            (Starting | Running { .. }, Event::Restart) => self.stop(now, Then::Start),
            (Starting | Running { .. }, Event::Start) => Verdict::Refused,
            (Waiting { .. }, Event::Stop) => self.over(Stopped),
            (Waiting { until }, Event::Time) if until <= now => {
                self.recent.push(now);
                self.restarts += 1;
                self.state = Starting;
                Verdict::Launch
            }
            (Waiting { .. } | Stopped | Done | Failed, Event::Start | Event::Restart) => {
                self.begin()
            }
            (Waiting { .. } | Stopped | Done | Failed, Event::StartOver) => {
                self.stop(now, Then::Start)
            }
            (Stopped | Done | Failed, Event::Stop) => Verdict::Refused,
            (Stopping { until, killed, .. }, Event::Stop | Event::Start | Event::Restart) => {
                let then = match event {
                    Event::Stop => Then::Stopped,
                    _ => Then::Start,
                };
                self.state = Stopping {
                    until,
                    killed,
                    then,
                };
                Verdict::Nothing
            }
            (Stopping { then, .. }, Event::Gone | Event::Ended { strays: false, .. }) => match then
            {
                Then::Stopped => self.over(Stopped),
                Then::Start => self.begin(),
                Then::Resume => {
                    self.state = Starting;
                    Verdict::Launch
                }
                Then::Judge(how, up) => self.judge(now, how, up),
            },
            (
                Stopping {
                    until,
                    killed: false,
                    then,
                },
                Event::Time,
            ) if until <= now => {
                self.state = Stopping {
                    until: now + STUCK_MS,
                    killed: true,
                    then,
                };
                Verdict::Kill
            }
            (
                Stopping {
                    until,
                    killed: true,
                    ..
                },
                Event::Time,
            ) if until <= now => {
                self.state = Failed;
                Verdict::Stuck
            }
            _ => Verdict::Nothing,
        }
    }

    /// The machine was restarted, or all was killed. True: it was meant to run.
    pub fn rebooted(&mut self) -> bool {
        let meant = match self.state {
            State::Starting | State::Running { .. } | State::Waiting { .. } => true,
            State::Stopping { then, .. } => then != Then::Stopped,
            State::Stopped | State::Done | State::Failed => return false,
        };
        self.state = State::Stopped;
        // Those times were of another boot.
        self.recent.clear();
        self.delay = self.rules.delay_ms;
        meant
    }

    /// It is started by itself after a reboot: as often as it was restarted, it was. `strays`: keeper and server died, the
    /// machine did not, and something of it lives, which is to go first.
    pub fn goes_on(&mut self, now: u64, strays: bool) {
        self.state = State::Starting;
        if strays {
            self.stop(now, Then::Resume);
        }
    }

    /// The machine ended its program, so it is taken to run: after the next start it will.
    pub fn ended_with_machine(&mut self) {
        self.state = State::Starting;
    }

    fn begin(&mut self) -> Verdict {
        self.recent.clear();
        self.restarts = 0;
        self.delay = self.rules.delay_ms;
        self.state = State::Starting;
        Verdict::Launch
    }

    fn stop(&mut self, now: u64, then: Then) -> Verdict {
        self.state = State::Stopping {
            until: now + self.rules.grace_ms,
            killed: false,
            then,
        };
        Verdict::Terminate
    }

    fn over(&mut self, state: State) -> Verdict {
        self.state = state;
        Verdict::Over(false)
    }

    fn judge(&mut self, now: u64, how: How, up: u64) -> Verdict {
        let ended = match how {
            How::Well | How::Wanted => State::Done,
            How::Badly | How::OutOfMemory | How::Unknown | How::Hopeless => State::Failed,
        };
        let wanted = match self.rules.restart {
            _ if matches!(how, How::Wanted | How::Hopeless) => false,
            Restart::No => false,
            Restart::OnFailure => ended == State::Failed,
            Restart::Always => true,
        };
        if !wanted {
            return self.over(ended);
        }
        if up >= UP_MS {
            self.delay = self.rules.delay_ms;
        }
        let delay = self.delay.min(DELAY_MOST_MS);
        let at = now + delay;
        let within = self.rules.within_ms;
        self.recent.retain(|then| then.saturating_add(within) > at);
        let had = u32::try_from(self.recent.len()).unwrap_or(u32::MAX);
        if had >= self.rules.max_restarts {
            // One that ended well and has had its restarts has not done what was wanted either.
            self.state = State::Failed;
            return Verdict::Over(true);
        }
        self.delay = delay.saturating_mul(2).min(DELAY_MOST_MS);
        self.state = State::Waiting { until: at };
        Verdict::Again {
            delay,
            number: had + 1,
        }
    }
}

#[cfg(test)]
mod tests;

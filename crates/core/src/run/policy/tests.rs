//! The table row by row, and what holds of every course.

use super::*;

const BADLY: Event = Event::Ended {
    how: How::Badly,
    strays: false,
};
const WELL: Event = Event::Ended {
    how: How::Well,
    strays: false,
};
const LEFT: Event = Event::Ended {
    how: How::Badly,
    strays: true,
};
const GRACE: u64 = 10_000;

fn stopping(until: u64, then: Then) -> State {
    State::Stopping {
        until,
        killed: false,
        then,
    }
}

fn killed(until: u64, then: Then) -> State {
    State::Stopping {
        until,
        killed: true,
        then,
    }
}

#[test]
fn every_row() {
    use State::{Done, Failed, Running, Starting, Stopped, Waiting};
    let up = Running { since: 100 };
    let wait = Waiting { until: 2000 };
    let judge = Then::Judge(How::Badly, 900);
    let again = Verdict::Again {
        delay: 1000,
        number: 1,
    };
    // All at 1000 ms.
    let rows: &[(State, Event, State, Verdict)] = &[
        (
            Starting,
            Event::Started,
            Running { since: 1000 },
            Verdict::Nothing,
        ),
        (Starting, BADLY, Waiting { until: 2000 }, again),
        (Starting, WELL, Done, Verdict::Over(false)),
        (
            Starting,
            LEFT,
            stopping(11_000, Then::Judge(How::Badly, 0)),
            Verdict::Terminate,
        ),
        (Starting, Event::Start, Starting, Verdict::Refused),
        (
            Starting,
            Event::Stop,
            stopping(11_000, Then::Stopped),
            Verdict::Terminate,
        ),
        (
            Starting,
            Event::Restart,
            stopping(11_000, Then::Start),
            Verdict::Terminate,
        ),
        (Starting, Event::Time, Starting, Verdict::Nothing),
        (Starting, Event::Gone, Starting, Verdict::Nothing),
        (up, Event::Started, up, Verdict::Nothing),
        (up, BADLY, Waiting { until: 2000 }, again),
        (up, WELL, Done, Verdict::Over(false)),
        (up, LEFT, stopping(11_000, judge), Verdict::Terminate),
        (up, Event::Start, up, Verdict::Refused),
        (
            up,
            Event::Stop,
            stopping(11_000, Then::Stopped),
            Verdict::Terminate,
        ),
        (
            up,
            Event::Restart,
            stopping(11_000, Then::Start),
            Verdict::Terminate,
        ),
        (up, Event::Time, up, Verdict::Nothing),
        (up, Event::Gone, up, Verdict::Nothing),
        (wait, Event::Time, wait, Verdict::Nothing),
        (
            Waiting { until: 1000 },
            Event::Time,
            Starting,
            Verdict::Launch,
        ),
        (
            up,
            Event::OverMemory,
            stopping(11_000, Then::Judge(How::OutOfMemory, 900)),
            Verdict::Terminate,
        ),
        (Starting, Event::OverMemory, Starting, Verdict::Nothing),
        (wait, Event::OverMemory, wait, Verdict::Nothing),
        (wait, Event::Start, Starting, Verdict::Launch),
        (wait, Event::Restart, Starting, Verdict::Launch),
        (wait, Event::Stop, Stopped, Verdict::Over(false)),
        (wait, BADLY, wait, Verdict::Nothing),
        (wait, Event::Started, wait, Verdict::Nothing),
        (wait, Event::Gone, wait, Verdict::Nothing),
        (
            stopping(1500, Then::Stopped),
            Event::Gone,
            Stopped,
            Verdict::Over(false),
        ),
        (
            stopping(1500, Then::Stopped),
            BADLY,
            Stopped,
            Verdict::Over(false),
        ),
        (
            stopping(1500, Then::Stopped),
            LEFT,
            stopping(1500, Then::Stopped),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Stopped),
            Event::Started,
            stopping(1500, Then::Stopped),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Stopped),
            Event::Time,
            stopping(1500, Then::Stopped),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Stopped),
            Event::Start,
            stopping(1500, Then::Start),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Stopped),
            Event::Restart,
            stopping(1500, Then::Start),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Start),
            Event::Stop,
            stopping(1500, Then::Stopped),
            Verdict::Nothing,
        ),
        (
            stopping(1500, judge),
            Event::Stop,
            stopping(1500, Then::Stopped),
            Verdict::Nothing,
        ),
        (
            stopping(1500, Then::Start),
            Event::Gone,
            Starting,
            Verdict::Launch,
        ),
        (
            stopping(1500, judge),
            Event::Gone,
            Waiting { until: 2000 },
            again,
        ),
        (
            stopping(1000, Then::Stopped),
            Event::Time,
            killed(1000 + STUCK_MS, Then::Stopped),
            Verdict::Kill,
        ),
        (
            stopping(1000, judge),
            Event::Time,
            killed(1000 + STUCK_MS, judge),
            Verdict::Kill,
        ),
        (
            killed(1001, Then::Start),
            Event::Time,
            killed(1001, Then::Start),
            Verdict::Nothing,
        ),
        (
            killed(1000, Then::Start),
            Event::Time,
            Failed,
            Verdict::Stuck,
        ),
        (
            killed(1500, Then::Start),
            Event::Gone,
            Starting,
            Verdict::Launch,
        ),
        (Stopped, Event::Start, Starting, Verdict::Launch),
        (Stopped, Event::Restart, Starting, Verdict::Launch),
        (Stopped, Event::Stop, Stopped, Verdict::Refused),
        (Done, Event::Start, Starting, Verdict::Launch),
        (Done, Event::Restart, Starting, Verdict::Launch),
        (Done, Event::Stop, Done, Verdict::Refused),
        (Failed, Event::Start, Starting, Verdict::Launch),
        (Failed, Event::Restart, Starting, Verdict::Launch),
        (Failed, Event::Stop, Failed, Verdict::Refused),
        (
            Failed,
            Event::StartOver,
            stopping(11_000, Then::Start),
            Verdict::Terminate,
        ),
        (Failed, BADLY, Failed, Verdict::Nothing),
        (Done, Event::Time, Done, Verdict::Nothing),
        (Stopped, Event::Gone, Stopped, Verdict::Nothing),
    ];
    for (from, event, to, verdict) in rows {
        let mut course = Course::new(Rules::default());
        course.state = *from;
        let found = course.step(1000, *event);
        assert_eq!((course.state, found), (*to, *verdict), "{from:?} {event:?}");
    }
}

#[test]
fn who_is_started_again() {
    let rows = [
        (Restart::No, How::Well, "done"),
        (Restart::No, How::Badly, "failed"),
        (Restart::No, How::Unknown, "failed"),
        (Restart::OnFailure, How::Well, "done"),
        (Restart::OnFailure, How::Badly, "waiting"),
        (Restart::OnFailure, How::OutOfMemory, "waiting"),
        (Restart::OnFailure, How::Unknown, "waiting"),
        (Restart::Always, How::Well, "waiting"),
        (Restart::Always, How::OutOfMemory, "waiting"),
    ];
    for (restart, how, word) in rows {
        let mut course = Course::new(Rules {
            restart,
            ..Rules::default()
        });
        course.step(0, Event::Started);
        course.step(5, Event::Ended { how, strays: false });
        assert_eq!(course.state.word(), word, "{restart:?} {how:?}");
    }
}

/// Runs a program that is up for `up` ms each time, until the run is over or has been started so often.
fn storm(rules: Rules, up: u64, most: usize) -> (Vec<u64>, Course) {
    let mut course = Course::new(rules);
    let (mut now, mut delays) = (0, Vec::new());
    for _ in 0..most {
        course.step(now, Event::Started);
        now += up;
        let Verdict::Again { delay, .. } = course.step(now, BADLY) else {
            break;
        };
        delays.push(delay);
        now += delay;
        assert_eq!(course.due(), Some(now));
        assert_eq!(course.step(now, Event::Time), Verdict::Launch);
    }
    (delays, course)
}

#[test]
fn the_wait_doubles_up_to_a_minute_and_begins_anew() {
    let rules = Rules {
        max_restarts: 20,
        within_ms: 24 * 3_600_000,
        ..Rules::default()
    };
    let (delays, course) = storm(rules, 10, 30);
    let seconds = [1, 2, 4, 8, 16, 32, 60, 60].map(|s| s * 1000);
    assert_eq!(delays[..8], seconds);
    assert_eq!((delays.len(), course.state), (20, State::Failed));
    assert_eq!(course.restarts, 20);
    // A minute up: it works.
    assert_eq!(storm(rules, UP_MS, 5).0, [1000; 5]);
    let none = Rules {
        max_restarts: 0,
        ..Rules::default()
    };
    assert!(storm(none, 10, 5).0.is_empty());
    let at_once = Rules {
        delay_ms: 0,
        ..Rules::default()
    };
    assert_eq!(storm(at_once, 10, 9).0, [0; 5]);
}

#[test]
fn a_person_s_start_counts_from_the_beginning() {
    let (_, mut course) = storm(Rules::default(), 10, 30);
    assert_eq!((course.state, course.restarts), (State::Failed, 5));
    assert_eq!(course.step(50_000, Event::Start), Verdict::Launch);
    assert_eq!(course.restarts, 0);
    course.step(50_001, Event::Started);
    let again = Verdict::Again {
        delay: 1000,
        number: 1,
    };
    assert_eq!(course.step(50_002, BADLY), again);
}

#[test]
fn a_reboot_keeps_the_count() {
    let mut course = Course::new(Rules::default());
    course.step(0, BADLY);
    course.step(1000, Event::Time);
    assert!(course.rebooted());
    course.goes_on(0, false);
    assert_eq!((course.restarts, course.state), (1, State::Starting));
    // Something of it lives: that goes first, and the count stays.
    course.goes_on(0, true);
    assert_eq!(course.state, stopping(GRACE, Then::Resume));
    assert_eq!(course.step(1, Event::Gone), Verdict::Launch);
    assert_eq!((course.restarts, course.state), (1, State::Starting));
    course.step(3, Event::Stop);
    assert!(!course.rebooted(), "it was being stopped");
    assert_eq!(course.state, State::Stopped);
    assert!(!course.rebooted());
}

/// Draws numbers; the seed is known.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Whatever happens: never more restarts within the window than allowed, nothing is launched while something lives, KILL
/// comes after TERM and its grace, and a run that waits or stops does not do so for ever.
#[test]
fn every_course_keeps_the_rules() {
    for seed in 0..2000 {
        let mut draw = Draw(seed);
        let rules = Rules {
            restart: Restart::ALL[draw.below(3) as usize].1,
            max_restarts: draw.below(4) as u32,
            within_ms: [0, 3000, 100_000, 600_000][draw.below(4) as usize],
            delay_ms: [0, 1000, 7000][draw.below(3) as usize],
            grace_ms: GRACE,
        };
        let mut course = Course::new(rules);
        let (mut now, mut launches) = (1000, Vec::new());
        let (mut main, mut strays) = (true, false);
        let mut told = None;
        for _ in 0..200 {
            let event = match draw.below(9) {
                0 if main => Event::Started,
                1 | 2 if main => {
                    main = false;
                    strays |= draw.below(4) == 0;
                    let how = [How::Well, How::Badly, How::OutOfMemory, How::Unknown];
                    Event::Ended {
                        how: how[draw.below(4) as usize],
                        strays,
                    }
                }
                3 if matches!(course.state, State::Stopping { .. }) => {
                    (main, strays) = (false, false);
                    Event::Gone
                }
                4 => [Event::Start, Event::Stop, Event::Restart][draw.below(3) as usize],
                _ => {
                    now += draw.below(70_000);
                    let due = course.due();
                    now = due.filter(|due| *due > now).unwrap_or(now);
                    Event::Time
                }
            };
            match course.step(now, event) {
                Verdict::Launch => {
                    assert!(!main && !strays, "{seed}: two lives");
                    main = true;
                    match event {
                        Event::Time => launches.push(now),
                        // What a person asks for is not counted; one may have asked before it came to an end.
                        _ => launches.clear(),
                    }
                    let within = |then: &&u64| **then + rules.within_ms > now;
                    let had = launches.iter().filter(within).count();
                    assert!(had <= rules.max_restarts as usize, "{seed}: {launches:?}");
                }
                Verdict::Terminate => told = Some(now),
                Verdict::Kill => {
                    assert!(told.is_some_and(|told| told + GRACE <= now), "{seed}");
                }
                Verdict::Over(_) => assert!(course.state.is_over() && !main && !strays, "{seed}"),
                Verdict::Stuck => {
                    assert_eq!(course.state, State::Failed);
                    (main, strays) = (false, false);
                }
                Verdict::Nothing | Verdict::Refused | Verdict::Again { .. } => {}
            }
            assert_eq!(
                course.due().is_some(),
                matches!(course.state, State::Waiting { .. } | State::Stopping { .. })
            );
        }
    }
}

//! What a crash must not change: the same actions, drawn from a seed, in a world whose core dies at random points
//! and in one whose core never dies, end in the same knowledge, the same screens, the same input and answers. And the
//! comparison can fail: planted mistakes are found.

#![allow(clippy::disallowed_methods)] // the seed of a failing run is handed in by the environment

mod storm;

use outlast_sim::{Action, Bug, Crash, World};
use storm::{Storm, run};

/// Seeds that failed once, kept for ever.
const KEPT: &[u64] = &[];

/// SIM_SEED=n: SIM_COUNT (220) seeds from n. Else a fixed set: what a run finds is then of the change that it runs for.
fn seeds(fixed: u64) -> Vec<u64> {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    match number("SIM_SEED") {
        Some(base) => (base..base + number("SIM_COUNT").unwrap_or(220)).collect(),
        None => {
            println!("seeds 1 to {fixed}");
            (1..=fixed).collect()
        }
    }
}

fn all_pass(seeds: impl IntoIterator<Item = u64>, storm: Storm) {
    for number in seeds {
        if let Err(difference) = run(number, storm) {
            panic!("{storm:?}: {difference}");
        }
    }
}

#[test]
fn a_crash_changes_nothing() {
    all_pass(KEPT.iter().copied().chain(seeds(80)), Storm::default());
}

/// The loop takes clients' calls before it has heard all that the rings hold: what does not look at output is not
/// changed by that either.
#[test]
fn requests_may_come_back_before_output() {
    let late = Storm {
        late: true,
        ..Storm::default()
    };
    all_pass(seeds(30), late);
}

/// A simulator that finds nothing may be blind: each planted mistake is found within some seeds.
#[test]
fn planted_mistakes_are_found() {
    const WITHIN: u64 = 20;
    let bugs = [
        Bug::EffectsFirst,
        Bug::HeardOneShort,
        Bug::HeardAgain,
        Bug::InputTwice,
        Bug::RequestTwice,
        Bug::LastTurnLost,
    ];
    for bug in bugs {
        let storm = Storm {
            bug: Some(bug),
            ..Storm::default()
        };
        // An assertion of the core's is a finding too.
        let found = (1..=WITHIN).find(|number| {
            std::panic::catch_unwind(|| run(*number, storm)).map_or(true, |end| end.is_err())
        });
        match found {
            Some(number) => println!("{bug:?} is found by seed {number}"),
            None => panic!("{bug:?} is not found by seeds 1 to {WITHIN}"),
        }
    }
}

/// Found by a session script: the server died between the commit of kill-server and its last effect, and its successor
/// went on with all sessions.
#[test]
fn a_server_that_was_told_to_end_ends() {
    for crash in (0..6).map(Crash::AfterEffects).chain([Crash::BeforeCommit]) {
        let mut world = World::new();
        let call = |id: u32, words: &[&str]| {
            Action::Connect(
                id,
                0,
                0,
                words.iter().map(|word| (*word).to_string()).collect(),
            )
        };
        world.act(&call(1, &["new-session", "-d", "-s", "a"]), Crash::Never);
        world.act(&call(2, &["kill-server"]), crash);
        assert!(world.ended, "{crash:?}");
    }
}

/// Durations come from a clock that nobody sets: a message stays its five seconds and goes after them.
#[test]
fn a_clock_that_is_set_moves_no_timer() {
    const DAY: i64 = 24 * 60 * 60;
    for jump in [DAY, -DAY, 1, -400 * DAY] {
        let mut world = World::new();
        let words = |line: &str| line.split(' ').map(str::to_string).collect::<Vec<_>>();
        world.act(
            &Action::Connect(1, 80, 24, words("new-session -s a")),
            Crash::Never,
        );
        let message = words("display-message -d 5000 still-here");
        world.act(&Action::Connect(2, 0, 0, message), Crash::Never);
        let shown = |world: &mut World| {
            let picture = world.picture(false);
            let mut lines = picture.lines();
            lines.any(|line| line.starts_with("client/1") && line.contains("still-here"))
        };
        assert!(shown(&mut world), "{jump}: it is not shown at all");
        world.set_clock(jump);
        world.act(&Action::Wait(2_000), Crash::Never);
        assert!(shown(&mut world), "{jump}: it is gone too early");
        world.set_clock(-jump);
        world.act(&Action::Wait(4_000), Crash::Never);
        assert!(!shown(&mut world), "{jump}: it stays");
    }
}

use super::*;

const GOOD: Identity = Identity([1, 1, 1, 1]);
const NEW: Identity = Identity([2, 2, 2, 2]);

/// Starts what is due and returns which binary that was.
fn start(restart: &mut Restart, now: u64, installed: Identity) -> Binary {
    assert_eq!(restart.due(now), Some(Action::Start));
    let binary = restart.pick(Some(installed));
    restart.started(now, (binary == Binary::Installed).then_some(installed));
    binary
}

#[test]
fn quick_failures_are_delayed_more_and_more_and_then_wait_for_a_client() {
    let mut restart = Restart::new(0, Some(GOOD));
    let mut now = 0;
    let mut delays = Vec::new();
    while !restart.given_up() {
        start(&mut restart, now, GOOD);
        restart.ready(now);
        restart.died(now, Status::Signal(11));
        if let Some(at) = restart.deadline() {
            delays.push(at - now);
            now = at;
        }
    }
    assert_eq!(delays, DELAYS_MS);
    assert_eq!(
        (restart.due(now + 1_000_000), restart.deadline()),
        (None, None)
    );
    restart.client_came(now);
    assert_eq!(restart.due(now), Some(Action::Start));
}

#[test]
fn a_settled_server_is_started_again_at_once() {
    let mut restart = Restart::new(0, Some(GOOD));
    for round in 0..100 {
        let now = round * (SETTLED_MS + 1);
        start(&mut restart, now, GOOD);
        restart.ready(now);
        restart.died(now + SETTLED_MS, Status::Code(101));
        assert_eq!(restart.deadline(), Some(now + SETTLED_MS));
    }
    assert_eq!(restart.starts, 100);
}

#[test]
fn killed_servers_have_not_failed() {
    let mut restart = Restart::new(0, Some(GOOD));
    for round in 0..1000 {
        assert_eq!(start(&mut restart, round, NEW), Binary::Installed);
        if round % 2 == 0 {
            restart.ready(round);
        }
        restart.died(round, Status::Signal(9));
    }
    assert_eq!(restart.quick_failures, 0);
}

#[test]
fn a_new_binary_that_hangs_gives_way_to_the_previous_one() {
    let mut restart = Restart::new(0, Some(GOOD));
    assert_eq!(start(&mut restart, 0, NEW), Binary::Installed);
    assert_eq!(restart.due(NEW_READY_MS - 1), None);
    assert_eq!(restart.due(NEW_READY_MS), Some(Action::Kill));
    restart.killed();
    assert_eq!(restart.due(NEW_READY_MS), None);
    restart.died(NEW_READY_MS, Status::Signal(9));
    assert_eq!(start(&mut restart, NEW_READY_MS, NEW), Binary::Previous);
    assert!(restart.fallback);
    restart.ready(NEW_READY_MS);
    restart.died(100_000, Status::Signal(9));
    assert_eq!(restart.pick(Some(NEW)), Binary::Previous);
    assert_eq!(restart.pick(Some(Identity([3; 4]))), Binary::Installed);
}

#[test]
fn a_new_binary_that_crashes_gives_way_at_once() {
    let mut restart = Restart::new(0, Some(GOOD));
    start(&mut restart, 0, NEW);
    restart.died(1, Status::Code(127));
    assert_eq!(start(&mut restart, 1, NEW), Binary::Previous);
    restart.died(2, Status::Code(1));
    assert_eq!(restart.pick(Some(NEW)), Binary::Installed);
}

#[test]
fn a_known_binary_may_take_its_time() {
    let mut restart = Restart::new(0, Some(GOOD));
    start(&mut restart, 0, GOOD);
    assert_eq!(restart.due(KNOWN_READY_MS - 1), None);
    start_again_is_known(&mut restart);
}

fn start_again_is_known(restart: &mut Restart) {
    restart.ready(5);
    restart.died(2000, Status::Code(0));
    start(restart, 2000, NEW);
    restart.ready(2001);
    restart.died(4000, Status::Code(0));
    start(restart, 4000, NEW);
    assert_eq!(restart.deadline(), Some(4000 + KNOWN_READY_MS));
}

#[test]
fn overwriting_waits_for_a_minute_without_a_server() {
    let mut restart = Restart::new(0, Some(GOOD));
    start(&mut restart, 0, GOOD);
    assert_eq!(restart.overwrite_from(), None);
    restart.ready(1);
    restart.died(500, Status::Code(1));
    assert_eq!(restart.overwrite_from(), Some(500 + OVERWRITE_MS));
    start(&mut restart, 500, GOOD);
    assert_eq!(restart.overwrite_from(), None);
    // One that never got ready does not begin the minute anew.
    restart.died(700, Status::Code(1));
    assert_eq!(restart.overwrite_from(), Some(500 + OVERWRITE_MS));
}

#[test]
fn a_swap_tries_what_is_installed_even_if_it_failed_before() {
    let mut restart = Restart::new(0, Some(GOOD));
    start(&mut restart, 0, NEW);
    restart.died(1, Status::Code(1));
    assert_eq!(start(&mut restart, 1, NEW), Binary::Previous);
    restart.ready(2);
    assert!(!restart.died(3, Status::Code(SWAP)));
    assert_eq!(
        (restart.quick_failures, restart.deadline()),
        (0, Some(3)),
        "it has not failed"
    );
    assert_eq!(start(&mut restart, 3, NEW), Binary::Installed);
}

#[test]
fn a_new_binary_that_dies_young_gives_way_to_the_one_before() {
    for (lived, then) in [(2, Binary::Previous), (TRIAL_MS, Binary::Installed)] {
        let mut restart = Restart::new(0, Some(GOOD));
        start(&mut restart, 0, NEW);
        restart.ready(0);
        if lived == TRIAL_MS {
            assert_eq!(restart.due(lived - 1), None);
            assert_eq!(
                (restart.deadline(), restart.due(lived)),
                (Some(lived), Some(Action::Keep))
            );
            restart.kept();
            assert_eq!((restart.deadline(), restart.due(lived)), (None, None));
        }
        restart.died(lived, Status::Signal(11));
        assert_eq!(restart.pick(Some(NEW)), then, "after {lived} ms");
    }
}

#[test]
fn a_new_binary_that_is_killed_or_swapped_has_not_failed() {
    let mut restart = Restart::new(0, Some(GOOD));
    start(&mut restart, 0, NEW);
    restart.ready(0);
    assert!(!restart.died(5, Status::Signal(9)));
    assert_eq!(start(&mut restart, 5, NEW), Binary::Installed);
    restart.ready(6);
    assert!(
        restart.died(7, Status::Code(SWAP)),
        "who ends by itself for a swap worked"
    );
    // The next one fails: the one before it is the one that was swapped, not the first.
    assert_eq!(start(&mut restart, 7, Identity([3; 4])), Binary::Installed);
    restart.ready(8);
    restart.died(9, Status::Code(101));
    assert_eq!(restart.pick(Some(Identity([3; 4]))), Binary::Previous);
}

#[test]
fn only_what_was_seen_ready_is_good() {
    let mut restart = Restart::new(0, Some(GOOD));
    assert!(restart.is_good(GOOD) && !restart.is_good(NEW));
    start(&mut restart, 0, NEW);
    assert!(!restart.is_good(NEW), "it has yet to say so");
    restart.died(1, Status::Code(1));
    assert!(!restart.is_good(NEW));
    start(&mut restart, 1, Identity([3; 4]));
    restart.ready(2);
    assert!(restart.is_good(Identity([3; 4])) && !restart.is_good(GOOD));
}

#[test]
fn a_trial_goes_on_under_the_next_keeper() {
    let resumed = |runs| Restart::resumed(50, [Some(GOOD), Some(runs)], 2, 0, Status::Running);
    let mut restart = resumed(NEW);
    assert_eq!(restart.due(50 + TRIAL_MS), Some(Action::Keep));
    assert!(
        restart.died(60, Status::Code(SWAP)),
        "who is swapped worked"
    );
    let mut restart = resumed(NEW);
    restart.died(60, Status::Signal(11));
    assert_eq!(restart.pick(Some(NEW)), Binary::Previous);
    let mut restart = resumed(GOOD);
    assert_eq!(restart.due(50 + TRIAL_MS), None);
    assert!(!restart.died(60, Status::Code(SWAP)));
}

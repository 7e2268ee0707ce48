use super::*;

/// Tells a server everything that is to be told, and returns it.
fn tell(keeper: &mut Keeper<u32>) -> Vec<Notice> {
    let mut all = Vec::new();
    while let Some(notice) = keeper.next_notice() {
        keeper.told(notice);
        all.push(notice);
    }
    all
}

/// With a server that knows the table, and panes 10, 11 … in the first slots.
fn with_panes(count: u32) -> Keeper<u32> {
    let mut keeper = Keeper::new();
    keeper.server_came();
    tell(&mut keeper);
    for pane in 10..10 + count {
        start(&mut keeper, pane, 0);
    }
    tell(&mut keeper);
    keeper
}

fn start(keeper: &mut Keeper<u32>, pane: u32, life: u32) -> u16 {
    match keeper.spawn(pane, life, Kind::Pty) {
        Verdict::New(slot) | Verdict::Respawn(slot) => {
            keeper.started(
                slot,
                pane,
                life,
                Kind::Pty,
                1000 * pane + life,
                Tty::default(),
            );
            slot
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_server_is_told_the_whole_table_and_then_events() {
    let mut keeper = with_panes(3);
    keeper.forget(1);
    keeper.put_deposit(0, 7, 70);
    keeper.put_deposit(12, 8, 80);
    keeper.put_deposit(12, 9, 90);
    keeper.server_gone();
    assert_eq!(keeper.next_notice(), None);
    keeper.server_came();
    assert!(!keeper.takes_requests());
    assert_eq!(
        tell(&mut keeper),
        [
            Notice::Hello {
                panes: 2,
                deposits: 3
            },
            Notice::Hold(0),
            Notice::Hold(1),
            Notice::Hold(2),
            Notice::Hold(3),
            Notice::Hold(4),
            Notice::Hold(5),
            Notice::Hold(6),
            Notice::Hold(7),
            Notice::Bell,
            Notice::Listener,
            Notice::Pane(0),
            Notice::Pane(2),
            Notice::Deposited(None, 0),
            Notice::Deposited(Some(2), 0),
            Notice::Deposited(Some(2), 1),
            Notice::End,
        ]
    );
    assert!(keeper.takes_requests());
    assert_eq!(keeper.deposit(Some(2), 1), Some(&(9, 90)));
}

#[test]
fn spawning_again_tells_again_and_starts_nothing() {
    let mut keeper = with_panes(1);
    assert_eq!(keeper.spawn(10, 0, Kind::Pty), Verdict::Again);
    assert_eq!(tell(&mut keeper), [Notice::Spawned(0)]);
}

#[test]
fn a_higher_life_respawns_and_a_lower_is_stale() {
    let mut keeper = with_panes(1);
    assert_eq!(start(&mut keeper, 10, 5), 0);
    assert_eq!(tell(&mut keeper), [Notice::Spawned(0)]);
    assert_eq!(keeper.spawn(10, 4, Kind::Pty), Verdict::Refused(ESTALE));
    assert_eq!(tell(&mut keeper), [Notice::SpawnFailed(10, 4, ESTALE)]);
    assert_eq!(keeper.spawn(10, 6, Kind::Job), Verdict::Refused(EINVAL));
    assert_eq!(keeper.spawn(0, 0, Kind::Pty), Verdict::Refused(EINVAL));
}

#[test]
fn the_former_life_of_a_respawned_pane_is_not_reported() {
    let mut keeper = with_panes(1);
    start(&mut keeper, 10, 1);
    tell(&mut keeper);
    assert_eq!(keeper.reaped(10_000, Status::Code(1), |_| 0), None);
    assert_eq!(keeper.reaped(10_001, Status::Code(2), |_| 0), Some(0));
}

#[test]
fn an_end_is_told_when_the_output_has_been_read() {
    let mut keeper = with_panes(2);
    assert_eq!(keeper.reaped(11_000, Status::Signal(9), |_| 0), Some(1));
    assert_eq!(keeper.live_pid(1), None);
    keeper.output(1, 100, 100);
    assert_eq!(tell(&mut keeper), []);
    keeper.drained(1, 100);
    assert_eq!(tell(&mut keeper), [Notice::Exited(1)]);
    let row = keeper.pane(1).unwrap();
    assert_eq!((row.status, row.exit_at), (Status::Signal(9), 100));
    keeper.drained(1, 200);
    assert_eq!(keeper.pane(1).unwrap().exit_at, 100);
}

#[test]
fn an_end_is_told_although_others_go_on_writing() {
    let mut keeper = with_panes(1);
    keeper.reaped(10_000, Status::Code(0), |_| 0);
    let mut end = 0;
    while tell(&mut keeper).is_empty() {
        end += 4096;
        keeper.output(0, 4096, end);
    }
    assert_eq!(end, DRAIN_MAX as u64);
}

#[test]
fn what_ended_while_no_server_lived_is_in_the_next_list() {
    let mut keeper = with_panes(1);
    keeper.server_gone();
    keeper.reaped(10_000, Status::Code(3), |_| 0);
    keeper.drained(0, 5);
    keeper.server_came();
    let notices = tell(&mut keeper);
    assert!(notices.contains(&Notice::Pane(0)) && !notices.contains(&Notice::Exited(0)));
    assert_eq!(keeper.pane(0).unwrap().status, Status::Code(3));
}

#[test]
fn what_ends_behind_the_list_is_told_after_it() {
    let mut keeper = with_panes(2);
    keeper.server_came();
    while keeper.next_notice() != Some(Notice::Pane(1)) {
        let notice = keeper.next_notice().unwrap();
        keeper.told(notice);
    }
    for (pid, slot) in [(10_000, 0), (11_000, 1)] {
        keeper.reaped(pid, Status::Code(0), |_| 0);
        keeper.drained(slot, 0);
    }
    assert_eq!(
        tell(&mut keeper),
        [Notice::Pane(1), Notice::End, Notice::Exited(0)]
    );
}

#[test]
fn deposits_are_replaced_and_bounded() {
    let mut keeper = with_panes(1);
    for tag in 0..20 {
        keeper.put_deposit(10, tag, 0);
        keeper.put_deposit(0, tag, 0);
    }
    let refused = tell(&mut keeper);
    assert_eq!(refused.len(), 20 - PANE_DEPOSITS + 20 - OWN_DEPOSITS);
    assert_eq!(refused[0], Notice::DepositFailed(10, 8, ENOSPC));
    keeper.put_deposit(10, 3, 33);
    assert_eq!(keeper.deposit(Some(0), 3), Some(&(3, 33)));
    keeper.remove_deposit(10, 0);
    keeper.put_deposit(10, 99, 1);
    keeper.put_deposit(77, 0, 1);
    assert_eq!(tell(&mut keeper), [Notice::DepositFailed(77, 0, ENOENT)]);
}

#[test]
fn no_request_is_taken_when_refusals_pile_up() {
    let mut keeper = with_panes(0);
    let mut refused = 0;
    while keeper.takes_requests() {
        assert_eq!(keeper.spawn(0, 0, Kind::Job), Verdict::Refused(EINVAL));
        refused += 1;
    }
    assert_eq!(refused, REFUSALS);
    assert_eq!(tell(&mut keeper).len(), REFUSALS);
    assert!(keeper.takes_requests());
}

#[test]
fn the_table_ends_at_its_size_and_slots_are_used_again() {
    let mut keeper = with_panes(SLOTS as u32);
    let capacity = keeper.slots.capacity();
    assert_eq!(keeper.spawn(9, 0, Kind::Pty), Verdict::Refused(ENFILE));
    tell(&mut keeper);
    keeper.forget(77);
    assert_eq!(start(&mut keeper, 9, 0), 77);
    assert_eq!(keeper.slots.capacity(), capacity);
}

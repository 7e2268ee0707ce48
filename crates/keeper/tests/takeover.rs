//! The keeper is killed with -9, or becomes another binary, at random instants: nothing is lost, doubled or typed twice,
//! every process lives, and how they ended is known.
#![allow(clippy::unwrap_used)] // a test

mod common;

use std::time::Duration;

use common::{PTY, Random, World, alive, wait_until};
use outlast_sys::signal;

/// Kills the keeper so often, each time a random while of at most `within_us` after the last has taken over.
fn kill_at_random(world: &World, times: u32, within_us: u64) {
    let mut random = Random::new();
    let mut keeper = world.who().keeper_pid;
    for _ in 0..times {
        // Not to wait for something, but to hit any instant.
        std::thread::sleep(Duration::from_micros(random.below(within_us)));
        keeper = world.kill_keeper(keeper);
    }
}

fn output_survives(program: &str, times: u32, within_us: u64) {
    let world = World::new();
    let pid = world.spawn_own(1, PTY, &[program]);
    assert_eq!(world.ask(&["work", "1", "1", "0"]), "ok");
    let server = world.who().server_pid;
    kill_at_random(&world, times, within_us);
    assert_eq!(world.who().server_pid, server, "the server stays");
    let checked = world.number(1, "checked");
    let on = world.ask(&["await-checked", "1", &(checked + 100_000).to_string()]);
    let (checked, wrong) = on.split_once(' ').unwrap();
    eprintln!("{program}: {checked} bytes in {times} kills of the keeper");
    assert_eq!((wrong, world.number(1, "lost")), ("0", 0));
    assert_eq!(world.row(1, "status"), "Running");
    assert_eq!(world.number(1, "pid"), u64::from(pid));
}

#[test]
fn a_flood_survives_the_keeper() {
    output_survives("flood", 200, 10_000);
}

#[test]
fn bursts_survive_the_keeper() {
    output_survives("bursts", 150, 5_000);
}

#[test]
fn typed_input_survives_the_keeper() {
    let world = World::new();
    let total = 40_000_000;
    world.spawn_own(1, PTY, &["sink", &total.to_string()]);
    world.ask(&["await-output", "1", "ready"]);
    assert_eq!(world.ask(&["work", "1", "0", &total.to_string()]), "ok");
    let mut kills = 0;
    while kills < 200 && world.number(1, "in_done") < total {
        kill_at_random(&world, 10, 4_000);
        kills += 10;
    }
    eprintln!("{total} bytes typed under {kills} kills of the keeper");
    assert!(kills >= 40, "typed before there were enough kills");
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(0)");
    assert_eq!(world.number(1, "in_done"), total);
    let said = world.ask(&["output", "1"]);
    assert!(said.contains(&format!("all {total}")), "{said}");
}

#[test]
fn all_of_many_panes_survive_the_keeper() {
    let world = World::new();
    for pane in 1..=20 {
        world.spawn_own(pane, PTY, &["bursts"]);
        world.ask(&["work", &pane.to_string(), "1", "0"]);
    }
    kill_at_random(&world, 30, 20_000);
    for pane in 1..=20 {
        let checked = world.number(pane, "checked");
        let (pane, more) = (pane.to_string(), (checked + 1000).to_string());
        let on = world.ask(&["await-checked", &pane, &more]);
        assert_eq!(on.split_once(' ').unwrap().1, "0", "pane {pane}");
    }
}

#[test]
fn how_programs_end_is_known_after_the_keeper_s_death() {
    let world = World::new();
    world.spawn(1, PTY, &["sh", "-c", "read x; exit 42"]);
    let killed = world.spawn(2, PTY, &["sleep", "1000"]);
    let job = world.spawn(
        3,
        common::JOB,
        &["sh", "-c", "sleep 0.3; echo done; exit 7"],
    );
    let stopped = world.spawn(4, PTY, &["sh", "-c", "kill -STOP $$; exit 9"]);
    assert!(alive(job));
    let keeper = world.kill_keeper(world.keeper_pid);
    world.ask(&["text", "1", "\n"]);
    signal::send(killed, signal::SIGTERM).unwrap();
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(42)");
    assert_eq!(world.ask(&["await-exit", "2"]), "Signal(15)");
    assert_eq!(world.ask(&["await-exit", "3"]), "Code(7)");
    assert!(world.ask(&["output", "3"]).contains("done"));
    assert_eq!(world.ask(&["await-exit", "4"]), "Code(9)", "{stopped}");
    // And those that the second keeper starts itself, or the third finds.
    world.spawn(5, PTY, &["sh", "-c", "read x; exit 5"]);
    world.spawn(6, PTY, &["sh", "-c", "exit 6"]);
    assert_eq!(world.ask(&["await-exit", "6"]), "Code(6)");
    world.kill_keeper(keeper);
    world.ask(&["text", "5", "\n"]);
    assert_eq!(world.ask(&["await-exit", "5"]), "Code(5)");
}

#[test]
fn the_kernel_says_how_programs_end_when_the_anchor_is_dead_too() {
    let world = World::new();
    let anchor = outlast_sys::process::parent(world.keeper_pid).unwrap();
    let name = outlast_sys::process::comm(anchor).unwrap();
    assert_eq!(name, b"outlast-anchor");
    world.spawn(1, PTY, &["sh", "-c", "read x; exit 42"]);
    signal::send(anchor, signal::SIGKILL).unwrap();
    wait_until("the anchor is dead", || !alive(anchor));
    let keeper = world.kill_keeper(world.keeper_pid);
    world.ask(&["text", "1", "\n"]);
    let end = world.ask(&["await-exit", "1"]);
    // Kernels before 6.15 do not tell a stranger.
    assert!(end == "Code(42)" || end == "Unknown", "{end}");
    eprintln!("without an anchor: {end}");
    // There is a new anchor.
    world.spawn(2, PTY, &["sh", "-c", "read x; exit 43"]);
    world.kill_keeper(keeper);
    world.ask(&["text", "2", "\n"]);
    assert_eq!(world.ask(&["await-exit", "2"]), "Code(43)");
}

#[test]
fn the_server_is_restarted_by_a_keeper_that_is_not_its_parent() {
    let world = World::new();
    world.spawn_own(1, PTY, &["bursts"]);
    world.ask(&["work", "1", "1", "0"]);
    let mut random = Random::new();
    let mut keeper = world.keeper_pid;
    for _ in 0..40 {
        let server = world.who().server_pid;
        signal::send(keeper, signal::SIGKILL).unwrap();
        wait_until("another keeper has taken over", || {
            world.who().keeper_pid != keeper
        });
        std::thread::sleep(Duration::from_micros(random.below(3000)));
        world.kill_server(server);
        keeper = world.who().keeper_pid;
    }
    let checked = world.number(1, "checked");
    let on = world.ask(&["await-checked", "1", &(checked + 1000).to_string()]);
    assert_eq!(on.split_once(' ').unwrap().1, "0");
}

#[test]
fn a_keeper_becomes_another_binary_under_a_flood() {
    let world = World::new();
    let pid = world.spawn_own(1, PTY, &["flood"]);
    world.spawn(2, PTY, &["sh", "-c", "read x; exit 42"]);
    world.ask(&["work", "1", "1", "0"]);
    let mut random = Random::new();
    for round in 0..100 {
        std::thread::sleep(Duration::from_micros(random.below(8000)));
        let path = common::testbed();
        match round % 2 {
            0 => world.ask(&["exec"]),
            _ => world.ask(&["exec", path.to_str().unwrap()]),
        };
        // Answered by whoever goes on.
        let pane = 100 + round;
        world.spawn(pane, common::EMPTY, &["-"]);
        world.ask(&["forget", &pane.to_string()]);
    }
    assert_eq!(world.who().keeper_pid, world.keeper_pid, "the same process");
    assert_eq!(world.ask(&["takeovers"]), "0");
    let checked = world.number(1, "checked");
    let on = world.ask(&["await-checked", "1", &(checked + 100_000).to_string()]);
    assert_eq!(on.split_once(' ').unwrap().1, "0");
    assert_eq!(world.number(1, "pid"), u64::from(pid));
    world.ask(&["text", "2", "\n"]);
    assert_eq!(world.ask(&["await-exit", "2"]), "Code(42)");
    // What anybody could have changed is refused, what is no program too.
    let wild = world.dir.join("wild");
    common::install(&wild, &format!("cat {}", common::testbed().display()));
    std::process::Command::new("chmod")
        .arg("777")
        .arg(&wild)
        .status()
        .unwrap();
    for path in [wild.to_str().unwrap(), "/etc/passwd"] {
        world.ask(&["exec", path]);
        world.spawn(200, common::EMPTY, &["-"]);
        world.ask(&["forget", "200"]);
        let exe = std::fs::read_link(format!("/proc/{}/exe", world.keeper_pid)).unwrap();
        assert_eq!(exe, common::testbed());
    }
}

#[test]
fn a_stopped_keeper_loses_nothing() {
    let world = World::new();
    world.spawn_own(1, PTY, &["flood"]);
    world.ask(&["work", "1", "1", "0"]);
    world.spawn_own(2, PTY, &["sink", "50000"]);
    world.ask(&["await-output", "2", "ready"]);
    signal::send(world.keeper_pid, 19).unwrap();
    world.ask(&["work", "2", "0", "50000"]);
    // Nothing to wait for: it is the time itself that is tested.
    std::thread::sleep(Duration::from_secs(1));
    let checked = world.number(1, "checked");
    signal::send(world.keeper_pid, signal::SIGCONT).unwrap();
    let on = world.ask(&["await-checked", "1", &(checked + 1_000_000).to_string()]);
    assert_eq!(on.split_once(' ').unwrap().1, "0");
    assert_eq!(world.ask(&["await-exit", "2"]), "Code(0)");
    assert_eq!(
        (world.who().keeper_pid, world.ask(&["takeovers"])),
        (world.keeper_pid, "0".into())
    );
}

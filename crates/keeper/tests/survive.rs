//! Nothing is lost, doubled or typed twice when the server is killed with -9 at random instants.
#![allow(clippy::unwrap_used)] // a test

mod common;

use std::time::Duration;

use common::{PTY, Random, World};

/// Kills the server so often, each time after it has answered and a random while of at most `within_us`.
fn kill_at_random(world: &World, times: u32, within_us: u64) {
    let mut random = Random::new();
    let before = world.who().restarts;
    for _ in 0..times {
        let pid = world.who().server_pid;
        // Not to wait for something, but to hit any instant.
        std::thread::sleep(Duration::from_micros(random.below(within_us)));
        world.kill_server(pid);
    }
    assert_eq!(world.who().restarts, before + times);
}

fn output_survives(program: &str, times: u32, within_us: u64) {
    let world = World::new();
    world.spawn_own(1, PTY, &[program]);
    assert_eq!(world.ask(&["work", "1", "1", "0"]), "ok");
    kill_at_random(&world, times, within_us);
    let checked = world.number(1, "checked");
    let on = world.ask(&["await-checked", "1", &(checked + 100_000).to_string()]);
    let (checked, wrong) = on.split_once(' ').unwrap();
    eprintln!("{program}: {checked} bytes in {times} kills");
    assert_eq!((wrong, world.number(1, "lost")), ("0", 0));
    assert_eq!(world.row(1, "status"), "Running");
}

#[test]
fn a_flood_survives_the_server() {
    output_survives("flood", 200, 10_000);
}

#[test]
fn bursts_survive_the_server() {
    output_survives("bursts", 150, 5_000);
}

#[test]
fn typed_input_survives_the_server() {
    let world = World::new();
    let total = 60_000_000;
    world.spawn_own(1, PTY, &["sink", &total.to_string()]);
    world.ask(&["await-output", "1", "ready"]);
    assert_eq!(world.ask(&["work", "1", "0", &total.to_string()]), "ok");
    // As long as there is something to type: a fast machine is done before the last of two hundred.
    let mut kills = 0;
    while kills < 200 && world.number(1, "in_done") < total {
        kill_at_random(&world, 10, 4_000);
        kills += 10;
    }
    eprintln!("{total} bytes typed under {kills} kills");
    assert!(kills >= 40, "typed before there were enough kills");
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(0)");
    assert_eq!(world.number(1, "in_done"), total);
    assert!(
        world
            .ask(&["output", "1"])
            .contains(&format!("all {total}"))
    );
}

#[test]
fn all_of_many_panes_survive_the_server() {
    let world = World::new();
    for pane in 1..=20 {
        world.spawn_own(pane, PTY, &["bursts"]);
        world.ask(&["work", &pane.to_string(), "1", "0"]);
    }
    kill_at_random(&world, 30, 20_000);
    for pane in 1..=20 {
        let checked = world.number(pane, "checked");
        let on = world.ask(&[
            "await-checked",
            &pane.to_string(),
            &(checked + 1000).to_string(),
        ]);
        assert_eq!(on.split_once(' ').unwrap().1, "0", "pane {pane}");
    }
}

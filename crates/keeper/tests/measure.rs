//! What the keeper costs. Not a test of anything; to be run by hand on a quiet machine:
//! `cargo test --release -p outlast-keeper --test measure -- --ignored --nocapture`
#![allow(clippy::unwrap_used)] // a test

mod common;

use std::time::Instant;

use common::{PTY, World};

#[test]
#[ignore = "a measurement"]
fn measure() {
    let world = World::new();
    world.spawn_own(1, PTY, &["echo"]);
    world.ask(&["await-output", "1", "ready"]);
    for _ in 0..3 {
        println!("{}", world.ask(&["bench-echo", "1", "20000"]));
    }
    for pane in 2..=4 {
        world.spawn_own(pane, PTY, &["flood", "400000000"]);
        let before = cpu_ms(world.keeper_pid);
        let rate = world.ask(&["bench-flood", &pane.to_string(), "400000000"]);
        let cpu = (cpu_ms(world.keeper_pid) - before) as f64 / 400.0;
        println!("{rate}, keeper {cpu:.2} ms of CPU per MB");
        world.ask(&["forget", &pane.to_string()]);
    }
    println!("1 pane: {}", memory(world.keeper_pid));
    for pane in 10..60 {
        world.spawn(pane, PTY, &["sh", "-c", "echo prompt; sleep 1000"]);
        world.ask(&["await-output", &pane.to_string(), "prompt"]);
    }
    println!("51 panes: {}", memory(world.keeper_pid));
    let mut times: Vec<u128> = (0..50)
        .map(|_| {
            let pid = world.who().server_pid;
            let before = Instant::now();
            world.kill_server(pid);
            world.who();
            before.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    println!(
        "killed to answered, 51 panes: p50 {} us, max {} us",
        times[25], times[49]
    );
    println!("after 50 kills: {}", memory(world.keeper_pid));
}

fn memory(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let wanted = ["VmRSS", "RssAnon", "RssFile", "RssShmem"];
    let lines = status
        .lines()
        .filter(|line| wanted.iter().any(|key| line.starts_with(key)));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Time that a process has had, user and system.
fn cpu_ms(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after = stat.rsplit(") ").next().unwrap();
    let fields = after.split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

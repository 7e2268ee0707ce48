//! Survival on the real binary, with panes flooding, a full-screen program, people typing and commands running.
//!
//! `server_is_killed` is the torture with 200 kills; with the feature `faults` the server is also killed at its most
//! delicate places; `counting_is_right` plays the same without kills on a real tmux. `SURVIVE_SEED` repeats a run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::torture::{self, Plan, Report};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Rng, Signal, World, proc, roles};

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    let mut add = |name: &str, run: fn(&Binary) -> Result<(), String>| {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || run(&binary)));
    };
    add("server_is_killed", server_is_killed);
    add("server_is_killed_with_many_panes", many_panes);
    add("clients_go_and_panes_stay", clients_go);
    add("a_client_of_a_dead_server_waits", waiting);
    if cfg!(feature = "faults") {
        add("server_is_killed_at_its_most_delicate_places", delicate);
    }
    for tmux in Binary::installed().into_iter().take(1) {
        trials.push(Trial::new(
            format!("counting_is_right_on_{}", tmux.name()),
            move || {
                let plan = Plan {
                    resize: false,
                    ..Plan::new(seed(), &[], 0, Duration::from_secs(4))
                };
                tortured(&tmux, &plan).map(drop)
            },
        ));
    }
    harness::main(trials, 1)
}

fn seed() -> u64 {
    Rng::seed("SURVIVE_SEED", 12)
}

fn tortured(binary: &Binary, plan: &Plan) -> Result<Report, String> {
    println!("seed {} on {}", plan.seed, binary.name());
    let report = torture::run(binary, plan)
        .map_err(|error| format!("SURVIVE_SEED={}: {error}", plan.seed))?;
    println!("  {report}");
    Ok(report)
}

fn server_is_killed(binary: &Binary) -> Result<(), String> {
    let faults = ["server-kill", "server-kill-in-a-row"];
    let plan = Plan::new(seed(), &faults, 200, Duration::from_secs(300));
    tortured(binary, &plan).map(drop)
}

/// Kills inside each of a checkpoint, a history append, a cut-back, a journal write, effects and recovery.
fn delicate(binary: &Binary) -> Result<(), String> {
    let strikes = 20 * torture::POINTS.len() as u64;
    let plan = Plan {
        each: true,
        ..Plan::new(seed(), &torture::POINTS, strikes, Duration::from_secs(200))
    };
    tortured(binary, &plan).map(drop)
}

/// 50 panes: how long until an attached client goes on.
fn many_panes(binary: &Binary) -> Result<(), String> {
    let mut times = torture::recovery(binary, 50, 20)?;
    times.sort_unstable();
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    println!(
        "50 panes: back after {:.1} ms at the median, {:.1} at most",
        times.get(times.len() / 2).map_or(0.0, ms),
        times.last().map_or(0.0, ms)
    );
    Ok(())
}

/// Clients killed, hung up, cut off: a counting program in the pane goes on.
fn clients_go(binary: &Binary) -> Result<(), String> {
    let world = World::new(binary)?;
    let count = "i=0; while :; do i=$((i+1)); echo tick $i; echo $i > count; sleep 0.01; done";
    world.session("a", (80, 24), count)?;
    // Before the program runs, it has no pid.
    let pid = world.until(
        &["display-message", "-p", "-t", "a", "#{pane_pid}"],
        |pid| pid.trim_end() != "0",
    )?;
    let pid = pid.trim_end();
    let read = || {
        std::fs::read_to_string(world.home().join("count"))
            .unwrap_or_default()
            .trim()
            .parse::<u64>()
    };
    for way in ["kill", "hang up", "terminate", "cut", "stop and cut"] {
        let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
        client.wait_text("tick", patience())?;
        match way {
            "kill" => client.signal(Signal::KILL)?,
            "hang up" => client.signal(Signal::HUP)?,
            "terminate" => client.signal(Signal::TERM)?,
            "stop and cut" => {
                client.pause(true);
                client.cut();
            }
            _ => client.cut(),
        }
        client.wait_end(patience())?;
        world
            .until(&["list-clients"], str::is_empty)
            .map_err(|error| format!("{way}: {error}"))?;
        let (before, end) = (read().unwrap_or(0), Instant::now() + patience());
        while read().unwrap_or(0) <= before + 3 {
            if Instant::now() > end {
                return Err(format!(
                    "after a client's end by {way} the pane stands still"
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    match world.format("a", "#{pane_pid}")? {
        now if now == pid => Ok(()),
        now => Err(format!("the pane's process was {pid} and is {now}")),
    }
}

/// A command that finds no living server waits for the one that is coming, also when many come at once.
fn waiting(binary: &Binary) -> Result<(), String> {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "-n", "first", "exec cat"])?;
    for round in 0..10 {
        let server = world.server_pid()?;
        proc::signal(server, Signal::KILL)?;
        std::thread::scope(|scope| {
            let commands: Vec<_> = (0..8)
                .map(|n| {
                    let (world, name) = (&world, format!("w{round}-{n}"));
                    scope.spawn(move || {
                        world.ok(&["new-window", "-d", "-t", "a:", "-n", &name, "exec cat"])
                    })
                })
                .collect();
            commands
                .into_iter()
                .try_for_each(|command| match command.join() {
                    Ok(result) => result.map(drop),
                    Err(_) => Err("a thread failed".into()),
                })
        })?;
        let names = world.ok(&["list-windows", "-t", "a", "-F", "#{window_name}"])?;
        let mut names: Vec<&str> = names.lines().filter(|name| *name != "first").collect();
        names.sort_unstable();
        let wanted: Vec<String> = (0..8).map(|n| format!("w{round}-{n}")).collect();
        if names != wanted {
            return Err(format!("round {round}: windows are {names:?}"));
        }
        for name in wanted {
            world.ok(&["kill-window", "-t", &format!("=a:={name}")])?;
        }
    }
    Ok(())
}

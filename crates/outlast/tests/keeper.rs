//! The keeper's death on the real binary, with panes flooding, a full-screen program, people typing and commands
//! running: every process lives, every line, key, command and screen is there once. `SURVIVE_SEED` repeats a run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::torture::{self, Plan};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Rng, Signal, World, proc, roles};

type Result<T> = std::result::Result<T, String>;
type Test = fn(&Binary) -> Result<()>;

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let trials: [(&str, Test); 6] = [
        ("keeper_is_killed", |binary| {
            tortured(binary, &["keeper-kill"], 100)
        }),
        (
            "keeper_and_server_are_killed_one_after_the_other",
            both_in_turn,
        ),
        ("keeper_becomes_another_binary", |binary| {
            tortured(binary, &["keeper-exec", "keeper-kill"], 100)
        }),
        ("ends_are_known_after_the_keeper_s_death", ends),
        ("both_killed_is_said_at_the_next_start", both),
        ("programs_go_first_when_memory_runs_out", scores),
    ];
    let trials = trials
        .into_iter()
        .map(|(name, run)| {
            let binary = binary.clone();
            Trial::new(name, move || run(&binary))
        })
        .collect();
    harness::main(trials, 1)
}

/// With a build that can be stopped there also in the middle of a recovery.
fn both_in_turn(binary: &Binary) -> Result<()> {
    let mut faults = vec!["keeper-then-server", "server-then-keeper"];
    if cfg!(feature = "faults") {
        faults.push("recovery-then-keeper");
    }
    tortured(binary, &faults, 40)
}

fn tortured(binary: &Binary, faults: &[&'static str], strikes: u64) -> Result<()> {
    let seed = Rng::seed("SURVIVE_SEED", 11);
    println!("seed {seed}");
    let plan = Plan {
        resize: false,
        ..Plan::new(seed, faults, strikes, Duration::from_secs(300))
    };
    let report =
        torture::run(binary, &plan).map_err(|error| format!("SURVIVE_SEED={seed}: {error}"))?;
    println!("  {report}");
    Ok(())
}

/// Exit status, signal, a job's output and a stopped program, all of which the dead keeper had started.
fn ends(binary: &Binary) -> Result<()> {
    let world = World::new(binary)?;
    world.write(".tmux.conf", "set -g remain-on-exit on\n")?;
    world.ok(&[
        "new-session",
        "-d",
        "-s",
        "a",
        "-n",
        "code",
        "read x; exit 42",
    ])?;
    world.ok(&[
        "new-window",
        "-d",
        "-t",
        "a:5",
        "-n",
        "signal",
        "exec sleep 1000",
    ])?;
    world.ok(&["new-window", "-d", "-t", "a:6", "-n", "lives", "exec cat"])?;
    let mark = world.dir().join("job");
    let job = format!(
        "while [ ! -e {0}.go ]; do sleep 0.05; done; echo done > {0}",
        mark.display()
    );
    world.ok(&["run-shell", "-b", &job])?;
    let sleeper: u32 = world
        .format("a:5", "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    let lives = world.format("a:6", "#{pane_pid}")?;
    let server = world.server_pid()?;
    let old = torture::keeper(&world)?;
    proc::signal(old, Signal::KILL)?;
    proc::wait_exit(old, patience())?;
    world.ok(&["send-keys", "-t", "a:code", "Enter"])?;
    proc::signal(sleeper, Signal::TERM)?;
    for (pane, format, wanted) in [
        ("a:code", "#{pane_dead} #{pane_dead_status}", "1 42"),
        ("a:5", "#{pane_dead} #{pane_dead_signal}", "1 15"),
        ("a:6", "#{pane_dead} #{pane_pid}", &format!("0 {lives}")),
    ] {
        world.until(&["display-message", "-p", "-t", pane, format], |text| {
            text.trim() == wanted
        })?;
    }
    std::fs::write(mark.with_extension("go"), "").map_err(|error| error.to_string())?;
    let end = Instant::now() + patience();
    while !mark.exists() {
        if Instant::now() > end {
            return Err("the job was lost with the keeper".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // Everything works as before: new panes, respawn, the end.
    world.ok(&["respawn-pane", "-t", "a:code", "exec cat"])?;
    world.ok(&["new-window", "-d", "-t", "a:7", "exit 7"])?;
    world.until(
        &["display-message", "-p", "-t", "a:7", "#{pane_dead_status}"],
        |text| text.trim() == "7",
    )?;
    if world.server_pid()? != server {
        return Err("the server was another".into());
    }
    world.ok(&["kill-server"])?;
    let end = Instant::now() + patience();
    while !world.own_processes().is_empty() {
        if Instant::now() > end {
            return Err(format!("left over: {:?}", world.own_processes()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Keeper and server killed at once: panes are lost, and the next start says so.
fn both(binary: &Binary) -> Result<()> {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    world.ok(&["split-window", "-d", "-t", "a", "exec cat"])?;
    let pane: u32 = world
        .format("a", "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    let (server, keeper) = (world.server_pid()?, torture::keeper(&world)?);
    // Stopped, so that neither can do anything about the other's death.
    proc::signal(server, Signal::STOP)?;
    proc::signal(keeper, Signal::KILL)?;
    proc::signal(server, Signal::KILL)?;
    proc::wait_exit(server, patience())?;
    proc::wait_exit(pane, patience())?;
    world.ok(&["new-session", "-d", "-s", "b", "exec cat"])?;
    let client = world.client(120, 25, &["attach-session", "-t", "b"])?;
    client.wait_text("both killed: 2 panes", patience())?;
    drop(client);
    // After an end in order nothing is said.
    world.ok(&["kill-server"])?;
    let end = Instant::now() + patience();
    while !world.own_processes().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    world.ok(&["new-session", "-d", "-s", "c", "exec cat"])?;
    let client = world.client(120, 25, &["attach-session", "-t", "c"])?;
    client.wait_text("[c]", patience())?;
    match client
        .picture()
        .rows()
        .iter()
        .find(|row| row.contains("killed"))
    {
        Some(said) => Err(format!("after an end in order: {said:?}")),
        None => Ok(()),
    }
}

/// Panes' programs, and those that they start, have a raised score; keeper and server have not.
fn scores(binary: &Binary) -> Result<()> {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "sleep 1000; true"])?;
    let score = |pid: u32| -> Result<i32> {
        let text = proc::read(&format!("/proc/{pid}/oom_score_adj"))?;
        text.trim().parse().map_err(|_| format!("no score: {text}"))
    };
    let keeper = torture::keeper(&world)?;
    let own = score(keeper)?;
    for round in 0..2 {
        let pane: u32 = world
            .format("a", "#{pane_pid}")?
            .parse()
            .map_err(|_| "no pid")?;
        let wanted = (own + 300).min(1000);
        // Its pid is known before it has run.
        let end = Instant::now() + patience();
        while score(pane)? != wanted && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        if (score(pane)?, score(world.server_pid()?)?) != (wanted, own) {
            return Err(format!(
                "round {round}: pane {}, wanted {wanted}",
                score(pane)?
            ));
        }
        if round == 0 {
            proc::signal(keeper, Signal::KILL)?;
            proc::wait_exit(keeper, patience())?;
            world.ok(&["respawn-pane", "-k", "-t", "a", "sleep 1000; true"])?;
            if score(torture::keeper(&world)?)? != own {
                return Err("the second keeper's score is another".into());
            }
        }
    }
    Ok(())
}

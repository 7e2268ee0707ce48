//! Another build takes over under live sessions, on the real binary: floods, a full-screen program, people typing.
//!
//! Builds that differ are made from the one under test: bytes appended, or the release in its stamp written over (the
//! program reads its release from there). Builds that do not start are scripts with a stamp.

mod disk;
mod dying;
mod lab;
mod runs;
mod versions;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_testkit::facts::Who;
use outlast_testkit::harness::{self, Trial};
use outlast_testkit::torture::{self, Plan};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Rng, Signal, proc, roles};

use lab::{GOOD, Lab, Result, expect, install, release, run, script, text};

type Test = fn() -> Result<()>;

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let mut trials: Vec<(&str, Test)> = vec![
        ("swapped_again_and_again_under_load", swapped_under_load),
        ("a_build_that_does_not_start_is_given_up", broken_builds),
        (
            "a_build_that_does_not_start_is_given_up_by_a_later_keeper_too",
            broken_builds_later,
        ),
        ("how_long_a_swap_takes", times),
        ("the_keeper_too", keeper_too),
        ("what_is_no_build_is_refused_before", refused_before),
        ("a_newer_client_is_enough", newer_client),
        ("never_from_below_a_pane", below_a_pane),
        ("older_only_when_asked", older),
        ("what_cannot_be_read_is_not_lost", unreadable),
        (
            "clients_of_other_versions_are_told",
            versions::other_clients,
        ),
        (
            "servers_of_other_versions_are_named",
            versions::other_servers,
        ),
        ("files_of_other_formats_are_set_aside", disk::other_formats),
        ("a_run_and_who_waits_for_it_hear_nothing", runs::waited_for),
    ];
    if cfg!(feature = "faults") {
        trials.push(("a_build_that_dies_soon_is_given_up", dying::given_up));
    }
    let trials = trials
        .into_iter()
        .map(|(name, run)| Trial::new(name, run))
        .collect();
    harness::main(trials, 1)
}

/// The torture, but servers are swapped rather than killed.
fn swapped_under_load() -> Result<()> {
    let seed = Rng::seed("SURVIVE_SEED", 13);
    let faults = ["upgrade", "downgrade", "other-build"];
    let plan = Plan {
        resize: false,
        ..Plan::new(seed, &faults, 25, Duration::from_secs(300))
    };
    let report = torture::run(&Binary::outlast(GOOD), &plan);
    let report = report.map_err(|error| format!("SURVIVE_SEED={seed}: {error}"))?;
    println!("  swapped, not killed: {report}");
    match report.strikes {
        25 => Ok(()),
        n => Err(format!("only {n} of 25 swaps fitted the time")),
    }
}

/// Under floods: from the asking to the first byte at an attached client, and what the asker was told.
fn times() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    for n in 0..10u64 {
        install(&lab.installed, &[&good[..], &n.to_le_bytes()].concat())?;
        lab.client
            .wait_quiet(Duration::from_millis(100), patience());
        let (before, start) = (lab.client.total(), Instant::now());
        let said = lab.upgraded(&[])?;
        let back = lab.client.wait_bytes(before, patience())?;
        seen.push(back.saturating_duration_since(start).as_secs_f64() * 1e3);
        let ms = said
            .lines()
            .next()
            .and_then(|line| line.rsplit_once(", after "))
            .and_then(|(_, rest)| rest.strip_suffix(" ms")?.parse().ok());
        told.push(ms.ok_or_else(|| format!("no time in {said:?}"))?);
    }
    for (what, mut times) in [("a client goes on", seen), ("the asker is told", told)] {
        times.sort_by(f64::total_cmp);
        println!(
            "  10 swaps, {what} after {:.1} ms at the median, {:.1} at most",
            times[5], times[9]
        );
        if times[0] <= 0.0 {
            return Err(format!("{what} after no time: {times:?}"));
        }
    }
    lab.is_whole("swapped")
}

fn broken_builds() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let words = "release=9.9.9 state=1 reads=1 ";
    for (n, (line, said)) in [
        ("exit 3", "it ended with status 3"),
        ("exec sleep 1000", "it was not ready within 2 seconds"),
        ("kill -11 $$", "it was killed by signal 11"),
    ]
    .into_iter()
    .enumerate()
    {
        install(&lab.installed, &script(line, words))?;
        let start = Instant::now();
        let output = lab.upgrade(&[])?;
        let took = start.elapsed();
        expect(
            &output,
            1,
            &[
                "does not start",
                said,
                "goes on",
                "kept: 4 panes, 1 attached client",
            ],
        )
        .map_err(|error| format!("{line}: {error}"))?;
        // Two seconds, and some for a machine that has other things to do.
        if took > Duration::from_millis(2000) + patience() / 5 {
            return Err(format!("{line}: it took {took:?}"));
        }
        lab.is_whole(&format!("mark{n}"))?;
    }
    // Asked for again it is tried again; and one that was given up does not come with the next crash.
    expect(&lab.upgrade(&[])?, 1, &["signal 11"])?;
    lab.kill_server()?;
    lab.is_whole("killed")?;
    install(&lab.installed, &good)?;
    lab.upgraded(&[])?;
    lab.is_whole("good")
}

/// Its descriptors have other numbers, and what it has to fall back to is not the file that it runs.
fn broken_builds_later() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    for n in 0..3 {
        let keeper = torture::keeper(&lab.world)?;
        proc::signal(keeper, Signal::KILL)?;
        proc::wait_exit(keeper, patience())?;
        lab.world.wait_for(Who::Keeper, keeper)?;
        let line = format!("# {n}\nexit 3");
        install(
            &lab.installed,
            &script(&line, "release=9.9.9 state=1 reads=1 "),
        )?;
        expect(&lab.upgrade(&[])?, 1, &["does not start", "goes on"])?;
        lab.is_whole(&format!("mark{n}"))?;
    }
    Ok(())
}

fn refused_before() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    expect(&lab.upgrade(&[])?, 0, &["runs", "already"])?;
    install(&lab.installed, b"#!/bin/sh\nexit 1\n")?;
    expect(&lab.upgrade(&[])?, 1, &["is no build of outlast"])?;
    install(&lab.installed, &good)?;
    for (mode, said) in [(0o644, "is not executable"), (0o777, "written by others")] {
        fs::set_permissions(&lab.installed, PermissionsExt::from_mode(mode))
            .map_err(text("mode"))?;
        expect(&lab.upgrade(&[])?, 1, &[said])?;
    }
    fs::remove_file(&lab.installed).map_err(text("remove"))?;
    expect(&lab.upgrade(&[])?, 1, &["No such file or directory"])?;
    fs::create_dir(&lab.installed).map_err(text("directory"))?;
    expect(&lab.upgrade(&[])?, 1, &["is no file"])?;
    expect(
        &lab.upgrade(&["--sideways"])?,
        1,
        &["unknown word --sideways", "usage: "],
    )?;
    if lab.server()? != server {
        return Err("the server was started again".into());
    }
    lab.is_whole("same")?;
    let elsewhere = run(&lab.world, Path::new(GOOD), &["-L", "none", "upgrade"])?;
    expect(
        &elsewhere,
        1,
        &["no server running on", "nothing to upgrade"],
    )
}

fn newer_client() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    let newer = release("release=9.9.9 state=1 reads=1 ")?;
    let elsewhere = lab.world.dir().join("newer");
    install(&elsewhere, &newer)?;
    let newer_lists = |lab: &Lab| -> Result<()> {
        let output = run(&lab.world, &elsewhere, &["list-sessions"])?;
        expect(&output, 0, &["a: 2 windows", "b: 1 windows"])
    };
    let stays = |lab: &Lab, server: u32, why: &str| -> Result<()> {
        // Whatever was asked for is done before the answers to these.
        std::thread::sleep(Duration::from_millis(100));
        match lab.server()? {
            now if now == server => Ok(()),
            _ => Err(format!("the server was started again: {why}")),
        }
    };
    newer_lists(&lab)?;
    stays(&lab, server, "nothing else is installed")?;
    install(&lab.installed, &[&good[..], b"x"].concat())?;
    newer_lists(&lab)?;
    stays(
        &lab,
        server,
        "what is installed is another build, but no newer one",
    )?;
    install(&lab.installed, &newer)?;
    lab.world.ok(&["list-sessions"])?;
    stays(&lab, server, "the client is as old as the server")?;
    let line = format!("{} list-sessions > listed; exec cat", elsewhere.display());
    lab.world.ok(&["new-window", "-d", "-t", "a:9", &line])?;
    wait_for_file(&lab.world.home().join("listed"))?;
    stays(&lab, server, "the newer client is in a pane")?;
    lab.world.ok(&["kill-window", "-t", "a:9"])?;
    newer_lists(&lab)?;
    lab.becomes_current()?;
    lab.client
        .wait_text("outlast is upgraded to 9.9.9", patience())?;
    lab.is_whole("newer")?;

    // One that does not start is tried once.
    let server = lab.server()?;
    install(
        &lab.installed,
        &script("exit 4", "release=10.0.0 state=1 reads=1 "),
    )?;
    install(&elsewhere, &release("release=10.0.0 state=1 reads=1 ")?)?;
    newer_lists(&lab)?;
    proc::wait_exit(server, patience())?;
    lab.is_whole("fallen")?;
    let server = lab.server()?;
    newer_lists(&lab)?;
    stays(&lab, server, "it was tried and given up")
}

fn wait_for_file(path: &Path) -> Result<String> {
    let end = Instant::now() + patience();
    loop {
        match fs::read_to_string(path) {
            Ok(found) if found.ends_with('\n') => return Ok(found),
            _ if Instant::now() > end => return Err(format!("{} does not come", path.display())),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn below_a_pane() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    install(&lab.installed, &[&good[..], b"x"].concat())?;
    let socket = lab.world.socket();
    let script = format!("{GOOD} -S {socket} upgrade > said 2>&1; echo status $? >> said\n");
    lab.world.write("ask", &script)?;
    for (n, line) in [
        "sh ask",
        "env -u TMUX sh ask",
        // Not the pane's session, and its parent gone: by what it was given.
        "setsid -f sh ask",
        // The pane's session, and its parent gone.
        "(env -u TMUX sh -c 'sleep 0.2; . ./ask' &) &",
    ]
    .into_iter()
    .enumerate()
    {
        let said = lab.world.home().join("said");
        let _ = fs::remove_file(&said);
        lab.world.ok(&[
            "new-window",
            "-d",
            "-t",
            "a:9",
            &format!("{line}\nexec cat"),
        ])?;
        let end = Instant::now() + patience();
        let found = loop {
            let found = wait_for_file(&said)?;
            if found.contains("status") || Instant::now() > end {
                break found;
            }
        };
        lab.world.ok(&["kill-window", "-t", "a:9"])?;
        let right = found.starts_with("not from inside a session")
            && found.contains("detach first")
            && found.ends_with("status 1\n");
        if !right {
            return Err(format!("{n}: in a pane it said {found:?}"));
        }
    }
    let job = format!("env -u TMUX {GOOD} -S {socket} upgrade 2>&1 || true");
    let said = lab.world.ok(&["run-shell", &job])?;
    if !said.starts_with("not from inside a session") || lab.server()? != server {
        return Err(format!("run-shell said {said:?}"));
    }
    lab.is_whole("refused")?;
    lab.upgraded(&[]).map(drop)
}

fn older() -> Result<()> {
    let current = release("release=0.5.0 state=1 reads=1 ")?;
    let mut lab = Lab::new(&current)?;
    install(&lab.installed, &release("release=0.4.9 state=1 reads=1 ")?)?;
    let refused = lab.upgrade(&[])?;
    expect(
        &refused,
        1,
        &[
            "is 0.4.9, older than the server, which is 0.5.0",
            "--allow-older",
        ],
    )?;
    lab.kill_server()?;
    if lab.is_current()? {
        return Err("a crash went back to an older build".into());
    }
    lab.is_whole("crashed")?;
    let said = lab.upgraded(&["--allow-older"])?;
    if !said.starts_with("downgraded: 0.5.0") || !lab.is_current()? {
        return Err(format!("asked for: {said}"));
    }
    lab.is_whole("older")?;
    lab.kill_server()?;
    lab.is_whole("crashed again")?;
    install(&lab.installed, &current)?;
    let said = lab.upgraded(&[])?;
    match said.starts_with("upgraded: 0.4.9") && lab.is_current()? {
        true => lab.is_whole("newer"),
        false => Err(format!("back again: {said}")),
    }
}

fn unreadable() -> Result<()> {
    let current = release("release=0.5.0 state=2 reads=1 ")?;
    let mut lab = Lab::new(&current)?;
    lab.world.ok(&["set-option", "-g", "@kept", "yes"])?;
    install(&lab.installed, &release("release=0.4.9 state=1 reads=1 ")?)?;
    let server = lab.server()?;
    let refused = lab.upgrade(&["--allow-older"])?;
    expect(
        &refused,
        1,
        &[
            "cannot read what the server (0.5.0) keeps",
            "nothing was changed",
        ],
    )?;
    if lab.server()? != server {
        return Err("it was swapped all the same".into());
    }
    lab.kill_server()?;
    if lab.is_current()? || lab.world.ok(&["show-options", "-gv", "@kept"])? != "yes\n" {
        return Err("a crash lost what the other build cannot read".into());
    }
    lab.is_whole("kept")
}

/// The keeper becomes the server's build, in the same process.
fn keeper_too() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let keeper = lab.world.keeper_pid()?;
    for n in 0..5u64 {
        install(&lab.installed, &[&good[..], &n.to_le_bytes()].concat())?;
        let said = lab.upgraded(&["--keeper"])?;
        if !said.contains(&format!("the keeper, process {keeper}, is now build ")) {
            return Err(format!("round {n}: {said}"));
        }
        let exe = format!("/proc/{keeper}/exe");
        if !lab.is_current()? || !lab.runs_installed(&exe)? {
            return Err(format!("round {n}: they do not run what is installed"));
        }
        lab.is_whole(&format!("mark{n}"))?;
    }
    let again = lab.upgrade(&["--keeper"])?;
    expect(
        &again,
        0,
        &[
            "runs",
            "already",
            &format!("the keeper, process {keeper}, runs build"),
        ],
    )?;
    // What it falls back to is the build that it became, not the one from before.
    install(
        &lab.installed,
        &script("exit 3", "release=9.9.9 state=1 reads=1 "),
    )?;
    expect(&lab.upgrade(&[])?, 1, &["does not start", "goes on"])?;
    lab.is_whole("fallen")?;
    install(&lab.installed, &good)?;
    lab.upgraded(&[])?;
    lab.kill_server()?;
    lab.is_whole("killed")
}

//! Runs, and who waits for them, over other builds.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World, proc};

use crate::lab::{GOOD, Result, expect, install, run, text};

/// A run that runs, one that is started again and again, and two that wait hear nothing of two upgrades, one of the keeper
/// too, and a death in between.
pub fn waited_for() -> Result<()> {
    let world = World::new(&Binary::outlast(GOOD))?;
    let good = std::fs::read(GOOD).map_err(text(GOOD))?;
    let installed = world.dir().join("outlast");
    install(&installed, &good)?;
    let first = ["new-session", "-d", "-s", "other", "exec cat"];
    expect(&run(&world, &installed, &first)?, 0, &[])?;
    let long = "until [ -e go ]; do sleep 0.05; done; exit 7";
    let storm = "until [ -e storm ]; do sleep 0.05; done; echo x >> lives; exit 3";
    for (name, script) in [("long", long), ("storm", storm)] {
        let words = ["run", "--name", name, "--delay", "50ms", "--max-restarts"];
        let most = if name == "long" { "0" } else { "4" };
        let words = [&words[..], &[most, "--", "sh", "-c", script]].concat();
        expect(&run(&world, Path::new(GOOD), &words)?, 0, &["runs"])?;
    }
    let pid = world.format("long:", "#{pane_pid}")?;
    let mut waits = ["long", "storm"].map(|name| {
        Command::new(GOOD)
            .args(["wait", name])
            .env_clear()
            .envs(world.env())
            .stdin(Stdio::null())
            .spawn()
    });
    let waiting = |text: &str| text.matches("wait-run").count() == 2;
    world.until(&["show-messages"], waiting)?;
    let upgrade = |n: u8, words: &[&str]| -> Result<()> {
        install(&installed, &[&good[..], &[n]].concat())?;
        let words = [&["upgrade"], words].concat();
        let said = run(&world, Path::new(GOOD), &words)?;
        expect(&said, 0, &["kept: ", "0 attached clients"])
    };
    upgrade(1, &[])?;
    world.write("storm", "")?;
    upgrade(2, &["--keeper"])?;
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    proc::wait_exit(server, patience())?;
    upgrade(3, &[])?;
    let told = "#{run_name} #{run_state} #{run_restarts} #{run_exit}";
    world.until(&["list-runs", "-F", told, "storm"], |text| {
        text == "storm failed 4 3\n"
    })?;
    let lives = std::fs::read_to_string(world.home().join("lives")).unwrap_or_default();
    if lives != "x\n".repeat(5) {
        return Err(format!("its lives: {lives:?}"));
    }
    if world.format("long:", "#{run_state} #{pane_pid}")? != format!("running {pid}") {
        return Err("the run that runs is another".into());
    }
    world.write("go", "")?;
    for (wait, wanted) in waits.iter_mut().zip([7, 3]) {
        let wait = wait.as_mut().map_err(|error| format!("wait: {error}"))?;
        let end = Instant::now() + patience();
        let status = loop {
            match wait.try_wait().map_err(text("wait"))? {
                Some(status) => break status,
                None if Instant::now() > end => return Err("a wait does not end".into()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        if status.code() != Some(wanted) {
            return Err(format!("a wait ended with {status}, not {wanted}"));
        }
    }
    Ok(())
}

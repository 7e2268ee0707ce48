//! Many at once: agents that rest, and windows that a file makes.

use std::fmt::Write;
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{World, proc};

use super::drain::Drain;
use super::subject::{PATIENCE, Subject, cpu_ns, world};
use super::{Row, Rows, Scale};

/// So many panes hold agents.
const AGENTS: usize = 50;
/// So many windows a file makes.
const WINDOWS: usize = 1000;
/// It is at rest who has not been woken more than [`FEW`] times for so long: within ten seconds what is new goes to the disk.
const REST: Duration = Duration::from_secs(12);
/// A clock on the status line is no work.
const FEW: u64 = 4;

/// How often server and keeper have been woken.
pub fn wakes(world: &World) -> u64 {
    world.own_processes().into_iter().map(proc::switches).sum()
}

/// Until nothing is done any more: the text of panes that are new goes to the disk once. Somebody may look on meanwhile.
pub fn rest(world: &World, mut client: Option<&mut Drain>) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let before = wakes(world);
        pass(client.as_deref_mut(), REST)?;
        if wakes(world).saturating_sub(before) <= FEW {
            break;
        }
    }
    Ok(())
}

fn pass(client: Option<&mut Drain>, time: Duration) -> Result<(), String> {
    match client {
        Some(client) => client.read_for(time),
        None => {
            std::thread::sleep(time);
            Ok(())
        }
    }
}

/// Part of a core that agents cost who say that they are idle, and say nothing else.
pub fn agents(subject: &Subject, scale: &Scale) -> Rows {
    let Subject::Binary(binary) = subject else {
        return Ok(Vec::new());
    };
    let world = world(binary, "")?;
    let report = "printf '\\033]7501;state=idle:app=claude-code\\033\\134'; exec sleep 1000000";
    world.session("s", (80, 24), report)?;
    for _ in 1..AGENTS {
        world.ok(&["new-window", "-d", "-t", "s:", report])?;
    }
    if binary.is_outlast {
        let words = ["list-panes", "-a", "-F", "#{agent_name} #{agent_state}"];
        let line = "claude idle\n";
        world.until(&words, |said| said == line.repeat(AGENTS))?;
    }
    let mut rows = Vec::new();
    let mut measure = |what: &str, mut client: Option<&mut Drain>| -> Result<(), String> {
        rest(&world, client.as_deref_mut())?;
        let (cpu, begin) = (cpu_ns(&world), Instant::now());
        pass(client, scale.idle * 3)?;
        let spent = (cpu_ns(&world) - cpu) as f64 / begin.elapsed().as_nanos() as f64;
        let name = format!("{AGENTS} idle, {what}");
        rows.push((Row::new("agents", &name, "% CPU", false), spent * 100.0));
        Ok(())
    };
    measure("nobody looks on", None)?;
    let mut client = Drain::client(&world, (80, 25), &["attach-session", "-t", "s"])?;
    client.wait(b"[s]", PATIENCE)?;
    measure("status line shown", Some(&mut client))?;
    if binary.is_outlast {
        let argv = [
            binary.path.to_string_lossy().into_owned(),
            "-S".into(),
            world.socket(),
            "events".into(),
            "--follow".into(),
            "-n".into(),
            "1".into(),
            "--json".into(),
        ];
        // There is something to begin with.
        let end = ["new-window", "-d", "-t", "s:", "-n", "last", "exit 0"];
        world.ok(&end)?;
        world.until(&["show-events"], |said| said.contains("ended"))?;
        let home = world.home().to_string_lossy().into_owned();
        let pty = outlast_testkit::Pty::spawn(&argv, &world.env(), &home, 80, 24)?;
        let mut follows = Drain::new(pty)?;
        follows.wait(b"\"event\"", patience())?;
        measure("and events are followed", Some(&mut client))?;
    }
    Ok(rows)
}

/// Windows that a file makes, and what a command costs among them.
pub fn windows(subject: &Subject, scale: &Scale) -> Rows {
    let Subject::Binary(binary) = subject else {
        return Ok(Vec::new());
    };
    let world = world(binary, "")?;
    world.session("s", (80, 24), "exec sleep 1000000")?;
    let mut file = String::new();
    for _ in 0..WINDOWS {
        // Writing to a text does not fail.
        let _ = writeln!(file, "new-window -d -t s: 'exec sleep 1000000'");
    }
    world.write("many", &file)?;
    let path = world.home().join("many").to_string_lossy().into_owned();
    let (start, cpu) = (Instant::now(), cpu_ns(&world));
    let mut command = std::process::Command::new(world.dir().join("bin/tmux"));
    let done = command
        .args(["source-file", &path])
        .env_clear()
        .envs(world.env())
        .status()
        .map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    if !done.success() {
        return Err(format!("source-file: {done}"));
    }
    let made = (cpu_ns(&world) - cpu) as f64 / 1e9;
    rest(&world, None)?;
    let many = 20 * scale.tries;
    let cpu = cpu_ns(&world);
    for _ in 0..many {
        world.ok(&["display-message", "-p", "#{session_name}"])?;
    }
    let each = (cpu_ns(&world) - cpu) as f64 / 1e6 / many as f64;
    let row = |name: &str, unit| Row::new(&format!("{WINDOWS} windows"), name, unit, false);
    Ok(vec![
        (row("made by a file", "s"), seconds),
        (row("made by a file, CPU", "s"), made),
        (row("CPU per display-message", "ms"), each),
    ])
}

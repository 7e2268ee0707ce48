//! System calls that fail, in a build with the feature `faults`: the n-th of a kind, for n over a range, in the server
//! and in the keeper, while everything goes on. What was asked for may be refused in words; nothing else may be lost.

use std::time::{Duration, Instant};

use outlast_testkit::facts::Who;
use outlast_testkit::world::patience;
use outlast_testkit::{Client, Signal, World, proc, roles, torture};

use crate::bystanders::{Bystanders, Kept};

type Result<T> = std::result::Result<T, String>;

const EINTR: i32 = 4;
const EIO: i32 = 5;
const EAGAIN: i32 = 11;
const ENOMEM: i32 = 12;
const EMFILE: i32 = 24;
const EFBIG: i32 = 27;
const ENOSPC: i32 = 28;

/// In whom, which call, with which errors, up to which n.
type Row = (&'static str, &'static str, &'static [i32], u64);

const ROWS: [Row; 12] = [
    ("server", "memfd", &[EMFILE, ENOMEM], 8),
    ("server", "ftruncate", &[ENOSPC, EFBIG, EINTR], 8),
    ("server", "mmap", &[ENOMEM], 8),
    ("server", "pwrite", &[ENOSPC, EINTR], 4),
    ("server", "fallocate", &[ENOSPC, EINTR], 2),
    ("keeper", "memfd", &[EMFILE], 4),
    ("keeper", "ftruncate", &[ENOSPC, EINTR], 4),
    ("keeper", "mmap", &[ENOMEM], 4),
    ("keeper", "splice", &[EINTR, ENOMEM], 40),
    ("keeper", "fork", &[EAGAIN], 3),
    ("keeper", "pty", &[ENOSPC, EIO], 2),
    ("keeper", "socketpair", &[EMFILE], 2),
];

/// Has calls fail in what is started in this world from now on.
pub fn prepare(world: &mut World) -> String {
    let file = world.dir().join("fail").to_string_lossy().into_owned();
    world.set_env("OUTLAST_FAIL", Some(&file));
    file
}

/// More than the journal takes before it is written anew.
fn large(world: &World) -> std::path::PathBuf {
    world.dir().join("large")
}

/// A bit of everything: a pane with output enough for new memory, typing, a buffer, its end. What it did to the client.
fn work(world: &World, client: &mut Client, name: &str) -> Result<()> {
    let lines = "i=0; while [ $i -lt 3000 ]; do echo line $i of many that scroll off; i=$((i+1)); done; exec cat";
    // Whatever of this is refused is refused in words, within the usual time.
    world.tmux(&["new-window", "-d", "-t", "a:9", "-n", name, lines])?;
    world.tmux(&[
        "load-buffer",
        "-b",
        "large",
        &large(world).to_string_lossy(),
    ])?;
    client.type_text(name)?;
    client.wait_text(name, patience())?;
    client.keys("Enter")?;
    world.tmux(&["split-window", "-d", "-t", "a:9", "exec cat"])?;
    world.tmux(&["clear-history", "-t", "a:9"])?;
    // A new server makes and maps things, too.
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    world.server_pid()?;
    world.tmux(&["kill-window", "-t", "a:9"])?;
    Ok(())
}

/// The n-th of each kind.
pub fn memory(world: &mut World) -> Result<()> {
    let file = prepare(world);
    let world = &*world;
    let others = Bystanders::start(world, Kept::All)?;
    world.session("a", (80, 24), "exec cat")?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", patience())?;
    std::fs::write(large(world), "large ".repeat(50_000)).map_err(|error| error.to_string())?;
    // Blocks of history are given back, too.
    world.ok(&["set-option", "-t", "a", "history-limit", "200"])?;
    let (mut strikes, mut number) = (0, 0);
    for (who, call, errors, most) in ROWS {
        let mut reached = 0;
        for errno in errors {
            for n in 1..=most {
                let plan = format!("{who} {call} {errno} {n} 1");
                write(&file, &plan)?;
                // Memory is given back now and then only.
                let tries = if call == "fallocate" { 10 } else { 1 };
                for _ in 0..tries {
                    number += 1;
                    let name = format!("round{number}.");
                    work(world, &mut client, &name)
                        .and_then(|()| others.go_on())
                        .map_err(|error| format!("{plan}: {error}"))?;
                    if !std::path::Path::new(&file).exists() {
                        break;
                    }
                }
                if std::fs::remove_file(&file).is_ok() {
                    break;
                }
                (strikes, reached) = (strikes + 1, n.max(reached));
            }
        }
        println!("  {who} {call}: up to the {reached}th");
        if reached == 0 {
            return Err(format!("no {call} of the {who} was ever reached"));
        }
    }
    println!("  {strikes} calls failed");
    if world.keeper_pid()? != others.keeper() {
        return Err("the keeper is another".into());
    }
    others.check()
}

/// A file appears whole.
fn write(file: &str, text: &str) -> Result<()> {
    let new = format!("{file}.new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, file))
        .map_err(|error| error.to_string())
}

/// The state on disk: what fails is said once and tried again.
pub fn disk(world: &mut World) -> Result<()> {
    let file = prepare(world);
    let world = &*world;
    let others = Bystanders::start(world, Kept::All)?;
    world.session("a", (120, 24), "exec cat")?;
    let mut client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", patience())?;
    let rows = [
        ("write", ENOSPC),
        ("write", EIO),
        ("write", EINTR),
        ("fsync", EIO),
        ("rename", EIO),
        ("open", EMFILE),
    ];
    for (call, errno) in rows {
        let plan = format!("server {call} {errno} 1 2");
        write(&file, &plan)?;
        world.ok(&["set-buffer", "-b", call, &plan])?;
        let end = Instant::now() + patience() * 6;
        while std::path::Path::new(&file).exists() {
            if Instant::now() > end {
                return Err(format!("{plan} was never reached"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // What it was to write is there in the end.
        while !on_disk(world, &plan) {
            if Instant::now() > end {
                return Err(format!("{plan}: it is not on disk"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("  {plan}");
    }
    client.type_text("still here")?;
    client.wait_text("still here", patience())?;
    others.same_processes()?;
    others.check()
}

/// Whether a text is in the buffers that are kept.
fn on_disk(world: &World, text: &str) -> bool {
    let places = std::fs::read_dir(world.home().join(".local/state/outlast"));
    places.into_iter().flatten().flatten().any(|place| {
        let bytes = std::fs::read(place.path().join("buffers")).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

/// A kernel that cannot splice (each call says EINVAL): bytes are moved by plain reads and writes, and a keeper that is
/// killed in the middle may have lost one read. The pane says so, and no more is missing.
pub fn no_splice(world: &mut World) -> Result<()> {
    let file = prepare(world);
    write(&file, "keeper splice 22 1 0")?;
    let world = &*world;
    crate::flood(world)?;
    world.session("b", (80, 24), "exec cat")?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "b"])?;
    client.wait_text("[b]", patience())?;
    const NOTE: &str = "bytes of output may be missing";
    let capture = || world.ok(&["capture-pane", "-p", "-J", "-t", "a", "-S", "-"]);
    const KILLS: usize = 5;
    for kill in 0..KILLS {
        let keeper = torture::keeper(world)?;
        write(&file, "keeper splice 22 1 0\nkeeper publish 0 30 1")?;
        world.wait_for(Who::Keeper, keeper)?;
        client.type_text(&format!("{kill}."))?;
    }
    world.until(
        &["capture-pane", "-p", "-J", "-t", "a", "-S", "-"],
        |text| text.matches(NOTE).count() == KILLS,
    )?;
    // What was typed is there once: it was output that was under way.
    client.wait_text("0.1.2.3.4.", patience())?;
    std::fs::write(world.dir().join("stop"), "").map_err(|error| error.to_string())?;
    world.until(&["capture-pane", "-p", "-t", "a"], |text| {
        text.contains("flood0 ends after")
    })?;
    let text = capture()?;
    let number = |line: &str| line.strip_prefix("flood0 ")?.get(..7)?.parse::<u64>().ok();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    // The note stands near the gap: what is in the ring before it is shown when its turn comes.
    let (mut last, mut gaps, mut missing) = (None, 0, 0);
    for line in lines {
        let Some(now) = number(line) else { continue };
        if line != roles::flood::line("flood0", now, 1) {
            // A line that a gap begins or ends in.
            continue;
        }
        let next = last.map_or(0, |last| last + 1);
        if now < next {
            return Err(format!("line {now} comes after {last:?}"));
        }
        gaps += usize::from(now > next);
        missing += (next..now)
            .map(|n| roles::flood::line("flood0", n, 1).len() + 12)
            .sum::<usize>();
        last = Some(now);
    }
    let notes = text.matches(NOTE).count();
    println!("  {notes} notes, {gaps} gaps: {missing} bytes of lines, the torn ones included");
    // A note that comes in the middle of a line tears that one as well.
    match missing > 0 && gaps <= 2 * notes && missing <= notes * 9000 {
        true => Ok(()),
        false => Err(format!(
            "{missing} bytes are missing in {gaps} gaps and {notes} notes are there"
        )),
    }
}

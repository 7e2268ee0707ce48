//! Files on disk are covered by what builds say of the formats that they read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World, proc};

use crate::lab::{GOOD, Result, expect, install, release, run, text};

/// The world's state directory, once a server has one.
fn place(world: &World) -> Option<PathBuf> {
    let base = world.home().join(".local/state/outlast");
    let entries = fs::read_dir(base).ok()?;
    entries.flatten().map(|entry| entry.path()).next()
}

/// Files of a directory, not of those below it, but for the lock.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name, fs::read(entry.path()).ok()?))
    });
    named.filter(|(name, _)| name != "lock").collect()
}

/// Everything dies, as when the machine does.
fn die(world: &World) -> Result<()> {
    let end = Instant::now() + patience();
    loop {
        let running = world.processes();
        if running.is_empty() {
            break;
        }
        for pid in running {
            let _ = proc::signal(pid, Signal::KILL);
            let _ = proc::wait_exit(pid, Duration::from_secs(1));
        }
        if Instant::now() > end {
            return Err("something lives on".into());
        }
    }
    let runtime = world.dir().join("t");
    fs::remove_dir_all(&runtime).map_err(text("runtime"))?;
    fs::create_dir_all(&runtime).map_err(text("runtime"))
}

/// A build that cannot read what is on disk starts without it, says so, and leaves it whole for the build that can.
pub fn other_formats() -> Result<()> {
    let world = World::new(&Binary::outlast(GOOD))?;
    let (newer, older) = (world.dir().join("newer"), world.dir().join("older"));
    install(&newer, &release("release=0.5.0 state=2 reads=1 ")?)?;
    install(&older, &release("release=0.4.9 state=1 reads=1 ")?)?;
    let line = "echo preci''ous; exec cat";
    expect(
        &run(&world, &newer, &["new-session", "-d", "-s", "kept", line])?,
        0,
        &[],
    )?;
    let end = Instant::now() + patience() + Duration::from_secs(10);
    let written = |world: &World| {
        let files = place(world).map(|place| files(&place)).unwrap_or_default();
        let has = |name: &str, what: &str| {
            files
                .get(name)
                .is_some_and(|bytes| String::from_utf8_lossy(bytes).contains(what))
        };
        has("state", "\"kept\"") && has("pane-0.text", "precious")
    };
    while !written(&world) {
        if Instant::now() > end {
            return Err("it is not written".into());
        }
        // Another process writes, and says nothing of it.
        std::thread::sleep(Duration::from_millis(20));
    }
    die(&world)?;
    let place = place(&world).ok_or("no place")?;
    let before = files(&place);

    expect(
        &run(&world, &older, &["new-session", "-d", "-s", "new"])?,
        0,
        &[],
    )?;
    let listed = run(&world, &older, &["list-sessions", "-F", "#{session_name}"])?;
    expect(&listed, 0, &["new\n"])?;
    if listed.stdout != "new\n" {
        return Err(format!("there is {:?}", listed.stdout));
    }
    let client = world.client(250, 25, &["attach-session", "-t", "new"])?;
    client.wait_text(
        "of outlast 0.5.0, format 2, which outlast 0.4.9 does not read: moved to",
        patience(),
    )?;
    drop(client);
    let aside = fs::read_dir(place.join("aside")).map_err(text("aside"))?;
    let aside = aside
        .flatten()
        .map(|entry| entry.path())
        .next()
        .ok_or("nothing aside")?;
    if files(&aside) != before {
        return Err("what was set aside is not what was there".into());
    }
    // What the older one writes is its own, and kill-server leaves what is not.
    expect(&run(&world, &older, &["kill-server"])?, 0, &[])?;
    die(&world)?;
    if files(&aside) != before {
        return Err("kill-server deleted what was set aside".into());
    }
    for name in before.keys() {
        fs::rename(aside.join(name), place.join(name)).map_err(text("back"))?;
    }
    expect(&run(&world, &newer, &["start-server"])?, 0, &[])?;
    let captured = run(
        &world,
        &newer,
        &["capture-pane", "-p", "-t", "kept", "-S", "-"],
    )?;
    expect(&captured, 0, &["precious"])
}

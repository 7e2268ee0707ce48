//! A reboot without a reboot, and looks at what is on disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use outlast_core::save::disk::{decode_sections, decode_text};
use outlast_testkit::World;

pub type Test = Result<(), String>;

pub use outlast_testkit::reboot::reboot;

/// Where the world's server keeps its state.
pub fn places(world: &World) -> Vec<PathBuf> {
    let base = world.home().join(".local/state/outlast");
    let entries = fs::read_dir(base).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// All files below a directory, with their bytes.
pub fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.insert(path, bytes);
        }
    }
    found
}

pub fn kept(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    places(world)
        .iter()
        .flat_map(|place| files(place))
        .collect()
}

/// The text on disk of all panes.
pub fn texts(world: &World) -> String {
    let mut text = String::new();
    for (path, bytes) in kept(world) {
        if path.extension().is_some_and(|end| end == "text")
            && let Ok(rows) = decode_text(&bytes)
        {
            text.push_str(&String::from_utf8_lossy(&rows.rows));
        }
    }
    text
}

/// What the sections on disk say.
pub fn state(world: &World) -> String {
    let newest = kept(world)
        .into_iter()
        .find(|(path, _)| path.ends_with("state"));
    let sections = newest.and_then(|(_, bytes)| decode_sections(&bytes).ok());
    let mut text = String::new();
    for (key, section) in sections.unwrap_or_default() {
        text.push_str(&format!("{key} {}\n", String::from_utf8_lossy(&section)));
    }
    text
}

/// Waits until the disk is as it should be: text is there within ten seconds, by the promise.
pub fn until_disk(what: &str, mut done: impl FnMut() -> bool) -> Test {
    let end = Instant::now() + Duration::from_secs(11);
    while !done() {
        if Instant::now() > end {
            return Err(format!("after eleven seconds the disk: {what}"));
        }
        // Another process writes, and says nothing of it.
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub fn same(what: &str, found: &str, wanted: &str) -> Test {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}: found\n{found}\nwanted\n{wanted}"))
}

pub fn has(what: &str, found: &str, wanted: &str) -> Test {
    if found.contains(wanted) {
        return Ok(());
    }
    Err(format!("{what}: no {wanted:?} in\n{found}"))
}

pub fn has_not(what: &str, found: &str, unwanted: &str) -> Test {
    if found.contains(unwanted) {
        return Err(format!("{what}: {unwanted:?} in\n{found}"));
    }
    Ok(())
}

pub fn capture(world: &World, pane: &str) -> Result<String, String> {
    world.ok(&["capture-pane", "-p", "-e", "-J", "-S", "-", "-t", pane])
}

pub fn wait_capture(world: &World, pane: &str, text: &str) -> Result<String, String> {
    world.until(
        &["capture-pane", "-p", "-e", "-J", "-S", "-", "-t", pane],
        |found| found.contains(text),
    )
}

/// Nobody but the owner reads, writes or lists anything.
pub fn owner_only(world: &World) -> Test {
    let paths = kept(world).into_keys().chain(places(world));
    for path in paths {
        let mode = fs::metadata(&path)
            .map_err(|error| error.to_string())?
            .mode();
        if mode & 0o077 != 0 {
            return Err(format!("{} has mode {mode:o}", path.display()));
        }
    }
    Ok(())
}

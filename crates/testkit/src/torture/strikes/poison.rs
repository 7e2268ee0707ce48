//! Output that kills the server, planted in a build with the feature `faults`.

use std::fs;

use super::super::hand::Hand;
use crate::{Result, at, roles};

/// What kills (`OUTLAST_POISON`).
pub const TEXT: &str = "the-planted-poison";

/// It kills twice, is stepped over, kept as a file and said so; what comes before and after it is there.
pub fn strike(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let world = hand.world;
    let name = format!("bad{}", hand.number);
    let go = world.dir().join(format!("{name}.go"));
    let next = go.with_extension("next");
    let wait = |path: &std::path::Path| {
        let path = roles::quote(&path.to_string_lossy());
        format!("while [ ! -e {path} ]; do sleep 0.01; done")
    };
    // In one write, and nothing else with it.
    let script = format!(
        "echo before; {}; echo the-planted''-poison; {}; echo after; exec cat",
        wait(&go),
        wait(&next)
    );
    let size = ["-x", "80", "-y", "24", &script];
    world.ok(&[&["new-session", "-d", "-s", &name], &size[..]].concat())?;
    let shows = ["capture-pane", "-p", "-t", &name];
    world.until(&shows, |text| text.contains("before"))?;
    let kept = || poisons(hand);
    let before = kept();
    at(fs::write(&go, ""), "go")?;
    let text = world.until(&shows, |text| text.contains("output are lost"))?;
    at(fs::write(&next, ""), "next")?;
    let after = world.until(&shows, |text| text.contains("after"))?;
    if after.contains(TEXT) || !after.contains("before") {
        return Err(format!("the pane shows {text:?}, then {after:?}"));
    }
    if !hand.diskless && kept() <= before {
        return Err("no file has the poison".into());
    }
    world.ok(&["kill-session", "-t", &name]).map(drop)
}

/// Files that were kept.
fn poisons(hand: &Hand<'_>) -> usize {
    let entries = fs::read_dir(hand.world.home().join(".local/state/outlast"));
    let names = entries.into_iter().flatten().flatten();
    names
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("poison-"))
        .count()
}

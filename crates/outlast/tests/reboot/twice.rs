//! The server dies while it brings things back, and again later: what came from disk is not lost by that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use outlast_testkit::{Binary, Signal, World, proc};

use crate::lab::*;

/// Places at which a server may die while it brings things back.
const POINTS: [&str; 7] = [
    "journal-write",
    "journal-publish",
    "effects",
    "history-append",
    "checkpoint-write",
    "checkpoint-flip",
    "ready",
];
/// At each point it dies at the first passing, at the second, and so on, at most so often.
const PASSINGS: u64 = 8;
const PANES: [&str; 3] = ["a:.0", "a:.1", "a:.2"];

/// A pane with a shell and history, one whose program has ended, one that never had any.
fn build(world: &World) -> Test {
    let living = "seq 900; printf '\\033[31mli''ving\\033[m\\n'; exec sh";
    world.session("a", (80, 40), living)?;
    world.ok(&["set-option", "-g", "remain-on-exit", "on"])?;
    world.ok(&[
        "split-window",
        "-d",
        "-t",
        "a:.0",
        "seq 700; echo the' 'end; exit 3",
    ])?;
    let piped = "printf 'first\\nempty text\\n' | tmux split-window -d -I -t a:.1";
    let output = world.run(&["sh", "-c", piped].map(String::from))?;
    if output.status != 0 {
        return Err(output.stderr);
    }
    for text in ["living", "the end", "empty text"] {
        until_disk(text, || texts(world).contains(text))?;
    }
    Ok(())
}

/// What the panes show, without the lines that say when and without prompts; numbers in a row as one.
fn shown(world: &World) -> Result<String, String> {
    let mut all = String::new();
    for pane in PANES {
        let text = capture(world, pane)?;
        let mut row: Option<(u64, u64)> = None;
        let end_row = |row: &mut Option<(u64, u64)>| {
            row.take().map_or(String::new(), |(first, last)| {
                format!("{pane} {first} to {last}\n")
            })
        };
        for line in text.lines() {
            let number = line.parse::<u64>().ok();
            match (&mut row, number) {
                (Some((_, last)), Some(n)) if *last + 1 == n => *last = n,
                (_, Some(n)) => {
                    all.push_str(&end_row(&mut row));
                    row = Some((n, n));
                }
                (_, None) => {
                    all.push_str(&end_row(&mut row));
                    let prompt = line.trim_end().ends_with(['#', '$']);
                    if !line.is_empty() && !prompt && !line.contains("[outlast: ") {
                        all.push_str(&format!("{pane} {line}\n"));
                    }
                }
            }
        }
        all.push_str(&end_row(&mut row));
    }
    for what in [
        "a:.0 1 to 900\n",
        "living\n",
        "a:.1 1 to 700\n",
        "the end\n",
        "a:.2 empty text\n",
    ] {
        if all.matches(what).count() != 1 {
            return Err(format!("{what:?} is not there once:\n{all}"));
        }
    }
    Ok(all)
}

fn put_back(place: &Path, good: &BTreeMap<PathBuf, Vec<u8>>) -> Test {
    let _ = fs::remove_dir_all(place);
    for (path, bytes) in good {
        let dir = path.parent().ok_or("no folder")?;
        fs::create_dir_all(dir).map_err(|error| error.to_string())?;
        fs::write(path, bytes).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Where on disk a word is.
fn lines_with(world: &World, word: &str) -> String {
    let mut found = String::new();
    for (path, bytes) in kept(world) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for line in text.lines().filter(|line| line.contains(word)) {
            found.push_str(&format!("{}: {line:?}\n", path.display()));
        }
    }
    found
}

fn kill_server(world: &World) -> Test {
    let pid = world.server_pid()?;
    proc::signal(pid, Signal::KILL)?;
    proc::wait_exit(pid, outlast_testkit::world::patience()).map(drop)
}

/// Panes with a program and without keep their text through any number of crashes.
pub fn crashes_after(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    build(&world)?;
    reboot(&world)?;
    world.ok(&["start-server"])?;
    let before = shown(&world)?;
    for round in 0..3 {
        kill_server(&world)?;
        same(&format!("crash {round}"), &shown(&world)?, &before)?;
    }
    // The keeper's death costs them nothing either.
    let keeper = world.keeper_pid()?;
    proc::signal(keeper, Signal::KILL)?;
    proc::wait_exit(keeper, outlast_testkit::world::patience())?;
    world.until(&["display-message", "-p", "#{pid}"], |pid| {
        pid.trim().parse::<u32>().is_ok()
    })?;
    same("without the keeper", &shown(&world)?, &before)?;
    kill_server(&world)?;
    same("after the keeper", &shown(&world)?, &before)?;
    // And both become panes with a program again.
    for pane in ["a:.1", "a:.2"] {
        world.ok(&["respawn-pane", "-t", pane, "echo reviv''ed; exec cat"])?;
        wait_capture(&world, pane, "revived")?;
        kill_server(&world)?;
        wait_capture(&world, pane, "revived")?;
    }
    let history = |world: &World| -> Test {
        match capture(world, "a:.1")?.contains("699\n") {
            true => Ok(()),
            false => Err("the history of what had ended is gone".into()),
        }
    };
    history(&world)?;
    // Another reboot after all that.
    until_disk("the respawned", || {
        texts(&world).matches("revived").count() == 2
    })
    .map_err(|error| format!("{error}: {}", lines_with(&world, "revived")))?;
    reboot(&world)?;
    world.ok(&["start-server"])?;
    history(&world)
}

/// It dies at each of the points, at each passing.
pub fn crashes_meanwhile(binary: &Binary) -> Test {
    let mut world = World::new(binary)?;
    let plan = format!("@{}", world.pause_file().display());
    world.set_env("OUTLAST_PAUSE", Some(&plan));
    build(&world)?;
    reboot(&world)?;
    let place = places(&world).pop().ok_or("no state")?;
    let good = files(&place);
    world.ok(&["start-server"])?;
    let before = shown(&world)?;
    let mut struck = 0;
    for point in POINTS {
        for count in 1..=PASSINGS {
            reboot(&world)?;
            put_back(&place, &good)?;
            let plan = format!("{point}:{count}");
            fs::write(world.pause_file(), &plan).map_err(|error| error.to_string())?;
            world.ok(&["start-server"])?;
            // A point that is not passed any more is left alone; one that is passed just now has struck.
            if fs::remove_file(world.pause_file()).is_ok() {
                break;
            }
            struck += 1;
            same(&plan, &shown(&world)?, &before)?;
            kill_server(&world)?;
            same(&format!("{plan}, and again"), &shown(&world)?, &before)?;
        }
    }
    println!("  the server died at {struck} places");
    match struck {
        0..8 => Err("it was hardly ever struck".into()),
        _ => Ok(()),
    }
}

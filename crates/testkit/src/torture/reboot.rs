//! All of it is killed at once, and the runtime directory goes; or keeper and server alone, and their programs with
//! them. Sessions, windows, layouts and the text come back, at most ten seconds old.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::check::lines;
use super::faults::row_of;
use super::scene::Scene;
use super::{Board, Plan, keeper};
use crate::facts::Who;
use crate::roles;
use crate::world::patience;
use crate::{Result, Rng, World, at, proc};

const SHAPE: &str = "#{session_name} #{window_index} #{?automatic-rename,,#{window_name}} #{window_layout} #{window_active} \
    #{window_zoomed_flag} #{pane_id} #{pane_active} #{pane_width}x#{pane_height}";

/// What was written so long before the end is there afterwards: ten seconds, and some for a machine that has other
/// things to do.
const OLD: Duration = Duration::from_secs(12);

/// The flood that goes on to the end.
const TAIL: &str = "tail";

/// The end of a world, and what comes back.
pub fn phase(scene: &mut Scene, plan: &Plan, board: &Board) -> Result<()> {
    let world = &scene.world;
    let mut rng = Rng::new(plan.seed ^ 0x4eb0);
    let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
    let (log, never, seed) = (path(TAIL), path("never"), plan.seed.to_string());
    let command = roles::command("flood", &[TAIL, &log, &never, "100000000", &seed, "2"])?;
    let size = ["-x", "90", "-y", "30", &command];
    world.ok(&[&["new-session", "-d", "-s", TAIL], &size[..]].concat())?;
    let floods: Vec<(String, u64)> = scene
        .floods
        .iter()
        .enumerate()
        .map(|(n, pane)| {
            Ok((
                pane.clone(),
                lines::count(world, &format!("flood{n}"), pane)?,
            ))
        })
        .collect::<Result<_>>()?;
    let shape = || world.ok(&["list-panes", "-a", "-F", SHAPE]);
    let before = shape()?;
    // How many lines there were when.
    let end = Instant::now() + OLD + Duration::from_millis(rng.below(4000));
    let mut counts = Vec::new();
    while Instant::now() < end {
        counts.push((Instant::now(), written(&log)));
        std::thread::sleep(Duration::from_millis(50));
    }
    let whole = rng.one_in(2);
    let number = board.strike(row_of(if whole { "reboot" } else { "both-killed" }));
    let programs = world.processes();
    let moment = Instant::now();
    match whole {
        true => kill_all(world)?,
        false => kill_both(world, &programs)?,
    }
    let old = counts.iter().rev().find(|(when, _)| *when + OLD < moment);
    let least = old.map_or(0, |(_, count)| *count);
    if !whole && proc::is_alive(scene.panes.values().next().map_or(0, |(pid, _)| *pid)) {
        return Err("a program outlived its terminal".into());
    }
    world.ok(&["start-server"])?;
    let after = shape()?;
    if before != after {
        let missing = |a: &str, b: &str| {
            let lines = a
                .lines()
                .filter(|line| b.lines().all(|other| other != *line));
            lines
                .map(|line| format!("\n    {line}"))
                .collect::<String>()
        };
        return Err(format!(
            "of the panes there were{}\n  and are{}",
            missing(&before, &after),
            missing(&after, &before)
        ));
    }
    for (n, (pane, count)) in (0..).zip(&floods) {
        let text = lines::captured(world, pane)?;
        let name = format!("flood{n}");
        let seen = lines::begins(&text, &name, *count, plan.seed ^ n);
        if seen < *count {
            save(world, &name, &text);
            return Err(format!(
                "{name} in {pane} had {count} lines and has the first {seen}"
            ));
        }
    }
    let text = lines::captured(world, TAIL)?;
    let seen = lines::begins(&text, TAIL, u64::MAX, plan.seed);
    board.note(number, &format!("{seen} lines back, {least} at least"));
    if seen < least {
        save(world, TAIL, &text);
        return Err(format!(
            "{TAIL} had {least} lines {OLD:?} before the end and has the first {seen}"
        ));
    }
    board.held(number);
    Ok(())
}

/// Keeps what was found.
fn save(world: &World, name: &str, text: &str) {
    let _ = fs::write(world.dir().join(format!("{name}.actual")), text);
}

/// Lines that a flood has written so far, as its log says.
fn written(log: &str) -> u64 {
    let text = fs::read_to_string(log).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .last()
        .and_then(|line| line.parse().ok())
        .unwrap_or(0)
}

/// Everything, and the runtime directory.
fn kill_all(world: &World) -> Result<()> {
    let end = Instant::now() + patience();
    loop {
        let running = world.processes();
        if running.is_empty() {
            break;
        }
        // Whoever stands still starts nobody anew.
        for signal in [Signal::STOP, Signal::KILL] {
            for pid in &running {
                proc::signal(*pid, signal)?;
            }
        }
        for pid in running {
            let _ = proc::wait_exit(pid, Duration::from_secs(1));
        }
        if Instant::now() > end {
            return Err("something lives on".into());
        }
    }
    let runtime = world.dir().join("t");
    at(fs::remove_dir_all(&runtime), "runtime directory")?;
    at(fs::create_dir_all(&runtime), "runtime directory")
}

/// Keeper and server, so that neither can do anything about the other's death.
fn kill_both(world: &World, programs: &[u32]) -> Result<()> {
    let (server, keeper) = (world.wait_for(Who::Server, 0)?, keeper(world)?);
    proc::signal(server, Signal::STOP)?;
    proc::signal(keeper, Signal::KILL)?;
    proc::signal(server, Signal::KILL)?;
    for pid in programs {
        proc::wait_exit(*pid, patience())?;
    }
    Ok(())
}

//! Kills the server at random instants and waits for an attached client to go on.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Course, Plan};
use crate::world::patience;
use crate::{Client, Result, Rng, World, at, proc};

/// Finds each next server without asking it: a child of the first one's parent with the first one's command line.
/// (A pane's process between fork and exec has the keeper's.)
pub struct Hunter {
    parent: u32,
    line: String,
}

impl Hunter {
    /// Learns what a server looks like, and which is the first. Nobody may be killing servers yet.
    pub fn new(world: &World) -> Result<(Hunter, u32)> {
        let pid = world.server_pid()?;
        let parent = proc::stat(pid).ok_or("the server is gone")?.ppid;
        let line = proc::command_line(pid);
        // A dead one has no command line; taken for a server's it would fit whoever is between fork and exec.
        if line.is_empty() || line == proc::command_line(parent) {
            return Err(format!("server and keeper look the same: {line}"));
        }
        Ok((Hunter { parent, line }, pid))
    }

    /// Servers, living and dead, that the keeper has at this moment: mostly one.
    pub fn servers(&self) -> Vec<u32> {
        let path = format!("/proc/{0}/task/{0}/children", self.parent);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let pids = text
            .split_whitespace()
            .filter_map(|pid| pid.parse::<u32>().ok());
        pids.filter(|pid| proc::command_line(*pid) == self.line)
            .collect()
    }

    /// The next server after `old`.
    pub fn next(&self, old: u32, deadline: Duration) -> Result<u32> {
        let end = Instant::now() + deadline;
        loop {
            let mut servers = self.servers().into_iter();
            if let Some(pid) = servers.find(|pid| *pid != old && proc::is_alive(*pid)) {
                return Ok(pid);
            }
            if Instant::now() > end {
                return Err(format!(
                    "no new server within {deadline:?} (looking for a child of {} that is {:?})",
                    self.parent, self.line
                ));
            }
            // No event says that a process of others was born.
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// What the killer did.
#[derive(Clone, Debug, Default)]
pub struct Killed {
    /// How often.
    pub kills: u64,
    /// Of these, at a point.
    pub at: BTreeMap<String, u64>,
    /// From a kill at a random instant to the first byte at an attached client.
    pub recoveries: Vec<Duration>,
}

/// Kills until the plan is fulfilled.
pub fn run(world: &World, viewer: &Client, plan: &Plan, course: &Course) -> Result<Killed> {
    let mut killed = Killed::default();
    if plan.kills == 0 {
        while !course.is_over() {
            std::thread::sleep(Duration::from_millis(20));
        }
        return Ok(killed);
    }
    if !plan.keeper.is_empty() {
        let (kills, recoveries) = super::keepers::run(world, viewer, plan, course)?;
        return Ok(Killed {
            kills,
            recoveries,
            ..killed
        });
    }
    let mut rng = Rng::new(plan.seed ^ 0x6b11);
    let (hunter, mut server) = Hunter::new(world)?;
    // A count of 20 for each rather than 20 on the average.
    let mut points = plan.points.iter().cycle();
    while killed.kills < plan.kills && !course.is_over() {
        let number = killed.kills + 1;
        let failed = |error: String| format!("kill {number}: {error}");
        let before = viewer.total();
        let point = points.next().filter(|_| rng.below(100) < plan.at_points);
        if let Some(point) = point {
            server = at_point(world, &hunter, server, point, &mut rng)
                .map_err(|error| failed(format!("at {point}: {error}")))?;
            *killed.at.entry(point.clone()).or_default() += 1;
        } else {
            // Now and then the new server dies before it is one; mostly it has some time.
            let limit_us = *rng.pick(&[
                5_000, 50_000, 50_000, 200_000, 200_000, 200_000, 400_000, 400_000,
            ]);
            std::thread::sleep(Duration::from_micros(rng.below(limit_us)));
            let before = viewer.total();
            match plan.strike {
                Some(strike) => strike(world, killed.kills)?,
                None => proc::signal(server, Signal::KILL)?,
            }
            let moment = Instant::now();
            proc::wait_exit(server, patience())?;
            server = hunter.next(server, patience()).map_err(failed)?;
            if limit_us > 5_000 {
                let back = viewer.wait_bytes(before, patience()).map_err(failed)?;
                killed
                    .recoveries
                    .push(back.saturating_duration_since(moment));
            }
        }
        killed.kills += 1;
        if point.is_some() {
            viewer.wait_bytes(before, patience()).map_err(failed)?;
        }
    }
    Ok(killed)
}

/// A server that says that it stops has stopped by then.
const STOPPED: Duration = Duration::from_secs(2);

/// Lets the server die at a point, or stop there and die a moment later; which is the next one.
fn at_point(world: &World, hunter: &Hunter, old: u32, point: &str, rng: &mut Rng) -> Result<u32> {
    let file = world.pause_file();
    let (stop, count) = (rng.one_in(2), 1 + rng.below(4));
    // Recovery passes most points itself. A server that is killed now leaves the point to the next one's recovery.
    let in_recovery = point == "recover" || rng.one_in(4);
    // Blocks of history are given back about once a second.
    let count = if in_recovery || point == "cut-back" {
        1
    } else {
        count
    };
    let word = if stop { "stop:" } else { "" };
    let new = file.with_extension("new");
    at(fs::write(&new, format!("{word}{point}:{count}")), "pause")?;
    // A server that runs does not come to `recover`; to the others it might, between the file and the kill, so for those
    // the kill comes first, and whoever passes there later is struck.
    if point == "recover" {
        at(fs::rename(&new, &file), "pause")?;
    }
    if in_recovery {
        for pid in hunter.servers() {
            proc::signal(pid, Signal::KILL)?;
            proc::wait_exit(pid, patience())?;
        }
    }
    if point != "recover" {
        at(fs::rename(&new, &file), "pause")?;
    }
    let end = Instant::now() + patience();
    let pause = || {
        // No event says that a process of others removed a file or stopped.
        std::thread::sleep(Duration::from_micros(200));
        match Instant::now() > end {
            true => Err(format!("no server has come there within {:?}", patience())),
            false => Ok(()),
        }
    };
    while file.exists() {
        pause()?;
    }
    if stop {
        let waited = Instant::now();
        let stopped = loop {
            let found = hunter
                .servers()
                .into_iter()
                .find(|pid| proc::stat(*pid).is_some_and(|stat| stat.state == 'T'));
            match found {
                Some(pid) => break pid,
                // It was itself in recovery and stopped there before it was killed.
                None if point == "recover"
                    && !proc::is_alive(old)
                    && waited.elapsed() > STOPPED =>
                {
                    return hunter.next(old, patience());
                }
                None => pause()?,
            }
        };
        // People go on typing, commands are sent.
        std::thread::sleep(Duration::from_millis(rng.below(30)));
        proc::signal(stopped, Signal::KILL)?;
        proc::wait_exit(stopped, patience())?;
        return hunter.next(stopped, patience());
    }
    // If it was the next one that died, it may be seen for a moment longer; whoever looks for it again finds it dead.
    proc::wait_exit(old, patience())?;
    hunter.next(old, patience())
}

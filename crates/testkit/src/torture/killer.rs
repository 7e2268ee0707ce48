//! Kills the server at random instants and waits for an attached client to go on.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Course, Plan};
use crate::world::patience;
use crate::{Client, Result, Rng, World, proc};

/// Finds each next server without asking it: a child of the first one's parent with the first one's command line.
/// (A pane's process between fork and exec has the keeper's.)
pub struct Hunter {
    parent: u32,
    line: String,
}

impl Hunter {
    /// Learns what a server looks like, and which is the first.
    pub fn new(world: &World) -> Result<(Hunter, u32)> {
        let pid = world.server_pid()?;
        let parent = proc::stat(pid).ok_or("the server is gone")?.ppid;
        let line = proc::command_line(pid);
        if line == proc::command_line(parent) {
            return Err(format!("server and keeper look the same: {line}"));
        }
        Ok((Hunter { parent, line }, pid))
    }

    /// The next server after `old`.
    pub fn next(&self, old: u32, deadline: Duration) -> Result<u32> {
        let end = Instant::now() + deadline;
        let path = format!("/proc/{0}/task/{0}/children", self.parent);
        loop {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let pids = text
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok());
            let mut servers =
                pids.filter(|pid| *pid != old && proc::command_line(*pid) == self.line);
            if let Some(pid) = servers.find(|pid| proc::is_alive(*pid)) {
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

/// Kills until the plan is fulfilled: how often, and how long each recovery took.
pub fn run(
    world: &World,
    viewer: &Client,
    plan: &Plan,
    course: &Course,
) -> Result<(u64, Vec<Duration>)> {
    let mut recoveries = Vec::new();
    if plan.kills == 0 {
        while !course.is_over() {
            std::thread::sleep(Duration::from_millis(20));
        }
        return Ok((0, recoveries));
    }
    if !plan.keeper.is_empty() {
        return super::keepers::run(world, viewer, plan, course);
    }
    let mut rng = Rng::new(plan.seed ^ 0x6b11);
    let (hunter, mut server) = Hunter::new(world)?;
    let mut kills = 0;
    while kills < plan.kills && !course.is_over() {
        // Now and then the new server dies before it is one; mostly it has some time.
        let limit_us = *rng.pick(&[
            5_000, 50_000, 50_000, 200_000, 200_000, 200_000, 400_000, 400_000,
        ]);
        if plan.pause.is_none() {
            std::thread::sleep(Duration::from_micros(rng.below(limit_us)));
            match plan.strike {
                Some(strike) => strike(world, kills)?,
                None => proc::signal(server, Signal::KILL)?,
            }
        }
        let killed = Instant::now();
        proc::wait_exit(server, patience())?;
        let before = viewer.total();
        kills += 1;
        server = hunter
            .next(server, patience())
            .map_err(|error| format!("kill {kills}: {error}"))?;
        if limit_us > 5_000 {
            let back = viewer
                .wait_bytes(before, patience())
                .map_err(|error| format!("kill {kills}: {error}"))?;
            recoveries.push(back.saturating_duration_since(killed));
        }
    }
    Ok((kills, recoveries))
}

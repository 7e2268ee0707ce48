//! Kills the keeper at random instants, or has it become another binary, and waits until the panes go on.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Course, Plan};
use crate::facts::Who;
use crate::world::patience;
use crate::{Client, Result, Rng, World, at, proc};

/// What is done to the keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// SIGKILL.
    Kill,
    /// SIGKILL, and as soon as another has taken over the server is killed as well.
    KillThenServer,
    /// The server is killed, and the keeper when the next one has come up or (with a point in the plan) comes up.
    ServerThenKill,
    /// It becomes the installed binary by exec, in place.
    Exec,
}

/// The keeper's process.
pub fn keeper(world: &World) -> Result<u32> {
    world.wait_for(Who::Keeper, 0)
}

/// Kills the server; the next one has all that its keeper gave it and, at the plan's point, is in the middle of its
/// recovery when the keeper is killed as well.
fn server_then_keeper(world: &World, plan: &Plan, keeper: u32, rng: &mut Rng) -> Result<()> {
    let server = world.wait_for(Who::Server, 0)?;
    let Some(point) = plan.points.first().filter(|_| rng.one_in(2)) else {
        proc::signal(server, Signal::KILL)?;
        world.wait_for(Who::Server, server)?;
        std::thread::sleep(Duration::from_micros(rng.below(20_000)));
        return proc::signal(keeper, Signal::KILL);
    };
    let file = world.pause_file();
    let new = file.with_extension("new");
    at(fs::write(&new, format!("stop:{point}:1")), "pause")?;
    at(fs::rename(&new, &file), "pause")?;
    proc::signal(server, Signal::KILL)?;
    let stopped = stopped_server(keeper)?;
    proc::signal(keeper, Signal::KILL)?;
    proc::wait_exit(keeper, patience())?;
    proc::signal(stopped, Signal::CONT)
}

/// Waits until a server that this keeper started has stopped itself.
fn stopped_server(keeper: u32) -> Result<u32> {
    let end = Instant::now() + patience();
    loop {
        let path = format!("/proc/{keeper}/task/{keeper}/children");
        let children = proc::read(&path)?;
        let mut pids = children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok());
        let stopped = pids.find(|pid| {
            proc::stat(*pid).is_some_and(|stat| stat.state == 'T')
                && proc::read(&format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == SERVER)
        });
        if let Some(pid) = stopped {
            return Ok(pid);
        }
        if Instant::now() > end {
            return Err(format!("no child of {keeper} has stopped: {children}"));
        }
        // No event says that a process of others stopped.
        std::thread::sleep(Duration::from_micros(200));
    }
}

const SERVER: &str = "outlast: server";

/// Strikes until the plan is fulfilled: how often, and how long each took until there was a keeper again.
pub(super) fn run(
    world: &World,
    viewer: &Client,
    plan: &Plan,
    course: &Course,
) -> Result<(u64, Vec<Duration>)> {
    let mut rng = Rng::new(plan.seed ^ 0x6b12);
    let (mut times, mut strikes) = (Vec::new(), 0);
    let mut keeper = keeper(world)?;
    while strikes < plan.kills && !course.is_over() {
        let limit_us = *rng.pick(&[5_000, 50_000, 100_000, 200_000]);
        std::thread::sleep(Duration::from_micros(rng.below(limit_us)));
        let way = *rng.pick(&plan.keeper);
        strikes += 1;
        let name = |error| format!("strike {strikes} ({way:?}): {error}");
        let start = Instant::now();
        match way {
            Way::Exec => proc::signal(keeper, Signal::USR2)?,
            Way::Kill | Way::KillThenServer => {
                proc::signal(keeper, Signal::KILL)?;
                keeper = world.wait_for(Who::Keeper, keeper).map_err(name)?;
                times.push(start.elapsed());
                if way == Way::KillThenServer {
                    let server = world.wait_for(Who::Server, 0).map_err(name)?;
                    std::thread::sleep(Duration::from_micros(rng.below(5_000)));
                    proc::signal(server, Signal::KILL)?;
                    world.wait_for(Who::Server, server).map_err(name)?;
                }
            }
            Way::ServerThenKill => {
                server_then_keeper(world, plan, keeper, &mut rng).map_err(name)?;
                keeper = world.wait_for(Who::Keeper, keeper).map_err(name)?;
            }
        }
        let before = viewer.total();
        viewer.wait_bytes(before, patience()).map_err(name)?;
    }
    Ok((strikes, times))
}

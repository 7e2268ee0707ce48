//! Kills the keeper at random instants, or has it become another binary, and waits until the panes go on.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Course, Plan};
use crate::world::patience;
use crate::{Client, Result, Rng, World, proc};

/// What is done to the keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// SIGKILL.
    Kill,
    /// SIGKILL, and as soon as another has taken over the server is killed as well.
    KillThenServer,
    /// The server is killed, and while the next one comes up, the keeper.
    ServerThenKill,
    /// It becomes the installed binary by exec, in place.
    Exec,
}

/// The process of this name that is no other's child of the same name (as one between fork and exec is).
fn find(world: &World, name: &str, old: u32) -> Option<u32> {
    let named: Vec<u32> = world
        .own_processes()
        .into_iter()
        .filter(|pid| *pid != old && proc::is_alive(*pid))
        .filter(|pid| {
            proc::read(&format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
        })
        .collect();
    let parent = |pid: &u32| proc::stat(*pid).map_or(0, |stat| stat.ppid);
    named
        .iter()
        .copied()
        .find(|pid| !named.contains(&parent(pid)))
}

fn wait_for(world: &World, name: &str, old: u32) -> Result<u32> {
    let end = Instant::now() + patience();
    loop {
        if let Some(pid) = find(world, name, old) {
            // A program that a keeper was just starting when it was killed looks like one, until its exec.
            std::thread::sleep(Duration::from_millis(3));
            if find(world, name, old) == Some(pid) {
                return Ok(pid);
            }
            continue;
        }
        if Instant::now() > end {
            return Err(format!("no {name} after {old}"));
        }
        // No event says that a process of others was born.
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Kills a keeper; not a pane's program that was taken for one.
fn kill(keeper: u32) -> Result<()> {
    let comm = proc::read(&format!("/proc/{keeper}/comm"))?;
    match comm.trim() {
        KEEPER => proc::signal(keeper, Signal::KILL),
        other => Err(format!("{keeper} was taken for a keeper and is {other}")),
    }
}

/// The keeper's process.
pub fn keeper(world: &World) -> Result<u32> {
    wait_for(world, KEEPER, 0)
}

const KEEPER: &str = "outlast-keeper";
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
                kill(keeper)?;
                keeper = wait_for(world, KEEPER, keeper).map_err(name)?;
                times.push(start.elapsed());
                if way == Way::KillThenServer {
                    let server = wait_for(world, SERVER, 0).map_err(name)?;
                    std::thread::sleep(Duration::from_micros(rng.below(5_000)));
                    proc::signal(server, Signal::KILL)?;
                    wait_for(world, SERVER, server).map_err(name)?;
                }
            }
            Way::ServerThenKill => {
                let server = wait_for(world, SERVER, 0).map_err(name)?;
                proc::signal(server, Signal::KILL)?;
                wait_for(world, SERVER, server).map_err(name)?;
                // It has been sent all that it needs by now, and is in the middle of it.
                std::thread::sleep(Duration::from_micros(3_000 + rng.below(20_000)));
                kill(keeper)?;
                keeper = wait_for(world, KEEPER, keeper).map_err(name)?;
            }
        }
        let before = viewer.total();
        viewer.wait_bytes(before, patience()).map_err(name)?;
    }
    Ok((strikes, times))
}

//! The keeper killed, alone or together with the server, or made to become another binary in place.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::super::hand::Hand;
use crate::facts::Who;
use crate::world::patience;
use crate::{Result, at, proc};

/// Killed.
pub fn kill(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    proc::signal(hand.keeper, Signal::KILL)?;
    hand.world.wait_for(Who::Keeper, hand.keeper).map(drop)
}

/// Killed, and as soon as another has taken over the server is killed as well.
pub fn then_server(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    proc::signal(hand.keeper, Signal::KILL)?;
    hand.world.wait_for(Who::Keeper, hand.keeper)?;
    hand.moment(Duration::from_millis(5));
    proc::signal(hand.server, Signal::KILL)?;
    hand.next_server(hand.server).map(drop)
}

/// The server is killed, and the keeper when the next one has come up.
pub fn after_server(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    proc::signal(hand.server, Signal::KILL)?;
    hand.next_server(hand.server)?;
    hand.moment(Duration::from_millis(20));
    proc::signal(hand.keeper, Signal::KILL)?;
    hand.world.wait_for(Who::Keeper, hand.keeper).map(drop)
}

/// The server is killed; the next one has all that its keeper gave it and is in the middle of its recovery when the
/// keeper is killed as well. (Before it has all of it, that would be both at once.)
pub fn in_recovery(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let file = hand.world.pause_file();
    let new = file.with_extension("new");
    at(fs::write(&new, "stop:recover:1"), "pause")?;
    at(fs::rename(&new, &file), "pause")?;
    proc::signal(hand.server, Signal::KILL)?;
    proc::wait_exit(hand.server, patience())?;
    let stopped = hand.until("the next server is in its recovery", || {
        let mut servers = hand.servers().into_iter();
        servers.find(|pid| proc::stat(*pid).is_some_and(|stat| stat.state == 'T'))
    })?;
    proc::signal(hand.keeper, Signal::KILL)?;
    proc::wait_exit(hand.keeper, patience())?;
    proc::signal(stopped, Signal::CONT)?;
    hand.world.wait_for(Who::Keeper, hand.keeper).map(drop)
}

/// It becomes the installed binary by exec, in place. (Asked by hand it takes what is there, so that is to be a build.)
pub fn exec(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    if let Some(builds) = hand.builds.filter(|builds| builds.is_broken()) {
        builds.install(super::upgrades::release(hand)?)?;
    }
    proc::signal(hand.keeper, Signal::USR2)
}

/// The process that only waits for ends is killed.
pub fn anchor(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let anchor = proc::stat(hand.keeper).ok_or("the keeper is gone")?.ppid;
    // Once it was killed there is none above this keeper: the next one forks one.
    if anchor <= 1 || !hand.world.processes().contains(&anchor) {
        hand.note("(there was none)");
        return Ok(());
    }
    proc::signal(anchor, Signal::KILL)?;
    proc::wait_exit(anchor, patience())
}

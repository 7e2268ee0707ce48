//! The server dies at a point, or stops there and dies a moment later.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::super::hand::Hand;
use crate::world::patience;
use crate::{Result, at, proc};

/// A server that says that it stops has stopped by then.
const STOPPED: Duration = Duration::from_secs(2);

/// Strikes at a point (the server's `fault.rs`).
pub fn strike(hand: &mut Hand<'_>, point: &'static str) -> Result<()> {
    let file = hand.world.pause_file();
    let (stop, count) = (hand.rng.one_in(2), 1 + hand.rng.below(4));
    // Recovery passes most points itself. A server that is killed now leaves the point to the next one's recovery.
    let in_recovery = point == "recover" || hand.rng.one_in(4);
    // Blocks of history are given back about once a second.
    let count = match in_recovery || point == "cut-back" {
        true => 1,
        false => count,
    };
    hand.note(match (stop, in_recovery) {
        (true, true) => "stopped there in a recovery",
        (true, false) => "stopped there",
        (false, true) => "in a recovery",
        (false, false) => "",
    });
    let word = if stop { "stop:" } else { "" };
    let new = file.with_extension("new");
    at(fs::write(&new, format!("{word}{point}:{count}")), "pause")?;
    // A server that runs does not come to `recover`; to the others it might, between the file and the kill, so for those
    // the kill comes first, and whoever passes there later is struck.
    if point == "recover" {
        at(fs::rename(&new, &file), "pause")?;
    }
    if in_recovery {
        proc::signal(hand.server, Signal::KILL)?;
        proc::wait_exit(hand.server, patience())?;
    }
    if point != "recover" {
        at(fs::rename(&new, &file), "pause")?;
    }
    hand.until("a server has come there", || (!file.exists()).then_some(()))?;
    if stop {
        let waited = Instant::now();
        let stopped = hand.until("it has stopped there", || {
            let found = hand
                .servers()
                .into_iter()
                .find(|pid| proc::stat(*pid).is_some_and(|stat| stat.state == 'T'));
            match found {
                Some(pid) => Some(Some(pid)),
                None => (waited.elapsed() > STOPPED).then_some(None),
            }
        })?;
        let Some(pid) = stopped else {
            return Err("whoever took the file away has not stopped".into());
        };
        // People go on typing, commands are sent.
        hand.moment(Duration::from_millis(30));
        proc::signal(pid, Signal::KILL)?;
        proc::wait_exit(pid, patience())?;
        return hand.next_server(pid).map(drop);
    }
    // If it was the next one that died, whoever looks finds another one all the same.
    proc::wait_exit(hand.server, patience())?;
    hand.next_server(hand.server).map(drop)
}

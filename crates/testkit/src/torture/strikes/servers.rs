//! The server killed at random instants; server or keeper stopped.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::super::hand::Hand;
use crate::world::patience;
use crate::{Result, proc};

/// Killed; an attached client goes on.
pub fn kill(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    proc::signal(hand.server, Signal::KILL)?;
    let moment = Instant::now();
    proc::wait_exit(hand.server, patience())?;
    // What it had written is read; nobody comes back so soon.
    std::thread::sleep(Duration::from_millis(1));
    let before = hand.viewer.total();
    let back = hand.viewer.wait_bytes(before, patience())?;
    hand.board.recovered(back.saturating_duration_since(moment));
    Ok(())
}

/// Killed, and the next ones before they have come up.
pub fn kill_in_a_row(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let times = 2 + hand.rng.below(4);
    hand.note(&format!("{times} times"));
    let mut last = 0;
    for _ in 0..times {
        let pid = hand.until("a next server", || {
            hand.servers().into_iter().find(|pid| *pid != last)
        })?;
        proc::signal(pid, Signal::KILL)?;
        proc::wait_exit(pid, patience())?;
        last = pid;
        hand.moment(Duration::from_millis(5));
    }
    hand.next_server(last).map(drop)
}

/// Stands still for a while.
pub fn stop(hand: &mut Hand<'_>, who: &'static str) -> Result<()> {
    let pid = match who {
        "keeper" => hand.keeper,
        _ => hand.server,
    };
    proc::signal(pid, Signal::STOP)?;
    let at_most = *hand.rng.pick(&[20, 200, 200, 1500]);
    hand.moment(Duration::from_millis(at_most));
    proc::signal(pid, Signal::CONT)
}

/// For rows that are not done here.
pub fn never(_: &mut Hand<'_>, _: &'static str) -> Result<()> {
    Err("this is not done".into())
}

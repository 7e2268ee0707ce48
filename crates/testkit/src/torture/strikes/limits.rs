//! What runs out in the server.

use std::fs;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::super::hand::Hand;
use crate::facts::Who;
use crate::{Result, at, lock};

/// A flood of callers takes the last descriptors. Who is attached is served; when the callers have gone, so is who comes.
pub fn descriptors(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    // Commands would be refused, and jobs in the background as well.
    let door = lock(&hand.course.door);
    let wanted = *door as usize;
    let path = hand.world.dir().join("background");
    hand.until("jobs in the background have ended", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() >= wanted).then_some(())
    })?;
    let open: Vec<u64> = at(fs::read_dir(format!("/proc/{}/fd", hand.server)), "fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let room = hand.rng.below(8);
    let limit = open.iter().max().map_or(0, |fd| fd + 1) + room;
    hand.note(&format!("limit {limit}"));
    let pid = i32::try_from(hand.server).ok().and_then(Pid::from_raw);
    let set = |limit: Rlimit| at(prlimit(pid, Resource::Nofile, limit), "limit");
    let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
    let old = set(Rlimit {
        current: Some(limit),
        maximum,
    })?;
    let callers: Vec<_> = (0..limit + 40)
        .filter_map(|_| UnixStream::connect(hand.world.socket()).ok())
        .collect();
    hand.moment(Duration::from_millis(500));
    drop(callers);
    set(old)?;
    // Whoever called before is refused first.
    hand.world.wait_for(Who::Server, 0)?;
    drop(door);
    Ok(())
}

//! A reboot without a reboot.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::world::patience;
use crate::{Result, World, at, proc};

/// Kills everything at once and takes the runtime directory away.
pub fn reboot(world: &World) -> Result<()> {
    let end = Instant::now() + patience();
    loop {
        let running = world.processes();
        if running.is_empty() {
            break;
        }
        for pid in &running {
            let _ = proc::signal(*pid, Signal::KILL);
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

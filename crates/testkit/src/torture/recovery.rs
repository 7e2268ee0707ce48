//! How long an attached client waits after the server's death, with many panes.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::facts::Who;
use crate::world::patience;
use crate::{Binary, Result, World, proc};

/// A client attached to one of `panes` panes (each with 1000 lines of history); the server is killed `kills` times.
pub fn recovery(binary: &Binary, panes: usize, kills: usize) -> Result<Vec<Duration>> {
    let world = World::new(binary)?;
    let fill = "seq 1000; exec cat";
    world.session("a", (80, 24), fill)?;
    for _ in 1..panes {
        world.ok(&["new-window", "-d", "-t", "a:", fill])?;
    }
    let filled = |text: &str| {
        text.lines()
            .filter(|line| line.parse().unwrap_or(0) > 900)
            .count()
            == panes
    };
    world.until(
        &["list-panes", "-s", "-t", "a", "-F", "#{history_size}"],
        filled,
    )?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("1000", patience())?;
    let mut server = world.wait_for(Who::Server, 0)?;
    let mut times = Vec::new();
    for n in 0..kills {
        client.wait_quiet(Duration::from_millis(100), patience());
        let before = client.total();
        let killed = Instant::now();
        proc::signal(server, Signal::KILL)?;
        let back = client
            .wait_bytes(before, patience())
            .map_err(|error| format!("kill {}: {error}", n + 1))?;
        times.push(back.saturating_duration_since(killed));
        server = world.wait_for(Who::Server, server)?;
        let mark = format!("mark{n}");
        client.type_text(&mark)?;
        client
            .wait_text(&mark, patience())
            .map_err(|error| format!("kill {}: {error}", n + 1))?;
    }
    Ok(times)
}

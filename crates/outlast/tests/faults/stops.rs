//! Processes that stand still (SIGSTOP) while a pane floods.

use std::time::Duration;

use outlast_testkit::{Rng, Signal, World, proc};

use crate::bystanders::{Bystanders, Kept};
use crate::{flood, whole};

const LONG: Duration = Duration::from_millis(1500);

/// The keeper fills the ring, then the kernel holds the program; nothing is lost. What is typed meanwhile arrives.
pub fn server(world: &World) -> Result<(), String> {
    stopped(world, world_server)
}

/// All output rests, and goes on.
pub fn keeper(world: &World) -> Result<(), String> {
    stopped(world, World::keeper_pid)
}

fn world_server(world: &World) -> Result<u32, String> {
    world.server_pid()
}

fn stopped(world: &World, who: fn(&World) -> Result<u32, String>) -> Result<(), String> {
    flood(world)?;
    world.ok(&["new-session", "-d", "-s", "b", "exec cat"])?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "b"])?;
    client.wait_text("[b]", Duration::from_secs(10))?;
    crate::pane_pid(world, "b")?;
    let facts = || world.format("b", "#{pid} #{pane_pid}");
    let (pid, before) = (who(world)?, facts()?);
    proc::signal(pid, Signal::STOP)?;
    client.type_text("meanwhile")?;
    std::thread::sleep(LONG);
    proc::signal(pid, Signal::CONT)?;
    client.wait_text("meanwhile", Duration::from_secs(10))?;
    client.type_text(" once")?;
    let picture = client.wait_text("meanwhile once", Duration::from_secs(10))?;
    if picture.text().matches("meanwhile").count() != 1 {
        return Err(format!("typed twice:\n{}", picture.framed()));
    }
    let after = facts()?;
    if after != before {
        return Err(format!("pid and pane's pid were {before} and are {after}"));
    }
    whole(world).map(drop)
}

/// A client stands still, the terminal of another is not read: a third sees everything at once, the server's memory
/// does not grow, and both are up to date when they go on.
pub fn client(world: &World) -> Result<(), String> {
    flood(world)?;
    let attach = || world.client(80, 25, &["attach-session", "-t", "a"]);
    let (still, deaf, third) = (attach()?, attach()?, attach()?);
    for client in [&still, &deaf, &third] {
        client.wait_text("[a]", Duration::from_secs(10))?;
    }
    proc::signal(still.pid(), Signal::STOP)?;
    deaf.pause(true);
    let server = world.server_pid()?;
    std::thread::sleep(LONG / 2);
    let before = proc::pss(server);
    let end = std::time::Instant::now() + LONG;
    let mut frames = 0;
    while std::time::Instant::now() < end {
        let total = third.total();
        third.wait_bytes(total, Duration::from_secs(1))?;
        frames += 1;
    }
    // History grows by what the flood writes, about 20 bytes for each of some thousand lines.
    let (after, lines) = (proc::pss(server), 20_000_000);
    if after > before + lines {
        return Err(format!("the server had {before} bytes and has {after}"));
    }
    if frames < 10 {
        return Err(format!(
            "the third client saw {frames} pictures in {LONG:?}"
        ));
    }
    proc::signal(still.pid(), Signal::CONT)?;
    deaf.pause(false);
    let lines = whole(world)?;
    let last = format!("flood0 ends after {lines} lines");
    for client in [&still, &deaf, &third] {
        client.wait_text(&last, Duration::from_secs(10))?;
    }
    Ok(())
}

/// A client that stands still when its server dies keeps its place, however long that lasts; one that is killed meanwhile
/// does not.
pub fn waited_for(world: &World) -> Result<(), String> {
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let attach = || world.client(80, 25, &["attach-session", "-t", "a"]);
    let (mut still, mut killed) = (attach()?, attach()?);
    for client in [&still, &killed] {
        client.wait_text("[a]", Duration::from_secs(10))?;
        proc::signal(client.pid(), Signal::STOP)?;
    }
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    proc::wait_exit(server, Duration::from_secs(10))?;
    killed.signal(Signal::KILL)?;
    killed.wait_end(Duration::from_secs(10))?;
    // Both are looked for until one is found to be gone.
    let here = |pid: u32| format!("{pid}\n");
    world.until(&["list-clients", "-F", "#{client_pid}"], |text| {
        *text == here(still.pid())
    })?;
    proc::signal(still.pid(), Signal::CONT)?;
    still.type_text("here again")?;
    still.wait_text("here again", Duration::from_secs(10))?;
    still.keys("C-b d")?;
    still.wait_text("[detached (from session a)]", Duration::from_secs(10))?;
    Ok(())
}

/// The machine is suspended: nobody runs, and afterwards it is later. Longer than a server may take to start, a keeper to
/// answer; also while a server is being started.
pub fn all(world: &World) -> Result<(), String> {
    const NAP: Duration = Duration::from_millis(2500);
    let others = Bystanders::start(world, Kept::All)?;
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    let seed = Rng::seed("FAULTS_SEED", 14);
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    for round in 0..4 {
        let server = world.server_pid()?;
        if round % 2 == 1 {
            proc::signal(server, Signal::KILL)?;
            std::thread::sleep(Duration::from_micros(rng.below(3000)));
        }
        // Who was started meanwhile is stopped as well.
        let mut all = world.processes();
        for _ in 0..3 {
            for pid in &all {
                proc::signal(*pid, Signal::STOP)?;
            }
            all = world.processes();
        }
        client.type_text(&format!("round{round}."))?;
        std::thread::sleep(NAP);
        while !all.is_empty() {
            let pid = all.swap_remove(rng.below(all.len() as u64) as usize);
            proc::signal(pid, Signal::CONT)?;
        }
        let picture = client.wait_text(&format!("round{round}."), Duration::from_secs(10))?;
        if picture.text().matches("round0").count() != 1 {
            return Err(format!("typed twice:\n{}", picture.framed()));
        }
        others.go_on()?;
        if round % 2 == 0 && world.server_pid()? != server {
            return Err(format!("round {round}: the server is another"));
        }
    }
    others.check()
}

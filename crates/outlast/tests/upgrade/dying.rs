//! A build that starts, is ready, and dies soon: the one before takes over again, and says so. With the feature `faults`.

use std::fs;
use std::time::{Duration, Instant};

use outlast_testkit::proc;
use outlast_testkit::world::patience;

use crate::lab::{GOOD, Lab, Result, expect, install, release, text};

/// A build that has run so long has proved itself; a machine that is so slow tries again.
const TRIAL: Duration = Duration::from_secs(8);

fn strike(lab: &Lab, plan: &str) -> Result<()> {
    fs::write(lab.world.pause_file(), plan).map_err(text("pause"))
}

pub fn given_up() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::with_faults(&good)?;

    // As soon as it is ready, before it has heard anybody.
    install(&lab.installed, &release("release=9.9.9 state=1 reads=1 ")?)?;
    strike(&lab, "abort:ready:1")?;
    let said = lab.upgrade(&[])?;
    expect(
        &said,
        1,
        &[
            "does not start: it was killed by signal 6",
            "goes on",
            "kept: 4 panes, 1 attached client",
        ],
    )?;
    lab.client.wait_text(
        "a new build is given up, it was killed by signal 6",
        patience(),
    )?;
    lab.is_whole("ready")?;
    if lab.is_current()? {
        return Err("it goes on".into());
    }
    // It is not tried again by the next crash, and that is not said again.
    lab.kill_server()?;
    if lab.is_current()? {
        return Err("a crash went to what was given up".into());
    }
    lab.is_whole("crashed")?;

    // After it has taken over and done something.
    for round in 10.. {
        let newer = release(&format!("release=9.9.{round} state=1 reads=1 "))?;
        install(&lab.installed, &newer)?;
        lab.upgraded(&[])?;
        let (start, server) = (Instant::now(), lab.server()?);
        lab.client
            .wait_text(&format!("outlast is upgraded to 9.9.{round}"), patience())?;
        strike(&lab, "abort:effects:1")?;
        // Whoever asks is answered by the one that comes after it.
        lab.world
            .ok(&["set-option", "-g", "@round", &round.to_string()])?;
        proc::wait_exit(server, patience())?;
        let in_time = start.elapsed() < TRIAL;
        let fell = !lab.is_current()?;
        if fell {
            lab.client.wait_text(
                "a new build is given up, it was killed by signal 6",
                patience(),
            )?;
        }
        lab.is_whole(&format!("mark{round}"))?;
        if in_time && fell {
            break;
        }
        if in_time || round > 15 {
            return Err(format!("round {round}: it goes on, in time: {in_time}"));
        }
    }
    let round = lab.world.ok(&["show-options", "-gv", "@round"])?;
    match round.trim().parse::<u32>() {
        Ok(10..) => Ok(()),
        _ => Err(format!("what the dead build was told is lost: {round:?}")),
    }
}

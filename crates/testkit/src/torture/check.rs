//! Counts everything after the torture.

use std::fs;
use std::time::{Duration, Instant};

use super::commands::Model;
use super::people::Typed;
use super::scene::Scene;
use super::{Plan, Report};
use crate::world::patience;
use crate::{Client, Result, World, at};

mod knowledge;
pub mod lines;
mod screens;

/// Everything.
pub fn all(
    scene: &mut Scene,
    plan: &Plan,
    model: &Model,
    typed: &Typed,
    report: &mut Report,
) -> Result<()> {
    at(fs::write(scene.world.dir().join("stop"), ""), "stop")?;
    words(scene)?;
    programs(scene)?;
    file(&scene.world, "typed", &typed.text)?;
    file(&scene.world, "sent", &model.sent)?;
    file(&scene.world, "ran", &model.ran)?;
    file(&scene.world, "saved", &model.saved)?;
    background(&scene.world, &model.background)?;
    for (n, pane) in (0..).zip(&scene.floods) {
        let (lines, bytes) = lines::all(&scene.world, n, pane, plan.seed ^ n)?;
        report.lines += lines;
        report.bytes += bytes;
    }
    let (lines, bytes) = lines::newest(&scene.world, plan.seed)?;
    report.lines += lines;
    report.bytes += bytes;
    knowledge::all(scene, model, typed)?;
    report.frames = screens::painted(scene, plan)?;
    prompt(scene)?;
    clients(scene)?;
    words(scene)
}

/// The panes' programs are those of the beginning; windows of `work` came and went.
fn programs(scene: &Scene) -> Result<()> {
    let now = scene.panes_now()?;
    for (id, was) in &scene.panes {
        match now.get(id) {
            Some(is) if is == was => {}
            is => return Err(format!("the program of {id} was {was:?} and is {is:?}")),
        }
    }
    Ok(())
}

/// A sink's file must come to hold exactly this.
fn file(world: &World, name: &str, wanted: &str) -> Result<()> {
    let path = world.dir().join(name);
    let end = Instant::now() + patience();
    loop {
        let got = fs::read_to_string(&path).unwrap_or_default();
        if got == wanted {
            return Ok(());
        }
        if got.len() > wanted.len() || !wanted.starts_with(&got) || Instant::now() > end {
            let same = got
                .bytes()
                .zip(wanted.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let show = |text: &str| {
                text.chars()
                    .skip(same.saturating_sub(20))
                    .take(60)
                    .collect::<String>()
            };
            return Err(format!(
                "{name}: {} bytes should be {}; they differ at {same}: {:?} and should be {:?}",
                got.len(),
                wanted.len(),
                show(&got),
                show(wanted)
            ));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What ran in the background ran once, in any order.
fn background(world: &World, numbers: &[u64]) -> Result<()> {
    let path = world.dir().join("background");
    let mut wanted = numbers.to_vec();
    wanted.sort_unstable();
    let end = Instant::now() + patience();
    loop {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut got: Vec<u64> = text.lines().filter_map(|line| line.parse().ok()).collect();
        got.sort_unstable();
        if got == wanted {
            return Ok(());
        }
        if got.len() > wanted.len() || Instant::now() > end {
            return Err(format!("in the background ran {got:?} and not {wanted:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A prompt that was open all the time takes the rest of what is typed into it.
fn prompt(scene: &mut Scene) -> Result<()> {
    scene.clients.asker.type_text("ves\r")?;
    scene
        .world
        .until(
            &["display-message", "-p", "-t", "ask", "#{window_name}"],
            |text| text.trim_end() == "halves",
        )
        .map(drop)
}

/// The clients are attached as before, by themselves, and still answer.
fn clients(scene: &mut Scene) -> Result<()> {
    let now = scene.attached_now()?;
    if now != scene.attached {
        return Err(format!(
            "clients were {:#?} and are {now:#?}",
            scene.attached
        ));
    }
    for client in [
        &mut scene.clients.typist,
        &mut scene.clients.watcher,
        &mut scene.clients.viewer,
        &mut scene.clients.asker,
    ] {
        client.keys("C-b d")?;
        let status = client.wait_end(patience())?;
        if !status.success() {
            return Err(format!("a client's exit status is {status}"));
        }
        client.wait_text("[detached (from session", patience())?;
    }
    Ok(())
}

/// What no client may ever say.
fn words(scene: &Scene) -> Result<()> {
    let found = |client: &Client| {
        let raw = client.raw();
        [
            "server exited",
            "lost server",
            "no server running",
            "error connecting",
        ]
        .into_iter()
        .find(|text| {
            raw.windows(text.len())
                .any(|window| window == text.as_bytes())
        })
    };
    let clients = &scene.clients;
    for client in [
        &clients.typist,
        &clients.watcher,
        &clients.viewer,
        &clients.guest,
        &clients.asker,
    ] {
        if let Some(text) = found(client) {
            return Err(format!("a client said {text:?}"));
        }
    }
    Ok(())
}

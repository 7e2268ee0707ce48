//! Counts everything after the torture.

use std::fs;
use std::time::{Duration, Instant};

use super::commands::Model;
use super::people::Typed;
use super::scene::{PAINT, Scene};
use super::{Plan, Report};
use crate::eye::PictureCell;
use crate::roles::flood;
use crate::world::patience;
use crate::{Client, Eye, Picture, Result, World, at};

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
    for (n, pane) in (0..).zip(&scene.floods) {
        report.lines += lines(&scene.world, n, pane, plan.seed ^ n)?;
    }
    knowledge(scene, model, typed)?;
    report.frames = picture(scene, plan)?;
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

/// The flood's lines are all in the history, once and in order.
fn lines(world: &World, n: u64, pane: &str, seed: u64) -> Result<u64> {
    let name = format!("flood{n}");
    let log = world.dir().join(&name);
    let end = Instant::now() + patience();
    let count = loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some(count) = text
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("end "))
        {
            break count.parse::<u64>().map_err(|error| error.to_string())?;
        }
        if Instant::now() > end {
            return Err(format!("{name} does not come to an end"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let last = flood::last_line(&name, count);
    world.until(&["capture-pane", "-p", "-J", "-t", pane], |text| {
        text.contains(&last)
    })?;
    let text = world.ok(&["capture-pane", "-p", "-J", "-t", pane, "-S", "-", "-E", "-"])?;
    // Blanks and line ends are not compared: where a wide character did not fit at the right edge there is a blank that
    // nobody wrote, and tmux itself forgets that such a line goes on. Every line has its number and its full stop.
    let squeezed = |text: &str| {
        text.chars()
            .filter(|char| !char.is_whitespace())
            .collect::<String>()
    };
    let got = squeezed(&text);
    let mut rest = got.as_str();
    for number in 0..=count {
        let line = if number < count {
            flood::line(&name, number, seed)
        } else {
            last.clone()
        };
        match rest.strip_prefix(squeezed(&line).as_str()) {
            Some(after) => rest = after,
            None => {
                let seen: String = rest.chars().take(120).collect();
                return Err(format!(
                    "{name}: at line {number} of {count} there is {seen:?} instead of {line:?}"
                ));
            }
        }
    }
    if rest.is_empty() {
        Ok(count)
    } else {
        Err(format!("{name}: after its {count} lines there is {rest:?}"))
    }
}

/// What the server knows is what it was told.
fn knowledge(scene: &Scene, model: &Model, typed: &Typed) -> Result<()> {
    let world = &scene.world;
    let same = |what: &str, got: String, wanted: String| match got.trim_end_matches('\n') {
        got if got == wanted => Ok(()),
        got => Err(format!(
            "{what} is\n    {got:?}\n  and should be\n    {wanted:?}"
        )),
    };
    let mut windows: Vec<String> = world
        .ok(&[
            "list-windows",
            "-t",
            "work",
            "-F",
            "#{window_name} #{window_panes}",
        ])?
        .lines()
        .map(String::from)
        .collect();
    windows.sort();
    let mut wanted: Vec<String> = model
        .windows
        .iter()
        .map(|(name, panes)| format!("{name} {panes}"))
        .collect();
    wanted.sort();
    same("the windows of work", windows.join("; "), wanted.join("; "))?;
    if let Some(current) = &model.current {
        same(
            "the current window",
            world.format("work:", "#{window_name}")?,
            current.clone(),
        )?;
    }
    same(
        "@log",
        world.ok(&["show-options", "-gv", "@log"])?,
        model.log.clone(),
    )?;
    same(
        "buffer log",
        world.ok(&["show-buffer", "-b", "log"])?,
        format!("log {}", model.buffer_log),
    )?;
    same(
        "@hooked",
        world.ok(&["show-options", "-gv", "@hooked"])?,
        "x".repeat(model.created as usize),
    )?;
    for (key, text) in &model.options {
        same(
            "an option",
            world.ok(&["show-options", "-gv", &format!("@o{key}")])?,
            text.clone(),
        )?;
    }
    for (key, text) in &model.buffers {
        same(
            "a buffer",
            world.ok(&["show-buffer", "-b", &format!("b{key}")])?,
            text.clone(),
        )?;
    }
    for (key, text) in &model.environment {
        let name = format!("TEST_{key}");
        same(
            "a variable",
            world.ok(&["show-environment", "-g", &name])?,
            format!("{name}={text}"),
        )?;
    }
    if !model.bindings.is_empty() {
        let list = world.ok(&["list-keys", "-T", "torture"])?;
        let mut keys: Vec<String> = list
            .lines()
            .map(|line| {
                line.split_whitespace()
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        keys.sort();
        let wanted: Vec<String> = model
            .bindings
            .iter()
            .map(|(key, name)| format!("-T torture {key} display-message {name}"))
            .collect();
        same("the bindings", keys.join("; "), wanted.join("; "))?;
    }
    let fives = "x".repeat(typed.fives as usize);
    world
        .until(&["show-options", "-gv", "@fives"], |text| {
            text.trim_end().len() >= fives.len()
        })
        .map_err(|error| format!("F5 was pressed {} times: {error}", fives.len()))?;
    same(
        "@fives",
        world.ok(&["show-options", "-gv", "@fives"])?,
        fives,
    )?;
    for (target, format, wanted) in &scene.facts {
        same(
            &format!("{format} of {target}"),
            world.format(target, format)?,
            wanted.clone(),
        )?;
    }
    Ok(())
}

/// The full-screen program's picture is the one that another terminal makes of the same bytes: how many frames.
fn picture(scene: &mut Scene, plan: &Plan) -> Result<u64> {
    let dir = scene.world.dir();
    let end = Instant::now() + patience();
    let count = loop {
        match fs::read_to_string(dir.join("paint.end")) {
            Ok(text) if !text.is_empty() => {
                break text.parse::<u64>().map_err(|error| error.to_string())?;
            }
            _ if Instant::now() > end => {
                return Err("the full-screen program does not come to an end".into());
            }
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let bytes = at(fs::read(dir.join("paint")), "paint")?;
    let (cols, rows) = PAINT;
    let mut eye = Eye::new(cols, rows, 0);
    eye.feed(&bytes);
    let wanted = eye.picture();
    let title = format!("frame {}", count.saturating_sub(1));
    if wanted.title != title {
        return Err(format!(
            "the log of frames ends with {:?} and not with {title:?} (seed {})",
            wanted.title, plan.seed
        ));
    }
    scene.world.until(
        &["display-message", "-p", "-t", "paint", "#{pane_title}"],
        |text| text.trim_end() == title,
    )?;
    let viewer = &scene.clients.viewer;
    let same = |seen: &Picture| {
        let rows = wanted.cells.iter().zip(&seen.cells);
        rows.flat_map(|(wanted, seen)| wanted.iter().zip(seen))
            .all(|(wanted, seen)| alike(wanted, seen))
            && seen.cursor == wanted.cursor
    };
    let seen = viewer.wait_picture(patience(), same);
    seen.map_err(|error| {
        let now = viewer.picture();
        let place =
            wanted
                .cells
                .iter()
                .zip(&now.cells)
                .enumerate()
                .find_map(|(y, (wanted, seen))| {
                    let x = wanted
                        .iter()
                        .zip(seen)
                        .position(|(wanted, seen)| !alike(wanted, seen))?;
                    Some(format!(
                        "row {y} column {x} is {:?} and should be {:?}",
                        seen[x], wanted[x]
                    ))
                });
        format!(
            "full-screen program: {place:?}; {error}\n  and should be\n{}",
            wanted.framed()
        )
    })?;
    let captured = scene.world.ok(&["capture-pane", "-p", "-t", "paint"])?;
    let captured: Vec<&str> = captured.lines().map(str::trim_end).collect();
    if captured != wanted.rows() {
        return Err(format!(
            "capture-pane of the full-screen program is\n{}",
            captured.join("\n")
        ));
    }
    Ok(count)
}

/// Whether a person sees the same: of a blank that is neither lined nor reversed, only the background shows.
fn alike(a: &PictureCell, b: &PictureCell) -> bool {
    let bare = |cell: &PictureCell| {
        cell.text == " "
            && !["reverse", "underscore", "strikethrough"]
                .iter()
                .any(|attr| cell.look.attrs.contains(attr))
    };
    a == b || (bare(a) && bare(b) && a.look.bg == b.look.bg)
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
    ] {
        if let Some(text) = found(client) {
            return Err(format!("a client said {text:?}"));
        }
    }
    Ok(())
}

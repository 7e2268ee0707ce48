//! What the server knows is what it was told.

use super::super::commands::Model;
use super::super::people::Typed;
use super::super::scene::Scene;
use crate::{Result, World};

fn same(what: &str, got: &str, wanted: &str) -> Result<()> {
    match got.trim_end_matches('\n') {
        got if got == wanted => Ok(()),
        got => Err(format!(
            "{what} is\n    {got:?}\n  and should be\n    {wanted:?}"
        )),
    }
}

/// All of it.
pub fn all(scene: &Scene, model: &Model, typed: &Typed) -> Result<()> {
    let world = &scene.world;
    windows(world, model)?;
    texts(world, model)?;
    bindings(world, model)?;
    hooks(world, model)?;
    for (name, count) in [("@fives", typed.fives), ("@sixes", typed.sixes)] {
        let wanted = "x".repeat(count as usize);
        world
            .until(&["show-options", "-gv", name], |text| {
                text.trim_end().len() >= wanted.len()
            })
            .map_err(|error| format!("{name}: a key was pressed {count} times: {error}"))?;
        same(name, &world.ok(&["show-options", "-gv", name])?, &wanted)?;
    }
    for (target, format, wanted) in &scene.facts {
        let what = format!("{format} of {target}");
        same(&what, &world.format(target, format)?, wanted)?;
    }
    Ok(())
}

/// Of both sessions of the group.
fn windows(world: &World, model: &Model) -> Result<()> {
    let mut wanted: Vec<String> = model
        .windows
        .iter()
        .map(|(name, panes)| format!("{name} {panes}"))
        .collect();
    wanted.sort();
    for session in ["work", "mate"] {
        let format = "#{window_name} #{window_panes}";
        let text = world.ok(&["list-windows", "-t", session, "-F", format])?;
        let mut windows: Vec<&str> = text.lines().collect();
        windows.sort_unstable();
        let what = format!("the windows of {session}");
        same(&what, &windows.join("; "), &wanted.join("; "))?;
    }
    match &model.current {
        Some(current) => same(
            "the current window",
            &world.format("work:", "#{window_name}")?,
            current,
        ),
        None => Ok(()),
    }
}

/// Options, buffers, variables.
fn texts(world: &World, model: &Model) -> Result<()> {
    let option = |name: &str| world.ok(&["show-options", "-gv", name]);
    same("@log", &option("@log")?, &model.log)?;
    same(
        "@hooked",
        &option("@hooked")?,
        &"x".repeat(model.created as usize),
    )?;
    let log = world.ok(&["show-buffer", "-b", "log"])?;
    same("buffer log", &log, &format!("log {}", model.buffer_log))?;
    for (key, text) in &model.buffers {
        let name = format!("b{key}");
        same(&name, &world.ok(&["show-buffer", "-b", &name])?, text)?;
    }
    for (whose, options, environment) in [
        (&["-g"][..], &model.options[0], &model.environment[0]),
        (&["-t", "work"], &model.options[1], &model.environment[1]),
    ] {
        for (key, text) in options {
            let name = format!("@o{key}");
            let words = [&["show-options", "-v"], whose, &[name.as_str()]].concat();
            same(&format!("{words:?}"), &world.ok(&words)?, text)?;
        }
        for (key, text) in environment {
            let name = format!("TEST_{key}");
            let words = [&["show-environment"], whose, &[name.as_str()]].concat();
            same(
                &format!("{words:?}"),
                &world.ok(&words)?,
                &format!("{name}={text}"),
            )?;
        }
    }
    Ok(())
}

fn bindings(world: &World, model: &Model) -> Result<()> {
    if model.bindings.is_empty() {
        return Ok(());
    }
    let list = world.ok(&["list-keys", "-T", "torture"])?;
    let words = |line: &str| {
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut keys: Vec<String> = list.lines().map(words).collect();
    keys.sort();
    let wanted: Vec<String> = model
        .bindings
        .iter()
        .map(|(key, name)| format!("-T torture {key} display-message {name}"))
        .collect();
    same("the bindings", &keys.join("; "), &wanted.join("; "))
}

fn hooks(world: &World, model: &Model) -> Result<()> {
    for (key, command) in &model.hooks {
        let name = format!("client-attached[{key}]");
        let text = world.ok(&["show-hooks", "-g", &name])?;
        same(&name, &text, &format!("{name} {command}"))?;
    }
    Ok(())
}

//! Commands, one after the other, each remembered in a model of what the server must know.

use std::collections::BTreeMap;

use super::Course;
use crate::{Result, Rng, World};

/// What the server must know.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Commands that were run.
    pub done: u64,
    /// Windows of session `work` by name: panes.
    pub windows: BTreeMap<String, u64>,
    /// `new-window`s, each of which fired the hook.
    pub created: u64,
    /// What was appended to `@log`.
    pub log: String,
    /// What was appended to buffer `log`.
    pub buffer_log: String,
    /// What was sent to the pane `type:5`.
    pub sent: String,
    /// `@oN`.
    pub options: BTreeMap<u64, String>,
    /// Buffers `bN`.
    pub buffers: BTreeMap<u64, String>,
    /// Variables `TEST_N`.
    pub environment: BTreeMap<u64, String>,
    /// Keys of table `torture`.
    pub bindings: BTreeMap<char, String>,
    /// The session's current window, once chosen.
    pub current: Option<String>,
}

/// Runs commands until the course is over.
pub fn run(world: &World, seed: u64, course: &Course, model: &mut Model) -> Result<()> {
    let mut rng = Rng::new(seed ^ 0xc0_44a4d5);
    model.windows.insert("first".into(), 1);
    while !course.is_over() {
        one(world, &mut rng, model)
            .map_err(|error| format!("command {}: {error}", model.done + 1))?;
        model.done += 1;
    }
    Ok(())
}

fn one(world: &World, rng: &mut Rng, model: &mut Model) -> Result<()> {
    let n = model.done;
    let name = format!("w{n}");
    let windows: Vec<String> = model
        .windows
        .keys()
        .filter(|name| *name != "first")
        .cloned()
        .collect();
    let some = windows
        .get(rng.below(windows.len() as u64) as usize)
        .cloned();
    let run = |words: &[&str]| match world.ok(words)? {
        text if text.is_empty() => Ok(()),
        text => Err(format!("{words:?} said {text:?}")),
    };
    match (rng.below(15), some) {
        (0 | 1, _) if windows.len() < 12 => {
            run(&["new-window", "-d", "-t", "work:", "-n", &name, "exec cat"])?;
            model.windows.insert(name, 1);
            model.created += 1;
        }
        (2, Some(window)) if windows.len() > 4 && model.current.as_ref() != Some(&window) => {
            run(&["kill-window", "-t", &format!("=work:={window}")])?;
            model.windows.remove(&window);
        }
        (3, Some(window)) if model.windows[&window] < 3 => {
            run(&[
                "split-window",
                "-d",
                "-t",
                &format!("=work:={window}.0"),
                "exec cat",
            ])?;
            *model.windows.entry(window).or_default() += 1;
        }
        (4, Some(window)) if model.windows[&window] > 1 => {
            run(&["kill-pane", "-t", &format!("=work:={window}.1")])?;
            *model.windows.entry(window).or_default() -= 1;
        }
        (5, Some(window)) => {
            run(&["rename-window", "-t", &format!("=work:={window}"), &name])?;
            let panes = model.windows.remove(&window).unwrap_or(1);
            model.windows.insert(name.clone(), panes);
            if model.current.as_ref() == Some(&window) {
                model.current = Some(name);
            }
        }
        (6, Some(window)) => {
            run(&["select-window", "-t", &format!("=work:={window}")])?;
            model.current = Some(window);
        }
        (7, _) => {
            let (key, text) = (rng.below(8), format!("value {n}"));
            run(&["set-option", "-g", &format!("@o{key}"), &text])?;
            model.options.insert(key, text);
        }
        (8 | 9, _) => {
            let text = format!("{n} ");
            run(&["set-option", "-ag", "@log", &text])?;
            model.log += &text;
        }
        (10, _) => {
            let key = (b'a' + rng.below(20) as u8) as char;
            run(&[
                "bind-key",
                "-T",
                "torture",
                &key.to_string(),
                "display-message",
                &name,
            ])?;
            model.bindings.insert(key, name);
        }
        (11, _) => {
            let (key, text) = (rng.below(8), format!("text {n}"));
            run(&["set-buffer", "-b", &format!("b{key}"), &text])?;
            model.buffers.insert(key, text);
        }
        (12, _) => {
            let text = format!("{n} ");
            run(&["set-buffer", "-a", "-b", "log", &text])?;
            model.buffer_log += &text;
        }
        (13, _) => {
            let key = rng.below(8);
            run(&["set-environment", "-g", &format!("TEST_{key}"), &name])?;
            model.environment.insert(key, name);
        }
        (14, _) => {
            let text = format!("{n} ");
            run(&["send-keys", "-t", "type:5", "-l", &text])?;
            model.sent += &text;
        }
        // A question, whose answer must be whole.
        _ => {
            let text = world.ok(&["list-windows", "-t", "work", "-F", "#{window_name}"])?;
            let mut seen: Vec<&str> = text.lines().collect();
            seen.sort_unstable();
            let wanted: Vec<&str> = model.windows.keys().map(String::as_str).collect();
            if seen != wanted {
                return Err(format!("windows are {seen:?} and should be {wanted:?}"));
            }
        }
    }
    Ok(())
}

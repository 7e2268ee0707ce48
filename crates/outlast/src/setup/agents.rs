//! Hooks for good, for those who start an agent by hand in a pane: it is then recognised, followed and can be resumed.

mod json;

use std::path::PathBuf;

use outlast_agent::recipe::hooks::{HOOKS, entry, ours};
use serde_json::Value;

use super::change::Change;
use super::{Asked, Plan, home, on_path, xdg};
use crate::agent::places::hook_command;

/// The plugin for opencode, which has no hooks that are commands; `@OUTLAST@` is us.
const PLUGIN: &str = include_str!("agents/opencode.js");

/// What is written for an agent.
struct Target {
    agent: &'static str,
    file: fn() -> Result<PathBuf, String>,
    /// What to know.
    note: &'static str,
}

const TARGETS: &[Target] = &[
    Target {
        agent: "claude",
        file: || Ok(folder("CLAUDE_CONFIG_DIR", ".claude")?.join("settings.json")),
        note: "",
    },
    Target {
        agent: "codex",
        file: || Ok(folder("CODEX_HOME", ".codex")?.join("hooks.json")),
        note: "Codex asks once whether it may run hooks that are new: /hooks in it shows them.",
    },
    Target {
        agent: "opencode",
        file: || Ok(xdg("XDG_CONFIG_HOME", ".config")?.join("opencode/plugins/outlast.js")),
        note: "",
    },
];

fn folder(variable: &str, usual: &str) -> Result<PathBuf, String> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    match named.filter(|dir| dir.is_absolute()) {
        Some(dir) => Ok(dir),
        None => Ok(home()?.join(usual)),
    }
}

/// What is to be done.
pub fn plan(asked: &Asked) -> Result<Plan, String> {
    let known: Vec<&str> = TARGETS.iter().map(|target| target.agent).collect();
    if let Some(word) = asked.words.iter().find(|word| !known.contains(&&***word)) {
        return Err(format!("{word}: hooks are known for {}", known.join(", ")));
    }
    let mut plan = Plan::default();
    for target in TARGETS {
        let path = (target.file)()?;
        // Who has an agent has its program, or a directory of it.
        let there = on_path(target.agent).is_some()
            || path.parent().is_some_and(|dir| dir.is_dir())
            || path.exists();
        let wanted = match asked.words.is_empty() {
            true => there,
            false => asked.words.iter().any(|word| word == target.agent),
        };
        if !wanted {
            continue;
        }
        let change = match target.agent {
            "opencode" => plugin(&path, asked.undo)?,
            agent => hooks(&path, agent, asked.undo)?,
        };
        if !target.note.is_empty() && !asked.undo && change.is_due() {
            plan.notes.push(target.note.to_string());
        }
        plan.changes.push(change.mode(0o600));
    }
    if plan.changes.is_empty() {
        return Err(format!(
            "no agent is installed that takes hooks ({}); name one to prepare for it",
            known.join(", ")
        ));
    }
    Ok(plan)
}

/// Whether an agent has our hooks for good.
pub fn has_hooks(agent: &str) -> bool {
    let target = TARGETS.iter().find(|target| target.agent == agent);
    let path = target.and_then(|target| (target.file)().ok());
    if agent == "opencode" {
        return path.is_some_and(|path| path.exists());
    }
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    text.is_some_and(|text| json::take(&text).is_ok_and(|rest| rest != text))
}

/// The command of our hooks that an agent has for good, if its program is there.
pub fn hook_for_good(agent: &str) -> Option<String> {
    let target = TARGETS.iter().find(|target| target.agent == agent)?;
    let text = std::fs::read_to_string((target.file)().ok()?).ok()?;
    let (command, program) = ours(&serde_json::from_str(&text).ok()?)?;
    let program = std::path::Path::new(&program);
    (program.is_absolute() && program.is_file()).then_some(command)
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_string())
}

fn hooks(path: &std::path::Path, agent: &str, undo: bool) -> Result<Change, String> {
    let command = hook_command(agent)?;
    let wanted = HOOKS.iter().filter(|hook| agent == "claude" || hook.codex);
    let entries: Vec<(&str, Value)> = wanted
        .map(|hook| (hook.event, entry(hook, &command)))
        .collect();
    Change::edited(path, undo, |old, copies| {
        let Some(old) = old else {
            return match undo {
                true => Ok(None),
                false => json::put(None, &entries).map(|text| Some(text.into_bytes())),
            };
        };
        let old = text(old)?;
        if !undo {
            return json::put(Some(old), &entries).map(|text| Some(text.into_bytes()));
        }
        // Where nobody has changed anything since, the copy has every byte.
        let of = |copy: &&Vec<u8>| {
            let put = text(copy).and_then(|copy| json::put(Some(copy), &entries));
            put.is_ok_and(|put| put == old)
        };
        if let Some(copy) = copies.iter().find(of) {
            return Ok(Some(copy.clone()));
        }
        let rest = json::take(old)?;
        // With no copy it was made by us.
        let nothing = rest != old && copies.is_empty() && rest.trim() == "{}";
        Ok((!nothing).then(|| rest.into_bytes()))
    })
}

fn plugin_text() -> Result<String, String> {
    let own = serde_json::to_string(&super::own_path()?).map_err(|error| error.to_string())?;
    Ok(PLUGIN.replace("\"@OUTLAST@\"", &own))
}

/// The plugin in a directory of ours, for a run that is told where it is.
pub fn plugin_file() -> Result<PathBuf, String> {
    let path = xdg("XDG_DATA_HOME", ".local/share")?.join("outlast/opencode.js");
    let text = plugin_text()?;
    if !std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
        Change::whole(&path, Some(&text))?.own()?;
    }
    Ok(path)
}

fn plugin(path: &std::path::Path, undo: bool) -> Result<Change, String> {
    if undo {
        return Change::whole(path, None);
    }
    Change::whole(path, Some(&plugin_text()?))
}

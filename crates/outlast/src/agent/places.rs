//! Where the files of agents are, and a person's own recipes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use outlast_agent::recipe::{RECIPES, Recipe, parse};
use serde_json::Value;

use crate::setup;

/// Below the directory of a person's configuration.
const OWN: &str = "outlast/agents.conf";
/// More of a settings file is not read.
const SETTINGS_MOST: u64 = 1 << 20;

/// All recipes, a person's own first, and a line for each mistake in those.
pub fn recipes() -> (Vec<Recipe>, Vec<String>) {
    let (mut rows, wrong) = match own() {
        Ok(own) => (own, Vec::new()),
        Err(wrong) => (Vec::new(), wrong),
    };
    let known: Vec<&str> = rows.iter().map(|recipe| recipe.name).collect();
    rows.extend(RECIPES.iter().filter(|row| !known.contains(&row.name)));
    (rows, wrong)
}

fn own() -> Result<Vec<Recipe>, Vec<String>> {
    let Ok(path) = setup::xdg("XDG_CONFIG_HOME", ".config").map(|dir| dir.join(OWN)) else {
        return Ok(Vec::new());
    };
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(Vec::new());
    };
    let name = setup::shown(&path);
    parse(&text).map_err(|wrong| wrong.iter().map(|line| format!("{name}: {line}")).collect())
}

/// The recipe of that name. Err says what is wrong, or which there are.
pub fn recipe(name: &str) -> Result<Recipe, String> {
    let (rows, wrong) = recipes();
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let found = rows.iter().find(|recipe| recipe.name == name).copied();
    found.ok_or_else(|| {
        let names: Vec<&str> = rows.iter().map(|recipe| recipe.name).collect();
        format!("no agent is called {name}; there are: {}", names.join(", "))
    })
}

/// Whether that can be started.
pub fn is_program(name: &str) -> bool {
    match name.contains('/') {
        true => Path::new(name).is_file(),
        false => setup::on_path(name).is_some(),
    }
}

/// The command of our hooks, for a shell.
pub fn hook_command(agent: &str) -> Result<String, String> {
    let path = setup::shell::quote(&setup::own_path()?);
    Ok(match agent {
        "claude" => format!("{path} hook"),
        other => format!("{path} hook --agent {other}"),
    })
}

/// A person's `--settings`: JSON, or a file with it.
pub fn settings(text: &str) -> Result<Value, String> {
    let bad = |error: serde_json::Error| format!("--settings: {error}");
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(bad);
    }
    let fail =
        |error: std::io::Error| format!("--settings {text}: {}", crate::socket::reason(&error));
    let size = std::fs::metadata(text).map_err(fail)?.len();
    if size > SETTINGS_MOST {
        return Err(format!("--settings {text}: too large"));
    }
    serde_json::from_str(&std::fs::read_to_string(text).map_err(fail)?).map_err(bad)
}

/// A new session's id.
pub fn new_id() -> Result<String, String> {
    let mut bytes = [0; 16];
    outlast_sys::clock::random(&mut bytes).map_err(|error| error.to_string())?;
    // Version 4, variant 1: some look.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Directory of an agent's files, and what is below it to the transcripts.
pub fn files(recipe: &Recipe) -> Option<(PathBuf, &'static str)> {
    let (first, rest) = recipe.transcript.split_once('/')?;
    let named = (!recipe.home.is_empty())
        .then(|| std::env::var_os(recipe.home))
        .flatten()
        .map(PathBuf::from);
    let named = named.filter(|dir| dir.is_absolute());
    let base = match named {
        Some(dir) => dir,
        None => setup::home().ok()?.join(first),
    };
    Some((base, rest))
}

/// Where the transcript of `{id}` is, as a pattern; empty: nobody knows.
pub fn transcripts(recipe: &Recipe) -> String {
    let Some((base, rest)) = files(recipe) else {
        return String::new();
    };
    let Some(base) = base.to_str() else {
        return String::new();
    };
    let plain: String = base
        .chars()
        .flat_map(|c| match "*?[\\".contains(c) {
            true => vec!['\\', c],
            false => vec![c],
        })
        .collect();
    format!("{plain}/{rest}")
}

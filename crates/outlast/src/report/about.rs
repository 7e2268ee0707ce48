//! What a report says besides the terminal: versions, the pane, the terminals that look on, the options that are set.

use std::collections::BTreeSet;
use std::path::Path;

use outlast_lang::options::{OWN, ROWS, Show, lookup, show_with};
use outlast_server::stamp::{Build, Image};
use serde_json::{Map, Value, json};

use super::secrets::Secrets;
use crate::ask::ask;
use crate::flags::Flags;

/// A pane.
pub struct Pane {
    /// Its number.
    pub number: u32,
    facts: Map<String, Value>,
}

/// What is told of a pane.
const PANE: &[&str] = &[
    "pane_id",
    "pane_width",
    "pane_height",
    "window_width",
    "window_height",
    "pane_current_command",
    "pane_title",
    "pane_in_mode",
    "alternate_on",
    "cursor_x",
    "cursor_y",
    "history_size",
    "history_limit",
    "pane_dead",
];

/// What is told of each client.
const CLIENT: &[&str] = &[
    "client_termname",
    "client_termtype",
    "client_termfeatures",
    "client_utf8",
    "client_width",
    "client_height",
    "client_flags",
    "client_control_mode",
];

/// A format that prints these, each on a line of its own.
fn format(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("#{{{name}}}")).collect();
    names.join("\n")
}

fn facts<'a>(names: &[&str], lines: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    let values = lines.map(|line| Value::from(line.to_string()));
    names.iter().map(ToString::to_string).zip(values).collect()
}

/// The pane of a target.
///
/// # Errors
/// No server runs, or there is no such pane; it is what a person reads.
pub fn pane(flags: &Flags, target: Option<&str>) -> Result<Pane, String> {
    let to: Vec<&str> = target.iter().flat_map(|target| ["-t", target]).collect();
    if target.is_some() {
        // display-message prints something for what is not there, too.
        ask(flags, false, &[&["list-panes"], &*to].concat())?;
    }
    let format = format(PANE);
    let words = ["display-message", "-p", "-F", &format];
    let said = ask(flags, false, &[&words, &*to].concat())?;
    let facts = facts(PANE, said.lines());
    let id = facts.get("pane_id").and_then(Value::as_str);
    let number = id.and_then(|id| id.strip_prefix('%')?.parse().ok());
    match number {
        Some(number) => Ok(Pane { number, facts }),
        None => Err("there is no such pane".into()),
    }
}

/// The section `about`.
pub fn about(flags: &Flags, path: &Path, pane: &Pane) -> Vec<u8> {
    let own = Build::own();
    let image = std::fs::metadata("/proc/self/exe").ok();
    let read = |path: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.trim().to_string()
    };
    let server = crate::upgrade::facts(path, super::ANSWER).unwrap_or_default();
    let server: Map<String, Value> = ["release", "build", "fallback"]
        .into_iter()
        .filter_map(|name| Some((name.to_string(), server.get(name)?.clone().into())))
        .collect();
    let lines = format(CLIENT);
    let clients = ask(flags, false, &["list-clients", "-F", &lines]).unwrap_or_default();
    let clients: Vec<&str> = clients.lines().collect();
    let clients: Vec<Value> = clients
        .chunks(CLIENT.len())
        .map(|lines| facts(CLIENT, lines.iter().copied()).into())
        .collect();
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let about = json!({
        "what": "a report of outlast bug-report; outlast bug-report --replay FILE shows it",
        "outlast": own.release,
        "build": image.map(|image| Image::of(&image).build_id()),
        "server": server,
        "kernel": read("/proc/sys/kernel/osrelease"),
        "TERM": variable("TERM"),
        "LANG": [variable("LC_ALL"), variable("LC_CTYPE"), variable("LANG")],
        "pane": pane.facts,
        "clients": clients,
        "options": options(flags),
    });
    let mut text = serde_json::to_string_pretty(&about).unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}

/// Options whose values are for nobody else, whatever they look like.
const SECRET: &[&str] = &[
    "notify-answer-url",
    "notify-command",
    "notify-ntfy",
    "notify-ntfy-token",
    "notify-webhook",
];

fn without_secret(line: &str) -> &str {
    let name = line.split(' ').next().unwrap_or(line);
    match SECRET.contains(&name) {
        true => name,
        false => line,
    }
}

/// The global options that are not what they are without a configuration, as `show-options` prints them.
fn options(flags: &Flags) -> Vec<String> {
    let defaults: BTreeSet<String> = ROWS
        .iter()
        .chain(OWN)
        .filter_map(|row| Some((row.name, lookup(&[], row.name)?)))
        .flat_map(|(name, value)| show_with(name, &value, Show::default()))
        .collect();
    let mut set = Vec::new();
    for scope in ["-s", "-g", "-gw"] {
        let said = ask(flags, false, &["show-options", scope]).unwrap_or_default();
        let lines = said.lines().filter(|line| !defaults.contains(*line));
        set.extend(lines.map(|line| format!("{scope} {}", without_secret(line))));
    }
    set
}

/// What is looked for: what the table has, and values of our environment and the server's.
pub fn secrets(flags: &Flags) -> Secrets {
    let said = ask(flags, false, &["show-environment", "-g"]).unwrap_or_default();
    let theirs = said.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_string(), value.to_string()))
    });
    let own = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Secrets::new(own.chain(theirs))
}

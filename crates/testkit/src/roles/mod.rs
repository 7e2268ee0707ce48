//! Small programs that run inside panes. A test program or xtask plays them itself: `PROGRAM testkit-role NAME …`,
//! so nothing has to be installed or found.

mod agent;
mod echo;
pub mod flood;
pub mod paint;
mod wait;
pub mod write;

use std::path::Path;
use std::process::ExitCode;

use crate::Result;

type Role = (&'static str, fn(&[String]) -> Result<()>);

const ROLES: [Role; 6] = [
    // Plays a coding agent.
    ("agent", agent::run),
    // Numbered lines in bursts until told to stop.
    ("flood", flood::run),
    // A full-screen program whose every byte is known.
    ("paint", paint::run),
    // Answers each byte with itself.
    ("echo", echo::run),
    // Writes a file over and over, timing it.
    ("write", write::run),
    // Waits until it is told to go.
    ("wait", wait::run),
];

/// Plays a role if the command line asks for one. Call it first in `main`.
pub fn play() -> Option<ExitCode> {
    let mut words: Vec<String> = std::env::args().collect();
    let called = words.remove(0);
    if called == "claude" || called.ends_with("/claude") {
        // By the name of what it plays, as agents are known by.
        words.splice(0..0, ["testkit-role".into(), "agent".into()]);
    }
    let (mark, rest) = words.split_first()?;
    if mark != "testkit-role" {
        return None;
    }
    let name = rest.first().cloned().unwrap_or_default();
    let result = match ROLES.iter().find(|(role, _)| *role == name) {
        Some((_, role)) => role(&rest[1..]),
        None => Err(format!("no such role: {name}")),
    };
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The shell command that plays a role.
pub fn command(name: &str, words: &[&str]) -> Result<String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut line = format!("exec {} testkit-role {name}", quote(&me.to_string_lossy()));
    for word in words {
        line.push(' ');
        line.push_str(&quote(word));
    }
    Ok(line)
}

/// A word for a shell.
pub fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Word `n` of a role's command line.
fn word(words: &[String], n: usize) -> Result<&str> {
    words
        .get(n)
        .map(String::as_str)
        .ok_or_else(|| format!("word {} is missing", n + 1))
}

/// Word `n` as a number.
fn number(words: &[String], n: usize) -> Result<u64> {
    let text = word(words, n)?;
    text.parse().map_err(|_| format!("no number: {text}"))
}

/// Whether whoever started us wants it to end.
fn stopped(flag: &str) -> bool {
    Path::new(flag).exists()
}

//! `outlast import`: what a real tmux shows becomes sessions of ours. It is read by its own client, which only asks; what is
//! found goes to our server in a file ([`outlast_core::reboot::import`]), which makes of it what it would make of a disk after a
//! reboot.

mod text;
mod tmux;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use outlast_core::reboot::import::{COMMAND, Foreign};

use crate::flags::Flags;

const USAGE: &str = "usage: outlast import [-L NAME] [-S PATH] [SESSION]...
outlast help import says more
";

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let wanted = match parse(words) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprint!("import: {reason}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match import(flags, &wanted) {
        Ok(text) => {
            // What has happened has happened, whether somebody reads it or not.
            let _ = write!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// What is to be taken over.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// `-L`: name of tmux's socket.
    name: Option<String>,
    /// `-S`: its path.
    path: Option<String>,
    /// Sessions; none: all.
    sessions: Vec<String>,
}

/// None: help is wanted.
fn parse(words: &[String]) -> Result<Option<Wanted>, String> {
    let mut wanted = Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-h" | "--help" => return Ok(None),
            "-L" | "-S" => {
                let value = words.next().ok_or_else(|| format!("{word} wants a word"))?;
                let place = match word.as_str() {
                    "-L" => &mut wanted.name,
                    _ => &mut wanted.path,
                };
                *place = Some(value.clone());
            }
            word if word.starts_with('-') => return Err(format!("unknown flag {word}")),
            word => wanted.sessions.push(word.to_string()),
        }
    }
    Ok(Some(wanted))
}

fn import(flags: &Flags, wanted: &Wanted) -> Result<String, String> {
    let tmux = tmux::Tmux::find(wanted.name.as_deref(), wanted.path.as_deref())?;
    let mut foreign = tmux.read()?;
    keep_only(&mut foreign, &wanted.sessions)?;
    let file = handed_over(&foreign)?;
    let words = [COMMAND, &file.0.to_string_lossy()];
    let said = crate::ask::ask(flags, true, &words).map_err(|error| explained(&error))?;
    let last = foreign.sessions.last().map_or("", |session| &session.name);
    let last = last.replace('\'', "'\\''");
    Ok(format!(
        "{said}what runs in {} goes on there, untouched; here a shell runs in each pane: outlast attach -t '{last}'\n",
        foreign.program
    ))
}

/// Sessions that are not wanted go; windows and panes that nobody has then go with them.
fn keep_only(foreign: &mut Foreign, names: &[String]) -> Result<(), String> {
    for name in names {
        if !foreign.sessions.iter().any(|session| session.name == *name) {
            let there: Vec<&str> = foreign
                .sessions
                .iter()
                .map(|session| session.name.as_str())
                .collect();
            return Err(format!(
                "{} has no session {name}; it has: {}",
                foreign.program,
                there.join(", ")
            ));
        }
    }
    if !names.is_empty() {
        foreign
            .sessions
            .retain(|session| names.contains(&session.name));
    }
    let linked = |id: u32| {
        foreign
            .sessions
            .iter()
            .any(|session| session.windows.values().any(|window| *window == id))
    };
    foreign.windows.retain(|window| linked(window.id));
    let shown = |id: u32| {
        foreign
            .windows
            .iter()
            .any(|window| window.panes.contains(&id))
    };
    foreign.panes.retain(|pane| shown(pane.id));
    Ok(())
}

/// The server's answer, with what to do about it.
fn explained(error: &str) -> String {
    match error
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("duplicate session: "))
    {
        Some(names) => format!(
            "nothing was imported: outlast has a session of that name already: {names}\n\
             rename it (outlast rename-session -t =NAME NEW), or say which to import: outlast import SESSION..."
        ),
        None => error.to_string(),
    }
}

/// A file that goes when this does.
struct Handed(PathBuf);

impl Drop for Handed {
    fn drop(&mut self) {
        // Whoever cleans the folder does so later, then.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What was found, in a file for us alone: it has what stood on the screens.
fn handed_over(foreign: &Foreign) -> Result<Handed, String> {
    let mut random = [0; 8];
    outlast_sys::clock::random(&mut random).map_err(|error| error.to_string())?;
    let name = format!("outlast-import-{:016x}", u64::from_ne_bytes(random));
    let path = std::env::temp_dir().join(name);
    let fail = |path: &Path, error: &std::io::Error| {
        format!("{}: {}", path.display(), crate::socket::reason(error))
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| fail(&path, &error))?;
    let handed = Handed(path);
    let bytes = serde_json::to_vec(foreign).map_err(|error| error.to_string())?;
    file.write_all(&bytes)
        .map_err(|error| fail(&handed.0, &error))?;
    Ok(handed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_which_tmux_and_which_sessions() {
        let words = |line: &str| {
            parse(
                &line
                    .split_whitespace()
                    .map(String::from)
                    .collect::<Vec<_>>(),
            )
        };
        let wanted = words("-L work a b").expect("right").expect("no help");
        assert_eq!(
            (wanted.name.as_deref(), wanted.sessions.len()),
            (Some("work"), 2)
        );
        assert_eq!(words("-h"), Ok(None));
        assert!(words("-L").is_err() && words("-x").is_err());
    }
}

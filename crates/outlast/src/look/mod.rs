//! What a person sees who calls `outlast` to look in: all sessions with what runs in them, to choose one ([`pick`]), and
//! one of them from outside ([`peek`]). Both fit 40 columns.

pub mod list;
pub mod peek;
pub mod pick;

use crate::client::{Caller, Client, Left};
use crate::flags::Flags;

use list::Session;

/// Has the server run a command line and returns what it prints. Err is the text for stderr.
pub fn ask(flags: &Flags, start: bool, words: &[&str]) -> Result<String, String> {
    let mut door = crate::door(flags, "outlast", true)?;
    door.start = start && !flags.no_start;
    let caller = Caller {
        flags: Vec::new(),
        hints: true,
        stdin: false,
        control: None,
        captured: Some(Vec::new()),
    };
    let mut client = Client::new(door, caller).map_err(|error| crate::socket::reason(&error))?;
    let words = words.iter().map(|word| word.to_string()).collect();
    let Left { status, message } = client.run(words)?;
    let text = String::from_utf8_lossy(&client.captured()).into_owned();
    match status {
        0 => Ok(text),
        _ if message.is_empty() => Err(text),
        _ => Err(message),
    }
}

/// All sessions. A server is started where there is none: it brings back what was there before a reboot, and ends by
/// itself when that is nothing.
fn sessions(flags: &Flags) -> Result<Vec<Session>, String> {
    let names = ask(
        flags,
        true,
        &["start-server", ";", "list-sessions", "-F", "#{session_id}"],
    )?;
    if names.trim().is_empty() {
        return Ok(Vec::new());
    }
    Ok(list::read(&ask(
        flags,
        false,
        &["list-panes", "-a", "-F", list::FORMAT],
    )?))
}

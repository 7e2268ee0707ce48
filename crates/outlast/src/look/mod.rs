//! What a person sees who calls `outlast` to look in: all sessions with what runs in them, to choose one ([`pick`]), and
//! one of them from outside ([`peek`]). Both fit 40 columns.

pub mod agents;
pub mod list;
pub mod peek;
pub mod pick;
pub mod screen;

use crate::ask::ask;
use crate::flags::Flags;

use list::Session;

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

//! Where copied text goes: paste buffers, clipboards, commands.

use std::sync::Arc;

use super::commands::Call;
use crate::Core;
use crate::formats;
use crate::model::ids::{ClientId, PaneId};

/// Where copied text goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied {
    /// A paste buffer.
    pub buffer: bool,
    /// The clipboards of clients that show the pane.
    pub clipboard: bool,
}

/// Longest argument that a program is given (the kernel allows 128 KiB).
const MAX_ARGUMENT: usize = 100 * 1024;
/// Longest text that a command is given; longer text is cut.
const MAX_PIPED: usize = 1024 * 1024;

/// A word of the command as an expanded format.
pub(super) fn expand(core: &Core, call: &Call<'_>, n: usize) -> String {
    let Some(word) = call.args.word(n) else {
        return String::new();
    };
    let mut context = match call.client {
        Some(client) => crate::draw::context(core, client, Some(call.pane)),
        None => formats::FormatContext::default(),
    };
    context.pane = Some(call.pane);
    formats::expand(core, &word, &context, false)
}

/// Text was copied.
pub(super) fn copied(core: &mut Core, pane: PaneId, prefix: &str, text: String, to: Copied) {
    if to.clipboard && core.server_chain().number("set-clipboard") != 0 {
        clipboard(core, pane, text.as_bytes());
        core.notify_pane("pane-set-clipboard", pane);
    }
    if to.buffer {
        add(core, prefix, text.into_bytes());
    }
}

/// Text was copied behind what the newest buffer has.
pub(super) fn append(core: &mut Core, pane: PaneId, text: String) {
    if core.server_chain().number("set-clipboard") != 0 {
        clipboard(core, pane, text.as_bytes());
    }
    let newest = core.top_buffer();
    match newest.and_then(|name| core.model.buffers.get_mut(&name)) {
        Some(buffer) => buffer.data.extend(text.into_bytes()),
        None => {
            core.add_buffer(text.into_bytes());
        }
    }
}

/// Adds an automatic buffer whose name begins with `prefix` ("buffer" if it is empty).
fn add(core: &mut Core, prefix: &str, data: Vec<u8>) {
    let Some(made) = core.add_buffer(data).filter(|_| !prefix.is_empty()) else {
        return;
    };
    let number = made.trim_start_matches("buffer").to_string();
    let name = format!("{prefix}{number}");
    if core.model.buffers.contains_key(&name) {
        return;
    }
    if let Some(buffer) = core.model.buffers.remove(&made) {
        // Taken out and put in anew, so that it is saved under its new name.
        let buffer = crate::save::Tracked::new((*buffer).clone());
        core.model.buffers.insert(name, buffer);
    }
}

/// Puts bytes into the clipboards of the clients that show a pane.
pub(crate) fn clipboard(core: &mut Core, pane: PaneId, bytes: &[u8]) {
    let Some(window) = core.model.panes.get(&pane).map(|pane| pane.state.window) else {
        return;
    };
    let clients: Vec<ClientId> = core
        .model
        .clients
        .iter()
        .filter(|(id, client)| {
            client.state.attached
                && crate::draw::view(core, **id).is_some_and(|view| view.window == window)
        })
        .map(|(id, _)| *id)
        .collect();
    let bytes: Arc<[u8]> = bytes.into();
    for id in clients {
        if let Some(client) = core.model.clients.get_mut(&id) {
            client.state.clipboard_serial += 1;
            client.clipboard = bytes.clone();
            client.stale = true;
        }
    }
}

/// Gives text to a shell command on its stdin; without one to `copy-command`.
pub(super) fn pipe(core: &mut Core, call: &Call<'_>, command: &str, text: &str) {
    let command = match command {
        "" => core.server_chain().text("copy-command"),
        command => command.to_string(),
    };
    if command.is_empty() {
        return;
    }
    let session = call.client.and_then(|client| core.session_of(client));
    let cwd = session
        .and_then(|session| core.model.sessions.get(&session))
        .map(|session| session.cwd.clone())
        .unwrap_or_else(|| "/".to_string());
    // A job has no stdin of its own: the text travels as arguments of a printf before the command.
    let wrapped = format!("printf %s \"$@\" | ({command}\n)");
    let mut spec = core.job_spec(&wrapped, cwd, session);
    spec.argv.push("copy-pipe".to_string());
    let mut rest = &text[..floor(text, MAX_PIPED)];
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(floor(rest, MAX_ARGUMENT));
        spec.argv.push(piece.to_string());
        rest = after;
    }
    let client = call.client;
    core.start_job(
        None,
        client,
        crate::jobs::Asked::Run(spec),
        crate::jobs::Then::Nothing,
    );
}

/// The last character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

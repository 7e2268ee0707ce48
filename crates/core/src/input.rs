//! Typed bytes to keys, keys to commands or to the pane.
//!
//! A key goes to the prompt if one is open, else to the key tables: that of the pane's mode, of the client, the root
//! table. A bound key's commands join the client's queue; an unbound key is spelled for the pane's program. The timers
//! (escape-time, repeat-time, a message's end, a double click that may become a triple one) are all in `ClientState`,
//! so they go on after the server's death.

mod focus;
mod keys;
pub(crate) mod mouse;
mod pane;

use outlast_term::keys::{Code, Input, Key};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::draw;
use crate::mode::prompt;
use crate::model::ids::{ClientId, PaneId};
use crate::overlay;
use crate::save::Entry;
pub(crate) use focus::update as update_focus;
pub(crate) use pane::{mouse_to_pane, paste_to, send_key};

/// What a client's input remembers between reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyState {
    /// Monotonic ms of the last change of the key table (prefix-timeout).
    pub table_since_ms: u64,
    /// The last repeatable key, by name (initial-repeat-time).
    pub last_key: Option<String>,
    /// Where the first piece of an unfinished paste went.
    pub pasting: Option<PaneId>,
    /// Its terminal has lost the focus.
    pub unfocused: bool,
    /// The pane that its keys go to, as it was looked at last.
    #[serde(default)]
    pub under: Option<PaneId>,
    /// It has had a pane to look at since it was attached: which one came first was the doing of who attached it.
    #[serde(default)]
    pub looked: bool,
    /// Monotonic ms until which that pane takes none of them if it waits for an answer: it came there by another's doing.
    #[serde(default)]
    pub guard_until_ms: Option<u64>,
    /// The table that the next key is looked up in was named by somebody in a pane, or by what nobody answers for.
    #[serde(default)]
    pub laid: bool,
    /// Monotonic ms at which a drag at a pane's edge scrolls on.
    pub scroll_at_ms: Option<u64>,
}

/// Keys and the like that were typed in a turn, and those among them that did nothing but go to a pane's program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passing {
    typed: usize,
    passed: usize,
}

impl Core {
    /// Everything typed in this turn went to a program and did nothing else: no command, prompt or mode has had a part of
    /// it.
    pub fn only_passed(&self) -> bool {
        self.passing.typed > 0 && self.passing.passed == self.passing.typed
    }

    /// The first `len` bytes of what this turn writes to a pane have been typed already: they have no place among its
    /// input, and are not committed.
    pub fn typed_already(&mut self, pane: PaneId, len: usize) {
        let mut first = None;
        let mut rest = Vec::new();
        self.entries.retain(|entry| match entry {
            Entry::Input(id, at, bytes) if *id == pane.0 => {
                first.get_or_insert(*at);
                rest.extend_from_slice(bytes);
                false
            }
            _ => true,
        });
        let (Some(at), Some(entry)) = (first, self.model.panes.get_mut(&pane)) else {
            return;
        };
        let len = len.min(rest.len());
        rest.drain(..len);
        entry.input_offset -= len as u64;
        if !rest.is_empty() {
            self.entries.push(Entry::Input(pane.0, at, rest));
        }
    }
}

/// Handles what a client typed.
pub fn client_input(core: &mut Core, client: ClientId, bytes: &[u8]) {
    let user_keys = user_keys(core);
    let now = core.now;
    let Some(entry) = core.model.clients.get_mut(&client) else {
        return;
    };
    if !entry.state.attached {
        return;
    }
    let mut inputs = Vec::new();
    entry.decoder.set_user_keys(user_keys);
    entry.decoder.push(bytes, &mut inputs);
    after_decoding(core, client, now.ms, 0);
    core.with_hand(client, |core| handle_all(core, client, inputs));
}

/// Handles inputs in order. What a key's commands do (open a prompt, choose a table) counts for the next key already.
fn handle_all(core: &mut Core, client: ClientId, inputs: Vec<Input>) {
    draw::typed(core, client);
    let mut inputs = inputs.into_iter();
    loop {
        let run = keys::run(core, client, inputs.as_slice());
        core.passing.typed += run;
        if run > 0 {
            inputs.nth(run - 1);
            continue;
        }
        let Some(input) = inputs.next() else { break };
        core.passing.typed += 1;
        handle(core, client, input);
        core.note_own_focus(client);
        // What was typed next may depend on what this key's command has done.
        core.unfinished |= core.run_queues();
    }
}

/// Saves what is unfinished and sets the timer for it: escape-time from now, but `least` ms.
fn after_decoding(core: &mut Core, client: ClientId, now: u64, least: i64) {
    let escape = |core: &Core| core.server_chain().number("escape-time").max(least) as u64;
    let waits = core
        .model
        .clients
        .get(&client)
        .is_some_and(|client| client.decoder.is_pending());
    let at = waits.then(|| now + escape(core));
    let Some(entry) = core.model.clients.get_mut(&client) else {
        return;
    };
    let pending = if entry.decoder.is_fresh() {
        Vec::new()
    } else {
        entry.decoder.pending()
    };
    if pending != entry.state.pending_input {
        entry.state.pending_input = pending;
    }
    if at != entry.state.escape_at_ms {
        entry.state.escape_at_ms = at;
    }
}

fn user_keys(core: &Core) -> Vec<(u8, Vec<u8>)> {
    // The table's default is empty.
    match core.server_chain().set("user-keys") {
        Some(outlast_lang::options::Value::Array(keys)) => keys
            .iter()
            .filter_map(|(n, text)| Some((u8::try_from(*n).ok()?, unescape(text))))
            .collect(),
        _ => Vec::new(),
    }
}

/// `\e` and octal escapes of user-keys.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'e') => out.push(0x1b),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    if let Some(digit @ b'0'..=b'7') = bytes.peek().copied() {
                        value = value * 8 + u32::from(digit - b'0');
                        bytes.next();
                    }
                }
                out.push(value as u8);
            }
            Some(other) => out.push(other),
            None => out.push(b'\\'),
        }
    }
    out
}

fn handle(core: &mut Core, client: ClientId, input: Input) {
    match input {
        Input::Key(key) => handle_key(core, client, key),
        Input::Mouse(report) => {
            if !is_read_only(core, client) {
                let shown = !dismiss(core, client);
                if shown || overlay::mouse(core, client, report) {
                    return;
                }
                mouse::report(core, client, report);
            }
        }
        Input::Paste { bytes, end } => {
            if is_read_only(core, client) {
                return;
            }
            if overlay::paste(core, client, &bytes, end) {
                return;
            }
            if has_prompt(core, client) {
                return prompt::paste(core, client, &bytes);
            }
            pane::paste(core, client, &bytes, end);
        }
        Input::Reply(reply) => crate::looks::reply(core, client, &reply),
    }
}

/// A key of a client, typed or injected (`send-keys -K`).
pub(crate) fn handle_key(core: &mut Core, client: ClientId, key: Key) {
    if !core
        .model
        .clients
        .get(&client)
        .is_some_and(|client| client.state.attached)
    {
        return;
    }
    if matches!(key.code, Code::FocusIn | Code::FocusOut) {
        focus::client(core, client, key.code == Code::FocusIn);
    }
    if !is_read_only(core, client) {
        if !dismiss(core, client) {
            return;
        }
        let focus = matches!(key.code, Code::FocusIn | Code::FocusOut);
        if !focus && overlay::key(core, client, key) {
            return;
        }
        if has_prompt(core, client) && !focus && prompt::key(core, client, key) {
            return;
        }
    }
    keys::handle(core, client, key, None);
}

fn has_prompt(core: &Core, client: ClientId) -> bool {
    core.model
        .clients
        .get(&client)
        .is_some_and(|client| client.state.prompt.is_some())
}

fn is_read_only(core: &Core, client: ClientId) -> bool {
    core.is_read_only(client)
}

/// A key takes a message away. False: the message does not let itself be.
fn dismiss(core: &mut Core, client: ClientId) -> bool {
    let Some(entry) = core.model.clients.get_mut(&client) else {
        return false;
    };
    match &entry.state.message {
        None => true,
        Some(message) if message.ignore_keys => false,
        Some(_) => {
            entry.state.message = None;
            entry.stale = true;
            true
        }
    }
}

/// A timer of the input (escape-time, repeat-time, a message's end) has come.
pub fn wake(core: &mut Core) {
    let now = core.now.ms;
    let passed = |at: Option<u64>| at.is_some_and(|at| at <= now);
    let due: Vec<ClientId> = core
        .model
        .clients
        .iter()
        .filter(|(_, client)| {
            let state = &client.state;
            passed(state.escape_at_ms)
                || passed(state.repeat_until_ms)
                || passed(state.message.as_ref().and_then(|message| message.until_ms))
                || passed(state.click.as_ref().and_then(|click| click.due_at()))
                || passed(state.keys.scroll_at_ms)
                || passed(overlay::due_at(state.overlay.as_ref()))
        })
        .map(|(id, _)| *id)
        .collect();
    for id in due {
        wake_client(core, id);
    }
}

fn wake_client(core: &mut Core, id: ClientId) {
    let now = core.now.ms;
    let passed = |at: Option<u64>| at.is_some_and(|at| at <= now);
    let Some(client) = core.model.clients.get_mut(&id) else {
        return;
    };
    if passed(
        client
            .state
            .message
            .as_ref()
            .and_then(|message| message.until_ms),
    ) {
        client.state.message = None;
        client.stale = true;
    }
    if passed(overlay::due_at(client.state.overlay.as_ref())) {
        overlay::close(core, id);
    }
    let Some(client) = core.model.clients.get_mut(&id) else {
        return;
    };
    if passed(client.state.repeat_until_ms) {
        client.state.repeat_until_ms = None;
        client.state.key_table = None;
        client.stale = true;
    }
    let click = passed(client.state.click.as_ref().and_then(|click| click.due_at()));
    let scroll = passed(client.state.keys.scroll_at_ms);
    if passed(client.state.escape_at_ms) {
        let mut inputs = Vec::new();
        client.decoder.flush(&mut inputs);
        after_decoding(core, id, now, 1);
        core.with_hand(id, |core| handle_all(core, id, inputs));
    }
    if click {
        core.with_hand(id, |core| mouse::click_timer(core, id));
    }
    if scroll {
        mouse::scroll_timer(core, id);
    }
}

/// Monotonic ms of the next such timer.
pub fn next_due(core: &Core) -> Option<u64> {
    core.model
        .clients
        .values()
        .flat_map(|client| {
            let state = &client.state;
            [
                state.escape_at_ms,
                state.repeat_until_ms,
                state.message.as_ref().and_then(|message| message.until_ms),
                state.click.as_ref().and_then(|click| click.due_at()),
                state.keys.scroll_at_ms,
                overlay::due_at(state.overlay.as_ref()),
            ]
        })
        .flatten()
        .min()
}

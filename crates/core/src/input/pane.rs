//! Keys, pastes and mouse reports to a pane's program.

use outlast_term::keys::mouse::Mouse;
use outlast_term::keys::{Code, EncodeOptions, Key, Mods, encode_key_with, encode_mouse};

use crate::mode::front;
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, MouseEvent};

/// Whether the pane's program can be typed to: no mode lies over it and its input is on.
fn takes_input(core: &Core, pane: PaneId) -> bool {
    core.model.panes.get(&pane).is_some_and(|pane| {
        !pane.state.in_mode() && !pane.state.input_off && pane.state.dead.is_none()
    })
}

/// The pane, and with synchronize-panes the others of its window that have it too.
fn with_synchronized(core: &Core, pane: PaneId) -> Vec<PaneId> {
    let mut panes = vec![pane];
    if !core.pane_chain(pane).flag("synchronize-panes") {
        return panes;
    }
    let Some(window) = core.model.panes.get(&pane).map(|pane| pane.state.window) else {
        return panes;
    };
    let others = crate::draw::visible_panes(core, window);
    panes.extend(
        others
            .into_iter()
            .filter(|other| *other != pane && takes_input(core, *other))
            // Nobody looks at what a copy answers.
            .filter(|other| !core.request_open(*other))
            .filter(|other| core.pane_chain(*other).flag("synchronize-panes")),
    );
    panes
}

fn encode_options(core: &Core) -> EncodeOptions {
    let chain = core.server_chain();
    let backspace = match outlast_lang::key::parse(&chain.text("backspace")) {
        Some(Key {
            code: Code::Char(c),
            mods: Mods::CTRL,
        }) if c.is_ascii() => {
            if c == '?' {
                0x7f
            } else {
                c as u8 & 0x1f
            }
        }
        Some(Key {
            code: Code::Char(c),
            ..
        }) if c.is_ascii() => c as u8,
        _ => 0x7f,
    };
    EncodeOptions {
        csi_u: chain.number("extended-keys-format") == 0,
        backspace,
    }
}

/// A key for a pane's program, and for those synchronized with it.
pub(crate) fn send_key(core: &mut Core, pane: PaneId, key: Key) {
    send_keys(core, pane, &[key]);
}

/// Keys for a pane's program, and for those synchronized with it.
pub(super) fn send_keys(core: &mut Core, pane: PaneId, keys: &[Key]) {
    let enter = |key: &Key| key.code == Code::Enter && key.mods == Mods(0);
    if keys.iter().any(enter) && core.key_starts_run(pane) {
        return;
    }
    if keys.is_empty() || !takes_input(core, pane) {
        return;
    }
    let usual = encode_options(core);
    let always = core.server_chain().number("extended-keys") == 2;
    for pane in with_synchronized(core, pane) {
        let mut options = usual;
        if core.types_plainly(pane) {
            options.backspace = 0x7f;
        }
        let mut bytes = Vec::new();
        if let Some(pane) = core.model.panes.get(&pane) {
            let mut modes = pane.terminal.modes();
            if always {
                modes.modify_other_keys = modes.modify_other_keys.max(1);
            }
            for key in keys {
                encode_key_with(*key, &modes, &options, &mut bytes);
            }
        }
        if !bytes.is_empty() {
            core.agent_typed(pane);
            core.write_pane(pane, &bytes);
        }
    }
}

/// Pasted bytes from a client's terminal, in pieces.
pub(super) fn paste(core: &mut Core, client: ClientId, bytes: &[u8], end: bool) {
    if let Some(pane) = crate::draw::context(core, client, None).pane
        && !core.holds_back(client, pane)
    {
        paste_to(core, client, pane, bytes, end);
    }
}

/// Pasted bytes for a pane, in pieces.
pub(crate) fn paste_to(core: &mut Core, client: ClientId, pane: PaneId, bytes: &[u8], end: bool) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    // All pieces of one paste go where the first went.
    let (pane, begun) = match state.keys.pasting {
        Some(pane) => (pane, true),
        None => (pane, false),
    };
    let next = (!end).then_some(pane);
    if state.keys.pasting != next
        && let Some(client) = core.model.clients.get_mut(&client)
    {
        client.state.keys.pasting = next;
    }
    write_paste(core, pane, bytes, !begun, end);
}

/// A paste for a pane's program, bracketed if it asked for that; `start` and `end` say whether this is its first or
/// last piece.
fn write_paste(core: &mut Core, pane: PaneId, bytes: &[u8], start: bool, end: bool) {
    if !takes_input(core, pane) {
        return;
    }
    for pane in with_synchronized(core, pane) {
        let bracketed = core
            .model
            .panes
            .get(&pane)
            .is_some_and(|pane| pane.terminal.modes().bracketed_paste);
        let mut out = Vec::with_capacity(bytes.len() + 12);
        if bracketed && start {
            out.extend_from_slice(b"\x1b[200~");
        }
        out.extend_from_slice(bytes);
        if bracketed && end {
            out.extend_from_slice(b"\x1b[201~");
        }
        if !out.is_empty() {
            core.write_pane(pane, &out);
        }
    }
}

/// A mouse event for a pane's program, if it was in the pane and the program wants it (`send-keys -M`, unbound keys).
pub(crate) fn mouse_to_pane(
    core: &mut Core,
    client: Option<ClientId>,
    pane: PaneId,
    event: &MouseEvent,
) {
    if event.pane == Some(pane)
        && event.in_pane
        && let Some(key) = outlast_lang::key::parse(&event.key)
        && front::key(core, client, pane, key, Some(event))
    {
        return;
    }
    if event.pane != Some(pane) || !event.in_pane || !takes_input(core, pane) {
        return;
    }
    let Some(entry) = core.model.panes.get(&pane) else {
        return;
    };
    let report = Mouse {
        raw: event.raw,
        x: event.pane_x,
        y: event.pane_y,
        release: event.release,
    };
    let mut bytes = Vec::new();
    encode_mouse(report, &entry.terminal.modes(), &mut bytes);
    if !bytes.is_empty() {
        core.write_pane(pane, &bytes);
    }
}

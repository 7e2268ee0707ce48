//! Focus: which pane has it, and telling programs that asked.

use crate::Core;
use crate::model::ids::{ClientId, PaneId};

/// A client's terminal has gained or lost the focus.
pub(super) fn client(core: &mut Core, client: ClientId, focused: bool) {
    if let Some(client) = core.model.clients.get_mut(&client)
        && client.state.keys.unfocused == focused
    {
        client.state.keys.unfocused = !focused;
    }
    update(core);
}

/// Tells programs that asked (?1004) when their pane has gained or lost the focus: a pane has it when it is the active
/// pane of the current window of a client whose terminal has it. Only with `focus-events`.
pub(crate) fn update(core: &mut Core) {
    if !core.server_chain().flag("focus-events") {
        return;
    }
    let focused: Vec<PaneId> = core
        .model
        .clients
        .iter()
        .filter(|(_, client)| client.state.attached && !client.state.keys.unfocused)
        .filter_map(|(id, _)| crate::draw::context(core, *id, None).pane)
        .collect();
    let changed: Vec<(PaneId, bool)> = core
        .model
        .panes
        .iter()
        .map(|(id, pane)| (*id, pane.state.focused, focused.contains(id)))
        .filter(|(_, was, is)| was != is)
        .map(|(id, _, is)| (id, is))
        .collect();
    for (id, is) in changed {
        let Some(pane) = core.model.panes.get_mut(&id) else {
            continue;
        };
        pane.state.focused = is;
        // It is no answer to anything, whoever moved the focus.
        if pane.terminal.modes().focus && !pane.state.input_off {
            let report: &[u8] = if is { b"\x1b[I" } else { b"\x1b[O" };
            core.write_bytes(id, report.to_vec());
        }
    }
}

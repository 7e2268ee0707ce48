//! Pictures for clients: when one is due, and that nothing is drawn that has not changed.
//!
//! A client that is not stale costs nothing. One that is stale is drawn from a [`Cache`]: formats (status lines, pane
//! borders, styles, title) are expanded again only when what they can be about has changed or status-interval has
//! passed, and a row of panes is drawn again only when a pane's row on it has another number than last time.
//! Clients of the same size and view could share a cache; nothing here forbids it.

mod borders;
mod compose;
mod formats;
mod frame;
mod layout;
mod pace;
mod status;
mod text;
mod view;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_term::{Screen, ScreenRow};

use crate::mode::front::{self, Fronts};
use crate::model::Client;
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, Effect};
pub(crate) use borders::Rect;
pub(crate) use compose::Cache;
pub(crate) use layout::{Span, draw as draw_format, width as format_width};
use pace::{Extent, Pace};
pub(crate) use pace::{output, typed};
pub(crate) use status::prompt_place;
pub(crate) use text::{
    apply_base, blank as blank_row, clusters, copy as copy_cells, push as push_cluster,
    push_cell_text, width as text_width, write as write_text,
};
pub(crate) use view::{View, active_pane, context, style_of, view, visible_panes};
pub(crate) use window::mode_rows;

/// A pane that keeps ?2026 open is shown after so long.
const SYNC_MS: u64 = 150;

/// What drawing remembers between frames. Nothing of it must survive.
#[derive(Default)]
pub(crate) struct State {
    clients: BTreeMap<ClientId, Cache>,
    /// Panes seen inside ?2026, and since when.
    held: BTreeMap<PaneId, u64>,
    /// Grows when something may have changed that formats can be about and that no fingerprint covers (options, jobs).
    serial: u64,
    /// Newest number of a mode's picture.
    change: u64,
    pace: Pace,
    /// Choosers and clocks.
    pub(crate) fronts: Fronts,
}

impl State {
    /// A number that no picture has had yet.
    pub(crate) fn next_change(&mut self) -> u64 {
        self.change += 1;
        self.change
    }

    /// The status lines of a client, as they were drawn last.
    pub(crate) fn status_rows(&self, client: ClientId) -> Vec<ScreenRow> {
        self.clients
            .get(&client)
            .map(Cache::status_rows)
            .unwrap_or_default()
    }

    /// The button on a pane's border at a place of the window that a client shows, and whose it is.
    pub(crate) fn control(&self, client: ClientId, x: u16, y: u16) -> Option<(PaneId, u8)> {
        self.clients.get(&client)?.control(x, y)
    }

    /// What clicks on the status lines of a client mean.
    pub(crate) fn spans(&self, client: ClientId, row: u16) -> &[Span] {
        self.clients
            .get(&client)
            .map_or(&[], |cache| cache.spans(row))
    }
}

/// Formats are expanded again for all clients, which are drawn again.
pub(crate) fn refresh_all(core: &mut Core) {
    core.draw.serial += 1;
    for client in core.model.clients.values_mut() {
        client.stale = true;
    }
}

/// Draws a client's picture anew: its terminal shows nothing that we know.
pub(crate) fn forget(core: &mut Core, client: ClientId) {
    core.draw.clients.remove(&client);
    if let Some(client) = core.model.clients.get_mut(&client) {
        client.screen = None;
        client.stale = true;
    }
}

/// Emits a frame for each attached client that is stale, ready and due.
pub fn frames(core: &mut Core) {
    crate::input::update_focus(core);
    front::refresh_all(core);
    let now = core.now.ms;
    // Nothing to draw is the common case: a turn that only forwards a key.
    let held = !core.draw.held.is_empty();
    let pace = &core.draw.pace;
    let stale =
        core.model.clients.iter().any(|(id, client)| {
            client.state.is_drawn() && client.ready && pace.is_stale(*id, client)
        });
    let timed = core.draw.clients.values().any(|c| c.status_due <= now);
    if !held && !timed && !stale {
        return raw(core);
    }
    let mut held = std::mem::take(&mut core.draw.held);
    let draw = &mut core.draw;
    if draw.clients.len() > core.model.clients.len() {
        draw.clients
            .retain(|id, _| core.model.clients.contains_key(id));
        draw.pace.retain(&core.model.clients);
    }
    let panes = &core.model.panes;
    held.retain(|id, _| {
        panes
            .get(id)
            .is_some_and(|pane| pane.terminal.modes().synchronized)
    });
    let expired = |since: &u64| since.saturating_add(SYNC_MS) <= now;
    let shown = held.values().any(expired);
    let due: Vec<(ClientId, Extent)> = core
        .model
        .clients
        .iter()
        .filter(|(id, client)| {
            let cache = draw.clients.get(id);
            let timed = cache.is_some_and(|cache| cache.status_due <= now);
            let stale = draw.pace.is_stale(**id, client);
            client.state.is_drawn() && client.ready && (stale || timed || shown)
        })
        .map(|(id, client)| (*id, draw.pace.due(*id, client, now)))
        .filter(|(_, (at, _))| *at <= now)
        .map(|(id, (_, extent))| (id, extent))
        .collect();
    for (id, extent) in due {
        frame(core, id, extent, &mut held);
    }
    // What was open for too long has been shown as it is, once; then the next settled picture is waited for again.
    for since in held.values_mut().filter(|since| expired(since)) {
        *since = now;
    }
    core.draw.held = held;
    raw(core);
}

/// Composes a client's picture, and emits it if it is another than the last.
fn frame(core: &mut Core, id: ClientId, extent: Extent, held: &mut BTreeMap<PaneId, u64>) {
    let mut cache = std::mem::take(core.draw.clients.entry(id).or_default());
    let serial = core.draw.serial;
    let screen = compose::compose(core, id, extent, &mut cache, held, serial);
    core.draw.clients.insert(id, cache);
    let request = crate::overlay::requests::shown(core, id).map(str::to_string);
    let now = core.now.ms;
    let Some(client) = core.model.clients.get_mut(&id) else {
        return;
    };
    client.stale = false;
    core.draw.pace.drawn(id, extent);
    let Some(screen) = screen else { return };
    let screen = Arc::new(screen);
    client.screen = Some(screen.clone());
    client.ready = false;
    if extent == Extent::Whole {
        client.frame_request = request;
        client.last_frame_ms = now;
    }
    core.effects.push(Effect::Frame { client: id, screen });
}

/// Emits a frame for each client that waits for the echo of a key and for nothing else, before the turn comes to its end:
/// what is looked after there does not stand in the echo's way, and whatever more it has to show is one more frame.
/// What is told once (a bell, a clipboard, a notice) waits for the commit.
pub(crate) fn echoes(core: &mut Core) {
    if !core.draw.held.is_empty() {
        return;
    }
    let (pace, now) = (&core.draw.pace, core.now.ms);
    let waits = |id: ClientId, client: &Client| {
        let state = &client.state;
        let plain = state.overlay.is_none() && state.prompt.is_none() && client.raw.is_empty();
        let tells_nothing = client.screen.as_ref().is_some_and(|shown| {
            shown.bells == state.bells
                && shown.clipboard.0 == state.clipboard_serial
                && shown.notices.0 == state.notices.newest()
        });
        plain && tells_nothing && client.ready && state.is_drawn() && pace.is_echo(id, client)
    };
    let due: Vec<(ClientId, Extent)> = core
        .model
        .clients
        .iter()
        .filter(|(id, client)| waits(**id, client))
        .map(|(id, client)| (*id, pace.due(*id, client, now)))
        .filter(|(_, (at, _))| *at <= now)
        .map(|(id, (_, extent))| (id, extent))
        .collect();
    let mut held = BTreeMap::new();
    for (id, extent) in due {
        frame(core, id, extent, &mut held);
    }
    core.draw.held = held;
}

/// Bytes that go to clients' terminals as they are: once a client has the picture that was true when they came.
fn raw(core: &mut Core) {
    let pace = &core.draw.pace;
    for (id, client) in &mut core.model.clients {
        if !client.raw.is_empty() && !pace.is_stale(*id, client) {
            let bytes = std::mem::take(&mut client.raw);
            if client.state.attached && !client.state.suspended {
                core.effects.push(Effect::Raw { client: *id, bytes });
            }
        }
    }
}

/// Bytes that close a synchronized update, and those that open one.
const SYNC_END: &[u8] = b"\x1b[?2026l";
const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";

/// Output that ends inside a synchronized update, but has finished one before, holds a settled picture that will not
/// be there when the turn ends: the terminal is given the bytes up to it, and clients that are due are shown it. What
/// is left of the bytes.
pub(crate) fn settle<'a>(core: &mut Core, pane: PaneId, bytes: &'a [u8]) -> &'a [u8] {
    let last = |what: &[u8]| bytes.windows(what.len()).rposition(|window| window == what);
    let Some(end) = last(SYNC_END) else {
        return bytes;
    };
    if last(SYNC_BEGIN).is_none_or(|begin| begin < end) {
        return bytes;
    }
    let (settled, rest) = bytes.split_at(end + SYNC_END.len());
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return bytes;
    };
    entry.terminal.advance(settled);
    let window = entry.state.window;
    output(core, pane, window);
    frames(core);
    rest
}

/// Monotonic ms at which a frame is due, or a held pane or the status lines want one.
pub fn next_due(core: &Core) -> Option<u64> {
    let draw = &core.draw;
    let mut next: Option<u64> = front::next_due(core);
    let mut at = |ms: u64| next = Some(next.map_or(ms, |before: u64| before.min(ms)));
    let mut waiting = false;
    for (id, client) in &core.model.clients {
        if !client.state.is_drawn() || !client.ready {
            continue;
        }
        waiting = true;
        if draw.pace.is_stale(*id, client) {
            at(draw.pace.due(*id, client, core.now.ms).0);
        }
        if let Some(cache) = draw
            .clients
            .get(id)
            .filter(|cache| cache.status_due != u64::MAX)
        {
            at(cache.status_due);
        }
    }
    if waiting {
        for since in draw.held.values() {
            at(since.saturating_add(SYNC_MS));
        }
    }
    next
}

/// Whether two pictures show the same; rows are compared by address, because equal rows are shared.
fn same(a: &Screen, b: &Screen) -> bool {
    a.size == b.size
        && a.cursor == b.cursor
        && a.modes == b.modes
        && a.bells == b.bells
        && a.clipboard.0 == b.clipboard.0
        && a.notices.0 == b.notices.0
        && a.title == b.title
        && a.rows.iter().zip(&b.rows).all(|(a, b)| Arc::ptr_eq(a, b))
}

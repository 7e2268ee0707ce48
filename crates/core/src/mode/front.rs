//! What lies in front of a pane's text, and of its copy mode: choosers and the clock.
//!
//! A front is data of the pane ([`Front`]), so it survives the server. Its picture is drawn as a whole when something
//! may have changed (after a key at once, else at most every [`EVERY_MS`]), and each row has a number that grows when
//! it looks different, so that drawing shares the others. Only panes that have one cost anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use outlast_term::ScreenRow;
use outlast_term::keys::Key;
use serde::{Deserialize, Deserializer, Serialize};

use super::clock;
use super::tree::{self, Chooser};
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, MouseEvent};

/// A front is not drawn more often than this for what happens elsewhere.
const EVERY_MS: u64 = 100;

/// A clock is looked at as often: it does not know where in a second the time is.
const CLOCK_MS: u64 = 500;

/// What a front is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// choose-tree, choose-buffer, choose-client.
    Chooser(Box<Chooser>),
    /// clock-mode.
    Clock,
}

/// What lies in front of a pane's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Front {
    /// What it is.
    pub kind: Kind,
    /// The window was zoomed for it (-Z) and is unzoomed after it.
    #[serde(default)]
    pub zoomed: bool,
    /// Its rows, each with the number of its look.
    #[serde(skip)]
    rows: Vec<(u64, Arc<ScreenRow>)>,
}

impl Front {
    /// One that has not been drawn.
    pub fn new(kind: Kind) -> Front {
        Front {
            kind,
            zoomed: false,
            rows: Vec::new(),
        }
    }

    /// tmux's name of the mode.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Chooser(chooser) => chooser.what.mode(),
            Kind::Clock => "clock-mode",
        }
    }

    /// The number of a row's look.
    pub(crate) fn change(&self, y: u16) -> u64 {
        self.rows
            .get(usize::from(y))
            .map_or(0, |(change, _)| *change)
    }

    /// A row of its picture; None before it is drawn or outside.
    pub(crate) fn row(&self, y: u16) -> Option<&ScreenRow> {
        self.rows.get(usize::from(y)).map(|(_, row)| &**row)
    }
}

/// Reads a front; one of a kind that this build does not know is none.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Front>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// Which panes have a front, and when their pictures are due.
#[derive(Default)]
pub(crate) struct Fronts {
    /// None: not looked for yet.
    panes: Option<BTreeSet<PaneId>>,
    /// Monotonic ms of the last drawing.
    drawn_ms: u64,
    /// A key has changed something.
    due: bool,
    /// Something may have changed since.
    waits: bool,
}

/// The front of a pane.
pub(crate) fn of(core: &Core, pane: PaneId) -> Option<&Front> {
    core.model.panes.get(&pane)?.state.front.as_ref()
}

/// Puts a front over a pane, in the place of one that is there. `zoom`: the window is zoomed for it.
pub(crate) fn open(core: &mut Core, pane: PaneId, kind: Kind, zoom: bool) {
    close(core, pane);
    let Some(window) = core.model.panes.get(&pane).map(|pane| pane.state.window) else {
        return;
    };
    let mut front = Front::new(kind);
    front.zoomed = zoom && !core.is_zoomed(window) && core.zoom(window, pane);
    if let Some(entry) = core.model.panes.get_mut(&pane) {
        entry.state.front = Some(front);
    }
    if let Some(panes) = &mut core.draw.fronts.panes {
        panes.insert(pane);
    }
    refresh(core, pane);
    core.touch_pane(pane);
    core.notify_pane("pane-mode-changed", pane);
}

/// Takes the front of a pane away.
pub(crate) fn close(core: &mut Core, pane: PaneId) {
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    if entry.state.front.is_none() {
        return;
    }
    let window = entry.state.window;
    let front = entry.state.front.take();
    if front.is_some_and(|front| front.zoomed) {
        core.unzoom(window);
    }
    core.touch_pane(pane);
    core.notify_pane("pane-mode-changed", pane);
}

/// Gives a key to the front of a pane; `event` is its mouse event. False: there is none.
pub(crate) fn key(
    core: &mut Core,
    client: Option<ClientId>,
    pane: PaneId,
    key: Key,
    event: Option<&MouseEvent>,
) -> bool {
    match of(core, pane).map(|front| &front.kind) {
        None => return false,
        Some(Kind::Chooser(_)) => tree::key(core, client, pane, key, event),
        Some(Kind::Clock) => close(core, pane),
    }
    core.draw.fronts.due = true;
    true
}

/// Pictures are drawn anew at the end of this turn.
pub(crate) fn changed(core: &mut Core) {
    core.draw.fronts.due = true;
}

/// Draws what may have changed.
pub(crate) fn refresh_all(core: &mut Core) {
    let panes = &core.model.panes;
    let fronts = &mut core.draw.fronts;
    let known = fronts.panes.get_or_insert_with(|| {
        let all = panes.iter().filter(|(_, pane)| pane.state.front.is_some());
        all.map(|(id, _)| *id).collect()
    });
    known.retain(|id| panes.get(id).is_some_and(|pane| pane.state.front.is_some()));
    if known.is_empty() {
        fronts.waits = false;
        return;
    }
    let now = core.now.ms;
    if !fronts.due && now < fronts.drawn_ms.saturating_add(EVERY_MS) {
        fronts.waits = true;
        return;
    }
    let known = known.clone();
    (fronts.due, fronts.waits, fronts.drawn_ms) = (false, false, now);
    for pane in known {
        refresh(core, pane);
    }
}

/// Monotonic ms at which a picture is due.
pub(crate) fn next_due(core: &Core) -> Option<u64> {
    let fronts = &core.draw.fronts;
    let waits = fronts.waits.then_some(EVERY_MS);
    let ticks = || {
        let mut panes = fronts.panes.iter().flatten();
        panes.any(|pane| ticks(core, *pane)).then_some(CLOCK_MS)
    };
    let after = waits.or_else(ticks)?;
    Some(fronts.drawn_ms.saturating_add(after))
}

/// Whether a pane shows a clock to somebody.
fn ticks(core: &Core, pane: PaneId) -> bool {
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return false;
    };
    let clock = state
        .front
        .as_ref()
        .is_some_and(|front| front.kind == Kind::Clock);
    clock
        && core.attached_clients().any(|client| {
            let session = client
                .state
                .session
                .and_then(|id| core.model.sessions.get(&id));
            let link = session.and_then(|session| session.windows.get(&session.current));
            link.is_some_and(|link| link.0 == state.window)
        })
}

/// Draws the front of a pane.
fn refresh(core: &mut Core, pane: PaneId) {
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return;
    };
    let Some(front) = &state.front else { return };
    let (cols, rows) = (state.cols.max(1), state.rows.max(1));
    let mut kind = front.kind.clone();
    let drawn = match &mut kind {
        Kind::Chooser(chooser) => tree::draw(core, pane, chooser, cols, rows),
        Kind::Clock => clock::draw(core, pane, cols, rows),
    };
    let settled = (kind != front.kind).then_some(kind);
    let mut changed = drawn.len() != front.rows.len();
    let old = front.rows.clone();
    let rows = drawn
        .into_iter()
        .enumerate()
        .map(|(y, row)| match old.get(y) {
            Some((change, known)) if **known == row => (*change, known.clone()),
            _ => {
                changed = true;
                (core.draw.next_change(), Arc::new(row))
            }
        })
        .collect();
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    // What it looks like is not saved; what it is about only when that has changed.
    if let Some(kind) = settled
        && let Some(front) = &mut entry.state.front
    {
        front.kind = kind;
    }
    if let Some(front) = &mut entry.state.quiet().front {
        front.rows = rows;
    }
    if changed {
        core.touch_pane(pane);
    }
}

/// Works on the chooser of a pane.
pub(crate) fn edit_chooser<T>(
    core: &mut Core,
    pane: PaneId,
    run: impl FnOnce(&mut Chooser) -> T,
) -> Option<T> {
    let front = core.model.panes.get_mut(&pane)?.state.front.as_mut()?;
    match &mut front.kind {
        Kind::Chooser(chooser) => Some(run(chooser)),
        Kind::Clock => None,
    }
}

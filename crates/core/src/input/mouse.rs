//! The mouse: what a report hit, clicks and drags, and the key that it is looked up as.

use outlast_lang::layout::{Cell, Content, Direction};
use outlast_lang::style::Range;
use outlast_term::keys::mouse::{Mouse, MouseKey, MouseKind, MouseWhere, decode_raw};
use outlast_term::keys::{Code, Key};

use super::keys;
use crate::draw::{self, View};
use crate::mode::Click;
use crate::mode::copy;
use crate::model::ids::{ClientId, PaneId};
use crate::model::layout;
use crate::{Core, MouseEvent};

/// Within so many milliseconds presses are counted as one click.
const CLICK_MS: u64 = 300;
/// A drag beyond the pane's edge scrolls so often.
const SCROLL_MS: u64 = 50;

impl Click {
    /// When a second press that waits for a third was a double click after all.
    pub(crate) fn due_at(&self) -> Option<u64> {
        self.pending.then_some(self.at_ms + CLICK_MS)
    }
}

/// What a place on a client's screen is.
struct Hit {
    place: MouseWhere,
    event: MouseEvent,
    /// On a slider: which row of it.
    grip: Option<u16>,
}

/// Finds what is at a place of a client's screen. `drag` is the pane in which a drag began: it keeps the mouse.
fn hit(core: &Core, client: ClientId, x: u16, y: u16, drag: Option<PaneId>) -> Option<Hit> {
    let view = draw::view(core, client)?;
    let session = core.model.sessions.get(&view.session)?;
    let mut event = MouseEvent {
        x,
        y,
        session: Some(view.session),
        ..MouseEvent::default()
    };
    if view.status != 0 && view.status_row() <= y && y < view.status_row() + view.status {
        let line = y - view.status_row();
        event.status_line = Some(line);
        let span = core
            .draw
            .spans(client, line)
            .iter()
            .find(|span| span.start <= x && x < span.end);
        let place = match span.map(|span| &span.range) {
            None | Some(Range::None) => MouseWhere::StatusDefault,
            Some(Range::Left) => {
                event.status_range = "left".into();
                MouseWhere::StatusLeft
            }
            Some(Range::Right) => {
                event.status_range = "right".into();
                MouseWhere::StatusRight
            }
            Some(Range::Window(index)) => {
                session.windows.get(index)?;
                event.status_range = "window".into();
                event.window = Some(*index);
                MouseWhere::Status
            }
            Some(Range::Pane(id)) => {
                event.status_range = "pane".into();
                event.pane = Some(PaneId(*id)).filter(|id| core.model.panes.contains_key(id));
                event.pane?;
                MouseWhere::Status
            }
            Some(Range::Session(id)) => {
                event.status_range = "session".into();
                event.session = core
                    .model
                    .sessions
                    .keys()
                    .find(|known| known.0 == *id)
                    .copied();
                event.session?;
                MouseWhere::Status
            }
            Some(Range::User(word)) => {
                event.status_range = word.clone();
                MouseWhere::Status
            }
            Some(Range::Control(number)) => {
                event.status_range = "control".into();
                MouseWhere::Control(*number)
            }
        };
        return Some(Hit {
            place,
            event,
            grip: None,
        });
    }
    let (wx, wy) = window_place(&view, x, y);
    if wx > view.ox + view.sx || wy > view.oy + view.sy {
        return None;
    }
    let pane = drag
        .filter(|pane| core.model.panes.contains_key(pane))
        .or_else(|| core.pane_at(view.window, wx, wy))?;
    let state = &core.model.panes.get(&pane)?.state;
    let inside =
        wx >= state.x && wx < state.x + state.cols && wy >= state.y && wy < state.y + state.rows;
    event.window = Some(session.current);
    event.pane = Some(pane);
    event.in_pane = inside;
    event.pane_x = wx.saturating_sub(state.x).min(state.cols.saturating_sub(1));
    event.pane_y = wy.saturating_sub(state.y).min(state.rows.saturating_sub(1));
    let mut grip = None;
    let bar = match drag {
        None => scrollbar(core, pane, wx, wy),
        Some(_) => None,
    };
    let place = if let Some((place, row)) = bar {
        grip = row;
        place
    } else if inside || drag.is_some() {
        MouseWhere::Pane
    } else {
        // What stands on the border may be a button.
        match core.draw.control(client, wx, wy) {
            Some((pane, number)) => {
                event.pane = Some(pane);
                MouseWhere::Control(number)
            }
            None => MouseWhere::Border,
        }
    };
    Some(Hit { place, event, grip })
}

/// The part of a pane's scroll bar at a place of its window; for the slider also which row of it.
fn scrollbar(core: &Core, pane: PaneId, x: u16, y: u16) -> Option<(MouseWhere, Option<u16>)> {
    let bar = core.scrollbar(pane)?;
    let state = &core.model.panes.get(&pane)?.state;
    let inner = draw::Rect {
        x: state.x,
        y: state.y,
        cols: state.cols,
        rows: state.rows,
    };
    let (from, to) = bar.columns(core.full_place(pane)?, inner);
    let row = y.checked_sub(state.y).filter(|row| *row < state.rows)?;
    if x < from || x >= to {
        return None;
    }
    let slider = core.slider(pane)?;
    Some(if row < slider.top {
        (MouseWhere::ScrollbarUp, None)
    } else if slider.has(row) {
        (MouseWhere::ScrollbarSlider, Some(row - slider.top))
    } else {
        (MouseWhere::ScrollbarDown, None)
    })
}

/// The slider of a pane's scroll bar goes with the mouse, held where the drag began. True: that leaves the mode.
pub(crate) fn slide(
    core: &mut Core,
    client: ClientId,
    pane: PaneId,
    event: &MouseEvent,
    exit: bool,
) -> bool {
    let state = core.model.clients.get(&client).map(|client| &client.state);
    let grip = state
        .and_then(|state| state.click.as_ref())
        .and_then(|click| click.slider)
        .unwrap_or(0);
    let (Some(view), Some(pane_y)) = (
        draw::view(core, client),
        core.model.panes.get(&pane).map(|pane| pane.state.y),
    ) else {
        return false;
    };
    let (_, y) = window_place(&view, event.x, event.y);
    copy::slide(
        core,
        pane,
        i32::from(y) - i32::from(pane_y) - i32::from(grip),
        exit,
    )
}

/// A place on the screen in the window's columns and rows; the status lines count as the row next to them.
fn window_place(view: &View, x: u16, y: u16) -> (u16, u16) {
    let top = view.window_top();
    let y = y
        .saturating_sub(top)
        .min(view.window_rows().saturating_sub(1));
    (x + view.ox, y + view.oy)
}

/// Handles a report of the outer terminal.
pub(super) fn report(core: &mut Core, client: ClientId, report: Mouse) {
    let now = core.now.ms;
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let before = state.click.clone().unwrap_or_default();
    let mut click = before.clone();
    let decoded = decode_raw(report.raw, report.release);
    let mut kind = decoded.kind;
    let (mut button, mut mods) = (decoded.button, decoded.mods);
    let (mut x, mut y) = (report.x, report.y);
    let fresh = now.saturating_sub(before.at_ms) <= CLICK_MS;
    match kind {
        MouseKind::Drag if before.dragging == 0 => {
            // A drag begins where the button went down.
            (x, y) = (before.x, before.y);
            let press = decode_raw(before.raw, false);
            (button, mods) = (press.button, press.mods);
        }
        MouseKind::Drag if (x, y) == (before.x, before.y) => return,
        MouseKind::Down => {
            kind = match before.count {
                1 if fresh => MouseKind::SecondClick,
                2 if fresh => MouseKind::TripleClick,
                _ => MouseKind::Down,
            };
        }
        _ => {}
    }
    // The pane in which a drag began keeps it.
    let owner = before
        .pane
        .filter(|_| kind == MouseKind::Drag && before.dragging != 0)
        .map(PaneId);
    let found = hit(core, client, x, y, owner);
    (click.x, click.y, click.raw) = (report.x, report.y, report.raw);
    let Some(Hit {
        mut place,
        mut event,
        grip,
    }) = found
    else {
        return save(core, client, click);
    };
    if before.slider.is_some() && before.dragging != 0 {
        // A slider is held until the button is let go, wherever the mouse is.
        place = MouseWhere::ScrollbarSlider;
        event.pane = before.pane.map(PaneId).or(event.pane);
    }
    event.raw = report.raw;
    event.release = report.release;
    event.last = (before.x, before.y);
    if (x, y) != (report.x, report.y) {
        // What is hit is where the drag began, but the mouse is elsewhere by now.
        (event.x, event.y) = (report.x, report.y);
        let at = event
            .pane
            .and_then(|pane| place_in_pane(core, client, pane, (report.x, report.y)));
        (event.pane_x, event.pane_y) = at.unwrap_or((event.pane_x, event.pane_y));
    }
    if matches!(
        kind,
        MouseKind::Down | MouseKind::SecondClick | MouseKind::TripleClick
    ) {
        let at = format!("{place:?}{:?}{:?}{button}", event.pane, event.window);
        if kind != MouseKind::Down && at != before.place {
            kind = MouseKind::Down;
        }
        click.place = at;
        click.at_ms = now;
        click.count = match kind {
            MouseKind::Down => 1,
            MouseKind::SecondClick => 2,
            _ => 0,
        };
        click.pending = kind == MouseKind::SecondClick;
    }
    if kind == MouseKind::Drag {
        if before.drag.is_some() && before.dragging != 0 {
            save(core, client, click);
            return drag(
                core,
                client,
                before.drag.as_deref().unwrap_or_default(),
                &event,
            );
        }
        click.dragging = button.max(1);
        if before.dragging == 0 {
            click.pane = event.pane.map(|pane| pane.0);
            click.slider = grip;
        }
    } else if before.dragging != 0 && !matches!(kind, MouseKind::WheelUp | MouseKind::WheelDown) {
        kind = MouseKind::DragEnd;
        button = before.dragging;
        click.dragging = 0;
        click.pane = None;
        click.slider = None;
        if click.drag.take().is_some() {
            set_scroll(core, client, None);
        }
    }
    save(core, client, click);
    let button = match kind {
        MouseKind::WheelUp | MouseKind::WheelDown | MouseKind::Move => 0,
        _ => button,
    };
    let key = Key {
        code: Code::Mouse(MouseKey {
            kind,
            button,
            place,
        }),
        mods,
    };
    if kind == MouseKind::Move && place == MouseWhere::Pane {
        follow(core, client, &event);
    }
    event.key = outlast_lang::key::name(key);
    keys::handle(core, client, key, Some(event));
}

fn save(core: &mut Core, client: ClientId, click: Click) {
    if let Some(client) = core.model.clients.get_mut(&client)
        && client.state.click.as_ref() != Some(&click)
    {
        client.state.click = Some(click);
    }
}

/// A second press was not followed by a third: it was a double click.
pub(super) fn click_timer(core: &mut Core, client: ClientId) {
    let Some(mut click) = core
        .model
        .clients
        .get(&client)
        .and_then(|client| client.state.click.clone())
    else {
        return;
    };
    click.pending = false;
    click.count = 0;
    let (x, y, raw) = (click.x, click.y, click.raw);
    save(core, client, click);
    let decoded = decode_raw(raw, false);
    let Some(Hit {
        place, mut event, ..
    }) = hit(core, client, x, y, None)
    else {
        return;
    };
    event.raw = raw;
    event.last = (x, y);
    // The program has had the presses; it counts clicks itself.
    event.in_pane = false;
    let mouse = MouseKey {
        kind: MouseKind::DoubleClick,
        button: decoded.button.max(1),
        place,
    };
    let key = Key {
        code: Code::Mouse(mouse),
        mods: decoded.mods,
    };
    event.key = outlast_lang::key::name(key);
    keys::handle(core, client, key, Some(event));
}

/// focus-follows-mouse.
fn follow(core: &mut Core, client: ClientId, event: &MouseEvent) {
    let (Some(pane), Some(session)) = (event.pane, event.session) else {
        return;
    };
    let active = draw::context(core, client, None).pane;
    if active == Some(pane)
        || !core
            .session_chain(Some(session))
            .flag("focus-follows-mouse")
    {
        return;
    }
    if let Ok(commands) = core.parse_commands(&format!("select-pane -t {pane}")) {
        core.run_binding(client, "", &commands, None, false);
    }
}

/// From now on, until the button is released, drags of the client resize at the border (`resize-pane -M`) …
pub(crate) fn start_border_drag(core: &mut Core, client: ClientId, event: &MouseEvent) {
    start(core, client, "border", event);
}

/// … or select in the pane's copy mode (`copy-mode -M`, `begin-selection` with the mouse).
pub(crate) fn start_copy_drag(core: &mut Core, client: ClientId, event: &MouseEvent) {
    start(core, client, "copy", event);
}

fn start(core: &mut Core, client: ClientId, what: &str, event: &MouseEvent) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let mut click = state.click.clone().unwrap_or_default();
    if click.dragging == 0 {
        return;
    }
    click.drag = Some(what.to_string());
    click.pane = event.pane.map(|pane| pane.0);
    save(core, client, click);
    drag(core, client, what, event);
}

/// A drag goes on.
fn drag(core: &mut Core, client: ClientId, what: &str, event: &MouseEvent) {
    match what {
        "border" => border(core, client, event),
        "copy" => {
            let Some(pane) = event.pane else { return };
            let edge = copy::drag(core, pane, event);
            let now = core.now.ms;
            set_scroll(core, client, edge.then_some(now + SCROLL_MS));
        }
        _ => {}
    }
}

fn set_scroll(core: &mut Core, client: ClientId, at: Option<u64>) {
    if let Some(client) = core.model.clients.get_mut(&client)
        && client.state.keys.scroll_at_ms != at
    {
        client.state.keys.scroll_at_ms = at;
    }
}

/// A selection is being dragged at the pane's edge: it scrolls.
pub(super) fn scroll_timer(core: &mut Core, client: ClientId) {
    let state = core.model.clients.get(&client).map(|client| &client.state);
    let pane = state
        .and_then(|state| state.click.as_ref())
        .filter(|click| click.drag.as_deref() == Some("copy"))
        .and_then(|click| click.pane)
        .map(PaneId);
    let more = pane.is_some_and(|pane| copy::drag_scroll(core, pane));
    let now = core.now.ms;
    set_scroll(core, client, more.then_some(now + SCROLL_MS));
}

/// Moves the borders at the place before to the place now.
fn border(core: &mut Core, client: ClientId, event: &MouseEvent) {
    let Some(view) = draw::view(core, client) else {
        return;
    };
    let from = window_place(&view, event.last.0, event.last.1);
    let to = window_place(&view, event.x, event.y);
    if from == to {
        return;
    }
    if let Some(pane) = event.pane
        && core.drag_float(view.window, pane, from, to)
    {
        return;
    }
    let edge = core.edge(view.window);
    core.change_layout(view.window, |root| {
        let mut found: Vec<(Vec<usize>, usize)> = Vec::new();
        // A corner has borders of both directions around it.
        for (dx, dy) in [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)] {
            let (Some(x), Some(y)) = (from.0.checked_add_signed(dx), from.1.checked_add_signed(dy))
            else {
                continue;
            };
            if let Some(border) =
                layout::border_at(root, x, y).filter(|border| !found.contains(border))
            {
                found.push(border);
            }
        }
        for (path, index) in found {
            let change = match direction(root, &path) {
                Some(Direction::TopBottom) => i32::from(to.1) - i32::from(from.1),
                Some(Direction::LeftRight) => i32::from(to.0) - i32::from(from.0),
                None => 0,
            };
            if change != 0 {
                layout::move_border(root, &path, index, change, false, edge);
            }
        }
    });
}

/// How the children of the cell at a path lie.
fn direction(root: &Cell, path: &[usize]) -> Option<Direction> {
    let mut cell = root;
    for at in path {
        let Content::Cells(_, cells) = &cell.content else {
            return None;
        };
        cell = cells.get(*at)?;
    }
    match &cell.content {
        Content::Cells(direction, _) => Some(*direction),
        Content::Pane(_) => None,
    }
}

/// A place on a client's screen in a pane's columns and rows, kept inside.
pub(crate) fn place_in_pane(
    core: &Core,
    client: ClientId,
    pane: PaneId,
    at: (u16, u16),
) -> Option<(u16, u16)> {
    let view = draw::view(core, client)?;
    let (x, y) = window_place(&view, at.0, at.1);
    let state = &core.model.panes.get(&pane)?.state;
    let x = x.saturating_sub(state.x).min(state.cols.saturating_sub(1));
    let y = y.saturating_sub(state.y).min(state.rows.saturating_sub(1));
    Some((x, y))
}

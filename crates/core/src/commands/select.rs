//! Which window is current, which pane is active: select-window, next-window …, select-pane, last-pane.

use super::new_window::set_pane_option;
use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::hooks::Hook;
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::neighbours::Side;
use crate::target::Find;

impl Core {
    /// The client's window in a session is now the one that it used last.
    pub(crate) fn use_by(&mut self, client: Option<ClientId>, session: SessionId) {
        let Some(client) = client.filter(|client| self.session_of(*client).is_some()) else {
            return;
        };
        let window = self
            .model
            .sessions
            .get(&session)
            .and_then(|s| s.windows.get(&s.current))
            .map(|link| link.0);
        if let Some(window) = window.and_then(|window| self.model.windows.get_mut(&window))
            && window.latest != Some(client)
        {
            window.latest = Some(client);
        }
        self.sizes_stale = true;
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Which {
    Next,
    Previous,
    Last,
}

pub(super) fn select_window(ctx: &mut Ctx<'_>) -> Outcome {
    let which = match (ctx.row.name, ctx.has('n'), ctx.has('p'), ctx.has('l')) {
        ("next-window", ..) | (_, true, ..) => Some(Which::Next),
        ("previous-window", ..) | (_, _, true, _) => Some(Which::Previous),
        ("last-window", ..) | (.., true) => Some(Which::Last),
        _ => None,
    };
    let session = ctx.session()?;
    match which {
        Some(which) => {
            go(ctx, session, which)?;
            ctx.state.current = ctx.core.find_from_session(session);
        }
        None => {
            let link = ctx.link()?;
            let current = ctx
                .core
                .model
                .sessions
                .get(&session)
                .is_some_and(|session| session.current == link);
            if ctx.has('T') && current {
                go(ctx, session, Which::Last)?;
                if ctx.state.current.session == Some(session) {
                    ctx.state.current = ctx.core.find_from_session(session);
                }
            } else if !current && ctx.core.select_link(session, link) {
                ctx.state.current = ctx.core.find_from_session(session);
            }
        }
    }
    let find = ctx.state.current.clone();
    let find = if ctx.core.is_valid(&find) {
        find
    } else {
        ctx.core.find_from_session(session)
    };
    // The hook is that of select-window, whichever name the command has.
    ctx.hook = Hook::named(ctx, "after-select-window", find);
    ctx.core.use_by(ctx.client, session);
    Ok(Flow::Normal)
}

fn go(ctx: &mut Ctx<'_>, session: SessionId, which: Which) -> Result<(), String> {
    let alert = ctx.has('a');
    let (link, error) = match which {
        Which::Next => (ctx.core.link_beside(session, 1, alert), "no next window"),
        Which::Previous => (
            ctx.core.link_beside(session, -1, alert),
            "no previous window",
        ),
        Which::Last => {
            let last = ctx
                .core
                .model
                .sessions
                .get(&session)
                .and_then(|session| session.last.first().copied());
            (last, "no last window")
        }
    };
    let current = ctx
        .core
        .model
        .sessions
        .get(&session)
        .map(|session| session.current);
    let link = link.filter(|link| current != Some(*link)).ok_or(error)?;
    ctx.core.select_link(session, link);
    Ok(())
}

fn set_input(ctx: &mut Ctx<'_>, pane: PaneId, off: bool) {
    if let Some(pane) = ctx.core.model.panes.get_mut(&pane) {
        pane.state.input_off = off;
    }
    ctx.core.touch_all();
}

pub(super) fn select_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (window, pane) = (ctx.window()?, ctx.pane()?);
    if ctx.row.name == "last-pane" || ctx.has('l') {
        let Some(state) = ctx.core.model.windows.get(&window) else {
            return Ok(Flow::Normal);
        };
        let other = || {
            let two = state.panes.len() == 2;
            state
                .panes
                .iter()
                .copied()
                .find(|pane| two && *pane != state.active)
        };
        let last = state
            .last
            .first()
            .copied()
            .or_else(other)
            .ok_or("no last pane")?;
        if ctx.has('e') || ctx.has('d') {
            set_input(ctx, last, !ctx.has('e'));
            return Ok(Flow::Normal);
        }
        let was = ctx.core.is_zoomed(window) && ctx.has('Z');
        if ctx.core.activate(window, last, true) {
            ctx.state.current = Find {
                pane: Some(last),
                ..ctx.target.clone()
            };
        }
        ctx.core.rezoom(window, was);
        return Ok(Flow::Normal);
    }
    if ctx.has('m') || ctx.has('M') {
        let zoomed = ctx
            .core
            .model
            .windows
            .get(&window)
            .and_then(|window| window.zoomed);
        if ctx.has('m') && zoomed.is_some_and(|zoomed| zoomed != pane) {
            return Ok(Flow::Normal);
        }
        let marked = ctx.core.model.global.marked;
        let new = if ctx.has('M') || marked == Some(pane) {
            None
        } else {
            Some(pane)
        };
        if marked != new {
            ctx.core.model.global.marked = new;
            ctx.core.model.global.marked_in = ctx.target.session.zip(ctx.target.link);
        }
        let floats = ctx.core.model.windows.get(&window);
        if floats.is_some_and(|window| window.is_floating(pane)) {
            // A press on its border (select-pane -M) brings it to the front.
            ctx.core.activate(window, pane, true);
        }
        ctx.core.touch_all();
        return Ok(Flow::Normal);
    }
    if let Some(style) = ctx.get('P') {
        set_pane_option(ctx, pane, "window-style", &style)
            .map_err(|_| format!("bad style: {style}"))?;
        set_pane_option(ctx, pane, "window-active-style", &style)
            .map_err(|_| format!("bad style: {style}"))?;
    }
    if ctx.has('g') {
        let style = ctx.core.pane_chain(pane).text("window-style");
        ctx.print(&style);
        return Ok(Flow::Normal);
    }
    let side = [
        ('L', Side::Left),
        ('R', Side::Right),
        ('U', Side::Up),
        ('D', Side::Down),
    ]
    .into_iter()
    .find(|(flag, _)| ctx.has(*flag));
    let pane = match side {
        None => pane,
        Some((_, side)) => {
            // A zoomed window has no neighbours: look as if it were not.
            let was = ctx.core.unzoom(window);
            let found = ctx.core.neighbour(pane, side);
            ctx.core.rezoom(window, was);
            match found {
                Some(pane) => pane,
                None => return Ok(Flow::Normal),
            }
        }
    };
    if ctx.has('e') || ctx.has('d') {
        set_input(ctx, pane, !ctx.has('e'));
        return Ok(Flow::Normal);
    }
    if let Some(title) = ctx.get('T') {
        let title = ctx.expand(&title);
        ctx.core.set_title(pane, &title, false);
        return Ok(Flow::Normal);
    }
    let own = ctx.client.filter(|client| {
        let client = ctx.core.model.clients.get(client);
        client.is_some_and(|client| client.state.session.is_some() && client.state.active_pane)
    });
    let active = match own {
        Some(client) => ctx.core.pane_of(client),
        None => ctx
            .core
            .model
            .windows
            .get(&window)
            .map(|window| window.active),
    };
    if active == Some(pane) {
        return Ok(Flow::Normal);
    }
    let was = ctx.core.is_zoomed(window) && ctx.has('Z');
    match own.and_then(|client| ctx.core.model.clients.get_mut(&client)) {
        Some(client) => {
            client.state.panes.insert(window.0, pane);
            client.stale = true;
            ctx.core.unzoom(window);
        }
        None => {
            if ctx.core.activate(window, pane, true) {
                ctx.state.current = Find {
                    pane: Some(pane),
                    ..ctx.target.clone()
                };
            }
        }
    }
    ctx.hook = Hook::after_at(ctx, ctx.state.current.clone());
    ctx.core.rezoom(window, was);
    Ok(Flow::Normal)
}

//! swap-window, swap-pane, rotate-window.

use outlast_lang::layout::{Cell, Content};

use super::{Ctx, Flow, Outcome};
use crate::model::ids::{PaneId, SessionId, WindowId};
use crate::model::layout;
use crate::target::Find;

pub(super) fn swap_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (a, b) = (ctx.source.clone(), ctx.target.clone());
    let (Some(a_session), Some(b_session)) = (a.session, b.session) else {
        return Ok(Flow::Normal);
    };
    let (Some(a_link), Some(b_link)) = (a.link, b.link) else {
        return Ok(Flow::Normal);
    };
    let (Some(a_window), Some(b_window)) = (a.window, b.window) else {
        return Ok(Flow::Normal);
    };
    let group = |id: &SessionId| {
        ctx.core
            .model
            .sessions
            .get(id)
            .and_then(|session| session.group.clone())
    };
    if a_session != b_session
        && group(&a_session).is_some()
        && group(&a_session) == group(&b_session)
    {
        return Err("can't move window, sessions are grouped".to_string());
    }
    if a_window == b_window {
        return Ok(Flow::Normal);
    }
    for (session, index, window) in [(a_session, a_link, b_window), (b_session, b_link, a_window)] {
        if let Some(link) = ctx
            .core
            .model
            .sessions
            .get_mut(&session)
            .and_then(|s| s.windows.get_mut(&index))
        {
            link.0 = window;
        }
    }
    if ctx.core.model.global.marked_in == Some((a_session, a_link)) {
        ctx.core.model.global.marked_in = Some((b_session, b_link));
    }
    if ctx.has('d') {
        ctx.core.select_link(b_session, b_link);
        if a_session != b_session {
            ctx.core.select_link(a_session, a_link);
        }
    }
    ctx.core.sync_group_from(a_session);
    if a_session != b_session {
        ctx.core.sync_group_from(b_session);
    }
    ctx.core.sizes_stale = true;
    ctx.core.touch_all();
    Ok(Flow::Normal)
}

pub(super) fn swap_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (to_window, to) = (ctx.window()?, ctx.pane()?);
    let was_to = ctx.core.unzoom(to_window) && ctx.has('Z');
    let panes = ctx
        .core
        .model
        .windows
        .get(&to_window)
        .map(|window| window.panes.clone())
        .unwrap_or_default();
    let at = panes.iter().position(|pane| *pane == to).unwrap_or(0);
    let count = panes.len().max(1);
    let (from_window, from) = if ctx.has('D') {
        (to_window, panes[(at + 1) % count])
    } else if ctx.has('U') {
        (to_window, panes[(at + count - 1) % count])
    } else {
        (
            ctx.source.window.ok_or("no current target")?,
            ctx.source.pane.ok_or("no current target")?,
        )
    };
    let was_from = from_window != to_window && ctx.core.unzoom(from_window) && ctx.has('Z');
    let floats = |window: WindowId, pane: PaneId| {
        let window = ctx.core.model.windows.get(&window);
        window.is_some_and(|window| window.is_floating(pane))
    };
    if from != to && (floats(from_window, from) || floats(to_window, to)) {
        return Err("cannot swap floating panes".to_string());
    }
    if from != to {
        swap(ctx, from_window, from, to_window, to);
    }
    ctx.core.rezoom(
        from_window,
        was_from || (was_to && from_window == to_window),
    );
    if from_window != to_window {
        ctx.core.rezoom(to_window, was_to);
    }
    Ok(Flow::Normal)
}

fn swap(ctx: &mut Ctx<'_>, from_window: WindowId, from: PaneId, to_window: WindowId, to: PaneId) {
    let active = |ctx: &Ctx<'_>, window: WindowId| {
        ctx.core
            .model
            .windows
            .get(&window)
            .map(|window| window.active)
    };
    let (from_active, to_active) = (active(ctx, from_window), active(ctx, to_window));
    if from_window == to_window {
        if let Some(window) = ctx.core.model.windows.get_mut(&from_window) {
            for pane in &mut window.panes {
                if *pane == from {
                    *pane = to;
                } else if *pane == to {
                    *pane = from;
                }
            }
            layout::swap(&mut window.layout, from.0, to.0);
        }
        let next = if !ctx.has('d') { Some(to) } else { None };
        if let Some(next) = next {
            ctx.core.activate(from_window, next, true);
        } else {
            if from_active == Some(from) {
                ctx.core.activate(from_window, to, true);
            }
            if active(ctx, from_window) == Some(to) && to_active == Some(to) {
                ctx.core.activate(from_window, from, true);
            }
        }
        ctx.core.fix_panes(from_window);
        ctx.core.notify_window("window-layout-changed", from_window);
        return;
    }
    for (id, old, new) in [(from_window, from, to), (to_window, to, from)] {
        if let Some(window) = ctx.core.model.windows.get_mut(&id) {
            for pane in window.panes.iter_mut().filter(|pane| **pane == old) {
                *pane = new;
            }
            window.last.retain(|pane| *pane != old);
            if window.active == old {
                window.active = new;
            }
            layout::swap(&mut window.layout, old.0, new.0);
        }
        if let Some(pane) = ctx.core.model.panes.get_mut(&new) {
            pane.state.window = id;
            pane.style_cache = None;
        }
    }
    if !ctx.has('d') {
        ctx.core.activate(from_window, to, true);
        ctx.core.activate(to_window, from, true);
    }
    for id in [from_window, to_window] {
        ctx.core.fix_panes(id);
        ctx.core.notify_window("window-layout-changed", id);
    }
    ctx.core.touch_all();
}

pub(super) fn rotate_window(ctx: &mut Ctx<'_>) -> Outcome {
    let window_id = ctx.window()?;
    let was = ctx.core.unzoom(window_id) && ctx.has('Z');
    let down = ctx.has('D');
    let Some(window) = ctx.core.model.windows.get_mut(&window_id) else {
        return Ok(Flow::Normal);
    };
    let old = window.tiled();
    let mut new = old.clone();
    // The places in the order of the panes before; the panes move on by one place.
    if down {
        new.rotate_right(1)
    } else {
        new.rotate_left(1)
    }
    let mut tiled = new.iter();
    for pane in &mut window.panes {
        if old.contains(pane)
            && let Some(next) = tiled.next()
        {
            *pane = *next;
        }
    }
    rename(&mut window.layout, &|pane| {
        let at = old.iter().position(|other| other.0 == pane)?;
        new.get(at).map(|pane| pane.0)
    });
    let at = new
        .iter()
        .position(|pane| *pane == window.active)
        .unwrap_or(0);
    let count = new.len();
    let next = new[if down {
        (at + count - 1) % count
    } else {
        (at + 1) % count
    }];
    ctx.core.activate(window_id, next, true);
    ctx.state.current = Find {
        pane: Some(next),
        ..ctx.target.clone()
    };
    ctx.core.fix_panes(window_id);
    ctx.core.notify_window("window-layout-changed", window_id);
    ctx.core.rezoom(window_id, was);
    ctx.core.touch_all();
    Ok(Flow::Normal)
}

fn rename(cell: &mut Cell, new: &dyn Fn(u32) -> Option<u32>) {
    match &mut cell.content {
        Content::Pane(Some(pane)) => *pane = new(*pane).unwrap_or(*pane),
        Content::Pane(None) => {}
        Content::Cells(_, cells) => cells.iter_mut().for_each(|cell| rename(cell, new)),
    }
}

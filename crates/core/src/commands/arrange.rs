//! Moving windows and panes about: move-window, link-window, break-pane, join-pane.

use outlast_lang::target::Kind;

use super::new_window::{list_pane, split_of};
use super::{Ctx, Flow, Outcome, find};
use crate::model::ids::{SessionId, WindowId};
use crate::model::layout;
use crate::names::checked;
use crate::target::Find;

pub(super) fn move_window(ctx: &mut Ctx<'_>) -> Outcome {
    let text = ctx.get('t');
    if ctx.has('r') {
        let found = ctx.core.find_target(
            ctx.client,
            &ctx.state,
            text.as_deref(),
            Kind::Session,
            find::QUIET,
        )?;
        if let Some(session) = found.session {
            ctx.core.renumber(session);
        }
        return Ok(Flow::Normal);
    }
    let how = find::WINDOW_INDEX;
    let found = ctx
        .core
        .find_target(ctx.client, &ctx.state, text.as_deref(), Kind::Window, how)?;
    let (from, from_link) = (
        ctx.source.session.ok_or("no current target")?,
        ctx.source.link.ok_or("no current target")?,
    );
    let to = found.session.ok_or("no current target")?;
    let mut index = found.index;
    if ctx.has('a') || ctx.has('b') {
        let at = found
            .link
            .or_else(|| {
                ctx.core
                    .model
                    .sessions
                    .get(&to)
                    .map(|session| session.current)
            })
            .unwrap_or(0);
        index = ctx.core.shuffle_up(to, at + u32::from(!ctx.has('b')));
    }
    // Shuffling may have moved the source itself.
    let window = ctx.source.window.ok_or("no current target")?;
    let moved = ctx.core.model.sessions.get(&from).and_then(|session| {
        let is = |index: &u32| {
            session
                .windows
                .get(index)
                .is_some_and(|link| link.0 == window)
        };
        Some(from_link)
            .filter(is)
            .or_else(|| session.windows.keys().copied().find(is))
    });
    let from_link = moved.unwrap_or(from_link);
    link(
        ctx,
        (from, from_link),
        window,
        to,
        index,
        ctx.has('k'),
        !ctx.has('d'),
    )?;
    if ctx.row.name == "move-window" {
        ctx.core.detach_link(from, from_link);
    }
    if !ctx.has('s') && ctx.core.session_chain(Some(from)).flag("renumber-windows") {
        ctx.core.renumber(from);
    }
    ctx.core.sizes_stale = true;
    Ok(Flow::Normal)
}

/// Links a window into a session. Err is tmux's text.
fn link(
    ctx: &mut Ctx<'_>,
    from: (SessionId, u32),
    window: WindowId,
    to: SessionId,
    index: Option<u32>,
    kill: bool,
    mut select: bool,
) -> Result<u32, String> {
    let (session, from_link) = from;
    let groups = |id: &SessionId| {
        ctx.core
            .model
            .sessions
            .get(id)
            .and_then(|session| session.group.clone())
    };
    if session != to && groups(&session).is_some() && groups(&session) == groups(&to) {
        return Err("sessions are grouped".to_string());
    }
    let there = index.and_then(|index| {
        ctx.core
            .model
            .sessions
            .get(&to)?
            .windows
            .get(&index)
            .map(|link| link.0)
    });
    if let (Some(other), Some(index)) = (there, index) {
        if other == window {
            return Err(format!("same index: {index}"));
        }
        if !kill {
            return Err(format!("index in use: {index}"));
        }
        let current = ctx
            .core
            .model
            .sessions
            .get(&to)
            .is_some_and(|session| session.current == index);
        let lonely = ctx
            .core
            .model
            .sessions
            .get(&to)
            .is_some_and(|session| session.windows.len() == 1);
        select |= current;
        if session == to && from_link == index {
            return Err(format!("same index: {index}"));
        }
        // A session must not be empty for a moment: link first where that is so.
        if lonely {
            let spare = ctx
                .core
                .add_link(to, None, window)
                .ok_or("couldn't add window")?;
            ctx.core.remove_link(to, index);
            ctx.core.take_link_quietly(to, spare);
        } else {
            ctx.core.remove_link(to, index);
        }
    }
    let index = ctx
        .core
        .add_link(to, index, window)
        .ok_or("couldn't add window")?;
    ctx.core.notify_session_window("window-linked", to, window);
    if select
        || ctx
            .core
            .model
            .sessions
            .get(&to)
            .is_some_and(|s| !s.windows.contains_key(&s.current))
    {
        ctx.core.select_link(to, index);
    }
    ctx.core.sync_group_from(to);
    ctx.core.touch_all();
    Ok(index)
}

const BREAK_TEMPLATE: &str = "#{session_name}:#{window_index}.#{pane_index}";

pub(super) fn break_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let name = ctx
        .get('n')
        .map(|name| checked(&name, "window"))
        .transpose()?;
    let to = ctx.session()?;
    let (from, from_link) = (
        ctx.source.session.ok_or("no current target")?,
        ctx.source.link.ok_or("no current target")?,
    );
    let (window, pane) = (
        ctx.source.window.ok_or("no current target")?,
        ctx.source.pane.ok_or("no current target")?,
    );
    let mut index = ctx.target.index;
    if ctx.has('a') || ctx.has('b') {
        let at = ctx
            .target
            .link
            .or_else(|| ctx.core.model.sessions.get(&to).map(|s| s.current))
            .unwrap_or(0);
        index = ctx.core.shuffle_up(to, at + u32::from(!ctx.has('b')));
    }
    let from_link = ctx.core.best_link(from, window).unwrap_or(from_link);
    ctx.core.unzoom(window);
    let single = ctx
        .core
        .model
        .windows
        .get(&window)
        .is_some_and(|window| window.panes.len() == 1);
    let link_index = if single {
        link(
            ctx,
            (from, from_link),
            window,
            to,
            index,
            false,
            !ctx.has('d'),
        )?;
        if let Some(name) = name {
            ctx.core.turn_off_automatic_rename(window);
            ctx.core.rename_window(window, name);
        }
        ctx.core.detach_link(from, from_link);
        match ctx.core.best_link(to, window) {
            Some(link) => link,
            None => return Err(String::new()),
        }
    } else {
        let taken = |index: &u32| {
            ctx.core
                .model
                .sessions
                .get(&to)
                .is_some_and(|s| s.windows.contains_key(index))
        };
        if let Some(index) = index.filter(taken) {
            return Err(format!("index in use: {index}"));
        }
        let Some((cols, rows)) = ctx
            .core
            .model
            .windows
            .get(&window)
            .map(|window| (window.cols, window.rows))
        else {
            return Ok(Flow::Normal);
        };
        ctx.core.take_pane(pane);
        let new = ctx.core.adopt_pane(pane, cols, rows, ctx.target_client);
        match name {
            None => {
                let name = ctx.core.default_window_name(pane);
                ctx.core.rename_window(new, name);
            }
            Some(name) => {
                ctx.core.turn_off_automatic_rename(new);
                ctx.core.rename_window(new, name);
            }
        }
        let Some(link) = ctx.core.add_link(to, index, new) else {
            return Err("couldn't add window".to_string());
        };
        ctx.core.notify_session_window("window-linked", to, new);
        if !ctx.has('d') {
            ctx.core.select_link(to, link);
            ctx.state.current = ctx.core.find_from_session(to);
        }
        ctx.core.sync_group_from(to);
        link
    };
    ctx.core.touch_all();
    let found = Find {
        pane: Some(pane),
        ..ctx.core.find_from_link(to, link_index)
    };
    if ctx.has('P') {
        let template = ctx.get('F').unwrap_or_else(|| BREAK_TEMPLATE.to_string());
        let text = ctx.expand_for(&template, &found);
        ctx.print(&text);
    }
    Ok(Flow::Normal)
}

pub(super) fn join_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (to_session, to_link) = (ctx.session()?, ctx.link()?);
    let (to_window, to) = (ctx.window()?, ctx.pane()?);
    let (from_window, from) = (
        ctx.source.window.ok_or("no current target")?,
        ctx.source.pane.ok_or("no current target")?,
    );
    ctx.core.unzoom(to_window);
    ctx.core.unzoom(from_window);
    if from == to {
        return Err("source and target panes must be different".to_string());
    }
    let how = split_of(ctx, to_window, to)?;
    let edge = ctx.core.edge(to_window);
    // The new cell gets a number that no pane has until the old cell is gone.
    const PLACE: u32 = u32::MAX;
    let Some(mut root) = ctx
        .core
        .model
        .windows
        .get(&to_window)
        .map(|window| window.layout.clone())
    else {
        return Ok(Flow::Normal);
    };
    layout::split(&mut root, to.0, PLACE, how, edge)
        .ok_or("size or position no space for a new pane")?;
    if let Some(window) = ctx.core.model.windows.get_mut(&to_window) {
        window.layout = root;
    }
    let empty = ctx.core.take_pane(from);
    list_pane(
        ctx,
        to_window,
        to,
        from,
        &layout::Split { full: false, ..how },
    );
    if let Some(pane) = ctx.core.model.panes.get_mut(&from) {
        pane.state.window = to_window;
        pane.style_cache = None;
    }
    ctx.core
        .change_layout(to_window, |root| layout::swap(root, PLACE, from.0));
    ctx.core.sizes_stale = true;
    if !ctx.has('d') {
        ctx.core.activate(to_window, from, true);
        ctx.core.select_link(to_session, to_link);
        ctx.state.current = ctx.core.find_from_session(to_session);
    }
    if empty {
        ctx.core.kill_window(from_window, true);
    }
    ctx.core.touch_all();
    Ok(Flow::Normal)
}

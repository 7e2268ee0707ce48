//! kill-window, kill-pane, unlink-window.

use super::{Ctx, Flow, Outcome};
use crate::model::ids::WindowId;

pub(super) fn kill_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, window) = (ctx.session()?, ctx.window()?);
    if !ctx.has('a') {
        ctx.core.kill_window(window, true);
        return Ok(Flow::Normal);
    }
    let windows = |ctx: &Ctx<'_>| -> Vec<WindowId> {
        let session = ctx.core.model.sessions.get(&session);
        session
            .map(|session| session.windows.values().map(|link| link.0).collect())
            .unwrap_or_default()
    };
    for other in windows(ctx) {
        if other != window {
            ctx.core.kill_window(other, false);
        }
    }
    // The window itself goes too if it is there more than once, as in tmux.
    if windows(ctx).len() > 1 {
        ctx.core.kill_window(window, false);
    }
    for session in ctx.core.sessions_by_name() {
        ctx.core.renumber_if_wanted(session);
    }
    Ok(Flow::Normal)
}

pub(super) fn unlink_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, window, link) = (ctx.session()?, ctx.window()?, ctx.link()?);
    let group = ctx.core.group_of(session).len();
    if !ctx.has('k') && ctx.core.link_count(window) == group {
        return Err("window only linked to one session".to_string());
    }
    ctx.core.detach_link(session, link);
    Ok(Flow::Normal)
}

pub(super) fn kill_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (window, pane) = (ctx.window()?, ctx.pane()?);
    if !ctx.has('a') {
        ctx.core.remove_pane(pane);
        return Ok(Flow::Normal);
    }
    ctx.core.unzoom(window);
    let others = ctx
        .core
        .model
        .windows
        .get(&window)
        .map(|window| window.panes.clone())
        .unwrap_or_default();
    for other in others {
        if other != pane {
            ctx.core.remove_pane(other);
        }
    }
    Ok(Flow::Normal)
}

//! Small commands about sessions and the server.

use super::{Ctx, Flow, Outcome};

pub(super) fn has_session(_: &mut Ctx<'_>) -> Outcome {
    // That it is there has been found out already.
    Ok(Flow::Normal)
}

pub(super) fn start_server(_: &mut Ctx<'_>) -> Outcome {
    Ok(Flow::Normal)
}

pub(super) fn kill_server(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.core.shut_down();
    Ok(Flow::Normal)
}

pub(super) fn kill_session(ctx: &mut Ctx<'_>) -> Outcome {
    let session = ctx.session()?;
    if ctx.has('C') {
        let windows: Vec<_> = ctx
            .core
            .model
            .sessions
            .get(&session)
            .map(|session| session.windows.values().map(|link| link.0).collect())
            .unwrap_or_default();
        for window in windows {
            ctx.core.clear_alerts(window);
        }
        ctx.core.touch_all();
    } else if ctx.has('a') {
        for other in ctx.core.sessions_by_name() {
            if other != session {
                ctx.core.destroy_session(other);
            }
        }
    } else if ctx.has('g') {
        ctx.core.destroy_session_group(session);
    } else {
        ctx.core.destroy_session(session);
    }
    Ok(Flow::Normal)
}

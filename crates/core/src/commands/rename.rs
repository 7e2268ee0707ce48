//! rename-session and rename-window.

use super::{Ctx, Flow, Outcome};
use crate::names::checked;

pub(super) fn rename_session(ctx: &mut Ctx<'_>) -> Outcome {
    let session = ctx.session()?;
    let name = ctx.args.word(0).unwrap_or_default();
    let name = checked(&ctx.expand(&name), "session")?;
    match ctx.core.session_named(&name) {
        Some(other) if other == session => return Ok(Flow::Normal),
        Some(_) => return Err(format!("duplicate session: {name}")),
        None => {}
    }
    if let Some(session) = ctx.core.model.sessions.get_mut(&session) {
        session.name = name;
    }
    ctx.core.notify_session("session-renamed", session);
    ctx.core.touch_all();
    Ok(Flow::Normal)
}

pub(super) fn rename_window(ctx: &mut Ctx<'_>) -> Outcome {
    let window = ctx.window()?;
    let name = ctx.args.word(0).unwrap_or_default();
    let name = checked(&ctx.expand(&name), "window")?;
    ctx.core.turn_off_automatic_rename(window);
    ctx.core.rename_window(window, name);
    Ok(Flow::Normal)
}

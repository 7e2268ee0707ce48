//! attach-session, and new-session -A which becomes one.

use outlast_lang::target::Kind;

use super::{Ctx, Flow, Outcome, find};
use crate::Core;
use crate::formats;
use crate::model::ids::ClientId;

/// What attaching is asked to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Attach {
    pub target: Option<String>,
    pub detach: bool,
    pub hangup: bool,
    pub read_only: bool,
    pub cwd: Option<String>,
    pub keep_environment: bool,
    pub flags: Option<String>,
}

const NESTED: &str = "sessions should be nested with care, unset $TMUX to force";

/// Whose terminal is to show a session that this client asks for: its own, or below a pane that of who looks on.
pub(super) fn shown_by(core: &Core, asking: ClientId) -> Result<ClientId, String> {
    match (core.is_nested(asking), core.outer_client(asking)) {
        (false, _) => Ok(asking),
        (true, Some(outer)) => Ok(outer),
        (true, None) => Err(NESTED.to_string()),
    }
}

pub(super) fn attach_session(ctx: &mut Ctx<'_>) -> Outcome {
    let attach = Attach {
        target: ctx.get('t'),
        detach: ctx.has('d'),
        hangup: ctx.has('x'),
        read_only: ctx.has('r'),
        cwd: ctx.get('c'),
        keep_environment: ctx.has('E'),
        flags: ctx.get('f'),
    };
    attach_to(ctx, attach)
}

pub(super) fn attach_to(ctx: &mut Ctx<'_>, attach: Attach) -> Outcome {
    if ctx.core.model.sessions.is_empty() {
        return Err("no sessions".to_string());
    }
    let Some(asking) = ctx.client else {
        return Ok(Flow::Normal);
    };
    let client = shown_by(ctx.core, asking)?;
    let text = attach.target.as_deref();
    let is_pane = text.is_some_and(|text| text.contains([':', '.']));
    let (kind, how) = if is_pane {
        (Kind::Pane, 0)
    } else {
        (Kind::Session, find::PREFER_UNATTACHED)
    };
    let found = ctx
        .core
        .find_target(Some(asking), &ctx.state, text, kind, how)?;
    let Some(session) = found.session else {
        return Err("no current target".to_string());
    };
    if let (Some(link), Some(window)) = (found.link, found.window) {
        if let Some(pane) = found.pane {
            ctx.core.activate(window, pane, true);
        }
        ctx.core.select_link(session, link);
        ctx.state.current = found.clone();
    }
    if let Some(cwd) = &attach.cwd {
        let context = ctx.format_context(&found);
        let cwd = formats::expand(ctx.core, cwd, &context, false);
        if let Some(session) = ctx.core.model.sessions.get_mut(&session) {
            session.cwd = cwd;
        }
    }
    if let Some(flags) = &attach.flags {
        ctx.core.set_client_flags(client, flags);
    }
    if attach.read_only
        && let Some(client) = ctx.core.model.clients.get_mut(&client)
    {
        client.state.read_only = true;
        client.state.ignore_size = true;
    }
    let attached = ctx.core.session_of(client).is_some();
    if !attached {
        ctx.core
            .can_open_terminal(client)
            .map_err(|error| format!("open terminal failed: {error}"))?;
    }
    if attach.detach || attach.hangup {
        detach_others(ctx, client, session, attach.hangup);
    }
    if !attach.keep_environment {
        ctx.core.update_environment(session, client);
    }
    if attached {
        ctx.core.set_session(client, session);
        if let Some(client) = ctx.core.model.clients.get_mut(&client) {
            client.state.key_table = None;
        }
    } else {
        ctx.core.attach(client, session);
    }
    Ok(Flow::Normal)
}

/// attach -d, -x: all other clients of the session leave.
pub(super) fn detach_others(
    ctx: &mut Ctx<'_>,
    client: ClientId,
    session: crate::SessionId,
    hangup: bool,
) {
    let others: Vec<ClientId> = ctx
        .core
        .attached_clients()
        .filter(|other| other.state.session == Some(session) && other.state.id != client)
        .map(|other| other.state.id)
        .collect();
    for other in others {
        ctx.core.detach(other, hangup);
    }
}

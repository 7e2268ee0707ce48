//! server-access: which other users may use the server, as the kernel names them at the socket.
//!
//! Our own user and root always may; the socket's directory keeps all others out until somebody changes that.

use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::ClientId;

/// What a user is told who may not.
const REFUSED: &str = "access not allowed";

impl Core {
    /// Whether a user may use the server at all. None: the kernel did not say who it is.
    pub fn admits(&self, uid: Option<u32>) -> bool {
        uid.is_some_and(|uid| self.is_owner(uid) || self.model.global.access.contains_key(&uid))
    }

    /// Whether a user is the server's own, or root.
    pub fn is_owner(&self, uid: u32) -> bool {
        uid == 0 || uid == self.probe.server().uid
    }

    /// Whether a user may only look on.
    pub(crate) fn only_looks(&self, uid: u32) -> bool {
        self.model.global.access.get(&uid) == Some(&false)
    }

    /// Turns the clients of a user out.
    fn turn_out(&mut self, uid: u32) {
        let of = |client: &&crate::model::Client| client.state.info.uid == uid;
        let clients: Vec<(ClientId, bool)> = self
            .model
            .clients
            .values()
            .filter(of)
            .map(|client| (client.state.id, client.state.attached))
            .collect();
        for (id, attached) in clients {
            match attached {
                true => self.leave(id, 0, &format!("[{REFUSED}]")),
                false => self.leave(id, 1, REFUSED),
            }
        }
    }
}

pub(super) fn server_access(ctx: &mut Ctx<'_>) -> Outcome {
    if ctx.has('l') {
        return list(ctx);
    }
    let template = ctx.args.word(0).ok_or("missing user argument")?;
    let context = FormatContext {
        client: ctx.client,
        ..FormatContext::default()
    };
    let name = formats::expand(ctx.core, &template, &context, false);
    let found = ctx.core.probe.user_id(&name);
    let uid = found.ok_or_else(|| format!("unknown user: {name}"))?;
    if ctx.core.is_owner(uid) {
        return Err(format!("{name} owns the server, can't change access"));
    }
    if ctx.has('a') && ctx.has('d') {
        return Err("-a and -d cannot be used together".to_string());
    }
    if ctx.has('w') && ctx.has('r') {
        return Err("-r and -w cannot be used together".to_string());
    }
    let there = ctx.core.model.global.access.contains_key(&uid);
    if ctx.has('d') {
        if !there {
            return Err(format!("user {name} not found"));
        }
        ctx.core.model.global.access.remove(&uid);
        ctx.core.turn_out(uid);
        return Ok(Flow::Normal);
    }
    if ctx.has('a') && there {
        return Err(format!("user {name} is already added"));
    }
    if ctx.has('a') || ctx.has('r') || ctx.has('w') {
        let access = &mut ctx.core.model.global.access;
        let writes = access.get(&uid).copied().unwrap_or(true);
        let writes = (writes || ctx.args.has('w')) && !ctx.args.has('r');
        access.insert(uid, writes);
        ctx.core.touch_all();
    }
    Ok(Flow::Normal)
}

/// Those who may, root left out as in tmux.
fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let own = ctx.core.probe.server();
    let mut users: Vec<(u32, bool)> = ctx
        .core
        .model
        .global
        .access
        .iter()
        .map(|(uid, writes)| (*uid, *writes))
        .collect();
    if own.uid != 0 {
        users.push((own.uid, true));
    }
    users.sort_unstable();
    for (uid, writes) in users {
        let name = match uid == own.uid {
            true => Some(own.user.clone()),
            false => ctx.core.probe.user_name(uid),
        };
        let name = name.unwrap_or_else(|| "unknown".to_string());
        ctx.print(&format!("{name} ({})", if writes { 'W' } else { 'R' }));
    }
    Ok(Flow::Normal)
}

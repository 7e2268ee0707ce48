//! Commands about clients: detach-client, suspend-client, switch-client, refresh-client.

use outlast_lang::args::number;
use outlast_lang::target::Kind;

use super::{Ctx, Flow, Outcome, find};
use crate::Core;
use crate::model::ids::ClientId;

pub(super) fn detach_client(ctx: &mut Ctx<'_>) -> Outcome {
    let target = ctx.target_client.ok_or("no current client")?;
    let read_only = ctx
        .client
        .is_some_and(|client| ctx.core.is_read_only(client));
    if read_only && (ctx.has('s') || ctx.has('a') || ctx.client != Some(target)) {
        return Err("client is read-only".to_string());
    }
    let (hangup, command) = (ctx.has('P'), ctx.get('E'));
    let detach = |core: &mut Core, client: ClientId| match &command {
        Some(command) if !command.is_empty() => core.detach_into(client, command),
        _ => core.detach(client, hangup),
    };
    let all: Vec<(ClientId, Option<crate::SessionId>)> = ctx
        .core
        .attached_clients()
        .map(|client| (client.state.id, client.state.session))
        .collect();
    if ctx.has('s') {
        let Some(session) = ctx.source.session else {
            return Ok(Flow::Normal);
        };
        for (client, _) in all.iter().filter(|(_, of)| *of == Some(session)) {
            detach(ctx.core, *client);
        }
    } else if ctx.has('a') {
        for (client, _) in all.iter().filter(|(client, _)| *client != target) {
            detach(ctx.core, *client);
        }
    } else {
        detach(ctx.core, target);
    }
    Ok(Flow::Normal)
}

pub(super) fn suspend_client(ctx: &mut Ctx<'_>) -> Outcome {
    let target = ctx.target_client.ok_or("no current client")?;
    let Some(client) = ctx.core.model.clients.get(&target) else {
        return Ok(Flow::Normal);
    };
    if client.state.is_drawn() && !client.state.suspended {
        ctx.core.suspend(target, String::new());
    }
    Ok(Flow::Normal)
}

pub(super) fn switch_client(ctx: &mut Ctx<'_>) -> Outcome {
    let text = ctx.get('t');
    let is_pane = text
        .as_deref()
        .is_some_and(|text| text.contains([':', '.', '%']) || text == "=");
    let (kind, how) = if is_pane {
        (Kind::Pane, 0)
    } else {
        (Kind::Session, find::PREFER_UNATTACHED)
    };
    let found = ctx
        .core
        .find_target(ctx.client, &ctx.state, text.as_deref(), kind, how)?;
    let target = ctx.target_client.ok_or("no current client")?;
    if ctx.has('r') {
        if let Some(client) = ctx.core.model.clients.get_mut(&target) {
            let read_only = !client.state.read_only;
            client.state.read_only = read_only;
            client.state.ignore_size = read_only;
        }
        ctx.core.sizes_stale = true;
    }
    if let Some(table) = ctx.get('T') {
        if ctx.core.key_table(&table).is_none() {
            return Err(format!("table {table} doesn't exist"));
        }
        let led = ctx.leads();
        if let Some(client) = ctx.core.model.clients.get_mut(&target) {
            client.state.key_table = Some(table);
            client.state.keys.laid = !led;
            client.stale = true;
        }
        return Ok(Flow::Normal);
    }
    let current = ctx.core.session_of(target);
    let beside = |step: i64| {
        let sessions = super::list::sorted_sessions(ctx)?;
        let at = sessions
            .iter()
            .position(|session| Some(*session) == current);
        let count = sessions.len() as i64;
        Ok::<_, String>(at.map(|at| sessions[(at as i64 + step).rem_euclid(count) as usize]))
    };
    let session = if ctx.has('n') {
        beside(1)?.ok_or("can't find next session")?
    } else if ctx.has('p') {
        beside(-1)?.ok_or("can't find previous session")?
    } else if ctx.has('l') {
        let last = ctx
            .core
            .model
            .clients
            .get(&target)
            .and_then(|client| client.state.last_session);
        last.filter(|session| ctx.core.model.sessions.contains_key(session))
            .ok_or("can't find last session")?
    } else {
        if ctx.client.is_none() {
            return Ok(Flow::Normal);
        }
        let session = found.session.ok_or("no current target")?;
        if let (Some(window), Some(pane)) = (found.window, found.pane) {
            let was = ctx.core.is_zoomed(window) && ctx.has('Z');
            ctx.core.activate(window, pane, true);
            ctx.core.rezoom(window, was);
        }
        if let Some(link) = found.link {
            ctx.core.select_link(session, link);
            ctx.state.current = ctx.core.find_from_session(session);
        }
        session
    };
    if !ctx.has('E') {
        ctx.core.update_environment(session, target);
    }
    ctx.core.set_session(target, session);
    if let Some(client) = ctx.core.model.clients.get_mut(&target) {
        // A key that may repeat stays in its table.
        if client.state.repeat_until_ms.is_none() {
            client.state.key_table = None;
        }
    }
    Ok(Flow::Normal)
}

/// What only clients in control mode may be asked.
fn refresh_control(ctx: &mut Ctx<'_>, target: ClientId, flag: char) -> Outcome {
    if ctx.core.control(target).is_none() {
        return Err("not a control client".to_string());
    }
    let values: Vec<String> = ctx.args.all(flag).into_iter().map(String::from).collect();
    for value in &values {
        match flag {
            'A' => {
                let pane = value.split_once(':').and_then(|(pane, state)| {
                    let pane = pane.strip_prefix('%')?.parse().ok()?;
                    Some((crate::PaneId(pane), state))
                });
                if let Some((pane, state)) = pane
                    && ctx.core.model.panes.contains_key(&pane)
                {
                    ctx.core.control_pane(target, pane, state);
                }
            }
            'B' => ctx.core.subscribe(target, value),
            _ => {}
        }
    }
    match values.last().filter(|_| flag == 'C') {
        Some(size) => control_size(ctx, target, size),
        None => Ok(Flow::Normal),
    }
}

/// `refresh-client -C`: `COLSxROWS`, `COLS,ROWS`, `@WINDOW:COLSxROWS`, or `@WINDOW:` for none of its own.
fn control_size(ctx: &mut Ctx<'_>, target: ClientId, text: &str) -> Outcome {
    let size = |text: &str| -> Option<(u32, u32)> {
        let (x, y) = text.split_once(['x', ','])?;
        let rows = y.find(|c: char| !c.is_ascii_digit()).unwrap_or(y.len());
        Some((x.parse().ok()?, y[..rows].parse().ok()?))
    };
    let fits = |(x, y): (u32, u32)| {
        let good = 1..=u32::from(outlast_term::Size::MAX);
        match good.contains(&x) && good.contains(&y) {
            true => Ok((x as u16, y as u16)),
            false => Err("size too small or too big".to_string()),
        }
    };
    let window = text.strip_prefix('@').and_then(|rest| {
        let (window, rest) = rest.split_once(':')?;
        Some((window.parse::<u32>().ok()?, rest))
    });
    let found = match window {
        Some((_, rest)) => size(rest).filter(|_| rest.contains('x')),
        None => Some(size(text).ok_or("bad size argument")?),
    };
    let found = found.map(fits).transpose()?;
    let Some(client) = ctx.core.model.clients.get_mut(&target) else {
        return Ok(Flow::Normal);
    };
    match (window, found) {
        (Some((window, _)), found) => {
            if let Some(control) = client.state.control.as_deref_mut() {
                match found {
                    Some(found) => control.windows.insert(window, found),
                    None => control.windows.remove(&window),
                };
            }
        }
        (None, Some((cols, rows))) => {
            (client.state.cols, client.state.rows) = (cols, rows);
            if let Some(control) = client.state.control.as_deref_mut() {
                control.sized = true;
            }
        }
        (None, None) => {}
    }
    ctx.core.recalculate_sizes();
    Ok(Flow::Normal)
}

pub(super) fn refresh_client(ctx: &mut Ctx<'_>) -> Outcome {
    let target = ctx.target_client.ok_or("no current client")?;
    if ['c', 'L', 'R', 'U', 'D']
        .into_iter()
        .any(|flag| ctx.has(flag))
    {
        let adjust = match ctx.args.word(0) {
            None => 1,
            Some(text) => number(&text, 1..=i64::from(i32::MAX))
                .map_err(|error| format!("adjustment {error}"))?,
        };
        let adjust = u16::try_from(adjust).unwrap_or(u16::MAX);
        let Some(view) = crate::draw::view(ctx.core, target) else {
            return Ok(Flow::Normal);
        };
        let window = ctx
            .core
            .model
            .windows
            .get(&view.window)
            .map_or((0, 0), |window| (window.cols, window.rows));
        let rows = view.window_rows();
        let Some(client) = ctx.core.model.clients.get_mut(&target) else {
            return Ok(Flow::Normal);
        };
        client.stale = true;
        if ctx.args.has('c') {
            client.state.pan = None;
            return Ok(Flow::Normal);
        }
        let (mut x, mut y) = client.state.pan.unwrap_or((view.ox, view.oy));
        let (right, bottom) = (
            window.0.saturating_sub(client.state.cols),
            window.1.saturating_sub(rows),
        );
        if ctx.args.has('L') {
            x = x.saturating_sub(adjust);
        } else if ctx.args.has('R') {
            x = x.saturating_add(adjust).min(right);
        } else if ctx.args.has('U') {
            y = y.saturating_sub(adjust);
        } else {
            y = y.saturating_add(adjust).min(bottom);
        }
        client.state.pan = Some((x, y));
        return Ok(Flow::Normal);
    }
    if ctx.has('l') {
        ctx.core.person_asks_clipboard(target);
        return Ok(Flow::Normal);
    }
    for flag in ['F', 'f'] {
        if let Some(flags) = ctx.get(flag) {
            ctx.core.set_client_flags(target, &flags);
        }
    }
    if let Some(report) = ctx.get('r') {
        let pane = report.strip_prefix('%').and_then(|rest| {
            let (pane, report) = rest.split_once(':')?;
            Some((crate::PaneId(pane.parse().ok()?), report))
        });
        if let Some((pane, report)) = pane {
            crate::looks::report(ctx.core, pane, report.as_bytes());
        }
    }
    if let Some(flag) = ['A', 'B', 'C'].into_iter().find(|flag| ctx.has(*flag)) {
        return refresh_control(ctx, target, flag);
    }
    if ctx.has('S') {
        ctx.core.touch_all();
    } else {
        crate::draw::forget(ctx.core, target);
    }
    Ok(Flow::Normal)
}

//! list-sessions, list-windows, list-panes, list-clients.

use std::cmp::Reverse;

use super::{Ctx, Flow, Outcome};
use crate::formats::{self, FormatContext};
use crate::model::ids::SessionId;

const SESSIONS: &str = "#{session_name}: #{session_windows} windows (created #{t:session_created})\
    #{?session_grouped, (group ,}#{session_group}#{?session_grouped,),}#{?session_attached, (attached),}";
const WINDOWS: &str = "#{window_index}: #{window_name}#{window_raw_flags} (#{window_panes} panes) \
    [#{window_width}x#{window_height}] [layout #{window_layout}] #{window_id}#{?window_active, (active),}";
const ALL_WINDOWS: &str = "#{session_name}:#{window_index}: #{window_name}#{window_raw_flags} \
    (#{window_panes} panes) [#{window_width}x#{window_height}] ";
const PANES: &str = "#{pane_index}: [#{pane_width}x#{pane_height}#{?pane_floating_flag, #{pane_x}#,#{pane_y}#,#{pane_z}}] \
    [history #{history_size}/#{history_limit}, #{history_bytes} bytes] #{pane_id}#{?pane_active, (active),}\
    #{?pane_dead, (dead),}";
const CLIENTS: &str = "#{client_name}: #{session_name} [#{client_width}x#{client_height} #{client_termname}] \
    #{?#{!=:#{client_uid},#{uid}},[user #{?client_user,#{client_user},#{client_uid},}] ,}\
    #{?client_flags,(,}#{client_flags}#{?client_flags,),}";

/// -O.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    Default,
    Index,
    Name,
    Activity,
    Creation,
    Size,
}

pub(super) fn order(ctx: &Ctx<'_>) -> Result<Order, String> {
    match ctx.args.get('O') {
        None => Ok(Order::Default),
        Some("index" | "key") => Ok(Order::Index),
        Some("name" | "title") => Ok(Order::Name),
        Some("activity") => Ok(Order::Activity),
        Some("creation") => Ok(Order::Creation),
        Some("size") => Ok(Order::Size),
        Some("order" | "modifier" | "z-index") => Ok(Order::Default),
        Some(_) => Err("invalid sort order".to_string()),
    }
}

/// Sessions as -O and -r say; by name without them.
pub(super) fn sorted_sessions(ctx: &Ctx<'_>) -> Result<Vec<SessionId>, String> {
    let mut ids = ctx.core.sessions_by_name();
    let get = |id: &SessionId| ctx.core.model.sessions.get(id);
    match order(ctx)? {
        Order::Index => ids.sort(),
        Order::Activity => ids.sort_by_key(|id| Reverse(get(id).map(|session| session.used))),
        Order::Creation => ids.sort_by_key(|id| get(id).map(|session| session.created)),
        _ => {}
    }
    if ctx.has('r') && ctx.has('O') {
        ids.reverse();
    }
    Ok(ids)
}

/// Prints a line for each of what is listed, if the filter lets it.
fn print_lines(
    ctx: &mut Ctx<'_>,
    template: &str,
    mut contexts: Vec<FormatContext>,
    numbered: bool,
) {
    let template = ctx.get('F').unwrap_or_else(|| template.to_string());
    let filter = ctx.get('f');
    let count = contexts.len();
    let mut lines = Vec::with_capacity(count);
    for (at, context) in contexts.iter_mut().enumerate() {
        context.extra.push((
            "line".to_string(),
            if numbered { at } else { count }.to_string(),
        ));
        context
            .extra
            .push(("command".to_string(), ctx.row.name.to_string()));
        context.extra.extend(ctx.state.variables.iter().cloned());
        if filter
            .as_ref()
            .is_some_and(|filter| !ctx.core.is_true(filter, context))
        {
            continue;
        }
        lines.push(formats::expand(ctx.core, &template, context, false));
    }
    if ctx.is_attached() {
        if !lines.is_empty() {
            ctx.print(&lines.join("\n"));
        }
    } else {
        for line in lines {
            ctx.print(&line);
        }
    }
}

pub(super) fn list_sessions(ctx: &mut Ctx<'_>) -> Outcome {
    let sessions = sorted_sessions(ctx)?;
    let contexts = sessions
        .into_iter()
        .map(|id| FormatContext {
            session: Some(id),
            ..FormatContext::default()
        })
        .collect();
    print_lines(ctx, SESSIONS, contexts, true);
    Ok(Flow::Normal)
}

/// Links of sessions as -O and -r say.
fn links(ctx: &Ctx<'_>, sessions: &[SessionId]) -> Result<Vec<FormatContext>, String> {
    let mut links = Vec::new();
    for id in sessions {
        let Some(session) = ctx.core.model.sessions.get(id) else {
            continue;
        };
        links.extend(
            session
                .windows
                .iter()
                .map(|(index, link)| (*id, *index, link.0)),
        );
    }
    let window = |id: &crate::WindowId| ctx.core.model.windows.get(id);
    match order(ctx)? {
        Order::Index => links.sort_by_key(|(_, index, _)| *index),
        Order::Name => links.sort_by_key(|(.., id)| window(id).map(|window| window.name.clone())),
        Order::Activity => {
            links.sort_by_key(|(.., id)| Reverse(window(id).map(|window| window.activity)))
        }
        Order::Creation => links.sort_by_key(|(.., id)| window(id).map(|window| window.created)),
        Order::Size => {
            links.sort_by_key(|(.., id)| window(id).map(|w| u32::from(w.cols) * u32::from(w.rows)))
        }
        Order::Default => {}
    }
    if ctx.has('r') && ctx.has('O') {
        links.reverse();
    }
    Ok(links
        .into_iter()
        .map(|(session, link, window)| FormatContext {
            session: Some(session),
            link: Some(link),
            window: Some(window),
            ..FormatContext::default()
        })
        .collect())
}

pub(super) fn list_windows(ctx: &mut Ctx<'_>) -> Outcome {
    let (sessions, template) = match ctx.has('a') {
        true => (ctx.core.sessions_by_name(), ALL_WINDOWS),
        false => (vec![ctx.session()?], WINDOWS),
    };
    let contexts = links(ctx, &sessions)?;
    print_lines(ctx, template, contexts, false);
    Ok(Flow::Normal)
}

pub(super) fn list_panes(ctx: &mut Ctx<'_>) -> Outcome {
    let order = order(ctx)?;
    let (sessions, prefix, one) = if ctx.has('a') {
        (
            ctx.core.sessions_by_name(),
            "#{session_name}:#{window_index}.",
            None,
        )
    } else if ctx.has('s') {
        (vec![ctx.session()?], "#{window_index}.", None)
    } else {
        (vec![ctx.session()?], "", Some(ctx.link()?))
    };
    let template = format!("{prefix}{PANES}");
    for id in sessions {
        let links = ctx
            .core
            .model
            .sessions
            .get(&id)
            .map(|session| session.windows.clone())
            .unwrap_or_default();
        for (index, (window, _)) in links {
            if one.is_some_and(|one| one != index) {
                continue;
            }
            let mut panes = ctx
                .core
                .model
                .windows
                .get(&window)
                .map(|window| window.panes.clone())
                .unwrap_or_default();
            let get = |id: &crate::PaneId| ctx.core.model.panes.get(id).map(|pane| &pane.state);
            match order {
                Order::Name => panes.sort_by_key(|id| get(id).map(|pane| pane.title.clone())),
                Order::Creation => panes.sort(),
                Order::Size => {
                    panes.sort_by_key(|id| get(id).map(|p| u32::from(p.cols) * u32::from(p.rows)))
                }
                _ => {}
            }
            if ctx.has('r') && ctx.has('O') {
                panes.reverse();
            }
            let contexts = panes
                .into_iter()
                .map(|pane| FormatContext {
                    session: Some(id),
                    link: Some(index),
                    window: Some(window),
                    pane: Some(pane),
                    ..FormatContext::default()
                })
                .collect();
            print_lines(ctx, &template, contexts, false);
        }
    }
    Ok(Flow::Normal)
}

pub(super) fn list_clients(ctx: &mut Ctx<'_>) -> Outcome {
    let of = if ctx.has('t') {
        ctx.target.session
    } else {
        None
    };
    let order = order(ctx)?;
    let mut clients: Vec<_> = ctx
        .core
        .attached_clients()
        // One that is suspended or locked shows nothing.
        .filter(|client| (of.is_none() || client.state.session == of) && !client.state.suspended)
        .map(|client| &client.state)
        .collect();
    match order {
        Order::Name => clients.sort_by(|a, b| a.name.cmp(&b.name)),
        Order::Activity => clients.sort_by_key(|client| Reverse(client.used)),
        Order::Creation => clients.sort_by_key(|client| client.created),
        Order::Size => clients.sort_by_key(|client| (client.cols, client.rows)),
        _ => {}
    }
    if ctx.has('r') && ctx.has('O') {
        clients.reverse();
    }
    let contexts = clients
        .into_iter()
        .map(|client| FormatContext {
            client: Some(client.id),
            ..FormatContext::default()
        })
        .collect();
    print_lines(ctx, CLIENTS, contexts, true);
    Ok(Flow::Normal)
}

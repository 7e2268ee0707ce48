//! new-session.

use outlast_lang::options::{Options, find};

use super::attach_session::{Attach, attach_to, shown_by};
use super::{Ctx, Outcome};
use crate::formats::{self, FormatContext};
use crate::model::Environment;
use crate::names::checked;
use crate::sessions::NewSession;
use crate::sizes::parse_size;
use crate::spawn::{Wanted, WantedWindow};
use crate::started::{Started, when_started};

const TEMPLATE: &str = "#{session_name}:";

pub(super) fn new_session(ctx: &mut Ctx<'_>) -> Outcome {
    let words = ctx.words();
    if ctx.has('t') && (!words.is_empty() || ctx.has('n')) {
        return Err("command or window name given with target".to_string());
    }
    let client = ctx.client;
    let about_client = FormatContext {
        client,
        ..FormatContext::default()
    };
    let expand = |ctx: &Ctx<'_>, flag: char| {
        ctx.args
            .get(flag)
            .map(|text| formats::expand(ctx.core, text, &about_client, false))
    };
    let window_name = expand(ctx, 'n')
        .map(|name| checked(&name, "window"))
        .transpose()?;
    let name = expand(ctx, 's')
        .map(|name| checked(&name, "session"))
        .transpose()?;

    if ctx.has('A') {
        let existing = match &name {
            Some(name) => ctx.core.session_named(name),
            None => ctx.target.session,
        };
        if let Some(session) = existing {
            let attach = Attach {
                target: Some(session.to_string()),
                detach: ctx.has('D'),
                hangup: ctx.has('X'),
                read_only: false,
                cwd: ctx.get('c'),
                keep_environment: ctx.has('E'),
                flags: ctx.get('f'),
            };
            return attach_to(ctx, attach);
        }
    }
    if let Some(name) = name
        .as_ref()
        .filter(|name| ctx.core.session_named(name).is_some())
    {
        return Err(format!("duplicate session: {name}"));
    }

    // The group that -t names: of a session, or by its own name.
    let with = ctx
        .target
        .session
        .and_then(|id| ctx.core.model.sessions.get(&id));
    let group = match (ctx.get('t'), with) {
        (None, _) => None,
        (Some(_), Some(session)) => Some(
            session
                .group
                .clone()
                .unwrap_or_else(|| session.name.clone()),
        ),
        (Some(text), None) => Some(checked(&text, "session group")?),
    };
    let group_with = ctx.target.session.filter(|_| group.is_some());

    let asking = client;
    let detached = ctx.has('d') || client.is_none();
    let client = match asking.filter(|_| !detached) {
        Some(asking) => Some(shown_by(ctx.core, asking)?),
        None => asking,
    };
    let attached = client.is_some_and(|client| ctx.core.session_of(client).is_some());
    let cwd = expand(ctx, 'c').unwrap_or_else(|| ctx.core.directory_of(asking, None));
    if let Some(client) = client.filter(|_| !detached && !attached) {
        ctx.core
            .can_open_terminal(client)
            .map_err(|error| format!("open terminal failed: {error}"))?;
    }

    let (x, y) = (size(ctx, 'x', "width")?, size(ctx, 'y', "height")?);
    let room = client
        .and_then(|client| ctx.core.model.clients.get(&client))
        .map(|client| &client.state);
    let (cols, rows) = match room.filter(|client| !detached && client.control.is_none()) {
        Some(state) => {
            let status = ctx.core.status_rows(None);
            (
                state.cols,
                if state.rows > status {
                    state.rows - status
                } else {
                    state.rows
                },
            )
        }
        None => {
            let (cols, rows) =
                parse_size(&ctx.core.session_chain(None).text("default-size")).unwrap_or((80, 24));
            (x.unwrap_or(cols), y.unwrap_or(rows))
        }
    };
    let (cols, rows) = (cols.max(1), rows.max(1));

    let mut options = Options::local();
    if (x.is_some() || y.is_some())
        && let Ok(row) = find("default-size")
    {
        options.set(
            row,
            None,
            &format!("{}x{}", x.unwrap_or(cols), y.unwrap_or(rows)),
            false,
        )?;
    }
    let mut environment = match client.filter(|_| !ctx.has('E')) {
        Some(client) => ctx.core.updated_environment(None, client),
        None => Environment::default(),
    };
    for text in ctx.args.all('e') {
        environment.put(text, false);
    }
    let prefix = group.clone();
    let session = ctx.core.create_session(NewSession {
        name,
        prefix,
        cwd,
        environment,
        options,
    });
    let window = WantedWindow {
        name: window_name,
        sized_for: client.filter(|_| !detached),
        size: Some((cols, rows)),
        program: Wanted {
            command: words,
            cwd: ctx.get('c'),
            client: asking,
            ..Wanted::default()
        },
        ..WantedWindow::default()
    };
    let (_, pane) = match ctx.core.spawn_window(session, window) {
        Ok(made) => made,
        Err(error) => {
            ctx.core.undo_session(session);
            return Err(format!("create window failed: {error}"));
        }
    };
    if let Some(group) = group {
        if let Some(with) = group_with {
            ctx.core.add_to_group(&group, with);
        }
        ctx.core.add_to_group(&group, session);
        ctx.core.sync_group_to(session);
        let first = ctx
            .core
            .model
            .sessions
            .get(&session)
            .and_then(|s| s.windows.keys().next().copied());
        if let Some(first) = first {
            ctx.core.select_link(session, first);
        }
    }
    let found = ctx.core.find_from_session(session);
    let before = client.and_then(|client| ctx.core.session_of(client));
    if let Some(client) = client.filter(|_| !detached) {
        if let Some(flags) = ctx.get('f') {
            ctx.core.set_client_flags(client, &flags);
        }
        if attached {
            ctx.core.set_session(client, session);
            if let Some(client) = ctx.core.model.clients.get_mut(&client) {
                client.state.key_table = None;
            }
        }
    }
    if !ctx.has('d') {
        ctx.state.current = found.clone();
    }
    let shows = client.filter(|_| !detached);
    let started = Started {
        session: Some(session),
        attach: shows.filter(|_| !attached),
        back: shows.zip(before),
        ..Started::of(ctx, pane, "create window failed", &found, TEMPLATE)
    };
    when_started(ctx, started)
}

/// -x and -y: a number, or `-` for the client's.
fn size(ctx: &Ctx<'_>, flag: char, what: &str) -> Result<Option<u16>, String> {
    if ctx.args.get(flag) == Some("-") {
        let state = ctx
            .client
            .and_then(|client| ctx.core.model.clients.get(&client))
            .map(|client| &client.state);
        return Ok(Some(match (flag, state) {
            ('x', Some(state)) => state.cols,
            ('x', None) => 80,
            (_, Some(state)) => state.rows,
            (_, None) => 24,
        }));
    }
    let number = ctx.args.number(flag, 1..=i64::from(u16::MAX), what)?;
    Ok(number.and_then(|number| u16::try_from(number).ok()))
}

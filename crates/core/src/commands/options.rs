//! set-option, its kin for windows, and set-hook: hooks are options too.

use outlast_lang::options::tree::toggled;
use outlast_lang::options::value::default_value;
use outlast_lang::options::{Kind, Options, Row, Scope, Value, find, parse_name, row};
use outlast_term::Op;

use super::bindings::one_line;
use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::confine;
use crate::model::ids::{PaneId, SessionId, WindowId};
use crate::options::Chain;

/// Where options are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Server,
    AllSessions,
    AllWindows,
    Session(SessionId),
    Window(WindowId),
    Pane(PaneId),
}

impl Place {
    pub(super) fn options(self, core: &Core) -> Option<&Options> {
        let model = &core.model;
        match self {
            Place::Server => Some(&model.server_options),
            Place::AllSessions => Some(&model.session_options),
            Place::AllWindows => Some(&model.window_options),
            Place::Session(id) => model.sessions.get(&id).map(|session| &session.options),
            Place::Window(id) => model.windows.get(&id).map(|window| &window.options),
            Place::Pane(id) => model.panes.get(&id).map(|pane| &pane.state.options),
        }
    }

    fn options_mut(self, core: &mut Core) -> Option<&mut Options> {
        let model = &mut core.model;
        match self {
            Place::Server => Some(&mut model.server_options),
            Place::AllSessions => Some(&mut model.session_options),
            Place::AllWindows => Some(&mut model.window_options),
            Place::Session(id) => model
                .sessions
                .get_mut(&id)
                .map(|session| &mut session.options),
            Place::Window(id) => model.windows.get_mut(&id).map(|window| &mut window.options),
            Place::Pane(id) => model.panes.get_mut(&id).map(|pane| &mut pane.state.options),
        }
    }

    /// These options and those that they inherit from.
    pub(super) fn chain(self, core: &Core) -> Chain<'_> {
        match self {
            Place::Server => core.server_chain(),
            Place::AllSessions => core.session_chain(None),
            Place::AllWindows => Chain(vec![&*core.model.window_options]),
            Place::Session(id) => core.session_chain(Some(id)),
            Place::Window(id) => core.window_chain(id),
            Place::Pane(id) => core.pane_chain(id),
        }
    }

    pub(super) fn scope(self) -> Scope {
        match self {
            Place::Server => Scope::Server,
            Place::AllSessions | Place::Session(_) => Scope::Session,
            Place::AllWindows | Place::Window(_) => Scope::Window,
            Place::Pane(_) => Scope::Pane,
        }
    }

    /// The value set here; a global place has all of the table.
    pub(super) fn own(self, core: &Core, name: &str) -> Option<Value> {
        let set = self.options(core)?.values.get(name).cloned();
        let is_global = matches!(self, Place::Server | Place::AllSessions | Place::AllWindows);
        set.or_else(|| row(name).filter(|_| is_global).map(default_value))
    }
}

/// An option that a command names.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) index: Option<u32>,
    /// None for an option of the user's own.
    pub(super) row: Option<&'static Row>,
}

impl Named {
    pub(super) fn parse(text: &str) -> Result<Named, String> {
        let (name, index) = parse_name(text).ok_or_else(|| format!("invalid option: {text}"))?;
        if name.starts_with('@') {
            return Ok(Named {
                name: name.to_string(),
                index,
                row: None,
            });
        }
        let row = find(text)?;
        Ok(Named {
            name: row.name.to_string(),
            index,
            row: Some(row),
        })
    }

    pub(super) fn is_array(&self) -> bool {
        self.row.is_some_and(|row| row.kind.is_array())
    }
}

fn missing(ctx: &Ctx<'_>, what: &str) -> String {
    match ctx.args.get('t') {
        Some(target) => format!("no such {what}: {target}"),
        None => format!("no current {what}"),
    }
}

fn pane_place(ctx: &Ctx<'_>) -> Result<Place, String> {
    ctx.target
        .pane
        .map(Place::Pane)
        .ok_or_else(|| missing(ctx, "pane"))
}

fn window_place(ctx: &Ctx<'_>) -> Result<Place, String> {
    if ctx.has('g') {
        return Ok(Place::AllWindows);
    }
    ctx.target
        .window
        .map(Place::Window)
        .ok_or_else(|| missing(ctx, "window"))
}

fn session_place(ctx: &Ctx<'_>) -> Result<Place, String> {
    if ctx.has('g') {
        return Ok(Place::AllSessions);
    }
    ctx.target
        .session
        .map(Place::Session)
        .ok_or_else(|| missing(ctx, "session"))
}

/// The place that the flags name: for options of the user's own, and for listings.
pub(super) fn place_by_flags(ctx: &Ctx<'_>) -> Result<Place, String> {
    let windows = matches!(ctx.row.name, "set-window-option" | "show-window-options");
    if ctx.has('s') {
        Ok(Place::Server)
    } else if ctx.has('p') {
        pane_place(ctx)
    } else if windows || ctx.has('w') {
        window_place(ctx)
    } else {
        session_place(ctx)
    }
}

/// The place of an option of the table: -s and -w need not be given.
pub(super) fn place_of(ctx: &Ctx<'_>, named: &Named) -> Result<Place, String> {
    let Some(row) = named.row else {
        return place_by_flags(ctx);
    };
    if row.is_for(Scope::Server) {
        Ok(Place::Server)
    } else if row.is_for(Scope::Session) {
        session_place(ctx)
    } else if row.is_for(Scope::Pane) && ctx.has('p') {
        pane_place(ctx)
    } else {
        window_place(ctx)
    }
}

pub(super) fn set_option(ctx: &mut Ctx<'_>) -> Outcome {
    let argument = ctx.expand(&ctx.args.word(0).unwrap_or_default());
    let quiet = ctx.has('q');
    let named = match Named::parse(&argument) {
        Err(_) if quiet => return Ok(Flow::Normal),
        named => named?,
    };
    let place = match place_of(ctx, &named) {
        Err(_) if quiet => return Ok(Flow::Normal),
        place => place?,
    };
    if named.index.is_some() && !named.is_array() {
        return Err(format!("not an array: {argument}"));
    }
    confine::may_set(ctx, &named.name)?;
    let unset = ctx.has('u') || ctx.has('U');
    if ctx.has('o') && !ctx.has('u') {
        let set = place
            .options(ctx.core)
            .is_some_and(|options| options.has(&named.name, named.index));
        if set {
            return if quiet {
                Ok(Flow::Normal)
            } else {
                Err(format!("already set: {argument}"))
            };
        }
    }
    if unset {
        if !remove(ctx, place, &named) {
            return Ok(Flow::Normal);
        }
    } else {
        put(ctx, place, &named)?;
    }
    let trusted = ctx.leads();
    ctx.core
        .note_lead(&named.name, &format!("{place:?}"), trusted);
    changed(ctx.core, &named.name);
    Ok(Flow::Normal)
}

/// -u and -U. False: there was nothing to take away.
fn remove(ctx: &mut Ctx<'_>, place: Place, named: &Named) -> bool {
    let (name, index) = (named.name.as_str(), named.index);
    let mut removed = false;
    if ctx.has('U') && place.scope() == Scope::Window {
        let window = ctx
            .target
            .window
            .and_then(|window| ctx.core.model.windows.get(&window));
        for pane in window
            .map(|window| window.panes.clone())
            .unwrap_or_default()
        {
            removed |= remove_at(ctx.core, Place::Pane(pane), name, index);
        }
    }
    remove_at(ctx.core, place, name, index) || removed
}

fn remove_at(core: &mut Core, place: Place, name: &str, index: Option<u32>) -> bool {
    let set = place
        .options(core)
        .is_some_and(|options| options.has(name, index));
    set && place
        .options_mut(core)
        .is_some_and(|options| options.unset(name, index))
}

fn put(ctx: &mut Ctx<'_>, place: Place, named: &Named) -> Result<(), String> {
    let value = ctx.args.words.get(1).map(one_line_of);
    let value = match value {
        Some(value) if ctx.has('F') => Some(ctx.expand(&value)),
        value => value,
    };
    let append = ctx.has('a');
    let empty = || "empty value".to_string();
    let Some(row) = named.row else {
        let value = value.ok_or_else(empty)?;
        if let Some(options) = place.options_mut(ctx.core) {
            options.set_user(&named.name, &value, append);
        }
        return Ok(());
    };
    let value = match (row.kind, value) {
        // Commands are kept as they are listed, and have been understood.
        (Kind::Hook | Kind::Command, Some(text)) => {
            one_line(&ctx.core.parse_commands(&text)?, " ; ")
        }
        (Kind::Flag, Some(text)) if text.is_empty() => {
            other_value(ctx.core, place, row).ok_or_else(empty)?
        }
        (_, Some(text)) => text,
        (_, None) => other_value(ctx.core, place, row).ok_or_else(empty)?,
    };
    match place.options_mut(ctx.core) {
        Some(options) => options.set(row, named.index, &value, append),
        None => Ok(()),
    }
}

fn other_value(core: &Core, place: Place, row: &Row) -> Option<String> {
    toggled(&place.chain(core).0, row).map(str::to_string)
}

/// A word as a value; a block is its commands in one line.
fn one_line_of(word: &outlast_lang::parse::Argument) -> String {
    match word.block() {
        Some(list) => one_line(list, " ;; "),
        None => word.as_text().into_owned(),
    }
}

/// What a changed option changes at once; all others are asked when they are needed.
pub(super) fn changed(core: &mut Core, name: &str) {
    match name {
        "automatic-rename" => {
            let windows: Vec<_> = core
                .model
                .windows
                .values()
                .map(|window| (window.id, window.active))
                .collect();
            for (window, pane) in windows {
                let wanted = core.window_chain(window).flag(name);
                if let Some(pane) = core.model.panes.get_mut(&pane).filter(|_| wanted) {
                    pane.name_stale = true;
                }
            }
        }
        "key-table" => {
            for client in core
                .model
                .clients
                .values_mut()
                .filter(|client| client.state.key_table.is_some())
            {
                client.state.key_table = None;
            }
        }
        "monitor-silence" => {
            let windows: Vec<_> = core.model.windows.keys().copied().collect();
            for window in windows {
                core.arm_silence(window);
            }
        }
        "pane-border-status"
        | "pane-scrollbars"
        | "pane-scrollbars-position"
        | "pane-scrollbars-style" => {
            let windows: Vec<_> = core.model.windows.keys().copied().collect();
            for window in windows {
                core.fix_panes(window);
            }
        }
        name if crate::widths::concerns(name) => core.text_rules_changed(),
        "session-memory-max" => core.session_limits_changed(),
        "pane-colours" => {
            // Terminals answer with the new ones.
            core.looks.0 += 1;
            crate::looks::renew(core);
        }
        "history-limit" => {
            for session in core.sessions_by_name() {
                let limit = core.history_limit(session);
                for pane in panes_of(core, session) {
                    core.operate(pane, Op::HistoryLimit(limit));
                }
            }
        }
        "alternate-screen" => {
            let panes: Vec<_> = core.model.panes.keys().copied().collect();
            for pane in panes {
                let allowed = core.pane_chain(pane).flag(name);
                core.operate(pane, Op::AlternateAllowed(allowed));
            }
        }
        _ => {}
    }
    core.sizes_stale = true;
    core.touch_all();
}

fn panes_of(core: &Core, session: SessionId) -> Vec<PaneId> {
    let Some(session) = core.model.sessions.get(&session) else {
        return Vec::new();
    };
    let windows = session
        .windows
        .values()
        .filter_map(|(window, _)| core.model.windows.get(window));
    windows.flat_map(|window| window.panes.clone()).collect()
}

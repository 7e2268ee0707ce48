//! new-window and split-window.

use outlast_lang::args::{number, percentage};
use outlast_lang::layout::Direction;
use outlast_lang::options::{Kind, Value, find};

use super::{Ctx, Flow, Outcome, new_pane};
use crate::formats::{self, FormatContext};
use crate::model::ids::{PaneId, WindowId};
use crate::model::layout::{Geometry, Split, split};
use crate::names::checked;
use crate::spawn::{Wanted, WantedWindow};
use crate::started::{Started, when_started};
use crate::target::Find;

pub(super) const TEMPLATE: &str = "#{session_name}:#{window_index}.#{pane_index}";

/// What a command wants of a new program.
pub(super) fn wanted(ctx: &Ctx<'_>) -> Wanted {
    Wanted {
        command: ctx.words(),
        cwd: ctx.get('c'),
        environment: ctx
            .args
            .all('e')
            .iter()
            .map(|text| (*text).to_string())
            .collect(),
        client: ctx.client,
        kill: ctx.has('k'),
        empty: false,
    }
}

pub(super) fn new_window(ctx: &mut Ctx<'_>) -> Outcome {
    let session = ctx.session()?;
    let mut index = ctx.target.index;
    let context = FormatContext {
        client: ctx.client,
        session: Some(session),
        ..FormatContext::default()
    };
    let name = match ctx.get('n') {
        Some(text) => Some(checked(
            &formats::expand(ctx.core, &text, &context, false),
            "window",
        )?),
        None => None,
    };
    if let (true, Some(name), None) = (ctx.has('S'), &name, index) {
        let links = ctx
            .core
            .model
            .sessions
            .get(&session)
            .map(|session| session.windows.clone())
            .unwrap_or_default();
        let mut found = links.iter().filter(|(_, link)| {
            ctx.core
                .model
                .windows
                .get(&link.0)
                .is_some_and(|window| window.name == *name)
        });
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => return Err(format!("multiple windows named {name}")),
            (Some((link, _)), None) => {
                let link = *link;
                if !ctx.has('d') {
                    ctx.core.select_link(session, link);
                    ctx.core.use_by(ctx.client, session);
                }
                return Ok(Flow::Normal);
            }
            (None, _) => {}
        }
    }
    if ctx.has('a') || ctx.has('b') {
        let from = ctx.link()? + u32::from(!ctx.has('b'));
        index = ctx.core.shuffle_up(session, from).or(index);
    }
    let window = WantedWindow {
        index,
        name,
        detached: ctx.has('d'),
        kill: ctx.has('k'),
        sized_for: ctx.target_client,
        size: None,
        program: wanted(ctx),
    };
    let (index, pane) = ctx
        .core
        .spawn_window(session, window)
        .map_err(|error| format!("create window failed: {error}"))?;
    let found = ctx.core.find_from_link(session, index);
    let current = ctx
        .core
        .model
        .sessions
        .get(&session)
        .is_some_and(|session| session.current == index);
    if !ctx.has('d') || current {
        ctx.state.current = found.clone();
    }
    let started = Started::of(ctx, pane, "create window failed", &found, TEMPLATE);
    when_started(ctx, started)
}

/// -h, -b, -f, -l and -p of split-window and join-pane. Err is tmux's text.
pub(super) fn split_of(ctx: &Ctx<'_>, window: WindowId, pane: PaneId) -> Result<Split, String> {
    let direction = if ctx.has('h') {
        Direction::LeftRight
    } else {
        Direction::TopBottom
    };
    let (window, pane) = (
        ctx.core.model.windows.get(&window),
        ctx.core.model.panes.get(&pane),
    );
    let whole = match (direction, ctx.has('f')) {
        (Direction::TopBottom, true) => window.map(|window| window.rows),
        (Direction::LeftRight, true) => window.map(|window| window.cols),
        (Direction::TopBottom, false) => pane.map(|pane| pane.state.rows),
        (Direction::LeftRight, false) => pane.map(|pane| pane.state.cols),
    };
    let whole = i64::from(whole.unwrap_or(0));
    let bad = || "size or position invalid tiled geometry".to_string();
    let size = if let Some(text) = ctx.get('l') {
        let text = ctx.expand(&text);
        Some(percentage(&text, 0..=i64::from(i32::MAX), whole).map_err(|_| bad())?)
    } else if let Some(text) = ctx.get('p') {
        let text = ctx.expand(&text);
        Some(whole * number(&text, 0..=100).map_err(|_| bad())? / 100)
    } else {
        None
    };
    let size = size.map(|size| i32::try_from(size).unwrap_or(i32::MAX / 2));
    Ok(Split {
        direction,
        size,
        before: ctx.has('b'),
        full: ctx.has('f'),
    })
}

/// Where a new pane goes in its window's list.
pub(super) fn list_pane(
    ctx: &mut Ctx<'_>,
    window: WindowId,
    beside: PaneId,
    pane: PaneId,
    how: &Split,
) {
    let Some(window) = ctx.core.model.windows.get_mut(&window) else {
        return;
    };
    let at = window
        .panes
        .iter()
        .position(|other| *other == beside)
        .unwrap_or(0);
    let at = match (how.full, how.before) {
        (true, true) => 0,
        (true, false) => window.panes.len(),
        (false, true) => at,
        (false, false) => at + 1,
    };
    window.panes.insert(at, pane);
}

const NO_SPACE: &str = "size or position no space for a new pane";

pub(super) fn split_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, window, pane) = (ctx.session()?, ctx.window()?, ctx.pane()?);
    let mut program = wanted(ctx);
    program.kill = false;
    program.empty = ctx.has('E') || ctx.has('I') || program.command == [""];
    if program.empty && !matches!(program.command.as_slice(), [] | [_]) {
        return Err("command cannot be given for empty pane".to_string());
    }
    if program.empty && program.command.first().is_some_and(|word| !word.is_empty()) {
        return Err("command cannot be given for empty pane".to_string());
    }
    if program.empty {
        program.command.clear();
    }
    if ctx.row.name == "new-pane" && !ctx.has('L') {
        return new_pane::float(ctx, program);
    }
    let how = split_of(ctx, window, pane)?;
    let floats = |window: &crate::model::Window| window.is_floating(pane);
    if !how.full
        && ctx
            .core
            .model
            .windows
            .get(&window)
            .is_some_and(|w| floats(w))
    {
        return Err("size or position can't split a floating pane".to_string());
    }
    let was_zoomed = ctx.core.unzoom(window);
    let edge = ctx.core.edge(window);
    let history = ctx.core.history_limit(session);
    // The pane is only made when there is room for it: try on a copy.
    let Some(mut layout) = ctx
        .core
        .model
        .windows
        .get(&window)
        .map(|window| window.layout.clone())
    else {
        return Err(NO_SPACE.to_string());
    };
    let number = ctx.core.model.global.next_pane;
    if split(&mut layout, pane.0, number, how, edge).is_none() {
        ctx.core.rezoom(window, was_zoomed && ctx.has('Z'));
        return Err(NO_SPACE.to_string());
    }
    let place = crate::model::layout::geometry(&layout, edge)
        .into_iter()
        .find(|place| place.pane == number);
    let (cols, rows) = place.map_or((80, 24), |place| (place.cols, place.rows));
    let new = ctx.core.create_pane(window, cols, rows, history);
    list_pane(ctx, window, pane, new, &how);
    ctx.core.change_layout_quietly(window, |old| *old = layout);
    ctx.core.start(session, new, program);
    if let Err(error) = set_styles(ctx, new) {
        ctx.core.remove_pane(new);
        return Err(error);
    }
    if !ctx.has('d') {
        ctx.core.activate(window, new, true);
    }
    ctx.core.notify_window("window-layout-changed", window);
    let found = Find {
        pane: Some(new),
        ..ctx.target.clone()
    };
    if !ctx.has('d') {
        ctx.state.current = found.clone();
    }
    if ctx.has('Z') {
        let active = if ctx.has('d') {
            ctx.core
                .model
                .windows
                .get(&window)
                .map_or(new, |w| w.active)
        } else {
            new
        };
        ctx.core.zoom(window, active);
        if let Some(place) = place.filter(|_| active != new) {
            // As in tmux, a pane made beside a zoomed one is as large as the window until it is seen.
            let size = ctx.core.model.windows.get(&window);
            let (cols, rows) = size.map_or((cols, rows), |window| (window.cols, window.rows));
            ctx.core.place_pane(&Geometry {
                cols,
                rows,
                ..place
            });
        }
    }
    ctx.core.touch_all();
    let started = Started::of(ctx, new, "create pane failed", &found, TEMPLATE);
    let flow = when_started(ctx, started)?;
    match ctx.has('I') {
        true => super::display::fill(ctx, new),
        false => Ok(flow),
    }
}

/// -s, -S, -R, -k and -m: options of the new pane.
pub(super) fn set_styles(ctx: &mut Ctx<'_>, pane: PaneId) -> Result<(), String> {
    let mut wanted: Vec<(&str, String, String)> = Vec::new();
    if let Some(style) = ctx.get('s') {
        wanted.push(("window-style", style.clone(), format!("bad style: {style}")));
        wanted.push(("window-active-style", style, String::new()));
    }
    if let Some(style) = ctx.get('S') {
        wanted.push((
            "pane-active-border-style",
            style.clone(),
            format!("bad active border style: {style}"),
        ));
    }
    if let Some(style) = ctx.get('R') {
        wanted.push((
            "pane-border-style",
            style.clone(),
            format!("bad inactive border style: {style}"),
        ));
    }
    if ctx.has('k') || ctx.has('m') {
        wanted.push(("remain-on-exit", "key".to_string(), String::new()));
    }
    if let Some(message) = ctx.get('m') {
        wanted.push(("remain-on-exit-format", message, String::new()));
    }
    for (name, text, error) in wanted {
        set_pane_option(ctx, pane, name, &text).map_err(|_| error)?;
    }
    Ok(())
}

/// Sets an option of a pane that is known to be in the table.
pub(super) fn set_pane_option(
    ctx: &mut Ctx<'_>,
    pane: PaneId,
    name: &str,
    text: &str,
) -> Result<(), String> {
    let row = find(name)?;
    if let Some(pane) = ctx.core.model.panes.get_mut(&pane) {
        match row.kind {
            // tmux takes any text for a style here; what it cannot read has no effect.
            Kind::Style => {
                pane.state
                    .options
                    .values
                    .insert(row.name.to_string(), Value::Text(text.to_string()));
            }
            _ => pane.state.options.set(row, None, text, false)?,
        }
        pane.style_cache = None;
    }
    ctx.core.touch_all();
    Ok(())
}

//! show-options and show-hooks.

use outlast_lang::options::{Kind, ROWS, Row, Show, Value, show_with};

use super::options::{Named, Place, place_by_flags, place_of};
use super::{Ctx, Flow, Outcome};

pub(super) fn show_options(ctx: &mut Ctx<'_>) -> Outcome {
    let quiet = ctx.has('q');
    let Some(argument) = ctx.args.word(0) else {
        return match place_by_flags(ctx) {
            Err(_) if quiet => Ok(Flow::Normal),
            place => show_all(ctx, place?),
        };
    };
    let argument = ctx.expand(&argument);
    let named = match Named::parse(&argument) {
        Err(_) if quiet => return Ok(Flow::Normal),
        named => named?,
    };
    let place = match place_of(ctx, &named) {
        Err(_) if quiet => return Ok(Flow::Normal),
        place => place?,
    };
    let own = place.own(ctx.core, &named.name);
    let inherited = own.is_none() && ctx.has('A');
    let value = if inherited {
        place.chain(ctx.core).value(&named.name)
    } else {
        own
    };
    match value {
        Some(value) => {
            // An empty list that is named gets no star.
            let empty = matches!(&value, Value::Array(items) if items.is_empty());
            let how = Show {
                value_only: ctx.has('v'),
                inherited: inherited && !empty,
                index: named.index,
            };
            print(ctx, &show_with(&named.name, &value, how));
            Ok(Flow::Normal)
        }
        None if named.row.is_none() && !quiet => Err(format!("invalid option: {argument}")),
        None => Ok(Flow::Normal),
    }
}

fn show_all(ctx: &mut Ctx<'_>, place: Place) -> Outcome {
    let only_hooks = ctx.row.name == "show-hooks";
    let with_hooks = only_hooks || ctx.has('H');
    let value_only = ctx.has('v');
    let mut lines = Vec::new();
    if let Some(options) = place.options(ctx.core).filter(|_| !only_hooks) {
        for (name, value) in options
            .values
            .iter()
            .filter(|(name, _)| name.starts_with('@'))
        {
            lines.extend(show_with(
                name,
                value,
                Show {
                    value_only,
                    ..Show::default()
                },
            ));
        }
    }
    let wanted = |row: &&Row| {
        let hook = row.kind == Kind::Hook;
        row.is_for(place.scope()) && (!hook || with_hooks) && (hook || !only_hooks)
    };
    let mut rows: Vec<&Row> = ROWS.iter().filter(wanted).collect();
    rows.sort_by_key(|row| (row.kind == Kind::Hook, rank(row.name)));
    let chain = place.chain(ctx.core);
    for row in rows {
        let own = place.own(ctx.core, row.name);
        let inherited = own.is_none();
        let value = if inherited && ctx.has('A') {
            chain.value(row.name)
        } else {
            own
        };
        if let Some(value) = value {
            lines.extend(show_with(
                row.name,
                &value,
                Show {
                    value_only,
                    inherited,
                    index: None,
                },
            ));
        }
    }
    print(ctx, &lines);
    Ok(Flow::Normal)
}

fn print(ctx: &mut Ctx<'_>, lines: &[String]) {
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
}

/// tmux lists these before all others, in this order.
const FIRST: &[&str] = &[
    "cursor-colour",
    "cursor-style",
    "menu-style",
    "menu-selected-style",
    "menu-border-style",
    "menu-border-lines",
    "pane-status-current-style",
    "pane-status-style",
    "session-status-current-style",
    "session-status-style",
];

/// Those that tmux does not list in alphabetical order: behind the second.
const BEHIND: &[(&str, &str)] = &[
    ("codepoint-widths", "command-alias"),
    ("terminal-features", "terminal-overrides"),
    ("prompt-cursor-colour", "status-style"),
    ("prompt-cursor-style", "status-style"),
    ("prompt-command-cursor-style", "status-style"),
    ("copy-mode-match-style", "copy-mode"),
    (
        "copy-mode-current-line-number-style",
        "copy-mode-selection-style",
    ),
    ("copy-mode-line-number-style", "copy-mode-selection-style"),
    ("copy-mode-line-numbers", "copy-mode-selection-style"),
    ("pane-scrollbars-position", "pane-scrollbars-style"),
    ("popup-border-style", "popup-style"),
    ("popup-border-lines", "popup-style"),
    ("window-style", "window-size"),
    ("client-light-theme", "client-session-changed"),
    ("client-dark-theme", "client-session-changed"),
];

/// The order of a listing.
fn rank(name: &str) -> (usize, &str, usize) {
    if let Some(at) = FIRST.iter().position(|first| *first == name) {
        return (at, "", 0);
    }
    match BEHIND.iter().position(|(behind, _)| *behind == name) {
        Some(at) => (FIRST.len(), BEHIND[at].1, at + 1),
        None => (FIRST.len(), name, 0),
    }
}

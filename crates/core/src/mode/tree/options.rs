//! customize-mode: options and key bindings as a list.

use outlast_lang::options::{Kind, ROWS, Row, Scope, Show, Value, row, show_with};
use serde::{Deserialize, Serialize};

use super::Chooser;
use super::build::{Node, bare};
use super::items::Item;
use crate::Core;
use crate::commands::bindings::{one_line, rank};
use crate::formats::{self, FormatContext};
use crate::options::Chain;
use crate::target::Find;

/// Where an option is set, of what the chooser was opened about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// The server.
    Server,
    /// All sessions.
    Sessions,
    /// The session.
    Session,
    /// All windows.
    Windows,
    /// The window.
    Window,
    /// The pane.
    Pane,
}

/// A line below a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Command,
    Note,
    Repeat,
}

const PARTS: [Part; 3] = [Part::Command, Part::Note, Part::Repeat];

impl Part {
    pub fn name(self) -> &'static str {
        match self {
            Part::Command => "Command",
            Part::Note => "Note",
            Part::Repeat => "Repeat",
        }
    }
}

/// Groups of options: heading, the levels from the outermost on, the scope of their rows.
const GROUPS: [(&str, &[Level], Scope); 3] = [
    ("Server Options", &[Level::Server], Scope::Server),
    (
        "Session Options",
        &[Level::Sessions, Level::Session],
        Scope::Session,
    ),
    (
        "Window & Pane Options",
        &[Level::Windows, Level::Window, Level::Pane],
        Scope::Window,
    ),
];

impl Level {
    /// Whether it is that of all.
    pub(super) fn is_global(self) -> bool {
        matches!(self, Level::Server | Level::Sessions | Level::Windows)
    }

    /// The level that an option of this one is set at instead: for all, or for one session, pane or window.
    pub(super) fn other(self, global: bool, pane: bool) -> Level {
        match (self, global) {
            (Level::Server, _) => Level::Server,
            (Level::Sessions | Level::Session, true) => Level::Sessions,
            (Level::Sessions | Level::Session, false) => Level::Session,
            (_, true) => Level::Windows,
            (_, false) if pane => Level::Pane,
            (_, false) => Level::Window,
        }
    }

    /// The values set at this level.
    pub(super) fn set<'a>(
        self,
        core: &'a Core,
        home: &Find,
    ) -> Option<&'a outlast_lang::options::Options> {
        let model = &core.model;
        Some(match self {
            Level::Server => &model.server_options,
            Level::Sessions => &model.session_options,
            Level::Windows => &model.window_options,
            Level::Session => &model.sessions.get(&home.session?)?.options,
            Level::Window => &model.windows.get(&home.window?)?.options,
            Level::Pane => &model.panes.get(&home.pane?)?.state.options,
        })
    }

    /// They and those that they inherit from.
    pub(super) fn chain<'a>(self, core: &'a Core, home: &Find) -> Chain<'a> {
        match (self, home.session, home.window, home.pane) {
            (Level::Server, ..) => core.server_chain(),
            (Level::Session, session, ..) => core.session_chain(session),
            (Level::Window, _, Some(window), _) => core.window_chain(window),
            (Level::Pane, _, _, Some(pane)) => core.pane_chain(pane),
            (Level::Sessions, ..) => core.session_chain(None),
            _ => Chain(vec![&*core.model.window_options]),
        }
    }

    /// Flags of set-option that name it.
    pub(super) fn flags(self, home: &Find) -> Option<Vec<String>> {
        let words: Vec<String> = match self {
            Level::Server => vec!["-s".into()],
            Level::Sessions => vec!["-g".into()],
            Level::Windows => vec!["-gw".into()],
            Level::Session => vec!["-t".into(), home.session?.to_string()],
            Level::Window => vec!["-w".into(), "-t".into(), home.window?.to_string()],
            Level::Pane => vec!["-p".into(), "-t".into(), home.pane?.to_string()],
        };
        Some(words)
    }

    /// What it is called: "session main", "" for what is global.
    pub(super) fn scope(self, core: &Core, home: &Find) -> String {
        let text = match self {
            Level::Session => home
                .session
                .and_then(|session| core.model.sessions.get(&session))
                .map(|session| format!("session {}", session.name)),
            Level::Window => home.link.map(|link| format!("window {link}")),
            Level::Pane => home
                .pane
                .and_then(|pane| core.pane_index(pane))
                .map(|index| format!("pane {index}")),
            _ => None,
        };
        text.unwrap_or_default()
    }
}

/// What the options are about: what the chooser was opened about, if it is still there.
pub(super) fn about(core: &Core, chooser: &Chooser) -> Find {
    match core.is_valid(&chooser.home) {
        true => chooser.home.clone(),
        false => Find::default(),
    }
}

/// A value as text; elements of an array that is asked for as a whole are joined.
pub(super) fn text_of(name: &str, value: &Value, index: Option<u32>) -> String {
    let how = Show {
        value_only: true,
        index,
        ..Show::default()
    };
    show_with(name, value, how).join(" ")
}

/// The list.
pub(super) fn nodes(core: &Core, chooser: &Chooser, filter: Option<&str>) -> Vec<Node> {
    let mut out = Vec::new();
    let home = about(core, chooser);
    for (title, levels, scope) in GROUPS {
        let at = heading(title.to_string(), &mut out);
        let levels: Vec<Level> = levels
            .iter()
            .copied()
            .filter(|level| level.set(core, &home).is_some())
            .collect();
        let mut names: Vec<String> = Vec::new();
        for level in &levels {
            let set = level.set(core, &home).map(|set| set.values.keys());
            let own = set
                .into_iter()
                .flatten()
                .filter(|name| name.starts_with('@'));
            names.extend(
                own.filter(|name| !names.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        let mut known: Vec<&str> = ROWS
            .iter()
            .filter(|row| row.kind != Kind::Hook && row.scopes.contains(&scope))
            .map(|row| row.name)
            .collect();
        known.sort_unstable();
        names.extend(known.into_iter().map(str::to_string));
        for name in names {
            let has = |level: &&Level| {
                let set = level.set(core, &home);
                set.is_some_and(|set| set.values.contains_key(&name))
            };
            let level = levels.iter().rev().find(has).copied().unwrap_or(levels[0]);
            option(core, chooser, filter, &home, level, name, at, &mut out);
        }
        out[at].folds = out.len() > at + 1;
    }
    for name in core.model.tables.keys() {
        keys(core, chooser, filter, &home, name, &mut out);
    }
    out
}

fn heading(title: String, out: &mut Vec<Node>) -> usize {
    out.push(bare(Item::Heading(title.clone()), title, None, None, 0));
    out.len() - 1
}

#[allow(clippy::too_many_arguments)]
fn option(
    core: &Core,
    chooser: &Chooser,
    filter: Option<&str>,
    home: &Find,
    level: Level,
    name: String,
    parent: usize,
    out: &mut Vec<Node>,
) {
    if chooser.hide_global && level.is_global() {
        return;
    }
    let Some(value) = level.chain(core, home).value(&name) else {
        return;
    };
    let row = row(&name);
    let array = row.is_some_and(|row| row.kind.is_array());
    let mut context = FormatContext::of(home);
    let mut put = |name: &str, value: String| context.extra.push((name.to_string(), value));
    put("is_option", "1".into());
    put("is_key", "0".into());
    put("option_is_global", u8::from(level.is_global()).to_string());
    put("option_is_array", u8::from(array).to_string());
    put("option_scope", level.scope(core, home));
    put("option_unit", row.map_or("", |row| row.unit).to_string());
    let with = |name: String, value: String| {
        let mut context = context.clone();
        context.extra.push(("option_name".to_string(), name));
        context.extra.push(("option_value".to_string(), value));
        context
    };
    let whole = if array {
        String::new()
    } else {
        text_of(&name, &value, None)
    };
    let context = with(name.clone(), whole);
    if filter.is_some_and(|filter| !core.is_true(filter, &context)) {
        return;
    }
    // What is folded is only counted.
    let hidden = out
        .get(parent)
        .is_some_and(|top| chooser.folded.contains(&top.tag));
    let expand = |context: &FormatContext| match hidden {
        true => String::new(),
        false => formats::expand(core, &chooser.format, context, false),
    };
    let at = out.len();
    let text = (!array).then(|| expand(&context));
    let item = Item::Option(level, name.clone(), None);
    out.push(bare(item, name.clone(), text, Some(parent), 1));
    if let (Value::Array(elements), true) = (&value, array) {
        for index in elements.keys() {
            let title = format!("{name}[{index}]");
            let context = with(title.clone(), text_of(&name, &value, Some(*index)));
            let item = Item::Option(level, name.clone(), Some(*index));
            out.push(bare(item, title, Some(expand(&context)), Some(at), 2));
        }
        out[at].folds = !elements.is_empty();
    }
}

fn keys(
    core: &Core,
    chooser: &Chooser,
    filter: Option<&str>,
    home: &Find,
    table: &str,
    out: &mut Vec<Node>,
) {
    let Some(bindings) = core.model.tables.get(table).map(|table| &table.bindings) else {
        return;
    };
    if bindings.is_empty() {
        return;
    }
    let top = heading(format!("Key Table - {table}"), out);
    let hidden = chooser.folded.contains(&out[top].tag);
    let mut sorted: Vec<_> = bindings
        .iter()
        .filter_map(|(name, binding)| Some((outlast_lang::key::parse(name)?, name, binding)))
        .collect();
    sorted.sort_by_key(|(key, ..)| rank(*key));
    for (_, key, binding) in sorted {
        let note = binding.note.as_deref().unwrap_or_default();
        let mut context = FormatContext::of(home);
        for (name, value) in [
            ("is_option", "0"),
            ("is_key", "1"),
            ("key", key),
            ("key_note", note),
        ] {
            context.extra.push((name.to_string(), value.to_string()));
        }
        if filter.is_some_and(|filter| !core.is_true(filter, &context)) {
            continue;
        }
        let at = out.len();
        let name = match hidden {
            true => key.clone(),
            false => formats::expand(core, &chooser.format, &context, false),
        };
        let item = Item::Key(table.to_string(), key.clone(), None);
        out.push(bare(item, name, None, Some(top), 1));
        out[at].folds = true;
        let hidden = hidden || chooser.folded.contains(&out[at].tag);
        for part in PARTS {
            let text = match part {
                _ if hidden => String::new(),
                Part::Command => {
                    format!("#[ignore]{}", one_line(&binding.commands.list(), " \\; "))
                }
                Part::Note if note.is_empty() => String::new(),
                Part::Note => format!("#[ignore]{note}"),
                Part::Repeat => if binding.repeat { "on" } else { "off" }.to_string(),
            };
            let item = Item::Key(table.to_string(), key.clone(), Some(part));
            out.push(bare(item, part.name().to_string(), Some(text), Some(at), 2));
        }
    }
    out[top].folds = out.len() > top + 1;
}

/// The row of an option, None for one of the user's own.
pub(super) fn row_of(name: &str) -> Option<&'static Row> {
    row(name)
}

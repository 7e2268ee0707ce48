//! Keys and their commands: bound, unbound, listed; and the list of all commands.

use outlast_lang::args::Spec;
use outlast_lang::format::width;
use outlast_lang::key;
use outlast_lang::parse::{CommandList, print_known, quote};
use outlast_term::keys::mouse::{MouseKind, MouseWhere};
use outlast_term::keys::{Code, Key, Mods};

use super::{Ctx, Flow, Outcome, ROWS, Row, lookup};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::{Binding, KeyTable};

/// Commands in one line as listings have them: full names, flags sorted. Groups look alike.
pub(crate) fn one_line(list: &CommandList, separator: &str) -> String {
    let known = |name: &str| -> Option<(&'static str, Spec)> {
        lookup(name).ok().map(|row| (row.name, row.spec))
    };
    let one = |command: &(u32, outlast_lang::parse::Command)| {
        print_known(
            &CommandList {
                commands: vec![command.clone()],
            },
            &known,
        )
    };
    list.commands
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(separator)
}

/// The table that -T and -n name.
fn table_name(ctx: &Ctx<'_>) -> String {
    ctx.get('T')
        .unwrap_or_else(|| if ctx.has('n') { "root" } else { "prefix" }.to_string())
}

fn known_key(name: &str) -> Result<Key, String> {
    key::parse(name)
        .filter(|key| key.code != Code::None)
        .ok_or_else(|| format!("unknown key: {name}"))
}

pub(super) fn bind_key(ctx: &mut Ctx<'_>) -> Outcome {
    let key = key::name(known_key(&ctx.args.word(0).unwrap_or_default())?);
    let (table, note, repeat) = (table_name(ctx), ctx.get('N'), ctx.has('r'));
    let words = ctx.args.words.get(1..).unwrap_or(&[]).to_vec();
    // Blocks were parsed with the command that they are in.
    ctx.core.aliased = false;
    let commands = match words.as_slice() {
        [] => {
            let trusted = ctx.may_bind();
            amend(ctx.core, &table, &key, note, repeat, trusted);
            return Ok(Flow::Normal);
        }
        [word] => ctx.core.commands_of(word, None)?,
        words => ctx.core.parse_words(words)?,
    };
    let trusted = ctx.may_bind() && (!ctx.core.aliased || !ctx.core.model.global.configured);
    ctx.core.bind(&table, &key, commands, repeat, note, trusted);
    Ok(Flow::Normal)
}

/// bind-key without a command: another note, or -r, for a key that is bound.
fn amend(
    core: &mut Core,
    table: &str,
    key: &str,
    note: Option<String>,
    repeat: bool,
    trusted: bool,
) {
    let table = core.model.tables.entry(table.to_string()).or_default();
    let Some(binding) = table.bindings.get_mut(key) else {
        return;
    };
    if note.is_some() {
        binding.note = note.map(Into::into);
    }
    // The key after one that repeats is looked up in the same table.
    binding.trusted &= trusted || !repeat || binding.repeat;
    binding.repeat |= repeat;
}

pub(super) fn unbind_key(ctx: &mut Ctx<'_>) -> Outcome {
    match unbind(ctx) {
        Err(_) if ctx.has('q') => Err(String::new()),
        Err(error) => Err(error),
        Ok(()) => Ok(Flow::Normal),
    }
}

fn unbind(ctx: &mut Ctx<'_>) -> Result<(), String> {
    let name = ctx.args.word(0);
    let table = table_name(ctx);
    let missing = |core: &Core| match core.key_table(&table) {
        Some(_) => Ok(()),
        None => Err(format!("table {table} doesn't exist")),
    };
    if ctx.has('a') {
        if name.is_some() {
            return Err("key given with -a".to_string());
        }
        missing(ctx.core)?;
        forget_table(ctx.core, &table);
        return Ok(());
    }
    let name = name.ok_or("missing key")?;
    let key = key::name(known_key(&name)?);
    if ctx.has('T') {
        missing(ctx.core)?;
    }
    let bound = ctx
        .core
        .key_table(&table)
        .is_some_and(|table| table.bindings.contains_key(&key));
    if let Some(found) = ctx.core.model.tables.get_mut(&table).filter(|_| bound) {
        found.unbind(&key);
        if found.bindings.is_empty() && !ctx.core.default_tables.contains_key(&table) {
            ctx.core.model.tables.remove(&table);
        }
    }
    Ok(())
}

/// Takes all keys of a table away, and the table; those that there are without configuration stay as empty ones.
fn forget_table(core: &mut Core, name: &str) {
    if core.default_tables.contains_key(name) {
        if let Some(table) = core.model.tables.get_mut(name) {
            **table = KeyTable::default();
        }
    } else {
        core.model.tables.remove(name);
    }
    for client in core.model.clients.values_mut() {
        if client.state.key_table.as_deref() == Some(name) {
            client.state.key_table = None;
        }
    }
}

/// A binding in a list.
struct Entry {
    table: String,
    name: String,
    key: Key,
    binding: Binding,
}

pub(super) fn list_keys(ctx: &mut Ctx<'_>) -> Outcome {
    let only = match ctx.args.word(0) {
        None => None,
        Some(name) => Some((
            key::parse(&name).ok_or_else(|| format!("invalid key: {name}"))?,
            name,
        )),
    };
    let order = match ctx.args.get('O') {
        None => None,
        Some(order) => Some(sort_order(order).ok_or("invalid sort order")?),
    };
    let notes = ctx.has('N');
    let tables: Vec<String> = match ctx.get('T') {
        Some(table) if ctx.core.key_table(&table).is_none() => {
            return Err(format!("table {table} doesn't exist"));
        }
        Some(table) => vec![table],
        None if notes => vec!["prefix".to_string(), "root".to_string()],
        None => ctx.core.model.tables.keys().cloned().collect(),
    };
    let mut entries = collect(ctx.core, &tables);
    if let Some(order) = order {
        order(&mut entries);
        if ctx.has('r') {
            entries.reverse();
        }
    }
    entries.retain(|entry| {
        only.as_ref().is_none_or(|(key, _)| *key == entry.key)
            && (!notes || ctx.has('a') || entry.binding.note.is_some())
    });
    if let (true, Some((_, name))) = (entries.is_empty(), only) {
        return Err(format!("unknown key: {name}"));
    }
    if ctx.has('1') {
        entries.truncate(1);
    }
    print_keys(ctx, &entries);
    Ok(Flow::Normal)
}

fn collect(core: &Core, tables: &[String]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for name in tables {
        let Some(table) = core.key_table(name) else {
            continue;
        };
        let mut keys: Vec<Entry> = table
            .bindings
            .iter()
            .filter_map(|(key_name, binding)| {
                let key = key::parse(key_name)?;
                Some(Entry {
                    table: name.clone(),
                    name: key_name.clone(),
                    key,
                    binding: binding.clone(),
                })
            })
            .collect();
        keys.sort_by_key(|entry| rank(entry.key));
        entries.append(&mut keys);
    }
    entries
}

/// -O: what sorts the list.
fn sort_order(order: &str) -> Option<fn(&mut [Entry])> {
    Some(match order.to_ascii_lowercase().as_str() {
        "index" | "key" => |entries| entries.sort_by_key(|entry| rank(entry.key)),
        "modifier" => |entries| entries.sort_by_key(|entry| rank(entry.key).0),
        "name" | "title" => |entries| entries.sort_by_key(|entry| entry.table.to_ascii_lowercase()),
        "activity" | "creation" | "order" | "size" | "z" => |_| {},
        _ => return None,
    })
}

fn print_keys(ctx: &mut Ctx<'_>, entries: &[Entry]) {
    let notes = ctx.has('N');
    let alone = entries.len() == 1;
    let prefix = match ctx.get('P') {
        Some(prefix) => prefix,
        // One key of one table needs no prefix to be told from others.
        None if alone && ctx.has('T') => String::new(),
        None => match ctx.core.session_chain(None).text("prefix") {
            prefix if prefix == "None" => String::new(),
            prefix => prefix,
        },
    };
    let widest = |text: fn(&Entry) -> &str| {
        entries
            .iter()
            .map(|entry| width(text(entry)))
            .max()
            .unwrap_or(0)
    };
    let (keys, tables) = (widest(|entry| &entry.name), widest(|entry| &entry.table));
    let repeats = entries.iter().any(|entry| entry.binding.repeat);
    let template = ctx.get('F');
    let mut lines = Vec::new();
    for entry in entries {
        let command = one_line(&entry.binding.commands.list(), " \\; ");
        let note = entry.binding.note.clone().unwrap_or_default().into_owned();
        let line = match &template {
            Some(template) => {
                let number = |yes: bool| u8::from(yes).to_string();
                let variables = [
                    ("notes_only", number(notes)),
                    ("key_has_repeat", number(repeats)),
                    ("key_string_width", keys.to_string()),
                    ("key_table_width", tables.to_string()),
                    ("key_repeat", number(entry.binding.repeat)),
                    ("key_note", note),
                    ("key_prefix", prefix.clone()),
                    ("key_table", entry.table.clone()),
                    ("key_string", entry.name.clone()),
                    ("key_command", command),
                ];
                expand(ctx, template, &variables)
            }
            None if notes => {
                let what = if note.is_empty() { command } else { note };
                let line = format!("{} {what}", pad(&entry.name, keys));
                if prefix.is_empty() {
                    line
                } else {
                    format!("{prefix} {line}")
                }
            }
            None => {
                // A column for -r, which is empty where none has it; a line alone has no columns.
                let repeat = match (entry.binding.repeat, repeats, alone) {
                    (true, ..) => "-r ",
                    (false, true, _) => "   ",
                    (false, false, false) => " ",
                    (false, false, true) => "",
                };
                let (table, key) = (pad(&entry.table, tables), pad(&quote(&entry.name), keys));
                format!("bind-key {repeat}-T {table} {key} {command}")
            }
        };
        if !line.is_empty() {
            lines.push(line);
        }
    }
    let Some(text) = (!lines.is_empty()).then(|| lines.join("\n")) else {
        return;
    };
    // One line for someone who looks at a session goes to the status line.
    let shown_to = match (ctx.has('1'), ctx.is_attached() && alone) {
        (true, _) | (_, true) => ctx
            .target_client
            .filter(|client| ctx.core.session_of(*client).is_some()),
        _ => None,
    };
    match shown_to {
        Some(client) => ctx.core.message(client, &text),
        None => ctx.print(&text),
    }
}

fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn expand(ctx: &Ctx<'_>, template: &str, variables: &[(&str, String)]) -> String {
    let extra = variables
        .iter()
        .map(|(name, value)| ((*name).to_string(), value.clone()))
        .collect();
    let context = FormatContext {
        client: ctx.client,
        extra,
        ..FormatContext::default()
    };
    formats::expand(ctx.core, template, &context, false)
}

/// tmux's order of keys: by modifiers, then characters, user keys, named keys, mouse keys.
pub(crate) fn rank(key: Key) -> (u8, u8, u32) {
    let bits = [
        (Mods::META, 1),
        (Mods::CTRL, 2),
        (Mods::SHIFT, 4),
        (Mods::SUPER, 8),
    ];
    let mods = bits
        .iter()
        .filter(|(modifier, _)| key.mods.has(*modifier))
        .map(|(_, bit)| bit)
        .sum();
    let (kind, number) = match key.code {
        Code::Char(c) => (0, u32::from(c)),
        Code::Tab => (0, 9),
        Code::Enter => (0, 13),
        Code::Escape => (0, 27),
        Code::User(n) => (1, u32::from(n)),
        Code::Mouse(mouse) => {
            let at = MOUSE
                .iter()
                .position(|kind| *kind == mouse.kind)
                .unwrap_or(MOUSE.len());
            let place = PLACES
                .iter()
                .position(|place| *place == mouse.place)
                .unwrap_or(PLACES.len());
            (3 + at as u8, u32::from(mouse.button) << 8 | place as u32)
        }
        Code::F(n) => (2, 100 + u32::from(n)),
        Code::Keypad(c) => (2, 300 + KEYPAD.find(c).unwrap_or(KEYPAD.len()) as u32),
        code => match BEFORE_F.iter().position(|known| *known == code) {
            Some(at) => (2, at as u32),
            None => (
                2,
                200 + AFTER_F
                    .iter()
                    .position(|known| *known == code)
                    .unwrap_or(AFTER_F.len()) as u32,
            ),
        },
    };
    (mods, kind, number)
}

const BEFORE_F: &[Code] = &[
    Code::None,
    Code::FocusIn,
    Code::FocusOut,
    Code::Any,
    Code::Backspace,
];
const AFTER_F: &[Code] = &[
    Code::Insert,
    Code::Delete,
    Code::Home,
    Code::End,
    Code::PageDown,
    Code::PageUp,
    Code::BackTab,
    Code::Up,
    Code::Down,
    Code::Left,
    Code::Right,
];
const KEYPAD: &str = "/*-789+456123\r0.";
const MOUSE: &[MouseKind] = &[
    MouseKind::Move,
    MouseKind::Down,
    MouseKind::Up,
    MouseKind::Drag,
    MouseKind::DragEnd,
    MouseKind::WheelDown,
    MouseKind::WheelUp,
    MouseKind::SecondClick,
    MouseKind::DoubleClick,
    MouseKind::TripleClick,
];
const PLACES: &[MouseWhere] = &[
    MouseWhere::Pane,
    MouseWhere::Status,
    MouseWhere::StatusLeft,
    MouseWhere::StatusRight,
    MouseWhere::StatusDefault,
    MouseWhere::Border,
    MouseWhere::ScrollbarUp,
    MouseWhere::ScrollbarSlider,
    MouseWhere::ScrollbarDown,
    MouseWhere::Control(0),
    MouseWhere::Control(1),
    MouseWhere::Control(2),
    MouseWhere::Control(3),
    MouseWhere::Control(4),
    MouseWhere::Control(5),
    MouseWhere::Control(6),
    MouseWhere::Control(7),
    MouseWhere::Control(8),
    MouseWhere::Control(9),
];

pub(super) fn list_commands(ctx: &mut Ctx<'_>) -> Outcome {
    let rows: Vec<&Row> = match ctx.args.word(0) {
        Some(name) => vec![lookup(&name)?],
        None => ROWS.iter().collect(),
    };
    let template = ctx.get('F');
    let mut lines = Vec::new();
    for row in rows {
        let line = match &template {
            Some(template) => {
                let variables = [
                    ("command_list_name", row.name.to_string()),
                    ("command_list_alias", row.alias.to_string()),
                    ("command_list_usage", row.usage.to_string()),
                ];
                expand(ctx, template, &variables)
            }
            None if row.alias.is_empty() => format!("{} {}", row.name, row.usage),
            None => format!("{} ({}) {}", row.name, row.alias, row.usage),
        };
        if !line.is_empty() {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

//! One row per option (tmux(1), OPTIONS): name, scope, kind, default, unit, text.

mod hooks;
mod own;
mod pane;
mod server;
mod session;
mod window;

/// Where an option lives. An option may be settable at several levels (window and pane).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// set -s.
    Server,
    /// set, set -g.
    Session,
    /// set -w.
    Window,
    /// set -p; inherits from the window.
    Pane,
}

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number in a range, inclusive.
    Number(i64, i64),
    /// A key name.
    Key,
    /// A colour.
    Colour,
    /// on or off.
    Flag,
    /// One of the words; the value is its index.
    Choice(&'static [&'static str]),
    /// A command.
    Command,
    /// A style string (checked, kept as text because it may hold formats).
    Style,
    /// An array of texts, with the characters that split a whole value.
    Array(&'static str),
    /// An array of colours (pane-colours).
    ColourArray,
    /// An array of commands: a hook.
    Hook,
}

impl Kind {
    /// Whether values are arrays.
    pub fn is_array(self) -> bool {
        matches!(self, Kind::Array(_) | Kind::ColourArray | Kind::Hook)
    }

    /// Whether `show-options` quotes values.
    pub(super) fn is_quoted(self) -> bool {
        matches!(self, Kind::Text | Kind::Style | Kind::Array(_))
    }
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name.
    pub name: &'static str,
    /// Where it may be set: `[Window, Pane]` for pane options that windows hand down.
    pub scopes: &'static [Scope],
    /// What it takes.
    pub kind: Kind,
    /// tmux 3.7c's default as written in a configuration; arrays split by their separator, or by U+001F where there
    /// is one.
    pub default: &'static str,
    /// Unit of a number, or "".
    pub unit: &'static str,
    /// What it does, one sentence for the manual.
    pub text: &'static str,
}

const SERVER: &[Scope] = &[Scope::Server];
const SESSION: &[Scope] = &[Scope::Session];
const WINDOW: &[Scope] = &[Scope::Window];
const PANE: &[Scope] = &[Scope::Window, Scope::Pane];

/// C's INT_MAX and UINT_MAX, the upper ends of tmux's numbers.
const INT: i64 = i32::MAX as i64;
const UINT: i64 = u32::MAX as i64;

const fn option(
    name: &'static str,
    scopes: &'static [Scope],
    kind: Kind,
    default: &'static str,
    text: &'static str,
) -> Row {
    Row {
        name,
        scopes,
        kind,
        default,
        unit: "",
        text,
    }
}

const fn hook(name: &'static str, scopes: &'static [Scope], text: &'static str) -> Row {
    option(name, scopes, Kind::Hook, "", text)
}

impl Row {
    const fn unit(mut self, unit: &'static str) -> Row {
        self.unit = unit;
        self
    }

    /// The level at which it lives, as the manual names it; the widest of a pane's is the window, hence "pane".
    pub fn level(&self) -> &'static str {
        match self.scopes {
            [Scope::Server] => "server",
            [Scope::Session] => "session",
            [Scope::Window] => "window",
            _ => "pane",
        }
    }

    /// What values it takes, for the manual: "number 0 to 9, milliseconds".
    pub fn takes(&self) -> String {
        let mut text = match self.kind {
            Kind::Text => "text".into(),
            Kind::Number(low, high) if high >= INT => format!("number from {low}"),
            Kind::Number(low, high) => format!("number {low} to {high}"),
            Kind::Key => "key".into(),
            Kind::Colour => "colour".into(),
            Kind::Flag => "on or off".into(),
            Kind::Choice(words) => words.join(", "),
            Kind::Command => "command".into(),
            Kind::Style => "style".into(),
            Kind::Array(_) => "array of texts".into(),
            Kind::ColourArray => "array of colours".into(),
            Kind::Hook => "array of commands".into(),
        };
        if !self.unit.is_empty() {
            text.push_str(", ");
            text.push_str(self.unit);
        }
        text
    }

    /// Whether the option may be set at this level.
    pub fn is_for(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

const TABLES: [&[Row]; 6] = [
    hooks::ROWS,
    own::ROWS,
    pane::ROWS,
    server::ROWS,
    session::ROWS,
    window::ROWS,
];

const COUNT: usize = {
    let mut count = 0;
    let mut table = 0;
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// The tables, each sorted, as one.
static MERGED: [Row; COUNT] = {
    let mut merged = [TABLES[0][0]; COUNT];
    let mut heads = [0; TABLES.len()];
    let mut at = 0;
    while at < COUNT {
        let mut best = TABLES.len();
        let mut table = 0;
        while table < TABLES.len() {
            if heads[table] < TABLES[table].len()
                && (best == TABLES.len()
                    || less(
                        TABLES[table][heads[table]].name,
                        TABLES[best][heads[best]].name,
                    ))
            {
                best = table;
            }
            table += 1;
        }
        merged[at] = TABLES[best][heads[best]];
        heads[best] += 1;
        at += 1;
    }
    merged
};

const fn less(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

/// All options, sorted by name. (Old names such as `message-fg` are not kept.)
pub const ROWS: &[Row] = &MERGED;

/// American spellings that tmux takes.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("clock-mode-color", "clock-mode-colour"),
    ("cursor-color", "cursor-colour"),
    ("display-panes-active-color", "display-panes-active-colour"),
    ("display-panes-color", "display-panes-colour"),
    ("pane-colors", "pane-colours"),
    ("prompt-cursor-color", "prompt-cursor-colour"),
];

fn other_name(name: &str) -> &str {
    OTHER_NAMES
        .iter()
        .find(|(other, _)| *other == name)
        .map_or(name, |(_, name)| name)
}

/// Options that tmux does not have, sorted by name.
pub const OWN: &[Row] = own::ROWS;

/// Places of [`INDEX`]: a power of two, several times the number of rows, so that a name is found at once.
const PLACES: usize = 1024;
/// Where there is no row.
const NONE: u16 = u16::MAX;

/// Rows by their names' hash, the next free place where two meet. Options are looked up by name dozens of times per
/// key, from memory that is cold after a sleep: a binary search touched eight rows for each.
static INDEX: [u16; PLACES] = {
    assert!(COUNT * 2 < PLACES);
    let mut index = [NONE; PLACES];
    let mut at = 0;
    while at < COUNT {
        let mut place = hash(MERGED[at].name);
        while index[place] != NONE {
            place = (place + 1) % PLACES;
        }
        index[place] = at as u16;
        at += 1;
    }
    index
};

/// FNV-1a, folded to a place.
const fn hash(name: &str) -> usize {
    let name = name.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize % PLACES
}

fn exact(name: &str) -> Option<&'static Row> {
    let mut place = hash(name);
    loop {
        let row = MERGED.get(usize::from(INDEX[place]))?;
        if row.name == name {
            return Some(row);
        }
        place = (place + 1) % PLACES;
    }
}

/// The row of exactly this name (or its American spelling).
pub fn row(name: &str) -> Option<&'static Row> {
    exact(name).or_else(|| exact(other_name(name)))
}

/// The row of a name, or of an unambiguous beginning of one; an index in brackets is passed over. Err is tmux's text
/// ("invalid option: X", "ambiguous option: X"). User options (`@name`) have no row and are invalid here.
pub fn find(name: &str) -> Result<&'static Row, String> {
    let invalid = || format!("invalid option: {name}");
    let (begin, _) = super::parse_name(name).ok_or_else(invalid)?;
    let begin = other_name(begin);
    if let Some(row) = row(begin) {
        return Ok(row);
    }
    let mut rows = ROWS.iter().filter(|row| row.name.starts_with(begin));
    let first = rows.next().ok_or_else(invalid)?;
    match rows.next() {
        Some(_) => Err(format!("ambiguous option: {name}")),
        None => Ok(first),
    }
}

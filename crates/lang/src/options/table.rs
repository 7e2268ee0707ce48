//! One row per option (tmux(1), OPTIONS): name, scope, kind, default, unit, text.

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
    /// An array of texts, with the separator that splits a whole value.
    Array(&'static str),
    /// An array of colours (pane-colours).
    ColourArray,
    /// An array of commands: a hook.
    Hook,
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
    /// tmux 3.7c's default as written in a configuration; arrays split by their separator.
    pub default: &'static str,
    /// Unit of a number, or "".
    pub unit: &'static str,
    /// What it does, one sentence for the manual.
    pub text: &'static str,
    /// False for rows that are recognised for completeness of the table but have no effect yet: setting them is
    /// refused as an unknown option until they work.
    pub works: bool,
}

/// All options, sorted by name. (Old names such as `message-fg` are not kept.)
pub const ROWS: &[Row] = &[];

/// The row of a name, or of an unambiguous beginning of one; Err is tmux's text ("invalid option: X",
/// "ambiguous option: X").
#[allow(unused_variables, clippy::todo)]
pub fn find(name: &str) -> Result<&'static Row, String> {
    todo!()
}

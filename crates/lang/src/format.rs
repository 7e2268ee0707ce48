//! Formats: `#{…}` with conditionals, comparisons, modifiers, loops, `#(…)`, `#[…]` passed through, strftime.

use std::borrow::Cow;

/// Which loop a modifier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// `S:`
    Sessions,
    /// `W:`
    Windows,
    /// `P:`
    Panes,
    /// `L:`
    Clients,
}

/// Order of a loop (`S/n:` …), and `/r`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// `i`, `n`, `t` or '\0' for the default.
    pub by: char,
    /// Reversed.
    pub reverse: bool,
}

/// Local time split up, handed in (the core has no clock or zone).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970, UTC.
    pub unix: i64,
    /// Seconds east of UTC in force at `unix`.
    pub offset: i32,
    /// Zone name such as CET; at most 7 bytes are used.
    pub zone: [u8; 8],
}

/// Where a format finds its values.
pub trait Lookup {
    /// A variable or, failing that, an option or environment variable of that name; None expands to nothing.
    fn variable(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Unix seconds of a time variable (`session_created` …) for the `t:` modifier, if `name` is one.
    fn time_variable(&self, name: &str) -> Option<i64>;
    /// One Lookup per element of the loop, with whether it is the current one.
    fn each(&self, what: Loop, order: Order) -> Vec<(Box<dyn Lookup + '_>, bool)>;
    /// `N/w:`, `N/s:` whether a window or session of that name exists.
    fn name_exists(&self, what: Loop, name: &str) -> bool;
    /// `#(command)`: the newest first line of output, starting the job if there is none.
    fn job(&self, command: &str) -> String;
    /// `C:` search in the pane's text: line number from 1, or 0. Flags: regex, ignore case.
    fn search(&self, pattern: &str, regex: bool, ignore_case: bool) -> u32;
    /// Now.
    fn now(&self) -> Time;
    /// Local time of `unix` (offset and zone in force then).
    fn local(&self, unix: i64) -> Time;
}

/// Expands `template`. strftime conversions (`%H:%M`) are expanded when `time` (status line, display-message).
/// Nesting is bounded (100) and so is the result (1 MiB).
#[allow(unused_variables, clippy::todo)]
pub fn expand(template: &str, lookup: &dyn Lookup, time: bool) -> String {
    todo!()
}

/// Whether an expanded text is true: not empty and not "0".
pub fn is_true(text: &str) -> bool {
    !text.is_empty() && text != "0"
}

//! Formats: `#{…}` with conditionals, comparisons, modifiers, loops, `#(…)`, `#[…]` passed through, strftime.
//!
//! Source: tmux(1), FORMATS. `parse` finds the ends of things, `modifier` reads `m/r;=5:`, `expand` puts values
//! together, `value` is what becomes of one variable; `arithmetic`, `regex`, `time` and `width` are what their
//! modifiers need.
//!
//! Departures: tmux stops a format that takes longer than 100 ms, we one that takes more than a fixed amount of work
//! (so that the same input always gives the same output); regular expressions take the first alternative that
//! matches, not the longest; names of days and months are English.

mod arithmetic;
mod expand;
mod modifier;
mod parse;
mod plan;
mod regex;
mod time;
mod value;
mod width;

use std::borrow::Cow;

pub use regex::matches as regex_matches;
pub use time::{pretty, strftime};
pub use width::{trim_left, trim_right, width};

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

/// Deepest nesting; what is deeper expands to nothing.
pub const MAX_DEPTH: usize = 100;

/// Longest result of an expansion in bytes; more is cut.
pub const MAX_RESULT_LEN: usize = 1 << 20;

/// Expands `template`. strftime conversions (`%H:%M`) are expanded when `time` (status line, display-message).
/// Nesting is bounded (100) and so is the result (1 MiB).
pub fn expand(template: &str, lookup: &dyn Lookup, time: bool) -> String {
    expand::expand(template, lookup, time, None)
}

/// The same, with a line for each step (`display-message -v`).
pub fn expand_told(template: &str, lookup: &dyn Lookup, time: bool) -> (String, Vec<String>) {
    let told = std::cell::RefCell::default();
    let text = expand::expand(template, lookup, time, Some(&told));
    (text, told.into_inner())
}

/// Whether an expanded text is true: not empty and not "0".
pub fn is_true(text: &str) -> bool {
    !text.is_empty() && text != "0"
}

#[cfg(test)]
mod tests;

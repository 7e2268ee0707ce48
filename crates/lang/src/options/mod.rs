//! Options: the table of all that there are, and sets of values that inherit from a parent set.
//!
//! Source: tmux(1), OPTIONS and HOOKS. [`table`] has a row per option, [`tree`] the values set at one level and the
//! look-up along levels, [`show`] what `show-options` prints.

pub mod show;
pub mod table;
pub mod tree;
pub mod value;

pub use show::{Show, show, show_with};
pub use table::{Kind, OWN, ROWS, Row, Scope, find, row};
pub use tree::{Chain, Options, flag, lookup, number, text};
pub use value::Value;

/// `name[3]` as name and index. None for an empty name or anything else in brackets.
pub fn parse_name(text: &str) -> Option<(&str, Option<u32>)> {
    if text.is_empty() {
        return None;
    }
    let Some((name, index)) = text.split_once('[') else {
        return Some((text, None));
    };
    let digits = index.strip_suffix(']')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let index: u32 = digits.parse().ok()?;
    (index <= i32::MAX as u32).then_some((name, Some(index)))
}

#[cfg(test)]
mod tests;

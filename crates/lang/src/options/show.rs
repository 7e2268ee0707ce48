//! What `show-options` prints.

use super::table::{Kind, row};
use super::tree::{choice, on_or_off};
use super::value::Value;
use crate::parse::quote;

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// -v: no name, nothing quoted.
    pub value_only: bool,
    /// The value comes from a parent (-A): the name gets a `*`.
    pub inherited: bool,
    /// One element of an array.
    pub index: Option<u32>,
}

/// The lines `show-options` prints for one option (arrays: one line per index), quoted as tmux does;
/// `value_only` is -v.
pub fn show(name: &str, value: &Value, value_only: bool) -> Vec<String> {
    show_with(
        name,
        value,
        Show {
            value_only,
            ..Show::default()
        },
    )
}

/// [`show`] with all its flags.
pub fn show_with(name: &str, value: &Value, how: Show) -> Vec<String> {
    let kind = row(name).map_or(Kind::Text, |row| row.kind);
    let star = if how.inherited { "*" } else { "" };
    let line = |label: &str, text: &str| {
        if how.value_only {
            text.to_string()
        } else if kind.is_quoted() {
            format!("{label}{star} {}", quote(text))
        } else {
            format!("{label}{star} {text}")
        }
    };
    match (value, kind, how.index) {
        (Value::Array(array), _, Some(index)) => {
            let text = array.get(&index).map_or("", String::as_str);
            vec![line(&format!("{name}[{index}]"), text)]
        }
        (Value::Array(array), ..) if array.is_empty() => {
            if how.value_only {
                Vec::new()
            } else {
                vec![format!("{name}{star}")]
            }
        }
        (Value::Array(array), ..) => array
            .iter()
            .map(|(index, text)| line(&format!("{name}[{index}]"), text))
            .collect(),
        (Value::Number(number), Kind::Flag, _) => vec![line(name, on_or_off(*number))],
        (Value::Number(number), Kind::Choice(words), _) => vec![line(name, choice(words, *number))],
        (Value::Number(number), ..) => vec![line(name, &number.to_string())],
        (Value::Text(text), ..) => vec![line(name, text)],
    }
}

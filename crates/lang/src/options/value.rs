//! Values of options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::{Kind, Row};
use super::tree::pieces;

/// A value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text, style, command, colour and key kinds: as written after checking, but keys and colours by the name that
    /// tmux shows (`^a` is `C-a`, `Red` is `red`).
    Text(String),
    /// Number; Flag as 0 or 1; Choice as its index.
    Number(i64),
    /// Array kinds.
    Array(BTreeMap<u32, String>),
}

/// The table's default of a number, flag or choice; None for other kinds.
pub fn default_number(row: &Row) -> Option<i64> {
    Some(match row.kind {
        Kind::Number(..) => row.default.parse().unwrap_or(0),
        Kind::Flag => i64::from(row.default == "on"),
        Kind::Choice(words) => words
            .iter()
            .position(|word| *word == row.default)
            .unwrap_or(0) as i64,
        _ => return None,
    })
}

/// The table's default of an option.
pub fn default_value(row: &Row) -> Value {
    if let Some(number) = default_number(row) {
        return Value::Number(number);
    }
    match row.kind {
        Kind::Array(_) if row.default.contains('\u{1f}') => number_all(row.default.split('\u{1f}')),
        kind if kind.is_array() => number_all(pieces(kind, row.default).into_iter()),
        _ => Value::Text(row.default.to_string()),
    }
}

fn number_all<'a>(pieces: impl Iterator<Item = &'a str>) -> Value {
    Value::Array((0..).zip(pieces.map(str::to_string)).collect())
}

//! A set of options with values of its own; what it lacks is looked up in a parent by the caller's chain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::{Kind, Row, row};
use super::value::{Value, default_number, default_value};
use crate::parse::{NoContext, parse_text};
use crate::{args, colour, glob, key, style};

/// Values set at one level (server, global session, a session, global window, a window, a pane).
/// User options (`@name`) are always text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Name to value; only what is set here.
    pub values: BTreeMap<String, Value>,
    /// A session's, window's or pane's own set, as opposed to a global one. Only `set -a` and a single index see the
    /// difference: where nothing is set yet, a global set begins with the table's default, a local one with nothing.
    #[serde(default)]
    pub local: bool,
}

/// A chain of sets, innermost first, ending at the defaults of the table.
pub type Chain<'a> = &'a [&'a Options];

impl Options {
    /// The set of a session, window or pane.
    pub fn local() -> Options {
        Options {
            values: BTreeMap::new(),
            local: true,
        }
    }

    /// Checks `text` against the row and sets it; `append` is set -a. Err is tmux's text ("bad colour: X",
    /// "value is too large: X", "unknown value: X" …). An empty text toggles a flag as this set and the table have
    /// it; see [`toggled`] for the value in force. That a default-shell can be run is the caller's to check.
    pub fn set(
        &mut self,
        row: &Row,
        index: Option<u32>,
        text: &str,
        append: bool,
    ) -> Result<(), String> {
        if row.kind.is_array() {
            return self.set_array(row, index, text, append);
        }
        if index.is_some() {
            return Err(format!("not an array: {}", row.name));
        }
        let value = match row.kind {
            Kind::Text | Kind::Style => {
                let joined = match self.own(row) {
                    Some(Value::Text(old)) if append => {
                        let separator = if row.kind == Kind::Style { "," } else { "" };
                        format!("{old}{separator}{text}")
                    }
                    _ => text.to_string(),
                };
                check_text(row, &joined)?;
                Value::Text(joined)
            }
            Kind::Number(least, most) => {
                let number = match row.unit {
                    "bytes" => args::bytes(text, least..=most),
                    _ => args::number(text, least..=most),
                };
                Value::Number(number.map_err(|error| format!("value is {error}: {text}"))?)
            }
            Kind::Key => {
                let key = key::parse(text).ok_or_else(|| format!("bad key: {text}"))?;
                Value::Text(key::name(key))
            }
            Kind::Colour => Value::Text(canonical_colour(text)?),
            Kind::Flag => Value::Number(match text.to_ascii_lowercase().as_str() {
                "1" | "on" | "yes" => 1,
                "0" | "off" | "no" => 0,
                "" => i64::from(self.own_or_default(row) != Value::Number(1)),
                _ => return Err(format!("bad value: {text}")),
            }),
            Kind::Choice(words) => match words.iter().position(|word| *word == text) {
                Some(at) => Value::Number(at as i64),
                None => return Err(format!("unknown value: {text}")),
            },
            Kind::Command => {
                check_command(text)?;
                Value::Text(text.to_string())
            }
            Kind::Array(_) | Kind::ColourArray | Kind::Hook => {
                return Err("wrong array type".to_string());
            }
        };
        self.values.insert(row.name.to_string(), value);
        Ok(())
    }

    fn set_array(
        &mut self,
        row: &Row,
        index: Option<u32>,
        text: &str,
        append: bool,
    ) -> Result<(), String> {
        let mut array = match self.own(row) {
            Some(Value::Array(array)) if append || index.is_some() => array,
            _ => BTreeMap::new(),
        };
        let checked = |text: &str| match row.kind {
            Kind::ColourArray => canonical_colour(text),
            Kind::Hook => check_command(text).map(|()| text.to_string()),
            _ => Ok(text.to_string()),
        };
        match index {
            Some(index) => {
                let value = checked(text)?;
                let old = array
                    .remove(&index)
                    .filter(|_| append && matches!(row.kind, Kind::Array(_)));
                array.insert(index, old.unwrap_or_default() + &value);
            }
            None => {
                for piece in pieces(row.kind, text) {
                    let value = checked(piece)?;
                    array.insert(free_index(&array), value);
                }
            }
        }
        self.values
            .insert(row.name.to_string(), Value::Array(array));
        Ok(())
    }

    /// What an addition is added to.
    fn own(&self, row: &Row) -> Option<Value> {
        self.values
            .get(row.name)
            .cloned()
            .or_else(|| (!self.local).then(|| default_value(row)))
    }

    fn own_or_default(&self, row: &Row) -> Value {
        self.values
            .get(row.name)
            .cloned()
            .unwrap_or_else(|| default_value(row))
    }

    /// Sets a user option.
    pub fn set_user(&mut self, name: &str, text: &str, append: bool) {
        match self.values.get_mut(name) {
            Some(Value::Text(old)) if append => old.push_str(text),
            _ => {
                self.values
                    .insert(name.to_string(), Value::Text(text.to_string()));
            }
        }
    }

    /// set -u: removes the value here. True if there was one. An index of an array that a global set has from the
    /// table is removed too.
    pub fn unset(&mut self, name: &str, index: Option<u32>) -> bool {
        let Some(index) = index else {
            return self.values.remove(name).is_some();
        };
        let value = self.values.get(name).cloned().or_else(|| {
            let row = row(name).filter(|_| !self.local)?;
            Some(default_value(row))
        });
        let Some(Value::Array(mut array)) = value else {
            return false;
        };
        let removed = array.remove(&index).is_some();
        if removed {
            self.values.insert(name.to_string(), Value::Array(array));
        }
        removed
    }

    /// Whether the option, or the index of it, is set here (set -o; a global set has all of the table).
    pub fn has(&self, name: &str, index: Option<u32>) -> bool {
        let value = match (self.values.get(name), row(name)) {
            (Some(value), _) => value.clone(),
            (None, Some(row)) if !self.local => default_value(row),
            _ => return false,
        };
        match (index, value) {
            (None, _) => true,
            (Some(index), Value::Array(array)) => array.contains_key(&index),
            (Some(_), _) => false,
        }
    }
}

fn check_text(row: &Row, text: &str) -> Result<(), String> {
    match row.name {
        "default-size" if !glob::matches("[0-9]*x[0-9]*", text, false) => {
            Err(format!("value is invalid: {text}"))
        }
        "default-shell" if !text.starts_with('/') => Err(format!("not a suitable shell: {text}")),
        _ if row.kind == Kind::Style && !text.contains("#{") => {
            style::parse(text, &style::StyleSpec::default(), &Default::default()).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// The syntax only: environment and aliases are for when the command runs.
fn check_command(text: &str) -> Result<(), String> {
    parse_text(text, None, &mut NoContext)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn canonical_colour(text: &str) -> Result<String, String> {
    colour::canonical(text).ok_or_else(|| format!("bad colour: {text}"))
}

/// A whole value cut into the elements of an array.
pub(super) fn pieces(kind: Kind, text: &str) -> Vec<&str> {
    let separators = match kind {
        Kind::Array(separators) => separators,
        Kind::ColourArray => " ,",
        _ => "",
    };
    if separators.is_empty() {
        return Some(text)
            .filter(|text| !text.is_empty())
            .into_iter()
            .collect();
    }
    text.split(|c| separators.contains(c))
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn free_index(array: &BTreeMap<u32, String>) -> u32 {
    array
        .keys()
        .zip(0..)
        .find(|(index, at)| *index != at)
        .map_or(array.len() as u32, |(_, at)| at)
}

/// The row of a name, if it has one, and the first value in the chain.
fn find_set<'a>(chain: Chain<'a>, name: &str) -> (Option<&'static Row>, Option<&'a Value>) {
    let row = row(name);
    let name = row.map_or(name, |row| row.name);
    let set = chain.iter().find_map(|options| options.values.get(name));
    (row, set)
}

/// The value in force: the first in the chain that has one, else the table's default. None for an unknown name.
pub fn lookup(chain: Chain<'_>, name: &str) -> Option<Value> {
    let (row, set) = find_set(chain, name);
    set.cloned().or_else(|| row.map(default_value))
}

/// The value that is set in the chain; None: there is only the table's default, or not even that.
pub fn set_value<'a>(chain: Chain<'a>, name: &str) -> Option<&'a Value> {
    find_set(chain, name).1
}

/// Text of the value in force, as formats see it: flags are 1 or 0, choices their words, arrays joined by blanks,
/// `name[1]` one element. None for an unknown name.
pub fn format_text(chain: Chain<'_>, name: &str) -> Option<String> {
    let (name, index) = super::parse_name(name)?;
    let value = lookup(chain, name)?;
    Some(match (row(name).map(|row| row.kind), value) {
        (Some(Kind::Choice(words)), Value::Number(at)) => choice(words, at).to_string(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Text(text)) => text,
        (_, Value::Array(mut array)) => match index {
            Some(index) => array.remove(&index).unwrap_or_default(),
            None => array.into_values().collect::<Vec<_>>().join(" "),
        },
    })
}

/// Text of the value in force; "" for an unknown name. Flags are `on` or `off`.
pub fn text(chain: Chain<'_>, name: &str) -> String {
    let (row, set) = find_set(chain, name);
    // The common case, without a walk through the value's other forms.
    if let (Some(row), None) = (row, set)
        && matches!(
            row.kind,
            Kind::Text | Kind::Key | Kind::Colour | Kind::Command | Kind::Style
        )
    {
        return row.default.to_string();
    }
    match (row.map(|row| row.kind), lookup(chain, name)) {
        (Some(Kind::Flag), Some(Value::Number(number))) => on_or_off(number).to_string(),
        _ => format_text(chain, name).unwrap_or_default(),
    }
}

/// Number, flag or choice in force; 0 for an unknown name.
pub fn number(chain: Chain<'_>, name: &str) -> i64 {
    match find_set(chain, name) {
        (_, Some(Value::Number(number))) => *number,
        (_, Some(_)) => 0,
        (row, None) => row.and_then(default_number).unwrap_or(0),
    }
}

/// Flag in force.
pub fn flag(chain: Chain<'_>, name: &str) -> bool {
    number(chain, name) != 0
}

/// Elements of an array in force, in order of their indices.
pub fn array(chain: Chain<'_>, name: &str) -> Vec<(u32, String)> {
    match lookup(chain, name) {
        Some(Value::Array(array)) => array.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What `set NAME` without a value sets: the other value of a flag, or of a choice that is at its first or second
/// word. None for other kinds, which must have a value ("empty value").
pub fn toggled(chain: Chain<'_>, row: &Row) -> Option<&'static str> {
    let now = number(chain, row.name);
    match row.kind {
        Kind::Flag => Some(on_or_off(i64::from(now == 0))),
        Kind::Choice(words) => Some(choice(
            words,
            if now < 2 { i64::from(now == 0) } else { now },
        )),
        _ => None,
    }
}

pub(super) fn on_or_off(number: i64) -> &'static str {
    if number != 0 { "on" } else { "off" }
}

pub(super) fn choice(words: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at)
        .ok()
        .and_then(|at| words.get(at))
        .copied()
        .unwrap_or("")
}

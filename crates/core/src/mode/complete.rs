//! What Tab does in a command prompt: the longest beginning that the possible words share.

use outlast_lang::options;

use super::prompt::Prompt;
use crate::Core;
use crate::model::layout::presets;

/// What characters `start..end` of the line become.
pub fn complete(core: &Core, prompt: &Prompt) -> Option<(usize, usize, String)> {
    if prompt.kind != "command" {
        return None;
    }
    let input = &prompt.input;
    let at = prompt.cursor.min(input.len());
    let start = input[..at]
        .iter()
        .rposition(|c| *c == ' ')
        .map_or(0, |at| at + 1);
    let end = input[at..]
        .iter()
        .position(|c| *c == ' ')
        .map_or(input.len(), |n| at + n);
    let word: String = input[start..end].iter().collect();
    if word.is_empty() {
        return None;
    }
    let mut found: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !name.is_empty() && name.starts_with(&word) && !found.iter().any(|known| known == name) {
            found.push(name.to_string());
        }
    };
    for row in crate::commands::ROWS {
        add(row.name);
        add(row.alias);
    }
    for alias in core.server_chain().array("command-alias") {
        if let Some((name, _)) = alias.split_once('=') {
            add(name);
        }
    }
    if start != 0 {
        options::ROWS.iter().for_each(|row| add(row.name));
        presets::NAMES.iter().for_each(|name| add(name));
    }
    let first = found.first()?.clone();
    let shared = found.iter().fold(first.len(), |length, name| {
        let same = first
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        length.min(same)
    });
    let mut text = first.get(..shared)?.to_string();
    if found.len() == 1 {
        text.push(' ');
    }
    (text != word).then_some((start, end, text))
}

//! A person's words for an agent: which of them a resumed conversation is given again, and which are none for us to pass on.

use super::{Hooks, Recipe};

/// What takes the words of a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// One word.
    One,
    /// One word, if one that is no flag follows.
    Perhaps,
    /// All words up to the next flag.
    Many,
    /// The conversation to resume.
    Id,
}

pub(super) fn find(table: &str, flag: &str) -> Option<Takes> {
    table.split_whitespace().find_map(|row| {
        let (name, takes) = match row.split_once('=') {
            None => (row, Takes::Nothing),
            Some((name, "")) => (name, Takes::One),
            Some((name, "?")) => (name, Takes::Perhaps),
            Some((name, "id")) => (name, Takes::Id),
            Some((name, _)) => (name, Takes::Many),
        };
        (name == flag).then_some(takes)
    })
}

/// What a person's words for an agent are, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Words that a resumed conversation is given as well.
    pub kept: Vec<String>,
    /// Flags that are not in the table: the first start has them, no later one.
    pub unknown: Vec<String>,
    /// The conversation that is asked for.
    pub id: Option<String>,
    /// Values of `--settings`.
    pub settings: Vec<String>,
}

/// Reads a person's words for an agent. Err is a line for the person.
pub fn given(recipe: &Recipe, args: &[String]) -> Result<Given, String> {
    let (mut given, title) = (Given::default(), recipe.title);
    let mut at = 0;
    while let Some(word) = args.get(at) {
        at += 1;
        if word == "--" {
            break;
        }
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (word.as_str(), None),
        };
        let first = at == 1;
        if !flag.starts_with('-') && !first {
            continue;
        }
        if find(recipe.batch, flag).is_some() {
            return Err(format!(
                "{title} has no terminal of its own with {flag}, so there is nothing to come back to: outlast run -- {} {}",
                recipe.name,
                args.join(" ")
            ));
        }
        if let Some(takes) = find(recipe.chooses, flag) {
            let next = args.get(at).filter(|next| !next.starts_with('-'));
            let value = joined.map(str::to_string).or_else(|| next.cloned());
            match value {
                Some(id) if takes == Takes::Id => {
                    given.id = Some(id);
                    at += usize::from(joined.is_none());
                    continue;
                }
                _ => {
                    return Err(format!(
                        "{flag} lets {title} choose the conversation, and it may be another's: outlast resume lists them, \
                         outlast resume ID goes on with one"
                    ));
                }
            }
        }
        if !flag.starts_with('-') {
            continue;
        }
        // A prompt is said once.
        if recipe.prompt.split_whitespace().next() == Some(flag) {
            at += usize::from(joined.is_none());
            continue;
        }
        let Some(takes) = find(recipe.keeps, flag) else {
            given.unknown.push(flag.to_string());
            continue;
        };
        let from = at - 1;
        match (takes, joined) {
            (Takes::One, None) => at += 1,
            (Takes::Many, None) => {
                while args.get(at).is_some_and(|next| !next.starts_with('-')) {
                    at += 1;
                }
            }
            _ => {}
        }
        at = at.min(args.len());
        if flag == "--settings" && recipe.hooks == Hooks::Settings {
            let value = joined
                .map(str::to_string)
                .or_else(|| args.get(at - 1).cloned());
            given.settings.extend(value);
            continue;
        }
        given.kept.extend_from_slice(&args[from..at]);
    }
    Ok(given)
}

/// A person's words without `--settings`, which are put together with ours.
pub fn without_settings(args: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            out.push(word.clone());
            out.extend(words.cloned());
            break;
        }
        match word.as_str() {
            "--settings" => drop(words.next()),
            joined if joined.starts_with("--settings=") => {}
            _ => out.push(word.clone()),
        }
    }
    out
}

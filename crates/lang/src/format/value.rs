//! The value of one variable, and what `t`, `b`, `d` and `q` make of it.

use super::Lookup;
use super::time::{pretty, strftime};
use crate::args::number;

/// Modifiers that change the value of a variable where it is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// `t`: a time, as text.
    pub time: bool,
    /// `t/p`.
    pub pretty: bool,
    /// `t/f/…`.
    pub time_format: Option<String>,
    pub basename: bool,
    pub dirname: bool,
    /// `q`.
    pub shell: bool,
    /// `q/e`, `q/h`.
    pub style: bool,
    /// `q/a`.
    pub arguments: bool,
}

/// How ctime(3) prints a time.
const CTIME: &str = "%a %b %e %H:%M:%S %Y";

/// Longest result of a time's own format; a longer one is nothing, as in tmux.
const MAX_TIME_LEN: usize = 511;

/// Characters that `q` escapes for a shell.
const SHELL: &str = "|&;<>()$`\\\"'*?[# =%";

/// The value of a variable; None if there is none of that name.
pub(super) fn find(lookup: &dyn Lookup, name: &str, changes: &Changes) -> Option<String> {
    if changes.time {
        let unix = lookup
            .time_variable(name)
            .or_else(|| number(&lookup.variable(name)?, 0..=i64::MAX).ok())
            .filter(|unix| *unix != 0)?;
        let time = lookup.local(unix);
        return Some(match &changes.time_format {
            _ if changes.pretty => pretty(&time, &lookup.now(), false),
            Some(format) => Some(strftime(format, &time))
                .filter(|text| text.len() <= MAX_TIME_LEN)
                .unwrap_or_default(),
            None => strftime(CTIME, &time),
        });
    }
    let mut value = match lookup.variable(name) {
        Some(value) => value.into_owned(),
        None => lookup.time_variable(name)?.to_string(),
    };
    if changes.basename {
        value = basename(&value).to_string();
    }
    if changes.dirname {
        value = dirname(&value).to_string();
    }
    if changes.shell {
        value = escape(&value, '\\', SHELL);
    }
    if changes.style {
        value = escape(&value, '#', "#");
    }
    if changes.arguments {
        value = crate::parse::quote(&value);
    }
    Some(value)
}

fn escape(text: &str, escape: char, special: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(c) {
            out.push(escape);
        }
        out.push(c);
    }
    out
}

/// basename(3).
fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// dirname(3).
fn dirname(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    match trimmed.rfind('/') {
        None => ".",
        Some(at) => match trimmed[..at].trim_end_matches('/') {
            "" => "/",
            directory => directory,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_directories() {
        for (path, base, directory) in [
            ("/a/b", "b", "/a"),
            ("/a/b/", "b", "/a"),
            ("a", "a", "."),
            ("/a", "a", "/"),
            ("//a", "a", "/"),
            ("/", "/", "/"),
            ("", ".", "."),
            ("a//b", "b", "a"),
            ("é/ü", "ü", "é"),
        ] {
            assert_eq!((basename(path), dirname(path)), (base, directory), "{path}");
        }
    }
}

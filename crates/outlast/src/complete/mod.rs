//! Completion for shells. The scripts ([`print_script`]) only hand the words over and show what comes back; what fits
//! is found here, from the tables of commands and options and, for names of what lives, from the running server.
//!
//! `outlast __complete SHELL WORD… CURRENT` prints a line for each: the word, a tab, what it is. `:files` and `:dirs` ask
//! the shell to complete names of files itself.

mod find;
mod live;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::flags::Flags;

/// The scripts.
const SCRIPTS: [(&str, &str); 3] = [
    ("bash", include_str!("outlast.bash")),
    ("zsh", include_str!("outlast.zsh")),
    ("fish", include_str!("outlast.fish")),
];

/// The verb: `completions SHELL`.
pub fn print_script(_: &Flags, words: &[String]) -> ExitCode {
    let script = match words {
        [shell] => SCRIPTS.iter().find(|(name, _)| name == shell),
        _ => None,
    };
    let Some((_, script)) = script else {
        eprintln!(
            "usage: outlast completions bash|zsh|fish\noutlast help completions says where it goes"
        );
        return ExitCode::FAILURE;
    };
    // Who reads may have gone.
    let _ = std::io::stdout().write_all(script.as_bytes());
    ExitCode::SUCCESS
}

/// The hidden verb. It never fails and never says anything on stderr: it would be in the middle of somebody's line.
pub fn run(words: Vec<OsString>) -> ExitCode {
    let mut words: Vec<String> = words
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if words.len() < 2 {
        return ExitCode::SUCCESS;
    }
    let shell = words.remove(0);
    if shell == "bash" {
        // It hands words over as they were typed.
        words.iter_mut().for_each(|word| *word = unquoted(word));
    }
    let current = words.pop().unwrap_or_default();
    let mut out = String::new();
    for fit in find::all(&words, &current, &mut live::Server) {
        // A name is somebody's text; a line is ours.
        let clean = |text: &str| text.replace(['\n', '\t', '\r'], " ");
        out.push_str(&format!("{}\t{}\n", clean(&fit.word), clean(&fit.about)));
    }
    let _ = std::io::stdout().write_all(out.as_bytes());
    ExitCode::SUCCESS
}

/// A word of a command line without its quotes and backslashes. An unfinished quote ends with the word.
fn unquoted(word: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut letters = word.chars();
    while let Some(c) = letters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => out.extend(letters.next()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(q)) if c == q => quote = None,
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off() {
        for (typed, meant) in [
            ("cc", "cc"),
            ("'a b'", "a b"),
            ("a\\ b", "a b"),
            ("\"it's", "it's"),
            ("'a\\b'", "a\\b"),
        ] {
            assert_eq!(unquoted(typed), meant);
        }
    }
}

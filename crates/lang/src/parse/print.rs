//! Commands to text.

use super::{Argument, Command, CommandList};
use crate::args::{Args, Spec};

/// Prints commands so that they parse to the same again, as `list-keys` does. `;;` stands between groups.
pub fn print(list: &CommandList) -> String {
    print_known(list, &|_| None)
}

/// Prints as [`print`] does, but with the full name and the flags sorted and gathered (`-dh -t x`) for every command
/// that `known` finds, which is how tmux lists them.
pub fn print_known(
    list: &CommandList,
    known: &dyn Fn(&str) -> Option<(&'static str, Spec)>,
) -> String {
    let mut out = String::new();
    let mut last = None;
    for (group, command) in &list.commands {
        match last {
            None => {}
            Some(last) if last == group => out.push_str(" ; "),
            Some(_) => out.push_str(" ;; "),
        }
        last = Some(group);
        print_command(command, known, &mut out);
    }
    out
}

fn print_command(
    command: &Command,
    known: &dyn Fn(&str) -> Option<(&'static str, Spec)>,
    out: &mut String,
) {
    let block = |list: &CommandList| print_known(list, known);
    if let Some((name, spec)) = known(&command.name)
        && let Ok(args) = Args::parse(&spec, command)
    {
        out.push_str(name);
        let words = args.print_with(&spec, &block);
        if !words.is_empty() {
            out.push(' ');
            out.push_str(&words);
        }
        return;
    }
    out.push_str(&quote(&command.name));
    for word in &command.args {
        out.push(' ');
        print_word(word, &block, out);
    }
}

/// One word, quoted; a block in its braces.
pub(crate) fn print_word(
    word: &Argument,
    block: &dyn Fn(&CommandList) -> String,
    out: &mut String,
) {
    match word {
        Argument::Text(text) => out.push_str(&quote(text)),
        Argument::Block(list) => {
            out.push_str("{ ");
            out.push_str(&block(list));
            out.push_str(" }");
        }
    }
}

/// Characters that need double quotes, and those for which single quotes do.
const DOUBLE: &str = " #';${}%";
const SINGLE: char = '"';

/// Escapes a word as tmux does in listings, so that it is read back as the same word.
///
/// One departure: tmux also doubles backslashes inside single quotes, which are then read back doubled; words with
/// both a double quote and something to escape get double quotes here.
pub fn quote(text: &str) -> String {
    if text.is_empty() {
        return "''".to_string();
    }
    let double = text.contains(|c| DOUBLE.contains(c));
    let single = !double && text.contains(SINGLE);
    if text.len() == 1 && text != " " && (double || single || text == "~") {
        return format!("\\{text}");
    }
    if single && !text.contains(|c: char| c == '\\' || is_hidden(c)) {
        return format!("'{text}'");
    }
    let double = double || single;
    let mut out = String::with_capacity(text.len() + 2);
    if double {
        out.push('"');
    }
    if text.starts_with('~') {
        out.push('\\');
    }
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '$' if double => {
                let next = characters.peek().copied();
                if next.is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '{') {
                    out.push('\\');
                }
                out.push('$');
            }
            '"' if double => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            c if is_hidden(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => out.push(c),
        }
    }
    if double {
        out.push('"');
    }
    out
}

/// Control characters, C0, DEL and C1.
fn is_hidden(c: char) -> bool {
    c.is_control()
}

//! Commands, options, format variables, keys.

use std::fmt::Write;

use outlast_core::commands;
use outlast_lang::options::{self, Kind, Row};

use super::{code, plain, table};

pub(super) fn commands() -> String {
    let mut out = String::from(
        "A command may be called by its name, its alias or any beginning that only one name has. What a flag means is what \
         tmux(1) says. A flag of tmux that is not there yet is refused as an unknown one; the last column lists those.\n\n",
    );
    let rows = commands::ROWS.iter().map(|row| {
        [
            code(row.name),
            code(row.alias),
            plain(row.help),
            code(row.usage),
            missing(row.usage, row.spec.flags),
        ]
    });
    out += &table(
        ["command", "alias", "what it does", "usage", "not yet"],
        rows,
    )
    .replace("|  |\n", "| - |\n");
    out += "\nCommands of our own: by their whole names, in bindings, hooks and control mode too; `list-commands` has only tmux's.\n\n";
    let own = commands::OWN.iter().map(|row| {
        let usage = match row.usage {
            "" => "takes nothing".to_string(),
            usage => code(usage),
        };
        [code(row.name), plain(row.help), usage]
    });
    out += &table(["command", "what it does", "usage"], own);
    out
}

/// Flags that the usage names and the command does not take.
fn missing(usage: &str, taken: &str) -> String {
    let mut found = Vec::new();
    for group in usage.split('[').skip(1) {
        let Some(flags) = group.strip_prefix('-') else {
            continue;
        };
        let flags = flags.split([' ', ']']).next().unwrap_or_default();
        for flag in flags.chars().filter(char::is_ascii_alphanumeric) {
            if !taken.contains(flag) {
                found.push(format!("`-{flag}`"));
            }
        }
    }
    found.join(" ")
}

pub(super) fn options() -> String {
    let (hooks, settings): (Vec<&Row>, Vec<&Row>) =
        options::ROWS.iter().partition(|row| row.kind == Kind::Hook);
    let mut out = String::from(
        "Where an option lives: *server* (`set -s`), *session* (`set`, for all `set -g`), *window* (`set -w`), *pane* \
         (`set -p`; a pane has what its window has until it has its own). User options begin with `@` and hold any text.\n\n",
    );
    let heads = ["option", "scope", "type", "default", "meaning"];
    let cells = |row: &Row| {
        [
            code(row.name),
            row.level().to_string(),
            row.takes(),
            code(&row.default.replace('\u{1f}', "␟").replace('\n', "␤")),
            plain(row.text),
        ]
    };
    out += &table(heads, settings.iter().copied().map(cells));
    out += "\n## Hooks\n\nA hook is an array of commands that run when something has happened.\n\n";
    let hook = |row: &Row| [code(row.name), row.level().to_string(), plain(row.text)];
    let hook_heads = ["hook", "scope", "when"];
    out += &table(hook_heads, hooks.iter().copied().map(hook));
    out
}

pub(super) fn formats() -> String {
    let mut out = String::from(
        "What `#{name}` gives. A name that is none of these is an option, then a variable of the environment, then nothing. \
         Times are seconds since 1970 unless `#{t:name}` spells them out.\n\n",
    );
    let rows = outlast_core::formats::help();
    out += &table(
        ["variable", "what it is"],
        rows.iter().map(|(name, help)| [code(name), plain(help)]),
    );
    out
}

pub(super) fn keys() -> String {
    let mut out = String::from(
        "The keys as they are without a configuration. Table *prefix*: after the prefix key (`C-b`); *root*: at any time; \
         *copy-mode* and *copy-mode-vi*: in copy mode, by the option `mode-keys`. A key marked with + may be pressed again \
         without the prefix.\n",
    );
    let mut table_now = String::new();
    let mut rows: Vec<[String; 3]> = Vec::new();
    let flush = |out: &mut String, name: &str, rows: &mut Vec<[String; 3]>| {
        if !rows.is_empty() {
            let _ = write!(out, "\n## Table {name}\n\n");
            *out += &table(["key", "what for", "command"], rows.drain(..));
        }
    };
    for key in commands::default_keys() {
        if key.table != table_now {
            flush(&mut out, &table_now, &mut rows);
            table_now = key.table;
        }
        let again = if key.again { " +" } else { "" };
        rows.push([
            format!("{}{again}", code(&key.key)),
            key.note.map_or("-".into(), |note| plain(&note)),
            code(&key.command),
        ]);
    }
    flush(&mut out, &table_now, &mut rows);
    out
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn flags_that_are_not_taken_are_named() {
        assert_eq!(
            missing("[-aC] [-b buffer] [-S|-U] word", "ab:S"),
            "`-C` `-U`"
        );
    }
}

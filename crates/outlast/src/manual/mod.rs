//! The manual: one page for man(1), written from the tables of the program, and `outlast help`, which looks a name up in
//! the same tables.

pub mod help;
mod roff;

use std::io::{IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};

use outlast_core::commands;
use outlast_lang::options::{self, Kind};

use crate::flags::{self, Flags};
use crate::verbs::VERBS;
use roff::Roff;

/// Files that a person may meet, and what they are.
const FILES: &[(&str, &str)] = &[
    (
        "~/.tmux.conf, $XDG_CONFIG_HOME/tmux/tmux.conf, ~/.config/tmux/tmux.conf",
        "The configuration, tmux's own: the first of these that is there, after /etc/tmux.conf.",
    ),
    (
        "${TMUX_TMPDIR:-/tmp}/outlast-UID/",
        "The sockets of servers, one for each name (-L); \"default\" without one.",
    ),
    (
        "${XDG_STATE_HOME:-~/.local/state}/outlast/NAME/",
        "What is kept for the time after a reboot, readable by its owner alone.",
    ),
];

/// Variables of the environment.
const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "TMUX",
        "Set in panes: the socket, the server's process, the session. Names the server to talk to when no flag does.",
    ),
    ("TMUX_PANE", "Set in panes: the pane's id."),
    ("TMUX_TMPDIR", "Where the directory of sockets is."),
    (
        "OUTLAST_STATE",
        "\"off\" when the server is started: nothing is kept on disk.",
    ),
];

/// The verb: shown on a terminal, else written.
pub fn run(_: &Flags, words: &[String]) -> ExitCode {
    if !words.is_empty() {
        eprintln!("usage: outlast man\nthe page of one command or option: outlast help NAME");
        return ExitCode::FAILURE;
    }
    let page = page();
    if std::io::stdout().is_terminal() && show(&page).is_some_and(|shown| shown) {
        return ExitCode::SUCCESS;
    }
    // Who reads may have had enough.
    let _ = std::io::stdout().write_all(page.as_bytes());
    ExitCode::SUCCESS
}

/// Has man show it; None where there is no man.
fn show(page: &str) -> Option<bool> {
    let mut man = Command::new("man")
        .args(["-l", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    if let Some(mut stdin) = man.stdin.take() {
        // A reader who leaves early has seen what was wanted.
        let _ = stdin.write_all(page.as_bytes());
    }
    Some(man.wait().ok()?.success())
}

/// The page.
pub fn page() -> String {
    let release = outlast_server::stamp::Build::own().release;
    let mut page = Roff::page("outlast", &format!("outlast {release}"));
    page.section("NAME");
    page.paragraph("outlast - terminal sessions that survive what kills them");
    page.section("SYNOPSIS");
    page.paragraph(
        flags::usage("outlast")
            .trim_start_matches("usage: ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .as_str(),
    );
    description(&mut page);
    page.section("OWN VERBS");
    page.paragraph("Beside the commands of tmux. They are there when it is called as outlast.");
    for verb in VERBS {
        let about = sentence(verb.about, verb.text);
        page.item(verb.name, verb.usage, &about);
    }
    page.section("COMMANDS");
    page.paragraph(
        "A command may be called by its name, its alias or any beginning that only one name has. What a flag means is what \
         tmux(1) says.",
    );
    for row in commands::ROWS {
        let alias = match row.alias {
            "" => String::new(),
            alias => format!(" (alias {alias})"),
        };
        page.item(&format!("{}{alias}", row.name), row.usage, row.help);
    }
    page.section("OWN COMMANDS");
    page.paragraph("They are called by their whole names; the verbs above are made of them.");
    for row in commands::OWN {
        page.item(row.name, row.usage, row.help);
    }
    tables(&mut page);
    page.section("FILES");
    for (file, what) in FILES {
        page.item(file, "", what);
    }
    page.section("ENVIRONMENT");
    for (name, what) in ENVIRONMENT {
        page.item(name, "", what);
    }
    page.section("EXIT STATUS");
    page.paragraph("0, or 1 when something was not done; what and why is said on stderr.");
    page.section("SEE ALSO");
    page.paragraph("tmux(1)");
    page.finish()
}

fn description(page: &mut Roff) {
    page.section("DESCRIPTION");
    page.paragraph(
        "outlast keeps what you started alive and within reach. It speaks tmux: the same commands, configuration, formats \
         and keys. Its panes survive the death of the server, an upgrade, and as text and layout a reboot. A link named tmux \
         to it is a drop-in for tmux.",
    );
    page.example(&[
        "outlast                   the sessions there are, to choose one",
        "outlast new -A -s cc      a session named cc: made, or attached to if it is there",
        "outlast ls                the sessions there are, in tmux's words",
        "outlast help split-window what a command is, or an option, or a format variable",
    ]);
    page.section("FLAGS");
    for flag in flags::FLAGS {
        page.item(&format!("-{}", flag.letter), flag.value, flag.about);
    }
}

fn tables(page: &mut Roff) {
    let (hooks, settings): (Vec<_>, Vec<_>) = options::ROWS
        .iter()
        .partition::<Vec<&options::Row>, _>(|row| row.kind == Kind::Hook);
    page.section("OPTIONS");
    page.paragraph(
        "Where an option lives: server (set -s), session (set, for all set -g), window (set -w), pane (set -p; a pane has \
         what its window has until it has its own). User options begin with @ and hold any text.",
    );
    for row in settings {
        let kind = format!("({}; {}; {})", row.level(), row.takes(), default(row));
        page.item(row.name, &kind, row.text);
    }
    page.section("HOOKS");
    page.paragraph("A hook is an array of commands that run when something has happened.");
    for row in hooks {
        page.item(row.name, &format!("({})", row.level()), row.text);
    }
    page.section("FORMATS");
    page.paragraph(
        "What #{name} gives. A name that is none of these is an option, then a variable of the environment, then nothing.",
    );
    for (name, meaning) in outlast_core::formats::help() {
        page.item(name, "", meaning);
    }
    page.section("DEFAULT KEYS");
    page.paragraph(
        "Table prefix: after the prefix key (C-b); root: at any time; copy-mode and copy-mode-vi: in copy mode, by the \
         option mode-keys. A key with + may be pressed again without the prefix.",
    );
    let mut table = String::new();
    for key in commands::default_keys() {
        if key.table != table {
            page.subsection(&format!("Table {}", key.table));
            table.clone_from(&key.table);
        }
        let again = if key.again { "+" } else { "" };
        let meaning = key.note.unwrap_or(key.command);
        page.item(&key.key, again, &meaning);
    }
}

/// "default 5", or that there is none.
fn default(row: &options::Row) -> String {
    match row.default {
        "" => "no default".into(),
        default => format!("default {default}"),
    }
}

/// A line of the list as a sentence, and what is said beside it.
fn sentence(about: &str, text: &str) -> String {
    let mut letters = about.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    let about = format!("{}{}.", first.unwrap_or_default(), letters.as_str());
    match text {
        "" => about,
        text => format!("{about} {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_tables_is_in_the_page() {
        let page = page().replace("\\-", "-");
        for row in commands::ROWS {
            assert!(page.contains(&format!("\\fB{}", row.name)), "{}", row.name);
        }
        for row in options::ROWS {
            assert!(
                page.contains(&format!("\n\\fB{}\\fR", row.name)),
                "{}",
                row.name
            );
        }
        for verb in VERBS {
            assert!(
                page.contains(&format!("\n\\fB{}\\fR", verb.name)),
                "{}",
                verb.name
            );
        }
    }

    #[test]
    fn no_line_of_text_is_a_request() {
        let known = [
            ".TH", ".SH", ".SS", ".PP", ".TP", ".RS", ".RE", ".nf", ".fi", ".ad", ".nh",
        ];
        for line in page().lines().filter(|line| line.starts_with(['.', '\''])) {
            assert!(known.iter().any(|word| line.starts_with(word)), "{line}");
        }
    }
}

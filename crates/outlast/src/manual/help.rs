//! `outlast help`: what there is, and what one thing of it is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use outlast_core::commands;
use outlast_lang::options;

use super::{default, sentence};
use crate::flags::Flags;
use crate::verbs::{self, VERBS};

/// The verb: `help [NAME]`.
pub fn run(_: &Flags, words: &[String]) -> ExitCode {
    let said = match words {
        [] => Ok(overview()),
        [word] if matches!(word.as_str(), "-h" | "--help") => Ok(overview()),
        [name] => about(name),
        _ => Err("one name at a time: outlast help NAME".to_string()),
    };
    match said {
        Ok(text) => {
            // Who reads may have had enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn overview() -> String {
    let mut text = String::from("outlast keeps what you started alive and within reach.\n\n");
    let rows = [
        ("", "the sessions there are, to choose one"),
        (
            "new -A -s cc",
            "a session named cc: made, or attached to if it is there",
        ),
        ("ls", "the sessions there are, in tmux's words"),
        ("COMMAND …", "any command of tmux: outlast list-commands"),
    ];
    let verbs = VERBS.iter().map(|verb| (verb.name, verb.about));
    for (at, (name, about)) in rows.into_iter().chain(verbs).enumerate() {
        if at == rows.len() {
            text.push('\n');
        }
        let _ = writeln!(text, "  outlast {name:<17} {about}");
    }
    text
}

/// What is called so; Err is the text for stderr.
fn about(name: &str) -> Result<String, String> {
    let mut found = Vec::new();
    if let Some(verb) = verbs::find(name) {
        found.push(format!(
            "{}usage: outlast {}\n",
            wrap(&sentence(verb.about, verb.text)),
            format!("{} {}", verb.name, verb.usage).trim_end()
        ));
    }
    let command = commands::lookup(name);
    // A whole name before any beginning.
    let option = options::ROWS.iter().find(|row| row.name == name);
    let variable = outlast_core::formats::help()
        .into_iter()
        .find(|(variable, _)| *variable == name);
    let other = !found.is_empty() || option.is_some() || variable.is_some();
    match &command {
        Ok(row) if !other || row.name == name || row.alias == name => {
            let alias = match row.alias {
                "" => String::new(),
                alias => format!(", short {alias}"),
            };
            found.push(format!(
                "{}{alias}: {}usage: {}\n",
                row.name,
                wrap(row.help).trim_start(),
                format!("{} {}", row.name, row.usage).trim_end()
            ));
        }
        Err(error) if !other && error.starts_with("ambiguous") => return Err(error.clone()),
        _ => {}
    }
    if let Some(row) = option {
        found.push(format!(
            "option {name} ({}; {}; {})\n{}",
            row.level(),
            row.takes(),
            default(row),
            wrap(row.text)
        ));
    }
    if let Some((_, meaning)) = variable {
        found.push(format!("format variable #{{{name}}}\n{}", wrap(meaning)));
    }
    if found.is_empty() {
        return Err(format!(
            "nothing is called {name}; outlast help, outlast list-commands and outlast man show what there is"
        ));
    }
    Ok(found.join("\n"))
}

/// Lines of at most 80 columns.
fn wrap(text: &str) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        let wide = outlast_term::width::text_width(word);
        if used > 0 && used + 1 + wide > 80 {
            out.push('\n');
            used = 0;
        }
        if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        let command = about("splitw").expect("a command");
        assert!(
            command.starts_with("split-window, short splitw: "),
            "{command}"
        );
        assert!(command.contains("\nusage: split-window ["), "{command}");
        assert!(
            about("mouse")
                .expect("an option")
                .starts_with("option mouse (session; on or off; default off)\n")
        );
        assert!(
            about("pane_id")
                .expect("a variable")
                .starts_with("format variable #{pane_id}\n")
        );
        assert!(
            about("peek")
                .expect("a verb")
                .ends_with("usage: outlast peek [-n ROWS] [SESSION]\n")
        );
        assert!(about("pee").is_err());
        assert!(
            about("list")
                .expect_err("many")
                .starts_with("ambiguous command: list, could be: ")
        );
    }

    #[test]
    fn lines_are_short() {
        for line in wrap(&"word ".repeat(50)).lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }
}

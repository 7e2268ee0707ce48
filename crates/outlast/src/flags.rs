//! The flags before the command: tmux's own, as getopt reads them (clusters, values joined or apart, `--`).
//!
//! Written by hand because a command line that asks the server for one line must cost no more than it has to, and
//! because the texts are tmux's.

use crate::control::Mode;

/// What stood before the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-2`, `-u`, `-l` and `-T features`, as the server wants them.
    pub terminal: Vec<String>,
    /// `-C`, `-CC`.
    pub control: Option<Mode>,
    /// `-c shell-command`.
    pub shell_command: Option<String>,
    /// `-f file`, each; empty for the default files.
    pub config: Vec<String>,
    /// `-L name`.
    pub name: Option<String>,
    /// `-S path`.
    pub path: Option<String>,
    /// `-N`: do not start a server.
    pub no_start: bool,
    /// The command and its words.
    pub command: Vec<String>,
}

/// A flag, for the manual and for completion.
pub struct Flag {
    /// Its letter.
    pub letter: char,
    /// What its value is called, or "".
    pub value: &'static str,
    /// What it does.
    pub about: &'static str,
}

const fn flag(letter: char, value: &'static str, about: &'static str) -> Flag {
    Flag {
        letter,
        value,
        about,
    }
}

/// All that mean something.
pub const FLAGS: &[Flag] = &[
    flag('2', "", "The terminal has 256 colours, whatever it says."),
    flag(
        'c',
        "shell-command",
        "Runs it in the default shell, without a session.",
    ),
    flag(
        'C',
        "",
        "Control mode: commands in, answers and notices out; twice without echo.",
    ),
    flag(
        'f',
        "file",
        "Loads this configuration, not the default files; more than once for several.",
    ),
    flag('h', "", "The usage."),
    flag('l', "", "Behaves as a login shell."),
    flag(
        'L',
        "socket-name",
        "The server of this name; each has sessions of its own.",
    ),
    flag('N', "", "Starts no server."),
    flag('S', "socket-path", "The server at this socket."),
    flag(
        'T',
        "features",
        "Features of the terminal, beside those that are known of it.",
    ),
    flag(
        'u',
        "",
        "The terminal has UTF-8, whatever the environment says.",
    ),
    flag('V', "", "The version."),
];

/// What the flags ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A command, or none, for a server.
    Command(Flags),
    /// `-V`.
    Version,
    /// `-h`.
    Usage,
    /// A flag that there is not, or that lacks its value: one line, before the usage.
    Wrong(Option<String>),
}

/// The usage text, tmux's own without `-D` and `-v`, which are not there; `program` is the name that it was called by.
pub fn usage(program: &str) -> String {
    format!(
        "usage: {program} [-2ChlNuV] [-c shell-command] [-f file] [-L socket-name]\n            \
         [-S socket-path] [-T features] [command [flags]]\n"
    )
}

/// Reads the words after the program's name.
pub fn parse(words: impl IntoIterator<Item = String>) -> Asked {
    let mut flags = Flags::default();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.peek() {
        if !word.starts_with('-') || word == "-" {
            break;
        }
        let word = words.next().unwrap_or_default();
        if word == "--" {
            break;
        }
        let mut letters = word[1..].chars();
        while let Some(letter) = letters.next() {
            match letter {
                '2' | 'u' | 'l' => flags.terminal.push(format!("-{letter}")),
                'C' => {
                    flags.control = Some(match flags.control {
                        None => Mode::Plain,
                        Some(_) => Mode::Terminal,
                    });
                }
                'N' => flags.no_start = true,
                // It has no meaning in tmux either.
                'q' => {}
                'V' => return Asked::Version,
                'h' => return Asked::Usage,
                'c' | 'f' | 'L' | 'S' | 'T' => {
                    let joined = letters.as_str();
                    let value = if joined.is_empty() {
                        words.next()
                    } else {
                        Some(joined.to_string())
                    };
                    let Some(value) = value else {
                        return Asked::Wrong(Some(format!(
                            "option requires an argument -- {letter}"
                        )));
                    };
                    match letter {
                        'c' => flags.shell_command = Some(value),
                        'f' => flags.config.push(value),
                        'L' => flags.name = Some(value),
                        'S' => flags.path = Some(value),
                        _ => flags.terminal.push(format!("-T{value}")),
                    }
                    break;
                }
                _ => return Asked::Wrong(Some(format!("unknown option -- {letter}"))),
            }
        }
    }
    flags.command = words.collect();
    if flags.shell_command.is_some() && !flags.command.is_empty() {
        return Asked::Wrong(None);
    }
    Asked::Command(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Asked {
        parse(line.split_whitespace().map(String::from))
    }

    fn command(line: &str) -> Flags {
        match check(line) {
            Asked::Command(flags) => flags,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn flags_end_where_the_command_begins() {
        let flags = command("-2u -Lwork -f a.conf -f b.conf new -A -s cc");
        assert_eq!(flags.terminal, ["-2", "-u"]);
        assert_eq!(flags.name.as_deref(), Some("work"));
        assert_eq!(flags.config, ["a.conf", "b.conf"]);
        assert_eq!(flags.command, ["new", "-A", "-s", "cc"]);
        assert_eq!(command("-2L work ls").name.as_deref(), Some("work"));
        assert_eq!(command("-- -x").command, ["-x"]);
        assert_eq!(command("").command, Vec::<String>::new());
        assert_eq!(command("-C ls").control, Some(Mode::Plain));
        assert_eq!(command("-CC attach").control, Some(Mode::Terminal));
    }

    #[test]
    fn what_there_is_not_is_refused_with_tmux_s_text() {
        assert_eq!(
            check("-z"),
            Asked::Wrong(Some("unknown option -- z".into()))
        );
        for letter in ["D", "v"] {
            let refused = Asked::Wrong(Some(format!("unknown option -- {letter}")));
            assert_eq!(check(&format!("-{letter}")), refused);
            assert_eq!(check(&format!("-2{letter}{letter}")), refused);
            assert!(
                !usage("tmux")
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .contains(letter)
            );
        }
        assert_eq!(
            check("-2L"),
            Asked::Wrong(Some("option requires an argument -- L".into()))
        );
        assert_eq!(check("-c true ls"), Asked::Wrong(None));
        assert_eq!(check("-V ls"), Asked::Version);
        assert_eq!(check("-h"), Asked::Usage);
    }
}

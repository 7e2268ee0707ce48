//! Text of a script to steps. Pure: it knows no world and no clock.

use super::words::{split, unquote};
use crate::world::Version;

/// On which real tmux a script is proved. Every script is played on outlast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// `tmux: 3.3a+`: this release and later.
    From(Version),
    /// `tmux: 3.7c only`: this release.
    Only(Version),
    /// `outlast only`: no tmux can show it.
    OutlastOnly,
}

impl Header {
    /// Whether a tmux of this version must pass.
    pub fn covers(self, version: Version) -> bool {
        match self {
            Header::From(first) => version >= first,
            Header::Only(only) => version == only,
            Header::OutlastOnly => false,
        }
    }
}

/// What a command is expected to say: lines with placeholders, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `> ` lines.
    pub stdout: Vec<String>,
    /// `! ` lines.
    pub stderr: Vec<String>,
    /// `? N`, 0 when absent.
    pub status: i32,
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Line of the file, from 1.
    pub line: usize,
    /// How many lines of expectation follow it (for bless).
    pub expected_lines: usize,
    /// What is to be done.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// `$ words`: a tmux command; `until $ words`: repeated until it says so.
    Command {
        /// Its words.
        words: Vec<String>,
        /// Repeat until it says what is expected.
        until: bool,
        /// What it says.
        said: Said,
    },
    /// `% line`: a shell command.
    Shell {
        /// For `sh -c`.
        line: String,
        /// Repeat until it says what is expected.
        until: bool,
        /// What it says.
        said: Said,
    },
    /// `client NAME 80x24 words`, or `attach 80x24 words` for a client named `main` that attaches.
    Client {
        /// Its name in this script.
        name: String,
        /// Columns and rows.
        size: (u16, u16),
        /// The tmux command that it runs.
        words: Vec<String>,
    },
    /// `on NAME`: the steps that follow are this client's.
    On(String),
    /// `type "text"`.
    Type(Vec<u8>),
    /// `key C-b c`.
    Key(String),
    /// `mouse press 1 10,5`.
    Mouse(String, u8, usize, usize),
    /// `wait /regex/`.
    Wait(String),
    /// `wait gone /regex/`.
    WaitGone(String),
    /// `screen`: the whole picture.
    Screen(Vec<String>),
    /// `cursor X,Y` or `cursor hidden`.
    Cursor(Option<(usize, usize)>),
    /// `look "text" fg=2 bg=default bold`: the first place where the text stands looks so.
    Look {
        /// What to look at.
        text: String,
        /// Words: `fg=`, `bg=`, attributes; what is not named is not looked at, `plain`: no attributes.
        wanted: Vec<String>,
    },
    /// `modes alternate mouse …`: all modes that are on.
    Modes(Vec<String>),
    /// `title text`.
    Title(String),
    /// `resize 40x20`.
    Resize(u16, u16),
    /// `hangup`, `kill`, `stop`, `continue`: a signal for the client's process.
    Signal(String),
    /// `cut`: the client's terminal is closed.
    Cut,
    /// `exit N`: the client ends with this status.
    Exit(i32),
    /// `file NAME <<EOF`, `config <<EOF` (`.tmux.conf`), `config < NAME`: a file below the home.
    File {
        /// Path below the home.
        name: String,
        /// Content.
        text: String,
    },
    /// `env NAME=value`, `env -NAME`.
    Env(String, Option<String>),
    /// `server kill`: kill -9 of the server's process (outlast only).
    KillServer,
}

/// Reads a script that names no other file. The error begins with the line's number.
pub fn parse(text: &str) -> Result<(Header, Vec<Step>), String> {
    parse_with(text, &|name| Err(format!("{name} cannot be read here")))
}

/// Reads a script; `beside` gives the text of a file that lies beside it (`config < NAME`).
pub fn parse_with(
    text: &str,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(Header, Vec<Step>), String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut header = None;
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let number = at + 1;
        let line = lines[at];
        at += 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fail = |what: String| format!("line {number}: {what}");
        if header.is_none() {
            header = Some(read_header(line).map_err(fail)?);
            continue;
        }
        if let Some(name) = line.strip_prefix("config < ") {
            let text = beside(name.trim()).map_err(fail)?;
            steps.push(Step {
                line: number,
                expected_lines: 0,
                kind: StepKind::File {
                    name: ".tmux.conf".to_string(),
                    text,
                },
            });
            continue;
        }
        if let Some(body) = heredoc(line) {
            let (name, end) = body.map_err(fail)?;
            let from = at;
            while at < lines.len() && lines[at] != end {
                at += 1;
            }
            if at == lines.len() {
                return Err(fail(format!("{end} is missing")));
            }
            let text: String = lines[from..at]
                .iter()
                .map(|line| format!("{line}\n"))
                .collect();
            at += 1;
            steps.push(Step {
                line: number,
                expected_lines: 0,
                kind: StepKind::File { name, text },
            });
            continue;
        }
        let kind = read_step(line).map_err(fail)?;
        let mut step = Step {
            line: number,
            expected_lines: 0,
            kind,
        };
        while at < lines.len()
            && expectation(&mut step.kind, lines[at])
                .map_err(|what| format!("line {}: {what}", at + 1))?
        {
            step.expected_lines += 1;
            at += 1;
        }
        steps.push(step);
    }
    Ok((header.ok_or("line 1: the header is missing")?, steps))
}

fn read_header(line: &str) -> Result<Header, String> {
    if line.trim() == "outlast only" {
        return Ok(Header::OutlastOnly);
    }
    let rest = line
        .strip_prefix("tmux: ")
        .ok_or("the header is `tmux: 3.3a+`, `tmux: 3.7c only` or `outlast only`")?;
    let version = |text: &str| Version::parse(text).ok_or_else(|| format!("no version: {text}"));
    match (rest.strip_suffix('+'), rest.strip_suffix(" only")) {
        (Some(first), _) => Ok(Header::From(version(first)?)),
        (_, Some(only)) => Ok(Header::Only(version(only)?)),
        _ => Err(format!("`+` or ` only` after {rest}")),
    }
}

/// `file NAME <<EOF` and `config <<EOF`: name and end mark.
fn heredoc(line: &str) -> Option<Result<(String, String), String>> {
    let (head, end) = line.split_once(" <<")?;
    let name = match head.split_once(' ') {
        Some(("file", name)) => name.trim().to_string(),
        None if head == "config" => ".tmux.conf".to_string(),
        _ => return None,
    };
    if end.is_empty() {
        Some(Err("<< wants a word".into()))
    } else {
        Some(Ok((name, end.to_string())))
    }
}

fn read_size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text
        .split_once('x')
        .and_then(|(cols, rows)| Some((cols.parse().ok()?, rows.parse().ok()?)));
    parsed.ok_or_else(|| format!("no size: {text}"))
}

fn read_place(text: &str) -> Result<(usize, usize), String> {
    let parsed = text
        .split_once(',')
        .and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
    parsed.ok_or_else(|| format!("no place: {text}"))
}

fn read_regex(text: &str) -> Result<String, String> {
    let inner = text
        .strip_prefix('/')
        .and_then(|text| text.strip_suffix('/'))
        .ok_or("a pattern stands between slashes")?;
    Ok(inner.to_string())
}

fn read_step(line: &str) -> Result<StepKind, String> {
    let (until, rest) = match line.strip_prefix("until ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    if let Some(rest) = rest.strip_prefix("$ ") {
        return Ok(StepKind::Command {
            words: split(rest)?,
            until,
            said: Said::default(),
        });
    }
    if rest == "$" {
        return Ok(StepKind::Command {
            words: Vec::new(),
            until,
            said: Said::default(),
        });
    }
    if let Some(rest) = rest.strip_prefix("% ") {
        return Ok(StepKind::Shell {
            line: rest.to_string(),
            until,
            said: Said::default(),
        });
    }
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let rest = rest.trim();
    let nothing = |kind: StepKind| {
        if rest.is_empty() {
            Ok(kind)
        } else {
            Err(format!("{verb} takes no {rest}"))
        }
    };
    match verb {
        "attach" | "client" => {
            let mut words = split(rest)?;
            let name = if verb == "client" && !words.is_empty() {
                words.remove(0)
            } else {
                "main".into()
            };
            if words.is_empty() {
                return Err(format!("{verb} wants a size"));
            }
            let size = read_size(&words.remove(0))?;
            if verb == "attach" {
                words.insert(0, "attach-session".into());
            }
            Ok(StepKind::Client { name, size, words })
        }
        "on" => Ok(StepKind::On(rest.into())),
        "type" => Ok(StepKind::Type(unquote(rest)?)),
        "key" => Ok(StepKind::Key(rest.into())),
        "mouse" => {
            let words = split(rest)?;
            let (what, button, place) = match &words[..] {
                [what, place] => (what, 0, place),
                [what, button, place] => (
                    what,
                    button.parse().map_err(|_| format!("no button: {button}"))?,
                    place,
                ),
                _ => return Err("mouse wants an action, a button and a place".into()),
            };
            let (x, y) = read_place(place)?;
            Ok(StepKind::Mouse(what.clone(), button, x, y))
        }
        "wait" => match rest.strip_prefix("gone ") {
            Some(rest) => Ok(StepKind::WaitGone(read_regex(rest)?)),
            None => Ok(StepKind::Wait(read_regex(rest)?)),
        },
        "screen" => nothing(StepKind::Screen(Vec::new())),
        "cursor" if rest == "hidden" => Ok(StepKind::Cursor(None)),
        "cursor" => Ok(StepKind::Cursor(Some(read_place(rest)?))),
        "look" => {
            let mut words = split(rest)?;
            if words.len() < 2 {
                return Err("look wants a text and how it looks".into());
            }
            let text = words.remove(0);
            Ok(StepKind::Look {
                text,
                wanted: words,
            })
        }
        "modes" => Ok(StepKind::Modes(split(rest)?)),
        "title" => Ok(StepKind::Title(rest.into())),
        "resize" => read_size(rest).map(|(cols, rows)| StepKind::Resize(cols, rows)),
        "hangup" | "kill" | "stop" | "continue" | "terminate" => {
            nothing(StepKind::Signal(verb.into()))
        }
        "cut" => nothing(StepKind::Cut),
        "exit" => Ok(StepKind::Exit(
            rest.parse().map_err(|_| format!("no status: {rest}"))?,
        )),
        "env" => match (rest.split_once('='), rest.strip_prefix('-')) {
            (Some((name, value)), _) => Ok(StepKind::Env(name.into(), Some(value.into()))),
            (None, Some(name)) => Ok(StepKind::Env(name.into(), None)),
            _ => Err("env wants NAME=value or -NAME".into()),
        },
        "server" if rest == "kill" => Ok(StepKind::KillServer),
        _ => Err(format!("no such step: {line}")),
    }
}

/// Takes a line that says what the step before it shows; false when it is none.
fn expectation(kind: &mut StepKind, line: &str) -> Result<bool, String> {
    // "> " and ">" both stand for an empty line: editors strip blanks.
    let body = |mark: char| {
        let rest = line.strip_prefix(mark)?;
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix(' ')
        }
    };
    match kind {
        StepKind::Command { said, .. } | StepKind::Shell { said, .. } => {
            if let Some(text) = body('>') {
                said.stdout.push(text.into());
            } else if let Some(text) = body('!') {
                said.stderr.push(text.into());
            } else if let Some(text) = body('?') {
                said.status = text
                    .trim()
                    .parse()
                    .map_err(|_| format!("no status: {text}"))?;
            } else {
                return Ok(false);
            }
            Ok(true)
        }
        StepKind::Screen(rows) => match line.strip_prefix('|') {
            Some("*") => {
                rows.push("<ROWS>".into());
                Ok(true)
            }
            Some(text) => {
                rows.push(text.strip_prefix(' ').unwrap_or(text).into());
                Ok(true)
            }
            None => Ok(false),
        },
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read() {
        let text = "# about\ntmux: 3.3a+\n\n$ ls\n! no server\n? 1\nconfig <<EOF\nset -g mouse on\nEOF\nattach 80x24 -t a\n\
                    screen\n| $\n|*\n| [a]\nwait gone /x y/\nuntil $ ls\n> a: <ANY>\n";
        let (header, steps) = parse(text).expect("a good script");
        assert_eq!(header, Header::From(Version(3, 3, 'a')));
        let kinds: Vec<&StepKind> = steps.iter().map(|step| &step.kind).collect();
        let said = |stdout: &[&str], stderr: &[&str], status| Said {
            stdout: stdout.iter().map(|line| line.to_string()).collect(),
            stderr: stderr.iter().map(|line| line.to_string()).collect(),
            status,
        };
        let ls = || vec!["ls".to_string()];
        assert_eq!(
            kinds,
            [
                &StepKind::Command {
                    words: ls(),
                    until: false,
                    said: said(&[], &["no server"], 1)
                },
                &StepKind::File {
                    name: ".tmux.conf".into(),
                    text: "set -g mouse on\n".into()
                },
                &StepKind::Client {
                    name: "main".into(),
                    size: (80, 24),
                    words: ["attach-session", "-t", "a"].map(String::from).to_vec()
                },
                &StepKind::Screen(["$", "<ROWS>", "[a]"].map(String::from).to_vec()),
                &StepKind::WaitGone("x y".into()),
                &StepKind::Command {
                    words: ls(),
                    until: true,
                    said: said(&["a: <ANY>"], &[], 0)
                },
            ]
        );
        assert_eq!(steps[0].expected_lines, 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, error) in [
            ("$ ls", "line 1: the header is"),
            (
                "tmux: 3.3a+\nfrobnicate",
                "line 2: no such step: frobnicate",
            ),
            ("tmux: 3.3a+\n\nconfig <<EOF\nx", "line 3: EOF is missing"),
            ("outlast only\n$ ls\n? x", "line 3: no status: x"),
        ] {
            let got = parse(text).expect_err(text);
            assert!(got.starts_with(error), "{got}");
        }
    }

    #[test]
    fn headers_cover_versions() {
        let (old, new) = (Version(3, 3, 'a'), Version(3, 7, 'c'));
        assert!(
            Header::From(old).covers(new)
                && Header::From(old).covers(old)
                && !Header::From(new).covers(old)
        );
        assert!(
            Header::Only(new).covers(new)
                && !Header::Only(new).covers(old)
                && !Header::OutlastOnly.covers(new)
        );
        assert!(Version::parse("tmux 3.5") < Version::parse("3.5a"));
    }
}

//! What fits at the end of a command line: tables, and a server that is asked through [`Ask`].

use outlast_core::commands::{self, Row};
use outlast_lang::options::{self, Kind};

use crate::flags::{self, Asked, Flags};
use crate::verbs::{self, VERBS};

/// Who knows what lives.
pub trait Ask {
    /// The lines that a command line prints; none when there is no server.
    fn lines(&mut self, flags: &Flags, words: &[&str]) -> Vec<String>;
    /// Names of sockets.
    fn sockets(&mut self, flags: &Flags) -> Vec<String>;
    /// Names of files on disk.
    fn kept(&mut self, flags: &Flags) -> Vec<String>;
}

/// A word that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The word.
    pub word: String,
    /// What it is; may be empty.
    pub about: String,
}

impl Fit {
    fn new(word: impl Into<String>, about: impl Into<String>) -> Fit {
        Fit {
            word: word.into(),
            about: about.into(),
        }
    }
}

/// What a word is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// Nothing that could be named.
    Nothing,
    Files,
    Dirs,
    /// A command, and its words.
    Commands,
    /// What a command prints: its words, whose lines have a name and what it is between tabs.
    Live(&'static [&'static str]),
    Sockets,
    Kept,
    Options,
    Words(&'static [&'static str]),
}

const SESSIONS: Want = Want::Live(&[
    "list-sessions",
    "-F",
    "#{session_name}\t#{session_windows} windows#{?session_attached, (attached),}",
]);
const REQUESTS: Want = Want::Live(&[
    "list-requests",
    "-F",
    "#{request_id}\t#{request_agent} #{request_title}",
]);
const RUNS: Want = Want::Live(&["list-runs", "-F", "#{run_name}\t#{run_state}"]);
const WINDOWS: Want = Want::Live(&[
    "list-windows",
    "-a",
    "-F",
    "#{session_name}:#{window_index}\t#{window_name}#{window_flags}",
]);
const PANES: Want = Want::Live(&[
    "list-panes",
    "-a",
    "-F",
    "#{session_name}:#{window_index}.#{pane_index}\t#{pane_id} #{pane_current_command} #{pane_current_path}",
]);
const CLIENTS: Want = Want::Live(&[
    "list-clients",
    "-F",
    "#{client_name}\t#{session_name} #{client_width}x#{client_height}",
]);
const BUFFERS: Want = Want::Live(&["list-buffers", "-F", "#{buffer_name}\t#{buffer_size} bytes"]);
const KEY_TABLES: &[&str] = &["copy-mode", "copy-mode-vi", "prefix", "root"];

/// What the value of a flag is, by what the usage calls it.
const VALUES: &[(&str, Want)] = &[
    ("target-session", SESSIONS),
    ("target-window", WINDOWS),
    ("src-window", WINDOWS),
    ("dst-window", WINDOWS),
    ("target-pane", PANES),
    ("src-pane", PANES),
    ("dst-pane", PANES),
    ("target-client", CLIENTS),
    ("buffer-name", BUFFERS),
    ("session-name", SESSIONS),
    ("working-directory", Want::Dirs),
    ("start-directory", Want::Dirs),
    ("key-table", Want::Words(KEY_TABLES)),
    ("file", Want::Files),
    ("socket-path", Want::Files),
    ("socket-name", Want::Sockets),
    ("shell-command", Want::Files),
];

/// What the words after a command's flags are, in their order; the last one goes on.
const POSITIONS: &[(&str, &[Want])] = &[
    ("answer-request", &[REQUESTS, Want::Nothing]),
    ("approve-request", &[REQUESTS, Want::Nothing]),
    ("bind-key", &[Want::Nothing, Want::Commands]),
    ("confirm-before", &[Want::Commands]),
    ("deny-request", &[REQUESTS, Want::Nothing]),
    ("if-shell", &[Want::Files, Want::Commands]),
    ("list-commands", &[Want::Commands, Want::Nothing]),
    ("list-requests", &[REQUESTS, Want::Nothing]),
    ("load-buffer", &[Want::Files]),
    ("new-session", &[Want::Files]),
    ("new-window", &[Want::Files]),
    ("respawn-pane", &[Want::Files]),
    ("respawn-window", &[Want::Files]),
    ("run-shell", &[Want::Files]),
    ("save-buffer", &[Want::Files]),
    (
        "select-layout",
        &[
            Want::Words(outlast_core::model::layout::presets::NAMES),
            Want::Nothing,
        ],
    ),
    ("set-hook", &[Want::Options, Want::Commands]),
    ("set-option", &[Want::Options]),
    ("set-window-option", &[Want::Options]),
    ("show-hooks", &[Want::Options, Want::Nothing]),
    ("show-options", &[Want::Options, Want::Nothing]),
    ("show-window-options", &[Want::Options, Want::Nothing]),
    ("source-file", &[Want::Files]),
    ("split-window", &[Want::Files]),
];

/// What the words of our own verbs are.
const VERB_WORDS: &[(&str, Want)] = &[
    ("answer", REQUESTS),
    ("approve", REQUESTS),
    ("completions", Want::Words(&["bash", "zsh", "fish"])),
    ("deny", REQUESTS),
    ("help", Want::Commands),
    ("kept", Want::Kept),
    ("logs", RUNS),
    ("peek", SESSIONS),
    ("requests", REQUESTS),
    ("restart", RUNS),
    ("start", RUNS),
    ("status", RUNS),
    ("stop", RUNS),
    ("wait", RUNS),
];

/// All that fit as `current`, after these words.
pub fn all(words: &[String], current: &str, ask: &mut dyn Ask) -> Vec<Fit> {
    let (flags, command) = match before(words) {
        Line::Value(flags, letter) => {
            let value = flags::FLAGS.iter().find(|flag| flag.letter == letter);
            let want = value.map_or(Want::Nothing, |flag| value_of(flag.value));
            return list(want, &flags, current, ask);
        }
        Line::Command(flags) => {
            let command = flags.command.clone();
            (flags, command)
        }
        Line::Wrong => return Vec::new(),
    };
    // What stands after the last `;`.
    let start = command.iter().rposition(|word| word.ends_with(';'));
    let line = &command[start.map_or(0, |at| at + 1)..];
    let Some((name, rest)) = line.split_first() else {
        if start.is_none() && current.starts_with('-') {
            let letters = flags::FLAGS.iter();
            let fits = letters.map(|flag| Fit::new(format!("-{}", flag.letter), flag.about));
            return matching(fits.collect(), current);
        }
        let mut fits = command_names();
        if start.is_none() {
            fits.extend(VERBS.iter().map(|verb| Fit::new(verb.name, verb.about)));
            fits.sort_by(|a, b| a.word.cmp(&b.word));
        }
        return matching(fits, current);
    };
    if let Some(verb) = verbs::find(name).filter(|_| start.is_none()) {
        return own(verb, rest, current, &flags, ask);
    }
    match commands::lookup(name) {
        Ok(row) => of_command(row, rest, current, &flags, ask),
        Err(_) => Vec::new(),
    }
}

/// What stands before the word.
enum Line {
    /// A flag before the command, whose value is to come.
    Value(Flags, char),
    /// The flags, and as much of the command as there is.
    Command(Flags),
    Wrong,
}

fn before(words: &[String]) -> Line {
    if let Some((last, earlier)) = words.split_last()
        && let Some(letter) = last
            .strip_prefix('-')
            .and_then(|flags| flags.chars().last())
        && flags::FLAGS
            .iter()
            .any(|flag| flag.letter == letter && !flag.value.is_empty())
        && let Asked::Command(flags) = flags::parse(earlier.to_vec())
        && flags.command.is_empty()
    {
        return Line::Value(flags, letter);
    }
    match flags::parse(words.to_vec()) {
        Asked::Command(flags) => Line::Command(flags),
        _ => Line::Wrong,
    }
}

fn command_names() -> Vec<Fit> {
    let names = commands::ROWS.iter().flat_map(|row| {
        let alias = (!row.alias.is_empty()).then(|| Fit::new(row.alias, row.help));
        std::iter::once(Fit::new(row.name, row.help)).chain(alias)
    });
    names.collect()
}

/// Verbs of which only the first word can be named.
const ONE_WORD: &[&str] = &["answer", "approve", "deny", "requests"];

fn own(
    verb: &verbs::Verb,
    words: &[String],
    current: &str,
    flags: &Flags,
    ask: &mut dyn Ask,
) -> Vec<Fit> {
    if current.starts_with('-') {
        let words = verb.usage.split(['[', ']', ' ']);
        let named = words.filter(|word| word.starts_with('-'));
        return matching(named.map(|word| Fit::new(word, "")).collect(), current);
    }
    // A reason may be anything, and is no name.
    let named = |at: usize| !words[at].starts_with('-') && (at == 0 || words[at - 1] != "--reason");
    let reason = words.last().is_some_and(|word| word == "--reason");
    if ONE_WORD.contains(&verb.name) && (reason || (0..words.len()).any(named)) {
        return Vec::new();
    }
    let row = VERB_WORDS.iter().find(|(name, _)| *name == verb.name);
    let want = row.map_or(Want::Nothing, |(_, want)| *want);
    let mut fits = list(want, flags, current, ask);
    if verb.name == "help" {
        fits.extend(matching(
            VERBS
                .iter()
                .map(|verb| Fit::new(verb.name, verb.about))
                .collect(),
            current,
        ));
        fits.extend(list(Want::Options, flags, current, ask));
    }
    fits
}

fn of_command(
    row: &'static Row,
    words: &[String],
    current: &str,
    flags: &Flags,
    ask: &mut dyn Ask,
) -> Vec<Fit> {
    let mut rest = words.iter();
    let mut position = 0;
    let mut first = "";
    let mut waiting = None;
    let mut only_words = false;
    for word in rest.by_ref() {
        if waiting.take().is_some() {
            continue;
        }
        match word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            Some("-") if position == 0 => only_words = true,
            Some(letters) if position == 0 && !only_words => {
                // The first that takes a value has the rest of the word, or the next one.
                let valued = letters.char_indices().find(|(_, letter)| {
                    let mut takes = row.spec.letters();
                    takes.any(|(flag, value)| flag == *letter && value)
                });
                waiting = valued
                    .filter(|(at, letter)| at + letter.len_utf8() == letters.len())
                    .map(|(_, letter)| letter);
            }
            _ => {
                position += 1;
                if position == 1 {
                    first = word;
                }
            }
        }
    }
    if let Some(letter) = waiting {
        return list(flag_value(row, letter), flags, current, ask);
    }
    if current.starts_with('-') && position == 0 && !only_words {
        let letters = row.spec.letters();
        let fits = letters.map(|(letter, value)| {
            let about = if value { value_name(row, letter) } else { "" };
            Fit::new(format!("-{letter}"), about)
        });
        return matching(fits.collect(), current);
    }
    if position > 0 && matches!(row.name, "set-option" | "set-window-option") {
        return list(option_values(first), flags, current, ask);
    }
    let row = POSITIONS.iter().find(|(name, _)| *name == row.name);
    let wants = row.map_or(&[Want::Nothing][..], |(_, wants)| wants);
    let want = wants.get(position).or(wants.last());
    list(want.copied().unwrap_or(Want::Nothing), flags, current, ask)
}

/// What the usage calls the value of a flag.
fn value_name(row: &Row, letter: char) -> &'static str {
    let start = format!("-{letter} ");
    let at = row.usage.find(&start).map(|at| at + start.len());
    let name = at.and_then(|at| row.usage.get(at..)).unwrap_or("");
    name.split([']', ' ', '|']).next().unwrap_or("")
}

fn flag_value(row: &Row, letter: char) -> Want {
    value_of(value_name(row, letter))
}

fn value_of(name: &str) -> Want {
    let found = VALUES.iter().find(|(value, _)| *value == name);
    found.map_or(Want::Nothing, |(_, want)| *want)
}

/// What an option may be set to.
fn option_values(name: &str) -> Want {
    let name = name.split('[').next().unwrap_or("");
    match options::find(name).map(|row| row.kind) {
        Ok(Kind::Flag) => Want::Words(&["on", "off"]),
        Ok(Kind::Choice(words)) => Want::Words(words),
        Ok(Kind::Hook | Kind::Command) => Want::Commands,
        _ => Want::Nothing,
    }
}

fn list(want: Want, flags: &Flags, current: &str, ask: &mut dyn Ask) -> Vec<Fit> {
    let plain = |names: Vec<String>| names.into_iter().map(|name| Fit::new(name, "")).collect();
    let fits = match want {
        Want::Nothing => Vec::new(),
        // The shell knows better.
        Want::Files => return vec![Fit::new(":files", "")],
        Want::Dirs => return vec![Fit::new(":dirs", "")],
        Want::Commands => command_names(),
        Want::Live(words) => {
            let lines = ask.lines(flags, words);
            let fit = |line: &String| {
                let (word, about) = line.split_once('\t').unwrap_or((line, ""));
                Fit::new(word, about)
            };
            lines.iter().map(fit).collect()
        }
        Want::Sockets => plain(ask.sockets(flags)),
        Want::Kept => plain(ask.kept(flags)),
        Want::Options => options::ROWS
            .iter()
            .map(|row| Fit::new(row.name, row.text))
            .collect(),
        Want::Words(words) => words.iter().map(|word| Fit::new(*word, "")).collect(),
    };
    matching(fits, current)
}

fn matching(mut fits: Vec<Fit>, current: &str) -> Vec<Fit> {
    // `=cc` is the session of exactly that name.
    let (exact, begin) = match current.strip_prefix('=') {
        Some(begin) => ("=", begin),
        None => ("", current),
    };
    fits.retain(|fit| fit.word.starts_with(begin));
    for fit in &mut fits {
        fit.word.insert_str(0, exact);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server with some names.
    struct Fake(Vec<Vec<String>>);

    impl Ask for Fake {
        fn lines(&mut self, flags: &Flags, words: &[&str]) -> Vec<String> {
            let words = words.iter().map(|word| word.to_string());
            self.0
                .push(flags.name.clone().into_iter().chain(words).collect());
            let names = match self
                .0
                .last()
                .and_then(|words| words.iter().find(|word| word.contains('-')))
            {
                Some(command) if command == "list-sessions" => {
                    "cc\t1 windows\ncatch\t2 windows\nwork\tx"
                }
                Some(command) if command == "list-requests" => {
                    "12kd\tclaude Bash: ls\n7bx\tcodex x"
                }
                Some(command) if command == "list-panes" => "cc:0.0\t%0 sh /\ncc:0.1\t%1 vim /",
                _ => "",
            };
            names.lines().map(str::to_string).collect()
        }

        fn sockets(&mut self, _: &Flags) -> Vec<String> {
            vec!["default".into(), "other".into()]
        }

        fn kept(&mut self, _: &Flags) -> Vec<String> {
            vec!["state".into()]
        }
    }

    fn check(line: &str, expected: &[&str]) {
        let mut words: Vec<String> = line.split(' ').map(String::from).collect();
        let current = words.pop().unwrap_or_default();
        let fits = all(&words, &current, &mut Fake(Vec::new()));
        let fits: Vec<&str> = fits.iter().map(|fit| fit.word.as_str()).collect();
        assert_eq!(fits, expected, "{line}");
    }

    #[test]
    fn the_word_that_fits() {
        check("pe", &["peek"]);
        check("spl", &["split-window", "splitw"]);
        check("attach -t c", &["cc", "catch"]);
        check("attach -dt c", &["cc", "catch"]);
        check("li -t =w", &[]);
        check("attach -t =w", &["=work"]);
        check("new -A -s w", &["work"]);
        check("send-keys -t cc:", &["cc:0.0", "cc:0.1"]);
        check("send-keys -t cc:0.1 x", &[]);
        check("-L ", &["default", "other"]);
        check("-L other kill-ses", &["kill-session"]);
        check("set -g monitor-b", &["monitor-bell"]);
        check("set -g mouse o", &["on", "off"]);
        check("set -g mode-keys ", &["emacs", "vi"]);
        check("ls ; kill-ses", &["kill-session"]);
        check("ls ; pee", &[]);
        check("bind-key x new-w", &["new-window"]);
        check("new-window -c ", &[":dirs"]);
        check("source-file ", &[":files"]);
        check("rename-window -", &["-t"]);
        check("completions z", &["zsh"]);
        check("peek c", &["cc", "catch"]);
        check("upgrade --a", &["--allow-older"]);
        check("kept ", &["state"]);
        check("approve ", &["12kd", "7bx"]);
        check("approve --always 1", &["12kd"]);
        check("deny --reason why 7", &["7bx"]);
        check("deny --reason ", &[]);
        check("deny 7bx ", &[]);
        check("answer 7bx ", &[]);
        check("requests 1", &["12kd"]);
        check("approve-request -a 7", &["7bx"]);
        check("frobnicate ", &[]);
        check("-Z ", &[]);
    }

    #[test]
    fn it_is_the_server_of_the_flags_that_is_asked_once() {
        let words = ["-L", "other", "attach", "-t"].map(String::from);
        let mut fake = Fake(Vec::new());
        all(&words, "", &mut fake);
        let [asked] = &fake.0[..] else {
            panic!("{:?}", fake.0);
        };
        assert_eq!(asked[0], "other");
    }

    #[test]
    fn rows_name_commands_and_values_that_there_are() {
        for (name, _) in POSITIONS {
            let row = commands::lookup(name).expect(name);
            assert_eq!(row.name, *name);
        }
        for (name, _) in VERB_WORDS {
            assert!(verbs::find(name).is_some(), "{name}");
        }
        let scripts = super::super::SCRIPTS.iter().map(|(name, _)| *name);
        assert!(scripts.eq(["bash", "zsh", "fish"]));
    }
}

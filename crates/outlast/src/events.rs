//! `outlast events`: what has happened, from the server's log (`show-events`). To follow is to ask with a command that waits;
//! the client finds the next server by itself, and the next question begins after the last record that was printed.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use outlast_agent::log::Record;

use crate::ask::call;
use crate::flags::Flags;
use crate::runs::logs::{stamp, time};

const USAGE: &str = "usage: outlast events [--follow] [--since N|SPAN|TIME] [-n LINES] [--json]
N: after that record; SPAN: 10m, 2h; TIME: 2026-11-21T10:00, 10:00";
/// Columns where nobody says how many there are.
const COLUMNS: usize = 80;
/// Where the second line of a record begins.
const INDENT: usize = 6;

#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    follow: bool,
    after: Option<u64>,
    since: Option<i64>,
    last: Option<usize>,
    json: bool,
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let now = outlast_sys::clock::unix_seconds();
    let offset = outlast_sys::clock::local_time(now).offset_seconds;
    let wanted = match parse(words, now, i64::from(offset)) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => return fail(&format!("{text}\n{USAGE}")),
    };
    match show(flags, &wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => fail(&text),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("events: {}", text.trim_end());
    ExitCode::FAILURE
}

/// None: help is wanted.
fn parse(words: &[String], now: i64, offset: i64) -> Result<Option<Wanted>, String> {
    let mut wanted = Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_string())),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            let value = joined.clone().or_else(|| words.next().cloned());
            value.ok_or_else(|| format!("{flag} wants a value"))
        };
        match flag {
            "-h" | "--help" => return Ok(None),
            "-f" | "--follow" => wanted.follow = true,
            "--json" => wanted.json = true,
            "-n" | "--lines" => {
                let text = value()?;
                let lines = text.parse();
                wanted.last = Some(lines.map_err(|_| format!("-n wants a number, not {text}"))?);
            }
            "--since" => {
                let text = value()?;
                match text.parse() {
                    Ok(n) => wanted.after = Some(n),
                    Err(_) => {
                        let wrong = || {
                            format!(
                                "--since wants the number of a record, 10m, 10:00 or 2026-11-21T10:00, not {text}"
                            )
                        };
                        wanted.since = Some(time(&text, now, offset).ok_or_else(wrong)?);
                    }
                }
            }
            _ => return Err(format!("unknown word {word}")),
        }
    }
    Ok(Some(wanted))
}

/// The line before a piece: number of its last record, whether there is more already, number of the newest record that is
/// not kept any more though it was asked for (0: none).
fn head(text: &str) -> Option<(u64, bool, u64)> {
    let mut fields = text.split(' ').map(|field| field.parse::<u64>().ok());
    Some((fields.next()??, fields.next()?? == 1, fields.next()??))
}

fn show(flags: &Flags, wanted: &Wanted) -> Result<(), String> {
    let mut printer = Printer::new(wanted.json);
    let mut after = wanted.after;
    let mut first = true;
    loop {
        let mut words: Vec<String> = vec!["show-events".into(), "-m".into()];
        if let Some(n) = after {
            words.extend(["-s".into(), n.to_string()]);
        }
        if first {
            // To follow is to hear what comes from now on.
            let alone = wanted.follow && wanted.after.is_none() && wanted.since.is_none();
            let last = wanted.last.or(alone.then_some(0));
            words.extend(
                wanted
                    .since
                    .iter()
                    .flat_map(|t| ["-t".into(), t.to_string()]),
            );
            words.extend(last.iter().flat_map(|n| ["-n".into(), n.to_string()]));
        } else if wanted.follow {
            words.push("-w".into());
        }
        let answer = call(flags, false, &words)?;
        if answer.status != 0 {
            return Err(answer.said().to_string());
        }
        let Some((line, text)) = answer.text.split_once('\n') else {
            // It was sent away while it waited.
            return match first {
                true => Err("the server has ended".into()),
                false => Ok(()),
            };
        };
        let (last, more, missed) = head(line).ok_or("the server does not know show-events -m")?;
        let written = (missed != 0)
            .then(|| printer.dropped(after.unwrap_or(0), missed))
            .into_iter()
            .chain(text.lines().map(|line| printer.line(line)))
            .collect::<std::io::Result<()>>()
            .and_then(|()| std::io::stdout().flush());
        if written.is_err() {
            // Who reads has had enough.
            return Ok(());
        }
        (after, first) = (Some(last), false);
        if !more && !wanted.follow {
            return Ok(());
        }
    }
}

struct Printer {
    json: bool,
    columns: usize,
    /// The day that was last named.
    day: String,
}

impl Printer {
    fn new(json: bool) -> Printer {
        let stdout = std::io::stdout();
        let columns = match stdout.is_terminal() {
            true => outlast_sys::pty::winsize(std::os::fd::AsFd::as_fd(&stdout))
                .map_or(COLUMNS, |(columns, _)| usize::from(columns).max(20)),
            // A program wants a record to a line.
            false => usize::MAX,
        };
        Printer {
            json,
            columns,
            day: String::new(),
        }
    }

    fn line(&mut self, line: &str) -> std::io::Result<()> {
        if self.json {
            return writeln!(std::io::stdout(), "{line}");
        }
        let Ok(record) = serde_json::from_str::<Record>(line) else {
            return Ok(());
        };
        let local =
            record.time + i64::from(outlast_sys::clock::local_time(record.time).offset_seconds);
        let stamp = stamp(local);
        let (day, clock) = stamp.split_once(' ').unwrap_or(("", &stamp));
        let mut out = std::io::stdout();
        if self.day != day {
            self.day = day.to_string();
            writeln!(out, "{day}")?;
        }
        let text = format!("{} {}", clock.get(..5).unwrap_or(clock), words(&record));
        writeln!(out, "{}", wrapped(&text, self.columns))
    }

    fn dropped(&self, after: u64, upto: u64) -> std::io::Result<()> {
        if self.json {
            let said = serde_json::json!({"event": "dropped", "after": after, "upto": upto});
            return writeln!(std::io::stdout(), "{said}");
        }
        let text =
            format!("      what came after record {after} up to {upto} is not kept any more");
        writeln!(std::io::stdout(), "{}", wrapped(&text, self.columns))
    }
}

/// A record as people read it.
fn words(record: &Record) -> String {
    let Record {
        event,
        state,
        session,
        pane,
        run,
        agent,
        kind,
        id,
        by,
        text,
        ..
    } = record;
    let place = match (session.is_empty(), pane.is_empty()) {
        (false, _) => format!("{session}: "),
        (true, false) => format!("{pane}: "),
        (true, true) => String::new(),
    };
    let who = match &**event {
        "agent" if !agent.is_empty() => agent.clone(),
        "run" if run != session => format!("run {run}"),
        "pane" => pane.clone(),
        other => other.to_string(),
    };
    // By which way its state is known is for programs.
    let by = if event == "agent" { "" } else { by.as_str() };
    let mut said = format!("{place}{who} {state}");
    for (before, what) in [
        (" ", id.as_str()),
        (" for ", kind.as_str()),
        (" by ", by),
        (": ", text.as_str()),
    ] {
        if !what.is_empty() {
            said.push_str(before);
            said.push_str(what);
        }
    }
    said
}

/// Lines of at most so many characters, broken between words where that is possible.
fn wrapped(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_string();
    }
    let mut lines: Vec<String> = vec![String::new()];
    let mut fresh = true;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().expect("there is one");
            let used = line.chars().count();
            let gap = usize::from(!fresh);
            if used + gap + word.len() <= columns {
                line.extend(std::iter::repeat_n(' ', gap).chain(word));
                fresh = false;
                break;
            }
            if fresh {
                // Longer than a line.
                let rest = word.split_off(columns.saturating_sub(used).max(1).min(word.len()));
                line.extend(word);
                word = rest;
            }
            lines.push(" ".repeat(INDENT));
            fresh = true;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_is_wanted() {
        let words = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(String::from).collect();
            parse(&words, 10_000, 0)
        };
        let wanted = words("--follow --since 1795300000001 --json")
            .unwrap()
            .unwrap();
        assert!(wanted.follow && wanted.json);
        assert_eq!(
            (wanted.after, wanted.since),
            (Some(1_795_300_000_001), None)
        );
        let wanted = words("--since=1m -n 5").unwrap().unwrap();
        assert_eq!(
            (wanted.after, wanted.since, wanted.last),
            (None, Some(9940), Some(5))
        );
        assert_eq!(words("-h"), Ok(None));
        for bad in ["x", "-n", "-n x", "--since soon", "--what"] {
            assert!(words(bad).is_err(), "{bad}");
        }
        assert_eq!(head("12 1 7"), Some((12, true, 7)));
        assert_eq!(head("{"), None);
    }

    #[test]
    fn a_record_fits_a_telephone() {
        let record = Record {
            event: "agent".into(),
            state: "waiting".into(),
            kind: "permission".into(),
            session: "api".into(),
            pane: "%3".into(),
            agent: "claude".into(),
            text: format!("approve Bash: touch {}", "x".repeat(60)),
            ..Record::default()
        };
        let text = format!("10:00 {}", words(&record));
        let lines = wrapped(&text, 40);
        assert!(
            lines.lines().all(|line| line.chars().count() <= 40),
            "{lines}"
        );
        assert_eq!(
            lines.lines().next().unwrap(),
            "10:00 api: claude waiting for"
        );
        let joined: String = lines.split_whitespace().collect();
        assert_eq!(joined, text.split_whitespace().collect::<String>());
        assert_eq!(wrapped("a b", 40), "a b");
    }
}

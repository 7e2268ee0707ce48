//! `outlast logs`: what a run has said, from the history of its pane.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use outlast_core::run::lines::parse_span;
use outlast_lang::format::{Time, strftime};

use super::fail;
use crate::ask::call;
use crate::flags::Flags;

const USAGE: &str = "usage: outlast logs [-f] [-n LINES] [--since SPAN|TIME] [--times] NAME
SPAN: 10m, 2h; TIME: 2026-11-21T10:00, 10:00, as the clock shows here";
/// Lines that are shown first by -f unless -n or --since says otherwise.
const FIRST: u32 = 20;
/// So many lines are looked for where rows were numbered anew.
const KNOWN: usize = 6;

/// What is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    name: String,
    follow: bool,
    lines: Option<u32>,
    since: Option<i64>,
    times: bool,
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let now = outlast_sys::clock::unix_seconds();
    let offset = outlast_sys::clock::local_time(now).offset_seconds;
    let mut wanted = match parse(words, now, i64::from(offset)) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => return fail("logs", &format!("{text}\n{USAGE}")),
    };
    if wanted.follow && wanted.lines.is_none() && wanted.since.is_none() {
        wanted.lines = Some(FIRST);
    }
    match show(flags, &wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => fail("logs", &text),
    }
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
            "--times" => wanted.times = true,
            "-n" | "--lines" => {
                let text = value()?;
                let lines = text.parse();
                wanted.lines = Some(lines.map_err(|_| format!("-n wants a number, not {text}"))?);
            }
            "--since" => {
                let text = value()?;
                let wrong =
                    || format!("--since wants 10m, 2h, 10:00 or 2026-11-21T10:00, not {text}");
                wanted.since = Some(time(&text, now, offset).ok_or_else(wrong)?);
            }
            _ if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            _ if wanted.name.is_empty() => wanted.name = word.clone(),
            _ => return Err("one run at a time".into()),
        }
    }
    match wanted.name.is_empty() {
        true => Err("the name of a run is wanted; outlast status lists the runs".into()),
        false => Ok(Some(wanted)),
    }
}

/// A time as people write it, seconds since 1970.
pub fn time(text: &str, now: i64, offset: i64) -> Option<i64> {
    if let Some(ms) = parse_span(text) {
        return Some(now - i64::try_from(ms / 1000).ok()?);
    }
    let clock = |text: &str| -> Option<i64> {
        let mut parts = text.split(':').map(|part| part.parse::<i64>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = match parts.next() {
            Some(second) => second?,
            None => 0,
        };
        let good =
            (0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second);
        (good && parts.next().is_none()).then_some(hour * 3600 + minute * 60 + second)
    };
    let Some((date, rest)) = text.split_once(['T', ' ']) else {
        if text.contains(':') {
            let today = (now + offset).div_euclid(86_400) * 86_400;
            return Some(today + clock(text)? - offset);
        }
        return Some(days(text)? * 86_400 - offset);
    };
    Some(days(date)? * 86_400 + clock(rest)? - offset)
}

/// Days from 1970 to a date of the Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some()
        || !(1970..10_000).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    // Years that begin with March: the leap day is the last one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    Some(365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// The line before a piece: where the next begins, that there is more of it already, and that no more will come.
fn head(text: &str) -> Option<(String, bool, bool)> {
    let mut fields = text.split(' ');
    let (next, more, over) = (fields.next()?, fields.next()?, fields.next()?);
    Some((next.to_string(), more == "1", over == "1"))
}

/// What of `lines` is not known yet: what follows the place where all of `known` stands, the last such place.
fn after<'a>(lines: &'a [&'a str], known: &[String]) -> &'a [&'a str] {
    let same = |at: &usize| {
        lines[*at..]
            .iter()
            .zip(known)
            .all(|(line, known)| line == known)
    };
    let places = (lines.len() + 1).saturating_sub(known.len());
    match (0..places).rev().find(same) {
        Some(at) => &lines[at + known.len()..],
        None => lines,
    }
}

fn show(flags: &Flags, wanted: &Wanted) -> Result<(), String> {
    let colours = std::io::stdout().is_terminal();
    let mut next: Option<String> = None;
    let mut known: Vec<String> = Vec::new();
    loop {
        let mut words: Vec<String> = vec!["show-log".into(), "-mT".into()];
        if colours {
            words.push("-E".into());
        }
        match &next {
            // The server answers when there is more: nobody wakes up before.
            Some(next) => words.extend(["-w".into(), "-l".into(), next.clone()]),
            None => {
                words.extend(
                    wanted
                        .lines
                        .iter()
                        .flat_map(|lines| ["-n".into(), lines.to_string()]),
                );
                words.extend(
                    wanted
                        .since
                        .iter()
                        .flat_map(|since| ["-s".into(), since.to_string()]),
                );
            }
        }
        words.push(wanted.name.clone());
        let answer = call(flags, false, &words)?;
        if answer.status != 0 {
            return match next {
                // It was there: now it is gone, and that is the end of it.
                Some(_) if !answer.said().contains("unknown flag") => Ok(()),
                _ => Err(answer.said().to_string()),
            };
        }
        if answer.text.is_empty() && next.is_some() {
            // The run has gone while it was waited for.
            return Ok(());
        }
        let (first, text) = answer.text.split_once('\n').unwrap_or_default();
        let (at, more, over) = head(first).ok_or("the server does not know show-log -m")?;
        let numbering = |next: &str| next.split_once('.').map(|(_, epoch)| epoch.to_string());
        let renumbered = next
            .as_deref()
            .is_some_and(|next| numbering(next) != numbering(&at));
        let plain: Vec<&str> = text.lines().collect();
        let new = match renumbered {
            true => after(&plain, &known),
            false => &plain[..],
        };
        if write(new, wanted.times).is_err() {
            // Who reads has had enough.
            return Ok(());
        }
        known.extend(new.iter().map(|line| (*line).to_string()));
        known.drain(..known.len().saturating_sub(KNOWN));
        next = Some(at);
        if more {
            continue;
        }
        if !wanted.follow || over {
            return Ok(());
        }
    }
}

/// Lines with a time and a tab before each.
fn write(lines: &[&str], times: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        let (unix, line) = line.split_once('\t').unwrap_or(("0", line));
        if times {
            let unix: i64 = unix.parse().unwrap_or(0);
            match unix {
                0 => write!(out, "{:19}  ", "")?,
                unix => {
                    let local =
                        unix + i64::from(outlast_sys::clock::local_time(unix).offset_seconds);
                    write!(out, "{}  ", stamp(local))?;
                }
            }
        }
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// A local time, "2026-11-21 10:00:00".
pub fn stamp(local: i64) -> String {
    let time = Time {
        unix: local,
        offset: 0,
        zone: [0; 8],
    };
    strftime("%Y-%m-%d %H:%M:%S", &time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_clock_here() {
        // 2026-11-21 10:00:00 UTC.
        let now = 1_795_255_200;
        assert_eq!(stamp(now), "2026-11-21 10:00:00");
        let rows = [
            ("10m", now - 600),
            ("2026-11-21T10:00", now - 3600),
            ("2026-11-21 10:00:30", now - 3570),
            ("10:00", now - 3600),
            ("2026-11-20", now - 36_000 - 86_400 - 3600),
        ];
        for (text, unix) in rows {
            assert_eq!(time(text, now, 3600), Some(unix), "{text}");
        }
        for bad in [
            "",
            "soon",
            "25:00",
            "10:61",
            "2026-13-01",
            "2026-11-21T",
            "T10:00",
            "1-2-3-4",
        ] {
            assert_eq!(time(bad, now, 0), None, "{bad}");
        }
        for day in (0..40_000).step_by(7) {
            let text = stamp(day * 86_400 + 59);
            assert_eq!(time(&text, 0, 0), Some(day * 86_400 + 59), "{text}");
        }
    }

    #[test]
    fn words_say_what_is_wanted() {
        let words = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(String::from).collect();
            parse(&words, 10_000, 0)
        };
        let wanted = words("-f -n 5 --since=1m train")
            .expect("right")
            .expect("no help");
        assert!(wanted.follow);
        assert_eq!(
            (wanted.lines, wanted.since, wanted.name.as_str()),
            (Some(5), Some(9940), "train")
        );
        assert_eq!(words("--help"), Ok(None));
        for bad in ["", "-n x a", "-n", "--since never a", "a b", "-x a"] {
            assert!(words(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_follows_the_known_is_new() {
        let known = ["a".to_string(), "b".to_string()];
        assert_eq!(after(&["x", "a", "b", "a", "b", "c"], &known), ["c"]);
        assert_eq!(after(&["a", "b"], &known), [""; 0]);
        assert_eq!(after(&["x"], &known), ["x"]);
        assert_eq!(after(&["x"], &[]), [""; 0]);
    }
}

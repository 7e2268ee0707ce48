//! `outlast peek NAME`: the state of a session and the last lines of what it shows, without attaching.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use super::list;
use crate::ask::ask;
use crate::flags::Flags;

/// Rows that are shown unless `-n` says otherwise.
const ROWS: usize = 10;

/// The verb: `peek [-n rows] [session|window|pane]`.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let mut rows = ROWS;
    let mut target = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-n" => match words.next().and_then(|word| word.parse().ok()) {
                Some(number) => rows = number,
                None => return wrong("-n wants a number of rows"),
            },
            word if word.starts_with('-') && word.len() > 1 => {
                return wrong(&format!("unknown flag {word}"));
            }
            word if target.is_none() => target = Some(word),
            _ => return wrong("one session at a time"),
        }
    }
    match peek(flags, target, rows) {
        // Who reads may have had enough.
        Ok(text) => drop(write!(std::io::stdout(), "{text}")),
        Err(text) => {
            eprintln!("{}", text.trim_end());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn wrong(reason: &str) -> ExitCode {
    eprintln!("peek: {reason}\nusage: outlast peek [-n rows] [session]");
    ExitCode::FAILURE
}

fn peek(flags: &Flags, target: Option<&str>, rows: usize) -> Result<String, String> {
    // A server that is not there is not started; what is there after a reboot comes back with `outlast`.
    let mut to = Vec::new();
    if let Some(target) = target {
        to.extend(["-t", target]);
    }
    let asked = |words: &[&str]| ask(flags, false, &[words, &to].concat());
    if target.is_some() {
        // display-message prints something for what is not there, too.
        asked(&["has-session"])?;
    }
    let pane = asked(&["display-message", "-p", "-F", "#{session_name}\t#{pane_id}"])?;
    let (session, pane) = pane.trim_end().split_once('\t').unwrap_or_default();
    let exact = format!("={session}:");
    let panes = ask(
        flags,
        false,
        &["list-panes", "-s", "-t", &exact, "-F", list::FORMAT],
    )?;
    let shown = ask(flags, false, &["capture-pane", "-p", "-t", pane])?;
    let width = match std::io::stdout().is_terminal() {
        true => outlast_sys::pty::winsize(std::os::fd::AsFd::as_fd(&std::io::stdout()))
            .map_or(80, |(cols, _)| usize::from(cols)),
        false => usize::MAX / 4,
    };
    let now = outlast_sys::clock::unix_seconds();
    Ok(compose(&panes, &shown, now, (width, rows)))
}

/// The session's lines, a rule, and the last rows with something on them.
fn compose(panes: &str, shown: &str, now: i64, (width, rows): (usize, usize)) -> String {
    let mut text = String::new();
    // Nobody wants the age at the far right of a file.
    let list_width = width.min(60);
    for line in list::lines(&list::read(panes), now, list_width) {
        text += &line.text;
        text.push('\n');
    }
    text += &"─".repeat(width.min(40));
    text.push('\n');
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    for row in &shown[shown.len().saturating_sub(rows)..] {
        text += &list::fit(row, width);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rows_that_say_something() {
        let panes = "cc\t0\t1000\t0\tsh\t1\t0\t0\t\t\tmake\n";
        let text = compose(panes, "one\ntwo\nthree is long\n\n\n", 1007, (10, 2));
        assert_eq!(text, "cc  1…  7s\n  0 sh* m…\n──────────\ntwo\nthree is…\n");
    }
}

//! `outlast status` and `outlast ls`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use super::{fail, list};
use crate::ask::ask;
use crate::flags::Flags;
use crate::look::agents::{self, Agent};

/// From one look to the other, for the share of the processor.
const APART: Duration = Duration::from_millis(200);

/// Columns there are; a file has as many as it takes.
pub fn width() -> usize {
    match std::io::stdout().is_terminal() {
        true => outlast_sys::pty::winsize(std::os::fd::AsFd::as_fd(&std::io::stdout()))
            .map_or(80, |(cols, _)| usize::from(cols)),
        false => 10_000,
    }
}

/// Runs as they are now, one or all, with their use of the processor.
fn runs(flags: &Flags, name: Option<&str>) -> Result<Vec<list::Run>, String> {
    let mut command = vec!["list-runs", "-F", list::FORMAT];
    command.extend(name);
    let look = || ask(flags, false, &command).map(|text| list::read(&text));
    let before = look()?;
    if before.iter().all(|run| run.processes == 0) {
        return Ok(before);
    }
    let start = std::time::Instant::now();
    std::thread::sleep(APART);
    let mut runs = look()?;
    let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    list::measure(&mut runs, &before, ms);
    Ok(runs)
}

fn say(text: &str) -> ExitCode {
    // Who reads may have had enough.
    let _ = write!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).map_or_else(|_| String::new(), |text| text + "\n")
}

/// `outlast status [--json] [NAME]`.
pub fn status(flags: &Flags, words: &[String]) -> ExitCode {
    const USAGE: &str = "usage: outlast status [--json] [NAME]";
    let (mut name, mut as_json) = (None, false);
    for word in words {
        match word.as_str() {
            "-h" | "--help" => return say(&format!("{USAGE}\n")),
            "--json" => as_json = true,
            word if word.starts_with('-') => {
                return fail("status", &format!("unknown flag {word}\n{USAGE}"));
            }
            word if name.is_none() => name = Some(word),
            _ => return fail("status", &format!("one run at a time\n{USAGE}")),
        }
    }
    let runs = match runs(flags, name) {
        Ok(runs) => runs,
        Err(text) => return fail("status", &text),
    };
    let now = outlast_sys::clock::unix_seconds();
    match (as_json, name, runs.as_slice()) {
        (true, Some(_), [run]) => say(&json(run)),
        (true, ..) => say(&json(&runs)),
        (_, Some(_), [run]) => say(&list::details(run, now, width())),
        (_, _, []) => say(&format!(
            "no runs; start one with: outlast run -- COMMAND\n{}",
            sleep(flags)
        )),
        _ => say(&(list::table(&runs, now, width()) + &sleep(flags))),
    }
}

/// What of the machine's sleep is held off and for which panes, or why it is not; nothing when nobody wants that.
fn sleep(flags: &Flags) -> String {
    let said = ask(flags, false, &["display-message", "-p", "#{stay_awake}"]);
    match said.unwrap_or_default().trim() {
        "" => String::new(),
        awake => {
            let mut text = String::new();
            crate::look::list::wrap(&mut text, "sleep: ", awake, width());
            text
        }
    }
}

/// A session, for programs.
#[derive(serde::Serialize)]
struct Session {
    name: String,
    windows: u32,
    attached: u32,
    created: i64,
    activity: i64,
    /// The runs in it.
    runs: Vec<list::Run>,
    /// The agents in it.
    agents: Vec<Agent>,
}

const SESSION: &str = "#{session_name}\t#{session_windows}\t#{session_attached}\t#{session_created}\t#{session_activity}";

/// `outlast ls [--json]`.
pub fn ls(flags: &Flags, words: &[String]) -> ExitCode {
    let as_json = !words.is_empty();
    let command: &[&str] = match as_json {
        true => &["list-sessions", "-F", SESSION],
        false => &["list-sessions"],
    };
    // What tmux says, in its words, and its status.
    let sessions = match ask(flags, false, command) {
        Ok(text) => text,
        Err(text) => {
            eprintln!("{}", text.trim_end());
            return ExitCode::FAILURE;
        }
    };
    let runs = match runs(flags, None) {
        Ok(runs) => runs,
        Err(text) => return fail("ls", &text),
    };
    let agents = match ask(flags, false, &["list-panes", "-a", "-F", agents::FORMAT]) {
        Ok(text) => agents::read(&text),
        Err(text) => return fail("ls", &text),
    };
    if as_json {
        let read = |line: &str| {
            let mut fields = line.split('\t');
            let name = fields.next()?.to_string();
            let mut number = || fields.next()?.parse::<i64>().ok();
            Some(Session {
                windows: u32::try_from(number()?).ok()?,
                attached: u32::try_from(number()?).ok()?,
                created: number()?,
                activity: number()?,
                runs: runs
                    .iter()
                    .filter(|run| run.session == name)
                    .cloned()
                    .collect(),
                agents: agents
                    .iter()
                    .filter(|agent| agent.session == name)
                    .cloned()
                    .collect(),
                name,
            })
        };
        let sessions: Vec<Session> = sessions.lines().filter_map(read).collect();
        return say(&json(&sessions));
    }
    let now = outlast_sys::clock::unix_seconds();
    let columns = width();
    let mut text = String::new();
    for line in sessions.lines() {
        let shown = list::session(line, columns);
        text.push_str(&shown);
        let of = |session: &str| {
            line.strip_prefix(session)
                .is_some_and(|rest| rest.starts_with(':'))
        };
        let runs = runs.iter().filter(|run| of(&run.session));
        let agents = agents.iter().filter(|agent| of(&agent.session));
        let all: Vec<String> = runs
            .map(|run| list::short(run, now))
            .chain(agents.map(|agent| agent.line(now)))
            .collect();
        text.push_str(&list::behind(&shown, &all, columns));
        text.push('\n');
    }
    say(&text)
}

//! `outlast hook`: what an agent runs for its hooks. Record in, answer out.
//!
//! It must never make an agent worse off than without it: where there is no server, no pane, no answer, or anything is
//! wrong, it prints nothing and ends with 0, and the agent asks in its own terminal. An answer is printed whole or not at all.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use outlast_agent::answer::Form;
use outlast_agent::hook::{Event, MOST, Record};
use outlast_core::run::lines::parse_span;
use serde_json::Value;

use crate::ask::call;
use crate::flags::Flags;

const USAGE: &str = "usage: outlast hook [--agent NAME] [--wait SPAN] < RECORD";
/// For a record that asks nothing.
const TELL: Duration = Duration::from_secs(5);
/// What a server that answers may take longer than it was told to wait.
const GRACE: Duration = Duration::from_secs(3);
/// For agents that go on asking in their own terminal meanwhile.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// For agents that ask there only afterwards.
const BRIEF: Duration = Duration::from_secs(5);
/// What of a record the server has no use for, and may be long.
const UNUSED: [&str; 3] = ["tool_response", "tool_calls", "delta"];

/// The command line of a hook.
struct Asked {
    agent: String,
    wait: Option<Duration>,
}

/// Which agent has started us, where nobody has said: the one whose marks are in the environment.
fn agent() -> &'static str {
    let is_set = |name| std::env::var_os(name).is_some();
    match is_set("CODEX_HOME") && !is_set("CLAUDECODE") {
        true => "codex",
        false => "claude",
    }
}

fn read_words(words: &[String]) -> Option<Asked> {
    let (mut name, mut wait) = (None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--agent" => name = Some(words.next()?.clone()),
            "--wait" => wait = Some(Duration::from_millis(parse_span(words.next()?)?)),
            _ => return None,
        }
    }
    Some(Asked {
        agent: name.unwrap_or_else(|| agent().to_string()),
        wait,
    })
}

/// The server and pane that we run below: its socket, and the pane's id.
fn place() -> Option<(PathBuf, String)> {
    let pane = std::env::var("TMUX_PANE").ok()?;
    let tmux = std::env::var("TMUX").ok()?;
    let socket = PathBuf::from(tmux.split(',').next().filter(|path| !path.is_empty())?);
    let theirs = format!("tmux-{}", outlast_sys::user::own_uid());
    // In a pane of a real tmux its panes are not ours.
    let is_theirs = socket
        .parent()
        .is_some_and(|parent| parent.ends_with(theirs));
    (!is_theirs).then_some((socket, pane))
}

/// The record without what nobody reads.
fn slim(json: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    let fields = value.as_object_mut()?;
    for field in UNUSED {
        fields.remove(field);
    }
    Some(value.to_string())
}

fn answer(flags: &Flags, words: &[String]) -> Option<String> {
    let asked = read_words(words)?;
    let (socket, pane) = place()?;
    let mut json = String::new();
    let most = MOST as u64 + 1;
    std::io::stdin().take(most).read_to_string(&mut json).ok()?;
    let record = Record::parse(&json).ok()?;
    let asks = matches!(record.event, Event::Permission { .. });
    let usual = if Form::asks_first(&asked.agent) {
        BRIEF
    } else {
        DAY
    };
    let wait = asked.wait.unwrap_or(usual);
    let end = if asks { wait + GRACE } else { TELL };
    // A server that hangs must not hang an agent.
    std::thread::spawn(move || {
        std::thread::sleep(end);
        std::process::exit(0);
    });
    let flags = Flags {
        path: Some(socket.to_string_lossy().into_owned()),
        ..flags.clone()
    };
    let wait = format!("{}ms", wait.as_millis());
    let json = slim(&json)?;
    let command = [
        "agent-hook",
        "-a",
        &asked.agent,
        "-t",
        &pane,
        "-T",
        &wait,
        &json,
    ];
    let answer = call(&flags, false, &command).ok()?;
    (answer.status == 0).then_some(answer.text)
}

/// `outlast hook`.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let help = words
        .iter()
        .any(|word| matches!(word.as_str(), "-h" | "--help"));
    if help || std::io::stdin().is_terminal() {
        eprintln!("{USAGE}\nFor agents: setup agents writes it into their settings.");
        return ExitCode::SUCCESS;
    }
    if let Some(text) = answer(flags, words) {
        // An agent that does not listen any more asks no more.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
    ExitCode::SUCCESS
}

//! `outlast doctor`: what lets sessions end or terminals look wrong, and what to do about it. A table of checks, each a
//! function of a [`Scene`]; none starts a server, and no program that is asked is waited for longer than [`scene::LIMIT`].

mod login;
mod machine;
mod scene;
mod server;
mod sleep;
mod ssh;
mod state;
mod terminal;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::look::list::wrap;

use crate::flags::Flags;
use scene::Scene;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// As it should be.
    Ok,
    /// It cannot be told here.
    Unknown,
    /// It works, and could be better.
    Hint,
    /// Something will not work, or be lost.
    Bad,
}

impl Verdict {
    fn mark(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "?",
            Verdict::Hint => "hint",
            Verdict::Bad => "BAD",
        }
    }
    fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Hint => "hint",
            Verdict::Bad => "bad",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    verdict: Verdict,
    /// What is so.
    what: String,
    /// What to do; empty when there is nothing to do.
    remedy: String,
}

fn found(verdict: Verdict, what: impl Into<String>, remedy: impl Into<String>) -> Found {
    Found {
        verdict,
        what: what.into(),
        remedy: remedy.into(),
    }
}

fn ok(what: impl Into<String>) -> Found {
    found(Verdict::Ok, what, "")
}

fn unknown(what: impl Into<String>) -> Found {
    found(Verdict::Unknown, what, "")
}

fn hint(what: impl Into<String>, remedy: impl Into<String>) -> Found {
    found(Verdict::Hint, what, remedy)
}

fn bad(what: impl Into<String>, remedy: impl Into<String>) -> Found {
    found(Verdict::Bad, what, remedy)
}

/// A check.
struct Check {
    name: &'static str,
    /// What it looks at.
    about: &'static str,
    look: fn(&Scene) -> Found,
}

const fn check(name: &'static str, about: &'static str, look: fn(&Scene) -> Found) -> Check {
    Check { name, about, look }
}

/// All of them.
const CHECKS: &[Check] = &[
    check(
        "boot",
        "a systemd unit or a line of the crontab that runs outlast boot",
        machine::boot,
    ),
    check(
        "linger",
        "whether the user's systemd starts before a login (loginctl)",
        machine::linger,
    ),
    check(
        "logins",
        "KillUserProcesses= in logind.conf",
        machine::logins,
    ),
    check(
        "login",
        "the lines of outlast setup shell, and whether what they call is there",
        login::look,
    ),
    check(
        "oomd",
        "systemd-oomd, which ends whole units when memory is short",
        machine::oomd,
    ),
    check(
        "sleep",
        "whether this machine goes to sleep by itself",
        sleep::look,
    ),
    check(
        "ptrace",
        "kernel.yama.ptrace_scope, for outlast adopt",
        machine::ptrace,
    ),
    check("memory", "what is available, swap", machine::memory),
    check("disk", "room where the state is kept", state::disk),
    check("TERM", "TERM and its terminfo entry", terminal::term),
    check(
        "panes' TERM",
        "the terminfo entry that programs in panes need",
        terminal::inner,
    ),
    check(
        "locale",
        "UTF-8, by LC_ALL, LC_CTYPE, LANG",
        terminal::locale,
    ),
    check(
        "colour",
        "24-bit colour: COLORTERM, and what the server knows of the terminal",
        terminal::colour,
    ),
    check(
        "clipboard",
        "the option set-clipboard, and the terminal's side of it",
        terminal::clipboard,
    ),
    check(
        "nesting",
        "whether this runs inside tmux or screen",
        terminal::nesting,
    ),
    check("ssh", "keepalives of this side, as ssh -G says", ssh::look),
    check(
        "cockpit",
        "IdleTimeout= of the browser terminal",
        machine::cockpit,
    ),
    check("socket", "the socket and its directory", server::socket),
    check("server", "whether it answers", server::server),
    check(
        "keeper",
        "whether it lives, and whether memory that runs out takes it last",
        server::keeper,
    ),
    check(
        "versions",
        "what runs against what is installed",
        server::versions,
    ),
    check(
        "history",
        "memory that the text of panes takes",
        state::history,
    ),
    check(
        "state",
        "what is kept on disk: size, what is damaged or set aside",
        state::state,
    ),
    check("orphans", "programs whose pane has gone", server::orphans),
];

fn usage() -> String {
    let mut text = String::from(
        "usage: outlast [-L socket-name] [-S socket-path] doctor [--json] [--prune]\n\n\
         Looks, changes nothing, starts nothing. Exit status: 0, or 1 when something is bad.\n  \
         --prune  deletes what is kept in damaged/ and aside/, and says what\n\n",
    );
    for check in CHECKS {
        text += &format!("  {:<12} {}\n", check.name, check.about);
    }
    text
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let mut json = false;
    for word in words {
        match word.as_str() {
            "--json" => json = true,
            "--prune" => return state::prune(flags),
            "-h" | "--help" => {
                print!("{}", usage());
                return ExitCode::SUCCESS;
            }
            _ => {
                eprint!("doctor: unknown word {word}\n{}", usage());
                return ExitCode::FAILURE;
            }
        }
    }
    let scene = Scene::here(flags);
    let rows = examine(&scene);
    let width = match std::io::stdout().is_terminal() {
        true => outlast_sys::pty::winsize(std::os::fd::AsFd::as_fd(&std::io::stdout()))
            .map_or(80, |(cols, _)| usize::from(cols).max(20)),
        false => 80,
    };
    let text = match json {
        true => as_json(&rows),
        false => as_text(&rows, width),
    };
    // Who reads may have had enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    match rows.iter().any(|(_, found)| found.verdict == Verdict::Bad) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// All checks at once: what one waits for others need not.
fn examine(scene: &Scene) -> Vec<(&'static Check, Found)> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = CHECKS
            .iter()
            .map(|check| (check, scope.spawn(|| (check.look)(scene))))
            .collect();
        threads
            .into_iter()
            .map(|(check, thread)| {
                let found = thread.join();
                (
                    check,
                    found.unwrap_or_else(|_| unknown("the check itself failed")),
                )
            })
            .collect()
    })
}

/// Lines no wider than `width`; the worst last, where a terminal shows it.
fn as_text(rows: &[(&Check, Found)], width: usize) -> String {
    let mut sorted: Vec<&(&Check, Found)> = rows.iter().collect();
    sorted.sort_by_key(|(_, found)| found.verdict);
    let mut text = String::new();
    for (check, found) in sorted {
        let head = format!("{}: {}", check.name, found.what);
        wrap(
            &mut text,
            &format!("{:<5}", found.verdict.mark()),
            &head,
            width,
        );
        if !found.remedy.is_empty() {
            for line in found.remedy.lines() {
                wrap(&mut text, "   > ", line, width);
            }
        }
    }
    let count = |verdict| {
        rows.iter()
            .filter(|(_, found)| found.verdict == verdict)
            .count()
    };
    let (good, hints, wrong) = (
        count(Verdict::Ok),
        count(Verdict::Hint),
        count(Verdict::Bad),
    );
    let plural = if hints == 1 { "" } else { "s" };
    let said = format!(
        "{good} ok, {hints} hint{plural}, {wrong} bad, {} unknown",
        count(Verdict::Unknown)
    );
    wrap(&mut text, "", &said, width);
    text
}

fn as_json(rows: &[(&Check, Found)]) -> String {
    let checks: Vec<serde_json::Value> = rows
        .iter()
        .map(|(check, found)| {
            serde_json::json!({
                "name": check.name,
                "about": check.about,
                "verdict": found.verdict.name(),
                "found": found.what,
                "remedy": found.remedy,
            })
        })
        .collect();
    let wrong = rows.iter().any(|(_, found)| found.verdict == Verdict::Bad);
    let all = serde_json::json!({ "ok": !wrong, "checks": checks });
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_last_and_no_line_is_too_wide() {
        let rows: Vec<(&Check, Found)> = vec![
            (
                &CHECKS[0],
                bad(
                    "a long story about something",
                    "do:\nthis and that and more of it",
                ),
            ),
            (&CHECKS[1], ok("yes")),
            (
                &CHECKS[2],
                hint("/a/very/long/path/without/any/blank/in/it/at/all", ""),
            ),
        ];
        let text = as_text(&rows, 24);
        assert_eq!(
            text,
            "ok   linger: yes\n\
             hint logins:\n     \
                  /a/very/long/path/w\n     \
                  ithout/any/blank/in\n     \
                  /it/at/all\n\
             BAD  boot: a long story\n     \
                  about something\n   \
                > do:\n   \
                > this and that and\n     \
                  more of it\n\
             1 ok, 1 hint, 1 bad, 0\n\
             unknown\n"
        );
    }

    #[test]
    fn json_has_every_row() {
        let rows: Vec<(&Check, Found)> = vec![(&CHECKS[1], hint("\"so\"", "x"))];
        let value: serde_json::Value = serde_json::from_str(&as_json(&rows)).unwrap();
        assert_eq!(value["ok"], true);
        assert_eq!(value["checks"][0]["verdict"], "hint");
        assert_eq!(value["checks"][0]["found"], "\"so\"");
    }

    #[test]
    fn names_are_short_and_none_is_twice() {
        let names: std::collections::BTreeSet<&str> =
            CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
        assert!(names.iter().all(|name| name.len() <= 12));
    }
}

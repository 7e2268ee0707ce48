//! `outlast rules`: what is in force, what the file says, and what the file would have decided so far.
//!
//! The file on disk is a proposal: whoever can write it is not asked to be a person. What the server uses is the text that was
//! accepted in a terminal outside of all panes, and it is that text which is sent, not the name of a file.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use outlast_agent::audit::Line;
use outlast_agent::rule::{Rules, Subject, Verdict};
use outlast_agent::subject::{line, visible};

use super::{fail, record};
use crate::ask::ask;
use crate::flags::Flags;

const USAGE: &str =
    "usage: outlast rules [list] | reload [--yes] | test [--agent NAME] [--tool NAME] [COMMAND]";

/// The rules file: `outlast/rules` in the directory of configurations.
fn file() -> PathBuf {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.filter(|dir| dir.is_absolute());
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/".into()));
    config
        .unwrap_or_else(|| home().join(".config"))
        .join("outlast/rules")
}

/// The file's text; one that is not there has none.
fn proposed() -> Result<String, String> {
    let path = file();
    match std::fs::read_to_string(&path) {
        Ok(text) if text.is_empty() || text.ends_with('\n') => Ok(text),
        Ok(text) => Ok(text + "\n"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!(
            "{}: {}",
            path.display(),
            crate::socket::reason(&error)
        )),
    }
}

fn parse(text: &str) -> Result<Rules, String> {
    let home = std::env::var("HOME").unwrap_or_default();
    Rules::parse(text, &home).map_err(|wrong| {
        let path = file();
        let lines = wrong
            .iter()
            .map(|wrong| format!("{}:{}: {}", path.display(), wrong.line, wrong.what));
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// What would change, line by line: lines that only one side has.
fn difference(old: &str, new: &str) -> String {
    let lacks = |lines: &str, wanted: &str| !lines.lines().any(|line| line == wanted);
    let gone = old
        .lines()
        .filter(|line| lacks(new, line))
        .map(|line| format!("- {line}\n"));
    let come = new
        .lines()
        .filter(|line| lacks(old, line))
        .map(|line| format!("+ {line}\n"));
    let all: String = gone.chain(come).collect();
    match all.is_empty() && old != new {
        true => "(the same lines, in another order or number)\n".to_string(),
        false => visible(&all),
    }
}

fn list(flags: &Flags) -> Result<ExitCode, String> {
    let state = record::state(flags);
    let text = state
        .as_ref()
        .and_then(|state| state["rules"].as_str())
        .unwrap_or_default();
    let path = file();
    match &state {
        None => println!("no server runs, so no rules are in force"),
        Some(_) if text.trim().is_empty() => {
            println!("no rules are in force: a person is asked each time")
        }
        Some(state) => {
            let since = crate::look::list::age(
                outlast_sys::clock::unix_seconds() - state["accepted"].as_i64().unwrap_or(0),
            );
            let from = line(state["from"].as_str().unwrap_or_default(), 200);
            println!("in force, accepted from {from}, {since}:");
            for (n, text) in (1..).zip(text.lines()) {
                if !text.trim().is_empty() {
                    println!("{n:>4}  {}", line(text, 1000));
                }
            }
        }
    }
    let proposed = proposed()?;
    if proposed.trim() != text.trim() {
        println!(
            "\n{} says otherwise, which is not in force:",
            path.display()
        );
        print!("{}", difference(text, &proposed));
        println!("to put it in force: outlast rules reload");
    } else if proposed.is_empty() {
        println!("they are written in {}", path.display());
    }
    parse(&proposed)?;
    Ok(ExitCode::SUCCESS)
}

fn reload(flags: &Flags, yes: bool) -> Result<ExitCode, String> {
    let text = proposed()?;
    parse(&text)?;
    let state = record::state(flags);
    let old = state
        .as_ref()
        .and_then(|state| state["rules"].as_str())
        .unwrap_or_default();
    if old == text && state.is_some() {
        println!("nothing to change: these rules are in force");
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", difference(old, &text));
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err("to put this in force: outlast rules reload --yes".to_string());
        }
        print!("put this in force? [y/N] ");
        let _ = std::io::stdout().flush();
        let mut said = String::new();
        let _ = std::io::stdin().lock().read_line(&mut said);
        if !matches!(said.trim(), "y" | "Y" | "yes") {
            println!("nothing has changed");
            return Ok(ExitCode::FAILURE);
        }
    }
    // The text that was shown, whatever the file says by now.
    print!("{}", ask(flags, true, &["accept-rules", &text])?);
    Ok(ExitCode::SUCCESS)
}

/// What rules say of one, in a word.
fn word(rules: &Rules, subject: &Subject<'_>) -> String {
    match rules.decide(subject) {
        None => "asks".to_string(),
        Some(rule) => {
            let verb = if rule.verdict == Verdict::Allow {
                "allows"
            } else {
                "denies"
            };
            format!("{verb} (line {}: {})", rule.line, rule.text)
        }
    }
}

/// Plays the record against the file.
fn replay(rules: &Rules, lines: &[Line]) -> (String, bool) {
    let (mut out, mut wrong) = (String::new(), false);
    let mut counts = [0usize; 3];
    for entry in lines {
        let Some(subject) = entry.subject() else {
            continue;
        };
        let decided = rules.decide(&subject).map(|rule| rule.verdict);
        counts[match decided {
            Some(Verdict::Allow) => 0,
            Some(Verdict::Deny) => 1,
            None => 2,
        }] += 1;
        let person = entry.text("by") == "person";
        let other = matches!(
            (decided, entry.text("outcome")),
            (Some(Verdict::Allow), "denied") | (Some(Verdict::Deny), "allowed" | "always")
        );
        if person && other {
            wrong |= decided == Some(Verdict::Allow);
            let asked = line(entry.text("asked"), 120);
            let (id, was) = (entry.text("id"), entry.text("outcome"));
            out.push_str(&format!(
                "{id} was {was} by a person; the file {}: {asked}\n",
                word(rules, &subject)
            ));
        }
    }
    let [allowed, denied, asks] = counts;
    let all = allowed + denied + asks;
    out.push_str(&format!(
        "of {all} requests the file allows {allowed}, denies {denied}, leaves {asks} to a person\n"
    ));
    (out, wrong)
}

fn test(flags: &Flags, words: &[String]) -> Result<ExitCode, String> {
    let rules = parse(&proposed()?)?;
    let (mut agent, mut tool, mut command) = ("claude", "Bash", None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--agent" => agent = words.next().ok_or(USAGE)?,
            "--tool" => tool = words.next().ok_or(USAGE)?,
            word if command.is_none() => command = Some(word),
            _ => return Err(format!("one command, in quotes\n{USAGE}")),
        }
    }
    if let Some(command) = command {
        let here = std::env::current_dir().unwrap_or_default();
        let cwd = here.to_string_lossy();
        let subject = Subject {
            agent,
            tool,
            cwd: &cwd,
            command: Some(command),
            ..Subject::default()
        };
        println!("{}", word(&rules, &subject));
        return Ok(ExitCode::SUCCESS);
    }
    let (_, lines, _) = record::read(flags, record::state(flags).as_ref())?;
    let (text, wrong) = replay(&rules, &lines);
    print!("{text}");
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// `outlast rules`.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let (first, rest) = match words.split_first() {
        None => ("list", words),
        Some((first, rest)) => (first.as_str(), rest),
    };
    let done = match (first, rest) {
        ("-h" | "--help", _) => {
            println!("{USAGE}\nThe file is {}.", file().display());
            Ok(ExitCode::SUCCESS)
        }
        ("list", []) => list(flags),
        ("reload", []) => reload(flags, false),
        ("reload", [yes]) if yes == "--yes" => reload(flags, true),
        ("test", words) => test(flags, words),
        _ => Err(USAGE.to_string()),
    };
    done.unwrap_or_else(|text| fail("rules", &text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlast_agent::audit::{self, Head};
    use serde_json::json;

    #[test]
    fn the_record_is_played_against_the_file() {
        let mut head = Head::default();
        let mut entry = |command: &str, outcome: &str, by: &str| {
            let fields = json!({"id": "1aa", "agent": "claude", "tool": "Bash", "path": "/p", "command": command, "asked": command,
                "outcome": outcome, "by": by});
            head.append(fields.as_object().unwrap().clone())
        };
        let text = [
            entry("ls", "allowed", "person"),
            entry("rm x", "denied", "person"),
            entry("git push", "allowed", "person"),
            entry("ls -l", "withdrawn", "nobody"),
            entry("make", "allowed", "person"),
        ];
        let (lines, _) = audit::read(&text.concat(), None);
        let rules = Rules::parse("allow tool=Bash command=\"ls*\"\nallow tool=Bash command=\"rm*\"\ndeny command=\"git push*\"", "/").unwrap();
        let (said, wrong) = replay(&rules, &lines);
        assert!(wrong, "what a person has denied would be allowed");
        assert_eq!(
            said,
            "1aa was denied by a person; the file allows (line 2: allow tool=Bash command=\"rm*\"): rm x\n\
             1aa was allowed by a person; the file denies (line 3: deny command=\"git push*\"): git push\n\
             of 5 requests the file allows 3, denies 1, leaves 1 to a person\n"
        );
    }

    #[test]
    fn a_difference_hides_nothing() {
        assert_eq!(difference("a\nb\n", "b\nc\u{1b}\n"), "- a\n+ c\\u{1b}\n");
        assert_eq!(
            difference("a\nb\n", "b\na\n"),
            "(the same lines, in another order or number)\n"
        );
        assert_eq!(difference("", ""), "");
    }
}

//! `outlast limit`: what all programs of a session may use together.

use std::process::ExitCode;

use outlast_lang::args::{bytes, number};

use crate::ask::ask;
use crate::flags::Flags;

const USAGE: &str = "\
usage: outlast limit SESSION [--memory-max SIZE|none] [--processes-max N|none] [--cpu-weight N|none]

Limits for all programs of a session together; without flags it says what they are and who holds them. Those that are started
from now on are held by a control group or systemd where one can be had; elsewhere memory is looked at, now at once, and over the
limit the program that uses most is ended.
";

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let command = match command(words) {
        Ok(Some(command)) => command,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => {
            eprint!("limit: {text}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    match ask(flags, false, &command) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("limit: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// The server's words for it; None: help is wanted.
fn command(words: &[String]) -> Result<Option<Vec<String>>, String> {
    let (mut session, mut set) = (None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_string())),
            _ => (word.as_str(), None),
        };
        match flag {
            "-h" | "--help" => return Ok(None),
            "--memory-max" | "--processes-max" | "--cpu-weight" => {
                let value = joined.or_else(|| words.next().cloned());
                let value = value.ok_or_else(|| format!("{flag} wants a value"))?;
                let good = match flag {
                    "--memory-max" => bytes(&value, 1..=i64::MAX).is_ok(),
                    "--processes-max" => number(&value, 1..=i64::from(i32::MAX)).is_ok(),
                    _ => number(&value, 1..=10_000).is_ok(),
                };
                if !good && value != "none" {
                    let wants = match flag {
                        "--memory-max" => "a size: 500M, 8G",
                        "--processes-max" => "a number",
                        _ => "a number from 1 to 10000",
                    };
                    return Err(format!("{flag} wants {wants}, or none, not {value}"));
                }
                set.push((format!("session-{}", &flag[2..]), value));
            }
            _ if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            _ if session.is_none() => session = Some(word.clone()),
            _ => return Err("one session at a time".into()),
        }
    }
    let session = session.ok_or("the name of a session is wanted; outlast ls lists them")?;
    let target = format!("={session}:");
    let mut command: Vec<String> = ["has-session", "-t", &format!("={session}"), ";"]
        .map(String::from)
        .to_vec();
    for (option, value) in set {
        let (how, value) = match value.as_str() {
            "none" => ("-ut", None),
            _ => ("-t", Some(value)),
        };
        command.extend(["set-option".to_string(), how.into(), target.clone(), option]);
        command.extend(value);
        command.push(";".into());
    }
    let told = "#{session_name}: #{?session_limits,#{session_limits},no limits}";
    let show = ["display-message", "-p", "-t", &target, told];
    command.extend(show.map(String::from));
    Ok(Some(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: &str) -> Result<Option<String>, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        Ok(command(&words)?.map(|words| words.join(" ")))
    }

    #[test]
    fn flags_become_options() {
        let told = "#{session_name}: #{?session_limits,#{session_limits},no limits}";
        let has = "has-session -t =work ; ";
        let show = format!("display-message -p -t =work: {told}");
        assert_eq!(line("work"), Ok(Some(format!("{has}{show}"))));
        let set = "set-option -t =work: session-memory-max 8G ; set-option -ut =work: session-cpu-weight ; ";
        assert_eq!(
            line("--memory-max=8G work --cpu-weight none"),
            Ok(Some(format!("{has}{set}{show}")))
        );
        assert_eq!(line("--help"), Ok(None));
        for (wrong, text) in [
            ("", "the name of a session is wanted; outlast ls lists them"),
            ("a b", "one session at a time"),
            ("a --memory-max", "--memory-max wants a value"),
            (
                "a --memory-max lots",
                "--memory-max wants a size: 500M, 8G, or none, not lots",
            ),
            ("a --what", "unknown flag --what"),
        ] {
            assert_eq!(line(wrong), Err(text.to_string()), "{wrong}");
        }
    }
}

//! The verbs about runs: each is a command or two of the server's ([`outlast_core::commands::OWN`]), asked for in words that a
//! person writes, with an answer that says what to do next.

mod words;

pub mod list;
pub mod logs;
pub mod show;

use std::process::ExitCode;

use crate::ask::{ask, call};
use crate::flags::Flags;
use words::RUN_USAGE;

/// What a shell says whose command is not there.
const NOT_FOUND: u8 = 127;

/// Prints what went wrong.
fn fail(verb: &str, text: &str) -> ExitCode {
    eprintln!("{verb}: {}", text.trim_end());
    ExitCode::FAILURE
}

/// Whether `outlast run …` is ours: tmux's run-shell has short flags before its command.
pub fn run_is_ours(words: &[String]) -> bool {
    let tmux = |word: &String| {
        word.strip_prefix('-')
            .is_some_and(|rest| !rest.starts_with('-') && !matches!(rest, "" | "h"))
    };
    !words.first().is_some_and(tmux)
}

/// Whether `outlast start …` is ours: tmux's start-server takes no words.
pub fn start_is_ours(words: &[String]) -> bool {
    !words.is_empty()
}

/// Whether `outlast wait …` is ours: tmux's wait-for has its flags.
pub fn wait_is_ours(words: &[String]) -> bool {
    let tmux = |word: &String| matches!(word.as_str(), "-L" | "-S" | "-U");
    !words.iter().any(tmux) && !words.is_empty()
}

/// Whether `outlast ls …` is ours: tmux's list-sessions has short flags.
pub fn ls_is_ours(words: &[String]) -> bool {
    words.iter().all(|word| word == "--json")
}

/// `outlast run`.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let wanted = match words::parse(words) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            print!("{RUN_USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => return fail("run", &format!("{text}\n{}", RUN_USAGE.trim_end())),
    };
    if let Some(program) = words::missing(&wanted) {
        eprintln!("run: {program}: command not found; nothing was started");
        return ExitCode::from(NOT_FOUND);
    }
    let name = match ask(flags, true, &wanted.command()) {
        Ok(name) => name.trim_end().to_string(),
        Err(text) => return fail("run", &text),
    };
    if wanted.attach {
        return crate::go(flags, &["attach-session", "-t", &format!("={name}")]);
    }
    println!("{name} runs");
    for (verb, what) in [
        ("attach", "shows it"),
        ("logs -f", "reads along"),
        ("stop", "ends it"),
    ] {
        let command = format!("outlast {verb} {name}");
        println!("  {command:<24} {what}");
    }
    ExitCode::SUCCESS
}

/// One name, and nothing else.
fn one<'a>(verb: &str, words: &'a [String], about: &str) -> Result<&'a str, ExitCode> {
    match words {
        [name] if !name.starts_with('-') => Ok(name),
        [help] if matches!(help.as_str(), "-h" | "--help") => {
            println!("usage: outlast {verb} NAME\n{about}");
            Err(ExitCode::SUCCESS)
        }
        _ => Err(fail(
            verb,
            &format!(
                "the name of one run is wanted\nusage: outlast {verb} NAME; outlast status lists the runs"
            ),
        )),
    }
}

/// Has a run changed and says what became of it.
fn change(flags: &Flags, verb: &str, command: &str, words: &[String], about: &str) -> ExitCode {
    let name = match one(verb, words, about) {
        Ok(name) => name,
        Err(code) => return code,
    };
    let told = "#{run_name}: #{?#{==:#{run_state},running},runs,#{run_state}}#{?#{==:#{run_state},stopped},#{?run_last,: #{run_last},},}";
    let start = command == "start-run";
    match ask(
        flags,
        start,
        &[command, name, ";", "list-runs", "-F", told, name],
    ) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => fail(verb, &text),
    }
}

/// `outlast start`.
pub fn start(flags: &Flags, words: &[String]) -> ExitCode {
    change(
        flags,
        "start",
        "start-run",
        words,
        "Starts a run that is over, or waits to be started again.",
    )
}

/// `outlast stop`.
pub fn stop(flags: &Flags, words: &[String]) -> ExitCode {
    change(
        flags,
        "stop",
        "stop-run",
        words,
        "Ends all processes of a run: TERM, its grace, KILL.",
    )
}

/// `outlast restart`.
pub fn restart(flags: &Flags, words: &[String]) -> ExitCode {
    change(
        flags,
        "restart",
        "restart-run",
        words,
        "Ends a run and starts it again.",
    )
}

/// `outlast wait`.
pub fn wait(flags: &Flags, words: &[String]) -> ExitCode {
    const USAGE: &str = "usage: outlast wait [--timeout SPAN] NAME";
    let (mut name, mut timeout) = (None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-h" | "--help" => {
                println!(
                    "{USAGE}\nEnds with the run's own exit status; 124 when the time is over."
                );
                return ExitCode::SUCCESS;
            }
            "--timeout" => match words.next() {
                Some(span) => timeout = Some(span.clone()),
                None => {
                    return fail(
                        "wait",
                        &format!("--timeout wants a span: 30s, 10m, 2h\n{USAGE}"),
                    );
                }
            },
            word if word.starts_with('-') => {
                return fail("wait", &format!("unknown flag {word}\n{USAGE}"));
            }
            word if name.is_none() => name = Some(word.to_string()),
            _ => return fail("wait", &format!("one run at a time\n{USAGE}")),
        }
    }
    let Some(name) = name else {
        return fail("wait", USAGE);
    };
    let mut command = vec!["wait-run".to_string()];
    if let Some(timeout) = timeout {
        command.extend(["-T".to_string(), timeout]);
    }
    command.push(name);
    // One that waits is asked where the run is, not where a server could be.
    match call(flags, false, &command) {
        Ok(answer) => {
            let said = answer.said();
            if !said.is_empty() {
                eprintln!("{}", said.trim_end());
            }
            if said.starts_with("no run is called") {
                eprintln!("to wait for a channel of tmux's: outlast wait-for CHANNEL");
            }
            ExitCode::from(answer.status)
        }
        Err(text) => fail("wait", &text),
    }
}

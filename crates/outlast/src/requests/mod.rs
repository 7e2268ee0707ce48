//! Verbs about what agents ask for: the hook that asks, and what a person does with the request.
//!
//! Each is a command or two of the server's; the proof that a person says it is the server's to see.

pub mod hook;
pub mod record;
pub mod rules;
pub mod show;

use std::process::ExitCode;

use crate::ask::call;
use crate::flags::Flags;

/// Somebody or something was first.
const SETTLED: u8 = 3;

/// Prints what went wrong.
fn fail(verb: &str, text: &str) -> ExitCode {
    eprintln!("{verb}: {}", text.trim_end());
    ExitCode::FAILURE
}

/// A word for the server, to which one that ends with a semicolon would end a command.
fn word(text: &str) -> String {
    match text.strip_suffix(';') {
        Some(rest) => format!("{rest}\\;"),
        None => text.to_string(),
    }
}

/// Has a request settled, and says how it is.
fn settle(flags: &Flags, verb: &str, command: Vec<String>, id: &str) -> ExitCode {
    let told = "#{request_settled}: #{request_title}";
    let mut words = command;
    words.extend([";", "list-requests", "-F", told, id].map(str::to_string));
    match call(flags, false, &words) {
        Ok(answer) if answer.status == 0 => {
            print!("{}", answer.text);
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            let said = answer.said();
            let settled = format!("request {id} is settled");
            fail(verb, said);
            match said.to_lowercase().starts_with(&settled.to_lowercase()) {
                true => ExitCode::from(SETTLED),
                false => ExitCode::FAILURE,
            }
        }
        Err(text) => fail(verb, &text),
    }
}

/// `outlast approve`.
pub fn approve(flags: &Flags, words: &[String]) -> ExitCode {
    const USAGE: &str = "usage: outlast approve [--always[=session|local|project|user]] ID";
    let (mut id, mut command) = (None, vec!["approve-request".to_string()]);
    for word in words {
        match word.split_once('=') {
            None if matches!(word.as_str(), "-h" | "--help") => {
                println!(
                    "{USAGE}\nAllows what an agent asks for; outlast requests ID shows all of it."
                );
                return ExitCode::SUCCESS;
            }
            None if word == "--always" => command.push("-a".to_string()),
            Some(("--always", scope)) => command.extend(["-d".to_string(), scope.to_string()]),
            None if id.is_none() && !word.starts_with('-') => id = Some(word),
            _ => return fail("approve", &format!("one request is wanted\n{USAGE}")),
        }
    }
    let Some(id) = id else {
        return fail(
            "approve",
            &format!("which one? outlast requests lists them\n{USAGE}"),
        );
    };
    command.push(id.clone());
    settle(flags, "approve", command, id)
}

/// `outlast deny`.
pub fn deny(flags: &Flags, words: &[String]) -> ExitCode {
    const USAGE: &str = "usage: outlast deny ID [--reason TEXT]";
    let (mut id, mut reason) = (None, None);
    let mut words = words.iter();
    while let Some(next) = words.next() {
        match next.as_str() {
            "-h" | "--help" => {
                println!("{USAGE}\nThe agent is told the reason.");
                return ExitCode::SUCCESS;
            }
            "--reason" => match words.next() {
                Some(text) => reason = Some(text.clone()),
                None => return fail("deny", &format!("--reason wants a text\n{USAGE}")),
            },
            text if text.starts_with("--reason=") => reason = Some(text[9..].to_string()),
            text if id.is_none() && !text.starts_with('-') => id = Some(text.to_string()),
            _ => return fail("deny", &format!("one request is wanted\n{USAGE}")),
        }
    }
    let Some(id) = id else {
        return fail(
            "deny",
            &format!("which one? outlast requests lists them\n{USAGE}"),
        );
    };
    let mut command = vec!["deny-request".to_string()];
    if let Some(reason) = reason {
        command.extend(["-m".to_string(), word(&reason)]);
    }
    command.push(id.clone());
    settle(flags, "deny", command, &id)
}

/// `outlast answer`.
pub fn answer(flags: &Flags, words: &[String]) -> ExitCode {
    const USAGE: &str = "usage: outlast answer ID ANSWER...";
    match words {
        [help] if matches!(help.as_str(), "-h" | "--help") => {
            println!(
                "{USAGE}\nAn answer for each question: an option's name or number, or other words; several with commas."
            );
            ExitCode::SUCCESS
        }
        [id, answers @ ..] if !answers.is_empty() && !id.starts_with('-') => {
            let mut command = vec!["answer-request".to_string(), "--".to_string(), id.clone()];
            command.extend(answers.iter().map(|answer| word(answer)));
            settle(flags, "answer", command, id)
        }
        _ => fail(
            "answer",
            &format!("a request and its answers are wanted\n{USAGE}"),
        ),
    }
}

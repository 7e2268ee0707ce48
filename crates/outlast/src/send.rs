//! `outlast send`: a prompt for an agent, from a script, another terminal or a schedule.

use std::io::Read;
use std::process::ExitCode;

use crate::ask::call;
use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] send [--timeout 10m] NAME TEXT...

Types TEXT as a prompt for the agent in NAME (a run, a session, or a pane as tmux names it); - reads it from standard input.
It waits while the agent works or asks for something, and ends with 0 when the agent has begun with it, 1 when it has not
taken it, 124 when its time was over before there was a moment for it: then nothing has been typed.
";

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let words = match command(words, read_stdin) {
        Ok(Some(words)) => words,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => {
            eprint!("send: {text}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    match call(flags, false, &words) {
        Ok(answer) if answer.status == 0 => {
            print!("{}", answer.said());
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            eprintln!("send: {}", answer.said().trim_end());
            ExitCode::from(answer.status)
        }
        Err(text) => {
            eprintln!("send: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Whether `outlast send …` is ours: tmux's send-keys has short flags.
pub fn is_ours(words: &[String]) -> bool {
    let tmux =
        |word: &String| word.len() == 2 && word.starts_with('-') && word != "--" && word != "-h";
    !words.iter().take(1).any(tmux)
}

fn read_stdin() -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(1 << 20).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input: {}", crate::socket::reason(&error)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The server's words for it; None: help is wanted.
fn command(
    words: &[String],
    stdin: impl FnOnce() -> Result<String, String>,
) -> Result<Option<Vec<String>>, String> {
    let mut out = vec!["send-prompt".to_string()];
    let mut words = words.iter().peekable();
    while let Some(word) = words.peek() {
        match word.as_str() {
            "-h" | "--help" => return Ok(None),
            "--timeout" => {
                words.next();
                let span = words.next().ok_or("--timeout wants a span: 10m")?;
                out.extend(["-T".into(), span.clone()]);
            }
            "--" => {
                words.next();
                break;
            }
            word if word.starts_with("--") => return Err(format!("unknown flag {word}")),
            _ => break,
        }
    }
    let name = words.next().ok_or("to whom?")?;
    out.extend(["-t".into(), name.clone()]);
    let text: Vec<&str> = words.map(String::as_str).collect();
    let text = match text.as_slice() {
        [] => return Err("which prompt?".into()),
        ["-"] => stdin()?,
        words => words.join(" "),
    };
    out.extend(["--".into(), text]);
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Option<Vec<String>>, String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        command(&words, || Ok("from there\n".into()))
    }

    #[test]
    fn a_prompt_in_words() {
        let table: [(&[&str], &[&str]); 4] = [
            (&["api", "go", "on"], &["-t", "api", "--", "go on"]),
            (
                &["--timeout", "5m", "a:1.0", "-x"],
                &["-T", "5m", "-t", "a:1.0", "--", "-x"],
            ),
            (&["--", "-odd", "x"], &["-t", "-odd", "--", "x"]),
            (&["api", "-"], &["-t", "api", "--", "from there\n"]),
        ];
        for (words, command) in table {
            let made = asked(words).expect("a command").expect("no help");
            assert_eq!(made[0], "send-prompt");
            assert_eq!(made[1..], *command, "{words:?}");
        }
        assert_eq!(asked(&["--help"]), Ok(None));
        assert_eq!(asked(&[]), Err("to whom?".into()));
        assert_eq!(asked(&["api"]), Err("which prompt?".into()));
        assert_eq!(asked(&["--fast", "api"]), Err("unknown flag --fast".into()));
    }
}

//! `outlast bug-report`: what led to a screen that is wrong, in one file that replays ([`outlast_term::report`]).
//!
//! Everything comes from the running server, which is only asked; none is started. Nothing is written before what looks
//! like a secret has been pointed out ([`hide`]).

mod about;
mod hide;
mod replay;
mod secrets;
mod stream;

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use outlast_term::report::{Report, shown};
use outlast_wire::client::{ToClient, ToServer};

use crate::flags::Flags;
use crate::upgrade::Call;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] bug-report [-t PANE] [-o FILE] [--yes|--redact]
       outlast bug-report --replay FILE [--stop BYTES]
outlast help bug-report says more
";

/// The server has so long for each part of its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What the words ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    target: Option<String>,
    file: Option<PathBuf>,
    yes: bool,
    redact: bool,
    replay: Option<PathBuf>,
    stop: Option<u64>,
    help: bool,
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let done = parse(words)
        .map_err(|reason| format!("bug-report: {reason}\n{USAGE}"))
        .and_then(|wanted| match &wanted.replay {
            _ if wanted.help => Ok((USAGE.to_string(), true)),
            Some(file) => replay::run(file, wanted.stop),
            None => report(flags, &wanted).map(|text| (text, true)),
        });
    match done {
        Ok((text, good)) => {
            // Who reads may have had enough.
            let _ = write!(std::io::stdout(), "{text}");
            match good {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(text) => {
            eprintln!("{}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn parse(words: &[String]) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a word"));
        match word.as_str() {
            "-h" | "--help" => wanted.help = true,
            "-t" => wanted.target = Some(value()?.clone()),
            "-o" => wanted.file = Some(value()?.into()),
            "-y" | "--yes" => wanted.yes = true,
            "--redact" => wanted.redact = true,
            "--replay" => wanted.replay = Some(value()?.into()),
            "--stop" => {
                let number = value()?.parse();
                wanted.stop = Some(number.map_err(|_| "--stop wants a number of bytes")?);
            }
            word => return Err(format!("unknown word {word}")),
        }
    }
    if wanted.stop.is_some() && wanted.replay.is_none() {
        return Err("--stop goes with --replay".into());
    }
    Ok(wanted)
}

/// Makes the report and writes it, unless it is refused. Ok is what a person reads then.
fn report(flags: &Flags, wanted: &Wanted) -> Result<String, String> {
    let pane = about::pane(flags, wanted.target.as_deref())?;
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let sections = fetch(&path, pane.number)?;
    let mut report = Report { sections };
    report
        .sections
        .insert(0, ("about".into(), about::about(flags, &path, &pane)));
    let secrets = about::secrets(flags);
    let found = hide::find(&report, &secrets)?;
    if wanted.redact {
        hide::hide(&mut report, &secrets)?;
        let left = hide::find(&report, &secrets)?;
        if !left.is_empty() && !wanted.yes {
            return Err(format!(
                "{}nothing was written: this could not be hidden; --redact --yes writes it all the same",
                hide::list(&left)
            ));
        }
    } else if !found.is_empty() && !wanted.yes {
        eprint!("{}", hide::list(&found));
        match ask_person() {
            Answer::Yes => {}
            Answer::Hidden => {
                hide::hide(&mut report, &secrets)?;
            }
            Answer::No => {
                return Err(
                    "nothing was written: --yes writes it as it is, --redact with x in the place \
                            of what is listed"
                        .into(),
                );
            }
        }
    }
    let same = match report.replay(None) {
        Ok(replayed) if report.get("screen") == Some(&*shown(&replayed.terminal)) => {
            format!(
                "it replays to the same screen: {} bytes of output",
                replayed.bytes
            )
        }
        Ok(_) => {
            "it replays to another screen than the server has, which is to be looked into".into()
        }
        Err(error) => format!("it does not replay: {error:?}"),
    };
    let file = wanted.file.clone().unwrap_or_else(|| {
        let now = outlast_sys::clock::unix_seconds();
        format!("outlast-report-{}-{now}.txt", pane.number).into()
    });
    let shown = file.display();
    // Somebody else's file is left alone, and nobody else reads ours.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut open| open.write_all(&report.write()))
        .map_err(|error| format!("{shown}: {}", crate::socket::reason(&error)))?;
    Ok(format!(
        "{shown}\n{same}\nread it before you give it to somebody: outlast bug-report --replay {shown}\n"
    ))
}

/// What the server has of a pane.
fn fetch(path: &std::path::Path, pane: u32) -> Result<Vec<(String, Vec<u8>)>, String> {
    let silent = |error: std::io::Error| {
        format!(
            "the server on {} does not answer ({})\nit may be of a build that knows no bug-report: outlast upgrade",
            path.display(),
            crate::socket::reason(&error)
        )
    };
    let mut call = Call::to(path).map_err(silent)?;
    let mut answer = call
        .ask(&ToServer::Report { pane }, ANSWER)
        .map_err(silent)?;
    let mut sections = Vec::new();
    loop {
        match answer {
            ToClient::Section { name, .. } if name.is_empty() => return Ok(sections),
            ToClient::Section { name, bytes } => sections.push((name, bytes)),
            ToClient::Told { text, .. } => return Err(text),
            _ => {}
        }
        answer = call.answer(ANSWER).map_err(silent)?;
    }
}

/// What a person wants done with a report that has secrets.
enum Answer {
    Yes,
    Hidden,
    No,
}

fn ask_person() -> Answer {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return Answer::No;
    }
    eprint!("write it as it is (y), with x in their places (x), or not at all (n)? ");
    let mut line = String::new();
    match stdin.read_line(&mut line).map(|_| line.trim()) {
        Ok("y" | "yes") => Answer::Yes,
        Ok("x") => Answer::Hidden,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let parse = |words: &str| {
            let words: Vec<String> = words.split_whitespace().map(String::from).collect();
            super::parse(&words)
        };
        assert_eq!(
            parse("-t %3 -o f --yes --redact"),
            Ok(Wanted {
                target: Some("%3".into()),
                file: Some("f".into()),
                yes: true,
                redact: true,
                ..Wanted::default()
            })
        );
        assert_eq!(
            parse("--replay f --stop 7").map(|wanted| wanted.stop),
            Ok(Some(7))
        );
        for wrong in ["-t", "x", "--stop 7", "--replay f --stop x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

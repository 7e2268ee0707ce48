//! The hidden verb `limited`: what a pane with limits is started as. It puts itself where the kernel holds them (a scope of
//! the user's systemd, else a control group) and becomes the program, so the process is the program's from then on. Where
//! neither is to be had the program runs all the same: the server looks after memory then (`core/limits.rs`), and says what
//! nobody holds.

mod isolate;
mod scope;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

pub use isolate::missing as isolation_is_missing;
use outlast_sys::group::{self, Limits, Session, Tree};

/// What a shell exits with when a command is not there, and when it cannot be executed.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// The words of `limited`.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    name: String,
    limits: Limits,
    /// What the whole session may use.
    session: Session,
    /// Not for an isolated program: only a newer bubblewrap can say it.
    argv0: Option<OsString>,
    isolate: Option<isolate::Isolation>,
    program: Vec<OsString>,
}

/// `limited [--name N] [--memory BYTES] [--processes N] [--weight N] [--session NAME] [--session-memory BYTES]
/// [--session-processes N] [--session-weight N] [--argv0 WORD] [--isolate] [--no-network]
/// [--writable DIR]... -- PROGRAM [WORD]...`
pub fn run(words: Vec<OsString>) -> ExitCode {
    let wanted = match parse(words) {
        Ok(wanted) => wanted,
        Err(error) => {
            eprintln!("outlast limited: {error}");
            return ExitCode::from(NOT_EXECUTABLE);
        }
    };
    let session = Some(&wanted.session).filter(|session| !session.name.is_empty());
    hold(&wanted.name, &wanted.limits, session);
    let mut command = match &wanted.isolate {
        None => {
            let mut words = wanted.program.iter();
            let mut command =
                Command::new(words.next().map_or(OsStr::new(""), OsString::as_os_str));
            command.args(words);
            if let Some(argv0) = &wanted.argv0 {
                command.arg0(argv0);
            }
            command
        }
        Some(isolation) => match isolation.command(&wanted.program) {
            Ok(command) => command,
            Err(error) => {
                eprintln!("outlast: {error}");
                return ExitCode::from(NOT_FOUND);
            }
        },
    };
    let error = command.exec();
    let program = command.get_program().to_string_lossy().into_owned();
    eprintln!("outlast: {program}: {}", crate::socket::reason(&error));
    match error.kind() {
        std::io::ErrorKind::NotFound => ExitCode::from(NOT_FOUND),
        _ => ExitCode::from(NOT_EXECUTABLE),
    }
}

fn hold(name: &str, limits: &Limits, session: Option<&Session>) {
    if *limits == Limits::default() && session.is_none() {
        return;
    }
    let pid = std::process::id();
    let name = group::name(name, pid);
    if !scope::enter(&name, limits, session, pid) {
        Tree::ours().enter(&name, limits, session, pid);
    }
}

fn parse(words: Vec<OsString>) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    let mut words = words.into_iter();
    let mut isolation = isolate::Isolation::default();
    let mut isolated = false;
    while let Some(word) = words.next() {
        let flag = word.to_string_lossy().into_owned();
        let mut value = || words.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--" => break,
            "--name" => wanted.name = value()?.to_string_lossy().into_owned(),
            "--memory" => wanted.limits.memory = Some(number(&flag, &value()?)?),
            "--processes" => wanted.limits.processes = Some(number(&flag, &value()?)?),
            "--weight" => wanted.limits.weight = Some(number(&flag, &value()?)?),
            "--session" => {
                let name = value()?.to_string_lossy().into_owned();
                wanted.session.name = format!("{}{name}", group::SESSION_PREFIX);
            }
            "--session-memory" => wanted.session.limits.memory = Some(number(&flag, &value()?)?),
            "--session-processes" => {
                wanted.session.limits.processes = Some(number(&flag, &value()?)?);
            }
            "--session-weight" => wanted.session.limits.weight = Some(number(&flag, &value()?)?),
            "--argv0" => wanted.argv0 = Some(value()?),
            "--isolate" => isolated = true,
            "--no-network" => isolation.no_network = true,
            "--writable" => isolation.writable.push(value()?.into()),
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    wanted.program = words.collect();
    wanted.isolate = isolated.then_some(isolation);
    match wanted.program.is_empty() {
        true => Err("no program".to_string()),
        false => Ok(wanted),
    }
}

fn number(flag: &str, word: &OsStr) -> Result<u64, String> {
    let number = word.to_str().and_then(|word| word.parse().ok());
    number.ok_or_else(|| format!("{flag} {}: not a number", word.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn words_are_understood() {
        let wanted = parse(words(
            "--name 3 --memory 4096 --weight 50 --argv0 -bash -- /bin/bash --memory x",
        ))
        .unwrap();
        assert_eq!(
            wanted.limits,
            Limits {
                memory: Some(4096),
                processes: None,
                weight: Some(50)
            }
        );
        assert_eq!(
            (wanted.name.as_str(), wanted.argv0),
            ("3", Some("-bash".into()))
        );
        assert_eq!(
            (wanted.program, wanted.isolate),
            (words("/bin/bash --memory x"), None)
        );
        let wanted = parse(words("--session a_3 --session-memory 9 -- x")).unwrap();
        assert_eq!(wanted.session.name, "outlast_session_a_3");
        assert_eq!(wanted.session.limits.memory, Some(9));
        let wanted = parse(words("--isolate --no-network --writable /a -- x")).unwrap();
        let isolation = wanted.isolate.unwrap();
        assert!(isolation.no_network);
        assert_eq!(isolation.writable, ["/a"].map(std::path::PathBuf::from));
        for (line, error) in [
            ("--memory 4096", "no program"),
            ("--memory", "--memory needs a value"),
            ("--memory x -- y", "--memory x: not a number"),
            ("--what -- y", "unknown option --what"),
        ] {
            assert_eq!(parse(words(line)), Err(error.to_string()));
        }
    }
}

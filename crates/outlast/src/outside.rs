//! Programs of the system that are asked something: each with an end to its time, so that nothing of ours hangs with them.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What a program said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status; None: a signal ended it.
    pub status: Option<i32>,
    /// What it printed, as far as it is text.
    pub stdout: String,
    /// And what it complained of.
    pub stderr: String,
}

/// So much of what one prints is read.
const MOST: u64 = 1 << 20;

/// Runs a program to its end, at most for so long.
///
/// # Errors
/// It is not there ("not found"), cannot be run, or takes too long; text for a person.
pub fn run(argv: &[&str], stdin: Option<&str>, limit: Duration) -> Result<Ran, String> {
    let (program, rest) = argv.split_first().ok_or("no program")?;
    let mut command = Command::new(program);
    command
        .args(rest)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.stdin(if stdin.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let child = command.spawn();
    let mut child = child.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "not found".to_string(),
        _ => crate::socket::reason(&error),
    })?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), stdin) {
        // One that does not read says what it wants by its status.
        let _ = pipe.write_all(text.as_bytes());
    }
    let (tell, told) = mpsc::channel();
    let out = child.stdout.take();
    let err = child.stderr.take();
    for (which, pipe) in [
        (0, out.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>)),
        (1, err.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>)),
    ] {
        let tell = tell.clone();
        // A thread that outlives us waits for a program that somebody else keeps alive; it ends with us.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(pipe) = pipe {
                let _ = pipe.take(MOST).read_to_end(&mut bytes);
            }
            let _ = tell.send((which, String::from_utf8_lossy(&bytes).into_owned()));
        });
    }
    drop(tell);
    let end = std::time::Instant::now() + limit;
    let mut ran = Ran::default();
    let watched =
        outlast_sys::children::watch_end(child.id()).map_err(|error| error.to_string())?;
    let left = end.saturating_duration_since(std::time::Instant::now());
    let ended = outlast_sys::poll::readable_within(std::os::fd::AsFd::as_fd(&watched), left);
    if !ended.is_ok_and(|ended| ended) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("no answer within {} s", limit.as_secs()));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    ran.status = status.code();
    // What it has left running may hold the pipes open: what it said itself is there by now.
    for _ in 0..2 {
        match told.recv_timeout(Duration::from_millis(500)) {
            Ok((0, text)) => ran.stdout = text,
            Ok((_, text)) => ran.stderr = text,
            Err(_) => break,
        }
    }
    Ok(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_heard() {
        let ran = run(
            &["sh", "-c", "cat; echo no >&2; exit 3"],
            Some("in\n"),
            Duration::from_secs(60),
        )
        .unwrap();
        assert_eq!(
            (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
            (Some(3), "in\n", "no\n")
        );
        let none = run(&["outlast-no-such-program"], None, Duration::from_secs(60));
        assert_eq!(none, Err("not found".into()));
    }

    #[test]
    fn one_that_does_not_answer_is_ended() {
        let ran = run(&["sleep", "1000"], None, Duration::from_millis(10));
        assert_eq!(ran, Err("no answer within 0 s".into()));
    }
}

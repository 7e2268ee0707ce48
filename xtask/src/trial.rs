//! The tests, once; what fails where foreign programs and the machine's pace decide gets a second trial, alone.
//!
//! A test that drives vim, bash or an agent on a busy machine can lose a race that no user would see. It is then played
//! once more, by itself, and is named at the end either way. Where a failure can mean a lost byte, a key typed twice or
//! a session gone, there is no second trial: one in a thousand is the finding there.

use std::io::{BufRead, BufReader, PipeReader, Write};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::args::root;

/// Words of cargo for all tests, with the server's pause points, which do nothing unless asked.
const WORDS: [&str; 4] = [
    "test",
    "--workspace",
    "--features=outlast/faults",
    "--no-fail-fast",
];

/// Test programs of the `outlast` package whose first word counts.
const FINAL: [&str; 9] = [
    "faults", "goodbye", "guard", "keeper", "origin", "readers", "reboot", "survive", "torture",
];

/// So long the output may stay open behind cargo's end.
const LEFT_BEHIND: Duration = Duration::from_secs(5);

/// More than so many failures are no chance of the hour.
const SECOND_TRIALS: usize = 3;

/// A test program that failed: how cargo runs it alone, and its tests that failed.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    words: Vec<String>,
    tests: Vec<String>,
}

impl Failed {
    fn name(&self) -> String {
        format!("{}: {}", self.words.join(" "), self.tests.join(", "))
    }

    /// Whether a second trial says anything: a test program that foreign programs take part in, and that came to its end.
    fn may_try_again(&self) -> bool {
        match self.words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["-p", "outlast", "--test", program] => {
                !self.tests.is_empty() && !FINAL.contains(&program)
            }
            _ => false,
        }
    }
}

/// Reads what the test programs and cargo say, line by line.
#[derive(Default)]
struct Reader {
    tests: Vec<String>,
    failed: Vec<Failed>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test ")
            && let Some((name, word)) = rest.rsplit_once(" ... ")
            && word.starts_with("FAILED")
        {
            self.tests.push(name.into());
        } else if let Some((_, rest)) = line.split_once("to rerun pass `") {
            let words = rest.split('`').next().unwrap_or_default();
            self.failed.push(Failed {
                words: words.split_whitespace().map(Into::into).collect(),
                tests: std::mem::take(&mut self.tests),
            });
        }
    }
}

/// Runs cargo, shows all it says, and returns whether it ended well and what failed.
fn play(words: &[String]) -> std::io::Result<(bool, Vec<Failed>)> {
    println!("== cargo {}", words.join(" "));
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let (from, into) = std::io::pipe()?;
    let mut child = {
        let mut command = Command::new(&cargo);
        command.args(words).current_dir(root());
        // Both in one, so that what failed stands before cargo's word on it. The command holds the pipe's other end.
        command.stdout(into.try_clone()?).stderr(into);
        command.spawn()?
    };
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let read = show(from, |word| drop(tell.send(Ok(word))));
        drop(tell.send(read.map(|()| Word::End)));
    });
    let ended_well = child.wait()?.success();
    let mut reader = Reader::default();
    loop {
        match told.recv_timeout(LEFT_BEHIND) {
            Ok(Ok(Word::Line(line))) => reader.line(&line),
            Ok(Ok(Word::End)) => break,
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                println!("a process that a test left behind still holds its output");
                break;
            }
        }
    }
    Ok((ended_well, reader.failed))
}

/// What the reading thread tells.
enum Word {
    Line(String),
    End,
}

/// Shows what comes and gives it on, line by line.
fn show(from: PipeReader, mut give: impl FnMut(Word)) -> std::io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        give(Word::Line(
            String::from_utf8_lossy(&line).trim_end().to_string(),
        ));
        line.clear();
    }
    Ok(())
}

/// All tests. `Ok(false)`: some failed, and the last lines printed name them.
pub fn run() -> std::io::Result<bool> {
    let words: Vec<String> = WORDS.iter().map(|word| (*word).to_string()).collect();
    let (ended_well, failed) = play(&words)?;
    let tests: usize = failed.iter().map(|failed| failed.tests.len()).sum();
    if ended_well || failed.is_empty() {
        return Ok(ended_well);
    }
    let (mut unsteady, mut broken) = (Vec::new(), Vec::new());
    for failed in failed {
        let again = tests <= SECOND_TRIALS && failed.may_try_again();
        let mut words = vec![String::from("test"), "--features=outlast/faults".into()];
        words.extend(failed.words.clone());
        words.extend(["--".into(), "--exact".into(), "--test-threads=1".into()]);
        words.extend(failed.tests.clone());
        if again && play(&words)?.0 {
            unsteady.push(failed.name());
        } else {
            broken.push(failed.name());
        }
    }
    for name in &unsteady {
        println!("unsteady (failed, then passed alone; its first words are above): {name}");
    }
    for name in &broken {
        println!("failed: {name}");
    }
    Ok(broken.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Failed, Reader};

    fn failed(words: &str, tests: &[&str]) -> Failed {
        Failed {
            words: words.split(' ').map(Into::into).collect(),
            tests: tests.iter().map(|test| (*test).into()).collect(),
        }
    }

    #[test]
    fn what_failed_is_read_from_what_cargo_says() {
        let mut reader = Reader::default();
        for line in [
            "test a ... ok",
            "test b::c ... FAILED",
            "test outlast::copy/vi ... FAILED (1.02 s)",
            "error: test failed, to rerun pass `-p outlast --test programs`",
            "test d ... ok",
            "error: test failed, to rerun pass `-p outlast-core --lib`",
        ] {
            reader.line(line);
        }
        assert_eq!(
            reader.failed,
            [
                failed("-p outlast --test programs", &["b::c", "outlast::copy/vi"]),
                failed("-p outlast-core --lib", &[]),
            ]
        );
    }

    #[test]
    fn a_lost_byte_gets_no_second_trial() {
        assert!(failed("-p outlast --test programs", &["vim"]).may_try_again());
        assert!(!failed("-p outlast --test survive", &["flood"]).may_try_again());
        assert!(!failed("-p outlast-core --lib", &["x"]).may_try_again());
        assert!(!failed("-p outlast --test programs", &[]).may_try_again());
    }
}

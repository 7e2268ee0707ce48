//! System calls that a test has fail, with the feature `faults`; without it, nothing.
//!
//! `OUTLAST_FAIL` names a file. While it is there its lines say `WHO CALL ERRNO FROM COUNT`: in the process that is
//! called `WHO` (its verb: `server`, `keeper`) calls of this kind fail with the number ERRNO, from the FROM-th on since
//! the process has first seen the line, COUNT of them. Then the line is taken out and the last one with the file, so
//! that the next process is spared, and the test sees that it has struck. COUNT 0: all of them, and the line stays.
//! ERRNO 0: the process is killed there.
//!
//! | call | where |
//! |---|---|
//! | `memfd`, `ftruncate`, `mmap`, `pwrite`, `fallocate` | memory files |
//! | `splice` | bytes on their way between a program and its rings |
//! | `publish` | between a plain read into a ring and its being published; it cannot fail, only be the last |
//! | `fork`, `pty`, `socketpair` | starting programs |
//! | `open`, `write`, `fsync`, `rename` | the state on disk |

/// Passes a call that may be made to fail.
///
/// # Errors
/// As the test wishes.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn pass(_call: &str) -> rustix::io::Result<()> {
    Ok(())
}

/// Passes a call that may be made to fail.
///
/// # Errors
/// As the test wishes.
#[cfg(feature = "faults")]
pub fn pass(call: &str) -> rustix::io::Result<()> {
    plan::pass(call)
}

#[cfg(feature = "faults")]
mod plan {
    use std::sync::{Mutex, OnceLock, PoisonError};

    struct Plan {
        line: String,
        passed: u64,
    }

    /// The file's name and our own.
    fn setting() -> Option<&'static (String, String)> {
        static SETTING: OnceLock<Option<(String, String)>> = OnceLock::new();
        let read = || {
            let file = std::env::var("OUTLAST_FAIL").ok()?;
            Some((file, std::env::args().nth(1)?))
        };
        SETTING.get_or_init(read).as_ref()
    }

    pub(super) fn pass(call: &str) -> rustix::io::Result<()> {
        static PLANS: Mutex<Vec<Plan>> = Mutex::new(Vec::new());
        let Some((file, own)) = setting() else {
            return Ok(());
        };
        let Ok(text) = std::fs::read_to_string(file) else {
            return Ok(());
        };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if words.next() != Some(own) || words.next() != Some(call) {
                continue;
            }
            let mut number = || words.next()?.parse::<u64>().ok();
            let (Some(errno), Some(from), Some(count)) = (number(), number(), number()) else {
                continue;
            };
            let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
            plans.retain(|plan| text.lines().any(|line| line == plan.line));
            let known = plans.iter().position(|plan| plan.line == line);
            let index = known.unwrap_or_else(|| {
                let line = line.to_string();
                plans.push(Plan { line, passed: 0 });
                plans.len() - 1
            });
            let plan = &mut plans[index];
            plan.passed += 1;
            if plan.passed < from {
                continue;
            }
            if count > 0 && plan.passed + 1 >= from + count {
                plans.remove(index);
                strike_out(file, &text, line);
            }
            if errno == 0 {
                let _ = crate::signal::send(crate::process::own_pid(), crate::signal::SIGKILL);
            }
            return Err(rustix::io::Errno::from_raw_os_error(errno as i32));
        }
        Ok(())
    }

    /// Takes a line out of the file; the last one with the file.
    fn strike_out(file: &str, text: &str, done: &str) {
        let rest: Vec<&str> = text.lines().filter(|line| *line != done).collect();
        if rest.is_empty() {
            let _ = std::fs::remove_file(file);
            return;
        }
        let new = format!("{file}.rest");
        let _ = std::fs::write(&new, rest.join("\n")).and_then(|()| std::fs::rename(&new, file));
    }
}

//! All processes that are ours to signal, as /proc tells of them at one instant or nearly so.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::process::Identity;

/// Longer environments are not looked at to their end.
const ENVIRONMENT_MOST: u64 = 1 << 20;

/// A process that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub started: u64,
    /// Its parent.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// Its name: bytes chosen by the program.
    pub name: Vec<u8>,
    /// Processor time used, ms.
    pub cpu_ms: u64,
    /// Resident memory, bytes.
    pub memory: u64,
}

/// Processes of our user (for root: of all) that have not ended.
pub fn processes() -> Vec<Process> {
    let own = rustix::process::geteuid().as_raw();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = std::str::from_utf8(entry.file_name().as_bytes())
                .ok()?
                .parse()
                .ok()?;
            if own != 0 && entry.metadata().ok()?.uid() != own {
                return None;
            }
            parse(pid, &std::fs::read(format!("/proc/{pid}/stat")).ok()?)
        })
        .collect()
}

/// The parent of a process.
pub fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &stat).map(|found| found.parent)
}

/// A process with all below it, and what is below `reaper`, to whom orphans come, but not what `leave_out` says of its
/// children. None: this kernel does not say whose children are whose (CONFIG_PROC_CHILDREN).
pub fn below(pid: u32, reaper: u32, leave_out: impl Fn(&Process) -> bool) -> Option<Vec<Process>> {
    let mut found: Vec<Process> = Vec::new();
    let mut wanted = vec![pid];
    wanted.extend(children(reaper)?);
    while let Some(next) = wanted.pop() {
        // A number that is taken anew while the tree is walked could close a circle.
        if found.iter().any(|process| process.pid == next) {
            continue;
        }
        let stat = std::fs::read(format!("/proc/{next}/stat"));
        let Some(process) = stat.ok().and_then(|stat| parse(next, &stat)) else {
            continue;
        };
        if next != pid && leave_out(&process) {
            continue;
        }
        wanted.extend(children(next).unwrap_or_default());
        found.push(process);
    }
    Some(found)
}

/// The children of all threads of a process.
fn children(pid: u32) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))
        .ok()?
        .flatten()
    {
        let text = match std::fs::read_to_string(thread.path().join("children")) {
            Ok(text) => text,
            // A thread that has ended meanwhile is no sign.
            Err(_) if !thread.path().exists() => continue,
            Err(_) => return None,
        };
        all.extend(
            text.split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    Some(all)
}

/// A line of /proc/PID/stat; None for what has ended and for threads of the kernel.
fn parse(pid: u32, stat: &[u8]) -> Option<Process> {
    /// Parent of the kernel's threads, where they are seen.
    const KTHREADD: u32 = 2;
    // The name in parentheses may hold anything, parentheses too.
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // As proc(5) counts them: the state is the third.
    let number = |field: usize| -> Option<u64> { fields.get(field - 3)?.parse().ok() };
    let id = |field: usize| -> Option<u32> { fields.get(field - 3)?.parse().ok() };
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    let parent = id(4)?;
    let name = stat.get(open + 1..close)?.to_vec();
    if parent == KTHREADD && number(23)? == 0 {
        return None;
    }
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    Some(Process {
        pid,
        started: number(22)?,
        parent,
        group: id(5).unwrap_or(0),
        session: id(6).unwrap_or(0),
        name,
        cpu_ms: (number(14)? + number(15)?) * 1000 / ticks,
        memory: number(24)? * rustix::param::page_size() as u64,
    })
}

/// The value of a variable that a process was started with. None: it has none of that name, or does not let us look.
pub fn variable(pid: u32, name: &str) -> Option<Vec<u8>> {
    use std::io::Read;
    let file = std::fs::File::open(format!("/proc/{pid}/environ")).ok()?;
    let mut bytes = Vec::new();
    file.take(ENVIRONMENT_MOST).read_to_end(&mut bytes).ok()?;
    bytes.split(|byte| *byte == 0).find_map(|variable| {
        let value = variable.strip_prefix(name.as_bytes())?;
        value.strip_prefix(b"=").map(<[u8]>::to_vec)
    })
}

/// A signal for exactly this process, whatever has its number by now.
///
/// # Errors
/// ESRCH: it has ended. EPERM: it is another user's.
pub fn signal(process: Identity, number: u8) -> io::Result<()> {
    let gone = || io::Error::from_raw_os_error(crate::errno::ESRCH);
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(gone)?;
    let signal = Signal::from_named_raw(i32::from(number)).ok_or(io::ErrorKind::InvalidInput)?;
    // What the descriptor is of stays what it is of; who it is, is asked afterwards.
    let held = pidfd_open(pid, PidfdFlags::empty())?;
    if Identity::of(process.pid) != Some(process) {
        return Err(gone());
    }
    Ok(pidfd_send_signal(held, signal)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_may_hold_anything() {
        let line =
            b"7 (a) b (c) S 3 4 5 0 -1 0 0 0 0 0 10 5 0 0 20 0 1 0 99 4096 2 18446744073709551615";
        let found = parse(7, line).expect("a process");
        assert_eq!(
            (found.pid, found.parent, found.group, found.session),
            (7, 3, 4, 5)
        );
        assert_eq!(found.name, b"a) b (c");
        assert_eq!(found.started, 99);
        assert!(found.cpu_ms > 0 && found.memory > 0);
        let zombie = b"7 (a) Z 3 4 5 0 -1 0 0 0 0 0 10 5 0 0 20 0 1 0 99 4096 2 1";
        assert_eq!(parse(7, zombie), None);
        assert_eq!(parse(7, b"7 (a"), None);
    }

    #[test]
    fn a_tree_is_walked_from_its_root() {
        let own = std::process::id();
        let mut child = Command::new("sh")
            .args(["-c", "sleep 600 & exec sleep 600"])
            .stdin(Stdio::null())
            .spawn()
            .expect("sh");
        let pid = child.id();
        let family = || below(pid, own, |process| process.parent == own);
        let Some(_) = family() else {
            println!("this kernel does not say whose children are whose");
            child.kill().and_then(|()| child.wait()).expect("ours");
            return;
        };
        let mut found = family().expect("said");
        while found.len() < 2 || found.iter().any(|process| process.name == b"sh") {
            std::thread::yield_now();
            found = family().expect("said");
        }
        let parents: Vec<u32> = found.iter().map(|process| process.parent).collect();
        assert_eq!(parents, [own, pid]);
        assert_eq!(parent(pid), Some(own));
        for process in found.iter().rev() {
            let started = process.started;
            signal(
                Identity {
                    pid: process.pid,
                    started,
                },
                9,
            )
            .expect("it lives");
        }
        child.wait().expect("ours");
    }

    #[test]
    fn a_signal_reaches_who_is_meant() {
        let mut child = Command::new("sleep")
            .arg("600")
            .env("OUTLAST_TREE_TEST", "it is me")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep");
        let pid = child.id();
        let found = processes().into_iter().find(|process| process.pid == pid);
        let found = found.expect("it is listed");
        let meant = Identity {
            pid,
            started: found.started,
        };
        let other = Identity {
            started: found.started + 1,
            ..meant
        };
        assert!(signal(other, 9).is_err(), "another one of that number");
        // Until it has executed it has our environment.
        while variable(pid, "OUTLAST_TREE_TEST").as_deref() != Some(b"it is me") {
            std::thread::yield_now();
        }
        assert_eq!(variable(pid, "OUTLAST_TREE"), None);
        signal(meant, 15).expect("it lives");
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(child.wait().expect("ours").signal(), Some(15));
        assert!(signal(meant, 15).is_err(), "it has ended");
    }
}

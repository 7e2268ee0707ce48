//! What the system says of processes: /proc, pidfds, signals to one pid.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::{Result, at};

/// A signal for one process. A process that is gone is no error.
pub fn signal(pid: u32, signal: Signal) -> Result<()> {
    match kill_process(raw(pid)?, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(format!("signal to {pid}: {error}")),
    }
}

/// Waits until a process has ended (it may still be a zombie).
pub fn wait_exit(pid: u32, deadline: Duration) -> Result<()> {
    let fd = match pidfd_open(raw(pid)?, PidfdFlags::empty()) {
        Ok(fd) => fd,
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        Err(error) => return Err(format!("pidfd of {pid}: {error}")),
    };
    let end = Instant::now() + deadline;
    loop {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        match poll(
            &mut fds,
            Some(&timespec(end.saturating_duration_since(Instant::now()))),
        ) {
            Ok(0) => return Err(format!("process {pid} did not end within {deadline:?}")),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("waiting for {pid}: {error}")),
        }
    }
}

/// For poll.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: duration.as_secs() as i64,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

fn raw(pid: u32) -> Result<Pid> {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| format!("no process id: {pid}"))
}

/// Fields of /proc/PID/stat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Parent.
    pub ppid: u32,
    /// `R`, `S`, `Z`, …
    pub state: char,
    /// Clock ticks since boot at the start: with the pid, who it is.
    pub started: u64,
}

/// A process's stat, None when it is gone.
pub fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        ppid: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Whether it runs (not gone, not a zombie).
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state != 'Z' && stat.state != 'X')
}

/// All processes whose environment holds `NAME=value`, by pid.
pub fn with_environment(name: &str, value: &str) -> Vec<u32> {
    let needle = format!("{name}={value}");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environ
            .split(|byte| *byte == 0)
            .any(|pair| pair == needle.as_bytes())
            && is_alive(pid)
        {
            found.push(pid);
        }
    }
    found.sort_unstable();
    found
}

/// The command line, words joined by blanks.
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_string()
}

/// Nanoseconds on a CPU so far, all threads.
pub fn cpu_ns(pid: u32) -> u64 {
    tasks(pid)
        .filter_map(|task| fs::read_to_string(format!("{task}/schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .sum()
}

/// Voluntary and forced context switches so far, all threads: how often it was woken.
pub fn switches(pid: u32) -> u64 {
    tasks(pid)
        .filter_map(|task| fs::read_to_string(format!("{task}/status")).ok())
        .flat_map(|text| {
            text.lines()
                .filter(|line| line.contains("voluntary_ctxt_switches"))
                .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .collect::<Vec<_>>()
        })
        .sum()
}

fn tasks(pid: u32) -> impl Iterator<Item = String> {
    fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().to_string_lossy().into_owned())
}

/// Proportional set size in bytes: memory with what is shared divided among its users.
pub fn pss(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kib = text
        .lines()
        .find(|line| line.starts_with("Pss:"))
        .and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Children by parent, for a look at a tree.
pub fn children() -> BTreeMap<u32, Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if let Some(stat) = stat(pid) {
            children.entry(stat.ppid).or_default().push(pid);
        }
    }
    children
}

/// The host's name up to the first dot and in full.
pub fn host() -> (String, String) {
    let full = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    (full.split('.').next().unwrap_or_default().to_string(), full)
}

/// Reads a file of /proc or another.
pub fn read(path: &str) -> Result<String> {
    at(fs::read_to_string(path), path)
}

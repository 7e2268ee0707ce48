//! `outlast boot`: has a server bring back what was there, and waits for as long as it, or its successors, live. What a
//! unit of systemd runs, and what may be the first process of a container: it reaps what is left to it.
//!
//! SIGTERM goes on to the keeper, which has everything written and ends programs in order. Exit status: 0 when the server
//! has ended in order, 1 when keeper and server were killed at once (the unit starts it again then).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_sys::poll::{Interest, Poll};
use outlast_sys::signal::{self, Signals};
use outlast_sys::{children, process};

use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] boot [--once] [COMMAND]

Brings back what was there when the machine went down, runs the command, and waits until the server ends. SIGTERM: all is
written for the next time and ended. --once: does not wait.

  outlast boot new-session -d -s main      # the command of a container
  outlast setup boot --yes                 # by itself when the machine starts
";

/// Variables that are about the unit's own process; in a pane they would mislead programs.
const UNIT: &[&str] = &[
    "NOTIFY_SOCKET",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MANAGERPID",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];
/// A server has so long to say who its keeper is now.
const ANSWER: Duration = Duration::from_secs(10);

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let (mut once, mut notify, mut rest) = (false, None, words);
    while let [first, others @ ..] = rest {
        match (first.as_str(), others) {
            ("--once", _) => once = true,
            ("--notify", [socket, others @ ..]) => {
                notify = Some(socket.as_str());
                rest = others;
                continue;
            }
            ("-h" | "--help", _) => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            (word, _) if word.starts_with('-') => {
                eprint!("boot: unknown flag {word}\n{USAGE}");
                return ExitCode::FAILURE;
            }
            _ => break,
        }
        rest = others;
    }
    if UNIT.iter().any(|name| std::env::var_os(name).is_some()) {
        eprintln!("boot: {}", crate::socket::reason(&without_unit(words)));
        return ExitCode::FAILURE;
    }
    match boot(flags, rest, once, notify) {
        Ok(code) => code,
        Err(text) => {
            eprintln!("boot: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// The same again in this process, with the unit's variables out of what panes inherit. Returns only if that fails.
fn without_unit(words: &[String]) -> io::Error {
    let mut own: Vec<_> = std::env::args_os().skip(1).collect();
    // Ours are the last words.
    own.truncate(own.len() - words.len());
    if let Some(socket) = std::env::var_os("NOTIFY_SOCKET") {
        own.extend(["--notify".into(), socket]);
    }
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg0("outlast").args(own).args(words);
    for name in UNIT {
        command.env_remove(name);
    }
    command.exec()
}

/// Tells systemd, sd_notify(3).
fn tell(socket: Option<&str>, what: &str) -> io::Result<()> {
    let Some(socket) = socket else {
        return Ok(());
    };
    let to = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(what.as_bytes(), &to)
        .map(drop)
}

fn boot(
    flags: &Flags,
    words: &[String],
    once: bool,
    notify: Option<&str>,
) -> Result<ExitCode, String> {
    let fail = |error: io::Error| crate::socket::reason(&error);
    // From here on nobody is told of the end of a child but the one who looks.
    let signals = Signals::new(&[
        signal::SIGCHLD,
        signal::SIGTERM,
        signal::SIGINT,
        signal::SIGHUP,
    ])
    .map_err(fail)?;
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let said = match words {
        [] => crate::ask::ask(flags, true, &["start-server"]),
        words => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            crate::ask::ask(flags, true, &words)
        }
    };
    match (said, words) {
        (Ok(text), _) => print!("{text}"),
        // What came back may have that name already.
        (Err(text), [_, ..]) => eprintln!("boot: {}", text.trim_end()),
        (Err(text), []) => return Err(text),
    }
    let Some(keeper) = living(&path, 0) else {
        tell(notify, "READY=1\nSTATUS=nothing was there to bring back").map_err(fail)?;
        println!("nothing was there to bring back");
        return Ok(ExitCode::SUCCESS);
    };
    tell(notify, "READY=1\nSTATUS=sessions are there").map_err(fail)?;
    match once {
        true => Ok(ExitCode::SUCCESS),
        false => wait(&path, keeper, &signals).map_err(fail),
    }
}

/// The keeper at a socket, if it is another than `old`. None: nobody is there.
fn living(path: &Path, old: u32) -> Option<u32> {
    let end = Instant::now() + ANSWER;
    while Instant::now() < end {
        match crate::upgrade::facts(path, end.saturating_duration_since(Instant::now())) {
            Ok(facts) => {
                let keeper = facts.get("keeper").and_then(|pid| pid.parse().ok());
                if let Some(keeper) = keeper.filter(|pid| *pid != old && process::exists(*pid)) {
                    return Some(keeper);
                }
            }
            // While either of the two lives, somebody listens.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                return None;
            }
            // The server died under the question.
            Err(_) => {}
        }
        // Nobody tells us when a server has a new keeper.
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

fn wait(path: &Path, mut keeper: u32, signals: &Signals) -> io::Result<ExitCode> {
    const SIGNAL: u64 = 0;
    const END: u64 = 1;
    let poll = Poll::new()?;
    poll.add(signals, SIGNAL, Interest::IN)?;
    let mut told = false;
    loop {
        let watched: Option<OwnedFd> = children::watch_end(keeper).ok();
        if let Some(end) = &watched {
            poll.add(end.as_fd(), END, Interest::IN)?;
        }
        let mut ended = watched.is_none();
        while !ended {
            poll.wait(None, |ready| ended |= ready.token == END)?;
            while let Some(signal) = signals.next_signal() {
                match signal {
                    signal::SIGCHLD => while children::next_change(|_, _| {}).is_some() {},
                    // The terminal that it was started from is no concern of the server's.
                    signal::SIGHUP => {}
                    _ => {
                        told = true;
                        let _ = signal::send(keeper, signal::SIGTERM);
                    }
                }
            }
        }
        if let Some(end) = &watched {
            poll.remove(end.as_fd())?;
        }
        while children::next_change(|_, _| {}).is_some() {}
        match living(path, keeper) {
            Some(next) => {
                keeper = next;
                if told {
                    let _ = signal::send(keeper, signal::SIGTERM);
                }
            }
            None => break,
        }
    }
    // A keeper that ends in order takes its lock away, one that is killed cannot.
    let lock = std::path::PathBuf::from(format!("{}.lock", path.display()));
    if lock.exists() && !told {
        eprintln!("boot: keeper and server were killed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

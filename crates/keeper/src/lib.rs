//! The keeper: tiny, dull, nearly immortal. It forks programs onto ptys, holds the masters, reaps, alone reads and
//! writes the ptys by way of shared rings, holds the listening socket and what servers deposit, and starts the server
//! again when it dies. It parses nothing, knows no session, and uses no heap once it runs.
//!
//! | module | question |
//! |---|---|
//! | [`keeper`] | what is in the table, what must a server be told (pure) |
//! | [`restart`] | when is the server started again, and which binary (pure) |
//! | `run` | the loop |
//! | `pump` | a slot's descriptors and rings: bytes in and out |
//! | `listen` | the socket in its directory |
//! | `launch` | how the first keeper starts |
//! | `anchor` | the keeper's parent, which outlives it |
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use outlast_sys::ledger::Ledger;
use outlast_sys::{daemon, lock, signal};

mod anchor;
pub mod keeper;
mod launch;
mod listen;
mod pump;
pub mod restart;
mod run;

pub use launch::{LaunchOptions, Launched, launch};

/// The hidden verb `keeper`: what [`launch`] executes. `args` are the words after the verb:
///
/// `--socket PATH [--private] [--lock-fd N --listen-fd N] [--started-fd N] -- SERVER-ARGS…`
///
/// or `--resume FD [--died]`: the table of a former keeper, see [`outlast_wire::keeper::handover`].
///
/// Without descriptors it takes the lock and binds the socket itself and stays in the foreground (a unit of systemd,
/// a test). The server is the same binary, executed as `server --keeper-fd 3 SERVER-ARGS…`.
pub fn main(args: Vec<OsString>) -> ExitCode {
    daemon::fill_stdio();
    // Memory files have a length too: where files may not become long a pane cannot be had, which is said.
    signal::ignore(signal::SIGXFSZ);
    match Arguments::parse(args).and_then(begin) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("outlast keeper: {error}");
            ExitCode::FAILURE
        }
    }
}

fn begin(arguments: Arguments) -> io::Result<ExitCode> {
    if let Some(table) = arguments.resume_fd {
        let resumed = run::Run::resume(daemon::inherited(table)?, arguments.died)?;
        resumed.map_or(Ok(()), |mut keeper| keeper.run())?;
        return Ok(ExitCode::SUCCESS);
    }
    let lock = match arguments.lock_fd {
        Some(fd) => lock::Lock::from_fd(daemon::inherited(fd)?),
        None => lock::try_lock_file(&listen::lock_path(&arguments.socket))?
            .ok_or(io::ErrorKind::AddrInUse)?,
    };
    let socket = match arguments.listen_fd {
        Some(fd) => daemon::inherited(fd)?,
        None => listen::bind(&arguments.socket)?,
    };
    let started = arguments.started_fd.map(daemon::inherited).transpose()?;
    let ledger = Ledger::new()?;
    if let anchor::Side::Anchor = anchor::split(&ledger)? {
        // What is the keeper's must be the keeper's alone.
        drop((lock, socket, started));
        anchor::run(&ledger)?;
        return Ok(ExitCode::SUCCESS);
    }
    let former = listen::Traces::of_former(&lock);
    let listener = listen::Listener::adopt(arguments.socket, arguments.private, lock, socket);
    let mut keeper = run::Run::new(listener, former, arguments.server_args, ledger)?;
    if let Some(started) = started {
        // The launcher may have given up; that is no reason to.
        let _ = io::Write::write(&mut std::fs::File::from(started), b"1");
    }
    keeper.run()?;
    Ok(ExitCode::SUCCESS)
}

/// The words after the verb.
#[derive(Debug, Default)]
struct Arguments {
    socket: PathBuf,
    private: bool,
    lock_fd: Option<i32>,
    listen_fd: Option<i32>,
    started_fd: Option<i32>,
    resume_fd: Option<i32>,
    died: bool,
    server_args: Vec<OsString>,
}

impl Arguments {
    fn parse(args: Vec<OsString>) -> io::Result<Arguments> {
        let mut parsed = Arguments::default();
        let mut args = args.into_iter();
        let wrong = |what: &str| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("bad argument {what}"))
        };
        let number = |word: Option<OsString>, of: &str| {
            word.and_then(|word| word.to_str()?.parse().ok())
                .map(Some)
                .ok_or_else(|| wrong(of))
        };
        while let Some(word) = args.next() {
            match word.to_str() {
                Some("--socket") => {
                    parsed.socket = args.next().ok_or_else(|| wrong("--socket"))?.into()
                }
                Some("--private") => parsed.private = true,
                Some("--lock-fd") => parsed.lock_fd = number(args.next(), "--lock-fd")?,
                Some("--listen-fd") => parsed.listen_fd = number(args.next(), "--listen-fd")?,
                Some("--started-fd") => parsed.started_fd = number(args.next(), "--started-fd")?,
                Some("--resume") => parsed.resume_fd = number(args.next(), "--resume")?,
                Some("--died") => parsed.died = true,
                Some("--") => parsed.server_args = args.by_ref().collect(),
                _ => return Err(wrong(&word.to_string_lossy())),
            }
        }
        match parsed.socket.is_absolute() || parsed.resume_fd.is_some() {
            true => Ok(parsed),
            false => Err(wrong("--socket (an absolute path)")),
        }
    }
}

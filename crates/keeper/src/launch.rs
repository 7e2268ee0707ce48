//! How the first keeper starts: exactly one for a socket, however many try.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use outlast_sys::{daemon, lock, poll, socket};

use crate::listen;

/// How a keeper is started, see [`launch`].
#[derive(Clone, Debug, Default)]
pub struct LaunchOptions {
    /// The socket's path, absolute. Its directory must exist, except with `private_directory`.
    pub socket: PathBuf,
    /// The socket is in our own directory: make it (0700), and refuse one that is not ours alone. False for `-S`.
    pub private_directory: bool,
    /// The binary that is keeper and server; empty: the running one.
    pub program: PathBuf,
    /// What the server is given after `server --keeper-fd 3`, opaque to the keeper: `-f file`, say.
    pub server_args: Vec<OsString>,
    /// Words to put before the keeper's command, to start it elsewhere: `systemd-run --user --scope --quiet`. The
    /// first is searched on PATH. They must pass descriptors on. If they come to nothing, it is started without.
    pub prefix: Vec<OsString>,
    /// Keeper and server write what they have to complain about there; none: /dev/null.
    pub log: Option<PathBuf>,
}

/// What [`launch`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launched {
    /// Nobody lived there: a keeper was started.
    Started,
    /// One lives there already.
    Running,
}

/// How long the holder of the lock may take to bring its socket up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts a keeper for this socket, detached from the caller, unless one lives. Returns when the socket takes
/// connections (which then wait for the server to accept them). Twenty at once give exactly one keeper.
///
/// # Errors
/// `PermissionDenied`: the directory is not ours alone; what bind(2), fork(2), execve(2) say; `TimedOut`: the holder
/// of the lock (`SOCKET.lock`) does not bring its socket up within 5 s.
pub fn launch(options: &LaunchOptions) -> io::Result<Launched> {
    if options.private_directory
        && let Some(directory) = options.socket.parent()
    {
        socket::private_directory(directory)?;
    }
    let end = Instant::now() + PATIENCE;
    loop {
        if lives(&options.socket)? {
            return Ok(Launched::Running);
        }
        if let Some(lock) = lock::try_lock_file(&listen::lock_path(&options.socket))? {
            // Somebody may have come and gone between the two looks.
            if lives(&options.socket)? {
                return Ok(Launched::Running);
            }
            let listener = listen::bind(&options.socket)?;
            start(options, &lock.into_fd(), &listener)?;
            return Ok(Launched::Started);
        }
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // Another launcher is at it, or a keeper is making its removed socket anew: neither can tell us when.
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether anybody listens at the path. Only a refused connection proves that nobody does.
fn lives(path: &Path) -> io::Result<bool> {
    match socket::connect(path) {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(false),
            _ => Err(error),
        },
    }
}

fn start(options: &LaunchOptions, lock: &OwnedFd, listener: &OwnedFd) -> io::Result<()> {
    if !options.prefix.is_empty() && attempt(options, &options.prefix, lock, listener).is_ok() {
        return Ok(());
    }
    attempt(options, &[], lock, listener)
}

fn attempt(
    options: &LaunchOptions,
    prefix: &[OsString],
    lock: &OwnedFd,
    listener: &OwnedFd,
) -> io::Result<()> {
    let program = match options.program.as_os_str().is_empty() {
        true => std::env::current_exe()?,
        false => options.program.clone(),
    };
    let mut argv: Vec<OsString> = prefix.to_vec();
    argv.push(program.clone().into());
    argv.extend(
        [
            "keeper",
            "--lock-fd",
            "3",
            "--listen-fd",
            "4",
            "--started-fd",
            "5",
            "--socket",
        ]
        .map(OsString::from),
    );
    argv.push(options.socket.clone().into());
    if options.private_directory {
        argv.push("--private".into());
    }
    argv.push("--".into());
    argv.extend(options.server_args.iter().cloned());
    let executed = match prefix.first() {
        Some(word) => daemon::find_program(word).ok_or(io::ErrorKind::NotFound)?,
        None => program,
    };
    let log = match &options.log {
        Some(path) => Some(
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)?,
        ),
        None => None,
    };
    // The keeper writes a byte when it works; the pipe's end without one is its end.
    let (started, tells) = io::pipe()?;
    let fds = [lock.as_fd(), listener.as_fd(), tells.as_fd()];
    daemon::start(&executed, &argv, &fds, log.as_ref().map(AsFd::as_fd))?;
    drop(tells);
    if !poll::readable_within(started.as_fd(), PATIENCE)? {
        return Err(io::ErrorKind::TimedOut.into());
    }
    match io::Read::read(&mut &started, &mut [0])? {
        0 => Err(io::ErrorKind::BrokenPipe.into()),
        _ => Ok(()),
    }
}

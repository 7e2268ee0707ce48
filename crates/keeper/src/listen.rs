//! The listening socket in its directory: under a lock, and made anew when somebody removes it. The lock's file holds
//! the traces of the keeper that has it: who finds them in a lock that nobody holds knows that a keeper did not end in
//! order, and what it had.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use outlast_sys::lock::{self, Lock};
use outlast_sys::socket;
use outlast_sys::watch::Watch;

/// The socket, held for the keeper's life.
#[derive(Debug)]
pub(crate) struct Listener {
    path: PathBuf,
    lock_path: PathBuf,
    private_directory: bool,
    lock: Lock,
    boot: String,
    socket: OwnedFd,
    /// Device and inode of what we bound.
    bound: Option<(u64, u64)>,
    watch: Option<Watch>,
}

/// Where the lock for a socket is.
pub(crate) fn lock_path(socket: &Path) -> PathBuf {
    let mut path = OsString::from(socket);
    path.push(".lock");
    PathBuf::from(path)
}

/// Binds the path, in place of a socket that nobody listens on; anything else there is somebody's and stays. The caller
/// holds the lock. Whoever finds the name finds somebody who listens: between bind(2) and listen(2) it is another one.
pub(crate) fn bind(path: &Path) -> io::Result<OwnedFd> {
    let stale = is_socket(path)?;
    let mut name = OsString::from(path);
    name.push("~");
    let before = PathBuf::from(name);
    if is_socket(&before)? {
        std::fs::remove_file(&before)?;
    }
    match socket::listen(&before) {
        Ok(socket) => {
            std::fs::rename(&before, path)?;
            Ok(socket)
        }
        // A name that is just short enough.
        Err(error) if error.raw_os_error() == Some(outlast_sys::errno::ENAMETOOLONG) => {
            if stale {
                std::fs::remove_file(path)?;
            }
            socket::listen(path)
        }
        Err(error) => Err(error),
    }
}

/// Whether there is a socket; an error if there is something else.
fn is_socket(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_socket() => Ok(true),
        Ok(_) => Err(io::Error::from_raw_os_error(outlast_sys::errno::EEXIST)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let there = std::fs::symlink_metadata(path).ok()?;
    Some((there.dev(), there.ino()))
}

/// What a keeper leaves in the lock's file, as one line: the boot's id, panes, seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Panes with a program that lived.
    pub(crate) panes: u32,
    /// The machine has not been started since.
    pub(crate) same_boot: bool,
    /// When that was written.
    pub(crate) seen_unix: i64,
}

impl Traces {
    /// Of the keeper that had this lock before.
    pub(crate) fn of_former(lock: &Lock) -> Option<Traces> {
        let mut buffer = [0; TRACES_MAX];
        let len = lock.read(&mut buffer).ok()?;
        Traces::read(std::str::from_utf8(&buffer[..len]).ok()?, &boot_id())
    }

    fn read(line: &str, boot: &str) -> Option<Traces> {
        let mut words = line.lines().next()?.split(' ');
        let (found, panes, seen) = (words.next()?, words.next()?, words.next()?);
        Some(Traces {
            panes: panes.parse().ok()?,
            same_boot: found == boot,
            seen_unix: seen.parse().ok()?,
        })
    }
}

const TRACES_MAX: usize = 128;

/// Which start of the machine this is.
fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match id.trim() {
        "" => "-".into(),
        id => id.into(),
    }
}

impl Listener {
    /// A socket that was bound, and a lock that was taken, by whoever started us.
    pub(crate) fn adopt(
        path: PathBuf,
        private_directory: bool,
        lock: Lock,
        socket: OwnedFd,
    ) -> Listener {
        let bound = identity(&path);
        let mut listener = Listener {
            lock_path: lock_path(&path),
            path,
            private_directory,
            lock,
            boot: boot_id(),
            socket,
            bound,
            // Without a watch (too many of this user's) a removed socket is noticed by SIGUSR1 only.
            watch: Watch::new().ok(),
        };
        listener.watch_directory();
        listener
    }

    fn watch_directory(&mut self) {
        if let (Some(watch), Some(directory)) = (&self.watch, self.path.parent()) {
            let _ = watch.directory(directory);
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_private(&self) -> bool {
        self.private_directory
    }

    pub(crate) fn lock_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// Writes down what this keeper has. A full disk is no reason to stop.
    pub(crate) fn leave_traces(&self, panes: u32, unix: i64) {
        let mut line = [b'\n'; TRACES_MAX];
        let mut rest = &mut line[..];
        let written = writeln!(rest, "{} {panes} {unix}", self.boot);
        if written.is_ok() {
            let _ = self.lock.write(&line);
        }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(crate) fn watch_fd(&self) -> Option<BorrowedFd<'_>> {
        self.watch.as_ref().map(AsFd::as_fd)
    }

    /// Whether something may have happened in the directory, and the socket or the lock is no longer there.
    pub(crate) fn was_removed(&self) -> bool {
        self.watch.as_ref().is_none_or(Watch::drain) && !self.is_intact()
    }

    fn is_intact(&self) -> bool {
        self.bound.is_some()
            && self.bound == identity(&self.path)
            && self.lock.guards(&self.lock_path)
    }

    /// Makes directory, lock and socket anew if they are gone. `Ok(true)`: the socket is another one now.
    pub(crate) fn renew(&mut self) -> io::Result<bool> {
        if self.is_intact() {
            return Ok(false);
        }
        if self.private_directory
            && let Some(directory) = self.path.parent()
        {
            socket::private_directory(directory)?;
        }
        if !self.lock.guards(&self.lock_path) {
            // Whoever has the new lock has the name now.
            self.lock = lock::try_lock_file(&self.lock_path)?.ok_or(io::ErrorKind::AddrInUse)?;
        }
        self.watch_directory();
        if self.bound.is_some() && self.bound == identity(&self.path) {
            return Ok(false);
        }
        if socket::connect(&self.path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        self.socket = bind(&self.path)?;
        self.bound = identity(&self.path);
        Ok(true)
    }

    /// Takes socket and lock out of the directory, if they are still ours.
    pub(crate) fn remove(&self) {
        if self.bound.is_some() && self.bound == identity(&self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
        if self.lock.guards(&self.lock_path) {
            let _ = std::fs::remove_file(&self.lock_path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_tell_a_kill_from_a_start_of_the_machine() {
        let traces = |panes, same_boot| {
            Some(Traces {
                panes,
                same_boot,
                seen_unix: 1000,
            })
        };
        assert_eq!(Traces::read("abc 3 1000\n\n\n", "abc"), traces(3, true));
        assert_eq!(Traces::read("abc 3 1000\n", "abd"), traces(3, false));
        for wrong in ["", "\n", "abc", "abc x 1", "abc 3"] {
            assert_eq!(Traces::read(wrong, "abc"), None, "{wrong:?}");
        }
    }
}

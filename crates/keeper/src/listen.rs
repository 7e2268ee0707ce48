//! The listening socket in its directory: under a lock, and made anew when somebody removes it.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
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

/// Binds the path, in place of a socket that nobody listens on. The caller holds the lock.
pub(crate) fn bind(path: &Path) -> io::Result<OwnedFd> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => socket::listen(path),
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let there = std::fs::symlink_metadata(path).ok()?;
    Some((there.dev(), there.ino()))
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

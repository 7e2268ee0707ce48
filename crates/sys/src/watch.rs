//! Noticing that a file is taken out of a directory, without looking again and again (inotify).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

/// Watches one directory for entries that go or move, and for its own end.
#[derive(Debug)]
pub struct Watch {
    fd: OwnedFd,
}

impl Watch {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// No descriptor, or too many watchers of this user.
    pub fn new() -> io::Result<Watch> {
        Ok(Watch {
            fd: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
        })
    }
    /// Watches this directory from now on (too).
    ///
    /// # Errors
    /// There is no such directory.
    pub fn directory(&self, path: &Path) -> io::Result<()> {
        let flags = WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&self.fd, path, flags)?;
        Ok(())
    }
    /// Takes all notices, saying only whether there were any: what happened is seen by looking.
    pub fn drain(&self) -> bool {
        let mut any = false;
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut reader = inotify::Reader::new(&self.fd, &mut buffer);
        while reader.next().is_ok() {
            any = true;
        }
        any
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

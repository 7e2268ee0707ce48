//! One holder at a time: a lock on a file (flock), which the kernel lets go when its last holder ends.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};

/// A held lock. A duplicate of its descriptor in a child holds it too.
#[derive(Debug)]
pub struct Lock {
    fd: OwnedFd,
}

/// Takes the lock on the file at `path`, made if there is none (0600). `None`: somebody else has it.
///
/// # Errors
/// The file cannot be opened.
pub fn try_lock_file(path: &Path) -> io::Result<Option<Lock>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    loop {
        let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        // The file may have been removed between open and lock: a lock on a file without a name keeps nobody out.
        let lock = Lock { fd };
        if lock.guards(path) {
            return Ok(Some(lock));
        }
    }
}

impl Lock {
    /// A lock that was handed over as a descriptor (over exec).
    pub fn from_fd(fd: OwnedFd) -> Lock {
        Lock { fd }
    }
    /// Whether the locked file is still the one at `path`.
    pub fn guards(&self, path: &Path) -> bool {
        let (Ok(ours), Ok(there)) = (rustix::fs::fstat(&self.fd), rustix::fs::lstat(path)) else {
            return false;
        };
        (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
    }
    /// What is written in its file, from the beginning, as far as it fits.
    ///
    /// # Errors
    /// What pread(2) says.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::pread(&self.fd, buffer, 0)?)
    }
    /// Writes over the beginning of its file.
    ///
    /// # Errors
    /// What pwrite(2) says.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::pwrite(&self.fd, bytes, 0)?)
    }
    /// Its descriptor.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }
}

impl AsFd for Lock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

//! Waiting for descriptors (epoll).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;

pub use rustix::event::epoll::EventFlags as Interest;

/// What became of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What was given to [`Poll::add`].
    pub token: u64,
    /// Can be read, or its other end is gone (reading tells).
    pub readable: bool,
    /// Can be written, or its other end is gone (writing tells).
    pub writable: bool,
    /// The other end is gone altogether.
    pub hung_up: bool,
}

/// A set of descriptors to wait for.
#[derive(Debug)]
pub struct Poll {
    fd: OwnedFd,
}

impl Poll {
    /// An empty set.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn new() -> io::Result<Poll> {
        Ok(Poll {
            fd: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        })
    }
    /// Adds a descriptor. [`Interest`]: `IN`, `OUT`, `ET` (only changes are told).
    ///
    /// # Errors
    /// EEXIST, EPERM (a plain file).
    pub fn add(&self, fd: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(
            &self.fd,
            fd,
            epoll::EventData::new_u64(token),
            interest,
        )?)
    }
    /// Changes what is waited for.
    ///
    /// # Errors
    /// ENOENT.
    pub fn modify(&self, fd: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(
            &self.fd,
            fd,
            epoll::EventData::new_u64(token),
            interest,
        )?)
    }
    /// Removes a descriptor. Needed before closing it when a duplicate lives on elsewhere.
    ///
    /// # Errors
    /// ENOENT.
    pub fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.fd, fd)?)
    }
    /// Waits until something is ready or the time is over (`None`: for ever) and calls `ready` for each. A signal
    /// ends it early without an error. At most 64 at once.
    ///
    /// # Errors
    /// None that an intact set can give.
    pub fn wait(&self, timeout: Option<Duration>, mut ready: impl FnMut(Ready)) -> io::Result<()> {
        let mut events = [epoll::Event {
            flags: Interest::empty(),
            data: epoll::EventData::new_u64(0),
        }; 64];
        let timeout = timeout.map(|time| rustix::event::Timespec {
            tv_sec: time.as_secs().min(i64::MAX as u64) as i64,
            tv_nsec: time.subsec_nanos().into(),
        });
        let count = match epoll::wait(&self.fd, &mut events[..], timeout.as_ref()) {
            Ok(count) => count,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in &events[..count] {
            let (flags, token) = (event.flags, event.data.u64());
            let gone = flags.intersects(Interest::HUP | Interest::ERR);
            ready(Ready {
                token,
                readable: gone || flags.intersects(Interest::IN | Interest::RDHUP),
                writable: gone || flags.contains(Interest::OUT),
                hung_up: gone,
            });
        }
        Ok(())
    }
}

impl AsFd for Poll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until one of two descriptors can be read (or its other end is gone), and says which. Plain files will do too.
///
/// # Errors
/// One is no descriptor.
pub fn either_readable(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<(bool, bool)> {
    let watch = |fd| rustix::event::PollFd::from_borrowed_fd(fd, rustix::event::PollFlags::IN);
    let mut fds = [watch(one), watch(other)];
    loop {
        match rustix::event::poll(&mut fds, None) {
            Ok(_) => return Ok((!fds[0].revents().is_empty(), !fds[1].revents().is_empty())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until one descriptor can be read (or its other end is gone). False: the time is over.
///
/// # Errors
/// The descriptor is not one.
pub fn readable_within(fd: BorrowedFd<'_>, timeout: Duration) -> io::Result<bool> {
    let end = std::time::Instant::now() + timeout;
    loop {
        let left = end.saturating_duration_since(std::time::Instant::now());
        let left = rustix::event::Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut fds = [rustix::event::PollFd::from_borrowed_fd(
            fd,
            rustix::event::PollFlags::IN,
        )];
        match rustix::event::poll(&mut fds, Some(&left)) {
            Ok(count) => return Ok(count != 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

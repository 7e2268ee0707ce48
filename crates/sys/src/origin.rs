//! Where a caller comes from, as the kernel tells it: which process, on which controlling terminal, below whom.
//!
//! Nothing here is what the caller says of itself. Numbers of processes are used again, so the caller is held by a
//! descriptor while it is looked at (SO_PEERPIDFD, Linux 6.5; before, pidfd_open(2) of its number and the time of its
//! start), and of each ancestor the child is looked at again after it: whose parent is still the same number has had
//! that very parent all the while.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::process::Identity;
use crate::{errno, poll, process, socket};

/// More ancestors than anybody has.
const DEPTH_MAX: usize = 1024;

/// A process on the way from the caller upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub process: Identity,
    /// Number of its parent; 0: nobody whom we see.
    pub parent: u32,
    /// Number of its controlling terminal, see [`pts_device`]; None: it has none.
    pub terminal: Option<u32>,
    /// Real user; None: it is not to be known.
    pub user: Option<u32>,
}

/// Why nothing can be said of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It has ended, or its number may be somebody else's by now.
    Gone,
    /// An ancestor does not let itself be seen (another namespace, a /proc that hides).
    Ancestor,
}

/// The caller at the other end of a connected unix socket and its ancestors, the caller first, the oldest that there is
/// last.
///
/// # Errors
/// See [`Hidden`].
pub fn of(socket: BorrowedFd<'_>) -> Result<Vec<Link>, Hidden> {
    let pid = socket::peer(socket).map_err(|_| Hidden::Gone)?.pid;
    let held = hold(socket, pid)?;
    let chain = chain(pid)?;
    // As long as it has not ended, its number is its own, and so was what was read under it.
    match poll::readable_within(held.as_fd(), std::time::Duration::ZERO) {
        Ok(false) => Ok(chain),
        _ => Err(Hidden::Gone),
    }
}

/// A descriptor of the process that connected.
fn hold(socket: BorrowedFd<'_>, pid: u32) -> Result<OwnedFd, Hidden> {
    match peer_pidfd(socket) {
        Ok(held) => Ok(held),
        // Too old a kernel. What remains there is documented in docs/proof.md.
        Err(error) if matches!(error.raw_os_error(), Some(errno::ENOPROTOOPT)) => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            pidfd_open(pid.ok_or(Hidden::Gone)?, PidfdFlags::empty()).map_err(|_| Hidden::Gone)
        }
        Err(_) => Err(Hidden::Gone),
    }
}

fn peer_pidfd(socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    const SO_PEERPIDFD: libc::c_int = 77;
    let mut fd: libc::c_int = -1;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes, the size of the number that the pointer is to.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PEERPIDFD,
            (&raw mut fd).cast(),
            &mut len,
        )
    };
    if done != 0 || fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A process and its ancestors.
///
/// # Errors
/// See [`Hidden`].
pub fn chain(pid: u32) -> Result<Vec<Link>, Hidden> {
    let mut chain: Vec<Link> = Vec::new();
    let mut next = pid;
    for _ in 0..DEPTH_MAX {
        let missing = if chain.is_empty() {
            Hidden::Gone
        } else {
            Hidden::Ancestor
        };
        let found = link(next).ok_or(missing)?;
        match chain.last().copied() {
            Some(child) => match link(child.process.pid) {
                Some(again) if again.process == child.process && again.parent == child.parent => {
                    chain.push(found);
                }
                // Its parent has ended meanwhile: it has another.
                Some(again) if again.process == child.process => {
                    chain.pop();
                    chain.push(again);
                }
                _ => return Err(missing),
            },
            None => chain.push(found),
        }
        match chain.last() {
            Some(last) if last.parent != 0 => next = last.parent,
            _ => return Ok(chain),
        }
    }
    Err(Hidden::Ancestor)
}

fn link(pid: u32) -> Option<Link> {
    let (process, parent, terminal) = process::stand(pid)?;
    let user = process::status(pid, "Uid")
        .and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
    Some(Link {
        process,
        parent,
        terminal,
        user,
    })
}

/// The number by which the kernel tells of pseudo-terminal `n` as a controlling terminal.
pub fn pts_device(n: u32) -> u32 {
    /// Unix98 slaves.
    const MAJOR: u32 = 136;
    (n & 0xff) | (MAJOR << 8) | ((n & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_chain_begins_with_the_process_and_goes_up_to_the_oldest() {
        let own = std::process::id();
        let mut child = Command::new("sleep")
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep");
        let chain = chain(child.id()).expect("it lives");
        assert_eq!(chain[0].process.pid, child.id());
        assert_eq!(chain[0].parent, own);
        assert_eq!(chain[1].process.pid, own);
        assert_eq!(chain.last().expect("one").parent, 0);
        assert!(
            chain
                .windows(2)
                .all(|two| two[0].parent == two[1].process.pid)
        );
        assert_eq!(chain[0].user, Some(rustix::process::getuid().as_raw()));
        child.kill().expect("ours");
        child.wait().expect("ours");
        assert_eq!(super::chain(child.id()).err(), Some(Hidden::Gone));
    }

    #[test]
    fn a_caller_that_has_ended_proves_nothing() {
        let dir = std::env::temp_dir().join(format!("outlast-origin-{}", std::process::id()));
        let _ = std::fs::remove_file(&dir);
        let listener = UnixListener::bind(&dir).expect("a socket");
        let ours = UnixStream::connect(&dir).expect("a connection");
        let (taken, _) = listener.accept().expect("a call");
        assert_eq!(
            of(taken.as_fd()).expect("it is us")[0].process.pid,
            std::process::id()
        );
        drop(ours);
        // Another process connects and ends; its connection is still there to be taken.
        let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])";
        let called = Command::new("python3")
            .args(["-c", script])
            .arg(&dir)
            .status();
        if called.is_ok_and(|status| status.success()) {
            let (taken, _) = listener.accept().expect("a call");
            assert_eq!(of(taken.as_fd()).err(), Some(Hidden::Gone));
        }
        std::fs::remove_file(&dir).expect("ours");
    }

    #[test]
    fn numbers_of_pseudo_terminals() {
        // As new_encode_dev of the kernel has them.
        for (n, device) in [(0, 0x8800), (7, 0x8807), (255, 0x88ff), (256, 0x10_8800)] {
            assert_eq!(pts_device(n), device);
        }
    }
}

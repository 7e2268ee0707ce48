//! How processes end: our own children, and those that are somebody else's.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// exit(n).
    Code(u8),
    /// Killed by a signal.
    Signal(u8),
    /// Stopped by a signal; it lives.
    Stopped(u8),
}

/// The next child that has ended or stopped, if any: its process id and how. `before` is told first, while an ended
/// one is not yet reaped: should we be killed before we have acted on it, what `before` has written down or whoever
/// reaps it then still knows. Afterwards an ended child's process id is free.
pub fn next_change(before: impl FnOnce(u32, Change)) -> Option<(u32, Change)> {
    // SAFETY: a zeroed siginfo is a valid one; waitid fills it in.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG;
    // SAFETY: as above.
    let (pid, status) = unsafe {
        if libc::waitid(libc::P_ALL, 0, &mut info, flags | libc::WNOWAIT) != 0 {
            return None;
        }
        (info.si_pid(), info.si_status())
    };
    let pid = u32::try_from(pid).ok().filter(|pid| *pid != 0)?;
    let change = match info.si_code {
        libc::CLD_EXITED => Change::Code(status as u8),
        libc::CLD_STOPPED | libc::CLD_TRAPPED => Change::Stopped(status as u8),
        _ => Change::Signal(status as u8),
    };
    before(pid, change);
    // SAFETY: as above.
    unsafe { libc::waitid(libc::P_PID, pid, &mut info, flags) };
    Some((pid, change))
}

/// Something that becomes readable when the process ends, whoever's child it is.
///
/// # Errors
/// ESRCH: it has ended and is reaped.
pub fn watch_end(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(
        pid,
        rustix::process::PidfdFlags::empty(),
    )?)
}

/// How the process behind a [`watch_end`] ended, once it is reaped, as far as the kernel tells strangers (6.15 and
/// newer).
pub fn end_of(watched: BorrowedFd<'_>) -> Option<Change> {
    /// `struct pidfd_info` in its first version.
    #[repr(C)]
    struct Info {
        mask: u64,
        cgroup: u64,
        ids: [u32; 11],
        exit_code: i32,
    }
    const EXIT: u64 = 1 << 3;
    // _IOWR(0xff, 11, 64)
    const PIDFD_GET_INFO: libc::Ioctl = 0xc040_ff0b_u32 as libc::Ioctl;
    let mut info = Info {
        mask: EXIT,
        cgroup: 0,
        ids: [0; 11],
        exit_code: 0,
    };
    // SAFETY: the kernel writes at most the 64 bytes that the request's number says and that `Info` has.
    let done = unsafe { libc::ioctl(watched.as_raw_fd(), PIDFD_GET_INFO, &mut info) };
    if done != 0 || info.mask & EXIT == 0 {
        return None;
    }
    let status = info.exit_code;
    if libc::WIFEXITED(status) {
        Some(Change::Code(libc::WEXITSTATUS(status) as u8))
    } else if libc::WIFSIGNALED(status) {
        Some(Change::Signal(libc::WTERMSIG(status) as u8))
    } else {
        None
    }
}

/// Whether a process leads its session: the programs that we start do.
pub fn leads_session(pid: u32) -> bool {
    // SAFETY: getsid takes any number.
    i32::try_from(pid).is_ok_and(|pid| pid > 0 && unsafe { libc::getsid(pid) } == pid)
}

/// Whether there is any child, ended or not.
pub fn any() -> bool {
    // SAFETY: as in `next_change`.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        libc::waitid(libc::P_ALL, 0, &mut info, flags) == 0
    }
}

/// Our parent.
pub fn parent() -> u32 {
    // SAFETY: getppid cannot fail.
    unsafe { libc::getppid() }.unsigned_abs()
}

/// Makes this process the parent of what its descendants leave behind.
pub fn adopt_orphans() {
    // SAFETY: prctl with a number sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// Makes a copy of this process, which must have no other thread. The child's id, or `None` in the child.
///
/// # Errors
/// EAGAIN, ENOMEM: no process.
pub fn fork() -> io::Result<Option<u32>> {
    // SAFETY: by the caller's word there is one thread: the child's memory is whole and no lock is held in it.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(pid.unsigned_abs())),
    }
}

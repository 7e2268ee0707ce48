//! Signals as something to poll (signalfd).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

pub use libc::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN,
    SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH, SIGXFSZ,
};

/// A set of signals that no longer interrupt this process but can be read here.
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
}

impl Signals {
    /// Blocks these signals in the calling thread and makes them readable. Call it before other threads are started:
    /// they inherit the block, and a thread without it would take the signal's default action.
    ///
    /// A child inherits the block as well, over exec too: [`crate::spawn`] lifts it; with `std::process::Command` the
    /// child starts with these signals blocked.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn new(signals: &[i32]) -> io::Result<Signals> {
        let set = set_of(signals);
        // SAFETY: `set` is an initialised signal set; a new signalfd is owned by nobody yet.
        unsafe {
            if libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
            let fd = libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Signals {
                fd: OwnedFd::from_raw_fd(fd),
            })
        }
    }
    /// The next signal that came, if any. Several of the same kind may have become one.
    pub fn next_signal(&self) -> Option<i32> {
        let mut info = std::mem::MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let len = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the buffer is of the length given; a full read initialises it.
        let read = unsafe { libc::read(self.fd.as_raw_fd(), info.as_mut_ptr().cast(), len) };
        if read != len as isize {
            return None;
        }
        // SAFETY: the kernel has just written the whole of it.
        i32::try_from(unsafe { info.assume_init() }.ssi_signo).ok()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set that it is given; sigaddset checks the number.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Ignores a signal in this process.
pub fn ignore(signal: i32) {
    // SAFETY: SIG_IGN runs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Gives a signal its default action again and lets it through, for the calling thread: before stopping oneself with
/// SIGTSTP, say.
pub fn restore_default(signal: i32) {
    let set = set_of(&[signal]);
    // SAFETY: SIG_DFL runs no code of ours; the set is initialised.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, std::ptr::null_mut());
    }
}

/// Blocks a signal in the calling thread again.
pub fn block(signal: i32) {
    let set = set_of(&[signal]);
    // SAFETY: the set is initialised.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) };
}

/// Lets all signals through to the calling thread again: for a program that is about to take its place.
pub fn let_all_through() {
    let none = set_of(&[]);
    // SAFETY: the set is initialised.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &none, std::ptr::null_mut()) };
}

/// Has a child start with no signal blocked, whatever is blocked here.
pub fn free_in_child(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let free = || {
        let_all_through();
        Ok(())
    };
    // SAFETY: what runs between fork and exec sets the signal mask, which takes no lock and no memory.
    unsafe { command.pre_exec(free) };
}

/// Runs a shell command in our place on our terminal and waits for its end, with no signal blocked for it; those that
/// are blocked here stay so.
///
/// # Errors
/// There is no shell, or no process is to be had.
pub fn run_in_front(command: &str) -> io::Result<()> {
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", command]);
    free_in_child(&mut shell);
    shell.status().map(drop)
}

/// Sends a signal to a process.
///
/// # Errors
/// ESRCH, EPERM; EINVAL for process 0 and numbers that are no signal.
pub fn send(pid: u32, signal: i32) -> io::Result<()> {
    kill(i32::try_from(pid).ok().filter(|pid| *pid > 0), signal)
}

/// Sends a signal to a process group.
///
/// # Errors
/// ESRCH, EPERM; EINVAL for groups 0 and 1 and numbers that are no signal.
pub fn send_group(pgrp: u32, signal: i32) -> io::Result<()> {
    kill(
        i32::try_from(pgrp)
            .ok()
            .filter(|pgrp| *pgrp > 1)
            .map(|pgrp| -pgrp),
        signal,
    )
}

fn kill(target: Option<i32>, signal: i32) -> io::Result<()> {
    let target = target.ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: kill touches no memory of ours.
    match unsafe { libc::kill(target, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

//! Starting a process that outlives its starter: the keeper.

use std::ffi::{CStr, CString, OsStr, OsString, c_char};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::spawn::{close_from, move_fd, reset_signals};

/// The first descriptor at which [`start`] passes what it is given.
pub const FIRST_FD: RawFd = 3;

/// Starts `program` with `argv` (argv[0] first) in a session of its own, no child of ours, in "/", with descriptors
/// 0 and 1 on /dev/null, 2 on `log` or /dev/null, `fds` from [`FIRST_FD`] on, no other, and the caller's environment.
/// Returns once it runs.
///
/// # Errors
/// What fork(2) and execve(2) say; an argument contains NUL.
pub fn start(
    program: &Path,
    argv: &[OsString],
    fds: &[BorrowedFd<'_>],
    log: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let program = CString::new(program.as_os_str().as_bytes())?;
    let argv = argv
        .iter()
        .map(|word| CString::new(word.as_bytes()))
        .collect::<Result<Vec<_>, _>>()?;
    let pointers = pointers(&argv);
    let null = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let (told, tells) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let raw: Vec<RawFd> = fds.iter().map(|fd| fd.as_raw_fd()).collect();
    let mut moved = raw.clone();
    let log = log.map_or(null.as_raw_fd(), |fd| fd.as_raw_fd());
    // SAFETY: the children make only async-signal-safe calls on memory prepared above, and end in _exit or exec.
    unsafe {
        let first = libc::fork();
        if first < 0 {
            return Err(io::Error::last_os_error());
        }
        if first == 0 {
            libc::setsid();
            match libc::fork() {
                0 => {}
                -1 => {
                    tell(tells.as_raw_fd());
                    libc::_exit(1)
                }
                _ => libc::_exit(0),
            }
            // Out of the way of the numbers that they are to have.
            let above = FIRST_FD + raw.len() as RawFd + 3;
            let tells = libc::fcntl(tells.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above);
            let null = libc::fcntl(null.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above);
            let log = libc::fcntl(log, libc::F_DUPFD_CLOEXEC, above);
            for (to, from) in moved.iter_mut().zip(&raw) {
                *to = libc::fcntl(*from, libc::F_DUPFD_CLOEXEC, above);
            }
            for (index, fd) in moved.iter().enumerate() {
                move_fd(*fd, FIRST_FD + index as RawFd);
            }
            move_fd(null, 0);
            move_fd(null, 1);
            move_fd(log, 2);
            close_from(FIRST_FD + raw.len() as RawFd, true);
            libc::chdir(c"/".as_ptr());
            reset_signals();
            libc::execv(program.as_ptr(), pointers.as_ptr());
            tell(tells);
            libc::_exit(127)
        }
        while libc::waitpid(first, std::ptr::null_mut(), 0) < 0
            && *libc::__errno_location() == libc::EINTR
        {}
    }
    drop(tells);
    let mut errno = [0u8; 4];
    loop {
        match rustix::io::read(&told, &mut errno) {
            Ok(0) => return Ok(()),
            Ok(_) => return Err(io::Error::from_raw_os_error(i32::from_ne_bytes(errno))),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes errno to the starter.
///
/// # Safety
/// Only in the child of a fork, after a failed call.
unsafe fn tell(fd: RawFd) {
    // SAFETY: the bytes are a local's.
    unsafe {
        let errno = (*libc::__errno_location()).to_ne_bytes();
        libc::write(fd, errno.as_ptr().cast(), errno.len());
    }
}

/// Starts `program` with `argv` in a session of its own, no child of ours, with descriptors 0 to 2 and the environment
/// of the caller, and with `keep` open under the same numbers. Does not wait until it runs: its end of what it was
/// given tells.
///
/// # Errors
/// What fork(2) says.
pub fn start_keeping(program: &CStr, argv: &[CString], keep: &[RawFd]) -> io::Result<()> {
    let pointers = pointers(argv);
    // SAFETY: the children make only async-signal-safe calls on memory prepared above, and end in _exit or exec.
    unsafe {
        let first = libc::fork();
        if first < 0 {
            return Err(io::Error::last_os_error());
        }
        if first == 0 {
            libc::setsid();
            match libc::fork() {
                0 => {}
                -1 => libc::_exit(1),
                _ => libc::_exit(0),
            }
            for fd in keep {
                libc::fcntl(*fd, libc::F_SETFD, 0);
            }
            libc::chdir(c"/".as_ptr());
            reset_signals();
            libc::execv(program.as_ptr(), pointers.as_ptr());
            libc::_exit(127)
        }
        let mut status = 0;
        while libc::waitpid(first, &mut status, 0) < 0 && *libc::__errno_location() == libc::EINTR {
        }
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) != 0 {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
    }
    Ok(())
}

/// Becomes `program`, with `keep` open under the same numbers. Returns only if that fails; then all is as it was.
pub fn exec_keeping(program: &CStr, argv: &[CString], keep: &[RawFd]) -> io::Error {
    let pointers = pointers(argv);
    let mark = |flag: libc::c_int| {
        for fd in keep {
            // SAFETY: a flag call on a number.
            unsafe { libc::fcntl(*fd, libc::F_SETFD, flag) };
        }
    };
    mark(0);
    // SAFETY: the strings are NUL-terminated, the list ends with a null pointer.
    unsafe { libc::execv(program.as_ptr(), pointers.as_ptr()) };
    let error = io::Error::last_os_error();
    mark(libc::FD_CLOEXEC);
    error
}

/// Makes `old` be what `new` is; what it was is closed.
///
/// # Errors
/// What dup3(2) says.
pub fn replace(old: BorrowedFd<'_>, new: std::os::fd::OwnedFd) -> io::Result<()> {
    // SAFETY: a descriptor call; `old` stays open under its number, as its owner expects.
    match unsafe { libc::dup3(new.as_raw_fd(), old.as_raw_fd(), libc::O_CLOEXEC) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn pointers(argv: &[CString]) -> Vec<*const c_char> {
    argv.iter()
        .map(|word| word.as_ptr())
        .chain([std::ptr::null()])
        .collect()
}

/// Makes sure that descriptors 0, 1 and 2 are open (on /dev/null if not), so that no later one takes their numbers.
pub fn fill_stdio() {
    while let Ok(fd) = rustix::fs::open(c"/dev/null", OFlags::RDWR, Mode::empty()) {
        if fd.as_raw_fd() > 2 {
            break;
        }
        std::mem::forget(fd);
    }
}

/// Takes over a descriptor that was passed to this process by number, once.
///
/// # Errors
/// It is not open.
pub fn inherited(fd: RawFd) -> io::Result<std::os::fd::OwnedFd> {
    // SAFETY: the flag calls work on any number; one that is open was passed on to us by our starter, and by the
    // caller's promise nothing else in the process owns it.
    unsafe {
        if fd < FIRST_FD || libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) < 0 {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        Ok(std::os::fd::FromRawFd::from_raw_fd(fd))
    }
}

/// Where PATH finds a program.
pub fn find_program(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(name));
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|path| {
            rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file()
        })
}

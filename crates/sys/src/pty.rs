//! Ptys: opening, window sizes, foreground process groups.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::termios::{InputModes, OptionalActions, Winsize};

/// Both ends of a new pty.
#[derive(Debug)]
pub struct Pty {
    /// The multiplexer's end, non-blocking.
    pub master: OwnedFd,
    /// The program's end.
    pub slave: OwnedFd,
    /// N of `/dev/pts/N`.
    pub number: u32,
}

/// Opens a pty of this size. Both ends are close-on-exec and nobody's controlling terminal.
///
/// `control_chars` are (index into `c_cc`, value). IUTF8 is set, so that the kernel's line editing erases whole
/// characters.
///
/// # Errors
/// No pty or descriptor is left.
pub fn open(
    cols: u16,
    rows: u16,
    control_chars: impl Iterator<Item = (u8, u8)>,
) -> io::Result<Pty> {
    crate::seam::pass("pty")?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let master = rustix::fs::open(c"/dev/ptmx", flags, Mode::empty())?;
    rustix::pty::unlockpt(&master)?;
    use rustix::pty::OpenptFlags;
    let peer = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let slave = rustix::pty::ioctl_tiocgptpeer(&master, peer)?;
    let mut number: libc::c_uint = 0;
    // SAFETY: TIOCGPTN writes one unsigned int there.
    if unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTN, &mut number) } != 0 {
        return Err(io::Error::last_os_error());
    }
    set_winsize(master.as_fd(), cols, rows)?;
    let mut chars = [None; 32];
    for (index, value) in control_chars {
        if let Some(slot) = chars.get_mut(usize::from(index)) {
            *slot = Some(value);
        }
    }
    set_modes(slave.as_fd(), &chars)?;
    Ok(Pty {
        master,
        slave,
        number,
    })
}

fn set_modes(slave: BorrowedFd<'_>, chars: &[Option<u8>; 32]) -> io::Result<()> {
    let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: tcgetattr initialises what it is given when it succeeds.
    let mut modes = unsafe {
        if libc::tcgetattr(slave.as_raw_fd(), modes.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        modes.assume_init()
    };
    modes.c_iflag |= libc::IUTF8;
    for (place, value) in modes.c_cc.iter_mut().zip(chars) {
        *place = value.unwrap_or(*place);
    }
    // SAFETY: `modes` is initialised.
    match unsafe { libc::tcsetattr(slave.as_raw_fd(), libc::TCSANOW, &modes) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets the size of a terminal (by either end); the foreground group gets SIGWINCH if it is another.
///
/// # Errors
/// It is no terminal.
pub fn set_winsize(fd: BorrowedFd<'_>, cols: u16, rows: u16) -> io::Result<()> {
    let size = Winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(rustix::termios::tcsetwinsize(fd, size)?)
}

/// Size of a terminal: (columns, rows).
///
/// # Errors
/// It is no terminal.
pub fn winsize(fd: BorrowedFd<'_>) -> io::Result<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(fd)?;
    Ok((size.ws_col, size.ws_row))
}

/// The number of the pseudo-terminal ("/dev/pts/N"), asked of the master.
pub fn number(master: BorrowedFd<'_>) -> Option<u32> {
    let mut number: libc::c_uint = 0;
    // SAFETY: TIOCGPTN writes one unsigned int there.
    let done = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTN, &mut number) };
    (done == 0).then_some(number)
}

/// The process group in the foreground of the terminal, asked of the master.
pub fn foreground_pgrp(master: BorrowedFd<'_>) -> Option<u32> {
    let pgrp = rustix::termios::tcgetpgrp(master).ok()?;
    Some(pgrp.as_raw_nonzero().get().unsigned_abs())
}

/// Whether the terminal edits lines (canonical mode), echoes, or flow-controls, asked of the master.
///
/// # Errors
/// It is no terminal.
pub fn line_modes(master: BorrowedFd<'_>) -> io::Result<LineModes> {
    let modes = rustix::termios::tcgetattr(master)?;
    use rustix::termios::LocalModes;
    Ok(LineModes {
        canonical: modes.local_modes.contains(LocalModes::ICANON),
        echo: modes.local_modes.contains(LocalModes::ECHO),
    })
}

/// See [`line_modes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineModes {
    /// Lines are edited by the kernel.
    pub canonical: bool,
    /// What is typed is echoed by the kernel.
    pub echo: bool,
}

/// The control characters (`c_cc`) of a terminal, by index, to hand on to a new pane's.
///
/// # Errors
/// It is no terminal.
pub fn control_chars(fd: BorrowedFd<'_>) -> io::Result<Vec<(u8, u8)>> {
    let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: tcgetattr initialises what it is given when it succeeds.
    let modes = unsafe {
        if libc::tcgetattr(fd.as_raw_fd(), modes.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        modes.assume_init()
    };
    // VTIME and VMIN are numbers of the raw mode, not characters.
    let meant = |index: &usize| *index != libc::VTIME && *index != libc::VMIN;
    Ok((0..modes.c_cc.len().min(32))
        .filter(meant)
        .map(|index| (index as u8, modes.c_cc[index]))
        .collect())
}

/// Makes an end of a pty pass all bytes through unchanged: for tests and programs that speak binary.
///
/// # Errors
/// It is no terminal.
pub fn make_raw(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut modes = rustix::termios::tcgetattr(fd)?;
    modes.make_raw();
    modes.input_modes.remove(InputModes::IXON);
    Ok(rustix::termios::tcsetattr(
        fd,
        OptionalActions::Now,
        &modes,
    )?)
}

//! A user's terminal: raw while we draw on it, given back as it was.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, Termios};

/// A terminal in raw mode; its former modes come back when this is dropped.
#[derive(Debug)]
pub struct RawTty {
    fd: OwnedFd,
    saved: Termios,
    raw: bool,
}

impl RawTty {
    /// Makes the terminal behind `fd` raw.
    ///
    /// # Errors
    /// It is no terminal (ENOTTY) or has gone.
    pub fn new(fd: OwnedFd) -> io::Result<RawTty> {
        let saved = rustix::termios::tcgetattr(&fd)?;
        let mut tty = RawTty {
            fd,
            saved,
            raw: false,
        };
        tty.make_raw()?;
        Ok(tty)
    }
    /// The same for a terminal that is talked to in lines (control mode): Enter is a newline, a newline begins a line.
    ///
    /// # Errors
    /// It is no terminal (ENOTTY) or has gone.
    pub fn for_lines(fd: OwnedFd) -> io::Result<RawTty> {
        use rustix::termios::{InputModes, OutputModes, tcgetattr, tcsetattr};
        let tty = RawTty::new(fd)?;
        let mut modes = tcgetattr(&tty.fd)?;
        modes.input_modes |= InputModes::ICRNL | InputModes::IXANY;
        modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
        tcsetattr(&tty.fd, OptionalActions::Now, &modes)?;
        Ok(tty)
    }
    /// Makes it raw again after [`RawTty::restore`].
    ///
    /// # Errors
    /// It has gone.
    pub fn make_raw(&mut self) -> io::Result<()> {
        let mut modes = self.saved.clone();
        modes.make_raw();
        rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &modes)?;
        self.raw = true;
        Ok(())
    }
    /// Gives the former modes back, once what was written has been taken by the terminal.
    ///
    /// # Errors
    /// It has gone.
    pub fn restore(&mut self) -> io::Result<()> {
        if self.raw {
            self.raw = false;
            // Not `Drain`: it waits for ever on a terminal that is stopped (^S).
            rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &self.saved)?;
        }
        Ok(())
    }
    /// Size: (columns, rows).
    ///
    /// # Errors
    /// It has gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crate::pty::winsize(self.fd.as_fd())
    }
}

impl AsFd for RawTty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for RawTty {
    fn drop(&mut self) {
        let _ = self.restore();
    }
}

/// Opens a terminal by its name: a description of our own, so that O_NONBLOCK on it is nobody else's. Not our
/// controlling terminal.
///
/// # Errors
/// What open(2) says; ENOTTY when it is no terminal.
pub fn reopen_tty(path: &Path, nonblocking: bool) -> io::Result<OwnedFd> {
    let mut flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    // Opening a modem line waits for a carrier otherwise.
    flags |= OFlags::NONBLOCK;
    let fd = rustix::fs::open(path, flags, Mode::empty())?;
    if !rustix::termios::isatty(&fd) {
        return Err(rustix::io::Errno::NOTTY.into());
    }
    if !nonblocking {
        crate::socket::set_nonblocking(&fd, false)?;
    }
    Ok(fd)
}

/// Device name of the terminal behind a descriptor ("/dev/pts/3").
///
/// # Errors
/// It is no terminal.
pub fn tty_name(fd: BorrowedFd<'_>) -> io::Result<String> {
    let name = rustix::termios::ttyname(fd, Vec::new())?;
    Ok(name.to_string_lossy().into_owned())
}

//! Typed bytes on their way from a terminal to a journal, so that a server that is killed at any instant has taken each
//! once.
//!
//! What was read from a terminal and not written down is lost with its reader. So bytes go by `splice`, which no signal
//! cuts in two, into a pipe that somebody else holds too (the terminal's client); from there they are copied (`tee`),
//! journalled under a number, and only then taken out. There are two pipes, and batch *n* goes through pipe *n* mod 2:
//! so what is found in a pipe tells whether the journal has it.
//!
//! | found | it is | what the next server does |
//! |---|---|---|
//! | in the pipe of the last batch that the journal names | that batch | drops it |
//! | in the other one | the batch after that | takes it |
//!
//! What goes to a program as it was typed needs no number: [`Intake::pour`] moves it from the pipe into the program's
//! terminal by one splice. It is either in the pipe still, for the next server, or typed.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags};

/// Most bytes of one batch: a terminal holds no more, and a pipe always takes as much.
pub const BATCH: usize = 4096;

/// Two new pipes, each a single description for both ends.
///
/// # Errors
/// No descriptor is left; /proc is not there.
pub fn pipes() -> io::Result<[OwnedFd; 2]> {
    Ok([pipe()?, pipe()?])
}

fn pipe() -> io::Result<OwnedFd> {
    let (read, _write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    let path = format!("/proc/self/fd/{}", read.as_raw_fd());
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Where batches are copied to on their way.
#[derive(Debug)]
pub struct Copier {
    pipe: OwnedFd,
    /// Something may be left in it: a copy was not read to its end.
    dirty: Cell<bool>,
}

impl Copier {
    /// With a pipe of its own.
    ///
    /// # Errors
    /// As [`pipes`].
    pub fn new() -> io::Result<Copier> {
        Ok(Copier {
            pipe: pipe()?,
            dirty: Cell::new(false),
        })
    }

    /// A copy of what is in `from`.
    fn copy(&self, from: &OwnedFd) -> io::Result<Vec<u8>> {
        if self.dirty.replace(true) {
            drain(&self.pipe)?;
        }
        let copied = match rustix::pipe::tee(from, &self.pipe, BATCH, SpliceFlags::NONBLOCK) {
            Ok(copied) => copied,
            Err(Errno::AGAIN) => 0,
            Err(error) => return Err(error.into()),
        };
        let mut bytes = vec![0; copied];
        let read = match copied {
            0 => 0,
            _ => rustix::io::read(&self.pipe, &mut bytes)?,
        };
        self.dirty.set(read != copied);
        bytes.truncate(read);
        Ok(bytes)
    }
}

fn drain(pipe: &OwnedFd) -> io::Result<()> {
    let mut buffer = [0; BATCH];
    loop {
        match rustix::io::read(pipe, &mut buffer) {
            Ok(BATCH) | Err(Errno::INTR) => {}
            Ok(_) | Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The two pipes of one terminal.
#[derive(Debug)]
pub struct Intake {
    pipes: [OwnedFd; 2],
    /// Number of the last batch that was taken.
    batch: u64,
    /// So many bytes of it are in its pipe still.
    held: usize,
}

impl Intake {
    /// `batch`: the last that the journal names, 0 for none.
    ///
    /// # Errors
    /// These are no pipes.
    pub fn new(pipes: [OwnedFd; 2], batch: u64) -> io::Result<Intake> {
        let intake = Intake {
            pipes,
            batch,
            held: 0,
        };
        for pipe in &intake.pipes {
            // What a stranger sends must not make us wait.
            crate::socket::set_nonblocking(pipe, true)?;
        }
        drain(intake.pipe(batch))?;
        Ok(intake)
    }

    fn pipe(&self, batch: u64) -> &OwnedFd {
        &self.pipes[(batch % 2) as usize]
    }

    /// The batch after the last one, if a former server had it out of the terminal. Its number is [`Intake::batch`] then.
    ///
    /// # Errors
    /// What tee(2) says.
    pub fn left(&mut self, copier: &Copier) -> io::Result<Option<Vec<u8>>> {
        let bytes = copier.copy(self.pipe(self.batch + 1))?;
        Ok(self.taken(bytes))
    }

    /// The next batch, of what can be read from `tty` now; None: nothing, or the last batch is not [`Intake::done`].
    ///
    /// # Errors
    /// EIO: the terminal is gone; EINVAL: terminals cannot be spliced (Linux 5.10); what splice(2) says.
    pub fn next(&mut self, tty: BorrowedFd<'_>, copier: &Copier) -> io::Result<Option<Vec<u8>>> {
        if self.held > 0 {
            return Ok(None);
        }
        let pipe = self.pipe(self.batch + 1);
        match rustix::pipe::splice(tty, None, pipe, None, BATCH, SpliceFlags::NONBLOCK) {
            Ok(0) => return Err(Errno::IO.into()),
            Ok(_) => {}
            Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let bytes = copier.copy(pipe)?;
        Ok(self.taken(bytes))
    }

    fn taken(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let some = !bytes.is_empty();
        self.batch += u64::from(some);
        self.held += bytes.len();
        some.then_some(bytes)
    }

    /// Moves at most `len` bytes of the last batch, if it is not [`Intake::done`], into a terminal that is O_NONBLOCK, as
    /// far as it takes them. Returns how many. If nothing of the batch is left it never was: the next one has its number.
    ///
    /// # Errors
    /// EAGAIN: it takes nothing now; EIO: nobody has it open; EINVAL: terminals cannot be spliced; what splice(2) says.
    /// Nothing has changed then.
    pub fn pour(&mut self, len: usize, terminal: BorrowedFd<'_>) -> io::Result<usize> {
        let len = len.min(self.held);
        if len == 0 {
            return Ok(0);
        }
        let pipe = self.pipe(self.batch);
        let flags = SpliceFlags::NONBLOCK;
        let poured = rustix::pipe::splice(pipe, None, terminal, None, len, flags)?;
        self.held = self.held.saturating_sub(poured);
        if self.held == 0 {
            self.batch -= 1;
        }
        Ok(poured)
    }

    /// Number of the last batch that was taken.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// The last batch is in the journal.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn done(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.held) > 0 {
            drain(self.pipe(self.batch))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::write;
    use std::os::fd::AsFd;

    /// A raw terminal: the end that is typed at, the end that is read.
    fn terminal() -> (OwnedFd, OwnedFd) {
        let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
        let master = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        let path = std::path::Path::new(name.to_str().unwrap());
        let tty = crate::raw_tty::reopen_tty(path, true).unwrap();
        let mut modes = rustix::termios::tcgetattr(&tty).unwrap();
        modes.make_raw();
        rustix::termios::tcsetattr(&tty, rustix::termios::OptionalActions::Now, &modes).unwrap();
        (master, tty)
    }

    /// Waits until so much can be read: a pty hands bytes over in its own time.
    fn arrive(tty: &OwnedFd) {
        let long = std::time::Duration::from_secs(10);
        assert!(crate::poll::readable_within(tty.as_fd(), long).unwrap());
    }

    #[test]
    fn each_byte_is_taken_once_wherever_its_reader_dies() {
        let (master, tty) = terminal();
        let copier = Copier::new().unwrap();
        let client = pipes().unwrap();
        let copies = || {
            [
                client[0].try_clone().unwrap(),
                client[1].try_clone().unwrap(),
            ]
        };
        let (mut typed, mut journal) = (Vec::new(), (0, Vec::new()));
        let mut intake = Intake::new(copies(), 0).unwrap();
        for round in 0..200u32 {
            let text = format!("{round};").repeat(1 + round as usize % 40);
            typed.extend_from_slice(text.as_bytes());
            write(&master, text.as_bytes()).unwrap();
            arrive(&tty);
            // Dies: not at all, before the journal has it, after that, after it was taken out.
            let death = round % 4;
            let bytes = intake.next(tty.as_fd(), &copier).unwrap().unwrap();
            assert_eq!(
                intake.next(tty.as_fd(), &copier).unwrap(),
                None,
                "not done yet"
            );
            if death != 1 {
                journal.0 = intake.batch();
                journal.1.extend_from_slice(&bytes);
            }
            if death == 0 || death == 3 {
                intake.done().unwrap();
            }
            if death != 0 {
                intake = Intake::new(copies(), journal.0).unwrap();
                let left = intake.left(&copier).unwrap();
                assert_eq!(left.is_some(), death == 1);
                if let Some(bytes) = left {
                    journal.0 = intake.batch();
                    journal.1.extend_from_slice(&bytes);
                    intake.done().unwrap();
                }
                assert_eq!(intake.left(&copier).unwrap(), None);
            }
        }
        assert_eq!(journal.1, typed);
        assert_eq!(intake.next(tty.as_fd(), &copier).unwrap(), None);
        drop(master);
        arrive(&tty);
        assert!(
            intake.next(tty.as_fd(), &copier).is_err(),
            "nobody is there any more"
        );
    }

    #[test]
    fn what_is_poured_is_typed_once_wherever_the_server_dies() {
        let (master, tty) = terminal();
        let (program, programs) = terminal();
        crate::socket::set_nonblocking(&program, true).unwrap();
        let copier = Copier::new().unwrap();
        let client = pipes().unwrap();
        let copies = || {
            [
                client[0].try_clone().unwrap(),
                client[1].try_clone().unwrap(),
            ]
        };
        let (mut sent, mut got, mut committed) = (Vec::new(), Vec::new(), 0);
        let mut intake = Intake::new(copies(), 0).unwrap();
        for round in 0..300u32 {
            let text = format!("{round};").repeat(1 + round as usize % 9);
            sent.extend_from_slice(text.as_bytes());
            write(&master, text.as_bytes()).unwrap();
            arrive(&tty);
            let bytes = intake.next(tty.as_fd(), &copier).unwrap().unwrap();
            assert_eq!(bytes, text.as_bytes());
            // All of it goes at once, or a part, or nothing of it; of the rest it dies before it is in the journal.
            let part = [bytes.len(), bytes.len() / 2, 0][round as usize % 3];
            assert_eq!(intake.pour(part, program.as_fd()).unwrap(), part);
            let mut rest = bytes[part..].to_vec();
            if round % 2 == 1 {
                intake = Intake::new(copies(), committed).unwrap();
                let left = intake.left(&copier).unwrap();
                assert_eq!(left.unwrap_or_default(), rest);
                rest = bytes[part..].to_vec();
            }
            assert_eq!(intake.batch(), committed + u64::from(!rest.is_empty()));
            committed = intake.batch();
            intake.done().unwrap();
            while got.len() < sent.len() - rest.len() {
                arrive(&programs);
                let mut buffer = [0; 256];
                let len = rustix::io::read(&programs, &mut buffer).unwrap();
                got.extend_from_slice(&buffer[..len]);
            }
            got.extend_from_slice(&rest);
        }
        assert_eq!(got, sent);
        assert_eq!(
            intake.pour(5, program.as_fd()).unwrap(),
            0,
            "nothing is held"
        );
    }

    #[test]
    fn a_terminal_that_is_full_takes_a_part_and_the_rest_is_still_there() {
        let (master, tty) = terminal();
        let (program, programs) = terminal();
        crate::socket::set_nonblocking(&program, true).unwrap();
        let copier = Copier::new().unwrap();
        let mut intake = Intake::new(pipes().unwrap(), 0).unwrap();
        let mut full = None;
        while full.is_none() {
            write(&master, &[b'x'; 1000]).unwrap();
            arrive(&tty);
            let bytes = intake.next(tty.as_fd(), &copier).unwrap().unwrap();
            match intake.pour(bytes.len(), program.as_fd()) {
                Ok(poured) if poured == bytes.len() => assert_eq!(intake.batch(), 0),
                Ok(poured) => full = Some(bytes.len() - poured),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    full = Some(bytes.len());
                }
            }
        }
        assert_eq!(intake.batch(), 1);
        let left = copier.copy(intake.pipe(1)).unwrap();
        assert_eq!(Some(left.len()), full);
        drop(programs);
    }

    #[test]
    fn a_full_terminal_is_taken_in_batches() {
        let (master, tty) = terminal();
        crate::socket::set_nonblocking(&master, true).unwrap();
        let copier = Copier::new().unwrap();
        let mut intake = Intake::new(pipes().unwrap(), 7).unwrap();
        let text: Vec<u8> = (0..100_000u32).map(|n| b'a' + (n % 23) as u8).collect();
        let (mut sent, mut got) = (0, Vec::new());
        while got.len() < text.len() {
            sent += write(&master, &text[sent..]).unwrap_or(0);
            arrive(&tty);
            if let Some(bytes) = intake.next(tty.as_fd(), &copier).unwrap() {
                assert!(bytes.len() <= BATCH);
                got.extend(bytes);
                intake.done().unwrap();
            }
        }
        assert_eq!(got, text);
        assert!(intake.batch() > 24);
    }
}

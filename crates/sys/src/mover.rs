//! Moving bytes between a program and its rings so that a keeper that is killed at any instant has moved each byte
//! once.
//!
//! A read(2) into the ring that is interrupted by SIGKILL leaves bytes there that nobody has counted, and a write(2) to
//! a terminal leaves nothing at all to tell how much was typed. So bytes go through a pipe that the server holds too:
//! `splice` takes them out of the one end and puts them into the other within one system call, which no signal cuts in
//! two, and what is left in the pipe says how much of the second step was done. Which step it was in stands in the
//! [`Ledger`].
//!
//! | phase | what is in the pipe | what the next keeper does ([`Mover::settle`]) |
//! |---|---|---|
//! | output in | what was taken from the program | puts it into the ring |
//! | output out | what is not in the ring yet | puts that into the ring, publishes the whole |
//! | input in | something that nobody has typed | drops it: it is still in the ring |
//! | input out | what was not typed | publishes the rest as typed |
//!
//! | output plain | nothing: there was one read(2) into the ring | says how many bytes may be missing, if none was published |
//! | input plain | nothing: there was one write(2) | takes them for typed, and says how many may not have been |
//!
//! One pipe serves all programs: it is empty between two moves. Where a kernel has no splice for terminals (5.10 to
//! 5.11), bytes are moved by plain reads and writes, and of a keeper that is killed the last may be missing: nothing is
//! typed twice.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::pipe::{PipeFlags, SpliceFlags};

use crate::ledger::{Ledger, Phase};
use crate::ring::KeeperRings;
use crate::seam;

/// Most output that is taken at once. The kernel allocates pages for as much beforehand, and a terminal holds no more
/// than this.
const OUTPUT: usize = 8 * 1024;
/// Most input: a terminal takes no more at once, and what it does not take was copied for nothing.
const INPUT: usize = 4 * 1024;

/// The pipe and the ledger.
#[derive(Debug)]
pub struct Mover {
    ledger: Ledger,
    read: OwnedFd,
    write: OwnedFd,
    plain: Cell<bool>,
}

/// What was found of a move that a former keeper was killed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose bytes.
    pub slot: u16,
    /// Bytes of output that it had taken and not published.
    pub output: u64,
    /// Bytes of input that it had typed and not published.
    pub input: u64,
    /// So many bytes of output at most are missing.
    pub output_missing: u64,
    /// So many bytes of input at most are missing.
    pub input_missing: u64,
}

impl Mover {
    /// With a new pipe.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn new(ledger: Ledger) -> io::Result<Mover> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Mover::adopt(ledger, read, write))
    }

    /// With a former keeper's pipe; [`Mover::settle`] comes next.
    pub fn adopt(ledger: Ledger, read: OwnedFd, write: OwnedFd) -> Mover {
        Mover {
            ledger,
            read,
            write,
            plain: Cell::new(false),
        }
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The pipe's ends: for reading, for writing.
    pub fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.read.as_fd(), self.write.as_fd()]
    }

    /// Moves by plain reads and writes from now on (to be compared with).
    pub fn set_plain(&self) {
        self.plain.set(true);
    }

    /// Moves at most `room` bytes (which fit, see [`KeeperRings::room`]) of output from `fd` into the ring and
    /// publishes them. `Ok(0)`: the end of a pipe.
    ///
    /// # Errors
    /// EAGAIN: nothing there; EIO: nobody has the terminal open; what splice(2) says.
    pub fn output(
        &self,
        rings: &mut KeeperRings,
        slot: u16,
        fd: BorrowedFd<'_>,
        room: usize,
    ) -> io::Result<usize> {
        if self.plain.get() {
            return self.plain_output(rings, slot, fd, room);
        }
        self.ledger.intend(Phase::OutputIn, slot, rings.end(), 0);
        let flags = SpliceFlags::NONBLOCK;
        let taken = seam::pass("splice").and_then(|()| {
            rustix::pipe::splice(fd, None, &self.write, None, room.min(OUTPUT), flags)
        });
        match taken {
            Ok(0) => {
                self.ledger.clear();
                Ok(0)
            }
            Ok(len) => {
                self.ledger.go_on(Phase::OutputOut, slot, len as u64);
                rings.fill_from(self.read.as_fd(), 0, len)?;
                self.ledger.clear();
                Ok(len)
            }
            Err(error) => {
                self.ledger.clear();
                if error == rustix::io::Errno::INVAL {
                    self.set_plain();
                    return self.plain_output(rings, slot, fd, room);
                }
                Err(error.into())
            }
        }
    }

    /// Moves waiting input to `fd`, as much as it takes at once, and publishes how much. `Ok(0)`: none waits.
    ///
    /// # Errors
    /// EAGAIN: it takes nothing now; EIO, EPIPE: nobody is there; what splice(2) says.
    pub fn input(
        &self,
        rings: &mut KeeperRings,
        slot: u16,
        fd: BorrowedFd<'_>,
    ) -> io::Result<usize> {
        if self.plain.get() {
            return self.plain_input(rings, slot, fd);
        }
        let waiting = rings.input_waiting().min(INPUT);
        if waiting == 0 {
            return Ok(0);
        }
        self.ledger
            .intend(Phase::InputIn, slot, rings.input_done(), 0);
        let len = match rings.offer_input(self.write.as_fd(), waiting) {
            Ok(len) => len,
            Err(error) => {
                self.ledger.clear();
                return Err(error);
            }
        };
        self.ledger.go_on(Phase::InputOut, slot, len as u64);
        let flags = SpliceFlags::NONBLOCK;
        let typed = seam::pass("splice")
            .and_then(|()| rustix::pipe::splice(&self.read, None, fd, None, len, flags));
        rings.input_taken(typed.unwrap_or(0) as u64);
        self.ledger.clear();
        if typed != Ok(len) {
            self.drain();
        }
        if typed == Err(rustix::io::Errno::INVAL) {
            self.set_plain();
            return self.plain_input(rings, slot, fd);
        }
        Ok(typed?)
    }

    fn plain_output(
        &self,
        rings: &mut KeeperRings,
        slot: u16,
        fd: BorrowedFd<'_>,
        room: usize,
    ) -> io::Result<usize> {
        let room = room.min(OUTPUT);
        self.ledger
            .intend(Phase::OutputPlain, slot, rings.end(), room as u64);
        let read = rings.read_from(fd, room);
        self.ledger.clear();
        read
    }

    fn plain_input(
        &self,
        rings: &mut KeeperRings,
        slot: u16,
        fd: BorrowedFd<'_>,
    ) -> io::Result<usize> {
        let waiting = rings.input_waiting().min(INPUT);
        if waiting == 0 {
            return Ok(0);
        }
        let from = rings.input_done();
        self.ledger
            .intend(Phase::InputPlain, slot, from, waiting as u64);
        let written = rings.offer_input(fd, waiting);
        rings.input_taken(written.as_ref().map_or(0, |len| *len as u64));
        self.ledger.clear();
        written
    }

    /// What is in the pipe is a copy of what is still in a ring.
    fn drain(&self) {
        let mut buffer = [0u8; INPUT];
        while matches!(rustix::io::read(&self.read, &mut buffer), Ok(1..)) {}
    }

    /// Whose bytes a former keeper was moving when it ended, if it was.
    pub fn unsettled(&self) -> Option<u16> {
        let (phase, slot, ..) = self.ledger.intent();
        (phase != Phase::None).then_some(slot)
    }

    /// Ends the move that a former keeper was killed in. `rings` is of the slot that [`Mover::unsettled`] names, if
    /// there still is one.
    pub fn settle(&self, rings: Option<&mut KeeperRings>) -> Option<Settled> {
        let (phase, slot, base, bytes) = self.ledger.intent();
        let left = rustix::io::ioctl_fionread(&self.read).unwrap_or(0);
        let mut settled = Settled {
            slot,
            output: 0,
            input: 0,
            output_missing: 0,
            input_missing: 0,
        };
        let Some(rings) = rings else {
            self.drain();
            self.ledger.clear();
            return None;
        };
        match phase {
            Phase::None => return None,
            Phase::OutputIn | Phase::OutputOut => {
                let bytes = if phase == Phase::OutputIn {
                    left
                } else {
                    bytes
                };
                // If it was published, the end is beyond the base already, and nothing is in the pipe.
                if rings.end() == base && bytes >= left {
                    let there = (bytes - left) as usize;
                    if rings
                        .fill_from(self.read.as_fd(), there, left as usize)
                        .is_ok()
                    {
                        settled.output = bytes;
                    }
                }
            }
            Phase::InputIn => {}
            Phase::OutputPlain => {
                if rings.end() == base {
                    settled.output_missing = bytes;
                }
            }
            Phase::InputPlain => {
                let waiting = rings.input_waiting() as u64;
                if rings.input_done() == base {
                    settled.input_missing = bytes.min(waiting);
                    rings.input_taken(settled.input_missing);
                }
            }
            Phase::InputOut => {
                if rings.input_done() == base && bytes >= left {
                    settled.input = bytes - left;
                    rings.input_taken(settled.input);
                }
            }
        }
        self.ledger.clear();
        self.drain();
        Some(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{IN_LEN, OUT_LEN};

    #[test]
    fn what_a_plain_read_may_have_taken_is_said_unless_it_was_published() {
        let mover = Mover::new(Ledger::new().unwrap()).unwrap();
        let mut rings = KeeperRings::new(OUT_LEN, IN_LEN).unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        mover.set_plain();
        rustix::io::write(&write, b"five.").unwrap();
        assert_eq!(mover.output(&mut rings, 7, read.as_fd(), 100).unwrap(), 5);
        assert_eq!(mover.unsettled(), None);
        // Killed before and after the bytes counted.
        mover.ledger.intend(Phase::OutputPlain, 7, 5, 100);
        let settled = mover.settle(Some(&mut rings)).unwrap();
        assert_eq!((settled.slot, settled.output_missing), (7, 100));
        mover.ledger.intend(Phase::OutputPlain, 7, 0, 100);
        let settled = mover.settle(Some(&mut rings)).unwrap();
        assert_eq!(settled.output_missing, 0);
        assert_eq!((mover.unsettled(), rings.end()), (None, 5));
        // Nothing waits, so nothing can be missing.
        mover.ledger.intend(Phase::InputPlain, 7, 0, 100);
        let settled = mover.settle(Some(&mut rings)).unwrap();
        assert_eq!((settled.input_missing, rings.input_done()), (0, 0));
    }
}

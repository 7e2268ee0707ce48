//! The connection with the keeper: frames out that wait in order when the socket is full, frames in with descriptors.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use outlast_core::PaneId;
use outlast_sys::fd_pass::{self, Fds};
use outlast_wire::keeper::{FRAME_MAX, ToKeeper, ToServer};

/// Names of our deposits.
pub mod tag {
    /// First slot of the journal (pane 0).
    pub const JOURNAL_A: u16 = 1;
    /// Second slot of the journal (pane 0).
    pub const JOURNAL_B: u16 = 2;
    /// Which output is being handled (pane 0).
    pub const POISON: u16 = 3;
    /// A pane's checkpoints.
    pub const CHECKPOINT: u16 = 1;
    /// A pane's history.
    pub const HISTORY: u16 = 2;
    /// What a job has written, beyond what fits in its ring.
    pub const JOB_OUTPUT: u16 = 3;
}

/// Numbers from here on are jobs.
const FIRST_JOB: u32 = 0x8000_0000;

/// Whose a number of the keeper's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A pane's.
    Pane(PaneId),
    /// A job's: the lowest 31 bits of its token.
    Job(u32),
}

/// The keeper's number of a pane. It has no number 0, we have a pane 0.
pub fn pane_number(pane: PaneId) -> u32 {
    pane.0 + 1
}

/// The keeper's number of a job.
pub fn job_number(token: u64) -> u32 {
    FIRST_JOB | (token as u32 & (FIRST_JOB - 1))
}

/// Whose a number is; None for 0.
pub fn owner(number: u32) -> Option<Owner> {
    match number {
        0 => None,
        1..FIRST_JOB => Some(Owner::Pane(PaneId(number - 1))),
        _ => Some(Owner::Job(number - FIRST_JOB)),
    }
}

/// Our end of the socket.
pub struct Link {
    socket: OwnedFd,
    waiting: RefCell<VecDeque<(Vec<u8>, Vec<OwnedFd>)>>,
}

impl Link {
    /// Over a connected packet socket.
    pub fn new(socket: OwnedFd) -> Link {
        Link {
            socket,
            waiting: RefCell::default(),
        }
    }

    /// Sends a frame, or keeps it until the socket has room ([`Link::flush`]). Order is kept. A keeper that is gone
    /// is noticed where we read.
    pub fn send(&self, message: &ToKeeper, fds: &[BorrowedFd<'_>]) {
        let mut frame = [0; FRAME_MAX];
        let len = message.encode(&mut frame);
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_empty() {
            match fd_pass::send(self.socket.as_fd(), &frame[..len], fds, true) {
                Err(error) if full(&error) => {}
                _ => return,
            }
        }
        // Without a descriptor to copy into there is none to open either: the frame alone would mean another thing.
        let copies: io::Result<Vec<OwnedFd>> =
            fds.iter().map(BorrowedFd::try_clone_to_owned).collect();
        if let Ok(copies) = copies {
            waiting.push_back((frame[..len].to_vec(), copies));
        }
    }

    /// Deposits a memory file.
    pub fn deposit(&self, pane: u32, tag: u16, file: BorrowedFd<'_>) {
        self.send(&ToKeeper::Deposit { pane, tag }, &[file]);
    }

    /// Sends what waits, as far as there is room.
    pub fn flush(&self) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some((frame, fds)) = waiting.front() {
            let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
            match fd_pass::send(self.socket.as_fd(), frame, &fds, true) {
                Err(error) if full(&error) => return,
                _ => waiting.pop_front(),
            };
        }
    }

    /// Nothing waits: what was sent reaches the keeper even if we die now.
    pub fn is_clear(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// The next frame and its descriptors, unknown ones passed over. `Ok(None)`: none is there (`nonblocking`).
    ///
    /// # Errors
    /// `UnexpectedEof`: the keeper is gone.
    pub fn receive(&self, nonblocking: bool) -> io::Result<Option<(ToServer, Fds)>> {
        let mut frame = [0; FRAME_MAX];
        loop {
            let received = match fd_pass::receive(self.socket.as_fd(), &mut frame, nonblocking) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if received.len == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Ok(Some(message)) = ToServer::decode(&frame[..received.len]) {
                return Ok(Some((message, received.fds)));
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn full(error: &io::Error) -> bool {
    // ETOOMANYREFS (109): descriptors under way; it passes as the keeper takes them.
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(109)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        assert_eq!(owner(pane_number(PaneId(0))), Some(Owner::Pane(PaneId(0))));
        assert_eq!(
            owner(pane_number(PaneId(41))),
            Some(Owner::Pane(PaneId(41)))
        );
        assert_eq!(owner(job_number(5)), Some(Owner::Job(5)));
        assert_eq!(owner(0), None);
    }

    #[test]
    fn a_full_socket_keeps_frames_in_order() {
        let (ours, theirs) = fd_pass::packet_pair().unwrap();
        let link = Link::new(ours);
        for pane in 1..5000 {
            link.send(&ToKeeper::Forget { pane }, &[]);
        }
        assert!(!link.is_clear(), "the socket was meant to be full");
        let mut frame = [0; FRAME_MAX];
        for expected in 1..5000 {
            let received = fd_pass::receive(theirs.as_fd(), &mut frame, true).unwrap();
            let message = ToKeeper::decode(&frame[..received.len]).unwrap();
            assert_eq!(message, Some(ToKeeper::Forget { pane: expected }));
            link.flush();
        }
        assert!(link.is_clear());
    }
}

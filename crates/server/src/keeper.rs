//! The connection with the keeper: frames out that wait in order when the socket is full, frames in with descriptors,
//! and another keeper when that one has died.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use outlast_core::PaneId;
use outlast_sys::fd_pass::{self, Fds};
use outlast_sys::mem::MemFile;
use outlast_sys::{daemon, signal, spawn};
use outlast_wire::keeper::book::{self, Book};
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
    /// What a pipe is still to be given, though its pane may be gone.
    pub const PIPE_REST: u16 = 4;
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

/// Our end of the socket, and what was said and heard on it.
pub struct Link {
    socket: OwnedFd,
    waiting: RefCell<VecDeque<(Vec<u8>, Vec<OwnedFd>)>>,
    book: RefCell<Book<OwnedFd>>,
    /// By when a keeper that was asked to become another binary must have answered.
    answer_by_ms: Cell<Option<u64>>,
}

/// A keeper that was asked to become another binary has so long.
const EXEC_MS: u64 = 2000;

impl Link {
    /// Over a connected packet socket.
    pub fn new(socket: OwnedFd) -> Link {
        Link {
            socket,
            waiting: RefCell::default(),
            book: RefCell::default(),
            answer_by_ms: Cell::new(None),
        }
    }

    /// Sends a frame, or keeps it until the socket has room ([`Link::flush`]). Order is kept. A keeper that is gone
    /// is noticed where we read; the next one is told again what matters.
    pub fn send(&self, message: &ToKeeper, fds: &[BorrowedFd<'_>]) {
        // What is not in the book is lost with the keeper, if that happens while we have no descriptor left.
        let copy = fds.first().and_then(|fd| fd.try_clone_to_owned().ok());
        self.book.borrow_mut().said(message, copy);
        if *message == ToKeeper::Exec {
            let by = outlast_sys::clock::boottime_ms() + EXEC_MS;
            self.answer_by_ms.set(Some(by));
        }
        self.put(message, fds);
    }

    fn put(&self, message: &ToKeeper, fds: &[BorrowedFd<'_>]) {
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
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(None),
                    // A keeper that ended without having read everything: told once, its last frames come after it.
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionReset => continue,
                    _ => return Err(error),
                },
            };
            if received.len == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Ok(Some(message)) = ToServer::decode(&frame[..received.len]) {
                if let ToServer::Resumed { .. } = message {
                    self.answer_by_ms.set(None);
                }
                match received.fds.copies() {
                    Ok(copies) => self.book.borrow_mut().heard(&message, copies),
                    Err(error) => {
                        eprintln!("server: {error}: a new keeper would not have {message:?}")
                    }
                }
                if let ToServer::Pane(row) | ToServer::Spawned(row) = &message
                    && let Some(gate) = self.book.borrow_mut().take_gate(row.pane)
                {
                    // Should the keeper have died before it did.
                    spawn::open_gate(&gate);
                }
                return Ok(Some((message, received.fds)));
            }
        }
    }

    /// The keeper's process id.
    pub fn keeper_pid(&self) -> u32 {
        self.book.borrow().keeper_pid()
    }

    /// By when a keeper that was asked to become another binary must have answered.
    pub fn answer_due(&self) -> Option<u64> {
        self.answer_by_ms.get()
    }

    /// The keeper that was asked to become another binary does not answer: it is killed, and a new one of our own
    /// binary takes over when its connection has ended.
    pub fn give_up_on(&self) {
        self.answer_by_ms.set(None);
        let _ = signal::send(self.keeper_pid(), signal::SIGKILL);
    }

    /// Whether the keeper is of a version that can become another binary.
    pub fn keeper_can_exec(&self) -> bool {
        self.book.borrow().is_complete()
    }

    /// Starts a keeper of our own binary in the place of one that has died. It gets all that we hold for it; the
    /// connection is a new one under the same descriptor (to be polled anew). Returns at once; what is sent meanwhile
    /// waits.
    ///
    /// # Errors
    /// `Unsupported`: the dead keeper gave us nothing to hold. Else no process or descriptor can be had: try again.
    pub fn take_over(&self) -> io::Result<()> {
        self.answer_by_ms.set(None);
        self.book.borrow_mut().drop_gates();
        let (ours, theirs) = fd_pass::packet_pair()?;
        // `PROGRAM server --keeper-fd 3 WORDS…`, as the keeper put it.
        let args: Vec<Vec<u8>> = std::env::args_os()
            .map(OsString::into_encoded_bytes)
            .collect();
        let words: Vec<&[u8]> = args.iter().skip(4).map(Vec::as_slice).collect();
        let program = args.first().ok_or(io::ErrorKind::Unsupported)?;
        let server = book::Server {
            socket: theirs.as_raw_fd(),
            pid: outlast_sys::process::own_pid(),
            program,
            words: &words,
        };
        let table = self.book.borrow().table(server, AsRawFd::as_raw_fd);
        let table = table.ok_or(io::ErrorKind::Unsupported)?;
        let file = MemFile::sealed(c"outlast-keeper", table.bytes())?;
        let number = file.fd().as_raw_fd();
        let keep = [table.fds(), &[number]].concat();
        let number = number.to_string();
        let argv = [
            program.as_slice(),
            b"keeper",
            b"--resume",
            number.as_bytes(),
            b"--died",
        ];
        let argv = argv
            .into_iter()
            .map(CString::new)
            .collect::<Result<Vec<_>, _>>()?;
        daemon::start_keeping(c"/proc/self/exe", &argv, &keep)?;
        daemon::replace(self.socket.as_fd(), ours)?;
        // The book has all of it but signals, and those have waited for nobody.
        self.waiting.borrow_mut().clear();
        let book = self.book.borrow();
        for (message, fd) in book.unanswered() {
            self.put(message, fd.map(AsFd::as_fd).as_slice());
        }
        // In the table there was no pane yet that they could belong to.
        for (pane, tag, fd) in book.early_deposits() {
            self.put(&ToKeeper::Deposit { pane, tag }, &[fd.as_fd()]);
        }
        for (pane, at) in book.early_ends() {
            self.put(&ToKeeper::EndInput { pane, at }, &[]);
        }
        Ok(())
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

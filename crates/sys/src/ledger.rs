//! What the next keeper must know of the last instant of this one: which move of bytes it was in, and how processes
//! ended. One memory file, held by keeper, server and anchor, so that it outlives any of them.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | "oKl1" |
//! | 8 | 8 | process id of the keeper |
//! | 16 | 8 | process id of the anchor |
//! | 64 | 8 | the move: its phase (0: none), and from bit 16 on the slot |
//! | 72 | 8 | the move: absolute offset at which it began |
//! | 80 | 8 | the move: bytes |
//! | 128 | 8 | entries ever made in the list of ends |
//! | 4096 | 8 × 1024 | the list, in turn: process id in the upper half; below 1, 2, 3 (exited, killed, stopped) and 8 bits lower the code or signal |
//!
//! The layout is frozen. Keeper and anchor write at the same time, hence single words. The list is short because it
//! is looked at some milliseconds after an end, not for ever; who starts a program takes its number out of it, so what
//! is found under a number is the end of that very program.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

use rustix::event::EventfdFlags;
use rustix::mm::ProtFlags;

use crate::children::Change;
use crate::mem::{MemFile, Region};

const MAGIC: u32 = u32::from_le_bytes(*b"oKl1");
const KEEPER: usize = 8;
const ANCHOR: usize = 16;
const PHASE: usize = 64;
const BASE: usize = 72;
const BYTES: usize = 80;
const COUNT: usize = 128;
const LIST: usize = 4096;
const ENTRIES: u64 = 1024;
const LEN: usize = LIST + 8 * ENTRIES as usize;

/// How far a move of bytes is, see [`crate::mover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Phase {
    /// No move.
    None = 0,
    /// Output goes from the program into the pipe.
    OutputIn = 1,
    /// Output goes from the pipe into the ring.
    OutputOut = 2,
    /// Input goes from the ring into the pipe.
    InputIn = 3,
    /// Input goes from the pipe to the program.
    InputOut = 4,
    /// Output goes from the program into the ring at once, without the pipe: at most so many bytes.
    OutputPlain = 5,
    /// Input goes from the ring to the program at once: at most so many bytes.
    InputPlain = 6,
}

/// The ledger. The eventfd beside it wakes a keeper that waits for ends of processes that are the anchor's children.
#[derive(Debug)]
pub struct Ledger {
    file: MemFile,
    region: Region,
    wake: OwnedFd,
}

impl Ledger {
    /// An empty one.
    ///
    /// # Errors
    /// No descriptor or memory is left.
    pub fn new() -> io::Result<Ledger> {
        let file = MemFile::new(c"outlast-ledger", LEN as u64)?;
        file.seal_length()?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = rustix::event::eventfd(0, flags)?;
        let ledger = Ledger::map(file, wake)?;
        ledger.region.flag(0).store(MAGIC, Ordering::Relaxed);
        Ok(ledger)
    }

    /// A former keeper's, from its file and its eventfd.
    ///
    /// # Errors
    /// It is none, or cannot be mapped.
    pub fn adopt(file: OwnedFd, wake: OwnedFd) -> io::Result<Ledger> {
        let ledger = Ledger::map(MemFile::from_fd(file), wake)?;
        match ledger.region.flag(0).load(Ordering::Relaxed) {
            MAGIC => Ok(ledger),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn map(file: MemFile, wake: OwnedFd) -> io::Result<Ledger> {
        if file.len()? < LEN as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let region = Region::file(file.fd(), 0, LEN, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Ledger { file, region, wake })
    }

    /// The file and the eventfd.
    pub fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.file.fd(), self.wake.as_fd()]
    }

    /// Who the keeper is.
    pub fn keeper(&self) -> u32 {
        self.region.word(KEEPER).load(Ordering::Acquire) as u32
    }
    /// Says who the keeper is.
    pub fn set_keeper(&self, pid: u32) {
        self.region
            .word(KEEPER)
            .store(pid.into(), Ordering::Release);
    }
    /// Who the anchor is; 0: there is none.
    pub fn anchor(&self) -> u32 {
        self.region.word(ANCHOR).load(Ordering::Acquire) as u32
    }
    /// Says who the anchor is.
    pub fn set_anchor(&self, pid: u32) {
        self.region
            .word(ANCHOR)
            .store(pid.into(), Ordering::Release);
    }

    // ---- the move ------------------------------------------------------------------------------------------

    /// Says what is about to be done. The phase comes last, and [`Ledger::clear`] takes it away first.
    pub(crate) fn intend(&self, phase: Phase, slot: u16, base: u64, bytes: u64) {
        self.region.word(BASE).store(base, Ordering::Release);
        self.region.word(BYTES).store(bytes, Ordering::Release);
        let word = phase as u64 | u64::from(slot) << 16;
        self.region.word(PHASE).store(word, Ordering::Release);
    }
    /// The next phase of the same move.
    pub(crate) fn go_on(&self, phase: Phase, slot: u16, bytes: u64) {
        self.region.word(BYTES).store(bytes, Ordering::Release);
        let word = phase as u64 | u64::from(slot) << 16;
        self.region.word(PHASE).store(word, Ordering::Release);
    }
    /// The move is done.
    pub(crate) fn clear(&self) {
        self.region.word(PHASE).store(0, Ordering::Release);
    }
    /// The move that was begun, if any: phase, slot, base, bytes.
    pub(crate) fn intent(&self) -> (Phase, u16, u64, u64) {
        let word = self.region.word(PHASE).load(Ordering::Acquire);
        let phase = match word & 0xffff {
            1 => Phase::OutputIn,
            2 => Phase::OutputOut,
            3 => Phase::InputIn,
            4 => Phase::InputOut,
            5 => Phase::OutputPlain,
            6 => Phase::InputPlain,
            _ => Phase::None,
        };
        let load = |offset| self.region.word(offset).load(Ordering::Acquire);
        (phase, (word >> 16) as u16, load(BASE), load(BYTES))
    }

    // ---- the list of ends ----------------------------------------------------------------------------------

    /// Enters how a process ended, or that it was stopped.
    pub fn enter(&self, pid: u32, change: Change) {
        let (kind, value) = match change {
            Change::Code(code) => (1, code),
            Change::Signal(signal) => (2, signal),
            Change::Stopped(signal) => (3, signal),
        };
        let entry = u64::from(pid) << 32 | u64::from(value) << 8 | kind;
        let at = self.region.word(COUNT).fetch_add(1, Ordering::AcqRel);
        self.list()[(at % ENTRIES) as usize].store(entry, Ordering::Release);
    }

    /// Wakes the keeper, if it waits for that.
    pub fn ring(&self) {
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// A new program has this number: what was said of an earlier one is taken out.
    pub fn forget(&self, pid: u32) {
        for entry in self.list() {
            if entry.load(Ordering::Acquire) >> 32 == u64::from(pid) {
                entry.store(0, Ordering::Release);
            }
        }
    }

    /// How the process with this number ended, if it did.
    pub fn end_of(&self, pid: u32) -> Option<Change> {
        self.changes(pid)
            .find(|change| !matches!(change, Change::Stopped(_)))
    }

    /// Whether it was stopped since the last time this was asked, and by what.
    pub fn take_stop(&self, pid: u32) -> Option<u8> {
        let mut found = None;
        for entry in self.list() {
            let word = entry.load(Ordering::Acquire);
            if let (true, Some(Change::Stopped(signal))) =
                (word >> 32 == u64::from(pid), change(word))
            {
                entry.store(0, Ordering::Release);
                found = Some(signal);
            }
        }
        found
    }

    fn changes(&self, pid: u32) -> impl Iterator<Item = Change> + use<'_> {
        let words = self
            .list()
            .iter()
            .map(|entry| entry.load(Ordering::Acquire));
        words
            .filter(move |word| word >> 32 == u64::from(pid))
            .filter_map(change)
    }

    fn list(&self) -> &[std::sync::atomic::AtomicU64] {
        self.region.words(LIST, ENTRIES as usize)
    }
}

fn change(word: u64) -> Option<Change> {
    let value = (word >> 8) as u8;
    match word & 0xff {
        1 => Some(Change::Code(value)),
        2 => Some(Change::Signal(value)),
        3 => Some(Change::Stopped(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_found_until_the_number_is_used_again() {
        let ledger = Ledger::new().unwrap();
        ledger.enter(7, Change::Stopped(19));
        assert_eq!((ledger.end_of(7), ledger.take_stop(7)), (None, Some(19)));
        assert_eq!(ledger.take_stop(7), None);
        ledger.enter(7, Change::Code(42));
        ledger.enter(8, Change::Signal(9));
        let [file, wake] = ledger.fds().map(|fd| fd.try_clone_to_owned().unwrap());
        let next = Ledger::adopt(file, wake).unwrap();
        assert_eq!(next.end_of(7), Some(Change::Code(42)));
        assert_eq!(next.end_of(8), Some(Change::Signal(9)));
        next.forget(7);
        assert_eq!(ledger.end_of(7), None);
        for _ in 0..ENTRIES {
            ledger.enter(1, Change::Code(0));
        }
        assert_eq!(ledger.end_of(8), None, "the list is short");
    }

    #[test]
    fn what_is_no_ledger_is_refused() {
        let wake = || Ledger::new().unwrap().wake;
        let short = MemFile::new(c"short", 4096).unwrap().into_fd();
        assert!(Ledger::adopt(short, wake()).is_err());
        let zero = MemFile::new(c"zero", LEN as u64).unwrap().into_fd();
        assert!(Ledger::adopt(zero, wake()).is_err());
    }
}

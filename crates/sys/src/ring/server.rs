//! The server's side of a pane's rings.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{Ordering, fence};

use rustix::mm::{Advice, ProtFlags};

use super::*;
use crate::bell::ServerBells;
use crate::mem::Region;

/// The server's side of a pane's rings: it reads output in place and puts input in.
///
/// Everything that must survive the server is in the shared memory, so a new server that maps the same descriptors
/// goes on where the former was.
#[derive(Debug)]
pub struct ServerRings {
    slot: u16,
    out: Region,
    ctl: Region,
    page: usize,
    out_len: u64,
    in_len: u64,
    /// Absolute input offset up to which this mapping's input data may be backed by memory, and from where.
    touched_from: u64,
}

impl ServerRings {
    /// From the descriptors of the keeper's `Pane` or `Spawned` message. They need not be kept afterwards.
    ///
    /// # Errors
    /// They are not a pane's rings, or there is no room for the mappings.
    pub fn map(slot: u16, out: OwnedFd, ctl: OwnedFd) -> io::Result<ServerRings> {
        let page = page_len();
        let (out, out_len) = map_ring(out.as_fd(), OUT_MAGIC, page, ProtFlags::READ)?;
        let (ctl, in_len) = map_ring(
            ctl.as_fd(),
            CTL_MAGIC,
            page,
            ProtFlags::READ | ProtFlags::WRITE,
        )?;
        let touched_from = out.word(IN_DONE).load(Ordering::Acquire);
        Ok(ServerRings {
            slot,
            out,
            ctl,
            page,
            out_len,
            in_len,
            touched_from,
        })
    }

    /// The bit number in the bells.
    pub fn slot(&self) -> u16 {
        self.slot
    }

    /// Length of the output ring.
    pub fn len(&self) -> u64 {
        self.out_len
    }

    /// Whether no output waits between [`ServerRings::start`] and [`ServerRings::end`].
    pub fn is_empty(&self) -> bool {
        self.start() >= self.end()
    }

    /// Absolute offset of the oldest byte that can still be read: the last committed tail, or more if the keeper had
    /// to overwrite while no server lived ([`ServerRings::lost`]).
    pub fn start(&self) -> u64 {
        let start = self.out.word(START).load(Ordering::Acquire);
        start.max(self.ctl.word(TAIL).load(Ordering::Relaxed))
    }

    /// Absolute offset after the last byte of output.
    pub fn end(&self) -> u64 {
        self.out.word(END).load(Ordering::Acquire)
    }

    /// Bytes of output overwritten unread, ever.
    pub fn lost(&self) -> u64 {
        self.out.word(LOST).load(Ordering::Relaxed)
    }

    /// Whether the output has ended: what [`ServerRings::end`] says *after* this was true is the whole of it (until a
    /// respawn).
    pub fn eof(&self) -> bool {
        self.out.flag(FLAGS).load(Ordering::Acquire) & ENDED != 0
    }

    /// The output in `[from, to)`, in place. What lies outside `[start, end)` is left away.
    pub fn slice(&self, from: u64, to: u64) -> &[u8] {
        let (from, to) = (from.max(self.start()), to.min(self.end()));
        let len = to.saturating_sub(from).min(self.out_len) as usize;
        let at = self.page + (from % self.out_len) as usize;
        // SAFETY: the data is mapped twice in a row, so `len` (at most its length) bytes are within the mapping. The
        // keeper writes only outside [tail, end) as long as a server lives, and `tail` is moved only by
        // `commit_tail`, which needs `&mut self`, hence never while a slice is borrowed.
        unsafe { std::slice::from_raw_parts(self.out.at(at), len) }
    }

    /// Output below `to` is covered by a checkpoint: the keeper may overwrite it. A `to` that is not ahead is ignored,
    /// one beyond the end means the end. Wakes the keeper if it waits for that.
    pub fn commit_tail(&mut self, to: u64, bells: &ServerBells) {
        let end = self.end();
        let to = to.min(end);
        if to < self.start() {
            return;
        }
        self.ctl.word(TAIL).store(to, Ordering::Release);
        // See `KeeperRings::room`.
        fence(Ordering::SeqCst);
        let flags = self.out.flag(FLAGS).load(Ordering::Relaxed);
        if flags & FULL != 0 || (flags & TOUCHED != 0 && to == end) {
            bells.ring(self.slot);
        }
    }

    /// Absolute offset after the last byte of input ever put in, by this server or a former.
    pub fn input_end(&self) -> u64 {
        self.ctl.word(IN_END).load(Ordering::Acquire)
    }

    /// Absolute offset up to which input has been written to the program.
    pub fn input_done(&self) -> u64 {
        self.out.word(IN_DONE).load(Ordering::Acquire)
    }

    /// Whether the program has had all input: what is typed at its terminal now comes after it.
    pub fn input_is_done(&self) -> bool {
        self.input_done() == self.input_end()
    }

    /// Bytes of input that fit now. An ended program takes nothing any more: its ring stays as full as it was.
    pub fn input_room(&self) -> usize {
        (self.in_len
            - self
                .input_end()
                .wrapping_sub(self.input_done())
                .min(self.in_len)) as usize
    }

    /// Puts as many of the bytes in as fit, all of them published by one store (a death before it has put in none,
    /// after it all), and wakes the keeper. Returns how many. When not all fitted, the pane's bell rings once half of
    /// the ring is free: push the rest then.
    pub fn push_input(&mut self, bytes: &[u8], bells: &ServerBells) -> usize {
        let (end, done) = (self.input_end(), self.input_done());
        if end == done && end.wrapping_sub(self.touched_from) > WORTH_GIVING_BACK {
            self.give_back_input();
            self.touched_from = end;
        }
        let mut len = bytes.len().min(self.input_room());
        if len < bytes.len() {
            self.ctl.flag(WANTS_ROOM).store(1, Ordering::Relaxed);
            // Either this sees what the keeper has just taken, or the keeper sees the flag.
            fence(Ordering::SeqCst);
            len = bytes.len().min(self.input_room());
        }
        if len == 0 {
            return 0;
        }
        let at = self.page + (end % self.in_len) as usize;
        // SAFETY: `len` is at most the ring's length, so the range is within the doubled, writable mapping; it lies
        // beyond the published end, where the keeper does not read; no Rust reference to it exists.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.ctl.at(at), len) };
        self.ctl
            .word(IN_END)
            .store(end + len as u64, Ordering::Release);
        bells.ring(self.slot);
        len
    }

    /// The keeper has taken everything, and only this side writes there.
    fn give_back_input(&mut self) {
        // SAFETY: the range is the data's first mapping; no reference to it exists here, and the keeper reads nothing
        // from an empty ring.
        let _ = unsafe {
            rustix::mm::madvise(
                self.ctl.at(self.page).cast(),
                self.in_len as usize,
                Advice::LinuxRemove,
            )
        };
    }
}

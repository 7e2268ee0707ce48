//! The keeper's side of a pane's rings.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{Ordering, fence};

use rustix::fs::{Mode, OFlags};
use rustix::mm::{Advice, ProtFlags};

use super::*;
use crate::mem::{MemFile, Region};

/// The keeper's side of a pane's rings: it appends output and takes input. The offsets are its own; the shared pages
/// only get copies.
#[derive(Debug)]
pub struct KeeperRings {
    /// Read-only: the keeper itself needs its mapping only.
    out_fd: OwnedFd,
    ctl_file: MemFile,
    out: Region,
    ctl: Region,
    page: usize,
    out_len: u64,
    in_len: u64,
    end: u64,
    in_done: u64,
    start: u64,
    lost: u64,
    flags: u32,
    /// Bytes of the ring that may be backed by memory.
    touched: u64,
}

impl KeeperRings {
    /// New, empty rings. The lengths are multiples of the page size.
    ///
    /// # Errors
    /// No descriptor or memory is left.
    pub fn new(out_len: usize, in_len: usize) -> io::Result<KeeperRings> {
        let page = page_len();
        if !out_len.is_multiple_of(page)
            || !in_len.is_multiple_of(page)
            || out_len == 0
            || in_len == 0
        {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = |name, len: usize| {
            let file = MemFile::new(name, (page + len) as u64)?;
            file.seal_length()?;
            let region = Region::ring(file.fd(), page, len, ProtFlags::READ | ProtFlags::WRITE)?;
            region.not_in_children();
            io::Result::Ok((file, region))
        };
        let (out_file, out) = file(c"outlast-output", out_len)?;
        let (ctl_file, ctl) = file(c"outlast-input", in_len)?;
        out.flag(MAGIC).store(OUT_MAGIC, Ordering::Relaxed);
        out.word(LEN).store(out_len as u64, Ordering::Relaxed);
        ctl.flag(MAGIC).store(CTL_MAGIC, Ordering::Relaxed);
        ctl.word(LEN).store(in_len as u64, Ordering::Relaxed);
        Ok(KeeperRings {
            out_fd: read_only(out_file.fd())?,
            ctl_file,
            out,
            ctl,
            page,
            out_len: out_len as u64,
            in_len: in_len as u64,
            end: 0,
            in_done: 0,
            start: 0,
            lost: 0,
            flags: 0,
            touched: 0,
        })
    }

    /// A former keeper's, from the descriptors that it gave a server. The mappings are this keeper's own; the offsets
    /// go on from what was published.
    ///
    /// # Errors
    /// They are not a pane's rings, or there is no room for the mappings.
    pub fn adopt(out: OwnedFd, ctl: OwnedFd) -> io::Result<KeeperRings> {
        let page = page_len();
        // The server's description is read-only, to keep its own hands off; the file is ours.
        let writable = rustix::fs::open(
            crate::process::FdPath::new(out.as_fd()).as_c_str(),
            OFlags::RDWR | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let (out_map, out_len) = map_ring(writable.as_fd(), OUT_MAGIC, page, prot)?;
        let (ctl_map, in_len) = map_ring(ctl.as_fd(), CTL_MAGIC, page, prot)?;
        out_map.not_in_children();
        ctl_map.not_in_children();
        let load = |word| out_map.word(word).load(Ordering::Acquire);
        Ok(KeeperRings {
            out_fd: out,
            ctl_file: MemFile::from_fd(ctl),
            page,
            out_len,
            in_len,
            end: load(END),
            in_done: load(IN_DONE),
            start: load(START),
            lost: load(LOST),
            flags: out_map.flag(FLAGS).load(Ordering::Acquire),
            touched: out_len.min(load(END)),
            out: out_map,
            ctl: ctl_map,
        })
    }

    /// The descriptors for a server: a read-only description of the output ring, and the control file.
    pub fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.out_fd.as_fd(), self.ctl_file.fd()]
    }

    /// Absolute offset after the last byte of output.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of output not yet covered by a checkpoint, as far as the server can be believed.
    fn unread(&self) -> u64 {
        let tail = self.ctl.word(TAIL).load(Ordering::Acquire).max(self.start);
        // A tail beyond the end wraps to a huge number, hence to a full ring: a wild server blocks its own pane.
        self.end.wrapping_sub(tail).min(self.out_len)
    }

    /// Bytes of output that fit. When it is 0 the server has been told that room is waited for, and rings the bell.
    pub fn room(&mut self) -> usize {
        let mut room = self.out_len - self.unread();
        if room == 0 {
            self.set_flags(self.flags | FULL);
            // Either this sees the tail that the server has just moved, or the server sees the flag.
            fence(Ordering::SeqCst);
            room = self.out_len - self.unread();
        }
        if room != 0 && self.flags & FULL != 0 {
            self.set_flags(self.flags & !FULL);
        }
        room as usize
    }

    /// Makes room for `want` bytes by giving up the oldest unread ones, which are counted. Only for the time when
    /// there is no server process: one that lives may be reading them.
    pub fn give_up_oldest(&mut self, want: usize) {
        let want = (want as u64).min(self.out_len);
        let missing = want.saturating_sub(self.out_len - self.unread());
        if missing == 0 {
            return;
        }
        // A wild tail may claim that more is unread than was ever there.
        self.start = self.end.saturating_sub(self.out_len - want).max(self.start);
        self.lost += missing;
        self.out.word(LOST).store(self.lost, Ordering::Relaxed);
        self.out.word(START).store(self.start, Ordering::Release);
    }

    /// Reads at most `room` bytes (which fit, see [`KeeperRings::room`]) from `fd` into the ring and publishes them.
    /// `Ok(0)` is the end of a pipe.
    ///
    /// # Errors
    /// What read(2) says; EAGAIN: nothing there; EIO: nobody has the terminal open.
    pub fn read_from(&mut self, fd: BorrowedFd<'_>, room: usize) -> io::Result<usize> {
        let room = (room as u64).min(self.out_len) as usize;
        let at = self.page + (self.end % self.out_len) as usize;
        let into = self.out.at(at);
        // SAFETY: the data is mapped twice in a row, so `room` (at most its length) bytes from any offset below the
        // length are within the writable mapping. No Rust reference to that memory exists in this process.
        let read = unsafe { libc::read(fd.as_raw_fd(), into.cast(), room) };
        let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
        let _ = crate::seam::pass("publish");
        self.appended(read as u64);
        Ok(read)
    }

    /// Reads exactly `len` bytes from `pipe`, which has them, to `there` bytes behind the end, and publishes both.
    pub(crate) fn fill_from(
        &mut self,
        pipe: BorrowedFd<'_>,
        there: usize,
        len: usize,
    ) -> io::Result<()> {
        let all = there + len;
        if all as u64 > self.out_len {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let at = self.page + (self.end % self.out_len) as usize;
        let mut done = there;
        while done < all {
            let into = self.out.at(at + done);
            // SAFETY: as in `read_from`: `all` is at most the data's length, and `done` is below it.
            let read = unsafe { libc::read(pipe.as_raw_fd(), into.cast(), all - done) };
            match usize::try_from(read) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => done += read,
                Err(_) => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
        self.appended(all as u64);
        Ok(())
    }

    fn appended(&mut self, len: u64) {
        self.end += len;
        self.out.word(END).store(self.end, Ordering::Release);
        self.touched = (self.touched + len).min(self.out_len);
        if self.touched > WORTH_GIVING_BACK && self.flags & TOUCHED == 0 {
            self.set_flags(self.flags | TOUCHED);
        }
    }

    /// Bytes of input that wait, as far as the server can be believed.
    pub fn input_waiting(&self) -> usize {
        let end = self.ctl.word(IN_END).load(Ordering::Acquire);
        // An end below what was done wraps to a huge number: at most a ring full of nonsense is typed.
        end.wrapping_sub(self.in_done).min(self.in_len) as usize
    }

    /// Absolute offset up to which input was taken.
    pub fn input_done(&self) -> u64 {
        self.in_done
    }

    /// Drops waiting input below the absolute offset `to`.
    pub fn skip_input(&mut self, to: u64) {
        let waiting = self.in_done + self.input_waiting() as u64;
        self.in_done = self.in_done.max(to.min(waiting));
        self.out
            .word(IN_DONE)
            .store(self.in_done, Ordering::Release);
    }

    /// After input was taken: whether the server waits for room and there is enough of it now to ring its bell.
    pub fn server_wants_room(&mut self) -> bool {
        let flag = self.ctl.flag(WANTS_ROOM);
        // Either this sees the flag, or the server sees what was taken (`ServerRings::push_input`).
        fence(Ordering::SeqCst);
        let rings =
            flag.load(Ordering::Relaxed) != 0 && self.input_waiting() as u64 <= self.in_len / 2;
        if rings {
            flag.store(0, Ordering::Relaxed);
        }
        rings
    }

    /// Writes waiting input to `fd`, as much as it takes at once.
    ///
    /// # Errors
    /// What write(2) says; EAGAIN: it takes nothing now.
    pub fn write_to(&mut self, fd: BorrowedFd<'_>) -> io::Result<usize> {
        let waiting = self.input_waiting();
        if waiting == 0 {
            return Ok(0);
        }
        let written = self.offer_input(fd, waiting)?;
        self.input_taken(written as u64);
        Ok(written)
    }

    /// Writes `waiting` bytes of input (that do wait) to `fd`, and leaves them waiting.
    pub(crate) fn offer_input(&self, fd: BorrowedFd<'_>, waiting: usize) -> io::Result<usize> {
        let at = self.page + (self.in_done % self.in_len) as usize;
        let from = self.ctl.at(at);
        // SAFETY: as in `read_from`, readable. The server may change the bytes meanwhile; the kernel copes.
        let written = unsafe { libc::write(fd.as_raw_fd(), from.cast(), waiting) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// So much of the waiting input was taken by the program.
    pub(crate) fn input_taken(&mut self, len: u64) {
        self.in_done += len;
        self.out
            .word(IN_DONE)
            .store(self.in_done, Ordering::Release);
    }

    /// Says whether the output has ended. Call it after the last byte was published.
    pub fn set_ended(&mut self, ended: bool) {
        self.set_flags(if ended {
            self.flags | ENDED
        } else {
            self.flags & !ENDED
        });
    }

    fn set_flags(&mut self, flags: u32) {
        self.flags = flags;
        self.out.flag(FLAGS).store(flags, Ordering::Release);
    }

    /// Gives the output ring's memory back if all of it is consumed and that is worth while.
    pub fn give_back(&mut self) {
        if self.touched <= WORTH_GIVING_BACK || self.unread() != 0 {
            return;
        }
        // SAFETY: the range is the data's first mapping; no Rust reference to it exists in this process, and readers
        // in the other take only what is not consumed. It reads as zeros afterwards.
        let done = unsafe {
            rustix::mm::madvise(
                self.out.at(self.page).cast(),
                self.out_len as usize,
                Advice::LinuxRemove,
            )
        };
        if done.is_ok() {
            self.touched = 0;
            self.set_flags(self.flags & !TOUCHED);
        }
    }
}

/// Opens the same file once more, for reading only.
fn read_only(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let path = crate::process::FdPath::new(fd);
    Ok(rustix::fs::open(
        path.as_c_str(),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

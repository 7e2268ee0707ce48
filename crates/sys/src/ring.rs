//! A pane's rings: its output as a log with absolute offsets, its input likewise, in memory that outlives the server.
//!
//! Two memory files per pane. `out` is the keeper's: the server has it read-only.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | "oRo1" |
//! | 8 | 8 | length of the data, a multiple of the page size |
//! | 64 | 8 | `end`: absolute offset after the last byte of output |
//! | 128 | 8 | `in_done`: absolute offset up to which input has been written to the program |
//! | 192 | 8 | `start`: bytes below were overwritten unread (only ever while no server lived) |
//! | 200 | 8 | `lost`: how many bytes were |
//! | 256 | 4 | flags: 1 the output has ended, 2 the ring is full and the keeper waits for room, 4 memory could be given back once all is consumed |
//! | page | … | the data, mapped twice in a row |
//!
//! `ctl` is the server's; the keeper believes none of it:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | "oRi1" |
//! | 8 | 8 | length of the input data |
//! | 64 | 8 | `tail`: output below is covered by a checkpoint and may be overwritten |
//! | 128 | 8 | `in_end`: absolute offset after the last byte of input |
//! | 192 | 4 | 1: the server waits for room and wants the bell when half of the input ring is free |
//! | page | … | the input data, mapped twice in a row |
//!
//! The layouts are frozen. Both files are sealed in their length, so no `ftruncate` can make a mapping fault. The
//! byte at absolute offset `n` is at `n % length`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{Ordering, fence};

use rustix::fs::{Mode, OFlags};
use rustix::mm::{Advice, ProtFlags};

use crate::bell::ServerBells;
use crate::mem::{MemFile, Region};

/// Length of an output ring unless told otherwise.
pub const OUT_LEN: usize = 256 * 1024;
/// Length of an input ring.
pub const IN_LEN: usize = 64 * 1024;
/// From this many touched bytes on memory is given back when all is consumed.
const WORTH_GIVING_BACK: u64 = 16 * 1024;

const OUT_MAGIC: u32 = u32::from_le_bytes(*b"oRo1");
const CTL_MAGIC: u32 = u32::from_le_bytes(*b"oRi1");
const MAGIC: usize = 0;
const LEN: usize = 8;
const END: usize = 64;
const IN_DONE: usize = 128;
const START: usize = 192;
const LOST: usize = 200;
const FLAGS: usize = 256;
const TAIL: usize = 64;
const IN_END: usize = 128;
const WANTS_ROOM: usize = 192;

const ENDED: u32 = 1;
const FULL: u32 = 2;
const TOUCHED: u32 = 4;

fn page_len() -> usize {
    rustix::param::page_size()
}

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
        let read = unsafe { libc::read(std::os::fd::AsRawFd::as_raw_fd(&fd), into.cast(), room) };
        let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
        self.appended(read as u64);
        Ok(read)
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
        let at = self.page + (self.in_done % self.in_len) as usize;
        let from = self.ctl.at(at);
        // SAFETY: as in `read_from`, readable. The server may change the bytes meanwhile; the kernel copes.
        let written =
            unsafe { libc::write(std::os::fd::AsRawFd::as_raw_fd(&fd), from.cast(), waiting) };
        let written = usize::try_from(written).map_err(|_| io::Error::last_os_error())?;
        self.in_done += written as u64;
        self.out
            .word(IN_DONE)
            .store(self.in_done, Ordering::Release);
        Ok(written)
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

/// Maps one of a pane's files after having checked that it is one.
fn map_ring(
    fd: BorrowedFd<'_>,
    magic: u32,
    page: usize,
    prot: ProtFlags,
) -> io::Result<(Region, u64)> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let whole = rustix::fs::fstat(fd)?.st_size.unsigned_abs();
    if whole <= page as u64 {
        return Err(invalid());
    }
    let head = Region::file(fd, 0, page, ProtFlags::READ)?;
    let data = head.word(LEN).load(Ordering::Relaxed);
    let fits = data
        .checked_add(page as u64)
        .is_some_and(|len| len <= whole)
        && data != 0;
    if head.flag(MAGIC).load(Ordering::Relaxed) != magic
        || !fits
        || !data.is_multiple_of(page as u64)
    {
        return Err(invalid());
    }
    Ok((
        Region::ring(
            fd,
            page,
            usize::try_from(data).map_err(|_| invalid())?,
            prot,
        )?,
        data,
    ))
}

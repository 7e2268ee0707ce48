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
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

use rustix::mm::ProtFlags;

use crate::mem::Region;

mod keeper;
mod server;

pub use keeper::KeeperRings;
pub use server::ServerRings;

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

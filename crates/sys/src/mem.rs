//! Memory files and their mappings.
//!
//! A memory file outlives the process that made it as long as somebody holds its descriptor: that is how checkpoints,
//! history and journals reach the next server.

use std::ffi::CStr;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};

use crate::seam;

/// Length of one block of a history file, see [`MemFile::map_block`].
pub const BLOCK_LEN: usize = 64 * 1024;

/// A file in memory.
#[derive(Debug)]
pub struct MemFile {
    fd: OwnedFd,
}

impl MemFile {
    /// A new one of `len` zero bytes. `name` is for people (`/proc/PID/maps`).
    ///
    /// # Errors
    /// No descriptor or no memory is left.
    pub fn new(name: &CStr, len: u64) -> io::Result<MemFile> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        seam::pass("memfd")?;
        let fd = rustix::fs::memfd_create(name, flags)?;
        seam::pass("ftruncate")?;
        rustix::fs::ftruncate(&fd, len)?;
        Ok(MemFile { fd })
    }
    /// One that holds `bytes` and can never change again.
    ///
    /// # Errors
    /// No descriptor or no memory is left.
    pub fn sealed(name: &CStr, bytes: &[u8]) -> io::Result<MemFile> {
        let file = MemFile::new(name, 0)?;
        let mut written = 0;
        while written < bytes.len() {
            let write = || {
                seam::pass("pwrite")?;
                rustix::io::pwrite(&file.fd, &bytes[written..], written as u64)
            };
            written += rustix::io::retry_on_intr(write)?;
        }
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file.fd, seals)?;
        Ok(file)
    }
    /// From a descriptor, such as a deposit that the keeper handed out.
    pub fn from_fd(fd: OwnedFd) -> MemFile {
        MemFile { fd }
    }
    /// Its descriptor, for a deposit.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
    /// Its descriptor for good.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }
    /// Length in bytes.
    ///
    /// # Errors
    /// The descriptor is no file's.
    pub fn len(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&self.fd)?.st_size.unsigned_abs())
    }
    /// Whether it has no bytes.
    ///
    /// # Errors
    /// The descriptor is no file's.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Makes it at least `len` long; never shorter.
    ///
    /// # Errors
    /// It is sealed, or no file.
    pub fn grow(&self, len: u64) -> io::Result<()> {
        if self.len()? < len {
            seam::pass("ftruncate")?;
            rustix::fs::ftruncate(&self.fd, len)?;
        }
        Ok(())
    }
    /// Forbids for ever to change its length, so that a mapping of it cannot fault.
    ///
    /// # Errors
    /// It is no memory file.
    pub fn seal_length(&self) -> io::Result<()> {
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        Ok(rustix::fs::fcntl_add_seals(&self.fd, seals)?)
    }
    /// Its bytes from `at`, as many as there are up to the buffer's length.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match rustix::io::pread(&self.fd, &mut buffer[read..], at + read as u64)? {
                0 => break,
                n => read += n,
            }
        }
        Ok(read)
    }
    /// Maps the whole of it, shared and writable.
    ///
    /// # Errors
    /// It is empty or there is no room.
    pub fn map(&self) -> io::Result<Mapping> {
        let len = usize::try_from(self.len()?).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.map_range(0, len)
    }
    /// Maps `len` bytes from `offset` (a multiple of the page size), shared and writable.
    ///
    /// # Errors
    /// The range is not within the file, or there is no room.
    pub fn map_range(&self, offset: u64, len: usize) -> io::Result<Mapping> {
        // A mapping beyond the end could be made, and would fault when touched.
        if offset
            .checked_add(len as u64)
            .is_none_or(|end| self.len().is_ok_and(|whole| end > whole))
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Mapping {
            region: Region::file(self.fd(), offset, len, ProtFlags::READ | ProtFlags::WRITE)?,
        })
    }
    /// Maps block `n` of [`BLOCK_LEN`] bytes, growing the file to hold it.
    ///
    /// # Errors
    /// There is no room, or the file is sealed and too short.
    pub fn map_block(&self, n: u64) -> io::Result<Mapping> {
        let offset = n
            .checked_mul(BLOCK_LEN as u64)
            .ok_or(io::ErrorKind::InvalidInput)?;
        self.grow(offset + BLOCK_LEN as u64)?;
        self.map_range(offset, BLOCK_LEN)
    }
    /// Gives the memory of a range back; it reads as zeros afterwards. The length stays.
    ///
    /// # Errors
    /// It is sealed against writing.
    pub fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        let flags = rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
        seam::pass("fallocate")?;
        Ok(rustix::fs::fallocate(&self.fd, flags, offset, len)?)
    }
}

impl AsFd for MemFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd()
    }
}

/// A shared, writable mapping of a memory file, unmapped on drop. It stays when the file's descriptor is closed.
///
/// It is lent as plain bytes, which is sound as long as no other process writes there at the same time: what is
/// deposited belongs to one server at a time. Words that another process may look at are reached by
/// [`Mapping::word`].
#[derive(Debug)]
pub struct Mapping {
    region: Region,
}

impl Mapping {
    /// Private memory of `len` zero bytes, of no file; pages that are not touched cost nothing.
    ///
    /// # Errors
    /// There is no room.
    pub fn anonymous(len: usize) -> io::Result<Mapping> {
        Ok(Mapping {
            region: Region::anonymous(len, ProtFlags::READ | ProtFlags::WRITE)?,
        })
    }
    /// The word at `offset` (a multiple of 8 and within the mapping, else `None`), to publish by one store.
    pub fn word(&self, offset: usize) -> Option<&AtomicU64> {
        (offset.is_multiple_of(8) && offset.checked_add(8)? <= self.region.len)
            .then(|| self.region.word(offset))
    }
    /// Gives the memory back where it stands: private memory reads as zeros afterwards, a file's content stays.
    pub fn rest(&mut self) {
        // SAFETY: the range is this mapping's own and nobody borrows it (`&mut self`); dropping its pages leaves it
        // readable and writable.
        let _ = unsafe {
            rustix::mm::madvise(
                self.region.at(0).cast(),
                self.region.len,
                Advice::LinuxDontNeed,
            )
        };
    }
}

impl Deref for Mapping {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: the region is mapped readable for as long as `self` lives, and by the type's contract nobody else
        // writes to it meanwhile.
        unsafe { std::slice::from_raw_parts(self.region.at(0), self.region.len) }
    }
}

impl DerefMut for Mapping {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and mapped writable; `&mut self` keeps other borrows of it away.
        unsafe { std::slice::from_raw_parts_mut(self.region.at(0), self.region.len) }
    }
}

/// A range of mapped addresses, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Region {
    base: NonNull<u8>,
    pub(crate) len: usize,
}

// SAFETY: a region is a range of addresses that belongs to its owner alone; what is done with the memory is up to
// the methods that hand it out.
unsafe impl Send for Region {}
// SAFETY: as above; the methods that need exclusive access take it by `&mut` of the type around the region.
unsafe impl Sync for Region {}

impl Region {
    fn new(base: *mut core::ffi::c_void, len: usize) -> io::Result<Region> {
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Region { base, len })
    }
    pub(crate) fn anonymous(len: usize, prot: ProtFlags) -> io::Result<Region> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
        let base = unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), len, prot, flags)? };
        Region::new(base, len)
    }
    pub(crate) fn file(
        fd: BorrowedFd<'_>,
        offset: u64,
        len: usize,
        prot: ProtFlags,
    ) -> io::Result<Region> {
        seam::pass("mmap")?;
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
        let base = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                len,
                prot,
                MapFlags::SHARED,
                fd,
                offset,
            )?
        };
        Region::new(base, len)
    }
    /// `head` bytes, then `data` bytes twice in a row, so that every slice of the data is contiguous. All three
    /// lengths are multiples of the page size.
    pub(crate) fn ring(
        fd: BorrowedFd<'_>,
        head: usize,
        data: usize,
        prot: ProtFlags,
    ) -> io::Result<Region> {
        let region = Region::anonymous(head + 2 * data, ProtFlags::empty())?;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        seam::pass("mmap")?;
        // SAFETY: both ranges lie within the address range that was just reserved and that nobody else knows of.
        unsafe {
            rustix::mm::mmap(region.at(0).cast(), head + data, prot, flags, fd, 0)?;
            rustix::mm::mmap(
                region.at(head + data).cast(),
                data,
                prot,
                flags,
                fd,
                head as u64,
            )?;
        }
        Ok(region)
    }
    /// Keeps the mapping out of forked children: it makes fork cheaper, and they have no business there.
    pub(crate) fn not_in_children(&self) {
        // SAFETY: the range is this region's own; the advice changes nothing in this process.
        let _ = unsafe { rustix::mm::madvise(self.at(0).cast(), self.len, Advice::LinuxDontFork) };
    }
    /// The address at `offset`, which is within the region.
    pub(crate) fn at(&self, offset: usize) -> *mut u8 {
        assert!(
            offset <= self.len,
            "offset {offset} of a region of {}",
            self.len
        );
        // SAFETY: within (or one past) the mapped range, by the assertion.
        unsafe { self.base.as_ptr().add(offset) }
    }
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.len);
        // SAFETY: aligned and within the mapping, which lives as long as the borrow; all access to shared words is
        // atomic. (Read-only mappings are only ever loaded from.)
        unsafe { AtomicU64::from_ptr(self.at(offset).cast()) }
    }
    pub(crate) fn flag(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.len);
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.at(offset).cast()) }
    }
    pub(crate) fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        assert!(offset.is_multiple_of(8) && offset + 8 * count <= self.len);
        // SAFETY: as for `word`; AtomicU64 has the layout of u64.
        unsafe { std::slice::from_raw_parts(self.at(offset).cast(), count) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by this type, is owned by it alone, and borrows of it have ended.
        let _ = unsafe { rustix::mm::munmap(self.at(0).cast(), self.len) };
    }
}

//! The bells: one page that keeper and server both map, and one eventfd in each direction.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | the server sleeps |
//! | 64 | 4 | the keeper sleeps |
//! | 128 | 512 | bits over slots: output or end of output for the server |
//! | 640 | 512 | bits over slots: input, or room in the output ring, for the keeper |
//!
//! The layout is frozen: it is read by servers that are newer than the keeper. Nothing in the page is trusted; a wild
//! server can at worst wake the keeper for nothing.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::EventfdFlags;
use rustix::mm::ProtFlags;

use crate::mem::{MemFile, Region};
use crate::wake::{Direction, Native};

/// Slots that have a bit.
pub const SLOTS: usize = 4096;
const WORDS: usize = SLOTS / 64;
const SERVER_WAITS: usize = 0;
const KEEPER_WAITS: usize = 64;
const TO_SERVER: usize = 128;
const TO_KEEPER: usize = TO_SERVER + 8 * WORDS;
const PAGE_LEN: usize = 4096;

#[derive(Debug)]
struct Page {
    region: Region,
    wakes_server: OwnedFd,
    wakes_keeper: OwnedFd,
}

impl Page {
    fn map(page: BorrowedFd<'_>, wakes_server: OwnedFd, wakes_keeper: OwnedFd) -> io::Result<Page> {
        if rustix::fs::fstat(page)?.st_size.unsigned_abs() < PAGE_LEN as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let region = Region::file(page, 0, PAGE_LEN, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Page {
            region,
            wakes_server,
            wakes_keeper,
        })
    }
    fn to_server(&self) -> Direction<'_, Native> {
        Direction {
            waits: self.region.flag(SERVER_WAITS),
            bits: self.region.words(TO_SERVER, WORDS),
        }
    }
    fn to_keeper(&self) -> Direction<'_, Native> {
        Direction {
            waits: self.region.flag(KEEPER_WAITS),
            bits: self.region.words(TO_KEEPER, WORDS),
        }
    }
}

/// Wakes whoever polls the eventfd. It cannot usefully fail: a full counter is readable too.
fn wake(eventfd: &OwnedFd) {
    let _ = rustix::io::write(eventfd, &1u64.to_ne_bytes());
}

/// The server's side.
///
/// A turn of its loop: [`ServerBells::take`], work, and when nothing is left [`ServerBells::may_sleep`]; if true wait
/// on [`ServerBells::fd`] (for changes, `ET`: it is not read) and all else, then [`ServerBells::woke`] in any case.
/// After a start every pane has to be looked at once without a bell: the former server may have taken bits that it did
/// not act on.
#[derive(Debug)]
pub struct ServerBells(Page);

impl ServerBells {
    /// From the three descriptors of the keeper's `Bell` message, in their order.
    ///
    /// # Errors
    /// The page cannot be mapped.
    pub fn map(
        page: OwnedFd,
        wakes_server: OwnedFd,
        wakes_keeper: OwnedFd,
    ) -> io::Result<ServerBells> {
        Ok(ServerBells(Page::map(
            page.as_fd(),
            wakes_server,
            wakes_keeper,
        )?))
    }
    /// Tells the keeper that there is input, or room in the output ring, of `slot`.
    /// (`ServerRings::push_input` and `commit_tail` do this by themselves.)
    pub fn ring(&self, slot: u16) {
        if self.0.to_keeper().ring(slot) {
            wake(&self.0.wakes_keeper);
        }
    }
    /// Whether [`ServerBells::take`] would find something.
    pub fn is_rung(&self) -> bool {
        self.0.to_server().is_rung()
    }
    /// Calls `news` with each slot that has new output, or the end of its output.
    pub fn take(&self, news: impl FnMut(u16)) {
        self.0.to_server().take(news);
    }
    /// Announces sleep. False: there is news, go on.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        self.0.to_server().may_sleep()
    }
    /// After sleeping, whatever ended it.
    pub fn woke(&self) {
        self.0.to_server().woke();
    }
    /// To be called when [`ServerBells::fd`] is readable, so that it is not next time (not needed where it is polled
    /// for changes only).
    pub fn drain(&self) {
        let _ = rustix::io::read(&self.0.wakes_server, &mut [0u8; 8]);
    }
    /// What becomes readable when the keeper rings a sleeping server.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.wakes_server.as_fd()
    }
}

/// The keeper's side.
#[derive(Debug)]
pub struct KeeperBells {
    page: Page,
    file: MemFile,
}

impl KeeperBells {
    /// A new page and its eventfds.
    ///
    /// # Errors
    /// No descriptor or memory is left.
    pub fn new() -> io::Result<KeeperBells> {
        let file = MemFile::new(c"outlast-bells", PAGE_LEN as u64)?;
        file.seal_length()?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let (server, keeper) = (
            rustix::event::eventfd(0, flags)?,
            rustix::event::eventfd(0, flags)?,
        );
        Ok(KeeperBells {
            page: Page::map(file.fd(), server, keeper)?,
            file,
        })
    }
    /// A former keeper's, from the descriptors that it gave a server.
    ///
    /// # Errors
    /// The page cannot be mapped.
    pub fn adopt(
        page: OwnedFd,
        wakes_server: OwnedFd,
        wakes_keeper: OwnedFd,
    ) -> io::Result<KeeperBells> {
        let file = MemFile::from_fd(page);
        Ok(KeeperBells {
            page: Page::map(file.fd(), wakes_server, wakes_keeper)?,
            file,
        })
    }
    /// The three descriptors of the `Bell` message.
    pub fn fds(&self) -> [BorrowedFd<'_>; 3] {
        [
            self.file.fd(),
            self.page.wakes_server.as_fd(),
            self.page.wakes_keeper.as_fd(),
        ]
    }
    /// Tells the server that there is output, or the end of it, of `slot`.
    pub fn ring(&self, slot: u16) {
        if self.page.to_server().ring(slot) {
            wake(&self.page.wakes_server);
        }
    }
    /// Whether [`KeeperBells::take`] would find something.
    pub fn is_rung(&self) -> bool {
        self.page.to_keeper().is_rung()
    }
    /// Calls `news` with each slot that has input, or room in its output ring.
    pub fn take(&self, news: impl FnMut(u16)) {
        self.page.to_keeper().take(news);
    }
    /// Announces sleep. False: there is news, go on.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        self.page.to_keeper().may_sleep()
    }
    /// After sleeping, whatever ended it.
    pub fn woke(&self) {
        self.page.to_keeper().woke();
    }
    /// What changes when the server rings a sleeping keeper; to be polled for changes (`ET`), not read.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.page.wakes_keeper.as_fd()
    }
}

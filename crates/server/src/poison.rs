//! Output that kills the server: found, stepped over, kept as a file.
//!
//! Before output is handled its place is noted in memory that the keeper holds. A server that finds the note of one
//! that died of a fault of its own looks at that pane's output in small blocks; a block in which two have died is
//! stepped over. A server that was killed (SIGKILL) died of nothing that it read.

use std::io;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use outlast_core::PaneId;
use outlast_sys::mem::{Mapping, MemFile};
use outlast_wire::keeper::Status;

use crate::disk::{heap, place};

/// Length of a block: what is stepped over, at most.
const BLOCK: u64 = 4096;
/// Deaths in one block that make it poison.
const DEATHS: u64 = 2;
const LEN: u64 = 4096;

// Offsets of the words.
const WORKING_PANE: usize = 0;
const WORKING_AT: usize = 8;
const SUSPECT_PANE: usize = 16;
const SUSPECT_BLOCK: usize = 24;
const SUSPECT_DEATHS: usize = 32;
const WORKING_TO: usize = 40;
const SUSPECT_TO: usize = 48;
const SUSPECT_FROM: usize = 56;

/// SIGKILL's number.
const SIGKILL: u8 = 9;

/// The note and what follows from the last one.
pub struct Poison {
    map: Mapping,
    suspect: Option<PaneId>,
    /// From where to where the poison is: what comes before it is known to be good, what comes later is new.
    poisoned: Option<Range<u64>>,
}

/// A stretch of output that is handled at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it ends.
    pub to: u64,
    /// It is to be stepped over.
    pub poisoned: bool,
}

impl Poison {
    /// A note in a file that the former server left, or a new one. `last`: how the former server ended.
    ///
    /// # Errors
    /// There is no memory.
    pub fn open(file: Option<MemFile>, last: Status) -> io::Result<(Poison, Option<MemFile>)> {
        let (map, new) = match file {
            Some(file) if file.len()? >= LEN => (file.map()?, None),
            _ => {
                let file = MemFile::new(c"outlast-poison", LEN)?;
                (file.map()?, Some(file))
            }
        };
        let mut poison = Poison {
            map,
            suspect: None,
            poisoned: None,
        };
        let fault = !matches!(
            last,
            Status::Running | Status::Unknown | Status::Code(0) | Status::Signal(SIGKILL)
        );
        let working = poison.load(WORKING_PANE);
        if fault && working != 0 {
            let block = poison.load(WORKING_AT) / BLOCK;
            let same = poison.load(SUSPECT_PANE) == working && poison.load(SUSPECT_BLOCK) == block;
            let deaths = if same {
                poison.load(SUSPECT_DEATHS) + 1
            } else {
                1
            };
            poison.store(SUSPECT_DEATHS, deaths);
            poison.store(SUSPECT_PANE, working);
            poison.store(SUSPECT_BLOCK, block);
            poison.store(SUSPECT_FROM, poison.load(WORKING_AT));
            poison.store(SUSPECT_TO, poison.load(WORKING_TO));
        }
        poison.store(WORKING_PANE, 0);
        if let Some(pane) = poison.load(SUSPECT_PANE).checked_sub(1) {
            poison.suspect = Some(PaneId(pane as u32));
            let place = poison.load(SUSPECT_FROM)..poison.load(SUSPECT_TO);
            poison.poisoned = Some(place).filter(|_| poison.load(SUSPECT_DEATHS) >= DEATHS);
        }
        Ok((poison, new))
    }

    /// The next piece of a pane's output from `at`, no further than `end`.
    pub fn piece(&self, pane: PaneId, at: u64, end: u64) -> Piece {
        if self.suspect != Some(pane) {
            return Piece {
                to: end,
                poisoned: false,
            };
        }
        let block = at / BLOCK;
        let end = end.min((block + 1) * BLOCK);
        let (to, poisoned) = match &self.poisoned {
            Some(place) if place.contains(&at) => (end.min(place.end), true),
            Some(place) if at < place.start => (end.min(place.start), false),
            _ => (end, false),
        };
        Piece { to, poisoned }
    }

    /// A pane's output from `at` to `to` is being handled.
    pub fn enter(&self, pane: PaneId, at: u64, to: u64) {
        self.store(WORKING_AT, at);
        self.store(WORKING_TO, to);
        self.store(WORKING_PANE, u64::from(pane.0) + 1);
    }

    /// It has been handled.
    pub fn leave(&self) {
        self.store(WORKING_PANE, 0);
    }

    fn word(&self, at: usize) -> Option<&AtomicU64> {
        self.map.word(at)
    }

    fn load(&self, at: usize) -> u64 {
        self.word(at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    fn store(&self, at: usize, value: u64) {
        if let Some(word) = self.word(at) {
            word.store(value, Ordering::Release);
        }
    }
}

/// Keeps bytes that were stepped over, for whoever looks into it. What became of it, for people.
pub fn keep(pane: PaneId, range: Range<u64>, bytes: &[u8]) -> String {
    let kept = write(pane, range.start, bytes);
    let what = match kept {
        Ok(path) => format!("kept in {}", path.display()),
        Err(error) => format!("not kept: {error}"),
    };
    let text = format!(
        "pane {pane}: output {} to {} killed two servers, stepped over, {what}",
        range.start, range.end
    );
    eprintln!("server: {text}");
    text
}

/// So many are kept, the newest: a program that ends servers again and again fills no disk.
const KEPT: usize = 16;
/// A file's name begins so.
const KEPT_AS: &str = "poison-";
const KEPT_BYTES: u64 = 1024 * 1024;

fn write(pane: PaneId, at: u64, bytes: &[u8]) -> io::Result<PathBuf> {
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "nothing is kept on disk");
    let state = place::root().ok_or_else(nowhere)?;
    place::make_private(&state)?;
    let path = state.join(format!("{KEPT_AS}{}-{at}.bin", pane.0));
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?
        .write_all(bytes)?;
    heap::shrink(&state, KEPT_AS, KEPT, KEPT_BYTES);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANE: PaneId = PaneId(0);
    const PANIC: Status = Status::Code(101);

    fn reopened(poison: Poison, last: Status) -> Poison {
        let file = MemFile::new(c"test", LEN).unwrap();
        file.map().unwrap().copy_from_slice(&poison.map);
        Poison::open(Some(file), last).unwrap().0
    }

    #[test]
    fn two_deaths_in_one_block_make_it_poison() {
        let (poison, new) = Poison::open(None, Status::Running).unwrap();
        assert!(new.is_some());
        assert_eq!(
            poison.piece(PANE, 10, 90_000),
            Piece {
                to: 90_000,
                poisoned: false
            }
        );
        poison.enter(PANE, 10, 90_000);
        let poison = reopened(poison, PANIC);
        assert_eq!(
            poison.piece(PANE, 10, 90_000),
            Piece {
                to: BLOCK,
                poisoned: false
            }
        );
        poison.enter(PANE, 10, 90_000);
        poison.leave();
        poison.enter(PANE, 5 * BLOCK, 6 * BLOCK);
        let poison = reopened(poison, PANIC);
        assert!(!poison.piece(PANE, 5 * BLOCK, 90_000).poisoned, "once");
        poison.enter(PANE, 5 * BLOCK + 7, 6 * BLOCK - 9);
        let poison = reopened(poison, PANIC);
        assert_eq!(
            poison.piece(PANE, 5 * BLOCK + 7, 90_000),
            Piece {
                to: 6 * BLOCK - 9,
                poisoned: true
            }
        );
        assert_eq!(
            poison.piece(PANE, 6 * BLOCK - 9, 90_000),
            Piece {
                to: 6 * BLOCK,
                poisoned: false
            },
            "came later"
        );
        assert_eq!(
            poison.piece(PANE, 5 * BLOCK, 90_000),
            Piece {
                to: 5 * BLOCK + 7,
                poisoned: false
            },
            "came before"
        );
        assert!(
            !poison.piece(PANE, 6 * BLOCK, 90_000).poisoned
                && !poison.piece(PaneId(1), 5 * BLOCK, 1).poisoned
        );
        let poison = reopened(poison, Status::Signal(SIGKILL));
        assert!(
            poison.piece(PANE, 5 * BLOCK + 7, 90_000).poisoned,
            "it stays poison until another is found"
        );
    }

    #[test]
    fn being_killed_is_nobody_s_fault() {
        let (mut poison, _) = Poison::open(None, Status::Running).unwrap();
        for _ in 0..5 {
            poison.enter(PANE, 10, 90_000);
            poison = reopened(poison, Status::Signal(SIGKILL));
        }
        assert_eq!(
            poison.piece(PANE, 10, 90_000),
            Piece {
                to: 90_000,
                poisoned: false
            }
        );
    }
}

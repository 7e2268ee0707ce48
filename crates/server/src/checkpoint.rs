//! Checkpoints of a pane's terminal: two slots and a selector in a memory file that the keeper holds.
//!
//! A checkpoint is written whole into the slot that is not in force; one store of the selector puts it in force. Only
//! then may the ring's tail move, for the ring is the redo log of what the checkpoint does not cover.
//!
//! ```text
//! 0     magic 8 | version u32 | 0 u32 | stride u64 | selector u64 (0: none; else its number, whose lowest bit is the slot)
//! 64    two heads of 64 bytes: output offset u64 | length u64
//! 4096  two slots of `stride` bytes, then the tapes (`crate::tape`), unless an older build made it
//! ```
//!
//! What the bytes are is the core's affair (`Core::checkpoint`); they have their own check.

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering;

use outlast_sys::mem::{Mapping, MemFile};

use crate::tape::{self, Recorded, Tapes};

const MAGIC: &[u8; 8] = b"outlastc";
const VERSION: u32 = 1;
const STRIDE_AT: usize = 16;
const SELECTOR_AT: usize = 24;
const HEADS_AT: usize = 64;
const HEAD_LEN: usize = 64;
const DATA_AT: usize = 4096;
/// A slot's length to begin with. What is not written costs nothing, so it is generous.
const STRIDE: usize = 256 * 1024;

/// Both slots of one pane.
pub struct Slots {
    map: Mapping,
    stride: usize,
    number: u64,
}

/// A checkpoint in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint<'a> {
    /// The output offset that it stands at.
    pub offset: u64,
    /// The terminal, as the core spells it.
    pub bytes: &'a [u8],
}

impl Slots {
    /// New slots with room for a checkpoint of `len` bytes and some growth, and the file to deposit.
    ///
    /// # Errors
    /// No memory or descriptor is left.
    pub fn create(len: usize) -> io::Result<(Slots, MemFile)> {
        let stride = (len + len / 2).next_power_of_two().max(STRIDE);
        let len = DATA_AT + 2 * stride + tape::len(stride);
        let file = MemFile::new(c"outlast-checkpoint", len as u64)?;
        let mut map = file.map()?;
        map[..8].copy_from_slice(MAGIC);
        map[8..12].copy_from_slice(&VERSION.to_le_bytes());
        map[STRIDE_AT..STRIDE_AT + 8].copy_from_slice(&(stride as u64).to_le_bytes());
        Ok((
            Slots {
                map,
                stride,
                number: 0,
            },
            file,
        ))
    }

    /// The slots that a server left; None when they are not slots of a version that this one reads.
    pub fn open(file: &MemFile) -> Option<Slots> {
        let map = file.map().ok()?;
        if map.len() < DATA_AT || &map[..8] != MAGIC || map[8..12] != VERSION.to_le_bytes() {
            return None;
        }
        let stride = usize::try_from(u64_at(&map, STRIDE_AT)).ok()?;
        if stride.checked_mul(2)?.checked_add(DATA_AT)? > map.len() {
            return None;
        }
        let number = map.word(SELECTOR_AT)?.load(Ordering::Acquire);
        Some(Slots {
            map,
            stride,
            number,
        })
    }

    /// Whether a checkpoint of `len` bytes has room.
    pub fn fits(&self, len: usize) -> bool {
        len <= self.stride
    }

    /// Writes a checkpoint that [`Slots::fits`] and puts it in force. `records`: what came since the one before, for the
    /// tapes.
    pub fn store(&mut self, checkpoint: Checkpoint<'_>, records: Option<&[u8]>) {
        let before = self.latest_range().unwrap_or(0..0);
        let number = self.number + 1;
        let slot = (number & 1) as usize;
        let (head, data) = (HEADS_AT + slot * HEAD_LEN, DATA_AT + slot * self.stride);
        let len = checkpoint.bytes.len();
        self.map[data..data + len / 2].copy_from_slice(&checkpoint.bytes[..len / 2]);
        crate::fault::point("checkpoint-write");
        self.map[data + len / 2..data + len].copy_from_slice(&checkpoint.bytes[len / 2..]);
        self.map[head..head + 8].copy_from_slice(&checkpoint.offset.to_le_bytes());
        self.map[head + 8..head + 16].copy_from_slice(&(len as u64).to_le_bytes());
        crate::fault::point("checkpoint-flip");
        if let Some(selector) = self.map.word(SELECTOR_AT) {
            selector.store(number, Ordering::Release);
        }
        self.number = number;
        if let Some(tapes) = self.tapes() {
            tapes.record(&mut self.map, before, records, data..data + len);
        }
    }

    /// The checkpoint in force, if there is one.
    pub fn latest(&self) -> Option<Checkpoint<'_>> {
        let slot = (self.number & 1) as usize;
        Some(Checkpoint {
            bytes: &self.map[self.latest_range()?],
            offset: u64_at(&self.map, HEADS_AT + slot * HEAD_LEN),
        })
    }

    fn latest_range(&self) -> Option<Range<usize>> {
        if self.number == 0 {
            return None;
        }
        let slot = (self.number & 1) as usize;
        let (head, data) = (HEADS_AT + slot * HEAD_LEN, DATA_AT + slot * self.stride);
        let len = usize::try_from(u64_at(&self.map, head + 8))
            .ok()
            .filter(|len| *len <= self.stride)?;
        Some(data..data + len)
    }

    /// The tapes, if there is room for them behind the slots.
    fn tapes(&self) -> Option<Tapes> {
        let at = DATA_AT + 2 * self.stride;
        let tapes = Tapes {
            at,
            stride: self.stride,
        };
        (self.map.len() >= at + tape::len(self.stride)).then_some(tapes)
    }

    /// What the tapes have up to the checkpoint in force.
    pub fn recorded(&self) -> Option<Recorded> {
        let latest = self.latest()?;
        self.tapes()?.recorded(&self.map, tape::mark(latest.bytes))
    }

    /// Takes over what slots have that became too small, but for their checkpoints.
    pub fn adopt(&mut self, other: &Slots) {
        if let (Some(tapes), Some(others)) = (self.tapes(), other.tapes()) {
            tapes.adopt(&mut self.map, others, &other.map);
        }
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..]
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reopened(file: &MemFile) -> Option<(u64, Vec<u8>)> {
        Slots::open(file)?
            .latest()
            .map(|c| (c.offset, c.bytes.to_vec()))
    }

    #[test]
    fn the_newest_is_in_force_and_the_other_slot_is_written_next() {
        let (mut slots, file) = Slots::create(10).unwrap();
        assert_eq!(reopened(&file), None);
        for n in 1..6u64 {
            let bytes = vec![n as u8; 100 * n as usize];
            let checkpoint = Checkpoint {
                offset: n * 10,
                bytes: &bytes,
            };
            slots.store(checkpoint, None);
            assert_eq!(reopened(&file), Some((n * 10, bytes)));
        }
    }

    /// Everything but the selector may be torn: the checkpoint before stays.
    #[test]
    fn a_torn_checkpoint_leaves_the_one_before() {
        let (mut slots, file) = Slots::create(10).unwrap();
        let checkpoint = Checkpoint {
            offset: 1,
            bytes: b"first",
        };
        slots.store(checkpoint, None);
        let mut before = vec![0; file.len().unwrap() as usize];
        file.read_at(&mut before, 0).unwrap();
        let checkpoint = Checkpoint {
            offset: 2,
            bytes: b"second",
        };
        slots.store(checkpoint, None);
        let mut after = before.clone();
        file.read_at(&mut after, 0).unwrap();
        let changed: Vec<usize> = (0..after.len())
            .filter(|at| before[*at] != after[*at] && !(SELECTOR_AT..SELECTOR_AT + 8).contains(at))
            .collect();
        assert!(changed.len() > 5);
        for upto in 0..=changed.len() {
            let torn = MemFile::new(c"test", after.len() as u64).unwrap();
            let mut map = torn.map().unwrap();
            map.copy_from_slice(&before);
            for at in &changed[..upto] {
                map[*at] = after[*at];
            }
            assert_eq!(reopened(&torn), Some((1, b"first".to_vec())));
            if upto == changed.len() {
                map[SELECTOR_AT..SELECTOR_AT + 8].copy_from_slice(&2u64.to_le_bytes());
                assert_eq!(reopened(&torn), Some((2, b"second".to_vec())));
            }
        }
    }

    #[test]
    fn a_large_one_needs_new_slots() {
        let (slots, _) = Slots::create(10).unwrap();
        assert!(slots.fits(STRIDE) && !slots.fits(STRIDE + 1));
        let (slots, _) = Slots::create(STRIDE + 1).unwrap();
        assert!(slots.fits(STRIDE + 1));
    }

    #[test]
    fn a_wild_file_is_refused() {
        let (_, file) = Slots::create(10).unwrap();
        let mut map = file.map().unwrap();
        map[STRIDE_AT..STRIDE_AT + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Slots::open(&file).is_none());
        assert!(Slots::open(&MemFile::new(c"test", 100).unwrap()).is_none());
    }
}

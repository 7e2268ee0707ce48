//! The journal: committed turns in shared memory, so that the next server knows what this one knew.
//!
//! Two slots, each a memory file that the keeper holds. One is in force; when it has grown, everything that is still
//! true is written to the other, and one store of its generation makes that the one in force. Within a slot a record
//! counts when the committed length covers it: one store again. A kill between any two bytes leaves the old state or
//! the new one. The check of each record is for damage by others, not for torn writes.
//!
//! ```text
//! slot:    magic 8 | version u32 | 0 u32 | generation u64 | committed u64 | 0 × 32 | record*
//! record:  a transaction as `outlast_core::save` spells it, with its own length and check
//! ```

use outlast_core::save::{DecodeError, Transaction};

/// First bytes of a slot.
const MAGIC: &[u8; 8] = b"outlastj";
/// Version of the records.
pub const VERSION: u32 = 1;
/// Where records begin.
const HEADER_LEN: usize = 64;
/// Where the generation stands.
const GENERATION_AT: usize = 16;
/// Where the committed length (of all records together) stands.
const COMMITTED_AT: usize = 24;
/// Below this a slot is never compacted.
const COMPACT_AT_LEN: usize = 256 * 1024;

/// Memory of one slot. Offsets that are read or written lie within `len`.
pub trait Memory {
    /// Length in bytes.
    fn len(&self) -> usize;
    /// Makes it at least `len` long; new bytes are zeros.
    fn grow(&mut self, len: usize) -> std::io::Result<()>;
    /// Gives the memory back: all bytes read as zeros afterwards, in any order of their clearing.
    fn clear(&mut self) -> std::io::Result<()>;
    /// The bytes.
    fn bytes(&self) -> &[u8];
    /// Writes bytes.
    fn write(&mut self, at: usize, bytes: &[u8]);
    /// Stores eight bytes at once, after all writes before it.
    fn publish(&mut self, at: usize, value: u64);
    /// Loads what `publish` stored.
    fn published(&self, at: usize) -> u64;
}

/// Both slots.
pub struct Journal<M> {
    slots: [M; 2],
    current: usize,
    generation: u64,
    committed: usize,
    base_len: usize,
    scratch: Vec<u8>,
}

/// A slot that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JournalError {
    /// Neither slot was ever in force.
    #[error("no journal in either slot")]
    Empty,
    /// Written by a version that this one does not read.
    #[error("journal of version {0}")]
    Version(u32),
    /// A record that was committed does not check.
    #[error("journal damaged at byte {0}")]
    Damaged(usize),
}

/// A journal, its turns in order, and where it is damaged, if it is.
pub type Opened<M> = (Journal<M>, Vec<Transaction>, Option<JournalError>);

impl<M: Memory> Journal<M> {
    /// An empty journal in fresh slots; the first [`Journal::compact`] puts one in force.
    pub fn create(slots: [M; 2]) -> Journal<M> {
        Journal {
            slots,
            current: 1,
            generation: 0,
            committed: 0,
            base_len: 0,
            scratch: Vec::new(),
        }
    }

    /// The journal that a server left, and its turns in order. A damaged tail is cut off and reported: what was
    /// before it is worth more than nothing.
    pub fn open(slots: [M; 2]) -> Result<Opened<M>, JournalError> {
        let current = match [0, 1].map(|i| generation(&slots[i])) {
            [0, 0] => return Err(JournalError::Empty),
            [a, b] => usize::from(b > a),
        };
        let slot = &slots[current];
        let version = slot
            .bytes()
            .get(8..12)
            .and_then(|b| b.try_into().ok())
            .map_or(0, u32::from_le_bytes);
        if version != VERSION {
            return Err(JournalError::Version(version));
        }
        let committed = (slot.published(COMMITTED_AT) as usize).min(slot.len() - HEADER_LEN);
        let records = &slot.bytes()[HEADER_LEN..HEADER_LEN + committed];
        let mut turns = Vec::new();
        let mut at = 0;
        let mut damage = None;
        let mut base_len = 0;
        while at < committed {
            match Transaction::decode(&records[at..]) {
                Ok((turn, len)) => {
                    turns.push(turn);
                    at += len;
                    if base_len == 0 {
                        base_len = len;
                    }
                }
                // Not damage: cutting it off would lose what another build can read.
                Err(DecodeError::Version(version)) => {
                    return Err(JournalError::Version(u32::from(version)));
                }
                Err(_) => {
                    damage = Some(JournalError::Damaged(at));
                    break;
                }
            }
        }
        let generation = generation(slot);
        Ok((
            Journal {
                slots,
                current,
                generation,
                committed: at,
                base_len,
                scratch: Vec::new(),
            },
            turns,
            damage,
        ))
    }

    /// Commits a turn.
    pub fn append(&mut self, turn: &Transaction) -> std::io::Result<()> {
        self.scratch.clear();
        turn.encode(&mut self.scratch);
        let at = HEADER_LEN + self.committed;
        let slot = &mut self.slots[self.current];
        make_room(slot, at + self.scratch.len())?;
        crate::fault::point("journal-write");
        slot.write(at, &self.scratch);
        crate::fault::point("journal-publish");
        self.committed += self.scratch.len();
        slot.publish(COMMITTED_AT, self.committed as u64);
        Ok(())
    }

    /// Whether it has grown enough to be worth writing anew.
    pub fn wants_compaction(&self) -> bool {
        self.committed > COMPACT_AT_LEN.max(4 * self.base_len)
    }

    /// Writes all that is still true to the other slot and puts that in force.
    pub fn compact(&mut self, turns: &[Transaction]) -> std::io::Result<()> {
        self.scratch.clear();
        for turn in turns {
            turn.encode(&mut self.scratch);
        }
        let other = 1 - self.current;
        let slot = &mut self.slots[other];
        slot.publish_if_any(GENERATION_AT, 0);
        make_room(slot, HEADER_LEN + self.scratch.len())?;
        slot.write(0, MAGIC);
        slot.write(8, &VERSION.to_le_bytes());
        slot.write(HEADER_LEN, &self.scratch);
        slot.publish(COMMITTED_AT, self.scratch.len() as u64);
        crate::fault::point("journal-publish");
        self.generation += 1;
        slot.publish(GENERATION_AT, self.generation);
        self.committed = self.scratch.len();
        self.base_len = self.scratch.len();
        self.scratch = Vec::new();
        let old = std::mem::replace(&mut self.current, other);
        // Its generation is the lower one whether or not the clearing gets done, so an error here costs memory only.
        self.slots[old].publish_if_any(GENERATION_AT, 0);
        let _ = self.slots[old].clear();
        Ok(())
    }
}

/// Publishing into a slot that may still be empty.
trait PublishIfAny {
    fn publish_if_any(&mut self, at: usize, value: u64);
}

impl<M: Memory> PublishIfAny for M {
    fn publish_if_any(&mut self, at: usize, value: u64) {
        if self.len() >= at + 8 {
            self.publish(at, value);
        }
    }
}

/// A slot's generation; 0 when it is not a slot.
fn generation<M: Memory>(slot: &M) -> u64 {
    if slot.len() < HEADER_LEN || &slot.bytes()[..8] != MAGIC {
        0
    } else {
        slot.published(GENERATION_AT)
    }
}

/// Grows by doubling, so that appending costs a system call now and then only.
fn make_room<M: Memory>(slot: &mut M, len: usize) -> std::io::Result<()> {
    if len > slot.len() {
        slot.grow(len.next_power_of_two().max(64 * 1024))
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;

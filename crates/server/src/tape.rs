//! The last of what came to a pane, for a report of a terminal that was drawn wrongly.
//!
//! A checkpoint is as a rule younger than what somebody complains of: it is taken a second after the last output. So
//! what a checkpoint covers is not only dropped from the ring but goes onto a tape, behind the slots in the same memory
//! file: a checkpoint to begin with and the records since ([`outlast_term::report`]). There are two, by turns, so that at
//! least one tape's length is always there; the ring has the rest.
//!
//! Nothing depends on a tape. It is written after the checkpoint is in force and before the ring's tail moves, says where it
//! ends, and is dropped when that is not where the checkpoint in force begins: a server that died in between, or one of
//! a build that knows no tapes. A flood (more than a tape's length between two checkpoints) is not recorded.
//!
//! ```text
//! 0     number u64 (0: empty) | start 16 | end 16 | base length u64 | log length u64
//! 4096  base, room of a slot's stride | log, LOG_LEN
//! ```
//! `start` and `end` are the first 16 bytes of the checkpoints there: output offset and number of the last operation.

use std::ops::Range;
use std::sync::atomic::Ordering;

use outlast_sys::mem::Mapping;

/// Bytes of records on one tape.
pub const LOG_LEN: usize = 64 * 1024;
/// The head's page.
const HEAD: usize = 4096;
const NUMBER_AT: usize = 0;
const START_AT: usize = 8;
const END_AT: usize = 24;
const BASE_LEN_AT: usize = 40;
const LOG_LEN_AT: usize = 48;

/// Where a checkpoint stands; zeros: before anything.
pub type Mark = [u8; 16];

/// Where a checkpoint of the core's stands.
pub fn mark(checkpoint: &[u8]) -> Mark {
    checkpoint.first_chunk().copied().unwrap_or_default()
}

/// Bytes that both tapes take for checkpoints of at most `stride` bytes.
pub fn len(stride: usize) -> usize {
    2 * (HEAD + stride + LOG_LEN)
}

/// Where the tapes are.
#[derive(Clone, Copy, Debug)]
pub struct Tapes {
    /// Of the first head in the mapping.
    pub at: usize,
    /// The longest checkpoint.
    pub stride: usize,
}

/// What is on the tapes: a checkpoint (nothing: before anything) and the records since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The checkpoint.
    pub base: Vec<u8>,
    /// The records.
    pub log: Vec<u8>,
}

impl Tapes {
    fn head(self, tape: usize) -> usize {
        self.at + tape * (HEAD + self.stride + LOG_LEN)
    }

    fn number(self, map: &Mapping, tape: usize) -> u64 {
        map.word(self.head(tape) + NUMBER_AT)
            .map_or(0, |word| word.load(Ordering::Acquire))
    }

    fn set_number(self, map: &Mapping, tape: usize, number: u64) {
        if let Some(word) = map.word(self.head(tape) + NUMBER_AT) {
            word.store(number, Ordering::Release);
        }
    }

    fn mark(self, map: &Mapping, tape: usize, at: usize) -> Mark {
        mark(&map[self.head(tape) + at..])
    }

    fn put(self, map: &mut Mapping, tape: usize, at: usize, bytes: &[u8]) {
        let at = self.head(tape) + at;
        map[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn range(self, map: &Mapping, tape: usize, at: usize, most: usize) -> usize {
        let at = self.head(tape) + at;
        let len = map[at..]
            .first_chunk()
            .map_or(0, |n| u64::from_le_bytes(*n));
        usize::try_from(len).map_or(0, |len| len.min(most))
    }

    fn base(self, map: &Mapping, tape: usize) -> Range<usize> {
        let at = self.head(tape) + HEAD;
        at..at + self.range(map, tape, BASE_LEN_AT, self.stride)
    }

    fn log(self, map: &Mapping, tape: usize) -> Range<usize> {
        let at = self.head(tape) + HEAD + self.stride;
        at..at + self.range(map, tape, LOG_LEN_AT, LOG_LEN)
    }

    /// The newer tape, the older one, and their numbers.
    fn order(self, map: &Mapping) -> [(usize, u64); 2] {
        let numbers = [self.number(map, 0), self.number(map, 1)];
        let newer = usize::from(numbers[1] > numbers[0]);
        [(newer, numbers[newer]), (1 - newer, numbers[1 - newer])]
    }

    /// The checkpoint that stands at `now` in the mapping is in force. `before`: where the one is that was, nothing for a
    /// pane that has had none; `records`: what came in between, if that is known and no flood.
    pub fn record(
        self,
        map: &mut Mapping,
        before: Range<usize>,
        records: Option<&[u8]>,
        now: Range<usize>,
    ) {
        let [(newer, number), (older, _)] = self.order(map);
        let (was, ends) = (mark(&map[before.clone()]), mark(&map[now.clone()]));
        let records = records.filter(|records| records.len() <= LOG_LEN);
        if let Some(records) = records
            && number > 0
            && self.mark(map, newer, END_AT) == was
        {
            let log = self.log(map, newer);
            if log.len() + records.len() <= LOG_LEN {
                self.set_number(map, newer, 0);
                map[log.end..log.end + records.len()].copy_from_slice(records);
                let len = (log.len() + records.len()) as u64;
                self.put(map, newer, LOG_LEN_AT, &len.to_le_bytes());
                self.put(map, newer, END_AT, &ends);
                return self.set_number(map, newer, number);
            }
        }
        // The next one begins with what it has all records since.
        let (base, log) = match records {
            Some(records) => (before, records),
            None => (now, &[][..]),
        };
        self.set_number(map, older, 0);
        if base.len() > self.stride {
            return;
        }
        let (begins, to) = (mark(&map[base.clone()]), self.head(older) + HEAD);
        self.put(map, older, START_AT, &begins);
        self.put(map, older, END_AT, &ends);
        self.put(map, older, BASE_LEN_AT, &(base.len() as u64).to_le_bytes());
        self.put(map, older, LOG_LEN_AT, &(log.len() as u64).to_le_bytes());
        map.copy_within(base, to);
        self.put(map, older, HEAD + self.stride, log);
        self.set_number(map, older, number + 1);
    }

    /// All that is there up to the checkpoint that stands at `end`; None: nothing that ends there.
    pub fn recorded(self, map: &Mapping, end: Mark) -> Option<Recorded> {
        let [(newer, number), (older, former)] = self.order(map);
        if number == 0 || self.mark(map, newer, END_AT) != end {
            return None;
        }
        let goes_on =
            former > 0 && self.mark(map, older, END_AT) == self.mark(map, newer, START_AT);
        let first = if goes_on { older } else { newer };
        let mut log = Vec::new();
        if goes_on {
            log.extend(&map[self.log(map, older)]);
        }
        log.extend(&map[self.log(map, newer)]);
        Some(Recorded {
            base: map[self.base(map, first)].to_vec(),
            log,
        })
    }

    /// Takes over what is on other tapes, whose checkpoints were shorter.
    pub fn adopt(self, map: &mut Mapping, other: Tapes, from: &Mapping) {
        if other.stride > self.stride {
            return;
        }
        for tape in 0..2 {
            let head = other.head(tape);
            self.put(map, tape, 0, &from[head..head + LOG_LEN_AT + 8]);
            let (base, log) = (other.base(from, tape), other.log(from, tape));
            self.put(map, tape, HEAD, &from[base]);
            self.put(map, tape, HEAD + self.stride, &from[log]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRIDE: usize = 8192;
    /// Room for two checkpoints before the tapes, as in the slots.
    const ROOM: usize = 4096;

    /// A pane that takes checkpoints.
    struct Pane {
        tapes: Tapes,
        map: Mapping,
        before: Range<usize>,
        slot: usize,
    }

    fn checkpoint(offset: u64) -> Vec<u8> {
        let mut bytes = offset.to_le_bytes().to_vec();
        bytes.extend([0; 8]);
        bytes.extend(format!("at {offset}").bytes());
        bytes
    }

    impl Pane {
        fn new() -> Pane {
            let tapes = Tapes {
                at: ROOM,
                stride: STRIDE,
            };
            Pane {
                tapes,
                map: Mapping::anonymous(ROOM + len(STRIDE)).unwrap(),
                before: 0..0,
                slot: 0,
            }
        }

        /// Its next checkpoint, at this offset.
        fn slot(&mut self, offset: u64) -> Range<usize> {
            let bytes = checkpoint(offset);
            self.slot = ROOM / 2 - self.slot;
            self.map[self.slot..self.slot + bytes.len()].copy_from_slice(&bytes);
            self.slot..self.slot + bytes.len()
        }

        fn take(&mut self, offset: u64, records: Option<&[u8]>) {
            let now = self.slot(offset);
            let before = std::mem::replace(&mut self.before, now.clone());
            self.tapes.record(&mut self.map, before, records, now);
        }

        fn recorded(&self, offset: u64) -> Option<(Vec<u8>, Vec<u8>)> {
            let found = self.tapes.recorded(&self.map, mark(&checkpoint(offset)))?;
            Some((found.base, found.log))
        }
    }

    #[test]
    fn records_since_the_beginning() {
        let mut pane = Pane::new();
        assert_eq!(pane.recorded(0), None);
        pane.take(3, Some(b"abc"));
        pane.take(5, Some(b"de"));
        assert_eq!(pane.recorded(5), Some((Vec::new(), b"abcde".to_vec())));
        // Another build takes a checkpoint; from there on it is recorded again.
        pane.before = pane.slot(9);
        assert_eq!(pane.recorded(9), None);
        pane.take(10, Some(b"x"));
        assert_eq!(pane.recorded(10), Some((checkpoint(9), b"x".to_vec())));
    }

    /// At least one tape's length is there as long as nothing floods, and what is there is without a gap.
    #[test]
    fn two_tapes_by_turns() {
        let (mut pane, mut all) = (Pane::new(), Vec::<u8>::new());
        for step in 0..200usize {
            let part = vec![step as u8; 1000 + 37 * step];
            all.extend(&part);
            pane.take(all.len() as u64, Some(&part));
            let (base, log) = pane.recorded(all.len() as u64).unwrap();
            let begins = base.first_chunk().map_or(0, |at| u64::from_le_bytes(*at));
            assert_eq!(log, all[begins as usize..]);
            assert!(log.len() + part.len() >= LOG_LEN.min(all.len()));
        }
    }

    #[test]
    fn a_flood_leaves_the_checkpoint_after_it() {
        let mut pane = Pane::new();
        pane.take(3, Some(b"abc"));
        pane.take(300_000, None);
        assert_eq!(pane.recorded(300_000), Some((checkpoint(300_000), vec![])));
        pane.take(300_001, Some(b"x"));
        assert_eq!(
            pane.recorded(300_001),
            Some((checkpoint(300_000), b"x".to_vec()))
        );
    }

    #[test]
    fn longer_checkpoints_take_the_tapes_along() {
        let mut pane = Pane::new();
        pane.take(3, None);
        pane.take(7, Some(b"abcd"));
        let found = pane.recorded(7);
        assert!(found.is_some());
        let longer = Tapes {
            at: ROOM,
            stride: 2 * STRIDE,
        };
        let mut copy = Mapping::anonymous(ROOM + len(2 * STRIDE)).unwrap();
        longer.adopt(&mut copy, pane.tapes, &pane.map);
        (pane.tapes, pane.map) = (longer, copy);
        assert_eq!(pane.recorded(7), found);
    }
}

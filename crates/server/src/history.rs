//! Memory for a pane's history: a memory file that the keeper holds, mapped in segments as it grows.
//!
//! The file is made when the first line scrolls off, so a pane that never scrolls costs nothing. It is sparse: what
//! was released is punched out, and offsets go on growing.

use std::collections::BTreeMap;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_sys::mem::{Mapping, MemFile};
use outlast_term::Blocks;
use outlast_term::history::BLOCK_LEN;

use crate::keeper::{Link, pane_number, tag};
use crate::probe::Facts;

/// Blocks that one mapping covers: few mappings even for a long history, and little address space for a short one.
const SEGMENT_BLOCKS: u64 = 16;
const SEGMENT_LEN: usize = SEGMENT_BLOCKS as usize * BLOCK_LEN;

/// A pane's history file.
pub struct PaneBlocks {
    pane: PaneId,
    link: Rc<Link>,
    /// Where a new file is told to the loop.
    facts: Facts,
    file: Option<Rc<MemFile>>,
    /// All that a former server left, in one piece.
    former: Option<Mapping>,
    /// What was added since.
    segments: BTreeMap<u64, Mapping>,
    /// Blocks below are given back.
    released: u64,
}

impl PaneBlocks {
    /// The blocks of a pane: those of `file` if a former server left one.
    pub fn new(pane: PaneId, link: Rc<Link>, facts: Facts) -> PaneBlocks {
        let file = facts.borrow_mut().entry(pane).or_default().history.clone();
        let former = file.as_ref().and_then(|file| file.map().ok());
        PaneBlocks {
            pane,
            link,
            facts,
            file,
            former,
            segments: BTreeMap::new(),
            released: 0,
        }
    }

    /// Maps a segment, making the file and growing it as needed.
    fn map(&mut self, segment: u64) -> std::io::Result<Mapping> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = Rc::new(MemFile::new(c"outlast-history", 0)?);
                // The keeper refuses it while it does not have the pane; then it gets it with the pane.
                self.link
                    .deposit(pane_number(self.pane), tag::HISTORY, file.fd());
                let mut facts = self.facts.borrow_mut();
                facts.entry(self.pane).or_default().history = Some(file.clone());
                file
            }
        };
        let file = self.file.insert(file);
        file.grow((segment + 1) * SEGMENT_LEN as u64)?;
        file.map_range(segment * SEGMENT_LEN as u64, SEGMENT_LEN)
    }
}

/// Where block `n` stands in a mapping that begins with block `first`.
fn range(n: u64, first: u64) -> std::ops::Range<usize> {
    let at = (n - first) as usize * BLOCK_LEN;
    at..at + BLOCK_LEN
}

impl Blocks for PaneBlocks {
    fn get_mut(&mut self, n: u64) -> &mut [u8] {
        crate::fault::point("history-append");
        let segment = n / SEGMENT_BLOCKS;
        if self
            .former
            .as_ref()
            .is_some_and(|former| range(n, 0).end <= former.len())
        {
            return self
                .former
                .as_mut()
                .map_or(&mut [], |former| &mut former[range(n, 0)]);
        }
        if !self.segments.contains_key(&segment) {
            let map = self
                .map(segment)
                .or_else(|_| Mapping::anonymous(SEGMENT_LEN));
            // Without address space nothing works; the keeper starts the next server, which has it all to itself.
            self.segments
                .insert(segment, map.expect("memory for a segment of history"));
        }
        let map = self
            .segments
            .get_mut(&segment)
            .expect("the segment that was just mapped");
        &mut map[range(n, segment * SEGMENT_BLOCKS)]
    }

    fn get(&self, n: u64) -> &[u8] {
        if let Some(former) = self
            .former
            .as_ref()
            .filter(|former| range(n, 0).end <= former.len())
        {
            return &former[range(n, 0)];
        }
        let segment = n / SEGMENT_BLOCKS;
        self.segments
            .get(&segment)
            .map_or(&[], |map| &map[range(n, segment * SEGMENT_BLOCKS)])
    }

    /// The terminal calls this when a checkpoint that does not need the blocks is in force.
    fn release_below(&mut self, n: u64) {
        let Some(file) = self.file.as_ref().filter(|_| n > self.released) else {
            return;
        };
        crate::fault::point("cut-back");
        // Memory that could not be given back is only that; the next call tries it again.
        let len = (n - self.released) * BLOCK_LEN as u64;
        if file.punch(self.released * BLOCK_LEN as u64, len).is_ok() {
            self.released = n;
            self.segments = self.segments.split_off(&(n / SEGMENT_BLOCKS));
        }
    }
}

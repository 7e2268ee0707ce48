//! Lines that scrolled off the top: append-only blocks of compact lines ([`crate::line`]).
//!
//! The memory of the blocks is handed in ([`Blocks`]), because it must outlive the process: the server
//! gives blocks of a memory file that the keeper holds, tests give plain memory.
//!
//! A block is a head (a magic number, the number of the block's first row), an index (the offset of every
//! sixteenth row, 16 bits each) and records. **Nothing that was written is written again**: rows that a resize
//! pulls back, or that are cleared, stay where they are, and appending goes on behind them as a new
//! [`Segment`]. So a checkpoint stays good for as long as its blocks are not released, whatever comes after
//! it; what it must record is only the list of segments. Nor does another width write anything: see [`view`].

mod segment;
#[cfg(test)]
mod tests;
mod view;

use std::cell::{Cell as Shared, RefCell};
use std::collections::{BTreeMap, VecDeque};

use crate::cell::Cell;
use crate::line::{self, Loose, Scratch, Tables};
use crate::row::Row;

pub(crate) use segment::{FRESH, Segment};
pub(crate) use view::Place;

/// Length of one block in bytes.
pub const BLOCK_LEN: usize = 64 * 1024;

/// Numbered blocks of [`BLOCK_LEN`] bytes each. Numbers only grow; a fresh block reads as zeros.
pub trait Blocks {
    /// The bytes of block `n`, made on first use.
    fn get_mut(&mut self, n: u64) -> &mut [u8];
    /// The bytes of block `n`, which has been made before.
    fn get(&self, n: u64) -> &[u8];
    /// Blocks below `n` are no longer needed once the next checkpoint is in place.
    fn release_below(&mut self, n: u64);
}

/// Blocks in plain memory.
#[derive(Clone, Default)]
pub struct MemoryBlocks(BTreeMap<u64, Box<[u8]>>);

impl MemoryBlocks {
    /// How many blocks there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Blocks for MemoryBlocks {
    fn get_mut(&mut self, n: u64) -> &mut [u8] {
        self.0
            .entry(n)
            .or_insert_with(|| vec![0; BLOCK_LEN].into_boxed_slice())
    }
    fn get(&self, n: u64) -> &[u8] {
        self.0.get(&n).map_or(&[], |b| b)
    }
    fn release_below(&mut self, n: u64) {
        self.0 = self.0.split_off(&n);
    }
}

const MAGIC: u32 = 0x3148_4c4f;
const HEAD: usize = 16;
/// Every so manieth row has its offset in the index.
const STRIDE: u32 = 16;
/// Most rows in a block, so that the index has a fixed place.
const ROWS_MOST: u32 = 8192;
/// Where the records begin.
const RECORDS: usize = HEAD + 2 * (ROWS_MOST / STRIDE) as usize;
/// Bytes of link records before one row; further links of that row are dropped.
const LINKS_MOST: usize = 8 * 1024;
/// Bytes that wait in the stage before they are written to the block, at most about.
const STAGE_LEN: usize = 8 * 1024;
/// Bytes of blocks that a terminal may have in any case; with a long history it is a multiple of its columns
/// ([`History::most`]), or rows full of clusters and colours would take many times what text does.
const BYTES_LEAST: u64 = 8 << 20;
/// Released blocks that may wait for a checkpoint before one is asked for.
const WAITING: u64 = 16;

/// The history of one terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Oldest first.
    pub(crate) segments: VecDeque<Segment>,
    /// Absolute number of the oldest row, or of the next one to come when there is none.
    pub(crate) first_line: u64,
    pub(crate) len: u32,
    pub(crate) limit: u32,
    /// Columns of the screen: the width of now.
    pub(crate) cols: u16,
    /// How many of the newest rows a growing screen may pull back (tmux: scrolled, not cleared away).
    pub(crate) scrolled: u32,
    /// Number that the next block gets.
    pub(crate) next_block: u64,
    /// Whether block `next_block - 1` takes more.
    pub(crate) open: bool,
    /// Where in the open block the next record goes.
    pub(crate) at: usize,
    /// Records in the open block, with those that no segment names any more.
    pub(crate) rows: u32,
    /// Records that are not yet in the block: a call of `advance` writes them all at once.
    stage: Vec<u8>,
    stage_index: Vec<(u32, u16)>,
    /// Where in the stage the row being written begins.
    begun: usize,
    /// A link of that row found the block full.
    short: bool,
    /// Links of the open block: number and offset.
    links: Vec<(u16, u16)>,
    scratch: Scratch,
    indices: RefCell<view::Indices>,
    /// Blocks below this were given back.
    pub(crate) released: u64,
    /// The first block that the last checkpoint names.
    pub(crate) named: Shared<u64>,
}

impl History {
    pub(crate) fn new(limit: u32, cols: u16) -> History {
        History {
            limit,
            cols,
            ..History::default()
        }
    }

    /// Appends a row. At the limit a tenth is dropped first, as tmux does.
    pub(crate) fn push(&mut self, row: &Row, tables: &Tables<'_>, blocks: &mut dyn Blocks) {
        if !self.make_room(blocks) {
            return;
        }
        let cells = row.trimmed();
        let all = cells.iter().fold(0, |all, c| all | c.0);
        if all < 0x80 && self.push_plain(row.flags, cells) {
            if self.stage.len() > STAGE_LEN {
                self.flush(blocks);
            }
            return;
        }
        let linked = all >> 48 != 0;
        self.append(blocks, cells.len() as u16, row.flags, |history| {
            if linked {
                for c in cells {
                    history.place_link(c.link(), tables);
                }
            }
            let History {
                stage,
                scratch,
                links,
                ..
            } = history;
            let place = |n: u16| links.iter().find(|(link, _)| *link == n).map_or(0, |l| l.1);
            line::encode(stage, scratch, row.flags, cells, tables, place);
        });
    }

    /// Appends a row of ASCII in the default style, when there is room in the block: the commonest row.
    #[inline]
    fn push_plain(&mut self, flags: u8, cells: &[Cell]) -> bool {
        let start = self.stage.len();
        if !self.open
            || self.at + start + cells.len() + 4 > BLOCK_LEN
            || self.rows + STRIDE > ROWS_MOST
        {
            return false;
        }
        line::encode_plain(&mut self.stage, flags, cells);
        self.count(start, cells.len() as u16, flags);
        true
    }

    /// Appends what `put` writes to the stage: links first, then one row.
    pub(crate) fn append(
        &mut self,
        blocks: &mut dyn Blocks,
        columns: u16,
        flags: u8,
        put: impl Fn(&mut History),
    ) {
        for _ in 0..2 {
            if !self.open {
                self.new_block(blocks);
            }
            let start = self.stage.len();
            self.begun = start;
            self.short = false;
            put(self);
            let fits = self.at + self.stage.len() <= BLOCK_LEN && !self.short;
            if fits && self.rows + STRIDE <= ROWS_MOST {
                self.count(start, columns, flags);
                if self.stage.len() > STAGE_LEN {
                    self.flush(blocks);
                }
                return;
            }
            self.stage.truncate(start);
            self.flush(blocks);
            self.open = false;
        }
    }

    /// A row of so many columns began at `start` of the stage.
    #[inline]
    fn count(&mut self, start: usize, columns: u16, flags: u8) {
        let block = self.next_block - 1;
        let next = match self.segments.back_mut() {
            Some(s) if s.takes(block, self.rows, self.cols) => {
                s.add(columns, flags);
                self.rows
            }
            _ => {
                let first = self.rows.next_multiple_of(STRIDE);
                let mut s = Segment {
                    block,
                    line: self.first_line + u64::from(self.len),
                    first,
                    records: 0,
                    rows: 0,
                    cols: self.cols,
                    skip: 0,
                    cut: 0,
                    carry: FRESH,
                    longest: 0,
                    wrapped: false,
                    direct: true,
                };
                s.add(columns, flags);
                self.segments.push_back(s);
                first
            }
        };
        if next % STRIDE == 0 {
            self.stage_index
                .push((next / STRIDE, (self.at + start) as u16));
        }
        self.rows = next + 1;
        self.len += 1;
        self.scrolled = self.scrolled.saturating_add(1);
    }

    /// Makes room for one row; false when there is no history at all.
    pub(crate) fn make_room(&mut self, blocks: &mut dyn Blocks) -> bool {
        if self.limit == 0 {
            // The row is numbered and lost.
            self.first_line += 1;
            return false;
        }
        if self.len >= self.limit {
            self.flush(blocks);
            self.drop_oldest((self.limit / 10).max(1), blocks);
        }
        true
    }

    pub(crate) fn place_link(&mut self, n: u16, tables: &Tables<'_>) {
        if n == 0 || self.links.iter().any(|l| l.0 == n) {
            return;
        }
        let Some(link) = tables.links.get(n) else {
            return;
        };
        if self.links.len() < 512 {
            let at = self.write_link(&link.id, &link.uri);
            if at != 0 {
                self.links.push((n, at));
            }
        }
    }

    /// Writes a link record before the row that needs it; its offset, or 0 when there is no room for it.
    pub(crate) fn write_link(&mut self, id: &str, uri: &str) -> u16 {
        let at = self.at + self.stage.len();
        let len = id.len() + uri.len() + 5;
        if self.stage.len() - self.begun + len > LINKS_MOST {
            return 0;
        }
        if at + len >= BLOCK_LEN {
            self.short = true;
            return 0;
        }
        line::put_link(&mut self.stage, id, uri);
        at as u16
    }

    /// Appends a row of loose glyphs; their links are numbers in `links` (id and URI).
    pub(crate) fn push_loose(
        &mut self,
        flags: u8,
        cells: &[Loose],
        links: &[(Box<str>, Box<str>)],
        blocks: &mut dyn Blocks,
    ) {
        if !self.make_room(blocks) {
            return;
        }
        let columns = cells.iter().map(|c| u16::from(c.width)).sum();
        self.append(blocks, columns, flags, |history| {
            let mut places: Vec<(u16, u16)> = Vec::new();
            for c in cells.iter().filter(|c| c.link != 0) {
                if places.last().is_none_or(|p| p.0 != c.link)
                    && !places.iter().any(|p| p.0 == c.link)
                {
                    let at = links
                        .get(usize::from(c.link) - 1)
                        .map_or(0, |(id, uri)| history.write_link(id, uri));
                    places.push((c.link, at));
                }
            }
            let place = |n: u16| places.iter().find(|p| p.0 == n).map_or(0, |p| p.1);
            let History { stage, scratch, .. } = history;
            line::encode_loose(stage, scratch, flags, cells, place);
        });
    }

    /// Bytes that the rows may take: eight a column and some.
    fn most(&self) -> u64 {
        let row = 8 * u64::from(self.cols) + 256;
        BYTES_LEAST.max(u64::from(self.limit).saturating_mul(row))
    }

    /// Bytes of memory held, without the blocks.
    pub(crate) fn memory(&self) -> usize {
        self.stage.capacity()
            + self.stage_index.capacity() * 8
            + self.links.capacity() * 4
            + self.segments.capacity() * size_of::<Segment>()
            + self.scratch.memory()
            + self.indices.borrow().memory()
    }

    fn new_block(&mut self, blocks: &mut dyn Blocks) {
        while self.bytes() > self.most() && self.len > 0 {
            self.drop_oldest((self.len / 10).max(1), blocks);
        }
        let bytes = blocks.get_mut(self.next_block);
        if let Some(head) = bytes.get_mut(..HEAD) {
            head[..4].copy_from_slice(&MAGIC.to_le_bytes());
            head[8..].copy_from_slice(&(self.first_line + u64::from(self.len)).to_le_bytes());
        }
        self.next_block += 1;
        self.open = true;
        self.at = RECORDS;
        self.rows = 0;
        self.links.clear();
    }

    /// Links were renumbered: what the open block holds is known by other numbers.
    pub(crate) fn forget_links(&mut self) {
        self.links.clear();
    }

    /// Writes the stage into the block.
    pub(crate) fn flush(&mut self, blocks: &mut dyn Blocks) {
        if self.stage.is_empty() {
            return;
        }
        let bytes = blocks.get_mut(self.next_block - 1);
        let end = self.at + self.stage.len();
        if let Some(space) = bytes.get_mut(self.at..end) {
            space.copy_from_slice(&self.stage);
            for (slot, at) in self.stage_index.drain(..) {
                let i = HEAD + 2 * slot as usize;
                bytes[i..i + 2].copy_from_slice(&at.to_le_bytes());
            }
        }
        self.stage_index.clear();
        self.at = end;
        self.stage.clear();
        if self.stage.capacity() > 32 * 1024 {
            self.stage = Vec::new();
        }
    }

    /// Forgets every row.
    pub(crate) fn clear(&mut self) {
        self.first_line += u64::from(self.len);
        self.len = 0;
        self.segments.clear();
        self.scrolled = 0;
    }

    pub(crate) fn forget_scrolled(&mut self) {
        self.scrolled = 0;
    }

    pub(crate) fn set_limit(&mut self, limit: u32, blocks: &mut dyn Blocks) {
        self.limit = limit;
        if self.len > limit {
            self.flush(blocks);
            self.drop_oldest(self.len - limit, blocks);
        }
    }

    /// The oldest block that is needed for what there is now.
    pub(crate) fn oldest_block(&self) -> u64 {
        match self.segments.front() {
            Some(s) => s.block,
            None if self.open => self.next_block - 1,
            None => self.next_block,
        }
    }

    pub(crate) fn checkpoint_due(&self) -> bool {
        self.oldest_block() - self.released.min(self.oldest_block()) > WAITING
    }

    /// Gives back the blocks that neither the checkpoint nor the terminal needs.
    pub(crate) fn checkpointed(&mut self, blocks: &mut dyn Blocks) {
        let first = self.named.get().min(self.oldest_block());
        if first > self.released {
            blocks.release_below(first);
            self.released = first;
        }
    }

    /// Bytes of the blocks that hold rows.
    pub(crate) fn bytes(&self) -> u64 {
        let whole = self.next_block - self.oldest_block();
        if whole == 0 {
            return 0;
        }
        let free = if self.open { BLOCK_LEN - self.at } else { 0 };
        whole * BLOCK_LEN as u64 - free as u64
    }
}

/// Where the record `n` of a block is.
fn record_at(block: &[u8], n: u32) -> Option<usize> {
    let i = HEAD + 2 * (n / STRIDE) as usize;
    let at = usize::from(u16::from_le_bytes([*block.get(i)?, *block.get(i + 1)?]));
    let mut at = Some(at).filter(|at| *at >= RECORDS);
    for _ in 0..n % STRIDE {
        at = line::record(block, at?).map(|r| r.1);
    }
    at
}

//! Lines that scrolled off the top: append-only blocks of compact lines ([`crate::line`]).
//!
//! The memory of the blocks is handed in ([`Blocks`]), because it must outlive the process: the server
//! gives blocks of a memory file that the keeper holds, tests give plain memory.
//!
//! A block is a head (a magic number, the number of the block's first row), an index (the offset of every
//! sixteenth row, 16 bits each) and records. **Nothing that was written is written again**: rows that a resize
//! pulls back, or that are cleared, stay where they are, and appending goes on behind them as a new
//! [`Segment`]. So a checkpoint stays good for as long as its blocks are not released, whatever comes after
//! it; what it must record is only the list of segments.

use std::cell::Cell as Shared;
use std::collections::{BTreeMap, VecDeque};

use crate::cell::Cell;
use crate::line::{self, Loose, Record, Scratch, Tables};
use crate::row::Row;

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
/// Released blocks that may wait for a checkpoint before one is asked for.
const WAITING: u64 = 16;

/// Rows that stand one after the other in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) block: u64,
    /// Number of the first row, absolute.
    pub(crate) line: u64,
    /// Which row of the block that is.
    pub(crate) first: u32,
    pub(crate) rows: u32,
}

/// The history of one terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Oldest first.
    pub(crate) segments: VecDeque<Segment>,
    /// Absolute number of the oldest row, or of the next one to come when there is none.
    pub(crate) first_line: u64,
    pub(crate) len: u32,
    pub(crate) limit: u32,
    /// How many of the newest rows a growing screen may pull back (tmux: scrolled, not cleared away).
    pub(crate) scrolled: u32,
    /// Number that the next block gets.
    pub(crate) next_block: u64,
    /// Whether block `next_block - 1` takes more.
    pub(crate) open: bool,
    /// Where in the open block the next record goes.
    pub(crate) at: usize,
    /// Rows in the open block, with those that no segment names any more.
    pub(crate) rows: u32,
    /// Records that are not yet in the block: a call of `advance` writes them all at once.
    stage: Vec<u8>,
    stage_index: Vec<(u32, u16)>,
    /// Where in the stage the row being written begins.
    begun: usize,
    /// Links of the open block: number and offset.
    links: Vec<(u16, u16)>,
    scratch: Scratch,
    /// Blocks below this were given back.
    pub(crate) released: u64,
    /// The first block that the last checkpoint names.
    pub(crate) named: Shared<u64>,
}

impl History {
    pub(crate) fn new(limit: u32) -> History {
        History {
            limit,
            ..History::default()
        }
    }

    /// Appends a row. At the limit a tenth is dropped first, as tmux does.
    pub(crate) fn push(&mut self, row: &Row, tables: &Tables<'_>, blocks: &mut dyn Blocks) {
        if !self.make_room() {
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
        self.append(blocks, |history| {
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
        self.count(start);
        true
    }

    /// Appends what `put` writes to the stage: links first, then one row.
    pub(crate) fn append(&mut self, blocks: &mut dyn Blocks, put: impl Fn(&mut History)) {
        for _ in 0..2 {
            if !self.open {
                self.new_block(blocks);
            }
            let start = self.stage.len();
            self.begun = start;
            put(self);
            if self.at + self.stage.len() <= BLOCK_LEN && self.rows + STRIDE <= ROWS_MOST {
                self.count(start);
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

    /// A row began at `start` of the stage.
    fn count(&mut self, start: usize) {
        let block = self.next_block - 1;
        let next = match self.segments.back_mut() {
            Some(s) if s.block == block && s.first + s.rows == self.rows => {
                s.rows += 1;
                self.rows
            }
            _ => {
                let first = self.rows.next_multiple_of(STRIDE);
                let line = self.first_line + u64::from(self.len);
                self.segments.push_back(Segment {
                    block,
                    line,
                    first,
                    rows: 1,
                });
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
    pub(crate) fn make_room(&mut self) -> bool {
        if self.limit == 0 {
            // The row is numbered and lost.
            self.first_line += 1;
            return false;
        }
        if self.len >= self.limit {
            self.drop_oldest((self.limit / 10).max(1));
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
        if at + len >= BLOCK_LEN || self.stage.len() - self.begun + len > LINKS_MOST {
            return 0;
        }
        line::put_link(&mut self.stage, id, uri);
        at as u16
    }

    /// Appends a row that is a record already and refers to no link.
    pub(crate) fn push_record(&mut self, record: &[u8], blocks: &mut dyn Blocks) {
        if self.make_room() {
            self.append(blocks, |history| history.stage.extend_from_slice(record));
        }
    }

    /// Appends a row of loose glyphs; their links are numbers in `links` (id and URI).
    pub(crate) fn push_loose(
        &mut self,
        flags: u8,
        cells: &[Loose],
        links: &[(Box<str>, Box<str>)],
        blocks: &mut dyn Blocks,
    ) {
        if !self.make_room() {
            return;
        }
        self.append(blocks, |history| {
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

    fn new_block(&mut self, blocks: &mut dyn Blocks) {
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

    pub(crate) fn drop_oldest(&mut self, n: u32) {
        let mut n = n.min(self.len);
        self.first_line += u64::from(n);
        self.len -= n;
        self.scrolled = self.scrolled.min(self.len);
        while n > 0 {
            let Some(s) = self.segments.front_mut() else {
                break;
            };
            let k = n.min(s.rows);
            s.rows -= k;
            s.first += k;
            s.line += u64::from(k);
            n -= k;
            if s.rows == 0 {
                self.segments.pop_front();
            }
        }
    }

    /// Forgets the newest `n` rows. Their bytes stay for the checkpoints that name them.
    pub(crate) fn drop_newest(&mut self, n: u32) {
        let mut n = n.min(self.len);
        self.len -= n;
        self.scrolled = self.scrolled.saturating_sub(n);
        while n > 0 {
            let Some(s) = self.segments.back_mut() else {
                break;
            };
            let k = n.min(s.rows);
            s.rows -= k;
            n -= k;
            if s.rows == 0 {
                self.segments.pop_back();
            }
        }
    }

    /// Forgets every row.
    pub(crate) fn clear(&mut self) {
        self.drop_oldest(self.len);
        self.segments.clear();
        self.scrolled = 0;
    }

    /// Forgets every row and begins a new block: for what rebuilds the history.
    pub(crate) fn restart(&mut self, first_line: u64) {
        self.clear();
        self.open = false;
        self.links.clear();
        self.first_line = first_line;
    }

    pub(crate) fn forget_scrolled(&mut self) {
        self.scrolled = 0;
    }

    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        if self.len > limit {
            self.drop_oldest(self.len - limit);
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

    /// Calls `f` with the rows `from..to` (absolute numbers), oldest first, and the block that each is in.
    /// A row that cannot be read comes as an empty one.
    pub(crate) fn each<'a>(
        &self,
        blocks: &'a dyn Blocks,
        from: u64,
        to: u64,
        mut f: impl FnMut(u64, Record<'a>, &'a [u8]),
    ) {
        let skip = self
            .segments
            .partition_point(|s| s.line + u64::from(s.rows) <= from);
        for s in self.segments.iter().skip(skip) {
            if s.line >= to {
                break;
            }
            let block = blocks.get(s.block);
            let begin = from.max(s.line);
            let end = to.min(s.line + u64::from(s.rows));
            let skipped = (begin - s.line) as u32;
            let part = Segment {
                line: begin,
                first: s.first + skipped,
                rows: (end - begin) as u32,
                ..*s
            };
            rows_of(block, &part, |line, record| f(line, record, block));
        }
    }

    /// Where the record of the block's row `slot * STRIDE` is.
    fn indexed(block: &[u8], slot: u32) -> Option<usize> {
        let i = HEAD + 2 * slot as usize;
        let at = usize::from(u16::from_le_bytes([*block.get(i)?, *block.get(i + 1)?]));
        (at >= RECORDS).then_some(at)
    }
}

/// Calls `f` with the number and record of each row of a segment; `block` is the block that it names.
pub(crate) fn rows_of<'a>(block: &'a [u8], s: &Segment, mut f: impl FnMut(u64, Record<'a>)) {
    let mut at = History::indexed(block, s.first / STRIDE);
    for _ in 0..s.first % STRIDE {
        at = at
            .and_then(|at| line::record(block, at))
            .map(|(_, next)| next);
    }
    for line in s.line..s.line + u64::from(s.rows) {
        let found = at.and_then(|at| line::record(block, at));
        at = found.map(|r| r.1);
        f(line, found.map_or(Record::default(), |r| r.0));
    }
}

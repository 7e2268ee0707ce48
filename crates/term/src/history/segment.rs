//! A piece of the history: records that stand one after the other in a block.

use crate::row::WRAPPED;

/// In [`Segment::carry`]: a row begins where the segment begins.
pub(crate) const FRESH: u16 = u16::MAX;

/// Records that stand one after the other in a block: text that was broken for some width. In another width its rows
/// begin elsewhere ([`super::view`]); the bytes stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) block: u64,
    /// Number of the first row that begins here, absolute.
    pub(crate) line: u64,
    /// Which record of the block is the first.
    pub(crate) first: u32,
    pub(crate) records: u32,
    /// Rows that begin here, in the width of now.
    pub(crate) rows: u32,
    /// The width for which the records were broken.
    pub(crate) cols: u16,
    /// Columns at the start of the first record that are gone.
    pub(crate) skip: u16,
    /// The last record ends before this column and its line goes on in the next segment; 0: it is whole.
    pub(crate) cut: u16,
    /// Columns of the row that goes on here from the segment before, or [`FRESH`].
    pub(crate) carry: u16,
    /// No record has more columns.
    pub(crate) longest: u16,
    /// Some record's line goes on in the next record.
    pub(crate) wrapped: bool,
    /// Each record is a row.
    pub(crate) direct: bool,
}

impl Segment {
    /// Record `n` was or may be in the width of `cols` and is the newest of the open block.
    pub(crate) fn takes(&self, block: u64, record: u32, cols: u16) -> bool {
        self.block == block
            && self.first + self.records == record
            && self.cols == cols
            && self.direct
            && self.skip == 0
            && self.cut == 0
    }

    /// One more record, which is a row.
    #[inline]
    pub(crate) fn add(&mut self, columns: u16, flags: u8) {
        self.records += 1;
        self.rows += 1;
        self.longest = self.longest.max(columns);
        self.wrapped |= flags & WRAPPED != 0;
    }

    /// Number of the row behind the last one.
    pub(crate) fn end(&self) -> u64 {
        self.line + u64::from(self.rows)
    }

    /// Which columns of record `n` (from the segment's first) are here, and whether its line goes on because it was
    /// cut.
    pub(crate) fn columns(&self, n: u32) -> (u16, u16, bool) {
        let from = if n == 0 { self.skip } else { 0 };
        if self.cut != 0 && n + 1 == self.records {
            (from, self.cut, true)
        } else {
            (from, u16::MAX, false)
        }
    }
}

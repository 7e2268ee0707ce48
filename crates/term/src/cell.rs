//! One column of a grid in eight bytes.
//!
//! | bits | what |
//! |---|---|
//! | 0 to 20 | a Unicode scalar value, or an index into the cluster table; 0 is a column that was never written |
//! | 21 | the text is a cluster index |
//! | 22 | first column of a wide cluster |
//! | 23 | second column of a wide cluster |
//! | 32 to 47 | style id |
//! | 48 to 63 | link id, 0 for none |
//!
//! A tab over blank columns is kept as tmux keeps it, so that it can be copied as a tab: U+0009 in its first
//! column and [`TAB_TAIL`] in the others, all drawn as blanks.

/// One column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell(pub(crate) u64);

const TEXT: u64 = (1 << 21) - 1;
const CLUSTER: u64 = 1 << 21;
const WIDE: u64 = 1 << 22;
const TAIL: u64 = 1 << 23;
const GLYPH: u64 = 0xffff_ffff;
/// Text of the columns of a tab after the first.
pub(crate) const TAB_TAIL: char = '\u{1}';
/// The bits that say how a cell looks: style and link.
pub(crate) const LOOK: u64 = !GLYPH;

/// Style and link ids as the bits of a cell.
pub(crate) const fn look(style: u16, link: u16) -> u64 {
    (style as u64) << 32 | (link as u64) << 48
}

impl Cell {
    /// Never written, default style.
    pub(crate) const EMPTY: Cell = Cell(0);

    /// A scalar value of one column.
    pub(crate) const fn narrow(text: u32, look: u64) -> Cell {
        Cell(text as u64 | look)
    }
    /// The first column of a scalar value of two.
    pub(crate) const fn wide(text: u32, look: u64) -> Cell {
        Cell(text as u64 | WIDE | look)
    }
    /// The second column of a wide cluster.
    pub(crate) const fn tail(look: u64) -> Cell {
        Cell(TAIL | look)
    }
    /// A cluster out of line.
    pub(crate) const fn cluster(index: u32, wide: bool, look: u64) -> Cell {
        Cell(index as u64 | CLUSTER | if wide { WIDE } else { 0 } | look)
    }
    /// Scalar value or cluster index.
    pub(crate) const fn text(self) -> u32 {
        (self.0 & TEXT) as u32
    }
    pub(crate) const fn is_cluster(self) -> bool {
        self.0 & CLUSTER != 0
    }
    pub(crate) const fn is_wide(self) -> bool {
        self.0 & WIDE != 0
    }
    pub(crate) const fn is_tail(self) -> bool {
        self.0 & TAIL != 0
    }
    pub(crate) const fn style(self) -> u16 {
        (self.0 >> 32) as u16
    }
    pub(crate) const fn link(self) -> u16 {
        (self.0 >> 48) as u16
    }
    /// Style and link as bits.
    pub(crate) const fn look(self) -> u64 {
        self.0 & LOOK
    }
    /// Whether a program wrote here since the last erase.
    pub(crate) const fn used(self) -> bool {
        self.0 & GLYPH != 0
    }
    /// Whether it shows nothing but its background.
    pub(crate) const fn is_blank(self) -> bool {
        self.0 & (CLUSTER | WIDE | TAIL) == 0 && self.text() <= 0x20
    }
    /// The same glyph in another look.
    pub(crate) const fn with_look(self, look: u64) -> Cell {
        Cell(self.0 & GLYPH | look)
    }
}

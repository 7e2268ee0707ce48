//! Checkpoints.

use crate::history::Blocks;
use crate::terminal::Terminal;

/// A checkpoint that cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    /// Made by a version that this one does not read.
    Version(u32),
    /// Too short, a bad checksum, or an impossible value; the text names the field.
    Damaged(&'static str),
}

#[allow(clippy::todo, unused_variables)]
impl Terminal {
    /// Appends a checkpoint to `out`: everything but the history's lines, of which it records the length.
    /// Exact: `restore` of it over the same blocks behaves the same for ever.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        todo!()
    }
    /// The terminal of a checkpoint; history is cut back to the length that it records.
    pub fn restore(bytes: &[u8], blocks: Box<dyn Blocks>) -> Result<Terminal, SnapshotError> {
        todo!()
    }
}

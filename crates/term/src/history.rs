//! Lines that scrolled off the top: append-only blocks of compact lines.
//!
//! The memory of the blocks is handed in ([`Blocks`]), because it must outlive the process: the server
//! gives blocks of a memory file that the keeper holds, tests give plain memory.

use std::collections::BTreeMap;

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
#[derive(Default)]
pub struct MemoryBlocks(BTreeMap<u64, Box<[u8]>>);

impl Blocks for MemoryBlocks {
    fn get_mut(&mut self, n: u64) -> &mut [u8] {
        self.0.entry(n).or_insert_with(|| vec![0; BLOCK_LEN].into_boxed_slice())
    }
    fn get(&self, n: u64) -> &[u8] {
        self.0.get(&n).map_or(&[], |b| b)
    }
    fn release_below(&mut self, n: u64) {
        self.0 = self.0.split_off(&n);
    }
}

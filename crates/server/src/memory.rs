//! A memory file as a slot of the journal: mapped, so that committing costs no system call.

use std::io;
use std::sync::atomic::Ordering;

use outlast_sys::mem::{Mapping, MemFile};

use crate::journal::Memory;

/// A memory file and its mapping.
pub struct FileMemory {
    file: MemFile,
    map: Option<Mapping>,
}

impl FileMemory {
    /// From a file, whatever it holds.
    ///
    /// # Errors
    /// It cannot be mapped.
    pub fn open(file: MemFile) -> io::Result<FileMemory> {
        let map = if file.is_empty()? {
            None
        } else {
            Some(file.map()?)
        };
        Ok(FileMemory { file, map })
    }
}

impl Memory for FileMemory {
    fn len(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.len())
    }
    fn grow(&mut self, len: usize) -> io::Result<()> {
        self.file.grow(len as u64)?;
        self.map = Some(self.file.map()?);
        Ok(())
    }
    fn clear(&mut self) -> io::Result<()> {
        self.file.punch(0, self.len() as u64)
    }
    fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
    fn write(&mut self, at: usize, bytes: &[u8]) {
        if let Some(map) = &mut self.map {
            map[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
    fn publish(&mut self, at: usize, value: u64) {
        if let Some(word) = self.map.as_ref().and_then(|map| map.word(at)) {
            word.store(value, Ordering::Release);
        }
    }
    fn published(&self, at: usize) -> u64 {
        self.map
            .as_ref()
            .and_then(|map| map.word(at))
            .map_or(0, |word| word.load(Ordering::Acquire))
    }
}

//! Changes within a file that others write, too.

use std::fs;
use std::path::Path;

use super::{Change, copy_name};
use crate::setup::shown;

impl Change {
    /// What is in the file becomes what `edit` makes of it; it is also given the copies that are there. `back`: that is what
    /// was there before us.
    ///
    /// # Errors
    /// The file cannot be read, or what `edit` says.
    pub fn edited(
        path: &Path,
        back: bool,
        edit: impl FnOnce(Option<&[u8]>, &[Vec<u8>]) -> Result<Option<Vec<u8>>, String>,
    ) -> Result<Change, String> {
        let mut change = Change::read(path)?;
        let copies = (0..).map(|number| fs::read(copy_name(&change.target, number)));
        let copies: Vec<Vec<u8>> = copies.map_while(Result::ok).collect();
        let new = edit(change.old.as_deref(), &copies);
        change.new = new.map_err(|error| format!("{}: {error}", shown(path)))?;
        change.back = back;
        Ok(change)
    }

    /// Writes a file of ours, of which no copy is wanted.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn own(mut self) -> Result<(), String> {
        (self.back, self.mode) = (true, 0o600);
        self.apply().map(drop)
    }
}

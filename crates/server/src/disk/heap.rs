//! What was set aside is kept for people, not without end: of each heap the newest, so many and so many bytes. The newest
//! is kept however large it is.

use std::fs;
use std::path::{Path, PathBuf};

use super::place::{ASIDE, DAMAGED, Place};

/// A directory of things that were set aside, and how much of them there may be.
pub struct Heap {
    /// Where.
    pub name: &'static str,
    /// So many files or directories.
    pub most: usize,
    /// So many bytes.
    pub bytes: u64,
}

/// What could not be read.
pub const OF_DAMAGED: Heap = Heap {
    name: DAMAGED,
    most: 32,
    bytes: 256 * 1024 * 1024,
};

/// What other builds have kept.
pub const OF_OTHERS: Heap = Heap {
    name: ASIDE,
    most: 4,
    bytes: 1024 * 1024 * 1024,
};

/// How deep sizes are looked for: a state directory has directories of files.
const DEPTH: u32 = 4;

impl Heap {
    /// Deletes the oldest of what is too much: a clause for the message that something was set aside, empty when nothing
    /// had to go.
    pub fn bound(&self, place: &Place) -> String {
        match shrink(&place.file(self.name), "", self.most, self.bytes) {
            0 => String::new(),
            1 => format!(" (the oldest in {}/ is deleted)", self.name),
            n => format!(" (the {n} oldest in {}/ are deleted)", self.name),
        }
    }
}

/// Deletes the oldest entries of a directory whose names begin like this, until there are no more than these. How many have
/// gone.
pub fn shrink(dir: &Path, begins: &str, most: usize, bytes: u64) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let is_one = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(begins);
    let mut found: Vec<(u64, u64, PathBuf)> = entries
        .filter(is_one)
        .map(|entry| (when(&entry), size(&entry.path(), DEPTH), entry.path()))
        .collect();
    // The newest first.
    found.sort_by(|a, b| b.cmp(a));
    let (mut total, mut gone) = (0_u64, 0);
    for (at, (_, len, path)) in found.iter().enumerate() {
        total = total.saturating_add(*len);
        if at > 0 && (at >= most || total > bytes) {
            total -= len;
            gone += usize::from(delete(path));
        }
    }
    gone
}

/// When it was set aside: the number at the end of its name, else when it was written.
fn when(entry: &fs::DirEntry) -> u64 {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let number = name.rsplit('.').next().and_then(|end| end.parse().ok());
    let written = || {
        let time = entry.metadata().ok()?.modified().ok()?;
        Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
    };
    number.or_else(written).unwrap_or(0)
}

fn size(path: &Path, depth: u32) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let entries = entries.filter(|_| depth > 0);
            entries.map(|entry| size(&entry.path(), depth - 1)).sum()
        }
        Ok(data) => data.len(),
        Err(_) => 0,
    }
}

fn delete(path: &Path) -> bool {
    let is_dir = fs::symlink_metadata(path).is_ok_and(|data| data.is_dir());
    match is_dir {
        true => fs::remove_dir_all(path).is_ok(),
        false => fs::remove_file(path).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("outlast-heap-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        dir
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a directory").flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_go_by_number_and_by_bytes() {
        let dir = heap("files");
        for n in [99, 100, 101, 102] {
            fs::write(dir.join(format!("pane-7.text.{n}")), [0; 100]).expect("a file");
        }
        assert_eq!(shrink(&dir, "", 4, 400), 0);
        assert_eq!(shrink(&dir, "", 3, 400), 1);
        assert_eq!(
            names(&dir),
            ["pane-7.text.100", "pane-7.text.101", "pane-7.text.102"]
        );
        assert_eq!(shrink(&dir, "", 3, 250), 1);
        assert_eq!(names(&dir), ["pane-7.text.101", "pane-7.text.102"]);
        assert_eq!(shrink(&dir, "state", 0, 0), 0);
        // The newest stays, however large.
        assert_eq!(shrink(&dir, "", 3, 1), 1);
        assert_eq!(names(&dir), ["pane-7.text.102"]);
        assert_eq!(shrink(&dir, "", 0, 0), 0);
        fs::remove_dir_all(dir).expect("gone");
    }

    #[test]
    fn directories_count_with_what_is_in_them() {
        let dir = heap("directories");
        for n in [1, 2, 3] {
            let one = dir.join(n.to_string());
            fs::create_dir_all(one.join("ended")).expect("a directory");
            fs::write(one.join("ended/1-1.text"), [0; 5000]).expect("a file");
        }
        assert_eq!(shrink(&dir, "", 9, 1_000_000), 0);
        assert_eq!(shrink(&dir, "", 9, 10_000), 1);
        assert_eq!(names(&dir), ["2", "3"]);
        assert_eq!(shrink(&dir.join("none"), "", 9, 9), 0);
        fs::remove_dir_all(dir).expect("gone");
    }
}

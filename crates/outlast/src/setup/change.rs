//! What is to become of a file: read through its links, shown as a difference, written with a copy of what was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::block::{self, Without};

mod edit;

/// A file and what it is to be.
#[derive(Debug)]
pub struct Change {
    /// The name under which a person knows it.
    path: PathBuf,
    /// The file itself, behind all links.
    target: PathBuf,
    /// What is in it; None: it is not there.
    old: Option<Vec<u8>>,
    /// What is to be in it; None: it is to go.
    new: Option<Vec<u8>>,
    /// Mode of the file if it is made.
    mode: u32,
    /// What was there before us comes back: no copy is kept.
    back: bool,
}

/// So many links are followed, as the kernel does.
const LINKS: usize = 40;
/// Lines around a difference.
const CONTEXT: usize = 3;
/// What is behind the name of a copy.
const COPY: &str = ".before-outlast";

/// A path as people write it.
pub fn shown(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match home
        .as_deref()
        .and_then(|home| path.strip_prefix(home).ok())
    {
        Some(rest) if !rest.as_os_str().is_empty() => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

fn said(path: &Path, error: &io::Error) -> String {
    format!("{}: {}", shown(path), crate::socket::reason(error))
}

/// The file behind links, also one that is not there yet.
fn behind_links(path: &Path) -> Result<PathBuf, String> {
    let mut target = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&target) {
            Ok(next) => {
                let folder = target.parent().unwrap_or(Path::new("/"));
                target = folder.join(next);
            }
            // Not a link, or nothing.
            Err(_) => return Ok(target),
        }
    }
    Err(format!("{}: too many links", shown(path)))
}

impl Change {
    fn read(path: &Path) -> Result<Change, String> {
        let target = behind_links(path)?;
        let old = match fs::metadata(&target) {
            Ok(found) if !found.is_file() => return Err(format!("{}: not a file", shown(path))),
            Ok(_) => Some(fs::read(&target).map_err(|error| said(path, &error))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(said(path, &error)),
        };
        Ok(Change {
            path: path.to_path_buf(),
            target,
            new: old.clone(),
            old,
            mode: 0o644,
            back: false,
        })
    }

    /// A block of lines is to be in the file.
    ///
    /// # Errors
    /// The file cannot be read, or has a block that does not end.
    pub fn with_block(path: &Path, subject: &str, body: &str) -> Result<Change, String> {
        let mut change = Change::read(path)?;
        let new = block::put(change.old.as_deref(), subject, body);
        change.new = Some(new.map_err(|error| format!("{}: {error}", shown(path)))?);
        Ok(change)
    }

    /// The block is to be out of it.
    ///
    /// # Errors
    /// As for [`Change::with_block`].
    pub fn without_block(path: &Path, subject: &str) -> Result<Change, String> {
        let mut change = Change::read(path)?;
        change.back = true;
        if let Some(old) = &change.old {
            let rest = block::take(old, subject);
            match rest.map_err(|error| format!("{}: {error}", shown(path)))? {
                Without::Same => {}
                Without::Text(text) => change.new = Some(text),
                Without::Nothing => change.new = None,
            }
        }
        Ok(change)
    }

    /// The file is to be this.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn whole(path: &Path, text: Option<&str>) -> Result<Change, String> {
        let mut change = Change::read(path)?;
        change.new = text.map(|text| text.as_bytes().to_vec());
        change.back = text.is_none();
        Ok(change)
    }

    /// Mode of the file if it is made; for 0600 folders that are made are 0700.
    pub fn mode(mut self, mode: u32) -> Change {
        self.mode = mode;
        self
    }

    /// Whether there is anything to do.
    pub fn is_due(&self) -> bool {
        self.old != self.new
    }

    /// Its name for a person.
    pub fn name(&self) -> String {
        shown(&self.path)
    }

    /// The difference, as `diff -u` writes it.
    pub fn picture(&self) -> String {
        let lines = |text: &Option<Vec<u8>>| -> Vec<String> {
            let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
            text.split_inclusive('\n').map(String::from).collect()
        };
        let (old, new) = (lines(&self.old), lines(&self.new));
        let name = |there: &Option<Vec<u8>>| match there {
            Some(_) => self.name(),
            None => "/dev/null".into(),
        };
        let mut text = format!("--- {}\n+++ {}\n", name(&self.old), name(&self.new));
        // We change one place of a file.
        let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let most = old.len().min(new.len()) - same;
        let tail = old.iter().rev().zip(new.iter().rev());
        let tail = tail.take(most).take_while(|(a, b)| a == b).count();
        let from = same.saturating_sub(CONTEXT);
        let after = tail.min(CONTEXT);
        let range = |len: usize| {
            let count = len - tail + after - from;
            format!("{},{count}", if count == 0 { from } else { from + 1 })
        };
        text += &format!("@@ -{} +{} @@\n", range(old.len()), range(new.len()));
        let rows = [
            (' ', &old[from..same]),
            ('-', &old[same..old.len() - tail]),
            ('+', &new[same..new.len() - tail]),
            (' ', &new[new.len() - tail..new.len() - tail + after]),
        ];
        for (mark, rows) in rows {
            for row in rows {
                text.push(mark);
                // Whatever stands in the file is only shown.
                text.extend(row.chars().filter(|c| *c == '\t' || !c.is_control()));
                text.push('\n');
                if !row.ends_with('\n') {
                    text += "\\ no newline at the end\n";
                }
            }
        }
        text
    }

    /// Whether it can be written at all, before anything is.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self) -> Result<(), String> {
        if !self.is_due() {
            return Ok(());
        }
        let found = match &self.old {
            Some(_) => OpenOptions::new().write(true).open(&self.target).map(drop),
            None => {
                let mut folder = self.target.parent();
                while let Some(none) = folder.filter(|folder| !folder.exists()) {
                    folder = none.parent();
                }
                match folder {
                    Some(folder) if outlast_sys::user::may_write(folder) => Ok(()),
                    _ => Err(io::ErrorKind::PermissionDenied.into()),
                }
            }
        };
        found.map_err(|error: io::Error| {
            format!(
                "{} cannot be written ({})",
                self.name(),
                crate::socket::reason(&error)
            )
        })
    }

    /// Does it. What there is to say of it: where the copy is.
    ///
    /// # Errors
    /// What could not be done; the file is then as it was.
    pub fn apply(&self) -> Result<Option<PathBuf>, String> {
        if !self.is_due() {
            return Ok(None);
        }
        let fail = |error: io::Error| said(&self.path, &error);
        let Some(new) = &self.new else {
            fs::remove_file(&self.target).map_err(fail)?;
            return Ok(None);
        };
        if let (None, Some(folder)) = (&self.old, self.target.parent()) {
            let closed = self.mode & 0o077 == 0;
            let mut builder = fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(if closed { 0o700 } else { 0o755 });
            builder.create(folder).map_err(fail)?;
        }
        let copy = match &self.old {
            Some(old) if !self.back => Some(self.keep(old)?),
            _ => None,
        };
        self.write(new).map_err(fail)?;
        if self.back {
            self.drop_copies(new);
        }
        Ok(copy)
    }

    /// Keeps what was there.
    fn keep(&self, old: &[u8]) -> Result<PathBuf, String> {
        let mode = fs::metadata(&self.target).map_or(0o600, |found| found.mode() & 0o777);
        keep_beside(&self.target, old, mode)
    }

    /// Copies that say what the file says again are of no use.
    fn drop_copies(&self, text: &[u8]) {
        for number in 0.. {
            let copy = copy_name(&self.target, number);
            match fs::read(&copy) {
                Ok(kept) if kept == text => drop(fs::remove_file(&copy)),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Writes beside and renames; where that would make it another file than it is (links, owner), in its place.
    fn write(&self, new: &[u8]) -> io::Result<()> {
        let found = fs::metadata(&self.target).ok();
        let mode = found
            .as_ref()
            .map_or(self.mode, |found| found.mode() & 0o7777);
        let mut beside = self.target.as_os_str().to_os_string();
        beside.push(format!(".outlast-{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let alone = found.as_ref().is_none_or(|found| found.nlink() == 1);
        let mut options = OpenOptions::new();
        let opened = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside);
        if let (true, Ok(mut file)) = (alone, opened) {
            let made = fill(&mut file, new, mode, found.as_ref());
            let done = made.and_then(|()| fs::rename(&beside, &self.target));
            if done.is_ok() {
                return Ok(());
            }
        }
        // Its directory may be closed to us, or full.
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode)
            .open(&self.target)?;
        let written = overwrite(&mut file, new);
        if written.is_err()
            && let Some(old) = &self.old
        {
            // What was there had room.
            let _ = overwrite(&mut file, old);
        }
        written
    }
}

fn copy_name(of: &Path, number: usize) -> PathBuf {
    let mut name = of.as_os_str().to_os_string();
    name.push(COPY);
    if number > 0 {
        name.push(format!(".{number}"));
    }
    name.into()
}

/// Keeps a text beside a file under a name that nothing has; or the name of a copy that is the same.
pub fn keep_beside(of: &Path, text: &[u8], mode: u32) -> Result<PathBuf, String> {
    if let Some(folder) = of.parent() {
        fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
    }
    for number in 0.. {
        let copy = copy_name(of, number);
        if fs::read(&copy).is_ok_and(|kept| kept == text) {
            return Ok(copy);
        }
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(mode).open(&copy) {
            Ok(mut file) => {
                let written = file.write_all(text).and_then(|()| file.sync_all());
                if let Err(error) = written {
                    // Half a copy is worse than none.
                    let _ = fs::remove_file(&copy);
                    return Err(said(&copy, &error));
                }
                return Ok(copy);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(said(&copy, &error)),
        }
    }
    Err(format!("{}: no name for a copy", shown(of)))
}

fn fill(file: &mut File, new: &[u8], mode: u32, found: Option<&fs::Metadata>) -> io::Result<()> {
    if let Some(found) = found {
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (found.uid(), found.gid()) {
            std::os::unix::fs::fchown(&*file, Some(found.uid()), Some(found.gid()))?;
        }
        // The umask has taken some away.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.write_all(new)?;
    file.sync_all()
}

fn overwrite(file: &mut File, text: &[u8]) -> io::Result<()> {
    io::Seek::rewind(file)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("outlast-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
        fn names(&self) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(&self.0)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_changed_behind_its_link_and_comes_back() {
        let folder = Folder::new("change");
        let (file, link) = (folder.0.join("real"), folder.0.join("link"));
        fs::write(&file, "mine\r\nno end").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        let change = Change::with_block(&link, "shell", "x\n").unwrap();
        change.check().unwrap();
        let copy = change.apply().unwrap().unwrap();
        assert_eq!(copy, folder.0.join("real.before-outlast"));
        assert!(link.is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read(&copy).unwrap(), b"mine\r\nno end");
        let again = Change::with_block(&link, "shell", "x\n").unwrap();
        assert!(!again.is_due());
        // Another copy beside the first, which is not touched.
        let other = Change::with_block(&link, "shell", "y\n").unwrap();
        assert_eq!(
            other.apply().unwrap().unwrap(),
            folder.0.join("real.before-outlast.1")
        );
        assert_eq!(fs::read(&copy).unwrap(), b"mine\r\nno end");
        fs::remove_file(folder.0.join("real.before-outlast.1")).unwrap();
        let back = Change::without_block(&link, "shell").unwrap();
        back.apply().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"mine\r\nno end");
        assert_eq!(folder.names(), ["link", "real"]);
    }

    #[test]
    fn a_file_of_two_names_keeps_both() {
        let folder = Folder::new("change-names");
        let (one, two) = (folder.0.join("one"), folder.0.join("two"));
        fs::write(&one, "mine\n").unwrap();
        fs::hard_link(&one, &two).unwrap();
        let change = Change::with_block(&one, "shell", "x\n").unwrap();
        change.apply().unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        Change::without_block(&two, "shell")
            .unwrap()
            .apply()
            .unwrap();
        assert_eq!(fs::read(&one).unwrap(), b"mine\n");
    }

    #[test]
    fn a_file_that_is_made_goes_again() {
        let folder = Folder::new("change-new");
        let link = folder.0.join("link");
        std::os::unix::fs::symlink("deep/file", &link).unwrap();
        let change = Change::with_block(&link, "ssh", "x\n").unwrap().mode(0o600);
        change.check().unwrap();
        assert!(change.picture().starts_with("--- /dev/null\n+++ "));
        assert_eq!(change.apply().unwrap(), None);
        let data = fs::metadata(folder.0.join("deep/file")).unwrap();
        assert_eq!(data.mode() & 0o777, 0o600);
        let dir = fs::metadata(folder.0.join("deep")).unwrap();
        assert_eq!(dir.mode() & 0o777, 0o700);
        Change::without_block(&link, "ssh")
            .unwrap()
            .apply()
            .unwrap();
        assert!(link.is_symlink() && !link.exists());
    }

    #[test]
    fn what_is_no_file_is_said() {
        let folder = Folder::new("change-odd");
        let said = Change::with_block(&folder.0, "shell", "x\n").unwrap_err();
        assert!(said.ends_with(": not a file"), "{said}");
        let link = folder.0.join("loop");
        std::os::unix::fs::symlink("loop", &link).unwrap();
        let said = Change::with_block(&link, "shell", "x\n").unwrap_err();
        assert!(said.ends_with(": too many links"), "{said}");
    }

    #[test]
    fn the_picture_is_a_unified_difference() {
        let folder = Folder::new("change-picture");
        let file = folder.0.join("rc");
        fs::write(&file, "1\n2\n3\n4\n5\x1b[31m").unwrap();
        let change = Change::with_block(&file, "ssh", "x\n").unwrap();
        let text = change.picture();
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "@@ -2,4 +2,7 @@",
                " 2",
                " 3",
                " 4",
                "-5[31m",
                "\\ no newline at the end",
                "+5[31m",
                "+# >>> outlast setup ssh (after a newline) >>>",
                "+x",
                "+# <<< outlast setup ssh <<<",
            ]
        );
    }
}

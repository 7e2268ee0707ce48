//! What the thread does: files replaced whole or appended to, synced, readable by their owner alone.
//!
//! A file is replaced by writing another beside it, syncing that and renaming it. What fails leaves the former file as it
//! was; a text whose end is unknown after that is written anew under another name before it takes its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use outlast_core::reboot::Keep;
use outlast_core::save::disk::encode_sections;
use outlast_sys::seam;

use super::place::{
    ASIDE, BUFFERS, DAMAGED, ENDED, EVENTS, GENERATIONS, Place, STATE, text_name, text_pane,
};

/// open(2)'s flag on Linux.
const O_NOFOLLOW: i32 = 0o400_000;
/// A generation is as old as this before there is another.
const GENERATION_AGE: Duration = Duration::from_secs(600);

/// A piece of work.
#[derive(Debug)]
pub struct Job {
    /// Where.
    pub place: Arc<Place>,
    /// What.
    pub keep: Keep,
}

/// Does it. Nothing is to be answered but that it is done.
///
/// # Errors
/// As the file system has it.
pub fn perform(job: Job) -> io::Result<Vec<u8>> {
    let place = &*job.place;
    place.claim()?;
    match job.keep {
        Keep::Sections {
            sections,
            rotate,
            ended_days,
            ended_bytes,
        } => {
            let bytes = encode_sections(&sections);
            let before = || generation(place, rotate);
            replace(place, STATE, &bytes, before)?;
            prune(&place.file(ENDED), ended_days, ended_bytes)?;
        }
        Keep::Buffers(sections) if sections.is_empty() => gone(&place.file(BUFFERS))?,
        Keep::Buffers(sections) => {
            replace(place, BUFFERS, &encode_sections(&sections), || Ok(()))?;
        }
        Keep::Events { bytes, whole: true } => replace(place, EVENTS, &bytes, || Ok(()))?,
        Keep::Events { bytes, .. } => append(place, EVENTS, &bytes)?,
        Keep::Append { pane, bytes } => append(place, &text_name(pane), &bytes)?,
        Keep::Rewrite {
            pane,
            bytes,
            cleared,
        } => {
            let name = text_name(pane);
            let written = replace(place, &name, &bytes, || Ok(()));
            if cleared && written.is_err() {
                // What was cleared away goes, whether what is left has room or not.
                gone(&place.file(&name))?;
            }
            written?;
        }
        Keep::Drop { pane } => gone(&place.file(&text_name(pane)))?,
        Keep::End { pane } => end(place, pane)?,
        Keep::Sweep { panes } => {
            for entry in fs::read_dir(place.dir())? {
                let name = entry?.file_name();
                if let Some(pane) = name.to_str().and_then(text_pane)
                    && !panes.contains(&pane)
                {
                    end(place, pane)?;
                }
            }
        }
        Keep::Wipe { everything } => wipe(place, everything)?,
    }
    Ok(Vec::new())
}

/// Appends to a file that is there.
fn append(place: &Place, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .append(true)
        .custom_flags(O_NOFOLLOW)
        .open(place.file(name))?;
    write_all(&mut file, bytes)?;
    seam::pass("fsync")?;
    file.sync_data()
}

/// Puts a file in another's place, or in nobody's.
fn replace(
    place: &Place,
    name: &str,
    bytes: &[u8],
    before: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let new = place.file(&format!("{name}.new"));
    let write = || {
        gone(&new)?;
        seam::pass("open")?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        write_all(&mut file, bytes)?;
        seam::pass("fsync")?;
        file.sync_all()?;
        before()?;
        seam::pass("rename")?;
        fs::rename(&new, place.file(name))
    };
    let written = write();
    if written.is_err() {
        // What is there of it only takes room.
        let _ = fs::remove_file(&new);
    }
    written?;
    File::open(place.dir())?.sync_all()
}

/// Writes all of it; where a test has it fail, half of it.
fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    match seam::pass("write") {
        Ok(()) => file.write_all(bytes),
        Err(error) => {
            file.write_all(&bytes[..bytes.len() / 2])?;
            Err(error.into())
        }
    }
}

/// Makes the sections that are there the newest generation, if the last one is old enough.
fn generation(place: &Place, at_once: bool) -> io::Result<()> {
    let state = place.file(STATE);
    if !state.exists() {
        return Ok(());
    }
    let numbered = |n: u32| place.file(&format!("{STATE}.{n}"));
    let age = fs::metadata(numbered(1))
        .and_then(|found| found.modified())
        .map(|time| SystemTime::now().duration_since(time).unwrap_or_default());
    if !at_once && age.is_ok_and(|age| age < GENERATION_AGE) {
        return Ok(());
    }
    for n in (1..GENERATIONS).rev() {
        match fs::rename(numbered(n), numbered(n + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    gone(&numbered(1))?;
    // Some file systems have no hard links: a copy is as good.
    if fs::hard_link(&state, numbered(1)).is_err() {
        fs::copy(&state, numbered(1))?;
    }
    Ok(())
}

/// Deletes a file that may not be there.
fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn unix() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

/// Moves a pane's text to those of ended panes.
fn end(place: &Place, pane: u32) -> io::Result<()> {
    let text = place.file(&text_name(pane));
    if !text.exists() {
        return Ok(());
    }
    own_dir(&place.file(ENDED))?;
    fs::rename(text, place.file(&format!("{ENDED}/{}-{pane}.text", unix())))
}

fn own_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}

/// Deletes texts of ended panes that are too old, and the oldest while they have too many bytes.
fn prune(dir: &Path, days: u64, most: u64) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut texts = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let ended = name
            .to_str()
            .and_then(|name| name.split('-').next()?.parse::<u64>().ok());
        texts.push((ended.unwrap_or(0), entry.metadata()?.len(), entry.path()));
    }
    texts.sort();
    let mut bytes: u64 = texts.iter().map(|(_, len, _)| len).sum();
    let oldest = unix().saturating_sub(days.saturating_mul(86_400));
    for (ended, len, path) in texts {
        if ended <= oldest || bytes > most {
            gone(&path)?;
            bytes -= len;
        }
    }
    Ok(())
}

fn wipe(place: &Place, everything: bool) -> io::Result<()> {
    // The sections first: without them nothing is restored.
    gone(&place.file(STATE))?;
    for entry in fs::read_dir(place.dir())? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kept = [ASIDE, DAMAGED, "lock"].contains(&&*name);
        if kept || name == ENDED && !everything {
            continue;
        }
        if name == ENDED {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_type()?.is_file() {
            gone(&entry.path())?;
        }
    }
    place.leave();
    Ok(())
}

/// The name that a file has when it is set aside.
fn name_aside(place: &Place, name: &str) -> io::Result<String> {
    own_dir(&place.file(DAMAGED))?;
    let flat = name.replace('/', "-");
    Ok(format!("{DAMAGED}/{flat}.{}", unix()))
}

/// Moves a file that could not be read aside; the name that it has there.
///
/// # Errors
/// As the file system has it.
pub fn move_aside(place: &Place, name: &str) -> io::Result<String> {
    let to = name_aside(place, name)?;
    fs::rename(place.file(name), place.file(&to))?;
    Ok(to)
}

/// Copies a file aside, then cuts it off at `good`; the name of the copy.
///
/// # Errors
/// As the file system has it. The file is whole then.
pub fn copy_aside(place: &Place, name: &str, good: u64) -> io::Result<String> {
    let to = name_aside(place, name)?;
    if let Err(error) = fs::copy(place.file(name), place.file(&to)) {
        // Half a copy helps nobody.
        let _ = gone(&place.file(&to));
        return Err(error);
    }
    let file = OpenOptions::new()
        .write(true)
        .custom_flags(O_NOFOLLOW)
        .open(place.file(name))?;
    file.set_len(good)?;
    Ok(to)
}

/// Moves all that a build has kept aside; where it is then.
///
/// # Errors
/// As the file system has it.
pub fn all_aside(place: &Place) -> io::Result<String> {
    let to = place.file(&format!("{ASIDE}/{}", unix()));
    own_dir(&to)?;
    for entry in fs::read_dir(place.dir())? {
        let name = entry?.file_name();
        if ![ASIDE, DAMAGED, "lock"].iter().any(|kept| name == *kept) {
            fs::rename(place.dir().join(&name), to.join(&name))?;
        }
    }
    Ok(to.display().to_string())
}

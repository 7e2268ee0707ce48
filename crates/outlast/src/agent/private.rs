//! Settings that a person gives an agent for one run, with our hooks in them: a file of ours that its owner alone reads, because
//! they may hold secrets and others can read a command line. The person's own file stays as it is. The file is kept as long as
//! a run of this server names it: it is resumed with it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use outlast_agent::supervise::Plan;

use super::places;
use crate::ask::ask;
use crate::flags::Flags;
use crate::setup;

/// The flag.
pub const FLAG: &str = "--settings";
/// Stands behind it until the file is there.
pub const PLACE: &str = "{settings}";
/// One that was just made may be of a run that is not there yet.
const YOUNG: Duration = Duration::from_secs(60 * 60);

/// The directory, and what names of this server's files begin with.
fn place(flags: &Flags) -> Result<(PathBuf, String), String> {
    let dir = setup::xdg("XDG_DATA_HOME", ".local/share")?.join("outlast/settings");
    let socket = crate::socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let socket: String = socket.to_string_lossy().chars().map(plain).collect();
    // A name of a file has an end.
    let tail = socket.len().saturating_sub(120);
    Ok((dir, format!("{}.", &socket[tail..])))
}

/// Writes settings into a file of their own.
pub fn keep(flags: &Flags, text: &str) -> Result<PathBuf, String> {
    let (dir, prefix) = place(flags)?;
    let path = dir.join(format!("{prefix}{}.json", places::new_id()?));
    let write = || {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| format!("{}: {}", path.display(), crate::socket::reason(&error)))?;
    sweep(flags, &dir, &prefix, &path);
    Ok(path)
}

/// Takes away those that no run of this server names any more.
fn sweep(flags: &Flags, dir: &Path, prefix: &str, new: &Path) {
    // Without a server nobody knows which are needed.
    let Ok(named) = ask(flags, false, &["list-runs", "-F", "#{run_command}"]) else {
        return;
    };
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age = entry.metadata().and_then(|data| data.modified());
        let age = age.ok().and_then(|time| time.elapsed().ok());
        let old = age.is_some_and(|age| age > YOUNG);
        if old && name.starts_with(prefix) && entry.path() != new && !named.contains(&name) {
            // One that stays is only one too many.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Puts the file's name where it belongs.
pub fn put(plan: &mut Plan, path: &Path) {
    for words in [&mut plan.start, &mut plan.resume] {
        for at in 1..words.len() {
            if words[at - 1] == FLAG && words[at] == PLACE {
                words[at] = path.to_string_lossy().into_owned();
            }
        }
    }
}

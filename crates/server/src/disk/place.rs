//! Where it is kept: `$XDG_STATE_HOME/outlast/NAME`, NAME after the socket, owner-only.
//!
//! The usual socket directory gives the socket's own name; a socket elsewhere has a hash of its whole path behind it, so
//! that two sockets never share a state. `OUTLAST_STATE=off` in the environment of who starts the server: nowhere.
//!
//! ```text
//! state, state.1 … state.4   sections; older generations, some ten minutes apart at least
//! buffers                    paste buffers
//! pane-N.text                text of pane %N
//! ended/TIME-N.text          text of panes that have ended
//! damaged/NAME.TIME          what could not be read: the newest 32, of 256 MiB at most
//! aside/TIME/                what another build has kept, which this one does not read: the newest 4, of 1 GiB at most
//! lock                       held by the server that writes here
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use outlast_sys::lock::{Lock, try_lock_file};
use outlast_sys::user;

/// The sections.
pub const STATE: &str = "state";
/// Older generations of them.
pub const GENERATIONS: u32 = 4;
/// The buffers.
pub const BUFFERS: &str = "buffers";
/// The event log.
pub const EVENTS: &str = "events";
/// Texts of panes that have ended.
pub const ENDED: &str = "ended";
/// What another build has kept, which this one does not read.
pub const ASIDE: &str = "aside";
/// What could not be read.
pub const DAMAGED: &str = "damaged";

/// A server's directory.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    lock: Mutex<Option<Lock>>,
}

/// FNV-1a, 64 bits: the name must be the same in every version.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The directory's name for a socket.
fn name(socket: &str, uid: u32) -> String {
    let (dir, base) = socket.rsplit_once('/').unwrap_or(("", socket));
    let mut name = String::new();
    for byte in base.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if plain || byte == b'.' && !name.is_empty() {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name.truncate(100);
    if dir != format!("/tmp/outlast-{uid}") || base.len() > 30 {
        name.push_str(&format!("@{:016x}", fnv(socket.as_bytes())));
    }
    name
}

/// A pane's text.
pub fn text_name(pane: u32) -> String {
    format!("pane-{pane}.text")
}

/// The pane of a text's name.
pub fn text_pane(name: &str) -> Option<u32> {
    name.strip_prefix("pane-")?
        .strip_suffix(".text")?
        .parse()
        .ok()
}

/// The directory of all that is kept; None when nothing is to be.
pub fn root() -> Option<PathBuf> {
    if std::env::var_os("OUTLAST_STATE").is_some_and(|value| value == "off") {
        return None;
    }
    let state = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let state = state.or_else(|| Some(crate::probe::own_home()?.join(".local/state")))?;
    Some(state.join("outlast"))
}

/// The directory for what is recorded of a server and outlives its sessions: `records/NAME` beside the servers' own.
pub fn records(socket: &str) -> Option<PathBuf> {
    let dir = root()?.join("records");
    Some(dir.join(name(socket, user::own_uid())))
}

/// Makes a directory, if need be, and makes sure that it is ours alone.
///
/// # Errors
/// It is not, or cannot be made.
pub fn make_private(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    let found = fs::symlink_metadata(dir)?;
    if !found.is_dir() || found.uid() != user::own_uid() {
        let text = "the directory is somebody else's";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

impl Place {
    /// The directory for a socket; None when nothing is to be kept.
    pub fn of(socket: &str) -> Option<Place> {
        let dir = root()?.join(name(socket, user::own_uid()));
        Some(Place::at(dir))
    }

    /// This directory.
    pub fn at(dir: PathBuf) -> Place {
        Place {
            dir,
            lock: Mutex::new(None),
        }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// For people.
    pub fn shown(&self) -> String {
        self.dir.display().to_string()
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether a server has left something here.
    pub fn has_state(&self) -> bool {
        self.dir.is_dir()
    }

    /// Leaves a directory in which nothing is left.
    pub fn leave(&self) {
        let mut lock = self
            .lock
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let _ = fs::remove_file(self.file("lock"));
        // One that still has something stays.
        let _ = fs::remove_dir(&self.dir);
        *lock = None;
    }

    /// Makes the directory if need be, makes sure that it is ours alone, and that no other server writes here.
    ///
    /// # Errors
    /// One of these cannot be had.
    pub fn claim(&self) -> io::Result<()> {
        make_private(&self.dir)?;
        let mut lock = self
            .lock
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let path = self.file("lock");
        if lock.as_ref().is_some_and(|lock| lock.guards(&path)) {
            return Ok(());
        }
        *lock = try_lock_file(&path)?;
        if lock.is_none() {
            let text = "another server keeps its state there";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_socket_has_a_place_of_its_own() {
        assert_eq!(name("/tmp/outlast-7/default", 7), "default");
        assert_eq!(
            name("/tmp/outlast-7/a b/../c", 7).split('@').next(),
            Some("c")
        );
        let all = [
            name("/tmp/outlast-7/default", 7),
            name("/tmp/outlast-8/default", 7),
            name("/x/outlast-7/default", 7),
            name("/tmp/outlast-7/default@", 7),
            name("/tmp/outlast-7/..", 7),
            name("/tmp/outlast-7/.", 7),
            name("default", 7),
            name("/tmp/outlast-7/d%65fault", 7),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!one.starts_with('.') && !one.contains('/'), "{one}");
            assert!(!all[..at].contains(one), "{one} twice");
        }
    }
}

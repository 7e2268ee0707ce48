//! Which socket: `-S path`, `-L name`, the server whose pane we are in (`$TMUX`), or the default one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use outlast_sys::user;

/// The socket's path. Makes the directory of named sockets and refuses one that others could have planted.
pub fn path(path: Option<&str>, name: Option<&str>) -> Result<PathBuf, String> {
    if let Some(path) = path {
        return Ok(PathBuf::from(path));
    }
    if name.is_none()
        && let Ok(tmux) = std::env::var("TMUX")
        && let Some(path) = tmux.split(',').next().filter(|path| !path.is_empty())
    {
        let path = PathBuf::from(path);
        // In a pane of a real tmux its server is not ours to talk to.
        let theirs = path
            .parent()
            .is_some_and(|parent| parent.ends_with(format!("tmux-{}", user::own_uid())));
        if !theirs || !is_real_tmux(&path) {
            return Ok(path);
        }
    }
    let base = std::env::var("TMUX_TMPDIR")
        .ok()
        .filter(|dir| !dir.is_empty());
    let base = base.map(PathBuf::from).filter(|dir| dir.is_dir());
    let base = base.unwrap_or_else(|| PathBuf::from("/tmp"));
    let base = base.canonicalize().unwrap_or(base);
    let directory = base.join(directory_name());
    directory_of_ours(&directory, user::own_uid())?;
    Ok(directory.join(name.unwrap_or("default")))
}

/// Whether a real tmux's server listens there: it names its process so.
pub fn is_real_tmux(path: &Path) -> bool {
    let peer = outlast_sys::socket::connect(path)
        .and_then(|connection| outlast_sys::socket::peer(connection.as_fd()));
    peer.ok()
        .and_then(|peer| outlast_sys::process::comm(peer.pid))
        .is_some_and(|name| name.starts_with(b"tmux: "))
}

/// Name of the directory of named sockets.
pub fn directory_name() -> String {
    format!("outlast-{}", user::own_uid())
}

/// Makes the directory, or sees that it is a directory, ours, and closed to others.
fn directory_of_ours(directory: &Path, uid: u32) -> Result<(), String> {
    let shown = directory.display();
    if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(directory)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(format!(
            "couldn't create directory {shown} ({})",
            reason(&error)
        ));
    }
    let found = std::fs::symlink_metadata(directory)
        .map_err(|error| format!("couldn't read directory {shown} ({})", reason(&error)))?;
    if !found.is_dir() {
        return Err(format!("{shown} is not a directory"));
    }
    if found.uid() != uid || found.mode() & 0o077 != 0 {
        return Err(format!("directory {shown} has unsafe permissions"));
    }
    Ok(())
}

/// An error's text as `strerror` has it, without Rust's "(os error n)".
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_that_others_can_enter_is_refused() {
        let base = std::env::temp_dir().join(format!("outlast-socket-test-{}", std::process::id()));
        let uid = user::own_uid();
        let directory = base.join("d");
        std::fs::create_dir_all(&base).unwrap();
        directory_of_ours(&directory, uid).unwrap();
        directory_of_ours(&directory, uid).unwrap();
        assert!(
            directory_of_ours(&directory, uid + 1)
                .unwrap_err()
                .ends_with("has unsafe permissions")
        );
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(
            directory_of_ours(&directory, uid)
                .unwrap_err()
                .ends_with("has unsafe permissions")
        );
        let link = base.join("link");
        std::os::unix::fs::symlink(&directory, &link).unwrap();
        assert!(
            directory_of_ours(&link, uid)
                .unwrap_err()
                .ends_with("is not a directory")
        );
        std::fs::remove_dir_all(&base).unwrap();
    }

    #[test]
    fn a_path_that_is_given_is_taken_as_it_is() {
        assert_eq!(
            path(Some("/x/y"), Some("ignored")).unwrap(),
            PathBuf::from("/x/y")
        );
    }

    #[test]
    fn errors_read_as_tmux_writes_them() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(reason(&error), "No such file or directory");
    }
}

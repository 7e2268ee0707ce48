//! What is kept: the text of panes in memory, and all of it on disk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use outlast_server::KeptFile;

use super::scene::Scene;
use super::{Found, bad, hint, ok, unknown};
use crate::flags::Flags;

const MIB: u64 = 1 << 20;
/// Directories of what is of no use to a server.
const USELESS: [&str; 2] = ["damaged/", "aside/"];

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..MIB => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / MIB),
    }
}

/// Where it is kept and what is there.
fn kept(socket: &Path) -> Option<(String, Vec<KeptFile>)> {
    outlast_server::kept_files(&socket.to_string_lossy())
}

pub fn history(scene: &Scene) -> Found {
    match scene.history {
        None => ok("no server, no text in memory"),
        Some(bytes) if bytes > 1024 * MIB => hint(
            format!("panes' text takes {} of memory", size(bytes)),
            "outlast set -g history-limit N for new panes; clear-history in those that have most",
        ),
        Some(bytes) => ok(format!("panes' text takes {}", size(bytes))),
    }
}

pub fn state(scene: &Scene) -> Found {
    let Some((dir, files)) = scene.socket.as_deref().ok().and_then(kept) else {
        return ok("nothing is kept on disk");
    };
    judge(&dir, &files)
}

fn judge(dir: &str, files: &[KeptFile]) -> Found {
    let total = files.iter().map(|file| file.len).sum();
    let dir = crate::setup::shown(Path::new(dir));
    let said = match files.len() {
        0 => return ok(format!("nothing is kept in {dir} yet")),
        1 => format!("one file, {}, in {dir}", size(total)),
        count => format!("{count} files, {}, in {dir}", size(total)),
    };
    let useless: Vec<&str> = files
        .iter()
        .map(|file| file.name.as_str())
        .filter(|name| USELESS.iter().any(|dir| name.starts_with(dir)))
        .collect();
    let unreadable: Vec<&str> = files
        .iter()
        .filter(|file| file.about == "cannot be read")
        .map(|file| file.name.as_str())
        .collect();
    if let Some(name) = unreadable.first() {
        return bad(
            format!("{said}; {name} cannot be read"),
            "the next older one is used; see outlast kept",
        );
    }
    match useless.first() {
        None => ok(said),
        Some(first) => hint(
            format!("{said}; of no use to a server: {}", useless.join(", ")),
            format!("look: outlast kept {first}\ndelete: outlast doctor --prune"),
        ),
    }
}

pub fn disk(scene: &Scene) -> Found {
    let usual = match scene.var("XDG_STATE_HOME") {
        "" => format!("{}/.local/state", scene.var("HOME")),
        dir => dir.to_string(),
    };
    // It may not be there yet; then what it will be made in counts.
    let path = scene.path(&usual);
    let there = path
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    room(
        &crate::setup::shown(&path),
        outlast_sys::process::free_bytes(there),
    )
}

fn room(place: &str, free: Option<u64>) -> Found {
    let Some(free) = free else {
        return unknown(format!("{place}: the system does not say"));
    };
    let said = format!("{} free in {place}", size(free));
    match free {
        less if less < 16 * MIB => bad(
            said,
            "make room: what is kept for the time after a reboot goes stale",
        ),
        less if less < 256 * MIB => hint(said, "make room before it is full"),
        _ => ok(said),
    }
}

/// `--prune`: what no server will read goes.
pub fn prune(flags: &Flags) -> ExitCode {
    let path = match crate::socket::path(flags.path.as_deref(), flags.name.as_deref()) {
        Ok(path) => path,
        Err(text) => {
            eprintln!("doctor: {text}");
            return ExitCode::FAILURE;
        }
    };
    let Some((dir, files)) = kept(&path) else {
        println!("nothing is kept on disk");
        return ExitCode::SUCCESS;
    };
    let (mut status, mut any) = (ExitCode::SUCCESS, false);
    for file in files {
        if !USELESS.iter().any(|dir| file.name.starts_with(dir)) {
            continue;
        }
        any = true;
        let path = PathBuf::from(&dir).join(&file.name);
        let gone = match std::fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() => std::fs::remove_dir_all(&path),
            _ => std::fs::remove_file(&path),
        };
        match gone {
            Ok(()) => println!("deleted: {}", crate::setup::shown(&path)),
            Err(error) => {
                eprintln!(
                    "doctor: {}: {}",
                    path.display(),
                    crate::socket::reason(&error)
                );
                status = ExitCode::FAILURE;
            }
        }
    }
    if !any {
        println!(
            "nothing is damaged or set aside in {}",
            crate::setup::shown(Path::new(&dir))
        );
    }
    status
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn text_in_memory_is_counted() {
        let mut scene = Scene::fake("history");
        assert_eq!(history(&scene).verdict, Verdict::Ok);
        scene.history = Some(3 * MIB);
        assert_eq!(history(&scene), ok("panes' text takes 3 MiB"));
        scene.history = Some(2048 * MIB);
        assert_eq!(history(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn what_is_of_no_use_is_named() {
        let file = |name: &str, about: &str| KeptFile {
            name: name.into(),
            len: 2048,
            unix: 0,
            about: about.into(),
        };
        let mut files = vec![file("state", "sessions cc"), file("pane-1.text", "")];
        assert_eq!(judge("/s", &files), ok("2 files, 4 KiB, in /s"));
        files.push(file("damaged/state", "could not be read"));
        let said = judge("/s", &files);
        assert!(said.what.ends_with("of no use to a server: damaged/state"));
        assert!(said.remedy.contains("outlast doctor --prune"));
        files.push(file("state.1", "cannot be read"));
        assert_eq!(judge("/s", &files).verdict, Verdict::Bad);
        assert_eq!(judge("/s", &[]).verdict, Verdict::Ok);
    }

    #[test]
    fn room_runs_out_by_degrees() {
        let verdicts = [Some(1024 * MIB), Some(100 * MIB), Some(MIB), None]
            .map(|free| room("~", free).verdict);
        assert_eq!(
            verdicts,
            [Verdict::Ok, Verdict::Hint, Verdict::Bad, Verdict::Unknown]
        );
        let mut scene = Scene::fake("disk");
        scene.set("HOME", "/home/not/there");
        assert_ne!(disk(&scene).verdict, Verdict::Unknown);
    }
}

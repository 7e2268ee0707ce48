//! Names of what lives, from the running server. Nothing is started, nothing is said, and a server that does not answer
//! at once is not waited for: somebody sits before an unfinished line.

use std::sync::mpsc;
use std::time::Duration;

use super::find::Ask;
use crate::ask::ask;
use crate::flags::Flags;

/// So long a server may take.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The server of the flags.
pub struct Server;

impl Ask for Server {
    fn lines(&mut self, flags: &Flags, words: &[&str]) -> Vec<String> {
        let (send, receive) = mpsc::channel();
        let flags = flags.clone();
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        // Left to itself when it is late; it ends with the process.
        std::thread::spawn(move || send.send(ask(&flags, false, &words).ok()));
        let text = receive.recv_timeout(PATIENCE).ok().flatten();
        let text = text.unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }

    fn sockets(&mut self, flags: &Flags) -> Vec<String> {
        let Ok(path) = crate::socket::path(None, Some(flags.name.as_deref().unwrap_or("default")))
        else {
            return Vec::new();
        };
        let files = path.parent().and_then(|parent| parent.read_dir().ok());
        let names = files
            .into_iter()
            .flatten()
            .flatten()
            .filter(|file| {
                use std::os::unix::fs::FileTypeExt;
                file.file_type().is_ok_and(|kind| kind.is_socket())
            })
            .filter_map(|file| file.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn kept(&mut self, flags: &Flags) -> Vec<String> {
        let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref());
        let files = path
            .ok()
            .and_then(|path| outlast_server::kept_files(&path.to_string_lossy()));
        let files = files.map(|(_, files)| files).unwrap_or_default();
        files.into_iter().map(|file| file.name).collect()
    }
}

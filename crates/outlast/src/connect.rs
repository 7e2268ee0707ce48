//! The way to the server: its socket, and a new server where there is none and one is wanted.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use outlast_sys::socket;

/// Why there is no connection: text for stderr.
#[derive(Debug)]
pub struct Lost(pub String);

/// So many names of sessions are shown.
const NAMES: usize = 5;

/// Where a server listens, and how one is started there.
pub struct Door {
    /// The socket.
    pub path: PathBuf,
    /// It is in our own directory (not given by `-S`).
    pub private_directory: bool,
    /// The command may start a server.
    pub start: bool,
    /// Words for a new server, after the verb.
    pub server_words: Vec<String>,
    /// Give the remedy on a second line.
    pub hints: bool,
    /// How we were called: "outlast -L name".
    pub called: String,
}

impl Door {
    /// A connection. `may_start`: it is the first one of this client, so a new server will do.
    ///
    /// # Errors
    /// There is no server, and none is to be started.
    pub fn open(&self, may_start: bool) -> Result<OwnedFd, Lost> {
        let error = match socket::connect(&self.path) {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let nobody = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
        );
        if !nobody || !self.start || !may_start {
            return Err(Lost(self.text(&error)));
        }
        crate::launch::keeper(&self.path, self.private_directory, &self.server_words)
            .map_err(Lost)?;
        socket::connect(&self.path).map_err(|error| Lost(self.text(&error)))
    }

    fn text(&self, error: &io::Error) -> String {
        let path = self.path.display();
        let text = match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("no server running on {path}"),
            _ => format!(
                "error connecting to {path} ({})",
                crate::socket::reason(error)
            ),
        };
        let nobody = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
        );
        if self.hints && nobody {
            return format!("{text}\n{}", self.remedy());
        }
        text
    }

    /// What to do where no server runs: bring back what was there, if something was.
    fn remedy(&self) -> String {
        let called = &self.called;
        let Some(kept) = outlast_server::kept(&self.path.to_string_lossy()) else {
            return format!("start one with: {called} new -A -s main");
        };
        let (shown, more) = kept.sessions.split_at(kept.sessions.len().min(NAMES));
        let names = shown.join(", ");
        let (count, more) = (
            kept.sessions.len(),
            if more.is_empty() { "" } else { ", …" },
        );
        let (are, them) = match count {
            1 => ("session is", "it"),
            _ => ("sessions are", "them"),
        };
        format!(
            "{count} {are} kept from before ({names}{more}), windows, layout and text; bring {them} back with: {called} attach"
        )
    }
}

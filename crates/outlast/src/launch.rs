//! How our own processes are started: the keeper by a client that finds no server, the server by the keeper.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use outlast_keeper::LaunchOptions;

/// Starts a keeper, and through it a server, at `socket`. Err is the text for stderr.
pub fn keeper(socket: &Path, private_directory: bool, words: &[String]) -> Result<(), String> {
    let socket_word = ["--socket".into(), socket.as_os_str().to_os_string()];
    let options = LaunchOptions {
        socket: socket.to_path_buf(),
        private_directory,
        server_args: socket_word
            .into_iter()
            .chain(words.iter().map(OsString::from))
            .collect(),
        log: std::env::var_os("OUTLAST_LOG").map(PathBuf::from),
        ..LaunchOptions::default()
    };
    match outlast_keeper::launch(&options) {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = crate::socket::reason(&error);
            Err(format!("error creating {} ({reason})", socket.display()))
        }
    }
}

/// The hidden verb `keeper`.
pub fn run_keeper(words: Vec<OsString>) -> ExitCode {
    outlast_keeper::main(words)
}

/// The hidden verb `server`.
pub fn run_server(words: Vec<OsString>) -> ExitCode {
    outlast_server::main(words)
}

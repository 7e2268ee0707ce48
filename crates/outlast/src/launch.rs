//! How our own processes are started: the keeper by a client that finds no server, the server by the keeper.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use outlast_keeper::LaunchOptions;
use outlast_sys::process;

use crate::dropins;

/// Below this no pane can be had: rings, journal, checkpoints and history are memory files, which count as files.
const FILES_LEAST: u64 = 1024 * 1024;

/// Why none can be started under this limit for the length of files, bytes; None: one can.
fn too_short(limit: Option<u64>) -> Option<String> {
    let limit = limit.filter(|limit| *limit < FILES_LEAST)?;
    Some(format!(
        "no server can be started: files may have {} KiB here (ulimit -f), and what panes say is kept in memory files of \
         {} KiB and more\nstart it from a shell without that limit, or raise it: ulimit -f unlimited",
        limit / 1024,
        FILES_LEAST / 1024
    ))
}

/// Starts a keeper, and through it a server, at `socket`. Err is the text for stderr.
pub fn keeper(socket: &Path, private_directory: bool, words: &[String]) -> Result<(), String> {
    if let Some(why) = too_short(process::file_limit()) {
        return Err(why);
    }
    let socket_word = ["--socket".into(), socket.as_os_str().to_os_string()];
    let options = LaunchOptions {
        socket: socket.to_path_buf(),
        private_directory,
        server_args: socket_word
            .into_iter()
            .chain(words.iter().map(OsString::from))
            .collect(),
        prefix: out_of_the_login(),
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

/// Words that start a program outside of the login's scope, where systemd would end it with the login.
fn out_of_the_login() -> Vec<OsString> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || runtime.is_some_and(|runtime| runtime.join("bus").exists());
    if !Path::new("/run/systemd/system").exists() || !bus || !in_a_login() || !logins_are_killed() {
        return Vec::new();
    }
    ["systemd-run", "--user", "--scope", "--quiet", "--collect"]
        .map(OsString::from)
        .to_vec()
}

/// Whether we are in a login's scope; a unit of the user's manager is not ended with a login.
fn in_a_login() -> bool {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups
        .lines()
        .any(|line| line.contains("/session-") && line.contains(".scope"))
}

/// Whether logind is told to end what a login leaves behind (logind.conf(5), KillUserProcesses=).
fn logins_are_killed() -> bool {
    let lines = dropins::lines(Path::new("/"), "/etc/systemd/logind.conf");
    dropins::value(&lines, "KillUserProcesses").is_some_and(|value| dropins::is_yes(&value))
}

/// The hidden verb `keeper`.
pub fn run_keeper(words: Vec<OsString>) -> ExitCode {
    outlast_keeper::main(words)
}

/// The hidden verb `server`.
pub fn run_server(words: Vec<OsString>) -> ExitCode {
    outlast_server::main(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_leaves_no_room_is_named() {
        assert_eq!(too_short(None), None);
        assert_eq!(too_short(Some(FILES_LEAST)), None);
        let said = too_short(Some(65_536)).unwrap_or_default();
        assert!(said.contains("64 KiB here (ulimit -f)"), "{said}");
        assert!(said.contains("ulimit -f unlimited"), "{said}");
    }
}

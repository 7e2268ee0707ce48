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
    let mut files = vec![PathBuf::from("/etc/systemd/logind.conf")];
    for directory in [
        "/usr/lib/systemd/logind.conf.d",
        "/run/systemd/logind.conf.d",
        "/etc/systemd/logind.conf.d",
    ] {
        let entries = std::fs::read_dir(directory).into_iter().flatten();
        let mut more: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        more.sort();
        files.extend(more);
    }
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    texts
        .filter_map(|text| kills(&text))
        .next_back()
        .unwrap_or(false)
}

/// What one file says about it; the last word counts.
fn kills(text: &str) -> Option<bool> {
    let values = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("KillUserProcesses"));
    let values = values.filter_map(|rest| rest.trim_start().strip_prefix('='));
    values
        .map(|value| matches!(value.trim(), "1" | "yes" | "true" | "on" | "y" | "t"))
        .next_back()
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
    fn the_last_word_on_logins_counts() {
        assert_eq!(kills("[Login]\n#KillUserProcesses=yes\n"), None);
        assert_eq!(
            kills("KillUserProcesses = yes\nKillUserProcesses=no\n"),
            Some(false)
        );
        assert_eq!(kills("[Login]\nKillUserProcesses=yes"), Some(true));
    }
}

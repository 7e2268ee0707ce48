//! A program that may write in its directory and nowhere else: bubblewrap's words.
//!
//! The whole file system is there to be read, but what holds secrets or leads out: keys and tokens, the sockets and the
//! state of outlast itself, /run, /tmp. The working directory is writable, and what else is named. Processes outside are
//! not seen. Who is isolated cannot drive the multiplexer that it runs in.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Directories below the home directory that nobody needs to see who does not sign in there himself.
const SECRET: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".config/gh",
    ".docker",
    ".kube",
    ".password-store",
    ".local/share/keyrings",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
];
/// Files of the kind.
const SECRET_FILES: &[&str] = &[".netrc", ".git-credentials", ".pgpass", ".npmrc", ".pypirc"];

/// What is wanted besides.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Isolation {
    /// No network but a loopback of its own.
    pub no_network: bool,
    /// Directories that may be written to, besides the working directory.
    pub writable: Vec<PathBuf>,
}

/// What to do where bubblewrap is not installed.
pub fn missing() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join("bwrap").is_file());
    (!found).then(|| {
        "--isolate needs bubblewrap, and there is no bwrap on PATH: apt install bubblewrap (or dnf, pacman)".to_string()
    })
}

impl Isolation {
    /// The command. Err says why there is none.
    pub(super) fn command(&self, program: &[OsString]) -> Result<Command, String> {
        if let Some(text) = missing() {
            return Err(text);
        }
        let here = std::env::current_dir().map_err(|error| format!("--isolate: {error}"))?;
        if here == Path::new("/") {
            return Err(
                "--isolate: the directory that may be written to would be /: give --cwd".into(),
            );
        }
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let state = state.or_else(|| Some(home.as_ref()?.join(".local/state")));
        // The socket's directory, if it is not below /tmp, which is hidden as a whole.
        let tmux = std::env::var_os("TMUX").map(|value| value.to_string_lossy().into_owned());
        let socket = tmux.and_then(|value| {
            Some(
                PathBuf::from(value.split(',').next()?)
                    .parent()?
                    .to_path_buf(),
            )
        });
        let mut hidden: Vec<PathBuf> = Vec::new();
        let mut files: Vec<PathBuf> = Vec::new();
        if let Some(home) = &home {
            hidden.extend(SECRET.iter().map(|name| home.join(name)));
            files.extend(SECRET_FILES.iter().map(|name| home.join(name)));
        }
        hidden.extend(state.map(|state| state.join("outlast")));
        hidden.extend(socket);
        hidden.retain(|path| path.is_dir());
        files.retain(|path| path.is_file());
        let mut command = Command::new("bwrap");
        command.args(self.words(&here, &hidden, &files));
        command.arg("--").args(program);
        Ok(command)
    }

    /// bwrap(1)'s words up to the program. Later ones lie over earlier ones.
    fn words(&self, here: &Path, hidden: &[PathBuf], files: &[PathBuf]) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut say = |parts: &[&OsStr]| words.extend(parts.iter().map(|part| part.to_os_string()));
        let word = OsStr::new;
        say(&[word("--ro-bind"), word("/"), word("/")]);
        say(&[word("--dev"), word("/dev"), word("--proc"), word("/proc")]);
        say(&[word("--tmpfs"), word("/tmp"), word("--tmpfs"), word("/run")]);
        // What resolves names lies in /run on many machines.
        for path in [
            "/run/systemd/resolve",
            "/run/NetworkManager",
            "/run/resolvconf",
        ] {
            say(&[word("--ro-bind-try"), word(path), word(path)]);
        }
        for path in hidden {
            say(&[word("--tmpfs"), path.as_os_str()]);
        }
        for path in files {
            say(&[word("--ro-bind"), word("/dev/null"), path.as_os_str()]);
        }
        for path in self.writable.iter().map(PathBuf::as_path).chain([here]) {
            say(&[word("--bind"), path.as_os_str(), path.as_os_str()]);
        }
        say(&[word("--unshare-pid"), word("--unshare-ipc")]);
        if self.no_network {
            say(&[word("--unshare-net")]);
        }
        say(&[word("--chdir"), here.as_os_str()]);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_writable_lies_over_what_is_hidden() {
        let isolation = Isolation {
            no_network: true,
            writable: vec!["/home/u/.claude".into()],
        };
        let words = isolation.words(
            Path::new("/tmp/work"),
            &["/home/u/.ssh".into()],
            &["/home/u/.netrc".into()],
        );
        let text: Vec<String> = words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let text = text.join(" ");
        let at = |piece: &str| {
            text.find(piece)
                .unwrap_or_else(|| panic!("{piece}: {text}"))
        };
        assert!(at("--ro-bind / /") < at("--tmpfs /tmp"));
        assert!(at("--tmpfs /tmp") < at("--bind /tmp/work /tmp/work"));
        assert!(at("--tmpfs /home/u/.ssh") < at("--bind /home/u/.claude /home/u/.claude"));
        at("--ro-bind /dev/null /home/u/.netrc");
        at("--unshare-net");
        at("--chdir /tmp/work");
    }
}

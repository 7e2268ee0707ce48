//! What checks look at. In tests it is made by hand: files below another root, other answers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dropins;
use crate::flags::Flags;
use crate::outside::{self, Ran};

/// A program of the system may take so long.
pub const LIMIT: Duration = Duration::from_secs(3);
/// And the server.
const ANSWER: Duration = Duration::from_secs(2);

/// What there is at the socket.
#[derive(Clone, Debug)]
pub enum Server {
    /// No socket.
    None,
    /// A socket that nobody listens on.
    Stale,
    /// It listens and does not answer.
    Silent,
    /// A real tmux.
    Tmux,
    /// It said this.
    Lives(BTreeMap<String, String>),
    /// Something else, in words.
    Odd(String),
}

/// A process, as the check for orphans needs it.
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    pub name: String,
    /// The socket in its TMUX, if it has one.
    pub socket: Option<String>,
}

/// How a program of the system is asked.
type Ask = Box<dyn Fn(&[&str]) -> Result<Ran, String> + Send + Sync>;

/// Everything.
pub struct Scene {
    /// Where files are looked for.
    pub root: PathBuf,
    pub env: BTreeMap<String, String>,
    pub ask: Ask,
    /// `-L`.
    pub name: Option<String>,
    /// The socket, or what is wrong with its directory.
    pub socket: Result<PathBuf, String>,
    pub server: Server,
    /// What the server answered to the commands that it is asked: set-clipboard, clients' features, bytes of history.
    pub clipboard: Option<String>,
    pub features: Option<String>,
    pub history: Option<u64>,
    /// What of the machine's sleep it holds off.
    pub awake: Option<String>,
    /// Stdin is a terminal.
    pub terminal: bool,
    pub uid: u32,
}

impl Scene {
    /// This machine, now.
    pub fn here(flags: &Flags) -> Scene {
        let socket = crate::socket::path(flags.path.as_deref(), flags.name.as_deref());
        let server = socket.as_deref().map_or(Server::None, at);
        let mut scene = Scene {
            root: PathBuf::from("/"),
            env: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            ask: Box::new(|argv| outside::run(argv, None, LIMIT)),
            name: flags.name.clone(),
            socket,
            server,
            clipboard: None,
            features: None,
            history: None,
            awake: None,
            terminal: io::IsTerminal::is_terminal(&io::stdin()),
            uid: outlast_sys::user::own_uid(),
        };
        if matches!(scene.server, Server::Lives(_)) {
            scene.question(flags.clone());
        }
        scene
    }

    /// Asks the server; in a thread of its own, which is left behind if the server hangs just now.
    fn question(&mut self, flags: Flags) {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let ask = |words: &[&str]| crate::ask::ask(&flags, false, words).ok();
            let clipboard = ask(&["show-options", "-sv", "set-clipboard"]);
            let features = ask(&["list-clients", "-F", "#{client_termfeatures}"]);
            let history = ask(&["list-panes", "-a", "-F", "#{history_bytes}"]);
            let awake = ask(&["display-message", "-p", "#{stay_awake}"]);
            let _ = tell.send((clipboard, features, history, awake));
        });
        let Ok((clipboard, features, history, awake)) = told.recv_timeout(LIMIT) else {
            return;
        };
        let trimmed = |text: String| text.trim().to_string();
        self.clipboard = clipboard.map(trimmed);
        self.features = features;
        let sum = |text: String| {
            text.lines()
                .filter_map(|line| line.parse::<u64>().ok())
                .sum()
        };
        self.history = history.map(sum);
        self.awake = awake.map(trimmed).filter(|text| !text.is_empty());
    }

    /// A variable; "" if it is not set.
    pub fn var(&self, name: &str) -> &str {
        self.env.get(name).map_or("", String::as_str)
    }

    /// A path of the system.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file of the system.
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Whether the machine was started by systemd, sd_booted(3).
    pub fn systemd(&self) -> bool {
        self.exists("/run/systemd/system")
    }

    /// What a program prints, if it ends well.
    pub fn says(&self, argv: &[&str]) -> Option<String> {
        let ran = (self.ask)(argv).ok()?;
        (ran.status == Some(0)).then(|| ran.stdout.trim().to_string())
    }

    /// Lines of a configuration with drop-ins, in the order in which they count.
    pub fn settings(&self, file: &str) -> Vec<String> {
        dropins::lines(&self.root, file)
    }

    /// The last value of a name in them.
    pub fn setting(&self, file: &str, name: &str) -> Option<String> {
        dropins::value(&self.settings(file), name)
    }

    /// All processes of ours.
    pub fn processes(&self) -> Vec<Process> {
        use outlast_sys::process;
        let is_own = |pid: &u32| {
            let data = std::fs::metadata(format!("/proc/{pid}"));
            data.is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == self.uid)
        };
        let one = |pid| {
            let name = process::comm(pid)?;
            let socket = process::environment_value(pid, "TMUX");
            Some(Process {
                pid,
                parent: process::parent(pid)?,
                name: String::from_utf8_lossy(&name)
                    .chars()
                    .filter(|c| !c.is_control())
                    .collect(),
                socket: socket.and_then(|value| Some(value.split(',').next()?.to_string())),
            })
        };
        process::all()
            .into_iter()
            .filter(is_own)
            .filter_map(one)
            .collect()
    }
}

/// What is at a socket.
fn at(path: &Path) -> Server {
    match crate::upgrade::facts(path, ANSWER) {
        Ok(facts) => Server::Lives(facts),
        Err(_) if crate::socket::is_real_tmux(path) => Server::Tmux,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Server::None,
            io::ErrorKind::ConnectionRefused => Server::Stale,
            io::ErrorKind::TimedOut => Server::Silent,
            _ => Server::Odd(crate::socket::reason(&error)),
        },
    }
}

#[cfg(test)]
impl Scene {
    /// A scene below a directory of its own, where programs are not there and no server is.
    pub fn fake(name: &str) -> Scene {
        let root =
            std::env::temp_dir().join(format!("outlast-doctor-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("a directory");
        Scene {
            root,
            env: BTreeMap::new(),
            ask: Box::new(|_| Err("not found".into())),
            name: None,
            socket: Ok("/outlast-none/default".into()),
            server: Server::None,
            clipboard: None,
            features: None,
            history: None,
            awake: None,
            terminal: true,
            uid: outlast_sys::user::own_uid(),
        }
    }

    pub fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.into(), value.into());
    }

    /// Programs whose words begin so print this and end with this status.
    pub fn answers(&mut self, answers: &'static [(&'static str, i32, &'static str)]) {
        self.ask = Box::new(move |argv| {
            let line = argv.join(" ");
            let found = answers.iter().find(|(words, ..)| line.starts_with(words));
            let (_, status, stdout) = found.ok_or("not found")?;
            Ok(Ran {
                status: Some(*status),
                stdout: (*stdout).into(),
                stderr: String::new(),
            })
        });
    }
}

#[cfg(test)]
impl Drop for Scene {
    fn drop(&mut self) {
        if self.root.starts_with(std::env::temp_dir()) {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

//! A throw-away world: a home, a socket folder, a clean environment and one binary that is called `tmux` in it.
//!
//! Everything started in it carries the world's name in its environment; by that name the world finds its processes
//! and ends them. It touches no other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::{Client, Result, at, proc};

/// How long anything may take before a test calls it stuck. `TESTKIT_PATIENCE` multiplies it on slow machines.
pub fn patience() -> Duration {
    let times = std::env::var("TESTKIT_PATIENCE")
        .ok()
        .and_then(|text| text.parse::<u32>().ok())
        .unwrap_or(1);
    Duration::from_secs(10) * times
}

/// A release as tmux numbers them: 3.3a is (3, 3, 'a').
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub char);

impl Version {
    /// Reads "3.3a", "tmux 3.7c", "next-3.8".
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim().rsplit([' ', '-']).next()?;
        let (major, rest) = text.split_once('.')?;
        let digits = rest.trim_end_matches(|char: char| char.is_ascii_lowercase());
        let letter = rest[digits.len()..].chars().next().unwrap_or(' ');
        Some(Version(major.parse().ok()?, digits.parse().ok()?, letter))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}.{}{}",
            self.0,
            self.1,
            if self.2 == ' ' {
                String::new()
            } else {
                self.2.to_string()
            }
        )
    }
}

/// A program that speaks tmux's command line.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Where it is.
    pub path: PathBuf,
    /// What it answers to `-V`.
    pub version: Version,
    /// It is outlast and not a tmux.
    pub is_outlast: bool,
}

impl Binary {
    /// outlast at this path.
    pub fn outlast(path: impl Into<PathBuf>) -> Binary {
        Binary {
            path: path.into(),
            version: Version(3, 7, 'c'),
            is_outlast: true,
        }
    }

    /// A tmux at this path; the error says what is wrong with it.
    pub fn tmux(path: impl Into<PathBuf>) -> Result<Binary> {
        let path = path.into();
        let output = at(
            Command::new(&path).arg("-V").env_remove("TMUX").output(),
            &path.display().to_string(),
        )?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version =
            Version::parse(&text).ok_or_else(|| format!("{}: -V says {text:?}", path.display()))?;
        Ok(Binary {
            path,
            version,
            is_outlast: false,
        })
    }

    /// The tmuxes that are there to compare with: the one on PATH, and those that `TESTKIT_TMUX` lists
    /// (separated by colons).
    pub fn installed() -> Vec<Binary> {
        let listed = std::env::var("TESTKIT_TMUX").unwrap_or_default();
        let path = std::env::var("PATH").unwrap_or_default();
        let on_path = path
            .split(':')
            .map(|dir| Path::new(dir).join("tmux"))
            .find(|file| file.is_file());
        let mut found: Vec<Binary> = Vec::new();
        for file in on_path.into_iter().chain(
            listed
                .split(':')
                .filter(|file| !file.is_empty())
                .map(PathBuf::from),
        ) {
            if let Ok(binary) = Binary::tmux(file)
                && found.iter().all(|other| other.version != binary.version)
            {
                found.push(binary);
            }
        }
        found
    }

    /// "outlast" or "tmux-3.3a".
    pub fn name(&self) -> String {
        if self.is_outlast {
            "outlast".into()
        } else {
            format!("tmux-{}", self.version)
        }
    }
}

/// What a command said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Exit status; 128 + n when a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The world.
pub struct World {
    dir: PathBuf,
    binary: Binary,
    env: BTreeMap<String, String>,
    /// Processes that were seen by pid and start time and must be gone at the end, whatever their environment says.
    keep: AtomicBool,
}

static WORLDS: AtomicU32 = AtomicU32::new(0);

/// The name of the variable that marks a world's processes.
const MARK: &str = "TESTKIT_WORLD";

impl World {
    /// A world around a binary.
    pub fn new(binary: &Binary) -> Result<World> {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("ok{}.{number}", std::process::id()));
        for folder in ["home", "t", "bin"] {
            at(fs::create_dir_all(dir.join(folder)), "world")?;
        }
        let path = at(
            fs::canonicalize(&binary.path),
            &binary.path.display().to_string(),
        )?;
        at(
            std::os::unix::fs::symlink(path, dir.join("bin/tmux")),
            "link",
        )?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let outer = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into());
        let path = format!("{}:{outer}", text(&dir.join("bin")));
        // A login shell's profile sets PATH and the prompt anew; the home's own has the last word.
        at(
            fs::write(
                dir.join("home/.profile"),
                format!("PATH='{path}'\nexport PATH\nPS1='$ '\n"),
            ),
            "profile",
        )?;
        let mut env = BTreeMap::new();
        for (name, value) in [
            ("HOME", text(&dir.join("home"))),
            ("TMUX_TMPDIR", text(&dir.join("t"))),
            (MARK, text(&dir)),
            ("PATH", path),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("SHELL", "/bin/sh".into()),
            ("PS1", "$ ".into()),
            ("TZ", "UTC".into()),
            (
                "USER",
                std::env::var("USER").unwrap_or_else(|_| "root".into()),
            ),
        ] {
            env.insert(name.to_string(), value);
        }
        if let Ok(value) = std::env::var("RUST_BACKTRACE") {
            env.insert("RUST_BACKTRACE".into(), value);
        }
        Ok(World {
            dir,
            binary: binary.clone(),
            env,
            keep: AtomicBool::new(std::env::var_os("TESTKIT_KEEP").is_some()),
        })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its folder stays when its processes are ended.
    pub fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }

    /// Its home.
    pub fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// Under test.
    pub fn binary(&self) -> &Binary {
        &self.binary
    }

    /// Sets (or with None removes) a variable for what is started from now on.
    pub fn set_env(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.env.insert(name.into(), value.into()),
            None => self.env.remove(name),
        };
    }

    /// The environment of what is started.
    pub fn env(&self) -> Vec<(String, String)> {
        self.env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Where the server's socket is, once there is one.
    pub fn socket(&self) -> String {
        let uid = rustix::process::getuid().as_raw();
        let folder = if self.binary.is_outlast {
            "outlast"
        } else {
            "tmux"
        };
        self.dir
            .join(format!("t/{folder}-{uid}/default"))
            .to_string_lossy()
            .into_owned()
    }

    /// What `OUTLAST_PAUSE=@FILE` may name.
    pub fn pause_file(&self) -> PathBuf {
        self.dir.join("pause")
    }

    /// Writes a file below the home.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.home().join(name);
        if let Some(parent) = path.parent() {
            at(fs::create_dir_all(parent), name)?;
        }
        at(fs::write(path, text), name)
    }

    /// Runs a program of this world to its end.
    pub fn run(&self, argv: &[String]) -> Result<Output> {
        let (program, rest) = argv.split_first().ok_or("no command")?;
        let mut command = Command::new(program);
        command
            .args(rest)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.home());
        collect(command, patience())
    }

    /// Starts a tmux command that is talked to by pipes; its stderr is ours.
    pub fn spawn_piped(&self, words: &[&str]) -> Result<std::process::Child> {
        let argv = self.argv(words);
        let (program, rest) = argv.split_first().ok_or("no command")?;
        Command::new(program)
            .args(rest)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.home())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))
    }

    /// Runs a tmux command to its end.
    pub fn tmux(&self, words: &[&str]) -> Result<Output> {
        self.run(&self.argv(words))
    }

    /// Runs a tmux command that must succeed without a word on stderr; what it printed.
    pub fn ok(&self, words: &[&str]) -> Result<String> {
        let output = self.tmux(words)?;
        if output.status != 0 || !output.stderr.is_empty() {
            return Err(format!(
                "{words:?}: status {}, {:?}",
                output.status, output.stderr
            ));
        }
        Ok(output.stdout)
    }

    /// A session that nobody shows, with a command in its first pane; columns, rows.
    pub fn session(&self, name: &str, (cols, rows): (u16, u16), command: &str) -> Result<String> {
        let (cols, rows) = (cols.to_string(), rows.to_string());
        self.ok(&[
            "new-session",
            "-d",
            "-s",
            name,
            "-x",
            &cols,
            "-y",
            &rows,
            command,
        ])
    }

    /// Expands a format.
    pub fn format(&self, target: &str, format: &str) -> Result<String> {
        let words: &[&str] = if target.is_empty() {
            &["display-message", "-p", format]
        } else {
            &["display-message", "-t", target, "-p", format]
        };
        Ok(self.ok(words)?.trim_end_matches('\n').to_string())
    }

    /// Repeats a command until it prints what is wanted.
    pub fn until(&self, words: &[&str], mut done: impl FnMut(&str) -> bool) -> Result<String> {
        let end = Instant::now() + patience();
        loop {
            let output = self.tmux(words)?;
            if output.status == 0 && done(&output.stdout) {
                return Ok(output.stdout);
            }
            if Instant::now() > end {
                return Err(format!(
                    "{words:?} went on saying {:?} {:?}",
                    output.stdout, output.stderr
                ));
            }
            // A command is asked again because no event says that another process has done something.
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The command line of a tmux command.
    pub fn argv(&self, words: &[&str]) -> Vec<String> {
        let program = self.dir.join("bin/tmux").to_string_lossy().into_owned();
        std::iter::once(program)
            .chain(words.iter().map(|word| (*word).to_string()))
            .collect()
    }

    /// A tmux command on a terminal of its own.
    pub fn client(&self, cols: u16, rows: u16, words: &[&str]) -> Result<Client> {
        let home = self.home().to_string_lossy().into_owned();
        Client::spawn(&self.argv(words), &self.env(), &home, cols, rows)
    }

    /// The server's process id.
    pub fn server_pid(&self) -> Result<u32> {
        let text = self.format("", "#{pid}")?;
        text.parse()
            .map_err(|_| format!("the server's pid is {text:?}"))
    }

    /// The process that is the panes' parent: outlast's keeper, or tmux's server itself.
    pub fn keeper_pid(&self) -> Result<u32> {
        let panes = self.ok(&["list-panes", "-a", "-F", "#{pane_pid}"])?;
        let pane: u32 = panes
            .lines()
            .next()
            .and_then(|pid| pid.parse().ok())
            .ok_or("no pane")?;
        Ok(proc::stat(pane).ok_or("the pane's process is gone")?.ppid)
    }

    /// The keeper without asking the server: the process of our binary whose child is of our binary, too.
    pub fn keeper_and_server(&self) -> Result<(u32, u32)> {
        let own = self.own_processes();
        let pair = own.iter().find_map(|pid| {
            let parent = proc::stat(*pid)?.ppid;
            own.contains(&parent).then_some((parent, *pid))
        });
        pair.ok_or_else(|| "no keeper with a server".into())
    }

    /// Everything that runs in this world: clients, server, keeper, panes.
    pub fn processes(&self) -> Vec<u32> {
        proc::with_environment(MARK, &self.dir.to_string_lossy())
    }

    /// Processes that run the binary itself, wherever they come from.
    pub fn own_processes(&self) -> Vec<u32> {
        let Ok(exe) = fs::canonicalize(&self.binary.path) else {
            return Vec::new();
        };
        self.processes()
            .into_iter()
            .filter(|pid| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path == exe))
            .collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Whoever starts others anew (a keeper its server) must be caught with them, hence more than one round.
        let end = Instant::now() + Duration::from_secs(5);
        let mut quiet = 0;
        while quiet < 2 && Instant::now() < end {
            let running = self.processes();
            quiet = if running.is_empty() { quiet + 1 } else { 0 };
            for pid in &running {
                let _ = proc::signal(*pid, Signal::KILL);
            }
            for pid in running {
                let _ = proc::wait_exit(pid, Duration::from_millis(500));
            }
        }
        if !self.keep.load(Ordering::Relaxed) {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Exit status as a shell has it.
pub fn status_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Runs a command to its end within the deadline.
fn collect(mut command: Command, deadline: Duration) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = at(command.spawn(), "spawn")?;
    let reads = [
        child.stdout.take().map(read_in_thread),
        child.stderr.take().map(read_in_thread),
    ];
    if let Err(error) = proc::wait_exit(child.id(), deadline) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("{command:?}: {error}"));
    }
    let status = at(child.wait(), "wait")?;
    let mut texts = Vec::new();
    for read in reads.into_iter().flatten() {
        let bytes = read.recv_timeout(deadline).map_err(|_| {
            format!("{command:?} has ended, but something it left behind keeps its output open")
        })?;
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let stderr = texts.pop().unwrap_or_default();
    Ok(Output {
        status: status_code(status),
        stdout: texts.pop().unwrap_or_default(),
        stderr,
    })
}

fn read_in_thread(mut from: impl Read + Send + 'static) -> std::sync::mpsc::Receiver<Vec<u8>> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}

/// Appends a line to a file at once (roles say by it how far they are).
pub fn append_line(path: &Path, line: &str) -> Result<()> {
    let mut file = at(
        fs::OpenOptions::new().create(true).append(true).open(path),
        &path.display().to_string(),
    )?;
    at(writeln!(file, "{line}"), "append")
}

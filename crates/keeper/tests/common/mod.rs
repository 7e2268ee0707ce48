//! A keeper in a directory of its own, with the testbed's server, and questions to that server.
#![allow(dead_code)] // each test file uses its part

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use outlast_keeper::{LaunchOptions, Launched, launch};
use outlast_sys::signal;

pub const PTY: &str = "0";
pub const JOB: &str = "1";
pub const FILTER: &str = "2";
pub const EMPTY: &str = "3";

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn testbed() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_keeper-testbed"))
}

pub struct World {
    pub dir: PathBuf,
    pub socket: PathBuf,
    pub keeper_pid: u32,
}

/// What the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub server_pid: u32,
    pub keeper_pid: u32,
    pub restarts: u32,
    pub fallback: bool,
    pub last: String,
}

pub fn fresh_directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("outlast-keeper-{}-{number}", std::process::id()));
    std::fs::create_dir(&dir).unwrap();
    dir
}

pub fn options(dir: &Path, program: &Path, server_args: &[&str]) -> LaunchOptions {
    LaunchOptions {
        socket: dir.join("sockets/default"),
        private_directory: true,
        program: program.to_owned(),
        server_args: [
            &["--socket", dir.join("sockets/default").to_str().unwrap()],
            server_args,
        ]
        .concat()
        .iter()
        .map(Into::into)
        .collect(),
        log: Some(dir.join("log")),
        ..LaunchOptions::default()
    }
}

impl World {
    pub fn new() -> World {
        World::with(&testbed(), &[])
    }

    pub fn with(program: &Path, server_args: &[&str]) -> World {
        let dir = fresh_directory();
        let options = options(&dir, program, server_args);
        // First, so that whatever the launch leaves behind is ended if it fails.
        let mut world = World {
            dir,
            socket: options.socket.clone(),
            keeper_pid: 0,
        };
        assert_eq!(launch(&options).unwrap(), Launched::Started);
        world.keeper_pid = world.who().keeper_pid;
        world
    }

    pub fn adopt(dir: PathBuf, socket: PathBuf) -> World {
        let mut world = World {
            dir,
            socket,
            keeper_pid: 0,
        };
        world.keeper_pid = world.who().keeper_pid;
        world
    }

    /// Asks until a server has answered: one that is killed meanwhile is followed by another.
    pub fn ask(&self, words: &[&str]) -> String {
        String::from_utf8_lossy(&self.ask_bytes(words)).into_owned()
    }

    pub fn ask_bytes(&self, words: &[&str]) -> Vec<u8> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(answer) = self.try_ask(words) {
                return answer;
            }
        }
        panic!(
            "no answer to {words:?}; log: {}",
            std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
        );
    }

    fn try_ask(&self, words: &[&str]) -> Option<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.socket).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
            .write_all((words.join("\x1f").replace('\n', "\x1e") + "\n").as_bytes())
            .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        // An empty answer is a server that was killed, except where there may be nothing to say.
        (!answer.is_empty() || ["table", "deposits", "failures", "output"].contains(&words[0]))
            .then_some(answer)
    }

    pub fn who(&self) -> Who {
        let answer = self.ask(&["who"]);
        let words: Vec<&str> = answer.split(' ').collect();
        Who {
            server_pid: words[0].parse().unwrap(),
            keeper_pid: words[1].parse().unwrap(),
            restarts: words[2].parse().unwrap(),
            fallback: words[3] == "true",
            last: words[4].to_owned(),
        }
    }

    /// Kills the keeper with -9; the server starts another. Returns that one's process id.
    pub fn kill_keeper(&self, pid: u32) -> u32 {
        signal::send(pid, signal::SIGKILL).unwrap();
        wait_until("another keeper has taken over", || {
            self.who().keeper_pid != pid
        });
        self.who().keeper_pid
    }

    /// Kills the server with -9; the keeper starts another.
    pub fn kill_server(&self, pid: u32) {
        signal::send(pid, signal::SIGKILL).unwrap();
        wait_until("the server is reaped", || !alive(pid));
    }

    pub fn spawn(&self, pane: u32, kind: &str, argv: &[&str]) -> u32 {
        self.spawn_life(pane, 0, kind, argv)
    }

    pub fn spawn_life(&self, pane: u32, life: u32, kind: &str, argv: &[&str]) -> u32 {
        let (pane, life) = (pane.to_string(), life.to_string());
        let words = [&["spawn", &pane, &life, kind], argv].concat();
        assert_eq!(self.ask(&words), "ok");
        self.ask(&["await-spawned", &pane, &life]).parse().unwrap()
    }

    /// A program of the testbed's own.
    pub fn spawn_own(&self, pane: u32, kind: &str, argv: &[&str]) -> u32 {
        let program = testbed();
        let argv = [&[program.to_str().unwrap()], argv].concat();
        self.spawn(pane, kind, &argv)
    }

    /// A value in a pane's row.
    pub fn row(&self, pane: u32, key: &str) -> String {
        let table = self.ask(&["table"]);
        let start = format!("pane={pane} ");
        let row = table
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("{pane} in {table}"));
        let key = format!("{key}=");
        row.split(' ')
            .find_map(|word| word.strip_prefix(&key))
            .unwrap()
            .to_owned()
    }

    pub fn number(&self, pane: u32, key: &str) -> u64 {
        self.row(pane, key).parse().unwrap()
    }
}

impl World {
    /// Has the keeper end, as whoever started it would.
    fn end_in_order(&self) {
        let mut keeper = self.keeper_pid;
        if keeper != 0 && !alive(keeper) && self.socket.exists() {
            keeper = self.try_ask(&["who"]).map_or(0, |answer| {
                let answer = String::from_utf8_lossy(&answer).into_owned();
                answer
                    .split(' ')
                    .nth(1)
                    .and_then(|pid| pid.parse().ok())
                    .unwrap_or(0)
            });
        }
        if keeper != 0 && alive(keeper) {
            let _ = signal::send(keeper, signal::SIGTERM);
            let end = Instant::now() + Duration::from_secs(8);
            while alive(keeper) && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(1));
            }
            if alive(keeper) {
                let _ = signal::send(keeper, signal::SIGKILL);
                eprintln!("keeper {keeper} had to be killed");
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test that has failed may have left anything: nobody is asked.
        let failed = std::thread::panicking();
        if !failed {
            self.end_in_order();
        }
        end_all(&self.dir, failed);
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Makes an executable file, by another process: a descriptor of ours that is open for writing would be inherited by
/// what other tests fork at this moment, and the file could not be executed (ETXTBSY).
pub fn install(path: &Path, command: &str) {
    let script = format!(
        "{command} > {0}.new && chmod 755 {0}.new && mv {0}.new {0}",
        path.display()
    );
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap()
            .success()
    );
}

/// Who has a file of this directory open: keepers, anchors and servers write to the log there, whoever started them.
pub fn who_uses(dir: &Path) -> Vec<u32> {
    let mut found = Vec::new();
    let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let fds = std::fs::read_dir(format!("/proc/{pid}/fd"));
        let mut links = fds.into_iter().flatten().flatten();
        if pid != std::process::id()
            && links.any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.starts_with(dir)))
        {
            found.push(pid);
        }
    }
    found
}

/// Ends by their numbers what was started for this directory and still runs. A keeper's end may be a server's beginning,
/// and the other way round, hence more than one round.
pub fn end_all(dir: &Path, at_once: bool) {
    let start = Instant::now();
    let end = start + Duration::from_secs(5);
    let mut quiet = 0;
    while quiet < 2 && Instant::now() < end {
        let left: Vec<u32> = who_uses(dir)
            .into_iter()
            .filter(|pid| alive(*pid))
            .collect();
        quiet = if left.is_empty() { quiet + 1 } else { 0 };
        // Who was told to end is let do so.
        let patient = !at_once && start.elapsed() < Duration::from_secs(2);
        for pid in left.iter().filter(|_| !patient) {
            eprintln!("{pid} had to be killed");
            let _ = signal::send(*pid, signal::SIGKILL);
        }
        if !left.is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a process runs: one that has ended may wait long for an init to reap it.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

pub fn wait_until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Random numbers, from the clock; the seed is printed so that a failure can be looked at.
pub struct Random(u64);

impl Random {
    pub fn new() -> Random {
        let seed = outlast_sys::clock::boottime_ns();
        eprintln!("seed {seed}");
        Random(seed | 1)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

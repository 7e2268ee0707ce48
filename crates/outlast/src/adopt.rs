//! `outlast adopt PID`: a program that runs in some other terminal goes on in a new pane. reptyr does it; here is only looked
//! at what would make it fail, since half an attempt can cost the program.
//!
//! Nothing is killed, whatever happens: an attempt that does not end is left alone, and said.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_sys::{process, user};

use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] adopt [-t SESSION] PID

The program goes on in a new window, where it redraws itself; the terminal that it had is free. Needs the program reptyr.
A program that a shell has started is best taken out of its hands first: C-z, bg, disown.

  outlast adopt $(pgrep -n vim)
";

/// An attempt may take so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// The bit of CAP_SYS_PTRACE.
const PTRACE: u32 = 19;

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let (mut target, mut pid) = (None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (word.as_str(), word.parse::<u32>()) {
            ("-h" | "--help", _) => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            ("-t", _) => target = words.next().cloned(),
            (_, Ok(number)) if pid.is_none() && number > 0 => pid = Some(number),
            (word, _) => {
                eprint!("adopt: what is {word}?\n{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let Some(pid) = pid else {
        eprint!("adopt: which process?\n{USAGE}");
        return ExitCode::FAILURE;
    };
    match adopt(flags, target.as_deref(), pid) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("adopt: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// What of a process and of this machine decides.
#[derive(Clone, Debug, Default)]
struct Subject {
    pid: u32,
    name: String,
    /// There is such a process, and it is no zombie.
    lives: bool,
    /// It runs no program of a file: a thread of the kernel.
    kernel: bool,
    /// It is one of ours, or this process comes from it.
    ours: bool,
    /// Whose it is: real, effective and saved user are one.
    uids: Vec<u32>,
    gids: Vec<u32>,
    own_uid: u32,
    /// CAP_SYS_PTRACE.
    may_trace: bool,
    /// Who traces it already.
    tracer: u32,
    /// kernel.yama.ptrace_scope; 0 where there is none.
    scope: u32,
    /// It sees the same processes as we do.
    same_space: bool,
    terminal: bool,
    /// The pane that it is in already.
    pane: Option<String>,
    /// Others of its process group, or children on its terminal: all of the terminal has to come along.
    company: Vec<u32>,
    /// Who holds the other end of its terminal, and may we trace that: pid, name, whether.
    emulator: Option<(u32, String, bool)>,
    reptyr: bool,
}

impl Subject {
    fn of(pid: u32) -> Subject {
        let name = process::comm(pid).unwrap_or_default();
        let numbers = |line: &str| -> Vec<u32> {
            let line = process::status(pid, line).unwrap_or_default();
            line.split_whitespace()
                .take(3)
                .filter_map(|id| id.parse().ok())
                .collect()
        };
        let identity = process::Identity::of(pid);
        let space = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
        let terminal = process::terminal(pid);
        let company = company(pid, terminal);
        Subject {
            pid,
            name: String::from_utf8_lossy(&name)
                .chars()
                .filter(|c| !c.is_control())
                .collect(),
            lives: identity.is_some_and(process::Identity::lives),
            kernel: process::cmdline(pid).is_some_and(|words| words.is_empty()),
            ours: is_ours(pid),
            uids: numbers("Uid"),
            gids: numbers("Gid"),
            own_uid: user::own_uid(),
            may_trace: may_trace(),
            tracer: process::status(pid, "TracerPid")
                .and_then(|pid| pid.parse().ok())
                .unwrap_or(0),
            scope: scope
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0),
            // Not to be read means not ours, which is said before.
            same_space: space(&pid.to_string()).is_none_or(|theirs| Some(theirs) == space("self")),
            terminal: terminal.is_some(),
            pane: None,
            emulator: terminal.and_then(emulator),
            company,
            reptyr: outlast_sys::daemon::find_program("reptyr".as_ref()).is_some(),
        }
    }

    /// Why it cannot be had, with what to do; the first reason counts. Ok: whether all of its terminal comes along.
    fn judge(&self) -> Result<bool, String> {
        let (pid, name) = (self.pid, &self.name);
        if !self.lives {
            return Err(format!(
                "there is no process {pid}; find one with: pgrep -a NAME"
            ));
        }
        if let Some(pane) = &self.pane {
            return Err(format!(
                "{name} is in a pane already: outlast attach -t {pane}"
            ));
        }
        if self.ours {
            return Err(format!(
                "{name} ({pid}) is part of outlast, or what this runs in"
            ));
        }
        if self.kernel || pid == 1 {
            return Err(format!("{name} ({pid}) is no program that could be taken"));
        }
        if !self.reptyr {
            return Err(
                "this needs the program reptyr: sudo apt install reptyr (or your system's package of that name)".into(),
            );
        }
        if !self.same_space {
            return Err(format!(
                "{name} ({pid}) is in a container: run outlast inside of it, and adopt it there"
            ));
        }
        let one = |ids: &[u32]| ids.windows(2).all(|pair| pair[0] == pair[1]);
        if !one(&self.uids) || !one(&self.gids) {
            return Err(format!(
                "{name} ({pid}) is setuid or setgid: nobody can take it over; end it and start it in a pane"
            ));
        }
        if self.uids.first().is_some_and(|uid| *uid != self.own_uid) && !self.may_trace {
            return Err(format!(
                "{name} ({pid}) is another user's; as that user: outlast adopt {pid}"
            ));
        }
        if self.tracer != 0 {
            return Err(format!(
                "{name} ({pid}) is being traced by process {}: end that first",
                self.tracer
            ));
        }
        self.scope()?;
        if !self.terminal {
            return Err(format!(
                "{name} ({pid}) has no terminal: there is nothing that a pane could show"
            ));
        }
        if self.company.is_empty() {
            return Ok(false);
        }
        let others: Vec<String> = self.company.iter().take(4).map(u32::to_string).collect();
        let others = others.join(", ");
        match &self.emulator {
            Some((_, _, true)) => Ok(true),
            Some((pid, emulator, false)) => Err(format!(
                "{name} shares its terminal with others ({others}), so all of that terminal has to come along, and it is held by \
                 {emulator} ({pid}), which is another user's; as root: outlast adopt {}",
                self.pid
            )),
            None => Err(format!(
                "{name} shares its terminal with others ({others}), and who holds that terminal is not to be seen; \
                 end those first, or adopt it as root"
            )),
        }
    }

    /// What Yama allows.
    fn scope(&self) -> Result<(), String> {
        match self.scope {
            3.. => Err("this kernel lets nobody trace until it is started anew (kernel.yama.ptrace_scope = 3)".into()),
            1 | 2 if !self.may_trace => Err(format!(
                "this kernel lets only root take programs over (kernel.yama.ptrace_scope = {}); until the next boot:\n\
                 sudo sysctl kernel.yama.ptrace_scope=0; afterwards back to {}",
                self.scope, self.scope
            )),
            _ => Ok(()),
        }
    }
}

/// Whether we have CAP_SYS_PTRACE.
fn may_trace() -> bool {
    let own = process::status(process::own_pid(), "CapEff");
    let bits = own.and_then(|bits| u64::from_str_radix(&bits, 16).ok());
    bits.is_some_and(|bits| bits >> PTRACE & 1 == 1)
}

/// A keeper, a server, a client, or what we were started by.
fn is_ours(pid: u32) -> bool {
    if process::comm(pid).is_some_and(|name| name.starts_with(b"outlast")) {
        return true;
    }
    let mut parent = Some(process::own_pid());
    while let Some(one) = parent.filter(|one| *one > 1) {
        if one == pid {
            return true;
        }
        parent = process::parent(one);
    }
    false
}

/// Who has to come along: others in its process group, and its children that hold its terminal.
fn company(pid: u32, terminal: Option<u32>) -> Vec<u32> {
    let group = process::group(pid);
    let mut found: Vec<u32> = process::all()
        .into_iter()
        .filter(|other| *other != pid && process::group(*other).is_some())
        .filter(|other| {
            let child = process::parent(*other) == Some(pid);
            process::group(*other) == group || child && process::terminal(*other) == terminal
        })
        .collect();
    found.sort_unstable();
    found
}

/// Who holds the master of a terminal, by the kernel's number for it.
fn emulator(terminal: u32) -> Option<(u32, String, bool)> {
    // dev_t: the minor number is in two parts.
    let minor = (terminal & 0xff) | (terminal >> 12 & 0xf_ff00);
    let line = format!("tty-index:\t{minor}");
    let own = user::own_uid();
    process::all().into_iter().find_map(|pid| {
        let infos = std::fs::read_dir(format!("/proc/{pid}/fdinfo")).ok()?;
        let holds = infos.flatten().any(|info| {
            let text = std::fs::read_to_string(info.path()).unwrap_or_default();
            text.lines().any(|row| row == line)
        });
        if !holds {
            return None;
        }
        let uid = std::fs::metadata(format!("/proc/{pid}")).ok()?.uid();
        let name = process::comm(pid).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).into_owned();
        Some((pid, name, uid == own || may_trace()))
    })
}

fn adopt(flags: &Flags, target: Option<&str>, pid: u32) -> Result<String, String> {
    let mut subject = Subject::of(pid);
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let served = crate::upgrade::facts(&path, Duration::from_secs(5)).is_ok();
    let terminal = process::terminal(pid);
    if served && let Some(terminal) = terminal {
        let format = "#{pane_pid}\t#{pane_tty}\t#{session_name}:#{window_index}.#{pane_index}";
        let panes = crate::ask::ask(flags, false, &["list-panes", "-a", "-F", format])?;
        // What was adopted has a terminal that the pane's reptyr holds.
        let holder = subject.emulator.as_ref().map(|(pid, ..)| pid.to_string());
        subject.pane = panes.lines().find_map(|line| {
            let (program, rest) = line.split_once('\t')?;
            let (tty, pane) = rest.split_once('\t')?;
            let number = std::fs::metadata(tty).map(|tty| tty.rdev()).ok();
            let held = holder.as_deref() == Some(program);
            (held || number == Some(terminal.into())).then(|| pane.to_string())
        });
    }
    let whole = subject.judge()?;
    let log = Log::new()?;
    let program = format!(
        "exec reptyr {}{pid} 2>{}",
        if whole { "-T " } else { "" },
        crate::setup::shell::quote(&log.0)
    );
    let name = subject.name.clone();
    let mut words = vec!["new-window", "-P", "-F", "#{pane_id}", "-n", &name];
    if !served {
        words[0] = "new-session";
        words.extend(["-d", "-s", target.unwrap_or("adopted")]);
    }
    let to = target.map(|target| format!("{target}:"));
    if let (true, Some(to)) = (served, &to) {
        words.extend(["-t", to]);
    }
    words.push(&program);
    let pane = crate::ask::ask(flags, true, &words)?.trim().to_string();
    let end = Instant::now() + PATIENCE;
    loop {
        let format = "#{pane_id}\t#{pane_dead}\t#{pane_pid}";
        let panes = crate::ask::ask(flags, false, &["list-panes", "-a", "-F", format]);
        let panes = panes.unwrap_or_default();
        let row = panes
            .lines()
            .find_map(|line| line.strip_prefix(&*pane)?.strip_prefix('\t'));
        let (dead, helper) = row
            .and_then(|row| row.split_once('\t'))
            .unwrap_or(("1", ""));
        if dead == "1" {
            return Err(match process::exists(pid) {
                true => format!(
                    "reptyr could not: {}\n{name} ({pid}) goes on where it was",
                    log.read()
                ),
                false => format!(
                    "{name} ({pid}) has ended meanwhile; reptyr said: {}",
                    log.read()
                ),
            });
        }
        let came = match whole {
            false => process::terminal(pid) != terminal,
            true => holds_a_master(helper, terminal),
        };
        if came {
            let own = process::terminal(pid) != terminal;
            let more = match (whole, own) {
                (true, false) => "; its whole terminal came along, under the name that it had",
                _ => "",
            };
            return Ok(format!(
                "{name} ({pid}) is in pane {pane} now{more}: outlast attach -t {pane}"
            ));
        }
        if Instant::now() > end {
            return Err(format!(
                "reptyr has not come to an end in {} s; it is left alone, in pane {pane}: {}",
                PATIENCE.as_secs(),
                log.read()
            ));
        }
        // No event tells when a process has another terminal.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether that process has the master of this terminal: reptyr -T has taken it.
fn holds_a_master(pid: &str, terminal: Option<u32>) -> bool {
    let Some(terminal) = terminal else {
        return false;
    };
    let minor = (terminal & 0xff) | (terminal >> 12 & 0xf_ff00);
    let line = format!("tty-index:\t{minor}");
    let infos = std::fs::read_dir(format!("/proc/{pid}/fdinfo"));
    infos.into_iter().flatten().flatten().any(|info| {
        let text = std::fs::read_to_string(info.path()).unwrap_or_default();
        text.lines().any(|row| row == line)
    })
}

/// What reptyr complains of, in a file that goes with this.
struct Log(String);

impl Log {
    fn new() -> Result<Log, String> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut random = [0; 8];
        outlast_sys::clock::random(&mut random).map_err(|error| error.to_string())?;
        let name = format!("outlast-adopt-{:016x}", u64::from_ne_bytes(random));
        let path = std::env::temp_dir().join(name);
        let mut options = std::fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|error| format!("{}: {}", path.display(), crate::socket::reason(&error)))?;
        Ok(Log(path.to_string_lossy().into_owned()))
    }

    /// Its lines as one.
    fn read(&self) -> String {
        let text = std::fs::read(Path::new(&self.0)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        match lines.is_empty() {
            true => "it has said nothing".into(),
            false => lines
                .join("; ")
                .chars()
                .filter(|c| !c.is_control())
                .collect(),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // Whoever cleans the folder does so later, then.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vim() -> Subject {
        Subject {
            pid: 77,
            name: "vim".into(),
            lives: true,
            uids: vec![1000; 3],
            gids: vec![100; 3],
            own_uid: 1000,
            same_space: true,
            terminal: true,
            reptyr: true,
            ..Subject::default()
        }
    }

    /// What a subject is refused for, after the change.
    fn refused(change: impl FnOnce(&mut Subject)) -> String {
        let mut subject = vim();
        change(&mut subject);
        subject.judge().unwrap_err()
    }

    #[test]
    fn what_would_fail_is_said_before() {
        assert_eq!(vim().judge(), Ok(false));
        assert!(refused(|s| s.lives = false).starts_with("there is no process 77"));
        assert!(refused(|s| s.pane = Some("cc:0.1".into())).ends_with("outlast attach -t cc:0.1"));
        assert!(refused(|s| s.ours = true).contains("part of outlast"));
        assert!(refused(|s| s.kernel = true).contains("no program"));
        assert!(refused(|s| s.reptyr = false).contains("sudo apt install reptyr"));
        assert!(refused(|s| s.same_space = false).contains("in a container"));
        assert!(refused(|s| s.uids = vec![1000, 0, 0]).contains("setuid"));
        assert!(refused(|s| s.gids = vec![100, 5, 5]).contains("setgid"));
        assert!(refused(|s| s.uids = vec![1; 3]).contains("another user's"));
        assert!(refused(|s| s.tracer = 5).contains("traced by process 5"));
        assert!(refused(|s| s.scope = 1).contains("sudo sysctl kernel.yama.ptrace_scope=0"));
        assert!(refused(|s| s.scope = 3).contains("started anew"));
        assert!(refused(|s| s.terminal = false).contains("no terminal"));
    }

    #[test]
    fn root_may_where_others_may_not() {
        let mut subject = vim();
        (subject.may_trace, subject.own_uid) = (true, 0);
        for scope in 0..3 {
            subject.scope = scope;
            assert_eq!(subject.judge(), Ok(false));
        }
    }

    #[test]
    fn company_comes_along_or_is_in_the_way() {
        let mut subject = vim();
        subject.company = vec![78, 79];
        subject.emulator = Some((5, "xterm".into(), true));
        assert_eq!(subject.judge(), Ok(true));
        let other = refused(|s| {
            s.company = vec![78];
            s.emulator = Some((5, "sshd".into(), false));
        });
        assert!(
            other.contains("held by sshd (5)") && other.contains("as root"),
            "{other}"
        );
        assert!(refused(|s| s.company = vec![78]).contains("(78)"));
    }
}

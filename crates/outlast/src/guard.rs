//! `outlast guard`: runs a job unless somebody works, waits or has typed where it would get in the way; for cron, instead of
//! looking for a program's name in `list-panes`.
//!
//! The job's end is ours: its exit status, or its signal. 75 (EX_TEMPFAIL) when it steps aside, the reason on stderr.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use outlast_agent::recipe::recognised;
use outlast_sys::poll::{Interest, Poll};
use outlast_sys::signal::{self, Signals};
use outlast_sys::{children, clock, lock, process};

use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] guard [--cwd D] [--idle 10m] [--name N] -- CMD...

Runs CMD in D (here, without --cwd) and ends as it ends. It does not run, and the exit status is 75, while
  - an agent is in the foreground of a pane in D or below, working or waiting,
  - another program is, in a window that has said something within the idle time,
  - somebody has typed in any session within the idle time,
  - a job of the same name still runs (N; without --name, the same CMD in the same D).
Where no server runs, nobody is in the way.

  */30 * * * *  outlast guard --cwd ~/proj --idle 15m -- claude -p 'tidy the changelog'
";

/// EX_TEMPFAIL of sysexits(3): not now, try again.
const ASIDE: u8 = 75;
/// Without `--idle`.
const IDLE: i64 = 600;
/// A server has so long to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Shells: at a prompt nothing works.
const SHELLS: &[&str] = &[
    "ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "pwsh", "sh", "tcsh",
    "xonsh", "zsh",
];

/// What is asked of the server about each pane.
const FORMAT: &str = "#{pane_dead}\t#{pane_pid}\t#{window_activity}\t#{session_name}:#{window_index}.#{pane_index}\t\
     #{pane_current_command}\t#{agent_state}\t#{pane_current_path}";

#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    cwd: Option<PathBuf>,
    idle: Option<i64>,
    name: Option<String>,
    job: Vec<String>,
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let asked = match parse(words) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprint!("guard: {reason}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    match guard(flags, &asked) {
        Ok(code) => code,
        Err(Refused::Aside(reason)) => {
            eprintln!("guard: steps aside: {reason}");
            ExitCode::from(ASIDE)
        }
        Err(Refused::Wrong(status, reason)) => {
            eprintln!("guard: {}", reason.trim_end());
            ExitCode::from(status)
        }
    }
}

/// Why the job has not run.
enum Refused {
    /// Somebody is in its way.
    Aside(String),
    /// It cannot run at all: exit status, reason.
    Wrong(u8, String),
}

/// None: help is wanted.
fn parse(words: &[String]) -> Result<Option<Asked>, String> {
    let mut asked = Asked::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a word"));
        match word.as_str() {
            "-h" | "--help" => return Ok(None),
            "--cwd" => asked.cwd = Some(value()?.into()),
            "--idle" => asked.idle = Some(seconds(value()?)?),
            "--name" => asked.name = Some(value()?.clone()),
            "--" => break,
            word if word.starts_with('-') => return Err(format!("unknown flag {word}")),
            word => {
                asked.job.push(word.to_string());
                break;
            }
        }
    }
    asked.job.extend(words.cloned());
    match asked.job.is_empty() {
        true => Err("which job?".into()),
        false => Ok(Some(asked)),
    }
}

/// "90", "90s", "10m", "2h", "1d".
fn seconds(word: &str) -> Result<i64, String> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let times = match &word[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 0,
    };
    let number = digits.parse::<u32>().ok().filter(|_| times > 0);
    let number = number.ok_or_else(|| format!("{word}: a time is 90s, 10m, 2h or 1d"))?;
    Ok(i64::from(number) * times)
}

fn guard(flags: &Flags, asked: &Asked) -> Result<ExitCode, Refused> {
    let wrong = |text: String| Refused::Wrong(1, text);
    let here = asked.cwd.clone().unwrap_or_else(|| ".".into());
    let cwd = here.canonicalize().map_err(|error| {
        wrong(format!(
            "{}: {}",
            here.display(),
            crate::socket::reason(&error)
        ))
    })?;
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref()).map_err(wrong)?;
    // Before anything is looked at: of two that start at once one has gone when the other asks.
    let held = hold(asked, &cwd)?;
    match crate::upgrade::facts(&path, ANSWER) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            let reason = format!(
                "the server on {} does not answer, so nobody knows",
                path.display()
            );
            return Err(Refused::Aside(reason));
        }
        // Where no server is, nobody works in it.
        Err(_) => return job(asked, &cwd, held),
    }
    let idle = asked.idle.unwrap_or(IDLE);
    let now = clock::unix_seconds();
    let panes = crate::ask::ask(flags, false, &["list-panes", "-a", "-F", FORMAT]);
    let typed = [
        "list-sessions",
        "-F",
        "#{session_activity}\t#{session_name}",
    ];
    let typed = crate::ask::ask(flags, false, &typed);
    // A server without sessions has nothing to tell.
    let (panes, typed) = (panes.unwrap_or_default(), typed.unwrap_or_default());
    let mut reason = panes
        .lines()
        .filter_map(Pane::read)
        .find_map(|pane| pane.in_the_way(&cwd, now - idle));
    reason = reason.or_else(|| typed.lines().find_map(|line| typed_since(line, now, idle)));
    match reason {
        Some(reason) => Err(Refused::Aside(reason)),
        None => job(asked, &cwd, held),
    }
}

/// The lock of this name.
fn hold(asked: &Asked, cwd: &Path) -> Result<lock::Lock, Refused> {
    let name = match &asked.name {
        Some(name) => name.clone(),
        None => format!("{}\0{}", cwd.display(), asked.job.join("\0")),
    };
    // Names may have any character, files may not.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let file = format!("guard-{hash:016x}.lock");
    let path = crate::socket::path(None, Some(&file)).map_err(|text| Refused::Wrong(1, text))?;
    match lock::try_lock_file(&path) {
        Ok(Some(held)) => Ok(held),
        Ok(None) => Err(Refused::Aside(match &asked.name {
            Some(name) => format!("{name} still runs"),
            None => "the same job still runs".into(),
        })),
        Err(error) => {
            let reason = crate::socket::reason(&error);
            Err(Refused::Wrong(1, format!("{}: {reason}", path.display())))
        }
    }
}

/// What is known of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pane<'a> {
    pid: u32,
    activity: i64,
    name: &'a str,
    command: &'a str,
    /// What it says of itself, if it is an agent.
    state: &'a str,
    path: &'a Path,
}

/// What a pane does.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// A shell at its prompt.
    Idle,
    /// Something that is at work as long as it says something.
    Busy,
    /// An agent, which works or waits for somebody.
    Agent,
}

impl<'a> Pane<'a> {
    /// A line of [`FORMAT`]; None: nothing runs there.
    fn read(line: &'a str) -> Option<Pane<'a>> {
        let mut fields = line.splitn(7, '\t');
        let mut next = || fields.next();
        if next()? != "0" {
            return None;
        }
        Some(Pane {
            pid: next()?.parse().ok()?,
            activity: next()?.parse().ok()?,
            name: next()?,
            command: next()?,
            state: next()?,
            path: Path::new(next()?),
        })
    }

    /// What it does. An agent that says itself that it neither works nor waits is as a shell at its prompt.
    fn state(&self) -> State {
        let front = in_front(self.pid).unwrap_or_default();
        if recognised(&[self.command]).is_some() || front.iter().any(|words| is_agent(words)) {
            return match self.state {
                "idle" | "done" | "failed" => State::Idle,
                _ => State::Agent,
            };
        }
        match !front.is_empty() && front.iter().all(|words| is_prompt(words)) {
            true => State::Idle,
            false => State::Busy,
        }
    }

    /// Why a job there has to wait, if it has to. `since`: output before this is old.
    fn in_the_way(&self, cwd: &Path, since: i64) -> Option<String> {
        let real = self.path.canonicalize();
        if !real.as_deref().unwrap_or(self.path).starts_with(cwd) {
            return None;
        }
        let (command, name, path) = (self.command, self.name, self.path.display());
        match self.state() {
            State::Agent => Some(format!("{command} is in {name} ({path})")),
            State::Busy if self.activity >= since => {
                Some(format!("{command} works in {name} ({path})"))
            }
            _ => None,
        }
    }
}

/// The words of each program in the foreground of a terminal that has started no other there: `sh -c sh` is one shell.
fn in_front(pid: u32) -> Option<Vec<Vec<Vec<u8>>>> {
    let group = process::foreground_group(pid)?;
    let all = process::all().into_iter();
    let members: Vec<u32> = all
        .filter(|one| process::group(*one) == Some(group))
        .collect();
    let parents: Vec<Option<u32>> = members.iter().map(|one| process::parent(*one)).collect();
    let last = members.iter().filter(|one| !parents.contains(&Some(**one)));
    Some(last.filter_map(|one| process::cmdline(*one)).collect())
}

/// Whether these are the words of an agent, perhaps behind its interpreter's.
fn is_agent(words: &[Vec<u8>]) -> bool {
    let words = words.iter().take(2);
    let words: Vec<_> = words.map(|word| String::from_utf8_lossy(word)).collect();
    recognised(&words).is_some()
}

/// Whether these are the words of a shell that reads what is typed.
fn is_prompt(words: &[Vec<u8>]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let first = String::from_utf8_lossy(first);
    let first = first
        .trim_start_matches('-')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_string();
    // `sh -c …` and `sh file` are jobs.
    let plain = |word: &Vec<u8>| {
        word.starts_with(b"-") && (word.starts_with(b"--") || !word.contains(&b'c'))
    };
    SHELLS.contains(&&*first) && rest.iter().all(plain)
}

fn typed_since(line: &str, now: i64, idle: i64) -> Option<String> {
    let (activity, session) = line.split_once('\t')?;
    let ago = now - activity.parse::<i64>().ok()?;
    (ago < idle).then(|| format!("somebody was in {session} {} s ago", ago.max(0)))
}

/// Runs it, and ends as it ends.
fn job(asked: &Asked, cwd: &Path, held: lock::Lock) -> Result<ExitCode, Refused> {
    let fail = |error: io::Error| Refused::Wrong(1, crate::socket::reason(&error));
    const PASSED: [i32; 5] = [
        signal::SIGTERM,
        signal::SIGHUP,
        signal::SIGUSR1,
        signal::SIGUSR2,
        signal::SIGCONT,
    ];
    // A terminal sends these to the job itself.
    const SEEN: [i32; 2] = [signal::SIGINT, signal::SIGQUIT];
    let signals = Signals::new(&[&PASSED[..], &SEEN].concat()).map_err(fail)?;
    let program = OsStr::new(&asked.job[0]);
    let mut command = Command::new(program);
    command.args(&asked.job[1..]).current_dir(cwd);
    signal::free_in_child(&mut command);
    let mut child = command.spawn().map_err(|error| {
        let status = match error.kind() {
            io::ErrorKind::NotFound => 127,
            _ => 126,
        };
        let reason = crate::socket::reason(&error);
        Refused::Wrong(status, format!("{}: {reason}", asked.job[0]))
    })?;
    let end = children::watch_end(child.id()).map_err(fail)?;
    let poll = Poll::new().map_err(fail)?;
    poll.add(&signals, 0, Interest::IN).map_err(fail)?;
    poll.add(&end, 1, Interest::IN).map_err(fail)?;
    let mut ended = false;
    while !ended {
        poll.wait(None, |ready| ended |= ready.token == 1)
            .map_err(fail)?;
        while let Some(number) = signals.next_signal() {
            if PASSED.contains(&number) {
                let _ = signal::send(child.id(), number);
            }
        }
    }
    let status = child.wait().map_err(fail)?;
    drop(held);
    if let Some(number) = status.signal() {
        // Who waits for us is to see the same.
        signal::restore_default(number);
        let _ = signal::send(process::own_pid(), number);
        return Ok(ExitCode::from(128_u8.saturating_add(number as u8)));
    }
    Ok(ExitCode::from(status.code().unwrap_or(1) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn words_say_what_and_where() {
        let asked = parse(&words("--cwd /x --idle 2h --name n -- make -j -- x"));
        assert_eq!(
            asked,
            Ok(Some(Asked {
                cwd: Some("/x".into()),
                idle: Some(7200),
                name: Some("n".into()),
                job: words("make -j -- x"),
            }))
        );
        assert_eq!(
            parse(&words("make --idle")).map(|asked| asked.map(|a| a.job)),
            Ok(Some(words("make --idle")))
        );
        for wrong in ["", "--idle 5x -- a", "--idle", "--what -- a", "--"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(
            ["7", "7s", "10m", "1d"].map(seconds),
            [Ok(7), Ok(7), Ok(600), Ok(86_400)]
        );
    }

    #[test]
    fn a_shell_that_reads_what_is_typed_does_nothing() {
        let prompt = |line: &str| {
            let words: Vec<Vec<u8>> = line
                .split(' ')
                .map(|word| word.as_bytes().to_vec())
                .collect();
            is_prompt(&words)
        };
        for line in ["bash", "-bash", "/bin/zsh -l -i", "sh", "fish --login"] {
            assert!(prompt(line), "{line}");
        }
        for line in [
            "sh -c make",
            "bash job.sh",
            "-bash -lc make",
            "vim",
            "python3",
        ] {
            assert!(!prompt(line), "{line}");
        }
        assert!(!is_prompt(&[]));
    }

    #[test]
    fn an_agent_is_known_behind_its_interpreter() {
        let agent = |line: &str| {
            let words = line.split(' ').map(|word| word.as_bytes().to_vec());
            is_agent(&words.collect::<Vec<_>>())
        };
        for line in [
            "claude",
            "node /usr/local/bin/codex --model x",
            "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js",
            "python3 /opt/aider.py",
        ] {
            assert!(agent(line), "{line}");
        }
        for line in [
            "vim claude.md",
            "node server.js codex",
            "python3 -m http.server",
        ] {
            assert!(!agent(line), "{line}");
        }
    }

    #[test]
    fn a_pane_is_in_the_way_where_it_is() {
        // Nobody has process 4294967295.
        let line = "0\t4294967295\t100\tcc:0.0\tclaude\t\t/outlast-none/a b";
        let pane = Pane::read(line).unwrap();
        let way = |cwd: &str, since| pane.in_the_way(Path::new(cwd), since);
        assert_eq!(
            way("/outlast-none", 200).unwrap(),
            "claude is in cc:0.0 (/outlast-none/a b)"
        );
        assert_eq!(way("/outlast-none/a", 200), None);
        for (state, rests) in [("working", false), ("waiting", false), ("idle", true)] {
            let pane = Pane { state, ..pane };
            let found = pane.in_the_way(Path::new("/"), 200);
            assert_eq!(found.is_none(), rests, "{state}");
        }
        let pane = Pane {
            command: "make",
            ..pane
        };
        assert_eq!(pane.in_the_way(Path::new("/"), 200), None);
        assert_eq!(
            pane.in_the_way(Path::new("/"), 100).unwrap(),
            "make works in cc:0.0 (/outlast-none/a b)"
        );
        assert_eq!(Pane::read("1\t\t5\tx\t\t\t"), None);
    }

    #[test]
    fn who_was_there_lately_counts() {
        assert_eq!(
            typed_since("100\tcc", 130, 60).unwrap(),
            "somebody was in cc 30 s ago"
        );
        assert_eq!(typed_since("100\tcc", 160, 60), None);
    }
}

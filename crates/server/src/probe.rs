//! What the core may ask the system during a turn: small reads that do not wait.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::limits::{Held, HeldBy};
use outlast_core::probe::{Probe, Running, ServerFacts};
use outlast_core::run::tree::{MARK, Process, ProcessId};
use outlast_lang::format::Time;
use outlast_sys::group;
use outlast_sys::mem::MemFile;
use outlast_sys::{clock, process, pty, user};
use outlast_term::Blocks;

use crate::history::PaneBlocks;
use crate::keeper::Link;

/// What probe and loop share of a pane.
#[derive(Default)]
pub struct PaneFacts {
    /// The terminal's master, for questions about its foreground group.
    pub master: Option<Rc<OwnedFd>>,
    /// Process id of the program, 0 without one.
    pub pid: u32,
    /// Its history file, if it has one.
    pub history: Option<Rc<MemFile>>,
}

/// Facts about all panes.
pub type Facts = Rc<RefCell<HashMap<PaneId, PaneFacts>>>;

/// The probe of a running server.
pub struct SystemProbe {
    /// Shared with the loop.
    pub facts: Facts,
    /// For deposits of history.
    pub link: Rc<Link>,
    /// The server's socket.
    pub socket: String,
    /// What the environments of processes said at the last look, by number and time of start.
    pub marks: RefCell<HashMap<(u32, u64), Box<str>>>,
}

/// So many marks are kept of processes that may have ended.
const MARKS_MOST: usize = 4096;
/// Names of our own processes.
const OURS: [&str; 3] = ["outlast-keeper", "outlast-anchor", "outlast: server"];

impl SystemProbe {
    /// Processes with what their environment says of their run. That does not change while a process lives, so it is read once;
    /// with a look at `all` who has ended is forgotten.
    fn marked(&self, found: Vec<outlast_sys::tree::Process>, all: bool) -> Vec<Process> {
        let mut marks = self.marks.borrow_mut();
        let known = match all || marks.len() > MARKS_MOST {
            true => std::mem::take(&mut *marks),
            false => HashMap::new(),
        };
        let found = found.into_iter().map(|found| {
            let name = String::from_utf8_lossy(&found.name).into_owned();
            let key = (found.pid, found.started);
            let ours = OURS.contains(&name.as_str());
            let mark = known.get(&key).or(marks.get(&key)).cloned();
            let mark = mark.unwrap_or_else(|| {
                let mark = outlast_sys::tree::variable(found.pid, MARK).unwrap_or_default();
                String::from_utf8_lossy(&mark).into()
            });
            // What the keeper has forked has another environment soon.
            if !ours {
                marks.insert(key, mark.clone());
            }
            Process {
                pid: found.pid,
                started: found.started,
                parent: found.parent,
                group: found.group,
                session: found.session,
                ours,
                name,
                mark: mark.into(),
                cpu_ms: found.cpu_ms,
                memory: found.memory,
            }
        });
        found.collect()
    }

    /// Process in the foreground of a pane's terminal, or the pane's own.
    fn leader(&self, pane: PaneId) -> Option<u32> {
        let facts = self.facts.borrow();
        let facts = facts.get(&pane)?;
        let group = facts
            .master
            .as_ref()
            .and_then(|master| pty::foreground_pgrp(master.as_fd()));
        group.or(Some(facts.pid).filter(|pid| *pid != 0))
    }
}

impl Probe for SystemProbe {
    fn foreground(&self, pane: PaneId) -> Option<ProcessId> {
        let found = process::Identity::of(self.leader(pane)?)?;
        Some(ProcessId {
            pid: found.pid,
            started: found.started,
        })
    }

    fn foreground_command(&self, pane: PaneId) -> Option<String> {
        let pid = self.leader(pane)?;
        let first = process::cmdline(pid).and_then(|words| words.into_iter().next());
        let word = first
            .filter(|word| !word.is_empty())
            .or_else(|| process::comm(pid))?;
        // Between fork and exec it looks like the keeper.
        let ours = std::env::args_os().next();
        if ours.is_some_and(|ours| ours.as_bytes() == &word[..])
            && process::comm(pid).is_some_and(|comm| comm[..] == *b"outlast-keeper")
        {
            return None;
        }
        Some(command_name(&String::from_utf8_lossy(&word)))
    }

    fn working_directory(&self, pane: PaneId) -> Option<String> {
        let cwd = process::cwd(self.leader(pane)?)?;
        Some(String::from_utf8_lossy(cwd.as_os_str().as_bytes()).into_owned())
    }

    fn local_time(&self, unix: i64) -> Time {
        let local = clock::local_time(unix);
        let mut zone = [0; 8];
        for (to, from) in zone[..7].iter_mut().zip(local.zone.bytes()) {
            *to = from;
        }
        Time {
            unix,
            offset: local.offset_seconds,
            zone,
        }
    }

    fn host(&self) -> String {
        process::host_name()
    }

    fn home(&self, name: Option<&str>) -> Option<String> {
        let home = match name {
            Some(name) => user::by_name(name)?.home,
            None => own_home()?,
        };
        Some(home.to_string_lossy().into_owned())
    }

    fn user_id(&self, name: &str) -> Option<u32> {
        user::by_name(name).map(|user| user.uid)
    }

    fn user_name(&self, uid: u32) -> Option<String> {
        user::by_uid(uid).map(|user| user.name)
    }

    fn rules_file(&self) -> Option<String> {
        let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let xdg = xdg.filter(|dir| dir.is_absolute());
        let config = xdg.or_else(|| own_home().map(|home| home.join(".config")))?;
        Some(config.join("outlast/rules").to_string_lossy().into_owned())
    }

    fn records(&self, make: bool) -> Option<String> {
        let place = crate::disk::place::records(&self.socket)?;
        match make {
            true => crate::disk::place::make_private(&place).ok()?,
            false if !place.is_dir() => return None,
            false => {}
        }
        Some(place.to_string_lossy().into_owned())
    }

    fn shell(&self) -> String {
        let passwd =
            || user::by_uid(user::own_uid()).map(|user| user.shell.to_string_lossy().into_owned());
        let from_env = std::env::var("SHELL").ok();
        from_env
            .into_iter()
            .chain(passwd())
            .find(|shell| usable_shell(shell))
            .unwrap_or_else(|| "/bin/sh".into())
    }

    fn server(&self) -> ServerFacts {
        let uid = user::own_uid();
        let name = user::by_uid(uid)
            .map(|user| user.name)
            .or_else(|| std::env::var("USER").ok());
        ServerFacts {
            pid: process::own_pid(),
            socket: self.socket.clone(),
            uid,
            user: name.unwrap_or_default(),
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        // A lookup below it needs the right to enter it.
        Path::new(path).is_dir() && std::fs::symlink_metadata(Path::new(path).join(".")).is_ok()
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        glob(pattern)
    }

    fn running(&self, pane: PaneId) -> Option<Running> {
        let pid = self.leader(pane)?;
        let own = self.facts.borrow().get(&pane).map(|facts| facts.pid);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let cwd = process::cwd(pid)?;
        Some(Running {
            is_pane: own == Some(pid),
            argv: process::cmdline(pid)?
                .iter()
                .map(|word| text(word))
                .collect(),
            cwd: text(cwd.as_os_str().as_bytes()),
            environment: process::environment_names(pid),
        })
    }

    fn processes(&self) -> Vec<Process> {
        self.marked(outlast_sys::tree::processes(), true)
    }

    fn family(&self, pid: u32) -> Vec<Process> {
        // Orphans are the anchor's children, who is the parent of our parent.
        let keeper = outlast_sys::tree::parent(process::own_pid());
        let anchor = keeper.and_then(outlast_sys::tree::parent);
        let anchor = anchor.filter(|pid| {
            let name = process::comm(*pid);
            name.is_some_and(|name| name[..] == *b"outlast-anchor")
        });
        let Some(anchor) = anchor else {
            return self.processes();
        };
        let is_ours = |found: &outlast_sys::tree::Process| {
            OURS.iter().any(|name| found.name == name.as_bytes())
        };
        match outlast_sys::tree::below(pid, anchor, is_ours) {
            Some(found) => self.marked(found, false),
            None => self.processes(),
        }
    }

    fn started(&self, pid: u32) -> Option<u64> {
        process::Identity::of(pid).map(|found| found.started)
    }

    fn held(&self, pid: u32) -> HeldBy {
        let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup"));
        let groups = groups.unwrap_or_default();
        let held = |held: group::Held| Held {
            memory: held.memory,
            processes: held.processes,
            weight: held.weight,
        };
        HeldBy {
            own: held(group::held(&groups)),
            session: held(group::held_by_session(&groups)),
        }
    }

    fn blocks(&self, pane: PaneId) -> Box<dyn Blocks> {
        Box::new(PaneBlocks::new(pane, self.link.clone(), self.facts.clone()))
    }
}

/// Our home directory: HOME, else the passwd entry's.
pub fn own_home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    home.or_else(|| user::by_uid(user::own_uid()).map(|user| user.home))
}

/// tmux's rule for a shell: absolute, executable, and not ourselves.
fn usable_shell(shell: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let own = std::env::current_exe().ok();
    let name = Path::new(shell).file_name();
    let ours = own.as_deref().and_then(Path::file_name) == name || name == Some(OsStr::new("tmux"));
    let executable = || {
        std::fs::metadata(shell)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    shell.starts_with('/') && !ours && executable()
}

/// A program's name as tmux shows it: without a login shell's dash, and of a whole path the last part.
fn command_name(word: &str) -> String {
    let word = word.trim_start_matches('-');
    let name = if word.starts_with('/') {
        word.rsplit('/')
            .find(|part| !part.is_empty())
            .unwrap_or(word)
    } else {
        word
    };
    name.to_string()
}

/// Most paths that one pattern gives.
const GLOB_MAX: usize = 1000;

/// Paths that a pattern names, sorted; a pattern without wildcards names itself if it is there.
pub fn glob(pattern: &str) -> Vec<String> {
    let mut found = vec![if pattern.starts_with('/') {
        "/".to_string()
    } else {
        String::new()
    }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for base in found {
            let join = |name: &str| match base.as_str() {
                "" => name.to_string(),
                base if base.ends_with('/') => format!("{base}{name}"),
                base => format!("{base}/{name}"),
            };
            if !part.contains(['*', '?', '[', '\\']) {
                next.push(join(part));
                continue;
            }
            let directory = if base.is_empty() { "." } else { base.as_str() };
            let Ok(entries) = std::fs::read_dir(directory) else {
                continue;
            };
            let mut names: Vec<String> = entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|name| {
                    (part.starts_with('.') || !name.starts_with('.')) && matches(part, name)
                })
                .collect();
            names.sort();
            next.extend(names.iter().map(|name| join(name)));
            next.truncate(GLOB_MAX);
        }
        found = next;
    }
    found.retain(|path| !path.is_empty() && std::fs::symlink_metadata(path).is_ok());
    found
}

/// Whether a name fits a pattern of `*`, `?`, `[…]` and `\`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go on when what follows the last star did not fit: one character further.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(_) => {
                if let Some(len) = matches_one(&pattern[p..], name[n]) {
                    p += len;
                    n += 1;
                    continue;
                }
            }
            None => {}
        }
        match star {
            Some((at, from)) => {
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
            None => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many pattern characters stand for `c`; None if they do not.
fn matches_one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => {
            let negated = matches!(rest.first(), Some('!' | '^'));
            let start = usize::from(negated);
            let end = start + 1 + rest.get(start + 1..)?.iter().position(|c| *c == ']')?;
            let set = &rest[start..end];
            let mut inside = false;
            let mut at = 0;
            while at < set.len() {
                if at + 2 < set.len() && set[at + 1] == '-' {
                    inside |= (set[at]..=set[at + 2]).contains(&c);
                    at += 3;
                } else {
                    inside |= set[at] == c;
                    at += 1;
                }
            }
            (inside != negated).then_some(end + 2)
        }
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_tmux_shows_them() {
        assert_eq!(command_name("-bash"), "bash");
        assert_eq!(command_name("/usr/bin/vim"), "vim");
        assert_eq!(command_name("./run"), "./run");
        assert_eq!(command_name(""), "");
    }

    #[test]
    fn patterns_match_as_the_shell_s() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".conf", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]x", "]x", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("\\*", "*", true),
            ("[", "[", false),
            ("", "", true),
            ("**", "abc", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_glob_finds_what_is_there() {
        let base = std::env::temp_dir().join(format!("outlast-glob-test-{}", std::process::id()));
        for name in ["x/a.conf", "x/b.conf", "x/.c.conf", "y/a.txt"] {
            let path = base.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let base = base.to_str().unwrap();
        let relative = |pattern: &str| -> Vec<String> {
            let found = glob(&format!("{base}/{pattern}"));
            found
                .iter()
                .map(|path| path[base.len() + 1..].to_string())
                .collect()
        };
        assert_eq!(relative("*/*.conf"), ["x/a.conf", "x/b.conf"]);
        assert_eq!(relative("x/.*.conf"), ["x/.c.conf"]);
        assert_eq!(relative("y/a.txt"), ["y/a.txt"]);
        assert_eq!(relative("y/b.txt"), Vec::<String>::new());
        std::fs::remove_dir_all(base).unwrap();
    }
}

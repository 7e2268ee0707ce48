//! Whether a program was killed because memory ran out. The kernel tells nobody: a program that it picks ends by
//! SIGKILL like any other. But it counts, for the machine and for each control group, and it says whom it killed in its log,
//! where we may read that. A pane's program that has a group of its own has a count of its own; for the others a count
//! that has moved since we last looked, and a program of ours that was killed, are most likely the same.
//!
//! The counts of the last look are in the journal: a program may be killed while there is no server.

use std::path::{Path, PathBuf};

use outlast_core::PaneId;

use outlast_core::event::ExitStatus;
use outlast_core::save::Entry;
use outlast_sys::{group, kmsg};

use crate::notes::Note;
use crate::server::Server;

/// SIGKILL's number.
const SIGKILL: u8 = 9;
/// What a shell exits with whose last program was killed by it.
const SHELL_SAYS: u8 = 128 + SIGKILL;
/// How often the counts are looked at, while there is anything to do.
const LOOK_MS: u64 = 10_000;

const LIMIT: &str = "out of memory (the limit of its control group)";
const KERNEL: &str = "out of memory (killed by the kernel)";
const PROBABLY: &str = "probably out of memory";

/// Kills that were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// On the machine.
    pub machine: u64,
    /// In the server's own control group.
    pub group: u64,
    /// In the part of the tree in which systemd makes scopes for panes.
    pub scopes: u64,
}

/// The counts as they were last seen.
#[derive(Debug)]
pub(crate) struct OutOfMemory {
    machine: PathBuf,
    group: Option<PathBuf>,
    scopes: Option<PathBuf>,
    log: PathBuf,
    /// At the last look, and at the one before: who was killed shortly before a look may be told of after it.
    last: Counts,
    counts: Counts,
    /// What the journal has.
    noted: Option<Counts>,
    looked_ms: u64,
}

impl OutOfMemory {
    /// As they are now, or as the server before saw them last.
    pub(crate) fn new(before: Option<Counts>) -> OutOfMemory {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let root = Path::new("/sys/fs/cgroup");
        let mut memory = OutOfMemory::of("/proc/vmstat".into(), group_file(&groups, root));
        memory.scopes = group::scopes(root).map(|slice| slice.join("memory.events"));
        memory.last = memory.read();
        memory.counts = before.unwrap_or(memory.last);
        memory
    }

    fn of(machine: PathBuf, group: Option<PathBuf>) -> OutOfMemory {
        let mut memory = OutOfMemory {
            machine,
            group,
            scopes: None,
            log: "/dev/kmsg".into(),
            last: Counts::default(),
            counts: Counts::default(),
            noted: None,
            looked_ms: 0,
        };
        memory.last = memory.read();
        memory.counts = memory.last;
        memory
    }

    fn read(&self) -> Counts {
        let of = |path: &Option<PathBuf>| path.as_deref().map_or(0, count);
        Counts {
            machine: count(&self.machine),
            group: of(&self.group),
            scopes: of(&self.scopes),
        }
    }

    /// Looks again if that was long ago, so that an old count is blamed on nobody. To be called when all ends that are known
    /// have been judged.
    pub(crate) fn look(&mut self, now: u64) {
        if now >= self.looked_ms + LOOK_MS {
            self.looked_ms = now;
            self.counts = self.last;
            self.last = self.read();
        }
    }

    /// For the journal: the counts, if it does not have them.
    pub(crate) fn news(&mut self) -> Option<Entry> {
        (self.noted != Some(self.counts)).then(|| self.entry())
    }

    /// For a compacted journal.
    pub(crate) fn entry(&mut self) -> Entry {
        self.noted = Some(self.counts);
        Note::Kills(self.counts).entry()
    }

    /// What is to be said of a program that ended like this: the one of that number, which `own` is the control group of, if
    /// it had one for itself.
    pub(crate) fn note(
        &mut self,
        status: ExitStatus,
        pid: u32,
        own: Option<&Path>,
    ) -> Option<&'static str> {
        // A pane's program is mostly a shell's child, and it is the child that uses up memory.
        if ![ExitStatus::Signal(SIGKILL), ExitStatus::Code(SHELL_SAYS)].contains(&status) {
            return None;
        }
        let (before, now) = (self.counts, self.read());
        (self.counts, self.last) = (now, now);
        // That of a new program began with nothing.
        let own = own.is_some_and(|group| kills(group) > 0);
        if own || now.group > before.group || now.scopes > before.scopes {
            Some(LIMIT)
        } else if now.machine <= before.machine {
            None
        } else if kmsg::says(&self.log, &format!("Killed process {pid} (")) {
            Some(KERNEL)
        } else {
            Some(PROBABLY)
        }
    }
}

impl Server {
    /// The program of a pane has ended like this: if it was for memory, that is put down.
    pub(crate) fn note_memory(&mut self, pane: PaneId, status: ExitStatus) {
        let pid = self.facts.borrow().get(&pane).map_or(0, |facts| facts.pid);
        let own = group::of_program(pane.0, pid);
        if let Some(note) = self.memory.note(status, pid, own.as_deref()) {
            self.core.note_end(pane, note);
        }
    }
}

/// The kills that a control group has counted, of either version.
fn kills(group: &Path) -> u64 {
    ["memory.events", "memory.oom_control"]
        .iter()
        .map(|file| count(&group.join(file)))
        .sum()
}

/// The number of kills in a file of lines "name number".
fn count(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .find(|(name, _)| *name == "oom_kill")
        .and_then(|(_, number)| number.trim().parse().ok())
        .unwrap_or(0)
}

/// Where our control group counts, from /proc/self/cgroup: the one for memory, or the only one.
fn group_file(groups: &str, root: &Path) -> Option<PathBuf> {
    let lines = groups
        .lines()
        .filter_map(|line| line.split_once(':')?.1.split_once(':'));
    for (controllers, path) in lines {
        let path = path.trim_start_matches('/');
        if controllers.split(',').any(|name| name == "memory") {
            return Some(root.join("memory").join(path).join("memory.oom_control"));
        }
        if controllers.is_empty() && root.join("cgroup.controllers").exists() {
            return Some(root.join(path).join("memory.events"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_kill_while_a_count_moved_is_named() {
        let dir = std::env::temp_dir().join(format!("outlast-oom-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (machine, group) = (dir.join("vmstat"), dir.join("events"));
        let write = |kills: u64, of_group: u64| {
            std::fs::write(&machine, format!("nr_free 7\noom_kill {kills}\n")).unwrap();
            std::fs::write(&group, format!("oom 9\noom_kill {of_group}\n")).unwrap();
        };
        write(3, 1);
        let mut memory = OutOfMemory::of(machine.clone(), Some(group.clone()));
        let killed = ExitStatus::Signal(9);
        assert_eq!(memory.note(killed, 7, None), None);
        write(4, 1);
        assert_eq!(memory.note(ExitStatus::Code(1), 7, None), None);
        assert_eq!(memory.note(killed, 7, None), Some("probably out of memory"));
        assert_eq!(memory.note(killed, 7, None), None, "one count, one program");
        write(5, 2);
        let note = memory.note(killed, 7, None).unwrap();
        assert!(note.starts_with("out of memory"), "{note}");
        write(5, 3);
        let below_a_shell = ExitStatus::Code(137);
        assert!(memory.note(below_a_shell, 7, None).is_some());
        assert_eq!(memory.note(below_a_shell, 7, None), None);
        write(6, 4);
        memory.look(LOOK_MS);
        assert_eq!(
            memory.counts.machine, 5,
            "who is told of late is not forgotten"
        );
        memory.look(2 * LOOK_MS);
        assert_eq!(
            memory.note(killed, 7, None),
            None,
            "that was somebody else's"
        );
        // A group of its own is no matter of opinion, and neither is what the kernel says.
        let own = dir.join("own");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("memory.events"), "oom_kill 0\n").unwrap();
        assert_eq!(memory.note(killed, 7, Some(&own)), None);
        std::fs::write(own.join("memory.events"), "oom_kill 1\n").unwrap();
        assert_eq!(memory.note(killed, 7, Some(&own)), Some(LIMIT));
        write(7, 4);
        memory.log = dir.join("log");
        std::fs::write(&memory.log, "6,1,1,-;Killed process 77 (x) total-vm\n").unwrap();
        assert_eq!(memory.note(killed, 7, None), Some(PROBABLY));
        write(8, 4);
        assert_eq!(memory.note(killed, 77, None), Some(KERNEL));
        // The next server knows what this one saw.
        let Entry::Shell(kind, bytes) = memory.news().unwrap() else {
            panic!("no note")
        };
        assert_eq!(memory.news(), None, "said once");
        let Some(Note::Kills(before)) = Note::read(kind, &bytes) else {
            panic!("no counts")
        };
        write(9, 4);
        let mut next = OutOfMemory::of(machine, Some(group));
        next.log = dir.join("log");
        assert_eq!(next.note(killed, 7, None), None);
        next.counts = before;
        assert_eq!(next.note(killed, 7, None), Some(PROBABLY));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_group_s_file_is_found() {
        let old = "5:cpu:/\n4:memory:/a/b\n0::/\n";
        let file = group_file(old, Path::new("/nowhere"));
        assert_eq!(file, Some("/nowhere/memory/a/b/memory.oom_control".into()));
        assert_eq!(group_file("0::/x\n", Path::new("/nowhere")), None);
    }
}

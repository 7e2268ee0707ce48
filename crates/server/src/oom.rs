//! Whether a program was killed because memory ran out. The kernel tells nobody: a program that it picks ends by
//! SIGKILL like any other. But it counts, for the machine and for a control group; a count that has moved since we last
//! looked, and a program of ours that was killed, are most likely the same.

use std::path::{Path, PathBuf};

use outlast_core::event::ExitStatus;

/// SIGKILL's number.
const SIGKILL: u8 = 9;
/// What a shell exits with whose last program was killed by it.
const SHELL_SAYS: u8 = 128 + SIGKILL;
/// How often the counts are looked at, while there is anything to do.
const LOOK_MS: u64 = 10_000;

/// The counts as they were last seen.
#[derive(Debug)]
pub(crate) struct OutOfMemory {
    machine: PathBuf,
    group: Option<PathBuf>,
    counts: (u64, u64),
    looked_ms: u64,
}

impl OutOfMemory {
    /// As they are now.
    pub(crate) fn new() -> OutOfMemory {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        OutOfMemory::of(
            "/proc/vmstat".into(),
            group_file(&groups, Path::new("/sys/fs/cgroup")),
        )
    }

    fn of(machine: PathBuf, group: Option<PathBuf>) -> OutOfMemory {
        let mut memory = OutOfMemory {
            machine,
            group,
            counts: (0, 0),
            looked_ms: 0,
        };
        memory.counts = memory.read();
        memory
    }

    fn read(&self) -> (u64, u64) {
        (count(&self.machine), self.group.as_deref().map_or(0, count))
    }

    /// Looks again if that was long ago, so that an old count is blamed on nobody.
    pub(crate) fn look(&mut self, now: u64) {
        if now >= self.looked_ms + LOOK_MS {
            self.looked_ms = now;
            self.counts = self.read();
        }
    }

    /// What is to be said of a program that ended like this.
    pub(crate) fn note(&mut self, status: ExitStatus) -> Option<&'static str> {
        // A pane's program is mostly a shell's child, and it is the child that uses up memory.
        if ![ExitStatus::Signal(SIGKILL), ExitStatus::Code(SHELL_SAYS)].contains(&status) {
            return None;
        }
        let before = self.counts;
        self.counts = self.read();
        if self.counts.1 > before.1 {
            Some("out of memory (the limit of its control group)")
        } else if self.counts.0 > before.0 {
            Some("probably out of memory")
        } else {
            None
        }
    }
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
        assert_eq!(memory.note(killed), None);
        write(4, 1);
        assert_eq!(memory.note(ExitStatus::Code(1)), None);
        assert_eq!(memory.note(killed), Some("probably out of memory"));
        assert_eq!(memory.note(killed), None, "one count, one program");
        write(5, 2);
        let note = memory.note(killed).unwrap();
        assert!(note.starts_with("out of memory"), "{note}");
        write(5, 3);
        let below_a_shell = ExitStatus::Code(137);
        assert!(memory.note(below_a_shell).is_some());
        assert_eq!(memory.note(below_a_shell), None);
        write(6, 4);
        memory.look(LOOK_MS);
        assert_eq!(memory.note(killed), None, "that was somebody else's");
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

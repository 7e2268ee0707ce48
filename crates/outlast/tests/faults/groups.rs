//! Control groups of a test's own, where they can be made (root, of either version).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use outlast_testkit::{Signal, proc};

const ROOT: &str = "/sys/fs/cgroup";

/// What is limited: (the old version's folder, its file, the new version's file).
#[derive(Clone, Copy, Debug)]
pub struct Resource(&'static str, &'static str, &'static str);

/// Memory, in bytes.
pub const MEMORY: Resource = Resource("memory", "memory.limit_in_bytes", "memory.max");
/// Processes.
pub const PIDS: Resource = Resource("pids", "pids.max", "pids.max");

/// A group. Whoever is still in it when it is dropped is killed.
#[derive(Debug)]
pub struct Group {
    dir: PathBuf,
    limit: PathBuf,
}

impl Group {
    /// One with this limit; None where we may not.
    pub fn new(resource: Resource, limit: u64) -> Option<Group> {
        let old = Path::new(ROOT).join(resource.0);
        Group::within(&old, resource.1, limit)
            .or_else(|| Group::within(Path::new(ROOT), resource.2, limit))
    }

    /// One within this one.
    pub fn inner(&self, limit: u64) -> Option<Group> {
        let file = self.limit.file_name()?.to_str()?.to_string();
        Group::within(&self.dir, &file, limit)
    }

    fn within(root: &Path, file: &str, limit: u64) -> Option<Group> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = root.join(format!("outlast-test-{}-{number}", std::process::id()));
        // A folder below one that is no group's would be a folder.
        let group = match root.join("cgroup.procs").exists() && fs::create_dir(&dir).is_ok() {
            true => Group {
                limit: dir.join(file),
                dir,
            },
            false => return None,
        };
        // The new version has the file only where the resource is handed down.
        let limited = group.limit.exists() && fs::write(&group.limit, limit.to_string()).is_ok();
        limited.then_some(group)
    }

    /// For a shell: who runs this is in the group from then on.
    pub fn enter(&self) -> String {
        format!("echo $$ > {}/cgroup.procs", self.dir.display())
    }

    /// Who is in it.
    pub fn members(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.dir.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Where processes are limited: no new ones.
        if self.limit.ends_with(PIDS.1) {
            let _ = fs::write(&self.limit, "0");
        }
        let end = Instant::now() + Duration::from_secs(10);
        while fs::remove_dir(&self.dir).is_err() && Instant::now() < end {
            for pid in self.members() {
                let _ = proc::signal(pid, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

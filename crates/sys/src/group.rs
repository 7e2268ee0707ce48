//! Control groups: what a program and all that it starts may use of the machine (cgroups(7)).
//!
//! A group is made beside what the caller is in and the caller moves into it, before it becomes the program. Both versions
//! of the interface are known; which of them somebody who is not root may write to is up to the machine: with version 2 a
//! user's own part of the tree is (systemd delegates it), with version 1 hardly ever.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What our groups' names begin with.
pub const PREFIX: &str = "outlast-";

/// What the names of sessions' groups and slices begin with, which have those of their panes in them. A dash would be a slice
/// within a slice.
pub const SESSION_PREFIX: &str = "outlast_session_";

/// A session's group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its name, with [`SESSION_PREFIX`].
    pub name: String,
    /// What all in it may use together.
    pub limits: Limits,
}

/// What may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory, bytes.
    pub memory: Option<u64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Share of the processor where others want it too: 1 to 10000, 100 is usual.
    pub weight: Option<u64>,
}

/// Which limits the kernel holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Memory.
    pub memory: bool,
    /// Processes.
    pub processes: bool,
    /// Share of the processor.
    pub weight: bool,
}

impl Held {
    /// All that is limited is held.
    pub fn covers(&self, limits: &Limits) -> bool {
        (self.memory || limits.memory.is_none())
            && (self.processes || limits.processes.is_none())
            && (self.weight || limits.weight.is_none())
    }
}

/// Which limits hold a process, from its /proc/PID/cgroup: those of groups with a name of ours.
pub fn held(groups: &str) -> Held {
    let mut held = Held::default();
    for (controllers, path) in lines(groups) {
        let name = path.rsplit('/').next().unwrap_or_default();
        if !name.starts_with(PREFIX) || name.ends_with(".service") {
            continue;
        }
        match controllers {
            // Version 2: one group for all.
            "" => {
                return Held {
                    memory: true,
                    processes: true,
                    weight: true,
                };
            }
            _ => {
                for controller in controllers.split(',') {
                    held.memory |= controller == "memory";
                    held.processes |= controller == "pids";
                    held.weight |= controller == "cpu";
                }
            }
        }
    }
    held
}

/// Of each line of /proc/PID/cgroup the controllers ("" for version 2) and the path, which begins with a slash.
fn lines(groups: &str) -> impl Iterator<Item = (&str, &str)> {
    groups
        .lines()
        .filter_map(|line| line.split_once(':')?.1.split_once(':'))
}

/// Which limits of its session hold a process, from its /proc/PID/cgroup.
pub fn held_by_session(groups: &str) -> Held {
    let mut held = Held::default();
    let of_session = |path: &str| path.split('/').any(|name| name.starts_with(SESSION_PREFIX));
    for (controllers, _) in lines(groups).filter(|(_, path)| of_session(path)) {
        let has =
            |wanted| controllers.is_empty() || controllers.split(',').any(|one| one == wanted);
        held.memory |= has("memory");
        held.processes |= has("pids");
        held.weight |= has("cpu");
    }
    held
}

/// What the group of a pane's program is called.
pub fn name(pane: &str, pid: u32) -> String {
    format!("{PREFIX}{pane}-{pid}")
}

/// Where the user's systemd makes scopes for panes, if it does here.
pub fn scopes(root: &Path) -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let slice = format!("user.slice/user-{uid}.slice/user@{uid}.service/app.slice");
    Some(root.join(slice)).filter(|slice| slice.is_dir())
}

/// The control group that a pane's program had for its memory, if that is still there: who has ended leaves it empty until
/// the next one is made; systemd removes its scopes.
pub fn of_program(pane: u32, pid: u32) -> Option<PathBuf> {
    let name = name(&pane.to_string(), pid);
    Tree::ours().memory(&name)
}

/// The tree of groups, and where in it a process is.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    groups: String,
}

impl Tree {
    /// The machine's, and where we are.
    pub fn ours() -> Tree {
        Tree {
            root: PathBuf::from("/sys/fs/cgroup"),
            groups: fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
        }
    }

    /// The group of that name that counts memory: where [`Tree::enter`] or systemd may have made it.
    fn memory(&self, name: &str) -> Option<PathBuf> {
        let of = |wanted: &str| {
            let mut lines = lines(&self.groups);
            let found = lines.find(|(all, _)| all.split(',').any(|one| one == wanted));
            found.map(|(_, path)| path.trim_start_matches('/'))
        };
        let old = of("memory").map(|path| self.root.join("memory").join(path));
        let own = of("").map(|path| self.root.join(path));
        let beside = own
            .as_ref()
            .and_then(|own| Some(own.parent()?.to_path_buf()));
        let places = [old, own, beside].into_iter().flatten();
        let scope = scopes(&self.root).map(|slice| slice.join(format!("{name}.scope")));
        let found = places.filter_map(|place| {
            let of_session = |entry: fs::DirEntry| {
                let found = entry.file_name();
                let of_session = found.to_string_lossy().starts_with(SESSION_PREFIX);
                of_session.then(|| entry.path().join(name))
            };
            let within = fs::read_dir(&place).into_iter().flatten().flatten();
            let mut all = within.filter_map(of_session).chain([place.join(name)]);
            all.find(|path| path.is_dir())
        });
        found.chain(scope.filter(|path| path.is_dir())).next()
    }

    /// Makes groups named `name` (with [`PREFIX`]) with these limits, within that of the session if it has limits, and moves
    /// process `pid` into them. What could not be limited is told apart by [`held`] afterwards; groups of former programs that
    /// are empty are removed.
    pub fn enter(&self, name: &str, limits: &Limits, session: Option<&Session>, pid: u32) {
        if self.version_2(name, limits, session, pid).is_some() {
            return;
        }
        let none = Limits::default();
        let around = version_1(session.map_or(&none, |session| &session.limits));
        for ((controller, own), (_, around)) in version_1(limits).into_iter().zip(around) {
            // One that is not there or not ours to write is one limit less, not an error.
            let around = session.map(|session| (session.name.as_str(), around.as_slice()));
            let _ = self.controller(controller, name, &own, around, pid);
        }
    }

    fn version_2(
        &self,
        name: &str,
        limits: &Limits,
        session: Option<&Session>,
        pid: u32,
    ) -> Option<()> {
        let (_, path) = lines(&self.groups).find(|(controllers, _)| controllers.is_empty())?;
        let own = self.root.join(path.trim_start_matches('/'));
        let none = Limits::default();
        let around = version_2(session.map_or(&none, |session| &session.limits));
        let limits = version_2(limits);
        // Processes and limits for children cannot be in the same group, so ours is mostly beside our own.
        let parents = [
            Some(own.as_path()),
            own.parent().filter(|_| own != self.root),
        ];
        let mut parent = parents.into_iter().flatten().find(|parent| {
            let enabled = fs::read_to_string(parent.join("cgroup.subtree_control"));
            let enabled = enabled.unwrap_or_default();
            let mut wanted = around.iter().chain(&limits);
            wanted.all(|(controller, ..)| enabled.split_whitespace().any(|one| one == *controller))
        })?;
        let of_session;
        if let Some(session) = session {
            of_session = fresh(parent, &session.name).ok()?;
            around
                .iter()
                .try_for_each(|limit| write(&of_session, limit))
                .ok()?;
            let wanted: Vec<String> = limits.iter().map(|(name, ..)| format!("+{name}")).collect();
            if !wanted.is_empty() {
                fs::write(of_session.join("cgroup.subtree_control"), wanted.join(" ")).ok()?;
            }
            parent = &of_session;
        }
        fill(parent, name, &limits, pid).ok()
    }

    fn controller(
        &self,
        controller: &str,
        name: &str,
        settings: &[Setting],
        session: Option<(&str, &[Setting])>,
        pid: u32,
    ) -> io::Result<()> {
        let ours = lines(&self.groups).find(|(all, _)| all.split(',').any(|one| one == controller));
        let around = session.filter(|(_, settings)| !settings.is_empty());
        let Some((_, path)) = ours.filter(|_| around.is_some() || !settings.is_empty()) else {
            return Ok(());
        };
        let mut parent = self
            .root
            .join(controller)
            .join(path.trim_start_matches('/'));
        if let Some((session, settings)) = around {
            parent = fresh(&parent, session)?;
            settings
                .iter()
                .try_for_each(|limit| write(&parent, limit))?;
        }
        fill(&parent, name, settings, pid)
    }
}

/// Controller, file, value.
type Setting = (&'static str, &'static str, u64);

fn write(group: &Path, (_, file, value): &Setting) -> io::Result<()> {
    fs::write(group.join(file), value.to_string())
}

/// A new group with limits, for a process.
fn fill(parent: &Path, name: &str, settings: &[Setting], pid: u32) -> io::Result<()> {
    let group = fresh(parent, name)?;
    let entered = settings
        .iter()
        .try_for_each(|limit| write(&group, limit))
        .and_then(|()| fs::write(group.join("cgroup.procs"), pid.to_string()));
    if entered.is_err() {
        let _ = fs::remove_dir(&group);
    }
    entered
}

/// Files of version 2.
fn version_2(limits: &Limits) -> Vec<Setting> {
    let all = [
        ("memory", "memory.max", limits.memory),
        ("pids", "pids.max", limits.processes),
        ("cpu", "cpu.weight", limits.weight),
    ];
    let set = all.into_iter();
    set.filter_map(|(controller, file, value)| Some((controller, file, value?)))
        .collect()
}

/// Files of version 1, by controller.
fn version_1(limits: &Limits) -> [(&'static str, Vec<Setting>); 3] {
    let one = |controller, file, value: Option<u64>| {
        let set = value.map(|value| (controller, file, value));
        (controller, set.into_iter().collect())
    };
    // 1024 shares are usual there, 2 the least.
    let shares = limits
        .weight
        .map(|weight| (weight.saturating_mul(1024) / 100).max(2));
    [
        one("memory", "memory.limit_in_bytes", limits.memory),
        one("pids", "pids.max", limits.processes),
        one("cpu", "cpu.shares", shares),
    ]
}

/// A new group. Those of ours beside it that nobody is in any more are removed: only empty ones can be.
fn fresh(parent: &Path, name: &str) -> io::Result<PathBuf> {
    for entry in fs::read_dir(parent)?.flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(SESSION_PREFIX) && found != name {
            for inner in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                if inner.file_name().to_string_lossy().starts_with(PREFIX) {
                    let _ = fs::remove_dir(inner.path());
                }
            }
            let _ = fs::remove_dir(entry.path());
        } else if found.starts_with(PREFIX) {
            let _ = fs::remove_dir(entry.path());
        }
    }
    let group = parent.join(name);
    match fs::create_dir(&group) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_is_read_off_the_groups_names() {
        let old = "4:memory:/a/outlast-3-77\n8:pids:/\n1:cpu,cpuacct:/outlast-3-77\n0::/\n";
        let held_of = |memory, processes, weight| Held {
            memory,
            processes,
            weight,
        };
        assert_eq!(held(old), held_of(true, false, true));
        let new = "0::/user.slice/user-1.slice/user@1.service/app.slice/outlast-3-77.scope\n";
        assert_eq!(held(new), held_of(true, true, true));
        // Our own service is no limit, and neither is a name that only looks like ours further up.
        assert_eq!(held("0::/app.slice/outlast-x.service\n"), Held::default());
        assert_eq!(held("4:memory:/outlast-1/b\nrubbish\n"), Held::default());
        let memory = Limits {
            memory: Some(1),
            ..Limits::default()
        };
        assert!(held(old).covers(&memory) && !Held::default().covers(&memory));
        assert!(!held(old).covers(&Limits {
            processes: Some(1),
            ..memory
        }));
    }

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path =
                std::env::temp_dir().join(format!("outlast-group-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }
        fn text(&self, path: &str) -> String {
            fs::read_to_string(self.0.join(path)).unwrap_or_default()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const ALL: Limits = Limits {
        memory: Some(4096),
        processes: Some(9),
        weight: Some(50),
    };

    #[test]
    fn version_2_makes_a_group_beside_ours() {
        let scratch = Scratch::new("two");
        let slice = scratch.0.join("app.slice");
        fs::create_dir_all(slice.join("keeper.service")).unwrap();
        fs::create_dir_all(slice.join("outlast-left")).unwrap();
        fs::write(slice.join("cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let tree = Tree {
            root: scratch.0.clone(),
            groups: "0::/app.slice/keeper.service\n".into(),
        };
        tree.enter("outlast-1", &ALL, None, 77);
        let of = |file: &str| scratch.text(&format!("app.slice/outlast-1/{file}"));
        assert_eq!(
            [
                of("memory.max"),
                of("pids.max"),
                of("cpu.weight"),
                of("cgroup.procs")
            ],
            ["4096", "9", "50", "77"]
        );
        assert_eq!(tree.memory("outlast-1"), Some(slice.join("outlast-1")));
        assert!(
            !slice.join("outlast-left").exists(),
            "an empty one is removed"
        );
        let session = Session {
            name: format!("{SESSION_PREFIX}x_3"),
            limits: ALL,
        };
        tree.enter("outlast-3", &ALL, Some(&session), 78);
        let of = |file: &str| scratch.text(&format!("app.slice/outlast_session_x_3/{file}"));
        assert_eq!(of("memory.max"), "4096");
        assert_eq!(of("cgroup.subtree_control"), "+memory +pids +cpu");
        assert_eq!(of("outlast-3/cgroup.procs"), "78");
        // Where what is wanted is not handed down, nothing is made.
        fs::write(slice.join("cgroup.subtree_control"), "pids\n").unwrap();
        tree.enter("outlast-2", &ALL, None, 77);
        assert!(!slice.join("outlast-2").exists());
    }

    #[test]
    fn version_1_makes_a_group_below_ours_for_each_controller_that_is_there() {
        let scratch = Scratch::new("one");
        fs::create_dir_all(scratch.0.join("memory/a")).unwrap();
        fs::create_dir_all(scratch.0.join("cpu")).unwrap();
        let groups = "4:memory:/a\n8:pids:/\n1:cpu:/\n0::/\n".to_string();
        let tree = Tree {
            root: scratch.0.clone(),
            groups,
        };
        tree.enter("outlast-1", &ALL, None, 77);
        assert_eq!(
            scratch.text("memory/a/outlast-1/memory.limit_in_bytes"),
            "4096"
        );
        assert_eq!(scratch.text("memory/a/outlast-1/cgroup.procs"), "77");
        let found = Some(scratch.0.join("memory/a/outlast-1"));
        assert_eq!(tree.memory("outlast-1"), found);
        assert_eq!(tree.memory("outlast-2"), None);
        assert_eq!(scratch.text("cpu/outlast-1/cpu.shares"), "512");
        assert!(
            !scratch.0.join("pids").exists(),
            "what is not there is left out"
        );
        // A session's is around it.
        let session = Session {
            name: format!("{SESSION_PREFIX}x_3"),
            limits: Limits {
                memory: Some(8192),
                ..Limits::default()
            },
        };
        tree.enter("outlast-3", &ALL, Some(&session), 77);
        let of = |file: &str| scratch.text(&format!("memory/a/outlast_session_x_3/{file}"));
        assert_eq!(of("memory.limit_in_bytes"), "8192");
        assert_eq!(of("outlast-3/memory.limit_in_bytes"), "4096");
        assert_eq!(scratch.text("cpu/outlast-3/cpu.shares"), "512");
        let found = scratch.0.join("memory/a/outlast_session_x_3/outlast-3");
        assert_eq!(tree.memory("outlast-3"), Some(found));
        let groups = "4:memory:/a/outlast_session_x_3/outlast-3\n1:cpu:/outlast-3\n";
        let by_session = held_by_session(groups);
        assert!(by_session.memory && !by_session.weight && held(groups).weight);
        // Nothing wanted, nothing made.
        tree.enter(
            "outlast-2",
            &Limits {
                memory: Some(1),
                ..Limits::default()
            },
            None,
            77,
        );
        assert!(!scratch.0.join("cpu/outlast-2").exists());
    }
}

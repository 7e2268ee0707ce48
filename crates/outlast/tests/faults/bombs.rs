//! A program that starts itself for ever.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{World, proc};

use crate::bystanders::{Bystanders, Kept};
use crate::groups::{self, Group};
use crate::{is_root, programs, shell};

type Result<T> = std::result::Result<T, String>;

/// As many processes (threads count) as the world may have.
const MOST: u64 = 120;
/// As many of these are there before it is called full.
const MANY: usize = 60;

/// Ends every one of them, whatever becomes of the test.
struct Stop(PathBuf);

impl Drop for Stop {
    fn drop(&mut self) {
        let _ = std::fs::write(&self.0, "");
    }
}

/// What of the world is such a program.
fn bombs(world: &World) -> usize {
    let all = world.processes();
    let is_one = |pid: &&u32| proc::command_line(**pid).contains(" faults-role bomb ");
    all.iter().filter(is_one).count()
}

/// Tasks that our user has.
fn own_tasks() -> Option<u64> {
    let own = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?);
    let mut count = 0;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let uid = entry
            .metadata()
            .map(|found| std::os::unix::fs::MetadataExt::uid(&found));
        if uid.is_ok_and(|uid| uid == own) {
            let tasks = std::fs::read_dir(entry.path().join("task"));
            count += tasks.map_or(0, |tasks| tasks.count() as u64);
        }
    }
    Some(count)
}

/// All numbers are taken: panes that are there go on, new ones are refused in words, `kill-pane` ends all of it.
pub fn forks(world: &World) -> Result<()> {
    world.write(".tmux.conf", "set -g exit-empty off\n")?;
    let group = is_root().then(|| Group::new(groups::PIDS, MOST)).flatten();
    let limit = match &group {
        Some(group) => {
            println!("form: a group of {MOST} processes");
            format!("{} && exec", group.enter())
        }
        None if is_root() => {
            println!("form: none: root has no limit, and no group can be made");
            return Ok(());
        }
        None => {
            let most = own_tasks().unwrap_or(0) + MOST;
            println!("form: a limit of {most} processes of this user");
            format!("exec prlimit --nproc={most}")
        }
    };
    shell(world, &format!("{limit} tmux start-server"))?;
    let others = Bystanders::start(world, Kept::All)?;
    world.session("a", (100, 24), "exec cat")?;
    let mut client = world.client(100, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    let stop = Stop(world.dir().join("bomb.stop"));
    let bomb = programs::command("bomb", &[&stop.0.to_string_lossy()])?;
    world.ok(&["new-window", "-d", "-t", "a:", "-n", "bomb", &bomb])?;
    let end = Instant::now() + patience();
    while bombs(world) < MANY {
        if Instant::now() > end {
            return Err(format!("only {} of them", bombs(world)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    client.type_text("still here")?;
    client.wait_text("still here", patience())?;
    // Refused in words, perhaps not at the first try: a number may just be free.
    let mut tries = 0;
    let refused = loop {
        let made = world.tmux(&["new-window", "-d", "-t", "a:", "exec cat"])?;
        if made.status != 0 {
            break made;
        }
        tries += 1;
        if tries > 50 {
            return Err("there is always room".into());
        }
    };
    let said = refused.stderr.trim_end();
    if !said.starts_with("create window failed: fork failed: ") {
        return Err(format!("refused, but: {refused:?}"));
    }
    println!("  {said}");
    others.go_on()?;
    others.same_processes()?;
    println!("  {} of them", bombs(world));
    world.ok(&["kill-pane", "-t", "a:bomb"])?;
    let end = Instant::now() + patience();
    while bombs(world) > 0 {
        if Instant::now() > end {
            return Err(format!("{} are left after kill-pane", bombs(world)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    world.ok(&["new-window", "-d", "-t", "a:", "-n", "again", "exec cat"])?;
    world.until(
        &["list-panes", "-t", "a:again", "-F", "#{pane_pid}"],
        |pid| pid.trim_end().parse::<u32>().is_ok_and(|pid| pid > 0),
    )?;
    others.same_processes()?;
    others.check()
}

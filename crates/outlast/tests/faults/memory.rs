//! Memory that runs out, and programs that would have the server or the keeper use it up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use outlast_testkit::{World, proc};

use crate::bystanders::{Bystanders, Kept};
use crate::groups::{self, Group};
use crate::programs::{self, KINDS, Kind, LINE};
use crate::shell;

type Result<T> = std::result::Result<T, String>;

const MIB: u64 = 1 << 20;
/// Of everything that is in the world.
const GROUP: u64 = 400 * MIB;

/// A program uses up all memory there is: the kernel ends that one, the pane says so, nobody else notices.
pub fn runs_out(world: &World) -> Result<()> {
    world.write(
        ".tmux.conf",
        "set -g remain-on-exit on\nset -g exit-empty off\n",
    )?;
    let Some(group) = Group::new(groups::MEMORY, GROUP) else {
        println!("form: no memory group can be made: scores are read back");
        return scores(world);
    };
    println!("form: really, in a group of {} MiB", GROUP / MIB);
    shell(
        world,
        &format!("{} && exec tmux start-server", group.enter()),
    )?;
    let others = Bystanders::start(world, Kept::All)?;
    let (server, keeper) = (others.server(), others.keeper());
    let members = group.members();
    if !members.contains(&server) || !members.contains(&keeper) {
        return Err(format!("{server} and {keeper} are not in {members:?}"));
    }
    world.session("a", (120, 24), "exec cat")?;
    let mut client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    let eat = programs::command("eat", &["2000"])?;
    // By itself, and below a shell, which says how its program ended as shells do.
    for (name, command) in [
        ("eats", eat.clone()),
        ("shell", format!("({eat}); exit $?")),
    ] {
        world.ok(&["new-window", "-t", "a:", "-n", name, &command])?;
        let line = "(the limit of its control group)";
        client.wait_text(line, Duration::from_secs(60))?;
        let row = client
            .picture()
            .rows()
            .into_iter()
            .find(|row| row.contains(line));
        println!("  {name}: {}", row.unwrap_or_default().trim());
        others.go_on()?;
        others.same_processes()?;
    }
    // Another's limit: the kernel's count of the machine is all there is to tell by.
    if let Some(inner) = group.inner(50 * MIB) {
        let command = format!("{}; {eat}", inner.enter());
        world.ok(&["new-window", "-t", "a:", "-n", "inner", &command])?;
        let is_said = |text: &str| text.contains("inner*") && text.contains("out of memory");
        client.wait_picture(Duration::from_secs(60), |picture| is_said(&picture.text()))?;
        let row = client
            .picture()
            .rows()
            .into_iter()
            .find(|row| row.contains("out of memory"));
        println!("  in a group within: {}", row.unwrap_or_default().trim());
    }
    client.keys("C-b 0")?;
    client.type_text("still here")?;
    client.wait_text("still here", Duration::from_secs(10))?;
    others.same_processes()?;
    others.check()
}

/// For an ordinary user: who would go first.
fn scores(world: &World) -> Result<()> {
    let others = Bystanders::start(world, Kept::All)?;
    let score = |pid: u32| -> Result<i32> {
        let text = proc::read(&format!("/proc/{pid}/oom_score_adj"))?;
        text.trim().parse().map_err(|_| format!("no score: {text}"))
    };
    let most = score(others.server())?.max(score(others.keeper())?);
    let panes = world.ok(&["list-panes", "-a", "-F", "#{pane_pid}"])?;
    for pid in panes.lines().filter_map(|pid| pid.parse().ok()) {
        let end = Instant::now() + Duration::from_secs(10);
        while score(pid)? <= most && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        let own = score(pid)?;
        println!("  program {own}, server and keeper {most}");
        if own < (most + 300).min(1000) {
            return Err(format!(
                "a program has {own}, the server or the keeper {most}"
            ));
        }
    }
    others.check()
}

/// The largest sums of PSS of server and keeper, while `during` runs.
pub fn watched(pids: [u32; 2], during: impl FnOnce() -> Result<()>) -> Result<[u64; 2]> {
    let (done, peaks) = (
        AtomicBool::new(false),
        [AtomicU64::new(0), AtomicU64::new(0)],
    );
    let look = || {
        for (pid, peak) in pids.iter().zip(&peaks) {
            peak.fetch_max(proc::pss(*pid), Ordering::Relaxed);
        }
    };
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                look();
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let result = during();
        done.store(true, Ordering::Relaxed);
        result
    });
    result?;
    look();
    Ok(peaks.map(AtomicU64::into_inner))
}

fn report(world: &World, name: &str, long: Duration) -> Result<f64> {
    let path = world.dir().join(format!("{name}.report"));
    let end = Instant::now() + long;
    loop {
        if let Ok(text) = std::fs::read_to_string(&path) {
            return text.parse().map_err(|_| format!("report {text:?}"));
        }
        if Instant::now() > end {
            return Err(format!("{name} is not done after {long:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Plays a kind to its end, with a client looking on: the most that server and keeper had meanwhile.
fn played(world: &World, pids: [u32; 2], kind: &Kind, amount: u64) -> Result<[u64; 2]> {
    let name = kind.name;
    let path = world
        .dir()
        .join(format!("{name}.report"))
        .to_string_lossy()
        .into_owned();
    let command = programs::command("hostile", &[name, &amount.to_string(), &path])?;
    let pane = format!("a:{name}");
    let peaks = watched(pids, || {
        world.ok(&["new-window", "-t", "a:", "-n", name, &command])?;
        let secs = report(world, name, Duration::from_secs(600))?;
        world.until(&["capture-pane", "-p", "-t", &pane], |text| {
            text.contains(&format!("END OF {name}"))
        })?;
        println!("  {name}: {amount} pieces in {secs:.1} s");
        Ok(())
    })?;
    Ok(peaks)
}

/// The most that a server may use beyond what it had, for a pane that gathers nothing but what is on its screen and in
/// 500 lines of history, which on 120 letters with fifty marks each is 6 MB. A sequence's string is kept up to 4 MiB; there may be that, the title or clipboard made of it,
/// two checkpoints and one on its way, and the allocator's own share. Everything that is sent is more than this, so
/// whoever kept it all would be found.
const SERVER_MOST: u64 = 16 * MIB;
/// Links are kept as long as a cell may show them: a table of 64 Ki at most, of which a new one is made when it is full.
/// What is sent is 100 MB.
const LINKS_MOST: u64 = 64 * MIB;
/// The keeper has a ring of 1 MiB for each pane, and knows of nothing else.
const KEEPER_MOST: u64 = 3 * MIB;

/// Programs that write without end, measure or sense: server and keeper stay within bounds.
pub fn hostile(world: &World) -> Result<()> {
    let others = Bystanders::start(world, Kept::Newest)?;
    let pids = [others.server(), others.keeper()];
    world.session("a", (120, 24), "exec cat")?;
    world.ok(&["set-option", "-t", "a", "history-limit", "500"])?;
    let mut client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    // A gigabyte takes more than 15 s: `TESTKIT_LONG=1`, as CI sets it.
    let long = std::env::var_os("TESTKIT_LONG").is_some();
    let line = if long { 1 << 30 } else { 200 << 20 };
    for kind in KINDS.iter().chain([&LINE]) {
        let name = kind.name;
        let amount = match name {
            "line" => line / (64 * 1024),
            _ => kind.amount,
        };
        let before = pids.map(proc::pss);
        let peaks = played(world, pids, kind, amount)?;
        let kib = |bytes: [u64; 2]| bytes.map(|bytes| bytes / 1024);
        let (was, most) = (kib(before), kib(peaks));
        println!(
            "    server {} to {} KiB, keeper {} to {} KiB",
            was[0], most[0], was[1], most[1]
        );
        let allowed = match name {
            "links" => LINKS_MOST,
            _ => SERVER_MOST,
        };
        for (who, n, allowed) in [("server", 0, allowed), ("keeper", 1, KEEPER_MOST)] {
            if peaks[n] > before[n] + allowed {
                return Err(format!(
                    "{name}: the {who} had {} bytes and then {}",
                    before[n], peaks[n]
                ));
            }
        }
        world.ok(&["kill-window", "-t", &format!("a:{name}")])?;
        others.go_on()?;
    }
    client.type_text("still here")?;
    client.wait_text("still here", Duration::from_secs(10))?;
    // The measure is one: what is really kept is seen.
    let file = world.dir().join("kept");
    std::fs::write(&file, "kept ".repeat(5 << 20)).map_err(|error| error.to_string())?;
    let before = proc::pss(pids[0]);
    let peaks = watched(pids, || {
        world
            .ok(&["load-buffer", &file.to_string_lossy()])
            .map(drop)
    })?;
    if peaks[0] < before + SERVER_MOST {
        return Err(format!(
            "25 MiB are kept and {} became {}",
            before, peaks[0]
        ));
    }
    others.same_processes()?;
    others.check()
}

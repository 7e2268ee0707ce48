//! A hundred megabytes of input: typed by a client, and out of a buffer.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use outlast_testkit::{World, proc};

use crate::bystanders::{Bystanders, Kept};
use crate::memory::watched;
use crate::programs;

type Result<T> = std::result::Result<T, String>;

const MIB: u64 = 1 << 20;
/// Length of a line, its end included.
const LINE: u64 = 64;
/// As terminals do it.
const BRACKETS: [&[u8]; 2] = [b"\x1b[200~", b"\x1b[201~"];

/// How many there are: 100 MiB take long on a busy machine, and are for `TESTKIT_LONG=1`, as CI has it.
fn all_lines() -> u64 {
    match std::env::var_os("TESTKIT_LONG") {
        Some(_) => 100 * MIB / LINE,
        None => 24 * MIB / LINE,
    }
}

/// The line with this number as it is typed.
fn line(number: u64, end: char) -> String {
    format!(
        "{number:012} once and in order, and no byte of it is another {:010}{end}",
        number * 7919
    )
}

/// What is pasted: from line `from` on, `count` lines.
fn lines(from: u64, count: u64, end: char) -> Vec<u8> {
    (from..from + count)
        .flat_map(|n| line(n, end).into_bytes())
        .collect()
}

/// `sink GO REPORT COUNT`: reads nothing until the file GO exists, then all that comes, slowly, and looks at every byte. Into
/// REPORT goes how many lines were right, and what was wrong.
pub fn sink(words: &[String]) -> Result<()> {
    let [go, report, count] = words else {
        return Err("three words".into());
    };
    let count: u64 = count.parse().map_err(|_| "no number")?;
    let mut out = std::io::stdout();
    let io = |error: std::io::Error| error.to_string();
    out.write_all(b"ready")
        .and_then(|()| out.flush())
        .map_err(io)?;
    while !std::path::Path::new(go).exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (mut input, mut buffer) = (std::io::stdin(), vec![0; 64 * 1024]);
    let (mut wanted, mut number, mut total, mut rested) = (Vec::new(), 0, 0u64, 0);
    let say = |text: String| std::fs::write(report, text).map_err(io);
    while number < count || !wanted.is_empty() {
        let len = input.read(&mut buffer).map_err(io)?;
        for byte in &buffer[..len] {
            if wanted.is_empty() {
                wanted = line(number, '\r').into_bytes();
                wanted.reverse();
                number += 1;
            }
            if wanted.pop() != Some(*byte) {
                return say(format!("wrong in line {} at byte {total}", number - 1));
            }
            total += 1;
        }
        if len == 0 {
            return say(format!("the end after {total} bytes"));
        }
        // Slower than what types.
        if total / (2 * MIB) > rested {
            rested = total / (2 * MIB);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    say(format!("right {number}"))?;
    // Whatever comes now comes twice.
    let len = input.read(&mut buffer).map_err(io)?;
    say(format!("{len} bytes more"))
}

fn reported(world: &World, name: &str, long: Duration) -> Result<String> {
    let path = world.dir().join(name);
    let end = Instant::now() + long;
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if !text.is_empty() {
            return Ok(text);
        }
        if Instant::now() > end {
            return Err(format!("nothing in {name} after {long:?}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts a sink in a window of session `a`.
/// Runs a command that may take longer than others.
fn long(world: &World, words: &[&str]) -> Result<()> {
    let argv = world.argv(words);
    let mut command = std::process::Command::new(&argv[0]);
    command.args(&argv[1..]).env_clear().envs(world.env());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let ended = proc::wait_exit(child.id(), Duration::from_secs(120));
    if ended.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    ended?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{words:?}: {status}")),
    }
}

fn start(world: &World, name: &str) -> Result<()> {
    let path = |end: &str| {
        world
            .dir()
            .join(format!("{name}.{end}"))
            .to_string_lossy()
            .into_owned()
    };
    let sink = programs::command(
        "sink",
        &[&path("go"), &path("report"), &all_lines().to_string()],
    )?;
    let sink = format!("stty raw -echo; {sink}");
    world.ok(&["new-window", "-t", "a:", "-n", name, &sink])?;
    let pane = format!("a:{name}");
    world
        .until(&["capture-pane", "-p", "-t", &pane], |text| {
            text.contains("ready")
        })
        .map(drop)
}

fn go(world: &World, name: &str) -> Result<()> {
    let path = world.dir().join(format!("{name}.go"));
    std::fs::write(path, "").map_err(|error| error.to_string())
}

/// A client types it all. As long as the program reads nothing hardly anything of it is taken; the others go on.
pub fn typed(world: &World) -> Result<()> {
    let count = all_lines();
    let others = Bystanders::start(world, Kept::Newest)?;
    let pids = [others.server(), others.keeper()];
    world.session("a", (80, 24), "exec cat")?;
    world.session("b", (80, 24), "exec cat")?;
    start(world, "sink")?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
    let mut other = world.client(80, 25, &["attach-session", "-t", "b"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    other.wait_text("[b]", Duration::from_secs(10))?;
    let caller = client.pid();
    let before = pids.map(proc::pss);
    let typed = AtomicU64::new(0);
    let started = Instant::now();
    let peaks = std::thread::scope(|scope| {
        let typist = scope.spawn(|| -> Result<()> {
            client.write(BRACKETS[0])?;
            for from in (0..count).step_by(64) {
                client.write(&lines(from, 64.min(count - from), '\r'))?;
                typed.store((from + 64) * LINE, Ordering::Relaxed);
            }
            client.write(BRACKETS[1])?;
            Ok(())
        });
        let peaks = watched(pids, || {
            // Until nothing is taken any more.
            let mut last = (0, Instant::now());
            while last.1.elapsed() < Duration::from_millis(500) {
                let now = typed.load(Ordering::Relaxed);
                if now != last.0 {
                    last = (now, Instant::now());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            println!(
                "  {} KiB taken from a client while nobody reads",
                last.0 / 1024
            );
            if last.0 > 8 * MIB {
                return Err(format!("{} bytes were taken that nobody reads", last.0));
            }
            other.type_text("still here")?;
            other.wait_text("still here", Duration::from_secs(10))?;
            others.go_on()?;
            go(world, "sink")
        });
        let peaks = peaks.and_then(|_| {
            watched(pids, || {
                match reported(world, "sink.report", Duration::from_secs(300))? {
                    text if text == format!("right {count}") => Ok(()),
                    text => Err(format!("the program read: {text}")),
                }
            })
        });
        if peaks.is_err() {
            // Else the typist would never end.
            let _ = proc::signal(caller, outlast_testkit::Signal::KILL);
        }
        typist.join().map_err(|_| "the typist failed")??;
        peaks
    })?;
    println!(
        "  {} MiB typed in {:?}",
        count * LINE / MIB,
        started.elapsed()
    );
    println!(
        "  server {} KiB, at most {}",
        before[0] / 1024,
        peaks[0] / 1024
    );
    println!(
        "  keeper {} KiB, at most {}",
        before[1] / 1024,
        peaks[1] / 1024
    );
    println!("  client {} KiB", proc::pss(caller) / 1024);
    if peaks[0] > before[0] + 16 * MIB || peaks[1] > before[1] + 4 * MIB {
        return Err(format!(
            "server and keeper had {before:?} and then {peaks:?}"
        ));
    }
    others.same_processes()?;
    others.check()
}

/// A buffer of as much is loaded and pasted. It is in memory, as often as it is on its way; afterwards it is not.
pub fn pasted(world: &World) -> Result<()> {
    let count = all_lines();
    let others = Bystanders::start(world, Kept::Newest)?;
    let pids = [others.server(), others.keeper()];
    world.session("a", (80, 24), "exec cat")?;
    start(world, "sink")?;
    let file = world.dir().join("much");
    std::fs::write(&file, lines(0, count, '\n')).map_err(|error| error.to_string())?;
    let before = pids.map(proc::pss);
    let started = Instant::now();
    let loading = watched(pids, || {
        long(
            world,
            &["load-buffer", "-b", "much", &file.to_string_lossy()],
        )
    })?;
    let loaded = pids.map(proc::pss);
    println!(
        "  load: {:?} {} {}",
        started.elapsed(),
        loading[0] / 1024,
        loaded[0] / 1024
    );
    let pasting = watched(pids, || {
        long(world, &["paste-buffer", "-b", "much", "-t", "a:sink"])?;
        others.go_on()?;
        go(world, "sink")?;
        match reported(world, "sink.report", Duration::from_secs(300))? {
            text if text == format!("right {count}") => Ok(()),
            text => Err(format!("the program read: {text}")),
        }
    })?;
    long(world, &["delete-buffer", "-b", "much"])?;
    let after = pids.map(proc::pss);
    println!(
        "  server {} KiB, loading {}, loaded {}, pasting {}, after {}",
        before[0] / 1024,
        loading[0] / 1024,
        loaded[0] / 1024,
        pasting[0] / 1024,
        after[0] / 1024
    );
    println!(
        "  keeper {} KiB, pasting {}, after {}",
        before[1] / 1024,
        pasting[1] / 1024,
        after[1] / 1024
    );
    println!("  {:?}", started.elapsed());
    // The buffer, the text made of it, what of that waits, the journal's two: and what is made while it grows.
    if pasting[0] > before[0] + 10 * count * LINE || pasting[1] > before[1] + 4 * MIB {
        return Err(format!(
            "server and keeper had {before:?} and then {pasting:?}"
        ));
    }
    others.same_processes()?;
    others.check()
}

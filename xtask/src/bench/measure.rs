//! The measurements. Each runs one subject once and answers with rows.

use std::fs;
use std::time::{Duration, Instant};

use outlast_testkit::roles::{self, write::SENTINEL};
use outlast_testkit::{Rng, World, torture};

use super::crowd::{agents, rest, wakes, windows};
use super::drain::Drain;
use super::subject::{PATIENCE, Subject, cpu_ns, memory, stage, world};
use super::workloads::{ALL, SIZE, make};
use super::{Row, Rows, Scale};

/// What runs one subject once.
type Measure = fn(&Subject, &Scale) -> Rows;

/// Measurements: name, whether a bare pty can take part, function.
pub const ALL_MEASURES: [(&str, bool, Measure); 9] = [
    ("throughput", true, throughput),
    ("latency", true, latency),
    ("attach", false, attach),
    ("memory", false, memory_and_idle),
    ("agents", false, agents),
    ("slow", false, slow),
    ("commands", false, commands),
    ("windows", false, windows),
    ("recovery", false, recovery),
];

const CONFIG: &str = "set -g history-limit 10000\nset -g status-interval 15\n";
const QUIET: &str = "set -g history-limit 10000\nset -g status off\n";

/// A folder for what a bare pty has no world for.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, String> {
        let dir = std::env::temp_dir().join(format!("bench{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
        Ok(Scratch(dir))
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// MB per second and CPU per MB of each stream: from the word go until the mark behind the stream is shown.
fn throughput(subject: &Subject, scale: &Scale) -> Rows {
    let mut rows = Vec::new();
    for workload in &ALL {
        let scratch = Scratch::new()?;
        let (go, file, report) = (
            scratch.file("go"),
            scratch.file("stream"),
            scratch.file("report"),
        );
        fs::write(&file, make(workload)).map_err(|error| error.to_string())?;
        let bytes = scale.stream_mb * 1_000_000;
        let (world, mut client) = stage(
            subject,
            CONFIG,
            "write",
            &[&go, &file, &bytes.to_string(), &report],
        )?;
        client.wait(b"ready", PATIENCE)?;
        client.read_for(Duration::from_millis(150))?;
        let before = world.as_ref().map_or(0, cpu_ns);
        let sent = client.total;
        fs::write(&go, "").map_err(|error| error.to_string())?;
        let start = Instant::now();
        let end = client.wait(SENTINEL.as_bytes(), PATIENCE)?;
        let mb = bytes as f64 / 1e6;
        let name = workload.0;
        rows.push((
            Row::new("rate", name, "MB/s", true),
            mb / (end - start).as_secs_f64(),
        ));
        if let Some(world) = &world {
            let ms = cpu_ns(world).saturating_sub(before) as f64 / 1e6;
            rows.push((Row::new("CPU per MB", name, "ms", false), ms / mb));
            rows.push((
                Row::new("bytes to the client per byte", name, "B", false),
                (client.total - sent) as f64 / (mb * 1e6),
            ));
        }
    }
    Ok(rows)
}

/// Types keys that nothing else shows and waits for each echo: microseconds, sorted.
fn echoes(client: &mut Drain, count: u64) -> Result<Vec<f64>, String> {
    let mut rng = Rng::new(1);
    let mut times = Vec::new();
    for n in 0..count {
        let key = [b"@~^`|"[(n % 5) as usize]];
        // The pace of fingers; what comes meanwhile is read.
        client.read_for(Duration::from_micros(2000 + rng.below(8000)))?;
        client.forget();
        let start = Instant::now();
        client.write(&key)?;
        let end = client.wait(&key, PATIENCE)?;
        times.push((end - start).as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn part(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

fn latency(subject: &Subject, scale: &Scale) -> Rows {
    let (world, mut client) = stage(subject, QUIET, "echo", &[])?;
    client.wait(b"ready", PATIENCE)?;
    client.read_for(Duration::from_millis(300))?;
    let before = world.as_ref().map_or(0, cpu_ns);
    let idle = echoes(&mut client, scale.keys)?;
    let mut rows = vec![
        (
            Row::new("key to echo", "idle, p50", "us", false),
            part(&idle, 0.5),
        ),
        (
            Row::new("key to echo", "idle, p99", "us", false),
            part(&idle, 0.99),
        ),
    ];
    let Some(world) = world else { return Ok(rows) };
    let cpu = (cpu_ns(&world) - before) as f64 / 1e3 / scale.keys as f64;
    rows.push((Row::new("CPU per key", "idle", "us", false), cpu));
    let scratch = Scratch::new()?;
    let (go, file, report) = (
        scratch.file("go"),
        scratch.file("stream"),
        scratch.file("report"),
    );
    fs::write(&file, make(&ALL[1])).map_err(|error| error.to_string())?;
    let flood = roles::command("write", &[&go, &file, "0", &report])?;
    for (what, words, target) in [
        (
            "another visible pane floods",
            &["split-window", "-d", "-h", "-t", "a:0", &flood][..],
            "a:0.1",
        ),
        (
            "a hidden window floods",
            &["new-window", "-d", "-t", "a:1", &flood],
            "a:1",
        ),
    ] {
        world.ok(words)?;
        fs::write(&go, "").map_err(|error| error.to_string())?;
        client.read_for(Duration::from_millis(500))?;
        let busy = echoes(&mut client, scale.keys / 2)?;
        rows.push((
            Row::new("key to echo", &format!("{what}, p50"), "us", false),
            part(&busy, 0.5),
        ));
        rows.push((
            Row::new("key to echo", &format!("{what}, p99"), "us", false),
            part(&busy, 0.99),
        ));
        world.ok(&["kill-pane", "-t", target])?;
        client.read_for(Duration::from_millis(200))?;
    }
    Ok(rows)
}

fn attach(subject: &Subject, scale: &Scale) -> Rows {
    let Subject::Binary(binary) = subject else {
        return Ok(Vec::new());
    };
    let lines = scale.lines;
    let world = world(binary, &format!("set -g history-limit {lines}\n"))?;
    let fill = format!(
        "i=0; seq -f 'line %.0f of a long history, as a program writes it' {lines}; echo LAST-LINE; exec cat"
    );
    world.session("a", (120, 40), &fill)?;
    world.until(&["capture-pane", "-p", "-t", "a"], |text| {
        text.contains("LAST-LINE")
    })?;
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..scale.tries {
        let start = Instant::now();
        let mut client = Drain::client(&world, SIZE, &["attach-session", "-t", "a"])?;
        let end = client.wait(b"LAST-LINE", PATIENCE)?;
        times.push((end - start).as_secs_f64() * 1e3);
        client.read_for(Duration::from_millis(50))?;
        bytes.push(client.total as f64 / 1e3);
        client.pty.signal(outlast_testkit::Signal::HUP)?;
        client.pty.cut();
        let _ = client.pty.wait(PATIENCE);
    }
    times.sort_by(f64::total_cmp);
    bytes.sort_by(f64::total_cmp);
    let name = format!("{lines} lines of history");
    Ok(vec![
        (Row::new("attach", &name, "ms", false), part(&times, 0.5)),
        (
            Row::new("attach", "bytes sent", "kB", false),
            part(&bytes, 0.5),
        ),
    ])
}

fn memory_and_idle(subject: &Subject, scale: &Scale) -> Rows {
    let Subject::Binary(binary) = subject else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let lines = scale.lines;
    {
        let world = world(binary, &format!("set -g history-limit {lines}\n"))?;
        let wait = roles::command("wait", &[])?;
        world.session("a", (80, 24), &wait)?;
        world.until(&["capture-pane", "-p", "-t", "a"], |text| {
            text.contains("ready")
        })?;
        let empty = settled(&world);
        rows.push((
            Row::new("memory", "one empty pane, just made", "MB", false),
            mb(empty),
        ));
        rows.push((
            Row::new("memory", "one empty pane, at rest", "MB", false),
            mb(rested(&world)),
        ));
        let letters = "abcdefghijklmnopqrstuvwxyz".repeat(3);
        let line = &letters[..70];
        let fill = format!(
            "seq -f '%.0f {line}' 100000 {}; echo LAST-LINE; exec cat",
            100_000 + lines
        );
        world.ok(&["new-window", "-d", "-t", "a:1", &fill])?;
        world.until(&["capture-pane", "-p", "-t", "a:1"], |text| {
            text.contains("LAST-LINE")
        })?;
        let per_line = settled(&world).saturating_sub(empty) as f64 / lines as f64;
        rows.push((
            Row::new("memory", "per line of history", "B", false),
            per_line,
        ));
    }
    let world = world(binary, "")?;
    for n in 0..50 {
        let name = format!("s{n}");
        world.session(&name, (80, 24), "exec sleep 1000000")?;
    }
    rows.push((
        Row::new("memory", "50 sessions, at rest", "MB", false),
        mb(rested(&world)),
    ));
    let mut client = Drain::client(&world, (80, 25), &["attach-session", "-t", "s0"])?;
    client.wait(b"[s0]", PATIENCE)?;
    rest(&world, Some(&mut client))?;
    let (before, cpu) = (wakes(&world), cpu_ns(&world));
    client.read_for(scale.idle)?;
    let name = format!("50 sessions, {} s", scale.idle.as_secs());
    rows.push((
        Row::new("idle wake-ups", &name, "", false),
        (wakes(&world) - before) as f64,
    ));
    rows.push((
        Row::new("idle CPU", &name, "ms", false),
        (cpu_ns(&world) - cpu) as f64 / 1e6,
    ));
    Ok(rows)
}

/// Memory when it has stopped changing.
fn settled(world: &World) -> u64 {
    let mut last = memory(world);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(150));
        let now = memory(world);
        if now.abs_diff(last) < 8192 {
            return now;
        }
        last = now;
    }
    last
}

/// Memory when nothing has been done for some seconds: what server and keeper have given back by then, they need not.
fn rested(world: &World) -> u64 {
    std::thread::sleep(Duration::from_secs(4));
    memory(world)
}

/// A client that stops reading while its pane floods.
fn slow(subject: &Subject, scale: &Scale) -> Rows {
    let scratch = Scratch::new()?;
    let (go, file, report) = (
        scratch.file("go"),
        scratch.file("stream"),
        scratch.file("report"),
    );
    fs::write(&file, make(&ALL[1])).map_err(|error| error.to_string())?;
    let (world, mut client) = stage(subject, CONFIG, "write", &[&go, &file, "0", &report])?;
    let Some(world) = world else {
        return Ok(Vec::new());
    };
    client.wait(b"ready", PATIENCE)?;
    fs::write(&go, "").map_err(|error| error.to_string())?;
    // The history is filled first.
    client.read_for(Duration::from_secs(1))?;
    let progress = || -> Result<(f64, f64, f64), String> {
        let text = fs::read_to_string(&report).map_err(|error| error.to_string())?;
        let mut numbers = text
            .split_whitespace()
            .map(|word| word.parse::<f64>().unwrap_or(0.0));
        let mut next = || numbers.next().unwrap_or(0.0);
        Ok((next(), next(), next()))
    };
    let rate = |from: (f64, f64, f64), to: (f64, f64, f64)| {
        (to.1 - from.1) / 1e6 / (to.0 - from.0).max(0.05)
    };
    let start = progress()?;
    client.read_for(Duration::from_secs(1))?;
    let reading = progress()?;
    let grown = memory(&world);
    // Two rounds of the stopped client, so that the reports lie well inside.
    std::thread::sleep(scale.stopped);
    let stopped = progress()?;
    let grown = memory(&world).saturating_sub(grown);
    fs::write(format!("{report}.stop"), "").map_err(|error| error.to_string())?;
    std::thread::sleep(Duration::from_millis(200));
    let sent = client.total;
    client.forget();
    let resume = Instant::now();
    let end = client.wait(SENTINEL.as_bytes(), PATIENCE)?;
    let name = |text: &str| Row::new("slow client", text, "MB/s", true);
    Ok(vec![
        (name("pane's rate while it reads"), rate(start, reading)),
        (
            name("pane's rate while it is stopped"),
            rate(reading, stopped),
        ),
        (
            Row::new("slow client", "longest write of the pane", "ms", false),
            stopped.2 * 1e3,
        ),
        (
            Row::new("slow client", "server's growth meanwhile", "MB", false),
            grown as f64 / 1e6,
        ),
        (
            Row::new("slow client", "catching up", "ms", false),
            (end - resume).as_secs_f64() * 1e3,
        ),
        (
            Row::new("slow client", "bytes to catch up", "kB", false),
            (client.total - sent) as f64 / 1e3,
        ),
    ])
}

fn commands(subject: &Subject, scale: &Scale) -> Rows {
    let Subject::Binary(binary) = subject else {
        return Ok(Vec::new());
    };
    let world = world(binary, "")?;
    let start = Instant::now();
    world.session("a", (80, 24), "exec sleep 1000000")?;
    let cold = start.elapsed().as_secs_f64() * 1e3;
    let timed = |count: u64, words: &[&str]| -> Result<f64, String> {
        let mut times = Vec::new();
        for _ in 0..count {
            let start = Instant::now();
            world.ok(words)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        Ok(part(&times, 0.5))
    };
    let display = timed(
        10 * scale.tries,
        &["display-message", "-p", "#{session_name}"],
    )?;
    for _ in 1..50 {
        world.ok(&["new-window", "-d", "-t", "a:", "exec sleep 1000000"])?;
    }
    let list = timed(4 * scale.tries, &["list-panes", "-a"])?;
    Ok(vec![
        (
            Row::new(
                "command",
                "new-session -d that starts the server",
                "ms",
                false,
            ),
            cold,
        ),
        (Row::new("command", "display-message", "ms", false), display),
        (
            Row::new("command", "list-panes with 50 panes", "ms", false),
            list,
        ),
    ])
}

/// kill -9 of the server: until an attached client goes on.
fn recovery(subject: &Subject, scale: &Scale) -> Rows {
    let Some(binary) = subject.binary().filter(|binary| binary.is_outlast) else {
        return Ok(Vec::new());
    };
    let times = torture::recovery(binary, 50, scale.tries as usize * 2)?;
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    Ok(vec![
        (
            Row::new("after kill -9", "50 panes, first frame, p50", "ms", false),
            part(&times, 0.5),
        ),
        (
            Row::new("after kill -9", "50 panes, first frame, most", "ms", false),
            part(&times, 1.0),
        ),
    ])
}

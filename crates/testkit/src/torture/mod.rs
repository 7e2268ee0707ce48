//! The server is killed again and again while everything happens at once; then everything is counted.
//!
//! Panes flood numbered lines, a full-screen program paints, people type at clients and resize them, commands are run,
//! keys that are bound are pressed. At the end every process, line, key, command, option and screen must be there,
//! once. With no kills the same must hold on a real tmux, which shows that the counting is right.

mod check;
mod commands;
mod keepers;
mod killer;
mod people;
mod recovery;
mod scene;

pub use keepers::{Way, keeper};
pub use recovery::recovery;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Binary, Result, World, lock};

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Draws everything.
    pub seed: u64,
    /// End after so many kills …
    pub kills: u64,
    /// … or after this time, whichever comes first. With no kills: after this time.
    pub time: Duration,
    /// Places inside the server at which it is killed (`OUTLAST_PAUSE`, see the server's `fault.rs`; a binary with the
    /// feature `faults`). None: at random instants only.
    pub points: Vec<String>,
    /// Of a hundred kills so many are at one of the points.
    pub at_points: u64,
    /// Ends the server in another way than SIGKILL, and returns when the next one is there; it is told how many were
    /// ended before.
    pub strike: Option<fn(&World, u64) -> Result<()>>,
    /// What is done to the keeper, drawn from these, instead of killing the server.
    pub keeper: Vec<Way>,
    /// Panes that flood.
    pub floods: u64,
    /// The floods' window is resized. (tmux loses text when a long line is cut short while it is being written.)
    pub resize: bool,
}

impl Plan {
    /// As many kills as fit the time, at random instants, drawn by this seed.
    pub fn new(seed: u64, kills: u64, time: Duration) -> Plan {
        Plan {
            seed,
            kills,
            time,
            points: Vec::new(),
            at_points: 0,
            strike: None,
            keeper: Vec::new(),
            floods: 4,
            resize: true,
        }
    }

    /// The same, with that many of a hundred kills at these points.
    pub fn at(self, points: &[&str], at_points: u64) -> Plan {
        Plan {
            points: points.iter().map(|point| (*point).to_string()).collect(),
            at_points,
            ..self
        }
    }
}

/// All points at which a server with the feature `faults` can be killed.
pub const POINTS: [&str; 8] = [
    "checkpoint-write",
    "checkpoint-flip",
    "history-append",
    "cut-back",
    "journal-write",
    "journal-publish",
    "effects",
    "recover",
];

/// What was done, and survived.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Kills of the server.
    pub kills: u64,
    /// Of these, at a point.
    pub at: BTreeMap<String, u64>,
    /// Lines that the floods wrote.
    pub lines: u64,
    /// Frames that the full-screen program painted.
    pub frames: u64,
    /// Commands that were run.
    pub commands: u64,
    /// Bytes that were typed.
    pub typed: u64,
    /// From kill to the first byte at an attached client, sorted.
    pub recoveries: Vec<Duration>,
}

impl Report {
    /// One of the recoveries: 0.5 is the median.
    pub fn recovery(&self, part: f64) -> Duration {
        let at = (self.recoveries.len() as f64 * part) as usize;
        self.recoveries
            .get(at.min(self.recoveries.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report {
            kills,
            lines,
            frames,
            commands,
            typed,
            at,
            ..
        } = self;
        write!(
            f,
            "{kills} kills, {lines} lines, {frames} frames, {commands} commands, {typed} bytes typed: all once"
        )?;
        if !at.is_empty() {
            let at: Vec<String> = at.iter().map(|(at, n)| format!("{at} {n}")).collect();
            write!(f, "; at {}", at.join(", "))?;
        }
        if !self.recoveries.is_empty() {
            let ms = |part| self.recovery(part).as_secs_f64() * 1e3;
            write!(
                f,
                "; back after {:.1} ms (p90 {:.1}, most {:.1})",
                ms(0.5),
                ms(0.9),
                ms(1.0)
            )?;
        }
        Ok(())
    }
}

/// What the threads of a torture share.
struct Course {
    over: AtomicBool,
    end: Instant,
    trouble: std::sync::Mutex<Option<String>>,
}

impl Course {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || Instant::now() > self.end
    }

    /// Keeps the first trouble and ends the course.
    fn keep<T>(&self, who: &str, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                lock(&self.trouble).get_or_insert(format!("{who}: {error}"));
                self.over.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}

/// Tortures a binary; the error says what was lost, doubled or changed.
pub fn run(binary: &Binary, plan: &Plan) -> Result<Report> {
    let mut scene = scene::Scene::build(binary, plan)?;
    let course = Course {
        over: AtomicBool::new(false),
        end: Instant::now() + plan.time,
        trouble: std::sync::Mutex::new(None),
    };
    let mut model = commands::Model::default();
    let mut report = Report::default();
    let mut typed = people::Typed::default();
    let (world, clients) = (&scene.world, &mut scene.clients);
    std::thread::scope(|scope| {
        let (typist, watcher, viewer) =
            (&mut clients.typist, &mut clients.watcher, &clients.viewer);
        let (model, typed, course) = (&mut model, &mut typed, &course);
        scope
            .spawn(move || course.keep("commands", commands::run(world, plan.seed, course, model)));
        scope.spawn(move || {
            course.keep("people", people::run(typist, watcher, plan, course, typed))
        });
        let killed = killer::run(world, viewer, plan, course);
        course.over.store(true, Ordering::Relaxed);
        if let Some(killed) = course.keep("killer", killed) {
            report.kills = killed.kills;
            report.at = killed.at;
            report.recoveries = killed.recoveries;
        }
    });
    if let Some(trouble) = lock(&course.trouble).take() {
        return Err(format!("{trouble}\n{}", scene.last_words()));
    }
    report.commands = model.done;
    report.typed = typed.text.len() as u64;
    check::all(&mut scene, plan, &model, &typed, &mut report).map_err(|error| {
        format!(
            "after {} kills: {error}\n{}",
            report.kills,
            scene.last_words()
        )
    })?;
    report.recoveries.sort_unstable();
    Ok(report)
}

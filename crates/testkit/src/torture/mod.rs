//! Everything that can befall it, drawn from one table, again and again while everything happens at once; then everything
//! is counted.
//!
//! Panes flood numbered lines, a full-screen program paints, people type at clients and resize them, commands are run,
//! keys that are bound are pressed. At the end every process, line, key, command, option and screen must be there,
//! once. With no faults the same must hold on a real tmux, which shows that the counting is right.
//!
//! | file | question |
//! |---|---|
//! | [`faults`] | what can befall it, and what must hold afterwards |
//! | [`hand`] | who draws, strikes and looks |
//! | `strikes/` | how is it done |
//! | [`builds`] | what are servers swapped for |
//! | [`scene`], [`people`], [`commands`] | what goes on meanwhile |
//! | [`check`] | what is counted at the end |
//! | [`reboot`] | what comes back when all is killed |
//! | [`board`] | what has been struck so far |
//! | [`marathon`] | one world after another, as long as one likes |

mod board;
mod builds;
mod check;
mod commands;
mod faults;
mod hand;
mod marathon;
mod people;
mod reboot;
mod recovery;
mod scene;
mod strikes;

pub use board::{Board, Count, Totals};
pub use builds::{Builds, has_faults};
pub use faults::{Fault, POINTS, TABLE, names};
pub use marathon::{Marathon, marathon};
pub use recovery::recovery;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::facts::Who;
use crate::{Binary, Result, World, lock};

/// What is to be done in one world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Draws everything.
    pub seed: u64,
    /// Names of the faults that are drawn ([`TABLE`]). None: nothing befalls it.
    pub faults: Vec<&'static str>,
    /// End after so many strikes …
    pub strikes: u64,
    /// … or after this time, whichever comes first. With no faults: after this time.
    pub time: Duration,
    /// Each fault is struck once before any is struck twice, and the end waits for that.
    pub each: bool,
    /// In the end all is killed, and what comes back is looked at.
    pub reboot: bool,
    /// Panes that flood.
    pub floods: u64,
    /// The floods' window is resized. (tmux loses text when a long line is cut short while it is being written.)
    pub resize: bool,
    /// After a failure the world's directory stays.
    pub keep: bool,
}

impl Plan {
    /// As many strikes of these as fit the time.
    pub fn new(seed: u64, faults: &[&'static str], strikes: u64, time: Duration) -> Plan {
        Plan {
            seed,
            faults: faults.to_vec(),
            strikes,
            time,
            each: false,
            reboot: false,
            floods: 4,
            resize: true,
            keep: false,
        }
    }
}

/// What was done, and survived.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Strikes.
    pub strikes: u64,
    /// Of each fault.
    pub at: BTreeMap<&'static str, u64>,
    /// Lines that the floods wrote, and their bytes.
    pub lines: u64,
    /// Bytes of these lines.
    pub bytes: u64,
    /// Frames that the full-screen program painted.
    pub frames: u64,
    /// Commands that were run.
    pub commands: u64,
    /// Bytes that were typed.
    pub typed: u64,
    /// From a server's death at a random instant to the first byte at an attached client, sorted.
    pub recoveries: Vec<Duration>,
}

/// One of sorted times: 0.5 is the median.
pub fn part(times: &[Duration], part: f64) -> Duration {
    let at = (times.len() as f64 * part) as usize;
    let last = times.len().saturating_sub(1);
    times.get(at.min(last)).copied().unwrap_or_default()
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report {
            strikes,
            lines,
            frames,
            commands,
            typed,
            at,
            ..
        } = self;
        write!(
            f,
            "{strikes} strikes, {lines} lines, {frames} frames, {commands} commands, {typed} bytes typed: all once"
        )?;
        if !at.is_empty() {
            let at: Vec<String> = at.iter().map(|(at, n)| format!("{at} {n}")).collect();
            write!(f, "; {}", at.join(", "))?;
        }
        if !self.recoveries.is_empty() {
            let ms = |share| part(&self.recoveries, share).as_secs_f64() * 1e3;
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
    trouble: Mutex<Option<String>>,
    /// Held while a command runs, and while there is nobody for commands to reach. Numbers that were given to jobs in
    /// the background so far.
    door: Mutex<u64>,
}

impl Course {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.end
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

/// The keeper's process.
pub fn keeper(world: &World) -> Result<u32> {
    world.wait_for(Who::Keeper, 0)
}

/// Tortures a binary; the error says what was lost, doubled or changed.
pub fn run(binary: &Binary, plan: &Plan) -> Result<Report> {
    run_on(binary, plan, &Board::default())
}

/// The same, and the board says meanwhile how far it is.
pub fn run_on(binary: &Binary, plan: &Plan, board: &Board) -> Result<Report> {
    let faults = faults::chosen(&plan.faults)?;
    board.begin(plan.seed);
    let mut scene = scene::Scene::build(binary, plan, &faults)?;
    let result = all(&mut scene, plan, &faults, board);
    result.map_err(|error| {
        let text = format!("{error}\n{}\n{}", scene.last_words(), board.story());
        if plan.keep {
            scene.world.keep();
            let _ = std::fs::write(scene.world.dir().join("torture.txt"), &text);
            return format!("{text}kept: {}", scene.world.dir().display());
        }
        text
    })
}

fn all(scene: &mut scene::Scene, plan: &Plan, faults: &[usize], board: &Board) -> Result<Report> {
    let course = Course {
        over: AtomicBool::new(false),
        end: Instant::now() + plan.time,
        trouble: Mutex::new(None),
        door: Mutex::new(0),
    };
    let mut model = commands::Model::default();
    let mut report = Report::default();
    let mut typed = people::Typed::default();
    let (world, clients, builds) = (&scene.world, &mut scene.clients, scene.builds.as_ref());
    std::thread::scope(|scope| {
        let (typist, watcher, viewer) =
            (&mut clients.typist, &mut clients.watcher, &clients.viewer);
        let (model, typed, course) = (&mut model, &mut typed, &course);
        scope
            .spawn(move || course.keep("commands", commands::run(world, plan.seed, course, model)));
        scope.spawn(move || {
            course.keep("people", people::run(typist, watcher, plan, course, typed))
        });
        let struck = hand::run(world, viewer, builds, plan, faults, course, board);
        course.keep("strikes", struck);
        course.over.store(true, Ordering::Relaxed);
    });
    if let Some(trouble) = lock(&course.trouble).take() {
        return Err(trouble);
    }
    (report.strikes, report.at, report.recoveries) = board.struck_since_begin();
    report.commands = model.done;
    report.typed = typed.text.len() as u64;
    board.phase("counting");
    check::all(scene, plan, &model, &typed, &mut report)
        .map_err(|error| format!("after {} strikes: {error}", report.strikes))?;
    if plan.reboot {
        board.phase("reboot");
        reboot::phase(scene, plan, board).map_err(|error| format!("reboot: {error}"))?;
    }
    board.counted(&report);
    Ok(report)
}

//! What has been struck, when, and what became of it: for progress, for a failure's message, for the table at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::faults::{Need, TABLE};
use super::{Report, part};
use crate::lock;

/// Of one fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How often it struck.
    pub struck: u64,
    /// Of these, what must hold afterwards was seen to hold.
    pub verified: u64,
}

/// Sums over all worlds whose end was counted.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Worlds.
    pub worlds: u64,
    /// As in [`Report`].
    pub lines: u64,
    /// As in [`Report`].
    pub bytes: u64,
    /// As in [`Report`].
    pub frames: u64,
    /// As in [`Report`].
    pub commands: u64,
    /// As in [`Report`].
    pub typed: u64,
}

/// One strike of the present world.
struct Entry {
    at: Duration,
    number: u64,
    row: usize,
    note: String,
    held: bool,
}

struct Inner {
    began: Instant,
    world_began: Instant,
    seed: u64,
    phase: &'static str,
    counts: Vec<Count>,
    world_counts: Vec<u64>,
    entries: Vec<Entry>,
    recoveries: Vec<Duration>,
    world_recoveries: Vec<Duration>,
    totals: Totals,
}

/// The board.
pub struct Board(Mutex<Inner>);

impl Default for Board {
    fn default() -> Board {
        let now = Instant::now();
        Board(Mutex::new(Inner {
            began: now,
            world_began: now,
            seed: 0,
            phase: "begin",
            counts: vec![Count::default(); TABLE.len()],
            world_counts: vec![0; TABLE.len()],
            entries: Vec::new(),
            recoveries: Vec::new(),
            world_recoveries: Vec::new(),
            totals: Totals::default(),
        }))
    }
}

/// So many strikes are told in a failure's message.
const STORY: usize = 60;

impl Board {
    /// A new world.
    pub(super) fn begin(&self, seed: u64) {
        let mut inner = lock(&self.0);
        inner.seed = seed;
        inner.world_began = Instant::now();
        inner.phase = "building";
        inner.world_counts = vec![0; TABLE.len()];
        inner.entries.clear();
        inner.world_recoveries.clear();
    }

    /// What is being done.
    pub(super) fn phase(&self, phase: &'static str) {
        lock(&self.0).phase = phase;
    }

    /// A strike begins; its number in this world.
    pub(super) fn strike(&self, row: usize) -> u64 {
        let mut inner = lock(&self.0);
        inner.phase = TABLE[row].name;
        inner.counts[row].struck += 1;
        inner.world_counts[row] += 1;
        let (at, number) = (inner.world_began.elapsed(), inner.entries.len() as u64 + 1);
        inner.entries.push(Entry {
            at,
            number,
            row,
            note: String::new(),
            held: false,
        });
        number
    }

    /// More about a strike.
    pub(super) fn note(&self, number: u64, text: &str) {
        let mut inner = lock(&self.0);
        if let Some(entry) = inner.entries.get_mut(number as usize - 1) {
            let _ = write!(entry.note, " {text}");
        }
    }

    /// What must hold after a strike holds.
    pub(super) fn held(&self, number: u64) {
        let mut inner = lock(&self.0);
        if let Some(entry) = inner.entries.get_mut(number as usize - 1) {
            entry.held = true;
            let row = entry.row;
            inner.counts[row].verified += 1;
        }
    }

    /// An attached client went on so long after the server's death.
    pub(super) fn recovered(&self, time: Duration) {
        let mut inner = lock(&self.0);
        inner.recoveries.push(time);
        inner.world_recoveries.push(time);
    }

    /// Of this world: strikes, by fault, and recoveries, sorted.
    pub(super) fn struck_since_begin(&self) -> (u64, BTreeMap<&'static str, u64>, Vec<Duration>) {
        let inner = lock(&self.0);
        let counts = TABLE.iter().zip(&inner.world_counts);
        let at: BTreeMap<&'static str, u64> = counts
            .filter(|(_, n)| **n > 0)
            .map(|(fault, n)| (fault.name, *n))
            .collect();
        let mut times = inner.world_recoveries.clone();
        times.sort_unstable();
        (at.values().sum(), at, times)
    }

    /// A world has come to its end and everything was there.
    pub(super) fn counted(&self, report: &Report) {
        let mut inner = lock(&self.0);
        let totals = &mut inner.totals;
        totals.worlds += 1;
        totals.lines += report.lines;
        totals.bytes += report.bytes;
        totals.frames += report.frames;
        totals.commands += report.commands;
        totals.typed += report.typed;
    }

    /// Of a fault, by its name.
    pub fn count(&self, name: &str) -> Count {
        lock(&self.0).counts[super::faults::row_of(name)]
    }

    /// The strikes of this world, the newest last, for a failure's message.
    pub fn story(&self) -> String {
        let inner = lock(&self.0);
        let mut text = format!(
            "seed of this world: {}, {:.3} s after its beginning, at {}; its last strikes:\n",
            inner.seed,
            inner.world_began.elapsed().as_secs_f64(),
            inner.phase
        );
        let skipped = inner.entries.len().saturating_sub(STORY);
        for entry in &inner.entries[skipped..] {
            let _ = writeln!(
                text,
                "  {:9.3} s  {:4}  {}{}{}",
                entry.at.as_secs_f64(),
                entry.number,
                TABLE[entry.row].name,
                entry.note,
                if entry.held {
                    ""
                } else {
                    "  (not yet seen to hold)"
                }
            );
        }
        text
    }

    /// A line that says how far it is.
    pub fn line(&self) -> String {
        let inner = lock(&self.0);
        let sum = |of: fn(&Count) -> u64| inner.counts.iter().map(of).sum::<u64>();
        let kinds = inner.counts.iter().filter(|count| count.struck > 0).count();
        let mut times = inner.recoveries.clone();
        times.sort_unstable();
        format!(
            "{:5.0} s  world {} (seed {}): {}; {} strikes of {} kinds, {} held; back {:.0} ms, most {:.0}",
            inner.began.elapsed().as_secs_f64(),
            inner.totals.worlds + 1,
            inner.seed,
            inner.phase,
            sum(|count| count.struck),
            kinds,
            sum(|count| count.verified),
            part(&times, 0.5).as_secs_f64() * 1e3,
            part(&times, 1.0).as_secs_f64() * 1e3,
        )
    }

    /// The table of all faults, and what there was in all.
    pub fn table(&self) -> String {
        let inner = lock(&self.0);
        let mut text = format!("  {:24}{:>8}{:>10}\n", "fault", "struck", "verified");
        let mut sums = Count::default();
        for (fault, count) in TABLE.iter().zip(&inner.counts) {
            sums.struck += count.struck;
            sums.verified += count.verified;
            let why = match fault.needs {
                _ if count.struck > 0 => String::new(),
                Need::Never(why) => format!("  ({why})"),
                Need::Faults => "  (in builds with the feature faults)".into(),
                _ => "  (not drawn)".into(),
            };
            let Count { struck, verified } = count;
            let _ = writeln!(text, "  {:24}{struck:8}{verified:10}{why}", fault.name);
        }
        let Count { struck, verified } = sums;
        let _ = writeln!(text, "  {:24}{struck:8}{verified:10}", "all");
        let mut times = inner.recoveries.clone();
        times.sort_unstable();
        let ms = |share| part(&times, share).as_secs_f64() * 1e3;
        let totals = &inner.totals;
        let _ = write!(
            text,
            "{} worlds, {} lines of {:.1} MB, {} frames, {} keys typed, {} commands: all once\n\
             {} deaths of the server at random instants: a client goes on after {:.1} ms at the median, p90 {:.1}, at most {:.1}",
            totals.worlds,
            totals.lines,
            totals.bytes as f64 / 1e6,
            totals.frames,
            totals.typed,
            totals.commands,
            times.len(),
            ms(0.5),
            ms(0.9),
            ms(1.0)
        );
        text
    }
}

//! `cargo xtask bench`: outlast, the installed tmux and a bare pty side by side, interleaved, medians and ratios.
//!
//! Wall time on a busy machine is noisy; CPU time and ratios within one run are what to read.

mod crowd;
mod drain;
mod measure;
mod report;
mod subject;
mod workloads;

use std::collections::BTreeMap;
use std::time::Duration;

use outlast_testkit::Binary;

use crate::args::Args;
use crate::torture::build;
use subject::Subject;

/// How much of everything.
pub struct Scale {
    stream_mb: u64,
    keys: u64,
    lines: u64,
    tries: u64,
    idle: Duration,
    stopped: Duration,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    subject: String,
    name: String,
    unit: &'static str,
    more_is_better: bool,
}

impl Row {
    fn new(subject: &str, name: &str, unit: &'static str, more_is_better: bool) -> Row {
        Row {
            subject: subject.into(),
            name: name.into(),
            unit,
            more_is_better,
        }
    }

    /// What names it in the results.
    fn title(&self) -> String {
        let arrow = if self.more_is_better { " ↑" } else { "" };
        let unit = if self.unit.is_empty() {
            String::new()
        } else {
            format!(" [{}{arrow}]", self.unit)
        };
        format!("{}: {}{unit}", self.subject, self.name)
    }
}

/// What a measurement has found.
type Rows = Result<Vec<(Row, f64)>, String>;

/// Rows in the order of their first appearance, each with the columns' values.
#[derive(Default)]
pub struct Table {
    order: Vec<Row>,
    values: BTreeMap<(Row, usize), Vec<f64>>,
}

impl Table {
    fn add(&mut self, row: Row, column: usize, value: f64) {
        if !self.order.contains(&row) {
            self.order.push(row.clone());
        }
        self.values.entry((row, column)).or_default().push(value);
    }

    /// The median.
    fn value(&self, row: &Row, column: usize) -> Option<f64> {
        let mut values = self.values.get(&(row.clone(), column))?.clone();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }
}

/// The chore.
pub fn run(mut args: Args) -> Result<(), String> {
    let quick = args.flag("--quick");
    let keep = !args.flag("--no-results");
    let rounds = args
        .number("--rounds")?
        .unwrap_or(if quick { 1 } else { 3 });
    let mut subjects = vec![Subject::Bare];
    let mut peers = Vec::new();
    while let Some(peer) = args.value("--peer")? {
        let path = peer
            .strip_prefix("tmux=")
            .ok_or_else(|| format!("--peer tmux=PATH, not {peer}"))?;
        peers.push(Binary::tmux(path)?);
    }
    let outlast = args.value("--binary")?;
    let only = args.rest()?;
    let installed = Binary::installed().into_iter().next();
    if peers.is_empty() {
        peers.push(installed.ok_or("no tmux on PATH to compare with; say --peer tmux=PATH")?);
    }
    subjects.extend(peers.into_iter().map(Subject::Binary));
    let ours = match outlast {
        Some(path) if path.ends_with("outlast") => Binary::outlast(path),
        Some(path) => Binary::tmux(path)?,
        None => Binary::outlast(build(false)?),
    };
    subjects.push(Subject::Binary(ours));
    let scale = if quick {
        Scale {
            stream_mb: 2,
            keys: 150,
            lines: 20_000,
            tries: 5,
            idle: Duration::from_secs(5),
            stopped: Duration::from_secs(2),
        }
    } else {
        Scale {
            stream_mb: 8,
            keys: 600,
            lines: 100_000,
            tries: 11,
            idle: Duration::from_secs(20),
            stopped: Duration::from_secs(5),
        }
    };
    let mut table = Table::default();
    let mut failed = Vec::new();
    for round in 0..rounds {
        for (name, bare, measure) in measure::ALL_MEASURES {
            if !only.is_empty() && !only.iter().any(|word| word == name) {
                continue;
            }
            for (column, subject) in subjects.iter().enumerate() {
                if matches!(subject, Subject::Bare) && !bare {
                    continue;
                }
                eprintln!(
                    "round {} of {rounds}: {name}, {}",
                    round + 1,
                    subject.name()
                );
                match measure(subject, &scale) {
                    Ok(rows) => rows
                        .into_iter()
                        .for_each(|(row, value)| table.add(row, column, value)),
                    Err(error) => failed.push(format!("{name}, {}: {error}", subject.name())),
                }
            }
        }
    }
    let names: Vec<String> = subjects.iter().map(Subject::name).collect();
    print!("{}", report::text(&table, &names));
    if keep && only.is_empty() && failed.is_empty() {
        report::keep(&table, &names, quick, rounds)?;
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

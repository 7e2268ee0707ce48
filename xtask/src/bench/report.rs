//! The table on the terminal and in bench/RESULTS.md, where a person says what limits each row.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Row, Table};
use crate::args::root;

/// First targets: beginning of a row's title, the most (of a rate: the least) that outlast may take, as a ratio to tmux
/// or in the row's own unit.
const TARGETS: [(&str, Target); 22] = [
    ("CPU per MB: ascii", Target::Ratio(0.65)),
    ("CPU per MB: tui", Target::Ratio(0.25)),
    ("CPU per MB: unicode", Target::Ratio(0.25)),
    ("CPU per MB:", Target::Ratio(0.4)),
    ("key to echo: idle, p50", Target::Ratio(1.0)),
    (
        "key to echo: another visible pane floods, p50",
        Target::Value(1000.0),
    ),
    ("attach: bytes", Target::None),
    ("attach:", Target::Ratio(0.7)),
    ("memory: per line", Target::Ratio(0.4)),
    ("memory: one empty pane, at rest", Target::Value(3.0)),
    ("memory: 50 sessions", Target::Value(6.0)),
    ("idle wake-ups:", Target::Value(2.0)),
    ("agents: 50 idle", Target::Value(1.0)),
    (
        "slow client: pane's rate while it is stopped",
        Target::Ratio(1.0),
    ),
    ("slow client: server's growth", Target::Value(1.0)),
    ("slow client: catching up", Target::Value(5.0)),
    ("command: display-message", Target::Ratio(0.6)),
    ("command: new-session", Target::Ratio(0.4)),
    ("command: list-panes", Target::Ratio(1.0)),
    (
        "after kill -9: 50 panes, first frame, p50",
        Target::Value(100.0),
    ),
    ("rate:", Target::None),
    ("", Target::None),
];

#[derive(Clone, Copy)]
enum Target {
    None,
    Ratio(f64),
    Value(f64),
}

impl Target {
    fn of(title: &str) -> Target {
        TARGETS
            .iter()
            .find(|(start, _)| title.starts_with(start))
            .map_or(Target::None, |(_, target)| *target)
    }

    fn word(self, row: &Row, value: Option<f64>, reference: Option<f64>) -> String {
        let sign = if row.more_is_better { '≥' } else { '≤' };
        let (text, have, want) = match (self, value, reference) {
            (Target::Ratio(want), Some(value), Some(reference)) => {
                (format!("{sign} ×{want}"), value / reference, want)
            }
            (Target::Value(want), Some(value), _) => (format!("{sign} {want}"), value, want),
            _ => return String::new(),
        };
        let met = if row.more_is_better {
            have >= want
        } else {
            have <= want
        };
        format!("{text} {}", if met { "✓" } else { "✗" })
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        value if value >= 100.0 || value == 0.0 => format!("{:.0}", value),
        value if value >= 10.0 => format!("{:.1}", value),
        value if value >= 0.1 => format!("{:.2}", value),
        value => format!("{:.4}", value),
    }
}

/// Rows of texts: title, one column for each subject, ratio to the reference, target.
fn lines(table: &Table, names: &[String]) -> Vec<Vec<String>> {
    // The first multiplexer is what the last is compared with.
    let (reference, ours) = (1, names.len() - 1);
    let mut lines = Vec::new();
    for row in &table.order {
        let title = row.title();
        let mut line = vec![title.clone()];
        for column in 0..names.len() {
            line.push(table.value(row, column).map_or_else(|| "-".into(), number));
        }
        let (value, to) = (table.value(row, ours), table.value(row, reference));
        line.push(match (value, to) {
            (Some(value), Some(to)) if to != 0.0 => format!("×{:.2}", value / to),
            _ => String::new(),
        });
        line.push(Target::of(&title).word(row, value, to));
        lines.push(line);
    }
    lines
}

fn head(names: &[String]) -> Vec<String> {
    let mut head = vec![String::new()];
    head.extend(names.iter().cloned());
    head.push(format!("to {}", names[1]));
    head.push("target".into());
    head
}

/// For the terminal.
pub fn text(table: &Table, names: &[String]) -> String {
    let mut lines = lines(table, names);
    lines.insert(0, head(names));
    let columns = lines[0].len();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let pad = " ".repeat(width - cell.chars().count());
                if column == 0 {
                    format!("{cell}{pad}")
                } else {
                    format!("{pad}{cell}")
                }
            })
            .collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// Writes bench/RESULTS.md; the column that a person fills in is kept from the file that is there.
pub fn keep(table: &Table, names: &[String], quick: bool, rounds: u64) -> Result<(), String> {
    let path = root().join("bench/RESULTS.md");
    let old = fs::read_to_string(&path).unwrap_or_default();
    let limits = limits(&old);
    let mut text = String::from("# Results\n\n");
    text += "Written by `cargo xtask bench`; the last column is a person's and is kept. Less is better but where ↑ stands.\n";
    text += "Medians of interleaved rounds; wall time moves with the machine's load, CPU and ratios much less.\n\n";
    text += &format!("* commit {}\n* {}\n* {}\n", commit(), date(), machine());
    let size = if quick {
        "quick (small: for regressions)"
    } else {
        "full"
    };
    text += &format!(
        "* {size}, {rounds} round{}\n\n",
        if rounds == 1 { "" } else { "s" }
    );
    let mut head = head(names);
    head.push("what limits it".into());
    text += &format!(
        "| {} |\n|---|{}---|\n",
        head.join(" | "),
        "---:|".repeat(head.len() - 2)
    );
    for mut line in lines(table, names) {
        line.push(limits.get(&line[0]).cloned().unwrap_or_default());
        text += &format!("| {} |\n", line.join(" | "));
    }
    fs::create_dir_all(root().join("bench")).map_err(|error| error.to_string())?;
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// What stands in the last column of a former table, by title.
fn limits(old: &str) -> BTreeMap<String, String> {
    let mut limits = BTreeMap::new();
    for line in old.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if let [title, .., limit] = &cells[..] {
            limits.insert(
                (*title).to_string(),
                limit.trim_end_matches('|').trim().to_string(),
            );
        }
    }
    limits
}

fn commit() -> String {
    let git = |words: &[&str]| {
        let output = Command::new("git")
            .args(words)
            .current_dir(root())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let id = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let dirty =
        git(&["status", "--porcelain", "--", "crates"]).is_some_and(|text| !text.is_empty());
    if dirty {
        format!("{id}, with changes that are not in it")
    } else {
        id
    }
}

/// Today, UTC (civil date from days since 1970).
fn date() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let days = (seconds / 86_400) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// The machine in words.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1))
        .unwrap_or("a CPU")
        .trim();
    let cores = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: String = kernel
        .chars()
        .take_while(|char| char.is_ascii_digit() || *char == '.')
        .collect();
    format!(
        "{cores} cores of {model}, {} GB, Linux {}",
        kib / 1_000_000,
        kernel.trim_end_matches('.')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_limits_is_kept() {
        let old = "| | a | what limits it |\n|---|---:|---|\n| rate: ascii [MB/s ↑] | 1 | the pty |\n| memory: x [MB] | 2 |  |\n";
        let limits = limits(old);
        assert_eq!(
            limits.get("rate: ascii [MB/s ↑]").map(String::as_str),
            Some("the pty")
        );
        assert_eq!(limits.get("memory: x [MB]").map(String::as_str), Some(""));
    }

    #[test]
    fn targets_are_told_apart() {
        let row = Row::new("CPU per MB", "ascii", "ms", false);
        assert_eq!(
            Target::of(&row.title()).word(&row, Some(6.0), Some(10.0)),
            "≤ ×0.65 ✓"
        );
        let row = Row::new("CPU per MB", "log", "ms", false);
        assert_eq!(
            Target::of(&row.title()).word(&row, Some(6.0), Some(10.0)),
            "≤ ×0.4 ✗"
        );
        assert_eq!(Target::of("nothing").word(&row, Some(1.0), None), "");
    }

    #[test]
    fn the_date_is_a_date() {
        let date = date();
        assert!(date.len() == 10 && date.starts_with("20"), "{date}");
    }
}

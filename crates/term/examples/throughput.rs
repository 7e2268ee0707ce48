//! Megabytes a second through our terminal and through alacritty_terminal, per workload shape, and what a
//! checkpoint and a history line cost. Time is the thread's own (Linux), so other work on the machine disturbs little.
//!
//! `cargo run --release -p outlast-term --example throughput [name] [MB]`
#![allow(clippy::disallowed_methods)]

#[path = "../tests/common/shapes.rs"]
mod shapes;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config as AlacrittyConfig, Term};
use outlast_term::{Config, MemoryBlocks, Size, Terminal};

const COLS: usize = 120;
const ROWS: usize = 39;
const CHUNK: usize = 64 * 1024;
const ROUNDS: usize = 5;

struct Fixed;

impl Dimensions for Fixed {
    fn total_lines(&self) -> usize {
        ROWS
    }
    fn screen_lines(&self) -> usize {
        ROWS
    }
    fn columns(&self) -> usize {
        COLS
    }
}

/// Seconds that this thread has run.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split_whitespace()
        .next()
        .and_then(|n| n.parse::<f64>().ok())
        .expect("a number")
        / 1e9
}

fn median(mut runs: Vec<f64>) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn ours(bytes: &[u8]) -> (f64, Terminal) {
    let config = Config {
        size: Size::new(COLS as u16, ROWS as u16),
        history_limit: 10_000,
    };
    let mut last = None;
    let runs = (0..ROUNDS).map(|_| {
        let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
        let start = cpu();
        let mut snapshot = Vec::new();
        for (i, chunk) in bytes.chunks(CHUNK).enumerate() {
            t.advance(chunk);
            if t.checkpoint_due() || i % 64 == 0 {
                snapshot.clear();
                t.snapshot(&mut snapshot);
                t.checkpointed();
            }
        }
        let rate = bytes.len() as f64 / (cpu() - start) / 1e6;
        last = Some(t);
        rate
    });
    let rate = median(runs.collect());
    (rate, last.expect("at least one round"))
}

fn theirs(bytes: &[u8]) -> f64 {
    let runs = (0..ROUNDS).map(|_| {
        let config = AlacrittyConfig {
            scrolling_history: 10_000,
            ..Default::default()
        };
        let mut t = Term::new(config, &Fixed, VoidListener);
        let mut parser: alacritty_terminal::vte::ansi::Processor =
            alacritty_terminal::vte::ansi::Processor::new();
        let start = cpu();
        for chunk in bytes.chunks(CHUNK) {
            parser.advance(&mut t, chunk);
        }
        bytes.len() as f64 / (cpu() - start) / 1e6
    });
    median(runs.collect())
}

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let mb: usize = std::env::args()
        .nth(2)
        .and_then(|s| s.parse().ok())
        .unwrap_or(8);
    println!(
        "{:<16}{:>10}{:>12}{:>8}{:>14}{:>14}",
        "MB/s", "outlast", "alacritty", "ratio", "snapshot us", "B/line"
    );
    for (name, make) in shapes::SHAPES.iter().filter(|s| s.0.contains(&only)) {
        let bytes = make(COLS, ROWS, mb * 1_000_000);
        let (us, t) = ours(&bytes);
        let them = if std::env::var_os("OURS").is_none() {
            theirs(&bytes)
        } else {
            f64::NAN
        };
        let mut out = Vec::new();
        let start = cpu();
        for _ in 0..200 {
            out.clear();
            t.snapshot(&mut out);
        }
        let snapshot = (cpu() - start) * 1e6 / 200.0;
        let line = t.history_bytes() as f64 / f64::from(t.history_len().max(1));
        println!(
            "{name:<16}{us:>10.0}{them:>12.0}{:>8.1}{snapshot:>14.1}{line:>14.0}",
            us / them
        );
    }
}

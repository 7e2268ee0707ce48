//! Milliseconds that a change of columns takes (median of some, from 120 columns), and reading all rows in another
//! width, by what the history holds.
//!
//! `cargo run --release -p outlast-term --example resize_cost [lines]`
#![allow(clippy::disallowed_methods)]

#[path = "../tests/common/shapes.rs"]
mod shapes;

use std::time::Instant;

use outlast_term::{Capture, Config, MemoryBlocks, Op, Size, Terminal};

/// Milliseconds.
fn timed(f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_secs_f64() * 1e3
}

fn main() {
    let lines = std::env::args().nth(1).and_then(|s| s.parse().ok());
    let lines: u32 = lines.unwrap_or(100_000);
    println!(
        "{:<16}{:>9}{:>28}{:>12}",
        "ms", "rows", "119, 80, 40, 200 columns", "read all"
    );
    for (name, make) in shapes::SHAPES {
        let config = Config {
            size: Size::new(120, 39),
            history_limit: lines,
        };
        let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
        let bytes = make(120, 39, 1_000_000);
        for _ in 0..(lines / 1000).max(1) * 3 {
            if t.history_len() + 1000 < lines {
                t.advance(&bytes);
            }
        }
        let rows = t.history_len();
        if rows < lines / 10 {
            continue;
        }
        let times = [119, 80, 40, 200].map(|cols| {
            let mut runs: Vec<f64> = (0..9)
                .map(|_| {
                    t.apply(&Op::Resize(Size::new(120, 39)));
                    timed(|| t.apply(&Op::Resize(Size::new(cols, 39))))
                })
                .collect();
            runs.sort_by(f64::total_cmp);
            runs[4]
        });
        let read = timed(|| drop(t.capture(0, u64::MAX, Capture::default())));
        println!(
            "{name:<16}{rows:>9}{:>7.2}{:>7.2}{:>7.2}{:>7.2}{read:>12.1}",
            times[0], times[1], times[2], times[3]
        );
    }
}

//! What the tests of the terminal share.
#![allow(dead_code)]

use outlast_term::{Config, MemoryBlocks, Signal, Size, Terminal};

/// An empty terminal with 100 rows of history.
pub fn terminal(cols: u16, rows: u16) -> Terminal {
    let config = Config {
        size: Size::new(cols, rows),
        history_limit: 100,
    };
    Terminal::new(config, Box::new(MemoryBlocks::default()))
}

/// A terminal after some output.
pub fn after(cols: u16, rows: u16, output: &str) -> Terminal {
    let mut t = terminal(cols, rows);
    t.advance(output.as_bytes());
    t
}

/// Checks the screen after some output: rows are separated by `/`, blanks at their ends do not count, nor do
/// blank rows at the bottom.
#[track_caller]
pub fn check(cols: u16, rows: u16, output: &str, expected: &str) {
    let t = after(cols, rows, output);
    assert_eq!(picture(&t), expected, "after {output:?}");
}

pub fn picture(t: &Terminal) -> String {
    t.picture()
        .replace('\n', "/")
        .trim_end_matches('/')
        .to_string()
}

/// Checks the screen and the cursor (column and row from 0, `!` when a wrap is pending).
#[track_caller]
pub fn check_at(cols: u16, rows: u16, output: &str, expected: &str, cursor: &str) {
    let t = after(cols, rows, output);
    assert_eq!(
        (picture(&t), place(&t)),
        (expected.to_string(), cursor.to_string()),
        "after {output:?}"
    );
}

pub fn place(t: &Terminal) -> String {
    let c = t.cursor();
    format!("{},{}{}", c.x, c.y, if c.wrap_pending { "!" } else { "" })
}

/// What the terminal answers to some output.
pub fn replies(output: &str) -> String {
    let mut t = after(80, 24, output);
    String::from_utf8(t.take_replies())
        .expect("replies are text")
        .replace('\x1b', "^[")
}

pub fn signals(output: &str) -> Vec<Signal> {
    after(80, 24, output).take_signals()
}

/// A small generator of pseudo-random numbers (splitmix64): a failing seed can be run again.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

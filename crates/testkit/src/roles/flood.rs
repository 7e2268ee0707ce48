//! `flood NAME LOG STOP LIMIT SEED PACE`: numbered lines in bursts until the file STOP exists or LIMIT lines are written;
//! how many there are so far is appended to LOG. The last line says how many there were. Then it waits to be killed.
//! PACE times as many lines come in a burst as usual.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use super::{number, stopped, word};
use crate::{Result, Rng, at};

/// The line with this number, without its end. No line is like another.
pub fn line(name: &str, number: u64, seed: u64) -> String {
    let mut rng = Rng::new(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let filler = "abcdefghijklmnopqrstuvwxyzäßéλж";
    let mut text = format!("{name} {number:07} ");
    let letters: Vec<char> = filler.chars().collect();
    // Mostly short lines; some are longer than a screen is wide.
    let len = if rng.one_in(20) {
        100 + rng.below(120)
    } else {
        rng.below(50)
    };
    for _ in 0..len {
        text.push(*rng.pick(&letters));
    }
    text.push('.');
    text
}

/// The last line.
pub fn last_line(name: &str, count: u64) -> String {
    format!("{name} ends after {count} lines")
}

/// Everything that a flood writes before its last line, burst by burst; its bytes are known before it writes them.
struct Bursts<'a> {
    name: &'a str,
    seed: u64,
    limit: u64,
    /// Times as many lines in a burst.
    pace: u64,
    rng: Rng,
    count: u64,
}

impl<'a> Bursts<'a> {
    fn new(name: &'a str, seed: u64, limit: u64, pace: u64) -> Bursts<'a> {
        let rng = Rng::new(seed);
        Bursts {
            name,
            seed,
            limit,
            pace,
            rng,
            count: 0,
        }
    }

    /// Lines of the next burst, from `count` on, and the pause after it.
    fn next(&mut self) -> (String, Duration) {
        // Mostly a few lines; now and then more than fits a ring.
        let burst = if self.rng.one_in(400) {
            5000
        } else {
            self.rng.below(20 * self.pace)
        };
        let mut text = String::new();
        for _ in 0..burst.min(self.limit - self.count) {
            text += &coloured(&line(self.name, self.count, self.seed), self.count);
            self.count += 1;
        }
        (text, Duration::from_millis(self.rng.below(60)))
    }
}

/// A line as it is written, with its end.
fn coloured(line: &str, number: u64) -> String {
    let colour = Rng::new(number).below(8);
    format!("\x1b[3{colour}m{line}\x1b[m\n")
}

/// What a flood of `count` lines wrote last: about `most` lines.
pub fn newest(name: &str, seed: u64, count: u64, most: u64) -> String {
    let lines = (count.saturating_sub(most)..count)
        .map(|number| coloured(&line(name, number, seed), number));
    lines.chain([last_line(name, count), "\n".into()]).collect()
}

pub(super) fn run(words: &[String]) -> Result<()> {
    let (name, log, stop) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let (limit, seed) = (number(words, 3)?, number(words, 4)?);
    let mut log = at(File::create(log), log)?;
    let mut out = std::io::stdout();
    let mut bursts = Bursts::new(name, seed, limit, number(words, 5)?);
    while bursts.count < limit && !stopped(stop) {
        let (text, pause) = bursts.next();
        at(
            out.write_all(text.as_bytes()).and_then(|()| out.flush()),
            "stdout",
        )?;
        at(
            log.write_all(format!("{}\n", bursts.count).as_bytes()),
            "log",
        )?;
        // The pace of the flood, not a wait for anything.
        std::thread::sleep(pause);
    }
    let count = bursts.count;
    at(
        out.write_all(format!("{}\n", last_line(name, count)).as_bytes()),
        "stdout",
    )?;
    at(out.flush(), "stdout")?;
    at(log.write_all(format!("end {count}\n").as_bytes()), "log")?;
    loop {
        std::thread::park();
    }
}

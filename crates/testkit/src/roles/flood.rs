//! `flood NAME LOG STOP LIMIT SEED`: numbered lines in bursts, each also appended to LOG, until the file STOP exists or
//! LIMIT lines are written. The last line says how many there were. Then it waits to be killed.

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

pub(super) fn run(words: &[String]) -> Result<()> {
    let (name, log, stop) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let (limit, seed) = (number(words, 3)?, number(words, 4)?);
    let mut log = at(File::create(log), log)?;
    let mut out = std::io::stdout();
    let mut rng = Rng::new(seed);
    let mut count = 0;
    while count < limit && !stopped(stop) {
        // Mostly a few lines; now and then more than fits a ring.
        let burst = if rng.one_in(100) { 5000 } else { rng.below(20) };
        let mut text = String::new();
        for _ in 0..burst.min(limit - count) {
            let colour = rng.below(8);
            text += &format!("\x1b[3{colour}m{}\x1b[m\n", line(name, count, seed));
            count += 1;
        }
        at(
            out.write_all(text.as_bytes()).and_then(|()| out.flush()),
            "stdout",
        )?;
        at(log.write_all(format!("{count}\n").as_bytes()), "log")?;
        // The pace of the flood, not a wait for anything.
        std::thread::sleep(Duration::from_millis(rng.below(60)));
    }
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

//! `paint LOG STOP COLS ROWS SEED`: a full-screen program that is never still: alternate screen, cursor addressing,
//! scroll regions, colours, modes, titles. Every byte also goes to LOG, so that another terminal can show the same.
//! It expects a raw terminal. At the end it writes `end` to LOG.end and waits to be killed.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use super::{number, stopped, word};
use crate::{Result, Rng, at};

/// What it does first.
pub fn begin() -> String {
    "\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[?1h\x1b=\x1b[H\x1b[2J".into()
}

/// The frame with this number for a screen of this size.
pub fn frame(number: u64, cols: u64, rows: u64, seed: u64) -> String {
    let mut rng = Rng::new(seed ^ number.wrapping_mul(0x9e37_79b9));
    let mut out = format!("\x1b]2;frame {number}\x1b\\");
    for _ in 0..rng.below(12) + 1 {
        let (x, y) = (rng.below(cols - 20) + 1, rng.below(rows) + 1);
        match rng.below(10) {
            0 => {
                let top = rng.below(rows - 3) + 1;
                let bottom = top + 1 + rng.below(rows - top);
                let lines = rng.below(3) + 1;
                let how = *rng.pick(&['S', 'T', 'L', 'M']);
                out += &format!(
                    "\x1b[{top};{}r\x1b[{top};1H\x1b[{lines}{how}\x1b[r",
                    bottom.min(rows)
                );
            }
            1 => out += &format!("\x1b[{y};{x}H\x1b[{}X", rng.below(15) + 1),
            2 => out += &format!("\x1b[{y};{x}H\x1b[K"),
            3 => out += &format!("\x1b[{y};{x}H\x1b[4{}m\x1b[K\x1b[m", rng.below(8)),
            4 => out += &format!("\x1b[{y};{x}H\x1b[{}P", rng.below(5) + 1),
            5 => out += &format!("\x1b[{y};{x}H\x1b[{}@", rng.below(5) + 1),
            6 if rng.one_in(8) => out += "\x1b[2J",
            _ => {
                out += &format!("\x1b[{y};{x}H\x1b[");
                out += match rng.below(6) {
                    0 => "1",
                    1 => "3",
                    2 => "4",
                    3 => "7",
                    _ => "0",
                };
                match rng.below(3) {
                    0 => out += &format!(";3{}", rng.below(8)),
                    1 => out += &format!(";38;5;{}", 16 + rng.below(240)),
                    _ => {
                        out += &format!(
                            ";48;2;{};{};{}",
                            rng.below(256),
                            rng.below(256),
                            rng.below(256)
                        )
                    }
                }
                out += "m";
                for _ in 0..rng.below(15) + 1 {
                    out.push((b'!' + rng.below(90) as u8) as char);
                }
                out += "\x1b[m";
            }
        }
    }
    out + &format!("\x1b[{};{}H", rng.below(rows) + 1, rng.below(cols) + 1)
}

pub(super) fn run(words: &[String]) -> Result<()> {
    let (path, stop) = (word(words, 0)?, word(words, 1)?);
    let (cols, rows, seed) = (number(words, 2)?, number(words, 3)?, number(words, 4)?);
    let mut log = at(File::create(path), path)?;
    let mut out = std::io::stdout();
    let mut rng = Rng::new(seed);
    let mut text = begin();
    let mut count = 0;
    loop {
        at(
            out.write_all(text.as_bytes()).and_then(|()| out.flush()),
            "stdout",
        )?;
        at(log.write_all(text.as_bytes()), "log")?;
        if stopped(stop) {
            break;
        }
        // The pace of the frames, not a wait for anything.
        std::thread::sleep(Duration::from_millis(rng.below(20)));
        text = frame(count, cols, rows, seed);
        count += 1;
    }
    at(
        std::fs::write(format!("{path}.end"), count.to_string()),
        "log",
    )?;
    loop {
        std::thread::park();
    }
}

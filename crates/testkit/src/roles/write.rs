//! `write GO FILE BYTES REPORT`: waits until the file GO exists, writes FILE's content again and again until BYTES are
//! written, then a mark that a client can be waited on for (`SENTINEL`), and puts the seconds it took into REPORT.
//! BYTES 0: until the file REPORT.stop exists, with the number of bytes so far in REPORT every 50 ms.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{number, stopped, word};
use crate::{Result, at};

/// What is written last, on a cleared screen.
pub const SENTINEL: &str = "SENTINEL-OF-THE-END";

pub(super) fn run(words: &[String]) -> Result<()> {
    let (go, file, report) = (word(words, 0)?, word(words, 1)?, word(words, 3)?);
    let bytes = number(words, 2)?;
    super::wait::raw()?;
    let content = at(std::fs::read(file), file)?;
    let mut out = std::io::stdout();
    at(out.write_all(b"ready").and_then(|()| out.flush()), "stdout")?;
    while !Path::new(go).exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let start = Instant::now();
    let (mut written, mut said, mut longest) = (0, start, 0.0_f64);
    let stop = format!("{report}.stop");
    'writing: while bytes == 0 || written < bytes {
        for chunk in content.chunks(16 * 1024) {
            let before = Instant::now();
            at(out.write_all(chunk), "stdout")?;
            longest = longest.max(before.elapsed().as_secs_f64());
            written += chunk.len() as u64;
            if bytes == 0 && stopped(&stop) {
                break 'writing;
            }
            if bytes == 0 && said.elapsed() > Duration::from_millis(50) {
                said = Instant::now();
                let text = format!("{} {} {longest}", start.elapsed().as_secs_f64(), written);
                at(std::fs::write(format!("{report}.new"), text), "report")?;
                at(std::fs::rename(format!("{report}.new"), report), "report")?;
            }
        }
    }
    at(
        out.write_all(format!("\x1b[m\x1b[?1049l\x1b[2J\x1b[H{SENTINEL}").as_bytes()),
        "stdout",
    )?;
    at(out.flush(), "stdout")?;
    at(
        std::fs::write(report, start.elapsed().as_secs_f64().to_string()),
        "report",
    )?;
    loop {
        std::thread::park();
    }
}

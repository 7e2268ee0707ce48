//! A report of a terminal that was drawn wrongly: where it began, what came since, and what it looked like in the end.
//!
//! A terminal is a function of a checkpoint and of what came after it, so a file with both shows the same picture anywhere
//! ([`Report::replay`]). What stands in the file besides (versions, settings) is text that nothing here reads.
//!
//! ```text
//! outlast-report 1\n
//! NAME LENGTH\n  then so many bytes and \n, for each section
//! end 0\n
//! ```
//!
//! | section | what |
//! |---|---|
//! | `about` | JSON for people and tools: versions, settings, clients |
//! | `screen` | size, cursor and rows as the server had them ([`shown`]) |
//! | `base` | a checkpoint |
//! | `history/N` | block N of the history below it; what is not there reads as empty rows |
//! | `log` | what came after it ([`Record`]) |
//!
//! A file may come from anywhere: lengths, sizes and numbers are bounded here, and an unknown section is passed over.

mod texts;

use std::sync::Arc;

use crate::Size;
use crate::codec::{Put, Reader};
use crate::history::{BLOCK_LEN, Blocks, MemoryBlocks};
use crate::rules::Rules;
use crate::terminal::{Capture, Op, SnapshotError, Terminal};

pub use texts::{Place, Text};

/// The first line.
const MAGIC: &str = "outlast-report 1";
/// A longer file is none of ours.
pub const FILE_MOST: usize = 32 << 20;
/// Sections of a file, at most.
const SECTIONS_MOST: usize = 64;
/// A section's name, at most.
const NAME_MOST: usize = 40;
/// Bytes of a log that are replayed, at most: a ring and what is kept beside it are a tenth of it.
const LOG_MOST: usize = 4 << 20;
/// Columns and rows, at most: nobody's window, and a log could fill all of it again and again.
const SIDE_MOST: u16 = 2000;
/// Blocks of history, at most.
const BLOCKS_MOST: usize = 8;

/// What came to a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Output of the pane's program.
    Output(&'a [u8]),
    /// Text that the server wrote into it.
    Text(&'a [u8]),
    /// An operation.
    Op(Op),
}

impl<'a> Record<'a> {
    /// Appends it to a log: kind, length, bytes.
    pub fn put(&self, out: &mut Vec<u8>) {
        let mut with = |kind: u8, bytes: &[u8]| {
            out.put_u8(kind);
            out.put_bytes(bytes);
        };
        match self {
            Record::Output(bytes) => with(0, bytes),
            Record::Text(bytes) => with(1, bytes),
            Record::Op(Op::Resize(size)) => {
                let mut sides = Vec::with_capacity(4);
                sides.put_u16(size.cols);
                sides.put_u16(size.rows);
                with(2, &sides);
            }
            Record::Op(Op::ClearHistory) => with(3, &[]),
            Record::Op(Op::Reset) => with(4, &[]),
            Record::Op(Op::Respawn) => with(5, &[]),
            Record::Op(Op::HistoryLimit(rows)) => with(6, &rows.to_le_bytes()),
            Record::Op(Op::AlternateAllowed(on)) => with(7, &[u8::from(*on)]),
            Record::Op(Op::ForgetLinks) => with(8, &[]),
            Record::Op(Op::Rules(rules)) => {
                let mut bytes = Vec::new();
                rules.write(&mut bytes);
                with(9, &bytes);
            }
        }
    }

    fn take(reader: &mut Reader<'a>) -> Option<Record<'a>> {
        let (kind, bytes) = (reader.u8()?, reader.bytes()?);
        let mut inner = Reader::new(bytes);
        let op = match kind {
            0 => return Some(Record::Output(bytes)),
            1 => return Some(Record::Text(bytes)),
            2 => {
                let (cols, rows) = (inner.u16()?, inner.u16()?);
                let fits = |side: u16| (1..=SIDE_MOST).contains(&side);
                if !fits(cols) || !fits(rows) {
                    return None;
                }
                Op::Resize(Size::new(cols, rows))
            }
            3 => Op::ClearHistory,
            4 => Op::Reset,
            5 => Op::Respawn,
            6 => Op::HistoryLimit(inner.u32()?),
            7 => Op::AlternateAllowed(inner.bool()?),
            8 => Op::ForgetLinks,
            9 => Op::Rules(Arc::new(Rules::take(&mut inner)?)),
            _ => return None,
        };
        inner.is_empty().then_some(Record::Op(op))
    }
}

/// The records of a log; None: it has one that is none.
pub fn records(log: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut reader = Reader::new(log);
    let mut found = Vec::new();
    while !reader.is_empty() {
        found.push(Record::take(&mut reader)?);
    }
    Some(found)
}

/// Where in a log the bytes of output and text stand, in order; None: it has a record that is none.
pub fn output_places(log: &[u8]) -> Option<Vec<std::ops::Range<usize>>> {
    let mut reader = Reader::new(log);
    let mut found = Vec::new();
    let mut at = 0;
    while !reader.is_empty() {
        let record = Record::take(&mut reader)?;
        let mut spelt = Vec::new();
        record.put(&mut spelt);
        let (head, end) = (5, at + spelt.len());
        if matches!(record, Record::Output(_) | Record::Text(_)) {
            found.push(at + head..end);
        }
        at = end;
    }
    Some(found)
}

/// Size, cursor and rows of a terminal's screen, looks as SGR: what two terminals are compared by.
pub fn shown(terminal: &Terminal) -> Vec<u8> {
    let (size, cursor) = (terminal.size(), terminal.cursor());
    let screen = if terminal.modes().alternate {
        "alternate"
    } else {
        "primary"
    };
    let mut out = format!(
        "{}x{} cursor {},{} {screen}\n",
        size.cols, size.rows, cursor.x, cursor.y
    )
    .into_bytes();
    let how = Capture {
        escapes: true,
        keep_trailing: true,
        ..Capture::default()
    };
    let first = terminal.screen_line();
    out.extend(terminal.capture(first, first + u64::from(size.rows) - 1, how));
    out
}

/// A file that is no report, or one that cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportError {
    /// It does not begin as a report of a version that is read.
    NotOne,
    /// It does not go on as one; the number is the offset.
    Damaged(usize),
    /// A section is missing, or is not what its name says.
    Section(&'static str),
    /// Its checkpoint is of another version or damaged.
    Base(SnapshotError),
}

/// A report: named sections, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Name and bytes of each.
    pub sections: Vec<(String, Vec<u8>)>,
}

/// A terminal that a report gave.
pub struct Replayed {
    /// As it is after what was replayed.
    pub terminal: Terminal,
    /// Bytes of output that were replayed.
    pub bytes: u64,
    /// Operations that were.
    pub ops: u64,
    /// All of the log was.
    pub whole: bool,
}

impl Report {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no report, or a damaged one.
    pub fn parse(file: &[u8]) -> Result<Report, ReportError> {
        let mut at = 0;
        if file.len() > FILE_MOST || line(file, &mut at) != Some(MAGIC) {
            return Err(ReportError::NotOne);
        }
        let mut report = Report::default();
        loop {
            let start = at;
            let damaged = ReportError::Damaged(start);
            let head = line(file, &mut at).ok_or(damaged.clone())?;
            let (name, len) = head.split_once(' ').ok_or(damaged.clone())?;
            let digits = len.bytes().all(|byte| byte.is_ascii_digit());
            let len: usize = len.parse().map_err(|_| damaged.clone())?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-');
            if !digits || name.is_empty() || name.len() > NAME_MOST || !name.bytes().all(plain) {
                return Err(damaged);
            }
            if name == "end" {
                return Ok(report);
            }
            let end = at.checked_add(len).ok_or(damaged.clone())?;
            if file.get(end) != Some(&b'\n') || report.sections.len() == SECTIONS_MOST {
                return Err(damaged);
            }
            let bytes = file[at..end].to_vec();
            report.sections.push((name.to_string(), bytes));
            at = end + 1;
        }
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let mut out = format!("{MAGIC}\n").into_bytes();
        for (name, bytes) in &self.sections {
            out.extend(format!("{name} {}\n", bytes.len()).bytes());
            out.extend(bytes);
            out.push(b'\n');
        }
        out.extend(b"end 0\n");
        out
    }

    /// The section of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.sections.iter().find(|(found, _)| found == name);
        found.map(|(_, bytes)| bytes.as_slice())
    }

    /// Puts a section in the place of the one of that name, or at the end.
    pub fn set(&mut self, name: &str, bytes: Vec<u8>) {
        match self.sections.iter_mut().find(|(found, _)| found == name) {
            Some(section) => section.1 = bytes,
            None => self.sections.push((name.to_string(), bytes)),
        }
    }

    /// The terminal as it was before anything of the log, with the history that is there.
    ///
    /// # Errors
    /// It has no checkpoint that this version reads.
    pub fn begin(&self) -> Result<Terminal, ReportError> {
        let base = self.get("base").ok_or(ReportError::Section("base"))?;
        let mut blocks = MemoryBlocks::default();
        let wrong = ReportError::Section("history");
        let history = self
            .sections
            .iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix("history/")?, bytes)));
        for (count, (number, bytes)) in history.enumerate() {
            let number: u64 = number.parse().map_err(|_| wrong.clone())?;
            if bytes.len() > BLOCK_LEN || count == BLOCKS_MOST {
                return Err(wrong);
            }
            blocks.get_mut(number)[..bytes.len()].copy_from_slice(bytes);
        }
        let terminal = Terminal::restore(base, Box::new(blocks)).map_err(ReportError::Base)?;
        let size = terminal.size();
        if size.cols > SIDE_MOST || size.rows > SIDE_MOST {
            return Err(ReportError::Section("base"));
        }
        Ok(terminal)
    }

    /// Replays the log, up to so many bytes of output if a number is given.
    ///
    /// # Errors
    /// It has no checkpoint that this version reads, or no log.
    pub fn replay(&self, stop: Option<u64>) -> Result<Replayed, ReportError> {
        let wrong = ReportError::Section("log");
        let log = self.get("log").ok_or(wrong.clone())?;
        let list = Some(log)
            .filter(|log| log.len() <= LOG_MOST)
            .and_then(records)
            .ok_or(wrong)?;
        let mut done = Replayed {
            terminal: self.begin()?,
            bytes: 0,
            ops: 0,
            whole: true,
        };
        for record in list {
            match record {
                Record::Output(bytes) => {
                    let left = stop.map_or(u64::MAX, |stop| stop - done.bytes);
                    let len = usize::try_from(left).unwrap_or(usize::MAX);
                    let now = &bytes[..len.min(bytes.len())];
                    done.terminal.advance(now);
                    done.bytes += now.len() as u64;
                    done.whole = now.len() == bytes.len();
                }
                // What follows the last byte that is wanted.
                _ if stop == Some(done.bytes) => done.whole = false,
                Record::Text(bytes) => done.terminal.advance(bytes),
                Record::Op(op) => {
                    done.terminal.apply(&op);
                    done.ops += 1;
                }
            }
            done.terminal.take_replies();
            done.terminal.take_signals();
            // Nobody will want to go back: what was given up is given back.
            done.terminal.checkpointed();
            if !done.whole {
                break;
            }
        }
        Ok(done)
    }
}

/// The line that begins at `at`, which is then behind it.
fn line<'a>(file: &'a [u8], at: &mut usize) -> Option<&'a str> {
    let rest = file.get(*at..)?;
    let rest = &rest[..rest.len().min(NAME_MOST * 2)];
    let len = rest.iter().position(|byte| *byte == b'\n')?;
    *at += len + 1;
    std::str::from_utf8(&rest[..len]).ok()
}

impl Terminal {
    /// Numbers of the newest blocks of history, at most so many, and the bytes of block `n` as far as they were written.
    pub fn newest_blocks(&self, most: u64) -> std::ops::Range<u64> {
        let end = self.history.next_block;
        self.history.oldest_block().max(end.saturating_sub(most))..end
    }

    /// The bytes of block `n` of the history, zeros at the end left out; nothing if it has been given back.
    pub fn block(&self, n: u64) -> &[u8] {
        if n < self.history.released || n >= self.history.next_block {
            return &[];
        }
        let block = self.blocks.get(n);
        let len = block.iter().rposition(|byte| *byte != 0);
        &block[..len.map_or(0, |last| last + 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Config;

    fn new() -> Terminal {
        let config = Config {
            size: Size::new(20, 5),
            history_limit: 100,
        };
        Terminal::new(config, Box::new(MemoryBlocks::default()))
    }

    /// A report of a terminal that began after `before` and then had `log`.
    fn report(before: &[u8], log: &[Record<'_>]) -> (Report, Terminal) {
        let mut terminal = new();
        terminal.advance(before);
        let mut base = Vec::new();
        terminal.snapshot(&mut base);
        let mut report = Report::default();
        report.set("base", base);
        let mut bytes = Vec::new();
        for record in log {
            record.put(&mut bytes);
            match record {
                Record::Output(bytes) | Record::Text(bytes) => terminal.advance(bytes),
                Record::Op(op) => terminal.apply(op),
            }
        }
        report.set("log", bytes);
        report.set("screen", shown(&terminal));
        for n in terminal.newest_blocks(2) {
            report.set(&format!("history/{n}"), terminal.block(n).to_vec());
        }
        (report, terminal)
    }

    #[test]
    fn a_file_gives_the_same_screen() {
        let rows: String = (0..30).map(|n| format!("row {n}\r\n")).collect();
        let log = [
            Record::Output(b"\x1b[31mred\x1b[?1049h\x1b[2;3Hvim"),
            Record::Op(Op::Resize(Size::new(30, 9))),
            Record::Output(b"\x1b[44m\x1b[K"),
            Record::Text(b"ours"),
            Record::Output(b"\x1b[?1049l\r\nback"),
            Record::Op(Op::Resize(Size::new(12, 12))),
            Record::Op(Op::HistoryLimit(7)),
            Record::Op(Op::AlternateAllowed(false)),
            Record::Op(Op::ClearHistory),
            Record::Op(Op::Respawn),
            Record::Op(Op::ForgetLinks),
            Record::Op(Op::Rules(Arc::new(Rules::new(["é=2"], false, 0)))),
            Record::Output("née ❤\u{fe0f}".as_bytes()),
            Record::Op(Op::Reset),
            Record::Output(b"last"),
        ];
        for upto in 0..=log.len() {
            let (report, terminal) = report(rows.as_bytes(), &log[..upto]);
            let file = report.write();
            let read = Report::parse(&file).unwrap();
            assert_eq!(read, report);
            let replayed = read.replay(None).unwrap();
            assert!(replayed.whole);
            assert_eq!(
                String::from_utf8_lossy(&shown(&replayed.terminal)),
                String::from_utf8_lossy(&shown(&terminal))
            );
            assert_eq!(read.get("screen"), Some(&*shown(&terminal)));
        }
    }

    #[test]
    fn a_replay_stops_after_a_byte() {
        let (report, _) = report(
            b"",
            &[
                Record::Output(b"abc"),
                Record::Op(Op::Resize(Size::new(10, 2))),
                Record::Output(b"def"),
            ],
        );
        let at = |stop| {
            let done = report.replay(Some(stop)).unwrap();
            let text = done.terminal.picture().trim_end().to_string();
            (text, done.ops, done.whole)
        };
        assert_eq!(at(0), (String::new(), 0, false));
        assert_eq!(at(2), ("ab".into(), 0, false));
        assert_eq!(at(3), ("abc".into(), 0, false));
        assert_eq!(at(5), ("abcde".into(), 1, false));
        assert_eq!(at(6), ("abcdef".into(), 1, true));
        assert_eq!(at(99), ("abcdef".into(), 1, true));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let (report, _) = report(b"x", &[Record::Output(b"y")]);
        let file = report.write();
        for len in 0..file.len() {
            assert!(Report::parse(&file[..len]).is_err(), "{len}");
        }
        assert_eq!(Report::parse(b"x"), Err(ReportError::NotOne));
        let two = file.iter().copied().map(|byte| match byte {
            b'1' => b'2',
            byte => byte,
        });
        let two: Vec<u8> = two.take(17).collect();
        assert_eq!(Report::parse(&two), Err(ReportError::NotOne));
        let mut wide = report.clone();
        let mut log = Vec::new();
        Record::Op(Op::Resize(Size::new(9000, 2))).put(&mut log);
        wide.set("log", log);
        assert_eq!(wide.replay(None).err(), Some(ReportError::Section("log")));
        let mut blocks = report.clone();
        for n in 0..20 {
            blocks.set(&format!("history/{n}"), vec![0; BLOCK_LEN]);
        }
        assert_eq!(blocks.begin().err(), Some(ReportError::Section("history")));
    }
}

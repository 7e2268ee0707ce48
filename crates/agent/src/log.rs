//! The event log: what has happened, in numbered records, each a line of JSON, bounded in number and bytes.
//!
//! Numbers grow and are never given twice: a log that begins does so at the milliseconds since 1970, and one that goes on
//! after a reboot jumps there. So a hole between two numbers says nothing; what is no longer kept is said by
//! [`Log::floor`].

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::text::clean;

/// So many records are kept.
pub const RECORDS_MOST: usize = 2000;
/// So many bytes of lines are kept.
pub const BYTES_MOST: usize = 512 * 1024;
/// The longest text of a record, in characters.
pub const TEXT_MOST: usize = 1000;
/// The longest of its other fields.
const WORD_MOST: usize = 200;

/// What has happened. Fields that say nothing are left out of the line; who reads passes over those that he does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Its number.
    pub n: u64,
    /// Seconds since 1970.
    pub time: i64,
    /// What it is about: `agent`, `request`, `run`, `pane`, `notice`, `server`.
    pub event: String,
    /// What it is now, or what was done: `waiting`, `failed`, `opened`, `settled`, `ended` …
    pub state: String,
    /// What it was before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// Which sort of it: `permission`, `question` …
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Name of the session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// `@1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub window: String,
    /// `%1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pane: String,
    /// Name of the agent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Name of the run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Of a request, or another thing with a name of its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Who did it, or who said so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The text is not for the disk.
    #[serde(skip_serializing_if = "is_false")]
    pub private: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Record {
    fn cleaned(mut self) -> Record {
        for word in [
            &mut self.event,
            &mut self.state,
            &mut self.before,
            &mut self.kind,
            &mut self.session,
            &mut self.window,
            &mut self.pane,
            &mut self.agent,
            &mut self.run,
            &mut self.id,
            &mut self.by,
        ] {
            *word = clean(word, WORD_MOST);
        }
        self.text = clean(&self.text, TEXT_MOST);
        self
    }

    /// As it is written to the disk: None if that is as it is.
    fn for_disk(line: &Line) -> Option<String> {
        if !line.private {
            return None;
        }
        let mut record: Record = serde_json::from_str(&line.text).ok()?;
        record.text.clear();
        serde_json::to_string(&record).ok()
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub n: u64,
    /// Seconds since 1970.
    pub time: i64,
    /// JSON, without a line end.
    pub text: Box<str>,
    private: bool,
}

impl Line {
    /// A line as it was kept; None: it is none.
    pub fn parse(text: &str) -> Option<Line> {
        let record: Record = serde_json::from_str(text).ok()?;
        (record.n != 0 && !record.event.is_empty()).then(|| Line {
            n: record.n,
            time: record.time,
            text: text.into(),
            private: record.private,
        })
    }

    /// What it says.
    pub fn record(&self) -> Option<Record> {
        serde_json::from_str(&self.text).ok()
    }
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Head {
    floor: u64,
}

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    floor: u64,
    next: u64,
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Log {
    /// One that begins now: what was before is not known.
    pub fn new(unix: i64) -> Log {
        let next = u64::try_from(unix).unwrap_or(0).saturating_mul(1000).max(1);
        Log {
            floor: next - 1,
            next,
            ..Log::default()
        }
    }

    /// One that goes on within one boot, from its parts.
    pub fn from_parts(floor: u64, next: u64, lines: Vec<Line>) -> Log {
        let mut log = Log {
            floor,
            next,
            ..Log::default()
        };
        log.take(lines);
        log
    }

    fn take(&mut self, mut lines: Vec<Line>) {
        lines.sort_by_key(|line| line.n);
        lines.dedup_by_key(|line| line.n);
        for line in lines {
            self.next = self.next.max(line.n + 1);
            self.bytes += line.text.len();
            self.lines.push_back(line);
        }
        self.drop_oldest();
    }

    /// Goes on with what a file has: its records stand before those that there are already.
    pub fn restore(&mut self, file: &[u8]) {
        let text = String::from_utf8_lossy(file);
        let mut lines = text.lines();
        let head: Option<Head> = lines
            .next()
            .and_then(|line| serde_json::from_str(line).ok());
        let Some(head) = head else { return };
        // A line that was cut off, or that another build has written, is passed over.
        let first = self.lines.front().map_or(u64::MAX, |line| line.n);
        let mut all: Vec<Line> = lines
            .filter_map(Line::parse)
            .filter(|line| line.n < first)
            .collect();
        all.extend(self.lines.drain(..));
        self.floor = head.floor;
        self.bytes = 0;
        self.take(all);
    }

    /// Adds a record. Its number.
    pub fn push(&mut self, record: Record, unix: i64) -> u64 {
        let n = self.next;
        let record = Record {
            n,
            time: unix,
            ..record.cleaned()
        };
        // Plain data always has a text.
        let text = serde_json::to_string(&record).unwrap_or_default();
        self.next += 1;
        self.bytes += text.len();
        self.lines.push_back(Line {
            n,
            time: unix,
            text: text.into(),
            private: record.private,
        });
        self.drop_oldest();
        n
    }

    fn drop_oldest(&mut self) {
        while self.lines.len() > RECORDS_MOST || self.bytes > BYTES_MOST {
            let Some(line) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= line.text.len();
            self.floor = line.n;
        }
    }

    /// Number of the newest record that is not kept (any more).
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// The number that the next record gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// All that is kept, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Those after a number.
    pub fn after(&self, n: u64) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        let at = self.lines.partition_point(|line| line.n <= n);
        self.lines.range(at..)
    }

    /// Number after which those of this time and later come.
    pub fn before_time(&self, unix: i64) -> u64 {
        let later = self.lines.iter().find(|line| line.time >= unix);
        later.map_or(self.next - 1, |line| line.n - 1)
    }

    /// The lines after a number as the disk has them; with the head from 0.
    pub fn file(&self, after: u64) -> Vec<u8> {
        let mut out = Vec::new();
        if after == 0 {
            let head = Head { floor: self.floor };
            out.extend(serde_json::to_vec(&head).unwrap_or_default());
            out.push(b'\n');
        }
        for line in self.after(after) {
            match Record::for_disk(line) {
                Some(text) => out.extend(text.bytes()),
                None => out.extend(line.text.bytes()),
            }
            out.push(b'\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        Record {
            event: "agent".into(),
            state: "waiting".into(),
            text: text.into(),
            ..Record::default()
        }
    }

    fn texts<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
        lines.map(|line| line.record().unwrap().text).collect()
    }

    #[test]
    fn numbers_grow_and_are_not_given_twice() {
        let mut log = Log::new(1000);
        let first = log.push(record("a"), 1000);
        let second = log.push(record("b"), 1001);
        assert_eq!((first, second), (1_000_000, 1_000_001));
        // The machine has lost power: the second was not on the disk yet.
        let mut file = log.file(0);
        let cut = file.len() - 10;
        file.truncate(cut);
        let mut later = Log::new(1060);
        later.restore(&file);
        assert_eq!(texts(later.lines()), ["a"]);
        assert!(later.push(record("c"), 1060) > second);
        assert_eq!(texts(later.after(first)), ["c"]);
        // What has happened already when the file is read stands behind.
        let mut late = Log::new(1060);
        late.push(record("new"), 1060);
        late.restore(&log.file(0));
        assert_eq!(texts(late.lines()), ["a", "b", "new"]);
        late.restore(b"nonsense");
        assert_eq!(late.lines().len(), 3);
    }

    #[test]
    fn it_is_bounded_and_says_what_is_gone() {
        let mut log = Log::new(1);
        let mut last = 0;
        for n in 0..3 * RECORDS_MOST {
            last = log.push(record(&"x".repeat(n % 50)), 1);
        }
        assert_eq!(log.lines().len(), RECORDS_MOST);
        assert_eq!(log.floor(), last - RECORDS_MOST as u64);
        for _ in 0..RECORDS_MOST {
            log.push(record(&"y".repeat(5000)), 1);
        }
        let bytes: usize = log.lines().map(|line| line.text.len()).sum();
        assert!(bytes <= BYTES_MOST && bytes == log.bytes);
        assert_eq!(log.floor() + 1, log.lines().next().unwrap().n);
        let parts = log.lines().cloned().collect();
        assert_eq!(Log::from_parts(log.floor(), log.next(), parts), log);
        let file = log.file(0);
        let mut again = Log::new(0);
        again.restore(&file);
        assert_eq!((again.floor(), again.next()), (log.floor(), log.next()));
    }

    #[test]
    fn what_is_private_is_on_no_disk() {
        let mut log = Log::new(1);
        log.push(
            Record {
                private: true,
                ..record("touch secret")
            },
            1,
        );
        let file = String::from_utf8(log.file(0)).unwrap();
        assert!(
            file.contains("waiting") && !file.contains("secret"),
            "{file}"
        );
        assert_eq!(texts(log.lines()), ["touch secret"]);
    }

    #[test]
    fn times_and_texts() {
        let mut log = Log::new(1);
        for unix in [10, 20, 20, 30] {
            log.push(record("a\nb\u{1b}[2J\u{202e}c"), unix);
        }
        assert_eq!(log.after(log.before_time(20)).len(), 3);
        assert_eq!(log.after(log.before_time(31)).len(), 0);
        assert_eq!(log.after(log.before_time(0)).len(), 4);
        assert_eq!(texts(log.lines())[0], "a b [2Jc");
        assert!(Line::parse("{\"floor\":3}").is_none());
        let unknown = r#"{"n":5,"time":3,"event":"agent","state":"idle","new":[1]}"#;
        assert_eq!(Line::parse(unknown).unwrap().n, 5);
    }
}

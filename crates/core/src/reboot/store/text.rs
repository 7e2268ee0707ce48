//! A pane's text on its way to disk: what of it is there, and the taking of the rest in bounded pieces.
//!
//! Rows that have scrolled off are appended, the rows of the screen replace the former ones (a frame of its own each time). The
//! file is written anew when much of it is not wanted any more, when rows were renumbered, and at once when text was cleared
//! away.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

use outlast_term::{Capture, Terminal};

use crate::model::ids::PaneId;
use crate::run::log::capture;
use crate::save::disk::{encode_lines, encode_screen, text_head};

/// From the first output that is not on disk to its writing: below ten seconds with all that may come between.
const LATEST_MS: u64 = 8000;
/// From a server's start to the writing of what its predecessor may not have written.
const UNKNOWN_MS: u64 = 1500;
/// So much output is written sooner,
const MANY_BYTES: u64 = 256 * 1024;
/// but a pane's text not more often than this.
const BETWEEN_MS: u64 = 1000;
/// With so much output since it is a flood, whose last seconds nobody has read: it is written as late as may be.
const FLOOD_BYTES: u64 = 64 * MANY_BYTES;
/// Rows that are taken in the first turn, some tenths of a millisecond; twice as many in each turn that follows, or a
/// flood that goes on would never be caught up with.
const ROWS_PER_TURN: u64 = 128;
/// The most in one turn, and while somebody types, when floods are held back as well.
const ROWS_MOST: u64 = 2048;
const ROWS_MOST_TYPING: u64 = 256;
/// Below this a file is not written anew to save room.
const SMALL_LEN: usize = 128 * 1024;

/// What of a pane's text is on disk.
#[derive(Debug, Default)]
pub(crate) struct PaneText {
    /// When something came that is not on disk.
    since_ms: Option<u64>,
    /// Bytes of output since.
    bytes: u64,
    last_ms: u64,
    /// Text that is there was cleared away.
    urgent: bool,
    /// What is under way takes it away.
    clearing: bool,
    /// Work is under way in the thread.
    pub busy: bool,
    /// There is a file.
    pub on_disk: bool,
    /// Its content is as is written here, so that it may be appended to.
    known: bool,
    epoch: u64,
    /// Number of the first row that is not there.
    next: u64,
    /// Frames of rows: the number after the last row, bytes.
    frames: VecDeque<(u64, usize)>,
    /// Bytes of the file, and of those the ones of the last screen.
    len: usize,
    screen_len: usize,
    screen_hash: u64,
    /// Rows of history when last seen.
    seen: u32,
}

/// A text that is being taken.
pub(crate) struct Taking {
    /// Whose.
    pub pane: PaneId,
    rewrite: bool,
    cleared: bool,
    epoch: u64,
    next: u64,
    /// Frames: the number after the last row, bytes.
    frames: VecDeque<(u64, Vec<u8>)>,
    most: usize,
    /// Rows to take in the next turn.
    rows: u64,
}

/// What is to be written.
pub(crate) enum Taken {
    /// The whole file.
    Rewrite {
        /// All of it.
        bytes: Vec<u8>,
        /// What is there was cleared away.
        cleared: bool,
    },
    /// More of it.
    Append(Vec<u8>),
    /// It is there already.
    Nothing,
}

impl PaneText {
    /// When it is to be written; None: it is there, or on its way.
    pub fn due(&self) -> Option<u64> {
        let since = self.since_ms.filter(|_| !self.busy)?;
        let soon = since.max(self.last_ms + BETWEEN_MS);
        let many = (MANY_BYTES..FLOOD_BYTES).contains(&self.bytes);
        Some(if self.urgent || many {
            soon.min(since + LATEST_MS)
        } else {
            since + LATEST_MS
        })
    }

    /// Something has changed.
    pub fn changed(&mut self, bytes: usize, now_ms: u64) {
        self.since_ms.get_or_insert(now_ms);
        self.bytes += bytes as u64;
    }

    /// Looks whether text was cleared away: then what is on disk is to go as well.
    pub fn see(&mut self, terminal: &Terminal) {
        let len = terminal.history_len();
        // At its limit a history drops a tenth at a time.
        if len < self.seen && u64::from(len) * 100 < u64::from(terminal.history_limit()) * 85 {
            self.urgent = true;
        }
        self.seen = len;
    }

    /// Text was cleared away by a command.
    pub fn cleared(&mut self) {
        self.urgent = true;
    }

    /// A former server may have left a file, and may have been about to write it.
    pub fn unknown(now_ms: u64) -> PaneText {
        PaneText {
            since_ms: Some(now_ms.saturating_sub(LATEST_MS - UNKNOWN_MS)),
            on_disk: true,
            ..PaneText::default()
        }
    }

    /// It is not to be written yet, but soon: what waits may be as old as may be already.
    pub fn put_off(&mut self, now_ms: u64) {
        self.since_ms = Some(now_ms.saturating_sub(LATEST_MS - BETWEEN_MS));
        self.last_ms = now_ms;
        self.bytes = 0;
    }

    /// It could not be written: what the file has is not known.
    pub fn failed(&mut self, now_ms: u64) {
        self.known = false;
        self.urgent |= std::mem::take(&mut self.clearing);
        self.since_ms.get_or_insert(now_ms);
    }

    /// Begins to take what is not there. The file is to have at most `most` bytes.
    pub fn take(&mut self, pane: PaneId, terminal: &Terminal, most: usize, now_ms: u64) -> Taking {
        let stale: usize = self
            .frames
            .iter()
            .take_while(|(end, _)| *end <= terminal.first_line())
            .map(|(_, len)| len)
            .sum();
        let rows: usize = self.frames.iter().map(|(_, len)| len).sum();
        let unwanted = stale + self.len.saturating_sub(rows + self.screen_len);
        let rewrite = !self.known
            || self.urgent
            || self.epoch != terminal.line_epoch()
            || self.next < terminal.first_line()
            || self.len > most
            || self.len > SMALL_LEN && unwanted > self.len / 2;
        let cleared = std::mem::take(&mut self.urgent);
        self.since_ms = None;
        self.bytes = 0;
        self.last_ms = now_ms;
        Taking {
            pane,
            rewrite,
            cleared,
            epoch: terminal.line_epoch(),
            next: if rewrite { 0 } else { self.next },
            frames: VecDeque::new(),
            most,
            rows: ROWS_PER_TURN,
        }
    }

    /// All of it has been taken: what is to be written, on its way from now on.
    pub fn taken(&mut self, taking: Taking, terminal: &Terminal, marks: &[(u64, i64)]) -> Taken {
        let rows = screen_rows(terminal, marks);
        if !self.on_disk && taking.frames.is_empty() && rows == NO_ROWS {
            // A pane that has said nothing needs no file.
            return Taken::Nothing;
        }
        let mut screen = Vec::new();
        encode_screen(&rows, &mut screen);
        let mut hasher = DefaultHasher::new();
        hasher.write(&screen);
        let hash = hasher.finish();
        if !taking.rewrite && taking.frames.is_empty() && hash == self.screen_hash {
            return Taken::Nothing;
        }
        let mut bytes = Vec::new();
        self.clearing = false;
        if taking.rewrite {
            bytes = text_head();
            self.frames.clear();
            self.len = 0;
        }
        for (end, frame) in &taking.frames {
            bytes.extend(frame);
            self.frames.push_back((*end, frame.len()));
        }
        self.screen_len = screen.len();
        self.screen_hash = hash;
        bytes.extend(screen);
        self.len += bytes.len();
        self.next = taking.next;
        self.epoch = taking.epoch;
        self.busy = true;
        self.known = true;
        self.on_disk = true;
        if taking.rewrite {
            self.clearing = taking.cleared;
            Taken::Rewrite {
                bytes,
                cleared: taking.cleared,
            }
        } else {
            Taken::Append(bytes)
        }
    }
}

impl Taking {
    /// Takes some rows, with the times that are known. True: that was all of the history.
    pub fn step(&mut self, terminal: &Terminal, marks: &[(u64, i64)], typing: bool) -> bool {
        if self.epoch != terminal.line_epoch() {
            // The rows have other numbers now.
            *self = Taking {
                rewrite: true,
                epoch: terminal.line_epoch(),
                next: 0,
                frames: VecDeque::new(),
                ..*self
            };
        }
        self.next = self.next.max(terminal.first_line());
        let screen = terminal.first_line() + u64::from(terminal.history_len());
        if self.next < screen {
            let end = screen.min(self.next + self.rows);
            self.rows = (self.rows * 2).min(if typing { ROWS_MOST_TYPING } else { ROWS_MOST });
            // The pen of a frame begins afresh.
            let mut rows = b"\x1b[m".to_vec();
            rows.extend(capture(
                terminal,
                marks,
                (self.next, end - 1),
                Capture::LINES,
            ));
            let mut frame = Vec::new();
            encode_lines(self.next, &rows, &mut frame);
            self.frames.push_back((end, frame));
            self.next = end;
            let mut len: usize = self.frames.iter().map(|(_, frame)| frame.len()).sum();
            while self.rewrite && len > self.most * 3 / 4 {
                len -= self
                    .frames
                    .pop_front()
                    .map_or(len, |(_, frame)| frame.len());
            }
        }
        self.next >= screen
    }
}

/// What an empty screen comes to.
const NO_ROWS: &[u8] = b"\x1b[m";

/// The rows of the screen, of the primary one if a program shows the other.
fn screen_rows(terminal: &Terminal, marks: &[(u64, i64)]) -> Vec<u8> {
    let first = terminal.first_line() + u64::from(terminal.history_len());
    let last = first + u64::from(terminal.size().rows) - 1;
    let how = Capture {
        other_screen: terminal.modes().alternate,
        ..Capture::LINES
    };
    let mut rows = NO_ROWS.to_vec();
    rows.extend(capture(terminal, marks, (first, last), how));
    while rows.last() == Some(&b'\n') {
        rows.pop();
    }
    rows
}

/// All rows as they are kept, history first.
pub fn whole_text(terminal: &Terminal) -> Vec<u8> {
    let first = terminal.first_line();
    let screen = first + u64::from(terminal.history_len());
    let mut rows = match screen > first {
        true => terminal.capture(first, screen - 1, Capture::LINES),
        false => Vec::new(),
    };
    rows.extend(screen_rows(terminal, &[]));
    rows
}

//! What a run has said, from its pane's history, with times as far as they are known: a mark every few seconds while it says
//! something. Marks are rows' numbers, so they go when rows are numbered anew (another width), and the disk does not have them.

use serde::{Deserialize, Serialize};

use outlast_term::{Capture, Terminal};

use crate::Core;
use crate::model::ids::PaneId;

/// Least time between two marks.
const BETWEEN_S: i64 = 5;
/// So many marks are kept; every other of the older ones goes then.
const MOST: usize = 256;
/// So many lines are handed out at once.
const LINES_MOST: usize = 2000;

/// When rows came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// How the rows were numbered.
    epoch: u64,
    /// Row and the time at which it was the last one, oldest first.
    rows: Vec<(u64, i64)>,
}

impl Marks {
    /// A row is the last one now.
    fn put(&mut self, epoch: u64, row: u64, unix: i64) {
        if self.epoch != epoch {
            self.rows.clear();
            self.epoch = epoch;
        }
        self.rows.push((row, unix));
        if self.rows.len() > MOST {
            let older = self.rows.len() / 2;
            let mut at = 0;
            self.rows.retain(|_| {
                at += 1;
                at > older || at % 2 == 1
            });
        }
    }

    /// Whether a mark is wanted here.
    fn wants(&self, epoch: u64, row: u64, unix: i64) -> bool {
        self.rows.last().is_none_or(|(last, when)| {
            self.epoch != epoch || (*last != row && unix - when >= BETWEEN_S)
        })
    }

    /// When a row came, at the earliest; None: before all that is known.
    fn time(&self, epoch: u64, row: u64) -> Option<i64> {
        let known = self.rows.iter().filter(|_| self.epoch == epoch);
        known
            .take_while(|(mark, _)| *mark <= row)
            .last()
            .map(|(_, unix)| *unix)
    }

    /// The first row that may have come at that time or later; None: all may.
    fn since(&self, epoch: u64, unix: i64) -> Option<u64> {
        let known = self.rows.iter().filter(|_| self.epoch == epoch);
        known
            .take_while(|(_, when)| *when <= unix)
            .last()
            .map(|(row, _)| *row)
    }
}

/// What is wanted of a log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// From this row on, as rows were numbered then.
    pub from: Option<(u64, u64)>,
    /// From this time on, seconds since 1970.
    pub since: Option<i64>,
    /// The last so many lines.
    pub last: Option<usize>,
    /// With colours.
    pub escapes: bool,
    /// A time before each line, seconds since 1970, and a tab.
    pub times: bool,
    /// Only lines that will not change.
    pub whole: bool,
}

/// A piece of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Piece {
    /// Lines.
    pub text: Vec<u8>,
    /// The row after them.
    pub next: u64,
    /// How rows are numbered.
    pub epoch: u64,
    /// There is more.
    pub more: bool,
}

/// The row of the cursor; in the alternate screen, that after the history.
fn bottom(terminal: &Terminal) -> u64 {
    let top = terminal.first_line() + u64::from(terminal.history_len());
    match terminal.modes().alternate {
        true => top,
        false => top + u64::from(terminal.cursor().y),
    }
}

/// The first row of the line that a row is of.
fn head(terminal: &Terminal, row: u64) -> u64 {
    let mut row = row;
    while row > terminal.first_line() && terminal.line_text(row - 1).wrapped {
        row -= 1;
    }
    row
}

impl Core {
    /// A run has said something.
    pub(crate) fn mark_time(&mut self, id: PaneId) {
        let unix = self.now.unix;
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let Some(run) = &pane.state.run else { return };
        let (epoch, row) = (pane.terminal.line_epoch(), bottom(&pane.terminal));
        if run.marks.wants(epoch, row, unix)
            && let Some(run) = self.run_mut(id)
        {
            run.marks.put(epoch, row, unix);
        }
    }

    /// What a run has said.
    pub(crate) fn run_log(&self, id: PaneId, wanted: Wanted) -> Option<Piece> {
        let pane = self.model.panes.get(&id)?;
        let run = pane.state.run.as_deref()?;
        let terminal = &pane.terminal;
        let (epoch, first) = (terminal.line_epoch(), terminal.first_line());
        let last = bottom(terminal);
        // The row that is being written.
        let open = match wanted.whole {
            true => head(terminal, last),
            false if terminal.line_text(last).text.is_empty() => last,
            false => last + 1,
        };
        let mut from = match wanted.from {
            Some((row, of)) if of == epoch => row.max(first),
            _ => first,
        };
        if let Some(row) = wanted.since.and_then(|unix| run.marks.since(epoch, unix)) {
            from = from.max(head(terminal, row));
        }
        if let Some(lines) = wanted.last {
            let mut at = open;
            for _ in 0..lines {
                if at <= from {
                    break;
                }
                at = head(terminal, at - 1);
            }
            from = from.max(at);
        }
        let how = Capture {
            escapes: wanted.escapes,
            ..Capture::LINES
        };
        let mut piece = Piece {
            epoch,
            ..Piece::default()
        };
        let mut lines = 0;
        while from < open && lines < LINES_MOST {
            let mut to = from;
            while to + 1 < open && terminal.line_text(to).wrapped {
                to += 1;
            }
            if wanted.times {
                let time = run.marks.time(epoch, from).unwrap_or(0);
                piece.text.extend(format!("{time}\t").bytes());
            }
            let line = terminal.capture(from, to, how);
            piece.text.extend(line.strip_suffix(b"\n").unwrap_or(&line));
            piece.text.push(b'\n');
            (from, lines) = (to + 1, lines + 1);
        }
        (piece.next, piece.more) = (from, from < open);
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_thin_out_and_are_found() {
        let mut marks = Marks::default();
        for n in 0..10_000_u64 {
            let unix = 1000 + n as i64 * BETWEEN_S;
            assert!(marks.wants(1, n * 10, unix));
            marks.put(1, n * 10, unix);
        }
        assert!(marks.rows.len() <= MOST);
        assert!(
            !marks.wants(1, 200_000, 1000 + 9_999 * BETWEEN_S + 1),
            "too soon"
        );
        let last = 1000 + 9_999 * BETWEEN_S;
        assert_eq!(marks.since(1, last), Some(99_990));
        assert_eq!(marks.since(1, 999), None);
        let row = marks.since(1, 26_000).expect("known");
        assert!(marks.time(1, row).expect("known") <= 26_000);
        assert_eq!(marks.time(2, row), None, "numbered anew");
        marks.put(2, 5, last + 10);
        assert_eq!(marks.rows.len(), 1);
    }
}

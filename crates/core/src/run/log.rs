//! What a run has said, from its pane's history, with times as far as they are known: a mark every few seconds while it says
//! something. Marks are rows' numbers; when rows are numbered anew (another width) they stay on their text. The disk has
//! them in the text that it keeps, as a sequence that no terminal shows.

use serde::{Deserialize, Serialize};

use outlast_term::{Capture, Op, Terminal};

use crate::Core;
use crate::jobs::Then;
use crate::model::Pane;
use crate::model::ids::PaneId;
use crate::model::pane::PaneOp;
use crate::reboot::feed;

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
    /// Row and the time from which on it was written, oldest first.
    rows: Vec<(u64, i64)>,
    /// Between marks up to this time others have been.
    #[serde(default)]
    thinned: i64,
}

impl Marks {
    /// A row is written from now on.
    fn put(&mut self, epoch: u64, row: u64, unix: i64) {
        if self.epoch != epoch {
            self.rows.clear();
            self.epoch = epoch;
        }
        // What stood there and below it has been written over.
        while self.rows.last().is_some_and(|(last, _)| *last >= row) {
            self.rows.pop();
        }
        self.rows.push((row, unix));
        if self.rows.len() > MOST {
            let older = self.rows.len() / 2;
            self.thinned = self.rows[older].1;
            let mut at = 0;
            self.rows.retain(|_| {
                at += 1;
                at > older || at % 2 == 1
            });
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows from this one on go into the history now.
    pub(crate) fn scrolled(&mut self, epoch: u64, row: u64, unix: i64) {
        self.put(epoch, row, unix);
    }

    /// Whether a mark is wanted here.
    pub(crate) fn wants(&self, epoch: u64, unix: i64) -> bool {
        self.rows
            .last()
            .is_none_or(|(_, when)| self.epoch != epoch || unix - when >= BETWEEN_S)
    }

    /// Rows and their times, if rows are numbered like this.
    pub(crate) fn rows(&self, epoch: u64) -> &[(u64, i64)] {
        match self.epoch == epoch {
            true => &self.rows,
            false => &[],
        }
    }

    /// Rows have other numbers now.
    fn moved(&mut self, epoch: u64, rows: &[(u64, u16)]) {
        self.epoch = epoch;
        for (mark, (row, _)) in self.rows.iter_mut().zip(rows) {
            mark.0 = *row;
        }
        // Of rows that are one now, or gone, the last time counts.
        let mut next = None;
        let mut kept: Vec<(u64, i64)> = self.rows.drain(..).rev().collect();
        kept.retain(|(row, _)| next.replace(*row).is_none_or(|next| *row < next));
        kept.reverse();
        self.rows = kept;
    }

    /// When a row came, at the earliest; None: before all that is known.
    pub(crate) fn time(&self, epoch: u64, row: u64) -> Option<i64> {
        let known = self.rows.iter().filter(|_| self.epoch == epoch);
        known
            .take_while(|(mark, _)| *mark <= row)
            .last()
            .map(|(_, unix)| *unix)
    }

    /// The first row that may have come at that time or later; None: all may. [`u64::MAX`]: none that is there.
    fn since(&self, epoch: u64, unix: i64) -> Option<u64> {
        let known = self.rows(epoch);
        let at = known.partition_point(|(_, when)| *when <= unix);
        let (row, when) = known.get(at.checked_sub(1)?)?;
        // Between two marks something is said for five seconds at most, unless others have been there.
        match *when > self.thinned && unix - when >= BETWEEN_S {
            true => Some(known.get(at).map_or(u64::MAX, |(row, _)| *row)),
            false => Some(*row),
        }
    }
}

/// Begins and ends what stands before a row in a kept text: when it came, seconds since 1970, stands between.
const STAMP: (&[u8], &[u8]) = (b"\x1b]7599;", b"\x1b\\");

/// Rows as they are kept, with their times.
pub(crate) fn capture(
    terminal: &Terminal,
    marks: &[(u64, i64)],
    (from, to): (u64, u64),
    how: Capture,
) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), from);
    for (row, unix) in marks.iter().filter(|(row, _)| (from..=to).contains(row)) {
        if *row > at {
            out.extend(terminal.capture(at, row - 1, how));
            // The pen of a piece begins afresh.
            out.extend(b"\x1b[m");
            at = *row;
        }
        out.extend(STAMP.0);
        out.extend(unix.to_string().bytes());
        out.extend(STAMP.1);
    }
    out.extend(terminal.capture(at, to, how));
    out
}

/// The first stamp in a text: what stands before it, its time, what stands behind it.
fn stamp(text: &[u8]) -> Option<(&[u8], i64, &[u8])> {
    let find = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|at| at == what);
    let begin = find(text, STAMP.0)?;
    let (before, rest) = (&text[..begin], &text[begin + STAMP.0.len()..]);
    let end = find(rest, STAMP.1)?;
    let unix = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Some((before, unix, &rest[end + STAMP.1.len()..]))
}

/// Takes a kept text into a terminal: its marks.
pub(crate) fn feed_marked(terminal: &mut Terminal, text: &[u8]) -> Marks {
    let mut marks = Marks::default();
    let mut text = text;
    while let Some((before, unix, rest)) = stamp(text) {
        feed(terminal, before);
        marks.put(terminal.line_epoch(), bottom(terminal), unix);
        // Which of them had others between them is not kept.
        marks.thinned = unix;
        text = rest;
    }
    feed(terminal, text);
    marks
}

/// Carries out an operation on a pane's terminal; marks stay on their text.
pub(crate) fn apply(pane: &mut Pane, op: &PaneOp) {
    let epoch = pane.terminal.line_epoch();
    let run = pane.state.run.as_deref();
    let marks = run.map_or(&[][..], |run| run.marks.rows(epoch));
    let times = pane.state.times.rows(epoch);
    let size = match op {
        PaneOp::Term(Op::Resize(size)) if !marks.is_empty() || !times.is_empty() => *size,
        _ => return op.apply(&mut pane.terminal),
    };
    let first = pane.terminal.first_line();
    let (of_run, all) = (marks.len(), marks.iter().chain(times));
    let mut rows: Vec<(u64, u16)> = all.map(|(row, _)| (*row.max(&first), 0)).collect();
    pane.terminal.resize_anchored(size, &mut rows);
    let epoch = pane.terminal.line_epoch();
    let (of_run, of_pane) = rows.split_at(of_run);
    if let Some(run) = pane.state.run.as_deref_mut() {
        run.marks.moved(epoch, of_run);
    }
    if !of_pane.is_empty() {
        pane.state.times.moved(epoch, of_pane);
    }
}

/// Who reads a log waits until there is more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogWait {
    /// Of the run in this pane.
    pub(crate) pane: PaneId,
    /// What is wanted.
    pub(crate) wanted: Wanted,
    /// With a line first for the next call.
    pub(crate) head: bool,
}

/// What is wanted of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A run says something: what stands from the row of the cursor on comes now.
    pub(crate) fn mark_time(&mut self, id: PaneId) {
        let unix = self.now.unix;
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let Some(run) = &pane.state.run else { return };
        let (epoch, row) = (pane.terminal.line_epoch(), bottom(&pane.terminal));
        if run.marks.wants(epoch, unix)
            && let Some(run) = self.run_mut(id)
        {
            run.marks.put(epoch, row, unix);
        }
    }

    /// The marks of a pane's run.
    pub(crate) fn run_marks(&self, id: PaneId) -> &[(u64, i64)] {
        let pane = self.model.panes.get(&id);
        let found = pane.and_then(|pane| Some((pane, pane.state.run.as_deref()?)));
        found.map_or(&[], |(pane, run)| {
            run.marks.rows(pane.terminal.line_epoch())
        })
    }

    fn log_is_over(&self, pane: PaneId) -> bool {
        self.run(pane).is_none_or(|run| run.course.state.is_over())
    }

    /// Whether who waits like that has to wait no longer.
    pub(crate) fn has_log(&self, wait: &LogWait) -> bool {
        let terminal = self.model.panes.get(&wait.pane).map(|pane| &pane.terminal);
        let (Some(terminal), false) = (terminal, self.log_is_over(wait.pane)) else {
            return true;
        };
        let Some((row, epoch)) = wait.wanted.from else {
            return true;
        };
        // A line that is being written is none yet.
        epoch != terminal.line_epoch() || row < head(terminal, bottom(terminal))
    }

    /// Prints what there is.
    pub(crate) fn print_log(&mut self, client: Option<crate::ClientId>, wait: &LogWait) {
        let over = self.log_is_over(wait.pane);
        let wanted = Wanted {
            whole: wait.head && !over,
            ..wait.wanted
        };
        let Some(piece) = self.run_log(wait.pane, wanted) else {
            return;
        };
        let mut text = Vec::new();
        if wait.head {
            let (more, over) = (u8::from(piece.more), u8::from(over));
            text.extend(format!("{}.{} {more} {over}\n", piece.next, piece.epoch).bytes());
        }
        text.extend(piece.text);
        if !text.is_empty() {
            self.print_bytes(client, 1, text);
        }
    }

    fn log_waiters(&self) -> impl Iterator<Item = (u64, LogWait, Option<crate::ClientId>)> {
        let jobs = self.model.jobs.iter();
        jobs.filter_map(|(token, job)| match &job.then {
            Then::Log(wait) => Some((*token, *wait, job.queue.flatten().or(job.client))),
            _ => None,
        })
    }

    /// A pane has something new: who waited for that goes on.
    pub(crate) fn tell_log(&mut self, pane: PaneId) {
        self.tell_log_if(pane, false);
    }

    /// A pane goes: nobody waits for it any more.
    pub(crate) fn tell_log_gone(&mut self, pane: PaneId) {
        self.tell_log_if(pane, true);
    }

    fn tell_log_if(&mut self, pane: PaneId, gone: bool) {
        let told: Vec<_> = self
            .log_waiters()
            .filter(|(_, wait, _)| wait.pane == pane && (gone || self.has_log(wait)))
            .collect();
        for (token, wait, client) in told {
            self.model.jobs.remove(&token);
            if !gone {
                self.print_log(client, &wait);
            }
            self.resume(token);
        }
    }

    /// Takes waits out whose commands are gone.
    pub(crate) fn forget_log_waits(&mut self) {
        let live = self.waited_for();
        let gone: Vec<u64> = self
            .log_waiters()
            .map(|(token, ..)| token)
            .filter(|token| !live.contains(token))
            .collect();
        for token in gone {
            self.model.jobs.remove(&token);
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
            from = from.max(head(terminal, row.min(open)));
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
            assert!(marks.wants(1, unix));
            marks.put(1, n * 10, unix);
        }
        assert!(marks.rows.len() <= MOST);
        assert!(!marks.wants(1, 1000 + 9_999 * BETWEEN_S + 1), "too soon");
        let last = 1000 + 9_999 * BETWEEN_S;
        assert_eq!(marks.since(1, last), Some(99_990));
        assert_eq!(marks.since(1, 999), None);
        let row = marks.since(1, 26_000).expect("known");
        assert!(marks.time(1, row).expect("known") <= 26_000);
        assert_eq!(marks.time(2, row), None, "numbered anew");
        marks.put(2, 5, last + 10);
        assert_eq!(marks.rows.len(), 1);
        // Written over from there.
        marks.put(2, 9, last + 20);
        marks.put(2, 5, last + 30);
        assert_eq!(marks.rows, [(5, last + 30)]);
    }

    #[test]
    fn marks_stay_on_their_text() {
        let mut marks = Marks::default();
        for n in 0..5 {
            marks.put(1, n * 10, n as i64);
        }
        // The first two are gone, the third and fourth stand on one row.
        marks.moved(2, &[(7, 0), (7, 0), (9, 0), (9, 3), (12, 0)]);
        assert_eq!(marks.rows(2), [(7, 1), (9, 3), (12, 4)]);
        assert_eq!(marks.rows(1), []);
    }

    #[test]
    fn a_kept_text_has_its_times() {
        let mut terminal = terminal(20, 3);
        for n in 0..10 {
            terminal.advance(format!("\x1b[3{}mline {n}\r\n", n % 8).as_bytes());
        }
        let marks = [(0, 100), (4, 200), (9, 300)];
        let text = capture(&terminal, &marks, (0, 9), Capture::LINES);
        let mut again = self::terminal(20, 3);
        let found = feed_marked(&mut again, &text);
        assert_eq!(found.rows(again.line_epoch()), marks);
        let all = |terminal: &Terminal| terminal.capture(0, 9, Capture::LINES);
        assert_eq!(all(&again), all(&terminal));
        // Rubbish is text.
        assert_eq!(stamp(b"a\x1b]7599;x\x1b\\b"), None);
        assert_eq!(stamp(b"a\x1b]7599;5"), None);
    }

    fn terminal(cols: u16, rows: u16) -> Terminal {
        let config = outlast_term::Config {
            size: outlast_term::Size::new(cols, rows),
            history_limit: 100,
        };
        Terminal::new(config, Box::new(outlast_term::MemoryBlocks::default()))
    }
}

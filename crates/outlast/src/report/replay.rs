//! The screen that a report gives, and whether it is the one that was recorded.

use std::fmt::Write;
use std::io::{IsTerminal, Read};
use std::path::Path;

use outlast_term::report::{FILE_MOST, Report, ReportError, shown};
use outlast_term::{Capture, SnapshotError};

/// Shows it. Ok is what a person reads, and whether the screen is the recorded one.
pub fn run(path: &Path, stop: Option<u64>) -> Result<(String, bool), String> {
    let place = path.display();
    let mut file = Vec::new();
    std::fs::File::open(path)
        .and_then(|open| open.take(FILE_MOST as u64 + 1).read_to_end(&mut file))
        .map_err(|error| format!("{place}: {}", crate::socket::reason(&error)))?;
    let replayed = Report::parse(&file)
        .and_then(|report| Ok((report.replay(stop)?, report)))
        .map_err(|error| format!("{place}: {}", reason(&error)));
    let (replayed, report) = replayed?;
    let terminal = &replayed.terminal;
    let now = shown(terminal);
    let how = Capture {
        escapes: std::io::stdout().is_terminal(),
        ..Capture::default()
    };
    let first = terminal.first_line() + u64::from(terminal.history_len());
    let last = first + u64::from(terminal.size().rows) - 1;
    let mut text = String::from_utf8_lossy(&terminal.capture(first, last, how)).into_owned();
    if how.escapes {
        text.push_str("\x1b[m");
    }
    let (cursor, size) = (terminal.cursor(), terminal.size());
    let _ = writeln!(
        text,
        "── {}x{}, cursor in column {} of row {}; {} bytes of output, {} operations",
        size.cols, size.rows, cursor.x, cursor.y, replayed.bytes, replayed.ops
    );
    if !replayed.whole {
        text.push_str("there is more; the recorded screen is that of the end\n");
        return Ok((text, true));
    }
    let recorded = report.get("screen").unwrap_or_default();
    if recorded == now {
        text.push_str("the same as the recorded screen\n");
        return Ok((text, true));
    }
    let (mut recorded, mut now) = (recorded.split(|b| *b == b'\n'), now.split(|b| *b == b'\n'));
    let mut rows = Vec::new();
    for row in 0..=size.rows {
        if recorded.next() != now.next() {
            // The first line has size and cursor.
            rows.push(match row.checked_sub(1) {
                None => "size or cursor".to_string(),
                Some(row) => format!("row {row}"),
            });
        }
    }
    let _ = writeln!(
        text,
        "NOT the same as the recorded screen: {}",
        rows.join(", ")
    );
    Ok((text, false))
}

fn reason(error: &ReportError) -> String {
    match error {
        ReportError::NotOne => "this is no report of a version that is known here".into(),
        ReportError::Damaged(at) => format!("damaged at byte {at}"),
        ReportError::Section(name) => format!("its section {name} is missing or damaged"),
        ReportError::Base(SnapshotError::Version(version)) => {
            format!("its checkpoint is of format {version}: replay it with the build that it names")
        }
        ReportError::Base(SnapshotError::Damaged(what)) => {
            format!("its checkpoint is damaged: {what}")
        }
    }
}

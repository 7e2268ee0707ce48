//! Rows as capture-pane prints them.

use crate::terminal::Terminal;

/// Text of one row, for search and capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineText {
    /// The row's text; blanks that were never written are not included at the end.
    pub text: String,
    /// For each byte-starting cluster of `text`: (byte offset, column).
    pub columns: Vec<(u32, u16)>,
    /// The next row continues this one (the program's line was longer than the screen).
    pub wrapped: bool,
    /// OSC 133;A came on this row.
    pub prompt: bool,
    /// OSC 133;C came on this row.
    pub output: bool,
}

/// What capture-pane wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capture {
    /// -e: SGR sequences.
    pub escapes: bool,
    /// -J: join wrapped rows, keep trailing blanks.
    pub join: bool,
    /// -N: keep trailing blanks.
    pub keep_trailing: bool,
    /// -C: escape non-printables as octal.
    pub octal: bool,
    /// -a: the saved primary or alternate screen that is not shown.
    pub other_screen: bool,
}

impl Terminal {
    /// capture-pane of rows `first..=last` (absolute, clamped), each ended by a newline but joined rows.
    #[allow(clippy::todo, unused_variables)]
    pub fn capture(&self, first: u64, last: u64, how: Capture) -> Vec<u8> {
        todo!()
    }
}

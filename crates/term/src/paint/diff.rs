//! The difference of two pictures as operations.

use crate::screen::{Screen, ScreenCursor, ScreenModes};

/// One drawing operation. The viewer's cursor position and style are the speller's business.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op<'a> {
    /// Start from an empty screen in the default style.
    Clear,
    /// Rows `top..=bottom` move up by `lines` (negative: down); rows that come in are blank.
    Scroll {
        /// First row.
        top: u16,
        /// Last row, inclusive.
        bottom: u16,
        /// How far.
        lines: i16,
    },
    /// Columns `from..to` of row `y` of `screen` are written.
    Run {
        /// The picture that the row is of.
        screen: &'a Screen,
        /// Row.
        y: u16,
        /// First column.
        from: u16,
        /// One past the last column.
        to: u16,
    },
    /// Columns `from..` of row `y` become blanks in the style of `screen`'s cell at `from`.
    EraseToEnd {
        /// The picture that the row is of.
        screen: &'a Screen,
        /// Row.
        y: u16,
        /// First column.
        from: u16,
    },
    /// Modes to change from and to.
    Modes(Option<ScreenModes>, ScreenModes),
    /// The cursor at the end of the frame.
    Cursor(Option<ScreenCursor>),
    /// The outer title.
    Title(&'a str),
    /// Ring once.
    Bell,
    /// Write the clipboard.
    Clipboard(&'a [u8]),
}

/// What must be done to a viewer that shows `prev` (None: unknown) so that it shows `next`. Empty when equal.
#[allow(unused_variables, clippy::todo)]
pub fn diff<'a>(prev: Option<&'a Screen>, next: &'a Screen) -> Vec<Op<'a>> {
    todo!()
}

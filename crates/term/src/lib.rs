//! What a terminal is: bytes to screen, two screens to bytes, keys to bytes and back.
//!
//! Pure: no file, clock, thread or random source. [`Terminal`] turns a program's output into a grid with
//! history; [`Screen`] is the picture one viewer should see; [`paint`] spells the difference of two pictures;
//! [`keys`] reads what a keyboard sends and writes what a program expects.
#![forbid(unsafe_code)]

mod capture;
mod cell;
mod charset;
mod codec;
mod cursor;
pub mod dcs;
pub mod dispatch;
mod draw;
mod dump;
mod edit;
mod grid;
pub mod history;
mod intern;
pub mod keys;
mod line;
mod memory;
pub mod modes;
pub mod osc;
pub mod paint;
pub mod palette;
mod params;
mod parse;
mod print;
mod rect;
mod reflow;
mod replies;
pub mod report;
mod resize;
mod row;
mod rules;
pub mod screen;
mod screens;
mod sgr;
mod signal;
mod snapshot;
pub mod style;
mod tabs;
pub mod terminal;
pub mod width;
pub mod x11;

pub use history::{Blocks, MemoryBlocks};
pub use palette::{OuterColours, parse as parse_colour};
pub use rules::Rules;
pub use screen::{Screen, ScreenCell, ScreenNotice, ScreenRow};
pub use style::{Attrs, Colour, Style, Underline};
pub use terminal::{
    Capture, Config, Cursor, CursorShape, LineText, Modes, MouseTracking, Op, Signal,
    SnapshotError, Terminal,
};

/// Columns and rows of a terminal, each 1 to [`Size::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Size {
    /// The largest number of columns or rows; larger requests are clamped (tmux: WINDOW_MAXIMUM).
    pub const MAX: u16 = 10_000;

    /// A size clamped to 1..=MAX in both directions.
    pub fn new(cols: u16, rows: u16) -> Size {
        Size {
            cols: cols.clamp(1, Size::MAX),
            rows: rows.clamp(1, Size::MAX),
        }
    }
}

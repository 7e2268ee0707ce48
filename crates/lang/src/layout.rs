//! Layout strings: `bb62,159x48,0,0{79x48,0,0,1,79x48,80,0[…]}` with their checksum.

use serde::{Deserialize, Serialize};

/// How the children of a cell lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Side by side, `{ }` (split-window -h).
    LeftRight,
    /// On top of each other, `[ ]` (split-window -v).
    TopBottom,
}

/// A cell of a layout: a pane or a row or column of cells. Borders of one column or row lie between children.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Column of the top left corner.
    pub x: u16,
    /// Row of the top left corner.
    pub y: u16,
    /// What is in it.
    pub content: Content,
}

/// What is in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A pane; the number is its id, None in a string without ids.
    Pane(Option<u32>),
    /// At least two cells.
    Cells(Direction, Vec<Cell>),
}

/// The string of a layout with its checksum in front.
#[allow(unused_variables, clippy::todo)]
pub fn print(root: &Cell) -> String {
    todo!()
}

/// The layout of a string; Err is tmux's "invalid layout: …" words.
#[allow(unused_variables, clippy::todo)]
pub fn parse(text: &str) -> Result<Cell, String> {
    todo!()
}

/// tmux's 16-bit rotating checksum.
#[allow(unused_variables, clippy::todo)]
pub fn checksum(text: &str) -> u16 {
    todo!()
}

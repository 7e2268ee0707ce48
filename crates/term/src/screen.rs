//! The immutable picture that one viewer sees: rows of cells, the cursor, the modes that the outer terminal
//! must be in, and counters for what is not a cell but must not be missed (bell, title, clipboard).
//!
//! A viewer is sent a picture, never a stream. Rows are shared (`Arc`) between successive pictures, so a
//! row that did not change is recognised by its address before its cells are compared.

use std::sync::Arc;

use crate::Size;
use crate::style::{Colour, Style};
use crate::terminal::{CursorShape, MouseTracking};

/// One column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScreenCell {
    /// A Unicode scalar value, or `ScreenCell::CLUSTER | index` into [`ScreenRow::clusters`]. 0 and 0x20
    /// both paint as a blank; painters must not tell them apart.
    pub text: u32,
    /// How it looks.
    pub style: Style,
    /// 0 for the second column of a wide cluster, else 1 or 2.
    pub width: u8,
    /// 0 for none, else 1 + index into [`Screen::links`].
    pub link: u16,
}

impl ScreenCell {
    /// Marks `text` as an index into the row's clusters.
    pub const CLUSTER: u32 = 1 << 31;
    /// A blank in the default style.
    pub const BLANK: ScreenCell = ScreenCell {
        text: 0x20,
        style: Style {
            fg: Colour::Default,
            bg: Colour::Default,
            ul: Colour::Default,
            underline: crate::style::Underline::None,
            attrs: crate::style::Attrs(0),
        },
        width: 1,
        link: 0,
    };
}

/// One row of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenRow {
    /// Exactly `Size::cols` cells once the picture is complete.
    pub cells: Vec<ScreenCell>,
    /// Grapheme clusters of more than one scalar value that cells of this row refer to.
    pub clusters: Vec<Box<str>>,
}

/// Where the outer terminal's cursor is and how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenCursor {
    /// Column, from 0.
    pub x: u16,
    /// Row, from 0.
    pub y: u16,
    /// DECSCUSR.
    pub shape: CursorShape,
    /// OSC 12, or `Default`.
    pub colour: Colour,
}

/// The modes that the outer terminal must be in for this picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenModes {
    /// What mouse events we want from the outer terminal (always reported to us as SGR 1006).
    pub mouse: MouseTracking,
    /// DECSET 2004.
    pub bracketed_paste: bool,
    /// DECSET 1004.
    pub focus: bool,
    /// DECCKM, kept in step with the active pane as tmux does.
    pub app_cursor: bool,
    /// DECKPAM.
    pub app_keypad: bool,
}

/// What the outer terminal is to tell the person before it, in its dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenNotice {
    /// Its number among this viewer's, growing.
    pub serial: u64,
    /// What it is about: the same when it is taken back.
    pub id: u64,
    /// A line.
    pub title: String,
    /// The rest, may be empty.
    pub body: String,
    /// What it was about is settled.
    pub settled: bool,
    /// The bell, whatever the terminal knows.
    pub bell: bool,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns and rows; `rows.len()` equals `size.rows`.
    pub size: Size,
    /// The rows, top first.
    pub rows: Vec<Arc<ScreenRow>>,
    /// None when the cursor is hidden.
    pub cursor: Option<ScreenCursor>,
    /// Modes of the outer terminal.
    pub modes: ScreenModes,
    /// The outer terminal's title, or None when it is not ours to set (`set-titles off`). Clean text.
    pub title: Option<Arc<str>>,
    /// How many bells this viewer should have heard since it attached.
    pub bells: u64,
    /// Serial and bytes of the newest clipboard write (OSC 52) for this viewer, serial 0 for none.
    pub clipboard: (u64, Arc<[u8]>),
    /// Number of the newest notice for this viewer, and those that it may not have had.
    pub notices: (u64, Arc<[ScreenNotice]>),
    /// URIs of hyperlinks that cells refer to (`ScreenCell::link - 1`). `id=` is not kept.
    pub links: Vec<Arc<str>>,
}

impl Screen {
    /// An empty picture: blanks, cursor hidden.
    pub fn blank(size: Size) -> Screen {
        let row = Arc::new(ScreenRow {
            cells: vec![ScreenCell::BLANK; size.cols as usize],
            clusters: Vec::new(),
        });
        Screen {
            size,
            rows: vec![row; size.rows as usize],
            cursor: None,
            modes: ScreenModes::default(),
            title: None,
            bells: 0,
            clipboard: (0, Arc::from([] as [u8; 0])),
            notices: (0, Arc::from([])),
            links: Vec::new(),
        }
    }
}

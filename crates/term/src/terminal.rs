//! A terminal: output bytes in, grid and history, replies and signals out.
//!
//! This file has what a terminal is made of and how it is fed; what it does stands in the files beside it:
//! [`crate::parse`] finds sequences, [`crate::dispatch`] says which function each one calls.

use std::sync::Arc;

use crate::Size;
use crate::charset::Charsets;
use crate::grid::Grid;
use crate::history::{Blocks, History};
use crate::intern::{Clusters, Links, Styles};
use crate::modes::flag;
use crate::palette::Palette;
use crate::parse::Parser;
use crate::print::Joins;
use crate::rules::Rules;
use crate::style::{Colour, Style};
use crate::tabs::Tabs;
use crate::width::{Props, Tail, props};

pub use crate::capture::{Capture, LineText};
pub use crate::modes::{Modes, MouseTracking};
pub use crate::signal::Signal;
pub use crate::snapshot::SnapshotError;

/// DECSCUSR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum CursorShape {
    /// 0: whatever the outer terminal's own default is.
    #[default]
    Default = 0,
    /// 1.
    BlinkingBlock = 1,
    /// 2.
    Block = 2,
    /// 3.
    BlinkingUnderline = 3,
    /// 4.
    Underline = 4,
    /// 5.
    BlinkingBar = 5,
    /// 6.
    Bar = 6,
}

impl CursorShape {
    /// The shape of DECSCUSR `n`.
    pub fn from_number(n: u16) -> Option<CursorShape> {
        use CursorShape::*;
        [
            Default,
            BlinkingBlock,
            Block,
            BlinkingUnderline,
            Underline,
            BlinkingBar,
            Bar,
        ]
        .get(usize::from(n))
        .copied()
    }
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Column from 0, always below the number of columns.
    pub x: u16,
    /// Row from 0.
    pub y: u16,
    /// xterm's pending wrap: the next printable first moves to the next line. tmux reports x = cols then.
    pub wrap_pending: bool,
    /// DECSCUSR.
    pub shape: CursorShape,
    /// OSC 12, or `Default`.
    pub colour: Colour,
}

/// What changes a terminal besides output. Each is journaled with the output offset at which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A new size; reflows the primary screen and history, never the alternate screen.
    Resize(Size),
    /// clear-history.
    ClearHistory,
    /// send-keys -R.
    Reset,
    /// A new program in the same terminal (respawn): modes reset, screen kept scrolled into history.
    Respawn,
    /// Rows of history to keep at most.
    HistoryLimit(u32),
    /// `alternate-screen` off: 1049 and its kin are ignored.
    AlternateAllowed(bool),
    /// clear-history -H: hyperlinks are taken off what is on the screens.
    ForgetLinks,
    /// Rules of one's own for text; what was printed stays as it is.
    Rules(Arc<Rules>),
}

/// What a new terminal needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Columns and rows.
    pub size: Size,
    /// Rows of history to keep at most.
    pub history_limit: u32,
}

/// Who protects characters: DECSCA (only selective erase passes over them) or SPA (every erase does).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Protection {
    #[default]
    Dec = 0,
    Iso = 1,
}

/// Replies that wait to be taken; further ones are dropped.
const REPLIES_MOST: usize = 64 * 1024;

/// A terminal.
pub struct Terminal {
    pub(crate) size: Size,
    pub(crate) blocks: Box<dyn Blocks>,
    pub(crate) history: History,
    /// The screen that is shown.
    pub(crate) grid: Grid,
    /// The other one; the alternate screen has no rows until it is first used.
    pub(crate) other: Grid,
    /// Whether `grid` is the alternate screen.
    pub(crate) alternate: bool,
    /// The program may switch (`alternate-screen`).
    pub(crate) alternate_allowed: bool,
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) wrap_pending: bool,
    pub(crate) shape: CursorShape,
    pub(crate) pen: Style,
    pub(crate) pen_link: u16,
    /// `pen` and `pen_link` as bits of a cell, unless stale.
    pub(crate) pen_look: u64,
    pub(crate) pen_stale: bool,
    pub(crate) charsets: Charsets,
    /// Bytes 0x20 to 0x7e may be written as they are: derived from charsets and insert mode.
    pub(crate) plain: bool,
    /// Scrolling region: rows and columns, inclusive.
    pub(crate) top: u16,
    pub(crate) bottom: u16,
    pub(crate) left: u16,
    pub(crate) right: u16,
    pub(crate) flags: u64,
    /// What XTSAVE kept, by private mode.
    pub(crate) saved_modes: Vec<(u16, bool)>,
    pub(crate) mouse: MouseTracking,
    /// Which mode set `mouse`.
    pub(crate) mouse_number: u16,
    pub(crate) modify_other_keys: u8,
    pub(crate) protection: Protection,
    /// DECSACE: 2 when DECCARA and DECRARA act on a rectangle, 0 or 1 when on a stream.
    pub(crate) extent: u8,
    /// XTCHECKSUM.
    pub(crate) checksum: u16,
    /// DECSCL.
    pub(crate) level: u16,
    pub(crate) tabs: Tabs,
    pub(crate) title: String,
    pub(crate) titles: Vec<String>,
    pub(crate) pens: Vec<Style>,
    pub(crate) palette: Palette,
    /// Pixels of a cell, for 14 t, 16 t and 2048.
    pub(crate) cell_pixels: (u16, u16),
    pub(crate) styles: Styles,
    pub(crate) clusters: Clusters,
    pub(crate) links: Links,
    /// Values refused since a sweep found the table of styles, clusters, links full.
    pub(crate) refused: [u32; 3],
    /// How often the tables were renumbered.
    pub(crate) sweeps: u64,
    pub(crate) joins: Joins,
    /// None: those of the table.
    pub(crate) rules: Option<Arc<Rules>>,
    pub(crate) tail: Tail,
    /// Where the cursor was when `tail` was noted.
    pub(crate) tail_at: (u16, u16),
    /// For REP; 0 for none.
    pub(crate) last_char: u32,
    pub(crate) parser: Parser,
    /// OSC 99 parts that wait for their last: id, title, body.
    pub(crate) notice: (String, String, String),
    pub(crate) replies: Vec<u8>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) signal_bytes: usize,
    pub(crate) change: u64,
    /// The change number of what happens now.
    pub(crate) now: u64,
    pub(crate) touched: bool,
    pub(crate) epoch: u64,
}

impl Terminal {
    /// A terminal at ground with an empty history.
    pub fn new(config: Config, blocks: Box<dyn Blocks>) -> Terminal {
        let size = Size::new(config.size.cols, config.size.rows);
        Terminal {
            size,
            blocks,
            history: History::new(config.history_limit, size.cols),
            grid: Grid::new(size.rows),
            other: Grid::default(),
            alternate: false,
            alternate_allowed: true,
            x: 0,
            y: 0,
            wrap_pending: false,
            shape: CursorShape::Default,
            pen: Style::default(),
            pen_link: 0,
            pen_look: 0,
            pen_stale: false,
            charsets: Charsets::default(),
            plain: true,
            top: 0,
            bottom: size.rows - 1,
            left: 0,
            right: size.cols - 1,
            flags: flag::DEFAULT,
            saved_modes: Vec::new(),
            mouse: MouseTracking::Off,
            mouse_number: 0,
            modify_other_keys: 0,
            protection: Protection::Dec,
            extent: 0,
            checksum: 0,
            level: crate::replies::LEVEL,
            tabs: Tabs::new(size.cols),
            title: String::new(),
            titles: Vec::new(),
            pens: Vec::new(),
            palette: Palette::default(),
            cell_pixels: (8, 16),
            styles: Styles::default(),
            clusters: Clusters::default(),
            links: Links::default(),
            refused: [0; 3],
            sweeps: 0,
            joins: Joins::default(),
            rules: None,
            tail: Tail::None,
            tail_at: (0, 0),
            last_char: 0,
            parser: Parser::default(),
            notice: Default::default(),
            replies: Vec::new(),
            signals: Vec::new(),
            signal_bytes: 0,
            change: 1,
            now: 2,
            touched: false,
            epoch: 0,
        }
    }

    /// Takes output. Any split of the bytes gives the same terminal.
    pub fn advance(&mut self, bytes: &[u8]) {
        let cursor = self.cursor();
        self.parse(bytes);
        self.history.flush(self.blocks.as_mut());
        self.touched |= cursor != self.cursor();
        self.settle();
    }

    /// Applies what is not output.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Resize(size) => self.resize(*size, &mut []),
            Op::ClearHistory => self.clear_history(),
            Op::Reset => {
                self.parser = Parser::default();
                self.reset();
            }
            Op::Respawn => self.respawn(),
            Op::HistoryLimit(limit) => self.history.set_limit(*limit, self.blocks.as_mut()),
            Op::AlternateAllowed(on) => self.alternate_allowed = *on,
            Op::ForgetLinks => self.forget_links(),
            Op::Rules(rules) => {
                self.rules = (**rules != Rules::default()).then(|| rules.clone());
                self.joins = Joins::default();
            }
        }
        self.history.flush(self.blocks.as_mut());
        self.touched = true;
        self.settle();
    }

    /// Ends a step: what was touched has changed.
    pub(crate) fn settle(&mut self) {
        if self.touched {
            self.touched = false;
            self.change = self.now;
            self.now += 1;
        }
    }

    /// What the terminal answers to the program's queries, in order; empties the store. At most 4 KiB a query.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.replies)
    }

    pub(crate) fn reply(&mut self, text: &str) {
        if self.replies.len() + text.len() <= REPLIES_MOST {
            self.replies.extend_from_slice(text.as_bytes());
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            x: self.x,
            y: self.y,
            wrap_pending: self.wrap_pending && self.has(flag::WRAP),
            shape: self.shape,
            colour: self.palette.cursor_override(),
        }
    }

    /// Title as set by the program (OSC 0, 2), clean.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// DECSTBM: first and last row of the scrolling region, inclusive, from 0.
    pub fn scroll_region(&self) -> (u16, u16) {
        (self.top, self.bottom)
    }

    /// Tab stops that are set, ascending columns from 0.
    pub fn tab_stops(&self) -> Vec<u16> {
        self.tabs.list()
    }

    /// Grows by at least one whenever anything visible changed.
    pub fn change(&self) -> u64 {
        self.change
    }

    /// The change number at which screen row `y` last changed.
    pub fn row_change(&self, y: u16) -> u64 {
        if y < self.grid.height() {
            self.grid.row_change(y)
        } else {
            0
        }
    }

    /// The change number at which the content of row `line` (absolute) last changed, wherever on the screen it
    /// stands; 0 for history. With it a drawn row can be kept while it scrolls.
    pub fn line_change(&self, line: u64) -> u64 {
        self.screen_row(line).map_or(0, |y| self.grid.row(y).change)
    }

    /// Changes whenever rows were renumbered (a reflow): numbers taken before mean nothing after.
    pub fn line_epoch(&self) -> u64 {
        self.epoch
    }

    /// Absolute number of the oldest row kept. Rows are numbered in the order they came; screen row y is
    /// `first_line() + history_len() + y`. A resize that changes the columns renumbers (see `line_epoch`).
    pub fn first_line(&self) -> u64 {
        self.history.first_line
    }

    /// Absolute number of the first screen row.
    pub(crate) fn screen_line(&self) -> u64 {
        self.history.first_line + u64::from(self.history.len)
    }

    /// The screen row that `line` is.
    pub(crate) fn screen_row(&self, line: u64) -> Option<u16> {
        let y = line.checked_sub(self.screen_line())?;
        (y < u64::from(self.grid.height())).then_some(y as u16)
    }

    /// Rows in history.
    pub fn history_len(&self) -> u32 {
        self.history.len
    }

    /// Bytes that the history takes.
    pub fn history_bytes(&self) -> u64 {
        self.history.bytes()
    }

    /// Rows of history to keep at most.
    pub fn history_limit(&self) -> u32 {
        self.history.limit
    }

    /// Where the primary screen's cursor was when the alternate screen was entered with 1049 (tmux:
    /// alternate_saved_x, alternate_saved_y); None on the primary screen.
    pub fn alternate_saved(&self) -> Option<(u16, u16)> {
        self.alternate
            .then_some((self.other.saved.x, self.other.saved.y))
    }

    /// Drops the history (ED 3, clear-history).
    pub(crate) fn clear_history(&mut self) {
        self.history.clear();
        self.touched = true;
    }

    /// No cell has a hyperlink any more, nor has what is printed next.
    fn forget_links(&mut self) {
        for grid in [&mut self.grid, &mut self.other] {
            for y in 0..grid.height() {
                for cell in &mut grid.row_mut(y).cells {
                    *cell = cell.with_look(crate::cell::look(cell.style(), 0));
                }
            }
            grid.touch_all(self.now);
        }
        self.pen_link = 0;
        self.pen_stale = true;
        self.touched = true;
    }

    /// Whether so much of the history was given up since the last checkpoint (a reflow, a clear, the limit) that
    /// one should be taken before more output is parsed, or memory grows. Lines that a checkpoint refers to
    /// are never overwritten, due or not.
    pub fn checkpoint_due(&self) -> bool {
        self.history.checkpoint_due()
    }

    /// Called once a checkpoint is safely in place: released blocks are given back.
    pub fn checkpointed(&mut self) {
        self.history.checkpointed(self.blocks.as_mut());
    }

    /// Ends the terminal and gives its blocks back.
    pub fn into_blocks(self) -> Box<dyn Blocks> {
        self.blocks
    }

    /// The properties of a scalar value by the rules in force.
    #[inline]
    pub(crate) fn props(&self, c: u32) -> Props {
        match &self.rules {
            None => props(c),
            Some(rules) => rules.props(c),
        }
    }

    /// The pen as bits of a cell.
    #[inline]
    pub(crate) fn look(&mut self) -> u64 {
        if self.pen_stale {
            let pen = self.pen;
            let style = self.intern_style(&pen);
            self.pen_look = crate::cell::look(style, self.pen_link);
            self.pen_stale = false;
        }
        self.pen_look
    }
}

//! A terminal: output bytes in, grid and history, replies and signals out.

use crate::history::Blocks;
use crate::screen::ScreenRow;
use crate::style::Colour;
use crate::Size;

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

/// DECSET 9 (X10, not kept), 1000, 1002, 1003.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MouseTracking {
    /// No mouse reports.
    #[default]
    Off,
    /// 1000: presses, releases, wheel.
    Button,
    /// 1002: and motion while a button is down.
    Drag,
    /// 1003: and every motion.
    Any,
}

/// The modes that a program has set and that others need to know (for key encoding, formats, the outer terminal).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// The alternate screen is shown (1049, 1047, 47).
    pub alternate: bool,
    /// DECCKM (?1).
    pub app_cursor: bool,
    /// DECKPAM / DECNKM (?66).
    pub app_keypad: bool,
    /// ?2004.
    pub bracketed_paste: bool,
    /// ?1004.
    pub focus: bool,
    /// Which mouse events.
    pub mouse: MouseTracking,
    /// ?1006.
    pub mouse_sgr: bool,
    /// ?1005.
    pub mouse_utf8: bool,
    /// ?1016.
    pub mouse_pixels: bool,
    /// ?7, on by default.
    pub wrap: bool,
    /// IRM.
    pub insert: bool,
    /// DECOM (?6).
    pub origin: bool,
    /// LNM (20).
    pub newline: bool,
    /// ?25.
    pub cursor_visible: bool,
    /// ?2026 is open: a viewer should be shown the last settled picture (bounded in time by the core).
    pub synchronized: bool,
    /// ?2031: wants colour-scheme reports.
    pub theme_reports: bool,
    /// ?2048: wants in-band resize reports.
    pub in_band_resize: bool,
    /// kitty keyboard flags in force on the shown screen (0 to 31).
    pub kitty_keys: u8,
    /// xterm modifyOtherKeys, 0 to 2.
    pub modify_other_keys: u8,
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

/// What a program asked for that is not on the grid. Collected by `advance`, taken by [`Terminal::take_signals`].
/// All text is clean: no C0, C1, DEL or bidirectional controls, bounded in length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// BEL.
    Bell,
    /// OSC 0 or 2 (also OSC 7501's title is not one).
    Title(String),
    /// ESC k … ST: tmux's window name.
    WindowName(String),
    /// OSC 7: working directory as a path.
    WorkingDirectory(String),
    /// OSC 52 write: selection letters and the decoded bytes.
    Clipboard(String, Vec<u8>),
    /// OSC 9, 777, 99: a notification, title possibly empty.
    Notify {
        /// Title or empty.
        title: String,
        /// Text.
        body: String,
    },
    /// OSC 9;4: state 0 to 4 and percent.
    Progress(u8, u8),
    /// OSC 133: A, B, C, or D with its status.
    Prompt(char, Option<i32>),
    /// OSC 7501: program status (agents.md section 3), payload as it came, clean.
    Status(String),
    /// DCS tmux; … ST passthrough payload, at most 1 MiB, raw.
    Passthrough(Vec<u8>),
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
}

/// What a new terminal needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Columns and rows.
    pub size: Size,
    /// Rows of history to keep at most.
    pub history_limit: u32,
}

/// A terminal.
pub struct Terminal {
    config: Config,
    blocks: Box<dyn Blocks>,
}

/// A checkpoint that cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    /// Made by a version that this one does not read.
    Version(u32),
    /// Too short, a bad checksum, or an impossible value; the text names the field.
    Damaged(&'static str),
}

/// Text of one row, for search and capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineText {
    /// The row's text; blanks that were never written are not included at the end.
    pub text: String,
    /// For each byte-starting cluster of `text`: (byte offset, column).
    pub columns: Vec<(u32, u16)>,
    /// The next row continues this one (the program's line was longer than the screen).
    pub wrapped: bool,
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

#[allow(unused_variables, clippy::todo)]
impl Terminal {
    /// A terminal at ground with an empty history.
    pub fn new(config: Config, blocks: Box<dyn Blocks>) -> Terminal {
        Terminal { config, blocks }
    }
    /// Takes output. Any split of the bytes gives the same terminal.
    pub fn advance(&mut self, bytes: &[u8]) {
        todo!()
    }
    /// Applies what is not output.
    pub fn apply(&mut self, op: &Op) {
        todo!()
    }
    /// What the terminal answers to the program's queries, in order; empties the store. At most 4 KiB a query.
    pub fn take_replies(&mut self) -> Vec<u8> {
        todo!()
    }
    /// What the program asked for; empties the store (bounded: 256, newest title kept).
    pub fn take_signals(&mut self) -> Vec<Signal> {
        todo!()
    }
    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.config.size
    }
    /// Where the cursor is.
    pub fn cursor(&self) -> Cursor {
        todo!()
    }
    /// Modes.
    pub fn modes(&self) -> Modes {
        todo!()
    }
    /// Title as set by the program (OSC 0, 2), clean.
    pub fn title(&self) -> &str {
        todo!()
    }
    /// DECSTBM: first and last row of the scrolling region, inclusive, from 0.
    pub fn scroll_region(&self) -> (u16, u16) {
        todo!()
    }
    /// Tab stops that are set, ascending columns from 0.
    pub fn tab_stops(&self) -> Vec<u16> {
        todo!()
    }
    /// Grows by at least one whenever anything visible changed.
    pub fn change(&self) -> u64 {
        todo!()
    }
    /// The change number at which screen row `y` last changed.
    pub fn row_change(&self, y: u16) -> u64 {
        todo!()
    }
    /// Absolute number of the oldest row kept. Rows are numbered in the order they came; screen row y is
    /// `first_line() + history_len() + y`. A resize that changes the columns renumbers (see `line_epoch`).
    pub fn first_line(&self) -> u64 {
        todo!()
    }
    /// Rows in history.
    pub fn history_len(&self) -> u32 {
        todo!()
    }
    /// Bytes that the history takes.
    pub fn history_bytes(&self) -> u64 {
        todo!()
    }
    /// Rows of history to keep at most.
    pub fn history_limit(&self) -> u32 {
        self.config.history_limit
    }
    /// Draws columns `from..from + width` of row `line` (absolute; history or screen) into `out` at column `at`,
    /// which must have that many cells. Rows out of range draw as blanks. Links are interned into `links`.
    /// `base` fills what the program left in the default colours (window-style).
    pub fn draw_line(&self, line: u64, from: u16, width: u16, out: &mut ScreenRow, at: u16, links: &mut Vec<std::sync::Arc<str>>) {
        todo!()
    }
    /// Text of row `line` (absolute).
    pub fn line_text(&self, line: u64) -> LineText {
        todo!()
    }
    /// capture-pane of rows `first..=last` (absolute, clamped), each ended by a newline but joined rows.
    pub fn capture(&self, first: u64, last: u64, how: Capture) -> Vec<u8> {
        todo!()
    }
    /// Appends a checkpoint to `out`: everything but the history's lines, of which it records the length.
    /// Exact: `restore` of it over the same blocks behaves the same for ever.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        todo!()
    }
    /// The terminal of a checkpoint; history is cut back to the length that it records.
    pub fn restore(bytes: &[u8], blocks: Box<dyn Blocks>) -> Result<Terminal, SnapshotError> {
        todo!()
    }
    /// Whether history lines that the last checkpoint refers to will be overwritten by the next append (a
    /// resize pulled rows back, or history was cleared): a checkpoint must be taken before more output is parsed.
    pub fn checkpoint_due(&self) -> bool {
        todo!()
    }
    /// Called once a checkpoint is safely in place: released blocks are given back.
    pub fn checkpointed(&mut self) {
        todo!()
    }
}

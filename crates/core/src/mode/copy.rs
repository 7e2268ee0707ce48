//! Copy mode: a view of a pane's rows that stays on its text while output goes on (tmux(1), WINDOWS AND PANES); and
//! view mode, the same over a listing.
//!
//! Rows are absolute (`Terminal::first_line`). History does not change, so only the screen as it was at entry is kept,
//! and saved with the mode: a reader does not notice the server's death. History that is trimmed meanwhile is missed at
//! the top; when the columns change, the view finds its text again by counting lines from the end.
//!
//! Departures from tmux: modes are not stacked (a listing replaces copy mode); a search is bounded by rows, not by time.

mod actions;
mod brackets;
mod commands;
mod draw;
mod mouse;
mod output;
mod reader;
mod resize;
pub(crate) mod rows;
mod search;
mod select;
mod view;
mod words;

use outlast_lang::args::Args;
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{ClientId, PaneId};
pub use commands::{COMMANDS, run};
pub(crate) use draw::{cursor, draw_row, variables};
pub(crate) use mouse::{drag, drag_scroll, start_drag};
pub(crate) use resize::{resized, resizing};
use rows::Frozen;
use view::{Editor, Rows};
pub(crate) use words::word_at;

/// Which end of the selection goes with the cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Drag {
    /// Neither.
    #[default]
    None,
    /// The end.
    End,
    /// The start.
    Start,
}

/// Selecting whole lines: which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineSel {
    /// Not whole lines.
    #[default]
    None,
    /// The cursor is at the line's end.
    LeftRight,
    /// The cursor is at the line's start.
    RightLeft,
}

/// What a selection grows by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Characters.
    #[default]
    Char,
    /// Words.
    Word,
    /// Lines.
    Line,
}

/// What `f`, `F`, `t`, `T` last looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Jump {
    /// Nothing yet.
    #[default]
    None,
    /// Onto it, forward.
    Forward,
    /// Onto it, backward.
    Backward,
    /// In front of it, forward.
    ToForward,
    /// Behind it, backward.
    ToBackward,
}

/// All that commands move.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// First row of the view.
    pub top: u64,
    /// Column of the cursor.
    pub cx: u16,
    /// Row of the cursor in the view.
    pub cy: u16,
    /// Column that vertical moves try to keep, and the length of the row that it is from.
    pub last_x: u16,
    /// See `last_x`.
    pub last_length: u16,
    /// There is a selection.
    pub selecting: bool,
    /// Its start.
    pub sel: (u16, u64),
    /// Its end.
    pub end: (u16, u64),
    /// Which end moves.
    pub drag: Drag,
    /// Whole lines.
    pub line: LineSel,
    /// A rectangle.
    pub rect: bool,
    /// What it grows by.
    pub unit: Unit,
    /// Where a selection by words or lines began …
    pub from: (u16, u64),
    /// … the start of that word or line …
    pub reset: (u16, u64),
    /// … and its end.
    pub reset_end: (u16, u64),
    /// The mark.
    pub mark: (u16, u64),
    /// It is shown.
    pub show_mark: bool,
    /// What was searched for.
    pub search: String,
    /// As a regular expression.
    pub regex: bool,
    /// The last search went down.
    pub down: bool,
    /// `n` repeats towards the end; None before any search.
    pub again: Option<bool>,
    /// Matches are shown.
    pub marks: bool,
    /// How many there are.
    pub matches: Option<u32>,
    /// There may be more.
    pub partial: bool,
    /// What they were counted for.
    #[serde(default)]
    pub counted: Option<(String, bool)>,
    /// Cursor and top before an incremental search.
    pub before: Option<(u16, u16, u64)>,
    /// Kind and text of the last jump.
    pub jump: (Jump, String),
    /// recentre-top-bottom: what comes next (0 middle, 1 top, 2 bottom) and for which row.
    pub recentre: (u8, u64),
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// Copy mode (or view mode) of one pane.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CopyMode {
    /// View mode: a listing, not the pane's text.
    #[serde(default)]
    pub listing: bool,
    /// The pane whose text it is (`-s`); None: the pane itself.
    #[serde(default)]
    pub source: Option<PaneId>,
    /// Number of the first kept row.
    #[serde(default)]
    pub base: u64,
    /// The kept rows.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
    /// -e: reaching the end leaves the mode.
    #[serde(default)]
    pub exit: bool,
    /// -H: no position is shown.
    #[serde(default)]
    pub hide: bool,
    /// Line numbers may be shown (not when entered with the mouse).
    #[serde(default)]
    pub numbers: bool,
    /// When the listing was written to last, seconds since 1970.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub listed: i64,
    /// How often the next command is done.
    #[serde(default)]
    pub count: Option<u32>,
    /// Everything else.
    #[serde(default)]
    pub cursor: Cursor,
    /// Grows when it looks different.
    #[serde(skip)]
    change: u64,
    /// Where the text is while the columns change.
    #[serde(skip)]
    anchor: Option<resize::Anchor>,
}

impl CopyMode {
    /// Where the cursor is in the pane.
    pub fn cursor(&self) -> (u16, u16) {
        (self.cursor.cx, self.cursor.cy)
    }

    /// The number of the view's picture.
    pub(crate) fn change(&self) -> u64 {
        self.change
    }

    /// tmux's name of the mode.
    pub fn name(&self) -> &'static str {
        if self.listing {
            "view-mode"
        } else {
            "copy-mode"
        }
    }
}

/// Runs something on the mode of a pane, which is put back after it. None: there is no mode.
fn edit<T>(core: &mut Core, pane: PaneId, run: impl FnOnce(&mut Editor<'_>) -> T) -> Option<T> {
    let mut mode = core.model.panes.get_mut(&pane)?.state.mode.take()?;
    let result = {
        let mut editor = editor(core, pane, &mode)?;
        editor.count = mode.count.unwrap_or(1).max(1);
        editor.clamp();
        let result = run(&mut editor);
        let cursor = editor.m;
        mode.cursor = cursor;
        result
    };
    mode.change = core.draw.next_change();
    core.model.panes.get_mut(&pane)?.state.mode = Some(mode);
    core.touch_pane(pane);
    Some(result)
}

/// The state of a mode, to look at or to work on.
fn editor<'a>(core: &'a Core, pane: PaneId, mode: &'a CopyMode) -> Option<Editor<'a>> {
    let entry = core.model.panes.get(&pane)?;
    let source = core.model.panes.get(&mode.source.unwrap_or(pane));
    let window = core.window_chain(entry.state.window);
    let session = core.sessions_with(entry.state.window).first().copied();
    Some(Editor {
        rows: Rows::new(
            mode,
            source.map(|pane| &pane.terminal),
            entry.state.cols,
            entry.state.rows,
        ),
        m: mode.cursor.clone(),
        vi: window.number("mode-keys") == 1,
        separators: core.session_chain(session).text("word-separators"),
        wrap_search: window.flag("wrap-search"),
        count: 1,
    })
}

/// How many rows are above the view of a pane in copy mode, and how many it could be scrolled by in all.
pub(crate) fn scrolled(core: &Core, pane: PaneId) -> Option<(u64, u64)> {
    let mode = core.model.panes.get(&pane)?.state.mode.as_ref()?;
    let editor = editor(core, pane, mode)?;
    let top = mode
        .cursor
        .top
        .clamp(editor.rows.first, editor.rows.bottom());
    Some((top - editor.rows.first, editor.rows.history()))
}

/// Moves the slider of a pane's scroll bar so that its first row is row `row` of the pane. True: the end was reached,
/// and that leaves the mode.
pub(crate) fn slide(core: &mut Core, pane: PaneId, row: i32, exit: bool) -> bool {
    let Some(slider) = core.slider(pane) else {
        return false;
    };
    let left = edit(core, pane, |editor| {
        editor.slide_to(row, slider.rows);
        exit && editor.oy() == 0
    });
    left == Some(true)
}

/// Keeps the screen of a terminal as it is now.
fn freeze(core: &Core, source: PaneId, trim: bool) -> Option<(u64, Vec<Frozen>)> {
    let terminal = &core.model.panes.get(&source)?.terminal;
    let base = terminal.first_line() + u64::from(terminal.history_len());
    let mut rows: Vec<Frozen> = (0..terminal.size().rows)
        .map(|y| Frozen::of(terminal, base + u64::from(y)))
        .collect();
    while trim && rows.last().is_some_and(|row| row.used == 0) {
        rows.pop();
    }
    Some((base, rows))
}

/// How a pane enters copy mode.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enter {
    /// -e.
    pub exit: bool,
    /// -H.
    pub hide: bool,
    /// -s.
    pub source: Option<PaneId>,
    /// Entered with the mouse: no line numbers.
    pub mouse: bool,
}

/// Puts a pane into copy mode. False: it is in it already.
pub fn enter(core: &mut Core, pane: PaneId, how: Enter) -> bool {
    let Some(entry) = core.model.panes.get(&pane) else {
        return false;
    };
    if entry.state.mode.as_ref().is_some_and(|mode| !mode.listing) {
        return false;
    }
    let source = how
        .source
        .filter(|source| *source != pane && core.model.panes.contains_key(source));
    let Some((base, frozen)) = freeze(core, source.unwrap_or(pane), source.is_some()) else {
        return false;
    };
    let rows = entry.state.rows.max(1);
    let terminal = &core
        .model
        .panes
        .get(&source.unwrap_or(pane))
        .unwrap_or(entry)
        .terminal;
    let at = terminal.cursor();
    let y = base + u64::from(at.y).min(frozen.len().saturating_sub(1) as u64);
    let mut mode = CopyMode {
        source,
        base,
        frozen,
        exit: how.exit,
        hide: how.hide,
        numbers: !how.mouse,
        change: core.draw.next_change(),
        ..CopyMode::default()
    };
    let view = Rows::new(&mode, Some(terminal), entry.state.cols, rows);
    let bottom = view.bottom();
    let cursor = &mut Cursor {
        top: bottom.min(y),
        cx: at.x,
        matches: Some(0),
        ..Cursor::default()
    };
    cursor.cy = (y - cursor.top).min(u64::from(rows - 1)) as u16;
    cursor.mark = (at.x, y);
    if let Some((search, regex)) = &entry.state.last_search {
        (cursor.search, cursor.regex, cursor.again) = (search.clone(), *regex, Some(false));
    }
    mode.cursor = cursor.clone();
    set(core, pane, Some(mode));
    true
}

/// Puts a mode over a pane or takes it away.
pub fn set(core: &mut Core, pane: PaneId, mode: Option<CopyMode>) {
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    if entry.state.mode.is_none() && mode.is_none() {
        return;
    }
    if let Some(old) = entry
        .state
        .mode
        .take()
        .filter(|mode| !mode.cursor.search.is_empty())
    {
        entry.state.last_search = Some((old.cursor.search, old.cursor.regex));
    }
    entry.state.mode = mode;
    let window = entry.state.window;
    if core.has_scrollbars(window) {
        core.fix_panes(window);
    }
    core.touch_pane(pane);
    core.notify_pane("pane-mode-changed", pane);
}

/// The command `copy-mode`. `source` is the pane of -s; `event` the mouse event that the key was.
pub fn copy_mode(
    core: &mut Core,
    client: Option<ClientId>,
    pane: PaneId,
    source: Option<PaneId>,
    args: &Args,
    event: Option<&crate::MouseEvent>,
) {
    if args.has('q') {
        super::front::close(core, pane);
        return set(core, pane, None);
    }
    let mut pane = pane;
    if args.has('M') {
        let Some(hit) = event.and_then(|event| event.pane) else {
            return;
        };
        let session = client.and_then(|client| core.session_of(client));
        if session.is_none() || event.and_then(|event| event.session) != session {
            return;
        }
        pane = hit;
    }
    // Copy mode is shown, so what was before it goes.
    super::front::close(core, pane);
    let how = Enter {
        exit: args.has('e'),
        hide: args.has('H'),
        source: source.filter(|_| args.has('s')),
        mouse: event.is_some(),
    };
    let entered = enter(core, pane, how);
    if let (true, true, Some(client), Some(event)) = (entered, args.has('M'), client, event) {
        start_drag(core, client, event);
    }
    if args.has('u') {
        edit(core, pane, |editor| editor.page_up(false));
    }
    if let (true, Some(client), Some(event)) = (args.has('S'), client, event)
        && crate::input::mouse::slide(core, client, pane, event, args.has('e'))
    {
        return set(core, pane, None);
    }
    if args.has('d')
        && edit(core, pane, |editor| editor.page_down(false, args.has('e'))) == Some(true)
    {
        set(core, pane, None);
    }
}

/// Adds lines to the listing over a pane, which is opened if there is none. The view stays at its top.
pub fn list(core: &mut Core, pane: PaneId, text: &str) {
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    let cols = entry.state.cols.max(1);
    super::front::close(core, pane);
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    let open = entry.state.mode.as_ref().is_some_and(|mode| mode.listing);
    if !open {
        set(
            core,
            pane,
            Some(CopyMode {
                listing: true,
                ..CopyMode::default()
            }),
        );
    }
    let change = core.draw.next_change();
    let now = core.now.unix;
    let Some(mode) = core
        .model
        .panes
        .get_mut(&pane)
        .and_then(|pane| pane.state.mode.as_mut())
    else {
        return;
    };
    for line in text.split('\n') {
        push_line(&mut mode.frozen, line, cols);
    }
    mode.change = change;
    mode.listed = now;
    core.touch_pane(pane);
}

/// A listing is not kept longer than this many rows: what comes after is dropped.
const MAX_LISTING: usize = 20_000;

fn push_line(rows: &mut Vec<Frozen>, line: &str, cols: u16) {
    let line = line.replace('\t', "        ");
    let mut rest = line.as_str();
    loop {
        if rows.len() >= MAX_LISTING {
            return;
        }
        let (row, after) = Frozen::of_text(rest, cols);
        rows.push(row);
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

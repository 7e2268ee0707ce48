//! The commands of copy mode (`send-keys -X`): one row each.

use outlast_lang::args::{Args, Spec};
use outlast_lang::parse::{Argument, Command};

use super::output::{self, Copied};
use super::reader::Reader;
use super::select::next_word_end;
use super::view::Editor;
use super::{Drag, Jump, LineSel, Unit, edit, freeze, mouse, set};
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, MouseEvent};

/// What a command leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The mode.
    Stay,
    /// No mode.
    Leave,
}

/// When a command takes the marks of a search away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clear {
    Always,
    Never,
    EmacsOnly,
}

/// A command being run.
pub struct Call<'a> {
    /// Who asked.
    pub client: Option<ClientId>,
    /// Whose mode.
    pub pane: PaneId,
    /// Its own arguments.
    pub args: &'a Args,
    /// `-F` of send-keys: what is searched for is a format.
    pub format: bool,
    /// The mouse event that it is bound to.
    pub event: Option<&'a MouseEvent>,
}

impl Call<'_> {
    fn word(&self, n: usize) -> String {
        self.args.word(n).unwrap_or_default()
    }
}

/// What a command does.
#[derive(Clone, Copy)]
enum Run {
    /// Moves the state.
    Edit(fn(&mut Editor<'_>)),
    /// The same with its first word.
    Word(fn(&mut Editor<'_>, &str)),
    /// Moves the state and may leave the mode; `exit` is the mode's -e.
    Exit(fn(&mut Editor<'_>, bool) -> Then),
    /// Needs more.
    Core(fn(&mut Core, &Call<'_>) -> Then),
}

/// A row.
pub struct Row {
    /// Name.
    pub name: &'static str,
    flags: &'static str,
    min: usize,
    max: usize,
    /// A read-only client may use it.
    read_only: bool,
    clear: Clear,
    run: Run,
}

const fn row(name: &'static str, read_only: bool, clear: Clear, run: Run) -> Row {
    Row { name, flags: "", min: 0, max: 0, read_only, clear, run }
}

const fn with(flags: &'static str, min: usize, max: usize, row: Row) -> Row {
    Row { flags, min, max, ..row }
}

use Clear::{Always, EmacsOnly, Never};
const RO: bool = true;
const RW: bool = false;

/// All commands of tmux 3.7c.
#[rustfmt::skip]
pub const COMMANDS: &[Row] = &[
    row("append-selection", RW, Always, Run::Core(|core, call| append(core, call, Then::Stay))),
    row("append-selection-and-cancel", RW, Always, Run::Core(|core, call| append(core, call, Then::Leave))),
    row("back-to-indentation", RO, Always, Run::Edit(|e| e.read(|r| r.back_to_indentation()))),
    row("begin-selection", RW, Always, Run::Core(begin_selection)),
    row("bottom-line", RO, EmacsOnly, Run::Edit(|e| { let cy = e.rows.rows - 1; view_line(e, cy) })),
    row("cancel", RO, Always, Run::Core(|_, _| Then::Leave)),
    row("clear-selection", RW, Always, Run::Edit(|e| e.clear_selection())),
    with("CP", 0, 1, row("copy-end-of-line", RW, Always, Run::Core(|core, call| copy_line(core, call, false, false, Then::Stay)))),
    with("CP", 0, 1, row("copy-end-of-line-and-cancel", RW, Always, Run::Core(|core, call| copy_line(core, call, false, false, Then::Leave)))),
    with("CP", 0, 2, row("copy-pipe-end-of-line", RW, Always, Run::Core(|core, call| copy_line(core, call, false, true, Then::Stay)))),
    with("CP", 0, 2, row("copy-pipe-end-of-line-and-cancel", RW, Always, Run::Core(|core, call| copy_line(core, call, false, true, Then::Leave)))),
    with("CP", 0, 1, row("copy-line", RW, Always, Run::Core(|core, call| copy_line(core, call, true, false, Then::Stay)))),
    with("CP", 0, 1, row("copy-line-and-cancel", RW, Always, Run::Core(|core, call| copy_line(core, call, true, false, Then::Leave)))),
    with("CP", 0, 2, row("copy-pipe-line", RW, Always, Run::Core(|core, call| copy_line(core, call, true, true, Then::Stay)))),
    with("CP", 0, 2, row("copy-pipe-line-and-cancel", RW, Always, Run::Core(|core, call| copy_line(core, call, true, true, Then::Leave)))),
    with("CP", 0, 2, row("copy-pipe-no-clear", RW, Never, Run::Core(|core, call| { copy(core, call, true); Then::Stay }))),
    with("CP", 0, 2, row("copy-pipe", RW, Always, Run::Core(|core, call| copy_and_clear(core, call, true, Then::Stay)))),
    with("CP", 0, 2, row("copy-pipe-and-cancel", RW, Always, Run::Core(|core, call| copy_and_clear(core, call, true, Then::Leave)))),
    with("CP", 0, 1, row("copy-selection-no-clear", RW, Never, Run::Core(|core, call| { copy(core, call, false); Then::Stay }))),
    with("CP", 0, 1, row("copy-selection", RW, Always, Run::Core(|core, call| copy_and_clear(core, call, false, Then::Stay)))),
    with("CP", 0, 1, row("copy-selection-and-cancel", RW, Always, Run::Core(|core, call| copy_and_clear(core, call, false, Then::Leave)))),
    row("cursor-down", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.cursor_down(false)))),
    row("cursor-down-and-cancel", RO, Always, Run::Exit(cursor_down_and_cancel)),
    row("cursor-left", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.read(|r| r.left(true))))),
    row("cursor-right", RO, EmacsOnly, Run::Edit(|e| times(e, cursor_right))),
    row("cursor-up", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.cursor_up(false)))),
    row("cursor-centre-vertical", RO, EmacsOnly, Run::Edit(|e| { let (x, y) = (e.m.cx, e.rows.rows / 2); put(e, x, y) })),
    row("cursor-centre-horizontal", RO, EmacsOnly, Run::Edit(|e| { let (x, y) = (e.rows.cols / 2, e.m.cy); put(e, x, y) })),
    row("end-of-line", RO, EmacsOnly, Run::Edit(|e| e.end_of_line())),
    with("", 1, 1, row("goto-line", RO, EmacsOnly, Run::Word(goto_line))),
    row("halfpage-down", RO, EmacsOnly, Run::Exit(|e, exit| pages(e, true, exit))),
    row("halfpage-down-and-cancel", RO, Always, Run::Exit(|e, _| pages(e, true, true))),
    row("halfpage-up", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.page_up(true)))),
    row("history-bottom", RO, EmacsOnly, Run::Edit(history_bottom)),
    row("history-top", RO, EmacsOnly, Run::Edit(history_top)),
    row("jump-again", RW, EmacsOnly, Run::Edit(|e| { let kind = e.m.jump.0; jump(e, kind) })),
    with("", 1, 1, row("jump-backward", RW, EmacsOnly, Run::Word(|e, word| start_jump(e, Jump::Backward, word)))),
    with("", 1, 1, row("jump-forward", RW, EmacsOnly, Run::Word(|e, word| start_jump(e, Jump::Forward, word)))),
    row("jump-reverse", RW, EmacsOnly, Run::Edit(jump_reverse)),
    with("", 1, 1, row("jump-to-backward", RW, EmacsOnly, Run::Word(|e, word| start_jump(e, Jump::ToBackward, word)))),
    with("", 1, 1, row("jump-to-forward", RW, EmacsOnly, Run::Word(|e, word| start_jump(e, Jump::ToForward, word)))),
    row("jump-to-mark", RO, Always, Run::Edit(jump_to_mark)),
    with("o", 0, 0, row("next-prompt", RO, Always, Run::Core(|core, call| prompt(core, call, true)))),
    with("o", 0, 0, row("previous-prompt", RO, Always, Run::Core(|core, call| prompt(core, call, false)))),
    row("middle-line", RO, EmacsOnly, Run::Edit(|e| { let cy = (e.rows.rows - 1) / 2; view_line(e, cy) })),
    row("next-matching-bracket", RO, Always, Run::Edit(|e| { for _ in 0..e.count.min(100_000) { if !super::brackets::next(e) { break } } })),
    row("next-paragraph", RO, EmacsOnly, Run::Edit(|e| times(e, next_paragraph))),
    row("next-space", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.read(|r| r.next_word(""))))),
    row("next-space-end", RO, EmacsOnly, Run::Edit(|e| times(e, |e| word_end(e, false)))),
    row("next-word", RO, EmacsOnly, Run::Edit(|e| times(e, next_word))),
    row("next-word-end", RO, EmacsOnly, Run::Edit(|e| times(e, |e| word_end(e, true)))),
    row("other-end", RW, EmacsOnly, Run::Edit(|e| { e.m.unit = Unit::Char; if e.count % 2 == 1 { e.other_end() } })),
    row("page-down", RO, EmacsOnly, Run::Exit(|e, exit| pages(e, false, exit))),
    row("page-down-and-cancel", RO, Always, Run::Exit(|e, _| pages(e, false, true))),
    row("page-up", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.page_up(false)))),
    with("", 0, 1, row("pipe-no-clear", RW, Never, Run::Core(|core, call| { pipe(core, call); Then::Stay }))),
    with("", 0, 1, row("pipe", RW, Always, Run::Core(|core, call| { pipe(core, call); clear(core, call, Then::Stay) }))),
    with("", 0, 1, row("pipe-and-cancel", RW, Always, Run::Core(|core, call| { pipe(core, call); clear(core, call, Then::Leave) }))),
    row("previous-matching-bracket", RO, Always, Run::Edit(|e| times(e, super::brackets::previous))),
    row("previous-paragraph", RO, EmacsOnly, Run::Edit(|e| times(e, previous_paragraph))),
    row("previous-space", RO, EmacsOnly, Run::Edit(|e| times(e, previous_space))),
    row("previous-word", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.previous_word(true)))),
    row("recentre-top-bottom", RO, Always, Run::Edit(recentre)),
    row("rectangle-on", RW, Always, Run::Edit(|e| rectangle(e, true))),
    row("rectangle-off", RW, Always, Run::Edit(|e| rectangle(e, false))),
    row("rectangle-toggle", RW, Always, Run::Edit(|e| { let on = !e.m.rect; rectangle(e, on) })),
    row("refresh-from-pane", RO, Always, Run::Core(refresh)),
    row("scroll-bottom", RO, Always, Run::Edit(|e| { let to = e.rows.rows - 1; scroll_cursor_to(e, to) })),
    row("scroll-down", RO, EmacsOnly, Run::Exit(|e, exit| scroll_down(e, exit))),
    row("scroll-down-and-cancel", RO, Always, Run::Exit(|e, _| scroll_down(e, true))),
    row("scroll-exit-on", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |_| true))),
    row("scroll-exit-off", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |_| false))),
    row("scroll-exit-toggle", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |on| !on))),
    row("scroll-middle", RO, Always, Run::Edit(|e| { let to = (e.rows.rows - 1) / 2; scroll_cursor_to(e, to) })),
    with("e", 0, 0, row("scroll-to-mouse", RO, EmacsOnly, Run::Edit(|_| {}))),
    row("scroll-top", RO, Always, Run::Edit(|e| scroll_cursor_to(e, 0))),
    row("scroll-up", RO, EmacsOnly, Run::Edit(|e| times(e, |e| e.cursor_up(true)))),
    row("search-again", RW, Always, Run::Edit(|e| search_again(e, false))),
    with("", 0, 1, row("search-backward", RW, Always, Run::Core(|core, call| search(core, call, false, true)))),
    with("", 0, 1, row("search-backward-text", RW, Always, Run::Core(|core, call| search(core, call, false, false)))),
    with("", 1, 1, row("search-backward-incremental", RW, Always, Run::Word(|e, word| incremental(e, word, false)))),
    with("", 0, 1, row("search-forward", RW, Always, Run::Core(|core, call| search(core, call, true, true)))),
    with("", 0, 1, row("search-forward-text", RW, Always, Run::Core(|core, call| search(core, call, true, false)))),
    with("", 1, 1, row("search-forward-incremental", RW, Always, Run::Word(|e, word| incremental(e, word, true)))),
    row("search-reverse", RW, Always, Run::Edit(|e| search_again(e, true))),
    row("select-line", RW, Always, Run::Edit(|e| e.select_line())),
    row("select-word", RW, Always, Run::Edit(|e| e.select_word())),
    with("", 0, 1, row("selection-mode", RW, Always, Run::Word(selection_mode))),
    row("set-mark", RO, Always, Run::Edit(|e| { e.m.mark = (e.m.cx, e.y()); e.m.show_mark = true })),
    row("start-of-line", RO, EmacsOnly, Run::Edit(|e| e.read(|r| r.start_of_line(true)))),
    row("stop-selection", RW, Always, Run::Edit(|e| { e.m.drag = Drag::None; e.m.line = LineSel::None; e.m.unit = Unit::Char })),
    row("toggle-position", RO, Never, Run::Core(toggle_position)),
    row("top-line", RO, EmacsOnly, Run::Edit(|e| view_line(e, 0))),
];

/// Runs a command of the pane's mode: `words` are those after `-X`. An unknown command or wrong words do nothing, as
/// in tmux. Err: the pane is in no mode, or the client may not.
pub fn run(
    core: &mut Core,
    client: Option<ClientId>,
    pane: PaneId,
    words: &[Argument],
    format: bool,
    count: Option<u32>,
    event: Option<&MouseEvent>,
) -> Result<(), String> {
    let Some(entry) = core.model.panes.get_mut(&pane) else { return Err("not in a mode".to_string()) };
    if entry.state.mode.is_none() {
        return Err("not in a mode".to_string());
    }
    if let (Some(count), Some(mode)) = (count, entry.state.mode.as_mut()) {
        mode.count = Some(count);
    }
    let Some(name) = words.first().map(|word| word.as_text().into_owned()) else { return Ok(()) };
    let wheel = event.is_some_and(|event| event.raw & 64 != 0);
    if let Some(event) = event.filter(|event| !wheel && event.pane == Some(pane)) {
        mouse::move_to(core, pane, event);
    }
    let then = match COMMANDS.iter().find(|row| row.name == name) {
        Some(row) => {
            if !row.read_only && client.is_some_and(|client| core.is_read_only(client)) {
                return Err("client is read-only".to_string());
            }
            let spec = Spec { flags: row.flags, min: row.min, max: Some(row.max), commands: false };
            let command = Command { name: name.clone(), args: words[1..].to_vec(), line: 0 };
            match Args::parse(&spec, &command) {
                Ok(args) => {
                    let call = Call { client, pane, args: &args, format, event };
                    let then = act(core, &call, row.run);
                    after(core, pane, row);
                    then
                }
                Err(_) => Then::Stay,
            }
        }
        None => Then::Stay,
    };
    if let Some(mode) = core.model.panes.get_mut(&pane).and_then(|pane| pane.state.mode.as_mut()) {
        mode.count = None;
    }
    if then == Then::Leave {
        set(core, pane, None);
    }
    Ok(())
}

fn act(core: &mut Core, call: &Call<'_>, run: Run) -> Then {
    let word = call.word(0);
    let exit = core
        .model
        .panes
        .get(&call.pane)
        .and_then(|pane| pane.state.mode.as_ref())
        .is_some_and(|mode| mode.exit);
    match run {
        Run::Core(run) => run(core, call),
        Run::Edit(run) => {
            edit(core, call.pane, run);
            Then::Stay
        }
        Run::Word(run) => {
            edit(core, call.pane, |editor| run(editor, &word));
            Then::Stay
        }
        Run::Exit(run) => edit(core, call.pane, |editor| run(editor, exit)).unwrap_or(Then::Stay),
    }
}

fn after(core: &mut Core, pane: PaneId, row: &Row) {
    if row.name.starts_with("search-") {
        return;
    }
    edit(core, pane, |editor| {
        let clear = match row.clear {
            Always => true,
            Never => false,
            EmacsOnly => !editor.vi,
        };
        if clear && editor.m.marks {
            editor.clear_marks();
            editor.m.before = None;
        }
    });
}

fn times(editor: &mut Editor<'_>, run: impl Fn(&mut Editor<'_>)) {
    for _ in 0..editor.count.min(100_000) {
        run(editor);
    }
}

fn view_line(editor: &mut Editor<'_>, cy: u16) {
    editor.m.cx = 0;
    editor.m.cy = cy;
    editor.update_selection(false);
}

fn put(editor: &mut Editor<'_>, x: u16, cy: u16) {
    editor.place(x, cy);
    editor.update_selection(false);
}

fn cursor_right(editor: &mut Editor<'_>) {
    let all = editor.m.selecting && editor.m.rect;
    let onemore = !editor.vi;
    editor.read(|reader| reader.right(true, all, onemore));
}

fn cursor_down_and_cancel(editor: &mut Editor<'_>, _: bool) -> Then {
    let cy = editor.m.cy;
    times(editor, |editor| editor.cursor_down(false));
    if cy == editor.m.cy && editor.oy() == 0 { Then::Leave } else { Then::Stay }
}

fn pages(editor: &mut Editor<'_>, half: bool, exit: bool) -> Then {
    for _ in 0..editor.count {
        if editor.page_down(half, exit) {
            return Then::Leave;
        }
    }
    Then::Stay
}

fn scroll_down(editor: &mut Editor<'_>, exit: bool) -> Then {
    times(editor, |editor| editor.cursor_down(true));
    if exit && editor.oy() == 0 { Then::Leave } else { Then::Stay }
}

fn goto_line(editor: &mut Editor<'_>, word: &str) {
    let Ok(line) = word.trim().parse::<i64>() else { return };
    let history = editor.rows.history();
    let back = u64::try_from(line).unwrap_or(history).min(history);
    editor.m.top = editor.rows.bottom() - back;
    editor.update_selection(false);
}

fn history_bottom(editor: &mut Editor<'_>) {
    if editor.m.line == LineSel::RightLeft && editor.y() == editor.m.end.1 {
        editor.other_end();
    }
    editor.m.top = editor.rows.bottom();
    editor.m.cy = editor.rows.rows - 1;
    editor.m.cx = editor.limit(editor.y(), false);
    editor.update_selection(false);
}

fn history_top(editor: &mut Editor<'_>) {
    if editor.m.line == LineSel::LeftRight && editor.y() == editor.m.sel.1 {
        editor.other_end();
    }
    (editor.m.cx, editor.m.cy, editor.m.top) = (0, 0, editor.rows.first);
    editor.update_selection(false);
}

fn next_word(editor: &mut Editor<'_>) {
    let separators = editor.separators.clone();
    editor.read(|reader| reader.next_word(&separators));
}

fn word_end(editor: &mut Editor<'_>, words: bool) {
    let separators = if words { editor.separators.clone() } else { String::new() };
    let vi = editor.vi;
    editor.read(|reader| next_word_end(reader, &separators, vi));
}

fn previous_space(editor: &mut Editor<'_>) {
    let emacs = !editor.vi;
    editor.read(|reader| reader.previous_word("", true, emacs));
}

fn previous_paragraph(editor: &mut Editor<'_>) {
    let mut y = editor.y();
    while y > editor.rows.first && editor.rows.length(y) == 0 {
        y -= 1;
    }
    while y > editor.rows.first && editor.rows.length(y) > 0 {
        y -= 1;
    }
    editor.scroll_to(0, y);
}

fn next_paragraph(editor: &mut Editor<'_>) {
    let mut y = editor.y();
    while y < editor.rows.last() && editor.rows.length(y) == 0 {
        y += 1;
    }
    while y < editor.rows.last() && editor.rows.length(y) > 0 {
        y += 1;
    }
    let x = editor.rows.length(y);
    editor.scroll_to(x, y);
}

fn start_jump(editor: &mut Editor<'_>, kind: Jump, word: &str) {
    let Some(first) = crate::draw::clusters(word).next() else { return };
    editor.m.jump = (kind, first.text.to_string());
    jump(editor, kind);
}

fn jump_reverse(editor: &mut Editor<'_>) {
    let kind = match editor.m.jump.0 {
        Jump::None => return,
        Jump::Forward => Jump::Backward,
        Jump::Backward => Jump::Forward,
        Jump::ToForward => Jump::ToBackward,
        Jump::ToBackward => Jump::ToForward,
    };
    jump(editor, kind);
}

fn jump(editor: &mut Editor<'_>, kind: Jump) {
    let wanted = editor.m.jump.1.clone();
    let onemore = !editor.vi;
    times(editor, |editor| {
        let (x, y) = (editor.m.cx, editor.y());
        let found = {
            let ahead = match kind {
                Jump::Forward => 1,
                Jump::ToForward => 2,
                _ => 0,
            };
            let mut reader = Reader::new(&editor.rows, x.saturating_add(ahead), y);
            let found = match kind {
                Jump::None => false,
                Jump::Forward => reader.jump(&wanted),
                Jump::ToForward => {
                    let found = reader.jump(&wanted);
                    if found {
                        reader.left(true);
                    }
                    found
                }
                Jump::Backward => {
                    reader.left(false);
                    reader.jump_back(&wanted)
                }
                Jump::ToBackward => {
                    reader.left(false);
                    reader.left(false);
                    let found = reader.jump_back(&wanted);
                    if found {
                        reader.right(true, false, onemore);
                    }
                    found
                }
            };
            found.then_some((reader.x, reader.y))
        };
        if let Some((x, y)) = found {
            editor.go(x, y);
        }
    });
}

fn jump_to_mark(editor: &mut Editor<'_>) {
    let here = (editor.m.cx, editor.y());
    let (x, y) = editor.m.mark;
    editor.m.cx = x;
    editor.m.top = y.min(editor.rows.bottom());
    editor.m.cy = (y - editor.m.top) as u16;
    editor.m.mark = here;
    editor.m.show_mark = true;
    editor.update_selection(false);
}

/// The view moves so that the cursor's row is row `to` of it.
fn scroll_cursor_to(editor: &mut Editor<'_>, to: u16) {
    let cy = editor.m.cy;
    let delta = u64::from(cy.abs_diff(to));
    if cy > to && editor.oy() >= delta {
        editor.scroll_up(delta);
        editor.m.cy = to;
    } else if cy < to && editor.m.top - editor.rows.first >= delta {
        editor.scroll_down(delta);
        editor.m.cy = to;
    }
    editor.update_selection(false);
}

fn recentre(editor: &mut Editor<'_>) {
    let (cy, y) = (editor.m.cy, editor.y());
    if editor.m.recentre.1 != y {
        editor.m.recentre = (0, y);
    }
    let last = editor.rows.rows - 1;
    let (to, next) = match editor.m.recentre.0 {
        0 => (last / 2, 1),
        1 => (0, 2),
        _ => (last, 0),
    };
    editor.m.recentre.0 = next;
    let top = editor.m.top;
    if to < cy {
        editor.scroll_up(u64::from(cy - to));
    } else {
        editor.scroll_down(u64::from(to - cy));
    }
    // The cursor stays on its text.
    editor.m.cy = (i64::from(cy) + top as i64 - editor.m.top as i64).clamp(0, i64::from(last)) as u16;
    editor.update_selection(false);
}

fn rectangle(editor: &mut Editor<'_>, on: bool) {
    editor.m.line = LineSel::None;
    editor.m.rect = on;
    let limit = editor.limit(editor.y(), on);
    if editor.m.cx > limit {
        let cy = editor.m.cy;
        editor.place(limit, cy);
    }
    editor.update_selection(false);
}

fn selection_mode(editor: &mut Editor<'_>, word: &str) {
    editor.m.unit = match word.to_ascii_lowercase().as_str() {
        "" | "char" | "c" => Unit::Char,
        "word" | "w" => Unit::Word,
        "line" | "l" => Unit::Line,
        _ => return,
    };
}

/// To the next or previous row where a shell's prompt begins, with -o a command's output.
fn prompt(core: &mut Core, call: &Call<'_>, down: bool) -> Then {
    let output = call.args.has('o');
    edit(core, call.pane, |editor| {
        let mut y = editor.y();
        let end = if down { editor.rows.last() } else { editor.rows.first };
        while y != end {
            y = if down { y + 1 } else { y - 1 };
            let line = editor.rows.line(y);
            if if output { line.output } else { line.prompt } {
                editor.m.cx = 0;
                editor.m.top = y.min(editor.rows.bottom());
                editor.m.cy = (y - editor.m.top) as u16;
                return editor.update_selection(false);
            }
        }
    });
    Then::Stay
}

fn begin_selection(core: &mut Core, call: &Call<'_>) -> Then {
    if let (Some(client), Some(event)) = (call.client, call.event) {
        mouse::start_drag(core, client, event);
        return Then::Stay;
    }
    edit(core, call.pane, |editor| {
        editor.m.line = LineSel::None;
        editor.m.unit = Unit::Char;
        editor.start_selection();
    });
    Then::Stay
}

fn search_again(editor: &mut Editor<'_>, reverse: bool) {
    let Some(down) = editor.m.again else { return };
    times(editor, |editor| {
        editor.search(down != reverse);
    });
}

fn search(core: &mut Core, call: &Call<'_>, down: bool, regex: bool) -> Then {
    let mut wanted = call.word(0);
    if call.format {
        let context = crate::formats::FormatContext { pane: Some(call.pane), ..Default::default() };
        wanted = crate::formats::expand(core, &wanted, &context, false);
    }
    if wanted.is_empty() {
        return Then::Stay;
    }
    edit(core, call.pane, |editor| {
        editor.m.search = wanted;
        editor.m.regex = regex;
        editor.m.again = Some(down);
        times(editor, |editor| {
            editor.search(down);
        });
    });
    Then::Stay
}

/// A step of an incremental search: `=` the text changed, `+` the next below, `-` the next above.
fn incremental(editor: &mut Editor<'_>, word: &str, forward: bool) {
    let mut chars = word.chars();
    let Some(prefix) = chars.next() else { return };
    let wanted = chars.as_str();
    match editor.m.before {
        None => editor.m.before = Some((editor.m.cx, editor.m.cy, editor.m.top)),
        Some((x, cy, top)) if wanted != editor.m.search => {
            (editor.m.cy, editor.m.top) = (cy, top);
            editor.clamp();
            editor.m.cx = x.min(editor.limit(editor.y(), false));
        }
        Some(_) => {}
    }
    if wanted.is_empty() {
        return editor.clear_marks();
    }
    let down = match prefix {
        '=' => forward,
        '+' => true,
        '-' => false,
        _ => return,
    };
    editor.m.search = wanted.to_string();
    editor.m.regex = false;
    editor.m.again = Some(down);
    if !editor.search(down) {
        editor.clear_marks();
    }
}

fn toggle_position(core: &mut Core, call: &Call<'_>) -> Then {
    if let Some(mode) = core.model.panes.get_mut(&call.pane).and_then(|pane| pane.state.mode.as_mut()) {
        mode.hide = !mode.hide;
    }
    edit(core, call.pane, |_| {});
    Then::Stay
}

fn scroll_exit(core: &mut Core, call: &Call<'_>, next: fn(bool) -> bool) -> Then {
    if let Some(mode) = core.model.panes.get_mut(&call.pane).and_then(|pane| pane.state.mode.as_mut()) {
        mode.exit = next(mode.exit);
    }
    Then::Stay
}

/// Takes the pane's screen as it is now. The view keeps its rows.
fn refresh(core: &mut Core, call: &Call<'_>) -> Then {
    let mode = core.model.panes.get(&call.pane).and_then(|pane| pane.state.mode.as_ref());
    let Some(source) = mode.filter(|mode| !mode.listing).map(|mode| mode.source) else { return Then::Stay };
    let Some((base, frozen)) = freeze(core, source.unwrap_or(call.pane), source.is_some()) else {
        return Then::Stay;
    };
    if let Some(mode) = core.model.panes.get_mut(&call.pane).and_then(|pane| pane.state.mode.as_mut()) {
        (mode.base, mode.frozen) = (base, frozen);
    }
    edit(core, call.pane, |editor| editor.clear_selection());
    Then::Stay
}

fn clear(core: &mut Core, call: &Call<'_>, then: Then) -> Then {
    edit(core, call.pane, |editor| editor.clear_selection());
    then
}

fn append(core: &mut Core, call: &Call<'_>, then: Then) -> Then {
    if let Some(text) = edit(core, call.pane, |editor| editor.selected()).flatten() {
        output::append(core, call.pane, text);
    }
    clear(core, call, then)
}

fn copy_and_clear(core: &mut Core, call: &Call<'_>, pipe: bool, then: Then) -> Then {
    copy(core, call, pipe);
    clear(core, call, then)
}

/// Copies the selection: into a buffer (not with -P), the clipboard (not with -C), and with `pipe` to a command. The
/// words are the command, if there is one, and the beginning of the buffer's name.
fn copy(core: &mut Core, call: &Call<'_>, pipe: bool) {
    let text = edit(core, call.pane, |editor| editor.selected()).flatten();
    let prefix = output::expand(core, call, usize::from(pipe));
    if pipe {
        let command = output::expand(core, call, 0);
        output::pipe(core, call, &command, text.as_deref().unwrap_or_default());
    }
    if let Some(text) = text {
        let to = Copied { buffer: !call.args.has('P'), clipboard: !call.args.has('C') };
        output::copied(core, call.pane, &prefix, text, to);
    }
}

fn pipe(core: &mut Core, call: &Call<'_>) {
    let text = edit(core, call.pane, |editor| editor.selected()).flatten().unwrap_or_default();
    let command = output::expand(core, call, 0);
    output::pipe(core, call, &command, &text);
}

/// Copies from the cursor (or with `whole` from the start of its line) to the line's end.
fn copy_line(core: &mut Core, call: &Call<'_>, whole: bool, pipe: bool, then: Then) -> Then {
    let before = edit(core, call.pane, |editor| {
        let before = (editor.m.cx, editor.m.cy, editor.m.top);
        if whole {
            editor.m.unit = Unit::Char;
            editor.read(|reader| reader.start_of_line(true));
        }
        editor.start_selection();
        for _ in 1..editor.count {
            editor.cursor_down(false);
        }
        editor.end_of_line();
        before
    });
    copy(core, call, pipe);
    if then == Then::Leave {
        return then;
    }
    edit(core, call.pane, |editor| {
        editor.clear_selection();
        if let Some((x, cy, top)) = before {
            (editor.m.cx, editor.m.cy, editor.m.top) = (x, cy, top);
        }
    });
    then
}

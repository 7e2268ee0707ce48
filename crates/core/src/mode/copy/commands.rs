//! The commands of copy mode (`send-keys -X`): one row each.

use outlast_lang::args::{Args, Spec};
use outlast_lang::parse::{Argument, Command};

use super::actions::*;
use super::view::Editor;
use super::{Drag, Jump, LineSel, Unit, edit, mouse, set};
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
    /// A word as text, "" if it is missing.
    pub fn word(&self, n: usize) -> String {
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
    Row {
        name,
        flags: "",
        min: 0,
        max: 0,
        read_only,
        clear,
        run,
    }
}

const fn with(flags: &'static str, min: usize, max: usize, row: Row) -> Row {
    Row {
        flags,
        min,
        max,
        ..row
    }
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
    row("scroll-down", RO, EmacsOnly, Run::Exit(scroll_down)),
    row("scroll-down-and-cancel", RO, Always, Run::Exit(|e, _| scroll_down(e, true))),
    row("scroll-exit-on", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |_| true))),
    row("scroll-exit-off", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |_| false))),
    row("scroll-exit-toggle", RW, Always, Run::Core(|core, call| scroll_exit(core, call, |on| !on))),
    row("scroll-middle", RO, Always, Run::Edit(|e| { let to = (e.rows.rows - 1) / 2; scroll_cursor_to(e, to) })),
    with("e", 0, 0, row("scroll-to-mouse", RO, EmacsOnly, Run::Core(scroll_to_mouse))),
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
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return Err("not in a mode".to_string());
    };
    if entry.state.mode.is_none() {
        return Err("not in a mode".to_string());
    }
    if let (Some(count), Some(mode)) = (count, entry.state.mode.as_mut()) {
        mode.count = Some(count);
    }
    let Some(name) = words.first().map(|word| word.as_text().into_owned()) else {
        return Ok(());
    };
    // The wheel and a scroll bar move the view, not the cursor.
    let beside = |event: &MouseEvent| event.raw & 64 != 0 || event.key.contains("Scrollbar");
    if let Some(event) = event.filter(|event| !beside(event) && event.pane == Some(pane)) {
        mouse::move_to(core, pane, event);
    }
    let then = match COMMANDS.iter().find(|row| row.name == name) {
        Some(row) => {
            if !row.read_only && client.is_some_and(|client| core.is_read_only(client)) {
                return Err("client is read-only".to_string());
            }
            let spec = Spec {
                flags: row.flags,
                min: row.min,
                max: Some(row.max),
                commands: false,
            };
            let command = Command {
                name: name.clone(),
                args: words[1..].to_vec(),
                line: 0,
            };
            match Args::parse(&spec, &command) {
                Ok(args) => {
                    let call = Call {
                        client,
                        pane,
                        args: &args,
                        format,
                        event,
                    };
                    let then = act(core, &call, row.run);
                    after(core, pane, row);
                    then
                }
                Err(_) => Then::Stay,
            }
        }
        None => Then::Stay,
    };
    if let Some(mode) = core
        .model
        .panes
        .get_mut(&pane)
        .and_then(|pane| pane.state.mode.as_mut())
    {
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

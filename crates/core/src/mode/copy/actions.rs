//! What the commands of copy mode do.

use super::commands::{Call, Then};
use super::output::{self, Copied};
use super::reader::Reader;
use super::select::next_word_end;
use super::view::Editor;
use super::{Jump, LineSel, Unit, edit, freeze, mouse};
use crate::Core;

pub(super) fn times(editor: &mut Editor<'_>, run: impl Fn(&mut Editor<'_>)) {
    for _ in 0..editor.count.min(100_000) {
        run(editor);
    }
}

pub(super) fn view_line(editor: &mut Editor<'_>, cy: u16) {
    editor.m.cx = 0;
    editor.m.cy = cy;
    editor.update_selection(false);
}

pub(super) fn put(editor: &mut Editor<'_>, x: u16, cy: u16) {
    editor.place(x, cy);
    editor.update_selection(false);
}

pub(super) fn cursor_right(editor: &mut Editor<'_>) {
    let all = editor.m.selecting && editor.m.rect;
    let onemore = !editor.vi;
    editor.read(|reader| reader.right(true, all, onemore));
}

pub(super) fn cursor_down_and_cancel(editor: &mut Editor<'_>, _: bool) -> Then {
    let cy = editor.m.cy;
    times(editor, |editor| editor.cursor_down(false));
    if cy == editor.m.cy && editor.oy() == 0 {
        Then::Leave
    } else {
        Then::Stay
    }
}

pub(super) fn pages(editor: &mut Editor<'_>, half: bool, exit: bool) -> Then {
    for _ in 0..editor.count {
        if editor.page_down(half, exit) {
            return Then::Leave;
        }
    }
    Then::Stay
}

pub(super) fn scroll_down(editor: &mut Editor<'_>, exit: bool) -> Then {
    times(editor, |editor| editor.cursor_down(true));
    if exit && editor.oy() == 0 {
        Then::Leave
    } else {
        Then::Stay
    }
}

pub(super) fn goto_line(editor: &mut Editor<'_>, word: &str) {
    let Ok(line) = word.trim().parse::<i64>() else {
        return;
    };
    let history = editor.rows.history();
    let back = u64::try_from(line).unwrap_or(history).min(history);
    editor.m.top = editor.rows.bottom() - back;
    editor.update_selection(false);
}

pub(super) fn history_bottom(editor: &mut Editor<'_>) {
    if editor.m.line == LineSel::RightLeft && editor.y() == editor.m.end.1 {
        editor.other_end();
    }
    editor.m.top = editor.rows.bottom();
    editor.m.cy = editor.rows.rows - 1;
    editor.m.cx = editor.limit(editor.y(), false);
    editor.update_selection(false);
}

pub(super) fn history_top(editor: &mut Editor<'_>) {
    if editor.m.line == LineSel::LeftRight && editor.y() == editor.m.sel.1 {
        editor.other_end();
    }
    (editor.m.cx, editor.m.cy, editor.m.top) = (0, 0, editor.rows.first);
    editor.update_selection(false);
}

pub(super) fn next_word(editor: &mut Editor<'_>) {
    let separators = editor.separators.clone();
    editor.read(|reader| reader.next_word(&separators));
}

pub(super) fn word_end(editor: &mut Editor<'_>, words: bool) {
    let separators = if words {
        editor.separators.clone()
    } else {
        String::new()
    };
    let vi = editor.vi;
    editor.read(|reader| next_word_end(reader, &separators, vi));
}

pub(super) fn previous_space(editor: &mut Editor<'_>) {
    let emacs = !editor.vi;
    editor.read(|reader| reader.previous_word("", true, emacs));
}

pub(super) fn previous_paragraph(editor: &mut Editor<'_>) {
    let mut y = editor.y();
    while y > editor.rows.first && editor.rows.length(y) == 0 {
        y -= 1;
    }
    while y > editor.rows.first && editor.rows.length(y) > 0 {
        y -= 1;
    }
    editor.scroll_to(0, y);
}

pub(super) fn next_paragraph(editor: &mut Editor<'_>) {
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

pub(super) fn start_jump(editor: &mut Editor<'_>, kind: Jump, word: &str) {
    let Some(first) = crate::draw::clusters(word).next() else {
        return;
    };
    editor.m.jump = (kind, first.text.to_string());
    jump(editor, kind);
}

pub(super) fn jump_reverse(editor: &mut Editor<'_>) {
    let kind = match editor.m.jump.0 {
        Jump::None => return,
        Jump::Forward => Jump::Backward,
        Jump::Backward => Jump::Forward,
        Jump::ToForward => Jump::ToBackward,
        Jump::ToBackward => Jump::ToForward,
    };
    jump(editor, kind);
}

pub(super) fn jump(editor: &mut Editor<'_>, kind: Jump) {
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

pub(super) fn jump_to_mark(editor: &mut Editor<'_>) {
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
pub(super) fn scroll_cursor_to(editor: &mut Editor<'_>, to: u16) {
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

pub(super) fn recentre(editor: &mut Editor<'_>) {
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
    editor.m.cy =
        (i64::from(cy) + top as i64 - editor.m.top as i64).clamp(0, i64::from(last)) as u16;
    editor.update_selection(false);
}

pub(super) fn rectangle(editor: &mut Editor<'_>, on: bool) {
    editor.m.line = LineSel::None;
    editor.m.rect = on;
    let limit = editor.limit(editor.y(), on);
    if editor.m.cx > limit {
        let cy = editor.m.cy;
        editor.place(limit, cy);
    }
    editor.update_selection(false);
}

pub(super) fn selection_mode(editor: &mut Editor<'_>, word: &str) {
    editor.m.unit = match word.to_ascii_lowercase().as_str() {
        "" | "char" | "c" => Unit::Char,
        "word" | "w" => Unit::Word,
        "line" | "l" => Unit::Line,
        _ => return,
    };
}

/// To the next or previous row where a shell's prompt begins, with -o a command's output.
pub(super) fn prompt(core: &mut Core, call: &Call<'_>, down: bool) -> Then {
    let output = call.args.has('o');
    edit(core, call.pane, |editor| {
        let mut y = editor.y();
        let end = if down {
            editor.rows.last()
        } else {
            editor.rows.first
        };
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

pub(super) fn begin_selection(core: &mut Core, call: &Call<'_>) -> Then {
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

pub(super) fn search_again(editor: &mut Editor<'_>, reverse: bool) {
    let Some(down) = editor.m.again else { return };
    times(editor, |editor| {
        editor.search(down != reverse);
    });
}

pub(super) fn search(core: &mut Core, call: &Call<'_>, down: bool, regex: bool) -> Then {
    let mut wanted = call.word(0);
    if call.format {
        let context = crate::formats::FormatContext {
            pane: Some(call.pane),
            ..Default::default()
        };
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
pub(super) fn incremental(editor: &mut Editor<'_>, word: &str, forward: bool) {
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

pub(super) fn toggle_position(core: &mut Core, call: &Call<'_>) -> Then {
    if let Some(mode) = core
        .model
        .panes
        .get_mut(&call.pane)
        .and_then(|pane| pane.state.mode.as_mut())
    {
        mode.hide = !mode.hide;
    }
    edit(core, call.pane, |_| {});
    Then::Stay
}

/// The slider of the scroll bar that is being dragged goes with the mouse.
pub(super) fn scroll_to_mouse(core: &mut Core, call: &Call<'_>) -> Then {
    let (Some(client), Some(event)) = (call.client, call.event) else {
        return Then::Stay;
    };
    match crate::input::mouse::slide(core, client, call.pane, event, call.args.has('e')) {
        true => Then::Leave,
        false => Then::Stay,
    }
}

pub(super) fn scroll_exit(core: &mut Core, call: &Call<'_>, next: fn(bool) -> bool) -> Then {
    if let Some(mode) = core
        .model
        .panes
        .get_mut(&call.pane)
        .and_then(|pane| pane.state.mode.as_mut())
    {
        mode.exit = next(mode.exit);
    }
    Then::Stay
}

/// Takes the pane's screen as it is now. The view keeps its rows.
pub(super) fn refresh(core: &mut Core, call: &Call<'_>) -> Then {
    let mode = core
        .model
        .panes
        .get(&call.pane)
        .and_then(|pane| pane.state.mode.as_ref());
    let Some(source) = mode.filter(|mode| !mode.listing).map(|mode| mode.source) else {
        return Then::Stay;
    };
    let Some((base, frozen)) = freeze(core, source.unwrap_or(call.pane), source.is_some()) else {
        return Then::Stay;
    };
    if let Some(mode) = core
        .model
        .panes
        .get_mut(&call.pane)
        .and_then(|pane| pane.state.mode.as_mut())
    {
        (mode.base, mode.frozen) = (base, frozen);
    }
    edit(core, call.pane, |editor| {
        editor.clear_selection();
        // What was counted was counted in other rows.
        editor.m.matches = None;
    });
    Then::Stay
}

pub(super) fn clear(core: &mut Core, call: &Call<'_>, then: Then) -> Then {
    edit(core, call.pane, |editor| editor.clear_selection());
    then
}

pub(super) fn append(core: &mut Core, call: &Call<'_>, then: Then) -> Then {
    if let Some(text) = edit(core, call.pane, |editor| editor.selected()).flatten() {
        output::append(core, call.pane, text);
    }
    clear(core, call, then)
}

pub(super) fn copy_and_clear(core: &mut Core, call: &Call<'_>, pipe: bool, then: Then) -> Then {
    copy(core, call, pipe);
    clear(core, call, then)
}

/// Copies the selection: into a buffer (not with -P), the clipboard (not with -C), and with `pipe` to a command. The
/// words are the command, if there is one, and the beginning of the buffer's name.
pub(super) fn copy(core: &mut Core, call: &Call<'_>, pipe: bool) {
    let text = edit(core, call.pane, |editor| editor.selected()).flatten();
    let prefix = output::expand(core, call, usize::from(pipe));
    if pipe {
        let command = output::expand(core, call, 0);
        output::pipe(core, call, &command, text.as_deref().unwrap_or_default());
    }
    if let Some(text) = text {
        let to = Copied {
            buffer: !call.args.has('P'),
            clipboard: !call.args.has('C'),
        };
        output::copied(core, call.pane, &prefix, text, to);
    }
}

pub(super) fn pipe(core: &mut Core, call: &Call<'_>) {
    let text = edit(core, call.pane, |editor| editor.selected())
        .flatten()
        .unwrap_or_default();
    let command = output::expand(core, call, 0);
    output::pipe(core, call, &command, &text);
}

/// Copies from the cursor (or with `whole` from the start of its line) to the line's end.
pub(super) fn copy_line(
    core: &mut Core,
    call: &Call<'_>,
    whole: bool,
    pipe: bool,
    then: Then,
) -> Then {
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

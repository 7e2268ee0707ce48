//! Matching brackets.

use super::select::next_word_end;
use super::view::Editor;

const OPEN: &str = "{[(";
const CLOSE: &str = "}])";

fn bracket(editor: &Editor<'_>, x: u16, y: u64, set: &str) -> Option<usize> {
    let line = editor.rows.line(y);
    let cell = line.cell(x);
    (cell.len() == 1).then(|| set.find(cell)).flatten()
}

fn is(editor: &Editor<'_>, x: u16, y: u64, wanted: &str) -> bool {
    editor.rows.line(y).cell(x) == wanted
}

/// From a closing bracket back to its opening one; in emacs from elsewhere to the word before.
pub(super) fn previous(editor: &mut Editor<'_>) {
    let (mut x, mut y) = (editor.m.cx, editor.y());
    if editor.rows.length(y) == 0 {
        return;
    }
    let mut found = bracket(editor, x, y, CLOSE);
    if found.is_none() {
        if editor.vi {
            return;
        }
        if x > 0 {
            x -= 1;
            found = bracket(editor, x, y, CLOSE);
        }
    }
    let Some(kind) = found else {
        let emacs = !editor.vi;
        return editor.read(|reader| reader.previous_word(CLOSE, true, emacs));
    };
    let (open, close) = (&OPEN[kind..=kind], &CLOSE[kind..=kind]);
    let mut depth = 1;
    while depth != 0 {
        if x > 0 {
            x -= 1;
        } else {
            loop {
                if y == editor.rows.first {
                    return;
                }
                y -= 1;
                if editor.rows.length(y) > 0 {
                    break;
                }
            }
            x = editor.rows.length(y) - 1;
        }
        if is(editor, x, y, close) {
            depth += 1;
        } else if is(editor, x, y, open) {
            depth -= 1;
        }
    }
    editor.scroll_to(x, y);
}

/// From an opening bracket to its closing one. In vi the next bracket on the line is looked for, and from a closing
/// one it goes back, once however often is asked for (False: no more); in emacs from elsewhere to the end of the word.
pub(super) fn next(editor: &mut Editor<'_>) -> bool {
    let (mut x, mut y) = (editor.m.cx, editor.y());
    if editor.rows.length(y) == 0 {
        return false;
    }
    let mut tried = false;
    let kind = loop {
        if editor.vi && bracket(editor, x, y, CLOSE).is_some() {
            let before = (editor.m.cx, editor.y());
            editor.scroll_to(x, y);
            previous(editor);
            if bracket(editor, editor.m.cx, editor.y(), CLOSE).is_some() {
                editor.scroll_to(before.0, before.1);
            }
            return false;
        }
        if let Some(kind) = bracket(editor, x, y, OPEN) {
            break kind;
        }
        let length = editor.rows.length(y);
        if !editor.vi {
            if !tried && x <= length {
                x += 1;
                tried = true;
                continue;
            }
            editor.read(|reader| next_word_end(reader, OPEN, false));
            return true;
        }
        if x <= length {
            x += 1;
        } else if y < editor.rows.last() && editor.rows.line(y).wrapped {
            (x, y) = (0, y + 1);
        } else {
            return true;
        }
    };
    let (open, close) = (&OPEN[kind..=kind], &CLOSE[kind..=kind]);
    let mut depth = 1;
    while depth != 0 {
        if x <= editor.rows.length(y) {
            x += 1;
        } else if y < editor.rows.last() {
            (x, y) = (0, y + 1);
        } else {
            return true;
        }
        if is(editor, x, y, open) {
            depth += 1;
        } else if is(editor, x, y, close) {
            depth -= 1;
        }
    }
    editor.scroll_to(x, y);
    true
}

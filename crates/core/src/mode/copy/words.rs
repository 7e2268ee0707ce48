//! The word at a place, for `copy_cursor_word` and `mouse_word`.

use std::rc::Rc;

use super::rows::Line;

/// The word at a place of rows `first` to `last`; it may go on over the ends of wrapped rows. On what separates words it is
/// the word right after that.
pub(crate) fn word_at(
    first: u64,
    last: u64,
    separators: &str,
    row: impl Fn(u64) -> Rc<Line>,
    mut y: u64,
    mut x: u16,
) -> Option<String> {
    let separates = |cell: &str| matches!(cell, " " | "\t") || separators.contains(cell);
    let mut line = row(y);
    let mut found = false;
    loop {
        if !line.is_padding(x) && separates(line.cell(x)) {
            found = true;
            break;
        }
        if x == 0 {
            if y == first {
                break;
            }
            let above = row(y - 1);
            if !above.wrapped || above.length() == 0 {
                break;
            }
            (y, x) = (y - 1, above.length());
            line = above;
        }
        x -= 1;
    }
    let mut word = String::new();
    loop {
        if found {
            if line.length() == 0 || x + 1 == line.length() {
                if y == last || !line.wrapped {
                    break;
                }
                (y, x) = (y + 1, 0);
                line = row(y);
            } else {
                x += 1;
            }
        }
        found = true;
        if line.is_padding(x) {
            continue;
        }
        if separates(line.cell(x)) {
            break;
        }
        word.push_str(line.cell(x));
    }
    (!word.is_empty()).then_some(word)
}

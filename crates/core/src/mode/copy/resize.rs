//! Copy mode when the pane's size changes. A change of columns renumbers all rows, so the view remembers its text as
//! "so many lines before the last one with text, so many columns in" and finds it again.

use outlast_term::Terminal;

use super::rows::Frozen;
use super::{CopyMode, freeze, push_line, set};
use crate::Core;
use crate::model::ids::PaneId;

/// More rows than this are not walked.
const MAX_WALK: u64 = 200_000;

/// A place in the text that does not depend on the width: lines before the last one with text, columns into its line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    lines: u64,
    columns: u64,
}

/// What the view remembers while the columns change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anchor {
    cols: u16,
    top: Place,
    cursor: Place,
    /// Row of the cursor in the view.
    cy: u16,
}

fn last_used(terminal: &Terminal) -> u64 {
    let base = terminal.first_line() + u64::from(terminal.history_len());
    let mut y = base + u64::from(terminal.size().rows) - 1;
    let cursor = base + u64::from(terminal.cursor().y);
    while y > cursor && terminal.line_text(y).columns.is_empty() {
        y -= 1;
    }
    y
}

fn measure(terminal: &Terminal, x: u16, y: u64) -> Place {
    let end = last_used(terminal);
    let first = terminal.first_line();
    let y = y.clamp(first, end);
    let mut place = Place {
        lines: 0,
        columns: u64::from(x),
    };
    let mut at = end;
    while at > y && end - at < MAX_WALK {
        at -= 1;
        if !terminal.line_text(at).wrapped {
            place.lines += 1;
        }
    }
    // What of the line lies on the rows above.
    let mut above = y;
    while above > first && y - above < MAX_WALK {
        above -= 1;
        let text = terminal.line_text(above);
        if !text.wrapped {
            break;
        }
        place.columns += u64::from(terminal.size().cols);
    }
    place
}

fn find(terminal: &Terminal, place: Place) -> (u16, u64) {
    let first = terminal.first_line();
    let mut y = last_used(terminal);
    let start = |mut y: u64| {
        while y > first && terminal.line_text(y - 1).wrapped {
            y -= 1;
        }
        y
    };
    y = start(y);
    for _ in 0..place.lines.min(MAX_WALK) {
        if y == first {
            return (0, first);
        }
        y = start(y - 1);
    }
    let cols = u64::from(terminal.size().cols);
    let mut columns = place.columns;
    while columns >= cols && terminal.line_text(y).wrapped {
        columns -= cols;
        y += 1;
    }
    (columns.min(cols) as u16, y)
}

fn source(mode: &CopyMode, pane: PaneId) -> PaneId {
    mode.source.unwrap_or(pane)
}

/// The terminals of a pane is about to get a new size.
pub(crate) fn resizing(core: &mut Core, pane: PaneId) {
    let Some(entry) = core.model.panes.get(&pane) else {
        return;
    };
    let Some(mode) = entry
        .state
        .mode
        .as_ref()
        .filter(|mode| !mode.listing && mode.source.is_none())
    else {
        return;
    };
    let terminal = &entry.terminal;
    let y = mode.cursor.top + u64::from(mode.cursor.cy);
    let anchor = Anchor {
        cols: terminal.size().cols,
        top: measure(terminal, 0, mode.cursor.top),
        cursor: measure(terminal, mode.cursor.cx, y),
        cy: mode.cursor.cy,
    };
    if let Some(mode) = core
        .model
        .panes
        .get_mut(&pane)
        .and_then(|pane| pane.state.mode.as_mut())
    {
        mode.anchor = Some(anchor);
    }
}

/// The terminal of a pane has got a new size.
pub(crate) fn resized(core: &mut Core, pane: PaneId) {
    let Some(entry) = core.model.panes.get_mut(&pane) else {
        return;
    };
    let (cols, rows) = (entry.state.cols, entry.state.rows.max(1));
    let Some(mut mode) = entry.state.mode.take() else {
        return;
    };
    if mode.listing {
        mode.frozen = wrap_again(&mode.frozen, cols);
    } else if let Some(anchor) = mode.anchor.take().filter(|anchor| anchor.cols != cols) {
        let from = source(&mode, pane);
        let Some((base, frozen)) = freeze(core, from, false) else {
            return set(core, pane, None);
        };
        (mode.base, mode.frozen) = (base, frozen);
        if let Some(terminal) = core.model.panes.get(&from).map(|pane| &pane.terminal) {
            let (_, top) = find(terminal, anchor.top);
            let (x, y) = find(terminal, anchor.cursor);
            mode.cursor.top = top.min(base);
            mode.cursor.cx = x;
            mode.cursor.cy = match y.checked_sub(mode.cursor.top) {
                Some(cy) if cy < u64::from(rows) => cy as u16,
                _ => {
                    mode.cursor.top = y
                        .saturating_sub(u64::from(anchor.cy.min(rows - 1)))
                        .min(base);
                    (y - mode.cursor.top.min(y)).min(u64::from(rows - 1)) as u16
                }
            };
        }
    }
    mode.cursor.cy = mode.cursor.cy.min(rows - 1);
    if let Some(entry) = core.model.panes.get_mut(&pane) {
        entry.state.mode = Some(mode);
    }
    super::edit(core, pane, |editor| {
        editor.clear_selection();
        editor.m.before = None;
    });
}

/// A listing's lines in another width.
fn wrap_again(rows: &[Frozen], cols: u16) -> Vec<Frozen> {
    let mut out = Vec::with_capacity(rows.len());
    let mut line = String::new();
    for row in rows {
        line.push_str(&row.t);
        if !row.wrapped {
            push_line(&mut out, &line, cols.max(1));
            line.clear();
        }
    }
    out
}

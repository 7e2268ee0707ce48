//! Previews: what a pane shows, the panes of a window or the windows of a session side by side, a buffer's text.

use outlast_term::{Attrs, ScreenRow, Style};

use super::items::Item;
use crate::Core;
use crate::draw;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId};
use crate::overlay::boxes::Lines;

/// A preview narrower than this is not drawn beside others.
const LEAST_COLS: u16 = 24;

fn blank(cols: u16, rows: u16) -> Vec<ScreenRow> {
    let row = || draw::blank_row(cols, Style::default());
    (0..rows).map(|_| row()).collect()
}

/// How previews lie side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Strip {
    /// There are more on the left …
    pub left: bool,
    /// … and on the right.
    pub right: bool,
    /// Number of the first shown.
    pub start: usize,
    /// One past the last shown.
    pub end: usize,
    /// Columns of each, with the line to its right.
    pub each: u16,
    /// Columns left over for the last.
    rest: u16,
}

/// Which of `total` are shown in `cols` columns, the current one among them; `scroll` moves on and is kept in bounds.
pub(super) fn strip(total: usize, current: usize, scroll: &mut i32, cols: u16) -> Strip {
    let total = total.max(1);
    let fit = usize::from(cols / LEAST_COLS).max(1);
    let visible = match usize::from(cols) / total < usize::from(LEAST_COLS) {
        true => fit.min(total),
        false => total,
    };
    let start = if current < visible {
        0
    } else if current >= total - visible {
        total - visible
    } else {
        current - visible / 2
    };
    let most = (total - start - visible) as i64;
    *scroll = i64::from(*scroll).clamp(-(start as i64), most) as i32;
    let start = start.saturating_add_signed(*scroll as isize);
    let end = start + visible;
    let (mut left, mut right) = (start != 0, end != total);
    let margin = 3 * (u16::from(left) + u16::from(right));
    let room = if cols <= margin {
        (left, right) = (false, false);
        cols
    } else {
        cols - margin
    };
    let each = room / visible as u16;
    Strip {
        left,
        right,
        start,
        end,
        each,
        rest: room - visible as u16 * each,
    }
}

/// Panes (of a window, or the active ones of a session's windows) and which is current.
pub(super) fn parts(core: &Core, item: &Item) -> (Vec<(PaneId, FormatContext)>, usize) {
    match item {
        Item::Session(id) => {
            let Some(session) = core.model.sessions.get(id) else {
                return (Vec::new(), 0);
            };
            let current = session.windows.keys().position(|n| *n == session.current);
            let parts = session.windows.iter().filter_map(|(index, (window, _))| {
                let pane = core.model.windows.get(window)?.active;
                let item = Item::Window(*id, *index, *window);
                Some((pane, item.context(&Default::default())))
            });
            (parts.collect(), current.unwrap_or(0))
        }
        Item::Window(session, index, id) => {
            let Some(window) = core.model.windows.get(id) else {
                return (Vec::new(), 0);
            };
            let current = window.panes.iter().position(|pane| *pane == window.active);
            let parts = window.panes.iter().map(|pane| {
                let item = Item::Pane(*session, *index, *id, *pane);
                (*pane, item.context(&Default::default()))
            });
            (parts.collect(), current.unwrap_or(0))
        }
        _ => (Vec::new(), 0),
    }
}

/// The preview of something, `cols` by `rows`.
pub(super) fn draw(
    core: &Core,
    item: &Item,
    scroll: &mut i32,
    cols: u16,
    rows: u16,
) -> Vec<ScreenRow> {
    if cols == 0 || rows == 0 {
        return Vec::new();
    }
    match item {
        Item::Session(_) | Item::Window(..) => side_by_side(core, item, scroll, cols, rows),
        Item::Pane(.., pane) => pane_text(core, *pane, cols, rows),
        Item::Buffer(name) => buffer(core, name, cols, rows),
        Item::Client(id) => client(core, *id, cols, rows),
        Item::Heading(_) | Item::Option(..) | Item::Key(..) => Vec::new(),
    }
}

fn put(out: &mut [ScreenRow], x: u16, y: u16, from: &[ScreenRow]) {
    for (row, from) in out.iter_mut().skip(usize::from(y)).zip(from) {
        let room = (row.cells.len() as u16).saturating_sub(x);
        draw::copy_cells(from, 0, (from.cells.len() as u16).min(room), row, x);
    }
}

fn side_by_side(
    core: &Core,
    item: &Item,
    scroll: &mut i32,
    cols: u16,
    rows: u16,
) -> Vec<ScreenRow> {
    let mut out = blank(cols, rows);
    let (parts, current) = parts(core, item);
    let strip = strip(parts.len(), current, scroll, cols);
    if strip.each == 0 {
        return out;
    }
    let plain = Style::default();
    let line = |out: &mut [ScreenRow], x: u16| {
        for row in out {
            draw::write_text(row, x, x + 1, "│", plain);
        }
    };
    let arrow = |out: &mut [ScreenRow], x: u16, text: &str| {
        if let Some(row) = out.get_mut(usize::from(rows / 2)) {
            draw::write_text(row, x, x + 1, text, plain);
        }
    };
    if strip.left {
        line(&mut out, 2);
        arrow(&mut out, 0, "<");
    }
    if strip.right {
        line(&mut out, cols - 3);
        arrow(&mut out, cols - 1, ">");
    }
    let shown = parts.get(strip.start..strip.end).unwrap_or_default();
    for (n, (pane, context)) in shown.iter().enumerate() {
        let x = u16::from(strip.left) * 3 + n as u16 * strip.each;
        let last = n + 1 == shown.len();
        let width = match last {
            true => strip.each + strip.rest,
            false => strip.each - 1,
        };
        put(&mut out, x, 0, &pane_text(core, *pane, width, rows));
        label(core, context, *pane, x, width, &mut out);
        if !last {
            line(&mut out, x + width);
        }
    }
    out
}

/// The box in the middle of a preview that says what it is.
fn label(
    core: &Core,
    context: &FormatContext,
    pane: PaneId,
    x: u16,
    cols: u16,
    out: &mut [ScreenRow],
) {
    let rows = out.len() as u16;
    let chain = match (context.pane, context.window) {
        (None, Some(window)) => core.window_chain(window),
        _ => core.pane_chain(pane),
    };
    let format = chain.text("tree-mode-preview-format");
    if format.is_empty() || cols < 5 || rows < 3 {
        return;
    }
    let style = draw::style_of(core, &chain, "tree-mode-preview-style", context);
    let text = formats::expand(core, &format, context, false);
    let text = outlast_lang::format::trim_left(&text, usize::from(cols - 4));
    let width = outlast_lang::format::width(&text) as u16;
    if width == 0 {
        return;
    }
    let left = (cols - width).div_ceil(2).saturating_sub(2);
    let top = (rows.div_ceil(2)).saturating_sub(1);
    let plain = Style::default();
    let mut frame = Lines::of(0).draw(width + 4, 3, "", plain, plain);
    if let Some(row) = frame.get_mut(1) {
        draw::draw_format(&text, style, row, 2, width, &mut Vec::new());
    }
    put(out, x + left, top, &frame);
}

/// What a pane's terminal shows, around its cursor.
fn pane_text(core: &Core, pane: PaneId, cols: u16, rows: u16) -> Vec<ScreenRow> {
    let mut out = blank(cols, rows);
    let Some(pane) = core.model.panes.get(&pane) else {
        return out;
    };
    let terminal = &pane.terminal;
    let (size, cursor) = (terminal.size(), terminal.cursor());
    let visible = terminal.modes().cursor_visible;
    let from = |at: u16, room: u16, all: u16| match visible {
        true => at.saturating_sub(room / 3).min(all.saturating_sub(room)),
        false => 0,
    };
    let (x, y) = (
        from(cursor.x, cols, size.cols),
        from(cursor.y, rows, size.rows),
    );
    let top = terminal.first_line() + u64::from(terminal.history_len());
    let width = cols.min(size.cols.saturating_sub(x));
    for (n, row) in out.iter_mut().enumerate() {
        let at = y + n as u16;
        if at < size.rows {
            let line = top + u64::from(at);
            terminal.draw_line(line, x, width, row, 0, &mut Vec::new());
        }
        for cell in &mut row.cells {
            cell.link = 0;
        }
    }
    let at = (cursor.x.checked_sub(x), cursor.y.checked_sub(y));
    if let (true, (Some(x), Some(y))) = (visible, at)
        && let Some(row) = out.get_mut(usize::from(y))
        && let Some(cell) = row.cells.get_mut(usize::from(x))
    {
        cell.style.attrs = cell.style.attrs.with(Attrs::REVERSE);
    }
    out
}

/// The lines of a buffer, control characters written out.
fn buffer(core: &Core, name: &str, cols: u16, rows: u16) -> Vec<ScreenRow> {
    let mut out = blank(cols, rows);
    let Some(buffer) = core.model.buffers.get(name) else {
        return out;
    };
    let lines = buffer.data.split(|byte| *byte == b'\n');
    for (row, line) in out.iter_mut().zip(lines) {
        // No more of a line than can be seen: a buffer may be one line of megabytes.
        let line = &line[..line.len().min(usize::from(cols) * 8)];
        let text = crate::names::clean(&String::from_utf8_lossy(line), false);
        draw::write_text(row, 0, cols, &text, Style::default());
    }
    out
}

/// What a client shows: its active pane, and its status lines.
fn client(core: &Core, id: ClientId, cols: u16, rows: u16) -> Vec<ScreenRow> {
    let mut out = blank(cols, rows);
    let (Some(view), Some(pane)) = (draw::view(core, id), core.pane_of(id)) else {
        return out;
    };
    let status = core.draw.status_rows(id);
    let lines = match status.len() as u16 {
        lines if lines >= rows => 0,
        lines => lines,
    };
    let body = rows.saturating_sub(1 + lines);
    let across: String = "─".repeat(usize::from(cols));
    let text = pane_text(core, pane, cols, body);
    let (text_at, line_at, status_at) = match view.status_top && lines != 0 {
        true => (lines + 1, lines, 0),
        false => (0, body, body + 1),
    };
    put(&mut out, 0, text_at, &text);
    if let Some(row) = out.get_mut(usize::from(line_at)) {
        draw::write_text(row, 0, cols, &across, Style::default());
    }
    put(&mut out, 0, status_at, &status[..usize::from(lines)]);
    out
}

#[cfg(test)]
mod tests {
    use super::{Strip, strip};

    #[test]
    fn the_current_one_is_among_those_that_fit() {
        let mut scroll = 0;
        let all = strip(2, 1, &mut scroll, 76);
        assert_eq!((all.start, all.end, all.each), (0, 2, 38));
        let some = strip(10, 5, &mut scroll, 76);
        assert_eq!((some.start, some.end), (4, 7));
        assert!(some.left && some.right);
        scroll = 99;
        let last = strip(10, 5, &mut scroll, 76);
        assert_eq!((last.end, last.right, scroll), (10, false, 3));
        scroll = -99;
        assert_eq!(strip(10, 5, &mut scroll, 76).start, 0);
        scroll = 0;
        let narrow = strip(3, 1, &mut scroll, 10);
        assert_eq!((narrow.start, narrow.end, narrow.each), (1, 2, 4));
        assert_eq!(
            strip(0, 0, &mut scroll, 1),
            Strip {
                end: 1,
                each: 1,
                ..Strip::default()
            }
        );
    }
}

//! What copy mode looks like, and what formats say of it.

use std::sync::Arc;

use outlast_term::{Colour, ScreenRow, Style};

use super::search::{self, Match};
use super::view::Editor;
use super::{CopyMode, Drag, LineSel, Unit, editor, select};
use crate::Core;
use crate::draw;
use crate::formats::{self, FormatContext};
use crate::model::ids::PaneId;

/// copy-mode-line-numbers.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    Off,
    Default,
    Absolute,
    Relative,
    Hybrid,
}

fn numbers(core: &Core, pane: PaneId, mode: &CopyMode) -> Numbers {
    let window = core.model.panes.get(&pane).map(|pane| pane.state.window);
    let Some(window) = window.filter(|_| mode.numbers && !mode.listing) else {
        return Numbers::Off;
    };
    match core.window_chain(window).number("copy-mode-line-numbers") {
        1 => Numbers::Default,
        2 => Numbers::Absolute,
        3 => Numbers::Relative,
        4 => Numbers::Hybrid,
        _ => Numbers::Off,
    }
}

/// Columns that line numbers take.
fn width_for(editor: &Editor<'_>, numbers: Numbers) -> u16 {
    if numbers == Numbers::Off {
        return 0;
    }
    let lines = editor.rows.history() + u64::from(editor.rows.rows) + 1;
    let digits = (lines.ilog10() + 1).max(3) as u16;
    (digits + 1).min(editor.rows.cols - 1)
}

/// Columns that line numbers take in a pane's mode.
pub(super) fn number_width(core: &Core, pane: PaneId) -> u16 {
    let mode = core
        .model
        .panes
        .get(&pane)
        .and_then(|pane| pane.state.mode.as_ref());
    let Some(mode) = mode else { return 0 };
    let kind = numbers(core, pane, mode);
    if kind == Numbers::Off {
        return 0;
    }
    editor(core, pane, mode).map_or(0, |editor| width_for(&editor, kind))
}

/// Where the cursor is in the pane, line numbers counted.
pub(crate) fn cursor(core: &Core, pane: PaneId, mode: &CopyMode) -> (u16, u16) {
    let (x, y) = mode.cursor();
    let cols = core
        .model
        .panes
        .get(&pane)
        .map_or(1, |pane| pane.state.cols.max(1));
    let width = if numbers(core, pane, mode) == Numbers::Off {
        0
    } else {
        number_width(core, pane)
    };
    ((x + width).min(cols - 1), y)
}

/// Draws row `y` of a pane in copy mode.
pub(crate) fn draw_row(
    core: &Core,
    pane: PaneId,
    mode: &CopyMode,
    y: u16,
    links: &mut Vec<Arc<str>>,
) -> ScreenRow {
    let Some(mut editor) = editor(core, pane, mode) else {
        return ScreenRow::default();
    };
    editor.clamp();
    let cols = editor.rows.cols;
    let mut out = draw::blank_row(cols, Style::default());
    let line = editor.m.top + u64::from(y);
    let numbers = numbers(core, pane, mode);
    let left = width_for(&editor, numbers);
    let mut text = draw::blank_row(cols, Style::default());
    editor.rows.draw(line, &mut text, links);
    draw::copy_cells(&text, 0, cols - left, &mut out, left);
    let context = FormatContext {
        pane: Some(pane),
        ..FormatContext::default()
    };
    let chain = core.pane_chain(pane);
    let style = |name: &str| draw::style_of(core, &chain, name, &context);
    if left != 0 {
        let number = line_number(&editor, numbers, y);
        let current = y == editor.m.cy;
        let name = if current {
            "copy-mode-current-line-number-style"
        } else {
            "copy-mode-line-number-style"
        };
        let text = format!("{number:>width$} ", width = usize::from(left) - 1);
        draw::write_text(&mut out, 0, left, &text, style(name));
    }
    if editor.m.show_mark && editor.m.mark.1 == line {
        let mark = style("copy-mode-mark-style");
        for (x, cell) in out.cells.iter_mut().enumerate().skip(usize::from(left)) {
            let here = x as u16 - left == editor.m.mark.0;
            recolour(
                &mut cell.style,
                if here {
                    Style {
                        fg: mark.bg,
                        bg: mark.fg,
                        ..mark
                    }
                } else {
                    mark
                },
            );
        }
    }
    if let Some(pattern) = editor.pattern() {
        let found = search::matches(&editor.rows, &pattern, line, line);
        if !found.is_empty() {
            let current = editor.match_under_cursor();
            let (normal, under) = (
                style("copy-mode-match-style"),
                style("copy-mode-current-match-style"),
            );
            for found in found {
                let look = if Some(found) == current {
                    under
                } else {
                    normal
                };
                paint(&mut out, &found, line, left, look);
            }
        }
    }
    if editor.m.selecting
        && (editor.m.drag != Drag::None || editor.m.line != LineSel::None || shown(&editor))
    {
        let look = style("copy-mode-selection-style");
        for x in left..cols {
            let m = &editor.m;
            if select::covers(m.sel, m.end, m.rect, editor.vi, x - left, line) {
                let cell = &mut out.cells[usize::from(x)];
                let old = cell.style;
                cell.style = look;
                if look.fg == Colour::Default {
                    cell.style.fg = old.fg;
                }
                if look.bg == Colour::Default {
                    cell.style.bg = old.bg;
                }
            }
        }
    }
    if y == 0 && !mode.hide {
        let format = chain.text("copy-mode-position-format");
        if !format.is_empty() {
            let context = FormatContext {
                extra: all(core, pane, mode, &editor, numbers),
                ..FormatContext {
                    pane: Some(pane),
                    ..FormatContext::default()
                }
            };
            let expanded = formats::expand(core, &format, &context, false);
            let look = style("copy-mode-position-style");
            draw::draw_format(
                &expanded,
                look,
                &mut out,
                left,
                cols - left,
                &mut Vec::new(),
            );
        }
    }
    if y == editor.m.cy && editor.m.cx + left >= cols {
        draw::write_text(&mut out, cols - 1, cols, "$", Style::default());
    }
    out
}

/// A selection that no longer follows the cursor is still shown.
fn shown(editor: &Editor<'_>) -> bool {
    editor.m.selecting
}

fn recolour(style: &mut Style, look: Style) {
    style.attrs = look.attrs;
    style.fg = look.fg;
    style.bg = look.bg;
}

fn paint(out: &mut ScreenRow, found: &Match, line: u64, left: u16, look: Style) {
    let from = if found.start.1 == line {
        found.start.0
    } else {
        0
    };
    let to = if found.end.1 == line {
        found.end.0
    } else {
        out.cells.len() as u16 - left
    };
    for cell in out
        .cells
        .iter_mut()
        .take(usize::from(to + left))
        .skip(usize::from(from + left))
    {
        recolour(&mut cell.style, look);
    }
}

fn line_number(editor: &Editor<'_>, numbers: Numbers, y: u16) -> u64 {
    let absolute = editor.m.top - editor.rows.first + u64::from(y) + 1;
    let away = u64::from(y.abs_diff(editor.m.cy));
    match numbers {
        Numbers::Absolute => absolute,
        Numbers::Hybrid if y == editor.m.cy => absolute,
        Numbers::Relative | Numbers::Hybrid => away,
        Numbers::Off | Numbers::Default => u64::from(y).abs_diff(editor.oy()),
    }
}

/// Format variables of a pane's mode (tmux(1), FORMATS); none when it is in no mode.
pub(crate) fn variables(core: &Core, pane: PaneId) -> Vec<(String, String)> {
    let mode = core
        .model
        .panes
        .get(&pane)
        .and_then(|pane| pane.state.mode.as_ref());
    let Some(mode) = mode else { return Vec::new() };
    let Some(mut editor) = editor(core, pane, mode) else {
        return Vec::new();
    };
    editor.clamp();
    all(core, pane, mode, &editor, numbers(core, pane, mode))
}

fn all(
    core: &Core,
    pane: PaneId,
    mode: &CopyMode,
    editor: &Editor<'_>,
    numbers: Numbers,
) -> Vec<(String, String)> {
    let m = &editor.m;
    let rows = &editor.rows;
    let relative = |y: u64| y.saturating_sub(rows.first).to_string();
    let flag = |on: bool| if on { "1" } else { "0" }.to_string();
    let (position, limit) = match numbers {
        Numbers::Off | Numbers::Default => (editor.oy(), rows.history()),
        _ => (
            m.top - rows.first + 1,
            rows.history() + u64::from(rows.rows),
        ),
    };
    let line = rows.line(editor.y());
    let mut out = vec![
        (
            "top_line_time",
            top_time(core, pane, mode, editor).to_string(),
        ),
        ("scroll_position", editor.oy().to_string()),
        ("copy_position", position.to_string()),
        ("copy_position_limit", limit.to_string()),
        ("rectangle_toggle", flag(m.rect)),
        ("copy_cursor_x", m.cx.to_string()),
        ("copy_cursor_y", m.cy.to_string()),
        (
            "selection_active",
            flag(m.selecting && m.drag != Drag::None),
        ),
        ("selection_present", flag(m.selecting && m.sel != m.end)),
        (
            "selection_mode",
            match m.unit {
                Unit::Char => "char",
                Unit::Word => "word",
                Unit::Line => "line",
            }
            .to_string(),
        ),
        ("search_present", flag(m.marks)),
        ("search_timed_out", "0".to_string()),
        ("search_match", editor.match_at_cursor().unwrap_or_default()),
        ("copy_cursor_word", word(editor)),
        (
            "copy_cursor_line",
            line.text.trim_end_matches(' ').to_string(),
        ),
        ("copy_cursor_hyperlink", hyperlink(editor)),
    ];
    if m.selecting {
        out.extend([
            ("selection_start_x", m.sel.0.to_string()),
            ("selection_start_y", relative(m.sel.1)),
            ("selection_end_x", m.end.0.to_string()),
            ("selection_end_y", relative(m.end.1)),
        ]);
    }
    if let Some(count) = m.matches {
        out.push(("search_count", count.to_string()));
        out.push(("search_count_partial", flag(m.partial)));
    }
    out.into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}

/// When the first row of the view went into the history, seconds since 1970; 0: it has not, or that is not known.
fn top_time(core: &Core, pane: PaneId, mode: &CopyMode, editor: &Editor<'_>) -> i64 {
    let (top, rows) = (editor.m.top, &editor.rows);
    if top.saturating_sub(rows.first) >= rows.history() {
        return 0;
    }
    if mode.listing {
        return mode.listed;
    }
    let pane = core.model.panes.get(&mode.source.unwrap_or(pane));
    let time = |pane: &crate::model::Pane| pane.state.times.time(pane.terminal.line_epoch(), top);
    pane.and_then(time).unwrap_or(0)
}

/// The word under the cursor, as it goes on over the ends of wrapped rows; on what separates words, the one right after it.
fn word(editor: &Editor<'_>) -> String {
    let rows = &editor.rows;
    let word = super::word_at(
        rows.first,
        rows.last(),
        &editor.separators,
        |y| rows.line(y),
        editor.y(),
        editor.m.cx,
    );
    word.unwrap_or_default()
}

/// The hyperlink under the cursor.
fn hyperlink(editor: &Editor<'_>) -> String {
    let mut links = Vec::new();
    let mut row = crate::draw::blank_row(editor.rows.cols, Style::default());
    editor.rows.draw(editor.y(), &mut row, &mut links);
    let link = row
        .cells
        .get(usize::from(editor.m.cx))
        .map(|cell| cell.link);
    let at = link.and_then(|link| usize::from(link).checked_sub(1));
    at.and_then(|at| links.get(at))
        .map(|link| link.to_string())
        .unwrap_or_default()
}

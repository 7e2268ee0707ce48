//! Text into cells of a row.

use outlast_term::width::{Class, text_props, text_width};
use outlast_term::{Colour, ScreenCell, ScreenRow, Style};

/// One cluster of a text and the columns that it takes (0 to 2).
pub(crate) struct Cluster<'a> {
    /// Its bytes.
    pub text: &'a str,
    /// Columns.
    pub width: u16,
}

/// The clusters of a text, control characters passed over.
pub(crate) fn clusters(text: &str) -> impl Iterator<Item = Cluster<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let mut chars = rest.chars();
            let first = chars.next()?;
            if (' '..='~').contains(&first)
                && chars.clone().next().is_none_or(|next| next.is_ascii())
            {
                let (text, after) = rest.split_at(1);
                rest = after;
                return Some(Cluster { text, width: 1 });
            }
            let mut end = first.len_utf8();
            let mut last = class(first);
            for c in chars {
                let next = class(c);
                if !joins(last, next) {
                    break;
                }
                end += c.len_utf8();
                // A pair of regional indicators is complete.
                last = if (last, next) == (Class::Regional, Class::Regional) {
                    Class::Other
                } else {
                    next
                };
            }
            let (text, after) = rest.split_at(end);
            rest = after;
            if last != Class::Control {
                return Some(Cluster {
                    text,
                    width: text_width(text).min(2) as u16,
                });
            }
        }
    })
}

fn class(c: char) -> Class {
    text_props(u32::from(c)).class()
}

/// Whether a scalar value joins what comes before it: the part of UAX 29 that titles and status lines meet.
fn joins(last: Class, next: Class) -> bool {
    match next {
        _ if last == Class::Control => false,
        Class::Extend | Class::Joiner | Class::Spacing | Class::Linker | Class::ConjunctExtend => {
            true
        }
        Class::Pictographic => last == Class::Joiner,
        Class::Regional => last == Class::Regional,
        Class::L | Class::Lv | Class::Lvt => last == Class::L,
        Class::V => matches!(last, Class::L | Class::V | Class::Lv),
        Class::T => matches!(last, Class::V | Class::T | Class::Lv | Class::Lvt),
        _ => false,
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> u16 {
    clusters(text)
        .map(|cluster| cluster.width)
        .fold(0, u16::saturating_add)
}

/// A cell with one cluster; longer clusters are kept in `row`.
fn cell(row: &mut ScreenRow, text: &str, width: u16, style: Style) -> ScreenCell {
    let mut chars = text.chars();
    let text = match (chars.next(), chars.next()) {
        (Some(c), None) => u32::from(c),
        (None, _) => 0x20,
        _ => {
            let index = row.clusters.len() as u32;
            row.clusters.push(text.into());
            ScreenCell::CLUSTER | index
        }
    };
    ScreenCell {
        text,
        style,
        width: width as u8,
        link: 0,
    }
}

/// Appends a cluster at the end of the row.
pub(crate) fn push(row: &mut ScreenRow, cluster: &Cluster<'_>, style: Style) {
    if cluster.width == 0 {
        return;
    }
    let cell = cell(row, cluster.text, cluster.width, style);
    row.cells.push(cell);
    for _ in 1..cluster.width {
        row.cells.push(ScreenCell {
            text: 0,
            style,
            width: 0,
            link: 0,
        });
    }
}

/// Appends a text at the end of the row.
pub(crate) fn push_text(row: &mut ScreenRow, text: &str, style: Style) {
    for cluster in clusters(text) {
        push(row, &cluster, style);
    }
}

/// A row of blanks.
pub(crate) fn blank(columns: u16, style: Style) -> ScreenRow {
    ScreenRow {
        cells: vec![
            ScreenCell {
                style,
                ..ScreenCell::BLANK
            };
            columns as usize
        ],
        clusters: Vec::new(),
    }
}

/// Writes a text over the cells from column `at`, cut at `end`. The column after it.
pub(crate) fn write(row: &mut ScreenRow, at: u16, end: u16, text: &str, style: Style) -> u16 {
    let mut column = at;
    let end = end.min(row.cells.len() as u16);
    for cluster in clusters(text) {
        if cluster.width == 0 {
            continue;
        }
        if column.saturating_add(cluster.width) > end {
            break;
        }
        let cell = cell(row, cluster.text, cluster.width, style);
        set(row, column, cell);
        column += cluster.width;
    }
    column
}

/// Puts one cell at a column, with its continuation, and repairs a wide cluster that it cuts.
pub(crate) fn set(row: &mut ScreenRow, column: u16, cell: ScreenCell) {
    let at = column as usize;
    let width = usize::from(cell.width.max(1));
    if at + width > row.cells.len() {
        return;
    }
    if row.cells[at].width == 0 && at > 0 {
        let style = row.cells[at - 1].style;
        row.cells[at - 1] = ScreenCell {
            style,
            ..ScreenCell::BLANK
        };
    }
    if let Some(after) = row.cells.get_mut(at + width)
        && after.width == 0
    {
        *after = ScreenCell {
            style: after.style,
            ..ScreenCell::BLANK
        };
    }
    row.cells[at] = cell;
    for n in 1..width {
        row.cells[at + n] = ScreenCell {
            text: 0,
            width: 0,
            ..cell
        };
    }
}

/// Copies columns `start..start + count` of `from` over `to` at `at`. Halves of wide clusters become blanks.
pub(crate) fn copy(from: &ScreenRow, start: u16, count: u16, to: &mut ScreenRow, at: u16) {
    let end = start.saturating_add(count).min(from.cells.len() as u16);
    let mut column = start;
    while column < end {
        let source = &from.cells[column as usize];
        let target = at + (column - start);
        let whole = source.width.max(1) as u16;
        if source.width == 0 || column + whole > end {
            set(
                to,
                target,
                ScreenCell {
                    style: source.style,
                    ..ScreenCell::BLANK
                },
            );
            column += 1;
            continue;
        }
        let mut cell = *source;
        if cell.text & ScreenCell::CLUSTER != 0 {
            let index = (cell.text & !ScreenCell::CLUSTER) as usize;
            let text = from.clusters.get(index).cloned().unwrap_or_default();
            cell.text = ScreenCell::CLUSTER | to.clusters.len() as u32;
            to.clusters.push(text);
        }
        set(to, target, cell);
        column += whole;
    }
}

#[cfg(test)]
/// The text of columns `from..to` of a row, blanks at the end kept.
pub(crate) fn text_of(row: &ScreenRow, from: usize, to: usize) -> String {
    let mut out = String::new();
    for cell in row.cells.iter().take(to).skip(from) {
        push_cell_text(row, cell, &mut out);
    }
    out
}

/// Appends the text of one cell.
pub(crate) fn push_cell_text(row: &ScreenRow, cell: &ScreenCell, out: &mut String) {
    if cell.width == 0 {
        return;
    }
    if cell.text & ScreenCell::CLUSTER != 0 {
        let index = (cell.text & !ScreenCell::CLUSTER) as usize;
        out.push_str(row.clusters.get(index).map_or(" ", |text| text));
    } else {
        out.push(
            char::from_u32(cell.text)
                .filter(|c| *c != '\0')
                .unwrap_or(' '),
        );
    }
}

/// Gives cells in colours of the palette those that the pane has for them (pane-colours).
pub(crate) fn apply_palette(cells: &mut [ScreenCell], palette: &[(u8, Colour)]) {
    if palette.is_empty() {
        return;
    }
    let given = |colour: &mut Colour| {
        if let Colour::Indexed(index) = *colour
            && let Some((_, given)) = palette.iter().find(|(at, _)| *at == index)
        {
            *colour = *given;
        }
    };
    for cell in cells {
        given(&mut cell.style.fg);
        given(&mut cell.style.bg);
        given(&mut cell.style.ul);
    }
}

/// Gives cells in the default colours those of a base (window-style).
pub(crate) fn apply_base(cells: &mut [ScreenCell], base: (Colour, Colour)) {
    if base == (Colour::Default, Colour::Default) {
        return;
    }
    for cell in cells {
        if cell.style.fg == Colour::Default {
            cell.style.fg = base.0;
        }
        if cell.style.bg == Colour::Default {
            cell.style.bg = base.1;
        }
    }
}

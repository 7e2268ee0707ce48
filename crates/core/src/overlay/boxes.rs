//! Boxes around menus, popups and previews: their lines (`menu-border-lines`, `popup-border-lines`).

use outlast_term::{ScreenRow, Style};

use crate::draw;

/// Characters of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    across: char,
    down: char,
    top: (char, char),
    bottom: (char, char),
    joins: (char, char),
}

/// By the option's index: single, double, heavy, simple, rounded, padded, none.
const LINES: [Lines; 7] = [
    lines(['─', '│', '┌', '┐', '└', '┘', '├', '┤']),
    lines(['═', '║', '╔', '╗', '╚', '╝', '╠', '╣']),
    lines(['━', '┃', '┏', '┓', '┗', '┛', '┣', '┫']),
    lines(['-', '|', '+', '+', '+', '+', '+', '+']),
    lines(['─', '│', '╭', '╮', '╰', '╯', '├', '┤']),
    lines([' '; 8]),
    lines([' '; 8]),
];

const fn lines(c: [char; 8]) -> Lines {
    Lines {
        across: c[0],
        down: c[1],
        top: (c[2], c[3]),
        bottom: (c[4], c[5]),
        joins: (c[6], c[7]),
    }
}

impl Lines {
    /// Those of an option's index; an unknown one is single.
    pub(crate) fn of(index: i64) -> Lines {
        let known = usize::try_from(index).ok().and_then(|n| LINES.get(n));
        *known.unwrap_or(&LINES[0])
    }

    fn edge(self, ends: (char, char), cols: u16, style: Style) -> ScreenRow {
        let mut row = draw::blank_row(cols, style);
        let inner = usize::from(cols.saturating_sub(2));
        let text: String = std::iter::once(ends.0)
            .chain(std::iter::repeat_n(self.across, inner))
            .chain(std::iter::once(ends.1))
            .collect();
        draw::write_text(&mut row, 0, cols, &text, style);
        row
    }

    /// A line across with joins at both sides.
    pub(crate) fn divider(self, cols: u16, style: Style) -> ScreenRow {
        self.edge(self.joins, cols, style)
    }

    /// An empty row of the inside: the sides in `style`, the inside in `inside`.
    pub(crate) fn row(self, cols: u16, style: Style, inside: Style) -> ScreenRow {
        let mut row = draw::blank_row(cols, inside);
        let side = self.down.to_string();
        draw::write_text(&mut row, 0, cols, &side, style);
        draw::write_text(&mut row, cols.saturating_sub(1), cols, &side, style);
        row
    }

    /// The rows of a box of `cols` by `rows` with a title (an expanded format) in its upper edge.
    pub(crate) fn draw(
        self,
        cols: u16,
        rows: u16,
        title: &str,
        style: Style,
        inside: Style,
    ) -> Vec<ScreenRow> {
        let mut out = Vec::with_capacity(usize::from(rows));
        let mut top = self.edge(self.top, cols, style);
        if cols > 4 {
            draw::draw_format(title, style, &mut top, 2, cols - 4, &mut Vec::new());
        }
        out.push(top);
        for _ in 2..rows {
            out.push(self.row(cols, style, inside));
        }
        if rows > 1 {
            out.push(self.edge(self.bottom, cols, style));
        }
        out
    }
}

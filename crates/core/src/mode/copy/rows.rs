//! The rows that copy mode looks at: the history of a terminal up to the moment of entry, which does not change, and
//! behind it the screen as it was then, kept in a compact form that is saved with the mode.

use std::sync::Arc;

use outlast_term::{Attrs, Colour, ScreenCell, ScreenRow, Style, Terminal, Underline};
use serde::{Deserialize, Serialize};

/// A row kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Text of its cells.
    pub t: String,
    /// Cells that are not one column of one character: number of the cell, columns, bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<(u16, u8, u16)>,
    /// Runs of columns that look alike: how many, style. What is left at the end is in the default style.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<(u16, Look)>,
    /// Hyperlinks: first column, columns, URI.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<(u16, u16, String)>,
    /// Columns that the program has written.
    pub used: u16,
    /// The next row continues this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrapped: bool,
    /// A shell's prompt (OSC 133;A) begins here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prompt: bool,
    /// A command's output (OSC 133;C) begins here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub output: bool,
}

/// A style as numbers: foreground, background, underline colour, underline and attributes.
pub type Look = (u32, u32, u32, u32);

fn pack_colour(colour: Colour) -> u32 {
    match colour {
        Colour::Default => 0,
        Colour::Indexed(n) => 1 << 24 | u32::from(n),
        Colour::Rgb(r, g, b) => 2 << 24 | u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b),
    }
}

fn unpack_colour(packed: u32) -> Colour {
    match packed >> 24 {
        1 => Colour::Indexed(packed as u8),
        2 => Colour::Rgb((packed >> 16) as u8, (packed >> 8) as u8, packed as u8),
        _ => Colour::Default,
    }
}

fn pack(style: Style) -> Look {
    let rest = (style.underline as u32) << 16 | u32::from(style.attrs.0);
    (
        pack_colour(style.fg),
        pack_colour(style.bg),
        pack_colour(style.ul),
        rest,
    )
}

fn unpack((fg, bg, ul, rest): Look) -> Style {
    let underline = match rest >> 16 {
        1 => Underline::Single,
        2 => Underline::Double,
        3 => Underline::Curly,
        4 => Underline::Dotted,
        5 => Underline::Dashed,
        _ => Underline::None,
    };
    Style {
        fg: unpack_colour(fg),
        bg: unpack_colour(bg),
        ul: unpack_colour(ul),
        underline,
        attrs: Attrs(rest as u16),
    }
}

impl Frozen {
    /// Keeps a row of a terminal.
    pub fn of(terminal: &Terminal, line: u64) -> Frozen {
        let cols = terminal.size().cols;
        let mut row = crate::draw::blank_row(cols, Style::default());
        let mut links = Vec::new();
        terminal.draw_line(line, 0, cols, &mut row, 0, &mut links);
        let text = terminal.line_text(line);
        let used = text.columns.last().map_or(0, |(byte, column)| {
            let last = text.text.get(*byte as usize..).unwrap_or_default();
            column + crate::draw::text_width(last).max(1)
        });
        let mut tabs = Vec::new();
        for (n, (byte, column)) in text.columns.iter().enumerate() {
            if text.text.as_bytes().get(*byte as usize) == Some(&b'\t') {
                let end = match text.columns.get(n + 1) {
                    Some((_, next)) => *next,
                    None => tab_end(terminal, *column),
                };
                tabs.push((*column, end));
            }
        }
        let used = tabs.last().map_or(used, |(_, end)| used.max(*end));
        Frozen {
            prompt: text.prompt,
            output: text.output,
            ..Frozen::of_cells(&row, used, text.wrapped, &links, &tabs)
        }
    }

    /// Keeps a drawn row.
    pub fn of_row(row: &ScreenRow, used: u16, wrapped: bool, links: &[Arc<str>]) -> Frozen {
        Frozen::of_cells(row, used, wrapped, links, &[])
    }

    /// Keeps a drawn row, whose blanks between these columns are tabs.
    fn of_cells(
        row: &ScreenRow,
        used: u16,
        wrapped: bool,
        links: &[Arc<str>],
        tabs: &[(u16, u16)],
    ) -> Frozen {
        let mut tabs = tabs.iter().copied().peekable();
        let mut out = Frozen {
            used,
            wrapped,
            ..Frozen::default()
        };
        let plain = |cell: &ScreenCell| *cell == ScreenCell::BLANK;
        let end = row
            .cells
            .iter()
            .rposition(|cell| !plain(cell))
            .map_or(0, |at| at + 1)
            .max(usize::from(used));
        let mut number = 0u16;
        let mut tab_end = 0;
        for (column, cell) in row.cells.iter().take(end).enumerate() {
            let look = pack(cell.style);
            match out.looks.last_mut() {
                Some((count, last)) if *last == look => *count += 1,
                _ => out.looks.push((1, look)),
            }
            if cell.link != 0 {
                let link = links
                    .get(usize::from(cell.link) - 1)
                    .map(|link| link.to_string())
                    .unwrap_or_default();
                let column = column as u16;
                match out.links.last_mut() {
                    Some((from, count, uri)) if *uri == link && *from + *count == column => {
                        *count += 1
                    }
                    _ => out.links.push((column, 1, link)),
                }
            }
            if cell.width == 0 {
                continue;
            }
            let column = column as u16;
            if let Some((from, to)) = tabs.next_if(|(from, _)| *from == column) {
                out.t.push('\t');
                let width = u8::try_from(to - from).unwrap_or(u8::MAX);
                out.odd.push((number, width, 1));
                number += 1;
                tab_end = to;
            }
            if column < tab_end {
                continue;
            }
            let before = out.t.len();
            crate::draw::push_cell_text(row, cell, &mut out.t);
            let bytes = out.t.len() - before;
            if cell.width != 1 || out.t[before..].chars().nth(1).is_some() {
                out.odd.push((number, cell.width, bytes as u16));
            }
            number += 1;
        }
        if out
            .looks
            .last()
            .is_some_and(|(_, look)| *look == pack(Style::default()))
        {
            out.looks.pop();
        }
        out
    }

    /// A row of plain text, cut at the width; what is left of the text.
    pub fn of_text(text: &str, cols: u16) -> (Frozen, &str) {
        let mut row = ScreenRow::default();
        let mut rest = text;
        for cluster in crate::draw::clusters(text) {
            if row.cells.len() + usize::from(cluster.width) > usize::from(cols) {
                break;
            }
            crate::draw::push_cluster(&mut row, &cluster, Style::default());
            let end = cluster.text.as_ptr() as usize + cluster.text.len() - text.as_ptr() as usize;
            rest = text.get(end..).unwrap_or_default();
        }
        let used = row.cells.len() as u16;
        if used == 0 {
            rest = "";
        }
        (Frozen::of_row(&row, used, !rest.is_empty(), &[]), rest)
    }

    /// Its cells as text, in order: bytes and columns.
    fn cells(&self) -> impl Iterator<Item = (std::ops::Range<usize>, u8)> + '_ {
        let mut odd = self.odd.iter().peekable();
        let mut number = 0u16;
        let mut at = 0;
        std::iter::from_fn(move || {
            let (width, bytes) = match odd.peek() {
                Some((n, width, bytes)) if *n == number => {
                    odd.next();
                    (*width, usize::from(*bytes))
                }
                _ => (1, self.t.get(at..)?.chars().next()?.len_utf8()),
            };
            let range = at..(at + bytes).min(self.t.len());
            number += 1;
            at = range.end;
            (!range.is_empty()).then_some((range, width))
        })
    }

    /// Draws the row into `out`, which has as many columns as are wanted.
    pub fn draw(&self, out: &mut ScreenRow, table: &mut Vec<Arc<str>>) {
        let mut looks = self.looks.iter().copied();
        let mut look = looks.next();
        let mut style_at = move || {
            let Some((count, packed)) = &mut look else {
                return Style::default();
            };
            let style = unpack(*packed);
            *count -= 1;
            if *count == 0 {
                look = looks.next();
            }
            style
        };
        let mut column = 0u16;
        for (range, width) in self.cells() {
            let style = style_at();
            for _ in 1..width {
                style_at();
            }
            let end = column + u16::from(width);
            if usize::from(end) > out.cells.len() {
                break;
            }
            let text = match &self.t[range] {
                "\t" => &" ".repeat(usize::from(width)),
                text => text,
            };
            crate::draw::write_text(out, column, end, text, style);
            column = end;
        }
        for (from, count, uri) in &self.links {
            let link = intern(table, uri);
            let end = usize::from(from + count).min(out.cells.len());
            for cell in out
                .cells
                .get_mut(usize::from(*from)..end)
                .into_iter()
                .flatten()
            {
                cell.link = link;
            }
        }
    }

    /// The row as a line of cells.
    pub fn line(&self) -> Line {
        let (wrapped, prompt, output) = (self.wrapped, self.prompt, self.output);
        let mut line = Line {
            text: self.t.clone(),
            cells: Vec::new(),
            wrapped,
            prompt,
            output,
        };
        for (range, width) in self.cells() {
            line.push(range.start as u32, range.end as u32, width);
        }
        line.cells.truncate(usize::from(self.used));
        line
    }
}

/// Where a tab ends behind which nothing was written.
fn tab_end(terminal: &Terminal, column: u16) -> u16 {
    let stops = terminal.tab_stops();
    let next = stops.into_iter().find(|stop| *stop > column);
    next.unwrap_or(terminal.size().cols - 1).max(column + 1)
}

fn intern(table: &mut Vec<Arc<str>>, uri: &str) -> u16 {
    let at = table
        .iter()
        .position(|known| **known == *uri)
        .unwrap_or_else(|| {
            table.push(uri.into());
            table.len() - 1
        });
    u16::try_from(at + 1).unwrap_or(0)
}

/// A row as cells, for moving, searching and copying.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Text.
    pub text: String,
    /// By column: the bytes of the cluster there; empty for the further columns of a wide one, or of a tab.
    pub cells: Vec<(u32, u32)>,
    /// The next row continues this one.
    pub wrapped: bool,
    /// A shell's prompt begins here.
    pub prompt: bool,
    /// A command's output begins here.
    pub output: bool,
}

impl Line {
    fn push(&mut self, from: u32, to: u32, width: u8) {
        self.cells.push((from, to));
        for _ in 1..width {
            self.cells.push((to, to));
        }
    }

    /// A row of a terminal.
    pub fn of(terminal: &Terminal, line: u64) -> Line {
        let text = terminal.line_text(line);
        let (wrapped, prompt, output) = (text.wrapped, text.prompt, text.output);
        let mut out = Line {
            text: String::new(),
            cells: Vec::new(),
            wrapped,
            prompt,
            output,
        };
        for (n, (from, column)) in text.columns.iter().enumerate() {
            let next = text.columns.get(n + 1);
            let to = next.map_or(text.text.len() as u32, |(byte, _)| *byte);
            let cluster = text.text.get(*from as usize..to as usize).unwrap_or(" ");
            let end = match next {
                Some((_, column)) => *column,
                None if cluster == "\t" => tab_end(terminal, *column),
                None => column + crate::draw::text_width(cluster).max(1),
            };
            let most = if cluster == "\t" {
                u16::from(u8::MAX)
            } else {
                2
            };
            out.push(*from, to, end.saturating_sub(*column).clamp(1, most) as u8);
        }
        out.text = text.text;
        out
    }

    /// The cluster at a column: "" for the second column of a wide one, " " where nothing was written.
    pub fn cell(&self, x: u16) -> &str {
        match self.cells.get(usize::from(x)) {
            Some((from, to)) => self.text.get(*from as usize..*to as usize).unwrap_or(" "),
            None => " ",
        }
    }

    /// Whether the column is the second of a wide cluster.
    pub fn is_padding(&self, x: u16) -> bool {
        self.cells
            .get(usize::from(x))
            .is_some_and(|(from, to)| from == to)
    }

    /// Columns without the blanks at the end.
    pub fn length(&self) -> u16 {
        let end = self.cells.iter().rposition(|(from, to)| {
            from == to
                || self
                    .text
                    .get(*from as usize..*to as usize)
                    .is_some_and(|text| text != " ")
        });
        end.map_or(0, |at| at as u16 + 1)
    }
}

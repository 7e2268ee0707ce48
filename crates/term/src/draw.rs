//! Rows as others see them: cells of a picture, text.

use std::sync::Arc;

use crate::capture::LineText;
use crate::cell::TAB_TAIL;
use crate::line::Glyph;
use crate::row::{OUTPUT, PROMPT, WRAPPED};
use crate::screen::{ScreenCell, ScreenRow};
use crate::style::Style;
use crate::terminal::Terminal;

/// One glyph of a row and where it came from.
pub(crate) struct Seen<'a> {
    pub(crate) x: u16,
    pub(crate) glyph: Glyph<'a>,
    pub(crate) width: u8,
    pub(crate) style: Style,
    /// Id and URI.
    pub(crate) link: Option<(&'a str, &'a str)>,
}

impl Terminal {
    /// Calls `f` for every glyph of row `line` (absolute; history or shown screen), left to right; says the
    /// row's flags. Columns at the end that are empty are left out.
    pub(crate) fn each_glyph<'a>(&'a self, line: u64, mut f: impl FnMut(Seen<'a>)) -> u8 {
        let mut flags = 0;
        if let Some(y) = self.screen_row(line) {
            let row = self.grid.row(y);
            flags = row.flags;
            self.each_in_row(row, f);
        } else if line >= self.history.first_line {
            let mut x = 0;
            flags = self.history.row(self.blocks.as_ref(), line, |p, block| {
                let link = (p.link != 0)
                    .then(|| crate::line::link_at(block, p.link))
                    .flatten();
                f(Seen {
                    x,
                    glyph: p.glyph,
                    width: p.width,
                    style: p.style,
                    link,
                });
                x += u16::from(p.width);
            });
        }
        flags
    }

    /// Calls `f` for every glyph of a row of a grid.
    pub(crate) fn each_in_row<'a>(&'a self, row: &crate::row::Row, mut f: impl FnMut(Seen<'a>)) {
        for (x, c) in row.trimmed().iter().enumerate() {
            if c.is_tail() {
                continue;
            }
            let glyph = if c.is_cluster() {
                Glyph::Cluster(self.clusters.get(c.text()))
            } else {
                match char::from_u32(c.text()) {
                    None | Some('\0') => Glyph::Empty,
                    Some(ch) => Glyph::Char(ch),
                }
            };
            let link = self.links.get(c.link()).map(|l| (&*l.id, &*l.uri));
            let width = 1 + u8::from(c.is_wide());
            f(Seen {
                x: x as u16,
                glyph,
                width,
                style: self.styles.get(c.style()),
                link,
            });
        }
    }

    /// Draws columns `from..from + width` of row `line` (absolute; history or screen) into `out` at column `at`,
    /// which must have that many cells. Rows out of range draw as blanks. Links are interned into `links`.
    /// Colours that the program changed (OSC 4, 10, 11) are put in.
    pub fn draw_line(
        &self,
        line: u64,
        from: u16,
        width: u16,
        out: &mut ScreenRow,
        at: u16,
        links: &mut Vec<Arc<str>>,
    ) {
        let (at, end) = (usize::from(at), usize::from(at) + usize::from(width));
        let end = end.min(out.cells.len());
        if at >= end {
            return;
        }
        let ScreenRow { cells, clusters } = out;
        let cells = &mut cells[at..end];
        let altered = self.palette.altered();
        let mut blank = ScreenCell::BLANK;
        if altered {
            blank.style.bg = self.palette.shown(blank.style.bg, true);
            blank.style.fg = self.palette.shown(blank.style.fg, false);
        }
        cells.fill(blank);
        let from = usize::from(from);
        self.each_glyph(line, |seen| {
            let x = usize::from(seen.x);
            let w = usize::from(seen.width);
            if x + w <= from || x >= from + cells.len() {
                return;
            }
            let mut style = seen.style;
            // Protection is nothing that a viewer shows.
            style.attrs = style.attrs.without(crate::style::Attrs::PROTECTED);
            if altered {
                style.fg = self.palette.shown(style.fg, false);
                style.bg = self.palette.shown(style.bg, true);
                style.ul = if style.ul == crate::style::Colour::Default {
                    style.ul
                } else {
                    self.palette.shown(style.ul, false)
                };
            }
            let link = seen.link.map_or(0, |(_, uri)| intern(links, uri));
            if x < from || x + w > from + cells.len() {
                // Half of a wide cluster at the edge of the view is a blank in its style.
                let i = x.saturating_sub(from);
                cells[i] = ScreenCell {
                    text: 0x20,
                    style,
                    width: 1,
                    link,
                };
                return;
            }
            let text = match seen.glyph {
                Glyph::Empty => 0x20,
                // Below it is a kept tab.
                Glyph::Char(c) => u32::from(c).max(0x20),
                Glyph::Cluster(s) => {
                    let i = clusters.iter().position(|c| **c == *s).unwrap_or_else(|| {
                        clusters.push(s.into());
                        clusters.len() - 1
                    });
                    ScreenCell::CLUSTER | i as u32
                }
            };
            cells[x - from] = ScreenCell {
                text,
                style,
                width: seen.width,
                link,
            };
            if w == 2 {
                cells[x - from + 1] = ScreenCell {
                    text: 0x20,
                    style,
                    width: 0,
                    link,
                };
            }
        });
    }

    /// Text of row `line` (absolute).
    pub fn line_text(&self, line: u64) -> LineText {
        let mut out = LineText::default();
        let mut blanks: Vec<u16> = Vec::new();
        let mut in_tab = false;
        let flags = self.each_glyph(line, |seen| {
            in_tab &= seen.glyph == Glyph::Char(TAB_TAIL);
            if in_tab {
                return;
            }
            if seen.glyph == Glyph::Empty {
                // Columns never written count only when text follows.
                blanks.extend(seen.x..seen.x + u16::from(seen.width));
                return;
            }
            for x in blanks.drain(..) {
                out.columns.push((out.text.len() as u32, x));
                out.text.push(' ');
            }
            out.columns.push((out.text.len() as u32, seen.x));
            match seen.glyph {
                Glyph::Char('\t') => {
                    out.text.push('\t');
                    in_tab = true;
                }
                Glyph::Char(c) => out.text.push(c.max(' ')),
                Glyph::Cluster(s) => out.text.push_str(s),
                Glyph::Empty => {}
            }
        });
        out.wrapped = flags & WRAPPED != 0;
        out.prompt = flags & PROMPT != 0;
        out.output = flags & OUTPUT != 0;
        out
    }
}

/// The number of a link in a picture: 1 and up, 0 when there are too many.
fn intern(links: &mut Vec<Arc<str>>, uri: &str) -> u16 {
    match links.iter().rposition(|l| **l == *uri) {
        Some(i) => i as u16 + 1,
        None if links.len() < 0xfffe => {
            links.push(uri.into());
            links.len() as u16
        }
        None => 0,
    }
}

//! Rectangular areas (DEC STD 070, VT420): copy, fill, erase, attributes, checksum.

use crate::cell::Cell;
use crate::modes::flag;
use crate::params::Params;
use crate::style::{Attrs, Style, Underline};
use crate::terminal::Terminal;

/// Columns and rows, inclusive, from 0.
#[derive(Clone, Copy, Debug)]
struct Rect {
    top: u16,
    left: u16,
    bottom: u16,
    right: u16,
}

impl Terminal {
    /// The area of parameters `i..i + 4`, counted from the margins in origin mode; None when it is empty.
    fn area(&self, p: &Params, i: usize) -> Option<Rect> {
        let origin = self.has(flag::ORIGIN);
        let (x0, y0) = if origin {
            (self.left, self.top)
        } else {
            (0, 0)
        };
        let (x1, y1) = if origin {
            (self.right, self.bottom)
        } else {
            (self.size.cols - 1, self.size.rows - 1)
        };
        let at = |i: usize, base: u16, most: u16| {
            (u32::from(p.or(i, 1)) - 1 + u32::from(base)).min(u32::from(most) + 1)
        };
        let end = |i: usize, base: u16, most: u16| match p.raw(i) {
            0 => most,
            n => (u32::from(n) - 1 + u32::from(base)).min(u32::from(most)) as u16,
        };
        let (top, left) = (at(i, y0, y1), at(i + 1, x0, x1));
        let rect = Rect {
            top: top as u16,
            left: left as u16,
            bottom: end(i + 2, y0, y1),
            right: end(i + 3, x0, x1),
        };
        (rect.top <= rect.bottom && rect.left <= rect.right).then_some(rect)
    }

    /// DECCRA.
    pub(crate) fn copy_rectangle(&mut self, p: &Params) {
        let Some(from) = self.area(p, 0) else { return };
        // Parameters 5 and 8 are pages; the target is given by its first corner.
        let origin = self.has(flag::ORIGIN);
        let (x0, y0) = if origin {
            (self.left, self.top)
        } else {
            (0, 0)
        };
        let (x1, y1) = if origin {
            (self.right, self.bottom)
        } else {
            (self.size.cols - 1, self.size.rows - 1)
        };
        let top = u32::from(p.or(5, 1)) - 1 + u32::from(y0);
        let left = u32::from(p.or(6, 1)) - 1 + u32::from(x0);
        if top > u32::from(y1) || left > u32::from(x1) {
            return;
        }
        let (top, left) = (top as u16, left as u16);
        let height = (from.bottom - from.top).min(y1 - top);
        let width = (from.right - from.left).min(x1 - left);
        let copies: Vec<Vec<Cell>> = (0..=height)
            .map(|dy| {
                let row = self.grid.row(from.top + dy);
                row.columns(usize::from(from.left), usize::from(from.left + width))
            })
            .collect();
        for (dy, cells) in copies.iter().enumerate() {
            let y = top + dy as u16;
            self.grid
                .row_mut(y)
                .copy_columns(cells, usize::from(left), usize::from(left + width));
            self.touch(y);
        }
    }

    /// DECFRA.
    pub(crate) fn fill_rectangle(&mut self, p: &Params) {
        let c = u32::from(p.raw(0));
        if !(0x20..=0x7e).contains(&c) && !(0xa0..=0xff).contains(&c) {
            return;
        }
        let Some(r) = self.area(p, 1) else { return };
        let cell = Cell::narrow(c, self.look());
        for y in r.top..=r.bottom {
            self.grid
                .row_mut(y)
                .fill(usize::from(r.left), usize::from(r.right) + 1, cell);
            self.touch(y);
        }
    }

    /// DECERA.
    pub(crate) fn erase_rectangle(&mut self, p: &Params) {
        self.erase_area(p, false);
    }

    /// DECSERA.
    pub(crate) fn selective_erase_rectangle(&mut self, p: &Params) {
        self.erase_area(p, self.selective());
    }

    fn erase_area(&mut self, p: &Params, keep: bool) {
        if let Some(r) = self.area(p, 0) {
            for y in r.top..=r.bottom {
                self.erase(y, r.left, r.right + 1, keep);
            }
        }
    }

    /// DECCARA.
    pub(crate) fn change_attributes(&mut self, p: &Params) {
        self.restyle(p, |style, p| crate::sgr::apply(style, p, 4));
    }

    /// DECRARA.
    pub(crate) fn reverse_attributes(&mut self, p: &Params) {
        self.restyle(p, |style, p| {
            for i in 4..p.len().max(5) {
                let bit = match p.raw(i) {
                    0 => Attrs(Attrs::BOLD.0 | Attrs::BLINK.0 | Attrs::REVERSE.0),
                    1 => Attrs::BOLD,
                    5 => Attrs::BLINK,
                    7 => Attrs::REVERSE,
                    8 => Attrs::INVISIBLE,
                    _ => Attrs(0),
                };
                style.attrs.0 ^= bit.0;
                if matches!(p.raw(i), 0 | 4) {
                    style.underline = match style.underline {
                        Underline::None => Underline::Single,
                        _ => Underline::None,
                    };
                }
            }
        });
    }

    fn restyle(&mut self, p: &Params, change: impl Fn(&mut Style, &Params)) {
        let Some(r) = self.area(p, 0) else { return };
        for y in r.top..=r.bottom {
            // As a stream, the area runs from its first corner to its last through whole lines.
            let (from, to) = if self.extent == 2 {
                (r.left, r.right)
            } else {
                let from = if y == r.top { r.left } else { 0 };
                let to = if y == r.bottom {
                    r.right
                } else {
                    self.size.cols - 1
                };
                (from, to)
            };
            for x in from..=to {
                let cell = self.grid.row(y).get(usize::from(x));
                let mut style = self.styles.get(cell.style());
                change(&mut style, p);
                let id = self.intern_style(&style);
                // Read again: interning may have renumbered.
                let cell = self.grid.row(y).get(usize::from(x));
                let look = crate::cell::look(id, cell.link());
                let row = self.grid.row_mut(y);
                if cell.used() || id != cell.style() {
                    let glyph = if cell.used() {
                        cell
                    } else {
                        Cell::narrow(0x20, 0)
                    };
                    if let Some(slot) = row.cells.get_mut(usize::from(x)) {
                        *slot = glyph.with_look(look);
                    } else {
                        row.put(usize::from(x), glyph.with_look(look));
                    }
                }
            }
            self.touch(y);
        }
    }

    /// DECRQCRA. XTCHECKSUM's bits: 1 not negated, 2 without attributes, 4 blanks at the end count too, 8 cells
    /// never written do not count, 16 characters are not cut to 8 bits, 32 nor to 7.
    pub(crate) fn report_checksum(&mut self, p: &Params) {
        let id = p.raw(0);
        let mut sum = 0u32;
        if let Some(r) = self.area(p, 2) {
            for y in r.top..=r.bottom {
                sum = sum.wrapping_add(self.row_checksum(y, r.left, r.right));
            }
        }
        let sum = sum as u16;
        let sum = if self.checksum & 1 == 0 {
            sum.wrapping_neg()
        } else {
            sum
        };
        self.reply(&format!("\x1bP{id}!~{sum:04X}\x1b\\"));
    }

    fn row_checksum(&self, y: u16, left: u16, right: u16) -> u32 {
        let how = self.checksum;
        let row = self.grid.row(y);
        let mut sum = 0u32;
        for x in left..=right {
            let cell = row.get(usize::from(x));
            if cell.is_tail() || (!cell.used() && how & 8 != 0) {
                continue;
            }
            let style = self.styles.get(cell.style());
            let text: Vec<u32> = if cell.is_cluster() {
                self.clusters
                    .get(cell.text())
                    .chars()
                    .map(u32::from)
                    .collect()
            } else {
                vec![cell.text().max(0x20)]
            };
            let mut value = if how & 16 == 0 {
                text[..1].iter().map(|c| c & 0xff).sum()
            } else {
                text.iter().sum()
            };
            if how & 2 == 0 {
                let a = style.attrs;
                value += u32::from(a.has(Attrs::PROTECTED)) * 4
                    + u32::from(a.has(Attrs::INVISIBLE)) * 8
                    + u32::from(style.underline != Underline::None) * 16
                    + u32::from(a.has(Attrs::REVERSE)) * 32
                    + u32::from(a.has(Attrs::BLINK)) * 64
                    + u32::from(a.has(Attrs::BOLD)) * 128;
            }
            sum = sum.wrapping_add(value);
        }
        sum
    }
}

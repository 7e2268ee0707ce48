//! What one cell of a row is to a painter: its text, its columns, how it looks, and whether terminals agree on its
//! width.

use crate::screen::{ScreenCell, ScreenRow};
use crate::style::{Attrs, Colour, Style, Underline};
use crate::width::{self, Class};

/// The text of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph<'a> {
    /// Nothing to see but the background.
    Blank,
    /// One scalar value.
    Char(char),
    /// A cluster of several.
    Cluster(&'a str),
}

impl Glyph<'_> {
    /// Whether some terminal may take fewer columns for it than we do, and so leave the last one as it was.
    pub fn may_be_narrow(&self, width: u8) -> bool {
        width == 2
            && match self {
                Glyph::Blank => false,
                // The youngest emoji: unknown to terminals with older tables. And what only a rule makes wide.
                Glyph::Char(c) => {
                    (*c >= '\u{1fa70}' && *c < '\u{20000}')
                        || width::props(u32::from(*c)).width() < 2
                }
                Glyph::Cluster(s) => s
                    .chars()
                    .next()
                    .is_some_and(|c| width::props(c as u32).width() < 2),
            }
    }

    /// The number of columns, counted from the glyph's own, that some terminal may take for it; equal to `width`
    /// when all agree.
    pub fn reach(&self, width: u8) -> u16 {
        let width = u16::from(width);
        match self {
            Glyph::Blank => width,
            Glyph::Char(c) if *c < '\u{1100}' && width == 1 => width,
            Glyph::Char(c) if contested(*c) => width.max(2),
            // Wide by a rule of the user's own: one column more marks it as contested.
            Glyph::Char(c) if width == 2 && width::props(u32::from(*c)).width() < 2 => 3,
            Glyph::Char(c) => width.max(width::props(*c as u32).width().into()),
            Glyph::Cluster(s) => {
                // Accents over Latin, Greek and Cyrillic are drawn alike everywhere.
                let accents = s
                    .chars()
                    .skip(1)
                    .all(|c| ('\u{300}'..='\u{36f}').contains(&c));
                let base = s.chars().next();
                if accents && !base.is_some_and(contested) {
                    width
                } else {
                    // At worst each part stands alone; one column more marks it as contested in any case.
                    let apart: u16 = s
                        .chars()
                        .take(16)
                        .map(|c| u16::from(width::props(c as u32).width()))
                        .sum();
                    apart.max(width + 1)
                }
            }
        }
    }
}

/// Whether terminals disagree on the columns of a scalar value that stands alone: emoji above all, whose width came
/// with Unicode versions and styles, and parts of clusters.
pub fn contested(c: char) -> bool {
    if c < '\u{1100}' {
        return false;
    }
    !matches!(
        width::props(c as u32).class(),
        Class::Other | Class::L | Class::Lv | Class::Lvt | Class::Consonant
    )
}

/// A row as painters see it: never too short, whatever it was given.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// None for a row of blanks in the default style.
    row: Option<&'a ScreenRow>,
}

impl<'a> Row<'a> {
    /// The cells of a row.
    pub fn of(row: &'a ScreenRow) -> Row<'a> {
        Row { row: Some(row) }
    }
    /// Blanks.
    pub const BLANK: Row<'static> = Row { row: None };

    /// The cells that are there.
    pub fn cells(&self) -> &'a [ScreenCell] {
        self.row.map_or(&[], |r| &r.cells)
    }

    /// The cell of a column; a blank beyond the end.
    #[inline]
    pub fn cell(&self, x: usize) -> &'a ScreenCell {
        static BLANK: ScreenCell = ScreenCell::BLANK;
        self.row.and_then(|r| r.cells.get(x)).unwrap_or(&BLANK)
    }

    /// The text of a cell. Controls, which no cell should hold, are blanks: they must not reach a terminal.
    pub fn glyph(&self, cell: &ScreenCell) -> Glyph<'a> {
        match cell.text {
            0 | 0x20 => Glyph::Blank,
            text if text & ScreenCell::CLUSTER == 0 => match char::from_u32(text) {
                // A mark alone would join the cell before.
                Some(_) if text >= 0x300 && width::props(text).width() == 0 => Glyph::Blank,
                Some(c) if !c.is_control() => Glyph::Char(c),
                _ => Glyph::Blank,
            },
            text => {
                let index = (text & !ScreenCell::CLUSTER) as usize;
                let cluster = self.row.and_then(|r| r.clusters.get(index));
                match cluster {
                    Some(s) if !s.is_empty() && !s.chars().any(char::is_control) => {
                        Glyph::Cluster(s)
                    }
                    _ => Glyph::Blank,
                }
            }
        }
    }

    /// Columns of the cluster that begins in a column, as it can be painted in a row of `cols` columns: 2 only when
    /// its second half is there, 0 for the second half of a cluster that is there.
    #[inline]
    pub fn columns(&self, x: usize, cols: usize) -> u8 {
        match self.cell(x).width {
            2 if x + 1 < cols && self.cell(x + 1).width == 0 => 2,
            0 if x > 0 && self.cell(x - 1).width == 2 => 0,
            _ => 1,
        }
    }

    /// What a column paints, in a row of `cols` columns: a blank where half a cluster stands alone.
    #[inline]
    pub fn painted(&self, x: usize, cols: usize) -> Painted<'a> {
        let cell = self.cell(x);
        let columns = self.columns(x, cols);
        let glyph = if columns == cell.width {
            self.glyph(cell)
        } else {
            Glyph::Blank
        };
        Painted {
            glyph,
            columns,
            style: look(&glyph, cell),
            link: cell.link,
        }
    }
}

/// What a column paints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Painted<'a> {
    /// Text.
    pub glyph: Glyph<'a>,
    /// 1 or 2; 0 for the second half of the column before.
    pub columns: u8,
    /// How it looks, without what cannot be seen.
    pub style: Style,
    /// As [`ScreenCell::link`].
    pub link: u16,
}

impl Painted<'_> {
    /// Whether erasing with its background paints it.
    pub fn erasable(&self) -> bool {
        self.glyph == Glyph::Blank && self.columns == 1 && self.link == 0 && !decorated(&self.style)
    }
}

/// Whether a blank in this style shows more than its background.
pub fn decorated(style: &Style) -> bool {
    const DRAWN: u16 = Attrs::REVERSE.0 | Attrs::STRIKE.0 | Attrs::OVERLINE.0;
    style.attrs.0 & DRAWN != 0 || style.underline != Underline::None
}

/// The style without what cannot be seen: protection always, and on a blank all but the background unless lines or
/// reverse video are drawn in the other colours.
pub fn look(glyph: &Glyph<'_>, cell: &ScreenCell) -> Style {
    let mut style = cell.style;
    style.attrs = style.attrs.without(Attrs::PROTECTED);
    if *glyph == Glyph::Blank && !decorated(&style) {
        return Style {
            bg: style.bg,
            ..Style::default()
        };
    }
    if style.underline == Underline::None {
        style.ul = Colour::Default;
    }
    style
}

/// DEC special graphics for terminals without UTF-8: character, byte.
#[rustfmt::skip]
pub const LINE_DRAWING: &[(char, u8)] = &[
    ('◆', b'`'), ('▒', b'a'), ('°', b'f'), ('±', b'g'), ('┘', b'j'), ('┐', b'k'), ('┌', b'l'), ('└', b'm'),
    ('┼', b'n'), ('⎺', b'o'), ('⎻', b'p'), ('─', b'q'), ('⎼', b'r'), ('⎽', b's'), ('├', b't'), ('┤', b'u'),
    ('┴', b'v'), ('┬', b'w'), ('│', b'x'), ('≤', b'y'), ('≥', b'z'), ('π', b'{'), ('≠', b'|'), ('£', b'}'),
    ('·', b'~'), ('━', b'q'), ('┃', b'x'), ('═', b'q'), ('║', b'x'), ('╭', b'l'), ('╮', b'k'), ('╯', b'j'), ('╰', b'm'),
];

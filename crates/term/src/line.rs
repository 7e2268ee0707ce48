//! A row as bytes: what history keeps of a line that scrolled off.
//!
//! | field | bytes | |
//! |---|---|---|
//! | head | 1 | bit 7 clear; bits 0 to 2: the row's flags; 0x08: there are runs; 0x10: one byte per column; |
//! | | | 0x20: runs refer to links, so the record means nothing in another block |
//! | text length | varint | |
//! | runs length | varint | only with runs |
//! | text | | UTF-8; 00 never written; FE the second column of the glyph before; FF n, then n bytes: a cluster |
//! | runs | | columns (varint), style; a line without runs is in the default style |
//!
//! A style is a byte (bits 0 and 1 the kind of the foreground: none, indexed, RGB; bits 2 and 3 of the
//! background; bit 4 an underline colour follows; bit 5 attributes follow; bit 6 a link follows), then what
//! it announces: colours of one or three bytes, the underline colour with its kind before it, attributes and
//! underline as 16 bits, and the link as the offset of its record in the same block.
//!
//! A link is a record too: 80, length of id and of URI (16 bits each), both texts.

use crate::cell::Cell;
use crate::intern::{CLUSTER_LEN, Clusters, Links, Styles, underline};
use crate::style::{Attrs, Colour, Style};

/// The record holds a link.
pub(crate) const LINK: u8 = 0x80;
const RUNS: u8 = 8;
const ASCII: u8 = 16;
const LINKED: u8 = 32;
const TAIL: u8 = 0xfe;
const CLUSTER: u8 = 0xff;
/// Longest record; a row that needs more loses its runs and what joins its characters.
const MOST: usize = 48 * 1024;

/// What cells refer to.
pub(crate) struct Tables<'a> {
    pub(crate) styles: &'a Styles,
    pub(crate) clusters: &'a Clusters,
    pub(crate) links: &'a Links,
}

/// Space for the parts of a record, kept between rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    text: Vec<u8>,
    runs: Vec<u8>,
}

impl Scratch {
    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.text.capacity() + self.runs.capacity()
    }
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut n = 0u32;
    for shift in [0, 7, 14, 21, 28] {
        let b = *bytes.get(*at)?;
        *at += 1;
        n |= u32::from(b & 0x7f).checked_shl(shift)?;
        if b < 0x80 {
            return Some(n);
        }
    }
    None
}

fn put_colour(out: &mut Vec<u8>, c: Colour) -> u8 {
    match c {
        Colour::Default => 0,
        Colour::Indexed(n) => {
            out.push(n);
            1
        }
        Colour::Rgb(r, g, b) => {
            out.extend([r, g, b]);
            2
        }
    }
}

pub(crate) fn put_run(out: &mut Vec<u8>, columns: usize, style: &Style, link: u16) {
    put_varint(out, columns as u32);
    let at = out.len();
    out.push(0);
    let mut head = put_colour(out, style.fg);
    head |= put_colour(out, style.bg) << 2;
    if style.ul != Colour::Default {
        head |= 1 << 4;
        let kind = out.len();
        out.push(0);
        out[kind] = put_colour(out, style.ul);
    }
    let attrs = style.attrs.0 | (style.underline as u16) << 9;
    if attrs != 0 {
        head |= 1 << 5;
        out.extend(attrs.to_le_bytes());
    }
    if link != 0 {
        head |= 1 << 6;
        out.extend(link.to_le_bytes());
    }
    out[at] = head;
}

/// Appends the record of a row of ASCII in the default style.
#[inline]
pub(crate) fn encode_plain(out: &mut Vec<u8>, flags: u8, cells: &[Cell]) {
    out.push(flags | ASCII);
    put_varint(out, cells.len() as u32);
    out.extend(cells.iter().map(|c| c.0 as u8));
}

/// Appends the record of a row of cells. `link` says where in the block the record of a link is, 0 for nowhere.
pub(crate) fn encode(
    out: &mut Vec<u8>,
    scratch: &mut Scratch,
    flags: u8,
    cells: &[Cell],
    tables: &Tables<'_>,
    link: impl Fn(u16) -> u16,
) {
    let look = cells.first().map_or(0, |c| c.look());
    if cells.iter().fold(0, |all, c| all | (c.0 ^ look)) < 0x80 {
        // One look, ASCII: most lines are.
        let head = out.len();
        out.push(flags | ASCII | if look == 0 { 0 } else { RUNS });
        put_varint(out, cells.len() as u32);
        if look != 0 {
            scratch.runs.clear();
            let c = cells[0];
            let place = link(c.link());
            if place != 0 {
                out[head] |= LINKED;
            }
            put_run(
                &mut scratch.runs,
                cells.len(),
                &tables.styles.get(c.style()),
                place,
            );
            put_varint(out, scratch.runs.len() as u32);
        }
        out.extend(cells.iter().map(|c| c.0 as u8));
        if look != 0 {
            out.extend_from_slice(&scratch.runs);
        }
        return;
    }
    scratch.runs.clear();
    let mut end = 0;
    let mut ascii = true;
    let mut linked = false;
    let mut at = 0;
    while at < cells.len() {
        let look = cells[at].look();
        let n = cells[at..].iter().take_while(|c| c.look() == look).count();
        let (to, plain) = put_glyphs(
            &mut scratch.text,
            end,
            &cells[at..at + n],
            tables.clusters,
            true,
        );
        end = to;
        ascii &= plain;
        let place = link(cells[at].link());
        linked |= place != 0;
        put_run(
            &mut scratch.runs,
            n,
            &tables.styles.get(cells[at].style()),
            place,
        );
        at += n;
    }
    if end + scratch.runs.len() > MOST {
        scratch.runs.clear();
        linked = false;
        if end > MOST {
            (end, _) = put_glyphs(&mut scratch.text, 0, cells, tables.clusters, false);
        }
    }
    put_record(
        out,
        flags,
        ascii,
        linked,
        &scratch.text[..end],
        &scratch.runs,
    );
    if scratch.text.len() > MOST {
        scratch.text = Vec::new();
    }
}

/// Appends a record from its parts.
fn put_record(out: &mut Vec<u8>, flags: u8, ascii: bool, linked: bool, text: &[u8], runs: &[u8]) {
    let bit = |on: bool, bit: u8| if on { bit } else { 0 };
    out.push(flags | bit(ascii, ASCII) | bit(!runs.is_empty(), RUNS) | bit(linked, LINKED));
    put_varint(out, text.len() as u32);
    if !runs.is_empty() {
        put_varint(out, runs.len() as u32);
    }
    out.extend_from_slice(text);
    out.extend_from_slice(runs);
}

/// Writes the text of cells from `text[at]` on; says where it ends and whether all of it was ASCII. What is behind
/// the end is old. `whole` keeps clusters whole.
fn put_glyphs(
    text: &mut Vec<u8>,
    mut at: usize,
    cells: &[Cell],
    clusters: &Clusters,
    whole: bool,
) -> (usize, bool) {
    let mut ascii = true;
    // Written by index into space for the longest case: no growing, no small copies.
    let most = CLUSTER_LEN + 2;
    if text.len() < at + cells.len() * 4 {
        text.resize(at + cells.len() * 4, 0);
    }
    for (i, c) in cells.iter().enumerate() {
        let n = c.text();
        if c.is_cluster() {
            let s = clusters.get(n);
            ascii = false;
            let need = at + most + (cells.len() - i) * 4;
            if text.len() < need {
                text.resize(need, 0);
            }
            if whole {
                text[at] = CLUSTER;
                text[at + 1] = s.len() as u8;
                text[at + 2..at + 2 + s.len()].copy_from_slice(s.as_bytes());
                at += 2 + s.len();
            } else {
                let first = s.chars().next().unwrap_or(' ');
                at += first.encode_utf8(&mut text[at..]).len();
            }
            continue;
        }
        let space = &mut text[at..at + 4];
        at += match n {
            _ if c.is_tail() => {
                space[0] = TAIL;
                ascii = false;
                1
            }
            0..0x80 => {
                space[0] = n as u8;
                1
            }
            0x80..0x800 => {
                space[0] = 0xc0 | (n >> 6) as u8;
                space[1] = 0x80 | (n & 0x3f) as u8;
                ascii = false;
                2
            }
            0x800..0x1_0000 => {
                space[0] = 0xe0 | (n >> 12) as u8;
                space[1] = 0x80 | (n >> 6 & 0x3f) as u8;
                space[2] = 0x80 | (n & 0x3f) as u8;
                ascii = false;
                3
            }
            _ => {
                space[0] = 0xf0 | (n >> 18) as u8;
                space[1] = 0x80 | (n >> 12 & 0x3f) as u8;
                space[2] = 0x80 | (n >> 6 & 0x3f) as u8;
                space[3] = 0x80 | (n & 0x3f) as u8;
                ascii = false;
                4
            }
        };
    }
    (at, ascii)
}

/// Appends the record of a link.
pub(crate) fn put_link(out: &mut Vec<u8>, id: &str, uri: &str) {
    out.push(LINK);
    out.extend((id.len() as u16).to_le_bytes());
    out.extend((uri.len() as u16).to_le_bytes());
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(uri.as_bytes());
}

/// Id and URI of the link record at `at`.
pub(crate) fn link_at(block: &[u8], at: u16) -> Option<(&str, &str)> {
    let r = block.get(usize::from(at)..)?;
    if *r.first()? != LINK {
        return None;
    }
    let id = usize::from(u16::from_le_bytes([*r.get(1)?, *r.get(2)?]));
    let uri = usize::from(u16::from_le_bytes([*r.get(3)?, *r.get(4)?]));
    let text = std::str::from_utf8(r.get(5..5 + id + uri)?).ok()?;
    Some((text.get(..id)?, text.get(id..)?))
}

/// A record that was found in a block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record<'a> {
    /// Flags of the row.
    pub(crate) flags: u8,
    /// One byte per column.
    pub(crate) ascii: bool,
    pub(crate) text: &'a [u8],
    pub(crate) runs: &'a [u8],
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph<'a> {
    /// Never written.
    Empty,
    Char(char),
    Cluster(&'a str),
}

/// The row record at or after `at` (links are passed over) and where it ends.
pub(crate) fn record(block: &[u8], mut at: usize) -> Option<(Record<'_>, usize)> {
    while *block.get(at)? == LINK {
        let len = |i: usize| {
            Some(usize::from(u16::from_le_bytes([
                *block.get(at + i)?,
                *block.get(at + i + 1)?,
            ])))
        };
        at += 5 + len(1)? + len(3)?;
    }
    let head = block[at];
    at += 1;
    let text = varint(block, &mut at)? as usize;
    let runs = if head & RUNS != 0 {
        varint(block, &mut at)? as usize
    } else {
        0
    };
    let record = Record {
        flags: head & 7,
        ascii: head & ASCII != 0,
        text: block.get(at..at + text)?,
        runs: block.get(at + text..at + text + runs)?,
    };
    Some((record, at + text + runs))
}

/// Reads runs column by column.
struct Runs<'a> {
    bytes: &'a [u8],
    at: usize,
    left: u32,
    style: Style,
    link: u16,
}

impl Runs<'_> {
    /// Style and link of the next `columns` columns.
    fn next(&mut self, columns: u32) -> (Style, u16) {
        if self.left == 0 && self.read().is_none() {
            self.at = self.bytes.len();
            (self.left, self.style, self.link) = (u32::MAX, Style::default(), 0);
        }
        self.left = self.left.saturating_sub(columns);
        (self.style, self.link)
    }

    fn read(&mut self) -> Option<()> {
        let b = self.bytes;
        self.left = varint(b, &mut self.at)?;
        let head = self.byte()?;
        let fg = self.colour(head & 3)?;
        let bg = self.colour(head >> 2 & 3)?;
        let mut style = Style {
            fg,
            bg,
            ..Style::default()
        };
        if head & 1 << 4 != 0 {
            let kind = self.byte()?;
            style.ul = self.colour(kind)?;
        }
        if head & 1 << 5 != 0 {
            let bits = u16::from_le_bytes([self.byte()?, self.byte()?]);
            style.attrs = Attrs(bits & 0x1ff);
            style.underline = underline(u128::from(bits >> 9 & 7))?;
        }
        self.link = 0;
        if head & 1 << 6 != 0 {
            self.link = u16::from_le_bytes([self.byte()?, self.byte()?]);
        }
        self.style = style;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let b = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(b)
    }

    fn colour(&mut self, kind: u8) -> Option<Colour> {
        Some(match kind {
            0 => Colour::Default,
            1 => Colour::Indexed(self.byte()?),
            2 => Colour::Rgb(self.byte()?, self.byte()?, self.byte()?),
            _ => return None,
        })
    }
}

/// One glyph of a line and the columns that it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) glyph: Glyph<'a>,
    /// 1 or 2.
    pub(crate) width: u8,
    pub(crate) style: Style,
    /// Offset of the link's record in the block, 0 for none.
    pub(crate) link: u16,
}

impl<'a> Record<'a> {
    /// As [`Record::used`], or more when nothing stands behind the last glyph: then its end need not be known.
    pub(crate) fn end(&self) -> u16 {
        if !self.ascii && self.text.last().is_some_and(|b| *b != 0) {
            return u16::MAX;
        }
        self.used()
    }

    /// One past the last column that was written.
    pub(crate) fn used(&self) -> u16 {
        if self.ascii {
            let used = self.text.iter().rposition(|b| *b != 0);
            return used.map_or(0, |x| x as u16 + 1);
        }
        let (mut x, mut used) = (0, 0);
        self.widths(|width, written| {
            x += width;
            if written {
                used = x;
            }
        });
        used
    }

    /// Calls `f` with the columns of each glyph, left to right, and whether it was written: [`Record::each`] without
    /// looks.
    pub(crate) fn widths(&self, mut f: impl FnMut(u16, bool)) {
        let text = self.text;
        let mut at = 0;
        while let Some(b) = text.get(at) {
            at += match *b {
                CLUSTER => 2 + usize::from(text.get(at + 1).copied().unwrap_or(0)),
                0..0xc0 | TAIL => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0.. => 4,
            };
            let wide = text.get(at) == Some(&TAIL);
            at += usize::from(wide);
            f(1 + u16::from(wide), *b != 0 && *b != TAIL);
        }
    }

    /// Calls `f` for each glyph, left to right. Damaged text ends the line early.
    pub(crate) fn each(&self, mut f: impl FnMut(Piece<'a>)) {
        let mut runs = Runs {
            bytes: self.runs,
            at: 0,
            left: 0,
            style: Style::default(),
            link: 0,
        };
        let text = self.text;
        let mut at = 0;
        while at < text.len() {
            let (glyph, len) = match text[at] {
                0 => (Glyph::Empty, 1),
                b @ 1..=0x7f => (Glyph::Char(char::from(b)), 1),
                CLUSTER => {
                    let n = usize::from(text.get(at + 1).copied().unwrap_or(0));
                    let s = text
                        .get(at + 2..at + 2 + n)
                        .and_then(|b| std::str::from_utf8(b).ok());
                    match s {
                        Some(s) => (Glyph::Cluster(s), 2 + n),
                        None => return,
                    }
                }
                TAIL => (Glyph::Empty, 1),
                _ => match crate::parse::decode(&text[at..]) {
                    crate::parse::Utf8::Char(c, len) => {
                        (Glyph::Char(char::from_u32(c).unwrap_or('\u{fffd}')), len)
                    }
                    _ => return,
                },
            };
            at += len;
            let wide = text.get(at) == Some(&TAIL);
            at += usize::from(wide);
            let width = 1 + u8::from(wide);
            let (style, link) = runs.next(u32::from(width));
            f(Piece {
                glyph,
                width,
                style,
                link,
            });
        }
    }
}

/// A column or two of a line that stands on its own: nothing in it is a number of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loose {
    pub(crate) text: Text,
    /// 1 or 2.
    pub(crate) width: u8,
    pub(crate) style: Style,
    /// Number in a list that travels with the line, 0 for none.
    pub(crate) link: u16,
}

/// Text of a loose glyph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Empty,
    Char(char),
    Cluster(Box<str>),
}

impl Text {
    pub(crate) fn of(glyph: Glyph<'_>) -> Text {
        match glyph {
            Glyph::Empty => Text::Empty,
            Glyph::Char(c) => Text::Char(c),
            Glyph::Cluster(s) => Text::Cluster(s.into()),
        }
    }
}

/// Appends the record of a row of loose glyphs.
pub(crate) fn encode_loose(
    out: &mut Vec<u8>,
    scratch: &mut Scratch,
    flags: u8,
    cells: &[Loose],
    link: impl Fn(u16) -> u16,
) {
    let Scratch { text, runs } = scratch;
    text.clear();
    runs.clear();
    let (mut ascii, mut linked) = (true, false);
    for c in cells {
        match &c.text {
            Text::Empty => text.push(0),
            Text::Char(ch) => text.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes()),
            Text::Cluster(s) => {
                text.extend([CLUSTER, s.len() as u8]);
                text.extend_from_slice(s.as_bytes());
            }
        }
        if c.width == 2 {
            text.push(TAIL);
        }
        ascii &= c.width == 1 && matches!(c.text, Text::Empty | Text::Char('\0'..='\x7f'));
    }
    let plain = Style::default();
    if cells.iter().any(|c| c.style != plain || c.link != 0) {
        for run in cells.chunk_by(|a, b| a.style == b.style && a.link == b.link) {
            let columns = run.iter().map(|c| usize::from(c.width)).sum();
            let place = link(run[0].link);
            linked |= place != 0;
            put_run(runs, columns, &run[0].style, place);
        }
    }
    if text.len() + runs.len() > MOST {
        runs.clear();
        text.truncate(MOST);
        linked = false;
    }
    put_record(out, flags, ascii, linked, text, runs);
}

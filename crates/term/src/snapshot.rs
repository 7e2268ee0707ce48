//! Checkpoints: a terminal as bytes and back.
//!
//! Head: magic number, version, length of the body, checksum of the body. Body: the fields in the order of
//! `write` below. Rows are written as their cells in memory, without blanks at the end, so that a checkpoint
//! costs a copy and not an encoding: it is taken every few hundred kilobytes of output. The history's lines
//! are not in it but in their blocks; it has the list of segments.
//!
//! Replies and signals that wait are not part of a checkpoint: the owner takes them first.

use std::sync::Arc;

use crate::Size;
use crate::cell::Cell;
use crate::charset::Charsets;
use crate::codec::{Put, Reader, checksum};
use crate::grid::{Grid, SavedCursor};
use crate::history::{Blocks, FRESH, Segment};
use crate::intern::{CLUSTER_LEN, Clusters, LINK_LEN, Link, Links, Styles, pack, unpack};
use crate::modes::{MouseTracking, flag};
use crate::params::{MAX, Params};
use crate::parse::{Kind, Parser, State};
use crate::row::Row;
use crate::rules::Rules;
use crate::style::Style;
use crate::tabs::Tabs;
use crate::terminal::{Config, CursorShape, Protection, Terminal};
use crate::width::Tail;

/// A checkpoint that cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    /// Made by a version that this one does not read.
    Version(u32),
    /// Too short, a bad checksum, or an impossible value; the text names the field.
    Damaged(&'static str),
}

const MAGIC: u32 = 0x4b43_4c4f;
/// Raised by whatever changes these bytes or those of the history's blocks; `tests/checkpoint.rs` holds both against
/// recorded ones. The `state` of the server's stamp is raised with it.
const VERSION: u32 = 3;
/// [`VERSION`] with the user's own rules for text behind it: only who has some needs a build that knows them.
const WITH_RULES: u32 = 4;
/// The oldest version that is read.
const OLDEST: u32 = 3;
const HEAD: usize = 20;

impl Terminal {
    /// Appends a checkpoint to `out`: everything but the history's lines, of which it records the length.
    /// Exact: `restore` of it over the same blocks behaves the same for ever.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let cells: usize = self
            .grid
            .rows
            .iter()
            .chain(&self.other.rows)
            .map(|r| r.cells.len())
            .sum();
        out.reserve(cells * 8 + self.styles.list.len() * 16 + self.clusters.text.len() + 2048);
        out.put_u32(MAGIC);
        let version = if self.rules.is_some() {
            WITH_RULES
        } else {
            VERSION
        };
        out.put_u32(version);
        out.put(&[0; HEAD - 8]);
        self.write(out);
        Terminal::seal(&mut out[start..]);
        self.history.named.set(self.history.oldest_block());
    }

    /// Writes length and checksum of the body into the head of a checkpoint. Public for the fuzz target that spoils
    /// fields and must get past the checksum.
    #[doc(hidden)]
    pub fn seal(bytes: &mut [u8]) {
        if let Some((head, body)) = bytes.split_at_mut_checked(HEAD) {
            head[8..12].copy_from_slice(&(body.len() as u32).to_le_bytes());
            head[12..].copy_from_slice(&checksum(body).to_le_bytes());
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.put_u16(self.size.cols);
        out.put_u16(self.size.rows);
        self.write_tables(out);
        write_grid(&self.grid, out);
        write_grid(&self.other, out);
        for b in [self.alternate, self.alternate_allowed, self.wrap_pending] {
            out.put_bool(b);
        }
        out.put_u8(self.extent);
        for n in [
            self.x,
            self.y,
            self.top,
            self.bottom,
            self.left,
            self.right,
            self.pen_link,
        ] {
            out.put_u16(n);
        }
        out.put_u8(self.shape as u8);
        out.put_u128(pack(&self.pen));
        write_charsets(&self.charsets, out);
        out.put_u64(self.flags);
        out.put_u32(self.saved_modes.len() as u32);
        for (number, on) in &self.saved_modes {
            out.put_u16(*number);
            out.put_bool(*on);
        }
        out.put_u8(self.mouse as u8);
        out.put_u16(self.mouse_number);
        out.put_u8(self.modify_other_keys);
        out.put_u8(self.protection as u8);
        out.put_u16(self.checksum);
        out.put_u16(self.level);
        out.put_u32(self.tabs.bits.len() as u32);
        self.tabs.bits.iter().for_each(|w| out.put_u64(*w));
        out.put_bytes(self.title.as_bytes());
        out.put_u32(self.titles.len() as u32);
        self.titles.iter().for_each(|t| out.put_bytes(t.as_bytes()));
        out.put_u32(self.pens.len() as u32);
        self.pens.iter().for_each(|p| out.put_u128(pack(p)));
        self.palette.write(out);
        out.put_u16(self.cell_pixels.0);
        out.put_u16(self.cell_pixels.1);
        self.refused.iter().for_each(|n| out.put_u32(*n));
        out.put_u8(self.tail as u8);
        out.put_u16(self.tail_at.0);
        out.put_u16(self.tail_at.1);
        out.put_u32(self.last_char);
        write_parser(&self.parser, out);
        for s in [&self.notice.0, &self.notice.1, &self.notice.2] {
            out.put_bytes(s.as_bytes());
        }
        out.put_u64(self.change);
        out.put_u64(self.epoch);
        self.write_history(out);
        if let Some(rules) = &self.rules {
            rules.write(out);
        }
    }

    fn write_tables(&self, out: &mut Vec<u8>) {
        out.put_u32(self.styles.limit() as u32);
        out.put_u32(self.styles.list.len() as u32);
        self.styles.list.iter().for_each(|s| out.put_u128(pack(s)));
        out.put_u32(self.clusters.limit() as u32);
        out.put_bytes(self.clusters.text.as_bytes());
        out.put_u32(self.clusters.starts.len() as u32);
        self.clusters.starts.iter().for_each(|n| out.put_u32(*n));
        out.put_u32(self.links.limit() as u32);
        out.put_u32(self.links.list.len() as u32);
        for link in &self.links.list {
            out.put_bytes(link.id.as_bytes());
            out.put_bytes(link.uri.as_bytes());
        }
    }

    fn write_history(&self, out: &mut Vec<u8>) {
        let h = &self.history;
        for n in [h.first_line, h.next_block, h.at as u64, h.released] {
            out.put_u64(n);
        }
        for n in [h.len, h.limit, h.scrolled, h.rows] {
            out.put_u32(n);
        }
        out.put_bool(h.open);
        out.put_u32(h.segments.len() as u32);
        for s in &h.segments {
            out.put_u64(s.block);
            out.put_u64(s.line);
            for n in [s.first, s.records, s.rows] {
                out.put_u32(n);
            }
            for n in [s.cols, s.skip, s.cut, s.carry, s.longest] {
                out.put_u16(n);
            }
            out.put_bool(s.wrapped);
            out.put_bool(s.direct);
        }
    }

    /// The terminal of a checkpoint; history is cut back to the length that it records.
    pub fn restore(bytes: &[u8], blocks: Box<dyn Blocks>) -> Result<Terminal, SnapshotError> {
        let mut head = Reader::new(bytes);
        let field = |name: &'static str| SnapshotError::Damaged(name);
        if head.u32() != Some(MAGIC) {
            return Err(field("magic number"));
        }
        let version = match head.u32() {
            Some(version @ OLDEST..=WITH_RULES) => version,
            Some(other) => return Err(SnapshotError::Version(other)),
            None => return Err(field("version")),
        };
        let len = head.u32().ok_or(field("length"))? as usize;
        let sum = head.u64().ok_or(field("checksum"))?;
        let body = head.take(len).ok_or(field("length"))?;
        if checksum(body) != sum {
            return Err(field("checksum"));
        }
        let mut r = Reader::new(body);
        let cols = r.u16().ok_or(field("columns"))?;
        let rows = r.u16().ok_or(field("rows"))?;
        let size = Size::new(cols, rows);
        if size != (Size { cols, rows }) {
            return Err(field("size"));
        }
        let mut t = Terminal::new(
            Config {
                size,
                history_limit: 0,
            },
            blocks,
        );
        t.read_tables(&mut r)
            .ok_or(field("styles, clusters, links"))?;
        t.grid = t.read_grid(&mut r).ok_or(field("shown screen"))?;
        t.other = t.read_grid(&mut r).ok_or(field("other screen"))?;
        t.read_state(&mut r).ok_or(field("cursor, modes"))?;
        t.read_rest(&mut r).ok_or(field("titles, palette"))?;
        t.parser = read_parser(&mut r).ok_or(field("parser"))?;
        t.notice = read_notice(&mut r).ok_or(field("notification"))?;
        t.change = r.u64().ok_or(field("change"))?;
        t.now = t.change.checked_add(1).ok_or(field("change"))?;
        t.epoch = r.u64().ok_or(field("epoch"))?;
        t.read_history(&mut r).ok_or(field("history"))?;
        if version == WITH_RULES {
            let rules = Rules::take(&mut r).ok_or(field("rules for text"))?;
            t.rules = Some(Arc::new(rules));
        }
        if !r.is_empty() || t.grid.height() != rows || ![0, rows].contains(&t.other.height()) {
            return Err(field("end"));
        }
        t.grid.touch_all(t.change);
        t.other.touch_all(t.change);
        t.refresh_plain();
        Ok(t)
    }

    fn read_tables(&mut self, r: &mut Reader<'_>) -> Option<()> {
        let limit = r.u32()? as usize;
        let n = r.count(16)?;
        let list: Vec<Style> = (0..n).map(|_| unpack(r.u128()?)).collect::<Option<_>>()?;
        if n > 0x1_0000 || list.first() != Some(&Style::default()) {
            return None;
        }
        self.styles = Styles::from_list(list, limit);
        let limit = r.u32()? as usize;
        let text = r.str()?;
        let n = r.count(4)?;
        let starts: Vec<u32> = (0..n).map(|_| r.u32()).collect::<Option<_>>()?;
        let ends_well =
            starts.first() == Some(&0) && starts.last().is_some_and(|e| *e as usize == text.len());
        let steps = |w: &[u32]| {
            w[0] < w[1]
                && (w[1] - w[0]) as usize <= CLUSTER_LEN
                && text.is_char_boundary(w[1] as usize)
        };
        if !ends_well || !starts.windows(2).all(steps) {
            return None;
        }
        self.clusters = Clusters::from_parts(text.to_string(), starts, limit);
        let limit = r.u32()? as usize;
        let n = r.count(8)?;
        let mut list = Vec::with_capacity(n);
        for _ in 0..n {
            let (id, uri) = (r.str()?, r.str()?);
            if id.len() > LINK_LEN * 4 || uri.len() > LINK_LEN * 4 {
                return None;
            }
            list.push(Link {
                id: id.into(),
                uri: uri.into(),
            });
        }
        self.links = Links::from_list(list, limit);
        Some(())
    }

    fn read_grid(&self, r: &mut Reader<'_>) -> Option<Grid> {
        let height = r.u16()?;
        let mut grid = Grid::new(height.min(Size::MAX));
        for y in 0..grid.height() {
            let flags = r.u8()?;
            let n = usize::from(r.u16()?);
            let bytes = r.take(n * 8)?;
            let row = grid.row_mut(y);
            row.flags = flags & 7;
            row.cells = bytes
                .chunks_exact(8)
                .map(|b| Cell(u64::from_le_bytes(b.try_into().unwrap_or_default())))
                .collect();
            if !self.sound(row) {
                return None;
            }
        }
        grid.saved = read_saved(r)?;
        let n = r.count(1)?;
        grid.kitty = r.take(n)?.iter().map(|b| b & 31).collect();
        Some(grid)
    }

    /// Whether every number in the row's cells means something and wide clusters have both halves.
    fn sound(&self, row: &Row) -> bool {
        let mut before = Cell::EMPTY;
        for c in row.cells.iter().chain([&Cell::EMPTY]) {
            let text = if c.is_cluster() {
                (c.text() as usize) < self.clusters.len() && !c.is_tail()
            } else {
                char::from_u32(c.text()).is_some()
            };
            let numbers = usize::from(c.style()) < self.styles.list.len()
                && usize::from(c.link()) <= self.links.list.len();
            if !text || !numbers || before.is_wide() != c.is_tail() || (c.is_wide() && c.is_tail())
            {
                return false;
            }
            before = *c;
        }
        row.cells.len() <= usize::from(self.size.cols)
    }

    fn read_state(&mut self, r: &mut Reader<'_>) -> Option<()> {
        self.alternate = r.bool()?;
        self.alternate_allowed = r.bool()?;
        self.wrap_pending = r.bool()?;
        self.extent = r.u8().filter(|n| *n <= 2)?;
        self.x = r.u16()?;
        self.y = r.u16()?;
        self.top = r.u16()?;
        self.bottom = r.u16()?;
        self.left = r.u16()?;
        self.right = r.u16()?;
        self.pen_link = r.u16()?;
        let inside = self.x < self.size.cols && self.y < self.size.rows;
        let region = self.top <= self.bottom && self.bottom < self.size.rows;
        let margins = self.left <= self.right && self.right < self.size.cols;
        if !inside || !region || !margins || usize::from(self.pen_link) > self.links.list.len() {
            return None;
        }
        self.shape = CursorShape::from_number(u16::from(r.u8()?))?;
        self.pen = unpack(r.u128()?)?;
        self.pen_stale = true;
        self.charsets = read_charsets(r)?;
        self.flags = r.u64().filter(|f| f & !flag::ALL == 0)?;
        for _ in 0..r.count(3)? {
            self.saved_modes.push((r.u16()?, r.bool()?));
        }
        use MouseTracking::*;
        self.mouse = *[Off, Button, Drag, Any].get(usize::from(r.u8()?))?;
        self.mouse_number = r.u16()?;
        self.modify_other_keys = r.u8().filter(|n| *n <= 2)?;
        self.protection = *[Protection::Dec, Protection::Iso].get(usize::from(r.u8()?))?;
        self.checksum = r.u16()?;
        self.level = r.u16()?;
        Some(())
    }

    fn read_rest(&mut self, r: &mut Reader<'_>) -> Option<()> {
        let n = r.count(8)?;
        let bits: Vec<u64> = (0..n).map(|_| r.u64()).collect::<Option<_>>()?;
        if n != usize::from(self.size.cols).div_ceil(64) {
            return None;
        }
        self.tabs = Tabs {
            bits,
            cols: self.size.cols,
        };
        self.title = r.str()?.to_string();
        let n = r.count(4)?;
        self.titles = (0..n)
            .map(|_| Some(r.str()?.to_string()))
            .collect::<Option<_>>()?;
        let n = r.count(16)?;
        self.pens = (0..n).map(|_| unpack(r.u128()?)).collect::<Option<_>>()?;
        self.palette = crate::palette::Palette::read(r)?;
        self.cell_pixels = (r.u16()?, r.u16()?);
        for n in &mut self.refused {
            *n = r.u32()?;
        }
        self.tail = Tail::from_byte(r.u8()?)?;
        self.tail_at = (r.u16()?, r.u16()?);
        self.last_char = r.u32().filter(|c| char::from_u32(*c).is_some())?;
        Some(())
    }

    fn read_history(&mut self, r: &mut Reader<'_>) -> Option<()> {
        let h = &mut self.history;
        h.first_line = r.u64()?;
        h.next_block = r.u64()?;
        h.at = r.u64()? as usize;
        h.released = r.u64()?;
        h.len = r.u32()?;
        h.limit = r.u32()?;
        h.scrolled = r.u32()?;
        h.rows = r.u32()?;
        h.open = r.bool()?;
        let n = r.count(24)?;
        let mut line = h.first_line;
        for _ in 0..n {
            let s = read_segment(r, self.size.cols)?;
            if s.line != line || s.block >= h.next_block || s.records == 0 {
                return None;
            }
            line = line.checked_add(u64::from(s.rows))?;
            h.segments.push_back(s);
        }
        h.named.set(h.oldest_block());
        let counts = line == h.first_line.checked_add(u64::from(h.len))? && h.scrolled <= h.len;
        let place = h.at <= crate::history::BLOCK_LEN && (!h.open || h.next_block > 0);
        (counts && place).then_some(())
    }
}

fn read_segment(r: &mut Reader<'_>, cols: u16) -> Option<Segment> {
    let s = Segment {
        block: r.u64()?,
        line: r.u64()?,
        first: r.u32()?,
        records: r.u32()?,
        rows: r.u32()?,
        cols: r.u16()?,
        skip: r.u16()?,
        cut: r.u16()?,
        carry: r.u16()?,
        longest: r.u16()?,
        wrapped: r.bool()?,
        direct: r.bool()?,
    };
    let sound = s.cols > 0
        && (!s.direct || s.rows == s.records)
        && (s.carry == FRESH || (s.carry <= cols && !s.direct));
    (sound && s.first.checked_add(s.records).is_some()).then_some(s)
}

fn write_grid(grid: &Grid, out: &mut Vec<u8>) {
    out.put_u16(grid.height());
    for y in 0..grid.height() {
        let row = grid.row(y);
        let cells = row.trimmed();
        out.put_u8(row.flags);
        out.put_u16(cells.len() as u16);
        let start = out.len();
        out.resize(start + cells.len() * 8, 0);
        for (to, cell) in out[start..].chunks_exact_mut(8).zip(cells) {
            to.copy_from_slice(&cell.0.to_le_bytes());
        }
    }
    let s = &grid.saved;
    out.put_u16(s.x);
    out.put_u16(s.y);
    out.put_bool(s.wrap_pending);
    out.put_u128(pack(&s.pen));
    write_charsets(&s.charsets, out);
    out.put_bool(s.origin);
    out.put_bytes(&grid.kitty);
}

fn read_saved(r: &mut Reader<'_>) -> Option<SavedCursor> {
    Some(SavedCursor {
        x: r.u16()?,
        y: r.u16()?,
        wrap_pending: r.bool()?,
        pen: unpack(r.u128()?)?,
        charsets: read_charsets(r)?,
        origin: r.bool()?,
    })
}

fn write_charsets(c: &Charsets, out: &mut Vec<u8>) {
    c.g.iter().for_each(|g| out.put_u8(*g as u8));
    out.put_u8(c.gl);
    out.put_u8(c.single);
}

fn read_charsets(r: &mut Reader<'_>) -> Option<Charsets> {
    let mut c = Charsets::default();
    for g in &mut c.g {
        *g = Charsets::from_byte(r.u8()?)?;
    }
    c.gl = r.u8().filter(|n| *n < 4)?;
    c.single = r.u8().filter(|n| *n < 4)?;
    Some(c)
}

fn write_parser(p: &Parser, out: &mut Vec<u8>) {
    out.put_u8(p.state as u8);
    out.put_u8(p.params.len);
    out.put_bool(p.params.full);
    out.put_u32(p.params.sub);
    for v in &p.params.values[..p.params.len()] {
        out.put_u16(*v);
    }
    out.put_u8(p.prefix);
    out.put_u16(p.inter);
    out.put_u8(p.last);
    out.put_u8(p.kind as u8);
    out.put_bool(p.over);
    out.put_bytes(&p.text);
    out.put_u8(p.partial_len);
    out.put(&p.partial);
}

fn read_parser(r: &mut Reader<'_>) -> Option<Parser> {
    use State::*;
    const STATES: [State; 9] = [
        Ground,
        Escape,
        EscapeIntermediate,
        Csi,
        CsiIgnore,
        Dcs,
        DcsIgnore,
        Text,
        TextEscape,
    ];
    let mut p = Parser {
        state: *STATES.get(usize::from(r.u8()?))?,
        ..Parser::default()
    };
    let mut params = Params {
        len: r.u8().filter(|n| usize::from(*n) <= MAX)?,
        ..Params::default()
    };
    params.full = r.bool()?;
    params.sub = r.u32()?;
    for i in 0..params.len() {
        params.values[i] = r.u16()?;
    }
    p.params = params;
    p.prefix = r.u8()?;
    p.inter = r.u16()?;
    p.last = r.u8()?;
    p.kind = *[Kind::Ignored, Kind::Osc, Kind::Dcs, Kind::Name].get(usize::from(r.u8()?))?;
    p.over = r.bool()?;
    p.text = r.bytes()?.to_vec();
    p.partial_len = r.u8().filter(|n| *n < 4)?;
    p.partial.copy_from_slice(r.take(4)?);
    Some(p)
}

fn read_notice(r: &mut Reader<'_>) -> Option<(String, String, String)> {
    Some((
        r.str()?.to_string(),
        r.str()?.to_string(),
        r.str()?.to_string(),
    ))
}

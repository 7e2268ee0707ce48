//! Composes a client's picture from panes, borders and status lines, redrawing only rows that changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_term::screen::{ScreenCursor, ScreenModes};
use outlast_term::{MouseTracking, Screen, ScreenCell, ScreenRow, Size, Style};

use super::borders::{self, Lines, PaneStatus, Rect, Shape};
use super::formats::{self, Formats};
use super::layout::{self, Span};
use super::view::{self, View};
use super::{status, text};
use crate::Core;
use crate::model::ids::{ClientId, PaneId};

/// More hyperlinks than this in one client's table: it is begun again, and all rows are drawn again.
const MAX_LINKS: usize = 4096;

/// What is known of the picture that a client has.
pub(crate) struct Cache {
    formats: Formats,
    /// What the borders were drawn from.
    frame: Option<Frame>,
    /// Border cells of each row of the window that is shown: column on the screen and cell.
    borders: Vec<Vec<(u16, ScreenCell)>>,
    /// Title rows over borders (pane-border-status).
    titles: Vec<Title>,
    /// For each screen row what it was drawn from; empty when it must be drawn.
    keys: Vec<Vec<Part>>,
    /// The same of the picture being drawn; kept for its memory.
    next: Vec<Vec<Part>>,
    links: Vec<Arc<str>>,
    overlay: Option<Arc<ScreenRow>>,
    /// Monotonic ms at which the formats are expanded again.
    pub(super) status_due: u64,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            formats: Formats::default(),
            frame: None,
            borders: Vec::new(),
            titles: Vec::new(),
            keys: Vec::new(),
            next: Vec::new(),
            links: Vec::new(),
            overlay: None,
            status_due: u64::MAX,
        }
    }
}

impl Cache {
    /// What clicks on a status line mean.
    pub(super) fn spans(&self, row: u16) -> &[Span] {
        self.formats.status.get(usize::from(row)).map_or(&[], |line| &line.spans)
    }
}

/// What a row shows of one pane: the pane, its line, the change number of the line. It does not say where the row is,
/// so a row that has scrolled is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    pane: PaneId,
    /// Renumberings so far (`Terminal::line_epoch`); u64::MAX for a mode's picture.
    epoch: u64,
    line: u64,
    change: u64,
}

/// Everything but the panes' contents that rows are drawn from.
#[derive(Clone, Debug, PartialEq)]
struct Frame {
    view: View,
    panes: Vec<(PaneId, Rect)>,
    marked: Option<PaneId>,
    /// Options that rows are drawn with may have changed (`State::serial`).
    serial: u64,
    shape: Shape,
    looks: BTreeMap<PaneId, formats::PaneLook>,
    outside: Style,
    fill: Option<char>,
    lines: i64,
    indicators: i64,
}

/// A pane's title on its border.
struct Title {
    /// Row of the window.
    y: u16,
    /// Column of the window.
    x: u16,
    row: ScreenRow,
}

/// The picture of a client now; None when it is the one that it has.
pub(super) fn compose(
    core: &Core,
    client: ClientId,
    cache: &mut Cache,
    held: &mut BTreeMap<PaneId, u64>,
    serial: u64,
) -> Option<Screen> {
    let view = view::view(core, client)?;
    let before = core.model.clients.get(&client)?.screen.clone();
    let now = core.now.ms;
    let fingerprint = formats::fingerprint(core, client, &view, serial);
    if fingerprint != cache.formats.fingerprint || cache.status_due <= now || cache.frame.is_none() {
        let old = std::mem::take(&mut cache.formats);
        cache.formats = formats::expand(core, client, &view, old);
        cache.formats.fingerprint = fingerprint;
        let shown = view.status != 0 && cache.formats.interval_ms != 0;
        cache.status_due = if shown { now + cache.formats.interval_ms } else { u64::MAX };
        let frame = frame(core, &view, &cache.formats, serial);
        if cache.frame.as_ref() != Some(&frame) {
            cache.borders = border_rows(&frame);
            cache.titles = titles(&frame);
            cache.frame = Some(frame);
            cache.keys.clear();
        }
    }
    if cache.links.len() > MAX_LINKS {
        cache.links.clear();
        cache.keys.clear();
    }
    let before = before.filter(|screen| screen.size == Size { cols: view.cols, rows: view.rows });
    if before.is_none() || cache.keys.len() != usize::from(view.rows) {
        cache.keys = vec![Vec::new(); usize::from(view.rows)];
    }
    let overlay = status_overlay(core, client, &view, cache);
    let frame = cache.frame.as_ref()?;
    let mut window = Window { core, frame, looks: &cache.formats.panes, held: Vec::new() };
    window.hold(held, now, before.is_some());
    let mut rows = Vec::with_capacity(usize::from(view.rows));
    let (top, end) = (view.window_top(), view.window_top() + view.window_rows());
    let mut prompt = None;
    cache.next.resize_with(usize::from(view.rows), Vec::new);
    // How far rows have moved since the last picture, once one has been found again.
    let mut moved: Option<i32> = None;
    for y in 0..view.rows {
        let old = before.as_ref().map(|screen| &screen.rows[usize::from(y)]);
        let parts = &mut cache.next[usize::from(y)];
        parts.clear();
        if y < top || y >= end {
            let n = y - view.status_row();
            let mut row = cache.formats.status.get(usize::from(n)).map(|line| line.row.clone());
            if let Some((at, over, cursor)) = &overlay {
                if *at == n {
                    row = Some(over.clone());
                    prompt = *cursor;
                }
            }
            let row = row.unwrap_or_else(|| Arc::new(text::blank(view.cols, Style::default())));
            rows.push(share(old, row));
            continue;
        }
        let wy = y - top + view.oy;
        let key = &cache.keys[usize::from(y)];
        window.parts(wy, key, parts);
        if let Some(old) = old.filter(|_| !key.is_empty() && key == parts) {
            rows.push(old.clone());
            continue;
        }
        let borders = cache.borders.get(usize::from(y - top)).map_or(&[][..], |row| row);
        if let (Some(before), [_], true) = (&before, parts.as_slice(), borders.is_empty()) {
            let known = |from: usize| {
                from >= usize::from(top)
                    && cache.borders.get(from - usize::from(top)).is_some_and(Vec::is_empty)
                    && cache.keys.get(from) == Some(&*parts)
            };
            let from = match moved {
                Some(by) => usize::try_from(i32::from(y) + by).ok().filter(|from| known(*from)),
                None => (0..cache.keys.len()).find(|from| known(*from)),
            };
            if let Some(from) = from {
                moved = Some(from as i32 - i32::from(y));
                rows.push(before.rows[from].clone());
                continue;
            }
        }
        let row = window.row(wy, borders, &cache.titles, old.map(|row| &**row), &mut cache.links);
        rows.push(share(old, Arc::new(row)));
    }
    std::mem::swap(&mut cache.keys, &mut cache.next);
    let still = window.held.contains(&view.active);
    let state = core.model.clients.get(&client)?;
    let modes = modes(core, &view, &cache.formats, state.state.prompt.is_some());
    let cursor = match (prompt, &before) {
        (Some(at), _) => Some(ScreenCursor {
            x: at.x,
            y: view.status_row() + at.row,
            shape: at.shape,
            colour: at.colour,
        }),
        (None, Some(before)) if still => before.cursor,
        // A message takes the cursor away, as in tmux.
        _ if state.state.message.is_some() => None,
        _ => cursor(core, &view),
    };
    let screen = Screen {
        size: Size { cols: view.cols, rows: view.rows },
        rows,
        cursor,
        modes,
        title: cache.formats.title.clone(),
        bells: state.state.bells,
        clipboard: (state.state.clipboard_serial, state.clipboard.clone()),
        links: cache.links.clone(),
    };
    match &before {
        Some(before) if super::same(before, &screen) => None,
        _ => Some(screen),
    }
}

/// The old row if it shows the same.
fn share(old: Option<&Arc<ScreenRow>>, new: Arc<ScreenRow>) -> Arc<ScreenRow> {
    match old {
        Some(old) if Arc::ptr_eq(old, &new) || **old == *new => old.clone(),
        _ => new,
    }
}

type Overlay = (u16, Arc<ScreenRow>, Option<status::PromptCursor>);

fn status_overlay(core: &Core, client: ClientId, view: &View, cache: &mut Cache) -> Option<Overlay> {
    let row = status::message_row(core, view);
    let under = cache.formats.status.get(usize::from(row)).map(|line| line.row.clone());
    let Some((at, row, cursor)) = status::overlay(core, client, view, under.as_deref()) else {
        cache.overlay = None;
        return None;
    };
    let row = share(cache.overlay.as_ref(), Arc::new(row));
    cache.overlay = Some(row.clone());
    Some((at, row, cursor))
}

fn rect(core: &Core, pane: PaneId) -> Option<Rect> {
    let state = &core.model.panes.get(&pane)?.state;
    Some(Rect { x: state.x, y: state.y, cols: state.cols, rows: state.rows })
}

fn frame(core: &Core, view: &View, formats: &Formats, serial: u64) -> Frame {
    let panes: Vec<(PaneId, Rect)> = view::visible_panes(core, view.window)
        .into_iter()
        .filter_map(|id| Some((id, rect(core, id)?)))
        .collect();
    let window = core.model.windows.get(&view.window);
    let zoomed = window.is_some_and(|window| window.zoomed.is_some());
    let two = window.filter(|_| !zoomed).and_then(|window| borders::two_panes(&window.layout));
    let (cols, rows) = window.map_or((0, 0), |window| (window.cols, window.rows));
    Frame {
        view: view.clone(),
        marked: core.model.global.marked,
        serial,
        shape: Shape {
            cols,
            rows,
            panes: panes.iter().map(|(_, rect)| *rect).collect(),
            status: PaneStatus::of(formats.pane_status),
            colour: matches!(formats.indicators, 1 | 3),
            two,
        },
        panes,
        looks: formats.panes.clone(),
        outside: formats.outside,
        fill: formats.fill,
        lines: formats.lines,
        indicators: formats.indicators,
    }
}

fn glyph(c: char, style: Style) -> ScreenCell {
    ScreenCell { text: u32::from(c), style, width: 1, link: 0 }
}

impl Frame {
    fn active(&self) -> Option<usize> {
        self.panes.iter().position(|(id, _)| *id == self.view.active)
    }

    /// The border cell at a place of the window; None inside a pane.
    fn border(&self, x: u16, y: u16) -> Option<ScreenCell> {
        if self.shape.pane_at(x, y).is_some() && x < self.shape.cols && y < self.shape.rows {
            return None;
        }
        let outside = || Some(glyph(self.fill.unwrap_or(borders::OUTSIDE), self.outside));
        if x > self.shape.cols || y > self.shape.rows {
            return outside();
        }
        let Some(neighbours) = self.shape.neighbours(x, y) else { return outside() };
        let lines = Lines::of(self.lines);
        let edge = x == self.shape.cols || y == self.shape.rows;
        let owner = if edge { None } else { self.shape.owner(x, y) };
        let mut style = self.outside;
        if let Some(owner) = owner {
            let (id, _) = self.panes[owner];
            let active = self.active().is_some_and(|n| self.shape.side(&self.shape.panes[n], x, y).is_some());
            if let Some(look) = self.looks.get(&id) {
                style = if active { look.active_border } else { look.border };
            }
            let marked = self.panes.iter().find(|(id, _)| Some(*id) == self.marked);
            if marked.is_some_and(|(_, rect)| self.shape.side(rect, x, y).is_some()) {
                style.attrs = outlast_term::Attrs(style.attrs.0 ^ outlast_term::Attrs::REVERSE.0);
            }
        }
        let mut c = lines.glyph(neighbours, owner);
        if c == borders::OUTSIDE {
            c = self.fill.unwrap_or(c);
        }
        if let (Some(owner), Some(active), 2 | 3) = (owner, self.active(), self.indicators) {
            let rect = self.shape.panes[owner];
            c = borders::arrow(&self.shape, &rect, active, x, y, neighbours).unwrap_or(c);
        }
        Some(glyph(c, style))
    }
}

/// Border cells of the window rows that are shown, by screen column.
fn border_rows(frame: &Frame) -> Vec<Vec<(u16, ScreenCell)>> {
    let view = &frame.view;
    (0..view.window_rows())
        .map(|y| {
            (0..view.cols)
                .filter_map(|x| Some((x, frame.border(x + view.ox, y + view.oy)?)))
                .collect()
        })
        .collect()
}

/// The panes' titles on their borders (pane-border-status).
fn titles(frame: &Frame) -> Vec<Title> {
    let mut out = Vec::new();
    if frame.shape.status == PaneStatus::Off {
        return out;
    }
    for (id, rect) in &frame.panes {
        let Some(look) = frame.looks.get(id) else { continue };
        let room = frame.shape.cols.saturating_sub(rect.x + 2);
        let width = if rect.cols < 4 { 0 } else { (rect.cols - 2).min(room) };
        let y = match frame.shape.status {
            PaneStatus::Top => match rect.y.checked_sub(1) {
                Some(y) => y,
                None => continue,
            },
            _ => rect.y + rect.rows,
        };
        if width == 0 {
            continue;
        }
        let style = if *id == frame.view.active { look.active_border } else { look.border };
        let mut row = text::blank(width, style);
        for n in 0..width {
            if let Some(cell) = frame.border(rect.x + 2 + n, y) {
                row.cells[usize::from(n)] = ScreenCell { style, ..cell };
            }
        }
        layout::draw(&look.title, style, &mut row, 0, width, &mut Vec::new());
        out.push(Title { y, x: rect.x + 2, row });
    }
    out
}

/// The window's rows.
struct Window<'a> {
    core: &'a Core,
    frame: &'a Frame,
    looks: &'a BTreeMap<PaneId, formats::PaneLook>,
    /// Panes inside ?2026: their last settled rows are shown.
    held: Vec<PaneId>,
}

impl Window<'_> {
    /// Finds the panes to hold: those whose synchronized update is open, but not for too long.
    fn hold(&mut self, held: &mut BTreeMap<PaneId, u64>, now: u64, settled: bool) {
        for (id, _) in &self.frame.panes {
            let Some(pane) = self.core.model.panes.get(id) else { continue };
            if pane.state.mode.is_none() && pane.terminal.modes().synchronized {
                let since = *held.entry(*id).or_insert(now);
                if since.saturating_add(super::SYNC_MS) > now && settled {
                    self.held.push(*id);
                }
            }
        }
    }

    /// What window row `y` shows of panes, `old` being what it showed.
    fn parts(&self, y: u16, old: &[Part], out: &mut Vec<Part>) {
        for (id, rect) in &self.frame.panes {
            if y < rect.y || y >= rect.y + rect.rows {
                continue;
            }
            let Some(pane) = self.core.model.panes.get(id) else { continue };
            let row = y - rect.y;
            let part = match &pane.state.mode {
                Some(mode) => Part { pane: *id, epoch: u64::MAX, line: u64::from(row), change: mode.change() },
                None => {
                    if let Some(old) = old.iter().find(|part| part.pane == *id && self.held.contains(id)) {
                        out.push(*old);
                        continue;
                    }
                    let terminal = &pane.terminal;
                    let line = terminal.first_line() + u64::from(terminal.history_len()) + u64::from(row);
                    Part { pane: *id, epoch: terminal.line_epoch(), line, change: terminal.line_change(line) }
                }
            };
            out.push(part);
        }
        if out.is_empty() {
            // A row of borders only: drawn once, then known by this.
            out.push(Part { pane: PaneId(u32::MAX), epoch: 0, line: u64::from(y), change: 0 });
        }
    }

    /// Draws window row `y`.
    fn row(
        &self,
        y: u16,
        borders: &[(u16, ScreenCell)],
        titles: &[Title],
        old: Option<&ScreenRow>,
        links: &mut Vec<Arc<str>>,
    ) -> ScreenRow {
        let view = &self.frame.view;
        let mut out = text::blank(view.cols, Style::default());
        for (x, cell) in borders {
            out.cells[usize::from(*x)] = *cell;
        }
        for (id, rect) in &self.frame.panes {
            let right = (rect.x + rect.cols).min(view.ox + view.cols);
            let left = rect.x.max(view.ox);
            if y < rect.y || y >= rect.y + rect.rows || left >= right {
                continue;
            }
            let Some(pane) = self.core.model.panes.get(id) else { continue };
            let (at, width, from) = (left - view.ox, right - left, left - rect.x);
            let row = y - rect.y;
            if let (Some(old), true) = (old, self.held.contains(id)) {
                text::copy(old, at, width, &mut out, at);
                continue;
            }
            match &pane.state.mode {
                Some(mode) => {
                    let whole = crate::mode::copy::draw_row(self.core, *id, mode, row, links);
                    text::copy(&whole, from, width, &mut out, at);
                }
                None => {
                    let terminal = &pane.terminal;
                    let line = terminal.first_line() + u64::from(terminal.history_len()) + u64::from(row);
                    if row < terminal.size().rows {
                        terminal.draw_line(line, from, width, &mut out, at, links);
                    }
                }
            }
            if let Some(look) = self.looks.get(id) {
                text::apply_base(&mut out.cells[usize::from(at)..usize::from(at + width)], look.base);
            }
        }
        for title in titles.iter().filter(|title| title.y == y) {
            let from = view.ox.saturating_sub(title.x);
            let at = title.x.saturating_sub(view.ox);
            let width = (title.row.cells.len() as u16).saturating_sub(from).min(view.cols.saturating_sub(at));
            text::copy(&title.row, from, width, &mut out, at);
        }
        out
    }
}

/// The active pane's cursor on the screen.
fn cursor(core: &Core, view: &View) -> Option<ScreenCursor> {
    let (x, y) = view::cursor_in_window(core, view.active)?;
    let pane = core.model.panes.get(&view.active)?;
    let x = x.checked_sub(view.ox)?;
    let y = y.checked_sub(view.oy)?;
    if x >= view.cols || y >= view.window_rows() || x > view.sx || y > view.sy {
        return None;
    }
    let look = pane.terminal.cursor();
    Some(ScreenCursor { x, y: y + view.window_top(), shape: look.shape, colour: look.colour })
}

/// Modes of the outer terminal: as the active pane's program wants them, but the mouse is ours when `mouse` is on.
fn modes(core: &Core, view: &View, formats: &Formats, prompt: bool) -> ScreenModes {
    let active = core.model.panes.get(&view.active);
    let in_mode = active.is_some_and(|pane| pane.state.mode.is_some());
    let own = active.filter(|_| !in_mode && !prompt).map(|pane| pane.terminal.modes()).unwrap_or_default();
    let mut mouse = own.mouse;
    if formats.mouse {
        let panes = view::visible_panes(core, view.window);
        let any = panes
            .iter()
            .filter_map(|id| core.model.panes.get(id))
            .any(|pane| pane.state.mode.is_none() && pane.terminal.modes().mouse == MouseTracking::Any);
        mouse = if any || formats.follow { MouseTracking::Any } else { MouseTracking::Drag };
    }
    ScreenModes {
        mouse,
        bracketed_paste: own.bracketed_paste,
        focus: formats.focus,
        app_cursor: false,
        app_keypad: false,
    }
}

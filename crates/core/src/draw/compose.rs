//! Composes a client's picture from panes, borders and status lines, redrawing only rows that changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_lang::style::Range;
use outlast_term::screen::{ScreenCursor, ScreenModes};
use outlast_term::{MouseTracking, Screen, ScreenCell, ScreenRow, Size, Style};

use super::formats::{self, Formats};
use super::frame::{Frame, Title, border_rows, frame, titles};
use super::layout::Span;
use super::pace::Extent;
use super::view::{self, View};
use super::window::{Part, Window};
use super::{status, text};
use crate::Core;
use crate::model::ids::{ClientId, PaneId};
use crate::overlay::{self, Layer};

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
    /// The rows without what lies over the whole screen; None when nothing does.
    under: Option<Vec<Arc<ScreenRow>>>,
    /// What lay over it, for as long as a popup's program is inside ?2026.
    over: Option<Layer>,
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
            under: None,
            over: None,
            status_due: u64::MAX,
        }
    }
}

impl Cache {
    /// The status lines.
    pub(super) fn status_rows(&self) -> Vec<ScreenRow> {
        let lines = self.formats.status.iter();
        lines.map(|line| (*line.row).clone()).collect()
    }

    /// The button (`range=control`) on a pane's border at a place of the window.
    pub(super) fn control(&self, x: u16, y: u16) -> Option<(PaneId, u8)> {
        let title = self.titles.iter().rfind(|title| {
            let cols = title.row.cells.len() as u16;
            title.y == y && title.x <= x && x < title.x + cols
        })?;
        let x = x - title.x;
        let span = title
            .spans
            .iter()
            .find(|span| span.start <= x && x < span.end)?;
        match span.range {
            Range::Control(number) => Some((title.pane, number)),
            _ => None,
        }
    }

    /// What clicks on a status line mean.
    pub(super) fn spans(&self, row: u16) -> &[Span] {
        self.formats
            .status
            .get(usize::from(row))
            .map_or(&[], |line| &line.spans)
    }
}

/// The picture of a client now, all of it or what one pane shows of it; None when it is the one that it has.
pub(super) fn compose(
    core: &Core,
    client: ClientId,
    extent: Extent,
    cache: &mut Cache,
    held: &mut BTreeMap<PaneId, u64>,
    serial: u64,
) -> Option<Screen> {
    let view = view::view(core, client)?;
    let before = core.model.clients.get(&client)?.screen.clone();
    let now = core.now.ms;
    let fingerprint = formats::fingerprint(core, client, &view, serial);
    if fingerprint != cache.formats.fingerprint || cache.status_due <= now || cache.frame.is_none()
    {
        let old = std::mem::take(&mut cache.formats);
        cache.formats = formats::expand(core, client, &view, old);
        cache.formats.fingerprint = fingerprint;
        let shown = view.status != 0 && cache.formats.interval_ms != 0;
        cache.status_due = if shown {
            now + cache.formats.interval_ms
        } else {
            u64::MAX
        };
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
        cache.over = None;
    }
    let before = before.filter(|screen| {
        screen.size
            == Size {
                cols: view.cols,
                rows: view.rows,
            }
    });
    if before.is_none() || cache.keys.len() != usize::from(view.rows) {
        cache.keys = vec![Vec::new(); usize::from(view.rows)];
    }
    let overlay = status_overlay(core, client, &view, cache);
    // What the rows were drawn from is compared with what they were without a menu or popup over them.
    let under = cache.under.take();
    let base = match (&before, &under) {
        (Some(_), Some(under)) => Some(under.as_slice()),
        (Some(before), None) => Some(before.rows.as_slice()),
        (None, _) => None,
    };
    let frame = cache.frame.as_ref()?;
    let mut window = Window {
        core,
        frame,
        looks: &cache.formats.panes,
        sliders: BTreeMap::new(),
        held: Vec::new(),
    };
    window.slide();
    window.hold(held, now, before.is_some());
    let mut rows = Vec::with_capacity(usize::from(view.rows));
    let (top, end) = (view.window_top(), view.window_top() + view.window_rows());
    if let Extent::Only(pane) = extent {
        // Only what is drawn can stay as it was.
        let rows = cache.keys.get(usize::from(top)..usize::from(end));
        if rows.is_some_and(|rows| rows.iter().all(|key| !key.is_empty())) {
            window.hold_all_but(pane);
        }
    }
    let mut prompt = None;
    cache.next.resize_with(usize::from(view.rows), Vec::new);
    // How far rows have moved since the last picture, once one has been found again.
    let mut moved: Option<i32> = None;
    for y in 0..view.rows {
        let old = base.and_then(|rows| rows.get(usize::from(y)));
        let parts = &mut cache.next[usize::from(y)];
        parts.clear();
        if y < top || y >= end {
            let n = y - view.status_row();
            let mut row = cache
                .formats
                .status
                .get(usize::from(n))
                .map(|line| line.row.clone());
            if let Some((at, over, cursor)) = &overlay
                && *at == n
            {
                row = Some(over.clone());
                prompt = *cursor;
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
        let borders = cache
            .borders
            .get(usize::from(y - top))
            .map_or(&[][..], |row| row);
        if let (Some(base), [_], true) = (base, parts.as_slice(), borders.is_empty()) {
            let known = |from: usize| {
                from >= usize::from(top)
                    && cache
                        .borders
                        .get(from - usize::from(top))
                        .is_some_and(Vec::is_empty)
                    && cache.keys.get(from) == Some(&*parts)
            };
            let from = match moved {
                Some(by) => usize::try_from(i32::from(y) + by)
                    .ok()
                    .filter(|from| known(*from)),
                None => (0..cache.keys.len()).find(|from| known(*from)),
            };
            if let Some(from) = from {
                moved = Some(from as i32 - i32::from(y));
                rows.push(base[from].clone());
                continue;
            }
        }
        let row = window.row(
            wy,
            borders,
            &cache.titles,
            old.map(|row| &**row),
            &mut cache.links,
        );
        rows.push(share(old, Arc::new(row)));
    }
    std::mem::swap(&mut cache.keys, &mut cache.next);
    let still = window.held.contains(&view.active);
    let layer = match cache.over.take().filter(|_| before.is_some()) {
        Some(over) if overlay_held(core, client, held, now) => Some(over),
        _ => overlay::layer(core, client, &view, &mut cache.links),
    };
    if let Some(layer) = &layer {
        cache.under = Some(rows.clone());
        put_over(&mut rows, layer, before.as_deref());
    }
    let state = core.model.clients.get(&client)?;
    let modes = modes(
        core,
        &view,
        &cache.formats,
        state.state.prompt.is_some(),
        layer.as_ref().map(|layer| layer.mouse),
    );
    let cursor = match (prompt, &before) {
        // It has the keys, over a prompt as well.
        _ if layer.is_some() => layer.as_ref().and_then(|layer| layer.cursor),
        (Some(at), _) => Some(ScreenCursor {
            x: at.x,
            y: view.status_row() + at.row,
            shape: at.shape,
            colour: at.colour,
        }),
        (None, Some(before)) if still => before.cursor,
        // A message takes the cursor away, as in tmux.
        _ if state.state.message.is_some() => None,
        _ => cursor(core, &view, frame),
    };
    cache.over = layer;
    let screen = Screen {
        size: Size {
            cols: view.cols,
            rows: view.rows,
        },
        rows,
        cursor,
        modes,
        title: cache.formats.title.clone(),
        bells: state.state.bells,
        clipboard: (state.state.clipboard_serial, state.clipboard.clone()),
        notices: state.state.notices.on_screen(),
        links: cache.links.clone(),
    };
    match &before {
        Some(before) if super::same(before, &screen) => None,
        _ => Some(screen),
    }
}

/// Whether a popup's program is inside ?2026, and not for too long: what was shown of it last is shown.
fn overlay_held(core: &Core, client: ClientId, held: &mut BTreeMap<PaneId, u64>, now: u64) -> bool {
    let Some(id) = overlay::popup::pane_of(core, client) else {
        return false;
    };
    let pane = core.model.panes.get(&id);
    if !pane.is_some_and(|pane| pane.terminal.modes().synchronized) {
        return false;
    }
    let since = *held.entry(id).or_insert(now);
    since.saturating_add(super::SYNC_MS) > now
}

/// Puts the pieces of a layer over rows; a row that is as it was shown keeps its address.
fn put_over(rows: &mut [Arc<ScreenRow>], layer: &Layer, before: Option<&Screen>) {
    let mut touched = BTreeMap::new();
    for piece in &layer.pieces {
        let Some(under) = rows.get(usize::from(piece.y)) else {
            continue;
        };
        let row = touched
            .entry(piece.y)
            .or_insert_with(|| ScreenRow::clone(under));
        let room = (row.cells.len() as u16).saturating_sub(piece.x);
        let width = (piece.row.cells.len() as u16).min(room);
        text::copy(&piece.row, 0, width, row, piece.x);
    }
    for (y, row) in touched {
        let y = usize::from(y);
        rows[y] = share(before.and_then(|screen| screen.rows.get(y)), Arc::new(row));
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

fn status_overlay(
    core: &Core,
    client: ClientId,
    view: &View,
    cache: &mut Cache,
) -> Option<Overlay> {
    let state = &core.model.clients.get(&client)?.state;
    if state.message.is_none() && state.prompt.is_none() {
        cache.overlay = None;
        return None;
    }
    let row = status::message_row(core, view);
    let under = cache
        .formats
        .status
        .get(usize::from(row))
        .map(|line| line.row.clone());
    let Some((at, row, cursor)) = status::overlay(core, client, view, under.as_deref()) else {
        cache.overlay = None;
        return None;
    };
    let row = share(cache.overlay.as_ref(), Arc::new(row));
    cache.overlay = Some(row.clone());
    Some((at, row, cursor))
}

/// The active pane's cursor on the screen.
fn cursor(core: &Core, view: &View, frame: &Frame) -> Option<ScreenCursor> {
    let (x, y) = view::cursor_in_window(core, view.active)?;
    if frame.covered(x, y, view.active) {
        return None;
    }
    let pane = core.model.panes.get(&view.active)?;
    let x = x.checked_sub(view.ox)?;
    let y = y.checked_sub(view.oy)?;
    if x >= view.cols || y >= view.window_rows() || x > view.sx || y > view.sy {
        return None;
    }
    let look = pane.terminal.cursor();
    Some(ScreenCursor {
        x,
        y: y + view.window_top(),
        shape: look.shape,
        colour: look.colour,
    })
}

/// Modes of the outer terminal: as the active pane's program wants them, but the mouse is ours when `mouse` is on.
/// `over`: what of the mouse a menu or popup wants to hear.
fn modes(
    core: &Core,
    view: &View,
    formats: &Formats,
    prompt: bool,
    over: Option<MouseTracking>,
) -> ScreenModes {
    let active = core.model.panes.get(&view.active);
    let in_mode = active.is_some_and(|pane| pane.state.in_mode());
    let own = active
        .filter(|_| !in_mode && !prompt)
        .map(|pane| pane.terminal.modes())
        .unwrap_or_default();
    let mut mouse = over.unwrap_or(own.mouse);
    if let (true, Some(over)) = (formats.mouse, over) {
        let least = if formats.follow {
            MouseTracking::Any
        } else {
            MouseTracking::Drag
        };
        mouse = over.max(least);
    } else if formats.mouse {
        let panes = view::visible_panes(core, view.window);
        let any = panes
            .iter()
            .filter_map(|id| core.model.panes.get(id))
            .any(|pane| !pane.state.in_mode() && pane.terminal.modes().mouse == MouseTracking::Any);
        mouse = if any || formats.follow {
            MouseTracking::Any
        } else {
            MouseTracking::Drag
        };
    }
    ScreenModes {
        mouse,
        // Always, as tmux has them: a paste is known as one whatever the pane's program asked for, and cursor and keypad
        // keys come in the form that says which they are.
        bracketed_paste: true,
        focus: formats.focus,
        app_cursor: true,
        app_keypad: true,
    }
}

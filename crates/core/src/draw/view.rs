//! Where things lie on a client's screen: status lines, the part of the window that is shown.

use outlast_lang::options::Value;
use outlast_lang::style::{self, StyleSpec};
use outlast_term::Style;

use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::options::Chain;

/// What a client shows and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// Session.
    pub session: SessionId,
    /// Current window.
    pub window: WindowId,
    /// The pane that has the keyboard.
    pub active: PaneId,
    /// Columns of the screen.
    pub cols: u16,
    /// Rows of the screen.
    pub rows: u16,
    /// Status lines that the session asks for.
    pub status: u16,
    /// Rows taken by them, or by a message or prompt where there are none.
    pub status_rows: u16,
    /// The status lines are at the top.
    pub status_top: bool,
    /// First column of the window that is shown.
    pub ox: u16,
    /// First row of the window that is shown.
    pub oy: u16,
    /// Columns of the window that are shown.
    pub sx: u16,
    /// Rows of the window that are shown.
    pub sy: u16,
    /// The window does not fit.
    pub bigger: bool,
}

impl View {
    /// First screen row of the window.
    pub(crate) fn window_top(&self) -> u16 {
        if self.status_top { self.status_rows } else { 0 }
    }
    /// Screen rows for the window.
    pub(crate) fn window_rows(&self) -> u16 {
        self.rows - self.status_rows
    }
    /// First screen row of the status lines.
    pub(crate) fn status_row(&self) -> u16 {
        if self.status_top {
            0
        } else {
            self.rows - self.status_rows
        }
    }
}

/// The view of an attached client; None for one that shows nothing.
pub(crate) fn view(core: &Core, client: ClientId) -> Option<View> {
    let state = &core.model.clients.get(&client)?.state;
    let session = core.model.sessions.get(&state.session?)?;
    let (window_id, _) = session.windows.get(&session.current)?;
    let window = core.model.windows.get(window_id)?;
    let (cols, rows) = (state.cols, state.rows);
    if !state.attached || cols == 0 || rows == 0 {
        return None;
    }
    let chain = core.session_chain(state.session);
    let status = chain.number("status").clamp(0, 5) as u16;
    let over = state.message.is_some() || state.prompt.is_some();
    let status_rows = status.max(u16::from(over)).min(rows);
    let room = rows.saturating_sub(status);
    let mut view = View {
        session: session.id,
        window: *window_id,
        active: active_pane(core, client, *window_id).unwrap_or(window.active),
        cols,
        rows,
        status,
        status_rows,
        status_top: status_rows != 0 && chain.number("status-position") == 0,
        ox: 0,
        oy: 0,
        sx: window.cols,
        sy: window.rows,
        bigger: false,
    };
    if cols >= window.cols && room >= window.rows {
        return Some(view);
    }
    view.bigger = true;
    view.sx = cols;
    view.sy = room;
    if let Some((x, y)) = state.pan {
        view.ox = x.min(window.cols.saturating_sub(cols));
        view.oy = y.min(window.rows.saturating_sub(room));
    } else if let Some((x, y)) = cursor_in_window(core, view.active) {
        let (right, below) = (
            window.cols.saturating_sub(cols),
            window.rows.saturating_sub(room),
        );
        view.ox = if x < cols {
            0
        } else if x > right {
            right
        } else {
            x.saturating_sub(cols / 2)
        };
        view.oy = if y < room {
            0
        } else if y > below {
            below
        } else {
            y.saturating_sub(room.saturating_sub(1))
        };
    }
    Some(view)
}

/// The active pane of a window for a client, which may have one of its own (`active-pane` flag).
pub(crate) fn active_pane(core: &Core, client: ClientId, window: WindowId) -> Option<PaneId> {
    let state = &core.model.clients.get(&client)?.state;
    let window = core.model.windows.get(&window)?;
    let own = state
        .panes
        .get(&window.id.0)
        .filter(|pane| state.active_pane && window.panes.contains(pane));
    Some(own.copied().unwrap_or(window.active))
}

/// Where the cursor of a pane is in its window; None when it is hidden.
pub(crate) fn cursor_in_window(core: &Core, pane_id: PaneId) -> Option<(u16, u16)> {
    let pane = core.model.panes.get(&pane_id)?;
    if pane.state.front.is_some() {
        return None;
    }
    let (x, y) = match &pane.state.mode {
        Some(mode) => crate::mode::copy::cursor(core, pane_id, mode),
        None => {
            if !pane.terminal.modes().cursor_visible {
                return None;
            }
            let cursor = pane.terminal.cursor();
            (cursor.x, cursor.y)
        }
    };
    Some((
        pane.state.x.saturating_add(x),
        pane.state.y.saturating_add(y),
    ))
}

/// The panes of a window that can be seen.
pub(crate) fn visible_panes(core: &Core, window: WindowId) -> Vec<PaneId> {
    match core.model.windows.get(&window) {
        Some(window) => match window.zoomed {
            Some(pane) => vec![pane],
            None => window.panes.clone(),
        },
        None => Vec::new(),
    }
}

/// The format context of what a client shows.
pub(crate) fn context(core: &Core, client: ClientId, pane: Option<PaneId>) -> FormatContext {
    let mut context = FormatContext {
        client: Some(client),
        ..FormatContext::default()
    };
    if let Some(state) = core.model.clients.get(&client).map(|client| &client.state) {
        context.session = state.session;
        if let Some(session) = state.session.and_then(|id| core.model.sessions.get(&id)) {
            context.link = Some(session.current);
            context.window = session
                .windows
                .get(&session.current)
                .map(|(window, _)| *window);
        }
        let active = context
            .window
            .and_then(|window| active_pane(core, client, window));
        context.pane = pane.or(active);
    }
    context
}

/// The style option `name` over `base`, its formats expanded.
pub(crate) fn style_over(
    core: &Core,
    chain: &Chain<'_>,
    name: &str,
    context: &FormatContext,
    base: Style,
) -> StyleSpec {
    let text = match chain.value(name) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    };
    let text = if text.contains("#{") || text.contains('%') {
        formats::expand(core, &text, context, false)
    } else {
        text
    };
    let current = StyleSpec {
        style: base,
        ..StyleSpec::default()
    };
    style::parse(&text, &current, &base).unwrap_or(current)
}

/// The cell style of a style option.
pub(crate) fn style_of(
    core: &Core,
    chain: &Chain<'_>,
    name: &str,
    context: &FormatContext,
) -> Style {
    style_over(core, chain, name, context, Style::default()).style
}

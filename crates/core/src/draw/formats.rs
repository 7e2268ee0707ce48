//! What of a client's picture comes from formats, and what those formats can be about.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use outlast_lang::options::{Options, Value};
use outlast_term::{Colour, Style};

use super::status;
use super::view::{self, View};
use crate::Core;
use crate::formats;
use crate::model::ids::{ClientId, PaneId};
use crate::scrollbar::Bar;

/// What formats gave for one pane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaneLook {
    /// window-style or window-active-style: colours of what the program left in the default colours.
    pub base: (Colour, Colour),
    /// pane-border-style.
    pub border: Style,
    /// pane-active-border-style.
    pub active_border: Style,
    /// pane-border-format, expanded; empty when pane-border-status is off.
    pub title: String,
    /// Colours that numbers of the palette stand for (pane-colours).
    pub palette: Vec<(u8, Colour)>,
    /// Its number in the window, for borders that show numbers.
    pub index: usize,
    /// Its scroll bar, and the styles of bar and slider.
    pub bar: Option<(Bar, Style, Style)>,
}

/// All of it for one client.
#[derive(Default)]
pub(crate) struct Formats {
    /// Number of what it was made from.
    pub fingerprint: u64,
    /// Status lines.
    pub status: Vec<status::Line>,
    /// By pane.
    pub panes: BTreeMap<PaneId, PaneLook>,
    /// Style outside the window and of borders that belong to no pane.
    pub outside: Style,
    /// fill-character.
    pub fill: Option<char>,
    /// pane-border-lines.
    pub lines: i64,
    /// pane-border-status.
    pub pane_status: i64,
    /// pane-border-indicators.
    pub indicators: i64,
    /// set-titles-string.
    pub title: Option<Arc<str>>,
    /// `mouse`.
    pub mouse: bool,
    /// `focus-follows-mouse`.
    pub follow: bool,
    /// `focus-events`.
    pub focus: bool,
    /// `status-interval` in milliseconds, 0 for never.
    pub interval_ms: u64,
}

/// A number for all that the formats of a client can be about, but for options set globally.
pub(crate) fn fingerprint(core: &Core, client: ClientId, view: &View, serial: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    let h = &mut hasher;
    serial.hash(h);
    (
        view.cols,
        view.rows,
        view.ox,
        view.oy,
        view.status_rows,
        view.bigger,
    )
        .hash(h);
    if let Some(client) = core.model.clients.get(&client) {
        let state = &client.state;
        (
            &state.key_table,
            state.read_only,
            state.session,
            state.pan,
            view.active,
        )
            .hash(h);
    }
    core.model.global.marked.hash(h);
    let Some(session) = core.model.sessions.get(&view.session) else {
        return h.finish();
    };
    (
        &session.name,
        session.current,
        &session.last,
        &session.group,
    )
        .hash(h);
    options(&session.options, h);
    for (index, (window, link)) in &session.windows {
        (index, link.bell, link.activity, link.silence).hash(h);
        let Some(window) = core.model.windows.get(window) else {
            continue;
        };
        (
            window.id,
            &window.name,
            window.cols,
            window.rows,
            window.zoomed,
            window.active,
            window.panes.len(),
        )
            .hash(h);
        for float in &window.floats {
            (float.pane, float.x, float.y, float.cols, float.rows).hash(h);
        }
        options(&window.options, h);
        let shown = window.id == view.window;
        for id in window
            .panes
            .iter()
            .filter(|id| shown || **id == window.active)
        {
            let Some(pane) = core.model.panes.get(id) else {
                continue;
            };
            let state = &pane.state;
            (
                id,
                &state.title,
                state.cols,
                state.rows,
                state.x,
                state.y,
                state.life,
                state.input_off,
            )
                .hash(h);
            (
                state.mode.is_some(),
                state.front.is_some(),
                state.dead.is_some(),
                pane.terminal.modes().alternate,
            )
                .hash(h);
            options(&state.options, h);
        }
    }
    // Other sessions can be listed too (`S:`), but only what is told about them often enough to matter.
    for session in core.model.sessions.values() {
        (session.id, &session.name, session.windows.len()).hash(h);
    }
    h.finish()
}

fn options(options: &Options, h: &mut DefaultHasher) {
    for (name, value) in &options.values {
        name.hash(h);
        match value {
            Value::Text(text) => text.hash(h),
            Value::Number(number) => number.hash(h),
            Value::Array(items) => items.hash(h),
        }
    }
}

/// Expands everything anew; status lines whose text is as before are kept.
pub(crate) fn expand(core: &Core, client: ClientId, view: &View, old: Formats) -> Formats {
    let chain = core.session_chain(Some(view.session));
    let window = core.window_chain(view.window);
    let context = view::context(core, client, None);
    let title = chain.flag("set-titles").then(|| {
        Arc::from(formats::expand(
            core,
            &chain.text("set-titles-string"),
            &context,
            true,
        ))
    });
    let pane_status = window.number("pane-border-status");
    let mut panes = BTreeMap::new();
    for id in view::visible_panes(core, view.window) {
        panes.insert(id, pane(core, client, view, id, pane_status != 0));
    }
    Formats {
        fingerprint: 0,
        status: status::lines(core, client, view, old.status),
        panes,
        outside: view::style_of(core, &window, "pane-border-style", &context),
        fill: window.text("fill-character").chars().next(),
        lines: window.number("pane-border-lines"),
        pane_status,
        indicators: window.number("pane-border-indicators"),
        // An equal title keeps its address.
        title: if old.title == title { old.title } else { title },
        mouse: chain.flag("mouse"),
        follow: chain.flag("focus-follows-mouse"),
        focus: core.server_chain().flag("focus-events"),
        interval_ms: chain.number("status-interval").max(0) as u64 * 1000,
    }
}

fn pane(core: &Core, client: ClientId, view: &View, id: PaneId, with_title: bool) -> PaneLook {
    let chain = core.pane_chain(id);
    let context = view::context(core, client, Some(id));
    let normal = view::style_of(core, &chain, "window-style", &context);
    let mut base = (normal.fg, normal.bg);
    if id == view.active {
        let active = view::style_of(core, &chain, "window-active-style", &context);
        if active.fg != Colour::Default {
            base.0 = active.fg;
        }
        if active.bg != Colour::Default {
            base.1 = active.bg;
        }
    }
    let title = match with_title {
        true => formats::expand(core, &chain.text("pane-border-format"), &context, true),
        false => String::new(),
    };
    PaneLook {
        base,
        border: view::style_of(core, &chain, "pane-border-style", &context),
        active_border: view::style_of(core, &chain, "pane-active-border-style", &context),
        title,
        palette: core.pane_colours(id),
        index: usize::try_from(core.pane_index(id).unwrap_or(0)).unwrap_or(0),
        bar: core.scrollbar(id).map(|bar| {
            let (bar_style, slider) = core.scrollbar_styles(id, client);
            (bar, bar_style, slider)
        }),
    }
}

//! Windows and the panes in them: making, closing, the active pane, zoom, places.

mod close;

use outlast_lang::layout::Cell;
use outlast_lang::options::Options;
use outlast_term::{Config, Op, Size, Terminal};
use std::collections::VecDeque;

use crate::model::Window;
use crate::model::ids::{PaneId, WindowId};
use crate::model::layout::{self, Geometry};
use crate::model::pane::{Pane, PaneOp, PaneState, PendingOp};
use crate::save::Tracked;
use crate::{Core, Effect};

/// What a terminal is made with; its real size and limits are its first operations, so that replay from nothing
/// gives the same.
pub(crate) const BIRTH: Config = Config {
    size: Size { cols: 80, rows: 24 },
    history_limit: 2000,
};

impl Core {
    /// Makes a window with one pane in it, not yet linked and with no program.
    pub(crate) fn create_window(
        &mut self,
        cols: u16,
        rows: u16,
        history: u32,
    ) -> (WindowId, PaneId) {
        let id = WindowId(self.model.global.next_window);
        self.model.global.next_window += 1;
        let pane = self.create_pane(id, cols, rows, history);
        let window = self.bare_window(id, pane, cols, rows);
        self.model.windows.insert(id, Tracked::new(window));
        self.fix_panes(id);
        self.new_windows.push(id);
        (id, pane)
    }

    /// Makes a window for a pane that has been taken out of another.
    pub(crate) fn adopt_pane(
        &mut self,
        pane: PaneId,
        cols: u16,
        rows: u16,
        latest: Option<crate::ClientId>,
    ) -> WindowId {
        let id = WindowId(self.model.global.next_window);
        self.model.global.next_window += 1;
        let window = Window {
            latest,
            ..self.bare_window(id, pane, cols, rows)
        };
        self.model.windows.insert(id, Tracked::new(window));
        if let Some(pane) = self.model.panes.get_mut(&pane) {
            pane.state.window = id;
            pane.name_stale = true;
            pane.style_cache = None;
        }
        self.fix_panes(id);
        self.new_windows.push(id);
        id
    }

    /// A window of one pane, without a name.
    pub(crate) fn bare_window(&self, id: WindowId, pane: PaneId, cols: u16, rows: u16) -> Window {
        Window {
            id,
            name: String::new(),
            cols,
            rows,
            manual_size: None,
            panes: vec![pane],
            layout: layout::leaf(cols, rows, pane.0),
            floats: Vec::new(),
            last_float: (0, 0),
            zoomed: None,
            active: pane,
            last: Vec::new(),
            options: Options::local(),
            preset: -1,
            old_layout: None,
            activity: self.now.unix,
            created: self.now.unix,
            latest: None,
            silent_at_ms: None,
        }
    }

    /// Makes a pane that belongs to a window; the caller puts it into the window's list and layout.
    pub(crate) fn create_pane(
        &mut self,
        window: WindowId,
        cols: u16,
        rows: u16,
        history: u32,
    ) -> PaneId {
        let id = PaneId(self.model.global.next_pane);
        self.model.global.next_pane += 1;
        let size = Size::new(cols, rows);
        let state = PaneState {
            id,
            window,
            cols: size.cols,
            rows: size.rows,
            title: self.probe.host(),
            ..PaneState::new(id, window)
        };
        let terminal = Terminal::new(BIRTH, self.probe.blocks(id));
        self.model
            .panes
            .insert(id, Pane::new(Tracked::new(state), terminal));
        self.operate(id, Op::HistoryLimit(history));
        self.operate(id, Op::Resize(size));
        if !self.pane_chain(id).flag("alternate-screen") {
            self.operate(id, Op::AlternateAllowed(false));
        }
        self.give_text_rules(id);
        id
    }

    /// Applies an operation to a pane's terminal and notes it for replay.
    pub(crate) fn operate(&mut self, id: PaneId, op: Op) {
        self.operate_any(id, PaneOp::Term(op));
    }

    /// Changes a pane's terminal and notes it for replay.
    pub(crate) fn operate_any(&mut self, id: PaneId, op: PaneOp) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        crate::run::log::apply(pane, &op);
        pane.op_serial += 1;
        let pending = PendingOp {
            serial: pane.op_serial,
            at: pane.offset,
            op,
        };
        self.new_ops.push((id, pending.clone()));
        pane.ops.push_back(pending);
        if pane.terminal.checkpoint_due() {
            self.checkpoints_due.insert(id);
        }
        self.answer(id);
        self.touch_pane(id);
    }

    /// Gives the panes the places and sizes of the layout.
    pub(crate) fn fix_panes(&mut self, id: WindowId) {
        let bars = self.has_scrollbars(id);
        for mut place in self.full_places(id) {
            if bars && let Some(bar) = self.scrollbar(PaneId(place.pane)) {
                bar.inset(&mut place);
            }
            self.place_pane(&place);
        }
        self.touch_window(id);
    }

    /// Gives a pane its place and size.
    pub(crate) fn place_pane(&mut self, place: &Geometry) {
        let pane_id = PaneId(place.pane);
        let Some(pane) = self.model.panes.get_mut(&pane_id) else {
            return;
        };
        let old = (pane.state.x, pane.state.y, pane.state.cols, pane.state.rows);
        let new = (place.x, place.y, place.cols, place.rows);
        if old == new && pane.terminal.size() == Size::new(place.cols, place.rows) {
            return;
        }
        (pane.state.x, pane.state.y, pane.state.cols, pane.state.rows) = new;
        let size = Size::new(place.cols, place.rows);
        if pane.terminal.size() != size {
            let runs = pane.state.is_running();
            crate::mode::resizing(self, pane_id);
            self.operate(pane_id, Op::Resize(size));
            if runs {
                self.emit(Effect::Resize {
                    pane: pane_id,
                    size,
                });
            }
            self.mode_resized(pane_id);
        }
    }

    /// Marks the clients that show a window for drawing.
    pub(crate) fn touch_window(&mut self, id: WindowId) {
        let shown: Vec<_> = self
            .model
            .sessions
            .values()
            .filter(|session| {
                session
                    .windows
                    .get(&session.current)
                    .is_some_and(|link| link.0 == id)
            })
            .map(|session| session.id)
            .collect();
        for client in self.model.clients.values_mut() {
            if client
                .state
                .session
                .is_some_and(|session| shown.contains(&session))
            {
                client.stale = true;
            }
        }
    }

    /// Marks the clients that show a pane for drawing.
    pub(crate) fn touch_pane(&mut self, id: PaneId) {
        let Some(state) = self.model.panes.get(&id).map(|pane| &pane.state) else {
            return;
        };
        match state.popup {
            Some(client) => self.touch_client(client),
            None => self.touch_window(state.window),
        }
    }

    /// Makes a pane the active one. A zoomed window is shown whole again. False: it was active already.
    pub(crate) fn activate(&mut self, id: WindowId, pane: PaneId, notify: bool) -> bool {
        let Some(window) = self.model.windows.get(&id) else {
            return false;
        };
        if window.active == pane || !window.panes.contains(&pane) {
            return false;
        }
        self.unzoom(id);
        let Some(window) = self.model.windows.get_mut(&id) else {
            return false;
        };
        let old = window.active;
        window.last.retain(|last| *last != pane && *last != old);
        if window.panes.contains(&old) {
            window.last.insert(0, old);
        }
        window.active = pane;
        if let Some(at) = window.floats.iter().position(|float| float.pane == pane) {
            let float = window.floats.remove(at);
            window.floats.insert(0, float);
        }
        if let Some(pane) = self.model.panes.get_mut(&pane) {
            pane.name_stale = true;
            if pane.state.unseen {
                pane.state.unseen = false;
            }
        }
        self.touch_window(id);
        self.touch_all();
        if notify {
            self.notify_window("window-pane-changed", id);
        }
        true
    }

    /// Lets one pane cover the window.
    pub(crate) fn zoom(&mut self, id: WindowId, pane: PaneId) -> bool {
        let Some(window) = self.model.windows.get(&id) else {
            return false;
        };
        if window.zoomed.is_some() || window.panes.len() < 2 {
            return false;
        }
        self.activate(id, pane, true);
        let Some(window) = self.model.windows.get_mut(&id) else {
            return false;
        };
        window.zoomed = Some(pane);
        self.fix_panes(id);
        self.notify_window("window-layout-changed", id);
        self.touch_all();
        true
    }

    /// Shows all panes again.
    pub(crate) fn unzoom(&mut self, id: WindowId) -> bool {
        if self
            .model
            .windows
            .get(&id)
            .is_none_or(|window| window.zoomed.is_none())
        {
            return false;
        }
        if let Some(window) = self.model.windows.get_mut(&id) {
            window.zoomed = None;
        }
        self.fix_panes(id);
        self.notify_window("window-layout-changed", id);
        self.touch_all();
        true
    }

    /// Zooms the active pane again if the window was zoomed before a command took it apart.
    pub(crate) fn rezoom(&mut self, id: WindowId, was: bool) {
        if let Some(active) = self
            .model
            .windows
            .get(&id)
            .map(|window| window.active)
            .filter(|_| was)
        {
            self.zoom(id, active);
        }
    }

    /// Whether a window is zoomed.
    pub fn is_zoomed(&self, id: WindowId) -> bool {
        self.model
            .windows
            .get(&id)
            .is_some_and(|window| window.zoomed.is_some())
    }

    /// Changes the layout as if nothing were zoomed, then fits the panes to it.
    pub(crate) fn change_layout<T>(
        &mut self,
        id: WindowId,
        change: impl FnOnce(&mut Cell) -> T,
    ) -> Option<T> {
        let result = self.change_layout_quietly(id, change)?;
        self.notify_window("window-layout-changed", id);
        Some(result)
    }

    /// The same, when it is told later.
    pub(crate) fn change_layout_quietly<T>(
        &mut self,
        id: WindowId,
        change: impl FnOnce(&mut Cell) -> T,
    ) -> Option<T> {
        let window = self.model.windows.get_mut(&id)?;
        let result = change(&mut window.layout);
        self.fix_panes(id);
        Some(result)
    }

    /// Gives the window a size; the layout is fitted as far as it goes, and the window is no smaller than that.
    pub(crate) fn resize_window(&mut self, id: WindowId, cols: u16, rows: u16) {
        let edge = self.edge(id);
        let size = Size::new(cols, rows);
        let Some(window) = self.model.windows.get_mut(&id) else {
            return;
        };
        layout::resize(&mut window.layout, size.cols, size.rows, edge);
        window.cols = size.cols.max(window.layout.width);
        window.rows = size.rows.max(window.layout.height);
        self.fix_panes(id);
        self.touch_all();
        self.notify_window("window-layout-changed", id);
        self.notify_window("window-resized", id);
    }

    /// The number of a pane in its window, from pane-base-index.
    pub fn pane_index(&self, id: PaneId) -> Option<i64> {
        let window = self.model.panes.get(&id)?.state.window;
        let at = self
            .model
            .windows
            .get(&window)?
            .panes
            .iter()
            .position(|pane| *pane == id)?;
        Some(at as i64 + self.window_chain(window).number("pane-base-index"))
    }
}

impl PaneOp {
    /// Carries it out.
    pub(crate) fn apply(&self, terminal: &mut Terminal) {
        match self {
            PaneOp::Term(op) => terminal.apply(op),
            PaneOp::Text(bytes) => terminal.advance(bytes),
            PaneOp::Kept(rows) => crate::reboot::feed(terminal, rows),
        }
    }
}

impl PaneState {
    /// A pane without a program.
    pub fn new(id: PaneId, window: WindowId) -> PaneState {
        PaneState {
            times: Default::default(),
            id,
            window,
            cols: 80,
            rows: 24,
            x: 0,
            y: 0,
            life: 0,
            spawning: None,
            pid: 0,
            tty: String::new(),
            start_command: Vec::new(),
            start_path: String::new(),
            dead: None,
            title: String::new(),
            options: Options::local(),
            input_off: false,
            mode: None,
            front: None,
            unseen: false,
            shell: String::new(),
            empty: false,
            focused: false,
            last_search: None,
            offer: None,
            popup: None,
            pipe: None,
            guard: None,
            run: None,
            agent: None,
            told_colours: (None, None),
            limits: Default::default(),
            over: None,
        }
    }

    /// A program runs, or has been asked for.
    pub fn is_running(&self) -> bool {
        self.dead.is_none() && !self.empty && (self.pid != 0 || self.spawning.is_some())
    }
}

impl Pane {
    /// A pane that has heard nothing yet.
    pub fn new(state: Tracked<PaneState>, terminal: Terminal) -> Pane {
        Pane {
            end_note: String::new(),
            state,
            terminal,
            offset: 0,
            heard: 0,
            input_offset: 0,
            ops: VecDeque::new(),
            op_serial: 0,
            replayed: 0,
            named_ms: 0,
            name_stale: true,
            looks: 0,
            limit_look: Some(0),
            agent_look_ms: 0,
            style_cache: None,
        }
    }
}

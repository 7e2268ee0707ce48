//! Panes and windows that go.

use crate::model::ids::{PaneId, WindowId};
use crate::model::layout;
use crate::{Core, Effect};

impl Core {
    /// Takes a pane out of its window's list, layout and order of use; the pane itself stays. True: the window is
    /// empty now (its layout still names the pane).
    pub(crate) fn take_pane(&mut self, id: PaneId) -> bool {
        let Some(window_id) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return false;
        };
        self.unzoom(window_id);
        let edge = self.edge(window_id);
        if self.model.global.marked == Some(id) {
            self.model.global.marked = None;
        }
        let Some(window) = self.model.windows.get_mut(&window_id) else {
            return false;
        };
        let at = window.panes.iter().position(|pane| *pane == id);
        window.last.retain(|last| *last != id);
        let Some(at) = at else { return false };
        window.panes.remove(at);
        if window.is_floating(id) {
            window.floats.retain(|float| float.pane != id);
        } else if !layout::close(&mut window.layout, id.0, edge) && !window.floats.is_empty() {
            // It was the last pane of the layout: the one in front takes its place.
            let float = window.floats.remove(0);
            window.layout = layout::leaf(window.cols, window.rows, float.pane.0);
        }
        if window.panes.is_empty() {
            return true;
        }
        if window.active == id {
            let next = match window.last.first() {
                Some(last) => *last,
                None => window.panes[at.saturating_sub(1).min(window.panes.len() - 1)],
            };
            window.last.retain(|last| *last != next);
            window.active = next;
            if let Some(pane) = self.model.panes.get_mut(&next) {
                pane.name_stale = true;
            }
            self.notify_window("window-pane-changed", window_id);
        }
        for client in self.model.clients.values_mut() {
            if client.state.panes.get(&window_id.0) == Some(&id) {
                client.state.panes.remove(&window_id.0);
            }
        }
        self.fix_panes(window_id);
        self.touch_all();
        self.notify_window("window-layout-changed", window_id);
        false
    }

    /// Closes a pane; its program gets SIGHUP. A window without panes closes too, and a session without windows.
    pub(crate) fn remove_pane(&mut self, id: PaneId) {
        let Some(window) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        let empty = self.take_pane(id);
        self.forget_pane(id);
        if empty {
            self.kill_window(window, true);
        }
    }

    /// Drops a pane that is in no window.
    pub(crate) fn forget_pane(&mut self, id: PaneId) {
        self.close_pipe(id);
        self.notices_forget(id);
        self.end_run_with_pane(id);
        if self.model.panes.remove(&id).is_some() {
            self.checkpoints_due.remove(&id);
            self.control_forget(id);
            self.new_ops.retain(|(pane, _)| *pane != id);
            self.forget_started(id);
            self.emit(Effect::Forget { pane: id });
        }
    }

    /// Closes a window: all its links go, sessions left empty end.
    pub(crate) fn kill_window(&mut self, id: WindowId, renumber: bool) {
        for session in self.sessions_with(id) {
            let has = |core: &Core| {
                let session = core.model.sessions.get(&session)?;
                session
                    .windows
                    .iter()
                    .find(|(_, link)| link.0 == id)
                    .map(|(index, _)| *index)
            };
            while let Some(index) = has(self) {
                self.remove_link(session, index);
            }
            if self
                .model
                .sessions
                .get(&session)
                .is_some_and(|session| session.windows.is_empty())
            {
                self.destroy_session(session);
            } else if renumber {
                self.renumber_if_wanted(session);
            }
        }
        self.window_unlinked(id);
    }

    /// renumber-windows, for a session and its group.
    pub(crate) fn renumber_if_wanted(&mut self, session: crate::SessionId) {
        if self.session_chain(Some(session)).flag("renumber-windows") {
            for member in self.group_of(session) {
                self.renumber(member);
            }
        }
    }

    /// A link of a window has gone: closes the window if it was the last.
    pub(crate) fn window_unlinked(&mut self, id: WindowId) {
        if self.link_count(id) != 0 {
            return;
        }
        let Some(window) = self.model.windows.remove(&id) else {
            return;
        };
        for pane in &window.panes {
            if self.model.global.marked == Some(*pane) {
                self.model.global.marked = None;
            }
            self.forget_pane(*pane);
        }
        for client in self.model.clients.values_mut() {
            if client.state.panes.contains_key(&id.0) {
                client.state.panes.remove(&id.0);
            }
        }
    }
}

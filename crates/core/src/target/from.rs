//! Whole places from a part of one: a session, a link, a window, a pane, a client, nothing.

use super::{Find, id};
use crate::Core;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};

impl Core {
    /// Whether all four parts exist and belong together.
    pub fn is_valid(&self, find: &Find) -> bool {
        let (Some(session), Some(link), Some(window), Some(pane)) =
            (find.session, find.link, find.window, find.pane)
        else {
            return false;
        };
        self.model
            .sessions
            .get(&session)
            .and_then(|session| session.windows.get(&link))
            .map(|link| link.0)
            == Some(window)
            && self
                .model
                .windows
                .get(&window)
                .is_some_and(|window| window.panes.contains(&pane))
    }

    /// A session's current window and its active pane.
    pub fn find_from_session(&self, session: SessionId) -> Find {
        let link = self
            .model
            .sessions
            .get(&session)
            .map(|session| session.current);
        match link {
            Some(link) => self.find_from_link(session, link),
            None => Find::default(),
        }
    }

    /// A window of a session.
    pub fn find_from_link(&self, session: SessionId, link: u32) -> Find {
        let window = self
            .model
            .sessions
            .get(&session)
            .and_then(|session| session.windows.get(&link))
            .map(|link| link.0);
        Find {
            session: Some(session),
            link: Some(link),
            index: None,
            window,
            pane: self.active_pane(window),
        }
    }

    /// A window, in the best session that has it.
    pub fn find_from_window(&self, window: WindowId) -> Option<Find> {
        let session = self.best_session_with(window, 0)?;
        let link = self.best_link(session, window)?;
        Some(self.find_from_link(session, link))
    }

    /// A pane, in the best session that has its window.
    pub fn find_from_pane(&self, pane: PaneId) -> Option<Find> {
        let window = self.model.panes.get(&pane)?.state.window;
        Some(Find {
            pane: Some(pane),
            ..self.find_from_window(window)?
        })
    }

    /// What a client means when it names nothing.
    pub fn find_from_client(&self, client: Option<ClientId>, how: u8) -> Option<Find> {
        let Some(client) = client else {
            return self.find_from_nothing(how);
        };
        if let Some(session) = self.session_of(client) {
            let mut found = self.find_from_session(session);
            found.pane = self.pane_of(client).or(found.pane);
            return Some(found);
        }
        let inside = self
            .inside_pane(client)
            .and_then(|pane| self.model.panes.get(&pane));
        match inside.and_then(|pane| self.best_session_with(pane.state.window, how)) {
            Some(session) => Some(self.find_from_session(session)),
            None => self.find_from_nothing(how),
        }
    }

    /// The best session of all.
    pub fn find_from_nothing(&self, how: u8) -> Option<Find> {
        let session = self.best_session(self.model.sessions.keys().copied(), how)?;
        let mut found = self.find_from_session(session);
        found.index = found.link;
        Some(found)
    }

    /// The pane whose terminal the client runs in.
    pub fn inside_pane(&self, client: ClientId) -> Option<PaneId> {
        let info = &self.model.clients.get(&client)?.state.info;
        let by_tty = |tty: &str| {
            self.model
                .panes
                .values()
                .find(|pane| {
                    let state = &pane.state;
                    state.dead.is_none() && state.popup.is_none() && state.tty == tty
                })
                .map(|p| p.state.id)
        };
        let tty = Some(info.tty.as_str()).filter(|tty| !tty.is_empty());
        tty.and_then(by_tty).or_else(|| {
            let value = info
                .env
                .iter()
                .find(|(name, _)| name == "TMUX_PANE")
                .map(|(_, value)| value)?;
            id(value, '%').map(PaneId).filter(|pane| {
                let pane = self.model.panes.get(pane);
                pane.is_some_and(|pane| pane.state.popup.is_none())
            })
        })
    }

    pub(super) fn active_pane(&self, window: Option<WindowId>) -> Option<PaneId> {
        window
            .and_then(|window| self.model.windows.get(&window))
            .map(|window| window.active)
    }
}

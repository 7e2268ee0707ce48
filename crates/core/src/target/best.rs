//! Which of several is meant: the session or client used last, the link that is current.

use crate::Core;
use crate::commands::find;
use crate::model::ids::{ClientId, SessionId, WindowId};

impl Core {
    /// The session used last; with PREFER_UNATTACHED one without clients comes before one with.
    pub fn best_session(
        &self,
        sessions: impl Iterator<Item = SessionId>,
        how: u8,
    ) -> Option<SessionId> {
        let unattached = how & find::PREFER_UNATTACHED != 0;
        sessions
            .filter_map(|id| self.model.sessions.get(&id))
            .max_by_key(|session| {
                (
                    unattached && self.attached_count(session.id) == 0,
                    session.used,
                    std::cmp::Reverse(session.id),
                )
            })
            .map(|session| session.id)
    }

    pub(super) fn best_session_with(&self, window: WindowId, how: u8) -> Option<SessionId> {
        let with = self
            .model
            .sessions
            .values()
            .filter(|session| session.windows.values().any(|link| link.0 == window));
        self.best_session(with.map(|session| session.id), how)
    }

    /// The link of a window in a session: the current one if it is that window, else the first.
    pub fn best_link(&self, session: SessionId, window: WindowId) -> Option<u32> {
        let session = self.model.sessions.get(&session)?;
        let is_window = |index: &u32| {
            session
                .windows
                .get(index)
                .is_some_and(|link| link.0 == window)
        };
        Some(session.current)
            .filter(is_window)
            .or_else(|| session.windows.keys().copied().find(is_window))
    }

    /// The client of a name, or the one that is meant by none; Err is tmux's text.
    pub fn find_client(
        &self,
        asking: Option<ClientId>,
        name: Option<&str>,
    ) -> Result<ClientId, String> {
        let Some(name) = name else {
            return self
                .current_client(asking)
                .ok_or_else(|| "no current client".to_string());
        };
        let name = name.strip_suffix(':').unwrap_or(name);
        let matches = |client: &&crate::model::Client| {
            let tty = client.state.info.tty.as_str();
            client.state.name == name
                || !tty.is_empty() && (tty == name || tty.strip_prefix("/dev/") == Some(name))
        };
        self.attached_clients()
            .find(matches)
            .map(|client| client.state.id)
            .ok_or_else(|| format!("can't find client: {name}"))
    }

    fn current_client(&self, asking: Option<ClientId>) -> Option<ClientId> {
        if let Some(client) = asking.filter(|client| self.session_of(*client).is_some()) {
            return Some(client);
        }
        let inside = asking.and_then(|client| self.inside_pane(client));
        let session = match inside.and_then(|pane| self.model.panes.get(&pane)) {
            Some(pane) => self.best_session_with(pane.state.window, 0)?,
            None => self.best_session(self.model.sessions.keys().copied(), 0)?,
        };
        self.best_client_of(session)
    }

    /// The client of a session that was used last; of all, if nobody shows the session.
    pub fn best_client_of(&self, session: SessionId) -> Option<ClientId> {
        let all = self.attached_count(session) == 0;
        self.attached_clients()
            .filter(|client| all || client.state.session == Some(session))
            .max_by_key(|client| (client.state.used, std::cmp::Reverse(client.state.id)))
            .map(|client| client.state.id)
    }

    /// The client meant by a command of nobody.
    pub fn best_client(&self) -> Option<ClientId> {
        self.current_client(None)
    }
}

//! The size of windows: from the clients that show them (window-size), less the status line.

use std::collections::BTreeMap;

use crate::Core;
use crate::model::Client;
use crate::model::client::ClientState;
use crate::model::ids::{ClientId, SessionId, WindowId};
use crate::model::window::sort;

const LARGEST: i64 = 0;
const MANUAL: i64 = 2;
const LATEST: i64 = 3;

impl Core {
    /// Rows of the status line of a session.
    pub fn status_rows(&self, session: Option<SessionId>) -> u16 {
        u16::try_from(self.session_chain(session).number("status")).unwrap_or(0)
    }

    /// Columns and rows that a client has for a window.
    pub(crate) fn room_of(&self, client: &ClientState) -> (u16, u16) {
        if client.control.is_some() {
            return (client.cols, client.rows);
        }
        let status = self.status_rows(client.session);
        let status = if client.rows <= status { 0 } else { status };
        (client.cols, client.rows - status)
    }

    fn counts(&self, client: &ClientState) -> bool {
        let flags = !client.leaving && client.session.is_some() && !client.suspended;
        let others = || {
            self.attached_clients()
                .any(|other| !other.state.ignore_size && !other.state.suspended)
        };
        let sized =
            |control: &crate::control::Control| control.sized || !control.windows.is_empty();
        flags
            && client.control.as_deref().is_none_or(sized)
            && client.cols > 0
            && client.rows > 0
            && !(client.ignore_size && others())
    }

    /// The size that the clients which `fits` lets through want, by `how`.
    fn size_from(
        &self,
        how: i64,
        window: Option<WindowId>,
        latest: Option<Option<ClientId>>,
        fits: &dyn Fn(&ClientState) -> bool,
    ) -> Option<(u16, u16)> {
        let clients: Vec<&ClientState> = self
            .attached_clients()
            .map(|client| &*client.state)
            .filter(|c| self.counts(c) && fits(c))
            .collect();
        let only_latest = how == LATEST && latest.is_some() && clients.len() > 1;
        let sizes = clients
            .iter()
            .filter(|client| !only_latest || latest == Some(Some(client.id)))
            .map(|client| {
                let own = client.control.as_deref().zip(window);
                let own = own.and_then(|(control, window)| control.windows.get(&window.0));
                own.copied().unwrap_or_else(|| self.room_of(client))
            });
        sizes.reduce(|a, b| match how {
            LARGEST => (a.0.max(b.0), a.1.max(b.1)),
            _ => (a.0.min(b.0), a.1.min(b.1)),
        })
    }

    /// The size of a new window of a session, for a client if there is one.
    pub(crate) fn new_window_size(
        &self,
        client: Option<ClientId>,
        session: SessionId,
    ) -> (u16, u16) {
        let how = crate::options::Chain(vec![&*self.model.window_options]).number("window-size");
        let given = client
            .and_then(|id| self.model.clients.get(&id))
            .map(|client| &client.state);
        if let Some(client) =
            given.filter(|client| how == LATEST && self.counts(client) && client.control.is_none())
        {
            return at_least_one(self.room_of(client));
        }
        let found = if how == MANUAL {
            None
        } else {
            self.size_from(how, None, None, &|client| client.session == Some(session))
        };
        at_least_one(found.unwrap_or_else(|| self.default_size(Some(session))))
    }

    /// default-size.
    pub(crate) fn default_size(&self, session: Option<SessionId>) -> (u16, u16) {
        parse_size(&self.session_chain(session).text("default-size")).unwrap_or((80, 24))
    }

    /// Gives all windows the size that their clients want.
    pub(crate) fn recalculate_sizes(&mut self) {
        let counted = |client: &Client| self.counts(&client.state);
        // Without anybody who has a size, it is only windows whose size was said that may want another.
        let windows: Vec<WindowId> = match self.attached_clients().any(counted) {
            true => self.model.windows.keys().copied().collect(),
            false => {
                let sized = self.model.windows.of(sort::SIZED);
                sized.map(|(id, _)| *id).collect()
            }
        };
        if windows.is_empty() {
            return;
        }
        let mut with: BTreeMap<WindowId, Vec<SessionId>> = BTreeMap::new();
        for session in self.model.sessions.values() {
            for (window, _) in session.windows.values() {
                with.entry(*window).or_default().push(session.id);
            }
        }
        for id in windows {
            let with = with.get(&id).map_or(&[][..], Vec::as_slice);
            if let Some((cols, rows)) = self.wanted_size(id, with) {
                let Some(window) = self.model.windows.get(&id) else {
                    continue;
                };
                if (window.cols, window.rows) != (cols, rows) {
                    self.resize_window(id, cols, rows);
                }
            }
        }
    }

    fn wanted_size(&self, id: WindowId, with: &[SessionId]) -> Option<(u16, u16)> {
        let window = self.model.windows.get(&id)?;
        let chain = self.window_chain(id);
        let how = chain.number("window-size");
        if how == MANUAL {
            return window.manual_size;
        }
        let aggressive = chain.flag("aggressive-resize");
        let shows = |client: &ClientState| {
            let Some(session) = client.session.filter(|session| with.contains(session)) else {
                return false;
            };
            let session = self.model.sessions.get(&session);
            !aggressive
                || session
                    .and_then(|s| s.windows.get(&s.current))
                    .is_some_and(|link| link.0 == id)
        };
        self.size_from(how, Some(id), Some(window.latest), &shows)
            .map(at_least_one)
    }

    /// window-size by the biggest (`true`) or smallest client, for resize-window -A and -a.
    pub(crate) fn extreme_size(
        &self,
        id: WindowId,
        session: SessionId,
        largest: bool,
    ) -> (u16, u16) {
        let with = self.sessions_with(id);
        let how = if largest { LARGEST } else { 1 };
        let shows = |client: &ClientState| {
            client
                .session
                .is_some_and(|session| with.contains(&session))
        };
        at_least_one(
            self.size_from(how, Some(id), None, &shows)
                .unwrap_or_else(|| self.default_size(Some(session))),
        )
    }
}

/// `80x24`.
pub(crate) fn parse_size(text: &str) -> Option<(u16, u16)> {
    let (cols, rows) = text.split_once('x')?;
    Some((cols.parse().ok()?, rows.parse().ok()?))
}

fn at_least_one((cols, rows): (u16, u16)) -> (u16, u16) {
    (
        cols.clamp(1, outlast_term::Size::MAX),
        rows.clamp(1, outlast_term::Size::MAX),
    )
}

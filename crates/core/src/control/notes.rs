//! Notifications: what happened is noted, and told when the commands that are running have said what they say.

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};

/// What has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A pane has entered or left a mode.
    PaneMode(PaneId),
    /// A window's panes are arranged in another way.
    Layout(WindowId),
    /// Another pane of a window is the active one.
    WindowPane(WindowId),
    /// A window is no more in a session.
    Unlinked(WindowId),
    /// A window is in one more session.
    Linked(WindowId),
    /// A window has another name.
    Renamed(WindowId),
    /// A client shows another session.
    ClientSession(ClientId),
    /// The client of this name has left.
    ClientDetached(String),
    /// A session has another name.
    SessionRenamed(SessionId),
    /// A session has come or gone.
    Sessions,
    /// A session has another current window.
    SessionWindow(SessionId),
    /// A paste buffer has come or has another text.
    BufferChanged(String),
    /// A paste buffer is gone.
    BufferDeleted(String),
    /// This line.
    Line(String),
}

impl Core {
    /// Something has happened that programs are told of.
    pub(crate) fn note(&mut self, note: Note) {
        if !self.in_hook && self.any_control() {
            self.noted.push(note);
        }
    }

    /// The same by the name of its hook.
    pub(crate) fn note_hook(
        &mut self,
        name: &str,
        session: Option<SessionId>,
        window: Option<WindowId>,
        pane: Option<PaneId>,
        client: Option<ClientId>,
    ) {
        let note = match name {
            "pane-mode-changed" => pane.map(Note::PaneMode),
            "window-layout-changed" => window.map(Note::Layout),
            "window-pane-changed" => window.map(Note::WindowPane),
            "window-unlinked" => window.map(Note::Unlinked),
            "window-linked" => window.map(Note::Linked),
            "window-renamed" => window.map(Note::Renamed),
            "client-session-changed" => client.map(Note::ClientSession),
            "client-detached" => client
                .and_then(|client| self.model.clients.get(&client))
                .map(|client| Note::ClientDetached(client.state.name.clone())),
            "session-renamed" => session.map(Note::SessionRenamed),
            "session-created" | "session-closed" => Some(Note::Sessions),
            "session-window-changed" => session.map(Note::SessionWindow),
            _ => None,
        };
        if let Some(note) = note {
            self.note(note);
        }
    }

    /// Tells what has happened.
    pub(crate) fn tell_notes(&mut self) {
        while !self.noted.is_empty() {
            for note in std::mem::take(&mut self.noted) {
                for client in self.controls() {
                    self.tell_note(&note, client);
                }
            }
        }
    }

    /// Tells one client, after the block that it is in.
    pub(crate) fn tell_note(&mut self, note: &Note, client: ClientId) {
        if self
            .control(client)
            .is_some_and(|control| control.open.is_none())
        {
            if let Some(line) = self.line_of(note, client) {
                self.control_line(client, &line);
            }
        } else if let Some(control) = self.control_mut(client) {
            control.held.push(note.clone());
        }
    }

    fn line_of(&self, note: &Note, client: ClientId) -> Option<String> {
        let shown = self
            .session_of(client)
            .and_then(|session| self.model.sessions.get(&session));
        let linked = |window: &WindowId| {
            let session = shown?;
            let here = session.windows.values().any(|link| link.0 == *window);
            Some(if here { "" } else { "unlinked-" })
        };
        let session_line = |what: &str, id: &SessionId| {
            let session = self.model.sessions.get(id)?;
            Some(format!("%{what} {id} {}", session.name))
        };
        match note {
            Note::PaneMode(pane) => Some(format!("%pane-mode-changed {pane}")),
            Note::Layout(window) => {
                let session = shown?;
                session.windows.values().find(|link| link.0 == *window)?;
                let find = self.find_from_window(*window)?;
                let template = "%layout-change #{window_id} #{window_layout} \
                    #{window_visible_layout} #{window_raw_flags}";
                let context = FormatContext::of(&find);
                Some(formats::expand(self, template, &context, false))
            }
            Note::WindowPane(window) => {
                let pane = self.model.windows.get(window)?.active;
                Some(format!("%window-pane-changed {window} {pane}"))
            }
            Note::Unlinked(window) => Some(format!("%{}window-close {window}", linked(window)?)),
            Note::Linked(window) => Some(format!("%{}window-add {window}", linked(window)?)),
            Note::Renamed(window) => {
                let name = &self.model.windows.get(window)?.name;
                let linked = linked(window)?;
                Some(format!("%{linked}window-renamed {window} {name}"))
            }
            Note::ClientSession(other) => {
                shown?;
                let session = self.session_of(*other)?;
                if *other == client {
                    return session_line("session-changed", &session);
                }
                let name = &self.model.clients.get(other)?.state.name;
                session_line(&format!("client-session-changed {name}"), &session)
            }
            Note::ClientDetached(name) => Some(format!("%client-detached {name}")),
            Note::SessionRenamed(session) => session_line("session-renamed", session),
            Note::Sessions => Some("%sessions-changed".to_string()),
            Note::SessionWindow(id) => {
                let session = self.model.sessions.get(id)?;
                let window = session.windows.get(&session.current)?.0;
                Some(format!("%session-window-changed {id} {window}"))
            }
            Note::BufferChanged(name) => Some(format!("%paste-buffer-changed {name}")),
            Note::BufferDeleted(name) => Some(format!("%paste-buffer-deleted {name}")),
            Note::Line(line) => Some(line.clone()),
        }
    }
}

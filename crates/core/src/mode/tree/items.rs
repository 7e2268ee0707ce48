//! What can be listed: its name, its target, whether a search finds it.

use super::options::{Level, Part};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::target::Find;

/// Something that is listed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Session(SessionId),
    Window(SessionId, u32, WindowId),
    Pane(SessionId, u32, WindowId, PaneId),
    Buffer(String),
    Client(ClientId),
    /// Of customize-mode: what options or keys are below.
    Heading(String),
    /// An option as it is set at a level; an element of it.
    Option(Level, String, Option<u32>),
    /// A key of a table; something about it.
    Key(String, String, Option<Part>),
}

impl Item {
    /// A text that no other one has.
    pub fn tag(&self) -> String {
        match self {
            Item::Session(session) => session.to_string(),
            Item::Window(session, _, window) => format!("{session}{window}"),
            Item::Pane(session, _, window, pane) => format!("{session}{window}{pane}"),
            Item::Buffer(name) => name.clone(),
            Item::Client(client) => client.to_string(),
            Item::Heading(title) => format!("heading/{title}"),
            Item::Option(level, name, index) => {
                // At which level it is set may change while it stays the same line.
                let group = level.other(true, false);
                let index = index.map(|index| index.to_string()).unwrap_or_default();
                format!("{group:?}/{name}/{index}")
            }
            Item::Key(table, key, part) => {
                format!("key/{table}/{key}/{}", part.map_or("", Part::name))
            }
        }
    }

    /// Whether it can be tagged.
    pub fn can_be_tagged(&self) -> bool {
        !matches!(self, Item::Heading(_) | Item::Key(_, _, Some(_)))
    }

    /// Whether there is still such a thing.
    pub fn exists(&self, core: &Core) -> bool {
        let linked = |session: &SessionId, index: &u32, window: &WindowId| {
            let session = core.model.sessions.get(session);
            session
                .and_then(|session| session.windows.get(index))
                .is_some_and(|link| link.0 == *window)
        };
        match self {
            Item::Session(session) => core.model.sessions.contains_key(session),
            Item::Window(session, index, window) => linked(session, index, window),
            Item::Pane(session, index, window, pane) => {
                linked(session, index, window)
                    && core
                        .model
                        .windows
                        .get(window)
                        .is_some_and(|window| window.panes.contains(pane))
            }
            Item::Buffer(name) => core.model.buffers.contains_key(name),
            Item::Client(client) => core.session_of(*client).is_some(),
            Item::Heading(_) | Item::Option(..) | Item::Key(..) => true,
        }
    }

    /// The name in front of the colon.
    pub fn name(&self, core: &Core) -> String {
        match self {
            Item::Session(session) => core
                .model
                .sessions
                .get(session)
                .map(|session| session.name.clone())
                .unwrap_or_default(),
            Item::Window(_, index, _) => index.to_string(),
            Item::Pane(.., pane) => core
                .pane_index(*pane)
                .map(|index| index.to_string())
                .unwrap_or_default(),
            Item::Buffer(name) => name.clone(),
            Item::Client(client) => core
                .model
                .clients
                .get(client)
                .map(|client| client.state.name.clone())
                .unwrap_or_default(),
            Item::Heading(title) => title.clone(),
            Item::Option(_, name, None) => name.clone(),
            Item::Option(_, name, Some(index)) => format!("{name}[{index}]"),
            Item::Key(_, key, None) => key.clone(),
            Item::Key(_, _, Some(part)) => part.name().to_string(),
        }
    }

    /// What formats are about.
    pub fn context(&self, home: &Find) -> FormatContext {
        match self {
            Item::Session(session) => FormatContext {
                session: Some(*session),
                ..FormatContext::default()
            },
            Item::Window(session, index, window) => FormatContext {
                session: Some(*session),
                link: Some(*index),
                window: Some(*window),
                ..FormatContext::default()
            },
            Item::Pane(session, index, window, pane) => FormatContext {
                session: Some(*session),
                link: Some(*index),
                window: Some(*window),
                pane: Some(*pane),
                ..FormatContext::default()
            },
            Item::Buffer(name) => FormatContext {
                buffer: Some(name.clone()),
                ..FormatContext::of(home)
            },
            Item::Client(client) => FormatContext {
                client: Some(*client),
                ..FormatContext::default()
            },
            Item::Heading(_) | Item::Option(..) | Item::Key(..) => FormatContext::of(home),
        }
    }

    /// What `%%` of the command is, and what the command is about.
    pub fn target(&self, core: &Core) -> Option<(String, Option<Find>)> {
        if !self.exists(core) {
            return None;
        }
        let session_name = |session: &SessionId| {
            let session = core.model.sessions.get(session);
            session.map(|session| session.name.clone())
        };
        let find = |session: SessionId, index: u32, window: WindowId, pane: PaneId| Find {
            session: Some(session),
            link: Some(index),
            index: Some(index),
            window: Some(window),
            pane: Some(pane),
        };
        let active = |window: &WindowId| core.model.windows.get(window).map(|w| w.active);
        Some(match self {
            Item::Session(id) => {
                let session = core.model.sessions.get(id)?;
                let window = session.windows.get(&session.current)?.0;
                let find = find(*id, session.current, window, active(&window)?);
                (format!("={}:", session.name), Some(find))
            }
            Item::Window(session, index, window) => (
                format!("={}:{index}.", session_name(session)?),
                Some(find(*session, *index, *window, active(window)?)),
            ),
            Item::Pane(session, index, window, pane) => (
                format!("={}:{index}.{pane}", session_name(session)?),
                Some(find(*session, *index, *window, *pane)),
            ),
            Item::Buffer(_) | Item::Client(_) => (self.name(core), None),
            Item::Heading(_) | Item::Option(..) | Item::Key(..) => return None,
        })
    }

    /// The command that ends it, and the question before it.
    pub fn kill(&self, core: &Core) -> Option<(String, String)> {
        if !self.exists(core) {
            return None;
        }
        let name = self.name(core);
        Some(match self {
            Item::Session(session) => (
                format!("kill-session -t '{session}'"),
                format!("Kill session {name}? "),
            ),
            Item::Window(.., window) => (
                format!("kill-window -t {window}"),
                format!("Kill window {name}? "),
            ),
            Item::Pane(.., pane) => (
                format!("kill-pane -t {pane}"),
                format!("Kill pane {name}? "),
            ),
            _ => return None,
        })
    }

    /// Whether a search finds it.
    pub fn matches(&self, core: &Core, text: &str) -> bool {
        let any_case = text.chars().all(|c| !c.is_ascii_uppercase());
        let has = |inside: &str| match any_case {
            true => inside.to_ascii_lowercase().contains(text),
            false => inside.contains(text),
        };
        match self {
            Item::Window(.., window) => core
                .model
                .windows
                .get(window)
                .is_some_and(|window| has(&window.name)),
            Item::Pane(..) => {
                let context = self.context(&Find::default());
                has(&formats::expand(
                    core,
                    "#{pane_current_command}",
                    &context,
                    false,
                ))
            }
            Item::Buffer(name) => {
                let data = core.model.buffers.get(name).map(|buffer| &buffer.data);
                has(name) || data.is_some_and(|data| has(&String::from_utf8_lossy(data)))
            }
            _ => has(&self.name(core)),
        }
    }
}

//! The subject of a format with all its parts looked up, and the loops over others.

use outlast_lang::format::{Loop, Order};

use super::FormatContext;
use crate::Core;
use crate::model::{Client, Link, Pane, Session, Window};

/// A window next to that of a `W:` loop: its index, whether it is the current one, itself.
pub(crate) type Beside<'a> = (u32, bool, &'a Window);

/// The subject.
pub(crate) struct Scope<'a> {
    pub core: &'a Core,
    pub context: FormatContext,
    pub client: Option<&'a Client>,
    pub session: Option<&'a Session>,
    /// Index and link.
    pub link: Option<(u32, &'a Link)>,
    pub window: Option<&'a Window>,
    pub pane: Option<&'a Pane>,
    /// What kind of thing was asked for (`pane_format` and its like).
    pub kind: &'static str,
    /// The last element of a loop.
    pub last: bool,
    /// In a `W:` loop, the windows before and after this one.
    pub beside: Option<[Option<Beside<'a>>; 2]>,
}

impl<'a> Scope<'a> {
    pub fn new(core: &'a Core, context: FormatContext, last: bool) -> Scope<'a> {
        let model = &core.model;
        let kind = match (
            context.pane,
            context.link.is_some() || context.window.is_some(),
            context.session,
        ) {
            (Some(_), ..) => "pane",
            (None, true, _) => "window",
            (None, false, Some(_)) => "session",
            _ => "",
        };
        let client = context.client.and_then(|id| model.clients.get(&id));
        let pane = context.pane.and_then(|id| model.panes.get(&id));
        let window_id = context
            .window
            .or_else(|| pane.map(|pane| pane.state.window));
        let session_id = context.session.or_else(|| {
            // A window or pane alone is in its best session; a client alone shows one.
            let of_window = window_id
                .and_then(|window| core.find_from_window(window))
                .and_then(|found| found.session);
            of_window.or_else(|| client.and_then(|client| client.state.session))
        });
        let session = session_id
            .and_then(|id| model.sessions.get(&id))
            .map(|session| &**session);
        let link = session.and_then(|session| {
            let index = match (context.link, window_id) {
                (Some(link), _) => link,
                (None, Some(window)) => core.best_link(session.id, window)?,
                (None, None) => session.current,
            };
            session.windows.get_key_value(&index)
        });
        let window_id = window_id.or_else(|| link.map(|(_, (window, _))| *window));
        let window = window_id
            .and_then(|id| model.windows.get(&id))
            .map(|window| &**window);
        let pane = pane.or_else(|| window.and_then(|window| model.panes.get(&window.active)));
        Scope {
            core,
            client,
            session,
            link: link.map(|(index, (_, link))| (*index, link)),
            window,
            pane,
            kind,
            last,
            context,
            beside: None,
        }
    }

    /// An option of a window next to that of a `W:` loop: `next_@name`, `prev_@name`.
    pub fn beside_option(&self, name: &str) -> Option<String> {
        let (at, option) = match (name.strip_prefix("prev_"), name.strip_prefix("next_")) {
            (Some(option), _) => (0, option),
            (_, Some(option)) => (1, option),
            _ => return None,
        };
        if !option.starts_with('@') {
            return None;
        }
        let (_, _, window) = self.beside?[at]?;
        outlast_lang::options::tree::format_text(&[&window.options], option)
    }

    /// The elements of a loop, and whether each is the current one.
    pub fn elements(&self, what: Loop, order: Order) -> Vec<(Scope<'a>, bool)> {
        let base = FormatContext {
            client: self.context.client,
            extra: self.context.extra.clone(),
            no_jobs: self.context.no_jobs,
            ..FormatContext::default()
        };
        let core = self.core;
        let mut contexts: Vec<(FormatContext, bool)> = match what {
            Loop::Sessions => self
                .sorted_sessions(order.by)
                .into_iter()
                .map(|id| {
                    let current = self.client.and_then(|client| client.state.session) == Some(id);
                    (
                        FormatContext {
                            session: Some(id),
                            ..base.clone()
                        },
                        current,
                    )
                })
                .collect(),
            Loop::Windows => {
                let Some(session) = self.session else {
                    return Vec::new();
                };
                let mut links: Vec<(u32, &Window)> = session
                    .windows
                    .iter()
                    .filter_map(|(index, (window, _))| {
                        Some((*index, &**core.model.windows.get(window)?))
                    })
                    .collect();
                match order.by {
                    'n' => links.sort_by(|a, b| a.1.name.cmp(&b.1.name)),
                    't' => links.sort_by_key(|(_, window)| std::cmp::Reverse(window.activity)),
                    _ => {}
                }
                links
                    .into_iter()
                    .map(|(index, window)| {
                        let context = FormatContext {
                            session: Some(session.id),
                            link: Some(index),
                            window: Some(window.id),
                            ..base.clone()
                        };
                        (context, session.current == index)
                    })
                    .collect()
            }
            Loop::Panes => {
                let Some(window) = self.window else {
                    return Vec::new();
                };
                window
                    .panes
                    .iter()
                    .map(|pane| {
                        let context = FormatContext {
                            session: self.session.map(|session| session.id),
                            link: self.link.map(|(index, _)| index),
                            window: Some(window.id),
                            pane: Some(*pane),
                            ..base.clone()
                        };
                        (context, window.active == *pane)
                    })
                    .collect()
            }
            Loop::Clients => {
                let mut clients: Vec<&Client> = core.attached_clients().collect();
                match order.by {
                    'n' => clients.sort_by(|a, b| a.state.name.cmp(&b.state.name)),
                    't' => clients.sort_by_key(|client| std::cmp::Reverse(client.state.used)),
                    _ => {}
                }
                clients
                    .into_iter()
                    .map(|client| {
                        let id = client.state.id;
                        let context = FormatContext {
                            client: Some(id),
                            ..base.clone()
                        };
                        (context, self.context.client == Some(id))
                    })
                    .collect()
            }
        };
        if order.reverse {
            contexts.reverse();
        }
        let count = contexts.len();
        let mut elements: Vec<(Scope<'a>, bool)> = contexts
            .into_iter()
            .enumerate()
            .map(|(at, (context, current))| (Scope::new(core, context, at + 1 == count), current))
            .collect();
        if what == Loop::Windows {
            let windows: Vec<Option<Beside<'a>>> = elements
                .iter()
                .map(|(scope, current)| Some((scope.link?.0, *current, scope.window?)))
                .collect();
            for (at, (scope, _)) in elements.iter_mut().enumerate() {
                let before = at.checked_sub(1).and_then(|at| windows[at]);
                scope.beside = Some([before, windows.get(at + 1).copied().flatten()]);
            }
        }
        elements
    }

    fn sorted_sessions(&self, by: char) -> Vec<crate::SessionId> {
        let core = self.core;
        let mut ids = core.sessions_by_name();
        match by {
            'n' => {}
            't' => ids.sort_by_key(|id| {
                std::cmp::Reverse(core.model.sessions.get(id).map(|session| session.used))
            }),
            'i' => ids.sort(),
            // tmux's default is the order of making; names when that is the same.
            _ => ids.sort(),
        }
        ids
    }
}

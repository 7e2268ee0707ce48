//! What a target means: the words of `-t` (cut by `outlast_lang::target`) found among sessions, windows and panes.
//!
//! Source: tmux(1), TARGETS. Each word is tried as an id, exactly, as a client, as a beginning, as a pattern; two
//! matches are none.

mod best;
mod from;
mod lookup;

use outlast_lang::target::{Kind, Target, Whole, split, whole};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::commands::find;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::queue::State;
use lookup::Lookup;
pub use lookup::step;

/// A place: a session, the link in it, the window, the pane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Find {
    /// Session.
    pub session: Option<SessionId>,
    /// Index of the window in the session.
    pub link: Option<u32>,
    /// The index that was asked for (`find::WINDOW_INDEX`); there need be no window.
    #[serde(default)]
    pub index: Option<u32>,
    /// Window.
    pub window: Option<WindowId>,
    /// Pane.
    pub pane: Option<PaneId>,
}

impl Core {
    /// Finds a target; Err is tmux's text, empty where the command wants nothing said.
    pub fn find_target(
        &self,
        client: Option<ClientId>,
        state: &State,
        text: Option<&str>,
        kind: Kind,
        how: u8,
    ) -> Result<Find, String> {
        let mut partly = None;
        match self.look(client, state, text.unwrap_or(""), (kind, how), &mut partly) {
            Ok(found) => Ok(found),
            // The session alone may have been found, and then formats are about it.
            Err(_) if how & find::CANFAIL != 0 => Ok(Find {
                session: partly,
                ..Find::default()
            }),
            Err(_) if how & find::QUIET != 0 => Err(String::new()),
            Err(error) => Err(error),
        }
    }

    fn look(
        &self,
        client: Option<ClientId>,
        state: &State,
        text: &str,
        (kind, how): (Kind, u8),
        partly: &mut Option<SessionId>,
    ) -> Result<Find, String> {
        let marked = self.marked();
        let current = match &marked {
            Some(marked) if how & find::DEFAULT_MARKED != 0 => marked.clone(),
            _ if self.is_valid(&state.current) => state.current.clone(),
            _ => self
                .find_from_client(client, how)
                .filter(|f| self.is_valid(f))
                .ok_or("no current target")?,
        };
        match whole(text) {
            Some(Whole::Current) => return Ok(self.current(current, how)),
            Some(Whole::Active) => {
                let session = client
                    .and_then(|client| self.session_of(client))
                    .ok_or("no current client")?;
                return Ok(self.find_from_session(session));
            }
            Some(Whole::Mouse) => {
                return self
                    .mouse_target(state, kind)
                    .ok_or_else(|| "no mouse target".to_string());
            }
            Some(Whole::Marked) => return marked.ok_or_else(|| "no marked target".to_string()),
            None => {}
        }
        let words = split(text, kind);
        if words.pane.is_some() && how & find::WINDOW_INDEX != 0 {
            return Err("can't specify pane here".to_string());
        }
        if words
            == (Target {
                window_only: words.window_only,
                pane_only: words.pane_only,
                ..Target::default()
            })
        {
            return Ok(self.current(current, how));
        }
        let mut lookup = Lookup::new(self, current, how, &words);
        let result = lookup.find(words);
        *partly = lookup.found.session;
        result.map(|()| lookup.found)
    }

    fn current(&self, mut current: Find, how: u8) -> Find {
        if how & find::WINDOW_INDEX != 0 {
            current.index = None;
        }
        current
    }

    /// The marked pane, in the session that it was marked in or the best one.
    pub fn marked(&self) -> Option<Find> {
        let global = &self.model.global;
        let found = self.find_from_pane(global.marked?)?;
        let own = global.marked_in.map(|(session, link)| Find {
            pane: found.pane,
            ..self.find_from_link(session, link)
        });
        Some(
            own.filter(|own| own.window == found.window)
                .unwrap_or(found),
        )
    }

    /// The place that the mouse event of a key has hit.
    pub(crate) fn mouse_target(&self, state: &State, kind: Kind) -> Option<Find> {
        let mouse = state.mouse.as_ref()?;
        if let (Kind::Pane, Some(pane)) = (kind, mouse.pane) {
            let window = self.model.panes.get(&pane)?.state.window;
            let session = mouse.session?;
            let link = self.best_link(session, window)?;
            return Some(Find {
                pane: Some(pane),
                ..self.find_from_link(session, link)
            });
        }
        let session = mouse.session?;
        let link = mouse.window.or_else(|| {
            let window = self.model.panes.get(&mouse.pane?)?.state.window;
            self.best_link(session, window)
        });
        let link = link.or_else(|| {
            self.model
                .sessions
                .get(&session)
                .map(|session| session.current)
        })?;
        Some(self.find_from_link(session, link)).filter(|found| found.window.is_some())
    }
}

/// The number of an id such as `%3`.
pub fn id(text: &str, sigil: char) -> Option<u32> {
    text.strip_prefix(sigil)?.parse().ok()
}

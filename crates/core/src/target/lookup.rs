//! The words of a target, each tried as an id, exactly, as a client, as a beginning, as a pattern; two matches are none.

use outlast_lang::glob::matches;
use outlast_lang::target::{Target, exact};

use super::{Find, id};
use crate::Core;
use crate::commands::find;
use crate::model::ids::{PaneId, SessionId, WindowId};
use crate::neighbours::Side;

/// Why a word names nothing; the texts are made where the word is known.
struct Missing;

type Found<T = ()> = Result<T, Missing>;

/// One search: what has been found so far and how to go on.
pub(super) struct Lookup<'a> {
    core: &'a Core,
    current: Find,
    pub(super) found: Find,
    index_only: bool,
    exact_session: bool,
    exact_window: bool,
    how: u8,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(core: &'a Core, current: Find, how: u8, words: &Target) -> Lookup<'a> {
        let is_exact = |word: &Option<String>| word.as_deref().is_some_and(|word| exact(word).1);
        Lookup {
            core,
            current,
            found: Find::default(),
            index_only: how & find::WINDOW_INDEX != 0,
            exact_session: how & find::EXACT_SESSION != 0 || is_exact(&words.session),
            exact_window: how & find::EXACT_WINDOW != 0 || is_exact(&words.window),
            how,
        }
    }

    pub(super) fn find(&mut self, words: Target) -> Result<(), String> {
        let session = words.session.as_deref().map(|word| exact(word).0);
        let window = words.window.as_deref().map(|word| exact(word).0);
        let pane = words.pane.as_deref();
        let no_session = |name: &str| format!("can't find session: {name}");
        let no_window = |name: &str| format!("can't find window: {name}");
        let no_pane = |name: &str| format!("can't find pane: {name}");
        match (session, window, pane) {
            (Some(session), window, pane) => {
                self.session(session)
                    .map_err(|Missing| no_session(session))?;
                match (window, pane) {
                    (None, None) => {
                        self.use_current_window();
                        self.found.index = None;
                        self.use_active_pane();
                    }
                    (Some(window), None) => {
                        self.window_in_session(window)
                            .map_err(|Missing| no_window(window))?;
                        self.use_active_pane();
                    }
                    (None, Some(pane)) => self
                        .pane_in_session(pane)
                        .map_err(|Missing| no_pane(pane))?,
                    (Some(window), Some(pane)) => {
                        self.window_in_session(window)
                            .map_err(|Missing| no_window(window))?;
                        self.pane_in_window(pane).map_err(|Missing| no_pane(pane))?;
                    }
                }
            }
            (None, Some(window), pane) => {
                self.window(window, words.window_only)
                    .map_err(|Missing| no_window(window))?;
                match pane {
                    Some(pane) => self.pane_in_window(pane).map_err(|Missing| no_pane(pane))?,
                    None => self.use_active_pane(),
                }
            }
            (None, None, Some(pane)) => self
                .pane(pane, words.pane_only)
                .map_err(|Missing| no_pane(pane))?,
            (None, None, None) => self.found = self.current.clone(),
        }
        Ok(())
    }

    fn sessions(&self) -> impl Iterator<Item = (SessionId, &'a str)> + use<'a> {
        self.core
            .model
            .sessions
            .values()
            .map(|session| (session.id, session.name.as_str()))
    }

    fn links(&self) -> Found<Vec<(u32, &'a str)>> {
        let session = self
            .found
            .session
            .and_then(|id| self.core.model.sessions.get(&id))
            .ok_or(Missing)?;
        let name = |window: &WindowId| {
            self.core
                .model
                .windows
                .get(window)
                .map_or("", |window| window.name.as_str())
        };
        Ok(session
            .windows
            .iter()
            .map(|(index, (window, _))| (*index, name(window)))
            .collect())
    }

    fn use_link(&mut self, link: u32) {
        let session = self
            .found
            .session
            .and_then(|id| self.core.model.sessions.get(&id));
        self.found.link = Some(link);
        self.found.index = Some(link);
        self.found.window = session
            .and_then(|session| session.windows.get(&link))
            .map(|link| link.0);
    }

    fn use_current_window(&mut self) {
        let session = self
            .found
            .session
            .and_then(|id| self.core.model.sessions.get(&id));
        if let Some(current) = session.map(|session| session.current) {
            self.use_link(current);
        }
    }

    fn use_active_pane(&mut self) {
        self.found.pane = self.core.active_pane(self.found.window);
    }

    fn use_best_link(&mut self, window: WindowId) -> Found {
        let session = self.found.session.ok_or(Missing)?;
        let link = self.core.best_link(session, window).ok_or(Missing)?;
        self.use_link(link);
        Ok(())
    }

    fn session(&mut self, name: &str) -> Found {
        self.found.session = None;
        self.found.session = Some(self.session_named(name)?);
        Ok(())
    }

    fn session_named(&self, name: &str) -> Found<SessionId> {
        if name.starts_with('$') {
            let session = id(name, '$').map(SessionId).ok_or(Missing)?;
            return self
                .core
                .model
                .sessions
                .contains_key(&session)
                .then_some(session)
                .ok_or(Missing);
        }
        if let Some((session, _)) = self.sessions().find(|(_, other)| *other == name) {
            return Ok(session);
        }
        if let Some(session) = self
            .core
            .find_client(None, Some(name))
            .ok()
            .and_then(|c| self.core.session_of(c))
        {
            return Ok(session);
        }
        if self.exact_session {
            return Err(Missing);
        }
        match only(self.sessions().filter(|(_, other)| other.starts_with(name))) {
            Only::None => {}
            Only::One((session, _)) => return Ok(session),
            Only::Many => return Err(Missing),
        }
        match only(
            self.sessions()
                .filter(|(_, other)| matches(name, other, false)),
        ) {
            Only::One((session, _)) => Ok(session),
            _ => Err(Missing),
        }
    }

    fn window(&mut self, name: &str, window_only: bool) -> Found {
        if name.starts_with('@') {
            let window = id(name, '@').map(WindowId).ok_or(Missing)?;
            self.found.session = Some(
                self.core
                    .best_session_with(window, self.how)
                    .ok_or(Missing)?,
            );
            return self.use_best_link(window);
        }
        self.found.session = self.current.session;
        if self.window_in_session(name).is_ok() {
            return Ok(());
        }
        if window_only {
            return Err(Missing);
        }
        self.session(name)?;
        self.use_current_window();
        if self.index_only {
            self.found.index = None;
        }
        Ok(())
    }

    fn window_in_session(&mut self, name: &str) -> Found {
        let session = self
            .found
            .session
            .and_then(|id| self.core.model.sessions.get(&id))
            .ok_or(Missing)?;
        self.use_current_window();
        self.found.index = None;
        if name.starts_with('@') {
            let window = id(name, '@').map(WindowId).ok_or(Missing)?;
            return self.use_best_link(window);
        }
        let sign = name.chars().next().filter(|sign| matches!(sign, '+' | '-'));
        if let (Some(sign), false) = (sign, self.exact_window) {
            let n = if name.len() == 1 {
                1
            } else {
                name[1..].parse::<u32>().unwrap_or(0)
            };
            if self.index_only {
                let index = match sign {
                    '+' => session
                        .current
                        .checked_add(n)
                        .filter(|index| *index <= i32::MAX as u32),
                    _ => session.current.checked_sub(n),
                };
                self.found.index = Some(index.ok_or(Missing)?);
                return Ok(());
            }
            let n = if sign == '+' {
                i64::from(n)
            } else {
                -i64::from(n)
            };
            self.use_link(step(&session.windows, session.current, n).ok_or(Missing)?);
            return Ok(());
        }
        if !self.exact_window {
            let special = match name {
                "!" => Some(session.last.first().copied()),
                "^" => Some(session.windows.keys().next().copied()),
                "$" => Some(session.windows.keys().next_back().copied()),
                _ => None,
            };
            if let Some(link) = special {
                self.use_link(link.ok_or(Missing)?);
                return Ok(());
            }
        }
        if let Some(index) = name
            .parse::<u32>()
            .ok()
            .filter(|index| sign.is_none() && *index <= i32::MAX as u32)
        {
            if session.windows.contains_key(&index) {
                self.use_link(index);
                return Ok(());
            }
            if self.index_only {
                self.found.index = Some(index);
                return Ok(());
            }
        }
        let links = self.links()?;
        match only(links.iter().filter(|(_, other)| *other == name)) {
            Only::None => {}
            Only::One((link, _)) => {
                self.use_link(*link);
                return Ok(());
            }
            Only::Many => return Err(Missing),
        }
        if self.exact_window {
            return Err(Missing);
        }
        match only(links.iter().filter(|(_, other)| other.starts_with(name))) {
            Only::None => {}
            Only::One((link, _)) => {
                self.use_link(*link);
                return Ok(());
            }
            Only::Many => return Err(Missing),
        }
        match only(
            links
                .iter()
                .filter(|(_, other)| matches(name, other, false)),
        ) {
            Only::One((link, _)) => {
                self.use_link(*link);
                Ok(())
            }
            _ => Err(Missing),
        }
    }

    fn pane(&mut self, name: &str, pane_only: bool) -> Found {
        if name.starts_with('%') {
            let (pane, window) = self.pane_of_id(name)?;
            self.found.session = Some(
                self.core
                    .best_session_with(window, self.how)
                    .ok_or(Missing)?,
            );
            self.use_best_link(window)?;
            self.found.pane = Some(pane);
            return Ok(());
        }
        self.found = Find {
            pane: None,
            ..self.current.clone()
        };
        if self.pane_in_window(name).is_ok() {
            return Ok(());
        }
        if pane_only {
            return Err(Missing);
        }
        self.window(name, false)?;
        self.use_active_pane();
        Ok(())
    }

    fn pane_in_session(&mut self, name: &str) -> Found {
        if name.starts_with('%') {
            let (pane, window) = self.pane_of_id(name)?;
            self.use_best_link(window)?;
            self.found.pane = Some(pane);
            return Ok(());
        }
        self.use_current_window();
        self.pane_in_window(name)
    }

    fn pane_of_id(&self, name: &str) -> Found<(PaneId, WindowId)> {
        let pane = id(name, '%').map(PaneId).ok_or(Missing)?;
        let window = self
            .core
            .model
            .panes
            .get(&pane)
            .filter(|pane| pane.state.popup.is_none())
            .ok_or(Missing)?
            .state
            .window;
        Ok((pane, window))
    }

    fn pane_in_window(&mut self, name: &str) -> Found {
        let window_id = self.found.window.ok_or(Missing)?;
        let window = self.core.model.windows.get(&window_id).ok_or(Missing)?;
        let active = window.active;
        let pane = if name.starts_with('%') {
            let (pane, of) = self.pane_of_id(name)?;
            Some(pane).filter(|_| of == window_id).ok_or(Missing)?
        } else {
            match name {
                "!" => *window.last.first().ok_or(Missing)?,
                "{up-of}" => self.core.neighbour(active, Side::Up).ok_or(Missing)?,
                "{down-of}" => self.core.neighbour(active, Side::Down).ok_or(Missing)?,
                "{left-of}" => self.core.neighbour(active, Side::Left).ok_or(Missing)?,
                "{right-of}" => self.core.neighbour(active, Side::Right).ok_or(Missing)?,
                _ => self.pane_by_number(window_id, name).ok_or(Missing)?,
            }
        };
        self.found.pane = Some(pane);
        Ok(())
    }

    fn pane_by_number(&self, id: WindowId, name: &str) -> Option<PaneId> {
        let window = self.core.model.windows.get(&id)?;
        if let Some(sign) = name.chars().next().filter(|sign| matches!(sign, '+' | '-')) {
            let n = if name.len() == 1 {
                1
            } else {
                name[1..].parse::<i64>().unwrap_or(0)
            };
            let count = window.panes.len() as i64;
            let at = window
                .panes
                .iter()
                .position(|pane| *pane == window.active)? as i64;
            let at = if sign == '+' {
                at + n % count
            } else {
                at - n % count
            };
            return window.panes.get(at.rem_euclid(count) as usize).copied();
        }
        if let Ok(index) = name.parse::<i64>() {
            let index = index - self.core.window_chain(id).number("pane-base-index");
            if let Some(pane) = usize::try_from(index)
                .ok()
                .and_then(|at| window.panes.get(at))
            {
                return Some(*pane);
            }
        }
        self.core.pane_at_place(id, name)
    }
}

/// The index `n` links on (or back) from `from`, round the ends.
pub fn step<T>(links: &std::collections::BTreeMap<u32, T>, from: u32, n: i64) -> Option<u32> {
    let keys: Vec<u32> = links.keys().copied().collect();
    let at = keys.iter().position(|key| *key == from)? as i64;
    keys.get((at + n).rem_euclid(keys.len() as i64) as usize)
        .copied()
}

enum Only<T> {
    None,
    One(T),
    Many,
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Only<T> {
    match (items.next(), items.next()) {
        (None, _) => Only::None,
        (Some(item), None) => Only::One(item),
        (Some(_), Some(_)) => Only::Many,
    }
}

//! What a target means: the words of `-t` (cut by `outlast_lang::target`) found among sessions, windows and panes.
//!
//! Source: tmux(1), TARGETS. Each word is tried as an id, exactly, as a client, as a beginning, as a pattern; two
//! matches are none.

use outlast_lang::target::{Kind, Target, Whole, exact, split, whole};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::commands::find;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::neighbours::Side;
use crate::queue::State;

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

/// Why a word names nothing; the texts are made where the word is known.
struct Missing;

type Found<T = ()> = Result<T, Missing>;

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
                .find(|pane| pane.state.dead.is_none() && pane.state.tty == tty)
                .map(|p| p.state.id)
        };
        let tty = Some(info.tty.as_str()).filter(|tty| !tty.is_empty());
        tty.and_then(by_tty).or_else(|| {
            let value = info
                .env
                .iter()
                .find(|(name, _)| name == "TMUX_PANE")
                .map(|(_, value)| value)?;
            id(value, '%')
                .map(PaneId)
                .filter(|pane| self.model.panes.contains_key(pane))
        })
    }

    fn active_pane(&self, window: Option<WindowId>) -> Option<PaneId> {
        window
            .and_then(|window| self.model.windows.get(&window))
            .map(|window| window.active)
    }

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

    fn best_session_with(&self, window: WindowId, how: u8) -> Option<SessionId> {
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

    fn mouse_target(&self, state: &State, kind: Kind) -> Option<Find> {
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

/// One search: what has been found so far and how to go on.
struct Lookup<'a> {
    core: &'a Core,
    current: Find,
    found: Find,
    index_only: bool,
    exact_session: bool,
    exact_window: bool,
    how: u8,
}

impl<'a> Lookup<'a> {
    fn new(core: &'a Core, current: Find, how: u8, words: &Target) -> Lookup<'a> {
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

    fn find(&mut self, words: Target) -> Result<(), String> {
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
        match only(self.sessions().filter(|(_, other)| matches(name, other))) {
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
        match only(links.iter().filter(|(_, other)| matches(name, other))) {
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

/// Shell pattern: `*`, `?`, `[a-z]`, `[!a]`, `\x`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last star: the pattern behind it, and the text that it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(_) if t < text.len() => one(&pattern[p..], text[t]),
            None if t == text.len() => return true,
            _ => None,
        };
        match (step, star) {
            (Some(len), _) => {
                p += len;
                t += 1;
            }
            (None, Some((after, swallowed))) if swallowed < text.len() => {
                star = Some((after, swallowed + 1));
                (p, t) = (after, swallowed + 1);
            }
            _ => return false,
        }
    }
}

/// How many pattern characters match one character of text.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', literal, ..] => (*literal == c).then_some(2),
        ['[', rest @ ..] => {
            let negated = matches!(rest.first(), Some('!' | '^'));
            let start = usize::from(negated);
            let end = rest
                .iter()
                .skip(start + 1)
                .position(|x| *x == ']')
                .map(|at| at + start + 1);
            let Some(end) = end else {
                return (c == '[').then_some(1);
            };
            let set = &rest[start..end];
            let mut at = 0;
            let mut hit = false;
            while at < set.len() {
                if at + 2 < set.len() && set[at + 1] == '-' {
                    hit |= (set[at]..=set[at + 2]).contains(&c);
                    at += 3;
                } else {
                    hit |= set[at] == c;
                    at += 1;
                }
            }
            (hit != negated).then_some(end + 2)
        }
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*", "", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("\\*", "*", true),
            ("*foo*bar", "xfooybar", true),
            ("[", "[", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

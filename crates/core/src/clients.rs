//! Clients: coming, attaching, switching, leaving; what is printed for them.

use outlast_term::Size;

mod leave;
mod print;

use crate::event::ClientInfo;
use crate::model::client::{Client, ClientState};
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::queue::{Action, State};
use crate::{Core, Effect};

/// Terminals by TERM_PROGRAM, and what they are known to have whatever TERM says.
const PROGRAMS: &[(&str, &str)] = &[
    ("ghostty", "notify"),
    ("iTerm.app", "notify9"),
    ("WezTerm", "notify"),
    ("kitty", "notify99"),
];

impl Core {
    /// A client has connected.
    pub(crate) fn connected(&mut self, client: ClientId, info: ClientInfo) {
        if !self.model.global.had_client {
            self.model.global.had_client = true;
            self.model.global.config_client = Some(client);
            self.adopt_environment(&info.env);
            let files = self.model.global.waiting_config.take();
            if let Some(files) = files {
                self.config_files(files);
            }
        }
        let name = if info.tty.is_empty() {
            format!("client-{}", info.pid)
        } else {
            info.tty.clone()
        };
        let control = info.flags.iter().any(|flag| flag == crate::CONTROL);
        let (cols, rows) = match control {
            true => (80, 24),
            false => (info.cols, info.rows),
        };
        let state = ClientState {
            id: client,
            cols,
            rows,
            control: control.then(Box::default),
            name,
            created: self.now.unix,
            activity: self.now.unix,
            standing: info.standing,
            ..ClientState::new(info)
        };
        self.model.clients.insert(client, Client::new(state));
    }

    /// The session that a client shows.
    pub fn session_of(&self, client: ClientId) -> Option<SessionId> {
        self.model
            .clients
            .get(&client)
            .and_then(|client| client.state.session)
    }

    /// Clients that show a session.
    pub fn attached_clients(&self) -> impl Iterator<Item = &Client> {
        self.model
            .clients
            .values()
            .filter(|client| client.state.session.is_some() && !client.state.leaving)
    }

    /// Attached clients and the sizes of their terminals as last heard.
    pub fn client_sizes(&self) -> Vec<(ClientId, Size)> {
        self.attached_clients()
            .map(|c| (c.state.id, Size::new(c.state.cols, c.state.rows)))
            .collect()
    }

    /// How many clients show a session (those stopped by suspend-client are not counted).
    pub fn attached_count(&self, session: SessionId) -> usize {
        self.attached_clients()
            .filter(|client| client.state.session == Some(session) && !client.state.suspended)
            .count()
    }

    /// attach -r, or server-access has it so.
    pub fn is_read_only(&self, client: ClientId) -> bool {
        self.model
            .clients
            .get(&client)
            .is_some_and(|client| client.state.read_only || self.only_looks(client.state.info.uid))
    }

    /// The pane that has the client's keyboard.
    pub fn pane_of(&self, client: ClientId) -> Option<PaneId> {
        let session = self.model.sessions.get(&self.session_of(client)?)?;
        let window = session.windows.get(&session.current)?.0;
        crate::draw::active_pane(self, client, window)
    }

    /// Marks a client for drawing.
    pub fn touch_client(&mut self, client: ClientId) {
        if let Some(client) = self.model.clients.get_mut(&client) {
            client.stale = true;
        }
    }

    /// Marks all clients for drawing; formats are expanded again.
    pub fn touch_all(&mut self) {
        crate::draw::refresh_all(self);
    }

    /// A client's command line has run to its end.
    pub(crate) fn command_line_done(&mut self, client: Option<ClientId>) {
        let Some(id) = client else { return };
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        if !client.state.attached && !client.state.leaving {
            let status = client.state.status;
            self.leave(id, status, "");
        }
    }

    /// Whether a client may take a terminal; Err is the text after "open terminal failed: ".
    pub fn can_open_terminal(&self, client: ClientId) -> Result<(), String> {
        let Some(client) = self.model.clients.get(&client) else {
            return Err("not a terminal".to_string());
        };
        if client.state.control.is_some() {
            return Ok(());
        }
        let info = &client.state.info;
        match (info.tty.as_str(), info.term.as_str()) {
            ("/dev/tty", _) => Err("can't use /dev/tty".to_string()),
            ("", _) => Err("not a terminal".to_string()),
            (_, "dumb") => Err("terminal does not support clear".to_string()),
            (_, "") => Err("missing or unsuitable terminal: unknown".to_string()),
            _ => Ok(()),
        }
    }

    /// `$TMUX` in the client's environment, and its terminal is one of our panes.
    pub fn is_nested(&self, client: ClientId) -> bool {
        self.below(client).is_some()
    }

    /// For who calls us `outlast` in a pane: the client that shows this pane's session and was used last. It goes where
    /// another inside it would have shown the same. As `tmux`, and where nobody looks on, nesting is refused.
    pub(crate) fn outer_client(&self, client: ClientId) -> Option<ClientId> {
        let pane = self.below(client)?;
        if !self.model.clients.get(&client)?.state.info.hints {
            return None;
        }
        let sessions = self.sessions_with(self.model.panes.get(&pane)?.state.window);
        self.attached_clients()
            .filter(|outer| outer.state.session.is_some_and(|of| sessions.contains(&of)))
            .max_by_key(|outer| (outer.state.used, std::cmp::Reverse(outer.state.id)))
            .map(|outer| outer.state.id)
    }

    /// The pane whose terminal is the client's.
    fn below(&self, client: ClientId) -> Option<PaneId> {
        let info = &self.model.clients.get(&client)?.state.info;
        let in_tmux = info
            .env
            .iter()
            .any(|(name, value)| name == "TMUX" && !value.is_empty());
        let mut panes = self.model.panes.values().map(|pane| &*pane.state);
        // A session in a popup is no nesting, as in tmux: the popup shows it and goes with it.
        let pane = panes
            .find(|pane| pane.dead.is_none() && pane.popup.is_none() && pane.tty == info.tty)?;
        (in_tmux && !info.tty.is_empty()).then_some(pane.id)
    }

    /// `-f`: comma separated flags, each set or (with `!`) taken away; unknown ones are passed over.
    pub(crate) fn set_client_flags(&mut self, id: ClientId, flags: &str) {
        for word in flags.split(',') {
            let (word, on) = match word.strip_prefix('!') {
                Some(word) => (word, false),
                None => (word, true),
            };
            if self.set_control_flag(id, word, on) {
                continue;
            }
            let Some(client) = self.model.clients.get_mut(&id) else {
                return;
            };
            match word {
                "active-pane" => client.state.active_pane = on,
                "ignore-size" => client.state.ignore_size = on,
                "no-detach-on-destroy" => client.state.no_detach = on,
                // Taking it away again needs switch-client -r.
                "read-only" if on => client.state.read_only = true,
                _ => {}
            }
        }
        self.sizes_stale = true;
    }

    /// Takes the client's terminal and shows a session on it; the caller has asked whether it may.
    pub(crate) fn attach(&mut self, id: ClientId, session: SessionId) {
        let features = self.features_of(id);
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        let first = !client.state.attached;
        client.state.attached = true;
        client.state.suspended = false;
        if first && client.state.control.is_none() {
            client.ready = true;
            self.rules_may_differ();
            self.emit(Effect::Attach {
                client: id,
                features,
            });
        }
        self.set_session(id, session);
        if let Some(client) = self.model.clients.get_mut(&id) {
            client.state.key_table = None;
        }
        if first {
            self.notify_client("client-attached", id);
        }
    }

    /// TERM and what terminal-features say of it: `xterm*:clipboard:…` rows whose pattern fits.
    pub(crate) fn features_of(&self, id: ClientId) -> String {
        let Some(client) = self.model.clients.get(&id) else {
            return String::new();
        };
        let info = &client.state.info;
        let mut features = info.term.clone();
        for row in self.server_chain().array("terminal-features") {
            if let Some((pattern, rest)) = row.split_once(':')
                && outlast_lang::glob::matches(pattern, &info.term, false)
            {
                features.push(',');
                features.push_str(&rest.replace(':', ","));
            }
        }
        for row in self.server_chain().array("terminal-overrides") {
            if let Some((pattern, rest)) = row.split_once(':')
                && outlast_lang::glob::matches(pattern, &info.term, false)
            {
                for feature in rest
                    .split(':')
                    .filter_map(outlast_term::paint::terminfo::feature)
                {
                    features.push(',');
                    features.push_str(&feature);
                }
            }
        }
        for flag in &info.flags {
            match flag.as_str() {
                "-2" => features.push_str(",256"),
                "-u" => features.push_str(",utf8"),
                _ => {
                    if let Some(more) = flag.strip_prefix("-T") {
                        features.push(',');
                        features.push_str(&more.replace(':', ","));
                    }
                }
            }
        }
        // Half of all terminals call themselves xterm in TERM and say here who they are. Inside another multiplexer it
        // is not that terminal that reads.
        let value = |name: &str| {
            let of = info.env.iter().find(|(known, _)| known == name);
            of.map_or("", |(_, value)| value.as_str())
        };
        let outer = value("TMUX").is_empty() && value("STY").is_empty();
        if let Some((_, more)) = PROGRAMS
            .iter()
            .find(|(name, _)| outer && value("TERM_PROGRAM") == *name)
        {
            features.push(',');
            features.push_str(more);
        }
        features
    }

    /// Shows another session.
    pub(crate) fn set_session(&mut self, id: ClientId, session: SessionId) {
        let unix = self.now.unix;
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        if let Some(old) = client.state.session.filter(|old| *old != session) {
            client.state.last_session = Some(old);
        }
        client.state.session = Some(session);
        client.state.pan = None;
        client.stale = true;
        let Some(state) = self.model.sessions.get_mut(&session) else {
            return;
        };
        state.last_attached = unix;
        let current = state.current;
        if let Some((window, link)) = state.windows.get_mut(&current) {
            let window = *window;
            link.clear();
            if let Some(window) = self.model.windows.get_mut(&window) {
                window.latest = Some(id);
            }
        }
        self.use_session(session);
        self.sizes_stale = true;
        self.unattached_stale = true;
        self.notify_client("client-session-changed", id);
        self.touch_all();
    }

    /// The session has been used: it is the newest now.
    pub(crate) fn use_session(&mut self, session: SessionId) {
        let unix = self.now.unix;
        let newest = self.model.global.next_use;
        let Some(state) = self.model.sessions.get(&session) else {
            return;
        };
        if state.used != newest || newest == 0 {
            self.model.global.next_use += 1;
            let used = self.model.global.next_use;
            if let Some(state) = self.model.sessions.get_mut(&session) {
                state.used = used;
            }
        }
        if self
            .model
            .sessions
            .get(&session)
            .is_some_and(|state| state.activity != unix)
            && let Some(state) = self.model.sessions.get_mut(&session)
        {
            state.activity = unix;
        }
    }

    /// A client has typed: it and its session are the newest, its size counts for `window-size latest`.
    pub fn use_client(&mut self, id: ClientId) {
        let unix = self.now.unix;
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        let Some(session) = client.state.session else {
            return;
        };
        let newest = self
            .model
            .clients
            .values()
            .map(|client| client.state.used)
            .max()
            .unwrap_or(0);
        let (used, activity) = (client.state.used, client.state.activity);
        if (used != newest || newest == 0 || activity != unix)
            && let Some(client) = self.model.clients.get_mut(&id)
        {
            if used != newest || newest == 0 {
                client.state.used = newest + 1;
            }
            client.state.activity = unix;
        }
        self.use_session(session);
        let window = self
            .model
            .sessions
            .get(&session)
            .and_then(|s| s.windows.get(&s.current))
            .map(|link| link.0);
        let Some(window) = window.and_then(|window| self.model.windows.get_mut(&window)) else {
            return;
        };
        if window.latest != Some(id) {
            window.latest = Some(id);
            self.sizes_stale = true;
            self.notify_client("client-active", id);
        }
    }

    /// A client's terminal has a new size.
    pub(crate) fn client_resized(&mut self, id: ClientId, size: Size) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        // Its size is what it says itself (refresh-client -C).
        if client.state.control.is_some() {
            return;
        }
        if (client.state.cols, client.state.rows) != (size.cols, size.rows) {
            client.state.cols = size.cols;
            client.state.rows = size.rows;
            client.state.pan = None;
            client.stale = true;
            self.sizes_stale = true;
            crate::overlay::resized(self, id);
            self.notify_client("client-resized", id);
        }
    }

    /// Runs the command line of a client: its words, or default-client-command.
    pub(crate) fn command_line(&mut self, id: ClientId, argv: &[String]) {
        if !self.model.clients.contains_key(&id) {
            return;
        }
        if self.waits_for_config(Some(id)) {
            // Aliases and the environment are those of the configuration.
            self.append_action(Some(id), Action::CommandLine(argv.to_vec()));
            return;
        }
        // The option may hold anybody's words.
        let proof = self.words_proof(id).filter(|_| !argv.is_empty());
        let parsed = if argv.is_empty() {
            let text = self.server_chain().text("default-client-command");
            self.parse_commands(if text.is_empty() {
                "new-session"
            } else {
                &text
            })
        } else {
            self.parse_argv(argv)
        };
        match parsed {
            Ok(list) if self.is_read_only(id) && !crate::bridge::all_read_only(&list) => {
                let error = "client is read-only".to_string();
                self.append_action(Some(id), Action::Error(error));
            }
            Ok(list) => {
                let state = State {
                    proof: proof.filter(|_| !self.aliased),
                    own: !argv.is_empty() && !self.aliased,
                    ..State::default()
                };
                self.append_as(Some(id), &list, state);
            }
            Err(error) => self.append_action(Some(id), Action::Error(error)),
        }
        self.append_action(Some(id), Action::Done);
    }
}

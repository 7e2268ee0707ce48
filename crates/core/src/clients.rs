//! Clients: coming, attaching, switching, leaving; what is printed for them.

use outlast_term::Size;
use outlast_term::keys::decode::Decoder;
use std::sync::Arc;

use crate::event::ClientInfo;
use crate::mode::{self, MessageTime};
use crate::model::client::{Client, ClientState};
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::queue::Action;
use crate::save::Tracked;
use crate::{Core, Effect, hints};

impl Core {
    /// A client has connected.
    pub(crate) fn connected(&mut self, client: ClientId, info: ClientInfo) {
        if !self.model.global.had_client {
            self.model.global.had_client = true;
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
        let state = ClientState {
            id: client,
            cols: info.cols,
            rows: info.rows,
            name,
            created: self.now.unix,
            activity: self.now.unix,
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

    /// attach -r.
    pub fn is_read_only(&self, client: ClientId) -> bool {
        self.model
            .clients
            .get(&client)
            .is_some_and(|client| client.state.read_only)
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

    /// A line on a client's stdout; in a pane's view or on the status line when it is attached.
    pub fn print(&mut self, client: Option<ClientId>, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(b'\n');
        self.print_bytes(client, 1, bytes);
    }

    /// Bytes for a client's stdout (1) or stderr (2).
    pub fn print_bytes(&mut self, client: Option<ClientId>, stream: u8, bytes: Vec<u8>) {
        let Some(id) = client else { return };
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        if client.state.session.is_none() {
            self.emit(Effect::Print {
                client: id,
                stream,
                bytes,
            });
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        mode::print(self, id, text.trim_end_matches('\n'));
    }

    /// An error: on stderr with exit status 1, or as a message when attached; of nobody, into the configuration's
    /// errors.
    pub fn error(&mut self, client: Option<ClientId>, place: Option<(String, u32)>, text: &str) {
        let known = client.and_then(|id| Some((id, self.model.clients.get_mut(&id)?)));
        let Some((id, client)) = known else {
            let text = match place {
                Some((file, line)) => format!("{file}:{line}: {text}"),
                None => text.to_string(),
            };
            self.model.global.config_errors.push(text);
            return;
        };
        if client.state.session.is_some() {
            let mut chars = text.chars();
            let first: String = chars
                .next()
                .into_iter()
                .map(|c| c.to_ascii_uppercase())
                .collect();
            let text = first + chars.as_str();
            mode::message(self, id, &text, MessageTime::Default, false, false);
            return;
        }
        client.state.status = 1;
        let mut bytes = format!("{text}\n");
        if client.state.info.hints
            && let Some(hint) = hints::of(text)
        {
            bytes.push_str(&hint);
            bytes.push('\n');
        }
        self.emit(Effect::Print {
            client: id,
            stream: 2,
            bytes: bytes.into_bytes(),
        });
    }

    /// A message on the status line for display-time.
    pub fn message(&mut self, client: ClientId, text: &str) {
        mode::message(self, client, text, MessageTime::Default, false, false);
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
        let Some(client) = self.model.clients.get(&client) else {
            return false;
        };
        let info = &client.state.info;
        let in_tmux = info
            .env
            .iter()
            .any(|(name, value)| name == "TMUX" && !value.is_empty());
        in_tmux
            && !info.tty.is_empty()
            && self
                .model
                .panes
                .values()
                .any(|pane| pane.state.dead.is_none() && pane.state.tty == info.tty)
    }

    /// `-f`: comma separated flags, each set or (with `!`) taken away; unknown ones are passed over.
    pub(crate) fn set_client_flags(&mut self, id: ClientId, flags: &str) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        for word in flags.split(',') {
            let (word, on) = match word.strip_prefix('!') {
                Some(word) => (word, false),
                None => (word, true),
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
        if first {
            client.ready = true;
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
                && crate::target::matches(pattern, &info.term)
            {
                features.push(',');
                features.push_str(&rest.replace(':', ","));
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

    /// Gives the terminal back and lets the client leave.
    pub(crate) fn leave(&mut self, id: ClientId, status: u8, message: &str) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        if client.state.leaving {
            return;
        }
        client.state.leaving = true;
        let was_attached = client.state.attached;
        client.state.attached = false;
        client.state.session = None;
        client.state.prompt = None;
        client.state.message = None;
        client.screen = None;
        self.emit(Effect::Exit {
            client: id,
            status,
            message: message.to_string(),
        });
        if was_attached {
            self.lost_attached(id);
        }
    }

    fn lost_attached(&mut self, id: ClientId) {
        let orphaned: Vec<_> = self
            .model
            .windows
            .iter()
            .filter(|(_, window)| window.latest == Some(id))
            .map(|(id, _)| *id)
            .collect();
        for window in orphaned {
            let next = self
                .attached_clients()
                .filter(|client| {
                    let session = client
                        .state
                        .session
                        .and_then(|session| self.model.sessions.get(&session));
                    session
                        .and_then(|s| s.windows.get(&s.current))
                        .map(|link| link.0)
                        == Some(window)
                })
                .max_by_key(|client| client.state.used)
                .map(|client| client.state.id);
            if let Some(window) = self.model.windows.get_mut(&window) {
                window.latest = next;
            }
        }
        crate::draw::forget(self, id);
        self.notify_client("client-detached", id);
        self.sizes_stale = true;
        self.unattached_stale = true;
    }

    /// detach-client: the client leaves with "[detached (from session NAME)]".
    pub(crate) fn detach(&mut self, id: ClientId, hangup: bool) {
        let Some(session) = self.session_of(id) else {
            return;
        };
        let name = self
            .model
            .sessions
            .get(&session)
            .map(|session| session.name.clone())
            .unwrap_or_default();
        let message = if hangup {
            format!("[detached and SIGHUP (from session {name})]")
        } else {
            format!("[detached (from session {name})]")
        };
        self.leave(id, 0, &message);
    }

    /// The connection ended and the client will not come back.
    pub(crate) fn gone(&mut self, id: ClientId) {
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        let was_attached = client.state.attached;
        let ticket = client
            .state
            .prompt
            .as_ref()
            .and_then(|prompt| prompt.ticket);
        if was_attached {
            if let Some(client) = self.model.clients.get_mut(&id) {
                client.state.attached = false;
                client.state.session = None;
            }
            self.lost_attached(id);
        }
        self.model.clients.remove(&id);
        self.model.queues.remove(&Some(id));
        self.forget_waiters();
        if let Some(ticket) = ticket {
            self.resume(ticket);
        }
        crate::draw::forget(self, id);
        self.sizes_stale = true;
        self.unattached_stale = true;
    }

    /// A client's terminal has a new size.
    pub(crate) fn client_resized(&mut self, id: ClientId, size: Size) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        if (client.state.cols, client.state.rows) != (size.cols, size.rows) {
            client.state.cols = size.cols;
            client.state.rows = size.rows;
            client.state.pan = None;
            client.stale = true;
            self.sizes_stale = true;
            self.notify_client("client-resized", id);
        }
    }

    /// Runs the command line of a client: its words, or default-client-command.
    pub(crate) fn command_line(&mut self, id: ClientId, argv: &[String]) {
        if !self.model.clients.contains_key(&id) {
            return;
        }
        if !self.model.global.configured {
            // Aliases and the environment are those of the configuration.
            self.append_action(Some(id), Action::CommandLine(argv.to_vec()));
            return;
        }
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
            Ok(list) => self.append(Some(id), &list, crate::queue::State::default()),
            Err(error) => self.append_action(Some(id), Action::Error(error)),
        }
        self.append_action(Some(id), Action::Done);
    }
}

impl ClientState {
    /// A client that shows nothing yet.
    pub fn new(info: ClientInfo) -> ClientState {
        ClientState {
            id: ClientId(0),
            info,
            cols: 0,
            rows: 0,
            attached: false,
            leaving: false,
            status: 0,
            panes: Default::default(),
            no_detach: false,
            active_pane: false,
            suspended: false,
            name: String::new(),
            session: None,
            last_session: None,
            read_only: false,
            ignore_size: false,
            key_table: None,
            repeat_until_ms: None,
            message: None,
            prompt: None,
            pan: None,
            created: 0,
            activity: 0,
            used: 0,
            pending_input: Vec::new(),
            escape_at_ms: None,
            keys: Default::default(),
            overlay: None,
            click: None,
            bells: 0,
            clipboard_serial: 0,
        }
    }
}

impl Client {
    /// A client with nothing shown; not saved yet.
    pub fn new(state: ClientState) -> Client {
        Client {
            state: Tracked::new(state),
            decoder: Decoder::default(),
            stale: true,
            ready: true,
            last_frame_ms: 0,
            screen: None,
            clipboard: Arc::from([] as [u8; 0]),
        }
    }
}

//! Environments: global, of a session, of a new program.

use std::collections::BTreeMap;

use outlast_lang::glob;

use crate::Core;
use crate::model::Environment;
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::run::tree::MARK;

/// What `#{version}` says, and TERM_PROGRAM_VERSION.
pub const VERSION: &str = "3.7c";

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str, hidden: bool) {
        self.vars
            .insert(name.to_string(), (Some(value.to_string()), hidden));
    }
    /// Sets a variable from `NAME=value`; other text is passed over.
    pub fn put(&mut self, text: &str, hidden: bool) {
        if let Some((name, value)) = text.split_once('=') {
            self.set(name, value, hidden);
        }
    }
    /// Marks a variable as one that new programs shall not have.
    pub fn clear(&mut self, name: &str) {
        self.vars.insert(name.to_string(), (None, false));
    }
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).and_then(|(value, _)| value.as_deref())
    }
    fn over(&mut self, other: &Environment) {
        for (name, value) in &other.vars {
            self.vars.insert(name.clone(), value.clone());
        }
    }
}

impl Core {
    /// The environment of the first client is that of the server, but for what the configuration has set already.
    pub(crate) fn adopt_environment(&mut self, env: &[(String, String)]) {
        for (name, value) in env {
            if !self.model.environment.vars.contains_key(name) && !name.is_empty() {
                self.model
                    .environment
                    .vars
                    .insert(name.clone(), (Some(value.clone()), false));
            }
        }
    }

    /// update-environment: what of a client's environment a session takes over.
    pub(crate) fn updated_environment(
        &self,
        session: Option<SessionId>,
        client: ClientId,
    ) -> Environment {
        let mut out = Environment::default();
        let Some(client) = self.model.clients.get(&client) else {
            return out;
        };
        for pattern in self.session_chain(session).array("update-environment") {
            let mut found = false;
            for (name, value) in &client.state.info.env {
                if glob::matches(&pattern, name, false) {
                    out.set(name, value, false);
                    found = true;
                }
            }
            if !found {
                out.clear(&pattern);
            }
        }
        out
    }

    /// Takes update-environment over into a session.
    pub(crate) fn update_environment(&mut self, session: SessionId, client: ClientId) {
        let update = self.updated_environment(Some(session), client);
        let Some(state) = self.model.sessions.get(&session) else {
            return;
        };
        let mut merged = state.environment.clone();
        merged.over(&update);
        if merged != state.environment
            && let Some(state) = self.model.sessions.get_mut(&session)
        {
            state.environment = merged;
        }
    }

    /// The environment of a program: global, session, `more`, then what says where it runs.
    pub(crate) fn environment_for(
        &self,
        session: Option<SessionId>,
        pane: Option<PaneId>,
        more: &[String],
    ) -> BTreeMap<String, String> {
        let mut env = (*self.model.environment).clone();
        if let Some(session) = session.and_then(|id| self.model.sessions.get(&id)) {
            env.over(&session.environment);
        }
        if pane.is_some() {
            env.set("TERM", &self.server_chain().text("default-terminal"), false);
            env.set("TERM_PROGRAM", "tmux", false);
            env.set("TERM_PROGRAM_VERSION", VERSION, false);
            env.set("COLORTERM", "truecolor", false);
        }
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            env.clear(name);
        }
        // Of who is in a run and asks for something else: that is no part of the run.
        env.clear(MARK);
        if let Some(run) = pane.and_then(|pane| self.run(pane)) {
            env.set(MARK, &run.root.mark, false);
        }
        let server = self.probe.server();
        let number = session.map_or(-1, |id| i64::from(id.0));
        env.set(
            "TMUX",
            &format!("{},{},{number}", server.socket, server.pid),
            false,
        );
        for text in more {
            env.put(text, false);
        }
        match pane {
            Some(pane) => env.set("TMUX_PANE", &pane.to_string(), false),
            None => env.clear("TMUX_PANE"),
        }
        env.vars
            .into_iter()
            .filter(|(name, (_, hidden))| !name.is_empty() && !hidden)
            .filter_map(|(name, (value, _))| Some((name, value?)))
            .collect()
    }

    /// The directory that a command of this client works in.
    pub fn directory_of(&self, client: Option<ClientId>, session: Option<SessionId>) -> String {
        let starting = match self.model.global.configured {
            true => None,
            false => self.model.global.config_client,
        };
        let client = starting
            .or(client)
            .and_then(|id| self.model.clients.get(&id));
        let own = client
            .filter(|client| client.state.session.is_none())
            .map(|client| client.state.info.cwd.clone());
        let of = |id: SessionId| {
            self.model
                .sessions
                .get(&id)
                .map(|session| session.cwd.clone())
        };
        own.filter(|cwd| !cwd.is_empty())
            .or_else(|| session.and_then(of))
            .or_else(|| client.and_then(|client| client.state.session).and_then(of))
            .filter(|cwd| !cwd.is_empty())
            .or_else(|| self.probe.home(None))
            .unwrap_or_else(|| "/".to_string())
    }
}

//! Starting programs: in a new window, in a new pane, again in an old one.
//!
//! No words: default-command, or a login shell. One word: `SHELL -c word`. More: as they are.

use std::collections::BTreeMap;

use outlast_lang::options::find;
use outlast_term::Op;

use crate::effect::SpawnSpec;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::model::pane::PaneOp;
use crate::{Core, Effect};

/// What is wanted of a new program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Words of the command.
    pub command: Vec<String>,
    /// -c, a format; None: the client's or session's directory.
    pub cwd: Option<String>,
    /// -e.
    pub environment: Vec<String>,
    /// Who asked.
    pub client: Option<ClientId>,
    /// The program that runs there may be killed (respawn -k).
    pub kill: bool,
    /// No program at all (split-window '').
    pub empty: bool,
}

/// What is wanted of a new window.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedWindow {
    /// Index; None: the first free one.
    pub index: Option<u32>,
    /// Name; None: from the command, and automatic-rename stays on.
    pub name: Option<String>,
    /// Do not make it current.
    pub detached: bool,
    /// A window at that index may be closed (new-window -k).
    pub kill: bool,
    /// Client whose size it takes.
    pub sized_for: Option<ClientId>,
    /// Its size, if known; else as new windows of the session are.
    pub size: Option<(u16, u16)>,
    /// Its program.
    pub program: Wanted,
}

impl Core {
    /// Makes a window with a program in a session. Err is tmux's text.
    pub(crate) fn spawn_window(
        &mut self,
        session: SessionId,
        wanted: WantedWindow,
    ) -> Result<(u32, PaneId), String> {
        let mut detached = wanted.detached;
        let mut freed = None;
        if let Some(index) = wanted.index {
            let current = self
                .model
                .sessions
                .get(&session)
                .map(|session| session.current);
            if self
                .model
                .sessions
                .get(&session)
                .is_some_and(|session| session.windows.contains_key(&index))
            {
                if !wanted.kill {
                    return Err(format!("index {index} in use"));
                }
                if current == Some(index) {
                    detached = false;
                }
                freed = self.take_link(session, index);
            }
        }
        let (cols, rows) = wanted
            .size
            .unwrap_or_else(|| self.new_window_size(wanted.sized_for, session));
        let history = self.history_limit(session);
        let (window, pane) = self.create_window(cols, rows, history);
        let Some(index) = self.add_link(session, wanted.index, window) else {
            self.window_unlinked(window);
            return Err("couldn't add window".to_string());
        };
        if let Some(freed) = freed {
            self.window_unlinked(freed);
        }
        if let Some(window) = self.model.windows.get_mut(&window) {
            window.latest = wanted.sized_for;
        }
        self.start(session, pane, wanted.program);
        let name = match wanted.name {
            Some(name) => {
                self.turn_off_automatic_rename(window);
                name
            }
            None => self.default_window_name(pane),
        };
        if let Some(window) = self.model.windows.get_mut(&window) {
            window.name = name;
        }
        let current = self
            .model
            .sessions
            .get(&session)
            .map(|session| session.current);
        let lost = !self
            .model
            .sessions
            .get(&session)
            .is_some_and(|session| session.windows.contains_key(&session.current));
        if !detached || lost || current.is_none() {
            self.select_link(session, index);
        }
        self.notify_session_window("window-linked", session, window);
        self.sync_group_from(session);
        self.touch_all();
        Ok((index, pane))
    }

    pub(crate) fn turn_off_automatic_rename(&mut self, window: WindowId) {
        if let (Ok(row), Some(window)) = (
            find("automatic-rename"),
            self.model.windows.get_mut(&window),
        ) {
            // The row is in the table and "off" is one of its values.
            let _ = window.options.set(row, None, "off", false);
        }
    }

    /// history-limit for new panes of a session.
    pub(crate) fn history_limit(&self, session: SessionId) -> u32 {
        u32::try_from(self.session_chain(Some(session)).number("history-limit")).unwrap_or(0)
    }

    /// The directory of `-c`, a format, or of who asked.
    pub(crate) fn spawn_directory(&self, session: SessionId, wanted: &Wanted) -> String {
        let base = self.directory_of(wanted.client, Some(session));
        match &wanted.cwd {
            None => base,
            Some(template) => {
                let mut context = FormatContext {
                    client: wanted.client,
                    ..FormatContext::default()
                };
                let found = self.find_from_session(session);
                (context.session, context.link) = (found.session, found.link);
                (context.window, context.pane) = (found.window, found.pane);
                let cwd = formats::expand(self, template, &context, false);
                match cwd.as_str() {
                    "" => base,
                    path if path.starts_with('/') => cwd,
                    path => format!("{base}/{path}"),
                }
            }
        }
    }

    /// Starts a pane's program. The pane has its place and size already.
    pub(crate) fn start(&mut self, session: SessionId, id: PaneId, wanted: Wanted) {
        let cwd = self.spawn_directory(session, &wanted);
        let command = match wanted.command.as_slice() {
            [] => {
                let default = self.session_chain(Some(session)).text("default-command");
                if default.is_empty() {
                    Vec::new()
                } else {
                    vec![default]
                }
            }
            words => words.to_vec(),
        };
        let shell = self.shell_for(session);
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        pane.state.start_command = command;
        pane.state.start_path = cwd;
        pane.state.shell = shell;
        pane.state.empty = wanted.empty;
        pane.name_stale = true;
        if wanted.empty {
            self.operate_any(id, PaneOp::Text(b"\x1b[?25l\x1b[20h".to_vec()));
            self.hold(id);
            return;
        }
        self.launch(session, id, &wanted);
    }

    /// The shell of a session's new panes.
    pub(crate) fn shell_for(&self, session: SessionId) -> String {
        let mut shell = self.session_chain(Some(session)).text("default-shell");
        if !shell.starts_with('/') || shell.ends_with("/tmux") || shell.ends_with("/outlast") {
            shell = self.probe.shell();
        }
        if shell.starts_with('/') {
            shell
        } else {
            "/bin/sh".to_string()
        }
    }

    /// Asks for the program that the pane's state describes.
    pub(crate) fn launch(&mut self, session: SessionId, id: PaneId, wanted: &Wanted) {
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let state = &pane.state;
        let mut env = self.environment_for(Some(session), Some(id), &wanted.environment);
        let own_path = wanted
            .client
            .and_then(|client| self.model.clients.get(&client))
            .filter(|client| client.state.session.is_none())
            .and_then(|client| {
                client
                    .state
                    .info
                    .env
                    .iter()
                    .find(|(name, _)| name == "PATH")
            });
        if let Some((name, value)) = own_path {
            env.insert(name.clone(), value.clone());
        }
        let base = state
            .shell
            .rsplit('/')
            .next()
            .filter(|base| !base.is_empty())
            .unwrap_or(&state.shell)
            .to_string();
        let (path, argv) = match state.start_command.as_slice() {
            [] => (state.shell.clone(), vec![format!("-{base}")]),
            [command] => (
                state.shell.clone(),
                vec![base, "-c".to_string(), command.clone()],
            ),
            words => (words[0].clone(), words.to_vec()),
        };
        self.ask_for_program(id, path, argv, env);
    }

    /// Asks for a program on a pane's terminal, in the directory that its state names, or at home.
    pub(crate) fn ask_for_program(
        &mut self,
        id: PaneId,
        path: String,
        argv: Vec<String>,
        mut env: BTreeMap<String, String>,
    ) {
        let Some(state) = self.model.panes.get(&id).map(|pane| &pane.state) else {
            return;
        };
        env.entry("PATH".to_string())
            .or_insert_with(|| "/usr/bin:/bin".to_string());
        env.insert("SHELL".to_string(), state.shell.clone());
        let home = self.probe.home(None).unwrap_or_default();
        let cwd = [state.start_path.as_str(), home.as_str()]
            .into_iter()
            .find(|path| !path.is_empty() && self.probe.is_directory(path))
            .unwrap_or("/")
            .to_string();
        env.insert("PWD".to_string(), cwd.clone());
        let (cols, rows) = (state.cols, state.rows);
        let limits = self.limits_of(id);
        let spec = SpawnSpec {
            argv,
            path,
            env: env.into_iter().collect(),
            cwd,
            cols,
            rows,
            job: false,
            limits: limits.clone(),
        };
        let life = state.life;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        pane.state.spawning = Some(spec.clone());
        pane.state.dead = None;
        pane.state.guard = None;
        (pane.state.limits, pane.state.over, pane.limit_look) = (limits, None, Some(0));
        pane.state.pid = 0;
        pane.state.tty = String::new();
        self.emit(Effect::Spawn {
            pane: id,
            life,
            spec,
        });
    }

    /// Starts a program again in a pane (respawn-pane, respawn-window). Err is tmux's text.
    pub(crate) fn respawn(
        &mut self,
        session: SessionId,
        id: PaneId,
        wanted: Wanted,
    ) -> Result<(), String> {
        let Some(pane) = self.model.panes.get(&id) else {
            return Ok(());
        };
        let is_run = pane.state.run.is_some();
        if pane.state.is_running() && !wanted.kill {
            let window = pane.state.window;
            let name = self
                .model
                .sessions
                .get(&session)
                .map_or("", |session| session.name.as_str());
            let link = self.best_link(session, window).unwrap_or(0);
            let index = self.pane_index(id).unwrap_or(0);
            return Err(format!("pane {name}:{link}.{index} still active"));
        }
        let cwd = wanted
            .cwd
            .is_some()
            .then(|| self.spawn_directory(session, &wanted));
        if is_run {
            self.respawn_run(id, &wanted, cwd);
            return Ok(());
        }
        self.leave_mode(id);
        self.operate(id, Op::Respawn);
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return Ok(());
        };
        if let Some(cwd) = cwd {
            pane.state.start_path = cwd;
        }
        if !wanted.command.is_empty() {
            pane.state.start_command = wanted.command.clone();
        }
        if pane.state.shell.is_empty() {
            pane.state.shell = "/bin/sh".to_string();
        }
        pane.state.life += 1;
        pane.state.guard = None;
        pane.state.offer = None;
        pane.state.empty = false;
        pane.name_stale = true;
        self.launch(session, id, &wanted);
        self.touch_all();
        Ok(())
    }

    /// The keeper has started the program.
    pub(crate) fn spawned(&mut self, id: PaneId, pid: u32, tty: String) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let asked = pane.state.spawning.take();
        pane.state.pid = pid;
        pane.state.tty = tty;
        let size = pane.terminal.size();
        // Its size may have changed between the asking and the start.
        if asked.is_some_and(|spec| (spec.cols, spec.rows) != (size.cols, size.rows)) {
            self.emit(Effect::Resize { pane: id, size });
        }
        self.session_limits_changed();
        self.run_started(id, pid);
        self.tell_started(id);
    }
}

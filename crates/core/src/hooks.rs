//! Hooks: commands that run after others and when something happens, with `#{hook}` and its kin set.

use outlast_lang::options::Value;
use outlast_lang::parse::CommandList;
use serde::{Deserialize, Serialize};

use crate::commands::Ctx;
use crate::model::Session;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::queue::State;
use crate::target::Find;
use crate::{Core, MouseEvent};

/// Hooks that a program can have run as often as it writes bytes.
const BY_PROGRAMS: [&str; 5] = [
    "alert-activity",
    "alert-bell",
    "pane-set-clipboard",
    "pane-title-changed",
    "window-renamed",
];

/// So many runs of one of them wait for one place; what comes while they do has none of its own.
const WAITING_MOST: usize = 16;

/// A hook to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    name: String,
    find: Find,
    variables: Vec<(String, String)>,
    key: Option<String>,
    mouse: Option<MouseEvent>,
}

impl Hook {
    /// `after-NAME` of a command that has run.
    pub fn after(ctx: &Ctx<'_>) -> Option<Hook> {
        let find = Self::place(ctx)?;
        Self::of(ctx, &format!("after-{}", ctx.row.name), find)
    }

    /// `command-error` of one that has not.
    pub fn command_error(ctx: &Ctx<'_>) -> Option<Hook> {
        let find = Self::place(ctx).unwrap_or_default();
        Self::of(ctx, "command-error", find)
    }

    /// `after-NAME` about another place than the command's target.
    pub fn after_at(ctx: &Ctx<'_>, find: Find) -> Option<Hook> {
        // A floating pane has the hook of a split, as in tmux.
        let name = match ctx.row.name {
            "new-pane" => "split-window",
            name => name,
        };
        Self::of(ctx, &format!("after-{name}"), find)
    }

    /// A hook of this name at this place.
    pub fn named(ctx: &Ctx<'_>, name: &str, find: Find) -> Option<Hook> {
        Self::of(ctx, name, find)
    }

    /// A hook that set-hook -R runs, in a hook too.
    pub fn fired(ctx: &Ctx<'_>, name: &str) -> Hook {
        let find = match ctx.core.is_valid(&ctx.target) {
            true => ctx.target.clone(),
            false => ctx.core.find_from_nothing(0).unwrap_or_default(),
        };
        Hook {
            name: name.to_string(),
            find,
            variables: vec![("hook".to_string(), name.to_string())],
            key: None,
            mouse: None,
        }
    }

    fn place(ctx: &Ctx<'_>) -> Option<Find> {
        [&ctx.target, &ctx.state.current]
            .into_iter()
            .find(|find| ctx.core.is_valid(find))
            .cloned()
            .or_else(|| ctx.core.find_from_client(ctx.client, 0))
    }

    fn of(ctx: &Ctx<'_>, name: &str, find: Find) -> Option<Hook> {
        if ctx.state.no_hooks {
            return None;
        }
        let mut variables = vec![
            ("hook".to_string(), name.to_string()),
            ("hook_arguments".to_string(), ctx.args.print(&ctx.row.spec)),
        ];
        for (at, word) in ctx.args.words.iter().enumerate() {
            variables.push((format!("hook_argument_{at}"), word.as_text().into_owned()));
        }
        for (flag, value) in &ctx.args.flags {
            let text = value
                .as_ref()
                .map_or_else(|| "1".to_string(), |value| value.as_text().into_owned());
            variables.push((format!("hook_flag_{flag}"), text));
            let values = ctx.args.all(*flag);
            for (at, value) in values.iter().enumerate() {
                variables.push((format!("hook_flag_{flag}_{at}"), (*value).to_string()));
            }
        }
        Some(Hook {
            name: name.to_string(),
            find,
            variables,
            key: ctx.state.key.clone(),
            mouse: ctx.state.mouse.clone(),
        })
    }

    fn state(&self) -> State {
        State {
            current: self.find.clone(),
            key: self.key.clone(),
            mouse: self.mouse.clone(),
            variables: self.variables.clone(),
            no_hooks: true,
            ..State::default()
        }
    }
}

impl Core {
    /// The commands of a hook, in order of their index: of the session, the pane, the window, or global.
    fn hook_commands(&self, name: &str, find: &Find) -> Vec<CommandList> {
        let set = |options: &outlast_lang::options::Options| options.values.get(name).cloned();
        let session = find
            .session
            .and_then(|id| self.model.sessions.get(&id))
            .and_then(|s| set(&s.options));
        let pane = || {
            find.pane
                .and_then(|id| self.model.panes.get(&id))
                .and_then(|pane| set(&pane.state.options))
        };
        let window = || {
            find.window
                .and_then(|id| self.model.windows.get(&id))
                .and_then(|w| set(&w.options))
        };
        let value = session
            .or_else(|| set(&self.model.session_options))
            .or_else(pane)
            .or_else(window)
            .or_else(|| set(&self.model.window_options));
        let texts: Vec<String> = match value {
            Some(Value::Array(items)) => items.into_values().collect(),
            Some(Value::Text(text)) => vec![text],
            _ => return Vec::new(),
        };
        texts
            .iter()
            .filter_map(|text| self.parse_quietly(text))
            .collect()
    }

    /// Runs a hook of a command: right after it, before what follows.
    pub(crate) fn insert_hook(&mut self, queue: Option<ClientId>, hook: &Hook) {
        let commands = self.hook_commands(&hook.name, &hook.find);
        for list in commands.iter().rev() {
            self.insert(queue, list, hook.state());
        }
    }

    /// Something has happened: runs its hook in nobody's queue.
    fn notify(&mut self, name: &str, find: Find, variables: Vec<(&str, String)>) {
        if self.in_hook {
            return;
        }
        let commands = self.hook_commands(name, &find);
        if commands.is_empty() || BY_PROGRAMS.contains(&name) && self.is_storm(name, &find) {
            return;
        }
        let mut all = vec![("hook".to_string(), name.to_string())];
        all.extend(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_string(), value)),
        );
        let state = State {
            current: find,
            variables: all,
            no_hooks: true,
            ..State::default()
        };
        for list in &commands {
            self.append(None, list, state.clone());
        }
    }

    /// A program has had this run faster than its commands are done.
    fn is_storm(&self, name: &str, find: &Find) -> bool {
        let is_one = |state: &&State| {
            let is_hook = |(key, value): &(String, String)| key == "hook" && value == name;
            state.current == *find && state.variables.first().is_some_and(is_hook)
        };
        let queue = self.model.queues.get(&None);
        queue.is_some_and(|queue| queue.states.values().filter(is_one).count() >= WAITING_MOST)
    }

    fn session_variables(session: &Session) -> Vec<(&'static str, String)> {
        vec![
            ("hook_session", session.id.to_string()),
            ("hook_session_name", session.name.clone()),
        ]
    }

    fn window_variables(&self, id: WindowId) -> Vec<(&'static str, String)> {
        let name = self
            .model
            .windows
            .get(&id)
            .map(|window| window.name.clone())
            .unwrap_or_default();
        vec![("hook_window", id.to_string()), ("hook_window_name", name)]
    }

    pub(crate) fn notify_client(&mut self, name: &str, id: ClientId) {
        self.note_hook(name, None, None, None, Some(id));
        let find = self.find_from_client(Some(id), 0).unwrap_or_default();
        let client = self
            .model
            .clients
            .get(&id)
            .map(|client| client.state.name.clone())
            .unwrap_or_default();
        self.notify(name, find, vec![("hook_client", client)]);
    }

    pub(crate) fn notify_session(&mut self, name: &str, id: SessionId) {
        let Some(session) = self.model.sessions.get(&id) else {
            return;
        };
        let variables = Self::session_variables(session);
        self.note_hook(name, Some(id), None, None, None);
        let find = self.find_from_session(id);
        let find = if self.is_valid(&find) {
            find
        } else {
            self.find_from_nothing(0).unwrap_or_default()
        };
        self.notify(name, find, variables);
    }

    pub(crate) fn notify_link(&mut self, name: &str, id: SessionId, index: u32) {
        let find = self.find_from_link(id, index);
        let Some(session) = self.model.sessions.get(&id) else {
            return;
        };
        let mut variables = Self::session_variables(session);
        variables.extend(
            find.window
                .into_iter()
                .flat_map(|window| self.window_variables(window)),
        );
        self.notify(name, find, variables);
    }

    pub(crate) fn notify_session_window(&mut self, name: &str, id: SessionId, window: WindowId) {
        let Some(session) = self.model.sessions.get(&id) else {
            return;
        };
        let mut variables = Self::session_variables(session);
        variables.extend(self.window_variables(window));
        self.note_hook(name, Some(id), Some(window), None, None);
        let find = match self.best_link(id, window) {
            Some(link) => self.find_from_link(id, link),
            None => Find::default(),
        };
        self.notify(name, find, variables);
    }

    /// window-unlinked; the session may be gone already.
    pub(crate) fn notify_unlinked(&mut self, session: &Session, window: WindowId) {
        let mut variables = Self::session_variables(session);
        variables.extend(self.window_variables(window));
        self.note_hook("window-unlinked", None, Some(window), None, None);
        let find = match self.best_link(session.id, window) {
            Some(link) => self.find_from_link(session.id, link),
            None => self.find_from_nothing(0).unwrap_or_default(),
        };
        self.notify("window-unlinked", find, variables);
    }

    pub(crate) fn notify_window(&mut self, name: &str, id: WindowId) {
        let variables = self.window_variables(id);
        self.note_hook(name, None, Some(id), None, None);
        let find = self.find_from_window(id).unwrap_or_default();
        self.notify(name, find, variables);
    }

    pub(crate) fn notify_pane(&mut self, name: &str, id: PaneId) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        // A mode changes the name of an automatically named window.
        pane.name_stale |= name == "pane-mode-changed";
        let window = pane.state.window;
        self.note_hook(name, None, Some(window), Some(id), None);
        let mut variables = vec![("hook_pane", id.to_string())];
        variables.extend(self.window_variables(window));
        let find = self.find_from_pane(id).unwrap_or_default();
        self.notify(name, find, variables);
    }
}

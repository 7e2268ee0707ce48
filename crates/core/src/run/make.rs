//! How a run begins: its name, its session, what its program is given.

use outlast_lang::options::{Options, Scope, find};

use outlast_agent::supervise::Plan;

use super::Run;
use super::agent::Conversation;
use super::policy::{Event, Rules};
use super::tree::MARK;
use crate::Core;
use crate::model::Environment;
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::names::checked;
use crate::sessions::NewSession;
use crate::sizes::parse_size;
use crate::spawn::Wanted;

/// A name is not longer than this when it is ours to choose.
const NAME_MOST: usize = 20;

/// Programs that run another program, which is what people would call it.
const RUNNERS: &[&str] = &[
    "ash", "bash", "bun", "cargo", "dash", "deno", "env", "exec", "ionice", "java", "ksh", "make",
    "nice", "node", "nohup", "npm", "npx", "perl", "php", "pnpm", "poetry", "pypy", "python",
    "ruby", "sh", "stdbuf", "sudo", "time", "timeout", "uv", "uvx", "yarn", "zsh",
];

/// Variables that say where a program runs: a run's are its pane's, not those of who asked for it.
const PLACE: &[&str] = &[
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "OLDPWD",
    "PWD",
    "SHELL",
    "SHLVL",
    "STY",
    "TERM",
    "TERMCAP",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
    "WINDOWID",
    "_",
];

/// What is asked for.
pub(crate) struct Asking {
    /// -n.
    pub name: Option<String>,
    /// Words of the command.
    pub words: Vec<String>,
    /// -c.
    pub cwd: Option<String>,
    /// -e, `NAME=value` each.
    pub env: Vec<String>,
    /// What is to become of it.
    pub rules: Rules,
    /// -o: options of its pane.
    pub options: Options,
    /// -b.
    pub boot: bool,
    /// Who asks.
    pub client: Option<ClientId>,
    /// It is an agent, with these conversations.
    pub agent: Option<Plan>,
}

impl Asking {
    fn conversation(&self) -> Option<Box<Conversation>> {
        let plan = self.agent.clone()?;
        Some(Box::new(Conversation::new(plan)))
    }
}

/// A short name for what these words start: `python train.py --x` is `train`.
pub fn name_of(words: &[String]) -> String {
    let split: Vec<&str> = match words {
        [one] => one.split_whitespace().collect(),
        words => words.iter().map(String::as_str).collect(),
    };
    let is_name = |word: &&&str| !word.starts_with('-') && !word.contains('=');
    let mut name = "run".to_string();
    for word in split.iter().filter(is_name) {
        let base = word.rsplit('/').find(|part| !part.is_empty()).unwrap_or("");
        let stem = match base.split_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => base,
        };
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || "_-".contains(c) {
                c
            } else {
                '-'
            }
        };
        let clean: String = stem.chars().map(plain).take(NAME_MOST).collect();
        let clean = clean.trim_matches('-');
        if clean.chars().all(|c| c.is_ascii_digit()) {
            // `timeout 10 …`, `nice 5 …`
            continue;
        }
        name = clean.to_string();
        let version = |c: char| c.is_ascii_digit() || c == '.';
        if !RUNNERS.contains(&base.trim_end_matches(version)) && base != "run" {
            break;
        }
    }
    name
}

/// Options of a pane, `name=value` each; several values of an array are put together.
pub(crate) fn pane_options(texts: &[&str]) -> Result<Options, String> {
    let mut options = Options::local();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("bad option: {text}; it is written NAME=VALUE"))?;
        let row = find(name)?;
        if !row.is_for(Scope::Pane) {
            return Err(format!("option {name} is none of a pane's"));
        }
        options.set(row, None, value, row.kind.is_array())?;
    }
    Ok(options)
}

impl Core {
    /// Starts a run: in a session of its own, or where one of its name was that is over. Its pane, and whether that is new.
    pub(crate) fn make_run(&mut self, asking: Asking) -> Result<(PaneId, bool), String> {
        let name = match &asking.name {
            Some(name) => checked(name, "run")?,
            None => self.free_name(&match &asking.agent {
                Some(plan) => name_of(std::slice::from_ref(&plan.agent)),
                None => name_of(&asking.words),
            }),
        };
        if name.is_empty()
            || name.contains([':', '.', '\t'])
            || name.starts_with(['=', '$', '@', '%', '-'])
        {
            return Err(format!(
                "bad name for a run: {name}; letters, digits, - and _ are good ones"
            ));
        }
        let environment = self.run_environment(&asking);
        if let Ok(pane) = self.run_named(&name) {
            return self.run_anew(pane, asking, environment);
        }
        if self.session_named(&name).is_some() {
            return Err(format!(
                "a session is called {name} already; choose another name: --name {name}-2"
            ));
        }
        let session = self.run_session(&name, &asking, environment)?;
        let (cols, rows) =
            parse_size(&self.session_chain(None).text("default-size")).unwrap_or((80, 24));
        let (window, pane) =
            self.create_window(cols.max(1), rows.max(1), self.history_limit(session));
        let Some(link) = self.add_link(session, None, window) else {
            self.window_unlinked(window);
            self.undo_session(session);
            return Err("couldn't add window".to_string());
        };
        self.turn_off_automatic_rename(window);
        if let Some(window) = self.model.windows.get_mut(&window) {
            window.name = name.clone();
        }
        let server = self.probe.server();
        // No other server, and none that listens there later, marks a run so.
        let mark = format!("{},{},{}", server.socket, self.now.ms, pane.0);
        let mut run = Run::new(name, asking.rules, session, mark);
        run.boot = asking.boot;
        run.given = given(&asking.env);
        run.agent = asking.conversation();
        (run.since, run.started, run.started_ms) = (self.now.unix, self.now.unix, self.now.ms);
        let wanted = Wanted {
            command: asking.words,
            cwd: asking.cwd,
            client: asking.client,
            ..Wanted::default()
        };
        if let Some(pane) = self.model.panes.get_mut(&pane) {
            pane.state.run = Some(Box::new(run));
            pane.state.options = asking.options;
        }
        self.start_run_program(session, pane, wanted);
        self.select_link(session, link);
        self.notify_session_window("window-linked", session, window);
        self.touch_all();
        Ok((pane, true))
    }

    /// The same run again, with what is asked for now.
    fn run_anew(
        &mut self,
        id: PaneId,
        asking: Asking,
        environment: Environment,
    ) -> Result<(PaneId, bool), String> {
        let Some(run) = self.run(id) else {
            return Err("no such run".to_string());
        };
        let (name, home, agent) = (run.name.clone(), run.home, asking.conversation());
        if !run.course.state.is_over() {
            return Err(format!(
                "run {name} is there already ({}): outlast restart {name}, or choose another --name",
                run.course.state.word()
            ));
        }
        let wanted = Wanted {
            command: asking.words,
            cwd: asking.cwd,
            client: asking.client,
            ..Wanted::default()
        };
        let cwd = self.spawn_directory(home, &wanted);
        if let Some(session) = self.model.sessions.get_mut(&home) {
            session.environment = environment;
        }
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.start_command = wanted.command;
            pane.state.start_path = cwd;
            pane.state.options = asking.options;
        }
        if let Some(run) = self.run_mut(id) {
            run.course.rules = asking.rules;
            (run.boot, run.given) = (asking.boot, given(&asking.env));
            run.agent = agent;
        }
        self.run_step(id, Event::Start);
        Ok((id, false))
    }

    /// The first start of a run. An agent's words are those of its plan.
    fn start_run_program(&mut self, session: SessionId, pane: PaneId, mut wanted: Wanted) {
        self.prepare_agent(pane);
        if self.run(pane).is_some_and(|run| run.agent.is_some())
            && let Some(pane) = self.model.panes.get(&pane)
        {
            wanted.command = pane.state.start_command.clone();
        }
        self.start(session, pane, wanted);
    }

    fn run_session(
        &mut self,
        name: &str,
        asking: &Asking,
        environment: Environment,
    ) -> Result<SessionId, String> {
        let mut options = Options::local();
        // It is meant to live while nobody looks.
        if let Ok(row) = find("destroy-unattached") {
            options.set(row, None, "off", false)?;
        }
        let cwd = self.directory_of(asking.client, None);
        Ok(self.create_session(NewSession {
            name: Some(name.to_string()),
            prefix: None,
            cwd,
            environment,
            options,
        }))
    }

    /// The name, or the first of name-2, name-3 … that neither a run nor a session has.
    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| self.session_named(name).is_some() || self.run_named(name).is_ok();
        if !taken(name) {
            return name.to_string();
        }
        let numbered = (2..).map(|n: u32| format!("{name}-{n}"));
        numbered
            .into_iter()
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    /// The environment of a run's session: what who asks has, as far as it differs from the server's, and what is given.
    fn run_environment(&self, asking: &Asking) -> Environment {
        let mut out = Environment::default();
        let client = asking.client.and_then(|id| self.model.clients.get(&id));
        let asks = client
            .filter(|client| client.state.session.is_none() && client.state.control.is_none());
        if let Some(client) = asks {
            let global = &self.model.environment;
            let own = |name: &str| !PLACE.contains(&name) && name != MARK;
            for (name, value) in &client.state.info.env {
                if own(name) && global.get(name) != Some(value) {
                    out.set(name, value, false);
                }
            }
            for name in global.vars.keys() {
                let has = client.state.info.env.iter().any(|(known, _)| known == name);
                if own(name) && !has {
                    out.clear(name);
                }
            }
        }
        for text in &asking.env {
            out.put(text, false);
        }
        out
    }
}

fn given(env: &[String]) -> Vec<String> {
    let names = env.iter().filter_map(|text| text.split_once('='));
    names.map(|(name, _)| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_called_what_people_would_call_it() {
        let rows: &[(&[&str], &str)] = &[
            (&["python", "train.py", "--lr", "1"], "train"),
            (&["python3.12", "-u", "/srv/x/train.py"], "train"),
            (&["./serve"], "serve"),
            (&["make -j4 all"], "all"),
            (&["timeout", "10", "sleep", "5"], "sleep"),
            (&["env", "A=1", "worker"], "worker"),
            (&["sh", "-c", "exit 3"], "exit-3"),
            (&["bash"], "bash"),
            (&["npm", "run", "dev"], "dev"),
            (&["über.sh"], "ber"),
            (&["--"], "run"),
        ];
        for (words, name) in rows {
            let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
            assert_eq!(name_of(&words), *name, "{words:?}");
        }
    }
}

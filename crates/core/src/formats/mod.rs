//! Format variables: what `#{…}` finds in the model. One row per variable, in the file of its subject.
//!
//! Source: tmux(1), FORMATS, of 3.7c. Variables of what is not there yet (pixels, control mode, pipes, sixel) are
//! empty or 0, as tmux has them without it. An unknown variable is empty; so is one whose subject is missing.

mod agent;
mod client;
mod pane;
mod request;
mod run;
mod scope;
mod server;
mod session;
mod window;

use std::borrow::Cow;

use outlast_lang::format::{Lookup, Loop, Order, Time};
use outlast_lang::options::{Options, tree};
use serde::{Deserialize, Serialize};

use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::target::Find;
use crate::{Core, MouseEvent};
pub(crate) use scope::Scope;

/// What a format is about. Each part may be missing; what follows from the others is added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormatContext {
    /// Client.
    pub client: Option<ClientId>,
    /// Session.
    pub session: Option<SessionId>,
    /// Index of the window's link in the session.
    pub link: Option<u32>,
    /// Window.
    pub window: Option<WindowId>,
    /// Pane.
    pub pane: Option<PaneId>,
    /// Paste buffer.
    pub buffer: Option<String>,
    /// Request of an agent.
    #[serde(default)]
    pub request: Option<String>,
    /// Mouse event.
    pub mouse: Option<MouseEvent>,
    /// Further variables; they come before all others.
    pub extra: Vec<(String, String)>,
    /// `#(…)` starts no job and gives nothing.
    pub no_jobs: bool,
}

impl FormatContext {
    /// What is about a target.
    pub fn of(find: &Find) -> FormatContext {
        FormatContext {
            session: find.session,
            link: find.link,
            window: find.window,
            pane: find.pane,
            ..FormatContext::default()
        }
    }
}

/// What a row gives.
#[derive(Clone, Copy)]
enum Value {
    /// Text.
    Text(fn(&Scope<'_>) -> Option<String>),
    /// Unix seconds, which the `t:` modifier spells out.
    Time(fn(&Scope<'_>) -> Option<i64>),
}

/// A row.
struct Row {
    name: &'static str,
    /// What it is, for the manual.
    help: &'static str,
    value: Value,
}

const fn text(
    name: &'static str,
    help: &'static str,
    value: fn(&Scope<'_>) -> Option<String>,
) -> Row {
    Row {
        name,
        help,
        value: Value::Text(value),
    }
}

const fn time(name: &'static str, help: &'static str, value: fn(&Scope<'_>) -> Option<i64>) -> Row {
    Row {
        name,
        help,
        value: Value::Time(value),
    }
}

/// 1 or 0.
fn flag(flag: bool) -> Option<String> {
    Some(if flag { "1" } else { "0" }.to_string())
}

fn some(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}

/// All tables, each sorted by name.
const TABLES: &[&[Row]] = &[
    agent::ROWS,
    client::ROWS,
    pane::ROWS,
    request::ROWS,
    run::ROWS,
    server::ROWS,
    session::ROWS,
    window::ROWS,
];

fn row(name: &str) -> Option<&'static Row> {
    TABLES.iter().find_map(|table| {
        table
            .binary_search_by(|row| row.name.cmp(name))
            .ok()
            .map(|at| &table[at])
    })
}

/// Names of all variables, for the manual.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES
        .iter()
        .flat_map(|table| table.iter().map(|row| row.name))
        .collect();
    names.sort_unstable();
    names
}

/// All variables with what they are, sorted by name: the manual's rows.
pub fn help() -> Vec<(&'static str, &'static str)> {
    let mut rows: Vec<_> = TABLES
        .iter()
        .flat_map(|table| table.iter().map(|row| (row.name, row.help)))
        .collect();
    rows.sort_unstable();
    rows
}

/// Expands a format. strftime conversions are expanded when `time`.
pub fn expand(core: &Core, template: &str, context: &FormatContext, time: bool) -> String {
    outlast_lang::format::expand(template, &Scope::new(core, context.clone(), false), time)
}

/// A format expanded, and how: a line for each step.
pub(crate) fn expand_told(
    core: &Core,
    template: &str,
    context: &FormatContext,
) -> (String, Vec<String>) {
    let scope = Scope::new(core, context.clone(), false);
    outlast_lang::format::expand_told(template, &scope, true)
}

/// All variables with their values, as display-message -a lists them.
pub(crate) fn all(scope: &Scope<'_>) -> Vec<String> {
    let mut lines: Vec<String> = names()
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", scope.variable(name)?)))
        .collect();
    lines.extend(
        scope
            .context
            .extra
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    lines.sort_unstable();
    lines
}

/// A text without its `#[…]` styles and with `##` as `#`.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(style) = after.strip_prefix('[') {
            rest = style.split_once(']').map_or("", |(_, rest)| rest);
        } else {
            out.push('#');
            rest = after.strip_prefix('#').unwrap_or(after);
        }
    }
    out.push_str(rest);
    out
}

impl Lookup for Scope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.context.extra.iter().find(|(extra, _)| extra == name) {
            return Some(Cow::Borrowed(value));
        }
        if let Some(value) = self.option(name) {
            return Some(Cow::Owned(value));
        }
        if let Some(row) = row(name) {
            return match row.value {
                Value::Text(value) => value(self).map(Cow::Owned),
                Value::Time(value) => value(self).map(|unix| Cow::Owned(unix.to_string())),
            };
        }
        if let Some(value) = self.beside_option(name) {
            return Some(Cow::Owned(value));
        }
        if let Some(pane) = self.pane
            && let Some(value) = self.core.mode_variable(pane.state.id, name)
        {
            return Some(Cow::Owned(value));
        }
        let session = self
            .session
            .and_then(|session| session.environment.get(name));
        session
            .or_else(|| self.core.model.environment.get(name))
            .map(Cow::Borrowed)
    }

    fn time_variable(&self, name: &str) -> Option<i64> {
        match row(name)?.value {
            Value::Time(value) => value(self),
            Value::Text(_) => None,
        }
    }

    fn each(&self, what: Loop, order: Order) -> Vec<(Box<dyn Lookup + '_>, bool)> {
        self.elements(what, order)
            .into_iter()
            .map(|(scope, current)| (Box::new(scope) as Box<dyn Lookup + '_>, current))
            .collect()
    }

    fn name_exists(&self, what: Loop, name: &str) -> bool {
        match what {
            Loop::Windows => {
                let mut links = self
                    .session
                    .into_iter()
                    .flat_map(|session| session.windows.values());
                links.any(|link| {
                    self.core
                        .model
                        .windows
                        .get(&link.0)
                        .is_some_and(|window| window.name == name)
                })
            }
            _ => self.core.session_named(name).is_some(),
        }
    }

    fn job(&self, command: &str) -> String {
        if self.context.no_jobs {
            return String::new();
        }
        let interval = self
            .core
            .session_chain(self.session.map(|s| s.id))
            .number("status-interval")
            .max(1);
        let mut jobs = self.core.format_jobs.borrow_mut();
        let job = jobs.outputs.entry(command.to_string()).or_default();
        if !job.running && self.core.now.unix - job.started_unix >= interval {
            job.wanted = true;
        }
        job.line.clone()
    }

    fn search(&self, pattern: &str, regex: bool, ignore_case: bool) -> u32 {
        let Some(pane) = self.pane else { return 0 };
        let top = pane.terminal.first_line() + u64::from(pane.terminal.history_len());
        let glob = format!("*{pattern}*");
        let found = (0..u64::from(pane.terminal.size().rows)).find(|y| {
            let text = pane.terminal.line_text(top + y).text;
            let line = text.trim_end();
            if regex {
                outlast_lang::format::regex_matches(pattern, line, ignore_case)
            } else {
                outlast_lang::glob::matches(&glob, line, ignore_case)
            }
        });
        found.map_or(0, |y| y as u32 + 1)
    }

    fn now(&self) -> Time {
        self.core.probe.local_time(self.core.now.unix)
    }

    fn local(&self, unix: i64) -> Time {
        self.core.probe.local_time(unix)
    }
}

impl Scope<'_> {
    /// An option of the pane, window, session or server, as formats see it. tmux asks options before variables.
    fn option(&self, name: &str) -> Option<String> {
        let known = |options: &&Options| options.values.contains_key(name);
        let model = &self.core.model;
        let is_user = name.starts_with('@');
        let base = name.split('[').next().unwrap_or(name);
        if !is_user && outlast_lang::options::row(base).is_none() {
            return None;
        }
        let window_chain: Vec<&Options> = self
            .pane
            .map(|pane| &pane.state.options)
            .into_iter()
            .chain(self.window.map(|window| &window.options))
            .chain([&*model.window_options])
            .collect();
        let session_chain: Vec<&Options> = self
            .session
            .map(|session| &session.options)
            .into_iter()
            .chain([&*model.session_options])
            .collect();
        if is_user {
            let all = [&*model.server_options]
                .into_iter()
                .chain(window_chain)
                .chain(session_chain);
            let options = all.into_iter().find(known)?;
            return tree::format_text(&[options], name);
        }
        use outlast_lang::options::Scope as Level;
        let row = outlast_lang::options::row(base)?;
        let chain: &[&Options] = match row.scopes.first()? {
            Level::Server => &[&*model.server_options],
            Level::Session => &session_chain,
            Level::Window | Level::Pane => &window_chain,
        };
        tree::format_text(chain, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_names_unique() {
        for table in TABLES {
            assert!(table.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
        let names = names();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn plain_text_has_no_styles() {
        assert_eq!(plain("a#[fg=red]b##c#[x"), "ab#c");
    }
}

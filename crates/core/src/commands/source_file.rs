//! source-file: files are read one after the other, then their commands run in order.

use std::collections::VecDeque;

use outlast_lang::parse::{Argument, CommandList, print_known};
use serde::{Deserialize, Serialize};

use super::{Ctx, Flow, Outcome, lookup};
use crate::Core;
use crate::control::notes::Note;
use crate::jobs::{Asked, Then};
use crate::model::ids::ClientId;
use crate::queue::State;

/// How deep files may source each other.
const DEPTH: u8 = 50;

/// A source-file under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sourcing {
    /// The file being read.
    pub path: String,
    /// Those to read after it.
    pub rest: VecDeque<String>,
    /// What has been read, with where it is from.
    pub lists: Vec<(String, CommandList)>,
    /// -n.
    pub parse_only: bool,
    /// -v.
    pub verbose: bool,
    /// Errors of parsing, shown at the end.
    pub causes: Vec<String>,
    /// Shared state of the commands.
    pub state: State,
}

pub(super) fn source_file(ctx: &mut Ctx<'_>) -> Outcome {
    if ctx.state.depth >= DEPTH {
        return Err("too many nested files".to_string());
    }
    let quiet = ctx.has('q');
    let base = ctx.core.directory_of(ctx.client, None);
    let mut files = VecDeque::new();
    let mut failed = None;
    for word in ctx.words() {
        let path = if ctx.has('F') {
            ctx.expand(&word)
        } else {
            word
        };
        if path == "-" && ctx.core.sends_stdin(ctx.asked) {
            files.push_back(path);
            continue;
        }
        let pattern = if path.starts_with('/') {
            path.clone()
        } else {
            format!("{}/{path}", quote_glob(&base))
        };
        let found = ctx.core.probe.glob(&pattern);
        if found.is_empty()
            && !quiet
            && let Some(error) = failed.replace(format!("No such file or directory: {path}"))
        {
            ctx.core.error(ctx.client, ctx.place.clone(), &error);
        }
        files.extend(found);
    }
    let Some(path) = files.pop_front() else {
        return failed.map_or(Ok(Flow::Normal), Err);
    };
    if let Some(error) = failed {
        ctx.core.error(ctx.client, ctx.place.clone(), &error);
    }
    let mut state = ctx.state_for(&ctx.target.clone());
    state.depth += 1;
    // The file's commands prove nothing, but its bindings are a person's if it is a person who has it read.
    state.binds = ctx.may_bind();
    state.proof = None;
    let sourcing = Sourcing {
        path,
        rest: files,
        parse_only: ctx.has('n'),
        verbose: ctx.has('v'),
        state,
        ..Sourcing::default()
    };
    let ticket = ctx.core.source(ctx.asked, ctx.client, sourcing);
    Ok(Flow::Wait(ticket))
}

fn quote_glob(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// What stands on each line, by its number; what is in a block comes before the command that it belongs to.
fn by_line(list: &CommandList, out: &mut Vec<(u32, String)>) {
    let mut one = CommandList::default();
    let mut line = 0;
    let flush = |one: &mut CommandList, line: u32, out: &mut Vec<(u32, String)>| {
        if !one.commands.is_empty() {
            let known = |name: &str| lookup(name).ok().map(|row| (row.name, row.spec));
            out.push((line, print_known(&std::mem::take(one), &known)));
        }
    };
    for (_, command) in &list.commands {
        if command.line != line {
            flush(&mut one, line, out);
            line = command.line;
        }
        for argument in &command.args {
            if let Argument::Block(inner) = argument {
                by_line(inner, out);
            }
        }
        one.commands.push((0, command.clone()));
    }
    flush(&mut one, line, out);
}

impl Core {
    /// Asks for the file that is next.
    fn source(
        &mut self,
        queue: Option<ClientId>,
        client: Option<ClientId>,
        sourcing: Sourcing,
    ) -> u64 {
        let path = sourcing.path.clone();
        let then = Then::Source(Box::new(sourcing));
        match path.as_str() {
            "-" => self.read_stdin(queue, client, then),
            _ => self.start_job(Some(queue), client, Asked::Read(path), then),
        }
    }

    /// A file of a source-file has been read (or not): reads the next, or runs them all.
    pub(crate) fn source_read(
        &mut self,
        queue: Option<ClientId>,
        client: Option<ClientId>,
        mut sourcing: Sourcing,
        result: Result<Vec<u8>, String>,
    ) {
        let path = std::mem::take(&mut sourcing.path);
        match result {
            Err(error) => self.error(client, None, &format!("{error}: {path}")),
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                let find = sourcing.state.current.clone();
                match self.parse_file(&path, &text, &find, sourcing.parse_only) {
                    Err(error) => sourcing.causes.push(error.to_string()),
                    Ok(list) => {
                        // An alias may be anybody's; while the configuration is read, it is the configuration's.
                        sourcing.state.binds &= !self.aliased || !self.model.global.configured;
                        sourcing.lists.push((path, list));
                    }
                }
            }
        }
        if let Some(next) = sourcing.rest.pop_front() {
            sourcing.path = next;
            let ticket = self.source(queue, client, sourcing);
            self.wait(queue, ticket);
            if let Some(client) = queue {
                self.stdin_came(client, &[]);
            }
            return;
        }
        if sourcing.verbose {
            for (path, list) in &sourcing.lists {
                let mut lines = Vec::new();
                by_line(list, &mut lines);
                for (line, text) in lines {
                    self.print(client, &format!("{path}:{line}: {text}"));
                }
            }
        }
        let failed = !sourcing.causes.is_empty();
        if self.model.global.configured {
            // What the start of the server found and nobody has seen yet is said as well.
            let mut earlier = std::mem::take(&mut self.model.global.config_errors);
            earlier.append(&mut sourcing.causes);
            sourcing.causes = earlier;
        }
        if !sourcing.causes.is_empty() {
            let unattached = client.and_then(|id| self.model.clients.get_mut(&id));
            let unattached = unattached.filter(|client| client.state.session.is_none() && failed);
            if let Some(client) = unattached {
                client.state.status = 1;
            }
            let control = client.filter(|client| self.control(*client).is_some());
            if let Some(control) = control {
                for cause in &sourcing.causes {
                    let line = format!("%config-error {cause}");
                    self.tell_note(&Note::Line(line), control);
                }
            } else if self.model.global.configured {
                self.print(client, &sourcing.causes.join("\n"));
                self.print_remedy(client, crate::hints::IN_A_FILE);
            } else {
                self.model.global.config_errors.append(&mut sourcing.causes);
            }
        }
        if sourcing.parse_only {
            return;
        }
        for (path, list) in sourcing.lists.iter().rev() {
            let mut state = sourcing.state.clone();
            state.file = Some(path.clone());
            state.variables.retain(|(name, _)| name != "current_file");
            state
                .variables
                .push(("current_file".to_string(), path.clone()));
            self.insert_as(queue, list, state);
        }
    }
}

//! show-messages, and the log that it shows: commands, and what was said on status lines and stderr.

use outlast_lang::parse::{Command, CommandList, print_known};

use super::{Ctx, Flow, Outcome, lookup};
use crate::Core;
use crate::formats;
use crate::jobs::Asked;
use crate::model::ids::ClientId;
use crate::queue::State;

const TEMPLATE: &str = "#{t/p:message_time}: #{message_text}";

pub(super) fn show_messages(ctx: &mut Ctx<'_>) -> Outcome {
    if ctx.has('T') {
        terminals(ctx);
    }
    if ctx.has('J') {
        jobs(ctx);
    }
    if ctx.has('T') || ctx.has('J') {
        return Ok(Flow::Normal);
    }
    let messages = &ctx.core.model.messages;
    let numbered: Vec<_> = messages
        .numbers()
        .zip(messages.lines.iter().cloned())
        .collect();
    let lines: Vec<String> = numbered
        .into_iter()
        .rev()
        .map(|(number, (unix, text))| {
            let mut context = ctx.format_context(&ctx.target);
            context.extra.extend([
                ("message_text".to_string(), text),
                ("message_number".to_string(), number.to_string()),
                ("message_time".to_string(), unix.to_string()),
            ]);
            formats::expand(ctx.core, TEMPLATE, &context, false)
        })
        .collect();
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

/// -T: attached clients and what their terminals can do. tmux lists the words of terminfo; here it is the features.
fn terminals(ctx: &mut Ctx<'_>) {
    let only = ctx.target_client.filter(|_| ctx.has('t'));
    let clients: Vec<(ClientId, String, String)> = ctx
        .core
        .attached_clients()
        .map(|client| &client.state)
        .filter(|state| only.is_none_or(|only| only == state.id))
        .map(|state| (state.id, state.info.term.clone(), state.name.clone()))
        .collect();
    for (number, (id, term, name)) in clients.into_iter().enumerate() {
        let mut text = format!("Terminal {number}: {term} for {name}, flags=0x0:");
        let features = ctx.core.features_of(id);
        let words = features.split(',').skip(1).filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            let (word, has) = match word.strip_suffix('@') {
                Some(word) => (word, false),
                None => (word, true),
            };
            text.push_str(&format!("\n{at:4}: {word}: (flag) {has}"));
        }
        ctx.print(&text);
    }
}

/// -J: shell commands that run. They run under the keeper: neither descriptor nor process is known here.
fn jobs(ctx: &mut Ctx<'_>) {
    let lines: Vec<String> = ctx
        .core
        .model
        .jobs
        .values()
        .filter_map(|job| match &job.asked {
            Asked::Run(spec) => spec.argv.last().cloned(),
            _ => None,
        })
        .enumerate()
        .map(|(number, command)| format!("Job {number}: {command} [fd=-1, pid=-1, status=0]"))
        .collect();
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
}

impl Core {
    /// Adds a line to what show-messages shows.
    pub(crate) fn log(&mut self, line: String) {
        let limit = self.server_chain().number("message-limit").max(0) as usize;
        self.model.messages.push(self.now.unix, line, limit);
    }

    /// Notes a command that is about to run; those of the configuration at the start are not noted.
    pub(crate) fn log_command(
        &mut self,
        client: Option<ClientId>,
        state: &State,
        command: &Command,
    ) {
        if !self.model.global.configured {
            return;
        }
        let mut list = CommandList::default();
        list.commands.push((0, command.clone()));
        let known = |name: &str| lookup(name).ok().map(|row| (row.name, row.spec));
        let text = print_known(&list, &known);
        let client = client.and_then(|id| self.model.clients.get(&id));
        let line = match (client, &state.key) {
            (None, _) => format!("command: {text}"),
            (Some(client), Some(key)) if client.state.session.is_some() => {
                format!("{} key {key}: {text}", client.state.name)
            }
            (Some(client), _) => format!("{} command: {text}", client.state.name),
        };
        self.log(line);
    }
}

//! run-shell, if-shell, wait-for: commands that wait for something outside.

use outlast_lang::parse::{Argument, CommandList};

use super::{Ctx, Flow, Outcome};
use crate::formats;
use crate::jobs::{Asked, Then};
use crate::mode::{self, MessageTime};
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, SIGNALLED};

pub(super) fn run_shell(ctx: &mut Ctx<'_>) -> Outcome {
    let delay = match ctx.args.get('d') {
        None => None,
        Some(text) => {
            let seconds = text
                .trim_start()
                .parse::<f64>()
                .ok()
                .filter(|seconds| seconds.is_finite());
            let seconds = seconds.ok_or_else(|| format!("invalid delay time: {text}"))?;
            Some((seconds.max(0.0) * 1000.0) as u64)
        }
    };
    if delay.is_none() && ctx.args.words.is_empty() {
        return Ok(Flow::Normal);
    }
    let wait = !ctx.has('b');
    let queue = wait.then_some(ctx.client);
    let client = if wait { ctx.client } else { ctx.target_client };
    let at = ctx.core.now.ms + delay.unwrap_or(0);
    let (asked, then) = if ctx.has('C') {
        let list = match ctx.args.words.first().cloned() {
            None => CommandList::default(),
            Some(argument) => match template_commands(ctx, &argument) {
                Ok(list) => list,
                // Nobody waits; who is attached sees it.
                Err(error) if !wait => {
                    if ctx.target_client.is_some() {
                        ctx.core.error(ctx.target_client, None, &error);
                    }
                    return Ok(Flow::Normal);
                }
                Err(error) => return Err(error),
            },
        };
        let state = ctx.state_for(&ctx.target.clone());
        if delay.is_none() {
            match wait {
                true => ctx.core.insert(ctx.asked, &list, state),
                false => ctx.core.append(client, &list, state),
            }
            return Ok(Flow::Normal);
        }
        let state = crate::queue::State {
            binds: false,
            ..state
        };
        (Asked::At(at), Then::Commands(list, state))
    } else {
        let cwd = ctx
            .get('c')
            .unwrap_or_else(|| ctx.core.directory_of(ctx.client, ctx.target.session));
        let pane = ctx.target.pane.filter(|_| ctx.has('t'));
        let command = ctx.args.word(0).map(|text| {
            let mut context = ctx.format_context(&ctx.target);
            for (at, word) in ctx.args.words.iter().enumerate().skip(1) {
                context
                    .extra
                    .push((at.to_string(), word.as_text().into_owned()));
            }
            formats::expand(ctx.core, &text, &context, false)
        });
        let session = ctx.target.session;
        match (command, delay) {
            (None, _) => (Asked::At(at), Then::Nothing),
            (Some(command), Some(_)) => (
                Asked::At(at),
                Then::Shell {
                    command,
                    cwd,
                    session,
                    pane,
                    errors: ctx.has('E'),
                },
            ),
            (Some(command), None) => {
                let spec = match ctx.has('E') {
                    true => ctx.core.job_spec_with_errors(&command, cwd, session),
                    false => ctx.core.job_spec(&command, cwd, session),
                };
                (Asked::Run(spec), Then::Show { command, pane })
            }
        }
    };
    // The queue that waits is the one that the command came from.
    let queue = queue.map(|_| ctx.asked);
    let ticket = ctx.core.start_job(queue, client, asked, then);
    Ok(if wait {
        Flow::Wait(ticket)
    } else {
        Flow::Normal
    })
}

/// Commands of an argument; text is a format first.
fn template_commands(ctx: &mut Ctx<'_>, argument: &Argument) -> Result<CommandList, String> {
    match argument.text() {
        None => ctx.commands(argument),
        Some(text) => {
            let text = ctx.expand(text);
            ctx.commands(&Argument::Text(text))
        }
    }
}

pub(super) fn if_shell(ctx: &mut Ctx<'_>) -> Outcome {
    let condition = ctx.args.word(0).unwrap_or_default();
    let condition = ctx.expand(&condition);
    let words = ctx.args.words.clone();
    if ctx.has('F') {
        let chosen = if condition.is_empty() || condition.starts_with('0') {
            words.get(2)
        } else {
            words.get(1)
        };
        let Some(chosen) = chosen else {
            return Ok(Flow::Normal);
        };
        let list = ctx.commands(chosen)?;
        let mut state = ctx.state.clone();
        // A block is what was written there; text may be anything by now.
        if !matches!(chosen, Argument::Block(_)) {
            state.proof = None;
        }
        ctx.core.insert_as(ctx.asked, &list, state);
        return Ok(Flow::Normal);
    }
    let Some(yes) = words.get(1).cloned() else {
        return Ok(Flow::Normal);
    };
    let wait = !ctx.has('b');
    let client = if wait { ctx.client } else { ctx.target_client };
    let cwd = ctx.core.directory_of(ctx.client, ctx.target.session);
    let spec = ctx.core.job_spec(&condition, cwd, ctx.target.session);
    let then = Then::Branch {
        yes,
        no: words.get(2).cloned(),
        state: crate::queue::State {
            proof: None,
            ..ctx.state.clone()
        },
        place: ctx.place.clone(),
    };
    let queue = wait.then_some(ctx.asked);
    let ticket = ctx.core.start_job(queue, client, Asked::Run(spec), then);
    Ok(if wait {
        Flow::Wait(ticket)
    } else {
        Flow::Normal
    })
}

pub(super) fn wait_for(ctx: &mut Ctx<'_>) -> Outcome {
    let name = ctx.args.word(0).unwrap_or_default();
    if ctx.has('S') {
        ctx.core.channel_signal(&name);
        Ok(Flow::Normal)
    } else if ctx.has('L') {
        ctx.core.channel_lock(&name, ctx.asked)
    } else if ctx.has('U') {
        ctx.core.channel_unlock(&name)
    } else {
        ctx.core.channel_wait(&name, ctx.asked)
    }
}

impl Core {
    /// The job of a run-shell is done: shows what it said and how it failed.
    pub(crate) fn shell_done(
        &mut self,
        queue: Option<Option<ClientId>>,
        client: Option<ClientId>,
        command: &str,
        pane: Option<PaneId>,
        result: Result<Vec<u8>, String>,
        status: i32,
    ) {
        let mut text = String::new();
        let mut code = status;
        match result {
            Ok(bytes) => {
                text = String::from_utf8_lossy(&bytes).into_owned();
                if text.ends_with('\n') {
                    text.pop();
                }
                let failure = match status {
                    0 | i32::MIN..0 => None,
                    1..SIGNALLED => Some(format!("'{command}' returned {status}")),
                    _ => {
                        let signal = status - SIGNALLED;
                        code = 128 + signal;
                        Some(format!("'{command}' terminated by signal {signal}"))
                    }
                };
                if let Some(failure) = failure {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&failure);
                }
            }
            Err(_) => {
                code = 1;
                let error = format!("failed to run command: {command}");
                match (queue, client) {
                    (Some(queue), _) => self.error(queue.or(client), None, &error),
                    (None, Some(client)) => {
                        mode::message(self, client, &error, MessageTime::Default, false, false)
                    }
                    (None, None) => {}
                }
            }
        }
        if !text.is_empty() {
            let shown = pane.filter(|pane| self.model.panes.contains_key(pane));
            match (shown, queue) {
                (Some(pane), _) => mode::copy::list(self, pane, &text),
                (None, Some(_)) => self.print(client, &text),
                (None, None) => {
                    if let Some(pane) = self.find_from_nothing(0).and_then(|found| found.pane) {
                        mode::copy::list(self, pane, &text);
                    }
                }
            }
        }
        if let (Some(_), Some(client)) = (
            queue,
            client.and_then(|client| self.model.clients.get_mut(&client)),
        ) && client.state.session.is_none()
        {
            client.state.status = u8::try_from(code.clamp(0, 255)).unwrap_or(1);
        }
    }
}

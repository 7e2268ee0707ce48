//! display-message.

use super::{Ctx, Flow, Outcome};
use crate::formats;
use crate::jobs::Then;
use crate::mode::{self, MessageTime};
use crate::model::ids::PaneId;

const TEMPLATE: &str = "[#{session_name}] #{window_index}:#{window_name}, current pane #{pane_index} - (%H:%M %d-%b-%y)";

pub(super) fn display_message(ctx: &mut Ctx<'_>) -> Outcome {
    if ctx.has('I') {
        let Some(pane) = ctx.target.pane else {
            return Ok(Flow::Normal);
        };
        return fill(ctx, pane);
    }
    if ctx.has('F') && !ctx.args.words.is_empty() {
        return Err("only one of -F or argument must be given".to_string());
    }
    let delay = ctx.args.number('d', 0..=i64::from(u32::MAX), "delay")?;
    let template = ctx
        .args
        .word(0)
        .or_else(|| ctx.get('F'))
        .unwrap_or_else(|| TEMPLATE.to_string());
    let session = ctx.target.session;
    let shows = ctx
        .target_client
        .filter(|client| ctx.core.session_of(*client) == session);
    let client = shows.or_else(|| session.and_then(|session| ctx.core.best_client_of(session)));
    let mut context = ctx.format_context(&ctx.target);
    context.client = client;
    if ctx.has('a') {
        let scope = formats::Scope::new(ctx.core, context, false);
        let lines = formats::all(&scope);
        for line in lines {
            ctx.print(&line);
        }
        return Ok(Flow::Normal);
    }
    let text = if ctx.has('l') {
        template
    } else if ctx.has('v') {
        let (text, told) = formats::expand_told(ctx.core, &template, &context);
        for line in told {
            ctx.print(&line);
        }
        text
    } else {
        formats::expand(ctx.core, &template, &context, true)
    };
    if ctx.client.is_none() {
        return Err(text);
    }
    if ctx.has('p') {
        ctx.print(&text);
    } else if let Some(client) = ctx
        .target_client
        .filter(|client| ctx.core.control(*client).is_some())
    {
        // In the block of the command, as in tmux, if it is its own.
        ctx.core.control_line(client, &format!("%message {text}"));
    } else if let Some(client) = ctx.target_client {
        let time = match delay {
            None => MessageTime::Default,
            Some(ms) => MessageTime::Ms(u64::try_from(ms).unwrap_or(0)),
        };
        mode::message(ctx.core, client, &text, time, ctx.has('N'), true);
    }
    Ok(Flow::Normal)
}

/// Shows the client's stdin in a pane that has no program; waits for its end.
pub(super) fn fill(ctx: &mut Ctx<'_>, pane: PaneId) -> Outcome {
    let state = ctx.core.model.panes.get(&pane);
    if !state.is_some_and(|pane| pane.state.empty) {
        return Err("pane is not empty".to_string());
    }
    if !ctx.core.sends_stdin(ctx.asked) {
        return Ok(Flow::Normal);
    }
    let ticket = ctx.core.read_stdin(ctx.asked, ctx.client, Then::Fill(pane));
    Ok(Flow::Wait(ticket))
}

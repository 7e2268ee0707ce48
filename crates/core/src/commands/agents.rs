//! agent-hook, select-waiting: what agents say, and the way to the one that waits.

use outlast_agent::hook::Record;

use super::{Ctx, Flow, Outcome};
use crate::agents::send::{Sending, Stage};
use crate::jobs::{Asked, Then};
use crate::model::ids::PaneId;
use crate::proof::Standing;
use crate::run::lines::parse_span;
use outlast_lang::target::Kind;

/// Whether the kernel shows that who asks may speak for a pane: it is below that very pane, or below none.
///
/// # Errors
/// It is below another pane, or it cannot be told where it is.
fn speaks_for(ctx: &Ctx<'_>, pane: PaneId) -> Result<(), String> {
    let why = match ctx.asked.and_then(|client| ctx.core.standing(client)) {
        Some(Standing::Proven | Standing::NoTerminal) => return Ok(()),
        Some(Standing::Below(Some(own))) if own == pane => return Ok(()),
        Some(Standing::Below(Some(own))) => format!("this comes from {own}"),
        Some(Standing::Below(None)) => "which pane this comes from cannot be told".to_string(),
        Some(Standing::Unknown | Standing::Broken) => {
            "the kernel did not tell where this comes from".to_string()
        }
        Some(Standing::Another) => "this comes from another user".to_string(),
        None => "nobody says so".to_string(),
    };
    Err(format!("not for {pane}: {why}"))
}

pub(super) fn agent_hook(ctx: &mut Ctx<'_>) -> Outcome {
    let target = ctx.get('t');
    let found = ctx
        .core
        .find_target(ctx.client, &ctx.state, target.as_deref(), Kind::Pane, 0)?;
    let pane = found.pane.ok_or("no such pane")?;
    speaks_for(ctx, pane)?;
    let json = ctx.args.word(0).unwrap_or_default();
    let record = Record::parse(&json)?;
    let name = ctx.get('a').unwrap_or_default();
    ctx.core.agent_records(pane, &name, &record);
    let known = ctx.core.agent(pane).map(|agent| agent.name.clone());
    let agent = known.filter(|name| !name.is_empty());
    let agent = agent.unwrap_or_else(|| "claude".to_string());
    super::requests::heard(ctx, &agent, pane, &record)
}

pub(super) fn select_waiting(ctx: &mut Ctx<'_>) -> Outcome {
    let waiting = ctx.core.waiting_panes();
    let here = ctx.state.current.pane;
    let after = waiting.iter().position(|pane| Some(*pane) == here);
    let next = match after {
        Some(at) => waiting.get((at + 1) % waiting.len()),
        None => waiting.first(),
    };
    let Some(pane) = next else {
        return Err("nothing waits for you".into());
    };
    let text = format!("switch-client -Z -t {pane}");
    let list = ctx.core.parse_commands(&text)?;
    let state = ctx.state.clone();
    ctx.core.insert(ctx.asked, &list, state);
    Ok(Flow::Normal)
}

pub(super) fn send_prompt(ctx: &mut Ctx<'_>) -> Outcome {
    let by =
        match ctx.args.get('T') {
            None => None,
            Some(text) => Some(parse_span(text).ok_or_else(|| {
                format!("bad timeout: {text}; a span is 500ms, 30s, 10m, 2h or 1d")
            })?),
        };
    let target = ctx.get('t');
    let run = target.as_deref().map(|name| ctx.core.run_named(name));
    let pane = match run {
        Some(Ok(pane)) => pane,
        _ => {
            let found =
                ctx.core
                    .find_target(ctx.client, &ctx.state, target.as_deref(), Kind::Pane, 0)?;
            found.pane.ok_or("no such pane")?
        }
    };
    let text = ctx.args.word(0).unwrap_or_default();
    if text.trim().is_empty() {
        return Err("which prompt? there is no text in it".into());
    }
    let sending = Then::Send(Sending {
        pane,
        text,
        stage: Stage::Queued,
        by: by.map(|ms| ctx.core.now.ms + ms),
        proof: ctx.state.proof.clone(),
        outside: ctx.core.outside,
    });
    let ticket = ctx
        .core
        .start_job(Some(ctx.asked), ctx.client, Asked::Program, sending);
    Ok(Flow::Wait(ticket))
}

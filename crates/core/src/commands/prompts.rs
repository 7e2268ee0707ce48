//! copy-mode, command-prompt, confirm-before: the modes are in `crate::mode`.

use outlast_lang::parse::CommandList;

use super::{Ctx, Flow, Outcome};
use crate::mode;

pub(super) fn copy_mode(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    let args = ctx.args.clone();
    let mouse = ctx.state.mouse.clone();
    mode::copy::copy_mode(
        ctx.core,
        ctx.client,
        pane,
        ctx.source.pane,
        &args,
        mouse.as_ref(),
    );
    Ok(Flow::Normal)
}

pub(super) fn command_prompt(ctx: &mut Ctx<'_>) -> Outcome {
    let client = ctx.target_client.ok_or("no current client")?;
    let waits = !ctx.has('b') && !ctx.has('i');
    let ticket = waits.then(|| ctx.core.ticket());
    let context = ctx.format_context(&ctx.target);
    let args = ctx.args.clone();
    let opened = mode::prompt::command_prompt(ctx.core, client, &args, &context, ticket)?;
    // What a person types at a prompt that a person has opened is a command line.
    if opened
        && ctx.state.proof.is_some()
        && ctx.asked == Some(client)
        && !ctx.has('I')
        && let Some(entry) = ctx.core.model.clients.get_mut(&client)
        && let Some(prompt) = &mut entry.state.prompt
    {
        prompt.typed = prompt.entry == mode::prompt::Entry::Line && prompt.asks.len() == 1;
    }
    Ok(match ticket {
        Some(ticket) if opened => Flow::Wait(ticket),
        _ => Flow::Normal,
    })
}

pub(super) fn confirm_before(ctx: &mut Ctx<'_>) -> Outcome {
    let client = ctx.target_client.ok_or("no current client")?;
    let commands = match ctx.args.words.first().cloned() {
        Some(argument) => ctx.commands(&argument)?,
        None => CommandList::default(),
    };
    let ticket = (!ctx.has('b')).then(|| ctx.core.ticket());
    let context = ctx.format_context(&ctx.target);
    let args = ctx.args.clone();
    let opened = mode::prompt::confirm_before(ctx.core, client, &args, commands, &context, ticket)?;
    Ok(match ticket {
        Some(ticket) if opened => Flow::Wait(ticket),
        _ => Flow::Normal,
    })
}

//! pipe-pane.

use super::{Ctx, Flow, Outcome};
use crate::formats;

pub(super) fn pipe_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    let dead = ctx
        .core
        .model
        .panes
        .get(&pane)
        .is_some_and(|pane| pane.state.dead.is_some());
    if dead {
        return Err("target pane has exited".to_string());
    }
    if ctx.has('I') {
        ctx.may_type(pane)?;
    }
    let had_one = ctx.core.close_pipe(pane);
    let command = ctx.args.word(0).filter(|command| !command.is_empty());
    let Some(command) = command else {
        return Ok(Flow::Normal);
    };
    // One key opens and closes.
    if ctx.has('o') && had_one {
        return Ok(Flow::Normal);
    }
    let input = ctx.has('I');
    let output = !input || ctx.has('O');
    let context = ctx.format_context(&ctx.target);
    let command = formats::expand(ctx.core, &command, &context, true);
    ctx.core
        .open_pipe(ctx.target.session, pane, &command, output, input);
    Ok(Flow::Normal)
}

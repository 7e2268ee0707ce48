//! set-hook and show-hooks: hooks are options whose values are lists of commands.

use super::{Ctx, Flow, Outcome, options, show_options};
use crate::hooks::Hook;

pub(super) fn set_hook(ctx: &mut Ctx<'_>) -> Outcome {
    if !ctx.has('R') {
        return options::set_option(ctx);
    }
    let name = ctx.expand(&ctx.args.word(0).unwrap_or_default());
    let hook = Hook::fired(ctx, &name);
    ctx.core.insert_hook(ctx.asked, &hook);
    Ok(Flow::Normal)
}

pub(super) fn show_hooks(ctx: &mut Ctx<'_>) -> Outcome {
    show_options::show_options(ctx)
}

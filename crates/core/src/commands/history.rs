//! show-prompt-history and clear-prompt-history.

use super::{Ctx, Flow, Outcome};

/// Kinds of prompts, in tmux's order.
const KINDS: [&str; 4] = ["command", "search", "target", "window-target"];

/// The kinds that -T names, or all.
fn kinds(ctx: &Ctx<'_>) -> Result<Vec<&'static str>, String> {
    match ctx.args.get('T') {
        None => Ok(KINDS.to_vec()),
        Some(name) => KINDS
            .into_iter()
            .find(|kind| *kind == name)
            .map(|kind| vec![kind])
            .ok_or_else(|| format!("invalid type: {name}")),
    }
}

pub(super) fn show_prompt_history(ctx: &mut Ctx<'_>) -> Outcome {
    for kind in kinds(ctx)? {
        // A blank line follows the head and each list.
        let mut text = format!("History for {kind}:\n\n");
        if let Some(lines) = ctx.core.model.global.prompt_history.get(kind) {
            for (at, line) in lines.iter().rev().enumerate() {
                text.push_str(&format!("{}: {line}\n", at + 1));
            }
        }
        ctx.print(&text);
    }
    Ok(Flow::Normal)
}

pub(super) fn clear_prompt_history(ctx: &mut Ctx<'_>) -> Outcome {
    for kind in kinds(ctx)? {
        if ctx.core.model.global.prompt_history.contains_key(kind) {
            ctx.core.model.global.prompt_history.remove(kind);
        }
    }
    Ok(Flow::Normal)
}

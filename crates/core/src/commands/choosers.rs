//! choose-tree, choose-buffer, choose-client: the choosers are in `crate::mode::tree`.

use super::{Ctx, Flow, Outcome};
use crate::mode::tree::{self, Sort, What};

pub(super) fn choose(ctx: &mut Ctx<'_>) -> Outcome {
    let sort = match ctx.get('O') {
        None => None,
        Some(text) => Some(Sort::parse(&text).ok_or("invalid sort order")?),
    };
    let what = match ctx.row.name {
        "choose-buffer" if ctx.core.model.buffers.is_empty() => return Ok(Flow::Normal),
        "choose-client" if ctx.core.attached_clients().next().is_none() => {
            return Ok(Flow::Normal);
        }
        "choose-buffer" => What::Buffers,
        "choose-client" => What::Clients,
        _ => What::Tree,
    };
    let pane = ctx.pane()?;
    let args = ctx.args.clone();
    let home = ctx.target.clone();
    tree::open(ctx.core, pane, what, &args, sort, &home);
    Ok(Flow::Normal)
}

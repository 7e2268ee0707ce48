//! choose-tree, choose-buffer, choose-client, find-window (`crate::mode::tree`), clock-mode.

use outlast_lang::args::Args;

use super::{Ctx, Flow, Outcome};
use crate::mode::front::{self, Kind};
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
        "customize-mode" => What::Options,
        _ => What::Tree,
    };
    let pane = ctx.pane()?;
    let args = ctx.args.clone();
    let home = ctx.target.clone();
    tree::open(ctx.core, pane, what, &args, sort, &home);
    Ok(Flow::Normal)
}

pub(super) fn clock_mode(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    let shown = front::of(ctx.core, pane).is_some_and(|front| front.kind == Kind::Clock);
    if !shown {
        front::open(ctx.core, pane, Kind::Clock, false);
    }
    Ok(Flow::Normal)
}

/// A tree of the windows that match: contents, name, title or those that the flags name.
pub(super) fn find_window(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    let text = ctx.args.word(0).unwrap_or_default();
    let star = if ctx.has('r') { "" } else { "*" };
    let how = match (ctx.has('r'), ctx.has('i')) {
        (true, true) => "/ri",
        (true, false) => "/r",
        (false, true) => "/i",
        (false, false) => "",
    };
    let all = !['C', 'N', 'T'].iter().any(|flag| ctx.has(*flag));
    let wanted = [
        ('C', format!("#{{C{how}:{text}}}")),
        (
            'N',
            format!("#{{m{how}:{star}{text}{star},#{{window_name}}}}"),
        ),
        (
            'T',
            format!("#{{m{how}:{star}{text}{star},#{{pane_title}}}}"),
        ),
    ];
    let filter = wanted
        .into_iter()
        .filter(|(flag, _)| all || ctx.has(*flag))
        .map(|(_, filter)| filter)
        .reduce(|first, next| format!("#{{||:{first},{next}}}"))
        .unwrap_or_default();
    let mut args = Args::default();
    args.flags.push(('f', Some(filter.as_str().into())));
    if ctx.has('Z') {
        args.flags.push(('Z', None));
    }
    let home = ctx.target.clone();
    tree::open(ctx.core, pane, What::Tree, &args, None, &home);
    Ok(Flow::Normal)
}

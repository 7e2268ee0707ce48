//! The command behind `outlast import`: no command of tmux's, hence in no list and by its whole name only.

use outlast_lang::args::Spec;

use super::{Ctx, Flow, Outcome, Row, flag};
use crate::jobs::{Asked, Then};
use crate::reboot::import::COMMAND;

/// Commands that only our own verbs say.
pub(super) const OWN: &[Row] = &[Row {
    name: COMMAND,
    alias: "",
    spec: Spec {
        flags: "",
        min: 1,
        max: Some(1),
        commands: false,
    },
    help: "Takes over the sessions of another server that a file describes.",
    usage: "path",
    source: None,
    target: None,
    flags: flag::START,
    run: import_sessions,
}];

fn import_sessions(ctx: &mut Ctx<'_>) -> Outcome {
    let path = ctx.args.word(0).unwrap_or_default();
    let asked = Asked::Read(path);
    let ticket = ctx
        .core
        .start_job(Some(ctx.asked), ctx.client, asked, Then::Import);
    Ok(Flow::Wait(ticket))
}

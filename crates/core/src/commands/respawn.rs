//! respawn-pane and respawn-window.

use super::new_window::wanted;
use super::{Ctx, Flow, Outcome};
use crate::model::ids::{PaneId, SessionId};
use crate::model::layout::leaf;
use crate::spawn::Wanted;
use crate::started::{Started, when_started};

pub(super) fn respawn_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, pane) = (ctx.session()?, ctx.pane()?);
    ctx.may_type(pane)?;
    let program = wanted(ctx);
    respawn(ctx, session, pane, program, "respawn pane failed")
}

pub(super) fn respawn_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, window, link) = (ctx.session()?, ctx.window()?, ctx.link()?);
    let program = wanted(ctx);
    let Some(state) = ctx.core.model.windows.get(&window) else {
        return Ok(Flow::Normal);
    };
    for pane in state.panes.clone() {
        ctx.may_type(pane)?;
    }
    let runs = |pane| ctx.core.pane_runs(pane);
    if !program.kill && state.panes.iter().copied().any(runs) {
        let name = ctx
            .core
            .model
            .sessions
            .get(&session)
            .map_or("", |session| session.name.as_str());
        return Err(format!(
            "respawn window failed: window {name}:{link} still active"
        ));
    }
    let (first, others) = (state.panes[0], state.panes[1..].to_vec());
    ctx.core.unzoom(window);
    for pane in others {
        ctx.core.remove_pane(pane);
    }
    ctx.core.activate(window, first, false);
    if let Some(state) = ctx.core.model.windows.get(&window) {
        let root = leaf(state.cols, state.rows, first.0);
        ctx.core.change_layout(window, |old| *old = root);
    }
    let outcome = respawn(ctx, session, first, program, "respawn window failed")?;
    // tmux goes to the window.
    ctx.core.select_link(session, link);
    Ok(outcome)
}

fn respawn(
    ctx: &mut Ctx<'_>,
    session: SessionId,
    pane: PaneId,
    program: Wanted,
    failure: &str,
) -> Outcome {
    ctx.core
        .respawn(session, pane, program)
        .map_err(|error| format!("{failure}: {error}"))?;
    let started = Started::quiet(ctx, pane, failure);
    when_started(ctx, started)
}

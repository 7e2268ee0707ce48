//! select-layout, next-layout, previous-layout.

use outlast_lang::layout::{Content, parse_all};

use super::{Ctx, Flow, Outcome};
use crate::model::Float;
use crate::model::ids::WindowId;
use crate::model::layout::presets::{self, Room};
use crate::model::layout::{self};

pub(super) fn select_layout(ctx: &mut Ctx<'_>) -> Outcome {
    let window = ctx.window()?;
    ctx.core.unzoom(window);
    let edge = ctx.core.edge(window);
    let Some(state) = ctx.core.model.windows.get(&window) else {
        return Ok(Flow::Normal);
    };
    let old = state.old_layout.clone();
    let now = state.layout_text();
    let preset = usize::try_from(state.preset).ok();
    let count = presets::NAMES.len();
    let text = ctx.args.word(0);
    let chosen = if ctx.row.name == "next-layout" || ctx.has('n') {
        Some(preset.map_or(0, |preset| (preset + 1) % count))
    } else if ctx.row.name == "previous-layout" || ctx.has('p') {
        Some(preset.map_or(count - 1, |preset| (preset + count - 1) % count))
    } else if ctx.has('E') {
        let pane = ctx.pane()?;
        ctx.core
            .change_layout(window, |root| layout::spread_out(root, pane.0, edge));
        remember(ctx, window, now);
        return Ok(Flow::Normal);
    } else if ctx.has('o') {
        None
    } else {
        match &text {
            None => preset,
            Some(text) => presets::find(text),
        }
    };
    if let Some(chosen) = chosen {
        arrange(ctx, window, chosen);
        remember(ctx, window, now);
        return Ok(Flow::Normal);
    }
    let text = if ctx.has('o') { text.or(old) } else { text };
    let Some(text) = text else {
        remember(ctx, window, now);
        return Ok(Flow::Normal);
    };
    apply(ctx, window, &text).map_err(|error| format!("{error}: {text}"))?;
    remember(ctx, window, now);
    Ok(Flow::Normal)
}

fn remember(ctx: &mut Ctx<'_>, window: WindowId, layout: String) {
    if let Some(window) = ctx.core.model.windows.get_mut(&window) {
        window.old_layout = Some(layout);
    }
    ctx.core.sizes_stale = true;
    ctx.core.touch_all();
}

fn arrange(ctx: &mut Ctx<'_>, id: WindowId, preset: usize) {
    let chain = ctx.core.window_chain(id);
    let (main, other) = match presets::is_horizontal(preset) {
        true => ("main-pane-height", "other-pane-height"),
        false => ("main-pane-width", "other-pane-width"),
    };
    let (main, other) = (chain.text(main), chain.text(other));
    let max_columns = chain.number("tiled-layout-max-columns");
    let edge = ctx.core.edge(id);
    let Some(window) = ctx.core.model.windows.get_mut(&id) else {
        return;
    };
    let panes: Vec<u32> = window.tiled().iter().map(|pane| pane.0).collect();
    let room = Room {
        cols: window.cols,
        rows: window.rows,
        edge,
        main,
        other,
        max_columns,
    };
    window.preset = i8::try_from(preset).unwrap_or(-1);
    if let Some(root) = presets::arrange(preset, &panes, &room) {
        (window.cols, window.rows) = (root.width, root.height);
        ctx.core.change_layout(id, |old| *old = root);
    }
}

/// A layout string.
fn apply(ctx: &mut Ctx<'_>, id: WindowId, text: &str) -> Result<(), String> {
    let (mut root, floats) = parse_all(text)?;
    let edge = ctx.core.edge(id);
    let Some(window) = ctx.core.model.windows.get_mut(&id) else {
        return Ok(());
    };
    let tiled = window.tiled();
    let (panes, cells) = (tiled.len(), layout::count(&root));
    if panes > cells {
        return Err(format!("have {panes} panes but need {cells}"));
    }
    layout::trim(&mut root, panes, edge);
    if !layout::check(&mut root) {
        return Err("size mismatch after applying layout".to_string());
    }
    layout::assign(&mut root, &mut tiled.iter().map(|pane| pane.0));
    // What floats goes where it was: by its id, as cells of a layout go by their order.
    for cell in &floats {
        let is = |float: &&mut Float| cell.content == Content::Pane(Some(float.pane.0));
        if let Some(float) = window.floats.iter_mut().find(is) {
            (float.x, float.y) = (cell.x, cell.y);
            (float.cols, float.rows) = (cell.width.max(1), cell.height.max(1));
        }
    }
    layout::fix_offsets(&mut root);
    (window.cols, window.rows) = (root.width, root.height);
    ctx.core.change_layout(id, |old| *old = root);
    Ok(())
}

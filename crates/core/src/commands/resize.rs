//! resize-pane and resize-window.

use outlast_lang::args::number;
use outlast_lang::layout::Direction;
use outlast_lang::options::find;

use outlast_term::{Op, Size};

use super::{Ctx, Flow, Outcome};
use crate::model::ids::PaneId;
use crate::model::layout::{self, Edge};

fn adjustment(ctx: &Ctx<'_>) -> Result<i32, String> {
    let Some(text) = ctx.args.word(0) else {
        return Ok(1);
    };
    let number =
        number(&text, 1..=i64::from(i32::MAX)).map_err(|error| format!("adjustment {error}"))?;
    Ok(i32::try_from(number).unwrap_or(1))
}

pub(super) fn resize_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let (window, pane) = (ctx.window()?, ctx.pane()?);
    if ctx.has('M') {
        return resize_by_mouse(ctx);
    }
    if ctx.has('T') {
        trim(ctx, pane);
        return Ok(Flow::Normal);
    }
    if ctx.has('Z') {
        if !ctx.core.unzoom(window) {
            ctx.core.zoom(window, pane);
        }
        return Ok(Flow::Normal);
    }
    ctx.core.unzoom(window);
    let adjust = adjustment(ctx)?;
    let edge = ctx.core.edge(window);
    let Some(state) = ctx.core.model.windows.get(&window) else {
        return Ok(Flow::Normal);
    };
    let (cols, rows) = (i64::from(state.cols), i64::from(state.rows));
    let any = 0..=i64::from(i32::MAX);
    let width = ctx.args.percentage('x', any.clone(), cols, "width")?;
    let height = ctx.args.percentage('y', any, rows, "height")?;
    let small = |size: i64| i32::try_from(size.min(20_000)).unwrap_or(20_000);
    if state.is_floating(pane) {
        let size = (width.map(small), height.map(small));
        return super::new_pane::resize(ctx, window, pane, size, adjust.min(20_000));
    }
    if let Some(width) = width.map(small) {
        ctx.core.change_layout(window, |root| {
            layout::resize_pane_to(root, pane.0, Direction::LeftRight, width, edge)
        });
    }
    if let Some(mut height) = height.map(small) {
        if let Some(state) = ctx.core.model.panes.get(&pane).map(|pane| &pane.state) {
            let top = edge == Edge::Top && state.y == 1;
            let bottom = edge == Edge::Bottom && i64::from(state.y + state.rows) == rows - 1;
            height += i32::from(top || bottom);
        }
        ctx.core.change_layout(window, |root| {
            layout::resize_pane_to(root, pane.0, Direction::TopBottom, height, edge)
        });
    }
    let adjust = adjust.min(20_000);
    let moved = [
        ('L', Direction::LeftRight, -adjust),
        ('R', Direction::LeftRight, adjust),
        ('U', Direction::TopBottom, -adjust),
        ('D', Direction::TopBottom, adjust),
    ];
    if let Some((_, direction, change)) = moved.into_iter().find(|(flag, ..)| ctx.has(*flag)) {
        ctx.core.change_layout(window, |root| {
            layout::resize_pane(root, pane.0, direction, change, true, edge)
        });
    }
    Ok(Flow::Normal)
}

/// resize-pane -T: the rows below the cursor go, and as many come back from the history. For the terminal that is
/// a screen that ends at the cursor for a moment; the program is not told.
fn trim(ctx: &mut Ctx<'_>, pane: PaneId) {
    let Some(state) = ctx.core.model.panes.get(&pane) else {
        return;
    };
    let terminal = &state.terminal;
    if state.state.mode.is_some() || terminal.modes().alternate {
        return;
    }
    let size = terminal.size();
    let below = u32::from(size.rows - 1 - terminal.cursor().y.min(size.rows - 1));
    let below = below.min(terminal.history_len()) as u16;
    if below > 0 {
        let short = Size::new(size.cols, size.rows - below);
        ctx.core.operate(pane, Op::Resize(short));
        ctx.core.operate(pane, Op::Resize(size));
    }
}

/// resize-pane -M: the border follows the mouse until the button is released.
fn resize_by_mouse(ctx: &mut Ctx<'_>) -> Outcome {
    if let (Some(mouse), Some(client)) = (ctx.state.mouse.clone(), ctx.client)
        && ctx.core.session_of(client).is_some()
    {
        crate::input::mouse::start_border_drag(ctx.core, client, &mouse);
    }
    Ok(Flow::Normal)
}

pub(super) fn resize_window(ctx: &mut Ctx<'_>) -> Outcome {
    let (session, window) = (ctx.session()?, ctx.window()?);
    let adjust = adjustment(ctx)?;
    let Some(state) = ctx.core.model.windows.get(&window) else {
        return Ok(Flow::Normal);
    };
    let most = i64::from(outlast_term::Size::MAX);
    let mut cols = ctx
        .args
        .number('x', 1..=most, "width")?
        .unwrap_or(i64::from(state.cols));
    let mut rows = ctx
        .args
        .number('y', 1..=most, "height")?
        .unwrap_or(i64::from(state.rows));
    let adjust = i64::from(adjust);
    if ctx.has('L') {
        cols -= if cols >= adjust { adjust } else { 0 };
    } else if ctx.has('R') {
        cols += adjust;
    } else if ctx.has('U') {
        rows -= if rows >= adjust { adjust } else { 0 };
    } else if ctx.has('D') {
        rows += adjust;
    }
    let clamp = |size: i64| u16::try_from(size.clamp(1, most)).unwrap_or(1);
    let mut size = (clamp(cols), clamp(rows));
    if ctx.has('A') || ctx.has('a') {
        size = ctx.core.extreme_size(window, session, ctx.has('A'));
    }
    if let (Ok(row), Some(window)) = (find("window-size"), ctx.core.model.windows.get_mut(&window))
    {
        window.options.set(row, None, "manual", false)?;
        window.manual_size = Some(size);
    }
    ctx.core.resize_window(window, size.0, size.1);
    Ok(Flow::Normal)
}

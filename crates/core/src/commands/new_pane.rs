//! new-pane: a pane that floats over the layout; and what resize-pane does to one.

use super::new_window::{TEMPLATE, set_styles};
use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::model::Float;
use crate::model::ids::{PaneId, WindowId};
use crate::spawn::Wanted;
use crate::started::{Started, when_started};
use crate::target::Find;

/// How far from the last one a pane comes to float that is not told where.
const STEP: (u16, u16) = (4, 2);

/// -x, -y, -X and -Y: the place of the new pane within its border. Err is tmux's text.
fn place_of(ctx: &mut Ctx<'_>, window: WindowId, pane: PaneId) -> Result<Float, String> {
    let Some(state) = ctx.core.model.windows.get(&window) else {
        return Err("size or position invalid".to_string());
    };
    let (whole_x, whole_y) = (i64::from(state.cols), i64::from(state.rows));
    let last = state.last_float;
    let what = "size or position";
    let size = |flag: char, whole: i64| ctx.args.percentage(flag, 0..=whole - 1, whole, what);
    let cols = size('x', whole_x)?.unwrap_or(whole_x / 2);
    let rows = size('y', whole_y)?.unwrap_or(whole_y / 4);
    let at =
        |flag: char, own: i64, whole: i64| ctx.args.percentage(flag, -own..=whole, whole, what);
    let (x, y) = (at('X', cols, whole_x)?, at('Y', rows, whole_y)?);
    let next = |last: u16, step: u16, whole: i64| match last {
        0 => step,
        last if i64::from(last) > whole => step,
        last => last.saturating_add(step),
    };
    let mut cascade = last;
    if x.is_none() {
        cascade.0 = next(last.0, STEP.0, whole_x);
    }
    if y.is_none() {
        cascade.1 = next(last.1, STEP.1, whole_y);
    }
    // What would begin left of the window or above it begins at its edge: the border is outside then.
    let side = |value: i64| u16::try_from(value.max(0)).unwrap_or(u16::MAX);
    let float = Float {
        pane,
        x: x.map_or(cascade.0, side),
        y: y.map_or(cascade.1, side),
        cols: side(cols).max(1),
        rows: side(rows).max(1),
    };
    if let Some(window) = ctx.core.model.windows.get_mut(&window) {
        window.last_float = cascade;
    }
    Ok(float)
}

/// Makes a floating pane.
pub(super) fn float(ctx: &mut Ctx<'_>, program: Wanted) -> Outcome {
    let (session, window) = (ctx.session()?, ctx.window()?);
    let number = PaneId(ctx.core.model.global.next_pane);
    let float = place_of(ctx, window, number)?;
    let was_zoomed = ctx.core.unzoom(window);
    let history = ctx.core.history_limit(session);
    let new = ctx
        .core
        .create_pane(window, float.cols, float.rows, history);
    if let Some(window) = ctx.core.model.windows.get_mut(&window) {
        let at = if ctx.args.has('b') {
            0
        } else {
            window.panes.len()
        };
        window.panes.insert(at, new);
        window.floats.insert(0, Float { pane: new, ..float });
    }
    ctx.core.fix_panes(window);
    ctx.core.start(session, new, program);
    if let Err(error) = set_styles(ctx, new) {
        ctx.core.remove_pane(new);
        return Err(error);
    }
    let found = Find {
        pane: Some(new),
        ..ctx.target.clone()
    };
    if !ctx.has('d') {
        ctx.core.activate(window, new, true);
        ctx.state.current = found.clone();
    }
    ctx.core.notify_window("window-layout-changed", window);
    if ctx.has('Z') {
        let active = ctx.core.model.windows.get(&window).map(|w| w.active);
        if was_zoomed || !ctx.has('d') {
            ctx.core.zoom(window, active.unwrap_or(new));
        }
    }
    ctx.core.touch_all();
    let started = Started::of(ctx, new, "create pane failed", &found, TEMPLATE);
    let flow = when_started(ctx, started)?;
    match ctx.has('I') {
        true => super::display::fill(ctx, new),
        false => Ok(flow),
    }
}

/// resize-pane of a floating pane: -x and -y are its size, -L, -R, -U and -D move its right or bottom border.
pub(super) fn resize(
    ctx: &mut Ctx<'_>,
    window: WindowId,
    pane: PaneId,
    size: (Option<i32>, Option<i32>),
    adjust: i32,
) -> Outcome {
    let side = |value: i32| u16::try_from(value.clamp(1, 10_000)).unwrap_or(1);
    let (mut dx, mut dy) = (0, 0);
    for (flag, x, y) in [('L', -1, 0), ('R', 1, 0), ('U', 0, -1), ('D', 0, 1)] {
        if ctx.has(flag) {
            (dx, dy) = (x * adjust, y * adjust);
        }
    }
    ctx.core.change_float(window, pane, |float| {
        float.cols = side(size.0.unwrap_or(i32::from(float.cols)) + dx);
        float.rows = side(size.1.unwrap_or(i32::from(float.rows)) + dy);
    });
    Ok(Flow::Normal)
}

impl Core {
    /// Changes the place of a floating pane. False: it does not float.
    pub(crate) fn change_float(
        &mut self,
        id: WindowId,
        pane: PaneId,
        change: impl FnOnce(&mut Float),
    ) -> bool {
        let floats = |window: &crate::model::Window| window.is_floating(pane);
        if !self
            .model
            .windows
            .get(&id)
            .is_some_and(|window| floats(window))
        {
            return false;
        }
        if let Some(window) = self.model.windows.get_mut(&id)
            && let Some(float) = window.floats.iter_mut().find(|float| float.pane == pane)
        {
            change(float);
        }
        self.fix_panes(id);
        self.notify_window("window-layout-changed", id);
        self.touch_all();
        true
    }

    /// The border of a floating pane is dragged from one place of its window to another: corners and sides make it larger
    /// or smaller, the top moves it. False: it does not float.
    pub(crate) fn drag_float(
        &mut self,
        id: WindowId,
        pane: PaneId,
        from: (u16, u16),
        to: (u16, u16),
    ) -> bool {
        self.change_float(id, pane, |float| {
            let at = |n: u16| i32::from(n);
            let (lx, ly, x, y) = (at(from.0), at(from.1), at(to.0), at(to.1));
            let (left, top) = (at(float.x) - 1, at(float.y) - 1);
            let (right, bottom) = (at(float.x) + at(float.cols), at(float.y) + at(float.rows));
            let near_left = lx == left || lx == left + 1;
            let near_right = lx == right || lx == right + 1;
            let corner = (ly == top || ly == bottom) && (near_left || near_right);
            let (mut new_x, mut new_y) = (at(float.x), at(float.y));
            let (mut cols, mut rows) = (at(float.cols), at(float.rows));
            if ly == top && !corner {
                new_x += x - lx;
                new_y += y - ly;
            } else {
                if lx == right || corner && near_right {
                    cols = x - at(float.x);
                } else if lx == left || corner && near_left {
                    cols += lx - x;
                    new_x += x - lx;
                }
                if ly == bottom {
                    rows = y - at(float.y);
                } else if ly == top {
                    rows += ly - y;
                    new_y += y - ly;
                }
            }
            if cols < 1 || rows < 1 {
                return;
            }
            let side = |value: i32| u16::try_from(value.clamp(0, 10_000)).unwrap_or(0);
            (float.x, float.y) = (side(new_x), side(new_y));
            (float.cols, float.rows) = (side(cols), side(rows));
        })
    }
}

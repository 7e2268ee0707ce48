//! The mouse in copy mode: placing the cursor, selecting by dragging.

use super::{Unit, edit};
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, MouseEvent};

/// A drag of the client selects in the pane's copy mode from now on.
pub(crate) fn start_drag(core: &mut Core, client: ClientId, event: &MouseEvent) {
    let Some(pane) = event.pane else { return };
    if core
        .model
        .panes
        .get(&pane)
        .is_none_or(|pane| pane.state.mode.is_none())
    {
        return;
    }
    let (x, y) = start_of(core, client, pane, event);
    let numbers = super::draw::number_width(core, pane);
    edit(core, pane, |editor| {
        let x = x.saturating_sub(numbers);
        let row = editor.m.top + u64::from(y);
        let m = &editor.m;
        if x < m.reset.0 || x > m.reset_end.0 || row != m.reset.1 {
            editor.m.unit = Unit::Char;
        }
        match editor.m.unit {
            Unit::Word => {
                editor.place(x, y);
                let (x, row) = editor.word_start();
                let y = row.saturating_sub(editor.m.top) as u16;
                editor.place(x, y);
            }
            Unit::Line => editor.place(0, y),
            Unit::Char => {
                editor.place(x, y);
                editor.start_selection();
            }
        }
    });
    crate::input::mouse::start_copy_drag(core, client, event);
}

/// Where in the pane the button went down.
fn start_of(core: &Core, client: ClientId, pane: PaneId, event: &MouseEvent) -> (u16, u16) {
    crate::input::mouse::place_in_pane(core, client, pane, event.last)
        .unwrap_or((event.pane_x, event.pane_y))
}

/// The cursor goes where the mouse is (any command run by the mouse).
pub(super) fn move_to(core: &mut Core, pane: PaneId, event: &MouseEvent) {
    let numbers = super::draw::number_width(core, pane);
    let (x, y) = (event.pane_x.saturating_sub(numbers), event.pane_y);
    edit(core, pane, |editor| editor.place(x, y));
}

/// A drag goes on. True: it is at the pane's edge and scrolls on by itself.
pub(crate) fn drag(core: &mut Core, pane: PaneId, event: &MouseEvent) -> bool {
    let numbers = super::draw::number_width(core, pane);
    let (x, y) = (event.pane_x.saturating_sub(numbers), event.pane_y);
    edit(core, pane, |editor| {
        let before = (editor.m.cx, editor.m.cy);
        editor.place(x, y);
        editor.update_selection(false);
        if before.1 == editor.m.cy && before.0 != editor.m.cx {
            return false;
        }
        at_edge(editor, y)
    })
    .unwrap_or(false)
}

/// Scrolls once more. False: the cursor is no longer at the edge.
pub(crate) fn drag_scroll(core: &mut Core, pane: PaneId) -> bool {
    edit(core, pane, |editor| {
        let y = editor.m.cy;
        at_edge(editor, y)
    })
    .unwrap_or(false)
}

fn at_edge(editor: &mut super::view::Editor<'_>, y: u16) -> bool {
    if y == 0 {
        editor.cursor_up(true);
    } else if y == editor.rows.rows - 1 {
        editor.cursor_down(true);
    } else {
        return false;
    }
    true
}

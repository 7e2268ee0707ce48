//! Variables about panes and their terminals.

use outlast_term::{CursorShape, Modes, MouseTracking, Terminal};

use super::{Row, Scope, flag, some, text, time};
use crate::event::ExitStatus;
use crate::model::Window;
use crate::model::layout::Edge;
use crate::model::pane::PaneState;
use crate::names;

fn state<'a>(s: &Scope<'a>) -> Option<&'a PaneState> {
    s.pane.map(|pane| &*pane.state)
}

fn terminal<'a>(s: &Scope<'a>) -> Option<&'a Terminal> {
    s.pane.map(|pane| &pane.terminal)
}

fn mode(s: &Scope<'_>, is: fn(&Modes) -> bool) -> Option<String> {
    flag(is(&terminal(s)?.modes()))
}

fn of_window(s: &Scope<'_>, is: fn(&Window, &PaneState) -> bool) -> Option<String> {
    let state = state(s)?;
    flag(is(s.core.model.windows.get(&state.window)?, state))
}

fn edge(s: &Scope<'_>) -> Option<Edge> {
    Some(s.core.edge(state(s)?.window))
}

fn current_command(s: &Scope<'_>) -> Option<String> {
    let state = state(s)?;
    // Before it runs it has no name but that of its command.
    let command = if state.dead.is_none() && state.pid != 0 {
        s.core.probe.foreground_command(state.id)
    } else {
        None
    };
    let command = command
        .filter(|command| !command.is_empty())
        .unwrap_or_else(|| {
            let start = state.start_command.join(" ");
            if start.is_empty() {
                state.shell.clone()
            } else {
                start
            }
        });
    some(names::from_command(&command))
}

/// Words as they would be typed again.
pub(crate) fn command_text(words: &[String]) -> String {
    words
        .iter()
        .map(|word| outlast_lang::parse::quote(word))
        .collect::<Vec<_>>()
        .join(" ")
}

fn default_colour(
    s: &Scope<'_>,
    name: fn(&outlast_term::Style) -> outlast_term::Colour,
) -> Option<String> {
    let state = state(s)?;
    let window = s.core.model.windows.get(&state.window)?;
    let option = if window.active == state.id {
        "window-active-style"
    } else {
        "window-style"
    };
    let chain = s.core.pane_chain(state.id);
    let base = outlast_term::Style::default();
    let spec = |option: &str| {
        outlast_lang::style::parse(
            &chain.text(option),
            &outlast_lang::style::StyleSpec::default(),
            &base,
        )
        .ok()
    };
    let own = spec(option)
        .map(|spec| name(&spec.style))
        .filter(|colour| *colour != outlast_term::Colour::Default);
    let colour = own
        .or_else(|| spec("window-style").map(|spec| name(&spec.style)))
        .unwrap_or_default();
    some(outlast_lang::colour::name(colour))
}

pub(super) const ROWS: &[Row] = &[
    text("alternate_on", |s| mode(s, |modes| modes.alternate)),
    text("alternate_saved_x", |s| {
        terminal(s).map(|_| "4294967295".to_string())
    }),
    text("alternate_saved_y", |s| {
        terminal(s).map(|_| "4294967295".to_string())
    }),
    text("bracket_paste_flag", |s| {
        mode(s, |modes| modes.bracketed_paste)
    }),
    text("cursor_blinking", |s| {
        let shape = terminal(s)?.cursor().shape;
        let blinks = [
            CursorShape::BlinkingBlock,
            CursorShape::BlinkingUnderline,
            CursorShape::BlinkingBar,
        ];
        flag(blinks.contains(&shape))
    }),
    text("cursor_character", |s| {
        let terminal = terminal(s)?;
        let cursor = terminal.cursor();
        let line = terminal.first_line() + u64::from(terminal.history_len()) + u64::from(cursor.y);
        let text = terminal.line_text(line);
        let Some(at) = text
            .columns
            .iter()
            .position(|(_, column)| *column == cursor.x)
        else {
            return some(" ");
        };
        let start = text.columns[at].0 as usize;
        let end = text
            .columns
            .get(at + 1)
            .map_or(text.text.len(), |(offset, _)| *offset as usize);
        text.text.get(start..end).map(str::to_string)
    }),
    text("cursor_colour", |s| match terminal(s)?.cursor().colour {
        outlast_term::Colour::Default => some("none"),
        colour => some(outlast_lang::colour::name(colour)),
    }),
    text("cursor_flag", |s| mode(s, |modes| modes.cursor_visible)),
    text("cursor_shape", |s| {
        some(match terminal(s)?.cursor().shape {
            CursorShape::Block | CursorShape::BlinkingBlock => "block",
            CursorShape::Underline | CursorShape::BlinkingUnderline => "underline",
            CursorShape::Bar | CursorShape::BlinkingBar => "bar",
            CursorShape::Default => "default",
        })
    }),
    text("cursor_very_visible", |s| {
        terminal(s).and_then(|_| flag(false))
    }),
    text("cursor_x", |s| {
        let terminal = terminal(s)?;
        let cursor = terminal.cursor();
        some(if cursor.wrap_pending {
            terminal.size().cols
        } else {
            cursor.x
        })
    }),
    text("cursor_y", |s| some(terminal(s)?.cursor().y)),
    text("history_all_bytes", |s| some(terminal(s)?.history_bytes())),
    text("history_bytes", |s| some(terminal(s)?.history_bytes())),
    text("history_limit", |s| some(terminal(s)?.history_limit())),
    text("history_size", |s| some(terminal(s)?.history_len())),
    text("insert_flag", |s| mode(s, |modes| modes.insert)),
    text("keypad_cursor_flag", |s| mode(s, |modes| modes.app_cursor)),
    text("keypad_flag", |s| mode(s, |modes| modes.app_keypad)),
    text("mouse_all_flag", |s| {
        mode(s, |modes| modes.mouse == MouseTracking::Any)
    }),
    text("mouse_any_flag", |s| {
        mode(s, |modes| modes.mouse != MouseTracking::Off)
    }),
    text("mouse_button_flag", |s| {
        mode(s, |modes| modes.mouse == MouseTracking::Drag)
    }),
    text("mouse_sgr_flag", |s| mode(s, |modes| modes.mouse_sgr)),
    text("mouse_standard_flag", |s| {
        mode(s, |modes| modes.mouse == MouseTracking::Button)
    }),
    text("mouse_utf8_flag", |s| mode(s, |modes| modes.mouse_utf8)),
    text("origin_flag", |s| mode(s, |modes| modes.origin)),
    text("pane_active", |s| {
        of_window(s, |window, pane| window.active == pane.id)
    }),
    text("pane_at_bottom", |s| {
        let state = state(s)?;
        let window = s.core.model.windows.get(&state.window)?;
        let line = u16::from(edge(s)? == Edge::Bottom);
        flag(state.y + state.rows + line == window.rows)
    }),
    text("pane_at_left", |s| flag(state(s)?.x == 0)),
    text("pane_at_right", |s| {
        of_window(s, |window, pane| pane.x + pane.cols == window.cols)
    }),
    text("pane_at_top", |s| {
        flag(state(s)?.y == u16::from(edge(s)? == Edge::Top))
    }),
    text("pane_bg", |s| default_colour(s, |style| style.bg)),
    text("pane_bottom", |s| {
        state(s).map(|pane| (pane.y + pane.rows - 1).to_string())
    }),
    text("pane_current_command", current_command),
    text("pane_current_path", |s| {
        s.core.probe.working_directory(state(s)?.id)
    }),
    text("pane_dead", |s| flag(state(s)?.dead.is_some())),
    text("pane_dead_signal", |s| match state(s)?.dead {
        Some((ExitStatus::Signal(signal), _)) => some(signal),
        _ => None,
    }),
    text("pane_dead_status", |s| match state(s)?.dead {
        Some((ExitStatus::Code(code), _)) => some(code),
        _ => None,
    }),
    time("pane_dead_time", |s| state(s)?.dead.map(|(_, unix)| unix)),
    text("pane_fg", |s| default_colour(s, |style| style.fg)),
    text("pane_flags", |s| {
        let state = state(s)?;
        let window = s.core.model.windows.get(&state.window)?;
        let marks = [
            (window.active == state.id, '*'),
            (window.last.first() == Some(&state.id), '-'),
            (window.zoomed == Some(state.id), 'Z'),
        ];
        Some(
            marks
                .iter()
                .filter(|(set, _)| *set)
                .map(|(_, mark)| *mark)
                .collect(),
        )
    }),
    text("pane_floating_flag", |s| state(s).and_then(|_| flag(false))),
    text("pane_format", |s| flag(s.kind == "pane")),
    text("pane_height", |s| {
        state(s).map(|pane| pane.rows.to_string())
    }),
    text("pane_id", |s| state(s).map(|pane| pane.id.to_string())),
    text("pane_in_mode", |s| {
        state(s).map(|pane| u8::from(pane.mode.is_some()).to_string())
    }),
    text("pane_index", |s| {
        s.core
            .pane_index(state(s)?.id)
            .map(|index| index.to_string())
    }),
    text("pane_input_off", |s| flag(state(s)?.input_off)),
    text("pane_key_mode", |s| {
        some(match terminal(s)?.modes().modify_other_keys {
            1 => "Ext 1",
            2 => "Ext 2",
            _ => "VT10x",
        })
    }),
    text("pane_last", |s| {
        of_window(s, |window, pane| window.last.first() == Some(&pane.id))
    }),
    text("pane_left", |s| state(s).map(|pane| pane.x.to_string())),
    text("pane_marked", |s| {
        flag(s.core.model.global.marked == Some(state(s)?.id))
    }),
    text("pane_marked_set", |s| {
        state(s).and_then(|_| flag(s.core.model.global.marked.is_some()))
    }),
    text("pane_mode", |s| {
        state(s)?.mode.as_ref().map(|mode| mode.name().to_string())
    }),
    text("pane_path", |s| state(s).map(|_| String::new())),
    text("pane_pb_progress", |s| state(s).map(|_| "0".to_string())),
    text("pane_pb_state", |s| state(s).map(|_| "hidden".to_string())),
    text("pane_pid", |s| state(s).map(|pane| pane.pid.to_string())),
    text("pane_pipe", |s| state(s).and_then(|_| flag(false))),
    text("pane_pipe_pid", |_| None),
    text("pane_right", |s| {
        state(s).map(|pane| (pane.x + pane.cols - 1).to_string())
    }),
    text("pane_search_string", |s| {
        let state = state(s)?;
        Some(
            s.core
                .mode_variable(state.id, "pane_search_string")
                .unwrap_or_default(),
        )
    }),
    text("pane_start_command", |s| {
        state(s).map(|pane| command_text(&pane.start_command))
    }),
    text("pane_start_path", |s| {
        state(s).map(|pane| pane.start_path.clone())
    }),
    text("pane_synchronized", |s| {
        flag(s.core.pane_chain(state(s)?.id).flag("synchronize-panes"))
    }),
    text("pane_tabs", |s| {
        let stops: Vec<String> = terminal(s)?
            .tab_stops()
            .iter()
            .map(u16::to_string)
            .collect();
        some(stops.join(","))
    }),
    text("pane_title", |s| state(s).map(|pane| pane.title.clone())),
    text("pane_top", |s| state(s).map(|pane| pane.y.to_string())),
    text("pane_tty", |s| state(s).map(|pane| pane.tty.clone())),
    text("pane_unseen_changes", |s| flag(state(s)?.unseen)),
    text("pane_width", |s| state(s).map(|pane| pane.cols.to_string())),
    text("pane_x", |s| state(s).map(|pane| pane.x.to_string())),
    text("pane_y", |s| state(s).map(|pane| pane.y.to_string())),
    text("pane_z", |s| state(s).map(|_| "1".to_string())),
    text("pane_zoomed_flag", |s| {
        of_window(s, |window, pane| window.zoomed == Some(pane.id))
    }),
    text("scroll_region_lower", |s| {
        some(terminal(s)?.scroll_region().1)
    }),
    text("scroll_region_upper", |s| {
        some(terminal(s)?.scroll_region().0)
    }),
    text("synchronized_output_flag", |s| {
        mode(s, |modes| modes.synchronized)
    }),
    text("wrap_flag", |s| mode(s, |modes| modes.wrap)),
];

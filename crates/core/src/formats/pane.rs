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
    set: fn(&outlast_term::Terminal) -> Option<(u8, u8, u8)>,
) -> Option<String> {
    if let Some((red, green, blue)) = set(terminal(s)?) {
        let colour = outlast_term::Colour::Rgb(red, green, blue);
        return some(outlast_lang::colour::name(colour));
    }
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
    text(
        "alternate_on",
        "1 when the pane shows its alternate screen.",
        |s| mode(s, |modes| modes.alternate),
    ),
    text(
        "alternate_saved_x",
        "Saved column of the normal screen; not told, the largest number.",
        |s| terminal(s).map(|_| "4294967295".to_string()),
    ),
    text(
        "alternate_saved_y",
        "Saved row of the normal screen; not told, the largest number.",
        |s| terminal(s).map(|_| "4294967295".to_string()),
    ),
    text(
        "bracket_paste_flag",
        "1 when the program asked for bracketed paste.",
        |s| mode(s, |modes| modes.bracketed_paste),
    ),
    text("cursor_blinking", "1 when the cursor blinks.", |s| {
        let shape = terminal(s)?.cursor().shape;
        let blinks = [
            CursorShape::BlinkingBlock,
            CursorShape::BlinkingUnderline,
            CursorShape::BlinkingBar,
        ];
        flag(blinks.contains(&shape))
    }),
    text("cursor_character", "The character under the cursor.", |s| {
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
        match text.text.get(start..end)? {
            "\t" => some(" "),
            character => some(character),
        }
    }),
    text(
        "cursor_colour",
        "The cursor's colour, or none.",
        |s| match terminal(s)?.cursor().colour {
            outlast_term::Colour::Default => some("none"),
            colour => some(outlast_lang::colour::name(colour)),
        },
    ),
    text("cursor_flag", "1 when the cursor is shown.", |s| {
        mode(s, |modes| modes.cursor_visible)
    }),
    text("cursor_shape", "block, underline, bar or default.", |s| {
        some(match terminal(s)?.cursor().shape {
            CursorShape::Block | CursorShape::BlinkingBlock => "block",
            CursorShape::Underline | CursorShape::BlinkingUnderline => "underline",
            CursorShape::Bar | CursorShape::BlinkingBar => "bar",
            CursorShape::Default => "default",
        })
    }),
    text(
        "cursor_very_visible",
        "1 when the cursor is very visible; not kept, 0.",
        |s| terminal(s).and_then(|_| flag(false)),
    ),
    text("cursor_x", "The cursor's column, from 0.", |s| {
        let terminal = terminal(s)?;
        let cursor = terminal.cursor();
        some(if cursor.wrap_pending {
            terminal.size().cols
        } else {
            cursor.x
        })
    }),
    text("cursor_y", "The cursor's row, from 0.", |s| {
        some(terminal(s)?.cursor().y)
    }),
    text(
        "history_all_bytes",
        "Bytes that the history takes, with all that belongs to it.",
        |s| some(terminal(s)?.history_bytes()),
    ),
    text("history_bytes", "Bytes that the history takes.", |s| {
        some(terminal(s)?.history_bytes())
    }),
    text("history_limit", "Lines that the history may have.", |s| {
        some(terminal(s)?.history_limit())
    }),
    text("history_size", "Lines that the history has.", |s| {
        some(terminal(s)?.history_len())
    }),
    text("insert_flag", "1 in insert mode.", |s| {
        mode(s, |modes| modes.insert)
    }),
    text(
        "keypad_cursor_flag",
        "1 when cursor keys send their application sequences.",
        |s| mode(s, |modes| modes.app_cursor),
    ),
    text(
        "keypad_flag",
        "1 when the keypad sends its application sequences.",
        |s| mode(s, |modes| modes.app_keypad),
    ),
    text(
        "mouse_all_flag",
        "1 when the program wants every motion of the mouse.",
        |s| mode(s, |modes| modes.mouse == MouseTracking::Any),
    ),
    text(
        "mouse_any_flag",
        "1 when the program wants any mouse events.",
        |s| mode(s, |modes| modes.mouse != MouseTracking::Off),
    ),
    text(
        "mouse_button_flag",
        "1 when the program wants buttons and drags.",
        |s| mode(s, |modes| modes.mouse == MouseTracking::Drag),
    ),
    text(
        "mouse_sgr_flag",
        "1 when the program wants SGR mouse reports.",
        |s| mode(s, |modes| modes.mouse_sgr),
    ),
    text(
        "mouse_standard_flag",
        "1 when the program wants buttons only.",
        |s| mode(s, |modes| modes.mouse == MouseTracking::Button),
    ),
    text(
        "mouse_utf8_flag",
        "1 when the program wants UTF-8 mouse reports.",
        |s| mode(s, |modes| modes.mouse_utf8),
    ),
    text(
        "origin_flag",
        "1 when rows and columns count from the margins.",
        |s| mode(s, |modes| modes.origin),
    ),
    text("pane_active", "1 for the window's active pane.", |s| {
        of_window(s, |window, pane| window.active == pane.id)
    }),
    text("pane_at_bottom", "1 at the window's bottom edge.", |s| {
        let state = state(s)?;
        let window = s.core.model.windows.get(&state.window)?;
        let line = u16::from(edge(s)? == Edge::Bottom);
        flag(state.y + state.rows + line == window.rows)
    }),
    text("pane_at_left", "1 at the window's left edge.", |s| {
        flag(state(s)?.x == 0)
    }),
    text("pane_at_right", "1 at the window's right edge.", |s| {
        of_window(s, |window, pane| pane.x + pane.cols == window.cols)
    }),
    text("pane_at_top", "1 at the window's top edge.", |s| {
        flag(state(s)?.y == u16::from(edge(s)? == Edge::Top))
    }),
    text("pane_bg", "The pane's background colour.", |s| {
        default_colour(s, |style| style.bg, |terminal| terminal.own_colours().1)
    }),
    text("pane_bottom", "The pane's last row in the window.", |s| {
        state(s).map(|pane| (pane.y + pane.rows - 1).to_string())
    }),
    text(
        "pane_current_command",
        "Name of the program in the foreground.",
        current_command,
    ),
    text(
        "pane_current_path",
        "Working directory of the program in the foreground.",
        |s| s.core.probe.working_directory(state(s)?.id),
    ),
    text(
        "pane_dead",
        "1 when the program has ended and the pane stays.",
        |s| flag(state(s)?.dead.is_some()),
    ),
    text(
        "pane_dead_signal",
        "The signal that ended the program.",
        |s| match state(s)?.dead {
            Some((ExitStatus::Signal(signal), _)) => some(signal),
            _ => None,
        },
    ),
    text(
        "pane_dead_status",
        "The program's exit status; empty when nobody could collect it.",
        |s| match state(s)?.dead {
            Some((ExitStatus::Code(code), _)) => some(code),
            _ => None,
        },
    ),
    time("pane_dead_time", "When the program ended.", |s| {
        state(s)?.dead.map(|(_, unix)| unix)
    }),
    text("pane_fg", "The pane's foreground colour.", |s| {
        default_colour(s, |style| style.fg, |terminal| terminal.own_colours().0)
    }),
    text(
        "pane_flags",
        "Marks: * active, - the one before, Z zoomed, F floating.",
        |s| {
            let state = state(s)?;
            let window = s.core.model.windows.get(&state.window)?;
            let marks = [
                (window.active == state.id, '*'),
                (window.last.first() == Some(&state.id), '-'),
                (window.zoomed == Some(state.id), 'Z'),
                (window.is_floating(state.id), 'F'),
            ];
            Some(
                marks
                    .iter()
                    .filter(|(set, _)| *set)
                    .map(|(_, mark)| *mark)
                    .collect(),
            )
        },
    ),
    text("pane_floating_flag", "1 for a floating pane.", |s| {
        of_window(s, |window, pane| window.is_floating(pane.id))
    }),
    text(
        "pane_format",
        "1 while a format is worked out for a pane.",
        |s| flag(s.kind == "pane"),
    ),
    text("pane_height", "Rows of the pane.", |s| {
        state(s).map(|pane| pane.rows.to_string())
    }),
    text(
        "pane_id",
        "The pane's id, %0 and so on; never used twice.",
        |s| state(s).map(|pane| pane.id.to_string()),
    ),
    text(
        "pane_in_mode",
        "Number of modes that the pane is in, such as copy mode; 0 for none.",
        |s| {
            state(s).map(|pane| {
                let modes = u8::from(pane.mode.is_some()) + u8::from(pane.front.is_some());
                modes.to_string()
            })
        },
    ),
    text("pane_index", "The pane's number in its window.", |s| {
        s.core
            .pane_index(state(s)?.id)
            .map(|index| index.to_string())
    }),
    text("pane_input_off", "1 when the pane takes no input.", |s| {
        flag(state(s)?.input_off)
    }),
    text(
        "pane_key_mode",
        "How modified keys are sent: VT10x, Ext 1 or Ext 2.",
        |s| {
            some(match terminal(s)?.modes().modify_other_keys {
                1 => "Ext 1",
                2 => "Ext 2",
                _ => "VT10x",
            })
        },
    ),
    text("pane_last", "1 for the pane that was active before.", |s| {
        of_window(s, |window, pane| window.last.first() == Some(&pane.id))
    }),
    text("pane_left", "The pane's first column in the window.", |s| {
        state(s).map(|pane| pane.x.to_string())
    }),
    text(
        "pane_limits",
        "What the pane's program may use and touch, and who holds that; empty without limits.",
        |s| some(s.core.limits_text(state(s)?.id)?),
    ),
    text("pane_marked", "1 for the marked pane.", |s| {
        flag(s.core.model.global.marked == Some(state(s)?.id))
    }),
    text("pane_marked_set", "1 when any pane is marked.", |s| {
        state(s).and_then(|_| flag(s.core.model.global.marked.is_some()))
    }),
    text("pane_mode", "Name of the pane's mode.", |s| {
        let pane = state(s)?;
        let front = pane.front.as_ref().map(|front| front.name());
        let mode = front.or_else(|| pane.mode.as_ref().map(|mode| mode.name()));
        mode.map(str::to_string)
    }),
    text(
        "pane_path",
        "The path that the program told by its title; not kept, empty.",
        |s| state(s).map(|_| String::new()),
    ),
    text(
        "pane_pb_progress",
        "Progress that the program told, in per cent; not kept, 0.",
        |s| state(s).map(|_| "0".to_string()),
    ),
    text(
        "pane_pb_state",
        "Kind of the progress bar; not kept, hidden.",
        |s| state(s).map(|_| "hidden".to_string()),
    ),
    text("pane_pid", "Process id of the pane's program.", |s| {
        state(s).map(|pane| pane.pid.to_string())
    }),
    text("pane_pipe", "1 when the pane's output is piped.", |s| {
        flag(state(s)?.pipe.is_some())
    }),
    text("pane_pipe_pid", "Process id of the pipe's program.", |s| {
        Some(s.core.pipe_of(state(s)?.id)?.pid.to_string())
    }),
    text("pane_right", "The pane's last column in the window.", |s| {
        state(s).map(|pane| (pane.x + pane.cols - 1).to_string())
    }),
    text(
        "pane_search_string",
        "What was searched for last in copy mode.",
        |s| {
            let state = state(s)?;
            let now = state.mode.as_ref().map(|mode| &mode.cursor.search);
            let last = state.last_search.as_ref().map(|(text, _)| text);
            now.filter(|text| !text.is_empty()).or(last).cloned()
        },
    ),
    text(
        "pane_start_command",
        "The command that the pane was made with.",
        |s| state(s).map(|pane| command_text(&pane.start_command)),
    ),
    text(
        "pane_start_path",
        "The directory that the pane was made in.",
        |s| state(s).map(|pane| pane.start_path.clone()),
    ),
    text(
        "pane_synchronized",
        "1 when what is typed goes to all panes of the window.",
        |s| flag(s.core.pane_chain(state(s)?.id).flag("synchronize-panes")),
    ),
    text("pane_tabs", "The pane's tab stops, with commas.", |s| {
        let stops: Vec<String> = terminal(s)?
            .tab_stops()
            .iter()
            .map(u16::to_string)
            .collect();
        some(stops.join(","))
    }),
    text("pane_title", "The pane's title.", |s| {
        state(s).map(|pane| pane.title.clone())
    }),
    text("pane_top", "The pane's first row in the window.", |s| {
        state(s).map(|pane| pane.y.to_string())
    }),
    text("pane_tty", "The pane's terminal device.", |s| {
        state(s).map(|pane| pane.tty.clone())
    }),
    text(
        "pane_unseen_changes",
        "1 when the pane changed while it was in a mode.",
        |s| flag(state(s)?.unseen),
    ),
    text("pane_width", "Columns of the pane.", |s| {
        state(s).map(|pane| pane.cols.to_string())
    }),
    text("pane_x", "The pane's first column in the window.", |s| {
        state(s).map(|pane| pane.x.to_string())
    }),
    text("pane_y", "The pane's first row in the window.", |s| {
        state(s).map(|pane| pane.y.to_string())
    }),
    text(
        "pane_z",
        "How many panes float in front of the pane, and one more for one in the layout.",
        |s| {
            let state = state(s)?;
            let floats = &s.core.model.windows.get(&state.window)?.floats;
            let at = floats.iter().position(|float| float.pane == state.id);
            some(at.unwrap_or(floats.len() + 1))
        },
    ),
    text("pane_zoomed_flag", "1 for the zoomed pane.", |s| {
        of_window(s, |window, pane| window.zoomed == Some(pane.id))
    }),
    text(
        "scroll_region_lower",
        "Last row of the scroll region.",
        |s| some(terminal(s)?.scroll_region().1),
    ),
    text(
        "scroll_region_upper",
        "First row of the scroll region.",
        |s| some(terminal(s)?.scroll_region().0),
    ),
    text(
        "synchronized_output_flag",
        "1 while the program holds its picture back.",
        |s| mode(s, |modes| modes.synchronized),
    ),
    text("wrap_flag", "1 when long lines wrap.", |s| {
        mode(s, |modes| modes.wrap)
    }),
];

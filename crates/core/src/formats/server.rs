//! Variables about the server, paste buffers and the mouse.

use std::rc::Rc;

use outlast_term::Terminal;

use super::{Row, Scope, flag, some, text, time};
use crate::mode::copy::rows::Line;
use crate::mode::tree::What;
use crate::model::Buffer;

fn buffer<'a>(s: &'a Scope<'_>) -> Option<(&'a str, &'a Buffer)> {
    let name = match &s.context.buffer {
        Some(name) => name.clone(),
        None => s.core.top_buffer()?,
    };
    let (name, buffer) = s.core.model.buffers.get_key_value(&name)?;
    Some((name, buffer))
}

/// The beginning of a buffer on one line.
pub(crate) fn sample(data: &[u8]) -> String {
    const WIDTH: usize = 200;
    let text = String::from_utf8_lossy(&data[..data.len().min(WIDTH)]);
    let mut out = crate::names::clean(&text, false);
    if data.len() > WIDTH || out.len() > WIDTH {
        out.truncate(out.floor_char_boundary(WIDTH));
        out.push_str("...");
    }
    out
}

fn mouse<T: ToString>(
    s: &Scope<'_>,
    value: impl Fn(&crate::MouseEvent) -> Option<T>,
) -> Option<String> {
    s.context
        .mouse
        .as_ref()
        .and_then(value)
        .map(|value| value.to_string())
}

/// The pane under the mouse and the absolute row there.
fn under_mouse<'a>(s: &'a Scope<'_>) -> Option<(&'a Terminal, u64, u16)> {
    let mouse = s.context.mouse.as_ref()?;
    let terminal = &s.core.model.panes.get(&mouse.pane?)?.terminal;
    let top = terminal.first_line() + u64::from(terminal.history_len());
    Some((terminal, top + u64::from(mouse.pane_y), mouse.pane_x))
}

/// The word at a place.
fn word_at(s: &Scope<'_>, terminal: &Terminal, y: u64, x: u16) -> Option<String> {
    let separators = s.core.session_chain(None).text("word-separators");
    let first = terminal.first_line();
    let rows = terminal.history_len() + u32::from(terminal.size().rows);
    let last = first + u64::from(rows) - 1;
    let line = |y| Rc::new(Line::of(terminal, y));
    crate::mode::copy::word_at(first, last, &separators, line, y, x)
}

pub(super) const ROWS: &[Row] = &[
    time("buffer_created", "When the buffer was made.", |s| {
        buffer(s).map(|(_, buffer)| buffer.created)
    }),
    text("buffer_full", "The whole buffer.", |s| {
        buffer(s).map(|(_, buffer)| String::from_utf8_lossy(&buffer.data).into_owned())
    }),
    text(
        "buffer_mode_format",
        "How choose-buffer writes a line.",
        |_| some(What::Buffers.format()),
    ),
    text("buffer_name", "The buffer's name.", |s| {
        buffer(s).map(|(name, _)| name.to_string())
    }),
    text("buffer_sample", "The buffer's beginning.", |s| {
        buffer(s).map(|(_, buffer)| sample(&buffer.data))
    }),
    text("buffer_size", "Bytes of the buffer.", |s| {
        buffer(s).map(|(_, buffer)| buffer.data.len().to_string())
    }),
    text(
        "config_files",
        "The configuration files that were read, with commas.",
        |s| some(s.core.model.global.config_files.join(",")),
    ),
    text("host", "The machine's name.", |s| some(s.core.probe.host())),
    text(
        "host_short",
        "The machine's name up to the first dot.",
        |s| some(s.core.probe.host().split('.').next().unwrap_or("")),
    ),
    text("loop_last_flag", "1 at the last turn of a loop.", |s| {
        flag(s.last)
    }),
    text(
        "mouse_hyperlink",
        "The link under the mouse; empty so far.",
        |s| mouse(s, |_| Some("")),
    ),
    text("mouse_line", "The line under the mouse.", |s| {
        under_mouse(s).map(|(terminal, y, _)| terminal.line_text(y).text)
    }),
    text("mouse_pane", "The pane under the mouse.", |s| {
        mouse(s, |mouse| mouse.pane)
    }),
    text(
        "mouse_status_line",
        "The status line under the mouse, from 0.",
        |s| mouse(s, |mouse| mouse.status_line),
    ),
    text(
        "mouse_status_range",
        "What of the status line is under the mouse.",
        |s| mouse(s, |mouse| Some(mouse.status_range.clone())),
    ),
    text("mouse_word", "The word under the mouse.", |s| {
        let (terminal, y, x) = under_mouse(s)?;
        word_at(s, terminal, y, x)
    }),
    text("mouse_x", "Column of the mouse in the pane.", |s| {
        mouse(s, |mouse| {
            Some(if mouse.pane.is_some() {
                mouse.pane_x
            } else {
                mouse.x
            })
        })
    }),
    text("mouse_y", "Row of the mouse in the pane.", |s| {
        mouse(s, |mouse| match (mouse.pane, mouse.status_line) {
            (Some(_), _) => Some(mouse.pane_y),
            (None, line) => line.or(Some(mouse.y)),
        })
    }),
    text(
        "next_session_id",
        "The id that the next session will get.",
        |s| some(format!("${}", s.core.model.global.next_session)),
    ),
    text(
        "pid",
        "Process id of the server; another after it was killed.",
        |s| some(s.core.probe.server().pid),
    ),
    text("server_sessions", "How many sessions there are.", |s| {
        some(s.core.model.sessions.len())
    }),
    text("sixel_support", "1 when images are understood; 0.", |_| {
        flag(false)
    }),
    text("socket_path", "The server's socket.", |s| {
        some(s.core.probe.server().socket)
    }),
    time(
        "start_time",
        "When the server was first started; a killed server's successor keeps it.",
        |s| Some(s.core.model.global.start_unix),
    ),
    text(
        "stay_awake",
        "What of the machine's sleep is held off, and for which panes; empty when nobody wants that.",
        |s| some(s.core.awake_text()),
    ),
    text("tree_mode_format", "How choose-tree writes a line.", |_| {
        some(What::Tree.format())
    }),
    text("uid", "The server's user id.", |s| {
        some(s.core.probe.server().uid)
    }),
    text("user", "The server's user name.", |s| {
        some(s.core.probe.server().user)
    }),
    text("version", "The version of tmux that is spoken.", |_| {
        some(crate::VERSION)
    }),
];

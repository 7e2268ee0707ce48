//! The status lines: formats laid out, a message or a prompt over them.

use std::sync::Arc;

use outlast_lang::colour;
use outlast_lang::style::Align;
use outlast_term::{Colour, CursorShape, ScreenRow, Style};

use super::layout::{self, Span};
use super::text;
use super::view::{self, View};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::ClientId;

/// One drawn status line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The expanded format that it was drawn from.
    expanded: String,
    style: Style,
    /// Its cells.
    pub row: Arc<ScreenRow>,
    /// What clicks mean.
    pub spans: Vec<Span>,
}

/// Where the prompt's cursor is and what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PromptCursor {
    pub x: u16,
    /// Row among the status rows.
    pub row: u16,
    pub shape: CursorShape,
    pub colour: Colour,
}

/// Draws the session's status lines; those whose text is as before are taken from `old`.
pub(crate) fn lines(core: &Core, client: ClientId, view: &View, old: Vec<Line>) -> Vec<Line> {
    if view.status == 0 {
        return Vec::new();
    }
    let chain = core.session_chain(Some(view.session));
    let context = view::context(core, client, None);
    let mut style = view::style_of(core, &chain, "status-style", &context);
    for (option, target) in [("status-fg", &mut style.fg), ("status-bg", &mut style.bg)] {
        match colour::parse(&chain.text(option)) {
            None | Some(Colour::Default) => {}
            Some(colour) => *target = colour,
        }
    }
    let formats = match chain.value("status-format") {
        Some(outlast_lang::options::Value::Array(formats)) => formats,
        _ => Default::default(),
    };
    let mut old = old.into_iter();
    (0..view.status)
        .map(|n| {
            let before = old.next();
            let format = formats.get(&u32::from(n)).map_or("", String::as_str);
            let expanded = formats::expand(core, format, &context, true);
            match before {
                Some(line)
                    if line.expanded == expanded
                        && line.style == style
                        && line.row.cells.len() == usize::from(view.cols) =>
                {
                    line
                }
                _ => draw(expanded, style, view.cols),
            }
        })
        .collect()
}

fn draw(expanded: String, style: Style, cols: u16) -> Line {
    let mut row = text::blank(cols, style);
    let mut spans = Vec::new();
    layout::draw(&expanded, style, &mut row, 0, cols, &mut spans);
    Line {
        expanded,
        style,
        row: Arc::new(row),
        spans,
    }
}

/// The row, among the status rows, of a message or prompt.
pub(crate) fn message_row(core: &Core, view: &View) -> u16 {
    let line = core
        .session_chain(Some(view.session))
        .number("message-line")
        .max(0) as u16;
    line.min(view.status.saturating_sub(1))
}

/// Columns of the row that messages and prompts use: message-style may say width and align.
fn area(core: &Core, view: &View, context: &FormatContext) -> (u16, u16) {
    let chain = core.session_chain(Some(view.session));
    let style = view::style_over(core, &chain, "message-style", context, Style::default());
    let width = style
        .width
        .as_deref()
        .and_then(|width| match width.strip_suffix('%') {
            Some(percent) => {
                Some((u32::from(view.cols) * percent.parse::<u32>().ok()? / 100) as u16)
            }
            None => width.parse().ok(),
        });
    let width = width
        .filter(|width| *width != 0 && *width <= view.cols)
        .unwrap_or(view.cols);
    let at = match style.align {
        Align::Centre | Align::AbsoluteCentre => (view.cols - width) / 2,
        Align::Right => view.cols - width,
        _ => 0,
    };
    (at, width)
}

/// What lies over the status lines: the row with a message or prompt, and the prompt's cursor.
pub(crate) fn overlay(
    core: &Core,
    client: ClientId,
    view: &View,
    under: Option<&ScreenRow>,
) -> Option<(u16, ScreenRow, Option<PromptCursor>)> {
    let state = &core.model.clients.get(&client)?.state;
    let chain = core.session_chain(Some(view.session));
    let mut context = view::context(core, client, None);
    let row_at = message_row(core, view);
    let (at, width) = area(core, view, &context);
    let mut row = under
        .cloned()
        .unwrap_or_else(|| text::blank(view.cols, Style::default()));
    if let Some(message) = &state.message {
        let style = view::style_of(core, &chain, "message-style", &context);
        context.extra.push(("message".into(), message.text.clone()));
        context.extra.push(("command_prompt".into(), "0".into()));
        let expanded = formats::expand(core, &message_format(&chain), &context, true);
        layout::draw(&expanded, style, &mut row, at, width, &mut Vec::new());
        return Some((row_at, row, None));
    }
    let prompt = state.prompt.as_ref()?;
    let command = prompt.command_mode;
    let option = if command {
        "message-command-style"
    } else {
        "message-style"
    };
    let style = view::style_of(core, &chain, option, &context);
    context.extra.push(("prompt-input".into(), prompt.text()));
    let shown = formats::expand(core, prompt.label(), &context, true);
    context.extra.push(("message".into(), shown));
    context.extra.push((
        "command_prompt".into(),
        if command { "1" } else { "0" }.into(),
    ));
    let expanded = formats::expand(core, &message_format(&chain), &context, true);
    layout::draw(&expanded, style, &mut row, at, width, &mut Vec::new());
    let start = layout::width(&expanded).min(width);
    let x = draw_input(&mut row, prompt, at + start, at + width, style);
    let name = if command {
        "prompt-command-cursor"
    } else {
        "prompt-cursor"
    };
    let cursor = PromptCursor {
        x,
        row: row_at,
        shape: shape(chain.number(&format!("{name}-style"))),
        colour: colour::parse(&chain.text("prompt-cursor-colour")).unwrap_or_default(),
    };
    Some((row_at, row, Some(cursor)))
}

/// The first column of the prompt's row, and how many its label takes.
pub(crate) fn prompt_place(core: &Core, client: ClientId, view: &View) -> Option<(u16, u16)> {
    let prompt = core.model.clients.get(&client)?.state.prompt.as_ref()?;
    let mut context = view::context(core, client, None);
    let (at, _) = area(core, view, &context);
    context.extra.push(("prompt-input".into(), prompt.text()));
    let label = formats::expand(core, prompt.label(), &context, true);
    Some((at, layout::width(&label)))
}

fn message_format(chain: &crate::options::Chain<'_>) -> String {
    let format = chain.text("message-format");
    if format.is_empty() {
        "#{message}".to_string()
    } else {
        format
    }
}

fn shape(index: i64) -> CursorShape {
    match index {
        1 => CursorShape::BlinkingBlock,
        2 => CursorShape::Block,
        3 => CursorShape::BlinkingUnderline,
        4 => CursorShape::Underline,
        5 => CursorShape::BlinkingBar,
        6 => CursorShape::Bar,
        _ => CursorShape::Default,
    }
}

/// Draws what has been typed between two columns, scrolled so that the cursor is visible. The cursor's column.
fn draw_input(
    row: &mut ScreenRow,
    prompt: &crate::mode::prompt::Prompt,
    from: u16,
    to: u16,
    style: Style,
) -> u16 {
    let left = to.saturating_sub(from);
    if left == 0 {
        return from.min(to.saturating_sub(1));
    }
    let (visible, cursor) = prompt.visible();
    let before: String = visible.chars().take(cursor).collect();
    let column = text::width(&before);
    let offset = (column + 1).saturating_sub(left);
    let mut skipped = 0;
    let mut rest = visible.as_str();
    for cluster in text::clusters(&visible) {
        if skipped >= offset {
            break;
        }
        skipped += cluster.width;
        rest = &rest[cluster.text.len()..];
    }
    text::write(row, from, to, rest, style);
    (from + column - skipped.min(column)).min(to - 1)
}

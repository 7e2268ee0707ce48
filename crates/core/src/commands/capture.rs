//! capture-pane and clear-history.

use outlast_lang::args::number;
use outlast_term::paint::{Ansi, Caps};
use outlast_term::terminal::Config;
use outlast_term::{Capture, MemoryBlocks, Op, Screen, Size, Terminal};

use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::model::ids::PaneId;

pub(super) fn clear_history(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    ctx.core.leave_mode(pane);
    ctx.core.operate(pane, Op::ClearHistory);
    if ctx.has('H') {
        ctx.core.operate(pane, Op::ForgetLinks);
    }
    Ok(Flow::Normal)
}

pub(super) fn capture_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let pane_id = ctx.pane()?;
    let Some(pane) = ctx.core.model.panes.get(&pane_id) else {
        return Ok(Flow::Normal);
    };
    let mut bytes = if ctx.has('P') && !ctx.has('H') {
        unfinished(&pane.terminal.unfinished(), ctx.has('C'))
    } else if ctx.has('M')
        && !ctx.has('a')
        && let Some(shown) = mode_picture(ctx.core, pane_id)
    {
        rows(ctx, &shown)
    } else if ctx.has('a') && !pane.terminal.modes().alternate {
        if !ctx.has('q') {
            return Err("no alternate screen".to_string());
        }
        Vec::new()
    } else {
        rows(ctx, &pane.terminal)
    };
    if ctx.has('p') {
        // What is printed ends with one newline of its own.
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if ctx.has('P') && bytes.is_empty() {
            return Ok(Flow::Normal);
        }
        bytes.push(b'\n');
        ctx.core.print_bytes(ctx.client, 1, bytes);
        return Ok(Flow::Normal);
    }
    match ctx.get('b') {
        Some(name) => ctx.core.set_buffer(&name, bytes),
        None => {
            ctx.core.add_buffer(bytes);
        }
    }
    Ok(Flow::Normal)
}

/// What a pane shows instead of its terminal while it is in a mode, as a terminal that shows the same.
fn mode_picture(core: &Core, pane: PaneId) -> Option<Terminal> {
    let (rows, links) = crate::draw::mode_rows(core, pane)?;
    let state = &core.model.panes.get(&pane)?.state;
    let size = Size::new(state.cols, state.rows);
    let screen = Screen {
        rows,
        links,
        ..Screen::blank(size)
    };
    let config = Config {
        size,
        history_limit: 0,
    };
    let mut shown = Terminal::new(config, Box::new(MemoryBlocks::default()));
    let mut bytes = Vec::new();
    // All that our own terminal understands.
    let caps = Caps::from_term(
        "xterm-256color",
        "RGB,hyperlinks,usstyle,overline,strikethrough",
        None,
    );
    Ansi::default().paint(None, &screen, &caps, &mut bytes);
    shown.advance(&bytes);
    Some(shown)
}

/// The rows between -S and -E, or their links.
fn rows(ctx: &Ctx<'_>, terminal: &Terminal) -> Vec<u8> {
    let first = terminal.first_line();
    let screen = i64::from(terminal.size().rows);
    let history = match ctx.has('a') {
        true => 0,
        false => i64::from(terminal.history_len()),
    };
    let total = history + screen;
    let line = |flag: char, dash: i64, default: i64| match ctx.args.get(flag) {
        None => default,
        Some("-") => dash,
        Some(text) => match number(&ctx.expand(text), i64::from(i32::MIN)..=i64::from(i16::MAX)) {
            Ok(n) => (history + n).clamp(0, total - 1),
            Err(_) => default,
        },
    };
    let top = line('S', 0, history);
    let bottom = line('E', total - 1, total - 1);
    let (top, bottom) = (top.min(bottom), top.max(bottom));
    // The rows of the other screen have the numbers of the one that is shown.
    let base = match ctx.has('a') {
        true => first + u64::from(terminal.history_len()),
        false => first,
    };
    let how = Capture {
        escapes: ctx.has('e'),
        join: ctx.has('J'),
        keep_trailing: ctx.has('N'),
        octal: ctx.has('C'),
        used_only: ctx.has('T'),
        flags: ctx.has('F'),
        numbered_from: ctx.has('L').then_some(base + history as u64),
        other_screen: ctx.has('a'),
    };
    let (top, bottom) = (base + top as u64, base + bottom as u64);
    match ctx.has('H') {
        true => terminal.capture_links(top, bottom, how),
        false => terminal.capture(top, bottom, how),
    }
}

/// -P; with -C, what is no printable ASCII in octal.
fn unfinished(bytes: &[u8], octal: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        match byte {
            byte if octal && (*byte < b' ' || *byte == b'\\') => {
                out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
            }
            byte => out.push(*byte),
        }
    }
    out
}

//! capture-pane and clear-history.

use outlast_lang::args::number;
use outlast_term::{Capture, Op};

use super::{Ctx, Flow, Outcome};

pub(super) fn clear_history(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    ctx.core.leave_mode(pane);
    ctx.core.operate(pane, Op::ClearHistory);
    Ok(Flow::Normal)
}

pub(super) fn capture_pane(ctx: &mut Ctx<'_>) -> Outcome {
    let pane_id = ctx.pane()?;
    let Some(pane) = ctx.core.model.panes.get(&pane_id) else {
        return Ok(Flow::Normal);
    };
    let mut bytes = if ctx.has('P') {
        // Bytes of an unfinished sequence: the parser keeps no copy of them.
        Vec::new()
    } else {
        if ctx.has('a') && !pane.terminal.modes().alternate {
            if !ctx.has('q') {
                return Err("no alternate screen".to_string());
            }
            Vec::new()
        } else {
            let first = pane.terminal.first_line();
            let history = i64::from(pane.terminal.history_len());
            let rows = i64::from(pane.terminal.size().rows);
            let (history, total) = if ctx.has('a') {
                (0, rows)
            } else {
                (history, history + rows)
            };
            let line = |flag: char, dash: i64, default: i64| match ctx.args.get(flag) {
                None => default,
                Some("-") => dash,
                Some(text) => {
                    match number(&ctx.expand(text), i64::from(i32::MIN)..=i64::from(i16::MAX)) {
                        Ok(n) => (history + n).clamp(0, total - 1),
                        Err(_) => default,
                    }
                }
            };
            let top = line('S', 0, history);
            let bottom = line('E', total - 1, total - 1);
            let (top, bottom) = (top.min(bottom), top.max(bottom));
            let how = Capture {
                escapes: ctx.has('e'),
                join: ctx.has('J'),
                keep_trailing: ctx.has('N'),
                octal: ctx.has('C'),
                other_screen: ctx.has('a'),
            };
            let base = if ctx.has('a') { 0 } else { first };
            pane.terminal
                .capture(base + top as u64, base + bottom as u64, how)
        }
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

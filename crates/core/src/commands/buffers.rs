//! Paste buffers: set, listed, shown, deleted, pasted, saved, loaded.

use outlast_lang::format::is_true;

use super::{Ctx, Flow, Outcome};
use crate::formats::{self, FormatContext};
use crate::jobs::{Asked, Then};
use crate::model::ids::{ClientId, PaneId};
use crate::names::clean;
use crate::save::Tracked;
use crate::{Core, Proof};

const LINE: &str = "#{buffer_name}: #{buffer_size} bytes: \"#{buffer_sample}\"";

impl Core {
    /// The buffer of -b, or the newest that we have named.
    fn buffer_of(&self, name: Option<&str>) -> Option<String> {
        match name {
            Some(name) => self
                .model
                .buffers
                .contains_key(name)
                .then(|| name.to_string()),
            None => self.top_buffer(),
        }
    }
}

/// -b, cleaned as the names of buffers are.
fn new_name(name: &str) -> Result<String, String> {
    match name {
        "" => Err("empty buffer name".to_string()),
        name => Ok(clean(name, false)),
    }
}

/// The buffer that set-buffer -n and delete-buffer are about.
fn existing(ctx: &Ctx<'_>) -> Result<String, String> {
    let name = ctx.args.get('b');
    ctx.core.buffer_of(name).ok_or_else(|| match name {
        Some(name) => format!("unknown buffer: {name}"),
        None => "no buffer".to_string(),
    })
}

/// The bytes that are shown, saved.
fn data(ctx: &Ctx<'_>) -> Result<Vec<u8>, String> {
    let name = ctx.args.get('b');
    let buffer = ctx
        .core
        .buffer_of(name)
        .and_then(|name| ctx.core.model.buffers.get(&name));
    buffer
        .map(|buffer| buffer.data.clone())
        .ok_or_else(|| match name {
            Some(name) => format!("no buffer {name}"),
            None => "no buffers".to_string(),
        })
}

pub(super) fn set_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    if let Some(name) = ctx.get('n') {
        let old = existing(ctx)?;
        rename(ctx.core, &old, &name)?;
        return Ok(Flow::Normal);
    }
    let text = ctx.args.word(0).ok_or("no data specified")?;
    if text.is_empty() {
        return Ok(Flow::Normal);
    }
    let name = ctx.get('b');
    let mut bytes = Vec::new();
    if let Some(old) = name
        .as_deref()
        .filter(|_| ctx.has('a'))
        .and_then(|name| ctx.core.model.buffers.get(name))
    {
        bytes.extend_from_slice(&old.data);
    }
    bytes.extend_from_slice(text.as_bytes());
    let clipboard = ctx.target_client.filter(|_| ctx.has('w'));
    match name {
        Some(name) => ctx.core.set_buffer(&new_name(&name)?, bytes.clone()),
        None => {
            ctx.core.add_buffer(bytes.clone());
        }
    }
    if let Some(client) = clipboard {
        ctx.core.copy_to_client(client, &bytes);
    }
    Ok(Flow::Normal)
}

fn rename(core: &mut Core, old: &str, new: &str) -> Result<(), String> {
    if new.is_empty() {
        return Err("new name is empty".to_string());
    }
    let new = clean(new, false);
    if new == old {
        return Ok(());
    }
    let Some(buffer) = core.model.buffers.get(old) else {
        return Err(format!("no buffer {old}"));
    };
    let mut buffer = (**buffer).clone();
    buffer.automatic = false;
    core.model.buffers.remove(old);
    core.model.buffers.insert(new, Tracked::new(buffer));
    Ok(())
}

pub(super) fn delete_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    let name = existing(ctx)?;
    ctx.core.remove_buffer(&name);
    Ok(Flow::Normal)
}

pub(super) fn list_buffers(ctx: &mut Ctx<'_>) -> Outcome {
    let mut names = ctx.core.buffers_by_age();
    if let Some(order) = ctx.args.get('O') {
        let size = |name: &String| {
            ctx.core
                .model
                .buffers
                .get(name)
                .map_or(0, |buffer| buffer.data.len())
        };
        match order.to_ascii_lowercase().as_str() {
            "creation" | "order" => {}
            "size" => names.sort_by_key(|name| (size(name), name.clone())),
            // tmux takes orders that mean nothing for buffers too, and goes by the name.
            "name" | "title" | "activity" | "index" | "key" | "modifier" | "z" => names.sort(),
            _ => return Err("invalid sort order".to_string()),
        }
        if ctx.has('r') {
            names.reverse();
        }
    }
    let template = ctx.get('F').unwrap_or_else(|| LINE.to_string());
    let mut lines = Vec::new();
    for name in names {
        let context = FormatContext {
            client: ctx.client,
            buffer: Some(name),
            ..FormatContext::default()
        };
        let shown = ctx
            .args
            .get('f')
            .is_none_or(|f| is_true(&formats::expand(ctx.core, f, &context, false)));
        if shown {
            lines.push(formats::expand(ctx.core, &template, &context, false));
        }
    }
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

pub(super) fn show_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    let bytes = data(ctx)?;
    ctx.core.print_bytes(ctx.client, 1, bytes);
    Ok(Flow::Normal)
}

/// A path as tmux takes it: relative to who asked.
fn full_path(ctx: &Ctx<'_>, path: &str) -> String {
    let home = || ctx.core.probe.home(None).unwrap_or_default();
    let path = match path.strip_prefix("~/") {
        Some(rest) => format!("{}/{rest}", home()),
        None => path.to_string(),
    };
    if path.starts_with('/') {
        return path;
    }
    format!("{}/{path}", ctx.core.directory_of(ctx.client, None))
}

pub(super) fn save_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    let bytes = data(ctx)?;
    let path = ctx.expand(&ctx.args.word(0).unwrap_or_default());
    if path == "-" {
        if ctx.client.is_none() || ctx.is_attached() {
            return Err("Bad file descriptor: -".to_string());
        }
        ctx.core.print_bytes(ctx.client, 1, bytes);
        return Ok(Flow::Normal);
    }
    let path = full_path(ctx, &path);
    let ticket = ctx.core.write_file(
        ctx.asked,
        ctx.client,
        &path,
        path.clone(),
        bytes,
        ctx.has('a'),
    );
    Ok(Flow::Wait(ticket))
}

pub(super) fn load_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    let path = ctx.expand(&ctx.args.word(0).unwrap_or_default());
    let name = match ctx.args.get('b') {
        Some(name) => Some(new_name(name)?),
        None => None,
    };
    let shows = |client: &ClientId| ctx.core.session_of(*client).is_some();
    let clipboard = ctx.target_client.filter(|_| ctx.has('w')).filter(shows);
    let stdin = path == "-";
    if stdin && !ctx.core.sends_stdin(ctx.asked) {
        return Err("Bad file descriptor: -".to_string());
    }
    let path = match stdin {
        true => path,
        false => full_path(ctx, &path),
    };
    let then = Then::Load {
        path: path.clone(),
        name,
        clipboard,
    };
    let ticket = match stdin {
        true => ctx.core.read_stdin(ctx.asked, ctx.client, then),
        false => ctx
            .core
            .start_job(Some(ctx.asked), ctx.client, Asked::Read(path), then),
    };
    Ok(Flow::Wait(ticket))
}

pub(super) fn paste_buffer(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    if !ctx
        .core
        .model
        .panes
        .get(&pane)
        .is_some_and(|pane| pane.state.is_running())
    {
        return Err("target pane has exited".to_string());
    }
    let name = match ctx.args.get('b') {
        Some(name) => Some(
            ctx.core
                .buffer_of(Some(name))
                .ok_or_else(|| format!("no buffer {name}"))?,
        ),
        None => ctx.core.top_buffer(),
    };
    ctx.may_type(pane)?;
    if ctx.core.request_open(pane) && ctx.state.proof == Some(Proof::Key) {
        return Err(format!(
            "{pane} waits for a person's answer: a key pastes nothing there, because anybody can fill a buffer"
        ));
    }
    // Without buffers there is nothing to do, and that is no error.
    let Some(name) = name else {
        return Ok(Flow::Normal);
    };
    let bytes = ctx
        .core
        .model
        .buffers
        .get(&name)
        .map(|buffer| buffer.data.clone())
        .unwrap_or_default();
    let separator = ctx
        .get('s')
        .unwrap_or_else(|| if ctx.has('r') { "\n" } else { "\r" }.to_string());
    let bracketed = ctx.has('p') && wants_brackets(ctx.core, pane);
    let mut out = Vec::with_capacity(bytes.len() + 12);
    if bracketed {
        out.extend_from_slice(b"\x1b[200~");
    }
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        if ctx.has('S') {
            out.extend_from_slice(line);
        } else {
            visible(line, &mut out);
        }
    }
    if bracketed {
        out.extend_from_slice(b"\x1b[201~");
    }
    ctx.core.write_pane(pane, &out);
    if ctx.has('d') {
        ctx.core.remove_buffer(&name);
    }
    Ok(Flow::Normal)
}

/// A mode that lies over the pane has asked for none.
fn wants_brackets(core: &Core, pane: PaneId) -> bool {
    let pane = core.model.panes.get(&pane);
    pane.is_some_and(|pane| pane.state.mode.is_none() && pane.terminal.modes().bracketed_paste)
}

/// Bytes that cannot do harm in a shell: control characters as `^X`, what is no UTF-8 as `M-x`, all else as it is.
fn visible(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            let shown =
                !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | 0x07 | 0x08);
            if shown {
                out.push(byte);
            } else {
                caret(byte, out);
            }
        }
        for byte in chunk.invalid() {
            let low = byte & 0x7f;
            if low == b' ' {
                out.extend_from_slice(b"\\240");
                continue;
            }
            out.push(b'M');
            if low.is_ascii_control() {
                caret(low, out);
            } else {
                out.extend_from_slice(&[b'-', low]);
            }
        }
    }
}

fn caret(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'^', if byte == 0x7f { b'?' } else { byte + b'@' }]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_controls_are_spelled_out() {
        let mut out = Vec::new();
        visible(b"a\tb\x1b[31m\x7f\x00\r \xc3\xa9 \xff\xa0\x81\\", &mut out);
        assert_eq!(out, b"a\tb^[[31m^?^@\r \xc3\xa9 M^?\\240M^A\\");
    }
}

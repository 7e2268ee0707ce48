//! What was typed at prompts: show-prompt-history, clear-prompt-history, the file of `history-file`.
//!
//! The file is tmux's: a line for each, the oldest first, with the prompt's kind and a colon before it. tmux writes it when its
//! server ends; ours may end in other ways, so it is written with each line.

use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::jobs::{Asked, Then};

/// Kinds of prompts, in tmux's order.
const KINDS: [&str; 4] = ["command", "search", "target", "window-target"];

/// The kinds that -T names, or all.
fn kinds(ctx: &Ctx<'_>) -> Result<Vec<&'static str>, String> {
    match ctx.args.get('T') {
        None => Ok(KINDS.to_vec()),
        Some(name) => KINDS
            .into_iter()
            .find(|kind| *kind == name)
            .map(|kind| vec![kind])
            .ok_or_else(|| format!("invalid type: {name}")),
    }
}

pub(super) fn show_prompt_history(ctx: &mut Ctx<'_>) -> Outcome {
    for kind in kinds(ctx)? {
        // A blank line follows the head and each list.
        let mut text = format!("History for {kind}:\n\n");
        if let Some(lines) = ctx.core.model.global.prompt_history.get(kind) {
            for (at, line) in lines.iter().rev().enumerate() {
                text.push_str(&format!("{}: {line}\n", at + 1));
            }
        }
        ctx.print(&text);
    }
    Ok(Flow::Normal)
}

pub(super) fn clear_prompt_history(ctx: &mut Ctx<'_>) -> Outcome {
    for kind in kinds(ctx)? {
        if ctx.core.model.global.prompt_history.contains_key(kind) {
            ctx.core.model.global.prompt_history.remove(kind);
        }
    }
    ctx.core.write_prompt_history();
    Ok(Flow::Normal)
}

impl Core {
    /// Adds a line to the history of a kind of prompt.
    pub(crate) fn add_prompt_history(&mut self, kind: String, line: &str) {
        let limit = self.server_chain().number("prompt-history-limit").max(0) as usize;
        let lines = self.model.global.prompt_history.entry(kind).or_default();
        if lines.first().is_none_or(|newest| newest != line) {
            lines.insert(0, line.to_string());
        }
        lines.truncate(limit);
    }

    /// The file of `history-file`, if one is set.
    fn history_file(&self) -> Option<String> {
        let path = self.server_chain().text("history-file");
        if path.starts_with('/') {
            return Some(path);
        }
        let home = self.model.environment.get("HOME").map(String::from);
        let home = home
            .filter(|home| !home.is_empty())
            .or_else(|| self.probe.home(None))?;
        Some(format!("{home}/{}", path.strip_prefix("~/")?))
    }

    /// Reads the file, at the start. What came back from disk after a reboot is newer than it.
    pub(crate) fn read_prompt_history(&mut self) {
        if self.model.global.prompt_history.is_empty()
            && let Some(path) = self.history_file()
        {
            self.start_job(None, None, Asked::Read(path), Then::History);
        }
    }

    /// The file has been read, or there is none.
    pub(crate) fn prompt_history_read(&mut self, result: Result<Vec<u8>, String>) {
        // What was typed meanwhile is newer.
        let typed = std::mem::take(&mut self.model.global.prompt_history);
        let text = result.unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            match line.split_once(':') {
                Some((kind, line)) if KINDS.contains(&kind) => {
                    self.add_prompt_history(kind.to_string(), line);
                }
                // As files were before there were kinds.
                _ => self.add_prompt_history(KINDS[0].to_string(), line),
            }
        }
        if !typed.is_empty() {
            for (kind, lines) in typed {
                for line in lines.iter().rev() {
                    self.add_prompt_history(kind.clone(), line);
                }
            }
            self.write_prompt_history();
        }
    }

    /// Writes the file anew.
    pub(crate) fn write_prompt_history(&mut self) {
        let Some(path) = self.history_file() else {
            return;
        };
        // Not before it has been read.
        if self
            .model
            .jobs
            .values()
            .any(|job| job.then == Then::History)
        {
            return;
        }
        let mut text = String::new();
        for kind in KINDS {
            let lines = self.model.global.prompt_history.get(kind);
            for line in lines.into_iter().flatten().rev() {
                text.push_str(&format!("{kind}:{line}\n"));
            }
        }
        let asked = Asked::Write {
            path,
            bytes: text.into_bytes(),
            append: false,
        };
        self.start_job(None, None, asked, Then::Nothing);
    }
}

//! Names of sessions and windows: cleaned, made from commands, kept in step with what runs (automatic-rename).

use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{PaneId, WindowId};
use crate::model::pane::sort;

/// Least time between two looks at what runs in a pane.
const INTERVAL_MS: u64 = 500;

/// A name with its control characters and backslashes spelled out; for text that a program chose (`untrusted`), `#(`
/// can start no job.
pub fn clean(name: &str, untrusted: bool) -> String {
    let name = if untrusted {
        name.replace("#(", "_(")
    } else {
        name.to_string()
    };
    spelled(&name, true)
}

/// A name that another server has: its backslashes spell something already.
pub fn clean_foreign(name: &str) -> String {
    spelled(name, false)
}

fn spelled(name: &str, backslashes: bool) -> String {
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if backslashes => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\0' if !chars.peek().is_some_and(|next| ('0'..='7').contains(next)) => {
                out.push_str("\\0")
            }
            c if c.is_ascii_control() => out.push_str(&format!("\\{:03o}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// A name that a person gives: no control characters. Err is tmux's text; `what` is "session", "window" …
pub fn checked(name: &str, what: &str) -> Result<String, String> {
    if name.chars().any(|c| c.is_ascii_control()) {
        return Err(format!("invalid {what} name: {name}"));
    }
    Ok(clean(name, false))
}

/// The name of a window from a command: the first word without `exec` and its path.
pub fn from_command(command: &str) -> String {
    let text = command.strip_prefix('"').unwrap_or(command);
    let text = text.split('"').next().unwrap_or("");
    let text = text.strip_prefix("exec ").unwrap_or(text);
    let text = text.trim_start_matches([' ', '-']);
    let text = text.split(' ').next().unwrap_or("");
    let text = text.trim_end_matches(|c: char| {
        c.is_ascii() && !c.is_ascii_alphanumeric() && !c.is_ascii_punctuation()
    });
    let text = match text.strip_prefix('/') {
        Some(_) => text
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(text),
        None => text,
    };
    clean(text, false)
}

impl Core {
    /// What a window is called before anything is known of what runs in it.
    pub(crate) fn default_window_name(&self, pane: PaneId) -> String {
        match self.model.panes.get(&pane).map(|pane| &pane.state) {
            None => String::new(),
            Some(state) if state.start_command.iter().any(|word| !word.is_empty()) => {
                from_command(&state.start_command.join(" "))
            }
            Some(state) => from_command(&state.shell),
        }
    }

    /// Renames a window; who watches is told.
    pub(crate) fn rename_window(&mut self, id: WindowId, name: String) {
        let Some(window) = self.model.windows.get_mut(&id) else {
            return;
        };
        if window.name != name {
            window.name = name;
        }
        self.notify_window("window-renamed", id);
        self.touch_all();
    }

    /// Looks at the windows whose active pane had output since the last look, and renames those that are to be.
    pub(crate) fn check_names(&mut self) {
        let now = self.now.ms;
        let mut due: Vec<(WindowId, PaneId)> = self
            .unnamed()
            .filter(|(_, _, named)| *named == 0 || now >= named + INTERVAL_MS)
            .map(|(window, pane, _)| (window, pane))
            .collect();
        due.sort_unstable();
        for (window, pane) in due {
            if let Some(pane) = self.model.panes.get_mut(&pane) {
                pane.name_stale = false;
                pane.named_ms = now.max(1);
            }
            if self.window_chain(window).flag("automatic-rename") {
                self.check_name(window, pane);
            }
        }
    }

    fn check_name(&mut self, window: WindowId, pane: PaneId) {
        let template = self.window_chain(window).text("automatic-rename-format");
        let context = FormatContext {
            window: Some(window),
            pane: Some(pane),
            no_jobs: true,
            ..FormatContext::default()
        };
        let name = clean(&formats::expand(self, &template, &context, false), true);
        if self
            .model
            .windows
            .get(&window)
            .is_some_and(|window| window.name != name)
        {
            self.rename_window(window, name);
        }
    }

    /// Monotonic ms of the next look.
    pub(crate) fn names_due(&self) -> Option<u64> {
        let renamed = |window: WindowId| self.window_chain(window).flag("automatic-rename");
        self.unnamed()
            .filter(|(window, _, _)| renamed(*window))
            .map(|(_, _, named)| named + INTERVAL_MS)
            .min()
    }

    /// Windows whose active pane had output since the last look, and when that was.
    fn unnamed(&self) -> impl Iterator<Item = (WindowId, PaneId, u64)> {
        let panes = self.model.panes.of(sort::UNNAMED);
        panes.filter_map(|(id, pane)| {
            let window = self.model.windows.get(&pane.state.window)?;
            (window.active == *id).then_some((window.id, *id, pane.named_ms))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_once() {
        assert_eq!(clean("a\\b\tc", false), "a\\\\b\\tc");
        assert_eq!(clean_foreign("\\$y\tc"), "\\$y\\tc");
    }

    #[test]
    fn names_of_commands() {
        for (command, name) in [
            ("sleep 100", "sleep"),
            ("/usr/bin/vim x", "vim"),
            ("exec -l bash", "l"),
            ("\"sleep 9\"", "sleep"),
            ("-bash", "bash"),
            ("", ""),
        ] {
            assert_eq!(from_command(command), name, "{command}");
        }
    }

    #[test]
    fn names_are_clean() {
        assert_eq!(clean("a\x1bb\n\\", false), "a\\033b\\n\\\\");
        assert_eq!(clean("#(reboot)", true), "_(reboot)");
    }
}

//! What a crash must not change, as text.

use outlast_core::PaneId;
use outlast_core::save::Entry;

use super::World;

/// Rows of history in a picture that is not whole.
const RECENT: u64 = 20;

impl World {
    /// Everything that a crash must not change, as text: sections, screens with history (only its newest rows unless
    /// `whole`: of a long one the text takes longer than all else), input, answers.
    pub fn picture(&mut self, whole: bool) -> String {
        use std::fmt::Write;
        let mut out = String::new();
        let core = self.core.as_mut().expect("a core lives between actions");
        for entry in core.snapshot() {
            if let Entry::Section(key, Some(text)) = entry {
                let _ = writeln!(out, "{key} {}", timeless(&String::from_utf8_lossy(&text)));
            }
        }
        for (id, pane) in &self.panes {
            let _ = writeln!(
                out,
                "%{id} pid {} life {} ended {:?}",
                pane.pid, pane.life, pane.ended
            );
            let _ = writeln!(out, "input {:?}", String::from_utf8_lossy(&pane.input));
            let _ = writeln!(out, "offset {}", core.offset(PaneId(*id)));
            if let Some(terminal) = core.terminal(PaneId(*id)) {
                let _ = writeln!(out, "{:?}", terminal.title());
                // Both screens, the saved cursors and what the parser is amid: a difference shows in the step that made it.
                for line in terminal.dump_state().lines() {
                    let _ = writeln!(out, "%{id} {line}");
                }
                let first = terminal.first_line();
                let screen = first + u64::from(terminal.history_len());
                let from = if whole {
                    first
                } else {
                    first.max(screen.saturating_sub(RECENT))
                };
                for line in from..screen + u64::from(terminal.size().rows) {
                    let _ = writeln!(out, "%{id} {line}{}", terminal.dump_line(line));
                }
            }
        }
        for (id, client) in &self.clients {
            for (stream, bytes) in &client.told {
                let _ = writeln!(
                    out,
                    "client {id} {stream} {:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
        out
    }
}

/// A section without the time of the last output: output that a dead core had heard and that had no other effect is
/// heard again, and then is its time.
fn timeless(text: &str) -> String {
    let mut out = text.to_string();
    for name in ["\"activity\":", "\"silent_at_ms\":"] {
        let mut parts = out.split(name);
        let mut cut = parts.next().unwrap_or_default().to_string();
        for part in parts {
            cut.push_str(name);
            cut.push('_');
            cut.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        out = cut;
    }
    out
}

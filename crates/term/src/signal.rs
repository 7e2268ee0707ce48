//! What a program asked for that is not on the grid, and the cleaning of text that leaves the terminal.

use crate::memory::signal as size;
use crate::terminal::Terminal;

/// What a program asked for that is not on the grid. Collected by `advance`, taken by [`Terminal::take_signals`].
/// All text is clean: no C0, C1, DEL or bidirectional controls, bounded in length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// BEL.
    Bell,
    /// OSC 0 or 2 (also OSC 7501's title is not one).
    Title(String),
    /// ESC k … ST: tmux's window name.
    WindowName(String),
    /// OSC 7: working directory as a path.
    WorkingDirectory(String),
    /// OSC 52 write: selection letters and the decoded bytes.
    Clipboard(String, Vec<u8>),
    /// OSC 52 query: selection letters, and whether BEL ended it.
    ClipboardQuery(String, bool),
    /// OSC 9, 777, 99: a notification, title possibly empty.
    Notify {
        /// Title or empty.
        title: String,
        /// Text.
        body: String,
    },
    /// OSC 9;4: state 0 to 4 and percent.
    Progress(u8, u8),
    /// OSC 133: A, B, C, or D with its status.
    Prompt(char, Option<i32>),
    /// OSC 7501: program status (agents.md section 3), payload as it came, clean.
    Status(String),
    /// DCS tmux; … ST passthrough payload, at most 1 MiB, raw.
    Passthrough(Vec<u8>),
}

/// Most signals that wait; further ones are dropped, but a title, directory or clipboard takes the place of
/// an older one.
const MOST: usize = 256;
/// Bytes of text, clipboard and passthrough that wait.
const BYTES_MOST: usize = 4 << 20;
/// Longest title, name, notification, in characters.
pub(crate) const TEXT_LEN: usize = 1024;
/// Longest directory and status.
pub(crate) const LONG_LEN: usize = 4096;

/// Text without anything but text: no controls, no bidirectional overrides, at most `most` characters.
pub(crate) fn clean(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|c| !unwanted(*c))
        .take(most)
        .collect()
}

fn unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Terminal {
    pub(crate) fn signal(&mut self, signal: Signal) {
        let newest = matches!(
            signal,
            Signal::Title(_)
                | Signal::WindowName(_)
                | Signal::WorkingDirectory(_)
                | Signal::Clipboard(..)
        );
        // Room for two of the longest strings that the user allows.
        let longest = self.rules.as_ref().map_or(0, |rules| rules.string_len());
        let bytes_most = BYTES_MOST.max(longest.saturating_mul(2));
        if self.signals.len() >= MOST || self.signal_bytes + size(&signal) > bytes_most {
            if !newest {
                return;
            }
            let same = |s: &Signal| std::mem::discriminant(s) == std::mem::discriminant(&signal);
            match self.signals.iter().position(same) {
                Some(i) => {
                    self.signal_bytes -= size(&self.signals.remove(i));
                }
                None if self.signals.len() >= MOST => {
                    self.signal_bytes -= size(&self.signals.remove(0));
                }
                None => {}
            }
        }
        self.signal_bytes += size(&signal);
        self.signals.push(signal);
    }

    /// BEL. One that waits stands for all that follow it.
    pub(crate) fn ring(&mut self) {
        if self.signals.last() != Some(&Signal::Bell) {
            self.signal(Signal::Bell);
        }
    }

    /// What the program asked for; empties the store (bounded: 256, newest title kept).
    pub fn take_signals(&mut self) -> Vec<Signal> {
        self.signal_bytes = 0;
        std::mem::take(&mut self.signals)
    }

    /// OSC 0 and 2.
    pub(crate) fn set_title(&mut self, bytes: &[u8]) {
        let title = clean(bytes, TEXT_LEN);
        if self.title != title {
            self.title.clone_from(&title);
            self.touched = true;
        }
        self.signal(Signal::Title(title));
    }

    /// ESC k.
    pub(crate) fn window_name(&mut self, bytes: &[u8]) {
        self.signal(Signal::WindowName(clean(bytes, TEXT_LEN)));
    }
}

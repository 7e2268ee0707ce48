//! What it writes to its terminal.

use std::io::Write;

pub(super) struct Screen {
    quiet: bool,
    turns: usize,
}

/// RFC 4648.
pub(super) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            out.push(match digit <= part.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]),
                false => '=',
            });
        }
    }
    out
}

impl Screen {
    pub(super) fn new() -> Screen {
        Screen {
            quiet: std::env::var_os("FAKE_QUIET").is_some(),
            turns: 0,
        }
    }

    fn put(&self, text: &str) {
        let mut out = std::io::stdout();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    pub(super) fn begin(&self) {
        self.put("\x1b[?2004h\x1b]0;✳ Fake Code\x07Fake Code\r\n");
    }

    pub(super) fn end(&self, id: &str) {
        self.put(&format!("\x1b[?2004l\r\nclaude --resume {id}\r\n"));
    }

    pub(super) fn status(&self, payload: &str) {
        if !self.quiet {
            self.put(&format!("\x1b]7501;{payload}:app=claude-code\x1b\\"));
        }
    }

    pub(super) fn works(&self, does: bool) {
        let glyph = if does { "◐" } else { "✳" };
        self.put(&format!("\x1b]0;{glyph} Fake Code\x07"));
    }

    pub(super) fn spin(&mut self) {
        self.turns += 1;
        self.put(&format!("\r{}", ["-", "\\", "|", "/"][self.turns % 4]));
    }

    pub(super) fn blink(&mut self) {
        self.turns += 1;
        self.put(if self.turns.is_multiple_of(2) {
            "\r●"
        } else {
            "\r○"
        });
    }

    pub(super) fn prompt(&self) {
        self.put("\r\n> ");
    }

    pub(super) fn echo(&self, byte: u8) {
        if byte >= b' ' {
            let _ = std::io::stdout().write_all(&[byte]);
        }
        let _ = std::io::stdout().flush();
    }

    pub(super) fn line(&self, text: &str) {
        self.put(&format!("\r\n{}\r\n", text.replace('\n', "\r\n")));
    }

    pub(super) fn dialog(&self, what: &str, lines: &[&str]) {
        let lines: String = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("  {}. {line}\r\n", at + 1))
            .collect();
        self.put(&format!("\r\n[dialog] {what}\r\n{lines}"));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64() {
        for (text, coded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj")] {
            assert_eq!(super::base64(text), coded);
        }
    }
}

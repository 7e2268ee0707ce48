//! Operating system commands: one row each.

use crate::row::{OUTPUT, PROMPT};
use crate::signal::{LONG_LEN, Signal, TEXT_LEN, clean};
use crate::terminal::Terminal;

/// An operating system command.
pub struct Osc {
    /// Number before the first semicolon: from.
    pub first: u16,
    /// To, inclusive.
    pub last: u16,
    /// What it is for.
    pub name: &'static str,
    run: fn(&mut Terminal, u16, &[u8], bool),
}

const fn row(
    first: u16,
    last: u16,
    name: &'static str,
    run: fn(&mut Terminal, u16, &[u8], bool),
) -> Osc {
    Osc {
        first,
        last,
        name,
        run,
    }
}

/// Every OSC that we know. The function gets number, the rest, and whether BEL ended it.
pub static OSC: &[Osc] = &[
    row(0, 0, "title and icon name", |t, _, rest, _| {
        t.set_title(rest)
    }),
    row(1, 1, "icon name, ignored", |_, _, _, _| ()),
    row(2, 2, "title", |t, _, rest, _| t.set_title(rest)),
    row(4, 4, "palette", |t, _, rest, bell| {
        t.osc_palette(rest, 0, bell)
    }),
    row(5, 5, "special colours", |t, _, rest, bell| {
        t.osc_palette(rest, 256, bell)
    }),
    row(7, 7, "working directory", |t, _, rest, _| {
        t.working_directory(rest)
    }),
    row(8, 8, "hyperlink", |t, _, rest, _| t.hyperlink(rest)),
    row(
        9,
        9,
        "notification (iTerm2) or progress (ConEmu)",
        |t, _, rest, _| t.notify_or_progress(rest),
    ),
    row(10, 19, "dynamic colours", |t, n, rest, bell| {
        t.osc_dynamic(n, rest, bell)
    }),
    row(52, 52, "clipboard", |t, _, rest, bel| {
        t.clipboard(rest, bel)
    }),
    row(99, 99, "notification (kitty)", |t, _, rest, _| {
        t.notify_kitty(rest)
    }),
    row(104, 104, "reset palette", |t, _, rest, _| {
        t.osc_reset_palette(rest, 0)
    }),
    row(105, 105, "reset special colours", |t, _, rest, _| {
        t.osc_reset_palette(rest, 256)
    }),
    row(110, 119, "reset dynamic colours", |t, n, _, _| {
        t.osc_reset_dynamic(n)
    }),
    row(133, 133, "shell prompt marks", |t, _, rest, _| {
        t.prompt_mark(rest)
    }),
    row(777, 777, "notification (rxvt)", |t, _, rest, _| {
        t.notify_rxvt(rest)
    }),
    row(7501, 7501, "program status", |t, _, rest, _| t.status(rest)),
];

impl Terminal {
    /// A whole OSC without its introducer and terminator.
    pub(crate) fn osc(&mut self, text: &[u8], bell: bool) {
        let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
        // `l` and `L` are Sun's title and icon name.
        if let [b'l', title @ ..] = text {
            return self.set_title(title);
        }
        let number: Option<u16> = std::str::from_utf8(&text[..digits])
            .ok()
            .and_then(|s| s.parse().ok());
        let rest = match text.get(digits) {
            None => &[][..],
            Some(b';') => &text[digits + 1..],
            Some(_) => return,
        };
        let Some(n) = number else { return };
        if let Some(row) = OSC.iter().find(|r| (r.first..=r.last).contains(&n)) {
            (row.run)(self, n, rest, bell);
        }
    }

    /// OSC 7: a file URL with any host, or a bare path.
    fn working_directory(&mut self, rest: &[u8]) {
        let text = clean(rest, LONG_LEN);
        let path = match text
            .strip_prefix("file://")
            .or_else(|| text.strip_prefix("kitty-shell-cwd://"))
        {
            Some(url) => match url.find('/') {
                Some(i) => clean(&unescape(&url[i..]), LONG_LEN),
                None => return,
            },
            None if text.starts_with('/') || text.is_empty() => text,
            None => return,
        };
        self.signal(Signal::WorkingDirectory(path));
    }

    /// OSC 8: parameters, then the URI; an empty URI ends the link.
    fn hyperlink(&mut self, rest: &[u8]) {
        let Some(i) = rest.iter().position(|b| *b == b';') else {
            return;
        };
        let uri = &rest[i + 1..];
        self.pen_stale = true;
        if uri.is_empty() || rest.len() > crate::intern::LINK_LEN {
            self.pen_link = 0;
            return;
        }
        let id = rest[..i]
            .split(|b| *b == b':')
            .find_map(|p| p.strip_prefix(b"id="))
            .unwrap_or(b"");
        let (id, uri) = (clean(id, 256), clean(uri, crate::intern::LINK_LEN));
        self.pen_link = self.intern_link(&id, &uri);
    }

    /// OSC 9;4;state;percent is progress, any other text a notification.
    fn notify_or_progress(&mut self, rest: &[u8]) {
        if let Some(p) = rest
            .strip_prefix(b"4;")
            .or_else(|| (rest == b"4").then_some(&[][..]))
        {
            let mut parts = p
                .split(|b| *b == b';')
                .map(|b| clean(b, 8).parse::<u8>().ok());
            let state = parts.next().flatten().unwrap_or(0);
            let percent = parts.next().flatten().unwrap_or(0).min(100);
            if state <= 4 {
                self.signal(Signal::Progress(state, percent));
            }
            return;
        }
        self.signal(Signal::Notify {
            title: String::new(),
            body: clean(rest, TEXT_LEN),
        });
    }

    /// OSC 777;notify;title;body.
    fn notify_rxvt(&mut self, rest: &[u8]) {
        let mut parts = rest.splitn(3, |b| *b == b';');
        if parts.next() == Some(b"notify") {
            let title = clean(parts.next().unwrap_or(b""), TEXT_LEN);
            let body = clean(parts.next().unwrap_or(b""), TEXT_LEN);
            self.signal(Signal::Notify { title, body });
        }
    }

    /// OSC 99;metadata;text. Parts with one id are put together until `d=1`, the default.
    fn notify_kitty(&mut self, rest: &[u8]) {
        let Some(i) = rest.iter().position(|b| *b == b';') else {
            return;
        };
        let (mut id, mut part, mut done, mut base64) =
            (String::new(), String::from("title"), true, false);
        for item in rest[..i].split(|b| *b == b':') {
            let Some((key, value)) = item.split_first() else {
                continue;
            };
            let value = clean(value.strip_prefix(b"=").unwrap_or(b""), 64);
            match key {
                b'i' => id = value,
                b'p' => part = value,
                b'd' => done = value != "0",
                b'e' => base64 = value == "1",
                _ => {}
            }
        }
        let text = &rest[i + 1..];
        let text = if base64 {
            clean(&decode64(text), TEXT_LEN)
        } else {
            clean(text, TEXT_LEN)
        };
        if self.notice.0 != id {
            self.notice = (id, String::new(), String::new());
        }
        let into = match part.as_str() {
            "title" => &mut self.notice.1,
            "body" => &mut self.notice.2,
            // Queries, icons, buttons, closing: nothing to show.
            _ => return,
        };
        let room = TEXT_LEN.saturating_sub(into.chars().count());
        into.extend(text.chars().take(room));
        if done {
            let (_, title, body) = std::mem::take(&mut self.notice);
            let (title, body) = if body.is_empty() {
                (String::new(), title)
            } else {
                (title, body)
            };
            self.signal(Signal::Notify { title, body });
        }
    }

    /// OSC 52: selection letters, then base64 or `?`, a query that the owner may answer.
    fn clipboard(&mut self, rest: &[u8], bel: bool) {
        let Some(i) = rest.iter().position(|b| *b == b';') else {
            return;
        };
        let data = &rest[i + 1..];
        let letters = rest[..i]
            .iter()
            .filter(|b| b"cpqs01234567".contains(b))
            .map(|b| char::from(*b))
            .take(16);
        if data == b"?" {
            return self.signal(Signal::ClipboardQuery(letters.collect(), bel));
        }
        self.signal(Signal::Clipboard(letters.collect(), decode64(data)));
    }

    /// OSC 133.
    fn prompt_mark(&mut self, rest: &[u8]) {
        let Some((&kind, more)) = rest.split_first() else {
            return;
        };
        let status = match kind {
            b'A' => {
                self.grid.row_mut(self.y).flags |= PROMPT;
                None
            }
            b'C' => {
                self.grid.row_mut(self.y).flags |= OUTPUT;
                None
            }
            b'D' => more
                .strip_prefix(b";")
                .and_then(|s| s.split(|b| *b == b';').next())
                .and_then(|s| std::str::from_utf8(s).ok()?.parse().ok()),
            b'B' => None,
            _ => return,
        };
        self.signal(Signal::Prompt(char::from(kind), status));
    }

    /// OSC 7501: the question whether we know it is answered by itself; a report is passed on.
    fn status(&mut self, rest: &[u8]) {
        if rest == b"?" {
            self.reply("\x1b]7501;?\x1b\\");
        } else if rest.len() <= LONG_LEN {
            self.signal(Signal::Status(clean(rest, LONG_LEN)));
        }
    }
}

/// Undoes percent encoding.
fn unescape(s: &str) -> Vec<u8> {
    let b = s.as_bytes();
    let digit = |i: usize| b.get(i).and_then(|c| char::from(*c).to_digit(16));
    let mut out = Vec::with_capacity(b.len());
    let mut i = 0;
    while i < b.len() {
        match (b[i], digit(i + 1), digit(i + 2)) {
            (b'%', Some(h), Some(l)) => {
                out.push((h * 16 + l) as u8);
                i += 3;
            }
            (c, ..) => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// The answer to a query of the clipboard (OSC 52): selection letters, content, and how it ends.
pub fn clipboard_reply(letters: &str, content: &[u8], bel: bool) -> Vec<u8> {
    let mut out = format!("\x1b]52;{letters};").into_bytes();
    crate::paint::base64(content, &mut out);
    out.extend_from_slice(if bel { b"\x07" } else { b"\x1b\\" });
    out
}

/// What a terminal's answer says is in its clipboard; None: it is no such answer.
pub fn clipboard_of(reply: &[u8]) -> Option<Vec<u8>> {
    let rest = reply.strip_prefix(b"\x1b]52;")?;
    let from = rest.iter().position(|byte| *byte == b';')? + 1;
    let text = &rest[from..];
    let end = text.iter().position(|byte| matches!(byte, 0x07 | 0x1b));
    Some(decode64(&text[..end.unwrap_or(text.len())]))
}

/// Base64, standard alphabet; what is no digit is passed over, a padding ends it.
pub fn decode64(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 4 * 3 + 3);
    let (mut bits, mut n) = (0u32, 0);
    for &b in data {
        let v = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = bits << 6 | u32::from(v);
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    out
}

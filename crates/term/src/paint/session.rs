//! What is not drawing: taking the outer terminal over and giving it back, its modes, title, clipboard.

use super::caps::Caps;
use super::sgr;
use crate::screen::{ScreenModes, ScreenNotice};
use crate::style::Colour;
use crate::terminal::MouseTracking;

/// Bytes that take a terminal over: alternate screen, keypad, queries (DA1, XTVERSION) for its capabilities.
///
/// The first frame begins with a clear screen, so what a terminal might print for a query that it does not know is
/// gone. DA1 is asked last: every terminal answers it, so whatever has not been answered before it never will be.
pub fn begin(caps: &Caps, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[?1049h");
    if caps.title {
        out.extend_from_slice(b"\x1b[22;0;0t");
    }
    out.extend_from_slice(b"\x1b[?1h\x1b=\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[?12l\x1b[?25h\x1b[?7h");
    if !caps.utf8 {
        out.extend_from_slice(b"\x1b(B\x1b)0");
    }
    if caps.mouse {
        out.extend_from_slice(b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1005l");
    }
    if caps.kitty_keys || caps.extended_keys {
        learned(&Caps::NONE, caps, out);
    }
    if caps.queries {
        out.extend_from_slice(b"\x1b[?2031h\x1b[?996n");
        out.extend_from_slice(b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\");
        out.extend_from_slice(b"\x1b[?2026$p\x1b[?u\x1b[>q\x1b[>c\x1b[c");
    }
}

/// Bytes that put to use what the terminal has been found to be capable of since [`begin`]: its extended keys. What
/// concerns drawing takes effect by itself.
pub fn learned(before: &Caps, now: &Caps, out: &mut Vec<u8>) {
    if now.kitty_keys {
        if !before.kitty_keys {
            // Only what legacy cannot tell apart is asked for; text stays text.
            out.extend_from_slice(b"\x1b[>1u");
        }
        return;
    }
    if before.kitty_keys {
        out.extend_from_slice(b"\x1b[<u");
    }
    if now.extended_keys && (!before.extended_keys || before.kitty_keys) {
        out.extend_from_slice(b"\x1b[>4;1m");
    }
}

/// Bytes that give it back as it was: modes off, cursor shown, primary screen.
///
/// It needs no state, so that whoever finds the terminal abandoned can send it.
pub fn end(caps: &Caps, out: &mut Vec<u8>) {
    if caps.sync {
        out.extend_from_slice(b"\x1b[?2026l");
    }
    out.extend_from_slice(b"\x1b[r\x1b[m");
    if !caps.utf8 {
        out.extend_from_slice(b"\x1b(B");
    }
    if caps.hyperlinks {
        out.extend_from_slice(b"\x1b]8;;\x1b\\");
    }
    if caps.mouse {
        out.extend_from_slice(b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1005l");
    }
    if caps.bracketed_paste {
        out.extend_from_slice(b"\x1b[?2004l");
    }
    if caps.focus {
        out.extend_from_slice(b"\x1b[?1004l");
    }
    if caps.queries {
        out.extend_from_slice(b"\x1b[?2031l");
    }
    if caps.kitty_keys {
        out.extend_from_slice(b"\x1b[<u");
    }
    if caps.extended_keys {
        out.extend_from_slice(b"\x1b[>4m");
    }
    if caps.cursor_style {
        out.extend_from_slice(b"\x1b[0 q");
    }
    if caps.cursor_colour {
        out.extend_from_slice(b"\x1b]112\x07");
    }
    out.extend_from_slice(b"\x1b[?7h\x1b[?1l\x1b>\x1b[H\x1b[2J\x1b[?12l\x1b[?25h\x1b[?1049l");
    if caps.title {
        out.extend_from_slice(b"\x1b[23;0;0t");
    }
}

/// A mode of the outer terminal that is on or off.
struct Mode {
    on: fn(&ScreenModes) -> bool,
    has: fn(&Caps) -> bool,
    set: &'static [u8],
    reset: &'static [u8],
}

const MODES: &[Mode] = &[
    Mode {
        on: |m| m.bracketed_paste,
        has: |c| c.bracketed_paste,
        set: b"\x1b[?2004h",
        reset: b"\x1b[?2004l",
    },
    Mode {
        on: |m| m.focus,
        has: |c| c.focus,
        set: b"\x1b[?1004h",
        reset: b"\x1b[?1004l",
    },
    Mode {
        on: |m| m.app_cursor,
        has: |_| true,
        set: b"\x1b[?1h",
        reset: b"\x1b[?1l",
    },
    Mode {
        on: |m| m.app_keypad,
        has: |_| true,
        set: b"\x1b=",
        reset: b"\x1b>",
    },
];

fn mouse_mode(mouse: MouseTracking) -> Option<u32> {
    match mouse {
        MouseTracking::Off => None,
        MouseTracking::Button => Some(1000),
        MouseTracking::Drag => Some(1002),
        MouseTracking::Any => Some(1003),
    }
}

fn dec_mode(mode: u32, last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[?");
    sgr::push_number(out, mode);
    out.push(last);
}

/// Appends the changes of modes; all of them if nothing is known of the terminal.
pub(super) fn modes(from: Option<ScreenModes>, to: ScreenModes, caps: &Caps, out: &mut Vec<u8>) {
    for mode in MODES {
        let changed = from.is_none_or(|from| (mode.on)(&from) != (mode.on)(&to));
        if changed && (mode.has)(caps) {
            out.extend_from_slice(if (mode.on)(&to) { mode.set } else { mode.reset });
        }
    }
    if !caps.mouse || from.is_some_and(|from| from.mouse == to.mouse) {
        return;
    }
    // Each of the three replaces the others when set, and turns off whichever is set when reset: off first.
    match from {
        Some(from) => {
            if let Some(mode) = mouse_mode(from.mouse) {
                dec_mode(mode, b'l', out);
            }
        }
        None => [1000, 1002, 1003]
            .into_iter()
            .for_each(|m| dec_mode(m, b'l', out)),
    }
    let was_on = from.is_some_and(|from| from.mouse != MouseTracking::Off);
    match mouse_mode(to.mouse) {
        Some(mode) => {
            if !was_on {
                dec_mode(1006, b'h', out);
            }
            dec_mode(mode, b'h', out);
        }
        None => dec_mode(1006, b'l', out),
    }
}

/// The longest title that is sent, in characters.
const MAX_TITLE: usize = 1024;

pub(super) fn title(title: &str, caps: &Caps, out: &mut Vec<u8>) {
    if !caps.title {
        return;
    }
    out.extend_from_slice(b"\x1b]2;");
    for c in title.chars().filter(|c| !c.is_control()).take(MAX_TITLE) {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    out.push(0x07);
}

pub(super) fn clipboard(bytes: &[u8], caps: &Caps, out: &mut Vec<u8>) {
    if !caps.clipboard {
        return;
    }
    out.extend_from_slice(b"\x1b]52;c;");
    base64(bytes, out);
    out.push(0x07);
}

/// The text of a notification, in characters.
const MAX_NOTICE: usize = 600;

/// A notification in the terminal's dialect; the bell where it has none. Taking one back is known to kitty's alone.
pub(super) fn notice(notice: &ScreenNotice, caps: &Caps, out: &mut Vec<u8>) {
    let clean = |text: &str| -> String {
        let text = text.chars().filter(|c| !c.is_control());
        text.take(MAX_NOTICE).collect()
    };
    let (title, body) = (clean(&notice.title), clean(&notice.body));
    let known = caps.notify_kitty || caps.notify || caps.notify_iterm;
    if notice.bell || !known {
        if !notice.settled {
            out.push(0x07);
        }
        return;
    }
    if caps.notify_kitty {
        let id = notice.id;
        if notice.settled {
            out.extend(format!("\x1b]99;i=outlast-{id}:p=close;\x1b\\").bytes());
            return;
        }
        let mut part = |kind: &str, done: u8, text: &str| {
            out.extend(format!("\x1b]99;i=outlast-{id}:d={done}:e=1:p={kind};").bytes());
            base64(text.as_bytes(), out);
            out.extend(b"\x1b\\");
        };
        part("title", u8::from(body.is_empty()), &title);
        if !body.is_empty() {
            part("body", 1, &body);
        }
        return;
    }
    if notice.settled {
        return;
    }
    if caps.notify {
        // A semicolon would end the title.
        let title = title.replace(';', ",");
        out.extend(format!("\x1b]777;notify;{title};{body}\x1b\\").bytes());
        return;
    }
    let text = match body.is_empty() {
        true => title,
        false => format!("{title}: {body}"),
    };
    // What begins with a number is another request of the same sequence.
    let guard = match text.starts_with(|c: char| c.is_ascii_digit()) {
        true => " ",
        false => "",
    };
    out.extend(format!("\x1b]9;{guard}{text}\x1b\\").bytes());
}

/// RFC 4648, with padding.
pub(crate) fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { digit } else { b'=' });
        }
    }
}

/// OSC 12, or OSC 112 for the terminal's own.
pub(super) fn cursor_colour(colour: Colour, out: &mut Vec<u8>) {
    let (r, g, b) = match colour {
        Colour::Default => return out.extend_from_slice(b"\x1b]112\x07"),
        Colour::Indexed(n) => sgr::palette(n),
        Colour::Rgb(r, g, b) => (r, g, b),
    };
    out.extend_from_slice(format!("\x1b]12;rgb:{r:02x}/{g:02x}/{b:02x}\x07").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_all_lengths() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            let mut out = Vec::new();
            base64(bytes.as_bytes(), &mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }

    #[test]
    fn modes_change_by_difference() {
        let off = ScreenModes::default();
        let mouse = |mouse| ScreenModes { mouse, ..off };
        let spelled = |from, to, caps: &Caps| {
            let mut out = Vec::new();
            modes(from, to, caps, &mut out);
            out
        };
        let full = &Caps::FULL;
        assert_eq!(spelled(Some(off), off, full), b"");
        assert_eq!(
            spelled(Some(off), mouse(MouseTracking::Button), full),
            b"\x1b[?1006h\x1b[?1000h"
        );
        assert_eq!(
            spelled(
                Some(mouse(MouseTracking::Button)),
                mouse(MouseTracking::Any),
                full
            ),
            b"\x1b[?1000l\x1b[?1003h"
        );
        assert_eq!(
            spelled(Some(mouse(MouseTracking::Any)), off, full),
            b"\x1b[?1003l\x1b[?1006l"
        );
        assert_eq!(
            spelled(Some(mouse(MouseTracking::Any)), off, &Caps::NONE),
            b""
        );
        let paste = ScreenModes {
            bracketed_paste: true,
            app_cursor: true,
            ..off
        };
        assert_eq!(spelled(Some(off), paste, full), b"\x1b[?2004h\x1b[?1h");
        assert!(spelled(None, off, full).starts_with(b"\x1b[?2004l\x1b[?1004l\x1b[?1l\x1b>"));
    }

    #[test]
    fn notices_are_in_the_terminal_s_dialect() {
        let said = |features: &str, settled: bool, title: &str, body: &str| {
            let caps = Caps::from_term("xterm", features, None);
            let told = ScreenNotice {
                serial: 1,
                id: 7,
                title: title.into(),
                body: body.into(),
                settled,
                bell: false,
            };
            let mut out = Vec::new();
            notice(&told, &caps, &mut out);
            String::from_utf8(out).unwrap()
        };
        let rows = [
            ("", false, "a", "b", "\x07"),
            ("", true, "a", "b", ""),
            (
                "notify",
                false,
                "a;\x1b",
                "b;\u{9c}c",
                "\x1b]777;notify;a,;b;c\x1b\\",
            ),
            ("notify", true, "a", "b", ""),
            ("notify9", false, "a", "b", "\x1b]9;a: b\x1b\\"),
            ("notify9", false, "4;1", "", "\x1b]9; 4;1\x1b\\"),
            (
                "notify,notify99",
                false,
                "a",
                "b",
                "\x1b]99;i=outlast-7:d=0:e=1:p=title;YQ==\x1b\\\x1b]99;i=outlast-7:d=1:e=1:p=body;Yg==\x1b\\",
            ),
            (
                "notify99",
                false,
                "a",
                "",
                "\x1b]99;i=outlast-7:d=1:e=1:p=title;YQ==\x1b\\",
            ),
            (
                "notify99",
                true,
                "a",
                "b",
                "\x1b]99;i=outlast-7:p=close;\x1b\\",
            ),
        ];
        for (features, settled, title, body, bytes) in rows {
            assert_eq!(said(features, settled, title, body), bytes, "{features}");
        }
    }

    #[test]
    fn titles_are_clean() {
        let mut out = Vec::new();
        title("a\x1b]52;c;x\x07b\u{9c}c", &Caps::FULL, &mut out);
        assert_eq!(out, b"\x1b]2;a]52;c;xbc\x07");
    }
}

//! Keys to the bytes that a pane's program asked for: legacy, xterm's modifyOtherKeys, or kitty's protocol.
//!
//! Sources: tmux(1) and its behaviour at 3.7c for legacy and modifyOtherKeys; xterm "Modified Keys". Departures from
//! tmux, each to what xterm does, because programs read it: Enter of the keypad is CR (tmux: LF), C-BSpace is BS and
//! C-Escape ESC (tmux: nothing), C-# and its like are the plain character (tmux: nothing).

use super::mouse::{self, Mouse};
use super::table::{self, End};
use super::{Code, Key, Mods, kitty};
use crate::terminal::Modes;

/// What the user has chosen about keys, beside what the program asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// tmux's `extended-keys-format csi-u`: `CSI code;m u` where modifyOtherKeys is on, not `CSI 27;m;code ~`.
    pub csi_u: bool,
    /// tmux's `backspace`: the byte that Backspace sends.
    pub backspace: u8,
}

impl Default for EncodeOptions {
    fn default() -> EncodeOptions {
        EncodeOptions {
            csi_u: false,
            backspace: 0x7f,
        }
    }
}

/// Appends what a program in these modes expects for `key`; nothing for keys that it cannot be told.
pub fn encode_key(key: Key, modes: &Modes, out: &mut Vec<u8>) {
    encode_key_with(key, modes, &EncodeOptions::default(), out);
}

/// [`encode_key`] with the user's options.
pub fn encode_key_with(key: Key, modes: &Modes, options: &EncodeOptions, out: &mut Vec<u8>) {
    match key.code {
        Code::FocusIn if modes.focus => return out.extend_from_slice(b"\x1b[I"),
        Code::FocusOut if modes.focus => return out.extend_from_slice(b"\x1b[O"),
        Code::FocusIn | Code::FocusOut => return,
        Code::User(_) | Code::Mouse(_) | Code::Any | Code::None => return,
        _ => {}
    }
    if modes.kitty_keys != 0 {
        return kitty::encode(key, modes, options, out);
    }
    if key.mods.has(Mods::SUPER) {
        return; // only kitty's protocol can say it, and the bare key would be another
    }
    if let Some(row) = table::function_key(key.code) {
        return function_key(row, key.mods, modes, out);
    }
    match key.code {
        Code::Keypad(c) => keypad(c, key.mods, modes, out),
        Code::BackTab if modes.modify_other_keys < 2 => out.extend_from_slice(b"\x1b[Z"),
        _ => {
            let mods = match key.code {
                Code::BackTab => key.mods.with(Mods::SHIFT),
                _ => key.mods,
            };
            let Some(c) = character(key.code, options) else {
                return;
            };
            let extended = match modes.modify_other_keys {
                0 => false,
                1 => !well_known(c, mods),
                _ => true,
            };
            if mods == Mods(0) || !extended {
                legacy(c, mods, out);
            } else {
                other_key(c, mods, options.csi_u, out);
            }
        }
    }
}

/// Appends the mouse report, `mouse` being relative to the pane; nothing if the program did not ask for it.
pub fn encode_mouse(mouse: Mouse, modes: &Modes, out: &mut Vec<u8>) {
    mouse::encode(mouse, modes, out);
}

/// Appends a paste: bracketed if the program asked for it, the end mark inside the text defused, LF as CR.
///
/// Defused means that ESC, and with it any sequence that the text could smuggle past the brackets, becomes a blank.
/// Without brackets the text goes as it is, as if typed.
pub fn encode_paste(text: &[u8], modes: &Modes, out: &mut Vec<u8>) {
    let bracketed = modes.bracketed_paste;
    out.reserve(text.len() + 12);
    if bracketed {
        out.extend_from_slice(b"\x1b[200~");
    }
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'\r' if tail.first() == Some(&b'\n') => {
                out.push(b'\r');
                rest = &tail[1..];
                continue;
            }
            b'\n' => out.push(b'\r'),
            0x1b if bracketed => out.push(b' '),
            // U+009B, CSI in its 8-bit form, which some programs accept in UTF-8 too.
            0xc2 if bracketed && tail.first() == Some(&0x9b) => {
                out.push(b' ');
                rest = &tail[1..];
                continue;
            }
            _ => out.push(byte),
        }
        rest = tail;
    }
    if bracketed {
        out.extend_from_slice(b"\x1b[201~");
    }
}

/// xterm's number for a set of modifiers.
pub(crate) fn modifier_param(mods: Mods) -> u8 {
    1 + (mods.0 & 15)
}

/// Appends `CSI …` for a key whose sequence ends so, with modifiers if there are any.
pub(crate) fn sequence(end: End, mods: Mods, out: &mut Vec<u8>) {
    let m = modifier_param(mods);
    let text = match (end, m) {
        (End::Letter(x), 1) => format!("\x1b[{}", char::from(x)),
        (End::Letter(x), m) => format!("\x1b[1;{m}{}", char::from(x)),
        (End::Tilde(n), 1) => format!("\x1b[{n}~"),
        (End::Tilde(n), m) => format!("\x1b[{n};{m}~"),
        (End::Unicode(n), 1) => format!("\x1b[{n}u"),
        (End::Unicode(n), m) => format!("\x1b[{n};{m}u"),
    };
    out.extend_from_slice(text.as_bytes());
}

fn function_key(row: &table::FunctionKey, mods: Mods, modes: &Modes, out: &mut Vec<u8>) {
    if mods != Mods(0) {
        sequence(row.modified, mods, out);
    } else if modes.app_cursor {
        out.extend_from_slice(row.application);
    } else {
        out.extend_from_slice(row.plain);
    }
}

fn keypad(c: char, mods: Mods, modes: &Modes, out: &mut Vec<u8>) {
    let Some((_, letter, _)) = table::KEYPAD.iter().find(|k| k.0 == c) else {
        return;
    };
    if mods.has(Mods::META) {
        out.push(0x1b);
    }
    if modes.app_keypad {
        out.extend([0x1b, b'O', *letter]);
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The character behind a key that sends one.
fn character(code: Code, options: &EncodeOptions) -> Option<char> {
    match code {
        Code::Char(c) => Some(c),
        Code::Enter => Some('\r'),
        Code::Tab | Code::BackTab => Some('\t'),
        Code::Escape => Some('\x1b'),
        Code::Backspace => Some(char::from(options.backspace)),
        _ => None,
    }
}

/// What modifyOtherKeys 1 leaves in its legacy form: what has one that is not another key's.
fn well_known(c: char, mods: Mods) -> bool {
    if !mods.has(Mods::CTRL) {
        return mods.has(Mods::META);
    }
    matches!(c, ' ' | '/' | '2'..='8' | '@'..='~')
}

/// modifyOtherKeys: the shifted character with all modifiers.
fn other_key(c: char, mods: Mods, csi_u: bool, out: &mut Vec<u8>) {
    let m = modifier_param(mods);
    // Control and Shift with a letter is kept with the small letter (see Code::Char); xterm says the capital.
    let shown = if mods.has(Mods::SHIFT) {
        c.to_ascii_uppercase()
    } else {
        c
    };
    let n = u32::from(shown);
    let text = if csi_u {
        format!("\x1b[{n};{m}u")
    } else {
        format!("\x1b[27;{m};{n}~")
    };
    out.extend_from_slice(text.as_bytes());
}

/// Control with a character that has no control of its own, as tmux 3.7c maps it: character, byte.
#[rustfmt::skip]
const CONTROL: &[(char, u8)] = &[
    (' ', 0x00), ('2', 0x00),
    ('3', 0x1b), ('4', 0x1c), ('5', 0x1d), ('6', 0x1e), ('7', 0x1f), ('8', 0x7f),
    ('/', 0x1f), ('-', 0x1f), ('?', 0x7f), ('\x7f', 0x08),
    ('!', b'1'), ('(', b'9'), (')', b'0'), ('+', b'='), (':', b';'), ('"', b'\''), ('<', b','), ('>', b'.'),
];

/// Appends a character as a terminal without any extension sends it: ESC before it for Meta, a C0 control for
/// Control where there is one.
pub(crate) fn legacy(c: char, mods: Mods, out: &mut Vec<u8>) {
    if mods.has(Mods::META) {
        out.push(0x1b);
    }
    if mods.has(Mods::CTRL) && c.is_ascii() {
        let byte = match c {
            '@'..='~' => c as u8 & 0x1f,
            _ => CONTROL
                .iter()
                .find(|(from, _)| *from == c)
                .map_or(c as u8, |(_, to)| *to),
        };
        return out.push(byte);
    }
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

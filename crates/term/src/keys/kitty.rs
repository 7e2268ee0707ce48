//! Keys in kitty's protocol ("Comprehensive keyboard handling in terminals"), flags 1, 4, 8 and 16. Flag 2 (event
//! types) needs nothing: only presses are known here, and a press is what is said by saying nothing.

use super::encode::{self, EncodeOptions};
use super::table::{self, End};
use super::{Code, Key, Mods};
use crate::terminal::Modes;

/// Report alternate keys.
const ALTERNATES: u8 = 4;
/// Report all keys as escape codes.
const ALL: u8 = 8;
/// Report the text with the key.
const TEXT: u8 = 16;
/// The flags that change how a press is spelled (without one of these the legacy form stays).
const SPELLING: u8 = 1 | ALL;

/// Appends `key` for a program that has set kitty flags.
pub(crate) fn encode(key: Key, modes: &Modes, options: &EncodeOptions, out: &mut Vec<u8>) {
    let flags = modes.kitty_keys;
    if flags & SPELLING == 0 {
        let legacy = Modes {
            kitty_keys: 0,
            ..*modes
        };
        return encode::encode_key_with(key, &legacy, options, out);
    }
    if let Some(row) = table::function_key(key.code) {
        return encode::sequence(row.kitty, key.mods, out);
    }
    let all = flags & ALL != 0;
    let bare = key.mods == Mods(0) && !all;
    match key.code {
        Code::Keypad(c) => {
            let Some((_, _, number)) = table::KEYPAD.iter().find(|k| k.0 == c) else {
                return;
            };
            if bare && c != '\r' {
                encode::legacy(c, key.mods, out);
            } else {
                let text = (c != '\r').then_some(c);
                unicode(*number, None, key.mods, text, flags, out);
            }
        }
        // A program that dies with the flags set must leave a shell in which these three still work.
        Code::Enter | Code::Tab if bare => {
            out.push(if key.code == Code::Tab { b'\t' } else { b'\r' });
        }
        Code::Backspace if bare => out.push(options.backspace),
        Code::Enter => encode::sequence(End::Unicode(13), key.mods, out),
        Code::Tab => encode::sequence(End::Unicode(9), key.mods, out),
        Code::BackTab => encode::sequence(End::Unicode(9), key.mods.with(Mods::SHIFT), out),
        Code::Escape => encode::sequence(End::Unicode(27), key.mods, out),
        Code::Backspace => encode::sequence(End::Unicode(127), key.mods, out),
        Code::Char(c) if !all && key.mods.without(Mods::SHIFT) == Mods(0) => {
            encode::legacy(c, Mods(0), out);
        }
        Code::Char(c) => character(c, key.mods, flags, out),
        _ => {}
    }
}

/// A character: its key is the small letter, Shift a modifier. For other shifted characters (`!`) the layout would
/// have to be known; they go as a key of their own, without Shift.
fn character(c: char, mods: Mods, flags: u8, out: &mut Vec<u8>) {
    let mut lower = c.to_lowercase();
    let (key, mods) = match (lower.next(), lower.next()) {
        (Some(l), None) if l != c => (l, mods.with(Mods::SHIFT)),
        _ => (c, mods),
    };
    let shifted = mods.has(Mods::SHIFT).then(|| {
        let mut upper = key.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(u), None) => u,
            _ => key,
        }
    });
    let shifted = shifted.filter(|s| *s != key);
    let types = mods.without(Mods::SHIFT) == Mods(0);
    let text = types.then(|| shifted.unwrap_or(key));
    unicode(u32::from(key), shifted, mods, text, flags, out);
}

/// `CSI key:shifted ; mods ; text u` as far as the flags ask for it.
fn unicode(
    number: u32,
    shifted: Option<char>,
    mods: Mods,
    text: Option<char>,
    flags: u8,
    out: &mut Vec<u8>,
) {
    let mut s = format!("\x1b[{number}");
    if let Some(shifted) = shifted.filter(|_| flags & ALTERNATES != 0) {
        s.push_str(&format!(":{}", u32::from(shifted)));
    }
    let text = text.filter(|_| flags & TEXT != 0 && flags & ALL != 0);
    match (encode::modifier_param(mods), text) {
        (1, None) => {}
        (1, Some(t)) => s.push_str(&format!(";;{}", u32::from(t))),
        (m, None) => s.push_str(&format!(";{m}")),
        (m, Some(t)) => s.push_str(&format!(";{m};{}", u32::from(t))),
    }
    s.push('u');
    out.extend_from_slice(s.as_bytes());
}

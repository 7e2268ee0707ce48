//! Control sequences that the outer terminal sends: where one ends, and what it says.
//!
//! Sources: ECMA-48 5.4 for the shape; xterm ctlseqs, kitty "Comprehensive keyboard handling" and tmux(1) for the
//! meaning. Departures: `CSI n $` (rxvt's shifted keys) ends at its intermediate byte, `CSI [ X` (linux console) has
//! one byte after its final, and `CSI M` (X10 mouse) three.

use super::decode::Input;
use super::mouse::Mouse;
use super::table;
use super::{Code, Key, Mods};

/// The longest control sequence that is waited for; kitty's longest, with text, stays well below.
pub(crate) const LONGEST: usize = 256;

/// Where a control sequence ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// It may go on.
    More,
    /// After so many bytes.
    Whole(usize),
    /// It is broken off by the byte at this offset, which is no part of it.
    Broken(usize),
    /// It goes on beyond [`LONGEST`].
    TooLong,
}

/// Finds the end of the sequence that `bytes` starts with; the first two are `ESC [`.
pub(crate) fn extent(bytes: &[u8]) -> Extent {
    let rest = bytes.get(2..).unwrap_or(&[]);
    let fixed = match rest.first() {
        Some(b'M') => Some(6),
        Some(b'[') => Some(4),
        _ => None,
    };
    if let Some(len) = fixed {
        return if bytes.len() < len {
            Extent::More
        } else {
            Extent::Whole(len)
        };
    }
    for (i, &byte) in rest.iter().enumerate() {
        match byte {
            b'$' if shifted_by_rxvt(&rest[..i]) => return Extent::Whole(i + 3),
            0x20..=0x3f => {}
            0x40..=0x7e => return Extent::Whole(i + 3),
            _ => return Extent::Broken(i + 2),
        }
        if i + 3 >= LONGEST {
            return Extent::TooLong;
        }
    }
    Extent::More
}

/// Whether `CSI params $` is a whole key of rxvt. A mode report (`CSI Ps;Pm $ y`) has two parameters.
fn shifted_by_rxvt(params: &[u8]) -> bool {
    number(params).and_then(table::by_tilde).is_some()
}

/// A decimal number; None when empty, too large or not one.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0u32, |n, d| {
        d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
    })
}

/// The parameters: groups between semicolons, numbers between colons.
#[derive(Clone, Copy)]
struct Params<'a>(&'a [u8]);

impl Params<'_> {
    fn count(&self) -> usize {
        if self.0.is_empty() {
            0
        } else {
            self.0.split(|b| *b == b';').count()
        }
    }
    /// Number `j` of group `i`, None when absent or empty.
    fn sub(&self, i: usize, j: usize) -> Option<u32> {
        let group = self.0.split(|b| *b == b';').nth(i)?;
        number(group.split(|b| *b == b':').nth(j)?)
    }
    fn get(&self, i: usize) -> Option<u32> {
        self.sub(i, 0)
    }
}

/// Modifiers as xterm numbers them: one more than the sum of 1 Shift, 2 Alt, 4 Control, 8 Meta.
fn xterm_mods(param: Option<u32>) -> Mods {
    let bits = param.unwrap_or(1).saturating_sub(1);
    let meta = bits & (2 | 8) != 0;
    Mods((bits & 1) as u8 | if meta { Mods::META.0 } else { 0 } | (bits & 4) as u8)
}

/// Modifiers as kitty numbers them: 8 is Super, 16 Hyper (not kept), 32 Meta, 64 and 128 are locks (not kept).
fn kitty_mods(param: Option<u32>) -> Mods {
    let bits = param.unwrap_or(1).saturating_sub(1);
    let meta = bits & (2 | 32) != 0;
    Mods((bits & (1 | 4 | 8)) as u8 | if meta { Mods::META.0 } else { 0 })
}

/// What the whole sequence `seq` says. What we have no use for (releases, keys without a name here) says nothing.
pub(crate) fn meaning(seq: &[u8], out: &mut Vec<Input>) {
    let [_, _, body @ .., last] = seq else { return };
    match (body, last) {
        ([b'M', button, x], y) => return x10_mouse(*button, *x, *y, out),
        ([b'['], b'A'..=b'E') => return plain(Code::F(last - b'A' + 1), Mods(0), out),
        ([b'['], _) => return,
        _ => {}
    }
    match body.first() {
        Some(b'<') => return sgr_mouse(Params(&body[1..]), *last, out),
        Some(b'?' | b'>' | b'=') => return out.push(Input::Reply(seq.to_vec())),
        _ => {}
    }
    if *last != b'$' && body.iter().any(|b| matches!(b, 0x20..=0x2f)) {
        return out.push(Input::Reply(seq.to_vec()));
    }
    let params = Params(body);
    if params.sub(1, 1) == Some(3) {
        return; // a release
    }
    let mods = xterm_mods(params.get(1));
    match last {
        b'~' if params.get(0) == Some(27) && params.count() == 3 => {
            let code = params.get(2).and_then(code_of);
            typed(code, None, mods, out);
        }
        b'~' => match number(body).and_then(table::shifted_by_tilde) {
            Some(code) => plain(code, Mods::SHIFT, out),
            None => plain_if(params.get(0).and_then(table::by_tilde), mods, out),
        },
        b'^' => plain_if(by_rxvt(params), Mods::CTRL, out),
        b'$' => plain_if(by_rxvt(params), Mods::SHIFT, out),
        b'@' => plain_if(by_rxvt(params), Mods::CTRL.with(Mods::SHIFT), out),
        b'u' => kitty(params, out),
        b'Z' => plain(Code::BackTab, mods.without(Mods::SHIFT), out),
        b'I' if body.is_empty() => plain(Code::FocusIn, Mods(0), out),
        b'O' if body.is_empty() => plain(Code::FocusOut, Mods(0), out),
        // A cursor position report, unless it could be F3 with modifiers: row 1 and a column that is one.
        b'R' if params.count() == 2
            && !(params.get(0) == Some(1) && matches!(params.get(1), Some(2..=16))) =>
        {
            out.push(Input::Reply(seq.to_vec()));
        }
        b'A'..=b'H' | b'P'..=b'S' => {
            // Old xterms: CSI 5 A.
            let alone = params.count() == 1;
            let mods = if alone {
                xterm_mods(params.get(0))
            } else {
                mods
            };
            plain_if(table::by_letter(*last), mods, out);
        }
        b'a'..=b'd' if body.is_empty() => plain_if(
            table::by_letter(last.to_ascii_uppercase()),
            Mods::SHIFT,
            out,
        ),
        b'c' | b'n' | b't' | b'x' if !body.is_empty() => out.push(Input::Reply(seq.to_vec())),
        _ => {}
    }
}

/// What `SS3 … X` says (without and with xterm's modifiers); false when it is no key at all.
pub(crate) fn ss3(params: &[u8], last: u8, out: &mut Vec<Input>) -> bool {
    let params = Params(params);
    let mods = match params.count() {
        0 => Mods(0),
        1 => xterm_mods(params.get(0)),
        _ => xterm_mods(params.get(1)),
    };
    let code = match last {
        b'A'..=b'F' | b'H' | b'P'..=b'S' => table::by_letter(last),
        b'a'..=b'd' => {
            plain_if(
                table::by_letter(last.to_ascii_uppercase()),
                mods.with(Mods::CTRL),
                out,
            );
            return true;
        }
        b'[' => Some(Code::Escape), // mintty's application escape
        b'I' => Some(Code::Tab),
        b' ' => Some(Code::Char(' ')),
        b'X' => Some(Code::Char('=')),
        b'l' => Some(Code::Char(',')),
        _ => table::KEYPAD
            .iter()
            .find(|k| k.1 == last)
            .map(|k| Code::Keypad(k.0)),
    };
    plain_if(code, mods, out);
    code.is_some()
}

fn by_rxvt(params: Params<'_>) -> Option<Code> {
    number(params.0).and_then(table::by_tilde)
}

fn plain(code: Code, mods: Mods, out: &mut Vec<Input>) {
    out.push(Input::Key(Key { code, mods }));
}

fn plain_if(code: Option<Code>, mods: Mods, out: &mut Vec<Input>) {
    if let Some(code) = code {
        plain(code, mods, out);
    }
}

/// The key that a number stands for, as far as it can be told without modifiers.
fn code_of(n: u32) -> Option<Code> {
    match n {
        9 => Some(Code::Tab),
        13 => Some(Code::Enter),
        27 => Some(Code::Escape),
        127 => Some(Code::Backspace),
        57344..=63743 => table::by_number(n),
        _ => char::from_u32(n).map(Code::Char),
    }
}

/// `CSI key:shifted:base ; mods:event ; text u`.
fn kitty(params: Params<'_>, out: &mut Vec<Input>) {
    let mods = kitty_mods(params.get(1));
    let shifted = params.sub(0, 1).and_then(char::from_u32);
    match params.get(0) {
        Some(n) if n != 0 => typed(code_of(n), shifted, mods, out),
        // Text without a key: an input method has composed it.
        _ => {
            for j in 0.. {
                let Some(n) = params.sub(2, j) else { break };
                if let Some(c) = char::from_u32(n).filter(|c| !c.is_control()) {
                    plain(Code::Char(c), Mods(0), out);
                }
            }
        }
    }
}

/// A key that may be text, brought to the one form that the rest of the program knows (see [`Code::Char`]).
fn typed(code: Option<Code>, shifted: Option<char>, mods: Mods, out: &mut Vec<Input>) {
    let Some(code) = code else { return };
    let key = match code {
        Code::Tab if mods.has(Mods::SHIFT) => Key {
            code: Code::BackTab,
            mods: mods.without(Mods::SHIFT),
        },
        Code::Char(c) if (c as u32) < 0x20 => Key {
            code: Code::Char(control_letter(c as u8)),
            mods: mods.with(Mods::CTRL),
        },
        Code::Char(c) => text_key(c, shifted, mods),
        _ => Key { code, mods },
    };
    out.push(Input::Key(key));
}

/// Shift is part of the character where nothing else is held (`A`, `M-A`, `!`), and a modifier of the unshifted
/// letter where Control or Super is (`C-S-a`): terminals do not agree, so one form is chosen.
fn text_key(c: char, shifted: Option<char>, mods: Mods) -> Key {
    let chord = mods.has(Mods::CTRL) || mods.has(Mods::SUPER);
    if chord {
        return Key {
            code: Code::Char(c.to_ascii_lowercase()),
            mods,
        };
    }
    if !mods.has(Mods::SHIFT) || c == ' ' {
        return Key {
            code: Code::Char(c),
            mods,
        };
    }
    let upper = shifted.unwrap_or_else(|| one_upper(c));
    let tells = upper != c || c.is_uppercase() || "~!@#$%^&*()_+{}|:\"<>?".contains(c);
    let alone = mods == Mods::SHIFT;
    Key {
        code: Code::Char(upper),
        mods: if tells || alone {
            mods.without(Mods::SHIFT)
        } else {
            mods
        },
    }
}

/// The upper case of a letter if it is one character, else the letter itself.
fn one_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(u), None) => u,
        _ => c,
    }
}

/// The key that, with Control, is the C0 control `byte`.
pub(crate) fn control_letter(byte: u8) -> char {
    match byte {
        0 => ' ',
        _ => char::from(byte | 0x40).to_ascii_lowercase(),
    }
}

fn x10_mouse(button: u8, x: u8, y: u8, out: &mut Vec<Input>) {
    let (Some(raw), Some(x), Some(y)) = (
        button.checked_sub(0x20),
        x.checked_sub(0x21),
        y.checked_sub(0x21),
    ) else {
        return;
    };
    // Button 3 without motion or wheel is the release of an unknown button.
    let release = raw & 0xe3 == 3;
    out.push(Input::Mouse(Mouse {
        raw: raw.into(),
        x: x.into(),
        y: y.into(),
        release,
    }));
}

fn sgr_mouse(params: Params<'_>, last: u8, out: &mut Vec<Input>) {
    let (b'M' | b'm', 3) = (last, params.count()) else {
        return;
    };
    let (Some(raw), Some(x), Some(y)) = (params.get(0), params.get(1), params.get(2)) else {
        return;
    };
    let small = |n: u32| u16::try_from(n).ok();
    let (Some(raw), Some(x), Some(y)) = (
        small(raw),
        x.checked_sub(1).and_then(small),
        y.checked_sub(1).and_then(small),
    ) else {
        return;
    };
    let release = last == b'm';
    if release && raw & 0xc2 == 64 {
        return; // some terminals (PuTTY 0.63) send releases of the wheel
    }
    out.push(Input::Mouse(Mouse { raw, x, y, release }));
}

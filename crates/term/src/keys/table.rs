//! The keys that send no text, one row each: how legacy terminals, xterm's modifiers and kitty's protocol spell them.
//!
//! Sources: xterm ctlseqs "PC-Style Function Keys" and "VT220-Style Function Keys", kitty "Comprehensive keyboard
//! handling", tmux(1) for Home and End (`CSI 1~`, `CSI 4~`, as TERM=tmux and TERM=screen say).

use super::Code;

/// What ends a control sequence that names a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// `CSI X`, with modifiers `CSI 1;m X`.
    Letter(u8),
    /// `CSI n ~`, with modifiers `CSI n;m ~`.
    Tilde(u16),
    /// `CSI n u`, with modifiers `CSI n;m u`.
    Unicode(u32),
}

/// One function key.
pub(crate) struct FunctionKey {
    /// Which.
    pub code: Code,
    /// Without modifiers.
    pub plain: &'static [u8],
    /// Without modifiers while DECCKM is set.
    pub application: &'static [u8],
    /// With modifiers.
    pub modified: End,
    /// With any kitty flag, with or without modifiers.
    pub kitty: End,
    /// The number of the key in kitty's private use area, which some programs and terminals use for every key.
    pub number: u32,
}

const fn key(
    code: Code,
    plain: &'static [u8],
    application: &'static [u8],
    modified: End,
    kitty: End,
    number: u32,
) -> FunctionKey {
    FunctionKey {
        code,
        plain,
        application,
        modified,
        kitty,
        number,
    }
}

/// A key that is `CSI n ~` everywhere.
const fn tilde(code: Code, plain: &'static [u8], n: u16, number: u32) -> FunctionKey {
    key(code, plain, plain, End::Tilde(n), End::Tilde(n), number)
}

/// A key that is `CSI n ~` in legacy and has only its number in kitty.
const fn far(code: Code, plain: &'static [u8], n: u16, number: u32) -> FunctionKey {
    key(
        code,
        plain,
        plain,
        End::Tilde(n),
        End::Unicode(number),
        number,
    )
}

/// A key that is `CSI X`, or `SS3 X` in its application mode.
const fn letter(
    code: Code,
    plain: &'static [u8],
    application: &'static [u8],
    x: u8,
    number: u32,
) -> FunctionKey {
    key(
        code,
        plain,
        application,
        End::Letter(x),
        End::Letter(x),
        number,
    )
}

/// Every function key.
#[rustfmt::skip]
pub(crate) const FUNCTION_KEYS: &[FunctionKey] = &[
    letter(Code::Up, b"\x1b[A", b"\x1bOA", b'A', 57352),
    letter(Code::Down, b"\x1b[B", b"\x1bOB", b'B', 57353),
    letter(Code::Right, b"\x1b[C", b"\x1bOC", b'C', 57351),
    letter(Code::Left, b"\x1b[D", b"\x1bOD", b'D', 57350),
    key(Code::Home, b"\x1b[1~", b"\x1b[1~", End::Letter(b'H'), End::Letter(b'H'), 57356),
    key(Code::End, b"\x1b[4~", b"\x1b[4~", End::Letter(b'F'), End::Letter(b'F'), 57357),
    tilde(Code::Insert, b"\x1b[2~", 2, 57348),
    tilde(Code::Delete, b"\x1b[3~", 3, 57349),
    tilde(Code::PageUp, b"\x1b[5~", 5, 57354),
    tilde(Code::PageDown, b"\x1b[6~", 6, 57355),
    letter(Code::F(1), b"\x1bOP", b"\x1bOP", b'P', 57364),
    letter(Code::F(2), b"\x1bOQ", b"\x1bOQ", b'Q', 57365),
    // CSI R is the answer to a cursor position query, so kitty spells F3 with its number.
    key(Code::F(3), b"\x1bOR", b"\x1bOR", End::Letter(b'R'), End::Tilde(13), 57366),
    letter(Code::F(4), b"\x1bOS", b"\x1bOS", b'S', 57367),
    tilde(Code::F(5), b"\x1b[15~", 15, 57368),
    tilde(Code::F(6), b"\x1b[17~", 17, 57369),
    tilde(Code::F(7), b"\x1b[18~", 18, 57370),
    tilde(Code::F(8), b"\x1b[19~", 19, 57371),
    tilde(Code::F(9), b"\x1b[20~", 20, 57372),
    tilde(Code::F(10), b"\x1b[21~", 21, 57373),
    tilde(Code::F(11), b"\x1b[23~", 23, 57374),
    tilde(Code::F(12), b"\x1b[24~", 24, 57375),
    far(Code::F(13), b"\x1b[25~", 25, 57376),
    far(Code::F(14), b"\x1b[26~", 26, 57377),
    far(Code::F(15), b"\x1b[28~", 28, 57378),
    far(Code::F(16), b"\x1b[29~", 29, 57379),
    far(Code::F(17), b"\x1b[31~", 31, 57380),
    far(Code::F(18), b"\x1b[32~", 32, 57381),
    far(Code::F(19), b"\x1b[33~", 33, 57382),
    far(Code::F(20), b"\x1b[34~", 34, 57383),
    far(Code::F(21), b"\x1b[42~", 42, 57384),
    far(Code::F(22), b"\x1b[43~", 43, 57385),
    far(Code::F(23), b"\x1b[44~", 44, 57386),
    far(Code::F(24), b"\x1b[45~", 45, 57387),
];

/// Numbers before `~` that mean a key by another name: rxvt and the linux console.
const TILDE_ALIASES: &[(u16, Code)] = &[
    (1, Code::Home),
    (4, Code::End),
    (7, Code::Home),
    (8, Code::End),
    (11, Code::F(1)),
    (12, Code::F(2)),
    (13, Code::F(3)),
    (14, Code::F(4)),
];

/// One key of the keypad: character, letter after SS3 in application mode, number in kitty.
pub(crate) const KEYPAD: &[(char, u8, u32)] = &[
    ('0', b'p', 57399),
    ('1', b'q', 57400),
    ('2', b'r', 57401),
    ('3', b's', 57402),
    ('4', b't', 57403),
    ('5', b'u', 57404),
    ('6', b'v', 57405),
    ('7', b'w', 57406),
    ('8', b'x', 57407),
    ('9', b'y', 57408),
    ('.', b'n', 57409),
    ('/', b'o', 57410),
    ('*', b'j', 57411),
    ('-', b'm', 57412),
    ('+', b'k', 57413),
    ('\r', b'M', 57414),
];

/// Numbers of kitty's private use area that are neither a function key nor a key of [`KEYPAD`].
const KITTY_ALIASES: &[(u32, Code)] = &[
    (57344, Code::Escape),
    (57345, Code::Enter),
    (57346, Code::Tab),
    (57347, Code::Backspace),
    (57415, Code::Char('=')),
    (57416, Code::Char(',')),
    (57417, Code::Left),
    (57418, Code::Right),
    (57419, Code::Up),
    (57420, Code::Down),
    (57421, Code::PageUp),
    (57422, Code::PageDown),
    (57423, Code::Home),
    (57424, Code::End),
    (57425, Code::Insert),
    (57426, Code::Delete),
    (57427, Code::Keypad('5')),
];

/// The row of a function key.
pub(crate) fn function_key(code: Code) -> Option<&'static FunctionKey> {
    FUNCTION_KEYS.iter().find(|k| k.code == code)
}

/// The key of `CSI n ~`.
pub(crate) fn by_tilde(n: u32) -> Option<Code> {
    let alias = TILDE_ALIASES
        .iter()
        .find(|(number, _)| u32::from(*number) == n);
    alias.map(|(_, code)| *code).or_else(|| {
        let of = |k: &&FunctionKey| matches!(k.modified, End::Tilde(t) if u32::from(t) == n);
        FUNCTION_KEYS.iter().find(of).map(|k| k.code)
    })
}

/// Numbers before `~` that, alone, mean a function key with Shift: a terminal of twenty function keys says so, whose
/// first two are F11 and F12 for the others. tmux takes them in the same way.
const SHIFTED: &[(u32, u8)] = &[
    (25, 3),
    (26, 4),
    (28, 5),
    (29, 6),
    (31, 7),
    (32, 8),
    (33, 9),
    (34, 10),
];

/// The key that `CSI n ~` means with Shift.
pub(crate) fn shifted_by_tilde(n: u32) -> Option<Code> {
    let row = SHIFTED.iter().find(|(number, _)| *number == n);
    row.map(|(_, f)| Code::F(*f))
}

/// The key of `CSI X` or `SS3 X` with a capital letter.
pub(crate) fn by_letter(x: u8) -> Option<Code> {
    if x == b'E' {
        return Some(Code::Keypad('5')); // xterm's Begin, the middle of the keypad
    }
    FUNCTION_KEYS
        .iter()
        .find(|k| k.modified == End::Letter(x))
        .map(|k| k.code)
}

/// The key of a number in kitty's private use area; None for those that we have no name for (media, lone modifiers).
pub(crate) fn by_number(n: u32) -> Option<Code> {
    let alias = KITTY_ALIASES
        .iter()
        .find(|(number, _)| *number == n)
        .map(|(_, c)| *c);
    let keypad = || KEYPAD.iter().find(|k| k.2 == n).map(|k| Code::Keypad(k.0));
    let function = || FUNCTION_KEYS.iter().find(|k| k.number == n).map(|k| k.code);
    alias.or_else(keypad).or_else(function)
}

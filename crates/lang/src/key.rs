//! Key names: `C-b`, `M-Up`, `S-F5`, `MouseDown1Pane`, `é`, `User0`, `Any`, `None`.
//!
//! Source: tmux(1), KEY BINDINGS. Names of keys are read in any case, modifiers too (`c-m-up`). One addition: `D-` is
//! Super, which tmux cannot name.

use outlast_term::keys::mouse::{MouseKey, MouseKind, MouseWhere};
use outlast_term::keys::{Code, Key, Mods};

/// Names and codes; the first name of a code is the one that is printed.
const NAMES: &[(&str, Code)] = &[
    ("None", Code::None),
    ("Any", Code::Any),
    ("Insert", Code::Insert),
    ("IC", Code::Insert),
    ("Delete", Code::Delete),
    ("DC", Code::Delete),
    ("Home", Code::Home),
    ("End", Code::End),
    ("NPage", Code::PageDown),
    ("PageDown", Code::PageDown),
    ("PgDn", Code::PageDown),
    ("PPage", Code::PageUp),
    ("PageUp", Code::PageUp),
    ("PgUp", Code::PageUp),
    ("BTab", Code::BackTab),
    ("Space", Code::Char(' ')),
    ("BSpace", Code::Backspace),
    ("Tab", Code::Tab),
    ("Enter", Code::Enter),
    ("Escape", Code::Escape),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("KPEnter", Code::Keypad('\r')),
];

/// Names of control characters that are no keys of their own; they are seen in logs at most.
const CONTROLS: &[(&str, u8)] = &[
    ("[NUL]", 0),
    ("[SOH]", 1),
    ("[STX]", 2),
    ("[ETX]", 3),
    ("[EOT]", 4),
    ("[ENQ]", 5),
    ("[ASC]", 6),
    ("[BEL]", 7),
    ("[BS]", 8),
    ("[LF]", 10),
    ("[VT]", 11),
    ("[FF]", 12),
    ("[SO]", 14),
    ("[SI]", 15),
    ("[DLE]", 16),
    ("[DC1]", 17),
    ("[DC2]", 18),
    ("[DC3]", 19),
    ("[DC4]", 20),
    ("[NAK]", 21),
    ("[SYN]", 22),
    ("[ETB]", 23),
    ("[CAN]", 24),
    ("[EM]", 25),
    ("[SUB]", 26),
    ("[FS]", 28),
    ("[GS]", 29),
    ("[RS]", 30),
    ("[US]", 31),
];

/// Mouse events: name, kind, whether a button's number follows.
const MOUSE_KINDS: &[(&str, MouseKind, bool)] = &[
    ("MouseDragEnd", MouseKind::DragEnd, true),
    ("MouseDrag", MouseKind::Drag, true),
    ("MouseDown", MouseKind::Down, true),
    ("MouseUp", MouseKind::Up, true),
    ("SecondClick", MouseKind::SecondClick, true),
    ("DoubleClick", MouseKind::DoubleClick, true),
    ("TripleClick", MouseKind::TripleClick, true),
    ("WheelUp", MouseKind::WheelUp, false),
    ("WheelDown", MouseKind::WheelDown, false),
    ("MouseMove", MouseKind::Move, false),
];

/// Places of mouse events.
const MOUSE_PLACES: &[(&str, MouseWhere)] = &[
    ("Pane", MouseWhere::Pane),
    ("Status", MouseWhere::Status),
    ("StatusLeft", MouseWhere::StatusLeft),
    ("StatusRight", MouseWhere::StatusRight),
    ("StatusDefault", MouseWhere::StatusDefault),
    ("Border", MouseWhere::Border),
    ("ScrollbarUp", MouseWhere::ScrollbarUp),
    ("ScrollbarSlider", MouseWhere::ScrollbarSlider),
    ("ScrollbarDown", MouseWhere::ScrollbarDown),
    ("Control0", MouseWhere::Control(0)),
    ("Control1", MouseWhere::Control(1)),
    ("Control2", MouseWhere::Control(2)),
    ("Control3", MouseWhere::Control(3)),
    ("Control4", MouseWhere::Control(4)),
    ("Control5", MouseWhere::Control(5)),
    ("Control6", MouseWhere::Control(6)),
    ("Control7", MouseWhere::Control(7)),
    ("Control8", MouseWhere::Control(8)),
    ("Control9", MouseWhere::Control(9)),
];

/// Buttons that have names; 4 and 5 are the wheel.
const BUTTONS: &[u8] = &[1, 2, 3, 6, 7, 8, 9, 10, 11];

/// Modifiers in the order in which they are printed.
const MODIFIERS: &[(char, Mods)] = &[
    ('C', Mods::CTRL),
    ('M', Mods::META),
    ('S', Mods::SHIFT),
    ('D', Mods::SUPER),
];

/// The key of a name, case as tmux takes it; None for an unknown one.
pub fn parse(name: &str) -> Option<Key> {
    if let Some(digits) = name.strip_prefix("0x") {
        return hexadecimal(digits);
    }
    let mut mods = Mods::default();
    let mut rest = name;
    if let Some(after) = name.strip_prefix('^').filter(|after| !after.is_empty()) {
        mods = Mods::CTRL;
        rest = after;
        if after.len() == 1 {
            let code = Code::Char(char::from(after.as_bytes()[0]).to_ascii_lowercase());
            return Some(Key { code, mods });
        }
    }
    while let [letter, b'-', ..] = rest.as_bytes() {
        let letter = char::from(*letter).to_ascii_uppercase();
        let (_, modifier) = MODIFIERS.iter().find(|(name, _)| *name == letter)?;
        mods = mods.with(*modifier);
        rest = &rest[2..];
    }
    let mut characters = rest.chars();
    let first = characters.next()?;
    let code = if characters.next().is_none() && !first.is_control() {
        Code::Char(first)
    } else {
        special(rest)?
    };
    if matches!(code, Code::None | Code::Any) && rest.len() != name.len() {
        return None;
    }
    Some(Key { code, mods })
}

/// `0x41`: a character by its number; what is no digit ends it, as in tmux.
fn hexadecimal(digits: &str) -> Option<Key> {
    let end = digits.find(|c: char| !c.is_ascii_hexdigit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    let value = u32::from_str_radix(digits, 16).ok()?;
    let code = match value {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Escape,
        127 => Code::Backspace,
        _ => Code::Char(char::from_u32(value)?),
    };
    Some(Key::plain(code))
}

fn special(name: &str) -> Option<Code> {
    if let Some((_, code)) = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        return Some(*code);
    }
    if let Some((_, byte)) = CONTROLS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        return Some(Code::Char(char::from(*byte)));
    }
    if let Some(number) = strip(name, "User") {
        return digits(number)?.parse().ok().map(Code::User);
    }
    if let Some(key) = strip(name, "KP").filter(|key| key.len() == 1) {
        let key = char::from(key.as_bytes()[0]);
        return (key.is_ascii_digit() || "/*-+.".contains(key)).then_some(Code::Keypad(key));
    }
    if let Some(number) = strip(name, "F").and_then(digits) {
        return number
            .parse()
            .ok()
            .filter(|number| (1..=24).contains(number))
            .map(Code::F);
    }
    mouse(name)
}

fn mouse(name: &str) -> Option<Code> {
    let (rest, kind, has_button) = MOUSE_KINDS
        .iter()
        .find_map(|(known, kind, button)| Some((strip(name, known)?, *kind, *button)))?;
    let mut button = 0;
    let mut place = rest;
    if has_button {
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        button = digits(&rest[..len])?
            .parse()
            .ok()
            .filter(|button| BUTTONS.contains(button))?;
        place = &rest[len..];
    }
    let (_, place) = MOUSE_PLACES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(place))?;
    Some(Code::Mouse(MouseKey {
        kind,
        button,
        place: *place,
    }))
}

/// What follows `prefix`, in any case.
fn strip<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let head = name.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &name[prefix.len()..])
}

/// Decimal digits without a zero in front, so that every key has one name with a number.
fn digits(text: &str) -> Option<&str> {
    let plain = text == "0" || !text.starts_with('0');
    (plain && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// tmux's name of a key.
pub fn name(key: Key) -> String {
    let mut out = String::new();
    for (letter, modifier) in MODIFIERS {
        if key.mods.has(*modifier) {
            out.push(*letter);
            out.push('-');
        }
    }
    match key.code {
        Code::Char('\x7f') => out.push_str("C-?"),
        Code::Char(c) if c > ' ' => out.push(c),
        Code::Char(c) if c != ' ' => match CONTROLS.iter().find(|(_, byte)| char::from(*byte) == c)
        {
            Some((name, _)) => out.push_str(name),
            None => out.push(c),
        },
        Code::Insert => out.push_str("IC"),
        Code::Delete => out.push_str("DC"),
        Code::F(number) => out.push_str(&format!("F{number}")),
        Code::User(number) => out.push_str(&format!("User{number}")),
        Code::FocusIn => out.push_str("FocusIn"),
        Code::FocusOut => out.push_str("FocusOut"),
        Code::Mouse(key) => out.push_str(&mouse_name(key)),
        Code::Keypad(c) if c != '\r' => {
            out.push_str("KP");
            out.push(c);
        }
        code => {
            let named = NAMES.iter().find(|(_, known)| *known == code);
            out.push_str(named.map_or("Unknown", |(name, _)| name));
        }
    }
    out
}

fn mouse_name(key: MouseKey) -> String {
    let kind = MOUSE_KINDS.iter().find(|(_, kind, _)| *kind == key.kind);
    let place = MOUSE_PLACES.iter().find(|(_, place)| *place == key.place);
    let (Some((kind, _, has_button)), Some((place, _))) = (kind, place) else {
        return "Unknown".to_string();
    };
    if *has_button {
        format!("{kind}{}{place}", key.button)
    } else {
        format!("{kind}{place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let printed = parse(text).map_or("unknown".to_string(), name);
        assert_eq!(printed, expected, "{text}");
    }

    #[test]
    fn names() {
        for (text, expected) in [
            ("a", "a"),
            ("C-b", "C-b"),
            ("^b", "C-b"),
            ("^B", "C-b"),
            ("C-B", "C-B"),
            ("c-m-s-up", "C-M-S-Up"),
            ("S-M-C-Left", "C-M-S-Left"),
            ("^M-x", "C-M-x"),
            ("M-é", "M-é"),
            ("é", "é"),
            ("日", "日"),
            ("Space", "Space"),
            ("C-Space", "C-Space"),
            (" ", "Space"),
            ("PageUp", "PPage"),
            ("pgdn", "NPage"),
            ("Delete", "DC"),
            ("insert", "IC"),
            ("BTab", "BTab"),
            ("bspace", "BSpace"),
            ("F1", "F1"),
            ("S-F12", "S-F12"),
            ("F0", "unknown"),
            ("F25", "unknown"),
            ("F01", "unknown"),
            ("KP0", "KP0"),
            ("kp*", "KP*"),
            ("KPEnter", "KPEnter"),
            ("KPx", "unknown"),
            ("User0", "User0"),
            ("User17", "User17"),
            ("Any", "Any"),
            ("none", "None"),
            ("C-None", "unknown"),
            ("0x41", "A"),
            ("0x41=", "A"),
            ("0x=", "unknown"),
            ("0xe9", "é"),
            ("0x1b", "Escape"),
            ("0x1", "[SOH]"),
            ("0xd800", "unknown"),
            ("0x", "unknown"),
            ("MouseDown1Pane", "MouseDown1Pane"),
            ("mousedown11status", "MouseDown11Status"),
            ("MouseDragEnd3StatusRight", "MouseDragEnd3StatusRight"),
            ("MouseDown4Pane", "unknown"),
            ("WheelUpStatusDefault", "WheelUpStatusDefault"),
            ("C-DoubleClick1Border", "C-DoubleClick1Border"),
            ("WheelUp1Pane", "unknown"),
            ("M-", "unknown"),
            ("M--", "M--"),
            ("-", "-"),
            ("^", "^"),
            ("X-a", "unknown"),
            ("", "unknown"),
            ("ab", "unknown"),
            ("éa", "unknown"),
            ("\x01", "unknown"),
            ("D-a", "D-a"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn printed_names_are_read_back() {
        let mut keys: Vec<Key> = NAMES.iter().map(|(_, code)| Key::plain(*code)).collect();
        keys.extend((1..=24).map(|number| Key::plain(Code::F(number))));
        keys.extend(
            "0123456789/*-+.\r"
                .chars()
                .map(|c| Key::plain(Code::Keypad(c))),
        );
        for (_, kind, has_button) in MOUSE_KINDS {
            for (_, place) in MOUSE_PLACES {
                let button = if *has_button { 8 } else { 0 };
                keys.push(Key::plain(Code::Mouse(MouseKey {
                    kind: *kind,
                    button,
                    place: *place,
                })));
            }
        }
        for key in keys {
            for mods in 0..16 {
                let key = Key {
                    code: key.code,
                    mods: Mods(mods),
                };
                if mods != 0 && matches!(key.code, Code::None | Code::Any) {
                    continue;
                }
                assert_eq!(parse(&name(key)), Some(key), "{}", name(key));
            }
        }
    }

    #[test]
    fn any_text_is_a_key_or_not() {
        crate::tests::random_texts(5000, "CMS-^0xFKPUsermouseDown123Pane", |text| {
            if let Some(key) = parse(text) {
                assert!(!name(key).is_empty());
            }
        });
    }
}

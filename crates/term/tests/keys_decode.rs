//! What terminals send, as keys.

use outlast_term::keys::decode::MAX_PASTE_PIECE;
use outlast_term::keys::mouse::{Mouse, MouseKind, decode_raw};
use outlast_term::keys::{Code, Decoder, Input, Key, Mods};

const C: Mods = Mods::CTRL;
const S: Mods = Mods::SHIFT;
const M: Mods = Mods::META;
const NONE: Mods = Mods(0);

fn key(code: Code, mods: Mods) -> Input {
    Input::Key(Key { code, mods })
}

fn ch(c: char) -> Input {
    key(Code::Char(c), NONE)
}

fn decode(bytes: &[u8]) -> Vec<Input> {
    let mut out = Vec::new();
    let mut decoder = Decoder::default();
    decoder.push(bytes, &mut out);
    for _ in 0..3 {
        decoder.flush(&mut out);
    }
    assert!(!decoder.is_pending(), "{bytes:?} still pending");
    out
}

#[track_caller]
fn check(bytes: &str, expected: &[Input]) {
    assert_eq!(decode(bytes.as_bytes()), expected, "{bytes:?}");
}

#[test]
fn single_keys() {
    use Code::*;
    let rows: &[(&str, Code, Mods)] = &[
        ("a", Char('a'), NONE),
        ("A", Char('A'), NONE),
        ("é", Char('é'), NONE),
        ("😀", Char('😀'), NONE),
        (" ", Char(' '), NONE),
        ("\r", Enter, NONE),
        ("\t", Tab, NONE),
        ("\x1b", Escape, NONE),
        ("\x7f", Backspace, NONE),
        ("\0", Char(' '), C),
        ("\x01", Char('a'), C),
        ("\x08", Char('h'), C),
        ("\n", Char('j'), C),
        ("\x1a", Char('z'), C),
        ("\x1c", Char('\\'), C),
        ("\x1d", Char(']'), C),
        ("\x1e", Char('^'), C),
        ("\x1f", Char('_'), C),
        // Meta as ESC
        ("\x1ba", Char('a'), M),
        ("\x1bé", Char('é'), M),
        ("\x1b\x01", Char('a'), C.with(M)),
        ("\x1b\r", Enter, M),
        ("\x1b\x7f", Backspace, M),
        ("\x1b\x1b", Escape, M),
        ("\x1b[", Char('['), M),
        ("\x1bO", Char('O'), M),
        ("\x1b]", Char(']'), M),
        ("\x1bP", Char('P'), M),
        ("\x1b\x1b[A", Up, M),
        ("\x1b\x1bOA", Up, M),
        ("\x1b\x1b[3~", Delete, M),
        // cursor keys
        ("\x1b[A", Up, NONE),
        ("\x1bOB", Down, NONE),
        ("\x1b[1;5C", Right, C),
        ("\x1b[5D", Left, C),
        ("\x1bO1;5A", Up, C),
        ("\x1bO5A", Up, C),
        ("\x1b[1;8D", Left, S.with(M).with(C)),
        ("\x1b[1;9A", Up, M),
        ("\x1b[1;10A", Up, M.with(S)),
        ("\x1b[H", Home, NONE),
        ("\x1bOF", End, NONE),
        ("\x1b[1;2H", Home, S),
        ("\x1b[1~", Home, NONE),
        ("\x1b[4~", End, NONE),
        ("\x1b[7~", Home, NONE),
        ("\x1b[8~", End, NONE),
        ("\x1b[2~", Insert, NONE),
        ("\x1b[3;5~", Delete, C),
        ("\x1b[5~", PageUp, NONE),
        ("\x1b[6;3~", PageDown, M),
        ("\x1b[Z", BackTab, NONE),
        ("\x1b[1;5Z", BackTab, C),
        ("\x1b[1;6Z", BackTab, C),
        // function keys
        ("\x1bOP", F(1), NONE),
        ("\x1b[P", F(1), NONE),
        ("\x1b[11~", F(1), NONE),
        ("\x1b[[A", F(1), NONE),
        ("\x1b[[E", F(5), NONE),
        ("\x1bOS", F(4), NONE),
        ("\x1b[1;2R", F(3), S),
        ("\x1b[13~", F(3), NONE),
        ("\x1b[13;2~", F(3), S),
        ("\x1bO2P", F(1), S),
        ("\x1b[15~", F(5), NONE),
        ("\x1b[24;5~", F(12), C),
        // Twenty function keys.
        ("\x1b[25~", F(3), S),
        ("\x1b[34~", F(10), S),
        ("\x1b[34;5~", F(20), C),
        ("\x1b[45~", F(24), NONE),
        // rxvt
        ("\x1b[a", Up, S),
        ("\x1bOc", Right, C),
        ("\x1b[3$", Delete, S),
        ("\x1b[3^", Delete, C),
        ("\x1b[3@", Delete, C.with(S)),
        ("\x1b[23$", F(11), S),
        ("\x1b[11^", F(1), C),
        // keypad
        ("\x1bOp", Keypad('0'), NONE),
        ("\x1bOM", Keypad('\r'), NONE),
        ("\x1bOk", Keypad('+'), NONE),
        ("\x1bOn", Keypad('.'), NONE),
        ("\x1bOX", Char('='), NONE),
        ("\x1b[E", Keypad('5'), NONE),
        // focus
        ("\x1b[I", FocusIn, NONE),
        ("\x1b[O", FocusOut, NONE),
        // modifyOtherKeys
        ("\x1b[27;5;9~", Tab, C),
        ("\x1b[27;2;9~", BackTab, NONE),
        ("\x1b[27;6;9~", BackTab, C),
        ("\x1b[27;2;13~", Enter, S),
        ("\x1b[27;5;127~", Backspace, C),
        ("\x1b[27;5;97~", Char('a'), C),
        ("\x1b[27;6;65~", Char('a'), C.with(S)),
        ("\x1b[27;4;65~", Char('A'), M),
        ("\x1b[27;2;65~", Char('A'), NONE),
        ("\x1b[27;2;33~", Char('!'), NONE),
        ("\x1b[27;4;33~", Char('!'), M),
        ("\x1b[27;5;32~", Char(' '), C),
        ("\x1b[27;2;32~", Char(' '), S),
        ("\x1b[27;5;1~", Char('a'), C),
        // kitty
        ("\x1b[97u", Char('a'), NONE),
        ("\x1b[97;2u", Char('A'), NONE),
        ("\x1b[97:65;2u", Char('A'), NONE),
        ("\x1b[49:33;2u", Char('!'), NONE),
        ("\x1b[49:33;4u", Char('!'), M),
        ("\x1b[49;4u", Char('1'), M.with(S)),
        ("\x1b[97;4u", Char('A'), M),
        ("\x1b[97;5u", Char('a'), C),
        ("\x1b[97:65;6u", Char('a'), C.with(S)),
        ("\x1b[105;5u", Char('i'), C),
        ("\x1b[97;9u", Char('a'), Mods::SUPER),
        ("\x1b[97;33u", Char('a'), M),
        ("\x1b[97;65u", Char('a'), NONE),
        ("\x1b[97;133u", Char('a'), C),
        ("\x1b[97;1:1u", Char('a'), NONE),
        ("\x1b[97;5:2u", Char('a'), C),
        ("\x1b[97;2;65u", Char('A'), NONE),
        ("\x1b[97::113;5u", Char('a'), C),
        ("\x1b[27u", Escape, NONE),
        ("\x1b[13;2u", Enter, S),
        ("\x1b[9;2u", BackTab, NONE),
        ("\x1b[9;5u", Tab, C),
        ("\x1b[127;3u", Backspace, M),
        ("\x1b[57344u", Escape, NONE),
        ("\x1b[57352u", Up, NONE),
        ("\x1b[57364;5u", F(1), C),
        ("\x1b[57376u", F(13), NONE),
        ("\x1b[57387;2u", F(24), S),
        ("\x1b[57400u", Keypad('1'), NONE),
        ("\x1b[57414;5u", Keypad('\r'), C),
        ("\x1b[57417u", Left, NONE),
        ("\x1b[57427u", Keypad('5'), NONE),
        ("\x1b[1;5:1A", Up, C),
        ("\x1b[1;1:2A", Up, NONE),
        ("\x1b[3;5:2~", Delete, C),
    ];
    for (bytes, code, mods) in rows {
        check(bytes, &[key(*code, *mods)]);
    }
}

#[test]
fn what_says_nothing_is_swallowed() {
    for bytes in [
        "\x1b[97;1:3u",      // a release
        "\x1b[1;1:3A",       // a release
        "\x1b[57441;2u",     // Shift alone
        "\x1b[57428u",       // media play
        "\x1b[999~",         // unknown
        "\x1b[1;2q",         // unknown
        "\x1b[[Q",           // unknown of the linux console
        "\x1b[<0;0;1M",      // no such place
        "\x1b[<65;1;1m",     // PuTTY's release of the wheel
        "\x1b[<1;2M",        // too short
        "\x1b]11;rgb:1\x18", // cancelled
        "\x1b[M   ",         // column 0
    ] {
        check(bytes, &[]);
    }
}

#[test]
fn text_of_an_input_method() {
    check("\x1b[0;;229:228u", &[ch('å'), ch('ä')]);
}

#[test]
fn several_in_one_read() {
    check(
        "ab\x1b[Ac\x1bx\x1b",
        &[
            ch('a'),
            ch('b'),
            key(Code::Up, NONE),
            ch('c'),
            key(Code::Char('x'), M),
            key(Code::Escape, NONE),
        ],
    );
    check(
        "\x1b\x1b[1;3A",
        &[key(Code::Escape, NONE), key(Code::Up, M)],
    );
    check("\x1b\x1bx", &[key(Code::Escape, M), ch('x')]);
    check("\x1b]x", &[key(Code::Char(']'), M), ch('x')]);
    check("\x1bOz", &[key(Code::Char('O'), M), ch('z')]);
    check(
        "\x1b[\rx",
        &[key(Code::Char('['), M), key(Code::Enter, NONE), ch('x')],
    );
    check("\x1b[1;\x03x", &[key(Code::Char('c'), C), ch('x')]);
    check(
        "\x1b\x1b[<0;3;4M",
        &[
            key(Code::Escape, NONE),
            Input::Mouse(Mouse {
                raw: 0,
                x: 2,
                y: 3,
                release: false,
            }),
        ],
    );
}

#[test]
fn bytes_that_are_no_utf8_are_latin1() {
    assert_eq!(decode(b"\xe9"), [ch('é')]);
    assert_eq!(decode(b"\xe9a"), [ch('é'), ch('a')]);
    assert_eq!(decode(b"\xff\x85x"), [ch('ÿ'), ch('x')]);
    assert_eq!(decode(b"\x1b\xe9"), [key(Code::Char('é'), M)]);
    assert_eq!(decode(b"\xe2\x28\xa1"), [ch('â'), ch('('), ch('¡')]);
}

#[test]
fn mouse_reports() {
    let report = |raw, x, y, release| Input::Mouse(Mouse { raw, x, y, release });
    check("\x1b[<0;10;20M", &[report(0, 9, 19, false)]);
    check("\x1b[<0;10;20m", &[report(0, 9, 19, true)]);
    check("\x1b[<65;1;1M", &[report(65, 0, 0, false)]);
    check("\x1b[<35;400;300M", &[report(35, 399, 299, false)]);
    check("\x1b[M !!", &[report(0, 0, 0, false)]);
    check("\x1b[M#!\"", &[report(3, 0, 1, true)]);
    assert_eq!(decode(b"\x1b[M \xff\xfe"), [report(0, 222, 221, false)]);
}

#[test]
fn raw_buttons() {
    use MouseKind::*;
    let rows = [
        (0, false, 1, Down, NONE),
        (1, false, 2, Down, NONE),
        (2, true, 3, Up, NONE),
        (3, true, 0, Up, NONE),
        (32, false, 1, Drag, NONE),
        (35, false, 0, Move, NONE),
        (32, true, 0, Move, NONE),
        (64, false, 0, WheelUp, NONE),
        (65, false, 0, WheelDown, NONE),
        (66, false, 6, Down, NONE),
        (67, true, 7, Up, NONE),
        (128, false, 8, Down, NONE),
        (131, false, 11, Down, NONE),
        (4, false, 1, Down, S),
        (64 + 8, false, 0, WheelUp, M),
        (34 + 16 + 4, false, 3, Drag, C.with(S)),
    ];
    for (raw, release, button, kind, mods) in rows {
        let got = decode_raw(raw, release);
        assert_eq!(
            (got.button, got.kind, got.mods),
            (button, kind, mods),
            "{raw} {release}"
        );
    }
}

#[test]
fn replies_are_whole() {
    for reply in [
        "\x1b[?65;4;22c",
        "\x1b[>41;379;0c",
        "\x1b[12;40R",
        "\x1b[1;1R",
        "\x1b[0n",
        "\x1b[?2026;2$y",
        "\x1b[20;2$y",
        "\x1b[?1u",
        "\x1b[?997;1n",
        "\x1b[8;24;80t",
        "\x1b[4;600;800t",
        "\x1bP>|ghostty 1.2.0\x1b\\",
        "\x1bP1+r524742=\x1b\\",
        "\x1bP!|00000000\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b]11;rgb:0000/0000/0000\x1b\\",
        "\x1b]4;1;rgb:ff/00/00\x07",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b]l title\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
    ] {
        check(
            &format!("x{reply}y"),
            &[ch('x'), Input::Reply(reply.as_bytes().to_vec()), ch('y')],
        );
    }
}

#[test]
fn a_reply_cut_by_time_does_not_become_text() {
    let mut out = Vec::new();
    let mut decoder = Decoder::default();
    decoder.push(b"\x1b]11;rgb:00", &mut out);
    decoder.flush(&mut out);
    decoder.push(b"00/0000/0000\x1b\\", &mut out);
    assert_eq!(
        out,
        [Input::Reply(b"\x1b]11;rgb:0000/0000/0000\x1b\\".to_vec())]
    );

    for (first, rest) in [
        (&b"\x1b]11;rgb:00"[..], &b"00/0000/0000\x1b\\k"[..]),
        (b"\x1b[<0;1", b"0;20Mk"),
        (b"\x1b[1;", b"5Ak"),
    ] {
        let mut out = Vec::new();
        let mut decoder = Decoder::default();
        decoder.push(first, &mut out);
        decoder.flush(&mut out);
        decoder.flush(&mut out);
        assert!(decoder.is_pending());
        decoder.push(rest, &mut out);
        assert_eq!(out, [ch('k')], "{first:?}");
        assert!(!decoder.is_pending());
    }
}

#[test]
fn an_answer_that_is_too_long_is_swallowed() {
    let mut out = Vec::new();
    let mut decoder = Decoder::default();
    decoder.push(b"\x1b]52;c;", &mut out);
    for _ in 0..600 {
        decoder.push(&[b'A'; 4096], &mut out);
        assert!(decoder.pending().len() <= (1 << 20) + 2 * 4096);
    }
    decoder.push(b"\x1b", &mut out);
    decoder.push(b"\\x", &mut out);
    assert_eq!(out, [ch('x')]);
}

#[test]
fn paste_comes_in_pieces() {
    let text: Vec<u8> = (0..10_000u32).map(|n| b'a' + (n % 26) as u8).collect();
    let bytes = [b"\x1b[200~", text.as_slice(), b"\x1b[201~z"].concat();
    let whole = decode(&bytes);
    let mut pasted = Vec::new();
    for (i, input) in whole.iter().enumerate() {
        match input {
            Input::Paste { bytes, end } => {
                assert!(bytes.len() <= MAX_PASTE_PIECE);
                assert_eq!(*end, i == whole.len() - 2);
                pasted.extend_from_slice(bytes);
            }
            other => assert_eq!(*other, ch('z')),
        }
    }
    assert_eq!(pasted, text);
    check(
        "\x1b[200~\x1b[201~",
        &[Input::Paste {
            bytes: vec![],
            end: true,
        }],
    );
}

#[test]
fn escapes_inside_a_paste_are_text() {
    let text = b"\x1b[A\x1b[20\x1b[201\x03\x1b";
    let bytes = [b"\x1b[200~", text.as_slice(), b"\x1b[201~"].concat();
    assert_eq!(
        decode(&bytes),
        [Input::Paste {
            bytes: text.to_vec(),
            end: true
        }]
    );
}

#[test]
fn a_paste_that_stalls_is_given_out() {
    let mut out = Vec::new();
    let mut decoder = Decoder::default();
    decoder.push(b"\x1b[200~abc\x1b[20", &mut out);
    assert!(decoder.is_pending() && out.is_empty());
    decoder.flush(&mut out);
    assert_eq!(
        out,
        [Input::Paste {
            bytes: b"abc".to_vec(),
            end: false
        }]
    );
    decoder.push(b"1~d", &mut out);
    assert_eq!(
        out[1..],
        [
            Input::Paste {
                bytes: vec![],
                end: true
            },
            ch('d')
        ]
    );
}

#[test]
fn user_keys_come_first() {
    let mut decoder = Decoder::default();
    decoder.set_user_keys(vec![(0, b"\x1b[5;30012~".to_vec()), (7, b"~~".to_vec())]);
    let mut out = Vec::new();
    decoder.push(b"\x1b[5;30", &mut out);
    decoder.push(b"012~~~\x1b[5~~", &mut out);
    assert_eq!(
        out,
        [
            key(Code::User(0), NONE),
            key(Code::User(7), NONE),
            key(Code::PageUp, NONE)
        ]
    );
    decoder.flush(&mut out);
    assert_eq!(out[3..], [ch('~')]);
}

/// xorshift64*: the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
}

/// Bytes that a hostile or confused terminal might send: whole sequences, their pieces, and noise.
fn noise(dice: &mut Dice) -> Vec<u8> {
    const PARTS: &[&[u8]] = &[
        b"\x1b",
        b"\x1b[",
        b"\x1bO",
        b"\x1b]",
        b"\x1bP",
        b"\x1b_G",
        b"\x1b[200~",
        b"\x1b[201~",
        b"\x1b\\",
        b"\x1b[<0;1;2M",
        b"\x1b[M",
        b"\x1b[[",
        b"\x1b[1;5A",
        b"\x1b[97;5u",
        b"\x1b]11;",
        b"\x1bP>|",
        b"\x07",
        b";",
        b":",
        b"$",
        b"~",
        b"0",
        b"27",
        b"u",
        b"A",
        b"\xe2\x94\x80",
        b"\xe2",
        b"\xf0\x9f",
        b"\x80",
        b"\xff",
        b"\x18",
        b"\r",
        b"x",
        b"\x9b",
        b"\x1b\x1b",
        b"3$",
    ];
    let mut bytes = Vec::new();
    for _ in 0..1 + dice.roll(24) {
        match dice.roll(8) {
            0 => bytes.push(dice.roll(256) as u8),
            1 => bytes.extend(std::iter::repeat_n(b'5', dice.roll(300))),
            _ => bytes.extend_from_slice(PARTS[dice.roll(PARTS.len())]),
        }
    }
    bytes
}

#[test]
fn any_split_gives_the_same_inputs() {
    let mut dice = Dice(0x5eed_0001);
    for round in 0..20_000 {
        let bytes = noise(&mut dice);
        let mut whole = Vec::new();
        let mut one = Decoder::default();
        one.push(&bytes, &mut whole);

        let mut split = Vec::new();
        let mut two = Decoder::default();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + dice.roll(rest.len().min(9)));
            two.push(now, &mut split);
            // A decoder that is saved and loaded between reads goes on as if nothing had been.
            two = Decoder::with_pending(&two.pending());
            rest = later;
        }
        assert_eq!(
            whole,
            split,
            "round {round}: {:?}",
            bytes.escape_ascii().to_string()
        );
        assert_eq!(one.pending(), two.pending(), "round {round}");
        for decoder in [&mut one, &mut two] {
            for _ in 0..3 {
                decoder.flush(&mut whole);
            }
        }
    }
}

#[test]
fn flushing_always_comes_to_an_end() {
    let mut dice = Dice(0x5eed_0002);
    let mut decoder = Decoder::default();
    let mut out = Vec::new();
    for _ in 0..50_000 {
        decoder.push(&noise(&mut dice), &mut out);
        assert!(decoder.pending().len() < 8192 + 16);
        if dice.roll(3) == 0 {
            let mut flushes = 0;
            while decoder.is_pending() {
                decoder.flush(&mut out);
                flushes += 1;
                assert!(flushes <= 3);
            }
        }
        out.clear();
    }
    for n in 0..=255u8 {
        let mut saved = vec![n];
        saved.extend(noise(&mut dice));
        Decoder::with_pending(&saved).push(b"abc", &mut out);
    }
}

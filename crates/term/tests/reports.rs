//! What the terminal answers, and that it answers nothing else.

mod common;
use common::*;
use outlast_term::{OuterColours, Signal};

#[test]
fn queries_and_their_answers() {
    for (query, answer) in [
        ("\x1b[c", "^[[?64;6;21;22;28;52c"),
        ("\x1bZ", "^[[?64;6;21;22;28;52c"),
        ("\x1b[>c", "^[[>84;0;0c"),
        ("\x1b[=c", "^[P!|00000000^[\\"),
        ("\x1b[5n", "^[[0n"),
        ("\x1b[3;7H\x1b[6n", "^[[3;7R"),
        ("\x1b[3;7H\x1b[?6n", "^[[?3;7;1R"),
        ("\x1b[2;9r\x1b[?6h\x1b[3;7H\x1b[6n", "^[[3;7R"),
        ("\x1b[>q", "^[P>|tmux 3.7c^[\\"),
        ("\x1b[18t", "^[[8;24;80t"),
        ("\x1b[19t", "^[[9;24;80t"),
        ("\x1b[14t", "^[[4;384;640t"),
        ("\x1b[16t", "^[[6;16;8t"),
        ("\x1b]0;secret\x07\x1b[21t\x1b[20t", ""),
        ("\x1b[?7$p", "^[[?7;1$y"),
        (
            "\x1b[?2026$p\x1b[?2026h\x1b[?2026$p",
            "^[[?2026;2$y^[[?2026;1$y",
        ),
        ("\x1b[?2027$p", "^[[?2027;3$y"),
        ("\x1b[?2027l\x1b[?2027$p", "^[[?2027;3$y"),
        (
            "\x1b[?1002h\x1b[?1000$p\x1b[?1002$p",
            "^[[?1000;2$y^[[?1002;1$y",
        ),
        ("\x1b[?1049h\x1b[?1049$p", "^[[?1049;1$y"),
        ("\x1b[?4242$p", "^[[?4242;0$y"),
        ("\x1b[4$p", "^[[4;2$y"),
        ("\x1b[20h\x1b[20$p", "^[[20;1$y"),
        ("\x1bP$qm\x1b\\", "^[P1$r0m^[\\"),
        (
            "\x1b[1;4:3;31;48;2;1;2;3;58:5:9m\x1bP$qm\x1b\\",
            "^[P1$r0;1;4:3;31;48:2::1:2:3;58:5:9m^[\\",
        ),
        ("\x1b[3;9r\x1bP$qr\x1b\\", "^[P1$r3;9r^[\\"),
        ("\x1b[?69h\x1b[3;9s\x1bP$qs\x1b\\", "^[P1$r3;9s^[\\"),
        ("\x1b[5 q\x1bP$q q\x1b\\", "^[P1$r5 q^[\\"),
        ("\x1b[1\"q\x1bP$q\"q\x1b\\", "^[P1$r1\"q^[\\"),
        ("\x1bP$qz\x1b\\", "^[P0$r^[\\"),
        (
            "\x1bP+q4D73\x1b\\",
            "^[P1+r4D73=1B5D35323B25703125733B25703225731B5C^[\\",
        ),
        ("\x1bP+q4e4f\x1b\\", "^[P0+r^[\\"),
        ("\x1b]4;1;?\x07", "^[]4;1;rgb:cdcd/0000/0000\x07"),
        (
            "\x1b]4;1;#ff8000\x07\x1b]4;1;?\x1b\\",
            "^[]4;1;rgb:ffff/8080/0000^[\\",
        ),
        (
            "\x1b]4;1;#ff8000\x07\x1b]104;1\x07\x1b]4;1;?\x07",
            "^[]4;1;rgb:cdcd/0000/0000\x07",
        ),
        ("\x1b]10;?\x07", "^[]10;rgb:e5e5/e5e5/e5e5\x07"),
        (
            "\x1b]10;?;?;?\x07",
            "^[]10;rgb:e5e5/e5e5/e5e5\x07^[]11;rgb:0000/0000/0000\x07^[]12;rgb:e5e5/e5e5/e5e5\x07",
        ),
        (
            "\x1b]11;rgb:1/2/3\x07\x1b]11;?\x07\x1b]111\x07\x1b]11;?\x07",
            "^[]11;rgb:1111/2222/3333\x07^[]11;rgb:0000/0000/0000\x07",
        ),
        ("\x1b]52;c;?\x07", ""),
        (
            "\x1b]7501;?\x1b\\\x1b[c",
            "^[]7501;?^[\\^[[?64;6;21;22;28;52c",
        ),
        ("\x1b[?u\x1b[>5u\x1b[?u", "^[[?0u^[[?5u"),
        ("\x1b[>4;2m\x1b[?4m", "^[[>4;2m"),
        ("\x1b[?996n", "^[[?997;1n"),
        ("\x1b[?2048h", "^[[48;24;80;384;640t"),
        ("AB\x1b[1;1;1;1;1;2*y", "^[P1!~FF7D^[\\"),
        ("AB\x1b[23#y\x1b[1;1;1;1;1;2*y", "^[P1!~0083^[\\"),
        ("\x1b[2$w", "^[P2$u9/17/25/33/41/49/57/65/73^[\\"),
        ("\x05", ""),
    ] {
        assert_eq!(replies(query), answer, "to {query:?}");
    }
}

#[test]
fn a_resize_is_reported_in_band() {
    let mut t = after(80, 24, "\x1b[?2048h");
    t.take_replies();
    t.apply(&outlast_term::Op::Resize(outlast_term::Size::new(100, 30)));
    assert_eq!(t.take_replies(), b"\x1b[48;30;100;480;800t");
}

#[test]
fn colours_of_the_outer_terminal_are_answered_once_told() {
    let mut t = terminal(80, 24);
    t.set_outer_colours(OuterColours {
        bg: Some((255, 255, 255)),
        palette: vec![(7, (1, 2, 3))],
        ..Default::default()
    });
    t.advance(b"\x1b]11;?\x07\x1b]4;7;?\x07\x1b[?996n");
    let expected = b"\x1b]11;rgb:ffff/ffff/ffff\x07\x1b]4;7;rgb:0101/0202/0303\x07\x1b[?997;2n";
    assert_eq!(t.take_replies(), expected);
}

#[test]
fn what_a_program_asks_for_is_signalled() {
    let notify = |title: &str, body: &str| Signal::Notify {
        title: title.into(),
        body: body.into(),
    };
    for (output, signal) in [
        ("\x07", Signal::Bell),
        ("\x1b]0;a\u{202e}b\x07", Signal::Title("ab".into())),
        ("\x1b]2;a\u{9b}b\x1b\\", Signal::Title("ab".into())),
        ("\x1bkname\x1b\\", Signal::WindowName("name".into())),
        (
            "\x1b]7;file://host/a%20b\x07",
            Signal::WorkingDirectory("/a b".into()),
        ),
        (
            "\x1b]52;c;aGVsbG8=\x07",
            Signal::Clipboard("c".into(), b"hello".to_vec()),
        ),
        ("\x1b]9;done\x07", notify("", "done")),
        ("\x1b]777;notify;t;b;c\x07", notify("t", "b;c")),
        (
            "\x1b]99;i=1:d=0;t\x1b\\\x1b]99;i=1:p=body;b\x1b\\",
            notify("t", "b"),
        ),
        ("\x1b]99;;just text\x1b\\", notify("", "just text")),
        ("\x1b]9;4;1;40\x07", Signal::Progress(1, 40)),
        ("\x1b]133;A\x07", Signal::Prompt('A', None)),
        ("\x1b]133;D;1\x07", Signal::Prompt('D', Some(1))),
        (
            "\x1b]7501;state=working:app=x\x07",
            Signal::Status("state=working:app=x".into()),
        ),
        (
            "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\",
            Signal::Passthrough(b"\x1b]9;x\x07".to_vec()),
        ),
    ] {
        assert_eq!(signals(output), [signal], "of {output:?}");
    }
    assert_eq!(signals("\x07\x07\x07").len(), 1);
    let mut t = after(80, 24, "\x1b]0;one\x07\x1b[22;0t\x1b]0;two\x07\x1b[23;0t");
    assert_eq!(t.title(), "one");
    assert_eq!(t.take_signals().last(), Some(&Signal::Title("one".into())));
}

#[test]
fn nothing_that_was_written_comes_back_as_input() {
    // A marker in every place where a terminal could be made to echo.
    let mark = "rm -rf x";
    let hex: String = mark.bytes().map(|b| format!("{b:02x}")).collect();
    let all = format!(
        "\x1b]0;{mark}\x07\x1b]2;{mark}\x07\x1b[20t\x1b[21t\x1b]4;1;{mark}\x07\x1b]4;1;?\x07\x1b]4;{mark};?\x07\x1bP$q{mark}\x1b\\\
         \x1bP+q{hex}\x1b\\\x1b]52;c;{mark}\x07\x1b]52;c;?\x07\x1b]99;i={mark}:p=?;\x1b\\\x1b]8;id={mark};{mark}\x07{mark}\
         \x1b[1;1;1;1;1;80*y\x1b]7501;{mark}\x07\x1b]7501;?\x07\x1b]10;{mark}\x07\x1b]10;?\x07\x1b]1337;{mark}\x07\x05\x1b[1$w"
    );
    let answers = replies(&all);
    for part in mark.as_bytes().windows(4) {
        let part = std::str::from_utf8(part).expect("ASCII");
        assert!(!answers.contains(part), "{part:?} in {answers:?}");
    }
    assert!(!answers.contains(&hex) && !answers.contains(&hex.to_uppercase()));
}

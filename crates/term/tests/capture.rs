//! capture-pane, as tmux 3.7 prints it.

mod common;
use common::*;
use outlast_term::Capture;

#[track_caller]
fn prints(output: &str, how: Capture, expected: &str) {
    let t = after(20, 4, output);
    let first = t.first_line() + u64::from(t.history_len());
    let lines = expected.matches('\n').count() as u64;
    let text = String::from_utf8(t.capture(first, first + lines.max(1) - 1, how)).expect("text");
    assert_eq!(text.replace('\x1b', "^["), expected, "of {output:?}");
}

const PLAIN: Capture = Capture {
    escapes: false,
    join: false,
    keep_trailing: false,
    octal: false,
    used_only: false,
    flags: false,
    numbered_from: None,
    other_screen: false,
};
const ESCAPES: Capture = Capture {
    escapes: true,
    ..PLAIN
};
const JOIN: Capture = Capture {
    join: true,
    ..PLAIN
};

#[test]
fn what_is_known_of_a_row_stands_before_it() {
    let how = Capture {
        flags: true,
        ..PLAIN
    };
    prints("plain\r\n\x1b[1;31mbold\x1b[m", how, "- plain\n- bold\n");
    prints("日本\r\n\x1b[38;2;1;2;3mx", how, "X 日本\nX x\n");
    let link = "\x1b]8;;http://a\x1b\\x\x1b]8;;\x1b\\";
    prints(link, how, "HX x\n");
    let prompt = "\x1b]133;A\x1b\\$ \r\n\x1b]133;C\x1b\\out";
    prints(prompt, how, "P $\nO out\n");
}

#[test]
fn rows_end_with_a_newline_and_without_blanks() {
    prints("ab  \r\n\r\n  c", PLAIN, "ab\n\n  c\n");
    prints(
        "0123456789012345678901234",
        PLAIN,
        "01234567890123456789\n01234\n",
    );
    prints("日本\u{301}x", PLAIN, "日本\u{301}x\n");
    prints("a\tb\t\r\n\tx", PLAIN, "a\tb\t\n\tx\n");
    prints("a\tb\x1b[1;4Hx", PLAIN, "a  x    b\n");
}

#[test]
fn join_puts_wrapped_rows_together_and_keeps_blanks() {
    let t = after(20, 4, "0123456789012345678901234");
    assert_eq!(t.capture(0, 1, JOIN), b"0123456789012345678901234\n");
    prints("ab  \r\nc", JOIN, "ab  \nc\n");
    prints(
        "ab  ",
        Capture {
            keep_trailing: true,
            ..PLAIN
        },
        "ab   \n",
    );
}

#[test]
fn looks_are_spelled_as_tmux_does() {
    prints(
        "\x1b[31;42;1mabc\x1b[0;31mdef\r\n\x1b[m\x1b[100m bright \x1b[m",
        ESCAPES,
        "^[[1m^[[31m^[[42mabc^[[0m^[[31mdef^[[39m\n^[[100m bright ^[[49m\n",
    );
    prints(
        "\x1b[1;4:3;38;5;99;48;2;1;2;3;58;5;7mx",
        ESCAPES,
        "^[[1;4:3m^[[38;5;99m^[[48;2;1;2;3m^[[58;5;7mx^[[0m\n",
    );
    prints(
        "\x1b[31m01234567890123456789x",
        ESCAPES,
        "^[[31m01234567890123456789\nx^[[39m\n",
    );
    prints(
        "\x1b]8;id=1;http://a/\x1b\\x\x1b]8;;\x1b\\y",
        ESCAPES,
        "^[]8;id=1;http://a/^[\\x^[]8;;^[\\y\n",
    );
    prints(
        "a\\b",
        Capture {
            octal: true,
            ..PLAIN
        },
        "a\\\\b\n",
    );
    prints(
        "\x1b[1ma",
        Capture {
            octal: true,
            ..ESCAPES
        },
        "\\033[1ma\\033[0m\n",
    );
}

#[test]
fn the_screen_beneath_the_alternate_one() {
    let how = Capture {
        other_screen: true,
        ..PLAIN
    };
    prints("below\x1b[?1049habove", how, "below\n");
    let t = after(20, 4, "below");
    assert!(t.capture(0, 9, how).is_empty());
}

#[test]
fn history_is_captured_by_number() {
    let t = after(20, 2, "1\r\n2\r\n3\r\n4");
    assert_eq!(t.capture(0, 99, PLAIN), b"1\n2\n3\n4\n");
    assert_eq!(t.capture(1, 2, PLAIN), b"2\n3\n");
    assert_eq!(t.capture(2, 1, PLAIN), b"2\n3\n");
}

#[test]
fn tabs_are_copied_as_tabs() {
    // What tmux 3.7c's capture-pane prints after the same output.
    let mut t = terminal(40, 8);
    t.advance(b"a\tb\tc\r\n\tx\r\nabcdefgh\ty\r\n1\t\t2\r\n\t\t\r\nend\t\r\n");
    t.advance(b"\x1b[31m\tred\x1b[m\r\nover\twrite\r\x1b[5Cz");
    let expected = "a\tb\tc\n\tx\nabcdefgh\ty\n1\t\t2\n\t\t\nend\t\n\tred\nover z  write\n";
    let how = Capture::default();
    let got = |t: &outlast_term::Terminal| String::from_utf8(t.capture(0, 99, how)).expect("text");
    assert_eq!(got(&t), expected);
    assert_eq!(t.line_text(0).text, "a\tb\tc");
    t.apply(&outlast_term::Op::Resize(outlast_term::Size::new(30, 8)));
    assert_eq!(got(&t), expected);
}

//! Flags and words of commands.

use super::*;
use crate::parse::{NoContext, parse_text};

fn parse(flags: &'static str, min: usize, max: Option<usize>, text: &str) -> Result<Args, String> {
    let list = parse_text(text, None, &mut NoContext).expect("parses");
    Args::parse(
        &Spec {
            flags,
            min,
            max,
            commands: false,
        },
        &list.commands[0].1,
    )
}

/// Prints what was parsed, or the error.
fn check(flags: &'static str, min: usize, max: Option<usize>, text: &str, expected: &str) {
    let spec = Spec {
        flags,
        min,
        max,
        commands: false,
    };
    let printed = match parse(flags, min, max, text) {
        Ok(args) => args.print(&spec),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(printed, expected, "{text}");
}

#[test]
fn flags_and_words() {
    check(
        "ab:c",
        0,
        None,
        "x -c -a -b one two -c",
        "-ac -b one two -c",
    );
    check("ab:c", 0, None, "x -acbone two", "-ac -b one two");
    check("ab:c", 0, None, "x -aa -- -c", "-aa -c");
    check("ab:", 0, None, "x - -a", "- -a");
    check("b:", 0, None, "x -b 1 -b 2", "-b 1 -b 2");
    check("b:", 0, None, "x -b -b", "-b -b");
    check("a::b", 0, None, "x -b -a", "-b -a --");
    check("a::b", 0, None, "x -avalue word", "-a value word");
    check("a", 0, None, "x '' 'a b'", "'' \"a b\"");
}

#[test]
fn errors() {
    check("a", 0, None, "x -q", "error: unknown flag -q");
    check("a:", 0, None, "x -:", "error: invalid flag -:");
    check("a", 0, None, "x -é", "error: invalid flag -é");
    check("a", 0, None, "x -?", "error: ");
    check("a:", 0, None, "x -a", "error: -a expects an argument");
    check(
        "a:",
        0,
        None,
        "x -a { b }",
        "error: -a argument must be a string",
    );
    check(
        "",
        1,
        None,
        "x",
        "error: too few arguments (need at least 1)",
    );
    check(
        "",
        0,
        Some(1),
        "x a b",
        "error: too many arguments (need at most 1)",
    );
    check(
        "",
        0,
        None,
        "x a { b }",
        "error: argument 2 must be \"string\"",
    );
}

#[test]
fn blocks_are_words_where_the_row_allows_them() {
    let list = parse_text("x -a { b ; c }", None, &mut NoContext).expect("parses");
    let spec = Spec {
        flags: "a",
        min: 0,
        max: None,
        commands: true,
    };
    let args = Args::parse(&spec, &list.commands[0].1).expect("allowed");
    assert_eq!(args.word(0).as_deref(), Some("b ; c"));
    assert_eq!(args.print(&spec), "-a { b ; c }");
    assert_eq!(args.word(1), None);
}

#[test]
fn values() {
    let args = parse("e:t:A", 0, None, "x -A -e A=1 -eB=2 -t 7").expect("parses");
    assert_eq!(args.all('e'), ["A=1", "B=2"]);
    assert_eq!(args.get('e'), Some("B=2"));
    assert_eq!(
        (args.count('e'), args.has('A'), args.has('q')),
        (2, true, false)
    );
    assert_eq!(args.number('t', 0..=9, "size"), Ok(Some(7)));
    assert_eq!(
        args.number('t', 8..=9, "size"),
        Err("size too small".to_string())
    );
    assert_eq!(
        args.number('t', 0..=6, "size"),
        Err("size too large".to_string())
    );
    assert_eq!(
        args.number('e', 0..=6, "size"),
        Err("size invalid".to_string())
    );
    assert_eq!(args.number('q', 0..=6, "size"), Ok(None));
}

#[test]
fn numbers_as_strtonum_reads_them() {
    for (text, expected) in [
        ("12", Ok(12)),
        (" +5", Ok(5)),
        ("-5", Ok(-5)),
        ("", Err("invalid")),
        ("-", Err("invalid")),
        ("5x", Err("invalid")),
        ("5 ", Err("invalid")),
        ("0x5", Err("invalid")),
        ("101", Err("too large")),
        ("-101", Err("too small")),
        (
            "99999999999999999999999999999999999999999999",
            Err("too large"),
        ),
        (
            "-99999999999999999999999999999999999999999999",
            Err("too small"),
        ),
    ] {
        assert_eq!(number(text, -100..=100), expected, "{text}");
    }
}

#[test]
fn percentages() {
    assert_eq!(percentage("50%", 0..=100, 81), Ok(40));
    assert_eq!(percentage("101%", 0..=100, 81), Err("too large"));
    assert_eq!(percentage("-1%", 0..=100, 81), Err("too small"));
    assert_eq!(percentage("10%", 20..=100, 81), Err("too small"));
    assert_eq!(percentage("%", 0..=100, 81), Err("invalid"));
    assert_eq!(percentage("", 0..=100, 81), Err("empty"));
    assert_eq!(percentage("30", 0..=100, 81), Ok(30));
}

#[test]
fn bytes_have_units() {
    let all = 0..=i64::MAX;
    for (text, value) in [
        ("0", Ok(0)),
        ("512", Ok(512)),
        ("8G", Ok(8 << 30)),
        ("8g", Ok(8 << 30)),
        ("1T", Ok(1 << 40)),
        ("4K", Ok(4096)),
        ("G", Err("invalid")),
        ("1.5G", Err("invalid")),
        ("8GB", Err("invalid")),
        ("-1G", Err("too small")),
        ("9999999T", Err("too large")),
        ("8é", Err("invalid")),
    ] {
        assert_eq!(bytes(text, all.clone()), value, "{text}");
    }
    assert_eq!(bytes("2K", 0..=1000), Err("too large"));
}

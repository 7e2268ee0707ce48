//! Memory and time stay bounded whatever a program writes (facts/platform.md 7.3, T2). The sizes here are smaller than the
//! attack's; what is asserted is that the store does not grow with them.

mod common;
use common::*;
use outlast_term::{Config, MemoryBlocks, Size, Terminal};

/// Feeds `piece(i)` until `megabytes` are through and gives the length of a checkpoint, which holds every store.
fn weight(megabytes: usize, piece: impl Fn(usize) -> String) -> usize {
    let mut t = terminal(80, 24);
    let mut fed = 0;
    for i in 0.. {
        let bytes = piece(i).into_bytes();
        fed += bytes.len();
        t.advance(&bytes);
        if i % 1000 == 0 {
            t.take_replies();
            t.take_signals();
        }
        if fed > megabytes << 20 {
            break;
        }
    }
    assert!(t.take_replies().len() <= 64 * 1024);
    assert!(t.take_signals().len() <= 256);
    let mut out = Vec::new();
    t.snapshot(&mut out);
    out.len()
}

#[test]
fn endless_strings_are_dropped() {
    for begin in [
        "\x1b]0;",
        "\x1b]52;c;",
        "\x1bP",
        "\x1bPtmux;",
        "\x1b_G",
        "\x1b^",
        "\x1bX",
        "\x1bk",
        "\x1b]8;;",
        "\x1b[",
    ] {
        let begin = begin.to_string();
        let len = weight(4, |i| {
            if i == 0 {
                begin.clone()
            } else {
                "a".repeat(60_000)
            }
        });
        assert!(len < 3 << 20, "{begin:?}: {len}");
        let len = weight(4, |i| {
            if i == 0 {
                begin.clone()
            } else {
                "9;".repeat(30_000)
            }
        });
        assert!(len < 3 << 20, "{begin:?}: {len}");
    }
}

#[test]
fn floods_of_values_are_swept() {
    let limit = 1 << 20;
    let colours = |i: usize| {
        format!(
            "\x1b[38;2;{};{};{}m\x1b[48;2;9;{};{}mx",
            i >> 16 & 255,
            i >> 8 & 255,
            i & 255,
            i & 255,
            i >> 8 & 255
        )
    };
    assert!(weight(4, colours) < limit);
    let clusters = |i: usize| {
        format!(
            "a{}{}",
            char::from_u32(0x300 + (i % 100) as u32).expect("mark"),
            char::from_u32(0x300 + (i / 100 % 100) as u32).expect("mark")
        )
    };
    assert!(weight(2, clusters) < limit);
    let one_cluster = |_: usize| "\u{301}".repeat(1000);
    assert!(weight(4, one_cluster) < 64 * 1024);
    let joiners = |_: usize| "👩\u{200d}".repeat(500);
    assert!(weight(4, joiners) < limit);
    let links = |i: usize| format!("\x1b]8;;http://host/{i}/{}\x07x", "y".repeat(500));
    assert!(weight(8, links) < 3 << 20);
    let titles = |i: usize| {
        format!(
            "\x1b]0;{}\x07\x1b[22t\x1b[>31u\x1b[#{{\x1b[?{i}s",
            "t".repeat(5000)
        )
    };
    assert!(weight(4, titles) < 256 * 1024);
    let palette = |i: usize| {
        format!(
            "\x1b]4;{};#{:06x}\x07\x1b]5;{i};#123456\x07",
            i % 300,
            i & 0xff_ffff
        )
    };
    assert!(weight(4, palette) < 128 * 1024);
    let notices = |i: usize| format!("\x1b]99;i={}:d=0;{}\x1b\\", i % 2, "n".repeat(3000));
    assert!(weight(4, notices) < 128 * 1024);
    let queries = |_: usize| "\x1b[c\x1b[6n\x1b]4;1;?;2;?;3;?\x07".repeat(1000);
    assert!(weight(4, queries) < 64 * 1024);
    let clipboard = |_: usize| format!("\x1b]52;c;{}\x07", "QUJD".repeat(100_000));
    assert!(weight(16, clipboard) < 64 * 1024);
}

#[test]
fn large_numbers_cost_a_screen_at_most() {
    let mut t = terminal(80, 24);
    for last in "@ABCDEFGHIJKLMPSTXZ`abdefgrst".chars() {
        for n in [
            "65535",
            "99999999999999999999",
            "0",
            "65535;65535",
            "1;65535",
        ] {
            t.advance(format!("x\x1b[{n}{last}").as_bytes());
        }
    }
    for rectangle in [
        "1;1;65535;65535;1;2;2;1$v",
        "120;1;1;65535;65535$x",
        "1;1;65535;65535;1;4$r",
        "1;1;1;65535;65535*y",
        "65535'}",
    ] {
        t.advance(format!("\x1b[{rectangle}").as_bytes());
    }
    t.advance(&b"\x1b[65535b".repeat(1000));
    assert!(t.history_len() <= 100);
}

#[test]
fn a_row_too_long_for_a_block_is_kept_without_its_looks() {
    let config = Config {
        size: Size::new(10_000, 2),
        history_limit: 100,
    };
    let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
    for i in 0..10_000 {
        t.advance(
            format!(
                "\x1b[38;2;{};{};7me\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}",
                i & 255,
                i >> 8
            )
            .as_bytes(),
        );
    }
    for i in 0..400 {
        t.advance(format!("\x1b]8;;http://host/{i}/{}\x07link", "y".repeat(1500)).as_bytes());
    }
    t.advance(b"\r\n\n\n");
    assert_eq!(t.history_len(), 3);
    assert!(t.line_text(t.first_line()).text.starts_with("eeee"));
    assert!(t.line_text(t.first_line() + 1).text.starts_with("linklink"));
}

#[test]
fn a_screen_of_more_styles_than_there_are_numbers_goes_on() {
    let config = Config {
        size: Size::new(400, 200),
        history_limit: 0,
    };
    let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
    let mut out = String::from("\x1b[?7l");
    for y in 0..200u32 {
        out.push_str(&format!("\x1b[{}H", y + 1));
        for x in 0..400u32 {
            let n = y * 400 + x;
            out.push_str(&format!(
                "\x1b[38;2;{};{};{}m#",
                n >> 16,
                n >> 8 & 255,
                n & 255
            ));
        }
    }
    for _ in 0..3 {
        t.advance(out.as_bytes());
    }
    assert_eq!(t.line_text(t.first_line() + 199).text, "#".repeat(400));
}

//! Memory and time stay bounded whatever a program writes (facts/platform.md 7.3, T2). The sizes here are smaller than the
//! attack's; what is asserted is that the store does not grow with them.

mod common;
use common::*;
use outlast_term::{Config, MemoryBlocks, Op, Size, Terminal};

/// Feeds `piece(i)` until `megabytes` are through; says the most that the terminal held at any time.
fn weight(megabytes: usize, piece: impl Fn(usize) -> String) -> usize {
    weight_at(80, 100, megabytes, piece).0
}

/// As [`weight`], with a history of `limit` rows; also the most bytes that the history took. Checkpoints are taken as the server
/// does.
fn weight_at(
    cols: u16,
    limit: u32,
    megabytes: usize,
    piece: impl Fn(usize) -> String,
) -> (usize, u64) {
    let config = Config {
        size: Size::new(cols, 24),
        history_limit: limit,
    };
    let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
    let mut out = Vec::new();
    let (mut fed, mut held, mut stored) = (0, 0, 0);
    for i in 0.. {
        let bytes = piece(i).into_bytes();
        fed += bytes.len();
        t.advance(&bytes);
        if i % 1000 == 0 || bytes.len() > 10_000 {
            held = held.max(t.memory());
            stored = stored.max(t.history_bytes());
        }
        if i % 1000 == 0 {
            t.take_replies();
            t.take_signals();
        }
        if t.checkpoint_due() {
            out.clear();
            t.snapshot(&mut out);
            t.checkpointed();
        }
        if fed > megabytes << 20 {
            break;
        }
    }
    assert!(t.take_replies().len() <= 64 * 1024);
    assert!(t.take_signals().len() <= 256);
    out.clear();
    t.snapshot(&mut out);
    // What is held is what a checkpoint has and what finds it again.
    assert!(out.len() < 3 * t.memory(), "{} bytes uncounted", out.len());
    (held.max(t.memory()).max(out.len()), stored)
}

/// Megabytes to feed of the longest floods: what is held does not depend on it.
const MEGABYTES: usize = 6;

#[test]
fn a_line_without_end_is_only_history() {
    for text in [
        "a".repeat(60_000),
        "日本".repeat(10_000),
        "e\u{301}".repeat(20_000),
    ] {
        let (held, stored) = weight_at(80, 2000, MEGABYTES, |_| text.clone());
        assert!(held < 1 << 20, "{held}");
        assert!(stored < 8 << 20, "{stored}");
    }
    // It is broken anew at once, whatever its length.
    let config = Config {
        size: Size::new(80, 24),
        history_limit: 50_000,
    };
    let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
    for _ in 0..100 {
        t.advance("a".repeat(50_000).as_bytes());
    }
    for cols in [81, 200, 3, 80] {
        t.apply(&Op::Resize(Size::new(cols, 24)));
        assert!(t.memory() < 1 << 20, "{}", t.memory());
    }
}

#[test]
fn rows_of_clusters_and_colours_take_the_place_of_older_ones() {
    let dear = |i: usize| {
        let mut row = String::new();
        for x in 0..80 {
            let marks = "\u{301}\u{302}\u{303}\u{304}".repeat(7);
            row += &format!("\x1b[38;2;{};{x};7;48;2;1;2;{}me{marks}", i & 255, x & 1);
        }
        row + "\r\n"
    };
    let (held, stored) = weight_at(80, 20_000, 30, dear);
    assert!(held < 4 << 20, "{held}");
    let most = 20_000 * (8 * 80 + 256) + (1 << 20);
    assert!(stored < most, "{stored} of {most}");
    // Rows as they are in life are all kept.
    let plain = |i: usize| format!("\x1b[3{}m{}\x1b[m\r\n", i % 8, "colour and text ".repeat(5));
    let config = Config {
        size: Size::new(80, 24),
        history_limit: 20_000,
    };
    let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
    (0..20_020).for_each(|i| t.advance(plain(i).as_bytes()));
    assert!(t.history_len() > 19_000);
}

#[test]
fn a_hundred_thousand_titles_are_the_last_one() {
    let titles = |i: usize| format!("\x1b]2;title {i} {}\x07\x1b[22;0t\x1b[22t", "t".repeat(50));
    assert!(weight(8, titles) < 1 << 20);
    let names = |i: usize| format!("\x1bkname {i}\x1b\\\x1b]7;file:///{}\x07", "d".repeat(4000));
    assert!(weight(16, names) < 3 << 20);
    let statuses = |_: usize| format!("\x1b]7501;{}\x07", "日".repeat(1300));
    assert!(weight(16, statuses) < 6 << 20);
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
    assert!(weight(4, queries) < 256 * 1024);
    let clipboard = |_: usize| format!("\x1b]52;c;{}\x07", "QUJD".repeat(100_000));
    assert!(weight(16, clipboard) < 8 << 20);
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

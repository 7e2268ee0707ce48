//! What must hold for every output: drawn from seeds, so that a failure can be run again.

mod common;
use common::*;
use outlast_term::{Config, MemoryBlocks, Op, Size, Terminal};

const TEXTS: &[&str] = &[
    "a",
    "hello",
    "The quick brown fox jumps over the lazy dog ",
    "\r\n",
    "\n",
    "\r",
    "\x08",
    "\t",
    "é",
    "日本語",
    "e\u{301}",
    "👩\u{200d}💻",
    "🇫🇷",
    "❤\u{fe0f}",
    "\u{200d}",
    "👍🏽",
    "\u{301}",
    "한국어",
    "─│",
    "\u{915}\u{94d}\u{937}",
    "\x1b[m",
    "\x1b[1;31m",
    "\x1b[38;2;1;2;3m",
    "\x1b[48;5;200m",
    "\x1b[4:3m",
    "\x1b[58:2::9:8:7m",
    "\x1b[7m",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[H",
    "\x1b[3;5H",
    "\x1b[99;99H",
    "\x1b[A",
    "\x1b[2B",
    "\x1b[3C",
    "\x1b[D",
    "\x1b[L",
    "\x1b[2M",
    "\x1b[3P",
    "\x1b[2@",
    "\x1b[4X",
    "\x1b[S",
    "\x1b[2T",
    "\x1bM",
    "\x1bD",
    "\x1bE",
    "\x1b7",
    "\x1b8",
    "\x1b[s",
    "\x1b[u",
    "\x1b[2;4r",
    "\x1b[r",
    "\x1b[?69h",
    "\x1b[2;5s",
    "\x1b[?69l",
    "\x1b[?6h",
    "\x1b[?6l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[20h",
    "\x1b[20l",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?47h",
    "\x1b[?47l",
    "\x1b[?1047h",
    "\x1b[?1047l",
    "\x1b[?45h",
    "\x1b[?1045h",
    "\x1b[5b",
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1002h",
    "\x1b[?1006h",
    "\x1b[>5u",
    "\x1b[<u",
    "\x1b[=3;2u",
    "\x1b(0",
    "\x1b(B",
    "\x0e",
    "\x0f",
    "\x1b)0",
    "\x1bN",
    "\x1b]0;title\x07",
    "\x1b]2;other\x1b\\",
    "\x1b[22t",
    "\x1b[23t",
    "\x1b]8;;http://a.example/\x1b\\",
    "\x1b]8;id=x;http://b.example/\x07",
    "\x1b]8;;\x1b\\",
    "\x1b]4;1;#123456\x07",
    "\x1b]11;rgb:11/22/33\x07",
    "\x1b]104\x07",
    "\x1b]133;A\x07",
    "\x1b]133;D;1\x07",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1bH",
    "\x1b[g",
    "\x1b[3g",
    "\x1b[1\"q",
    "\x1b[0\"q",
    "\x1b[?2J",
    "\x1b[?K",
    "\x1b[1;1;3;3;1;2;2;1$v",
    "\x1b[65;1;1;2;2$x",
    "\x1b[1;1;2;2$z",
    "\x1b['}",
    "\x1b['~",
    "\x1b[ @",
    "\x1b[ A",
    "\x1b6",
    "\x1b9",
    "\x1b[!p",
    "\x1bc",
    "\x1b#8",
    "\x1b[1;1;3;3;1;4$r",
    "\x1b[1;1;3;3;7$t",
    "\x1b[2*x",
    "\x1b[6n",
    "\x1b[c",
    "\x1bP$qm\x1b\\",
    "\x1b_junk\x1b\\",
    "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\",
    "\x1bkname\x1b\\",
    "\x1b[?1048h",
    "\x1b[?1048l",
    "\x1b[5 q",
    "\x1b[0 q",
    "\x1b[#{",
    "\x1b[#}",
    "\u{1100}\u{1161}",
    "\u{11a8}",
    "☝",
    "🏽",
    "\u{ad}",
    "\u{fffd}",
];

fn stream(rng: &mut Rng, len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while out.len() < len {
        match rng.below(20) {
            0 => out.push(rng.next() as u8),
            1 => out
                .extend_from_slice(format!("\x1b[{};{}H", rng.below(12), rng.below(40)).as_bytes()),
            2 => out.extend_from_slice(
                format!("\x1b[38;2;{};{};1m", rng.below(256), rng.below(256)).as_bytes(),
            ),
            3..=6 => {
                for _ in 0..rng.below(40) {
                    out.push(b'a' + rng.below(26) as u8);
                }
            }
            _ => out.extend_from_slice(rng.pick(TEXTS).as_bytes()),
        }
    }
    out
}

/// Two dumps must be equal; says where they differ.
#[track_caller]
fn same(a: &str, b: &str, what: &str) {
    for (i, (a, b)) in a.lines().zip(b.lines()).enumerate() {
        assert_eq!(a, b, "{what}: line {i}");
    }
    assert_eq!(a.lines().count(), b.lines().count(), "{what}");
}

#[test]
fn any_split_of_the_output_gives_the_same() {
    for seed in 0..150 {
        let mut rng = Rng(seed);
        let (cols, rows) = (5 + rng.below(40) as u16, 2 + rng.below(8) as u16);
        let bytes = stream(&mut rng, 1500);
        let mut whole = terminal(cols, rows);
        whole.advance(&bytes);
        let mut split = terminal(cols, rows);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let n = (1 + rng.below(if seed % 3 == 0 { 1 } else { 30 })).min(rest.len());
            split.advance(&rest[..n]);
            rest = &rest[n..];
        }
        same(&whole.dump(), &split.dump(), &format!("seed {seed}"));
        assert_eq!(whole.take_replies(), split.take_replies(), "seed {seed}");
        assert_eq!(whole.take_signals(), split.take_signals(), "seed {seed}");
    }
}

fn op(rng: &mut Rng) -> Op {
    match rng.below(12) {
        0 => Op::ClearHistory,
        1 => Op::HistoryLimit(rng.below(60) as u32),
        2 => Op::Respawn,
        3 => Op::Reset,
        _ => Op::Resize(Size::new(
            1 + rng.below(45) as u16,
            1 + rng.below(10) as u16,
        )),
    }
}

#[test]
fn a_restored_terminal_goes_on_the_same() {
    for seed in 0..150 {
        let mut rng = Rng(1000 + seed);
        let config = Config {
            size: Size::new(20, 5),
            history_limit: 50,
        };
        let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
        for round in 0..6 {
            t.advance(&stream(&mut rng, 400));
            if rng.below(2) == 0 {
                t.apply(&op(&mut rng));
            }
            t.take_replies();
            t.take_signals();
            let mut bytes = Vec::new();
            t.snapshot(&mut bytes);
            t.checkpointed();
            let at_checkpoint = t.dump();
            // The first server goes on and dies; what it did to the blocks must not harm the checkpoint.
            let more = stream(&mut rng, 600);
            let change = op(&mut rng);
            let go_on = |t: &mut Terminal| {
                t.advance(&more);
                t.apply(&change);
                t.advance(&more);
                (t.dump(), t.take_replies(), t.take_signals())
            };
            let first = go_on(&mut t);
            let mut again = Terminal::restore(&bytes, t.into_blocks()).expect("restores");
            assert_eq!(again.dump(), at_checkpoint, "seed {seed} round {round}");
            let second = go_on(&mut again);
            same(
                &first.0,
                &second.0,
                &format!("seed {seed} round {round} {change:?}"),
            );
            assert_eq!(
                (first.1, first.2),
                (second.1, second.2),
                "seed {seed} round {round}"
            );
            t = again;
        }
    }
}

/// The text of all logical lines.
fn logical(t: &Terminal) -> Vec<String> {
    let mut lines = vec![String::new()];
    let end = t.first_line() + u64::from(t.history_len()) + u64::from(t.size().rows);
    for line in t.first_line()..end {
        let row = t.line_text(line);
        lines.last_mut().expect("never empty").push_str(&row.text);
        if !row.wrapped {
            lines.push(String::new());
        }
    }
    while lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

#[test]
fn reflow_keeps_the_text() {
    for seed in 0..200 {
        let mut rng = Rng(5000 + seed);
        let config = Config {
            size: Size::new(30, 6),
            history_limit: 100_000,
        };
        let mut t = Terminal::new(config, Box::new(MemoryBlocks::default()));
        for _ in 0..rng.below(60) {
            for _ in 0..rng.below(9) {
                t.advance(
                    rng.pick(&[
                        "word ",
                        "日本",
                        "e\u{301}",
                        "👩\u{200d}💻",
                        "x",
                        "\x1b[31m",
                        "\x1b[m",
                        "long-word-",
                    ])
                    .as_bytes(),
                );
                if rng.below(20) == 0 {
                    t.advance(b"\x1b]8;;http://example/\x07link\x1b]8;;\x07");
                }
            }
            t.advance(b"\r\n");
        }
        let before = logical(&t);
        let styles = |t: &Terminal| t.dump().matches("{1 - - 0}").count();
        let _ = styles;
        for _ in 0..8 {
            // Never fewer rows than are below the cursor: as in tmux those are cut off.
            let size = Size::new(2 + rng.below(60) as u16, 1 + rng.below(12) as u16);
            t.apply(&Op::Resize(size));
            assert_eq!(logical(&t), before, "seed {seed} {size:?}");
            check_invariants(&t);
        }
    }
}

/// What must be so whatever came in.
fn check_invariants(t: &Terminal) {
    let (size, cursor) = (t.size(), t.cursor());
    assert!(
        cursor.x < size.cols && cursor.y < size.rows,
        "{cursor:?} {size:?}"
    );
    assert!(t.history_len() <= t.history_limit());
    let (top, bottom) = t.scroll_region();
    assert!(top <= bottom && bottom < size.rows);
    let mut row = outlast_term::ScreenRow::default();
    let mut links = Vec::new();
    for y in 0..u64::from(size.rows) {
        row.cells = vec![outlast_term::ScreenCell::BLANK; usize::from(size.cols)];
        row.clusters.clear();
        t.draw_line(
            t.first_line() + u64::from(t.history_len()) + y,
            0,
            size.cols,
            &mut row,
            0,
            &mut links,
        );
        for (x, c) in row.cells.iter().enumerate() {
            assert_eq!(
                c.width == 0,
                x > 0 && row.cells[x - 1].width == 2,
                "row {y} column {x}"
            );
            assert!(c.width < 2 || x + 1 < row.cells.len());
            assert!(usize::from(c.link) <= links.len());
        }
    }
}

#[test]
fn random_bytes_do_no_harm() {
    for seed in 0..300 {
        let mut rng = Rng(9000 + seed);
        let mut t = terminal(1 + rng.below(30) as u16, 1 + rng.below(8) as u16);
        for _ in 0..8 {
            let mut bytes = stream(&mut rng, 300);
            for _ in 0..rng.below(40) {
                let i = rng.below(bytes.len());
                match rng.below(3) {
                    0 => bytes[i] = rng.next() as u8,
                    1 => drop(bytes.remove(i)),
                    _ => bytes.insert(i, *rng.pick(b"\x1b[]P?;0123456789hlmABCDHJKr\x07\\")),
                }
            }
            t.advance(&bytes);
            check_invariants(&t);
            t.apply(&op(&mut rng));
            check_invariants(&t);
            let end = t.first_line() + u64::from(t.history_len()) + u64::from(t.size().rows);
            let how = outlast_term::Capture {
                escapes: true,
                join: rng.below(2) == 0,
                ..Default::default()
            };
            t.capture(0, end, how);
            t.take_replies();
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let mut rng = Rng(1);
    let mut t = terminal(20, 5);
    t.advance(&stream(&mut rng, 3000));
    let mut bytes = Vec::new();
    t.snapshot(&mut bytes);
    for _ in 0..3000 {
        let mut bad = bytes.clone();
        match rng.below(3) {
            0 => bad.truncate(rng.below(bytes.len())),
            1 => {
                let i = rng.below(bytes.len());
                bad[i] ^= 1 << rng.below(8);
            }
            _ => {
                let i = rng.below(bytes.len() - 8);
                bad[i..i + 8].fill(rng.next() as u8);
            }
        }
        if bad != bytes {
            assert!(Terminal::restore(&bad, Box::new(MemoryBlocks::default())).is_err());
        }
    }
    let mut newer = bytes.clone();
    newer[4] = 9;
    let error = Terminal::restore(&newer, Box::new(MemoryBlocks::default())).err();
    assert_eq!(error, Some(outlast_term::SnapshotError::Version(9)));
}

//! The history seen in another width: the same as if every row were written anew for it.

use crate::history::MemoryBlocks;
use crate::line::Glyph;
use crate::row::WRAPPED;
use crate::terminal::{Config, Op, Terminal};
use crate::{Size, Style};

/// splitmix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const TEXT: &[&str] = &[
    "word ",
    "x",
    "a-long-word-and-more",
    "日本",
    "한",
    "e\u{301}",
    "👩\u{200d}💻",
    "é",
    "\x1b[31m",
    "\x1b[1;34m",
    "\x1b[m",
    "\x1b]8;;http://a/\x07",
    "\x1b]8;;http://b/\x07link",
    "\x1b]8;;\x07",
    "\t",
];
const ENDS: &[&str] = &["\r\n", "\r\n", "\r\n", "\r\n\x1b]133;A\x07", "\r\n\r\n"];
const LOSSES: &[&str] = &[
    "\x1b[K",
    "\x1b[44m\x1b[K",
    "\x1b[3X",
    "\x1b[44m\x1b[9X\x1b[m",
    "\x1b[1K",
    "\x1b[2A\x1b[7C\x1b[2X\x1b[2B",
    "\x1b[A\rxx\x1b[B",
    "\r\x1b[20C",
    "\x1b[2J",
];

fn terminal(limit: u32) -> Terminal {
    let config = Config {
        size: Size::new(20, 4),
        history_limit: limit,
    };
    Terminal::new(config, Box::new(MemoryBlocks::default()))
}

fn write(t: &mut Terminal, rng: &mut Rng, lines: usize, losses: bool) {
    for _ in 0..lines {
        let most = if rng.below(9) == 0 { 60 } else { 6 };
        for _ in 0..rng.below(most) {
            t.advance(rng.pick(TEXT).as_bytes());
            if losses && rng.below(8) == 0 {
                t.advance(rng.pick(LOSSES).as_bytes());
            }
        }
        // A mark stands on its line's first row, which the limit may have dropped before the other rows.
        let marks = t.history.limit > 1000;
        t.advance(rng.pick(if marks { ENDS } else { &ENDS[..2] }).as_bytes());
    }
}

/// Writes every row of the history anew, as it is seen.
fn rewrite(t: &mut Terminal) {
    let (scrolled, len) = (t.history.scrolled, t.history.len);
    for (flags, cells, links) in t.pull_history(len) {
        t.history
            .push_loose(flags, &cells, &links, t.blocks.as_mut());
    }
    t.history.flush(t.blocks.as_mut());
    t.history.scrolled = scrolled;
    assert!(t.history.segments.iter().all(|s| s.direct));
}

fn size(rng: &mut Rng) -> Size {
    Size::new(2 + rng.below(50) as u16, 1 + rng.below(8) as u16)
}

/// Two terminals show the same, wherever one looks first.
#[track_caller]
fn same(seen: &Terminal, written: &Terminal, what: &str) {
    for (i, (a, b)) in seen.dump().lines().zip(written.dump().lines()).enumerate() {
        assert_eq!(a, b, "{what}: line {i} of the dump");
    }
    for line in (written.first_line()..written.screen_line()).rev() {
        assert_eq!(
            seen.dump_line(line),
            written.dump_line(line),
            "{what}: {line}"
        );
    }
}

#[test]
fn another_width_is_the_same_as_written_for_it() {
    for (seed, limit) in (0..60).zip([100_000, 37, 100_000, 200].into_iter().cycle()) {
        let mut rng = Rng(seed);
        let (mut seen, mut written) = (terminal(limit), terminal(limit));
        for round in 0..12 {
            let what = format!("seed {seed} round {round}");
            let stream = rng.next();
            for t in [&mut seen, &mut written] {
                write(t, &mut Rng(stream), 12, false);
            }
            same(&seen, &written, &what);
            for _ in 0..1 + rng.below(3) {
                let size = size(&mut rng);
                for t in [&mut seen, &mut written] {
                    t.apply(&Op::Resize(size));
                }
                rewrite(&mut written);
                same(&seen, &written, &format!("{what} {size:?}"));
            }
            if rng.below(3) == 0 {
                let mut bytes = Vec::new();
                seen.snapshot(&mut bytes);
                seen.checkpointed();
                let dump = seen.dump();
                seen = Terminal::restore(&bytes, seen.into_blocks()).expect("restores");
                assert_eq!(seen.dump(), dump);
            }
        }
    }
}

/// A glyph: text, columns, style, link.
type Plain = (String, usize, Style, String);

/// Takes off what nobody wrote or coloured.
fn trim(row: &mut Vec<Plain>) {
    while row
        .last()
        .is_some_and(|(text, _, style, _)| text.is_empty() && *style == Style::default())
    {
        row.pop();
    }
}

/// Every row of history and screen: marks, whether the line goes on, glyphs.
fn rows(t: &Terminal) -> Vec<(u8, bool, Vec<Plain>)> {
    let end = t.screen_line() + u64::from(t.size.rows);
    (t.first_line()..end)
        .map(|line| {
            let mut row = Vec::new();
            let flags = t.each_glyph(line, |seen| {
                let text = match seen.glyph {
                    Glyph::Empty => String::new(),
                    Glyph::Char(c) => c.to_string(),
                    Glyph::Cluster(s) => s.to_string(),
                };
                let link = seen.link.map_or(String::new(), |l| l.1.to_string());
                row.push((text, usize::from(seen.width), seen.style, link));
            });
            trim(&mut row);
            (
                flags & !WRAPPED,
                flags & WRAPPED != 0 && line + 1 < end,
                row,
            )
        })
        .collect()
}

/// The rows that `old` gives in another width, said as plainly as can be.
fn broken(old: &[(u8, bool, Vec<Plain>)], cols: usize) -> Vec<(u8, bool, Vec<Plain>)> {
    let mut new = Vec::new();
    let (mut marks, mut text) = (0, Vec::new());
    for (flags, wrapped, row) in old {
        marks |= flags;
        let used = row
            .iter()
            .rposition(|g| !g.0.is_empty())
            .map_or(0, |i| i + 1);
        text.extend_from_slice(&row[..used]);
        if *wrapped {
            continue;
        }
        let (mut part, mut width) = (Vec::new(), 0);
        for glyph in text.drain(..) {
            if width + glyph.1 > cols {
                new.push((std::mem::take(&mut marks), true, std::mem::take(&mut part)));
                width = 0;
            }
            width += glyph.1;
            part.push(glyph);
        }
        for blank in &row[used..] {
            if width + blank.1 <= cols {
                width += blank.1;
                part.push(blank.clone());
            }
        }
        new.push((std::mem::take(&mut marks), false, part));
    }
    new.iter_mut().for_each(|row| trim(&mut row.2));
    new
}

#[test]
fn any_text_is_broken_by_the_rules() {
    for seed in 0..150 {
        let mut rng = Rng(7000 + seed);
        let mut t = terminal(100_000);
        write(&mut t, &mut rng, 60, true);
        t.advance(b"\x1b[99B\r\n");
        let cols = [2 + rng.below(18), 21 + rng.below(30)][rng.below(2)] as u16;
        let expected = broken(&rows(&t), usize::from(cols));
        t.apply(&Op::Resize(Size::new(cols, 4)));
        let got = rows(&t);
        for (line, (got, expected)) in got.iter().zip(&expected).enumerate() {
            assert_eq!(got, expected, "seed {seed}, {cols} columns, row {line}");
        }
        assert_eq!(got.len(), expected.len(), "seed {seed}");
    }
}

//! The ten workload shapes of bench/workloads.py, so that tests and the throughput example need no files.
//! Shapes, not bytes: the pseudo-random choices differ from the Python ones.

/// Columns, rows and how many bytes at least.
type Make = fn(usize, usize, usize) -> Vec<u8>;

/// Name and generator.
pub const SHAPES: &[(&str, Make)] = &[
    ("agent_tui", agent_tui),
    ("alt_random", alt_random),
    ("build_log", build_log),
    ("cursor_motion", cursor_motion),
    ("dense_cells", dense_cells),
    ("light_cells", light_cells),
    ("scroll_full", scroll_full),
    ("scroll_region", scroll_region),
    ("scroll_short", scroll_short),
    ("unicode", unicode),
];

const WORDS: &[&str] = &[
    "fn", "let", "match", "impl", "struct", "return", "self", "async", "await", "error", "warning",
    "note", "test", "build", "compile", "session", "pane", "client", "server", "grid", "cell",
    "buffer", "scroll", "parse", "write", "read", "poll", "the", "a", "of", "to", "in", "is",
    "for", "with", "that", "this", "from", "into", "result", "option", "string",
];

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }
    fn text(&mut self, n: usize) -> String {
        let mut s = String::new();
        while s.len() < n {
            s.push_str(self.word());
            s.push(' ');
        }
        s.truncate(n);
        s
    }
}

fn letters() -> impl Iterator<Item = char> {
    ('A'..='Z').cycle()
}

fn dense_cells(c: usize, h: usize, want: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (off, ch) in letters().enumerate() {
        out.extend_from_slice(b"\x1b[H");
        for i in (1..=h).flat_map(|line| (1..=c).map(move |col| line + col + off + 1)) {
            let (fg, bg) = (i % 156 + 100, 255 - i % 156);
            out.extend_from_slice(
                format!("\x1b[38;5;{fg}m\x1b[48;5;{bg}m\x1b[1m\x1b[3m\x1b[4m{ch}").as_bytes(),
            );
        }
        if out.len() >= want {
            return out;
        }
    }
    out
}

fn light_cells(c: usize, h: usize, want: usize) -> Vec<u8> {
    let mut out = String::new();
    for ch in letters() {
        out.push_str("\x1b[H");
        out.push_str(&vec![ch.to_string().repeat(c); h].join("\r\n"));
        if out.len() >= want {
            break;
        }
    }
    out.into_bytes()
}

fn scroll_short(_: usize, _: usize, want: usize) -> Vec<u8> {
    "y\r\n".repeat(want / 3 + 1).into_bytes()
}

fn scroll_full(c: usize, _: usize, want: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0.. {
        out.extend((0..c).map(|i| 33 + ((n + i) % 94) as u8));
        out.extend_from_slice(b"\r\n");
        if out.len() >= want {
            break;
        }
    }
    out
}

fn scroll_region(_: usize, h: usize, want: usize) -> Vec<u8> {
    let (top, bottom) = (3, h - 3);
    let mut out = format!("\x1b[2J\x1b[{top};{bottom}r\x1b[{bottom};1H");
    for n in 1.. {
        out.push_str(&format!("{n:08} {}\r\n", WORDS[n % WORDS.len()].repeat(3)));
        if out.len() >= want {
            break;
        }
    }
    out.into_bytes()
}

fn unicode(c: usize, _: usize, want: usize) -> Vec<u8> {
    let pools: Vec<Vec<char>> = [
        "日本語中文字符测试端末分割画面",
        "éèüñçøåßÆŒłžščřĐ",
        "─│┌┐└┘├┤┬┴┼═║╔╗╚╝▀▄█░▒▓",
        "привет мир как дела",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "한국어터미널세션분할",
    ]
    .iter()
    .map(|s| s.chars().collect())
    .collect();
    let emoji = ["😀", "🚀", "✅", "❌", "⚠️", "👩‍💻", "🇫🇷", "🏳️‍🌈", "👍🏽", "✨"];
    let mut r = Draw(1);
    let mut out = String::new();
    while out.len() < want {
        let mut w = 0;
        while w + 4 < c {
            match r.below(10) {
                0 => {
                    out.push_str(emoji[r.below(emoji.len())]);
                    w += 2;
                }
                1 => {
                    out.push_str("e\u{301}a\u{308}");
                    w += 2;
                }
                2 | 3 => {
                    let word = r.word();
                    out.push_str(&word[..word.len().min(4)]);
                    out.push(' ');
                    w += 5;
                }
                _ => {
                    let pool = &pools[r.below(pools.len())];
                    (0..3).for_each(|_| out.push(pool[r.below(pool.len())]));
                    w += 6;
                }
            }
        }
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn alt_random(c: usize, h: usize, want: usize) -> Vec<u8> {
    let mut r = Draw(2);
    let mut out = String::from("\x1b[?1049h");
    while out.len() < want {
        let (y, x, colour) = (1 + r.below(h), 1 + r.below(c), r.below(8));
        let letter = (b'a' + r.below(26) as u8) as char;
        out.push_str(&format!("\x1b[{y};{x}H\x1b[3{colour}m{letter}"));
    }
    out.into_bytes()
}

fn cursor_motion(c: usize, h: usize, want: usize) -> Vec<u8> {
    let mut out = String::new();
    for ch in ('A'..='J').cycle() {
        let (mut l, mut t, mut right, mut b) = (1, 1, c, h);
        while l <= right && t <= b {
            let mut put = |y: usize, x: usize| out.push_str(&format!("\x1b[{y};{x}H{ch}"));
            (l..=right).for_each(|x| put(t, x));
            (t + 1..=b).for_each(|y| put(y, right));
            (l..right).rev().for_each(|x| put(b, x));
            (t + 1..b).rev().for_each(|y| put(y, l));
            l += 1;
            t += 1;
            right -= 1;
            b -= 1;
        }
        if out.len() >= want {
            break;
        }
    }
    out.into_bytes()
}

fn agent_tui(c: usize, h: usize, want: usize) -> Vec<u8> {
    let spin: Vec<char> = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏".chars().collect();
    let (bar, block) = ("─".repeat(c - 2), 7);
    let mut r = Draw(3);
    let mut out = "\r\n".repeat(h);
    for n in 0.. {
        out.push_str("\x1b[?2026h\x1b[?25l");
        if n > 0 {
            out.push_str(&"\x1b[2K\x1b[1A".repeat(block));
            out.push_str("\x1b[2K\r");
        }
        if n % 4 == 0 {
            if r.below(3) == 0 {
                for _ in 0..3 {
                    out.push_str(&format!(
                        "\x1b[38;2;215;119;87m●\x1b[39m {}\r\n",
                        r.text(c - 12)
                    ));
                }
            } else {
                for i in 0..6 {
                    let (line, t) = (100 + r.below(800), r.text(c - 30));
                    out.push_str(&match i % 3 {
                        1 => format!("\x1b[48;2;34;92;43m\x1b[38;2;248;248;242m {line} + {t}\x1b[K\x1b[0m\r\n"),
                        2 => format!("\x1b[48;2;122;41;54m\x1b[38;2;248;248;242m {line} - {t}\x1b[K\x1b[0m\r\n"),
                        _ => format!(
                            "\x1b[2m {line}\x1b[22m   \x1b[38;2;249;38;114mlet\x1b[39m {} = \x1b[38;2;230;219;116m\"{}\"\x1b[39m;\r\n",
                            &t[..20],
                            &t[20..40]
                        ),
                    });
                }
            }
        }
        out.push_str(&format!(
            "\r\n\x1b[38;2;215;119;87m{} Thinking… \x1b[38;2;153;153;153m({}s · ↑ {} tokens · esc to interrupt)\x1b[39m\r\n\r\n",
            spin[n % 10],
            n / 10,
            n * 7 % 9973
        ));
        out.push_str(&format!("\x1b[38;2;136;136;136m╭{bar}╮\x1b[39m\r\n"));
        let typed = r.text(20);
        out.push_str(&format!(
            "\x1b[38;2;136;136;136m│\x1b[39m > {typed:<0$}\x1b[38;2;136;136;136m│\x1b[39m\r\n",
            c - 5
        ));
        out.push_str(&format!("\x1b[38;2;136;136;136m╰{bar}╯\x1b[39m\r\n"));
        out.push_str(&format!(
            "\x1b[2m  ? for shortcuts\x1b[22m\x1b[{}G\x1b[38;2;78;186;101mcontext left {}%\x1b[39m\r\n\x1b[?25h\x1b[?2026l",
            c - 24,
            100 - n % 100
        ));
        if out.len() >= want {
            break;
        }
    }
    out.into_bytes()
}

fn build_log(c: usize, _: usize, want: usize) -> Vec<u8> {
    let mut r = Draw(4);
    let mut out = String::new();
    let mut n = 0;
    while out.len() < want {
        n += 1;
        let line = match r.below(20) {
            0..=7 => format!(
                "test {}::{}::case_{n:05} ... \x1b[32mok\x1b[0m\r\n",
                r.word(),
                r.word()
            ),
            8..=11 => format!(
                "\x1b[1m\x1b[32m   Compiling\x1b[0m {}-{} v{}.{}.{}\r\n",
                r.word(),
                r.word(),
                r.below(9),
                r.below(20),
                r.below(9)
            ),
            12..=16 => format!(
                "2026-01-01T00:{:02}:{:02}.{:03}Z  INFO step={n} loss=0.{:04} lr=3.0e-4 {}\r\n",
                n / 60 % 60,
                n % 60,
                r.below(1000),
                r.below(10000),
                r.text(40)
            ),
            17 => format!(
                "\x1b[1m\x1b[33mwarning\x1b[0m\x1b[1m: unused variable: `{}`\x1b[0m\r\n\x1b[1m\x1b[34m  --> \x1b[0msrc/{}.rs:{}:{}\r\n",
                r.word(),
                r.word(),
                r.below(900),
                r.below(80)
            ),
            18 => {
                let flags: String = (0..12)
                    .map(|_| format!("-I../{}/include ", r.word()))
                    .collect();
                format!("gcc -O2 -Wall {flags} -c -o obj{n}.o src{n}.c\r\n")
            }
            _ => format!("{}\r\n", r.text(c * 2)),
        };
        out.push_str(&line);
    }
    out.into_bytes()
}

//! Streams of output, the same on every machine: about half a megabyte each, written again and again by the pane.

use std::fmt::Write;

use outlast_testkit::Rng;

/// Columns and rows that the streams are made for.
pub const SIZE: (u16, u16) = (120, 40);

/// Bytes of one stream.
const LEN: usize = 512 * 1024;

/// A stream: name, what it is, how it is made.
pub type Workload = (&'static str, &'static str, fn(&mut Rng) -> String);

/// All streams.
pub const ALL: [Workload; 6] = [
    ("ascii", "plain letters over the whole screen", ascii),
    ("scroll", "full lines that scroll", scroll),
    ("log", "a coloured build log", log),
    (
        "tui",
        "an agent's frames: boxes, true colour, cursor moves",
        tui,
    ),
    ("unicode", "CJK, emoji, accents, combining marks", unicode),
    ("dense", "every cell in its own colours", dense),
];

/// Makes a stream.
pub fn make(workload: &Workload) -> Vec<u8> {
    let mut rng = Rng::new(0x0ca5_7bec);
    let mut text = String::new();
    while text.len() < LEN {
        text += &(workload.2)(&mut rng);
    }
    text.into_bytes()
}

fn letters(rng: &mut Rng, count: u64) -> String {
    (0..count)
        .map(|_| (b'a' + rng.below(26) as u8) as char)
        .collect()
}

fn words(rng: &mut Rng, width: u64) -> String {
    let mut line = String::new();
    while (line.len() as u64) < width {
        let len = 2 + rng.below(8);
        line += &letters(rng, len);
        line.push(' ');
    }
    line.truncate(width as usize);
    line
}

fn ascii(rng: &mut Rng) -> String {
    let cells = u64::from(SIZE.0) * (u64::from(SIZE.1) - 2);
    format!("\x1b[H{}", letters(rng, cells))
}

fn scroll(rng: &mut Rng) -> String {
    words(rng, u64::from(SIZE.0) - 1) + "\r\n"
}

fn log(rng: &mut Rng) -> String {
    let (colour, level) = *rng.pick(&[(32, "INFO"), (33, "WARN"), (31, "ERROR"), (36, "DEBUG")]);
    let (minute, second) = (rng.below(60), rng.below(60));
    let target = letters(rng, 9);
    let width = 10 + rng.below(70);
    let text = words(rng, width);
    let line = rng.below(900);
    format!(
        "\x1b[2m12:{minute:02}:{second:02}\x1b[0m \x1b[1;{colour}m{level:5}\x1b[0m \x1b[34m{target}\x1b[0m: {text} \
         \x1b[4msrc/{target}.rs\x1b[0m:\x1b[33m{line}\x1b[0m\r\n"
    )
}

/// A frame: a box with text that is typed into, a spinner, a line of state; drawn from the bottom upwards, as the
/// agents' toolkit does it.
fn tui(rng: &mut Rng) -> String {
    let rows = 12 + rng.below(14);
    let width = 100;
    let mut frame = String::from("\x1b[?2026h\x1b[?25l");
    let _ = write!(frame, "\x1b[{}A\r", rows + 3);
    let spinner = *rng.pick(&['✶', '✳', '✢', '·', '✻']);
    let (red, green) = (180 + rng.below(60), 100 + rng.below(60));
    let _ = write!(
        frame,
        "\x1b[2K\x1b[38;2;{red};{green};87m{spinner} Thinking…\x1b[39m \x1b[2m({}s)\x1b[22m\r\n",
        rng.below(90)
    );
    let _ = write!(
        frame,
        "\x1b[2K\x1b[38;2;136;136;136m╭{}╮\x1b[39m\r\n",
        "─".repeat(width)
    );
    for _ in 0..rows {
        let len = rng.below(70);
        let text = words(rng, len);
        let bullet = if rng.one_in(4) {
            "\x1b[38;2;78;186;101m⏺\x1b[39m "
        } else {
            "  "
        };
        let shade = rng.below(200);
        let _ = write!(
            frame,
            "\x1b[2K\x1b[38;2;136;136;136m│\x1b[39m {bullet}\x1b[38;2;{shade};{shade};255m{text}\x1b[39m\x1b[{}G\x1b[38;2;136;136;136m│\x1b[39m\r\n",
            width + 2
        );
    }
    let _ = write!(
        frame,
        "\x1b[2K\x1b[38;2;136;136;136m╰{}╯\x1b[39m\r\n\x1b[?25h\x1b[?2026l",
        "─".repeat(width)
    );
    frame
}

fn unicode(rng: &mut Rng) -> String {
    let mut line = String::new();
    for _ in 0..30 {
        let scalar = match rng.below(8) {
            0 | 1 => 0x4e00 + rng.below(0x4000) as u32,
            2 => 0x3041 + rng.below(80) as u32,
            3 => 0x1f600 + rng.below(60) as u32,
            4 => 0xc0 + rng.below(0x100) as u32,
            5 => 0x391 + rng.below(60) as u32,
            6 => 0x410 + rng.below(64) as u32,
            _ => 0x2500 + rng.below(100) as u32,
        };
        line.extend(char::from_u32(scalar));
        if rng.one_in(6) {
            line += "e\u{301}";
        }
        line.push(' ');
    }
    line + "\r\n"
}

fn dense(rng: &mut Rng) -> String {
    let mut text = String::from("\x1b[H");
    for _ in 0..u64::from(SIZE.0) * (u64::from(SIZE.1) - 2) / 4 {
        let (fg, bg) = (rng.below(256), rng.below(256));
        let attribute = *rng.pick(&["1", "3", "4", "22", "24"]);
        let letter = letters(rng, 1);
        let _ = write!(text, "\x1b[38;5;{fg};48;5;{bg};{attribute}m{letter}");
    }
    text
}

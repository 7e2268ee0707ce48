//! Programs for panes that do harm. This test program plays them itself: `PROGRAM faults-role NAME …`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::roles;

type Result<T> = std::result::Result<T, String>;
type Role = (&'static str, fn(&[String]) -> Result<()>);

const ROLES: [Role; 4] = [
    ("hostile", hostile),
    ("eat", eat),
    ("bomb", bomb),
    ("sink", crate::paste::sink),
];

/// Plays one if the command line asks for it.
pub fn play() -> Option<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match words.split_first() {
        Some((mark, rest)) if mark == "faults-role" => rest.split_first()?,
        _ => return None,
    };
    let (_, role) = ROLES.iter().find(|(role, _)| role == name)?;
    Some(match role(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The shell command that plays one.
pub fn command(name: &str, words: &[&str]) -> Result<String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut line = format!(
        "exec {} faults-role {name}",
        roles::quote(&me.to_string_lossy())
    );
    for word in words {
        line += &format!(" {}", roles::quote(word));
    }
    Ok(line)
}

fn word(words: &[String], n: usize) -> Result<&str> {
    let word = words
        .get(n)
        .ok_or_else(|| format!("word {} is missing", n + 1))?;
    Ok(word)
}

fn number(words: &[String], n: usize) -> Result<u64> {
    let word = word(words, n)?;
    word.parse().map_err(|_| format!("no number: {word}"))
}

/// What a hostile program writes, piece by piece.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How much of it by default: pieces of `each`.
    pub amount: u64,
    first: &'static str,
    each: fn(u64) -> String,
    /// Ends it, so that the terminal shows text again.
    last: &'static str,
}

/// 64 KiB of the same.
fn chunk(_: u64) -> String {
    "x".repeat(64 * 1024)
}

/// Everything that is to be tried.
pub const KINDS: [Kind; 8] = [
    kind("osc", 1024, "\x1b]0;", chunk, "\x18"),
    kind("clipboard", 1024, "\x1b]52;c;", chunk, "\x18"),
    kind("dcs", 1024, "\x1bP1$q", chunk, "\x18"),
    kind("apc", 1024, "\x1b_", chunk, "\x18"),
    // Sixteen millions on one letter.
    kind("marks", 16_000, "a", |_| "\u{301}".repeat(1000), ""),
    // On as many letters as there are, different ones.
    kind("letters", 300_000, "", marked, ""),
    kind(
        "titles",
        100_000,
        "",
        |n| format!("\x1b]2;title {n} {}\x07", "t".repeat(200)),
        "",
    ),
    kind("links", 100_000, "", link, "\x1b]8;;\x1b\\"),
];

const fn kind(
    name: &'static str,
    amount: u64,
    first: &'static str,
    each: fn(u64) -> String,
    last: &'static str,
) -> Kind {
    Kind {
        name,
        amount,
        first,
        each,
        last,
    }
}

fn marked(n: u64) -> String {
    let mark = char::from_u32(0x300 + (n % 0x60) as u32).unwrap_or('\u{301}');
    let marks = std::iter::repeat_n(mark, 50);
    std::iter::once('b').chain(marks).collect()
}

fn link(n: u64) -> String {
    let far = "u".repeat(1000);
    format!("\x1b]8;id={n};http://host.example/{n}/{far}\x1b\\l")
}

/// One line without an end; its amount comes from the test.
pub const LINE: Kind = kind("line", 0, "", chunk, "");

/// `hostile KIND AMOUNT REPORT`: writes it, says `END OF KIND` on a line of its own, puts the seconds that it took into
/// REPORT and waits to be killed.
fn hostile(words: &[String]) -> Result<()> {
    let (name, amount, report) = (word(words, 0)?, number(words, 1)?, word(words, 2)?);
    let mut kinds = KINDS.iter().chain([&LINE]);
    let kind = kinds.find(|kind| kind.name == name).ok_or("no such kind")?;
    let start = Instant::now();
    let io = |error: std::io::Error| error.to_string();
    let mut out = std::io::BufWriter::with_capacity(64 * 1024, std::io::stdout());
    out.write_all(kind.first.as_bytes()).map_err(io)?;
    for n in 0..amount {
        out.write_all((kind.each)(n).as_bytes()).map_err(io)?;
    }
    write!(out, "{}\r\nEND OF {name}\r\n", kind.last).map_err(io)?;
    out.flush().map_err(io)?;
    let text = start.elapsed().as_secs_f64().to_string();
    std::fs::write(format!("{report}.new"), text).map_err(io)?;
    std::fs::rename(format!("{report}.new"), report).map_err(io)?;
    loop {
        std::thread::park();
    }
}

/// `eat MOST`: uses memory until somebody ends it, at most MOST MiB (then it says so and ends).
fn eat(words: &[String]) -> Result<()> {
    let most = number(words, 0)?;
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    for n in 0..most {
        // Nothing that could be kept once for all.
        let page = |at: usize| (n as usize).wrapping_mul(31).wrapping_add(at / 64) as u8;
        eaten.push((0..1 << 20).map(page).collect());
    }
    Err(format!("{} MiB and nobody minds", eaten.len()))
}

/// `bomb STOP`: starts itself again and again, as do those that it starts, until the file STOP exists.
fn bomb(words: &[String]) -> Result<()> {
    let stop = word(words, 0)?;
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    while !Path::new(stop).exists() {
        let mut command = Command::new(&me);
        command.args(["faults-role", "bomb", stop]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Children are never waited for: an ended one takes up a number as well.
        if command.spawn().is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

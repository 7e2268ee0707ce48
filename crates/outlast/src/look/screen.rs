//! A list on the whole terminal: what [`super::pick`] and [`crate::agent::resume`] share. What is shown and what a key does is
//! theirs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use outlast_sys::poll::{Interest, Poll};
use outlast_sys::raw_tty::RawTty;
use outlast_sys::signal::{self, Signals};
use outlast_term::keys::decode::{Decoder, Input};
use outlast_term::keys::mouse::{MouseKind, decode_raw};
use outlast_term::keys::{Code, Mods};
use outlast_term::width::text_width;

use super::list::{self, Line};

/// The list is asked for anew so often while somebody looks at it.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the rest of a key's bytes is waited for.
const ESCAPE: Duration = Duration::from_millis(50);

/// What is on the terminal.
pub trait Shown {
    /// What somebody chooses.
    type Chosen;

    /// The picture: every row whole. `now` in seconds since 1970; columns and rows.
    fn rows(&mut self, now: i64, size: (usize, usize)) -> Vec<Row>;

    /// A key, a paste, the mouse. Some: that was a choice.
    fn input(&mut self, input: Input) -> Option<Self::Chosen>;

    /// Some time has passed.
    fn refresh(&mut self);
}

/// What a key did to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Another one may be the chosen one.
    Yes,
    /// The chosen one is wanted.
    Take,
    /// It is no key for that.
    No,
}

/// Which of a list is the chosen one, and which part of it is seen.
#[derive(Debug, Default)]
pub struct Cursor {
    /// The chosen one.
    pub chosen: usize,
    /// First line shown.
    top: usize,
    /// Rows for the list, as of the last picture.
    rows: usize,
    /// Which one each row of the last picture belongs to, from the row below the title.
    places: Vec<usize>,
}

impl Cursor {
    fn step(&mut self, by: isize, count: usize) -> Moved {
        let last = count.saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
        Moved::Yes
    }

    /// A key or the mouse, over a list of so many.
    pub fn input(&mut self, input: &Input, count: usize) -> Moved {
        let page = (self.rows / 3).max(1) as isize;
        let by = match input {
            Input::Mouse(report) => {
                let raw = decode_raw(report.raw, report.release);
                match raw.kind {
                    MouseKind::WheelUp => -1,
                    MouseKind::WheelDown => 1,
                    MouseKind::Down => {
                        let row = usize::from(report.y).checked_sub(1);
                        let place = row.and_then(|row| self.places.get(row).copied());
                        self.chosen = place.unwrap_or(self.chosen);
                        return place.map_or(Moved::No, |_| Moved::Take);
                    }
                    _ => return Moved::No,
                }
            }
            Input::Key(key) => match (key.code, key.mods) {
                (Code::Up, _) | (Code::Char('k'), Mods(0)) | (Code::Char('p'), Mods::CTRL) => -1,
                (Code::Down, _) | (Code::Char('j'), Mods(0)) | (Code::Char('n'), Mods::CTRL) => 1,
                (Code::PageUp, _) => -page,
                (Code::PageDown, _) => page,
                (Code::Home, _) | (Code::Char('g'), Mods(0)) => isize::MIN,
                (Code::End, _) | (Code::Char('G'), Mods(0)) => isize::MAX,
                (Code::Enter, _) => return Moved::Take,
                (Code::Char(digit @ '1'..='9'), Mods(0)) => {
                    let number = digit as usize - '1' as usize;
                    if number >= count {
                        return Moved::No;
                    }
                    self.chosen = number;
                    return Moved::Take;
                }
                _ => return Moved::No,
            },
            _ => return Moved::No,
        };
        self.step(by, count)
    }

    /// The rows of the list, so many at most.
    pub fn picture(&mut self, lines: &[Line], cols: usize, rows: usize) -> Vec<Row> {
        self.rows = rows.max(1);
        let mine = |line: &Line| line.session == self.chosen;
        let first = lines.iter().position(mine).unwrap_or(0);
        let last = lines.iter().rposition(mine).unwrap_or(0);
        // As little movement as shows all of the chosen one, and its name in any case.
        if last >= self.top + self.rows {
            self.top = last + 1 - self.rows;
        }
        self.top = self.top.min(first);
        let shown = lines.iter().skip(self.top).take(self.rows);
        self.places = shown.clone().map(|line| line.session).collect();
        let row = |line: &Line| {
            let chosen = line.session == self.chosen;
            let mark = if chosen && line.head { "▸ " } else { "  " };
            let look = match (line.head, chosen) {
                (true, true) => Look::Chosen,
                (true, false) => Look::Plain,
                (false, _) => Look::Dim,
            };
            Row::new(&format!("{mark}{}", line.text), cols, look)
        };
        shown.map(row).collect()
    }
}

/// How a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As text is.
    Plain,
    /// The first row.
    Title,
    /// What Enter would take.
    Chosen,
    /// Less than the others.
    Dim,
    /// What is asked, or went wrong.
    Prompt,
}

/// A row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it says.
    pub text: String,
    /// How.
    pub look: Look,
}

impl Row {
    /// A row of so many columns.
    pub fn new(text: &str, cols: usize, look: Look) -> Row {
        let mut text = list::fit(text, cols);
        if look == Look::Chosen {
            let pad = cols.saturating_sub(text_width(&text));
            text.extend(std::iter::repeat_n(' ', pad));
        }
        Row { text, look }
    }

    fn put(&self, out: &mut String) {
        out.push_str(match self.look {
            Look::Plain => "",
            Look::Title | Look::Prompt => "\x1b[1m",
            Look::Chosen => "\x1b[7m",
            Look::Dim => "\x1b[2m",
        });
        out.push_str(&self.text);
        out.push_str("\x1b[m\x1b[K");
    }
}

/// The terminal while the list is on it; given back when this is dropped.
struct Screen {
    tty: RawTty,
    out: io::Stdout,
}

impl Screen {
    fn take() -> io::Result<Screen> {
        let tty = RawTty::new(io::stdin().as_fd().try_clone_to_owned()?)?;
        let mut screen = Screen {
            tty,
            out: io::stdout(),
        };
        screen.write("\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h")?;
        Ok(screen)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn draw(&mut self, shown: &mut impl Shown) -> io::Result<()> {
        let (cols, rows) = self.tty.size()?;
        let now = outlast_sys::clock::unix_seconds();
        let mut out = String::from("\x1b[?2026h\x1b[H");
        let size = (usize::from(cols.max(1)), usize::from(rows.max(1)));
        for (number, row) in shown.rows(now, size).iter().enumerate() {
            if number > 0 {
                out.push_str("\r\n");
            }
            row.put(&mut out);
        }
        out.push_str("\x1b[?2026l");
        self.write(&out)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have gone.
        let _ = self.write("\x1b[?2004l\x1b[?1006l\x1b[?1000l\x1b[?25h\x1b[?1049l");
    }
}

/// Shows it until somebody has chosen. None: they have left.
///
/// # Errors
/// The terminal's.
pub fn show<S: Shown>(shown: &mut S) -> io::Result<Option<S::Chosen>> {
    let signals = Signals::new(&[
        signal::SIGWINCH,
        signal::SIGTERM,
        signal::SIGHUP,
        signal::SIGINT,
    ])?;
    let mut screen = Screen::take()?;
    let poll = Poll::new()?;
    poll.add(&screen.tty, 0, Interest::IN)?;
    poll.add(&signals, 1, Interest::IN)?;
    // Not stdin's buffer: what is typed behind the choice belongs to what comes next.
    let mut input = File::from(screen.tty.as_fd().try_clone_to_owned()?);
    let mut decoder = Decoder::default();
    loop {
        screen.draw(shown)?;
        let pending = decoder.is_pending();
        let mut typed = false;
        let mut woken = false;
        poll.wait(Some(if pending { ESCAPE } else { AGAIN }), |ready| {
            typed |= ready.token == 0;
            woken = true;
        })?;
        while let Some(number) = signals.next_signal() {
            if number != signal::SIGWINCH {
                return Ok(None);
            }
        }
        let mut inputs = Vec::new();
        if typed {
            let mut buffer = [0; 1024];
            match input.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(n) => decoder.push(&buffer[..n], &mut inputs),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        } else if pending {
            decoder.flush(&mut inputs);
        } else if !woken {
            shown.refresh();
        }
        for input in inputs {
            if let Some(chosen) = shown.input(input) {
                return Ok(Some(chosen));
            }
        }
    }
}

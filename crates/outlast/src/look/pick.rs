//! `outlast` with no argument: the list of sessions, to look at and to choose from with arrows, digits or a finger.
//!
//! The state ([`List`]) is apart from the terminal ([`run`]), so that keys and pictures are tested as tables.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use outlast_sys::poll::{Interest, Poll};
use outlast_sys::raw_tty::RawTty;
use outlast_sys::signal::{self, Signals};
use outlast_term::keys::decode::{Decoder, Input};
use outlast_term::keys::mouse::{MouseKind, decode_raw};
use outlast_term::keys::{Code, Key, Mods};
use outlast_term::width::text_width;

use super::list::{self, Session};
use crate::ask::ask;
use crate::flags::Flags;

/// The list is asked for anew so often while somebody looks at it.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the rest of a key's bytes is waited for.
const ESCAPE: Duration = Duration::from_millis(50);
/// Rows that are not the list's: title and help.
const OTHER_ROWS: usize = 2;

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// This command line is to be run.
    Run(Vec<String>),
    /// Nothing.
    Leave,
}

/// What is asked for in the last row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Prompt {
    /// The name of a new session.
    Name(String),
    /// Whether to end this one.
    Kill(String),
}

/// What a key leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    Stay,
    Leave,
    Attach(String),
    New(String),
    Kill(String),
}

/// The list as it stands.
#[derive(Debug, Default)]
struct List {
    sessions: Vec<Session>,
    chosen: usize,
    /// First line shown.
    top: usize,
    prompt: Option<Prompt>,
    /// What went wrong last.
    trouble: String,
    /// Rows for the list, as of the last picture.
    rows: usize,
    /// Which session each row of the last picture belongs to, from the row below the title.
    places: Vec<usize>,
}

impl List {
    fn update(&mut self, sessions: Vec<Session>) {
        let name = self
            .sessions
            .get(self.chosen)
            .map(|session| session.name.clone());
        let again = name.and_then(|name| sessions.iter().position(|session| session.name == name));
        self.chosen = again.unwrap_or(self.chosen.min(sessions.len().saturating_sub(1)));
        self.sessions = sessions;
    }

    fn name(&self) -> Option<String> {
        Some(self.sessions.get(self.chosen)?.name.clone())
    }

    fn step(&mut self, by: isize) {
        let last = self.sessions.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    fn input(&mut self, input: Input) -> Then {
        match input {
            Input::Key(key) if self.prompt.is_some() => self.prompt_key(key),
            Input::Key(key) => self.key(key),
            Input::Paste { bytes, .. } => {
                if let Some(Prompt::Name(name)) = &mut self.prompt {
                    let text = String::from_utf8_lossy(&bytes);
                    name.extend(text.chars().filter(|c| !c.is_control()));
                }
                Then::Stay
            }
            Input::Mouse(report) => {
                let raw = decode_raw(report.raw, report.release);
                match raw.kind {
                    MouseKind::WheelUp => self.step(-1),
                    MouseKind::WheelDown => self.step(1),
                    MouseKind::Down if self.prompt.is_none() => {
                        let row = usize::from(report.y).checked_sub(1);
                        if let Some(session) = row.and_then(|row| self.places.get(row)) {
                            self.chosen = *session;
                            return self.name().map_or(Then::Stay, Then::Attach);
                        }
                    }
                    _ => {}
                }
                Then::Stay
            }
            Input::Reply(_) => Then::Stay,
        }
    }

    fn key(&mut self, key: Key) -> Then {
        self.trouble.clear();
        let page = (self.rows / 3).max(1) as isize;
        match (key.code, key.mods) {
            (Code::Up, _) | (Code::Char('k'), Mods(0)) | (Code::Char('p'), Mods::CTRL) => {
                self.step(-1)
            }
            (Code::Down, _) | (Code::Char('j'), Mods(0)) | (Code::Char('n'), Mods::CTRL) => {
                self.step(1)
            }
            (Code::PageUp, _) => self.step(-page),
            (Code::PageDown, _) => self.step(page),
            (Code::Home, _) | (Code::Char('g'), Mods(0)) => self.step(isize::MIN),
            (Code::End, _) | (Code::Char('G'), Mods(0)) => self.step(isize::MAX),
            (Code::Enter, _) => {
                return self
                    .name()
                    .map_or_else(|| Then::New(String::new()), Then::Attach);
            }
            (Code::Char(digit @ '1'..='9'), Mods(0)) => {
                let number = digit as usize - '1' as usize;
                if number < self.sessions.len() {
                    self.chosen = number;
                    return self.name().map_or(Then::Stay, Then::Attach);
                }
            }
            (Code::Char('n'), Mods(0)) => self.prompt = Some(Prompt::Name(String::new())),
            (Code::Char('x'), Mods(0)) => self.prompt = self.name().map(Prompt::Kill),
            (Code::Char('q') | Code::Escape, Mods(0)) | (Code::Char('c' | 'd'), Mods::CTRL) => {
                return Then::Leave;
            }
            _ => {}
        }
        Then::Stay
    }

    fn prompt_key(&mut self, key: Key) -> Then {
        let Some(prompt) = self.prompt.take() else {
            return Then::Stay;
        };
        match (prompt, key.code, key.mods) {
            (_, Code::Escape, _) | (_, Code::Char('c' | 'g'), Mods::CTRL) => Then::Stay,
            (Prompt::Kill(name), Code::Char('y' | 'Y'), Mods(0)) => Then::Kill(name),
            (Prompt::Kill(_), ..) => Then::Stay,
            (Prompt::Name(name), Code::Enter, _) => Then::New(name),
            (Prompt::Name(mut name), Code::Backspace, _) => {
                name.pop();
                self.prompt = Some(Prompt::Name(name));
                Then::Stay
            }
            (Prompt::Name(mut name), code, mods) => {
                if let (Code::Char(c), Mods(0)) = (code, mods) {
                    name.push(c);
                }
                self.prompt = Some(Prompt::Name(name));
                Then::Stay
            }
        }
    }

    /// The picture: every row whole, without what makes it look (that is put around it), and which one is chosen.
    fn rows(&mut self, now: i64, (cols, rows): (usize, usize)) -> Vec<Row> {
        let lines = list::lines(&self.sessions, now, cols.saturating_sub(2));
        self.rows = rows.saturating_sub(OTHER_ROWS).max(1);
        let mine = |line: &list::Line| line.session == self.chosen;
        let first = lines.iter().position(mine).unwrap_or(0);
        let last = lines.iter().rposition(mine).unwrap_or(0);
        // As little movement as shows all of the chosen one, and its name in any case.
        if last >= self.top + self.rows {
            self.top = last + 1 - self.rows;
        }
        self.top = self.top.min(first);
        let title = match self.sessions.len() {
            0 => "outlast: no session yet".into(),
            1 => "outlast: 1 session".into(),
            count => format!("outlast: {count} sessions"),
        };
        let mut picture = vec![Row::new(&title, cols, Look::Title)];
        let shown = lines.iter().skip(self.top).take(self.rows);
        self.places = shown.clone().map(|line| line.session).collect();
        for line in shown {
            let chosen = line.session == self.chosen;
            let mark = if chosen && line.head { "▸ " } else { "  " };
            let look = match (line.head, chosen) {
                (true, true) => Look::Chosen,
                (true, false) => Look::Plain,
                (false, _) => Look::Dim,
            };
            picture.push(Row::new(&format!("{mark}{}", line.text), cols, look));
        }
        picture.resize_with(rows.saturating_sub(1).max(1), || {
            Row::new("", cols, Look::Plain)
        });
        let (text, look) = match &self.prompt {
            Some(Prompt::Name(name)) => (format!("name of the new session: {name}"), Look::Prompt),
            Some(Prompt::Kill(name)) => (format!("end {name} and all in it? (y/n)"), Look::Prompt),
            None if !self.trouble.is_empty() => (self.trouble.clone(), Look::Prompt),
            None if self.sessions.is_empty() => {
                ("enter: new  n: named  q: leave".into(), Look::Dim)
            }
            None => ("↑↓ enter: attach  n: new  x: end  q".into(), Look::Dim),
        };
        picture.push(Row::new(&text, cols, look));
        picture
    }
}

/// How a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Plain,
    Title,
    Chosen,
    Dim,
    Prompt,
}

/// A row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    text: String,
    look: Look,
}

impl Row {
    fn new(text: &str, cols: usize, look: Look) -> Row {
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

    fn draw(&mut self, list: &mut List) -> io::Result<()> {
        let (cols, rows) = self.tty.size()?;
        let now = outlast_sys::clock::unix_seconds();
        let mut out = String::from("\x1b[?2026h\x1b[H");
        let size = (usize::from(cols.max(1)), usize::from(rows.max(1)));
        for (number, row) in list.rows(now, size).iter().enumerate() {
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

/// Shows the list and says what was chosen; without a terminal it is printed.
///
/// # Errors
/// Text for stderr.
pub fn run(flags: &Flags) -> Result<Chosen, String> {
    let sessions = super::sessions(flags)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let now = outlast_sys::clock::unix_seconds();
        let lines = list::lines(&sessions, now, 60);
        let text: String = lines
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect();
        // Who reads may have had enough.
        let _ = write!(io::stdout(), "{text}");
        return Ok(Chosen::Leave);
    }
    let mut list = List::default();
    list.update(sessions);
    look(flags, &mut list).map_err(|error| crate::socket::reason(&error))
}

fn look(flags: &Flags, list: &mut List) -> io::Result<Chosen> {
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
        screen.draw(list)?;
        let pending = decoder.is_pending();
        let mut typed = false;
        let mut woken = false;
        poll.wait(Some(if pending { ESCAPE } else { AGAIN }), |ready| {
            typed |= ready.token == 0;
            woken = true;
        })?;
        while let Some(number) = signals.next_signal() {
            if number != signal::SIGWINCH {
                return Ok(Chosen::Leave);
            }
        }
        let mut inputs = Vec::new();
        if typed {
            let mut buffer = [0; 1024];
            match input.read(&mut buffer) {
                Ok(0) => return Ok(Chosen::Leave),
                Ok(n) => decoder.push(&buffer[..n], &mut inputs),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        } else if pending {
            decoder.flush(&mut inputs);
        } else if !woken {
            refresh(flags, list);
        }
        for input in inputs {
            match list.input(input) {
                Then::Stay => {}
                Then::Leave => return Ok(Chosen::Leave),
                Then::Attach(name) => return Ok(Chosen::Run(attach(flags, &name))),
                Then::New(name) => match create(flags, &name) {
                    Ok(words) => return Ok(Chosen::Run(words)),
                    Err(text) => list.trouble = one_line(&text),
                },
                Then::Kill(name) => {
                    let target = format!("={name}");
                    if let Err(text) = ask(flags, false, &["kill-session", "-t", &target]) {
                        list.trouble = one_line(&text);
                    }
                    refresh(flags, list);
                }
            }
        }
    }
}

fn refresh(flags: &Flags, list: &mut List) {
    // A server that has just ended has no sessions; a new one is started only when somebody asks for a session.
    list.update(
        match ask(flags, false, &["list-panes", "-a", "-F", list::FORMAT]) {
            Ok(text) => list::read(&text),
            Err(_) => Vec::new(),
        },
    );
}

/// Whether we are in a pane of the server that is asked: then its client goes there, rather than one in the other.
fn is_inside(flags: &Flags) -> bool {
    let socket = crate::socket::path(flags.path.as_deref(), flags.name.as_deref());
    let pane = std::env::var("TMUX").unwrap_or_default();
    let within = pane.split(',').next().unwrap_or_default();
    !within.is_empty() && socket.is_ok_and(|socket| socket.as_os_str() == within)
}

fn attach(flags: &Flags, name: &str) -> Vec<String> {
    let verb = match is_inside(flags) {
        true => "switch-client",
        false => "attach-session",
    };
    vec![verb.into(), "-t".into(), format!("={name}")]
}

/// The command line that makes a session and shows it. Below a pane it is made here, and then gone to.
fn create(flags: &Flags, name: &str) -> Result<Vec<String>, String> {
    let mut words = vec!["new-session"];
    let inside = is_inside(flags);
    if inside {
        words.extend(["-d", "-P", "-F", "#{session_name}"]);
    }
    if !name.is_empty() {
        words.extend(["-s", name]);
    }
    if inside {
        let made = ask(flags, false, &words)?;
        return Ok(attach(flags, made.trim_end()));
    }
    Ok(words.into_iter().map(String::from).collect())
}

fn one_line(text: &str) -> String {
    text.trim_end().replace('\n', ": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, windows: usize) -> Session {
        Session {
            name: name.into(),
            activity: 100,
            windows: vec![
                list::Window {
                    index: "0".into(),
                    name: "w".into(),
                    panes: vec!["sh".into()],
                    ..list::Window::default()
                };
                windows
            ],
            ..Session::default()
        }
    }

    fn keys(list: &mut List, bytes: &[u8]) -> Then {
        let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
        decoder.push(bytes, &mut inputs);
        decoder.flush(&mut inputs);
        let mut then = Then::Stay;
        for input in inputs {
            assert_eq!(then, Then::Stay, "keys behind a choice");
            then = list.input(input);
        }
        then
    }

    fn list() -> List {
        let mut list = List::default();
        list.update(vec![session("a", 1), session("b", 3), session("c", 1)]);
        list
    }

    #[test]
    fn keys_choose() {
        for (bytes, then) in [
            (&b"\r"[..], Then::Attach("a".into())),
            (b"\x1b[B\r", Then::Attach("b".into())),
            (b"jj\r", Then::Attach("c".into())),
            (b"jjjjjk\r", Then::Attach("b".into())),
            (b"G\x1b[A\r", Then::Attach("b".into())),
            (b"3", Then::Attach("c".into())),
            (b"4q", Then::Leave),
            (b"\x1b", Then::Leave),
            (b"\x03", Then::Leave),
            (b"nxyz\x7f!\r", Then::New("xy!".into())),
            (b"n\r", Then::New(String::new())),
            (b"n\x1b[200~pasted\n\x1b[201~\r", Then::New("pasted".into())),
            (b"jxy", Then::Kill("b".into())),
            (b"xnq", Then::Leave),
        ] {
            let mut list = list();
            list.rows(100, (40, 20));
            assert_eq!(keys(&mut list, bytes), then, "{bytes:?}");
        }
        assert_eq!(keys(&mut List::default(), b"\r"), Then::New(String::new()));
        assert_eq!(keys(&mut List::default(), b"x1q"), Then::Leave);
    }

    #[test]
    fn a_finger_chooses() {
        let mut list = list();
        list.rows(100, (40, 20));
        // Row 4 of the terminal is the second window of b.
        assert_eq!(keys(&mut list, b"\x1b[<0;5;5M"), Then::Attach("b".into()));
        assert_eq!(keys(&mut list, b"\x1b[<0;5;1M\x1b[<0;5;15M"), Then::Stay);
        assert_eq!(
            keys(&mut list, b"\x1b[<65;5;1M\r"),
            Then::Attach("c".into())
        );
    }

    #[test]
    fn the_chosen_one_is_on_the_picture() {
        let mut list = list();
        let texts = |list: &mut List, rows| -> Vec<String> {
            let picture = list.rows(100, (24, rows));
            assert_eq!(picture.len(), rows.max(2));
            assert!(picture.iter().all(|row| text_width(&row.text) <= 24));
            picture.into_iter().map(|row| row.text).collect()
        };
        assert_eq!(
            texts(&mut list, 6),
            [
                "outlast: 3 sessions",
                "▸ a  1 window        now",
                "    0 w  sh",
                "  b  3 windows       now",
                "    0 w  sh",
                "↑↓ enter: attach  n: ne…"
            ]
        );
        keys(&mut list, b"G");
        assert_eq!(
            texts(&mut list, 4)[1..3],
            ["▸ c  1 window        now", "    0 w  sh"]
        );
        keys(&mut list, b"k");
        // Higher than the picture: its name in any case.
        assert_eq!(texts(&mut list, 4)[1], "▸ b  3 windows       now");
        keys(&mut list, b"gx");
        assert_eq!(texts(&mut list, 4)[3], "end a and all in it? (y…");
        texts(&mut list, 1);
    }

    #[test]
    fn a_choice_outlives_what_comes_and_goes() {
        let mut list = list();
        keys(&mut list, b"j");
        list.update(vec![session("b", 1), session("z", 1)]);
        assert_eq!(list.name().as_deref(), Some("b"));
        list.update(vec![session("z", 1)]);
        assert_eq!(list.name().as_deref(), Some("z"));
        list.update(Vec::new());
        assert_eq!(list.name(), None);
    }
}

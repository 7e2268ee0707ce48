//! `outlast` with no argument: the list of sessions, to look at and to choose from with arrows, digits or a finger.
//!
//! The state ([`List`]) is apart from the terminal ([`super::screen`]), so that keys and pictures are tested as tables.

use std::io::{self, IsTerminal, Write};

use outlast_term::keys::decode::Input;
use outlast_term::keys::{Code, Key, Mods};

use super::list::{self, Session};
use super::screen::{self, Cursor, Look, Moved, Row, Shown};
use crate::ask::ask;
use crate::flags::Flags;

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
    cursor: Cursor,
    prompt: Option<Prompt>,
    /// What went wrong last.
    trouble: String,
}

impl List {
    fn update(&mut self, sessions: Vec<Session>) {
        let name = self
            .sessions
            .get(self.cursor.chosen)
            .map(|session| session.name.clone());
        let again = name.and_then(|name| sessions.iter().position(|session| session.name == name));
        let last = sessions.len().saturating_sub(1);
        self.cursor.chosen = again.unwrap_or(self.cursor.chosen.min(last));
        self.sessions = sessions;
    }

    fn name(&self) -> Option<String> {
        Some(self.sessions.get(self.cursor.chosen)?.name.clone())
    }

    fn input(&mut self, input: Input) -> Then {
        match input {
            Input::Key(key) if self.prompt.is_some() => return self.prompt_key(key),
            Input::Paste { bytes, .. } => {
                if let Some(Prompt::Name(name)) = &mut self.prompt {
                    let text = String::from_utf8_lossy(&bytes);
                    name.extend(text.chars().filter(|c| !c.is_control()));
                }
                return Then::Stay;
            }
            _ if self.prompt.is_some() => return Then::Stay,
            _ => {}
        }
        if matches!(input, Input::Key(_)) {
            self.trouble.clear();
        }
        match (self.cursor.input(&input, self.sessions.len()), input) {
            (Moved::Take, Input::Key(_)) => self
                .name()
                .map_or_else(|| Then::New(String::new()), Then::Attach),
            (Moved::Take, _) => self.name().map_or(Then::Stay, Then::Attach),
            (Moved::No, Input::Key(key)) => self.key(key),
            _ => Then::Stay,
        }
    }

    fn key(&mut self, key: Key) -> Then {
        match (key.code, key.mods) {
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
        let title = match self.sessions.len() {
            0 => "outlast: no session yet".into(),
            1 => "outlast: 1 session".into(),
            count => format!("outlast: {count} sessions"),
        };
        let mut picture = vec![Row::new(&title, cols, Look::Title)];
        let room = rows.saturating_sub(OTHER_ROWS);
        picture.extend(self.cursor.picture(&lines, cols, room));
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
    let chosen = screen::show(&mut OnScreen { flags, list });
    let chosen = chosen.map_err(|error| crate::socket::reason(&error))?;
    Ok(chosen.unwrap_or(Chosen::Leave))
}

/// The list on the terminal, and the server that it is of.
struct OnScreen<'a> {
    flags: &'a Flags,
    list: List,
}

impl Shown for OnScreen<'_> {
    type Chosen = Chosen;

    fn rows(&mut self, now: i64, size: (usize, usize)) -> Vec<Row> {
        self.list.rows(now, size)
    }

    fn input(&mut self, input: Input) -> Option<Chosen> {
        let (flags, list) = (self.flags, &mut self.list);
        match list.input(input) {
            Then::Stay => {}
            Then::Leave => return Some(Chosen::Leave),
            Then::Attach(name) => return Some(Chosen::Run(attach(flags, &name))),
            Then::New(name) => match create(flags, &name) {
                Ok(words) => return Some(Chosen::Run(words)),
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
        None
    }

    fn refresh(&mut self) {
        refresh(self.flags, &mut self.list);
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
    use outlast_term::keys::decode::Decoder;
    use outlast_term::width::text_width;

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

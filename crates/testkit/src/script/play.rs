//! Plays a script on a stage.

use regex_lite::Regex;

use super::expect;
use super::parse::{Said, Step, StepKind};
use crate::{Output, Picture, Result, at, keys};

/// Whatever can run commands and show terminals. Names of clients are the script's.
pub trait Stage {
    /// Values of `<SOCKET>`, `<HOME>` … on this stage. They are replaced in what a script runs and expects.
    fn places(&self) -> Vec<(&'static str, String)>;
    /// A tmux command, to its end.
    fn command(&mut self, words: &[String]) -> Result<Output>;
    /// A shell command, to its end.
    fn shell(&mut self, line: &str) -> Result<Output>;
    /// Says that a command will be tried again after `tries` tries; false: long enough.
    fn again(&mut self, tries: u32) -> bool;
    /// A file below the home.
    fn file(&mut self, name: &str, text: &str) -> Result<()>;
    /// A variable for what is started from now on.
    fn env(&mut self, name: &str, value: Option<&str>);
    /// A tmux command on a terminal.
    fn client(&mut self, name: &str, size: (u16, u16), words: &[String]) -> Result<()>;
    /// Bytes typed at a client.
    fn input(&mut self, client: &str, bytes: &[u8]) -> Result<()>;
    /// A client's terminal has another size.
    fn resize(&mut self, client: &str, size: (u16, u16)) -> Result<()>;
    /// `hangup`, `kill`, `stop`, `continue`, `terminate` for a client's process.
    fn signal(&mut self, client: &str, what: &str) -> Result<()>;
    /// A client's terminal goes away.
    fn cut(&mut self, client: &str) -> Result<()>;
    /// What a client shows now.
    fn picture(&mut self, client: &str) -> Result<Picture>;
    /// Waits until a client shows what is wanted.
    fn wait(&mut self, client: &str, done: &mut dyn FnMut(&Picture) -> bool) -> Result<Picture>;
    /// Waits until a client shows nothing new (for bless).
    fn settle(&mut self, client: &str);
    /// A client's end and its exit status.
    fn end(&mut self, client: &str) -> Result<i32>;
    /// kill -9 of the server.
    fn kill_server(&mut self) -> Result<()>;
}

/// Expectations that did not hold and what was there instead: (step, lines of the file).
pub type Blessed = Vec<(usize, Vec<String>)>;

/// Walks through steps.
pub struct Player<'a> {
    stage: &'a mut dyn Stage,
    client: String,
    places: Vec<(&'static str, String)>,
    /// Some: note what differs instead of failing.
    blessed: Option<Blessed>,
}

impl<'a> Player<'a> {
    /// On this stage.
    pub fn new(stage: &'a mut dyn Stage) -> Player<'a> {
        let places = stage.places();
        Player {
            stage,
            client: "main".into(),
            places,
            blessed: None,
        }
    }

    /// Plays all steps; the error begins with the line's number.
    pub fn play(&mut self, steps: &[Step]) -> Result<()> {
        for (at, step) in steps.iter().enumerate() {
            self.step(at, &step.kind)
                .map_err(|error| format!("line {}: {error}", step.line))?;
        }
        Ok(())
    }

    /// Plays all steps and answers with what differs.
    pub fn bless(mut self, steps: &[Step]) -> Result<Blessed> {
        self.blessed = Some(Vec::new());
        self.play(steps)?;
        Ok(self.blessed.unwrap_or_default())
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_string();
        for (name, value) in &self.places {
            if text.contains(name) {
                text = text.replace(name, value);
            }
        }
        text
    }

    fn all_filled(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.filled(text)).collect()
    }

    fn step(&mut self, at_step: usize, kind: &StepKind) -> Result<()> {
        let client = self.client.clone();
        match kind {
            StepKind::Command { words, until, said } => {
                let words = self.all_filled(words);
                self.said(at_step, said, *until, &mut |stage| stage.command(&words))
            }
            StepKind::Shell { line, until, said } => {
                let line = self.filled(line);
                self.said(at_step, said, *until, &mut |stage| stage.shell(&line))
            }
            StepKind::Client { name, size, words } => {
                let words = self.all_filled(words);
                self.stage.client(name, *size, &words)?;
                self.client = name.clone();
                Ok(())
            }
            StepKind::On(name) => {
                self.client = name.clone();
                Ok(())
            }
            StepKind::Type(bytes) => {
                let text = self.filled(&String::from_utf8_lossy(bytes));
                let bytes = if text.contains('\u{fffd}') {
                    bytes.clone()
                } else {
                    text.into_bytes()
                };
                self.stage.input(&client, &bytes)
            }
            StepKind::Key(names) => {
                let application = self.stage.picture(&client)?.modes.contains(&"app-cursor");
                // One by one: tmux takes what comes within a millisecond for a paste.
                for name in names.split_whitespace() {
                    self.stage
                        .input(&client, &keys::encode(name, application)?)?;
                }
                Ok(())
            }
            StepKind::Mouse(what, button, x, y) => self
                .stage
                .input(&client, &keys::mouse(what, *button, *x, *y)?),
            StepKind::Wait(regex) => {
                let regex = self.regex(regex)?;
                let waited = self
                    .stage
                    .wait(&client, &mut |picture| regex.is_match(&picture.text()));
                waited
                    .map(drop)
                    .map_err(|error| format!("/{regex}/ {error}"))
            }
            StepKind::WaitGone(regex) => {
                let regex = self.regex(regex)?;
                let waited = self
                    .stage
                    .wait(&client, &mut |picture| !regex.is_match(&picture.text()));
                waited
                    .map(drop)
                    .map_err(|error| format!("/{regex}/ is still there: {error}"))
            }
            StepKind::Screen(rows) => self.screen(at_step, &client, rows),
            StepKind::Cursor(wanted) => {
                let waited = self
                    .stage
                    .wait(&client, &mut |picture| picture.cursor == *wanted);
                waited
                    .map(drop)
                    .map_err(|error| format!("cursor should be {wanted:?}: {error}"))
            }
            StepKind::Look { text, wanted } => self.look(&client, text, wanted),
            StepKind::Modes(wanted) => {
                let mut wanted = wanted.clone();
                wanted.sort();
                let waited = self
                    .stage
                    .wait(&client, &mut |picture| picture.modes == wanted);
                waited
                    .map(drop)
                    .map_err(|error| format!("modes should be {wanted:?}: {error}"))
            }
            StepKind::Title(wanted) => {
                let wanted = self.filled(wanted);
                let waited = self.stage.wait(&client, &mut |picture| {
                    expect::line(&wanted, &picture.title)
                });
                waited
                    .map(drop)
                    .map_err(|error| format!("the title should be {wanted:?}: {error}"))
            }
            StepKind::Resize(cols, rows) => self.stage.resize(&client, (*cols, *rows)),
            StepKind::Signal(what) => self.stage.signal(&client, what),
            StepKind::Cut => self.stage.cut(&client),
            StepKind::Exit(wanted) => match self.stage.end(&client)? {
                status if status == *wanted => Ok(()),
                status => Err(format!("the client's exit status is {status}")),
            },
            StepKind::File { name, text } => {
                let text = self.filled(text);
                self.stage.file(name, &text)
            }
            StepKind::Env(name, value) => {
                let value = value.as_ref().map(|value| self.filled(value));
                self.stage.env(name, value.as_deref());
                Ok(())
            }
            StepKind::KillServer => self.stage.kill_server(),
        }
    }

    fn regex(&self, pattern: &str) -> Result<Regex> {
        let mut pattern = pattern.to_string();
        for (name, value) in &self.places {
            pattern = pattern.replace(name, &regex_lite::escape(value));
        }
        at(Regex::new(&format!("(?m){pattern}")), &pattern)
    }

    fn said(
        &mut self,
        step: usize,
        said: &Said,
        until: bool,
        run: &mut dyn FnMut(&mut dyn Stage) -> Result<Output>,
    ) -> Result<()> {
        let stdout = self.all_filled(&said.stdout);
        let stderr = self.all_filled(&said.stderr);
        for tries in 1.. {
            let output = run(self.stage)?;
            let lines = |text: &str| {
                text.lines()
                    .map(|line| line.trim_end().to_string())
                    .collect::<Vec<String>>()
            };
            let (out, err) = (lines(&output.stdout), lines(&output.stderr));
            let mut wrong = String::new();
            if output.status != said.status {
                wrong += &format!(
                    "the exit status is {} and should be {}\n  ",
                    output.status, said.status
                );
            }
            if !expect::lines(&stderr, &err) {
                wrong += &expect::differ("stderr", &stderr, &err);
            }
            if !expect::lines(&stdout, &out) {
                wrong += &expect::differ("stdout", &stdout, &out);
            }
            if wrong.is_empty() {
                return Ok(());
            }
            if until && self.stage.again(tries) {
                continue;
            }
            let mut lines: Vec<String> = Vec::new();
            let places = &self.places;
            lines.extend(out.iter().map(|line| {
                format!("> {}", generalise(places, line))
                    .trim_end()
                    .to_string()
            }));
            lines.extend(err.iter().map(|line| {
                format!("! {}", generalise(places, line))
                    .trim_end()
                    .to_string()
            }));
            if output.status != 0 {
                lines.push(format!("? {}", output.status));
            }
            match &mut self.blessed {
                Some(blessed) => blessed.push((step, lines)),
                None => return Err(wrong),
            }
            break;
        }
        Ok(())
    }

    fn screen(&mut self, step: usize, client: &str, rows: &[String]) -> Result<()> {
        let rows = self.all_filled(rows);
        if self.blessed.is_some() {
            self.stage.settle(client);
            let got = self.stage.picture(client)?.rows();
            if expect::rows(&rows, &got) && !rows.is_empty() {
                return Ok(());
            }
            let places = &self.places;
            let mut lines: Vec<String> = got
                .iter()
                .map(|row| {
                    format!("| {}", generalise(places, row))
                        .trim_end()
                        .to_string()
                })
                .collect();
            shorten(&mut lines);
            if let Some(blessed) = &mut self.blessed {
                blessed.push((step, lines));
            }
            return Ok(());
        }
        let waited = self
            .stage
            .wait(client, &mut |picture| expect::rows(&rows, &picture.rows()));
        waited
            .map(drop)
            .map_err(|error| format!("{error}\n{}", expect::differ("the screen", &rows, &[])))
    }

    fn look(&mut self, client: &str, text: &str, wanted: &[String]) -> Result<()> {
        let mut seen = String::from("is not there");
        let waited = self
            .stage
            .wait(client, &mut |picture| match place(picture, text) {
                None => false,
                Some((y, from, to)) => {
                    let wrong = (from..to).find(|x| !looks(&picture.cells[y][*x].look, wanted));
                    if let Some(x) = wrong {
                        seen = format!("looks like {:?}", picture.cells[y][x].look);
                    }
                    wrong.is_none()
                }
            });
        waited
            .map(drop)
            .map_err(|error| format!("{text:?} {seen} and should be {wanted:?}: {error}"))
    }
}

/// Row, first and end column of a text.
fn place(picture: &Picture, text: &str) -> Option<(usize, usize, usize)> {
    let clusters = text.chars().count();
    picture.cells.iter().enumerate().find_map(|(y, row)| {
        (0..row.len()).find_map(|from| {
            let mut found = String::new();
            let mut x = from;
            while x < row.len() && found.len() < text.len() {
                found.push_str(&row[x].text);
                x += 1;
            }
            (found == text && clusters > 0).then_some((y, from, x))
        })
    })
}

fn looks(look: &crate::Look, wanted: &[String]) -> bool {
    wanted.iter().all(|word| {
        match (
            word.strip_prefix("fg="),
            word.strip_prefix("bg="),
            word.as_str(),
        ) {
            (Some(fg), _, _) => look.fg == fg,
            (_, Some(bg), _) => look.bg == bg,
            (_, _, "plain") => look.attrs.is_empty(),
            (_, _, attr) => match attr.strip_prefix("no-") {
                Some(attr) => !look.attrs.contains(&attr),
                None => look.attrs.contains(&attr),
            },
        }
    })
}

/// Puts placeholders for what will differ on the next run.
fn generalise(places: &[(&'static str, String)], line: &str) -> String {
    let mut line = line.to_string();
    for (name, value) in places {
        if *name == "<HOST>" {
            if let Ok(regex) = Regex::new(&format!(r"\b{}\b", regex_lite::escape(value))) {
                line = regex.replace_all(&line, *name).into_owned();
            }
        } else if value.len() > 3 {
            line = line.replace(value.as_str(), name);
        }
    }
    for (pattern, name) in [
        (
            "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}",
            "<TIME>",
        ),
        (
            "[0-9]{2}:[0-9]{2} [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2}",
            "<CLOCK>",
        ),
        ("/dev/pts/[0-9]+", "<TTY>"),
        (r" +(#,)?.[^ ]+. <CLOCK>$", " <ANY>"),
        ("\\b1[789][0-9]{8}\\b", "<EPOCH>"),
    ] {
        if let Ok(regex) = Regex::new(pattern) {
            line = regex.replace_all(&line, name).into_owned();
        }
    }
    line
}

/// Blank rows at the end are left out, long runs of blank rows become `|*`.
fn shorten(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line == "|") {
        lines.pop();
    }
    let mut at = 0;
    while at < lines.len() {
        let run = lines[at..].iter().take_while(|line| *line == "|").count();
        if run > 2 {
            lines.splice(at..at + run, ["|*".to_string()]);
        }
        at += run.max(1);
    }
}

/// The script's text with what was blessed.
pub fn rewrite(text: &str, steps: &[Step], blessed: &Blessed) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for (at, new) in blessed.iter().rev() {
        let step = &steps[*at];
        lines.splice(
            step.line..step.line + step.expected_lines,
            new.iter().cloned(),
        );
    }
    lines.join("\n") + "\n"
}

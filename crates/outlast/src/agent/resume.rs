//! `outlast resume`: the conversations of this directory, or all, to go on with one of them in a session.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use outlast_agent::recipe::{Places, words};
use outlast_term::keys::decode::Input;
use outlast_term::keys::{Code, Mods};

use super::talks::{self, Talk, amount};
use super::{fail, places, start, words::resuming};
use crate::flags::Flags;
use crate::look::screen::{self, Cursor, Look, Moved, Row, Shown};

const USAGE: &str = "\
usage: outlast resume [--all] [--json] [--summary] [--detach] [ID|NAME]
Lists the conversations of this directory (--all: of all), the newest first, and goes on with the chosen one in a
session; with ID (or its beginning) or NAME with that one. --summary: from a summary of it, if the agent can.
";
/// Rows that are not the list's: title and help.
const OTHER_ROWS: usize = 2;
/// A beginning of an id that is shorter names none.
const ID_LEAST: usize = 4;

#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    all: bool,
    json: bool,
    summary: bool,
    detach: bool,
    which: Option<String>,
}

fn parse(words: &[String]) -> Result<Option<Asked>, String> {
    let mut asked = Asked::default();
    for word in words {
        match word.as_str() {
            "-h" | "--help" => return Ok(None),
            "--all" => asked.all = true,
            "--json" => asked.json = true,
            "--summary" => asked.summary = true,
            "--detach" => asked.detach = true,
            word if word.starts_with('-') => return Err(format!("unknown flag {word}")),
            word if asked.which.is_none() => asked.which = Some(word.to_string()),
            _ => return Err("one conversation is wanted".into()),
        }
    }
    Ok(Some(asked))
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let asked = match parse(words) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(text) => return fail("resume", &format!("{text}\n{}", USAGE.trim_end())),
    };
    let (recipes, wrong) = places::recipes();
    wrong.iter().for_each(|line| eprintln!("resume: {line}"));
    let cwd = std::env::current_dir().and_then(|cwd| cwd.canonicalize());
    let cwd = cwd.ok().filter(|_| !asked.all);
    let mut found = talks::find(flags, &recipes, cwd.as_deref());
    if let Some(which) = &asked.which {
        if one(&found, which).is_ok_and(|talk| talk.is_none()) && cwd.is_some() {
            found = talks::find(flags, &recipes, None);
        }
        return match one(&found, which) {
            Ok(Some(talk)) => go(flags, talk, asked.summary, asked.detach),
            Ok(None) => fail(
                "resume",
                &format!("no conversation is called {which}: outlast resume --all lists them"),
            ),
            Err(text) => fail("resume", &text),
        };
    }
    if asked.json {
        let list: Vec<_> = found.iter().map(Talk::json).collect();
        let _ = writeln!(io::stdout(), "{}", serde_json::Value::from(list));
        return ExitCode::SUCCESS;
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let now = outlast_sys::clock::unix_seconds();
        for line in talks::lines(&found, now, 78, asked.all) {
            let id = match (line.head, found.get(line.session)) {
                (true, Some(talk)) => format!("{}  ", talk.id),
                _ => "  ".into(),
            };
            // Who reads may have had enough.
            let _ = writeln!(io::stdout(), "{id}{}", line.text);
        }
        return ExitCode::SUCCESS;
    }
    let mut list = List {
        all: asked.all,
        talks: found,
        ..List::default()
    };
    match screen::show(&mut list) {
        Ok(Some(Then::Resume(number, summary))) => match list.talks.get(number) {
            Some(talk) => go(flags, talk, summary || asked.summary, asked.detach),
            None => ExitCode::SUCCESS,
        },
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail("resume", &crate::socket::reason(&error)),
    }
}

/// The one of that id, beginning of an id, or name. Err: there are several.
fn one<'a>(talks: &'a [Talk], which: &str) -> Result<Option<&'a Talk>, String> {
    if let Some(talk) = talks.iter().find(|talk| talk.id == which) {
        return Ok(Some(talk));
    }
    let fits = |talk: &&Talk| {
        (which.len() >= ID_LEAST && talk.id.starts_with(which))
            || talk.about.name.eq_ignore_ascii_case(which)
            || talk.run.as_deref() == Some(which)
            || talk.session.as_deref() == Some(which)
    };
    let found: Vec<&Talk> = talks.iter().filter(fits).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        many => {
            let ids: Vec<&str> = many.iter().map(|talk| &*talk.id).take(5).collect();
            Err(format!("several are called {which}: {}", ids.join(", ")))
        }
    }
}

/// Goes on with it, or goes to where it goes on.
fn go(flags: &Flags, talk: &Talk, summary: bool, detach: bool) -> ExitCode {
    let attach = !detach && io::stdin().is_terminal() && io::stdout().is_terminal();
    if let Some(session) = &talk.session {
        println!("{} runs in {session}", talk.id);
        return match attach {
            true => crate::go(flags, &["attach-session", "-t", &format!("={session}")]),
            false => ExitCode::SUCCESS,
        };
    }
    if let Some(pid) = talk.elsewhere {
        return fail(
            "resume",
            &format!(
                "{} runs in another terminal (process {pid}): end it there first, or take it over: outlast adopt {pid}",
                talk.id
            ),
        );
    }
    let mut asked = match resuming(&talk.recipe, talk.run.clone(), &talk.id) {
        Ok(asked) => asked,
        Err(text) => return fail("resume", &text),
    };
    asked.attach = attach;
    let shorten = talk.recipe.shorten;
    if summary && shorten.is_empty() {
        let title = talk.recipe.title;
        return fail(
            "resume",
            &format!("{title} has no way to go on from a summary"),
        );
    }
    if summary {
        let prompt = Places {
            prompt: shorten,
            ..Places::default()
        };
        asked.plan.start.extend(words(talk.recipe.prompt, &prompt));
        asked.plan.fresh = true;
    }
    // Where it was.
    if !talk.about.cwd.is_empty() && std::path::Path::new(&talk.about.cwd).is_dir() {
        asked.flags.extend(["-c".into(), talk.about.cwd.clone()]);
    }
    start("resume", flags, asked)
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Leave,
    /// With this one; from a summary.
    Resume(usize, bool),
}

/// The list as it stands.
#[derive(Debug, Default)]
struct List {
    all: bool,
    talks: Vec<Talk>,
    cursor: Cursor,
    /// It is asked whether from a summary.
    asks: bool,
}

impl Shown for List {
    type Chosen = Then;

    fn rows(&mut self, now: i64, (cols, rows): (usize, usize)) -> Vec<Row> {
        let where_ = if self.all { "" } else { " here" };
        let title = match self.talks.len() {
            0 => format!("no conversation{where_} yet"),
            1 => format!("1 conversation{where_}"),
            count => format!("{count} conversations{where_}"),
        };
        let mut picture = vec![Row::new(&title, cols, Look::Title)];
        let lines = talks::lines(&self.talks, now, cols.saturating_sub(2), self.all);
        let room = rows.saturating_sub(OTHER_ROWS);
        picture.extend(self.cursor.picture(&lines, cols, room));
        picture.resize_with(rows.saturating_sub(1).max(1), || {
            Row::new("", cols, Look::Plain)
        });
        let chosen = self.talks.get(self.cursor.chosen);
        let (text, look) = match chosen.filter(|_| self.asks) {
            Some(talk) => (
                format!("{}: enter: all  s: from a summary", amount(talk.size)),
                Look::Prompt,
            ),
            None if self.talks.is_empty() => ("q: leave".into(), Look::Dim),
            None => ("↑↓ enter: resume  s: from summary  q".into(), Look::Dim),
        };
        picture.push(Row::new(&text, cols, look));
        picture
    }

    fn input(&mut self, input: Input) -> Option<Then> {
        let chosen = self.cursor.chosen;
        if let Input::Key(key) = &input {
            let asks = std::mem::take(&mut self.asks);
            match (key.code, key.mods) {
                (Code::Char('s'), Mods(0)) if !self.talks.is_empty() => {
                    return Some(Then::Resume(chosen, true));
                }
                (Code::Enter, _) if asks => return Some(Then::Resume(chosen, false)),
                (Code::Escape, _) if asks => return None,
                (Code::Char('q') | Code::Escape, Mods(0)) | (Code::Char('c' | 'd'), Mods::CTRL) => {
                    return Some(Then::Leave);
                }
                _ => {}
            }
        }
        if self.cursor.input(&input, self.talks.len()) != Moved::Take {
            return None;
        }
        let chosen = self.cursor.chosen;
        let talk = self.talks.get(chosen)?;
        if talk.is_large() && talk.session.is_none() {
            self.asks = true;
            return None;
        }
        Some(Then::Resume(chosen, false))
    }

    fn refresh(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::super::talks::tests::talk;
    use super::*;
    use outlast_term::keys::decode::Decoder;
    use outlast_term::width::text_width;

    fn list() -> List {
        let mut large = talk("cccc-3", "", "large", "large");
        large.size = 5_000_000;
        List {
            talks: vec![
                talk("aaaa-1", "bug", "one", "two"),
                talk("aaaa-2", "", "three", "three"),
                large,
            ],
            ..List::default()
        }
    }

    fn keys(list: &mut List, bytes: &[u8]) -> Option<Then> {
        let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
        decoder.push(bytes, &mut inputs);
        decoder.flush(&mut inputs);
        inputs.into_iter().find_map(|input| list.input(input))
    }

    #[test]
    fn keys_choose_and_a_large_one_asks() {
        for (bytes, then) in [
            (&b"\r"[..], Some(Then::Resume(0, false))),
            (b"j\r", Some(Then::Resume(1, false))),
            (b"G\r", None),
            (b"G\r\r", Some(Then::Resume(2, false))),
            (b"G\rs", Some(Then::Resume(2, true))),
            (b"s", Some(Then::Resume(0, true))),
            (b"3k\r", Some(Then::Resume(1, false))),
            (b"q", Some(Then::Leave)),
        ] {
            let mut list = list();
            list.rows(5000, (40, 20));
            assert_eq!(keys(&mut list, bytes), then, "{bytes:?}");
        }
        assert_eq!(keys(&mut List::default(), b"\rs1"), None);
    }

    #[test]
    fn it_fits_forty_columns() {
        let mut list = list();
        keys(&mut list, b"G\r");
        let picture = list.rows(5000, (40, 8));
        assert_eq!(picture.len(), 8);
        assert!(picture.iter().all(|row| text_width(&row.text) <= 40));
        assert_eq!(picture[0].text, "3 conversations here");
        assert_eq!(picture[7].text, "5.0 MB: enter: all  s: from a summary");
    }

    #[test]
    fn one_is_named_by_its_id_or_name() {
        let talks = list().talks;
        let id = |which: &str| one(&talks, which).map(|talk| talk.map(|talk| talk.id.clone()));
        assert_eq!(id("aaaa-2"), Ok(Some("aaaa-2".into())));
        assert_eq!(id("cccc"), Ok(Some("cccc-3".into())));
        assert_eq!(id("BUG"), Ok(Some("aaaa-1".into())));
        assert_eq!(id("ccc"), Ok(None));
        assert_eq!(
            id("aaaa").expect_err("several"),
            "several are called aaaa: aaaa-1, aaaa-2"
        );
    }

    #[test]
    fn words_say_what() {
        let parse = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(String::from).collect();
            parse(&words)
        };
        assert_eq!(
            parse("--all --json x"),
            Ok(Some(Asked {
                all: true,
                json: true,
                which: Some("x".into()),
                ..Asked::default()
            }))
        );
        assert_eq!(parse("-h"), Ok(None));
        assert!(parse("--last").is_err() && parse("a b").is_err());
    }
}

//! The conversations that there are: transcripts on disk, and which of them go on somewhere.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use outlast_agent::recipe::{Recipe, Transcripts};
use outlast_agent::transcript::{Reader, Summary};
use outlast_sys::process::Identity;
use serde_json::Value;

use super::{listed, places};
use crate::ask::ask;
use crate::flags::Flags;
use crate::look::list::{self, Line};

/// So much of the beginning of a transcript is read, and so much of its end.
const HEAD: u64 = 256 * 1024;
const TAIL: u64 = 256 * 1024;
/// The newest of these are read.
const MOST: usize = 500;
/// Larger ones are better gone on with from a summary.
const LARGE: u64 = 2 << 20;

/// A conversation.
#[derive(Clone, Debug)]
pub struct Talk {
    /// Whose.
    pub recipe: Recipe,
    /// The agent's own id for it.
    pub id: String,
    /// What it was about.
    pub about: Summary,
    /// Bytes of its transcript.
    pub size: u64,
    /// When it was last written to, seconds since 1970.
    pub time: i64,
    /// The session that it goes on in.
    pub session: Option<String>,
    /// The run that it was, which is over.
    pub run: Option<String>,
    /// The process that it goes on in, in another terminal.
    pub elsewhere: Option<u32>,
}

impl Talk {
    /// What it is called, or began with.
    pub fn title(&self) -> &str {
        let about = &self.about;
        match about.name.is_empty() {
            true if about.first.is_empty() => &about.last,
            true => &about.first,
            false => &about.name,
        }
    }

    /// So large that a summary would do, and its agent can make one.
    pub fn is_large(&self) -> bool {
        self.size > LARGE && !self.recipe.shorten.is_empty()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let about = &self.about;
        serde_json::json!({
            "agent": self.recipe.name, "id": self.id, "name": about.name, "directory": about.cwd,
            "branch": about.branch, "first_prompt": about.first, "last_prompt": about.last,
            "size": self.size, "time": self.time, "session": self.session, "run": self.run,
            "pid": self.elsewhere,
        })
    }
}

/// Those of a directory, or all; the newest first.
pub fn find(flags: &Flags, recipes: &[Recipe], cwd: Option<&Path>) -> Vec<Talk> {
    let asked = recipes.iter().filter_map(|recipe| listed::ask(recipe, cwd));
    let asked: Vec<listed::Listing> = asked.collect();
    let mut files: Vec<(i64, u64, &Recipe, PathBuf)> = Vec::new();
    for recipe in recipes
        .iter()
        .filter(|r| r.transcripts != Transcripts::None)
    {
        let Some((base, rest)) = places::files(recipe) else {
            continue;
        };
        for path in below(&base, rest, recipe, cwd) {
            if let Ok(data) = path.metadata()
                && data.is_file()
                && data.len() > 0
            {
                files.push((data.mtime(), data.len(), recipe, path));
            }
        }
    }
    files.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.3.cmp(&b.3)));
    let here = |about: &Summary| {
        cwd.is_none_or(|cwd| {
            let there = Path::new(&about.cwd);
            there == cwd || there.canonicalize().is_ok_and(|there| there == cwd)
        })
    };
    let talks = files.into_iter().take(MOST).filter_map(|file| {
        let (time, size, recipe, path) = file;
        let about = read(recipe.transcripts, &path, size)?;
        let id = id_of(recipe, &path)?;
        (about.is_conversation() && here(&about)).then_some(Talk {
            recipe: *recipe,
            id,
            about,
            size,
            time,
            session: None,
            run: None,
            elsewhere: None,
        })
    });
    let mut talks: Vec<Talk> = talks.collect();
    let listed = asked.into_iter().flat_map(listed::Listing::talks);
    talks.extend(listed.filter(|talk| here(&talk.about)));
    talks.sort_by_key(|talk| std::cmp::Reverse(talk.time));
    running(flags, recipes, &mut talks);
    talks
}

/// The name of Claude's directory for one: what is no letter and no digit is a dash.
fn munged(cwd: &Path) -> String {
    let text = cwd.to_string_lossy();
    let dash = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    text.chars().map(dash).take(200).collect()
}

/// Files that fit a row's pattern. `cwd`: of a directory of Claude's, if that is known from its name.
fn below(base: &Path, rest: &str, recipe: &Recipe, cwd: Option<&Path>) -> Vec<PathBuf> {
    let munged = cwd
        .filter(|_| recipe.transcripts == Transcripts::Claude)
        .map(munged);
    let mut found = vec![base.to_path_buf()];
    for part in rest.split('/') {
        let (start, end) = match (part.split_once("{id}"), part.split_once('*')) {
            (None, None) => {
                found.iter_mut().for_each(|path| path.push(part));
                continue;
            }
            // `rollout-*-{id}.jsonl`
            (Some((start, end)), _) => (start.split('*').next().unwrap_or_default(), end),
            (None, Some((start, end))) => (start, end),
        };
        let fits = |name: &str| {
            let known = munged.as_ref().filter(|_| part == "*");
            name.starts_with(start)
                && name.ends_with(end)
                && known.is_none_or(|known| name.starts_with(&**known))
        };
        let entries = found.iter().filter_map(|path| path.read_dir().ok());
        found = entries
            .flatten()
            .filter_map(|entry| entry.ok())
            .filter(|entry| entry.file_name().to_str().is_some_and(fits))
            .map(|entry| entry.path())
            .collect();
    }
    found
}

/// The id that a file is named by, which is the one that it is resumed by.
fn id_of(recipe: &Recipe, path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    Some(match recipe.transcripts {
        // rollout-2026-08-10T13-02-51-<id>
        Transcripts::Codex => stem.get(stem.len().checked_sub(36)?..)?.to_string(),
        _ => stem.to_string(),
    })
}

/// Head and tail of a transcript; all of one that is not longer.
fn read(kind: Transcripts, path: &Path, size: u64) -> Option<Summary> {
    let mut file = File::open(path).ok()?;
    let mut reader = Reader::new(kind);
    let piece = |file: &mut File, most: u64, reader: &mut Reader| {
        let mut bytes = Vec::new();
        // What cannot be read is as good as damaged.
        let _ = file.take(most).read_to_end(&mut bytes);
        reader.feed(&bytes);
    };
    if size <= HEAD + TAIL {
        piece(&mut file, HEAD + TAIL, &mut reader);
    } else {
        piece(&mut file, HEAD, &mut reader);
        reader.gap();
        file.seek(SeekFrom::Start(size - TAIL)).ok()?;
        piece(&mut file, TAIL, &mut reader);
    }
    Some(reader.finish())
}

/// Which go on: in a session of ours, or in another terminal, as far as agents say so themselves.
fn running(flags: &Flags, recipes: &[Recipe], talks: &mut [Talk]) {
    let format =
        "#{pane_dead}\t#{session_name}\t#{run_name}\t#{run_conversation}\t#{agent_session}";
    let panes = ask(flags, false, &["list-panes", "-a", "-F", format]).unwrap_or_default();
    for line in panes.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [dead, session, run, own, told] = fields[..] else {
            continue;
        };
        for talk in talks.iter_mut() {
            match dead {
                "1" if talk.id == own && !own.is_empty() => talk.run = Some(run.to_string()),
                "1" => {}
                _ if talk.id == own || talk.id == told => talk.session = Some(session.to_string()),
                _ => {}
            }
        }
    }
    for recipe in recipes
        .iter()
        .filter(|r| r.transcripts == Transcripts::Claude)
    {
        let Some((base, _)) = places::files(recipe) else {
            continue;
        };
        let entries = base.join("sessions").read_dir().into_iter().flatten();
        for entry in entries.filter_map(|entry| entry.ok()) {
            let path = entry.path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let mut text = String::new();
            let read =
                File::open(&path).and_then(|file| file.take(65_536).read_to_string(&mut text));
            let Ok(value) = serde_json::from_str::<Value>(&text) else {
                continue;
            };
            let pid = value["pid"]
                .as_u64()
                .and_then(|pid| u32::try_from(pid).ok());
            let started = match &value["procStart"] {
                Value::String(text) => text.parse().ok(),
                value => value.as_u64(),
            };
            // One that was killed leaves its file.
            let lives = pid
                .and_then(Identity::of)
                .is_some_and(|process| started.is_none_or(|started| process.started == started));
            let id = value["sessionId"].as_str().unwrap_or_default();
            for talk in talks
                .iter_mut()
                .filter(|talk| read.is_ok() && lives && talk.id == id)
            {
                talk.elsewhere = pid;
            }
        }
    }
}

/// The lines of a list, none wider than `width` columns: what it is called, with its age; prompts; what else is known.
pub fn lines(talks: &[Talk], now: i64, width: usize, all: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, talk) in talks.iter().enumerate() {
        let about = &talk.about;
        let mut push = |text: String, head: bool| {
            lines.push(Line {
                text,
                session: number,
                head,
            });
        };
        push(
            list::sides(talk.title(), &list::age(now - talk.time), width),
            true,
        );
        if !about.name.is_empty() && !about.first.is_empty() {
            push(list::fit(&format!("  {}", about.first), width), false);
        }
        if about.last != about.first && !about.last.is_empty() {
            push(list::fit(&format!("  › {}", about.last), width), false);
        }
        let runs = match (&talk.session, talk.elsewhere, &talk.run) {
            (Some(session), ..) => format!("runs in {session}"),
            (None, Some(pid), _) => format!("runs elsewhere ({pid})"),
            (None, None, Some(run)) => format!("was {run}"),
            _ => String::new(),
        };
        let agent = match talk.recipe.name {
            "claude" => "",
            name => name,
        };
        let directory = Path::new(&about.cwd);
        let directory = match all {
            true => crate::setup::shown(directory),
            false => String::new(),
        };
        let size = match talk.size {
            0 => String::new(),
            size => amount(size),
        };
        // Where there is no repository, or no branch in it.
        let branch = match about.branch.as_str() {
            "HEAD" => "",
            branch => branch,
        };
        let parts = [&*runs, agent, branch, &size, &directory];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        push(list::fit(&format!("  {}", parts.join(" · ")), width), false);
    }
    lines
}

/// "12 kB", "2.1 MB".
pub fn amount(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use outlast_agent::recipe::named;
    use outlast_term::width::text_width;

    pub fn talk(id: &str, name: &str, first: &str, last: &str) -> Talk {
        Talk {
            recipe: *named("claude").expect("a row"),
            id: id.into(),
            about: Summary {
                name: name.into(),
                first: first.into(),
                last: last.into(),
                branch: "main".into(),
                cwd: "/w/p".into(),
                ..Summary::default()
            },
            size: 12_345,
            time: 1000,
            session: None,
            run: None,
            elsewhere: None,
        }
    }

    #[test]
    fn a_phone_shows_what_they_were_about() {
        let mut talks = vec![
            talk(
                "a",
                "bug-7",
                "fix the bug that was found in the parser yesterday",
                "and the tests",
            ),
            talk("b", "", "hello 世界", "hello 世界"),
        ];
        talks[0].session = Some("cc".into());
        talks[1].elsewhere = Some(77);
        talks[1].size = 2_150_000;
        let texts: Vec<String> = lines(&talks, 4600, 40, false)
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(
            texts,
            [
                "bug-7                                 1h",
                "  fix the bug that was found in the par…",
                "  › and the tests",
                "  runs in cc · main · 13 kB",
                "hello 世界                            1h",
                "  runs elsewhere (77) · main · 2.1 MB",
            ]
        );
        assert!(talks[1].is_large() && !talks[0].is_large());
        for width in 0..60 {
            for line in lines(&talks, 4600, width, true) {
                assert!(text_width(&line.text) <= width.max(3), "{width} {line:?}");
            }
        }
    }

    #[test]
    fn directories_are_munged_as_claude_does() {
        assert_eq!(munged(Path::new("/w/proj.one_x ä")), "-w-proj-one-x--");
        assert_eq!(munged(Path::new(&"/a".repeat(300))).len(), 200);
    }
}

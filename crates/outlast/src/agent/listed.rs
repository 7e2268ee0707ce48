//! Conversations that an agent lists itself, because they are in a database of its own. It is asked while transcripts of the
//! others are read; one that takes too long, or says what nobody understands, has none.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use outlast_agent::recipe::Recipe;
use outlast_agent::text::clean;
use outlast_agent::transcript::Summary;
use serde_json::Value;

use super::places;
use super::talks::Talk;
use crate::setup;

/// A program of a hundred megabytes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// More is not read.
const MOST: u64 = 4 << 20;
/// A longer name is cut.
const NAME_MOST: usize = 200;

/// One that was asked.
pub struct Listing {
    recipe: Recipe,
    child: Child,
    said: Receiver<Vec<u8>>,
    by: Instant,
}

/// Asks an agent that has been used here. None: there is nothing to ask.
pub fn ask(recipe: &Recipe, cwd: Option<&Path>) -> Option<Listing> {
    let mut words = recipe.list.split_whitespace();
    let program = words.next()?;
    let used = setup::xdg("XDG_DATA_HOME", ".local/share").ok()?;
    if !used.join(recipe.name).is_dir() || !places::is_program(program) {
        return None;
    }
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(cwd) = cwd {
        command.current_dir(cwd);
    }
    let mut child = command.spawn().ok()?;
    let out = child.stdout.take()?;
    let (tell, said) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What cannot be read is as good as damaged.
        let _ = out.take(MOST).read_to_end(&mut bytes);
        // Nobody may listen any more.
        let _ = tell.send(bytes);
    });
    Some(Listing {
        recipe: *recipe,
        child,
        said,
        by: Instant::now() + PATIENCE,
    })
}

impl Listing {
    /// What it has said.
    pub fn talks(mut self) -> Vec<Talk> {
        let left = self.by.saturating_duration_since(Instant::now());
        let said = self.said.recv_timeout(left);
        let _ = self.child.kill();
        let _ = self.child.wait();
        match said {
            Ok(bytes) => read(&self.recipe, &bytes),
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                eprintln!(
                    "resume: {} has not listed its conversations within {seconds} s",
                    self.recipe.title
                );
                Vec::new()
            }
        }
    }
}

/// The conversations in a list of JSON; what is damaged is left out.
fn read(recipe: &Recipe, bytes: &[u8]) -> Vec<Talk> {
    // Something may have been said before it.
    let begin = bytes.iter().position(|byte| *byte == b'[').unwrap_or(0);
    let list: Vec<Value> = serde_json::from_slice(&bytes[begin..]).unwrap_or_default();
    let talks = list.iter().filter_map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        let id = text("id");
        // It becomes a word of a command line.
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        if id.is_empty() || id.starts_with('-') || !id.chars().all(plain) {
            return None;
        }
        let time = entry["updated"].as_i64().or(entry["created"].as_i64());
        Some(Talk {
            recipe: *recipe,
            id: id.to_string(),
            about: Summary {
                name: clean(text("title"), NAME_MOST),
                cwd: text("directory").to_string(),
                ..Summary::default()
            },
            size: 0,
            time: time.unwrap_or(0) / 1000,
            session: None,
            run: None,
            elsewhere: None,
        })
    });
    talks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlast_agent::recipe::named;

    #[test]
    fn what_is_damaged_is_left_out() {
        let recipe = named("opencode").expect("a row");
        let said = br#"warning: old
            [{"id":"ses_1","title":"a \u001b[31mbug","updated":2000,"created":1000,"directory":"/w"},
             {"title":"no id"}, {"id":"--evil"}, {"id":"a b"}, 7, {"id":"ses_2","title":5}]"#;
        let talks = read(recipe, said);
        let told: Vec<_> = talks
            .iter()
            .map(|talk| (&*talk.id, talk.time, &*talk.about.cwd))
            .collect();
        assert_eq!(told, [("ses_1", 2, "/w"), ("ses_2", 0, "")]);
        assert!(!talks[0].about.name.contains('\x1b'));
        for damaged in [&b""[..], b"[{", b"nothing", b"{}"] {
            assert!(read(recipe, damaged).is_empty());
        }
    }
}

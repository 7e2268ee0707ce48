//! Requests for permission: what an agent wants to do and may not yet. Not how an answer is written ([`crate::answer`]).
//!
//! A request is opened by an agent's permission hook, settled exactly once by a person or a rule, or withdrawn: because who
//! asked is gone, or because the agent went on by itself, which is how it shows that its own terminal was answered first
//! (the hook that lost is not told). Agents give a request no number, so it is known again by session, prompt, tool and a
//! hash of the input.

use std::collections::VecDeque;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hook::{Event, Record, Stage, is_question};
use crate::subject;

/// A request's input may be so long; one that is longer is not asked here, because nobody could be shown all of it.
pub const INPUT_MOST: usize = 256 * 1024;
/// All that are open together may be so long.
pub const TOGETHER_MOST: usize = 2 * 1024 * 1024;
/// So many are open at most.
pub const OPEN_MOST: usize = 200;
/// So many that are settled are remembered, so that who comes late is told by whom.
const SETTLED_MOST: usize = 100;
/// So much of what was asked is remembered of a settled one.
const SETTLED_DETAIL: usize = 2000;

/// What a request is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The agent's session.
    pub session: String,
    /// The prompt (Claude) or turn (Codex) that led to it; may be empty.
    pub prompt: String,
    /// The sub-agent that asks; empty: the agent itself.
    pub subagent: String,
    /// Tool.
    pub tool: String,
    /// Hash of its input.
    pub input: u64,
}

/// One of an agent's questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its text, which is also what its answer is filed under.
    pub text: String,
    /// Labels of what can be chosen.
    pub options: Vec<String>,
    /// More than one may be.
    pub several: bool,
}

/// What a hook asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Name of the agent's recipe: "claude".
    pub agent: String,
    /// The pane, by its number.
    pub pane: Option<u32>,
    /// Directory in which the agent works.
    pub cwd: String,
    /// What it is known by.
    pub key: Key,
    /// The tool's input as the agent gave it.
    pub input: Value,
    /// What the agent offers for "always", as it gave it.
    pub suggestions: Vec<Value>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What people type: a number that grows, and two letters that make an old one wrong after the numbers began anew.
    pub id: String,
    /// Name of the agent's recipe.
    pub agent: String,
    /// The pane, by its number.
    pub pane: Option<u32>,
    /// Directory in which the agent works.
    pub cwd: String,
    /// What it is known by.
    pub key: Key,
    /// In one line: "Bash: git push".
    pub title: String,
    /// All of it, for people: command, difference, plan, questions. Nothing in it that a terminal would obey.
    pub detail: String,
    /// The tool's input; null when it is settled.
    pub input: Value,
    /// What the agent offers for "always".
    pub suggestions: Vec<Value>,
    /// Its questions, if it is one.
    pub questions: Vec<Question>,
    /// When, unix seconds.
    pub opened: i64,
    /// When, monotonic ms.
    pub opened_ms: u64,
    /// How it ended.
    pub settled: Option<Settled>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// What was decided.
    pub outcome: Outcome,
    /// By whom.
    pub by: By,
    /// When, unix seconds.
    pub unix: i64,
    /// A reason, or the answers, or why it was withdrawn.
    pub text: String,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// This once.
    Allowed,
    /// From now on.
    Always,
    /// No.
    Denied,
    /// A question was answered.
    Answered,
    /// Nothing: it is no longer asked.
    Withdrawn,
}

impl Outcome {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::Always => "always allowed",
            Outcome::Denied => "denied",
            Outcome::Answered => "answered",
            Outcome::Withdrawn => "withdrawn",
        }
    }
}

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A person, and where that person was seen to be.
    Person(String),
    /// A rule: its line and text.
    Rule(u32, String),
    /// Nobody here.
    Nobody,
}

impl By {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            By::Person(from) => from.clone(),
            By::Rule(line, text) => format!("rule {line}: {text}"),
            By::Nobody => "nobody".to_string(),
        }
    }
}

impl Settled {
    /// For who comes late: "allowed by terminal /dev/pts/3".
    pub fn text(&self) -> String {
        let what = self.outcome.word();
        match (&self.by, self.text.is_empty()) {
            (By::Nobody, true) => what.to_string(),
            (By::Nobody, false) => format!("{what}: {}", self.text),
            (by, _) => format!("{what} by {}", by.text()),
        }
    }
}

/// Why a request is not taken: it is asked in the agent's own terminal then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is longer than [`INPUT_MOST`].
    Long,
    /// There are too many.
    Many,
}

/// Why a request cannot be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpen {
    /// There is none of that name.
    Unknown,
    /// It has been settled.
    Already(Box<Settled>),
}

/// A hash of a tool's input. Answers that a question has got meanwhile are no part of it.
pub fn hash(tool: &str, input: &Value) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    match input.get("questions") {
        Some(questions) if is_question(tool) => put(questions, &mut hasher),
        _ => put(input, &mut hasher),
    }
    hasher.finish()
}

fn put(value: &Value, into: &mut Fnv) {
    into.write(value.to_string().as_bytes());
}

/// FNV-1a: the hash is saved, so it must be the same in every build.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn key(record: &Record, tool: &str, input: &Value) -> Key {
    Key {
        session: record.session.clone(),
        prompt: record.prompt.clone(),
        subagent: record.sub.clone(),
        tool: tool.to_string(),
        input: hash(tool, input),
    }
}

impl Asked {
    /// What the record of a hook asks; None: it asks nothing.
    pub fn read(record: &Record, agent: &str, pane: Option<u32>) -> Option<Asked> {
        let Event::Permission {
            name,
            input,
            suggestions,
        } = &record.event
        else {
            return None;
        };
        Some(Asked {
            agent: agent.to_string(),
            pane,
            cwd: record.cwd.clone(),
            key: key(record, name, input),
            input: input.clone(),
            suggestions: suggestions.clone(),
        })
    }
}

impl Request {
    /// Whether it still waits.
    pub fn is_open(&self) -> bool {
        self.settled.is_none()
    }

    fn len(&self) -> usize {
        self.detail.len() * 2
    }
}

/// All requests that there are, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queue {
    /// Number of the newest.
    pub number: u64,
    open: Vec<Request>,
    settled: VecDeque<Request>,
}

/// Two letters that no word is made of and that are not mistaken for digits.
fn letters(hash: u64) -> String {
    const LETTERS: &[u8] = b"bcdfghjkmnpqrtvwxz";
    let of = |n: u64| char::from(LETTERS[(n % LETTERS.len() as u64) as usize]);
    let hash = hash ^ (hash >> 31);
    [of(hash), of(hash / 97)].iter().collect()
}

impl Queue {
    /// Opens a request, or finds the one that asks the same. `salt` is other after the numbers began anew. The name, and
    /// whether it is new.
    ///
    /// # Errors
    /// It is not taken.
    pub fn open(
        &mut self,
        asked: Asked,
        unix: i64,
        ms: u64,
        salt: u64,
    ) -> Result<(String, bool), Refused> {
        let same = |request: &&Request| request.key == asked.key && request.pane == asked.pane;
        if let Some(request) = self.open.iter().find(same) {
            return Ok((request.id.clone(), false));
        }
        let long = asked.input.to_string().len();
        if long > INPUT_MOST {
            return Err(Refused::Long);
        }
        let together: usize = self.open.iter().map(Request::len).sum();
        if self.open.len() >= OPEN_MOST || together + long > TOGETHER_MOST {
            return Err(Refused::Many);
        }
        self.number += 1;
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325 ^ salt);
        hasher.write(&self.number.to_le_bytes());
        hasher.write(&asked.key.input.to_le_bytes());
        hasher.write(asked.key.session.as_bytes());
        let id = format!("{}{}", self.number, letters(hasher.finish()));
        self.open.push(Request {
            id: id.clone(),
            title: subject::title(&asked.key.tool, &asked.input),
            detail: subject::detail(&asked.key.tool, &asked.input),
            questions: subject::questions(&asked.key.tool, &asked.input),
            agent: asked.agent,
            pane: asked.pane,
            cwd: asked.cwd,
            key: asked.key,
            input: asked.input,
            suggestions: asked.suggestions,
            opened: unix,
            opened_ms: ms,
            settled: None,
        });
        Ok((id, true))
    }

    /// Those that wait, oldest first.
    pub fn waiting(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.open.iter()
    }

    /// Those that are remembered, oldest first.
    pub fn remembered(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.settled.iter()
    }

    /// One by its name, whether it waits or not. Capital letters are as good.
    pub fn get(&self, id: &str) -> Option<&Request> {
        let id = id.to_ascii_lowercase();
        let all = self.open.iter().chain(&self.settled);
        all.into_iter().find(|request| request.id == id)
    }

    /// One that waits.
    ///
    /// # Errors
    /// It does not.
    pub fn find(&self, id: &str) -> Result<&Request, NotOpen> {
        let request = self.get(id).ok_or(NotOpen::Unknown)?;
        match &request.settled {
            None => Ok(request),
            Some(settled) => Err(NotOpen::Already(Box::new(settled.clone()))),
        }
    }

    /// Settles a request: the one door, and it closes behind the first. What it was.
    ///
    /// # Errors
    /// It has been, or there is none.
    pub fn settle(&mut self, id: &str, settled: Settled) -> Result<Request, NotOpen> {
        let id = self.find(id)?.id.clone();
        let at = self.open.iter().position(|request| request.id == id);
        let mut request = self.open.remove(at.ok_or(NotOpen::Unknown)?);
        request.settled = Some(settled);
        let whole = request.clone();
        request.input = Value::Null;
        request.suggestions.clear();
        if request.detail.len() > SETTLED_DETAIL {
            let mut end = SETTLED_DETAIL;
            while !request.detail.is_char_boundary(end) {
                end -= 1;
            }
            request.detail.truncate(end);
            request.detail.push('…');
        }
        self.settled.push_back(request);
        while self.settled.len() > SETTLED_MOST {
            self.settled.pop_front();
        }
        Ok(whole)
    }

    /// Requests of a pane that a hook's record shows to be answered elsewhere or pointless, and how it shows that. A record
    /// speaks for no other pane.
    pub fn passed(&self, pane: u32, record: &Record) -> Vec<(String, &'static str)> {
        const ELSEWHERE: &str = "answered in its own terminal";
        if record.session.is_empty() {
            return Vec::new();
        }
        let itself = record.sub.is_empty();
        let why = |request: &Request| {
            let of_agent = itself && request.key.subagent.is_empty();
            match &record.event {
                Event::Tool {
                    stage: Stage::After | Stage::Failed | Stage::Denied,
                    name,
                    input,
                    ..
                } => {
                    let same = request.key.tool == *name && request.key.input == hash(name, input);
                    same.then_some(ELSEWHERE)
                }
                Event::Stop { .. } | Event::StopFailure { .. } => of_agent.then_some(ELSEWHERE),
                Event::Prompt { .. } => of_agent.then_some("the agent was told something else"),
                Event::SubagentStop => {
                    (!itself && request.key.subagent == record.sub).then_some(ELSEWHERE)
                }
                Event::SessionStart { .. } | Event::SessionEnd { .. } => {
                    Some("the agent's session ended")
                }
                _ => None,
            }
        };
        self.open
            .iter()
            .filter(|request| request.key.session == record.session && request.pane == Some(pane))
            .filter_map(|request| Some((request.id.clone(), why(request)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests;

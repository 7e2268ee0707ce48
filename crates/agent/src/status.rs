//! The state of what runs in a pane, out of all that is said of it. Each source has one claim; the most trusted source that
//! has a claim decides, and what it leaves out is filled in by those below it that say the same.
//!
//! | trust | source | says |
//! |---|---|---|
//! | 1 | OSC 7501 | all states, with words |
//! | 2 | the agent's hooks | all states, with words |
//! | 3 | title of an agent that is known | works, or does not: then idle if it is silent, waiting if it goes on drawing |
//! | 4 | OSC 9, 777, 99, BEL of an agent | it calls for somebody |
//! | 5 | OSC 133 of a shell | a command runs, has ended, how |
//!
//! Nothing of that: unknown. That something is written is no state: it is shown as "active" or "quiet" beside the unknown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hook::{self, Event, Record, Stage};
use crate::psp::{Report, Said};
use crate::text::{LINE, clean};

/// What it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Nobody has said.
    #[default]
    Unknown,
    /// Nothing; it could be told to.
    Idle,
    /// It works.
    Working,
    /// It goes on when somebody has answered.
    Waiting,
    /// It has done what it was told to.
    Done,
    /// It could not.
    Failed,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Whether it may.
    Permission,
    /// An answer.
    Question,
    /// That somebody signs in.
    Auth,
    /// Something typed.
    Input,
}

impl State {
    /// All, with their names.
    pub const ALL: [(&'static str, State); 6] = [
        ("unknown", State::Unknown),
        ("idle", State::Idle),
        ("working", State::Working),
        ("waiting", State::Waiting),
        ("done", State::Done),
        ("failed", State::Failed),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = State::ALL.iter().find(|(_, state)| *state == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Kind {
    /// All, with their names.
    pub const ALL: [(&'static str, Kind); 4] = [
        ("permission", Kind::Permission),
        ("question", Kind::Question),
        ("auth", Kind::Auth),
        ("input", Kind::Input),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Kind> {
        let found = Kind::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Kind::ALL.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }
}

/// Who says so, the most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// OSC 7501.
    Psp,
    /// The agent's hooks.
    Hook,
    /// Its title.
    Title,
    /// OSC 9, 777, 99, BEL.
    Call,
    /// OSC 133.
    Mark,
}

impl Source {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Source::Psp => "osc7501",
            Source::Hook => "hook",
            Source::Title => "title",
            Source::Call => "call",
            Source::Mark => "osc133",
        }
    }
}

/// When: monotonic ms, and seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// Monotonic milliseconds.
    pub ms: u64,
    /// Seconds since 1970.
    pub unix: i64,
}

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The state.
    pub state: State,
    /// What is waited for, where that is said.
    pub kind: Option<Kind>,
    /// In words.
    pub text: String,
    /// When it was first said, seconds since 1970.
    pub since: i64,
}

/// A part of the work: a sub-agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called, or which kind it is.
    pub title: String,
    /// Its state.
    pub state: State,
    /// In words.
    pub text: String,
    /// Since when it is known, seconds since 1970.
    pub since: i64,
    /// Who said so.
    pub source: Source,
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub state: State,
    /// What is waited for, where that is known.
    pub kind: Option<Kind>,
    /// In words.
    pub text: String,
    /// Since when, seconds since 1970; 0 for unknown.
    pub since: i64,
    /// Who says so; None: nobody.
    pub source: Option<Source>,
}

/// What a title of a known agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Glyph {
    /// It works.
    Works,
    /// It does not work: idle, or a dialog is open.
    Rests,
    /// A dialog is open.
    Asks,
}

impl Glyph {
    /// What the first character of a title says: Claude Code's star, a circle that turns, a spinner in braille, what Gemini CLI
    /// has for ready, working and an open dialog.
    pub fn of(title: &str) -> Option<Glyph> {
        match title.chars().next()? {
            '✳' | '◇' => Some(Glyph::Rests),
            '✋' => Some(Glyph::Asks),
            '✦' | '⏲' | '◐' | '◑' | '◒' | '◓' | '\u{2801}'..='\u{28ff}' => {
                Some(Glyph::Works)
            }
            _ => None,
        }
    }
}

/// Most parts that are kept; further ones are passed over.
const PARTS: usize = 40;
/// Longest title and text of one, in characters: a record of a pane is to stay below 20 kB.
const SHORT: usize = 60;
/// A resting agent is silent so long before it is idle, ms: its dialogs blink faster.
const SILENCE_MS: u64 = 2500;
/// It has drawn something in so many beats of [`BEAT_MS`] before it waits for somebody: a dialog blinks on and on, an idle
/// prompt repaints its hints twice at most.
const BEATS: u32 = 4;
/// Output within that is one beat, ms.
const BEAT_MS: u64 = 300;

/// All that is said of one program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// One claim a source, the most trusted first.
    claims: BTreeMap<u8, (Source, Claim)>,
    /// Sub-agents by id.
    parts: BTreeMap<String, Part>,
    /// What goes on behind a turn that is over.
    background: usize,
    /// What the model could not be had for, in the agent's word, until it goes on.
    pub failure: Option<String>,
    /// 0 to 100 of the work, where the program says so.
    pub progress: Option<u8>,
    /// How often it has begun to work, or to ask, by its own word.
    pub began: u64,
    glyph: Option<Glyph>,
    #[serde(skip)]
    drawn_ms: u64,
    #[serde(skip)]
    beats: u32,
    /// Since when the parts, not the agent itself, make the state.
    parts_since: i64,
}

impl Status {
    fn claim(&self, source: Source) -> Option<&Claim> {
        self.claims.get(&(source as u8)).map(|(_, claim)| claim)
    }

    fn say(&mut self, at: At, source: Source, state: State, kind: Option<Kind>, text: &str) {
        let text = clean(text, LINE);
        let since = match self.claim(source) {
            Some(old) if old.state == state && old.kind == kind => old.since,
            _ => at.unix,
        };
        let busy = |state| matches!(state, State::Working | State::Waiting);
        let own = matches!(source, Source::Psp | Source::Hook);
        let rested = self.claim(source).is_none_or(|old| !busy(old.state));
        if own && busy(state) && rested {
            self.began += 1;
        }
        let claim = Claim {
            state,
            kind,
            text,
            since,
        };
        self.claims.insert(source as u8, (source, claim));
    }

    fn unsay(&mut self, source: Source) {
        self.claims.remove(&(source as u8));
    }

    /// OSC 7501.
    pub fn report(&mut self, at: At, report: &Report) {
        self.unsay(Source::Call);
        if !report.id.is_empty() {
            return match report.said {
                Said::Clear => {
                    self.parts.remove(&report.id);
                }
                Said::State(state) => {
                    let part = self.part(at, &report.id, Source::Psp);
                    if let Some(part) = part {
                        part.state = state;
                        part.text = clean(&report.text, SHORT);
                        if !report.title.is_empty() {
                            part.title = clean(&report.title, SHORT);
                        }
                    }
                }
            };
        }
        match report.said {
            Said::Clear => {
                // What the hooks know of a program that clears its record goes with it: it ends.
                self.unsay(Source::Psp);
                self.parts.retain(|_, part| part.source != Source::Psp);
                self.progress = None;
            }
            Said::State(state) => {
                self.say(at, Source::Psp, state, report.kind, &report.text);
                self.progress = report.progress;
                if state != State::Failed {
                    self.failure = None;
                }
            }
        }
    }

    fn part(&mut self, at: At, id: &str, source: Source) -> Option<&mut Part> {
        if self.parts.len() >= PARTS && !self.parts.contains_key(id) {
            return None;
        }
        if self.parts.is_empty() {
            self.parts_since = at.unix;
        }
        let part = self.parts.entry(id.to_string()).or_insert(Part {
            title: String::new(),
            state: State::Working,
            text: String::new(),
            since: at.unix,
            source,
        });
        part.source = part.source.min(source);
        Some(part)
    }

    /// A hook's record.
    pub fn record(&mut self, at: At, record: &Record) {
        self.unsay(Source::Call);
        if !record.sub.is_empty() && self.record_of_part(at, record) {
            return;
        }
        let say = |status: &mut Status, state, kind, text: &str| {
            status.say(at, Source::Hook, state, kind, text);
        };
        match &record.event {
            Event::SessionStart { source, .. } => {
                if source != "compact" {
                    (self.background, self.failure) = (0, None);
                    self.parts.clear();
                    say(self, State::Idle, None, "");
                }
            }
            Event::SessionEnd { .. } => {
                self.unsay(Source::Hook);
                self.parts.clear();
                self.background = 0;
            }
            Event::Prompt { text } => {
                (self.background, self.failure) = (0, None);
                say(self, State::Working, None, text);
            }
            Event::Tool {
                stage: Stage::Before,
                name,
                input,
                ..
            } => say(self, State::Working, None, &hook::gist(name, input)),
            Event::Tool { .. } | Event::Elicitation { answered: true, .. } => {
                say(self, State::Working, None, "");
            }
            Event::Permission { name, input, .. } => {
                let gist = hook::gist(name, input);
                match hook::is_question(name) {
                    true => say(self, State::Waiting, Some(Kind::Question), &gist),
                    false => say(self, State::Waiting, Some(Kind::Permission), &gist),
                }
            }
            Event::Notification { kind, text } => match &**kind {
                "permission_prompt" => {
                    let known = self.claim(Source::Hook).is_some_and(|claim| {
                        claim.state == State::Waiting && !claim.text.is_empty()
                    });
                    if !known {
                        say(self, State::Waiting, Some(Kind::Permission), text);
                    }
                }
                "agent_needs_input" => {
                    let known = self
                        .claim(Source::Hook)
                        .is_some_and(|claim| claim.state == State::Waiting);
                    if !known {
                        say(self, State::Waiting, Some(Kind::Input), text);
                    }
                }
                "idle_prompt" => {
                    let over = self.claim(Source::Hook).is_some_and(|claim| {
                        matches!(claim.state, State::Done | State::Failed | State::Idle)
                    });
                    if !over {
                        say(self, State::Idle, None, "");
                    }
                }
                _ => {}
            },
            Event::Elicitation { text, .. } => {
                say(self, State::Waiting, Some(Kind::Question), text);
            }
            Event::Stop { background, text } => {
                self.background = *background;
                say(self, State::Done, None, text);
            }
            Event::StopFailure { error, text } => {
                self.failure = Some(error.clone());
                let words = match text.is_empty() {
                    true => error.replace('_', " "),
                    false => format!("{}: {text}", error.replace('_', " ")),
                };
                say(self, State::Failed, None, &words);
            }
            Event::Compact { done: false } => say(self, State::Working, None, "compacting"),
            Event::Compact { done: true }
            | Event::SubagentStart
            | Event::SubagentStop
            | Event::Other(_) => {}
        }
    }

    /// What its hook has asked waits for a person: that it works, as it says of itself meanwhile (Codex does), is not all.
    pub fn asks(&mut self) {
        let state = |source| self.claim(source).map(|claim| claim.state);
        let (psp, hook) = (state(Source::Psp), state(Source::Hook));
        if (psp, hook) == (Some(State::Working), Some(State::Waiting)) {
            self.unsay(Source::Psp);
        }
    }

    /// It has been given an answer to what its hook has asked: it goes on. A dialog that it tells of itself it closes itself.
    pub fn answered(&mut self, at: At) {
        let view = self.view();
        if (view.state, view.source) == (State::Waiting, Some(Source::Hook)) {
            self.say(at, Source::Hook, State::Working, None, "");
        }
    }

    /// What a sub-agent's hook says. False: it is about the agent itself all the same.
    fn record_of_part(&mut self, at: At, record: &Record) -> bool {
        let (state, text) = match &record.event {
            Event::SubagentStop | Event::SessionEnd { .. } => {
                self.parts.remove(&record.sub);
                return true;
            }
            // Its questions are asked in the agent's own dialog.
            Event::Permission { .. } | Event::Elicitation { .. } | Event::Notification { .. } => {
                return false;
            }
            // And answered there.
            Event::Tool { stage, .. } if *stage != Stage::Before => {
                let waits = self
                    .claim(Source::Hook)
                    .is_some_and(|claim| claim.state == State::Waiting);
                if waits {
                    self.say(at, Source::Hook, State::Working, None, "");
                }
                (State::Working, String::new())
            }
            Event::Tool { name, input, .. } => (State::Working, hook::gist(name, input)),
            _ => (State::Working, String::new()),
        };
        if let Some(part) = self.part(at, &record.sub, Source::Hook) {
            (part.state, part.text) = (state, clean(&text, SHORT));
            if part.title.is_empty() {
                part.title = clean(&record.sub_kind, SHORT);
            }
        }
        true
    }

    /// The title of a known agent.
    pub fn title(&mut self, at: At, glyph: Glyph) {
        if self.glyph == Some(glyph) {
            return;
        }
        self.glyph = Some(glyph);
        (self.beats, self.drawn_ms) = (0, at.ms);
        self.unsay(Source::Call);
        match glyph {
            Glyph::Works => self.say(at, Source::Title, State::Working, None, ""),
            Glyph::Rests => self.unsay(Source::Title),
            Glyph::Asks => self.say(at, Source::Title, State::Waiting, None, ""),
        }
    }

    /// Output is of use: only a title tells that it does not work.
    pub fn is_watched(&self) -> bool {
        self.glyph == Some(Glyph::Rests) && !self.tells()
    }

    /// Something was written.
    pub fn output(&mut self, at: At) {
        if !self.is_watched() {
            return;
        }
        if at.ms.saturating_sub(self.drawn_ms) >= BEAT_MS {
            self.beats = match at.ms.saturating_sub(self.drawn_ms) >= SILENCE_MS {
                true => 1,
                false => self.beats.saturating_add(1),
            };
            self.drawn_ms = at.ms;
        }
        if self.beats >= BEATS {
            self.say(at, Source::Title, State::Waiting, None, "");
        }
    }

    /// Its time has come: silence.
    pub fn tick(&mut self, at: At) {
        if self.due().is_some_and(|due| due <= at.ms) {
            self.beats = 0;
            self.say(at, Source::Title, State::Idle, None, "");
        }
    }

    /// When [`Status::tick`] is wanted, monotonic ms.
    pub fn due(&self) -> Option<u64> {
        let idle = self
            .claim(Source::Title)
            .is_some_and(|claim| claim.state == State::Idle);
        let looks = self.is_watched() && !idle;
        looks.then_some(self.drawn_ms + SILENCE_MS)
    }

    /// The program says itself what it does.
    pub fn tells(&self) -> bool {
        self.claim(Source::Psp).is_some() || self.claim(Source::Hook).is_some()
    }

    /// OSC 9, 777, 99 or BEL of a program that is an agent: it calls for somebody, nobody knows for what.
    pub fn call(&mut self, at: At, text: &str) {
        self.say(at, Source::Call, State::Waiting, None, text);
    }

    /// A person has typed into it: who called has been heard.
    pub fn typed(&mut self) {
        self.unsay(Source::Call);
    }

    /// OSC 133: `A` prompt, `B` input, `C` output, `D` end with the status of the command.
    pub fn mark(&mut self, at: At, mark: char, status: Option<i32>) {
        match mark {
            'A' | 'B' => {
                // A shell prompts: what ran has ended, whatever it said last.
                self.gone();
                let over = self
                    .claim(Source::Mark)
                    .is_some_and(|claim| matches!(claim.state, State::Done | State::Failed));
                if !over {
                    self.say(at, Source::Mark, State::Idle, None, "");
                }
            }
            'C' => self.say(at, Source::Mark, State::Working, None, ""),
            'D' => match status {
                Some(0) => self.say(at, Source::Mark, State::Done, None, ""),
                Some(status) => {
                    let text = format!("exit status {status}");
                    self.say(at, Source::Mark, State::Failed, None, &text);
                }
                None => self.say(at, Source::Mark, State::Idle, None, ""),
            },
            _ => {}
        }
    }

    /// The program is not there any more: what it said of itself does not hold.
    pub fn gone(&mut self) {
        let marks = self.claims.remove(&(Source::Mark as u8));
        *self = Status {
            began: self.began,
            ..Status::default()
        };
        if let Some(marks) = marks {
            self.claims.insert(Source::Mark as u8, marks);
        }
    }

    /// Sub-agents and the like, by id.
    pub fn parts(&self) -> &BTreeMap<String, Part> {
        &self.parts
    }

    /// Something has been said.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.parts.is_empty() && self.glyph.is_none()
    }

    /// A dialog of the agent is open, as far as anybody says.
    pub fn waits(&self) -> bool {
        self.view().state == State::Waiting
    }

    /// What is shown.
    pub fn view(&self) -> View {
        let Some((source, claim)) = self.claims.values().next() else {
            return View::default();
        };
        let mut view = View {
            state: claim.state,
            kind: claim.kind,
            text: claim.text.clone(),
            since: claim.since,
            source: Some(*source),
        };
        for (_, other) in self.claims.values().skip(1) {
            if other.state != view.state {
                continue;
            }
            if view.kind.is_none() && view.state == State::Waiting {
                view.kind = other.kind;
            }
            if view.text.is_empty() {
                view.text.clone_from(&other.text);
            }
        }
        // A turn that is over while parts of it go on is not over.
        let parts = self.parts.values();
        let going = parts.filter(|part| part.state == State::Working).count();
        let going = going.max(self.background);
        if matches!(view.state, State::Done | State::Idle) && going > 0 {
            view.state = State::Working;
            view.text = match going {
                1 => "1 task in the background".into(),
                count => format!("{count} tasks in the background"),
            };
            if !self.parts.is_empty() {
                view.since = view.since.min(self.parts_since);
            }
        }
        view
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;

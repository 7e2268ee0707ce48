//! When a supervised agent goes on, in which conversation, and with which words. One table of ends:
//!
//! | its end | what its session's end said | it is |
//! |---|---|---|
//! | any | `prompt_input_exit`, `logout` | ended by a person: done, whatever the policy |
//! | exit 0 | nothing | the same: it was asked to leave, in an agent whose hooks we have not heard |
//! | exit 0 | `other` | hung up: a failure |
//! | exit 129, 143, a signal, another status | `other`, nothing | a failure |
//! | a failure that says that the conversation is not there | | hopeless: said, stopped |
//! | a failure after `authentication_failed`, `billing_error` | | hopeless: said, stopped |
//!
//! A failure is a matter of the run's rules, which restart it: *in its own conversation*, if that has begun; under the same id
//! anew, if nobody had said anything in it yet; not at all, if its id is not known.

use serde::{Deserialize, Serialize};

use crate::hook::{Event, Record};
use crate::recipe::{Places, words};

/// How an agent is started and resumed: what the verb has made of a recipe and a person's words, and what the server keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The recipe's name.
    pub agent: String,
    /// Its name in sentences.
    pub title: String,
    /// The session's id, as far as it is known.
    pub id: String,
    /// The words of its first start, whole.
    pub start: Vec<String>,
    /// The words of each later one; `{id}` in them is the session's.
    pub resume: Vec<String>,
    /// What is put behind those for a prompt; `{prompt}` in it is the prompt.
    pub prompt: Vec<String>,
    /// Where its transcript is, as a pattern of the shell with `{id}` or `{short}`; empty: nobody knows.
    pub transcript: String,
    /// What it says of a conversation that it does not have.
    pub lost: String,
    /// The conversation was there before the run.
    pub resumes: bool,
    /// The words of the first start are to be said once, though the conversation is there.
    pub fresh: bool,
    /// What it is told to go on with. None: it is told nothing.
    pub continue_with: Option<String>,
    /// How long after a limit or an overload it is told, ms.
    pub continue_after_ms: u64,
}

/// What has been heard of an agent since it was last started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// It has been started.
    pub started: bool,
    /// Its session has begun.
    pub began: bool,
    /// A prompt came, in this life or an earlier one: there is a conversation to lose.
    pub talked: bool,
    /// Where it says that its transcript is.
    pub transcript: String,
    /// Why its session ended.
    pub ended: Option<String>,
    /// What its last turn failed with.
    pub failed: Option<String>,
    /// It is in the midst of a turn.
    pub busy: bool,
    /// When it is to be told to go on, monotonic ms.
    pub go_on_at: Option<u64>,
    /// That has happened since it last did a turn to its end.
    pub went_on: bool,
}

/// What is to be done about what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// It is told to go on at [`Heard::go_on_at`].
    Later,
    /// It can do nothing before a person has seen to it.
    Person,
}

/// Failures that pass. Claude Code 2.1.329 calls an overload (529) a `server_error`.
const PASSING: &[&str] = &["rate_limit", "overloaded", "server_error"];
/// Failures that only a person can mend.
const LASTING: &[&str] = &[
    "authentication_failed",
    "billing_error",
    "oauth_org_not_allowed",
];
/// Ends that a person wanted.
const WANTED: &[&str] = &["prompt_input_exit", "logout"];

impl Heard {
    /// It is started (again).
    pub fn starts(&mut self) {
        *self = Heard {
            started: true,
            talked: self.talked,
            transcript: std::mem::take(&mut self.transcript),
            went_on: self.went_on,
            ..Heard::default()
        };
    }

    /// One of its hooks says something.
    pub fn hears(&mut self, plan: &mut Plan, record: &Record, now: u64) -> Act {
        if !record.sub.is_empty() {
            return Act::Nothing;
        }
        let new = !record.session.is_empty() && record.session != plan.id;
        match &record.event {
            // `/clear` and `/resume` inside it make another conversation its own. One that begins beside it is that of an
            // agent which it has started itself.
            Event::SessionStart { source, .. } => {
                let beside = self.began && self.ended.is_none();
                if new && beside && !matches!(&**source, "clear" | "fork") {
                    return Act::Nothing;
                }
                if new {
                    plan.id = record.session.clone();
                    (self.talked, plan.resumes) = (false, false);
                    self.transcript.clear();
                }
                (self.began, self.ended) = (true, None);
            }
            // Of a conversation that is not its own (any more).
            _ if new && !plan.id.is_empty() => return Act::Nothing,
            _ if new => plan.id = record.session.clone(),
            _ => {}
        }
        if !record.transcript.is_empty() {
            self.transcript = record.transcript.clone();
        }
        match &record.event {
            Event::Prompt { .. } => {
                (self.talked, self.busy) = (true, true);
                (self.failed, self.go_on_at) = (None, None);
            }
            Event::Tool { .. } | Event::Permission { .. } => {
                (self.talked, self.busy) = (true, true);
            }
            Event::Stop { .. } => {
                (self.talked, self.busy, self.went_on) = (true, false, false);
                (self.failed, self.go_on_at) = (None, None);
            }
            Event::StopFailure { error, .. } => {
                (self.talked, self.busy) = (true, false);
                self.failed = Some(error.clone());
                if LASTING.contains(&&**error) {
                    return Act::Person;
                }
                if PASSING.contains(&&**error) && plan.continue_with.is_some() && !self.went_on {
                    self.go_on_at = Some(now.saturating_add(plan.continue_after_ms));
                    return Act::Later;
                }
            }
            Event::SessionEnd { reason } => {
                self.ended = Some(reason.clone());
                self.go_on_at = None;
            }
            _ => {}
        }
        Act::Nothing
    }

    /// The time of [`Heard::go_on_at`] has come.
    pub fn goes_on(&mut self) {
        (self.go_on_at, self.went_on) = (None, true);
    }
}

/// What an end means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A person wanted it.
    Wanted,
    /// It is the run's rules to say what becomes of it.
    Failed,
    /// Starting it again would not help; why.
    Hopeless(String),
}

/// What the end of a supervised agent means. `well`: its exit status was 0. `screen`: the last that stands in its terminal.
pub fn judge(plan: &Plan, heard: &Heard, well: bool, screen: &str) -> End {
    let reason = heard.ended.as_deref();
    if reason.is_some_and(|reason| WANTED.contains(&reason)) || (well && reason.is_none()) {
        return End::Wanted;
    }
    // It may be broken anywhere.
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    let lost = !plan.lost.is_empty() && solid(screen).contains(&solid(&plan.lost));
    if !well && !heard.began && lost {
        return End::Hopeless(format!(
            "{} does not have its conversation {}; it is not begun anew by itself",
            plan.title, plan.id
        ));
    }
    let lasting = heard.failed.as_deref();
    if let Some(reason) = lasting.filter(|reason| LASTING.contains(reason)) {
        return End::Hopeless(format!("{} needs a person: {reason}", plan.title));
    }
    End::Failed
}

/// The next words of an agent that has been started before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// These start it; the conversation is new.
    Fresh(Vec<String>),
    /// These resume its own.
    Own(Vec<String>),
    /// Nobody knows which conversation is its own.
    Unknown,
}

/// How it is started now. `there`: its transcript is. `busy`: it was in the midst of something.
pub fn next(plan: &Plan, heard: &Heard, there: bool, busy: bool) -> Next {
    // Of one whose id or transcript nobody knows, and whose hooks are not heard, nobody can tell that nothing was said in it.
    let told = heard.began || !(plan.id.is_empty() || plan.transcript.is_empty());
    let begun = plan.resumes || heard.talked || there || (heard.started && !told);
    if !begun || plan.fresh {
        return Next::Fresh(plan.start.clone());
    }
    if plan.id.is_empty() || plan.resume.is_empty() {
        return Next::Unknown;
    }
    let places = Places {
        id: &plan.id,
        ..Places::default()
    };
    let filled = |line: &[String], places: &Places<'_>| -> Vec<String> {
        // Each is one word, also if it has blanks.
        let each = line.iter().map(|word| match word.contains('{') {
            true => place(word, places),
            false => word.clone(),
        });
        each.collect()
    };
    let mut argv = filled(&plan.resume, &places);
    if let (Some(prompt), true) = (&plan.continue_with, busy) {
        let places = Places { prompt, ..places };
        argv.extend(filled(&plan.prompt, &places));
    }
    Next::Own(argv)
}

/// Only `{id}` and `{prompt}` as whole words are places here: a person's own words stand beside them.
fn place(word: &str, places: &Places<'_>) -> String {
    match word {
        "{id}" | "{prompt}" => words(word, places).concat(),
        _ if word.ends_with("={id}") && word.starts_with('-') => word.replace("{id}", places.id),
        _ => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    fn plan() -> Plan {
        Plan {
            agent: "claude".into(),
            title: "Claude Code".into(),
            id: "U".into(),
            start: split("claude --session-id U first"),
            resume: split("claude --resume {id} --x={id} {\"hooks\":{}}"),
            prompt: split("{prompt}"),
            lost: "No conversation found".into(),
            continue_after_ms: 1000,
            ..Plan::default()
        }
    }

    fn said(event: &str, reason: &str) -> Record {
        of("U", event, reason)
    }

    fn of(session: &str, event: &str, reason: &str) -> Record {
        let json = format!(
            r#"{{"hook_event_name":"{event}","session_id":"{session}","reason":"{reason}","error":"{reason}"}}"#
        );
        Record::parse(&json).expect("a record")
    }

    #[test]
    fn who_ended_it_is_told_by_its_session_s_end() {
        let rows = [
            (Some("prompt_input_exit"), true, End::Wanted),
            (Some("prompt_input_exit"), false, End::Wanted),
            (Some("logout"), true, End::Wanted),
            (None, true, End::Wanted),
            (Some("other"), true, End::Failed),
            (Some("other"), false, End::Failed),
            (None, false, End::Failed),
        ];
        for (reason, well, end) in rows {
            let heard = Heard {
                began: true,
                ended: reason.map(str::to_string),
                ..Heard::default()
            };
            assert_eq!(judge(&plan(), &heard, well, ""), end, "{reason:?} {well}");
        }
    }

    #[test]
    fn what_no_restart_mends_is_no_loop() {
        let (mut plan, mut heard) = (plan(), Heard::default());
        let screen = "No conversation fou\nnd with session ID: U";
        let End::Hopeless(text) = judge(&plan, &heard, false, screen) else {
            panic!("not hopeless")
        };
        assert!(text.contains("does not have its conversation U"));
        // It has had it: the words are of its own talk.
        heard.began = true;
        assert_eq!(judge(&plan, &heard, false, screen), End::Failed);
        let act = heard.hears(&mut plan, &said("StopFailure", "billing_error"), 0);
        assert_eq!(act, Act::Person);
        assert!(matches!(judge(&plan, &heard, false, ""), End::Hopeless(_)));
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        assert_eq!(judge(&plan, &heard, false, ""), End::Failed);
    }

    #[test]
    fn it_goes_on_in_its_own_conversation_or_not_at_all() {
        let (mut plan, mut heard) = (plan(), Heard::default());
        let fresh = Next::Fresh(plan.start.clone());
        assert_eq!(next(&plan, &heard, false, false), fresh);
        heard.hears(&mut plan, &said("SessionStart", ""), 0);
        heard.started = true;
        // Begun, and nothing said: there is nothing to resume.
        assert_eq!(next(&plan, &heard, false, false), fresh);
        let own = split("claude --resume U --x=U {\"hooks\":{}}");
        assert_eq!(next(&plan, &heard, true, false), Next::Own(own.clone()));
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        heard.starts();
        assert_eq!(next(&plan, &heard, false, true), Next::Own(own.clone()));
        plan.continue_with = Some("go {id} on".into());
        assert_eq!(next(&plan, &heard, false, false), Next::Own(own.clone()));
        let told = [own, vec!["go {id} on".into()]].concat();
        assert_eq!(next(&plan, &heard, false, true), Next::Own(told));
        plan.id.clear();
        assert_eq!(next(&plan, &heard, false, true), Next::Unknown);
        // One that says nothing at all: its first start, and then nobody knows.
        let mut mute = Heard::default();
        assert_eq!(next(&plan, &mute, false, false), fresh);
        mute.starts();
        assert_eq!(next(&plan, &mute, false, false), Next::Unknown);
        plan.id = "U".into();
        assert!(matches!(next(&plan, &mute, false, false), Next::Own(_)));
        plan.transcript = "/t/{id}".into();
        assert_eq!(next(&plan, &mute, false, false), fresh);
    }

    #[test]
    fn its_own_conversation_is_the_one_that_it_last_began() {
        let (mut plan, mut heard) = (plan(), Heard::default());
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        // Another program's, in the same pane, that has not begun one here.
        heard.hears(&mut plan, &of("V", "Stop", ""), 0);
        assert_eq!(plan.id, "U");
        let mut other = of("V", "SessionStart", "");
        (other.transcript, other.sub) = ("/t/V.jsonl".into(), "sub".into());
        heard.hears(&mut plan, &other, 0);
        assert_eq!(plan.id, "U");
        other.sub.clear();
        // An agent that it has started.
        heard.hears(&mut plan, &of("U", "SessionStart", ""), 0);
        heard.hears(&mut plan, &other, 0);
        assert_eq!(plan.id, "U");
        heard.hears(&mut plan, &said("SessionEnd", "resume"), 0);
        heard.hears(&mut plan, &other, 0);
        assert_eq!((&*plan.id, &*heard.transcript), ("V", "/t/V.jsonl"));
        assert!(!heard.talked);
        // Codex tells its id with the first thing that it says.
        plan.id.clear();
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        assert_eq!(plan.id, "U");
    }

    #[test]
    fn after_a_limit_it_is_told_once_and_only_if_it_is_to_be() {
        let (mut plan, mut heard) = (plan(), Heard::default());
        let limit = said("StopFailure", "rate_limit");
        assert_eq!(heard.hears(&mut plan, &limit, 5), Act::Nothing);
        plan.continue_with = Some("go on".into());
        assert_eq!(heard.hears(&mut plan, &limit, 5), Act::Later);
        assert_eq!(heard.go_on_at, Some(1005));
        heard.goes_on();
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        assert_eq!(
            heard.hears(&mut plan, &said("StopFailure", "overloaded"), 9),
            Act::Nothing
        );
        assert_eq!(heard.go_on_at, None);
        // A turn that came to its end starts the count anew.
        heard.hears(&mut plan, &said("Stop", ""), 0);
        assert_eq!(heard.hears(&mut plan, &limit, 9), Act::Later);
        // A person was quicker.
        heard.hears(&mut plan, &said("UserPromptSubmit", ""), 0);
        assert_eq!(heard.go_on_at, None);
        let other = said("StopFailure", "invalid_request");
        assert_eq!(heard.hears(&mut plan, &other, 9), Act::Nothing);
    }
}

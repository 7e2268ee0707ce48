//! A run that is an agent: which conversation it goes on in, and when it is told to.

use outlast_agent::hook::Record;
use outlast_agent::supervise::{Act, End, Heard, Next, Plan, judge, next};
use serde::{Deserialize, Serialize};

use super::Run;
use super::lines::span;
use super::policy::How;
use crate::Core;
use crate::agents::send::{Sending, Stage};
use crate::jobs::{Asked, Then};
use crate::model::ids::PaneId;
use crate::model::pane::sort;

/// So many of the last rows are looked at for what an agent says of a conversation that it does not have.
const ROWS: u16 = 12;

/// An agent that has no time for a prompt of ours for so long goes on without it.
const SEND_MS: u64 = 10_000;

/// An agent under supervision, in [`Run::agent`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// How it is started and resumed.
    pub plan: Plan,
    /// What it has said.
    pub heard: Heard,
}

impl Conversation {
    /// One that begins.
    pub fn new(plan: Plan) -> Conversation {
        Conversation {
            plan,
            heard: Heard::default(),
        }
    }
}

/// A path as a pattern that only itself fits.
fn literal(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if "*?[\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Words of which a shell would make others are a line for it: one word is.
fn as_command(words: Vec<String>) -> Vec<String> {
    match words.as_slice() {
        // The agent is to be the pane's program, not a shell that waits for it.
        [one] => vec![format!("exec '{}'", one.replace('\'', "'\\''"))],
        _ => words,
    }
}

/// Some agents name files by so much of an id.
const SHORT: usize = 8;

impl Core {
    fn conversation(&self, id: PaneId) -> Option<&Conversation> {
        self.run(id)?.agent.as_deref()
    }

    fn conversation_mut(&mut self, id: PaneId) -> Option<&mut Conversation> {
        self.conversation(id)?;
        self.run_mut(id)?.agent.as_deref_mut()
    }

    /// Whether the transcript of a run's conversation is there.
    fn transcript_is_there(&self, agent: &Conversation) -> bool {
        let (plan, heard) = (&agent.plan, &agent.heard);
        let told = (!heard.transcript.is_empty()).then(|| literal(&heard.transcript));
        let usual = (!plan.transcript.is_empty() && !plan.id.is_empty()).then(|| {
            let short: String = plan.id.chars().take(SHORT).collect();
            let pattern = plan.transcript.replace("{id}", &literal(&plan.id));
            pattern.replace("{short}", &literal(&short))
        });
        let patterns = told.into_iter().chain(usual);
        let mut patterns = patterns.filter(|pattern| pattern.starts_with('/'));
        patterns.any(|pattern| !self.probe.glob(&pattern).is_empty())
    }

    fn next_words(&self, agent: &Conversation) -> Next {
        let there = self.transcript_is_there(agent);
        next(&agent.plan, &agent.heard, there, agent.heard.busy)
    }

    /// An agent is about to be started: in which conversation, with which words.
    pub(super) fn prepare_agent(&mut self, id: PaneId) {
        let Some(agent) = self.conversation(id) else {
            return;
        };
        let words = match self.next_words(agent) {
            Next::Fresh(words) | Next::Own(words) => words,
            // Only a person comes here: by itself it is not started then.
            Next::Unknown => {
                let words = agent.plan.start.clone();
                let title = agent.plan.title.clone();
                self.run_says(
                    id,
                    &format!("{title} has not said which conversation it was in; a new one begins"),
                );
                words
            }
        };
        let mut known = (String::new(), String::new());
        if let Some(agent) = self.conversation_mut(id) {
            agent.heard.starts();
            agent.plan.fresh = false;
            known = (agent.plan.agent.clone(), agent.plan.id.clone());
        }
        self.tell_agent(id, |agent, _| (agent.name, agent.session) = known);
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.start_command = as_command(words);
        }
    }

    /// What the end of an agent means, and why it is not started again if that is so.
    pub(super) fn agent_end(&self, id: PaneId, how: How) -> (How, Option<String>) {
        let Some(agent) = self.conversation(id) else {
            return (how, None);
        };
        let end = judge(
            &agent.plan,
            &agent.heard,
            how == How::Well,
            &self.last_rows(id),
        );
        match end {
            End::Wanted => (How::Wanted, None),
            End::Hopeless(why) => (How::Hopeless, Some(why)),
            End::Failed if self.next_words(agent) == Next::Unknown => {
                let title = &agent.plan.title;
                let why = format!(
                    "{title} has not said which conversation it was in, and it may be any: outlast resume lists them"
                );
                (How::Hopeless, Some(why))
            }
            // Its end looked well, and was none that anybody wanted.
            End::Failed if how == How::Well => (How::Badly, None),
            End::Failed => (how, None),
        }
    }

    /// The last that stands in a pane, below the last line of ours.
    fn last_rows(&self, id: PaneId) -> String {
        let Some(pane) = self.model.panes.get(&id) else {
            return String::new();
        };
        let terminal = &pane.terminal;
        let top = terminal.first_line() + u64::from(terminal.history_len());
        let y = terminal.cursor().y;
        let mut rows: Vec<String> = Vec::new();
        for row in y.saturating_sub(ROWS)..=y {
            let text = terminal.line_text(top + u64::from(row)).text;
            if text.starts_with("[outlast: ") {
                rows.clear();
            }
            rows.push(text);
        }
        rows.join("\n")
    }

    /// Whether an agent's run can go on by itself after a reboot, and in what words that is said.
    pub(super) fn agent_after_reboot(&mut self, id: PaneId) -> Option<(bool, String)> {
        let agent = self.conversation_mut(id)?;
        // Whether it was in the midst of something is known; times are of another boot.
        let heard = &mut agent.heard;
        heard.busy |= heard.go_on_at.take().is_some();
        let agent = self.conversation(id)?;
        let title = &agent.plan.title;
        Some(match self.next_words(agent) {
            Next::Own(_) => (
                true,
                format!(" in its own conversation ({})", agent.plan.id),
            ),
            Next::Fresh(_) => (true, format!(" ({title}: nothing had been said in it)")),
            Next::Unknown => (
                false,
                format!(" ({title} has not said which conversation it was in)"),
            ),
        })
    }

    /// A hook of the agent in this pane has said something. Any pane's: those of others are passed over.
    pub(crate) fn run_heard(&mut self, id: PaneId, record: &Record) {
        let now = self.now.ms;
        let Some(agent) = self.conversation(id) else {
            return;
        };
        let (mut plan, mut heard) = (agent.plan.clone(), agent.heard.clone());
        let act = heard.hears(&mut plan, record, now);
        if (&plan, &heard) == (&agent.plan, &agent.heard) {
            return;
        }
        let (title, failed) = (plan.title.clone(), heard.failed.clone().unwrap_or_default());
        let after = plan.continue_after_ms;
        if let Some(agent) = self.conversation_mut(id) {
            (agent.plan, agent.heard) = (plan, heard);
        }
        let name = self.run(id).map_or("", |run| &run.name).to_string();
        match act {
            Act::Nothing => {}
            Act::Later => self.notice(&format!(
                "run {name}: {title} stopped ({failed}); it is told to go on in {}",
                span(after)
            )),
            Act::Person => {
                self.notice(&format!("run {name}: {title} needs a person: {failed}"));
                self.bell(id);
            }
        }
    }

    /// When the first agent is to be told to go on.
    pub(super) fn continues_due(&self) -> Option<u64> {
        let runs = self.model.panes.of(sort::RUN);
        let due = |run: &Run| run.agent.as_ref()?.heard.go_on_at;
        runs.filter_map(|(_, pane)| due(pane.state.run.as_deref()?))
            .min()
    }

    /// Tells those to go on whose time has come.
    pub(super) fn agents_go_on(&mut self) {
        let now = self.now.ms;
        if self.continues_due().is_none_or(|due| due > now) {
            return;
        }
        for id in self.runs() {
            let text = self.conversation(id).and_then(|agent| {
                let due = agent.heard.go_on_at.is_some_and(|due| due <= now);
                due.then(|| agent.plan.continue_with.clone())
            });
            let Some(text) = text else { continue };
            if let Some(agent) = self.conversation_mut(id) {
                agent.heard.goes_on();
            }
            if let Some(text) = text {
                self.type_prompt(id, &text);
            }
        }
    }

    /// Sends a prompt as `send-prompt` does, with nobody who waits for it. One that works or waits by then needs none.
    fn type_prompt(&mut self, id: PaneId, text: &str) {
        let sending = Then::Send(Sending {
            pane: id,
            text: text.to_string(),
            stage: Stage::Queued,
            by: Some(self.now.ms + SEND_MS),
            proof: None,
            outside: false,
        });
        self.start_job(None, None, Asked::Program, sending);
    }
}

//! Variables about agents, and about any program that says what it does.

use outlast_agent::status::{State, View};

use super::{Row, Scope, flag, some, text, time};
use crate::agents::Agent;

fn agent<'a>(s: &Scope<'a>) -> Option<&'a Agent> {
    s.pane?.state.agent.as_deref()
}

fn view(s: &Scope<'_>) -> Option<View> {
    Some(agent(s)?.status.view())
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

pub(super) const ROWS: &[Row] = &[
    text(
        "agent_failure",
        "Why the model could not be had, in the agent's word (rate_limit, billing_error …), until it goes on.",
        |s| agent(s)?.status.failure.clone(),
    ),
    text(
        "agent_hooked",
        "1 when the agent's own hooks report.",
        |s| flag(agent(s)?.hooked),
    ),
    text(
        "agent_name",
        "Which agent runs in the pane: claude, codex …",
        |s| filled(&agent(s)?.name),
    ),
    text(
        "agent_parts",
        "How many sub-agents and the like there are.",
        |s| some(agent(s)?.status.parts().len()),
    ),
    text(
        "agent_progress",
        "0 to 100 of the work, where the program says so.",
        |s| some(agent(s)?.status.progress?),
    ),
    text("agent_project", "Directory that the agent works in.", |s| {
        filled(&agent(s)?.project)
    }),
    text("agent_prompt", "What the agent was last asked.", |s| {
        filled(&agent(s)?.prompt)
    }),
    text(
        "agent_session",
        "The agent's own name for its conversation.",
        |s| filled(&agent(s)?.session),
    ),
    time("agent_since", "When the agent's state began.", |s| {
        Some(view(s)?.since)
    }),
    text(
        "agent_source",
        "Who says what the state is: osc7501, hook, title, call or osc133.",
        |s| some(view(s)?.source?.name()),
    ),
    text(
        "agent_state",
        "What the pane's program says that it does: working, waiting, done, failed or idle; unknown when nobody says.",
        |s| {
            s.pane?;
            some(view(s).map_or(State::Unknown, |view| view.state).name())
        },
    ),
    text(
        "agent_text",
        "The same in words: what it asks, why it has failed.",
        |s| filled(&view(s)?.text),
    ),
    text("agent_title", "What the conversation is called.", |s| {
        filled(&agent(s)?.title)
    }),
    text(
        "agent_transcript",
        "File that the agent writes its conversation to.",
        |s| filled(&agent(s)?.transcript),
    ),
    text(
        "agent_waits_for",
        "What it waits for: permission, question, auth or input.",
        |s| some(view(s)?.kind?.name()),
    ),
    text("agents_waiting", "How many panes wait for somebody.", |s| {
        some(s.core.waiting_panes().len())
    }),
];

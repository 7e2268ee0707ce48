//! Variables about what agents ask for.

use outlast_agent::answer;
use outlast_agent::request::Request;

use super::{Row, Scope, some, text, time};

fn request<'a>(s: &Scope<'a>) -> Option<&'a Request> {
    let core = s.core;
    core.requests().get(s.context.request.as_deref()?)
}

pub(super) const ROWS: &[Row] = &[
    text(
        "pane_requests",
        "How many requests of agents wait in the pane.",
        |s| some(s.core.pane_requests(s.pane?.state.id)),
    ),
    text("request_agent", "Agent that asks.", |s| {
        some(&request(s)?.agent)
    }),
    text(
        "request_always",
        "What \"always\" would mean, as the agent suggests it.",
        |s| some(answer::always(request(s)?).join("; ")),
    ),
    text(
        "request_count",
        "How many requests of agents wait in all.",
        |s| some(s.core.requests().waiting().count()),
    ),
    text(
        "request_detail",
        "All that is asked: the whole command, difference, plan or question, on as many lines as it has.",
        |s| some(&request(s)?.detail),
    ),
    text("request_id", "What the request is called.", |s| {
        some(&request(s)?.id)
    }),
    time("request_opened", "When it was asked.", |s| {
        Some(request(s)?.opened)
    }),
    text("request_pane", "Pane in which the agent runs.", |s| {
        some(format!("%{}", request(s)?.pane?))
    }),
    text("request_path", "Directory in which the agent works.", |s| {
        some(&request(s)?.cwd)
    }),
    text(
        "request_settled",
        "How the request was settled and by whom; empty while it waits.",
        |s| some(request(s)?.settled.as_ref()?.text()),
    ),
    text(
        "request_title",
        "What is asked, on one line that may be cut.",
        |s| some(&request(s)?.title),
    ),
    text(
        "request_tool",
        "The agent's tool that is asked about.",
        |s| some(&request(s)?.key.tool),
    ),
];

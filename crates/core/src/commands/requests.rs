//! What agents ask for: a hook that waits, and the commands that answer it.

use outlast_agent::answer::{self, Decision, Form, Scope};
use outlast_agent::hook::Record;
use outlast_agent::request::{Asked as Asking, By, Request};
use serde_json::json;

use super::{Ctx, Flow, Outcome};
use crate::Proof;
use crate::agents::requests::{RequestWait, not_open};
use crate::formats;
use crate::jobs::{Asked, Then};
use crate::mode::{self, MessageTime};
use crate::model::ids::PaneId;
use crate::overlay;
use crate::run::lines::parse_span;

/// How long a hook waits for a person.
const WAIT_MS: u64 = 24 * 60 * 60 * 1000;
/// How long the hook of an agent waits whose own dialog comes only then.
const WAIT_FIRST_MS: u64 = 5000;

const TEMPLATE: &str = "#{request_id}: #{request_title} (#{request_agent} in #{request_path}#{?request_pane, #{request_pane},})\
    #{?request_settled, #{request_settled},}";

/// Where the person is who says this. Err: who has no proof of being one.
fn person(ctx: &Ctx<'_>) -> Result<By, String> {
    let proof = ctx.proof()?;
    let client = ctx
        .asked
        .and_then(|client| ctx.core.model.clients.get(&client));
    let name = client.map_or("nobody", |client| client.state.name.as_str());
    Ok(By::Person(match proof {
        Proof::Terminal => format!("terminal {name}"),
        Proof::Key => format!("key of {name}"),
        Proof::Device(device) => format!("device {device}"),
    }))
}

/// The same for who answers a request: a key does so only where all of it is shown.
fn answers(ctx: &Ctx<'_>, id: &str) -> Result<By, String> {
    let by = person(ctx)?;
    let key = ctx.state.proof == Some(Proof::Key);
    let shown = |client| overlay::requests::is_shown(ctx.core, client, id);
    if key && !ctx.asked.is_some_and(shown) {
        return Err("a key answers only what is shown: choose-requests (prefix A) shows it".into());
    }
    Ok(by)
}

/// What a hook has said, once its record is read: requests that it shows to be answered are closed, and one that it asks
/// waits.
pub(super) fn heard(ctx: &mut Ctx<'_>, agent: &str, pane: PaneId, record: &Record) -> Outcome {
    ctx.core.requests_passed(pane, record);
    let Some(asking) = Asking::read(record, agent, Some(pane.0)) else {
        return Ok(Flow::Normal);
    };
    let waits = match ctx.args.get('T') {
        None if Form::asks_first(agent) => WAIT_FIRST_MS,
        None => WAIT_MS,
        Some(text) => parse_span(text)
            .ok_or_else(|| format!("bad timeout: {text}; a span is 500ms, 30s, 10m, 2h or 1d"))?,
    };
    // Only who prints and leaves can hand an answer on.
    let client = ctx
        .asked
        .and_then(|client| ctx.core.model.clients.get(&client));
    if client.is_none_or(|client| client.state.session.is_some() || client.state.control.is_some())
    {
        return Ok(Flow::Normal);
    }
    match ctx.core.open_request(asking) {
        None => Ok(Flow::Normal),
        Some(Err(reply)) => {
            ctx.print(&reply);
            Ok(Flow::Normal)
        }
        Some(Ok(id)) => {
            let by = ctx.core.now.ms.saturating_add(waits);
            let wait = Then::Request(RequestWait { id, by });
            let ticket = ctx
                .core
                .start_job(Some(ctx.asked), ctx.client, Asked::Program, wait);
            Ok(Flow::Wait(ticket))
        }
    }
}

/// What waits, over the screen of who asks.
pub(super) fn choose_requests(ctx: &mut Ctx<'_>) -> Outcome {
    if !ctx.state.shows {
        ctx.proof()?;
    }
    let client = ctx.asked.filter(|client| {
        let client = ctx.core.model.clients.get(client);
        client.is_some_and(|client| client.state.is_drawn())
    });
    let client =
        client.ok_or("choose-requests is for an attached terminal; there is outlast requests")?;
    if !overlay::is_open(ctx.core, client) && !overlay::requests::open(ctx.core, client) {
        let text = "nothing waits for an answer";
        mode::message(ctx.core, client, text, MessageTime::Default, false, false);
    }
    Ok(Flow::Normal)
}

/// A request, for programs.
fn to_json(request: &Request) -> String {
    let settled = request.settled.as_ref();
    let questions: Vec<_> = request
        .questions
        .iter()
        .map(|q| json!({"question": q.text, "options": q.options, "several": q.several}))
        .collect();
    json!({
        "id": request.id, "agent": request.agent, "tool": request.key.tool, "title": request.title, "detail": request.detail,
        "path": request.cwd, "pane": request.pane.map(|pane| format!("%{pane}")), "session": request.key.session,
        "opened": request.opened, "always": answer::always(request), "questions": questions,
        "outcome": settled.map(|settled| settled.outcome), "settled": settled.map(|settled| settled.text()),
        "settled_at": settled.map(|settled| settled.unix),
    })
    .to_string()
}

pub(super) fn list_requests(ctx: &mut Ctx<'_>) -> Outcome {
    let requests = ctx.core.requests();
    let wanted: Vec<Request> = match ctx.args.word(0) {
        Some(id) => match requests.get(&id) {
            Some(request) => vec![request.clone()],
            None => return Err(not_open(&id, &outlast_agent::request::NotOpen::Unknown)),
        },
        None if ctx.has('a') => requests
            .remembered()
            .chain(requests.waiting())
            .cloned()
            .collect(),
        None => requests.waiting().cloned().collect(),
    };
    let template = ctx.get('F').unwrap_or_else(|| TEMPLATE.to_string());
    let mut lines = Vec::new();
    for request in wanted {
        if ctx.has('j') {
            lines.push(to_json(&request));
            continue;
        }
        let pane = request.pane.map(PaneId);
        let found = pane
            .and_then(|pane| ctx.core.find_from_pane(pane))
            .unwrap_or_default();
        let mut context = ctx.format_context(&found);
        context.request = Some(request.id);
        lines.push(formats::expand(ctx.core, &template, &context, false));
    }
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

/// Settles the request that the first word names.
fn settle(ctx: &mut Ctx<'_>, decision: &Decision) -> Outcome {
    let id = ctx.args.word(0).unwrap_or_default();
    let by = answers(ctx, &id)?;
    ctx.core.settle_request(&id, decision, by)?;
    Ok(Flow::Normal)
}

pub(super) fn approve_request(ctx: &mut Ctx<'_>) -> Outcome {
    let scope = match ctx.args.get('d') {
        None => Scope::default(),
        Some(name) => Scope::named(name)
            .ok_or_else(|| format!("bad duration: {name}; session, local, project or user"))?,
    };
    let always = ctx.has('a') || ctx.has('d');
    let decision = if always {
        Decision::Always(scope)
    } else {
        Decision::Allow
    };
    settle(ctx, &decision)
}

pub(super) fn deny_request(ctx: &mut Ctx<'_>) -> Outcome {
    let reason = ctx.get('m').unwrap_or_default();
    settle(ctx, &Decision::Deny(reason))
}

pub(super) fn answer_request(ctx: &mut Ctx<'_>) -> Outcome {
    let answers = ctx.words().into_iter().skip(1).collect();
    settle(ctx, &Decision::Answers(answers))
}

pub(super) fn accept_rules(ctx: &mut Ctx<'_>) -> Outcome {
    if ctx.state.proof == Some(Proof::Key) {
        return Err(
            "rules are accepted by a command line, not by a key: outlast rules reload".into(),
        );
    }
    let By::Person(from) = person(ctx)? else {
        return Err("rules are accepted by persons".to_string());
    };
    let text = ctx.args.word(0).unwrap_or_default();
    let count = ctx.core.accept_rules(&text, &from)?;
    let rules = if count == 1 { "rule is" } else { "rules are" };
    ctx.print(&format!("{count} {rules} in force"));
    Ok(Flow::Normal)
}

pub(super) fn show_rules(ctx: &mut Ctx<'_>) -> Outcome {
    let record = &ctx.core.model.record;
    let text = match ctx.has('j') {
        true => json!({
            "rules": record.rules, "accepted": record.accepted, "from": record.from, "records": ctx.core.probe.records(false),
            "head": {"number": record.head.number, "hash": record.head.hash},
        })
        .to_string(),
        false => record.rules.trim_end().to_string(),
    };
    if !text.is_empty() {
        ctx.print(&text);
    }
    Ok(Flow::Normal)
}

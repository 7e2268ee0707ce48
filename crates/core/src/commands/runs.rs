//! run-supervised and what is done with runs.

use outlast_agent::supervise::Plan;

use super::{Ctx, Flow, Outcome};
use crate::formats;
use crate::jobs::{Asked, Then};
use crate::model::ids::PaneId;
use crate::run::lines::parse_span;
use crate::run::log::{LogWait, Wanted};
use crate::run::make::{Asking, pane_options};
use crate::run::policy::{Event, Restart, Rules, Verdict};
use crate::run::wait::{RunWait, Until};
use crate::started::{Started, when_started};

const TEMPLATE: &str = "#{run_name}: #{run_state}#{?run_boot, (boot),}, since #{t:run_since}, #{run_restarts} restarts\
    #{?run_last,\\, last #{run_last},}";

fn span(ctx: &Ctx<'_>, flag: char, what: &str) -> Result<Option<u64>, String> {
    let Some(text) = ctx.args.get(flag) else {
        return Ok(None);
    };
    match parse_span(text) {
        Some(ms) => Ok(Some(ms)),
        None => Err(format!(
            "bad {what}: {text}; a span is 500ms, 30s, 10m, 2h or 1d"
        )),
    }
}

pub(super) fn run_supervised(ctx: &mut Ctx<'_>) -> Outcome {
    let words = ctx.words();
    supervise(ctx, words, None)
}

pub(super) fn run_agent(ctx: &mut Ctx<'_>) -> Outcome {
    let text = ctx.args.word(0).unwrap_or_default();
    let plan: Plan =
        serde_json::from_str(&text).map_err(|error| format!("bad plan of an agent: {error}"))?;
    let words = plan.start.clone();
    supervise(ctx, words, Some(plan))
}

fn supervise(ctx: &mut Ctx<'_>, words: Vec<String>, agent: Option<Plan>) -> Outcome {
    let usual = Rules::default();
    let restart = match ctx.args.get('r') {
        None => usual.restart,
        Some(name) => Restart::named(name)
            .ok_or_else(|| format!("bad restart policy: {name}; no, on-failure or always"))?,
    };
    let max_restarts = match ctx.args.get('m') {
        None => usual.max_restarts,
        Some(text) => text
            .parse()
            .map_err(|_| format!("bad number of restarts: {text}"))?,
    };
    let rules = Rules {
        restart,
        max_restarts,
        within_ms: span(ctx, 'w', "window")?.unwrap_or(usual.within_ms),
        delay_ms: span(ctx, 'd', "delay")?.unwrap_or(usual.delay_ms),
        grace_ms: span(ctx, 'g', "grace")?.unwrap_or(usual.grace_ms),
    };
    let env: Vec<String> = ctx
        .args
        .all('e')
        .iter()
        .map(|text| (*text).to_string())
        .collect();
    let named = |text: &&String| text.find('=').is_none_or(|at| at == 0);
    if let Some(wrong) = env.iter().find(named) {
        return Err(format!("bad variable: {wrong}; it is written NAME=value"));
    }
    if words.iter().all(|word| word.trim().is_empty()) {
        return Err("no command to run".to_string());
    }
    let asking = Asking {
        name: ctx.get('n'),
        words,
        cwd: ctx.get('c'),
        env,
        rules,
        options: pane_options(&ctx.args.all('o'))?,
        boot: ctx.has('b'),
        client: ctx.client,
        agent,
    };
    let (pane, new) = ctx.core.make_run(asking)?;
    let found = ctx.core.find_from_pane(pane).unwrap_or_default();
    let print = ctx.has('P').then(|| {
        let template = "#{run_name}".to_string();
        (template, ctx.format_context(&found))
    });
    let session = found.session.filter(|_| new);
    let started = Started {
        print,
        session,
        ..Started::quiet(ctx, pane, "run failed")
    };
    when_started(ctx, started)
}

fn named(ctx: &Ctx<'_>) -> Result<PaneId, String> {
    ctx.core.run_named(&ctx.args.word(0).unwrap_or_default())
}

/// Whether a key asks, or a prompt: keys that follow would wait as well.
fn types(ctx: &Ctx<'_>) -> bool {
    ctx.asked
        .filter(|client| ctx.core.control(*client).is_none())
        .is_some_and(|client| ctx.core.session_of(client).is_some())
}

/// Waits for a run, but not for a key's command.
fn wait(ctx: &mut Ctx<'_>, pane: PaneId, until: Until, by: Option<u64>) -> Outcome {
    if types(ctx) || ctx.has('b') {
        return Ok(Flow::Normal);
    }
    if ctx.core.run_has(pane, until) {
        if let (Until::Over, Some(client)) = (until, ctx.asked) {
            let status = ctx.core.run_exit_status(pane);
            ctx.core.run_status(client, status);
        }
        return Ok(Flow::Normal);
    }
    let wait = Then::Run(RunWait { pane, until, by });
    let ticket = ctx
        .core
        .start_job(Some(ctx.asked), ctx.client, Asked::Program, wait);
    Ok(Flow::Wait(ticket))
}

pub(super) fn start_run(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = named(ctx)?;
    if ctx.core.run_step(pane, Event::Start) == Verdict::Refused {
        let name = ctx.args.word(0).unwrap_or_default();
        return Err(format!(
            "run {name} runs already; to start it anew: outlast restart {name}"
        ));
    }
    wait(ctx, pane, Until::Up, None)
}

pub(super) fn stop_run(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = named(ctx)?;
    if ctx.core.run_step(pane, Event::Stop) == Verdict::Refused {
        let name = ctx.args.word(0).unwrap_or_default();
        let state = ctx.core.run(pane).map_or("", |run| run.course.state.word());
        return Err(format!("run {name} does not run: it is {state}"));
    }
    wait(ctx, pane, Until::Settled, None)
}

pub(super) fn restart_run(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = named(ctx)?;
    ctx.core.run_step(pane, Event::Restart);
    wait(ctx, pane, Until::Up, None)
}

pub(super) fn wait_run(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = named(ctx)?;
    let by = span(ctx, 'T', "timeout")?.map(|ms| ctx.core.now.ms + ms);
    wait(ctx, pane, Until::Over, by)
}

pub(super) fn list_runs(ctx: &mut Ctx<'_>) -> Outcome {
    let runs = match ctx.args.word(0) {
        Some(name) => vec![ctx.core.run_named(&name)?],
        None => ctx.core.runs(),
    };
    let template = ctx.get('F').unwrap_or_else(|| TEMPLATE.to_string());
    let used = ctx.core.run_usage(&runs);
    let mut lines = Vec::new();
    for (pane, usage) in runs.iter().zip(used) {
        let found = ctx.core.find_from_pane(*pane).unwrap_or_default();
        let mut context = ctx.format_context(&found);
        context.pane = Some(*pane);
        context.extra.extend([
            ("run_cpu".to_string(), usage.cpu_ms.to_string()),
            ("run_memory".to_string(), usage.memory.to_string()),
            ("run_processes".to_string(), usage.processes.to_string()),
        ]);
        lines.push(formats::expand(ctx.core, &template, &context, false));
    }
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

pub(super) fn show_log(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = named(ctx)?;
    let bad = |what: &str, text: &str| format!("bad {what}: {text}");
    let number = |flag: char, what: &str| match ctx.args.get(flag) {
        None => Ok(None),
        Some(text) => text.parse::<u32>().map(Some).map_err(|_| bad(what, text)),
    };
    let from = match ctx.args.get('l') {
        None => None,
        Some(text) => {
            let parts = text
                .split_once('.')
                .and_then(|(row, epoch)| Some((row.parse().ok()?, epoch.parse().ok()?)));
            Some(parts.ok_or_else(|| bad("row", text))?)
        }
    };
    let since = match ctx.args.get('s') {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| bad("time", text))?),
    };
    let head = ctx.has('m');
    let wait = LogWait {
        pane,
        wanted: Wanted {
            from,
            since,
            last: number('n', "number of lines")?.map(|lines| lines as usize),
            escapes: ctx.has('E'),
            times: ctx.has('T'),
            whole: head,
        },
        head,
    };
    if ctx.has('w') && !types(ctx) && !ctx.core.has_log(&wait) {
        let then = Then::Log(wait);
        let ticket = ctx
            .core
            .start_job(Some(ctx.asked), ctx.client, Asked::Program, then);
        return Ok(Flow::Wait(ticket));
    }
    ctx.core.print_log(ctx.client, &wait);
    Ok(Flow::Normal)
}

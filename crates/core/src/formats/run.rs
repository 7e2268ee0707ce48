//! Variables about runs.

use super::{Row, Scope, flag, some, text, time};
use crate::run::policy::State;
use crate::run::{Run, lines};

fn run<'a>(s: &Scope<'a>) -> Option<&'a Run> {
    s.pane?.state.run.as_deref()
}

pub(super) const ROWS: &[Row] = &[
    text("run_agent", "Which agent the run is, if it is one.", |s| {
        some(&run(s)?.agent.as_ref()?.plan.agent)
    }),
    text(
        "run_boot",
        "1 when the run is started by itself after a reboot.",
        |s| flag(run(s)?.boot),
    ),
    text("run_command", "The command of the run.", |s| {
        run(s)?;
        let words = &s.pane?.state.start_command;
        some(super::pane::command_text(words))
    }),
    text(
        "run_conversation",
        "The conversation that the run's agent goes on in, by the agent's own id.",
        |s| some(&run(s)?.agent.as_ref()?.plan.id),
    ),
    time("run_ended", "When the run's program last ended.", |s| {
        Some(run(s)?.last.as_ref()?.unix)
    }),
    text(
        "run_exit",
        "Exit status of the run's program when it last ended: 128 and the number of a signal.",
        |s| some(run(s)?.last.as_ref()?.exit_status()),
    ),
    text(
        "run_last",
        "How the run's program last ended: \"exited 1 after 4 s\".",
        |s| some(lines::ended(run(s)?.last.as_ref()?)),
    ),
    text(
        "run_max_restarts",
        "How often the run is started again within its window.",
        |s| some(run(s)?.course.rules.max_restarts),
    ),
    text("run_name", "Name of the run in the pane.", |s| {
        some(&run(s)?.name)
    }),
    text(
        "run_next",
        "Seconds until the run is started again, while it waits for that.",
        |s| match run(s)?.course.state {
            State::Waiting { until } => some(until.saturating_sub(s.core.now.ms).div_ceil(1000)),
            _ => None,
        },
    ),
    text(
        "run_policy",
        "When the run is started again: no, on-failure or always.",
        |s| some(run(s)?.course.rules.restart.name()),
    ),
    text(
        "run_restarts",
        "How often the run was started again since a person last started it.",
        |s| some(run(s)?.course.restarts),
    ),
    time("run_since", "Since when the run is in its state.", |s| {
        Some(run(s)?.since)
    }),
    text(
        "run_state",
        "starting, running, waiting, stopping, stopped, done or failed.",
        |s| some(run(s)?.course.state.word()),
    ),
];

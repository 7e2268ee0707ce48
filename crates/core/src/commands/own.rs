//! Commands that tmux does not have: in no list of tmux's and by their whole names only, but in bindings, hooks and control
//! mode like any other. Our own verbs are made of them.

use outlast_lang::args::Spec;

use super::{Ctx, Flow, Outcome, Row, agents, events, flag, requests, runs};
use crate::jobs::{Asked, Then};
use crate::reboot::import::COMMAND;

const fn row(
    name: &'static str,
    (flags, min, max): (&'static str, usize, Option<usize>),
    help: &'static str,
    usage: &'static str,
    bits: u8,
    run: fn(&mut Ctx<'_>) -> Outcome,
) -> Row {
    Row {
        name,
        alias: "",
        spec: Spec {
            flags,
            min,
            max,
            commands: false,
        },
        help,
        usage,
        source: None,
        target: None,
        flags: bits,
        run,
    }
}

/// All of them, sorted by name.
pub const OWN: &[Row] = &[
    row(
        "accept-rules",
        ("", 1, Some(1)),
        "Puts rules about what agents may do in force: the text of a whole rules file. A person's alone to do.",
        "rules",
        flag::START,
        requests::accept_rules,
    ),
    row(
        "agent-hook",
        ("a:t:T:", 1, Some(1)),
        "What an agent's hook says of what runs in a pane, as JSON: outlast hook calls it. If it asks for permission, this waits (-T) and prints the answer in the agent's form; \
         nothing when there is none.",
        "[-a agent] [-t target-pane] [-T timeout] record",
        0,
        agents::agent_hook,
    ),
    row(
        "answer-request",
        ("", 2, None),
        "Answers an agent's questions, in their order: the label of an option, its number, or other words; several with commas \
         between them. A person's alone to do.",
        "request-id answer ...",
        0,
        requests::answer_request,
    ),
    row(
        "approve-request",
        ("ad:", 1, Some(1)),
        "Allows what an agent asks for: this once, with -a from now on as the agent suggests, for the session or for what -d says. \
         A person's alone to do.",
        "[-a] [-d session|local|project|user] request-id",
        0,
        requests::approve_request,
    ),
    row(
        "choose-requests",
        ("", 0, Some(0)),
        "Shows what agents ask for, all of it, with keys to answer: y allows, a allows for good, n denies and asks why, digits answer \
         questions. A person's alone to do, and it takes no answer in its first moment.",
        "",
        0,
        requests::choose_requests,
    ),
    row(
        "deny-request",
        ("m:", 1, Some(1)),
        "Denies what an agent asks for, for the reason -m, which the agent is told. A person's alone to do.",
        "[-m reason] request-id",
        0,
        requests::deny_request,
    ),
    row(
        COMMAND,
        ("", 1, Some(1)),
        "Takes over the sessions of another server that a file describes.",
        "path",
        flag::START,
        import_sessions,
    ),
    row(
        "list-requests",
        ("aF:j", 0, Some(1)),
        "Lists what agents ask for and wait for, or one request; -a also those that are settled, -j as JSON, one to a line.",
        "[-aj] [-F format] [request-id]",
        flag::READ_ONLY,
        requests::list_requests,
    ),
    row(
        "list-runs",
        ("F:", 0, Some(1)),
        "Lists runs, or one; in the format run_cpu, run_memory and run_processes are of all its processes now.",
        "[-F format] [run-name]",
        flag::START | flag::READ_ONLY,
        runs::list_runs,
    ),
    row(
        "restart-run",
        ("b", 1, Some(1)),
        "Ends a run and starts it again; -b does not wait until it runs.",
        "[-b] run-name",
        0,
        runs::restart_run,
    ),
    row(
        "run-agent",
        ("bc:d:e:g:m:n:o:Pr:w:", 1, Some(1)),
        "As run-supervised, for an agent that goes on in its own conversation; how it is started and resumed is JSON, which \
         outlast claude and the like write.",
        "[-bP] [-c start-directory] [-d delay] [-e environment] [-g grace] [-m max-restarts] [-n run-name] [-o option=value] \
         [-r no|on-failure|always] [-w within] plan",
        flag::START,
        runs::run_agent,
    ),
    row(
        "run-supervised",
        ("bc:d:e:g:m:n:o:Pr:w:", 1, None),
        "Runs a command in a session of its own and starts it again by -r, so many times (-m) within a span (-w), first \
         after -d, later twice that; to end it, it has -g from TERM to KILL. -o sets an option of its pane (memory-max, isolate, \
         stay-awake …). -b: again after a reboot; -P prints its name.",
        "[-bP] [-c start-directory] [-d delay] [-e environment] [-g grace] [-m max-restarts] [-n run-name] [-o option=value] \
         [-r no|on-failure|always] [-w within] shell-command [argument ...]",
        flag::START,
        runs::run_supervised,
    ),
    row(
        "select-waiting",
        ("", 0, Some(0)),
        "Goes to the pane whose agent has waited longest, and from there to the next.",
        "",
        0,
        agents::select_waiting,
    ),
    row(
        "send-prompt",
        ("t:T:", 1, Some(1)),
        "Types a prompt for an agent when it has time for one, within -T, and waits until the agent says that it works; its \
         exit status is 124 when -T is over. A run's name is a target, too.",
        "[-t target-pane] [-T timeout] text",
        0,
        agents::send_prompt,
    ),
    row(
        "show-events",
        ("mn:s:t:w", 0, Some(0)),
        "Prints what has happened, a JSON object to a line: after number -s, since -t (seconds since 1970), the last -n of that; \
         -m first a line for the next call; -w waits until there is something.",
        "[-mw] [-n count] [-s number] [-t seconds]",
        flag::READ_ONLY,
        events::show_events,
    ),
    row(
        "show-log",
        ("El:mn:s:Tw", 1, Some(1)),
        "Prints what a run has said: the last -n lines, since -s (seconds since 1970) or from row -l (ROW.NUMBERING) on; -E with \
         colours, -T with times (seconds since 1970 and a tab); -m first a line for the next call, and only whole lines; -w waits until there is one, or the run is over.",
        "[-EmTw] [-l row] [-n lines] [-s seconds] run-name",
        flag::START | flag::READ_ONLY,
        runs::show_log,
    ),
    row(
        "show-rules",
        ("j", 0, Some(0)),
        "Prints the rules in force about what agents may do; -j as JSON, with when they were accepted and the end of the record of \
         answers.",
        "[-j]",
        flag::READ_ONLY,
        requests::show_rules,
    ),
    row(
        "start-run",
        ("b", 1, Some(1)),
        "Starts a run that is over, or waits to be started again; -b does not wait until it runs.",
        "[-b] run-name",
        flag::START,
        runs::start_run,
    ),
    row(
        "stop-run",
        ("b", 1, Some(1)),
        "Ends all processes of a run: TERM, its grace, KILL; -b does not wait for that.",
        "[-b] run-name",
        0,
        runs::stop_run,
    ),
    row(
        "wait-run",
        ("T:", 1, Some(1)),
        "Waits until a run is over; its exit status is the command's (128 and the number of a signal; 124 when -T is over, \
         125 when nobody knows).",
        "[-T timeout] run-name",
        flag::START | flag::READ_ONLY,
        runs::wait_run,
    ),
];

fn import_sessions(ctx: &mut Ctx<'_>) -> Outcome {
    let path = ctx.args.word(0).unwrap_or_default();
    let asked = Asked::Read(path);
    let ticket = ctx
        .core
        .start_job(Some(ctx.asked), ctx.client, asked, Then::Import);
    Ok(Flow::Wait(ticket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_has_a_name_of_tmux_s() {
        assert!(OWN.windows(2).all(|pair| pair[0].name < pair[1].name));
        for own in OWN {
            assert!(super::super::ROWS.iter().all(|row| row.name != own.name));
        }
    }
}

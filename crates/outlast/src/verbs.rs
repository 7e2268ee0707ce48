//! Verbs of our own, one row each, and the hidden ones that our own processes are started by.

use std::ffi::OsString;
use std::process::ExitCode;

use outlast_server::stamp::Image;

use crate::flags::Flags;

/// A verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What may follow it.
    pub usage: &'static str,
    /// One line for `outlast help`.
    pub about: &'static str,
    /// The rest of what the manual says of it.
    pub text: &'static str,
    /// What it does, given the flags before it and the words after it.
    pub run: fn(&Flags, &[String]) -> ExitCode,
}

/// All of them.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "adopt",
        usage: "[-t SESSION] PID",
        about: "a program that runs in another terminal goes on in a pane",
        text: "Needs the program reptyr. What would make it fail is said before anything is done, with what to do: \
               ptrace_scope, another user's or a setuid program, a container, others on the same terminal. Nothing is killed. \
               A program that a shell has started is best taken out of its hands first: C-z, bg, disown. For instance: outlast \
               adopt $(pgrep -n vim).",
        run: crate::adopt::run,
    },
    Verb {
        name: "agent",
        usage: "AGENT [NAME] [ARG]...",
        about: "starts an agent that has a recipe, one of your own too",
        text: "As outlast claude does. Without words it lists the agents that there are recipes for. A recipe of your own is a few \
               lines in ~/.config/outlast/agents.conf: [NAME], and below it start = the words that start it, with {id} for the \
               session's id, {args} and {hooks}; resume = the words that go on with the session {id}; programs = its names.",
        run: crate::agent::any,
    },
    Verb {
        name: "answer",
        usage: "ID ANSWER...",
        about: "answers the questions of an agent",
        text: "The request's id is in outlast requests. One answer for each question, in their order: the label of an option, its number, \
               several with commas between them, or other words. Like approve and deny this takes a terminal outside of all panes, or a \
               key of an attached one: an agent cannot answer for itself. Exit status 3: it was settled already, and by whom is said.",
        run: crate::requests::answer,
    },
    Verb {
        name: "approve",
        usage: "[--always[=session|local|project|user]] ID",
        about: "allows what an agent asks for",
        text: "This once; --always as the agent suggests it (outlast requests ID shows what that is), for its session or for longer. The \
               agent goes on at once, its own dialog closes. Exit status 3: it was settled already, and by whom is said.",
        run: crate::requests::approve,
    },
    Verb {
        name: "boot",
        usage: "[--once] [COMMAND]",
        about: "brings back what was there when the machine went down",
        text: "Then the command, if there is one, and waits until the server ends: for a unit of systemd, or as the first \
               process of a container (outlast boot new-session -d -s main). SIGTERM has all written for the next time and \
               ended. --once does not wait. outlast setup boot has it run when the machine starts.",
        run: crate::boot::run,
    },
    Verb {
        name: "bug-report",
        usage: "[-t PANE] [-o FILE] [--yes|--redact] | --replay FILE [--stop BYTES]",
        about: "what led to a screen that is wrong, in one file that replays",
        text: "For a pane that was drawn wrongly: a checkpoint of its terminal from before, what its program wrote since \
               (64 KiB and more, unless it flooded), changes of size, the screen as the server has it, versions, and \
               the options that are set. What looks like a secret is listed first, with the place where it stands; \
               the file is then written if you say so (on a terminal it asks, else --yes), or with x in the place of \
               what was listed (--redact). It is readable by you alone, and nothing is sent anywhere. --replay shows \
               the screen that such a file gives, as far as the given byte of output, and whether it is the recorded one.",
        run: crate::report::run,
    },
    Verb {
        name: "claude",
        usage: "[--continue-with TEXT] [--continue-after SPAN] [--boot] [--detach] [--restart no|on-failure|always] [--cwd DIR] [--env NAME=VALUE]... [NAME] [ARG]...",
        about: "Claude Code, in a session, that goes on in its own conversation",
        text: "Started under a session id that we choose, with hooks for this run alone: no file of yours is changed. Killed, \
               crashed, out of memory, after an upgrade of the server, and with --boot after a reboot, it is started again and \
               resumes that conversation, never the newest one and never a fresh one by itself. Ended by you (/exit) it stays \
               ended; outlast claude NAME goes on with it. Nothing is typed for you, unless you say so: --continue-with \
               'go on' is sent when it is resumed in the midst of its work, and once, --continue-after (5m) a rate limit or an \
               overload. ARGs are Claude's own; its flags are kept for later starts, a prompt is not.",
        run: crate::agent::claude,
    },
    Verb {
        name: "codex",
        usage: "[--continue-with TEXT] [--boot] [--detach] [--restart no|on-failure|always] [--cwd DIR] [--env NAME=VALUE]... [NAME] [ARG]...",
        about: "Codex, in a session, that goes on in its own conversation",
        text: "As outlast claude. Codex tells the id of its conversation by its hooks, and asks once whether it may run them. Without \
               them it is not resumed by itself, because nobody knows which conversation was its own.",
        run: crate::agent::codex,
    },
    Verb {
        name: "completions",
        usage: "bash|zsh|fish",
        about: "completion for a shell: commands, options, names",
        text: "For bash: source <(outlast completions bash) in ~/.bashrc. For zsh: outlast completions zsh > \
               _outlast in a directory of $fpath, or sourced after compinit. For fish: outlast completions fish > \
               ~/.config/fish/completions/outlast.fish. Names of sessions, windows and the like are asked of the \
               running server; where there is none, nothing is offered and none is started.",
        run: crate::complete::print_script,
    },
    Verb {
        name: "deny",
        usage: "ID [--reason TEXT]",
        about: "denies what an agent asks for",
        text: "The agent is told the reason. Exit status 3: it was settled already, and by whom is said.",
        run: crate::requests::deny,
    },
    Verb {
        name: "doctor",
        usage: "[--json] [--prune]",
        about: "what lets sessions end or terminals look wrong, and what to do",
        text: "Looks, changes nothing, starts nothing. Exit status 1 when something is bad. outlast doctor --help lists the \
               checks; --json is for programs; --prune deletes what is kept on disk and of no use to a server (damaged, set \
               aside).",
        run: crate::doctor::run,
    },
    Verb {
        name: "events",
        usage: "[--follow] [--since N|SPAN|TIME] [-n LINES] [--json]",
        about: "what has happened: agents, requests, runs, panes, notices",
        text: "Records are numbered, and no number is ever given twice. --json prints them as they are, a JSON object to a line; \
               --since N goes on after record N, and what is no longer kept is said (in JSON as event \"dropped\"). --follow waits \
               for what comes, over restarts of the server. 2000 records and 512 KiB are kept, on disk too unless disk-state is \
               off, without texts of panes whose disk-history is off.",
        run: crate::events::run,
    },
    Verb {
        name: "guard",
        usage: "[--cwd D] [--idle 10m] [--name N] -- CMD...",
        about: "runs a job unless somebody works or waits there",
        text: "For cron: exit status 75 and the reason on stderr while an agent is in the foreground of a pane in D or below, \
               another program there has said something within the idle time, somebody has typed in any session within it, or \
               a job of the same name still runs. Else the job runs in D and its end is the guard's; signals are passed on. \
               For instance: */30 * * * * outlast guard --cwd ~/proj -- claude -p 'tidy the changelog'.",
        run: crate::guard::run,
    },
    Verb {
        name: "help",
        usage: "[COMMAND|OPTION|VARIABLE]",
        about: "this list; what a command, option or variable is",
        text: "A command may be called by its name, its alias or a beginning that only one name has.",
        run: crate::manual::help::run,
    },
    Verb {
        name: "hook",
        usage: "[--agent NAME] [--wait SPAN]",
        about: "what agents run for their hooks",
        text: "Reads a hook's record from stdin and hands it to the server whose pane this is. For a request for permission it waits for an \
               answer (--wait; a day, for codex 5 s) and prints it in the agent's form. Where there is no server, no pane or no answer \
               it prints nothing and ends with 0: the agent asks in its own terminal.",
        run: crate::requests::hook::run,
    },
    Verb {
        name: "import",
        usage: "[-L NAME] [-S PATH] [SESSION]...",
        about: "takes over the sessions of a running tmux",
        text: "Windows, layouts, names, directories and history of all its sessions, or of those that are named. The \
               tmux is the one whose pane this is ($TMUX), the one of -L or -S, or the default one; any from 2.0. It is \
               only asked, and its programs stay there: in each new pane runs a shell, below the text that was there.",
        run: crate::import::run,
    },
    Verb {
        name: "kept",
        usage: "[FILE]",
        about: "what is on disk for the time after a reboot",
        text: "Lists sessions with their older generations, and the text of panes; with the name of a file from the \
               list it prints that, a text with its colours. Nothing is changed.",
        run: crate::kept::run,
    },
    Verb {
        name: "limit",
        usage: "SESSION [--memory-max SIZE|none] [--processes-max N|none] [--cpu-weight N|none]",
        about: "what all programs of a session may use together",
        text: "Without flags it says what that is and who holds it. A control group or a slice of systemd holds it for programs that are \
               started from then on, where one can be had; elsewhere memory is looked at, also that of programs that run already, and \
               over the limit the pane that uses most is ended, no other. The limits are the session's options session-memory-max, \
               session-processes-max and session-cpu-weight. For instance: outlast limit work --memory-max 8G.",
        run: crate::limit::run,
    },
    Verb {
        name: "logs",
        usage: "[-f] [-n LINES] [--since SPAN|TIME] [--times] NAME",
        about: "what a run has said",
        text: "From the history of its pane, over all its restarts; coloured on a terminal. -f goes on until the run is over. --since 10m, 10:00 or 2026-11-21T10:00, and --times, know when lines came to some seconds.",
        run: crate::runs::logs::run,
    },
    Verb {
        name: "ls",
        usage: "[--json]",
        about: "the sessions there are, and how their runs are",
        text: "tmux's lines, with the state of a run behind its session's. With other flags it is tmux's list-sessions.",
        run: crate::runs::show::ls,
    },
    Verb {
        name: "man",
        usage: "",
        about: "the manual page",
        text: "Shown by man on a terminal, else written to stdout: outlast man > outlast.1.",
        run: crate::manual::run,
    },
    Verb {
        name: "opencode",
        usage: "[--continue-with TEXT] [--boot] [--detach] [--restart no|on-failure|always] [--cwd DIR] [--env NAME=VALUE]... [NAME] [ARG]...",
        about: "opencode, in a session, that goes on in its own conversation",
        text: "As outlast claude: a plugin of ours, for this run alone, tells the id of its conversation.",
        run: crate::agent::opencode,
    },
    Verb {
        name: "peek",
        usage: "[-n ROWS] [SESSION]",
        about: "what a session shows, without attaching",
        text: "The session's windows with what runs in them, and the last rows of its current pane that say something.",
        run: crate::look::peek::run,
    },
    Verb {
        name: "requests",
        usage: "[--json] [--all] [ID] | --history [--json]",
        about: "what agents ask for and wait for",
        text: "With an id all of it: the whole command, difference, plan or questions. --all: also what is settled. --history: who has \
               answered what from where, and whether somebody has been at that record.",
        run: crate::requests::show::run,
    },
    Verb {
        name: "restart",
        usage: "NAME",
        about: "ends a run and starts it again",
        text: "All its processes are ended first, as stop does.",
        run: crate::runs::restart,
    },
    Verb {
        name: "resume",
        usage: "[--all] [--json] [--summary] [--detach] [ID|NAME]",
        about: "goes on with a conversation of an agent, in a session",
        text: "Lists the conversations of Claude Code and Codex of this directory (--all: of all), the newest first, with name, \
               age, first and last prompt, branch, size and where one runs; arrows, digits or a finger choose. With an id, its \
               beginning or a name it goes on with that one. s, or --summary, goes on from a summary, which is offered for \
               large ones. One that runs in a session is gone to, one that runs elsewhere is left alone.",
        run: crate::agent::resume::run,
    },
    Verb {
        name: "rules",
        usage: "[list] | reload [--yes] | test [--agent NAME] [--tool NAME] [COMMAND]",
        about: "what is allowed or denied without asking",
        text: "The file is ~/.config/outlast/rules: lines like allow tool=Bash command=\"git status*\" or deny command=\"git push*\". What is in force \
               is what was accepted with reload, in a terminal outside of all panes. test plays the record of answers against the file, \
               or says what it would do with a command; exit status 1: it would allow what a person has denied.",
        run: crate::requests::rules::run,
    },
    Verb {
        name: "run",
        usage: "[--name NAME] [--restart no|on-failure|always] [--max-restarts N] [--within SPAN] [--grace SPAN] [--delay SPAN] [--cwd DIR] [--env NAME=VALUE]... [--memory-max 8G] [--processes-max N] [--cpu-weight N] [--isolate] [--no-network] [--writable DIR]... [--boot] [--awake] [--attach] -- COMMAND [WORD]...",
        about: "runs a command that is started again when it fails",
        text: "In a session of its own, detached: outlast attach NAME shows it. Without --name it is called as its program. It is started again when it has failed (--restart on-failure), 1 s later, then 2, 4 … up to 60 s, and the first wait again once it was up for a minute; after 5 restarts (--max-restarts) in 10 minutes (--within) it gives up. A failure is an exit status other than 0, a signal that was not ours, and running out of memory. To end, it has 10 s (--grace) from TERM to KILL; what it has left behind ends with it. --boot: it runs again after a reboot. --awake: the machine does not go to sleep while it runs. --memory-max: of all its processes together; over it they are ended. --isolate (bubblewrap): it writes in its directory and those of --writable alone, and sees no keys and no sessions; --no-network: nor other hosts. With short flags (run -b …) it is tmux's run-shell.",
        run: crate::runs::run,
    },
    Verb {
        name: "send",
        usage: "[--timeout 10m] NAME TEXT...",
        about: "a prompt for an agent, when it has time for one",
        text: "NAME is a run, a session, or a pane as tmux names it; the text - is read from standard input. It is typed as a \
               paste with Enter behind it, once the agent neither works nor asks. Exit status 0 when the agent has begun with it, \
               1 when it has not taken it, 124 when the timeout was over first: then nothing was typed. With short flags (-t) \
               it is tmux's send-keys. For instance: outlast send api 'run the tests again'.",
        run: crate::send::run,
    },
    Verb {
        name: "setup",
        usage: "[--yes] [--undo] shell|ssh|tmux|boot|agents",
        about: "shell start-up lines, ssh keepalives, a link named tmux, start at boot, agents' hooks",
        text: "Shows what would be written as a difference; --yes writes it and keeps a copy of what was there, --undo gives \
               every byte of that back. shell [--session NAME] [bash|zsh|fish]...: a login over ssh or from a browser \
               terminal lands in a session. ssh: keepalives for this side, and what root does on servers. tmux [--dir DIR]: \
               a link named tmux. boot [--systemd|--cron]: a user unit and lingering, or cron. agents [AGENT]...: hooks for \
               Claude Code, Codex and opencode that are started by hand. For instance: outlast setup \
               shell, and when it looks right: outlast setup shell --yes.",
        run: crate::setup::run,
    },
    Verb {
        name: "start",
        usage: "NAME",
        about: "starts a run that is over",
        text: "Or one that waits to be started again. Without a name it is tmux's start-server.",
        run: crate::runs::start,
    },
    Verb {
        name: "status",
        usage: "[--json] [NAME]",
        about: "the runs there are, and what they use; all of one",
        text: "State, for how long, restarts, last exit status, and what all processes of the run take of processor and memory at this moment. Nothing is measured while nobody asks.",
        run: crate::runs::show::status,
    },
    Verb {
        name: "stop",
        usage: "NAME",
        about: "ends a run and all that belongs to it",
        text: "TERM for all its processes, also for those that have left its session, then KILL after its grace. Returns when they are gone.",
        run: crate::runs::stop,
    },
    Verb {
        name: "upgrade",
        usage: "[--allow-older] [--keeper]",
        about: "the server becomes the build that is installed",
        text: "Sessions go on. Refused inside a session. --allow-older goes back to an older build, --keeper has the \
               keeper become the same build as well, in place.",
        run: crate::upgrade::run,
    },
    Verb {
        name: "version",
        usage: "",
        about: "what version this is, and what the server runs",
        text: "",
        run: version,
    },
    Verb {
        name: "wait",
        usage: "[--timeout SPAN] NAME",
        about: "waits for the end of a run, and ends as it did",
        text: "The end is the last one: a restart is none. The exit status is the run's own, 128 and the number of a signal; 124 when the time is over, 125 when nobody knows. Restarts and upgrades of the server make no difference. With -L, -S or -U it is tmux's wait-for.",
        run: crate::runs::wait,
    },
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

/// Says of the words after a verb.
type Ours = fn(&[String]) -> bool;

/// Verbs whose names tmux has for commands of its own, and whether the words after them are ours.
const SHARED: &[(&str, Ours)] = &[
    ("ls", crate::runs::ls_is_ours),
    ("run", crate::runs::run_is_ours),
    ("send", crate::send::is_ours),
    ("start", crate::runs::start_is_ours),
    ("wait", crate::runs::wait_is_ours),
];

/// The verb that a command line means, if it means one.
pub fn meant(command: &[String]) -> Option<&'static Verb> {
    let (name, words) = command.split_first()?;
    let shared = SHARED.iter().find(|(shared, _)| shared == name);
    find(name).filter(|_| shared.is_none_or(|(_, is_ours)| is_ours(words)))
}

/// How a process of our own is run.
type Run = fn(Vec<OsString>) -> ExitCode;

/// The process of our own behind a word, if it is one.
pub fn hidden(name: &str) -> Option<Run> {
    match name {
        "keeper" => Some(crate::launch::run_keeper),
        "server" => Some(crate::launch::run_server),
        "limited" => Some(crate::limited::run),
        "notify" => Some(crate::notify::run),
        "edit-buffer" => Some(crate::editing::run),
        "__complete" => Some(crate::complete::run),
        _ => None,
    }
}

fn version(flags: &Flags, _: &[String]) -> ExitCode {
    print!("{}", crate::version(true));
    if let Ok(image) = std::fs::metadata("/proc/self/exe") {
        println!("build {}", Image::of(&image).build_id());
    }
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref());
    if let Some(server) = path.ok().and_then(|path| crate::upgrade::running(&path)) {
        println!("{server}");
    }
    ExitCode::SUCCESS
}

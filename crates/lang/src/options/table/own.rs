//! Options that tmux does not have.

use super::{INT, Kind, PANE, Row, SERVER, SESSION, hook, option};

pub(super) const ROWS: &[Row] = &[
    hook(
        "agent-state-changed",
        PANE,
        "What a pane's agent does has changed: see agent_state.",
    ),
    option(
        "confine",
        PANE,
        Kind::Flag,
        "off",
        "Whether what is started in a pane may give commands about that pane alone.",
    ),
    option(
        "cpu-weight",
        PANE,
        Kind::Number(0, 10_000),
        "0",
        "The share of the processor that a pane's program gets where others want it too; 100 is usual, 0 leaves it alone.",
    ),
    option(
        "disk-ended-days",
        SERVER,
        Kind::Number(0, INT),
        "3",
        "For how many days the text of panes that have ended is kept on disk.",
    )
    .unit("days"),
    option(
        "disk-history",
        PANE,
        Kind::Flag,
        "on",
        "Whether a pane's text is kept on disk for the time after a reboot.",
    ),
    option(
        "disk-history-limit",
        SERVER,
        Kind::Number(0, i64::MAX),
        "67108864",
        "How many bytes the texts of all panes may have on disk.",
    )
    .unit("bytes"),
    option(
        "disk-state",
        SERVER,
        Kind::Flag,
        "on",
        "Whether anything is kept on disk for the time after a reboot; off deletes what is there.",
    ),
    option(
        "isolate",
        PANE,
        Kind::Choice(&["off", "on", "no-network"]),
        "off",
        "Whether a pane's program may write in its directory alone and sees no secrets (bubblewrap), or has no network either.",
    ),
    option(
        "isolate-writable",
        PANE,
        Kind::Array(":"),
        "",
        "Directories that an isolated program may write to besides the one that it is started in.",
    ),
    option(
        "memory-max",
        PANE,
        Kind::Number(0, i64::MAX),
        "0",
        "The memory that a pane's program and its children may use together, as in 8G; 0 is no limit.",
    )
    .unit("bytes"),
    option(
        "notify",
        PANE,
        Kind::Flag,
        "on",
        "Whether people are told of what the agent or run in the pane waits for, and how it ends.",
    ),
    option(
        "notify-answer-url",
        SERVER,
        Kind::Text,
        "",
        "Where buttons of an ntfy message send an answer; without it there are none. Nothing of outlast listens there.",
    ),
    option(
        "notify-command",
        SERVER,
        Kind::Text,
        "",
        "A shell command for each notice: OUTLAST_NOTICE_TITLE, _TEXT, _STATE, _SESSION, _PANE, _AGENT, _REQUEST, _ID, \
         _SETTLED (1: taken back) and _LEFT_OUT are in its environment.",
    ),
    option(
        "notify-desktop",
        SERVER,
        Kind::Flag,
        "off",
        "Whether notices are shown by the desktop (org.freedesktop.Notifications).",
    ),
    option(
        "notify-details",
        SERVER,
        Kind::Flag,
        "off",
        "Whether webhook and ntfy are sent what is asked or has failed, commands among it, and not only that there is something.",
    ),
    option(
        "notify-done-delay",
        SERVER,
        Kind::Number(0, 86_400),
        "20",
        "How long after an agent is done people are told, unless it goes on or somebody types there.",
    )
    .unit("seconds"),
    option(
        "notify-most",
        SERVER,
        Kind::Number(1, 1000),
        "10",
        "So many notices a minute are given; more are put together in one that says how many are left out.",
    ),
    option(
        "notify-ntfy",
        SERVER,
        Kind::Text,
        "",
        "The address of an ntfy topic that notices are sent to: https://ntfy.example/topic. Its name is a secret.",
    ),
    option(
        "notify-ntfy-token",
        SERVER,
        Kind::Text,
        "",
        "The access token for the ntfy topic, where it needs one.",
    ),
    option(
        "notify-programs",
        PANE,
        Kind::Choice(&["off", "agents", "on"]),
        "agents",
        "Whose own notifications (OSC 9, 99, 777) and bells are notices: nobody's, agents', any program's.",
    ),
    option(
        "notify-terminal",
        SESSION,
        Kind::Choice(&["off", "on", "bell"]),
        "on",
        "Whether attached terminals show notices, or ring only; one that is not known to have notifications rings.",
    ),
    option(
        "notify-typing",
        SERVER,
        Kind::Number(0, 3600),
        "10",
        "A person who has pressed a key in a pane is there for so long: no notice is given of it.",
    )
    .unit("seconds"),
    option(
        "notify-webhook",
        SERVER,
        Kind::Text,
        "",
        "An address that notices are posted to as JSON.",
    ),
    option(
        "processes-max",
        PANE,
        Kind::Number(0, INT),
        "0",
        "How many processes and threads a pane may have where a control group holds that; 0 is no limit.",
    ),
    option(
        "restore-policy",
        PANE,
        Kind::Choice(&["ask", "resume", "rerun", "shell"]),
        "ask",
        "What becomes of a pane's program after a reboot: a key starts it again, agents resume by themselves, it is started, or not mentioned.",
    ),
    option(
        "run-failed",
        PANE,
        Kind::Hook,
        "",
        "A run has failed and is not started again (any more).",
    ),
    option(
        "stay-awake",
        PANE,
        Kind::Choice(&["off", "on", "agent"]),
        "agent",
        "Whether the machine does not go to sleep while a program runs in the pane: on, or while it is an agent that works.",
    ),
];

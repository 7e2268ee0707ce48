//! Options that tmux does not have.

use super::{INT, Kind, PANE, Row, SERVER, hook, option};

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

//! Options that tmux does not have.

use super::{INT, Kind, PANE, Row, SERVER, option};

pub(super) const ROWS: &[Row] = &[
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
        "restore-policy",
        PANE,
        Kind::Choice(&["ask", "resume", "rerun", "shell"]),
        "ask",
        "What becomes of a pane's program after a reboot: a key starts it again, it resumes, it is started, or not mentioned.",
    ),
];

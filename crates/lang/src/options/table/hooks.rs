//! Hooks: arrays of commands that run when something has happened.

use super::{PANE, Row, SESSION, WINDOW, hook};

pub(super) const ROWS: &[Row] = &[
    hook("after-bind-key", SESSION, "The command bind-key has run."),
    hook(
        "after-capture-pane",
        SESSION,
        "The command capture-pane has run.",
    ),
    hook("after-copy-mode", SESSION, "The command copy-mode has run."),
    hook(
        "after-display-message",
        SESSION,
        "The command display-message has run.",
    ),
    hook(
        "after-display-panes",
        SESSION,
        "The command display-panes has run.",
    ),
    hook("after-kill-pane", SESSION, "The command kill-pane has run."),
    hook(
        "after-list-buffers",
        SESSION,
        "The command list-buffers has run.",
    ),
    hook(
        "after-list-clients",
        SESSION,
        "The command list-clients has run.",
    ),
    hook("after-list-keys", SESSION, "The command list-keys has run."),
    hook(
        "after-list-panes",
        SESSION,
        "The command list-panes has run.",
    ),
    hook(
        "after-list-sessions",
        SESSION,
        "The command list-sessions has run.",
    ),
    hook(
        "after-list-windows",
        SESSION,
        "The command list-windows has run.",
    ),
    hook(
        "after-load-buffer",
        SESSION,
        "The command load-buffer has run.",
    ),
    hook(
        "after-lock-server",
        SESSION,
        "The command lock-server has run.",
    ),
    hook(
        "after-new-session",
        SESSION,
        "The command new-session has run.",
    ),
    hook(
        "after-new-window",
        SESSION,
        "The command new-window has run.",
    ),
    hook(
        "after-paste-buffer",
        SESSION,
        "The command paste-buffer has run.",
    ),
    hook("after-pipe-pane", SESSION, "The command pipe-pane has run."),
    hook(
        "after-queue",
        SESSION,
        "All commands of the queue have run.",
    ),
    hook(
        "after-refresh-client",
        SESSION,
        "The command refresh-client has run.",
    ),
    hook(
        "after-rename-session",
        SESSION,
        "The command rename-session has run.",
    ),
    hook(
        "after-rename-window",
        SESSION,
        "The command rename-window has run.",
    ),
    hook(
        "after-resize-pane",
        SESSION,
        "The command resize-pane has run.",
    ),
    hook(
        "after-resize-window",
        SESSION,
        "The command resize-window has run.",
    ),
    hook(
        "after-save-buffer",
        SESSION,
        "The command save-buffer has run.",
    ),
    hook(
        "after-select-layout",
        SESSION,
        "The command select-layout has run.",
    ),
    hook(
        "after-select-pane",
        SESSION,
        "The command select-pane has run.",
    ),
    hook(
        "after-select-window",
        SESSION,
        "The command select-window has run.",
    ),
    hook("after-send-keys", SESSION, "The command send-keys has run."),
    hook(
        "after-set-buffer",
        SESSION,
        "The command set-buffer has run.",
    ),
    hook(
        "after-set-environment",
        SESSION,
        "The command set-environment has run.",
    ),
    hook("after-set-hook", SESSION, "The command set-hook has run."),
    hook(
        "after-set-option",
        SESSION,
        "The command set-option has run.",
    ),
    hook(
        "after-show-environment",
        SESSION,
        "The command show-environment has run.",
    ),
    hook(
        "after-show-messages",
        SESSION,
        "The command show-messages has run.",
    ),
    hook(
        "after-show-options",
        SESSION,
        "The command show-options has run.",
    ),
    hook(
        "after-split-window",
        SESSION,
        "The command split-window has run.",
    ),
    hook(
        "after-unbind-key",
        SESSION,
        "The command unbind-key has run.",
    ),
    hook(
        "alert-activity",
        SESSION,
        "A window has output that is monitored.",
    ),
    hook("alert-bell", SESSION, "A window has rung the bell."),
    hook("alert-silence", SESSION, "A window has been silent."),
    hook(
        "client-active",
        SESSION,
        "A client has become the latest of its session.",
    ),
    hook("client-attached", SESSION, "A client has attached."),
    hook(
        "client-dark-theme",
        SESSION,
        "A client's terminal has become dark.",
    ),
    hook("client-detached", SESSION, "A client has detached."),
    hook(
        "client-focus-in",
        SESSION,
        "A client's terminal has gained focus.",
    ),
    hook(
        "client-focus-out",
        SESSION,
        "A client's terminal has lost focus.",
    ),
    hook(
        "client-light-theme",
        SESSION,
        "A client's terminal has become light.",
    ),
    hook(
        "client-resized",
        SESSION,
        "A client's terminal has a new size.",
    ),
    hook(
        "client-session-changed",
        SESSION,
        "A client shows another session.",
    ),
    hook("command-error", SESSION, "A command has failed."),
    hook(
        "pane-died",
        PANE,
        "The program of a pane that remains has ended.",
    ),
    hook("pane-exited", PANE, "The program of a pane has ended."),
    hook("pane-focus-in", PANE, "A pane has gained focus."),
    hook("pane-focus-out", PANE, "A pane has lost focus."),
    hook(
        "pane-mode-changed",
        PANE,
        "A pane has entered or left a mode.",
    ),
    hook(
        "pane-set-clipboard",
        PANE,
        "A program has set the clipboard.",
    ),
    hook("pane-title-changed", PANE, "A pane has a new title."),
    hook("session-closed", SESSION, "A session has ended."),
    hook("session-created", SESSION, "A session has been made."),
    hook("session-renamed", SESSION, "A session has a new name."),
    hook(
        "session-window-changed",
        SESSION,
        "A session has another current window.",
    ),
    hook(
        "window-layout-changed",
        WINDOW,
        "A window has another layout.",
    ),
    hook("window-linked", SESSION, "A window has come to a session."),
    hook(
        "window-pane-changed",
        WINDOW,
        "A window has another active pane.",
    ),
    hook("window-renamed", WINDOW, "A window has a new name."),
    hook("window-resized", WINDOW, "A window has a new size."),
    hook(
        "window-unlinked",
        SESSION,
        "A window has gone from a session.",
    ),
];

//! Variables about clients.

use super::{Row, flag, some, text, time};
use crate::mode::tree::What;

pub(super) const ROWS: &[Row] = &[
    time("client_activity", "When the client was last used.", |s| {
        s.client.map(|c| c.state.activity)
    }),
    text(
        "client_cell_height",
        "Height of a cell in pixels; 0, as it is not asked for.",
        |s| {
            s.client
                .filter(|c| c.state.attached)
                .map(|_| "0".to_string())
        },
    ),
    text(
        "client_cell_width",
        "Width of a cell in pixels; 0, as it is not asked for.",
        |s| {
            s.client
                .filter(|c| c.state.attached)
                .map(|_| "0".to_string())
        },
    ),
    text(
        "client_control_mode",
        "1 for a client in control mode.",
        |s| s.client.and_then(|c| flag(c.state.control.is_some())),
    ),
    time("client_created", "When the client came.", |s| {
        s.client.map(|c| c.state.created)
    }),
    text(
        "client_discarded",
        "Bytes that were thrown away because the client was slow; always 0, as pictures are skipped instead.",
        |s| s.client.map(|_| "0".to_string()),
    ),
    text("client_flags", "The client's flags, with commas.", |s| {
        let state = &s.client?.state;
        let control = state.control.as_deref();
        let pause = control
            .and_then(|control| control.pause_after_ms)
            .map(|ms| format!("pause-after={}", ms / 1000));
        let words = [
            (state.attached, "attached"),
            (state.attached && !state.keys.unfocused, "focused"),
            (control.is_some(), "control-mode"),
            (state.ignore_size, "ignore-size"),
            (state.no_detach, "no-detach-on-destroy"),
            (
                control.is_some_and(|control| control.no_output),
                "no-output",
            ),
            (
                control.is_some_and(|control| control.wait_exit),
                "wait-exit",
            ),
            (pause.is_some(), pause.as_deref().unwrap_or_default()),
            (state.read_only, "read-only"),
            (state.active_pane, "active-pane"),
            (state.suspended, "suspended"),
            (true, "UTF-8"),
        ];
        let words: Vec<&str> = words
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, word)| *word)
            .collect();
        some(words.join(","))
    }),
    text("client_height", "Rows of the client's terminal.", |s| {
        s.client
            .filter(|c| c.state.is_drawn())
            .map(|c| c.state.rows.to_string())
    }),
    text(
        "client_key_table",
        "The key table that the client's next key is looked up in.",
        |s| {
            let state = &s.client?.state;
            let own = || s.core.session_chain(state.session).text("key-table");
            Some(state.key_table.clone().unwrap_or_else(own))
        },
    ),
    text(
        "client_last_session",
        "The session that the client showed before.",
        |s| {
            let last = s.client?.state.last_session?;
            s.core
                .model
                .sessions
                .get(&last)
                .map(|session| session.name.clone())
        },
    ),
    text(
        "client_mode_format",
        "How choose-client writes a line.",
        |_| some(What::Clients.format()),
    ),
    text(
        "client_name",
        "The client's name: its terminal, or client and its process id.",
        |s| s.client.map(|c| c.state.name.clone()),
    ),
    text("client_pid", "Process id of the client.", |s| {
        s.client.map(|c| c.state.info.pid.to_string())
    }),
    text(
        "client_prefix",
        "1 when the prefix key has been pressed.",
        |s| {
            let state = &s.client?.state;
            let own = s.core.session_chain(state.session).text("key-table");
            flag(state.key_table.as_ref().is_some_and(|table| *table != own))
        },
    ),
    text(
        "client_readonly",
        "1 for a client that only looks on.",
        |s| s.client.and_then(|c| flag(s.core.is_read_only(c.state.id))),
    ),
    text(
        "client_session",
        "The session that the client shows.",
        |s| {
            let session = s.client?.state.session?;
            s.core
                .model
                .sessions
                .get(&session)
                .map(|session| session.name.clone())
        },
    ),
    text(
        "client_termfeatures",
        "What the client's terminal can do, with commas.",
        |s| {
            let client = s.client?;
            let features = s.core.features_of(client.state.id);
            some(
                features
                    .split_once(',')
                    .map_or("", |(_, features)| features),
            )
        },
    ),
    text("client_termname", "The client's TERM.", |s| {
        s.client.map(|c| c.state.info.term.clone())
    }),
    text(
        "client_termtype",
        "What the terminal says it is; empty, as it is not asked.",
        |s| s.client.map(|_| String::new()),
    ),
    text(
        "client_theme",
        "dark or light, when the terminal has said so; else empty.",
        |s| {
            let dark = s.client?.state.looks.dark?;
            some(if dark { "dark" } else { "light" })
        },
    ),
    text("client_tty", "The client's terminal device.", |s| {
        s.client.map(|c| c.state.info.tty.clone())
    }),
    text("client_uid", "User id of the client's process.", |s| {
        s.client.map(|c| c.state.info.uid.to_string())
    }),
    text("client_user", "User name of the client's process.", |s| {
        let server = s.core.probe.server();
        match s.client?.state.info.uid {
            uid if uid == server.uid => Some(server.user),
            uid => s.core.probe.user_name(uid),
        }
    }),
    text(
        "client_utf8",
        "1 for a client that takes UTF-8; always 1.",
        |s| s.client.and_then(|_| flag(true)),
    ),
    text("client_width", "Columns of the client's terminal.", |s| {
        s.client.map(|c| c.state.cols.to_string())
    }),
    text(
        "client_written",
        "Bytes written to the client; not counted, 0.",
        |s| s.client.map(|_| "0".to_string()),
    ),
    text(
        "window_bigger",
        "1 when the window is larger than the client.",
        |s| {
            let view = crate::draw::view(s.core, s.client?.state.id)?;
            flag(view.bigger)
        },
    ),
    text(
        "window_offset_x",
        "First column that the client sees of a larger window.",
        |s| {
            let view = crate::draw::view(s.core, s.client?.state.id)?;
            view.bigger.then(|| view.ox.to_string())
        },
    ),
    text(
        "window_offset_y",
        "First row that the client sees of a larger window.",
        |s| {
            let view = crate::draw::view(s.core, s.client?.state.id)?;
            view.bigger.then(|| view.oy.to_string())
        },
    ),
];

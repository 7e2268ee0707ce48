//! Variables about clients.

use super::{Row, flag, some, text, time};

pub(super) const ROWS: &[Row] = &[
    time("client_activity", |s| s.client.map(|c| c.state.activity)),
    text("client_cell_height", |s| {
        s.client
            .filter(|c| c.state.attached)
            .map(|_| "0".to_string())
    }),
    text("client_cell_width", |s| {
        s.client
            .filter(|c| c.state.attached)
            .map(|_| "0".to_string())
    }),
    text("client_control_mode", |s| {
        s.client.and_then(|_| flag(false))
    }),
    time("client_created", |s| s.client.map(|c| c.state.created)),
    text("client_discarded", |s| s.client.map(|_| "0".to_string())),
    text("client_flags", |s| {
        let state = &s.client?.state;
        let words = [
            (state.attached, "attached"),
            (state.attached && !state.keys.unfocused, "focused"),
            (state.ignore_size, "ignore-size"),
            (state.no_detach, "no-detach-on-destroy"),
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
    text("client_height", |s| {
        s.client
            .filter(|c| c.state.attached)
            .map(|c| c.state.rows.to_string())
    }),
    text("client_key_table", |s| {
        let state = &s.client?.state;
        let own = || s.core.session_chain(state.session).text("key-table");
        Some(state.key_table.clone().unwrap_or_else(own))
    }),
    text("client_last_session", |s| {
        let last = s.client?.state.last_session?;
        s.core
            .model
            .sessions
            .get(&last)
            .map(|session| session.name.clone())
    }),
    text("client_mode_format", |_| {
        some("session #{session_name} (#{client_width}x#{client_height}, #{t:client_activity})")
    }),
    text("client_name", |s| s.client.map(|c| c.state.name.clone())),
    text("client_pid", |s| {
        s.client.map(|c| c.state.info.pid.to_string())
    }),
    text("client_prefix", |s| {
        let state = &s.client?.state;
        let own = s.core.session_chain(state.session).text("key-table");
        flag(state.key_table.as_ref().is_some_and(|table| *table != own))
    }),
    text("client_readonly", |s| {
        s.client.and_then(|c| flag(c.state.read_only))
    }),
    text("client_session", |s| {
        let session = s.client?.state.session?;
        s.core
            .model
            .sessions
            .get(&session)
            .map(|session| session.name.clone())
    }),
    text("client_termfeatures", |s| {
        let client = s.client?;
        let features = s.core.features_of(client.state.id);
        some(
            features
                .split_once(',')
                .map_or("", |(_, features)| features),
        )
    }),
    text("client_termname", |s| {
        s.client.map(|c| c.state.info.term.clone())
    }),
    text("client_termtype", |s| s.client.map(|_| String::new())),
    text("client_theme", |_| None),
    text("client_tty", |s| s.client.map(|c| c.state.info.tty.clone())),
    text("client_uid", |s| {
        s.client.map(|c| c.state.info.uid.to_string())
    }),
    text("client_user", |s| {
        let server = s.core.probe.server();
        s.client
            .filter(|c| c.state.info.uid == server.uid)
            .map(|_| server.user)
    }),
    text("client_utf8", |s| s.client.and_then(|_| flag(true))),
    text("client_width", |s| {
        s.client.map(|c| c.state.cols.to_string())
    }),
    text("client_written", |s| s.client.map(|_| "0".to_string())),
    text("window_bigger", |s| {
        let view = crate::draw::view(s.core, s.client?.state.id)?;
        flag(view.bigger)
    }),
    text("window_offset_x", |s| {
        let view = crate::draw::view(s.core, s.client?.state.id)?;
        view.bigger.then(|| view.ox.to_string())
    }),
    text("window_offset_y", |s| {
        let view = crate::draw::view(s.core, s.client?.state.id)?;
        view.bigger.then(|| view.oy.to_string())
    }),
];

//! Variables about sessions.

use super::{Row, Scope, flag, some, text, time};
use crate::SessionId;
use crate::model::{Client, Link};

fn attached<'a>(s: &'a Scope<'_>, of: Vec<SessionId>) -> impl Iterator<Item = &'a Client> {
    s.core
        .attached_clients()
        .filter(move |client| client.state.session.is_some_and(|id| of.contains(&id)))
}

fn names<'a>(clients: impl Iterator<Item = &'a Client>) -> Option<String> {
    let names: Vec<&str> = clients.map(|client| client.state.name.as_str()).collect();
    Some(names.join(",")).filter(|names| !names.is_empty())
}

/// The group of the session and its members.
fn group(s: &Scope<'_>) -> Option<(String, Vec<SessionId>)> {
    let session = s.session?;
    let group = session.group.clone()?;
    Some((group, s.core.group_of(session.id)))
}

fn group_attached(s: &Scope<'_>) -> Option<usize> {
    let (_, members) = group(s)?;
    Some(
        members
            .into_iter()
            .map(|id| s.core.attached_count(id))
            .sum(),
    )
}

fn any_link(s: &Scope<'_>, is: fn(&Link) -> bool) -> Option<String> {
    flag(s.session?.windows.values().any(|(_, link)| is(link)))
}

/// Marks of a link: `#` activity, `!` bell, `~` silence.
pub(super) fn marks(link: &Link) -> String {
    [(link.activity, '#'), (link.bell, '!'), (link.silence, '~')]
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, mark)| *mark)
        .collect()
}

pub(super) const ROWS: &[Row] = &[
    text(
        "active_window_index",
        "Number of the session's current window.",
        |s| s.session.map(|session| session.current.to_string()),
    ),
    text(
        "last_window_index",
        "The session's highest window number.",
        |s| s.session?.windows.keys().next_back().map(u32::to_string),
    ),
    text(
        "session_active",
        "1 for the session that the client shows.",
        |s| flag(s.client?.state.session == Some(s.session?.id)),
    ),
    time("session_activity", "When the session was last used.", |s| {
        s.session.map(|session| session.activity)
    }),
    text(
        "session_activity_flag",
        "1 when any window has an activity alert.",
        |s| any_link(s, |link| link.activity),
    ),
    text(
        "session_alert",
        "Marks of all alerts of the session's windows.",
        |s| {
            let links = || {
                s.session
                    .into_iter()
                    .flat_map(|session| session.windows.values())
            };
            let mut all = Link::default();
            for (_, link) in links() {
                all.activity |= link.activity;
                all.bell |= link.bell;
                all.silence |= link.silence;
            }
            s.session.map(|_| marks(&all))
        },
    ),
    text(
        "session_alerts",
        "Windows with alerts and their marks, with commas.",
        |s| {
            let links = s
                .session?
                .windows
                .iter()
                .filter(|(_, (_, link))| link.is_set());
            let alerts: Vec<String> = links
                .map(|(index, (_, link))| format!("{index}{}", marks(link)))
                .collect();
            some(alerts.join(","))
        },
    ),
    text(
        "session_attached",
        "How many clients show the session.",
        |s| {
            s.session
                .map(|session| s.core.attached_count(session.id).to_string())
        },
    ),
    text("session_attached_list", "The clients that show it.", |s| {
        names(attached(s, vec![s.session?.id]))
    }),
    text(
        "session_bell_flag",
        "1 when any window has a bell alert.",
        |s| any_link(s, |link| link.bell),
    ),
    time("session_created", "When the session was made.", |s| {
        s.session.map(|session| session.created)
    }),
    text(
        "session_format",
        "1 while a format is worked out for a session.",
        |s| flag(s.kind == "session"),
    ),
    text("session_group", "Name of the session's group.", |s| {
        group(s).map(|(name, _)| name)
    }),
    text(
        "session_group_attached",
        "How many clients show sessions of the group.",
        |s| group_attached(s).map(|count| count.to_string()),
    ),
    text("session_group_attached_list", "Those clients.", |s| {
        names(attached(s, group(s)?.1))
    }),
    text("session_group_list", "The group's sessions.", |s| {
        let (_, members) = group(s)?;
        let names: Vec<&str> = members
            .iter()
            .filter_map(|id| s.core.model.sessions.get(id))
            .map(|session| session.name.as_str())
            .collect();
        some(names.join(","))
    }),
    text(
        "session_group_many_attached",
        "1 when more than one client shows the group.",
        |s| flag(group_attached(s)? > 1),
    ),
    text(
        "session_group_size",
        "How many sessions the group has.",
        |s| group(s).map(|(_, members)| members.len().to_string()),
    ),
    text("session_grouped", "1 for a session in a group.", |s| {
        flag(s.session?.group.is_some())
    }),
    text(
        "session_id",
        "The session's id, $0 and so on; never used twice.",
        |s| s.session.map(|session| session.id.to_string()),
    ),
    time(
        "session_last_attached",
        "When a client last attached to it.",
        |s| {
            s.session
                .map(|session| session.last_attached)
                .filter(|unix| *unix != 0)
        },
    ),
    text(
        "session_limits",
        "What the programs of the session may use together, and who holds that; empty without limits.",
        |s| some(s.core.session_limits_text(s.session?.id)?),
    ),
    text(
        "session_many_attached",
        "1 when more than one client shows it.",
        |s| flag(s.core.attached_count(s.session?.id) > 1),
    ),
    text("session_marked", "1 when the marked pane is in it.", |s| {
        let session = s.session?;
        flag(
            s.core
                .marked()
                .is_some_and(|marked| marked.session == Some(session.id)),
        )
    }),
    text("session_name", "The session's name.", |s| {
        s.session.map(|session| session.name.clone())
    }),
    text(
        "session_path",
        "The directory in which new windows start.",
        |s| s.session.map(|session| session.cwd.clone()),
    ),
    text(
        "session_silence_flag",
        "1 when any window has a silence alert.",
        |s| any_link(s, |link| link.silence),
    ),
    text(
        "session_stack",
        "Window numbers, the newest used first.",
        |s| {
            let session = s.session?;
            let stack: Vec<String> = [session.current]
                .iter()
                .chain(&session.last)
                .map(|index| index.to_string())
                .collect();
            some(stack.join(","))
        },
    ),
    text(
        "session_windows",
        "How many windows the session has.",
        |s| s.session.map(|session| session.windows.len().to_string()),
    ),
];

//! Variables about windows.

use outlast_lang::layout::print;

use super::scope::Beside;
use super::session::marks;
use super::{Row, Scope, flag, some, text, time};
use crate::model::Client;
use crate::model::layout::leaf;

fn flags(s: &Scope<'_>, escape: bool) -> Option<String> {
    let (session, (index, link)) = (s.session?, s.link?);
    let mut out = marks(link);
    if escape {
        out = out.replace('#', "##");
    }
    if session.current == index {
        out.push('*');
    }
    if session.last.first() == Some(&index) {
        out.push('-');
    }
    let window = s.window?;
    let here = (Some(session.id), Some(index));
    if s.core
        .marked()
        .is_some_and(|marked| (marked.session, marked.link) == here)
    {
        out.push('M');
    }
    if window.zoomed.is_some() {
        out.push('Z');
    }
    out.extend(s.core.agents_flag(window.id));
    Some(out)
}

fn link_names(s: &Scope<'_>, current_only: bool) -> Option<Vec<String>> {
    let window = s.window?;
    let sessions = s.core.model.sessions.values();
    let links = sessions.flat_map(|session| {
        session
            .windows
            .iter()
            .map(move |(index, link)| (session, index, link))
    });
    let own = links.filter(|(session, index, link)| {
        link.0 == window.id && (!current_only || session.current == **index)
    });
    Some(own.map(|(session, ..)| session.name.clone()).collect())
}

fn active_clients<'a>(s: &'a Scope<'_>) -> Option<Vec<&'a Client>> {
    let window = s.window?.id;
    let shows = |client: &&Client| {
        let session = client
            .state
            .session
            .and_then(|id| s.core.model.sessions.get(&id));
        session
            .and_then(|session| session.windows.get(&session.current))
            .is_some_and(|link| link.0 == window)
    };
    Some(s.core.attached_clients().filter(shows).collect())
}

/// What is known of a window next to that of a `W:` loop, the one before (0) or after (1).
fn beside(s: &Scope<'_>, at: usize, value: fn(Beside<'_>) -> Option<String>) -> Option<String> {
    s.beside?[at].and_then(value)
}

/// Whether the window before or after is the current one.
fn is_beside_current(s: &Scope<'_>, at: usize) -> Option<String> {
    flag(s.beside?[at].is_some_and(|(_, current, _)| current))
}

pub(super) const ROWS: &[Row] = &[
    text(
        "next_window_active",
        "In a W: loop, 1 when the next window is the current one.",
        |s| beside(s, 1, |(_, current, _)| flag(current)),
    ),
    text(
        "next_window_index",
        "In a W: loop, the index of the next window.",
        |s| beside(s, 1, |(index, ..)| some(index)),
    ),
    text(
        "prev_window_active",
        "In a W: loop, 1 when the window before is the current one.",
        |s| beside(s, 0, |(_, current, _)| flag(current)),
    ),
    text(
        "prev_window_index",
        "In a W: loop, the index of the window before.",
        |s| beside(s, 0, |(index, ..)| some(index)),
    ),
    text("window_active", "1 for the current window.", |s| {
        flag(s.session?.current == s.link?.0)
    }),
    text(
        "window_active_clients",
        "How many clients look at the window.",
        |s| active_clients(s).map(|clients| clients.len().to_string()),
    ),
    text("window_active_clients_list", "Those clients.", |s| {
        let names: Vec<String> = active_clients(s)?
            .iter()
            .map(|client| client.state.name.clone())
            .collect();
        some(names.join(","))
    }),
    text(
        "window_active_sessions",
        "In how many sessions the window is current.",
        |s| link_names(s, true).map(|names| names.len().to_string()),
    ),
    text("window_active_sessions_list", "Those sessions.", |s| {
        link_names(s, true).map(|names| names.join(","))
    }),
    time("window_activity", "When the window last changed.", |s| {
        s.window.map(|window| window.activity)
    }),
    text(
        "window_activity_flag",
        "1 when the window has an activity alert.",
        |s| flag(s.link?.1.activity),
    ),
    text(
        "window_after_active",
        "In a W: loop, 1 when the window before is the current one.",
        |s| is_beside_current(s, 0),
    ),
    text(
        "window_before_active",
        "In a W: loop, 1 when the next window is the current one.",
        |s| is_beside_current(s, 1),
    ),
    text(
        "window_bell_flag",
        "1 when the window has a bell alert.",
        |s| flag(s.link?.1.bell),
    ),
    text(
        "window_cell_height",
        "Height of a cell in pixels; 0, as it is not asked for.",
        |s| s.window.map(|_| "0".to_string()),
    ),
    text(
        "window_cell_width",
        "Width of a cell in pixels; 0, as it is not asked for.",
        |s| s.window.map(|_| "0".to_string()),
    ),
    text(
        "window_end_flag",
        "1 for the window with the highest number.",
        |s| flag(s.session?.windows.keys().next_back() == Some(&s.link?.0)),
    ),
    text(
        "window_flags",
        "Marks: * current, - the one before, # activity, ! bell, ~ silence, M marked, Z zoomed; of agents: ? one waits, x one has failed, > one works. # is doubled for styles.",
        |s| flags(s, true),
    ),
    text(
        "window_format",
        "1 while a format is worked out for a window.",
        |s| flag(s.kind == "window"),
    ),
    text("window_height", "Rows of the window.", |s| {
        s.window.map(|window| window.rows.to_string())
    }),
    text(
        "window_id",
        "The window's id, @0 and so on; never used twice.",
        |s| s.window.map(|window| window.id.to_string()),
    ),
    text("window_index", "The window's number in its session.", |s| {
        s.link.map(|(index, _)| index.to_string())
    }),
    text(
        "window_last_flag",
        "1 for the window that was current before.",
        |s| flag(s.session?.last.first() == Some(&s.link?.0)),
    ),
    text(
        "window_layout",
        "The layout as text that select-layout takes.",
        |s| s.window.map(|window| window.layout_text()),
    ),
    text(
        "window_linked",
        "1 when the window is in more than one session.",
        |s| flag(link_names(s, false)?.len() > 1),
    ),
    text(
        "window_linked_sessions",
        "In how many sessions it is; a group counts once.",
        |s| {
            // A group counts once.
            let sessions = s.core.sessions_with(s.window?.id);
            let groups: std::collections::BTreeSet<_> = sessions
                .iter()
                .map(|id| s.core.group_of(*id).first().copied())
                .collect();
            some(groups.len())
        },
    ),
    text("window_linked_sessions_list", "Those sessions.", |s| {
        link_names(s, false).map(|names| names.join(","))
    }),
    text(
        "window_marked_flag",
        "1 when the marked pane is in it.",
        |s| {
            let here = (Some(s.session?.id), s.link.map(|(index, _)| index));
            flag(
                s.core
                    .marked()
                    .is_some_and(|marked| (marked.session, marked.link) == here),
            )
        },
    ),
    text("window_name", "The window's name.", |s| {
        s.window.map(|window| window.name.clone())
    }),
    text("window_panes", "How many panes the window has.", |s| {
        s.window.map(|window| window.panes.len().to_string())
    }),
    text(
        "window_raw_flags",
        "The marks of window_flags, # not doubled.",
        |s| flags(s, false),
    ),
    text(
        "window_silence_flag",
        "1 when the window has a silence alert.",
        |s| flag(s.link?.1.silence),
    ),
    text(
        "window_stack_index",
        "How many windows were used since this one.",
        |s| {
            let at = s
                .session?
                .last
                .iter()
                .position(|index| *index == s.link.map_or(u32::MAX, |link| link.0));
            some(at.map_or(0, |at| at + 1))
        },
    ),
    text(
        "window_start_flag",
        "1 for the window with the lowest number.",
        |s| flag(s.session?.windows.keys().next() == Some(&s.link?.0)),
    ),
    text(
        "window_visible_layout",
        "The layout as it is seen: one pane when zoomed.",
        |s| {
            let window = s.window?;
            some(match window.zoomed {
                Some(pane) => print(&leaf(window.cols, window.rows, pane.0)),
                None => window.layout_text(),
            })
        },
    ),
    text("window_width", "Columns of the window.", |s| {
        s.window.map(|window| window.cols.to_string())
    }),
    text(
        "window_zoomed_flag",
        "1 when a pane fills the window.",
        |s| flag(s.window?.zoomed.is_some()),
    ),
];

//! What the server of a real tmux has, as sessions of ours: `outlast import` reads it there (it only asks) and hands it over in
//! a file, and the command that is named here makes of it what a disk would have: sections and texts. From there on it
//! comes back as after a reboot.
//!
//! The programs stay where they are; each pane says so.

use std::collections::{BTreeMap, BTreeSet};

use outlast_lang::layout::{Cell, parse};
use outlast_lang::options::{Options, find};
use serde::{Deserialize, Serialize};

use super::Saved;
use super::keep::PaneRecord;
use super::ran::Look;
use crate::Core;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::model::layout::{self, presets};
use crate::model::pane::PaneState;
use crate::model::session::Link;
use crate::model::{Environment, Session, Window};
use crate::names::{clean, clean_foreign};
use crate::save::disk::Sections;

/// The command that `outlast import` has the server run, with a file: [`Foreign`] as JSON.
pub const COMMAND: &str = "import-sessions";

/// No history that is taken over is longer.
const LINES_MOST: u32 = 1_000_000;

/// What there is elsewhere. Numbers are those of there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// What it is: "tmux 3.3a".
    pub program: String,
    /// Its sessions, in the order in which they were used, the last one last.
    pub sessions: Vec<ForeignSession>,
    /// Its windows.
    pub windows: Vec<ForeignWindow>,
    /// Its panes.
    pub panes: Vec<ForeignPane>,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignSession {
    /// Its name.
    pub name: String,
    /// Its group, or "".
    pub group: String,
    /// Its directory, or "".
    pub cwd: String,
    /// Windows by their index.
    pub windows: BTreeMap<u32, u32>,
    /// Index of the current one.
    pub current: u32,
}

/// A window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignWindow {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The name was given by hand.
    pub named: bool,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Its layout as a string, as if nothing were zoomed.
    pub layout: String,
    /// Its panes in the order of their index.
    pub panes: Vec<u32>,
    /// Which of them is active.
    pub active: u32,
    /// That one is zoomed.
    pub zoomed: bool,
}

/// A pane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignPane {
    /// Its number.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// Where its program is.
    pub cwd: String,
    /// What runs there.
    pub command: String,
    /// How many lines it remembers.
    pub history_limit: u32,
    /// History and screen: text, colours and line breaks for a terminal.
    pub text: String,
}

impl Core {
    /// The file has been read: takes it over and says so, or says why not.
    pub(crate) fn import_read(&mut self, client: Option<ClientId>, file: Result<Vec<u8>, String>) {
        let foreign = file.and_then(|bytes| {
            serde_json::from_slice::<Foreign>(&bytes).map_err(|error| error.to_string())
        });
        match foreign.and_then(|foreign| self.import(foreign)) {
            Ok(text) => self.print(client, &text),
            Err(error) => self.error(client, None, &error),
        }
    }

    fn import(&mut self, mut foreign: Foreign) -> Result<String, String> {
        let mut taken = Vec::new();
        for session in &mut foreign.sessions {
            session.name = clean_foreign(&session.name);
            if self.session_named(&session.name).is_some() {
                taken.push(session.name.clone());
            }
        }
        if !taken.is_empty() {
            return Err(format!("duplicate session: {}", taken.join(", ")));
        }
        let program = clean(&foreign.program, false);
        let (saved, windows) = self.as_if_saved(foreign, &program);
        let (sessions, panes) = self.restore(saved);
        let windows = windows
            .into_iter()
            .filter(|id| self.model.windows.contains_key(id))
            .count();
        let count = |n: usize, what: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {what}s"),
        };
        Ok(format!(
            "imported from {program}: {} with {} and {}",
            count(sessions, "session"),
            count(windows, "window"),
            count(panes, "pane")
        ))
    }

    /// The sections and texts that a disk would have, with ids that are free here; and the windows among them.
    fn as_if_saved(&self, foreign: Foreign, program: &str) -> (Saved, Vec<WindowId>) {
        let global = &self.model.global;
        let number =
            |first: u32, at: usize| first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        let mut panes = BTreeMap::new();
        for (at, pane) in foreign.panes.iter().enumerate() {
            panes.insert(pane.id, PaneId(number(global.next_pane, at)));
        }
        let mut sections = Sections::new();
        let mut put = |key: String, value: serde_json::Result<Vec<u8>>| {
            if let Ok(text) = value {
                sections.insert(key, text);
            }
        };
        let (mut windows, mut homes) = (BTreeMap::new(), BTreeMap::new());
        for (at, theirs) in foreign.windows.iter().enumerate() {
            let id = WindowId(number(global.next_window, at));
            let Some(window) = self.window_of(id, theirs, &panes) else {
                continue;
            };
            windows.insert(theirs.id, id);
            for place in layout::geometry(&window.layout, layout::Edge::Off) {
                homes.insert(PaneId(place.pane), (id, place));
            }
            put(format!("window/{}", id.0), serde_json::to_vec(&window));
        }
        let (mut texts, mut told) = (BTreeMap::new(), BTreeMap::new());
        for theirs in foreign.panes {
            let id = panes.get(&theirs.id).copied();
            let Some((id, (window, place))) = id.and_then(|id| Some((id, homes.get(&id)?))) else {
                continue;
            };
            let state = PaneState {
                x: place.x,
                y: place.y,
                cols: place.cols,
                rows: place.rows,
                title: clean(&theirs.title, false),
                ..PaneState::new(id, *window)
            };
            let own = self.session_chain(None).number("history-limit");
            let own = u32::try_from(own).unwrap_or(0);
            let record = PaneRecord {
                state,
                history_limit: own.max(theirs.history_limit.min(LINES_MOST)),
                look: Look {
                    cwd: theirs.cwd,
                    ran: None,
                },
            };
            put(format!("pane/{}", id.0), serde_json::to_vec(&record));
            let (command, place) = (clean(&theirs.command, true), theirs.id);
            let line = match command.as_str() {
                "" => format!("imported from {program}, pane %{place}, whose program had ended"),
                _ => format!("imported from {program}, where {command} goes on in pane %{place}"),
            };
            told.insert(id.0, line);
            texts.insert(id.0, (theirs.text.into_bytes(), self.now.unix));
        }
        let mut groups: BTreeMap<String, Vec<SessionId>> = BTreeMap::new();
        for (at, theirs) in foreign.sessions.into_iter().enumerate() {
            let id = SessionId(number(global.next_session, at));
            let known = |(index, window): (u32, u32)| {
                Some((index, (*windows.get(&window)?, Link::default())))
            };
            let links: BTreeMap<u32, (WindowId, Link)> =
                theirs.windows.into_iter().filter_map(known).collect();
            let Some(first) = links.keys().next().copied() else {
                continue;
            };
            // A group of ours keeps to itself.
            let group = Some(clean_foreign(&theirs.group))
                .filter(|group| !group.is_empty() && !global.groups.contains_key(group));
            if let Some(group) = &group {
                groups.entry(group.clone()).or_default().push(id);
            }
            let session = Session {
                id,
                name: theirs.name,
                current: if links.contains_key(&theirs.current) {
                    theirs.current
                } else {
                    first
                },
                windows: links,
                last: Vec::new(),
                options: Options::local(),
                environment: Environment::default(),
                cwd: theirs.cwd,
                created: self.now.unix,
                last_attached: 0,
                activity: self.now.unix,
                group,
                used: at as u64 + 1,
            };
            put(format!("session/{}", id.0), serde_json::to_vec(&session));
        }
        let record = super::keep::GlobalRecord {
            groups,
            ..Default::default()
        };
        put("global".to_string(), serde_json::to_vec(&record));
        let windows = windows.into_values().collect();
        let saved = Saved {
            sections,
            texts,
            unix: self.now.unix,
            imported: Some(told),
            ..Saved::default()
        };
        (saved, windows)
    }

    /// A window of theirs with the panes that are known; None when it has none.
    fn window_of(
        &self,
        id: WindowId,
        theirs: &ForeignWindow,
        panes: &BTreeMap<u32, PaneId>,
    ) -> Option<Window> {
        let ours = |pane: &u32| panes.get(pane).copied();
        let order: Vec<PaneId> = theirs.panes.iter().filter_map(ours).collect();
        let first = *order.first()?;
        let layout = laid_out(&theirs.layout, theirs, panes)
            .or_else(|| {
                let ids: Vec<u32> = order.iter().map(|pane| pane.0).collect();
                let room = presets::Room {
                    cols: theirs.cols,
                    rows: theirs.rows,
                    ..presets::Room::default()
                };
                presets::arrange(presets::find("tiled")?, &ids, &room)
            })
            .unwrap_or_else(|| layout::leaf(theirs.cols.max(1), theirs.rows.max(1), first.0));
        let leaves: Vec<PaneId> = layout::panes(&layout).into_iter().map(PaneId).collect();
        let active = ours(&theirs.active).filter(|pane| leaves.contains(pane));
        let active = active.unwrap_or(first);
        let mut options = Options::local();
        if let Some(row) = find("automatic-rename").ok().filter(|_| theirs.named) {
            // "off" is one of its values.
            let _ = options.set(row, None, "off", false);
        }
        let mut window = Window {
            name: clean_foreign(&theirs.name),
            zoomed: Some(active).filter(|_| theirs.zoomed && leaves.len() > 1),
            panes: leaves,
            options,
            ..self.bare_window(id, active, layout.width, layout.height)
        };
        window.layout = layout;
        Some(window)
    }
}

/// A layout string with our panes in the places of theirs; None when it does not fit what there is.
fn laid_out(text: &str, window: &ForeignWindow, panes: &BTreeMap<u32, PaneId>) -> Option<Cell> {
    let mut root = parse(text).ok()?;
    let theirs = layout::panes(&root);
    let wanted: BTreeSet<u32> = window.panes.iter().copied().collect();
    let named: BTreeSet<u32> = theirs.iter().copied().collect();
    if named != wanted || theirs.len() != wanted.len() || theirs.len() != layout::count(&root) {
        return None;
    }
    let ours: Option<Vec<u32>> = theirs
        .iter()
        .map(|pane| panes.get(pane).map(|pane| pane.0))
        .collect();
    layout::assign(&mut root, &mut ours?.into_iter());
    if !layout::check(&mut root) {
        return None;
    }
    layout::fix_offsets(&mut root);
    Some(root)
}

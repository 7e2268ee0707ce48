//! `refresh-client -B`: formats whose value a client is told when it has changed, looked at once a second.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::notes::Note;
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId, WindowId};
use crate::target::Find;

/// How often values are looked at.
const EVERY_MS: u64 = 1000;

/// What a subscription is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum About {
    /// The client's session.
    #[default]
    Session,
    /// A pane.
    Pane(u32),
    /// All panes of the session.
    Panes,
    /// A window.
    Window(u32),
    /// All windows of the session.
    Windows,
}

/// A subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sub {
    about: About,
    format: String,
    /// What it was told last, by what it is about.
    last: BTreeMap<String, String>,
}

impl About {
    /// In which order they are told.
    fn rank(self) -> u8 {
        match self {
            About::Session => 0,
            About::Pane(_) | About::Window(_) => 1,
            About::Panes => 2,
            About::Windows => 3,
        }
    }

    fn read(what: &str) -> About {
        let number = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit());
            text[..end.unwrap_or(text.len())].parse::<u32>().ok()
        };
        match (what, what.strip_prefix('%'), what.strip_prefix('@')) {
            ("%*", ..) => About::Panes,
            ("@*", ..) => About::Windows,
            (_, Some(pane), _) => number(pane).map_or(About::Session, About::Pane),
            (_, _, Some(window)) => number(window).map_or(About::Session, About::Window),
            _ => About::Session,
        }
    }
}

impl Core {
    /// `NAME:WHAT:FORMAT` begins, `NAME` ends a subscription.
    pub(crate) fn subscribe(&mut self, id: ClientId, text: &str) {
        let due = self.now.ms + EVERY_MS;
        let Some(control) = self.control_mut(id) else {
            return;
        };
        let Some((name, rest)) = text.split_once(':') else {
            control.subs.remove(text);
            return;
        };
        let Some((what, format)) = rest.split_once(':') else {
            return;
        };
        if control.subs.is_empty() || control.subs_at_ms.is_none() {
            control.subs_at_ms = Some(due);
        }
        let sub = Sub {
            about: About::read(what),
            format: format.to_string(),
            last: BTreeMap::new(),
        };
        control.subs.insert(name.to_string(), sub);
    }

    /// Tells what has changed, if it is time to look.
    pub(super) fn check_subs(&mut self, id: ClientId) {
        let now = self.now.ms;
        let Some(control) = self.control(id) else {
            return;
        };
        if control.subs.is_empty() || control.subs_at_ms.is_none_or(|at| at > now) {
            return;
        }
        let mut subs: Vec<_> = control.subs.clone().into_iter().collect();
        subs.sort_by_key(|(_, sub)| sub.about.rank());
        let mut told = Vec::new();
        for (name, sub) in &subs {
            for (place, find) in self.places(id, sub.about) {
                let context = FormatContext {
                    client: Some(id),
                    ..FormatContext::of(&find)
                };
                let value = formats::expand(self, &sub.format, &context, false);
                if sub.last.get(&place) != Some(&value) {
                    told.push((name.clone(), place, value));
                }
            }
        }
        for (name, place, value) in &told {
            let line = format!("%subscription-changed {name} {place} : {value}");
            self.tell_note(&Note::Line(line), id);
        }
        if let Some(control) = self.control_mut(id) {
            control.subs_at_ms = Some(now + EVERY_MS);
            for (name, place, value) in told {
                if let Some(sub) = control.subs.get_mut(&name) {
                    sub.last.insert(place, value);
                }
            }
        }
    }

    /// What a subscription is about now, as it is written, and where.
    fn places(&self, id: ClientId, about: About) -> Vec<(String, Find)> {
        let Some(session) = self
            .session_of(id)
            .and_then(|session| self.model.sessions.get(&session))
        else {
            return Vec::new();
        };
        if about == About::Session {
            let find = self.find_from_session(session.id);
            return vec![(format!("{} - - -", session.id), find)];
        }
        let mut places = Vec::new();
        for (index, link) in &session.windows {
            let window: WindowId = link.0;
            let find = self.find_from_link(session.id, *index);
            let place = format!("{} {window} {index}", session.id);
            if about == About::Windows || about == About::Window(window.0) {
                places.push((format!("{place} -"), find));
                continue;
            }
            let panes = self.model.windows.get(&window).map(|w| w.panes.clone());
            for pane in panes.unwrap_or_default() {
                let lives = |pane: PaneId| {
                    let pane = self.model.panes.get(&pane);
                    pane.is_some_and(|pane| pane.state.is_running())
                };
                let one = about == About::Pane(pane.0) && lives(pane);
                if about == About::Panes || one {
                    let find = Find {
                        pane: Some(pane),
                        ..find.clone()
                    };
                    places.push((format!("{place} {pane}"), find));
                }
            }
        }
        places
    }
}

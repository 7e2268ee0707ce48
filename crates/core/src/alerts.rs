//! Alerts: bell, activity and silence in windows that nobody looks at.

use crate::Core;
use crate::model::Link;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::model::window::sort;

/// The three kinds, with the options and hooks that belong to them.
struct Kind {
    word: &'static str,
    action: &'static str,
    visual: &'static str,
    hook: &'static str,
    flag: fn(&mut Link) -> &mut bool,
    /// An alert that is shown already is not given again.
    once: bool,
}

const BELL: Kind = Kind {
    word: "Bell",
    action: "bell-action",
    visual: "visual-bell",
    hook: "alert-bell",
    flag: |link| &mut link.bell,
    once: false,
};
const ACTIVITY: Kind = Kind {
    word: "Activity",
    action: "activity-action",
    visual: "visual-activity",
    hook: "alert-activity",
    flag: |link| &mut link.activity,
    once: true,
};
const SILENCE: Kind = Kind {
    word: "Silence",
    action: "silence-action",
    visual: "visual-silence",
    hook: "alert-silence",
    flag: |link| &mut link.silence,
    once: true,
};

impl Core {
    /// A pane has rung.
    pub(crate) fn bell(&mut self, id: PaneId) {
        let Some(window) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        self.arm_silence(window);
        if self.window_chain(window).flag("monitor-bell") {
            self.alert(window, &BELL);
        }
    }

    /// A pane has said something.
    pub(crate) fn had_output(&mut self, id: PaneId) {
        let unix = self.now.unix;
        let Some(window_id) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        let Some(window) = self.model.windows.get_mut(&window_id) else {
            return;
        };
        if window.activity != unix {
            window.activity = unix;
        }
        if let Some(pane) = self.model.panes.get_mut(&id)
            && pane.state.in_mode()
            && !pane.state.unseen
        {
            pane.state.unseen = true;
        }
        self.tell_log(id);
        self.arm_silence(window_id);
        if self.window_chain(window_id).flag("monitor-activity") {
            self.alert(window_id, &ACTIVITY);
        }
    }

    /// A window that is new counts as one that has said something.
    pub(crate) fn alert_new_windows(&mut self) {
        for id in std::mem::take(&mut self.new_windows) {
            self.arm_silence(id);
            if self.window_chain(id).flag("monitor-activity") {
                self.alert(id, &ACTIVITY);
            }
        }
    }

    /// Starts the clock of monitor-silence anew.
    pub(crate) fn arm_silence(&mut self, id: WindowId) {
        let seconds = self.window_chain(id).number("monitor-silence");
        let at = u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds != 0)
            .map(|s| self.now.ms + s * 1000);
        let Some(window) = self.model.windows.get_mut(&id) else {
            return;
        };
        // A second is the unit: a flood does not write it down at every byte.
        let close = matches!((window.silent_at_ms, at), (Some(old), Some(new)) if old <= new && new < old + 1000);
        if window.silent_at_ms != at && !close {
            window.silent_at_ms = at;
        }
    }

    /// Windows whose time of silence is over.
    pub(crate) fn check_silence(&mut self) {
        let now = self.now.ms;
        let silent: Vec<WindowId> = self
            .model
            .windows
            .of(sort::SILENT)
            .filter(|(_, w)| w.silent_at_ms.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in silent {
            self.arm_silence(id);
            if let Some(window) = self.model.windows.get_mut(&id) {
                let seconds = window.silent_at_ms.is_some();
                if !seconds {
                    continue;
                }
            }
            self.alert(id, &SILENCE);
        }
    }

    /// Monotonic ms of the next silence.
    pub(crate) fn silence_due(&self) -> Option<u64> {
        let watched = self.model.windows.of(sort::SILENT);
        watched.filter_map(|(_, window)| window.silent_at_ms).min()
    }

    fn alert(&mut self, window: WindowId, kind: &Kind) {
        let links: Vec<(SessionId, u32)> = self
            .model
            .sessions
            .values()
            .flat_map(|session| {
                let of = session.windows.iter().filter(|(_, link)| link.0 == window);
                of.map(|(index, _)| (session.id, *index))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut told: Vec<SessionId> = Vec::new();
        for (session_id, index) in links {
            let attached = self.attached_count(session_id);
            let Some(session) = self.model.sessions.get(&session_id) else {
                continue;
            };
            let current = session.current == index;
            let Some((_, mut link)) = session.windows.get(&index).cloned() else {
                continue;
            };
            let set = *(kind.flag)(&mut link);
            if kind.once && set {
                continue;
            }
            if (!current || attached == 0) && !set {
                if let Some((_, link)) = self
                    .model
                    .sessions
                    .get_mut(&session_id)
                    .and_then(|s| s.windows.get_mut(&index))
                {
                    *(kind.flag)(link) = true;
                }
                self.touch_all();
            }
            // none, any, current, other.
            let applies = match self
                .session_chain(Some(session_id))
                .text(kind.action)
                .as_str()
            {
                "any" => true,
                "current" => current,
                "other" => !current,
                _ => false,
            };
            if !applies {
                continue;
            }
            self.notify_link(kind.hook, session_id, index);
            if !told.contains(&session_id) {
                told.push(session_id);
                self.tell(session_id, index, current, kind);
            }
        }
    }

    /// Rings, or shows a message, or both (visual-bell and its like).
    fn tell(&mut self, session: SessionId, index: u32, current: bool, kind: &Kind) {
        let visual = self.session_chain(Some(session)).text(kind.visual);
        let clients: Vec<ClientId> = self
            .attached_clients()
            .filter(|c| c.state.session == Some(session))
            .map(|c| c.state.id)
            .collect();
        for id in clients {
            if visual != "on"
                && let Some(client) = self.model.clients.get_mut(&id)
            {
                client.state.bells += 1;
                client.stale = true;
            }
            if visual != "off" {
                let text = match current {
                    true => format!("{} in current window", kind.word),
                    false => format!("{} in window {index}", kind.word),
                };
                self.message(id, &text);
            }
        }
    }
}

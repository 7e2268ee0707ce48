//! Who wants the machine awake: panes with a program and the option `stay-awake`. The system is asked once for all of them
//! and let go of [`GRACE_MS`] after the last. What the server's hand could do is not kept: the next server asks again, as
//! the kernel lets go when a process ends.
//!
//! Agents that work will be further wishes in [`Core::wishes`].

use crate::model::ids::PaneId;
use crate::{Core, Effect};

/// Work often goes on a moment after it has ended.
const GRACE_MS: u64 = 30_000;

/// What is asked of the system, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Awake {
    /// Panes that there were when it was last looked who wants it; None: not yet.
    panes: Option<usize>,
    /// It is asked for.
    asked: bool,
    /// It is let go of then.
    release_ms: Option<u64>,
    /// What is held off, or why nothing is; None: no answer yet.
    answer: Option<Result<String, String>>,
}

impl Core {
    /// Who wants it awake.
    fn wishes(&self) -> Vec<PaneId> {
        let panes = self.model.panes.iter();
        panes
            .filter(|(_, pane)| pane.state.pid != 0 && pane.state.dead.is_none())
            .map(|(id, _)| *id)
            .filter(|id| self.pane_chain(*id).flag("stay-awake"))
            .collect()
    }

    /// Whether wishes may have come or gone in this turn. Cheap, since it is asked in every turn.
    fn wishes_are_stale(&self) -> bool {
        let model = &self.model;
        self.awake.panes != Some(model.panes.len())
            || model.window_options.is_dirty()
            || model.panes.values().any(|pane| pane.state.is_dirty())
            || model.windows.values().any(|window| window.is_dirty())
    }

    /// Asks the system, or lets go.
    pub(crate) fn check_awake(&mut self) {
        let due = self.awake.release_ms.is_some_and(|ms| ms <= self.now.ms);
        if !due && !self.wishes_are_stale() {
            return;
        }
        self.awake.panes = Some(self.model.panes.len());
        let wishes = self.wishes().len();
        if wishes > 0 {
            self.awake.release_ms = None;
            if !self.awake.asked {
                self.awake.asked = true;
                let why = match wishes {
                    1 => "a program in a session works".into(),
                    count => format!("{count} programs in sessions work"),
                };
                self.effects.push(Effect::Awake { why: Some(why) });
            }
            return;
        }
        if !self.awake.asked {
            return;
        }
        let release = *self.awake.release_ms.get_or_insert(self.now.ms + GRACE_MS);
        if release <= self.now.ms {
            self.awake = Awake {
                panes: self.awake.panes,
                ..Awake::default()
            };
            self.effects.push(Effect::Awake { why: None });
        }
    }

    /// When that is to be done, monotonic ms.
    pub(crate) fn awake_due(&self) -> Option<u64> {
        self.awake.release_ms
    }

    /// What the system said: what is held off ("sleep:idle"), or why nothing or not all of it is. A refusal is told
    /// once, by this server and those that follow it.
    pub fn awake_answered(&mut self, held: Result<String, String>, refused: Option<String>) {
        if !self.awake.asked {
            return;
        }
        let told = match (&held, refused) {
            (Err(error), _) => Some(format!("the machine may go to sleep: {error}")),
            (Ok(what), Some(error)) => Some(format!("only {what} is held off: {error}")),
            _ => None,
        };
        self.awake.answer = Some(held);
        if let Some(text) = told.filter(|_| !self.model.global.awake_refused) {
            self.model.global.awake_refused = true;
            self.notice(&text);
        }
    }

    /// For people: what is held off and for how many; "" when nobody wants it.
    pub(crate) fn awake_text(&self) -> String {
        if !self.awake.asked {
            return String::new();
        }
        let wishes = self.wishes();
        let whom = match wishes.len() {
            0 => "for a moment longer".to_string(),
            _ => {
                let ids: Vec<String> = wishes.iter().map(|id| format!("%{}", id.0)).collect();
                format!("for {}", ids.join(" "))
            }
        };
        match &self.awake.answer {
            None => format!("asked {whom}"),
            Some(Ok(what)) => format!("{what} held off {whom}"),
            Some(Err(error)) => format!("refused {whom}: {error}"),
        }
    }
}

//! Who wants the machine awake: panes with a program and the option `stay-awake`. The system is asked once for all of them
//! and let go of [`GRACE_MS`] after the last. What the server's hand could do is not kept: the next server asks again, as
//! the kernel lets go when a process ends.
//!
//! Agents that work wish for it as well, and those that wait for somebody do for [`ANSWER_S`], so that the answer finds the
//! machine awake (`stay-awake` off in their panes, and they do not).

use outlast_agent::status::State;

use crate::model::ids::PaneId;
use crate::model::{Pane, pane, window};
use crate::options::Chain;
use crate::{Core, Effect};

/// Work often goes on a moment after it has ended.
const GRACE_MS: u64 = 30_000;
/// An agent that waits for an answer wants it awake for so long, s.
const ANSWER_S: i64 = 15 * 60;
const OPTION: &str = "stay-awake";
/// Its choices.
const ON: i64 = 1;
const AGENT: i64 = 2;

/// What is asked of the system, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Awake {
    /// Panes that there were when it was last looked who wants it; None: not yet.
    panes: Option<usize>,
    /// It is asked for.
    asked: bool,
    /// It is let go of then.
    release_ms: Option<u64>,
    /// It is looked again then: an agent has waited long enough.
    look_ms: Option<u64>,
    /// What is held off, or why nothing is; None: no answer yet.
    answer: Option<Result<String, String>>,
}

impl Core {
    /// Who wants it awake.
    fn wishes(&self) -> Vec<PaneId> {
        let model = &self.model;
        // Where nobody has said otherwise, it is agents alone who may wish for it.
        let mut panes: Vec<PaneId> = match Chain(vec![&*model.window_options]).number(OPTION) {
            ON => model.panes.keys().copied().collect(),
            _ => {
                let windows = model.windows.of(window::sort::AWAKE);
                let own = model.panes.of(pane::sort::AGENT | pane::sort::AWAKE);
                let of_windows = windows.flat_map(|(_, window)| &window.panes);
                of_windows.chain(own.map(|(id, _)| id)).copied().collect()
            }
        };
        panes.sort_unstable();
        panes.dedup();
        let runs = |pane: &Pane| pane.state.pid != 0 && pane.state.dead.is_none();
        panes
            .into_iter()
            .filter(|id| model.panes.get(id).is_some_and(runs))
            .filter(|id| match self.pane_chain(*id).number(OPTION) {
                ON => true,
                AGENT => self.agent_wishes(*id).is_some(),
                _ => false,
            })
            .collect()
    }

    /// An agent works, or has not waited for its answer for long. Ok: until it says otherwise; Err: for so many seconds more.
    fn agent_wishes(&self, pane: PaneId) -> Option<Result<(), i64>> {
        let view = self.agent(pane)?.status.view();
        match view.state {
            State::Working if self.agent(pane).is_some_and(|agent| !agent.name.is_empty()) => {
                Some(Ok(()))
            }
            State::Waiting => {
                let left = view.since + ANSWER_S - self.now.unix;
                (left > 0).then_some(Err(left))
            }
            _ => None,
        }
    }

    /// A person has said that a program's machine is to stay awake.
    fn is_wished_by_name(&self) -> bool {
        let wishes = self.wishes().into_iter();
        wishes
            .map(|id| self.pane_chain(id).number(OPTION))
            .any(|is| is == ON)
    }

    /// Whether wishes may have come or gone in this turn. Cheap, since it is asked in every turn.
    fn wishes_are_stale(&self) -> bool {
        let model = &self.model;
        self.awake.panes != Some(model.panes.len())
            || model.window_options.is_dirty()
            || model.panes.touched().any(|(_, pane)| pane.state.is_dirty())
            || model.windows.touched().any(|(_, window)| window.is_dirty())
    }

    /// Asks the system, or lets go.
    pub(crate) fn check_awake(&mut self) {
        let due = self.awake_due().is_some_and(|ms| ms <= self.now.ms);
        if !due && !self.wishes_are_stale() {
            return;
        }
        self.awake.panes = Some(self.model.panes.len());
        let wishes = self.wishes();
        let ends = wishes.iter().filter_map(|id| self.agent_wishes(*id)?.err());
        let ends = ends.min().and_then(|seconds| u64::try_from(seconds).ok());
        self.awake.look_ms = ends.map(|seconds| self.now.ms + seconds * 1000);
        let wishes = wishes.len();
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
        [self.awake.release_ms, self.awake.look_ms]
            .into_iter()
            .flatten()
            .min()
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
        // What nobody has asked for by name is held off where it can be; on a server without logind there is nothing to say.
        let told = told.filter(|_| !self.model.global.awake_refused && self.is_wished_by_name());
        if let Some(text) = told {
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

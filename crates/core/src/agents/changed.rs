//! The one door for "what an agent does has changed".

use outlast_agent::status::{Kind, Source, State, View};

use crate::Core;
use crate::model::ids::PaneId;

impl Core {
    /// What a pane's agent does has changed: status lines are drawn anew, and the hook `agent-state-changed` runs where the
    /// state itself is another.
    pub(crate) fn agent_changed(&mut self, id: PaneId, before: &View, after: &View) {
        self.touch_all();
        if after.source.is_some_and(|source| source != Source::Mark) {
            self.rules_may_differ();
        }
        let asks = |view: &View| {
            view.state == State::Waiting
                && matches!(view.kind, Some(Kind::Permission | Kind::Question))
                && matches!(view.source, Some(Source::Psp | Source::Hook))
        };
        if asks(before) || asks(after) {
            let what = |view: &View| (view.kind, view.text.clone());
            let new = !asks(before) || what(before) != what(after);
            self.guard_said(id, asks(after), new);
        }
        let dialog = before.state == State::Waiting && before.source == Some(Source::Psp);
        if dialog && after.state != State::Waiting {
            self.requests_unblocked(id);
        }
        self.notice_agent(id, before, after);
        if (before.state, before.kind) != (after.state, after.kind) {
            self.notify_pane("agent-state-changed", id);
        }
    }
}

//! Who says what to whom: a program by its output, an agent by its hooks, the system by what runs.

use outlast_agent::hook::{Event, Record};
use outlast_agent::psp::{Report, Said};
use outlast_agent::recipe::recognised;
use outlast_agent::status::{At, Glyph, Kind, State, Status};
use outlast_agent::text::clean;

use super::Agent;
use crate::Core;
use crate::model::ids::PaneId;
use crate::model::pane::sort;
use crate::run::tree::ProcessId;

/// Least time between two looks whether the program that spoke is still there, ms.
const LOOK_MS: u64 = 1000;

impl Core {
    /// Changes what is known of a pane's agent; who is told of what comes of it follows from that.
    pub(crate) fn tell_agent(&mut self, id: PaneId, change: impl FnOnce(&mut Agent, At)) {
        let at = self.at();
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        if pane.state.popup.is_some() {
            return;
        }
        let old = pane.state.agent.clone();
        let mut agent = old.clone().unwrap_or_default();
        change(&mut agent, at);
        let empty = agent.status.is_empty() && agent.name.is_empty() && agent.session.is_empty();
        let new = (!empty).then_some(agent);
        if new == old {
            return;
        }
        let view = |agent: &Option<Box<Agent>>| {
            agent
                .as_ref()
                .map(|agent| (agent.name.clone(), agent.status.view()))
                .unwrap_or_default()
        };
        let (before, after) = (view(&old), view(&new));
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.agent = new;
        }
        if before != after {
            self.agent_changed(id, &before.1, &after.1);
        }
    }

    /// OSC 7501.
    pub(crate) fn agent_reports(&mut self, id: PaneId, payload: &str) {
        let Some(report) = Report::parse(payload, outlast_term::osc::decode64) else {
            return;
        };
        let program = self.probe.foreground(id);
        self.tell_agent(id, |agent, at| {
            if report.said != Said::Clear {
                agent.program = program;
            }
            if !report.app.is_empty() {
                agent.name = agent_of_app(&report.app);
            }
            agent.status.report(at, &report);
        });
        // Whatever it is that the program waits for now, it is not what it has waited for before.
        let asks = matches!(report.kind, Some(Kind::Permission | Kind::Question));
        if asks && report.said == Said::State(State::Waiting) && report.id.is_empty() {
            self.guard_said(id, true, true);
        }
    }

    /// A title. It says something only of a program that is known to be an agent.
    pub(crate) fn agent_titled(&mut self, id: PaneId, title: &str) {
        let Some(glyph) = Glyph::of(title) else {
            return;
        };
        let known = self.agent(id).is_some_and(|agent| !agent.name.is_empty());
        let name = match known {
            true => String::new(),
            false => {
                let running = self.probe.running(id);
                let found = running.and_then(|running| recognised(&running.argv));
                let Some(name) = found else { return };
                name.to_string()
            }
        };
        let program = self.probe.foreground(id);
        self.tell_agent(id, |agent, at| {
            if !name.is_empty() {
                agent.name = name;
            }
            if agent.program.is_none() {
                agent.program = program;
            }
            agent.status.title(at, glyph);
        });
    }

    /// OSC 133.
    pub(crate) fn agent_mark(&mut self, id: PaneId, mark: char, status: Option<i32>) {
        self.tell_agent(id, |agent, at| {
            if matches!(mark, 'A' | 'B') {
                agent.leave();
            }
            agent.status.mark(at, mark, status);
        });
    }

    /// A hook's record.
    pub(crate) fn agent_records(&mut self, id: PaneId, name: &str, record: &Record) {
        self.run_heard(id, record);
        self.rules_may_differ();
        let program = self.probe.foreground(id);
        let name = clean(name, 40);
        self.tell_agent(id, |agent, at| {
            agent.hooked = true;
            agent.program = program;
            if !name.is_empty() {
                agent.name = name;
            }
            let fill = |into: &mut String, from: &str| {
                if !from.is_empty() && *into != from {
                    *into = from.to_string();
                }
            };
            // A sub-agent may work elsewhere.
            if record.sub.is_empty() {
                fill(&mut agent.session, &record.session);
                fill(&mut agent.transcript, &record.transcript);
                fill(&mut agent.project, &record.cwd);
            }
            match &record.event {
                Event::SessionStart { title, .. } => {
                    agent.ended.clear();
                    fill(&mut agent.title, title);
                }
                Event::SessionEnd { reason } => {
                    agent.ended = match reason.is_empty() {
                        true => "other".into(),
                        false => reason.clone(),
                    };
                }
                Event::Prompt { text } => agent.prompt.clone_from(text),
                _ => {}
            }
            agent.status.record(at, record);
        });
    }

    /// A person has typed into a pane.
    pub(crate) fn agent_typed(&mut self, id: PaneId) {
        if self.agent(id).is_some() {
            self.tell_agent(id, |agent, _| agent.status.typed());
        }
    }

    /// A pane's program has ended: what it said of itself does not hold.
    pub(crate) fn agent_ended(&mut self, id: PaneId) {
        if self.agent(id).is_some() {
            self.tell_agent(id, |agent, _| agent.leave());
        }
    }

    /// A pane has said something: for those of whom only that is known, and to see whether who spoke is still there.
    pub(crate) fn agent_output(&mut self, id: PaneId) {
        let now = self.now.ms;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let Some(agent) = pane.state.agent.as_deref() else {
            return;
        };
        let (program, watched) = (agent.program, agent.status.is_watched());
        if now >= pane.agent_look_ms {
            pane.agent_look_ms = now + LOOK_MS;
            let lives =
                |program: ProcessId| self.probe.started(program.pid) == Some(program.started);
            if program.is_some_and(|program| !lives(program)) {
                return self.tell_agent(id, |agent, _| agent.leave());
            }
        }
        if watched {
            self.tell_agent(id, |agent, at| agent.status.output(at));
        }
    }

    /// Agents whose time has come.
    pub(crate) fn check_agents(&mut self) {
        let at = self.at();
        let due = |status: &Status| status.due().is_some_and(|due| due <= at.ms);
        let panes = self.model.panes.of(sort::AGENT);
        let due: Vec<PaneId> = panes
            .filter(|(_, pane)| {
                let agent = pane.state.agent.as_deref();
                agent.is_some_and(|agent| due(&agent.status))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.tell_agent(id, |agent, at| agent.status.tick(at));
        }
    }

    /// When the first agent's time comes, monotonic ms.
    pub(crate) fn agents_due(&self) -> Option<u64> {
        let panes = self.model.panes.of(sort::AGENT);
        panes
            .filter_map(|(_, pane)| pane.state.agent.as_ref()?.status.due())
            .min()
    }
}

impl Agent {
    /// The program is not there any more. Its conversation stays known: it can be gone on with.
    fn leave(&mut self) {
        self.status.gone();
        self.program = None;
        self.hooked = false;
    }
}

/// What the agent is called here that calls itself so.
fn agent_of_app(app: &str) -> String {
    match app {
        "claude-code" => "claude".into(),
        app => app.into(),
    }
}

//! Runs after a reboot: those that are marked so go on, the others are offered.

use super::lines;
use crate::Core;
use crate::event::ExitStatus;
use crate::model::Session;
use crate::model::ids::PaneId;
use crate::spawn::Wanted;

/// A program that was killed so shortly before the server was told to end was ended with the machine.
const WITH_MACHINE_S: i64 = 2;
const HUP: u8 = 1;
const TERM: u8 = 15;

impl Core {
    /// A run as it was kept goes on, or is offered. The line for its pane.
    pub(crate) fn restore_run(&mut self, id: PaneId) -> String {
        let now = self.now;
        let strays = self.strays(id) > 0;
        let Some(run) = self.run_mut(id) else {
            return String::new();
        };
        let was = run.course.state.word();
        let meant = run.course.rebooted();
        let mut goes_on = meant && run.boot;
        run.sweep = None;
        (run.root.pid, run.root.started) = (0, None);
        if meant {
            run.since = now.unix;
        }
        let agent = self.agent_after_reboot(id);
        goes_on &= agent.as_ref().is_none_or(|(can, _)| *can);
        let Some(run) = self.run_mut(id) else {
            return String::new();
        };
        if goes_on {
            run.course.goes_on(now.ms, strays);
            (run.started, run.started_ms) = (now.unix, now.ms);
        }
        let name = run.name.clone();
        let last = run.last.as_ref().map(lines::ended);
        let window = self.model.panes.get(&id).map(|pane| pane.state.window);
        let session = window.and_then(|window| self.sessions_with(window).first().copied());
        let shell = session.map(|session| self.shell_for(session));
        if let Some(pane) = self.model.panes.get_mut(&id) {
            if let Some(shell) = shell {
                pane.state.shell = shell;
            }
            if pane.state.dead.is_none() {
                pane.state.dead = Some((ExitStatus::Unknown, now.unix));
            }
        }
        let own = agent.map(|(_, own)| own).unwrap_or_default();
        let text = match (goes_on, meant, strays) {
            (true, _, false) => format!("run {name} was {was}; it is started again{own}"),
            (true, _, true) => {
                format!(
                    "run {name} was {was}; what is left of it is ended first, then it is started again{own}"
                )
            }
            (false, true, _) => {
                format!(
                    "run {name} was {was}; Enter starts it again{own}, or: outlast start {name}"
                )
            }
            (false, false, _) => match last {
                Some(last) => format!("run {name} is {was}: {last}; Enter starts it again{own}"),
                None => format!("run {name} is {was}; Enter starts it again{own}"),
            },
        };
        match session {
            // The first program of a pane has the keeper take what the disk had of it.
            Some(session) if goes_on && !strays => {
                self.prepare_agent(id);
                self.launch(session, id, &Wanted::default());
            }
            _ => {
                self.hold(id);
                if goes_on {
                    self.begin_sweep(id);
                }
            }
        }
        format!("\x1b[7m[outlast: {text}]\x1b[27m\r\n")
    }

    /// The server is told to end, most likely with the machine: what that has killed was meant to run.
    pub(crate) fn runs_end_with_machine(&mut self) {
        let unix = self.now.unix;
        for id in self.runs() {
            let with_machine = self.run(id).is_some_and(|run| {
                let killed = |status| {
                    matches!(
                        status,
                        ExitStatus::Signal(HUP | TERM) | ExitStatus::Code(129 | 143)
                    )
                };
                let last = run.last.as_ref();
                !run.course.state.is_stopped()
                    && last.is_some_and(|last| {
                        killed(last.status)
                            && unix - last.unix <= WITH_MACHINE_S
                            && last.unix >= run.started
                    })
            });
            if with_machine && let Some(run) = self.run_mut(id) {
                run.course.ended_with_machine();
            }
        }
    }

    /// The environment of a run is not for the disk, but for what was given by name: it has what its caller had, secrets
    /// too. One that is to run by itself needs it.
    pub(crate) fn forget_run_environment(&self, session: &mut Session) {
        let runs = self.model.panes.values();
        let mut runs = runs.filter_map(|pane| pane.state.run.as_deref());
        if let Some(run) = runs.find(|run| run.home == session.id && !run.boot) {
            let vars = &mut session.environment.vars;
            vars.retain(|name, _| run.given.contains(name));
        }
    }
}

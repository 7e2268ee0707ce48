//! What happens to a run and its pane: events go through the table, and what it says is done.

use super::lines::{self, span};
use super::policy::{Event, How, State, Then, Verdict};
use super::{Last, Run};
use crate::Core;
use crate::event::ExitStatus;
use crate::model::ids::PaneId;
use crate::model::pane::{PaneOp, sort};
use crate::spawn::Wanted;

/// All that a program may have turned on and the next one does not expect, the alternate screen excepted.
const QUIET: &str = "\x1b[!p\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\
    \x1b[?2004l\x1b[?2026l\x1b[?2031l\x1b[?5l\x1b[20l\x1b[<99u\x1b[>4m\x1b[m";

impl Core {
    /// A run goes on.
    pub(crate) fn run_step(&mut self, id: PaneId, event: Event) -> Verdict {
        let now = self.now;
        let event = self.over_again(id, event);
        let Some(run) = self.run_mut(id) else {
            return Verdict::Nothing;
        };
        let before = run.course.state.word();
        let verdict = run.course.step(now.ms, event);
        if run.course.state.word() != before {
            run.since = now.unix;
        }
        match verdict {
            Verdict::Nothing | Verdict::Refused => {}
            Verdict::Launch => self.run_launches(id, event),
            Verdict::Terminate => self.run_ends(id),
            Verdict::Kill => self.kill_run(id),
            Verdict::Again { delay, number } => self.run_waits(id, delay, number),
            Verdict::Over(gave_up) => self.run_over(id, gave_up),
            Verdict::Stuck => self.run_stuck(id),
        }
        self.touch_all();
        self.record_run(id, before);
        self.tell_run(id);
        verdict
    }

    /// What a start comes to: what KILL did not end when the run was last stopped may live, and two lives never overlap.
    fn over_again(&self, id: PaneId, event: Event) -> Event {
        let idle = |run: &Run| {
            run.course.state.is_over() || matches!(run.course.state, State::Waiting { .. })
        };
        match event {
            Event::Start | Event::Restart
                if self.run(id).is_some_and(idle) && self.strays(id) > 0 =>
            {
                Event::StartOver
            }
            event => event,
        }
    }

    /// The program of a pane runs: if it is a run's, it is known by its start from now on.
    pub(crate) fn run_started(&mut self, id: PaneId, pid: u32) {
        if self.run(id).is_none() {
            return;
        }
        let started = self.probe.started(pid);
        if let Some(run) = self.run_mut(id) {
            (run.root.pid, run.root.started) = (pid, started);
        }
        self.run_step(id, Event::Started);
    }

    /// The program of a pane has ended. False: it is no run's.
    pub(crate) fn run_exited(&mut self, id: PaneId, status: ExitStatus) -> bool {
        let now = self.now;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return false;
        };
        if pane.state.run.is_none() {
            return false;
        }
        let note = std::mem::take(&mut pane.end_note);
        let how = match status {
            ExitStatus::Code(0) => How::Well,
            ExitStatus::Unknown => How::Unknown,
            _ if note.contains("out of memory") => How::OutOfMemory,
            ExitStatus::Code(_) | ExitStatus::Signal(_) => How::Badly,
        };
        let (how, why) = self.agent_end(id, how);
        let note = why.unwrap_or(note);
        let strays = self.strays(id) > 0;
        if let Some(run) = self.run_mut(id) {
            let up_ms = match run.course.state {
                State::Running { since } => now.ms.saturating_sub(since),
                _ => now.ms.saturating_sub(run.started_ms),
            };
            run.last = Some(Last {
                status,
                note,
                up_ms,
                unix: now.unix,
            });
        }
        self.notify_pane("pane-died", id);
        self.run_step(id, Event::Ended { how, strays });
        self.touch_all();
        true
    }

    /// Runs whose time has come.
    pub(crate) fn check_runs(&mut self) {
        let now = self.now.ms;
        self.agents_go_on();
        if self.runs_due().is_none_or(|due| due > now) {
            return;
        }
        let runs = self.model.panes.of(sort::RUN);
        let runs: Vec<PaneId> = runs.map(|(id, _)| *id).collect();
        for id in runs {
            if self.tend_sweep(id) {
                self.run_step(id, Event::Gone);
            }
            let due = self.run(id).and_then(|run| run.course.due());
            if due.is_some_and(|due| due <= now) {
                self.run_step(id, Event::Time);
            }
        }
        self.tend_gone();
        self.check_run_waits();
    }

    /// When the first run wants to be looked after.
    pub(crate) fn runs_due(&self) -> Option<u64> {
        let runs = self.model.panes.of(sort::RUN);
        let times = runs.filter_map(|(_, pane)| pane.state.run.as_ref()?.course.due());
        let others = [
            self.sweeps_due(),
            self.run_waits_due(),
            self.continues_due(),
        ];
        times.chain(others.into_iter().flatten()).min()
    }

    fn run_launches(&mut self, id: PaneId, event: Event) {
        let now = self.now;
        if !matches!(event, Event::Time) {
            let text = self.run(id).and_then(|run| {
                let text = ended_before(run)?;
                let sweep = run.sweep.as_ref().filter(|sweep| sweep.count > 0);
                let left = sweep.map_or(String::new(), |sweep| {
                    let names = lines::named(&sweep.names, sweep.count);
                    let left = lines::processes(sweep.count);
                    format!("; {left} of before, ended first: {names}")
                });
                Some(format!("{text}{left}"))
            });
            if let Some(text) = text.filter(|_| matches!(event, Event::Gone | Event::Ended { .. }))
            {
                self.run_says(id, &format!("{text}; starts again"));
            }
        }
        if let Some(run) = self.run_mut(id) {
            run.sweep = None;
            (run.started, run.started_ms) = (now.unix, now.ms);
        }
        self.launch_run(id);
    }

    /// Asks for a run's program, below what stands in its pane.
    pub(super) fn launch_run(&mut self, id: PaneId) {
        self.prepare_agent(id);
        let window = self.model.panes.get(&id).map(|pane| pane.state.window);
        let home = self.run(id).map(|run| run.home);
        let sessions = window.map_or_else(Vec::new, |window| self.sessions_with(window));
        let session = home.filter(|home| self.model.sessions.contains_key(home));
        let Some(session) = session.or_else(|| sessions.first().copied()) else {
            return;
        };
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.life += 1;
            pane.state.guard = None;
            pane.state.offer = None;
            pane.state.empty = false;
            pane.name_stale = true;
        }
        self.launch(session, id, &Wanted::default());
    }

    fn run_ends(&mut self, id: PaneId) {
        self.begin_sweep(id);
        let judged = self.run(id).is_some_and(|run| {
            matches!(
                run.course.state,
                State::Stopping {
                    then: Then::Judge(..),
                    ..
                }
            )
        });
        // One that is being ended for its memory has not ended yet.
        if !judged || self.pane_runs(id) {
            return;
        }
        let text = self.run(id).and_then(|run| {
            let sweep = run.sweep.as_ref()?;
            let left = lines::processes(sweep.count);
            let names = lines::named(&sweep.names, sweep.count);
            let last = lines::ended(run.last.as_ref()?);
            Some(format!("{last}; {left} left behind, ended first: {names}"))
        });
        if let Some(text) = text {
            self.run_says(id, &text);
        }
    }

    fn run_waits(&mut self, id: PaneId, delay: u64, number: u32) {
        let text = self.run(id).map(|run| {
            let most = run.course.rules.max_restarts;
            let ended = ended_now(run).map_or(String::new(), |text| format!("{text}; "));
            format!(
                "{ended}starts again in {} (restart {number} of {most})",
                span(delay)
            )
        });
        self.end_of_sweep(id);
        self.run_says(id, &text.unwrap_or_default());
    }

    fn run_over(&mut self, id: PaneId, gave_up: bool) {
        let Some(run) = self.run(id) else { return };
        let rules = &run.course.rules;
        let ended = ended_now(run).map_or(String::new(), |text| format!("{text}; "));
        let (state, name) = (run.course.state, run.name.clone());
        let again = "Enter starts it again";
        let text = match state {
            State::Stopped => {
                let left = run.sweep.as_ref().filter(|sweep| sweep.count > 0);
                let left = left.map_or(String::new(), |sweep| {
                    let names = lines::named(&sweep.names, sweep.count);
                    format!("; {} ended with it: {names}", lines::processes(sweep.count))
                });
                let ended = match ended_before(run) {
                    Some(text) => format!(": {text}"),
                    None => String::new(),
                };
                format!("stopped{ended}{left}; {again}")
            }
            _ if gave_up => format!(
                "{ended}gives up: {} in {}; {again}",
                match rules.max_restarts {
                    1 => "1 restart".to_string(),
                    many => format!("{many} restarts"),
                },
                span(rules.within_ms)
            ),
            State::Failed => format!("{ended}failed; {again}"),
            _ => format!("{ended}done; {again}"),
        };
        self.end_of_sweep(id);
        self.run_says(id, &text);
        if state == State::Failed {
            self.run_failed(id, &format!("run {name}: {text}"));
        }
    }

    fn run_stuck(&mut self, id: PaneId) {
        let Some(run) = self.run(id) else { return };
        let name = run.name.clone();
        let text = match run.sweep.as_ref() {
            Some(sweep) if sweep.count > 0 => format!(
                "failed: KILL does not end {}",
                lines::named(&sweep.names, sweep.count)
            ),
            _ => "failed: KILL does not end it".to_string(),
        };
        self.end_of_sweep(id);
        self.run_says(id, &text);
        self.run_failed(id, &format!("run {name}: {text}"));
    }

    fn end_of_sweep(&mut self, id: PaneId) {
        if self.run(id).is_some_and(|run| run.sweep.is_some())
            && let Some(run) = self.run_mut(id)
        {
            run.sweep = None;
        }
    }

    /// Nobody has to look to learn of it.
    fn run_failed(&mut self, id: PaneId, text: &str) {
        self.notice(text);
        self.bell(id);
        self.notify_pane("run-failed", id);
    }

    /// A line of ours below a pane's text, whatever its program has left the terminal in.
    pub(super) fn run_says(&mut self, id: PaneId, text: &str) {
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let alternate = match pane.terminal.modes().alternate {
            true => "\x1b[?1049l",
            false => "",
        };
        self.operate_any(
            id,
            PaneOp::Text(format!("\x18{alternate}{QUIET}").into_bytes()),
        );
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let terminal = &pane.terminal;
        let (cursor, rows) = (terminal.cursor(), terminal.size().rows);
        let top = terminal.first_line() + u64::from(terminal.history_len());
        let below = (cursor.y + 1..rows).any(|y| {
            !terminal
                .line_text(top + u64::from(y))
                .text
                .trim()
                .is_empty()
        });
        let fresh = match (below, cursor.x) {
            (true, _) => format!("\x1b[{rows};1H\n"),
            (false, 0) => String::new(),
            (false, _) => "\r\n".to_string(),
        };
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let line = format!("{fresh}\x1b[7m[outlast: {text}]\x1b[27m\r\n");
        self.mark_time(id);
        self.operate_any(id, PaneOp::Text(line.into_bytes()));
        self.touch_all();
    }

    /// A key in the pane of a run that is over, or waits, starts it. False: it is none.
    pub(crate) fn key_starts_run(&mut self, id: PaneId) -> bool {
        let idle = |run: &Run| {
            run.course.state.is_over() || matches!(run.course.state, State::Waiting { .. })
        };
        if !self.run(id).is_some_and(idle) {
            return false;
        }
        self.run_step(id, Event::Start);
        true
    }

    /// A pane's program is started anew by tmux's commands.
    pub(crate) fn respawn_run(&mut self, id: PaneId, wanted: &Wanted, cwd: Option<String>) {
        self.leave_mode(id);
        if let Some(pane) = self.model.panes.get_mut(&id) {
            if let Some(cwd) = cwd {
                pane.state.start_path = cwd;
            }
            if !wanted.command.is_empty() {
                pane.state.start_command = wanted.command.clone();
            }
        }
        self.run_step(id, Event::Restart);
    }
}

/// How the program ended, if that has not been said yet.
fn ended_now(run: &Run) -> Option<String> {
    match run.sweep {
        // It was said when the strays were told.
        Some(ref sweep) if !sweep.for_memory => None,
        _ => run.last.as_ref().map(lines::ended),
    }
}

/// How the program ended that was told to.
fn ended_before(run: &Run) -> Option<String> {
    let last = run.last.as_ref()?;
    (last.unix >= run.started).then(|| lines::ended(last))
}

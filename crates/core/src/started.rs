//! Commands that start a program answer when it is known whether it runs.
//!
//! What such a command makes is there at once and is committed with the turn. What is left of it (the line of `-P`,
//! the attaching, its hook, its error) is a job like any other: saved, and done when the keeper has answered, the next
//! server's keeper if need be. A command line and the commands of nobody wait for that. Who types does not, or the keys
//! that follow would be for the pane before; an error is then a message.

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::commands::{Ctx, Flow, Outcome};
use crate::event::ExitStatus;
use crate::formats::{self, FormatContext};
use crate::hooks::Hook;
use crate::jobs::{Asked, Then};
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::model::pane::PaneOp;
use crate::names::clean;
use crate::target::Find;

/// What is left to do of a command that has started a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Where the program is to run.
    pub pane: PaneId,
    /// What is said before the reason when it does not: "create window failed".
    pub failure: String,
    /// Commands of this group in the queue go with an error.
    #[serde(default)]
    pub group: u64,
    /// File and line of the command.
    #[serde(default)]
    pub place: Option<(String, u32)>,
    /// A format that is printed, and what it is about.
    #[serde(default)]
    pub print: Option<(String, FormatContext)>,
    /// The session was made for it.
    #[serde(default)]
    pub session: Option<SessionId>,
    /// A client that is to be attached to that session.
    #[serde(default)]
    pub attach: Option<ClientId>,
    /// A client that shows that session already, and the one that it showed before.
    #[serde(default)]
    pub back: Option<(ClientId, SessionId)>,
    /// Hook of its success.
    #[serde(default)]
    pub hook: Option<Hook>,
    /// Hook of its failure.
    #[serde(default)]
    pub error_hook: Option<Hook>,
}

impl Started {
    /// Nothing is left of this command, which has asked for a program in `pane`, but to tell of an error.
    pub(crate) fn quiet(ctx: &Ctx<'_>, pane: PaneId, failure: &str) -> Started {
        Started {
            pane,
            failure: failure.to_string(),
            group: ctx.group,
            place: ctx.place.clone(),
            print: None,
            session: None,
            attach: None,
            back: None,
            hook: None,
            error_hook: Hook::command_error(ctx),
        }
    }

    /// What is left of this command, which has asked for a program in `pane` and is about `find`; `template` is what -P
    /// prints without -F.
    pub(crate) fn of(
        ctx: &Ctx<'_>,
        pane: PaneId,
        failure: &str,
        find: &Find,
        template: &str,
    ) -> Started {
        let print = ctx.has('P').then(|| {
            let template = ctx.get('F').unwrap_or_else(|| template.to_string());
            (template, ctx.format_context(find))
        });
        Started {
            print,
            hook: Hook::after_at(ctx, find.clone()),
            ..Started::quiet(ctx, pane, failure)
        }
    }
}

/// Ends a command that has asked for a program: now, if there is nothing to wait for.
pub(crate) fn when_started(ctx: &mut Ctx<'_>, mut started: Started) -> Outcome {
    let asks = ctx
        .core
        .model
        .panes
        .get(&started.pane)
        .is_some_and(|pane| pane.state.spawning.is_some());
    if !asks {
        ctx.hook = started.hook.take();
        ctx.core.program_runs(ctx.client, &started);
        return Ok(Flow::Normal);
    }
    let types = ctx
        .asked
        .filter(|client| ctx.core.control(*client).is_none())
        .is_some_and(|client| ctx.core.session_of(client).is_some());
    let queue = (!types || started.print.is_some()).then_some(ctx.asked);
    if queue.is_none() {
        ctx.hook = started.hook.take();
    }
    let ticket = ctx.core.start_job(
        queue,
        ctx.client,
        Asked::Program,
        Then::Started(Box::new(started)),
    );
    Ok(match queue {
        Some(_) => Flow::Wait(ticket),
        None => Flow::Normal,
    })
}

impl Core {
    /// What waits for the program of a pane.
    fn waiting_for(&self, pane: PaneId) -> Vec<(u64, Started)> {
        let jobs = self.model.jobs.iter();
        jobs.filter_map(|(token, job)| match &job.then {
            Then::Started(started) if started.pane == pane => Some((*token, (**started).clone())),
            _ => None,
        })
        .collect()
    }

    /// A pane's program runs: who waited for it goes on.
    pub(crate) fn tell_started(&mut self, pane: PaneId) {
        for (token, started) in self.waiting_for(pane) {
            let Some(job) = self.model.jobs.remove(&token) else {
                continue;
            };
            let (queue, client) = (job.queue, job.client);
            self.resume(token);
            self.program_runs(client, &started);
            if let Some(hook) = &started.hook {
                self.insert_hook(self.living_queue(queue.unwrap_or(client)), hook);
            }
        }
    }

    /// A pane is gone before its program was known to run: nobody waits for it any more.
    pub(crate) fn forget_started(&mut self, pane: PaneId) {
        for (token, _) in self.waiting_for(pane) {
            self.model.jobs.remove(&token);
            self.resume(token);
        }
    }

    /// A pane's program could not be started. What was made for it goes again, and who asked is told.
    pub(crate) fn spawn_failed(&mut self, id: PaneId, error: &str) {
        let waiting = self.waiting_for(id);
        if waiting.is_empty() {
            let text = format!("{}\r\n", clean(error, false));
            self.operate_any(id, PaneOp::Text(text.into_bytes()));
            // Mostly the pane goes with this; whoever wanted it is to read why.
            self.notice(&format!("pane {id} could not be started: {error}"));
            self.exited(id, ExitStatus::Code(1));
            return;
        }
        let mut tell = Vec::new();
        for (token, started) in waiting {
            if let Some(job) = self.model.jobs.remove(&token) {
                self.resume(token);
                tell.push((job.queue, job.client, started));
            }
        }
        for (_, _, started) in &tell {
            if let Some((client, before)) = started.back
                && self.session_of(client) == started.session
                && self.model.sessions.contains_key(&before)
            {
                self.set_session(client, before);
            }
            if let Some(session) = started.session {
                self.undo_session(session);
            }
        }
        self.drop_unstarted(id, error);
        for (queue, client, started) in tell {
            let text = format!("{}: fork failed: {}", started.failure, clean(error, false));
            let key = self.living_queue(queue.unwrap_or(client));
            self.error(key.or(client), started.place, &text);
            if let (Some(_), Some(queue)) = (queue, self.model.queues.get_mut(&key)) {
                queue
                    .items
                    .retain(|item| started.group == 0 || item.group != started.group);
            }
            if let Some(hook) = &started.error_hook {
                self.insert_hook(key, hook);
            }
        }
    }

    /// A pane whose program did not start: a new one goes, one that had a program before stays, as tmux has it.
    fn drop_unstarted(&mut self, id: PaneId, error: &str) {
        let unix = self.now.unix;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if pane.state.life == 0 {
            return self.remove_pane(id);
        }
        pane.state.spawning = None;
        pane.state.dead = Some((ExitStatus::Code(1), unix));
        pane.name_stale = true;
        let text = format!("fork failed: {}\r\n", clean(error, false));
        self.operate_any(id, PaneOp::Text(text.into_bytes()));
        self.run_exited(id, ExitStatus::Code(1));
        self.touch_all();
    }

    /// The rest of a command whose program runs, but for its hook.
    fn program_runs(&mut self, client: Option<ClientId>, started: &Started) {
        if let Some(session) = started.session {
            self.notify_session("session-created", session);
        }
        if let Some((template, context)) = &started.print {
            let text = formats::expand(self, template, context, false);
            self.print(client, &text);
        }
        if let (Some(client), Some(session)) = (started.attach, started.session)
            && self.model.sessions.contains_key(&session)
        {
            self.attach(client, session);
        }
    }

    /// The queue of a client that is still there, else nobody's.
    fn living_queue(&self, client: Option<ClientId>) -> Option<ClientId> {
        client.filter(|client| self.model.clients.contains_key(client))
    }
}

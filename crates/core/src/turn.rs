//! A turn: events in, then queues, sizes and pictures, then the effects.

use outlast_agent::log::Log;

use crate::draw;
use crate::event::{Event, Now};
use crate::input;
use crate::model::Model;
use crate::model::ids::ClientId;
use crate::probe::Probe;
use crate::{Core, Effect, Setup};

impl Core {
    /// A server with no sessions.
    pub fn new(setup: Setup, probe: Box<dyn Probe>) -> Core {
        let mut core = Core {
            model: Model::default(),
            probe,
            now: setup.now,
            effects: Vec::new(),
            draw: Default::default(),
            looks: Default::default(),
            entries: Vec::new(),
            passing: Default::default(),
            new_ops: Vec::new(),
            checkpoints_due: Default::default(),
            turn: 0,
            saver: Default::default(),
            text_rules: None,
            default_tables: crate::keys::default_tables(),
            format_jobs: Default::default(),
            in_hook: false,
            new_windows: Vec::new(),
            hand: None,
            outside: false,
            rules_looks: Default::default(),
            aliased: false,
            sizes_stale: false,
            unattached_stale: false,
            unfinished: false,
            noted: Vec::new(),
            unheard: Default::default(),
            spoke: false,
            recovering: false,
            session_looks: Default::default(),
            awake: Default::default(),
            reboot: Default::default(),
            ended: false,
        };
        // The shell of who starts the server, as in tmux; a configuration may say otherwise.
        let shell = core.probe.shell();
        if let Ok(row) = outlast_lang::options::find("default-shell") {
            // One that is no path is refused: the table's stays then.
            let _ = core.model.session_options.set(row, None, &shell, false);
        }
        core.model.global.start_unix = setup.now.unix;
        core.model.events = Log::new(setup.now.unix);
        core.model.global.configured = !setup.await_config;
        for (name, table) in &core.default_tables {
            core.model
                .tables
                .insert(name.clone(), crate::save::Tracked::saved(table.clone()));
        }
        core
    }

    /// Handles an event. A turn is any number of events and then `finish_turn`.
    pub fn handle(&mut self, now: Now, event: Event<'_>, effects: &mut Vec<Effect>) {
        self.now = now;
        self.measure();
        if self.ended {
            return;
        }
        match event {
            Event::Connected { client, info } => self.connected(client, info),
            Event::Returned {
                client,
                size,
                standing,
            } => {
                self.client_resized(client, size);
                if let Some(client) = self.model.clients.get_mut(&client) {
                    client.ready = true;
                    if client.state.standing != standing {
                        client.state.standing = standing;
                    }
                }
                draw::forget(self, client);
            }
            Event::Command { client, argv } => self.command_line(client, &argv),
            Event::Input { client, bytes } => {
                if self.session_of(client).is_some() && self.control(client).is_none() {
                    self.use_client(client);
                    input::client_input(self, client, bytes);
                } else if self.control(client).is_some() {
                    self.control_input(client, bytes);
                } else {
                    self.stdin(client, bytes);
                }
            }
            Event::Resized { client, size } => self.client_resized(client, size),
            Event::Ready { client } => {
                let mut request = None;
                if let Some(client) = self.model.clients.get_mut(&client) {
                    client.ready = true;
                    request = client.frame_request.take();
                }
                if let Some(id) = request {
                    crate::overlay::requests::drawn(self, client, &id);
                }
                self.notices_shown(client);
            }
            Event::Continued { client } => {
                if let Some(client) = self.model.clients.get_mut(&client) {
                    if client.state.suspended {
                        client.state.suspended = false;
                    }
                    client.ready = true;
                }
                self.sizes_stale = true;
                // Whoever comes back is there.
                self.use_client(client);
                draw::forget(self, client);
            }
            Event::Gone { client } => self.gone(client),
            Event::Output { pane, at, bytes } => self.output(pane, at, bytes),
            Event::Lost { pane, to } => self.lost(pane, to),
            Event::Missing {
                pane,
                output,
                input,
            } => self.missing(pane, output, input),
            Event::Spawned { pane, pid, tty } => self.spawned(pane, pid, tty),
            Event::SpawnFailed { pane, error } => self.spawn_failed(pane, &error),
            Event::Exited { pane, status } => self.exited(pane, status),
            Event::Done {
                token,
                result,
                status,
            } => self.done(token, result, status),
            Event::Woken => input::wake(self),
            Event::Terminate => {
                self.runs_end_with_machine();
                self.shut_down();
            }
            Event::ConfigFiles { files } => self.config_files(files),
        }
        effects.append(&mut self.effects);
    }

    /// Within a turn, behind output: draws for the clients that wait for the echo of a key. The frames may be shown before
    /// the turn is committed: they tell of output, which comes again after a death, and of nothing that is told once.
    pub fn echo(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.now = now;
        if !self.ended {
            draw::echoes(self);
            effects.append(&mut self.effects);
        }
    }

    /// Ends a turn: runs what waits and can run, fits sizes, draws.
    pub fn finish_turn(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.now = now;
        self.measure();
        if self.ended {
            return;
        }
        self.check_jobs();
        self.check_runs();
        self.check_limits();
        self.check_agents();
        self.check_sendings();
        self.check_requests();
        self.check_rules();
        self.control_wake();
        self.check_silence();
        self.check_locks();
        self.unfinished = self.run_queues();
        self.alert_new_windows();
        self.check_names();
        // Prompts that this turn's commands have sent: nothing else may happen for a while.
        self.check_sendings();
        // Hooks that ran because of sizes or sessions may change them again; what is left is for the next turn.
        for _ in 0..3 {
            if std::mem::take(&mut self.unattached_stale) {
                self.check_unattached();
            }
            if std::mem::take(&mut self.sizes_stale) {
                self.recalculate_sizes();
            }
            self.unfinished |= self.run_queues();
            if !self.sizes_stale && !self.unattached_stale {
                break;
            }
        }
        self.check_notices();
        if self.tell_events() {
            self.unfinished |= self.run_queues();
        }
        self.note_focus(None);
        self.tell_notes();
        self.check_empty();
        if !self.ended {
            self.check_awake();
            self.show_config_errors();
            self.show_notices();
            draw::frames(self);
            self.start_format_jobs();
        }
        effects.append(&mut self.effects);
    }

    /// Monotonic ms at which `Event::Woken` is wanted; None: no need.
    pub fn next_wake(&self) -> Option<u64> {
        if self.ended {
            return None;
        }
        if self.unfinished {
            return Some(self.now.ms);
        }
        [
            self.jobs_due(),
            self.runs_due(),
            self.notices_due(),
            self.limits_due(),
            self.agents_due(),
            self.sendings_due(),
            self.requests_due(),
            self.rules_due(),
            self.control_due(),
            self.silence_due(),
            self.locks_due(),
            self.names_due(),
            self.awake_due(),
            input::next_due(self),
            draw::next_due(self),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// exit-empty, exit-unattached: a server that nobody needs ends.
    fn check_empty(&mut self) {
        let global = &self.model.global;
        if !global.had_client || !global.configured || self.ended {
            return;
        }
        let options = self.server_chain();
        if !options.flag("exit-empty") {
            return;
        }
        if !options.flag("exit-unattached") && !self.model.sessions.is_empty() {
            return;
        }
        // Who only wants to hear what happens keeps nobody alive.
        let listens = self.event_listeners();
        let busy = self.attached_clients().next().is_some()
            || self
                .model
                .clients
                .values()
                .any(|client| !client.state.leaving && !listens.contains(&client.state.id))
            || self.model.queues.iter().any(|(client, queue)| {
                !queue.items.is_empty()
                    || queue.waiting.is_some()
                        && client.is_none_or(|client| !listens.contains(&client))
            });
        if !busy {
            self.shut_down();
        }
    }

    /// kill-server, SIGTERM: panes end, clients leave, the server too.
    pub(crate) fn shut_down(&mut self) {
        if self.ended {
            return;
        }
        let clients: Vec<(ClientId, bool, u8)> = self
            .model
            .clients
            .values()
            .map(|client| {
                let state = &client.state;
                (state.id, state.is_drawn(), state.status)
            })
            .collect();
        self.tell_notes();
        for (client, attached, status) in clients {
            // tmux: an attached client whose server ends under it has failed.
            if attached {
                self.leave(client, 1, "[server exited]");
            } else {
                self.leave(client, status, "");
            }
        }
        for pane in self.pane_ids() {
            self.end_strays(pane);
            self.emit(Effect::Forget { pane });
        }
        self.model.global.ending = true;
        self.emit(Effect::Shutdown);
        self.ended = true;
    }
}

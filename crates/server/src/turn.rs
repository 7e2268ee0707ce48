//! The end of a turn: commit, then carry out, then tell; checkpoints and the journal's own upkeep.

use std::io;

use outlast_core::event::Now;
use outlast_core::save::{Entry, Transaction};
use outlast_core::{Effect, Event};
use outlast_wire::client::{PRINT_MAX, ToClient};
use outlast_wire::keeper::ToKeeper;

use crate::files::Work;
use crate::panes::QUIET_MS;
use crate::server::Server;
use crate::tape;

impl Server {
    /// Ends a turn.
    ///
    /// # Errors
    /// There is no memory for the journal. Nothing of the turn has happened.
    pub(crate) fn finish(&mut self, now: Now) -> io::Result<()> {
        self.core.finish_turn(now, &mut self.effects);
        self.uncommitted = false;
        let mut effects = std::mem::take(&mut self.effects);
        effects.dedup_by(|next, before| joins_write(next, before) || joins_print(next, before));
        for effect in &effects {
            self.stage(effect);
        }
        self.commit(now)?;
        self.disk.committed();
        crate::fault::point("effects");
        // A key is on its way before the terminal's pipe is emptied of it: the journal has both.
        let mut effects = effects.into_iter().peekable();
        let is_write = |effect: &Effect| matches!(effect, Effect::Write { .. });
        while let Some(write) = effects.next_if(is_write) {
            self.carry_out(write, now);
        }
        self.typed_done();
        for effect in effects {
            self.carry_out(effect, now);
        }
        self.forget_jobs();
        // When there is room in their rings, their bells ring.
        self.feed_pipes();
        // What is not carried out yet belongs to the next turn, and so does this then.
        if self.settle_terminals(now) && !self.uncommitted && self.effects.is_empty() {
            self.commit(now)?;
        }
        self.settle_calls();
        self.checkpoints(now);
        self.keep(now);
        self.memory.look(now.ms);
        if self.journal.wants_compaction() && !self.uncommitted {
            self.compact()?;
        }
        self.settle_link();
        Ok(())
    }

    /// What an effect adds to the transaction: messages for clients, which are sent when it is in the journal.
    fn stage(&mut self, effect: &Effect) {
        match effect {
            Effect::Print {
                client,
                stream,
                bytes,
            } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                for part in bytes.chunks(PRINT_MAX) {
                    let print = |n| ToClient::Print {
                        n,
                        stream: *stream,
                        bytes: part.to_vec(),
                    };
                    self.entries.push(client.message(print));
                }
            }
            Effect::Attach { client, features } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                let caps = client.caps(features);
                client.features = Some(caps.features());
                client.given_back = false;
                self.entries
                    .push(client.message(|n| ToClient::Attached { n }));
                self.entries.extend(client.attached());
                let id = client.id;
                self.know_process(id);
            }
            Effect::Afterwards {
                client,
                hangup,
                exec,
            } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                let exec = exec.clone().map(|(shell, command)| vec![shell, command]);
                let afterwards = |n| ToClient::Afterwards {
                    n,
                    hangup: *hangup,
                    exec: exec.unwrap_or_default(),
                };
                self.entries.push(client.message(afterwards));
            }
            Effect::WaitsAtExit { client, on } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                self.entries
                    .push(client.message(|n| ToClient::WaitsAtExit { n, on: *on }));
            }
            Effect::Exit {
                client,
                status,
                message,
            } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                let exit = |n| ToClient::Exit {
                    n,
                    status: *status,
                    message: message.clone(),
                };
                self.entries.push(client.message(exit));
            }
            Effect::Suspend { client, run } => {
                let Some(client) = self.clients.get_mut(*client) else {
                    return;
                };
                client.given_back = true;
                self.entries.push(client.message(|n| ToClient::Suspend {
                    n,
                    run: run.clone(),
                }));
                self.entries.extend(client.attached());
            }
            Effect::Forget { pane } if self.store.will_forget(*pane) => {
                let leaving = self.leaving();
                self.entries.push(leaving);
            }
            _ => {}
        }
    }

    /// Puts the turn into the journal, if there is anything that the next server must know.
    fn commit(&mut self, now: Now) -> io::Result<()> {
        let mut turn = self.core.commit();
        turn.entries.append(&mut self.entries);
        turn.entries.extend(self.disk.notes());
        turn.entries.extend(self.memory.news());
        turn.entries.dedup_by(joins_input);
        if turn.entries.is_empty() {
            return Ok(());
        }
        self.journal.append(&turn)?;
        self.store.committed(&turn.entries, now.ms);
        Ok(())
    }

    /// Carries out an effect whose turn is in the journal.
    fn carry_out(&mut self, effect: Effect, now: Now) {
        match effect {
            Effect::Spawn { pane, life, spec } => {
                let asked = self
                    .panes
                    .spawn(pane, life, &spec, &self.link, &self.socket);
                // A restored pane has its history before the keeper has the pane.
                let facts = self.facts.borrow();
                let history = facts.get(&pane).and_then(|facts| facts.history.clone());
                drop(facts);
                if let Some(history) = history.filter(|_| life == 0) {
                    let number = crate::keeper::pane_number(pane);
                    self.link
                        .deposit(number, crate::keeper::tag::HISTORY, history.fd());
                }
                if let Err(error) = asked {
                    self.uncommitted = true;
                    self.core
                        .handle(now, Event::SpawnFailed { pane, error }, &mut self.effects);
                }
            }
            Effect::Hold { pane, life } => {
                self.panes.hold_empty(pane, life, &self.facts, &self.link)
            }
            Effect::Write { pane, bytes } => self.panes.write(pane, &bytes, &self.bells),
            Effect::Resize { pane, size } => self.panes.resize(pane, size),
            Effect::Signal { pane, signal } => {
                let pane = crate::keeper::pane_number(pane);
                self.link.send(&ToKeeper::Signal { pane, signal }, &[]);
            }
            Effect::SignalProcesses { processes, signal } => {
                for process in processes {
                    let process = outlast_sys::process::Identity {
                        pid: process.pid,
                        started: process.started,
                    };
                    // One that has ended meanwhile has what was wanted; another user's is found to live on.
                    let _ = outlast_sys::tree::signal(process, signal);
                }
            }
            Effect::Forget { pane } => {
                self.store.forgotten(pane);
                self.panes.forget(pane, &self.facts, &self.link);
            }
            Effect::Frame { client, screen } => self.frame(client, screen),
            Effect::Raw { client, bytes } => self.raw(client, &bytes),
            Effect::Print { client, .. }
            | Effect::Afterwards { client, .. }
            | Effect::WaitsAtExit { client, .. } => self.touch(client),
            Effect::Attach { client, .. } => self.attach(client),
            Effect::Exit { client, .. } | Effect::Suspend { client, .. } => {
                self.give_back(client, now)
            }
            Effect::RunJob { token, spec } => {
                if let Err(error) = self.jobs.run(token, &spec, &self.link) {
                    self.not_run(token, error, now);
                }
            }
            Effect::RunPipe { token, pipe } => {
                let Server {
                    pipes,
                    jobs,
                    panes,
                    link,
                    ..
                } = self;
                match pipes.run(token, &pipe, jobs, panes, link) {
                    Ok(None) => {}
                    Ok(Some(pid)) => {
                        self.uncommitted |= pipe.spec.is_some();
                        self.core.pipe_runs(token, pid);
                    }
                    Err(error) => self.not_run(token, error, now),
                }
            }
            Effect::EndPipe { token, until } => {
                self.pipes.end(token, until, &self.panes, &self.link);
            }
            Effect::ReadFile { token, path } => self.disk.request(token, Work::Read { path }),
            Effect::WriteFile {
                token,
                path,
                bytes,
                append,
            } => {
                self.disk.request(
                    token,
                    Work::Write {
                        path,
                        bytes,
                        append,
                    },
                );
            }
            Effect::Awake { why } => self.stay_awake(why),
            Effect::Shutdown => {
                self.end_state(now);
                self.shut_down(now);
            }
        }
    }

    /// A program of the core's could not be started.
    fn not_run(&mut self, token: u64, error: String, now: Now) {
        self.uncommitted = true;
        let done = Event::Done {
            token,
            result: Err(error),
            status: 127,
        };
        self.core.handle(now, done, &mut self.effects);
    }

    /// Takes checkpoints that are due: the ring fills up, the terminal wants one, or the pane has become quiet.
    fn checkpoints(&mut self, now: Now) {
        // A checkpoint must not hold what the journal does not.
        if self.uncommitted {
            return;
        }
        let wanted: Vec<_> = self
            .panes
            .busy()
            .filter(|io| {
                let quiet = io
                    .touched_ms
                    .is_some_and(|touched| touched + QUIET_MS <= now.ms);
                quiet || io.is_filling() || io.fills_tape(now.ms)
            })
            .map(|io| io.pane)
            .chain(self.core.pane_checkpoint_due())
            .collect();
        for pane in wanted {
            self.checkpoint(pane);
            if let Some(io) = self.panes.get_mut(pane) {
                io.covered_ms = now.ms;
            }
        }
    }

    /// Takes a checkpoint of one pane.
    pub(crate) fn checkpoint(&mut self, pane: outlast_core::PaneId) {
        let Some(io) = self.panes.get_mut(pane) else {
            return;
        };
        io.touched_ms = None;
        let Some(bytes) = self.core.checkpoint(pane) else {
            return;
        };
        let at = self.core.offset(pane);
        let mut records = Vec::new();
        let output = io.uncovered(at);
        let known = output.len() <= tape::LOG_LEN
            && self.core.records(pane, io.covered, output, &mut records);
        let records = known.then_some(&*records);
        if io.store(at, &bytes, records, &self.link, &self.bells) {
            self.core.checkpointed(pane, at);
        }
    }

    /// Writes all that is still true to the journal's other slot.
    pub(crate) fn compact(&mut self) -> io::Result<()> {
        let mut turn = Transaction {
            turn: self.core.turn(),
            entries: self.core.snapshot(),
        };
        self.panes.waiting_input(&mut turn.entries);
        self.clients.snapshot(&mut turn.entries);
        self.disk.snapshot(&mut turn.entries);
        turn.entries.push(self.upgrade.note());
        turn.entries.push(self.leaving());
        turn.entries.push(self.memory.entry());
        self.journal.compact(&[turn])
    }
}

/// Bytes for the same pane in a row go as one: a paste is a key each to the core.
fn joins_write(next: &mut Effect, before: &mut Effect) -> bool {
    match (next, before) {
        (
            Effect::Write { pane, bytes },
            Effect::Write {
                pane: same,
                bytes: former,
            },
        ) if pane == same => {
            former.append(bytes);
            true
        }
        _ => false,
    }
}

/// Text for the same client in a row goes as one, as long as it is one message.
fn joins_print(next: &mut Effect, before: &mut Effect) -> bool {
    match (next, before) {
        (
            Effect::Print {
                client,
                stream,
                bytes,
            },
            Effect::Print {
                client: same,
                stream: alike,
                bytes: former,
            },
        ) if client == same && stream == alike && former.len() + bytes.len() <= PRINT_MAX => {
            former.append(bytes);
            true
        }
        _ => false,
    }
}

/// The same for what the journal says of them.
fn joins_input(next: &mut Entry, before: &mut Entry) -> bool {
    match (next, before) {
        (Entry::Input(pane, at, bytes), Entry::Input(same, from, former))
            if pane == same && *from + former.len() as u64 == *at =>
        {
            former.append(bytes);
            true
        }
        _ => false,
    }
}

//! What is typed at terminals that we read ourselves: to the core, and under a number into the journal, before it is
//! taken out of the client's pipe for good (`outlast_sys::intake`).
//!
//! A key that a program gets as it was typed, and that does nothing else, takes neither the journal nor the keeper's
//! time: it goes from the client's pipe into the program's terminal at once.

use std::io;
use std::os::fd::AsFd;

use outlast_core::event::Now;
use outlast_core::{ClientId, Effect, Event};
use outlast_sys::errno::EINVAL;
use outlast_sys::intake::{Copier, Intake};
use outlast_sys::poll::Interest;
use outlast_wire::client::ToClient;

use crate::notes::Note;
use crate::server::Server;

/// What all terminals need to be read, and who has typed in this turn.
#[derive(Default)]
pub struct Typing {
    copier: Option<Copier>,
    /// Whose batches are on their way through the journal.
    typists: Vec<ClientId>,
    /// Something has gone straight to a program.
    straight: bool,
}

impl Server {
    /// A client hands over the pipes for its terminal: whether it is read by us.
    pub(crate) fn take_intake(&mut self, token: u64, id: ClientId, now: Now) {
        // Without descriptors it goes on as it was: the client reads.
        let _ = self.adopt_intake(token, id, now);
        let reads = self.clients.get_mut(id).is_some_and(|client| client.reads);
        self.say_who_reads(id, reads);
    }

    fn adopt_intake(&mut self, token: u64, id: ClientId, now: Now) -> io::Result<()> {
        let pipes = self.calls.get_mut(token).and_then(|call| call.pipes.take());
        let (Some(pipes), Some(client)) = (pipes, self.clients.get_mut(id)) else {
            return Ok(());
        };
        if self.typing.copier.is_none() {
            self.typing.copier = Some(Copier::new()?);
        }
        let mut intake = Intake::new(pipes, client.batch)?;
        let left = match &self.typing.copier {
            Some(copier) => intake.left(copier)?,
            None => None,
        };
        client.intake = Some(intake);
        client.reads = client
            .local
            .as_ref()
            .is_some_and(|local| local.fd().is_some());
        self.painted.insert(id);
        if let Some(bytes) = left {
            self.batch(id, &bytes, now);
        }
        Ok(())
    }

    fn say_who_reads(&mut self, id: ClientId, server: bool) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let token = client.connection;
        self.touched.extend(token);
        if let Some(call) = token.and_then(|token| self.calls.get_mut(token)) {
            ToClient::Reading { server }.encode(&mut call.out);
        }
    }

    /// Somebody has typed at a terminal that we read.
    pub(crate) fn take_typed(&mut self, id: ClientId, now: Now) {
        let pane = self.core.typed_pane(id);
        let full = pane.is_some_and(|pane| !self.panes.has_room(pane));
        let (Some(client), Some(copier)) = (self.clients.get_mut(id), &self.typing.copier) else {
            return;
        };
        if client.full != full {
            client.full = full;
            self.painted.insert(id);
        }
        if full {
            return;
        }
        let (true, Some(local), Some(intake)) =
            (client.is_read(), &client.local, &mut client.intake)
        else {
            return;
        };
        let Some(tty) = local.fd() else { return };
        match intake.next(tty, copier) {
            Ok(Some(bytes)) => self.batch(id, &bytes, now),
            Ok(None) => {}
            Err(error) if error.raw_os_error() == Some(EINVAL) => {
                // A kernel that does not splice terminals.
                client.reads = false;
                self.painted.insert(id);
                self.say_who_reads(id, false);
            }
            // The client finds out, too.
            Err(_) => self.lose_terminal(id),
        }
    }

    /// A batch of typed bytes; the intake has counted it.
    fn batch(&mut self, id: ClientId, bytes: &[u8], now: Now) {
        let first = self.effects.is_empty();
        self.typed(id, bytes, now);
        if first && self.type_at_once(id, bytes) {
            self.eager.sent();
            self.typing.straight = true;
            return;
        }
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if let Some(intake) = &client.intake {
            client.batch = intake.batch();
            let batch = client.batch;
            self.entries.push(Note::Typed { id: id.0, batch }.entry());
            self.typing.typists.push(id);
        }
    }

    /// What only goes to a program, as it was typed, goes there now: from the client's pipe into the program's terminal.
    /// A death before the splice leaves it in the pipe, one after it leaves it typed: there is nothing between the two.
    /// True: so it was with all of it, and nothing else has come of it.
    fn type_at_once(&mut self, id: ClientId, typed: &[u8]) -> bool {
        let [Effect::Write { pane, bytes }] = &mut self.effects[..] else {
            return false;
        };
        if bytes != typed || !self.core.only_passed() {
            return false;
        }
        let life = self.core.pane_life(*pane).map(|(life, _)| life);
        let direct = life.and_then(|life| self.panes.direct(*pane, life));
        let client = self.clients.get_mut(id);
        let intake = client.and_then(|client| client.intake.as_mut());
        let (Some(terminal), Some(intake)) = (direct, intake) else {
            return false;
        };
        // Whatever stands in its way, the keeper finds out in its turn.
        let poured = intake.pour(bytes.len(), terminal.as_fd()).unwrap_or(0);
        crate::fault::point("poured");
        self.core.typed_already(*pane, poured);
        bytes.drain(..poured);
        let all = bytes.is_empty();
        if all {
            self.effects.clear();
        }
        all
    }

    /// Whether what has been typed in this turn went straight to programs.
    pub(crate) fn has_only_passed(&self) -> bool {
        self.typing.straight && self.typing.typists.is_empty()
    }

    /// Typed bytes, however they came.
    pub(crate) fn typed(&mut self, id: ClientId, bytes: &[u8], now: Now) {
        self.eager.typed(now.ms);
        self.learn(id, bytes);
        let input = Event::Input { client: id, bytes };
        self.core.handle(now, input, &mut self.effects);
    }

    /// What was typed in this turn is in the journal, or with a program.
    pub(crate) fn typed_done(&mut self) {
        self.typing.straight = false;
        for id in std::mem::take(&mut self.typing.typists) {
            if let Some(intake) = self
                .clients
                .get_mut(id)
                .and_then(|client| client.intake.as_mut())
            {
                // One that cannot be emptied takes nothing more; the client's pipes are nobody else's.
                let _ = intake.done();
            }
        }
    }

    /// Those whose panes had no room: whether some still have none.
    pub(crate) fn retry_typed(&mut self, now: Now) -> bool {
        let full = |client: &&crate::clients::Client| client.full;
        let held: Vec<_> = self
            .clients
            .iter()
            .filter(full)
            .map(|client| client.id)
            .collect();
        for id in held {
            self.take_typed(id, now);
        }
        self.clients.iter().any(|client| client.full)
    }

    /// Waits for what a client's terminal is waited for: for room while bytes are pending, for keys while they are ours
    /// and there is room for them.
    pub(crate) fn watch_terminal(&mut self, id: ClientId, room: bool) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let mut wanted = Interest::empty();
        wanted.set(Interest::OUT, room);
        wanted.set(Interest::IN, client.is_read() && !client.full);
        if wanted == client.interest {
            return;
        }
        let Some(fd) = client.local.as_ref().and_then(|local| local.fd()) else {
            return;
        };
        let token = Server::terminal_token(id);
        let changed = match (client.interest.is_empty(), wanted.is_empty()) {
            (true, _) => self.poll.add(fd, token, wanted),
            (_, true) => self.poll.remove(fd),
            _ => self.poll.modify(fd, token, wanted),
        };
        if changed.is_ok() {
            client.interest = wanted;
        } else if wanted.contains(Interest::IN) {
            client.reads = false;
            self.say_who_reads(id, false);
        }
    }

    /// A terminal is gone: until its client finds out, too, nothing is drawn or read.
    pub(crate) fn lose_terminal(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if let Some(fd) = client.local.as_ref().and_then(|local| local.fd()) {
            let _ = self.poll.remove(fd);
        }
        client.local = None;
        client.reads = false;
        client.interest = Interest::empty();
        client.hold_until_ms = None;
        self.touched.extend(client.connection);
    }
}

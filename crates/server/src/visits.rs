//! What clients say and are told: from a connection's frames to events of the core, and back.

use std::sync::Arc;

use outlast_core::event::{ClientInfo, Now};
use outlast_core::{ClientId, Event, PaneId};
use outlast_sys::clock;
use outlast_sys::process::Identity;
use outlast_term::{Screen, Size};
use outlast_wire::client::{ClientKey, Hello, OLDEST_CLIENT, ToClient, ToServer, VERSION};
use outlast_wire::keeper::ToKeeper;

use crate::locals::Flow;
use crate::server::Server;

/// The last messages have so long to reach their clients when the server ends.
const END_MS: u64 = 1000;
/// How long that waits for pipes which do not read.
const PIPES_MS: u64 = 500;

/// An attached client is told of its accepted requests when there are this many.
const TELL_EVERY: u64 = 8;

impl Server {
    /// Reads from a connection and handles what is whole.
    pub(crate) fn take_call(&mut self, token: u64, now: Now) {
        self.calls.fill(token);
        self.take_frames(token, now);
    }

    /// Handles what a connection has said.
    pub(crate) fn take_frames(&mut self, token: u64, now: Now) {
        self.touched.insert(token);
        loop {
            let Some(connection) = self.calls.get_mut(token) else {
                return;
            };
            let pane = connection
                .client
                .and_then(|client| self.core.typed_pane(client));
            connection.held = pane.is_some_and(|pane| !self.panes.has_room(pane));
            let Ok(message) = connection.next() else {
                connection.ended = true;
                break;
            };
            let Some(message) = message else { break };
            match (connection.client, message) {
                (_, ToServer::Ask) => self.ask(token),
                (_, ToServer::Report { pane }) => self.report(token, PaneId(pane)),
                (
                    _,
                    ToServer::Upgrade {
                        older,
                        keeper,
                        tmux,
                    },
                ) => {
                    self.asked_to_upgrade(token, older, keeper, &tmux, now);
                }
                (None, ToServer::Hello(hello)) => self.hello(token, hello, now),
                (None, _) => connection.ended = true,
                (Some(client), message) => self.message(token, client, message, now),
            }
        }
        if self
            .calls
            .get_mut(token)
            .is_some_and(|connection| connection.ended)
        {
            self.hang_up(token, now);
        }
    }

    /// A connection says who it is.
    fn hello(&mut self, token: u64, hello: Hello, now: Now) {
        let standing = self.standing(token);
        let Some(connection) = self.calls.get_mut(token) else {
            return;
        };
        if hello.version < OLDEST_CLIENT {
            return self.turn_away(token, &hello);
        }
        let uid = connection.peer().map(|peer| peer.uid);
        let tty = connection.tty.take();
        if uid.is_some_and(|uid| self.core.is_owner(uid)) {
            // Nobody else's build is what the server becomes.
            self.meet(token, &hello.release, &hello.env);
        }
        let release = self.upgrade.release().to_string();
        let size = Size::new(hello.cols, hello.rows);
        let (welcome, client) = match self.clients.by_key(ClientKey(hello.key)) {
            Some(client) => {
                let former = client.connection;
                client.reconnected(token, hello.received);
                client.tty = tty;
                let (id, done) = (client.id, client.done);
                client.colour_term = colour_term(&hello.env);
                if client.features.is_some() {
                    let leaving = client.leaving;
                    client.resume_terminal();
                    self.know_process(id);
                    self.painted.insert(id);
                    if leaving {
                        self.give_back(id, now);
                    } else {
                        self.core.handle(
                            now,
                            Event::Returned {
                                client: id,
                                size,
                                standing,
                            },
                            &mut self.effects,
                        );
                    }
                }
                if let Some(former) = former {
                    self.calls.close(former);
                }
                (
                    ToClient::Welcome {
                        version: VERSION,
                        done,
                        release,
                        pipes: true,
                    },
                    id,
                )
            }
            None => {
                let (client, made) = self.clients.add(ClientKey(hello.key));
                client.connection = Some(token);
                client.tty = tty;
                client.colour_term = colour_term(&hello.env);
                let id = client.id;
                self.entries.push(made);
                let info = ClientInfo {
                    pid: hello.pid,
                    uid: uid.unwrap_or(u32::MAX),
                    tty: hello.tty,
                    term: hello.term,
                    flags: hello.flags,
                    cols: hello.cols,
                    rows: hello.rows,
                    cwd: hello.cwd,
                    env: hello.env,
                    hints: hello.hints,
                    standing,
                };
                self.core.handle(
                    now,
                    Event::Connected { client: id, info },
                    &mut self.effects,
                );
                (
                    ToClient::Welcome {
                        version: VERSION,
                        done: 0,
                        release,
                        pipes: true,
                    },
                    id,
                )
            }
        };
        if let Some(connection) = self.calls.get_mut(token) {
            connection.client = Some(client);
            welcome.encode(&mut connection.out);
        }
    }

    /// A client whose protocol is too old is told so, in words that every build understands.
    fn turn_away(&mut self, token: u64, hello: &Hello) {
        let text = format!(
            "this client speaks protocol {}; the server ({}) speaks {OLDEST_CLIENT} to {VERSION}\n\
             call it with the program that it was started from: {}\n",
            hello.version,
            self.upgrade.release(),
            self.upgrade.program().display()
        );
        if let Some(connection) = self.calls.get_mut(token) {
            let print = ToClient::Print {
                n: 1,
                stream: 2,
                bytes: text.into_bytes(),
            };
            let exit = ToClient::Exit {
                n: 2,
                status: 1,
                message: String::new(),
            };
            print.encode(&mut connection.out);
            exit.encode(&mut connection.out);
            // What follows the greeting ends the connection; the words go first.
            self.calls.settle(token, &self.poll);
        }
    }

    /// A client says something.
    fn message(&mut self, token: u64, id: ClientId, message: ToServer, now: Now) {
        match message {
            ToServer::Command { seq, argv } => {
                if self.is_new(id, seq) {
                    self.core
                        .handle(now, Event::Command { client: id, argv }, &mut self.effects);
                }
            }
            ToServer::Input { seq, bytes } => {
                if self.is_new(id, seq) {
                    // What a command line is fed is no typing.
                    let client = self.clients.get_mut(id);
                    match client.is_some_and(|client| client.local.is_some()) {
                        true => self.typed(id, &bytes, now),
                        false => {
                            let (client, bytes) = (id, &bytes[..]);
                            let input = Event::Input { client, bytes };
                            self.core.handle(now, input, &mut self.effects);
                        }
                    }
                }
            }
            ToServer::Resize { cols, rows } => {
                let size = Size::new(cols, rows);
                self.core
                    .handle(now, Event::Resized { client: id, size }, &mut self.effects);
            }
            ToServer::Received { n } => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.received(n);
                    // It has had `Attached`, and has acted on it before it said so.
                    let owes = client.owes();
                    if let Some(local) = client.local.as_mut().filter(|_| !owes) {
                        crate::fault::point("raw");
                        local.is_raw();
                        self.painted.insert(id);
                    }
                }
            }
            ToServer::Continued => {
                if let Some(client) = self.clients.get_mut(id)
                    && let Some(local) = &mut client.local
                {
                    local.continued();
                    client.given_back = false;
                    self.entries.extend(client.attached());
                    self.painted.insert(id);
                }
                self.core
                    .handle(now, Event::Continued { client: id }, &mut self.effects);
            }
            ToServer::Drained => {
                if let Some(local) = self
                    .clients
                    .get_mut(id)
                    .and_then(|client| client.local.as_mut())
                {
                    local.relayed();
                    self.painted.insert(id);
                }
            }
            ToServer::Pipes => self.take_intake(token, id, now),
            ToServer::Bye => self.goodbye(token, id, now),
            ToServer::Hello(_)
            | ToServer::Ask
            | ToServer::Report { .. }
            | ToServer::Upgrade { .. } => {}
        }
    }

    /// Whether a request has not been done yet; it will be, with this turn.
    fn is_new(&mut self, id: ClientId, seq: u64) -> bool {
        let Some(client) = self.clients.get_mut(id) else {
            return false;
        };
        // What is asked again after a crash is to be accepted again, too.
        self.touched.extend(client.connection);
        if seq <= client.done {
            client.told = client.told.min(seq - 1);
            return false;
        }
        client.done = seq;
        self.entries.push(outlast_core::save::Entry::Did(id.0, seq));
        true
    }

    /// Answers to our queries among what is typed tell what the terminal can do.
    pub(crate) fn learn(&mut self, id: ClientId, typed: &[u8]) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let Some(local) = client.local.as_mut().filter(|local| local.is_asked()) else {
            return;
        };
        let learned = local.learn(typed);
        if client.reads && !local.is_asked() {
            self.touched.extend(client.connection);
            if let Some(call) = client
                .connection
                .and_then(|token| self.calls.get_mut(token))
            {
                ToClient::Answered.encode(&mut call.out);
            }
        }
        if let Some(features) = learned {
            client.features = Some(features);
            self.entries.extend(client.attached());
            self.painted.insert(id);
        }
    }

    /// A client's messages are to be sent.
    pub(crate) fn touch(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(id) {
            self.touched.extend(client.connection);
        }
    }

    /// A picture for a client's terminal.
    pub(crate) fn frame(&mut self, id: ClientId, screen: Arc<Screen>) {
        if let Some(local) = self
            .clients
            .get_mut(id)
            .and_then(|client| client.local.as_mut())
        {
            local.frame(screen);
            self.painted.insert(id);
        }
    }

    /// Bytes for a client's terminal as they are.
    pub(crate) fn raw(&mut self, id: ClientId, bytes: &[u8]) {
        if let Some(local) = self
            .clients
            .get_mut(id)
            .and_then(|client| client.local.as_mut())
        {
            local.raw(bytes);
            self.painted.insert(id);
        }
    }

    /// Which process a client is whose terminal is ours: told to the next server.
    pub(crate) fn know_process(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let peer = client
            .connection
            .and_then(|token| self.calls.get_mut(token)?.peer());
        let process = peer.and_then(|peer| Identity::of(peer.pid));
        self.entries.extend(client.is_process(process));
    }

    /// A client's terminal is ours.
    pub(crate) fn attach(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(id) {
            client.begin_terminal();
            self.painted.insert(id);
        }
        self.touch(id);
    }

    /// Writes to terminals what is pending for them; says so to the core when a picture has been taken whole. True: somebody
    /// has been told of something by that, which the journal is to know at once, or the next server would tell it again.
    pub(crate) fn settle_terminals(&mut self, now: Now) -> bool {
        let mut told = false;
        for id in std::mem::take(&mut self.painted) {
            let Some(client) = self.clients.get_mut(id) else {
                continue;
            };
            let Some(local) = &mut client.local else {
                continue;
            };
            let connection = client
                .connection
                .and_then(|token| self.calls.get_mut(token));
            let flow = local.flush(|bytes| {
                if let Some(connection) = connection {
                    ToClient::Tty {
                        bytes: bytes.to_vec(),
                    }
                    .encode(&mut connection.out);
                }
            });
            self.touched.extend(client.connection);
            if flow == Flow::Drained && client.hold_until_ms.is_some() {
                client.hold_until_ms = None;
            }
            let ready = local.take_ready();
            if flow == Flow::Gone {
                self.lose_terminal(id);
                continue;
            }
            self.watch_terminal(id, flow == Flow::Blocked);
            if ready {
                told |= self.core.owes_notice(id);
                self.core
                    .handle(now, Event::Ready { client: id }, &mut self.effects);
            }
        }
        told
    }

    /// Sends what is to be sent.
    pub(crate) fn settle_calls(&mut self) {
        // While we end, messages wait until the socket is gone: who is told may start the next server at once.
        let speaks = !self.ending || self.keeper_is_gone();
        let mut parted = Vec::new();
        for token in std::mem::take(&mut self.touched) {
            let Some(connection) = self.calls.get_mut(token) else {
                continue;
            };
            if let Some(client) = connection.client.and_then(|id| self.clients.get_mut(id)) {
                // An accepted key is no news for a person: a client is told every few, while it has room for many more
                // (it stops reading its terminal at 16 requests of 4096 bytes), and is not woken for each.
                let speaks_anyway = client.local.is_none() || !connection.out.is_empty();
                if client.done - client.told >= TELL_EVERY
                    || (client.told < client.done && speaks_anyway)
                {
                    client.told = client.done;
                    ToClient::Accepted { seq: client.done }.encode(&mut connection.out);
                }
                if client.hold_until_ms.is_none() && speaks {
                    client.unsent(&mut connection.out);
                    if client.bye {
                        client.parting(&mut connection.out);
                        parted.push((client.id, token));
                    }
                }
            }
            self.calls.settle(token, &self.poll);
        }
        for (id, token) in parted {
            self.part(id, token);
        }
    }

    /// The keeper ends all panes and removes the socket; the last messages go out when it has.
    pub(crate) fn shut_down(&mut self, now: Now) {
        if !self.ending {
            self.ending = true;
            self.end_by_ms = Some(now.ms + END_MS);
            self.pipes_by_ms = Some(now.ms + PIPES_MS);
            self.end_pipes(now);
        }
    }

    /// Once pipes have been given all that they were to be given, or had time enough, the keeper is told of the end.
    fn end_pipes(&mut self, now: Now) {
        if let Some(by) = self.pipes_by_ms
            && (by <= now.ms || !self.pipes.owe())
        {
            self.pipes_by_ms = None;
            self.link.send(&ToKeeper::Shutdown, &[]);
        }
    }

    /// When the end comes in any case.
    pub(crate) fn end_due(&self) -> Option<u64> {
        match self.pipes_by_ms {
            // The keeper rings no bell when a pipe has taken something.
            Some(_) => Some(clock::boottime_ms() + 1),
            None => self.end_by_ms,
        }
    }

    /// Whether everyone has had their last message, or has had long enough.
    pub(crate) fn may_end(&mut self, now: Now) -> bool {
        self.end_pipes(now);
        let late = self.end_by_ms.is_some_and(|by| by <= now.ms);
        if self.keeper_is_gone() || late {
            self.touched.extend(self.calls.tokens());
            self.settle_calls();
        }
        late || self.keeper_is_gone()
            && !self
                .clients
                .iter()
                .any(|client| client.owes() && client.connection.is_some())
    }
}

fn colour_term(env: &[(String, String)]) -> Option<String> {
    env.iter()
        .find(|(name, _)| name == "COLORTERM")
        .map(|(_, value)| value.clone())
}

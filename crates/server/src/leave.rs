//! How clients leave: with a goodbye, told to, or without a word; and how each gets its terminal back.
//!
//! | who | the screen is given back by | the modes by | who says that it is done |
//! |---|---|---|---|
//! | is told to leave (`Exit`, numbered) | us, before it is told | the client | the message itself, told again by the next server |
//! | says `Bye` | us | the client | an `Exit` without a number; who has heard none says `Bye` again, to the next server |
//! | is killed | us | us, if they are still as it left them | nobody |
//!
//! A client is forgotten (in the journal, too) only when its terminal has been given back: for one that we do not know
//! there is nothing left to do.

use outlast_core::event::Now;
use outlast_core::{ClientId, Event};
use outlast_sys::process::Identity;

use crate::clients::Client;
use crate::server::Server;

/// Messages wait so long for a terminal that does not take what gives it back.
const HOLD_MS: u64 = 1000;

impl Server {
    /// A client says that it leaves. For everybody else it is gone at once; it stays until its terminal is its own.
    pub(crate) fn goodbye(&mut self, token: u64, id: ClientId, now: Now) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        // Command lines say goodbye, too.
        if client.local.is_some() {
            crate::fault::point("goodbye");
        }
        client.bye = true;
        self.calls.fill(token);
        let connection = self.calls.get_mut(token);
        if connection.is_some_and(|connection| connection.ended) {
            // It has not waited for us, and has given its terminal back itself.
            if let Some(local) = &mut client.local {
                local.let_go();
            }
        }
        if client.local.as_ref().is_some_and(|local| local.is_ours()) {
            self.core
                .handle(now, Event::Gone { client: id }, &mut self.effects);
            self.give_back(id, now);
        } else if let Some(connection) = self.calls.get_mut(token) {
            connection.ended = true;
        }
    }

    /// A client's terminal is its own again; the message that says so waits until the terminal has taken the bytes.
    pub(crate) fn give_back(&mut self, id: ClientId, now: Now) {
        if let Some(client) = self.clients.get_mut(id)
            && let Some(local) = &mut client.local
        {
            local.end();
            client.hold_until_ms = Some(now.ms + HOLD_MS);
            self.painted.insert(id);
        }
        self.touch(id);
    }

    /// A client that has said goodbye has its terminal back and has been told so.
    pub(crate) fn part(&mut self, id: ClientId, token: u64) {
        crate::fault::point("parted");
        if let Some(local) = self.forget(id).and_then(|client| client.local) {
            local.finish();
        }
        self.calls.close(token);
        // The next turn puts it into the journal.
        self.uncommitted = true;
    }

    /// A connection has ended while we live: its client is gone.
    pub(crate) fn hang_up(&mut self, token: u64, now: Now) {
        let client = self
            .calls
            .get_mut(token)
            .and_then(|connection| connection.client);
        if let Some(id) = client
            && self
                .clients
                .get_mut(id)
                .is_some_and(|client| client.connection == Some(token))
        {
            self.gone(id, now);
        }
        self.calls.close(token);
    }

    /// A client will not come back.
    fn gone(&mut self, id: ClientId, now: Now) {
        if let Some(client) = self.forget(id)
            && let Some(mut local) = client.local
        {
            // Whoever said goodbye puts its modes back itself, and somebody else may have set others by now.
            if !client.bye {
                local.abandon();
            }
            local.finish();
        }
        self.core
            .handle(now, Event::Gone { client: id }, &mut self.effects);
    }

    fn forget(&mut self, id: ClientId) -> Option<Client> {
        let (client, entry) = self.clients.remove(id)?;
        self.entries.push(entry);
        if let Some(fd) = client.local.as_ref().and_then(|local| local.fd()) {
            let _ = self.poll.remove(fd);
        }
        self.painted.remove(&id);
        Some(client)
    }

    /// When something about clients is due, whatever they do.
    pub(crate) fn clients_due(&self) -> Option<u64> {
        self.clients
            .iter()
            .flat_map(|client| [client.look_ms, client.hold_until_ms])
            .flatten()
            .min()
    }

    /// Lets those go who have not come back, and those whose terminal takes nothing any more.
    pub(crate) fn clients_time(&mut self, now: Now) {
        for client in self.clients.iter_mut() {
            if client.hold_until_ms.is_some_and(|until| until <= now.ms) {
                client.hold_until_ms = None;
                self.touched.extend(client.connection);
            }
        }
        for id in self.clients.late(now.ms, Identity::lives) {
            self.gone(id, now);
        }
    }
}

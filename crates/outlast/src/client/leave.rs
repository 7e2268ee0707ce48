//! How we leave: told to by the server, or of our own will.
//!
//! Either way the server gives the terminal back before it tells us that we may go (`Exit`), because only it knows what
//! it has done to it. If it dies meanwhile the next one does so: we come back to it and say goodbye again. Only if none
//! answers in time we do it ourselves, as well as anybody can who does not know.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use outlast_sys::poll;
use outlast_wire::client::ToServer;

use super::Client;

/// How long a server has to give the terminal back.
const FAREWELL: Duration = Duration::from_secs(3);
/// A server that has no room for what we say is tried again after this.
const NO_ROOM: Duration = Duration::from_millis(20);

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Exit status.
    pub status: u8,
    /// A last line for stdout, or nothing.
    pub message: String,
}

/// We want to leave.
pub struct Leaving {
    left: Left,
    /// We go by then.
    until: Instant,
}

impl Client {
    /// Asks to leave, once.
    pub(super) fn want_to_leave(&mut self, left: Left) {
        let until = Instant::now() + FAREWELL;
        self.leaving.get_or_insert(Leaving { left, until });
    }

    /// Whether nobody has let us go in time.
    pub(super) fn is_late(&self) -> bool {
        self.leaving
            .as_ref()
            .is_some_and(|leaving| leaving.until <= Instant::now())
    }

    /// Waits for the server to let us go.
    pub(super) fn leaving_turn(&mut self) -> io::Result<()> {
        self.send()?;
        let (Some(leaving), Some(socket)) = (&self.leaving, &self.socket) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut time = leaving.until.saturating_duration_since(Instant::now());
        if !self.out.is_empty() {
            time = time.min(NO_ROOM);
        }
        match poll::readable_within(socket.as_fd(), time)? {
            true => self.read(true),
            false => Ok(()),
        }
    }

    /// Says goodbye; again on every new connection.
    pub(super) fn say_goodbye(&mut self, left: Left) {
        self.want_to_leave(left);
        self.say(&ToServer::Bye);
    }

    /// Goes without a server: there is none that knows us, or it does not answer.
    pub(super) fn leave_alone(&mut self, left: Left) {
        if let Some(terminal) = &mut self.terminal {
            terminal.give_back();
        }
        self.leave(left);
    }

    /// Goes, with what we wanted to leave with if we did.
    pub(super) fn leave(&mut self, left: Left) {
        if let Some(mut terminal) = self.terminal.take() {
            terminal.settle();
        }
        self.left = Some(self.leaving.take().map_or(left, |leaving| leaving.left));
    }
}

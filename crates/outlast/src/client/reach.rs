//! The way to a server that knows us: connecting, greeting, coming back after its death, giving up.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use outlast_sys::{fd_pass, poll};
use outlast_wire::client::ToServer;
use outlast_wire::frame::Splitter;

use super::{Client, Left};
use crate::connect::Lost;

/// How long a connection that was lost is sought for when nobody listens: the keeper is gone too then, and somebody
/// else may start another.
const SEEK: Duration = Duration::from_secs(5);
/// A server that has not greeted us by then is said to be silent.
const SILENT: Duration = Duration::from_secs(10);
/// So many connections in a row, and for so long, may come to nothing before we give up.
const VAIN_MIN: u32 = 3;
const VAIN: Duration = Duration::from_secs(10);

impl Client {
    /// A connection has ended. Servers die and come back, so it is tried again; but not for ever where nobody ever
    /// answers, or where what we ask for ends each server that does. Some: why we give up.
    pub(super) fn unheard(&mut self) -> Option<String> {
        let answered = std::mem::take(&mut self.answered);
        if std::mem::take(&mut self.progress)
            || (answered && (self.terminal.is_some() || self.caller.control.is_some()))
        {
            self.vain = 0;
            return None;
        }
        self.vain += 1;
        let since = match self.vain {
            1 => Instant::now(),
            _ => self.vain_since.unwrap_or_else(Instant::now),
        };
        self.vain_since = Some(since);
        if self.vain < VAIN_MIN {
            return None;
        }
        let path = self.door.path.display();
        let stranger = !answered && crate::socket::is_real_tmux(&self.door.path);
        if !stranger && since.elapsed() < VAIN {
            self.wait(Duration::from_millis(u64::from(self.vain.min(20)) * 5));
            return None;
        }
        let (text, remedy) = match (stranger, answered) {
            (true, _) => (
                format!("{path} is the socket of a real tmux"),
                "outlast has servers of its own: name one with -L",
            ),
            (false, false) => (
                format!("the server on {path} does not speak with this client"),
                "call it with the program that it was started from, or name another server with -L",
            ),
            (false, true) => (
                format!("the server on {path} ended {} times over this", self.vain),
                "nothing of it was done; the sessions go on",
            ),
        };
        if let Some(terminal) = &mut self.terminal {
            terminal.give_back();
            terminal.settle();
        }
        Some(match self.caller.hints {
            true => format!("{text}\n{remedy}"),
            false => text,
        })
    }

    /// Connects, says who we are, and asks again what was not accepted.
    pub(super) fn connect(&mut self, again: bool) -> Result<(), String> {
        let given_up = Instant::now() + SEEK;
        let socket = loop {
            match self.door.open(self.may_start()) {
                Ok(socket) => break socket,
                Err(_) if self.known() && !self.is_late() && Instant::now() < given_up => {
                    self.wait(Duration::from_millis(20));
                }
                Err(_) if self.known() => {
                    self.lost_server();
                    return Ok(());
                }
                Err(Lost(text)) => return Err(text),
            }
        };
        if let Some(size) = self
            .tty
            .as_ref()
            .and_then(|tty| outlast_sys::pty::winsize(tty.as_fd()).ok())
        {
            (self.hello.cols, self.hello.rows) = size;
        }
        self.hello.resume = again;
        self.splitter = Splitter::default();
        self.out.clear();
        self.typing = std::mem::take(&mut self.typing).parted();
        let mut first = Vec::new();
        ToServer::Hello(self.hello.clone()).encode(&mut first);
        for frame in self.requests.frames() {
            first.extend_from_slice(frame);
        }
        if self.leaving.is_some() {
            ToServer::Bye.encode(&mut first);
        }
        let tty: Vec<_> = self.tty.iter().map(AsFd::as_fd).collect();
        let mut sent = 0;
        // A server that dies while we speak is noticed when we listen.
        while sent < first.len() {
            let fds = if sent == 0 { tty.as_slice() } else { &[] };
            match fd_pass::send(socket.as_fd(), &first[sent..], fds, false) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.watch(&socket);
        }
        self.socket = Some(socket);
        Ok(())
    }

    /// Waits for a server that has not greeted us yet. A person who waits for one that stands still is told, once; it may go
    /// on, so the waiting goes on too.
    pub(super) fn mind_silence(&mut self) {
        let Some(socket) = self
            .socket
            .as_ref()
            .filter(|_| !self.answered && !self.minded)
        else {
            return;
        };
        if !self.caller.hints || !io::stderr().is_terminal() {
            return;
        }
        if let Ok(false) = poll::readable_within(socket.as_fd(), SILENT) {
            self.minded = true;
            let path = self.door.path.display();
            eprintln!(
                "the server on {path} does not answer; this waits for it, C-c gives up\nwhat is wrong says: outlast doctor"
            );
        }
    }

    /// The server may know us: something of ours was accepted or something of its was received.
    fn known(&self) -> bool {
        self.requests.accepted() > 0 || self.hello.received > 0
    }

    fn may_start(&self) -> bool {
        !self.known()
    }

    /// Waits a little for a server.
    fn wait(&mut self, time: Duration) {
        match &mut self.terminal {
            None => std::thread::sleep(time),
            Some(terminal) => {
                if let Some(left) = terminal.wait(time) {
                    self.want_to_leave(left);
                }
            }
        }
    }

    /// No server any more that knows us.
    pub(super) fn lost_server(&mut self) {
        let message = match &self.terminal {
            Some(_) => "[server exited]",
            None if self.caller.captured.is_some() => "server exited",
            None => {
                eprintln!("server exited");
                ""
            }
        };
        self.leave_alone(Left {
            status: 1,
            message: message.into(),
        });
    }
}

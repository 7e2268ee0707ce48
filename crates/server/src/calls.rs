//! Connections of clients: frames in, frames out, who may call at all.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use outlast_core::ClientId;
use outlast_sys::errno::{EMFILE, ENFILE};
use outlast_sys::fd_pass;
use outlast_sys::origin;
use outlast_sys::poll::{Interest, Poll};
use outlast_sys::socket;
use outlast_wire::client::{INPUT_TAG, ToClient, ToServer};
use outlast_wire::frame::Splitter;

/// Bytes that are taken from one connection in one turn.
const READ_LEN: usize = 16 * 1024;
/// Connections accepted in one turn.
const ACCEPTS: usize = 64;

/// Whether these are the first words of a real tmux's client: a message of its own kind (type 100 to 120), no frame
/// that we know (its tag would be 16 or more).
fn is_tmux(bytes: &[u8]) -> bool {
    bytes.len() >= 16 && (100..=120).contains(&bytes[0]) && bytes[1..4] == [0; 3] && bytes[4] >= 16
}

/// What a real tmux's client understands: MSG_VERSION (12), 16 bytes, no flags, a version that is not its own. It then
/// says "protocol version mismatch" rather than waiting for ever.
const TO_TMUX: [u8; 16] = [12, 0, 0, 0, 16, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0];

/// The system or the process has no descriptor left.
fn is_without_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

/// A connection.
pub struct Connection {
    socket: OwnedFd,
    splitter: Splitter,
    /// Its terminal, sent with `Hello`.
    pub tty: Option<OwnedFd>,
    /// Pipes for what is typed there, sent with `Pipes`.
    pub pipes: Option<[OwnedFd; 2]>,
    /// Frames that the socket has not taken.
    pub out: Vec<u8>,
    sent: usize,
    /// Whose, after `Hello`.
    pub client: Option<ClientId>,
    /// Typed bytes stay where they are until the pane they are for has room.
    pub held: bool,
    /// No more will come.
    pub ended: bool,
    interest: Interest,
}

impl Connection {
    /// Who called.
    pub fn peer(&self) -> Option<socket::Peer> {
        socket::peer(self.socket.as_fd()).ok()
    }

    /// Who called and below whom it is.
    ///
    /// # Errors
    /// It is not to be known.
    pub fn origin(&self) -> Result<Vec<origin::Link>, origin::Hidden> {
        origin::of(self.socket.as_fd())
    }

    /// The next message. None: none is there, or it is typed bytes and the connection is held.
    ///
    /// # Errors
    /// The peer does not speak our protocol.
    pub fn next(&mut self) -> io::Result<Option<ToServer>> {
        if self.client.is_none() && is_tmux(self.splitter.pending()) {
            // It has nothing else to do than to print it.
            let _ = fd_pass::send(self.socket.as_fd(), &TO_TMUX, &[], true);
            return Err(io::ErrorKind::InvalidData.into());
        }
        loop {
            let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
            match self.splitter.peek_tag().map_err(wrong)? {
                None => return Ok(None),
                Some(INPUT_TAG) if self.held => return Ok(None),
                Some(_) => {}
            }
            let Some((tag, body)) = self.splitter.take().map_err(wrong)? else {
                return Ok(None);
            };
            if let Some(message) = ToServer::decode(tag, body).map_err(wrong)? {
                return Ok(Some(message));
            }
        }
    }

    /// Reads what is there, up to a bound. False: the peer is gone (what it said before is still to be taken).
    fn fill(&mut self, buffer: &mut [u8]) -> bool {
        match fd_pass::receive(self.socket.as_fd(), buffer, true) {
            Ok(received) if received.len == 0 => false,
            Ok(mut received) => {
                let mut next = || received.fds.next_fd();
                if self.client.is_none() {
                    self.tty = next().or(self.tty.take());
                } else if let (Some(one), Some(other)) = (next(), next()) {
                    self.pipes = Some([one, other]);
                }
                self.splitter.push(&buffer[..received.len]);
                true
            }
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ),
        }
    }

    /// Writes what is pending, as far as the socket takes it. False: the peer is gone.
    fn flush(&mut self) -> bool {
        while self.sent < self.out.len() {
            match fd_pass::send(self.socket.as_fd(), &self.out[self.sent..], &[], true) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.out.clear();
        self.out.shrink_to(4096);
        self.sent = 0;
        true
    }

    /// Whether frames wait for room in the socket.
    pub fn is_busy(&self) -> bool {
        self.sent < self.out.len()
    }

    /// What it waits for: not for more while it is held and has plenty.
    fn wanted(&self) -> Interest {
        let mut interest = Interest::empty();
        let full = self.held && self.splitter.len() >= READ_LEN;
        interest.set(Interest::IN, !self.ended && !full);
        interest.set(Interest::OUT, self.is_busy());
        interest
    }
}

/// Says to a caller who is not taken why; it is the first that is said on a new connection, so there is room.
fn turn_away(socket: BorrowedFd<'_>, why: &str) {
    let mut words = Vec::new();
    ToClient::Print {
        n: 1,
        stream: 2,
        bytes: why.into(),
    }
    .encode(&mut words);
    ToClient::Exit {
        n: 2,
        status: 1,
        message: String::new(),
    }
    .encode(&mut words);
    // One that has gone meanwhile need not know.
    let _ = fd_pass::send(socket, &words, &[], true);
}

/// All connections, by the token under which they are polled.
#[derive(Default)]
pub struct Calls {
    connections: HashMap<u64, Connection>,
    buffer: Vec<u8>,
    /// Given up for a moment when no other descriptor is left, so that a caller can be told so.
    reserve: Option<OwnedFd>,
}

impl Calls {
    /// Accepts who is waiting, each under a token from `tokens`. Peers of users who are not admitted are turned away.
    pub fn accept(
        &mut self,
        listener: &OwnedFd,
        poll: &Poll,
        mut tokens: impl FnMut() -> u64,
        admits: impl Fn(u32) -> bool,
    ) {
        self.reserve = self.reserve.take().or_else(|| listener.try_clone().ok());
        for _ in 0..ACCEPTS {
            let socket = match socket::accept(listener.as_fd()) {
                Ok(socket) => socket,
                Err(error) if is_without_descriptors(&error) => {
                    self.refuse(listener);
                    continue;
                }
                Err(_) => return,
            };
            if !socket::peer(socket.as_fd()).is_ok_and(|peer| admits(peer.uid)) {
                turn_away(socket.as_fd(), "access not allowed\n");
                continue;
            }
            let token = tokens();
            if poll.add(&socket, token, Interest::IN).is_err() {
                continue;
            }
            let connection = Connection {
                socket,
                splitter: Splitter::default(),
                tty: None,
                pipes: None,
                out: Vec::new(),
                sent: 0,
                client: None,
                held: false,
                ended: false,
                interest: Interest::IN,
            };
            self.connections.insert(token, connection);
        }
    }

    /// Takes a call with the descriptor that was kept for this, and says that there is none left. A call that nobody
    /// takes would keep its caller waiting and the loop awake.
    fn refuse(&mut self, listener: &OwnedFd) {
        drop(self.reserve.take());
        if let Ok(socket) = socket::accept(listener.as_fd()) {
            turn_away(socket.as_fd(), "no file descriptors left in the server\n");
        }
        self.reserve = listener.try_clone().ok();
    }

    /// By token.
    pub fn get_mut(&mut self, token: u64) -> Option<&mut Connection> {
        self.connections.get_mut(&token)
    }

    /// Reads from one.
    pub fn fill(&mut self, token: u64) {
        self.buffer.resize(READ_LEN, 0);
        if let Some(connection) = self.connections.get_mut(&token)
            && !connection.ended
            && !connection.fill(&mut self.buffer)
        {
            connection.ended = true;
        }
    }

    /// Sends what is pending on one and waits for what is to come.
    pub fn settle(&mut self, token: u64, poll: &Poll) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        if !connection.flush() {
            connection.ended = true;
            connection.out.clear();
            connection.sent = 0;
        }
        let wanted = connection.wanted();
        if wanted != connection.interest && poll.modify(&connection.socket, token, wanted).is_ok() {
            connection.interest = wanted;
        }
    }

    /// Closes one.
    pub fn close(&mut self, token: u64) {
        self.connections.remove(&token);
    }

    /// Tokens of those who cannot type just now because a pane has no room.
    pub fn held(&self) -> Vec<u64> {
        self.connections
            .iter()
            .filter(|(_, connection)| connection.held)
            .map(|(token, _)| *token)
            .collect()
    }

    /// Tokens of all.
    pub fn tokens(&self) -> Vec<u64> {
        self.connections.keys().copied().collect()
    }
}

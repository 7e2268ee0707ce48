//! A conversation with the server: one command line, and if that attaches, a terminal until it leaves.
//!
//! Requests are numbered and kept until they are accepted; messages are numbered too and acknowledged. When the
//! connection is lost (the server died; the next one is on its way) we come back under the same key and go on, so
//! nothing that was asked is lost or done twice. See `outlast_wire::client`.

mod caller;
mod leave;
mod reach;
mod requests;
mod typing;

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use outlast_sys::{fd_pass, raw_tty};
use outlast_wire::client::{Hello, OLDEST_SERVER, ToClient, ToServer, VERSION};
use outlast_wire::frame::Splitter;

use crate::connect::Door;
use crate::control;
use crate::piped;
use crate::terminal::Terminal;

pub use caller::Caller;
use leave::Leaving;
pub use leave::Left;
use requests::Requests;
use typing::Typing;

/// Outstanding typed bytes from which on the terminal is not read.
const OUTSTANDING_MAX: usize = 64 * 1024;
/// Outstanding bytes of our stdin from which on no more is read.
const PIPED_MAX: usize = 1024 * 1024;

/// The conversation.
pub struct Client {
    door: Door,
    caller: Caller,
    hello: Hello,
    tty: Option<OwnedFd>,
    socket: Option<OwnedFd>,
    splitter: Splitter,
    out: Vec<u8>,
    requests: Requests,
    terminal: Option<Terminal>,
    typing: Typing,
    /// What to do when we have left: SIGHUP for whoever started us, a shell and its command to become.
    afterwards: (bool, Vec<String>),
    /// Our stdin is to be sent.
    stdin: bool,
    /// A server has had us.
    begun: bool,
    /// In control mode: an empty line is waited for when we have left.
    waits_at_exit: bool,
    /// We want to leave, and wait for the server to let us go.
    leaving: Option<Leaving>,
    left: Option<Left>,
    /// This connection was welcomed.
    answered: bool,
    /// A person has been told that the server is silent.
    minded: bool,
    /// It brought something new.
    progress: bool,
    /// Connections in a row that came to nothing, and since when.
    vain: u32,
    vain_since: Option<Instant>,
}

impl Client {
    /// A client that will call at `door`.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new(door: Door, caller: Caller) -> io::Result<Client> {
        let mut key = [0; 16];
        outlast_sys::clock::random(&mut key)?;
        let tty = io::stdin()
            .is_terminal()
            .then(|| io::stdin().as_fd().try_clone_to_owned())
            .transpose()?;
        let tty_name = tty
            .as_ref()
            .and_then(|tty| raw_tty::tty_name(tty.as_fd()).ok())
            .unwrap_or_default();
        let hello = caller.hello(key, tty_name);
        Ok(Client {
            door,
            caller,
            hello,
            tty,
            socket: None,
            splitter: Splitter::default(),
            out: Vec::new(),
            requests: Requests::default(),
            terminal: None,
            typing: Typing::default(),
            afterwards: (false, Vec::new()),
            stdin: false,
            begun: false,
            waits_at_exit: false,
            leaving: None,
            left: None,
            answered: false,
            minded: false,
            progress: false,
            vain: 0,
            vain_since: None,
        })
    }

    /// Runs a command line to its end. Err is the text for stderr.
    ///
    /// # Errors
    /// There is no server and none is to be started.
    pub fn run(&mut self, argv: Vec<String>) -> Result<Left, String> {
        self.ask(0, |seq| ToServer::Command { seq, argv });
        self.connect(false)?;
        if std::mem::take(&mut self.caller.stdin) {
            self.stdin = true;
        }
        loop {
            if let Some(left) = self.left.take() {
                return Ok(left);
            }
            if self.is_late() {
                self.leave_alone(Left {
                    status: 1,
                    message: String::new(),
                });
                continue;
            }
            let gone = match (&self.terminal, &self.leaving) {
                (_, Some(_)) => self.leaving_turn().is_err(),
                (Some(_), None) => self.attached_turn().is_err(),
                (None, None) => self.answer().is_err(),
            };
            if gone && self.left.is_none() {
                self.socket = None;
                if let Some(text) = self.unheard() {
                    return Err(text);
                }
                self.connect(true)?;
            }
        }
    }

    /// Waits for what the server says, and for our stdin while that is wanted.
    fn answer(&mut self) -> io::Result<()> {
        self.mind_silence();
        if !self.stdin || self.requests.outstanding() >= PIPED_MAX {
            return self.read(false);
        }
        let Some(socket) = &self.socket else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let Some(bytes) = piped::next(socket.as_fd()) else {
            return self.read(true);
        };
        self.stdin = !bytes.is_empty();
        self.ask(bytes.len(), |seq| ToServer::Input { seq, bytes });
        while let (Some(socket), false) = (&self.socket, self.out.is_empty()) {
            match fd_pass::send(socket.as_fd(), &self.out, &[], false) {
                Ok(n) => drop(self.out.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a server has ever said something to us.
    pub fn was_served(&self) -> bool {
        self.hello.received > 0 || self.requests.accepted() > 0
    }

    /// In control mode: whether an empty line is to be waited for when we have left.
    pub fn waits_at_exit(&self) -> bool {
        self.waits_at_exit
    }

    /// What is to be done now that we have left: SIGHUP for whoever started us; a shell and its command.
    pub fn afterwards(&mut self) -> (bool, Vec<String>) {
        std::mem::take(&mut self.afterwards)
    }

    /// What was printed, if it was captured.
    pub fn captured(&mut self) -> Vec<u8> {
        self.caller.captured.take().unwrap_or_default()
    }

    /// Keeps a request until it is accepted, and sends it if there is a connection.
    fn ask(&mut self, typed: usize, make: impl FnOnce(u64) -> ToServer) {
        let frame = self.requests.add(typed, make);
        if self.socket.is_some() {
            self.out.extend_from_slice(frame);
        }
    }

    /// Says something that need not be said again.
    fn say(&mut self, message: &ToServer) {
        message.encode(&mut self.out);
    }

    /// Takes what the server says; waits for it unless `nonblocking`.
    fn read(&mut self, nonblocking: bool) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let Some(socket) = &self.socket else {
                return Err(io::ErrorKind::NotConnected.into());
            };
            match fd_pass::receive(socket.as_fd(), &mut buffer, nonblocking) {
                Ok(received) if received.len == 0 => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(received) => self.splitter.push(&buffer[..received.len]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            while let Some(message) = self.next_message()? {
                self.take(message);
            }
            if !nonblocking {
                break;
            }
        }
        self.send()
    }

    fn next_message(&mut self) -> io::Result<Option<ToClient>> {
        if self.left.is_some() {
            return Ok(None);
        }
        let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
        while let Some((tag, body)) = self.splitter.take().map_err(wrong)? {
            if let Some(message) = ToClient::decode(tag, body).map_err(wrong)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Sends what is pending, as far as the socket takes it.
    fn send(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            let Some(socket) = &self.socket else {
                return Ok(());
            };
            match fd_pass::send(socket.as_fd(), &self.out, &[], true) {
                Ok(n) => drop(self.out.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether message `n` is new; it is acknowledged in any case.
    fn is_new(&mut self, n: u64) -> bool {
        let new = n > self.hello.received;
        self.progress |= new;
        self.hello.received = self.hello.received.max(n);
        self.say(&ToServer::Received {
            n: self.hello.received,
        });
        new
    }

    fn take(&mut self, message: ToClient) {
        match message {
            ToClient::Welcome {
                version, release, ..
            } if version < OLDEST_SERVER => {
                eprintln!("{}", too_old(version, &release));
                self.leave(Left {
                    status: 1,
                    message: String::new(),
                });
            }
            ToClient::Welcome { done, pipes, .. } => {
                if !self.was_served() && !std::mem::replace(&mut self.begun, true) {
                    control::begin(self.caller.control);
                }
                self.answered = true;
                if done < self.requests.accepted() {
                    return self.lost_server();
                }
                self.progress |= self.requests.accept(done);
                self.typing.welcome(pipes);
                self.offer_pipes();
            }
            ToClient::Accepted { seq } => self.progress |= self.requests.accept(seq),
            ToClient::Print { n, stream, bytes } => {
                if self.is_new(n) {
                    self.print(stream, &bytes);
                }
            }
            ToClient::Attached { n } => {
                // Raw before it is acknowledged: the server draws when it hears so.
                let new = n > self.hello.received;
                if new {
                    self.attach();
                }
                self.is_new(n);
                if new {
                    self.offer_pipes();
                }
            }
            ToClient::WaitsAtExit { n, on } => {
                self.is_new(n);
                self.waits_at_exit = on;
            }
            ToClient::Afterwards { n, hangup, exec } => {
                self.is_new(n);
                self.afterwards = (hangup, exec);
            }
            ToClient::Exit { n, status, message } => {
                self.is_new(n);
                self.leave(Left { status, message });
                self.say(&ToServer::Bye);
                // The server finds out by itself when we are gone; this only spares it the wait.
                let _ = self.send();
            }
            ToClient::Suspend { n, run } => {
                if self.is_new(n) && self.leaving.is_none() {
                    let _ = self.send();
                    match &mut self.terminal {
                        Some(terminal) if run.is_empty() => terminal.stop(),
                        Some(terminal) => {
                            terminal.run(&run);
                            self.say(&ToServer::Continued);
                        }
                        None => {}
                    }
                }
            }
            ToClient::Tty { bytes } => {
                let mut tty = io::stdout().lock();
                // A terminal that is gone is noticed where we read from it.
                let _ = tty.write_all(&bytes).and_then(|()| tty.flush());
                self.say(&ToServer::Drained);
            }
            ToClient::Reading { server } => self.typing.read_by(server),
            ToClient::Answered => {
                if let Some(terminal) = &mut self.terminal {
                    terminal.has_answered();
                }
            }
            // Answers to what is asked without a greeting, see `upgrade`.
            ToClient::Facts { .. } | ToClient::Section { .. } | ToClient::Told { .. } => {}
        }
    }

    fn print(&mut self, stream: u8, bytes: &[u8]) {
        // Nobody reads: nothing to be done about it, and the command has run.
        let wrote = match (stream, &mut self.caller.captured) {
            (_, Some(captured)) => captured.write_all(bytes),
            (2, None) => io::stderr().write_all(bytes),
            _ => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
        };
        // A program that has gone has nothing more to say either.
        if wrote.is_err() && self.caller.control.is_some() && std::mem::take(&mut self.stdin) {
            let bytes = Vec::new();
            self.ask(0, |seq| ToServer::Input { seq, bytes });
        }
    }

    /// Our terminal shows a session from now on.
    fn attach(&mut self) {
        let (Some(tty), Some(socket)) = (&self.tty, &self.socket) else {
            return;
        };
        match Terminal::take(tty, socket) {
            Ok(terminal) => self.terminal = Some(terminal),
            Err(error) => {
                let reason = crate::socket::reason(&error);
                self.left = Some(Left {
                    status: 1,
                    message: format!("open terminal failed: {reason}"),
                });
            }
        }
    }

    /// Waits for the server, the terminal or a signal, and handles it.
    fn attached_turn(&mut self) -> io::Result<()> {
        let Some(terminal) = &mut self.terminal else {
            return Ok(());
        };
        let news = terminal.news(
            self.typing.is_ours() && self.requests.outstanding() < OUTSTANDING_MAX,
            !self.out.is_empty(),
        )?;
        for bytes in news.typed {
            self.ask(bytes.len(), |seq| ToServer::Input { seq, bytes });
        }
        if let Some((cols, rows)) = news.resized {
            self.say(&ToServer::Resize { cols, rows });
        }
        if news.continued {
            self.say(&ToServer::Continued);
        }
        if let Some(left) = news.left {
            self.say_goodbye(left);
            return self.send();
        }
        self.send()?;
        self.read(true)
    }
}

/// What a person is told whose server is of another time.
fn too_old(version: u32, release: &str) -> String {
    format!(
        "the server ({}) speaks protocol {version}, this client {OLDEST_SERVER} to {VERSION}\n\
         bring it up to date with: outlast upgrade",
        if release.is_empty() {
            "of an old build"
        } else {
            release
        }
    )
}

//! A conversation with the server: one command line, and if that attaches, a terminal until it leaves.
//!
//! Requests are numbered and kept until they are accepted; messages are numbered too and acknowledged. When the
//! connection is lost (the server died; the next one is on its way) we come back under the same key and go on, so
//! nothing that was asked is lost or done twice. See `outlast_wire::client`.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use outlast_sys::{fd_pass, raw_tty};
use outlast_wire::client::{Hello, OLDEST_SERVER, ToClient, ToServer, VERSION};
use outlast_wire::frame::Splitter;

use crate::connect::{Door, Lost};
use crate::piped;
use crate::terminal::Terminal;

/// How long a connection that was lost is sought for when nobody listens: the keeper is gone too then, and somebody
/// else may start another.
const SEEK: Duration = Duration::from_secs(5);
/// So many connections in a row, and for so long, may come to nothing before we give up.
const VAIN_MIN: u32 = 3;
const VAIN: Duration = Duration::from_secs(10);
/// Outstanding typed bytes from which on the terminal is not read.
const OUTSTANDING_MAX: usize = 64 * 1024;
/// Outstanding bytes of our stdin from which on no more is read.
const PIPED_MAX: usize = 1024 * 1024;

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Exit status.
    pub status: u8,
    /// A last line for stdout, or nothing.
    pub message: String,
}

/// What we say of ourselves, whichever server it is.
pub struct Caller {
    /// `-2`, `-u`, `-T…`.
    pub flags: Vec<String>,
    /// Called as `outlast`.
    pub hints: bool,
    /// Our stdin is wanted.
    pub stdin: bool,
    /// What is printed goes here rather than to stdout.
    pub captured: Option<Vec<u8>>,
}

/// The conversation.
pub struct Client {
    door: Door,
    caller: Caller,
    hello: Hello,
    tty: Option<OwnedFd>,
    socket: Option<OwnedFd>,
    splitter: Splitter,
    out: Vec<u8>,
    next_seq: u64,
    /// Number, frame, and how many typed bytes are in it.
    unaccepted: VecDeque<(u64, Vec<u8>, usize)>,
    outstanding: usize,
    accepted: u64,
    terminal: Option<Terminal>,
    /// What to do when we have left: SIGHUP for whoever started us, a shell and its command to become.
    afterwards: (bool, Vec<String>),
    /// Our stdin is to be sent.
    stdin: bool,
    left: Option<Left>,
    /// This connection was welcomed.
    answered: bool,
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
        let hello = Hello {
            version: VERSION,
            key,
            pid: std::process::id(),
            tty: tty_name,
            term: std::env::var("TERM").unwrap_or_default(),
            flags: caller.flags.clone(),
            cwd: working_directory(),
            env: environment(),
            hints: caller.hints,
            release: outlast_server::stamp::Build::own().release,
            ..Hello::default()
        };
        Ok(Client {
            door,
            caller,
            hello,
            tty,
            socket: None,
            splitter: Splitter::default(),
            out: Vec::new(),
            next_seq: 1,
            unaccepted: VecDeque::new(),
            outstanding: 0,
            accepted: 0,
            terminal: None,
            afterwards: (false, Vec::new()),
            stdin: false,
            left: None,
            answered: false,
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
        let seq = self.number();
        self.keep(seq, &ToServer::Command { seq, argv }, 0);
        self.connect(false)?;
        if std::mem::take(&mut self.caller.stdin) {
            self.stdin = true;
        }
        loop {
            if let Some(left) = self.left.take() {
                return Ok(left);
            }
            let gone = match &mut self.terminal {
                None => self.answer().is_err(),
                Some(_) => self.attached_turn().is_err(),
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
        if !self.stdin || self.outstanding >= PIPED_MAX {
            return self.read(false);
        }
        let Some(socket) = &self.socket else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let Some(bytes) = piped::next(socket.as_fd()) else {
            return self.read(true);
        };
        self.stdin = !bytes.is_empty();
        let (seq, typed) = (self.number(), bytes.len());
        self.keep(seq, &ToServer::Input { seq, bytes }, typed);
        while let (Some(socket), false) = (&self.socket, self.out.is_empty()) {
            match fd_pass::send(socket.as_fd(), &self.out, &[], false) {
                Ok(n) => drop(self.out.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A connection has ended. Servers die and come back, so it is tried again; but not for ever where nobody ever
    /// answers, or where what we ask for ends each server that does. Some: why we give up.
    fn unheard(&mut self) -> Option<String> {
        let answered = std::mem::take(&mut self.answered);
        if std::mem::take(&mut self.progress) || (answered && self.terminal.is_some()) {
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

    /// What is to be done now that we have left: SIGHUP for whoever started us; a shell and its command.
    pub fn afterwards(&mut self) -> (bool, Vec<String>) {
        std::mem::take(&mut self.afterwards)
    }

    /// What was printed, if it was captured.
    pub fn captured(&mut self) -> Vec<u8> {
        self.caller.captured.take().unwrap_or_default()
    }

    fn number(&mut self) -> u64 {
        self.next_seq += 1;
        self.next_seq - 1
    }

    /// Keeps a request until it is accepted, and sends it if there is a connection.
    fn keep(&mut self, seq: u64, request: &ToServer, typed: usize) {
        let mut frame = Vec::new();
        request.encode(&mut frame);
        if self.socket.is_some() {
            self.out.extend_from_slice(&frame);
        }
        self.outstanding += typed;
        self.unaccepted.push_back((seq, frame, typed));
    }

    /// Says something that need not be said again.
    fn say(&mut self, message: &ToServer) {
        message.encode(&mut self.out);
    }

    /// Connects, says who we are, and asks again what was not accepted.
    fn connect(&mut self, again: bool) -> Result<(), String> {
        let given_up = Instant::now() + SEEK;
        let socket = loop {
            match self.door.open(self.may_start()) {
                Ok(socket) => break socket,
                Err(lost) if self.known() && Instant::now() < given_up => {
                    if !self.wait(Duration::from_millis(20)) {
                        return Ok(());
                    }
                    drop(lost);
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
        let mut first = Vec::new();
        ToServer::Hello(self.hello.clone()).encode(&mut first);
        for (_, frame, _) in &self.unaccepted {
            first.extend_from_slice(frame);
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

    /// The server may know us: something of ours was accepted or something of its was received.
    fn known(&self) -> bool {
        self.accepted > 0 || self.hello.received > 0
    }

    fn may_start(&self) -> bool {
        !self.known()
    }

    /// Waits a little for a server; false: we have been told to leave meanwhile.
    fn wait(&mut self, time: Duration) -> bool {
        match &mut self.terminal {
            None => std::thread::sleep(time),
            Some(terminal) => {
                if let Some(left) = terminal.wait(time) {
                    self.leave(left);
                    return false;
                }
            }
        }
        true
    }

    /// No server any more that knows us.
    fn lost_server(&mut self) {
        let message = match &mut self.terminal {
            Some(terminal) => {
                terminal.give_back();
                "[server exited]"
            }
            None => {
                eprintln!("server exited");
                ""
            }
        };
        self.leave(Left {
            status: 1,
            message: message.into(),
        });
    }

    fn leave(&mut self, left: Left) {
        if let Some(mut terminal) = self.terminal.take() {
            terminal.settle();
        }
        self.left = Some(left);
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

    fn accept(&mut self, seq: u64) {
        self.progress |= seq > self.accepted;
        self.accepted = self.accepted.max(seq);
        while let Some((number, _, typed)) = self.unaccepted.front()
            && *number <= seq
        {
            self.outstanding -= typed;
            self.unaccepted.pop_front();
        }
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
            ToClient::Welcome { done, .. } => {
                self.answered = true;
                if done < self.accepted {
                    return self.lost_server();
                }
                self.accept(done);
            }
            ToClient::Accepted { seq } => self.accept(seq),
            ToClient::Print { n, stream, bytes } => {
                if self.is_new(n) {
                    self.print(stream, &bytes);
                }
            }
            ToClient::Attached { n } => {
                // Raw before it is acknowledged: the server draws when it hears so.
                if n > self.hello.received {
                    self.attach();
                }
                self.is_new(n);
            }
            ToClient::Afterwards { n, hangup, exec } => {
                self.is_new(n);
                self.afterwards = (hangup, exec);
            }
            ToClient::Exit { n, status, message } => {
                self.is_new(n);
                // At the goodbye the server gives the terminal its modes back: answers would be echoed from then on.
                self.leave(Left { status, message });
                self.say(&ToServer::Bye);
                // The server finds out by itself when we are gone; this only spares it the wait.
                let _ = self.send();
            }
            ToClient::Suspend { n } => {
                if self.is_new(n) {
                    let _ = self.send();
                    if let Some(terminal) = &mut self.terminal {
                        terminal.stop();
                    }
                }
            }
            ToClient::Tty { bytes } => {
                let mut tty = io::stdout().lock();
                // A terminal that is gone is noticed where we read from it.
                let _ = tty.write_all(&bytes).and_then(|()| tty.flush());
                self.say(&ToServer::Drained);
            }
            // Answers to what is asked without a greeting, see `upgrade`.
            ToClient::Facts { .. } | ToClient::Told { .. } => {}
        }
    }

    fn print(&mut self, stream: u8, bytes: &[u8]) {
        // Nobody reads: nothing to be done about it, and the command has run.
        let _ = match (stream, &mut self.caller.captured) {
            (2, _) => io::stderr().write_all(bytes),
            (_, Some(captured)) => captured.write_all(bytes),
            _ => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
        };
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
        let news = terminal.news(self.outstanding < OUTSTANDING_MAX, !self.out.is_empty())?;
        for bytes in news.typed {
            let seq = self.number();
            let typed = bytes.len();
            self.keep(seq, &ToServer::Input { seq, bytes }, typed);
        }
        if let Some((cols, rows)) = news.resized {
            self.say(&ToServer::Resize { cols, rows });
        }
        if news.continued {
            self.say(&ToServer::Continued);
        }
        if let Some(left) = news.left {
            self.say_goodbye(left);
            return Ok(());
        }
        self.send()?;
        self.read(true)
    }

    /// Leaves of our own will: the server gives the terminal back and closes, or we do it after a while.
    fn say_goodbye(&mut self, left: Left) {
        // The server gives the terminal its modes back as soon as it hears of it; answers would be echoed from then on.
        if let Some(terminal) = &mut self.terminal {
            terminal.settle();
        }
        self.say(&ToServer::Bye);
        let _ = self.send();
        let until = Instant::now() + Duration::from_secs(1);
        let mut buffer = [0; 4096];
        let mut given_back = false;
        while let Some(socket) = &self.socket {
            let time = until.saturating_duration_since(Instant::now());
            match outlast_sys::poll::readable_within(socket.as_fd(), time) {
                Ok(true) => match fd_pass::receive(socket.as_fd(), &mut buffer, true) {
                    Ok(received) if received.len > 0 => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    _ => {
                        given_back = true;
                        break;
                    }
                },
                _ => break,
            }
        }
        if let Some(terminal) = self.terminal.as_mut().filter(|_| !given_back) {
            terminal.give_back();
        }
        self.leave(left);
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

/// PWD if it is where we are, as people like to see it; else where we are.
fn working_directory() -> String {
    let here = std::env::current_dir();
    let named = std::env::var_os("PWD").map(PathBuf::from).filter(|named| {
        named.is_absolute()
            && match (
                named.canonicalize(),
                here.as_ref().map(|here| here.canonicalize()),
            ) {
                (Ok(named), Ok(Ok(here))) => named == here,
                _ => false,
            }
    });
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let found = named
        .or_else(|| here.ok())
        .or_else(home)
        .unwrap_or_else(|| PathBuf::from("/"));
    found.to_string_lossy().into_owned()
}

/// The environment; names or values that are not UTF-8 are left out, a shell would get other bytes than were meant.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

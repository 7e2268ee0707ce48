//! Our terminal while it shows a session: raw, read and forwarded without being understood, given back as it was.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use outlast_sys::poll::{self, Interest, Poll};
use outlast_sys::raw_tty::RawTty;
use outlast_sys::signal::{self, Signals};
use outlast_term::paint::{self, Caps};
use outlast_wire::client::INPUT_MAX;

use crate::client::Left;

const SOCKET: u64 = 0;
const TTY: u64 = 1;
const SIGNALS: u64 = 2;
/// Pieces of typed bytes taken in one turn.
const PIECES: usize = 16;

/// How long we wait for answers before we leave.
const ANSWERS_WITHIN: Duration = Duration::from_millis(300);
/// A terminal that has not answered so long after it was asked never will.
const ANSWERS_AT_ALL: Duration = Duration::from_secs(5);

/// What has happened.
#[derive(Default)]
pub struct News {
    /// Typed bytes, in pieces that fit a message.
    pub typed: Vec<Vec<u8>>,
    /// The terminal has another size: columns, rows.
    pub resized: Option<(u16, u16)>,
    /// We were stopped and continued.
    pub continued: bool,
    /// We have to leave.
    pub left: Option<Left>,
}

/// The terminal, and what else is waited for.
pub struct Terminal {
    tty: File,
    raw: RawTty,
    signals: Signals,
    poll: Poll,
    socket: OwnedFd,
    reading: bool,
    writing: bool,
    /// The server asks the terminal what it can do; answers that come when we have left would be typed into the
    /// shell. None: the last has come, or none will.
    unanswered_since: Option<Instant>,
}

impl Terminal {
    /// Makes the terminal raw and takes over its signals.
    ///
    /// # Errors
    /// It is no terminal, or no descriptor is left.
    pub fn take(tty: &OwnedFd, socket: &OwnedFd) -> io::Result<Terminal> {
        outlast_sys::process::wants_short_slices();
        let signals = Signals::new(&[
            signal::SIGWINCH,
            signal::SIGCONT,
            signal::SIGTSTP,
            signal::SIGHUP,
            signal::SIGTERM,
            signal::SIGINT,
            signal::SIGQUIT,
        ])?;
        let raw = RawTty::new(tty.try_clone()?)?;
        let poll = Poll::new()?;
        let copy = File::from(tty.try_clone()?);
        poll.add(&copy, TTY, Interest::IN)?;
        poll.add(&signals, SIGNALS, Interest::IN)?;
        let socket = socket.try_clone()?;
        poll.add(&socket, SOCKET, Interest::IN)?;
        Ok(Terminal {
            tty: copy,
            raw,
            signals,
            poll,
            socket,
            reading: true,
            writing: false,
            unanswered_since: own_caps().queries.then(Instant::now),
        })
    }

    /// There is a new connection.
    pub fn watch(&mut self, socket: &OwnedFd) {
        let _ = self.poll.remove(&self.socket);
        if let Ok(copy) = socket.try_clone()
            && self.poll.add(&copy, SOCKET, Interest::IN).is_ok()
        {
            self.socket = copy;
        }
        self.writing = false;
    }

    /// Waits until something happens. `read`: typed bytes are welcome; `write`: the connection has bytes to send.
    ///
    /// # Errors
    /// The set of descriptors is broken.
    pub fn news(&mut self, read: bool, write: bool) -> io::Result<News> {
        if read != self.reading {
            let interest = if read {
                Interest::IN
            } else {
                Interest::empty()
            };
            self.poll.modify(&self.tty, TTY, interest)?;
            self.reading = read;
        }
        if write != self.writing {
            let interest = if write {
                Interest::IN | Interest::OUT
            } else {
                Interest::IN
            };
            self.poll.modify(&self.socket, SOCKET, interest)?;
            self.writing = write;
        }
        let (mut typed, mut signalled) = (false, false);
        self.poll.wait(None, |ready| match ready.token {
            TTY => typed = true,
            SIGNALS => signalled = true,
            _ => {}
        })?;
        let mut news = News::default();
        if signalled {
            self.signalled(&mut news);
        }
        if typed && news.left.is_none() {
            self.read(&mut news);
        }
        Ok(news)
    }

    /// Waits while there is no connection. Some: we have to leave.
    pub fn wait(&mut self, time: Duration) -> Option<Left> {
        let _ = self.poll.remove(&self.socket);
        if self.reading {
            let _ = self.poll.modify(&self.tty, TTY, Interest::empty());
            self.reading = false;
        }
        let mut news = News::default();
        let mut gone = false;
        let waited = self.poll.wait(Some(time), |ready| {
            gone |= ready.token == TTY && ready.hung_up
        });
        if waited.is_err() {
            std::thread::sleep(time);
        }
        self.signalled(&mut news);
        if gone {
            news.left = Some(Left {
                status: 1,
                message: "[lost tty]".into(),
            });
        }
        news.left
    }

    fn signalled(&mut self, news: &mut News) {
        while let Some(number) = self.signals.next_signal() {
            match number {
                signal::SIGWINCH => news.resized = self.raw.size().ok(),
                signal::SIGCONT => {
                    let _ = self.raw.restore().and_then(|()| self.raw.make_raw());
                    news.resized = self.raw.size().ok();
                    news.continued = true;
                }
                signal::SIGHUP => {
                    news.left = Some(Left {
                        status: 1,
                        message: "[lost tty]".into(),
                    })
                }
                signal::SIGTERM => {
                    news.left = Some(Left {
                        status: 1,
                        message: "[terminated]".into(),
                    })
                }
                _ => {}
            }
        }
    }

    fn read(&mut self, news: &mut News) {
        let mut buffer = [0; INPUT_MAX];
        for _ in 0..PIECES {
            match self.tty.read(&mut buffer) {
                Ok(n) if n > 0 => {
                    self.answered(&buffer[..n]);
                    news.typed.push(buffer[..n].to_vec());
                    // A terminal that is not non-blocking would make us wait for the next key.
                    if n < INPUT_MAX {
                        return;
                    }
                    if !poll::readable_within(self.tty.as_fd(), Duration::ZERO).unwrap_or(false) {
                        return;
                    }
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) =>
                {
                    return;
                }
                _ => {
                    news.left = Some(Left {
                        status: 1,
                        message: "[lost tty]".into(),
                    });
                    return;
                }
            }
        }
    }

    /// Looks for the answer to the question that is asked last (DA1, `ESC [ ? … c`).
    fn answered(&mut self, typed: &[u8]) {
        let is_last = |at: usize| {
            let rest = &typed[at + 3..];
            let end = rest
                .iter()
                .position(|byte| !matches!(byte, b'0'..=b'9' | b';'));
            end.is_some_and(|end| rest[end] == b'c')
        };
        let mut places = (0..typed.len()).filter(|at| typed[*at..].starts_with(b"\x1b[?"));
        if self.unanswered_since.is_some() && places.any(is_last) {
            self.unanswered_since = None;
        }
    }

    /// The server, which reads it, has had the last answer.
    pub fn has_answered(&mut self) {
        self.unanswered_since = None;
    }

    /// Before we leave: waits a little for answers that are still under way, and throws them away. Whoever attached
    /// a while ago has had them.
    pub fn settle(&mut self) {
        // Once is enough: what has not come by then may come at any time.
        let asked = self.unanswered_since.take();
        self.unanswered_since = asked.filter(|since| since.elapsed() < ANSWERS_AT_ALL);
        let until = Instant::now() + ANSWERS_WITHIN;
        let mut buffer = [0; INPUT_MAX];
        while self.unanswered_since.is_some() {
            let left = until.saturating_duration_since(Instant::now());
            let came = poll::readable_within(self.tty.as_fd(), left).unwrap_or(false);
            match came.then(|| self.tty.read(&mut buffer)) {
                Some(Ok(n)) if n > 0 => self.answered(&buffer[..n]),
                _ => self.unanswered_since = None,
            }
        }
    }

    /// suspend-client: stops us until somebody says SIGCONT, which is then handled like any other.
    pub fn stop(&mut self) {
        let _ = self.raw.restore();
        signal::restore_default(signal::SIGTSTP);
        let _ = signal::send(outlast_sys::process::own_pid(), signal::SIGTSTP);
        signal::block(signal::SIGTSTP);
    }

    /// lock-client: a command has our terminal until it ends. Whether it could be started makes no difference, as in
    /// tmux.
    pub fn run(&mut self, command: &str) {
        // On the alternate screen: what was on the terminal before is nobody's business now.
        let _ = self.tty.write_all(b"\x1b[?1049h\x1b[H\x1b[2J");
        let _ = self.raw.restore();
        let _ = signal::run_in_front(command);
        let _ = self.raw.make_raw();
        let _ = self.tty.write_all(b"\x1b[?1049l");
    }

    /// Gives the screen back in the server's place. It may have been given back already: on the alternate screen, which
    /// is entered first, nothing is cleared that a person had before.
    pub fn give_back(&mut self) {
        let mut bytes = b"\x18\x1b\\\x1b[?1049h".to_vec();
        let mut caps = own_caps();
        if caps.queries {
            // The server may have learned that it has these; if not, it swallows what it does not know.
            caps.add("sync,hyperlinks,kkeys,extkeys");
        }
        paint::end(&caps, &mut bytes);
        // It may be gone; then there is nothing to give back.
        let _ = self.tty.write_all(&bytes);
        // While the terminal is raw, answers that come are not echoed.
        self.settle();
        let _ = self.raw.restore();
    }
}

/// What our terminal can do, by its name.
fn own_caps() -> Caps {
    Caps::from_term(&std::env::var("TERM").unwrap_or_default(), "", None)
}

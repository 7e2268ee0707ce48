//! A client's terminal, painted by the server itself: one picture at a time, the rest of it when there is room.
//!
//! The terminal is opened anew through the descriptor that the client sent, so that our O_NONBLOCK is on a
//! description of our own. Where that is not allowed (the terminal belongs to another user) the client writes for us,
//! as long as it lives.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use outlast_sys::{raw_tty, socket};
use outlast_term::Screen;
use outlast_term::keys::decode::{Decoder, Input};
use outlast_term::paint::{self, Ansi, Caps};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// With so much waiting, a terminal is sent nothing that it can do without.
const RAW_WAITS: usize = 4 << 20;

/// How the terminal is reached.
enum Way {
    /// Our own description of it, non-blocking.
    Own(File),
    /// Through the client.
    Relay {
        /// It has bytes that it has not yet written.
        busy: bool,
        /// What it sent: the description that its shell has, too. Written to only when the client is dead.
        theirs: File,
    },
}

/// How writing went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Everything was taken.
    Drained,
    /// The rest waits for room.
    Blocked,
    /// All of it waits for the client.
    Held,
    /// The terminal is gone.
    Gone,
}

/// A client's terminal.
pub struct Local {
    way: Way,
    caps: Caps,
    ansi: Ansi,
    /// What it shows once all pending bytes are written.
    shown: Option<Arc<Screen>>,
    pending: Vec<u8>,
    written: usize,
    /// A picture is under way: its end is to be told.
    owes_ready: bool,
    /// Reads answers to our queries from what is typed, as long as some may come.
    listening: Option<Decoder>,
    /// The terminal's modes before its client made it raw: to be given back in the place of a client that was killed.
    modes: Option<Termios>,
    /// Its client has not made it raw yet: nothing may be written.
    held: bool,
    /// It has been given back for the time being (suspend-client).
    given_back: bool,
}

impl Local {
    /// A terminal by the descriptor that the client sent.
    pub fn open(theirs: OwnedFd) -> Local {
        let path = format!("/proc/self/fd/{}", theirs.as_raw_fd());
        let way = match raw_tty::reopen_tty(Path::new(&path), true) {
            Ok(own) => Way::Own(File::from(own)),
            Err(_) => Way::Relay {
                busy: false,
                theirs: File::from(theirs),
            },
        };
        Local {
            way,
            caps: Caps::NONE,
            ansi: Ansi::default(),
            shown: None,
            pending: Vec::new(),
            written: 0,
            owes_ready: false,
            listening: None,
            modes: None,
            held: false,
            given_back: false,
        }
    }

    /// Takes the terminal over, as soon as its client has made it raw ([`Local::is_raw`]): before that what is
    /// written would be changed on its way, and answers would be echoed.
    pub fn take(&mut self, caps: Caps) {
        self.modes = tcgetattr(self.tty()).ok();
        self.held = true;
        self.begin(caps);
    }

    /// The client has made the terminal raw.
    pub fn is_raw(&mut self) {
        self.held = false;
    }

    fn begin(&mut self, caps: Caps) {
        self.caps = caps;
        self.listening = caps.queries.then(Decoder::default);
        self.given_back = false;
        self.restart();
        paint::begin(&self.caps, &mut self.pending);
    }

    /// Goes on with a terminal that a former server had taken over. That one may have died within a sequence.
    pub fn resume(&mut self, caps: Caps, given_back: bool, held: bool) {
        self.caps = caps;
        self.held = held;
        self.given_back = given_back;
        // One that was given back is taken over again when the client says that it was continued.
        if !given_back {
            self.mend();
        }
    }

    fn mend(&mut self) {
        self.restart();
        // CAN ends any sequence or character; then what a frame leaves open is closed.
        self.pending.extend_from_slice(b"\x18\x1b\\");
        // It may have died before it took the terminal over, or after it gave it back: what follows is then not for
        // the screen that a person had before.
        self.pending.extend_from_slice(b"\x1b[?1049h");
        if self.caps.sync {
            self.pending.extend_from_slice(b"\x1b[?2026l");
        }
        if self.caps.hyperlinks {
            self.pending.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
        self.pending.extend_from_slice(b"\x1b[r\x1b[m");
    }

    /// After the client was stopped and continued: the terminal's content and modes are unknown.
    pub fn continued(&mut self) {
        if std::mem::take(&mut self.given_back) {
            self.begin(self.caps);
        } else {
            self.mend();
        }
    }

    /// Gives the terminal back. What is pending of a picture goes first, so that no sequence is cut.
    pub fn end(&mut self) {
        if std::mem::replace(&mut self.given_back, true) {
            return;
        }
        self.listening = None;
        self.restart();
        self.ansi = Ansi::default();
        paint::end(&self.caps, &mut self.pending);
    }

    /// Nothing is known of what it shows: the next picture is painted whole.
    pub fn invalidate(&mut self) {
        self.shown = None;
        self.ansi.forget();
    }

    fn restart(&mut self) {
        self.invalidate();
        self.owes_ready = false;
    }

    /// Spells a picture. One that was drawn before the terminal was given back and comes after that is not for the
    /// screen that is there now.
    pub fn frame(&mut self, screen: Arc<Screen>) {
        self.owes_ready = true;
        if self.given_back {
            return;
        }
        self.ansi.paint(
            self.shown.as_deref(),
            &screen,
            &self.caps,
            &mut self.pending,
        );
        self.shown = Some(screen);
    }

    /// Bytes that are no picture and change none that we know of: nobody knows where the cursor is afterwards. A
    /// terminal that does not take what it is sent misses them rather than making us grow.
    pub fn raw(&mut self, bytes: &[u8]) {
        if !self.given_back && self.pending.len() <= RAW_WAITS {
            self.pending.extend_from_slice(bytes);
            self.ansi.forget();
            if let Some(shown) = &self.shown {
                self.ansi.put_cursor(shown, &self.caps, &mut self.pending);
            }
        }
    }

    /// Looks in typed bytes for answers to our queries. The new features, if something was learned.
    pub fn learn(&mut self, typed: &[u8]) -> Option<String> {
        let decoder = self.listening.as_mut()?;
        let mut inputs = Vec::new();
        decoder.push(typed, &mut inputs);
        let before = self.caps;
        for input in inputs {
            if let Input::Reply(reply) = input {
                self.caps.learn(&reply);
                // DA1 was asked last: what has not been answered by now never will be.
                if reply.starts_with(b"\x1b[?") && reply.ends_with(b"c") {
                    self.listening = None;
                }
            }
        }
        if self.caps == before {
            return None;
        }
        paint::learned(&before, &self.caps, &mut self.pending);
        // Colours and capabilities may be spelled in another way from now on.
        self.invalidate();
        Some(self.caps.features())
    }

    /// Writes what is pending, as far as the terminal takes it. For a relayed one the bytes are handed out, to be
    /// sent to the client, one portion at a time.
    pub fn flush(&mut self, relay: impl FnOnce(&[u8])) -> Flow {
        if self.held {
            return Flow::Held;
        }
        match &mut self.way {
            Way::Own(own) => {
                while self.written < self.pending.len() {
                    match own.write(&self.pending[self.written..]) {
                        Ok(0) => return Flow::Gone,
                        Ok(n) => self.written += n,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            return Flow::Blocked;
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(_) => return Flow::Gone,
                    }
                }
            }
            Way::Relay { busy: true, .. } => return Flow::Held,
            Way::Relay { busy, .. } => {
                if !self.pending.is_empty() {
                    relay(&self.pending);
                    *busy = true;
                }
            }
        }
        self.pending.clear();
        self.written = 0;
        // A large picture's memory is not kept for the small ones that follow.
        self.pending.shrink_to(16 * 1024);
        if self.is_busy() {
            Flow::Held
        } else {
            Flow::Drained
        }
    }

    /// The client has written what it was given.
    pub fn relayed(&mut self) {
        if let Way::Relay { busy, .. } = &mut self.way {
            *busy = false;
        }
    }

    /// Whether bytes wait for the terminal.
    pub fn is_busy(&self) -> bool {
        self.written < self.pending.len() || matches!(self.way, Way::Relay { busy: true, .. })
    }

    /// Whether a picture has been taken whole since the last call.
    pub fn take_ready(&mut self) -> bool {
        !self.held && !self.is_busy() && std::mem::take(&mut self.owes_ready)
    }

    /// Whether what is typed there is for us, and we can read it.
    pub fn is_read(&self) -> bool {
        !self.held && !self.given_back && matches!(self.way, Way::Own(_))
    }

    /// Whether answers to our queries are still to come.
    pub fn is_asked(&self) -> bool {
        self.listening.is_some()
    }

    /// It is not ours any more, as it is.
    pub fn let_go(&mut self) {
        self.given_back = true;
        self.pending.clear();
        self.written = 0;
        self.relayed();
    }

    /// Whether something of us is on the terminal, or is on its way there.
    pub fn is_ours(&self) -> bool {
        !self.held && (!self.given_back || self.is_busy())
    }

    /// Gives the terminal back in the place of a client that is gone without a word. What is to be written is pending
    /// then.
    pub fn abandon(&mut self) {
        // One that was never raw has had nothing of us.
        if !self.held {
            if let Way::Relay { busy: true, .. } = &self.way {
                // Nobody knows how much of it was written. CAN ends what was cut.
                self.pending.splice(..0, *b"\x18\x1b\\");
            }
            self.end();
        }
        let Some(before) = self.modes.take() else {
            return;
        };
        // Who started the client (a shell) may have set modes of its own by now.
        let mut raw = before.clone();
        raw.make_raw();
        let still = tcgetattr(self.tty()).is_ok_and(|now| {
            now.local_modes == raw.local_modes
                && now.input_modes == raw.input_modes
                && now.output_modes == raw.output_modes
        });
        if still {
            let _ = tcsetattr(self.tty(), OptionalActions::Now, &before);
        }
    }

    /// Writes what is still pending for a terminal whose client is gone; it is closed then. A thread of its own waits
    /// for one that takes nothing now, as long as it lasts.
    pub fn finish(mut self) {
        let own = matches!(self.way, Way::Own(_));
        if self.held || own && matches!(self.flush(|_| {}), Flow::Drained | Flow::Gone) {
            return;
        }
        let rest = self.pending.split_off(self.written);
        let mut tty = match self.way {
            Way::Own(own) if socket::set_nonblocking(&own, false).is_ok() => own,
            Way::Own(_) => return,
            Way::Relay { theirs, .. } => theirs,
        };
        if !rest.is_empty() {
            // Without a thread or a terminal nothing can be done about it.
            let _ = std::thread::Builder::new()
                .name("terminal".into())
                .spawn(move || tty.write_all(&rest));
        }
    }

    /// The terminal, to ask and set its modes.
    fn tty(&self) -> &File {
        match &self.way {
            Way::Own(own) => own,
            Way::Relay { theirs, .. } => theirs,
        }
    }

    /// Our own description, to wait for room on it.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            Way::Own(own) => Some(own.as_fd()),
            Way::Relay { .. } => None,
        }
    }
}

//! A terminal with a person at it: a program on a pty whose output an [`Eye`] shows as it comes.
//!
//! A thread reads, so that the program never waits for the test; a test waits for what is shown, never for time.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::process::ExitStatus;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use crate::{Eye, Picture, Pty, Result, at, lock};

/// Everything that came, kept up to this many bytes (the oldest go).
const RAW_LIMIT: usize = 8 << 20;

struct Shown {
    eye: Eye,
    raw: Vec<u8>,
    total: u64,
    last: Option<Instant>,
    paused: bool,
    ended: bool,
}

struct Shared {
    shown: Mutex<Shown>,
    changed: Condvar,
}

/// A program on a pty, watched.
pub struct Client {
    pty: Pty,
    shared: Arc<Shared>,
    /// Closing it wakes the reader, which then lets go of the pty.
    stop: Option<File>,
    reader: Option<JoinHandle<()>>,
    size: (u16, u16),
}

impl Client {
    /// Starts `argv` on a pty of this size.
    pub fn spawn(
        argv: &[String],
        env: &[(String, String)],
        cwd: &str,
        cols: u16,
        rows: u16,
    ) -> Result<Client> {
        let pty = Pty::spawn(argv, env, cwd, cols, rows)?;
        let shown = Shown {
            eye: Eye::new(cols, rows, 10_000),
            raw: Vec::new(),
            total: 0,
            last: None,
            paused: false,
            ended: false,
        };
        let shared = Arc::new(Shared {
            shown: Mutex::new(shown),
            changed: Condvar::new(),
        });
        let (wake, stop) = at(
            rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC),
            "pipe",
        )?;
        let master = pty.reader()?;
        let theirs = Arc::clone(&shared);
        let reader = std::thread::spawn(move || read_all(master, File::from(wake), &theirs));
        Ok(Client {
            pty,
            shared,
            stop: Some(File::from(stop)),
            reader: Some(reader),
            size: (cols, rows),
        })
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.pty.pid()
    }

    /// The terminal's path as the program sees it.
    pub fn tty(&self) -> &str {
        self.pty.name()
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Types bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.pty.write(bytes)
    }

    /// Types text.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        self.write(text.as_bytes())
    }

    /// Presses keys by their names: `C-b c`, `M-x`, `Up`, `F1`.
    pub fn keys(&mut self, names: &str) -> Result<()> {
        let application = lock(&self.shared.shown)
            .eye
            .picture()
            .modes
            .contains(&"app-cursor");
        let bytes = crate::keys::encode(names, application)?;
        self.write(&bytes)
    }

    /// The window has another size.
    pub fn resize(&mut self, cols: u16, rows: u16) -> Result<()> {
        lock(&self.shared.shown).eye.resize(cols, rows);
        self.size = (cols, rows);
        self.pty.resize(cols, rows)
    }

    /// Stops reading: the terminal hangs, as a person's does on C-s or behind a dead link.
    pub fn pause(&self, paused: bool) {
        lock(&self.shared.shown).paused = paused;
        self.shared.changed.notify_all();
        // The reader looks at the flag before each read; a byte on its pipe is not needed to let it go on.
    }

    /// What is shown now.
    pub fn picture(&self) -> Picture {
        lock(&self.shared.shown).eye.picture()
    }

    /// Lines that scrolled off the terminal's own top, oldest first.
    pub fn history(&self) -> Vec<String> {
        lock(&self.shared.shown).eye.history()
    }

    /// Texts put on the clipboard since the last call.
    pub fn take_clipboard(&self) -> Vec<String> {
        lock(&self.shared.shown).eye.take_clipboard()
    }

    /// The newest bytes that came (at most 8 MiB of them).
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.shared.shown).raw.clone()
    }

    /// How many bytes have come.
    pub fn total(&self) -> u64 {
        lock(&self.shared.shown).total
    }

    /// Waits for bytes beyond the first `total` and says when the newest came.
    pub fn wait_bytes(&self, total: u64, deadline: Duration) -> Result<Instant> {
        let end = Instant::now() + deadline;
        let mut shown = lock(&self.shared.shown);
        loop {
            if let Some(last) = shown.last.filter(|_| shown.total > total) {
                return Ok(last);
            }
            if shown.ended {
                return Err("the client has ended".into());
            }
            let left = end.checked_duration_since(Instant::now());
            shown = self.pass(
                shown,
                left.ok_or_else(|| format!("nothing came within {deadline:?}"))?,
            );
        }
    }

    /// Waits until what is shown satisfies `done`; the error shows what was there at the deadline.
    pub fn wait_picture(
        &self,
        deadline: Duration,
        mut done: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture> {
        let end = Instant::now() + deadline;
        let mut shown = lock(&self.shared.shown);
        let mut seen = None;
        loop {
            if seen != Some(shown.total) {
                seen = Some(shown.total);
                let picture = shown.eye.picture();
                if done(&picture) {
                    return Ok(picture);
                }
            }
            if shown.ended {
                return Err(format!(
                    "the client has ended and shows\n{}",
                    shown.eye.picture().framed()
                ));
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                return Err(format!(
                    "not within {deadline:?}; it shows\n{}",
                    shown.eye.picture().framed()
                ));
            };
            shown = self.pass(shown, left);
        }
    }

    /// Waits until some text is on the screen.
    pub fn wait_text(&self, text: &str, deadline: Duration) -> Result<Picture> {
        self.wait_picture(deadline, |picture| picture.text().contains(text))
            .map_err(|error| format!("{text:?} {error}"))
    }

    /// Waits until nothing has come for `quiet`, at most until the deadline.
    pub fn wait_quiet(&self, quiet: Duration, deadline: Duration) {
        let end = Instant::now() + deadline;
        let mut shown = lock(&self.shared.shown);
        while Instant::now() < end && !shown.ended {
            let before = shown.total;
            let (next, timeout) = self
                .shared
                .changed
                .wait_timeout(shown, quiet)
                .unwrap_or_else(PoisonError::into_inner);
            shown = next;
            if timeout.timed_out() && shown.total == before {
                return;
            }
        }
    }

    /// The program's end.
    pub fn wait_end(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let status = self
            .pty
            .wait(deadline)
            .map_err(|error| format!("{error}; it shows\n{}", self.picture().framed()))?;
        // What it said last is still to be read.
        let end = Instant::now() + Duration::from_secs(2);
        let mut shown = lock(&self.shared.shown);
        while let Some(left) = end
            .checked_duration_since(Instant::now())
            .filter(|_| !shown.ended)
        {
            shown = self.pass(shown, left);
        }
        drop(shown);
        Ok(status)
    }

    /// A signal for the program.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        self.pty.signal(signal)
    }

    /// Closes the terminal under the program.
    pub fn cut(&mut self) {
        self.stop = None;
        self.pause(false);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.pty.cut();
    }

    fn pass<'a>(&self, shown: MutexGuard<'a, Shown>, left: Duration) -> MutexGuard<'a, Shown> {
        self.shared
            .changed
            .wait_timeout(shown, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.pty.signal(Signal::KILL);
        self.cut();
    }
}

fn read_all(mut master: File, stop: File, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let mut fds = [
            PollFd::new(&master, PollFlags::IN),
            PollFd::new(&stop, PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => break,
        }
        if !fds[1].revents().is_empty() {
            break;
        }
        let mut shown = lock(&shared.shown);
        if shown.paused {
            let waited = shared
                .changed
                .wait_timeout(shown, Duration::from_millis(50));
            drop(waited);
            continue;
        }
        drop(shown);
        let len = match master.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // EIO: nobody has the slave open any more.
            Err(_) => break,
        };
        let now = Instant::now();
        shown = lock(&shared.shown);
        shown.eye.feed(&buffer[..len]);
        shown.total += len as u64;
        shown.last = Some(now);
        shown.raw.extend_from_slice(&buffer[..len]);
        if shown.raw.len() > RAW_LIMIT {
            let excess = shown.raw.len() - RAW_LIMIT / 2;
            shown.raw.drain(..excess);
        }
        let replies = shown.eye.take_replies();
        drop(shown);
        shared.changed.notify_all();
        if !replies.is_empty() {
            let _ = master.write_all(&replies);
        }
    }
    let mut shown = lock(&shared.shown);
    // A synchronized update that was cut off is shown as far as it got.
    shown.eye.stop_sync();
    shown.ended = true;
    drop(shown);
    shared.changed.notify_all();
}

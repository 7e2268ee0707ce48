//! A client that reads as fast as it can and looks only for what it waits for: text, without the sequences between.

use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use outlast_testkit::{Pty, Result, World};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a terminal answers to the questions of a program that has just started; without an answer some wait.
const ANSWERS: [(&[u8], &[u8]); 3] = [
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[>c", b"\x1b[>1;10;0c"),
    (b"\x1b[>q", b"\x1bP>|bench 1\x1b\\"),
];

enum State {
    Text,
    Escape,
    Csi,
    String,
    StringEscape,
}

/// A client on a pty.
pub struct Drain {
    /// Its pty.
    pub pty: Pty,
    master: File,
    state: State,
    /// The newest shown text.
    text: Vec<u8>,
    /// Bytes that came.
    pub total: u64,
    buffer: Vec<u8>,
}

impl Drain {
    /// A tmux command on a pty.
    pub fn client(world: &World, size: (u16, u16), words: &[&str]) -> Result<Drain> {
        Drain::new(Pty::spawn(
            &world.argv(words),
            &world.env(),
            &world.home().to_string_lossy(),
            size.0,
            size.1,
        )?)
    }

    /// A program on a pty.
    pub fn new(pty: Pty) -> Result<Drain> {
        let master = pty.reader()?;
        let buffer = vec![0; 64 * 1024];
        Ok(Drain {
            pty,
            master,
            state: State::Text,
            text: Vec::new(),
            total: 0,
            buffer,
        })
    }

    /// Types.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.master
            .write_all(bytes)
            .map_err(|error| error.to_string())
    }

    /// Forgets what was shown.
    pub fn forget(&mut self) {
        self.text.clear();
    }

    /// Reads until this text has been shown since the last `forget`; when it was.
    pub fn wait(&mut self, needle: &[u8], deadline: Duration) -> Result<Instant> {
        let end = Instant::now() + deadline;
        let mut searched = 0;
        loop {
            let from = usize::min(searched, self.text.len());
            if find(&self.text[from..], needle) {
                return Ok(Instant::now());
            }
            // The end of what was searched may be the beginning of what is looked for.
            searched = self.text.len().saturating_sub(needle.len());
            if self.text.len() > 1 << 20 {
                self.text.drain(..searched);
                searched = 0;
            }
            let left = end.checked_duration_since(Instant::now()).ok_or_else(|| {
                format!(
                    "{:?} was not shown within {deadline:?}",
                    String::from_utf8_lossy(needle)
                )
            })?;
            self.read(left)?;
        }
    }

    /// Reads for so long, whatever comes.
    pub fn read_for(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.read(left)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Reads once, waiting at most so long; whether anything came.
    pub fn read(&mut self, wait: Duration) -> Result<bool> {
        let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: wait.as_secs() as i64,
            tv_nsec: i64::from(wait.subsec_nanos()),
        };
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.to_string()),
        }
        let len = self
            .master
            .read(&mut self.buffer)
            .map_err(|error| format!("the client has ended: {error}"))?;
        self.total += len as u64;
        let mut answer = Vec::new();
        let buffer = std::mem::take(&mut self.buffer);
        self.show(&buffer[..len]);
        self.buffer = buffer;
        if self.total < 16 * 1024 {
            for (question, reply) in ANSWERS {
                if self.buffer[..len]
                    .windows(question.len())
                    .any(|window| window == question)
                {
                    answer.extend_from_slice(reply);
                }
            }
            if !answer.is_empty() {
                self.write(&answer)?;
            }
        }
        Ok(true)
    }

    /// Takes the text out of what came; runs of it at once, or the harness would be the slowest of all.
    fn show(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            if matches!(self.state, State::Text) {
                let run = bytes
                    .iter()
                    .position(|byte| *byte < 0x20)
                    .unwrap_or(bytes.len());
                self.text.extend_from_slice(&bytes[..run]);
                bytes = &bytes[run..];
                let Some(first) = bytes.first() else { break };
                self.step(*first);
            } else {
                self.step(*first);
            }
            bytes = &bytes[1..];
        }
    }

    fn step(&mut self, byte: u8) {
        self.state = match (&self.state, byte) {
            (State::StringEscape, b'\\') => State::Text,
            (State::String, 0x07) => State::Text,
            (State::String, 0x1b) => State::StringEscape,
            (State::String | State::StringEscape, _) => State::String,
            (_, 0x1b) => State::Escape,
            (State::Escape, b'[') => State::Csi,
            (State::Escape, b']' | b'P' | b'_' | b'^' | b'X') => State::String,
            (State::Escape, 0x20..=0x2f) => State::Escape,
            (State::Escape, _) => State::Text,
            (State::Csi, 0x40..=0x7e) => State::Text,
            (State::Csi, _) => State::Csi,
            (State::Text, _) => State::Text,
        };
    }
}

/// Whether the text holds the needle; a byte that is rare in the streams comes first in all that is looked for.
fn find(text: &[u8], needle: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

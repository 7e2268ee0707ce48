//! Holds off the machine's sleep when the core asks for it. Asking may take as long as logind likes, so a thread does it; what
//! it gets is a descriptor, and closing that is letting go.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};

use outlast_sys::inhibit::{self, Held};
use outlast_sys::poll::Interest;

use crate::files::Disk;
use crate::server::{AWAKE, Server};

/// What the thread is given, and where it puts what it got.
struct Job {
    why: String,
    held: Arc<Mutex<Option<Held>>>,
}

/// What is held, and the thread that asks. Without wishes neither is there.
#[derive(Default)]
pub struct Awake {
    thread: Option<Disk<Job>>,
    held: Arc<Mutex<Option<Held>>>,
}

fn perform(job: Job) -> io::Result<Vec<u8>> {
    let held = inhibit::hold("outlast", &job.why).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            io::Error::other("there is no logind here")
        }
        _ => error,
    })?;
    let mut said = held.what.as_bytes().to_vec();
    if let Some(refused) = &held.refused {
        said.push(b'\n');
        said.extend(refused.bytes());
    }
    // If nobody waits any more this is the last who has it, and it goes.
    *job.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    Ok(said)
}

impl Awake {
    /// Asks. What becomes readable when there is an answer; Err: no thread.
    fn ask(&mut self, why: String) -> io::Result<BorrowedFd<'_>> {
        self.release();
        let mut thread = Disk::with("outlast-awake", perform)?;
        let held = self.held.clone();
        thread.request(0, Job { why, held });
        Ok(self.thread.insert(thread).fd())
    }

    /// Lets go, also of what is only asked for.
    fn release(&mut self) {
        self.thread = None;
        self.held = Arc::default();
    }

    fn answer(&mut self) -> Option<Result<Vec<u8>, String>> {
        Some(self.thread.as_mut()?.answer()?.result)
    }
}

impl Server {
    /// The core asks for it (why), or not any more.
    pub(crate) fn stay_awake(&mut self, why: Option<String>) {
        let Some(why) = why else {
            self.awake.release();
            return;
        };
        let asked = match self.awake.ask(why) {
            Ok(fd) => self.poll.add(fd, AWAKE, Interest::IN),
            Err(error) => Err(error),
        };
        if let Err(error) = asked {
            self.awake_said(Err(crate::files::reason(&error)));
        }
    }

    /// Takes what the thread has to say.
    pub(crate) fn take_awake(&mut self) {
        while let Some(answer) = self.awake.answer() {
            self.awake_said(answer);
        }
    }

    fn awake_said(&mut self, answer: Result<Vec<u8>, String>) {
        let (held, refused) = match answer {
            Ok(said) => {
                let said = String::from_utf8_lossy(&said).into_owned();
                match said.split_once('\n') {
                    Some((what, refused)) => (Ok(what.to_string()), Some(refused.to_string())),
                    None => (Ok(said), None),
                }
            }
            Err(error) => (Err(error), None),
        };
        self.core.awake_answered(held, refused);
        self.uncommitted = true;
    }
}

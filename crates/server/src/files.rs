//! The one thread for disk: the loop never waits for a file.
//!
//! Work goes in order through a bounded channel; what does not fit waits with the loop. Answers come back over another
//! channel and an eventfd-like socket that the loop polls.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::mpsc;

use outlast_sys::fd_pass;

/// Pieces of work under way in the thread.
const UNDER_WAY: usize = 16;
/// The longest file that is read: nothing that tmux reads comes near, and a wild one must not fill memory.
const READ_MAX: u64 = 256 * 1024 * 1024;

/// open(2)'s flag on Linux.
const O_NONBLOCK: i32 = 0o4000;

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// The bytes of a file.
    Read {
        /// Path, absolute.
        path: String,
    },
    /// Bytes into a file, made for its owner alone if it is new.
    Write {
        /// Path, absolute.
        path: String,
        /// Bytes.
        bytes: Vec<u8>,
        /// At its end, rather than in its place: [`crate::appends`] makes the two steps below of it.
        append: bool,
    },
    /// How long a file is, as eight bytes; it is made if it is not there.
    Measure {
        /// Path, absolute.
        path: String,
    },
    /// Bytes to the end of a file.
    Append {
        /// Path, absolute.
        path: String,
        /// Bytes.
        bytes: Vec<u8>,
        /// Some of them may be there already, from this offset on.
        begun: Option<u64>,
    },
    /// The words of the stamp in a program's file; none when it has no stamp.
    Stamp {
        /// Its path.
        path: PathBuf,
    },
}

/// What came of it.
pub struct Answer {
    /// The work's token.
    pub token: u64,
    /// Bytes read, or the error's text.
    pub result: Result<Vec<u8>, String>,
}

/// A thread for work with files and what waits for it.
pub struct Disk<W = Work> {
    work: mpsc::SyncSender<(u64, W)>,
    answers: mpsc::Receiver<Answer>,
    bell: OwnedFd,
    waiting: VecDeque<(u64, W)>,
    /// Asked for and not answered.
    open: usize,
}

impl Disk {
    /// Starts the thread for what commands ask for.
    ///
    /// # Errors
    /// No thread or descriptor is left.
    pub fn start() -> io::Result<Disk> {
        Disk::with("outlast-disk", perform)
    }
}

impl<W: Send + 'static> Disk<W> {
    /// Starts a thread of this name that does this.
    ///
    /// # Errors
    /// No thread or descriptor is left.
    pub fn with(name: &str, perform: fn(W) -> io::Result<Vec<u8>>) -> io::Result<Disk<W>> {
        let (work, to_do) = mpsc::sync_channel::<(u64, W)>(UNDER_WAY);
        let (answer, answers) = mpsc::channel();
        let (bell, theirs) = fd_pass::stream_pair()?;
        std::thread::Builder::new()
            .name(name.into())
            .stack_size(128 * 1024)
            .spawn(move || {
                for (token, work) in to_do {
                    let result = perform(work).map_err(|error| reason(&error));
                    if answer.send(Answer { token, result }).is_err() {
                        break;
                    }
                    // A full socket rings already.
                    let _ = fd_pass::send(theirs.as_fd(), &[0], &[], true);
                }
            })?;
        Ok(Disk {
            work,
            answers,
            bell,
            waiting: VecDeque::new(),
            open: 0,
        })
    }

    /// Hands work over; it is done in order.
    pub fn request(&mut self, token: u64, work: W) {
        self.open += 1;
        self.waiting.push_back((token, work));
        self.feed();
    }

    /// The next answer. Call it until None when [`Disk::fd`] is readable.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut buffer = [0; 64];
        while fd_pass::receive(self.bell.as_fd(), &mut buffer, true)
            .is_ok_and(|received| received.len == 64)
        {}
        let answer = self.answers.try_recv().ok();
        self.open -= usize::from(answer.is_some());
        self.feed();
        answer
    }

    /// Nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.open == 0
    }

    /// What becomes readable when there is an answer.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    fn feed(&mut self) {
        while let Some(work) = self.waiting.pop_front() {
            if let Err(mpsc::TrySendError::Full(work) | mpsc::TrySendError::Disconnected(work)) =
                self.work.try_send(work)
            {
                self.waiting.push_front(work);
                return;
            }
        }
    }
}

fn perform(work: Work) -> io::Result<Vec<u8>> {
    match work {
        Work::Read { path } => {
            let mut bytes = Vec::new();
            // Nobody writes to a named pipe that we ask for: with NONBLOCK it reads as empty rather than holding up
            // all other files for ever.
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(O_NONBLOCK)
                .open(path)?;
            io::Read::read_to_end(&mut io::Read::take(file, READ_MAX), &mut bytes)?;
            Ok(bytes)
        }
        Work::Stamp { path } => Ok(crate::stamp::read(&path)?.unwrap_or_default()),
        Work::Write {
            path,
            bytes,
            append: false,
        } => {
            let mut options = OpenOptions::new();
            options.create(true).mode(0o600).write(true).truncate(true);
            options.open(path)?.write_all(&bytes)?;
            Ok(Vec::new())
        }
        Work::Measure { path } => Ok(at_end(path)?.metadata()?.len().to_le_bytes().to_vec()),
        Work::Append { path, bytes, begun } => {
            let there = begun.map_or(0, |after| part(&path, after, &bytes).unwrap_or(0));
            at_end(path)?.write_all(&bytes[there..])?;
            Ok(Vec::new())
        }
        Work::Write { path, bytes, .. } => {
            at_end(path)?.write_all(&bytes)?;
            Ok(Vec::new())
        }
    }
}

fn at_end(path: String) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600).append(true).open(path)
}

/// How much of the beginning of `bytes` stands at the end of what a file has from `after` on, or somewhere in that if
/// it is all of them: others may write there, too.
fn part(path: &str, after: u64, bytes: &[u8]) -> io::Result<usize> {
    let mut found = Vec::new();
    let mut file = File::open(path)?;
    file.seek(io::SeekFrom::Start(after))?;
    file.take(READ_MAX).read_to_end(&mut found)?;
    let all = bytes.len();
    if found.windows(all.max(1)).any(|window| window == bytes) {
        return Ok(all);
    }
    let longest = (0..=found.len().min(all)).rev();
    Ok(longest
        .into_iter()
        .find(|len| found.ends_with(&bytes[..*len]))
        .unwrap_or(0))
}

/// An error's text as `strerror` has it.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn wait(disk: &mut Disk) -> Answer {
        loop {
            if let Some(answer) = disk.answer() {
                return answer;
            }
            assert!(
                outlast_sys::poll::readable_within(disk.fd(), Duration::from_secs(10)).unwrap()
            );
        }
    }

    #[test]
    fn files_are_written_and_read_in_order() {
        let path = std::env::temp_dir().join(format!("outlast-files-test-{}", std::process::id()));
        let path = path.to_str().unwrap().to_string();
        let mut disk = Disk::start().unwrap();
        let write = |bytes: &[u8], append| Work::Write {
            path: path.clone(),
            bytes: bytes.to_vec(),
            append,
        };
        disk.request(1, write(b"one", false));
        for token in 2..40 {
            disk.request(token, write(b"+", true));
        }
        disk.request(40, Work::Read { path: path.clone() });
        disk.request(
            41,
            Work::Read {
                path: format!("{path}/nothing"),
            },
        );
        for token in 1..40 {
            let answer = wait(&mut disk);
            assert_eq!((answer.token, answer.result), (token, Ok(Vec::new())));
        }
        let read = wait(&mut disk);
        assert_eq!(
            (read.token, read.result),
            (40, Ok([b"one".as_slice(), &[b'+'; 38]].concat()))
        );
        assert_eq!(wait(&mut disk).result, Err("Not a directory".into()));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::remove_file(&path).unwrap();
    }
}

//! What commands want with files, and how a file is appended to once.
//!
//! A file that is read or written anew may be so twice. What goes to a file's end must not: its length is measured
//! first and goes into the journal ([`Files::notes`]), and only then is the file appended to ([`Files::committed`]). A
//! server after a crash thus sees how far the former one has come. One append at a time.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::BorrowedFd;

use outlast_core::save::Entry;

use crate::files::{Answer, Disk, Work};
use crate::notes::Note;

/// How far the first of the appends is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Measuring,
    /// Not in the journal yet.
    Measured(u64),
    /// In the journal, and the file is being written.
    Appending(u64),
}

/// The thread, and appends that wait for it.
pub struct Files {
    disk: Disk,
    /// Token, path, bytes; the first is under way.
    appends: VecDeque<(u64, String, Vec<u8>)>,
    stage: Option<Stage>,
    /// Appends that a former server may have begun: token, and length of the file before.
    begun: BTreeMap<u64, u64>,
}

impl Files {
    /// Starts the thread. `begun`: appends that a former server had under way, as its notes say.
    ///
    /// # Errors
    /// No thread or descriptor is left.
    pub fn start(begun: BTreeMap<u64, u64>) -> io::Result<Files> {
        Ok(Files {
            disk: Disk::start()?,
            appends: VecDeque::new(),
            stage: None,
            begun,
        })
    }

    /// Hands work over; it is done in order, but what is appended comes later than the rest.
    pub fn request(&mut self, token: u64, work: Work) {
        match work {
            Work::Write {
                path,
                bytes,
                append: true,
            } => {
                self.appends.push_back((token, path, bytes));
                self.next_append();
            }
            work => self.disk.request(token, work),
        }
    }

    /// The next answer. Call it until None when [`Files::fd`] is readable.
    pub fn answer(&mut self) -> Option<Answer> {
        loop {
            let answer = self.disk.answer()?;
            let first = self.appends.front().map(|(token, ..)| *token);
            if first != Some(answer.token) {
                return Some(answer);
            }
            if let (Some(Stage::Measuring), Ok(len)) = (self.stage, &answer.result) {
                let len = len.first_chunk().map_or(0, |len| u64::from_le_bytes(*len));
                self.stage = Some(Stage::Measured(len));
                continue;
            }
            self.appends.pop_front();
            self.begun.remove(&answer.token);
            self.stage = None;
            self.next_append();
            return Some(answer);
        }
    }

    /// Nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.disk.is_idle() && self.appends.is_empty()
    }

    /// What becomes readable when there is an answer.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.disk.fd()
    }

    /// What is to go into the journal before [`Files::committed`].
    pub fn notes(&self) -> Option<Entry> {
        match (self.appends.front(), self.stage) {
            (Some((token, ..)), Some(Stage::Measured(after))) => Some(note(*token, after)),
            _ => None,
        }
    }

    /// What [`Files::notes`] said is in the journal.
    pub fn committed(&mut self) {
        if let Some(Stage::Measured(after)) = self.stage {
            self.append(after, None);
        }
    }

    /// All that [`Files::notes`] said and is still of use, for a compacted journal.
    pub fn snapshot(&self, entries: &mut Vec<Entry>) {
        let first = match (self.appends.front(), self.stage) {
            (Some((token, ..)), Some(Stage::Appending(after))) => Some((*token, after)),
            _ => None,
        };
        let begun = self.begun.iter().map(|(token, after)| (*token, *after));
        entries.extend(begun.chain(first).map(|(token, after)| note(token, after)));
    }

    /// After a recovery: what has not been asked for again was done before.
    pub fn forget_unwanted(&mut self) {
        let appends = &self.appends;
        self.begun
            .retain(|token, _| appends.iter().any(|(asked, ..)| asked == token));
    }

    fn next_append(&mut self) {
        let (None, Some((token, path, _))) = (self.stage, self.appends.front()) else {
            return;
        };
        match self.begun.get(token).copied() {
            Some(after) => self.append(after, Some(after)),
            None => {
                let path = path.clone();
                self.disk.request(*token, Work::Measure { path });
                self.stage = Some(Stage::Measuring);
            }
        }
    }

    fn append(&mut self, after: u64, begun: Option<u64>) {
        if let Some((token, path, bytes)) = self.appends.front() {
            let (path, bytes) = (path.clone(), bytes.clone());
            self.disk
                .request(*token, Work::Append { path, bytes, begun });
            self.stage = Some(Stage::Appending(after));
        }
    }
}

fn note(token: u64, after: u64) -> Entry {
    Note::Append { token, after }.entry()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn wait(files: &mut Files) -> Answer {
        loop {
            if let Some(answer) = files.answer() {
                return answer;
            }
            files.committed();
            assert!(
                outlast_sys::poll::readable_within(files.fd(), Duration::from_secs(10)).unwrap()
            );
        }
    }

    #[test]
    fn what_a_former_server_has_appended_is_not_appended_again() {
        let path = std::env::temp_dir().join(format!("outlast-append-test-{}", std::process::id()));
        let name = path.to_str().unwrap().to_string();
        // What the file has when the next server looks; before the append it was "before ".
        for there in [
            "before ",
            "before on",
            "before one ",
            "before one other",
            "before other",
        ] {
            std::fs::write(&path, there).unwrap();
            let mut files = Files::start(BTreeMap::from([(7, 7)])).unwrap();
            let append = Work::Write {
                path: name.clone(),
                bytes: b"one ".to_vec(),
                append: true,
            };
            files.request(7, append.clone());
            assert_eq!(wait(&mut files).result, Ok(Vec::new()));
            let wanted = match there {
                "before one other" => there.to_string(),
                "before other" => format!("{there}one "),
                _ => "before one ".to_string(),
            };
            assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
            // Another has not been begun.
            files.request(8, append);
            assert!(files.notes().is_none());
            assert_eq!(wait(&mut files).result, Ok(Vec::new()));
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, format!("{wanted}one "));
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn nothing_is_appended_before_the_journal_knows_where() {
        let path = std::env::temp_dir().join(format!("outlast-note-test-{}", std::process::id()));
        let name = path.to_str().unwrap().to_string();
        std::fs::write(&path, "12345").unwrap();
        let mut files = Files::start(BTreeMap::new()).unwrap();
        let append = Work::Write {
            path: name,
            bytes: b"6".to_vec(),
            append: true,
        };
        files.request(3, append);
        while files.notes().is_none() {
            let _ = outlast_sys::poll::readable_within(files.fd(), Duration::from_secs(10));
            assert!(files.answer().is_none());
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "12345");
        assert_eq!(files.notes(), Some(note(3, 5)));
        files.committed();
        assert_eq!(files.notes(), None);
        let mut snapshot = Vec::new();
        files.snapshot(&mut snapshot);
        assert_eq!(snapshot, [note(3, 5)]);
        assert_eq!(wait(&mut files).token, 3);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "123456");
        std::fs::remove_file(&path).unwrap();
    }
}

//! What is kept on disk for the time after a reboot: the hands of [`Store`], which says what is to be written, and when.
//!
//! | file | question |
//! |---|---|
//! | [`place`] | where |
//! | [`work`] | how are files written, by a thread of their own |
//! | [`load`] | what is read at the start |
//! | [`heap`] | how much of what was set aside stays |
//! | [`list`] | what do people see who look |
//! | [`turn`] | what does the loop do for it |
//!
//! The thread is started when there is first something to write.

pub mod heap;
mod list;
mod load;
pub mod place;
mod turn;
pub mod work;

use std::ops::{Deref, DerefMut};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use outlast_core::reboot::{Boot, Store};
use outlast_sys::{poll, process};

use crate::files::Disk;
use crate::stamp::Build;
pub use list::{KeptFile, kept_files, kept_text};
pub use load::{Kept, kept, text_of};
use place::Place;
use work::Job;

/// The store, its place, and the thread that works for it.
pub struct StateDisk {
    store: Store,
    place: Option<Arc<Place>>,
    disk: Option<Disk<Job>>,
    /// The loop waits for what the thread has to say.
    is_heard: bool,
}

impl Deref for StateDisk {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl DerefMut for StateDisk {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

impl StateDisk {
    /// For the server of this socket.
    pub fn new(socket: &str) -> StateDisk {
        let place = Place::of(socket).map(Arc::new);
        let on_disk = place.as_ref().is_some_and(|place| place.has_state());
        let own = Build::own();
        let boot = Boot {
            release: own.release,
            format: own.state,
            id: process::boot_id(),
            socket: socket.to_string(),
            ..Boot::default()
        };
        let shown = place.as_ref().map(|place| place.shown());
        StateDisk {
            store: Store::new(shown, on_disk, boot),
            place,
            disk: None,
            is_heard: false,
        }
    }

    /// What becomes readable when the thread has done something.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.disk.as_ref().map(Disk::fd)
    }

    /// Hands what the store wants done to the thread, which is started if need be.
    fn hand_over(&mut self, now_ms: u64) {
        let work = self.store.take_work();
        if work.is_empty() {
            return;
        }
        if self.disk.is_none() {
            self.disk = Disk::with("outlast-state", work::perform).ok();
        }
        for (token, keep) in work {
            match (&mut self.disk, &self.place) {
                (Some(disk), Some(place)) => {
                    let place = place.clone();
                    disk.request(token, Job { place, keep });
                }
                // It is tried again, and said when that fails as well.
                _ => drop(self.store.answered(token, Err("no thread".into()), now_ms)),
            }
        }
    }

    /// The thread's next answer, if there is one. Some: what people are to be told, or nothing.
    fn take_answer(&mut self, now_ms: u64) -> Option<Option<String>> {
        let answer = self.disk.as_mut()?.answer()?;
        let result = answer.result.map(drop);
        Some(self.store.answered(answer.token, result, now_ms))
    }

    /// Waits until the thread has done all that was asked of it, but not for ever.
    fn drain(&mut self, longest: Duration, now_ms: u64) {
        let end = Instant::now() + longest;
        self.hand_over(now_ms);
        loop {
            while self.take_answer(now_ms).is_some() {}
            let left = end.saturating_duration_since(Instant::now());
            let Some(disk) = self.disk.as_ref().filter(|_| !self.store.is_idle()) else {
                return;
            };
            // An error of the poll ends the waiting, which is all that there is to do here.
            if left.is_zero() || poll::readable_within(disk.fd(), left).is_err() {
                return;
            }
        }
    }
}

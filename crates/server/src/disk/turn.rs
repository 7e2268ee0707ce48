//! What the loop does for the disk: it hands over what is due, and waits for the thread at the end only.

use std::os::fd::AsFd;
use std::time::Duration;

use outlast_core::Event;
use outlast_core::event::Now;
use outlast_core::save::Entry;
use outlast_sys::poll::Interest;

use super::load;
use crate::notes::Note;
use crate::server::{KEEP, Server};

/// At SIGTERM the state must be on disk; a disk that takes longer than this has failed.
const LAST_WRITE: Duration = Duration::from_secs(5);
/// Deleting takes no time on a disk that works.
const LAST_WIPE: Duration = Duration::from_secs(2);
/// When all programs have been ended by signals it may be the machine that ends: its SIGTERM for us comes as soon.
const SAME_SIGNAL: Duration = Duration::from_millis(50);

impl Server {
    /// Reads what a former server has left, to be restored when the first client comes.
    pub(crate) fn restore(&mut self) {
        let Some(place) = self.store.place.clone() else {
            return;
        };
        if let Some(saved) = load::load(&place, self.store.boot_id()) {
            self.core.restore_later(saved);
        }
    }

    /// A server has taken over from one that died: what is on disk is written anew, and what was to be away is.
    pub(crate) fn keep_again(&mut self, leaving: &[(u32, bool)], now: Now) {
        if self.core.is_restoring() {
            self.restore();
        }
        self.store.go_on(&self.core, leaving, now.ms);
    }

    /// For the journal: the panes whose text on disk is to be away.
    pub(crate) fn leaving(&self) -> Entry {
        Note::Leaving {
            panes: self.store.leaving().collect(),
        }
        .entry()
    }

    /// Hands over what is due.
    pub(crate) fn keep(&mut self, now: Now) {
        let typing = self.eager.is_typing(now.ms);
        self.store.step(&mut self.core, now, typing);
        self.store.hand_over(now.ms);
        // The thread may have been started by whatever else there was to do.
        if !self.store.is_heard
            && let Some(fd) = self.store.fd()
        {
            self.store.is_heard = self.poll.add(fd, KEEP, Interest::IN).is_ok();
        }
    }

    /// Takes what the thread has to say.
    pub(crate) fn take_kept(&mut self, now: Now) {
        while let Some(said) = self.store.take_answer(now.ms) {
            if let Some(text) = said {
                self.core.notice(&text);
                self.uncommitted = true;
            }
        }
    }

    /// SIGTERM: panes end as in tmux, but what they are is kept for the next start. The machine may be shutting down.
    pub(crate) fn terminate(&mut self, now: Now) {
        if !self.store.terminated() && self.store.is_on() {
            self.store.drain(LAST_WRITE, now.ms);
            self.store.write_all(&mut self.core, now);
            self.store.drain(LAST_WRITE, now.ms);
        }
        self.core.handle(now, Event::Terminate, &mut self.effects);
    }

    /// The server ends. Unless it was told so by a signal, its sessions have ended for good.
    pub(crate) fn end_state(&mut self, now: Now) {
        let store = &mut self.store;
        if store.terminated() || !store.on_disk() {
            return;
        }
        if store.exited_ms().is_some()
            && outlast_sys::poll::readable_within(self.signals.as_fd(), SAME_SIGNAL)
                .is_ok_and(|readable| readable)
        {
            while let Some(number) = self.signals.next_signal() {
                if number == outlast_sys::signal::SIGTERM {
                    return;
                }
            }
        }
        store.forget_all(false);
        store.drain(LAST_WIPE, now.ms);
    }
}

//! What the loop does for the disk: it notes what changes, hands over what is due, and waits for the thread at the end only.

use std::os::fd::AsFd;
use std::time::Duration;

use outlast_core::event::Now;
use outlast_core::model::pane::PaneOp;
use outlast_core::save::{Entry, decode_op};
use outlast_core::{Core, Event, PaneId};
use outlast_sys::poll::Interest;
use outlast_term::Op;

use super::text::{PaneText, Taken};
use super::work::Keep;
use super::{SAME_END_MS, SETTLE_MS, Sent, Store, load};
use crate::server::{KEEP, Server};

/// At SIGTERM the state must be on disk; a disk that takes longer than this has failed.
const LAST_WRITE: Duration = Duration::from_secs(5);
/// Deleting takes no time on a disk that works.
const LAST_WIPE: Duration = Duration::from_secs(2);
/// When all programs have been ended by signals it may be the machine that ends: its SIGTERM for us comes as soon.
const SAME_SIGNAL: Duration = Duration::from_millis(50);
/// A pane's text has at least this room, however many panes there are.
const PANE_MOST: u64 = 64 * 1024;

impl Store {
    /// A turn is in the journal.
    pub(crate) fn committed(&mut self, entries: &[Entry], now_ms: u64) {
        if self.place.is_none() {
            return;
        }
        for entry in entries {
            match entry {
                Entry::Section(key, _) => {
                    if let Some(key) = Core::disk_key(key) {
                        if !self.keys.contains(key) {
                            self.keys.insert(key.to_string());
                        }
                        self.keys_due.get_or_insert(now_ms + SETTLE_MS);
                    }
                }
                Entry::Op(pane, _, bytes) => {
                    let pane = PaneId(*pane);
                    self.changed(pane, 0, now_ms);
                    let op = decode_op(bytes).map(|(_, op)| op);
                    if op == Some(PaneOp::Term(Op::ClearHistory))
                        && let Some(text) = self.panes.get_mut(&pane)
                    {
                        text.cleared();
                    }
                }
                _ => {}
            }
        }
    }

    fn changed(&mut self, pane: PaneId, bytes: usize, now_ms: u64) {
        self.panes.entry(pane).or_default().changed(bytes, now_ms);
        self.waiting.insert(pane);
    }

    /// Output has been handled.
    pub(crate) fn heard(&mut self, core: &Core, pane: PaneId, bytes: usize, now_ms: u64) {
        if self.place.is_none() {
            return;
        }
        self.changed(pane, bytes, now_ms);
        if let (Some(text), Some(terminal)) = (self.panes.get_mut(&pane), core.terminal(pane)) {
            text.see(terminal);
        }
    }

    /// A pane's program has ended.
    pub(crate) fn exited(&mut self, pane: PaneId, now_ms: u64) {
        self.exited.insert(pane);
        self.exited_ms = Some(now_ms);
    }

    /// A pane is gone. What a person ends is deleted; what ends by itself is kept for some days.
    pub(crate) fn forgotten(&mut self, pane: PaneId) {
        self.waiting.remove(&pane);
        let Some(text) = self.panes.remove(&pane) else {
            return;
        };
        if self
            .taking
            .as_ref()
            .is_some_and(|taking| taking.pane == pane)
        {
            self.taking = None;
        }
        if self.terminated || !text.on_disk {
            return;
        }
        let pane_number = pane.0;
        let keep = if self.exited.contains(&pane) {
            Keep::End { pane: pane_number }
        } else {
            Keep::Drop { pane: pane_number }
        };
        self.send(Sent::Other, keep);
    }

    /// Nothing of what a former server knew about the files is known.
    fn know_nothing(&mut self, core: &Core, now_ms: u64) {
        for pane in core.pane_ids() {
            self.panes.insert(pane, PaneText::unknown(now_ms));
            self.waiting.insert(pane);
        }
        self.keys.extend(core.disk_sections().into_keys());
        self.buffers_changed = true;
        self.keys_due = Some(now_ms + SETTLE_MS);
    }

    /// One bounded piece of what is due.
    fn step(&mut self, core: &mut Core, now_ms: u64, typing: bool) {
        self.exited.clear();
        if self
            .failure
            .is_some_and(|failure| failure.retry_ms > now_ms)
        {
            // What has been taken of a text would be old by then.
            if let Some(taking) = self.taking.take()
                && let Some(text) = self.panes.get_mut(&taking.pane)
            {
                text.failed(now_ms);
                self.waiting.insert(taking.pane);
            }
            return;
        }
        if self.keys_due.is_some_and(|due| due <= now_ms) {
            self.check(core, now_ms);
        }
        let sections_due = self.sections_due.is_some_and(|due| due <= now_ms);
        if sections_due && !self.is_under_way(Sent::Sections) && core.keeps_state() {
            self.write_sections(core);
        }
        if self.taking.is_none() {
            self.begin_text(core, now_ms);
        }
        self.go_on(core, typing);
    }

    /// Begins with a pane whose text is due.
    fn begin_text(&mut self, core: &mut Core, now_ms: u64) {
        // The one that has waited longest: floods, due every second, must not keep the others waiting.
        let due = |pane: PaneId| match self.panes.get(&pane) {
            None => Some((0, pane)),
            Some(text) => Some((text.due()?, pane)),
        };
        let next = self.waiting.iter().filter_map(|pane| due(*pane)).min();
        let Some((_, pane)) = next.filter(|(due, _)| *due <= now_ms) else {
            return;
        };
        self.begin(core, pane, now_ms);
    }

    fn begin(&mut self, core: &mut Core, pane: PaneId, now_ms: u64) {
        self.waiting.remove(&pane);
        let wanted = core.keeps_state() && core.keeps_text(pane);
        if wanted && core.look_at(pane) {
            self.keys.insert(format!("pane/{}", pane.0));
            self.keys_due = Some(now_ms);
        }
        let panes = core.pane_ids().len().max(8) as u64;
        let most = (core.disk_limit() / panes).max(PANE_MOST.min(core.disk_limit()));
        let (Some(text), Some(terminal)) = (self.panes.get_mut(&pane), core.terminal(pane)) else {
            return;
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let taking = text.take(pane, terminal, most, now_ms);
        if !wanted || most == 0 {
            if std::mem::take(text).on_disk {
                self.send(Sent::Other, Keep::Drop { pane: pane.0 });
            }
            return;
        }
        self.taking = Some(taking);
    }

    /// Goes on with the text that is being taken.
    fn go_on(&mut self, core: &Core, typing: bool) {
        let Some(taking) = &mut self.taking else {
            return;
        };
        let pane = taking.pane;
        let Some(terminal) = core.terminal(pane) else {
            self.taking = None;
            return;
        };
        if !taking.step(terminal, typing) {
            return;
        }
        let (Some(taking), Some(text)) = (self.taking.take(), self.panes.get_mut(&pane)) else {
            return;
        };
        let pane = pane.0;
        let keep = match text.taken(taking, terminal) {
            Taken::Rewrite(bytes) => Keep::Rewrite { pane, bytes },
            Taken::Append(bytes) => Keep::Append { pane, bytes },
            Taken::Nothing => return,
        };
        self.send(Sent::Text(PaneId(pane)), keep);
    }

    /// Writes all that is not on disk, and waits for it.
    fn write_all(&mut self, core: &mut Core, now_ms: u64) {
        while self.taking.is_some() {
            self.go_on(core, false);
        }
        self.drain(LAST_WRITE);
        // What ended a moment ago ended of the same: the sections that are on disk know it still.
        let ends = self.exited_ms.is_some_and(|ms| ms + SAME_END_MS > now_ms);
        for pane in core.pane_ids() {
            if core.look_at(pane) || self.waiting.contains(&pane) {
                self.begin(core, pane, now_ms);
                while self.taking.is_some() {
                    self.go_on(core, false);
                }
            }
        }
        if core.keeps_state() && (!ends || self.first) {
            self.write_sections(core);
        }
        self.drain(LAST_WRITE);
    }
}

impl Server {
    /// Reads what a former server has left, to be restored when the first client comes.
    pub(crate) fn restore(&mut self) {
        let Some(place) = self.store.place.clone() else {
            return;
        };
        if let Some(saved) = load::load(&place, &self.store.boot.id) {
            self.core.restore_later(saved);
        }
    }

    /// A server has taken over from one that died: what is on disk is written anew.
    pub(crate) fn keep_again(&mut self, now: Now) {
        if self.core.is_restoring() {
            self.restore();
        }
        if self.store.place.is_some() {
            self.store.know_nothing(&self.core, now.ms);
        }
    }

    /// Hands over what is due.
    pub(crate) fn keep(&mut self, now: Now) {
        let typing = self.eager.is_typing(now.ms);
        self.store.step(&mut self.core, now.ms, typing);
        // The thread may have been started by whatever else there was to do, a pane's file to be deleted.
        if !self.store.is_heard
            && let Some(fd) = self.store.fd()
        {
            self.store.is_heard = self.poll.add(fd, KEEP, Interest::IN).is_ok();
        }
    }

    /// Takes what the thread has to say.
    pub(crate) fn take_kept(&mut self, now: Now) {
        while let Some(answer) = self
            .store
            .disk
            .as_mut()
            .and_then(crate::files::Disk::answer)
        {
            if let Some(text) = self.store.answered(answer, now.ms) {
                self.core.notice(&text);
                self.uncommitted = true;
            }
        }
    }

    /// SIGTERM: panes end as in tmux, but what they are is kept for the next start. The machine may be shutting down.
    pub(crate) fn terminate(&mut self, now: Now) {
        if !self.store.terminated && self.store.place.is_some() {
            self.store.terminated = true;
            self.store.write_all(&mut self.core, now.ms);
        }
        self.core.handle(now, Event::Terminate, &mut self.effects);
    }

    /// The server ends. Unless it was told so by a signal, its sessions have ended for good.
    pub(crate) fn end_state(&mut self) {
        let store = &mut self.store;
        if store.terminated || !store.on_disk {
            return;
        }
        if store.exited_ms.is_some()
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
        store.drain(LAST_WIPE);
    }
}

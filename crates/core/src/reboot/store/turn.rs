//! What a turn tells the store, and the bounded piece of work that the store does in a turn.

use outlast_term::Op;

use super::text::{PaneText, Taken};
use super::work::{Keep, Sent};
use super::{EventFile, PANE_MOST, SAME_END_MS, SETTLE_MS, Store};
use crate::Core;
use crate::event::Now;
use crate::model::ids::PaneId;
use crate::model::pane::PaneOp;
use crate::save::{EVENT, Entry, decode_op};

impl Store {
    /// A turn is in the journal.
    pub fn committed(&mut self, entries: &[Entry], now_ms: u64) {
        if !self.is_on() {
            return;
        }
        for entry in entries {
            match entry {
                Entry::Section(key, _) => {
                    if key.starts_with(EVENT) {
                        self.events.due.get_or_insert(now_ms + SETTLE_MS);
                    }
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
                    let Some(text) = self.panes.get_mut(&pane) else {
                        continue;
                    };
                    match decode_op(bytes) {
                        Some((_, PaneOp::Term(Op::ClearHistory))) => text.cleared(),
                        Some((_, PaneOp::Kept(_))) => text.on_disk = true,
                        _ => {}
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
    pub fn heard(&mut self, core: &Core, pane: PaneId, bytes: usize, now_ms: u64) {
        if !self.is_on() {
            return;
        }
        self.changed(pane, bytes, now_ms);
        if let (Some(text), Some(terminal)) = (self.panes.get_mut(&pane), core.terminal(pane)) {
            text.see(terminal);
        }
    }

    /// A pane's program has ended.
    pub fn exited(&mut self, pane: PaneId, now_ms: u64) {
        self.exited.insert(pane);
        self.exited_ms = Some(now_ms);
    }

    /// A pane is gone. What a person ends is deleted; what ends by itself is kept for some days.
    pub fn forgotten(&mut self, pane: PaneId) {
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
            self.leaving.remove(&pane.0);
            return;
        }
        self.send_gone(pane.0, !self.exited.contains(&pane));
    }

    /// A pane's text is to be away.
    fn send_gone(&mut self, pane: u32, killed: bool) {
        self.leaving.insert(pane, killed);
        self.send_away(match killed {
            true => Keep::Drop { pane },
            false => Keep::End { pane },
        });
    }

    /// A pane is about to go. True: the journal is to be told first, by [`Store::leaving`].
    pub fn will_forget(&mut self, pane: PaneId) -> bool {
        if !self.is_on() || self.terminated || !self.panes.contains_key(&pane) {
            return false;
        }
        let killed = !self.exited.contains(&pane);
        self.leaving.insert(pane.0, killed) != Some(killed)
    }

    /// This server goes on for one that died: nothing of what that knew about the files is known but the panes that were
    /// leaving.
    pub fn go_on(&mut self, core: &Core, leaving: &[(u32, bool)], now_ms: u64) {
        if !self.is_on() {
            return;
        }
        for (pane, killed) in leaving {
            if core.terminal(PaneId(*pane)).is_none() {
                self.send_gone(*pane, *killed);
            }
        }
        for pane in core.pane_ids() {
            self.panes.insert(pane, PaneText::unknown(now_ms));
            self.waiting.insert(pane);
        }
        // At once, or a server that dies again and again would never come to it; and no generation each time.
        self.keys.extend(core.disk_sections().into_keys());
        self.buffers_changed = true;
        self.keys_due = Some(now_ms);
        self.events.due = Some(now_ms);
        self.goes_on = true;
    }

    /// One bounded piece of what is due.
    pub fn step(&mut self, core: &mut Core, now: Now, typing: bool) {
        let now_ms = now.ms;
        self.exited.clear();
        self.try_undone(now_ms);
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
        if sections_due && !core.keeps_state() {
            self.sections_due = None;
        } else if sections_due && !self.is_under_way(&Sent::Sections) {
            self.write_sections(core, now.unix);
        }
        if self.events.due.is_some_and(|due| due <= now_ms) {
            match core.keeps_state() {
                // The next one is told of when there is a session again.
                false => self.events = EventFile::default(),
                true if self.is_under_way(&Sent::Events) => {}
                true => self.write_events(core),
            }
        }
        if self.taking.is_none() {
            self.begin_text(core, now_ms);
        }
        self.go_on_taking(core, typing);
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
        if core.wants_text(pane) {
            // What is on disk is nowhere else.
            if let Some(text) = self.panes.get_mut(&pane) {
                text.put_off(now_ms);
                self.waiting.insert(pane);
            }
            return;
        }
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
                self.send_away(Keep::Drop { pane: pane.0 });
            }
            return;
        }
        self.taking = Some(taking);
    }

    /// Goes on with the text that is being taken.
    fn go_on_taking(&mut self, core: &Core, typing: bool) {
        let Some(taking) = &mut self.taking else {
            return;
        };
        let pane = taking.pane;
        let Some(terminal) = core.terminal(pane) else {
            self.taking = None;
            return;
        };
        let marks = core.run_marks(pane);
        if !taking.step(terminal, marks, typing) {
            return;
        }
        let (Some(taking), Some(text)) = (self.taking.take(), self.panes.get_mut(&pane)) else {
            return;
        };
        let pane = pane.0;
        let keep = match text.taken(taking, terminal, marks) {
            Taken::Rewrite { bytes, cleared } => Keep::Rewrite {
                pane,
                bytes,
                cleared,
            },
            Taken::Append(bytes) => Keep::Append { pane, bytes },
            Taken::Nothing => return,
        };
        self.send(Sent::Text(PaneId(pane)), keep);
    }

    /// Takes all that is not on disk at once, texts first: the machine may be going down. To be called when all that was
    /// handed out before is done.
    pub fn write_all(&mut self, core: &mut Core, now: Now) {
        self.terminated = true;
        if let Some(taking) = self.taking.take()
            && let Some(text) = self.panes.get_mut(&taking.pane)
        {
            text.failed(now.ms);
            self.waiting.insert(taking.pane);
        }
        // What ended a moment ago ended of the same: the sections that are on disk know it still.
        let ends = self.exited_ms.is_some_and(|ms| ms + SAME_END_MS > now.ms);
        for pane in core.pane_ids() {
            if core.look_at(pane) || self.waiting.contains(&pane) {
                self.begin(core, pane, now.ms);
                while self.taking.is_some() {
                    self.go_on_taking(core, false);
                }
            }
        }
        if core.keeps_state() && (!ends || self.first) {
            self.write_sections(core, now.unix);
        }
        if core.keeps_state() && self.events.due.is_some() {
            self.write_events(core);
        }
    }
}

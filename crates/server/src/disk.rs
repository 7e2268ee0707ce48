//! What is kept on disk for the time after a reboot, and when it is written.
//!
//! | file | question |
//! |---|---|
//! | [`place`] | where |
//! | [`work`] | how are files written, by a thread of their own |
//! | [`load`] | what is read at the start |
//! | [`text`] | how does a pane's text get there, a bounded piece per turn |
//! | [`turn`] | what does the loop do for it |
//!
//! The sections (`state`, `buffers`) are written a second after they have changed, titles and the like ten seconds after.
//! A pane's text is written eight seconds after the first output that is not there, or when 256 KiB of output wait, but not
//! more than once a second. While nothing changes nothing is due, and the thread is started when there is first
//! something to write. At most one piece of work per pane and file is under way, which bounds the queue.

mod load;
pub mod place;
mod text;
mod turn;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use outlast_core::reboot::Boot;
use outlast_core::{Core, PaneId};
use outlast_sys::{clock, poll, process};

use crate::files::{Answer, Disk};
use place::Place;
use text::{PaneText, Taking};
use work::{Job, Keep};

/// From a change to its writing.
const SETTLE_MS: u64 = 1000;
/// The same for what programs change as often as they like.
const CALM_MS: u64 = 10_000;
/// After a failure it is tried again after this, doubled each time.
const RETRY_MS: u64 = 5_000;
const RETRY_MAX_MS: u64 = 300_000;
/// Panes that ended so shortly before SIGTERM ended because of the same shutdown.
const SAME_END_MS: u64 = 2000;

/// What is under way in the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Sections,
    Buffers,
    Text(PaneId),
    Other,
}

/// Writing has failed.
#[derive(Clone, Copy, Debug)]
struct Failure {
    retry_ms: u64,
    wait_ms: u64,
}

/// What is kept, and what is still to be written.
pub struct Store {
    place: Option<Arc<Place>>,
    disk: Option<Disk<Job>>,
    /// The loop waits for what the thread has to say.
    is_heard: bool,
    boot: Boot,
    /// Sections that have changed since they were looked at.
    keys: BTreeSet<String>,
    keys_due: Option<u64>,
    /// Of the sections as they were looked at last: without what is left to calmer times, and whole.
    hashes: BTreeMap<String, (u64, u64)>,
    sections_due: Option<u64>,
    buffers_changed: bool,
    panes: BTreeMap<PaneId, PaneText>,
    /// Panes whose text has changed.
    waiting: BTreeSet<PaneId>,
    taking: Option<Taking>,
    under_way: BTreeMap<u64, Sent>,
    next_token: u64,
    failure: Option<Failure>,
    /// There may be files.
    on_disk: bool,
    /// This server has not written its sections yet: the former ones become a generation.
    first: bool,
    /// Panes whose program has ended in this turn.
    exited: BTreeSet<PaneId>,
    exited_ms: Option<u64>,
    terminated: bool,
}

fn hash(text: Option<&[u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match text {
        Some(text) => hasher.write(text),
        None => return 0,
    }
    hasher.finish() | 1
}

impl Store {
    /// For the server of this socket.
    pub fn new(socket: &str) -> Store {
        let place = Place::of(socket).map(Arc::new);
        let on_disk = place.as_ref().is_some_and(|place| place.has_state());
        Store {
            place,
            disk: None,
            is_heard: false,
            boot: Boot {
                id: process::boot_id(),
                socket: socket.to_string(),
                ..Boot::default()
            },
            keys: BTreeSet::new(),
            keys_due: None,
            hashes: BTreeMap::new(),
            sections_due: None,
            buffers_changed: false,
            panes: BTreeMap::new(),
            waiting: BTreeSet::new(),
            taking: None,
            under_way: BTreeMap::new(),
            next_token: 0,
            failure: None,
            on_disk,
            first: true,
            exited: BTreeSet::new(),
            exited_ms: None,
            terminated: false,
        }
    }

    /// What becomes readable when the thread has done something.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.disk.as_ref().map(Disk::fd)
    }

    /// Something is to be done at once.
    pub fn is_busy(&self) -> bool {
        self.taking.is_some()
    }

    /// When something is to be done; None: nothing is.
    pub fn due(&self) -> Option<u64> {
        let texts = self
            .waiting
            .iter()
            .filter_map(|pane| self.panes.get(pane)?.due());
        let sections = self
            .sections_due
            .filter(|_| !self.is_under_way(Sent::Sections));
        let due = texts.chain(self.keys_due).chain(sections).min()?;
        Some(match self.failure {
            Some(failure) => due.max(failure.retry_ms),
            None => due,
        })
    }

    fn is_under_way(&self, sent: Sent) -> bool {
        self.under_way.values().any(|other| *other == sent)
    }

    /// Hands work to the thread, which is started if need be. False: there is no thread to be had.
    fn send(&mut self, sent: Sent, keep: Keep) -> bool {
        let Some(place) = &self.place else {
            return false;
        };
        if self.disk.is_none() {
            self.disk = Disk::with("outlast-state", work::perform).ok();
        }
        let Some(disk) = &mut self.disk else {
            return false;
        };
        self.next_token += 1;
        self.under_way.insert(self.next_token, sent);
        let place = place.clone();
        disk.request(self.next_token, Job { place, keep });
        true
    }

    /// Looks at what has changed: what of it is to be written, and when.
    fn check(&mut self, core: &Core, now_ms: u64) {
        if !core.is_configured() {
            self.keys_due = None;
            return;
        }
        self.keys_due = None;
        let keys = std::mem::take(&mut self.keys);
        if !core.keeps_state() {
            if self.on_disk {
                self.forget_all(core.keeps_nothing());
            }
            return;
        }
        for key in keys {
            let whole = core.disk_section(&key, false);
            let full = hash(whole.as_deref());
            let calm = if key.starts_with("pane/") {
                hash(core.disk_section(&key, true).as_deref())
            } else {
                full
            };
            let before = self.hashes.insert(key.clone(), (calm, full));
            if before == Some((calm, full)) {
                continue;
            }
            if whole.is_none() {
                self.hashes.remove(&key);
            }
            if key.starts_with("buffer/") {
                self.buffers_changed = true;
            }
            let same = before.is_some_and(|(before, _)| before == calm);
            let due = if same { now_ms + CALM_MS } else { now_ms };
            self.sections_due = Some(self.sections_due.map_or(due, |before| before.min(due)));
        }
        self.drop_unwanted(core);
    }

    /// Texts that shall not be kept any more go.
    fn drop_unwanted(&mut self, core: &Core) {
        let unwanted: Vec<PaneId> = self
            .panes
            .iter()
            .filter(|(pane, text)| text.on_disk && !core.keeps_text(**pane))
            .map(|(pane, _)| *pane)
            .collect();
        for pane in unwanted {
            self.panes.insert(pane, PaneText::default());
            self.waiting.remove(&pane);
            self.send(Sent::Other, Keep::Drop { pane: pane.0 });
        }
    }

    /// Nothing is kept any more: there are no sessions, or a person has turned it off.
    fn forget_all(&mut self, everything: bool) {
        self.on_disk = false;
        self.taking = None;
        self.hashes.clear();
        self.waiting.clear();
        self.sections_due = None;
        for text in self.panes.values_mut() {
            *text = PaneText::default();
        }
        self.send(Sent::Other, Keep::Wipe { everything });
    }

    fn write_sections(&mut self, core: &Core) {
        self.sections_due = None;
        let mut sections = core.disk_sections();
        self.boot.unix = clock::unix_seconds();
        self.boot.terminated = self.terminated;
        self.boot.put(&mut sections);
        let rotate = std::mem::replace(&mut self.first, false);
        if rotate {
            let panes = core.pane_ids().iter().map(|pane| pane.0).collect();
            self.send(Sent::Other, Keep::Sweep { panes });
        }
        self.on_disk = true;
        self.send(
            Sent::Sections,
            Keep::Sections {
                sections,
                rotate,
                ended_days: core.disk_ended_days(),
                ended_bytes: core.disk_limit() / 4,
            },
        );
        if std::mem::take(&mut self.buffers_changed) {
            self.send(Sent::Buffers, Keep::Buffers(core.disk_buffers()));
        }
    }

    /// The thread's next answer, if there is one. Some: what people are to be told.
    fn answered(&mut self, answer: Answer, now_ms: u64) -> Option<String> {
        let sent = self.under_way.remove(&answer.token)?;
        if let Sent::Text(pane) = sent
            && let Some(text) = self.panes.get_mut(&pane)
        {
            text.busy = false;
        }
        let Err(error) = answer.result else {
            return self
                .failure
                .take()
                .map(|_| "the state is kept on disk again".to_string());
        };
        match sent {
            Sent::Sections => self.sections_due = Some(now_ms),
            Sent::Buffers => {
                self.buffers_changed = true;
                self.sections_due = Some(now_ms);
            }
            Sent::Text(pane) => {
                if let Some(text) = self.panes.get_mut(&pane) {
                    text.failed(now_ms);
                    self.waiting.insert(pane);
                }
            }
            Sent::Other => {}
        }
        let before = self.failure;
        let wait_ms = before.map_or(RETRY_MS, |failure| failure.wait_ms);
        if before.is_none_or(|failure| failure.retry_ms <= now_ms) {
            self.failure = Some(Failure {
                retry_ms: now_ms + wait_ms,
                wait_ms: (wait_ms * 2).min(RETRY_MAX_MS),
            });
        }
        let directory = self.place.as_ref().map(|place| place.shown());
        before.is_none().then(|| {
            format!(
                "nothing is kept for a reboot just now: {error} ({}); it is tried again",
                directory.unwrap_or_default()
            )
        })
    }

    /// Waits until the thread has done all that was asked of it, but not for ever.
    fn drain(&mut self, longest: Duration) {
        let end = Instant::now() + longest;
        let Some(disk) = &mut self.disk else { return };
        while !self.under_way.is_empty() {
            while let Some(answer) = disk.answer() {
                self.under_way.remove(&answer.token);
            }
            let left = end.saturating_duration_since(Instant::now());
            if self.under_way.is_empty() || left.is_zero() {
                return;
            }
            // An error of the poll ends the waiting, which is all that there is to do here.
            if poll::readable_within(disk.fd(), left).is_err() {
                return;
            }
        }
    }
}

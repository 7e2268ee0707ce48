//! What is kept for the time after a reboot, and when it is written. Pure: the work is handed out, somebody does it and
//! answers.
//!
//! The sections (`state`, `buffers`) are written a second after they have changed, titles and the like ten seconds after.
//! A pane's text is written eight seconds after the first output that is not there, or when 256 KiB of output wait, but not
//! more than once a second. While nothing changes nothing is due. At most one piece of work per pane and file is under
//! way, which bounds the queue.
//!
//! What is to be away is tried until it is, by the next server too: who leaves is in the journal from before it is
//! carried out until it has been ([`Store::leaving`]).

mod text;
mod turn;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

use outlast_agent::log::BYTES_MOST;
pub use text::whole_text;
pub use work::Keep;

use super::Boot;
use crate::Core;
use crate::model::ids::PaneId;
use text::{PaneText, Taking};
use work::{Sent, Undone};

/// From a change to its writing.
const SETTLE_MS: u64 = 1000;
/// The same for what programs change as often as they like.
const CALM_MS: u64 = 10_000;
/// After a failure it is tried again after this, doubled each time.
const RETRY_MS: u64 = 5_000;
const RETRY_MAX_MS: u64 = 300_000;
/// Panes that ended so shortly before SIGTERM ended because of the same shutdown.
const SAME_END_MS: u64 = 2000;
/// A pane's text has at least this room, however many panes there are.
const PANE_MOST: u64 = 64 * 1024;

/// Writing has failed.
#[derive(Clone, Copy, Debug)]
struct Failure {
    retry_ms: u64,
    wait_ms: u64,
}

/// What the file of events has.
#[derive(Clone, Copy, Debug, Default)]
struct EventFile {
    /// All up to this number; 0: it is to be written anew.
    upto: u64,
    bytes: usize,
    due: Option<u64>,
}

/// Work that is to be done, in this order, and the number to answer it by.
pub type Work = Vec<(u64, Keep)>;

/// What is kept, and what is still to be written.
#[derive(Default)]
pub struct Store {
    /// Where it is kept, for people; None: nowhere.
    place: Option<String>,
    boot: Boot,
    /// Sections that have changed since they were looked at.
    keys: BTreeSet<String>,
    keys_due: Option<u64>,
    /// Of the sections as they were looked at last: without what is left to calmer times, and whole.
    hashes: BTreeMap<String, (u64, u64)>,
    sections_due: Option<u64>,
    buffers_changed: bool,
    events: EventFile,
    panes: BTreeMap<PaneId, PaneText>,
    /// Panes whose text has changed.
    waiting: BTreeSet<PaneId>,
    taking: Option<Taking>,
    work: Work,
    under_way: BTreeMap<u64, Sent>,
    next_token: u64,
    failure: Option<Failure>,
    undone: Undone,
    /// Panes that are gone and whose text is not away yet; true: by a person, so that it is not kept for some days.
    leaving: BTreeMap<u32, bool>,
    /// There may be files.
    on_disk: bool,
    /// This server has not written its sections yet: the former ones become a generation.
    first: bool,
    /// This server goes on for one that died.
    goes_on: bool,
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
    /// What is kept at a place (for people; None: nothing is kept), where there may be files from before. `boot` says
    /// who writes.
    pub fn new(place: Option<String>, on_disk: bool, boot: Boot) -> Store {
        Store {
            on_disk: on_disk && place.is_some(),
            place,
            boot,
            first: true,
            ..Store::default()
        }
    }

    /// The kernel's id of this boot of the machine.
    pub fn boot_id(&self) -> &str {
        &self.boot.id
    }

    /// Whether anything is kept at all.
    pub fn is_on(&self) -> bool {
        self.place.is_some()
    }

    /// Something is to be done at once.
    pub fn is_busy(&self) -> bool {
        self.taking.is_some()
    }

    /// Work has been handed out that was not answered.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether there may be files.
    pub fn on_disk(&self) -> bool {
        self.on_disk
    }

    /// It was told to end by a signal.
    pub fn terminated(&self) -> bool {
        self.terminated
    }

    /// When a program last ended.
    pub fn exited_ms(&self) -> Option<u64> {
        self.exited_ms
    }

    /// The work that is to be done.
    pub fn take_work(&mut self) -> Work {
        std::mem::take(&mut self.work)
    }

    /// Panes that are gone and whose text is not away yet, for the journal; true: it is deleted, not kept for some days.
    pub fn leaving(&self) -> impl Iterator<Item = (u32, bool)> {
        self.leaving.iter().map(|(pane, killed)| (*pane, *killed))
    }

    /// When something is to be done; None: nothing is.
    pub fn due(&self) -> Option<u64> {
        let texts = self
            .waiting
            .iter()
            .filter_map(|pane| self.panes.get(pane)?.due());
        let sections = self
            .sections_due
            .filter(|_| !self.is_under_way(&Sent::Sections));
        let events = self
            .events
            .due
            .filter(|_| !self.is_under_way(&Sent::Events));
        let due = texts
            .chain(self.keys_due)
            .chain(sections)
            .chain(events)
            .min();
        let due = due.map(|due| match self.failure {
            Some(failure) => due.max(failure.retry_ms),
            None => due,
        });
        let undone = (!self.undone.keeps.is_empty()).then_some(self.undone.retry_ms);
        due.into_iter().chain(undone).min()
    }

    fn is_under_way(&self, sent: &Sent) -> bool {
        self.under_way.values().any(|other| other == sent)
    }

    /// Hands work out.
    fn send(&mut self, sent: Sent, keep: Keep) {
        if self.place.is_some() {
            self.next_token += 1;
            self.under_way.insert(self.next_token, sent);
            self.work.push((self.next_token, keep));
        }
    }

    /// Hands out what takes something away.
    fn send_away(&mut self, keep: Keep) {
        self.send(Sent::Away(keep.clone()), keep);
    }

    /// Looks at what has changed: what of it is to be written, and when.
    fn check(&mut self, core: &Core, now_ms: u64) {
        self.keys_due = None;
        if !core.is_configured() {
            return;
        }
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
            self.send_away(Keep::Drop { pane: pane.0 });
        }
    }

    /// Nothing is kept any more: there are no sessions, or a person has turned it off.
    pub fn forget_all(&mut self, everything: bool) {
        self.on_disk = false;
        self.taking = None;
        self.hashes.clear();
        self.waiting.clear();
        self.sections_due = None;
        self.events = EventFile::default();
        for text in self.panes.values_mut() {
            *text = PaneText::default();
        }
        self.send_away(Keep::Wipe { everything });
    }

    /// Writes the events that the disk does not have: appended, or all when the file is twice as long as it may be.
    fn write_events(&mut self, core: &Core) {
        self.events.due = None;
        let mut bytes = core.disk_events(self.events.upto);
        let whole = self.events.upto == 0 || self.events.bytes + bytes.len() > 2 * BYTES_MOST;
        if whole {
            bytes = core.disk_events(0);
        }
        let before = if whole { 0 } else { self.events.bytes };
        self.events.bytes = before + bytes.len();
        self.events.upto = core.newest_event();
        self.send(Sent::Events, Keep::Events { bytes, whole });
    }

    fn write_sections(&mut self, core: &Core, unix: i64) {
        self.sections_due = None;
        let mut sections = core.disk_sections();
        self.boot.unix = unix;
        self.boot.terminated = self.terminated;
        self.boot.put(&mut sections);
        let first = std::mem::replace(&mut self.first, false);
        if first {
            // Those of panes that are leaving have their own way.
            let panes = core.pane_ids().into_iter().map(|pane| pane.0);
            let panes = panes.chain(self.leaving.keys().copied()).collect();
            self.send_away(Keep::Sweep { panes });
        }
        self.on_disk = true;
        self.send(
            Sent::Sections,
            Keep::Sections {
                sections,
                rotate: first && !self.goes_on,
                ended_days: core.disk_ended_days(),
                ended_bytes: core.disk_limit() / 4,
            },
        );
        if std::mem::take(&mut self.buffers_changed) {
            self.send(Sent::Buffers, Keep::Buffers(core.disk_buffers()));
        }
    }

    /// A piece of work is done, or why not. Some: what people are to be told.
    pub fn answered(
        &mut self,
        token: u64,
        result: Result<(), String>,
        now_ms: u64,
    ) -> Option<String> {
        let sent = self.under_way.remove(&token)?;
        if let Sent::Text(pane) = sent
            && let Some(text) = self.panes.get_mut(&pane)
        {
            text.busy = false;
        }
        match (sent, result) {
            (Sent::Away(keep), Ok(())) => {
                if let Keep::Drop { pane } | Keep::End { pane } = keep {
                    self.leaving.remove(&pane);
                }
                let waits = |sent: &Sent| matches!(sent, Sent::Away(_));
                if self.undone.keeps.is_empty() && !self.under_way.values().any(waits) {
                    self.undone = Undone::default();
                }
                if matches!(keep, Keep::Wipe { .. }) && self.on_disk {
                    // It came late: what has been written meanwhile went with it.
                    self.write_again(now_ms);
                }
                None
            }
            (Sent::Away(keep), Err(error)) => self.not_away(keep, &error, now_ms),
            (_, Ok(())) => self
                .failure
                .take()
                .map(|_| "the state is kept on disk again".to_string()),
            (sent, Err(error)) => self.not_written(&sent, &error, now_ms),
        }
    }

    /// Nothing of what the files have is known.
    fn write_again(&mut self, now_ms: u64) {
        self.buffers_changed = true;
        self.sections_due = Some(now_ms);
        self.events = EventFile {
            due: Some(now_ms),
            ..EventFile::default()
        };
        for (pane, text) in &mut self.panes {
            text.failed(now_ms);
            self.waiting.insert(*pane);
        }
    }

    fn not_away(&mut self, keep: Keep, error: &str, now_ms: u64) -> Option<String> {
        let undone = &mut self.undone;
        let before = undone.wait_ms;
        if undone.keeps.is_empty() {
            undone.wait_ms = match before {
                0 => RETRY_MS,
                ms => (ms * 2).min(RETRY_MAX_MS),
            };
            undone.retry_ms = now_ms + undone.wait_ms;
        }
        undone.keeps.push(keep);
        (before == 0).then(|| {
            format!(
                "what was to be deleted on disk is still there: {error} ({}); it is tried again",
                self.place.as_deref().unwrap_or_default()
            )
        })
    }

    fn not_written(&mut self, sent: &Sent, error: &str, now_ms: u64) -> Option<String> {
        match sent {
            Sent::Buffers => {
                self.buffers_changed = true;
                self.sections_due = Some(now_ms);
            }
            // How far it has come is not known.
            Sent::Events => {
                self.events = EventFile {
                    due: Some(now_ms),
                    ..EventFile::default()
                };
            }
            Sent::Text(pane) => {
                if let Some(text) = self.panes.get_mut(pane) {
                    text.failed(now_ms);
                    self.waiting.insert(*pane);
                }
            }
            Sent::Sections | Sent::Away(_) => self.sections_due = Some(now_ms),
        }
        let before = self.failure;
        let wait_ms = before.map_or(RETRY_MS, |failure| failure.wait_ms);
        if before.is_none_or(|failure| failure.retry_ms <= now_ms) {
            self.failure = Some(Failure {
                retry_ms: now_ms + wait_ms,
                wait_ms: (wait_ms * 2).min(RETRY_MAX_MS),
            });
        }
        before.is_none().then(|| {
            format!(
                "nothing is kept for a reboot just now: {error} ({}); it is tried again",
                self.place.as_deref().unwrap_or_default()
            )
        })
    }

    /// Tries again what is to be away. What has been written anew since needs it no more.
    fn try_undone(&mut self, now_ms: u64) {
        if self.undone.keeps.is_empty() || self.undone.retry_ms > now_ms {
            return;
        }
        for mut keep in std::mem::take(&mut self.undone.keeps) {
            if let Keep::Sweep { panes } = &mut keep {
                panes.extend(self.panes.keys().map(|pane| pane.0));
                panes.extend(self.leaving.keys());
            }
            let moot = match keep {
                Keep::Drop { pane } => self
                    .panes
                    .get(&PaneId(pane))
                    .is_some_and(|text| text.on_disk),
                _ => false,
            };
            if !moot {
                self.send_away(keep);
            }
        }
    }
}

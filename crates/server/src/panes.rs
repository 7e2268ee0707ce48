//! Panes as the loop sees them: rings, masters, checkpoints, and what waits between core and keeper.
//!
//! Output is handed to the core in place, a bounded slice per pane and turn. The ring's tail moves with checkpoints
//! only: what they do not cover is the redo log. Input goes into the input ring; what does not fit waits here, and is
//! in the journal until it has gone.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::effect::SpawnSpec;
use outlast_core::event::ExitStatus;
use outlast_core::save::Entry;
use outlast_sys::bell::ServerBells;
use outlast_sys::errno;
use outlast_sys::mem::MemFile;
use outlast_sys::pty;
use outlast_sys::ring::ServerRings;
use outlast_term::Size;
use outlast_wire::keeper::{self as wire, Kind, Status, ToKeeper};

use crate::checkpoint::{Checkpoint, Slots};
use crate::keeper::{Link, pane_number, tag};
use crate::probe::Facts;
use crate::spawn;
use crate::tape::{self, Recorded};

/// Output taken from one pane in one turn, so that a flood in one starves no other.
pub const BUDGET: u64 = 64 * 1024;
/// The same while somebody types: an echo waits for at most so much of a flood.
pub const TYPING_BUDGET: u64 = 8 * 1024;
/// Output that is no flood.
pub const SHORT: u64 = 2 * 1024;
/// A pane that has been quiet for so long is checkpointed, so that a recovery has little to read again.
pub const QUIET_MS: u64 = 1000;
/// Output of so much, said slowly, is checkpointed too, so that all of it goes onto the tapes.
const TAPE: u64 = tape::LOG_LEN as u64 * 3 / 4;
/// A client's typing is not taken while its pane has less room than this: one message always fits.
pub const ROOM: usize = 8 * 1024;

/// A program that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// Its output ends there.
    pub at: u64,
}

/// One pane's connection with the keeper.
pub struct PaneIo {
    /// Which.
    pub pane: PaneId,
    /// Which program of it.
    pub life: u32,
    /// The rings, once the keeper has made them.
    pub rings: Option<ServerRings>,
    master: Option<Rc<OwnedFd>>,
    /// Offset of the next byte for the core.
    pub at: u64,
    /// Its program has ended, which the core does not know yet.
    pub ended: Option<Ended>,
    /// Input that did not fit into the ring, and the absolute offset of its first byte.
    waiting: VecDeque<u8>,
    waiting_at: u64,
    slots: Option<Slots>,
    /// Offset that the last checkpoint covers.
    pub covered: u64,
    /// When that was taken, or later.
    pub covered_ms: u64,
    /// When output or an operation last came, if no checkpoint covers it.
    pub touched_ms: Option<u64>,
    size: Option<Size>,
    /// The keeper has been asked to hold it without a program.
    held: bool,
    /// Output from here on is needed by a reader that has not had it: the ring's tail stays there.
    needed: u64,
}

impl PaneIo {
    fn new(pane: PaneId, life: u32) -> PaneIo {
        PaneIo {
            pane,
            life,
            rings: None,
            master: None,
            at: 0,
            ended: None,
            waiting: VecDeque::new(),
            waiting_at: 0,
            slots: None,
            covered: 0,
            covered_ms: 0,
            touched_ms: None,
            size: None,
            held: false,
            needed: u64::MAX,
        }
    }

    /// Output is there that the core has not had.
    pub fn has_news(&self) -> bool {
        self.rings
            .as_ref()
            .is_some_and(|rings| rings.end() > self.at)
    }

    /// The ended program whose output has all been handled.
    pub fn take_ended(&mut self) -> Option<ExitStatus> {
        let ended = self.ended?;
        let all = self.at >= ended.at
            || self
                .rings
                .as_ref()
                .is_none_or(|rings| rings.eof() && self.at >= rings.end());
        all.then(|| {
            self.ended = None;
            ended.status
        })
    }

    /// Whether something is left to do: a checkpoint, or input that waits.
    fn is_busy(&self) -> bool {
        self.touched_ms.is_some() || self.at != self.covered || !self.waiting.is_empty()
    }

    /// Whether the ring fills up with what no checkpoint covers.
    pub fn is_filling(&self) -> bool {
        self.rings
            .as_ref()
            .is_some_and(|rings| self.at.saturating_sub(self.covered) >= rings.len() / 2)
    }

    /// Whether what no checkpoint covers will soon be more than a tape takes, which nothing but a flood is to do.
    pub fn fills_tape(&self, now_ms: u64) -> bool {
        let len = self.at.saturating_sub(self.covered);
        len >= TAPE && len <= tape::LOG_LEN as u64 && self.covered_ms + QUIET_MS <= now_ms
    }

    /// Puts a checkpoint of the terminal as it stands at `at` in force and lets the ring's tail follow. False: it
    /// could not be stored, everything is as it was.
    /// `records`: what came since the one before, for the tapes.
    pub fn store(
        &mut self,
        at: u64,
        bytes: &[u8],
        records: Option<&[u8]>,
        link: &Link,
        bells: &ServerBells,
    ) -> bool {
        let number = pane_number(self.pane);
        let checkpoint = Checkpoint { offset: at, bytes };
        match &mut self.slots {
            Some(slots) if slots.fits(bytes.len()) => slots.store(checkpoint, records),
            _ => {
                // New slots are deposited with a checkpoint in them. If the frame had to wait, the keeper might not
                // have it when we die, and the tail must not move.
                if !link.is_clear() {
                    return false;
                }
                let Ok((mut slots, file)) = Slots::create(bytes.len()) else {
                    return false;
                };
                if let Some(before) = &self.slots {
                    if let Some(latest) = before.latest() {
                        slots.store(latest, None);
                    }
                    slots.adopt(before);
                }
                slots.store(checkpoint, records);
                link.deposit(number, tag::CHECKPOINT, file.fd());
                if !link.is_clear() {
                    return false;
                }
                self.slots = Some(slots);
            }
        }
        self.covered = at;
        self.touched_ms = None;
        if let Some(rings) = &mut self.rings {
            rings.commit_tail(at.min(self.needed), bells);
        }
        true
    }

    /// The checkpoint that a former server left.
    pub fn checkpoint(&self) -> Option<Checkpoint<'_>> {
        self.slots.as_ref()?.latest()
    }

    /// A checkpoint of some time ago and the records up to the one in force; None: there is only that one.
    pub fn recorded(&self) -> Option<Recorded> {
        self.slots.as_ref()?.recorded()
    }

    /// Output in the ring that no checkpoint covers, up to `at`.
    pub fn uncovered(&self, at: u64) -> &[u8] {
        self.rings
            .as_ref()
            .map_or(&[], |rings| rings.slice(self.covered, at))
    }

    /// Absolute offset after all input so far, that which waits included.
    pub fn input_end(&self) -> u64 {
        let ring_end = self.rings.as_ref().map_or(0, ServerRings::input_end);
        if self.waiting.is_empty() {
            ring_end
        } else {
            self.waiting_at + self.waiting.len() as u64
        }
    }

    /// Takes input for the program.
    fn put(&mut self, bytes: &[u8], bells: &ServerBells) {
        let mut rest = bytes;
        if self.waiting.is_empty() {
            if let Some(rings) = &mut self.rings {
                rest = &rest[rings.push_input(rest, bells)..];
            }
            if rest.is_empty() {
                return;
            }
            self.waiting_at = self.rings.as_ref().map_or(0, ServerRings::input_end);
        }
        self.waiting.extend(rest);
    }

    /// Moves what waits into the ring, as far as there is room.
    fn feed(&mut self, bells: &ServerBells) {
        let Some(rings) = &mut self.rings else { return };
        while !self.waiting.is_empty() {
            let (front, _) = self.waiting.as_slices();
            let taken = rings.push_input(front, bells);
            if taken == 0 {
                return;
            }
            self.waiting.drain(..taken);
            self.waiting_at += taken as u64;
        }
        self.waiting.shrink_to(0);
    }

    /// The terminal, if what is typed there now comes after all that was to be typed before.
    fn direct(&self) -> Option<&OwnedFd> {
        let rings = self.rings.as_ref()?;
        let clear = self.waiting.is_empty()
            && rings.input_is_done()
            && !rings.eof()
            && self.ended.is_none();
        self.master.as_deref().filter(|_| clear)
    }

    /// Whether one more message of typed bytes has room.
    fn has_room(&self) -> bool {
        self.waiting.is_empty()
            && self
                .rings
                .as_ref()
                .is_none_or(|rings| rings.input_room() >= ROOM)
    }
}

/// All panes.
#[derive(Default)]
pub struct Panes {
    panes: BTreeMap<PaneId, PaneIo>,
    /// Those of whom something may be left to do: output that no checkpoint covers, input that waits.
    busy: BTreeSet<PaneId>,
    by_slot: HashMap<u16, PaneId>,
    /// Panes that may have news, in the order in which they are served.
    ready: VecDeque<PaneId>,
    /// Panes whose output waits for its share of the time.
    held: Vec<PaneId>,
}

impl Panes {
    /// By id.
    pub fn get_mut(&mut self, pane: PaneId) -> Option<&mut PaneIo> {
        let io = self.panes.get_mut(&pane)?;
        self.busy.insert(pane);
        Some(io)
    }

    /// By id.
    pub fn get(&self, pane: PaneId) -> Option<&PaneIo> {
        self.panes.get(&pane)
    }

    /// Keeps what readers need, by pane the offset of the next byte; for all others checkpoints alone count.
    pub fn hold_tails(&mut self, needs: &BTreeMap<PaneId, u64>, bells: &ServerBells) {
        for io in self.panes.values_mut() {
            let needed = needs.get(&io.pane).copied().unwrap_or(u64::MAX);
            if needed != io.needed {
                io.needed = needed;
                if let Some(rings) = &mut io.rings {
                    rings.commit_tail(io.covered.min(needed), bells);
                }
            }
        }
    }

    /// Those of whom something may be left to do. A turn looks at no others.
    pub fn busy(&self) -> impl Iterator<Item = &PaneIo> {
        self.busy.iter().filter_map(|pane| self.panes.get(pane))
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = &PaneIo> {
        self.panes.values()
    }

    fn entry(&mut self, pane: PaneId) -> &mut PaneIo {
        self.busy.insert(pane);
        self.panes
            .entry(pane)
            .or_insert_with(|| PaneIo::new(pane, 0))
    }

    /// The keeper has a pane, newly made or from before. Returns whether its rings could be mapped.
    pub fn attach(
        &mut self,
        found: &wire::Pane,
        pane: PaneId,
        mut fds: outlast_sys::fd_pass::Fds,
        facts: &Facts,
        bells: &ServerBells,
    ) -> io::Result<()> {
        // The kernel leaves out what the receiver has no number for.
        let none_left = || io::Error::from_raw_os_error(errno::EMFILE);
        let out = fds.next_fd().ok_or_else(none_left)?;
        let ctl = fds.next_fd().ok_or_else(none_left)?;
        let rings = ServerRings::map(found.slot, out, ctl)?;
        let master = fds.next_fd().map(Rc::new);
        {
            let mut facts = facts.borrow_mut();
            let facts = facts.entry(pane).or_default();
            facts.master = master.clone();
            facts.pid = found.pid;
        }
        self.by_slot.insert(found.slot, pane);
        let io = self.entry(pane);
        io.life = found.life;
        io.rings = Some(rings);
        io.master = master;
        io.ended = ended(found.status, found.exit_at);
        if let Some(size) = io.size {
            resize(io, size);
        }
        io.feed(bells);
        self.ring(pane);
        Ok(())
    }

    /// A deposit that a former server left.
    pub fn deposited(&mut self, pane: PaneId, tag: u16, file: MemFile, facts: &Facts) {
        match tag {
            tag::CHECKPOINT => self.entry(pane).slots = Slots::open(&file),
            tag::HISTORY => {
                facts.borrow_mut().entry(pane).or_default().history = Some(Rc::new(file))
            }
            _ => {}
        }
    }

    /// A bell rang for a slot. False: it is no pane's.
    pub fn rung(&mut self, slot: u16) -> bool {
        match self.by_slot.get(&slot).copied() {
            Some(pane) => {
                self.ring(pane);
                true
            }
            None => false,
        }
    }

    /// A pane is to be looked at.
    pub fn ring(&mut self, pane: PaneId) {
        if !self.ready.contains(&pane) {
            self.ready.push_back(pane);
        }
    }

    /// Panes to look at in this turn.
    pub fn take_ready(&mut self) -> VecDeque<PaneId> {
        for pane in std::mem::take(&mut self.held) {
            self.ring(pane);
        }
        std::mem::take(&mut self.ready)
    }

    /// A pane is to be looked at later; the loop says when.
    pub fn hold(&mut self, pane: PaneId) {
        self.held.push(pane);
    }

    /// Whether panes wait to be looked at later.
    pub fn any_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Bytes of output that wait for the core.
    pub fn backlog(&self, pane: PaneId) -> u64 {
        self.panes.get(&pane).map_or(0, |io| {
            let end = io.rings.as_ref().map_or(0, ServerRings::end);
            end.saturating_sub(io.at)
        })
    }

    /// Whether a pane is to be looked at at once.
    pub fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A program has ended.
    pub fn ended(&mut self, pane: PaneId, life: u32, status: Status, at: u64) {
        if let Some(io) = self.panes.get_mut(&pane)
            && io.life == life
        {
            io.ended = ended(status, at);
            self.ring(pane);
        }
    }

    /// Asks the keeper for a program.
    pub fn spawn(
        &mut self,
        pane: PaneId,
        life: u32,
        spec: &SpawnSpec,
        link: &Link,
        socket: &str,
    ) -> Result<(), String> {
        let own = PathBuf::from(std::env::args_os().next().unwrap_or_default());
        let mut spec = std::borrow::Cow::Borrowed(spec);
        if spec.path == outlast_core::effect::OWN {
            spec.to_mut().path = own.to_string_lossy().into_owned();
        }
        let limited = spawn::with_limits(&spec, &pane.0.to_string(), socket, &own);
        let description = spawn::describe(limited.as_ref().unwrap_or(&spec), 0)?;
        let io = self.entry(pane);
        let message = ToKeeper::Spawn {
            pane: pane_number(pane),
            life,
            kind: if spec.argv.is_empty() {
                Kind::Empty
            } else {
                Kind::Pty
            },
            cols: spec.cols,
            rows: spec.rows,
            // A respawned pane's rings go on: what was meant for the former program is dropped.
            input_from: io.input_end(),
        };
        link.send(&message, &[description.fd()]);
        Ok(())
    }

    /// The keeper is to hold what belongs to a pane without a program, if it does not do so already.
    pub fn hold_empty(&mut self, pane: PaneId, life: u32, facts: &Facts, link: &Link) {
        let io = self.entry(pane);
        if io.rings.is_some() || io.held {
            return;
        }
        io.held = true;
        let message = ToKeeper::Spawn {
            pane: pane_number(pane),
            life,
            kind: Kind::Empty,
            cols: 0,
            rows: 0,
            input_from: 0,
        };
        link.send(&message, &[]);
        let history = facts
            .borrow()
            .get(&pane)
            .and_then(|facts| facts.history.clone());
        if let Some(history) = history {
            link.deposit(pane_number(pane), tag::HISTORY, history.fd());
        }
    }

    /// Bytes for a program.
    pub fn write(&mut self, pane: PaneId, bytes: &[u8], bells: &ServerBells) {
        self.entry(pane).put(bytes, bells);
    }

    /// Input from the journal: what the ring does not have yet is put into it.
    pub fn rewrite(&mut self, pane: PaneId, at: u64, bytes: &[u8], bells: &ServerBells) {
        let io = self.entry(pane);
        let had = io.input_end().saturating_sub(at);
        if let Some(rest) = usize::try_from(had).ok().and_then(|had| bytes.get(had..)) {
            io.put(rest, bells);
        }
    }

    /// Moves waiting input on. True: some still waits.
    pub fn feed(&mut self, bells: &ServerBells) -> bool {
        let mut waits = false;
        let panes = &mut self.panes;
        self.busy.retain(|pane| {
            let Some(io) = panes.get_mut(pane) else {
                return false;
            };
            if !io.waiting.is_empty() {
                io.feed(bells);
                waits |= !io.waiting.is_empty();
            }
            io.is_busy()
        });
        waits
    }

    /// The terminal of a pane's program of this life, if what is typed there now comes after all that was to be typed
    /// before.
    pub fn direct(&self, pane: PaneId, life: u32) -> Option<&OwnedFd> {
        let io = self.panes.get(&pane).filter(|io| io.life == life)?;
        io.direct()
    }

    /// Whether what is typed for a pane may be taken.
    pub fn has_room(&self, pane: PaneId) -> bool {
        self.panes.get(&pane).is_none_or(PaneIo::has_room)
    }

    /// Sets the size of a pane's terminal.
    pub fn resize(&mut self, pane: PaneId, size: Size) {
        let io = self.entry(pane);
        io.size = Some(size);
        resize(io, size);
    }

    /// The pane is gone.
    pub fn forget(&mut self, pane: PaneId, facts: &Facts, link: &Link) {
        if let Some(io) = self.panes.remove(&pane)
            && let Some(rings) = &io.rings
        {
            self.by_slot.remove(&rings.slot());
        }
        self.ready.retain(|ready| *ready != pane);
        self.held.retain(|held| *held != pane);
        facts.borrow_mut().remove(&pane);
        link.send(
            &ToKeeper::Forget {
                pane: pane_number(pane),
            },
            &[],
        );
    }

    /// When the first pane will have been quiet for long enough to be checkpointed.
    pub fn quiet_at(&self) -> Option<u64> {
        self.busy()
            .filter_map(|io| io.touched_ms)
            .min()
            .map(|touched| touched + QUIET_MS)
    }

    /// Input that waits, for a compacted journal.
    pub fn waiting_input(&self, entries: &mut Vec<Entry>) {
        for io in self.busy().filter(|io| !io.waiting.is_empty()) {
            let bytes = io.waiting.iter().copied().collect();
            entries.push(Entry::Input(io.pane.0, io.waiting_at, bytes));
        }
    }
}

fn resize(io: &PaneIo, size: Size) {
    if let Some(master) = &io.master {
        // A terminal that has closed has no size; nobody is there to see it.
        let _ = pty::set_winsize(master.as_fd(), size.cols, size.rows);
    }
}

fn ended(status: Status, at: u64) -> Option<Ended> {
    exit_status(status).map(|status| Ended { status, at })
}

/// How a program ended; None while it runs.
pub fn exit_status(status: Status) -> Option<ExitStatus> {
    match status {
        Status::Running => None,
        Status::Code(code) => Some(ExitStatus::Code(code)),
        Status::Signal(signal) => Some(ExitStatus::Signal(signal)),
        Status::Unknown => Some(ExitStatus::Unknown),
    }
}

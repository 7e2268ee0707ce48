//! What is in the keeper's table, and what a server must be told of it. Pure: no descriptor but those that are kept
//! unseen for the server, no system call, no heap after [`Keeper::new`].
//!
//! Nothing is queued for a server that does not read: what it must be told is marked in the table and looked up when
//! the socket takes it ([`Keeper::next_notice`]). A new server is told the whole table first; its requests wait until
//! then. Only refusals stand in a queue, and when that is full no more requests are taken.

use outlast_sys::errno::{EINVAL, ENFILE, ENOENT, ENOSPC, ESTALE};
use outlast_wire::keeper::{Kind, OWN_DEPOSITS, PANE_DEPOSITS, Pane, SLOTS, Status, Tty};

/// After a program has ended, this many bytes of output, and those that are known to wait, are read before that is told
/// even if more keep coming: more than a terminal holds back, so all of the program's own are among them.
const DRAIN_MAX: usize = 192 * 1024;
const REFUSALS: usize = 32;

/// A slot in use.
#[derive(Debug)]
struct Slot<D> {
    pane: Pane,
    /// It has ended like this, but its output is still being read.
    ending: Option<(Status, usize)>,
    tell_spawned: bool,
    tell_exited: bool,
    deposits: Deposits<D, PANE_DEPOSITS>,
}

/// What is kept for servers under one owner: (tag, descriptor).
#[derive(Debug)]
struct Deposits<D, const N: usize>([Option<(u16, D)>; N]);

impl<D, const N: usize> Deposits<D, N> {
    fn new() -> Deposits<D, N> {
        Deposits([const { None }; N])
    }
    fn put(&mut self, tag: u16, deposit: D) -> Result<(), D> {
        let same = self
            .0
            .iter()
            .position(|place| place.as_ref().is_some_and(|(at, _)| *at == tag));
        match same.or_else(|| self.0.iter().position(Option::is_none)) {
            Some(index) => {
                self.0[index] = Some((tag, deposit));
                Ok(())
            }
            None => Err(deposit),
        }
    }
    fn remove(&mut self, tag: u16) {
        for place in &mut self.0 {
            if place.as_ref().is_some_and(|(at, _)| *at == tag) {
                *place = None;
            }
        }
    }
    fn nth(&self, index: usize) -> Option<&(u16, D)> {
        self.0.iter().flatten().nth(index)
    }
    fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

/// What to do about a request to spawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Start it in this free slot, then say [`Keeper::started`].
    New(u16),
    /// Start it in place of what is in this slot, then say [`Keeper::started`].
    Respawn(u16),
    /// It was started before: nothing to do, the server is told again.
    Again,
    /// Refused, with this error; the server is told.
    Refused(i32),
}

/// What the server is to be told next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The first of all: panes and deposits that follow.
    Hello {
        /// Panes.
        panes: u32,
        /// Deposits.
        deposits: u32,
    },
    /// The n-th of the things to be held for the next keeper.
    Hold(u8),
    /// The bells.
    Bell,
    /// The listening socket.
    Listener,
    /// A slot, in the list for a new server.
    Pane(u16),
    /// The n-th deposit of a slot, or of the server's own.
    Deposited(Option<u16>, usize),
    /// The list is complete.
    End,
    /// Answer to a spawn.
    Spawned(u16),
    /// A program has ended.
    Exited(u16),
    /// A spawn was refused: pane, life, errno.
    SpawnFailed(u32, u32, i32),
    /// A deposit was refused: pane, tag, errno.
    DepositFailed(u32, u16, i32),
    /// The keeper was told to end.
    Terminate,
    /// This keeper has taken over.
    Resumed,
    /// Of a pane so many bytes of output and of input may be missing.
    Missing(u32, u32, u32),
}

/// Things of the keeper's own that a server is to hold, see [`Notice::Hold`]; the first is the lock.
pub const HOLDS: u8 = 8;

/// How far a server has been told the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    Nobody,
    Hello,
    Holds { next: u8 },
    Bell,
    Listener,
    Panes { next: u16 },
    OwnDeposits { next: usize },
    Deposits { slot: u16, next: usize },
    Events,
}

/// The table. `D` is what a deposit is: a descriptor, or anything in a test.
#[derive(Debug)]
pub struct Keeper<D> {
    /// Filled up to the highest slot ever used; the capacity is there from the start.
    slots: Vec<Option<Slot<D>>>,
    own: Deposits<D, OWN_DEPOSITS>,
    telling: Telling,
    /// Slots marked with something to tell, so that the table is not searched for nothing.
    marks: usize,
    listener_changed: bool,
    lock_changed: bool,
    terminate: bool,
    resumed: bool,
    /// What the keeper before this one may have lost: pane, bytes of output and of input.
    missing: Option<(u32, u32, u32)>,
    /// Programs have come or gone since [`Keeper::take_living`].
    came_or_went: bool,
    refusals: [Option<Notice>; REFUSALS],
    refused: usize,
}

impl<D> Keeper<D> {
    /// An empty table with all the memory that it will ever take.
    pub fn new() -> Keeper<D> {
        Keeper {
            slots: Vec::with_capacity(SLOTS),
            own: Deposits::new(),
            telling: Telling::Nobody,
            marks: 0,
            listener_changed: false,
            lock_changed: false,
            terminate: false,
            resumed: false,
            missing: None,
            came_or_went: true,
            refusals: [None; REFUSALS],
            refused: 0,
        }
    }

    // ---- looking -------------------------------------------------------------------------------------------

    fn slot(&self, slot: u16) -> Option<&Slot<D>> {
        self.slots.get(usize::from(slot))?.as_ref()
    }
    fn slot_mut(&mut self, slot: u16) -> Option<&mut Slot<D>> {
        self.slots.get_mut(usize::from(slot))?.as_mut()
    }
    /// The slot of a pane.
    pub fn find(&self, pane: u32) -> Option<u16> {
        let is = |slot: &Option<Slot<D>>| slot.as_ref().is_some_and(|slot| slot.pane.pane == pane);
        self.slots.iter().position(is).map(|index| index as u16)
    }
    /// What is in a slot.
    pub fn pane(&self, slot: u16) -> Option<&Pane> {
        self.slot(slot).map(|slot| &slot.pane)
    }
    /// The process that may be sent signals: it lives, as far as is known, so its number is its own.
    pub fn live_pid(&self, slot: u16) -> Option<u32> {
        let slot = self.slot(slot)?;
        let lives =
            slot.ending.is_none() && slot.pane.status == Status::Running && slot.pane.pid != 0;
        lives.then_some(slot.pane.pid)
    }
    /// Slots in use.
    pub fn used(&self) -> impl Iterator<Item = u16> + use<'_, D> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_some())
            .map(|(index, _)| index as u16)
    }
    /// A deposit, as [`Notice::Deposited`] names it.
    pub fn deposit(&self, owner: Option<u16>, index: usize) -> Option<&(u16, D)> {
        match owner {
            None => self.own.nth(index),
            Some(slot) => self.slot(slot)?.deposits.nth(index),
        }
    }

    // ---- requests ------------------------------------------------------------------------------------------

    /// Whether another request may be taken now.
    pub fn takes_requests(&self) -> bool {
        self.telling == Telling::Events && self.refused < REFUSALS
    }

    /// A request to spawn.
    pub fn spawn(&mut self, pane: u32, life: u32, kind: Kind) -> Verdict {
        let verdict = self.spawn_verdict(pane, life, kind);
        match verdict {
            Verdict::Refused(errno) => self.refuse_spawn(pane, life, errno),
            Verdict::Again => {
                if let Some(slot) = self.find(pane) {
                    self.mark(slot, |slot| &mut slot.tell_spawned);
                }
            }
            Verdict::New(_) | Verdict::Respawn(_) => {}
        }
        verdict
    }

    fn spawn_verdict(&self, pane: u32, life: u32, kind: Kind) -> Verdict {
        if pane == 0 {
            return Verdict::Refused(EINVAL);
        }
        if let Some(slot) = self.find(pane)
            && let Some(there) = self.pane(slot)
        {
            return match life.cmp(&there.life) {
                std::cmp::Ordering::Equal => Verdict::Again,
                std::cmp::Ordering::Less => Verdict::Refused(ESTALE),
                // One that only held what belongs to the pane makes room for any.
                std::cmp::Ordering::Greater if kind == there.kind || there.kind == Kind::Empty => {
                    Verdict::Respawn(slot)
                }
                std::cmp::Ordering::Greater => Verdict::Refused(EINVAL),
            };
        }
        let free = self
            .slots
            .iter()
            .position(Option::is_none)
            .unwrap_or(self.slots.len());
        if free < SLOTS {
            Verdict::New(free as u16)
        } else {
            Verdict::Refused(ENFILE)
        }
    }

    /// The spawn that was decided upon could not be carried out; what was in the slot stays.
    pub fn refuse_spawn(&mut self, pane: u32, life: u32, errno: i32) {
        self.refuse(Notice::SpawnFailed(pane, life, errno));
    }

    fn refuse(&mut self, notice: Notice) {
        if let Some(place) = self.refusals.get_mut(self.refused) {
            *place = Some(notice);
            self.refused += 1;
        }
    }

    /// A program runs in a slot (or, pid 0, none does and none will).
    pub fn started(&mut self, slot: u16, pane: u32, life: u32, kind: Kind, pid: u32, tty: Tty) {
        let index = usize::from(slot);
        while self.slots.len() <= index && self.slots.len() < SLOTS {
            self.slots.push(None);
        }
        let pane = Pane {
            slot,
            pane,
            life,
            pid,
            kind,
            status: Status::Running,
            exit_at: 0,
            tty,
        };
        self.came_or_went = true;
        self.unmark(slot, |slot| &mut slot.tell_exited);
        match self.slots.get_mut(index) {
            Some(Some(there)) => {
                there.pane = pane;
                there.ending = None;
            }
            Some(place @ None) => {
                let deposits = Deposits::new();
                *place = Some(Slot {
                    pane,
                    ending: None,
                    tell_spawned: false,
                    tell_exited: false,
                    deposits,
                });
            }
            None => {}
        }
        self.mark(slot, |slot| &mut slot.tell_spawned);
    }

    /// A pane is gone, its deposits with it.
    pub fn forget(&mut self, slot: u16) {
        self.came_or_went = true;
        self.unmark(slot, |slot| &mut slot.tell_spawned);
        self.unmark(slot, |slot| &mut slot.tell_exited);
        if let Some(place) = self.slots.get_mut(usize::from(slot)) {
            *place = None;
        }
    }

    /// Keep this.
    pub fn put_deposit(&mut self, pane: u32, tag: u16, deposit: D) {
        let errno = if pane == 0 {
            self.own.put(tag, deposit).err().map(|_| ENOSPC)
        } else {
            match self.find(pane).and_then(|slot| self.slot_mut(slot)) {
                Some(slot) => slot.deposits.put(tag, deposit).err().map(|_| ENOSPC),
                None => Some(ENOENT),
            }
        };
        if let Some(errno) = errno {
            self.refuse_deposit(pane, tag, errno);
        }
    }

    /// A deposit cannot be kept.
    pub fn refuse_deposit(&mut self, pane: u32, tag: u16, errno: i32) {
        self.refuse(Notice::DepositFailed(pane, tag, errno));
    }

    /// No longer keep this.
    pub fn remove_deposit(&mut self, pane: u32, tag: u16) {
        if pane == 0 {
            self.own.remove(tag);
        } else if let Some(slot) = self.find(pane).and_then(|slot| self.slot_mut(slot)) {
            slot.deposits.remove(tag);
        }
    }

    // ---- what happens --------------------------------------------------------------------------------------

    /// A process has ended. The slot that it was the program of, if any: its output is to be read to the end, with
    /// [`Keeper::output`] and [`Keeper::drained`] told. `waiting` says how much a slot has waiting, at least.
    pub fn reaped(
        &mut self,
        pid: u32,
        status: Status,
        waiting: impl Fn(u16) -> usize,
    ) -> Option<u16> {
        let slot = self.used().find(|slot| self.live_pid(*slot) == Some(pid))?;
        self.slot_mut(slot)?.ending = Some((status, DRAIN_MAX.saturating_add(waiting(slot))));
        Some(slot)
    }

    /// So much output was read, up to the absolute offset `end`.
    pub fn output(&mut self, slot: u16, len: usize, end: u64) {
        if let Some(Slot {
            ending: Some((_, left)),
            ..
        }) = self.slot_mut(slot)
        {
            *left = left.saturating_sub(len);
            if *left == 0 {
                self.drained(slot, end);
            }
        }
    }

    /// There is no more output for now; all there was ends at `end`. If the program has ended, that is told.
    pub fn drained(&mut self, slot: u16, end: u64) {
        let Some(there) = self.slot_mut(slot) else {
            return;
        };
        if let Some((status, _)) = there.ending.take() {
            there.pane.status = status;
            there.pane.exit_at = end;
            self.came_or_went = true;
            self.mark(slot, |slot| &mut slot.tell_exited);
        }
    }

    /// The listening socket is another, and perhaps the lock.
    pub fn listener_changed(&mut self) {
        self.listener_changed = true;
        self.lock_changed = true;
    }

    /// A row of a former keeper's table, which the server knows.
    pub fn adopt(&mut self, row: Pane) {
        self.started(row.slot, row.pane, row.life, row.kind, row.pid, row.tty);
        if let Some(slot) = self.slot_mut(row.slot) {
            slot.pane = row;
        }
    }

    /// A former keeper's deposit.
    pub fn adopt_deposit(&mut self, pane: u32, tag: u16, deposit: D) {
        match self.find(pane).and_then(|slot| self.slot_mut(slot)) {
            Some(slot) => drop(slot.deposits.put(tag, deposit)),
            None if pane == 0 => drop(self.own.put(tag, deposit)),
            None => {}
        }
    }

    /// Of a slot so many bytes of output and of input may be missing at most: the keeper before this one was killed.
    pub fn missing(&mut self, slot: u16, [output, input]: [u32; 2]) {
        self.missing = self.pane(slot).map(|row| (row.pane, output, input));
    }

    /// The server that a former keeper left knows the table; it is told who goes on, and then events.
    pub fn server_stays(&mut self) {
        self.telling = Telling::Events;
        self.resumed = true;
    }

    /// The server has been told everything there is, and another keeper may go on from here.
    pub fn is_settled(&self) -> bool {
        self.telling == Telling::Events && self.next_event().is_none()
    }

    /// A row for the next keeper. One whose program has ended, but not its output, counts as running: the next one
    /// learns of the end from the ledger.
    pub fn row(&self, slot: u16) -> Option<Pane> {
        self.pane(slot).copied()
    }

    /// All deposits: pane (0: the server's own), tag, deposit.
    pub fn deposits(&self) -> impl Iterator<Item = (u32, u16, &D)> {
        let own = self.own.0.iter().flatten().map(|(tag, d)| (0, *tag, d));
        let slots = self.slots.iter().flatten().flat_map(|slot| {
            let deposits = slot.deposits.0.iter().flatten();
            deposits.map(|(tag, d)| (slot.pane.pane, *tag, d))
        });
        own.chain(slots)
    }

    /// Panes whose program lives, if that may have changed since this was asked last.
    pub fn take_living(&mut self) -> Option<u32> {
        let lives =
            |slot: &&Slot<D>| slot.pane.kind == Kind::Pty && slot.pane.status == Status::Running;
        std::mem::take(&mut self.came_or_went)
            .then(|| self.slots.iter().flatten().filter(lives).count() as u32)
    }

    /// The keeper was told to end.
    pub fn terminate(&mut self) {
        self.terminate = true;
    }

    /// A server was started: it is told everything from the beginning.
    pub fn server_came(&mut self) {
        self.server_gone();
        self.telling = Telling::Hello;
        self.listener_changed = false;
        self.lock_changed = false;
        self.resumed = false;
    }

    /// There is no server to tell anything.
    pub fn server_gone(&mut self) {
        self.telling = Telling::Nobody;
        self.refused = 0;
        self.marks = 0;
        for slot in self.slots.iter_mut().flatten() {
            slot.tell_spawned = false;
            slot.tell_exited = false;
        }
    }

    fn mark(&mut self, slot: u16, flag: impl Fn(&mut Slot<D>) -> &mut bool) {
        // In the list for a new server the slot is told as it is then.
        let listed = match self.telling {
            Telling::Nobody
            | Telling::Hello
            | Telling::Holds { .. }
            | Telling::Bell
            | Telling::Listener => true,
            Telling::Panes { next } => slot >= next,
            _ => false,
        };
        if !listed
            && let Some(there) = self.slot_mut(slot)
            && !std::mem::replace(flag(there), true)
        {
            self.marks += 1;
        }
    }

    fn unmark(&mut self, slot: u16, flag: impl Fn(&mut Slot<D>) -> &mut bool) {
        if let Some(there) = self.slot_mut(slot)
            && std::mem::replace(flag(there), false)
        {
            self.marks -= 1;
        }
    }

    // ---- what the server is told ---------------------------------------------------------------------------

    /// What the server is to be told next. When it has been, say [`Keeper::told`].
    pub fn next_notice(&self) -> Option<Notice> {
        match self.telling {
            Telling::Nobody => None,
            Telling::Hello => {
                let deposits = self
                    .slots
                    .iter()
                    .flatten()
                    .map(|slot| slot.deposits.count())
                    .sum::<usize>();
                let deposits = (deposits + self.own.count()) as u32;
                Some(Notice::Hello {
                    panes: self.used().count() as u32,
                    deposits,
                })
            }
            Telling::Holds { next } => Some(Notice::Hold(next)),
            Telling::Bell => Some(Notice::Bell),
            Telling::Listener => Some(Notice::Listener),
            Telling::Panes { next } => Some(match self.used().find(|slot| *slot >= next) {
                Some(slot) => Notice::Pane(slot),
                None => self.next_deposit(None, 0),
            }),
            Telling::OwnDeposits { next } => Some(self.next_deposit(None, next)),
            Telling::Deposits { slot, next } => Some(self.next_deposit(Some(slot), next)),
            Telling::Events => self.next_event(),
        }
    }

    /// The first deposit from (owner, index) on; the server's own come first, then those of slots in order.
    fn next_deposit(&self, owner: Option<u16>, index: usize) -> Notice {
        if self.deposit(owner, index).is_some() {
            return Notice::Deposited(owner, index);
        }
        let from = owner.map_or(0, |slot| slot + 1);
        let next = self
            .used()
            .find(|slot| *slot >= from && self.deposit(Some(*slot), 0).is_some());
        next.map_or(Notice::End, |slot| Notice::Deposited(Some(slot), 0))
    }

    fn next_event(&self) -> Option<Notice> {
        if self.resumed {
            return Some(Notice::Resumed);
        }
        if let Some((pane, output, input)) = self.missing {
            return Some(Notice::Missing(pane, output, input));
        }
        if self.lock_changed {
            return Some(Notice::Hold(0));
        }
        if self.listener_changed {
            return Some(Notice::Listener);
        }
        if self.terminate {
            return Some(Notice::Terminate);
        }
        if let Some(refusal) = self.refusals[..self.refused].iter().flatten().next() {
            return Some(*refusal);
        }
        if self.marks == 0 {
            return None;
        }
        // A respawn is told before its end.
        let marked = self
            .slots
            .iter()
            .flatten()
            .find(|slot| slot.tell_spawned || slot.tell_exited)?;
        let slot = marked.pane.slot;
        Some(if marked.tell_spawned {
            Notice::Spawned(slot)
        } else {
            Notice::Exited(slot)
        })
    }

    /// The server has been told this, as [`Keeper::next_notice`] asked.
    pub fn told(&mut self, notice: Notice) {
        match notice {
            Notice::Hello { .. } => self.telling = Telling::Holds { next: 0 },
            Notice::Hold(next) if matches!(self.telling, Telling::Holds { .. }) => {
                self.telling = match next + 1 {
                    HOLDS => Telling::Bell,
                    next => Telling::Holds { next },
                }
            }
            Notice::Hold(_) => self.lock_changed = false,
            Notice::Resumed => self.resumed = false,
            Notice::Missing(..) => self.missing = None,
            Notice::Bell => self.telling = Telling::Listener,
            Notice::Listener if self.telling == Telling::Listener => {
                self.telling = Telling::Panes { next: 0 }
            }
            Notice::Listener => self.listener_changed = false,
            Notice::Pane(slot) => self.telling = Telling::Panes { next: slot + 1 },
            Notice::Deposited(None, index) => {
                self.telling = Telling::OwnDeposits { next: index + 1 }
            }
            Notice::Deposited(Some(slot), index) => {
                self.telling = Telling::Deposits {
                    slot,
                    next: index + 1,
                }
            }
            Notice::End => self.telling = Telling::Events,
            Notice::Spawned(slot) => self.unmark(slot, |slot| &mut slot.tell_spawned),
            Notice::Exited(slot) => self.unmark(slot, |slot| &mut slot.tell_exited),
            Notice::SpawnFailed(..) | Notice::DepositFailed(..) => {
                self.refusals.copy_within(1.., 0);
                self.refused = self.refused.saturating_sub(1);
            }
            Notice::Terminate => self.terminate = false,
        }
    }
}

impl<D> Default for Keeper<D> {
    fn default() -> Keeper<D> {
        Keeper::new()
    }
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;

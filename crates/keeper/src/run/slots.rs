//! Slots: their programs started and hung up, their bytes moved.

use std::io;
use std::os::fd::OwnedFd;

use outlast_sys::{pty, signal};
use outlast_wire::keeper::{Kind, SLOTS};

use super::{QUIET, Run, STUCK};
use crate::pump::{self, Pump, Turn};

/// A set of slots.
#[derive(Debug)]
pub(super) struct SlotSet([u64; SLOTS / 64]);

impl SlotSet {
    pub(super) const EMPTY: SlotSet = SlotSet([0; SLOTS / 64]);
    pub(super) fn insert(&mut self, slot: u16) {
        self.0[usize::from(slot) / 64] |= 1 << (slot % 64);
    }
    /// Whether it was in.
    pub(super) fn remove(&mut self, slot: u16) -> bool {
        let (word, bit) = (&mut self.0[usize::from(slot) / 64], 1 << (slot % 64));
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    /// The first member from `from` on.
    pub(super) fn next(&self, from: u16) -> Option<u16> {
        let first = usize::from(from) / 64;
        for (index, word) in self.0.iter().enumerate().skip(first) {
            let word = if index == first {
                word & (u64::MAX << (from % 64))
            } else {
                *word
            };
            if word != 0 {
                return Some((index * 64) as u16 + word.trailing_zeros() as u16);
            }
        }
        None
    }
}

/// A spawn that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) pane: u32,
    pub(super) life: u32,
    pub(super) kind: Kind,
    pub(super) size: (u16, u16),
    pub(super) input_from: u64,
}

impl Run {
    pub(super) fn pump_of(&mut self, slot: u16) -> Option<&mut Pump> {
        self.pumps.get_mut(usize::from(slot))?.as_mut()
    }

    pub(super) fn spawn(
        &mut self,
        slot: u16,
        wanted: Wanted,
        description: Option<OwnedFd>,
    ) -> io::Result<()> {
        while self.pumps.len() <= usize::from(slot) && self.pumps.len() < SLOTS {
            self.pumps.push(None);
        }
        // Everything that can fail comes before the former program is touched.
        let fresh = match self.pump_of(slot) {
            Some(_) => None,
            None => Some(Pump::new(wanted.kind)?),
        };
        let started = pump::start(
            &mut self.spawner,
            &mut self.buffer,
            description,
            wanted.kind,
            wanted.size,
        );
        self.buffer.rest();
        let started = started?;
        if let Some(fd) = &started.fd {
            self.poll
                .add(fd, u64::from(slot), QUIET)
                .inspect_err(|_| send_program(started.pid, signal::SIGHUP))?;
        }
        if fresh.is_none() {
            self.pump_output(slot, false);
            self.hang_up(slot);
        }
        if let Some(place) = self.pumps.get_mut(usize::from(slot)) {
            *place = place.take().or(fresh);
            if let Some(pump) = place {
                pump.run(wanted.kind, started.fd, started.gate, wanted.input_from);
            }
        }
        if started.pid != 0 {
            self.mover.ledger().forget(started.pid);
        }
        self.keeper.started(
            slot,
            wanted.pane,
            wanted.life,
            wanted.kind,
            started.pid,
            started.tty,
        );
        self.readable.insert(slot);
        self.writable.insert(slot);
        Ok(())
    }

    /// Ends the program of a slot as a terminal that goes away would, and closes our end.
    pub(super) fn hang_up(&mut self, slot: u16) {
        let Some(pump) = self
            .pumps
            .get_mut(usize::from(slot))
            .and_then(Option::as_mut)
        else {
            return;
        };
        // What is given its input hears that it ends, and may do what it does then.
        let pid = self.keeper.live_pid(slot).filter(|_| !pump.is_filter());
        let foreground = pump
            .fd()
            .filter(|_| pump.is_pty())
            .and_then(pty::foreground_pgrp);
        for signal in [signal::SIGHUP, signal::SIGCONT] {
            if let Some(pid) = pid {
                send_program(pid, signal);
            }
            if let Some(group) = foreground.filter(|group| pid != Some(*group)) {
                let _ = signal::send_group(group, signal);
            }
        }
        if let Some(fd) = pump.fd() {
            let _ = self.poll.remove(fd);
        }
        pump.close();
    }

    pub(super) fn forget(&mut self, slot: u16) {
        self.hang_up(slot);
        for set in [
            &mut self.readable,
            &mut self.writable,
            &mut self.full,
            &mut self.resting,
        ] {
            set.remove(slot);
        }
        if let Some(place) = self.pumps.get_mut(usize::from(slot)) {
            *place = None;
        }
        self.keeper.forget(slot);
    }

    pub(super) fn take_bells(&mut self) {
        let (readable, writable) = (&mut self.readable, &mut self.writable);
        let (full, resting) = (&mut self.full, &mut self.resting);
        let pumps = &self.pumps;
        self.bells.take(|slot| {
            if pumps.get(usize::from(slot)).is_some_and(Option::is_some) {
                writable.insert(slot);
                resting.insert(slot);
                if full.remove(slot) {
                    readable.insert(slot);
                }
            }
        });
    }

    pub(super) fn pump(&mut self, now: u64) {
        let may_overwrite = self
            .restart
            .overwrite_from()
            .is_some_and(|from| now >= from);
        if may_overwrite {
            let mut from = 0;
            while let Some(slot) = self.full.next(from) {
                self.full.remove(slot);
                self.readable.insert(slot);
                from = slot;
            }
        }
        // Input first: a keystroke never waits behind a flood.
        let mut from = Some(0);
        while let Some(slot) = from.and_then(|from| self.writable.next(from)) {
            self.pump_input(slot);
            from = slot.checked_add(1);
        }
        let mut from = Some(0);
        while let Some(slot) = from.and_then(|from| self.readable.next(from)) {
            self.pump_output(slot, may_overwrite);
            from = slot.checked_add(1);
        }
    }

    pub(super) fn pump_input(&mut self, slot: u16) {
        // An ended program's input stays where it is: the next one's begins at an offset that the server says.
        let alive = self.keeper.live_pid(slot).is_some();
        let Some(Some(pump)) = self.pumps.get_mut(usize::from(slot)) else {
            self.writable.remove(slot);
            return;
        };
        if alive && pump.write(slot, (&self.mover, &self.bells)) {
            return;
        }
        self.writable.remove(slot);
        if let (true, Some(fd)) = (pump.input_stuck(), pump.fd()) {
            let _ = self.poll.modify(fd, u64::from(slot), STUCK);
        }
    }

    pub(super) fn pump_output(&mut self, slot: u16, may_overwrite: bool) {
        let Some(Some(pump)) = self.pumps.get_mut(usize::from(slot)) else {
            self.readable.remove(slot);
            return;
        };
        let keeper = &mut self.keeper;
        let turn = pump.read(
            slot,
            (&self.mover, &self.bells),
            may_overwrite,
            |len, end| keeper.output(slot, len, end),
        );
        match turn {
            Turn::More => return,
            Turn::Full => self.full.insert(slot),
            Turn::Empty => keeper.drained(slot, pump.rings.end()),
            Turn::Ended => {
                keeper.drained(slot, pump.rings.end());
                // A terminal that was closed by everybody can be opened again by a program that lives.
                let gone = !pump.is_pty() || keeper.live_pid(slot).is_none();
                if let (true, Some(fd)) = (gone, pump.fd()) {
                    let _ = self.poll.remove(fd);
                    pump.close();
                }
            }
        }
        self.readable.remove(slot);
    }
}

/// Sends a signal to a program's process group, or to itself while it has none: it was forked just now.
pub(super) fn send_program(pid: u32, signal: i32) {
    if signal::send_group(pid, signal).is_err() {
        let _ = signal::send(pid, signal);
    }
}

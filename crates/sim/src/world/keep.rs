//! What is kept on the disk in the box, and the reboot: everything is gone but that.

use outlast_core::event::Now;
use outlast_core::reboot::{Boot, Saved, Store};
use outlast_core::{Core, PaneId, Setup};

use super::World;
use crate::probe::SimProbe;

impl World {
    /// This world keeps its state on its disk.
    #[must_use]
    pub fn keep(mut self) -> World {
        self.keeping = Store::new(Some("disk".into()), false, self.boot());
        self
    }

    fn boot(&self) -> Boot {
        Boot {
            id: format!("boot of {}", self.now.ms),
            socket: "/tmp/sim".into(),
            ..Boot::default()
        }
    }

    /// What is due is written, and what the disk says of it is heard.
    pub(super) fn write_down(&mut self) {
        loop {
            let Some(core) = &mut self.core else { return };
            self.keeping.step(core, self.now, false);
            for (token, keep) in self.keeping.take_work() {
                let result = self.disk.perform(keep, self.now.unix);
                let said = self.keeping.answered(token, result, self.now.ms);
                self.said.extend(said);
            }
            let due = self.keeping.due().is_some_and(|due| due <= self.now.ms);
            if !due && !self.keeping.is_busy() {
                return;
            }
        }
    }

    /// Another server goes on: what is on disk is not known to it.
    pub(super) fn keep_on(&mut self, core: &mut Core) {
        if !self.keeping.is_on() {
            return;
        }
        self.keeping = Store::new(Some("disk".into()), true, self.boot());
        if core.is_restoring()
            && let Some(saved) = self.disk.saved()
        {
            core.restore_later(saved);
        }
        self.keeping.go_on(core, &self.leaving, self.now.ms);
    }

    /// When the store wants to do something; None: all is written.
    pub fn write_due(&self) -> Option<u64> {
        self.keeping.due()
    }

    /// Milliseconds since the world began.
    pub fn ms(&self) -> u64 {
        self.now.ms
    }

    /// The machine is restarted: programs, clients, rings, journal are gone, and a new server starts from what the disk
    /// has. It restores when its first client comes.
    pub fn reboot(&mut self) {
        let saved = self.disk.saved();
        self.reboot_from(saved);
    }

    /// The same, but that the disk has this.
    pub fn reboot_from(&mut self, saved: Option<Saved>) {
        self.core = None;
        self.store.borrow_mut().clear();
        self.journal.clear();
        self.leaving.clear();
        self.panes.clear();
        self.clients.clear();
        self.taken.clear();
        self.done.clear();
        self.now = Now {
            ms: self.now.ms + 60_000,
            unix: self.now.unix + 60,
        };
        let probe = SimProbe::new(&self.store, &self.around);
        let setup = Setup {
            now: self.now,
            await_config: true,
        };
        let mut core = Core::new(setup, Box::new(probe));
        self.keeping = Store::new(Some("disk".into()), true, self.boot());
        if let Some(saved) = saved {
            core.restore_later(saved);
        }
        self.core = Some(core);
        self.ended = false;
        self.configure();
    }

    /// A pane's whole text as it would be kept: rows that `capture-pane -e -J -S -` prints, of the primary screen.
    pub fn text(&mut self, pane: u32) -> Option<String> {
        let terminal = self.core().terminal(PaneId(pane))?;
        Some(String::from_utf8_lossy(&outlast_core::reboot::whole_text(terminal)).into_owned())
    }
}

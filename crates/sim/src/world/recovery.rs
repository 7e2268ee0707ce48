//! A core's death and its successor's first turn: journal, checkpoints, input, output.

use outlast_core::effect::Effect;
use outlast_core::event::{Event, Now};
use outlast_core::save::{Entry, Transaction};
use outlast_core::{ClientId, Core, PaneId, Standing};
use outlast_term::Size;

use super::{Bug, Crash, Shown, SimPane, World};
use crate::disk::SimDisk;
use crate::probe::SimProbe;
use crate::seed::Seed;

impl World {
    /// Begins the journal anew with all that is still true.
    pub fn compact(&mut self) {
        let Some(core) = self.core.as_mut() else {
            return;
        };
        let mut bytes = Vec::new();
        Transaction {
            turn: core.turn(),
            entries: core.snapshot(),
        }
        .encode(&mut bytes);
        self.journal = vec![bytes];
    }

    /// The journal's records.
    pub fn journal(&self) -> &[Vec<u8>] {
        &self.journal
    }

    pub(super) fn die(&mut self) {
        self.core = None;
        self.taken.clear();
        self.crashes += 1;
    }

    /// Takes a checkpoint of the panes that need one, and of some others.
    pub fn checkpoint(&mut self, seed: &mut Seed) {
        self.checkpoint_if_due();
        let Some(core) = self.core.as_ref() else {
            return;
        };
        for id in core.pane_ids() {
            if seed.one_in(3) {
                self.take(id);
            }
        }
    }

    /// Takes a checkpoint of each terminal that must have one before more output is parsed.
    pub fn checkpoint_if_due(&mut self) {
        let Some(core) = self.core.as_ref() else {
            return;
        };
        for id in core.pane_checkpoint_due() {
            self.take(id);
        }
    }

    fn take(&mut self, id: PaneId) {
        let (Some(core), Some(pane)) = (self.core.as_mut(), self.panes.get_mut(&id.0)) else {
            return;
        };
        if let Some(bytes) = core.checkpoint(id) {
            let at = core.offset(id);
            pane.checkpoint = Some(bytes);
            core.checkpointed(id, at);
        }
    }

    /// Kills the core between two actions.
    pub fn crash(&mut self) {
        self.die();
        self.recover();
        self.settle();
    }

    pub(super) fn recover(&mut self) {
        let entries = self.read_journal();
        let probe = Box::new(SimProbe::new(&self.store, &self.around));
        let mut core =
            Core::recover(self.now, entries.iter().cloned(), probe).expect("the journal is whole");
        // A pane that the core no longer has was forgotten, and its keeper had not heard of it.
        let known: Vec<u32> = core.pane_ids().iter().map(|id| id.0).collect();
        self.panes.retain(|id, _| known.contains(id));
        for id in core.pane_ids() {
            let Some(pane) = self.panes.get_mut(&id.0) else {
                // It died before the keeper was told; the program starts now, and its history needs its memory too.
                core.restore_terminal(id, None);
                give_text(&mut core, id, &self.disk);
                continue;
            };
            pane.told = false;
            let at = core.restore_terminal(id, pane.checkpoint.as_deref());
            give_text(&mut core, id, &self.disk);
            let heard = match self.bug {
                Some(Bug::HeardOneShort) => (core.heard(id).saturating_sub(1)).max(at),
                Some(Bug::HeardAgain) => at,
                _ => core.heard(id).max(at),
            };
            core.replay_output(id, at, &pane.output[at as usize..heard as usize]);
        }
        for entry in &entries {
            if let Entry::Input(id, at, bytes) = entry
                && let Some(pane) = self.panes.get_mut(id)
            {
                if self.bug == Some(Bug::InputTwice) {
                    pane.input.extend_from_slice(bytes);
                } else {
                    push_input(pane, *at, bytes);
                }
            }
        }
        let mut effects = Vec::new();
        core.recovered(self.now, &mut effects);
        self.keep_on(&mut core);
        self.core = Some(core);
        let mut spawned = Vec::new();
        for effect in effects {
            self.carry_out(effect, &[], &mut spawned);
        }
        self.tell_spawned(spawned);
        // What the dead core had heard without a commit is heard before anything new: a request that is sent again finds
        // the screens that it found the first time.
        if !self.late {
            self.hear_all();
        }
        self.welcome_back();
    }

    /// Every entry of the journal.
    fn read_journal(&self) -> Vec<Entry> {
        let mut turns = self.journal.as_slice();
        if let (Some(Bug::LastTurnLost), [all @ .., _]) = (self.bug, turns)
            && !all.is_empty()
        {
            turns = all;
        }
        let mut entries = Vec::new();
        for bytes in turns {
            let (transaction, _) = Transaction::decode(bytes).expect("the journal reads back");
            entries.extend(transaction.entries);
        }
        entries
    }

    /// Clients with a terminal find their connection closed and come back.
    fn welcome_back(&mut self) {
        let returning: Vec<(ClientId, Size)> = self
            .clients
            .iter()
            .filter(|(_, c)| !c.gone && c.info.cols > 0)
            .map(|(id, c)| (ClientId(*id), Size::new(c.info.cols, c.info.rows)))
            .collect();
        for (client, size) in returning {
            self.show(client, Shown::Resumed);
            self.turn(
                |core: &mut Core, now: Now, effects: &mut Vec<Effect>| {
                    core.handle(
                        now,
                        Event::Returned {
                            client,
                            size,
                            standing: Standing::Unknown,
                        },
                        effects,
                    )
                },
                Crash::Never,
            );
        }
    }
}

/// What came back from disk and no checkpoint had.
fn give_text(core: &mut Core, pane: PaneId, disk: &SimDisk) {
    if core.wants_text(pane)
        && let Some(rows) = disk.text(pane.0)
    {
        core.give_text(pane, rows);
    }
}

/// Bytes of an absolute offset: what is there already is passed over.
pub(super) fn push_input(pane: &mut SimPane, at: u64, bytes: &[u8]) {
    let have = pane.input.len() as u64;
    if at + bytes.len() as u64 > have && at <= have {
        pane.input.extend_from_slice(&bytes[(have - at) as usize..]);
    }
}

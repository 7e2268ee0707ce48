//! The world: what the keeper, the journal and the clients remember, and a core that may die at any point.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use outlast_core::effect::Effect;
use outlast_core::event::{ClientInfo, Event, ExitStatus, Now};
use outlast_core::save::{Entry, Transaction};
use outlast_core::{ClientId, Core, PaneId, Setup};
use outlast_term::Size;

use crate::probe::{SimProbe, Store};
use crate::seed::Seed;

/// One thing that happens in the world. The same list runs in a world with crashes and in one without.
#[derive(Clone, Debug)]
pub enum Action {
    /// A client of this size connects and runs the command.
    Connect(u32, u16, u16, Vec<String>),
    /// A connected client runs a command.
    Command(u32, Vec<String>),
    /// A connected client types.
    Type(u32, Vec<u8>),
    /// A client's terminal changes its size.
    Resize(u32, u16, u16),
    /// The n-th living pane's program writes.
    Output(usize, Vec<u8>),
    /// The n-th living pane's program ends.
    End(usize, u8),
    /// Time passes.
    Wait(u64),
}

/// Where the core dies during an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It does not.
    Never,
    /// After the event was handled, before the turn was committed.
    BeforeCommit,
    /// After the commit, before this many effects were carried out.
    AfterEffects(usize),
}

/// Rows of history in a picture that is not whole.
const RECENT: u64 = 20;

/// What the keeper knows of a pane.
#[derive(Clone, Debug, Default)]
pub struct SimPane {
    /// Number of the program.
    pub life: u32,
    /// Process id, made up.
    pub pid: u32,
    /// All output so far.
    pub output: Vec<u8>,
    /// All input so far.
    pub input: Vec<u8>,
    /// How the program ended.
    pub ended: Option<ExitStatus>,
    /// The newest checkpoint.
    checkpoint: Option<Vec<u8>>,
    /// Exit has been told to the core of this life.
    told: bool,
}

/// What a client remembers.
#[derive(Clone, Debug, Default)]
pub struct SimClient {
    /// Who it said it is.
    info: ClientInfo,
    /// What it was told, in order: stream (1, 2), or 0 for the exit status and its message.
    pub told: Vec<(u8, Vec<u8>)>,
    /// It has left.
    pub gone: bool,
}

/// The world.
pub struct World {
    core: Option<Core>,
    store: Store,
    journal: Vec<Vec<u8>>,
    /// Panes by id.
    pub panes: BTreeMap<u32, SimPane>,
    /// Clients by id.
    pub clients: BTreeMap<u32, SimClient>,
    now: Now,
    next_pid: u32,
    /// How often the core died.
    pub crashes: u32,
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

impl World {
    /// An empty world with a fresh core.
    pub fn new() -> World {
        let store: Store = Rc::new(RefCell::new(BTreeMap::new()));
        let now = Now {
            ms: 1_000,
            unix: 1_800_000_000,
        };
        let core = Core::new(
            Setup {
                now,
                await_config: true,
            },
            Box::new(SimProbe::new(&store)),
        );
        let mut world = World {
            core: Some(core),
            store,
            journal: Vec::new(),
            panes: BTreeMap::new(),
            clients: BTreeMap::new(),
            now,
            next_pid: 100,
            crashes: 0,
        };
        world.turn(
            |core, now, effects| {
                core.handle(now, Event::ConfigFiles { files: Vec::new() }, effects)
            },
            Crash::Never,
        );
        world
    }

    fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect("a core lives between actions")
    }

    /// One action, with the core dying where `crash` says; then the world is brought to rest.
    pub fn act(&mut self, action: &Action, crash: Crash) {
        self.now.ms += 20;
        match action {
            Action::Wait(ms) => {
                self.now.ms += ms;
                self.now.unix += (*ms / 1000) as i64;
                self.turn(
                    |core, now, effects| core.handle(now, Event::Woken, effects),
                    crash,
                );
            }
            Action::Connect(id, cols, rows, argv) => {
                if self.clients.contains_key(id) {
                    return;
                }
                let info = ClientInfo {
                    pid: 10_000 + id,
                    uid: 1000,
                    tty: format!("/dev/pts/{id}"),
                    term: "xterm-256color".into(),
                    cols: *cols,
                    rows: *rows,
                    cwd: "/home/sim".into(),
                    ..ClientInfo::default()
                };
                self.clients.insert(
                    *id,
                    SimClient {
                        info: info.clone(),
                        ..SimClient::default()
                    },
                );
                let (id, argv) = (ClientId(*id), argv.clone());
                self.request(
                    move |core, now, effects| {
                        core.handle(
                            now,
                            Event::Connected {
                                client: id,
                                info: info.clone(),
                            },
                            effects,
                        );
                        core.handle(
                            now,
                            Event::Command {
                                client: id,
                                argv: argv.clone(),
                            },
                            effects,
                        );
                    },
                    crash,
                );
            }
            Action::Command(id, argv) if self.present(*id) => {
                let (id, argv) = (ClientId(*id), argv.clone());
                self.request(
                    move |core, now, effects| {
                        core.handle(
                            now,
                            Event::Command {
                                client: id,
                                argv: argv.clone(),
                            },
                            effects,
                        )
                    },
                    crash,
                );
            }
            Action::Type(id, bytes) if self.present(*id) => {
                let (id, bytes) = (ClientId(*id), bytes.clone());
                self.request(
                    move |core, now, effects| {
                        core.handle(
                            now,
                            Event::Input {
                                client: id,
                                bytes: &bytes,
                            },
                            effects,
                        )
                    },
                    crash,
                );
            }
            Action::Resize(id, cols, rows) if self.present(*id) => {
                if let Some(client) = self.clients.get_mut(id) {
                    (client.info.cols, client.info.rows) = (*cols, *rows);
                }
                let (id, size) = (ClientId(*id), Size::new(*cols, *rows));
                self.request(
                    move |core, now, effects| {
                        core.handle(now, Event::Resized { client: id, size }, effects)
                    },
                    crash,
                );
            }
            Action::Output(nth, bytes) => {
                if let Some(pane) = self.nth_living(*nth) {
                    if let Some(p) = self.panes.get_mut(&pane) {
                        p.output.extend_from_slice(bytes);
                    }
                    self.hear(pane, crash);
                }
            }
            Action::End(nth, code) => {
                if let Some(pane) = self.nth_living(*nth) {
                    if let Some(p) = self.panes.get_mut(&pane) {
                        p.ended = Some(ExitStatus::Code(*code));
                    }
                    self.tell_end(pane, crash);
                }
            }
            _ => {}
        }
        self.settle();
    }

    fn present(&self, id: u32) -> bool {
        self.clients.get(&id).is_some_and(|c| !c.gone)
    }

    fn nth_living(&self, nth: usize) -> Option<u32> {
        let living: Vec<u32> = self
            .panes
            .iter()
            .filter(|(_, p)| p.ended.is_none())
            .map(|(id, _)| *id)
            .collect();
        if living.is_empty() {
            None
        } else {
            Some(living[nth % living.len()])
        }
    }

    /// A client's request: sent again until it was committed, as a client does.
    fn request(&mut self, mut event: impl FnMut(&mut Core, Now, &mut Vec<Effect>), crash: Crash) {
        if !self.one_turn(&mut event, crash) {
            self.recover();
            self.one_turn(&mut event, Crash::Never);
        }
    }

    fn hear(&mut self, pane: u32, crash: Crash) {
        let id = PaneId(pane);
        // What the shell promises: no output is parsed while a terminal must have a checkpoint first.
        self.checkpoint_if_due();
        let at = self.core().offset(id);
        let Some(bytes) = self
            .panes
            .get(&pane)
            .and_then(|p| Some(p.output.get(at as usize..)?.to_vec()))
        else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        if !self.turn(
            |core, now, effects| {
                core.handle(
                    now,
                    Event::Output {
                        pane: id,
                        at,
                        bytes: &bytes,
                    },
                    effects,
                )
            },
            crash,
        ) {
            self.recover();
        }
    }

    fn hear_all(&mut self) {
        let ids: Vec<u32> = self.panes.keys().copied().collect();
        for id in ids {
            self.hear(id, Crash::Never);
        }
    }

    fn tell_end(&mut self, pane: u32, crash: Crash) {
        let Some(p) = self.panes.get_mut(&pane) else {
            return;
        };
        let (Some(status), false) = (p.ended, p.told) else {
            return;
        };
        p.told = true;
        let id = PaneId(pane);
        if !self.turn(
            |core, now, effects| core.handle(now, Event::Exited { pane: id, status }, effects),
            crash,
        ) {
            self.recover();
        }
    }

    /// Output and ends that nobody has heard yet, and what is due at once.
    fn settle(&mut self) {
        for _ in 0..16 {
            if self.core.is_none() {
                self.recover();
            }
            let ids: Vec<u32> = self.panes.keys().copied().collect();
            for id in ids {
                self.hear(id, Crash::Never);
                self.tell_end(id, Crash::Never);
            }
            let ms = self.now.ms;
            if self.core().next_wake().is_none_or(|at| at > ms) && self.rests() {
                break;
            }
            self.turn(
                |core, now, effects| core.handle(now, Event::Woken, effects),
                Crash::Never,
            );
        }
    }

    /// Nothing waits to be heard.
    fn rests(&self) -> bool {
        let Some(core) = self.core.as_ref() else {
            return false;
        };
        self.panes.iter().all(|(id, pane)| {
            core.offset(PaneId(*id)) >= pane.output.len() as u64
                && (pane.ended.is_none() || pane.told)
        })
    }

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

    /// Handles, commits, carries out. False: the core died before the commit.
    fn turn(
        &mut self,
        mut event: impl FnMut(&mut Core, Now, &mut Vec<Effect>),
        crash: Crash,
    ) -> bool {
        self.one_turn(&mut event, crash)
    }

    fn one_turn(
        &mut self,
        event: &mut dyn FnMut(&mut Core, Now, &mut Vec<Effect>),
        crash: Crash,
    ) -> bool {
        let now = self.now;
        let mut effects = Vec::new();
        let core = self.core.as_mut().expect("a core lives between actions");
        event(core, now, &mut effects);
        core.finish_turn(now, &mut effects);
        if crash == Crash::BeforeCommit {
            self.die();
            return false;
        }
        let transaction = core.commit();
        if !transaction.entries.is_empty() {
            let mut bytes = Vec::new();
            transaction.encode(&mut bytes);
            self.journal.push(bytes);
        }
        let inputs: Vec<(u32, u64, Vec<u8>)> = transaction
            .entries
            .iter()
            .filter_map(|e| {
                if let Entry::Input(p, at, b) = e {
                    Some((*p, *at, b.clone()))
                } else {
                    None
                }
            })
            .collect();
        // What is told to clients is in the journal with the turn and is told again until they have it.
        let (told, effects): (Vec<Effect>, Vec<Effect>) = effects
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Print { .. } | Effect::Exit { .. }));
        for effect in told {
            self.carry_out(effect, &inputs, &mut Vec::new());
        }
        let stop = if let Crash::AfterEffects(n) = crash {
            n
        } else {
            usize::MAX
        };
        let mut spawned = Vec::new();
        for (n, effect) in effects.into_iter().enumerate() {
            if n == stop {
                self.die();
                return true;
            }
            self.carry_out(effect, &inputs, &mut spawned);
        }
        for (pane, pid) in spawned {
            self.turn(
                |core, now, effects| {
                    core.handle(
                        now,
                        Event::Spawned {
                            pane: PaneId(pane),
                            pid,
                            tty: format!("/dev/pts/{pane}"),
                        },
                        effects,
                    )
                },
                Crash::Never,
            );
        }
        true
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        inputs: &[(u32, u64, Vec<u8>)],
        spawned: &mut Vec<(u32, u32)>,
    ) {
        match effect {
            Effect::Spawn { pane, life, .. } => {
                let known = self.panes.get(&pane.0).map(|p| p.life);
                if known.is_none_or(|l| l < life) {
                    self.next_pid += 1;
                    let p = self.panes.entry(pane.0).or_default();
                    (p.life, p.pid, p.ended, p.told) =
                        (life, 500 + pane.0 * 16 + life, None, false);
                }
                spawned.push((pane.0, self.panes[&pane.0].pid));
            }
            Effect::Write { pane, .. } => {
                let Some(p) = self.panes.get_mut(&pane.0) else {
                    return;
                };
                for (id, at, bytes) in inputs.iter().filter(|(id, ..)| *id == pane.0) {
                    debug_assert_eq!(*id, pane.0);
                    push_input(p, *at, bytes);
                }
            }
            Effect::Signal { pane, signal } => {
                if let Some(p) = self.panes.get_mut(&pane.0) {
                    p.ended.get_or_insert(ExitStatus::Signal(signal));
                }
            }
            Effect::Forget { pane } => {
                self.panes.remove(&pane.0);
                self.store.borrow_mut().remove(&pane.0);
            }
            Effect::Print {
                client,
                stream,
                bytes,
            } => {
                if let Some(c) = self.clients.get_mut(&client.0) {
                    c.told.push((stream, bytes));
                }
            }
            Effect::Exit {
                client,
                status,
                message,
            } => {
                if let Some(c) = self.clients.get_mut(&client.0) {
                    c.told.push((0, format!("{status} {message}").into_bytes()));
                    c.gone = true;
                }
            }
            _ => {}
        }
    }

    /// Everything that a crash must not change, as text: sections, screens with history (only its newest rows unless
    /// `whole`: of a long one the text takes longer than all else), input, answers.
    pub fn picture(&mut self, whole: bool) -> String {
        use std::fmt::Write;
        let mut out = String::new();
        let core = self.core.as_mut().expect("a core lives between actions");
        for entry in core.snapshot() {
            if let Entry::Section(key, Some(text)) = entry {
                let _ = writeln!(out, "{key} {}", timeless(&String::from_utf8_lossy(&text)));
            }
        }
        for (id, pane) in &self.panes {
            let _ = writeln!(
                out,
                "%{id} pid {} life {} ended {:?}",
                pane.pid, pane.life, pane.ended
            );
            let _ = writeln!(out, "input {:?}", String::from_utf8_lossy(&pane.input));
            let _ = writeln!(out, "offset {}", core.offset(PaneId(*id)));
            if let Some(terminal) = core.terminal(PaneId(*id)) {
                let _ = writeln!(out, "{:?}", terminal.title());
                // Both screens, the saved cursors and what the parser is amid: a difference shows in the step that made it.
                for line in terminal.dump_state().lines() {
                    let _ = writeln!(out, "%{id} {line}");
                }
                let first = terminal.first_line();
                let screen = first + u64::from(terminal.history_len());
                let from = if whole {
                    first
                } else {
                    first.max(screen.saturating_sub(RECENT))
                };
                for line in from..screen + u64::from(terminal.size().rows) {
                    let _ = writeln!(out, "%{id} {line}{}", terminal.dump_line(line));
                }
            }
        }
        for (id, client) in &self.clients {
            for (stream, bytes) in &client.told {
                let _ = writeln!(
                    out,
                    "client {id} {stream} {:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
        out
    }

    fn die(&mut self) {
        self.core = None;
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
    }

    fn recover(&mut self) {
        let mut entries = Vec::new();
        for bytes in &self.journal {
            let (transaction, _) = Transaction::decode(bytes).expect("the journal reads back");
            entries.extend(transaction.entries);
        }
        let probe = Box::new(SimProbe::new(&self.store));
        let mut core =
            Core::recover(self.now, entries.iter().cloned(), probe).expect("the journal is whole");
        // A pane that the core no longer has was forgotten, and its keeper had not heard of it.
        let known: Vec<u32> = core.pane_ids().iter().map(|id| id.0).collect();
        self.panes.retain(|id, _| known.contains(id));
        for id in core.pane_ids() {
            let Some(pane) = self.panes.get_mut(&id.0) else {
                continue;
            };
            pane.told = false;
            let at = core.restore_terminal(id, pane.checkpoint.as_deref());
            let heard = core.heard(id).max(at);
            core.replay_output(id, at, &pane.output[at as usize..heard as usize]);
        }
        for entry in &entries {
            if let Entry::Input(id, at, bytes) = entry
                && let Some(pane) = self.panes.get_mut(id)
            {
                push_input(pane, *at, bytes);
            }
        }
        let mut effects = Vec::new();
        core.recovered(self.now, &mut effects);
        self.core = Some(core);
        let mut spawned = Vec::new();
        for effect in effects {
            self.carry_out(effect, &[], &mut spawned);
        }
        for (pane, pid) in spawned {
            self.turn(
                |core, now, effects| {
                    core.handle(
                        now,
                        Event::Spawned {
                            pane: PaneId(pane),
                            pid,
                            tty: format!("/dev/pts/{pane}"),
                        },
                        effects,
                    )
                },
                Crash::Never,
            );
        }
        // What the dead core had heard without a commit is heard before anything new: a request that is sent again finds
        // the screens that it found the first time.
        self.hear_all();
        let returning: Vec<(u32, Size)> = self
            .clients
            .iter()
            .filter(|(_, c)| !c.gone && c.info.cols > 0)
            .map(|(id, c)| (*id, Size::new(c.info.cols, c.info.rows)))
            .collect();
        for (id, size) in returning {
            self.turn(
                |core, now, effects| {
                    core.handle(
                        now,
                        Event::Returned {
                            client: ClientId(id),
                            size,
                        },
                        effects,
                    )
                },
                Crash::Never,
            );
        }
    }
}

/// Bytes of an absolute offset: what is there already is passed over.
fn push_input(pane: &mut SimPane, at: u64, bytes: &[u8]) {
    let have = pane.input.len() as u64;
    if at + bytes.len() as u64 > have && at <= have {
        pane.input.extend_from_slice(&bytes[(have - at) as usize..]);
    }
}

/// A section without the time of the last output: output that a dead core had heard and that had no other effect is
/// heard again, and then is its time.
fn timeless(text: &str) -> String {
    let mut parts = text.split("\"activity\":");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        out.push_str("\"activity\":_");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

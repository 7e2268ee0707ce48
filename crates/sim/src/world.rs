//! The world: what the keeper, the journal and the clients remember, and a core that may die at any point.

mod keep;
mod picture;
mod recovery;
mod turns;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use outlast_core::effect::SpawnSpec;
use outlast_core::event::{ClientInfo, Event, ExitStatus, Now};
use outlast_core::{ClientId, Core, PaneId, Setup};
use outlast_term::{Screen, Size};

use crate::disk::SimDisk;
use crate::outside::{Around, Nothing};
use crate::probe::{SimProbe, Store};

/// One thing that happens in the world. The same list runs in a world with crashes and in one without.
#[derive(Clone, Debug)]
pub enum Action {
    /// A client of this size connects and runs the command.
    Connect(u32, u16, u16, Vec<String>),
    /// The same for a client that says more of itself.
    Call(u32, ClientInfo, Vec<String>),
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

/// A mistake that is planted to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Effects leave before the turn is committed.
    EffectsFirst,
    /// The last byte that was heard is heard again, aloud.
    HeardOneShort,
    /// All output since the checkpoint is heard again, aloud.
    HeardAgain,
    /// Input in the journal is typed again, whatever the ring has already.
    InputTwice,
    /// A request that was committed is sent again.
    RequestTwice,
    /// The newest turn of the journal is not read.
    LastTurnLost,
}

/// What the keeper knows of a pane.
#[derive(Clone, Debug, Default)]
pub struct SimPane {
    /// Number of the program.
    pub life: u32,
    /// Process id, made up.
    pub pid: u32,
    /// What was started.
    pub spec: SpawnSpec,
    /// Columns and rows of its terminal.
    pub size: (u16, u16),
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

/// What reaches a client's terminal.
#[derive(Clone, Debug)]
pub enum Shown {
    /// It is taken over; the features that it has.
    Taken(String),
    /// A server's successor goes on with it: nothing is known of what it shows.
    Resumed,
    /// A picture. One that nobody took is replaced by the next.
    Frame(Arc<Screen>),
}

/// What a client remembers.
#[derive(Clone, Debug, Default)]
pub struct SimClient {
    /// Who it said it is.
    info: ClientInfo,
    /// What it was told, in order: stream (1, 2), or 0 for the exit status and its message.
    pub told: Vec<(u8, Vec<u8>)>,
    /// Exit status and message, once it has left.
    pub left: Option<(u8, String)>,
    /// It is to become a shell command when it leaves.
    pub afterwards: bool,
    /// It has left.
    pub gone: bool,
    /// What came for its terminal.
    pub shown: Vec<Shown>,
}

/// The world.
pub struct World {
    core: Option<Core>,
    store: Store,
    around: Around,
    journal: Vec<Vec<u8>>,
    /// Panes by id.
    pub panes: BTreeMap<u32, SimPane>,
    /// Clients by id.
    pub clients: BTreeMap<u32, SimClient>,
    /// Clients that have taken a picture and not been said to be ready for another.
    taken: BTreeSet<u32>,
    /// Ends of jobs and files that no committed turn has heard of.
    done: BTreeMap<u64, (Result<Vec<u8>, String>, i32)>,
    now: Now,
    next_pid: u32,
    /// How often the core died.
    pub crashes: u32,
    /// How often a program was started in a pane whose former program had not ended.
    pub doubles: u32,
    /// The server has ended as it was told to.
    pub ended: bool,
    /// After a crash clients come back, and requests are repeated, before output is heard again. The real loop may do
    /// either.
    pub late: bool,
    /// What is wrong with this world.
    pub bug: Option<Bug>,
    /// What is kept for the time after a reboot; off unless [`World::keep`].
    keeping: outlast_core::reboot::Store,
    /// Panes that were leaving, as the journal has them.
    leaving: Vec<(u32, bool)>,
    /// The disk.
    pub disk: SimDisk,
    /// What was said of the disk.
    pub said: Vec<String>,
    config: Vec<(String, Result<String, String>)>,
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

impl World {
    /// An empty world with a fresh core.
    pub fn new() -> World {
        World::around(Rc::new(RefCell::new(Nothing)), Vec::new())
    }

    /// A world with something around it, whose core loads these files: path, text.
    pub fn around(around: Around, config: Vec<(String, Result<String, String>)>) -> World {
        let store: Store = Rc::new(RefCell::new(BTreeMap::new()));
        let now = Now {
            ms: 1_000,
            unix: 1_800_000_000,
        };
        let setup = Setup {
            now,
            await_config: true,
        };
        let core = Core::new(setup, Box::new(SimProbe::new(&store, &around)));
        let mut world = World {
            core: Some(core),
            store,
            around,
            journal: Vec::new(),
            panes: BTreeMap::new(),
            clients: BTreeMap::new(),
            taken: BTreeSet::new(),
            done: BTreeMap::new(),
            now,
            next_pid: 100,
            crashes: 0,
            doubles: 0,
            ended: false,
            late: false,
            bug: None,
            keeping: outlast_core::reboot::Store::default(),
            leaving: Vec::new(),
            disk: SimDisk::default(),
            said: Vec::new(),
            config,
        };
        world.configure();
        world
    }

    /// The configuration of a new server.
    fn configure(&mut self) {
        let files = self.config.clone();
        self.turn(
            |core, now, effects| {
                let files = files.clone();
                core.handle(now, Event::ConfigFiles { files }, effects)
            },
            Crash::Never,
        );
        self.settle();
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
                self.call(*id, info, argv, crash);
            }
            Action::Call(id, info, argv) => self.call(*id, info.clone(), argv, crash),
            Action::Command(id, argv) if self.present(*id) => {
                let client = ClientId(*id);
                self.request(
                    |core, now, effects| {
                        let argv = argv.clone();
                        core.handle(now, Event::Command { client, argv }, effects)
                    },
                    crash,
                );
            }
            Action::Type(id, bytes) if self.present(*id) => {
                let client = ClientId(*id);
                self.request(
                    |core, now, effects| core.handle(now, Event::Input { client, bytes }, effects),
                    crash,
                );
            }
            Action::Resize(id, cols, rows) if self.present(*id) => {
                if let Some(client) = self.clients.get_mut(id) {
                    (client.info.cols, client.info.rows) = (*cols, *rows);
                }
                let (client, size) = (ClientId(*id), Size::new(*cols, *rows));
                self.request(
                    |core, now, effects| core.handle(now, Event::Resized { client, size }, effects),
                    crash,
                );
            }
            Action::Output(nth, bytes) => {
                if let Some(pane) = self.nth_living(*nth) {
                    self.say(pane, bytes, crash);
                }
            }
            Action::End(nth, code) => {
                if let Some(pane) = self.nth_living(*nth) {
                    self.end(pane, ExitStatus::Code(*code), crash);
                }
            }
            _ => {}
        }
        self.settle();
    }

    fn call(&mut self, id: u32, info: ClientInfo, argv: &[String], crash: Crash) {
        if self.clients.contains_key(&id) {
            return;
        }
        let client = SimClient {
            info: info.clone(),
            ..SimClient::default()
        };
        self.clients.insert(id, client);
        let client = ClientId(id);
        self.request(
            |core, now, effects| {
                let (info, argv) = (info.clone(), argv.to_vec());
                core.handle(now, Event::Connected { client, info }, effects);
                core.handle(now, Event::Command { client, argv }, effects);
            },
            crash,
        );
    }

    /// A pane's program writes.
    pub fn say(&mut self, pane: u32, bytes: &[u8], crash: Crash) {
        if let Some(p) = self.panes.get_mut(&pane) {
            p.output.extend_from_slice(bytes);
            self.hear(pane, crash);
        }
    }

    /// A pane's program ends; it does so once.
    pub fn end(&mut self, pane: u32, status: ExitStatus, crash: Crash) {
        if let Some(p) = self.panes.get_mut(&pane) {
            p.ended.get_or_insert(status);
            self.tell_end(pane, crash);
        }
    }

    /// Somebody sets the clock on the wall by so many seconds.
    pub fn set_clock(&mut self, seconds: i64) {
        self.now.unix += seconds;
    }

    /// A client is there and has not left.
    pub fn present(&self, id: u32) -> bool {
        self.clients.get(&id).is_some_and(|c| !c.gone)
    }

    /// How many milliseconds until the core wants to be woken; None: it does not.
    pub fn idle_ms(&self) -> Option<u64> {
        let wake = self.core.as_ref()?.next_wake()?;
        Some(wake.saturating_sub(self.now.ms))
    }

    fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect("a core lives between actions")
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

    /// Nothing waits to be heard.
    fn rests(&self) -> bool {
        let Some(core) = self.core.as_ref() else {
            return false;
        };
        self.taken.is_empty()
            && self.done.is_empty()
            && self.panes.iter().all(|(id, pane)| {
                core.offset(PaneId(*id)) >= pane.output.len() as u64
                    && (pane.ended.is_none() || pane.told)
            })
    }
}

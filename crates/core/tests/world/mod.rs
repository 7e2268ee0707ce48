//! A server without a world for tests of commands and recovery: a fake probe, programs that say what they are told to
//! say, command lines whose answers are kept, a journal that can be read again.
#![allow(dead_code)]

use std::collections::BTreeMap;

use outlast_core::event::{ClientInfo, Event, ExitStatus, Now};
use outlast_core::save::{Entry, Transaction};
use outlast_core::{ClientId, Core, Effect, PaneId, Setup, Standing};
use outlast_sim::probe::SimProbe;
use outlast_term::Size;

#[path = "../common/mod.rs"]
pub mod common;

/// What a command line came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub out: String,
    pub err: String,
    /// None: it still waits.
    pub exit: Option<(u8, String)>,
}

/// The server and what is around it.
pub struct World {
    pub core: Core,
    pub now: Now,
    pub probe: SimProbe,
    /// The journal.
    pub journal: Vec<Transaction>,
    /// Output of each pane from its beginning.
    pub output: BTreeMap<PaneId, Vec<u8>>,
    /// Input that each pane's program has got.
    pub input: BTreeMap<PaneId, Vec<u8>>,
    pub answers: BTreeMap<ClientId, Answer>,
    /// Effects that are not carried out by themselves.
    pub effects: Vec<Effect>,
    /// Files for ReadFile.
    pub files: BTreeMap<String, String>,
    /// What was last started in each pane, but by a slow keeper.
    pub spawned: BTreeMap<PaneId, outlast_core::effect::SpawnSpec>,
    /// Panes that have been forgotten.
    pub forgotten: Vec<PaneId>,
    pub ended: bool,
    /// Programs are started when the test says so.
    pub slow_keeper: bool,
    /// New clients are a person's, as the kernel shows it.
    pub proven: bool,
    /// Terminals do not say that they show a picture.
    pub slow_terminal: bool,
    next_client: u32,
}

impl World {
    /// A server without configuration.
    pub fn new() -> World {
        World::with_config("")
    }

    /// A server that has not read its configuration yet.
    pub fn unconfigured() -> World {
        let mut world = World::new();
        world.core = Core::new(
            Setup {
                now: world.now,
                await_config: true,
            },
            Box::new(world.probe.clone()),
        );
        world
    }

    /// A server with this configuration file.
    pub fn with_config(text: &str) -> World {
        let now = Now {
            ms: 10_000,
            unix: 1_700_000_000,
        };
        let probe = common::probe("/bin/sh", "/tmp");
        let mut world = World {
            core: Core::new(
                Setup {
                    now,
                    await_config: true,
                },
                Box::new(probe.clone()),
            ),
            now,
            probe,
            journal: Vec::new(),
            output: BTreeMap::new(),
            input: BTreeMap::new(),
            answers: BTreeMap::new(),
            effects: Vec::new(),
            files: BTreeMap::new(),
            spawned: BTreeMap::new(),
            forgotten: Vec::new(),
            ended: false,
            slow_keeper: false,
            proven: false,
            slow_terminal: false,
            next_client: 1,
        };
        world.event(Event::ConfigFiles {
            files: vec![("/etc/test.conf".to_string(), Ok(text.to_string()))],
        });
        world
    }

    /// Handles an event in a turn of its own, commits it and carries the effects out.
    pub fn event(&mut self, event: Event<'_>) {
        let mut effects = Vec::new();
        self.core.handle(self.now, event, &mut effects);
        self.core.finish_turn(self.now, &mut effects);
        self.end_turn(effects);
    }

    /// An empty turn.
    pub fn turn(&mut self) {
        let mut effects = Vec::new();
        self.core.finish_turn(self.now, &mut effects);
        self.end_turn(effects);
    }

    fn end_turn(&mut self, effects: Vec<Effect>) {
        let transaction = self.core.commit();
        if !transaction.entries.is_empty() {
            let mut bytes = Vec::new();
            transaction.encode(&mut bytes);
            let (read, len) = Transaction::decode(&bytes).expect("what was written can be read");
            assert_eq!((&read, len), (&transaction, bytes.len()));
            self.journal.push(transaction);
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Spawn { pane, spec, .. } if !self.slow_keeper => {
                self.spawned.insert(pane, spec);
                let tty = format!("/dev/pts/{}", 50 + pane.0);
                self.event(Event::Spawned {
                    pane,
                    pid: 1000 + pane.0,
                    tty,
                });
            }
            Effect::Write { pane, bytes } => self.input.entry(pane).or_default().extend(bytes),
            Effect::Print {
                client,
                stream,
                bytes,
            } => {
                let answer = self.answers.entry(client).or_default();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if stream == 1 {
                    answer.out.push_str(&text)
                } else {
                    answer.err.push_str(&text)
                }
            }
            Effect::Exit {
                client,
                status,
                message,
            } => {
                self.answers.entry(client).or_default().exit = Some((status, message));
                self.event(Event::Gone { client });
            }
            Effect::Frame { .. } if self.slow_terminal => {}
            Effect::Frame { client, .. } => self.event(Event::Ready { client }),
            Effect::ReadFile { token, path } => {
                let result = self.files.get(&path).map(|text| text.clone().into_bytes());
                let result = result.ok_or_else(|| "No such file or directory".to_string());
                self.event(Event::Done {
                    token,
                    result,
                    status: 0,
                });
            }
            Effect::WriteFile {
                token,
                path,
                bytes,
                append,
            } => {
                let file = self.files.entry(path).or_default();
                if !append {
                    file.clear();
                }
                file.push_str(&String::from_utf8_lossy(&bytes));
                self.event(Event::Done {
                    token,
                    result: Ok(Vec::new()),
                    status: 0,
                });
            }
            Effect::Forget { pane } => self.forgotten.push(pane),
            Effect::Shutdown => self.ended = true,
            other => self.effects.push(other),
        }
    }

    /// A new client, with a terminal of this size or without one.
    pub fn connect(&mut self, size: Option<(u16, u16)>) -> ClientId {
        self.connect_with(size, &[])
    }

    /// The same, with flags.
    pub fn connect_with(&mut self, size: Option<(u16, u16)>, flags: &[&str]) -> ClientId {
        let standing = match self.proven {
            true => Standing::Proven,
            false => Standing::NoTerminal,
        };
        self.connect_from(size, flags, standing)
    }

    /// The same, from where the kernel says.
    pub fn connect_from(
        &mut self,
        size: Option<(u16, u16)>,
        flags: &[&str],
        standing: Standing,
    ) -> ClientId {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        let (cols, rows) = size.unwrap_or((0, 0));
        let info = ClientInfo {
            pid: 100 + client.0,
            tty: if size.is_some() {
                format!("/dev/pts/{}", client.0)
            } else {
                String::new()
            },
            term: "xterm-256color".to_string(),
            cols,
            rows,
            cwd: "/tmp".to_string(),
            env: vec![
                ("SHELL".to_string(), "/bin/sh".to_string()),
                ("HOME".to_string(), "/home/u".to_string()),
            ],
            flags: flags.iter().map(ToString::to_string).collect(),
            standing,
            ..ClientInfo::default()
        };
        self.event(Event::Connected { client, info });
        client
    }

    /// A client's command line.
    pub fn command(&mut self, client: ClientId, argv: &[&str]) {
        let argv = argv.iter().map(|word| (*word).to_string()).collect();
        self.event(Event::Command { client, argv });
    }

    /// A command line without a terminal: starts it and gives its client.
    pub fn start(&mut self, argv: &[&str]) -> ClientId {
        let client = self.connect(None);
        self.command(client, argv);
        client
    }

    /// A command line without a terminal and what it came to.
    pub fn run(&mut self, argv: &[&str]) -> Answer {
        let client = self.start(argv);
        self.answers.remove(&client).unwrap_or_default()
    }

    /// What a command line has come to so far.
    pub fn answer(&mut self, client: ClientId) -> Answer {
        self.answers.remove(&client).unwrap_or_default()
    }

    /// A command line with a terminal.
    pub fn attach(&mut self, cols: u16, rows: u16, argv: &[&str]) -> ClientId {
        let client = self.connect(Some((cols, rows)));
        self.command(client, argv);
        client
    }

    /// What `display-message -p` says.
    pub fn show(&mut self, target: &str, format: &str) -> String {
        let answer = self.run(&["display-message", "-p", "-t", target, format]);
        answer.out.trim_end_matches('\n').to_string()
    }

    /// A pane's program says something.
    pub fn say(&mut self, pane: PaneId, bytes: &[u8]) {
        let log = self.output.entry(pane).or_default();
        let at = log.len() as u64;
        log.extend_from_slice(bytes);
        self.event(Event::Output { pane, at, bytes });
    }

    /// A pane's program ends.
    pub fn exit(&mut self, pane: PaneId, code: u8) {
        self.event(Event::Exited {
            pane,
            status: ExitStatus::Code(code),
        });
    }

    /// Time goes on; what is due happens.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now.ms + ms;
        for _ in 0..10_000 {
            let Some(at) = self.core.next_wake().filter(|at| *at <= end) else {
                break;
            };
            self.go_to(at.max(self.now.ms));
            let before = self.core.next_wake();
            self.event(Event::Woken);
            if self.core.next_wake() == before {
                self.go_to((self.now.ms + 1).min(end));
            }
        }
        self.go_to(end);
        self.event(Event::Woken);
    }

    fn go_to(&mut self, ms: u64) {
        self.now.unix += (ms / 1000) as i64 - (self.now.ms / 1000) as i64;
        self.now.ms = ms.max(self.now.ms);
    }

    /// The server dies and another takes over: from the journal, with each terminal from `checkpoints` or from the
    /// beginning of its output.
    pub fn crash(&mut self, checkpoints: &BTreeMap<PaneId, Vec<u8>>) {
        let entries: Vec<Entry> = self
            .journal
            .iter()
            .flat_map(|transaction| transaction.entries.iter().cloned())
            .collect();
        let turn = self.core.turn();
        // The old server's memory of history goes back to the keeper.
        let empty = Core::new(
            Setup {
                now: self.now,
                await_config: true,
            },
            Box::new(common::probe("/bin/sh", "/tmp")),
        );
        drop(std::mem::replace(&mut self.core, empty));
        let mut core =
            Core::recover(self.now, entries, Box::new(self.probe.clone())).expect("a journal");
        core.set_turn(turn);
        for pane in core.pane_ids() {
            let from = core.restore_terminal(pane, checkpoints.get(&pane).map(Vec::as_slice));
            let heard = core.heard(pane) as usize;
            let log = self.output.get(&pane).map_or(&[][..], Vec::as_slice);
            core.replay_output(pane, from, &log[from as usize..heard.max(from as usize)]);
        }
        let mut effects = Vec::new();
        core.recovered(self.now, &mut effects);
        self.core = core;
        self.end_turn(effects);
        // Clients come back, and output that came meanwhile is heard.
        let clients: Vec<(ClientId, Size)> = self.core.client_sizes();
        for (client, size) in clients {
            self.event(Event::Returned {
                client,
                size,
                standing: Default::default(),
            });
        }
        for pane in self.core.pane_ids() {
            let at = self.core.offset(pane);
            let log = self.output.get(&pane).cloned().unwrap_or_default();
            if at < log.len() as u64 {
                self.event(Event::Output {
                    pane,
                    at,
                    bytes: &log[at as usize..],
                });
            }
        }
    }
}

//! A server without a world: a fake probe, clients that are pictures, programs that are bytes.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_core::event::{ClientInfo, Event, Now};
use outlast_core::{ClientId, Core, Effect, PaneId, Setup};
use outlast_sim::probe::SimProbe;
use outlast_term::{Screen, ScreenCell, ScreenRow, Size};

#[path = "../common/mod.rs"]
mod common;

/// The server and all that it has said.
pub struct World {
    pub core: Core,
    pub now: Now,
    /// Newest picture by client.
    pub screens: BTreeMap<ClientId, Arc<Screen>>,
    /// Frames sent in all.
    pub frames: usize,
    /// Bytes typed to panes and not looked at yet.
    pub typed: BTreeMap<PaneId, Vec<u8>>,
    /// Lines printed for command lines.
    pub printed: String,
    /// Bytes that went to the first client's terminal as they were, and how many frames it had before.
    pub raw: Vec<(usize, String)>,
    /// Exit statuses and texts by client.
    pub exits: BTreeMap<ClientId, (u8, String)>,
    /// Shell commands of jobs.
    pub jobs: Vec<Vec<String>>,
    /// The clients' terminals take frames at once.
    pub ready: bool,
    probe: SimProbe,
    offsets: BTreeMap<PaneId, u64>,
    next_client: u32,
}

/// The first client, which shows session cc.
pub const ME: ClientId = ClientId(1);

impl World {
    /// A server with session cc, shown by client [`ME`]; `config` is its configuration file.
    pub fn new(cols: u16, rows: u16, config: &str) -> World {
        let now = Now {
            ms: 10_000,
            unix: 1_700_000_000,
        };
        let probe = common::probe("/bin/bash", "/home/u");
        let mut world = World {
            core: Core::new(
                Setup {
                    now,
                    await_config: true,
                },
                Box::new(probe.clone()),
            ),
            probe,
            now,
            screens: BTreeMap::new(),
            frames: 0,
            typed: BTreeMap::new(),
            printed: String::new(),
            exits: BTreeMap::new(),
            raw: Vec::new(),
            jobs: Vec::new(),
            ready: true,
            offsets: BTreeMap::new(),
            next_client: 1,
        };
        let files = vec![("/etc/test.conf".to_string(), Ok(config.to_string()))];
        world.event(Event::ConfigFiles { files });
        world.attach(cols, rows, &["new-session", "-s", "cc", "-n", "bash"]);
        world
    }

    /// A client with a terminal that runs a command line.
    pub fn attach(&mut self, cols: u16, rows: u16, argv: &[&str]) -> ClientId {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        let info = ClientInfo {
            standing: outlast_core::Standing::Proven,
            pid: 100 + client.0,
            tty: format!("/dev/pts/{}", client.0),
            term: "xterm-256color".to_string(),
            cols,
            rows,
            cwd: "/home/u".to_string(),
            env: vec![("SHELL".to_string(), "/bin/bash".to_string())],
            ..ClientInfo::default()
        };
        self.event(Event::Connected { client, info });
        let argv = argv.iter().map(|word| word.to_string()).collect();
        self.event(Event::Command { client, argv });
        client
    }

    /// Handles an event in a turn of its own and carries the effects out.
    pub fn event(&mut self, event: Event<'_>) {
        let mut effects = Vec::new();
        self.core.handle(self.now, event, &mut effects);
        self.carry_out(effects);
        self.turn();
    }

    /// An empty turn.
    pub fn turn(&mut self) {
        loop {
            let mut effects = Vec::new();
            self.core.finish_turn(self.now, &mut effects);
            let done = effects.is_empty();
            self.carry_out(effects);
            if done {
                return;
            }
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let mut more = Vec::new();
            match effect {
                Effect::Spawn { pane, .. } => {
                    let tty = format!("/dev/pts/{}", 50 + pane.0);
                    self.core.handle(
                        self.now,
                        Event::Spawned {
                            pane,
                            pid: 1000 + pane.0,
                            tty,
                        },
                        &mut more,
                    );
                }
                Effect::Frame { client, screen } => {
                    self.frames += 1;
                    check(&screen);
                    self.screens.insert(client, screen);
                    if self.ready {
                        self.core
                            .handle(self.now, Event::Ready { client }, &mut more);
                    }
                }
                Effect::Write { pane, bytes } => self.typed.entry(pane).or_default().extend(bytes),
                Effect::Print { bytes, .. } => {
                    self.printed.push_str(&String::from_utf8_lossy(&bytes))
                }
                Effect::Exit {
                    client,
                    status,
                    message,
                } => {
                    self.exits.insert(client, (status, message));
                }
                Effect::Raw { client: ME, bytes } => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.raw.push((self.frames, text));
                }
                Effect::RunJob { spec, .. } => self.jobs.push(spec.argv),
                _ => {}
            }
            self.carry_out(more);
        }
    }

    /// Time goes on; what is due happens.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now.ms + ms;
        while let Some(at) = self.core.next_wake().filter(|at| *at <= end) {
            self.now.unix += (at.max(self.now.ms) - self.now.ms) as i64 / 1000;
            self.now.ms = at.max(self.now.ms);
            let before = self.core.next_wake();
            self.event(Event::Woken);
            if self.core.next_wake() == before {
                self.now.ms += 1;
            }
        }
        self.now.ms = self.now.ms.max(end);
        self.event(Event::Woken);
    }

    /// Runs a command line and gives what it prints.
    pub fn run(&mut self, argv: &[&str]) -> String {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        self.event(Event::Connected {
            client,
            info: ClientInfo {
                pid: 500,
                ..ClientInfo::default()
            },
        });
        self.printed.clear();
        let argv = argv.iter().map(|word| word.to_string()).collect();
        self.event(Event::Command { client, argv });
        self.event(Event::Gone { client });
        self.settle();
        std::mem::take(&mut self.printed)
    }

    /// The server dies and the next one takes over; the first client comes back.
    pub fn crash(&mut self) {
        let entries = self.core.snapshot();
        let checkpoints: BTreeMap<PaneId, Vec<u8>> = self
            .core
            .pane_ids()
            .into_iter()
            .filter_map(|pane| Some((pane, self.core.checkpoint(pane)?)))
            .collect();
        let empty = Core::new(
            Setup {
                now: self.now,
                await_config: true,
            },
            Box::new(common::probe("/bin/bash", "/home/u")),
        );
        drop(std::mem::replace(&mut self.core, empty));
        self.core =
            Core::recover(self.now, entries, Box::new(self.probe.clone())).expect("a journal");
        for pane in self.core.pane_ids() {
            self.core
                .restore_terminal(pane, checkpoints.get(&pane).map(Vec::as_slice));
        }
        let mut effects = Vec::new();
        self.core.recovered(self.now, &mut effects);
        self.carry_out(effects);
        let size = self.screens.remove(&ME).expect("a frame was sent").size;
        self.event(Event::Returned {
            client: ME,
            size,
            standing: Default::default(),
        });
        self.settle();
    }

    /// Lets paced frames out.
    pub fn settle(&mut self) {
        self.pass(20);
    }

    /// A client types.
    pub fn keys(&mut self, bytes: &str) {
        self.event(Event::Input {
            client: ME,
            bytes: bytes.as_bytes(),
        });
        self.settle();
    }

    /// A program prints.
    pub fn output(&mut self, pane: u32, bytes: &str) {
        let pane = PaneId(pane);
        let at = *self.offsets.entry(pane).or_default();
        self.event(Event::Output {
            pane,
            at,
            bytes: bytes.as_bytes(),
        });
        self.offsets.insert(pane, at + bytes.len() as u64);
        self.settle();
    }

    /// A key and what it has a program print, in one turn: first rows that are shown before the turn is over, and how many
    /// frames its end brings.
    pub fn echo(&mut self, key: &str, output: &str) -> (Vec<String>, usize) {
        self.now.ms += 5;
        let mut effects = Vec::new();
        if !key.is_empty() {
            let bytes = key.as_bytes();
            let typed = Event::Input { client: ME, bytes };
            self.core.handle(self.now, typed, &mut effects);
        }
        let offset = self.offsets.entry(PaneId(0)).or_default();
        let (pane, at, bytes) = (PaneId(0), *offset, output.as_bytes());
        *offset += bytes.len() as u64;
        let output = Event::Output { pane, at, bytes };
        self.core.handle(self.now, output, &mut effects);
        effects.clear();
        self.core.echo(self.now, &mut effects);
        let mut rows = Vec::new();
        for effect in std::mem::take(&mut effects) {
            let Effect::Frame { screen, .. } = &effect else {
                panic!("{effect:?} before the turn is committed");
            };
            rows.push(row_text(&screen.rows[0]).trim_end().to_string());
            self.carry_out(vec![effect]);
        }
        self.core.finish_turn(self.now, &mut effects);
        let frame = |effect: &&Effect| matches!(effect, Effect::Frame { .. });
        let frames = effects.iter().filter(frame).count();
        self.carry_out(effects);
        self.settle();
        (rows, frames)
    }

    /// What has been typed to a pane since last asked.
    pub fn typed(&mut self, pane: u32) -> String {
        let bytes = self.typed.remove(&PaneId(pane)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first client's terminal gets another size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.event(Event::Resized {
            client: ME,
            size: Size { cols, rows },
        });
        self.settle();
    }

    /// The first client's picture.
    pub fn screen(&self) -> Arc<Screen> {
        self.screens.get(&ME).cloned().expect("a frame was sent")
    }

    /// Its text, blanks at the ends of rows left out.
    pub fn text(&self) -> String {
        picture(&self.screen())
    }

    /// One row of its text.
    pub fn row(&self, y: usize) -> String {
        row_text(&self.screen().rows[y]).trim_end().to_string()
    }

    /// The last row, blanks kept.
    pub fn status(&self) -> String {
        row_text(self.screen().rows.last().expect("rows"))
    }

    /// Column and row of the cursor.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.screen().cursor.map(|cursor| (cursor.x, cursor.y))
    }

    /// A format about the first client's pane.
    pub fn format(&mut self, format: &str) -> String {
        self.run(&["display-message", "-p", "-t", "cc:", format])
            .trim_end_matches('\n')
            .to_string()
    }

    /// Asserts what the picture looks like; leading and trailing newlines of `expected` do not count.
    #[track_caller]
    pub fn expect(&self, expected: &str) {
        let expected = expected.trim_matches('\n');
        let shown = self.text().trim_end_matches('\n').to_string();
        assert_eq!(
            shown, expected,
            "\nshown:\n{shown}\nexpected:\n{expected}\n"
        );
    }
}

/// Whether the picture keeps the promises of its type.
fn check(screen: &Screen) {
    assert_eq!(screen.rows.len(), usize::from(screen.size.rows));
    for row in &screen.rows {
        assert_eq!(row.cells.len(), usize::from(screen.size.cols));
        for (x, cell) in row.cells.iter().enumerate() {
            let tail = row.cells.get(x + 1).is_some_and(|next| next.width == 0);
            assert_eq!(
                cell.width == 2,
                tail && cell.width != 0,
                "a wide cluster is cut at column {x}"
            );
            assert!(usize::from(cell.link) <= screen.links.len());
            if cell.text & ScreenCell::CLUSTER != 0 {
                assert!(((cell.text & !ScreenCell::CLUSTER) as usize) < row.clusters.len());
            }
        }
    }
    if let Some(cursor) = screen.cursor {
        assert!(cursor.x < screen.size.cols && cursor.y < screen.size.rows);
    }
}

/// Text of a row.
pub fn row_text(row: &ScreenRow) -> String {
    let mut out = String::new();
    for cell in row.cells.iter().filter(|cell| cell.width != 0) {
        if cell.text & ScreenCell::CLUSTER != 0 {
            out.push_str(&row.clusters[(cell.text & !ScreenCell::CLUSTER) as usize]);
        } else {
            out.push(
                char::from_u32(cell.text)
                    .filter(|c| *c != '\0')
                    .unwrap_or(' '),
            );
        }
    }
    out
}

/// Text of a picture.
pub fn picture(screen: &Screen) -> String {
    let rows: Vec<String> = screen
        .rows
        .iter()
        .map(|row| row_text(row).trim_end().to_string())
        .collect();
    rows.join("\n")
}

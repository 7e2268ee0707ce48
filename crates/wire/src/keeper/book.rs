//! What a server remembers of its conversation with the keeper, so that it can give another keeper the table when that
//! one has died. Pure: `D` is a descriptor, or anything in a test.
//!
//! Everything that was said and heard passes through here, so the book is what the keeper would have answered to a new
//! server, and beside it what was asked for and not answered yet, which is asked again. What is lost with a keeper is
//! a signal on its way. A program that was not told of yet has not run ([`Held::Gate`]): it is started again.

use std::collections::BTreeMap;

use super::handover::{Record, Slot, Table};
use super::{Held, Pane, Status, ToKeeper, ToServer};

/// The book.
#[derive(Debug)]
pub struct Book<D> {
    held: BTreeMap<(u32, u16), (u64, Option<D>)>,
    bells: Vec<D>,
    listener: Option<D>,
    panes: BTreeMap<u32, Entry<D>>,
    deposits: BTreeMap<(u32, u16), D>,
    input_ends: BTreeMap<u32, u64>,
    asked: BTreeMap<u32, (ToKeeper, Option<D>)>,
    started: (i64, u64),
    servers: (u32, u32, Status),
    keeper_pid: u32,
}

#[derive(Debug)]
struct Entry<D> {
    row: Pane,
    out: D,
    ctl: D,
    master: Option<D>,
}

/// Who asks for the table.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// The new keeper's end of the connection.
    pub socket: i32,
    /// The server's process id.
    pub pid: u32,
    /// The path that servers are started from: the server's own argv[0].
    pub program: &'a [u8],
    /// The server's own arguments.
    pub words: &'a [&'a [u8]],
}

impl<D> Default for Book<D> {
    fn default() -> Book<D> {
        Book {
            held: BTreeMap::new(),
            bells: Vec::new(),
            listener: None,
            panes: BTreeMap::new(),
            deposits: BTreeMap::new(),
            input_ends: BTreeMap::new(),
            asked: BTreeMap::new(),
            started: (0, 0),
            servers: (1, 0, Status::Running),
            keeper_pid: 0,
        }
    }
}

impl<D> Book<D> {
    /// This was said to the keeper, with this descriptor beside it.
    pub fn said(&mut self, message: &ToKeeper, fd: Option<D>) {
        match *message {
            ToKeeper::Spawn { pane, .. } => {
                self.asked.insert(pane, (*message, fd));
            }
            ToKeeper::Deposit { pane, tag } => {
                if let Some(fd) = fd {
                    self.deposits.insert((pane, tag), fd);
                }
            }
            ToKeeper::Undeposit { pane, tag } => {
                self.deposits.remove(&(pane, tag));
            }
            ToKeeper::Forget { pane } => {
                self.asked.remove(&pane);
                self.panes.remove(&pane);
                self.input_ends.remove(&pane);
                self.held.remove(&(pane, Held::Job as u16));
                self.held.remove(&(pane, Held::Gate as u16));
                self.deposits.retain(|(owner, _), _| *owner != pane);
            }
            ToKeeper::EndInput { pane, at } => {
                self.input_ends.insert(pane, at);
            }
            ToKeeper::Ready { .. }
            | ToKeeper::Signal { .. }
            | ToKeeper::Shutdown
            | ToKeeper::Rebind
            | ToKeeper::Exec => {}
        }
    }

    /// The keeper said this, with these descriptors beside it.
    pub fn heard(&mut self, message: &ToServer, fds: Vec<D>) {
        let mut fds = fds.into_iter();
        match *message {
            ToServer::Hello(hello) => {
                self.keeper_pid = hello.keeper_pid;
                self.started = (hello.started_unix, hello.started_boot_ms);
                self.servers = (hello.restarts + 1, hello.quick_failures, hello.last_status);
            }
            ToServer::Resumed { keeper_pid, .. } => self.keeper_pid = keeper_pid,
            ToServer::Hold { what, pane, value } => {
                self.held.insert((pane, what), (value, fds.next()));
            }
            ToServer::Bell => self.bells = fds.collect(),
            ToServer::Listener => self.listener = fds.next().or(self.listener.take()),
            ToServer::Pane(row) => self.enter(row, fds),
            ToServer::Spawned(row) => {
                // One that was asked for and then forgotten is not wanted any more.
                if self.asked.remove(&row.pane).is_some() {
                    self.enter(row, fds);
                }
            }
            ToServer::SpawnFailed { pane, .. } => {
                self.asked.remove(&pane);
            }
            ToServer::Deposited { pane, tag } => {
                if let Some(fd) = fds.next() {
                    self.deposits.insert((pane, tag), fd);
                }
            }
            ToServer::DepositFailed { pane, tag, .. } => {
                self.deposits.remove(&(pane, tag));
            }
            ToServer::Exited {
                pane,
                life,
                status,
                at,
            } => {
                if let Some(entry) = self.panes.get_mut(&pane)
                    && entry.row.life == life
                {
                    entry.row.status = status;
                    entry.row.exit_at = at;
                }
            }
            ToServer::End
            | ToServer::Terminate
            | ToServer::Former { .. }
            | ToServer::Missing { .. } => {}
        }
    }

    fn enter(&mut self, row: Pane, mut fds: impl Iterator<Item = D>) {
        if let (Some(out), Some(ctl)) = (fds.next(), fds.next()) {
            let entry = Entry {
                row,
                out,
                ctl,
                master: fds.next(),
            };
            self.panes.insert(row.pane, entry);
        }
    }

    /// Whether the keeper is of a version that another can take over from.
    pub fn is_complete(&self) -> bool {
        self.held(Held::Ledger).is_some() && self.held(Held::Lock).is_some()
    }

    /// The keeper's process id.
    pub fn keeper_pid(&self) -> u32 {
        self.keeper_pid
    }

    /// What lets the program run that was just heard of.
    pub fn take_gate(&mut self, pane: u32) -> Option<D> {
        self.held.remove(&(pane, Held::Gate as u16))?.1
    }

    /// The keeper is dead: what it had not told of yet is not to run.
    pub fn drop_gates(&mut self) {
        self.held.retain(|(_, what), _| *what != Held::Gate as u16);
    }

    fn held(&self, what: Held) -> Option<&D> {
        self.held.get(&(0, what as u16))?.1.as_ref()
    }

    fn value(&self, what: Held) -> Option<u64> {
        Some(self.held.get(&(0, what as u16))?.0)
    }

    /// What was asked for and not answered.
    pub fn unanswered(&self) -> impl Iterator<Item = (&ToKeeper, Option<&D>)> {
        self.asked
            .values()
            .map(|(message, fd)| (message, fd.as_ref()))
    }

    /// Deposits of panes that were asked for and not answered: they are not in the table, and follow the question.
    pub fn early_deposits(&self) -> impl Iterator<Item = (u32, u16, &D)> {
        let early = |pane| pane != 0 && !self.panes.contains_key(&pane);
        self.deposits
            .iter()
            .filter(move |((pane, _), _)| early(*pane))
            .map(|((pane, tag), fd)| (*pane, *tag, fd))
    }

    /// Where the input of such panes is to be closed.
    pub fn early_ends(&self) -> impl Iterator<Item = (u32, u64)> {
        self.input_ends
            .iter()
            .filter(|(pane, _)| !self.panes.contains_key(*pane))
            .map(|(pane, at)| (*pane, *at))
    }

    /// The table for a new keeper; `number` is a descriptor's. `None`: not enough is known, because the keeper was of
    /// a version that has nothing held, or died before it had told.
    pub fn table(&self, server: Server<'_>, number: impl Fn(&D) -> i32) -> Option<Table> {
        let mut table = Table::new();
        table.put(&Record::Ledger([
            number(self.held(Held::Ledger)?),
            number(self.held(Held::LedgerWake)?),
            number(self.held(Held::PipeRead)?),
            number(self.held(Held::PipeWrite)?),
        ]));
        // The path is among the server's own arguments, as `--socket`.
        let path = server.words.iter().position(|word| *word == b"--socket");
        table.put(&Record::Socket {
            lock: number(self.held(Held::Lock)?),
            listener: number(self.listener.as_ref()?),
            private: self.value(Held::Lock)? != 0,
            path: server.words.get(path? + 1)?,
        });
        table.put(&Record::Program(server.program));
        for word in server.words {
            table.put(&Record::Argument(word));
        }
        table.put(&Record::Server {
            socket: server.socket,
            pid: server.pid,
            ready: true,
        });
        let [page, wakes_server, wakes_keeper] = self.bells.first_chunk()?;
        table.put(&Record::Bells([
            number(page),
            number(wakes_server),
            number(wakes_keeper),
        ]));
        for (pane, entry) in &self.panes {
            let job = self.held.get(&(*pane, Held::Job as u16));
            let job = job.and_then(|(_, fd)| fd.as_ref());
            table.put(&Record::Pane(Slot {
                row: entry.row,
                out: number(&entry.out),
                ctl: number(&entry.ctl),
                fd: entry.master.as_ref().or(job).map(&number),
                input_ends: self.input_ends.get(pane).copied(),
            }));
        }
        for ((pane, tag), fd) in &self.deposits {
            if *pane != 0 && !self.panes.contains_key(pane) {
                continue;
            }
            table.put(&Record::Deposit {
                fd: number(fd),
                pane: *pane,
                tag: *tag,
            });
        }
        let (unix, boot_ms) = self.started;
        table.put(&Record::Started { unix, boot_ms });
        let (starts, quick_failures, last_status) = self.servers;
        table.put(&Record::Servers {
            starts,
            quick_failures,
            last_status,
        });
        if let (Some(soft), Some(hard)) = (self.value(Held::SoftLimit), self.value(Held::HardLimit))
        {
            table.put(&Record::Limits { soft, hard });
        }
        Some(table)
    }
}

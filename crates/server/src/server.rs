//! The loop: what is waited for, and the order in which a turn takes what has come.
//!
//! Input first, then a bounded slice of each ready pane's output, then what has ended; then the turn is committed to
//! the journal, and only then are its effects carried out. Nothing here waits but [`Server::wait`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use outlast_core::event::Now;
use outlast_core::save::Entry;
use outlast_core::{ClientId, Core, Effect, Event, PaneId};
use outlast_sys::bell::ServerBells;
use outlast_sys::clock;
use outlast_sys::lock::try_lock_file;
use outlast_sys::poll::{Interest, Poll, Ready};
use outlast_sys::rest::Rest;
use outlast_sys::signal::{self, Signals};
use outlast_wire::keeper::ToServer;

use crate::appends::Files;
use crate::calls::Calls;
use crate::clients::Clients;
use crate::disk::StateDisk;
use crate::eager::Eager;
use crate::jobs::Jobs;
use crate::journal::Journal;
use crate::keeper::{Link, Owner, job_number, owner};
use crate::memory::FileMemory;
use crate::oom::{Counts, OutOfMemory};
use crate::panes::{BUDGET, Panes, SHORT, TYPING_BUDGET};
use crate::pipes::Pipes;
use crate::poison::Poison;
use crate::probe::Facts;
use crate::takeover::Takeover;
use crate::typed::Typing;
use crate::upgrade::{self, Upgrade};

pub(crate) const KEEPER: u64 = 0;
const BELL: u64 = 1;
const LISTENER: u64 = 2;
const SIGNALS: u64 = 3;
const DISK: u64 = 4;
pub(crate) const KEEP: u64 = 5;
/// Of the thread that asks for the machine to stay awake.
pub(crate) const AWAKE: u64 = 6;
/// Tokens from here on are connections; a terminal has its client's id with the highest bit set.
const FIRST_CONNECTION: u64 = 16;
const TERMINAL: u64 = 1 << 63;

/// Input that waits for room in its ring is tried again after this, doubled as long as nothing moves: the keeper
/// rings no bell for that.
const RETRY_MS: u64 = 2;
const RETRY_MAX_MS: u64 = 128;

/// So long at most the end of a turn waits for the echo of a key.
const ECHO: Duration = Duration::from_millis(1);

/// The parts of a running server.
pub struct Server {
    pub(crate) core: Core,
    pub(crate) poll: Poll,
    pub(crate) link: Rc<Link>,
    pub(crate) bells: ServerBells,
    pub(crate) listener: OwnedFd,
    pub(crate) signals: Signals,
    pub(crate) disk: Files,
    pub(crate) awake: crate::awake::Awake,
    pub(crate) store: StateDisk,
    pub(crate) facts: Facts,
    pub(crate) panes: Panes,
    pub(crate) jobs: Jobs,
    pub(crate) pipes: Pipes,
    pub(crate) clients: Clients,
    pub(crate) calls: Calls,
    pub(crate) journal: Journal<FileMemory>,
    poison: Poison,
    pub(crate) upgrade: Upgrade,
    pub(crate) socket: String,
    /// What the turn wants done.
    pub(crate) effects: Vec<Effect>,
    /// What of the loop's own the turn's transaction is to hold.
    pub(crate) entries: Vec<Entry>,
    /// The core has been told something since the commit.
    pub(crate) uncommitted: bool,
    /// Jobs whose end the core has been told in this turn.
    pub(crate) jobs_done: Vec<u64>,
    /// Connections to be settled at the end of the turn.
    pub(crate) touched: BTreeSet<u64>,
    /// Clients whose terminal has something to take or may take more.
    pub(crate) painted: BTreeSet<ClientId>,
    pub(crate) eager: Eager,
    pub(crate) typing: Typing,
    next_token: u64,
    pub(crate) link_waits: bool,
    pub(crate) takeover: Takeover,
    pub(crate) memory: OutOfMemory,
    retry_ms: Option<u64>,
    /// When the core wanted to be woken as the turn before ended.
    wake_at: Option<u64>,
    /// Kept for its memory.
    ready: Vec<Ready>,
    rest: Rest,
    /// Told to end: the keeper goes first, then we.
    pub(crate) ending: bool,
    pub(crate) end_by_ms: Option<u64>,
    /// Until then the end waits for pipes.
    pub(crate) pipes_by_ms: Option<u64>,
    keeper_gone: bool,
}

/// What the loop is made from.
pub struct Parts {
    pub core: Core,
    pub link: Rc<Link>,
    pub bells: ServerBells,
    pub listener: OwnedFd,
    pub facts: Facts,
    pub panes: Panes,
    pub jobs: Jobs,
    pub clients: Clients,
    pub journal: Journal<FileMemory>,
    pub poison: Poison,
    pub upgrade: Upgrade,
    pub socket: String,
    /// Appends to files that the former server may have begun.
    pub appends: BTreeMap<u64, u64>,
    /// What the kernel had killed for memory as the former server knew it.
    pub kills: Option<Counts>,
}

/// The time of a turn.
pub fn now() -> Now {
    Now {
        ms: clock::boottime_ms(),
        unix: clock::unix_seconds(),
    }
}

impl Server {
    /// A server that has not had its first turn.
    ///
    /// # Errors
    /// No descriptor or thread is left.
    pub fn new(parts: Parts) -> io::Result<Server> {
        let signals = Signals::new(&[
            signal::SIGTERM,
            signal::SIGINT,
            signal::SIGHUP,
            signal::SIGUSR1,
        ])?;
        let disk = Files::start(parts.appends)?;
        let poll = Poll::new()?;
        poll.add(&*parts.link, KEEPER, Interest::IN)?;
        // Only changes are told, so it need not be read.
        poll.add(parts.bells.fd(), BELL, Interest::IN | Interest::ET)?;
        poll.add(&parts.listener, LISTENER, Interest::IN)?;
        poll.add(&signals, SIGNALS, Interest::IN)?;
        poll.add(disk.fd(), DISK, Interest::IN)?;
        Ok(Server {
            core: parts.core,
            poll,
            link: parts.link,
            bells: parts.bells,
            listener: parts.listener,
            signals,
            disk,
            awake: Default::default(),
            store: StateDisk::new(&parts.socket),
            facts: parts.facts,
            panes: parts.panes,
            jobs: parts.jobs,
            pipes: Pipes::default(),
            clients: parts.clients,
            calls: Calls::default(),
            journal: parts.journal,
            poison: parts.poison,
            upgrade: parts.upgrade,
            socket: parts.socket,
            effects: Vec::new(),
            entries: Vec::new(),
            uncommitted: false,
            jobs_done: Vec::new(),
            touched: BTreeSet::new(),
            painted: BTreeSet::new(),
            eager: Eager::default(),
            typing: Typing::default(),
            next_token: FIRST_CONNECTION,
            link_waits: false,
            takeover: Takeover::default(),
            memory: OutOfMemory::new(parts.kills),
            retry_ms: None,
            wake_at: None,
            ready: Vec::new(),
            rest: Rest::default(),
            ending: false,
            end_by_ms: None,
            pipes_by_ms: None,
            keeper_gone: false,
        })
    }

    /// Runs until the server is told to end.
    ///
    /// # Errors
    /// A keeper of an old version is gone, or there is no memory for the journal: the state that is there is all there
    /// will be.
    pub fn run(mut self) -> io::Result<ExitCode> {
        loop {
            self.wait()?;
            let now = now();
            self.tend_keeper(now)?;
            self.clients_time(now);
            self.take_behind();
            if !self.eager.goes_first() {
                self.take_output(now);
                self.show_echo(now);
            }
            self.take_ended(now);
            if self.wake_at.is_some_and(|wake| wake <= now.ms) {
                self.core.handle(now, Event::Woken, &mut self.effects);
            }
            self.finish(now)?;
            if self.ending && self.may_end(now) {
                return Ok(ExitCode::SUCCESS);
            }
            if self.makes_way(now)? {
                return Ok(ExitCode::from(outlast_wire::keeper::SWAP));
            }
        }
    }

    /// Waits for something to happen and takes all of it but output.
    fn wait(&mut self) -> io::Result<()> {
        self.wake_at = self.core.next_wake();
        let timeout = self.timeout();
        let mut ready = std::mem::take(&mut self.ready);
        let idle = timeout != Some(Duration::ZERO);
        let timeout = if idle && !self.bells.may_sleep() {
            Some(Duration::ZERO)
        } else {
            timeout
        };
        self.eager.begin();
        let timeout = self.rest.before_wait(clock::boottime_ms(), timeout);
        self.wait_once(timeout, &mut ready)?;
        // A key that went straight to its program leaves nothing to be done before its echo: that comes within the same
        // turn, and what is done once in a turn is not in its way.
        if self.has_only_passed() && !self.is_busy() {
            let timeout = if self.bells.may_sleep() {
                ECHO
            } else {
                Duration::ZERO
            };
            self.wait_once(Some(timeout), &mut ready)?;
        }
        self.ready = ready;
        Ok(())
    }

    /// Waits once, and takes all that has come but output.
    fn wait_once(&mut self, timeout: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        let waited = self.poll.wait(timeout, |found| ready.push(found));
        self.bells.woke();
        waited?;
        let now = now();
        if !ready.is_empty() {
            self.rest.stirred(now.ms);
        }
        self.take_bells();
        for found in ready.drain(..) {
            match found.token {
                KEEPER => {
                    self.link.flush();
                    self.take_keeper(now)?;
                }
                BELL => {}
                LISTENER => {
                    let next = &mut self.next_token;
                    let number = || {
                        *next += 1;
                        *next
                    };
                    let core = &self.core;
                    let admits = |uid| core.admits(Some(uid));
                    self.calls
                        .accept(&self.listener, &self.poll, number, admits);
                }
                SIGNALS => self.take_signals(now),
                DISK => {
                    while let Some(answer) = self.disk.answer() {
                        if answer.token == upgrade::STAMP {
                            self.stamp_was_read(answer.result, now);
                            continue;
                        }
                        let done = Event::Done {
                            token: answer.token,
                            result: answer.result,
                            status: 0,
                        };
                        self.core.handle(now, done, &mut self.effects);
                    }
                }
                KEEP => self.take_kept(now),
                AWAKE => self.take_awake(),
                token if token & TERMINAL != 0 => {
                    let id = ClientId((token & !TERMINAL) as u32);
                    self.painted.insert(id);
                    if found.readable || found.hung_up {
                        self.take_typed(id, now);
                    }
                }
                token => self.take_call(token, now),
            }
        }
        Ok(())
    }

    /// Something is to be done at once.
    fn is_busy(&self) -> bool {
        self.panes.any_ready()
            || self.pipes.have_news(&self.panes)
            || self.core.any_control() && !self.core.control_behind().is_empty()
            || self.store.is_busy()
            || !self.effects.is_empty()
            || self.uncommitted
    }

    /// How long nothing has to be done; None: for ever.
    fn timeout(&self) -> Option<Duration> {
        if self.is_busy() {
            return Some(Duration::ZERO);
        }
        let now = clock::boottime_ms();
        let retry = self.retry_ms.map(|ms| now + ms);
        let share = self.panes.any_held().then(|| self.eager.next_share());
        let due = [
            share,
            self.wake_at,
            self.panes.quiet_at(),
            retry,
            self.clients_due(),
            self.end_due(),
            self.upgrade.due(),
            self.keeper_due(),
            self.store.due(),
        ];
        due.into_iter()
            .flatten()
            .min()
            .map(|due| Duration::from_millis(due.saturating_sub(now)))
    }

    fn take_bells(&mut self) {
        let Server {
            bells,
            panes,
            jobs,
            pipes,
            link,
            ..
        } = self;
        bells.take(|slot| {
            if !panes.rung(slot) && !pipes.rung(slot) {
                jobs.rung(slot, link, bells);
            }
        });
    }

    fn take_signals(&mut self, now: Now) {
        while let Some(number) = self.signals.next_signal() {
            match number {
                signal::SIGTERM => self.terminate(now),
                signal::SIGUSR1 => self.link.send(&outlast_wire::keeper::ToKeeper::Rebind, &[]),
                _ => {}
            }
        }
    }

    fn take_keeper(&mut self, now: Now) -> io::Result<()> {
        loop {
            let (message, mut fds) = match self.link.receive(true) {
                Ok(Some(received)) => received,
                Ok(None) => return Ok(()),
                Err(_) if self.ending => {
                    if !std::mem::replace(&mut self.keeper_gone, true) {
                        self.leave_socket();
                    }
                    let _ = self.poll.remove(&*self.link);
                    return Ok(());
                }
                Err(_) => return self.keeper_died(now),
            };
            match message {
                ToServer::Listener => {
                    if let Some(listener) = fds.next_fd() {
                        let _ = self.poll.remove(&self.listener);
                        self.poll.add(&listener, LISTENER, Interest::IN)?;
                        self.listener = listener;
                    }
                }
                ToServer::Spawned(pane) => self.spawned(pane, fds, now),
                ToServer::SpawnFailed { pane, errno, .. } => {
                    self.spawn_failed(pane, &io::Error::from_raw_os_error(errno), now);
                }
                ToServer::Exited {
                    pane,
                    life,
                    status,
                    at,
                } => match owner(pane) {
                    Some(Owner::Pane(id)) => self.panes.ended(id, life, status, at),
                    Some(Owner::Job(_)) if self.pipes.ended(pane, status, at) => {}
                    Some(Owner::Job(_)) => self.jobs.ended(pane, status, at),
                    None => {}
                },
                ToServer::Terminate => self.terminate(now),
                // A checkpoint or history that the keeper does not take is lost with us; the pane works.
                ToServer::DepositFailed { .. } => {}
                // Only at the start.
                ToServer::Hello(_)
                | ToServer::Bell
                | ToServer::Pane(_)
                | ToServer::Deposited { .. }
                | ToServer::End
                | ToServer::Former { .. }
                // Kept in the link's book.
                | ToServer::Hold { .. } => {}
                ToServer::Resumed { .. } => self.keeper_resumed(),
                ToServer::Missing {
                    pane,
                    output,
                    input,
                } => {
                    if let Some(Owner::Pane(pane)) = owner(pane) {
                        let event = Event::Missing {
                            pane,
                            output,
                            input,
                        };
                        self.core.handle(now, event, &mut self.effects);
                    }
                }
            }
        }
    }

    fn spawned(
        &mut self,
        found: outlast_wire::keeper::Pane,
        fds: outlast_sys::fd_pass::Fds,
        now: Now,
    ) {
        match owner(found.pane) {
            Some(Owner::Pane(pane)) => {
                let attached = self
                    .panes
                    .attach(&found, pane, fds, &self.facts, &self.bells);
                if found.pid == 0 {
                    // It only holds what belongs to the pane; nobody waits to hear of it.
                    return;
                }
                if let Err(error) = attached {
                    return self.spawn_failed(found.pane, &error, now);
                }
                let tty = found.tty.as_str().to_string();
                self.core.handle(
                    now,
                    Event::Spawned {
                        pane,
                        pid: found.pid,
                        tty,
                    },
                    &mut self.effects,
                );
            }
            Some(Owner::Job(_)) => {
                let mut fds = Some(fds);
                if let Some(token) = self.pipes.attach(&found, &mut fds) {
                    self.core.pipe_runs(token, found.pid);
                    self.uncommitted = true;
                } else if let Some(fds) = fds {
                    self.jobs.attach(&found, fds);
                }
            }
            None => {}
        }
    }

    fn spawn_failed(&mut self, number: u32, error: &io::Error, now: Now) {
        let error = crate::files::reason(error);
        match owner(number) {
            Some(Owner::Pane(pane)) => {
                self.core
                    .handle(now, Event::SpawnFailed { pane, error }, &mut self.effects);
            }
            Some(Owner::Job(_)) => {
                if let Some(token) = self
                    .pipes
                    .failed(number)
                    .or_else(|| self.jobs.failed(number))
                {
                    self.core.handle(
                        now,
                        Event::Done {
                            token,
                            result: Err(error),
                            status: 127,
                        },
                        &mut self.effects,
                    );
                }
            }
            None => {}
        }
    }

    /// Panes to look at in this turn while somebody types: what is short (an echo) does not wait for what is long (a
    /// flood), which may have to wait for its share.
    fn choose_ready(&mut self, now: Now) -> VecDeque<PaneId> {
        let mut ready = self.panes.take_ready();
        let panes = &self.panes;
        let is_long = |pane: &PaneId| panes.backlog(*pane) > SHORT;
        ready.make_contiguous().sort_by_key(is_long);
        let Some(short) = ready.iter().position(is_long) else {
            self.eager.served();
            return ready;
        };
        if self.eager.is_used_up(now.ms) {
            for pane in ready.split_off(short) {
                self.panes.hold(pane);
            }
        } else if short > 0 && self.eager.puts_off() {
            for pane in ready.split_off(short) {
                self.panes.ring(pane);
            }
            return ready;
        }
        self.eager.served();
        ready
    }

    /// Hands each ready pane's output to the core, one bounded slice per turn.
    fn take_output(&mut self, now: Now) {
        let due = self.core.pane_checkpoint_due();
        let typing = self.eager.is_typing(now.ms);
        let ready = match typing {
            true => self.choose_ready(now),
            false => self.panes.take_ready(),
        };
        let budget = if typing { TYPING_BUDGET } else { BUDGET };
        for pane in ready {
            // What it refers to would be overwritten: the checkpoint comes at the end of this turn.
            if due.contains(&pane) {
                self.panes.ring(pane);
                continue;
            }
            let Some(io) = self.panes.get_mut(pane) else {
                continue;
            };
            let Some(rings) = &io.rings else { continue };
            let start = rings.start();
            if start > io.at {
                self.core
                    .handle(now, Event::Lost { pane, to: start }, &mut self.effects);
                io.at = start;
            }
            let end = rings.end().min(io.at + budget);
            let piece = self.poison.piece(pane, io.at, end);
            let bytes = rings.slice(io.at, piece.to);
            if piece.poisoned && !bytes.is_empty() {
                let text = crate::poison::keep(pane, io.at..piece.to, bytes);
                self.core.notice(&text);
                self.core
                    .handle(now, Event::Lost { pane, to: piece.to }, &mut self.effects);
            } else if !bytes.is_empty() {
                self.poison.enter(pane, io.at, piece.to);
                crate::fault::poison(bytes);
                self.core.handle(
                    now,
                    Event::Output {
                        pane,
                        at: io.at,
                        bytes,
                    },
                    &mut self.effects,
                );
                self.poison.leave();
                self.store.heard(&self.core, pane, bytes.len(), now.ms);
            }
            if !bytes.is_empty() {
                if typing && bytes.len() as u64 > SHORT {
                    self.eager.took(bytes.len());
                }
                io.at += bytes.len() as u64;
                io.touched_ms = Some(now.ms);
            }
            // One of before the program that is asked for now has been told of, or is of no interest any more.
            let asked = self.core.pane_life(pane).map(|(life, _)| life);
            let ended = io.take_ended().filter(|_| asked == Some(io.life));
            if let Some(status) = ended {
                self.store.exited(pane, now.ms);
                self.note_memory(pane, status);
                self.core
                    .handle(now, Event::Exited { pane, status }, &mut self.effects);
            } else if io.has_news() {
                self.panes.ring(pane);
            }
        }
    }

    /// Shows the echo of a key at once: the rest of the turn, its commit included, does not stand in its way.
    fn show_echo(&mut self, now: Now) {
        // Whatever else the turn has for a client comes before its picture.
        if !self.eager.is_typing(now.ms) || !self.effects.is_empty() {
            return;
        }
        self.core.echo(now, &mut self.effects);
        if self.effects.is_empty() {
            return;
        }
        for effect in std::mem::take(&mut self.effects) {
            if let Effect::Frame { client, screen } = effect {
                self.frame(client, screen);
            }
        }
        crate::fault::point("echoed");
        // What that may have told somebody is committed with the turn.
        self.settle_terminals(now);
    }

    /// Hands on what jobs came to, and looks after input that waits for room.
    fn take_ended(&mut self, now: Now) {
        for job in self.jobs.finished() {
            self.jobs_done.push(job.token);
            let done = Event::Done {
                token: job.token,
                result: Ok(job.output),
                status: job.status,
            };
            self.core.handle(now, done, &mut self.effects);
        }
        self.take_pipes(now);
        let before = self.retry_ms;
        let waits = self.panes.feed(&self.bells);
        let held = self.calls.held();
        let any_held = !held.is_empty();
        for token in held {
            self.take_frames(token, now);
        }
        let full = self.retry_typed(now);
        self.retry_ms = (waits || full || any_held && !self.calls.held().is_empty())
            .then(|| before.map_or(RETRY_MS, |ms| (ms * 2).min(RETRY_MAX_MS)));
    }

    /// The token of a client's terminal.
    pub(crate) fn terminal_token(client: ClientId) -> u64 {
        TERMINAL | u64::from(client.0)
    }

    /// Waits for room in the keeper's socket as long as frames wait for it.
    pub(crate) fn settle_link(&mut self) {
        self.link.flush();
        let waits = !self.link.is_clear();
        if waits != self.link_waits {
            let interest = if waits {
                Interest::IN | Interest::OUT
            } else {
                Interest::IN
            };
            if self.poll.modify(&*self.link, KEEPER, interest).is_ok() {
                self.link_waits = waits;
            }
        }
    }

    /// Leaves a socket that nobody listens on, as tmux does: who calls there reads "no server running". Under the
    /// keeper's lock, because somebody may be starting the next one.
    fn leave_socket(&self) {
        let path = Path::new(&self.socket);
        let lock_path = format!("{}.lock", self.socket);
        if let Ok(Some(_lock)) = try_lock_file(Path::new(&lock_path)) {
            let _ = UnixListener::bind(path);
            let _ = std::fs::remove_file(lock_path);
        }
    }

    /// Whether the keeper has ended, so that the last messages may go out.
    pub(crate) fn keeper_is_gone(&self) -> bool {
        self.keeper_gone
    }

    /// Jobs whose end is in the journal are not needed any more.
    pub(crate) fn forget_jobs(&mut self) {
        for token in std::mem::take(&mut self.jobs_done) {
            debug_assert!(matches!(owner(job_number(token)), Some(Owner::Job(_))));
            Jobs::forget(token, &self.link);
        }
    }
}

//! The loop: one thread, epoll, bounded work per turn, no heap after [`Run::new`], no timer while nothing is due.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use outlast_sys::bell::KeeperBells;
use outlast_sys::ledger::Ledger;
use outlast_sys::mem::Mapping;
use outlast_sys::mover::Mover;
use outlast_sys::poll::{Interest, Poll, Ready};
use outlast_sys::rest::Rest;
use outlast_sys::signal::{self, Signals};
use outlast_sys::spawn::{self, ServerArgv, Spawner};
use outlast_sys::{clock, fd_pass, process};
use outlast_wire::keeper::{SLOTS, SPAWN_MAX};

use crate::keeper::Keeper;
use crate::listen::{Listener, Traces};
use crate::pump::Pump;
use crate::restart::{Action, Restart};

mod ends;
mod handover;
mod server;
mod slots;
mod tell;

use ends::Stranger;
use server::{Server, identity};
use slots::SlotSet;

/// Tokens of the poll from here on are not slots.
const SERVER: u64 = 1 << 32;
const BELLS: u64 = SERVER + 1;
const SIGNALS: u64 = SERVER + 2;
const LISTENER: u64 = SERVER + 3;
const WATCH: u64 = SERVER + 4;
const ENDS: u64 = SERVER + 5;
/// And from here on they are processes that are not our children.
const STRANGER: u64 = 1 << 33;

/// What is waited for of a slot: output.
const QUIET: Interest = Interest::IN.union(Interest::ET);
/// And room for input, while there is none. (A terminal would tell it after every keystroke.)
const STUCK: Interest = QUIET.union(Interest::OUT);
/// After SIGTERM the server has so long to write its state.
const TERMINATE_MS: u64 = 5000;
/// A removed socket is made anew so long after the notice: who removes a directory is let finish.
const REBIND_MS: u64 = 100;

/// What a keeper is made from, new or taken over.
struct Parts {
    listener: Listener,
    restart: Restart,
    bells: KeeperBells,
    mover: Mover,
    nofile: spawn::Nofile,
    program: CString,
    /// The server's own arguments.
    words: Vec<CString>,
    previous: File,
    /// Seconds since 1970, CLOCK_BOOTTIME in ms.
    started: (i64, u64),
    former: Option<Traces>,
}

/// The keeper's process.
#[derive(Debug)]
pub(crate) struct Run {
    keeper: Keeper<OwnedFd>,
    restart: Restart,
    rest: Rest,
    pumps: Vec<Option<Pump>>,
    server: Option<Server>,
    /// The sockets for the next server, made in time: there may be no descriptor left when it is needed.
    next_sockets: Option<(OwnedFd, OwnedFd)>,
    bells: KeeperBells,
    mover: Mover,
    /// Processes that a former keeper started and whose end is to be noticed.
    strangers: Vec<Stranger>,
    poll: Poll,
    signals: Signals,
    listener: Listener,
    listener_polled: bool,
    spawner: Spawner,
    buffer: Mapping,
    program: CString,
    server_argv: ServerArgv,
    /// The binary that last proved itself, at first our own.
    previous: File,
    /// The binary that runs, once it was ready.
    candidate: Option<File>,
    /// Slots that may have output to read.
    readable: SlotSet,
    /// Slots that may have input to write.
    writable: SlotSet,
    /// Slots whose ring is full.
    full: SlotSet,
    /// Slots whose memory may be given back before the next sleep.
    resting: SlotSet,
    started_unix: i64,
    started_boot_ms: u64,
    terminate_at: Option<u64>,
    rebind_at: Option<u64>,
    retry_at: Option<u64>,
    kill_at: Option<u64>,
    /// To be another binary as soon as the server knows all there is: this one, or what is installed.
    exec_wanted: Option<Option<OwnedFd>>,
    /// What a keeper before this one left, until a server has heard of it.
    former: Option<Traces>,
    /// Panes that the traces in the lock's file speak of.
    traced: Option<u32>,
    /// Records of the table that we were started with and do not understand: descriptors, tag, body.
    unknown: Vec<(u16, Vec<OwnedFd>, Vec<u8>)>,
    over: bool,
}

impl Run {
    /// Everything the loop will need, for the first keeper.
    pub(crate) fn new(
        listener: Listener,
        former: Option<Traces>,
        server_args: Vec<OsString>,
        ledger: Ledger,
    ) -> io::Result<Run> {
        let path = std::env::current_exe()?;
        let previous = File::open("/proc/self/exe")?;
        let now = clock::awake_ms();
        Run::assemble(Parts {
            listener,
            restart: Restart::new(now, identity(&previous.metadata()?)),
            bells: KeeperBells::new()?,
            mover: Mover::new(ledger)?,
            nofile: process::raise_nofile(),
            program: CString::new(path.as_os_str().as_bytes())?,
            words: server_args
                .into_iter()
                .map(|word| CString::new(word.into_encoded_bytes()))
                .collect::<Result<_, _>>()?,
            previous,
            started: (clock::unix_seconds(), clock::boottime_ms()),
            former,
        })
    }

    fn assemble(parts: Parts) -> io::Result<Run> {
        process::set_own_name(c"outlast-keeper");
        process::wants_short_slices();
        let mut argv = vec![
            parts.program.clone(),
            c"server".into(),
            c"--keeper-fd".into(),
            c"3".into(),
        ];
        argv.extend(parts.words);
        let signals = [
            signal::SIGCHLD,
            signal::SIGTERM,
            signal::SIGHUP,
            signal::SIGINT,
            signal::SIGQUIT,
            signal::SIGUSR1,
            signal::SIGUSR2,
        ];
        let run = Run {
            keeper: Keeper::new(),
            restart: parts.restart,
            rest: Rest::default(),
            pumps: Vec::with_capacity(SLOTS),
            server: None,
            next_sockets: Some(fd_pass::packet_pair()?),
            bells: parts.bells,
            mover: parts.mover,
            strangers: Vec::new(),
            poll: Poll::new()?,
            signals: Signals::new(&signals)?,
            listener: parts.listener,
            listener_polled: false,
            spawner: Spawner::new(parts.nofile)?,
            // One byte more, to see that a description is too long.
            buffer: Mapping::anonymous(SPAWN_MAX + 1)?,
            program: parts.program,
            server_argv: ServerArgv::new(argv),
            previous: parts.previous,
            candidate: None,
            readable: SlotSet::EMPTY,
            writable: SlotSet::EMPTY,
            full: SlotSet::EMPTY,
            resting: SlotSet::EMPTY,
            started_unix: parts.started.0,
            started_boot_ms: parts.started.1,
            terminate_at: None,
            rebind_at: None,
            retry_at: None,
            kill_at: None,
            exec_wanted: None,
            former: parts.former,
            traced: None,
            unknown: Vec::new(),
            over: false,
        };
        run.poll
            .add(run.bells.fd(), BELLS, Interest::IN | Interest::ET)?;
        run.poll.add(&run.signals, SIGNALS, Interest::IN)?;
        if let Some(watch) = run.listener.watch_fd() {
            run.poll.add(watch, WATCH, Interest::IN)?;
        }
        run.mover.ledger().set_keeper(process::own_pid());

        Ok(run)
    }

    /// Runs until it is told to end.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        while !self.over {
            self.wait()?;
            let now = clock::awake_ms();
            self.take_bells();
            self.take_requests();
            self.do_due(now);
            self.pump(now);
            // Last: the steps before have something to tell.
            self.tell_server(now);
            self.leave_traces();
            if self.exec_wanted.is_some() && self.keeper.is_settled() {
                self.exec();
            }
        }
        self.end();
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        let requests = self.server.as_ref().is_some_and(|server| server.requests)
            && self.keeper.takes_requests();
        let busy = requests || !self.readable.is_empty() || !self.writable.is_empty();
        if !busy {
            self.give_back();
        }
        let timeout = if busy || !self.bells.may_sleep() {
            Some(Duration::ZERO)
        } else {
            self.time_left()
        };
        let timeout = self.rest.before_wait(clock::boottime_ms(), timeout);
        let mut events = [Ready {
            token: 0,
            readable: false,
            writable: false,
            hung_up: false,
        }; 64];
        let mut count = 0;
        self.poll.wait(timeout, |event| {
            if let Some(place) = events.get_mut(count) {
                *place = event;
                count += 1;
            }
        })?;
        self.bells.woke();
        if count != 0 {
            self.rest.stirred(clock::boottime_ms());
        }
        for event in &events[..count] {
            match event.token {
                SERVER => self.server_event(event),
                // Only changes of the eventfd are told, so it need not be read.
                BELLS => {}
                SIGNALS => self.take_signals(),
                ENDS => self.strangers_ended(None),
                stranger if stranger >= STRANGER => {
                    self.strangers_ended(Some((stranger - STRANGER) as u32));
                }
                LISTENER => self.restart.client_came(clock::awake_ms()),
                WATCH => {
                    if self.listener.was_removed() {
                        self.rebind_at = Some(clock::awake_ms() + REBIND_MS);
                    }
                }
                slot => self.slot_event(slot as u16, event),
            }
        }
        Ok(())
    }

    fn server_event(&mut self, event: &Ready) {
        if let Some(server) = &mut self.server {
            server.stuck &= !event.writable;
            server.requests |= event.readable;
            if event.hung_up {
                self.server_hung_up();
            }
        }
    }

    fn slot_event(&mut self, slot: u16, event: &Ready) {
        if event.readable {
            self.readable.insert(slot);
        }
        if let Some(Some(pump)) = self.pumps.get_mut(usize::from(slot))
            && event.writable
            && pump.input_stuck()
        {
            pump.input_freed();
            if let Some(fd) = pump.fd() {
                let _ = self.poll.modify(fd, u64::from(slot), QUIET);
            }
            self.writable.insert(slot);
        }
    }

    /// Until the next thing is due; `None`: nothing is.
    fn time_left(&self) -> Option<Duration> {
        let overwrite = self
            .restart
            .overwrite_from()
            .filter(|_| !self.full.is_empty());
        let own = [
            self.terminate_at,
            self.rebind_at,
            self.retry_at,
            self.kill_at,
        ];
        let due = own
            .into_iter()
            .chain([self.restart.deadline(), overwrite, self.strangers_due()])
            .flatten()
            .min()?;
        // Rounded up: waking a little early would only spin.
        Some(Duration::from_millis(
            due.saturating_sub(clock::awake_ms()) + 1,
        ))
    }

    fn give_back(&mut self) {
        let mut from = 0;
        while let Some(slot) = self.resting.next(from) {
            self.resting.remove(slot);
            if let Some(pump) = self.pump_of(slot) {
                pump.rings.give_back();
            }
            from = slot;
        }
    }

    fn do_due(&mut self, now: u64) {
        if self.terminate_at.is_some_and(|at| now >= at) {
            self.kill_server();
            self.over = true;
        }
        if self.rebind_at.is_some_and(|at| now >= at) {
            self.rebind_at = None;
            self.rebind();
        }
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
        }
        if self.kill_at.is_some_and(|at| now >= at) {
            self.kill_at = None;
            self.kill_server();
        }
        if self.strangers_due().is_some_and(|at| now >= at) {
            self.strangers_ended(None);
        }
        match self.restart.due(now) {
            Some(Action::Start) if self.server.is_none() => self.start_server(now),
            Some(Action::Kill) => {
                self.kill_server();
                self.restart.killed();
            }
            Some(Action::Keep) => {
                self.keep_binary();
                self.restart.kept();
            }
            _ => {}
        }
        // Clients start a server only when nothing else does.
        let wanted = self.restart.given_up();
        if wanted && !self.listener_polled {
            let _ = self
                .poll
                .add(self.listener.fd(), LISTENER, Interest::IN | Interest::ET);
            self.listener_polled = true;
        } else if self.listener_polled && self.restart.is_ready() {
            let _ = self.poll.remove(self.listener.fd());
            self.listener_polled = false;
        }
    }

    fn rebind(&mut self) {
        let polled = std::mem::take(&mut self.listener_polled);
        if polled {
            let _ = self.poll.remove(self.listener.fd());
        }
        if let Ok(true) = self.listener.renew() {
            self.keeper.listener_changed();
        }
    }

    fn take_signals(&mut self) {
        while let Some(signal) = self.signals.next_signal() {
            match signal {
                signal::SIGCHLD => self.take_children(),
                signal::SIGUSR1 => self.rebind(),
                // By hand: become what is installed, if it has been seen to run.
                signal::SIGUSR2 => self.exec_wanted = Some(None),
                // The terminal that it was started from is no concern of a keeper's.
                signal::SIGHUP => {}
                _ => match &self.server {
                    Some(_) if self.terminate_at.is_none() => {
                        self.terminate_at = Some(clock::awake_ms() + TERMINATE_MS);
                        self.keeper.terminate();
                    }
                    _ => self.over = true,
                },
            }
        }
    }

    /// Keeps the traces in the lock's file true.
    fn leave_traces(&mut self) {
        let panes = self.keeper.take_living();
        if panes.is_some() && panes != self.traced {
            self.traced = panes;
            let unix = clock::unix_seconds();
            self.listener.leave_traces(panes.unwrap_or(0), unix);
        }
    }

    /// Hangs up every pane and takes the socket away. The server sees its connection end.
    fn end(&mut self) {
        for slot in 0..self.pumps.len() as u16 {
            self.hang_up(slot);
        }
        self.listener.remove();
    }
}

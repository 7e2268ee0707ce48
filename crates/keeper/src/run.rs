//! The loop: one thread, epoll, bounded work per turn, no heap after [`Run::new`], no timer while nothing is due.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use outlast_sys::bell::KeeperBells;
use outlast_sys::errno::{EAGAIN, EINVAL, ETOOMANYREFS};
use outlast_sys::mem::Mapping;
use outlast_sys::poll::{Interest, Poll, Ready};
use outlast_sys::signal::{self, Signals};
use outlast_sys::spawn::{self, Change, ExecPath, ServerArgv, Spawner};
use outlast_sys::{clock, fd_pass, process, pty};
use outlast_wire::keeper::{
    FRAME_MAX, Hello, Kind, SLOTS, SPAWN_MAX, Status, ToKeeper, ToServer, VERSION,
};

use crate::keeper::{Keeper, Notice, Verdict};
use crate::listen::Listener;
use crate::pump::{self, Pump, Turn};
use crate::restart::{Action, Binary, Identity, Restart};

/// Tokens of the poll from here on are not slots.
const SERVER: u64 = 1 << 32;
const BELLS: u64 = SERVER + 1;
const SIGNALS: u64 = SERVER + 2;
const LISTENER: u64 = SERVER + 3;
const WATCH: u64 = SERVER + 4;

/// Requests per turn; a spawn ends the turn at once, because a fork takes as long as many of the others.
const REQUESTS: usize = 64;
/// After SIGTERM the server has so long to write its state.
const TERMINATE_MS: u64 = 5000;
/// A removed socket is made anew so long after the notice: who removes a directory is let finish.
const REBIND_MS: u64 = 100;
/// A server that has closed its connection may take so long to exit.
const HANG_UP_MS: u64 = 500;
/// When too many descriptors are under way, the next try.
const RETRY_MS: u64 = 10;

/// A set of slots.
#[derive(Debug)]
struct SlotSet([u64; SLOTS / 64]);

impl SlotSet {
    const EMPTY: SlotSet = SlotSet([0; SLOTS / 64]);
    fn insert(&mut self, slot: u16) {
        self.0[usize::from(slot) / 64] |= 1 << (slot % 64);
    }
    /// Whether it was in.
    fn remove(&mut self, slot: u16) -> bool {
        let (word, bit) = (&mut self.0[usize::from(slot) / 64], 1 << (slot % 64));
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    /// The first member from `from` on.
    fn next(&self, from: u16) -> Option<u16> {
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

/// The server's process and the connection to it, until the process is reaped.
#[derive(Debug)]
struct Server {
    pid: u32,
    socket: OwnedFd,
    /// The socket may have requests.
    requests: bool,
    /// The socket took no more: wait until it does.
    stuck: bool,
}

/// A spawn that was asked for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    pane: u32,
    life: u32,
    kind: Kind,
    size: (u16, u16),
    input_from: u64,
}

/// What became of the attempt to take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// There was none.
    Nothing,
    /// One was, and another can be taken.
    One,
    /// One that took long.
    Long,
}

/// The keeper's process.
#[derive(Debug)]
pub(crate) struct Run {
    keeper: Keeper<OwnedFd>,
    restart: Restart,
    pumps: Vec<Option<Pump>>,
    server: Option<Server>,
    bells: KeeperBells,
    poll: Poll,
    signals: Signals,
    listener: Listener,
    listener_polled: bool,
    spawner: Spawner,
    buffer: Mapping,
    program: CString,
    server_argv: ServerArgv,
    /// The binary that was ready last, at first our own.
    previous: File,
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
    over: bool,
}

impl Run {
    /// Everything the loop will need.
    pub(crate) fn new(listener: Listener, server_args: Vec<OsString>) -> io::Result<Run> {
        process::set_own_name(c"outlast-keeper");
        let path = std::env::current_exe()?;
        let previous = File::open("/proc/self/exe")?;
        let program = CString::new(path.as_os_str().as_bytes())?;
        let mut argv = vec![
            program.clone(),
            c"server".into(),
            c"--keeper-fd".into(),
            c"3".into(),
        ];
        for word in server_args {
            argv.push(CString::new(word.as_bytes())?);
        }
        let signals = [
            signal::SIGCHLD,
            signal::SIGTERM,
            signal::SIGHUP,
            signal::SIGINT,
            signal::SIGQUIT,
            signal::SIGUSR1,
        ];
        let now = clock::boottime_ms();
        let run = Run {
            keeper: Keeper::new(),
            restart: Restart::new(now, identity(&previous.metadata()?)),
            pumps: Vec::with_capacity(SLOTS),
            server: None,
            bells: KeeperBells::new()?,
            poll: Poll::new()?,
            signals: Signals::new(&signals)?,
            listener,
            listener_polled: false,
            spawner: Spawner::new(process::raise_nofile())?,
            // One byte more, to see that a description is too long.
            buffer: Mapping::anonymous(SPAWN_MAX + 1)?,
            program,
            server_argv: ServerArgv::new(argv),
            previous,
            readable: SlotSet::EMPTY,
            writable: SlotSet::EMPTY,
            full: SlotSet::EMPTY,
            resting: SlotSet::EMPTY,
            started_unix: clock::unix_seconds(),
            started_boot_ms: now,
            terminate_at: None,
            rebind_at: None,
            retry_at: None,
            kill_at: None,
            over: false,
        };
        run.poll
            .add(run.bells.fd(), BELLS, Interest::IN | Interest::ET)?;
        run.poll.add(&run.signals, SIGNALS, Interest::IN)?;
        if let Some(watch) = run.listener.watch_fd() {
            run.poll.add(watch, WATCH, Interest::IN)?;
        }
        Ok(run)
    }

    /// Runs until it is told to end.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        while !self.over {
            self.wait()?;
            let now = clock::boottime_ms();
            self.take_bells();
            self.take_requests();
            self.do_due(now);
            self.pump(now);
            // Last: the steps before have something to tell.
            self.tell_server(now);
        }
        self.end();
        Ok(())
    }

    // ---- waiting -------------------------------------------------------------------------------------------

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
        for event in &events[..count] {
            match event.token {
                SERVER => self.server_event(event),
                // Only changes of the eventfd are told, so it need not be read.
                BELLS => {}
                SIGNALS => self.take_signals(),
                LISTENER => self.restart.client_came(clock::boottime_ms()),
                WATCH => {
                    if self.listener.was_removed() {
                        self.rebind_at = Some(clock::boottime_ms() + REBIND_MS);
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
        if event.writable
            && let Some(pump) = self.pump_of(slot)
        {
            pump.input_freed();
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
            .chain([self.restart.deadline(), overwrite])
            .flatten()
            .min()?;
        // Rounded up: waking a little early would only spin.
        Some(Duration::from_millis(
            due.saturating_sub(clock::boottime_ms()) + 1,
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
        match self.restart.due(now) {
            Some(Action::Start) if self.terminate_at.is_some() => self.over = true,
            Some(Action::Start) if self.server.is_none() => self.start_server(now),
            Some(Action::Kill) => {
                self.kill_server();
                self.restart.killed();
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

    // ---- signals and children ------------------------------------------------------------------------------

    fn take_signals(&mut self) {
        while let Some(signal) = self.signals.next_signal() {
            match signal {
                signal::SIGCHLD => self.take_children(),
                signal::SIGUSR1 => self.rebind(),
                // The terminal that it was started from is no concern of a keeper's.
                signal::SIGHUP => {}
                _ => match &self.server {
                    Some(_) if self.terminate_at.is_none() => {
                        self.terminate_at = Some(clock::boottime_ms() + TERMINATE_MS);
                        self.keeper.terminate();
                    }
                    _ => self.over = true,
                },
            }
        }
    }

    fn take_children(&mut self) {
        while let Some((pid, change)) = spawn::next_change() {
            let status = match change {
                Change::Code(code) => Status::Code(code),
                Change::Signal(signal) => Status::Signal(signal),
                Change::Stopped(signal) => {
                    self.stopped(pid, i32::from(signal));
                    continue;
                }
            };
            if self.server.as_ref().is_some_and(|server| server.pid == pid) {
                self.server_died(status);
            } else if let Some(slot) = self.reaped(pid, status) {
                // What it wrote last is read before its end is told.
                self.readable.insert(slot);
            }
        }
    }

    fn reaped(&mut self, pid: u32, status: Status) -> Option<u16> {
        let pumps = &self.pumps;
        let pump = |slot| pumps.get(usize::from(slot))?.as_ref();
        self.keeper
            .reaped(pid, status, |slot| pump(slot).map_or(0, Pump::waiting))
    }

    /// A pane's own program that stops has no shell to continue it; tmux continues it too.
    fn stopped(&self, pid: u32, by: i32) {
        let ours = self
            .keeper
            .used()
            .any(|slot| self.keeper.live_pid(slot) == Some(pid));
        if ours && by != signal::SIGTTIN && by != signal::SIGTTOU {
            let _ = signal::send_group(pid, signal::SIGCONT);
        }
    }

    // ---- the server ----------------------------------------------------------------------------------------

    fn start_server(&mut self, now: u64) {
        let installed = self.installed();
        let started = fd_pass::packet_pair().and_then(|(ours, theirs)| {
            let previous = ExecPath::new(self.previous.as_fd());
            let (path, identity) = match self.restart.pick(installed) {
                Binary::Installed => (self.program.as_c_str(), installed),
                Binary::Previous => (previous.as_c_str(), None),
            };
            self.poll
                .add(&ours, SERVER, Interest::IN | Interest::OUT | Interest::ET)?;
            let pid = self
                .spawner
                .start_server(path, &self.server_argv, theirs.as_fd())?;
            Ok((
                Server {
                    pid,
                    socket: ours,
                    requests: false,
                    stuck: false,
                },
                identity,
            ))
        });
        match started {
            Ok((server, identity)) => {
                self.server = Some(server);
                self.keeper.server_came();
                self.restart.started(now, identity);
            }
            Err(_) => self.restart.start_failed(now),
        }
    }

    /// What is installed at our path, if it may be executed: ours or root's, and writable by no other.
    fn installed(&self) -> Option<Identity> {
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(self.program.to_bytes()));
        let there = std::fs::metadata(path).ok()?;
        let own = outlast_sys::user::own_uid();
        let safe = (there.uid() == own || there.uid() == 0) && there.mode() & 0o002 == 0;
        let runs = there.is_file() && there.mode() & 0o111 != 0;
        if safe && runs { identity(&there) } else { None }
    }

    fn kill_server(&self) {
        if let Some(server) = &self.server {
            let _ = signal::send(server.pid, signal::SIGKILL);
        }
    }

    /// The server's socket has ended: so has the server, or it is made to. What it asked for last is looked at when it
    /// is reaped, and then another starts.
    fn server_hung_up(&mut self) {
        self.keeper.server_gone();
        self.kill_at = self.kill_at.or(Some(clock::boottime_ms() + HANG_UP_MS));
    }

    fn server_died(&mut self, status: Status) {
        // Its last requests. It is dead, so they have an end.
        while self.take_request() != Taken::Nothing {}
        self.server = None;
        self.kill_at = None;
        self.keeper.server_gone();
        self.restart.died(clock::boottime_ms(), status);
    }

    fn take_requests(&mut self) {
        for _ in 0..REQUESTS {
            let requests = self.server.as_ref().is_some_and(|server| server.requests);
            if !requests || !self.keeper.takes_requests() || self.take_request() != Taken::One {
                return;
            }
        }
    }

    fn take_request(&mut self) -> Taken {
        let Some(server) = &mut self.server else {
            return Taken::Nothing;
        };
        let mut frame = [0; FRAME_MAX];
        let received = match fd_pass::receive(server.socket.as_fd(), &mut frame, true) {
            Ok(received) => received,
            Err(error) => {
                server.requests = error.kind() == io::ErrorKind::Interrupted;
                return Taken::Nothing;
            }
        };
        if received.len == 0 {
            server.requests = false;
            self.server_hung_up();
            return Taken::Nothing;
        }
        // A frame that is malformed or unknown is passed over, and its descriptors are closed.
        match ToKeeper::decode(&frame[..received.len]) {
            Ok(Some(request)) if !received.truncated => self.request(request, received.fds),
            _ => Taken::One,
        }
    }

    fn request(&mut self, request: ToKeeper, mut fds: fd_pass::Fds) -> Taken {
        match request {
            ToKeeper::Ready { .. } => {
                let pid = self.server.as_ref().map(|server| server.pid);
                if let (true, Some(pid)) = (self.restart.ready(clock::boottime_ms()), pid)
                    && let Ok(binary) = executable(pid)
                {
                    self.previous = binary;
                }
            }
            ToKeeper::Spawn {
                pane,
                life,
                kind,
                cols,
                rows,
                input_from,
            } => match self.keeper.spawn(pane, life, kind) {
                Verdict::Again | Verdict::Refused(_) => {}
                Verdict::New(slot) | Verdict::Respawn(slot) => {
                    let wanted = Wanted {
                        pane,
                        life,
                        kind,
                        size: (cols, rows),
                        input_from,
                    };
                    if let Err(error) = self.spawn(slot, wanted, fds.next_fd()) {
                        self.keeper.refuse_spawn(
                            pane,
                            life,
                            error.raw_os_error().unwrap_or(EINVAL),
                        );
                    }
                    return Taken::Long;
                }
            },
            ToKeeper::Signal { pane, signal } => {
                if let Some(pid) = self
                    .keeper
                    .find(pane)
                    .and_then(|slot| self.keeper.live_pid(slot))
                {
                    let _ = signal::send_group(pid, i32::from(signal));
                }
            }
            ToKeeper::Forget { pane } => {
                if let Some(slot) = self.keeper.find(pane) {
                    self.forget(slot);
                }
            }
            ToKeeper::Deposit { pane, tag } => match fds.next_fd() {
                Some(fd) => self.keeper.put_deposit(pane, tag, fd),
                None => self.keeper.refuse_deposit(pane, tag, EINVAL),
            },
            ToKeeper::Undeposit { pane, tag } => self.keeper.remove_deposit(pane, tag),
            ToKeeper::Shutdown => self.over = true,
            ToKeeper::EndInput { pane, at } => {
                if let Some(pump) = self.keeper.find(pane).and_then(|slot| self.pump_of(slot)) {
                    pump.end_input(at);
                }
            }
            ToKeeper::Rebind => self.rebind(),
        }
        Taken::One
    }

    // ---- slots ---------------------------------------------------------------------------------------------

    fn pump_of(&mut self, slot: u16) -> Option<&mut Pump> {
        self.pumps.get_mut(usize::from(slot))?.as_mut()
    }

    fn spawn(&mut self, slot: u16, wanted: Wanted, description: Option<OwnedFd>) -> io::Result<()> {
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
                .add(
                    fd,
                    u64::from(slot),
                    Interest::IN | Interest::OUT | Interest::ET,
                )
                .inspect_err(|_| drop(signal::send_group(started.pid, signal::SIGHUP)))?;
        }
        if fresh.is_none() {
            self.pump_output(slot, false);
            self.hang_up(slot);
        }
        if let Some(place) = self.pumps.get_mut(usize::from(slot)) {
            *place = place.take().or(fresh);
            if let Some(pump) = place {
                pump.run(started.fd, wanted.input_from);
            }
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
    fn hang_up(&mut self, slot: u16) {
        let pid = self.keeper.live_pid(slot);
        let Some(pump) = self
            .pumps
            .get_mut(usize::from(slot))
            .and_then(Option::as_mut)
        else {
            return;
        };
        let foreground = pump
            .fd()
            .filter(|_| pump.is_pty())
            .and_then(pty::foreground_pgrp);
        for group in [pid, foreground.filter(|group| pid != Some(*group))]
            .into_iter()
            .flatten()
        {
            let _ = signal::send_group(group, signal::SIGHUP);
            let _ = signal::send_group(group, signal::SIGCONT);
        }
        if let Some(fd) = pump.fd() {
            let _ = self.poll.remove(fd);
        }
        pump.close();
    }

    fn forget(&mut self, slot: u16) {
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

    fn take_bells(&mut self) {
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

    fn pump(&mut self, now: u64) {
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

    fn pump_input(&mut self, slot: u16) {
        // An ended program's input stays where it is: the next one's begins at an offset that the server says.
        let alive = self.keeper.live_pid(slot).is_some();
        let bells = &self.bells;
        let more = match self.pumps.get_mut(usize::from(slot)) {
            Some(Some(pump)) if alive => pump.write(slot, bells),
            _ => false,
        };
        if !more {
            self.writable.remove(slot);
        }
    }

    fn pump_output(&mut self, slot: u16, may_overwrite: bool) {
        let Some(Some(pump)) = self.pumps.get_mut(usize::from(slot)) else {
            self.readable.remove(slot);
            return;
        };
        let keeper = &mut self.keeper;
        let turn = pump.read(slot, &self.bells, may_overwrite, |len, end| {
            keeper.output(slot, len, end)
        });
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

    // ---- telling the server --------------------------------------------------------------------------------

    fn tell_server(&mut self, now: u64) {
        while let Some(notice) = self.keeper.next_notice() {
            let Some(server) = &self.server else { return };
            if server.stuck || self.retry_at.is_some() {
                return;
            }
            match self.tell(notice) {
                Ok(()) => self.keeper.told(notice),
                Err(error) => match error.raw_os_error() {
                    Some(EAGAIN) => {
                        if let Some(server) = &mut self.server {
                            server.stuck = true;
                        }
                        return;
                    }
                    Some(ETOOMANYREFS) => {
                        self.retry_at = Some(now + RETRY_MS);
                        return;
                    }
                    _ => return self.server_hung_up(),
                },
            }
        }
    }

    fn tell(&self, notice: Notice) -> io::Result<()> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        let send = |message: ToServer, fds: &[BorrowedFd<'_>]| {
            let mut frame = [0; FRAME_MAX];
            let len = message.encode(&mut frame);
            fd_pass::send(server.socket.as_fd(), &frame[..len], fds, true).map(drop)
        };
        let pane = |slot| {
            Some((
                *self.keeper.pane(slot)?,
                self.pumps.get(usize::from(slot))?.as_ref()?,
            ))
        };
        let send_pane = |message: fn(outlast_wire::keeper::Pane) -> ToServer, slot| {
            let Some((row, pump)) = pane(slot) else {
                return Ok(());
            };
            let [out, ctl] = pump.rings.fds();
            match pump.fd().filter(|_| pump.is_pty()) {
                Some(master) => send(message(row), &[out, ctl, master]),
                None => send(message(row), &[out, ctl]),
            }
        };
        match notice {
            Notice::Hello { panes, deposits } => {
                let restart = &self.restart;
                let hello = Hello {
                    version: VERSION,
                    keeper_pid: process::own_pid(),
                    started_unix: self.started_unix,
                    started_boot_ms: self.started_boot_ms,
                    restarts: restart.starts.saturating_sub(1),
                    quick_failures: restart.quick_failures,
                    last_status: restart.last_status,
                    fallback: restart.fallback,
                    panes,
                    deposits,
                };
                send(ToServer::Hello(hello), &[])
            }
            Notice::Bell => send(ToServer::Bell, &self.bells.fds()),
            Notice::Listener => send(ToServer::Listener, &[self.listener.fd()]),
            Notice::Pane(slot) => send_pane(ToServer::Pane, slot),
            Notice::Spawned(slot) => send_pane(ToServer::Spawned, slot),
            Notice::Deposited(owner, index) => {
                let Some((tag, fd)) = self.keeper.deposit(owner, index) else {
                    return Ok(());
                };
                let pane = owner
                    .and_then(|slot| self.keeper.pane(slot))
                    .map_or(0, |row| row.pane);
                send(ToServer::Deposited { pane, tag: *tag }, &[fd.as_fd()])
            }
            Notice::End => send(ToServer::End, &[]),
            Notice::Exited(slot) => {
                let Some(row) = self.keeper.pane(slot) else {
                    return Ok(());
                };
                send(
                    ToServer::Exited {
                        pane: row.pane,
                        life: row.life,
                        status: row.status,
                        at: row.exit_at,
                    },
                    &[],
                )
            }
            Notice::SpawnFailed(pane, life, errno) => {
                send(ToServer::SpawnFailed { pane, life, errno }, &[])
            }
            Notice::DepositFailed(pane, tag, errno) => {
                send(ToServer::DepositFailed { pane, tag, errno }, &[])
            }
            Notice::Terminate => send(ToServer::Terminate, &[]),
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------

    /// Hangs up every pane and takes the socket away. The server sees its connection end.
    fn end(&mut self) {
        for slot in 0..self.pumps.len() as u16 {
            self.hang_up(slot);
        }
        self.listener.remove();
    }
}

/// What a process runs, held open.
fn executable(pid: u32) -> io::Result<File> {
    let mut path = [0u8; 32];
    let mut rest = &mut path[..];
    io::Write::write_fmt(&mut rest, format_args!("/proc/{pid}/exe"))?;
    let len = 32 - rest.len();
    File::open(std::ffi::OsStr::from_bytes(&path[..len]))
}

fn identity(file: &std::fs::Metadata) -> Option<Identity> {
    let changed = file
        .mtime()
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(file.mtime_nsec().cast_unsigned());
    Some(Identity([file.dev(), file.ino(), file.size(), changed]))
}

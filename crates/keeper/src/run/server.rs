//! The server's process: starting it, noticing its end, doing what it asks for.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use outlast_sys::errno::EINVAL;
use outlast_sys::poll::Interest;
use outlast_sys::signal;
use outlast_sys::spawn::{ExecPath, SERVER_FD};
use outlast_sys::{clock, fd_pass};
use outlast_wire::keeper::{FRAME_MAX, Status, ToKeeper};

use super::slots::{Wanted, send_program};
use super::{Run, SERVER};
use crate::keeper::Verdict;
use crate::restart::{Binary, Identity};

/// Requests per turn; a spawn ends the turn at once, because a fork takes as long as many of the others.
const REQUESTS: usize = 64;
/// A server that has closed its connection may take so long to exit.
const HANG_UP_MS: u64 = 500;

/// The server's process and the connection to it, until the process is reaped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) pid: u32,
    pub(super) socket: OwnedFd,
    /// The socket may have requests.
    pub(super) requests: bool,
    /// The socket took no more: wait until it does.
    pub(super) stuck: bool,
}

/// What became of the attempt to take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// There was none.
    Nothing,
    /// One was, and another can be taken.
    One,
    /// One that took long.
    Long,
}

impl Run {
    pub(super) fn start_server(&mut self, now: u64) {
        let installed = self.installed();
        // The child puts its socket there before it executes what this descriptor has open.
        if self.previous.as_raw_fd() == SERVER_FD
            && let Ok(elsewhere) = self.previous.try_clone()
        {
            self.previous = elsewhere;
        }
        let sockets = self
            .next_sockets
            .take()
            .map_or_else(fd_pass::packet_pair, Ok);
        let started = sockets.and_then(|(ours, theirs)| {
            let previous = ExecPath::new(self.previous.as_fd());
            let (path, identity) = match self.restart.pick(installed) {
                Binary::Installed => (self.program.as_c_str(), installed),
                Binary::Previous => (previous.as_c_str(), None),
            };
            let interest = Interest::IN | Interest::OUT | Interest::ET;
            self.poll.add(&ours, SERVER, interest)?;
            let pid = self
                .spawner
                .start_server(path, &self.server_argv, theirs.as_fd())?;
            let server = Server {
                pid,
                socket: ours,
                requests: false,
                stuck: false,
            };
            Ok((server, identity))
        });
        self.next_sockets = fd_pass::packet_pair().ok();
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
    pub(super) fn installed(&self) -> Option<Identity> {
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(self.program.to_bytes()));
        let there = std::fs::metadata(path).ok()?;
        let own = outlast_sys::user::own_uid();
        let safe = (there.uid() == own || there.uid() == 0) && there.mode() & 0o002 == 0;
        let runs = there.is_file() && there.mode() & 0o111 != 0;
        if safe && runs { identity(&there) } else { None }
    }

    pub(super) fn kill_server(&self) {
        if let Some(server) = &self.server {
            let _ = signal::send(server.pid, signal::SIGKILL);
        }
    }

    /// The server's socket has ended: so has the server, or it is made to. What it asked for last is looked at when it
    /// is reaped, and then another starts.
    pub(super) fn server_hung_up(&mut self) {
        self.keeper.server_gone();
        self.kill_at = self.kill_at.or(Some(clock::awake_ms() + HANG_UP_MS));
    }

    pub(super) fn server_died(&mut self, status: Status) {
        // Its last requests. It is dead, so they have an end.
        while self.take_request() != Taken::Nothing {}
        self.server = None;
        self.kill_at = None;
        self.keeper.server_gone();
        // It was asked to write its state and end; there is nobody left to wait for.
        self.over |= self.terminate_at.is_some();
        if self.restart.died(clock::awake_ms(), status) {
            self.keep_binary();
        }
        self.candidate = None;
    }

    /// The binary that runs, or ended to be swapped, is the one to fall back to from now on.
    pub(super) fn keep_binary(&mut self) {
        if let Some(binary) = self.candidate.take() {
            self.previous = binary;
        }
    }

    pub(super) fn take_requests(&mut self) {
        for _ in 0..REQUESTS {
            let requests = self.server.as_ref().is_some_and(|server| server.requests);
            if !requests || !self.keeper.takes_requests() || self.take_request() != Taken::One {
                return;
            }
        }
    }

    pub(super) fn take_request(&mut self) -> Taken {
        let Some(server) = &mut self.server else {
            return Taken::Nothing;
        };
        let mut frame = [0; FRAME_MAX];
        let received = match fd_pass::receive(server.socket.as_fd(), &mut frame, true) {
            Ok(received) => received,
            // A server that has ended without reading everything: told once, and its last requests come after it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Taken::One,
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

    pub(super) fn request(&mut self, request: ToKeeper, mut fds: fd_pass::Fds) -> Taken {
        match request {
            ToKeeper::Ready { .. } => {
                let pid = self.server.as_ref().map(|server| server.pid);
                if let (true, Some(pid)) = (self.restart.ready(clock::awake_ms()), pid) {
                    self.former = None;
                    // Until it has proved itself, the one before it is kept too.
                    self.candidate = executable(pid).ok();
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
                    send_program(pid, i32::from(signal));
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
            ToKeeper::Exec => self.exec_wanted = Some(fds.next_fd()),
        }
        Taken::One
    }
}

/// What a process runs, held open.
pub(super) fn executable(pid: u32) -> io::Result<File> {
    let mut path = [0u8; 32];
    let mut rest = &mut path[..];
    io::Write::write_fmt(&mut rest, format_args!("/proc/{pid}/exe"))?;
    let len = 32 - rest.len();
    File::open(std::ffi::OsStr::from_bytes(&path[..len]))
}

pub(super) fn identity(file: &std::fs::Metadata) -> Option<Identity> {
    let changed = file
        .mtime()
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(file.mtime_nsec().cast_unsigned());
    Some(Identity([file.dev(), file.ino(), file.size(), changed]))
}

//! Telling the server what the table says it must know, as far as its socket takes it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use outlast_sys::errno::{EAGAIN, ETOOMANYREFS};
use outlast_sys::{fd_pass, process};
use outlast_wire::keeper::{FRAME_MAX, Held, Hello, ToServer, VERSION};

use super::Run;
use crate::keeper::Notice;

/// When too many descriptors are under way, the next try.
const RETRY_MS: u64 = 10;

impl Run {
    pub(super) fn tell_server(&mut self, now: u64) {
        while let Some(notice) = self.keeper.next_notice() {
            let Some(server) = &self.server else { return };
            if server.stuck || self.retry_at.is_some() {
                return;
            }
            match self.tell(notice) {
                Ok(()) => {
                    self.keeper.told(notice);
                    if let Notice::Pane(slot) | Notice::Spawned(slot) = notice
                        && let Some(pump) = self.pump_of(slot)
                    {
                        pump.open_gate();
                    }
                }
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

    pub(super) fn tell(&self, notice: Notice) -> io::Result<()> {
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
        let hold = |what: Held, pane, value, fd: Option<BorrowedFd<'_>>| {
            let what = what as u16;
            let message = ToServer::Hold { what, pane, value };
            send(message, fd.as_slice())
        };
        let send_pane = |message: fn(outlast_wire::keeper::Pane) -> ToServer, slot| {
            let Some((row, pump)) = pane(slot) else {
                return Ok(());
            };
            if let Some(fd) = pump.fd().filter(|_| !pump.is_pty()) {
                hold(Held::Job, row.pane, 0, Some(fd))?;
            }
            if let Some(gate) = pump.gate() {
                hold(Held::Gate, row.pane, 0, Some(gate))?;
            }
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
            Notice::Hold(which) => {
                let [ledger, wake] = self.mover.ledger().fds();
                let [read, write] = self.mover.fds();
                let limits = self.spawner.nofile();
                match which {
                    0 => {
                        let private = self.listener.is_private().into();
                        hold(Held::Lock, 0, private, Some(self.listener.lock_fd()))
                    }
                    1 => hold(Held::Ledger, 0, 0, Some(ledger)),
                    2 => hold(Held::LedgerWake, 0, 0, Some(wake)),
                    3 => hold(Held::PipeRead, 0, 0, Some(read)),
                    4 => hold(Held::PipeWrite, 0, 0, Some(write)),
                    5 => hold(Held::SoftLimit, 0, limits.soft, None),
                    6 => hold(Held::HardLimit, 0, limits.hard, None),
                    _ => match self.former {
                        Some(traces) => send(
                            ToServer::Former {
                                panes: traces.panes,
                                same_boot: traces.same_boot,
                                seen_unix: traces.seen_unix,
                            },
                            &[],
                        ),
                        None => Ok(()),
                    },
                }
            }
            Notice::Resumed => send(
                ToServer::Resumed {
                    keeper_pid: process::own_pid(),
                    version: VERSION,
                },
                &[],
            ),
            Notice::Missing(pane, output, input) => send(
                ToServer::Missing {
                    pane,
                    output,
                    input,
                },
                &[],
            ),
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
}

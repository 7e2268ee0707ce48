//! From one keeper to the next: by exec into another binary, or after a death, from the table that the server wrote.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use outlast_sys::bell::KeeperBells;
use outlast_sys::ledger::Ledger;
use outlast_sys::lock::Lock;
use outlast_sys::mem::MemFile;
use outlast_sys::mover::Mover;
use outlast_sys::poll::Interest;
use outlast_sys::ring::KeeperRings;
use outlast_sys::spawn::{ExecPath, Nofile};
use outlast_sys::{children, clock, daemon, process};
use outlast_wire::keeper::handover::{Record, Slot, Table, fds, records};
use outlast_wire::keeper::{SLOTS, Status};

use super::server::{Server, executable, identity};
use super::{Parts, QUIET, Run, SERVER};
use crate::anchor::{self, Side};
use crate::listen::Listener;
use crate::pump::Pump;
use crate::restart::Restart;

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What a table says, with its descriptors taken over.
#[derive(Default)]
struct Taken {
    socket: Option<(Lock, OwnedFd, bool, Vec<u8>)>,
    program: Vec<u8>,
    words: Vec<CString>,
    server: Option<(OwnedFd, u32)>,
    bells: Option<[OwnedFd; 3]>,
    ledger: Option<[OwnedFd; 4]>,
    slots: Vec<(Slot, OwnedFd, OwnedFd, Option<OwnedFd>)>,
    deposits: Vec<(u32, u16, OwnedFd)>,
    started: Option<(i64, u64)>,
    servers: Option<(u32, u32, Status)>,
    previous: Option<File>,
    nofile: Option<Nofile>,
    unknown: Vec<(u16, Vec<OwnedFd>, Vec<u8>)>,
}

impl Taken {
    fn read(bytes: &[u8]) -> io::Result<Taken> {
        let mut taken = Taken::default();
        let mut seen = Vec::new();
        // A descriptor that is named twice would have two owners.
        let mut take = |fd: i32| match seen.contains(&fd) {
            true => Err(damaged("a descriptor twice")),
            false => {
                seen.push(fd);
                daemon::inherited(fd)
            }
        };
        for record in records(bytes).map_err(|_| damaged("no table"))? {
            match record.map_err(|_| damaged("a record"))? {
                Record::Socket {
                    lock,
                    listener,
                    private,
                    path,
                } => {
                    let lock = Lock::from_fd(take(lock)?);
                    taken.socket = Some((lock, take(listener)?, private, path.to_vec()));
                }
                Record::Program(path) => taken.program = path.to_vec(),
                Record::Argument(word) => taken.words.push(CString::new(word)?),
                Record::Server { socket, pid, .. } => taken.server = Some((take(socket)?, pid)),
                Record::Bells([page, server, keeper]) => {
                    taken.bells = Some([take(page)?, take(server)?, take(keeper)?]);
                }
                Record::Ledger([file, wake, read, write]) => {
                    taken.ledger = Some([take(file)?, take(wake)?, take(read)?, take(write)?]);
                }
                // One pane's descriptors that are not what they should be cost that pane only.
                Record::Pane(slot) => {
                    let fd = slot.fd.map(&mut take).transpose();
                    if let (Ok(out), Ok(ctl), Ok(fd)) = (take(slot.out), take(slot.ctl), fd) {
                        taken.slots.push((slot, out, ctl, fd));
                    }
                }
                Record::Deposit { fd, pane, tag } => {
                    if let Ok(fd) = take(fd) {
                        taken.deposits.push((pane, tag, fd));
                    }
                }
                Record::Started { unix, boot_ms } => taken.started = Some((unix, boot_ms)),
                Record::Servers {
                    starts,
                    quick_failures,
                    last_status,
                } => taken.servers = Some((starts, quick_failures, last_status)),
                Record::Previous(fd) => taken.previous = Some(File::from(take(fd)?)),
                Record::Limits { soft, hard } => taken.nofile = Some(Nofile { soft, hard }),
                Record::Unknown {
                    tag,
                    fds: list,
                    body,
                } => {
                    let fds = fds(list).map(&mut take).collect::<io::Result<_>>()?;
                    taken.unknown.push((tag, fds, body.to_vec()));
                }
            }
        }
        Ok(taken)
    }
}

/// Whether this process is to go on as what [`Run::resume`] gives, or was the anchor and has ended.
pub(crate) type Resumed = Option<Run>;

impl Run {
    /// Goes on where another keeper was, from the table in a memory file. `died`: the server wrote it.
    pub(crate) fn resume(table: OwnedFd, died: bool) -> io::Result<Resumed> {
        let table = MemFile::from_fd(table);
        let mut bytes = vec![0; table.len()? as usize];
        table.read_at(&mut bytes, 0)?;
        let mut taken = Taken::read(&bytes)?;
        let missing = || damaged("a record is missing");
        let [file, wake, read, write] = taken.ledger.take().ok_or_else(missing)?;
        let ledger = Ledger::adopt(file, wake)?;
        // Without an anchor (somebody killed it too) this one makes a new one.
        if died && children::parent() != ledger.anchor() {
            match anchor::split(&ledger)? {
                Side::Keeper => {}
                Side::Anchor => {
                    drop(taken);
                    drop((read, write));
                    anchor::run(&ledger)?;
                    return Ok(None);
                }
            }
        }
        let (server_socket, server_pid) = taken.server.take().ok_or_else(missing)?;
        let (lock, socket, private, path) = taken.socket.take().ok_or_else(missing)?;
        let [page, wakes_server, wakes_keeper] = taken.bells.take().ok_or_else(missing)?;
        // A keeper that becomes another binary does so soon after its server did: what that is has yet to prove itself.
        let running = executable(server_pid);
        let runs = running
            .as_ref()
            .ok()
            .and_then(|file| identity(&file.metadata().ok()?));
        let (previous, candidate) = match taken.previous.take() {
            Some(previous) => (previous, running.ok()),
            None => (running.or_else(|_| File::open("/proc/self/exe"))?, None),
        };
        let now = clock::awake_ms();
        let (starts, quick_failures, last_status) =
            taken.servers.unwrap_or((1, 0, Status::Running));
        let known = identity(&previous.metadata()?);
        let mut run = Run::assemble(Parts {
            listener: Listener::adopt(OsStr::from_bytes(&path).into(), private, lock, socket),
            restart: Restart::resumed(now, [known, runs], starts, quick_failures, last_status),
            bells: KeeperBells::adopt(page, wakes_server, wakes_keeper)?,
            mover: Mover::adopt(ledger, read, write),
            nofile: taken.nofile.unwrap_or_else(process::raise_nofile),
            program: CString::new(std::mem::take(&mut taken.program))?,
            words: std::mem::take(&mut taken.words),
            previous,
            started: taken
                .started
                .unwrap_or_else(|| (clock::unix_seconds(), clock::boottime_ms())),
            former: None,
        })?;
        run.candidate = candidate.filter(|_| runs != known);
        run.unknown = std::mem::take(&mut taken.unknown);
        run.take_slots(taken.slots);
        for (pane, tag, fd) in taken.deposits {
            run.keeper.adopt_deposit(pane, tag, fd);
        }
        run.settle_move();
        let interest = Interest::IN | Interest::OUT | Interest::ET;
        run.poll.add(&server_socket, SERVER, interest)?;
        run.server = Some(Server {
            pid: server_pid,
            socket: server_socket,
            requests: true,
            stuck: false,
        });
        run.keeper.server_stays();
        // Nobody has watched the directory for a moment.
        run.rebind_at = Some(now);
        // Only a parent hears of an end by a signal.
        let own = process::own_pid();
        let mut pids: Vec<u32> = run
            .keeper
            .used()
            .filter_map(|slot| run.keeper.live_pid(slot))
            .collect();
        pids.push(server_pid);
        for pid in pids {
            if process::parent(pid) != Some(own) {
                run.watch_stranger(pid);
            }
        }
        run.take_children();
        run.strangers_ended(None);
        Ok(Some(run))
    }

    fn take_slots(&mut self, slots: Vec<(Slot, OwnedFd, OwnedFd, Option<OwnedFd>)>) {
        for (slot, out, ctl, fd) in slots {
            let row = slot.row;
            let index = usize::from(row.slot);
            let Ok(rings) = KeeperRings::adopt(out, ctl) else {
                continue;
            };
            while self.pumps.len() <= index && self.pumps.len() < SLOTS {
                self.pumps.push(None);
            }
            if let Some(fd) = &fd
                && self.poll.add(fd, u64::from(row.slot), QUIET).is_err()
            {
                continue;
            }
            let pump = Pump::adopt(row.kind, rings, fd, slot.input_ends);
            if let Some(place) = self.pumps.get_mut(index) {
                *place = Some(pump);
            }
            self.keeper.adopt(row);
            // Whatever rang meanwhile, everything is looked at once.
            self.readable.insert(row.slot);
            self.writable.insert(row.slot);
        }
    }

    /// Ends the move of bytes that the former keeper was killed in.
    fn settle_move(&mut self) {
        let Some(slot) = self.mover.unsettled() else {
            self.mover.settle(None);
            return;
        };
        let pump = self.pumps.get_mut(usize::from(slot));
        let rings = pump.and_then(Option::as_mut).map(|pump| &mut pump.rings);
        if let Some(settled) = self.mover.settle(rings) {
            self.bells.ring(slot);
            let missing = [settled.output_missing, settled.input_missing].map(|len| len as u32);
            if missing != [0, 0] {
                self.keeper.missing(slot, missing);
            }
        }
    }

    /// Becomes another binary, in this process, if that is a file that nobody else can have changed.
    pub(super) fn exec(&mut self) {
        let Some(wanted) = self.exec_wanted.take() else {
            return;
        };
        // If we are still here after this, the answer is ours.
        self.keeper.server_stays();
        let path = match &wanted {
            Some(fd) if is_safe(fd.as_fd()) => {
                Some(ExecPath::new(fd.as_fd()).as_c_str().to_owned())
            }
            Some(_) => None,
            // By hand, and nobody waits for an answer: only what has been seen to run as a server.
            None => self
                .installed()
                .filter(|there| self.restart.is_good(*there))
                .map(|_| self.program.clone()),
        };
        let (Some(path), Some(table)) = (path, self.table()) else {
            return;
        };
        let Ok(file) = MemFile::sealed(c"outlast-keeper", table.bytes()) else {
            return;
        };
        let mut keep = table.fds().to_vec();
        keep.push(file.fd().as_raw_fd());
        let number = file.fd().as_raw_fd().to_string();
        let argv = [
            self.program.clone(),
            c"keeper".into(),
            c"--resume".into(),
            CString::new(number).unwrap_or_default(),
        ];
        let error = daemon::exec_keeping(&path, &argv, &keep);
        eprintln!("outlast keeper: {}: {error}", path.to_string_lossy());
    }

    fn table(&self) -> Option<Table> {
        let raw = |fd: BorrowedFd<'_>| fd.as_raw_fd();
        let mut table = Table::new();
        table.put(&Record::Socket {
            lock: raw(self.listener.lock_fd()),
            listener: raw(self.listener.fd()),
            private: self.listener.is_private(),
            path: self.listener.path().as_os_str().as_bytes(),
        });
        table.put(&Record::Program(self.program.to_bytes()));
        for word in self.server_argv.strings().iter().skip(4) {
            table.put(&Record::Argument(word.to_bytes()));
        }
        let server = self.server.as_ref()?;
        table.put(&Record::Server {
            socket: raw(server.socket.as_fd()),
            pid: server.pid,
            ready: self.restart.is_ready(),
        });
        table.put(&Record::Bells(self.bells.fds().map(raw)));
        let [file, wake] = self.mover.ledger().fds().map(raw);
        let [read, write] = self.mover.fds().map(raw);
        table.put(&Record::Ledger([file, wake, read, write]));
        for slot in self.keeper.used() {
            let (Some(row), Some(Some(pump))) =
                (self.keeper.row(slot), self.pumps.get(usize::from(slot)))
            else {
                continue;
            };
            let [out, ctl] = pump.rings.fds().map(raw);
            table.put(&Record::Pane(Slot {
                row,
                out,
                ctl,
                fd: pump.fd().map(raw),
                input_ends: pump.input_ends(),
            }));
        }
        for (pane, tag, fd) in self.keeper.deposits() {
            let fd = raw(fd.as_fd());
            table.put(&Record::Deposit { fd, pane, tag });
        }
        table.put(&Record::Started {
            unix: self.started_unix,
            boot_ms: self.started_boot_ms,
        });
        table.put(&Record::Servers {
            starts: self.restart.starts,
            quick_failures: self.restart.quick_failures,
            last_status: self.restart.last_status,
        });
        table.put(&Record::Previous(raw(self.previous.as_fd())));
        let Nofile { soft, hard } = self.spawner.nofile();
        table.put(&Record::Limits { soft, hard });
        for (tag, fds, body) in &self.unknown {
            let list: Vec<u8> = fds
                .iter()
                .flat_map(|fd| fd.as_raw_fd().to_le_bytes())
                .collect();
            table.put(&Record::Unknown {
                tag: *tag,
                fds: &list,
                body,
            });
        }
        Some(table)
    }
}

/// A regular file that may be executed, ours or root's, and writable by no other.
fn is_safe(fd: BorrowedFd<'_>) -> bool {
    let Ok(there) = fd
        .try_clone_to_owned()
        .and_then(|fd| File::from(fd).metadata())
    else {
        return false;
    };
    let own = outlast_sys::user::own_uid();
    (there.uid() == own || there.uid() == 0)
        && there.mode() & 0o002 == 0
        && there.is_file()
        && there.mode() & 0o111 != 0
}

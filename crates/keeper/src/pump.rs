//! A slot's descriptors and rings: bytes from the program into the output ring, bytes from the input ring to it.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use outlast_sys::bell::KeeperBells;
use outlast_sys::errno::{E2BIG, EAGAIN, EINVAL, ENOMEM};
use outlast_sys::mem::{Mapping, MemFile};
use outlast_sys::mover::Mover;
use outlast_sys::ring::{IN_LEN, KeeperRings, OUT_LEN};
use outlast_sys::spawn::{self, Gate, Program, Spawner, Stdio};
use outlast_sys::{fd_pass, pty, socket};
use outlast_wire::keeper::{Kind, SPAWN_MAX, SPAWN_STDERR, SpawnView, Tty};

/// Most bytes and reads per slot and turn, so that a flood keeps nobody waiting. (A terminal gives at most 4 KiB at a
/// time.)
const TURN_BYTES: usize = 32 * 1024;
const TURN_CALLS: usize = 8;
/// How much is overwritten at a time when nobody has read for long.
const GIVE_UP: usize = 16 * 1024;

/// What a slot has besides its row in the table.
#[derive(Debug)]
pub(crate) struct Pump {
    pub(crate) rings: KeeperRings,
    /// The pty's master, or our end of a job's pipe or socket; none when its other end is gone for good.
    fd: Option<OwnedFd>,
    kind: Kind,
    /// The input takes nothing now; the poll says when.
    input_stuck: bool,
    input_ends: Option<u64>,
    /// Lets the program run, once the server was told of it.
    gate: Option<OwnedFd>,
}

/// How a turn with a slot's output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There may be more.
    More,
    /// Nothing there; the poll says when.
    Empty,
    /// The ring is full; the bell says when.
    Full,
    /// The other end is gone: no process has it open.
    Ended,
}

/// A program that was started, with its descriptor.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) fd: Option<OwnedFd>,
    pub(crate) gate: Option<OwnedFd>,
    pub(crate) pid: u32,
    pub(crate) tty: Tty,
}

/// Starts what a memory file describes. The buffer is ours to read it into; the server could change the file.
pub(crate) fn start(
    spawner: &mut Spawner,
    buffer: &mut Mapping,
    description: Option<OwnedFd>,
    kind: Kind,
    (cols, rows): (u16, u16),
) -> io::Result<Started> {
    if kind == Kind::Empty {
        return Ok(Started {
            fd: None,
            gate: None,
            pid: 0,
            tty: Tty::default(),
        });
    }
    let description = description.ok_or_else(|| io::Error::from_raw_os_error(EINVAL))?;
    let len = MemFile::from_fd(description).read_at(buffer, 0)?;
    if len > SPAWN_MAX {
        return Err(io::Error::from_raw_os_error(E2BIG));
    }
    let view = SpawnView::new(&buffer[..len]).map_err(|_| io::Error::from_raw_os_error(EINVAL))?;
    let program = Program {
        path: view.path(),
        cwd: view.cwd(),
        argv: view.argv(),
        env: view.env(),
    };
    let with_stderr = view.flags & SPAWN_STDERR != 0;
    let gate = Gate::new()?;
    match kind {
        Kind::Pty => {
            let chars = (0..32u8).filter(|index| view.chars_meant & (1 << index) != 0);
            let chars = chars.map(|index| (index, view.chars[usize::from(index)]));
            let pty = pty::open(cols.max(1), rows.max(1), chars)?;
            let pid = spawner.start(program, Stdio::Terminal(pty.slave.as_fd()), &gate)?;
            let mut name = [0u8; 32];
            let mut rest = &mut name[..];
            write!(rest, "/dev/pts/{}", pty.number)?;
            let len = 32 - rest.len();
            let tty = Tty::new(std::str::from_utf8(&name[..len]).unwrap_or_default());
            Ok(Started {
                fd: Some(pty.master),
                gate: Some(gate.into_opener()),
                pid,
                tty,
            })
        }
        Kind::Job | Kind::Filter => {
            let (ours, theirs) = fd_pass::stream_pair()?;
            socket::set_nonblocking(&ours, true)?;
            let output = Some(theirs.as_fd());
            let input = if kind == Kind::Filter { output } else { None };
            let error = if with_stderr { output } else { None };
            let pid = spawner.start(
                program,
                Stdio::Streams {
                    input,
                    output,
                    error,
                },
                &gate,
            )?;
            Ok(Started {
                fd: Some(ours),
                gate: Some(gate.into_opener()),
                pid,
                tty: Tty::default(),
            })
        }
        Kind::Empty => Err(io::ErrorKind::InvalidInput.into()),
    }
}

impl Pump {
    pub(crate) fn new(kind: Kind) -> io::Result<Pump> {
        let rings = KeeperRings::new(OUT_LEN, IN_LEN)?;
        Ok(Pump::adopt(kind, rings, None, None))
    }

    /// A former keeper's.
    pub(crate) fn adopt(
        kind: Kind,
        rings: KeeperRings,
        fd: Option<OwnedFd>,
        input_ends: Option<u64>,
    ) -> Pump {
        Pump {
            rings,
            fd,
            kind,
            input_stuck: false,
            input_ends,
            gate: None,
        }
    }

    pub(crate) fn input_ends(&self) -> Option<u64> {
        self.input_ends
    }

    /// A program, perhaps in the place of a former: rings and offsets go on.
    pub(crate) fn run(
        &mut self,
        kind: Kind,
        fd: Option<OwnedFd>,
        gate: Option<OwnedFd>,
        input_from: u64,
    ) {
        self.kind = kind;
        self.fd = fd;
        self.gate = gate;
        self.input_stuck = false;
        self.input_ends = None;
        self.rings.skip_input(input_from);
        self.rings.set_ended(false);
    }

    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd.as_ref().map(AsFd::as_fd)
    }

    /// What the program waits for, while it does.
    pub(crate) fn gate(&self) -> Option<BorrowedFd<'_>> {
        self.gate.as_ref().map(AsFd::as_fd)
    }

    /// The server knows of the program: it may run.
    pub(crate) fn open_gate(&mut self) {
        if let Some(gate) = self.gate.take() {
            spawn::open_gate(&gate);
        }
    }

    /// Bytes of output that are known to wait.
    pub(crate) fn waiting(&self) -> usize {
        self.fd().map_or(0, socket::waiting)
    }

    /// Drops the descriptor; the poll must have forgotten it.
    pub(crate) fn close(&mut self) {
        self.fd = None;
        self.gate = None;
    }

    pub(crate) fn is_pty(&self) -> bool {
        self.kind == Kind::Pty
    }

    pub(crate) fn is_filter(&self) -> bool {
        self.kind == Kind::Filter
    }

    /// Reads what is there, up to a turn's measure. `read` is told of each read: bytes, and the offset after them.
    pub(crate) fn read(
        &mut self,
        slot: u16,
        (mover, bells): (&Mover, &KeeperBells),
        may_overwrite: bool,
        mut read: impl FnMut(usize, u64),
    ) -> Turn {
        let Some(fd) = &self.fd else {
            return Turn::Ended;
        };
        let mut left = TURN_BYTES;
        for _ in 0..TURN_CALLS {
            let mut room = self.rings.room();
            if room == 0 {
                if !may_overwrite {
                    return Turn::Full;
                }
                self.rings.give_up_oldest(GIVE_UP);
                room = GIVE_UP;
            }
            match mover.output(&mut self.rings, slot, fd.as_fd(), room.min(left)) {
                Ok(0) => return self.ended(slot, bells),
                Ok(len) => {
                    read(len, self.rings.end());
                    bells.ring(slot);
                    left -= len;
                    // Input that has come meanwhile goes before the rest of a flood.
                    if left == 0 || bells.is_rung() {
                        return Turn::More;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(EAGAIN) => return Turn::Empty,
                // It passes. The poll tells changes only, and would not speak of this terminal again.
                Err(error) if error.raw_os_error() == Some(ENOMEM) => return Turn::More,
                // EIO: no process has the terminal open. It may be opened again while its program lives.
                Err(_) => return self.ended(slot, bells),
            }
        }
        Turn::More
    }

    fn ended(&mut self, slot: u16, bells: &KeeperBells) -> Turn {
        self.rings.set_ended(true);
        bells.ring(slot);
        Turn::Ended
    }

    /// Whether the input takes nothing now, and the poll is to say when it does.
    pub(crate) fn input_stuck(&self) -> bool {
        self.input_stuck
    }

    /// The program's terminal or input can take bytes again.
    pub(crate) fn input_freed(&mut self) {
        self.input_stuck = false;
    }

    /// Writes what waits, as far as it is taken. True: there may be more to write at once.
    pub(crate) fn write(&mut self, slot: u16, (mover, bells): (&Mover, &KeeperBells)) -> bool {
        let (Some(fd), false) = (&self.fd, self.kind == Kind::Job || self.input_stuck) else {
            return false;
        };
        let mut more = true;
        for _ in 0..TURN_CALLS {
            match mover.input(&mut self.rings, slot, fd.as_fd()) {
                Ok(0) => more = false,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It passes; the next turn tries again.
                Err(error) if error.raw_os_error() == Some(ENOMEM) => break,
                Err(error) => {
                    // Else EIO or EPIPE: nobody takes it. A terminal that is opened again does with the next input.
                    self.input_stuck = error.raw_os_error() == Some(EAGAIN);
                    more = false;
                }
            }
            if !more {
                break;
            }
        }
        if self.rings.server_wants_room() {
            bells.ring(slot);
        }
        self.finish_input();
        more
    }

    /// The input is to be closed when everything below this offset has been taken.
    pub(crate) fn end_input(&mut self, at: u64) {
        self.input_ends = Some(at);
        self.finish_input();
    }

    fn finish_input(&mut self) {
        let done = self
            .input_ends
            .is_some_and(|at| self.rings.input_done() >= at);
        if let (true, Kind::Filter, Some(fd)) = (done, self.kind, &self.fd) {
            socket::shut_writing(fd.as_fd());
            self.input_ends = None;
        }
    }
}

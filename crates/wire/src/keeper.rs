//! Frozen messages between keeper and server, and the layout of a spawn description.
//!
//! They travel over a `SOCK_SEQPACKET` pair, one frame per packet, descriptors beside it (`SCM_RIGHTS`):
//!
//! | bytes | what |
//! |---|---|
//! | 2 | tag |
//! | 2 | length of the body |
//! | n | body |
//!
//! All numbers are little-endian. Version rule: a message never changes, no field is ever added, moved or reused; a
//! new need is a new tag; a tag that is not known is skipped, with its descriptors, by both sides. An old keeper
//! meets a newer server and the other way round. Each message's comment is its body's layout, sizes in bytes.
//!
//! Pane numbers are the server's own and opaque to the keeper. Number 0 is no pane: it stands for the server itself
//! in [`ToKeeper::Deposit`]. (tmux's `%0` therefore needs another number here, such as id + 1.)

/// Version of the conversation, for people: nothing is decided by it as long as the rule above is kept.
pub const VERSION: u32 = 1;
/// Exit status of a server that wants to be started again from what is installed: it has not failed, and neither has
/// a binary that was given up before.
pub const SWAP: u8 = 75;
/// Longest frame, head included.
pub const FRAME_MAX: usize = 128;
/// Most descriptors beside one frame.
pub const FDS_MAX: usize = 3;
/// Most deposits of one pane.
pub const PANE_DEPOSITS: usize = 8;
/// Most deposits of the server itself (pane 0).
pub const OWN_DEPOSITS: usize = 16;
/// Slots in the keeper's table: panes and jobs that may live at once.
pub const SLOTS: usize = 4096;
/// Longest spawn description in bytes.
pub const SPAWN_MAX: usize = 2 * 1024 * 1024;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A program on a pty of its own, as session leader.
    Pty = 0,
    /// A program without a terminal: stdin is /dev/null, stdout (and stderr, see [`SPAWN_STDERR`]) go to the ring.
    Job = 1,
    /// As `Job`, and the input ring feeds its stdin ([`ToKeeper::EndInput`] closes it): `pipe-pane`, `copy-pipe`.
    Filter = 2,
    /// No program at all: rings and deposits only (a pane that shows text put there by a command).
    Empty = 3,
}

impl Kind {
    fn from_u8(value: u8) -> Option<Kind> {
        [Kind::Pty, Kind::Job, Kind::Filter, Kind::Empty]
            .into_iter()
            .find(|k| *k as u8 == value)
    }
}

/// How a program stands or ended. 2 bytes: kind (0 running, 1 exited, 2 killed by a signal, 3 ended, nobody knows
/// how), then the code or the signal's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Status {
    /// It runs (or the slot has no program).
    #[default]
    Running,
    /// exit(n).
    Code(u8),
    /// Killed by a signal.
    Signal(u8),
    /// It ended, but nobody could collect how.
    Unknown,
}

/// A slot of the keeper's table: body of [`ToServer::Pane`] and [`ToServer::Spawned`].
///
/// | bytes | what |
/// |---|---|
/// | 2 | slot (bit number in the bells) |
/// | 1 | kind |
/// | 2 | status |
/// | 1 | length of the tty's name |
/// | 2 | zero |
/// | 4 | pane |
/// | 4 | life |
/// | 4 | process id, 0 without one |
/// | 8 | `exit_at`: absolute output offset at which the ended program's output ends; 0 while it runs |
/// | 32 | tty's name, zero padded |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pane {
    /// Bit number in the bells, below [`SLOTS`].
    pub slot: u16,
    /// The server's number for it, never 0.
    pub pane: u32,
    /// Which program of the pane, counted by the server.
    pub life: u32,
    /// Process id (also the process group's and session's), 0 for [`Kind::Empty`].
    pub pid: u32,
    /// What it is.
    pub kind: Kind,
    /// How it stands. Anything but `Running` is final for this life.
    pub status: Status,
    /// See [`ToServer::Exited`].
    pub exit_at: u64,
    /// Name of its terminal.
    pub tty: Tty,
}

/// The name of a terminal device ("/dev/pts/7"), empty without one.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Tty {
    len: u8,
    name: [u8; 32],
}

impl Tty {
    /// From its name; what is longer than 32 bytes becomes empty.
    pub fn new(name: &str) -> Tty {
        let mut tty = Tty::default();
        if name.len() <= tty.name.len() {
            tty.name[..name.len()].copy_from_slice(name.as_bytes());
            tty.len = name.len() as u8;
        }
        tty
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.name[..usize::from(self.len)]).unwrap_or("")
    }
}

impl core::fmt::Debug for Tty {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Server to keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToKeeper {
    /// Tag 1. The server has taken over and works. Until this comes the keeper may give up on it and start the
    /// previous binary.
    ///
    /// | 4 | the server's [`VERSION`] |
    Ready {
        /// The server's version.
        version: u32,
    },
    /// Tag 2, with 1 descriptor: the spawn description ([`SpawnSpec`]) in a memory file. Answered by `Spawned` or
    /// `SpawnFailed`. The same (pane, life) again answers `Spawned` again and starts nothing. A higher life starts
    /// another program in the same slot: rings and offsets go on, the kind stays; a program that still runs there
    /// is hung up and no longer reported on. A lower life is refused with ESTALE.
    ///
    /// | 4 | pane (not 0) |
    /// | 4 | life |
    /// | 1 | kind |
    /// | 3 | zero |
    /// | 2 | columns |
    /// | 2 | rows |
    /// | 8 | absolute input offset from which input is meant for this program; what is older is dropped |
    Spawn {
        /// Which.
        pane: u32,
        /// Which program of it.
        life: u32,
        /// What.
        kind: Kind,
        /// Columns of the terminal.
        cols: u16,
        /// Rows of the terminal.
        rows: u16,
        /// Input older than this was meant for an earlier program. The server's `input_end()` at the time.
        input_from: u64,
    },
    /// Tag 3. A signal for the process group of the pane's program; nothing when it has ended.
    ///
    /// | 4 | pane |
    /// | 1 | signal number |
    Signal {
        /// Which.
        pane: u32,
        /// Signal number.
        signal: u8,
    },
    /// Tag 4. The pane is gone: its program is hung up (SIGHUP, SIGCONT to its process group and the foreground
    /// one), the master closed, rings and deposits dropped. No answer; idempotent.
    ///
    /// | 4 | pane |
    Forget {
        /// Which.
        pane: u32,
    },
    /// Tag 5, with 1 descriptor: keep it, in place of what was kept under the same (pane, tag), and hand it to the
    /// next server. Opaque to the keeper, which never maps it. Answered only on failure, by `DepositFailed`.
    ///
    /// | 4 | pane, or 0 for the server's own |
    /// | 2 | tag |
    Deposit {
        /// Whose.
        pane: u32,
        /// The server's name for it.
        tag: u16,
    },
    /// Tag 6. Drop a deposit. Idempotent.
    ///
    /// | 4 | pane or 0 |
    /// | 2 | tag |
    Undeposit {
        /// Whose.
        pane: u32,
        /// Which.
        tag: u16,
    },
    /// Tag 7. All is over: hang up every pane, remove the socket, exit. Empty body.
    Shutdown,
    /// Tag 8. Close the input of a [`Kind::Filter`] once it has taken everything below `at`.
    ///
    /// | 4 | pane |
    /// | 8 | absolute input offset |
    EndInput {
        /// Which.
        pane: u32,
        /// Where its input ends.
        at: u64,
    },
    /// Tag 9. Look whether the listening socket is still in its directory and make it anew if not (as SIGUSR1 to
    /// the keeper does). Empty body.
    Rebind,
}

/// Keeper to server. A new server is sent `Hello`, `Bell`, `Listener`, a `Pane` for each slot in use, a `Deposited`
/// for each deposit, `End`, and from then on events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToServer {
    /// Tag 101.
    ///
    /// | 4 | the keeper's [`VERSION`] |
    /// | 4 | its process id |
    /// | 8 | its start, seconds since 1970 |
    /// | 8 | its start, CLOCK_BOOTTIME in ms |
    /// | 4 | servers started before this one |
    /// | 4 | of these, how many in a row failed quickly, up to now |
    /// | 2 | how the last one ended (status; `Running`: this is the first) |
    /// | 1 | 1 when this is the previous binary, because the installed one did not get ready |
    /// | 1 | zero |
    /// | 4 | panes that will follow |
    /// | 4 | deposits that will follow |
    Hello(Hello),
    /// Tag 102, with 3 descriptors: the bell page, the eventfd that wakes the server, the one that wakes the keeper.
    /// Empty body.
    Bell,
    /// Tag 103, with 1 descriptor: the listening socket, non-blocking. Sent again with a new one when the socket had
    /// to be made anew; it takes the place of the former. Empty body.
    Listener,
    /// Tag 104, with 2 or 3 descriptors: output ring (read-only), control page with the input ring, and for a
    /// [`Kind::Pty`] whose terminal is still open the master. Body: [`Pane`].
    Pane(Pane),
    /// Tag 105, with 1 descriptor.
    ///
    /// | 4 | pane or 0 |
    /// | 2 | tag |
    Deposited {
        /// Whose.
        pane: u32,
        /// The server's name for it.
        tag: u16,
    },
    /// Tag 106. The table is complete. Empty body.
    End,
    /// Tag 107. The program runs: as tag 104 in body and descriptors. (A program that cannot be executed also
    /// "runs": it says why on its terminal and exits with 126 or 127.)
    Spawned(Pane),
    /// Tag 108. Nothing was started.
    ///
    /// | 4 | pane |
    /// | 4 | life |
    /// | 4 | errno |
    SpawnFailed {
        /// Which.
        pane: u32,
        /// Which program of it.
        life: u32,
        /// Why: E2BIG (description too large), ENFILE (table full), ESTALE (lower life), EINVAL …
        errno: i32,
    },
    /// Tag 109. The program has ended. Its own output ends at the absolute offset `at` or before; processes it left
    /// behind may write on. Say that the pane ended when output up to `at` has been handled.
    ///
    /// | 4 | pane |
    /// | 4 | life |
    /// | 2 | status |
    /// | 2 | zero |
    /// | 8 | at |
    Exited {
        /// Which.
        pane: u32,
        /// Which program of it.
        life: u32,
        /// How.
        status: Status,
        /// Where its output ends.
        at: u64,
    },
    /// Tag 110. A deposit was not taken (ENOENT: no such pane, ENOSPC: too many tags).
    ///
    /// | 4 | pane |
    /// | 2 | tag |
    /// | 2 | zero |
    /// | 4 | errno |
    DepositFailed {
        /// Whose.
        pane: u32,
        /// The server's name for it.
        tag: u16,
        /// Why.
        errno: i32,
    },
    /// Tag 111. The keeper was told to end (SIGTERM): write state and answer `Shutdown`. The keeper ends by itself
    /// if that takes longer than 5 s. Empty body.
    Terminate,
}

/// Body of [`ToServer::Hello`], where the layout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hello {
    /// The keeper's [`VERSION`].
    pub version: u32,
    /// The keeper's process id.
    pub keeper_pid: u32,
    /// Its start, seconds since 1970.
    pub started_unix: i64,
    /// Its start, CLOCK_BOOTTIME in milliseconds.
    pub started_boot_ms: u64,
    /// Servers started before this one.
    pub restarts: u32,
    /// How many in a row failed quickly.
    pub quick_failures: u32,
    /// How the last one ended; `Running` when there was none.
    pub last_status: Status,
    /// This is the previous binary: the installed one did not get ready.
    pub fallback: bool,
    /// `Pane`s that follow.
    pub panes: u32,
    /// `Deposited`s that follow.
    pub deposits: u32,
}

/// A frame that is not what its tag promises. The receiver drops it and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed keeper frame")]
pub struct Malformed;

// Tags 20 to 39 and 120 to 139 are reserved for the hand-over between keepers.

struct Writer<'a> {
    frame: &'a mut [u8; FRAME_MAX],
    len: usize,
}

impl<'a> Writer<'a> {
    fn new(frame: &'a mut [u8; FRAME_MAX], tag: u16) -> Writer<'a> {
        frame[..2].copy_from_slice(&tag.to_le_bytes());
        Writer { frame, len: 4 }
    }
    fn put<const N: usize>(&mut self, bytes: [u8; N]) -> &mut Self {
        self.frame[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
        self
    }
    fn status(&mut self, status: Status) -> &mut Self {
        self.put(match status {
            Status::Running => [0, 0],
            Status::Code(code) => [1, code],
            Status::Signal(signal) => [2, signal],
            Status::Unknown => [3, 0],
        })
    }
    fn finish(&mut self) -> usize {
        let body = (self.len - 4) as u16;
        self.frame[2..4].copy_from_slice(&body.to_le_bytes());
        self.len
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }
    fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.take::<1>()?[0])
    }
    fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.take()?))
    }
    fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.take()?))
    }
    fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_le_bytes(self.take()?))
    }
    fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }
    fn kind(&mut self) -> Result<Kind, Malformed> {
        Kind::from_u8(self.u8()?).ok_or(Malformed)
    }
    fn status(&mut self) -> Result<Status, Malformed> {
        match self.take::<2>()? {
            [0, _] => Ok(Status::Running),
            [1, code] => Ok(Status::Code(code)),
            [2, signal] => Ok(Status::Signal(signal)),
            [3, _] => Ok(Status::Unknown),
            _ => Err(Malformed),
        }
    }
    /// Takes a frame's head apart: tag and a reader of exactly the body.
    fn open(frame: &[u8]) -> Result<(u16, Reader<'_>), Malformed> {
        let mut head = Reader(frame);
        let tag = head.u16()?;
        let len = usize::from(head.u16()?);
        Ok((tag, Reader(head.0.get(..len).ok_or(Malformed)?)))
    }
}

impl Pane {
    fn put(&self, writer: &mut Writer<'_>) {
        writer
            .put(self.slot.to_le_bytes())
            .put([self.kind as u8])
            .status(self.status);
        writer.put([self.tty.len, 0, 0]);
        writer
            .put(self.pane.to_le_bytes())
            .put(self.life.to_le_bytes())
            .put(self.pid.to_le_bytes());
        writer.put(self.exit_at.to_le_bytes()).put(self.tty.name);
    }
    fn take(reader: &mut Reader<'_>) -> Result<Pane, Malformed> {
        let slot = reader.u16()?;
        let kind = reader.kind()?;
        let status = reader.status()?;
        let [len, _, _] = reader.take::<3>()?;
        let (pane, life, pid) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (exit_at, name) = (reader.u64()?, reader.take()?);
        if usize::from(slot) >= SLOTS || usize::from(len) > name.len() {
            return Err(Malformed);
        }
        Ok(Pane {
            slot,
            pane,
            life,
            pid,
            kind,
            status,
            exit_at,
            tty: Tty { len, name },
        })
    }
}

impl ToKeeper {
    /// Writes the frame and returns its length.
    pub fn encode(&self, frame: &mut [u8; FRAME_MAX]) -> usize {
        match *self {
            ToKeeper::Ready { version } => {
                Writer::new(frame, 1).put(version.to_le_bytes()).finish()
            }
            ToKeeper::Spawn {
                pane,
                life,
                kind,
                cols,
                rows,
                input_from,
            } => Writer::new(frame, 2)
                .put(pane.to_le_bytes())
                .put(life.to_le_bytes())
                .put([kind as u8, 0, 0, 0])
                .put(cols.to_le_bytes())
                .put(rows.to_le_bytes())
                .put(input_from.to_le_bytes())
                .finish(),
            ToKeeper::Signal { pane, signal } => Writer::new(frame, 3)
                .put(pane.to_le_bytes())
                .put([signal])
                .finish(),
            ToKeeper::Forget { pane } => Writer::new(frame, 4).put(pane.to_le_bytes()).finish(),
            ToKeeper::Deposit { pane, tag } => Writer::new(frame, 5)
                .put(pane.to_le_bytes())
                .put(tag.to_le_bytes())
                .finish(),
            ToKeeper::Undeposit { pane, tag } => Writer::new(frame, 6)
                .put(pane.to_le_bytes())
                .put(tag.to_le_bytes())
                .finish(),
            ToKeeper::Shutdown => Writer::new(frame, 7).finish(),
            ToKeeper::EndInput { pane, at } => Writer::new(frame, 8)
                .put(pane.to_le_bytes())
                .put(at.to_le_bytes())
                .finish(),
            ToKeeper::Rebind => Writer::new(frame, 9).finish(),
        }
    }

    /// Reads a frame; `None`: a tag that this version does not know, to be skipped.
    ///
    /// # Errors
    /// The frame is shorter than its tag says, or a value in it is out of range.
    pub fn decode(frame: &[u8]) -> Result<Option<ToKeeper>, Malformed> {
        let (tag, mut body) = Reader::open(frame)?;
        Ok(Some(match tag {
            1 => ToKeeper::Ready {
                version: body.u32()?,
            },
            2 => {
                let (pane, life, kind) = (body.u32()?, body.u32()?, body.kind()?);
                body.take::<3>()?;
                let (cols, rows, input_from) = (body.u16()?, body.u16()?, body.u64()?);
                ToKeeper::Spawn {
                    pane,
                    life,
                    kind,
                    cols,
                    rows,
                    input_from,
                }
            }
            3 => ToKeeper::Signal {
                pane: body.u32()?,
                signal: body.u8()?,
            },
            4 => ToKeeper::Forget { pane: body.u32()? },
            5 => ToKeeper::Deposit {
                pane: body.u32()?,
                tag: body.u16()?,
            },
            6 => ToKeeper::Undeposit {
                pane: body.u32()?,
                tag: body.u16()?,
            },
            7 => ToKeeper::Shutdown,
            8 => ToKeeper::EndInput {
                pane: body.u32()?,
                at: body.u64()?,
            },
            9 => ToKeeper::Rebind,
            _ => return Ok(None),
        }))
    }
}

impl ToServer {
    /// Writes the frame and returns its length.
    pub fn encode(&self, frame: &mut [u8; FRAME_MAX]) -> usize {
        match *self {
            ToServer::Hello(hello) => Writer::new(frame, 101)
                .put(hello.version.to_le_bytes())
                .put(hello.keeper_pid.to_le_bytes())
                .put(hello.started_unix.to_le_bytes())
                .put(hello.started_boot_ms.to_le_bytes())
                .put(hello.restarts.to_le_bytes())
                .put(hello.quick_failures.to_le_bytes())
                .status(hello.last_status)
                .put([u8::from(hello.fallback), 0])
                .put(hello.panes.to_le_bytes())
                .put(hello.deposits.to_le_bytes())
                .finish(),
            ToServer::Bell => Writer::new(frame, 102).finish(),
            ToServer::Listener => Writer::new(frame, 103).finish(),
            ToServer::Pane(pane) => {
                let mut writer = Writer::new(frame, 104);
                pane.put(&mut writer);
                writer.finish()
            }
            ToServer::Deposited { pane, tag } => Writer::new(frame, 105)
                .put(pane.to_le_bytes())
                .put(tag.to_le_bytes())
                .finish(),
            ToServer::End => Writer::new(frame, 106).finish(),
            ToServer::Spawned(pane) => {
                let mut writer = Writer::new(frame, 107);
                pane.put(&mut writer);
                writer.finish()
            }
            ToServer::SpawnFailed { pane, life, errno } => Writer::new(frame, 108)
                .put(pane.to_le_bytes())
                .put(life.to_le_bytes())
                .put(errno.to_le_bytes())
                .finish(),
            ToServer::Exited {
                pane,
                life,
                status,
                at,
            } => Writer::new(frame, 109)
                .put(pane.to_le_bytes())
                .put(life.to_le_bytes())
                .status(status)
                .put([0, 0])
                .put(at.to_le_bytes())
                .finish(),
            ToServer::DepositFailed { pane, tag, errno } => Writer::new(frame, 110)
                .put(pane.to_le_bytes())
                .put(tag.to_le_bytes())
                .put([0, 0])
                .put(errno.to_le_bytes())
                .finish(),
            ToServer::Terminate => Writer::new(frame, 111).finish(),
        }
    }

    /// Reads a frame; `None`: a tag that this version does not know, to be skipped.
    ///
    /// # Errors
    /// The frame is shorter than its tag says, or a value in it is out of range.
    pub fn decode(frame: &[u8]) -> Result<Option<ToServer>, Malformed> {
        let (tag, mut body) = Reader::open(frame)?;
        Ok(Some(match tag {
            101 => {
                let (version, keeper_pid) = (body.u32()?, body.u32()?);
                let (started_unix, started_boot_ms) = (body.u64()?.cast_signed(), body.u64()?);
                let (restarts, quick_failures, last_status) =
                    (body.u32()?, body.u32()?, body.status()?);
                let [fallback, _] = body.take::<2>()?;
                ToServer::Hello(Hello {
                    version,
                    keeper_pid,
                    started_unix,
                    started_boot_ms,
                    restarts,
                    quick_failures,
                    last_status,
                    fallback: fallback != 0,
                    panes: body.u32()?,
                    deposits: body.u32()?,
                })
            }
            102 => ToServer::Bell,
            103 => ToServer::Listener,
            104 => ToServer::Pane(Pane::take(&mut body)?),
            105 => ToServer::Deposited {
                pane: body.u32()?,
                tag: body.u16()?,
            },
            106 => ToServer::End,
            107 => ToServer::Spawned(Pane::take(&mut body)?),
            108 => ToServer::SpawnFailed {
                pane: body.u32()?,
                life: body.u32()?,
                errno: body.i32()?,
            },
            109 => {
                let (pane, life, status) = (body.u32()?, body.u32()?, body.status()?);
                body.take::<2>()?;
                ToServer::Exited {
                    pane,
                    life,
                    status,
                    at: body.u64()?,
                }
            }
            110 => {
                let (pane, tag) = (body.u32()?, body.u16()?);
                body.take::<2>()?;
                ToServer::DepositFailed {
                    pane,
                    tag,
                    errno: body.i32()?,
                }
            }
            111 => ToServer::Terminate,
            _ => return Ok(None),
        }))
    }
}

/// Flag of [`SpawnSpec::flags`]: stderr of a `Job` or `Filter` goes where stdout goes, else to /dev/null.
pub const SPAWN_STDERR: u32 = 1;

/// How to start a program. Its bytes, which the server puts into a memory file beside [`ToKeeper::Spawn`]:
///
/// | bytes | what |
/// |---|---|
/// | 4 | [`SPAWN_MAGIC`] |
/// | 4 | flags |
/// | 4 | which of the control characters below are meant (bit n: entry n) |
/// | 32 | the terminal's control characters (`c_cc`) |
/// | 4 | number of arguments |
/// | 4 | number of environment entries |
/// | … | path, working directory, arguments, environment entries ("NAME=value"): each 4 bytes of length, that many bytes without NUL, one NUL |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpawnSpec<'a> {
    /// [`SPAWN_STDERR`]; unknown bits are ignored.
    pub flags: u32,
    /// Control characters for the terminal: (index into `c_cc`, value); indices from 32 on are ignored.
    pub control_chars: &'a [(u8, u8)],
    /// The file to execute; searched on PATH of `env` when it has no slash.
    pub path: &'a [u8],
    /// Working directory; falls back to HOME of `env`, then "/".
    pub cwd: &'a [u8],
    /// Arguments, argv[0] first. A login shell has "-bash" there.
    pub argv: &'a [&'a [u8]],
    /// The whole environment: "NAME=value".
    pub env: &'a [&'a [u8]],
}

/// First four bytes of a spawn description.
pub const SPAWN_MAGIC: u32 = u32::from_le_bytes(*b"oSp1");

impl SpawnSpec<'_> {
    /// Its bytes. `None` if a string contains NUL or the whole is longer than [`SPAWN_MAX`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.extend(SPAWN_MAGIC.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        let mut meant = 0u32;
        let mut chars = [0u8; 32];
        for &(index, value) in self.control_chars.iter().filter(|(index, _)| *index < 32) {
            meant |= 1 << index;
            chars[usize::from(index)] = value;
        }
        bytes.extend(meant.to_le_bytes());
        bytes.extend(chars);
        bytes.extend(u32::try_from(self.argv.len()).ok()?.to_le_bytes());
        bytes.extend(u32::try_from(self.env.len()).ok()?.to_le_bytes());
        for string in [self.path, self.cwd]
            .into_iter()
            .chain(self.argv.iter().copied())
            .chain(self.env.iter().copied())
        {
            if string.contains(&0) {
                return None;
            }
            bytes.extend(u32::try_from(string.len()).ok()?.to_le_bytes());
            bytes.extend(string);
            bytes.push(0);
        }
        (bytes.len() <= SPAWN_MAX).then_some(bytes)
    }
}

/// A spawn description as the keeper reads it: in place, without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct SpawnView<'a> {
    /// See [`SpawnSpec::flags`].
    pub flags: u32,
    /// Which of `chars` are meant.
    pub chars_meant: u32,
    /// Control characters.
    pub chars: [u8; 32],
    /// Number of arguments.
    pub argc: usize,
    /// Number of environment entries.
    pub envc: usize,
    strings: &'a [u8],
}

impl<'a> SpawnView<'a> {
    /// Reads and checks a description: every string ends where it says and has its NUL there and nowhere else.
    ///
    /// # Errors
    /// It is not one.
    pub fn new(bytes: &'a [u8]) -> Result<SpawnView<'a>, Malformed> {
        let mut reader = Reader(bytes);
        if reader.u32()? != SPAWN_MAGIC {
            return Err(Malformed);
        }
        let (flags, chars_meant, chars) = (reader.u32()?, reader.u32()?, reader.take()?);
        let (argc, envc) = (reader.u32()? as usize, reader.u32()? as usize);
        let view = SpawnView {
            flags,
            chars_meant,
            chars,
            argc,
            envc,
            strings: reader.0,
        };
        let wanted = argc
            .checked_add(envc)
            .and_then(|n| n.checked_add(2))
            .ok_or(Malformed)?;
        let mut found = 0;
        for string in view.strings() {
            string?;
            found += 1;
        }
        if found != wanted || argc == 0 {
            return Err(Malformed);
        }
        Ok(view)
    }

    /// Path, working directory, arguments, environment, in this order.
    fn strings(&self) -> impl Iterator<Item = Result<&'a core::ffi::CStr, Malformed>> + use<'a> {
        let mut reader = Reader(self.strings);
        let mut left = 2usize.saturating_add(self.argc).saturating_add(self.envc);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let string = reader.u32().and_then(|len| {
                let len = (len as usize).checked_add(1).ok_or(Malformed)?;
                let string = reader.0.get(..len).ok_or(Malformed)?;
                reader.0 = &reader.0[len..];
                core::ffi::CStr::from_bytes_with_nul(string).map_err(|_| Malformed)
            });
            if string.is_err() {
                left = 0;
            }
            Some(string)
        })
    }

    /// The file to execute.
    pub fn path(&self) -> &'a core::ffi::CStr {
        self.strings().flatten().next().unwrap_or_default()
    }
    /// The working directory.
    pub fn cwd(&self) -> &'a core::ffi::CStr {
        self.strings().flatten().nth(1).unwrap_or_default()
    }
    /// The arguments.
    pub fn argv(&self) -> impl Iterator<Item = &'a core::ffi::CStr> + use<'a> {
        self.strings().flatten().skip(2).take(self.argc)
    }
    /// The environment.
    pub fn env(&self) -> impl Iterator<Item = &'a core::ffi::CStr> + use<'a> {
        self.strings().flatten().skip(2 + self.argc)
    }
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;

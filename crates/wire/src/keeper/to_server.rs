//! What the keeper says to a server.

use super::frame::{Reader, Writer};
use super::{FRAME_MAX, Malformed, Pane, Status};

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
    /// Tag 120, with 1 descriptor or none: hold this, so that a new keeper can be given it when this one dies. Sent
    /// before the messages that it belongs to, and again when it has changed. A job's socket is held until the job
    /// is forgotten.
    ///
    /// | 2 | what, see [`Held`](super::Held) |
    /// | 2 | zero |
    /// | 4 | pane, or 0 for the keeper's own |
    /// | 8 | value |
    Hold {
        /// What it is: a number of [`Held`](super::Held), or one of a newer keeper's, to be held all the same.
        what: u16,
        /// Whose.
        pane: u32,
        /// What goes with it.
        value: u64,
    },
    /// Tag 121. This keeper has taken over, after a death or an exec: its process id now. The table is as it was.
    ///
    /// | 4 | process id |
    /// | 4 | the keeper's [`VERSION`](super::VERSION) |
    Resumed {
        /// Process id.
        keeper_pid: u32,
        /// Its version.
        version: u32,
    },
    /// Tag 122. Sent to the first server of a keeper that found the traces of another which did not end in order: it
    /// and its server were killed, or the machine went down.
    ///
    /// | 4 | panes that it had |
    /// | 4 | 1: the machine has not been started since |
    /// | 8 | when that keeper last changed its traces, seconds since 1970 |
    Former {
        /// Panes that it had.
        panes: u32,
        /// The machine has not been started since: keeper and server were killed.
        same_boot: bool,
        /// When it last lived, seconds since 1970.
        seen_unix: i64,
    },
    /// Tag 123. The keeper before this one was killed while it moved bytes in a way that does not tell how far it was
    /// (a kernel without splice for terminals): so many at most are missing. Sent after [`ToServer::Resumed`], once.
    ///
    /// | 4 | pane |
    /// | 4 | bytes of output |
    /// | 4 | bytes of input |
    Missing {
        /// Whose.
        pane: u32,
        /// Bytes of output at most.
        output: u32,
        /// Bytes of input at most.
        input: u32,
    },
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
            ToServer::Hold { what, pane, value } => Writer::new(frame, 120)
                .put(what.to_le_bytes())
                .put([0, 0])
                .put(pane.to_le_bytes())
                .put(value.to_le_bytes())
                .finish(),
            ToServer::Resumed {
                keeper_pid,
                version,
            } => Writer::new(frame, 121)
                .put(keeper_pid.to_le_bytes())
                .put(version.to_le_bytes())
                .finish(),
            ToServer::Former {
                panes,
                same_boot,
                seen_unix,
            } => Writer::new(frame, 122)
                .put(panes.to_le_bytes())
                .put(u32::from(same_boot).to_le_bytes())
                .put(seen_unix.to_le_bytes())
                .finish(),
            ToServer::Missing {
                pane,
                output,
                input,
            } => Writer::new(frame, 123)
                .put(pane.to_le_bytes())
                .put(output.to_le_bytes())
                .put(input.to_le_bytes())
                .finish(),
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
            120 => {
                let what = body.u16()?;
                body.take::<2>()?;
                ToServer::Hold {
                    what,
                    pane: body.u32()?,
                    value: body.u64()?,
                }
            }
            121 => ToServer::Resumed {
                keeper_pid: body.u32()?,
                version: body.u32()?,
            },
            122 => ToServer::Former {
                panes: body.u32()?,
                same_boot: body.u32()? != 0,
                seen_unix: body.u64()?.cast_signed(),
            },
            123 => ToServer::Missing {
                pane: body.u32()?,
                output: body.u32()?,
                input: body.u32()?,
            },
            _ => return Ok(None),
        }))
    }
}

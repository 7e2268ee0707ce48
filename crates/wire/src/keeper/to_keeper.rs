//! What a server says to the keeper.

use super::frame::{Reader, Writer};
use super::{FRAME_MAX, Kind, Malformed};

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
    /// Tag 20, with 1 descriptor or none: become what the descriptor has open, or else what is installed at the
    /// keeper's own path, by exec in place: same process, nothing is let go of. Refused if that is not a file that only
    /// we or root can change, or cannot be executed. Answered by [`ToServer::Resumed`](super::ToServer::Resumed), from
    /// whoever goes on. Empty body.
    Exec,
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
            ToKeeper::Exec => Writer::new(frame, 20).finish(),
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
            20 => ToKeeper::Exec,
            _ => return Ok(None),
        }))
    }
}

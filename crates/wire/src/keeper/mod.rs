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

pub mod book;
mod frame;
pub mod handover;
mod spawn;
mod to_keeper;
mod to_server;

pub use spawn::{SPAWN_MAGIC, SPAWN_STDERR, SpawnSpec, SpawnView};
pub use to_keeper::ToKeeper;
pub use to_server::{Hello, ToServer};

use frame::{Reader, Writer};

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

/// What a server holds for the next keeper, see [`ToServer::Hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Held {
    /// The lock on the socket's name. Value: 1 when the directory is ours alone.
    Lock = 1,
    /// The ledger.
    Ledger = 2,
    /// The ledger's eventfd.
    LedgerWake = 3,
    /// The read end of the pipe through which bytes are moved.
    PipeRead = 4,
    /// Its write end.
    PipeWrite = 5,
    /// Value: the soft limit of open descriptors for programs.
    SoftLimit = 6,
    /// Value: the hard limit.
    HardLimit = 7,
    /// The keeper's end of a job's socket.
    Job = 8,
    /// What lets a pane's program run that waits between fork and exec. Comes before the row that tells of it; whoever
    /// has heard that writes a byte. While nobody has, it ends with the keeper and has not run.
    Gate = 9,
}

/// A frame that is not what its tag promises. The receiver drops it and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed keeper frame")]
pub struct Malformed;

impl Status {
    fn bytes(self) -> [u8; 2] {
        match self {
            Status::Running => [0, 0],
            Status::Code(code) => [1, code],
            Status::Signal(signal) => [2, signal],
            Status::Unknown => [3, 0],
        }
    }
}

impl Pane {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.put(self.bytes());
    }
    fn bytes(&self) -> [u8; 60] {
        let mut bytes = [0; 60];
        bytes[..2].copy_from_slice(&self.slot.to_le_bytes());
        bytes[2] = self.kind as u8;
        bytes[3..5].copy_from_slice(&self.status.bytes());
        bytes[5] = self.tty.len;
        bytes[8..12].copy_from_slice(&self.pane.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.life.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.pid.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.exit_at.to_le_bytes());
        bytes[28..].copy_from_slice(&self.tty.name);
        bytes
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

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;

//! The table that one keeper hands to the next: over its own exec into another binary, or from the server, when the
//! keeper has died. It lies in a memory file whose descriptor is named on the next keeper's command line
//! (`keeper --resume FD`); the descriptors that it speaks of are open under the same numbers in the process that
//! reads it.
//!
//! The file begins with [`MAGIC`] and zero (4 bytes each). Records follow:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | tag |
//! | 2 | number of descriptors |
//! | 4 | length of the body |
//! | 4 × d | descriptors |
//! | n | body |
//!
//! All numbers are little-endian. Version rule as for frames: a record never changes, a new need is a new tag. A record
//! with an unknown tag is kept, its descriptors with it, and handed on as it is.

use super::frame::Reader;
use super::{Malformed, Pane, Status};

/// First four bytes of a table.
pub const MAGIC: u32 = u32::from_le_bytes(*b"oKh1");
/// Longest body of a record.
pub const BODY_MAX: usize = 256 * 1024;

/// One record. Descriptors are numbers, with their place in the list named in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Tag 1: the listening socket [1] and the lock [0] that guards its name.
    ///
    /// | 1 | 1: the socket's directory is ours alone, and made anew when it is gone |
    /// | n | the socket's path |
    Socket {
        /// Descriptor of the lock.
        lock: i32,
        /// Descriptor of the listening socket.
        listener: i32,
        /// The directory is ours alone.
        private: bool,
        /// Where it is.
        path: &'a [u8],
    },
    /// Tag 2: path of the binary that servers are started from. Body: the path.
    Program(&'a [u8]),
    /// Tag 3: one of the server's own arguments, in order. Body: the word.
    Argument(&'a [u8]),
    /// Tag 4: the server that lives, and the keeper's end of the connection with it [0].
    ///
    /// | 4 | process id |
    /// | 1 | 1: it has said that it is ready |
    /// | 3 | zero |
    Server {
        /// The keeper's end.
        socket: i32,
        /// Its process id.
        pid: u32,
        /// It works.
        ready: bool,
    },
    /// Tag 5: the bell page [0], the eventfd that wakes the server [1], the one that wakes the keeper [2]. No body.
    Bells([i32; 3]),
    /// Tag 6: the ledger [0], its eventfd [1], the pipe through which bytes are moved, read end [2], write end [3]. No
    /// body.
    Ledger([i32; 4]),
    /// Tag 7: a slot in use: output ring [0], control page [1], and if there is one the terminal's master or our end
    /// of a job's socket [2].
    ///
    /// | 60 | the slot, as in a [`Pane`](super::ToServer::Pane) frame |
    /// | 8 | absolute input offset at which the input is to be closed; all ones: nowhere |
    Pane(Slot),
    /// Tag 8: a deposit [0].
    ///
    /// | 4 | pane or 0 |
    /// | 2 | tag |
    /// | 2 | zero |
    Deposit {
        /// Descriptor.
        fd: i32,
        /// Whose.
        pane: u32,
        /// The server's name for it.
        tag: u16,
    },
    /// Tag 9: when the first keeper of this line started.
    ///
    /// | 8 | seconds since 1970 |
    /// | 8 | CLOCK_BOOTTIME in ms |
    Started {
        /// Seconds since 1970.
        unix: i64,
        /// CLOCK_BOOTTIME in ms.
        boot_ms: u64,
    },
    /// Tag 10: how the servers so far have fared.
    ///
    /// | 4 | servers started |
    /// | 4 | quick failures in a row |
    /// | 2 | how the last one ended |
    /// | 2 | zero |
    Servers {
        /// Started so far.
        starts: u32,
        /// Quick failures in a row.
        quick_failures: u32,
        /// How the last one ended.
        last_status: Status,
    },
    /// Tag 11: the binary that last proved itself [0]. No body.
    Previous(i32),
    /// Tag 12: the limits of open descriptors that programs are given back.
    ///
    /// | 8 | soft |
    /// | 8 | hard |
    Limits {
        /// Soft limit.
        soft: u64,
        /// Hard limit.
        hard: u64,
    },
    /// Any other tag.
    Unknown {
        /// The tag.
        tag: u16,
        /// The descriptors, 4 bytes each.
        fds: &'a [u8],
        /// The body.
        body: &'a [u8],
    },
}

/// Body and descriptors of [`Record::Pane`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The row.
    pub row: Pane,
    /// Descriptor of the output ring.
    pub out: i32,
    /// Descriptor of the control page with the input ring.
    pub ctl: i32,
    /// Descriptor of the master or the job's socket, if it is still open.
    pub fd: Option<i32>,
    /// Where the input is to be closed, if anywhere.
    pub input_ends: Option<u64>,
}

/// The descriptors in [`Record::Unknown`].
pub fn fds(list: &[u8]) -> impl Iterator<Item = i32> + use<'_> {
    list.as_chunks::<4>()
        .0
        .iter()
        .map(|fd| i32::from_le_bytes(*fd))
}

/// A table being written.
#[derive(Clone, Debug)]
pub struct Table {
    bytes: Vec<u8>,
    fds: Vec<i32>,
}

impl Table {
    /// An empty one.
    pub fn new() -> Table {
        Table {
            bytes: [MAGIC.to_le_bytes(), [0; 4]].concat(),
            fds: Vec::new(),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All descriptors that it speaks of: they must stay open over the exec.
    pub fn fds(&self) -> &[i32] {
        &self.fds
    }

    fn record(&mut self, tag: u16, fds: &[i32], body: &[&[u8]]) {
        let len: usize = body.iter().map(|part| part.len()).sum();
        self.bytes.extend(tag.to_le_bytes());
        self.bytes.extend((fds.len() as u16).to_le_bytes());
        self.bytes.extend((len as u32).to_le_bytes());
        for fd in fds {
            self.bytes.extend(fd.to_le_bytes());
        }
        for part in body {
            self.bytes.extend(*part);
        }
        self.fds.extend(fds);
    }

    /// Appends a record.
    pub fn put(&mut self, record: &Record<'_>) {
        match *record {
            Record::Socket {
                lock,
                listener,
                private,
                path,
            } => self.record(1, &[lock, listener], &[&[private.into()], path]),
            Record::Program(path) => self.record(2, &[], &[path]),
            Record::Argument(word) => self.record(3, &[], &[word]),
            Record::Server { socket, pid, ready } => {
                self.record(
                    4,
                    &[socket],
                    &[&pid.to_le_bytes(), &[ready.into(), 0, 0, 0]],
                );
            }
            Record::Bells(fds) => self.record(5, &fds, &[]),
            Record::Ledger(fds) => self.record(6, &fds, &[]),
            Record::Pane(slot) => {
                let ends = slot.input_ends.unwrap_or(u64::MAX).to_le_bytes();
                let fds = [slot.out, slot.ctl, slot.fd.unwrap_or(-1)];
                let fds = &fds[..2 + usize::from(slot.fd.is_some())];
                self.record(7, fds, &[&slot.row.bytes(), &ends]);
            }
            Record::Deposit { fd, pane, tag } => {
                self.record(
                    8,
                    &[fd],
                    &[&pane.to_le_bytes(), &tag.to_le_bytes(), &[0, 0]],
                );
            }
            Record::Started { unix, boot_ms } => {
                self.record(9, &[], &[&unix.to_le_bytes(), &boot_ms.to_le_bytes()]);
            }
            Record::Servers {
                starts,
                quick_failures,
                last_status,
            } => {
                let body: [&[u8]; 4] = [
                    &starts.to_le_bytes(),
                    &quick_failures.to_le_bytes(),
                    &last_status.bytes(),
                    &[0, 0],
                ];
                self.record(10, &[], &body);
            }
            Record::Previous(fd) => self.record(11, &[fd], &[]),
            Record::Limits { soft, hard } => {
                self.record(12, &[], &[&soft.to_le_bytes(), &hard.to_le_bytes()]);
            }
            Record::Unknown {
                tag,
                fds: list,
                body,
            } => {
                let fds: Vec<i32> = fds(list).collect();
                self.record(tag, &fds, &[body]);
            }
        }
    }
}

impl Default for Table {
    fn default() -> Table {
        Table::new()
    }
}

/// The records of a table.
///
/// # Errors
/// The bytes are no table. An item's error: what follows is not one record after the other, or one is not what its tag
/// promises; nothing comes after it.
pub fn records(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Record<'_>, Malformed>>, Malformed> {
    let mut reader = Reader(bytes);
    if reader.u32()? != MAGIC {
        return Err(Malformed);
    }
    reader.u32()?;
    let mut over = false;
    Ok(core::iter::from_fn(move || {
        if over || reader.0.is_empty() {
            return None;
        }
        let record = record(&mut reader);
        over = record.is_err();
        Some(record)
    }))
}

fn record<'a>(reader: &mut Reader<'a>) -> Result<Record<'a>, Malformed> {
    let (tag, count, len) = (reader.u16()?, reader.u16()?, reader.u32()? as usize);
    let fds_len = 4 * usize::from(count);
    let (list, rest) = reader.0.split_at_checked(fds_len).ok_or(Malformed)?;
    if len > BODY_MAX {
        return Err(Malformed);
    }
    let (bytes, rest) = rest.split_at_checked(len).ok_or(Malformed)?;
    reader.0 = rest;
    let fd = |n: usize| fds(list).nth(n).ok_or(Malformed);
    let mut body = Reader(bytes);
    Ok(match tag {
        1 => Record::Socket {
            lock: fd(0)?,
            listener: fd(1)?,
            private: body.u8()? != 0,
            path: body.0,
        },
        2 => Record::Program(bytes),
        3 => Record::Argument(bytes),
        4 => Record::Server {
            socket: fd(0)?,
            pid: body.u32()?,
            ready: body.u8()? != 0,
        },
        5 => Record::Bells([fd(0)?, fd(1)?, fd(2)?]),
        6 => Record::Ledger([fd(0)?, fd(1)?, fd(2)?, fd(3)?]),
        7 => Record::Pane(Slot {
            row: Pane::take(&mut body)?,
            out: fd(0)?,
            ctl: fd(1)?,
            fd: fd(2).ok(),
            input_ends: Some(body.u64()?).filter(|at| *at != u64::MAX),
        }),
        8 => Record::Deposit {
            fd: fd(0)?,
            pane: body.u32()?,
            tag: body.u16()?,
        },
        9 => Record::Started {
            unix: body.u64()?.cast_signed(),
            boot_ms: body.u64()?,
        },
        10 => Record::Servers {
            starts: body.u32()?,
            quick_failures: body.u32()?,
            last_status: body.status()?,
        },
        11 => Record::Previous(fd(0)?),
        12 => Record::Limits {
            soft: body.u64()?,
            hard: body.u64()?,
        },
        _ => Record::Unknown {
            tag,
            fds: list,
            body: bytes,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Tty};
    use super::*;

    fn all() -> Vec<Record<'static>> {
        let row = Pane {
            slot: 3,
            pane: 9,
            life: 1,
            pid: 77,
            kind: Kind::Pty,
            status: Status::Code(42),
            exit_at: 5,
            tty: Tty::new("/dev/pts/3"),
        };
        let slot = Slot {
            row,
            out: 20,
            ctl: 21,
            fd: Some(22),
            input_ends: None,
        };
        vec![
            Record::Socket {
                lock: 3,
                listener: 4,
                private: true,
                path: b"/tmp/x/default",
            },
            Record::Program(b"/usr/bin/outlast"),
            Record::Argument(b"--socket"),
            Record::Argument(b""),
            Record::Server {
                socket: 5,
                pid: 6,
                ready: true,
            },
            Record::Bells([7, 8, 9]),
            Record::Ledger([10, 11, 12, 13]),
            Record::Pane(slot),
            Record::Pane(Slot {
                fd: None,
                input_ends: Some(8),
                ..slot
            }),
            Record::Deposit {
                fd: 30,
                pane: 0,
                tag: 2,
            },
            Record::Started {
                unix: -1,
                boot_ms: 2,
            },
            Record::Servers {
                starts: 3,
                quick_failures: 4,
                last_status: Status::Signal(11),
            },
            Record::Previous(31),
            Record::Limits {
                soft: 1024,
                hard: u64::MAX,
            },
            Record::Unknown {
                tag: 999,
                fds: &[40, 0, 0, 0, 41, 0, 0, 0],
                body: b"from the future",
            },
        ]
    }

    #[test]
    fn every_record_comes_back_as_it_was_and_unknown_ones_too() {
        let mut table = Table::new();
        for record in all() {
            table.put(&record);
        }
        let back: Vec<_> = records(table.bytes())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(back, all());
        assert_eq!(table.fds().len(), 19);
        assert_eq!(table.fds()[17..], [40, 41]);
    }

    #[test]
    fn a_cut_table_gives_what_is_whole_and_then_an_error() {
        let mut table = Table::new();
        let mut ends = vec![8];
        for record in all() {
            table.put(&record);
            ends.push(table.bytes().len());
        }
        for len in 8..table.bytes().len() {
            let whole = ends.iter().filter(|end| **end <= len).count() - 1;
            let mut items = records(&table.bytes()[..len]).unwrap();
            assert_eq!(items.by_ref().take_while(Result::is_ok).count(), whole);
            assert_eq!(items.next(), None, "cut to {len}");
        }
        assert!(records(b"oKh").is_err());
        assert!(records(b"oKh2\0\0\0\0").is_err());
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut whole = Table::new();
        for record in all() {
            whole.put(&record);
        }
        let mut random = 1_u64;
        let mut draw = |below: usize| {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (random >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let mut bytes = whole.bytes().to_vec();
            for _ in 0..1 + draw(4) {
                let at = draw(bytes.len());
                bytes[at] = draw(256) as u8;
            }
            if let Ok(items) = records(&bytes) {
                // An unknown record's descriptors are read too.
                for record in items.flatten() {
                    if let Record::Unknown { fds: list, .. } = record {
                        assert!(fds(list).count() <= usize::from(u16::MAX));
                    }
                }
            }
        }
    }

    /// The layout is frozen: this is what a keeper of this version writes.
    #[test]
    fn the_bytes_are_the_ones_in_the_comments() {
        let mut table = Table::new();
        table.put(&Record::Server {
            socket: 5,
            pid: 258,
            ready: true,
        });
        let expected = [
            b'o', b'K', b'h', b'1', 0, 0, 0, 0, 4, 0, 1, 0, 8, 0, 0, 0, 5, 0, 0, 0, 2, 1, 0, 0, 1,
            0, 0, 0,
        ];
        assert_eq!(table.bytes(), expected);
    }
}

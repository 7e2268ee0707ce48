//! What the loop itself writes into the journal, beside what the core does: who its clients are.

use outlast_core::save::Entry;
use outlast_sys::process::Identity;
use outlast_wire::client::ClientKey;
use outlast_wire::frame::{Malformed, Reader, Writer};

use crate::oom::Counts;

/// A note. The number of an [`Entry::Shell`] says which; the rest is its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A client, under the key by which it will come back; `next_n` numbers its next message.
    Client {
        /// Its id.
        id: u32,
        /// Its own name for itself.
        key: ClientKey,
        /// Number of the next message.
        next_n: u64,
    },
    /// A client is gone.
    Gone {
        /// Its id.
        id: u32,
    },
    /// A client's terminal is ours, and can do this (`Caps::features`).
    Attached {
        /// Its id.
        id: u32,
        /// Features.
        features: String,
        /// It has been given back until the client is continued (suspend-client).
        given_back: bool,
    },
    /// The process of a client whose terminal is ours: it is waited for as long as that lives.
    Process {
        /// The client's id.
        id: u32,
        /// Which process.
        process: Identity,
    },
    /// So many batches of what was typed at a client's terminal are in the journal.
    Typed {
        /// The client's id.
        id: u32,
        /// Number of the last one.
        batch: u64,
    },
    /// Ids of clients go on here.
    NextClient {
        /// The next id.
        id: u32,
    },
    /// Bytes are about to be appended to a file.
    Append {
        /// Token of the work.
        token: u64,
        /// Length of the file before.
        after: u64,
    },
    /// Panes that are gone and whose text on disk is not away yet. The last such note counts.
    Leaving {
        /// Which; true: it is deleted rather than kept for some days.
        panes: Vec<(u32, bool)>,
    },
    /// The kernel has killed so many for memory. The last such note counts.
    Kills(Counts),
}

impl Note {
    /// As an entry of the journal.
    pub fn entry(&self) -> Entry {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        let kind = match self {
            Note::Client { id, key, next_n } => {
                w.u32(*id).raw(&key.0).u64(*next_n);
                1
            }
            Note::Gone { id } => {
                w.u32(*id);
                2
            }
            Note::Attached {
                id,
                features,
                given_back,
            } => {
                w.u32(*id).text(features).bool(*given_back);
                3
            }
            Note::NextClient { id } => {
                w.u32(*id);
                4
            }
            Note::Append { token, after } => {
                w.u64(*token).u64(*after);
                5
            }
            Note::Leaving { panes } => {
                w.u32(u32::try_from(panes.len()).unwrap_or(u32::MAX));
                for (pane, killed) in panes {
                    w.u32(*pane).bool(*killed);
                }
                6
            }
            Note::Process { id, process } => {
                w.u32(*id).u32(process.pid).u64(process.started);
                7
            }
            Note::Typed { id, batch } => {
                w.u32(*id).u64(*batch);
                8
            }
            Note::Kills(counts) => {
                w.u64(counts.machine).u64(counts.group).u64(counts.scopes);
                9
            }
        };
        Entry::Shell(kind, out)
    }

    /// From an entry's number and bytes; None for one that this version does not know.
    pub fn read(kind: u16, bytes: &[u8]) -> Option<Note> {
        Note::fields(kind, &mut Reader::new(bytes)).ok()?
    }

    fn fields(kind: u16, r: &mut Reader<'_>) -> Result<Option<Note>, Malformed> {
        Ok(Some(match kind {
            1 => {
                let id = r.u32("id")?;
                let mut key = [0; 16];
                key.copy_from_slice(r.raw(16, "key")?);
                Note::Client {
                    id,
                    key: ClientKey(key),
                    next_n: r.u64("next_n")?,
                }
            }
            2 => Note::Gone { id: r.u32("id")? },
            3 => Note::Attached {
                id: r.u32("id")?,
                features: r.text("features")?,
                given_back: r.bool("given_back")?,
            },
            4 => Note::NextClient { id: r.u32("id")? },
            5 => Note::Append {
                token: r.u64("token")?,
                after: r.u64("after")?,
            },
            6 => {
                let count = r.u32("count")?;
                let pane = |_| Ok((r.u32("pane")?, r.bool("killed")?));
                Note::Leaving {
                    panes: (0..count).map(pane).collect::<Result<_, Malformed>>()?,
                }
            }
            7 => Note::Process {
                id: r.u32("id")?,
                process: Identity {
                    pid: r.u32("pid")?,
                    started: r.u64("started")?,
                },
            },
            8 => Note::Typed {
                id: r.u32("id")?,
                batch: r.u64("batch")?,
            },
            9 => Note::Kills(Counts {
                machine: r.u64("machine")?,
                group: r.u64("group")?,
                scopes: r.u64("scopes")?,
            }),
            _ => return Ok(None),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_comes_back() {
        for note in [
            Note::Client {
                id: 3,
                key: ClientKey([7; 16]),
                next_n: 9,
            },
            Note::Gone { id: 3 },
            Note::Typed { id: 3, batch: 9 },
            Note::Process {
                id: 3,
                process: Identity {
                    pid: 77,
                    started: 1 << 40,
                },
            },
            Note::Attached {
                id: 3,
                features: "RGB,sync".into(),
                given_back: true,
            },
            Note::NextClient { id: 12 },
            Note::Append {
                token: 5,
                after: 1 << 40,
            },
            Note::Leaving {
                panes: vec![(7, true), (9, false)],
            },
            Note::Kills(Counts {
                machine: 3,
                group: 1 << 40,
                scopes: 2,
            }),
        ] {
            let Entry::Shell(kind, bytes) = note.entry() else {
                panic!("not a shell entry")
            };
            assert_eq!(Note::read(kind, &bytes), Some(note));
            for len in 0..bytes.len() {
                assert_eq!(Note::read(kind, &bytes[..len]), None);
            }
        }
        assert_eq!(Note::read(99, b""), None);
    }
}

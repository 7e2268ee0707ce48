//! What survives the server's death, and how a turn is committed.
//!
//! The server's knowledge is a set of *sections*: (key, JSON text). A turn ends by collecting the sections that
//! changed, the offsets up to which each pane's output has been heard, the terminal operations with their offsets,
//! the requests done and the effects that must happen once: one [`Transaction`]. The shell appends it to a journal in
//! shared memory and publishes its length with one store; only then does it carry the effects out. A new server
//! reads the sections, restores each terminal from its checkpoint, replays output and operations up to *heard* in
//! silence, carries out again what was not, and goes on from there aloud. A crash anywhere is one of two cases: the
//! transaction is not published (nothing of it has happened; the clients send again) or it is (all of it will).

mod codec;
mod collect;
pub mod disk;
mod recover;
mod report;

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

pub use codec::{DecodeError, decode_op, encode_op};
pub(crate) use collect::{EVENT, Saver};
pub use recover::RecoverError;

/// A value that knows whether it was borrowed mutably since it was last saved. Mutable access is what marks it,
/// so no change can be forgotten; do not borrow mutably to look.
#[derive(Clone, Debug, Default)]
pub struct Tracked<T> {
    value: T,
    dirty: bool,
}

impl<T> Tracked<T> {
    /// A new value, not saved yet.
    pub fn new(value: T) -> Tracked<T> {
        Tracked { value, dirty: true }
    }
    /// A value that has just been loaded.
    pub fn saved(value: T) -> Tracked<T> {
        Tracked {
            value,
            dirty: false,
        }
    }
    /// Mutable access that does not mark it: for what is saved elsewhere.
    pub fn quiet(&mut self) -> &mut T {
        &mut self.value
    }
    /// Whether it changed since the last call of `take_dirty`.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }
    /// Whether it changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.dirty = true;
        &mut self.value
    }
}

/// One entry of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A section has this text now; None: it is gone. Keys are `kind` or `kind/id` ("session/1").
    Section(String, Option<Vec<u8>>),
    /// Output of the pane up to this offset has been handled and its effects are in this or earlier transactions.
    Heard(u32, u64),
    /// A terminal operation at this output offset.
    Op(u32, u64, Vec<u8>),
    /// A client's request is done (client id, seq).
    Did(u32, u64),
    /// Bytes for a pane's input, with the absolute input offset of the first.
    Input(u32, u64, Vec<u8>),
    /// A numbered message for a client (client id, n, encoded message), kept until acknowledged.
    Message(u32, u64, Vec<u8>),
    /// The client has received messages up to n.
    Received(u32, u64),
    /// Something of the shell's own (client keys, deposits): tag and bytes.
    Shell(u16, Vec<u8>),
}

/// A committed turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Number of the turn, growing.
    pub turn: u64,
    /// What it says, in order.
    pub entries: Vec<Entry>,
}

/// Version of the sections' meaning. Fields may be added (serde default) without raising it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Version(pub u32);

/// Bytes in JSON: text as it is behind a `t`, anything else as hexadecimal digits behind an `x`.
pub(crate) mod bytes {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => out.serialize_str(&format!("t{text}")),
            Err(_) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                out.serialize_str(&format!("x{digits}"))
            }
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        if let Some(text) = text.strip_prefix('t') {
            return Ok(text.as_bytes().to_vec());
        }
        let digits = text
            .strip_prefix('x')
            .ok_or_else(|| D::Error::custom("bytes without a mark"))?;
        if !digits.is_ascii() {
            return Err(D::Error::custom("bytes with a bad digit"));
        }
        (0..digits.len())
            .step_by(2)
            .map(|at| {
                let pair = digits
                    .get(at..at + 2)
                    .ok_or_else(|| D::Error::custom("half a byte"))?;
                u8::from_str_radix(pair, 16).map_err(D::Error::custom)
            })
            .collect()
    }
}

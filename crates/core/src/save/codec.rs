//! Transactions, entries and terminal operations as bytes.
//!
//! A transaction is `len: u32` (of all that follows), `crc: u32` (CRC-32 of what follows it), `version: u8`,
//! `turn: u64`, then entries, each `tag: u8`, `len: u32`, body. All numbers are little endian. Entries with an unknown
//! tag are skipped; a body is read from its start and what is left of it is ignored.

use std::sync::Arc;

use outlast_term::{Op, Rules, Size};

use super::{Entry, Transaction};
use crate::model::pane::PaneOp;

/// Version of the layout.
const VERSION: u8 = 1;
const HEAD: usize = 8;

/// Bytes that are no transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Ends too early: not written to its end.
    #[error("a transaction ends early")]
    Short,
    /// The checksum does not fit.
    #[error("a transaction has a bad checksum")]
    Checksum,
    /// Written by a version that this one does not read.
    #[error("a transaction has version {0}")]
    Version(u8),
    /// An entry is longer than the transaction or has an impossible value.
    #[error("a transaction is damaged")]
    Damaged,
}

impl Transaction {
    /// Appends the transaction's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; HEAD]);
        out.push(VERSION);
        out.extend(self.turn.to_le_bytes());
        for entry in &self.entries {
            entry.encode(out);
        }
        let len = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
        let crc = crc32(&out[start + HEAD..]);
        out[start..start + 4].copy_from_slice(&len.to_le_bytes());
        out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// The transaction at the start of `bytes`, and how many bytes it takes.
    pub fn decode(bytes: &[u8]) -> Result<(Transaction, usize), DecodeError> {
        let mut reader = Reader(bytes);
        let len = reader.u32().ok_or(DecodeError::Short)? as usize;
        let rest = reader.take(len).ok_or(DecodeError::Short)?;
        let mut body = Reader(rest);
        let crc = body.u32().ok_or(DecodeError::Damaged)?;
        if crc32(body.0) != crc {
            return Err(DecodeError::Checksum);
        }
        match body.u8() {
            Some(VERSION) => {}
            Some(version) => return Err(DecodeError::Version(version)),
            None => return Err(DecodeError::Damaged),
        }
        let turn = body.u64().ok_or(DecodeError::Damaged)?;
        let mut entries = Vec::new();
        while !body.0.is_empty() {
            if let Some(entry) = Entry::decode(&mut body)? {
                entries.push(entry);
            }
        }
        Ok((Transaction { turn, entries }, 4 + len))
    }
}

impl Entry {
    /// Appends the entry's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; 5]);
        let tag: u8 = match self {
            Entry::Section(key, Some(text)) => {
                put_text(out, key.as_bytes());
                out.extend(text);
                1
            }
            Entry::Section(key, None) => {
                put_text(out, key.as_bytes());
                2
            }
            Entry::Heard(pane, at) => {
                put_id(out, *pane, *at);
                3
            }
            Entry::Op(pane, at, bytes) => {
                put_id(out, *pane, *at);
                out.extend(bytes);
                4
            }
            Entry::Did(client, seq) => {
                put_id(out, *client, *seq);
                5
            }
            Entry::Input(pane, at, bytes) => {
                put_id(out, *pane, *at);
                out.extend(bytes);
                6
            }
            Entry::Message(client, n, bytes) => {
                put_id(out, *client, *n);
                out.extend(bytes);
                7
            }
            Entry::Received(client, n) => {
                put_id(out, *client, *n);
                8
            }
            Entry::Shell(kind, bytes) => {
                out.extend(kind.to_le_bytes());
                out.extend(bytes);
                9
            }
        };
        let len = u32::try_from(out.len() - start - 5).unwrap_or(u32::MAX);
        out[start] = tag;
        out[start + 1..start + 5].copy_from_slice(&len.to_le_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Option<Entry>, DecodeError> {
        let tag = reader.u8().ok_or(DecodeError::Damaged)?;
        let len = reader.u32().ok_or(DecodeError::Damaged)? as usize;
        let mut body = Reader(reader.take(len).ok_or(DecodeError::Damaged)?);
        Entry::body(tag, &mut body).ok_or(DecodeError::Damaged)
    }

    /// None: damaged; Some(None): unknown.
    fn body(tag: u8, body: &mut Reader<'_>) -> Option<Option<Entry>> {
        Some(Some(match tag {
            1 | 2 => {
                let len = body.u32()? as usize;
                let key = String::from_utf8(body.take(len)?.to_vec()).ok()?;
                Entry::Section(key, (tag == 1).then(|| body.0.to_vec()))
            }
            3 => Entry::Heard(body.u32()?, body.u64()?),
            4 => Entry::Op(body.u32()?, body.u64()?, body.0.to_vec()),
            5 => Entry::Did(body.u32()?, body.u64()?),
            6 => Entry::Input(body.u32()?, body.u64()?, body.0.to_vec()),
            7 => Entry::Message(body.u32()?, body.u64()?, body.0.to_vec()),
            8 => Entry::Received(body.u32()?, body.u64()?),
            9 => Entry::Shell(body.u16()?, body.0.to_vec()),
            _ => return Some(None),
        }))
    }
}

/// Appends a terminal operation's bytes: `serial: u64`, `tag: u8`, body.
pub fn encode_op(serial: u64, op: &PaneOp, out: &mut Vec<u8>) {
    out.extend(serial.to_le_bytes());
    let op = match op {
        PaneOp::Text(bytes) => {
            out.push(7);
            out.extend(bytes);
            return;
        }
        PaneOp::Kept(_) => return out.push(8),
        PaneOp::Term(op) => op,
    };
    match op {
        Op::Resize(size) => {
            out.push(1);
            out.extend(size.cols.to_le_bytes());
            out.extend(size.rows.to_le_bytes());
        }
        Op::ClearHistory => out.push(2),
        Op::Reset => out.push(3),
        Op::Respawn => out.push(4),
        Op::HistoryLimit(lines) => {
            out.push(5);
            out.extend(lines.to_le_bytes());
        }
        Op::AlternateAllowed(allowed) => out.extend([6, u8::from(*allowed)]),
        // 7 and 8 are texts.
        Op::ForgetLinks => out.push(9),
        Op::Rules(rules) => {
            out.push(10);
            rules.write(out);
        }
    }
}

/// The serial and operation of [`encode_op`]'s bytes; None for an unknown or damaged one.
pub fn decode_op(bytes: &[u8]) -> Option<(u64, PaneOp)> {
    let mut reader = Reader(bytes);
    let serial = reader.u64()?;
    let op = match reader.u8()? {
        7 => return Some((serial, PaneOp::Text(reader.0.to_vec()))),
        8 => return Some((serial, PaneOp::Kept(Vec::new()))),
        1 => Op::Resize(Size::new(reader.u16()?, reader.u16()?)),
        2 => Op::ClearHistory,
        3 => Op::Reset,
        4 => Op::Respawn,
        5 => Op::HistoryLimit(reader.u32()?),
        6 => Op::AlternateAllowed(reader.u8()? != 0),
        9 => Op::ForgetLinks,
        10 => Op::Rules(Arc::new(Rules::read(reader.0)?)),
        _ => return None,
    };
    Some((serial, PaneOp::Term(op)))
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
    out.extend(text);
}

fn put_id(out: &mut Vec<u8>, id: u32, number: u64) {
    out.extend(id.to_le_bytes());
    out.extend(number.to_le_bytes());
}

/// Bytes that are still to be read.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }
    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// CRC-32 (IEEE 802.3, reflected), four bits at a time.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let mut value = n as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 {
                    (value >> 1) ^ 0xedb8_8320
                } else {
                    value >> 1
                };
                bit += 1;
            }
            table[n] = value;
            n += 1;
        }
        table
    };
    !bytes.iter().fold(!0u32, |crc, byte| {
        TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Transaction {
        let mut op = Vec::new();
        encode_op(7, &PaneOp::Term(Op::Resize(Size::new(80, 24))), &mut op);
        Transaction {
            turn: 42,
            entries: vec![
                Entry::Section("session/1".into(), Some(b"{}".to_vec())),
                Entry::Section("pane/2".into(), None),
                Entry::Heard(3, u64::MAX),
                Entry::Op(3, 9, op),
                Entry::Did(1, 2),
                Entry::Input(3, 5, b"ls\r".to_vec()),
                Entry::Message(1, 1, vec![0, 255]),
                Entry::Received(1, 1),
                Entry::Shell(9, vec![]),
            ],
        }
    }

    #[test]
    fn transactions_come_back_and_may_be_followed_by_others() {
        let mut bytes = Vec::new();
        sample().encode(&mut bytes);
        let len = bytes.len();
        bytes.extend(b"more");
        assert_eq!(Transaction::decode(&bytes), Ok((sample(), len)));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let mut bytes = Vec::new();
        sample().encode(&mut bytes);
        for len in 0..bytes.len() {
            assert!(Transaction::decode(&bytes[..len]).is_err(), "{len}");
        }
        for at in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(Transaction::decode(&bad).is_err(), "{at}");
        }
    }

    #[test]
    fn unknown_entries_are_skipped() {
        let mut bytes = Vec::new();
        sample().encode(&mut bytes);
        bytes.extend([200, 2, 0, 0, 0, 1, 2]);
        let len = (bytes.len() - 4) as u32;
        let crc = crc32(&bytes[8..]);
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(
            Transaction::decode(&bytes).map(|(read, _)| read),
            Ok(sample())
        );
    }

    #[test]
    fn operations_come_back() {
        for op in [
            Op::Resize(Size::new(1, 10_000)),
            Op::ClearHistory,
            Op::Reset,
            Op::Respawn,
            Op::HistoryLimit(u32::MAX),
            Op::AlternateAllowed(true),
            Op::AlternateAllowed(false),
            Op::ForgetLinks,
            Op::Rules(Arc::new(Rules::new(["é=2"], false, 1 << 21))),
        ] {
            let op = PaneOp::Term(op);
            let mut bytes = Vec::new();
            encode_op(3, &op, &mut bytes);
            assert_eq!(decode_op(&bytes), Some((3, op)));
            assert_eq!(decode_op(&bytes[..bytes.len() - 1]), None);
        }
    }
}

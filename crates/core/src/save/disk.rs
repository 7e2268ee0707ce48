//! The files of the reboot, as bytes. Pure: who reads and writes them is the server.
//!
//! ```text
//! sections:  "outlastS" | version u32 | 0 u32 | length u64 of the body | CRC-32 of the body u32 | 0 u32 | body
//!            the body is a JSON object: section key to section, a section to a line
//! text:      "outlastT" | version u32 | 0 u32 | frame*
//! frame:     length u32 of the body | CRC-32 of the body u32 | body: kind u8, then
//!            1  number of its first row u64, rows that have scrolled off
//!            2  the rows of the screen; they replace those of an earlier frame
//! ```
//!
//! Rows are written as `capture-pane -e -J` prints them: text, SGR, links, a newline after each line. So a text is read
//! back by a terminal and needs no other decoder, and a person can read it with `less -R`. Numbers are little endian.
//! Files with another version are refused, frames of an unknown kind are passed over. The text file is appended to: what
//! follows the first frame that does not check is not used, what stands before it is good.

use std::collections::BTreeMap;

use super::codec::{Reader, crc32};

const SECTIONS: &[u8; 8] = b"outlastS";
const TEXT: &[u8; 8] = b"outlastT";
/// Version of both files.
const VERSION: u32 = 1;
const LINES: u8 = 1;
const SCREEN: u8 = 2;

/// A file of the reboot that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// It begins with something else.
    #[error("not a file of outlast")]
    Magic,
    /// Written by a version that this one does not read.
    #[error("of version {0}")]
    Version(u32),
    /// It ends too early.
    #[error("it ends too early")]
    Short,
    /// The checksum does not fit.
    #[error("damaged: the checksum does not fit")]
    Checksum,
    /// What is in it makes no sense though the checksum fits.
    #[error("damaged: {0}")]
    Damaged(String),
}

/// Sections by key, each a JSON text.
pub type Sections = BTreeMap<String, Vec<u8>>;

/// The bytes of a sections file. Each section is a JSON text.
pub fn encode_sections(sections: &Sections) -> Vec<u8> {
    let mut body = b"{".to_vec();
    for (key, text) in sections {
        let Ok(key) = serde_json::to_vec(key) else {
            continue;
        };
        body.extend(if body.len() == 1 { "\n" } else { ",\n" }.as_bytes());
        body.extend(key);
        body.extend(b":");
        body.extend(text);
    }
    body.extend(b"\n}\n");
    let mut out = SECTIONS.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend([0; 4]);
    out.extend((body.len() as u64).to_le_bytes());
    out.extend(crc32(&body).to_le_bytes());
    out.extend([0; 4]);
    out.extend(body);
    out
}

/// The sections of a file.
///
/// # Errors
/// The file is not whole or not ours.
pub fn decode_sections(bytes: &[u8]) -> Result<Sections, DiskError> {
    let mut reader = head(bytes, SECTIONS)?;
    let len = reader.u64().ok_or(DiskError::Short)?;
    let crc = reader.u32().ok_or(DiskError::Short)?;
    reader.u32().ok_or(DiskError::Short)?;
    let len = usize::try_from(len).map_err(|_| DiskError::Short)?;
    let body = reader.take(len).ok_or(DiskError::Short)?;
    if !reader.0.is_empty() {
        return Err(DiskError::Damaged("bytes behind its end".into()));
    }
    if crc32(body) != crc {
        return Err(DiskError::Checksum);
    }
    let damaged = |error: serde_json::Error| DiskError::Damaged(error.to_string());
    let values: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(damaged)?;
    values
        .into_iter()
        .map(|(key, value)| Ok((key, serde_json::to_vec(&value).map_err(damaged)?)))
        .collect()
}

/// Magic number and version.
fn head<'a>(bytes: &'a [u8], magic: &[u8; 8]) -> Result<Reader<'a>, DiskError> {
    let mut reader = Reader(bytes);
    if reader.take(8) != Some(magic) {
        return Err(DiskError::Magic);
    }
    match reader.u32() {
        Some(VERSION) => {}
        Some(version) => return Err(DiskError::Version(version)),
        None => return Err(DiskError::Short),
    }
    reader.u32().ok_or(DiskError::Short)?;
    Ok(reader)
}

/// How a text file begins.
pub fn text_head() -> Vec<u8> {
    let mut out = TEXT.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend([0; 4]);
    out
}

/// Appends a frame of rows that have scrolled off, the first of which has this number.
pub fn encode_lines(first: u64, rows: &[u8], out: &mut Vec<u8>) {
    frame(LINES, &first.to_le_bytes(), rows, out);
}

/// Appends a frame with the rows of the screen.
pub fn encode_screen(rows: &[u8], out: &mut Vec<u8>) {
    frame(SCREEN, &[], rows, out);
}

fn frame(kind: u8, more: &[u8], rows: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0; 8]);
    out.push(kind);
    out.extend(more);
    out.extend(rows);
    let len = u32::try_from(out.len() - start - 8).unwrap_or(u32::MAX);
    let crc = crc32(&out[start + 8..]);
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What a text file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The rows, those of the screen last.
    pub rows: Vec<u8>,
    /// Where the first frame stands that does not check, if there is one.
    pub torn: Option<usize>,
}

/// The rows of a text file.
///
/// # Errors
/// The file is not ours.
pub fn decode_text(bytes: &[u8]) -> Result<Text, DiskError> {
    let mut reader = head(bytes, TEXT)?;
    let mut text = Text::default();
    let mut screen: &[u8] = &[];
    while !reader.0.is_empty() {
        let at = bytes.len() - reader.0.len();
        let Some(body) = whole_frame(&mut reader) else {
            text.torn = Some(at);
            break;
        };
        match body {
            [LINES, rest @ ..] => match rest.get(8..) {
                Some(rows) => text.rows.extend(rows),
                None => text.torn = Some(at),
            },
            [SCREEN, rows @ ..] => screen = rows,
            _ => {}
        }
    }
    text.rows.extend(screen);
    Ok(text)
}

fn whole_frame<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = reader.u32()?;
    let crc = reader.u32()?;
    let body = reader.take(usize::try_from(len).ok()?)?;
    (crc32(body) == crc).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Sections {
        [("global", "{\"a\":1}"), ("pane/1", "[\"x\\ny\"]")]
            .map(|(key, text)| (key.to_string(), text.as_bytes().to_vec()))
            .into()
    }

    fn text() -> Vec<u8> {
        let mut out = text_head();
        encode_lines(7, b"one\n", &mut out);
        encode_screen(b"old screen\n", &mut out);
        encode_lines(8, b"two\n", &mut out);
        encode_screen(b"$ ", &mut out);
        out
    }

    #[test]
    fn sections_come_back() {
        assert_eq!(
            decode_sections(&encode_sections(&sections())),
            Ok(sections())
        );
        assert_eq!(
            decode_sections(&encode_sections(&Sections::new())),
            Ok(Sections::new())
        );
    }

    #[test]
    fn text_comes_back_with_the_last_screen() {
        let expected = Text {
            rows: b"one\ntwo\n$ ".to_vec(),
            torn: None,
        };
        assert_eq!(decode_text(&text()), Ok(expected));
    }

    /// Every truncation and every flipped bit of a sections file is noticed.
    #[test]
    fn no_damaged_sections_are_used() {
        let good = encode_sections(&sections());
        for len in 0..good.len() {
            assert!(decode_sections(&good[..len]).is_err(), "{len} bytes");
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let filler = (12..16).contains(&(bit / 8)) || (28..32).contains(&(bit / 8));
            assert!(decode_sections(&bad).is_err() || filler, "bit {bit}");
        }
    }

    /// Every truncation and every flipped bit of a text file leaves what stands before.
    #[test]
    fn a_torn_text_keeps_what_stands_before() {
        let good = text();
        for len in 16..good.len() {
            let found = decode_text(&good[..len]).unwrap();
            assert!(b"one\ntwo\nold screen\n".starts_with(&found.rows[..found.rows.len().min(4)]));
        }
        for bit in 16 * 8..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let found = decode_text(&bad).unwrap();
            let at = found.torn.expect("noticed");
            assert!(at <= bit / 8, "bit {bit} found at {at}");
        }
    }
}

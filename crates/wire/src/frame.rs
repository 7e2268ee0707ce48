//! Framing of the client protocol on a unix stream socket: `len: u32 LE` (of what follows), `tag: u8`, body.
//!
//! Version rule: a message never changes meaning; new needs are new tags; a receiver skips tags that it does
//! not know; fields may only be added at the end of a body and are optional there.
//!
//! A body is a row of fields: numbers little-endian, bytes and text with a `u32` length before them, lists with a
//! `u32` count before them, truth as one byte. Text that is not UTF-8 is mended with U+FFFD, never refused.

/// The longest frame that is taken, tag included: the environment and the words of one command fit (ARG_MAX is
/// 2 MiB on Linux); what is longer is not one of ours.
pub const MAX_LEN: usize = 8 * 1024 * 1024;

/// Bytes that are not a frame or not the message that their tag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The length word is 0 or above [`MAX_LEN`].
    #[error("frame of {0} bytes")]
    Length(u32),
    /// The body ends before the field that is named.
    #[error("message ends before its {0}")]
    Short(&'static str),
}

/// Appends one frame: `body` appends the fields.
pub fn put(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Writer<'_>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.push(tag);
    body(&mut Writer::new(out));
    let len = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
}

/// Appends fields to a body.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Writer<'a> {
        Writer { out }
    }
    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.out.push(value);
        self
    }
    /// Truth as 0 or 1.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }
    /// Two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.out.extend_from_slice(&value.to_le_bytes());
        self
    }
    /// Four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.out.extend_from_slice(&value.to_le_bytes());
        self
    }
    /// Eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.out.extend_from_slice(&value.to_le_bytes());
        self
    }
    /// Bytes of a length that both sides know.
    pub fn raw(&mut self, value: &[u8]) -> &mut Self {
        self.out.extend_from_slice(value);
        self
    }
    /// Bytes after their length.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.u32(value.len() as u32).raw(value)
    }
    /// Text after its length.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }
    /// A list of texts after its count.
    pub fn texts(&mut self, values: &[String]) -> &mut Self {
        self.u32(values.len() as u32);
        for value in values {
            self.text(value);
        }
        self
    }
    /// A list of pairs of texts after its count.
    pub fn pairs(&mut self, values: &[(String, String)]) -> &mut Self {
        self.u32(values.len() as u32);
        for (name, value) in values {
            self.text(name).text(value);
        }
        self
    }
}

/// Takes fields from a body. Every field is named, so that an error can say which one is missing.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `body`.
    pub fn new(body: &'a [u8]) -> Reader<'a> {
        Reader { rest: body }
    }
    /// Nothing is left: a field that was added later is absent.
    pub fn at_end(&self) -> bool {
        self.rest.is_empty()
    }
    /// `len` bytes.
    pub fn raw(&mut self, len: usize, name: &'static str) -> Result<&'a [u8], Malformed> {
        if len > self.rest.len() {
            return Err(Malformed::Short(name));
        }
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }
    /// A number of fixed size.
    fn array<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.raw(N, name)?);
        Ok(array)
    }
    /// One byte.
    pub fn u8(&mut self, name: &'static str) -> Result<u8, Malformed> {
        self.array(name).map(u8::from_le_bytes)
    }
    /// Truth.
    pub fn bool(&mut self, name: &'static str) -> Result<bool, Malformed> {
        Ok(self.u8(name)? != 0)
    }
    /// Two bytes.
    pub fn u16(&mut self, name: &'static str) -> Result<u16, Malformed> {
        self.array(name).map(u16::from_le_bytes)
    }
    /// Four bytes.
    pub fn u32(&mut self, name: &'static str) -> Result<u32, Malformed> {
        self.array(name).map(u32::from_le_bytes)
    }
    /// Eight bytes.
    pub fn u64(&mut self, name: &'static str) -> Result<u64, Malformed> {
        self.array(name).map(u64::from_le_bytes)
    }
    /// Bytes after their length.
    pub fn bytes(&mut self, name: &'static str) -> Result<&'a [u8], Malformed> {
        let len = self.u32(name)? as usize;
        self.raw(len, name)
    }
    /// Text after its length.
    pub fn text(&mut self, name: &'static str) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.bytes(name)?).into_owned())
    }
    /// A list after its count. The count is believed only as far as bytes are there, so a wild one reserves nothing.
    fn list<T>(
        &mut self,
        name: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.u32(name)?;
        let mut items = Vec::with_capacity((count as usize).min(self.rest.len() / 4));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }
    /// A list of texts.
    pub fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Malformed> {
        self.list(name, |reader| reader.text(name))
    }
    /// A list of pairs of texts.
    pub fn pairs(&mut self, name: &'static str) -> Result<Vec<(String, String)>, Malformed> {
        self.list(name, |reader| Ok((reader.text(name)?, reader.text(name)?)))
    }
}

/// Cuts a stream into frames: bytes in as they come, whole frames out. Holds at most one unfinished frame and what
/// was read together with it.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    taken: usize,
}

impl Splitter {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }
    /// Length of the next frame's tag and body, once its length word is here.
    fn next_len(&self) -> Result<Option<usize>, Malformed> {
        let rest = &self.buffer[self.taken..];
        let Some(head) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(*head);
        if len == 0 || len as usize > MAX_LEN {
            return Err(Malformed::Length(len));
        }
        Ok((rest.len() >= 4 + len as usize).then_some(len as usize))
    }
    /// Tag of the next whole frame, which stays.
    pub fn peek_tag(&self) -> Result<Option<u8>, Malformed> {
        Ok(self.next_len()?.map(|_| self.buffer[self.taken + 4]))
    }
    /// The next whole frame: tag and body. An error is for ever: the stream has lost its way.
    pub fn take(&mut self) -> Result<Option<(u8, &[u8])>, Malformed> {
        let Some(len) = self.next_len()? else {
            return Ok(None);
        };
        let start = self.taken + 4;
        self.taken = start + len;
        Ok(Some((
            self.buffer[start],
            &self.buffer[start + 1..start + len],
        )))
    }
    /// What is held and not taken.
    pub fn pending(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }
    /// Bytes held.
    pub fn len(&self) -> usize {
        self.buffer.len() - self.taken
    }
    /// Nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_may_be_cut_anywhere() {
        let mut stream = Vec::new();
        put(&mut stream, 7, |w| {
            w.u16(0x1234)
                .text("größe")
                .texts(&["a".into(), String::new()]);
        });
        put(&mut stream, 8, |_| {});
        for cut in 0..=stream.len() {
            let mut splitter = Splitter::default();
            let mut frames = Vec::new();
            for part in [&stream[..cut], &stream[cut..]] {
                splitter.push(part);
                while let Some((tag, body)) = splitter.take().unwrap() {
                    frames.push((tag, body.to_vec()));
                }
            }
            assert_eq!(
                frames.iter().map(|f| f.0).collect::<Vec<_>>(),
                [7, 8],
                "cut at {cut}"
            );
            let mut reader = Reader::new(&frames[0].1);
            assert_eq!(reader.u16("n"), Ok(0x1234));
            assert_eq!(reader.text("t").as_deref(), Ok("größe"));
            assert_eq!(reader.texts("l"), Ok(vec!["a".into(), String::new()]));
            assert!(reader.at_end() && splitter.is_empty());
        }
    }

    #[test]
    fn wild_lengths_are_refused_without_reserving() {
        for len in [0u32, MAX_LEN as u32 + 1, u32::MAX] {
            let mut splitter = Splitter::default();
            splitter.push(&len.to_le_bytes());
            assert_eq!(splitter.take(), Err(Malformed::Length(len)));
        }
        assert_eq!(
            Reader::new(&[0xff; 8]).texts("list"),
            Err(Malformed::Short("list"))
        );
        assert_eq!(
            Reader::new(&[0xff; 5]).bytes("bytes"),
            Err(Malformed::Short("bytes"))
        );
    }
}

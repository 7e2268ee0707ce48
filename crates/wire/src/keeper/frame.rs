//! A frame's bytes, written and read.

use super::{FRAME_MAX, Kind, Malformed, Status};

pub(super) struct Writer<'a> {
    frame: &'a mut [u8; FRAME_MAX],
    len: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(frame: &'a mut [u8; FRAME_MAX], tag: u16) -> Writer<'a> {
        frame[..2].copy_from_slice(&tag.to_le_bytes());
        Writer { frame, len: 4 }
    }
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) -> &mut Self {
        self.frame[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
        self
    }
    pub(super) fn status(&mut self, status: Status) -> &mut Self {
        self.put(status.bytes())
    }
    pub(super) fn finish(&mut self) -> usize {
        let body = (self.len - 4) as u16;
        self.frame[2..4].copy_from_slice(&body.to_le_bytes());
        self.len
    }
}

pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }
    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.take::<1>()?[0])
    }
    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.take()?))
    }
    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.take()?))
    }
    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_le_bytes(self.take()?))
    }
    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }
    pub(super) fn kind(&mut self) -> Result<Kind, Malformed> {
        Kind::from_u8(self.u8()?).ok_or(Malformed)
    }
    pub(super) fn status(&mut self) -> Result<Status, Malformed> {
        match self.take::<2>()? {
            [0, _] => Ok(Status::Running),
            [1, code] => Ok(Status::Code(code)),
            [2, signal] => Ok(Status::Signal(signal)),
            [3, _] => Ok(Status::Unknown),
            _ => Err(Malformed),
        }
    }
    /// Takes a frame's head apart: tag and a reader of exactly the body.
    pub(super) fn open(frame: &[u8]) -> Result<(u16, Reader<'_>), Malformed> {
        let mut head = Reader(frame);
        let tag = head.u16()?;
        let len = usize::from(head.u16()?);
        Ok((tag, Reader(head.0.get(..len).ok_or(Malformed)?)))
    }
}

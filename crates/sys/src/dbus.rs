//! A client of D-Bus for a call or two, by the D-Bus specification, "Message Protocol": connect, EXTERNAL with the user's id,
//! descriptors agreed, Hello, calls. A crate for it would bring thirty more.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use crate::fd_pass;

/// The bus and who is called may take so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer that we ask for is longer.
const MOST: usize = 64 * 1024;

/// A connection to a bus.
#[derive(Debug)]
pub struct Bus {
    socket: UnixStream,
    serial: u32,
}

/// What a message is, as far as we look.
#[derive(Debug)]
pub struct Message {
    kind: u8,
    reply_to: u32,
    error: String,
    body: Vec<u8>,
    /// The descriptor that came with it.
    pub fd: Option<OwnedFd>,
}

/// The arguments of a call.
#[derive(Debug, Default)]
pub struct Body {
    signature: String,
    bytes: Vec<u8>,
}

impl Body {
    /// Strings.
    pub fn strings(words: &[&str]) -> Body {
        let mut body = Body::default();
        for word in words {
            body.string(word);
        }
        body
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.signature.push('s');
        string(&mut self.bytes, text);
    }

    /// An unsigned number of 32 bits.
    pub fn u32(&mut self, number: u32) {
        self.signature.push('u');
        pad(&mut self.bytes, 4);
        self.bytes.extend(number.to_le_bytes());
    }

    /// A number of 32 bits.
    pub fn i32(&mut self, number: i32) {
        self.signature.push('i');
        pad(&mut self.bytes, 4);
        self.bytes.extend(number.to_le_bytes());
    }

    /// An array of strings that is empty.
    pub fn no_strings(&mut self) {
        self.signature.push_str("as");
        pad(&mut self.bytes, 4);
        self.bytes.extend(0_u32.to_le_bytes());
    }

    /// A dictionary from names to numbers of 8 bits.
    pub fn bytes_by_name(&mut self, pairs: &[(&str, u8)]) {
        self.signature.push_str("a{sv}");
        pad(&mut self.bytes, 4);
        let len_at = self.bytes.len();
        self.bytes.extend([0; 4]);
        pad(&mut self.bytes, 8);
        let start = self.bytes.len();
        for (name, value) in pairs {
            pad(&mut self.bytes, 8);
            string(&mut self.bytes, name);
            self.bytes.extend([1, b'y', 0, *value]);
        }
        let len = (self.bytes.len() - start) as u32;
        self.bytes[len_at..len_at + 4].copy_from_slice(&len.to_le_bytes());
    }
}

const CALL: u8 = 1;
const RETURN: u8 = 2;
const ERROR: u8 = 3;

impl Bus {
    /// Connects to the bus of this address.
    ///
    /// # Errors
    /// `NotFound`: there is none; else what it said.
    pub fn connect(address: &str) -> io::Result<Bus> {
        let mut socket = dial(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let uid = crate::user::own_uid().to_string();
        let hex: String = uid.bytes().map(|byte| format!("{byte:02x}")).collect();
        socket.write_all(format!("\0AUTH EXTERNAL {hex}\r\n").as_bytes())?;
        expect(&mut socket, "OK")?;
        socket.write_all(b"NEGOTIATE_UNIX_FD\r\n")?;
        expect(&mut socket, "AGREE_UNIX_FD")?;
        socket.write_all(b"BEGIN\r\n")?;
        let mut bus = Bus { socket, serial: 0 };
        let name = "org.freedesktop.DBus";
        match bus.call(
            name,
            "/org/freedesktop/DBus",
            name,
            "Hello",
            &Body::default(),
        )? {
            Message { kind: RETURN, .. } => Ok(bus),
            answer => Err(io::Error::other(answer.text())),
        }
    }

    /// Calls a method and waits for the answer, which may be an error.
    ///
    /// # Errors
    /// The bus is gone, or talks nonsense.
    pub fn call(
        &mut self,
        destination: &str,
        path: &str,
        interface: &str,
        member: &str,
        body: &Body,
    ) -> io::Result<Message> {
        self.serial += 1;
        let mut fields = Vec::new();
        for (code, kind, value) in [
            (1, b'o', path),
            (2, b's', interface),
            (3, b's', member),
            (6, b's', destination),
        ] {
            pad(&mut fields, 8);
            fields.extend([code, 1, kind, 0]);
            string(&mut fields, value);
        }
        if !body.signature.is_empty() {
            pad(&mut fields, 8);
            fields.extend([8, 1, b'g', 0, body.signature.len() as u8]);
            fields.extend(body.signature.bytes());
            fields.push(0);
        }
        let mut message = vec![b'l', CALL, 0, 1];
        message.extend((body.bytes.len() as u32).to_le_bytes());
        message.extend(self.serial.to_le_bytes());
        message.extend((fields.len() as u32).to_le_bytes());
        message.extend(fields);
        pad(&mut message, 8);
        message.extend(&body.bytes);
        self.socket.write_all(&message)?;
        loop {
            let answer = self.read()?;
            // Signals come between.
            if matches!(answer.kind, RETURN | ERROR) && answer.reply_to == self.serial {
                return Ok(answer);
            }
        }
    }

    fn read(&mut self) -> io::Result<Message> {
        let mut bytes = Vec::new();
        let mut fd = None;
        let mut need = 16;
        while bytes.len() < need {
            let mut buffer = vec![0; need - bytes.len()];
            // Never more than this message: the next one's descriptors are its own.
            let mut received = fd_pass::receive(self.socket.as_fd(), &mut buffer, false)?;
            if received.len == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.extend(&buffer[..received.len]);
            fd = fd.or(received.fds.next_fd());
            if bytes.len() >= 16 {
                need = len(&bytes)?;
            }
        }
        let mut message = Message {
            kind: bytes[1],
            reply_to: 0,
            error: String::new(),
            body: Vec::new(),
            fd,
        };
        let fields_end = 16 + number(&bytes, 12)? as usize;
        let mut at = 16;
        while at < fields_end {
            at = at.next_multiple_of(8);
            let (code, kind) = (byte(&bytes, at)?, byte(&bytes, at + 2)?);
            at += 4;
            match kind {
                b'u' => {
                    if code == 5 {
                        message.reply_to = number(&bytes, at)?;
                    }
                    at += 4;
                }
                b's' | b'o' => {
                    let (text, end) = text(&bytes, at)?;
                    if code == 4 {
                        message.error = text;
                    }
                    at = end;
                }
                b'g' => at += usize::from(byte(&bytes, at)?) + 2,
                // The header has no other kinds.
                _ => return Err(wrong()),
            }
        }
        message.body = bytes.split_off(fields_end.next_multiple_of(8).min(bytes.len()));
        Ok(message)
    }
}

impl Message {
    /// It says that the call has failed.
    pub fn is_error(&self) -> bool {
        self.kind == ERROR
    }

    /// The number that its body begins with.
    pub fn number(&self) -> Option<u32> {
        number(&self.body, 0).ok()
    }

    /// What an error says.
    pub fn text(&self) -> String {
        let said = text(&self.body, 0)
            .map(|(text, _)| text)
            .unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
        match (said.is_empty(), self.error.is_empty()) {
            (false, _) => said,
            (true, false) => self.error.clone(),
            _ => "an answer that makes no sense".into(),
        }
    }
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the bus does not speak D-Bus")
}

/// Connects to the first address that is a unix socket's.
fn dial(address: &str) -> io::Result<UnixStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for one in address.split(';') {
        let Some(pairs) = one.strip_prefix("unix:") else {
            continue;
        };
        for pair in pairs.split(',') {
            let to = match pair.split_once('=') {
                Some(("path", path)) => SocketAddr::from_pathname(path),
                Some(("abstract", name)) => SocketAddr::from_abstract_name(name),
                _ => continue,
            };
            match to.and_then(|to| UnixStream::connect_addr(&to)) {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

/// A line of the greeting that begins so.
fn expect(socket: &mut UnixStream, word: &str) -> io::Result<()> {
    let mut line = Vec::new();
    // What follows is messages: not a byte more may be taken.
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        if socket.read(&mut byte)? == 0 || line.len() > 1000 {
            return Err(wrong());
        }
        line.extend(byte);
    }
    match line.starts_with(word.as_bytes()) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            String::from_utf8_lossy(&line).trim().to_string(),
        )),
    }
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

fn string(bytes: &mut Vec<u8>, text: &str) {
    pad(bytes, 4);
    // A NUL would end it for the other side only.
    let text = text.replace('\0', "");
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.push(0);
}

fn byte(bytes: &[u8], at: usize) -> io::Result<u8> {
    bytes.get(at).copied().ok_or_else(wrong)
}

fn number(bytes: &[u8], at: usize) -> io::Result<u32> {
    let end = at.checked_add(4).ok_or_else(wrong)?;
    let four = bytes
        .get(at..end)
        .and_then(|four| four.try_into().ok())
        .ok_or_else(wrong)?;
    Ok(u32::from_le_bytes(four))
}

/// A string, and where it ends.
fn text(bytes: &[u8], at: usize) -> io::Result<(String, usize)> {
    let len = number(bytes, at)? as usize;
    let end = (at + 4).checked_add(len).ok_or_else(wrong)?;
    let text = bytes.get(at + 4..end).ok_or_else(wrong)?;
    Ok((String::from_utf8_lossy(text).into_owned(), end + 1))
}

/// How long a message is, by its first sixteen bytes.
fn len(bytes: &[u8]) -> io::Result<usize> {
    // Who answers on this machine has its byte order.
    if bytes[0] != b'l' {
        return Err(wrong());
    }
    let (body, fields) = (number(bytes, 4)? as usize, number(bytes, 12)? as usize);
    if body > MOST || fields > MOST {
        return Err(wrong());
    }
    Ok(16 + fields.next_multiple_of(8) + body)
}

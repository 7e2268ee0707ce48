//! Holding off sleep: logind's `Inhibit` (org.freedesktop.login1), which gives a descriptor; sleep is held off for as long as
//! it is open, so the end of this process lets go of it, too.
//!
//! A client of D-Bus for one call, by the D-Bus specification, "Message Protocol": connect, EXTERNAL with the user's id,
//! descriptors agreed, Hello, Inhibit. A crate for it would bring thirty more.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use crate::fd_pass;

/// Where the system's bus listens unless DBUS_SYSTEM_BUS_ADDRESS says otherwise.
const USUAL: &str = "unix:path=/run/dbus/system_bus_socket";
/// The bus and logind may take so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer that we ask for is longer.
const MOST: usize = 64 * 1024;

/// Sleep that is held off.
#[derive(Debug)]
pub struct Held {
    /// Open as long as it is.
    _fd: OwnedFd,
    /// What is held off: "sleep:idle", or what of it was allowed.
    pub what: &'static str,
    /// Why not all of it.
    pub refused: Option<String>,
}

/// Holds off sleep and idleness; where only idleness is allowed, that.
///
/// # Errors
/// `NotFound`: there is no bus; else what the bus or logind said, as text.
pub fn hold(who: &str, why: &str) -> io::Result<Held> {
    let address = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_else(|_| USUAL.into());
    hold_at(&address, who, why)
}

/// The same on the bus of this address.
///
/// # Errors
/// As [`hold`].
pub fn hold_at(address: &str, who: &str, why: &str) -> io::Result<Held> {
    let mut bus = Bus::connect(address)?;
    let mut refused = None;
    for what in ["sleep:idle", "idle"] {
        match bus.inhibit([what, who, why, "block"])? {
            Ok(fd) => {
                return Ok(Held {
                    _fd: fd,
                    what,
                    refused,
                });
            }
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(io::Error::other(refused.unwrap_or_default()))
}

struct Bus {
    socket: UnixStream,
    serial: u32,
}

/// What a message is, as far as we look.
struct Message {
    kind: u8,
    reply_to: u32,
    error: String,
    body: Vec<u8>,
    fd: Option<OwnedFd>,
}

const CALL: u8 = 1;
const RETURN: u8 = 2;
const ERROR: u8 = 3;

impl Bus {
    fn connect(address: &str) -> io::Result<Bus> {
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
        match bus.call(name, "/org/freedesktop/DBus", name, "Hello", &[])? {
            Message { kind: RETURN, .. } => Ok(bus),
            answer => Err(io::Error::other(answer.text())),
        }
    }

    /// Ok(Err): it was refused, why.
    fn inhibit(&mut self, words: [&str; 4]) -> io::Result<Result<OwnedFd, String>> {
        let answer = self.call(
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "org.freedesktop.login1.Manager",
            "Inhibit",
            &words,
        )?;
        match answer {
            Message {
                kind: RETURN,
                fd: Some(fd),
                ..
            } => Ok(Ok(fd)),
            answer => Ok(Err(answer.text())),
        }
    }

    /// Calls a method with strings and waits for the answer.
    fn call(
        &mut self,
        destination: &str,
        path: &str,
        interface: &str,
        member: &str,
        words: &[&str],
    ) -> io::Result<Message> {
        self.serial += 1;
        let mut body = Vec::new();
        for word in words {
            string(&mut body, word);
        }
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
        if !words.is_empty() {
            pad(&mut fields, 8);
            fields.extend([8, 1, b'g', 0, words.len() as u8]);
            fields.extend(std::iter::repeat_n(b's', words.len()));
            fields.push(0);
        }
        let mut message = vec![b'l', CALL, 0, 1];
        message.extend((body.len() as u32).to_le_bytes());
        message.extend(self.serial.to_le_bytes());
        message.extend((fields.len() as u32).to_le_bytes());
        message.extend(fields);
        pad(&mut message, 8);
        message.extend(body);
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
    /// What an error says.
    fn text(&self) -> String {
        let said = text(&self.body, 0)
            .map(|(text, _)| text)
            .unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
        match (said.is_empty(), self.error.is_empty()) {
            (false, _) => said,
            (true, false) => self.error.clone(),
            _ => "an answer without a descriptor".into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A bus that says this and nothing else, and what it was sent.
    fn said(answer: &'static [u8]) -> (io::Result<Held>, Vec<u8>) {
        let name = format!("outlast-inhibit-{}-{}", std::process::id(), answer.len());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
        let bus = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.write_all(answer).unwrap();
            socket.shutdown(std::net::Shutdown::Write).unwrap();
            let mut heard = Vec::new();
            let _ = socket.read_to_end(&mut heard);
            heard
        });
        let held = hold_at(&format!("tcp:x;unix:abstract={name}"), "me", "why");
        (held, bus.join().unwrap())
    }

    #[test]
    fn a_bus_that_talks_nonsense_is_an_error() {
        let (held, heard) = said(b"REJECTED EXTERNAL\r\n");
        assert_eq!(held.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(heard.starts_with(b"\0AUTH EXTERNAL 3"));
        for answer in [
            &b"OK 1\r\nAGREE_UNIX_FD\r\n"[..],
            b"OK 1\r\nAGREE_UNIX_FD\r\nB\x02\0\x01\0\0\0\0\0\0\0\0\0\0\0\0",
            b"OK 1\r\nAGREE_UNIX_FD\r\nl\x02\0\x01\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff....",
            b"OK 1\r\nAGREE_UNIX_FD\r\nl\x02\0\x01\0\0\0\0\x01\0\0\0\x08\0\0\0\x05\x01z\0\x01\0\0\0",
        ] {
            assert!(said(answer).0.is_err(), "{answer:?}");
        }
    }

    #[test]
    fn where_there_is_no_bus_is_not_found() {
        let held = hold_at("unix:path=/outlast-none/bus", "me", "why");
        assert_eq!(held.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(hold_at("nonsense", "me", "why").is_err());
    }
}

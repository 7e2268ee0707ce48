//! Holding off sleep: logind's `Inhibit` (org.freedesktop.login1), which gives a descriptor; sleep is held off for as long as
//! it is open, so the end of this process lets go of it, too.
//!
//! One call of one method ([`crate::dbus`]).

use std::io;
use std::os::fd::OwnedFd;

use crate::dbus::{Body, Bus, Message};

/// Where the system's bus listens unless DBUS_SYSTEM_BUS_ADDRESS says otherwise.
const USUAL: &str = "unix:path=/run/dbus/system_bus_socket";

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
        match inhibit(&mut bus, [what, who, why, "block"])? {
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

/// Ok(Err): it was refused, why.
fn inhibit(bus: &mut Bus, words: [&str; 4]) -> io::Result<Result<OwnedFd, String>> {
    let answer = bus.call(
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        "Inhibit",
        &Body::strings(&words),
    )?;
    match answer {
        answer if answer.is_error() => Ok(Err(answer.text())),
        Message { fd: Some(fd), .. } => Ok(Ok(fd)),
        _ => Ok(Err("an answer without a descriptor".into())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

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

//! The clients' socket deleted and talked nonsense to; nonsense for the keeper.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, Signal, pidfd_getfd, pidfd_open};

use super::super::hand::Hand;
use crate::world::patience;
use crate::{Result, Rng, at, lock, proc};

/// The socket, or its directory; with or without the server's death in the same moment. It is made anew.
pub fn delete(hand: &mut Hand<'_>, what: &'static str) -> Result<()> {
    // A command that came in the very moment would find nobody and say so.
    let door = lock(&hand.course.door);
    let socket = hand.world.socket();
    let path = Path::new(&socket);
    match path.parent().filter(|_| what == "directory") {
        Some(directory) => at(std::fs::remove_dir_all(directory), "directory")?,
        None => at(std::fs::remove_file(path), "socket")?,
    }
    if what == "file and server" {
        proc::signal(hand.server, Signal::KILL)?;
        proc::wait_exit(hand.server, patience())?;
    }
    hand.until("the socket is made anew", || path.exists().then_some(()))?;
    // Whoever finds it finds somebody who listens.
    at(UnixStream::connect(path), "the new socket")?;
    drop(door);
    match what {
        "file and server" => hand.next_server(hand.server).map(drop),
        _ => Ok(()),
    }
}

/// Anything: frames that are honest about their length and others, cut off anywhere.
fn nonsense(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..1 + rng.below(5) {
        let len = rng.below(600) as usize;
        let head = match rng.below(4) {
            0 => len as u32,
            1 => u32::MAX,
            2 => rng.next() as u32,
            _ => 0,
        };
        bytes.extend(head.to_le_bytes());
        bytes.push(rng.below(20) as u8);
        bytes.extend((0..len).map(|_| rng.next() as u8));
    }
    bytes.truncate(rng.below(bytes.len() as u64 + 1) as usize);
    bytes
}

/// Callers who say anything at all, some of whom stay.
pub fn garbage(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let mut callers = Vec::new();
    for _ in 0..10 + hand.rng.below(40) {
        let mut stream = at(UnixStream::connect(hand.world.socket()), "connect")?;
        // The server may close at the first bad byte.
        let _ = stream.write_all(&nonsense(&mut hand.rng));
        callers.push(stream);
    }
    Ok(())
}

/// Into the server's connection with its keeper, of which a copy is taken where that is allowed: tags that nobody
/// knows, and known ones without their bodies. (A frame that is right would be no garbage: the keeper does what it says.)
pub fn garbage_for_keeper(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let Some(socket) = connection(hand.server) else {
        hand.note("(not allowed here)");
        return Ok(());
    };
    for _ in 0..1 + hand.rng.below(20) {
        let (tag, claimed) = match hand.rng.below(3) {
            0 => (hand.rng.below(0x60) as u16, 1000),
            1 => (
                0x7000 + hand.rng.below(0x1000) as u16,
                hand.rng.below(60) as u16,
            ),
            _ => (hand.rng.next() as u16 | 0x4000, hand.rng.next() as u16),
        };
        let mut frame = [tag.to_le_bytes(), claimed.to_le_bytes()].concat();
        frame.extend((0..hand.rng.below(60)).map(|_| hand.rng.next() as u8));
        let sent = rustix::io::write(&socket, &frame);
        if sent.is_err() {
            break;
        }
    }
    Ok(())
}

/// A copy of the server's end, by the number on its command line.
fn connection(server: u32) -> Option<OwnedFd> {
    let line = proc::command_line(server);
    let number = line.split(" --keeper-fd ").nth(1)?.split(' ').next()?;
    let pid = Pid::from_raw(i32::try_from(server).ok()?)?;
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let socket = pidfd_getfd(&process, number.parse().ok()?, PidfdGetfdFlags::empty()).ok()?;
    (socket.as_raw_fd() >= 0).then_some(socket)
}

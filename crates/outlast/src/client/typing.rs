//! Who reads our terminal: the server, where it can, by way of two pipes that are ours too; else we do. Nobody does until
//! that is settled, anew on each connection.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use outlast_sys::{fd_pass, intake};
use outlast_wire::client::ToServer;

use super::Client;

/// What is settled.
#[derive(Default)]
pub struct Typing {
    /// Kept for as long as we live: what a server has not come to is in there.
    pipes: Option<[OwnedFd; 2]>,
    /// The server knows of pipes.
    known: bool,
    /// We read.
    ours: bool,
}

impl Typing {
    /// There is a new connection.
    pub fn parted(self) -> Typing {
        Typing {
            pipes: self.pipes,
            ..Typing::default()
        }
    }

    /// A server has said what it knows.
    pub fn welcome(&mut self, pipes: bool) {
        self.known = pipes;
    }

    /// The server has said who reads.
    pub fn read_by(&mut self, server: bool) {
        self.ours = !server;
    }

    /// Whether we are to read.
    pub fn is_ours(&self) -> bool {
        self.ours
    }
}

impl Client {
    /// Hands the pipes to a server that knows what to do with them, if it has our terminal.
    pub(super) fn offer_pipes(&mut self) {
        if self.terminal.is_none() || self.leaving.is_some() {
            return;
        }
        if !self.typing.known {
            return self.typing.read_by(false);
        }
        if self.typing.pipes.is_none() {
            self.typing.pipes = intake::pipes().ok();
        }
        let sent = match (&self.typing.pipes, &self.socket) {
            (Some(pipes), Some(socket)) => {
                let fds = pipes.each_ref().map(AsFd::as_fd);
                let mut frame = Vec::new();
                ToServer::Pipes.encode(&mut frame);
                send_all(socket, &mut self.out, &[])
                    .and_then(|()| send_all(socket, &mut frame, &fds))
            }
            // Without descriptors, or without /proc.
            (None, _) => return self.typing.read_by(false),
            (_, None) => Ok(()),
        };
        // A server that has died meanwhile is noticed when we listen.
        drop(sent);
    }
}

fn send_all(
    socket: &OwnedFd,
    bytes: &mut Vec<u8>,
    fds: &[std::os::fd::BorrowedFd<'_>],
) -> io::Result<()> {
    let mut fds = fds;
    while !bytes.is_empty() {
        match fd_pass::send(socket.as_fd(), bytes, fds, false) {
            Ok(n) => {
                bytes.drain(..n);
                fds = &[];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

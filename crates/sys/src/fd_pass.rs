//! Bytes with descriptors beside them (`SCM_RIGHTS`) over unix sockets, without an allocation.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// Most descriptors that one message brings. More are closed, and [`Received::truncated`] says so.
pub const FDS_MAX: usize = 8;

/// Descriptors that came with a message, in their order.
#[derive(Debug, Default)]
pub struct Fds([Option<OwnedFd>; FDS_MAX]);

impl Fds {
    /// Takes the next one.
    pub fn next_fd(&mut self) -> Option<OwnedFd> {
        self.0.iter_mut().find_map(Option::take)
    }
    /// Copies of those that are left.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn copies(&self) -> io::Result<Vec<OwnedFd>> {
        self.0.iter().flatten().map(OwnedFd::try_clone).collect()
    }
    /// How many are left.
    pub fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }
    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What was received.
#[derive(Debug)]
pub struct Received {
    /// Bytes; 0 is the end of the connection.
    pub len: usize,
    /// Descriptors, close-on-exec.
    pub fds: Fds,
    /// The message was longer than the buffer, or had more descriptors than [`FDS_MAX`]; the rest is gone.
    pub truncated: bool,
}

/// Sends bytes and descriptors. Does not raise SIGPIPE. On a stream socket fewer bytes may be taken than given; the
/// descriptors are then gone with the first of them. `nonblocking` asks for EAGAIN rather than waiting.
///
/// # Errors
/// EAGAIN, EPIPE, ECONNRESET; ETOOMANYREFS when too many descriptors are under way.
///
/// # Panics
/// More descriptors than [`FDS_MAX`].
pub fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
    nonblocking: bool,
) -> io::Result<usize> {
    assert!(fds.len() <= FDS_MAX);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(fds));
    }
    let mut flags = SendFlags::NOSIGNAL;
    flags.set(SendFlags::DONTWAIT, nonblocking);
    Ok(rustix::net::sendmsg(
        socket,
        &[IoSlice::new(bytes)],
        &mut control,
        flags,
    )?)
}

/// Receives one message (or, on a stream, what is there) with its descriptors.
///
/// # Errors
/// EAGAIN, ECONNRESET.
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    nonblocking: bool,
) -> io::Result<Received> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut flags = RecvFlags::CMSG_CLOEXEC;
    flags.set(RecvFlags::DONTWAIT, nonblocking);
    let message =
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    let mut fds = Fds::default();
    let mut spaces = fds.0.iter_mut();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            for fd in rights {
                if let Some(space) = spaces.next() {
                    *space = Some(fd);
                }
            }
        }
    }
    let truncated = message
        .flags
        .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC);
    Ok(Received {
        len: message.bytes,
        fds,
        truncated,
    })
}

/// A connected pair of packet sockets: each send is one receive.
///
/// # Errors
/// No descriptor is left.
pub fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    crate::seam::pass("socketpair")?;
    Ok(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// A connected pair of stream sockets.
///
/// # Errors
/// No descriptor is left.
pub fn stream_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

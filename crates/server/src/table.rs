//! What the keeper tells a new server, before anything else happens.

use std::io;
use std::os::fd::OwnedFd;

use outlast_sys::bell::ServerBells;
use outlast_sys::fd_pass::Fds;
use outlast_sys::mem::MemFile;
use outlast_wire::keeper::{self as wire, ToServer};

use crate::keeper::Link;

/// What the keeper tells a new server.
pub(crate) struct Table {
    pub(crate) hello: wire::Hello,
    pub(crate) bells: ServerBells,
    pub(crate) listener: OwnedFd,
    pub(crate) panes: Vec<(wire::Pane, Fds)>,
    pub(crate) deposits: Vec<(u32, u16, MemFile)>,
    pub(crate) former: Option<Former>,
}

/// A keeper that did not end in order, whose traces ours found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Former {
    /// Panes that it had.
    pub(crate) panes: u32,
    /// The machine has not been started since: keeper and server were killed.
    pub(crate) same_boot: bool,
    /// When it last had another number of panes, seconds since 1970.
    #[expect(dead_code, reason = "for what is brought back from disk")]
    pub(crate) seen_unix: i64,
}

impl Former {
    /// What a person is to know of it; `None`: nothing was lost.
    pub(crate) fn text(&self) -> Option<String> {
        let why = match self.same_boot {
            true => "the former server and its keeper were both killed",
            false => "the machine was started anew",
        };
        let panes = match self.panes {
            0 => return None,
            1 => "1 pane and what ran in it is lost".to_string(),
            panes => format!("{panes} panes and what ran in them are lost"),
        };
        Some(format!("{why}: {panes}"))
    }
}

impl Table {
    pub(crate) fn receive(link: &Link) -> io::Result<Table> {
        let missing = || io::Error::from(io::ErrorKind::InvalidData);
        let (mut bells, mut listener, mut greeting) = (None, None, wire::Hello::default());
        let (mut panes, mut deposits) = (Vec::new(), Vec::new());
        let mut former = None;
        loop {
            let Some((message, mut fds)) = link.receive(false)? else {
                continue;
            };
            match message {
                ToServer::Hello(hello) => greeting = hello,
                ToServer::Bell => {
                    let mut next = || fds.next_fd().ok_or_else(missing);
                    bells = Some(ServerBells::map(next()?, next()?, next()?)?);
                }
                ToServer::Listener => listener = fds.next_fd(),
                ToServer::Pane(pane) => panes.push((pane, fds)),
                ToServer::Deposited { pane, tag } => {
                    if let Some(fd) = fds.next_fd() {
                        deposits.push((pane, tag, MemFile::from_fd(fd)));
                    }
                }
                ToServer::Former {
                    panes,
                    same_boot,
                    seen_unix,
                } => {
                    former = Some(Former {
                        panes,
                        same_boot,
                        seen_unix,
                    });
                }
                ToServer::End => break,
                _ => {}
            }
        }
        let (bells, listener) = (bells.ok_or_else(missing)?, listener.ok_or_else(missing)?);
        Ok(Table {
            hello: greeting,
            bells,
            listener,
            panes,
            deposits,
            former,
        })
    }

    /// Takes one of our own deposits out.
    pub(crate) fn own(&mut self, tag: u16) -> Option<MemFile> {
        let at = self
            .deposits
            .iter()
            .position(|(pane, found, _)| *pane == 0 && *found == tag)?;
        Some(self.deposits.swap_remove(at).2)
    }
}

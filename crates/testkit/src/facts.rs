//! What a server says of itself when it is asked: who it is and who its keeper is. In /proc several look like a keeper
//! now and then (a program between fork and exec has its name, a keeper that became another binary has none yet).

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use outlast_wire::client::{ToClient, ToServer};
use outlast_wire::frame::Splitter;

use crate::world::patience;
use crate::{Result, World, at, proc};

/// A name among the facts whose value is a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server that answers.
    Server,
    /// Its keeper, which has told it that it has taken over.
    Keeper,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Who::Server => "pid",
            Who::Keeper => "keeper",
        }
    }
}

impl World {
    /// Asks the server what it is. A server that dies meanwhile gives an error: ask again.
    pub fn facts(&self) -> Result<BTreeMap<String, String>> {
        let mut stream = at(UnixStream::connect(self.socket()), "connect")?;
        at(stream.set_read_timeout(Some(patience())), "timeout")?;
        let mut ask = Vec::new();
        ToServer::Ask.encode(&mut ask);
        at(stream.write_all(&ask), "ask")?;
        let (mut frames, mut bytes) = (Splitter::default(), [0; 4096]);
        loop {
            while let Some((tag, body)) = at(frames.take(), "answer")? {
                if let Some(ToClient::Facts { facts }) = at(ToClient::decode(tag, body), "answer")?
                {
                    return Ok(facts.into_iter().collect());
                }
            }
            match stream.read(&mut bytes) {
                Ok(0) => return Err("the server went away without an answer".into()),
                Ok(len) => frames.push(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("no answer: {error}")),
            }
        }
    }

    /// Asks until the server names one that lives and is another than `old` (0: whichever).
    pub fn wait_for(&self, who: Who, old: u32) -> Result<u32> {
        let end = Instant::now() + patience();
        loop {
            let said = self.facts().map(|facts| facts.get(who.name()).cloned());
            let pid = match &said {
                Ok(Some(text)) => text.parse().ok(),
                _ => None,
            };
            if let Some(pid) = pid.filter(|pid| *pid != old && proc::is_alive(*pid)) {
                return Ok(pid);
            }
            if Instant::now() > end {
                return Err(format!("no {who:?} after {old}; last answer: {said:?}"));
            }
            // Nobody tells us when a server has a new keeper.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

//! The keeper's death: another is started, of the server's own binary, from what the server holds. Nobody sees it: the
//! panes' output waits in their terminals for some milliseconds.
//!
//! | what | then |
//! |---|---|
//! | the connection ends | a new keeper, at once |
//! | it ends again within a second | a new keeper, later each time, up to two seconds |
//! | a keeper that was asked to become another binary does not answer | it is killed |
//! | the keeper was of a version that gave us nothing to hold | the server ends; panes are lost |

use std::io;

use outlast_core::event::Now;
use outlast_sys::poll::Interest;

use crate::server::{KEEPER, Server};

/// A keeper that lived for so long did not die of its start.
const SETTLED_MS: u64 = 1000;
const DELAY_MS: u64 = 100;
const DELAY_MAX_MS: u64 = 2000;

/// Where the server stands with keepers that die.
#[derive(Debug, Default)]
pub(crate) struct Takeover {
    /// There is no keeper; when to try.
    at_ms: Option<u64>,
    last_ms: u64,
    /// Deaths in a row within [`SETTLED_MS`].
    quick: u64,
    /// Keepers that took over, ever.
    pub(crate) count: u32,
}

impl Takeover {
    /// The keeper died: when to start another.
    fn died(&mut self, now: u64) -> u64 {
        let settled = self.count == 0 || now >= self.last_ms + SETTLED_MS;
        self.quick = if settled { 0 } else { self.quick + 1 };
        let delay = match self.quick {
            // Somebody may well kill two.
            0..=2 => 0,
            quick => (quick * DELAY_MS).min(DELAY_MAX_MS),
        };
        self.at_ms = Some(now + delay);
        now + delay
    }
}

impl Server {
    /// The keeper's connection has ended, and nobody asked for that.
    pub(crate) fn keeper_died(&mut self, now: Now) -> io::Result<()> {
        // An ended connection would be readable for ever.
        let _ = self.poll.remove(&*self.link);
        self.takeover.died(now.ms);
        self.tend_keeper(now)
    }

    /// What is due about the keeper.
    ///
    /// # Errors
    /// It is dead, and there is nothing to start another with.
    pub(crate) fn tend_keeper(&mut self, now: Now) -> io::Result<()> {
        if self.link.answer_due().is_some_and(|due| due <= now.ms) {
            self.link.give_up_on();
        }
        if self.takeover.at_ms.is_none_or(|at| now.ms < at) {
            return Ok(());
        }
        match self.link.take_over() {
            Ok(()) => {
                self.takeover.at_ms = None;
                self.takeover.last_ms = now.ms;
                self.takeover.count += 1;
                self.link_waits = false;
                self.poll.add(&*self.link, KEEPER, Interest::IN)
            }
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                eprintln!(
                    "server: the keeper is dead and was of a version that cannot be replaced"
                );
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Err(error) => {
                // No process, no descriptor: that may pass, and giving up would end every pane.
                eprintln!("server: no new keeper: {error}");
                self.takeover.at_ms = Some(now.ms + DELAY_MAX_MS);
                Ok(())
            }
        }
    }

    /// When something is due about the keeper.
    pub(crate) fn keeper_due(&self) -> Option<u64> {
        let due = [self.takeover.at_ms, self.link.answer_due()];
        due.into_iter().flatten().min()
    }

    /// A keeper has taken over.
    pub(crate) fn keeper_resumed(&mut self) {
        self.upgrade.keeper_is(self.link.keeper_pid());
        self.keeper_was_swapped();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepers_that_die_young_are_followed_more_slowly() {
        let mut takeover = Takeover::default();
        let mut delays = Vec::new();
        let mut now = 1000;
        for _ in 0..40 {
            let at = takeover.died(now);
            delays.push(at - now);
            now = at + 1;
            (takeover.last_ms, takeover.count) = (at, takeover.count + 1);
        }
        assert_eq!(delays[..6], [0, 0, 0, 300, 400, 500]);
        assert_eq!(delays[39], DELAY_MAX_MS);
        assert_eq!(takeover.died(now + SETTLED_MS), now + SETTLED_MS);
    }
}

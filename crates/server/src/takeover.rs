//! The keeper's death: another is started, of the server's own binary, from what the server holds. Nobody sees it: the
//! panes' output waits in their terminals for some milliseconds.
//!
//! | what | then |
//! |---|---|
//! | the connection ends | a new keeper, at once |
//! | that one ends before it has taken over | another, later each time, up to two seconds |
//! | a keeper that was asked to become another binary does not answer | it is killed |
//! | the keeper was of a version that gave us nothing to hold | the server ends; panes are lost |

use std::io;

use outlast_core::event::Now;
use outlast_sys::poll::Interest;

use crate::server::{KEEPER, Server};

const DELAY_MS: u64 = 100;
const DELAY_MAX_MS: u64 = 2000;

/// Where the server stands with keepers that die.
#[derive(Debug, Default)]
pub(crate) struct Takeover {
    /// There is no keeper; when to try.
    at_ms: Option<u64>,
    /// Keepers in a row that died before they had taken over.
    failures: u64,
}

impl Takeover {
    /// The keeper died: when to start another.
    fn died(&mut self, now: u64) -> u64 {
        let delay = (self.failures * DELAY_MS).min(DELAY_MAX_MS);
        // Until it says that it has taken over.
        self.failures += 1;
        self.at_ms = Some(now + delay);
        now + delay
    }

    /// A keeper has taken over. Who kills it then, however often, does not slow the next one down.
    fn resumed(&mut self) {
        self.failures = 0;
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
        self.takeover.resumed();
        self.upgrade.keeper_is(self.link.keeper_pid());
        self.keeper_was_swapped();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepers_that_cannot_start_are_followed_more_slowly_and_killed_ones_are_not() {
        let mut takeover = Takeover::default();
        let mut delays: Vec<u64> = (0..40).map(|_| takeover.died(1000) - 1000).collect();
        assert_eq!(delays[..4], [0, 100, 200, 300]);
        assert_eq!(delays.pop(), Some(DELAY_MAX_MS));
        for _ in 0..5 {
            takeover.resumed();
            assert_eq!(takeover.died(7), 7);
        }
    }
}

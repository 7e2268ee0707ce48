//! What a client without a terminal of ours is given on its stdin: `load-buffer -`, `source-file -`, `display-message
//! -I`, `split-window -I`.
//!
//! The client knows from its words that it will be wanted (`commands::reads_stdin`), says so when it comes
//! ([`STDIN`]), and sends it as typed bytes, at the end none. What comes before its command's turn is kept with it.

use crate::Core;
use crate::jobs::{Asked, Then};
use crate::model::ids::{ClientId, PaneId};
use crate::model::pane::PaneOp;

/// Flag of a client that sends its stdin.
pub const STDIN: &str = "stdin";

/// Most bytes that are kept; what is more is left out.
const MOST: usize = 64 * 1024 * 1024;

impl Core {
    /// Whether this client's stdin comes.
    pub(crate) fn sends_stdin(&self, client: Option<ClientId>) -> bool {
        client
            .and_then(|id| self.model.clients.get(&id))
            .is_some_and(|client| {
                client.state.session.is_none()
                    && client.state.info.flags.iter().any(|flag| flag == STDIN)
            })
    }

    /// Waits for a client's stdin; what has come is taken when the queue waits ([`Core::stdin_came`]).
    pub(crate) fn read_stdin(
        &mut self,
        queue: Option<ClientId>,
        client: Option<ClientId>,
        then: Then,
    ) -> u64 {
        self.start_job(Some(queue), client, Asked::Stdin, then)
    }

    /// A client has sent some of its stdin; nothing at all is the end.
    pub(crate) fn stdin(&mut self, id: ClientId, bytes: &[u8]) {
        if !self.sends_stdin(Some(id)) {
            return;
        }
        if let Some(client) = self.model.clients.get_mut(&id)
            && bytes.is_empty()
        {
            client.state.stdin_ended = true;
        }
        self.stdin_came(id, bytes);
    }

    /// Gives what a client sent to the command that waits for it.
    pub(crate) fn stdin_came(&mut self, id: ClientId, bytes: &[u8]) {
        let waiting = self
            .model
            .jobs
            .iter()
            .find(|(_, job)| job.client == Some(id) && job.asked == Asked::Stdin)
            .map(|(token, job)| (*token, job.then.clone()));
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        let ended = client.state.stdin_ended;
        let room = MOST.saturating_sub(client.state.stdin.len());
        let bytes = &bytes[..bytes.len().min(room)];
        match waiting {
            Some((token, Then::Fill(pane))) => {
                let mut all = std::mem::take(&mut client.state.stdin);
                all.extend_from_slice(bytes);
                self.fill(pane, all);
                if ended {
                    self.done(token, Ok(Vec::new()), 0);
                }
            }
            Some((token, _)) if ended => {
                let mut all = std::mem::take(&mut client.state.stdin);
                all.extend_from_slice(bytes);
                self.done(token, Ok(all), 0);
            }
            _ if bytes.is_empty() => {}
            _ => client.state.stdin.extend_from_slice(bytes),
        }
    }

    /// Text for a pane without a program.
    fn fill(&mut self, pane: PaneId, bytes: Vec<u8>) {
        if !bytes.is_empty() && self.model.panes.contains_key(&pane) {
            self.operate_any(pane, PaneOp::Text(bytes));
        }
    }

    /// A client is gone: nothing more will come of it.
    pub(crate) fn forget_stdin(&mut self, id: ClientId) {
        self.model
            .jobs
            .retain(|_, job| job.client != Some(id) || job.asked != Asked::Stdin);
    }
}

//! Who asks for the clipboard: a program (OSC 52 with `?`, as `get-clipboard` allows), or a person (refresh-client -l). A
//! terminal that is asked answers in its time, or never; questions are answered in their order.

use std::collections::VecDeque;

use outlast_term::osc::{clipboard_of, clipboard_reply};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{ClientId, PaneId};

/// A question that a terminal has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who asks; None: a person, for a buffer.
    pane: Option<PaneId>,
    /// Selection letters of the question.
    letters: String,
    /// BEL ended it.
    bel: bool,
    /// Monotonic ms at which it was asked.
    at_ms: u64,
}

/// Questions of one terminal that wait for their answers.
pub type Questions = VecDeque<Asked>;

/// More are not asked.
const MOST: usize = 16;
/// An answer that comes later is none (tmux: five seconds).
const PATIENCE_MS: u64 = 5000;
/// The question. Any selection will do.
const QUESTION: &[u8] = b"\x1b]52;c;?\x1b\\";

impl Core {
    /// A program asks for the clipboard.
    pub(crate) fn program_asks_clipboard(&mut self, pane: PaneId, letters: String, bel: bool) {
        let options = self.server_chain();
        if options.number("set-clipboard") != 2 {
            return;
        }
        match options.number("get-clipboard") {
            0 => {}
            1 => {
                let top = self.top_buffer();
                if let Some(buffer) = top.and_then(|name| self.model.buffers.get(&name)) {
                    let reply = clipboard_reply(&letters, &buffer.data, bel);
                    self.write_bytes(pane, reply);
                }
            }
            _ => {
                let window = self.model.panes.get(&pane).map(|pane| pane.state.window);
                let shows = |client: &&crate::model::client::Client| {
                    let session = client.state.session;
                    let session = session.and_then(|id| self.model.sessions.get(&id));
                    session.is_some_and(|session| {
                        session.windows.values().any(|link| Some(link.0) == window)
                    })
                };
                let client = self
                    .attached_clients()
                    .filter(|client| client.state.control.is_none())
                    .filter(shows)
                    .max_by_key(|client| client.state.used)
                    .map(|client| client.state.id);
                if let Some(client) = client {
                    self.ask_clipboard(client, Some(pane), letters, bel);
                }
            }
        }
    }

    /// A person asks for the clipboard of a terminal.
    pub(crate) fn person_asks_clipboard(&mut self, client: ClientId) {
        self.ask_clipboard(client, None, String::new(), false);
    }

    fn ask_clipboard(&mut self, id: ClientId, pane: Option<PaneId>, letters: String, bel: bool) {
        let at_ms = self.now.ms;
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        let questions = &mut client.state.clipboard_asked;
        questions.retain(|asked| asked.at_ms + PATIENCE_MS > at_ms);
        if questions.len() < MOST {
            questions.push_back(Asked {
                pane,
                letters,
                bel,
                at_ms,
            });
            client.raw.extend_from_slice(QUESTION);
        }
    }

    /// A terminal has said something; true: it is what its clipboard holds.
    pub(crate) fn clipboard_told(&mut self, id: ClientId, reply: &[u8]) -> bool {
        let Some(content) = clipboard_of(reply) else {
            return false;
        };
        let now = self.now.ms;
        let Some(client) = self.model.clients.get_mut(&id) else {
            return true;
        };
        let questions = &mut client.state.clipboard_asked;
        questions.retain(|asked| asked.at_ms + PATIENCE_MS > now);
        // What was not asked for is not taken.
        let Some(asked) = questions.pop_front() else {
            return true;
        };
        let Some(pane) = asked.pane else {
            if !content.is_empty() {
                self.add_buffer(content);
            }
            return true;
        };
        match self.server_chain().number("get-clipboard") {
            0 | 1 => return true,
            3 if !content.is_empty() => {
                self.add_buffer(content.clone());
            }
            _ => {}
        }
        let reply = clipboard_reply(&asked.letters, &content, asked.bel);
        self.write_bytes(pane, reply);
        true
    }
}

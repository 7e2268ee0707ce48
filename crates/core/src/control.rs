//! Control mode: a client that is a program. It sends command lines and is told of everything in lines of text.
//!
//! | file | question |
//! |---|---|
//! | this | what is known of such a client; its lines; blocks (`%begin` … `%end`) |
//! | [`notes`] | what it is told when something happens |
//! | [`output`] | how it gets the bytes of panes |
//! | [`subs`] | formats that it is told the value of |
//!
//! Every line is a numbered message like any other text for a client, in the same transaction as what it tells of: after
//! the server's death none is missing and none comes twice. The protocol is that of tmux(1), CONTROL MODE.

pub mod notes;
pub mod output;
pub mod subs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ids::ClientId;
use crate::queue::{Action, State};
use crate::{Core, Effect};

/// Flag of a client in control mode.
pub const CONTROL: &str = "-C";

/// A line longer than this is thrown away.
const LINE_MAX: usize = 1024 * 1024;

/// What is known of a client in control mode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// no-output flag.
    pub no_output: bool,
    /// wait-exit flag.
    pub wait_exit: bool,
    /// pause-after flag: ms.
    pub pause_after_ms: Option<u64>,
    /// `refresh-client -C` has given it a size: it counts for the sizes of windows.
    pub sized: bool,
    /// Sizes of single windows.
    pub windows: BTreeMap<u32, (u16, u16)>,
    /// Panes of which it does not simply get everything at once.
    pub panes: BTreeMap<u32, output::Watch>,
    /// Subscriptions by name.
    pub subs: BTreeMap<String, subs::Sub>,
    /// Monotonic ms of the next look at them.
    pub subs_at_ms: Option<u64>,
    /// A line that has not come to its end.
    #[serde(with = "crate::save::bytes")]
    pub line: Vec<u8>,
    /// The block that a command which waits is in.
    pub open: Option<Block>,
    /// What it is to be told when that is closed.
    pub held: Vec<notes::Note>,
}

/// A block of a command's output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    unix: i64,
    number: u64,
    flags: u8,
    failed: bool,
}

impl Core {
    /// What is known of a client in control mode; None: it is none.
    pub(crate) fn control(&self, client: ClientId) -> Option<&Control> {
        self.model.clients.get(&client)?.state.control.as_deref()
    }

    /// The same, to be changed.
    pub(crate) fn control_mut(&mut self, client: ClientId) -> Option<&mut Control> {
        self.control(client)?;
        let client = self.model.clients.get_mut(&client)?;
        client.state.control.as_deref_mut()
    }

    /// Clients in control mode that have not left.
    pub(crate) fn controls(&self) -> Vec<ClientId> {
        self.model
            .clients
            .values()
            .filter(|client| client.state.control.is_some() && !client.state.leaving)
            .map(|client| client.state.id)
            .collect()
    }

    /// Clients in control mode, for the shell to say how much they have not acknowledged.
    pub fn any_control(&self) -> bool {
        self.model
            .clients
            .values()
            .any(|client| client.state.control.is_some())
    }

    /// Bytes for a client in control mode.
    pub(crate) fn control_bytes(&mut self, id: ClientId, bytes: Vec<u8>) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        if client.state.leaving {
            return;
        }
        client.unread += bytes.len();
        // What was heard is to be committed with what is said of it.
        self.spoke = true;
        self.emit(Effect::Print {
            client: id,
            stream: 1,
            bytes,
        });
    }

    /// A line for a client in control mode.
    pub(crate) fn control_line(&mut self, id: ClientId, line: &str) {
        self.control_bytes(id, format!("{line}\n").into_bytes());
    }

    /// Bytes from a client in control mode; none: their end.
    pub(crate) fn control_input(&mut self, id: ClientId, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.control_ends(id);
        }
        let Some(control) = self.control_mut(id) else {
            return;
        };
        let mut all = std::mem::take(&mut control.line);
        all.extend_from_slice(bytes);
        let mut rest = &all[..];
        let mut lines = Vec::new();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            lines.push(String::from_utf8_lossy(&rest[..end]).into_owned());
            rest = &rest[end + 1..];
        }
        if rest.len() <= LINE_MAX {
            control.line = rest.to_vec();
        }
        for line in lines {
            if line.is_empty() {
                return self.control_ends(id);
            }
            self.append_action(Some(id), Action::Line(line));
        }
    }

    /// The empty line, or the end of what a client says: it leaves, but not before what it said has begun.
    fn control_ends(&mut self, id: ClientId) {
        let queue = self.model.queues.get(&Some(id));
        let begins = queue.is_some_and(|queue| match queue.waiting {
            None => !queue.items.is_empty(),
            Some(ticket) => self.waits_for_program(ticket),
        });
        if begins {
            return self.append_action(Some(id), Action::Line(String::new()));
        }
        self.control_leaves(id);
    }

    fn control_leaves(&mut self, id: ClientId) {
        let status = self.model.clients.get(&id).map_or(0, |c| c.state.status);
        self.leave(id, status, "");
    }

    /// A line's turn has come.
    pub(crate) fn control_command(&mut self, id: ClientId, line: &str) {
        if line.is_empty() {
            return self.control_leaves(id);
        }
        let uid = self
            .model
            .clients
            .get(&id)
            .map(|client| client.state.info.uid);
        let looks_on = uid.is_some_and(|uid| self.only_looks(uid));
        match self.parse_commands(line) {
            Ok(list) if looks_on && !crate::bridge::all_read_only(&list) => {
                self.open_block(id, true);
                self.control_line(id, "client is read-only");
                self.fail_block(id);
                self.close_block(id);
            }
            Ok(list) => {
                let state = State {
                    control: true,
                    proof: self.words_proof(id).filter(|_| !self.aliased),
                    own: !self.aliased,
                    ..State::default()
                };
                self.insert_as(Some(id), &list, state);
            }
            Err(error) => {
                self.open_block(id, true);
                self.control_line(id, &format!("parse error: {error}"));
                self.fail_block(id);
                self.close_block(id);
            }
        }
    }

    /// `%begin`.
    pub(crate) fn open_block(&mut self, id: ClientId, from_line: bool) {
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        if client.state.control.is_none() || client.state.leaving {
            return;
        }
        self.model.global.command_number += 1;
        let block = Block {
            unix: self.now.unix,
            number: self.model.global.command_number,
            flags: from_line.into(),
            failed: false,
        };
        self.guard(id, "begin", &block);
        if let Some(control) = self.control_mut(id) {
            control.open = Some(block);
        }
    }

    fn guard(&mut self, id: ClientId, word: &str, block: &Block) {
        let line = format!("%{word} {} {} {}", block.unix, block.number, block.flags);
        self.control_line(id, &line);
    }

    /// The command of the open block has failed.
    pub(crate) fn fail_block(&mut self, id: ClientId) {
        if self
            .control(id)
            .is_some_and(|control| control.open.is_some())
            && let Some(control) = self.control_mut(id)
            && let Some(block) = &mut control.open
        {
            block.failed = true;
        }
    }

    /// `%end` or `%error`, and what had to wait for it.
    pub(crate) fn close_block(&mut self, id: ClientId) {
        if self
            .control(id)
            .is_none_or(|control| control.open.is_none())
        {
            return;
        }
        let Some(control) = self.control_mut(id) else {
            return;
        };
        let held = std::mem::take(&mut control.held);
        if let Some(block) = control.open.take() {
            let word = if block.failed { "error" } else { "end" };
            self.guard(id, word, &block);
        }
        for note in held {
            self.tell_note(&note, id);
        }
    }

    /// Closes the blocks of commands that wait no longer.
    pub(crate) fn close_blocks(&mut self) {
        let done = |client: &crate::model::client::Client| {
            let open = client
                .state
                .control
                .as_ref()
                .is_some_and(|c| c.open.is_some());
            let queue = self.model.queues.get(&Some(client.state.id));
            open && queue.is_none_or(|queue| queue.waiting.is_none())
        };
        let ids: Vec<ClientId> = self
            .model
            .clients
            .values()
            .filter(|client| done(client))
            .map(|client| client.state.id)
            .collect();
        for id in ids {
            self.close_block(id);
        }
    }

    /// Flags that only clients in control mode have. False: it is none of them.
    pub(crate) fn set_control_flag(&mut self, id: ClientId, word: &str, on: bool) -> bool {
        let Some(control) = self.control_mut(id) else {
            return false;
        };
        let seconds = word.strip_prefix("pause-after=").map(str::parse::<u64>);
        match word {
            "no-output" => {
                control.no_output = on;
                control.panes.clear();
            }
            "wait-exit" => {
                control.wait_exit = on;
                self.emit(Effect::WaitsAtExit { client: id, on });
            }
            "pause-after" => control.pause_after_ms = on.then_some(0),
            _ => match seconds {
                Some(Ok(seconds)) => {
                    control.pause_after_ms = on.then_some(seconds.saturating_mul(1000));
                }
                _ => return false,
            },
        }
        true
    }

    /// Monotonic ms at which something of a client in control mode is due.
    pub(crate) fn control_due(&self) -> Option<u64> {
        let clients = self.model.clients.values();
        clients
            .filter(|client| !client.state.leaving)
            .filter_map(|client| {
                let control = client.state.control.as_deref()?;
                let subs = control.subs_at_ms.filter(|_| !control.subs.is_empty());
                [subs, control.behind_due()].into_iter().flatten().min()
            })
            .min()
    }

    /// Looks at what is due.
    pub(crate) fn control_wake(&mut self) {
        let now = self.now.ms;
        if self.control_due().is_none_or(|due| due > now) {
            return;
        }
        for id in self.controls() {
            self.check_subs(id);
            self.check_behind(id);
        }
    }
}

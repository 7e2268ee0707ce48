//! What can lie over a pane or a client: copy mode, prompt, message.

pub mod ask;
mod clock;
mod complete;
pub mod copy;
pub mod edit;
pub mod front;
pub mod prompt;
pub mod tree;

use outlast_lang::parse::CommandList;
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::client::Message;
use crate::model::ids::ClientId;
use crate::queue::State;

/// The mouse between reports: for double clicks and drags.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Click {
    /// Monotonic ms of the last press.
    pub at_ms: u64,
    /// Raw button.
    pub button: u8,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Presses in quick succession.
    pub count: u8,
    /// What is being dragged: a border, a selection, nothing.
    pub drag: Option<String>,
    /// Pane id in which the button went down.
    pub pane: Option<u32>,
    /// Place of the last press, by its name; clicks count only at one place.
    #[serde(default)]
    pub place: String,
    /// Button (1 and up) whose drag is going on, 0 for none.
    #[serde(default)]
    pub dragging: u8,
    /// The slider of a scroll bar is being dragged: which row of it is held.
    #[serde(default)]
    pub slider: Option<u16>,
    /// Raw value of the last report.
    #[serde(default)]
    pub raw: u16,
    /// A second press waits for a third until `at_ms` + 300: then it was a double click.
    #[serde(default)]
    pub pending: bool,
}

/// For how long a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTime {
    /// display-time.
    Default,
    /// Milliseconds; 0: until a key is pressed.
    Ms(u64),
}

/// Shows a message on a client's status line and adds it to the log. `styles`: `#[…]` in it are styles, else shown as
/// they are.
pub fn message(
    core: &mut Core,
    client: ClientId,
    text: &str,
    time: MessageTime,
    ignore_keys: bool,
    styles: bool,
) {
    let now = core.now;
    let Some(session) = core
        .model
        .clients
        .get(&client)
        .map(|client| client.state.session)
    else {
        return;
    };
    let ms = match time {
        MessageTime::Ms(ms) => ms,
        MessageTime::Default => core.session_chain(session).number("display-time").max(0) as u64,
    };
    let shown = if styles {
        text.to_string()
    } else {
        text.replace('#', "##")
    };
    if let Some(client) = core.model.clients.get_mut(&client) {
        let line = format!("{} message: {text}", client.state.name);
        client.state.message = Some(Message {
            text: shown,
            until_ms: (ms != 0).then(|| now.ms + ms),
            ignore_keys: ignore_keys && ms != 0,
        });
        client.stale = true;
        core.log(line);
    }
}

/// The terminal of a pane is about to get a new size, or has got it: copy mode keeps its text in view.
pub(crate) use copy::{resized, resizing};

/// Lines for an attached client: a listing over its active pane.
pub fn print(core: &mut Core, client: ClientId, text: &str) {
    if let Some(pane) = core.pane_of(client) {
        copy::list(core, pane, text);
    }
}

impl Core {
    /// A prompt has been answered or left: runs the commands, after the waiting queue item if there is one, which then
    /// goes on; a command line that waits ends with `status`.
    pub(crate) fn prompt_done(
        &mut self,
        client: ClientId,
        ticket: Option<u64>,
        commands: Option<CommandList>,
        status: u8,
        proven: bool,
    ) {
        let waiter = ticket.and_then(|ticket| self.waiter(ticket));
        match (commands, waiter) {
            (Some(commands), Some(queue)) => {
                let current = self.find_from_client(Some(client), 0).unwrap_or_default();
                let own = proven && queue == Some(client);
                let state = State {
                    current,
                    own,
                    proof: self.words_proof(client).filter(|_| own),
                    ..State::default()
                };
                self.insert_as(queue, &commands, state);
            }
            (Some(commands), None) => self.run_binding(client, "", &commands, None, false),
            (None, _) => {}
        }
        if let Some(asked) = waiter
            .flatten()
            .and_then(|asked| self.model.clients.get_mut(&asked))
            && !asked.state.attached
        {
            asked.state.status = status;
        }
        if let Some(ticket) = ticket {
            self.resume(ticket);
        }
    }

    /// The newest paste buffer as text, "" if there is none.
    pub(crate) fn newest_buffer(&self) -> String {
        let newest = self
            .model
            .buffers
            .values()
            .max_by_key(|buffer| buffer.order);
        newest
            .map(|buffer| String::from_utf8_lossy(&buffer.data).into_owned())
            .unwrap_or_default()
    }
}

//! What clients are told: on stdout and stderr, on the status line, in a pane's view.

use crate::mode::{self, MessageTime};
use crate::model::ids::ClientId;
use crate::{Core, Effect, hints};

impl Core {
    /// A line on a client's stdout; in a pane's view or on the status line when it is attached.
    pub fn print(&mut self, client: Option<ClientId>, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(b'\n');
        self.print_bytes(client, 1, bytes);
    }

    /// Bytes for a client's stdout (1) or stderr (2).
    pub fn print_bytes(&mut self, client: Option<ClientId>, stream: u8, bytes: Vec<u8>) {
        let Some(id) = client else { return };
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        if client.state.control.is_some() {
            let mut bytes = bytes;
            if bytes.last() != Some(&b'\n') {
                bytes.push(b'\n');
            }
            return self.control_bytes(id, bytes);
        }
        if client.state.session.is_none() {
            self.emit(Effect::Print {
                client: id,
                stream,
                bytes,
            });
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        mode::print(self, id, text.trim_end_matches('\n'));
    }

    /// An error: on stderr with exit status 1, or as a message when attached; of nobody, into the configuration's
    /// errors.
    pub fn error(&mut self, client: Option<ClientId>, place: Option<(String, u32)>, text: &str) {
        let known = client.and_then(|id| Some((id, self.model.clients.get_mut(&id)?)));
        let Some((id, client)) = known else {
            let text = match place {
                Some((file, line)) => format!("{file}:{line}: {text}"),
                None => text.to_string(),
            };
            self.model.global.config_errors.push(text);
            return;
        };
        if client.state.control.is_some() {
            client.state.status = 1;
            self.fail_block(id);
            return self.control_line(id, text);
        }
        if client.state.session.is_some() {
            let mut chars = text.chars();
            let first: String = chars
                .next()
                .into_iter()
                .map(|c| c.to_ascii_uppercase())
                .collect();
            let text = first + chars.as_str();
            mode::message(self, id, &text, MessageTime::Default, false, false);
            return;
        }
        client.state.status = 1;
        let line = format!("{} message: {text}", client.state.name);
        let mut bytes = format!("{text}\n");
        if client.state.info.hints
            && let Some(hint) = hints::of(text)
        {
            bytes.push_str(&hint);
            bytes.push('\n');
        }
        self.log(line);
        self.emit(Effect::Print {
            client: id,
            stream: 2,
            bytes: bytes.into_bytes(),
        });
    }

    /// A line on stderr about what to do, for who wants to read such: not as tmux, not in a session.
    pub fn print_remedy(&mut self, client: Option<ClientId>, remedy: &str) {
        let client = client.and_then(|id| self.model.clients.get(&id));
        let reader =
            client.filter(|client| client.state.info.hints && client.state.session.is_none());
        if let Some(id) = reader.map(|client| client.state.id) {
            self.print_bytes(Some(id), 2, format!("{remedy}\n").into_bytes());
        }
    }

    /// A message on the status line for display-time.
    pub fn message(&mut self, client: ClientId, text: &str) {
        mode::message(self, client, text, MessageTime::Default, false, false);
    }
}

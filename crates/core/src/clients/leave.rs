//! Clients that leave, of their own will or not.

use crate::model::ids::ClientId;
use crate::{Core, Effect};

impl Core {
    /// Gives the terminal back and lets the client leave.
    pub(crate) fn leave(&mut self, id: ClientId, status: u8, message: &str) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        if client.state.leaving {
            return;
        }
        // What happened before is told before.
        self.tell_notes();
        self.close_block(id);
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        client.state.leaving = true;
        crate::overlay::close(self, id);
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        let was_attached = client.state.attached;
        // A program is told why only if it was not asked to leave.
        let message = match (client.state.control.is_some(), message) {
            (true, message) if message.starts_with('[') => "",
            _ => message,
        };
        client.state.attached = false;
        client.state.session = None;
        client.state.prompt = None;
        client.state.message = None;
        client.screen = None;
        self.emit(Effect::Exit {
            client: id,
            status,
            message: message.to_string(),
        });
        if was_attached {
            self.lost_attached(id);
        }
    }

    fn lost_attached(&mut self, id: ClientId) {
        let orphaned: Vec<_> = self
            .model
            .windows
            .iter()
            .filter(|(_, window)| window.latest == Some(id))
            .map(|(id, _)| *id)
            .collect();
        for window in orphaned {
            let next = self
                .attached_clients()
                .filter(|client| {
                    let session = client
                        .state
                        .session
                        .and_then(|session| self.model.sessions.get(&session));
                    session
                        .and_then(|s| s.windows.get(&s.current))
                        .map(|link| link.0)
                        == Some(window)
                })
                .max_by_key(|client| client.state.used)
                .map(|client| client.state.id);
            if let Some(window) = self.model.windows.get_mut(&window) {
                window.latest = next;
            }
        }
        crate::draw::forget(self, id);
        self.notify_client("client-detached", id);
        self.sizes_stale = true;
        self.unattached_stale = true;
    }

    /// detach-client: the client leaves with "[detached (from session NAME)]".
    pub(crate) fn detach(&mut self, id: ClientId, hangup: bool) {
        let Some(session) = self.session_of(id) else {
            return;
        };
        let name = self
            .model
            .sessions
            .get(&session)
            .map(|session| session.name.clone())
            .unwrap_or_default();
        let message = if hangup {
            format!("[detached and SIGHUP (from session {name})]")
        } else {
            format!("[detached (from session {name})]")
        };
        if hangup {
            self.emit(Effect::Afterwards {
                client: id,
                hangup,
                exec: None,
            });
        }
        self.leave(id, 0, &message);
    }

    /// detach-client -E: the client becomes a shell with this command.
    pub(crate) fn detach_into(&mut self, id: ClientId, command: &str) {
        let Some(session) = self.session_of(id) else {
            return;
        };
        let shell = self.session_chain(Some(session)).text("default-shell");
        let shell = match shell.starts_with('/') {
            true => shell,
            false => "/bin/sh".to_string(),
        };
        self.emit(Effect::Afterwards {
            client: id,
            hangup: false,
            exec: Some((shell, command.to_string())),
        });
        self.leave(id, 0, "");
    }

    /// The connection ended and the client will not come back.
    pub(crate) fn gone(&mut self, id: ClientId) {
        crate::overlay::close(self, id);
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        let was_attached = client.state.attached;
        let ticket = client
            .state
            .prompt
            .as_ref()
            .and_then(|prompt| prompt.ticket);
        if was_attached {
            if let Some(client) = self.model.clients.get_mut(&id) {
                client.state.attached = false;
                client.state.session = None;
            }
            self.lost_attached(id);
        }
        self.model.clients.remove(&id);
        self.model.queues.remove(&Some(id));
        self.forget_waiters();
        self.forget_run_waits();
        self.forget_sendings();
        self.forget_request_waits();
        self.forget_event_waits();
        self.forget_log_waits();
        self.forget_stdin(id);
        if let Some(ticket) = ticket {
            self.resume(ticket);
        }
        crate::draw::forget(self, id);
        self.sizes_stale = true;
        self.unattached_stale = true;
    }
}

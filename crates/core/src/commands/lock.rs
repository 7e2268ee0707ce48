//! lock-client, lock-session, lock-server, and locking by itself (lock-after-time).

use super::{Ctx, Flow, Outcome};
use crate::model::ids::{ClientId, SessionId};
use crate::{Core, Effect};

pub(super) fn lock(ctx: &mut Ctx<'_>) -> Outcome {
    match ctx.row.name {
        "lock-client" => {
            let target = ctx.target_client.ok_or("no current client")?;
            ctx.core.lock_client(target);
        }
        "lock-session" => {
            let session = ctx.session()?;
            ctx.core.lock_clients(Some(session));
        }
        _ => ctx.core.lock_clients(None),
    }
    Ok(Flow::Normal)
}

impl Core {
    /// A client's terminal is not ours until it says `Continued`.
    pub(crate) fn suspend(&mut self, id: ClientId, run: String) {
        if let Some(client) = self.model.clients.get_mut(&id) {
            client.state.suspended = true;
            client.ready = false;
            self.emit(Effect::Suspend { client: id, run });
            self.sizes_stale = true;
        }
    }

    fn lock_client(&mut self, id: ClientId) {
        let Some(client) = self.model.clients.get(&id) else {
            return;
        };
        let free = !client.state.suspended && client.state.control.is_none();
        let Some(session) = client.state.session.filter(|_| free) else {
            return;
        };
        let command = self.session_chain(Some(session)).text("lock-command");
        if !command.is_empty() {
            self.suspend(id, command);
        }
    }

    /// Locks the clients of a session, or all.
    fn lock_clients(&mut self, session: Option<SessionId>) {
        let clients: Vec<ClientId> = self
            .attached_clients()
            .filter(|client| session.is_none() || client.state.session == session)
            .map(|client| client.state.id)
            .collect();
        for client in clients {
            self.lock_client(client);
        }
    }

    /// Sessions that somebody looks at who has not locked already, and for how many seconds from now on nobody may
    /// press a key there; 0 or less: they are to be locked.
    fn idle_sessions(&self) -> impl Iterator<Item = (SessionId, i64)> + '_ {
        let sessions = self.model.sessions.values().filter_map(|session| {
            let after = self
                .session_chain(Some(session.id))
                .number("lock-after-time");
            (after > 0).then(|| (session.id, session.activity + after - self.now.unix))
        });
        sessions.filter(|(session, _)| self.attached_count(*session) > 0)
    }

    /// Locks sessions whose lock-after-time is over.
    pub(crate) fn check_locks(&mut self) {
        let due: Vec<SessionId> = self
            .idle_sessions()
            .filter(|(_, left)| *left <= 0)
            .map(|(session, _)| session)
            .collect();
        for session in due {
            self.lock_clients(Some(session));
        }
    }

    /// Monotonic ms at which the next session is to be locked.
    pub(crate) fn locks_due(&self) -> Option<u64> {
        let locked = |session: &SessionId| {
            !self
                .session_chain(Some(*session))
                .text("lock-command")
                .is_empty()
        };
        self.idle_sessions()
            .filter(|(session, left)| *left > 0 && locked(session))
            .map(|(_, left)| self.now.ms + left as u64 * 1000)
            .min()
    }
}

//! Where state and view meet: what the state tells the modes, and what the modes ask of it.

use outlast_lang::parse::CommandList;
use outlast_lang::target::Kind;

use crate::commands::{flag, lookup};
use crate::mode;
use crate::model::ids::{ClientId, PaneId};
use crate::queue::{Action, State};
use crate::{Core, Effect, MouseEvent};

impl Core {
    /// Runs what a key is bound to, after all that waits in the client's queue. `key` is tmux's name of the key. `trusted`: it
    /// is what a person wrote, so the proof of whoever pressed it is its own.
    pub fn run_binding(
        &mut self,
        client: ClientId,
        key: &str,
        commands: &CommandList,
        mouse: Option<MouseEvent>,
        trusted: bool,
    ) {
        self.run_key(client, key, commands, mouse, trusted, false);
    }

    /// The same for a key that may have come there over a way that another has laid (`led`).
    pub(crate) fn run_key(
        &mut self,
        client: ClientId,
        key: &str,
        commands: &CommandList,
        mouse: Option<MouseEvent>,
        trusted: bool,
        led: bool,
    ) {
        if self.is_read_only(client) && !all_read_only(commands) {
            self.append_action(
                Some(client),
                Action::Error("client is read-only".to_string()),
            );
            return;
        }
        let key = Some(key.to_string()).filter(|key| !key.is_empty());
        let mut state = State {
            key,
            mouse,
            proof: self.hand.clone().filter(|_| trusted && !led),
            shows: self.hand.is_some() && trusted,
            ..State::default()
        };
        // A mouse key is about what was hit, whatever is active.
        state.current = self
            .mouse_target(&state, Kind::Pane)
            .or_else(|| self.find_from_client(Some(client), 0))
            .unwrap_or_default();
        self.append_as(Some(client), commands, state);
    }

    /// Appends an effect to the turn's.
    pub fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// A pane has a new size and may be in a mode.
    pub(crate) fn mode_resized(&mut self, pane: PaneId) {
        mode::resized(self, pane);
        mode::front::changed(self);
    }

    /// A format variable of a pane's mode (`copy_cursor_x` …).
    pub(crate) fn mode_variable(&self, pane: PaneId, name: &str) -> Option<String> {
        self.model.panes.get(&pane)?.state.mode.as_ref()?;
        mode::copy::variables(self, pane)
            .into_iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// A pane leaves its mode.
    pub(crate) fn leave_mode(&mut self, pane: PaneId) {
        mode::front::close(self, pane);
        mode::copy::set(self, pane, None);
    }
}

/// Whether a read-only client may run them all.
pub(crate) fn all_read_only(commands: &CommandList) -> bool {
    commands
        .commands
        .iter()
        .all(|(_, command)| lookup(&command.name).is_ok_and(|row| row.flags & flag::READ_ONLY != 0))
}

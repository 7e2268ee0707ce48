//! Key names: `C-b`, `M-Up`, `S-F5`, `MouseDown1Pane`, `é`, `User0`, `Any`, `None`.

use outlast_term::keys::Key;

/// The key of a name, case as tmux takes it; None for an unknown one.
#[allow(unused_variables, clippy::todo)]
pub fn parse(name: &str) -> Option<Key> {
    todo!()
}

/// tmux's name of a key.
#[allow(unused_variables, clippy::todo)]
pub fn name(key: Key) -> String {
    todo!()
}

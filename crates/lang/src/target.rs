//! Targets as written: `session:window.pane`, ids (`$1 @2 %3`), `=exact`, `{last}`, `{mouse}`, `!`, `+`, `-`, `~`.
//! Only the syntax: what a word means is found in the model by `core`.

/// The three words of a target; each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Before the colon.
    pub session: Option<String>,
    /// Between.
    pub window: Option<String>,
    /// After the dot.
    pub pane: Option<String>,
}

/// What kind of thing a bare word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// -t session.
    Session,
    /// -t window.
    Window,
    /// -t pane.
    Pane,
}

/// Splits a target into its words by tmux(1)'s rules for what a bare word is.
#[allow(unused_variables, clippy::todo)]
pub fn split(text: &str, kind: Kind) -> Target {
    todo!()
}

//! Ids as tmux writes them: `$1`, `@2`, `%3`. Never reused.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $sigil:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($sigil, "{}"), self.0)
            }
        }
    };
}

id!(
    /// A session.
    SessionId, "$"
);
id!(
    /// A window.
    WindowId, "@"
);
id!(
    /// A pane.
    PaneId, "%"
);
id!(
    /// A client.
    ClientId, "client-"
);

impl WindowId {
    /// The window of what is in none: the pane of a popup.
    pub const NONE: WindowId = WindowId(u32::MAX);
}

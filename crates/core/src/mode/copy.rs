//! Copy mode: a view of a pane's rows that stays on its text while output goes on (tmux(1), WINDOWS AND PANES).

use serde::{Deserialize, Serialize};

/// Copy mode of one pane. Rows are absolute (`Terminal::first_line`); the screen as it was at entry is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CopyMode {
    /// Row of the view's top, counted back from the bottom of the history at entry.
    pub offset: u32,
}

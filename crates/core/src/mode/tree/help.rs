//! The help of a chooser (F1, C-h): keys and what they do, over the client's screen.

use super::What;
use crate::Core;
use crate::model::ids::ClientId;
use crate::overlay::{self, Help, Overlay};

/// Keys of all choosers; `%` is what one is called.
const KEYS: &[(&str, &str)] = &[
    ("Up, k", "Move cursor up"),
    ("Down, j", "Move cursor down"),
    ("g", "Go to top"),
    ("G", "Go to bottom"),
    ("PPage, C-b", "Page up"),
    ("NPage, C-f", "Page down"),
    ("Left, h", "Collapse %"),
    ("Right, l", "Expand %"),
    ("M--", "Collapse all %s"),
    ("M-+", "Expand all %s"),
    ("t", "Toggle % tag"),
    ("T", "Untag all %s"),
    ("C-t", "Tag all %s"),
    ("C-s", "Search forward"),
    ("n", "Repeat search forward"),
    ("N", "Repeat search backward"),
    ("f", "Filter %s"),
    ("O", "Change sort order"),
    ("r", "Reverse sort order"),
    ("v", "Toggle preview"),
];

/// Shows it.
pub(super) fn show(core: &mut Core, client: ClientId, what: What) {
    if overlay::is_open(core, client) {
        return;
    }
    let row = what.row();
    let lines = KEYS
        .iter()
        .chain(row.help)
        .chain(&[("q, Escape", "Exit mode")])
        .map(|(key, text)| (key.to_string(), text.replace('%', row.item)))
        .collect();
    let help = Help { lines, top: 0 };
    overlay::open(core, client, Overlay::Help(help));
}

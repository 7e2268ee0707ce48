//! A window: panes in a layout.

use outlast_lang::layout::{Cell, Content, print_all};
use outlast_lang::options::Options;
use serde::{Deserialize, Serialize};

use super::ids::{ClientId, PaneId, WindowId};
use super::kept::Sorted;
use crate::save::Tracked;

/// A pane that floats: its place within its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Float {
    /// Which.
    pub pane: PaneId,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Columns, its scroll bar included.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Window {
    /// Whether a pane floats.
    pub fn is_floating(&self, pane: PaneId) -> bool {
        self.floats.iter().any(|float| float.pane == pane)
    }

    /// The panes of the layout, in index order.
    pub fn tiled(&self) -> Vec<PaneId> {
        let tiled = |pane: &&PaneId| !self.is_floating(**pane);
        self.panes.iter().filter(tiled).copied().collect()
    }

    /// The layout as text, with what floats.
    pub fn layout_text(&self) -> String {
        print_all(&self.layout, &self.float_cells())
    }

    /// What floats, as cells of a layout.
    pub fn float_cells(&self) -> Vec<Cell> {
        let cell = |float: &Float| Cell {
            width: float.cols,
            height: float.rows,
            x: float.x,
            y: float.y,
            content: Content::Pane(Some(float.pane.0)),
        };
        self.floats.iter().map(cell).collect()
    }
}

/// A window. Its panes in order of their index are the leaves of the layout from left to right, and those that float.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Window {
    /// `@n`.
    pub id: WindowId,
    /// Clean.
    pub name: String,
    /// Columns and rows of the layout (without the status line).
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// resize-window has set the size by hand (window-size manual for this window).
    pub manual_size: Option<(u16, u16)>,
    /// Panes in index order.
    pub panes: Vec<PaneId>,
    /// The layout as if nothing were zoomed.
    pub layout: Cell,
    /// Panes that float over the layout, the one in front first. At least one pane is in the layout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floats: Vec<Float>,
    /// Where the last pane came to float that was not told where.
    #[serde(default)]
    pub last_float: (u16, u16),
    /// The zoomed pane, which then covers the window.
    pub zoomed: Option<PaneId>,
    /// Which pane has the keyboard.
    pub active: PaneId,
    /// Panes that were active before, newest first.
    pub last: Vec<PaneId>,
    /// set -w.
    pub options: Options,
    /// Number of the last preset layout chosen (next-layout), or -1.
    pub preset: i8,
    /// Layout before the last select-layout (select-layout -o).
    pub old_layout: Option<String>,
    /// Unix seconds of the last output, coarse.
    pub activity: i64,
    /// Unix seconds.
    pub created: i64,
    /// Client that used it last (`window-size latest`).
    #[serde(default)]
    pub latest: Option<ClientId>,
    /// Monotonic ms at which monitor-silence says that it is silent; None when it is not watched or has been said.
    #[serde(default)]
    pub silent_at_ms: Option<u64>,
}

/// Windows that may want something of a turn.
pub mod sort {
    /// It is said when it has been silent for long enough.
    pub const SILENT: u8 = 1;
    /// It has its own word on whether the machine stays awake.
    pub const AWAKE: u8 = 2;
    /// A person has said how large it is.
    pub const SIZED: u8 = 4;
}

impl Sorted for Tracked<Window> {
    fn sorts(&self) -> u8 {
        let of = |is: bool, sort: u8| if is { sort } else { 0 };
        of(self.silent_at_ms.is_some(), sort::SILENT)
            | of(self.options.has("stay-awake", None), sort::AWAKE)
            | of(self.manual_size.is_some(), sort::SIZED)
    }
}

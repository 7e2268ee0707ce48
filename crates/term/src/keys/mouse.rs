//! Mouse events: SGR 1006 in from the outer terminal; X10, UTF-8, SGR and pixel forms out to programs.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MouseKind {
    /// Button pressed.
    Down,
    /// Button released.
    Up,
    /// Moved with the button held.
    Drag,
    /// Released after a drag.
    DragEnd,
    /// Pressed twice quickly.
    DoubleClick,
    /// Pressed thrice quickly.
    TripleClick,
    /// Second press of what may become a triple click (tmux: SecondClick).
    SecondClick,
    /// Moved with no button held.
    Move,
    /// Wheel turned up.
    WheelUp,
    /// Wheel turned down.
    WheelDown,
}

/// Where it happened, as tmux names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MouseWhere {
    /// In a pane.
    Pane,
    /// On the window list of the status line.
    Status,
    /// On status-left.
    StatusLeft,
    /// On status-right.
    StatusRight,
    /// Elsewhere on the status line.
    StatusDefault,
    /// On a border between panes.
    Border,
}

/// A mouse event as a key: kind, button (1 to 11; 0 for wheel and move), place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MouseKey {
    /// What.
    pub kind: MouseKind,
    /// Which button; 0 where the kind has none.
    pub button: u8,
    /// Where.
    pub place: MouseWhere,
}

/// One report of the outer terminal, before it is known what it hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// The raw SGR button value (bits as in xterm ctlseqs "Mouse Tracking").
    pub raw: u16,
    /// Column from 0.
    pub x: u16,
    /// Row from 0.
    pub y: u16,
    /// `m` rather than `M`.
    pub release: bool,
}

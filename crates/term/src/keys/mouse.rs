//! Mouse events: SGR 1006 in from the outer terminal; X10, UTF-8, SGR and pixel forms out to programs.

use super::Mods;
use crate::terminal::{Modes, MouseTracking};

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
    /// Above the slider of a pane's scroll bar.
    ScrollbarUp,
    /// On the slider.
    ScrollbarSlider,
    /// Below it.
    ScrollbarDown,
    /// On a text with `#[range=control|n]`, n from 0 to 9.
    Control(u8),
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

/// A report's button value taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawMouse {
    /// 1 to 3 and 6 to 11; 0 for the wheel, for motion without a button, and for the release of an unknown button.
    pub button: u8,
    /// Down, Up, Drag, Move, WheelUp or WheelDown; clicks are counted by who knows the time.
    pub kind: MouseKind,
    /// Shift, Meta, Control.
    pub mods: Mods,
}

/// The bits that choose the button; 4, 8 and 16 are modifiers, 32 is motion.
const BUTTON_BITS: u16 = 0b1100_0011;
const MOTION: u16 = 32;
/// What the button bits say when no button is meant.
const NO_BUTTON: u16 = 3;

/// Button bits to button number, as xterm numbers them (4 and 5 are the wheel).
#[rustfmt::skip]
const BUTTONS: &[(u16, u8)] = &[
    (0, 1), (1, 2), (2, 3),
    (66, 6), (67, 7),
    (128, 8), (129, 9), (130, 10), (131, 11),
];

/// Takes the raw value of a report apart: button, what happened, modifiers.
pub fn decode_raw(raw: u16, release: bool) -> RawMouse {
    let bits = raw & BUTTON_BITS;
    let mut mods = Mods(0);
    for (bit, held) in [(4, Mods::SHIFT), (8, Mods::META), (16, Mods::CTRL)] {
        if raw & bit != 0 {
            mods = mods.with(held);
        }
    }
    let button = BUTTONS
        .iter()
        .find(|(b, _)| *b == bits)
        .map_or(0, |(_, n)| *n);
    let kind = match bits {
        64 => MouseKind::WheelUp,
        65 => MouseKind::WheelDown,
        _ if raw & MOTION != 0 && (bits == NO_BUTTON || release) => MouseKind::Move,
        _ if raw & MOTION != 0 => MouseKind::Drag,
        _ if release || bits == NO_BUTTON => MouseKind::Up,
        _ => MouseKind::Down,
    };
    let button = if kind == MouseKind::Move { 0 } else { button };
    RawMouse { button, kind, mods }
}

/// Appends the report, coordinates relative to the pane; nothing if the program did not ask for such an event or
/// cannot be told the place.
pub(crate) fn encode(mouse: Mouse, modes: &Modes, out: &mut Vec<u8>) {
    let kind = decode_raw(mouse.raw, mouse.release).kind;
    let wanted = match kind {
        MouseKind::Move => modes.mouse == MouseTracking::Any,
        MouseKind::Drag => modes.mouse >= MouseTracking::Drag,
        _ => modes.mouse >= MouseTracking::Button,
    };
    if !wanted {
        return;
    }
    // Pixels (1016) are not known here; its form is that of 1006, so a program that asked for both can read it.
    if modes.mouse_sgr || modes.mouse_pixels {
        let last = if mouse.release { 'm' } else { 'M' };
        let (x, y) = (u32::from(mouse.x) + 1, u32::from(mouse.y) + 1);
        out.extend_from_slice(format!("\x1b[<{};{x};{y}{last}", mouse.raw).as_bytes());
        return;
    }
    let button = if mouse.release { NO_BUTTON } else { mouse.raw };
    let (b, x, y) = (
        u32::from(button) + 0x20,
        u32::from(mouse.x) + 0x21,
        u32::from(mouse.y) + 0x21,
    );
    if modes.mouse_utf8 {
        if b.max(x).max(y) > 0x7ff {
            return;
        }
        out.extend_from_slice(b"\x1b[M");
        for c in [b, x, y].into_iter().filter_map(char::from_u32) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    } else if b <= 0xff {
        // A place beyond the form's reach is told as its furthest, as tmux does.
        out.extend_from_slice(b"\x1b[M");
        out.extend([b as u8, x.min(0xff) as u8, y.min(0xff) as u8]);
    }
}

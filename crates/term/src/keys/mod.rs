//! Keys: what a keyboard sends, decoded (`decode`); what a program expects, encoded (`encode`).

mod csi;
pub mod decode;
pub mod encode;
mod kitty;
pub mod mouse;
mod table;

pub use decode::{Decoder, Input};
pub use encode::{EncodeOptions, encode_key, encode_key_with, encode_mouse, encode_paste};

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A Unicode scalar value as typed (shifted letters arrive as the upper case letter, without SHIFT).
    Char(char),
    /// Enter, Tab, Escape, Backspace (tmux: BSpace).
    Enter,
    /// Tab.
    Tab,
    /// Shift-Tab as the terminal sends it (tmux: BTab).
    BackTab,
    /// Escape.
    Escape,
    /// Backspace (tmux: BSpace).
    Backspace,
    /// Delete (tmux: DC).
    Delete,
    /// Insert (tmux: IC).
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up (tmux: PPage).
    PageUp,
    /// Page down (tmux: NPage).
    PageDown,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// F1 to F24.
    F(u8),
    /// Keypad keys: '0'..='9', '/', '*', '-', '+', '.', and '\r' for Enter.
    Keypad(char),
    /// tmux's user keys (`user-keys`), from 0.
    User(u8),
    /// A mouse event as a bindable key (MouseDown1Pane …). Coordinates travel beside it in [`mouse::Mouse`].
    Mouse(mouse::MouseKey),
    /// The outer terminal gained or lost focus (FocusIn, FocusOut).
    FocusIn,
    /// Focus lost.
    FocusOut,
    /// tmux's `Any`: matches what nothing else does.
    Any,
    /// tmux's `None`.
    None,
}

/// A set of modifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mods(pub u8);

impl Mods {
    /// Shift.
    pub const SHIFT: Mods = Mods(1);
    /// Alt or Meta.
    pub const META: Mods = Mods(2);
    /// Control.
    pub const CTRL: Mods = Mods(4);
    /// Super (kitty keyboard only).
    pub const SUPER: Mods = Mods(8);
    /// Whether all of `other` are held.
    pub const fn has(self, other: Mods) -> bool {
        self.0 & other.0 == other.0
    }
    /// With `other` held.
    pub const fn with(self, other: Mods) -> Mods {
        Mods(self.0 | other.0)
    }
    /// Without `other`.
    pub const fn without(self, other: Mods) -> Mods {
        Mods(self.0 & !other.0)
    }
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Held modifiers.
    pub mods: Mods,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key {
            code,
            mods: Mods(0),
        }
    }
}

//! Colours and attributes of a cell (ECMA-48 SGR, xterm ctlseqs, kitty's underline styles).

/// A colour as a program names it. The outer terminal decides what `Default` and `Indexed` look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Colour {
    /// SGR 39, 49 or 59.
    #[default]
    Default,
    /// 0 to 7 normal, 8 to 15 bright, 16 to 255 the cube and the greys.
    Indexed(u8),
    /// SGR 38;2, 48;2, 58;2.
    Rgb(u8, u8, u8),
}

/// SGR 4 and its sub-parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Underline {
    /// SGR 24.
    #[default]
    None = 0,
    /// SGR 4 or 4:1.
    Single = 1,
    /// SGR 21 or 4:2.
    Double = 2,
    /// SGR 4:3.
    Curly = 3,
    /// SGR 4:4.
    Dotted = 4,
    /// SGR 4:5.
    Dashed = 5,
}

/// A set of the attributes that are on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attrs(pub u16);

impl Attrs {
    /// SGR 1.
    pub const BOLD: Attrs = Attrs(1);
    /// SGR 2.
    pub const DIM: Attrs = Attrs(1 << 1);
    /// SGR 3.
    pub const ITALIC: Attrs = Attrs(1 << 2);
    /// SGR 5.
    pub const BLINK: Attrs = Attrs(1 << 3);
    /// SGR 7.
    pub const REVERSE: Attrs = Attrs(1 << 4);
    /// SGR 8.
    pub const INVISIBLE: Attrs = Attrs(1 << 5);
    /// SGR 9.
    pub const STRIKE: Attrs = Attrs(1 << 6);
    /// SGR 53.
    pub const OVERLINE: Attrs = Attrs(1 << 7);
    /// DECSCA 1: DECSED and DECSEL pass over the cell.
    pub const PROTECTED: Attrs = Attrs(1 << 8);

    /// Whether all attributes of `other` are on.
    pub const fn has(self, other: Attrs) -> bool {
        self.0 & other.0 == other.0
    }
    /// The set with `other` on.
    pub const fn with(self, other: Attrs) -> Attrs {
        Attrs(self.0 | other.0)
    }
    /// The set with `other` off.
    pub const fn without(self, other: Attrs) -> Attrs {
        Attrs(self.0 & !other.0)
    }
}

/// How a cell looks. A hyperlink is not part of it (see [`crate::ScreenCell::link`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Style {
    /// Foreground.
    pub fg: Colour,
    /// Background.
    pub bg: Colour,
    /// Underline colour (SGR 58).
    pub ul: Colour,
    /// Underline style.
    pub underline: Underline,
    /// The other attributes.
    pub attrs: Attrs,
}

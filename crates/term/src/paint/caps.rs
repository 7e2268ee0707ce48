//! What an outer terminal can do: one row per capability.

/// Capabilities of one viewer's terminal, from its TERM, terminal-features and its answers to our queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// SGR 38;5.
    pub colours256: bool,
    /// SGR 38;2.
    pub rgb: bool,
    /// ?2026.
    pub sync: bool,
    /// Curly and coloured underlines (4:3, 58).
    pub underlines: bool,
    /// SGR 53.
    pub overline: bool,
    /// SGR 9.
    pub strike: bool,
    /// OSC 8.
    pub hyperlinks: bool,
    /// OSC 52.
    pub clipboard: bool,
    /// OSC 0.
    pub title: bool,
    /// SGR 1006 mouse.
    pub mouse: bool,
    /// ?2004.
    pub bracketed_paste: bool,
    /// ?1004.
    pub focus: bool,
    /// DECSCUSR.
    pub cursor_style: bool,
    /// OSC 12.
    pub cursor_colour: bool,
    /// ECH, and EL with the background colour (bce).
    pub bce: bool,
    /// DECSTBM with SU/SD or IND/RI.
    pub scroll_region: bool,
    /// REP.
    pub rep: bool,
    /// UTF-8; otherwise line drawing goes through ACS and the rest becomes `_`.
    pub utf8: bool,
}

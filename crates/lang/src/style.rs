//! Styles: `fg=red,bg=default,bold,noreverse,align=right,range=window|3,list=on,fill=blue,push-default`.

use outlast_term::Style;

/// Where drawn text belongs (`#[align=…]`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Not said.
    #[default]
    Default,
    /// left.
    Left,
    /// centre.
    Centre,
    /// right.
    Right,
    /// absolute-centre.
    AbsoluteCentre,
}

/// `range=…`: what a click on the text means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// norange.
    #[default]
    None,
    /// left.
    Left,
    /// right.
    Right,
    /// window|N.
    Window(u32),
    /// pane|%N.
    Pane(u32),
    /// session|$N.
    Session(u32),
    /// user|TEXT.
    User(String),
    /// control|N.
    Control(u8),
}

/// `list=…`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// nolist.
    #[default]
    Off,
    /// on.
    On,
    /// focus.
    Focus,
    /// left-marker.
    LeftMarker,
    /// right-marker.
    RightMarker,
}

/// `push-default`, `pop-default`, `set-default`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultAction {
    /// None of them.
    #[default]
    Keep,
    /// push-default.
    Push,
    /// pop-default.
    Pop,
    /// set-default.
    Set,
}

/// A style with the drawing instructions that formats may carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyleSpec {
    /// The cell style.
    pub style: Style,
    /// `ignore`.
    pub ignore: bool,
    /// `fill=`.
    pub fill: Option<outlast_term::Colour>,
    /// `align=`.
    pub align: Align,
    /// `range=`.
    pub range: Range,
    /// `list=`.
    pub list: List,
    /// The default style's stack.
    pub default: DefaultAction,
    /// `width=` (columns or percent) and `pad=` as given, for scrollbars and popups.
    pub width: Option<String>,
}

/// Applies the words of `text` to `current`, `base` being what `default` means. Words are separated by commas or
/// blanks. Err leaves nothing changed.
#[allow(unused_variables, clippy::todo)]
pub fn parse(text: &str, current: &StyleSpec, base: &Style) -> Result<StyleSpec, String> {
    todo!()
}

/// tmux's text of a style.
#[allow(unused_variables, clippy::todo)]
pub fn name(style: &StyleSpec) -> String {
    todo!()
}

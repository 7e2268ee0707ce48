//! Colour names: `default`, `red`, `brightred`, `colour123`, `#rrggbb`, X11 names.

use outlast_term::Colour;

/// The colour of a name. `terminal` counts as Default.
#[allow(unused_variables, clippy::todo)]
pub fn parse(name: &str) -> Option<Colour> {
    todo!()
}

/// tmux's name of a colour.
#[allow(unused_variables, clippy::todo)]
pub fn name(colour: Colour) -> String {
    todo!()
}

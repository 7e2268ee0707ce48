//! What clients' terminals say of their looks: foreground and background (OSC 10, 11), dark or light (CSI ? 997 n).
//!
//! Programs in panes ask the same questions (a light terminal makes an editor choose other colours), so the panes'
//! terminals are told what the client that was used last has said.

use outlast_lang::colour;
use outlast_lang::options::Value;
use outlast_term::{Colour, OuterColours, parse_colour};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{ClientId, PaneId};

/// What one terminal has said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// Foreground.
    pub fg: Option<(u8, u8, u8)>,
    /// Background.
    pub bg: Option<(u8, u8, u8)>,
    /// Its theme is a dark one.
    pub dark: Option<bool>,
}

/// Asks for the colours.
const QUESTIONS: &[u8] = b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\";

/// The colour that an answer to OSC 10 (`0`) or 11 (`1`) names.
fn answered(bytes: &[u8]) -> Option<(u8, (u8, u8, u8))> {
    let [0x1b, b']', b'1', which @ (b'0' | b'1'), b';', rest @ ..] = bytes else {
        return None;
    };
    let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b));
    Some((*which, parse_colour(&rest[..end.unwrap_or(rest.len())])?))
}

/// A client in control mode says how what shows a pane looks (refresh-client -r): an answer to OSC 10 or 11. Anything else is
/// passed over.
pub(crate) fn report(core: &mut Core, id: PaneId, bytes: &[u8]) {
    let Some((which, colour)) = answered(bytes) else {
        return;
    };
    let Some(pane) = core.model.panes.get_mut(&id) else {
        return;
    };
    match which {
        b'0' => pane.state.told_colours.0 = Some(colour),
        _ => pane.state.told_colours.1 = Some(colour),
    }
    let colours = core.colours_for(id);
    if let Some(pane) = core.model.panes.get_mut(&id) {
        pane.terminal.set_outer_colours(colours);
    }
}

/// A terminal has answered, or said something by itself.
pub(crate) fn reply(core: &mut Core, id: ClientId, bytes: &[u8]) {
    if core.clipboard_told(id, bytes) {
        return;
    }
    let Some(client) = core.model.clients.get_mut(&id) else {
        return;
    };
    let mut looks = client.state.looks.clone();
    let mut theme = None;
    match (answered(bytes), bytes) {
        (Some((b'0', colour)), _) => looks.fg = Some(colour),
        (Some((_, colour)), _) => looks.bg = Some(colour),
        (None, b"\x1b[?997;1n") => theme = Some(true),
        (None, b"\x1b[?997;2n") => theme = Some(false),
        _ => return,
    }
    if theme.is_some() {
        // It changes together with the colours: they are asked for again.
        if looks.dark.is_some() && looks.dark != theme {
            client.raw.extend_from_slice(QUESTIONS);
        }
        looks.dark = theme;
    }
    if client.state.looks != looks {
        client.state.looks = looks;
        renew(core);
    }
    match theme {
        Some(true) => core.notify_client("client-dark-theme", id),
        Some(false) => core.notify_client("client-light-theme", id),
        None => {}
    }
}

impl Core {
    /// The palette that pane-colours gives a pane.
    pub(crate) fn pane_colours(&self, id: PaneId) -> Vec<(u8, Colour)> {
        let Some(Value::Array(colours)) = self.pane_chain(id).value("pane-colours") else {
            return Vec::new();
        };
        let colour = |(index, text): (u32, String)| {
            let colour = colour::parse(&text).filter(|colour| *colour != Colour::Default)?;
            Some((u8::try_from(index).ok()?, colour))
        };
        colours.into_iter().filter_map(colour).collect()
    }

    /// What a pane's terminal answers when it is asked for colours.
    pub(crate) fn colours_for(&self, id: PaneId) -> OuterColours {
        let rgb = |(index, colour)| Some((index, colour::to_rgb(colour)?));
        let told = self
            .model
            .panes
            .get(&id)
            .map(|pane| pane.state.told_colours);
        let (fg, bg) = told.unwrap_or_default();
        let known = &self.looks.1;
        OuterColours {
            fg: fg.or(known.fg),
            bg: bg.or(known.bg),
            palette: self.pane_colours(id).into_iter().filter_map(rgb).collect(),
            ..known.clone()
        }
    }
}

/// Tells the panes how the terminal of the client that was used last looks.
pub(crate) fn renew(core: &mut Core) {
    let known = core
        .attached_clients()
        .filter(|client| client.state.looks != Looks::default());
    let Some(looks) = known
        .max_by_key(|client| client.state.used)
        .map(|client| client.state.looks.clone())
    else {
        return;
    };
    let colours = OuterColours {
        fg: looks.fg,
        bg: looks.bg,
        ..OuterColours::default()
    };
    if core.looks.1 == colours {
        return;
    }
    core.looks = (core.looks.0 + 1, colours);
    let mut told: Vec<PaneId> = Vec::new();
    let panes: Vec<PaneId> = core.model.panes.keys().copied().collect();
    for id in panes {
        let colours = core.colours_for(id);
        let Some(pane) = core.model.panes.get_mut(&id) else {
            continue;
        };
        let before = pane.terminal.dark();
        pane.looks = core.looks.0;
        pane.terminal.set_outer_colours(colours);
        if pane.terminal.modes().theme_reports && pane.terminal.dark() != before {
            pane.terminal.report_theme();
            told.push(id);
        }
    }
    for pane in told {
        core.answer(pane);
    }
}

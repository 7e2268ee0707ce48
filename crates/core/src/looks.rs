//! What clients' terminals say of their looks: foreground and background (OSC 10, 11), dark or light (CSI ? 997 n).
//!
//! Programs in panes ask the same questions (a light terminal makes an editor choose other colours), so the panes'
//! terminals are told what the client that was used last has said.

use outlast_term::{OuterColours, parse_colour};
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
    match bytes {
        [0x1b, b']', b'1', which @ (b'0' | b'1'), b';', rest @ ..] => {
            let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b));
            let Some(colour) = parse_colour(&rest[..end.unwrap_or(rest.len())]) else {
                return;
            };
            match which {
                b'0' => looks.fg = Some(colour),
                _ => looks.bg = Some(colour),
            }
        }
        b"\x1b[?997;1n" => theme = Some(true),
        b"\x1b[?997;2n" => theme = Some(false),
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
    for (id, pane) in core.model.panes.iter_mut() {
        let before = pane.terminal.dark();
        pane.looks = core.looks.0;
        pane.terminal.set_outer_colours(core.looks.1.clone());
        if pane.terminal.modes().theme_reports && pane.terminal.dark() != before {
            pane.terminal.report_theme();
            told.push(*id);
        }
    }
    for pane in told {
        core.answer(pane);
    }
}

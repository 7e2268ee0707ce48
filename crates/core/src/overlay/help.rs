//! The help of a chooser: keys and what they do, in the middle of the client's screen. Any key closes it; where it is
//! higher than the screen, the keys that move up and down scroll it (tmux shows none there).

use outlast_term::keys::Key;
use outlast_term::keys::mouse::{Mouse, MouseKind, decode_raw};
use outlast_term::{Attrs, MouseTracking, Style};
use serde::{Deserialize, Serialize};

use super::boxes::Lines;
use super::{Layer, Overlay, Piece, Taken};
use crate::Core;
use crate::draw::{self, View};
use crate::model::ids::ClientId;

/// Keys and what they do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Help {
    /// Key and text of each line.
    pub lines: Vec<(String, String)>,
    /// First line shown.
    pub top: usize,
}

impl Help {
    fn rows(&self, rows: u16) -> usize {
        usize::from(rows.saturating_sub(2)).min(self.lines.len())
    }
}

/// Scrolls by lines. Close: all of it is shown already.
fn scroll(core: &mut Core, client: ClientId, by: isize) -> Taken {
    let Some(client) = core.model.clients.get_mut(&client) else {
        return Taken::Close;
    };
    let rows = client.state.rows;
    let Some(Overlay::Help(help)) = &mut client.state.overlay else {
        return Taken::Close;
    };
    let most = help.lines.len() - help.rows(rows);
    if most == 0 {
        return Taken::Close;
    }
    help.top = help.top.saturating_add_signed(by).min(most);
    client.stale = true;
    Taken::Yes
}

pub(super) fn key(core: &mut Core, client: ClientId, key: Key) -> Taken {
    match outlast_lang::key::name(key).as_str() {
        "Up" | "k" => scroll(core, client, -1),
        "Down" | "j" => scroll(core, client, 1),
        "PPage" | "C-b" => scroll(core, client, -10),
        "NPage" | "C-f" | "Space" => scroll(core, client, 10),
        _ => Taken::Close,
    }
}

pub(super) fn mouse(core: &mut Core, client: ClientId, report: Mouse) -> Taken {
    match decode_raw(report.raw, report.release).kind {
        MouseKind::WheelUp => scroll(core, client, -3),
        MouseKind::WheelDown => scroll(core, client, 3),
        MouseKind::Down => Taken::Close,
        _ => Taken::Yes,
    }
}

pub(super) fn layer(view: &View, help: &Help) -> Layer {
    let width = |text: &String| draw::text_width(text);
    let keys = help.lines.iter().map(|(key, _)| width(key)).max();
    let keys = keys.unwrap_or(0);
    let texts = help.lines.iter().map(|(_, text)| width(text)).max();
    let cols = (keys + texts.unwrap_or(0) + 7).min(view.cols);
    let shown = help.rows(view.rows);
    let rows = shown as u16 + 2;
    let plain = Style::default();
    let bold = Style {
        attrs: Attrs::BOLD,
        ..plain
    };
    let mut out = Lines::of(0).draw(cols, rows, "", plain, plain);
    let lines = help.lines.iter().skip(help.top).take(shown);
    for ((key, text), row) in lines.zip(out.iter_mut().skip(1)) {
        let end = cols.saturating_sub(1);
        let at = 2 + keys - width(key);
        draw::write_text(row, at, end, key, bold);
        let x = draw::write_text(row, 2 + keys, end, " │ ", plain);
        draw::write_text(row, x, end, text, plain);
    }
    let (x, y) = ((view.cols - cols) / 2, view.rows.saturating_sub(rows) / 2);
    let pieces = (y..).zip(out).map(|(y, row)| Piece { x, y, row });
    Layer {
        pieces: pieces.collect(),
        cursor: None,
        mouse: MouseTracking::Button,
    }
}

//! display-panes: the number of each pane over it; a number or letter goes there.

use outlast_lang::colour;
use outlast_lang::parse::{Argument, CommandList};
use outlast_term::keys::{Code, Key, Mods};
use outlast_term::{Colour, MouseTracking, ScreenRow, Style};
use serde::{Deserialize, Serialize};

use super::{Layer, Overlay, Piece, Taken, digits};
use crate::Core;
use crate::draw::{self, View};
use crate::model::ids::{ClientId, PaneId};

/// Numbers over panes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// What is run for the chosen pane, `%%%` being its id.
    pub template: Argument,
    /// -N: keys only take it away.
    pub no_keys: bool,
    /// Monotonic ms at which it goes; None: with a key.
    pub until_ms: Option<u64>,
    /// The queue item that waits for it.
    pub ticket: Option<u64>,
}

pub(super) fn key(core: &mut Core, client: ClientId, key: Key) -> Taken {
    let state = core.model.clients.get(&client).map(|client| &client.state);
    let Some(Overlay::Panes(numbers)) = state.and_then(|state| state.overlay.as_ref()) else {
        return Taken::Pass;
    };
    let index = match key {
        _ if numbers.no_keys => None,
        Key {
            code: Code::Char(c @ '0'..='9'),
            mods: Mods(0),
        } => Some(i64::from(u32::from(c) - u32::from('0'))),
        Key {
            code: Code::Char(c @ 'a'..='z'),
            mods: Mods(0),
        } => Some(i64::from(u32::from(c) - u32::from('a') + 10)),
        _ => None,
    };
    let Some(index) = index else {
        return Taken::Pass;
    };
    let (template, ticket) = (numbers.template.clone(), numbers.ticket);
    let window = draw::view(core, client).map(|view| view.window);
    let panes = window
        .and_then(|window| core.model.windows.get(&window))
        .map(|window| window.panes.clone());
    let pane = panes
        .unwrap_or_default()
        .into_iter()
        .find(|pane| core.pane_index(*pane) == Some(index));
    let (Some(pane), Some(window)) = (pane, window) else {
        return Taken::Close;
    };
    core.unzoom(window);
    let commands = commands(core, client, &template, pane);
    // The queue item that waits goes on when the overlay closes, after the commands.
    core.prompt_done(client, ticket, commands, 0, false);
    Taken::Close
}

fn commands(
    core: &mut Core,
    client: ClientId,
    template: &Argument,
    pane: PaneId,
) -> Option<CommandList> {
    let value = pane.to_string();
    let text = match template {
        Argument::Block(list) => return Some(list.replace(&[value])),
        Argument::Text(text) => outlast_lang::parse::replace(text, &value, 1),
    };
    match core.parse_commands(&text) {
        Ok(list) => Some(list),
        Err(error) => {
            core.append_action(Some(client), crate::queue::Action::Error(error));
            None
        }
    }
}

pub(super) fn layer(core: &Core, view: &View) -> Layer {
    let mut pieces = Vec::new();
    let chain = core.session_chain(Some(view.session));
    let active = core.model.windows.get(&view.window).map(|w| w.active);
    for pane in draw::visible_panes(core, view.window) {
        let option = match active == Some(pane) {
            true => "display-panes-active-colour",
            false => "display-panes-colour",
        };
        let colour = colour::parse(&chain.text(option)).unwrap_or_default();
        number(core, view, pane, colour, &mut pieces);
    }
    Layer {
        pieces,
        cursor: None,
        mouse: MouseTracking::Off,
    }
}

fn text_piece(x: u16, y: u16, text: &str, style: Style) -> Piece {
    let cols = draw::text_width(text);
    let mut row: ScreenRow = draw::blank_row(cols, style);
    draw::write_text(&mut row, 0, cols, text, style);
    Piece { x, y, row }
}

fn number(core: &Core, view: &View, pane: PaneId, colour: Colour, out: &mut Vec<Piece>) {
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return;
    };
    // What of the pane can be seen.
    let part = |at: u16, len: u16, from: u16, room: u16| {
        let (start, end) = (at.max(from), (at + len).min(from + room));
        (start < end).then(|| (start - from, end - start))
    };
    let rows = view.sy.min(view.window_rows());
    let (Some((x, sx)), Some((y, sy))) = (
        part(state.x, state.cols, view.ox, view.sx),
        part(state.y, state.rows, view.oy, rows),
    ) else {
        return;
    };
    let y = y + view.window_top();
    let index = core.pane_index(pane).unwrap_or(0);
    let text = index.to_string();
    let letter = u8::try_from(index)
        .ok()
        .filter(|index| (10..35).contains(index))
        .map(|index| char::from(b'a' + index - 10).to_string())
        .unwrap_or_default();
    let len = text.len() as u16;
    let fg = Style {
        fg: colour,
        ..Style::default()
    };
    let bg = Style {
        bg: colour,
        ..Style::default()
    };
    if sx < len {
        return;
    }
    if sx < len * 6 || sy < 5 {
        let with_letter = format!("{text} {letter}");
        let whole = with_letter.trim_end();
        let text = match sx >= whole.len() as u16 {
            true => whole,
            false => text.as_str(),
        };
        let left = sx / 2 - (text.len() as u16 / 2).min(sx / 2);
        out.push(text_piece(x + left, y + sy / 2, text, fg));
        return;
    }
    let (left, top) = (sx / 2 - len * 3, sy / 2 - 2);
    for (n, c) in text.chars().enumerate() {
        for row in 0..digits::SIZE {
            for column in (0..digits::SIZE).filter(|column| digits::is_set(c, *column, row)) {
                let at = x + left + n as u16 * 6 + column;
                out.push(text_piece(at, y + top + row, " ", bg));
            }
        }
    }
    if sy <= 6 {
        return;
    }
    let size = format!("{}x{}", state.cols, state.rows);
    let width = size.len() as u16;
    if sx >= width {
        out.push(text_piece(x + sx - width, y, &size, fg));
    }
    if !letter.is_empty() {
        let at = x + sx / 2 + len * 3 - 2;
        out.push(text_piece(at, y + top + 5, &letter, fg));
    }
}

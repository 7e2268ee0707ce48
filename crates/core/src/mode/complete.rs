//! What Tab does in a prompt: the longest beginning that the possible words share; a menu of them when that is what
//! stands there. Commands, aliases, options and layouts; after `-t` and `-s`, or when the prompt asks for a target,
//! sessions and their windows.

use std::ops::Range;

use outlast_lang::options;

use super::prompt::Prompt;
use crate::Core;
use crate::draw;
use crate::model::Session;
use crate::model::ids::{ClientId, WindowId};
use crate::model::layout::presets;
use crate::overlay::menu::{Item, Menu};
use crate::overlay::{self, Overlay};
use crate::queue::State;

/// So many words are offered.
const OFFERED: u16 = 10;

/// What Tab comes to.
#[derive(Debug, PartialEq)]
pub enum Completed {
    /// What characters of the line become.
    Text(Range<usize>, String),
    /// These words are offered.
    Offer(Offer),
}

/// Words to choose from.
#[derive(Debug, PartialEq)]
pub struct Offer {
    /// What is shown and what is put into the line.
    words: Vec<(String, String)>,
    /// Before which character of the line they are shown.
    at: usize,
    /// Of too many the last ones are shown, not the first.
    last: bool,
}

/// The word at the cursor.
fn word_at(prompt: &Prompt) -> Option<Range<usize>> {
    let input = &prompt.input;
    let at = prompt.cursor.min(input.len()).saturating_sub(1);
    match input.get(at) {
        None => return Some(0..0),
        Some(' ') => return None,
        Some(_) => {}
    }
    let start = input[..at].iter().rposition(|c| *c == ' ');
    let end = input[at..].iter().position(|c| *c == ' ');
    Some(start.map_or(0, |start| start + 1)..end.map_or(input.len(), |n| at + n))
}

/// What Tab does to the word at the cursor.
pub fn complete(core: &Core, client: ClientId, prompt: &Prompt) -> Option<Completed> {
    let place = word_at(prompt)?;
    let word: String = prompt.input[place.clone()].iter().collect();
    let asks_target = matches!(prompt.kind.as_str(), "target" | "window-target");
    let (flag, rest) = match word.get(..2) {
        _ if asks_target => ("", word.as_str()),
        Some(flag @ ("-t" | "-s")) => (flag, &word[2..]),
        _ if word.is_empty() => return None,
        _ => return finish(commands(core, &word, place.start == 0), &word, "", place),
    };
    let own = core.model.clients.get(&client)?.state.session;
    let own = own.and_then(|id| core.model.sessions.get(&id));
    if prompt.kind == "window-target" {
        return windows(core, own?, rest, "", (flag, place));
    }
    let Some((name, window)) = rest.split_once(':') else {
        return finish(sessions(core, rest), &word, flag, place);
    };
    if window.contains('.') {
        return None;
    }
    let session = match name {
        "" => own?,
        name => core.model.sessions.values().find(|one| one.name == name)?,
    };
    let before = format!("{}:", session.name);
    windows(core, session, window, &before, (flag, place))
}

/// What the words come to: their shared beginning, or all of them.
fn finish(
    mut words: Vec<String>,
    word: &str,
    flag: &str,
    place: Range<usize>,
) -> Option<Completed> {
    words.sort();
    let first = words.first()?;
    let shared = words.iter().fold(first.len(), |length, name| {
        let same = first.bytes().zip(name.bytes());
        length.min(same.take_while(|(a, b)| a == b).count())
    });
    let shared = (0..=shared).rev().find(|at| first.is_char_boundary(*at))?;
    let mut text = format!("{flag}{}", &first[..shared]);
    if words.len() == 1 && flag.is_empty() && !first.ends_with(':') {
        text.push(' ');
    }
    if text != word && shared > 0 {
        return Some(Completed::Text(place, text));
    }
    if words.len() < 2 {
        return None;
    }
    let words = words.into_iter().map(|name| {
        let text = format!("{flag}{name}");
        (name, text)
    });
    Some(Completed::Offer(Offer {
        words: words.collect(),
        at: place.start + flag.len(),
        last: true,
    }))
}

/// Commands and aliases, behind the first word options and layouts, too.
fn commands(core: &Core, word: &str, first: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !name.is_empty() && name.starts_with(word) && !found.iter().any(|known| known == name) {
            found.push(name.to_string());
        }
    };
    for row in crate::commands::ROWS {
        add(row.name);
        add(row.alias);
    }
    for alias in core.server_chain().array("command-alias") {
        if let Some((name, _)) = alias.split_once('=') {
            add(name);
        }
    }
    if !first {
        options::ROWS.iter().for_each(|row| add(row.name));
        presets::NAMES.iter().for_each(|name| add(name));
    }
    found
}

/// Sessions by their names, or by their numbers behind a dollar.
fn sessions(core: &Core, word: &str) -> Vec<String> {
    let named = |session: &Session| {
        let id = format!("${}", session.id.0);
        if session.name.starts_with(word) {
            Some(format!("{}:", session.name))
        } else {
            (word.starts_with('$') && id.starts_with(word)).then(|| format!("{id}:"))
        }
    };
    let sessions = core.model.sessions.values();
    sessions.filter_map(|session| named(session)).collect()
}

/// The windows of a session whose numbers begin so; `before` is what the number stands behind.
fn windows(
    core: &Core,
    session: &Session,
    number: &str,
    before: &str,
    (flag, place): (&str, Range<usize>),
) -> Option<Completed> {
    let named = |(index, (id, _)): (&u32, &(WindowId, _))| {
        let name = core.model.windows.get(id).map_or("", |window| &window.name);
        let text = format!("{before}{index}");
        (format!("{text} ({name})"), format!("{flag}{text}"))
    };
    let found = session.windows.iter();
    let found = found.filter(|(index, _)| index.to_string().starts_with(number));
    let mut words: Vec<(String, String)> = found.map(named).collect();
    match words.len() {
        0 => None,
        1 => Some(Completed::Text(place, words.remove(0).1)),
        _ => Some(Completed::Offer(Offer {
            words,
            at: place.start + flag.len(),
            last: false,
        })),
    }
}

/// Shows the words over the status line; the one that is chosen takes the place of the word at the cursor.
pub fn offer(core: &mut Core, client: ClientId, offer: Offer) {
    let Some(view) = draw::view(core, client) else {
        return;
    };
    let Some((column, label)) = draw::prompt_place(core, client, &view) else {
        return;
    };
    let Some(height) = view.rows.checked_sub(view.status + 2).filter(|n| *n > 0) else {
        return;
    };
    if overlay::is_open(core, client) {
        return;
    }
    let most = height.min(OFFERED);
    let skip = match offer.last {
        true => offer.words.len().saturating_sub(usize::from(most)),
        false => 0,
    };
    let mut menu = Menu {
        no_mouse: true,
        completes: true,
        state: State::default(),
        ..Menu::default()
    };
    let words = offer.words.into_iter().skip(skip);
    for (n, (shown, text)) in words.take(usize::from(most)).enumerate() {
        let shown = shown.replace('#', "##");
        menu.add(&shown, &n.to_string(), text, false, view.cols);
    }
    let lines = u16::try_from(menu.items.len()).unwrap_or(most);
    menu.start_at(0);
    let offset = usize::from(column + label) + offer.at;
    menu.x = u16::try_from(offset.saturating_sub(2)).unwrap_or(u16::MAX);
    menu.y = match core
        .session_chain(Some(view.session))
        .number("status-position")
    {
        0 => view.status,
        _ => view.rows.saturating_sub(3 + lines),
    };
    menu.fit(view.cols, view.rows);
    overlay::open(core, client, Overlay::Menu(Box::new(menu)));
}

/// A word of the menu is chosen.
pub(crate) fn chosen(prompt: &mut Prompt, item: &Item) {
    let place = match prompt.kind.as_str() {
        "window-target" => 0..prompt.input.len(),
        _ => match word_at(prompt) {
            Some(place) => place,
            None => return,
        },
    };
    prompt.input.splice(place.clone(), item.command.chars());
    prompt.cursor = place.start + item.command.chars().count();
    // It was not typed character by character.
    prompt.typed = false;
}

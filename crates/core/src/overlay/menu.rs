//! display-menu (tmux(1), display-menu): a box of lines, one of which is chosen with keys or the mouse.
//!
//! A menu is made by the command (`commands::menus`), its texts expanded; what is chosen is run as text of commands.
//! Departures from tmux: a line of a menu is cut by its columns, not by its bytes; the mouse that moves without a
//! button over a menu chooses nothing; the release of the click that opened a menu leaves it open, so that a finger
//! can choose, and so does a press on a line that the mouse has not been over before.

use outlast_lang::style;
use outlast_term::keys::Key;
use outlast_term::keys::mouse::{Mouse, MouseKind, decode_raw};
use outlast_term::{Attrs, MouseTracking, Style};
use serde::{Deserialize, Serialize};

use super::boxes::Lines;
use super::{Layer, Overlay, Piece, Taken};
use crate::Core;
use crate::draw::{self, View};
use crate::model::ids::ClientId;
use crate::queue::{Action, State};

/// A line of a menu.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What is shown, an expanded format; with `-` in front it cannot be chosen.
    pub name: String,
    /// The key that chooses it, by its name; "" for none.
    pub key: String,
    /// The commands, as text.
    pub command: String,
    /// Name and commands are word for word what who opened the menu wrote: no format has put anything in.
    #[serde(default)]
    pub plain: bool,
}

impl Item {
    fn is_disabled(&self) -> bool {
        self.name.starts_with('-')
    }
}

/// A menu.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Menu {
    /// Its title, an expanded format.
    pub title: String,
    /// Its lines; None is a divider.
    pub items: Vec<Option<Item>>,
    /// Columns inside, without the blanks at the sides.
    pub width: u16,
    /// Left column on the screen.
    pub x: u16,
    /// Top row on the screen.
    pub y: u16,
    /// The chosen line.
    pub choice: Option<usize>,
    /// Index of `menu-border-lines`; None: the option's.
    pub lines: Option<i64>,
    /// -s, colours over menu-style.
    pub style: Option<String>,
    /// -H, colours over menu-selected-style.
    pub selected_style: Option<String>,
    /// -S, colours over menu-border-style.
    pub border_style: Option<String>,
    /// -O: it stays when the mouse button is released outside.
    pub stay_open: bool,
    /// The mouse does not choose.
    pub no_mouse: bool,
    /// The words that Tab found in a prompt: what is chosen is put there.
    #[serde(default)]
    pub completes: bool,
    /// Opened by a press of the mouse, and nothing has come of the mouse since.
    #[serde(default)]
    pub fresh: bool,
    /// What the commands are about.
    pub state: State,
    /// The queue item that waits for it.
    pub ticket: Option<u64>,
}

impl Menu {
    /// Adds a divider, unless there is nothing above it or one already.
    pub fn divide(&mut self) {
        if matches!(self.items.last(), Some(Some(_))) {
            self.items.push(None);
        }
    }

    /// Adds a line whose texts are expanded; none for an empty name. `columns` is the width of the client.
    pub fn add(&mut self, name: &str, key: &str, command: String, plain: bool, columns: u16) {
        if name.is_empty() {
            return;
        }
        let mut room = usize::from(columns.saturating_sub(4));
        let long = outlast_lang::format::width(name);
        let known = outlast_lang::key::parse(key).map(outlast_lang::key::name);
        let mut shown = known
            .clone()
            .filter(|key| key != "None" && !name.starts_with('-'));
        if let Some(key) = &shown {
            // A blank and two brackets.
            let needed = key.chars().count() + 3;
            if needed <= room / 4 {
                room -= needed;
            } else if needed >= room || long >= room - needed {
                shown = None;
            }
        }
        let mut text = if long > room {
            outlast_lang::format::trim_right(name, room.saturating_sub(1)) + ">"
        } else {
            name.to_string()
        };
        if let Some(key) = &shown {
            text.push_str(&format!("#[default] #[align=right]({key})"));
        }
        let item = Item {
            name: text,
            key: known.unwrap_or_default(),
            command,
            plain,
        };
        let width = draw::format_width(&item.name) - u16::from(item.is_disabled());
        self.width = self.width.max(width);
        self.items.push(Some(item));
    }

    /// Columns and rows of the box.
    pub fn size(&self) -> (u16, u16) {
        let rows = u16::try_from(self.items.len()).unwrap_or(u16::MAX);
        (self.width.saturating_add(4), rows.saturating_add(2))
    }

    fn can_be_chosen(&self, at: usize) -> bool {
        self.items
            .get(at)
            .is_some_and(|item| item.as_ref().is_some_and(|item| !item.is_disabled()))
    }

    /// -C: the line that is chosen at first; the next that can be.
    pub fn start_at(&mut self, choice: usize) {
        let count = self.items.len();
        let back = choice >= count;
        let from = choice.min(count.saturating_sub(1));
        self.choice = (0..count)
            .map(|n| match back {
                true => (from + count - n) % count,
                false => (from + n) % count,
            })
            .find(|at| self.can_be_chosen(*at));
    }

    /// The next line that can be chosen, upwards or downwards; at the ends it goes round.
    fn step(&mut self, up: bool) {
        let count = self.items.len();
        let next = |at: usize| match up {
            true => (at + count - 1) % count,
            false => (at + 1) % count,
        };
        let mut at = match (self.choice, up) {
            (Some(at), _) => next(at),
            (None, true) => count - 1,
            (None, false) => 0,
        };
        for _ in 0..count {
            if self.can_be_chosen(at) {
                self.choice = Some(at);
                return;
            }
            at = next(at);
        }
    }

    /// Five lines that can be chosen on, or to the end.
    fn page(&mut self, up: bool) {
        let at = self.choice.unwrap_or(0);
        let ends: Vec<usize> = (0..self.items.len())
            .filter(|n| self.can_be_chosen(*n))
            .collect();
        let found = match up {
            true => ends
                .iter()
                .rev()
                .filter(|n| **n < at)
                .nth(4)
                .or(ends.first()),
            false => ends.iter().filter(|n| **n > at).nth(4).or(ends.last()),
        };
        self.choice = found.copied();
    }

    fn end(&mut self, last: bool) {
        let mut all = (0..self.items.len()).filter(|n| self.can_be_chosen(*n));
        let found = if last { all.next_back() } else { all.next() };
        self.choice = found;
    }

    /// Puts the box where it fits a screen.
    pub(crate) fn fit(&mut self, cols: u16, rows: u16) {
        let (width, height) = self.size();
        if self.x.saturating_add(width) > cols {
            self.x = cols.saturating_sub(width);
        }
        if self.y.saturating_add(height) > rows {
            self.y = rows.saturating_sub(height);
        }
    }
}

fn edit<T>(core: &mut Core, client: ClientId, run: impl FnOnce(&mut Menu) -> T) -> Option<T> {
    let client = core.model.clients.get_mut(&client)?;
    let Some(Overlay::Menu(menu)) = &mut client.state.overlay else {
        return None;
    };
    client.stale = true;
    Some(run(menu))
}

/// What a choice comes to.
pub(super) enum Chosen<'a> {
    /// This line.
    Item(&'a Item),
    /// Nothing can be chosen there; the menu stays.
    Stays,
    /// The menu closes without a choice.
    Closes,
}

impl Menu {
    /// What a key does.
    pub(super) fn press(&mut self, key: Key) -> Pressed {
        let name = outlast_lang::key::name(key);
        let by_key = self.items.iter().position(|item| {
            let item = item.as_ref().filter(|item| !item.is_disabled());
            item.is_some_and(|item| item.key == name && name != "None")
        });
        if by_key.is_some() {
            self.choice = by_key;
            return Pressed::Chooses;
        }
        let last = self.choice.is_some_and(|at| at + 1 == self.items.len());
        match name.as_str() {
            "BSpace" if self.completes => return Pressed::Closes,
            "Tab" if self.completes && last => return Pressed::Closes,
            "Tab" if self.completes => self.step(false),
            "BTab" | "Up" | "k" => self.step(true),
            "Down" | "j" => self.step(false),
            "PPage" | "C-b" => self.page(true),
            "NPage" => self.page(false),
            "Home" | "g" => self.end(false),
            "End" | "G" => self.end(true),
            "Enter" | "KPEnter" => return Pressed::Chooses,
            "Escape" | "C-[" | "C-c" | "C-g" | "q" => return Pressed::Closes,
            _ => {}
        }
        Pressed::Nothing
    }

    /// What choosing the line that is chosen comes to.
    pub(super) fn chosen(&self) -> Chosen<'_> {
        let Some(at) = self.choice else {
            return Chosen::Closes;
        };
        match self.items.get(at) {
            Some(Some(item)) if self.can_be_chosen(at) => Chosen::Item(item),
            _ if self.stay_open => Chosen::Stays,
            _ => Chosen::Closes,
        }
    }
}

pub(super) fn key(core: &mut Core, client: ClientId, key: Key) -> Taken {
    let pressed = edit(core, client, |menu| menu.press(key));
    pressed_to_taken(core, client, pressed)
}

fn pressed_to_taken(core: &mut Core, client: ClientId, pressed: Option<Pressed>) -> Taken {
    match pressed {
        Some(Pressed::Closes) => Taken::Close,
        Some(Pressed::Chooses) => choose(core, client),
        Some(Pressed::Nothing) | None => Taken::Yes,
    }
}

/// The chosen line's commands are run, about what the menu was about. They are a person's if a person's hand has opened the
/// menu and chooses, and nobody else has had a word in what the line says.
fn choose(core: &mut Core, client: ClientId) -> Taken {
    let Some(Overlay::Menu(menu)) = super::get(core, client) else {
        return Taken::Yes;
    };
    if menu.completes {
        if let Chosen::Item(item) = menu.chosen() {
            let item = item.clone();
            crate::mode::prompt::completed(core, client, &item);
        }
        return Taken::Close;
    }
    let (command, plain, mut state) = match menu.chosen() {
        Chosen::Item(item) => (item.command.clone(), item.plain, menu.state.clone()),
        Chosen::Stays => return Taken::Yes,
        Chosen::Closes => return Taken::Close,
    };
    core.aliased = false;
    match core.parse_commands(&command) {
        Ok(list) => {
            let own = plain && !core.aliased && state.proof.is_some();
            state.proof = core.hand.clone().filter(|_| own);
            state.shows &= own && state.proof.is_some();
            (state.own, state.binds) = (false, false);
            core.append_as(Some(client), &list, state);
        }
        Err(error) => core.append_action(Some(client), Action::Error(error)),
    }
    Taken::Close
}

/// What a key or a report of the mouse does to a menu.
pub(super) enum Pressed {
    Nothing,
    Closes,
    Chooses,
}

impl Menu {
    /// What a report of the mouse does.
    pub(super) fn point(&mut self, report: Mouse) -> Pressed {
        let raw = decode_raw(report.raw, report.release);
        if self.no_mouse {
            return match (raw.button, raw.kind) {
                (1, kind) if kind != MouseKind::Up => Pressed::Nothing,
                (_, MouseKind::Move) => Pressed::Nothing,
                _ => Pressed::Closes,
            };
        }
        let releases = raw.kind == MouseKind::Up;
        let opened_at = self.state.mouse.as_ref().map(|mouse| (mouse.x, mouse.y));
        let click = std::mem::take(&mut self.fresh) && opened_at == Some((report.x, report.y));
        if click && releases {
            return Pressed::Nothing;
        }
        let (width, height) = self.size();
        let inside = report.x >= self.x
            && report.x < self.x.saturating_add(width)
            && report.y > self.y
            && report.y < self.y.saturating_add(height - 1);
        if !inside {
            let leaves = match self.stay_open {
                false => releases,
                true => raw.kind == MouseKind::Down,
            };
            self.choice = None;
            return if leaves {
                Pressed::Closes
            } else {
                Pressed::Nothing
            };
        }
        // A release without a press or drag before it is no choice: the menu has come up under the mouse.
        let chooses = match self.stay_open {
            false => releases && self.choice.is_some(),
            true => raw.kind == MouseKind::Down || releases && self.choice.is_some(),
        };
        self.choice = Some(usize::from(report.y - self.y - 1));
        if chooses {
            Pressed::Chooses
        } else {
            Pressed::Nothing
        }
    }
}

pub(super) fn mouse(core: &mut Core, client: ClientId, report: Mouse) -> Taken {
    let pressed = edit(core, client, |menu| menu.point(report));
    pressed_to_taken(core, client, pressed)
}

pub(super) fn resized(core: &mut Core, client: ClientId) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let (cols, rows) = (state.cols, state.rows);
    edit(core, client, |menu| menu.fit(cols, rows));
}

/// The style of an option with the colours of a text over it.
pub(super) fn style_with(
    core: &Core,
    client: ClientId,
    view: &View,
    option: &str,
    over: &Option<String>,
) -> Style {
    let context = draw::context(core, client, None);
    let chain = core.window_chain(view.window);
    let mut style = draw::style_of(core, &chain, option, &context);
    let current = style::StyleSpec {
        style,
        ..style::StyleSpec::default()
    };
    let parsed = over
        .as_ref()
        .and_then(|text| style::parse(text, &current, &Style::default()).ok());
    if let Some(spec) = parsed {
        (style.fg, style.bg) = (spec.style.fg, spec.style.bg);
    }
    style
}

pub(super) fn layer(core: &Core, client: ClientId, view: &View, menu: &Menu) -> Layer {
    let style = style_with(core, client, view, "menu-style", &menu.style);
    let selected = style_with(
        core,
        client,
        view,
        "menu-selected-style",
        &menu.selected_style,
    );
    let border = style_with(core, client, view, "menu-border-style", &menu.border_style);
    let lines = menu
        .lines
        .unwrap_or_else(|| core.window_chain(view.window).number("menu-border-lines"));
    let lines = Lines::of(lines);
    let (cols, rows) = menu.size();
    let mut out = lines.draw(cols, rows, &menu.title, border, style);
    for (n, item) in menu.items.iter().enumerate() {
        let row = &mut out[n + 1];
        let Some(item) = item else {
            *row = lines.divider(cols, border);
            continue;
        };
        let mut look = style;
        let mut text = item.name.as_str();
        if item.is_disabled() {
            text = &text[1..];
            look.attrs = look.attrs.with(Attrs::DIM);
        } else if menu.choice == Some(n) {
            look = selected;
            let inside = draw::blank_row(menu.width + 2, look);
            draw::copy_cells(&inside, 0, menu.width + 2, row, 1);
        }
        draw::draw_format(text, look, row, 2, menu.width, &mut Vec::new());
    }
    let pieces = (menu.y..)
        .zip(out)
        .map(|(y, row)| Piece { x: menu.x, y, row });
    Layer {
        pieces: pieces.collect(),
        cursor: None,
        mouse: match menu.no_mouse {
            true => MouseTracking::Off,
            false => MouseTracking::Any,
        },
    }
}

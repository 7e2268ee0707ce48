//! The mouse over a chooser: its lines, its previews, its menu.

use outlast_term::keys::mouse::MouseKind;

use super::build::build;
use super::items::Item;
use super::keys::Press;
use super::{Preview, What, preview};
use crate::MouseEvent;
use crate::overlay::{self, Menu, Overlay};
use crate::queue::State;

impl Press<'_> {
    /// What the mouse does; the key that it stands for.
    pub(super) fn point(
        &mut self,
        kind: MouseKind,
        button: u8,
        event: &MouseEvent,
    ) -> Option<&'static str> {
        let (x, y) = (event.pane_x, usize::from(event.pane_y));
        // Two presses in a row at two places are two presses.
        let kind = match kind {
            MouseKind::SecondClick | MouseKind::TripleClick => MouseKind::Down,
            kind => kind,
        };
        if y >= self.height() {
            return match (kind, button) {
                (MouseKind::Down, 3) => {
                    self.menu(event, true);
                    None
                }
                (MouseKind::Down, 1) if self.c.preview != Preview::Off => self.point_preview(x),
                _ => None,
            };
        }
        let line = self.c.offset + y;
        let inside = line <= self.last();
        match (kind, button) {
            (MouseKind::WheelUp, _) => self.up(false),
            (MouseKind::WheelDown, _) => {
                self.down(false);
            }
            (MouseKind::Down, 1) if inside => self.go(line),
            (MouseKind::DoubleClick, 1) if inside => {
                self.go(line);
                return Some("Enter");
            }
            (MouseKind::Down, 3) => {
                if inside {
                    self.go(line);
                }
                self.menu(event, false);
            }
            _ => {}
        }
        None
    }

    /// A press on a preview: its arrows scroll, one of several is chosen.
    fn point_preview(&mut self, x: u16) -> Option<&'static str> {
        let item = self.item().filter(|_| self.c.what == What::Tree)?;
        let (parts, current) = preview::parts(self.core, &item);
        if parts.is_empty() {
            return None;
        }
        let room = self.cols.saturating_sub(4);
        let strip = preview::strip(parts.len(), current, &mut self.c.scroll, room);
        let mut x = x;
        if strip.left && x <= 4 {
            return Some("<");
        }
        if strip.right && x >= 2 + room.saturating_sub(3) {
            return Some(">");
        }
        x = x.saturating_sub(if strip.left { 4 } else { 1 });
        let n = match strip.each {
            0 => strip.start,
            each => (strip.start + usize::from(x / each)).min(strip.end.saturating_sub(1)),
        };
        let (pane, context) = parts.get(n)?;
        let (session, link, window) = (context.session?, context.link?, context.window?);
        let inner = match &item {
            Item::Session(_) => Item::Window(session, link, window),
            _ => Item::Pane(session, link, window, *pane),
        };
        self.c.folded.remove(&item.tag());
        self.tree = build(self.core, &self.c);
        let line = self.tree.line_of(&inner.tag())?;
        self.go(line);
        Some("Enter")
    }

    /// The menu of the right button.
    fn menu(&mut self, event: &MouseEvent, outside: bool) {
        let Some(client) = self
            .client
            .filter(|client| !overlay::is_open(self.core, *client))
        else {
            return;
        };
        let Some(state) = self
            .core
            .model
            .clients
            .get(&client)
            .map(|client| &client.state)
        else {
            return;
        };
        let (cols, rows) = (state.cols, state.rows);
        let items: &[(&str, &str)] = match outside {
            true => &[
                ("Scroll Left", "<"),
                ("Scroll Right", ">"),
                ("", ""),
                ("Cancel", "q"),
            ],
            false => self.c.what.row().menu,
        };
        let name = self
            .tree
            .at(self.c.current.1)
            .map(|node| node.name.as_str());
        let title = match outside {
            true => String::new(),
            false => format!("#[align=centre]{}", name.unwrap_or("").replace('#', "##")),
        };
        let mut menu = Menu {
            width: crate::draw::format_width(&title),
            title,
            fresh: true,
            state: State {
                mouse: Some(event.clone()),
                current: self
                    .core
                    .find_from_client(Some(client), 0)
                    .unwrap_or_default(),
                ..State::default()
            },
            ..Menu::default()
        };
        for (name, key) in items {
            let command = format!("send-keys -t {} '{key}'", self.pane);
            match name.is_empty() {
                true => menu.divide(),
                false => menu.add(name, key, command, false, cols),
            }
        }
        let (width, height) = menu.size();
        if width > cols || height > rows {
            return;
        }
        menu.x = event.x.saturating_sub(width / 2).min(cols - width);
        menu.y = event.y.min(rows - height);
        overlay::open(self.core, client, Overlay::Menu(Box::new(menu)));
    }
}

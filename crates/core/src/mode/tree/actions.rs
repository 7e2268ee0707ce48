//! What the keys of each chooser do with what is chosen, and what comes of its prompts.

use super::build::build;
use super::draw::settle;
use super::items::Item;
use super::keys::Press;
use super::sort::By;
use crate::Core;
use crate::mode::front::{self, Kind};
use crate::mode::prompt::ChooserAsk;
use crate::mode::{MessageTime, message};
use crate::model::ids::{ClientId, PaneId};
use crate::queue::State;

impl Press<'_> {
    /// Changes the places of a window and the one before or after it.
    pub(super) fn swap(&mut self, up: bool) {
        let at = self.c.current.1;
        let Some(depth) = self.tree.at(at).map(|node| node.depth) else {
            return;
        };
        let beyond = |line: &usize| self.tree.at(*line).is_some_and(|node| node.depth <= depth);
        let other = match up {
            true => (0..at).rev().find(beyond),
            false => (at + 1..self.tree.lines.len()).find(beyond),
        };
        let Some(other) = other else { return };
        let (Some(a), Some(b)) = (self.tree.at(at), self.tree.at(other)) else {
            return;
        };
        let (Item::Window(session, from, wa), Item::Window(of, to, wb)) = (&a.item, &b.item) else {
            return;
        };
        let by = By {
            sort: self.c.sort,
            reversed: self.c.reversed,
        };
        if session != of || !by.shows_swaps(self.core, (*from, *wa), (*to, *wb)) {
            return;
        }
        let (session, from, to, wa, wb) = (*session, *from, *to, *wa, *wb);
        if let Some(entry) = self.core.model.sessions.get_mut(&session) {
            for (index, window) in [(from, wb), (to, wa)] {
                if let Some(link) = entry.windows.get_mut(&index) {
                    link.0 = window;
                }
            }
            if entry.current == from {
                entry.current = to;
            } else if entry.current == to {
                entry.current = from;
            }
        }
        self.core.sync_group_from(session);
        self.core.sizes_stale = true;
        self.core.touch_all();
        self.rebuild();
    }

    pub(super) fn tree_key(&mut self, name: &str) {
        let Some(item) = self.item() else { return };
        match name {
            "<" => self.c.scroll -= 1,
            ">" => self.c.scroll += 1,
            "H" => self.home(),
            "m" => {
                if let Some((_, Some(find))) = item.target(self.core) {
                    self.core.model.global.marked = find.pane;
                    self.core.model.global.marked_in = find.session.zip(find.link);
                    self.core.touch_all();
                }
            }
            "M" => {
                self.core.model.global.marked = None;
                self.core.model.global.marked_in = None;
                self.core.touch_all();
            }
            "x" => {
                if let Some((_, question)) = item.kill(self.core) {
                    let accept = self.c.accept;
                    self.ask(
                        &question,
                        "",
                        ChooserAsk::Kill {
                            accept,
                            tagged: false,
                        },
                        true,
                    );
                }
            }
            "X" => {
                let count = self.chosen(false).len();
                if count != 0 {
                    let accept = self.c.accept;
                    let question = format!("Kill {count} tagged? ");
                    self.ask(
                        &question,
                        "",
                        ChooserAsk::Kill {
                            accept,
                            tagged: true,
                        },
                        true,
                    );
                }
            }
            ":" => {
                let label = match self.chosen(false).len() {
                    0 => "(current) ".to_string(),
                    count => format!("({count} tagged) "),
                };
                self.ask(&label, "", ChooserAsk::Command, false);
            }
            "Enter" => {
                let command = self.c.command.clone();
                self.run(&command, &[item], false);
                self.finished = true;
            }
            _ => {}
        }
    }

    /// Back to the pane that the chooser was opened about.
    fn home(&mut self) {
        let home = self.c.home.clone();
        let (Some(session), Some(link), Some(window)) = (home.session, home.link, home.window)
        else {
            return;
        };
        let window = Item::Window(session, link, window);
        self.c.folded.remove(&Item::Session(session).tag());
        self.c.folded.remove(&window.tag());
        self.tree = build(self.core, &self.c);
        let pane = match &window {
            Item::Window(session, link, window) => {
                Item::Pane(*session, *link, *window, self.pane).tag()
            }
            _ => String::new(),
        };
        let line = self.tree.line_of(&pane);
        if let Some(line) = line.or_else(|| self.tree.line_of(&window.tag())) {
            self.go(line);
        }
    }

    pub(super) fn buffer_key(&mut self, name: &str) {
        let Some(item) = self.item() else { return };
        let command = self.c.command.clone();
        match name {
            "d" => self.delete(vec![item]),
            "D" => {
                let chosen = self.chosen(false);
                self.delete(chosen);
            }
            "e" => {
                if let (Item::Buffer(name), Some(client)) = (&item, self.client) {
                    crate::commands::edit_buffer(self.core, client, name);
                }
            }
            "P" => {
                let chosen = self.chosen(false);
                self.run(&command, &chosen, false);
                self.finished = true;
            }
            "p" | "Enter" => {
                self.run(&command, &[item], false);
                self.finished = true;
            }
            _ => {}
        }
        self.finished |= self.core.model.buffers.is_empty();
    }

    fn delete(&mut self, items: Vec<Item>) {
        if items.iter().any(|item| Some(item) == self.item().as_ref()) && !self.down(false) {
            self.up(false);
        }
        for item in items {
            if let Item::Buffer(name) = &item {
                self.core.remove_buffer(name);
                self.c.tagged.remove(name);
            }
        }
        self.rebuild();
    }

    pub(super) fn client_key(&mut self, name: &str) {
        let Some(item) = self.item() else { return };
        let chosen = match name {
            "d" | "x" | "z" => vec![item.clone()],
            "D" | "X" | "Z" => self.chosen(false),
            "Enter" => {
                let command = self.c.command.clone();
                self.run(&command, &[item], false);
                self.finished = true;
                return;
            }
            _ => return,
        };
        if chosen.contains(&item) {
            self.down(false);
        }
        for item in chosen {
            let Item::Client(id) = item else { continue };
            match name {
                "d" | "D" => self.core.detach(id, false),
                "x" | "X" => self.core.detach(id, true),
                _ => {
                    if let Some((name, _)) = Item::Client(id).target(self.core) {
                        let text = format!("suspend-client -t '{name}'");
                        run_text(self.core, self.client.unwrap_or(id), &text, None);
                    }
                }
            }
        }
        self.rebuild();
        self.finished |= self.tree.lines.is_empty();
    }
}

/// Runs commands in the name of a client; a message says what is wrong with them.
pub(super) fn run_text(
    core: &mut Core,
    client: ClientId,
    text: &str,
    about: Option<crate::target::Find>,
) {
    match core.parse_commands(text) {
        Ok(list) => {
            let current = about.or_else(|| core.find_from_client(Some(client), 0));
            let state = State {
                current: current.unwrap_or_default(),
                ..State::default()
            };
            core.append(Some(client), &list, state);
        }
        Err(error) => complain(core, client, &error),
    }
}

/// An error as a message, which begins with a capital.
pub(super) fn complain(core: &mut Core, client: ClientId, error: &str) {
    let mut chars = error.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    let text: String = first.into_iter().chain(chars).collect();
    message(core, client, &text, MessageTime::Default, false, false);
}

/// A prompt of a chooser has been answered.
pub(crate) fn asked(
    core: &mut Core,
    client: ClientId,
    pane: PaneId,
    what: &ChooserAsk,
    text: &str,
) {
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return;
    };
    let (cols, rows) = (state.cols.max(1), state.rows.max(1));
    let Some(Kind::Chooser(chooser)) = state.front.as_ref().map(|front| &front.kind) else {
        return;
    };
    let c = (**chooser).clone();
    let tree = build(core, &c);
    let mut press = Press {
        core,
        client: Some(client),
        pane,
        c,
        tree,
        rows,
        cols,
        finished: false,
    };
    settle(&mut press.c, &press.tree, rows);
    let some = Some(text.to_string()).filter(|text| !text.is_empty());
    match what {
        ChooserAsk::Search => {
            press.c.search = some;
            press.search(false);
        }
        ChooserAsk::Filter => {
            press.c.filter = some;
            press.rebuild();
        }
        ChooserAsk::Command => {
            if let Some(template) = some {
                let chosen = press.chosen(true);
                press.run(&template, &chosen, true);
            }
        }
        ChooserAsk::Option { level, name, index } => {
            if let Some(text) = some {
                press.typed_option(*level, name, *index, &text);
            }
        }
        ChooserAsk::KeyCommand { table, key } | ChooserAsk::KeyNote { table, key } => {
            let is_note = matches!(what, ChooserAsk::KeyNote { .. });
            if let Some(text) = some {
                press.typed_key(table, key, &text, is_note);
            }
        }
        ChooserAsk::Reset {
            accept,
            tagged,
            unset,
        } => {
            if text.eq_ignore_ascii_case("y") || (*accept && text == "\r") {
                let chosen = match tagged {
                    true => press.chosen(true),
                    false => press.item().into_iter().collect(),
                };
                press.reset(chosen, *unset);
            }
        }
        ChooserAsk::Kill { accept, tagged } => {
            let yes = text.eq_ignore_ascii_case("y") || (*accept && text == "\r");
            let chosen = match (yes, tagged) {
                (false, _) => Vec::new(),
                (true, true) => press.chosen(true),
                (true, false) => press.item().into_iter().collect(),
            };
            for item in chosen {
                if let Some((command, _)) = item.kill(press.core) {
                    run_text(press.core, client, &command, None);
                }
            }
        }
    }
    let c = press.c;
    front::edit_chooser(core, pane, |chooser| *chooser = c);
    front::changed(core);
}

//! Keys and mouse of a chooser, and what comes of its prompts.

use outlast_term::keys::mouse::MouseWhere;
use outlast_term::keys::{Code, Key};

use super::build::{Tree, build};
use super::draw::{list_rows, settle};
use super::items::Item;
use super::{Chooser, Preview, What, actions, help};
use crate::mode::ask;
use crate::mode::front::{self, Kind};
use crate::mode::prompt::ChooserAsk;
use crate::model::ids::{ClientId, PaneId};
use crate::{Core, MouseEvent};

/// A key being handled.
pub(super) struct Press<'a> {
    pub core: &'a mut Core,
    pub client: Option<ClientId>,
    pub pane: PaneId,
    pub c: Chooser,
    pub tree: Tree,
    pub rows: u16,
    pub cols: u16,
    /// The chooser goes away.
    pub finished: bool,
}

/// Handles a key for the chooser of a pane.
pub(crate) fn key(
    core: &mut Core,
    client: Option<ClientId>,
    pane: PaneId,
    key: Key,
    event: Option<&MouseEvent>,
) {
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return;
    };
    let (cols, rows) = (state.cols.max(1), state.rows.max(1));
    let Some(Kind::Chooser(chooser)) = state.front.as_ref().map(|front| &front.kind) else {
        return;
    };
    let before = (**chooser).clone();
    let tree = build(core, &before);
    let mut press = Press {
        core,
        client,
        pane,
        c: before.clone(),
        tree,
        rows,
        cols,
        finished: false,
    };
    settle(&mut press.c, &press.tree, rows);
    if press.tree.lines.is_empty() {
        press.finished = true;
    } else {
        press.handle(key, event);
    }
    let Press {
        core, c, finished, ..
    } = press;
    if finished {
        return front::close(core, pane);
    }
    if c != before {
        front::edit_chooser(core, pane, |chooser| *chooser = c);
    }
}

impl Press<'_> {
    fn handle(&mut self, key: Key, event: Option<&MouseEvent>) {
        let old = self.c.current.clone();
        let mut name = outlast_lang::key::name(key);
        match key.code {
            Code::Mouse(mouse) if mouse.place == MouseWhere::Pane => match event {
                Some(event) => match self.point(mouse.kind, mouse.button, event) {
                    Some(key) => name = key.to_string(),
                    None => return self.moved(&old),
                },
                None => return,
            },
            Code::Mouse(_) => return,
            _ => {
                let line = self
                    .tree
                    .lines
                    .iter()
                    .position(|line| line.key.as_ref().is_some_and(|(of, _)| *of == key));
                if let Some(line) = line {
                    self.go(line);
                    name = "Enter".to_string();
                }
            }
        }
        if !self.common(&name, event.is_some() || self.client.is_some()) {
            match self.c.what {
                What::Tree => self.tree_key(&name),
                What::Buffers => self.buffer_key(&name),
                What::Clients => self.client_key(&name),
                What::Options => self.option_key(&name),
            }
        }
        self.moved(&old);
    }

    /// The previews of something else begin at their own middle.
    fn moved(&mut self, old: &(String, usize)) {
        if self.c.current.0 != old.0 {
            self.c.scroll = 0;
        }
    }

    pub(super) fn height(&self) -> usize {
        usize::from(list_rows(&self.c, self.tree.lines.len(), self.rows)).max(1)
    }

    pub(super) fn last(&self) -> usize {
        self.tree.lines.len().saturating_sub(1)
    }

    pub(super) fn item(&self) -> Option<Item> {
        self.tree.at(self.c.current.1).map(|node| node.item.clone())
    }

    /// Makes a line the current one and shows it.
    pub(super) fn go(&mut self, line: usize) {
        let line = line.min(self.last());
        let tag = self.tree.at(line).map(|node| node.tag.clone());
        self.c.current = (tag.unwrap_or_default(), line);
        let height = self.height();
        let least = (line + 1).saturating_sub(height);
        self.c.offset = self.c.offset.clamp(least, line);
    }

    /// The list has changed: finds the current line again.
    pub(super) fn rebuild(&mut self) {
        self.tree = build(self.core, &self.c);
        let line = self.tree.line_of(&self.c.current.0);
        self.c.offset = 0;
        self.go(line.unwrap_or(self.c.current.1));
    }

    pub(super) fn down(&mut self, wrap: bool) -> bool {
        let at = self.c.current.1;
        match at >= self.last() {
            true if wrap => self.go(0),
            true => return false,
            false => self.go(at + 1),
        }
        true
    }

    pub(super) fn up(&mut self, wrap: bool) {
        match self.c.current.1 {
            0 if wrap => self.go(self.last()),
            0 => {}
            at => self.go(at - 1),
        }
    }

    /// Keys of all choosers. False: it is none of them.
    fn common(&mut self, name: &str, typed: bool) -> bool {
        let at = self.c.current.1;
        match name {
            "q" | "Escape" | "C-[" | "C-g" => self.finished = true,
            "F1" | "C-h" => {
                if let Some(client) = self.client {
                    help::show(self.core, client, self.c.what);
                }
            }
            "Up" | "k" | "C-p" => self.up(true),
            "Down" | "j" | "C-n" => {
                self.down(true);
            }
            "S-Up" | "K" => self.swap(true),
            "S-Down" | "J" => self.swap(false),
            "PPage" | "C-b" => self.go(at.saturating_sub(self.height())),
            "NPage" | "C-f" => self.go(at + self.height()),
            "g" | "Home" => self.go(0),
            "G" | "End" => self.go(self.last()),
            "t" => {
                self.toggle_tag();
                if typed {
                    self.down(false);
                }
            }
            "T" => self.c.tagged.clear(),
            "C-t" => {
                let nodes = self
                    .tree
                    .lines
                    .iter()
                    .map(|line| &self.tree.nodes[line.node]);
                let options = self.c.what == What::Options;
                let roots = nodes.filter(|node| node.depth == usize::from(options));
                self.c.tagged = roots.map(|node| node.tag.clone()).collect();
            }
            "O" | "r" if self.c.what.row().sorts.is_empty() => {}
            "O" => {
                self.c.sort = self.c.sort.next(self.c.what.row().sorts);
                self.rebuild();
            }
            "r" => {
                self.c.reversed = !self.c.reversed;
                self.rebuild();
            }
            "Left" | "h" | "-" => self.fold(),
            "Right" | "l" | "+" => self.unfold(),
            "M--" | "M-+" => {
                let roots = self
                    .tree
                    .nodes
                    .iter()
                    .filter(|node| node.depth == 0 && node.folds);
                for node in roots {
                    match name {
                        "M--" => self.c.folded.insert(node.tag.clone()),
                        _ => self.c.folded.remove(&node.tag),
                    };
                }
                self.rebuild();
            }
            "?" | "/" | "C-s" => self.ask("(search) ", "", ChooserAsk::Search, false),
            "n" => self.search(false),
            "N" => self.search(true),
            "f" => {
                let filter = self.c.filter.clone().unwrap_or_default();
                self.ask("(filter) ", &filter, ChooserAsk::Filter, false);
            }
            "v" => {
                self.c.preview = match self.c.preview {
                    Preview::Off => Preview::Big,
                    Preview::Normal => Preview::Off,
                    Preview::Big => Preview::Normal,
                };
                self.rebuild();
            }
            _ => return false,
        }
        true
    }

    fn fold(&mut self) {
        let at = self.c.current.1;
        let Some(node) = self.tree.at(at) else { return };
        let open = node.folds && !self.c.folded.contains(&node.tag);
        let fold = match open && !node.flat {
            true => Some(node),
            false => node.parent.and_then(|parent| self.tree.nodes.get(parent)),
        };
        let Some(tag) = fold.map(|node| node.tag.clone()) else {
            return self.up(false);
        };
        let line = self.tree.line_of(&tag).unwrap_or(at);
        self.c.folded.insert(tag.clone());
        self.c.current = (tag, line);
        self.rebuild();
    }

    fn unfold(&mut self) {
        let Some(node) = self.tree.at(self.c.current.1) else {
            return;
        };
        if node.flat || !self.c.folded.contains(&node.tag) {
            self.down(false);
        } else {
            self.c.folded.remove(&node.tag);
            self.rebuild();
        }
    }

    /// Of a thing and what is above or below it only one is tagged.
    fn toggle_tag(&mut self) {
        let Some(at) = self.tree.lines.get(self.c.current.1).map(|line| line.node) else {
            return;
        };
        if !self.tree.nodes[at].item.can_be_tagged() {
            return;
        }
        let tag = self.tree.nodes[at].tag.clone();
        if self.c.tagged.remove(&tag) {
            return;
        }
        let above = |mut at: usize, of: usize| {
            while let Some(parent) = self.tree.nodes[at].parent {
                if parent == of {
                    return true;
                }
                at = parent;
            }
            false
        };
        let related: Vec<String> = (0..self.tree.nodes.len())
            .filter(|other| above(*other, at) || above(at, *other))
            .map(|other| self.tree.nodes[other].tag.clone())
            .collect();
        for tag in related {
            self.c.tagged.remove(&tag);
        }
        self.c.tagged.insert(tag);
    }

    /// What is tagged and can be seen; with `current` the current one if nothing is.
    pub(super) fn chosen(&self, current: bool) -> Vec<Item> {
        let nodes = self
            .tree
            .lines
            .iter()
            .filter_map(|line| self.tree.nodes.get(line.node));
        let tagged: Vec<Item> = nodes
            .filter(|node| self.c.tagged.contains(&node.tag))
            .map(|node| node.item.clone())
            .collect();
        match tagged.is_empty() && current {
            true => self.item().into_iter().collect(),
            false => tagged,
        }
    }

    pub(super) fn search(&mut self, back: bool) {
        let Some(text) = self.c.search.clone() else {
            return;
        };
        let count = self.tree.nodes.len();
        let Some(from) = self.tree.lines.get(self.c.current.1).map(|line| line.node) else {
            return;
        };
        let found = (1..count)
            .map(|n| match back {
                true => (from + count - n) % count,
                false => (from + n) % count,
            })
            .find(|at| self.tree.nodes[*at].item.matches(self.core, &text));
        let Some(found) = found else { return };
        let mut parent = self.tree.nodes[found].parent;
        while let Some(at) = parent {
            self.c.folded.remove(&self.tree.nodes[at].tag);
            parent = self.tree.nodes[at].parent;
        }
        self.c.current.0 = self.tree.nodes[found].tag.clone();
        self.rebuild();
    }

    pub(super) fn ask(&mut self, label: &str, input: &str, what: ChooserAsk, single: bool) {
        if let Some(client) = self.client {
            ask::for_chooser(self.core, client, self.pane, label, input, what, single);
        }
    }

    /// Runs a template for things, in the client's name.
    pub(super) fn run(&mut self, template: &str, items: &[Item], about: bool) {
        let Some(client) = self.client else { return };
        for item in items {
            if let Some((name, find)) = item.target(self.core) {
                let text = outlast_lang::parse::replace(template, &name, 1);
                actions::run_text(self.core, client, &text, find.filter(|_| about));
            }
        }
    }
}

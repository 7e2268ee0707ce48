//! The list of a chooser, made from the model.

use outlast_term::keys::Key;

use super::items::Item;
use super::sort::By;
use super::{Chooser, What, options};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{PaneId, SessionId, WindowId};

/// Something that is listed.
pub(super) struct Node {
    pub item: Item,
    pub tag: String,
    pub parent: Option<usize>,
    pub depth: usize,
    pub name: String,
    /// What stands behind the name and a colon.
    pub text: Option<String>,
    /// Whether it has something below it.
    pub folds: bool,
    /// The last among those beside it.
    pub last: bool,
    /// None of those beside it has anything below it.
    pub flat: bool,
}

/// A line: which node, and the key that chooses it.
pub(super) struct Line {
    pub node: usize,
    pub key: Option<(Key, String)>,
}

/// The list.
pub(super) struct Tree {
    /// All, also those in what is folded, parents first.
    pub nodes: Vec<Node>,
    /// Those that can be seen.
    pub lines: Vec<Line>,
    /// The filter let nothing through, so it is left out.
    pub no_matches: bool,
}

impl Tree {
    /// The node of a line.
    pub fn at(&self, line: usize) -> Option<&Node> {
        self.nodes.get(self.lines.get(line)?.node)
    }

    /// The line of a thing.
    pub fn line_of(&self, tag: &str) -> Option<usize> {
        self.lines.iter().position(|line| {
            self.nodes
                .get(line.node)
                .is_some_and(|node| node.tag == tag)
        })
    }
}

/// What is folded and current when a tree is opened.
pub(super) fn start(core: &Core, chooser: &mut Chooser, sessions: bool, windows: bool) {
    let tree = build(core, chooser);
    for node in tree.nodes.iter().filter(|node| node.folds) {
        let folded = match &node.item {
            Item::Session(_) => sessions,
            Item::Window(..) => sessions || windows,
            _ => false,
        };
        if folded {
            chooser.folded.insert(node.tag.clone());
        }
    }
    let home = &chooser.home;
    let (Some(session), Some(link)) = (home.session, home.link) else {
        return;
    };
    let single = home
        .window
        .and_then(|window| core.model.windows.get(&window))
        .is_none_or(|window| window.panes.len() < 2);
    let item = match (home.window, home.pane) {
        (Some(window), Some(pane)) if !sessions && !windows && !single => {
            Item::Pane(session, link, window, pane)
        }
        (Some(window), _) if !sessions => Item::Window(session, link, window),
        _ => Item::Session(session),
    };
    let tree = build(core, chooser);
    let tag = item.tag();
    let line = tree.line_of(&tag).unwrap_or(0);
    chooser.current = (tag, line);
}

/// Makes the list.
pub(super) fn build(core: &Core, chooser: &Chooser) -> Tree {
    let mut nodes = nodes(core, chooser, chooser.filter.as_deref());
    let no_matches = nodes.is_empty();
    if no_matches {
        nodes = self::nodes(core, chooser, None);
    }
    for at in 0..nodes.len() {
        let (parent, depth) = (nodes[at].parent, nodes[at].depth);
        let beside = |node: &Node| node.parent == parent && node.depth == depth;
        nodes[at].last = !nodes[at + 1..].iter().any(beside);
        nodes[at].flat = !nodes.iter().any(|node| beside(node) && node.folds);
    }
    let mut tree = Tree {
        nodes,
        lines: Vec::new(),
        no_matches,
    };
    for at in 0..tree.nodes.len() {
        let mut parent = tree.nodes[at].parent;
        let mut seen = true;
        while let Some(above) = parent {
            seen &= !chooser.folded.contains(&tree.nodes[above].tag);
            parent = tree.nodes[above].parent;
        }
        if seen {
            let line = tree.lines.len();
            let mut context = tree.nodes[at].item.context(&chooser.home);
            context.extra.push(("line".to_string(), line.to_string()));
            let name = formats::expand(core, &chooser.key_format, &context, false);
            let key = outlast_lang::key::parse(&name)
                .map(|key| (key, outlast_lang::key::name(key)))
                .filter(|(_, name)| name != "None");
            tree.lines.push(Line { node: at, key });
        }
    }
    tree
}

fn nodes(core: &Core, chooser: &Chooser, filter: Option<&str>) -> Vec<Node> {
    let mut out = Vec::new();
    let by = By {
        sort: chooser.sort,
        reversed: chooser.reversed,
    };
    match chooser.what {
        What::Tree => {
            let mut ids: Vec<SessionId> = core.model.sessions.keys().copied().collect();
            by.sessions(core, &mut ids);
            for id in ids {
                if !chooser.squash || is_first(core, chooser, id) {
                    session(core, chooser, by, filter, id, &mut out);
                }
            }
        }
        What::Buffers => {
            let mut names: Vec<String> = core.model.buffers.keys().cloned().collect();
            by.buffers(core, &mut names);
            for name in names {
                leaf(core, chooser, filter, Item::Buffer(name), &mut out);
            }
        }
        What::Clients => {
            let mut ids: Vec<_> = core
                .attached_clients()
                .filter(|client| client.state.attached)
                .map(|client| client.state.id)
                .collect();
            by.clients(core, &mut ids);
            for id in ids {
                leaf(core, chooser, filter, Item::Client(id), &mut out);
            }
        }
        What::Options => out = options::nodes(core, chooser, filter),
    }
    out
}

/// Of a group the current session is listed, or its first.
fn is_first(core: &Core, chooser: &Chooser, id: SessionId) -> bool {
    let group = core.group_of(id);
    if group.len() < 2 {
        return true;
    }
    match chooser.home.session.filter(|home| group.contains(home)) {
        Some(home) => id == home,
        None => group.first() == Some(&id),
    }
}

/// A node of which only this is known yet.
pub(super) fn bare(
    item: Item,
    name: String,
    text: Option<String>,
    parent: Option<usize>,
    depth: usize,
) -> Node {
    Node {
        tag: item.tag(),
        name,
        text,
        parent,
        depth,
        folds: false,
        last: false,
        flat: false,
        item,
    }
}

fn node(core: &Core, chooser: &Chooser, item: Item, parent: Option<usize>, depth: usize) -> Node {
    let context = item.context(&chooser.home);
    let text = formats::expand(core, &chooser.format, &context, false);
    let name = item.name(core);
    bare(item, name, Some(text), parent, depth)
}

fn leaf(core: &Core, chooser: &Chooser, filter: Option<&str>, item: Item, out: &mut Vec<Node>) {
    let context = item.context(&chooser.home);
    if filter.is_none_or(|filter| core.is_true(filter, &context)) {
        out.push(node(core, chooser, item, None, 0));
    }
}

fn session(
    core: &Core,
    chooser: &Chooser,
    by: By,
    filter: Option<&str>,
    id: SessionId,
    out: &mut Vec<Node>,
) {
    let Some(session) = core.model.sessions.get(&id) else {
        return;
    };
    let at = out.len();
    out.push(node(core, chooser, Item::Session(id), None, 0));
    let mut links: Vec<(u32, WindowId)> = session
        .windows
        .iter()
        .map(|(index, link)| (*index, link.0))
        .collect();
    by.links(core, &mut links);
    for (index, window_id) in links {
        window(core, chooser, by, filter, (id, index, window_id), at, out);
    }
    out[at].folds = out.len() > at + 1;
    if !out[at].folds {
        out.truncate(at);
    }
}

fn window(
    core: &Core,
    chooser: &Chooser,
    by: By,
    filter: Option<&str>,
    (session, index, id): (SessionId, u32, WindowId),
    parent: usize,
    out: &mut Vec<Node>,
) {
    let Some(window) = core.model.windows.get(&id) else {
        return;
    };
    let mut panes: Vec<PaneId> = window.panes.clone();
    by.panes(core, id, &mut panes);
    panes.retain(|pane| {
        let context = FormatContext {
            session: Some(session),
            link: Some(index),
            window: Some(id),
            pane: Some(*pane),
            ..FormatContext::default()
        };
        filter.is_none_or(|filter| core.is_true(filter, &context))
    });
    // A window with several panes of which none matches is still listed, as in tmux.
    if panes.is_empty() && window.panes.len() < 2 {
        return;
    }
    let at = out.len();
    let item = Item::Window(session, index, id);
    out.push(node(core, chooser, item, Some(parent), 1));
    out[at].folds = !panes.is_empty();
    for pane in panes {
        let item = Item::Pane(session, index, id, pane);
        out.push(node(core, chooser, item, Some(at), 2));
    }
}

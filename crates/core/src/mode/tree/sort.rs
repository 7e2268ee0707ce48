//! Orders of what choosers list (-O, the keys O and r).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// When it was last used.
    Activity,
    /// When it was made.
    Creation,
    /// By number.
    Index,
    /// By modifier, for keys: as it comes here.
    Modifier,
    /// By name.
    Name,
    /// As it comes.
    Order,
    /// By size.
    Size,
    /// From the front to the back.
    Z,
}

/// Their names; those of more than one name have the one that is shown first.
const NAMES: &[(&str, Sort)] = &[
    ("activity", Sort::Activity),
    ("creation", Sort::Creation),
    ("index", Sort::Index),
    ("key", Sort::Index),
    ("modifier", Sort::Modifier),
    ("name", Sort::Name),
    ("title", Sort::Name),
    ("order", Sort::Order),
    ("size", Sort::Size),
    ("z", Sort::Z),
];

impl Sort {
    /// By its name, in any case.
    pub fn parse(text: &str) -> Option<Sort> {
        let found = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, sort)| *sort)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, sort)| *sort == self)
            .map_or("", |(name, _)| name)
    }

    /// The next of those that a chooser knows.
    pub(super) fn next(self, of: &[Sort]) -> Sort {
        let at = of.iter().position(|sort| *sort == self);
        let next = at.map_or(0, |at| (at + 1) % of.len().max(1));
        of.get(next).copied().unwrap_or(self)
    }
}

/// An order and whether it is reversed.
#[derive(Clone, Copy)]
pub(super) struct By {
    pub sort: Sort,
    pub reversed: bool,
}

impl By {
    fn sorted<T>(self, items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
        if self.sort == Sort::Order {
            if self.reversed {
                items.reverse();
            }
            return;
        }
        items.sort_by(|a, b| match self.reversed {
            true => compare(b, a),
            false => compare(a, b),
        });
    }

    pub fn sessions(self, core: &Core, ids: &mut [SessionId]) {
        let get = |id: &SessionId| core.model.sessions.get(id);
        let name = |id: &SessionId| get(id).map(|session| session.name.as_str());
        self.sorted(ids, |a, b| {
            let first = match self.sort {
                Sort::Index => a.cmp(b),
                Sort::Creation => get(a).map(|s| s.created).cmp(&get(b).map(|s| s.created)),
                Sort::Activity => get(b).map(|s| s.used).cmp(&get(a).map(|s| s.used)),
                _ => Ordering::Equal,
            };
            first.then_with(|| name(a).cmp(&name(b)))
        });
    }

    pub fn links(self, core: &Core, links: &mut [(u32, WindowId)]) {
        self.sorted(links, |a, b| self.compare_links(core, a, b));
    }

    fn compare_links(self, core: &Core, a: &(u32, WindowId), b: &(u32, WindowId)) -> Ordering {
        let (Some(wa), Some(wb)) = (core.model.windows.get(&a.1), core.model.windows.get(&b.1))
        else {
            return Ordering::Equal;
        };
        let first = match self.sort {
            Sort::Index => a.0.cmp(&b.0),
            Sort::Creation => wa.created.cmp(&wb.created),
            Sort::Activity => wb.activity.cmp(&wa.activity),
            Sort::Size => (u32::from(wa.cols) * u32::from(wa.rows))
                .cmp(&(u32::from(wb.cols) * u32::from(wb.rows))),
            _ => Ordering::Equal,
        };
        first.then_with(|| wa.name.cmp(&wb.name))
    }

    /// Whether windows that change places would also do so in the list.
    pub fn shows_swaps(self, core: &Core, a: (u32, WindowId), b: (u32, WindowId)) -> bool {
        self.sort == Sort::Index || self.compare_links(core, &a, &b) == Ordering::Equal
    }

    pub fn panes(self, core: &Core, window: WindowId, panes: &mut [PaneId]) {
        let get = |id: &PaneId| core.model.panes.get(id).map(|pane| &pane.state);
        let title = |id: &PaneId| get(id).map(|pane| pane.title.as_str());
        let window = core.model.windows.get(&window);
        let index = |id: &PaneId| window.and_then(|w| w.panes.iter().position(|pane| pane == id));
        // What was active last comes last, as tmux counts.
        let used = |id: &PaneId| {
            window.map(|w| match w.last.iter().position(|pane| pane == id) {
                _ if w.active == *id => usize::MAX,
                Some(at) => usize::MAX - 1 - at,
                None => 0,
            })
        };
        let size = |id: &PaneId| get(id).map(|pane| u32::from(pane.cols) * u32::from(pane.rows));
        self.sorted(panes, |a, b| {
            let first = match self.sort {
                Sort::Activity => used(a).cmp(&used(b)),
                Sort::Creation => a.cmp(b),
                Sort::Size => size(a).cmp(&size(b)),
                Sort::Index | Sort::Z => index(a).cmp(&index(b)),
                _ => Ordering::Equal,
            };
            first.then_with(|| title(a).cmp(&title(b)))
        });
    }

    pub fn buffers(self, core: &Core, names: &mut [String]) {
        let get = |name: &String| core.model.buffers.get(name);
        self.sorted(names, |a, b| {
            let first = match self.sort {
                Sort::Creation => get(b).map(|x| x.order).cmp(&get(a).map(|x| x.order)),
                Sort::Size => get(a)
                    .map(|x| x.data.len())
                    .cmp(&get(b).map(|x| x.data.len())),
                _ => Ordering::Equal,
            };
            first.then_with(|| a.cmp(b))
        });
    }

    pub fn clients(self, core: &Core, ids: &mut [ClientId]) {
        let get = |id: &ClientId| core.model.clients.get(id).map(|client| &client.state);
        let name = |id: &ClientId| get(id).map(|client| client.name.as_str());
        self.sorted(ids, |a, b| {
            let (Some(ca), Some(cb)) = (get(a), get(b)) else {
                return Ordering::Equal;
            };
            let first = match self.sort {
                Sort::Size => (ca.cols, ca.rows).cmp(&(cb.cols, cb.rows)),
                Sort::Creation => ca.created.cmp(&cb.created),
                Sort::Activity => cb.used.cmp(&ca.used),
                _ => Ordering::Equal,
            };
            first.then_with(|| name(a).cmp(&name(b)))
        });
    }
}

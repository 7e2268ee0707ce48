//! Operations on layouts: split, close, resize, spread; `presets` arranges panes anew.
//!
//! A layout is a tree of cells with one column or row of border between neighbours. With `pane-border-status` the
//! cells at the window's top (or bottom) give one row more to their pane's status line. Sizes come out as in tmux
//! 3.7c, row for row, because layout strings are kept in scripts and files.

mod edit;
pub mod presets;
mod resize;

use outlast_lang::layout::{Cell, Content, Direction};

pub use edit::{close, split, trim};
pub use resize::{border_at, move_border, resize, resize_pane, resize_pane_to, spread_out};

/// Least columns and rows of a pane.
pub const PANE_MINIMUM: i32 = 1;

/// `pane-border-status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edge {
    /// off.
    #[default]
    Off,
    /// top.
    Top,
    /// bottom.
    Bottom,
}

impl Edge {
    /// The edge of the option's number (off, top, bottom).
    pub fn from_number(number: i64) -> Edge {
        match number {
            1 => Edge::Top,
            2 => Edge::Bottom,
            _ => Edge::Off,
        }
    }
}

/// Where a cell lies: whether nothing is above it, nothing below it.
#[derive(Clone, Copy)]
struct Place {
    edge: Edge,
    top: bool,
    bottom: bool,
}

impl Place {
    fn root(edge: Edge) -> Place {
        Place {
            edge,
            top: true,
            bottom: true,
        }
    }
    fn child(self, direction: Direction, at: usize, count: usize) -> Place {
        match direction {
            Direction::LeftRight => self,
            Direction::TopBottom => Place {
                top: self.top && at == 0,
                bottom: self.bottom && at + 1 == count,
                ..self
            },
        }
    }
    /// A row of this cell belongs to the pane's status line.
    fn has_line(self) -> bool {
        match self.edge {
            Edge::Off => false,
            Edge::Top => self.top,
            Edge::Bottom => self.bottom,
        }
    }
}

/// How to split.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// Side by side or on top of each other.
    pub direction: Direction,
    /// Columns or rows of the new cell; None for half.
    pub size: Option<i32>,
    /// The new cell comes first.
    pub before: bool,
    /// The new cell spans the window.
    pub full: bool,
}

/// A cell for one pane.
pub fn leaf(width: u16, height: u16, pane: u32) -> Cell {
    Cell {
        width,
        height,
        x: 0,
        y: 0,
        content: Content::Pane(Some(pane)),
    }
}

/// Columns or rows of a cell.
pub fn length(cell: &Cell, direction: Direction) -> i32 {
    i32::from(match direction {
        Direction::LeftRight => cell.width,
        Direction::TopBottom => cell.height,
    })
}

fn set_length(cell: &mut Cell, direction: Direction, length: i32) {
    let length = u16::try_from(length.max(0)).unwrap_or(u16::MAX);
    match direction {
        Direction::LeftRight => cell.width = length,
        Direction::TopBottom => cell.height = length,
    }
}

/// The indexes that lead from the root to the pane's cell.
pub fn path(root: &Cell, pane: u32) -> Option<Vec<usize>> {
    match &root.content {
        Content::Pane(id) => (*id == Some(pane)).then(Vec::new),
        Content::Cells(_, cells) => cells.iter().enumerate().find_map(|(at, cell)| {
            let mut rest = path(cell, pane)?;
            rest.insert(0, at);
            Some(rest)
        }),
    }
}

/// The panes of a layout, from left to right and top to bottom.
pub fn panes(root: &Cell) -> Vec<u32> {
    fn walk(cell: &Cell, out: &mut Vec<u32>) {
        match &cell.content {
            Content::Pane(id) => out.extend(*id),
            Content::Cells(_, cells) => cells.iter().for_each(|cell| walk(cell, out)),
        }
    }
    let mut out = Vec::new();
    walk(root, &mut out);
    out
}

/// How many leaves there are.
pub fn count(root: &Cell) -> usize {
    match &root.content {
        Content::Pane(_) => 1,
        Content::Cells(_, cells) => cells.iter().map(count).sum(),
    }
}

/// Gives the leaves the panes in order; leaves beyond the last pane get none.
pub fn assign(root: &mut Cell, panes: &mut dyn Iterator<Item = u32>) {
    match &mut root.content {
        Content::Pane(id) => *id = panes.next(),
        Content::Cells(_, cells) => cells.iter_mut().for_each(|cell| assign(cell, panes)),
    }
}

/// Exchanges the panes of two leaves, or renames one.
pub fn swap(root: &mut Cell, a: u32, b: u32) {
    match &mut root.content {
        Content::Pane(Some(id)) if *id == a => *id = b,
        Content::Pane(Some(id)) if *id == b => *id = a,
        Content::Pane(_) => {}
        Content::Cells(_, cells) => cells.iter_mut().for_each(|cell| swap(cell, a, b)),
    }
}

fn at<'a>(root: &'a Cell, path: &[usize]) -> &'a Cell {
    path.iter().fold(root, |cell, index| match &cell.content {
        Content::Cells(_, cells) => cells.get(*index).unwrap_or(cell),
        Content::Pane(_) => cell,
    })
}

fn at_mut<'a>(root: &'a mut Cell, path: &[usize]) -> &'a mut Cell {
    let Some((index, rest)) = path.split_first() else {
        return root;
    };
    if !matches!(&root.content, Content::Cells(_, cells) if *index < cells.len()) {
        return root;
    }
    match &mut root.content {
        Content::Cells(_, cells) => at_mut(&mut cells[*index], rest),
        Content::Pane(_) => unreachable!("looked at above"),
    }
}

fn place(root: &Cell, path: &[usize], edge: Edge) -> Place {
    let mut cell = root;
    let mut place = Place::root(edge);
    for index in path {
        let Content::Cells(direction, cells) = &cell.content else {
            break;
        };
        let Some(child) = cells.get(*index) else {
            break;
        };
        place = place.child(*direction, *index, cells.len());
        cell = child;
    }
    place
}

/// How much a cell can give.
fn spare(cell: &Cell, direction: Direction, place: Place) -> i32 {
    match &cell.content {
        Content::Pane(_) => {
            let line = direction == Direction::TopBottom && place.has_line();
            (length(cell, direction) - PANE_MINIMUM - i32::from(line)).max(0)
        }
        Content::Cells(own, cells) => {
            let each = cells
                .iter()
                .enumerate()
                .map(|(at, child)| spare(child, direction, place.child(*own, at, cells.len())));
            if *own == direction {
                each.sum()
            } else {
                each.min().unwrap_or(0)
            }
        }
    }
}

/// Grows or shrinks a cell and what is in it, evenly. A change that does not fit stops early.
fn adjust(cell: &mut Cell, direction: Direction, change: i32, place: Place) {
    set_length(cell, direction, length(cell, direction) + change);
    let Content::Cells(own, cells) = &mut cell.content else {
        return;
    };
    let (own, count) = (*own, cells.len());
    if own != direction {
        for (at, child) in cells.iter_mut().enumerate() {
            adjust(child, direction, change, place.child(own, at, count));
        }
        return;
    }
    let mut left = change;
    while left != 0 {
        let before = left;
        for (at, child) in cells.iter_mut().enumerate() {
            let place = place.child(own, at, count);
            if left > 0 {
                adjust(child, direction, 1, place);
                left -= 1;
            } else if left < 0 && spare(child, direction, place) > 0 {
                adjust(child, direction, -1, place);
                left += 1;
            }
        }
        if left == before {
            break;
        }
    }
}

/// Sets the corners from the sizes.
pub fn fix_offsets(root: &mut Cell) {
    fn walk(cell: &mut Cell) {
        let (mut x, mut y) = (cell.x, cell.y);
        let Content::Cells(direction, cells) = &mut cell.content else {
            return;
        };
        for child in cells {
            (child.x, child.y) = (x, y);
            walk(child);
            match direction {
                Direction::LeftRight => x = x.saturating_add(child.width).saturating_add(1),
                Direction::TopBottom => y = y.saturating_add(child.height).saturating_add(1),
            }
        }
    }
    (root.x, root.y) = (0, 0);
    walk(root);
}

/// A pane's place in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Pane.
    pub pane: u32,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Columns, at least 1.
    pub cols: u16,
    /// Rows, at least 1.
    pub rows: u16,
}

/// Where the panes are, less the rows of their status lines.
pub fn geometry(root: &Cell, edge: Edge) -> Vec<Geometry> {
    fn walk(cell: &Cell, place: Place, out: &mut Vec<Geometry>) {
        match &cell.content {
            Content::Pane(None) => {}
            Content::Pane(Some(pane)) => {
                let line = place.has_line();
                out.push(Geometry {
                    pane: *pane,
                    x: cell.x,
                    y: cell.y + u16::from(line && place.edge == Edge::Top),
                    cols: cell.width.max(1),
                    rows: cell.height.saturating_sub(u16::from(line)).max(1),
                });
            }
            Content::Cells(direction, cells) => {
                for (at, child) in cells.iter().enumerate() {
                    walk(child, place.child(*direction, at, cells.len()), out);
                }
            }
        }
    }
    let mut out = Vec::new();
    walk(root, Place::root(edge), &mut out);
    out
}

/// The size of one of several cells that share `size`, in proportion to what it has of `previous`.
fn share(
    cell: &Cell,
    direction: Direction,
    place: Place,
    previous: i32,
    size: i32,
    left: (i32, i32),
) -> i32 {
    let (count_left, size_left) = left;
    if count_left == 1 {
        return size_left;
    }
    let own = length(cell, direction);
    let least = ((PANE_MINIMUM + 1) * (count_left - 1)).max(own - spare(cell, direction, place));
    (own * size / previous.max(1))
        .min(size_left - least)
        .max(PANE_MINIMUM)
}

/// Whether a cell with all that is in it can take this size.
fn fits(cell: &Cell, direction: Direction, size: i32, place: Place) -> bool {
    let Content::Cells(own, cells) = &cell.content else {
        return size >= PANE_MINIMUM;
    };
    let count = cells.len() as i32;
    if *own != direction {
        return cells.iter().enumerate().all(|(at, child)| {
            matches!(child.content, Content::Pane(_))
                || fits(child, direction, size, place.child(*own, at, cells.len()))
        });
    }
    if size < count * 2 - 1 {
        return false;
    }
    let mut left = size;
    for (at, child) in cells.iter().enumerate() {
        let place = place.child(*own, at, cells.len());
        let count_left = count - at as i32;
        let new = share(
            child,
            direction,
            place,
            length(cell, direction),
            size,
            (count_left, left),
        );
        let border = i32::from(count_left != 1);
        if new + border > left || !fits(child, direction, new, place) {
            return false;
        }
        left -= new + border;
    }
    true
}

/// Makes the children fill their cell.
fn fill(cell: &mut Cell, place: Place) {
    let (width, height) = (cell.width, cell.height);
    let Content::Cells(own, cells) = &mut cell.content else {
        return;
    };
    let own = *own;
    let count = cells.len();
    let previous = cells.iter().map(|cell| length(cell, own)).sum::<i32>() + count as i32 - 1;
    let size = i32::from(if own == Direction::LeftRight {
        width
    } else {
        height
    });
    let mut left = size;
    for (at, child) in cells.iter_mut().enumerate() {
        let place = place.child(own, at, count);
        let new = share(
            child,
            own,
            place,
            previous,
            size,
            ((count - at) as i32, left),
        );
        set_length(child, own, new);
        left -= new + 1;
        match own {
            Direction::LeftRight => child.height = height,
            Direction::TopBottom => child.width = width,
        }
        fill(child, place);
    }
}

/// Whether the sizes of a parsed layout add up; a wrong root is set right as tmux does.
pub fn check(root: &mut Cell) -> bool {
    fn sound(cell: &Cell) -> bool {
        let Content::Cells(direction, cells) = &cell.content else {
            return true;
        };
        let across = match direction {
            Direction::LeftRight => Direction::TopBottom,
            Direction::TopBottom => Direction::LeftRight,
        };
        let total = cells
            .iter()
            .map(|child| length(child, *direction) + 1)
            .sum::<i32>()
            - 1;
        total == length(cell, *direction)
            && cells
                .iter()
                .all(|child| length(child, across) == length(cell, across) && sound(child))
    }
    if let Content::Cells(direction, cells) = &root.content {
        let total = cells
            .iter()
            .map(|child| length(child, *direction) + 1)
            .sum::<i32>()
            - 1;
        let across = cells.last().map(|last| (last.width, last.height));
        let direction = *direction;
        set_length(root, direction, total);
        if let Some((width, height)) = across {
            match direction {
                Direction::LeftRight => root.height = height,
                Direction::TopBottom => root.width = width,
            }
        }
    }
    root.width > 0 && root.height > 0 && sound(root)
}

#[cfg(test)]
mod tests;

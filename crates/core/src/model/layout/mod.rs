//! Operations on layouts: split, close, resize, spread; `presets` arranges panes anew.
//!
//! A layout is a tree of cells with one column or row of border between neighbours. With `pane-border-status` the
//! cells at the window's top (or bottom) give one row more to their pane's status line. Sizes come out as in tmux
//! 3.7c, row for row, because layout strings are kept in scripts and files.

pub mod presets;

use outlast_lang::layout::{Cell, Content, Direction};

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

/// Splits the cell of `pane` (or the window) and puts `new` into the new cell. None: no space, nothing changed.
pub fn split(root: &mut Cell, pane: u32, new: u32, how: Split, edge: Edge) -> Option<()> {
    let mut path = if how.full {
        Vec::new()
    } else {
        path(root, pane)?
    };
    let place_of = place(root, &path, edge);
    let cell = at(root, &path);
    let direction = how.direction;
    let saved = length(cell, direction);
    let line = direction == Direction::TopBottom && place_of.has_line();
    if saved < PANE_MINIMUM * 2 + 1 + i32::from(line) {
        return None;
    }
    let second = match how.size {
        None => (saved + 1) / 2 - 1,
        Some(size) if how.before => saved - size - 1,
        Some(size) => size,
    }
    .clamp(PANE_MINIMUM, saved - 2);
    let first = saved - 1 - second;
    let old_size = if how.before { second } else { first };
    if how.full && !fits(cell, direction, old_size, place_of) {
        return None;
    }
    let mut fresh = leaf(cell.width, cell.height, new);
    set_length(&mut fresh, direction, saved - 1 - old_size);

    if how.full {
        let same = matches!(&root.content, Content::Cells(own, _) if *own == direction);
        if same {
            set_length(root, direction, old_size);
            fill(root, place_of);
            set_length(root, direction, saved);
            if let Content::Cells(_, cells) = &mut root.content {
                cells.insert(if how.before { 0 } else { cells.len() }, fresh);
            }
        } else {
            let mut old = wrap(root, direction);
            set_length(&mut old, direction, old_size);
            put(root, old, fresh, how.before);
            let at = usize::from(how.before);
            if let Content::Cells(own, cells) = &mut root.content {
                let place = Place::root(edge).child(*own, at, 2);
                fill(&mut cells[at], place);
            }
        }
        fix_offsets(root);
        return Some(());
    }

    let index = path.pop();
    let parent = at_mut(root, &path);
    match (index, &mut parent.content) {
        (Some(index), Content::Cells(own, cells)) if *own == direction => {
            set_length(&mut cells[index], direction, old_size);
            cells.insert(if how.before { index } else { index + 1 }, fresh);
        }
        _ => {
            let cell = match index {
                Some(index) => at_mut(parent, &[index]),
                None => parent,
            };
            let mut old = wrap(cell, direction);
            set_length(&mut old, direction, old_size);
            put(cell, old, fresh, how.before);
        }
    }
    fix_offsets(root);
    Some(())
}

/// Takes what is in `cell` out into a cell of its own.
fn wrap(cell: &mut Cell, direction: Direction) -> Cell {
    let content = std::mem::replace(
        &mut cell.content,
        Content::Cells(direction, Vec::with_capacity(2)),
    );
    Cell { content, ..*cell }
}

fn put(cell: &mut Cell, old: Cell, new: Cell, before: bool) {
    if let Content::Cells(_, cells) = &mut cell.content {
        cells.push(old);
        cells.insert(usize::from(!before), new);
    }
}

/// Takes a pane's cell out and gives its space to a neighbour. False: it is the last one (nothing changed).
pub fn close(root: &mut Cell, pane: u32, edge: Edge) -> bool {
    match path(root, pane) {
        Some(path) if !path.is_empty() => {
            close_at(root, &path, edge);
            fix_offsets(root);
            true
        }
        _ => false,
    }
}

fn close_at(root: &mut Cell, path: &[usize], edge: Edge) {
    let Some((index, parent_path)) = path.split_last() else {
        return;
    };
    let parent_place = place(root, parent_path, edge);
    let parent = at_mut(root, parent_path);
    let Content::Cells(direction, cells) = &mut parent.content else {
        return;
    };
    let (direction, count) = (*direction, cells.len());
    if *index >= count || count < 2 {
        return;
    }
    let other = if *index == 0 { 1 } else { *index - 1 };
    let change = length(&cells[*index], direction) + 1;
    adjust(
        &mut cells[other],
        direction,
        change,
        parent_place.child(direction, other, count),
    );
    cells.remove(*index);
    // A cell that became the only child may run in its grandparent's direction: tmux leaves it so, and so do we.
    if cells.len() == 1
        && let Some(only) = cells.pop()
    {
        *parent = only;
    }
}

/// Takes leaves away from the bottom right until `count` are left.
pub fn trim(root: &mut Cell, wanted: usize, edge: Edge) {
    while count(root) > wanted.max(1) {
        let mut path = Vec::new();
        let mut cell = &*root;
        while let Content::Cells(_, cells) = &cell.content {
            path.push(cells.len() - 1);
            match cells.last() {
                Some(last) => cell = last,
                None => return,
            }
        }
        close_at(root, &path, edge);
    }
}

/// Fits the layout to a window's size, as far as the panes can shrink.
pub fn resize(root: &mut Cell, cols: u16, rows: u16, edge: Edge) {
    for (direction, wanted) in [(Direction::LeftRight, cols), (Direction::TopBottom, rows)] {
        let wanted = i32::from(wanted);
        let place = Place::root(edge);
        let mut change = wanted - length(root, direction);
        let limit = spare(root, direction, place);
        if change < 0 {
            change = change.max(-limit);
        }
        if change != 0 {
            adjust(root, direction, change, place);
        }
    }
    fix_offsets(root);
}

/// The cell whose right or bottom border is moved when `pane` is resized: its parent's path and its index there.
fn border_of(root: &Cell, pane: u32, direction: Direction) -> Option<(Vec<usize>, usize)> {
    let mut path = path(root, pane)?;
    while let Some(index) = path.pop() {
        if matches!(&at(root, &path).content, Content::Cells(own, _) if *own == direction) {
            return Some((path, index));
        }
    }
    None
}

/// Moves the pane's right or bottom border (for the last cell: the left or top one) by `change`; with `opposite`,
/// space is also taken from the other side. False: there is no such border.
pub fn resize_pane(
    root: &mut Cell,
    pane: u32,
    direction: Direction,
    change: i32,
    opposite: bool,
    edge: Edge,
) -> bool {
    let Some((path, index)) = border_of(root, pane, direction) else {
        return false;
    };
    let count = match &at(root, &path).content {
        Content::Cells(_, cells) => cells.len(),
        Content::Pane(_) => return false,
    };
    let index = if index + 1 == count {
        index.saturating_sub(1)
    } else {
        index
    };
    move_border(root, &path, index, change, opposite, edge);
    true
}

/// Moves the border after child `index` of the cell at `path`.
pub fn move_border(
    root: &mut Cell,
    path: &[usize],
    index: usize,
    change: i32,
    opposite: bool,
    edge: Edge,
) {
    let parent_place = place(root, path, edge);
    let parent = at_mut(root, path);
    let Content::Cells(direction, cells) = &mut parent.content else {
        return;
    };
    let (direction, count) = (*direction, cells.len());
    let place = |at: usize| parent_place.child(direction, at, count);
    let mut left = change.abs();
    while left > 0 {
        let has_spare = |cells: &[Cell], at: usize| spare(&cells[at], direction, place(at)) > 0;
        let (add, remove) = if change > 0 {
            let after = (index + 1..count).find(|at| has_spare(cells, *at));
            let before = || {
                (0..index)
                    .rev()
                    .find(|at| opposite && has_spare(cells, *at))
            };
            (index, after.or_else(before))
        } else {
            (
                index + 1,
                (0..=index).rev().find(|at| has_spare(cells, *at)),
            )
        };
        let (Some(remove), true) = (remove, add < count) else {
            break;
        };
        let size = spare(&cells[remove], direction, place(remove)).min(left);
        adjust(&mut cells[add], direction, size, place(add));
        adjust(&mut cells[remove], direction, -size, place(remove));
        left -= size;
    }
    fix_offsets(root);
}

/// Gives the pane's cell this many columns or rows.
pub fn resize_pane_to(
    root: &mut Cell,
    pane: u32,
    direction: Direction,
    size: i32,
    edge: Edge,
) -> bool {
    let Some((path, index)) = border_of(root, pane, direction) else {
        return false;
    };
    let Content::Cells(_, cells) = &at(root, &path).content else {
        return false;
    };
    let now = length(&cells[index], direction);
    let change = if index + 1 == cells.len() {
        now - size
    } else {
        size - now
    };
    resize_pane(root, pane, direction, change, true, edge)
}

/// The cell whose right or bottom border is at this place: its parent's path and its index there.
pub fn border_at(root: &Cell, x: u16, y: u16) -> Option<(Vec<usize>, usize)> {
    let mut path = Vec::new();
    let mut cell = root;
    loop {
        let Content::Cells(direction, cells) = &cell.content else {
            return None;
        };
        let inside = |cell: &Cell| {
            (cell.x..cell.x.saturating_add(cell.width)).contains(&x)
                && (cell.y..cell.y.saturating_add(cell.height)).contains(&y)
        };
        if let Some(at) = cells.iter().position(inside) {
            path.push(at);
            cell = &cells[at];
            continue;
        }
        let index = cells.windows(2).position(|pair| match direction {
            Direction::LeftRight => x < pair[1].x && x >= pair[0].x.saturating_add(pair[0].width),
            Direction::TopBottom => y < pair[1].y && y >= pair[0].y.saturating_add(pair[0].height),
        })?;
        return Some((path, index));
    }
}

/// Makes the children of a cell alike. False: nothing changed.
pub(crate) fn spread(cell: &mut Cell, edge: Edge, top: bool, bottom: bool) -> bool {
    let parent_place = Place { edge, top, bottom };
    let (width, height) = (i32::from(cell.width), i32::from(cell.height));
    let Content::Cells(direction, cells) = &mut cell.content else {
        return false;
    };
    let (direction, count) = (*direction, cells.len());
    let number = count as i32;
    let size = match direction {
        Direction::LeftRight => width,
        Direction::TopBottom => height - i32::from(parent_place.has_line()),
    };
    if number <= 1 || size < number - 1 {
        return false;
    }
    let each = (size - (number - 1)) / number;
    if each == 0 {
        return false;
    }
    let mut rest = size - number * (each + 1) + 1;
    let mut changed = false;
    for (at, child) in cells.iter_mut().enumerate() {
        let place = parent_place.child(direction, at, count);
        let line = direction == Direction::TopBottom && place.has_line();
        let mut wanted = each + i32::from(line);
        if rest > 0 {
            wanted += 1;
            rest -= 1;
        }
        let change = wanted - length(child, direction);
        if change != 0 {
            adjust(child, direction, change, place);
            changed = true;
        }
    }
    changed
}

/// select-layout -E: makes the pane and its neighbours alike, or the nearest row or column that is not so already.
pub fn spread_out(root: &mut Cell, pane: u32, edge: Edge) -> bool {
    let Some(mut path) = path(root, pane) else {
        return false;
    };
    while path.pop().is_some() {
        let place = place(root, &path, edge);
        if spread(at_mut(root, &path), edge, place.top, place.bottom) {
            fix_offsets(root);
            return true;
        }
    }
    false
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

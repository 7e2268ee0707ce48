//! Other sizes: of the window, of one pane, of neighbours alike.

use super::*;

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

//! A pane more or less: split, close, trim.

use super::*;

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

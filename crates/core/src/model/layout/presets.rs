//! The preset layouts: even, main and tiled, and their order for next-layout.

use outlast_lang::args::percentage;
use outlast_lang::layout::{Cell, Content, Direction};

use super::resize::spread;
use super::{Edge, PANE_MINIMUM, fix_offsets, leaf};

/// Names in the order of next-layout.
pub const NAMES: &[&str] = &[
    "even-horizontal",
    "even-vertical",
    "main-horizontal",
    "main-horizontal-mirrored",
    "main-vertical",
    "main-vertical-mirrored",
    "tiled",
];

/// What a preset needs to know of the window.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Columns of the window.
    pub cols: u16,
    /// Rows of the window.
    pub rows: u16,
    /// pane-border-status.
    pub edge: Edge,
    /// main-pane-width or main-pane-height.
    pub main: String,
    /// other-pane-width or other-pane-height.
    pub other: String,
    /// tiled-layout-max-columns.
    pub max_columns: i64,
}

/// The number of a preset's name or of an unambiguous beginning of it.
pub fn find(name: &str) -> Option<usize> {
    if let Some(at) = NAMES.iter().position(|preset| *preset == name) {
        return Some(at);
    }
    let mut found = NAMES
        .iter()
        .enumerate()
        .filter(|(_, preset)| preset.starts_with(name));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

/// Whether the preset takes main-pane-height (true) or main-pane-width.
pub fn is_horizontal(preset: usize) -> bool {
    matches!(preset, 2 | 3)
}

/// The layout of a preset for these panes; None for fewer than two, which stay as they are. The window takes the size
/// of the root.
pub fn arrange(preset: usize, panes: &[u32], room: &Room) -> Option<Cell> {
    if panes.len() < 2 {
        return None;
    }
    let mut root = match preset {
        0 => even(Direction::LeftRight, panes, room),
        1 => even(Direction::TopBottom, panes, room),
        2 => main(Direction::TopBottom, false, panes, room),
        3 => main(Direction::TopBottom, true, panes, room),
        4 => main(Direction::LeftRight, false, panes, room),
        5 => main(Direction::LeftRight, true, panes, room),
        _ => tiled(panes, room),
    };
    fix_offsets(&mut root);
    Some(root)
}

fn narrow(length: i32) -> u16 {
    u16::try_from(length.max(0)).unwrap_or(u16::MAX)
}

fn cell(width: i32, height: i32, content: Content) -> Cell {
    Cell {
        width: narrow(width),
        height: narrow(height),
        x: 0,
        y: 0,
        content,
    }
}

/// Columns and rows in the order (along the direction, across it).
fn turned(direction: Direction, along: i32, across: i32) -> (i32, i32) {
    match direction {
        Direction::LeftRight => (along, across),
        Direction::TopBottom => (across, along),
    }
}

fn even(direction: Direction, panes: &[u32], room: &Room) -> Cell {
    let (cols, rows) = (i32::from(room.cols), i32::from(room.rows));
    let needed = panes.len() as i32 * (PANE_MINIMUM + 1) - 1;
    let (width, height) = match direction {
        Direction::LeftRight => (needed.max(cols), rows),
        Direction::TopBottom => (cols, needed.max(rows)),
    };
    let children = panes
        .iter()
        .map(|pane| leaf(room.cols, room.rows, *pane))
        .collect();
    let mut root = cell(width, height, Content::Cells(direction, children));
    spread(&mut root, room.edge, true, true);
    root
}

/// `direction` is how main pane and others lie to each other.
fn main(direction: Direction, mirrored: bool, panes: &[u32], room: &Room) -> Cell {
    let (cols, rows) = (i32::from(room.cols), i32::from(room.rows));
    let (along, across) = match direction {
        Direction::LeftRight => (cols - 1, rows),
        Direction::TopBottom => (rows - 1, cols),
    };
    let fallback = if direction == Direction::LeftRight {
        80
    } else {
        24
    };
    let limit = i64::from(along.max(0));
    let wanted = |text: &str| {
        percentage(text, 0..=limit, limit)
            .ok()
            .and_then(|size| i32::try_from(size).ok())
    };
    let mut first = wanted(&room.main).unwrap_or(fallback);
    let second;
    if first + PANE_MINIMUM >= along {
        first = if along <= PANE_MINIMUM * 2 {
            PANE_MINIMUM
        } else {
            along - PANE_MINIMUM
        };
        second = PANE_MINIMUM;
    } else {
        match wanted(&room.other) {
            Some(other) if other != 0 && other <= along && along - other >= first => {
                second = other;
                first = along - other;
            }
            _ => second = along - first,
        }
    }
    let others = &panes[1..];
    let across = across.max(others.len() as i32 * (PANE_MINIMUM + 1) - 1);
    let (width, height) = turned(direction, first, across);
    let main = cell(width, height, Content::Pane(Some(panes[0])));
    let (width, height) = turned(direction, second, across);
    let other = if let [only] = others {
        cell(width, height, Content::Pane(Some(*only)))
    } else {
        let inner = match direction {
            Direction::LeftRight => Direction::TopBottom,
            Direction::TopBottom => Direction::LeftRight,
        };
        let (leaf_width, leaf_height) = turned(direction, second, PANE_MINIMUM);
        let children = others
            .iter()
            .map(|pane| cell(leaf_width, leaf_height, Content::Pane(Some(*pane))))
            .collect();
        let mut other = cell(width, height, Content::Cells(inner, children));
        // When the others are spread, tmux has them at the end of the tree and the mirrored main pane not there yet.
        let top = direction == Direction::LeftRight || mirrored;
        spread(&mut other, room.edge, top, true);
        other
    };
    let (width, height) = turned(direction, first + second + 1, across);
    let children = if mirrored {
        vec![other, main]
    } else {
        vec![main, other]
    };
    cell(width, height, Content::Cells(direction, children))
}

fn tiled(panes: &[u32], room: &Room) -> Cell {
    let (cols, rows_in) = (i32::from(room.cols), i32::from(room.rows));
    let n = panes.len() as i32;
    let (mut rows, mut columns) = (1, 1);
    while rows * columns < n {
        rows += 1;
        if rows * columns < n && (room.max_columns == 0 || i64::from(columns) < room.max_columns) {
            columns += 1;
        }
    }
    let width = ((cols - (columns - 1)) / columns).max(PANE_MINIMUM);
    let height = ((rows_in - (rows - 1)) / rows).max(PANE_MINIMUM);
    let mut children = Vec::new();
    for row in panes.chunks(columns as usize) {
        let left = n - children.len() as i32 * columns;
        let mut line = if left == 1 || columns == 1 {
            cell(cols, height, Content::Pane(row.first().copied()))
        } else {
            let mut cells: Vec<Cell> = row
                .iter()
                .map(|pane| cell(width, height, Content::Pane(Some(*pane))))
                .collect();
            let used = row.len() as i32 * (width + 1) - 1;
            if let Some(last) = cells.last_mut().filter(|_| cols > used) {
                last.width = narrow(width + cols - used);
            }
            // A row of one cell in a node of its own does not occur: `left` was 1 then.
            cell(cols, height, Content::Cells(Direction::LeftRight, cells))
        };
        line.width = narrow(cols);
        children.push(line);
    }
    let used = rows * height + rows - 1;
    if let Some(last) = children.last_mut().filter(|_| rows_in > used) {
        let height = narrow(height + rows_in - used);
        last.height = height;
        if let Content::Cells(_, cells) = &mut last.content {
            cells.iter_mut().for_each(|cell| cell.height = height);
        }
    }
    let width = ((width + 1) * columns - 1).max(cols);
    let height = ((height + 1) * rows - 1).max(rows_in);
    cell(
        width,
        height,
        Content::Cells(Direction::TopBottom, children),
    )
}

//! Borders between panes: which cells are border, with what character, in whose style.

use outlast_lang::layout::{Cell, Content, Direction};

/// A pane's rectangle in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rect {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Rect {
    pub(crate) fn contains(&self, x: u16, y: u16) -> bool {
        x >= self.x && x < self.x + self.cols && y >= self.y && y < self.y + self.rows
    }
}

/// pane-border-lines; the value is the option's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    Single,
    Double,
    Heavy,
    Simple,
    Number,
    Spaces,
}

impl Lines {
    pub(crate) fn of(index: i64) -> Lines {
        match index {
            1 => Lines::Double,
            2 => Lines::Heavy,
            3 => Lines::Simple,
            4 => Lines::Number,
            5 => Lines::Spaces,
            _ => Lines::Single,
        }
    }
}

/// Characters by which neighbours are border: the index has 8 for left, 4 for right, 2 for above, 1 for below.
const SINGLE: [char; 16] = [
    '·', '·', '·', '│', '·', '┌', '└', '├', '·', '┐', '┘', '┤', '─', '┬', '┴', '┼',
];
const DOUBLE: [char; 16] = [
    '·', '·', '·', '║', '·', '╔', '╚', '╠', '·', '╗', '╝', '╣', '═', '╦', '╩', '╬',
];
const HEAVY: [char; 16] = [
    '·', '·', '·', '┃', '·', '┏', '┗', '┣', '·', '┓', '┛', '┫', '━', '┳', '┻', '╋',
];
const SIMPLE: [char; 16] = [
    '.', '.', '.', '|', '.', '+', '+', '+', '.', '+', '+', '+', '-', '+', '+', '+',
];

/// The character outside the window.
pub(crate) const OUTSIDE: char = '·';
/// Neighbours of a straight horizontal and a straight vertical border.
pub(crate) const HORIZONTAL: u8 = 12;
pub(crate) const VERTICAL: u8 = 3;

impl Lines {
    /// The character of a border cell with these neighbours; `index` is the number of its pane.
    pub(crate) fn glyph(self, neighbours: u8, index: Option<usize>) -> char {
        let table = match self {
            Lines::Single => &SINGLE,
            Lines::Double => &DOUBLE,
            Lines::Heavy => &HEAVY,
            Lines::Simple => &SIMPLE,
            Lines::Spaces => return ' ',
            Lines::Number => {
                if SINGLE[usize::from(neighbours & 15)] == OUTSIDE {
                    return OUTSIDE;
                }
                return index
                    .and_then(|n| char::from_digit(n as u32 % 10, 10))
                    .unwrap_or('*');
            }
        };
        table[usize::from(neighbours & 15)]
    }
}

/// pane-border-status; the value is the option's index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum PaneStatus {
    #[default]
    Off,
    Top,
    Bottom,
}

impl PaneStatus {
    pub(crate) fn of(index: i64) -> PaneStatus {
        match index {
            1 => PaneStatus::Top,
            2 => PaneStatus::Bottom,
            _ => PaneStatus::Off,
        }
    }
}

/// Which side of a pane a border cell lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// What the shape of a window's borders follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Columns of the window.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The visible panes in order of their index.
    pub panes: Vec<Rect>,
    /// pane-border-status.
    pub status: PaneStatus,
    /// pane-border-indicators is colour or both.
    pub colour: bool,
    /// The window has exactly two panes, lying like this.
    pub two: Option<Direction>,
}

/// The direction of a layout of exactly two panes.
pub(crate) fn two_panes(layout: &Cell) -> Option<Direction> {
    match &layout.content {
        Content::Cells(direction, cells)
            if cells.len() == 2
                && cells
                    .iter()
                    .all(|cell| matches!(cell.content, Content::Pane(_))) =>
        {
            Some(*direction)
        }
        _ => None,
    }
}

impl Shape {
    /// The pane that contains a place.
    pub(crate) fn pane_at(&self, x: u16, y: u16) -> Option<usize> {
        self.panes.iter().position(|pane| pane.contains(x, y))
    }

    fn bottom(&self) -> u16 {
        if self.status == PaneStatus::Bottom {
            self.rows.saturating_sub(1)
        } else {
            self.rows
        }
    }

    /// Whether a place counts as border; the edge of the window does.
    fn is_border(&self, x: i32, y: i32) -> bool {
        let (cols, rows) = (i32::from(self.cols), i32::from(self.bottom()));
        if x < 0 || y < 0 || x > cols || y > rows {
            return false;
        }
        x == cols || y == rows || self.pane_at(x as u16, y as u16).is_none()
    }

    /// The neighbours of a place that are border; None when it is not on the window or its edge.
    pub(crate) fn neighbours(&self, x: u16, y: u16) -> Option<u8> {
        if x > self.cols || y > self.bottom() {
            return None;
        }
        let (px, py) = (i32::from(x), i32::from(y));
        let mut out = 0;
        if px == 0 || self.is_border(px - 1, py) {
            out |= 8;
        }
        if self.is_border(px + 1, py) {
            out |= 4;
        }
        let above = if self.status == PaneStatus::Top {
            py != 0
        } else {
            true
        };
        if above && (py == 0 || self.is_border(px, py - 1)) {
            out |= 2;
        }
        let below = self.status != PaneStatus::Bottom || y != self.bottom();
        if below && self.is_border(px, py + 1) {
            out |= 1;
        }
        Some(out)
    }

    /// Which side of pane `pane` a border cell lies on, if it belongs to it. With two panes each has half of the border
    /// between them, so that the colour says which is active.
    pub(crate) fn side(&self, pane: &Rect, x: u16, y: u16) -> Option<Side> {
        if pane.contains(x, y) {
            return None;
        }
        let (right, below) = (pane.x + pane.cols, pane.y + pane.rows);
        let split = self.two.filter(|_| self.colour);
        let halves = split == Some(Direction::LeftRight);
        if (pane.y == 0 || y + 1 >= pane.y) && y <= below {
            if pane.x == 0 && x == pane.cols && (!halves || y <= pane.rows / 2) {
                return Some(Side::Right);
            }
            if pane.x != 0 {
                if x + 1 == pane.x && (!halves || y > pane.rows / 2) {
                    return Some(Side::Left);
                }
                if x == right {
                    return Some(Side::Right);
                }
            }
        }
        if split == Some(Direction::TopBottom) && self.status == PaneStatus::Off {
            if pane.y == 0 && y == pane.rows && x <= pane.cols / 2 {
                return Some(Side::Bottom);
            }
            if pane.y != 0 && y + 1 == pane.y && x > pane.cols / 2 {
                return Some(Side::Top);
            }
        } else if (pane.x == 0 || x >= pane.x) && x <= right {
            if self.status != PaneStatus::Bottom && pane.y != 0 && y + 1 == pane.y {
                return Some(Side::Top);
            }
            if self.status != PaneStatus::Top && y == below {
                return Some(Side::Bottom);
            }
        }
        None
    }

    /// The first pane, from the active one on, that a border cell belongs to.
    pub(crate) fn owner(&self, x: u16, y: u16) -> Option<usize> {
        self.panes
            .iter()
            .position(|pane| self.side(pane, x, y).is_some())
    }
}

/// The arrow that points to the active pane, on the second cell of a pane's border.
pub(crate) fn arrow(
    shape: &Shape,
    owner: &Rect,
    active: usize,
    x: u16,
    y: u16,
    neighbours: u8,
) -> Option<char> {
    let rect = shape.panes.get(active)?;
    if x != owner.x + 1 && y != owner.y + 1 {
        return None;
    }
    if rect.contains(x, y) {
        return None;
    }
    let mut side = shape.side(rect, x, y);
    let mut arrows = false;
    if x == owner.x + 1 {
        match side {
            None if shape.two.is_some() => {
                side = Some(if active == 0 { Side::Bottom } else { Side::Top });
                arrows = true;
            }
            None => {}
            Some(on) => {
                arrows = neighbours == HORIZONTAL
                    || (neighbours == 13 && on == Side::Bottom)
                    || (neighbours == 14 && on == Side::Top);
            }
        }
    }
    if y == owner.y + 1 {
        match side {
            None if shape.two.is_some() => {
                side = Some(if active == 0 { Side::Right } else { Side::Left });
                arrows = true;
            }
            None => {}
            Some(on) => {
                arrows |= neighbours == VERTICAL
                    || (neighbours == 7 && on == Side::Right)
                    || (neighbours == 11 && on == Side::Left);
            }
        }
    }
    arrows.then_some(side).flatten().map(|side| match side {
        Side::Left => '→',
        Side::Right => '←',
        Side::Top => '↓',
        Side::Bottom => '↑',
    })
}

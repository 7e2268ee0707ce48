//! Layout strings: `bb62,159x48,0,0{79x48,0,0,1,79x48,80,0[…]}` with their checksum.

use serde::{Deserialize, Serialize};

/// How the children of a cell lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Side by side, `{ }` (split-window -h).
    LeftRight,
    /// On top of each other, `[ ]` (split-window -v).
    TopBottom,
}

/// A cell of a layout: a pane or a row or column of cells. Borders of one column or row lie between children.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Column of the top left corner.
    pub x: u16,
    /// Row of the top left corner.
    pub y: u16,
    /// What is in it.
    pub content: Content,
}

/// What is in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A pane; the number is its id, None in a string without ids.
    Pane(Option<u32>),
    /// At least two cells.
    Cells(Direction, Vec<Cell>),
}

/// How deep cells nest in a string that is read; deeper is an invalid layout.
const MAX_DEPTH: usize = 100;

/// The string of a layout with its checksum in front.
pub fn print(root: &Cell) -> String {
    print_all(root, &[])
}

/// The same with panes that float over it, the one in front first: `…<40x6,4,2,1>`.
pub fn print_all(root: &Cell, floats: &[Cell]) -> String {
    let mut out = String::new();
    print_cell(root, &mut out);
    for (at, float) in floats.iter().enumerate() {
        out.push(if at == 0 { '<' } else { ',' });
        print_cell(float, &mut out);
    }
    if !floats.is_empty() {
        out.push('>');
    }
    format!("{:04x},{out}", checksum(&out))
}

fn print_cell(cell: &Cell, out: &mut String) {
    out.push_str(&format!(
        "{}x{},{},{}",
        cell.width, cell.height, cell.x, cell.y
    ));
    match &cell.content {
        Content::Pane(None) => {}
        Content::Pane(Some(id)) => out.push_str(&format!(",{id}")),
        Content::Cells(direction, cells) => {
            let (open, close) = brackets(*direction);
            for (at, cell) in cells.iter().enumerate() {
                out.push(if at == 0 { open } else { ',' });
                print_cell(cell, out);
            }
            out.push(close);
        }
    }
}

fn brackets(direction: Direction) -> (char, char) {
    match direction {
        Direction::LeftRight => ('{', '}'),
        Direction::TopBottom => ('[', ']'),
    }
}

/// The layout of a string; Err is tmux's "invalid layout". Sizes are not compared with each other: see [`Cell::fix`]
/// and [`Cell::fits`]. A row or column of one cell is that cell.
pub fn parse(text: &str) -> Result<Cell, String> {
    parse_all(text).map(|(root, _)| root)
}

/// The same with the panes that float over it.
pub fn parse_all(text: &str) -> Result<(Cell, Vec<Cell>), String> {
    try_parse(text).ok_or_else(|| "invalid layout".to_string())
}

fn try_parse(text: &str) -> Option<(Cell, Vec<Cell>)> {
    let (sum, cells) = text.split_once(',')?;
    if sum.len() != 4 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    if u16::from_str_radix(sum, 16).ok()? != checksum(cells) {
        return None;
    }
    let mut reader = Reader { rest: cells };
    let root = reader.cell(0)?;
    let mut floats = Vec::new();
    if reader.rest.starts_with('<') {
        loop {
            reader.rest = &reader.rest[1..];
            floats.push(reader.leaf()?);
            if !reader.rest.starts_with(',') {
                break;
            }
        }
        reader.expect('>')?;
    }
    reader.rest.is_empty().then_some((root, floats))
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn digits<T: std::str::FromStr>(&mut self) -> Option<T> {
        let len = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let value = self.rest[..len].parse().ok()?;
        self.rest = &self.rest[len..];
        Some(value)
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    /// A cell without cells in it.
    fn leaf(&mut self) -> Option<Cell> {
        let cell = self.cell(0)?;
        matches!(cell.content, Content::Pane(_)).then_some(cell)
    }

    fn cell(&mut self, depth: usize) -> Option<Cell> {
        if depth > MAX_DEPTH {
            return None;
        }
        let width = self.digits()?;
        self.expect('x')?;
        let height = self.digits()?;
        self.expect(',')?;
        let x = self.digits()?;
        self.expect(',')?;
        let y = self.digits()?;
        let direction = match self.rest.chars().next() {
            Some('{') => Direction::LeftRight,
            Some('[') => Direction::TopBottom,
            _ => {
                return Some(Cell {
                    width,
                    height,
                    x,
                    y,
                    content: Content::Pane(self.id()?),
                });
            }
        };
        let mut cells = Vec::new();
        loop {
            self.rest = &self.rest[1..];
            cells.push(self.cell(depth + 1)?);
            if !self.rest.starts_with(',') {
                break;
            }
        }
        self.expect(brackets(direction).1)?;
        if cells.len() == 1 {
            return cells.pop();
        }
        Some(Cell {
            width,
            height,
            x,
            y,
            content: Content::Cells(direction, cells),
        })
    }

    /// A pane's id, if what follows the comma is not the next cell.
    fn id(&mut self) -> Option<Option<u32>> {
        let Some(after) = self.rest.strip_prefix(',') else {
            return Some(None);
        };
        let mut ahead = Reader { rest: after };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if after[digits..].starts_with('x') {
            return Some(None);
        }
        let id = ahead.digits()?;
        self.rest = ahead.rest;
        Some(Some(id))
    }
}

impl Cell {
    /// How many panes the layout has room for.
    pub fn panes(&self) -> usize {
        match &self.content {
            Content::Pane(_) => 1,
            Content::Cells(_, cells) => cells.iter().map(Cell::panes).sum(),
        }
    }

    /// Gives the root the size of its cells together: layouts of old versions of tmux can be wrong in this.
    pub fn fix(&mut self) {
        let Content::Cells(direction, cells) = &self.content else {
            return;
        };
        let sum = |size: fn(&Cell) -> u16| {
            let sum: u32 = cells.iter().map(|cell| u32::from(size(cell)) + 1).sum();
            u16::try_from(sum.saturating_sub(1)).unwrap_or(u16::MAX)
        };
        let last = |size: fn(&Cell) -> u16| cells.last().map_or(0, size);
        let (width, height) = match direction {
            Direction::LeftRight => (sum(|cell| cell.width), last(|cell| cell.height)),
            Direction::TopBottom => (last(|cell| cell.width), sum(|cell| cell.height)),
        };
        self.width = width;
        self.height = height;
    }

    /// Whether the cells of every row and column are as high or wide as it is and fill it with a border between them.
    /// If not, tmux says "size mismatch after applying layout".
    pub fn fits(&self) -> bool {
        let Content::Cells(direction, cells) = &self.content else {
            return true;
        };
        let along = |cell: &Cell| match direction {
            Direction::LeftRight => (cell.width, cell.height),
            Direction::TopBottom => (cell.height, cell.width),
        };
        let (length, breadth) = along(self);
        let sum: u64 = cells.iter().map(|cell| u64::from(along(cell).0) + 1).sum();
        sum == u64::from(length) + 1
            && cells
                .iter()
                .all(|cell| along(cell).1 == breadth && cell.fits())
    }
}

/// tmux's 16-bit rotating checksum.
pub fn checksum(text: &str) -> u16 {
    text.bytes().fold(0u16, |sum, byte| {
        sum.rotate_right(1).wrapping_add(u16::from(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings that tmux 3.7c printed.
    const KNOWN: &[&str] = &[
        "b25d,80x24,0,0,0",
        "f101,80x23,0,0{40x23,0,0,0,39x23,41,0,2}",
        "c37b,80x23,0,0{40x23,0,0,0,39x23,41,0[39x11,41,0,2,39x11,41,12,3]}",
    ];

    #[test]
    fn known_layouts_print_as_they_were() {
        for text in KNOWN {
            let cell = parse(text).expect(text);
            assert_eq!(print(&cell), *text);
            assert!(cell.fits());
        }
        assert_eq!(parse(KNOWN[2]).map(|cell| cell.panes()), Ok(3));
    }

    #[test]
    fn floats_come_back() {
        let text = summed("80x24,0,0,1<40x6,4,2,2,9x9,1,1,3>");
        let (root, floats) = parse_all(&text).expect("parses");
        assert_eq!((root.panes(), floats.len()), (1, 2));
        assert_eq!(print_all(&root, &floats), text);
    }

    fn summed(cells: &str) -> String {
        format!("{:04x},{cells}", checksum(cells))
    }

    fn check(cells: &str, expected: &str) {
        let printed = match parse(&summed(cells)) {
            Ok(cell) => print(&cell)[5..].to_string(),
            Err(error) => error,
        };
        assert_eq!(printed, expected, "{cells}");
    }

    #[test]
    fn forms() {
        check("80x24,0,0", "80x24,0,0");
        check(
            "80x24,0,0{40x24,0,0,39x24,41,0}",
            "80x24,0,0{40x24,0,0,39x24,41,0}",
        );
        check(
            "80x24,0,0[80x12,0,0,7,80x11,0,13]",
            "80x24,0,0[80x12,0,0,7,80x11,0,13]",
        );
        check("80x24,0,0{80x24,0,0,4}", "80x24,0,0,4");
        check("80x24,0,0}", "invalid layout");
        check("80x24,0,0,1<40x6,4,2,2,9x9,1,1,3>", "80x24,0,0,1");
        check("80x24,0,0,1<40x6,4,2,2", "invalid layout");
        check("80x24,0,0,1<>", "invalid layout");
        check("80x24,0,0<40x6,4,2{1x1,0,0,1x1,0,0}>", "invalid layout");
        check("80x24,0,0{80x24,0,0", "invalid layout");
        check("80x24,0,0{80x24,0,0]", "invalid layout");
        check("80x24,0,0{}", "invalid layout");
        check("80x24,0,0,", "invalid layout");
        check("80x24,0", "invalid layout");
        check("80x99999,0,0", "invalid layout");
        check("80x24,0,0,99999999999", "invalid layout");
        check("", "invalid layout");
    }

    #[test]
    fn checksums_are_compared() {
        assert!(parse("b25e,80x24,0,0,0").is_err());
        assert!(parse("b25d").is_err());
        assert!(parse("+25d,80x24,0,0,0").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn sizes() {
        let mut cell = parse(&summed("99x99,0,0{40x23,0,0,0,39x23,41,0,2}")).expect("parses");
        assert!(!cell.fits());
        cell.fix();
        assert!(cell.fits());
        assert_eq!((cell.width, cell.height), (80, 23));
        let mut cell = parse(&summed("80x23,0,0{40x23,0,0,0,39x22,41,0,2}")).expect("parses");
        cell.fix();
        assert!(!cell.fits());
    }

    #[test]
    fn any_text_is_a_layout_or_not() {
        crate::tests::random_texts(5000, "0123456789xx,,{}[]<>", |text| {
            if let Ok(cell) = parse(&summed(text)) {
                assert_eq!(parse(&print(&cell)), Ok(cell));
            }
            let _ = parse(text);
        });
        let deep = format!("{}1x1,0,0{}", "1x1,0,0{".repeat(50_000), "}".repeat(50_000));
        assert!(parse(&summed(&deep)).is_err());
    }
}
